//! What becomes of the cookies that a speculative response sets.
//!
//! `Set-Cookie` takes effect when the response arrives, long before the activation. What the origin has done by then it has
//! done: to drop a session that it has renewed would sign the visitor out. So each line is decided by its class and by
//! whether the visitor sent a cookie of that name:
//!
//! | class | the visitor sent it | they did not |
//! |---|---|---|
//! | form token (CSRF) | defer | defer |
//! | session | pass; kept in the cookie itself: defer; a deletion is refused, unless the answer sets it anew | defer |
//! | what goes with the session, of a load balancer | pass; a deletion is refused | defer |
//! | state of a sign-in | defer | defer |
//! | cart | defer | defer |
//! | flash message | defer | defer |
//! | history of what was looked at | defer | defer |
//! | inert: analytics, preferences, counters | defer | defer |
//! | unknown | `HttpOnly`: pass, a deletion is refused; otherwise defer (`UNKNOWN_COOKIES`) | defer |
//!
//! What no name tells, and whose value is a word before and after (`edition=us`, `edition=uk`), is a choice of the visitor's, and
//! deferred like what is inert.
//!
//! *Defer* is to keep the line back now, in a [ticket](super::ticket), and to set it at the activation of the page, if
//! the visitor's cookie of that name is still the one that they sent. A history is set in any case: the page that they look at
//! last is on the list that was made last.
//!
//! A session whose content is [kept in the cookie](super::cookie_session) is no key to anything at the origin: nothing is lost
//! where it is not renewed, and what was done meanwhile is lost where it is. So it is deferred like others.
//! What passes and may be a key does so whether a ticket works or not: it is lost in any case where its answer is refused.
//! Where no ticket can defer the rest, only a session that is renewed
//! passes, a flash message, what keeps its value, and what the network in front of the origin renews with any answer; anything
//! else refuses the speculation. A flash message is said when the origin has done something: to refuse its answer would have the
//! click do that again. One that the visitor has is not taken away: it is shown by the page that they open next. A language that
//! the visitor has chosen, or a sign-in that is under way, must not be changed by a guess.
//!
//! A deletion of what the visitor does not have is left out, and stands in nobody's way: `setcookie` of PHP writes one whether there is
//! anything to delete or not.
//!
//! A ticket is redeemed below [`OWN_PREFIX`](crate::endpoints::OWN_PREFIX), where only cookies for all paths can be seen. So
//! no ticket can defer a line for part of the site.

use super::class::{self, Class, CookieClasses};
use super::cookie::{MAX_LINES, Sent, SetCookie};
use super::cookie_parts::CookieParts;
use super::cookie_session;
use super::seal::Seal;
use super::ticket::Deferred;
use crate::hash::fnv1a;
use crate::ineligible::{Affected, Ineligible};
use std::mem::discriminant;

/// What becomes of cookies whose names tell nothing (`UNKNOWN_COOKIES`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnknownCookies {
    /// Those that the visitor sent pass if no script can read them, since they may be sessions.
    #[default]
    Careful,
    /// All are deferred.
    Defer,
    /// All that the visitor sent pass.
    Pass,
}

/// What becomes of one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CookieDecision {
    /// It reaches the visitor now.
    Pass,
    /// It is deferred to the activation.
    Defer {
        /// The value that the visitor sent.
        before: Option<String>,
        /// The line as it is set then: it says for which path it is, whatever the URL of that answer.
        line: String,
        /// Whether it is set whatever the visitor has by then.
        is_newest: bool,
    },
    /// It is to be deferred, but no ticket can do that.
    Stuck {
        /// Whether the visitor sent a cookie of that name.
        was_sent: bool,
    },
    /// It is left out: it would take away what the visitor does not have. By the time it came it might take away what they have been
    /// given meanwhile.
    LeaveOut,
}

