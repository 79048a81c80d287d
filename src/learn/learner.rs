//! The hint learner, over any store: it takes batches of observations in, and chooses the hints to publish.
//!
//! The Durable Object of `edge` keeps its [`Store`] in SQLite; the command line and the simulations keep theirs in
//! [`Memory`](crate::store::Memory). Everything that is stored is bounded in number: the records with the lowest
//! sort keys are removed.
//!
//! # What is remembered of whom
//!
//! A page is remembered by its path once it was seen often enough, and by several visitors, to be published, and by a hash until
//! then ([`names`]). What was not seen for four weeks is forgotten. An origin is named to others once several visitors of the site
//! were shown it ([`ShownOrigins`]).
//!
//! # The sort key
//!
//! With all weights halving each week, the logarithm of a page's views plus the weeks since the epoch never changes its
//! order against another page's, so it can be stored and compared at any time without being updated.

use super::names::{self, LIFE_MS, is_hidden, is_secret};
use super::next::visitor::{DAY_MS, day_of};
use super::observation::{Batch, Observation};
use super::page::{HALF_LIFE_MS, Page};
use super::reading_list;
use super::redirects;
use super::routes::{self, Common, Weighed};
use super::sheet::KnownSheet;
use super::shown_to::{ShownOrigins, ShownSheets};
use super::third_party_sheet;
use crate::hash::fnv1a;
use crate::hints::Origin;
use crate::hints::rank::{self, Candidate, HintPreferences, Listed, Thresholds};
use crate::limits::MAX_PAGES;
use crate::published::hint_snapshot::{HintChoice, learner_name};
use crate::store::{Kind, Store};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use url::Url;

/// The least evidence, in (decayed) views of a page, before anything is published for it. A little under three, since
/// the first view has already decayed when the third comes.
pub const MIN_VIEWS: f64 = 2.9;

/// The share of a page's views that must need an origin.
pub const PAGE: Thresholds = Thresholds { enter: 0.5, stay: 0.3 };

/// The views below which a page is no longer known: two and a half weeks after three views.
const FORGOTTEN_VIEWS: f64 = 0.5;

