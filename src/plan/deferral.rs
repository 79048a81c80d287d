//! Decides what of the answer to a speculation is deferred to the activation, and whether that is possible.
//!
//! The HTML of a prefetched page is not changed: its ticket goes into its `Speculation-Rules` field. Whether a prerendered page
//! can be given a ticket shows only in its HTML, which is read as a whole before it is answered. So [`withhold`] says what is
//! to be done with such a page, and [`render`](super::rendering::render) decides when it has been read. Which header lines follow
//! from all that, [`speculation_headers`](super::speculation_headers) says.

use super::rendering::{Rendering, ScriptNeed, may_read};
use super::{Ambient, admission, beacon_tag, shown};
use crate::config::{Config, Effects};
use crate::csp::{Destination, IntegrityPolicy};
use crate::effects::class::Class;
use crate::effects::cookie;
use crate::effects::cookie_session;
use crate::effects::seal::Seal;
use crate::effects::session_order::Overtaken;
use crate::effects::set_cookie::{CookieDecisions, decide};
use crate::effects::ticket::{self, Sealed, Ticket};
use crate::endpoints;
use crate::head::{Content, Head, is_redirect, tells_page};
use crate::ineligible::shown::Shown;
use crate::ineligible::{Affected, Ineligible, Memory, Refusal};
use crate::rules::header;
use crate::sorting;
use crate::speculation::Speculation;
use crate::urls::{files, path_and_query};
use crate::visit::Visit;
use url::Url;

/// What becomes of a page that is speculated on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Withheld {
    /// The `Set-Cookie` lines that take the place of all those of the origin.
    pub set_cookies: Option<Vec<String>>,
    /// The ticket that the page names.
    pub ticket: Option<Sealed>,
    /// Why it is refused should its HTML lead on before the ticket is back: something would be lost.
    pub if_it_goes_on: Option<Ineligible>,
    /// What is to be done with a page that is rendered.
    pub rendering: Option<Rendering>,
    /// Why it is to be remembered as ineligible, and for whom.
    pub remembered: Option<Ineligible>,
    /// The `Set-Cookie` lines that reach the visitor even where it is refused after all: see [`Refusal::renewed`].
    pub renewed: Vec<String>,
}

/// What the isolate has seen of the site and of the visitor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Whether plain views of the site give visitors new ones.
    pub rotates: bool,
    /// Which sessions the visitor has been given anew since this was asked for, and the answer sets as they were before.
    pub overtaken: Overtaken,
    /// Whether what pages of the site load was seen to begin sessions.
    pub parts_begin: bool,
    /// Whether the answer only seems to lead back: the page leads there from other pages, too.
    pub leads_on: bool,
}

/// Decides what is deferred. What is older than what the visitor has by now is left out.
///
/// # Errors
/// The refusal.
pub fn withhold(
    visit: &Visit,
    head: &Head,
    seen: Seen,
    config: &Config,
    ambient: &mut impl Ambient,
) -> Result<Withheld, Refusal> {
    // Where one was replaced as well, the page itself is too old, and all lines tell that.
    let left = seen.overtaken.left(&head.set_cookies).filter(|_| !seen.overtaken.is_replaced);
    let Some(left) = left else {
        return withhold_newest(visit, head, seen, config, ambient);
    };
    // The visitor has another value of the same session by now.
    let seen = Seen { rotates: true, ..seen };
    let newest = Head { set_cookies: left.clone(), ..head.clone() };
    let mut withheld = withhold_newest(visit, &newest, seen, config, ambient)?;
    withheld.set_cookies.get_or_insert(left);
    Ok(withheld)
}