impl CookieDecision {
    /// Whether the visitor sent a cookie of that name. No other one passes, but for what browsers drop.
    fn was_sent(&self) -> bool {
        match self {
            Self::Pass => true,
            Self::LeaveOut => false,
            Self::Defer { before, .. } => before.is_some(),
            Self::Stuck { was_sent } => *was_sent,
        }
    }
}

/// A line and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Decided {
    line: String,
    decision: CookieDecision,
    /// Whether it reaches the visitor now where no ticket can carry it: it may be their session, is a message, or the network's
    /// own, or changes nothing.
    is_harmless: bool,
    /// Whether it renews a form token that the visitor sent.
    is_renewed_token: bool,
    /// Whether it gives them a session that they did not have.
    is_first_session: bool,
    /// Whether it writes the content of their session anew, as far as that can be told, which is kept in the cookie itself.
    is_of_content: bool,
}

/// What becomes of all lines of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CookieDecisions {
    /// In the order of the answer.
    lines: Vec<Decided>,
    /// Whether the visitor is given another session now, in place of the one that they had.
    pub rotates_session: bool,
    /// The same, whatever tells that it is a session. What only [goes with one](Class::Sticky) is none.
    pub passes_session: bool,
    /// Whether a message is taken away that the visitor has not seen yet, as any page does that shows it: that says nothing of the page.
    pub takes_message: bool,
}

