//! What an isolate has observed, kept until it is worth a call to the learner.
//!
//! This is plain data in a static of the isolate. The isolate may end at any time, and what it holds is then lost, which
//! a learner that counts shares of views can bear. One request at a time is the sender: its `wait_until` waits a few seconds and
//! then takes everything. Should that request be cancelled, the next one takes over when the wait has passed twice.
//!
//! # How often
//!
//! A learner is called once for so many page views ([`Pace::views`]), however they come. So that a new site, or a new
//! page, need not wait for that, each isolate may be a few calls ahead of its views for what is new ([`EARLY_CALLS`]). The further
//! ahead it is, the longer the next one waits: each call doubles that, so that the few last for an hour where hardly anybody visits,
//! and what is seen meanwhile goes along. Once an hour a call is made in any case. A learner that many isolates call tells each when to
//! come again ([`super::turns`]).

use super::hidden_names::hide_sheets;
use super::names::is_secret;
use super::next::visitor::{Salt, Visitor};
use super::observation::{
    Batch, Click, Confirmation, Led, MAX_SHOWN, MAX_SHOWN_SHEETS, Observation, OriginUse, SheetObservation,
    Shown, ShownSheet,
};
use super::sheet;
use super::site_url_cache::SiteUrlCache;
use super::third_party_sheet;
use crate::hints::Origin;
use crate::published::hint_snapshot::shard_of;
use std::collections::BTreeMap;

/// The most things held. More are dropped, newest first: a burst teaches little that its start did not.
pub const MAX_WAITING: usize = 100;

/// The most different clicks held, each with its number.
const MAX_CLICKS: usize = 100;

/// How many calls an isolate may be ahead of the views that pay for them, for what is new.
pub const EARLY_CALLS: u64 = 10;

/// The time after which a call may be made whatever the number of views, in milliseconds: one hour.
const LONG_WAIT_MS: u64 = 3600 * 1000;

/// The most paths that are watched for where they lead, the most targets of one, and the most visitors of a target, between two
/// batches.
const MAX_REDIRECTS: usize = 100;
const MAX_TARGETS: usize = 4;
const MAX_LED: usize = 20;

/// Where a path has led, and whom.
#[derive(Clone, Debug, Default)]
struct LedTo {
    to: Option<Origin>,
    /// Each visitor once, so that none counts for many.
    visitors: Vec<Visitor>,
    /// Whether there was anybody of whom it is not known who it was.
    has_others: bool,
}

/// Something that an isolate has observed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observed {
    /// A view that was read, and by whom, as far as that can be told.
    View(Observation, Option<Visitor>),
    /// What a visitor's browser has reported, and whose.
    Confirmation(Confirmation, Option<Visitor>),
}

impl Observed {
    fn path(&self) -> &str {
        match self {
            Self::View(observation, _) => &observation.path,
            Self::Confirmation(confirmation, _) => &confirmation.path,
        }
    }

    /// Whose it is, as far as that can be told.
    #[must_use]
    pub fn visitor(&self) -> Option<Visitor> {
        match self {
            Self::View(_, visitor) | Self::Confirmation(_, visitor) => *visitor,
        }
    }
}

/// How observations are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// How long they gather, in milliseconds.
    pub wait_ms: u64,
    /// How many page views must pass for each call of a learner.
    pub views: u64,
}

impl Pace {
    /// By `BATCH_SECONDS` and `BATCH_VIEWS`.
    #[must_use]
    pub fn new(batch_seconds: u32, batch_views: u32) -> Self {
        Self { wait_ms: u64::from(batch_seconds) * 1000, views: u64::from(batch_views) }
    }
}

/// Things waiting to be sent.
#[derive(Debug, Default)]
pub struct ObservationBuffer {
    waiting: Vec<(String, Observed)>,
    /// How often a link of a page (site, path) was followed to another origin. They go along with the next batch.
    clicks: BTreeMap<(String, String, Origin), u32>,
    /// Where navigations to paths (site, path) were led that have redirected to other origins. They go along, too.
    redirects: BTreeMap<(String, String), Vec<LedTo>>,
    sender_since: Option<u64>,
    /// When the last call was made.
    called_at: Option<u64>,
    /// The number of views, and the time, from which on the next call is due.
    next: Option<(u64, u64)>,
    /// The time at which a learner has told this isolate to come again.
    turn_at: u64,
}

