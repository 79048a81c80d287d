//! What an isolate counts of navigations until it is worth a call: [`NavigationBuffer::apply`] takes events in, and
//! [`NavigationBuffer::take`] gives what is sent.
//!
//! Plain data, bounded, and gone with the isolate. Addresses are hashed when they come and forgotten; without the day's
//! key nothing is counted at all.
//!
//! # Nobody alone
//!
//! One visitor counts a few times a day on one transition, and for so many transitions in all ([`MAX_TIMES`], [`MAX_TRANSITIONS_OF_ONE`]),
//! however many requests they send. And a transition is published only when several have taken it: see [`super::next_page_learner`].
//! So few times, too, one has a say about the baseline's eagerness ([`NavigationBuffer::may_tell`]).

mod waiting;

use super::navigation_batch::{
    Concern, FormCount, MAX_BODIES, MAX_BUCKETS, MAX_FORMS, NavigationBatch, OriginStats, Outline, PageStats,
    Shared, Transition, slot_of,
};
use super::visitor::{DAY_MS, Salt, Visitor, day_of};
use crate::clock::{has_passed, is_due};
use crate::hash::{fnv1a, hash16};
use crate::ineligible::Ineligible;
use crate::learn::names::is_secret;
use crate::limits::TOLD_BY_ONE;
use crate::navigation::event::{Arrived, NavigationEvent, NavigationEvents, OriginAsked};
use crate::speculation::{Guess, Pointer};
use crate::urls::spelling;
use std::collections::HashMap;
use waiting::WaitingSites;
pub use waiting::{MAX_SUSPECTS, MAX_WAITING};

/// How often one visitor counts on one transition, in a day.
pub const MAX_TIMES: u8 = 5;

/// On how many transitions one visitor counts, in a day.
pub const MAX_TRANSITIONS_OF_ONE: u16 = 200;

/// How many views of pages count of one visitor, in a day.
const MAX_VIEWS_OF_ONE: u16 = 400;

/// The most forms of one visitor that count in a day.
const MAX_FORMS_OF_ONE: u16 = 20;

/// How often one visitor has a say, in a day, in whether the site as a whole has changed.
const MAX_VOTES: u16 = 1;

/// The most visitors, and transitions of visitors, that are remembered; then all are forgotten.
const MAX_KNOWN: usize = 20_000;

/// The most speculations that are open at once.
const MAX_OPEN: usize = 2000;

/// How long a browser keeps a prefetched page, in milliseconds (Prefetch, "prefetch record").
const OPEN_MS: u64 = 5 * 60 * 1000;

/// How long after a form was sent, or a link redirected, its result is taken for that, in milliseconds.
const RESULT_MS: u64 = 10_000;

/// The most such results that are awaited.
const MAX_RESULTS: usize = 500;

/// To how many pages it is remembered that another led back.
pub const MAX_LED_BACK: usize = 4;

/// How long to wait for the day's key before asking again, in milliseconds.
const SALT_RETRY_MS: u64 = 10_000;

/// Within how long after a new day has begun isolates ask for its key, in milliseconds. One object keeps it, and can answer some
/// thousand requests a second: a thousand busy isolates would all ask at midnight.
const SALT_SPREAD_MS: u64 = 20_000;

/// How often a site is asked for its robots.txt, in milliseconds: once a day, and every ten minutes until it was read.
const ROBOTS_MS: u64 = 24 * 3600 * 1000;
const ROBOTS_RETRY_MS: u64 = 10 * 60 * 1000;

/// The most sites of which something waits, and of which it is remembered when they were asked.
const MAX_SITES: usize = 500;

/// How often a visitor has counted on a transition in a day.
#[derive(Clone, Copy, Debug, Default)]
struct Times {
    /// Views of the page to which the way leads, whatever it leads from.
    viewed: u8,
    taken: u8,
    /// Speculations, and those that were used. Both have the same bound, so that of a visitor who comes often no use is missing
    /// that would leave a speculation as wasted.
    speculated: u8,
    used: u8,
}

/// How much of a visitor's has counted in a day.
#[derive(Clone, Copy, Debug, Default)]
struct Spent {
    transitions: u16,
    views: u16,
    votes: u16,
    /// What they have told of the baseline's eagerness, about the moderate rule at last, and of how many speculations it was told
    /// that they were used.
    told: [u16; 2],
    used: [u16; 2],
    /// The forms that they have sent.
    forms: u16,
}

