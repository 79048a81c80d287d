//! What the next-page learner remembers of suspects: pages of which links say that they do something
//! ([`crate::learn::link_reader`]).
//!
//! A suspect is named to others only when so many different visitors were shown the link on one day that it is nobody's own.
//! It is cleared when several visitors with a session, and several without, were given the page and nothing has happened; that
//! is published as well, so that no isolate has to find out again. A view that shows that something happens begins anew.
//!
//! Each is a record of its own, which is written only when it has changed.

use super::hidden_pages::Fate;
use super::navigation_batch::SuspectStats;
use super::visitor::{Day, Visitors, day_of};
use crate::ineligible::may_be_cleared;
use crate::limits::{MAX_PATH_BYTES, SEVERAL};
use crate::published::next_page_snapshot::{Excluded, MAX_SUSPECTS};
use crate::sorting::map::{SortedMap, SortedSet};
use serde::{Deserialize, Serialize};

/// How long a suspect is remembered after a link was last seen that says so, in milliseconds: two weeks.
const LIFE_MS: u64 = 14 * 24 * 3600 * 1000;

/// How exactly it is known when such a link was last seen, in milliseconds: to the hour, since each change is written.
const SEEN_MS: u64 = 3600 * 1000;

/// The most suspects that are remembered.
pub const MAX_REMEMBERED: usize = 300;

/// The longest name of a rule, in bytes.
const MAX_RULE_BYTES: usize = 40;

/// A suspected page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Suspect {
    /// Its path, and the names of its parameters.
    page: String,
    /// The rule by which links say that it does something.
    rule: String,
    /// When one was last seen, in milliseconds since the epoch.
    at: u64,
    /// Who was shown one.
    shown: Visitors,
    /// Who was given the page, without a session and with one, and nothing has happened.
    plain: [Visitors; 2],
}

impl Suspect {
    fn is_recent(&self, now: u64) -> bool {
        now.saturating_sub(self.at) < LIFE_MS
    }

    fn is_cleared(&self, today: Day) -> bool {
        may_be_cleared(&self.rule) && self.plain.iter().all(|visitors| visitors.most(today) >= SEVERAL)
    }

    /// How much it is worth remembering: what most visitors are shown, and of equals the latest.
    fn importance(&self, today: Day) -> (u32, u64) {
        (self.shown.most(today), self.at)
    }
}

/// See the module's description. They are few, and the one that matters least is looked for among all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Suspects {
    /// By page.
    all: SortedMap<String, Suspect>,
    /// The pages whose records are to be written or removed.
    changed: SortedSet<String>,
}

impl Suspects {
    /// Takes in what isolates have seen on a day, at `now`.
    pub fn merge(&mut self, seen: &[SuspectStats], day: Day, now: u64) {
        self.expire(now);
        for stats in seen {
            self.take(stats, day, now);
            // A tenth at a time, so that there is room for what is new.
            let surplus = if self.all.len() > MAX_REMEMBERED { MAX_REMEMBERED / 10 } else { 0 };
            for _ in 0..surplus {
                self.remove_least(day_of(now));
            }
        }
    }

    fn take(&mut self, stats: &SuspectStats, day: Day, now: u64) {
        let page = &stats.page;
        let is_said = !stats.rule.is_empty() && stats.rule.len() <= MAX_RULE_BYTES;
        let before = self.all.get(page).filter(|known| known.is_recent(now));
        if (before.is_none() && !is_said) || page.len() > MAX_PATH_BYTES {
            return;
        }
        let mut known = before.cloned().unwrap_or_else(|| Suspect {
            page: page.clone(),
            rule: stats.rule.clone(),
            at: now,
            ..Suspect::default()
        });
        if is_said && !may_be_cleared(&stats.rule) {
            known.rule.clone_from(&stats.rule);
        }
        if is_said && now.saturating_sub(known.at) >= SEEN_MS {
            known.at = now;
        }
        known.shown.add(day, &stats.shown);
        if stats.has_acted {
            known.plain = Default::default();
        } else {
            for (visitors, buckets) in known.plain.iter_mut().zip(&stats.plain) {
                visitors.add(day, buckets);
            }
        }
        if before != Some(&known) {
            self.changed.insert(page.clone());
            self.all.insert(page.clone(), known);
        }
    }

    /// Removes what matters least.
    fn remove_least(&mut self, today: Day) {
        let least = self.all.iter().min_by_key(|(_, suspect)| suspect.importance(today));
        if let Some(page) = least.map(|(page, _)| page.clone()) {
            self.all.remove(&page);
            self.changed.insert(page);
        }
    }

    /// Takes stored suspects over.
    pub fn restore(&mut self, all: impl IntoIterator<Item = Suspect>) {
        self.all.extend(all.into_iter().map(|suspect| (suspect.page.clone(), suspect)));
    }

