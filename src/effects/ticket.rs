//! Tickets: what was deferred of a speculation, sealed and handed to the browser, which brings it back on activation.
//!
//! A prefetched page carries its ticket in the URL of the rules file that it names. A browser fetches that file on
//! activation, and not before; the answer then sets the deferred cookies. A prerendered page fetches its rules before its
//! activation, so there a script of ours redeems the ticket. A page that was prefetched and is then prerendered has the ticket
//! in the URL of rules that are fetched before its activation too: these are given one more rule, to fetch a URL with the
//! ticket, which the browser follows on activation.
//!
//! A ticket is good for one site, one page, one browser as far as its headers tell, and six minutes. Opening one for
//! anything else gives nothing, and does not say why: a ticket of one visitor must never set a cookie of another.
//!
//! It is redeemed once, of which the [ledger](super::ledger) keeps a record; so whoever has seen its URL on the page cannot
//! redeem it again. Each cookie is set only while the visitor's own is still the one that they sent
//! ([`Deferred::before`]): by the request that brings the ticket, and by what they were given until its answer leaves
//! ([`changed_cookies`](super::changed_cookies)).

use super::cookie::{Sent, SetCookie};
use super::seal::{self, Digest, NONCE_BYTES, Seal};
use crate::clock::APART_MS;
use crate::json;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

/// How long a ticket is good for, in milliseconds: the five minutes that a browser keeps a page, and one for its activation.
pub const LIFE_MS: u64 = 6 * 60 * 1000;

/// The longest ticket that stands in a URL, in bytes. A longer one is kept for the browser, and the URL has its name.
pub const MAX_URL_BYTES: usize = 2048;

/// The longest ticket at all. A speculation whose answer sets more than this is refused.
pub const MAX_BYTES: usize = 96 * 1024;

/// What a ticket is sealed for.
const PURPOSE: &str = "ticket";

/// How the name of a ticket that is kept begins; no ticket begins so.
const NAME_MARK: char = '~';

/// How long a digest is in a name.
const DIGEST_CHARS: usize = 16;

/// What a digest of a name is for.
const NAME_PURPOSE: &str = "ticket name";

/// How often the origin may be asked once more where an effect is not idempotent, when something dies in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Delivery {
    /// Never twice: rather not at all.
    AtMostOnce,
    /// Never not: rather twice.
    AtLeastOnce,
}

/// A deferred cookie.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deferred {
    /// The `Set-Cookie` line.
    #[serde(rename = "l")]
    pub line: String,
    /// A digest of the value that the visitor sent; `None` where they sent none of that name.
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Digest>,
    /// Whether it is set whatever the visitor has by then, but for nothing where they had something.
    #[serde(rename = "n", default, skip_serializing_if = "std::ops::Not::not")]
    pub is_newest: bool,
}

/// See the module's description.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// The site: host and port.
    #[serde(rename = "s")]
    pub site: String,
    /// The page: path and query, without what is inert.
    #[serde(rename = "p")]
    pub page: String,
    /// Until when it is good, in milliseconds since the epoch.
    #[serde(rename = "u")]
    pub until: u64,
    /// A digest of what tells one browser from another.
    #[serde(rename = "f")]
    pub browser: Digest,
    /// The cookies, in the order of the answer.
    #[serde(rename = "c", default, skip_serializing_if = "Vec::is_empty")]
    pub cookies: Vec<Deferred>,
    /// Whether the page is to be asked for once more, as a visit.
    #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<Delivery>,
    /// Where the visitor came from, if the page is to be asked for once more.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    pub referer: Option<String>,
    /// A digest of the sessions and carts that the visitor sent, if the page is to be asked for once more.
    #[serde(rename = "w", default, skip_serializing_if = "Option::is_none")]
    pub who: Option<Digest>,
    /// Whether requests of the page may be deferred.
    #[serde(rename = "h", default, skip_serializing_if = "std::ops::Not::not")]
    pub holds: bool,
    /// A digest of the visitor's sessions and carts, for a page that is shown as it was rendered.
    #[serde(rename = "v", default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Digest>,
}

/// Who redeems, and for which page.
#[derive(Clone, Copy, Debug)]
pub struct Redeemer<'a> {
    /// The site that is asked.
    pub site: &'a str,
    /// The page that asks, as [`Ticket::page`] writes it.
    pub page: &'a str,
    /// What tells their browser from another.
    pub browser: &'a [String],
    /// Their `Cookie` field.
    pub cookies: &'a str,
    /// The time, in milliseconds since the epoch.
    pub now: u64,
}

/// A sealed ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// What stands in the URL: the ticket, or its name.
    pub token: String,
    /// The name and the ticket, where it has to be kept.
    pub kept: Option<(String, String)>,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// A ticket.
    Ticket(&'a str),
    /// The name of one that is kept.
    Name(&'a str),
}

impl<'a> Token<'a> {
    /// Reads a token; `None` for what can be none. A name carries a digest, so that nobody has to look for one that was
    /// never given.
    #[must_use]
    pub fn parse(token: &'a str, seal: &Seal) -> Option<Self> {
        let is_coded = |text: &str| {
            !text.is_empty()
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        };
        let Some(name) = token.strip_prefix(NAME_MARK) else {
            return (token.len() <= MAX_URL_BYTES && is_coded(token)).then_some(Self::Ticket(token));
        };
        let (name, digest) = name.split_at_checked(name.len().checked_sub(DIGEST_CHARS)?)?;
        let digest = u64::from_str_radix(digest, 16).ok()?;
        (is_coded(name) && seal.is_digest(digest, &[NAME_PURPOSE, name])).then_some(Self::Name(name))
    }
}

/// What redeeming a ticket comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// The `Set-Cookie` lines that are still to be set.
    pub set_cookies: Vec<String>,
    /// Whether the page is to be asked for once more.
    pub effect: Option<Delivery>,
    /// Whether it would have to be, but the visitor's sessions and carts are others now, or are for part of the site and not
    /// sent along. The visit would be that of another visitor.
    pub lacks_visitor: bool,
    /// Whether a cookie that scripts may read is there by now with another value, though the visitor had none of its name when the page
    /// was made. The page's own scripts may have written it, for want of the page's.
    pub is_written: bool,
    /// Since when the page's requests were deferred, if they are now to be sent, in milliseconds since the epoch.
    pub holds_since: Option<u64>,
    /// Whether the visitor's sessions or carts are others than when the page was rendered. Then nothing else is due: the
    /// page has to be loaded anew.
    pub is_stale: bool,
}

