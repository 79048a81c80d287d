//! Decides which later requests may get what one request got, without entering wasm again: its decision is replayed.
//!
//! To enter wasm, and to await a promise in it, costs about half of what a plain pass-through costs altogether. The decision
//! about a plain view follows from few things: its path, the answer's media type and policy, and whether the answer has
//! fields of its own that ours would join. [`decide`] turns those into a [`Replay`], conditions as data. `fast_path.js`
//! compares the next request and its answer with them and decides nothing; [`Rules`] are the conditions that are the same for
//! every decision, handed over once.
//!
//! `tests/data/replay_cases.json` holds both halves to the same cases: this one to the data that it writes, JavaScript to
//! what it makes of them.

use super::events::{NOTED, NOTED_OF_ANSWER};
use super::origin_route::{OriginRoute, Parts};
use super::rules_delivery::INLINE_RULES;
use super::{HoldsFor, Plan, html_edits};
use crate::config::Config;
use crate::csp::integrity;
use crate::effects::cookie::MAX_FIELD;
use crate::endpoints::REPORT_COOKIES;
use crate::head::{Content, Head};
use crate::navigation::source::NAVIGATION;
use crate::rewrite::edit::HtmlEdit;
use crate::speculation::PURPOSE_FIELD;
use crate::visit::fields::Field;
use crate::visit::{
    BY_BROWSER, DISPLAYED, DOCUMENTS, Method, SPECULATION_MARKS, Visit, WHOLE_PRELOAD, script_marks,
};
use serde::Serialize;
use std::ops::Range;
use url::Url;

/// How long a decision may be replayed, in milliseconds. What a learner publishes shows that much later, and a busy page
/// comes to wasm that often, which is when views are chosen for learning.
const KEEP_MS: u32 = 2000;

/// What differs from one policy to the next without a difference: nonces, which are made anew for each answer (CSP,
/// "nonce-source"). A regular expression that means the same in JavaScript.
const NONCE: &str = "'[Nn][Oo][Nn][Cc][Ee]-[^']*'";

/// The field in which a request says how often it has come through Headstart: `origin.js`.
const HOPS_FIELD: &str = "headstart-hops";

/// What a nonce is replaced with, so that two policies can be compared.
const NO_NONCE: &str = "'nonce'";

/// What stands before a nonce in a policy.
const NONCE_START: &str = "'nonce-";

/// The nonces that are put into pages (CSP, "base64-value"). A regular expression, too.
const NONCE_VALUE: &str = "^[A-Za-z0-9+/_=-]+$";

/// The fields on which it depends whether a page is edited, besides its type.
const OF_EDIT: [&str; 3] = ["cache-control", "content-disposition", "content-encoding"];

/// What fits a decision: a `GET` of the same URL without its query, with an answer for which all of this holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Replay {
    /// How long it may be replayed, in milliseconds.
    pub keep_ms: u32,
    /// The answer's `Content-Type`, to the letter.
    pub media_type: String,
    /// The answer's status, where it matters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The fields that the answer must not have.
    pub absent: Vec<&'static str>,
    /// The answer's policies, where the decision follows from them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<Policy>,
    /// Whether the URL must have no query.
    pub is_bare: bool,
    /// Whether such a request is a view of a page, to be counted.
    pub is_view: bool,
    /// For whom it is, where it depends on whether the visitor has a session; `None` where it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has_session: Option<bool>,
    /// The header lines to append, names and values in turns.
    pub lines: Vec<String>,
    /// What is put into the page's head, if anything is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub into_head: Option<IntoHead>,
}

/// HTML for the head of a page, and what must be as it was for that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct IntoHead {
    /// The HTML, cut where the nonce of the answer's policy stands in it.
    pub pieces: Vec<String>,
    /// The charset label in the answer's media type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charset: Option<String>,
    /// Fields of the answer, and what they must say, to the letter; `None` for those that it must not have.
    pub same: Vec<(&'static str, Option<String>)>,
}

