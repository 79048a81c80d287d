//! The record of one page: how many views were read, and which origins they needed, with decay.
//!
//! A view counts one when it happens, half as much a week later, and half as much a hundred views later; so old habits
//! fade without a clean-up, on busy pages soon and on quiet ones slowly. An origin that was there in most views and is
//! then missing from a few in a row is gone at once ([`is_gone`]). The record is bounded: the least used origins leave
//! first.

use super::observation::{Confirmation, Loaded, MAX_ORIGINS, MAX_SHEETS, Observation};
use super::sheet::{self, KnownSheet};
use crate::csp;
use crate::hints::rank::{Candidate, Listed, Need};
use crate::hints::usage::{Demand, Found, Usage};
use crate::hints::{Origin, Pools};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use url::Url;

/// The time in which a view's weight halves, in milliseconds: one week.
pub const HALF_LIFE_MS: f64 = 7.0 * 24.0 * 3600.0 * 1000.0;

/// The number of further views after which a view's weight has halved.
const HALF_LIFE_VIEWS: f64 = 100.0;

/// The most origins remembered of one page.
pub const MAX_RECORDS: usize = 40;

/// The weight below which a record is forgotten.
const LEAST_VIEWS: f64 = 0.05;

/// The least number of browsers' reports before their shares mean anything: more than one visitor sends in a while.
const MIN_CONFIRMATIONS: f64 = 18.0;

/// How likely a run of misses may be for an origin that is still in use.
const CHANCE_OF_A_RUN: f64 = 1e-6;

/// The longest time that connecting may be told to have taken, in milliseconds.
const MAX_CONNECT_MS: u32 = 2000;

/// The most origins that are weighed for one page.
const MAX_CANDIDATES: usize = 100;

/// What is remembered of one page. All numbers of views are decayed to `at`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// The time that the numbers stand for, in milliseconds since the epoch.
    pub at: u64,
    /// The views that were read.
    pub views: f64,
    /// The views that were served, read or not.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub served: f64,
    /// Whether there was once enough evidence to publish this page.
    #[serde(default)]
    pub is_known: bool,
    /// The origins seen, in no order.
    pub origins: Vec<OriginRecord>,
    /// The site's own stylesheets that it uses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sheets: Vec<SheetRecord>,
    /// The hosts that its Content-Security-Policy named in the view that was read last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// How many browsers have told what they loaded.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub confirmations: f64,
    /// The hints that were published last.
    #[serde(default, skip_serializing_if = "Listed::is_empty")]
    pub listed: Listed,
}

/// What is remembered of one origin on one page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OriginRecord {
    /// The origin, serialised.
    pub origin: Origin,
    /// The views that used it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub views: f64,
    /// How many views in a row have not used it.
    #[serde(default, skip_serializing_if = "is_none")]
    pub missed: u32,
    /// What was asked of its credentialed pool.
    #[serde(default, skip_serializing_if = "PoolRecord::is_empty")]
    pub credentialed: PoolRecord,
    /// What was asked of its anonymous pool.
    #[serde(default, skip_serializing_if = "PoolRecord::is_empty")]
    pub anonymous: PoolRecord,
    /// The views that had rendering wait for it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub blocking: f64,
    /// Where it was found, by the view that was read last; a number of [`Found`].
    #[serde(default)]
    pub found: u8,
    /// Its place among the origins of the view that was read last.
    #[serde(default)]
    pub order: u32,
    /// The views in which the page preconnected to its credentialed pool by itself, and to its anonymous pool.
    #[serde(default, skip_serializing_if = "is_pair_of_zeros")]
    pub preconnected: [f64; 2],
    /// The views in which the page looked its name up by itself.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub looked_up: f64,
    /// The views whose only sign of it was a link that redirects there.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub linked: f64,
    /// The clicks on such links, of all the views that were served.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub clicks: f64,
    /// The browsers that have told of it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub confirmed: f64,
    /// How long connecting took in their telling, in milliseconds; 0 where nobody could tell.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub connect_ms: f64,
    /// When the first request began in their telling, in milliseconds since the navigation.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub start_ms: f64,
}

