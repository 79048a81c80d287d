//! One run: so many requests a second to so many isolates, for a while of virtual time.
//!
//! Views come one after the other, each to any isolate, and each by a visitor who follows a link there or has just come. What an
//! isolate sends, every learner takes in, batch for batch. Where there are more isolates than [`MOST_SIMULATED`], each that is
//! simulated has some twins: they send what it sends, at the same time, of other visitors (their buckets are others). So the learners
//! are called as often as by all of them, and what they are told of is somewhat less various.
//!
//! At a third of the time it is midnight, so that all isolates need another key. At half of the time a page appears of which nobody
//! knows anything. What is said of load is that of the second half; what is said of peaks, of all of the time: all isolates begin at
//! once, as they do after a deployment.

use crate::isolate::{Follows, Isolate, Names, View, pace};
use crate::object::{Done, Object};
use crate::site::{NEW_PAGE, Site, Visit};
use crate::totals::Totals;
use crate::twins::{navigations_of_others, of_others};
use headstart::config::Config;
use headstart::learn::names::NameKey;
use headstart::learn::next::visitor::{DAY_MS, Salt, day_of};
use headstart::learn::sending::{self, Sending};
use headstart::learn::turns::Turn;
use headstart::published::hint_snapshot::{HintSnapshot, learner_name, shard_of};
use headstart::published::next_page_snapshot::{NextPageSnapshot, next_page_learner_name};
use headstart_simulate::draw::Numbers;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// The site, as it is named in keys.
pub const SITE: &str = "https://shop.example";

/// The most isolates that are simulated by themselves.
pub const MOST_SIMULATED: usize = 250;

/// How long an isolate lives unless something else is said, in seconds: an assumption, since the platform says nothing of it.
pub const LIFE_SECONDS: u64 = 3_600;

/// How long a visitor stays on a page, in seconds: with the views of an isolate that says how many visitors it has at a time.
const STAY_SECONDS: f64 = 30.0;

/// The share of visitors who have a session.
const SESSIONS: f64 = 0.1;

/// What an isolate makes of a turn that it does not heed.
const AT_ONCE: Turn = Turn { is_taken: true, wait_ms: 0 };

/// What is simulated.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// What comes.
    pub load: Load,
    /// About so many pages.
    pub paths: usize,
    /// So many isolates.
    pub isolates: usize,
    /// So many seconds.
    pub seconds: u64,
    /// How long an isolate lives, in seconds.
    pub life_seconds: u64,
    /// What chance follows from.
    pub seed: u64,
    /// Whether isolates wait for their turn, and learners refuse what is too much.
    pub heeds_turns: bool,
}

/// What comes each second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Load {
    /// Requests: views, one of the rules file for each, and speculations by learned rules.
    Requests(f64),
    /// Views.
    Views(f64),
}

/// A value in KV.
#[derive(Debug)]
pub struct Published {
    /// Which one it is, in the order in which they were written.
    pub version: u64,
    /// Where it is of hints.
    pub hints: Option<HintSnapshot>,
    /// Where it is of next pages.
    pub next_pages: Option<NextPageSnapshot>,
    /// The value.
    pub value: String,
}

/// When something that has appeared is published, and when half of the isolates have it, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Lag {
    /// Until it is published.
    pub published: Option<f64>,
    /// Until half of the isolates have it.
    pub known: Option<f64>,
}

/// What a run has shown.
#[derive(Debug, Default)]
pub struct Outcome {
    /// How many isolates one that is simulated stands for.
    pub scale: u64,
    /// How many pages the site has.
    pub pages: usize,
    /// What was counted in the second half of the time.
    pub steady: Totals,
    /// What was counted in all of it.
    pub all: Totals,
    /// The most calls in one second: of the next-page learner, of the first hint learner, of the keeper of the day's key.
    pub busiest: [u64; 3],
    /// The same of the keeper, when the day begins.
    pub salt_at_midnight: u64,
    /// The bytes that were published last: hints, next pages.
    pub published: [usize; 2],
    /// What was published last.
    pub values: [String; 2],
    /// The records of the next-page learner and their bytes.
    pub records: (usize, usize),
    /// The longest row of any learner, in bytes.
    pub longest_row: usize,
    /// The memory of the next-page learner, where it can be told.
    pub memory: Option<f64>,
    /// The wait that the next-page learner has given out last, in milliseconds.
    pub wait_ms: u64,
    /// The longest that it took to put together what a request sends; not a matter of the seed.
    pub sending: Duration,
    /// How soon a page that has appeared has hints, and next pages.
    pub lag: [Lag; 2],
}