/// The same for an answer that sets nothing that is only written anew. Whatever becomes of it, what the origin has renewed of the
/// visitor's session reaches them.
fn withhold_newest(
    visit: &Visit,
    head: &Head,
    seen: Seen,
    config: &Config,
    ambient: &mut impl Ambient,
) -> Result<Withheld, Refusal> {
    let decisions = decided(&head.set_cookies, visit, config, ambient.now());
    let is_theirs = !seen.overtaken.is_replaced && !head.clears_site_data;
    let renewed = decisions.as_ref().ok().filter(|_| is_theirs).map(CookieDecisions::renewed);
    let renewed = renewed.unwrap_or_default();
    match withhold_all(visit, head, seen, decisions, config, ambient) {
        Ok(withheld) => Ok(Withheld { renewed, ..withheld }),
        Err(refusal) => Err(Refusal { renewed, ..refusal }),
    }
}

/// What becomes of the cookies that an answer to a visit sets.
///
/// # Errors
/// As for [`decide`].
pub fn decided(
    set_cookies: &[String],
    visit: &Visit,
    config: &Config,
    now: u64,
) -> Result<CookieDecisions, Ineligible> {
    let Effects { cookies, unknown_cookies, .. } = &config.effects;
    decide(set_cookies, visit.cookies(), visit.url.path(), cookies, *unknown_cookies, now)
}

fn withhold_all(
    visit: &Visit,
    head: &Head,
    seen: Seen,
    decisions: Result<CookieDecisions, Ineligible>,
    config: &Config,
    ambient: &mut impl Ambient,
) -> Result<Withheld, Refusal> {
    let Seen { rotates, overtaken: Overtaken { is_replaced, .. }, .. } = seen;
    // Where the visitor could not bring a ticket back, or no key is set, a refusal is not the page's doing.
    let has_tickets = has_tickets(visit, config);
    // But what is no page is given no ticket, whoever asks.
    let is_page = head.content == Content::Page;
    let memory = memory(head, is_page && !has_tickets);
    let refusal = |why| Refusal::new(why, memory);
    if head.clears_site_data {
        return Err(Refusal::new(Ineligible::ClearsSiteData, Memory::Page));
    }
    let renews = !is_replaced && decisions.as_ref().is_ok_and(|decisions| decisions.passes_session);
    if !renews && let Some(refused) = refuse_shown(visit, head, seen, config) {
        return Err(refused);
    }
    if visit.is_isolated() {
        // What it sets is nobody's before they come. What it counts is counted.
        return match config.effects.paths.delivery_of(&visit.url) {
            Some(_) => Err(Refusal::new(Ineligible::Effect(Affected::Everybody), Memory::WithoutTicket)),
            None if loses_parameters(visit, head, config) => Err(Refusal::once(Ineligible::Stripped)),
            None => Ok(Withheld::default()),
        };
    }
    if starts_sign_in(visit, head) {
        // Each one takes the place of the one before, which may be under way in another tab.
        return Err(refusal(Ineligible::Effect(Affected::Everybody)));
    }
    let decisions = decisions.map_err(|why| Refusal::new(why, Memory::Page))?;
    // What is deferred is compared before it is set; what passes is not.
    if is_replaced && decisions.passes_session {
        return Err(Refusal::once(Ineligible::Overtaken));
    }
    // What the page loads would begin another session before the ticket of this one is back.
    if let Some(name) = decisions.first_session().filter(|_| seen.parts_begin) {
        return Err(refusal(Ineligible::cookie(name, false)));
    }
    let rotation = decisions.rotates_session.then_some(Ineligible::SessionRotated);
    let effect = config.effects.paths.delivery_of(&visit.url);
    let seal = config.effects.seal.as_ref().filter(|_| is_page && has_tickets && can_return(head));
    let mut withheld = Withheld::default();
    if visit.speculation == Some(Speculation::Prerender) && visit.can_redeem() && is_page {
        let tells_page = tells_page(head.referrer_policy.as_deref());
        if !config.effects.paths.is_empty() && (seal.is_none() || !tells_page) {
            // What it sends to paths with an effect could not be deferred.
            return Err(refusal(Ineligible::Effect(Affected::Prerendering)));
        }
        if let Some(seal) = seal {
            let kept = decisions.with_ticket().map_err(refusal)?;
            let mut rendering = rendering(visit, config, seal, &decisions, rotates, ambient);
            rendering.csp.clone_from(&head.csp);
            rendering.csp_report_only.clone_from(&head.csp_report_only);
            rendering.integrity = head.integrity;
            rendering.kept = (kept.len() != head.set_cookies.len()).then_some(kept);
            withheld.rendering = Some(rendering);
            withheld.remembered = rotation;
            return Ok(withheld);
        }
        // Scripts can be deferred without a key.
        withheld.rendering = config.effects.analytics.is_some().then(|| Rendering {
            ticket: None,
            need: ScriptNeed::None,
            otherwise: Ok(()),
            kept: None,
            csp: head.csp.clone(),
            csp_report_only: head.csp_report_only.clone(),
            integrity: head.integrity,
        });
    }
    let needs_ticket = decisions.defers() || effect.is_some();
    if let Some(seal) = seal.filter(|_| needs_ticket && can_name(visit, head)) {
        let kept = decisions.with_ticket().map_err(refusal)?;
        if let Some(sealed) = ticket(visit, config, seal, &decisions, ambient).seal(seal, ambient.nonce()) {
            withheld.set_cookies = (kept.len() != head.set_cookies.len()).then_some(kept);
            withheld.ticket = Some(sealed);
            withheld.if_it_goes_on = match effect {
                Some(_) => Some(Ineligible::Effect(Affected::Everybody)),
                None => decisions.without_ticket().err(),
            };
            withheld.remembered = rotation;
            return Ok(withheld);
        }
    }
    if effect.is_some() {
        return Err(refusal(Ineligible::Effect(Affected::Everybody)));
    }
    if is_replaced {
        return Err(Refusal::once(Ineligible::Overtaken));
    }
    let memory = memory_by(&decisions, memory);
    let kept = match seal {
        // Where a ticket would work and none is needed, nothing is kept back.
        Some(_) if !needs_ticket && can_name(visit, head) => decisions.with_ticket(),
        _ if is_page => decisions.without_ticket(),
        _ => decisions.of_no_page(),
    };
    let kept = kept.map_err(|why| Refusal::new(why, memory))?;
    withheld.set_cookies = (kept.len() != head.set_cookies.len()).then_some(kept);
    // A session that the origin has renewed must reach its visitor, or they are signed out.
    if loses_parameters(visit, head, config) && !decisions.passes_session {
        return Err(Refusal::once(Ineligible::Stripped));
    }
    // What gives a session passes this once, since to drop it would sign the visitor out.
    let shown = shown::of(visit, head, config).filter(|_| !visit.names_another_host());
    withheld.remembered = shown.map(Ineligible::Shows).or(rotation);
    Ok(withheld)
}

