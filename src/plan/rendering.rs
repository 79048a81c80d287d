//! Decides what a prerendered page is given: in a third step, once its HTML has been read as a whole.
//!
//! [`deferral`](super::deferral) says before that what there is to defer ([`Rendering`]). Whether the page can be given a ticket, and the
//! script that brings it back, shows only in its HTML and in its policies.

use super::{Ambient, beacon_tag};
use crate::config::Config;
use crate::csp::{Destination, IntegrityPolicy, Policies};
use crate::effects::ticket::{Sealed, Ticket};
use crate::endpoints;
use crate::head::Head;
use crate::ineligible::{Ineligible, Memory, Refusal};
use crate::rewrite::going_on::goes_on;
use crate::rewrite::prerender::{MARK_CHARS, MAX_TAG_BYTES, ParsedPage};
use crate::visit::Visit;

/// The script.
pub const SCRIPT: &str = include_str!("../../assets/activate.js");

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

impl Rendering {
    /// What of the page waits for its activation, as the log says it; `None` where nothing does. Its ticket may also only tell whether
    /// the visitor is still the same.
    #[must_use]
    pub fn deferred(&self) -> Option<&'static str> {
        let ticket = self.ticket.as_ref()?;
        if !ticket.cookies.is_empty() {
            return Some("cookies");
        }
        ticket.effect.is_some().then_some("visit")
    }
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

/// Decides about a prerendered page once its HTML has been read, or could not be.
#[must_use]
pub fn render(
    visit: &Visit,
    rendering: &Rendering,
    read: Result<(&[u8], &ParsedPage), &Ineligible>,
    config: &Config,
    ambient: &mut impl Ambient,
) -> Rendered {
    // What cannot be deferred there counts.
    let in_shadow = read.is_ok_and(|(_, page)| page.counts_in_shadow());
    let has_gated = in_shadow || read.is_ok_and(|(_, page)| page.has_gated());
    let need = if has_gated { ScriptNeed::Needed } else { rendering.need };
    if let Err(Ineligible::Slow) = read {
        // Whoever clicks would wait for its last byte, and what runs there is unknown.
        return Rendered::Refused(Refusal::new(Ineligible::Slow, Memory::Page));
    }
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
        // It is gone before its script has brought the ticket back.
        Ok((html, _)) if need == ScriptNeed::Needed && goes_on(html) => Ineligible::GoesOn,
        Ok((_, page)) => match script(visit, rendering, page, config, ambient) {
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
            Rendered::Refused(Refusal::new(otherwise.clone(), memory))
        }
        // The page has something that counts a view and that cannot be deferred, so it is left to the click.
        _ if has_gated => Rendered::Refused(Refusal::new(why, memory)),
        _ => Rendered::Unchanged(is_remembered.then_some(why)),
    }
}

/// The tag of our script, the mark of deferred scripts, and the ticket; `None` where the page's policies do not let the script
/// run, redeem, and start the deferred scripts.
fn script(
    visit: &Visit,
    rendering: &Rendering,
    page: &ParsedPage,
    config: &Config,
    ambient: &mut impl Ambient,
) -> Option<(String, String, Option<Sealed>)> {
    let header = || {
        let report_only = rendering.csp_report_only.as_deref();
        Policies::of_answer(rendering.csp.as_deref(), report_only, rendering.integrity)
    };
    // What the page itself sets behind the script governs only what is fetched later.
    let (mut at_script, mut later) = (header(), header());
    page.policies_before().iter().for_each(|policy| at_script.add_meta(policy));
    page.policies().iter().for_each(|policy| later.add_meta(policy));
    // With Trusted Types only a named policy may start a script from its text.
    let texts = || rendering.csp.iter().chain(page.policies()).map(|csp| csp.to_ascii_lowercase());
    if page.has_gated_scripts() && texts().any(|csp| csp.contains("require-trusted-types-for")) {
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
    let gate = if page.has_gated() { format!(" data-gate=\"{mark}\"") } else { String::new() };
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
