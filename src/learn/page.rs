//! The record of one page: how many views were read, and which origins they needed, with decay.
//!
//! A view counts one when it happens, half as much a week later, and half as much a hundred views later; so old habits
//! fade without a clean-up, on busy pages soon and on quiet ones slowly. An origin that was there in most views and is
//! then missing from a few in a row is gone at once ([`is_gone`]). The record is bounded: origins that are gone leave first, then
//! the least used ones, and some places are for what the latest view has.

use super::next::visitor::Visitors;
use super::observation::{
    Confirmation, Loaded, MAX_ORIGINS, MAX_SHEETS, MAX_THIRD_PARTY_SHEETS, Observation, OriginUse,
};
use super::reports::Reports;
use super::sheet::{self, KnownSheet, SheetOfBuild};
use super::third_party_sheet;
use crate::csp;
use crate::hints::rank::{Candidate, Listed, Need};
use crate::hints::usage::{Demand, Found, Usage};
use crate::hints::{Origin, Pools};
use crate::learn::is_default;
use crate::sorting;
use crate::sorting::map::SortedMap;
use serde::{Deserialize, Serialize};
use url::Url;

/// The time in which a view's weight halves, in milliseconds: one week.
pub const HALF_LIFE_MS: f64 = 7.0 * 24.0 * 3600.0 * 1000.0;

/// The number of further views after which a view's weight has halved.
const HALF_LIFE_VIEWS: f64 = 100.0;

/// The most origins remembered of one page.
pub const MAX_RECORDS: usize = 40;

/// How many of them may be worth less than others, since the latest view has them.
const LATEST_RECORDS: usize = 8;

/// The weight below which a record is forgotten.
const LEAST_VIEWS: f64 = 0.05;

/// The least number of browsers' reports before their shares mean anything: more than one visitor sends in a while.
const MIN_CONFIRMATIONS: f64 = 18.0;

/// How likely a run of misses may be for an origin that is still in use.
const CHANCE_OF_A_RUN: f64 = 1e-6;

/// The longest connection time that is believed of a report, in milliseconds.
const MAX_CONNECT_MS: u32 = 2000;

/// The share of a page's views below which a stylesheet has no origin hinted.
const FEW: f64 = 0.3;

/// For how long what a third party's stylesheet was found to name holds, in milliseconds: it is read once a day.
const READING_HOLDS_MS: u64 = 36 * 3600 * 1000;

/// The most origins that are weighed for one page.
const MAX_CANDIDATES: usize = 100;

/// What is remembered of one page. All numbers of views are decayed to `at`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// The time that the numbers stand for, in milliseconds since the epoch.
    pub at: u64,
    /// When a view was last read, in milliseconds since the epoch; 0 in a record of an older version, which does not say.
    #[serde(default, skip_serializing_if = "is_default")]
    pub seen: u64,
    /// The visitors who were given it.
    #[serde(default, skip_serializing_if = "Visitors::is_none")]
    pub visitors: Visitors,
    /// The views that were read.
    pub views: f64,
    /// The views that were served, read or not.
    #[serde(default, skip_serializing_if = "is_default")]
    pub served: f64,
    /// Whether there was once enough evidence to publish this page.
    #[serde(default)]
    pub is_known: bool,
    /// The origins seen, in no order.
    pub origins: Vec<OriginRecord>,
    /// The stylesheets that it uses, the site's own and third parties'.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sheets: Vec<SheetRecord>,
    /// The hosts that its Content-Security-Policy named in the view that was read last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// How many browsers have reported what they loaded.
    #[serde(default, skip_serializing_if = "is_default")]
    pub confirmations: f64,
    /// The hints that were published last.
    #[serde(default, skip_serializing_if = "Listed::is_empty")]
    pub listed: Listed,
    /// What these browsers report besides, and what follows from it.
    #[serde(default, skip_serializing_if = "Reports::is_none")]
    pub reports: Reports,
}