/// By what a visitor is led to a page.
#[derive(Clone, Debug, PartialEq, Eq)]
enum LedBy {
    /// A form that they have sent.
    Form,
    /// Another page, which redirects there.
    Redirect,
    /// A link to the same page that has this path: their coming there is a click on it.
    Link(String),
}

/// A link by which a page was asked for ahead.
#[derive(Clone, Debug, PartialEq, Eq)]
struct LinkAhead {
    /// The path of the page with the link.
    from: String,
    /// The path that the link has.
    path: String,
}

/// See the module's description.
#[derive(Debug, Default)]
pub struct NavigationBuffer {
    salt: Option<Salt>,
    /// What waits to be sent.
    waiting: WaitingSites,
    /// How often each visitor has counted on each transition, and on how many.
    times: HashMap<(Visitor, u64), Times>,
    spent: HashMap<Visitor, Spent>,
    /// For each visitor and page (site and path), from which page it was speculated on, and when.
    open: HashMap<(Visitor, String, String), (String, u64)>,
    /// The pages (site and path) that visitors are about to be led to by something else than a link: until when, and by what.
    results: HashMap<(Visitor, String, String), (u64, LedBy)>,
    /// The pages (site and path) that visitors were given ahead by a link that a redirect only respells: until when they may be shown, and
    /// that link.
    ahead: HashMap<(Visitor, String, String), (u64, LinkAhead)>,
    /// When the day's key was last asked for, and when each site's robots.txt was, and how long that holds.
    salt_asked: Option<u64>,
    robots_asked: HashMap<String, (u64, u64)>,
}

impl NavigationBuffer {
    /// Takes the day's key. What is known of visitors by another key is forgotten.
    pub fn set_salt(&mut self, salt: Salt) {
        if self.salt != Some(salt) {
            self.salt = Some(salt);
            self.times.clear();
            self.spent.clear();
            self.open.clear();
            self.results.clear();
            self.ahead.clear();
            // What waits would be taken for the new day's, and whoever comes again would be two.
            self.waiting.forget_visitors();
        }
    }

    /// Counts what happened at `now`. Without the day's key, or the visitor's address, only that counts for which nobody is
    /// told apart. Answers whether something waits that the learner does not know yet, as far as the visitor is known.
    pub fn apply(&mut self, happened: &NavigationEvents, now: u64) -> bool {
        let site = &happened.site;
        let visitor = self.visitor(happened.address.as_deref());
        for event in &happened.events {
            match (event, visitor) {
                // What somebody gets who has signed in is the form's doing: their cart joins that of their account.
                (NavigationEvent::Ineligible { path, why }, Some(visitor))
                    if matches!(why, Ineligible::CartChanged | Ineligible::SessionRotated)
                        && self.is_of_form(site, path, visitor, now) => {}
                (NavigationEvent::Ineligible { path, why }, _) => self.ineligible(site, path, why, visitor),
                (event, Some(visitor)) => self.apply_of(visitor, site, event, now),
                (_, None) => {}
            }
        }
        visitor.is_some() && self.has_transitions(site)
    }

