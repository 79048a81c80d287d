use super::*;
use crate::ineligible::Ineligible;
use crate::learn::next::navigation_batch::{
    Concern, Link, Outline, PageStats, Place, Shared, Spelled, SuspectStats, Transition,
};
use crate::learn::next::visitor::day_of;
use crate::learn::{figures, import, learner};
use crate::published::next_page_snapshot::Excluded;
use crate::speculation::{Action, Eagerness};
use crate::store::Memory;
use crate::urls::unsafe_urls::UnsafeUrls;
use crate::urls::unsafe_urls::UrlGlob;

const NOW: u64 = 1_800_000_000_000;
const DAY: u64 = 24 * 3600 * 1000;

fn preferences(unsafe_urls: &UnsafeUrls) -> NextPagePreferences<'_> {
    NextPagePreferences {
        min_visitors: 10,
        waste_budget: 0.6,
        prerender: None,
        publish_ms: 1000,
        unsafe_urls,
        regulates_eagerness: true,
    }
}

/// A page that ten visitors looked at thirty times, with these links.
fn page(links: &[&str]) -> PageStats {
    let links = links.iter().map(|path| Link { path: (*path).to_owned(), place: Place::Top }).collect();
    PageStats {
        views: 30,
        visitors: (0..10).collect(),
        outline: Some(Outline { links, ..Outline::default() }),
        ..PageStats::default()
    }
}

fn met_by_three(why: &[Ineligible]) -> Vec<Concern> {
    why.iter().map(|why| Concern::met(why.clone(), 3)).collect()
}

fn transition(from: &str, to: &str, taken: u32, visitors: u8) -> Transition {
    Transition {
        from: from.to_owned(),
        to: to.to_owned(),
        taken,
        visitors: (0..visitors).collect(),
        ..Transition::default()
    }
}

fn batch(pages: &[(&str, PageStats)], transitions: Vec<Transition>, now: u64) -> NavigationBatch {
    NavigationBatch {
        site: "shop".to_owned(),
        day: day_of(now),
        pages: pages.iter().map(|(path, stats)| ((*path).to_owned(), stats.clone())).collect(),
        transitions,
        robots: Some(String::new()),
        ..NavigationBatch::default()
    }
}

