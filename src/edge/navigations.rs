//! What is learned of where visitors go: clicks, speculations and their activations, and pages that are ineligible.
//!
//! What is seen goes to the isolate's journal, and from there with the batches to the site's navigator. Addresses become
//! visitors with the day's key, which an object of its own keeps; until an isolate has it, nothing is counted.

use super::isolate::{self, Settings};
use super::{Scope, js, now, observe};
use crate::config::Delivery;
use crate::effects::session;
use crate::head::{self, Content, Head};
use crate::hints::Origin;
use crate::ineligible::Ineligible;
use crate::learn::next::arrival::{self, Arrival};
use crate::learn::next::navigation_buffer::{Arrived, Journal};
use crate::learn::next::visitor::day_of;
use crate::limits::MAX_PATH_BYTES;
use crate::rules::served::NEXT_TAG;
use crate::speculation::Speculation;
use crate::visit::{Method, Tag, Visit, site_of, speculation_tags};
use url::Url;

/// How long the origin may take to answer a speculation before that counts as a strain, in milliseconds.
const SLOW_MS: f64 = 2000.0;

/// How long to wait for the day's key before asking again, in milliseconds.
const SALT_RETRY_MS: u64 = 10_000;

/// What a request and its answer say besides [`Visit`] and [`Head`].
pub(super) struct Seen<'a> {
    /// Where the visitor comes from.
    pub(super) arrival: &'a Arrival,
    /// His cookies.
    pub(super) cookies: &'a str,
    /// Whether he has a session.
    pub(super) has_session: bool,
    /// Whether our learned rules alone asked for it.
    pub(super) is_next: bool,
    /// Whether the answer is thrown away, since it does something: then it was asked for in vain.
    pub(super) is_refused: bool,
    /// How long the origin took, in milliseconds.
    pub(super) took_ms: f64,
}

/// Whether our learned rules alone asked for a speculation.
pub(super) fn is_next(visit: &Visit, asked: impl Fn(&str) -> Option<String>) -> bool {
    visit.is_speculative_navigation()
        && asked("sec-speculation-tags").and_then(|tags| speculation_tags(&tags))
            == Some(vec![Tag::Named(NEXT_TAG.to_owned())])
}

/// Records what the origin's answer to a navigation tells. `asked` and `answered` look header fields up. Answers why the
/// page is ineligible for speculations, if it is.
pub(super) fn record(
    visit: &Visit,
    head: &Head,
    seen: &Seen<'_>,
    asked: impl Fn(&str) -> Option<String>,
    answered: impl Fn(&str) -> Option<String>,
    set_cookies: impl FnOnce() -> Vec<String>,
    scope: &Scope<'_>,
) -> Option<Ineligible> {
    let config = &scope.settings.config;
    let site = visit.site()?;
    let has_replayed = isolate::learning(|learning| take_replayed(&mut learning.journal, scope.settings));
    if !seen.arrival.is_navigation {
        settle_by_subresource(visit, &site, &asked, scope);
        if has_replayed {
            observe::send_if_due(true, &site, scope);
        }
        return None;
    }
    let path = visit.url.path();
    let is_get = visit.method == Method::Get;
    let is_page =
        head.content == Content::Page && arrival::is_page(&visit.url, &config.urls.inert_parameters);
    let location = head::is_redirect(head.status).then(|| answered("location")).flatten();
    let location = location.and_then(|location| visit.url.join(&location).ok());
    let leads_to = location.filter(|location| location.origin() == visit.url.origin());
    let ineligible = if is_get && path.len() <= MAX_PATH_BYTES {
        ineligible(visit, head, seen, leads_to.as_ref(), answered, set_cookies, scope)
    } else {
        None
    };
    let speculation = visit.speculation.filter(|_| visit.is_speculative_navigation());
    let is_strained = head.status >= 400 || seen.is_refused || seen.took_ms > SLOW_MS;
    let is_free = is_page
        && !seen.is_refused
        && visit.is_public
        && !seen.has_session
        && !head.is_private
        && !head.is_noindex;
    let has_legs = isolate::learning(|learning| {
        let journal = &mut learning.journal;
        let visitor = journal.visitor(seen.arrival.address.as_deref());
        if let Some(why) = &ineligible {
            journal.ineligible(&site, path, why.clone(), visitor);
        }
        let Some(visitor) = visitor else { return false };
        let from = seen.arrival.from.as_deref();
        match (from, speculation) {
            (Some(from), Some(speculation)) if is_page || head.status >= 400 => {
                // Of a prefetched page the signal tells; a prerendered one has asked for its rules before it is shown.
                let is_silent = speculation == Speculation::Prerender
                    || !config.rules.activation_signal
                    || config.rules.delivery == Delivery::Inline;
                let how = Arrived { is_ours: seen.is_next, is_strained, is_silent };
                journal.speculated(&site, from, path, visitor, how, now());
            }
            (from, None) => {
                if let Some(from) = from {
                    // Only somebody who looks at a page goes on from it.
                    journal.activated(&site, None, from, visitor, now());
                }
                if is_page {
                    journal.view(&site, path, 1);
                    if let Some(from) = from.filter(|_| seen.arrival.is_click) {
                        journal.click(&site, from, path, visitor, now());
                    }
                } else if let Some(target) = &leads_to {
                    journal.expect_result(&site, target.path(), visitor, now());
                }
            }
            _ => {}
        }
        if is_free {
            journal.given(&site, path, visitor);
        }
        journal.has_legs()
    });
    ensure_salt(scope);
    observe::send_if_due(has_legs, &site, scope);
    ineligible
}

