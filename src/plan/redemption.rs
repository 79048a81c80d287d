//! What is done with a ticket that comes back, now that its page is activated.
//!
//! This is a state machine without a platform: each step says what the ledger is to be asked for, and takes its answer in.
//! `edge` carries the calls out.
//!
//! ```text
//!            the token is a name          a page with an effect
//! begin ──────▶ FindTicket ──┐        ┌──────▶ SendVisit ──────┐
//!   │                        ├─ open ─┤                        ├──▶ Done
//!   └────────────────────────┘        └──────▶ NoteRedeemed ───┘
//!      the token is a ticket            cookies alone
//! ```
//!
//! Everything that is wrong with a ticket gets the same answer, and does nothing; whoever asks for rules gets them all the same.
//! A page that was prerendered and is shown as it was fetched may be shown more than once: then nothing is wrong, and nothing is due.
//! What is right about it is done in this order: the ledger notes that it is redeemed, and sends what must reach the origin
//! once; then the cookies are set, but for those that have changed until then; and the requests that were deferred for the page
//! are sent last, since nobody waits for them.

use super::askers;
use super::deferral::states_of;
use crate::config::Config;
use crate::effects::changed_cookies::{ChangedCookies, Owner};
use crate::effects::class::Class;
use crate::effects::cookie::{SetCookie, is_too_large};
use crate::effects::deferred_request::{self, DeferredRequest};
use crate::effects::ledger::{self, Begun, Sent, page_key};
use crate::effects::quarantine::evidence::{Mark, MetBy, state_mark};
use crate::effects::redeemed::Redeemed;
use crate::effects::seal::Seal;
use crate::effects::ticket::{Delivery, Due, Redeemer, Ticket, Token};
use crate::endpoints::{self, RulesFile};
use crate::fault::{Consequence, Fault};
use crate::ineligible::Affected;
use crate::visit::Visit;

/// How a ticket comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// By the fetch of the rules file that a prefetched page names.
    RulesFile(RulesFile),
    /// By the script of a prerendered page.
    Script,
    /// By a rule that a page follows which was rendered after it had been prefetched, or whose rules a service worker fetched
    /// without its name.
    Rule,
}

impl Way {
    /// What is answered where nothing is handed over: a page that asks for its rules gets them in any case.
    fn answered(self, answer: Answer) -> Answer {
        match self {
            Self::RulesFile(file) => Answer::RulesFile(file),
            Self::Script | Self::Rule => answer,
        }
    }
}

/// A request that brings a ticket back.
#[derive(Clone, Copy, Debug)]
pub struct Redemption<'a> {
    /// The request.
    pub visit: &'a Visit,
    /// How the ticket comes back.
    pub way: Way,
    /// All header lines of the request.
    pub headers: &'a [(String, String)],
    /// What the site has configured.
    pub config: &'a Config,
}

/// What is to be done next.
#[derive(Debug)]
pub enum Step<'a> {
    /// The ledger is to be asked for a ticket.
    FindTicket(FindTicket<'a>),
    /// The ledger is to note that a ticket is redeemed.
    NoteRedeemed(NoteRedeemed<'a>),
    /// The ledger is to send the visit of a page whose effect was deferred.
    SendVisit(SendVisit<'a>),
    /// Nothing but to answer.
    Done(Outcome),
}

/// What is answered, and what goes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The answer.
    pub answer: Answer,
    /// The cookies that are set with it.
    pub cookies: Vec<DueCookie>,
    /// When the page that they were deferred of was answered, in milliseconds since the epoch; 0 where there are none.
    pub fetched_at: u64,
    /// The page that shows to be ineligible for speculations, if it does.
    pub affected: Option<AffectedPage>,
    /// What has gone wrong on the way.
    pub fault: Option<Fault>,
    /// What the ticket is known by, if it is redeemed now or was before.
    pub redeemed: Option<String>,
    /// The page whose deferred requests are to be sent when the answer is there, if there is one.
    pub release: Option<Release>,
}

/// A page that shows to be ineligible for speculations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AffectedPage {
    /// The site.
    pub site: String,
    /// The path, and the names of its parameters.
    pub page: String,
    /// Whom it affects.
    pub affected: Affected,
    /// Who has met it.
    pub by: MetBy,
}

/// What a request with a ticket is answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The rules file that was asked for.
    RulesFile(RulesFile),
    /// The rules file that was asked for, with the rule that brings the ticket back: see
    /// [`Admission::DeferToActivation`](super::Admission::DeferToActivation).
    RulesWithTicket(RulesFile),
    /// 204: everything is done, now or before.
    Done,
    /// 409: the visitor's session or cart is no longer the one for which the page was rendered. It has to be loaded anew.
    Stale,
    /// 403: something is wrong with the ticket, or it was redeemed before by a page that is shown once.
    NotGood,
    /// 503: perhaps what it stands for has been sent, and nobody knows.
    Unknown,
}