/// Judges the `Set-Cookie` lines of an answer to a speculation for the page at `path`, given the request's `Cookie` field and the
/// time in milliseconds since the epoch.
///
/// # Errors
/// Where the answer takes away a session, or what may be one: no speculation signs anybody out. And where it sets more cookies
/// than are looked at.
pub fn decide(
    set_cookies: &[String],
    cookies: &str,
    path: &str,
    classes: &CookieClasses,
    unknown: UnknownCookies,
    now: u64,
) -> Result<CookieDecisions, Ineligible> {
    let mut decisions = CookieDecisions::default();
    if set_cookies.len() > MAX_LINES {
        return Err(Ineligible::TooManyCookies);
    }
    let sent = Sent::read(cookies);
    let all: Vec<SetCookie<'_>> = set_cookies.iter().map(|line| SetCookie::parse(line).at(now)).collect();
    let parts = CookieParts::read(&sent, &all);
    let takes = |cookie: &SetCookie<'_>| {
        cookie.is_deletion && sent.value_of(cookie.name).is_some() && !cookie.is_ignored()
    };
    for (at, (line, cookie)) in set_cookies.iter().zip(&all).enumerate() {
        let class = classes.of(cookie);
        let before = sent.value_of(cookie.name);
        let must_stay = matches!(class, Class::Session | Class::Sticky);
        let may_be_session = must_stay || (class == Class::Unknown && cookie.is_http_only);
        if may_be_session && takes(cookie) && !parts.is_set_anew(cookie.name) {
            return Err(taken(cookie.name, classes));
        }
        let is_choice = before.is_some_and(|before| {
            unknown != UnknownCookies::Pass
                && classes.of_name(cookie.name) == Class::Unknown
                && is_word(before)
                && is_word(cookie.value)
        });
        // A session that is cut up is one: all parts of it pass, or none, also those that are new, or not needed any more.
        let had_it = before.is_some() || (class == Class::Session && parts.was_sent(cookie.name));
        let holds_content = || {
            let mut others = all.iter().filter(|other| parts.are_one(other.name, cookie.name));
            others.any(|other| cookie_session::holds_content(other, set_cookies))
        };
        let may_wait = || !classes.must_be_renewed(cookie.name) && holds_content();
        let passes = had_it
            && !is_choice
            && !may_wait()
            && match class {
                Class::Session | Class::Sticky => true,
                Class::Unknown => match unknown {
                    UnknownCookies::Careful => cookie.is_http_only,
                    UnknownCookies::Defer => false,
                    UnknownCookies::Pass => true,
                },
                Class::Csrf | Class::SignIn | Class::Flash | Class::History | Class::Cart | Class::Inert => {
                    false
                }
            };
        // By its name: of what only looks like a session, another value tells nothing.
        let is_another = passes && before.is_none_or(|before| before != cookie.value);
        decisions.rotates_session |= is_another && classes.of_name(cookie.name) == Class::Session;
        decisions.passes_session |= is_another && class == Class::Session;
        // What the same answer has set before is there to be deleted. And one for a part of the site is not sent elsewhere, so that
        // whether they have it is known there alone.
        let is_set_before = || all.iter().take(at).any(|it| it.name == cookie.name && !it.is_expired);
        let is_void = cookie.is_expired && before.is_none() && !is_set_before() && is_sent_to(line, path);
        let decision = decision(line, (before, class), passes || cookie.is_ignored(), is_void, path);
        let is_renewed = must_stay && had_it && !is_choice;
        let is_same = before == Some(cookie.value) && !cookie.is_deletion;
        let is_of_content = is_renewed
            && !is_same
            && !before.is_some_and(|before| cookie_session::is_same_content(before, cookie.value))
            && may_wait();
        let is_of_network = class::is_of_network(cookie.name);
        // Who has not seen a message yet would never see it.
        let takes_message = class == Class::Flash && takes(cookie);
        decisions.takes_message |= takes_message;
        let is_message = class == Class::Flash && !takes_message;
        let may_be_key = || before.is_some_and(may_be_key) || may_be_key(cookie.value);
        let is_harmless = (passes && may_be_key())
            || is_renewed
            || is_same
            || is_of_network
            || is_message
            || cookie.is_ignored();
        let is_renewed_token = class == Class::Csrf && before.is_some() && !cookie.is_deletion;
        decisions.lines.push(Decided {
            is_first_session: class == Class::Session && !had_it && !cookie.is_deletion,
            line: line.clone(),
            decision,
            is_harmless,
            is_renewed_token,
            is_of_content,
        });
    }
    decisions.stick(&all, &sent, set_cookies);
    // What is deleted where it is set anew goes when that comes, and not before or without it.
    for (cookie, Decided { decision, .. }) in all.iter().zip(&decisions.lines) {
        let has_another_fate = |(other, line): (&SetCookie<'_>, &Decided)| {
            !other.is_deletion
                && parts.are_one(other.name, cookie.name)
                && discriminant(&line.decision) != discriminant(decision)
        };
        if takes(cookie) && all.iter().zip(&decisions.lines).any(has_another_fate) {
            return Err(taken(cookie.name, classes));
        }
    }
    Ok(decisions)
}

/// What becomes of a line of an answer for the page at `path`. `before` is the value that the visitor sent, and `is_void` says that it
/// deletes what is not there.
fn decision(
    line: &str,
    (before, class): (Option<&str>, Class),
    passes: bool,
    is_void: bool,
    path: &str,
) -> CookieDecision {
    if passes {
        return CookieDecision::Pass;
    }
    if is_void {
        return CookieDecision::LeaveOut;
    }
    match for_all_paths(line, path) {
        Some(line) => CookieDecision::Defer {
            before: before.map(str::to_owned),
            line,
            is_newest: class == Class::History,
        },
        None => CookieDecision::Stuck { was_sent: before.is_some() },
    }
}

/// Why an answer is refused that takes a session away, or what may be one.
fn taken(name: &str, classes: &CookieClasses) -> Ineligible {
    let is_known = classes.of_name(name) == Class::Session;
    let affects = if is_known { Affected::WithSession } else { Affected::by_cookie(name, true) };
    Ineligible::SetCookie { name: name.to_owned(), affects }
}

