//! Decides what is done with a request and with the origin's answer to it, as pure functions over plain data.
//!
//! There are two steps, because some requests need no origin: [`admit`] decides before it is asked, [`plan`] after it has
//! answered. [`deferral`] decides what of an answer to a speculation is deferred; what a prerendered page is given [`rendering`] decides
//! in a third step, when its HTML has been read. Which header lines follow [`speculation_headers`] says.
//!
//! Two state machines decide what happens later: [`redemption`], what is done with a ticket that comes back, and
//! [`holding`], what is done with the requests of a prerendering page. [`origin_route`] says by which way the origin is asked,
//! [`snapshots`] which published values a request may use, [`doing`] which guesses have to wait for what the visitor does,
//! [`shown`] what an answer shows of its URL, [`forms`] what becomes of a form, [`html_edits`] which pages may be changed, [`health`] what is told of Headstart's own
//! state, [`decision_log`] which decisions whoever runs the site is told of, [`suspicion`] what the words of links stand in the way of,
//! [`own_answers`] how a request is answered without the origin, and [`shadow`] what would have been done where that is switched off.

use crate::config::{Config, ReadStylesheets};
use crate::effects::seal::NONCE_BYTES;
use crate::effects::session;
use crate::effects::source_token::SourceKey;
use crate::effects::ticket::Sealed;
use crate::head::{Content, Head, is_redirect};
use crate::hints::Origin;
use crate::ineligible::{Affected, Ineligible, Refusal};
use crate::published::hint_snapshot::{Basis, Knowledge};
use crate::rewrite::edit::HtmlEdit;
use crate::rules::served::RuleSets;
use crate::switches::{Feature, Mode, State};
use crate::visit::{Method, Visit};
pub use admission::{
    Admission, Outgoing, REFUSED_PAGE, REFUSED_STATUS, admit, met, outgoing, refusal_lines, would_refuse,
};
pub use deferral::Seen;
pub use giving::{HoldsFor, holds_for};
use rendering::Rendering;
use rules_delivery::Guidance;
use shadow::Would;

mod admission;
pub mod askers;
pub mod beacon_tag;
pub mod counting;
pub mod decision_log;
pub mod deferral;
pub mod doing;
pub mod events;
pub mod exchange;
pub mod forms;
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
pub mod rendering;
pub mod replay;
pub mod routine;
pub mod rules_delivery;
pub mod shadow;
pub mod shown;
pub mod snapshots;
pub mod speculation_headers;
pub mod suspicion;
pub mod teaching;
pub mod witness;

/// Where prefetch proxies look for a site's advice (Private Prefetch Proxy, "traffic advice").
pub const TRAFFIC_ADVICE: &str = "/.well-known/traffic-advice";

/// The longest `Link` line that is added, in bytes: what its preloads may take, and what its other hints may.
pub const MAX_LINK_BYTES: usize = MAX_PRELOAD_BYTES + 2 + MAX_HINTS_BYTES;
const MAX_PRELOAD_BYTES: usize = 1500;
const MAX_HINTS_BYTES: usize = 1000;

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

impl Plan {
    /// The same with these `Set-Cookie` lines in the place of the origin's, where there are any.
    #[must_use]
    pub fn with_set_cookies(self, lines: Option<Vec<String>>) -> Self {
        match (self, lines) {
            (Self::Pass, Some(lines)) => Self::Edit(Edit { set_cookies: Some(lines), ..Edit::default() }),
            (Self::Edit(edit), Some(lines)) => Self::Edit(Edit { set_cookies: Some(lines), ..edit }),
            (plan, _) => plan,
        }
    }
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
    pub ticket: Option<Box<Sealed>>,
    /// Why a page with a ticket is refused whose HTML [leads on](crate::rewrite::going_on) before that is back.
    pub if_it_goes_on: Option<Ineligible>,
    /// What is to be done with a prerendered page, when its HTML has been read.
    pub rendering: Option<Box<Rendering>>,
    /// Why the page is to be remembered as ineligible, and for whom.
    pub remembered: Option<Ineligible>,
    /// The `Set-Cookie` lines that reach the visitor where the page is refused once more has been read, or could not be prepared: see
    /// [`Refusal::renewed`].
    pub renewed: Vec<String>,
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

    /// What of the answer waits for its activation, as the log says it; `None` where nothing does. A prerendered page may be refused
    /// once it has been read.
    #[must_use]
    pub fn deferred(&self) -> Option<&'static str> {
        if self.ticket.is_some() {
            return Some(if self.set_cookies.is_some() { "cookies" } else { "visit" });
        }
        self.rendering.as_ref()?.deferred()
    }

    /// What becomes of an answer that the platform does not let be changed: it is handed on as it is.
    ///
    /// # Errors
    /// Why the speculation is refused, where something of the answer was to be deferred.
    pub fn if_unbuilt(&self, visit: &Visit) -> Result<(), Ineligible> {
        if visit.speculation.is_none() {
            return Ok(());
        }
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
    let known = learned.knowledge.known();
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
    let waits = edit.rendering.as_ref().is_some_and(|rendering| rendering.deferred().is_some());
    let guidance = Guidance { token: token.as_deref(), waits, ..learned.guidance };
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
    // What is saved stays as it is: it would ask this site for what is given here whenever it is opened.
    if head.content == Content::Page && !visit.is_download() {
        giving::hints(visit, head, known, guidance.has_session, config, &mut edit);
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
            // A frame is of another width, and one in a sandbox may send nothing.
            && !visit.is_of_frame()
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
        let speculation_headers::Lines { append, replace, remove } =
            speculation_headers::lines(visit, head, &withheld, config);
        (edit.append, edit.replace, edit.remove) = (append, replace, remove);
        edit.set_cookies = withheld.set_cookies;
        edit.ticket = withheld.ticket.map(Box::new);
        edit.if_it_goes_on = withheld.if_it_goes_on;
        edit.rendering = withheld.rendering.map(Box::new);
        edit.remembered = withheld.remembered;
        if edit.ticket.is_some() || edit.rendering.is_some() {
            edit.renewed = withheld.renewed;
        }
    } else if visit.is_prefetch_by_page() {
        let overtaken = learned.seen.overtaken;
        edit.set_cookies = deferral::allow_prefetch_by_page(visit, head, overtaken, config, ambient.now())?;
    } else if visit.speculation.is_none()
        && doing::changes_state(visit, head, learned.is_routine, config, ambient.now())
    {
        edit.append.push(("Clear-Site-Data", doing::CLEAR.to_owned()));
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
