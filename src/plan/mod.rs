//! Decides what is done with a request and with the origin's answer to it, as pure functions over plain data.
//!
//! There are two steps, because some requests need no origin: [`admit`] decides before it is asked, [`plan`] after it has
//! answered. [`deferral`] decides what of an answer to a speculation is deferred; for a prerender it does so in a third step,
//! when the page's HTML has been read.
//!
//! Two state machines decide what happens later: [`redemption`], what is done with a ticket that comes back, and
//! [`holding`], what is done with the requests of a prerendering page. [`origin_route`] says by which way the origin is asked,
//! [`snapshots`] which published values a request may use, [`doing`] which guesses have to wait for what the visitor does,
//! [`shown`] what an answer shows of its URL, [`html_edits`] which pages may be changed, [`health`] what is told of Headstart's own
//! state, [`decision_log`] which decisions whoever runs the site is told of, [`suspicion`] what the words of links stand in the way of,
//! [`own_answers`] how a request is answered without the origin, and [`shadow`] what would have been done where that is switched off.

use crate::config::{Config, ReadStylesheets};
use crate::effects::cookie::is_too_large;
use crate::effects::quarantine::Quarantine;
use crate::effects::seal::NONCE_BYTES;
use crate::effects::session;
use crate::effects::source_token::SourceKey;
use crate::effects::ticket::{Delivery, Sealed, Token};
use crate::endpoints::{self, ReportFile, RulesFile};
use crate::head::{Content, Head, is_redirect};
use crate::hints::Origin;
use crate::ineligible::{Affected, Ineligible, Refusal};
use crate::published::hint_snapshot::{Basis, Knowledge};
use crate::rewrite::edit::HtmlEdit;
use crate::rules::served::{RuleSets, TICKET_TAG};
use crate::speculation::Speculation;
use crate::switches::holdout::Arms;
use crate::switches::{Feature, Mode, State};
use crate::urls::files;
use crate::urls::unsafe_urls::UnsafeUrls;
use crate::visit::fields::Field;
use crate::visit::{Method, Visit};
use deferral::Rendering;
pub use deferral::Seen;
use rules_delivery::Guidance;
use shadow::Would;
use url::Url;

pub mod askers;
pub mod beacon_tag;
pub mod counting;
pub mod decision_log;
pub mod deferral;
pub mod doing;
pub mod events;
pub mod exchange;
mod giving;
pub mod health;
pub mod holding;
pub mod html_edits;
pub mod keeping;
pub mod origin_route;
pub mod own_answers;
pub mod preparation;
pub mod redemption;
pub mod redirect;
pub mod replay;
pub mod routine;
pub mod rules_delivery;
pub mod shadow;
pub mod shown;
pub mod snapshots;
pub mod suspicion;
pub mod teaching;
pub mod witness;

/// Where prefetch proxies look for a site's advice (Private Prefetch Proxy, "traffic advice").
pub const TRAFFIC_ADVICE: &str = "/.well-known/traffic-advice";

/// The longest `Link` line that is added, in bytes: what its preloads may take, and what its other hints may.
pub const MAX_LINK_BYTES: usize = MAX_PRELOAD_BYTES + 2 + MAX_HINTS_BYTES;
const MAX_PRELOAD_BYTES: usize = 1500;
const MAX_HINTS_BYTES: usize = 1000;

