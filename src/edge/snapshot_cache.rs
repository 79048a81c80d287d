//! The isolate's copies of what was published, read from KV: the hint snapshots of the learners, and the next-page snapshot of
//! each site.
//!
//! The request path only ever reads the copy. [`SnapshotCache`] says which copy is fetched when. It is fetched in
//! `wait_until`, while the origin is being asked. When the origin is faster, this view goes without hints and the next one
//! has them. Only a learned rules file waits for its snapshot, since no visitor waits for that file.

use super::isolate_state::{self, Settings};
use super::{model, now};
use crate::endpoints;
use crate::fault::{Blame, Fault};
use crate::hints::Origin;
use crate::limits::MAX_PUBLISHED_BYTES;
use crate::plan::health::CopyHealth;
use crate::plan::snapshots::{
    self, SiteNextPages, hint_snapshot_name, knowledge, leads_to, next_page_snapshot_name,
};
use crate::published::hint_snapshot::{HintSnapshot, Knowledge, Resource};
use crate::published::snapshot_cache::SnapshotCache;
use crate::rules::learned::Known;
use crate::rules::served::{RuleSet, RuleSets};
use crate::speculation::Eagerness;
use crate::switches::holdout::Arms;
use crate::visit::Visit;
use std::cell::RefCell;
use std::rc::Rc;
use std::thread::LocalKey;
use worker::{Context, Env};

thread_local! {
    static HINTS: RefCell<SnapshotCache<HintSnapshot>> = RefCell::new(SnapshotCache::default());
    static NEXT_PAGES: RefCell<SnapshotCache<SiteNextPages>> = RefCell::new(SiteNextPages::cache());
}

/// Reads a published value. Answers with how many bytes of memory it takes.
type Parse<T> = fn(&str, &Settings) -> Result<(T, usize), Fault>;

fn hints(value: &str, _: &Settings) -> Result<(HintSnapshot, usize), Fault> {
    let read = HintSnapshot::parse(value)?;
    let bytes = snapshots::bytes_of(value.len(), read.len());
    Ok((read, bytes))
}

fn next_pages(value: &str, settings: &Settings) -> Result<(SiteNextPages, usize), Fault> {
    let read = SiteNextPages::parse(value, &settings.config, &settings.rule_sets)?;
    let bytes = read.bytes(value.len());
    Ok((read, bytes))
}

/// Sees to it that the copies for this visit are there and fresh enough, without waiting.
pub(super) fn ensure(visit: &Visit, env: &Env, context: &Context, settings: &Rc<Settings>) {
    let config = &settings.config;
    refresh(&HINTS, hint_snapshot_name(visit, config), hints, env, context, settings);
    refresh(&NEXT_PAGES, next_page_snapshot_name(visit, config), next_pages, env, context, settings);
}

fn refresh<T: 'static>(
    cache: &'static LocalKey<RefCell<SnapshotCache<T>>>,
    name: Option<String>,
    parse: Parse<T>,
    env: &Env,
    context: &Context,
    settings: &Rc<Settings>,
) {
    let Some(name) = name else { return };
    if is_due(cache, &name, settings) {
        let (env, settings) = (env.clone(), Rc::clone(settings));
        context.wait_until(async move {
            fetch(cache, &name, parse, &env, &settings).await;
        });
    }
}

fn is_due<T>(cache: &'static LocalKey<RefCell<SnapshotCache<T>>>, name: &str, settings: &Settings) -> bool {
    let refresh_seconds = settings.config.learning.refresh_seconds;
    cache.with_borrow_mut(|cache| cache.start_fetch(name, now(), refresh_seconds))
}

/// Has the copies of next-page snapshots fetched and read anew.
pub(super) fn forget_next_pages() {
    NEXT_PAGES.set(SiteNextPages::cache());
}

/// Whether this isolate has a copy of anything that was published of a site.
pub(super) fn has_any(site: &str) -> bool {
    let start = format!("{site}/");
    HINTS.with_borrow(|cache| cache.has_any(&start)) || NEXT_PAGES.with_borrow(|cache| cache.has_any(&start))
}

/// How the copies for this visit are: of the hints, and of the next pages.
pub(super) fn state(visit: &Visit, settings: &Settings) -> [CopyHealth; 2] {
    fn of<T>(cache: &'static LocalKey<RefCell<SnapshotCache<T>>>, name: Option<String>) -> CopyHealth {
        let Some(name) = name else { return CopyHealth::default() };
        let (age, has_failed) = cache.with_borrow(|cache| cache.state(&name, now()));
        CopyHealth { age: age.map(|milliseconds| milliseconds / 1000), has_failed }
    }
    let config = &settings.config;
    [of(&HINTS, hint_snapshot_name(visit, config)), of(&NEXT_PAGES, next_page_snapshot_name(visit, config))]
}

