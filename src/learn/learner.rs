//! The hint learner, over any store: it takes batches of observations in, and chooses the hints to publish.
//!
//! The Durable Object of `edge` keeps its [`Store`] in SQLite; the command line and the simulations keep theirs in
//! [`Memory`](crate::store::Memory). Everything that is stored is bounded in number: the records with the lowest
//! sort keys are removed, and of pages those that [`places`] has none for.
//!
//! # What is remembered of whom
//!
//! A page is remembered by its path once it was seen often enough, and by several visitors, to be published, and by a hash until
//! then ([`names`]). What was not seen for four weeks is forgotten. An origin is named to others, and in the records, once several
//! visitors of the site were shown it ([`Shown`]), and so is a third party's stylesheet; a hash stands in its place until then, and
//! always in that of a stylesheet of the site ([`hidden_names`]).
//!
//! # The sort key
//!
//! With all weights halving each week, the logarithm of a page's views plus the weeks since the epoch never changes its
//! order against another page's, so it can be stored and compared at any time without being updated.

use super::comparison;
use super::hidden_names::{self, Told};
use super::names::{self, LIFE_MS, is_hidden, is_hidden_url, is_secret};
use super::news;
use super::next::visitor::{DAY_MS, day_of};
use super::observation::Batch;
use super::page::{HALF_LIFE_MS, Page};
use super::places;
use super::reading_list;
use super::redirects;
use super::reports::Circumstances;
use super::reports::fonts::with_fonts;
use super::route_preloads::{self, PagePreloads};
use super::routes::{self, Common, Weighed};
use super::sheet::{self, KnownSheet};
use super::shown_to::Shown;
use super::third_party_sheet;
use super::vitals;
use crate::hints::Origin;
use crate::hints::rank::{self, Candidate, Evidence, HintPreferences, Listed, Thresholds};
use crate::json;
use crate::published::hint_snapshot::{HintChoice, learner_name};
use crate::sorting;
use crate::sorting::map::{SortedMap, SortedSet};
use crate::store::{Kind, Store};
use serde::{Deserialize, Serialize};
use url::Url;

/// The least evidence, in (decayed) views of a page, before anything is published for it. A little under three, since
/// the first view has already decayed when the third comes.
pub const MIN_VIEWS: f64 = 2.9;

/// The share of a page's views that must need an origin.
pub const PAGE: Thresholds = Thresholds { enter: 0.5, stay: 0.3 };

/// The views below which a page is no longer known: two and a half weeks after three views.
const FORGOTTEN_VIEWS: f64 = 0.5;

/// The most stylesheets that one learner remembers.
const MAX_SHEETS: usize = 400;

/// A value to publish, and the KV key it goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// The KV key.
    pub key: String,
    /// The value.
    pub value: String,
}