impl ObservationBuffer {
    /// Adds what was seen on `site`, at `now` milliseconds, when this isolate has served `views` page views. `is_new`
    /// says that nothing was known of the page. Answers whether the caller is to be the sender: wait `pace.wait_ms`,
    /// then [`take`](Self::take).
    pub fn add(
        &mut self,
        site: &str,
        observed: Observed,
        is_new: bool,
        pace: Pace,
        now: u64,
        views: u64,
    ) -> bool {
        if self.waiting.len() < MAX_WAITING && !is_secret(observed.path()) {
            self.waiting.push((site.to_owned(), observed));
        }
        self.is_turn(is_new, pace, now, views)
    }

    /// Whether the caller is to be the sender, as [`add`](Self::add) says.
    pub fn is_turn(&mut self, is_new: bool, pace: Pace, now: u64, views: u64) -> bool {
        let has_sender =
            self.sender_since.is_some_and(|since| now < since.saturating_add(2 * pace.wait_ms + 1000));
        let (at_views, at) = *self.next.get_or_insert((pace.views, now.saturating_add(LONG_WAIT_MS)));
        let is_due = views >= at_views
            || now >= at
            || (is_new && self.may_be_early(calls_ahead(at_views, views, pace), pace, now));
        let is_early = now.saturating_add(pace.wait_ms) < self.turn_at;
        if has_sender || !is_due || is_early {
            return false;
        }
        self.sender_since = Some(now);
        true
    }

    /// Whether what is new may be sent now, `ahead` calls before the views that pay for it.
    fn may_be_early(&self, ahead: u64, pace: Pace, now: u64) -> bool {
        let factor = u32::try_from(ahead).ok().and_then(|ahead| 1_u64.checked_shl(ahead)).unwrap_or(u64::MAX);
        let wait_ms = pace.wait_ms.saturating_mul(factor).min(LONG_WAIT_MS);
        ahead < EARLY_CALLS && self.called_at.is_none_or(|at| now >= at.saturating_add(wait_ms))
    }

    /// Has nothing sent before `turn_at`, in milliseconds since the epoch: a learner has said so. Of several the latest counts.
    pub fn wait_until(&mut self, turn_at: u64) {
        self.turn_at = self.turn_at.max(turn_at);
    }

    /// Adds a click on a page of `site` at `path`.
    pub fn add_click(&mut self, site: &str, path: &str, origin: Origin) {
        let key = (site.to_owned(), path.to_owned(), origin);
        if (self.clicks.len() < MAX_CLICKS || self.clicks.contains_key(&key)) && !is_secret(path) {
            let times = self.clicks.entry(key).or_default();
            *times = times.saturating_add(1);
        }
    }

    /// Whether a path of `site` was seen to lead to another origin.
    #[must_use]
    pub fn watches_redirects(&self, site: &str, path: &str) -> bool {
        !self.redirects.is_empty() && self.redirects.contains_key(&(site.to_owned(), path.to_owned()))
    }

    /// Adds where a navigation to a path of `site` was led: to another origin, or to none, though it is known to lead to one.
    pub fn add_redirect(&mut self, site: &str, path: &str, to: Option<Origin>, visitor: Option<Visitor>) {
        if is_secret(path) {
            return;
        }
        let key = (site.to_owned(), path.to_owned());
        if !self.redirects.contains_key(&key) && self.redirects.len() >= MAX_REDIRECTS {
            // Those that nothing was seen of since the last batch need not be watched.
            self.redirects.retain(|_, led| !led.is_empty());
            if self.redirects.len() >= MAX_REDIRECTS {
                return;
            }
        }
        let targets = self.redirects.entry(key).or_default();
        let known = targets.iter().position(|led| led.to == to);
        let at = known.or_else(|| {
            (targets.len() < MAX_TARGETS).then(|| targets.push(LedTo { to, ..LedTo::default() }))?;
            Some(targets.len() - 1)
        });
        let Some(led) = at.and_then(|at| targets.get_mut(at)) else { return };
        match visitor {
            None => led.has_others = true,
            Some(visitor) if led.visitors.len() < MAX_LED && !led.visitors.contains(&visitor) => {
                led.visitors.push(visitor);
            }
            Some(_) => {}
        }
    }

