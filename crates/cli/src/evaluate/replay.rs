//! Replays a history, and lets each policy predict before it learns.
//!
//! At each view of a page every policy says which pages it would have the browser fetch. The visitor's navigations from
//! that view tell which of them were used: none, one, or, where somebody opens two tabs, two. A view of the same page by
//! the same visitor replaces the one before it. A navigation from a page of which no view was seen, since it came from a
//! cache, is predicted at that moment.
//!
//! Ours is asked twice. For its most probable pages and their probabilities, of which [`super::hindsight`] then takes as
//! many as another policy had. And for what it fetches at once under a waste budget, as [`thresholds`] decides it: the least
//! lower bound is published anew every [`PUBLISH_VIEWS`] views, and what was used and wasted until then moves the plan.
//!
//! [`thresholds`]: headstart::learn::next::eagerness_thresholds

use super::counts::{Counts, Page};
use super::history::View;
use headstart::learn::next::change_detector::Votes;
use headstart::learn::next::eagerness_thresholds::{Budget, Prospect, immediate_from};
use headstart::learn::next::model::Model;
use headstart::learn::next::next_page_learner::{CAUTION, MOST_IMMEDIATE};
use std::collections::{HashMap, HashSet};

/// How many of its most probable pages ours is asked for at each view.
pub const MOST: usize = 5;

/// How many views pass between two publications.
const PUBLISH_VIEWS: usize = 500;

/// What became of the speculations of a policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Score {
    /// How many there were.
    pub speculations: usize,
    /// How many of them were used. One that is used twice, in two tabs, counts once.
    pub used: usize,
    /// The navigations whose page had been speculated on.
    pub predicted: usize,
}

impl Score {
    fn tell(&mut self, is_first: bool) {
        self.predicted += 1;
        self.used += usize::from(is_first);
    }
}

/// A page that ours gave a probability to, and what came.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forecast {
    /// The probability that it follows the view.
    pub probability: f64,
    /// Its place among those of the view, the likeliest being 0.
    pub rank: usize,
    /// How often it followed.
    pub came: usize,
}

/// All that was predicted, and what became of it.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The views of pages.
    pub views: usize,
    /// Each navigation in the order of time: the place of the forecast that predicted it, if one did.
    pub navigations: Vec<Option<usize>>,
    /// Guess.js' threshold.
    pub guess: Score,
    /// The two most followed links.
    pub two_most_followed: Score,
    /// Ours, under each waste budget.
    pub budgets: Vec<Score>,
    /// Ours, in the order of time.
    pub forecasts: Vec<Forecast>,
}

/// Replays these views under these waste budgets.
pub fn replay(views: &[View], budgets: &[f64]) -> Outcome {
    let mut replay = Replay::new(budgets);
    for view in views {
        if replay.outcome.views.is_multiple_of(PUBLISH_VIEWS) {
            replay.publish();
        }
        let path = replay.number(&view.path);
        if let Some(from) = &view.from {
            replay.navigate(view.visitor, from, path, &view.path);
        }
        let shown = replay.predict(path, &view.path);
        replay.open.entry(view.visitor).or_default().insert(path, shown);
        replay.model.view(&view.path, 1.0, view.at);
        replay.outcome.views += 1;
    }
    replay.outcome
}

/// What was predicted at a view, while it may still come true.
#[derive(Debug)]
struct Shown {
    guess: Vec<Page>,
    two_most_followed: Vec<Page>,
    /// Ours, the likeliest first.
    ours: Vec<Page>,
    /// The place of ours' first forecast.
    first: usize,
    /// How many of ours were fetched at once under each waste budget.
    immediate: Vec<usize>,
    /// Where the visitor went.
    followed: Vec<Page>,
}

/// A waste budget in use.
#[derive(Debug)]
struct EagernessThresholds {
    configured: f64,
    budget: Budget,
    /// The least lower bound of what is fetched at once, as published.
    least: f64,
    /// What has been counted as used and as wasted.
    settled: Score,
}

#[derive(Default)]
struct Replay {
    outcome: Outcome,
    model: Model,
    counts: Counts,
    thresholds_of_budgets: Vec<EagernessThresholds>,
    numbers: HashMap<String, Page>,
    /// Who has had a say in whether the site has changed.
    voted: HashSet<usize>,
    /// What each visitor has before them: their latest view of each page.
    open: HashMap<usize, HashMap<Page, Shown>>,
}

impl Replay {
    fn new(budgets: &[f64]) -> Self {
        let thresholds = |configured: &f64| EagernessThresholds {
            configured: *configured,
            budget: Budget::default(),
            least: f64::INFINITY,
            settled: Score::default(),
        };
        let outcome = Outcome { budgets: vec![Score::default(); budgets.len()], ..Outcome::default() };
        Self { outcome, thresholds_of_budgets: budgets.iter().map(thresholds).collect(), ..Self::default() }
    }

    fn number(&mut self, path: &str) -> Page {
        if let Some(page) = self.numbers.get(path) {
            return *page;
        }
        let page = self.numbers.len();
        self.numbers.insert(path.to_owned(), page);
        page
    }