/// Takes a batch in, at `now` (milliseconds since the epoch).
///
/// # Errors
/// The store's own.
pub fn merge<S: Store>(
    store: &mut S,
    batch: &Batch,
    preferences: &HintPreferences,
    now: u64,
) -> Result<(), S::Error> {
    let key = &batch.names;
    let mut shown = Shown::load(store)?;
    let told = shown.change(store, |shown| shown.add(batch, preferences))?;
    reveal(store, &told)?;
    let batch = &hidden_names::hidden(batch, &shown.told(preferences));
    let mut of_known_pages: Vec<&str> = Vec::new();
    for observation in batch.observations.iter().filter(|observation| !is_secret(&observation.path)) {
        let found = find(store, &observation.path, key)?;
        let (name, mut page) = found.unwrap_or_else(|| (key.hide(&observation.path), Page::default()));
        page.absorb(observation, now);
        page.seen = page.seen.max(now);
        page.visitors.add(batch.day, observation.by.as_slice());
        page.reports.absorb_view(observation, batch.day, preferences.several);
        let is_told_now = is_hidden(&name) && is_told(&page, preferences, now);
        if is_told_now {
            store.remove(Kind::Page, &name)?;
        }
        let name = if is_told_now { &observation.path } else { &name };
        put_page(store, name, &page)?;
        if !is_hidden(name) {
            of_known_pages.extend(observation.sheets.iter().map(String::as_str));
        }
    }
    let of_known_pages = sheet::with_imports(
        of_known_pages.into_iter(),
        |name| batch.sheets.get(name),
        |sheet| sheet.imports.as_slice(),
    );
    for (name, sheet) in &batch.sheets {
        let known = store.get(Kind::Sheet, name)?;
        let mut known: KnownSheet = known.map(|record| read(&record)).unwrap_or_default();
        let has_changed = known.absorb(sheet, of_known_pages.contains_key(name.as_str()));
        // Of the same reading another name may be told by now.
        if known.rename_imports(sheet) || has_changed {
            put(store, Kind::Sheet, name, &known, weeks(now))?;
        }
    }
    store.truncate(Kind::Sheet, MAX_SHEETS)?;
    for click in &batch.clicks {
        if let Some((name, mut page)) = find(store, &click.path, key)? {
            page.absorb_clicks(&click.origin, click.times, now);
            put_page(store, &name, &page)?;
        }
    }
    redirects::merge(store, &batch.redirects, (batch.day, key), preferences, now)?;
    if !batch.confirmations.is_empty() {
        let mut sheets = own_sheets(store)?;
        sheets.extend(third_partys_sheets(store, preferences)?);
        for confirmation in &batch.confirmations {
            // A report on a page that was never read has nothing to confirm.
            let Some((name, mut page)) = find(store, &confirmation.path, key)? else { continue };
            let url = format!("https://{}{}", batch.site, confirmation.path);
            let Ok(url) = Url::parse(&url) else { continue };
            if !page.reports.admit(batch.day, confirmation.by, preferences.several) {
                continue;
            }
            page.absorb_confirmation(confirmation, &url, &sheets, now);
            // What few visitors know is asked nobody, so nobody has told of it but in play.
            if let Some(report) = confirmation.report.as_ref().filter(|_| !is_hidden(&name)) {
                let report = with_fonts(report, &page.named_sheets(&sheets));
                let of_builds = page.sheets_of_builds(&sheets);
                page.reports.absorb(&report, &of_builds, batch.day, confirmation.by);
                vitals::merge(store, &name, &report, now)?;
            }
            put_page(store, &name, &page)?;
        }
    }
    places::keep_bound(store, now)?;
    store.put(Kind::Fact, "key", &learner_name(&batch.site, batch.shard), 0.0)
}