/// The most stylesheets that one learner remembers.
const MAX_SHEETS: usize = 200;

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
    let mut shown = shown_origins(store)?;
    if shown.add(batch.day, batch.shown.iter().map(|shown| (&shown.origin, shown.by.as_slice()))) {
        put(store, Kind::Fact, "shown", &shown, 0.0)?;
    }
    let shown_sheets = merge_shown_sheets(store, batch, preferences)?;
    // What one visitor alone was shown is neither written down nor asked for. What is written down already was shown to several, maybe
    // under another key.
    let is_several = |sheet: &String| {
        !third_party_sheet::is_name(sheet)
            || (preferences.reads_third_parties
                && shown_sheets.is_shown_to(&key.hide(sheet), preferences.several, batch.day))
    };
    for (name, sheet) in batch.sheets.iter().filter(|(name, _)| !third_party_sheet::is_name(name)) {
        let known = store.get(Kind::Sheet, name)?;
        let mut known: KnownSheet = known.map(|record| read(&record)).unwrap_or_default();
        let before = known.imports.clone();
        let is_new = known.absorb(sheet);
        let may_be_known = |name: &&String| is_several(name) || before.contains(name);
        let imports: Vec<String> = sheet.imports.iter().filter(may_be_known).cloned().collect();
        // Of the same reading more may be told by now.
        if is_new || (sheet.at == known.at && imports != before) {
            known.imports = imports;
            put(store, Kind::Sheet, name, &known, weeks(now))?;
        }
    }
    store.truncate(Kind::Sheet, MAX_SHEETS)?;
    for observation in batch.observations.iter().filter(|observation| !is_secret(&observation.path)) {
        let found = find(store, &observation.path, key)?;
        let (name, mut page) = found.unwrap_or_else(|| (key.hide(&observation.path), Page::default()));
        let may_be_known = |sheet: &&String| is_several(sheet) || page.uses_sheet(sheet);
        if observation.sheets.iter().all(|sheet| may_be_known(&sheet)) {
            page.absorb(observation, now);
        } else {
            let sheets = observation.sheets.iter().filter(may_be_known).cloned().collect();
            page.absorb(&Observation { sheets, ..observation.clone() }, now);
        }
        page.seen = page.seen.max(now);
        page.visitors.add(batch.day, observation.by.as_slice());
        if is_hidden(&name) && is_told(&page, preferences, now) {
            store.remove(Kind::Page, &name)?;
            put_page(store, &observation.path, &page)?;
        } else {
            put_page(store, &name, &page)?;
        }
    }
    for click in &batch.clicks {
        if let Some((name, mut page)) = find(store, &click.path, key)? {
            page.absorb_clicks(&click.origin, click.times, now);
            put_page(store, &name, &page)?;
        }
    }
    redirects::merge(store, &batch.redirects, (batch.day, key), preferences, now)?;
    if !batch.confirmations.is_empty() {
        let sheets = sheets(store, preferences)?;
        for confirmation in &batch.confirmations {
            // A report on a page that was never read has nothing to confirm.
            let Some((name, mut page)) = find(store, &confirmation.path, key)? else { continue };
            let url = format!("https://{}{}", batch.site, confirmation.path);
            let Ok(url) = Url::parse(&url) else { continue };
            page.absorb_confirmation(confirmation, &url, &sheets, now);
            put_page(store, &name, &page)?;
        }
    }
    store.truncate(Kind::Page, MAX_PAGES)?;
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
    let Some(key) = store.get(Kind::Fact, "key")? else { return Ok(None) };
    for name in store.due_before(Kind::Sheet, weeks(now.saturating_sub(LIFE_MS)))?.0 {
        store.remove(Kind::Sheet, &name)?;
    }
    reading_list::forget_old(store, now)?;
    let (sheets, shown) = (sheets(store, preferences)?, shown_origins(store)?);
    // Whoever was shown a third party's stylesheet was shown what it names.
    let third_partys = sheets.iter().filter(|(name, _)| third_party_sheet::is_name(name));
    let of_third_parties: BTreeSet<&Origin> =
        third_partys.flat_map(|(_, sheet)| &sheet.uses).map(|(used, _)| &used.origin).collect();
    let mut wanted: BTreeMap<String, f64> = BTreeMap::new();
    let mut pages: Vec<Weighed> = Vec::new();
    for (path, record) in store.all(Kind::Page)? {
        let mut page: Page = read(&record);
        // An older version may have written secrets down.
        let seen = if page.seen > 0 { page.seen } else { page.at };
        if now.saturating_sub(seen) > LIFE_MS || is_secret(&path) {
            store.remove(Kind::Page, &path)?;
            continue;
        }
        if is_hidden(&path) {
            continue;
        }
        page.decay_to(now);
        let is_known = is_told(&page, preferences, now) || (page.is_known && page.views >= FORGOTTEN_VIEWS);
        if page.is_known != is_known {
            page.is_known = is_known;
            put_page(store, &path, &page)?;
        }
        if is_known {
            let mut candidates = page.candidates(&sheets);
            candidates.retain(|candidate| {
                shown.is_shown_to(&candidate.origin, preferences.several, day_of(now))
                    || of_third_parties.contains(&candidate.origin)
            });
            for (sheet, views) in page.third_partys_sheets(&sheets) {
                *wanted.entry(sheet).or_default() += views;
            }
            pages.push((path, page, candidates));
        }
    }
    reading_list::want(store, if preferences.reads_third_parties { wanted } else { BTreeMap::new() })?;
    pages.sort_unstable_by(|(path_a, a, _), (path_b, b, _)| {
        b.views.total_cmp(&a.views).then_with(|| path_a.cmp(path_b))
    });
    let common = routes::generalise(&pages);
    let mut choice = choose_common(store, &common, preferences)?;
    choice.redirects = redirects::choose(store, preferences, now)?;
    for (path, mut page, candidates) in pages {
        let mut listed = page.listed.clone();
        let hints = rank::choose(&candidates, &mut listed, PAGE, preferences);
        if listed != page.listed {
            page.listed = listed;
            put_page(store, &path, &page)?;
        }
        choice.pages.push((path, hints));
    }
    let value = choice.to_value();
    let is_new = store.get(Kind::Fact, "published")? != Some(hash(&value));
    Ok(is_new.then_some(Publication { key, value }))
}