/// What to do before the origin is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Ask the origin.
    Ask,
    /// Answer with a rule set of ours.
    RuleSet {
        /// Which one.
        file: RulesFile,
        /// Whether the browser has the current one, by its `If-None-Match`: 304.
        fresh: bool,
    },
    /// Answer with a learned rule set, as far as there is one for the pages of a key.
    Learned {
        /// The hash in the URL.
        hash: String,
        /// The path, or the route's template, that it is for.
        key: String,
    },
    /// Answer with the script that asks browsers what they loaded.
    BeaconScript,
    /// Take in what a visitor's browser tells.
    Beacon,
    /// Answer with a rule set of ours, and hand over what was deferred of the page that asks for it.
    RedeemByRulesFile {
        /// Which rule set.
        file: RulesFile,
        /// The page's ticket, or its name.
        token: String,
    },
    /// Answer with the script of prerendered pages.
    ActivateScript,
    /// Hand over what was deferred of a prerendered page, whose ticket stands in the body.
    RedeemByScript,
    /// Defer what a prerendering page sends to a path with an effect, until the page is activated.
    Hold {
        /// The page that sends it.
        page: String,
        /// How often that may happen in doubt.
        delivery: Delivery,
    },
    /// Answer with a rule set of ours, and a rule that brings the ticket back. The page that asks was prefetched, and is now
    /// prerendered; or a service worker asks, and does not say for which page. The browser will not ask for the rule set again
    /// on activation, but it follows rules only then.
    DeferToActivation {
        /// Which rule set.
        file: RulesFile,
        /// The page's ticket, or its name.
        token: String,
    },
    /// Hand over what was deferred of such a page, as that rule asks.
    RedeemByRule {
        /// The page's ticket, or its name.
        token: String,
    },
    /// Lead back to the page, which is then loaded as if it had not been prerendered: no scripts run on it.
    ReturnToPage {
        /// The page.
        url: String,
    },
    /// Tell how Headstart itself is.
    Health,
    /// Erase what was learned, if the order is good.
    Erase {
        /// What stands in `Authorization`.
        authorization: String,
    },
    /// Show or set switches, if the order is good.
    Switch {
        /// What stands in `Authorization`.
        authorization: String,
    },
    /// Something that a page sends which came before Headstart was switched off: 204.
    Ignored,
    /// Answer with a file of the report, or take in what is sent there; what it says is for whoever has the token.
    Report(ReportFile),
    /// Something that only our own pages may send: 403.
    Forbidden,
    /// Below our prefix, but nothing of ours: 404.
    NotFound,
    /// Something of ours, asked for in a way that it does not answer: 405. These are the methods that it does.
    MethodNotAllowed(&'static str),
    /// A speculation that must not reach the origin: 503.
    Refuse(Ineligible),
}

/// Decides whether the origin is asked. `met` says why the page is ineligible for whoever asks, if it was found to be.
#[must_use]
pub fn admit(
    visit: &Visit,
    config: &Config,
    rule_sets: &RuleSets,
    met: impl FnOnce() -> Option<Ineligible>,
) -> Admission {
    if endpoints::is_own(visit.url.path()) {
        return own(visit, config, rule_sets);
    }
    if config.switched.guards() { guarded(visit, config, met) } else { unguarded(visit) }
}

/// Decides where speculations are not made safe: they reach the origin as if Headstart were not there. But then nobody would have
/// sent those that our own rules alone ask for, of pages that were given them before.
fn unguarded(visit: &Visit) -> Admission {
    if visit.is_speculative_navigation() && rules_delivery::is_by_own_rules(visit) {
        Admission::Refuse(Ineligible::SwitchedOff)
    } else {
        Admission::Ask
    }
}

/// Why a request would be refused before the origin is asked, were speculations on its page not in shadow.
#[must_use]
pub fn would_refuse(
    visit: &Visit,
    config: &Config,
    met: impl FnOnce() -> Option<Ineligible>,
) -> Option<Ineligible> {
    if endpoints::is_own(visit.url.path()) || !config.switched.reports(Feature::Deferral) {
        return None;
    }
    match guarded(visit, config, met) {
        Admission::Refuse(why) => Some(why),
        _ => None,
    }
}

/// Decides where speculations are made safe.
fn guarded(visit: &Visit, config: &Config, met: impl FnOnce() -> Option<Ineligible>) -> Admission {
    let is_by_page = visit.is_prefetch_by_page();
    let unsafe_url = || {
        let rule = unsafe_for_guess(visit, config)?;
        Some(Admission::Refuse(Ineligible::UnsafeUrl { rule: rule.to_owned() }))
    };
    if visit.is_speculative_navigation() || is_by_page {
        if visit.is_url_too_long() {
            return Admission::Refuse(Ineligible::UrlTooLong);
        }
        if is_too_large(visit.cookies()) {
            return Admission::Refuse(Ineligible::TooManyCookies);
        }
        if let Some(refused) = unsafe_url() {
            return refused;
        }
        if let Some(why) = met() {
            return Admission::Refuse(why);
        }
        // No ticket can defer what a script fetches ahead.
        let has_effect = || config.effects.paths.delivery_of(&visit.url).is_some();
        if config.urls.unsafe_urls.is_counted(&visit.url)
            || ((is_by_page || config.effects.seal.is_none()) && has_effect())
        {
            return Admission::Refuse(Ineligible::Effect(Affected::Everybody));
        }
    } else if visit.is_of_prerendering_page()
        && visit.is_same_origin()
        // Of anything else the page may need the answer.
        && matches!(visit.destination(), Some("image" | "empty"))
        && visit.method != Method::Other
        && let Some(delivery) = config.effects.paths.delivery_of(&visit.url)
    {
        // Without its page's name, nobody could tell when that page is activated.
        return match visit.sender(&config.urls.inert_parameters) {
            Some(page) if config.effects.seal.is_some() => Admission::Hold { page, delivery },
            _ => Admission::Refuse(Ineligible::Effect(Affected::Everybody)),
        };
    } else if let Some(refused) = unsafe_url() {
        return refused;
    }
    Admission::Ask
}