/// Something that happens at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Sends(usize, u64),
    Rings(usize),
}

/// A visitor who is there.
#[derive(Debug, Default)]
struct Guest {
    visit: Visit,
    at: usize,
    address: String,
    has_session: bool,
    before: Option<String>,
    fetched: Vec<String>,
    on_a_sign: Vec<String>,
}

struct World<'a> {
    plan: &'a Plan,
    config: &'a Config,
    site: Site,
    numbers: Numbers,
    isolates: Vec<Isolate>,
    guests: Vec<Vec<Guest>>,
    /// The hint learners, and the next-page learner as the last.
    objects: Vec<Object>,
    names: Vec<String>,
    kv: BTreeMap<String, Rc<Published>>,
    events: BinaryHeap<Reverse<(u64, Event)>>,
    totals: Totals,
    busy: [Second; 3],
    scale: u64,
    arrived: u64,
    launch_at: u64,
    midnight: u64,
    salt_at_midnight: u64,
    versions: u64,
    /// Of hints and next pages: the version with which the new page is known, and which isolates have it.
    known_with: [Option<u64>; 2],
    knows: [Vec<bool>; 2],
    lag: [Lag; 2],
    sending: Duration,
}

/// The calls of the second that is under way, and the most of any.
#[derive(Clone, Copy, Debug, Default)]
struct Second {
    number: u64,
    calls: u64,
    most: u64,
}

impl Second {
    fn call(&mut self, times: u64, now: u64) -> u64 {
        if self.number != now / 1000 {
            (self.number, self.calls) = (now / 1000, 0);
        }
        self.calls += times;
        self.most = self.most.max(self.calls);
        self.calls
    }
}

/// Runs it.
#[must_use]
pub fn run(plan: &Plan, config: &Config) -> Outcome {
    let simulated = plan.isolates.clamp(1, MOST_SIMULATED);
    let scale = plan.isolates.div_ceil(simulated).max(1);
    let start = DAY_MS * 20_001 - plan.seconds * 1000 / 3;
    let mut world = World::new(plan, config, (simulated, scale as u64), start);
    let (half, end) = (start + plan.seconds * 500, start + plan.seconds * 1000);
    let mut time = to_f64(start);
    let mut at_half = None;
    loop {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // milliseconds since the epoch
        let now = time as u64;
        world.happen_until(now.min(end));
        if now >= half && at_half.is_none() {
            at_half = Some(world.totals_at(half - start));
        }
        if now >= end {
            break;
        }
        // Of the isolates that are not simulated each view has a twin.
        let requests = world.view(now) * scale as u64;
        time += match plan.load {
            Load::Requests(rate) => to_f64(requests) * 1000.0 / rate,
            Load::Views(rate) => to_f64(scale as u64) * 1000.0 / rate,
        };
    }
    world.outcome(&at_half.unwrap_or_default(), plan.seconds * 1000)
}

impl<'a> World<'a> {
    fn new(plan: &'a Plan, config: &'a Config, (simulated, scale): (usize, u64), start: u64) -> Self {
        let shards = config.learning.shards;
        let mut names: Vec<String> = (0..shards).map(|shard| learner_name(SITE, shard)).collect();
        names.push(next_page_learner_name(SITE));
        let objects = (0..shards).map(|_| Object::of_hints()).chain([Object::of_next_pages()]);
        let objects =
            objects.map(|object| if plan.heeds_turns { object } else { object.taking_all() }).collect();
        // Half a view a second for each visitor; at 2.1 requests for each view.
        let views = match plan.load {
            Load::Requests(rate) => rate / 2.1,
            Load::Views(rate) => rate,
        } / to_f64(simulated as u64 * scale);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // thousands at the most
        let at_once = (views * STAY_SECONDS).ceil().clamp(1.0, 5_000.0) as usize;
        let mut numbers = Numbers::new(plan.seed, "capacity");
        // Not all isolates end at the same time.
        let life = usize::try_from(plan.life_seconds * 1000).unwrap_or(usize::MAX);
        let isolates =
            (0..simulated).map(|_| Isolate::new(start.saturating_sub(numbers.below(life) as u64))).collect();
        Self {
            plan,
            config,
            site: Site::new(plan.paths, plan.seed),
            isolates,
            numbers,
            guests: (0..simulated).map(|_| (0..at_once).map(|_| Guest::default()).collect()).collect(),
            objects,
            names,
            kv: BTreeMap::new(),
            events: BinaryHeap::new(),
            totals: Totals::default(),
            busy: [Second::default(); 3],
            scale,
            arrived: 0,
            launch_at: start + plan.seconds * 500,
            midnight: start + plan.seconds * 1000 / 3,
            salt_at_midnight: 0,
            versions: 0,
            known_with: [None; 2],
            knows: [vec![false; simulated], vec![false; simulated]],
            lag: [Lag::default(); 2],
            sending: Duration::ZERO,
        }
    }

