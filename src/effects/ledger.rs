//! The record of what must reach the origin once: the visit of a page whose effect was deferred, and what a prerendering page
//! sent.
//!
//! A deferred request is written down before it is sent, and whoever comes with the same one finds it there: a hundred
//! redemptions of one ticket send it once. What happens when something dies between the two is the site's choice:
//! [`Delivery::AtMostOnce`] takes what was begun for done, [`Delivery::AtLeastOnce`] sends it again, after a while and a few
//! times, until the origin has answered it.
//!
//! ```text
//!            open, hold           release, take                     finished
//! (nothing) ──────▶ held ───────────────────────────▶ begun ─────────────────────────▶ done
//!     │              begin                              ▲ │  failed, at least once
//!     └──────────────────────────────────────────────▶  └─┘
//! ```
//!
//! Records leave by themselves when no ticket can ask for them any more, and end after a quarter of an hour at the most. Their sort
//! key is the time at which something is to be done about them next, so that the alarm reads no others. What is only to be removed
//! is so at whole minutes: one alarm for all that end within one, since each costs.

use super::seal::Seal;
use super::ticket::{self, Delivery};
use crate::clock::APART_MS;
use crate::fault::{Blame, Fault};
use crate::hash::fnv1a;
use crate::json;
use crate::limits::MAX_CALLS;
use crate::store::{Kind, Store};
use serde::{Deserialize, Serialize};

mod load;

pub use load::{Load, MAX_RECORDS, NEARLY_FULL};

/// How long a deferred request or a page is kept, in milliseconds: longer than any ticket is good for, and longer than a
/// deferred request is tried.
pub const LIFE_MS: u64 = 15 * 60 * 1000;

/// How long what a ticket stands for is remembered once it is kept or redeemed, in milliseconds. By then it is not good any more, by
/// whatever clock.
pub const REDEEMED_MS: u64 = ticket::LIFE_MS + APART_MS;

/// At multiples of this many milliseconds records are removed.
pub const REMOVAL_MS: u64 = 60_000;

/// How long the origin may take to answer a deferred request, in milliseconds.
pub const TIMEOUT_MS: u64 = 5_000;

/// How long after a deferred request was begun it is taken for lost, in milliseconds: longer than the origin may take.
const LOST_MS: u64 = 4 * TIMEOUT_MS;

/// How long deferred requests are sent one after the other while their page waits for the answer, in milliseconds. The alarm
/// sends the rest, and what is more than [`MAX_CALLS`].
pub const MAX_SENDING_MS: u64 = 20_000;

/// How soon the alarm rings again where what was due could not be done, in milliseconds.
pub const RETRY_MS: i64 = 10_000;

/// How soon the alarm rings at the earliest, in milliseconds: one that rings while a message is
/// still taken in would find nothing to do.
const MIN_ALARM_MS: u64 = 100;

/// How often a deferred request is tried at the most.
const MAX_TRIES: u8 = 5;

/// The most requests that are deferred for one page, and the most bytes of one, sealed and in base64.
const MAX_HELD: usize = 50;
const MAX_REQUEST_BYTES: usize = 256 * 1024;

/// What is written of a page that is rendered, followed by the numbers of [`Opened`]: its requests are counted, since reading all of them would take longer with each. Once it is activated, the time is written until which its
/// requests may still be under way.
const OPEN: &str = "open";

/// How long requests may be under way to us that a page has sent before its activation, in milliseconds. Not longer: a browser that goes
/// back may render the page once more from what it has, and nobody has seen that rendering.
const UNDER_WAY_MS: u64 = 2_000;

/// The most bytes of a request that is deferred for a page which was not opened: the browser has prerendered of its own
/// accord what it had prefetched, or the request is forged.
const MAX_UNASKED_BYTES: usize = 8 * 1024;

/// Where a deferred request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Held,
    Begun,
    Done,
}

/// A deferred request as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct StoredRequest {
    state: State,
    #[serde(rename = "times")]
    delivery: Delivery,
    /// How often it was begun.
    tries: u8,
    /// When it is taken for lost, or tried again; `None` before the activation, and when it is done.
    due: Option<u64>,
    until: u64,
    /// When it was sent that was deferred, by the clock of whoever took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<u64>,
    /// The request, sealed; empty once it is done.
    request: String,
}

