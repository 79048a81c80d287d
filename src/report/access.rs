//! Who may see the report: whoever has `ADMIN_TOKEN`.
//!
//! A browser sends it once, by the form of the page to sign in, and is given a cookie: until when it is good, sealed with a key that
//! follows from the token, for this site. So a token that is changed signs everybody out, and the cookie tells nothing of it. A
//! program sends the token with each request, as `Authorization: Bearer …` or `Headstart-Token`. Tokens are compared as digests. A
//! network that has sent wrong ones is not listened to for a while. No other is kept out by that: whoever runs the site can always
//! sign in from where nobody guesses, and no number of guesses finds 32 random characters.
//!
//! The forms of the report carry a mark ([`form_mark`]), sealed like the cookie. A script of the site can have a browser send a form
//! with the cookie, but cannot read the page on which the mark stands.

use crate::effects::cookie;
use crate::effects::network;
use crate::effects::seal::{NONCE_BYTES, Seal};
use crate::endpoints::REPORT_COOKIES;
use crate::urls::public_host::is_loopback;
use crate::visit::Visit;
use crate::visit::fields::Field;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::borrow::Cow;
use std::collections::HashMap;
use url::{Url, form_urlencoded};

/// How long a browser may see the report after it has signed in, in milliseconds: two hours.
pub const LIFE_MS: u64 = 2 * 3600 * 1000;

/// The longest body that is read of a form, in bytes, and how long it may take, in milliseconds.
pub const MAX_FORM_BYTES: usize = 4096;
/// See [`MAX_FORM_BYTES`].
pub const FORM_MS: f64 = 5000.0;

/// What the cookie is sealed for.
const PURPOSE: &str = "report";

/// The field of a form in which its mark stands.
pub const FORM_MARK: &str = "mark";

/// What it is sealed for.
const FORM_PURPOSE: &str = "report form";

/// How many wrong tokens a network may send within [`WAIT_MS`].
const MAX_WRONG: u32 = 10;

/// How many all of those may send together whose network is not known: behind a server that does not say it, that is everybody.
const MAX_WRONG_OF_UNKNOWN: u32 = 300;

/// How long wrong tokens count, in milliseconds.
pub const WAIT_MS: u64 = 15 * 60 * 1000;

/// The most networks that an isolate remembers: for another one it forgets one that has sent the fewest.
const MAX_NETWORKS: usize = 1000;

/// The wrong tokens that an isolate was sent, by networks; those without one have the number 0.
#[derive(Debug, Default)]
pub struct Attempts {
    since: u64,
    by: HashMap<u64, u32>,
}

impl Attempts {
    /// Whether whoever comes from a network is listened to at `now`, in milliseconds since the epoch. What is no network is one.
    pub fn may_try(&mut self, network: u64, now: u64) -> bool {
        if now.saturating_sub(self.since) >= WAIT_MS {
            *self = Self { since: now, ..Self::default() };
        }
        let most = if network == UNKNOWN { MAX_WRONG_OF_UNKNOWN } else { MAX_WRONG };
        self.by.get(&network).is_none_or(|wrong| *wrong < most)
    }

    /// Remembers that a network has sent a wrong token.
    pub fn was_wrong(&mut self, network: u64) {
        if self.by.len() >= MAX_NETWORKS
            && !self.by.contains_key(&network)
            && let Some(fewest) = self.by.iter().min_by_key(|(_, wrong)| **wrong).map(|(network, _)| *network)
        {
            self.by.remove(&fewest);
        }
        let wrong = self.by.entry(network).or_default();
        *wrong = wrong.saturating_add(1);
    }
}

/// The number of a network that is not known.
const UNKNOWN: u64 = 0;

/// Whether somebody may see the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// A browser that has signed in.
    Browser,
    /// Whoever has sent the token with the request.
    Token,
    /// Nobody whom we know.
    None,
    /// Whoever has sent a wrong token.
    Wrong,
    /// Whoever has sent too many, and is not listened to now.
    TooMany,
}

impl Access {
    /// Whether the report is open.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Browser | Self::Token)
    }
}

/// The access of whoever sends a request, by what stands in it.
pub fn of(visit: &Visit, seal: &Seal, attempts: &mut Attempts, now: u64) -> Access {
    match token(visit) {
        Some(given) => by_token(given, visit, seal, attempts, now),
        None if is_by_browser(visit) && is_signed_in(visit, seal, now) => Access::Browser,
        None => Access::None,
    }
}