/// Policies to compare with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Policy {
    /// All `Content-Security-Policy` lines joined by commas, without nonces; `None` for an answer without any.
    pub text: Option<String>,
    /// The same of all `Content-Security-Policy-Report-Only` lines.
    pub observed: Option<String>,
    /// The fields of its integrity policies, and what they must say, to the letter; `None` for those that it must not have.
    pub same: [(&'static str, Option<String>); integrity::FIELDS.len()],
}

/// What a decision follows from besides the request, the answer's head and the plan.
#[derive(Clone, Copy, Debug, Default)]
pub struct Circumstances {
    /// Whether wasm has to see each such answer, because of what it does.
    pub must_be_seen: bool,
    /// Whether asking the origin may end where the request came in.
    pub may_echo: bool,
    /// Whether the plan depends on whether the visitor has a session, and whether they have one.
    pub depends_on_session: bool,
    /// See [`depends_on_session`](Self::depends_on_session).
    pub has_session: bool,
    /// For which views of the page the same would be decided.
    pub holds_for: HoldsFor,
    /// Whether views that are shown as documents may be edited: see [`html_edits::are_usual`].
    pub edits_documents: bool,
}

/// Whether somebody who asks for the same URL might have to be told to forget what was fetched ahead, though this request has
/// not: what is decided about one without fetch metadata, about a script's, or about one that has failed, may be replayed for
/// another one. So nothing is replayed of a URL that may do something.
#[must_use]
pub fn may_clear(visit: &Visit, config: &Config) -> bool {
    let may_change = |url: &Url| config.urls.unsafe_urls.may_change(url);
    // It is replayed for the URL without this query, too.
    let without_query = || {
        let mut bare = visit.url.clone();
        bare.set_query(None);
        bare
    };
    config.effects.clear_speculations
        && (may_change(&visit.url) || (visit.url.query().is_some() && may_change(&without_query())))
}

/// Decides which later requests may get what this one gets; `None` where none may. `header` looks a field of the answer up.
#[must_use]
pub fn decide(
    visit: &Visit,
    head: &Head,
    plan: &Plan,
    circumstances: &Circumstances,
    header: impl Fn(&str) -> Option<String>,
) -> Option<Replay> {
    let media_type = head.media_type.as_deref()?;
    if visit.method != Method::Get
        || visit.speculation.is_some()
        || circumstances.must_be_seen
        || circumstances.may_echo
        // It would be replayed for the URL without its query, too. Visitors with a session have decisions of their own.
        || (circumstances.holds_for == HoldsFor::Others
            && !circumstances.has_session
            && visit.url.query().is_some())
    {
        return None;
    }
    let is_page = head.content == Content::Page;
    if is_page && circumstances.edits_documents && !visit.is_shown_as_document() {
        return None;
    }
    let has_own_fields = head.link.is_some() || head.speculation_rules.is_some();
    let (append, html) = match plan {
        Plan::Pass => {
            let holds = match head.content {
                // Where redirects lead is learned from each of them.
                // And from each picture that counts, perhaps.
                Content::Other | Content::Sheet => head.location.is_none() && !head.is_fleeting_picture,
                Content::Page => !has_own_fields && !visit.is_download(),
                // A part of a page, perhaps: whoever asks for the page later must not be given the same.
                Content::Html => false,
            };
            if !holds {
                return None;
            }
            ([].as_slice(), None)
        }
        Plan::Edit(edit) => {
            let html = match edit.html.as_slice() {
                [] => None,
                // Everything else is for few views.
                [HtmlEdit::IntoHead(html)] if html.starts_with(INLINE_RULES) && html.is_ascii() => Some(html),
                _ => return None,
            };
            // What is only reported is counted each time.
            let does_more = edit.observe.is_some() || edit.set_cookies.is_some() || edit.would.is_some();
            if !is_page || has_own_fields || does_more || edit.clears() {
                return None;
            }
            (edit.append.as_slice(), html)
        }
        Plan::Refuse(_) | Plan::AdviseProxies { .. } => return None,
    };
    let into_head = match html {
        Some(html) => Some(IntoHead {
            pieces: without_nonce(html, [&head.csp, &head.csp_report_only])?,
            charset: head.charset.clone(),
            same: OF_EDIT.map(|name| (name, header(name))).into(),
        }),
        None => None,
    };
    // What was said of inert parameters was said of a URL without any.
    let is_unvarying = append.iter().any(|(name, _)| *name == "No-Vary-Search");
    let depends_on_session =
        circumstances.depends_on_session || circumstances.holds_for != HoldsFor::Everybody;
    let mut absent = Vec::new();
    if !append.is_empty() {
        absent.extend(["link", "speculation-rules"]);
    }
    if is_unvarying {
        absent.push("no-vary-search");
    }
    Some(Replay {
        keep_ms: KEEP_MS,
        media_type: media_type.to_owned(),
        status: (is_page || !append.is_empty()).then_some(200),
        absent,
        policy: is_page.then(|| Policy {
            text: head.csp.as_deref().map(without_nonces),
            observed: head.csp_report_only.as_deref().map(without_nonces),
            same: integrity::FIELDS.map(|name| (name, header(name))),
        }),
        is_bare: is_unvarying || circumstances.holds_for == HoldsFor::BareViews,
        is_view: is_page,
        has_session: depends_on_session.then_some(circumstances.has_session),
        lines: append.iter().flat_map(|(name, value)| [(*name).to_owned(), value.clone()]).collect(),
        into_head,
    })
}

/// Where the nonces of a policy stand in it: what [`NONCE`] matches.
fn nonces(csp: &str) -> impl Iterator<Item = Range<usize>> {
    // As long as the policy itself.
    let lower_case = csp.to_ascii_lowercase();
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + lower_case.get(from..)?.find(NONCE_START)?;
        let value = start + NONCE_START.len();
        from = value + lower_case.get(value..)?.find('\'')? + 1;
        Some(start..from)
    })
}

