use super::*;
use crate::learn::next::navigation_batch::{Answers, FormCount, FormCounts, FormStats};
use crate::published::baseline_eagerness::{Guesses, MAX_HELD};

const NOW: u64 = 1_800_000_000_000;
const HOUR: u64 = 3600 * 1000;
const MOUSE: Pointer = Pointer::Mouse;

fn circumstances(now: u64) -> Circumstances {
    Circumstances { min_visitors: 10, waste_budget: 0.6, publish_ms: 120_000, has_robots: true, now }
}

/// A site of some pages, each with its tallies.
#[derive(Default)]
struct Site {
    regulation: Regulation,
    pages: SortedMap<String, PageTallies>,
}

impl Site {
    /// Speculations that were made from a page under one of the rules, by ten visitors, and how many were used, while the
    /// origin takes a tenth of a second.
    fn guess(&mut self, path: &str, is_moderate: bool, made: u32, used: u32, now: u64) {
        let mut counts = GuessCounts::default();
        counts[Guess { is_moderate, pointer: MOUSE }.index()] = GuessCount(made, used);
        let mut answers = Answers { all: made, ..Answers::default() };
        answers.times[3] = made;
        let mut origin =
            OriginStats { guesses: made, visitors: [(0..10).collect(), vec![]], ..OriginStats::default() };
        *(if is_moderate { &mut origin.guessed } else { &mut origin.asked }) = answers;
        self.regulation.hear(&origin, made, day_of(now), now);
        let tallies = self.pages.entry(path.to_owned()).or_default();
        self.regulation.count(path, tallies, &counts, now);
    }

    /// The same of visitors with a session under the conservative rule, on whichever pages.
    fn press_in_sessions(&mut self, made: u32, used: u32, now: u64) {
        let mut answers = Answers { all: made, ..Answers::default() };
        answers.times[3] = made;
        let origin = OriginStats {
            asked: answers,
            guesses: made,
            visitors: [(0..10).collect(), vec![]],
            in_sessions: [GuessCount(made, used), GuessCount::default()],
            ..OriginStats::default()
        };
        self.regulation.hear(&origin, 0, day_of(now), now);
    }

    fn step(&mut self, circumstances: &Circumstances) -> Step {
        let pages: Vec<Evidence<'_>> = self
            .pages
            .iter()
            .map(|(path, tallies)| Evidence { path, is_named: !path.starts_with("/few"), tallies })
            .collect();
        for (path, pointer) in self.regulation.step(&pages, circumstances) {
            self.pages.get_mut(&path).unwrap().clear(pointer);
        }
        self.regulation.tracks[0].step
    }

    /// A site that has risen to a step.
    fn at(step: Step, now: u64) -> Self {
        let mut site = Self::default();
        site.guess("/a", false, 60, 58, now);
        assert_eq!(site.step(&circumstances(now)), Step::Trial);
        if step == Step::Moderate {
            site.guess("/a", true, 200, 150, now);
            assert_eq!(site.step(&circumstances(now + 6 * 60_000)), Step::Moderate);
        }
        site
    }

    fn why(&self) -> Reason {
        self.regulation.tracks[0].why
    }

    fn held(&self, now: u64) -> Vec<(String, u64)> {
        let held = self.regulation.published(now).held.into_iter();
        held.map(|held| (held.name, held.until.saturating_sub(now / 1000) / 3600)).collect()
    }
}

#[test]
fn a_trial_begins_only_when_enough_is_known() {
    let begins = |made, change: &dyn Fn(&mut Site, &mut Circumstances)| {
        let mut site = Site::default();
        site.guess("/a", false, made, made, NOW);
        let mut circumstances = circumstances(NOW);
        change(&mut site, &mut circumstances);
        (site.step(&circumstances), site.why())
    };
    let (no, yes) = (Step::Conservative, (Step::Trial, Reason::Trial));
    assert_eq!(begins(24, &|_, _| {}), yes);
    assert_eq!(begins(23, &|_, _| {}), (no, Reason::TooFewGuesses));
    assert_eq!(begins(60, &|_, it| it.min_visitors = 11), (no, Reason::TooFewGuesses));
    assert_eq!(begins(60, &|_, it| it.has_robots = false), (no, Reason::NoRobots));
    let presses_in_vain = |site: &mut Site, _: &mut Circumstances| site.guess("/a", false, 300, 0, NOW);
    assert_eq!(begins(60, &presses_in_vain), (no, Reason::Wasteful));
    assert_eq!(begins(60, &|site, _| site.regulation.withheld = 60.0), (no, Reason::Withheld));
    assert_eq!(begins(60, &|site, _| site.regulation.withheld = 30.0), yes, "a few visitors may say so");
    assert_eq!(
        begins(60, &|site, _| site.regulation.origin.usual = origin_answers::Times::default()),
        (no, Reason::TooFewGuesses)
    );
}

