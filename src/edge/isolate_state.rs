//! What an isolate keeps between requests: plain data only.
//!
//! A future or a JavaScript object of one request must never be kept for another: the platform cancels it. Everything
//! here is bounded, and no borrow lasts across an `await`.

use super::{LEDGER, decisions, js, now, snapshot_cache};
use crate::config::{Config, Value};
use crate::effects::changed_cookies::ChangedCookies;
use crate::effects::first_cookies::FirstCookies;
use crate::effects::full_ledgers::FullLedgers;
use crate::effects::kept_answer::KeptAnswers;
use crate::effects::known_sessions::KnownSessions;
use crate::effects::last_pages::LastPages;
use crate::effects::network::Shares;
use crate::effects::quarantine::Quarantine;
use crate::effects::redeemed::Redeemed;
use crate::effects::routine::Routine;
use crate::effects::seal::NONCE_BYTES;
use crate::effects::session;
use crate::effects::session_order::SessionOrder;
use crate::effects::source_token::{SourceKey, UsedTokens};
use crate::effects::suspects::Suspects;
use crate::endpoints::is_own;
use crate::fault::said::Said;
use crate::fault::{Blame, Fault};
use crate::head::Head;
use crate::ineligible::{Affected, Ineligible};
use crate::learn::beacon::Recent;
use crate::learn::next::navigation_buffer::NavigationBuffer;
use crate::learn::next::visitor::{Visitor, day_of};
use crate::learn::observation_buffer::Pace;
use crate::learn::outbox::Outbox;
use crate::learn::readings::Readings;
use crate::learn::site_url_cache::SiteUrlCache;
use crate::learn::tallies::MetCookie;
use crate::learn::taught_sites::TaughtSites;
use crate::learn::token_bucket::{Samples, asks_browser, page_share};
use crate::limits::SEVERAL;
use crate::navigation::event::NavigationEvents;
use crate::plan::origin_route::OriginRoute;
use crate::plan::shadow::{Tally, Would};
use crate::plan::{Ambient, Sampling, askers, counting, events, replay, rules_delivery};
use crate::rules::served::RuleSets;
use crate::switches::{Mode, State, Switches};
use crate::tally::{Counted, Fate};
use crate::visit::Visit;
use js_sys::Array;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};
use worker::{Env, console_log, console_warn};

/// The most settings that are kept of sites and states.
const MAX_SWITCHED: usize = 64;

thread_local! {
    static SETTINGS: RefCell<Option<Rc<Settings>>> = const { RefCell::new(None) };
    static SAID: RefCell<Said> = RefCell::new(Said::default());
    static SWITCHES: RefCell<Option<Rc<Switches>>> = const { RefCell::new(None) };
    static SWITCHED: RefCell<Vec<Switched>> = const { RefCell::new(Vec::new()) };
    static TALLY: RefCell<Tally> = RefCell::new(Tally::default());
    static LEARNING: RefCell<Learning> = RefCell::new(Learning::default());
}

/// The configuration and what follows from it. A deployed version has one, so it is read once.
pub(super) struct Settings {
    pub(super) config: Config,
    pub(super) rule_sets: Rc<RuleSets>,
    pub(super) origin: OriginRoute,
    /// How many mistakes the variables have.
    pub(super) mistakes: usize,
    /// Whether there is a key that seals tickets, and no ledger to redeem them.
    pub(super) lacks_ledger: bool,
}

/// The settings of a site's pages in one state. The site has no name where all sites have the same.
struct Switched {
    site: String,
    state: State,
    is_own: bool,
    settings: Rc<Settings>,
}

/// What an isolate has seen and not yet sent, and what it remembers of the site's own URLs.
#[derive(Default)]
pub(super) struct Learning {
    samples: Samples,
    pub(super) readings: Readings,
    sites: TaughtSites,
    pub(super) outbox: Outbox,
    pub(super) site_urls: SiteUrlCache,
    pub(super) recent: Recent,
    pub(super) quarantine: Quarantine,
    pub(super) known_sessions: KnownSessions,
    pub(super) suspects: Suspects,
    pub(super) routine: Routine,
    pub(super) kept_answers: KeptAnswers,
    pub(super) full_ledgers: FullLedgers,
    /// How many tickets each network was given.
    pub(super) promises: Shares,
    pub(super) session_order: SessionOrder,
    pub(super) changed_cookies: ChangedCookies,
    pub(super) first_cookies: FirstCookies,
    pub(super) last_pages: LastPages,
    pub(super) redeemed: Redeemed,
    pub(super) used_tokens: UsedTokens,
}

