//! Decides what is done with a request before the origin is asked: whether it is asked at all, and for what.

use super::{askers, deferral, rules_delivery};
use crate::config::{Config, Effects};
use crate::effects::class::{self, Class};
use crate::effects::cookie::{self, is_too_large};
use crate::effects::quarantine::Quarantine;
use crate::effects::session;
use crate::effects::ticket::{Delivery, Token};
use crate::endpoints::{self, ReportFile, RulesFile};
use crate::ineligible::{Affected, Ineligible};
use crate::rules::served::{RuleSets, TICKET_TAG};
use crate::speculation::Speculation;
use crate::switches::Feature;
use crate::switches::holdout::Arms;
use crate::urls::unsafe_urls::UnsafeUrls;
use crate::urls::{files, page_data};
use crate::visit::fields::Field;
use crate::visit::{Method, Visit};

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
    /// Something that a page sends which came before Headstart was switched off, or before its visitor signed in; or a page that
    /// was led back to already: 204.
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
        let has_effect = || config.effects.paths.delivery_of(&page_data::page_or(&visit.url)).is_some();
        // No ticket can defer what a script fetches ahead.
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

/// The rule by which a URL is refused on a guess because of the page from which it is asked for.
const FROM_EDITOR: &str = "from-editor";

/// The built-in rules of what a page that is being prerendered must not do, whatever it needs for itself.
const GRAVE: [&str; 5] = ["sign-out", "delete", "cart", "purchase", "unsubscribe"];

/// The rule by which a URL must not be asked for on a guess. What a page asks for while it is prerendered is for itself: of that
/// only the path tells, since an API's parameters may be called like those of a link that does something.
fn unsafe_for_guess(visit: &Visit, config: &Config) -> Option<&'static str> {
    if !visit.is_guess() {
        return None;
    }
    let rule = if visit.is_of_prerendering_page() {
        // What the page shows depends on what it asks for, so of the built-in rules only what harms most counts; and texts of a language
        // (`/locales/en/logout.json`) are called like the page that shows them.
        let is_data = || files::is_data(visit.url.path()) && page_data::page_of(&visit.url).is_none();
        let rule = config.urls.unsafe_urls.rule_for_path(&visit.url);
        rule.filter(|rule| *rule == UnsafeUrls::SITE || (GRAVE.contains(rule) && !is_data()))
    } else {
        let unsafe_urls = &config.urls.unsafe_urls;
        // A router keeps whatever it has fetched ahead for the click: what is refused to it, it loads as a whole new page, with all
        // that its application holds gone. That is a high price where something only may be done.
        let may_edit =
            || !visit.is_by_router() && session::may_be_in(visit.cookies(), &config.effects.cookies);
        let editor = || unsafe_urls.rule_for_editors(&visit.url);
        // What is written there may be let go of, or its form's token be good no more, when the visitor is given another page.
        let of_editor =
            || visit.sender_url().filter(|sender| unsafe_urls.is_editor(sender)).map(|_| FROM_EDITOR);
        unsafe_urls.rule_for(&visit.url).or_else(|| editor().or_else(of_editor).filter(|_| may_edit()))
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
    /// Whether the whole page is asked for, though the browser has kept one: see [`needs_whole`].
    pub is_whole: bool,
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
    let target = strips(visit, config).then(|| config.urls.inert_parameters.without(&visit.url));
    Some(Outgoing { target, purpose, is_whole: needs_whole(visit, config) })
}

/// Whether a speculation is asked for without some of its parameters.
pub(super) fn strips(visit: &Visit, config: &Config) -> bool {
    config.effects.strip_parameters
        && visit.is_speculative_navigation()
        && config.urls.inert_parameters.has_any(&visit.url)
}

/// Whether a speculation is asked for without what its browser says of the page that it has kept. A 304 has no page to which a
/// script could be added, so what is prerendered would run as it was kept, with its analytics; and it carries no ticket, so that
/// what it sets or counts could only be refused, each time anew. Where neither is to be expected, what was kept may be used.
fn needs_whole(visit: &Visit, config: &Config) -> bool {
    if !visit.is_speculative_navigation() {
        return false;
    }
    let Effects { cookies, paths, analytics, .. } = &config.effects;
    let is_prerendered = visit.speculation == Some(Speculation::Prerender) && visit.can_redeem();
    let has_effects =
        || if is_prerendered { !paths.is_empty() } else { paths.delivery_of(&visit.url).is_some() };
    // Most of what is inert is written by scripts, and lies in nearly every browser.
    let is_set_by_origins = |name: &str| cookies.of_name(name) != Class::Inert || class::is_counter(name);
    let may_be_set = || cookie::pairs(visit.cookies()).any(|(name, _)| is_set_by_origins(name));
    (is_prerendered && analytics.is_some())
        || (deferral::has_tickets(visit, config) && (has_effects() || may_be_set()))
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
        endpoints::UNSCRIPTED if config.effects.seal.is_some() && visit.is_led_by_page() => back(visit),
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
        // A page that was saved, and is opened from a disk, or a copy of it on another site: it would tell of where that lies.
        endpoints::BEACON_SCRIPT if asks_browsers && visit.is_of_another_origin() => Admission::Forbidden,
        endpoints::BEACON_SCRIPT if asks_browsers && is_read => Admission::BeaconScript,
        endpoints::BEACON_SCRIPT if asks_browsers => Admission::MethodNotAllowed(READ),
        endpoints::BEACON if asks_browsers && visit.method != Method::Post => {
            Admission::MethodNotAllowed("POST")
        }
        // A copy that a browser has kept asks again, when its visitor has signed in meanwhile as well.
        endpoints::BEACON
            if asks_browsers
                && (!config.switched.learns()
                    || session::is_in(visit.cookies(), &config.effects.cookies)) =>
        {
            Admission::Ignored
        }
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

/// Leads to the page of this site that a URL of ours names, once: a cache on the way that gives the same page again would have it
/// lead here for ever.
fn back(visit: &Visit) -> Admission {
    let Some(page) = endpoints::unscripted_page(&visit.url) else { return Admission::NotFound };
    let (name, value) = cookie::led_back(page.as_str());
    if cookie::pairs(visit.cookies()).any(|cookie| cookie == (name, value.as_str())) {
        return Admission::Ignored;
    }
    Admission::ReturnToPage { url: page.into() }
}

/// The status of a refusal: any but 2xx makes the browser forget the speculation and do the real navigation later.
pub const REFUSED_STATUS: u16 = 503;

/// The body of a refusal, in the case that somebody is shown it after all: builds of `WebKit` have shown a prefetch that was
/// refused on a click, and scripts show what they have fetched ahead. It loads the page itself, without a script. Turbo looks in it
/// for the frame whose link was clicked, and would find none: so it is told to leave the page to the browser.
pub const REFUSED_PAGE: &str = "<!doctype html><meta name=turbo-visit-control content=reload>\
     <meta http-equiv=refresh content=0><title>Loading</title>";

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
