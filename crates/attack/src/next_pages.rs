//! What changes the next pages of a shop.

use crate::search::Force;
use crate::site::{CONFIG, SITE, START, salt};
use headstart::ineligible::Ineligible;
use headstart::learn::next::navigation_batch::{Link, Outline, Place};
use headstart::learn::next::navigation_buffer::NavigationBuffer;
use headstart::learn::next::next_page_learner::NextPageLearner;
use headstart::learn::next::visitor::{DAY_MS, Visitor};
use headstart::navigation::event::Arrived;
use headstart::next_page_preferences::NextPagePreferences;
use headstart::published::next_page_snapshot::NextPageSnapshot;
use headstart::store::Memory;
use headstart_simulate::{DAY, SiteKind, sessions};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// How many isolates serve the site. What is counted of a visitor is counted in each, so attackers go to all of them.
const ISOLATES: u32 = 4;

/// How many days there are before the one of the attack.
const DAYS: u32 = 3;

/// How often isolates send, in requests.
const SENDING: usize = 500;

/// One attacker's one request in an isolate. `number` counts their own requests.
type Attack<'a> = dyn Fn(&mut NavigationBuffer, Visitor, u32, u64) + 'a;

/// A site as it is after three days, and who comes on the fourth.
struct Known {
    store: Memory,
    published: String,
    /// How many views there were, by the learner's count.
    views: f64,
    /// The sessions of the fourth day.
    sessions: Vec<Vec<String>>,
    busiest: String,
    /// In the middle of those that are told next pages.
    usual: String,
    quiet: String,
    /// A page that everybody may see and none of these leads to.
    elsewhere: String,
    /// All pages that everybody may see.
    pages: Vec<String>,
}

pub fn place_their_own(force: Force) -> (bool, u32) {
    let known = known();
    place(known, &known.quiet, "/stories/of-ada", force)
}

pub fn place_on_the_busiest(force: Force) -> (bool, u32) {
    let known = known();
    place(known, &known.busiest, &known.elsewhere, force)
}

pub fn place_on_a_usual_one(force: Force) -> (bool, u32) {
    let known = known();
    place(known, &known.usual, &known.elsewhere, force)
}

pub fn place_on_a_quiet_one(force: Force) -> (bool, u32) {
    let known = known();
    place(known, &known.quiet, &known.elsewhere, force)
}

/// Attackers follow, over and over, a link that is not there.
fn place(known: &Known, from: &str, to: &str, force: Force) -> (bool, u32) {
    let attack: &Attack<'_> = &|isolate, visitor, number, now| {
        if number % 2 == 0 {
            isolate.view(SITE, from, visitor, 1);
        } else {
            isolate.click(SITE, from, to, visitor, now);
            isolate.view(SITE, to, visitor, 1);
            isolate.given(SITE, to, visitor);
            // Whoever asks for a page has it read.
            isolate.outline(SITE, to, Outline::default());
        }
    };
    either(known, force, attack, |after| nexts(&after.snapshot(), from).iter().any(|next| next == to))
}

pub fn suppress_on_the_busiest(force: Force) -> (bool, u32) {
    let known = known();
    suppress(known, &known.busiest, force)
}

pub fn suppress_on_a_usual_one(force: Force) -> (bool, u32) {
    let known = known();
    suppress(known, &known.usual, force)
}

pub fn suppress_on_a_quiet_one(force: Force) -> (bool, u32) {
    let known = known();
    suppress(known, &known.quiet, force)
}

/// Attackers come to the page and go elsewhere, and have what follows fetched ahead for nothing.
fn suppress(known: &Known, from: &str, force: Force) -> (bool, u32) {
    let before = nexts(&parsed(&known.published), from);
    let Some(likeliest) = before.first() else { return (false, 0) };
    let how = Arrived { is_ours: true, is_strained: false, is_silent: false, guess: None };
    let elsewhere = &known.pages;
    let attack: &Attack<'_> = &|isolate, visitor, number, now| match number % 3 {
        0 => isolate.view(SITE, from, visitor, 1),
        1 => isolate.speculated(SITE, from, likeliest, visitor, how, now),
        _ => {
            let to = elsewhere.get(number as usize % elsewhere.len().max(1));
            if let Some(to) = to.filter(|to| *to != likeliest && *to != from) {
                isolate.click(SITE, from, to, visitor, now);
            }
        }
    };
    either(known, force, attack, |after| !nexts(&after.snapshot(), from).contains(likeliest))
}

/// Attackers have met that a page changes carts, which the site must have done to each of them.
pub fn have_refused(force: Force) -> (bool, u32) {
    let known = known();
    let page = likeliest_of_the_busiest(known);
    let attack: &Attack<'_> = &|isolate, visitor, _, _| {
        isolate.ineligible(SITE, &page, &Ineligible::CartChanged, Some(visitor));
    };
    either(known, force, attack, |after| after.snapshot().is_refused(&page))
}

