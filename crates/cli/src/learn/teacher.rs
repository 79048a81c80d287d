//! Teaches a next-page learner what a log tells, by the code with which an isolate counts and the learner learns.
//!
//! What an isolate is told of by a browser or sees in an answer, a log may not have:
//!
//! - **Who has a session.** No log names cookies. A visitor counts as one without where they have not signed in by HTTP, were never
//!   turned away from the page by 401, 403 or a redirect, and where it turns not several away, and one in ten ([`super::doors`]). A
//!   page that was asked for without a session (`--crawl`, `--sitemap`) is open, whoever was turned away from it.
//! - **What the page says of itself.** One that was read besides (`--crawl`, `--sitemap`, `--pages`) says whether it is for search
//!   engines and where its links lead. Others count as read, and say nothing.
//! - **Speculations.** There were none.

use super::doors::Doors;
use super::keys::Keys;
use crate::log::views::View;
use headstart::ineligible::Ineligible;
use headstart::learn::learner::Publication;
use headstart::learn::next::navigation_batch::{NavigationBatch, Outline, PageStats};
use headstart::learn::next::navigation_buffer::NavigationBuffer;
use headstart::learn::next::next_page_learner::NextPageLearner;
use headstart::learn::next::visitor::{Day, Visitor, day_of};
use headstart::navigation::event::Arrived;
use headstart::next_page_preferences::NextPagePreferences;
use headstart::urls::robots;
use rustc_hash::FxHashSet;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// How many views are gathered before a learner is sent them, as `BATCH_VIEWS` has it by default. Of many more the learner would look at
/// each page in each of the turns in which it counts them.
const VIEWS_OF_A_BATCH: u32 = 200;

/// The most pages that are remembered as read on a day.
const MAX_REMEMBERED: usize = 20_000;

/// What pages say of themselves that were read besides the log, by path.
pub type Outlines = BTreeMap<String, Outline>;

/// Counts what visitors do, as an isolate does, and hands it on in batches.
pub struct Counter {
    site: String,
    keys: Keys,
    buffer: NavigationBuffer,
    day: Day,
    waiting: u32,
    robots: Option<String>,
    outlines: Rc<Outlines>,
    /// The pages that counted as read on this day.
    read: FxHashSet<Rc<str>>,
    /// Which pages turn visitors away.
    doors: Doors,
    /// The pages that were asked for without a session, and given.
    asked: BTreeSet<String>,
    /// The view before, as the buffer knows its visitor.
    latest: Option<(String, Option<Visitor>)>,
}

/// What is to be merged, and when it was.
pub struct Due {
    /// The batches.
    pub batches: Vec<NavigationBatch>,
    /// The time of the latest thing in them, in milliseconds since the epoch.
    pub now: u64,
    /// Whether a day is over with them.
    pub ends_day: bool,
}

impl Counter {
    /// For a site, as keys name it, with what its robots.txt says.
    pub fn new(site: &str, robots: &[u8], outlines: Rc<Outlines>) -> Self {
        Self {
            site: site.to_owned(),
            keys: Keys::default(),
            buffer: NavigationBuffer::default(),
            day: 0,
            waiting: 0,
            robots: Some(robots::for_everybody(robots)),
            outlines,
            read: FxHashSet::default(),
            doors: Doors::default(),
            asked: BTreeSet::new(),
            latest: None,
        }
    }

    /// The same, where these pages were asked for without a session, and given.
    pub fn with_asked(self, asked: BTreeSet<String>) -> Self {
        Self { asked, ..self }
    }

    /// Counts a view. `is_ahead` says that the page had been fetched ahead, from the page that the visitor left. Answers what is
    /// due to be merged before it.
    pub fn view(&mut self, view: &View<'_>, is_ahead: bool) -> Option<Due> {
        if self.is_over(view) {
            return None;
        }
        let due = self.turn(view.at);
        let Some(visitor) = self.visitor(view.address) else { return due };
        let is_proof =
            !view.has_user && self.doors.given(&view.path, view.address) && !self.is_shut(&view.path);
        let (site, path) = (self.site.as_str(), &*view.path);
        let from = view.from.as_deref();
        if !is_ahead || !self.buffer.activated(site, from, path, visitor, view.at) {
            self.buffer.view(site, path, visitor, 1);
            if let Some(from) = from {
                self.buffer.click(site, from, path, visitor, view.at);
            }
        }
        if is_proof {
            self.buffer.given(site, path, visitor);
        }
        if !self.read.contains(&view.path) {
            self.buffer.outline(site, path, self.outlines.get(path).cloned().unwrap_or_default());
            bounded(&mut self.read, &view.path);
        }
        self.waiting += 1;
        due
    }