#[test]
fn where_a_script_takes_the_clicks_the_baseline_rests_longer_each_time() {
    let rest = |site: &Site, now: u64| {
        let rest = site.regulation.published(now).rest;
        rest.map(|rest| (rest.until.saturating_sub(now / 1000) / 3600, rest.guesses.0, rest.guesses.1))
    };
    let pressed = |made, used| {
        let mut site = Site::default();
        site.guess("/a", false, made, used, NOW);
        site.step(&circumstances(NOW));
        (site.why(), rest(&site, NOW))
    };
    assert_eq!(pressed(60, 3), (Reason::Unused, Some((24, 60, 3))));
    assert_eq!(pressed(60, 4), (Reason::Wasteful, None));
    assert_eq!(pressed(48, 0), (Reason::Unused, Some((24, 48, 0))));
    assert_eq!(pressed(47, 0), (Reason::Wasteful, None), "a few visitors may have said so");

    // Behind a rest twelve tell the same, beside what a few visitors may have said.
    let pressed_again = |made| {
        let (mut site, later) = (Site::default(), NOW + 24 * HOUR);
        site.guess("/a", false, 60, 0, NOW);
        site.step(&circumstances(NOW));
        site.step(&circumstances(later));
        site.guess("/a", false, made, 0, later);
        site.step(&circumstances(later));
        rest(&site, later)
    };
    assert_eq!([35, 36].map(pressed_again), [None, Some((48, 36, 0))]);

    let (mut site, mut now) = (Site::default(), NOW);
    for hours in [24, 48, 96, 192, 384, 672, 672] {
        site.guess("/a", false, 60, 0, now);
        site.step(&circumstances(now));
        assert_eq!(rest(&site, now), Some((hours, 60, 0)));
        // By files of before.
        site.guess("/a", false, 60, 0, now + HOUR);
        site.step(&circumstances(now + HOUR));
        let last = now + hours * HOUR - 1;
        site.guess("/a", false, 1, 1, last);
        site.step(&circumstances(last));
        assert_eq!((site.why(), rest(&site, last).is_some()), (Reason::Unused, true));
        now = last + 1;
        site.step(&circumstances(now));
        assert_eq!((site.why(), rest(&site, now)), (Reason::TooFewGuesses, None));
    }
    // What is used from then on is believed, and after four weeks nothing is held against the site.
    site.guess("/a", false, 60, 58, now);
    assert_eq!((site.step(&circumstances(now)), rest(&site, now)), (Step::Trial, None));
    let later = now + LIFE_MS;
    site.guess("/a", false, 0, 0, later);
    site.step(&circumstances(later));
    assert!(site.regulation.rest.is_none());
}

#[test]
fn what_is_pressed_in_sessions_has_the_baseline_rest_and_nothing_rise() {
    let judged = |pressed: (u32, u32), in_sessions: (u32, u32)| {
        let mut site = Site::default();
        if pressed.0 > 0 {
            site.guess("/a", false, pressed.0, pressed.1, NOW);
        }
        site.press_in_sessions(in_sessions.0, in_sessions.1, NOW);
        let step = site.step(&circumstances(NOW));
        let rest = site.regulation.published(NOW).rest;
        (step, site.why(), rest.map(|rest| (rest.guesses.0, rest.guesses.1)))
    };
    let (no, few) = (Step::Conservative, Reason::TooFewGuesses);
    assert_eq!(judged((0, 0), (48, 0)), (no, Reason::Unused, Some((48, 0))));
    assert_eq!(judged((0, 0), (47, 0)), (no, few, None), "a few visitors may have said so");
    assert_eq!(judged((0, 0), (60, 3)), (no, Reason::Unused, Some((60, 3))));
    assert_eq!(judged((0, 0), (60, 4)), (no, few, None));
    // What is used there tells nothing of the pages on which more could be tried.
    assert_eq!(judged((0, 0), (600, 590)), (no, few, None));
    // Those without a session are judged together with them.
    assert_eq!(judged((20, 0), (28, 0)), (no, Reason::Unused, Some((48, 0))));
    assert_eq!(judged((60, 58), (200, 0)), (Step::Trial, Reason::Trial, None));
    assert_eq!(judged((60, 0), (200, 190)), (no, Reason::Wasteful, None));
    // An application behind a sign-in does not speak against the pages in front of it.
    assert_eq!(judged((60, 58), (2000, 0)), (Step::Trial, Reason::Trial, None));

    // What is known is stored, and gone once it has been acted on.
    let mut site = Site::default();
    site.press_in_sessions(30, 0, NOW);
    let stored = serde_json::to_string(&site.regulation).unwrap();
    assert_eq!(serde_json::from_str::<Regulation>(&stored).unwrap(), site.regulation);
    site.press_in_sessions(30, 0, NOW);
    site.step(&circumstances(NOW));
    assert!(site.regulation.rest.lasts(NOW) && site.regulation.in_sessions.are_none());
    // By files of before.
    let last = NOW + 24 * HOUR - 1;
    site.press_in_sessions(600, 0, last);
    site.step(&circumstances(last));
    site.step(&circumstances(last + 1));
    assert_eq!((site.why(), site.regulation.in_sessions.are_none()), (few, true));
    assert!(!serde_json::to_string(&site.regulation).unwrap().contains("in_sessions"));
}