/// A cookie that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueCookie {
    /// Its `Set-Cookie` line.
    pub line: String,
    /// Whether the browser is to forget with it what else it has loaded ahead: that was for whoever the visitor was before.
    pub clears: bool,
    /// Whether it is set whatever the visitor was given meanwhile, but for nothing where theirs was taken away.
    pub is_newest: bool,
}

/// The page whose deferred requests are to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// The site.
    pub site: String,
    /// The key of the page and its visitor in the ledger.
    pub page: String,
    /// When the page was rendered, in milliseconds since the epoch: what was deferred before is not this page's.
    pub since: u64,
}

/// See [`Step::FindTicket`].
#[derive(Debug)]
pub struct FindTicket<'a> {
    of: Redeeming<'a>,
    name: String,
}

/// See [`Step::NoteRedeemed`].
#[derive(Debug)]
pub struct NoteRedeemed<'a> {
    of: Redeeming<'a>,
    name: String,
    due: Due,
    /// What tells the visitor for whom the page was fetched, where that matters.
    state: Option<Mark>,
}

/// See [`Step::SendVisit`].
#[derive(Debug)]
pub struct SendVisit<'a> {
    of: Redeeming<'a>,
    name: String,
    due: Due,
    delivery: Delivery,
    request: DeferredRequest,
}

impl<'a> Redemption<'a> {
    /// Begins with the token that was brought, if one was, at this time in milliseconds since the epoch. `redeemed` are the
    /// tickets that are known to be redeemed.
    #[must_use]
    pub fn begin(self, token: Option<&str>, redeemed: &Redeemed, now: u64) -> Step<'a> {
        let way = self.way;
        let Some(of) = Redeeming::of(self) else { return done(way, Answer::NotGood) };
        // What the visitor has now is not known where that is not read.
        if is_too_large(self.visit.cookies()) {
            return done(way, Answer::NotGood);
        }
        let token = token.and_then(|token| Token::parse(token, of.seal));
        let is_redeemed = token.as_ref().is_some_and(|token| redeemed.has(token, now));
        let of = Redeeming { is_redeemed, ..of };
        match token {
            None => done(way, Answer::NotGood),
            // Before anything is opened, and before anybody is asked.
            Some(_) if is_redeemed && !of.is_of_fetched() => done(way, Answer::NotGood),
            Some(Token::Ticket(ticket)) => of.open(ticket, now),
            Some(Token::Name(name)) => Step::FindTicket(FindTicket { name: name.to_owned(), of }),
        }
    }
}

impl<'a> FindTicket<'a> {
    /// The site whose ledger is asked.
    #[must_use]
    pub fn site(&self) -> &str {
        &self.of.site
    }

    /// The ticket's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Goes on with the ticket that the ledger has, if it has one.
    #[must_use]
    pub fn answered(self, found: Result<Option<String>, Fault>, now: u64) -> Step<'a> {
        match found {
            Ok(Some(ticket)) => self.of.open(&ticket, now),
            Ok(None) => done(self.of.of.way, Answer::NotGood),
            // Nothing has been done, and so a page that can is loaded anew.
            Err(fault) => failed(self.of.of.way, Answer::NotGood, fault),
        }
    }
}

impl<'a> NoteRedeemed<'a> {
    /// The site whose ledger is asked.
    #[must_use]
    pub fn site(&self) -> &str {
        &self.of.site
    }

    /// What the ticket is known by.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Goes on when the ledger has noted it, or could not.
    #[must_use]
    pub fn answered(self, noted: Result<Begun, Fault>) -> Step<'a> {
        let Self { of, due, name, state } = self;
        let (affected, fault) = match noted {
            Ok(Begun::Known) => return of.known(name, &due),
            // Whoever asks by the page's ticket is not the visitor that the page was for, and that may be so each time.
            Ok(Begun::First) if due.lacks_visitor => (Some(Affected::WithSession), None),
            // What the page's scripts have written while it was rendered is not what they would have found. Prefetched, they find it.
            Ok(Begun::First) => {
                let is_of_rendered = due.is_written && of.of.way == Way::Script;
                (is_of_rendered.then_some(Affected::Prerendering), None)
            }
            // Where it cannot be written down, it would be good once more.
            Ok(Begun::Full) => return failed(of.of.way, Answer::NotGood, ledger::full()),
            // Where the ledger cannot be reached, each cookie is still compared with the one that the visitor has.
            Err(fault) => (None, Some(fault)),
        };
        let affected = affected.map(|affected| of.affects(affected, state));
        let lines = due.set_cookies;
        Step::Done(Outcome { affected, fault, ..of.handed_over(name, lines, due.holds_since) })
    }
}