    /// Drops what waits of other sites than these.
    pub fn retain_sites(&mut self, is_taught: impl Fn(&str) -> bool) {
        self.waiting.retain(|(site, _)| is_taught(site));
        self.clicks.retain(|(site, ..), _| is_taught(site));
        self.redirects.retain(|(site, _), _| is_taught(site));
    }

    /// Everything that waits, as one batch for each learner, each with the stylesheets that its views use; the names of the site's own
    /// stay here. By the day's key it is told which visitors there were.
    pub fn take(
        &mut self,
        shards: u32,
        known_urls: &SiteUrlCache,
        salt: &Salt,
        pace: Pace,
        now: u64,
        views: u64,
    ) -> Vec<Batch> {
        self.sender_since = None;
        let mut batches: BTreeMap<(String, u32), Batch> = BTreeMap::new();
        let mut visitors: BTreeMap<(String, u32), Vec<Option<Visitor>>> = BTreeMap::new();
        for (site, observed) in std::mem::take(&mut self.waiting) {
            let shard = shard_of(observed.path(), shards);
            let batch = batch_for(&mut batches, site.clone(), shard);
            match observed {
                Observed::View(observation, visitor) => {
                    let by = visitor.map(|visitor| salt.bucket(visitor, &observation.path));
                    batch.observations.push(Observation { by, ..observation });
                    visitors.entry((site, shard)).or_default().push(visitor);
                }
                Observed::Confirmation(confirmation, visitor) => {
                    for loaded in &confirmation.origins {
                        note(&mut batch.shown, &loaded.origin, visitor, salt);
                    }
                    let by = visitor.map(|visitor| salt.bucket(visitor, &confirmation.path));
                    batch.confirmations.push(Confirmation { by, ..confirmation });
                }
            }
        }
        for ((site, path, origin), times) in std::mem::take(&mut self.clicks) {
            let batch = batch_for(&mut batches, site, shard_of(&path, shards));
            batch.clicks.push(Click { path, origin, times });
        }
        for ((site, path), led) in &mut self.redirects {
            let taken = std::mem::take(led);
            if taken.is_empty() {
                continue;
            }
            let batch = batch_for(&mut batches, site.clone(), shard_of(path, shards));
            for LedTo { to, visitors, has_others } in taken {
                for (origin, visitor) in to.iter().flat_map(|to| visitors.iter().map(move |by| (to, by))) {
                    note(&mut batch.shown, origin, Some(*visitor), salt);
                }
                let by: Vec<u8> = visitors.iter().map(|visitor| salt.bucket(*visitor, path)).collect();
                let times = u32::try_from(by.len()).unwrap_or(u32::MAX).saturating_add(u32::from(has_others));
                batch.redirects.push(Led { path: path.clone(), to, by, times });
            }
        }
        for (key, batch) in &mut batches {
            (batch.day, batch.names) = (salt.day, salt.names);
            let names = batch.observations.iter().flat_map(|observation| &observation.sheets);
            batch.sheets = known_urls.sheets(&batch.site, names);
            let visitors = visitors.remove(key).unwrap_or_default();
            for (observation, visitor) in batch.observations.iter().zip(visitors) {
                for used in shown_by(observation, &batch.sheets) {
                    note(&mut batch.shown, &used.origin, visitor, salt);
                }
                for sheet in third_partys_sheets(observation, &batch.sheets) {
                    note_sheet(&mut batch.shown_sheets, sheet, visitor, salt);
                }
            }
            hide_sheets(batch);
        }
        self.charge(batches.len() as u64, pace, now, views);
        batches.into_values().collect()
    }

    /// Lets another request be the sender later: this one could not send.
    pub fn is_not_sent(&mut self) {
        self.sender_since = None;
    }

    /// Counts calls, which have to be earned by page views.
    pub fn charge(&mut self, calls: u64, pace: Pace, now: u64, views: u64) {
        if calls > 0 {
            self.called_at = Some(now);
        }
        // What was not used of the views that passed may be used later, but not heaped up.
        let credit = pace.views.saturating_mul(EARLY_CALLS);
        let from = self.next.map_or(views, |(at_views, _)| at_views.max(views.saturating_sub(credit)));
        self.next = Some((
            from.saturating_add(calls.saturating_mul(pace.views)),
            now.saturating_add(calls.saturating_mul(LONG_WAIT_MS)),
        ));
    }
}