    /// What the next-page learner does when it publishes.
    fn publish(&mut self) {
        let mut prospects = prospects(&self.model);
        for (thresholds, score) in self.thresholds_of_budgets.iter_mut().zip(&self.outcome.budgets) {
            let used = score.used - thresholds.settled.used;
            // What was published before may still come to be used: then this takes back that it was wasted.
            let wasted = (score.speculations - thresholds.settled.speculations).saturating_sub(used);
            thresholds.settled = *score;
            thresholds.budget.settle(super::float(used), super::float(wasted));
            thresholds.least = immediate_from(&mut prospects, thresholds.budget.plan(thresholds.configured));
        }
    }

    /// What every policy says at a view of a page.
    fn predict(&mut self, page: Page, path: &str) -> Shown {
        let guess = self.counts.guess(page);
        self.outcome.guess.speculations += guess.len();
        let two_most_followed = self.counts.two_most_followed(page);
        self.outcome.two_most_followed.speculations += two_most_followed.len();

        let candidates = self.model.candidates(path, MOST);
        let mut immediate = Vec::with_capacity(self.thresholds_of_budgets.len());
        for (thresholds, score) in self.thresholds_of_budgets.iter().zip(&mut self.outcome.budgets) {
            let best = candidates.iter().take(MOST_IMMEDIATE);
            let at_once =
                best.take_while(|candidate| candidate.estimate.lower(CAUTION) >= thresholds.least).count();
            score.speculations += at_once;
            immediate.push(at_once);
        }
        let first = self.outcome.forecasts.len();
        self.outcome.forecasts.extend(candidates.iter().enumerate().map(|(rank, candidate)| Forecast {
            probability: candidate.estimate.probability,
            rank,
            came: 0,
        }));
        let ours = candidates.iter().map(|candidate| self.number(&candidate.path)).collect();
        Shown { guess, two_most_followed, ours, first, immediate, followed: Vec::new() }
    }

    /// Compares what was predicted at the visitor's view of `from` against where they went, and learns that.
    fn navigate(&mut self, visitor: usize, from: &str, to: Page, to_path: &str) {
        let page = self.number(from);
        let seen = self.open.get_mut(&visitor).and_then(|pages| pages.remove(&page));
        let mut shown = seen.unwrap_or_else(|| self.predict(page, from));
        let is_first = !shown.followed.contains(&to);
        shown.followed.push(to);
        let outcome = &mut self.outcome;
        for (score, pages) in
            [(&mut outcome.guess, &shown.guess), (&mut outcome.two_most_followed, &shown.two_most_followed)]
        {
            if pages.contains(&to) {
                score.tell(is_first);
            }
        }
        let rank = shown.ours.iter().position(|page| *page == to);
        let forecast = rank.map(|rank| shown.first + rank);
        outcome.navigations.push(forecast);
        if let Some(forecast) = forecast.and_then(|forecast| outcome.forecasts.get_mut(forecast)) {
            forecast.came += 1;
        }
        for (score, at_once) in outcome.budgets.iter_mut().zip(&shown.immediate) {
            if rank.is_some_and(|rank| rank < *at_once) {
                score.tell(is_first);
            }
        }
        self.open.entry(visitor).or_default().insert(page, shown);
        // As in an isolate, each visitor has one say in whether the site has changed.
        let bucket = [u8::try_from(visitor % 256).unwrap_or_default()];
        let has_vote = self.voted.insert(visitor);
        let votes = if has_vote { Votes { number: 1.0, visitors: &bucket } } else { Votes::default() };
        self.model.follow_with(from, to_path, 1.0, votes);
        self.counts.follow(page, to);
    }
}

/// What may be fetched at once, of all pages.
fn prospects(model: &Model) -> Vec<Prospect> {
    let mut pages: Vec<_> = model.pages().collect();
    // The model knows no order; sums of floating-point numbers do.
    pages.sort_by_key(|(path, _)| *path);
    let of_page = pages.into_iter().flat_map(|(path, record)| {
        let views = record.transitions.views();
        let candidates = model.candidates(path, MOST_IMMEDIATE).into_iter();
        candidates.map(move |candidate| Prospect { views, lower: candidate.estimate.lower(CAUTION) })
    });
    of_page.collect()
}

#[cfg(test)]
mod tests {
    use super::super::history;
    use super::*;
    use proptest::prelude::*;

    fn sessions(lines: &[&str]) -> Vec<View> {
        history::views(lines.iter().map(|line| line.split(' ').map(str::to_owned).collect()))
    }

    fn score(speculations: usize, used: usize, predicted: usize) -> Score {
        Score { speculations, used, predicted }
    }

    #[test]
    fn nothing_is_predicted_of_what_was_not_seen() {
        let outcome = replay(&sessions(&["/a /b"]), &[0.6]);
        assert_eq!((outcome.views, outcome.navigations), (2, vec![None]));
        for zero in [outcome.guess, outcome.two_most_followed, outcome.budgets[0]] {
            assert_eq!(zero, Score::default());
        }
    }

