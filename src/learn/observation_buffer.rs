//! What an isolate has observed, kept until it is worth a call to the learner.
//!
//! This is plain data in a static of the isolate. The isolate may end at any time, and what it holds is then lost, which
//! a learner that counts shares of views can bear. One request at a time is the sender: its `wait_until` waits a few seconds and
//! then takes what is for learners that are due. Should that request be cancelled, the next one takes over when the wait has passed twice.
//!
//! # How often
//!
//! A learner is called once for so many page views ([`Pace::views`]), however they come. So that a new site, or a new
//! page, need not wait for that, each isolate may send a few times ahead of its views for what is new ([`EARLY_SENDS`]). The further
//! ahead it is, the longer the next time waits: four times as long as the one before, so that the few last for an hour where hardly
//! anybody visits, and what is seen meanwhile goes along. Once an hour it sends in any case. A learner that many isolates call tells
//! each when to come again ([`super::given_turns`]): what is for it waits, and is not to take the room of what is for others. So each
//! site has an equal part of what may be held.

use super::equal_parts;
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
use crate::clock::{has_passed, is_due};
use crate::hints::Origin;
use crate::published::hint_snapshot::shard_of;
use crate::sorting::map::{SortedMap, SortedSet};

/// The most things held, of all sites together, and twice as many at the very most: each site has an equal part in any case. More are
/// dropped, newest first: a burst teaches little that its start did not.
pub const MAX_WAITING: usize = 100;

/// The most different clicks held, each with its number.
const MAX_CLICKS: usize = 100;

/// How many times an isolate may have sent what the views that have passed do not pay for yet, for what is new.
pub const EARLY_SENDS: u32 = 5;