impl<'a> SendVisit<'a> {
    /// The site whose ledger is asked.
    #[must_use]
    pub fn site(&self) -> &str {
        &self.of.site
    }

    /// What the ticket is known by.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How often the visit may be sent in doubt.
    #[must_use]
    pub fn delivery(&self) -> Delivery {
        self.delivery
    }

    /// The visit.
    #[must_use]
    pub fn request(&self) -> &DeferredRequest {
        &self.request
    }

    /// Goes on when the ledger has sent it, or has not.
    #[must_use]
    pub fn answered(self, sent: Result<Sent, Fault>) -> Step<'a> {
        let Self { of, due, name, .. } = self;
        match sent {
            Ok(Sent::Now(answered)) => {
                let classes = &of.of.config.effects.cookies;
                let lines = deferred_request::newest(due.set_cookies, &answered, of.path(), classes);
                Step::Done(of.handed_over(name, lines, due.holds_since))
            }
            Ok(Sent::Known) => of.known(name, &due),
            // Nothing has been sent, and nothing written down. A page that can is loaded anew, which counts.
            Ok(Sent::Full) => failed(of.of.way, Answer::NotGood, ledger::full()),
            Err(fault) => failed(of.of.way, Answer::Unknown, fault),
        }
    }
}

/// A redemption that can go well: with what tickets are sealed, the site, and the page that asks.
#[derive(Debug)]
struct Redeeming<'a> {
    of: Redemption<'a>,
    seal: &'a Seal,
    site: String,
    page: String,
    /// When the page was answered, once its ticket is open, in milliseconds since the epoch.
    fetched_at: u64,
    /// Whether the ticket is known to be redeemed.
    is_redeemed: bool,
}

impl<'a> Redeeming<'a> {
    fn of(of: Redemption<'a>) -> Option<Self> {
        let (visit, config) = (of.visit, of.config);
        let page = visit.sender(&config.urls.inert_parameters)?;
        let seal = config.effects.seal.as_ref()?;
        Some(Self { of, seal, site: visit.site()?, page, fetched_at: 0, is_redeemed: false })
    }

    /// Whether the script of a page asks that was not rendered before its activation.
    fn is_of_fetched(&self) -> bool {
        self.of.way == Way::Script && endpoints::is_of_fetched(&self.of.visit.url)
    }