    /// Counts what a visitor did.
    fn apply_of(&mut self, visitor: Visitor, site: &str, event: &NavigationEvent, now: u64) {
        match event {
            NavigationEvent::View { path } => self.view(site, path, visitor, 1),
            NavigationEvent::ReplayedViews { path, number } => self.view(site, path, visitor, *number),
            NavigationEvent::Click { from, to } => self.click(site, from, to, visitor, now),
            NavigationEvent::SpeculationArrived { from, to, how } => {
                self.speculated(site, from, to, visitor, *how, now);
            }
            NavigationEvent::Activation { from, page } => {
                self.activated(site, from.as_deref(), page, visitor, now);
            }
            NavigationEvent::Followed { from, page, guess } => {
                self.followed(site, from, page, *guess, visitor, now);
            }
            NavigationEvent::PressedInSession { pointer, is_used } => {
                self.pressed_in_session(site, *pointer, *is_used, visitor);
            }
            NavigationEvent::OriginAsked(asked) => self.origin_asked(site, *asked, visitor),
            NavigationEvent::FormSent { kind, is_after_guess, is_refused } => {
                self.form_sent(site, *kind, (*is_after_guess, *is_refused), visitor);
            }
            NavigationEvent::ResultExpected { path, through } => {
                self.expect_result(site, path, through.as_deref(), visitor, now);
            }
            NavigationEvent::Respelled { path, through, ahead_from: None } => {
                self.respelled(site, path, through, visitor, now);
            }
            NavigationEvent::Respelled { path, through, ahead_from: Some(from) } => {
                self.respelled_ahead(site, path, (from, through), visitor, now);
            }
            NavigationEvent::GivenWithoutSession { path } => self.given(site, path, visitor),
            NavigationEvent::GivenUndeferrable { path } => {
                self.add_visitor(site, path, visitor, |page| &mut page.undeferrable);
            }
            NavigationEvent::Rendered { path } => {
                self.add_visitor(site, path, visitor, |page| &mut page.rendered);
            }
            NavigationEvent::LedBack { path, back_to } => self.led_back(site, path, back_to),
            NavigationEvent::Harmless { path, is_sought } => {
                self.harmless(site, path, visitor, *is_sought);
            }
            // Counted for everybody, or no matter of navigations.
            NavigationEvent::Ineligible { .. } | NavigationEvent::SessionRotated => {}
        }
    }

    /// Whether the key of today's day is to be asked for at `now`: it is not there, and was not asked for lately.
    pub fn wants_salt(&mut self, now: u64) -> bool {
        let is_recent = self.salt_asked.is_some_and(|asked| !has_passed(SALT_RETRY_MS, asked, now));
        // Until its turn an isolate goes by the key of the day before. When it asked last tells it from others.
        let turn_ms = self
            .salt
            .zip(self.salt_asked)
            .map_or(0, |(_, asked)| fnv1a(&asked.to_be_bytes()) % SALT_SPREAD_MS);
        let is_early = now % DAY_MS < turn_ms;
        let is_wanted = self.salt(day_of(now)).is_none() && !is_recent && !is_early;
        if is_wanted {
            self.salt_asked = Some(now);
        }
        is_wanted
    }

    /// Whether a site's robots.txt is to be asked for at `now`: it was not read for a day, and not asked for lately.
    pub fn wants_robots(&mut self, site: &str, now: u64) -> bool {
        let asked = self.robots_asked.get(site);
        if asked.is_some_and(|(asked, holds)| !has_passed(*holds, *asked, now)) {
            return false;
        }
        if self.robots_asked.len() >= MAX_SITES {
            self.robots_asked.clear();
        }
        self.robots_asked.insert(site.to_owned(), (now, ROBOTS_RETRY_MS));
        true
    }

    /// The day's key, if it is the one of `day`.
    #[must_use]
    pub fn salt(&self, day: u32) -> Option<Salt> {
        self.salt.filter(|salt| salt.day == day)
    }

    /// The visitor behind an address, if the day's key is known.
    #[must_use]
    pub fn visitor(&self, address: Option<&str>) -> Option<Visitor> {
        self.salt?.visitor(address?)
    }

    /// Whether the visitor at an address may say something about the baseline's eagerness once more, about the moderate rule or about
    /// anything else: so many times a day. What they say then counts.
    pub fn may_tell(&mut self, address: &str, is_moderate: bool, most: u16) -> bool {
        let Some(visitor) = self.visitor(Some(address)) else { return false };
        self.forget_if_many();
        let [other, moderate] = &mut self.spent.entry(visitor).or_default().told;
        let told = if is_moderate { moderate } else { other };
        let may = *told < most;
        *told = told.saturating_add(u16::from(may));
        may
    }

    /// Counts how the origin answered.
    fn origin_asked(&mut self, site: &str, asked: OriginAsked, visitor: Visitor) {
        let bucket = self.salt.map(|salt| salt.bucket(visitor, "baseline"));
        let Some(origin) = self.waiting.origin(site) else { return };
        if let Some(guess) = asked.guess {
            origin.guesses = origin.guesses.saturating_add(1);
            origin.withheld = origin.withheld.saturating_add(u32::from(asked.is_withheld));
            let visitors = origin.visitors.get_mut(guess.pointer.index());
            if let (Some(visitors), Some(bucket)) = (visitors, bucket) {
                add_bucket(visitors, bucket);
            }
        }
        if asked.took_ms.is_none() && !asked.is_error {
            return;
        }
        let is_moderate = asked.guess.is_some_and(|guess| guess.is_moderate);
        let answers = if is_moderate { &mut origin.guessed } else { &mut origin.asked };
        answers.all = answers.all.saturating_add(1);
        answers.errors = answers.errors.saturating_add(u32::from(asked.is_error));
        // How long an error takes tells nothing of how long an answer does.
        let slot =
            asked.took_ms.filter(|_| !asked.is_error).and_then(|ms| answers.times.get_mut(slot_of(ms)));
        if let Some(slot) = slot {
            *slot = slot.saturating_add(1);
        }
    }