    #[test]
    fn each_policy_predicts_before_it_learns() {
        // The second visitor's /a: both say /b. The third's: both say /b and /c, of one navigation each.
        let outcome = replay(&sessions(&["/a /b", "/a /c", "/a /b"]), &[]);
        assert_eq!(outcome.navigations.len(), 3);
        assert_eq!(outcome.guess, score(3, 1, 1));
        assert_eq!(outcome.two_most_followed, score(3, 1, 1));
        assert_eq!(outcome.navigations[0], None);
        assert_eq!(outcome.navigations[1], None);
        let predicted = outcome.forecasts[outcome.navigations[2].unwrap()];
        assert_eq!(predicted.came, 1);
        assert!(predicted.rank < 2 && predicted.probability > 0.1, "{predicted:?}");
    }

    #[test]
    fn guess_takes_three_where_the_others_take_two() {
        let outcome = replay(&sessions(&["/a /b", "/a /c", "/a /d", "/a /d"]), &[]);
        // At the four views of /a: nothing, one, two, three; the last is right.
        assert_eq!(outcome.guess, score(6, 1, 1));
        // /b and /c stay the two, /d comes too late.
        assert_eq!(outcome.two_most_followed, score(5, 0, 0));
    }

    fn view(visitor: usize, at: u64, from: &str, path: &str) -> View {
        let from = (!from.is_empty()).then(|| from.to_owned());
        View { visitor, at, from, path: path.to_owned() }
    }

    #[test]
    fn one_view_may_be_left_twice_and_a_speculation_used_once() {
        let mut views = sessions(&["/a /b"]);
        views.extend([view(7, 10, "", "/a"), view(7, 11, "/a", "/b"), view(7, 12, "/a", "/b")]);
        let outcome = replay(&views, &[]);
        assert_eq!(outcome.navigations.len(), 3);
        assert_eq!(outcome.guess, score(1, 1, 2));
        assert_eq!(outcome.navigations[1], outcome.navigations[2]);
        assert_eq!(outcome.forecasts[outcome.navigations[1].unwrap()].came, 2);
    }

    #[test]
    fn a_view_replaces_the_one_before_it() {
        let mut views = sessions(&["/a /b"]);
        views.extend([view(7, 10, "", "/a"), view(7, 11, "", "/a"), view(7, 12, "/a", "/b")]);
        assert_eq!(replay(&views, &[]).guess, score(2, 1, 1));
    }

    #[test]
    fn what_came_from_a_cache_is_predicted_when_it_is_left() {
        let mut views = sessions(&["/a /b"]);
        views.extend([view(7, 10, "/a", "/b"), view(7, 11, "/a", "/c")]);
        let outcome = replay(&views, &[]);
        assert_eq!(outcome.views, 4);
        assert_eq!(outcome.guess, score(1, 1, 1));
        // Another visitor's view of it is another.
        views.push(view(8, 12, "/a", "/c"));
        assert_eq!(replay(&views, &[]).guess, score(3, 2, 2));
    }

    #[test]
    fn a_budget_speculates_when_it_was_published_and_not_before() {
        let views = sessions(&["/a /b"; 500]);
        // Two views a session: the first publication that knows anything is that at the 501st view.
        let outcome = replay(&views[..PUBLISH_VIEWS], &[0.4]);
        assert_eq!(outcome.budgets[0], Score::default());
        let outcome = replay(&views, &[0.4]);
        // Where every further visitor goes is predicted, and nobody goes on from /b.
        assert_eq!(outcome.budgets[0], score(250, 250, 250));
        let outcome = replay(&views, &[0.0]);
        assert_eq!(outcome.budgets[0], Score::default(), "a budget of nothing fetches nothing");
    }

    proptest! {
        #[test]
        fn scores_are_within_bounds(
            steps in prop::collection::vec((0_usize..4, 0_usize..8, prop::option::of(0_usize..8)), 0..1500),
            budgets in prop::collection::vec(0.0..1.0_f64, 0..4),
        ) {
            let views: Vec<View> = (0_u64..).zip(&steps).map(|(at, (visitor, path, from))| {
                let from = from.filter(|from| from != path).map(|from| format!("/{from}"));
                View { visitor: *visitor, at, from, path: format!("/{path}") }
            }).collect();
            let outcome = replay(&views, &budgets);
            prop_assert_eq!(outcome.views, views.len());
            let navigations = views.iter().filter(|view| view.from.is_some()).count();
            prop_assert_eq!(outcome.navigations.len(), navigations);
            prop_assert_eq!(outcome.budgets.len(), budgets.len());
            let simple = [outcome.guess, outcome.two_most_followed];
            for score in simple.iter().chain(&outcome.budgets) {
                prop_assert!(score.used <= score.speculations && score.used <= score.predicted, "{:?}", score);
                prop_assert!(score.predicted <= navigations, "{:?}", score);
            }
            let predicted = outcome.navigations.iter().flatten().count();
            let came: usize = outcome.forecasts.iter().map(|forecast| forecast.came).sum();
            prop_assert_eq!(predicted, came);
            for forecast in &outcome.forecasts {
                prop_assert!((0.0..=1.0).contains(&forecast.probability) && forecast.rank < MOST);
            }
        }
    }
}