/// Attackers are given a page as private.
pub fn have_left_out(force: Force) -> (bool, u32) {
    let known = known();
    let page = likeliest_of_the_busiest(known);
    let attack: &Attack<'_> = &|isolate, visitor, _, _| {
        isolate.ineligible(SITE, &page, &Ineligible::Private, Some(visitor));
    };
    either(known, force, attack, |after| !nexts(&after.snapshot(), &known.busiest).contains(&page))
}

/// Attackers go from each page to each other one, as if the site were another: half of what was counted is gone.
pub fn erase(force: Force) -> (bool, u32) {
    let known = known();
    let pages = &known.pages;
    let attack: &Attack<'_> = &|isolate, visitor, number, now| {
        // Each attacker begins somewhere else.
        let salt = visitor_number(visitor, number);
        let at = |salt: usize| pages.get(salt % pages.len().max(1));
        if let (Some(from), Some(to)) = (at(salt), at(salt / 7 + 1))
            && from != to
        {
            isolate.click(SITE, from, to, visitor, now);
        }
    };
    either(known, force, attack, |after| views(&after.learner) < known.views / 2.0)
}

/// Attackers ask for paths that do not exist, until fewer than nine in ten of the pages are told that were told before.
pub fn fill(force: Force) -> (bool, u32) {
    let known = known();
    let attack: &Attack<'_> = &|isolate, visitor, number, now| {
        let path = format!("/made/up/{}", visitor_number(visitor, number));
        isolate.click(SITE, &known.busiest, &path, visitor, now);
        isolate.view(SITE, &path, visitor, 1);
        isolate.given(SITE, &path, visitor);
    };
    // A day goes by without attackers as well.
    let nobody = Force { addresses: 1, requests: 0 };
    let before = attacked(known, nobody, When::AllDay, attack).snapshot();
    either(known, force, attack, |after| {
        let after = after.snapshot();
        let kept = before.pages().keys().filter(|page| after.at(page).is_some()).count();
        kept * 10 < before.pages().len() * 9
    })
}

fn likeliest_of_the_busiest(known: &Known) -> String {
    nexts(&parsed(&known.published), &known.busiest).first().cloned().unwrap_or_default()
}

/// A number that differs from visitor to visitor and from request to request.
fn visitor_number(visitor: Visitor, number: u32) -> usize {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    (visitor, number).hash(&mut hasher);
    // What is cut off matters to nobody.
    (hasher.finish() >> 33) as usize
}

/// Isolates and a learner, on one day.
struct Site {
    isolates: Vec<NavigationBuffer>,
    learner: NextPageLearner,
    unsent: usize,
    now: u64,
    published: String,
}

impl Site {
    fn new(learner: NextPageLearner, published: String, day: u64) -> Self {
        let now = START + day * DAY_MS;
        let salt = salt(now);
        let isolates = (0..ISOLATES).map(|_| {
            let mut isolate = NavigationBuffer::default();
            isolate.set_salt(salt);
            isolate
        });
        let mut site = Self { isolates: isolates.collect(), learner, unsent: 0, now, published };
        site.in_isolate(0, |isolate, _| isolate.robots(SITE, String::new()));
        site
    }

    /// Does something in one of the isolates, and sends when it is time.
    fn in_isolate(&mut self, number: u32, happens: impl FnOnce(&mut NavigationBuffer, u64)) {
        let now = self.now;
        if let Some(isolate) = self.isolates.get_mut((number % ISOLATES) as usize) {
            happens(isolate, now);
        }
        self.unsent += 1;
        if self.unsent >= SENDING {
            self.send();
        }
    }

    fn visitor(&self, address: &str) -> Option<Visitor> {
        self.isolates.first()?.visitor(Some(address))
    }

    fn send(&mut self) {
        self.unsent = 0;
        for isolate in &mut self.isolates {
            for batch in isolate.take(|_| true) {
                self.learner.merge(&batch, self.now);
            }
        }
    }

    /// Sends, and publishes.
    fn publish(&mut self) {
        self.send();
        let preferences = NextPagePreferences { prerender: None, ..CONFIG.next_page_preferences() };
        if let Some(publication) = self.learner.choose(&preferences, self.now) {
            self.published = publication.value;
        }
    }

    fn snapshot(&self) -> NextPageSnapshot {
        parsed(&self.published)
    }

    /// A visitor follows a link, or comes from elsewhere.
    fn visit(&mut self, isolate: u32, host: u32, from: Option<&str>, to: &str) {
        let Some(visitor) = self.visitor(&format!("10.{}.{}.{}", host >> 16, (host >> 8) & 255, host & 255))
        else {
            return;
        };
        self.in_isolate(isolate, |buffer, now| {
            buffer.view(SITE, to, visitor, 1);
            if let Some(from) = from {
                buffer.click(SITE, from, to, visitor, now);
            }
            buffer.given(SITE, to, visitor);
        });
    }
}

fn parsed(published: &str) -> NextPageSnapshot {
    NextPageSnapshot::parse(published).unwrap_or_default()
}

fn nexts(snapshot: &NextPageSnapshot, page: &str) -> Vec<String> {
    snapshot
        .at(page)
        .map(|entry| entry.nexts.iter().map(|next| next.path.clone()).collect())
        .unwrap_or_default()
}