    /// Counts a form that was sent.
    fn form_sent(
        &mut self,
        site: &str,
        kind: u16,
        (is_after_guess, is_refused): (bool, bool),
        visitor: Visitor,
    ) {
        let Some(salt) = self.salt else { return };
        self.forget_if_many();
        let Spent { forms, .. } = self.spent.entry(visitor).or_default();
        if *forms >= MAX_FORMS_OF_ONE {
            return;
        }
        *forms += 1;
        let Some(OriginStats { forms, .. }) = self.waiting.origin(site) else { return };
        if !forms.kinds.contains_key(&kind) && forms.kinds.len() >= MAX_FORMS {
            return;
        }
        let counts = forms.kinds.entry(kind).or_default();
        let FormCount(sent, refused) =
            if is_after_guess { &mut counts.after_guess } else { &mut counts.alone };
        *sent = sent.saturating_add(1);
        *refused = refused.saturating_add(u32::from(is_refused));
        if is_after_guess && is_refused {
            add_bucket(&mut forms.refused_to, salt.bucket(visitor, "forms"));
        }
    }

    /// Counts a visitor's views of a page: as many of one as their clicks on one transition.
    pub fn view(&mut self, site: &str, path: &str, visitor: Visitor, number: u32) {
        self.forget_if_many();
        let Spent { views, .. } = self.spent.entry(visitor).or_default();
        let left = u32::from(MAX_VIEWS_OF_ONE.saturating_sub(*views));
        if left == 0 {
            return;
        }
        let Times { viewed, .. } = self.times.entry((visitor, way(site, "", path))).or_default();
        let number = number.min(left).min(u32::from(MAX_TIMES.saturating_sub(*viewed)));
        // Not above MAX_TIMES.
        let counted = u8::try_from(number).unwrap_or(MAX_TIMES);
        *viewed += counted;
        *views += u16::from(counted);
        if number > 0 {
            self.waiting.page(site, path, |page| page.views = page.views.saturating_add(number));
        }
    }

    /// Adds a visitor who was given a page without a session.
    pub fn given(&mut self, site: &str, path: &str, visitor: Visitor) {
        self.add_visitor(site, path, visitor, |page| &mut page.visitors);
    }

    /// Adds a visitor to those of a page.
    fn add_visitor(
        &mut self,
        site: &str,
        path: &str,
        visitor: Visitor,
        of: fn(&mut PageStats) -> &mut Vec<u8>,
    ) {
        let Some(salt) = self.salt else { return };
        let bucket = salt.bucket(visitor, path);
        self.waiting.page(site, path, |page| add_bucket(of(page), bucket));
    }

    /// Notes why a page is ineligible, and which visitor has met that, as far as visitors are told apart. What the learner is
    /// not told is passed over.
    pub fn ineligible(&mut self, site: &str, path: &str, why: &Ineligible, visitor: Option<Visitor>) {
        if !why.is_told() {
            return;
        }
        let bucket = self.salt.zip(visitor).map(|(salt, visitor)| salt.bucket(visitor, path));
        self.waiting.page(site, path, |page| {
            if let Some(concern) = page.ineligible.iter_mut().find(|concern| concern.why == *why) {
                if let Some(bucket) = bucket {
                    add_bucket(&mut concern.by, bucket);
                }
            } else {
                page.ineligible.push(Concern { why: why.clone(), by: bucket.into_iter().collect() });
            }
        });
    }

