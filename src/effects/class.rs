//! What a cookie is: a form token, a session, the state of a sign-in, a cart, or nothing on which a page depends.
//!
//! Names tell most of it. The site's own lists come first, then the built-in names of products and frameworks, then
//! what such names have in common. A site's list makes something else of a well-known session only by its full name: who
//! writes `INERT_COOKIES = "s*"` does not think of every session that begins so. Form tokens are looked for before sessions,
//! since many names of form tokens hold both words. Where the name in a `Set-Cookie` line tells nothing, its attributes may.
//!
//! The names are [tables](names), and `tests/data/set_cookies.txt` holds them to what is really sent. In doubt a cookie is a
//! session: that costs a little speed, while a miss costs a visitor their session.

use super::cookie::SetCookie;
use names::{
    CART_WORDS, CARTS, CHOICE_WORDS, COUNTERS, CSRF, FLASHES, HISTORIES, INERT, NETWORK, SESSION_WORDS,
    SESSIONS, SIGN_IN_WORDS, SIGN_INS, STICKY,
};
use std::collections::HashMap;
use std::fmt;
use std::sync::Mutex;

mod names;

/// The most names that a site may add to one list.
pub const MAX_ADDED: usize = 100;

/// What a cookie is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A form token: its companion in the page or in a header must match it.
    Csrf,
    /// It is one visitor's alone, and they miss it: a session, a sign-in.
    Session,
    /// It goes with the session and is none: it leads the visitor back to the server that keeps their session, or vouches for
    /// their other cookies. They must not lose it, but all visitors have one, and another value says nothing of who they are.
    Sticky,
    /// A message for a visitor that the next page shows and takes away. It tells nothing of who they are.
    Flash,
    /// The state of a sign-in that is under way.
    SignIn,
    /// What a visitor is about to buy, or wishes for.
    Cart,
    /// What a visitor has looked at. The newest is the one that holds the page they look at.
    History,
    /// Nothing depends on it but convenience: analytics, advertising, consent, preferences, counters, bot management.
    Inert,
    /// It may be anything.
    Unknown,
}

/// Names longer than this, in bytes, tell nothing: they are [`Class::Unknown`], whatever they start with. The longest
/// that is known, a nonce of `OpenID` Connect, has about 200.
const MAX_NAME: usize = 256;

/// The built-in names and those of a site.
#[derive(Clone, Debug, Default)]
pub struct CookieClasses {
    known: Known,
    inert: Vec<String>,
    session: Vec<String>,
    csrf: Vec<String>,
    renewed: Vec<String>,
}

impl CookieClasses {
    /// The lists of a site, in which `*` at the end of a name stands for any ending; of each the first [`MAX_ADDED`]
    /// count. A site's word wins over the built-in names, but a name with a `*` makes no well-known session inert or a
    /// form token. Of inert and session, the more exact name wins, and of equals inert; both win over form token.
    #[must_use]
    pub fn new(session: &[String], inert: &[String], csrf: &[String]) -> Self {
        let in_any_case =
            |names: &[String]| names.iter().take(MAX_ADDED).map(|name| name.to_ascii_lowercase()).collect();
        Self {
            inert: inert.iter().take(MAX_ADDED).cloned().collect(),
            session: in_any_case(session),
            csrf: in_any_case(csrf),
            renewed: Vec::new(),
            known: Known::default(),
        }
    }

    /// The same with cookies of which a newer value must reach the visitor in any case (`RENEWED_COOKIES`).
    #[must_use]
    pub fn with_renewed(self, names: &[String]) -> Self {
        let names = names.iter().take(MAX_ADDED).map(|name| name.to_ascii_lowercase());
        Self { renewed: names.collect(), ..self }
    }

    /// Whether a newer value of a cookie must reach the visitor in any case.
    #[must_use]
    pub fn must_be_renewed(&self, name: &str) -> bool {
        exactness(&self.renewed, &name.to_ascii_lowercase()).is_some()
    }

    /// The class of a cookie of a request, of which only the name is known.
    #[must_use]
    pub fn of_name(&self, name: &str) -> Class {
        if name.len() > MAX_NAME {
            return Class::Unknown;
        }
        self.known.class(name, || self.look_up(name))
    }

    fn look_up(&self, name: &str) -> Class {
        let lower = name.to_ascii_lowercase();
        let built_in = built_in(name, &lower);
        let is_well_known = matches!(built_in, Class::Session | Class::Sticky);
        let counts = |exactness: &usize| *exactness == IN_FULL || !is_well_known;
        let session = exactness(&self.session, &lower);
        let inert = exactness(&self.inert, name).filter(counts).filter(|inert| Some(*inert) >= session);
        if inert.is_some() {
            Class::Inert
        } else if session.is_some() {
            Class::Session
        } else if exactness(&self.csrf, &lower).as_ref().is_some_and(counts) {
            Class::Csrf
        } else {
            built_in
        }
    }

    /// Whether a cookie says nothing of the visitor who sends it, nor of the page that sets it, whatever its value: those in
    /// front of the origin renew it with any answer.
    #[must_use]
    pub fn says_nothing(&self, name: &str) -> bool {
        is_of_network(name) || self.of_name(name) == Class::Sticky
    }