    /// The key of a day.
    fn salt(&self, now: u64) -> Salt {
        let day = day_of(now);
        let mut salt = Salt::new(day, 0x5eed_feed_u128 << 64 | u128::from(self.plan.seed ^ u64::from(day)));
        salt.names = NameKey::new(20_000, u128::from(self.plan.seed));
        salt
    }

    /// One view, at `now`. Answers how many requests it has made.
    fn view(&mut self, now: u64) -> u64 {
        let at = self.numbers.below(self.isolates.len());
        let is_launched = now >= self.launch_at;
        let slot = self.guests.get(at).map_or(0, Vec::len);
        let slot = self.numbers.below(slot);
        let Some(mut guest) =
            self.guests.get_mut(at).and_then(|guests| guests.get_mut(slot)).map(std::mem::take)
        else {
            return 1;
        };
        if guest.address.is_empty() || self.site.page(guest.visit, guest.at).is_none() {
            self.arrived += 1;
            let host = self.arrived;
            guest = Guest {
                visit: self.site.arrive(is_launched, &mut self.numbers),
                address: address_of(host),
                has_session: self.numbers.happens(SESSIONS),
                ..Guest::default()
            };
        }
        let Some(path) = self.site.page(guest.visit, guest.at) else { return 1 };
        let Some(isolate) = self.isolates.get_mut(at) else { return 1 };
        if now.saturating_sub(isolate.born) >= self.plan.life_seconds * 1000 {
            *isolate = Isolate::new(now);
        }
        // The page, and its rules file where that is the signal.
        let mut requests = 1 + u64::from(self.config.rules.activation_signal);
        // Of what is fetched on a sign, only what is followed is fetched.
        let from = guest.before.clone();
        let mut was_fetched = guest.fetched.contains(&path);
        if let Some(from) = from.as_deref().filter(|_| !was_fetched && guest.on_a_sign.contains(&path)) {
            isolate.speculated(from, &path, &guest.address, now);
            self.totals.speculations += self.scale;
            was_fetched = true;
        }
        self.totals.used += if was_fetched { self.scale } else { 0 };
        let shard = shard_of(&path, self.config.learning.shards) as usize;
        let kv = &self.kv;
        let names = Names {
            hints: self.names.get(shard).map_or("", String::as_str),
            next_pages: self.names.last().map_or("", String::as_str),
            published: &|name: &str| kv.get(name).cloned(),
        };
        let (site, visit, nth) = (&self.site, guest.visit, guest.at);
        let view = View {
            path: &path,
            from: from.as_deref(),
            was_fetched,
            links: &|| site.links(visit, nth, 40),
            address: &guest.address,
            has_session: guest.has_session,
        };
        let follows = isolate.view(&view, &names, self.config, &mut self.numbers, now);
        let versions = isolate.version(&names);
        for to in &follows.immediate {
            isolate.speculated(&path, to, &guest.address, now);
        }
        // Whoever comes to a page that was fetched ahead asks for its rules file, and not for itself.
        requests += follows.immediate.len() as u64;
        requests -= u64::from(was_fetched && guest.fetched.contains(&path));
        self.totals.speculations += follows.immediate.len() as u64 * self.scale;
        self.totals.views += self.scale;
        self.totals.requests += requests * self.scale;
        self.learn_of(at, versions, now);
        self.follow_up(at, &follows, now);
        guest.fetched = follows.immediate;
        guest.on_a_sign = follows.on_a_sign;
        guest.before = Some(path);
        guest.at += 1;
        if let Some(place) = self.guests.get_mut(at).and_then(|guests| guests.get_mut(slot)) {
            *place = guest;
        }
        requests
    }