/// Settles a speculation of which no signal tells, when a page that somebody looks at asks for something.
fn settle_by_subresource(
    visit: &Visit,
    site: &str,
    asked: impl Fn(&str) -> Option<String>,
    scope: &Scope<'_>,
) {
    if visit.speculation.is_some() || isolate::learning(|learning| !learning.journal.has_open()) {
        return;
    }
    let inert = &scope.settings.config.urls.inert_parameters;
    let page = asked("referer").and_then(|referer| arrival::page(&referer, &visit.url, inert));
    let (Some(page), Some(address)) = (page, asked("cf-connecting-ip")) else { return };
    isolate::learning(|learning| {
        if let Some(visitor) = learning.journal.visitor(Some(&address)) {
            learning.journal.activated(site, None, &page, visitor, now());
        }
    });
}

/// Why a page is ineligible, by the answer to a plain `GET`.
fn ineligible(
    visit: &Visit,
    head: &Head,
    seen: &Seen<'_>,
    leads_to: Option<&Url>,
    answered: impl Fn(&str) -> Option<String>,
    set_cookies: impl FnOnce() -> Vec<String>,
    scope: &Scope<'_>,
) -> Option<Ineligible> {
    let config = &scope.settings.config;
    if answered("clear-site-data").is_some() {
        return Some(Ineligible::ClearsSiteData);
    }
    if leads_to.is_some_and(|target| Some(target.path()) == seen.arrival.from.as_deref()) {
        return Some(Ineligible::RedirectsBack);
    }
    let lines = if visit.is_speculative_navigation() { head.set_cookies.clone() } else { set_cookies() };
    let change = session::change(&lines, seen.cookies, &config.effects.cookies);
    if change == Some(Ineligible::SessionRotated) && visit.speculation.is_none() {
        // Where plain views are given other sessions, no speculation is to blame for that.
        let site = visit.site().unwrap_or_default();
        isolate::learning(|learning| learning.quarantine.rotates(&site, now()));
    }
    if change.is_some() {
        return change;
    }
    // For a visitor with a session every page may be private that is none for others.
    if head.content != Content::Page || seen.has_session {
        return None;
    }
    if head.is_private { Some(Ineligible::Private) } else { head.is_noindex.then_some(Ineligible::Noindex) }
}

/// Records that the rules file which a page names was asked for. `asked` looks a field of the request up.
pub(super) fn activation(visit: &Visit, asked: impl Fn(&str) -> Option<String>, scope: &Scope<'_>) {
    let config = &scope.settings.config;
    let is_signal = config.learns_next_pages()
        && config.rules.activation_signal
        && visit.method == Method::Get
        && visit.speculation.is_none()
        && asked("sec-fetch-dest").is_some_and(|destination| destination == "speculationrules");
    if !is_signal {
        return;
    }
    let mut pairs = visit.url.query_pairs().filter(|(name, _)| name == "from" || name == "next");
    let Some((is_next, from)) = pairs.next().map(|(name, path)| (name == "next", path.into_owned())) else {
        return;
    };
    if from.len() > MAX_PATH_BYTES || arrival::url_at(&from).is_none() {
        return;
    }
    let page = asked("referer")
        .and_then(|referer| arrival::page(&referer, &visit.url, &config.urls.inert_parameters));
    let (Some(page), Some(site)) = (page, visit.site()) else { return };
    let address = asked("cf-connecting-ip");
    let has_legs = isolate::learning(|learning| {
        let journal = &mut learning.journal;
        let Some(visitor) = journal.visitor(address.as_deref()) else { return false };
        if is_next {
            journal.activated(&site, Some(&from), &page, visitor, now());
        } else {
            journal.followed(&site, &from, &page, visitor);
        }
        journal.has_legs()
    });
    ensure_salt(scope);
    observe::send_if_due(has_legs, &site, scope);
}

