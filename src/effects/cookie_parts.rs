//! Cookies that are one: what is too long for a cookie is cut up by many that keep sessions. Each part has the name of the whole
//! with a number behind it: `sb-x-auth-token.0`, `__session__1`, `.AspNetCore.CookiesC1`, `_oauth2_proxy_0`.

use super::cookie::{Sent, SetCookie, is_last_of_name};

/// What stands before the number of a part, and of hardly anything else.
const JOINTS: [&str; 3] = ["__", ".", "C"];

/// What stands there as well, but also before the number of another account or cart. ALB, `mod_auth_openidc` and oauth2-proxy cut
/// sessions up this way, and with nothing before the number App Service and Pomerium.
const LOOSE_JOINTS: [&str; 2] = ["_", "-"];

/// How the cookie ends in which `mod_auth_openidc` says of how many parts a session is.
const COUNT: &str = "_chunks";

/// The shortest value of a part that is full, in bytes: a cookie has 4,096 bytes for its name, its value, and with some also for its
/// attributes.
const FULL: usize = 3000;

/// The cookies that a request sent and its answer sets, by what they are parts of.
#[derive(Debug)]
pub struct CookieParts<'a> {
    sent: &'a Sent<'a>,
    set_cookies: &'a [SetCookie<'a>],
    /// The names of those of which a part is full, so that another one goes on.
    cut_up: Vec<&'a str>,
}

impl<'a> CookieParts<'a> {
    /// Reads what was sent and what is set.
    #[must_use]
    pub fn read(sent: &'a Sent<'a>, set_cookies: &'a [SetCookie<'a>]) -> Self {
        let given = set_cookies.iter().map(|cookie| (cookie.name, cookie.value));
        let full = sent.pairs().chain(given).filter(|(_, value)| value.len() >= FULL);
        Self { sent, set_cookies, cut_up: full.map(|(name, _)| loosely(name)).collect() }
    }

    /// The name of the cookie of which one of this name is a part.
    #[must_use]
    pub fn whole<'n>(&self, name: &'n str) -> &'n str {
        let loosely = loosely(name);
        if self.cut_up.contains(&loosely) { loosely } else { strictly(name) }
    }

    /// Whether two names are those of parts of one cookie, or the same.
    #[must_use]
    pub fn are_one(&self, name: &str, other: &str) -> bool {
        self.whole(name) == self.whole(other)
    }

    /// Whether a cookie was sent that is a part of the same one as this name, or is it.
    #[must_use]
    pub fn was_sent(&self, name: &str) -> bool {
        let whole = self.whole(name);
        self.sent.pairs().any(|(sent, _)| self.whole(sent) == whole)
    }

    /// Whether the answer sets a cookie, or changes a part of it, where it deletes another part of it, or the same one for another path
    /// or host: then it is renewed, and not taken away.
    #[must_use]
    pub fn is_set_anew(&self, name: &str) -> bool {
        let whole = self.whole(name);
        self.set_cookies.iter().enumerate().any(|(at, set)| {
            let is_changed = || set.name == name || self.sent.value_of(set.name) != Some(set.value);
            self.whole(set.name) == whole
                && !set.is_deletion
                && !set.is_ignored()
                && is_last_of_name(at, self.set_cookies)
                && is_changed()
        })
    }
}

/// The name of the whole where the name of a part tells by itself that it is one.
fn strictly(name: &str) -> &str {
    let whole = numbered(name).and_then(|front| JOINTS.iter().find_map(|joint| front.strip_suffix(joint)));
    whole.filter(|whole| !whole.is_empty()).unwrap_or(name)
}

/// The name of the whole where this is a part.
fn loosely(name: &str) -> &str {
    let whole = match numbered(name) {
        Some(front) => {
            let mut joints = JOINTS.iter().chain(&LOOSE_JOINTS);
            joints.find_map(|joint| front.strip_suffix(joint)).unwrap_or(front)
        }
        None => name.strip_suffix(COUNT).unwrap_or(name),
    };
    if whole.is_empty() { name } else { whole }
}

/// What stands before a number of one or two digits.
fn numbered(name: &str) -> Option<&str> {
    let front = name.trim_end_matches(|digit: char| digit.is_ascii_digit());
    matches!(name.len() - front.len(), 1 | 2).then_some(front)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_cookie_is_told_by_its_number() {
        for (part, expected) in [
            ("sb-x-auth-token.0", "sb-x-auth-token"),
            ("__session__12", "__session"),
            ("appSession-1", "appSession-1"),
            ("session_2", "session_2"),
            (".AspNetCore.CookiesC1", ".AspNetCore.Cookies"),
            ("session", "session"),
            ("session.123", "session.123"),
            ("session1", "session1"),
            (".1", ".1"),
            ("1", "1"),
            ("", ""),
        ] {
            assert_eq!(strictly(part), expected, "{part}");
        }
    }

    #[test]
    fn where_one_is_full_any_number_is_that_of_a_part() {
        let full = "x".repeat(FULL);
        let short = "x".repeat(FULL - 1);
        for (full_one, other, expected, whole_of_full) in [
            ("_oauth2_proxy_0", "_oauth2_proxy_2", "_oauth2_proxy", "_oauth2_proxy"),
            ("_oauth2_proxy_0", "_oauth2_proxy", "_oauth2_proxy", "_oauth2_proxy"),
            (
                "AWSELBAuthSessionCookie-0",
                "AWSELBAuthSessionCookie-1",
                "AWSELBAuthSessionCookie",
                "AWSELBAuthSessionCookie",
            ),
            (
                "mod_auth_openidc_session_0",
                "mod_auth_openidc_session_chunks",
                "mod_auth_openidc_session",
                "mod_auth_openidc_session",
            ),
            (
                "AppServiceAuthSession",
                "AppServiceAuthSession1",
                "AppServiceAuthSession",
                "AppServiceAuthSession",
            ),
            ("_pomerium0", "_pomerium11", "_pomerium", "_pomerium"),
            ("session_0", "session_123", "session_123", "session"),
            ("session_0", "visit_1", "visit_1", "session"),
            ("_1", "_2", "_2", "_1"),
        ] {
            let field = format!("{full_one}={full}; {other}=1");
            let sent = Sent::read(&field);
            let parts = CookieParts::read(&sent, &[]);
            assert_eq!(parts.whole(other), expected, "{full_one} {other}");
            assert_eq!(parts.are_one(full_one, other), whole_of_full == expected, "{full_one} {other}");
            let line = format!("{full_one}={full}; Path=/");
            let (none, lines) = (Sent::read(""), [SetCookie::parse(&line)]);
            assert_eq!(CookieParts::read(&none, &lines).whole(other), expected, "set: {full_one} {other}");
        }
        let field = format!("_oauth2_proxy_0={short}");
        let sent = Sent::read(&field);
        assert_eq!(CookieParts::read(&sent, &[]).whole("_oauth2_proxy_1"), "_oauth2_proxy_1");
    }
}