impl StoredRequest {
    /// When it may be sent again, if it may.
    fn next(&self) -> Option<u64> {
        let may_be_sent = match self.state {
            State::Held => true,
            State::Begun => self.delivery == Delivery::AtLeastOnce && self.tries < MAX_TRIES,
            State::Done => false,
        };
        self.due.filter(|_| may_be_sent)
    }
}

/// What becomes of a request that a prerendering page sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Hold {
    /// It is deferred until the page is activated.
    Held,
    /// The page is activated by now, so it is to be sent.
    Send,
    /// It is not deferred: there is too much.
    Full,
}

/// Whether a deferred request, or a ticket without one, was the first of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Begun {
    /// It was, and is written down by now.
    First,
    /// It was not.
    Known,
    /// It may have been: there is no room to write it down, and so it was not begun now.
    Full,
}

/// What came of sending a stored request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The origin has taken it: it answered, and with no error of its own.
    Answered,
    /// It has not, or nobody knows.
    Failed,
}

impl Outcome {
    /// What an answer of the origin with this status comes to.
    #[must_use]
    pub fn of_status(status: u16) -> Self {
        if status < 500 { Self::Answered } else { Self::Failed }
    }
}

/// What whoever had a deferred request sent is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sent {
    /// It was sent, with these `Set-Cookie` lines of the origin, of which there are none where the origin did not answer.
    Now(Vec<String>),
    /// It has been before.
    Known,
    /// It was not, since there is no room to write it down.
    Full,
}

/// What is wrong where a ledger has no room.
#[must_use]
pub fn full() -> Fault {
    Fault::new(
        Blame::Configuration,
        "a ledger of the site is full, or a network has had its share of it, so nothing more can be deferred; where that are \
         usual visitors, raise LEDGER_SHARDS",
    )
}

/// The name of the ledger to which a ticket's name or a page's key leads, of `shards`.
#[must_use]
pub fn name_of(site: &str, key: &str, shards: u32) -> String {
    format!("{site}/ledger/{}", fnv1a(key.as_bytes()) % u64::from(shards.max(1)))
}

/// The key by which a page and its visitor are known in the ledger. Two visitors who use the same browser behind one address, and are on the
/// same page within minutes, are taken for one.
#[must_use]
pub fn page_key(seal: &Seal, site: &str, page: &str, browser: &[String]) -> String {
    let parts: Vec<&str> = [site, page].into_iter().chain(browser.iter().map(String::as_str)).collect();
    format!("{:016x}", seal.digest(&parts))
}

/// Keeps a ticket under its name. Answers whether there was room for it.
///
/// # Errors
/// The store's own.
pub fn keep_ticket<S: Store>(
    store: &mut S,
    load: &mut Load,
    name: &str,
    ticket: &str,
    now: u64,
) -> Result<bool, S::Error> {
    // Nobody was promised anything yet: the page goes out when it is kept.
    if !load.add_unasked(now) {
        return Ok(false);
    }
    store.put(Kind::Ticket, name, ticket, removed_at(now + REDEEMED_MS))?;
    Ok(true)
}

/// A ticket that is kept.
///
/// # Errors
/// The store's own.
pub fn kept_ticket<S: Store>(store: &S, name: &str) -> Result<Option<String>, S::Error> {
    store.get(Kind::Ticket, name)
}

/// Notes that a ticket is redeemed which nothing has to be sent for.
///
/// # Errors
/// The store's own.
pub fn redeem<S: Store>(store: &mut S, load: &mut Load, name: &str, now: u64) -> Result<Begun, S::Error> {
    if store.get(Kind::DeferredRequest, name)?.is_some() {
        return Ok(Begun::Known);
    }
    if !load.add(now) {
        return Ok(Begun::Full);
    }
    let stored = StoredRequest {
        state: State::Done,
        delivery: Delivery::AtMostOnce,
        tries: 0,
        due: None,
        until: now + REDEEMED_MS,
        at: None,
        request: String::new(),
    };
    put(store, name, &stored)?;
    Ok(Begun::First)
}