/// The refusal of an answer for what it shows, if it is refused for that: one that does not renew the visitor's session at the origin,
/// which passes this once. Nor one that begins a sign-in, which is refused in any case.
fn refuse_shown(visit: &Visit, head: &Head, seen: Seen, config: &Config) -> Option<Refusal> {
    let shown = shown::of(visit, head, config)?;
    if seen.leads_on && matches!(shown, Shown::LeadsBack { .. }) {
        return None;
    }
    if starts_sign_in(visit, head) {
        return None;
    }
    // Where to may be what somebody wrote into their request.
    let memory = if visit.names_another_host() { Memory::Forgotten } else { Memory::Page };
    Some(Refusal::new(Ineligible::Shows(shown), memory))
}

/// Whether the answer to what a page or its script fetches ahead ([`Visit::is_prefetch_by_page`]) may be given to it. No ticket
/// can defer what it sets. Parts of pages (scripts, styles, pictures) pass, whatever they set. Answers the `Set-Cookie` lines
/// that take the place of the origin's, where some are older than what the visitor has by now.
///
/// # Errors
/// The refusal.
pub fn allow_prefetch_by_page(
    visit: &Visit,
    head: &Head,
    overtaken: Overtaken,
    config: &Config,
    now: u64,
) -> Result<Option<Vec<String>>, Refusal> {
    let left = overtaken.left(&head.set_cookies);
    let is_file = files::is_part_of_pages(visit.url.path()) && !head.is_html() && !is_redirect(head.status);
    if is_file || head.is_part_of_pages() {
        // A file is the same for everybody; what it sets beside that may be of before the visitor signed out.
        return Ok(if overtaken.is_replaced { Some(Vec::new()) } else { left });
    }
    let refusal = |why| Refusal::new(why, memory(head, false));
    if overtaken.is_replaced {
        return Err(Refusal::once(Ineligible::Overtaken));
    }
    if head.clears_site_data {
        return Err(refusal(Ineligible::ClearsSiteData));
    }
    let lines = left.as_ref().unwrap_or(&head.set_cookies);
    let decisions = decided(lines, visit, config, now).map_err(refusal)?;
    let renewed = decisions.renewed();
    if starts_sign_in(visit, head) {
        return Err(Refusal { renewed, ..refusal(Ineligible::Effect(Affected::Everybody)) });
    }
    // The same URL may lead to a page on a navigation, which is given a ticket; a redirect never is.
    let memory = memory_by(&decisions, memory(head, !is_redirect(head.status)));
    let kept = decisions.without_page().map_err(|why| Refusal { renewed, ..Refusal::new(why, memory) })?;
    Ok((kept.len() != lines.len()).then_some(kept).or(left))
}

