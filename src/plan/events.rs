//! What requests and their answers tell of navigations: clicks, speculations and their activations, and pages that are
//! ineligible for speculations.
//!
//! Each function here turns one kind of request into [`NavigationEvents`]: an answer to a navigation ([`of_exchange`]),
//! something that a page which is shown asks for ([`of_subresource`]), the activation signal ([`of_signal`]), the redemption of
//! a ticket ([`of_redemption`]), and what replayed decisions have answered ([`of_replayed_navigation`],
//! [`of_replayed_views`]).

use super::exchange::Exchange;
use super::{deferral, forms, rules_delivery, shown};
use crate::config::Config;
use crate::effects::last_pages::kind_of;
use crate::effects::session;
use crate::effects::source_token::{AskedBy, SourceKey, UsedTokens};
use crate::endpoints;
use crate::head::{self, Content, Head};
use crate::ineligible::Ineligible;
use crate::limits::MAX_PATH_BYTES;
use crate::navigation::event::{Arrived, NavigationEvent, NavigationEvents, OriginAsked};
use crate::navigation::source::{self, NAVIGATION, NavigationSource};
use crate::rules::header;
use crate::urls::inert_parameters::InertParameters;
use crate::urls::spelling::{are_of_one_page, respells};
use crate::visit::fields::Field;
use crate::visit::{Method, Visit, site_of};
use url::Url;

/// How long the origin may take to answer a speculation before that counts as a strain, in milliseconds.
const SLOW_MS: f64 = 2000.0;

/// How a request was answered.
#[derive(Clone, Copy, Debug)]
pub struct Answered {
    /// Whether the answer is thrown away and the speculation refused: then it was asked for in vain.
    pub is_refused: bool,
    /// Whether something of it is deferred to activation.
    pub is_deferred: bool,
    /// Whether the page is published to do harm, which an answer may contradict.
    pub is_excluded: bool,
    /// Whether the visitor witnesses what becomes of their sessions and carts
    /// ([`witness::is_witness`](super::witness::is_witness)).
    pub is_witness: bool,
    /// How long the origin took, in milliseconds.
    pub took_ms: f64,
    /// When it had answered, in milliseconds since the epoch.
    pub at: u64,
}