    /// Counts that a page was fetched ahead, at a view of the page before it, by a learned rule.
    pub fn speculated(&mut self, view: &View<'_>, to: &str) {
        if let Some(visitor) = self.visitor(view.address) {
            let how = Arrived { is_ours: true, ..Arrived::default() };
            self.buffer.speculated(&self.site, &view.path, to, visitor, how, view.at);
        }
    }

    /// Counts that a page turned a visitor away. Answers what is due to be merged before that.
    pub fn guarded(&mut self, view: &View<'_>) -> Option<Due> {
        if self.is_over(view) {
            return None;
        }
        let due = self.turn(view.at);
        let visitor = self.visitor(view.address);
        self.doors.turned_away(&view.path, view.address, visitor);
        self.waiting += 1;
        due
    }

    /// What is left in the end, at `now`; with what is known of pages that nobody had to sign in for when they were asked for.
    pub fn end(&mut self, min_visitors: u32, now: u64) -> Due {
        self.tell_doors();
        self.begin_day(day_of(now).max(self.day));
        if let Some(robots) = self.robots.take() {
            self.buffer.robots(&self.site, robots);
        }
        let mut batches = self.buffer.take(|_| true);
        if !self.outlines.is_empty() {
            let names = self.keys.of(self.day).names;
            let given: Vec<u8> = (0..=u8::MAX).take(min_visitors as usize).collect();
            let stats = |outline: &Outline| PageStats {
                visitors: given.clone(),
                outline: Some(outline.clone()),
                ..PageStats::default()
            };
            let open = self.outlines.iter().filter(|(path, _)| !self.is_shut(path));
            let pages = open.map(|(path, outline)| (path.clone(), stats(outline))).collect();
            let site = self.site.clone();
            batches.push(NavigationBatch { site, day: self.day, names, pages, ..NavigationBatch::default() });
        }
        Due { batches, now, ends_day: true }
    }

    /// What waits.
    pub fn take(&mut self) -> Vec<NavigationBatch> {
        self.waiting = 0;
        self.buffer.take(|_| true)
    }

    /// Whether a view is of a day that is over. Its key is gone with it, and by that of a later day the visitors of many days would
    /// be taken for those of one: a page that one visitor a day looks at would be everybody's.
    fn is_over(&self, view: &View<'_>) -> bool {
        day_of(view.at) < self.day
    }

    fn turn(&mut self, at: u64) -> Option<Due> {
        let day = day_of(at);
        let (is_new_day, before) = (day > self.day, self.day);
        if !is_new_day && self.waiting < VIEWS_OF_A_BATCH {
            return None;
        }
        self.waiting = 0;
        if is_new_day {
            self.tell_doors();
        }
        let batches = self.buffer.take(|_| true);
        if is_new_day {
            self.begin_day(day);
        }
        let now = if is_new_day { (u64::from(before) + 1) * crate::log::time::DAY_MS - 1 } else { at };
        (!batches.is_empty()).then_some(Due { batches, now, ends_day: is_new_day })
    }

    /// Whether a page turns visitors away.
    fn is_shut(&self, path: &str) -> bool {
        !self.asked.contains(path) && self.doors.is_shut(path)
    }

    /// Has it noted who met on this day that a page turns visitors away. Only at its end it is known how many there are beside those
    /// who were given it.
    fn tell_doors(&mut self) {
        for (path, visitors) in self.doors.take_day() {
            if self.asked.contains(&*path) {
                continue;
            }
            for visitor in visitors {
                self.buffer.ineligible(&self.site, &path, &Ineligible::Private, Some(visitor));
            }
        }
    }

    fn begin_day(&mut self, day: Day) {
        if day == self.day {
            return;
        }
        self.day = day;
        self.buffer.set_salt(self.keys.of(day));
        self.latest = None;
        self.read.clear();
        if let Some(robots) = self.robots.take() {
            self.buffer.robots(&self.site, robots);
        }
    }

