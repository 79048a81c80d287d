//! The isolate's copies of what was published: the learners' snapshots and the navigator's guide.
//!
//! The request path only ever looks at the copy. A copy that is missing or old is fetched from KV in `wait_until`,
//! while the origin is being asked; when the origin is faster, this view goes without hints and the next one has them.
//! However many learners a site has, an isolate refreshes one copy of each kind at a time: once each copy is there, KV is
//! read for snapshots once in `REFRESH_SECONDS`, and as often for guides. Only a learned rules file waits for its guide:
//! nobody waits for that.

use super::isolate_state::{self, Settings};
use super::{MODEL, now};
use crate::learn::next::next_page_learner::next_page_learner_name;
use crate::plan::rules_delivery;
use crate::published::hint_snapshot::{HintSnapshot, Knowledge, learner_name, shard_of};
use crate::published::next_page_snapshot::NextPageSnapshot;
use crate::rules::learned::{Known, LearnedRuleSets};
use crate::rules::served::{RuleSet, RuleSets};
use crate::visit::{Method, Visit};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::thread::LocalKey;
use worker::{Context, Env};

/// The most copies of a kind that an isolate keeps: one site with as many learners as it may have, or many sites with few.
const MAX_COPIES: usize = 512;

/// How long a fetch from KV may take before another request tries again, in milliseconds.
const FETCH_TIMEOUT_MS: u64 = 10_000;

thread_local! {
    static SNAPSHOTS: RefCell<Copies<HintSnapshot>> = RefCell::new(Copies::default());
    static GUIDES: RefCell<Copies<SiteNextPages>> = RefCell::new(Copies::default());
}

/// Something that is published.
trait Published: Sized + 'static {
    /// Reads a published value.
    fn parse(value: &str, settings: &Settings) -> Result<Self, String>;
}

impl Published for HintSnapshot {
    fn parse(value: &str, _: &Settings) -> Result<Self, String> {
        Self::parse(value)
    }
}

/// A guide, and the rule sets that follow from it.
struct SiteNextPages {
    guide: NextPageSnapshot,
    rule_sets: Rc<RuleSets>,
    learned: LearnedRuleSets,
}

impl Published for SiteNextPages {
    fn parse(value: &str, settings: &Settings) -> Result<Self, String> {
        let guide = NextPageSnapshot::parse(value)?;
        let rule_sets = if guide.excluded.is_empty() {
            Rc::clone(&settings.rule_sets)
        } else {
            Rc::new(rules_delivery::rule_sets(&settings.config, &guide.excluded))
        };
        Ok(Self { guide, rule_sets, learned: LearnedRuleSets::default() })
    }
}

/// All copies of a kind in an isolate.
struct Copies<T> {
    by_name: HashMap<String, Copy<T>>,
    /// When a copy was last refreshed.
    refreshed: u64,
}

impl<T> Default for Copies<T> {
    fn default() -> Self {
        Self { by_name: HashMap::new(), refreshed: 0 }
    }
}

/// One published value as this isolate has it.
struct Copy<T> {
    value: Option<T>,
    /// When it was last fetched; 0 before the first time.
    fetched: u64,
    /// When the fetch that is under way began.
    fetching_since: Option<u64>,
}

impl<T> Default for Copy<T> {
    fn default() -> Self {
        Self { value: None, fetched: 0, fetching_since: None }
    }
}

impl<T> Copies<T> {
    /// Whether it is time for another fetch of `name` from KV, which then counts as begun at `now`. The first one is
    /// always due, a refresh only when no copy was refreshed for as long.
    fn start_fetch(&mut self, name: &str, now: u64, refresh_seconds: u32) -> bool {
        let refresh_ms = u64::from(refresh_seconds) * 1000;
        if !self.by_name.contains_key(name) && self.by_name.len() >= MAX_COPIES {
            let age = |copy: &Copy<T>| copy.fetched.max(copy.fetching_since.unwrap_or(0));
            let oldest = self.by_name.iter().min_by_key(|(_, copy)| age(copy)).map(|(name, _)| name.clone());
            oldest.and_then(|oldest| self.by_name.remove(&oldest));
        }
        let copy = self.by_name.entry(name.to_owned()).or_default();
        if copy.fetching_since.is_some_and(|since| now < since + FETCH_TIMEOUT_MS) {
            return false;
        }
        if copy.fetched > 0 {
            if now < copy.fetched + refresh_ms || now < self.refreshed + refresh_ms {
                return false;
            }
            self.refreshed = now;
        }
        copy.fetching_since = Some(now);
        true
    }
}

/// The name of the learner that a visit belongs to, or `None` where nothing is learned.
fn learner_of(visit: &Visit, settings: &Settings) -> Option<String> {
    if visit.method != Method::Get || !settings.config.hints.is_on {
        return None;
    }
    let shard = shard_of(visit.url.path(), settings.config.learning.shards);
    Some(learner_name(&visit.site()?, shard))
}

/// The name of the guide for a visit, or `None` where none is learned.
fn guide_of(visit: &Visit, settings: &Settings) -> Option<String> {
    let is_learned = settings.config.learns_next_pages();
    let is_read = matches!(visit.method, Method::Get | Method::Head);
    (is_learned && is_read).then(|| visit.site().map(|site| next_page_learner_name(&site)))?
}

/// Sees to it that the copies for this visit are there and fresh enough, without waiting.
pub(super) fn ensure(visit: &Visit, env: &Env, context: &Context, settings: &Rc<Settings>) {
    refresh(&SNAPSHOTS, learner_of(visit, settings), env, context, settings);
    refresh(&GUIDES, guide_of(visit, settings), env, context, settings);
}