#[test]
fn what_is_pressed_in_sessions_fades_by_itself_and_nothing_else_by_it() {
    let mut site = Site::default();
    site.guess("/a", false, 24, 24, NOW);
    site.press_in_sessions(100, 80, NOW);
    site.press_in_sessions(500, 500, NOW);
    let rounded = |site: &Site| site.regulation.in_sessions.tallies().map(Tally::rounded);
    assert_eq!(rounded(&site), [Guesses(550, 540), Guesses(0, 0)]);
    assert_eq!(site.regulation.published(NOW).tracks[0].pressed.0, 24, "the others' are all there");
    // In a week it halves.
    let week = NOW + 7 * 24 * HOUR;
    site.step(&circumstances(week));
    assert_eq!(rounded(&site), [Guesses(275, 270), Guesses(0, 0)]);
}

#[test]
fn what_has_risen_falls_before_the_baseline_rests() {
    let mut site = Site::at(Step::Moderate, NOW);
    for minutes in [0, 2, 4] {
        let now = NOW + HOUR + minutes * 60_000;
        site.guess("/b", false, 5000, 0, now);
        // Spread over many pages, so that no single one is to blame.
        for page in 0..60 {
            site.guess(&format!("/few/{page}"), true, 20, 0, now);
        }
        let step = site.step(&circumstances(now));
        let rests = site.regulation.published(now).rest.is_some();
        let expected = [(Step::Trial, false), (Step::Conservative, false), (Step::Conservative, true)];
        assert_eq!((step, rests), expected[usize::try_from(minutes / 2).unwrap()], "{minutes}");
    }
}

#[test]
fn a_trial_lasts_some_publications_and_rises_by_what_is_used() {
    let mut site = Site::at(Step::Trial, NOW);
    site.guess("/a", true, 80, 60, NOW);
    assert_eq!(site.step(&circumstances(NOW + 6 * 60_000 - 1)), Step::Trial);
    assert_eq!(site.step(&circumstances(NOW + 6 * 60_000)), Step::Moderate);
    // Too few of those that nobody alone has made up.
    let mut site = Site::at(Step::Trial, NOW);
    site.guess("/a", true, 35, 35, NOW);
    assert_eq!((site.step(&circumstances(NOW + HOUR)), site.why()), (Step::Trial, Reason::Trial));
    // Where one visitor is enough, nothing is left out.
    assert_eq!(site.step(&Circumstances { min_visitors: 1, ..circumstances(NOW + HOUR) }), Step::Moderate);
}

#[test]
fn what_was_guessed_before_a_trial_says_nothing_of_it() {
    let mut site = Site::default();
    site.guess("/a", true, 200, 200, NOW);
    site.guess("/a", false, 60, 60, NOW);
    assert_eq!(site.step(&circumstances(NOW)), Step::Trial);
    assert_eq!(site.step(&circumstances(NOW + HOUR)), Step::Trial);
}