    /// What is answered where the ticket of this name was redeemed before. Chromium gives up what it has prerendered where a link opens
    /// it with an opener, and shows what it had fetched for that, in each tab in which the link is opened: what was deferred is done by
    /// the first of them, and the others have nothing to load anew for. A visit is one of each tab.
    fn known(&self, name: String, due: &Due) -> Step<'a> {
        let has_visit = due.effect.is_some() || due.lacks_visitor;
        let is_shown_again = self.is_of_fetched() && !due.is_stale && !has_visit;
        let answer = if is_shown_again { Answer::Done } else { Answer::NotGood };
        // What is known here already is not counted once more.
        let redeemed = Some(name).filter(|_| !self.is_redeemed);
        Step::Done(Outcome { redeemed, ..Outcome::of(self.of.way.answered(answer)) })
    }

    /// The path of the page that asks.
    fn path(&self) -> &str {
        self.page.split('?').next().unwrap_or_default()
    }

    /// Opens a ticket, and decides what is due.
    fn open(self, ticket: &str, now: u64) -> Step<'a> {
        let Redemption { visit, headers, config, way, .. } = self.of;
        let (site, page) = (self.site.as_str(), self.page.as_str());
        let redeemer = Redeemer { site, page, browser: &visit.browser(), cookies: visit.cookies(), now };
        let Some((ticket, name)) = Ticket::open(ticket, self.seal, &redeemer) else {
            return match way {
                // A service worker that makes a request of its own names itself as the sender, and not the page.
                Way::RulesFile(file) if visit.destination() == Some("empty") => {
                    Step::Done(Outcome::of(Answer::RulesWithTicket(file)))
                }
                _ => done(way, Answer::NotGood),
            };
        };
        let states = ticket.asks_for_states().then(|| states_of(visit.cookies(), config));
        let due = ticket.due(self.seal, &redeemer, states.as_ref().map_or(&[], |states| states.as_slice()));
        if self.is_redeemed {
            return self.known(name, &due);
        }
        if due.is_stale {
            let answer = way.answered(Answer::Stale);
            // Perhaps one of the visitor's cookies is for part of the site, and then it is so each time.
            let state = ticket.state.map(|state| state_mark(ticket.browser, state));
            let affected = Some(self.affects(Affected::Prerendering, state));
            return Step::Done(Outcome { affected, ..Outcome::of(answer) });
        }
        let (Some(delivery), Some(url)) = (due.effect, visit.referer()) else {
            let state = ticket.who.map(|who| state_mark(ticket.browser, who));
            let of = Self { fetched_at: ticket.since(), ..self };
            return Step::NoteRedeemed(NoteRedeemed { of, name, due, state });
        };
        // The visit has the URL of the visitor's own click, and says who they are by the deferred cookies as well.
        let Some(request) = DeferredRequest::visit(url, headers.iter().cloned(), ticket.referer.as_deref())
        else {
            return done(way, Answer::NotGood);
        };
        let cookies = deferred_request::identity(visit.cookies(), &due.set_cookies, &config.effects.cookies);
        let request = request.with_cookies(cookies);
        let of = Self { fetched_at: ticket.since(), ..self };
        Step::SendVisit(SendVisit { of, name, due, delivery, request })
    }

    /// For whom the page is ineligible for speculations: whoever had this state when it was fetched.
    fn affects(&self, affected: Affected, state: Option<Mark>) -> AffectedPage {
        // The page is named without what is inert in its query already.
        let shape = self.of.visit.sender_url().map(|page| self.of.config.urls.inert_parameters.shape(&page));
        let by = askers::brought_by(self.of.visit, state, self.of.config);
        AffectedPage { site: self.site.clone(), page: shape.unwrap_or_default(), affected, by }
    }

    /// What the visitor gets with these cookies, once the ticket of this name is redeemed.
    fn handed_over(&self, name: String, lines: Vec<String>, holds_since: Option<u64>) -> Outcome {
        let Redemption { visit, way, config, .. } = self.of;
        let effects = &config.effects;
        let cookie = |line: String| {
            let class = effects.cookies.of(&SetCookie::parse(&line));
            let changes = matches!(class, Class::Csrf | Class::Session | Class::Cart);
            let is_newest = class == Class::History;
            DueCookie { clears: changes && effects.clear_speculations, line, is_newest }
        };
        let was_rendered = !matches!(way, Way::RulesFile(_)) && !self.is_of_fetched();
        let release = holds_since.filter(|_| was_rendered).map(|since| {
            let page = page_key(self.seal, &self.site, &self.page, &visit.browser());
            Release { site: self.site.clone(), page, since }
        });
        let answer = match way {
            Way::RulesFile(file) => Answer::RulesFile(file),
            Way::Script | Way::Rule => Answer::Done,
        };
        let cookies = lines.into_iter().map(cookie).collect();
        let fetched_at = self.fetched_at;
        Outcome { cookies, fetched_at, release, redeemed: Some(name), ..Outcome::of(answer) }
    }
}

impl Outcome {
    /// The same without the cookies that the visitor was given anew, or had taken away, while the ledger and the origin were
    /// asked: since then, in milliseconds since the epoch, when they brought the ticket. What the visit of a page sets is left
    /// out as well, since it was asked for with the cookies of before.
    #[must_use]
    pub fn without_outdated(mut self, visit: &Visit, changed: &ChangedCookies, since: u64) -> Self {
        if let Some(site) = visit.site().filter(|_| !self.cookies.is_empty()) {
            let owner = Owner { site: &site, browser: &visit.browser(), cookies: visit.cookies() };
            let is_outdated = changed.outdated(owner, self.fetched_at, since);
            self.cookies.retain(|cookie| !is_outdated(SetCookie::parse(&cookie.line).name, cookie.is_newest));
        }
        self
    }

    fn of(answer: Answer) -> Self {
        let (affected, fault, redeemed, release) = (None, None, None, None);
        Self { answer, cookies: Vec::new(), fetched_at: 0, affected, fault, redeemed, release }
    }
}

impl Answer {
    /// The status.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::RulesFile(_) | Self::RulesWithTicket(_) => 200,
            Self::Done => 204,
            Self::Stale => 409,
            Self::NotGood => 403,
            Self::Unknown => 503,
        }
    }
}

fn done(way: Way, answer: Answer) -> Step<'static> {
    Step::Done(Outcome::of(way.answered(answer)))
}

fn failed(way: Way, answer: Answer, fault: Fault) -> Step<'static> {
    let answer = way.answered(answer);
    let fault = match answer {
        Answer::RulesFile(_) | Answer::RulesWithTicket(_) => fault,
        _ => fault.leads_to(Consequence::Answered(answer.status())),
    };
    Step::Done(Outcome { fault: Some(fault), ..Outcome::of(answer) })
}

#[cfg(test)]
mod tests;