    /// The class of a cookie that is set: by its name, and by its attributes where the name tells nothing.
    #[must_use]
    pub fn of(&self, cookie: &SetCookie<'_>) -> Class {
        match self.of_name(cookie.name) {
            _ if self.must_be_renewed(cookie.name) => Class::Session,
            Class::Unknown if is_like_a_session(cookie) => Class::Session,
            class => class,
        }
    }
}

/// The most names whose classes are kept, and the longest.
const MAX_KNOWN: usize = 500;
const MAX_KNOWN_NAME: usize = 64;

/// The classes of the names that were looked up last. The visitors of a site send the same few names, each of them several times
/// asked for in one request, and the tables are long.
#[derive(Default)]
struct Known(Mutex<HashMap<Box<str>, Class>>);

impl Known {
    fn class(&self, name: &str, look_up: impl FnOnce() -> Class) -> Class {
        // Nobody else is there to fail while they hold it.
        let Ok(mut known) = self.0.lock() else { return look_up() };
        if let Some(class) = known.get(name) {
            return *class;
        }
        let class = look_up();
        if name.len() <= MAX_KNOWN_NAME {
            if known.len() >= MAX_KNOWN {
                known.clear();
            }
            known.insert(name.into(), class);
        }
        class
    }
}

/// Of other lists, other classes may be known.
impl Clone for Known {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// Names are visitors', and belong into no log.
impl fmt::Debug for Known {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Known")
    }
}

/// Whether a cookie counts views, by the built-in names.
#[must_use]
pub fn is_counter(name: &str) -> bool {
    COUNTERS.iter().any(|pattern| matches(pattern, name))
}

/// The class by the built-in names.
fn built_in(name: &str, lower: &str) -> Class {
    let (name, lower) = (without_prefix(name), without_prefix(lower));
    let is_in = |table: &[&str]| table.iter().any(|pattern| matches(pattern, lower));
    if is_in(CSRF) {
        Class::Csrf
    } else if INERT.iter().any(|pattern| matches(pattern, name)) || is_counter(name) {
        Class::Inert
    } else if is_in(STICKY) {
        Class::Sticky
    } else if is_in(HISTORIES) && !lower.contains("sess") {
        Class::History
    } else if is_in(FLASHES) {
        Class::Flash
    } else if is_in(SIGN_INS) && !lower.contains("sess") {
        Class::SignIn
    } else if is_in(SESSIONS) || is_hash(name) {
        Class::Session
    } else if is_in(CARTS) {
        Class::Cart
    } else if is_in(SESSION_WORDS) {
        Class::Session
    } else if is_in(CART_WORDS) {
        Class::Cart
    } else if is_in(SIGN_IN_WORDS) {
        Class::SignIn
    } else if is_in(CHOICE_WORDS) {
        Class::Inert
    } else {
        Class::Unknown
    }
}

/// Whether a cookie is one of the network in front of the origin, which tells people from programs and renews it with any answer:
/// it says nothing of the page.
#[must_use]
pub fn is_of_network(name: &str) -> bool {
    name.len() <= MAX_NAME && {
        let lower = name.to_ascii_lowercase();
        NETWORK.iter().any(|pattern| matches(pattern, &lower))
    }
}

/// Whether the attributes are those of a session: no script may read it, and it ends with the browser's session or is
/// bound to the host or to secure connections. What is set for scripts, or to last, is seldom one.
fn is_like_a_session(cookie: &SetCookie<'_>) -> bool {
    cookie.is_http_only && (!cookie.is_lasting || without_prefix(cookie.name).len() < cookie.name.len())
}

/// The name without the prefix that makes browsers check its attributes. They read it in any case.
fn without_prefix(name: &str) -> &str {
    ["__Host-Http-", "__Http-", "__Host-", "__Secure-"]
        .iter()
        .find_map(|prefix| {
            let (start, rest) = name.split_at_checked(prefix.len())?;
            start.eq_ignore_ascii_case(prefix).then_some(rest)
        })
        .unwrap_or(name)
}

/// Whether a name is a hash in 32 hexadecimal digits: alone it is Joomla's session, after `DW` a sign-in of `DokuWiki`.
fn is_hash(name: &str) -> bool {
    let digits = name.strip_prefix("DW").unwrap_or(name);
    digits.len() == 32 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// How exactly a site's list names something; `None` if it does not.
fn exactness(list: &[String], name: &str) -> Option<usize> {
    let of = |listed: &String| match listed.strip_suffix('*') {
        Some(start) => name.starts_with(start).then_some(start.len()),
        None => (listed == name).then_some(IN_FULL),
    };
    list.iter().filter_map(of).max()
}

/// The exactness of a name without a `*`.
const IN_FULL: usize = usize::MAX;

/// Whether a pattern, in which each `*` stands for anything, matches. What stands between two stars is taken where it
/// is first found, which is as good as anywhere further on, so nothing is tried twice.
fn matches(pattern: &str, name: &str) -> bool {
    // Measured: most patterns start otherwise, and to look no further makes a look-up twice as fast.
    let first = pattern.bytes().next();
    if first != Some(b'*') && first != name.bytes().next() {
        return false;
    }
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == name };
    let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    let Some(inner) = name.strip_prefix(start).and_then(|inner| inner.strip_suffix(end)) else {
        return false;
    };
    middle.split('*').try_fold(inner, |left, part| left.split_once(part).map(|(_, left)| left)).is_some()
}

#[cfg(test)]
mod tests;