/// The rules of what a page that is being prerendered must not do, whatever it needs for itself.
const GRAVE: [&str; 6] = ["sign-out", "delete", "cart", "purchase", "unsubscribe", UnsafeUrls::SITE];

/// The rule by which a URL must not be asked for on a guess. What a page asks for while it is prerendered is for itself: of that
/// only the path tells, since an API's parameters may be called like those of a link that does something.
fn unsafe_for_guess(visit: &Visit, config: &Config) -> Option<&'static str> {
    if !visit.is_guess() {
        return None;
    }
    let rule = if visit.is_of_prerendering_page() {
        // What the page shows depends on what it asks for, so of the built-in rules only what harms most counts.
        config.urls.unsafe_urls.rule_for_path(&visit.url).filter(|rule| GRAVE.contains(rule))
    } else {
        let has_session = || session::is_in(visit.cookies(), &config.effects.cookies);
        let unsafe_urls = &config.urls.unsafe_urls;
        unsafe_urls
            .rule_for(&visit.url)
            .or_else(|| unsafe_urls.rule_for_editors(&visit.url).filter(|_| has_session()))
    };
    // To fetch a script has no effect, whatever its name is like: `/_next/static/chunks/app/logout/page-1.js`. But a site
    // knows its own, and nobody navigates to a script.
    rule.filter(|rule| {
        visit.is_speculative_navigation()
            || *rule == UnsafeUrls::SITE
            || !files::is_part_of_pages(visit.url.path())
    })
}

/// Why a page is ineligible for whoever speculates on it, by what this isolate has met, or else by what was published.
#[must_use]
pub fn met(
    visit: &Visit,
    config: &Config,
    quarantine: &Quarantine,
    is_harmful: impl FnOnce() -> bool,
    now: u64,
) -> Option<Ineligible> {
    let site = visit.site()?;
    let against = || {
        let shape = config.urls.inert_parameters.shape(&visit.url);
        quarantine.against(&site, &shape, &askers::asker(visit, config), now)
    };
    let met = if quarantine.is_empty() { None } else { against() };
    met.or_else(|| is_harmful().then_some(Ineligible::Harmful))
}

/// What the origin is asked in place of a browser's speculation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Path and query, where they differ from those that were asked for.
    pub target: Option<String>,
    /// `Headstart-Purpose`: in a plain word what `Sec-Purpose` says.
    pub purpose: &'static str,
}

/// What the origin is asked; `None` for what is no speculation, which reaches it as it is. Click identifiers and campaigns are
/// left out of a speculation, so that it counts as no conversion.
#[must_use]
pub fn outgoing(visit: &Visit, config: &Config) -> Option<Outgoing> {
    if !config.switched.guards() {
        return None;
    }
    let purpose = match visit.speculation? {
        Speculation::Prefetch => "prefetch",
        Speculation::Prerender => "prerender",
    };
    let strips = config.effects.strip_parameters
        && visit.is_speculative_navigation()
        && config.urls.inert_parameters.has_any(&visit.url);
    Some(Outgoing { target: strips.then(|| config.urls.inert_parameters.without(&visit.url)), purpose })
}