/// How many views may be saved up: those of so many calls.
const MAX_CREDIT: u64 = 10;

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
    /// Of which page it is.
    #[must_use]
    pub fn path(&self) -> &str {
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
    /// By site.
    waiting: SortedMap<String, Vec<Observed>>,
    /// How often a link of a page (site, path) was followed to another origin. They go along with the next batch.
    clicks: SortedMap<(String, String, Origin), u32>,
    /// Where navigations to paths (site, path) were led that have redirected to other origins. They go along, too.
    redirects: SortedMap<(String, String), Vec<LedTo>>,
    sender_since: Option<u64>,
    /// When it was sent last, and how many calls that took.
    sent: Option<(u64, u64)>,
    /// The number of views, and the time, from which on the next call is due.
    next: Option<(u64, u64)>,
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
        self.hold(site, observed);
        self.is_turn(is_new, pace, now, views)
    }

    /// Adds what was seen on `site`. Who is to send it is another question: [`is_turn`](Self::is_turn).
    pub fn hold(&mut self, site: &str, observed: Observed) {
        let held = self.waiting.iter().flat_map(|(site, all)| all.iter().map(move |_| site.as_str()));
        if !is_secret(observed.path()) && has_room(held, site, MAX_WAITING) {
            self.waiting.entry(site.to_owned()).or_default().push(observed);
        }
    }

    /// Whether the caller is to be the sender, as [`add`](Self::add) says.
    pub fn is_turn(&mut self, is_new: bool, pace: Pace, now: u64, views: u64) -> bool {
        let has_sender =
            self.sender_since.is_some_and(|since| !has_passed(2 * pace.wait_ms + 1000, since, now));
        let (at_views, at) = *self.next.get_or_insert((pace.views, now.saturating_add(LONG_WAIT_MS)));
        let is_its_time = views >= at_views
            || is_due(at, LONG_WAIT_MS, now)
            || (is_new && self.may_be_early(at_views, pace, now, views));
        if has_sender || !is_its_time {
            return false;
        }
        self.sender_since = Some(now);
        true
    }

    /// Whether what is new may be sent now, before the views that pay for it have passed: at `at_views` they will have.
    fn may_be_early(&self, at_views: u64, pace: Pace, now: u64, views: u64) -> bool {
        let Some((sent_at, calls)) = self.sent else { return true };
        let calls_ahead = at_views.saturating_sub(views).div_ceil(pace.views.max(1)).saturating_sub(1);
        let ahead = u32::try_from(calls_ahead.div_ceil(calls.max(1))).unwrap_or(u32::MAX);
        let wait_ms = pace.wait_ms.saturating_mul(4_u64.saturating_pow(ahead)).min(LONG_WAIT_MS);
        ahead < EARLY_SENDS && has_passed(wait_ms, sent_at, now)
    }

    /// Adds a click on a page of `site` at `path`.
    pub fn add_click(&mut self, site: &str, path: &str, origin: Origin) {
        let key = (site.to_owned(), path.to_owned(), origin);
        let held = || self.clicks.keys().map(|(site, ..)| site.as_str());
        if (self.clicks.contains_key(&key) || has_room(held(), site, MAX_CLICKS)) && !is_secret(path) {
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
        let may_watch = |redirects: &SortedMap<(String, String), _>| {
            has_room(redirects.keys().map(|(site, _)| site.as_str()), site, MAX_REDIRECTS)
        };
        if !self.redirects.contains_key(&key) && !may_watch(&self.redirects) {
            // Those that nothing was seen of since the last batch need not be watched: those of the site itself, and where others have
            // so many that it has less than its part, theirs.
            self.redirects.retain(|(of, _), led| of != site || !led.is_empty());
            if !may_watch(&self.redirects) {
                let (_, own, sites) = counts(self.redirects.keys().map(|(site, _)| site.as_str()), site);
                self.redirects
                    .retain(|_, led| !led.is_empty() || own >= equal_parts::part(sites, MAX_REDIRECTS));
            }
            if !may_watch(&self.redirects) {
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

    /// Forgets which visitors things are of, and leaves these: by another day's key they would be somebody else.
    pub fn forget_visitors(&mut self) {
        for observed in self.waiting.values_mut().flatten() {
            match observed {
                Observed::View(_, visitor) | Observed::Confirmation(_, visitor) => *visitor = None,
            }
        }
        for led in self.redirects.values_mut().flatten() {
            led.has_others |= !led.visitors.is_empty();
            led.visitors.clear();
        }
    }

    /// Drops what waits of other sites than these.
    pub fn retain_sites(&mut self, is_taught: impl Fn(&str) -> bool) {
        self.waiting.retain(|site, _| is_taught(site));
        self.clicks.retain(|(site, ..), _| is_taught(site));
        self.redirects.retain(|(site, _), _| is_taught(site));
    }

    /// For which learners something waits (site, number), of `shards` to a site.
    #[must_use]
    pub fn learners(&self, shards: u32) -> SortedSet<(&str, u32)> {
        let waiting =
            self.waiting.iter().flat_map(|(site, all)| all.iter().map(move |one| (site, one.path())));
        let clicks = self.clicks.keys().map(|(site, path, _)| (site, path.as_str()));
        let led = self.redirects.iter().filter(|(_, led)| !led.is_empty());
        let redirects = led.map(|((site, path), _)| (site, path.as_str()));
        let all = waiting.chain(clicks).chain(redirects);
        all.map(|(site, path)| (site.as_str(), shard_of(path, shards))).collect()
    }

    /// What waits for the learners that are due (by site and number), as one batch for each, each with the stylesheets that its views
    /// use; the names of the site's own stay here. By the day's key it is told which visitors there were. They are to be
    /// [charged](Self::charge).
    pub fn take(
        &mut self,
        shards: u32,
        known_urls: &SiteUrlCache,
        salt: &Salt,
        is_due: impl Fn(&str, u32) -> bool,
    ) -> Vec<Batch> {
        self.sender_since = None;
        let mut batches: SortedMap<(String, u32), Batch> = SortedMap::new();
        let mut visitors: SortedMap<(String, u32), Vec<Option<Visitor>>> = SortedMap::new();
        for (site, observed) in self.take_waiting(|site, path| is_due(site, shard_of(path, shards))) {
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
        let is_late = |(site, path, _): &(String, String, Origin)| !is_due(site, shard_of(path, shards));
        let (later, clicks) =
            std::mem::take(&mut self.clicks).into_iter().partition(|(click, _)| is_late(click));
        self.clicks = later;
        let clicks: SortedMap<_, _> = clicks;
        for ((site, path, origin), times) in clicks {
            let batch = batch_for(&mut batches, site, shard_of(&path, shards));
            batch.clicks.push(Click { path, origin, times });
        }
        for ((site, path), led) in &mut self.redirects {
            let shard = shard_of(path, shards);
            if led.is_empty() || !is_due(site, shard) {
                continue;
            }
            let taken = std::mem::take(led);
            let batch = batch_for(&mut batches, site.clone(), shard);
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
        batches.into_values().collect()
    }

    /// Takes out what waits of the paths (site, path) that are due.
    fn take_waiting(&mut self, is_due: impl Fn(&str, &str) -> bool) -> Vec<(String, Observed)> {
        let mut due = Vec::new();
        self.waiting.retain(|site, waiting| {
            let taken = waiting.extract_if(.., |observed| is_due(site, observed.path()));
            due.extend(taken.map(|observed| (site.clone(), observed)));
            !waiting.is_empty()
        });
        due
    }

    /// Lets another request be the sender later: this one could not send.
    pub fn is_not_sent(&mut self) {
        self.sender_since = None;
    }

    /// Counts the calls of one time that it was sent, which page views have to pay for.
    pub fn charge(&mut self, calls: u64, pace: Pace, now: u64, views: u64) {
        if calls == 0 {
            return;
        }
        self.sent = Some((now, calls));
        // What was not used of the views that passed may be used later, but not heaped up.
        let credit = pace.views.saturating_mul(MAX_CREDIT);
        let from = self.next.map_or(views, |(at_views, _)| at_views.max(views.saturating_sub(credit)));
        let at_views = from.saturating_add(calls.saturating_mul(pace.views));
        self.next = Some((at_views, now.saturating_add(LONG_WAIT_MS)));
    }
}

/// Whether there is room for one more thing of a site, by the sites of those that are held, in their order: each has an equal part in
/// any case.
fn has_room<'a>(held: impl Iterator<Item = &'a str>, site: &str, most: usize) -> bool {
    let (all, own, sites) = counts(held, site);
    equal_parts::has_room(1, all, own, sites, most)
}

/// How many things are held in all, and of a site, and of how many sites, this one included.
fn counts<'a>(held: impl Iterator<Item = &'a str>, site: &str) -> (usize, usize, usize) {
    let (mut all, mut own, mut sites, mut last) = (0, 0, 1, None);
    for held in held {
        all += 1;
        if held == site {
            own += 1;
        } else if last != Some(held) {
            sites += 1;
        }
        last = Some(held);
    }
    (all, own, sites)
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
    sheets: &'a SortedMap<String, SheetObservation>,
) -> impl Iterator<Item = &'a str> {
    let names = view.sheets.iter().map(String::as_str);
    let reached = sheet::reached(names, |name| sheets.get(name), |sheet| &sheet.imports);
    reached.into_keys().filter(|name| third_party_sheet::is_name(name))
}

/// What a view needs of third parties: what its page names, and what its stylesheets do.
fn shown_by<'a>(
    view: &'a Observation,
    sheets: &'a SortedMap<String, SheetObservation>,
) -> impl Iterator<Item = &'a OriginUse> {
    let names = view.sheets.iter().map(String::as_str);
    let of_sheets = sheet::with_imports(names, |name| sheets.get(name), |sheet| &sheet.imports);
    let of_sheets: Vec<&SheetObservation> = of_sheets.into_values().collect();
    view.uses.iter().chain(of_sheets.into_iter().flat_map(|sheet| &sheet.uses))
}

/// The batch for a learner, a new one if there is none.
fn batch_for(batches: &mut SortedMap<(String, u32), Batch>, site: String, shard: u32) -> &mut Batch {
    batches.entry((site.clone(), shard)).or_insert_with(|| Batch { site, shard, ..Batch::default() })
}

#[cfg(test)]
mod tests;