    /// Adds a visitor who was shown a link which says that a page does something, by this rule. What looks like a visitor's own is
    /// told to nobody.
    pub fn suspect(&mut self, site: &str, page: &str, rule: &str, visitor: Visitor) {
        let Some(salt) = self.salt.filter(|_| !is_secret(page)) else { return };
        let bucket = salt.bucket(visitor, page);
        self.waiting.suspect(site, page, |suspect| {
            rule.clone_into(&mut suspect.rule);
            add_bucket(&mut suspect.shown, bucket);
        });
    }

    /// Adds a visitor who was given such a page, with a session or without, and whether anything has happened to them.
    pub fn viewed_suspect(
        &mut self,
        site: &str,
        page: &str,
        visitor: Visitor,
        has_session: bool,
        has_acted: bool,
    ) {
        let Some(salt) = self.salt.filter(|_| !is_secret(page)) else { return };
        let bucket = salt.bucket(visitor, page);
        self.waiting.suspect(site, page, |suspect| {
            if has_acted {
                suspect.has_acted = true;
                suspect.plain.iter_mut().for_each(Vec::clear);
            } else {
                let [without, with] = &mut suspect.plain;
                add_bucket(if has_session { with } else { without }, bucket);
            }
        });
    }

    /// Notes to which page another led back.
    pub fn led_back(&mut self, site: &str, path: &str, back_to: &str) {
        let to = hash16(back_to.as_bytes());
        self.waiting.page(site, path, |page| {
            if page.led_back.len() < MAX_LED_BACK && !page.led_back.contains(&to) {
                page.led_back.push(to);
            }
        });
    }

    /// Adds a visitor with a session who was given a page that changed nothing of theirs.
    pub fn harmless(&mut self, site: &str, path: &str, visitor: Visitor, is_sought: bool) {
        let Some(salt) = self.salt else { return };
        let bucket = salt.bucket(visitor, path);
        // It matters for the few pages against which something speaks. Of others it goes with what is sent anyhow.
        if is_sought || self.waiting.has_page(site, path) {
            self.waiting.page(site, path, |page| add_bucket(&mut page.harmless, bucket));
        }
    }

    /// Adds what a page's HTML says, as far as there is room for it.
    pub fn outline(&mut self, site: &str, path: &str, outline: Outline) {
        self.waiting.outline(site, path, outline);
    }

    /// Adds a visitor without a session who was given this body of a page that says it is for one visitor alone.
    pub fn shared(&mut self, site: &str, path: &str, body: u32, visitor: Visitor) {
        let Some(salt) = self.salt else { return };
        let bucket = salt.bucket(visitor, path);
        self.waiting.page(site, path, |page| {
            if let Some(shared) = page.shared.iter_mut().find(|shared| shared.body == body) {
                add_bucket(&mut shared.visitors, bucket);
            } else if page.shared.len() < MAX_BODIES {
                page.shared.push(Shared { body, visitors: vec![bucket] });
            }
        });
    }

    /// Notes whether inert parameters changed a page.
    pub fn varies(&mut self, site: &str, path: &str, varies: bool) {
        self.waiting.page(site, path, |page| page.varies = Some(page.varies.unwrap_or(false) || varies));
    }

    /// Adds what the site's robots.txt says to everybody.
    pub fn robots(&mut self, site: &str, text: String) {
        if self.waiting.robots(site, text)
            && let Some((_, holds)) = self.robots_asked.get_mut(site)
        {
            *holds = ROBOTS_MS;
        }
    }

    /// Has a site's robots.txt be asked for again soon: its learner was not told of it.
    pub fn is_untold_of_robots(&mut self, site: &str) {
        if let Some((_, holds)) = self.robots_asked.get_mut(site) {
            *holds = ROBOTS_RETRY_MS;
        }
    }

    /// Counts a click from one page to another, unless the other is the result of a form or of a redirect.
    pub fn click(&mut self, site: &str, from: &str, to: &str, visitor: Visitor, now: u64) {
        let result = self.results.remove(&(visitor, site.to_owned(), to.to_owned()));
        match result.filter(|(until, _)| !is_due(*until, RESULT_MS, now)) {
            None => self.took(site, from, to, visitor, false),
            Some((_, LedBy::Link(link))) => {
                self.took(site, from, to, visitor, false);
                self.spelled(site, from, to, &link, visitor);
            }
            Some((_, LedBy::Form | LedBy::Redirect)) => {}
        }
    }