/// Whether a refusal of this answer is remembered. `wants_ticket` says whether a ticket might have helped, had there been one.
fn memory(head: &Head, wants_ticket: bool) -> Memory {
    match head.status {
        // What is answered in place of the page says nothing of the page.
        304 | 400.. => Memory::Forgotten,
        _ if wants_ticket => Memory::WithoutTicket,
        _ => Memory::Page,
    }
}

/// The same where a refusal may be for a message that the visitor has yet to see: any page that they open takes it away.
fn memory_by(decisions: &CookieDecisions, memory: Memory) -> Memory {
    if decisions.takes_message { Memory::Forgotten } else { memory }
}

/// Whether a page that is fetched ahead may be given a ticket, which its visitor's browser then brings back.
#[must_use]
pub fn has_tickets(visit: &Visit, config: &Config) -> bool {
    // That of a prefetch stands in a field of the answer, which a service worker that makes a page of it need not hand on.
    let is_lost = || visit.speculation == Some(Speculation::Prefetch) && visit.is_for_part();
    config.effects.seal.is_some()
        && visit.can_redeem()
        && !is_lost()
        && !visit.is_isolated()
        && visit.url.as_str().len() < MAX_REFERRER_BYTES
}

/// The most parameters of a redirect's target that are looked at.
const MAX_PARAMETERS: usize = 500;

/// Whether an answer leads to another origin to sign in there (OAuth 2, `OpenID` Connect, SAML), by what it says to it.
pub(super) fn starts_sign_in(visit: &Visit, head: &Head) -> bool {
    const SAID: [&str; 9] = [
        "state",
        "nonce",
        "code_challenge",
        "samlrequest",
        "relaystate",
        "wctx",
        "oauth_token",
        "openid.mode",
        "openid.return_to",
    ];
    let target = head.location.as_deref().and_then(|location| visit.url.join(location).ok());
    // The same page on another host of the site is none.
    let is_elsewhere = |target: &Url| {
        target.origin() != visit.url.origin() && path_and_query(target) != path_and_query(&visit.url)
    };
    target.is_some_and(|target| {
        let (mut is_said, mut has_client, mut is_led_back) = (false, false, false);
        for (name, _) in target.query_pairs().take(MAX_PARAMETERS) {
            let is = |said: &str| name.eq_ignore_ascii_case(said);
            is_said |= SAID.iter().any(|said| is(said));
            has_client |= is("client_id");
            is_led_back |= is("redirect_uri") || is("state");
        }
        // A provider may stand on the site itself; there `state` may be a county.
        if is_elsewhere(&target) { is_said } else { has_client && is_led_back }
    })
}