fn views(learner: &NextPageLearner) -> f64 {
    learner.model().pages().map(|(_, record)| record.transitions.views()).sum()
}

/// When attackers come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    /// Between the others, all day.
    AllDay,
    /// When everybody else has gone, all at once.
    AtNight,
}

/// Whether attackers reach what they want by one of both. The requests of others are answered as well.
fn either(
    known: &Known,
    force: Force,
    attack: &Attack<'_>,
    is_reached: impl Fn(&Site) -> bool,
) -> (bool, u32) {
    let others = known.sessions.iter().map(Vec::len).sum::<usize>();
    let is_reached =
        [When::AllDay, When::AtNight].iter().any(|when| is_reached(&attacked(known, force, *when, attack)));
    (is_reached, u32::try_from(others).unwrap_or(u32::MAX))
}

/// A day of the site with attackers.
fn attacked(known: &Known, force: Force, when: When, attack: &Attack<'_>) -> Site {
    let mut store = known.store.clone();
    let Ok(learner) = NextPageLearner::load(&mut store);
    let mut site = Site::new(learner, known.published.clone(), u64::from(DAYS));
    let visits: usize = known.sessions.iter().map(Vec::len).sum();
    let (total, mut sent, mut visited) = (u64::from(force.total()), 0_u64, 0_u64);
    let length = DAY_MS / 2 / (visits as u64).max(1);
    for (host, session) in (0_u32..).zip(&known.sessions) {
        for (step, path) in (0_u32..).zip(session) {
            let from = step.checked_sub(1).and_then(|before| session.get(before as usize));
            site.visit(host.wrapping_add(step), host, from.map(String::as_str), path);
            site.now += length;
            visited += 1;
            if when == When::AtNight && visited < visits as u64 {
                continue;
            }
            while sent * (visits as u64) < visited * total {
                let (attacker, number) =
                    (sent % u64::from(force.addresses), sent / u64::from(force.addresses));
                let address = format!("172.{}.{}.9", attacker >> 8, attacker & 255);
                sent += 1;
                let Some(visitor) = site.visitor(&address) else { continue };
                // Not above the requests of one, which are few.
                let number = u32::try_from(number).unwrap_or(u32::MAX);
                // What belongs together goes to the same isolate.
                site.in_isolate(number / 6, |isolate, now| attack(isolate, visitor, number, now));
            }
        }
    }
    site.publish();
    site
}

/// The site after three days, made once.
fn known() -> &'static Known {
    static KNOWN: OnceLock<Known> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let navigations = DAY * (DAYS as usize + 1);
        let all = sessions(SiteKind::Shop, navigations, 1, None);
        let each = all.len() / (DAYS as usize + 1);
        let mut links: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for [from, to] in all.iter().flat_map(|session| session.array_windows()) {
            links.entry(from).or_default().insert(to);
        }
        let mut site = Site::new(NextPageLearner::default(), String::new(), 0);
        for (number, (page, to)) in (0_u32..).zip(&links) {
            let links = to
                .iter()
                .take(40)
                .map(|path| Link { path: (*path).to_owned(), place: Place::Main })
                .collect();
            site.in_isolate(number, |isolate, _| {
                isolate.outline(SITE, page, Outline { links, ..Outline::default() });
            });
        }
        let mut rest = all.iter();
        for day in 0..u64::from(DAYS) {
            site = Site::new(site.learner, site.published, day);
            for (host, session) in (0_u32..).zip(rest.by_ref().take(each)) {
                for (step, path) in (0_u32..).zip(session) {
                    let from = step.checked_sub(1).and_then(|before| session.get(before as usize));
                    site.visit(host.wrapping_add(step), host, from.map(String::as_str), path);
                }
            }
            site.publish();
        }
        let snapshot = site.snapshot();
        let mut told: Vec<(f64, String)> = snapshot
            .pages()
            .into_iter()
            .filter(|(_, entry)| !entry.nexts.is_empty())
            .filter_map(|(page, _)| {
                Some((site.learner.model().page(page)?.transitions.views(), page.to_owned()))
            })
            .collect();
        told.sort_by(|a, b| b.0.total_cmp(&a.0));
        let named = |place: Option<&(f64, String)>| place.map(|(_, page)| page.clone()).unwrap_or_default();
        let (busiest, usual, quiet) =
            (named(told.first()), named(told.get(told.len() / 2)), named(told.last()));
        let is_elsewhere = |page: &&String| {
            [&busiest, &usual, &quiet].iter().all(|from| {
                *from != *page && links.get(from.as_str()).is_none_or(|to| !to.contains(page.as_str()))
            })
        };
        let pages: Vec<String> = told.into_iter().map(|(_, page)| page).collect();
        let elsewhere = pages.iter().rev().find(is_elsewhere).cloned().unwrap_or_default();
        let mut store = Memory::default();
        let views = views(&site.learner);
        let Ok(()) = site.learner.save(&mut store);
        let sessions = rest.cloned().collect();
        Known { store, published: site.published, views, sessions, busiest, usual, quiet, elsewhere, pages }
    })
}