impl CookieDecisions {
    /// Marks what a ticket could not tell from something else, or would not set as it was.
    fn stick(&mut self, all: &[SetCookie<'_>], sent: &Sent<'_>, set_cookies: &[String]) {
        // A cookie that is for part of the site and one of the same name that is not: what is sent may be either. And bytes
        // that are no text would not come back as they were.
        let stuck: Vec<String> = self.named(|decision| matches!(decision, CookieDecision::Stuck { .. }));
        let is_text = !set_cookies.iter().any(|line| line.contains(char::REPLACEMENT_CHARACTER));
        for (cookie, Decided { decision, .. }) in all.iter().zip(&mut self.lines) {
            let is_told = !sent.has_several(cookie.name);
            if let CookieDecision::Defer { before, .. } = decision
                && (!is_text || !is_told || stuck.iter().any(|stuck| stuck == cookie.name))
            {
                *decision = CookieDecision::Stuck { was_sent: before.is_some() };
            }
        }
    }

    /// Whether a line is deferred.
    #[must_use]
    pub fn defers(&self) -> bool {
        self.lines.iter().any(|it| matches!(it.decision, CookieDecision::Defer { .. }))
    }

    /// The name of a cookie by which the visitor is given a first session, if they are.
    #[must_use]
    pub fn first_session(&self) -> Option<&str> {
        let found = self.lines.iter().find(|it| it.is_first_session)?;
        Some(SetCookie::parse(&found.line).name)
    }

    /// The decision of each line, in order.
    pub fn decisions(&self) -> impl Iterator<Item = &CookieDecision> {
        self.lines.iter().map(|it| &it.decision)
    }

    /// The lines by which the origin has renewed the visitor's session, and what passes beside them: they reach the visitor even where the
    /// answer is refused, since the session that they had may be good no more.
    #[must_use]
    pub fn renewed(&self) -> Vec<String> {
        if self.passes_session { self.passing().map(str::to_owned).collect() } else { Vec::new() }
    }

    /// The lines that reach the visitor now in any case.
    pub fn passing(&self) -> impl Iterator<Item = &str> {
        let passing = self.lines.iter().filter(|it| it.decision == CookieDecision::Pass);
        passing.map(|it| it.line.as_str())
    }

    /// The cookies that a ticket takes along, in order.
    #[must_use]
    pub fn deferred(&self, seal: &Seal) -> Vec<Deferred> {
        let deferred = self.lines.iter().filter_map(|it| match &it.decision {
            CookieDecision::Defer { before, line, is_newest } => Some(Deferred {
                line: line.clone(),
                before: before.as_deref().map(|before| seal.digest(&[before])),
                is_newest: *is_newest,
            }),
            CookieDecision::Pass | CookieDecision::Stuck { .. } | CookieDecision::LeaveOut => None,
        });
        deferred.collect()
    }

    /// The lines that reach the visitor now, beside a ticket for the deferred ones.
    ///
    /// # Errors
    /// Where a cookie that no ticket can carry would be given to the visitor, or changed.
    pub fn with_ticket(&self) -> Result<Vec<String>, Ineligible> {
        self.kept(|it| match it.decision {
            CookieDecision::Pass => Some(true),
            CookieDecision::Defer { .. } | CookieDecision::LeaveOut => Some(false),
            CookieDecision::Stuck { .. } => it.is_harmless.then_some(true),
        })
    }

    /// The lines that reach the visitor now where there is no ticket: all of them.
    ///
    /// # Errors
    /// Where a cookie would be given to the visitor, or changed, but for a session that is renewed.
    pub fn without_ticket(&self) -> Result<Vec<String>, Ineligible> {
        self.kept(|it| it.is_harmless.then_some(true))
    }

    /// The same of an answer that is no page. What is kept in the cookie itself is not gone where a new value is not taken, and none of
    /// what the visitor is shown was made with that: so it would only undo what another answer notes meanwhile, a form's token, or leave a
    /// message that nobody has caused.
    ///
    /// # Errors
    /// As for [`without_ticket`](Self::without_ticket), and where the content of a session would be changed.
    pub fn of_no_page(&self) -> Result<Vec<String>, Ineligible> {
        self.kept(|it| (it.is_harmless && !it.is_of_content).then_some(true))
    }

    /// The lines that reach the visitor where a script asked, or a link that prefetches, and no page is loaded. A form
    /// token that is renewed passes as well: the page that is shown reads it from the cookie, and it stays good beside the old
    /// one in the frameworks that renew it with every answer.
    ///
    /// # Errors
    /// Where a cookie would be given to the visitor, or changed, but for these.
    pub fn without_page(&self) -> Result<Vec<String>, Ineligible> {
        self.kept(|it| (it.is_harmless || it.is_renewed_token).then_some(true))
    }

    /// The lines that are kept; `None` of one refuses all.
    fn kept(&self, is_kept: impl Fn(&Decided) -> Option<bool>) -> Result<Vec<String>, Ineligible> {
        let mut kept = Vec::new();
        for it in self.lines.iter().filter(|it| it.decision != CookieDecision::LeaveOut) {
            match is_kept(it) {
                Some(true) => kept.push(it.line.clone()),
                Some(false) => {}
                None => {
                    let cookie = SetCookie::parse(&it.line);
                    return Err(if it.decision.was_sent() {
                        Ineligible::changed_cookie(cookie.name, fnv1a(cookie.value.as_bytes()))
                    } else {
                        Ineligible::cookie(cookie.name, false)
                    });
                }
            }
        }
        Ok(kept)
    }

    fn named(&self, is_meant: impl Fn(&CookieDecision) -> bool) -> Vec<String> {
        let meant = self.lines.iter().filter(|it| is_meant(&it.decision));
        meant.map(|it| SetCookie::parse(&it.line).name.to_owned()).collect()
    }
}

/// Whether a value is a word, as of a country or a theme, and no session: those are longer, and have digits.
pub(super) fn is_word(value: &str) -> bool {
    (1..=16).contains(&value.len())
        && value.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'_'))
}