/// The settings of this isolate; read from `env` by the first request, which also logs every mistake in them.
pub(super) fn settings(env: &Env) -> Rc<Settings> {
    if let Some(settings) = SETTINGS.with_borrow(Clone::clone) {
        return settings;
    }
    replace_at_next_request();
    let (mut config, mistakes) = Config::read(variables(env));
    decisions::begin(env);
    for mistake in &mistakes {
        log_once(mistake.variable, &format!("configuration: {}", mistake.message));
        decisions::mistaken(mistake.variable);
    }
    let lacks_ledger = config.effects.seal.is_some() && js::objects(env, LEDGER).is_none();
    if lacks_ledger {
        config.effects.seal = None;
        let message = format!(
            "the Durable Object binding {LEDGER} does not exist, so nothing can be deferred; add it to [durable_objects] in \
             wrangler.toml"
        );
        log_fault(&Fault::new(Blame::Configuration, message));
    }
    let rule_sets = Rc::new(rules_delivery::rule_sets(&config, &[]));
    let origin = OriginRoute::from(&config.origin);
    if let Err(fault) = set_rules(&config, &origin) {
        log_fault(&fault);
    }
    let settings = Rc::new(Settings { config, rule_sets, origin, mistakes: mistakes.len(), lacks_ledger });
    SETTINGS.set(Some(Rc::clone(&settings)));
    settings
}

/// The settings for the page of a visit: what is switched for it, by the record or by `MODE`.
pub(super) fn settings_of(visit: &Visit, env: &Env) -> Rc<Settings> {
    let settings = settings(env);
    let (switches, mode) = (switches(), settings.config.mode);
    let is_own = is_own(visit.url.path());
    let arms = if is_own { None } else { snapshot_cache::arms(visit, &settings) };
    if switches.is_empty() && mode == Mode::On && arms.is_none() {
        return settings;
    }
    let site = visit.site().unwrap_or_default();
    let state =
        if is_own { switches.state_of_site(&site, mode) } else { switches.state_of(&site, &visit.url, mode) };
    let state = arms.map_or(state, |arms| state.compared(arms));
    let site = if switches.site(&site).is_some() { site } else { String::new() };
    SWITCHED.with_borrow_mut(|known| {
        if let Some(of) = known.iter().find(|of| of.state == state && of.is_own == is_own && of.site == site)
        {
            return Rc::clone(&of.settings);
        }
        let mut config = settings.config.in_state(state).with_unguarded(switches.unguarded(&site, mode));
        if is_own {
            // Orders, and tickets of pages from before, are opened whatever is switched off.
            config.effects.seal.clone_from(&settings.config.effects.seal);
        }
        let rule_sets = Rc::new(rules_delivery::rule_sets(&config, &[]));
        let origin = settings.origin.clone();
        let Settings { mistakes, lacks_ledger, .. } = *settings;
        let settings = Rc::new(Settings { config, rule_sets, origin, mistakes, lacks_ledger });
        if known.len() >= MAX_SWITCHED {
            known.remove(0);
        }
        known.push(Switched { site, state, is_own, settings: Rc::clone(&settings) });
        settings
    })
}

/// The switches that hold.
pub(super) fn switches() -> Rc<Switches> {
    if let Some(switches) = SWITCHES.with_borrow(Clone::clone) {
        return switches;
    }
    // An instance before this one may have been told.
    let said = js::switches_said().and_then(|said| Switches::parse(&said).ok());
    let switches = Rc::new(said.unwrap_or_default());
    SWITCHES.set(Some(Rc::clone(&switches)));
    switches
}

