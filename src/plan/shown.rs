//! Decides what an answer shows of its URL: whether it is a page of the site at all, or leads to another site, is a download, is
//! no page, or leads back to where the visitor is. Nobody is to be given such an answer on a guess, and what the origin has
//! done for it is done: so its URL is remembered.
//!
//! Three things are decided: what an answer shows ([`of`]), what the site's learner is told of it ([`told`]), and which answers
//! contradict what was remembered of a page or of its route, or will be ([`take_back`]).

use super::{askers, deferral, witness};
use crate::config::Config;
use crate::effects::cookie::{MAX_LINES, SetCookie, is_too_large};
use crate::effects::known_sessions::KnownSessions;
use crate::effects::quarantine::{Given, Quarantine, mark_of};
use crate::effects::session;
use crate::head::{Content, Head, is_redirect};
use crate::hints::Origin;
use crate::ineligible::shown::Shown;
use crate::ineligible::{Affected, Ineligible};
use crate::urls::files;
use crate::urls::hosts::are_of_one_site;
use crate::urls::spelling::{are_of_one_page, respells};
use crate::urls::unsafe_urls::is_entrance;
use crate::visit::{Method, Visit};
use url::Url;

/// How many parameters of a URL are looked at for a page that they name.
const MAX_PARAMETERS: usize = 32;

/// What the answer to a navigation, or to a guess that a browser says is for one, shows; `None` for a page, for what leads to
/// another page of the site, and for what is answered in place of a page (304, or 400 and above).
#[must_use]
pub fn of(visit: &Visit, head: &Head, config: &Config) -> Option<Shown> {
    // Over plain HTTP nothing says what is asked for: a picture may be, by a page that is prerendered.
    let is_for_page = visit.is_speculative_navigation() || visit.is_navigation();
    if visit.method != Method::Get || !is_for_page || visit.destination().is_none() {
        return None;
    }
    if is_redirect(head.status) {
        return leads(visit, &target(visit, head)?, config);
    }
    match head.status {
        204 | 205 => Some(Shown::NoPage),
        // What was asked for in parts tells nothing of the whole.
        206 => None,
        200..=299 if head.is_attachment => Some(Shown::Download),
        200..=299 if !head.may_be_page() => Some(Shown::NoPage),
        _ => None,
    }
}

/// Whether an answer has its visitor look at a page: it is one, or it says that the one which their browser has kept is still the
/// same (304; RFC 9110, section 15.4.5). Such an answer need not say of what media type that is.
#[must_use]
pub fn shows_page(visit: &Visit, head: &Head) -> bool {
    let may_be_html = || head.content == Content::Html || head.media_type.is_none();
    let is_kept = || {
        head.status == 304
            && visit.method == Method::Get
            && visit.is_navigation()
            && !visit.is_for_part()
            && may_be_html()
            && !files::is_file(visit.url.path())
    };
    head.content == Content::Page || is_kept()
}

/// Where a redirect leads.
pub(super) fn target(visit: &Visit, head: &Head) -> Option<Url> {
    visit.url.join(head.location.as_deref()?).ok()
}

/// What it shows that an answer leads to `target`.
fn leads(visit: &Visit, target: &Url, config: &Config) -> Option<Shown> {
    let is_own = || {
        are_of_one_site(&visit.url, target)
            || Origin::of(target).is_some_and(|origin| config.rules.siblings.contains(&origin))
    };
    if !is_own() {
        return Some(Shown::LeavesSite {
            has_session: session::is_in(visit.cookies(), &config.effects.cookies),
        });
    }
    let from = visit.sender_url()?;
    // A link of a page to itself may be written in another way than the page's own URL: then that is all that it shows.
    let is_back = target.origin() == from.origin()
        && are_of_one_page(target.path(), from.path())
        && !respells(&visit.url, target);
    (is_back && !is_of_entrance(visit, target, config))
        .then(|| Shown::LeadsBack { from: mark_of(from.path()), is_named: names(&visit.url, target) })
}

/// Whether a page leads to `target` for the sake of a session, and not to where the visitor is: who has none is led to sign in from
/// every page that needs one, and who has one is led away from the pages to sign in or to register. They may be there already.
#[must_use]
pub fn is_of_entrance(visit: &Visit, target: &Url, config: &Config) -> bool {
    is_entrance(target)
        || (is_entrance(&visit.url) && session::is_in(visit.cookies(), &config.effects.cookies))
}

/// Whether a URL's own query names the page to which it leads.
#[must_use]
pub fn names(url: &Url, target: &Url) -> bool {
    url.query_pairs().take(MAX_PARAMETERS).any(|(_, value)| {
        let is_target = |named: Url| named.origin() == target.origin() && named.path() == target.path();
        !value.is_empty() && url.join(&value).is_ok_and(is_target)
    })
}

