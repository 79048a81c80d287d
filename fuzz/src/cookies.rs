//! Cookies, and what becomes of them: whatever an origin sets and a visitor sends.
//!
//! The first line of an input is the visitor's `Cookie` field, the others are `Set-Cookie` lines.
//!
//! - What is read stands in what was sent, and a deletion is nothing that lasts.
//! - Every line either reaches the visitor now or is deferred in the ticket; without a ticket none is lost.
//! - What a browser has after the lines is read as they say, and is bounded.

use crate::input::Input;
use crate::site::{NOW, SEAL};
use headstart::effects::class::CookieClasses;
use headstart::effects::cookie::{Sent, SetCookie, after, pairs, value_of};
use headstart::effects::cookie_session;
use headstart::effects::session;
use headstart::effects::set_cookie::{CookieDecision, UnknownCookies, decide, with_path};
use std::sync::LazyLock;

static CLASSES: LazyLock<CookieClasses> = LazyLock::new(CookieClasses::default);

pub fn run(input: &[u8]) {
    let mut input = Input::new(input);
    let cookies = input.line().into_owned();
    let lines: Vec<String> = input.lines().map(std::borrow::Cow::into_owned).collect();
    let sent = Sent::read(&cookies);
    for (name, value) in pairs(&cookies) {
        assert!(cookies.contains(name) && cookies.contains(value));
        assert!(value_of(&cookies, name).is_some());
        let _ = (CLASSES.of_name(name), sent.has_several(name), cookie_session::is_content(name, value));
        assert!(sent.value_of(name).is_none_or(|value| cookies.contains(value)));
    }
    for line in &lines {
        let cookie = SetCookie::parse(line).at(NOW);
        assert!(cookie.line == line && line.contains(cookie.name) && line.contains(cookie.value));
        assert!(!(cookie.is_deletion && cookie.is_lasting));
        let _ = (CLASSES.of(&cookie), cookie_session::holds_content(&cookie, &lines));
        let moved = with_path(line, "/lamps/");
        assert_eq!(SetCookie::parse(&moved).name, cookie.name, "{moved}");
        assert_eq!(SetCookie::parse(&moved).value, cookie.value, "{moved}");
    }
    let then = after(&cookies, lines.iter().map(String::as_str));
    let added: usize = lines.iter().map(String::len).sum();
    assert!(then.len() <= 3 * cookies.len() + added + 3 * lines.len() + 2, "{then}");
    let _ = (session::is_in(&cookies, &CLASSES), session::change(&lines, &cookies, &CLASSES, NOW));
    for unknown in [UnknownCookies::Careful, UnknownCookies::Defer, UnknownCookies::Pass] {
        decide_by(unknown, &lines, &cookies);
    }
}

fn decide_by(unknown: UnknownCookies, lines: &[String], cookies: &str) {
    let Ok(decisions) = decide(lines, cookies, "/a", &CLASSES, unknown, NOW) else { return };
    let each: Vec<&CookieDecision> = decisions.decisions().collect();
    assert_eq!(each.len(), lines.len());
    let deferred = each.iter().filter(|decision| matches!(decision, CookieDecision::Defer { .. })).count();
    assert_eq!(decisions.defers(), deferred > 0);
    assert_eq!(decisions.deferred(&SEAL).len(), deferred);
    assert!(decisions.passing().all(|line| lines.iter().any(|own| own == line)));
    if let Ok(kept) = decisions.with_ticket() {
        // Every line either reaches the visitor now or is deferred in the ticket.
        assert_eq!(kept.len() + deferred, lines.len());
    }
    if let Ok(kept) = decisions.without_ticket() {
        assert_eq!(kept, lines);
    }
}