    /// Opens a speculation.
    pub fn speculated(&mut self, site: &str, from: &str, to: &str, visitor: Visitor, how: Arrived, now: u64) {
        let key = (visitor, site.to_owned(), to.to_owned());
        if self.open.len() >= MAX_OPEN {
            self.open.retain(|_, (_, since)| now.saturating_sub(*since) < OPEN_MS);
        }
        if how.is_silent && (self.open.len() < MAX_OPEN || self.open.contains_key(&key)) {
            self.open.insert(key, (from.to_owned(), now));
        }
        if let Some(guess) = how.guess {
            self.guessed(site, from, guess, false);
        }
        // Only what we asked for is our waste, and one visitor can spoil no more than they can teach.
        if how.is_ours
            && !how.is_silent
            && self.counts(site, from, to, visitor, |times| &mut times.speculated)
        {
            let strained = u32::from(how.is_strained);
            self.transition(site, from, to, None, |transition| {
                transition.speculated = transition.speculated.saturating_add(1);
                transition.strained = transition.strained.saturating_add(strained);
            });
        }
    }

    /// Settles a speculation as used: the activation signal of `page` has come, or something else that only a page which
    /// is shown asks for. `from` is the page that the signal names; without it, the one that is remembered.
    /// Answers whether it was one.
    pub fn activated(
        &mut self,
        site: &str,
        from: Option<&str>,
        page: &str,
        visitor: Visitor,
        now: u64,
    ) -> bool {
        let open = self.open.remove(&(visitor, site.to_owned(), page.to_owned()));
        let open = open.filter(|(_, since)| now.saturating_sub(*since) < OPEN_MS).map(|(from, _)| from);
        let is_told = from.is_some();
        let Some(from) = from.map(str::to_owned).or(open).filter(|from| from != page) else { return false };
        self.view(site, page, visitor, 1);
        // What no signal would have told was not counted as speculated either.
        self.took(site, &from, page, visitor, is_told);
        self.shown_from_ahead(site, &from, page, visitor, now);
        true
    }

    /// Counts that a page is shown which had been fetched ahead, but not by a learned rule: its visitor went there from `from`.
    /// `guess` says how the baseline asked for it, if that was counted.
    pub fn followed(
        &mut self,
        site: &str,
        from: &str,
        page: &str,
        guess: Option<Guess>,
        visitor: Visitor,
        now: u64,
    ) {
        if from == page {
            return;
        }
        if let Some(guess) = guess
            && self.may_use(visitor, guess.is_moderate)
        {
            self.guessed(site, from, guess, true);
        }
        self.view(site, page, visitor, 1);
        self.took(site, from, page, visitor, false);
        self.shown_from_ahead(site, from, page, visitor, now);
    }

    /// Counts what a visitor with a session has pressed, when it arrives or when it is used, at no page.
    fn pressed_in_session(&mut self, site: &str, pointer: Pointer, is_used: bool, visitor: Visitor) {
        if is_used && !self.may_use(visitor, false) {
            return;
        }
        let origin = self.waiting.origin(site);
        if let Some(count) = origin.and_then(|origin| origin.in_sessions.get_mut(pointer.index())) {
            count.add(is_used);
        }
    }

    /// Whether a visitor's use of a speculation counts once more: as often as the speculations were counted, as far as this isolate
    /// has seen them. A signal may be sent again elsewhere.
    fn may_use(&mut self, visitor: Visitor, is_moderate: bool) -> bool {
        self.forget_if_many();
        let Spent { told, used, .. } = self.spent.entry(visitor).or_default();
        let kind = usize::from(is_moderate);
        let most = told.get(kind).copied().unwrap_or_default().max(TOLD_BY_ONE);
        let used = used.get_mut(kind).filter(|used| **used < most);
        used.map(|used| *used += 1).is_some()
    }

    /// Counts a speculation by the baseline, when it arrives or when it is used.
    fn guessed(&mut self, site: &str, from: &str, guess: Guess, is_used: bool) {
        self.waiting.page(site, from, |page| {
            if let Some(count) = page.guesses.get_mut(guess.index()) {
                count.add(is_used);
            }
        });
    }