    /// Notes which isolates know of the new page.
    fn learn_of(&mut self, at: usize, versions: [u64; 2], now: u64) {
        for (which, version) in versions.into_iter().enumerate() {
            let (Some(Some(least)), Some(knows), Some(lag)) =
                (self.known_with.get(which), self.knows.get_mut(which), self.lag.get_mut(which))
            else {
                continue;
            };
            if version < *least || lag.known.is_some() {
                continue;
            }
            if let Some(knows) = knows.get_mut(at) {
                *knows = true;
            }
            if 2 * knows.iter().filter(|knows| **knows).count() >= knows.len() {
                lag.known = Some(to_f64(now - self.launch_at) / 1000.0);
            }
        }
    }

    fn follow_up(&mut self, at: usize, follows: &Follows, now: u64) {
        self.totals.kv_reads += follows.kv_reads * self.scale;
        if follows.asks_salt {
            self.give_salt(at, now);
        }
        if follows.is_sender {
            let born = self.isolates.get(at).map_or(0, |isolate| isolate.born);
            self.events.push(Reverse((now + pace(self.config).wait_ms, Event::Sends(at, born))));
        }
    }

    fn give_salt(&mut self, at: usize, now: u64) {
        let salt = self.salt(now);
        self.totals.salt_calls += self.scale;
        let [.., of_salt] = &mut self.busy;
        let calls = of_salt.call(self.scale, now);
        if (self.midnight..self.midnight + 60_000).contains(&now) {
            self.salt_at_midnight = self.salt_at_midnight.max(calls);
        }
        if let Some(isolate) = self.isolates.get_mut(at) {
            isolate.outbox.set_salt(salt);
        }
    }

    /// What is due until `now`.
    fn happen_until(&mut self, now: u64) {
        while let Some(Reverse((at, event))) =
            self.events.peek().copied().filter(|Reverse((at, _))| *at <= now)
        {
            self.events.pop();
            match event {
                Event::Sends(isolate, born) => self.send(isolate, born, at),
                Event::Rings(object) => self.ring(object, at),
            }
        }
    }

    /// An isolate sends what it has gathered, and so do its twins.
    fn send(&mut self, at: usize, born: u64, now: u64) {
        let lacks = match self.isolates.get(at) {
            Some(isolate) if isolate.born == born => isolate.lacks_salt(now),
            // It has ended.
            _ => return,
        };
        if lacks {
            self.give_salt(at, now);
        }
        let salt = self.salt(now);
        let Some(isolate) = self.isolates.get_mut(at) else { return };
        let begun = Instant::now();
        let (mut batches, mut navigations) = isolate.take(&salt, self.config, now);
        // What one request does of it; its twins are others'.
        let bodies = batches.iter_mut().map(sending::body).chain(navigations.iter_mut().map(sending::body));
        let bytes: usize = bodies.filter_map(Result::ok).map(|body| body.len()).sum();
        if bytes > 0 {
            self.sending = self.sending.max(begun.elapsed());
        }
        for twin in 0..self.scale {
            // Any number that is another one for each twin.
            let mask = u8::try_from(twin * 37 % 256).unwrap_or_default();
            for batch in &batches {
                self.call(at, batch.shard as usize, &mut of_others(batch, mask), now);
            }
            let last = self.objects.len() - 1;
            for batch in &navigations {
                self.call(at, last, &mut navigations_of_others(batch, mask), now);
            }
        }
    }

    /// An isolate, or a twin of it, calls an object. Of what twins are told the last counts.
    fn call<T: Sending>(&mut self, isolate: usize, object: usize, batch: &mut T, now: u64) {
        let Ok(body) = sending::body(batch) else { return };
        let last = self.objects.len() - 1;
        let [of_next, of_first, _] = &mut self.busy;
        if object == last {
            of_next.call(1, now);
        } else if object == 0 {
            of_first.call(1, now);
        }
        let Some(called) = self.objects.get_mut(object) else { return };
        let alarm_before = called.alarm_at;
        let turn = called.take_in(T::PATH, &body, self.config, now);
        if let Some(at) = called.alarm_at.filter(|_| called.alarm_at != alarm_before) {
            self.events.push(Reverse((at, Event::Rings(object))));
        }
        let turn = turn.map(|turn| if self.plan.heeds_turns { turn } else { AT_ONCE });
        if let Some(isolate) = self.isolates.get_mut(isolate) {
            isolate.outbox.answered(batch, turn, pace(self.config), now);
        }
    }