#[test]
fn it_falls_in_steps_and_waits_longer_each_time() {
    let mut site = Site::at(Step::Moderate, NOW);
    let mut now = NOW + HOUR;
    for (fall, hours) in [(1, 6), (2, 12), (3, 24), (4, 48), (5, 96), (6, 168), (7, 168)] {
        // Spread over many pages, so that no single one is to blame.
        for page in 0..60 {
            site.guess(&format!("/few/{page}"), true, 20, 4, now);
        }
        assert_eq!((site.step(&circumstances(now)), site.why()), (Step::Trial, Reason::Wasteful), "{fall}");
        for page in 0..60 {
            site.guess(&format!("/few/{page}"), true, 20, 4, now);
        }
        assert_eq!(site.step(&circumstances(now + 120_000)), Step::Conservative);
        assert_eq!(site.regulation.tracks[0].falls, fall, "one fall in two steps");
        now += 120_000;
        let waits = now + hours * HOUR;
        site.guess("/a", false, 60, 58, waits);
        assert_eq!(
            (site.step(&circumstances(waits - 1)), site.why()),
            (Step::Conservative, Reason::Wasteful)
        );
        assert_eq!(site.step(&circumstances(waits)), Step::Trial);
        site.guess("/a", true, 200, 160, waits);
        assert_eq!(site.step(&circumstances(waits + HOUR - 1)), Step::Trial, "it is careful");
        assert_eq!(site.step(&circumstances(waits + HOUR)), Step::Moderate);
        now = waits + 2 * HOUR;
    }
    // What is long ago counts no more.
    now += 29 * DAY_MS;
    site.guess("/a", true, 60, 50, now);
    site.step(&circumstances(now));
    assert_eq!(site.regulation.tracks[0].falls, 0);
}

#[test]
fn pages_and_routes_are_held_by_themselves_and_the_others_judged_without_them() {
    let mut site = Site::at(Step::Moderate, NOW);
    let now = NOW + HOUR;
    site.guess("/a", true, 300, 240, now);
    site.guess("/hub", true, 100, 6, now);
    site.guess("/list/1", true, 60, 2, now);
    site.guess("/list/2", true, 60, 2, now);
    // Neither wastes enough alone that nobody could have made it up; together they do.
    site.guess("/tag/1", true, 30, 0, now);
    site.guess("/tag/2", true, 30, 0, now);
    // One page is no route, and the paths of few are told to nobody.
    site.guess("/x/1", true, 30, 0, now);
    site.guess("/few/1", true, 40, 0, now);
    site.guess("/few/2", true, 40, 0, now);
    assert_eq!(site.step(&circumstances(now)), Step::Moderate);
    let held: Vec<String> = site.held(now).into_iter().map(|(name, _)| name).collect();
    assert_eq!(held, ["/hub", "/list/1", "/list/2", "/tag/*"]);
    // By rules files of before more comes in, and is passed over.
    let before = site.regulation.tracks[0].moderate;
    site.guess("/hub", true, 500, 0, now);
    site.guess("/tag/7", true, 500, 0, now);
    let after = site.regulation.tracks[0].moderate;
    assert!(after.made <= before.made, "{after:?}");
    assert_eq!(site.step(&circumstances(now)), Step::Moderate);
}

#[test]
fn a_page_that_is_held_again_is_held_for_longer() {
    let mut site = Site::at(Step::Moderate, NOW);
    let mut now = NOW + HOUR;
    for hours in [24, 48, 96, 192, 384, 672, 672] {
        site.guess("/a", true, 400, 300, now);
        site.guess("/hub", true, 300, 20, now);
        assert_eq!(site.step(&circumstances(now)), Step::Moderate);
        assert_eq!(site.held(now), [("/hub".to_owned(), hours)]);
        now += hours * HOUR;
        assert_eq!(site.held(now), []);
    }
    // Four weeks after it was let go it is forgotten.
    site.guess("/a", true, 400, 300, now + LIFE_MS - 1);
    site.step(&circumstances(now + LIFE_MS - 1));
    assert_eq!(site.regulation.held.0.len(), 1);
    site.step(&circumstances(now + LIFE_MS));
    assert!(site.regulation.held.are_none());
}

#[test]
fn what_is_held_and_stored_is_bounded_and_what_is_erased_is_gone() {
    let mut site = Site::at(Step::Moderate, NOW);
    let now = NOW + HOUR;
    for number in 0..2 * MAX_HELD {
        site.guess(&format!("/p/{number}/x"), true, 60, 0, now);
        site.step(&circumstances(now));
    }
    assert_eq!(site.held(now).len(), MAX_HELD);
    let stored = serde_json::to_string(&site.regulation).unwrap();
    assert!(stored.len() < 40_000, "{}", stored.len());
    let read: Regulation = serde_json::from_str(&stored).unwrap();
    assert_eq!(read.published(now), site.regulation.published(now));
    site.regulation.revise(&|name| if name == "/p/7/x" { Fate::Forgotten } else { Fate::Kept });
    assert_eq!(site.held(now).len(), MAX_HELD - 1);
    // Nothing was heard of it for four weeks.
    let later = now + LIFE_MS + 1;
    assert_eq!(site.step(&circumstances(later)), Step::Conservative);
    assert_eq!(site.regulation.published(later), Regulation::default().published(later));
    assert!(!site.regulation.published(later).is_raised());
}