/// Whether a request is a browser's navigation, and not a script's of the site, which may ask for anything with the cookies of whoever
/// looks at its page. The destination tells less: a service worker that passes a navigation on makes it `empty`.
fn is_by_browser(visit: &Visit) -> bool {
    visit.field(Field::SecFetchMode).is_none_or(|mode| mode == "navigate")
}

/// The access of whoever has sent this token.
pub fn by_token(given: &str, visit: &Visit, seal: &Seal, attempts: &mut Attempts, now: u64) -> Access {
    let network = visit.visitor_address().and_then(|address| network::of(address, seal)).unwrap_or(UNKNOWN);
    if !attempts.may_try(network, now) {
        Access::TooMany
    } else if seal.is_by(given) {
        Access::Token
    } else {
        attempts.was_wrong(network);
        Access::Wrong
    }
}

/// Whether a request for a page has the right token in the field that is for that, so that its answer says what was decided.
pub fn is_told(visit: &Visit, seal: &Seal, attempts: &mut Attempts, now: u64) -> bool {
    visit
        .field(Field::HeadstartToken)
        .is_some_and(|given| by_token(given, visit, seal, attempts, now) == Access::Token)
}

/// The token that a request brings with it.
fn token(visit: &Visit) -> Option<&str> {
    let bearer = || {
        let (scheme, token) = visit.field(Field::Authorization)?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
    };
    visit.field(Field::HeadstartToken).map(str::trim).or_else(bearer)
}

/// The token in the body of the form.
#[must_use]
pub fn token_in_form(body: &str) -> Option<String> {
    in_form(body, "token").map(|token| token.trim().to_owned())
}

/// The first field of this name in the body of a form.
fn in_form<'a>(body: &'a str, wanted: &str) -> Option<Cow<'a, str>> {
    form_urlencoded::parse(body.as_bytes()).find(|(name, _)| name == wanted).map(|(_, value)| value)
}

/// The mark of the report's forms, good from `now` on for as long as a browser may see the report ([`LIFE_MS`]).
#[must_use]
pub fn form_mark(visit: &Visit, seal: &Seal, now: u64, nonce: [u8; NONCE_BYTES]) -> Option<String> {
    sealed(visit, seal, FORM_PURPOSE, now, nonce)
}

/// Whether a form has a mark of this site's that is still good.
#[must_use]
pub fn is_marked_form(body: &str, visit: &Visit, seal: &Seal, now: u64) -> bool {
    in_form(body, FORM_MARK).is_some_and(|mark| is_good(&mark, visit, seal, FORM_PURPOSE, now))
}

/// Whether a form was sent by a page of this site: its browser says so.
#[must_use]
pub fn is_own_form(visit: &Visit) -> bool {
    visit.is_same_origin()
}

/// Whether a site is the machine itself, over plain HTTP: nobody is on the way who could read anything, and not every browser keeps
/// a cookie there that is for HTTPS alone.
#[must_use]
pub fn is_local(url: &Url) -> bool {
    url.scheme() == "http" && is_loopback(url)
}

/// The name of the cookie on a site, and what else its line says.
fn cookie_of(url: &Url) -> (&'static str, &'static str) {
    let [secure, local] = REPORT_COOKIES;
    if is_local(url) {
        (local, "Path=/_headstart/; HttpOnly; SameSite=Strict")
    } else {
        (secure, "Path=/; Secure; HttpOnly; SameSite=Strict")
    }
}

/// The `Set-Cookie` line by which a browser may see the report from `now` on.
#[must_use]
pub fn sign_in(visit: &Visit, seal: &Seal, now: u64, nonce: [u8; NONCE_BYTES]) -> Option<String> {
    let sealed = sealed(visit, seal, PURPOSE, now, nonce)?;
    let (name, rest) = cookie_of(&visit.url);
    Some(format!("{name}={sealed}; {rest}; Max-Age={}", LIFE_MS / 1000))
}

/// The line by which it may not any more.
#[must_use]
pub fn sign_out(visit: &Visit) -> String {
    let (name, rest) = cookie_of(&visit.url);
    format!("{name}=; {rest}; Max-Age=0")
}

/// Whether a request is of a browser that has signed in.
fn is_signed_in(visit: &Visit, seal: &Seal, now: u64) -> bool {
    let (name, _) = cookie_of(&visit.url);
    cookie::value_of(visit.cookies(), name).is_some_and(|cookie| is_good(cookie, visit, seal, PURPOSE, now))
}