/// What the origin's answer to a navigation tells; `None` for anything else. `answered` looks a field of the answer up, and
/// `set_cookies` lists its `Set-Cookie` lines.
#[must_use]
pub fn of_exchange(
    exchange: &Exchange<'_>,
    how: Answered,
    answered: impl Fn(&str) -> Option<String>,
    set_cookies: impl FnOnce() -> Vec<String>,
    config: &Config,
) -> Option<NavigationEvents> {
    let Exchange { visit, head, source, .. } = exchange;
    let site = visit.site().filter(|_| source.is_navigation)?;
    let path = visit.url.path();
    let leads_to = leads_to(visit, head, &answered);
    let mut events = Vec::new();
    let shape = config.urls.inert_parameters.shape(&visit.url);
    let (mut is_harmless, mut is_undeferrable) = (false, false);
    if visit.method == Method::Get && shape.len() <= MAX_PATH_BYTES {
        let lines = if visit.is_speculative_navigation() { head.set_cookies.clone() } else { set_cookies() };
        let why = ineligible(exchange, leads_to.as_ref(), &answered, &lines, how.at, config);
        let policy = || answered("referrer-policy");
        is_undeferrable = visit.speculation.is_none()
            && (why.as_ref().is_some_and(Ineligible::is_harmful)
                || deferral::is_undeferrable(visit, head, &lines, policy, config, how.at));
        // What becomes of a session that has expired, or was made up, says nothing of the page.
        let is_unsure = !how.is_witness
            && why.as_ref().is_some_and(|why| why.is_of_session() || *why == Ineligible::CartChanged);
        let why = why.filter(|_| !is_unsure);
        // One that names itself where it leads says nothing by leading there.
        let is_named = || leads_to.as_ref().is_some_and(|target| shown::names(&visit.url, target));
        if why == Some(Ineligible::RedirectsBack) && !is_named() {
            let back_to = source.from.clone().unwrap_or_default();
            events.push(NavigationEvent::LedBack { path: shape.clone(), back_to });
        }
        is_harmless = why.is_none()
            && !is_unsure
            && visit.speculation.is_none()
            && exchange.has_session
            && head.status < 400;
        if why == Some(Ineligible::SessionRotated) && visit.speculation.is_none() {
            events.push(NavigationEvent::SessionRotated);
        }
        events.extend(why.map(|why| NavigationEvent::Ineligible { path: shape.clone(), why }));
    }
    let is_by_path = source::is_page(&visit.url, &config.urls.inert_parameters);
    let is_page = head.content == Content::Page && is_by_path;
    match (&source.from, visit.speculation.filter(|_| visit.is_speculative_navigation())) {
        (Some(from), Some(_)) if is_page || head.status >= 400 => {
            events.push(NavigationEvent::SpeculationArrived {
                from: from.clone(),
                to: path.to_owned(),
                how: arrived(exchange, how, from, config),
            });
            let pointer = rules_delivery::pressed_in_session(exchange.guess, exchange.has_session);
            let pointer = pointer.filter(|_| {
                let tells = rules_delivery::tells_use(visit, head, from, exchange.has_session, config);
                tells && is_told(exchange, how)
            });
            events
                .extend(pointer.map(|pointer| NavigationEvent::PressedInSession { pointer, is_used: false }));
        }
        (Some(from), Some(_)) => {
            let target = leads_to.filter(|target| !how.is_refused && respells(&visit.url, target));
            events.extend(target.map(|target| respelled(visit, &target, Some(from.clone()))));
        }
        (from, None) => {
            // Visitors go on only from a page that is shown.
            events.extend(from.clone().map(|page| NavigationEvent::Activation { from: None, page }));
            if is_by_path && shown::shows_page(visit, head) {
                events.push(NavigationEvent::View { path: path.to_owned() });
                let from = from.clone().filter(|_| source.is_click);
                events.extend(from.map(|from| NavigationEvent::Click { from, to: path.to_owned() }));
            } else if let Some(target) = &leads_to {
                events.push(led_to(visit, target));
            }
        }
        _ => {}
    }
    let is_known = exchange.has_session || !visit.is_public();
    let is_given = is_page && !how.is_refused && is_anybodys(is_known, head.is_private, head.is_noindex);
    if is_undeferrable && (is_given || is_harmless) {
        events.push(NavigationEvent::GivenUndeferrable { path: shape.clone() });
    }
    events.extend(origin_asked(exchange, how).map(NavigationEvent::OriginAsked));
    if is_harmless {
        events.push(NavigationEvent::Harmless { path: shape, is_sought: how.is_excluded });
    }
    if is_given {
        events.push(NavigationEvent::GivenWithoutSession { path: path.to_owned() });
    }
    Some(NavigationEvents { site, address: source.address.clone(), events })
}

/// What the origin's answer tells of a form, by whether another page was fetched ahead since its page was given
/// ([`forms::is_followed_by_guess`]).
#[must_use]
pub fn of_form(
    exchange: &Exchange<'_>,
    is_after_guess: bool,
    answered: impl Fn(&str) -> Option<String>,
    config: &Config,
) -> Option<NavigationEvent> {
    let Exchange { visit, head, .. } = exchange;
    let is_refused = forms::is_refused(visit, head, leads_to(visit, head, answered).as_ref(), config)?;
    Some(NavigationEvent::FormSent { kind: kind_of(visit.url.path()), is_after_guess, is_refused })
}

/// What it tells of the visitor's coming to a page that a redirect leads them there.
fn led_to(visit: &Visit, target: &Url) -> NavigationEvent {
    let is_get = visit.method == Method::Get;
    if is_get && respells(&visit.url, target) {
        return respelled(visit, target, None);
    }
    let through = is_get.then(|| visit.url.path().to_owned());
    NavigationEvent::ResultExpected { path: target.path().to_owned(), through }
}

/// What it tells of a page that it was asked for by another spelling of its URL, ahead from another page or by the visitor.
fn respelled(visit: &Visit, target: &Url, ahead_from: Option<String>) -> NavigationEvent {
    let (path, through) = (target.path().to_owned(), visit.url.path().to_owned());
    NavigationEvent::Respelled { path, through, ahead_from }
}