/// Records that somebody looks at a page that was rendered before: it says so itself, when it has something to redeem.
pub(super) fn shown(visit: &Visit, scope: &Scope<'_>) {
    let config = &scope.settings.config;
    let page = visit
        .referer
        .as_deref()
        .and_then(|referer| arrival::page(referer, &visit.url, &config.urls.inert_parameters));
    let (Some(page), Some(site)) = (page.filter(|_| config.learns_next_pages()), visit.site()) else {
        return;
    };
    let has_legs = isolate::learning(|learning| {
        let journal = &mut learning.journal;
        let Some(visitor) = journal.visitor(visit.address.as_deref()) else { return false };
        journal.activated(&site, None, &page, visitor, now());
        journal.has_legs()
    });
    observe::send_if_due(has_legs, &site, scope);
}

/// Takes over what replayed decisions have answered. Answers whether there is something to send.
fn take_replayed(journal: &mut Journal, settings: &Settings) -> bool {
    let inert = &settings.config.urls.inert_parameters;
    let looks = js::take_looks();
    let mut looks = looks.iter();
    while let (Some(url), Some(number)) = (looks.next(), looks.next()) {
        let Some(url) = url.as_string().and_then(|url| Url::parse(&url).ok()) else { continue };
        // A small whole number.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let number = number.as_f64().unwrap_or_default() as u32;
        if let Some(site) = site_of(&url).filter(|_| arrival::is_page(&url, inert)) {
            journal.view(&site, url.path(), number);
        }
    }
    for note in js::take_notes().iter().filter_map(|note| note.as_string()) {
        let mut fields = note.split('\n').map(str::to_owned);
        let Some(url) = fields.next().and_then(|url| Url::parse(&url).ok()) else { continue };
        let has_session = fields.next().is_none_or(|session| !session.is_empty());
        let is_private = fields.next().is_none_or(|cache_control| head::is_private(&cache_control));
        let names = [
            "referer",
            "sec-fetch-dest",
            "sec-fetch-site",
            "sec-fetch-user",
            "cache-control",
            "cf-connecting-ip",
        ];
        let fields: Vec<(&str, String)> =
            names.into_iter().zip(fields).filter(|(_, value)| !value.is_empty()).collect();
        let header = |name: &str| {
            if name == "sec-fetch-mode" {
                return Some("navigate".to_owned());
            }
            fields.iter().find(|(other, _)| *other == name).map(|(_, value)| value.clone())
        };
        let visit = Visit::read("GET", url, header);
        let arrival = Arrival::read(&visit, inert, header);
        let (Some(site), Some(from)) = (visit.site(), arrival.from.as_deref()) else { continue };
        let Some(visitor) = journal.visitor(arrival.address.as_deref()) else { continue };
        journal.activated(&site, None, from, visitor, now());
        if !arrival::is_page(&visit.url, inert) {
            continue;
        }
        if !has_session && !is_private {
            journal.given(&site, visit.url.path(), visitor);
        }
        if arrival.is_click {
            journal.click(&site, from, visit.url.path(), visitor, now());
        }
    }
    journal.has_legs()
}

/// Sees to it that the day's key is there, or on its way.
fn ensure_salt(scope: &Scope<'_>) {
    let day = day_of(now());
    let is_due = isolate::learning(|learning| {
        let is_due = learning.journal.salt(day).is_none() && now() >= learning.salt_asked + SALT_RETRY_MS;
        if is_due {
            learning.salt_asked = now();
        }
        is_due
    });
    if is_due {
        let env = scope.env.clone();
        scope.context.wait_until(async move {
            match observe::salt(&env).await {
                Ok(salt) => isolate::learning(|learning| learning.journal.set_salt(salt)),
                Err(error) => observe::failed(&error),
            }
        });
    }
}

/// Whether a page of one of the sites' siblings asks, by its `Referer`.
pub(super) fn is_sibling(settings: &Settings, asked: impl Fn(&str) -> Option<String>) -> bool {
    let siblings = &settings.config.rules.siblings;
    !siblings.is_empty()
        && asked("referer")
            .and_then(|referer| Url::parse(&referer).ok())
            .and_then(|referer| Origin::of(&referer))
            .is_some_and(|origin| siblings.contains(&origin))
}