fn refresh<T: Published>(
    copies: &'static LocalKey<RefCell<Copies<T>>>,
    name: Option<String>,
    env: &Env,
    context: &Context,
    settings: &Rc<Settings>,
) {
    let Some(name) = name else { return };
    let refresh_seconds = settings.config.learning.refresh_seconds;
    if copies.with_borrow_mut(|copies| copies.start_fetch(&name, now(), refresh_seconds)) {
        let (env, settings) = (env.clone(), Rc::clone(settings));
        context.wait_until(async move {
            let fetched = fetch(&env, &name, &settings).await;
            store(copies, &name, fetched);
        });
    }
}

/// Calls `usage` with what is known of the page of a visit.
pub(super) fn with_known<T>(visit: &Visit, settings: &Settings, usage: impl FnOnce(Knowledge<'_>) -> T) -> T {
    let Some(name) = learner_of(visit, settings) else { return usage(Knowledge::Unknown) };
    SNAPSHOTS.with_borrow(|copies| {
        let copy = copies.by_name.get(&name);
        let snapshot = copy.and_then(|copy| copy.value.as_ref());
        usage(match snapshot.and_then(|snapshot| snapshot.known(visit.url.path())) {
            Some(known) => Knowledge::Known(known),
            None if copy.is_some_and(|copy| copy.fetched > 0) => Knowledge::Unknown,
            None => Knowledge::NotLoaded,
        })
    })
}

/// Calls `usage` with what was learned of the next pages of a visit's page, and under which key.
pub(super) fn with_next<T>(
    visit: &Visit,
    settings: &Settings,
    usage: impl FnOnce(Option<Known<'_>>) -> T,
) -> T {
    let Some(name) = guide_of(visit, settings) else { return usage(None) };
    GUIDES.with_borrow(|copies| {
        let guide = copies.by_name.get(&name).and_then(|copy| copy.value.as_ref());
        let Some((guide, (key, entry))) =
            guide.and_then(|guide| Some((guide, guide.guide.known(visit.url.path())?)))
        else {
            return usage(None);
        };
        let rule_set = guide.learned.get(key, entry);
        usage(Some(Known { key, entry, rule_set: rule_set.as_deref() }))
    })
}

/// Whether a page is published to do harm when it is fetched.
pub(super) fn is_harmful(visit: &Visit, settings: &Settings) -> bool {
    guide_of(visit, settings).is_some_and(|name| {
        GUIDES.with_borrow(|copies| {
            let guide = copies.by_name.get(&name).and_then(|copy| copy.value.as_ref());
            guide.is_some_and(|guide| guide.guide.is_refused(visit.url.path()))
        })
    })
}

/// The rule sets that all pages of a visit's site share.
pub(super) fn rule_sets(visit: &Visit, settings: &Settings) -> Rc<RuleSets> {
    let learned = guide_of(visit, settings).and_then(|name| {
        GUIDES.with_borrow(|copies| {
            let guide = copies.by_name.get(&name)?.value.as_ref()?;
            Some(Rc::clone(&guide.rule_sets))
        })
    });
    learned.unwrap_or_else(|| Rc::clone(&settings.rule_sets))
}

/// Calls `usage` with what was learned for the pages of a key, once the guide of a visit's site has been read.
pub(super) async fn with_key<T>(
    visit: &Visit,
    key: &str,
    env: &Env,
    settings: &Settings,
    usage: impl FnOnce(Option<&RuleSet>) -> T,
) -> T {
    let Some(name) = guide_of(visit, settings) else { return usage(None) };
    // Where there was nothing a moment ago, asking again and again would only cost.
    let is_there =
        || GUIDES.with_borrow(|copies| copies.by_name.get(&name).is_some_and(|copy| copy.fetched > 0));
    if !is_there() {
        GUIDES.with_borrow_mut(|copies| {
            copies.start_fetch(&name, now(), settings.config.learning.refresh_seconds)
        });
        let fetched = fetch(env, &name, settings).await;
        store(&GUIDES, &name, fetched);
    }
    GUIDES.with_borrow(|copies| {
        let guide = copies.by_name.get(&name).and_then(|copy| copy.value.as_ref());
        let rule_set = guide.and_then(|guide| guide.learned.get(key, guide.guide.at(key)?));
        usage(rule_set.as_deref())
    })
}

/// Reads a value from KV. `Ok(None)` when none has been published.
async fn fetch<T: Published>(env: &Env, name: &str, settings: &Settings) -> Result<Option<T>, String> {
    let store = env.kv(MODEL).map_err(|_| {
        format!("the KV binding {MODEL} does not exist, so nothing is learned; add it to [[kv_namespaces]] in wrangler.toml")
    })?;
    let value = store.get(name).text().await.map_err(|error| format!("KV could not be read: {error}"))?;
    value.map(|value| T::parse(&value, settings)).transpose()
}

/// Takes a fetched value over. After a failure the old copy stays until the next try.
fn store<T>(copies: &'static LocalKey<RefCell<Copies<T>>>, name: &str, fetched: Result<Option<T>, String>) {
    copies.with_borrow_mut(|copies| {
        let Some(copy) = copies.by_name.get_mut(name) else { return };
        copy.fetched = now();
        copy.fetching_since = None;
        match fetched {
            Ok(value) => copy.value = value,
            Err(message) => isolate_state::log_once(&message),
        }
    });
}