/// Takes a record of switches over, and answers whether it is understood; `None` where there is none. What is not understood is
/// logged, and the last one holds.
pub(super) fn take_switches(record: Option<&str>) -> bool {
    let switches = match record.map(Switches::parse) {
        None => Switches::default(),
        Some(Ok(switches)) => switches,
        Some(Err(fault)) => {
            log_fault(&fault);
            return false;
        }
    };
    // Mostly there is none, as before. What was read of next pages in the meantime stays.
    let is_as_before = self::switches().to_json() == switches.to_json();
    SWITCHES.set(Some(Rc::new(switches)));
    if is_as_before {
        return true;
    }
    SWITCHED.with_borrow_mut(Vec::clear);
    // Which pages rules may name follows from the switches.
    snapshot_cache::forget_next_pages();
    true
}

/// Counts what would have been done for a site, for the report as well, and logs it now and then.
pub(super) fn would(site: &str, would: &Would, config: &Config) {
    let kinds = would.kinds();
    count(Some(site), config, || kinds.iter().map(|kind| (Counted::Would(kind), 1)).collect());
    for line in TALLY.with_borrow_mut(|tally| tally.count(site, kinds, now())) {
        console_log!("{line}");
    }
}

/// The variables of the isolate that are set, as they are written, and the mistakes in them. Of a secret it is said that it is set.
pub(super) fn configured(env: &Env) -> (Vec<(String, String)>, Vec<String>) {
    let (_, mistakes) = Config::read(variables(env));
    let known = variables(env).filter(|(name, _)| Config::VARIABLES.contains(&name.as_str()));
    let written = known.map(|(name, value)| {
        let value = value.written();
        let is_hidden = Config::is_secret(&name) && !value.is_empty();
        (name, if is_hidden { "set".to_owned() } else { value })
    });
    (written.collect(), mistakes.into_iter().map(|mistake| mistake.message).collect())
}

/// Has this instance replaced by the next request, should it end, and not by whatever calls into it first, as `worker` has it: that may
/// be a promise of its own, which would then reach into the new instance with an address from the old one's memory. Not at the
/// start, where `worker` comes last.
fn replace_at_next_request() {
    // What was to be done before is what is not wanted.
    let _ = wasm_bindgen::handler::set_on_abort(js::start_anew);
}

/// Tells `kept_decisions.js` by which way the origin is asked, and what holds for every decision that it replays.
fn set_rules(config: &Config, origin: &OriginRoute) -> Result<(), Fault> {
    let rules = replay::rules(
        config.effects.clear_speculations,
        config.next_pages.visitor_address.as_deref(),
        origin,
    );
    let rules = if config.report.is_some() { rules.with_report() } else { rules };
    let fault =
        |message: String| Fault::new(Blame::Headstart, message).during("decisions cannot be replayed");
    let json = serde_json::to_string(&rules).map_err(|error| fault(error.to_string()))?;
    js::set_rules(&json).map(drop).map_err(|error| fault(js::text(&error)))
}

/// Whether a `Cookie` field holds a session. Before the configuration is read, each is taken to hold one.
pub(super) fn has_session(cookies: &str) -> bool {
    SETTINGS.with_borrow(|settings| {
        settings.as_ref().is_none_or(|settings| session::is_in(cookies, &settings.config.effects.cookies))
    })
}

/// The variables as data. Bindings are among them, as objects.
fn variables(env: &Env) -> impl Iterator<Item = (String, Value)> {
    js_sys::Object::keys(env.unchecked_ref::<js_sys::Object>()).into_iter().filter_map(move |name| {
        let value = js_sys::Reflect::get(env, &name).ok().filter(|value| !value.is_undefined())?;
        Some((name.as_string()?, variable(&value)))
    })
}

fn variable(value: &JsValue) -> Value {
    let array = || value.dyn_ref::<Array>().map(|array| array.iter().map(|item| simple(&item)).collect());
    array().map_or_else(|| simple(value), Value::Array)
}

/// A value that holds no others. No variable has an array in an array, so what stands in that one does not matter.
fn simple(value: &JsValue) -> Value {
    let text = value.as_string().map(Value::Text);
    let text = text.or_else(|| value.as_f64().map(Value::Number));
    text.or_else(|| value.as_bool().map(Value::Boolean)).unwrap_or_else(|| {
        if value.is_null() {
            Value::Null
        } else if Array::is_array(value) {
            Value::Array(vec![Value::Object])
        } else {
            Value::Object
        }
    })
}