/// The longest URL that a browser names as the page that asks for something: of a longer one it tells the origin alone
/// (Referrer Policy, "determine request's referrer").
const MAX_REFERRER_BYTES: usize = 4096;

/// Whether a page asks for its rules when it is shown, and is then known by its own URL and origin: it may be shown under
/// another one where the origin says itself how its pages vary, and has none in a sandbox. Nor is it left before they are there.
fn can_return(head: &Head) -> bool {
    let policies = head.csp.as_deref().unwrap_or_default().split([';', ',']);
    let mut names = policies.filter_map(|directive| directive.split_ascii_whitespace().next());
    !head.has_no_vary_search
        && !head.goes_on()
        && !head.is_attachment
        && !names.any(|name| name.eq_ignore_ascii_case("sandbox"))
}

/// Whether a page could be given a ticket that comes back, by the head of an answer to a visit, which says so in
/// `referrer_policy` too.
#[must_use]
pub fn could_return(head: &Head, referrer_policy: Option<&str>, config: &Config) -> bool {
    config.effects.seal.is_some()
        && head.content == Content::Page
        && can_return(head)
        && header::takes_more(head.speculation_rules.as_deref())
        && tells_page(referrer_policy)
}

/// Whether the answer to a visit does what no guess may: it has an effect, or sets a cookie, that could not be deferred.
/// `referrer_policy` is only looked up where that matters.
#[must_use]
pub fn is_undeferrable(
    visit: &Visit,
    head: &Head,
    set_cookies: &[String],
    referrer_policy: impl FnOnce() -> Option<String>,
    config: &Config,
    now: u64,
) -> bool {
    let has_effect = config.effects.paths.delivery_of(&visit.url).is_some();
    if set_cookies.is_empty() && !has_effect {
        return false;
    }
    let has_ticket = could_return(head, referrer_policy().as_deref(), config);
    let kept = decided(set_cookies, visit, config, now)
        .and_then(|it| if has_ticket { it.with_ticket() } else { it.without_ticket() });
    kept.is_err() || (has_effect && !has_ticket)
}

/// Whether a page could be prerendered, as far as the head of an answer to a visit says that.
#[must_use]
pub fn could_render(visit: &Visit, head: &Head, referrer_policy: Option<&str>, config: &Config) -> bool {
    let policies = head.policies();
    let may_run = || {
        let script = visit.url.join(endpoints::ACTIVATE_SCRIPT).ok()?;
        let redeem = visit.url.join(endpoints::ACTIVATE).ok()?;
        beacon_tag::nonce(policies.own_script(&visit.url, &script))?;
        Some(policies.allows_ours(&visit.url, &redeem, Destination::Connect, None))
    };
    may_read(head, true).is_ok()
        && (config.effects.paths.is_empty() || could_return(head, referrer_policy, config))
        && may_run().unwrap_or_default()
}

/// Whether a prefetched page can name its ticket, so that it comes back.
fn can_name(visit: &Visit, head: &Head) -> bool {
    visit.speculation == Some(Speculation::Prefetch)
        && header::takes_more(head.speculation_rules.as_deref())
        && tells_page(head.referrer_policy.as_deref())
}