/// Calls `usage` with what is known of the page of a visit, and with where its path always redirects to.
pub(super) fn with_known<T>(
    visit: &Visit,
    settings: &Settings,
    usage: impl FnOnce(Knowledge<'_>, Option<&Origin>) -> T,
) -> T {
    let name = hint_snapshot_name(visit, &settings.config);
    let (name, path) = (name.as_deref(), visit.url.path());
    HINTS.with_borrow(|cache| usage(knowledge(cache, name, path), leads_to(cache, name, path)))
}

/// To which arms a visit belongs, where its page is compared with others.
pub(super) fn arms(visit: &Visit, settings: &Settings) -> Option<Arms> {
    HINTS.with_borrow(|cache| snapshots::arms(cache, visit, &settings.config, now()))
}

/// What is preloaded on the page of a visit.
pub(super) fn preloads(visit: &Visit, settings: &Settings) -> Vec<Resource> {
    with_known(visit, settings, |knowledge, _| match knowledge {
        Knowledge::Known(known) => known.preloads.to_vec(),
        Knowledge::NotLoaded | Knowledge::Unknown => Vec::new(),
    })
}

/// Calls `usage` with the next-page snapshot of a visit's site, if there is one.
pub(super) fn with_site<T>(
    visit: &Visit,
    settings: &Settings,
    usage: impl FnOnce(Option<&SiteNextPages>) -> T,
) -> T {
    let Some(name) = next_page_snapshot_name(visit, &settings.config) else { return usage(None) };
    NEXT_PAGES.with_borrow(|cache| usage(cache.get(&name)))
}

/// Calls `usage` with what was learned of the next pages of a visit's page, and under which key.
pub(super) fn with_next<T>(
    visit: &Visit,
    settings: &Settings,
    usage: impl FnOnce(Option<Known<'_>>) -> T,
) -> T {
    with_site(visit, settings, |site| match site {
        Some(site) => site.with_known(visit.url.path(), usage),
        None => usage(None),
    })
}

/// The learned rule set of the page that asks for a rules file, where it asks for that as well.
pub(super) fn learned_of_sender(visit: &Visit, settings: &Settings) -> Option<Rc<RuleSet>> {
    let page = visit.sender_url().filter(|_| endpoints::asks_for_learned(&visit.url))?;
    with_site(visit, settings, |site| site?.rule_set_of(page.path()))
}

/// How eagerly a learned rule has browsers fetch one page of a visit's site ahead from another; `None` where none does.
pub(super) fn eagerness(visit: &Visit, from: &str, to: &str, settings: &Settings) -> Option<Eagerness> {
    with_site(visit, settings, |site| site?.eagerness(from, to))
}

/// Whether a page is published to do harm when it is fetched.
pub(super) fn is_harmful(visit: &Visit, settings: &Settings) -> bool {
    let shape = || settings.config.urls.inert_parameters.shape(&visit.url);
    with_site(visit, settings, |site| {
        site.is_some_and(|site| site.is_harmful(&shape(), visit.is_prefetch_by_page()))
    })
}

/// The rule sets that all pages of a visit's site share.
pub(super) fn rule_sets(visit: &Visit, settings: &Settings) -> Rc<RuleSets> {
    let of_site = with_site(visit, settings, |site| site.map(SiteNextPages::rule_sets));
    of_site.unwrap_or_else(|| Rc::clone(&settings.rule_sets))
}

/// Calls `usage` with what was learned for the pages of a key, once the snapshot of a visit's site has been read.
pub(super) async fn with_key<T>(
    visit: &Visit,
    key: &str,
    env: &Env,
    settings: &Settings,
    usage: impl FnOnce(Option<&RuleSet>) -> T,
) -> T {
    let Some(name) = next_page_snapshot_name(visit, &settings.config) else { return usage(None) };
    // Where there was nothing a moment ago, or no room for it, asking again and again would only cost.
    let (is_unread, is_whole) =
        NEXT_PAGES.with_borrow(|cache| (cache.is_unread(&name), cache.has_fetched(&name)));
    let is_due = !is_whole && is_due(&NEXT_PAGES, &name, settings);
    if is_unread || is_due {
        fetch(&NEXT_PAGES, &name, next_pages, env, settings).await;
    }
    let rule_set = with_site(visit, settings, |site| site.and_then(|site| site.rule_set_at(key)));
    usage(rule_set.as_deref())
}

/// Fetches a copy, and takes it over.
async fn fetch<T>(
    cache: &'static LocalKey<RefCell<SnapshotCache<T>>>,
    name: &str,
    parse: Parse<T>,
    env: &Env,
    settings: &Settings,
) {
    let value = model::read(name, MAX_PUBLISHED_BYTES, env).await;
    let parsed = value.and_then(|value| value.map(|value| parse(&value, settings)).transpose());
    let parsed = parsed.map_err(|fault| match fault.blame {
        Blame::Headstart => fault.during_one("what is published is not used", &unused(name)),
        _ => fault,
    });
    if let Err(fault) = &parsed {
        isolate_state::log_fault(fault);
    }
    cache.with_borrow_mut(|cache| cache.finish_fetch(name, parsed, now()));
}

/// What is said of a value that cannot be used, in front of why.
fn unused(name: &str) -> String {
    format!(
        "what is published under {name} is not used, so what was read before holds until its learner publishes anew, within \
         a day"
    )
}