#[test]
fn a_star_in_a_path_stands_for_nothing() {
    let mut site = Site::at(Step::Moderate, NOW);
    let now = NOW + HOUR;
    site.guess("/a", true, 800, 700, now);
    site.guess("/*", true, 80, 0, now);
    site.step(&circumstances(now));
    assert_eq!(site.held(now), []);
}

#[test]
fn a_trial_is_on_pages_from_which_a_third_of_the_speculations_come() {
    let share = |weights: &[(&str, u32)]| {
        let mut site = Site::default();
        for (path, made) in weights {
            site.guess(path, false, *made, *made, NOW);
        }
        let pages: Vec<Evidence<'_>> =
            site.pages.iter().map(|(path, tallies)| Evidence { path, is_named: true, tallies }).collect();
        let seed = seed(&pages, site.regulation.clock);
        let all: u32 = weights.iter().map(|(_, made)| made).sum();
        let tried =
            weights.iter().filter(|(path, _)| is_tried(seed, path)).map(|(_, made)| made).sum::<u32>();
        100 * tried / all
    };
    assert!((28..40).contains(&share(&[("/", 40), ("/a", 25), ("/b", 20), ("/c", 10), ("/d", 5)])));
    assert_eq!(share(&[("/", 100)]), 100, "there is no other page to try it on");
    assert_eq!(share(&[("/", 80), ("/a", 10), ("/b", 10)]), 20, "the front page alone would be too much");
}

#[test]
fn what_is_published_says_what_decided() {
    let mut site = Site::at(Step::Moderate, NOW);
    let now = NOW + 6 * 60_000;
    site.guess("/hub", true, 300, 20, now);
    site.step(&circumstances(now));
    let published = site.regulation.published(now);
    let [mouse, touch] = &published.tracks;
    assert_eq!((mouse.step, mouse.why.as_str(), mouse.visitors), (Step::Moderate, "within-budget", 10));
    assert!((30..=60).contains(&mouse.pressed.0) && (100..=200).contains(&mouse.moderate.0), "{mouse:?}");
    assert_eq!(
        (touch.step, touch.why.as_str(), touch.moderate.0),
        (Step::Conservative, "too-few-guesses", 0)
    );
    assert_eq!((published.held[0].mask, published.held[0].guesses.0), (1, 300));
    let OriginFigures { asked, guessed, usual, errors, withheld, .. } = published.origin;
    for time in [asked, guessed, usual] {
        assert!((64..128).contains(&time.unwrap()), "{published:?}");
    }
    assert_eq!((errors.0, withheld.0), (0, 0));
}

#[test]
fn where_forms_are_refused_after_guesses_it_falls_and_does_not_rise_for_a_week() {
    let forms = |after_guess, refused_to: u8| {
        let counts = FormCounts { alone: FormCount(40, 1), after_guess };
        let forms =
            FormStats { kinds: SortedMap::from([(7, counts)]), refused_to: (0..refused_to).collect() };
        OriginStats { forms, ..OriginStats::default() }
    };
    for (after_guess, visitors, min_visitors, falls) in [
        (FormCount(12, 10), 3, 10, true),
        (FormCount(12, 10), 2, 10, false),
        (FormCount(12, 10), 1, 1, true),
        (FormCount(12, 2), 9, 10, false),
    ] {
        let mut site = Site::at(Step::Moderate, NOW);
        let at = NOW + 10 * 60_000;
        site.regulation.hear(&forms(after_guess, visitors), 0, day_of(at), at);
        let circumstances = |now| Circumstances { min_visitors, ..circumstances(now) };
        let steps = [site.step(&circumstances(at)), site.step(&circumstances(at + 1))];
        let expected = if falls { [Step::Trial, Step::Conservative] } else { [Step::Moderate; 2] };
        assert_eq!(steps, expected, "{after_guess:?} {visitors}");
        let why = if falls { Reason::RefusedForms } else { Reason::WithinBudget };
        assert_eq!(site.why(), why, "{after_guess:?} {visitors}");
        let published = site.regulation.published(at + 1);
        assert_eq!(published.origin.forms, [(40, 1), (after_guess.0, after_guess.1)]);
        let days = published.tracks[0].until.saturating_sub(at / 1000) / (24 * 3600);
        assert_eq!(days, if falls { 7 } else { 0 });
        if falls {
            let later = at + 6 * DAY_MS;
            site.guess("/a", false, 60, 58, later);
            assert_eq!(site.step(&circumstances(later)), Step::Conservative);
        }
    }
}