/// Chooses the hints of all pages, routes and the site at `now`, and remembers what was chosen. Answers what to publish,
/// unless the same was published last.
///
/// # Errors
/// The store's own.
pub fn choose<S: Store>(
    store: &mut S,
    preferences: &HintPreferences,
    now: u64,
) -> Result<Option<Publication>, S::Error> {
    // First: where no page was ever seen, something may have been read for other learners.
    forget_old(store, Kind::ThirdPartySheet, now)?;
    forget_old(store, Kind::Tally, now)?;
    let Some(key) = store.get(Kind::Fact, "key")? else { return Ok(None) };
    forget_old(store, Kind::Sheet, now)?;
    forget_old(store, Kind::Vitals, now)?;
    let mut shown = Shown::load(store)?;
    shown.change(store, |shown| shown.expire(day_of(now)))?;
    let told = shown.told(preferences);
    let mut sheets = tidy_sheets(store, &told)?;
    sheets.extend(third_partys_sheets(store, preferences)?);
    // Whoever was shown a third party's stylesheet was shown what it names.
    let third_partys = sheets.iter().filter(|(name, _)| third_party_sheet::is_name(name));
    let of_third_parties: SortedSet<&Origin> =
        third_partys.flat_map(|(_, sheet)| &sheet.uses).map(|(used, _)| &used.origin).collect();
    let mut wanted: SortedMap<String, f64> = SortedMap::new();
    let mut pages: Vec<Weighed> = Vec::new();
    for (path, record) in store.all(Kind::Page)? {
        let mut page: Page = read(&record);
        // An older version may have written secrets down.
        let seen = if page.seen > 0 { page.seen } else { page.at };
        if now.saturating_sub(seen) > LIFE_MS || is_secret(&path) {
            store.remove(Kind::Page, &path)?;
            continue;
        }
        if told.tidy_page(&mut page) {
            put_page(store, &path, &page)?;
        }
        if is_hidden(&path) {
            continue;
        }
        page.decay_to(now);
        let is_known = is_told(&page, preferences, now) || (page.is_known && page.views >= FORGOTTEN_VIEWS);
        if page.is_known != is_known {
            page.is_known = is_known;
            if !is_known {
                page.listed = Listed::default();
            }
            put_page(store, &path, &page)?;
        }
        if is_known {
            let mut candidates = page.candidates(&sheets);
            candidates.retain(|candidate| {
                shown.origins.is_shown_to(&candidate.origin, preferences.several, day_of(now))
                    || of_third_parties.contains(&candidate.origin)
            });
            // What few were shown is asked for by nobody: it is known by a hash alone.
            let named =
                page.third_partys_sheets(&sheets).into_iter().filter(|(name, _)| !is_hidden_url(name));
            named.for_each(|(name, views)| *wanted.entry(name).or_default() += views);
            pages.push((path, page, candidates));
        }
    }
    reading_list::want(store, if preferences.reads_third_parties { wanted } else { SortedMap::new() }, now)?;
    sorting::sort_by(&mut pages, |(path_a, a, _), (path_b, b, _)| {
        b.views.total_cmp(&a.views).then_with(|| path_a.cmp(path_b))
    });
    let common = routes::generalise(&pages);
    let mut choice = choose_common(store, &common, preferences)?;
    choice.redirects = redirects::choose(store, &told, preferences, now)?;
    let views = pages.iter().map(|(_, page, _)| page.reports.views_before(day_of(now))).sum();
    choice.compares = comparison::has_traffic(store, pages.len(), views)?;
    let comparisons = if choice.compares { vitals::comparisons(store, now)? } else { Vec::new() };
    if !comparisons.is_empty() {
        choice.gains = serde_json::to_string(&comparisons).unwrap_or_default();
    }
    choose_for_pages(store, pages, &sheets, &mut choice, (preferences, now))?;
    choice.why.retain(|_, why| !why.is_empty());
    let value = choice.to_value();
    let is_new = news::is_new(store, &value, now)?;
    Ok(is_new.then_some(Publication { key, value }))
}

/// The stylesheets of the site, without what was named once, and is forgotten by now.
fn tidy_sheets<S: Store>(store: &mut S, told: &Told<'_>) -> Result<SortedMap<String, KnownSheet>, S::Error> {
    let mut sheets = own_sheets(store)?;
    // An older version may have written names down.
    for name in sheets.keys().filter(|name| !is_hidden(name)) {
        store.remove(Kind::Sheet, name)?;
    }
    sheets.retain(|name, _| is_hidden(name));
    for (name, sheet) in &mut sheets {
        if told.tidy_sheet(sheet) {
            put(store, Kind::Sheet, name, sheet, weeks(sheet.at))?;
        }
    }
    Ok(sheets)
}