/// What tells the page of the site to which an answer leads on, away from the page on which the visitor is: from there it would
/// lead back only seemingly. What only changes its own spelling leads nowhere, and what leads to the page on which the visitor is, in
/// whatever spelling, not away from it.
fn leads_to(visit: &Visit, head: &Head) -> Option<u64> {
    if !is_redirect(head.status) || !(visit.is_navigation() || visit.is_speculative_navigation()) {
        return None;
    }
    let from = visit.sender_url()?;
    let target = target(visit, head)?;
    let is_on = target.origin() == from.origin()
        && !are_of_one_page(target.path(), from.path())
        && !respells(&visit.url, &target);
    (is_on && !names(&visit.url, &target)).then(|| mark_of(target.path()))
}

/// Whether an answer only seems to lead back: the page was seen to lead there from other pages, too.
#[must_use]
pub fn leads_on(visit: &Visit, head: &Head, config: &Config, quarantine: &Quarantine, now: u64) -> bool {
    // Most answers are no redirects, and need no more than that.
    let Some(shown @ Shown::LeadsBack { .. }) = of(visit, head, config) else { return false };
    let Some(site) = visit.site() else { return false };
    let shape = config.urls.inert_parameters.shape(&visit.url);
    quarantine.does_lead_on(&site, &shape, &Affected::Shown(shown), now)
}

/// What tells the page of this site from which something is asked for.
#[must_use]
pub fn from(visit: &Visit) -> Option<u64> {
    visit.sender_url().map(|sender| mark_of(sender.path()))
}

/// What the site's learner is told of a page that shows this. It counts itself to how many pages one leads back. Files are told
/// by their names, without its help.
#[must_use]
pub fn told(visit: &Visit, head: &Head, config: &Config) -> Option<Ineligible> {
    if visit.names_another_host() || files::is_file(visit.url.path()) || deferral::starts_sign_in(visit, head)
    {
        return None;
    }
    match of(visit, head, config)? {
        Shown::LeavesSite { .. } => Some(Ineligible::LeavesSite),
        Shown::Download => Some(Ineligible::Download),
        Shown::NoPage => Some(Ineligible::NoPage),
        Shown::LeadsBack { .. } => None,
    }
}

/// Whether something is remembered of the page of a visit, so that each answer has to be looked at.
#[must_use]
pub fn is_watched(visit: &Visit, config: &Config, quarantine: &Quarantine) -> bool {
    !quarantine.is_empty()
        && visit.site().is_some_and(|site| {
            let shape = config.urls.inert_parameters.shape(&visit.url);
            quarantine.has(&site, &shape)
        })
}

/// Takes in what an answer contradicts. It shows a page to whoever navigates there, so that neither the page nor its route is
/// to blame any more; or it leads to one page of the site from another, so that it leads on, and not back. `referrer_policy` looks
/// the field of that name up.
pub fn take_back(
    visit: &Visit,
    head: &Head,
    known: &KnownSessions,
    config: &Config,
    quarantine: &mut Quarantine,
    referrer_policy: impl FnOnce() -> Option<String>,
    now: u64,
) {
    if let Some(target) = leads_to(visit, head).filter(|_| !visit.names_another_host())
        && let Some(site) = visit.site()
    {
        quarantine.leads_on(&site, &config.urls.inert_parameters.shape(&visit.url), target, now);
        return;
    }
    let is_shown = head.content == Content::Page && !head.is_attachment && visit.is_navigation();
    if quarantine.is_empty() || !is_shown || visit.names_another_host() || is_too_large(visit.cookies()) {
        return;
    }
    let Some(site) = visit.site() else { return };
    let shape = config.urls.inert_parameters.shape(&visit.url);
    // What is said of its route is taken back for all who are like the visitor, whoever they are.
    let is_known = quarantine.has(&site, &shape);
    let asker = if is_known { askers::asker(visit, config) } else { askers::anybody_like(visit, config) };
    let policy = is_known.then(referrer_policy);
    let policy = policy.as_ref().map(Option::as_deref);
    let has_effect = || config.effects.paths.delivery_of(&visit.url).is_some();
    let given = Given {
        set: head.set_cookies.iter().take(MAX_LINES).map(|line| SetCookie::parse(line).name).collect(),
        clears: head.clears_site_data,
        keeps_sessions: session::change(&head.set_cookies, visit.cookies(), &config.effects.cookies, now)
            .is_none(),
        is_witness: witness::keeps(visit, head, config, known, now),
        has_effect: policy
            .is_some_and(|policy| has_effect() && !deferral::could_return(head, policy, config)),
        renders: policy.is_some_and(|policy| deferral::could_render(visit, head, policy, config)),
    };
    quarantine.take_back(&site, &shape, &asker, &given, now);
}

#[cfg(test)]
mod tests;
