//! Walks through a log in the order of its lines, as though Headstart had been there: at each view it does what the rules would have
//! had the browser do that were published by then, and only then learns from it.
//!
//! A page that is fetched at once counts as used when the same visitor comes to it from that page within five minutes, for so long a
//! browser keeps it, and as wasted otherwise. A page that is fetched on a sign of the visitor, such as a hover, counts where they
//! came to it: no log tells at what they hovered besides.

use crate::learn::teacher::{Counter, Teacher};
use crate::log::time::DAY_MS;
use crate::log::views::View;
use headstart::next_page_preferences::NextPagePreferences;
use headstart::published::next_page_snapshot::NextPageSnapshot;
use headstart::speculation::Eagerness;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

/// How often something is published, in milliseconds of the log: a quarter of an hour. The Worker does it every few minutes.
const PUBLISH_MS: u64 = 15 * 60 * 1000;

/// How long a browser keeps a page that was fetched ahead, in milliseconds.
const KEPT_MS: u64 = 5 * 60 * 1000;

/// The most pages that are kept at once, of all visitors.
const MAX_KEPT: usize = 300_000;

/// What happened on one day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Day {
    /// Views of pages.
    pub views: u64,
    /// Those that came by a link of the site.
    pub navigations: u64,
    /// Pages that were fetched ahead at once.
    pub fetched: u64,
    /// How many of these were used.
    pub used: u64,
    /// How many were not.
    pub wasted: u64,
    /// Views of pages that had been fetched ahead on a sign of the visitor.
    pub on_a_sign: u64,
}

impl Day {
    fn add(&mut self, other: &Self) {
        self.views += other.views;
        self.navigations += other.navigations;
        self.fetched += other.fetched;
        self.used += other.used;
        self.wasted += other.wasted;
        self.on_a_sign += other.on_a_sign;
    }

    /// The navigations whose page was there already.
    pub fn ready(&self) -> u64 {
        self.used + self.on_a_sign
    }
}

/// A page that a browser keeps.
#[derive(Clone, Debug)]
struct Kept {
    from: Rc<str>,
    at: u64,
    /// Whether it was fetched at once; else on a sign.
    is_at_once: bool,
}

/// A walk with one setting.
pub struct Walk<'a> {
    /// The visitors that a page must have had on a day.
    pub min_visitors: u32,
    teacher: Teacher<'a>,
    snapshot: NextPageSnapshot,
    next_publication: u64,
    kept: FxHashMap<(u64, Rc<str>), Kept>,
    /// When what is kept ends, in the order of time.
    ends: VecDeque<(u64, u64, Rc<str>)>,
    names: FxHashMap<String, Rc<str>>,
    /// What happened, by the day's number since the epoch.
    pub days: BTreeMap<u64, Day>,
    /// The time of the first page that was fetched ahead, or offered for it, in milliseconds since the epoch.
    pub first: Option<u64>,
    /// Which pages were fetched ahead at once how often, and how often that was used.
    pub pages: BTreeMap<String, [u64; 2]>,
}

impl<'a> Walk<'a> {
    /// Begins with nothing learned.
    pub fn new(counter: Counter, preferences: NextPagePreferences<'a>) -> Self {
        Self {
            min_visitors: preferences.min_visitors,
            teacher: Teacher::new(counter, preferences),
            snapshot: NextPageSnapshot::default(),
            next_publication: 0,
            kept: FxHashMap::default(),
            ends: VecDeque::new(),
            names: FxHashMap::default(),
            days: BTreeMap::new(),
            first: None,
            pages: BTreeMap::new(),
        }
    }

    /// Goes past a view.
    pub fn view(&mut self, view: &View<'_>) {
        self.expire(view.at);
        self.publish(view.at);
        let kept = self.kept.get(&(view.who, Rc::clone(&view.path)));
        let came = kept.filter(|kept| view.from.as_ref() == Some(&kept.from)).cloned();
        if let Some(kept) = &came {
            self.kept.remove(&(view.who, Rc::clone(&view.path)));
            let day = self.day(kept.at);
            if kept.is_at_once {
                day.used += 1;
                if let Some([_, used]) = self.pages.get_mut(&*view.path) {
                    *used += 1;
                }
            }
            if !kept.is_at_once {
                self.day(view.at).on_a_sign += 1;
            }
        }
        let day = self.day(view.at);
        day.views += 1;
        day.navigations += u64::from(view.from.is_some());
        self.predict(view);
        let is_ahead = came.is_some_and(|kept| kept.is_at_once);
        self.teacher.view_ahead(view, is_ahead);
    }

    /// Goes past a page that turned a visitor away.
    pub fn guarded(&mut self, view: &View<'_>) {
        self.teacher.guarded(view);
    }

    /// Ends what is still kept.
    pub fn end(&mut self) {
        self.expire(u64::MAX);
    }

    /// All days together.
    pub fn all(&self) -> Day {
        let mut all = Day::default();
        self.days.values().for_each(|day| all.add(day));
        all
    }