/// Chooses the hints and the preloads of each page, the most viewed first, and who is asked.
fn choose_for_pages<S: Store>(
    store: &mut S,
    pages: Vec<Weighed>,
    sheets: &SortedMap<String, KnownSheet>,
    choice: &mut HintChoice,
    (preferences, now): (&HintPreferences, u64),
) -> Result<(), S::Error> {
    let mut preloads = Vec::new();
    for (path, mut page, candidates) in pages {
        let (listed, reports) = (page.listed.clone(), page.reports.clone());
        let current = page.current_sheets(sheets, now);
        let hints = rank::choose(&candidates, &mut page.listed, PAGE, preferences);
        let chosen = page.reports.choose(&Circumstances {
            preferences,
            sheets: &current,
            // What the page may connect to, it may load from.
            is_shown: &|resource| {
                resource.other_origins().all(|origin| candidates.iter().any(|known| known.origin == origin))
            },
            now,
            today: day_of(now),
        });
        let ask = page.reports.ask(day_of(now), now).filter(|_| preferences.asks);
        if listed != page.listed || reports != page.reports {
            put_page(store, &path, &page)?;
        }
        let why: Vec<Evidence> = hints.iter().filter_map(|hint| rank::evidence(&candidates, hint)).collect();
        let withheld = page.reports.withheld(&current);
        let named = current.into_iter().flat_map(|(_, sheet)| &sheet.resources);
        let named = named.filter(|named| !withheld.has_import(&named.resource));
        preloads.push(PagePreloads {
            path: path.clone(),
            own: chosen.preloads,
            is_evident: page.reports.are_enough(preferences.several, day_of(now)),
            named: named.map(|named| named.resource.clone()).collect(),
        });
        choice.largest.extend(chosen.largest.map(|url| (path.clone(), url)));
        choice.asks.extend(ask.map(|halvings| (path.clone(), halvings)));
        choice.why.insert(path.clone(), why);
        choice.pages.push((path, hints));
    }
    let alike =
        route_preloads::generalise(&preloads, choice.routes.keys().map(String::as_str), preferences.preload);
    for page in &preloads {
        choice.add_preloads(page.path.clone(), page.given(&alike));
    }
    for (template, alike) in alike {
        choice.add_preloads(template, alike.of_unread);
    }
    Ok(())
}

/// Forgets the records of a kind that nothing was heard of for four weeks. When that was is their sort key, in [`weeks`].
///
/// # Errors
/// The store's own.
pub(super) fn forget_old<S: Store>(store: &mut S, kind: Kind, now: u64) -> Result<(), S::Error> {
    for name in store.due_before(kind, weeks(now.saturating_sub(LIFE_MS)))?.0 {
        store.remove(kind, &name)?;
    }
    Ok(())
}

/// Forgets the page at a path, by whichever name it is remembered, with the stylesheets and origins that no other page names, and
/// where the path leads.
///
/// # Errors
/// The store's own.
pub fn forget<S: Store>(store: &mut S, path: &str, key: &names::NameKey) -> Result<(), S::Error> {
    store.remove(Kind::Vitals, path)?;
    let mut forgotten = Vec::new();
    for name in [path.to_owned(), key.hide(path)] {
        forgotten.extend(store.get(Kind::Page, &name)?.map(|record| read::<Page>(&record)));
        store.remove(Kind::Page, &name)?;
    }
    redirects::forget(store, path, key)?;
    let others: Vec<Page> = store.all(Kind::Page)?.into_iter().map(|(_, record)| read(&record)).collect();
    let mut sheets = own_sheets(store)?;
    sheets.extend(reading_list::known(store)?);
    let kept_sheets = sheets_of(&others, &sheets);
    for name in sheets_of(&forgotten, &sheets) {
        if !kept_sheets.contains(&name) {
            store.remove(Kind::Sheet, &name)?;
        }
    }
    // What was read for other learners leaves, too: which of it the forgotten page had is not known here.
    reading_list::retain(store, |name| kept_sheets.contains(name))?;
    let of_pages = others.iter().flat_map(|page| &page.origins).map(|record| &record.origin);
    let of_sheets = kept_sheets.iter().filter_map(|name| sheets.get(name)).flat_map(|sheet| &sheet.uses);
    let of_redirects = redirects::targets(store)?;
    let kept: SortedSet<&Origin> =
        of_pages.chain(of_sheets.map(|(used, _)| &used.origin)).chain(&of_redirects).collect();
    Shown::load(store)?.change(store, |shown| {
        shown.origins.retain(|origin| kept.contains(origin));
        shown.sheets.retain(|name| kept_sheets.contains(name));
    })
}