/// Where an answer leads, if it is on the same site.
fn leads_to(visit: &Visit, head: &Head, answered: impl Fn(&str) -> Option<String>) -> Option<Url> {
    let location = head::is_redirect(head.status).then(|| answered("location")).flatten()?;
    visit.url.join(&location).ok().filter(|location| location.origin() == visit.url.origin())
}

/// Whether a page is one that anybody may be given. `is_known` says whether the visitor to whom it was given has a session or a
/// password.
fn is_anybodys(is_known: bool, is_private: bool, is_noindex: bool) -> bool {
    !is_known && !is_private && !is_noindex
}

/// How the answer to a speculation arrived.
fn arrived(exchange: &Exchange<'_>, how: Answered, from: &str, config: &Config) -> Arrived {
    let Exchange { visit, head, has_session, is_next, guess, .. } = exchange;
    let is_signalled = rules_delivery::names_source(visit, head, from, *has_session, config);
    Arrived {
        is_ours: *is_next,
        is_strained: head.status >= 400 || how.is_refused || how.took_ms > SLOW_MS,
        is_silent: !is_signalled,
        guess: guess.filter(|_| is_signalled && is_told(exchange, how)),
    }
}

/// Whether a speculation that [tells its use](rules_delivery::tells_use) is given, as a page that does so. Of what names no file of ours
/// nothing tells that.
fn is_told(exchange: &Exchange<'_>, how: Answered) -> bool {
    let head = exchange.head;
    !how.is_refused
        && head.content == Content::Page
        && head.status < 400
        && header::takes_more(head.speculation_rules.as_deref())
}

/// How the origin answered, where that counts for the baseline's eagerness.
fn origin_asked(exchange: &Exchange<'_>, how: Answered) -> Option<OriginAsked> {
    let Exchange { head, guess, is_timed, .. } = exchange;
    // Milliseconds of a request; of one that `fast_path.js` has asked for nobody knows them.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let took_ms = (how.took_ms >= 0.0).then_some(how.took_ms as u32);
    (guess.is_some() || (*is_timed && took_ms.is_some())).then_some(OriginAsked {
        guess: *guess,
        took_ms,
        is_error: head::is_overload(head.status),
        is_withheld: how.is_refused || how.is_deferred,
    })
}

/// What it tells of the baseline's eagerness that its speculation was refused before the origin was asked. `may_tell` says whether
/// the visitor at an address may say something about the moderate rule, or about the other, once more.
#[must_use]
pub fn of_refused(
    visit: &Visit,
    config: &Config,
    may_tell: impl FnOnce(&str, bool) -> bool,
) -> Option<NavigationEvents> {
    let guess = rules_delivery::guess(visit, config)?;
    if !may_tell(visit.visitor_address()?, guess.is_moderate) {
        return None;
    }
    let asked = OriginAsked { guess: Some(guess), took_ms: None, is_error: false, is_withheld: true };
    happened(visit, NavigationEvent::OriginAsked(asked))
}

/// The same of a request that the origin did not answer at all. Not of one that may have had a body: perhaps its visitor has left.
#[must_use]
pub fn of_unanswered(
    visit: &Visit,
    config: &Config,
    may_tell: impl FnOnce(&str, bool) -> bool,
) -> Option<NavigationEvents> {
    let guess = rules_delivery::guess(visit, config);
    let source = NavigationSource::read(visit, &config.urls.inert_parameters);
    let is_meant = guess.is_some() || (source.is_click && config.regulates_eagerness());
    if visit.method != Method::Get
        || !is_meant
        || !may_tell(visit.visitor_address()?, guess.is_some_and(|guess| guess.is_moderate))
    {
        return None;
    }
    let asked = OriginAsked { guess, took_ms: None, is_error: true, is_withheld: false };
    happened(visit, NavigationEvent::OriginAsked(asked))
}