    fn day(&mut self, at: u64) -> &mut Day {
        self.days.entry(at / DAY_MS).or_default()
    }

    fn publish(&mut self, now: u64) {
        if now < self.next_publication {
            return;
        }
        if self.next_publication > 0
            && let Some(publication) = self.teacher.publish(now)
            && let Ok(snapshot) = NextPageSnapshot::parse(&publication.value)
        {
            self.snapshot = snapshot;
        }
        self.next_publication = now + PUBLISH_MS;
    }

    /// What the visitor's browser fetches ahead at a view.
    fn predict(&mut self, view: &View<'_>) {
        let Some((_, entry)) = self.snapshot.known(&view.path) else { return };
        let nexts: Vec<(Rc<str>, bool)> = entry
            .nexts
            .iter()
            .filter(|next| *next.path != *view.path)
            .map(|next| {
                let name =
                    self.names.entry(next.path.clone()).or_insert_with(|| Rc::from(next.path.as_str()));
                (Rc::clone(name), next.eagerness == Eagerness::Immediate)
            })
            .collect();
        for (path, is_at_once) in nexts {
            self.first.get_or_insert(view.at);
            let key = (view.who, Rc::clone(&path));
            // A browser that has it asks for it no second time.
            let has_it = self.kept.get(&key).is_some_and(|kept| kept.is_at_once);
            if has_it || self.kept.len() >= MAX_KEPT {
                continue;
            }
            if is_at_once {
                self.day(view.at).fetched += 1;
                let [fetched, _] = self.pages.entry(path.to_string()).or_default();
                *fetched += 1;
                self.teacher.counter.speculated(view, &path);
            }
            let kept = Kept { from: Rc::clone(&view.path), at: view.at, is_at_once };
            self.kept.insert(key, kept);
            self.ends.push_back((view.at.saturating_add(KEPT_MS), view.who, path));
        }
    }

    fn expire(&mut self, now: u64) {
        while self.ends.front().is_some_and(|(end, ..)| *end <= now) {
            let Some((end, who, path)) = self.ends.pop_front() else { return };
            // It may have been fetched anew since.
            let key = (who, path);
            let is_over = self.kept.get(&key).is_some_and(|kept| kept.at.saturating_add(KEPT_MS) <= end);
            if !is_over {
                continue;
            }
            if let Some(kept) = self.kept.remove(&key)
                && kept.is_at_once
            {
                self.day(kept.at).wasted += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use headstart::config::Config;

    const START: u64 = 1_800_014_400_000;

    fn view<'a>(address: &'a str, from: &str, path: &str, at: u64) -> View<'a> {
        let from = (!from.is_empty()).then(|| Rc::from(from));
        View { at, address, who: at / 10_000, path: Rc::from(path), from, has_user: false }
    }

    #[test]
    fn a_view_is_predicted_before_it_is_learned_and_everything_fetched_is_used_or_wasted() {
        let config = Config::read([("MIN_VISITORS", "3")]).0;
        let counter = Counter::new("site.example", b"", Rc::default());
        let mut walk = Walk::new(counter, config.next_page_preferences());
        let addresses: Vec<String> = (0..200).map(|number| format!("192.0.2.{number}")).collect();
        for (number, address) in (0_u64..).zip(&addresses) {
            // Every 20 seconds somebody goes from / to /a.
            let at = START + number * 20_000;
            walk.view(&view(address, "", "/", at));
            walk.view(&view(address, "/", "/a", at + 1000));
        }
        walk.end();
        let all = walk.all();
        assert_eq!((all.views, all.navigations), (400, 200));
        assert_eq!(all.fetched, all.used + all.wasted);
        // In the first quarter of an hour, the time of 45 of them, nothing was known.
        assert!(all.ready() <= 155, "{all:?}");
        assert!(all.used > 100, "{all:?}");
        assert!(walk.first.is_some_and(|first| first >= START + PUBLISH_MS));
        assert_eq!(walk.pages.keys().collect::<Vec<_>>(), ["/a"]);
    }

    #[test]
    fn what_is_not_used_in_time_is_wasted() {
        let config = Config::read([("MIN_VISITORS", "3")]).0;
        let counter = Counter::new("site.example", b"", Rc::default());
        let mut walk = Walk::new(counter, config.next_page_preferences());
        let snapshot =
            r#"{"version":1,"pages":{"/":{"next":[["/a",0.9,3,0,0,[0,0,0]],["/b",0.2,1,0,0,[0,0,0]]]}}}"#;
        walk.snapshot = NextPageSnapshot::parse(snapshot).unwrap();
        walk.next_publication = u64::MAX;
        walk.view(&view("192.0.2.1", "", "/", START));
        walk.view(&view("192.0.2.1", "/", "/b", START + 1));
        // Six minutes later, and from another page.
        walk.view(&View { who: START / 10_000, ..view("192.0.2.1", "/", "/a", START + 360_000) });
        walk.end();
        let all = walk.all();
        assert_eq!((all.fetched, all.used, all.wasted, all.on_a_sign), (1, 0, 1, 1));
    }
}