    /// An object's alarm rings, unless it was set to another time meanwhile.
    fn ring(&mut self, object: usize, now: u64) {
        let last = self.objects.len() - 1;
        let Some(rung) = self.objects.get_mut(object).filter(|rung| rung.alarm_at == Some(now)) else {
            return;
        };
        let publication = rung.ring(self.config, now);
        if let Some(at) = rung.alarm_at {
            self.events.push(Reverse((at, Event::Rings(object))));
        }
        let Some(publication) = publication else { return };
        self.totals.kv_writes += 1;
        self.versions += 1;
        let (is_next, value) = (object == last, publication.value);
        let published = Published {
            version: self.versions,
            hints: HintSnapshot::parse(&value).ok().filter(|_| !is_next),
            next_pages: NextPageSnapshot::parse(&value).ok().filter(|_| is_next),
            value,
        };
        let is_known = now >= self.launch_at
            && if is_next {
                let entry = published.next_pages.as_ref().and_then(|snapshot| snapshot.at(NEW_PAGE));
                entry.is_some_and(|entry| !entry.nexts.is_empty())
            } else {
                published.hints.as_ref().is_some_and(|snapshot| snapshot.key(NEW_PAGE) == Some(NEW_PAGE))
            };
        let which = usize::from(is_next);
        if let (true, Some(known @ None), Some(lag)) =
            (is_known, self.known_with.get_mut(which), self.lag.get_mut(which))
        {
            *known = Some(self.versions);
            lag.published = Some(to_f64(now - self.launch_at) / 1000.0);
        }
        self.kv.insert(publication.key, Rc::new(published));
    }

    fn totals_at(&self, passed_ms: u64) -> Totals {
        let of_hints = || self.objects.iter().rev().skip(1).map(Object::done);
        let sum = |of: fn(&Done) -> u64| of_hints().map(|done| of(&done)).sum();
        Totals {
            passed_ms,
            next_pages: self.objects.last().map(Object::done).unwrap_or_default(),
            hints: self.objects.first().map(Object::done).unwrap_or_default(),
            all_hints: (
                sum(|done| done.batches),
                sum(|done| done.alarms),
                sum(|done| done.written),
                sum(|done| done.read),
            ),
            objects: self.objects.iter().filter(|object| object.done().batches > 0).count() as u64,
            ..self.totals
        }
    }

    fn outcome(mut self, at_half: &Totals, passed_ms: u64) -> Outcome {
        let all = self.totals_at(passed_ms);
        let values = [self.names.first(), self.names.last()].map(|name| {
            let published = name.and_then(|name| self.kv.get(name));
            published.map(|published| published.value.clone()).unwrap_or_default()
        });
        let longest_row =
            self.objects.iter().map(|object| object.records.longest()).max().unwrap_or_default();
        let memory = self.objects.last_mut().and_then(Object::memory);
        let last = self.objects.last();
        Outcome {
            scale: self.scale,
            pages: self.site.pages(),
            steady: all.since(at_half),
            all,
            busiest: self.busy.map(|second| second.most),
            salt_at_midnight: self.salt_at_midnight,
            published: [0, 1].map(|which: usize| values.get(which).map_or(0, String::len)),
            records: last.map(|object| object.records.size()).unwrap_or_default(),
            wait_ms: last.map_or(0, |object| object.wait_ms),
            values,
            longest_row,
            memory,
            lag: self.lag,
            sending: self.sending,
        }
    }
}

/// The address of the visitor of this number.
fn address_of(number: u64) -> String {
    let byte = |at: u32| (number >> (8 * at)) & 255;
    format!("{}.{}.{}.{}", 11 + byte(3), byte(2), byte(1), byte(0))
}

/// A number that is far below 2^53.
#[allow(clippy::cast_precision_loss)]
#[must_use]
pub fn to_f64(number: u64) -> f64 {
    number as f64
}
