//! One isolate: what it keeps between requests, and what a view of a page makes of that, as `src/edge/` has it: the copies of what
//! was published, what is read, what is counted, and when it is sent.

use crate::run::{Published, SITE};
use headstart::config::Config;
use headstart::hints::usage::{Demand, Found, Usage};
use headstart::hints::{Origin, Pools};
use headstart::learn::next::navigation_batch::{Link, MAX_LINKS, NavigationBatch, Outline, Place};
use headstart::learn::next::visitor::{Salt, Visitor, day_of};
use headstart::learn::observation::{Batch, Observation, OriginUse};
use headstart::learn::observation_buffer::{Observed, Pace};
use headstart::learn::outbox::{Moment, Outbox};
use headstart::learn::site_url_cache::SiteUrlCache;
use headstart::learn::token_bucket::Samples;
use headstart::navigation::event::Arrived;
use headstart::published::hint_snapshot::Basis;
use headstart::published::snapshot_cache::SnapshotCache;
use headstart_simulate::draw::Numbers;
use std::rc::Rc;

/// A learned speculation, whose use a signal tells.
const OURS: Arrived = Arrived { is_ours: true, is_strained: false, is_silent: false, guess: None };

/// The third parties that all pages of the site use, and some of those that some use.
const OF_ALL: [&str; 3] = ["https://cdn.example", "https://fonts.example", "https://tags.example"];
const OF_SOME: usize = 20;

/// See the module's description.
#[derive(Debug, Default)]
pub struct Isolate {
    /// What waits to be sent.
    pub outbox: Outbox,
    site_urls: SiteUrlCache,
    samples: Samples,
    hints: SnapshotCache<Rc<Published>>,
    next_pages: SnapshotCache<Rc<Published>>,
    switches: SnapshotCache<()>,
    /// How many views it has served.
    pub views: u64,
    /// When it began.
    pub born: u64,
}

/// A view of a page.
pub struct View<'a> {
    /// The page.
    pub path: &'a str,
    /// The page from which a link was followed, if one was.
    pub from: Option<&'a str>,
    /// Whether the page had been fetched ahead by a learned rule.
    pub was_fetched: bool,
    /// Where its links lead.
    pub links: &'a dyn Fn() -> Vec<String>,
    /// The visitor's address.
    pub address: &'a str,
    /// Whether they have a session.
    pub has_session: bool,
}

/// What follows from a view.
#[derive(Debug, Default)]
pub struct Follows {
    /// Reads of KV.
    pub kv_reads: u64,
    /// Whether the isolate asks for the day's key.
    pub asks_salt: bool,
    /// Whether this request is to send, when it has waited.
    pub is_sender: bool,
    /// The pages that a rule has the browser fetch at once, and those that it has it fetch on a sign of the visitor.
    pub immediate: Vec<String>,
    /// See [`immediate`](Self::immediate).
    pub on_a_sign: Vec<String>,
}

/// Where an isolate finds what is published, and under which names.
pub struct Names<'a> {
    /// Of the hints of the learner to which the page leads.
    pub hints: &'a str,
    /// Of the next pages.
    pub next_pages: &'a str,
    /// What is published under a name.
    pub published: &'a dyn Fn(&str) -> Option<Rc<Published>>,
}

impl Isolate {
    /// One that begins at `born`.
    #[must_use]
    pub fn new(born: u64) -> Self {
        Self { born, ..Self::default() }
    }

    /// Serves a view at `now`.
    pub fn view(
        &mut self,
        view: &View<'_>,
        names: &Names<'_>,
        config: &Config,
        numbers: &mut Numbers,
        now: u64,
    ) -> Follows {
        let mut follows = Follows { kv_reads: self.refresh(names, config, now), ..Follows::default() };
        self.views += 1;
        let visitor = self.count(view, config.rules.activation_signal, now);
        if self.outbox.navigations.wants_salt(now) {
            follows.asks_salt = true;
        }
        let pace = pace(config);
        let is_new = visitor.is_some() && self.outbox.navigations.has_transitions(SITE);
        follows.is_sender = self.outbox.is_turn(SITE, is_new, pace, self.moment(now));
        if let Some((observed, is_new)) = self.read(view, names, visitor, config, numbers, now) {
            let (at, shards) = (self.moment(now), config.learning.shards);
            follows.is_sender |= self.outbox.observe(SITE, observed, is_new, shards, pace, at);
        }
        let known = self.next_pages.get(names.next_pages);
        let entry = known.and_then(|published| published.next_pages.as_ref()?.known(view.path));
        for next in entry.iter().flat_map(|(_, entry)| &entry.nexts) {
            let which =
                if next.eagerness.level() == 3 { &mut follows.immediate } else { &mut follows.on_a_sign };
            which.push(next.path.clone());
        }
        follows
    }

    /// Counts a speculation that has arrived, by a learned rule.
    pub fn speculated(&mut self, from: &str, to: &str, address: &str, now: u64) {
        if let Some(visitor) = self.outbox.navigations.visitor(Some(address)) {
            self.outbox.navigations.speculated(SITE, from, to, visitor, OURS, now);
        }
    }