/// Logs a message of a kind, once in the life of the isolate.
pub(super) fn log_once(kind: &'static str, message: &str) {
    if SAID.with_borrow_mut(|said| said.is_new(kind, message)) {
        console_warn!("Headstart: {message}");
    }
}

/// Logs a fault, once in the life of the isolate, whatever differs in its words each time.
pub(super) fn log_fault(fault: &Fault) {
    if SAID.with_borrow_mut(|said| said.is_new_fault(fault)) {
        console_warn!("Headstart: {}", fault.log_line());
    }
    decisions::failed(fault);
}

/// The same of a fault, or an error of the platform's, by which something failed. What is missing says by itself what follows, whatever
/// it is met by.
pub(super) fn log_failed(fault: impl Into<Fault>, failed: &'static str) {
    let fault = fault.into();
    log_fault(&if fault.blame == Blame::Configuration { fault } else { fault.during(failed) });
}

/// Whether this is sampled. `sheet` gives the site and the path and query of a stylesheet.
pub(super) fn samples(
    what: Sampling,
    config: &Config,
    sheet: impl FnOnce() -> Option<(String, String)>,
) -> bool {
    let chance = js_sys::Math::random();
    learning(|learning| match what {
        Sampling::Page { known, has_preloads } => {
            let share = page_share(config.learning.sample, has_preloads);
            learning.samples.reads(known, share, chance, now())
        }
        Sampling::Sheet => {
            let Some((site, name)) = sheet() else { return false };
            let known = learning.site_urls.has_sheet(&site, &name);
            learning.samples.reads(known, config.learning.sample, chance, now())
        }
        Sampling::Beacon { halvings } => asks_browser(halvings, chance),
    })
}

/// The isolate's sampling, clock and random numbers.
pub(super) struct IsolateAmbient<F>(pub(super) F);

impl<F: FnMut(Sampling) -> bool> Ambient for IsolateAmbient<F> {
    fn samples(&mut self, what: Sampling) -> bool {
        (self.0)(what)
    }

    fn now(&self) -> u64 {
        now()
    }

    fn nonce(&mut self) -> [u8; NONCE_BYTES] {
        js::nonce()
    }

    fn source_key(&self) -> Option<SourceKey> {
        source_key()
    }
}

/// Today's key for naming the page on which a speculation was made: it follows from the key that tells visitors apart. Must not be
/// called from `usage` of [`learning`].
pub(super) fn source_key() -> Option<SourceKey> {
    let salt = learning(|learning| learning.outbox.navigations.salt(day_of(now())))?;
    SourceKey::new(salt.secret("source"))
}

/// Whether plain views of a visit's site were lately given new sessions, or what its pages fetch by themselves was.
pub(super) fn does_rotate(visit: &Visit) -> bool {
    let site = visit.site().unwrap_or_default();
    learning(|learning| {
        let at = now();
        learning.quarantine.does_rotate(&site, at) || learning.session_order.do_pages_renew(&site, at)
    })
}

/// Remembers for whom a page is ineligible, if it is for anybody, and by whom that was met; and tells the site's learner, unless what
/// has become of the visitor's sessions and carts says nothing of the page.
pub(super) fn quarantine(
    visit: &Visit,
    head: &Head,
    is_witness: bool,
    affected: Option<Affected>,
    config: &Config,
) {
    let (Some(affected), Some(site)) = (affected, visit.site()) else { return };
    decisions::quarantined(visit, affected.as_str());
    let by = askers::met_by(visit, head, is_witness, config);
    let inert = &config.urls.inert_parameters;
    let told = affected.told().filter(|_| is_witness);
    let told = told.and_then(|why| events::of_ineligible(visit, why, inert));
    if let Some(told) = told {
        tell(&told, config);
    }
    learning(|learning| {
        let shape = inert.shape(&visit.url);
        // What the site names by itself says nothing of what it does not name.
        if config.effects.paths.delivery_of(&visit.url).is_none() {
            learning.quarantine.add_to_routes(&site, &shape, &affected, &by, now());
        }
        learning.quarantine.add(&site, &shape, affected, &by, now());
    });
}