/// Begins a deferred request that has not been begun yet. If it is the first of its name, it is to be sent now. One that a
/// ticket has promised finds room where others find none any more.
///
/// # Errors
/// The store's own.
pub fn begin<S: Store>(
    store: &mut S,
    load: &mut Load,
    name: &str,
    delivery: Delivery,
    request: &str,
    is_promised: bool,
    now: u64,
) -> Result<Begun, S::Error> {
    if store.get(Kind::DeferredRequest, name)?.is_some() {
        return Ok(Begun::Known);
    }
    let has_room = if is_promised { load.add(now) } else { load.add_unasked(now) };
    if !has_room {
        return Ok(Begun::Full);
    }
    let stored = StoredRequest {
        state: State::Begun,
        delivery,
        tries: 1,
        due: Some(now + LOST_MS),
        until: now + LIFE_MS,
        at: None,
        request: kept_request(delivery, request),
    };
    put(store, name, &stored)?;
    Ok(Begun::First)
}

/// Opens a page that is rendered anew: from now on its requests are deferred, and those of an earlier rendering that was never
/// activated are forgotten. By `since` whoever releases it will name this rendering; earlier versions do not say it. Answers whether
/// there was room for it.
///
/// # Errors
/// The store's own.
pub fn open<S: Store>(
    store: &mut S,
    load: &mut Load,
    page: &str,
    since: Option<u64>,
    now: u64,
) -> Result<bool, S::Error> {
    let before = store.below(Kind::DeferredRequest, &format!("{page}/"))?;
    let next = next_number(&before);
    for (name, record) in before {
        // What is to be sent, since that rendering was activated, stays.
        if read(&record).is_none_or(|stored| stored.state == State::Held && stored.due.is_none()) {
            store.remove(Kind::DeferredRequest, &name)?;
            load.leave();
        }
    }
    if store.get(Kind::Rendered, page)?.is_none() && !load.add_unasked(now) {
        return Ok(false);
    }
    let rendering = since.map(|since| Rendering { since, first: next });
    put_open(store, page, Opened { held: 0, next, until: now + LIFE_MS, rendering })?;
    Ok(true)
}

/// What is counted of a page that is open: how many requests are held for it, and the number of the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Opened {
    held: usize,
    next: u32,
    /// Until when the page is known, in milliseconds since the epoch.
    until: u64,
    /// The rendering for which it was opened, where that is known.
    rendering: Option<Rendering>,
}

/// A rendering of a page that was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rendering {
    /// When it was answered, by the clock of whoever did. By that it is named.
    since: u64,
    /// The number of the first request that is deferred for it.
    first: u32,
}

/// What is written of a page, if it is open and was written by a version that counts.
fn opened(record: &str) -> Option<Opened> {
    let mut numbers = record.strip_prefix(OPEN)?.strip_prefix(' ')?.split(' ').map(str::parse::<u64>);
    let mut number = || numbers.next()?.ok();
    let (held, next, until) = (number()?, number()?, number()?);
    let rendering = number().zip(number()).and_then(|(since, first)| {
        let first = u32::try_from(first).ok()?;
        Some(Rendering { since, first })
    });
    Some(Opened { held: usize::try_from(held).ok()?, next: u32::try_from(next).ok()?, until, rendering })
}

fn put_open<S: Store>(store: &mut S, page: &str, opened: Opened) -> Result<(), S::Error> {
    let Opened { held, next, until, rendering } = opened;
    let rendering = rendering.map(|Rendering { since, first }| format!(" {since} {first}"));
    let record = format!("{OPEN} {held} {next} {until}{}", rendering.unwrap_or_default());
    store.put(Kind::Rendered, page, &record, removed_at(until))
}

/// The number of the next of a page's requests, in the order in which they came.
fn next_number(requests: &[(String, String)]) -> u32 {
    let last = requests.last().and_then(|(name, _)| number_of(name));
    last.map_or(0, |last| last.saturating_add(1))
}

/// The number of a request that was deferred for a page, by its name.
fn number_of(name: &str) -> Option<u32> {
    name.rsplit('/').next()?.parse().ok()
}