    /// Which version of what is published under a name it has.
    #[must_use]
    pub fn version(&self, names: &Names<'_>) -> [u64; 2] {
        let of = |cache: &SnapshotCache<Rc<Published>>, name| {
            cache.get(name).map_or(0, |published| published.version)
        };
        [of(&self.hints, names.hints), of(&self.next_pages, names.next_pages)]
    }

    /// What waits for learners that are due, as it is sent. They answer at once.
    pub fn take(&mut self, salt: &Salt, config: &Config, now: u64) -> (Vec<Batch>, Vec<NavigationBatch>) {
        if self.outbox.navigations.wants_robots(SITE, now) {
            self.outbox.navigations.robots(SITE, String::new());
        }
        let (at, shards) = (self.moment(now), config.learning.shards);
        self.outbox.take(shards, &self.site_urls, salt, pace(config), at, now)
    }

    fn moment(&self, now: u64) -> Moment {
        Moment { now, views: self.views }
    }

    /// Whether the key of the day is not there.
    #[must_use]
    pub fn lacks_salt(&self, now: u64) -> bool {
        self.outbox.navigations.salt(day_of(now)).is_none()
    }

    /// Sees to it that the copies are there and fresh. Answers how often KV was read; its answer is there at once.
    fn refresh(&mut self, names: &Names<'_>, config: &Config, now: u64) -> u64 {
        let refresh_seconds = config.learning.refresh_seconds;
        let mut reads = 0;
        for (cache, name) in [(&mut self.hints, names.hints), (&mut self.next_pages, names.next_pages)] {
            if cache.start_fetch(name, now, refresh_seconds) {
                let published = (names.published)(name);
                cache.finish_fetch(name, Ok(published.map(|published| (published, 0))), now);
                reads += 1;
            }
        }
        // Once a minute, whatever is configured: src/edge/switches.js.
        if self.switches.start_fetch("switches", now, 60) {
            self.switches.finish_fetch("switches", Ok(Some(((), 0))), now);
            reads += 1;
        }
        reads
    }

    /// Counts the view, and how its visitor has come.
    fn count(&mut self, view: &View<'_>, has_signal: bool, now: u64) -> Option<Visitor> {
        let visitor = self.outbox.navigations.visitor(Some(view.address))?;
        let navigations = &mut self.outbox.navigations;
        if view.was_fetched && !has_signal {
            // Nobody hears of it.
            return Some(visitor);
        }
        if !view.was_fetched || !navigations.activated(SITE, view.from, view.path, visitor, now) {
            navigations.view(SITE, view.path, visitor, 1);
            if let Some(from) = view.from {
                navigations.click(SITE, from, view.path, visitor, now);
            }
        }
        if !view.has_session {
            navigations.given(SITE, view.path, visitor);
        }
        Some(visitor)
    }

    /// Reads the page, if it is one that is read: what it tells, and whether that is new.
    fn read(
        &mut self,
        view: &View<'_>,
        names: &Names<'_>,
        visitor: Option<Visitor>,
        config: &Config,
        numbers: &mut Numbers,
        now: u64,
    ) -> Option<(Observed, bool)> {
        let basis = self
            .hints
            .get(names.hints)
            .and_then(|published| Some(published.hints.as_ref()?.known(view.path)?.basis));
        let is_known = matches!(basis, Some(Basis::Page | Basis::Route));
        let sample = config.learning.sample;
        if !self.samples.reads(is_known, sample, numbers.chance(), now) {
            return None;
        }
        let mut links = (view.links)();
        links.truncate(MAX_LINKS);
        let place = |at: usize| if at < 8 { Place::Top } else { Place::Main };
        let links = links.into_iter().enumerate().map(|(at, path)| Link { path, place: place(at) }).collect();
        self.outbox.navigations.outline(SITE, view.path, Outline { links, ..Outline::default() });
        // Of a known page so many have passed by, in the mean.
        let served = if is_known { (1.0 / sample.max(0.01)).round() } else { 1.0 };
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 1 to 100
        let observation = Observation {
            path: view.path.to_owned(),
            served: served as u32,
            uses: uses(view.path),
            ..Observation::default()
        };
        Some((Observed::View(observation, visitor), !is_known))
    }
}

/// How batches are sent.
#[must_use]
pub fn pace(config: &Config) -> Pace {
    Pace::new(config.learning.batch_seconds, config.learning.batch_views)
}

/// What a page uses of third parties: what all pages do, and one more that follows from its path.
fn uses(path: &str) -> Vec<OriginUse> {
    let usage = Usage::of(
        Pools { credentialed: true, anonymous: false },
        Demand { requests: 3, urgent: 1 },
        Found::Head,
    );
    let number = path.bytes().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte)))
        % OF_SOME;
    let its = format!("https://party-{number}.example");
    let all = OF_ALL.iter().copied().chain([its.as_str()]);
    all.filter_map(|origin| Some(OriginUse { origin: Origin::parse(origin)?, usage })).collect()
}