/// The site whose pages a learner learns, as batches name it, and its number; `None` before there was any batch.
///
/// # Errors
/// The store's own.
pub fn name<S: Store>(store: &S) -> Result<Option<(String, u32)>, S::Error> {
    let key = store.get(Kind::Fact, "key")?;
    Ok(key.and_then(|key| {
        let (site, shard) = key.rsplit_once('/')?;
        Some((site.to_owned(), shard.parse().ok()?))
    }))
}

/// Forgets the page at a path, by whichever name it is remembered.
///
/// # Errors
/// The store's own.
pub fn forget<S: Store>(store: &mut S, path: &str, key: &names::NameKey) -> Result<(), S::Error> {
    store.remove(Kind::Page, path)?;
    store.remove(Kind::Page, &key.hide(path))?;
    redirects::forget(store, path, key)
}

/// In how many milliseconds to choose again though nothing comes in: when something may have to be forgotten; `None` where nothing
/// is left.
///
/// # Errors
/// The store's own.
pub fn wait_ms<S: Store>(store: &S) -> Result<Option<u64>, S::Error> {
    let kinds = [Kind::Page, Kind::Sheet, Kind::ThirdPartySheet, Kind::Redirect];
    let left = kinds.into_iter().try_fold(0, |left, kind| Ok(left + store.count(kind)?))?;
    Ok((left > 0).then_some(DAY_MS))
}

/// Remembers that a value has been published.
///
/// # Errors
/// The store's own.
pub fn published<S: Store>(store: &mut S, value: &str) -> Result<(), S::Error> {
    store.put(Kind::Fact, "published", &hash(value), 0.0)
}