/// Defers a request of a page until the page is activated. It was sent at `at`, by the clock of whoever took it.
///
/// # Errors
/// The store's own.
pub fn hold<S: Store>(
    store: &mut S,
    load: &mut Load,
    page: &str,
    delivery: Delivery,
    request: &str,
    at: u64,
    now: u64,
) -> Result<Hold, S::Error> {
    let known = store.get(Kind::Rendered, page)?;
    let known = known.as_deref();
    let counted = known.and_then(opened);
    let page_is = if let Some(counted) = counted {
        counted
    } else {
        let is_open = known == Some(OPEN);
        let shown = known.and_then(|until| until.parse::<u64>().ok());
        // However long its body takes, and though the clock of whoever took it be ahead.
        if shown.is_some_and(|until| at.min(now) < until) {
            return Ok(Hold::Send);
        }
        if !is_open && (request.len() > MAX_UNASKED_BYTES || (known.is_none() && !load.add_unasked(now))) {
            return Ok(Hold::Full);
        }
        // Once for each page that was not opened: what is there may be of an earlier rendering.
        let before = store.below(Kind::DeferredRequest, &format!("{page}/"))?;
        let is_held =
            |(_, record): &&(String, String)| read(record).is_some_and(|it| it.state == State::Held);
        let held = before.iter().filter(is_held).count();
        let next = next_number(&before);
        let begun = Opened { held, next, until: now + LIFE_MS, rendering: None };
        put_open(store, page, begun)?;
        begun
    };
    if page_is.held >= MAX_HELD || request.len() > MAX_REQUEST_BYTES || !load.add_unasked(now) {
        return Ok(Hold::Full);
    }
    let stored = StoredRequest {
        state: State::Held,
        delivery,
        tries: 0,
        due: None,
        until: now + LIFE_MS,
        at: Some(at),
        request: request.to_owned(),
    };
    put(store, &format!("{page}/{:06}", page_is.next), &stored)?;
    let (held, next) = (page_is.held.saturating_add(1), page_is.next.saturating_add(1));
    put_open(store, page, Opened { held, next, ..page_is })?;
    Ok(Hold::Held)
}

/// Notes the activation of a page that was answered at `since`, by the clock of whoever did. Answers the names of what was deferred for
/// it, in order; each is still to be taken. What was deferred for an earlier rendering is not among it, unless that was activated, too.
///
/// A rendering that was opened is known by its `since`, and what was deferred for it by its numbers: no clock is asked. Of one that the
/// browser has made of its own accord of what it had fetched, the clocks of those who answer requests tell.
///
/// # Errors
/// The store's own.
pub fn release<S: Store>(
    store: &mut S,
    load: &mut Load,
    page: &str,
    since: u64,
    now: u64,
) -> Result<Vec<String>, S::Error> {
    let known = store.get(Kind::Rendered, page)?;
    if known.is_some() || load.add(now) {
        let until = now + UNDER_WAY_MS;
        store.put(Kind::Rendered, page, &until.to_string(), removed_at(until))?;
    }
    let rendering = known.as_deref().and_then(opened).and_then(|opened| opened.rendering);
    let first = rendering.filter(|rendering| rendering.since == since).map(|rendering| rendering.first);
    let is_its = |name: &str, stored: &StoredRequest| {
        let by_number = first.map(|first| number_of(name).is_some_and(|number| number >= first));
        let at = stored.at.unwrap_or(stored.until.saturating_sub(LIFE_MS));
        // What has been released stays so, should this be asked again.
        stored.due.is_some() || by_number.unwrap_or(at.saturating_add(APART_MS) >= since)
    };
    let mut names = Vec::new();
    for (name, record) in store.below(Kind::DeferredRequest, &format!("{page}/"))? {
        let is_due = |stored: &StoredRequest| stored.state == State::Held && is_its(&name, stored);
        let Some(mut stored) = read(&record).filter(is_due) else { continue };
        // Should this be the last that is done for it, the alarm goes on here.
        stored.due = Some(now + LOST_MS);
        put(store, &name, &stored)?;
        names.push(name);
    }
    Ok(names)
}

/// Begins a request that was deferred to the activation, or that is to be tried again. Answers the request, if it is to be sent now.
///
/// # Errors
/// The store's own.
pub fn take<S: Store>(store: &mut S, name: &str, now: u64) -> Result<Option<String>, S::Error> {
    let Some(mut stored) = store.get(Kind::DeferredRequest, name)?.and_then(|record| read(&record)) else {
        return Ok(None);
    };
    let may_be_sent = match stored.state {
        State::Held => stored.due.is_some(),
        State::Begun | State::Done => stored.next().is_some_and(|due| due <= now),
    };
    if !may_be_sent {
        return Ok(None);
    }
    let request = stored.request.clone();
    stored.state = State::Begun;
    stored.tries = stored.tries.saturating_add(1);
    stored.due = Some(now + LOST_MS);
    stored.request = kept_request(stored.delivery, &request);
    put(store, name, &stored)?;
    Ok(Some(request))
}