/// A policy without its nonces.
fn without_nonces(csp: &str) -> String {
    let mut rest = 0;
    let mut without = String::with_capacity(csp.len());
    for nonce in nonces(csp) {
        without.extend([csp.get(rest..nonce.start).unwrap_or_default(), NO_NONCE]);
        rest = nonce.end;
    }
    without + csp.get(rest..).unwrap_or_default()
}

/// HTML that was made for an answer with these policies, cut where their nonce stands; one piece where it needs none. `None` where
/// they have more than one: another answer's could be the same where these differ.
fn without_nonce(html: &str, policies: [&Option<String>; 2]) -> Option<Vec<String>> {
    // In JSON no quote stands behind a `=`, so that this is an attribute.
    const BEFORE: &str = " nonce=\"";
    if !html.contains(BEFORE) {
        return Some(vec![html.to_owned()]);
    }
    let policies = policies.into_iter().flatten();
    let mut nonces = policies.flat_map(|csp| nonces(csp).filter_map(|nonce| csp.get(nonce)));
    let known = nonces.next()?;
    if nonces.any(|nonce| nonce != known) {
        return None;
    }
    let nonce = known.get(NONCE_START.len()..)?.strip_suffix('\'')?;
    let pieces: Vec<&str> = html.split(&format!("{BEFORE}{nonce}\"")).collect();
    let last = pieces.len().checked_sub(1).filter(|last| *last > 0)?;
    let cut = pieces.iter().enumerate().map(|(at, piece)| {
        let (start, end) = (if at > 0 { "\"" } else { "" }, if at < last { BEFORE } else { "" });
        format!("{start}{piece}{end}")
    });
    Some(cut.collect())
}