    fn visitor(&mut self, address: &str) -> Option<Visitor> {
        if let Some((_, visitor)) = self.latest.as_ref().filter(|(known, _)| known == address) {
            return *visitor;
        }
        let visitor = self.buffer.visitor(Some(address));
        self.latest = Some((address.to_owned(), visitor));
        visitor
    }
}

fn bounded(set: &mut FxHashSet<Rc<str>>, path: &Rc<str>) {
    if set.len() >= MAX_REMEMBERED {
        set.clear();
    }
    set.insert(Rc::clone(path));
}

/// A counter with the learner that it teaches.
pub struct Teacher<'a> {
    /// What counts.
    pub counter: Counter,
    /// What learns.
    pub learner: NextPageLearner,
    preferences: NextPagePreferences<'a>,
}

impl<'a> Teacher<'a> {
    /// A learner of whom nothing is known yet.
    pub fn new(counter: Counter, preferences: NextPagePreferences<'a>) -> Self {
        Self { counter, learner: NextPageLearner::default(), preferences }
    }

    /// Learns from a view.
    pub fn view(&mut self, view: &View<'_>) {
        self.view_ahead(view, false);
    }

    /// Learns from a view of a page that had been fetched ahead, or not.
    pub fn view_ahead(&mut self, view: &View<'_>, is_ahead: bool) {
        let due = self.counter.view(view, is_ahead);
        self.merge(due);
    }

    /// Learns that a page turned a visitor away.
    pub fn guarded(&mut self, view: &View<'_>) {
        let due = self.counter.guarded(view);
        self.merge(due);
    }

    fn merge(&mut self, due: Option<Due>) {
        let Some(due) = due else { return };
        for batch in &due.batches {
            self.learner.merge(batch, due.now);
        }
        if due.ends_day {
            // What is forgotten is forgotten day by day, as a learner's alarm does it.
            self.learner.choose(&self.preferences, due.now);
        }
    }

    /// Hands on what waits, and publishes, at `now`; `None` where nothing has changed.
    pub fn publish(&mut self, now: u64) -> Option<Publication> {
        for batch in self.counter.take() {
            self.learner.merge(&batch, now);
        }
        self.learner.choose(&self.preferences, now)
    }

    /// What is published in the end, at `now`.
    pub fn end(&mut self, now: u64) -> Option<Publication> {
        let due = self.counter.end(self.preferences.min_visitors, now);
        for batch in &due.batches {
            self.learner.merge(batch, due.now);
        }
        self.learner.was_not_published();
        self.learner.choose(&self.preferences, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use headstart::config::Config;
    use headstart::published::next_page_snapshot::NextPageSnapshot;

    const NOON: u64 = 1_800_014_400_000;

    fn view<'a>(address: &'a str, from: &str, path: &str, at: u64) -> View<'a> {
        let from = (!from.is_empty()).then(|| Rc::from(from));
        View { at, address, who: 0, path: Rc::from(path), from, has_user: false }
    }

    fn config(min_visitors: &str) -> Config {
        Config::read([("MIN_VISITORS", min_visitors)]).0
    }