impl Ticket {
    /// Seals the ticket with a random nonce. `None` where it would be too long.
    #[must_use]
    pub fn seal(&self, seal: &Seal, nonce: [u8; NONCE_BYTES]) -> Option<Sealed> {
        let bytes = serde_json::to_vec(self).ok()?;
        if bytes.len() > MAX_BYTES {
            return None;
        }
        let ticket = URL_SAFE_NO_PAD.encode(seal.seal(&bytes, PURPOSE, nonce)?);
        if ticket.len() <= MAX_URL_BYTES {
            return Some(Sealed { token: ticket, kept: None });
        }
        let name = URL_SAFE_NO_PAD.encode(nonce);
        let digest = seal.digest(&[NAME_PURPOSE, &name]);
        let token = format!("{NAME_MARK}{name}{digest:0DIGEST_CHARS$x}");
        Some(Sealed { token, kept: Some((name, ticket)) })
    }

    /// Opens a ticket for whoever redeems it, and answers with it what it is known by: unique among all tickets. `None` for
    /// everything that is not this very ticket in the right hands, for whatever reason.
    #[must_use]
    pub fn open(ticket: &str, seal: &Seal, redeemer: &Redeemer<'_>) -> Option<(Self, String)> {
        // A ticket that was kept may be longer than its base64 in a URL could be, but not without end.
        if ticket.len() > 2 * MAX_BYTES {
            return None;
        }
        let sealed = URL_SAFE_NO_PAD.decode(ticket).ok()?;
        let opened = seal.open(&sealed, PURPOSE)?;
        let opened: Self = json::read(str::from_utf8(&opened).ok()?).ok()?;
        let name = URL_SAFE_NO_PAD.encode(seal::nonce_of(&sealed)?);
        let is_good = opened.site == redeemer.site
            && opened.page == redeemer.page
            && redeemer.now < opened.until
            // A clock that was set back must not make it good for longer. But whoever has given it may be ahead a little.
            && opened.until <= redeemer.now.saturating_add(LIFE_MS + APART_MS)
            && seal.is_digest(opened.browser, &texts(redeemer.browser));
        is_good.then_some((opened, name))
    }

    /// When its page was answered, in milliseconds since the epoch.
    #[must_use]
    pub fn since(&self) -> u64 {
        self.until.saturating_sub(LIFE_MS)
    }

    /// Whether what is due depends on the visitor's sessions and carts. Most tickets hold cookies alone.
    #[must_use]
    pub fn asks_for_states(&self) -> bool {
        self.state.is_some() || self.who.is_some()
    }

    /// What is due now that the page is activated. `states` are the ways in which the visitor's sessions and carts may have
    /// been written down: see [`asks_for_states`](Self::asks_for_states).
    #[must_use]
    pub fn due(&self, seal: &Seal, redeemer: &Redeemer<'_>, states: &[Vec<String>]) -> Due {
        let is = |before| states.iter().any(|state| seal.is_digest(before, &texts(state)));
        if self.state.is_some_and(|before| !is(before)) {
            return Due { is_stale: true, ..Due::default() };
        }
        let sent = Sent::read(redeemer.cookies);
        // Each line is compared with what the visitor has now; two lines of one name are two cookies of different paths.
        let is_unchanged = |deferred: &&Deferred| {
            let name = SetCookie::parse(&deferred.line).name;
            match (deferred.before, sent.value_of(name)) {
                // But who has had it cleared meanwhile is not given it again.
                (before, value) if deferred.is_newest => before.is_none() || value.is_some(),
                (None, None) => true,
                (Some(before), Some(value)) => seal.is_digest(before, &[value]),
                (None, Some(_)) | (Some(_), None) => false,
            }
        };
        let is_written = self.cookies.iter().any(|deferred| {
            let cookie = SetCookie::parse(&deferred.line);
            let is_another = sent.value_of(cookie.name).is_some_and(|value| value != cookie.value);
            deferred.before.is_none() && !cookie.is_http_only && is_another
        });
        let lines = self.cookies.iter().filter(is_unchanged).map(|deferred| deferred.line.clone());
        let holds_since = self.holds.then(|| self.since());
        let lacks_visitor = self.effect.is_some() && self.who.is_some_and(|who| !is(who));
        let effect = self.effect.filter(|_| !lacks_visitor);
        Due { set_cookies: lines.collect(), effect, lacks_visitor, is_written, holds_since, is_stale: false }
    }
}

/// A digest of what tells one browser from another, or one visitor's sessions from another's.
#[must_use]
pub fn digest_of(seal: &Seal, parts: &[String]) -> Digest {
    seal.digest(&texts(parts))
}

fn texts(parts: &[String]) -> Vec<&str> {
    parts.iter().map(String::as_str).collect()
}

#[cfg(test)]
mod tests;