/// Decides about a path of ours.
fn own(visit: &Visit, config: &Config, rule_sets: &RuleSets) -> Admission {
    const READ: &str = "GET, HEAD";
    let is_read = matches!(visit.method, Method::Get | Method::Head);
    let asks_browsers = config.hints.is_on && config.hints.preferences.asks;
    let path = visit.url.path();
    let token = endpoints::ticket_of(&visit.url);
    if let Some(file) = RulesFile::at(path) {
        // A page that comes from before is given no rule any more.
        let file = if config.switched.does(Feature::Rules) {
            rule_sets.answering(file, visit.pointer())
        } else {
            RulesFile::Signal
        };
        if !is_read {
            return Admission::MethodNotAllowed(READ);
        }
        if let Some(token) = token {
            let is_asked = visit.method == Method::Get && visit.is_for_rules();
            let is_token = |seal| Token::parse(&token, seal).is_some();
            // Of what a service worker rebuilds nobody can tell whether its page is shown, or which page it is.
            let may_be_rendered = visit.is_of_prerendering_page() || visit.is_rebuilt();
            if is_asked && may_be_rendered && config.effects.seal.as_ref().is_some_and(is_token) {
                return Admission::DeferToActivation { file, token };
            }
            if is_asked && visit.is_of_shown_page() {
                return Admission::RedeemByRulesFile { file, token };
            }
            // Whoever else asks gets the rules, and nothing of the ticket.
        }
        let given = visit.if_none_match();
        let fresh = given.is_some_and(|given| rule_sets.get(file).is_fresh(given));
        return Admission::RuleSet { file, fresh };
    }
    if let Some(file) = ReportFile::at(path) {
        return report(visit, file, config);
    }
    let has_learned = config.learns_next_pages() && config.switched.does(Feature::Rules);
    if let Some((hash, key)) = endpoints::learned_rules_at(path).filter(|_| has_learned) {
        return if is_read {
            Admission::Learned { hash: hash.to_owned(), key: key.to_owned() }
        } else {
            Admission::MethodNotAllowed(READ)
        };
    }
    let renders = config.effects.seal.is_some() || config.effects.analytics.is_some();
    // A page follows no rule before its activation. The ticket is compared with the page.
    if path == endpoints::ACTIVATE
        && config.effects.seal.is_some()
        && visit.speculation == Some(Speculation::Prefetch)
        && visit.can_redeem()
        && visit.is_by_rule(TICKET_TAG)
        && let Some(token) = token
    {
        return Admission::RedeemByRule { token };
    }
    // A view that is compared with others is asked in the same way.
    let path = match endpoints::arms_at(path) {
        Some((arms, path)) if Arms::of(arms).is_some() => path,
        _ => path,
    };
    match path {
        endpoints::UNSCRIPTED if visit.is_speculative_navigation() => {
            Admission::Refuse(Ineligible::Unscripted)
        }
        endpoints::UNSCRIPTED if config.effects.seal.is_some() && visit.is_led_by_page() => back(&visit.url),
        endpoints::ACTIVATE_SCRIPT if renders && is_read => Admission::ActivateScript,
        endpoints::ACTIVATE_SCRIPT if renders => Admission::MethodNotAllowed(READ),
        endpoints::ACTIVATE | endpoints::ERASE | endpoints::SWITCH
            if config.effects.seal.is_some() && visit.method != Method::Post =>
        {
            Admission::MethodNotAllowed("POST")
        }
        endpoints::ACTIVATE if config.effects.seal.is_some() && visit.is_by_page_as("empty") => {
            Admission::RedeemByScript
        }
        endpoints::ACTIVATE if config.effects.seal.is_some() => Admission::Forbidden,
        endpoints::ERASE if config.effects.seal.is_some() => Admission::Erase {
            authorization: visit.field(Field::Authorization).unwrap_or_default().to_owned(),
        },
        endpoints::SWITCH if config.effects.seal.is_some() => Admission::Switch {
            authorization: visit.field(Field::Authorization).unwrap_or_default().to_owned(),
        },
        endpoints::HEALTH if is_read => Admission::Health,
        endpoints::HEALTH => Admission::MethodNotAllowed(READ),
        endpoints::BEACON_SCRIPT if asks_browsers && is_read => Admission::BeaconScript,
        endpoints::BEACON_SCRIPT if asks_browsers => Admission::MethodNotAllowed(READ),
        endpoints::BEACON if asks_browsers && visit.method != Method::Post => {
            Admission::MethodNotAllowed("POST")
        }
        endpoints::BEACON if asks_browsers && !config.switched.learns() => Admission::Ignored,
        endpoints::BEACON if asks_browsers && visit.is_same_origin() => Admission::Beacon,
        endpoints::BEACON if asks_browsers => Admission::Forbidden,
        _ => Admission::NotFound,
    }
}