    /// Takes over what earlier versions have stored as one value.
    pub fn take_over(&mut self, all: Vec<Suspect>) {
        self.changed.extend(all.iter().map(|suspect| suspect.page.clone()));
        self.restore(all);
    }

    /// The pages whose suspicion has changed since the last call, each with it if there is one left.
    pub fn take_changed(&mut self) -> Vec<(String, Option<Suspect>)> {
        let changed = std::mem::take(&mut self.changed).into_iter();
        changed.map(|page| (page.clone(), self.all.get(&page).cloned())).collect()
    }

    /// Whether a page is known by this name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.all.contains_key(name)
    }

    /// The names of all.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.all.keys().map(String::as_str)
    }

    /// Whether none is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Whether several visitors were shown a link to the page of this name on one day, with those of a batch.
    #[must_use]
    pub fn would_be_shown_to(
        &self,
        name: &str,
        stats: &SuspectStats,
        day: Day,
        several: u32,
        now: u64,
    ) -> bool {
        let known = self.all.get(name);
        let mut shown = known.map(|known| known.shown.clone()).unwrap_or_default();
        shown.add(day, &stats.shown);
        shown.most(day_of(now)) >= several.max(1)
    }

    /// Lets each page have the name that it has now. Where a page was known by that name once before, what came first stays.
    pub(super) fn revise(&mut self, fate: &dyn Fn(&str) -> Fate) {
        let fates: Vec<(String, Fate)> = self.all.keys().map(|name| (name.clone(), fate(name))).collect();
        for (name, fate) in fates.into_iter().filter(|(_, fate)| *fate != Fate::Kept) {
            let Some(suspect) = self.all.remove(&name) else { continue };
            self.changed.insert(name);
            if let Fate::Renamed(page) = fate {
                self.changed.insert(page.clone());
                self.all.entry(page.clone()).or_insert(Suspect { page, ..suspect });
            }
        }
    }

    /// Forgets what is over.
    pub fn expire(&mut self, now: u64) {
        let over = self.all.iter().filter(|(_, suspect)| !suspect.is_recent(now));
        for page in over.map(|(page, _)| page.clone()).collect::<Vec<_>>() {
            self.all.remove(&page);
            self.changed.insert(page);
        }
    }

    fn of(&self, page: &str, now: u64) -> Option<&Suspect> {
        self.all.get(page).filter(|known| known.is_recent(now))
    }

    /// Whether a page is suspected, by however few visitors: in doubt it is in no learned rule.
    #[must_use]
    pub fn is_suspect(&self, page: &str, now: u64) -> bool {
        self.of(page, now).is_some_and(|suspect| !suspect.is_cleared(day_of(now)))
    }

    /// What is published of those that may be named: the suspects, and the pages that were cleared. Each is what most
    /// visitors were shown.
    #[must_use]
    pub fn published(
        &self,
        min_visitors: u32,
        is_named: impl Fn(&str) -> bool,
        now: u64,
    ) -> (Vec<Excluded>, Vec<String>) {
        let today = day_of(now);
        let is_told = |suspect: &&Suspect| {
            suspect.is_recent(now)
                && suspect.shown.most(today) >= min_visitors.max(1)
                && is_named(&suspect.page)
        };
        let told = self.all.values().filter(is_told);
        let (mut cleared, mut suspects): (Vec<&Suspect>, Vec<&Suspect>) =
            told.partition(|suspect| suspect.is_cleared(today));
        for all in [&mut cleared, &mut suspects] {
            // Seldom, and from few: to look for it costs less code than an order does.
            while all.len() > MAX_SUSPECTS {
                let least = all.iter().enumerate().min_by_key(|(_, suspect)| suspect.importance(today));
                let Some((at, _)) = least else { break };
                all.remove(at);
            }
        }
        let until = |suspect: &Suspect| suspect.at.saturating_add(LIFE_MS) / 1000;
        let out = |suspect: &Suspect| Excluded::suspect(&suspect.page, &suspect.rule, until(suspect));
        let cleared = cleared.into_iter().map(|suspect| suspect.page.clone());
        (suspects.into_iter().map(out).collect(), cleared.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000_000;
    const DAY_MS: u64 = 24 * 3600 * 1000;

    fn said(rule: &str, visitors: u8) -> SuspectStats {
        SuspectStats { rule: rule.to_owned(), shown: (0..visitors).collect(), ..SuspectStats::default() }
    }

    fn plain(without: u8, with: u8) -> SuspectStats {
        SuspectStats { plain: [(0..without).collect(), (0..with).collect()], ..SuspectStats::default() }
    }

    fn merge(suspects: &mut Suspects, page: &str, stats: SuspectStats, now: u64) {
        suspects.merge(&[SuspectStats { page: page.to_owned(), ..stats }], day_of(now), now);
    }

    /// The suspects, with their rules, and what was cleared, as far as ten visitors were shown them.
    fn published(suspects: &Suspects, now: u64) -> (Vec<(String, String)>, Vec<String>) {
        let (suspects, cleared) = suspects.published(10, |_| true, now);
        (suspects.into_iter().map(|it| (it.path, it.why.unwrap().0)).collect(), cleared)
    }

    fn out(page: &str, rule: &str) -> (Vec<(String, String)>, Vec<String>) {
        (vec![(page.to_owned(), rule.to_owned())], vec![])
    }

    #[test]
    fn a_suspect_is_published_when_enough_visitors_were_shown_its_link_and_for_two_weeks() {
        let mut suspects = Suspects::default();
        merge(&mut suspects, "/k/17", said("sign-out", 9), NOW);
        assert_eq!(published(&suspects, NOW), (vec![], vec![]));
        assert!(suspects.is_suspect("/k/17", NOW) && !suspects.is_suspect("/k/18", NOW));
        merge(&mut suspects, "/k/17", said("cart", 10), NOW);
        assert_eq!(published(&suspects, NOW), out("/k/17", "sign-out"));
        assert_eq!(
            suspects.published(10, |_| true, NOW).0,
            [Excluded::suspect("/k/17", "sign-out", (NOW + LIFE_MS) / 1000)]
        );
        assert_eq!(suspects.published(10, |page| page != "/k/17", NOW), (vec![], vec![]));
        assert!(suspects.is_suspect("/k/17", NOW + LIFE_MS - 1));
        assert!(!suspects.is_suspect("/k/17", NOW + LIFE_MS));
        assert_eq!(published(&suspects, NOW + LIFE_MS), (vec![], vec![]));
        merge(&mut suspects, "/other", said("cart", 1), NOW + LIFE_MS);
        assert_eq!(suspects.all.keys().collect::<Vec<_>>(), ["/other"], "what is over is forgotten");
    }

    #[test]
    fn several_visitors_of_both_kinds_clear_it_and_one_to_whom_something_happens_does_not() {
        let mut suspects = Suspects::default();
        merge(&mut suspects, "/k/17", said("delete", 10), NOW);
        merge(&mut suspects, "/k/17", plain(64, 2), NOW);
        assert_eq!(published(&suspects, NOW), out("/k/17", "delete"));
        merge(&mut suspects, "/k/17", plain(0, 3), NOW);
        assert_eq!(published(&suspects, NOW), (vec![], vec!["/k/17".to_owned()]));
        assert!(!suspects.is_suspect("/k/17", NOW));
        merge(&mut suspects, "/k/17", said("delete", 10), NOW);
        assert!(!suspects.is_suspect("/k/17", NOW), "its links still say so");
        merge(&mut suspects, "/k/17", SuspectStats { has_acted: true, ..plain(9, 9) }, NOW);
        assert_eq!(published(&suspects, NOW), out("/k/17", "delete"));
        merge(&mut suspects, "/k/17", plain(3, 3), NOW);
        assert!(!suspects.is_suspect("/k/17", NOW));
        for day in 1..22 {
            merge(&mut suspects, "/k/17", said("delete", 10), NOW + day * DAY_MS);
        }
        assert!(suspects.is_suspect("/k/17", NOW + 21 * DAY_MS), "nobody has been there for weeks");
    }

    #[test]
    fn no_view_clears_a_sign_out() {
        let mut suspects = Suspects::default();
        merge(&mut suspects, "/k/17", said("sign-out", 10), NOW);
        merge(&mut suspects, "/k/17", plain(64, 64), NOW);
        assert_eq!(published(&suspects, NOW), out("/k/17", "sign-out"));
        merge(&mut suspects, "/k/18", said("confirm", 10), NOW);
        merge(&mut suspects, "/k/18", plain(64, 64), NOW);
        assert!(!suspects.is_suspect("/k/18", NOW));
        merge(&mut suspects, "/k/18", said("sign-out", 1), NOW);
        assert!(suspects.is_suspect("/k/18", NOW), "whatever other links say");
    }

    #[test]
    fn what_no_link_says_is_not_remembered_and_neither_is_a_rule_that_is_none() {
        let mut suspects = Suspects::default();
        merge(&mut suspects, "/k/17", plain(9, 9), NOW);
        merge(&mut suspects, "/k/18", said("", 9), NOW);
        merge(&mut suspects, "/k/19", said(&"x".repeat(MAX_RULE_BYTES + 1), 9), NOW);
        merge(&mut suspects, &format!("/{}", "x".repeat(MAX_PATH_BYTES)), said("delete", 9), NOW);
        assert_eq!(suspects, Suspects::default());
    }

    #[test]
    fn what_is_remembered_is_bounded_and_what_most_visitors_are_shown_stays() {
        let mut suspects = Suspects::default();
        merge(&mut suspects, "/k/17", said("sign-out", 64), NOW);
        for number in 0..2000 {
            merge(&mut suspects, &format!("/x/{number}"), said("delete", 12), NOW + number);
        }
        assert!((MAX_REMEMBERED / 10 * 9..=MAX_REMEMBERED).contains(&suspects.all.len()));
        let (out, cleared) = published(&suspects, NOW);
        assert_eq!((out.len(), cleared.len()), (MAX_SUSPECTS, 0));
        assert_eq!(out[0], ("/k/17".to_owned(), "sign-out".to_owned()));
        for _ in 0..1000 {
            let all =
                SuspectStats { plain: [(0..=255).collect(), (0..=255).collect()], ..said("sign-out", 255) };
            merge(&mut suspects, "/k/17", all, NOW);
        }
        // Whatever is sent: three sets of bytes, in figures, and some names.
        assert!(serde_json::to_string(suspects.of("/k/17", NOW).unwrap()).unwrap().len() < 3 * 256 * 4 + 400);
    }

    /// The pages whose records would be written, and those that would be removed.
    fn changed(suspects: &mut Suspects) -> [Vec<String>; 2] {
        let (written, removed): (Vec<_>, Vec<_>) =
            suspects.take_changed().into_iter().partition(|(_, suspect)| suspect.is_some());
        [written, removed].map(|changed| changed.into_iter().map(|(page, _)| page).collect())
    }

    #[test]
    fn only_what_has_changed_is_written() {
        let mut suspects = Suspects::default();
        let nothing: [Vec<String>; 2] = Default::default();
        for page in ["/k/17", "/k/18"] {
            merge(&mut suspects, page, said("sign-out", 10), NOW);
        }
        assert_eq!(changed(&mut suspects), [vec!["/k/17".to_owned(), "/k/18".to_owned()], vec![]]);
        assert_eq!(changed(&mut suspects), nothing, "that was written");
        suspects.merge(&[], day_of(NOW), NOW);
        merge(&mut suspects, "/k/17", said("sign-out", 10), NOW + SEEN_MS - 1);
        merge(&mut suspects, "/k/17", said("", 0), NOW);
        merge(&mut suspects, "/k/19", plain(3, 3), NOW);
        assert_eq!(changed(&mut suspects), nothing, "nothing new was seen");
        for (stats, now) in [
            (said("sign-out", 11), NOW),
            (plain(1, 0), NOW),
            (SuspectStats { has_acted: true, ..SuspectStats::default() }, NOW),
            (said("sign-out", 0), NOW + SEEN_MS),
        ] {
            merge(&mut suspects, "/k/17", stats.clone(), now);
            assert_eq!(changed(&mut suspects), [vec!["/k/17".to_owned()], vec![]], "{stats:?}");
        }
        suspects.merge(&[], day_of(NOW), NOW + LIFE_MS);
        assert_eq!(changed(&mut suspects), [vec![], vec!["/k/18".to_owned()]]);
        for number in 0..=MAX_REMEMBERED {
            merge(&mut suspects, &format!("/x/{number}"), said("delete", 1), NOW + LIFE_MS);
        }
        let [written, removed] = changed(&mut suspects);
        assert_eq!(written, suspects.all.keys().cloned().collect::<Vec<_>>());
        // Which nobody was shown lately, so that it leaves first.
        assert_eq!(
            (written.len() + removed.len(), removed.contains(&"/k/17".to_owned())),
            (MAX_REMEMBERED + 2, true)
        );
    }

    #[test]
    fn what_is_stored_reads_back() {
        let mut suspects = Suspects::default();
        merge(&mut suspects, "/k/17", said("sign-out", 10), NOW);
        merge(&mut suspects, "/k/17", plain(3, 2), NOW);
        let stored = suspects.take_changed().into_iter().filter_map(|(_, suspect)| suspect);
        let stored: Vec<String> = stored.map(|suspect| serde_json::to_string(&suspect).unwrap()).collect();
        let mut read = Suspects::default();
        read.restore(stored.iter().map(|json| serde_json::from_str(json).unwrap()));
        assert_eq!(read, suspects);
        // Earlier versions have stored all as one value.
        let mut read = Suspects::default();
        read.take_over(serde_json::from_str(&format!("[{}]", stored.join(","))).unwrap());
        assert_eq!(read.take_changed().len(), 1);
        assert_eq!(read, suspects);
    }
}