    /// Whether any speculation is open.
    #[must_use]
    pub fn has_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// Expects a visitor at a page because of a form, or because another one (`through`) redirects there: their coming there is
    /// no click on a link to it.
    pub fn expect_result(
        &mut self,
        site: &str,
        path: &str,
        through: Option<&str>,
        visitor: Visitor,
        now: u64,
    ) {
        let is_of_form = through.is_none_or(|through| self.is_of_form(site, through, visitor, now));
        self.lead(site, path, visitor, if is_of_form { LedBy::Form } else { LedBy::Redirect }, now);
    }

    /// Expects a visitor at a page because what they have asked for (`through`) leads there as to itself in another spelling.
    fn respelled(&mut self, site: &str, path: &str, through: &str, visitor: Visitor, now: u64) {
        let led_by = self.led_by(site, through, visitor, now).cloned();
        let led_by = led_by.unwrap_or_else(|| LedBy::Link(through.to_owned()));
        self.lead(site, path, visitor, led_by, now);
    }

    /// Remembers that a visitor is given a page ahead because of a link (`from` a page, `through` a path) that leads there as to itself in
    /// another spelling.
    fn respelled_ahead(
        &mut self,
        site: &str,
        path: &str,
        (from, through): (&str, &str),
        visitor: Visitor,
        now: u64,
    ) {
        let earlier = self.ahead.get(&(visitor, site.to_owned(), through.to_owned()));
        let earlier = earlier.filter(|(until, link)| link.from == from && !is_due(*until, OPEN_MS, now));
        let link = earlier.map(|(_, link)| link.clone());
        let link = link.unwrap_or_else(|| LinkAhead { from: from.to_owned(), path: through.to_owned() });
        if self.ahead.len() >= MAX_RESULTS {
            self.ahead.retain(|_, (until, _)| !is_due(*until, OPEN_MS, now));
        }
        let key = (visitor, site.to_owned(), path.to_owned());
        if self.ahead.len() < MAX_RESULTS || self.ahead.contains_key(&key) {
            self.ahead.insert(key, (now.saturating_add(OPEN_MS), link));
        }
    }

    /// Counts by which link a visitor has come from one page to another that they were given ahead, where a redirect has respelled it.
    fn shown_from_ahead(&mut self, site: &str, from: &str, to: &str, visitor: Visitor, now: u64) {
        let ahead = self.ahead.remove(&(visitor, site.to_owned(), to.to_owned()));
        let ahead = ahead.filter(|(until, link)| link.from == from && !is_due(*until, OPEN_MS, now));
        if let Some((_, link)) = ahead {
            self.spelled(site, from, to, &link.path, visitor);
        }
    }

    /// Counts that a visitor went from one page to another by a link with this path, if links mostly spell that page so.
    fn spelled(&mut self, site: &str, from: &str, to: &str, link: &str, visitor: Visitor) {
        let Some(salt) = self.salt else { return };
        let at = spelling::others(to).iter().position(|other| other == link);
        if let Some(at) = at.and_then(|at| u8::try_from(at).ok()) {
            self.waiting.spelled(site, from, to, (at, salt.bucket(visitor, &way_name(from, to))));
        }
    }

    fn lead(&mut self, site: &str, path: &str, visitor: Visitor, led_by: LedBy, now: u64) {
        if self.results.len() >= MAX_RESULTS {
            self.results.retain(|_, (until, _)| !is_due(*until, RESULT_MS, now));
        }
        if self.results.len() < MAX_RESULTS {
            let key = (visitor, site.to_owned(), path.to_owned());
            self.results.insert(key, (now.saturating_add(RESULT_MS), led_by));
        }
    }

    /// Whether a visitor is at a path because of a form.
    fn is_of_form(&self, site: &str, path: &str, visitor: Visitor, now: u64) -> bool {
        self.led_by(site, path, visitor, now) == Some(&LedBy::Form)
    }

    /// By what a visitor was led to a path, if not by a link.
    fn led_by(&self, site: &str, path: &str, visitor: Visitor, now: u64) -> Option<&LedBy> {
        let path = path.split('?').next().unwrap_or_default();
        let (until, led_by) = self.results.get(&(visitor, site.to_owned(), path.to_owned()))?;
        (!is_due(*until, RESULT_MS, now)).then_some(led_by)
    }

    /// Whether something waits to be sent of a site that its learner does not know yet.
    #[must_use]
    pub fn has_transitions(&self, site: &str) -> bool {
        self.waiting.has_transitions(site)
    }