/// The next pages of `/a`, with their eagerness, when all of this was seen.
fn published(
    all: &[NavigationBatch],
    change: impl FnOnce(&mut NextPagePreferences<'_>),
) -> Vec<(String, Eagerness)> {
    let mut learner = NextPageLearner::default();
    for batch in all {
        learner.merge(batch, NOW);
    }
    chosen(&mut learner, NOW, change)
}

fn chosen(
    learner: &mut NextPageLearner,
    now: u64,
    change: impl FnOnce(&mut NextPagePreferences<'_>),
) -> Vec<(String, Eagerness)> {
    let unsafe_urls = UnsafeUrls::new(Vec::new(), Vec::new());
    let mut preferences = preferences(&unsafe_urls);
    change(&mut preferences);
    learner.has_published = false;
    let snapshot = NextPageSnapshot::parse(&learner.choose(&preferences, now).unwrap().value).unwrap();
    let nexts = snapshot.at("/a").map(|entry| entry.nexts.as_slice()).unwrap_or_default();
    nexts.iter().map(|next| (next.path.clone(), next.eagerness)).collect()
}

fn next(path: &str, eagerness: Eagerness) -> (String, Eagerness) {
    (path.to_owned(), eagerness)
}

#[test]
fn a_way_that_several_public_visitors_take_is_published() {
    let seen = |visitors, takers| {
        [batch(
            &[("/a", page(&[])), ("/b", PageStats { visitors: (0..visitors).collect(), ..page(&[]) })],
            vec![transition("/a", "/b", 25, takers)],
            NOW,
        )]
    };
    assert_eq!(published(&seen(10, 3), |_| {}), [next("/b", Eagerness::Immediate)]);
    assert_eq!(published(&seen(9, 3), |_| {}), [], "too few were given the page");
    assert_eq!(published(&seen(9, 3), |to| to.min_visitors = 9), [next("/b", Eagerness::Immediate)]);
    assert_eq!(published(&seen(10, 2), |_| {}), [], "too few have taken the way");
    assert_eq!(published(&seen(10, 2), |to| to.min_visitors = 2), [next("/b", Eagerness::Immediate)]);
}

/// A transition that so many visitors took, some of them by links in another spelling.
fn spelled(from: &str, to: &str, at: u8, visitors: u8) -> Transition {
    let spelled = vec![Spelled { at, visitors: (0..visitors).collect() }];
    Transition { spelled, ..transition(from, to, 25, 3) }
}

/// The paths by which the next page of `/a` is named.
fn named(learner: &NextPageLearner) -> Vec<String> {
    let [next] = learner.published.at("/a").unwrap().nexts.as_slice() else { panic!("one page is named") };
    std::iter::once(next.path.clone()).chain(next.other_paths()).collect()
}

#[test]
fn a_page_is_named_as_several_links_spell_it_and_what_comes_of_these_is_its_own() {
    let pages = [("/a", page(&["/b"])), ("/b/", page(&[]))];
    let mut learner = NextPageLearner::default();
    for (taken, expected) in [
        (spelled("/a", "/b/", 0, 2), &["/b/"][..]),
        (spelled("/a", "/b/", 0, 3), &["/b/", "/b"]),
        (spelled("/a", "/b/", 2, 2), &["/b/", "/b"]),
        // Browsers keep such a redirect, and then only the page is asked for.
        (transition("/a", "/b/", 25, 3), &["/b/", "/b"]),
        (spelled("/a", "/b/", 200, 3), &["/b/", "/b"]),
    ] {
        learner.merge(&batch(&pages, vec![taken], NOW), NOW);
        assert_eq!(chosen(&mut learner, NOW, |_| {}), [next("/b/", Eagerness::Immediate)]);
        assert_eq!(named(&learner), expected);
    }
    // The links are refused, each time.
    let refused = Transition { speculated: 30, strained: 30, ..transition("/a", "/b", 0, 0) };
    learner.merge(&batch(&pages, vec![refused.clone()], NOW), NOW);
    let later = NOW + 11 * 60 * 1000;
    assert_ne!(chosen(&mut learner, later, |_| {}), [next("/b/", Eagerness::Immediate)]);
    let demotion = |learner: &NextPageLearner, to: &str| {
        learner.model.page("/a").unwrap().outcomes(to).map(SpeculationOutcomes::demotion)
    };
    assert_eq!((demotion(&learner, "/b/"), demotion(&learner, "/b")), (Some(1), None));
    assert!(learner.model.page("/b").is_none(), "no page is remembered of a link");
    // Once something is known of that path by itself, it is its own.
    let pages = [&pages[..], &[("/b", page(&[]))]].concat();
    learner.merge(&batch(&pages, Vec::new(), later), later);
    learner.merge(&batch(&[], vec![refused], later), later);
    let record = learner.model.page("/a").unwrap();
    assert_eq!(record.outcomes("/b").map(SpeculationOutcomes::tally), Some(Tally(0, 0, 30)));
}

#[test]
fn pages_of_a_route_spell_their_next_page_as_its_known_pages_do() {
    let pages = ["/p/1", "/p/2", "/p/3"].map(|path| (path, PageStats { views: 30, ..page(&[]) }));
    let pages = [&pages[..], &[("/b/", page(&[]))]].concat();
    let all =
        vec![transition("/p/1", "/b/", 20, 3), spelled("/p/2", "/b/", 0, 3), spelled("/p/3", "/b/", 1, 3)];
    let mut learner = NextPageLearner::default();
    learner.merge(&batch(&pages, all, NOW), NOW);
    chosen(&mut learner, NOW, |_| {});
    let [next] = learner.published.at("/p/*").unwrap().nexts.as_slice() else { panic!("one page is named") };
    assert_eq!((next.path.as_str(), next.spellings), ("/b/", Spellings::of([true, true, false])));
}

#[test]
fn spellings_that_must_not_be_fetched_are_not_named_and_others_are() {
    let with = |change: &dyn Fn(&mut NavigationBatch)| {
        let mut taken = spelled("/a", "/b/", 0, 3);
        taken.spelled.push(Spelled { at: 1, visitors: vec![0, 1, 2] });
        let mut learner = NextPageLearner::default();
        let mut batch = batch(&[("/a", page(&["/b"])), ("/b/", page(&[]))], vec![taken], NOW);
        change(&mut batch);
        learner.merge(&batch, NOW);
        chosen(&mut learner, NOW, |_| {});
        named(&learner)
    };
    assert_eq!(with(&|_| {}), ["/b/", "/b", "/b/index.html"]);
    assert_eq!(
        with(&|batch| batch.robots = Some("User-agent: *\nDisallow: /b$".to_owned())),
        ["/b/", "/b/index.html"]
    );
    let harmful = PageStats { ineligible: vec![Concern::met(Ineligible::CartChanged, 10)], ..page(&[]) };
    let harm = |batch: &mut NavigationBatch| {
        batch.pages.insert("/b".to_owned(), harmful.clone());
    };
    assert_eq!(with(&harm), ["/b/", "/b/index.html"]);
    let ruled = |batch: &mut NavigationBatch| {
        let outline = batch.pages.get_mut("/a").and_then(|page| page.outline.as_mut());
        outline.unwrap().ruled.push("/b/index.html".to_owned());
    };
    assert_eq!(with(&ruled), ["/b/", "/b"], "the page's own rules name it");
    let linked = |batch: &mut NavigationBatch| {
        let outline = batch.pages.get_mut("/a").and_then(|page| page.outline.as_mut());
        outline.unwrap().links.push(Link { path: "/b/".to_owned(), place: Place::Main });
    };
    assert_eq!(with(&linked), ["/b/"], "it would be fetched once for each of its links");
}

#[test]
fn a_link_that_nobody_took_waits_for_a_sign_of_the_visitor() {
    let seen = [batch(&[("/a", page(&["/b"])), ("/b", page(&[]))], vec![transition("/a", "/b", 30, 1)], NOW)];
    assert_eq!(published(&seen, |_| {}), [next("/b", Eagerness::Moderate)], "however often one visitor did");
}

#[test]
fn five_pages_are_named_at_the_most_and_three_of_them_fetched_at_once() {
    let targets: Vec<String> = (0..8).map(|number| format!("/{number}")).collect();
    let mut pages = vec![("/a", PageStats { views: 800, ..page(&[]) })];
    pages.extend(targets.iter().map(|path| (path.as_str(), page(&[]))));
    let transitions = targets.iter().map(|path| transition("/a", path, 100, 10)).collect();
    let nexts = published(&[batch(&pages, transitions, NOW)], |to| to.waste_budget = 0.95);
    let eagernesses: Vec<Eagerness> = nexts.iter().map(|(_, eagerness)| *eagerness).collect();
    assert_eq!(eagernesses[..3], [Eagerness::Immediate; 3]);
    assert_eq!(eagernesses[3..], [Eagerness::Eager; 2]);
}

#[test]
fn what_stands_on_a_rung_stays_until_it_is_clearly_below() {
    let thresholds = EagernessThresholds::new(0.24);
    assert_eq!(
        [0.24, 0.239, 0.081, 0.079, 0.031, 0.029].map(|lower| thresholds.level(lower, 0)),
        [3, 2, 2, 1, 1, 0]
    );
    assert_eq!([0.181, 0.179].map(|lower| thresholds.level(lower, 3)), [3, 2]);
    assert_eq!([0.061, 0.059].map(|lower| thresholds.level(lower, 2)), [2, 1]);
    assert_eq!([0.0226, 0.0224].map(|lower| thresholds.level(lower, 1)), [1, 0]);
    // Where nothing is fetched at once, a hover still counts; and never is less than two in a hundred enough.
    assert_eq!(
        [1.0, 0.134, 0.13, 0.05, 0.049].map(|lower| EagernessThresholds::new(1.1).level(lower, 0)),
        [2, 2, 1, 1, 0]
    );
    assert_eq!([0.02, 0.019].map(|lower| EagernessThresholds::new(0.03).level(lower, 0)), [2, 0]);
}

#[test]
fn the_surest_page_is_rendered_ahead_where_that_is_configured() {
    let actions = |taken: u32, prerender| {
        let mut learner = NextPageLearner::default();
        let both = vec![transition("/a", "/b", taken, 10), transition("/a", "/c", 450 - taken / 2, 10)];
        let pages = [("/a", PageStats { views: 1000, ..page(&[]) }), ("/b", page(&[])), ("/c", page(&[]))];
        learner.merge(&batch(&pages, both, NOW), NOW);
        let unsafe_urls = UnsafeUrls::new(Vec::new(), Vec::new());
        let preferences = NextPagePreferences { prerender, ..preferences(&unsafe_urls) };
        let snapshot = NextPageSnapshot::parse(&learner.choose(&preferences, NOW).unwrap().value).unwrap();
        snapshot.at("/a").unwrap().nexts.iter().map(|next| next.action).collect::<Vec<_>>()
    };
    let sure = Some(Action::Prerender);
    assert_eq!(actions(600, sure), [Action::Prerender, Action::Prefetch], "only the first");
    assert_eq!(actions(600, Some(Action::PrerenderUntilScript))[0], Action::PrerenderUntilScript);
    assert_eq!(actions(600, None), [Action::Prefetch; 2]);
    assert_eq!(actions(300, sure), [Action::Prefetch; 2], "not sure enough");
}

#[test]
fn a_speculation_that_nobody_uses_teaches_nothing_and_is_wasted() {
    let mut hovering = NextPageLearner::default();
    let seen = batch(&[("/a", page(&["/b"])), ("/b", page(&[]))], vec![transition("/a", "/b", 15, 10)], NOW);
    hovering.merge(&seen, NOW);
    let before = hovering.model.candidates("/a", 1)[0].clone();
    let hover = Transition { speculated: 20, ..transition("/a", "/b", 0, 0) };
    hovering.merge(&batch(&[], vec![hover], NOW), NOW + 1);
    assert_eq!(hovering.model.candidates("/a", 1)[0], before);
    assert!(hovering.has_open());
    chosen(&mut hovering, NOW + 11 * 60 * 1000, |_| {});
    assert!(!hovering.has_open());
    assert_eq!(hovering.model.site.budget, {
        let mut budget = super::super::eagerness_thresholds::Budget::default();
        budget.settle(0.0, 20.0);
        budget
    });
    assert_eq!(
        hovering.model.page("/a").unwrap().outcomes("/b").unwrap().demotion(),
        1,
        "and a level is lost"
    );
}

#[test]
fn a_busy_isolates_batch_teaches_what_many_small_ones_do() {
    let (mut one, mut many) = (NextPageLearner::default(), NextPageLearner::default());
    let seen = |views, taken| {
        let transitions = vec![transition("/x/a", "/b", taken, 10), transition("/x/a", "/c", taken, 10)];
        batch(&[("/x/a", PageStats { views, ..page(&[]) })], transitions, NOW)
    };
    one.merge(&seen(1000, 100), NOW);
    for _ in 0..100 {
        many.merge(&seen(10, 1), NOW);
    }
    for path in ["/x/a", "/x/new", "/y"] {
        let [one, many] = [&one, &many].map(|learner| {
            learner.model.candidates(path, 1).first().map_or(0.0, |first| first.estimate.probability)
        });
        assert!((one - many).abs() < 0.01 && (0.05..0.15).contains(&one), "{path}: {one} {many}");
    }
    // A batch of many pages is no other.
    let paths: Vec<String> = (0..100).map(|number| format!("/{number}/p")).collect();
    let pages: Vec<_> =
        paths.iter().map(|path| (path.as_str(), PageStats { views: 3, ..page(&[]) })).collect();
    let transitions = paths.iter().step_by(3).map(|path| transition(path, "/b", 1, 1)).collect();
    let mut spread = NextPageLearner::default();
    spread.merge(&batch(&pages, transitions, NOW), NOW);
    let told = spread.model.candidates("/z", 1)[0].estimate.probability;
    assert!((0.08..0.17).contains(&told), "34 of 300: {told}");
}

#[test]
fn a_speculation_that_was_used_teaches_like_a_click() {
    let mut learners = [(); 2].map(|()| NextPageLearner::default());
    let pages = [("/a", page(&[])), ("/b", page(&[]))];
    let used = Transition { speculated: 15, used: 15, ..transition("/a", "/b", 15, 10) };
    learners[0].merge(&batch(&pages, vec![used], NOW), NOW);
    learners[1].merge(&batch(&pages, vec![transition("/a", "/b", 15, 10)], NOW), NOW);
    let [speculated, clicked] = learners.each_ref().map(|learner| learner.model.candidates("/a", 5));
    assert_eq!(speculated, clicked);
    assert!(!learners[0].has_open());
}

#[test]
fn what_speaks_against_a_page_takes_it_out_and_only_harm_that_many_met_is_told() {
    let with = |why: Ineligible, met: u8, path: &str| {
        let reason = why.as_str();
        let led_back = vec![1, 2];
        let target = PageStats { ineligible: vec![Concern::met(why, met)], led_back, ..page(&[]) };
        let mut learner = NextPageLearner::default();
        let pages = [("/a", page(&[path])), (path, target), ("/c", page(&[])), ("/d", page(&[]))];
        learner.merge(&batch(&pages, vec![transition("/a", path, 20, 10)], NOW), NOW);
        assert_eq!(chosen(&mut learner, NOW, |_| {}), [], "{reason} {path}");
        let excluded = learner.published.excluded.iter();
        excluded.map(|excluded| excluded.path.clone()).collect::<Vec<_>>()
    };
    for why in [Ineligible::Private, Ineligible::Noindex, Ineligible::Undeferrable] {
        assert!(with(why, 10, "/b").is_empty());
    }
    for why in [
        Ineligible::SessionDeleted,
        Ineligible::SessionRotated,
        Ineligible::CartChanged,
        Ineligible::ClearsSiteData,
        Ineligible::RedirectsBack,
    ] {
        assert_eq!(with(why.clone(), 10, "/b"), ["/b"], "{why:?}");
        assert!(with(why, 9, "/b").is_empty(), "perhaps the link that one visitor got by mail");
    }
    assert!(with(Ineligible::CartChanged, 10, "/b/0123456789abcdef0123456789abcdef").is_empty());
    assert!(with(Ineligible::CartChanged, 10, "/*").is_empty(), "it would keep everything out");
}

#[test]
fn sessions_that_rotate_everywhere_tell_nothing_but_do_not_hide_what_else_is_known() {
    let met = |why: &Ineligible| Concern::met(why.clone(), 10);
    let rotating = |why: &[Ineligible]| PageStats { ineligible: why.iter().map(met).collect(), ..page(&[]) };
    let mut pages = vec![
        ("/a", rotating(&[Ineligible::SessionRotated])),
        ("/b", rotating(&[Ineligible::SessionRotated])),
    ];
    pages.extend(
        ["/c", "/d"].map(|path| (path, rotating(&[Ineligible::Private, Ineligible::SessionRotated]))),
    );
    let transitions = vec![transition("/a", "/b", 10, 10), transition("/a", "/c", 10, 10)];
    let nexts = published(&[batch(&pages, transitions, NOW)], |_| {});
    assert_eq!(nexts.iter().map(|(path, _)| path).collect::<Vec<_>>(), ["/b"]);
}

#[test]
fn robots_txt_keeps_pages_out_unless_it_keeps_everything_out() {
    let seen = |robots: &str| {
        let pages = [("/a", page(&[])), ("/b", page(&[])), ("/c", page(&[]))];
        let transitions = vec![transition("/a", "/b", 12, 10), transition("/a", "/c", 12, 10)];
        [NavigationBatch { robots: Some(robots.to_owned()), ..batch(&pages, transitions, NOW) }]
    };
    let nexts = |robots: &str| published(&seen(robots), |_| {}).into_iter().map(|(path, _)| path);
    assert_eq!(nexts("User-agent: *\nDisallow: /b").collect::<Vec<_>>(), ["/c"]);
    assert_eq!(nexts("User-agent: *\nDisallow: /").count(), 2);
    let long = format!("User-agent: *\nDisallow: /b\n{}", "#\u{e4}".repeat(robots::MAX_BYTES));
    assert_eq!(nexts(&long).collect::<Vec<_>>(), ["/c"]);
    let many = (0..20_000).map(|number| format!("Disallow: /p/{number}\n")).collect::<Vec<_>>().concat();
    assert_eq!(nexts(&format!("User-agent: *\n{many}Disallow: /b")).collect::<Vec<_>>(), ["/c"]);
}

#[test]
fn no_page_is_named_before_robots_txt_was_read_once_and_then_what_it_said_last_holds() {
    let pages = [("/a", page(&[])), ("/b", page(&[])), ("/c", page(&[]))];
    let transitions = vec![transition("/a", "/b", 12, 10), transition("/a", "/c", 12, 10)];
    let unread = NavigationBatch { robots: None, ..batch(&pages, transitions, NOW) };
    let mut learner = NextPageLearner::default();
    learner.merge(&unread, NOW);
    learner.merge(&suspects(&[("/k/17", "sign-out", 10)]), NOW);
    assert_eq!(chosen(&mut learner, NOW, |_| {}), []);
    assert_eq!(["/a", "/b", "/c"].map(|path| learner.published.at(path)), [None; 3]);
    assert_eq!(out(&learner), [("/k/17", Some("sign-out"))], "what is refused is said all the same");
    // Until then each page lies under a hash, and so it is found again when somebody comes there.
    let read =
        |robots: &str| NavigationBatch { robots: Some(robots.to_owned()), ..batch(&pages, vec![], NOW) };
    let names = |learner: &mut NextPageLearner| {
        chosen(learner, NOW, |_| {}).into_iter().map(|(path, _)| path).collect::<Vec<_>>()
    };
    learner.merge(&read("User-agent: *\nDisallow: /b"), NOW);
    assert_eq!(names(&mut learner), ["/c"]);
    learner.merge(&suspects(&[]), NOW);
    assert_eq!(names(&mut learner), ["/c"], "it could not be read again");
    let mut store = Memory::default();
    let Ok(()) = learner.save(&mut store);
    let Ok(mut loaded) = NextPageLearner::load(&mut store);
    assert_eq!(names(&mut loaded), ["/c"], "it is stored");
    loaded.merge(&read(""), NOW);
    assert_eq!(names(&mut loaded).len(), 2, "there is no such file any more");
    let Ok(()) = loaded.save(&mut store);
    // Earlier versions have stored it with the site.
    let Ok(()) = store.remove(Kind::Fact, "robots");
    let Ok(mut loaded) = NextPageLearner::load(&mut store);
    assert_eq!(names(&mut loaded), [] as [String; 0]);
    let site = store.get(Kind::Fact, "site").unwrap().unwrap();
    let site = site.replacen('{', "{\"robots\":\"User-agent: *\\nDisallow: /c\",", 1);
    let Ok(()) = store.put(Kind::Fact, "site", &site, 0.0);
    let Ok(mut loaded) = NextPageLearner::load(&mut store);
    assert_eq!(names(&mut loaded), ["/b"]);
}

#[test]
fn the_pages_own_rules_go_first() {
    let mut own = page(&["/b"]);
    own.outline.as_mut().unwrap().ruled = vec!["/b".to_owned()];
    let pages = [("/a", own), ("/b", page(&[])), ("/c", page(&[]))];
    let transitions = vec![transition("/a", "/b", 12, 10), transition("/a", "/c", 12, 10)];
    let nexts = published(&[batch(&pages, transitions, NOW)], |_| {});
    assert_eq!(nexts.iter().map(|(path, _)| path).collect::<Vec<_>>(), ["/c"]);
}

#[test]
fn the_same_is_published_again_only_after_a_while() {
    let unsafe_urls = UnsafeUrls::new(Vec::new(), Vec::new());
    let preferences = preferences(&unsafe_urls);
    let mut learner = NextPageLearner::default();
    assert_eq!(learner.choose(&preferences, NOW), None, "nothing was seen");
    let seen = batch(&[("/a", page(&[])), ("/b", page(&[]))], vec![transition("/a", "/b", 20, 10)], NOW);
    learner.merge(&seen, NOW);
    let publication = learner.choose(&preferences, NOW).unwrap();
    assert_eq!(publication.key, "shop/next");
    assert_eq!(learner.choose(&preferences, NOW + 9_999), None);
    assert!(learner.choose(&preferences, NOW + 10_000).is_some());
    // Other rules go out at once.
    let private =
        PageStats { ineligible: vec![Concern::met(Ineligible::Private, 3)], ..PageStats::default() };
    learner.merge(&batch(&[("/b", private)], Vec::new(), NOW), NOW + 10_001);
    let snapshot =
        NextPageSnapshot::parse(&learner.choose(&preferences, NOW + 10_001).unwrap().value).unwrap();
    assert!(snapshot.at("/a").is_none());
}

#[test]
fn whether_there_is_news_is_known_after_an_eviction() {
    let unsafe_urls = UnsafeUrls::new(Vec::new(), Vec::new());
    let preferences = preferences(&unsafe_urls);
    let mut store = Memory::default();
    // Each time it is read from what is stored, and is gone again once something is chosen; KV may have it by then.
    let choose = |store: &mut Memory, now: u64, does_kv_answer: bool| {
        let Ok(mut learner) = NextPageLearner::load(store);
        let publication = learner.choose(&preferences, now);
        let Ok(()) = learner.save(store);
        if let Some(publication) = publication.as_ref().filter(|_| does_kv_answer) {
            let Ok(()) = super::published(store, &publication.value);
            let Ok(()) = figures::published(store, now);
        }
        (publication.is_some(), learner.wait_ms(&preferences))
    };
    let change = |store: &mut Memory, change: &dyn Fn(&mut NextPageLearner)| {
        let Ok(mut learner) = NextPageLearner::load(store);
        change(&mut learner);
        let Ok(()) = learner.save(store);
    };
    let seen = batch(&[("/a", page(&[])), ("/b", page(&[]))], vec![transition("/a", "/b", 20, 10)], NOW);
    change(&mut store, &|learner| learner.merge(&seen, NOW));
    assert!(choose(&mut store, NOW, false).0);
    assert!(choose(&mut store, NOW, true).0, "KV did not have it");
    assert_eq!(choose(&mut store, NOW, true), (false, Some(DAY)));
    assert!(!choose(&mut store, NOW + 9_999, true).0);
    assert!(choose(&mut store, NOW + 10_000, true).0, "it is time again");
    assert!(!choose(&mut store, NOW + 10_000, true).0);
    // Probabilities that have moved are published in their time, other rules at once.
    let more = batch(&[("/a", page(&[]))], vec![transition("/a", "/b", 25, 10)], NOW);
    change(&mut store, &|learner| learner.merge(&more, NOW + 10_001));
    assert_eq!(choose(&mut store, NOW + 10_001, true), (false, Some(10_000)));
    let private =
        PageStats { ineligible: vec![Concern::met(Ineligible::Private, 3)], ..PageStats::default() };
    let private = batch(&[("/b", private)], Vec::new(), NOW);
    change(&mut store, &|learner| learner.merge(&private, NOW + 10_002));
    assert!(choose(&mut store, NOW + 10_002, true).0 && !choose(&mut store, NOW + 10_003, true).0);
    // What was taken back is published anew, whoever remembers it.
    change(&mut store, &NextPageLearner::was_not_published);
    assert!(choose(&mut store, NOW + 10_004, true).0 && !choose(&mut store, NOW + 10_005, true).0);
    change(&mut store, &|learner| learner.forget("/none", &NameKey::default()));
    assert!(choose(&mut store, NOW + 10_006, true).0 && !choose(&mut store, NOW + 10_007, true).0);
    let Ok(()) = learner::was_not_published(&mut store);
    assert!(choose(&mut store, NOW + 10_008, true).0 && !choose(&mut store, NOW + 10_009, true).0);
    // An import has put another value in its place; an older version has not stored what it has chosen.
    let Ok(_) = import::take_up(&mut store, &import::write(&Memory::default()).value, day_of(NOW));
    assert!(choose(&mut store, NOW + 10_010, true).0 && !choose(&mut store, NOW + 10_011, true).0);
    for mark in ["", "1 2", "x y"] {
        let Ok(()) = store.put(Kind::Fact, "published", mark, 0.0);
        assert!(choose(&mut store, NOW + 10_012, true).0 && !choose(&mut store, NOW + 10_013, true).0);
    }
}

#[test]
fn what_is_stored_is_what_was_known_and_a_quiet_choice_writes_no_page() {
    let unsafe_urls = UnsafeUrls::new(Vec::new(), Vec::new());
    let mut learner = NextPageLearner::default();
    let seen = batch(&[("/x/a", page(&[])), ("/b", page(&[]))], vec![transition("/x/a", "/b", 20, 10)], NOW);
    learner.merge(&seen, NOW);
    let mut store = Memory::default();
    let Ok(()) = learner.save(&mut store);
    let Ok(loaded) = NextPageLearner::load(&mut store);
    assert_eq!(loaded.site, "shop");
    // Numbers may come back with another last digit.
    for (from, to) in [("/x/a", "/b"), ("/x/new", "/b"), ("/y", "/b")] {
        let [before, after] = [&learner, &loaded]
            .map(|learner| learner.model.candidates(from, 1).into_iter().next().expect("a candidate"));
        assert_eq!((after.path.as_str(), before.path.as_str()), (to, to), "{from}");
        assert!((after.estimate.probability - before.estimate.probability).abs() < 1e-9, "{from}");
    }
    let record = loaded.model.page("/x/a").unwrap();
    assert!(record.is_public(10, day_of(NOW)) && !record.is_public(11, day_of(NOW)));
    assert_eq!(record.outcomes("/b"), learner.model.page("/x/a").unwrap().outcomes("/b"));
    learner.choose(&preferences(&unsafe_urls), NOW).unwrap();
    assert!(learner.model.take_changed().pages.is_empty());
}

#[test]
fn a_page_that_nobody_was_given_lately_is_no_longer_named() {
    let mut learner = NextPageLearner::default();
    let seen = batch(&[("/a", page(&[])), ("/b", page(&[]))], vec![transition("/a", "/b", 20, 10)], NOW);
    learner.merge(&seen, NOW);
    let members_only = PageStats { visitors: Vec::new(), ..page(&[]) };
    let mut named = Vec::new();
    for day in 1..=14 {
        let now = NOW + day * DAY;
        let seen = batch(
            &[("/a", page(&[])), ("/b", members_only.clone())],
            vec![transition("/a", "/b", 20, 10)],
            now,
        );
        learner.merge(&seen, now);
        named.push(chosen(&mut learner, now, |_| {}).len());
    }
    assert_eq!(named[..6], [1; 6]);
    assert_eq!(named[13], 0);
}

#[test]
fn what_is_sent_without_a_view_is_bounded_as_well() {
    let mut learner = NextPageLearner::default();
    for round in 0..10 {
        let redirect = PageStats {
            ineligible: vec![Concern::met(Ineligible::RedirectsBack, 1)],
            led_back: vec![1, 2],
            ..PageStats::default()
        };
        let paths: Vec<String> = (0..500).map(|number| format!("/r/{round}/{number}")).collect();
        let pages: Vec<(&str, PageStats)> =
            paths.iter().map(|path| (path.as_str(), redirect.clone())).collect();
        let transitions = paths.iter().map(|path| transition(&format!("{path}/from"), "/b", 1, 1)).collect();
        learner.merge(&batch(&pages, transitions, NOW), NOW);
        assert!(learner.model.pages().count() <= super::super::model::MAX_PAGES);
    }
}

#[test]
fn a_burst_of_one_visitor_does_not_make_the_site_another_one() {
    let mut learner = NextPageLearner::default();
    for _ in 0..60 {
        let transitions = vec![
            Transition { votes: 20, ..transition("/a", "/b", 20, 10) },
            Transition { votes: 20, ..transition("/b", "/a", 20, 10) },
        ];
        learner.merge(&batch(&[("/a", page(&[])), ("/b", page(&[]))], transitions, NOW), NOW);
    }
    let probability = |learner: &NextPageLearner| learner.model().candidates("/a", 1)[0].estimate.probability;
    let before = probability(&learner);
    // Two hundred ways that nobody takes, of which a buffer lets three have a say.
    // Or so many that twenty visitors have who ask as many isolates as they please.
    let odd = |votes: &dyn Fn(usize) -> u32, visitors: u8| -> Vec<Transition> {
        (0..200)
            .map(|at| Transition {
                votes: votes(at),
                voters: vec![u8::try_from(at % usize::from(visitors)).unwrap()],
                ..transition(&format!("/p/{}", at % 6), &format!("/odd/{at}"), 1, 1)
            })
            .collect()
    };
    learner.merge(&batch(&[], odd(&|at| u32::from(at < 3), 3), NOW), NOW);
    assert!((probability(&learner) - before).abs() < 0.01);
    learner.merge(&batch(&[], odd(&|_| 1, 20), NOW), NOW);
    assert!((probability(&learner) - before).abs() < 0.01);
    // Many visitors who do that are another matter.
    learner.merge(&batch(&[], odd(&|_| 1, 200), NOW), NOW);
    assert!(probability(&learner) < before - 0.2, "{}", probability(&learner));
}

#[test]
fn one_expired_session_keeps_no_page_out() {
    let deleting =
        |met: u8| PageStats { ineligible: vec![Concern::met(Ineligible::SessionDeleted, met)], ..page(&[]) };
    let seen = |met: u8| {
        [batch(&[("/a", page(&[])), ("/b", deleting(met))], vec![transition("/a", "/b", 25, 10)], NOW)]
    };
    assert_eq!(published(&seen(2), |_| {}), [next("/b", Eagerness::Immediate)]);
    assert_eq!(published(&seen(3), |_| {}), []);
}

#[test]
fn a_page_that_cannot_be_rendered_ahead_is_fetched() {
    let action = |why: &[Ineligible]| {
        let mut learner = NextPageLearner::default();
        let pages = [("/a", page(&[])), ("/b", PageStats { ineligible: met_by_three(why), ..page(&[]) })];
        learner.merge(&batch(&pages, vec![transition("/a", "/b", 25, 10)], NOW), NOW);
        let prerender =
            |preferences: &mut NextPagePreferences<'_>| preferences.prerender = Some(Action::Prerender);
        assert_eq!(chosen(&mut learner, NOW, prerender), [next("/b", Eagerness::Immediate)]);
        learner.published.at("/a").unwrap().nexts[0].action
    };
    assert_eq!(action(&[]), Action::Prerender);
    assert_eq!(action(&[Ineligible::Unrenderable]), Action::Prefetch);
}

#[test]
fn the_log_names_what_is_refused_when_enough_visitors_have_met_it_and_no_path_that_looks_private() {
    let mut learner = NextPageLearner::default();
    let stats =
        |why: Ineligible, met: u8| PageStats { ineligible: vec![Concern::met(why, met)], ..page(&[]) };
    let pages = [
        ("/shop/?add-to-cart", stats(Ineligible::CartChanged, 3)),
        ("/out", stats(Ineligible::SessionDeleted, 3)),
        ("/out-of-one", stats(Ineligible::SessionDeleted, 2)),
        ("/letters/3f2b8c1e-8d5a-4c1f-9b7e-2a6d4e8f0c13", stats(Ineligible::ClearsSiteData, 3)),
        ("/mine", stats(Ineligible::Private, 3)),
        ("/plain", page(&[])),
    ];
    learner.merge(&batch(&pages, Vec::new(), NOW), NOW);
    let told: Vec<String> = learner.told_harmful(3, NOW).collect();
    let line = |path: &str, why: &str| {
        format!(
            "speculations on shop{path} are refused for two weeks, since it does something when it is fetched \
             ({why}); they come back sooner if it is seen to do nothing"
        )
    };
    assert_eq!(told, [line("/out", "session-deleted"), line("/shop/?add-to-cart", "cart-changed")]);
}

/// A page as an application writes it that says of every page that it is private, given alike to so many visitors.
fn private(links: &[&str], alike: u8) -> PageStats {
    PageStats {
        visitors: Vec::new(),
        ineligible: vec![Concern::met(Ineligible::Private, 12)],
        shared: vec![Shared { body: 7, visitors: (0..alike).collect() }],
        ..page(links)
    }
}

#[test]
fn where_every_page_says_private_those_that_are_the_same_for_all_are_named() {
    let seen = |alike| {
        [batch(
            &[("/a", private(&["/b"], alike)), ("/b", private(&[], alike))],
            vec![transition("/a", "/b", 25, 3)],
            NOW,
        )]
    };
    assert_eq!(published(&seen(10), |_| {}), [next("/b", Eagerness::Immediate)]);
    assert_eq!(published(&seen(9), |_| {}), []);
}

#[test]
fn what_stands_in_the_way_everywhere_is_told() {
    let told = |pages: &[(&str, PageStats)]| {
        let mut learner = NextPageLearner::default();
        learner.merge(&batch(pages, Vec::new(), NOW), NOW);
        learner.told_private(10, NOW)
    };
    let paths = ["/a", "/b", "/c", "/d", "/e"];
    let all = |alike| paths.map(|path| (path, private(&[], alike))).to_vec();
    let said = told(&all(3)).unwrap();
    assert!(
        said.contains("on shop: its pages say Cache-Control: private") && said.contains("10 visitors"),
        "{said}"
    );
    assert_eq!(told(&all(10)), None);
    let of_one = |page: (&'static str, PageStats)| {
        (page.0, PageStats { ineligible: vec![Concern::met(Ineligible::Private, 1)], ..page.1 })
    };
    assert_eq!(
        told(&all(3).into_iter().map(of_one).collect::<Vec<_>>()),
        None,
        "one visitor has looked around"
    );
    let once = |page: (&'static str, PageStats)| (page.0, PageStats { views: 1, ..page.1 });
    assert_eq!(told(&all(3).into_iter().map(once).collect::<Vec<_>>()), None, "hardly anybody has come");
    assert_eq!(told(&all(3)[..4]), None);
    assert_eq!(told(&[all(3), vec![("/f", page(&[]))]].concat()), None, "one page says nothing of the kind");
}

/// A page that was met by so many visitors to be ineligible, and that nobody was given.
fn harming(why: Ineligible, met: u8) -> PageStats {
    PageStats { ineligible: vec![Concern::met(why, met)], ..PageStats::default() }
}

/// What is out of all rules and refused, with what it does.
fn refused(learner: &mut NextPageLearner, now: u64) -> Vec<(String, String)> {
    chosen(learner, now, |_| {});
    let excluded = learner.published.excluded.iter().filter(|excluded| excluded.is_refused);
    excluded.map(|excluded| (excluded.path.clone(), excluded.why.clone().unwrap().0)).collect()
}

#[test]
fn what_several_pages_of_a_route_do_is_published_of_the_route_until_a_sibling_is_seen_to_do_nothing() {
    let mut learner = NextPageLearner::default();
    let away = |met| harming(Ineligible::LeavesSite, met);
    let seen =
        [("/go/a", away(4)), ("/go/b", away(4)), ("/go/c", away(4)), ("/out", away(10)), ("/a", page(&[]))];
    learner.merge(&batch(&seen, Vec::new(), NOW), NOW);
    let route = ("/go/*".to_owned(), "leaves-site".to_owned());
    let own = |path: &str| (path.to_owned(), "leaves-site".to_owned());
    assert_eq!(refused(&mut learner, NOW), [route.clone(), own("/out")]);
    assert!(learner.published.is_refused("/go/never-seen") && !learner.published.is_refused("/go/a/b"));
    let told: Vec<String> = learner.told_harmful(10, NOW).collect();
    let line = |path: &str| {
        format!(
            "speculations on shop{path} are refused for two weeks, since no page of the site is shown there (leaves-site); \
             they come back sooner if a page is"
        )
    };
    assert_eq!(told, [line("/go/*"), line("/out")]);
    // Visitors with a session who are shown a page count where the route is refused.
    let harmless = |visitors: u8| PageStats { harmless: (0..visitors).collect(), ..PageStats::default() };
    learner.merge(&batch(&[("/go/shown", harmless(2))], Vec::new(), NOW), NOW);
    assert_eq!(refused(&mut learner, NOW), [route.clone(), own("/out")]);
    learner.merge(&batch(&[("/go/shown", harmless(3))], Vec::new(), NOW), NOW);
    assert_eq!(refused(&mut learner, NOW), [own("/out")]);
    let mut store = Memory::default();
    learner.save(&mut store).unwrap();
    assert_eq!(
        refused(&mut NextPageLearner::load(&mut store).unwrap(), NOW),
        [own("/out")],
        "that is stored"
    );
}

#[test]
fn a_sibling_that_visitors_without_a_session_were_given_takes_a_route_back() {
    let mut learner = NextPageLearner::default();
    let cart = |met| harming(Ineligible::CartChanged, met);
    let seen = [("/item/1/buy", cart(4)), ("/item/2/buy", cart(4)), ("/item/3/buy", cart(4))];
    learner.merge(&batch(&seen, Vec::new(), NOW), NOW);
    assert_eq!(refused(&mut learner, NOW), [("/item/*/buy".to_owned(), "cart-changed".to_owned())]);
    learner.merge(&batch(&[("/item/4/buy", page(&[]))], Vec::new(), NOW), NOW);
    assert_eq!(refused(&mut learner, NOW), []);
    assert_eq!(refused(&mut learner, NOW + 14 * DAY), [], "and nothing stands against any of them for ever");
}

#[test]
fn one_page_that_leads_back_alone_is_refused_as_one_of_a_route_and_not_by_itself() {
    let voting =
        |back_to: u16| PageStats { led_back: vec![back_to], ..harming(Ineligible::RedirectsBack, 10) };
    let paths = ["/item/1/vote", "/item/2/vote", "/item/3/vote"];
    let mut learner = NextPageLearner::default();
    let two: Vec<_> = paths.iter().zip(1..3).map(|(path, to)| (*path, voting(to))).collect();
    learner.merge(&batch(&two, Vec::new(), NOW), NOW);
    assert_eq!(refused(&mut learner, NOW), []);
    learner.merge(&batch(&[(paths[2], voting(3))], Vec::new(), NOW), NOW);
    assert_eq!(refused(&mut learner, NOW), [("/item/*/vote".to_owned(), "redirects-back".to_owned())]);
    assert_eq!(refused(&mut learner, NOW + 14 * DAY), []);
}

#[test]
fn sessions_that_are_taken_away_on_several_pages_make_no_route() {
    let mut learner = NextPageLearner::default();
    let expired = || harming(Ineligible::SessionDeleted, 4);
    let seen = [("/p/1", expired()), ("/p/2", expired()), ("/p/3", expired()), ("/a", page(&[]))];
    learner.merge(&batch(&seen, Vec::new(), NOW), NOW);
    assert_eq!(refused(&mut learner, NOW), []);
}

/// A batch of links to a page that say that it does something, shown to so many visitors.
fn suspects(all: &[(&str, &str, u8)]) -> NavigationBatch {
    let suspects = all.iter().map(|(page, rule, visitors)| SuspectStats {
        page: (*page).to_owned(),
        rule: (*rule).to_owned(),
        shown: (0..*visitors).collect(),
        ..SuspectStats::default()
    });
    NavigationBatch { suspects: suspects.collect(), robots: None, ..batch(&[], Vec::new(), NOW) }
}

/// What is out of all rules.
fn out(learner: &NextPageLearner) -> Vec<(&str, Option<&str>)> {
    let rule = |excluded: &Excluded| learner.published.suspected(&excluded.path);
    learner.published.excluded.iter().map(|excluded| (excluded.path.as_str(), rule(excluded))).collect()
}

#[test]
fn what_links_say_keeps_a_page_out_of_all_rules_until_several_have_seen_that_nothing_happens() {
    let mut learner = NextPageLearner::default();
    let pages = [("/a", page(&["/k/17"])), ("/k/17", page(&[]))];
    learner.merge(&batch(&pages, vec![transition("/a", "/k/17", 25, 10)], NOW), NOW);
    assert_eq!(chosen(&mut learner, NOW, |_| {}), [next("/k/17", Eagerness::Immediate)]);
    learner.merge(&suspects(&[("/k/17", "delete", 1)]), NOW);
    assert_eq!(chosen(&mut learner, NOW, |_| {}), [], "in doubt at once");
    assert_eq!(out(&learner), [], "but nobody is told of what one visitor was shown");
    learner.merge(&suspects(&[("/k/17", "delete", 10)]), NOW);
    assert_eq!(chosen(&mut learner, NOW, |_| {}), []);
    assert_eq!(out(&learner), [("/k/17", Some("delete"))]);
    assert!(!learner.published.is_refused("/k/17"), "nobody has met it");
    let mut plain = suspects(&[]);
    let seen = [vec![1, 2, 3], vec![4, 5, 6]];
    plain.suspects.push(SuspectStats { page: "/k/17".to_owned(), plain: seen, ..SuspectStats::default() });
    learner.merge(&plain, NOW);
    assert_eq!(chosen(&mut learner, NOW, |_| {}), [next("/k/17", Eagerness::Immediate)]);
    assert_eq!(out(&learner), []);
    assert!(learner.published.is_cleared("/k/17"));
}

#[test]
fn of_suspects_nothing_is_said_that_may_not_be_named_or_is_known_by_its_name() {
    let mut learner = NextPageLearner::default();
    learner.merge(
        &suspects(&[
            ("/*", "delete", 10),
            ("/k*", "delete", 10),
            ("/logout", "sign-out", 10),
            ("/safe/1", "delete", 10),
            ("/k?id", "cart", 10),
            ("/k/1", "cart", 9),
        ]),
        NOW,
    );
    let globs = |texts: &[&str]| texts.iter().map(|text| UrlGlob::parse(text).unwrap()).collect();
    let urls = UnsafeUrls::new(Vec::new(), globs(&["/safe/*"]));
    learner.choose(&preferences(&urls), NOW).unwrap();
    assert_eq!(out(&learner), [("/k?id", Some("cart"))]);
}

#[test]
fn a_site_that_exempts_a_page_has_it_in_learned_rules_whatever_its_links_say() {
    let mut learner = NextPageLearner::default();
    let pages = [("/a", page(&["/safe"])), ("/safe", page(&[]))];
    learner.merge(&batch(&pages, vec![transition("/a", "/safe", 25, 10)], NOW), NOW);
    learner.merge(&suspects(&[("/safe", "delete", 10)]), NOW);
    let urls = UnsafeUrls::new(Vec::new(), vec![UrlGlob::parse("/safe").unwrap()]);
    learner.choose(&preferences(&urls), NOW).unwrap();
    assert_eq!(learner.published.at("/a").map(|entry| entry.nexts.len()), Some(1));
    assert_eq!(out(&learner), []);
}

#[test]
fn what_was_met_is_said_in_place_of_what_links_say_and_robots_stand_behind_both() {
    let mut learner = NextPageLearner::default();
    let met = PageStats { ineligible: vec![Concern::met(Ineligible::SessionDeleted, 10)], ..page(&[]) };
    let robots = Some("User-agent: *\nDisallow: /c\n".to_owned());
    learner.merge(
        &NavigationBatch {
            robots,
            ..batch(&[("/k/17", met), ("/a", page(&[])), ("/b", page(&[]))], Vec::new(), NOW)
        },
        NOW,
    );
    learner.merge(&suspects(&[("/k/17", "sign-out", 12), ("/k/18", "cart", 12), ("/k/19", "cart", 11)]), NOW);
    chosen(&mut learner, NOW, |_| {});
    assert_eq!(
        out(&learner),
        [("/k/17", None), ("/k/18", Some("cart")), ("/k/19", Some("cart")), ("/c*", None)]
    );
    assert!(learner.published.is_refused("/k/17"));
}

#[test]
fn suspects_are_stored_one_by_one() {
    let mut learner = NextPageLearner::default();
    let mut store = Memory::default();
    learner.merge(&suspects(&[("/k/17", "sign-out", 10), ("/k/18", "cart", 10)]), NOW);
    let Ok(()) = learner.save(&mut store);
    let Ok(mut loaded) = NextPageLearner::load(&mut store);
    chosen(&mut loaded, NOW, |_| {});
    assert_eq!(out(&loaded), [("/k/17", Some("sign-out")), ("/k/18", Some("cart"))]);
    // Earlier versions have stored all as one value.
    let Ok(rows) = store.all(Kind::Suspect);
    let Ok(()) = store.truncate(Kind::Suspect, 0);
    let values: Vec<String> = rows.into_iter().map(|(_, value)| value).collect();
    let Ok(()) = store.put(Kind::Fact, "suspects", &format!("[{}]", values.join(",")), 0.0);
    for _ in 0..2 {
        let Ok(mut loaded) = NextPageLearner::load(&mut store);
        let Ok(()) = loaded.save(&mut store);
        chosen(&mut loaded, NOW, |_| {});
        assert_eq!(out(&loaded), [("/k/17", Some("sign-out")), ("/k/18", Some("cart"))]);
        assert_eq!(store.get(Kind::Fact, "suspects"), Ok(None));
    }
}
