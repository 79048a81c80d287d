//! Decides what of the answer to a speculation is deferred to the activation, and whether that is possible.
//!
//! The HTML of a prefetched page is not changed: its ticket goes into its `Speculation-Rules` field. Whether a prerendered page
//! can be given a ticket shows only in its HTML, which is read as a whole before it is answered. So [`withhold`] says what is
//! to be done with such a page, and [`render`] decides when it has been read.

use super::{Ambient, admission, beacon_tag, shown};
use crate::config::{Config, Effects};
use crate::csp::{Destination, IntegrityPolicy, Policies};
use crate::effects::class::Class;
use crate::effects::cookie::{self, MAX_LINES, Sent, SetCookie};
use crate::effects::cookie_session;
use crate::effects::seal::Seal;
use crate::effects::session_order::Overtaken;
use crate::effects::set_cookie::{CookieDecisions, decide};
use crate::effects::ticket::{self, Sealed, Ticket};
use crate::endpoints;
use crate::head::{Content, Head, is_private, is_redirect, tells_page};
use crate::ineligible::shown::Shown;
use crate::ineligible::{Affected, Ineligible, Memory, Refusal};
use crate::rewrite::prerender::{MARK_CHARS, MAX_TAG_BYTES, ParsedPage};
use crate::rules::header;
use crate::sorting;
use crate::speculation::Speculation;
use crate::urls::{files, path_and_query};
use crate::visit::Visit;
use url::Url;

/// The script.
pub const SCRIPT: &str = include_str!("../../assets/activate.js");

/// `Clear-Site-Data` of an answer after which what was fetched ahead shows what is no longer so (Prefetch and Prerendering,
/// "`Clear-Site-Data`").
pub const CLEAR: &str = "\"prefetchCache\", \"prerenderCache\"";

/// The most cookies that `Cookie-Indices` names.
const MAX_INDICES: usize = 20;

/// What becomes of a page that is speculated on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Withheld {
    /// The `Set-Cookie` lines that take the place of all those of the origin.
    pub set_cookies: Option<Vec<String>>,
    /// The ticket that the page names.
    pub ticket: Option<Sealed>,
    /// What is to be done with a page that is rendered.
    pub rendering: Option<Rendering>,
    /// Why it is to be remembered as ineligible, and for whom.
    pub remembered: Option<Ineligible>,
}

/// How a prerendered page is changed, if it can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendering {
    /// The ticket; `None` without a key, where only scripts are deferred.
    pub ticket: Option<Ticket>,
    /// How much the page needs its script.
    pub need: ScriptNeed,
    /// What becomes of it where it cannot be given one: the `Set-Cookie` lines of the origin pass, or it is refused.
    pub otherwise: Result<(), Ineligible>,
    /// The `Set-Cookie` lines that take the place of all those of the origin where it is given one.
    pub kept: Option<Vec<String>>,
    /// The page's policies, by its header field.
    pub csp: Option<String>,
    /// Those that only report.
    pub csp_report_only: Option<String>,
    /// What its integrity policies name.
    pub integrity: IntegrityPolicy,
}

/// How much a page needs our script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ScriptNeed {
    /// Not at all.
    None,
    /// It is better with it.
    Wanted,
    /// It must not be rendered without it.
    Needed,
}

/// What a prerendered page turns out to be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rendered {
    /// Its own bytes and cookies; and why it could not be changed, where that is to be remembered.
    Unchanged(Option<Ineligible>),
    /// The tag of our script, with the ticket that has to be kept for it.
    Changed {
        /// The HTML of the tag.
        tag: String,
        /// What deferred scripts are marked with.
        mark: String,
        /// The ticket.
        ticket: Option<Sealed>,
        /// What becomes of the page if the platform does not let it be changed: it is rendered as it is, or refused, where
        /// it must not be rendered without our script.
        if_unbuilt: Result<(), Ineligible>,
    },
    /// Nothing: it is refused.
    Refused(Refusal),
}

/// What the isolate has seen of the site and of the visitor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Whether plain views of the site give visitors new ones.
    pub rotates: bool,
    /// Which sessions the visitor has been given anew since this was asked for, and the answer sets as they were before.
    pub overtaken: Overtaken,
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