/// Whether a value may be a key: what is shorter is a choice, a number, or a word.
pub(super) fn may_be_key(value: &str) -> bool {
    value.len() >= 16
}

/// The line as it is to be set from another URL, whatever part of the site its cookie is for: it names the path that it would
/// have by the page's.
#[must_use]
pub fn with_path(line: &str, path: &str) -> String {
    match path_attribute(line) {
        Some(_) => line.to_owned(),
        None => format!(
            "{line}; Path={}",
            path.rfind('/').filter(|at| *at > 0).map_or("/", |at| path.split_at(at).0)
        ),
    }
}

/// The path that a line names; an empty one is none, and of several the last one counts.
fn path_attribute(line: &str) -> Option<&str> {
    let attributes = line.split(';').skip(1).filter_map(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        name.trim_matches([' ', '\t']).eq_ignore_ascii_case("path").then(|| value.trim_matches([' ', '\t']))
    });
    attributes.last().filter(|path| path.starts_with('/'))
}

/// Whether the cookie of a line is sent to the page at `path` that sets it (RFC 6265bis, "path-match").
fn is_sent_to(line: &str, path: &str) -> bool {
    path_attribute(line).is_none_or(|of_cookie| {
        path.strip_prefix(of_cookie)
            .is_some_and(|rest| rest.is_empty() || of_cookie.ends_with('/') || rest.starts_with('/'))
    })
}

/// The line as it is to be set from another URL, if its cookie is for all paths of the site (RFC 6265bis, "default-path"
/// and "The Path Attribute").
fn for_all_paths(line: &str, path: &str) -> Option<String> {
    match path_attribute(line) {
        Some("/") => Some(line.to_owned()),
        Some(_) => None,
        // The path of the page up to its last slash.
        None => (path.rfind('/').is_none_or(|at| at == 0)).then(|| format!("{line}; Path=/")),
    }
}

#[cfg(test)]
mod tests;