/// How many calls were made that are not paid for yet, when `views` page views have passed, and the next call is at `at_views`.
fn calls_ahead(at_views: u64, views: u64, pace: Pace) -> u64 {
    at_views.saturating_sub(views).div_ceil(pace.views.max(1)).saturating_sub(1)
}

/// Notes that an origin was shown to a visitor, if it is known to which.
fn note(shown: &mut Vec<Shown>, origin: &Origin, visitor: Option<Visitor>, salt: &Salt) {
    let Some(visitor) = visitor else { return };
    let bucket = salt.bucket(visitor, origin.as_str());
    if let Some(known) = shown.iter_mut().find(|known| known.origin == *origin) {
        note_bucket(&mut known.by, bucket);
    } else if shown.len() < MAX_SHOWN {
        shown.push(Shown { origin: origin.clone(), by: vec![bucket] });
    }
}

/// The same of a third party's stylesheet.
fn note_sheet(shown: &mut Vec<ShownSheet>, sheet: &str, visitor: Option<Visitor>, salt: &Salt) {
    let Some(visitor) = visitor else { return };
    let bucket = salt.bucket(visitor, sheet);
    if let Some(known) = shown.iter_mut().find(|known| known.sheet == sheet) {
        note_bucket(&mut known.by, bucket);
    } else if shown.len() < MAX_SHOWN_SHEETS {
        shown.push(ShownSheet { sheet: sheet.to_owned(), by: vec![bucket] });
    }
}

fn note_bucket(by: &mut Vec<u8>, bucket: u8) {
    if !by.contains(&bucket) {
        by.push(bucket);
    }
}

/// The third parties' stylesheets of a view: those that its page names, and those that its stylesheets import.
fn third_partys_sheets<'a>(
    view: &'a Observation,
    sheets: &'a BTreeMap<String, SheetObservation>,
) -> impl Iterator<Item = &'a str> {
    let names = view.sheets.iter().map(String::as_str);
    let reached = sheet::reached(names, |name| sheets.get(name), |sheet| &sheet.imports);
    reached.into_keys().filter(|name| third_party_sheet::is_name(name))
}

/// What a view needs of third parties: what its page names, and what its stylesheets do.
fn shown_by<'a>(
    view: &'a Observation,
    sheets: &'a BTreeMap<String, SheetObservation>,
) -> impl Iterator<Item = &'a OriginUse> {
    let names = view.sheets.iter().map(String::as_str);
    let of_sheets = sheet::with_imports(names, |name| sheets.get(name), |sheet| &sheet.imports);
    let of_sheets: Vec<&SheetObservation> = of_sheets.into_values().collect();
    view.uses.iter().chain(of_sheets.into_iter().flat_map(|sheet| &sheet.uses))
}