/// Notes what came of sending a stored request.
///
/// # Errors
/// The store's own.
pub fn finished<S: Store>(store: &mut S, name: &str, outcome: Outcome, now: u64) -> Result<(), S::Error> {
    let Some(mut stored) = store.get(Kind::DeferredRequest, name)?.and_then(|record| read(&record)) else {
        return Ok(());
    };
    let tries_again =
        outcome == Outcome::Failed && stored.delivery == Delivery::AtLeastOnce && stored.tries < MAX_TRIES;
    if tries_again {
        // Longer each time.
        stored.due = Some(now + LOST_MS * u64::from(stored.tries));
    } else {
        stored.state = State::Done;
        stored.due = None;
        stored.until = stored.until.min(now + REDEEMED_MS);
        stored.request.clear();
    }
    put(store, name, &stored)
}

/// Removes what nobody can ask for any more. Answers the names of the deferred requests that are to be taken now: those that
/// were lost, or failed, and may be sent again.
///
/// # Errors
/// The store's own.
pub fn sweep<S: Store>(store: &mut S, load: &mut Load, now: u64) -> Result<Vec<String>, S::Error> {
    let mut due = Vec::new();
    for kind in [Kind::Ticket, Kind::Rendered, Kind::DeferredRequest] {
        for name in store.due_before(kind, sort_key(now))?.0 {
            if kind == Kind::DeferredRequest {
                let stored = store.get(kind, &name)?.and_then(|record| read(&record));
                if stored.is_some_and(|stored| now < stored.until) {
                    due.push(name);
                    continue;
                }
            }
            store.remove(kind, &name)?;
            load.leave();
        }
    }
    Ok(due)
}

/// In how many milliseconds there is something to do next, if nothing comes in.
fn next<S: Store>(store: &S, now: u64) -> Result<Option<u64>, S::Error> {
    let mut next: Option<f64> = None;
    for kind in [Kind::Ticket, Kind::Rendered, Kind::DeferredRequest] {
        // From the beginning, so that what is overdue counts as well.
        let first = store.due_before(kind, -1.0)?.1;
        next = [next, first].into_iter().flatten().reduce(f64::min);
    }
    Ok(next.map(|next| time(next).saturating_sub(now)))
}

/// In how many milliseconds the alarm is to ring, if there is something to do next when nothing comes in.
///
/// # Errors
/// The store's own.
pub fn next_alarm<S: Store>(store: &S, now: u64) -> Result<Option<i64>, S::Error> {
    let wait = next(store, now)?;
    Ok(wait.map(|wait| i64::try_from(wait.max(MIN_ALARM_MS)).unwrap_or(i64::MAX)))
}

/// Whether another deferred request is begun at `now`, where so many were since `since`. The others are left to the alarm, and are not tried
/// by that: an invocation that has asked as often as it may would only see them fail.
#[must_use]
pub fn sends_more(sent: usize, since: u64, now: u64) -> bool {
    sent < MAX_CALLS && now.saturating_sub(since) <= MAX_SENDING_MS
}

/// What is kept of a request that is being sent: nothing where it is never sent again.
fn kept_request(delivery: Delivery, request: &str) -> String {
    match delivery {
        Delivery::AtMostOnce => String::new(),
        Delivery::AtLeastOnce => request.to_owned(),
    }
}

fn put<S: Store>(store: &mut S, name: &str, stored: &StoredRequest) -> Result<(), S::Error> {
    let due = stored.next().filter(|due| *due < stored.until);
    match serde_json::to_string(stored) {
        Ok(record) => {
            let next = due.map_or_else(|| removed_at(stored.until), sort_key);
            store.put(Kind::DeferredRequest, name, &record, next)
        }
        // Plain data: it always can.
        Err(_) => Ok(()),
    }
}

/// What cannot be read was written by another version, and is taken for ended.
fn read(record: &str) -> Option<StoredRequest> {
    json::read(record).ok()
}

/// The sort key of what is removed once it has ended, `until` when it is kept.
fn removed_at(until: u64) -> f64 {
    sort_key(until.div_ceil(REMOVAL_MS).saturating_mul(REMOVAL_MS))
}

// Milliseconds since the epoch, far below 2^53.
#[allow(clippy::cast_precision_loss)]
fn sort_key(time: u64) -> f64 {
    time as f64
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn time(sort_key: f64) -> u64 {
    sort_key as u64
}

#[cfg(test)]
mod tests;