/// Why a page is ineligible for speculations, by the answer to a plain `GET`.
fn ineligible(
    exchange: &Exchange<'_>,
    leads_to: Option<&Url>,
    answered: impl Fn(&str) -> Option<String>,
    set_cookies: &[String],
    now: u64,
    config: &Config,
) -> Option<Ineligible> {
    let Exchange { visit, head, source, .. } = exchange;
    if answered("clear-site-data").is_some() {
        return Some(Ineligible::ClearsSiteData);
    }
    let is_back = |target: &Url| {
        source.from.as_deref().is_some_and(|from| are_of_one_page(target.path(), from))
            && !respells(&visit.url, target)
            && !shown::is_of_entrance(visit, target, config)
    };
    if leads_to.is_some_and(is_back) {
        return Some(Ineligible::RedirectsBack);
    }
    let change = session::change(set_cookies, visit.cookies(), &config.effects.cookies, now);
    let change = change.or_else(|| shown::told(visit, head, config));
    // For a visitor with a session every page may be private that is none for others. And what is answered to other requests than
    // a plain one for the page says nothing of it.
    if change.is_some()
        || head.content != Content::Page
        || head.status != 200
        || exchange.has_session
        || !visit.is_public()
        || visit.speculation.is_some()
    {
        return change;
    }
    if head.is_private { Some(Ineligible::Private) } else { head.is_noindex.then_some(Ineligible::Noindex) }
}

/// One event that a request tells of.
fn happened(visit: &Visit, event: NavigationEvent) -> Option<NavigationEvents> {
    let address = visit.visitor_address().map(str::to_owned);
    Some(NavigationEvents { site: visit.site()?, address, events: vec![event] })
}

/// What a request that is no navigation tells: a page that is shown asks for something. That settles a speculation of which no
/// signal tells, if any is open.
#[must_use]
pub fn of_subresource(visit: &Visit, is_any_open: bool, config: &Config) -> Option<NavigationEvents> {
    if visit.speculation.is_some() || !is_any_open {
        return None;
    }
    let page = source::page(visit.referer()?, &visit.url, &config.urls.inert_parameters)?;
    // Nobody's speculation is settled by somebody who is not told apart.
    visit.visitor_address()?;
    happened(visit, NavigationEvent::Activation { from: None, page })
}

/// What the fetch of a rules file means at `now`, if it is an activation signal: the URL names the page that was left, or says that none
/// is named, by today's `key`, and was not asked for before. What was `used` so is noted.
pub fn of_signal(
    visit: &Visit,
    config: &Config,
    key: Option<&SourceKey>,
    used: &mut UsedTokens,
    now: u64,
) -> Option<NavigationEvents> {
    let is_signal = config.learns_next_pages()
        && config.rules.activation_signal
        && visit.method == Method::Get
        && visit.speculation.is_none()
        && visit.is_for_rules();
    if !is_signal {
        return None;
    }
    let token = endpoints::source_of(&visit.url)?;
    let page = source::page(visit.referer()?, &visit.url, &config.urls.inert_parameters)?;
    let opened = key?.open(&token, (&visit.site()?, &page), now)?;
    if !used.take(&opened, now) {
        return None;
    }
    let from = opened.from;
    let event = match opened.by {
        AskedBy::LearnedRule => NavigationEvent::Activation { from: Some(from), page },
        AskedBy::AnyRule => NavigationEvent::Followed { from, page, guess: None },
        AskedBy::Baseline(guess) => NavigationEvent::Followed { from, page, guess: Some(guess) },
        AskedBy::PressedInSession(pointer) => NavigationEvent::PressedInSession { pointer, is_used: true },
    };
    happened(visit, event)
}

/// What a page means that brings its ticket back: it was prerendered, and is activated.
#[must_use]
pub fn of_redemption(visit: &Visit, config: &Config) -> Option<NavigationEvents> {
    if !config.learns_next_pages() {
        return None;
    }
    let page = source::page(visit.referer()?, &visit.url, &config.urls.inert_parameters)?;
    happened(visit, NavigationEvent::Activation { from: None, page })
}

/// The fields of a navigation that JavaScript notes when a replayed decision answers it, and those of the answer. That it is a
/// browser's navigation is told by [`NAVIGATION`] already.
pub const NOTED: [Field; 4] = [Field::Referer, Field::SecFetchSite, Field::SecFetchUser, Field::CacheControl];
/// See [`NOTED`].
pub const NOTED_OF_ANSWER: [&str; 3] = ["cache-control", "x-robots-tag", "referrer-policy"];