/// Chooses for the routes and the site. What is listed is one record: by template, the site's under an empty name.
fn choose_common<S: Store>(
    store: &mut S,
    common: &Common,
    preferences: &HintPreferences,
) -> Result<HintChoice, S::Error> {
    let before: BTreeMap<String, Listed> =
        store.get(Kind::Fact, "listed")?.map(|record| read(&record)).unwrap_or_default();
    let mut after = BTreeMap::new();
    let mut choose = |name: &str, candidates: &[Candidate], thresholds| {
        let mut listed = before.get(name).cloned().unwrap_or_default();
        let hints = rank::choose(candidates, &mut listed, thresholds, preferences);
        after.insert(name.to_owned(), listed);
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
    Ok(HintChoice { routes, site, ..HintChoice::default() })
}

/// The stylesheets that count, the site's own and third parties'.
fn sheets<S: Store>(
    store: &S,
    preferences: &HintPreferences,
) -> Result<BTreeMap<String, KnownSheet>, S::Error> {
    let own = store.all(Kind::Sheet)?.into_iter().map(|(name, record)| (name, read(&record)));
    let mut sheets: BTreeMap<String, KnownSheet> = own.collect();
    if preferences.reads_third_parties {
        sheets.extend(reading_list::known(store)?);
    }
    Ok(sheets)
}

/// Takes in to whom third parties' stylesheets were shown, and answers to whom they were.
fn merge_shown_sheets<S: Store>(
    store: &mut S,
    batch: &Batch,
    preferences: &HintPreferences,
) -> Result<ShownSheets, S::Error> {
    let known = store.get(Kind::Fact, "shown-sheets")?;
    let mut shown: ShownSheets = known.map(|record| read(&record)).unwrap_or_default();
    let added = batch.shown_sheets.iter().map(|shown| (&shown.sheet, shown.by.as_slice()));
    if preferences.reads_third_parties && shown.add(batch.day, added) {
        put(store, Kind::Fact, "shown-sheets", &shown, 0.0)?;
    }
    Ok(shown)
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

fn shown_origins<S: Store>(store: &S) -> Result<ShownOrigins, S::Error> {
    Ok(store.get(Kind::Fact, "shown")?.map(|record| read(&record)).unwrap_or_default())
}

/// Reads a record. One that cannot be read, of another version say, starts anew.
pub(super) fn read<T: Default + for<'de> Deserialize<'de>>(record: &str) -> T {
    serde_json::from_str(record).unwrap_or_default()
}

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

fn put_page<S: Store>(store: &mut S, path: &str, page: &Page) -> Result<(), S::Error> {
    put(store, Kind::Page, path, page, page.views.max(f64::MIN_POSITIVE).log2() + weeks(page.at))
}

/// A time in half-lives since the epoch.
pub(super) fn weeks(at: u64) -> f64 {
    // Milliseconds since the epoch fit the 52 bits of an f64.
    #[allow(clippy::cast_precision_loss)]
    let weeks = at as f64 / HALF_LIFE_MS;
    weeks
}

fn hash(value: &str) -> String {
    format!("{:016x}", fnv1a(value.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hints::usage::{Demand, Found, Usage};
    use crate::hints::{HintAction, Pools};
    use crate::learn::observation::{
        Click, Confirmation, Loaded, Observation, OriginUse, SheetObservation, Shown,
    };
    use crate::published::hint_snapshot::{Basis, HintSnapshot};
    use crate::store::Memory;

    const START: u64 = 1_800_000_000_000;

    fn preferences() -> HintPreferences {
        HintPreferences { preconnect: 3, dns_prefetch: 6, ..HintPreferences::default() }
    }

    fn view(path: &str, hosts: &[&str]) -> Observation {
        let usage = Usage::of(Pools::CREDENTIALED, Demand::URGENT, Found::Body);
        let uses = hosts
            .iter()
            .map(|host| OriginUse {
                origin: Origin::parse(&format!("https://{host}.example")).unwrap(),
                usage,
            })
            .collect();
        Observation { path: path.to_owned(), uses, ..Observation::default() }
    }

    fn batch(observations: Vec<Observation>) -> Batch {
        Batch { site: "shop.example".to_owned(), observations, ..Batch::default() }
    }

    fn learn(store: &mut Memory, batch: &Batch) {
        let Ok(()) = merge(store, batch, &preferences(), START);
    }

    fn publish(store: &mut Memory, now: u64) -> Option<Publication> {
        let Ok(publication) = choose(store, &preferences(), now);
        if let Some(publication) = &publication {
            let Ok(()) = published(store, &publication.value);
        }
        publication
    }

    fn snapshot(store: &mut Memory) -> HintSnapshot {
        let Ok(publication) = choose(store, &preferences(), START);
        HintSnapshot::parse(&publication.expect("something to publish").value).unwrap()
    }

    /// What is known of a path: on what basis, and the hosts hinted.
    fn known(snapshot: &HintSnapshot, path: &str) -> Option<(Basis, String)> {
        let known = snapshot.known(path)?;
        let hosts: Vec<&str> =
            known.hints.iter().map(|hint| hint.origin.host().trim_end_matches(".example")).collect();
        Some((known.basis, hosts.join(" ")))
    }

    #[test]
    fn three_views_make_a_page_known_and_the_same_is_published_once() {
        let mut store = Memory::default();
        assert_eq!(publish(&mut store, START), None, "nobody has come");
        learn(&mut store, &batch(vec![view("/", &["a"]); 2]));
        let first = publish(&mut store, START).unwrap();
        assert_eq!(
            (first.key.as_str(), first.value.as_str()),
            ("shop.example/0", r#"{"version":2,"pages":{},"routes":{},"site":null}"#)
        );
        learn(&mut store, &batch(vec![view("/", &["a"])]));
        let second = publish(&mut store, START).unwrap();
        assert_eq!(
            known(&HintSnapshot::parse(&second.value).unwrap(), "/"),
            Some((Basis::Page, "a".to_owned()))
        );
        assert_eq!(publish(&mut store, START), None);
        learn(&mut store, &batch(vec![view("/", &["a"])]));
        assert_eq!(publish(&mut store, START), None, "one more view of the same changes nothing");
    }

    #[test]
    fn neither_a_page_nor_an_origin_is_named_before_several_visitors_were_given_it() {
        let several = HintPreferences { several: 3, ..preferences() };
        let (cdn, evil) =
            (Origin::parse("https://cdn.example").unwrap(), Origin::parse("https://evil.example").unwrap());
        let mut store = Memory::default();
        // One visitor, and then two others, on one day; what they send to the page is repeated there.
        let mut named = |by: &[u8], hosts: &[&str]| {
            let view = |by: &u8| Observation { by: Some(*by), ..view("/", hosts) };
            let origins = hosts.iter().map(|host| if *host == "cdn" { cdn.clone() } else { evil.clone() });
            let shown = origins.map(|origin| Shown { origin, by: by.to_vec() }).collect();
            let batch = Batch { day: day_of(START), shown, ..batch(by.iter().map(view).collect()) };
            let Ok(()) = merge(&mut store, &batch, &several, START);
            let Ok(publication) = choose(&mut store, &several, START);
            known(&HintSnapshot::parse(&publication.unwrap().value).unwrap(), "/")
        };
        assert_eq!(named(&[1; 20], &["cdn", "evil"]), None);
        assert_eq!(named(&[1, 2, 2], &["cdn", "evil"]), None);
        assert_eq!(named(&[3], &["cdn"]), Some((Basis::Page, "cdn".to_owned())));
        assert_eq!(
            named(&[3], &["evil"]),
            Some((Basis::Page, "cdn evil".to_owned())),
            "several were shown it"
        );
    }

    #[test]
    fn a_page_that_was_never_seen_gets_its_routes_hints_else_the_sites() {
        let mut store = Memory::default();
        for n in 1..=4 {
            let product = view(&format!("/product/{n}"), &["cdn", "pictures", &format!("own{n}")]);
            learn(&mut store, &batch(vec![product; 3]));
        }
        learn(&mut store, &batch(vec![view("/about", &["cdn"]); 3]));
        learn(&mut store, &batch(vec![view("/once", &["rare"])]));
        let snapshot = snapshot(&mut store);
        let own = known(&snapshot, "/product/1").unwrap();
        assert_eq!(own, (Basis::Page, "cdn pictures own1".to_owned()));
        assert_eq!(known(&snapshot, "/product/999"), Some((Basis::Route, "cdn pictures".to_owned())));
        assert_eq!(known(&snapshot, "/somewhere/else/9"), Some((Basis::Site, "cdn pictures".to_owned())));
        assert_eq!(
            known(&snapshot, "/once"),
            Some((Basis::Site, "cdn pictures".to_owned())),
            "one view is not enough"
        );
        assert_eq!(known(&snapshot, "/about"), Some((Basis::Page, "cdn".to_owned())));
    }

    #[test]
    fn what_nobody_visits_any_more_is_forgotten() {
        let mut store = Memory::default();
        learn(&mut store, &batch(vec![view("/", &["a"]); 3]));
        assert!(publish(&mut store, START).is_some());
        let week = 7 * 24 * 3600 * 1000;
        assert_eq!(publish(&mut store, START + 2 * week), None, "a quiet fortnight changes nothing");
        let later = publish(&mut store, START + 4 * week).unwrap();
        assert_eq!(known(&HintSnapshot::parse(&later.value).unwrap(), "/"), None);
    }

    #[test]
    fn clicks_and_words_count_for_known_pages_alone() {
        let mut store = Memory::default();
        let linked = OriginUse {
            origin: Origin::parse("https://partner.example").unwrap(),
            usage: Usage { is_linked: true, ..Usage::LOOKUP },
        };
        let mut page = view("/", &["a"]);
        page.uses.push(linked.clone());
        let click = Click { path: "/".to_owned(), origin: linked.origin.clone(), times: 1 };
        let stray = Click { path: "/never".to_owned(), origin: linked.origin, times: 100 };
        let loaded = Loaded {
            origin: Origin::parse("https://evil.example").unwrap(),
            pools: 3,
            is_frame: false,
            start_ms: 0,
            connect_ms: 0,
        };
        let told = |path: &str| Confirmation { path: path.to_owned(), origins: vec![loaded.clone()] };
        let mut confirmations = vec![told("/"); 50];
        confirmations.extend(vec![told("/never"); 50]);
        learn(&mut store, &Batch { clicks: vec![click, stray], confirmations, ..batch(vec![page; 4]) });
        let snapshot = snapshot(&mut store);
        assert_eq!(known(&snapshot, "/"), Some((Basis::Page, "a partner".to_owned())));
        assert_eq!(snapshot.known("/").unwrap().hints[1].action, HintAction::DnsPrefetch);
        assert_eq!(known(&snapshot, "/never"), None);
    }

    #[test]
    fn one_page_stays_within_its_bound_whatever_it_names() {
        let mut store = Memory::default();
        for round in 0..125 {
            let hosts: Vec<String> =
                (0..40).map(|at| format!("{}{}", "h".repeat(50), round * 40 + at)).collect();
            let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
            learn(&mut store, &batch(vec![view("/", &hosts)]));
            // Forty origins, each with a name of some 70 bytes and its numbers.
            assert!(store.size().1 < 40 * 500, "{}", store.size().1);
        }
    }

    #[test]
    fn as_many_full_pages_as_there_may_be_fit_a_learners_memory() {
        let mut store = Memory::default();
        let hosts: Vec<String> = (0..40).map(|at| format!("{}{at}", "h".repeat(50))).collect();
        let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
        for page in 0..MAX_PAGES {
            let mut observation = view(&format!("/{page}"), &hosts);
            observation.sheets = (0..10).map(|sheet| format!("/{}{sheet}.css", "s".repeat(500))).collect();
            learn(&mut store, &batch(vec![observation]));
        }
        let (records, bytes) = store.size();
        assert!(records > MAX_PAGES, "{records}");
        // A learner has 128 MB, and reads all of it to publish.
        assert!(bytes < 24 * 1024 * 1024, "{bytes}");
    }

    #[test]
    fn a_hundred_thousand_paths_and_five_thousand_hostile_origins_stay_within_the_bounds() {
        let mut store = Memory::default();
        for round in 0..1000 {
            let mut all = Batch::default();
            for number in round * 100..(round + 1) * 100 {
                let hosts = [0, 2500].map(|from| format!("h{}", (number + from) % 5000));
                let path = format!("/{}/{number}", number % 97);
                let mut observation = view(&path, &[&hosts[0], &hosts[1]]);
                observation.sheets = vec![format!("/{number}.css")];
                let sheet = SheetObservation { at: START, uses: observation.uses.clone(), imports: vec![] };
                all.sheets.insert(format!("/{number}.css"), sheet);
                all.observations.push(observation);
            }
            all.observations.push(view("/", &["cdn"]));
            learn(&mut store, &all);
            let (records, bytes) = store.size();
            assert!(records <= MAX_PAGES + MAX_SHEETS + 1, "{records}");
            assert!(bytes < 2 * 1024 * 1024, "{bytes}");
        }
        let publication = publish(&mut store, START).unwrap();
        let snapshot = HintSnapshot::parse(&publication.value).unwrap();
        assert_eq!(known(&snapshot, "/"), Some((Basis::Page, "cdn".to_owned())), "what is popular stays");
        assert!(
            publication.value.len() < 1000,
            "nothing is said of what was seen once: {}",
            publication.value.len()
        );
    }
}