/// What was asked of one pool of an origin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PoolRecord {
    /// The views that used the pool.
    pub views: f64,
    /// The urgent requests of all these views.
    pub urgent: f64,
    /// The browsers that have told of it.
    pub confirmed: f64,
}

/// A stylesheet of the site, and the views that used it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SheetRecord {
    /// Its path and query.
    pub name: String,
    /// The views that used it.
    pub views: f64,
    /// How many views in a row have not used it.
    pub missed: u32,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde asks for it
fn is_zero(number: &f64) -> bool {
    *number == 0.0
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde asks for it
fn is_none(number: &u32) -> bool {
    *number == 0
}

fn is_pair_of_zeros(pair: &[f64; 2]) -> bool {
    pair.iter().all(is_zero)
}

/// Whether something that a `share` of the views had, and that the last `missed` views did not, is gone: such a run is
/// then less likely than one in a million.
#[must_use]
pub fn is_gone(share: f64, missed: u32) -> bool {
    // Four views in a row at the least: one odd view, an error page with status 200 say, tells little.
    missed >= 4 && (1.0 - share).max(0.01).powf(f64::from(missed)) < CHANCE_OF_A_RUN
}

impl PoolRecord {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn add(&mut self, demand: Demand) {
        if demand.requests > 0 {
            self.views += 1.0;
            self.urgent += f64::from(demand.urgent) / 10.0;
        }
    }

    fn scale(&mut self, factor: f64) {
        self.views *= factor;
        self.urgent *= factor;
    }
}

/// `part` of `whole`, from 0 up.
fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

/// The share of the browsers' reports that name something; 0 while there are too few.
fn told_share(confirmed: f64, confirmations: f64) -> f64 {
    if confirmations >= MIN_CONFIRMATIONS { (confirmed / confirmations).min(1.0) } else { 0.0 }
}

impl OriginRecord {
    fn new(origin: Origin) -> Self {
        Self {
            origin,
            views: 0.0,
            missed: 0,
            credentialed: PoolRecord::default(),
            anonymous: PoolRecord::default(),
            blocking: 0.0,
            found: Found::default().bits(),
            order: u32::MAX,
            preconnected: [0.0; 2],
            looked_up: 0.0,
            linked: 0.0,
            clicks: 0.0,
            confirmed: 0.0,
            connect_ms: 0.0,
            start_ms: 0.0,
        }
    }

    fn add(&mut self, usage: Usage) {
        let count = |set: bool| f64::from(u8::from(set));
        self.missed = 0;
        self.linked += count(usage.is_linked);
        self.views += count(!usage.is_linked);
        self.credentialed.add(usage.credentialed);
        self.anonymous.add(usage.anonymous);
        self.blocking += count(usage.blocks_rendering);
        self.found = usage.found.bits();
        let [credentialed, anonymous] = &mut self.preconnected;
        *credentialed += count(usage.preconnected.credentialed);
        *anonymous += count(usage.preconnected.anonymous);
        self.looked_up += count(usage.looked_up);
    }

    /// Takes a browser's word in. `is_marked_up` says that the page's HTML uses the origin, too.
    fn confirm(&mut self, loaded: &Loaded, is_marked_up: bool) {
        let mut pools = Pools::from_bits(loaded.pools);
        if is_marked_up {
            // The markup knows better than an initiator whether cookies go with a script or a picture.
            pools.credentialed = false;
        } else {
            self.found = Found::Script.bits();
        }
        let start_ms = f64::from(loaded.start_ms);
        let before = if self.confirmed > 0.0 { self.start_ms } else { start_ms };
        self.start_ms = before * 0.8 + start_ms * 0.2;
        self.confirmed += 1.0;
        if !loaded.is_frame {
            self.credentialed.confirmed += f64::from(u8::from(pools.credentialed));
            self.anonymous.confirmed += f64::from(u8::from(pools.anonymous));
        }
        if loaded.connect_ms > 0 {
            let connect_ms = f64::from(loaded.connect_ms.min(MAX_CONNECT_MS));
            let before = if self.connect_ms > 0.0 { self.connect_ms } else { connect_ms };
            self.connect_ms = before * 0.8 + connect_ms * 0.2;
        }
    }

    fn scale_confirmed(&mut self, factor: f64) {
        self.confirmed *= factor;
        self.credentialed.confirmed *= factor;
        self.anonymous.confirmed *= factor;
    }

    fn scale(&mut self, factor: f64) {
        self.credentialed.scale(factor);
        self.anonymous.scale(factor);
        for number in self.preconnected.iter_mut().chain([
            &mut self.views,
            &mut self.blocking,
            &mut self.looked_up,
            &mut self.linked,
            &mut self.clicks,
        ]) {
            *number *= factor;
        }
    }

    /// Everything that speaks for remembering it.
    fn weight(&self) -> f64 {
        self.views + self.linked + self.confirmed
    }
}

impl Page {
    /// Takes one view in, at `now` (milliseconds since the epoch). A clock that steps back changes nothing.
    pub fn absorb(&mut self, observation: &Observation, now: u64) {
        self.decay_to(now);
        self.scale((-1.0 / HALF_LIFE_VIEWS).exp2());
        self.views += 1.0;
        self.served += f64::from(observation.served.max(1));
        for record in &mut self.origins {
            record.missed = record.missed.saturating_add(1);
        }
        for (order, used) in (0..).zip(&observation.uses) {
            self.with_record(&used.origin, |record| {
                record.add(used.usage);
                record.order = order;
            });
        }
        self.absorb_sheets(&observation.sheets);
        self.sources.clone_from(&observation.sources);
        self.trim();
    }

    fn absorb_sheets(&mut self, names: &[String]) {
        for sheet in &mut self.sheets {
            sheet.missed = sheet.missed.saturating_add(1);
        }
        for name in names.iter().take(MAX_SHEETS) {
            if let Some(sheet) = self.sheets.iter_mut().find(|sheet| sheet.name == *name) {
                sheet.views += 1.0;
                sheet.missed = 0;
            } else {
                self.sheets.push(SheetRecord { name: name.clone(), views: 1.0, missed: 0 });
            }
        }
        self.sheets.sort_by(|a, b| a.missed.cmp(&b.missed).then(b.views.total_cmp(&a.views)));
        self.sheets.truncate(MAX_SHEETS);
    }

    /// Takes clicks in on a link that leads to `origin`, if the page was seen to have one.
    pub fn absorb_clicks(&mut self, origin: &Origin, times: u32, now: u64) {
        self.decay_to(now);
        if let Some(record) = self.origins.iter_mut().find(|record| record.origin == *origin) {
            record.clicks += f64::from(times);
        }
    }

    /// Takes in what a browser has loaded on the page at `url`. Only origins count that the site itself names: in the
    /// page's HTML, in a stylesheet of its (`sheets`), or in its Content-Security-Policy.
    pub fn absorb_confirmation(
        &mut self,
        confirmation: &Confirmation,
        url: &Url,
        sheets: &BTreeMap<String, KnownSheet>,
        now: u64,
    ) {
        self.decay_to(now);
        self.confirmations = self.confirmations * (-1.0 / HALF_LIFE_VIEWS).exp2() + 1.0;
        for record in &mut self.origins {
            record.scale_confirmed((-1.0 / HALF_LIFE_VIEWS).exp2());
        }
        let own = Origin::of(url);
        for loaded in confirmation.origins.iter().take(MAX_ORIGINS) {
            if Some(&loaded.origin) == own.as_ref() || !self.names(&loaded.origin, url, sheets) {
                continue;
            }
            let is_marked_up =
                self.origins.iter().any(|record| record.origin == loaded.origin && self.is_marked_up(record));
            self.with_record(&loaded.origin, |record| record.confirm(loaded, is_marked_up));
        }
        self.trim();
    }

    /// Whether the site itself names this origin on this page.
    fn names(&self, origin: &Origin, url: &Url, sheets: &BTreeMap<String, KnownSheet>) -> bool {
        self.origins.iter().any(|record| record.origin == *origin)
            || self.sheet_candidates(sheets).iter().any(|candidate| candidate.origin == *origin)
            || Url::parse(origin.as_str())
                .is_ok_and(|target| self.sources.iter().any(|source| csp::source_names(source, url, &target)))
    }

    /// Calls `change` with the record of an origin, a new one if there is none.
    fn with_record(&mut self, origin: &Origin, change: impl FnOnce(&mut OriginRecord)) {
        if let Some(record) = self.origins.iter_mut().find(|record| record.origin == *origin) {
            change(record);
        } else {
            let mut record = OriginRecord::new(origin.clone());
            change(&mut record);
            self.origins.push(record);
        }
    }

    fn trim(&mut self) {
        self.origins.retain(|record| record.weight() >= LEAST_VIEWS);
        if self.origins.len() > MAX_RECORDS {
            self.origins
                .sort_by(|a, b| b.weight().total_cmp(&a.weight()).then_with(|| a.origin.cmp(&b.origin)));
            self.origins.truncate(MAX_RECORDS);
        }
    }

    /// Lets the time since `at` pass.
    pub fn decay_to(&mut self, now: u64) {
        let elapsed = now.saturating_sub(self.at);
        if elapsed == 0 {
            return;
        }
        let is_first = self.at == 0;
        self.at = now;
        if is_first {
            return;
        }
        // Milliseconds of any real clock fit the 52 bits of an f64.
        #[allow(clippy::cast_precision_loss)]
        let factor = (-(elapsed as f64) / HALF_LIFE_MS).exp2();
        self.scale(factor);
        self.confirmations *= factor;
        for record in &mut self.origins {
            record.scale_confirmed(factor);
        }
        self.trim();
    }

    fn scale(&mut self, factor: f64) {
        self.views *= factor;
        self.served *= factor;
        for record in &mut self.origins {
            record.scale(factor);
        }
        for sheet in &mut self.sheets {
            sheet.views *= factor;
        }
    }

    /// Whether what `seen` of the views had is gone, the last `missed` not having had it.
    fn is_gone(&self, seen: f64, missed: u32) -> bool {
        // The share before the run began, and one view less: with little evidence no share is sure.
        let before = (self.views - f64::from(missed)).max(seen) + 1.0;
        is_gone(seen / before, missed)
    }

    /// Whether the page's HTML still uses an origin.
    fn is_marked_up(&self, record: &OriginRecord) -> bool {
        let seen = record.views + record.linked;
        seen > 0.0 && !self.is_gone(seen, record.missed)
    }

    /// What the stylesheets of the site make a browser fetch on this page, with those that they import. After a deployment
    /// one stylesheet takes another's place: what the old one had counts as long as a current one has it, too.
    fn sheet_candidates(&self, sheets: &BTreeMap<String, KnownSheet>) -> Vec<Candidate> {
        let mut candidates: Vec<(Candidate, bool)> = Vec::new();
        for record in &self.sheets {
            let is_current = !self.is_gone(record.views, record.missed);
            let share = ratio(record.views, self.views);
            let top = std::iter::once(record.name.as_str());
            let found = sheet::with_imports(top, |name| sheets.get(name), |sheet| &sheet.imports);
            for (used, weight) in found.values().flat_map(|sheet| &sheet.uses) {
                if !candidates.iter().any(|(candidate, _)| candidate.origin == used.origin) {
                    if candidates.len() >= MAX_CANDIDATES {
                        continue;
                    }
                    candidates.push((Candidate::new(used.origin.clone()), false));
                }
                let known = candidates.iter_mut().find(|(candidate, _)| candidate.origin == used.origin);
                let Some((candidate, current)) = known else { continue };
                let share = share * weight;
                let add = |need: &mut Need, demand: Demand| {
                    if demand.requests > 0 {
                        need.share = (need.share + share).min(1.0);
                        need.urgent += share * f64::from(demand.urgent) / 10.0;
                    }
                };
                candidate.share = (candidate.share + share).min(1.0);
                add(&mut candidate.credentialed, used.usage.credentialed);
                add(&mut candidate.anonymous, used.usage.anonymous);
                if used.usage.blocks_rendering {
                    candidate.blocking = (candidate.blocking + share).min(1.0);
                }
                candidate.found = candidate.found.min(used.usage.found);
                *current |= is_current;
            }
        }
        candidates.into_iter().filter(|(_, is_current)| *is_current).map(|(candidate, _)| candidate).collect()
    }

    /// What speaks for and against hinting each of the origins, its own and those of its stylesheets.
    #[must_use]
    pub fn candidates(&self, sheets: &BTreeMap<String, KnownSheet>) -> Vec<Candidate> {
        let mut candidates: Vec<Candidate> =
            self.origins.iter().filter_map(|record| self.candidate(record)).collect();
        for candidate in self.sheet_candidates(sheets) {
            Candidate::merge(&mut candidates, candidate);
        }
        candidates
    }

    /// What is known of one origin; `None` when nothing of it is left.
    fn candidate(&self, record: &OriginRecord) -> Option<Candidate> {
        let told = told_share(record.confirmed, self.confirmations);
        let is_marked_up = self.is_marked_up(record);
        if !is_marked_up && told == 0.0 {
            return None;
        }
        // What is no longer in the HTML may have moved into a script; then only what is told counts.
        let views = |number: f64| if is_marked_up { ratio(number, self.views) } else { 0.0 };
        let need = |pool: &PoolRecord| {
            let told = told_share(pool.confirmed, self.confirmations);
            Need { share: views(pool.views).max(told), urgent: views(pool.urgent).max(told) }
        };
        let is_mostly = |number: f64| number > 0.0 && views(number) >= 0.5;
        let [credentialed, anonymous] = record.preconnected;
        Some(Candidate {
            share: views(record.views).max(told),
            credentialed: need(&record.credentialed),
            anonymous: need(&record.anonymous),
            blocking: views(record.blocking),
            found: if is_marked_up { Found::from_bits(record.found) } else { Found::Script },
            order: record.order,
            connect_ms: record.connect_ms,
            start_ms: if told > 0.0 { record.start_ms } else { 0.0 },
            preconnected: Pools { credentialed: is_mostly(credentialed), anonymous: is_mostly(anonymous) },
            looked_up: is_mostly(record.looked_up),
            followed: if record.linked > 0.0 { ratio(record.clicks, self.served).min(1.0) } else { 0.0 },
            ..Candidate::new(record.origin.clone())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::observation::OriginUse;

    fn origin(host: &str) -> Origin {
        Origin::parse(&format!("https://{host}.example")).unwrap()
    }

    fn view(uses: &[(&str, Usage)]) -> Observation {
        let uses =
            uses.iter().map(|(host, usage)| OriginUse { origin: origin(host), usage: *usage }).collect();
        Observation { path: "/".to_owned(), uses, ..Observation::default() }
    }

    fn plain() -> Usage {
        Usage::of(Pools::CREDENTIALED, Demand::ONE, Found::Body)
    }

    fn page(views: usize, uses: &[(&str, Usage)]) -> Page {
        let mut page = Page::default();
        for _ in 0..views {
            page.absorb(&view(uses), 1000);
        }
        page
    }

    /// What is known of an origin, if it is a candidate.
    fn candidate(page: &Page, host: &str, sheets: &BTreeMap<String, KnownSheet>) -> Option<Candidate> {
        page.candidates(sheets).into_iter().find(|candidate| candidate.origin == origin(host))
    }

    fn about(number: f64, expected: f64) {
        assert!((number - expected).abs() < 0.005, "{number} is not about {expected}");
    }

    const WEEK: u64 = 7 * 24 * 3600 * 1000;

    #[test]
    fn a_week_halves_what_was_seen_and_so_do_a_hundred_views() {
        let mut page = page(1, &[("a", plain())]);
        page.absorb(&view(&[]), 1000 + WEEK);
        about(page.views, 1.0 + 0.5 * 0.993);
        about(page.origins[0].views, 0.5 * 0.993);
        page.absorb(&view(&[]), 500);
        assert_eq!(page.at, 1000 + WEEK, "a clock that steps back");
        let before = page.origins[0].views;
        for _ in 0..100 {
            page.absorb(&view(&[]), 1000 + WEEK);
        }
        about(page.origins[0].views, before / 2.0);
    }

    #[test]
    fn an_origin_that_is_missing_in_a_row_is_gone() {
        let none = BTreeMap::new();
        let mut page = page(100, &[("a", plain())]);
        for _ in 0..3 {
            page.absorb(&view(&[]), 1000);
            assert!(candidate(&page, "a", &none).is_some(), "a few odd views tell little");
        }
        page.absorb(&view(&[]), 1000);
        assert!(candidate(&page, "a", &none).is_none());
        let mut young = self::page(5, &[("a", plain())]);
        for _ in 0..5 {
            young.absorb(&view(&[]), 1000);
        }
        assert!(candidate(&young, "a", &none).is_some(), "five views are little evidence");
        page.absorb(&view(&[("a", plain())]), 1000);
        assert!(candidate(&page, "a", &none).is_some(), "and back");
        assert!(is_gone(0.5, 20) && !is_gone(0.5, 19), "half of the views may be without it for long");
        assert!(is_gone(1.0, 4) && !is_gone(1.0, 3) && !is_gone(0.3, 38));
    }

    #[test]
    fn what_is_asked_of_each_pool_is_an_average() {
        let none = BTreeMap::new();
        let both = Usage {
            anonymous: Demand { requests: 3, urgent: 20 },
            blocks_rendering: true,
            ..Usage::of(Pools::CREDENTIALED, Demand::URGENT, Found::Head)
        };
        let mut page = Page::default();
        for n in 0..20 {
            page.absorb(&view(&[("a", if n % 2 == 0 { both } else { plain() })]), 1000);
        }
        let candidate = candidate(&page, "a", &none).unwrap();
        about(candidate.share, 1.0);
        assert!(
            (candidate.credentialed.share - 1.0).abs() < 0.01
                && (candidate.anonymous.share - 0.5).abs() < 0.05
        );
        assert!((candidate.anonymous.urgent - 1.0).abs() < 0.1 && (candidate.blocking - 0.5).abs() < 0.05);
        assert_eq!(candidate.found, Found::Body, "the last view tells");
    }

    #[test]
    fn what_the_page_hints_itself_counts_when_most_views_do() {
        let none = BTreeMap::new();
        let own = Usage { preconnected: Pools::ANONYMOUS, looked_up: true, ..Usage::LOOKUP };
        let candidate_of = |own_views: usize| {
            let mut page = page(own_views, &[("a", own)]);
            for _ in own_views..10 {
                page.absorb(&view(&[("a", plain())]), 1000);
            }
            candidate(&page, "a", &none).unwrap()
        };
        assert_eq!((candidate_of(6).preconnected, candidate_of(6).looked_up), (Pools::ANONYMOUS, true));
        assert_eq!((candidate_of(4).preconnected, candidate_of(4).looked_up), (Pools::default(), false));
    }

    #[test]
    fn a_stylesheets_fonts_are_credited_to_the_pages_that_use_it() {
        let font = Usage::of(Pools::ANONYMOUS, Demand::URGENT, Found::Css);
        let sheet = |uses: &[(&str, Usage)], imports: &[&str]| KnownSheet {
            at: 1,
            uses: view(uses).uses.into_iter().map(|used| (used, 1.0)).collect(),
            imports: imports.iter().map(|name| (*name).to_owned()).collect(),
        };
        let sheets = BTreeMap::from([
            ("/site.css".to_owned(), sheet(&[], &["/fonts.css", "/site.css"])),
            ("/fonts.css".to_owned(), sheet(&[("fonts", font)], &[])),
            ("/other.css".to_owned(), sheet(&[("other", font)], &[])),
        ]);
        let mut page = Page::default();
        let mut observation = view(&[("fonts", plain())]);
        observation.sheets = vec!["/site.css".to_owned(), "/unread.css".to_owned()];
        for _ in 0..5 {
            page.absorb(&observation, 1000);
        }
        let fonts = candidate(&page, "fonts", &sheets).unwrap();
        about(fonts.anonymous.share, 1.0);
        about(fonts.anonymous.urgent, 1.0);
        about(fonts.credentialed.share, 1.0);
        assert_eq!(fonts.found, Found::Body, "the earlier of the two");
        assert!(candidate(&page, "other", &sheets).is_none());
        for _ in 0..20 {
            page.absorb(&view(&[]), 1000);
        }
        assert!(candidate(&page, "fonts", &sheets).is_none(), "the page no longer uses it");
    }

    #[test]
    fn a_click_counts_where_the_page_has_such_a_link() {
        let none = BTreeMap::new();
        let linked = Usage { is_linked: true, ..Usage::LOOKUP };
        let mut page = Page::default();
        let seen = Observation { served: 20, ..view(&[("partner", linked)]) };
        for _ in 0..20 {
            page.absorb(&seen, 1000);
        }
        page.absorb_clicks(&origin("partner"), 60, 1000);
        page.absorb_clicks(&origin("evil"), 100_000, 1000);
        let partner = candidate(&page, "partner", &none).unwrap();
        about(partner.share, 0.0);
        assert!((partner.followed - 0.15).abs() < 0.02, "60 clicks in 400 views: {}", partner.followed);
        assert!(candidate(&page, "evil", &none).is_none());
    }

    #[test]
    fn a_stylesheet_that_takes_anothers_place_keeps_its_fonts_hinted() {
        let font = Usage::of(Pools::ANONYMOUS, Demand::URGENT, Found::Css);
        let sheet = || KnownSheet {
            at: 1,
            uses: vec![(view(&[("fonts", font)]).uses.remove(0), 1.0)],
            imports: vec![],
        };
        let sheets = BTreeMap::from([("/1.css".to_owned(), sheet()), ("/2.css".to_owned(), sheet())]);
        let mut page = Page::default();
        let mut observation = view(&[]);
        for n in 0..200 {
            observation.sheets = vec![if n < 150 { "/1.css" } else { "/2.css" }.to_owned()];
            page.absorb(&observation, 1000);
            about(candidate(&page, "fonts", &sheets).unwrap().anonymous.share, 1.0);
        }
    }

    #[test]
    fn what_has_moved_from_the_html_into_a_script_is_told_by_browsers() {
        let url = Url::parse("https://shop.example/").unwrap();
        let none = BTreeMap::new();
        let mut page = page(50, &[("tags", plain())]);
        let mut observation = view(&[]);
        observation.sources = vec!["https://tags.example".to_owned()];
        for _ in 0..60 {
            page.absorb(&observation, 1000);
            page.absorb_confirmation(&told(&[("tags", 1, 0)]), &url, &none, 1000);
        }
        let tags = candidate(&page, "tags", &none).unwrap();
        about(tags.share, 1.0);
        assert!(tags.credentialed.share > 0.8, "{}", tags.credentialed.share);
        assert_eq!(tags.found, Found::Script);
    }

    fn told(origins: &[(&str, u8, u32)]) -> Confirmation {
        let loaded = |(host, pools, connect_ms): &(&str, u8, u32)| Loaded {
            origin: origin(host),
            pools: pools & 3,
            is_frame: pools & 4 != 0,
            start_ms: 10,
            connect_ms: *connect_ms,
        };
        Confirmation { path: "/".to_owned(), origins: origins.iter().map(loaded).collect() }
    }

    #[test]
    fn browsers_confirm_and_rank_what_the_site_names_and_introduce_nothing() {
        let url = Url::parse("https://shop.example/").unwrap();
        let font = Usage::of(Pools::ANONYMOUS, Demand::URGENT, Found::Css);
        let uses = vec![(view(&[("sheet", font)]).uses.remove(0), 1.0)];
        let sheets = BTreeMap::from([("/s.css".to_owned(), KnownSheet { at: 1, uses, imports: vec![] })]);
        let mut page = Page::default();
        let mut observation = view(&[("html", plain())]);
        observation.sources = vec!["https://policy.example".to_owned()];
        observation.sheets = vec!["/s.css".to_owned()];
        for _ in 0..5 {
            page.absorb(&observation, 1000);
        }
        let confirmation = told(&[
            ("html", 3, 80),
            ("policy", 2, 0),
            ("sheet", 2, 300),
            ("evil", 3, 0),
            ("shop", 1, 0),
            ("frame", 4, 0),
        ]);
        for _ in 0..20 {
            // A few words count for nothing yet.
            about(candidate(&page, "policy", &sheets).map_or(0.0, |candidate| candidate.share), 0.0);
            page.absorb_confirmation(&confirmation, &url, &sheets, 1000);
        }
        let html = candidate(&page, "html", &sheets).unwrap();
        about(html.credentialed.share, 1.0);
        about(html.anonymous.share, 1.0);
        about(html.connect_ms, 80.0);
        let policy = candidate(&page, "policy", &sheets).unwrap();
        about(policy.anonymous.share, 1.0);
        about(policy.credentialed.share, 0.0);
        assert_eq!(policy.found, Found::Script);
        about(candidate(&page, "sheet", &sheets).unwrap().connect_ms, 300.0);
        for host in ["evil", "shop", "frame"] {
            assert!(candidate(&page, host, &sheets).is_none(), "{host}");
        }
    }

    #[test]
    fn the_markup_decides_about_cookies_where_it_can() {
        let url = Url::parse("https://shop.example/").unwrap();
        let module = Usage::of(Pools::ANONYMOUS, Demand::ONE, Found::Head);
        let mut page = page(5, &[("cdn", module)]);
        for _ in 0..30 {
            page.absorb_confirmation(&told(&[("cdn", 1, 0)]), &url, &BTreeMap::new(), 1000);
        }
        about(candidate(&page, "cdn", &BTreeMap::new()).unwrap().credentialed.share, 0.0);
    }

    #[test]
    fn a_page_remembers_a_bounded_number_of_origins_and_keeps_the_most_used() {
        let mut page = Page::default();
        for n in 0..1000 {
            let strays: Vec<String> = (0..30).map(|stray| format!("s{n}-{stray}")).collect();
            let mut uses: Vec<(&str, Usage)> = strays.iter().map(|host| (host.as_str(), plain())).collect();
            uses.push(("steady", plain()));
            let mut observation = view(&uses);
            observation.sheets = (0..30).map(|sheet| format!("/{n}-{sheet}.css")).collect();
            page.absorb(&observation, 1000);
        }
        assert_eq!((page.origins.len(), page.sheets.len()), (MAX_RECORDS, MAX_SHEETS));
        assert!(page.origins.iter().any(|record| record.origin == origin("steady")));
    }

    #[test]
    fn a_record_reads_back_as_it_was_written() {
        let mut page = page(3, &[("a", plain()), ("b", Usage::LOOKUP)]);
        page.absorb_confirmation(
            &told(&[("a", 3, 7)]),
            &Url::parse("https://shop.example/").unwrap(),
            &BTreeMap::new(),
            1000,
        );
        let json = serde_json::to_string(&page).unwrap();
        assert_eq!(serde_json::from_str::<Page>(&json).unwrap(), page);
    }
}