/// Decides about a file of the report. Nobody is given one on a guess, and without a token there is none but the page which says
/// how there is one.
fn report(visit: &Visit, file: ReportFile, config: &Config) -> Admission {
    if visit.speculation.is_some() {
        return Admission::Refuse(Ineligible::UnsafeUrl { rule: "report".to_owned() });
    }
    if config.report.is_none() && file != ReportFile::Report {
        return Admission::NotFound;
    }
    match (file.is_sent_to(), visit.method) {
        (true, Method::Post) | (false, Method::Get | Method::Head) => Admission::Report(file),
        (true, _) => Admission::MethodNotAllowed("POST"),
        (false, _) => Admission::MethodNotAllowed("GET, HEAD"),
    }
}

/// Leads to the page of this site that a URL of ours names.
fn back(url: &Url) -> Admission {
    endpoints::unscripted_page(url)
        .map_or(Admission::NotFound, |page| Admission::ReturnToPage { url: page.into() })
}

/// The status of a refusal: any but 2xx makes the browser forget the speculation and do the real navigation later.
pub const REFUSED_STATUS: u16 = 503;

/// The body of a refusal, in the case that somebody is shown it after all: builds of `WebKit` have shown a prefetch that was
/// refused on a click, and scripts show what they have fetched ahead. It loads the page itself, without a script.
pub const REFUSED_PAGE: &str = "<!doctype html><meta http-equiv=refresh content=0><title>Loading</title>";

/// The header lines of a refusal.
#[must_use]
pub fn refusal_lines(why: &Ineligible) -> Vec<(&'static str, String)> {
    let told = why.refusal().map(|refusal| ("Headstart-Refused", refusal));
    let kept = [
        ("Cache-Control", "no-store".to_owned()),
        ("Vary", "Sec-Purpose".to_owned()),
        ("Content-Type", "text/html; charset=utf-8".to_owned()),
    ];
    kept.into_iter().chain(told).collect()
}

/// What to do with the origin's response. The body is never part of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Plan {
    /// Hand the origin's response on as it is.
    Pass,
    /// Hand it on with these changes.
    Edit(Edit),
    /// Throw it away and refuse the speculation.
    Refuse(Refusal),
    /// Throw it away and answer with the advice for prefetch proxies: the origin has none.
    AdviseProxies {
        /// The share of prefetches that may come.
        share: f64,
    },
}

/// Changes to a response. At least one of them is one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edit {
    /// Header lines to append, in order.
    pub append: Vec<(&'static str, String)>,
    /// Header lines that take the place of the origin's.
    pub replace: Vec<(&'static str, String)>,
    /// The fields of the origin that go.
    pub remove: &'static [&'static str],
    /// The `Set-Cookie` lines that replace all those of the origin.
    pub set_cookies: Option<Vec<String>>,
    /// Whether to learn from a copy of the body.
    pub observe: Option<ObserveMode>,
    /// What is changed in the page's HTML: rules, or the script that asks the browser how the view went, are put in, and the tag of
    /// the largest picture says how urgent it is.
    pub html: Vec<HtmlEdit>,
    /// The ticket of a prefetched page, which may have to be kept before the page is answered.
    pub ticket: Option<Sealed>,
    /// What is to be done with a prerendered page, when its HTML has been read.
    pub rendering: Option<Box<Rendering>>,
    /// Why the page is to be remembered as ineligible, and for whom.
    pub remembered: Option<Ineligible>,
    /// What would have been done where that is switched to shadow, if anything.
    pub would: Option<Box<Would>>,
}

impl Edit {
    /// Adds a header line of a feature where that is on, and notes it where it is in shadow.
    fn give(&mut self, name: &'static str, feature: Feature, on: State, value: String) {
        match on.of(feature) {
            Mode::On => self.append.push((name, value)),
            Mode::Shadow => self.note(|would| would.send(feature, value)),
            Mode::Off => {}
        }
    }

    /// Notes something that would have been done, if it is anything.
    fn note(&mut self, note: impl FnOnce(&mut Would)) {
        let mut would = self.would.take().map(|would| *would).unwrap_or_default();
        note(&mut would);
        self.would = would.some();
    }