    /// Twelve visitors go from `/` to `/a`, and what `more` has.
    fn published(
        outlines: Outlines,
        robots: &str,
        more: impl Fn(&mut Teacher<'_>, &str, u64),
    ) -> NextPageSnapshot {
        let config = config("10");
        let counter = Counter::new("site.example", robots.as_bytes(), Rc::new(outlines));
        let mut teacher = Teacher::new(counter, config.next_page_preferences());
        for number in 0..24 {
            let (address, at) = (format!("192.0.2.{number}"), NOON + number * 60_000);
            teacher.view(&view(&address, "", "/", at));
            teacher.view(&view(&address, "/", "/a", at + 1000));
            more(&mut teacher, &address, at + 2000);
        }
        let publication = teacher.end(NOON + 3_600_000).expect("something is published");
        assert_eq!(publication.key, "site.example/next");
        NextPageSnapshot::parse(&publication.value).unwrap()
    }

    fn nexts(snapshot: &NextPageSnapshot, path: &str) -> Vec<String> {
        let entry = snapshot.known(path).map(|(_, entry)| entry);
        entry.into_iter().flat_map(|entry| &entry.nexts).map(|next| next.path.clone()).collect()
    }

    #[test]
    fn where_visitors_go_is_published_as_the_worker_does_it() {
        let snapshot = published(Outlines::new(), "", |_, _, _| {});
        assert_eq!(nexts(&snapshot, "/"), ["/a"]);
        assert_eq!(nexts(&snapshot, "/a"), Vec::<String>::new());
    }

    #[test]
    fn what_robots_are_kept_from_is_not_named() {
        let snapshot = published(Outlines::new(), "User-agent: *\nDisallow: /a", |_, _, _| {});
        assert_eq!(nexts(&snapshot, "/"), Vec::<String>::new());
    }

    #[test]
    fn a_page_that_turns_visitors_away_is_not_named() {
        let snapshot = published(Outlines::new(), "", |teacher, address, at| {
            teacher.guarded(&view(address, "", "/a", at));
        });
        assert_eq!(nexts(&snapshot, "/"), Vec::<String>::new());
    }

    #[test]
    fn what_few_have_met_says_nothing_of_a_page() {
        let after = |turned_away: &'static [&'static str], asked: &[&str]| {
            let config = config("10");
            let asked = asked.iter().map(|path| (*path).to_owned()).collect();
            let counter = Counter::new("site.example", b"", Rc::default()).with_asked(asked);
            let mut teacher = Teacher::new(counter, config.next_page_preferences());
            for (number, address) in (0..).zip(turned_away) {
                teacher.guarded(&view(address, "", "/a", NOON + number));
            }
            for number in 0..24 {
                let (address, at) = (format!("192.0.2.{number}"), NOON + 1000 + number * 60_000);
                teacher.view(&view(&address, "", "/", at));
                teacher.view(&view(&address, "/", "/a", at + 1000));
            }
            let publication = teacher.end(NOON + 3_600_000).unwrap();
            nexts(&NextPageSnapshot::parse(&publication.value).unwrap(), "/")
        };
        let several = &["198.51.100.1", "198.51.100.2", "198.51.100.3"];
        assert_eq!(after(&["198.51.100.1", "198.51.100.1", "198.51.100.2"], &[]), ["/a"]);
        assert_eq!(after(several, &[]), Vec::<String>::new());
        assert_eq!(after(several, &["/a"]), ["/a"]);
    }

    #[test]
    fn a_page_for_few_is_not_named_unless_it_was_asked_for_by_nobody() {
        let few = |outlines| {
            published(outlines, "", |teacher, address, at| {
                // Four visitors.
                if ["192.0.2.0", "192.0.2.7", "192.0.2.8", "192.0.2.9"].contains(&address) {
                    for time in 0..5 {
                        teacher.view(&view(address, "/a", "/few", at + time));
                    }
                }
            })
        };
        assert_eq!(nexts(&few(Outlines::new()), "/a"), Vec::<String>::new());
        let crawled = ["/a", "/few"].map(|path| (path.to_owned(), Outline::default()));
        assert_eq!(nexts(&few(Outlines::from(crawled)), "/a"), ["/few"]);
    }

    #[test]
    fn visitors_of_many_days_are_never_those_of_one() {
        let before = |number: u64| (number / 2 + 1) * crate::log::time::DAY_MS;
        let snapshot = published(Outlines::new(), "", |teacher, address, at| {
            let number: u64 = address.trim_start_matches("192.0.2.").parse().unwrap();
            teacher.view(&view(address, "/a", "/orders/ada-lovelace", at - before(number)));
        });
        assert_eq!(nexts(&snapshot, "/"), ["/a"]);
        assert_eq!(nexts(&snapshot, "/a"), Vec::<String>::new());
    }

    #[test]
    fn a_page_that_says_noindex_is_not_named() {
        let outline = Outline { noindex: true, ..Outline::default() };
        let snapshot = published(Outlines::from([("/a".to_owned(), outline)]), "", |_, _, _| {});
        assert_eq!(nexts(&snapshot, "/"), Vec::<String>::new());
    }

    #[test]
    fn who_signed_in_by_http_proves_nothing() {
        let config = config("3");
        let counter = Counter::new("site.example", b"", Rc::default());
        let mut teacher = Teacher::new(counter, config.next_page_preferences());
        for number in 0..24 {
            let address = format!("192.0.2.{number}");
            for (from, path) in [("", "/"), ("/", "/a")] {
                let seen = View { has_user: path == "/a", ..view(&address, from, path, NOON + number) };
                teacher.view(&seen);
            }
        }
        let publication = teacher.end(NOON + 1000).unwrap();
        assert_eq!(nexts(&NextPageSnapshot::parse(&publication.value).unwrap(), "/"), Vec::<String>::new());
    }
}