/// The ticket of what is deferred.
fn ticket(
    visit: &Visit,
    config: &Config,
    seal: &Seal,
    decisions: &CookieDecisions,
    ambient: &mut impl Ambient,
) -> Ticket {
    let effect = config.effects.paths.delivery_of(&visit.url);
    let [_, by_name] = states_of(&cookie::after(visit.cookies(), decisions.passing()), config);
    Ticket {
        site: visit.site().unwrap_or_default(),
        page: config.urls.inert_parameters.without(&visit.url),
        until: ambient.now().saturating_add(ticket::LIFE_MS),
        browser: ticket::digest_of(seal, &visit.browser()),
        cookies: decisions.deferred(seal),
        effect,
        who: effect.map(|_| ticket::digest_of(seal, &by_name)),
        holds: !config.effects.paths.is_empty(),
        state: None,
        referer: visit.referer().map(str::to_owned).filter(|_| effect.is_some()),
    }
}

/// Whether the origin leads on a visitor of whom it was not told click identifiers and campaigns. Where to, these would be missing for
/// good, and a browser may keep such an answer.
fn loses_parameters(visit: &Visit, head: &Head, config: &Config) -> bool {
    is_redirect(head.status) && admission::strips(visit, config)
}

/// What is to be done with a page that is rendered.
fn rendering(
    visit: &Visit,
    config: &Config,
    seal: &Seal,
    decisions: &CookieDecisions,
    rotates: bool,
    ambient: &mut impl Ambient,
) -> Rendering {
    let ticket = ticket(visit, config, seal, decisions, ambient);
    // What passes is in the browser before the page is shown. Where values change all the time, they tell nothing.
    let cookies = cookie::after(visit.cookies(), decisions.passing());
    let [by_value, by_name] = states_of(&cookies, config);
    let state = if rotates || decisions.rotates_session { by_name } else { by_value };
    let is_somebody = !session_cookies(&cookies, config).is_empty();
    let need = if decisions.defers() || ticket.effect.is_some() || ticket.holds {
        ScriptNeed::Needed
    } else if is_somebody {
        ScriptNeed::Wanted
    } else {
        ScriptNeed::None
    };
    let otherwise = if ticket.effect.is_some() || ticket.holds {
        Err(Ineligible::Effect(Affected::Prerendering))
    } else {
        decisions.without_ticket().map(|_| ()).map_err(Ineligible::when_prerendered)
    };
    let ticket = Ticket { state: Some(ticket::digest_of(seal, &state)), ..ticket };
    Rendering {
        ticket: Some(ticket),
        need,
        otherwise,
        kept: None,
        csp: None,
        csp_report_only: None,
        integrity: IntegrityPolicy::default(),
    }
}

/// A visitor's sessions and carts: names, values, and whether they are carts.
fn session_cookies<'a>(cookies: &'a str, config: &Config) -> Vec<(&'a str, &'a str, bool)> {
    let mut found: Vec<(&str, &str, bool)> = cookie::pairs(cookies)
        .filter_map(|(name, value)| match config.effects.cookies.of_name(name) {
            Class::Session => Some((name, value, false)),
            Class::Cart => Some((name, value, true)),
            Class::Sticky
            | Class::Csrf
            | Class::SignIn
            | Class::Flash
            | Class::History
            | Class::Inert
            | Class::Unknown => None,
        })
        .collect();
    sorting::sort(&mut found);
    found
}

/// What says whether a visitor is still the same, in the two ways in which that is written down: by the values of their
/// sessions and carts (but for sessions whose content is kept in the cookie, which differ with whatever is noted), or, where
/// each view gives a new session, by the names of their sessions and the values of their carts.
#[must_use]
pub fn states_of(cookies: &str, config: &Config) -> [Vec<String>; 2] {
    let found = session_cookies(cookies, config);
    let state = |kind: &str, has_value: &dyn Fn(bool) -> bool| {
        let cookies = found.iter().map(|(name, value, is_cart)| {
            let is_content = !is_cart && cookie_session::is_content(name, value);
            if has_value(*is_cart) && !is_content { format!("{name}={value}") } else { (*name).to_owned() }
        });
        std::iter::once(kind.to_owned()).chain(cookies).collect()
    };
    [state("values", &|_| true), state("names", &|is_cart| is_cart)]
}

#[cfg(test)]
mod tests;