/// Until when something is good from `now` on, and for which site, sealed.
fn sealed(visit: &Visit, seal: &Seal, purpose: &str, now: u64, nonce: [u8; NONCE_BYTES]) -> Option<String> {
    let said = format!("{}\n{}", now.saturating_add(LIFE_MS), visit.site()?);
    Some(URL_SAFE_NO_PAD.encode(seal.seal(said.as_bytes(), purpose, nonce)?))
}

/// Whether what was [`sealed`] is good at `now`, for the site that is asked.
fn is_good(sealed: &str, visit: &Visit, seal: &Seal, purpose: &str, now: u64) -> bool {
    let until = || {
        let said = seal.open(&URL_SAFE_NO_PAD.decode(sealed).ok()?, purpose)?;
        let said = String::from_utf8(said).ok()?;
        let (until, site) = said.split_once('\n')?;
        (visit.site().as_deref() == Some(site)).then(|| until.parse::<u64>().ok())?
    };
    // None is good for longer, whoever has made it.
    until().is_some_and(|until| now < until && until <= now.saturating_add(LIFE_MS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effects::class::{Class, CookieClasses};

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";
    const NOW: u64 = 1_800_000_000_000;

    fn seal() -> Seal {
        Seal::new(TOKEN, None).unwrap()
    }

    fn at(url: &str, fields: &[(&str, &str)]) -> Visit {
        Visit::with("GET", Url::parse(url).unwrap(), fields)
    }

    fn asked(fields: &[(&str, &str)], attempts: &mut Attempts) -> Access {
        of(&at("https://shop.example/_headstart/", fields), &seal(), attempts, NOW)
    }

    #[test]
    fn the_token_opens_the_report_and_nothing_else_does() {
        let mut attempts = Attempts::default();
        let bearer = |token: &str| format!("Bearer {token}");
        assert_eq!(asked(&[("authorization", &bearer(TOKEN))], &mut attempts), Access::Token);
        assert_eq!(asked(&[("authorization", &format!("bearer  {TOKEN} "))], &mut attempts), Access::Token);
        assert_eq!(asked(&[("headstart-token", TOKEN)], &mut attempts), Access::Token);
        assert_eq!(asked(&[], &mut attempts), Access::None);
        assert_eq!(asked(&[("authorization", "Basic YTpi")], &mut attempts), Access::None);
        for wrong in ["", "x", &TOKEN[1..], &TOKEN.replace('f', "g")] {
            assert_eq!(asked(&[("authorization", &bearer(wrong))], &mut attempts), Access::Wrong, "{wrong}");
        }
    }

    #[test]
    fn whoever_sends_wrong_tokens_is_not_listened_to_for_a_while() {
        let mut attempts = Attempts::default();
        let from = |address: &'static str, token: &'static str, attempts: &mut Attempts, now| {
            let visit = at("https://shop.example/", &[(":visitor-address", address)]);
            by_token(token, &visit, &seal(), attempts, now)
        };
        for _ in 0..MAX_WRONG {
            assert_eq!(from("192.0.2.1", "x", &mut attempts, NOW), Access::Wrong);
        }
        assert_eq!(
            from("192.0.2.1", TOKEN, &mut attempts, NOW + WAIT_MS - 1),
            Access::TooMany,
            "not even with the right one"
        );
        assert_eq!(from("198.51.100.1", TOKEN, &mut attempts, NOW), Access::Token, "another network");
        assert_eq!(from("192.0.2.1", TOKEN, &mut attempts, NOW + WAIT_MS), Access::Token);
    }

    #[test]
    fn nobody_is_kept_out_by_the_guesses_of_others() {
        let mut attempts = Attempts::default();
        for _ in 0..MAX_WRONG {
            attempts.was_wrong(1);
        }
        for network in 2..3 * MAX_NETWORKS as u64 {
            assert!(attempts.may_try(network, attempts.since), "{network}");
            attempts.was_wrong(network);
        }
        assert_eq!(attempts.by.len(), MAX_NETWORKS);
        assert!(!attempts.may_try(1, attempts.since), "whoever has sent the most is forgotten last");
        // Behind a server that does not say who asks, all have one count.
        for _ in 0..MAX_WRONG_OF_UNKNOWN {
            assert!(attempts.may_try(UNKNOWN, attempts.since));
            attempts.was_wrong(UNKNOWN);
        }
        assert!(!attempts.may_try(UNKNOWN, attempts.since));
    }

    #[test]
    fn a_form_has_the_mark_of_the_report_that_it_stands_on() {
        let visit = at("https://shop.example/_headstart/switches", &[]);
        let mark = form_mark(&visit, &seal(), NOW, [7; NONCE_BYTES]).unwrap();
        let good = |body: &str, url: &str, now| is_marked_form(body, &at(url, &[]), &seal(), now);
        let (own, body) = (visit.url.as_str(), format!("to=off&mark={mark}"));
        assert!(good(&body, own, NOW) && good(&body, own, NOW + LIFE_MS - 1));
        assert!(!good(&body, own, NOW + LIFE_MS));
        assert!(!good(&body, "https://other.example/_headstart/switches", NOW));
        for other in ["to=off", "to=off&mark=", "mark=a", &body[..body.len() - 1]] {
            assert!(!good(other, own, NOW), "{other}");
        }
        // The cookie, which goes with every request, is no mark.
        let line = sign_in(&visit, &seal(), NOW, [7; NONCE_BYTES]).unwrap();
        let cookie = line.split(['=', ';']).nth(1).unwrap();
        assert!(!good(&format!("mark={cookie}"), own, NOW));
    }

    #[test]
    fn a_browser_that_has_signed_in_may_see_the_report_for_two_hours_on_this_site() {
        for (url, name) in [
            ("https://shop.example/_headstart/", "__Host-headstart-report"),
            ("http://shop.example/_headstart/", "__Host-headstart-report"),
            ("http://127.0.0.1:8787/_headstart/", "headstart-report"),
            ("http://localhost:8787/_headstart/", "headstart-report"),
            ("http://[::1]:8787/_headstart/", "headstart-report"),
        ] {
            let line = sign_in(&at(url, &[]), &seal(), NOW, [7; NONCE_BYTES]).unwrap();
            let (pair, attributes) = line.split_once("; ").unwrap();
            assert!(pair.starts_with(&format!("{name}=")) && !line.contains(TOKEN), "{line}");
            let is_secure = name.starts_with("__Host-");
            let path = if is_secure { "Path=/; Secure" } else { "Path=/_headstart/" };
            assert_eq!(attributes, format!("{path}; HttpOnly; SameSite=Strict; Max-Age=7200"));
            let is_open = |url: &str, pair: &str, seal: &Seal, now| {
                is_signed_in(&at(url, &[("cookie", &format!("a=1; {pair}; b=2"))]), seal, now)
            };
            assert!(is_open(url, pair, &seal(), NOW) && is_open(url, pair, &seal(), NOW + LIFE_MS - 1));
            assert!(!is_open(url, pair, &seal(), NOW + LIFE_MS));
            assert!(!is_open(url, &pair[..pair.len() - 1], &seal(), NOW));
            assert!(
                !is_open(url, pair, &Seal::new(&TOKEN.replace('f', "g"), None).unwrap(), NOW),
                "a changed token"
            );
            let other = url.replace("shop.example", "other.example").replace("8787", "8788");
            assert!(!is_open(&other, pair, &seal(), NOW), "another site");
            assert_eq!(
                sign_out(&at(url, &[])),
                format!("{name}=; {path}; HttpOnly; SameSite=Strict; Max-Age=0")
            );
            assert_ne!(
                CookieClasses::default().of_name(name),
                Class::Session,
                "it changes nothing of what pages are given"
            );
        }
    }

    #[test]
    fn a_script_of_the_site_is_not_the_browser_that_has_signed_in() {
        let line =
            sign_in(&at("https://shop.example/_headstart/", &[]), &seal(), NOW, [7; NONCE_BYTES]).unwrap();
        let pair = line.split(';').next().unwrap();
        let access =
            |mode: &str| asked(&[("cookie", pair), ("sec-fetch-mode", mode)], &mut Attempts::default());
        assert_eq!(access("navigate"), Access::Browser);
        for mode in ["cors", "no-cors", "same-origin", "websocket", ""] {
            assert_eq!(access(mode), Access::None, "{mode}");
        }
    }

    #[test]
    fn a_form_is_read() {
        assert_eq!(token_in_form("token=a%2Bb+c&x=1"), Some("a+b c".to_owned()));
        assert_eq!(token_in_form("x=1&token=%20a%20"), Some("a".to_owned()));
        assert_eq!(token_in_form("tokens=1"), None);
        let is_own =
            |fields: &[(&str, &str)]| is_own_form(&at("https://shop.example/_headstart/sign-in", fields));
        assert!(is_own(&[("sec-fetch-site", "same-origin")]));
        assert!(is_own(&[("origin", "https://shop.example")]));
        for other in [
            &[("sec-fetch-site", "cross-site")][..],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "none")],
            &[("origin", "https://evil.example")],
            &[("origin", "null")],
            &[],
        ] {
            assert!(!is_own(other), "{other:?}");
        }
    }
}