/// The same for an answer that sets nothing that is only written anew.
fn withhold_newest(
    visit: &Visit,
    head: &Head,
    seen: Seen,
    config: &Config,
    ambient: &mut impl Ambient,
) -> Result<Withheld, Refusal> {
    let Seen { rotates, overtaken: Overtaken { is_replaced, .. }, .. } = seen;
    // Where the visitor could not bring a ticket back, or no key is set, a refusal is not the page's doing.
    let has_tickets = has_tickets(visit, config);
    // But what is no page is given no ticket, whoever asks.
    let is_page = head.content == Content::Page;
    let memory = memory(head, is_page && !has_tickets);
    let refusal = |why| Refusal { why, memory };
    if head.clears_site_data {
        return Err(Refusal { why: Ineligible::ClearsSiteData, memory: Memory::Page });
    }
    if let Some(refused) = refuse_shown(visit, head, seen, config, ambient.now()) {
        return Err(refused);
    }
    if visit.is_isolated() {
        // What it sets is nobody's before they come. What it counts is counted.
        return match config.effects.paths.delivery_of(&visit.url) {
            Some(_) => {
                Err(Refusal { why: Ineligible::Effect(Affected::Everybody), memory: Memory::WithoutTicket })
            }
            None if loses_parameters(visit, head, config) => Err(Refusal::once(Ineligible::Stripped)),
            None => Ok(Withheld::default()),
        };
    }
    if starts_sign_in(visit, head) {
        // Each one takes the place of the one before, which may be under way in another tab.
        return Err(refusal(Ineligible::Effect(Affected::Everybody)));
    }
    let path = visit.url.path();
    let decisions = decide(
        &head.set_cookies,
        visit.cookies(),
        path,
        &config.effects.cookies,
        config.effects.unknown_cookies,
        ambient.now(),
    )
    .map_err(|why| Refusal { why, memory: Memory::Page })?;
    // What is deferred is compared before it is set; what passes is not.
    if is_replaced && decisions.passes_session {
        return Err(Refusal::once(Ineligible::Overtaken));
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
    decisions.without_ticket().map_err(|why| Refusal { why, memory })?;
    // A session that the origin has renewed must reach its visitor, or they are signed out.
    if loses_parameters(visit, head, config) && !decisions.passes_session {
        return Err(Refusal::once(Ineligible::Stripped));
    }
    // What gives a session passes this once, since to drop it would sign the visitor out.
    let shown = shown::of(visit, head, config).filter(|_| !visit.names_another_host());
    withheld.remembered = shown.map(Ineligible::Shows).or(rotation);
    Ok(withheld)
}

/// The refusal of an answer for what it shows, if it is refused for that. Not one that renews the visitor's session at the
/// origin, which is lost where the answer is; nor one that begins a sign-in, which is refused in any case.
fn refuse_shown(visit: &Visit, head: &Head, seen: Seen, config: &Config, now: u64) -> Option<Refusal> {
    let shown = shown::of(visit, head, config)?;
    if seen.leads_on && matches!(shown, Shown::LeadsBack { .. }) {
        return None;
    }
    let Effects { cookies, unknown_cookies, .. } = &config.effects;
    let path = visit.url.path();
    let decisions = decide(&head.set_cookies, visit.cookies(), path, cookies, *unknown_cookies, now);
    let renews = decisions.is_ok_and(|decisions| decisions.passes_session) && !seen.overtaken.is_replaced;
    if renews || starts_sign_in(visit, head) {
        return None;
    }
    // Where to may be what somebody wrote into their request.
    let memory = if visit.names_another_host() { Memory::Forgotten } else { Memory::Page };
    Some(Refusal { why: Ineligible::Shows(shown), memory })
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
    let refusal = |why| Refusal { why, memory: memory(head, false) };
    if overtaken.is_replaced {
        return Err(Refusal::once(Ineligible::Overtaken));
    }
    if head.clears_site_data {
        return Err(refusal(Ineligible::ClearsSiteData));
    }
    if starts_sign_in(visit, head) {
        return Err(refusal(Ineligible::Effect(Affected::Everybody)));
    }
    let Effects { cookies, unknown_cookies, .. } = &config.effects;
    let path = visit.url.path();
    let lines = left.as_ref().unwrap_or(&head.set_cookies);
    let decisions = decide(lines, visit.cookies(), path, cookies, *unknown_cookies, now).map_err(refusal)?;
    // The same URL may lead to a page on a navigation, which is given a ticket; a redirect never is.
    let memory = memory_by(&decisions, memory(head, !is_redirect(head.status)));
    decisions.without_page().map_err(|why| Refusal { why, memory })?;
    Ok(left)
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
/// another one where the origin says itself how its pages vary, and has none in a sandbox.
fn can_return(head: &Head) -> bool {
    let policies = head.csp.as_deref().unwrap_or_default().split([';', ',']);
    let mut names = policies.filter_map(|directive| directive.split_ascii_whitespace().next());
    !head.has_no_vary_search && !head.is_attachment && !names.any(|name| name.eq_ignore_ascii_case("sandbox"))
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
    let Effects { cookies, unknown_cookies, .. } = &config.effects;
    let path = visit.url.path();
    let decisions = decide(set_cookies, visit.cookies(), path, cookies, *unknown_cookies, now);
    let kept = decisions.and_then(|it| if has_ticket { it.with_ticket() } else { it.without_ticket() });
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

/// Whether a prerendered page may be read. `has_place` says whether another page may be held in memory now.
///
/// # Errors
/// Why it must not.
pub fn may_read(head: &Head, has_place: bool) -> Result<(), Ineligible> {
    if !has_place {
        Err(Ineligible::Busy)
    } else if head.no_transform {
        Err(Ineligible::NoTransform)
    } else if head.is_readable {
        Ok(())
    } else {
        Err(Ineligible::Encoding)
    }
}

/// Decides about a prerendered page once it has been read, or could not be.
#[must_use]
pub fn render(
    visit: &Visit,
    rendering: &Rendering,
    read: Result<&ParsedPage, &Ineligible>,
    config: &Config,
    ambient: &mut impl Ambient,
) -> Rendered {
    // What cannot be deferred there counts.
    let in_shadow = read.is_ok_and(ParsedPage::counts_in_shadow);
    let has_gated = in_shadow || read.is_ok_and(ParsedPage::has_gated);
    let need = if has_gated { ScriptNeed::Needed } else { rendering.need };
    if let Err(why) = read
        && why.is_passing()
        && config.effects.analytics.is_some()
    {
        // What runs there is unknown, so the page is left to the click.
        return Rendered::Refused(Refusal::once(why.clone()));
    }
    if need == ScriptNeed::None {
        return Rendered::Unchanged(None);
    }
    let why = match read {
        Ok(_) if in_shadow => Ineligible::InShadow,
        Ok(outline) => match script(visit, rendering, outline, config, ambient) {
            Some((tag, mark, ticket)) => {
                let if_unbuilt = if need == ScriptNeed::Needed { Err(Ineligible::Unbuilt) } else { Ok(()) };
                return Rendered::Changed { tag, mark, ticket, if_unbuilt };
            }
            None => Ineligible::Policy,
        },
        Err(why) => why.clone(),
    };
    // Another time it may go well.
    let is_remembered = need == ScriptNeed::Needed && !why.is_passing();
    let memory = if is_remembered { Memory::Page } else { Memory::Forgotten };
    match &rendering.otherwise {
        Err(otherwise) if need == ScriptNeed::Needed => {
            Rendered::Refused(Refusal { why: otherwise.clone(), memory })
        }
        // The page has something that counts a view and that cannot be deferred, so it is left to the click.
        _ if has_gated => Rendered::Refused(Refusal { why, memory }),
        _ => Rendered::Unchanged(is_remembered.then_some(why)),
    }
}

/// The tag of our script, the mark of deferred scripts, and the ticket; `None` where the page's policies do not let the script
/// run, redeem, and start the deferred scripts.
fn script(
    visit: &Visit,
    rendering: &Rendering,
    outline: &ParsedPage,
    config: &Config,
    ambient: &mut impl Ambient,
) -> Option<(String, String, Option<Sealed>)> {
    let header = || {
        let report_only = rendering.csp_report_only.as_deref();
        Policies::of_answer(rendering.csp.as_deref(), report_only, rendering.integrity)
    };
    // What the page itself sets behind the script governs only what is fetched later.
    let (mut at_script, mut later) = (header(), header());
    outline.policies_before().iter().for_each(|policy| at_script.add_meta(policy));
    outline.policies().iter().for_each(|policy| later.add_meta(policy));
    // With Trusted Types only a named policy may start a script from its text.
    let texts = || rendering.csp.iter().chain(outline.policies()).map(|csp| csp.to_ascii_lowercase());
    if outline.has_gated_scripts() && texts().any(|csp| csp.contains("require-trusted-types-for")) {
        return None;
    }
    let (script, redeem) =
        (visit.url.join(endpoints::ACTIVATE_SCRIPT).ok()?, visit.url.join(endpoints::ACTIVATE).ok()?);
    let ticket = match (&rendering.ticket, &config.effects.seal) {
        (Some(ticket), Some(seal)) => {
            if !later.allows_ours(&visit.url, &redeem, Destination::Connect, None) {
                return None;
            }
            Some(ticket.seal(seal, ambient.nonce())?)
        }
        _ => None,
    };
    let nonce = beacon_tag::nonce(at_script.own_script(&visit.url, &script))?;
    let token = ticket.as_ref().map(|ticket| format!(" data-ticket=\"{}\"", ticket.token));
    let mark = mark(ambient);
    let gate = if outline.has_gated() { format!(" data-gate=\"{mark}\"") } else { String::new() };
    // With its origin, since a `<base>` may stand before it.
    let tag = format!("<script async src=\"{script}\"{nonce}{}{gate}></script>", token.unwrap_or_default());
    let unscripted = if ticket.is_some() { Some(endpoints::unscripted_url(&visit.url).ok()?) } else { None };
    let unscripted = unscripted
        .map(|url| format!("<noscript><meta http-equiv=refresh content=\"0;url={url}\"></noscript>"));
    let elements = unscripted.into_iter().chain([tag]);
    let tag = beacon_tag::unseen(elements, &at_script);
    (tag.len() <= MAX_TAG_BYTES).then_some((tag, mark, ticket))
}

/// A random mark.
fn mark(ambient: &mut impl Ambient) -> String {
    let nonce = ambient.nonce();
    format!("{:0MARK_CHARS$x}", nonce.first_chunk().copied().map(u64::from_le_bytes).unwrap_or_default())
}

/// The header line that is appended to an answer that was changed for a speculation: no other visitor may be given it.
pub const ALTERED: (&str, &str) = ("Vary", "Sec-Purpose");

/// What takes the place of the origin's word on caching there: a ticket is good for one view, so no cache may give the answer to
/// anybody else, nor to the same visitor unasked. It is not `no-store`, for whose sake a browser keeps no page for going back
/// to; what the origin itself says in that way stays. What a proxy is to do with the body (Edge Architecture, `content` in
/// `Surrogate-Control`) it still has to: a page would lack its parts.
#[must_use]
pub fn not_shared(head: &Head) -> Vec<(&'static str, String)> {
    let said = head.cache_control.as_deref().unwrap_or_default().to_ascii_lowercase();
    let no_transform = if head.no_transform { ", no-transform" } else { "" };
    let browsers =
        (!said.contains("no-store")).then(|| ("Cache-Control", format!("private, no-cache{no_transform}")));
    let is_processing = |directive: &&str| {
        directive.get(.."content=".len()).is_some_and(|name| name.eq_ignore_ascii_case("content="))
    };
    let surrogates = head.surrogate_control.as_deref().unwrap_or_default();
    let processing: Vec<&str> = surrogates.split(',').map(str::trim).filter(is_processing).collect();
    let proxies = (!processing.is_empty())
        .then(|| ("Surrogate-Control", format!("no-store, {}", processing.join(", "))));
    browsers.into_iter().chain(proxies).collect()
}

/// The fields in which an origin tells caches on the way something else than `Cache-Control` says (RFC 9213, and those that came
/// before it): where ours takes that one's place, they go.
pub const TARGETED: &[&str] = TICKETED.split_at(2).1;

/// What goes from an answer that has a ticket: by a validator the browser would be told later that its copy is still good, and show the
/// page of that other view with a ticket that is not its own.
pub const TICKETED: &[&str] = &[
    "ETag",
    "Last-Modified",
    "CDN-Cache-Control",
    "Cloudflare-CDN-Cache-Control",
    "Vercel-CDN-Cache-Control",
    "Netlify-CDN-Cache-Control",
    "Akamai-Cache-Control",
    "Surrogate-Control",
    "Edge-Control",
    "X-Accel-Expires",
];

/// How the header lines of the answer to a speculation are changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// What is appended.
    pub append: Vec<(&'static str, String)>,
    /// What takes the place of the origin's.
    pub replace: Vec<(&'static str, String)>,
    /// The fields that go.
    pub remove: &'static [&'static str],
}

/// How the header lines of the answer to a speculation are changed.
#[must_use]
pub fn lines(visit: &Visit, head: &Head, withheld: &Withheld, config: &Config) -> Lines {
    let owned = |(name, value): (&'static str, &str)| (name, value.to_owned());
    let Lines { mut append, mut replace, mut remove } = Lines::default();
    let is_altered = withheld.set_cookies.is_some() || withheld.ticket.is_some();
    if is_altered {
        append.push(owned(ALTERED));
        replace.extend(not_shared(head));
        remove = TICKETED;
    }
    if head.content != Content::Page || visit.is_isolated() {
        return Lines { append, replace, remove };
    }
    let names = index_names(visit, head, config);
    if !names.is_empty() {
        append.push(("Vary", "Cookie".to_owned()));
        append.push(("Cookie-Indices", names.join(", ")));
    } else if config.effects.keep_prefetch
        && !is_altered
        && visit.speculation == Some(Speculation::Prefetch)
        && head.set_cookies.is_empty()
        && may_be_kept(head.cache_control.as_deref())
    {
        replace.push(("Cache-Control", "private, max-age=300".to_owned()));
        remove = TARGETED;
        // A visitor who signs in meanwhile must not be shown it.
        append.push(("Vary", "Cookie".to_owned()));
    }
    Lines { append, replace, remove }
}

/// The cookies on which a page depends, as strings of a structured field: sessions and carts that the visitor has, or would be
/// given.
fn index_names(visit: &Visit, head: &Head, config: &Config) -> Vec<String> {
    let set = head.set_cookies.iter().map(|line| SetCookie::parse(line).name);
    let mut names: Vec<String> = cookie::pairs(visit.cookies())
        .map(|(name, _)| name)
        .chain(set)
        .filter(|name| matches!(config.effects.cookies.of_name(name), Class::Session | Class::Cart))
        .filter(|name| name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\'))
        .map(|name| format!("\"{name}\""))
        .collect();
    sorting::sort(&mut names);
    names.dedup();
    names.truncate(MAX_INDICES);
    names
}

/// Whether a page says of itself no more than that it is made anew each time.
fn may_be_kept(cache_control: Option<&str>) -> bool {
    let value = cache_control.unwrap_or_default();
    !is_private(value)
        && value.split(',').map(str::trim).filter(|directive| !directive.is_empty()).all(|directive| {
            let directive = directive.to_ascii_lowercase();
            matches!(
                directive.as_str(),
                "max-age=0" | "no-cache" | "must-revalidate" | "public" | "s-maxage=0"
            )
        })
}

/// Whether an answer to what a visitor does changes what they are shown from now on, so that their browser should forget what
/// it fetched ahead: they sent a form, followed a link that does something, or a script did something for them; or their session
/// or their cart is another one now. `is_routine` says whether pages send this by themselves ([`super::routine`]).
#[must_use]
pub fn changes_state(visit: &Visit, head: &Head, is_routine: bool, config: &Config, now: u64) -> bool {
    if !config.effects.clear_speculations
        || !visit.is_browsing()
        || head.clears_speculations
        || head.status >= 400
        || config.effects.paths.delivery_of(&visit.url).is_some()
    {
        return false;
    }
    let does_something = || config.urls.unsafe_urls.rule_for(&visit.url).is_some();
    let is_action = if visit.is_safe {
        // A frame may be loaded by each page. And parameters are often called like what they select: there the answer tells.
        let shows = || head.location.is_some() || !head.set_cookies.is_empty();
        visit.is_navigation()
            && matches!(visit.destination(), None | Some("document"))
            && (config.urls.unsafe_urls.rule_for_path(&visit.url).is_some()
                || (shows() && config.urls.unsafe_urls.may_change(&visit.url)))
    } else {
        visit.is_navigation() || does_something() || !is_routine
    };
    if is_action || head.set_cookies.is_empty() {
        return is_action;
    }
    // What the visitor had before is not known where that is not read: any session or cart may be another one.
    let is_unread = cookie::is_too_large(visit.cookies());
    let sent = Sent::read(visit.cookies());
    head.set_cookies.len() > MAX_LINES
        || head.set_cookies.iter().any(|line| {
            let cookie = SetCookie::parse(line).at(now);
            let before = sent.value_of(cookie.name);
            match config.effects.cookies.of(&cookie) {
                Class::Session | Class::Cart if is_unread => true,
                // A session that is merely renewed is still the same visitor's.
                Class::Session => before.is_some() == cookie.is_deletion,
                Class::Cart => before != Some(cookie.value),
                Class::Sticky
                | Class::Csrf
                | Class::SignIn
                | Class::Flash
                | Class::History
                | Class::Inert
                | Class::Unknown => false,
            }
        })
}

#[cfg(test)]
mod tests;