/// A browser's navigation to a document that a replayed decision has answered, as JavaScript notes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReplayedNavigation {
    /// The URL that was asked for.
    pub url: String,
    /// The visitor's address, as far as it is to be believed.
    pub address: Option<String>,
    /// Whether the visitor has a session.
    pub has_session: bool,
    /// Whether they have sent `Authorization`. Its value is not noted.
    pub has_password: bool,
    /// The fields of the request, in the order of [`NOTED`].
    pub asked: [Option<String>; NOTED.len()],
    /// The fields of the answer, in the order of [`NOTED_OF_ANSWER`].
    pub answered: [Option<String>; NOTED_OF_ANSWER.len()],
}

impl ReplayedNavigation {
    /// The request.
    fn visit(&self) -> Option<Visit> {
        let noted =
            NOTED.iter().zip(&self.asked).filter_map(|(field, value)| Some((*field, value.as_deref()?)));
        let address = self.address.as_deref().map(|address| (Field::VisitorAddress, address));
        let fields =
            NAVIGATION.into_iter().chain(noted).chain(address).map(|(field, value)| (field.name(), value));
        Some(Visit::with("GET", Url::parse(&self.url).ok()?, &fields.collect::<Vec<_>>()))
    }
}

/// What a navigation tells that a replayed decision has answered. Views are counted apart: see [`of_replayed_views`].
#[must_use]
pub fn of_replayed_navigation(
    navigation: &ReplayedNavigation,
    inert: &InertParameters,
) -> Option<NavigationEvents> {
    let visit = navigation.visit()?;
    let [cache_control, robots, referrer_policy] = &navigation.answered;
    let source =
        NavigationSource::read(&visit, inert).told_under(head::tells_page(referrer_policy.as_deref()));
    let site = visit.site()?;
    let (from, to) = (source.from?, visit.url.path());
    let mut events = vec![NavigationEvent::Activation { from: None, page: from.clone() }];
    // Whatever sets a cookie is not replayed.
    let shape = inert.shape(&visit.url);
    if navigation.has_session && shape.len() <= MAX_PATH_BYTES {
        events.push(NavigationEvent::Harmless { path: shape, is_sought: false });
    }
    if source::is_page(&visit.url, inert) {
        let is_private = cache_control.as_deref().is_some_and(head::is_private);
        let is_noindex = robots.as_deref().is_some_and(head::is_noindex);
        let is_known = navigation.has_session || navigation.has_password;
        if is_anybodys(is_known, is_private, is_noindex) {
            events.push(NavigationEvent::GivenWithoutSession { path: to.to_owned() });
        }
        if source.is_click {
            events.push(NavigationEvent::Click { from, to: to.to_owned() });
        }
    }
    Some(NavigationEvents { site, address: source.address, events })
}

/// What it tells that replayed decisions have shown the page at a URL so often to the visitor at an address.
#[must_use]
pub fn of_replayed_views(
    url: &str,
    address: Option<String>,
    number: u32,
    inert: &InertParameters,
) -> Option<NavigationEvents> {
    let url = Url::parse(url).ok().filter(|url| source::is_page(url, inert))?;
    let events = vec![NavigationEvent::ReplayedViews { path: url.path().to_owned(), number }];
    Some(NavigationEvents { site: site_of(&url)?, address, events })
}

/// What it tells that a page turned out to be ineligible only when its answer was looked at more closely.
#[must_use]
pub fn of_ineligible(visit: &Visit, why: Ineligible, inert: &InertParameters) -> Option<NavigationEvents> {
    let path = Some(inert.shape(&visit.url)).filter(|path| path.len() <= MAX_PATH_BYTES)?;
    happened(visit, NavigationEvent::Ineligible { path, why })
}

/// What it tells that a page was prerendered, or could have been.
#[must_use]
pub fn of_rendered(visit: &Visit, inert: &InertParameters) -> Option<NavigationEvents> {
    let path = Some(inert.shape(&visit.url)).filter(|path| path.len() <= MAX_PATH_BYTES)?;
    happened(visit, NavigationEvent::Rendered { path })
}

#[cfg(test)]
mod tests;
