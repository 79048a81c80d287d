//! Which pages are named to others, and how eagerly.

use super::{CAUTION, MOST_IMMEDIATE, MOST_OTHER, PRERENDER_FROM, url_of};
use crate::ineligible::Ineligible;
use crate::learn::names::is_hidden;
use crate::learn::next::eagerness_thresholds::EagernessThresholds;
use crate::learn::next::model::{Model, NextCandidate};
use crate::learn::next::record::Record;
use crate::learn::next::speculation_outcomes::SpeculationOutcomes;
use crate::learn::next::suspects::Suspects;
use crate::learn::next::visitor::day_of;
use crate::limits::SEVERAL;
use crate::navigation::source;
use crate::next_page_preferences::NextPagePreferences;
use crate::published::next_page_snapshot::{Entry, Excluded, MAX_NEXTS, NextPage, Spellings, Tally};
use crate::sorting;
use crate::sorting::map::SortedSet;
use crate::speculation::{Action, Eagerness};
use crate::urls::private_path::looks_private;
use crate::urls::robots::Robots;

/// A next page as it is ranked.
pub(super) struct Ranked {
    pub(super) path: String,
    pr: f64,
    pub(super) lower: f64,
    /// Whether several visitors have navigated there.
    pub(super) is_taken: bool,
    /// How links spell it that it does not spell so itself.
    pub(super) spellings: Spellings,
    /// What became of speculations on it.
    tally: Tally,
}

impl Ranked {
    /// A candidate by its estimate.
    pub(super) fn new(candidate: NextCandidate, is_taken: bool, tally: Tally) -> Self {
        let NextCandidate { path, estimate } = candidate;
        let (pr, lower) = (estimate.probability, estimate.lower(CAUTION));
        Self { path, pr, lower, is_taken, spellings: Spellings::default(), tally }
    }
}

/// What decides whether a page is named to others.
pub(super) struct Gate<'a> {
    pub(super) preferences: &'a NextPagePreferences<'a>,
    pub(super) robots: &'a Robots,
    pub(super) suspects: &'a Suspects,
    /// What no rule may name.
    pub(super) excluded: &'a [Excluded],
    /// Whether a session that is given anew says nothing about the page.
    pub(super) all_rotate: bool,
    pub(super) now: u64,
}

impl Gate<'_> {
    /// Whether a page may be named.
    pub(super) fn is_named(&self, path: &str, record: &Record) -> bool {
        // What one visitor alone has met may be their own affair: their session had expired, say.
        let least = SEVERAL.min(self.preferences.min_visitors);
        record.is_public(self.preferences.min_visitors, day_of(self.now))
            && !record.is_private(least, self.preferences.min_visitors, self.now)
            && record.ineligible(least, self.now).all(|why| {
                why.is_of_prerendering()
                    || (why.is_of_session() && self.all_rotate)
                    || *why == Ineligible::Private
            })
            && self.is_open(path)
    }

    /// Whether nothing speaks against a path by itself.
    fn is_open(&self, path: &str) -> bool {
        !looks_private(path)
            && !is_hidden(path)
            && !self.robots.disallows(path)
            && !self.is_unsafe(path)
            && !self.is_suspect(path)
    }

    /// Whether a path is refused to everybody.
    fn is_refused(&self, path: &str) -> bool {
        self.excluded.iter().any(|excluded| excluded.refuses(path))
    }

    /// Whether links say of a page that it does something, unless the site knows better.
    fn is_suspect(&self, path: &str) -> bool {
        let is_exempt = || url_of(path).is_some_and(|url| self.preferences.unsafe_urls.is_exempt(&url));
        self.suspects.is_suspect(path, self.now) && !is_exempt()
    }

    fn is_unsafe(&self, path: &str) -> bool {
        // The patterns look at the path alone.
        source::url_at(path).is_none_or(|url| self.preferences.unsafe_urls.is_nameless(&url))
    }

    /// The candidates of a page that may be named, those of the highest lower bound first.
    pub(super) fn rank(
        &self,
        record: &Record,
        candidates: Vec<NextCandidate>,
        public: &SortedSet<&str>,
    ) -> Vec<Ranked> {
        let takers = SEVERAL.min(self.preferences.min_visitors);
        let today = day_of(self.now);
        let mut ranked: Vec<Ranked> = candidates
            .into_iter()
            .filter(|candidate| public.contains(candidate.path.as_str()) && !record.rules_on(&candidate.path))
            .filter_map(|candidate| {
                let outcomes = record.outcomes(&candidate.path);
                let visitors = outcomes.map_or(0, |outcomes| outcomes.visitors(today));
                let is_taken = visitors >= takers.max(1);
                let is_linked = record.place(&candidate.path).is_some();
                let tally = outcomes.map(SpeculationOutcomes::tally).unwrap_or_default();
                let spellings =
                    outcomes.map(|outcomes| outcomes.spellings(takers, today)).unwrap_or_default();
                // Each is asked for, and may be refused, by itself; and by a link in the page's own spelling, too, it would be asked for twice.
                let spellings = spellings.filter(&candidate.path, |other| {
                    !is_linked && self.is_open(other) && !record.rules_on(other) && !self.is_refused(other)
                });
                (is_taken || is_linked)
                    .then(|| Ranked { spellings, ..Ranked::new(candidate, is_taken, tally) })
            })
            .collect();
        sorting::sort_by(&mut ranked, |a, b| b.lower.total_cmp(&a.lower).then_with(|| a.path.cmp(&b.path)));
        ranked
    }
}

/// The next pages to publish, among these in their order.
pub(super) fn place(
    thresholds: &EagernessThresholds,
    ranked: &[Ranked],
    demotions: &[u8],
    before: Option<&Entry>,
    prerender: Option<Action>,
    (model, now): (&Model, u64),
) -> Vec<NextPage> {
    let mut nexts: Vec<NextPage> = Vec::new();
    let mut left = [MOST_OTHER, MOST_IMMEDIATE];
    for (at, ranked) in ranked.iter().enumerate() {
        let known = before.and_then(|entry| entry.nexts.iter().find(|next| next.path == ranked.path));
        let level = thresholds.level(ranked.lower, known.map_or(0, |next| next.eagerness.level()));
        let level = level.saturating_sub(demotions.get(at).copied().unwrap_or_default());
        // Nobody was seen to go there yet.
        let mut level = if ranked.is_taken { level } else { level.min(1) };
        let [others, immediate] = &mut left;
        if level == 3 && *immediate == 0 {
            level = 2;
        }
        let eagerness = match level {
            3 => {
                *immediate -= 1;
                Eagerness::Immediate
            }
            level if level > 0 && *others > 0 => {
                *others -= 1;
                if level == 2 { Eagerness::Eager } else { Eagerness::Moderate }
            }
            _ => continue,
        };
        let is_sure = level == 3 && ranked.lower >= PRERENDER_FROM && nexts.is_empty();
        let record = model.page(&ranked.path);
        // What one visitor alone has met may be their own affair.
        let least = model.site.several;
        let is_renderable =
            record.is_none_or(|record| !record.ineligible(least, now).any(Ineligible::is_of_prerendering));
        let action = prerender.filter(|_| is_sure && is_renderable).unwrap_or_default();
        let is_unvarying = record.is_some_and(Record::is_unvarying);
        nexts.push(NextPage {
            path: ranked.path.clone(),
            pr: ranked.pr,
            tally: ranked.tally,
            eagerness,
            action,
            is_unvarying,
            spellings: ranked.spellings,
        });
    }
    nexts.truncate(MAX_NEXTS);
    nexts
}