    /// Whether whoever asked gets the origin's answer as it is.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        let learned = Self {
            observe: self.observe,
            remembered: self.remembered.clone(),
            would: self.would.clone(),
            ..Self::default()
        };
        *self == learned
    }

    /// Whether the visitor is shown something else from now on.
    #[must_use]
    pub fn clears(&self) -> bool {
        self.append.iter().any(|(name, _)| *name == "Clear-Site-Data")
    }

    /// Whether it hands out a ticket, for which a ledger has to have room later.
    #[must_use]
    pub fn has_ticket(&self) -> bool {
        let of_page = self.rendering.as_ref().and_then(|rendering| rendering.ticket.as_ref());
        self.ticket.is_some() || of_page.is_some()
    }

    /// What becomes of an answer that the platform does not let be changed: it is handed on as it is.
    ///
    /// # Errors
    /// Why the speculation is refused, where something of the answer was to be deferred.
    pub fn if_unbuilt(&self) -> Result<(), Ineligible> {
        if self.set_cookies.is_none() && self.ticket.is_none() && self.rendering.is_none() {
            return Ok(());
        }
        Err(Ineligible::SetCookie { name: String::new(), affects: Affected::Everybody })
    }
}

/// What was learned of a page, and of the site.
#[derive(Clone, Copy, Debug)]
pub struct Learned<'a> {
    /// Of the page's third parties.
    pub knowledge: Knowledge<'a>,
    /// Where its path always redirects to, if it does.
    pub leads_to: Option<&'a Origin>,
    /// Of its next pages, and of whoever asks.
    pub guidance: Guidance<'a>,
    /// The rule sets that all pages share.
    pub rule_sets: &'a RuleSets,
    /// What the isolate has seen of the site and of the visitor.
    pub seen: Seen,
    /// Whether pages send the request by themselves, so that it says nothing of what the visitor does.
    pub is_routine: bool,
}

/// What a decision takes from around it besides its arguments: sampling, the clock, and random numbers.
pub trait Ambient {
    /// Whether this is sampled.
    fn samples(&mut self, what: Sampling) -> bool;

    /// The time, in milliseconds since the epoch.
    fn now(&self) -> u64;

    /// Random bytes, never the same again.
    fn nonce(&mut self) -> [u8; NONCE_BYTES];

    /// Today's key for naming the page on which a speculation was made, if it is there.
    fn source_key(&self) -> Option<SourceKey>;
}

/// What is read of a response for learning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObserveMode {
    /// A page of which nothing was known, so that its hints wait for it.
    New,
    /// Anything else.
    Known,
    /// A page asked for with inert parameters alone: whether it is the same as without is all that it tells.
    Compared,
}

/// What is done for a sample of the views only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sampling {
    /// Whether a view of a page is read; of a known one, only a share is.
    Page {
        /// Whether the page, or its route, is known.
        known: bool,
        /// Whether it has preloads, which must not outlive what they name for long.
        has_preloads: bool,
    },
    /// Whether a stylesheet is read.
    Sheet,
    /// Whether a view's browser is asked how it went.
    Beacon {
        /// How often the share of views that are asked is halved.
        halvings: u8,
    },
}