    /// The same of any site.
    #[must_use]
    pub fn has_any_transitions(&self) -> bool {
        self.waiting.has_any_transitions()
    }

    /// Drops what waits of other sites than these.
    pub fn retain_sites(&mut self, is_taught: impl Fn(&str) -> bool) {
        self.waiting.retain(is_taught);
    }

    /// The sites of which something may wait.
    pub fn sites(&self) -> impl Iterator<Item = &str> {
        self.waiting.sites()
    }

    /// What waits of the sites whose learners are due, one for each.
    pub fn take(&mut self, is_due: impl Fn(&str) -> bool) -> Vec<NavigationBatch> {
        self.waiting.take(self.salt, is_due)
    }

    /// Counts that a visitor went from one page to another, and whether a learned speculation was used for that.
    fn took(&mut self, site: &str, from: &str, to: &str, visitor: Visitor, is_used: bool) {
        let is_counted = self.counts(site, from, to, visitor, |times| &mut times.taken);
        let is_used = is_used && self.counts_as_used(site, from, to, visitor);
        if !is_counted && !is_used {
            return;
        }
        let voter = if is_counted { self.vote(site, visitor) } else { None };
        self.transition(site, from, to, Some(visitor), |transition| {
            transition.taken = transition.taken.saturating_add(u32::from(is_counted));
            if let Some(bucket) = voter {
                transition.votes = transition.votes.saturating_add(1);
                add_bucket(&mut transition.voters, bucket);
            }
            transition.used = transition.used.saturating_add(u32::from(is_used));
        });
    }

    /// Whether a use counts: as often as the speculations did, as far as this isolate has seen them.
    fn counts_as_used(&mut self, site: &str, from: &str, to: &str, visitor: Visitor) -> bool {
        if let Some(times) = self.times.get_mut(&(visitor, way(site, from, to)))
            && times.used < times.speculated
        {
            times.used += 1;
            return true;
        }
        self.counts(site, from, to, visitor, |times| &mut times.used)
    }

    /// A visitor's bucket, if they have a say in whether the site has changed. Other isolates have them in the same one.
    fn vote(&mut self, site: &str, visitor: Visitor) -> Option<u8> {
        let salt = self.salt?;
        let Spent { votes, .. } = self.spent.entry(visitor).or_default();
        let has_vote = *votes < MAX_VOTES;
        *votes += u16::from(has_vote);
        has_vote.then(|| salt.bucket(visitor, site))
    }

    /// Whether what a visitor does on a way counts once more, by the number that `of` names.
    fn counts(
        &mut self,
        site: &str,
        from: &str,
        to: &str,
        visitor: Visitor,
        of: fn(&mut Times) -> &mut u8,
    ) -> bool {
        self.forget_if_many();
        let way = way(site, from, to);
        // First, so that who has spent everything leaves no more traces: they would have all be forgotten.
        let Spent { transitions: spent, .. } = self.spent.entry(visitor).or_default();
        if *spent >= MAX_TRANSITIONS_OF_ONE {
            return false;
        }
        let times = of(self.times.entry((visitor, way)).or_default());
        if *times >= MAX_TIMES {
            return false;
        }
        *times += 1;
        *spent += 1;
        true
    }

    fn forget_if_many(&mut self) {
        if self.times.len() >= MAX_KNOWN || self.spent.len() >= MAX_KNOWN {
            self.times.clear();
            self.spent.clear();
        }
    }

    fn transition(
        &mut self,
        site: &str,
        from: &str,
        to: &str,
        visitor: Option<Visitor>,
        change: impl FnOnce(&mut Transition),
    ) {
        let by = self.salt.zip(visitor).map(|(salt, visitor)| salt.bucket(visitor, &way_name(from, to)));
        self.waiting.transition(site, from, to, by, change);
    }
}

fn add_bucket(buckets: &mut Vec<u8>, bucket: u8) {
    if buckets.len() < MAX_BUCKETS && !buckets.contains(&bucket) {
        buckets.push(bucket);
    }
}

/// What tells the way from one page to another from other ways.
fn way_name(from: &str, to: &str) -> String {
    format!("{from}\n{to}")
}

/// What a way of visitors is remembered by.
fn way(site: &str, from: &str, to: &str) -> u64 {
    fnv1a(format!("{site}\n{from}\n{to}").as_bytes())
}

#[cfg(test)]
mod tests;