/// The batch for a learner, a new one if there is none.
fn batch_for(batches: &mut BTreeMap<(String, u32), Batch>, site: String, shard: u32) -> &mut Batch {
    batches.entry((site.clone(), shard)).or_insert_with(|| Batch { site, shard, ..Batch::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hints::Pools;
    use crate::hints::usage::{Demand, Found, Usage};
    use crate::learn::observation::Loaded;

    const PACE: Pace = Pace { wait_ms: 5000, views: 0 };

    #[test]
    fn a_pace_is_read_from_what_is_configured() {
        assert_eq!(Pace::new(5, 0), PACE);
        assert_eq!(Pace::new(u32::MAX, 200), Pace { wait_ms: 4_294_967_295_000, views: 200 });
    }

    fn seen(path: &str) -> Observed {
        Observed::View(Observation { path: path.to_owned(), ..Observation::default() }, None)
    }

    fn take(buffer: &mut ObservationBuffer, shards: u32) -> Vec<Batch> {
        buffer.take(shards, &SiteUrlCache::default(), &Salt::new(7, 7), PACE, 0, 0)
    }

    #[test]
    fn one_request_sends_for_all() {
        let mut buffer = ObservationBuffer::default();
        assert!(buffer.add("a", seen("/1"), true, PACE, 0, 1));
        assert!(!buffer.add("a", seen("/2"), true, PACE, 4000, 2));
        assert!(!buffer.add("b", seen("/1"), true, PACE, 5000, 3));
        let batches = take(&mut buffer, 1);
        let sizes: Vec<_> =
            batches.iter().map(|batch| (batch.site.as_str(), batch.observations.len())).collect();
        assert_eq!(sizes, [("a", 2), ("b", 1)]);
        assert!(take(&mut buffer, 1).is_empty());
        assert!(buffer.add("a", seen("/3"), true, PACE, 6000, 4), "the next burst has its own sender");
    }

    #[test]
    fn a_sender_that_never_came_back_is_replaced() {
        let mut buffer = ObservationBuffer::default();
        assert!(buffer.add("a", seen("/1"), true, PACE, 0, 1));
        assert!(!buffer.add("a", seen("/1"), true, PACE, 10_999, 2));
        assert!(buffer.add("a", seen("/1"), true, PACE, 11_000, 3));
    }

    #[test]
    fn a_burst_is_bounded_and_split_by_learner() {
        let mut buffer = ObservationBuffer::default();
        for n in 0..10 * MAX_WAITING {
            buffer.add("a", seen(&format!("/{n}")), true, PACE, 0, 1);
        }
        let batches = take(&mut buffer, 4);
        assert_eq!(batches.len(), 4);
        assert_eq!(batches.iter().map(|batch| batch.observations.len()).sum::<usize>(), MAX_WAITING);
        for batch in batches {
            for observation in batch.observations {
                assert_eq!(shard_of(&observation.path, 4), batch.shard);
            }
        }
    }

    #[test]
    fn clicks_are_counted_and_keep_nothing_else_out() {
        let mut buffer = ObservationBuffer::default();
        for n in 0..10 * MAX_CLICKS {
            buffer.add_click("a", "/", Origin::parse("https://partner.example").unwrap());
            buffer.add_click("a", &format!("/{n}"), Origin::parse("https://evil.example").unwrap());
        }
        buffer.add("a", seen("/"), true, PACE, 0, 1);
        let batches = take(&mut buffer, 1);
        assert_eq!((batches[0].observations.len(), batches[0].clicks.len()), (1, MAX_CLICKS));
        assert_eq!((batches[0].clicks[0].path.as_str(), batches[0].clicks[0].times), ("/", 1000));
    }

    #[test]
    fn a_batch_carries_the_stylesheets_of_its_views() {
        let mut known_urls = SiteUrlCache::default();
        known_urls.put_sheet("a", "/site.css", SheetObservation::default());
        known_urls.put_sheet("a", "/other.css", SheetObservation::default());
        let mut buffer = ObservationBuffer::default();
        let view = Observation { sheets: vec!["/site.css".to_owned()], ..Observation::default() };
        buffer.add("a", Observed::View(view, None), true, PACE, 0, 1);
        let batches = buffer.take(1, &known_urls, &Salt::new(7, 7), PACE, 0, 1);
        let names = Salt::new(7, 7).names;
        assert_eq!(batches[0].sheets.keys().collect::<Vec<_>>(), [&names.hide("/site.css")]);
        assert_eq!(batches[0].observations[0].sheets, [names.hide("/site.css")]);
        assert!(!serde_json::to_string(&batches[0]).unwrap().contains(".css"));
    }

    #[test]
    fn where_paths_lead_goes_along_and_each_visitor_counts_once() {
        let (salt, mut buffer) = (Salt::new(7, 7), ObservationBuffer::default());
        let visitor = |host: u32| salt.visitor(&format!("192.0.2.{host}"));
        let id = Origin::parse("https://id.a.example");
        for (to, host) in [(&id, 1), (&id, 1), (&id, 2), (&None, 3), (&id, 4)] {
            buffer.add_redirect("a", "/login", to.clone(), visitor(host));
        }
        buffer.add_redirect("a", "/login", id.clone(), None);
        buffer.add_redirect("a", "/login", id.clone(), None);
        buffer.add_redirect("a", "/reset/dGhpcyBpcyBhIHNlY3JldDE", id.clone(), visitor(1));
        assert!(buffer.watches_redirects("a", "/login") && !buffer.watches_redirects("b", "/login"));
        let bucket = |host: u32| salt.bucket(visitor(host).unwrap(), "/login");
        let led = |to: &Option<Origin>, by: Vec<u8>, times| Led {
            path: "/login".to_owned(),
            to: to.clone(),
            by,
            times,
        };
        let batches = take(&mut buffer, 1);
        let expected = [led(&id, vec![bucket(1), bucket(2), bucket(4)], 4), led(&None, vec![bucket(3)], 1)];
        assert_eq!((batches.len(), &batches[0].redirects[..]), (1, &expected[..]));
        assert!(take(&mut buffer, 1).is_empty());
        assert!(buffer.watches_redirects("a", "/login"), "should it lead elsewhere, that is told");
        for number in 0..10 * MAX_REDIRECTS {
            for host in 0..2 * u32::try_from(MAX_LED).unwrap() {
                buffer.add_redirect("a", &format!("/{number}"), id.clone(), visitor(host));
            }
        }
        let batches = take(&mut buffer, 1);
        assert!(batches[0].redirects.len() <= MAX_REDIRECTS && batches[0].redirects[0].by.len() <= MAX_LED);
    }

    #[test]
    fn a_batch_says_to_whom_third_parties_stylesheets_were_shown() {
        let salt = Salt::new(7, 7);
        let visitor = |host: u32| salt.visitor(&format!("192.0.2.{host}")).unwrap();
        let (fonts, icons) = ("https://fonts.example/css2?family=A", "https://icons.example/all.css");
        let mut known_urls = SiteUrlCache::default();
        let own = SheetObservation { imports: vec![fonts.to_owned()], ..SheetObservation::default() };
        known_urls.put_sheet("a", "/site.css", own);
        let mut buffer = ObservationBuffer::default();
        for (host, sheets) in
            [(1, &["/site.css", icons][..]), (2, &[fonts]), (2, &[fonts]), (3, &["/site.css"])]
        {
            let sheets = sheets.iter().map(|sheet| (*sheet).to_owned()).collect();
            let view = Observation { path: "/".to_owned(), sheets, ..Observation::default() };
            buffer.add("a", Observed::View(view, Some(visitor(host))), true, PACE, 0, 1);
        }
        let [batch] = &buffer.take(1, &known_urls, &salt, PACE, 0, 1)[..] else { panic!("one learner's") };
        let shown: Vec<(&str, usize)> =
            batch.shown_sheets.iter().map(|shown| (shown.sheet.as_str(), shown.by.len())).collect();
        assert_eq!(shown, [(fonts, 3), (icons, 1)]);
        assert_eq!(batch.observations[0].sheets, [&salt.names.hide("/site.css"), icons]);
    }

    #[test]
    fn a_batch_says_to_whom_each_origin_was_shown_by_pages_and_their_stylesheets() {
        let salt = Salt::new(7, 7);
        let visitor = |host: u32| salt.visitor(&format!("192.0.2.{host}")).unwrap();
        let used = |name: &str| OriginUse {
            origin: Origin::parse(&format!("https://{name}.example")).unwrap(),
            usage: Usage::of(Pools::CREDENTIALED, Demand::ONE, Found::Body),
        };
        let mut known_urls = SiteUrlCache::default();
        let fonts = SheetObservation { uses: vec![used("fonts")], ..SheetObservation::default() };
        let imports =
            SheetObservation { imports: vec!["/fonts.css".to_owned()], ..SheetObservation::default() };
        known_urls.put_sheet("a", "/fonts.css", fonts);
        known_urls.put_sheet("a", "/site.css", imports);
        let mut buffer = ObservationBuffer::default();
        for (name, host, sheets) in
            [("cdn", Some(1), &["/site.css"][..]), ("cdn", Some(2), &[]), ("cdn", None, &["/site.css"])]
        {
            let view = Observation {
                path: "/".to_owned(),
                uses: vec![used(name)],
                sheets: sheets.iter().map(|sheet| (*sheet).to_owned()).collect(),
                ..Observation::default()
            };
            buffer.add("a", Observed::View(view, host.map(visitor)), true, PACE, 0, 1);
        }
        let loaded =
            Loaded { origin: used("fonts").origin, pools: 2, is_frame: false, start_ms: 0, connect_ms: 0 };
        let confirmation =
            Confirmation { path: "/".to_owned(), origins: vec![loaded], ..Confirmation::default() };
        buffer.add("a", Observed::Confirmation(confirmation, Some(visitor(3))), true, PACE, 0, 1);
        let [batch] = &buffer.take(1, &known_urls, &salt, PACE, 0, 1)[..] else { panic!("one learner's") };
        let shown: Vec<(&str, usize)> =
            batch.shown.iter().map(|shown| (shown.origin.as_str(), shown.by.len())).collect();
        assert_eq!(shown, [("https://fonts.example", 2), ("https://cdn.example", 2)]);
        let by: Vec<_> = batch.observations.iter().map(|view| view.by).collect();
        assert_eq!(by, [Some(salt.bucket(visitor(1), "/")), Some(salt.bucket(visitor(2), "/")), None]);
        assert_eq!((batch.day, batch.names), (7, salt.names));
    }

    /// Serves `views` page views, `per_second` each second, of which every twentieth is read; `new` of 100 are of pages
    /// that nothing is known of. Answers how many calls were made.
    fn calls(views: u64, per_second: u64, new: u64, shards: u32) -> u64 {
        let pace = Pace { wait_ms: 10_000, views: 200 };
        let mut buffer = ObservationBuffer::default();
        let mut due = None;
        let mut calls = 0;
        for view in 1..=views {
            let now = view * 1000 / per_second;
            if due.is_some_and(|due| now >= due) {
                due = None;
                let salt = Salt::new(7, 7);
                calls += buffer.take(shards, &SiteUrlCache::default(), &salt, pace, now, view).len() as u64;
            }
            let is_new = view % 100 < new;
            if (is_new || view % 20 == 0)
                && buffer.add("a", seen(&format!("/{}/x", view % 977)), is_new, pace, now, view)
            {
                due = Some(now + pace.wait_ms);
            }
        }
        calls
    }

    #[test]
    fn nothing_is_sent_before_the_turn_that_a_learner_has_given() {
        let mut buffer = ObservationBuffer::default();
        buffer.wait_until(60_000);
        buffer.wait_until(30_000);
        let mut is_turn = |now, is_new| buffer.is_turn(is_new, PACE, now, u64::MAX);
        assert!(!is_turn(0, true) && !is_turn(60_000 - PACE.wait_ms - 1, true), "not for what is new either");
        assert!(is_turn(60_000 - PACE.wait_ms, false), "it gathers until then");
    }

    #[test]
    fn a_learner_is_called_five_times_in_a_thousand_views_at_the_most() {
        for (per_second, shards) in [(1, 1), (7, 1), (100, 1), (100, 8), (3, 16)] {
            let calls = calls(100_000, per_second, 0, shards);
            // One call for each learner goes out at a time; they are paid for by the views that follow.
            assert!(
                calls < 500 + u64::from(shards),
                "{calls} at {per_second} views a second, {shards} learners"
            );
            // One batch in ten seconds is all that busy isolates need.
            let least = 450.min(100_000 / per_second / 11);
            assert!(
                calls >= least,
                "{calls} at {per_second} views a second, {shards} learners: too few to learn"
            );
        }
        let with_news = calls(100_000, 10, 100, 1);
        assert!(with_news <= 500 + EARLY_CALLS, "{with_news} while each page is new");
    }

    #[test]
    fn a_quiet_isolate_tells_what_is_new_until_its_hour_is_over() {
        // A view in six seconds, each of a new page; what waits ten seconds is sent. Two learners are called each time.
        let pace = Pace { wait_ms: 10_000, views: 200 };
        let (mut buffer, mut sent) = (ObservationBuffer::default(), Vec::new());
        for view in 1..=600 {
            let now = view * 6_000;
            if sent.last().is_some_and(|(at, is_out)| !is_out && now >= at + pace.wait_ms) {
                buffer.take(1, &SiteUrlCache::default(), &Salt::new(7, 7), pace, now, view);
                buffer.charge(1, pace, now, view);
                sent.pop();
                sent.push((now, true));
            }
            if buffer.add("a", seen("/x"), true, pace, now, view) {
                sent.push((now, false));
            }
        }
        let minutes: Vec<u64> = sent.iter().map(|(at, _)| at / 60_000).collect();
        assert_eq!(
            minutes,
            [0, 1, 4, 15, 36, 60],
            "what two calls cost makes the next wait four times as long"
        );
    }
}