/// What is remembered of one origin on one page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OriginRecord {
    /// The origin, serialised.
    pub origin: Origin,
    /// The views that used it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub views: f64,
    /// How many views in a row have not used it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub missed: u32,
    /// What was asked of its credentialed pool.
    #[serde(default, skip_serializing_if = "PoolRecord::is_empty")]
    pub credentialed: PoolRecord,
    /// What was asked of its anonymous pool.
    #[serde(default, skip_serializing_if = "PoolRecord::is_empty")]
    pub anonymous: PoolRecord,
    /// The views that had rendering wait for it.
    #[serde(default, skip_serializing_if = "is_default")]
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
    #[serde(default, skip_serializing_if = "is_default")]
    pub looked_up: f64,
    /// The views whose only sign of it was a link that redirects there.
    #[serde(default, skip_serializing_if = "is_default")]
    pub linked: f64,
    /// The clicks on such links, of all the views that were served.
    #[serde(default, skip_serializing_if = "is_default")]
    pub clicks: f64,
    /// The browsers that have reported it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub confirmed: f64,
    /// The reports that name all that was loaded, since it stands in the HTML: those that name it, and all of them.
    #[serde(default, skip_serializing_if = "is_pair_of_zeros")]
    pub told_in_full: [f64; 2],
    /// How long connecting took by their reports, in milliseconds; 0 where none of them knew.
    #[serde(default, skip_serializing_if = "is_default")]
    pub connect_ms: f64,
    /// When the first request began by their reports, in milliseconds since the navigation.
    #[serde(default, skip_serializing_if = "is_default")]
    pub start_ms: f64,
}

/// What was asked of one pool of an origin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PoolRecord {
    /// The views that used the pool.
    pub views: f64,
    /// The urgent requests of all these views.
    pub urgent: f64,
    /// The browsers that have reported it.
    pub confirmed: f64,
}

/// A stylesheet, and the views that used it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SheetRecord {
    /// Its path and query, or a third party's [`name`](super::third_party_sheet::name).
    pub name: String,
    /// The views that used it.
    pub views: f64,
    /// The views since the first that did; `None` where an older version has not written that down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<f64>,
    /// How many views in a row have not used it.
    pub missed: u32,
}

impl SheetRecord {
    /// The share of the views that use it, of so many views of the page. A build that renames it is told by the first view: the
    /// views before could not use it. With one view less, since with little evidence no share is sure.
    fn share(&self, views: f64) -> f64 {
        let of = self.of.map_or(views, |of| of + 1.0);
        ratio(self.views, of).min(1.0)
    }

    /// Whether the page, of so many views, uses it no more. The views before its first say nothing of that: of the third build of a site
    /// they are most of all.
    fn is_gone(&self, views: f64) -> bool {
        has_gone(self.views, self.of.unwrap_or(views), self.missed)
    }
}

fn is_pair_of_zeros(pair: &[f64; 2]) -> bool {
    pair.iter().all(is_default)
}

/// Whether something that a `share` of the views had, and that the last `missed` views did not, is gone: such a run is
/// then less likely than one in a million.
#[must_use]
pub fn is_gone(share: f64, missed: u32) -> bool {
    // Four views in a row at the least: one odd view, an error page with status 200 say, tells little.
    missed >= 4 && (1.0 - share).max(0.01).powf(f64::from(missed)) < CHANCE_OF_A_RUN
}