/// The names of the stylesheets of pages, with those that they import.
fn sheets_of(pages: &[Page], sheets: &SortedMap<String, KnownSheet>) -> SortedSet<String> {
    let names = pages.iter().flat_map(|page| &page.sheets).map(|sheet| sheet.name.as_str());
    let reached = sheet::reached(names, |name| sheets.get(name), |sheet| &sheet.imports);
    reached.into_keys().map(str::to_owned).collect()
}

/// Writes down what several visitors were shown by now, wherever a hash stands for it.
fn reveal<S: Store>(store: &mut S, told: &[(String, String)]) -> Result<(), S::Error> {
    if told.is_empty() {
        return Ok(());
    }
    // Records are JSON: a URL may have a backslash.
    let told: Vec<(&str, String)> = told
        .iter()
        .filter_map(|(hidden, name)| Some((hidden.as_str(), serde_json::to_string(name).ok()?)))
        .collect();
    let revealed = |record: String| {
        told.iter().any(|(hidden, _)| record.contains(hidden)).then(|| {
            told.iter().fold(record, |record, (hidden, name)| record.replace(hidden, name.trim_matches('"')))
        })
    };
    for (name, record) in store.all(Kind::Page)? {
        if let Some(record) = revealed(record) {
            let mut page = read::<Page>(&record);
            let (mut origins, mut sheets) = (SortedSet::new(), SortedSet::new());
            page.origins.retain(|record| origins.insert(record.origin.clone()));
            page.sheets.retain(|sheet| sheets.insert(sheet.name.clone()));
            put_page(store, &name, &page)?;
        }
    }
    for (name, record) in store.all(Kind::Sheet)? {
        if let Some(record) = revealed(record) {
            let sheet: KnownSheet = read(&record);
            put(store, Kind::Sheet, &name, &sheet, weeks(sheet.at))?;
        }
    }
    redirects::reveal(store, revealed)
}

/// In how many milliseconds to choose again though nothing comes in: when something may have to be forgotten; `None` where nothing
/// is left.
///
/// # Errors
/// The store's own.
pub fn wait_ms<S: Store>(store: &S) -> Result<Option<u64>, S::Error> {
    let kinds = [Kind::Page, Kind::Sheet, Kind::ThirdPartySheet, Kind::Redirect, Kind::Vitals, Kind::Tally];
    let left = kinds.into_iter().try_fold(0, |left, kind| Ok(left + store.count(kind)?))?;
    Ok((left > 0 || !Shown::load(store)?.is_empty()).then_some(DAY_MS))
}

/// Under which key something may be published, if this is a hint learner that was sent anything.
///
/// # Errors
/// The store's own.
pub fn key<S: Store>(store: &S) -> Result<Option<String>, S::Error> {
    store.get(Kind::Fact, "key")
}

/// The site whose pages a learner learns, as batches name it, and the learner's number; `None` where it was sent nothing.
///
/// # Errors
/// The store's own.
pub fn name<S: Store>(store: &S) -> Result<Option<(String, u32)>, S::Error> {
    Ok(key(store)?.and_then(|key| {
        let (site, shard) = key.rsplit_once('/')?;
        Some((site.to_owned(), shard.parse().ok()?))
    }))
}

/// Remembers that a value has been published.
///
/// # Errors
/// The store's own.
pub fn published<S: Store>(store: &mut S, value: &str) -> Result<(), S::Error> {
    news::published(store, value)
}

/// Takes back that anything has been published: what is chosen next is published, though it be the same.
///
/// # Errors
/// The store's own.
pub fn was_not_published<S: Store>(store: &mut S) -> Result<(), S::Error> {
    news::was_not_published(store)
}

