//! Whether a visitor witnesses what an answer does to their sessions and carts: see
//! [`effects::known_sessions`](crate::effects::known_sessions).

use crate::config::Config;
use crate::effects::known_sessions::KnownSessions;
use crate::effects::session;
use crate::head::{Content, Head};
use crate::visit::Visit;

/// Whether every session and cart of the visitor that the answer changes was given out lately.
#[must_use]
pub fn is_witness(visit: &Visit, head: &Head, config: &Config, known: &KnownSessions, now: u64) -> bool {
    // Most answers set nothing.
    head.set_cookies.is_empty()
        || visit.site().is_some_and(|site| {
            known.witnesses(&site, visit.cookies(), &head.set_cookies, &config.effects.cookies, now)
        })
}

/// Whether they have a session or a cart that was given out lately, and the answer leaves all of theirs as they are.
#[must_use]
pub fn keeps(visit: &Visit, head: &Head, config: &Config, known: &KnownSessions, now: u64) -> bool {
    let (cookies, classes) = (visit.cookies(), &config.effects.cookies);
    is_witness(visit, head, config, known, now)
        && session::change(&head.set_cookies, cookies, classes, now).is_none()
        && visit.site().is_some_and(|site| known.knows_any(&site, cookies, now))
}

/// Notes what the visitor may have ended, and what the answer gives out and takes away.
pub fn answered(visit: &Visit, head: &Head, config: &Config, known: &mut KnownSessions, now: u64) {
    let cookies = visit.cookies();
    let is_form = visit.is_navigation() && !visit.is_safe;
    let is_view = head.content == Content::Page && visit.is_navigation();
    // A script may sign them out by whatever method; what else pages load ends nothing. Of a guess they do not know.
    let is_of_script =
        matches!(visit.mode(), Some("cors" | "same-origin")) && visit.destination() == Some("empty");
    let is_theirs = visit.speculation.is_none() && (visit.is_navigation() || !visit.is_safe || is_of_script);
    let Some(site) = visit.site().filter(|_| is_theirs || !head.set_cookies.is_empty()) else { return };
    let is_known = is_theirs && known.has_any(&site, cookies);
    // Last, since what is said of URLs is in long tables.
    if is_known && config.urls.unsafe_urls.rule_for(&visit.url) == Some("sign-out") {
        known.signed_out(&site, cookies);
    } else if is_known && is_form {
        known.doubt(&site, cookies);
    }
    if !head.set_cookies.is_empty() {
        known.answered(&site, cookies, &head.set_cookies, &config.effects.cookies, now);
    }
    if is_known && is_view && !is_form {
        known.shown(&site, cookies);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::{config, visit};

    const NOW: u64 = 1_800_000_000_000;

    /// A request: its method, its URL and its fields.
    type Asked<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)]);

    fn setting(lines: &[&str]) -> Head {
        Head { set_cookies: lines.iter().map(|line| (*line).to_owned()).collect(), ..Head::default() }
    }

    #[test]
    fn who_was_given_a_session_witnesses_that_it_is_kept_or_lost() {
        let config = config(&[]);
        let mut known = KnownSessions::default();
        // Whether they are a witness, and whether of a session that is kept.
        let mut witness = |cookies: &str, lines: &[&str]| {
            let (visit, head) = (visit("GET", "/a", &[("cookie", cookies)]), setting(lines));
            let is_witness = is_witness(&visit, &head, &config, &known, NOW);
            let keeps = keeps(&visit, &head, &config, &known, NOW);
            answered(&visit, &head, &config, &mut known, NOW);
            (is_witness, keeps)
        };
        let (kept, lost, nobody) = ((true, true), (true, false), (false, false));
        assert_eq!(witness("session=made-up", &[]), lost, "nothing has changed, and nothing is known");
        assert_eq!(witness("session=made-up", &["session=abc"]), nobody);
        assert_eq!(witness("theme=dark; session=abc", &["theme=light"]), kept);
        assert_eq!(witness("session=abc", &["session=; Max-Age=0"]), lost);
        assert_eq!(witness("session=abc", &["session=; Max-Age=0"]), nobody, "it is gone by now");
    }

    #[test]
    fn who_has_ended_their_session_does_not_witness_what_the_next_page_does_to_it() {
        const DOCUMENT: [(&str, &str); 3] =
            [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document"), ("cookie", "session=abc")];
        const SCRIPT: [(&str, &str); 3] =
            [("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty"), ("cookie", "session=abc")];
        let config = config(&[]);
        // Whether they are a witness of what the page after these requests does, each of which sets nothing.
        let witnesses_after = |requests: &[Asked<'_>]| {
            let mut known = KnownSessions::default();
            answered(&visit("GET", "/", &[]), &setting(&["session=abc"]), &config, &mut known, NOW);
            for (method, url, fields) in requests {
                let content = if *method == "GET" { Content::Page } else { Content::Other };
                let head = Head { status: 200, content, ..Head::default() };
                answered(&visit(method, url, fields), &head, &config, &mut known, NOW);
            }
            is_witness(&visit("GET", "/", &DOCUMENT), &setting(&["session=def"]), &config, &known, NOW)
        };
        assert!(witnesses_after(&[]));
        assert!(witnesses_after(&[("GET", "/a", &DOCUMENT)]));
        assert!(!witnesses_after(&[("GET", "/logout", &DOCUMENT)]));
        assert!(!witnesses_after(&[("GET", "/logout", &DOCUMENT), ("GET", "/a", &DOCUMENT)]), "for good");
        assert!(!witnesses_after(&[("POST", "/api/logout", &SCRIPT)]));
        assert!(!witnesses_after(&[("POST", "/account", &DOCUMENT)]), "it may be a button to sign out");
        assert!(witnesses_after(&[("POST", "/account", &DOCUMENT), ("GET", "/a", &DOCUMENT)]), "it was none");
        assert!(witnesses_after(&[("POST", "/api/graph", &SCRIPT)]), "pages send much by themselves");
        assert!(!witnesses_after(&[("GET", "/logout", &SCRIPT)]));
        let picture = [("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image"), SCRIPT[2]];
        assert!(witnesses_after(&[("GET", "/logout.png", &picture)]));
    }
}
