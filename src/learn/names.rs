//! Under which name a page is remembered by a learner: what few visitors know is stored under no name that can be read.
//!
//! A page that several visitors were given is remembered by its path. Any other is remembered by a keyed hash of its path, until
//! it is one of these, or until the key is gone. The key lies in another object than what is remembered, is drawn anew every two
//! weeks ([`visitor::salt`](super::next::visitor::salt)), and comes with each batch; a learner keeps it no longer than it merges
//! one. So whoever reads a learner's records finds the paths that several visitors know, and no others.
//!
//! A path that looks like a secret ([`looks_private`]) is remembered under no name at all.
//!
//! A third party's host, and the URL of a stylesheet of one, stand under such a hash until several visitors of the site were shown it
//! ([`hidden_names`](super::hidden_names)). A stylesheet of the site itself is never told to anybody, so it has no other name than the
//! hash, neither where it is stored nor where it is sent.

use super::next::visitor::{DAY_MS, Day};
use crate::hints::Origin;
use crate::urls::private_path::looks_private;
use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher24;
use std::hash::Hasher;

/// How the name of a page begins that is remembered by a hash. No path begins so.
const MARK: char = '#';

/// Where hidden hosts stand. RFC 2606 reserves the domain, so that none of them is ever somebody's.
const HIDDEN_HOSTS: &str = ".hidden.invalid";

const HTTPS: &str = "https://";

/// For how many days a key is given out.
pub const KEY_DAYS: Day = 14;

/// How long anything is remembered that was not seen again, in days.
pub const LIFE_DAYS: Day = 28;

/// The same in milliseconds.
pub const LIFE_MS: u64 = LIFE_DAYS as u64 * DAY_MS;

/// The key by which paths are hidden.
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameKey {
    /// Since when it is given out.
    pub since: Day,
    key: (u64, u64),
}

impl std::fmt::Debug for NameKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The key must not end up in a log.
        formatter.debug_struct("NameKey").field("since", &self.since).finish_non_exhaustive()
    }
}

impl NameKey {
    /// The key that is given out from a day on, from 128 random bits.
    #[must_use]
    pub fn new(since: Day, random: u128) -> Self {
        // The two halves.
        #[allow(clippy::cast_possible_truncation)]
        let key = ((random >> 64) as u64, random as u64);
        Self { since, key }
    }

    /// Whether it is none: an older version sends none.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it may still be given out on a day.
    #[must_use]
    pub fn is_good(&self, today: Day) -> bool {
        (self.since..self.since.saturating_add(KEY_DAYS)).contains(&today)
    }

    /// The name that tells nothing of a path.
    #[must_use]
    pub fn hide(&self, path: &str) -> String {
        format!("{MARK}{}.{:016x}", self.since, self.hash(path))
    }

    /// The same, and what is hidden already as it is.
    #[must_use]
    pub fn hidden(&self, path: &str) -> String {
        if is_hidden(path) { path.to_owned() } else { self.hide(path) }
    }

    /// The name that tells nothing of a host.
    #[must_use]
    pub fn hide_host(&self, host: &str) -> String {
        format!("{:016x}.{}{HIDDEN_HOSTS}", self.hash(host), self.since)
    }

    /// The origin with its host hidden. Scheme and port stay.
    #[must_use]
    pub fn hide_origin(&self, origin: &Origin) -> Origin {
        let (hidden, text) = (self.hide_host(origin.host()), origin.as_str());
        let hidden = text.split_once("://").and_then(|(scheme, rest)| {
            Origin::parse(&format!("{scheme}://{hidden}{}", rest.strip_prefix(origin.host())?))
        });
        // An origin with another host is one as well.
        hidden.unwrap_or_else(|| origin.clone())
    }

    /// The name that tells nothing of the URL of a third party's stylesheet: a URL as well.
    #[must_use]
    pub fn hide_url(&self, url: &str) -> String {
        format!("{HTTPS}{}/", self.hide_host(url))
    }

    fn hash(&self, text: &str) -> u64 {
        let mut hasher = SipHasher24::new_with_keys(self.key.0, self.key.1);
        hasher.write(text.as_bytes());
        hasher.finish()
    }
}

/// Whether a host is one that is hidden, or pretends to be.
#[must_use]
pub fn is_hidden_host(host: &str) -> bool {
    host.ends_with(HIDDEN_HOSTS)
}