/// Chooses for the routes and the site. What is listed is one record: by template, the site's under an empty name.
fn choose_common<S: Store>(
    store: &mut S,
    common: &Common,
    preferences: &HintPreferences,
) -> Result<HintChoice, S::Error> {
    let before: SortedMap<String, Listed> =
        store.get(Kind::Fact, "listed")?.map(|record| read(&record)).unwrap_or_default();
    let (mut after, mut why) = (SortedMap::new(), SortedMap::new());
    let mut choose = |name: &str, candidates: &[Candidate], thresholds| {
        let mut listed = before.get(name).cloned().unwrap_or_default();
        let hints = rank::choose(candidates, &mut listed, thresholds, preferences);
        after.insert(name.to_owned(), listed);
        let evidence: Vec<Evidence> =
            hints.iter().filter_map(|hint| rank::evidence(candidates, hint)).collect();
        if !evidence.is_empty() {
            why.insert(name.to_owned(), evidence);
        }
        hints
    };
    let routes = common
        .routes
        .iter()
        .map(|(template, candidates)| (template.clone(), choose(template, candidates, routes::ROUTE)))
        .collect();
    let site = common.site.as_ref().map(|candidates| choose("", candidates, routes::SITE));
    if after != before {
        put(store, Kind::Fact, "listed", &after, 0.0)?;
    }
    Ok(HintChoice { routes, site, why, ..HintChoice::default() })
}

/// What is known of the site's own stylesheets.
pub(super) fn own_sheets<S: Store>(store: &S) -> Result<SortedMap<String, KnownSheet>, S::Error> {
    Ok(store.all(Kind::Sheet)?.into_iter().map(|(name, record)| (name, read(&record))).collect())
}

/// What is known of third parties' stylesheets, as far as these count.
fn third_partys_sheets<S: Store>(
    store: &S,
    preferences: &HintPreferences,
) -> Result<SortedMap<String, KnownSheet>, S::Error> {
    if preferences.reads_third_parties { reading_list::known(store) } else { Ok(SortedMap::new()) }
}

/// The record of a page, and the name under which it is remembered.
fn find<S: Store>(store: &S, path: &str, key: &names::NameKey) -> Result<Option<(String, Page)>, S::Error> {
    for name in [path.to_owned(), key.hide(path)] {
        if let Some(record) = store.get(Kind::Page, &name)? {
            return Ok(Some((name, read(&record))));
        }
    }
    Ok(None)
}

/// Whether a page was seen so often, and by so many, that it is remembered by its path, and published.
fn is_told(page: &Page, preferences: &HintPreferences, now: u64) -> bool {
    page.views >= MIN_VIEWS && page.visitors.most(day_of(now)) >= preferences.several
}

/// Reads a record. One that cannot be read, of another version say, starts anew.
pub(super) fn read<T: Default + for<'de> Deserialize<'de>>(record: &str) -> T {
    json::read(record).unwrap_or_default()
}

/// Writes a record in place of the old one.
pub(super) fn put<S: Store, T: Serialize>(
    store: &mut S,
    kind: Kind,
    name: &str,
    record: &T,
    sort_key: f64,
) -> Result<(), S::Error> {
    // Plain data with text keys can always be written; were it not so, the old record stays.
    let Ok(value) = serde_json::to_string(record) else { return Ok(()) };
    store.put(kind, name, &value, sort_key)
}

/// Writes a page's record, so sorted that pages which are seen often and lately are imported first.
pub(super) fn put_page<S: Store>(store: &mut S, path: &str, page: &Page) -> Result<(), S::Error> {
    put(store, Kind::Page, path, page, page.views.max(f64::MIN_POSITIVE).log2() + weeks(page.at))
}

/// A time in half-lives since the epoch.
pub(super) fn weeks(at: u64) -> f64 {
    // Milliseconds since the epoch fit the 52 bits of an f64.
    #[allow(clippy::cast_precision_loss)]
    let weeks = at as f64 / HALF_LIFE_MS;
    weeks
}

#[cfg(test)]
mod tests;