/// Decides what becomes of the origin's response.
pub fn plan(
    visit: &Visit,
    head: &Head,
    learned: Learned<'_>,
    config: &Config,
    ambient: &mut impl Ambient,
) -> Plan {
    let on = config.switched;
    if !on.learns() {
        return Plan::Pass;
    }
    let known = match learned.knowledge {
        Knowledge::Known(known) => Some(known),
        Knowledge::NotLoaded | Knowledge::Unknown => None,
    };
    // An application that answers everything with its own page has no advice either, nor one that leads to a sign-in.
    let has_advice = || !matches!(head.status, 404 | 410) && !head.is_html() && !is_redirect(head.status);
    let is_advice = visit.url.path() == TRAFFIC_ADVICE && visit.method == Method::Get;
    if is_advice && on.does(Feature::Rules) && !has_advice() {
        return Plan::AdviseProxies { share: config.rules.prefetch_proxy_share };
    }
    let mut edit = Edit::default();
    if let Err(refusal) = make_safe(visit, head, &learned, config, ambient, &mut edit) {
        return Plan::Refuse(refusal);
    }
    let token = edit.ticket.as_ref().map(|ticket| ticket.token.clone());
    let guidance = Guidance { token: token.as_deref(), ..learned.guidance };
    if let Some(line) = redirect::hint(visit, head, learned.leads_to, config) {
        edit.give("Link", Feature::Hints, on, line);
    }
    if head.content == Content::Sheet {
        let is_read = config.hints.is_on
            && config.hints.stylesheets != ReadStylesheets::Off
            && visit.is_public()
            && head.is_readable
            && ambient.samples(Sampling::Sheet);
        edit.observe = is_read.then_some(ObserveMode::Known);
    }
    if head.content == Content::Page {
        giving::hints(visit, head, known, config, &mut edit);
        giving::rules(visit, head, (guidance, learned.rule_sets), config, ambient, &mut edit);
        let basis = known.map(|known| known.basis);
        let learns = config.hints.is_on || config.learns_next_pages();
        let teaches = learns && visit.teaches() && head.is_readable;
        let learns_hints = teaches && teaching::learns_hints(visit, head, config);
        // Only what was read itself can be confirmed. What is fetched ahead tells once it is shown.
        let mut is_asked = false;
        if learns_hints
            && on.asks()
            && config.hints.preferences.asks
            && (visit.speculation.is_none() || visit.is_speculative_navigation())
            && let Some(halvings) = known.and_then(|known| known.ask)
            && ambient.samples(Sampling::Beacon { halvings })
            && let Some(tag) = beacon_tag::html(visit, head, on.arms())
        {
            edit.html.push(HtmlEdit::IntoHead(tag));
            is_asked = true;
        }
        // Before the snapshot is there, nearly every page of a busy site would seem to be new.
        let is_known = learned.knowledge == Knowledge::NotLoaded
            || matches!(basis, Some(Basis::Page | Basis::Route))
            || (!learns_hints && (guidance.known.is_some() || !config.learns_next_pages()));
        let has_preloads = known.is_some_and(|known| !known.preloads.is_empty());
        // What a browser tells is held against what the same view names.
        let is_read =
            teaches && ambient.samples(Sampling::Page { known: is_known && !is_asked, has_preloads });
        edit.observe = is_read.then_some(if is_known { ObserveMode::Known } else { ObserveMode::New });
        if !teaches
            && is_comparable(visit, head, guidance, config)
            && ambient.samples(Sampling::Page { known: true, has_preloads: false })
        {
            edit.observe = Some(ObserveMode::Compared);
        }
    }
    if edit == Edit::default() { Plan::Pass } else { Plan::Edit(edit) }
}

/// Decides what of an answer to a speculation is deferred, and what is said of an answer that changes what was fetched ahead; or
/// what would be, in shadow.
fn make_safe(
    visit: &Visit,
    head: &Head,
    learned: &Learned<'_>,
    config: &Config,
    ambient: &mut impl Ambient,
    edit: &mut Edit,
) -> Result<(), Refusal> {
    let on = config.switched;
    if !on.guards() {
        if on.reports(Feature::Deferral) {
            let (would, remembered) = shadow::of_deferral(visit, head, learned, config, ambient);
            edit.would = would.some();
            edit.remembered = remembered;
        }
    } else if visit.is_speculative_navigation() {
        let withheld = deferral::withhold(visit, head, learned.seen, config, ambient)?;
        let deferral::Lines { append, replace, remove } = deferral::lines(visit, head, &withheld, config);
        (edit.append, edit.replace, edit.remove) = (append, replace, remove);
        edit.set_cookies = withheld.set_cookies;
        edit.ticket = withheld.ticket;
        edit.rendering = withheld.rendering.map(Box::new);
        edit.remembered = withheld.remembered;
    } else if visit.is_prefetch_by_page() {
        let overtaken = learned.seen.is_overtaken;
        deferral::allow_prefetch_by_page(visit, head, overtaken, config, ambient.now())?;
    } else if visit.speculation.is_none()
        && deferral::changes_state(visit, head, learned.is_routine, config, ambient.now())
    {
        edit.append.push(("Clear-Site-Data", deferral::CLEAR.to_owned()));
    }
    Ok(())
}

/// Whether a view tells whether inert parameters change a page.
fn is_comparable(visit: &Visit, head: &Head, guidance: Guidance<'_>, config: &Config) -> bool {
    config.rules.no_vary_search
        && config.learns_next_pages()
        && visit.is_public()
        && head.is_readable
        && !guidance.has_session
        && config.urls.inert_parameters.has_any(&visit.url)
        && config.urls.inert_parameters.are_all_inert(&visit.url)
}

/// Whether a page that says it is for one visitor alone tells whether it is the same for all: it was given to somebody without a
/// session or a password.
#[must_use]
pub fn is_compared_between_visitors(visit: &Visit, head: &Head, config: &Config) -> bool {
    head.is_private && visit.is_public() && !session::is_in(visit.cookies(), &config.effects.cookies)
}

#[cfg(test)]
mod tests;