/// Notes that a page was prerendered, or could have been.
pub(super) fn rendered(visit: &Visit, config: &Config) {
    if let Some(told) = events::of_rendered(visit, &config.urls.inert_parameters) {
        tell(&told, config);
    }
}

/// Hands events to the navigation buffer, where next pages are learned at all. Answers whether something waits that is worth an early
/// call. Must not be called from `usage` of [`learning`].
pub(super) fn tell(happened: &NavigationEvents, config: &Config) -> bool {
    config.learns_next_pages() && learning(|learning| learning.outbox.navigations.apply(happened, now()))
}

/// Whether another beacon may be taken in.
pub(super) fn admits_beacon() -> bool {
    learning(|learning| learning.samples.admits_beacon(now()))
}

/// Whether learners are told of a site to which a visitor has come ([`TaughtSites`]). Must not be called from `usage` of
/// [`learning`].
pub(super) fn teaches(site: &str, visitor: impl FnOnce(&NavigationBuffer) -> Option<Visitor>) -> bool {
    let several = SETTINGS
        .with_borrow(|settings| settings.as_ref().map(|settings| settings.config.hints.preferences.several));
    learning(|Learning { sites, outbox, .. }| {
        let is_published = || snapshot_cache::has_any(site);
        sites.meets(site, || visitor(&outbox.navigations), several.unwrap_or(SEVERAL), is_published, now())
    })
}

/// Whether learners are told of a site.
pub(super) fn is_taught(site: &str) -> bool {
    learning(|learning| learning.sites.has(site))
}

/// Drops what waits to be sent of sites of which learners are not told.
pub(super) fn drop_untaught() {
    learning(|Learning { sites, outbox, .. }| outbox.retain_sites(|site| sites.has(site)));
}

/// Uses what the isolate has seen. Must not be called from `usage`.
pub(super) fn learning<T>(usage: impl FnOnce(&mut Learning) -> T) -> T {
    LEARNING.with_borrow_mut(usage)
}

/// Forgets what the isolate has seen and not yet sent, and what it remembers of the site's own URLs.
pub(super) fn forget() {
    learning(|learning| {
        learning.outbox.forget(now());
        learning.site_urls = SiteUrlCache::default();
        learning.recent = Recent::default();
        learning.suspects = Suspects::default();
    });
}

/// Counts for the report, if there is one.
pub(super) fn count<'a>(
    site: Option<&str>,
    config: &Config,
    counted: impl FnOnce() -> Vec<(Counted<'a>, u64)>,
) {
    if let Some(site) = site.filter(|_| config.report.is_some()) {
        let counted = counted();
        learning(|learning| {
            for (what, number) in counted {
                learning.outbox.tallies.add(site, what, number);
            }
        });
    }
}

/// Counts a refusal for the report, of a speculation that had been counted as answered, or before that.
pub(super) fn count_refused(visit: &Visit, why: &Ineligible, was_answered: bool, config: &Config) {
    count(visit.site().as_deref(), config, || {
        let mut counted = if was_answered {
            counting::of_late_refusal(visit, config)
        } else {
            counting::of_unasked(visit, config)
        };
        counted.push((counting::of_reason(why), 1));
        counted
    });
}

/// Counts for the report the cookies that an answer sets.
pub(super) fn count_cookies(visit: &Visit, met: Vec<(String, &'static str, Fate)>, config: &Config) {
    let Some(site) = visit.site().filter(|_| !met.is_empty()) else { return };
    let several = config.hints.preferences.several;
    learning(|learning| {
        let salt = learning.outbox.navigations.salt(day_of(now()));
        let visitor = learning.outbox.navigations.visitor(visit.visitor_address());
        for (name, class, fate) in met {
            let bucket = salt.zip(visitor).map(|(salt, visitor)| salt.bucket(visitor, &name));
            learning.outbox.tallies.meet(&site, MetCookie { name, class, fate }, bucket, several);
        }
    });
}

/// How observations are sent.
pub(super) fn pace(config: &Config) -> Pace {
    Pace::new(config.learning.batch_seconds, config.learning.batch_views)
}