/// Whether a URL is one that is hidden. No page names such a one: the domain is nobody's.
#[must_use]
pub fn is_hidden_url(url: &str) -> bool {
    let host = url.strip_prefix(HTTPS).and_then(|rest| rest.strip_suffix('/'));
    host.is_some_and(|host| !host.contains('/') && is_hidden_host(host))
}

/// Whether a name tells nothing of its path.
#[must_use]
pub fn is_hidden(name: &str) -> bool {
    name.starts_with(MARK)
}

/// Whether a hidden name is by an older key than `key`, so that nobody will come back to it.
#[must_use]
pub fn is_outdated(name: &str, key: &NameKey) -> bool {
    let since = name.strip_prefix(MARK).and_then(|name| name.split('.').next()).map(str::parse::<Day>);
    since.is_some_and(|since| since.is_ok_and(|since| since < key.since))
}

/// Whether a page's path, or the name of one of its parameters, looks like a secret or is one visitor's own: then it is
/// remembered nowhere.
#[must_use]
pub fn is_secret(page: &str) -> bool {
    let (path, names) = page.split_once('?').unwrap_or((page, ""));
    !is_hidden(page) && (looks_private(path) || names.split('&').any(looks_private))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hidden_name_is_the_same_as_long_as_its_key_is_and_tells_nothing() {
        let (key, next) = (NameKey::new(100, 7), NameKey::new(114, 8));
        let name = key.hide("/account/7");
        assert_eq!(name, key.hide("/account/7"));
        assert_ne!(name, key.hide("/account/8"));
        assert_ne!(name.split('.').next_back(), next.hide("/account/7").split('.').next_back());
        assert!(is_hidden(&name) && !is_hidden("/account/7") && !name.contains("account"));
        assert_eq!(name.len(), key.hide("/").len());
        assert_eq!(
            [is_outdated(&name, &key), is_outdated(&name, &next), is_outdated("/a", &next)],
            [false, true, false]
        );
        assert_eq!(format!("{key:?}"), "NameKey { since: 100, .. }");
    }

    #[test]
    fn a_hidden_host_keeps_its_scheme_and_port_and_tells_nothing_else() {
        let key = NameKey::new(100, 7);
        let hide = |origin: &str| key.hide_origin(&Origin::parse(origin).unwrap()).as_str().to_owned();
        let host = key.hide_host("s.example");
        assert!(is_hidden_host(&host) && !is_hidden_host("s.example"));
        assert_eq!(hide("https://s.example"), format!("https://{host}"));
        assert_eq!(hide("http://s.example:8080"), format!("http://{host}:8080"));
        assert_eq!(
            hide("https://[2001:db8::1]:8443"),
            format!("https://{}:8443", key.hide_host("[2001:db8::1]"))
        );
        assert_ne!(host, key.hide_host("t.example"));
        assert_ne!(host.split('.').next(), NameKey::new(100, 8).hide_host("s.example").split('.').next());
        assert_eq!(key.hidden(&key.hide("/a.css?x")), key.hidden("/a.css?x"));
    }

    #[test]
    fn a_hidden_url_tells_nothing_and_is_none_that_a_page_could_name() {
        let (key, url) = (NameKey::new(100, 7), "https://fonts.example/css2?family=A&user=7");
        let hidden = key.hide_url(url);
        assert_eq!(hidden, format!("https://{}/", key.hide_host(url)));
        assert!(is_hidden_url(&hidden) && !hidden.contains("fonts"));
        assert_ne!(hidden, key.hide_url("https://fonts.example/css2?family=A&user=8"));
        for other in [
            url,
            "https://fonts.example/user-7.hidden.invalid/",
            "https://x.hidden.invalid",
            "https://x.hidden.invalid/user-7",
            "/x.hidden.invalid/",
            "",
        ] {
            assert!(!is_hidden_url(other), "{other}");
        }
    }

    #[test]
    fn a_key_is_good_for_two_weeks() {
        let key = NameKey::new(100, 7);
        assert_eq!([99, 100, 113, 114].map(|day| key.is_good(day)), [false, true, true, false]);
    }

    #[test]
    fn a_secret_is_found_in_the_path_and_in_the_names_of_parameters() {
        for secret in
            ["/reset/dGhpcyBpcyBhIHNlY3JldDE", "/k?9f86d081884c7d659a2feaa0c55ad015", "/u/ada@example.org?x"]
        {
            assert!(is_secret(secret), "{secret}");
        }
        assert!(!is_secret(&NameKey::new(1, 7).hide("/")), "what is hidden already is none");
        assert!(!is_secret("/") && !is_secret("/k?a&b") && !is_secret("/product/17"));
    }
}