/// What JavaScript has to know besides the decisions, as data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rules {
    /// Fields of which one says that a request is a speculation, which is never answered by a decision about another one.
    /// Where something fails on our side, such a request is refused, and any other one gets the origin's answer.
    pub marks: [&'static str; SPECULATION_MARKS.len()],
    /// What scripts put on their requests: see [`ByScript`].
    pub by_script: ByScript,
    /// What is never replayed, whatever the decision: a request to which all of one of these applies, before its answer is
    /// there.
    pub requests: Vec<Exclusion>,
    /// The same for a request with its answer.
    pub exchanges: Vec<Exclusion>,
    /// The longest `Cookie` field that wasm is asked about; of a longer one it would say that it holds a session.
    pub max_cookies: usize,
    /// What a request must say, all of it, to be answered by a decision that edits the page: fields, and what may stand there. (What is
    /// saved is among [`requests`](Self::requests).)
    pub documents: Vec<(&'static str, Vec<&'static str>)>,
    /// What stands for a nonce in a policy: a regular expression, and what replaces it; and another one, of the nonces that are put
    /// into pages.
    pub nonce: (&'static str, &'static str, &'static str),
    /// Which replayed views are noted, and what of them.
    pub note: Note,
    /// The field in which the origin is told that it is asked for a speculation.
    pub purpose: &'static str,
    /// The fields that an answer loses with its body.
    pub of_bytes: Vec<&'static str>,
    /// The fields that an answer loses where its page is edited.
    pub of_exact_bytes: [&'static str; html_edits::OF_EXACT_BYTES.len()],
    /// By which way the origin is asked.
    pub origin: Parts,
    /// What opens the report, where there is one, and is told to no origin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hidden: Option<Hidden>,
}

/// What opens the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hidden {
    /// The field that holds the token.
    field: &'static str,
    /// The cookies of a browser that may see it.
    cookies: [&'static str; 2],
}

impl Rules {
    /// The same for a site that has a report: whoever sends the token wants to be told what was decided, so that wasm decides.
    #[must_use]
    pub fn with_report(mut self) -> Self {
        let field = Field::HeadstartToken.name();
        self.requests.push(Exclusion { request: vec![(field, None)], ..Exclusion::default() });
        self.hidden = Some(Hidden { field, cookies: REPORT_COOKIES });
        self
    }
}

/// Which requests may be a script's, and how they show that they are for no page that is shown, or made on a guess. Such a
/// request is never answered by a decision about another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ByScript {
    /// The field that says what kind of a request it is.
    mode: &'static str,
    /// What it says of a navigation. Nothing else is answered by a decision about a page, but for what says nothing there.
    navigation: &'static str,
    /// What it says of requests that no script can put a field of its own on.
    by_browser: [&'static str; BY_BROWSER.len()],
    /// The fields of which one marks any other request as a script's.
    marks: Vec<&'static str>,
    /// How a navigation shows that a service worker asks for a part of a page.
    part: OfPart,
}

/// The field by which it does, and what that says of a whole page all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct OfPart {
    field: &'static str,
    whole: &'static str,
}

/// What is noted of a view that a replayed decision has answered: see
/// [`ReplayedNavigation`](super::events::ReplayedNavigation).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Note {
    /// What the request must say, all of it.
    navigation: [(&'static str, &'static str); NAVIGATION.len()],
    /// The fields of the request that are noted.
    asked: [&'static str; NOTED.len()],
    /// The fields of the answer that are noted.
    answered: [&'static str; NOTED_OF_ANSWER.len()],
    /// The field in which a proxy says the visitor's address, where the platform does not know it.
    address: Option<String>,
}

/// All of this has to apply.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Exclusion {
    /// Whether the URL has a query, if it matters.
    pub has_query: bool,
    /// Fields of the request, and what they say; `None` for anything.
    pub request: Vec<(&'static str, Option<&'static str>)>,
    /// Fields that the request does not have.
    pub absent: Vec<&'static str>,
    /// Fields that the answer has.
    pub answer: Vec<&'static str>,
}

/// The rules of a site. `clears_speculations` says whether wasm has to see what may change what a visitor is shown next.
#[must_use]
pub fn rules(clears_speculations: bool, visitor_address: Option<&str>, origin: &OriginRoute) -> Rules {
    // What may come from this very Worker is stopped where it comes too often.
    let request = vec![("cf-worker", None), (HOPS_FIELD, None)];
    // Of a page that is saved nothing is changed.
    let saved = vec![("sec-fetch-mode", Some("navigate")), ("sec-fetch-dest", Some("empty"))];
    let absent = DISPLAYED.map(Field::name).to_vec();
    let mut requests = vec![
        Exclusion { request, ..Exclusion::default() },
        Exclusion { request: saved, absent, ..Exclusion::default() },
    ];
    if clears_speculations {
        // A link with a query may do something that the page without it does not.
        let request = vec![("sec-fetch-mode", Some("navigate"))];
        requests.push(Exclusion { has_query: true, request, ..Exclusion::default() });
    }
    // A cookie that a browser is given may be another session, or another cart, which no answer to a guess may undo.
    let request = vec![("sec-fetch-mode", None)];
    let exchanges = vec![Exclusion { request, answer: vec!["set-cookie"], ..Exclusion::default() }];
    let by_script = ByScript {
        mode: Field::SecFetchMode.name(),
        navigation: "navigate",
        by_browser: BY_BROWSER,
        marks: script_marks().map(Field::name).collect(),
        part: OfPart { field: Field::ServiceWorkerNavigationPreload.name(), whole: WHOLE_PRELOAD },
    };
    let note = Note {
        navigation: NAVIGATION.map(|(field, value)| (field.name(), value)),
        asked: NOTED.map(Field::name),
        answered: NOTED_OF_ANSWER,
        address: visitor_address.map(str::to_owned),
    };
    Rules {
        marks: SPECULATION_MARKS.map(Field::name),
        by_script,
        requests,
        exchanges,
        max_cookies: MAX_FIELD,
        documents: vec![
            (Field::SecFetchMode.name(), vec!["navigate"]),
            (Field::SecFetchDest.name(), DOCUMENTS.to_vec()),
        ],
        nonce: (NONCE, NO_NONCE, NONCE_VALUE),
        note,
        purpose: PURPOSE_FIELD,
        of_bytes: html_edits::of_bytes().collect(),
        of_exact_bytes: html_edits::OF_EXACT_BYTES,
        origin: origin.parts(),
        hidden: None,
    }
}

#[cfg(test)]
mod tests;