/// Whether what `seen` of these views had is gone, the last `missed` of them not having had it.
fn has_gone(seen: f64, views: f64, missed: u32) -> bool {
    // The share before the run began, and one view less: with little evidence no share is sure.
    let before = (views - f64::from(missed)).max(seen) + 1.0;
    is_gone(seen / before, missed)
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
fn reported_share(confirmed: f64, confirmations: f64) -> f64 {
    if confirmations >= MIN_CONFIRMATIONS { (confirmed / confirmations).min(1.0) } else { 0.0 }
}

/// An exponential mean: each new time weighs a fifth.
fn drift(before: Option<f64>, latest: u32) -> f64 {
    let latest = f64::from(latest);
    before.unwrap_or(latest) * 0.8 + latest * 0.2
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
            told_in_full: [0.0; 2],
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

    /// Takes a browser's report in. `is_marked_up` says that the page's HTML uses the origin, too.
    fn confirm(&mut self, loaded: &Loaded, is_marked_up: bool) {
        let mut pools = Pools::from_bits(loaded.pools);
        if is_marked_up {
            // The markup knows better than an initiator whether cookies go with a script or a picture.
            pools.credentialed = false;
        } else {
            self.found = Found::Script.bits();
        }
        self.start_ms = drift((self.confirmed > 0.0).then_some(self.start_ms), loaded.start_ms);
        self.confirmed += 1.0;
        if !loaded.is_frame {
            self.credentialed.confirmed += f64::from(u8::from(pools.credentialed));
            self.anonymous.confirmed += f64::from(u8::from(pools.anonymous));
        }
        if loaded.connect_ms > 0 {
            let before = (self.connect_ms > 0.0).then_some(self.connect_ms);
            self.connect_ms = drift(before, loaded.connect_ms.min(MAX_CONNECT_MS));
        }
    }

    fn scale_confirmed(&mut self, factor: f64) {
        self.confirmed *= factor;
        self.told_in_full.iter_mut().for_each(|number| *number *= factor);
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
        self.trim_but_for(&observation.uses);
    }

    fn absorb_sheets(&mut self, names: &[String]) {
        for sheet in &mut self.sheets {
            sheet.missed = sheet.missed.saturating_add(1);
            sheet.of = sheet.of.map(|of| of + 1.0);
        }
        for name in names.iter().take(MAX_SHEETS + MAX_THIRD_PARTY_SHEETS) {
            if let Some(sheet) = self.sheets.iter_mut().find(|sheet| sheet.name == *name) {
                sheet.views += 1.0;
                sheet.missed = 0;
            } else {
                self.sheets.push(SheetRecord { name: name.clone(), views: 1.0, of: Some(1.0), missed: 0 });
            }
        }
        sorting::sort_by(&mut self.sheets, |a, b| a.missed.cmp(&b.missed).then(b.views.total_cmp(&a.views)));
        // Those of the site that change with each of its versions push out none of third parties.
        let mut room = [MAX_SHEETS, MAX_THIRD_PARTY_SHEETS];
        self.sheets.retain(|sheet| {
            let [own, third_partys] = &mut room;
            let room = if third_party_sheet::is_name(&sheet.name) { third_partys } else { own };
            let is_kept = *room > 0;
            *room = room.saturating_sub(1);
            is_kept
        });
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
        sheets: &SortedMap<String, KnownSheet>,
        now: u64,
    ) {
        self.decay_to(now);
        self.scale_confirmed((-1.0 / HALF_LIFE_VIEWS).exp2());
        self.confirmations += 1.0;
        let of_sheets = self.sheet_candidates(sheets);
        let own = Origin::of(url);
        self.absorb_absences(confirmation);
        for loaded in confirmation.origins.iter().take(MAX_ORIGINS) {
            if Some(&loaded.origin) == own.as_ref() || !self.names(&loaded.origin, url, &of_sheets) {
                continue;
            }
            let is_marked_up =
                self.origins.iter().any(|record| record.origin == loaded.origin && self.is_marked_up(record));
            self.with_record(&loaded.origin, |record| record.confirm(loaded, is_marked_up));
        }
        self.trim();
    }

    /// Takes in what a report that names all that was loaded tells of what it does not name: a script waits for consent, or a picture
    /// is far below. Where it names nothing of the HTML, scripts may have cleared what the browser had noted.
    fn absorb_absences(&mut self, confirmation: &Confirmation) {
        if !confirmation.is_whole {
            return;
        }
        // Of each record that stands in the HTML, whether it is named.
        let is_named = |record: &OriginRecord| {
            let is_in_html = record.views > 0.0 && self.is_marked_up(record);
            is_in_html.then(|| confirmation.origins.iter().any(|loaded| loaded.origin == record.origin))
        };
        let named: Vec<Option<bool>> = self.origins.iter().map(is_named).collect();
        if !named.contains(&Some(true)) {
            return;
        }
        for (record, is_named) in self.origins.iter_mut().zip(named) {
            let Some(is_named) = is_named else { continue };
            let [naming, all] = &mut record.told_in_full;
            *naming += f64::from(u8::from(is_named));
            *all += 1.0;
        }
    }

    /// Whether the site itself names this origin on this page.
    fn names(&self, origin: &Origin, url: &Url, of_sheets: &[Candidate]) -> bool {
        self.origins.iter().any(|record| record.origin == *origin)
            || of_sheets.iter().any(|candidate| candidate.origin == *origin)
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
        self.trim_but_for(&[]);
    }

    /// Has those leave that are worth least, where there are too many. Some places are for those of the latest view that are worth less
    /// than others: what is new has hardly any weight yet, and would itself be the first to leave, each time.
    fn trim_but_for(&mut self, of_view: &[OriginUse]) {
        self.origins.retain(|record| record.weight() >= LEAST_VIEWS);
        if self.origins.len() <= MAX_RECORDS {
            return;
        }
        let mut best = std::mem::take(&mut self.origins);
        self.sort_by_worth(&mut best);
        let others = best.split_off(MAX_RECORDS - LATEST_RECORDS);
        let (latest, others): (Vec<_>, Vec<_>) =
            others.into_iter().partition(|record| of_view.iter().any(|used| used.origin == record.origin));
        best.extend(latest.into_iter().chain(others).take(LATEST_RECORDS));
        self.origins = best;
    }

    /// Sorts origins by what speaks for remembering each, the least worth last. Views of one that is gone from the HTML count nothing.
    fn sort_by_worth(&self, origins: &mut [OriginRecord]) {
        let worth = |record: &OriginRecord| {
            let seen = record.views + record.linked;
            if has_gone(seen, self.views, record.missed) { record.confirmed } else { record.weight() }
        };
        sorting::sort_by(origins, |a, b| {
            let by_worth = worth(b).total_cmp(&worth(a)).then_with(|| a.missed.cmp(&b.missed));
            by_worth.then_with(|| a.origin.cmp(&b.origin))
        });
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
        self.scale_confirmed(factor);
        self.reports.scale(factor);
        self.trim();
    }

    fn scale_confirmed(&mut self, factor: f64) {
        self.confirmations *= factor;
        for record in &mut self.origins {
            record.scale_confirmed(factor);
        }
    }

    fn scale(&mut self, factor: f64) {
        self.views *= factor;
        self.served *= factor;
        for record in &mut self.origins {
            record.scale(factor);
        }
        for sheet in &mut self.sheets {
            sheet.views *= factor;
            sheet.of = sheet.of.map(|of| of * factor);
        }
    }

    /// Whether its views, or browsers' reports, still tell of an origin.
    #[must_use]
    pub fn has_in_use(&self, record: &OriginRecord) -> bool {
        self.is_marked_up(record) || reported_share(record.confirmed, self.confirmations) > 0.0
    }

    /// Whether its views still use a stylesheet.
    #[must_use]
    pub fn has_sheet_in_use(&self, record: &SheetRecord) -> bool {
        !record.is_gone(self.views)
    }

    /// Whether the page's HTML still uses an origin.
    fn is_marked_up(&self, record: &OriginRecord) -> bool {
        let seen = record.views + record.linked;
        seen > 0.0 && !has_gone(seen, self.views, record.missed)
    }

    /// The third parties' stylesheets that its views use, with those that are imported, be they read or not, and how many views
    /// use each; of those that few use, none.
    #[must_use]
    pub fn third_partys_sheets(&self, sheets: &SortedMap<String, KnownSheet>) -> SortedMap<String, f64> {
        let mut used: SortedMap<String, f64> = SortedMap::new();
        for record in &self.sheets {
            if !self.has_sheet_in_use(record) || record.share(self.views) < FEW {
                continue;
            }
            let top = std::iter::once(record.name.as_str());
            let reached = sheet::reached(top, |name| sheets.get(name), |sheet| &sheet.imports);
            for name in reached.into_keys().filter(|name| third_party_sheet::is_name(name)) {
                let views = used.entry(name.to_owned()).or_default();
                *views = views.max(record.views);
            }
        }
        used
    }

    /// What the stylesheets make a browser fetch on this page, with those that they import. After a deployment
    /// one stylesheet takes another's place: what the old one had counts as long as a current one has it, too.
    fn sheet_candidates(&self, sheets: &SortedMap<String, KnownSheet>) -> Vec<Candidate> {
        let mut candidates: Vec<(Candidate, bool)> = Vec::new();
        let names = self.sheets.iter().map(|record| record.name.as_str());
        let all = sheet::with_imports(names, |name| sheets.get(name), |sheet| &sheet.imports);
        let rare = sheet::rare_families(all.values().copied());
        for record in &self.sheets {
            let is_current = self.has_sheet_in_use(record);
            let share = ratio(record.views, self.views);
            let top = std::iter::once(record.name.as_str());
            let found = sheet::with_imports(top, |name| sheets.get(name), |sheet| &sheet.imports);
            let uses = found.values().flat_map(|sheet| sheet.uses.iter().map(move |used| (sheet, used)));
            for (sheet, (used, weight)) in uses {
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
                // As in a sheet that has both the fonts and the rules.
                if !sheet.has_rare_fonts(&used.origin, &rare) {
                    add(&mut candidate.anonymous, used.usage.anonymous);
                }
                if used.usage.blocks_rendering {
                    candidate.blocking = (candidate.blocking + share).min(1.0);
                }
                candidate.found = candidate.found.min(used.usage.found);
                *current |= is_current;
            }
        }
        candidates.into_iter().filter(|(_, is_current)| *is_current).map(|(candidate, _)| candidate).collect()
    }

    /// The stylesheets that it uses now, at `now` (milliseconds since the epoch), the site's own and third parties', with those that they
    /// import, and the share of the views that use each. A third party's that was not read of late may name other parts by now: nobody
    /// tells of them.
    #[must_use]
    pub fn current_sheets<'a>(
        &self,
        sheets: &'a SortedMap<String, KnownSheet>,
        now: u64,
    ) -> Vec<(f64, &'a KnownSheet)> {
        let is_sure = |name: &str, sheet: &KnownSheet| {
            !third_party_sheet::is_name(name) || now.saturating_sub(sheet.at) < READING_HOLDS_MS
        };
        let mut current = Vec::new();
        for record in self.sheets.iter().filter(|record| self.has_sheet_in_use(record)) {
            // By the names that the map has, which live as long as it does.
            let Some((top, _)) = sheets.get_key_value(&record.name) else { continue };
            let top = std::iter::once(top.as_str());
            let found = sheet::with_imports(top, |name| sheets.get(name), |sheet| &sheet.imports);
            let sure = found.into_iter().filter(|(name, sheet)| is_sure(name, sheet));
            current.extend(sure.map(|(_, sheet)| (record.share(self.views), sheet)));
        }
        current
    }

    /// The same by their names, each once.
    #[must_use]
    pub fn named_sheets<'a>(
        &'a self,
        sheets: &'a SortedMap<String, KnownSheet>,
    ) -> SortedMap<&'a str, &'a KnownSheet> {
        let current = self.sheets.iter().filter(|record| self.has_sheet_in_use(record));
        let names = current.map(|record| record.name.as_str());
        sheet::with_imports(names, |name| sheets.get(name), |sheet| &sheet.imports)
    }

    /// Those that it uses or has used lately, and which of them its latest view had.
    #[must_use]
    pub fn sheets_of_builds<'a>(&self, sheets: &'a SortedMap<String, KnownSheet>) -> Vec<SheetOfBuild<'a>> {
        let reached_by = |is_meant: &dyn Fn(&SheetRecord) -> bool| {
            // By the names that the map has, which live as long as it does.
            let names = self.sheets.iter().filter(|record| is_meant(record));
            let names = names.filter_map(|record| sheets.get_key_value(&record.name));
            let names = names.map(|(name, _)| name.as_str());
            sheet::with_imports(names, |name| sheets.get(name), |sheet| &sheet.imports)
        };
        let latest = reached_by(&|record| record.missed == 0);
        let all = reached_by(&|_| true).into_iter();
        all.map(|(name, sheet)| SheetOfBuild { sheet, is_of_latest_view: latest.contains_key(name) })
            .collect()
    }

    /// What speaks for and against hinting each of the origins, its own and those of its stylesheets.
    #[must_use]
    pub fn candidates(&self, sheets: &SortedMap<String, KnownSheet>) -> Vec<Candidate> {
        let mut candidates: Vec<Candidate> =
            self.origins.iter().filter_map(|record| self.candidate(record)).collect();
        for candidate in self.sheet_candidates(sheets) {
            Candidate::merge(&mut candidates, candidate);
        }
        candidates
    }

    /// What is known of one origin; `None` when nothing of it is left.
    fn candidate(&self, record: &OriginRecord) -> Option<Candidate> {
        let reported = reported_share(record.confirmed, self.confirmations);
        let is_marked_up = self.is_marked_up(record);
        if !is_marked_up && reported == 0.0 {
            return None;
        }
        // What is no longer in the HTML may have moved into a script; then only what browsers report counts.
        let views = |number: f64| if is_marked_up { ratio(number, self.views) } else { 0.0 };
        // What the HTML names and browsers do not load is used by as many views as they say.
        let named = views(record.views);
        let [naming, all] = record.told_in_full;
        let is_known = all >= MIN_CONFIRMATIONS && named > 0.0;
        let loaded = if is_known { (ratio(naming, all) / named).min(1.0) } else { 1.0 };
        let need = |pool: &PoolRecord| {
            let reported = reported_share(pool.confirmed, self.confirmations);
            let by_html = |number: f64| (views(number) * loaded).max(reported);
            Need { share: by_html(pool.views), urgent: by_html(pool.urgent) }
        };
        let is_mostly = |number: f64| number > 0.0 && views(number) >= 0.5;
        let [credentialed, anonymous] = record.preconnected;
        Some(Candidate {
            share: (named * loaded).max(reported),
            credentialed: need(&record.credentialed),
            anonymous: need(&record.anonymous),
            blocking: views(record.blocking) * loaded,
            found: if is_marked_up { Found::from_bits(record.found) } else { Found::Script },
            order: record.order,
            connect_ms: record.connect_ms,
            start_ms: if reported > 0.0 { record.start_ms } else { 0.0 },
            preconnected: Pools { credentialed: is_mostly(credentialed), anonymous: is_mostly(anonymous) },
            looked_up: is_mostly(record.looked_up),
            followed: if record.linked > 0.0 { ratio(record.clicks, self.served).min(1.0) } else { 0.0 },
            ..Candidate::new(record.origin.clone())
        })
    }
}

#[cfg(test)]
mod tests;
