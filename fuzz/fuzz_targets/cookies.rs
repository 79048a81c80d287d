//! Reading cookies, and deciding what becomes of them: whatever an origin sets and a visitor sends. The first line of the
//! input is the visitor's `Cookie` field, the others are `Set-Cookie` lines.
#![no_main]

use headstart::effects::class::CookieClasses;
use headstart::effects::cookie::{SetCookie, after, pairs, value_of};
use headstart::effects::seal::Seal;
use headstart::effects::session;
use headstart::effects::set_cookie::{CookieDecision, UnknownCookies, decide};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static SEAL: LazyLock<Seal> =
    LazyLock::new(|| Seal::new("0123456789abcdef0123456789abcdef", None).expect("a seal"));

const NOW: u64 = 1_800_000_000_000;

fuzz_target!(|text: &str| {
    let mut lines = text.split('\n').map(str::to_owned);
    let cookies = lines.next().unwrap_or_default();
    let lines: Vec<String> = lines.collect();
    let classes = CookieClasses::default();
    for (name, value) in pairs(&cookies) {
        assert!(cookies.contains(name) && cookies.contains(value));
        assert!(value_of(&cookies, name).is_some());
        let _ = classes.of_name(name);
    }
    for line in &lines {
        let cookie = SetCookie::parse(line).at(NOW);
        assert!(cookie.line == line && line.contains(cookie.name) && line.contains(cookie.value));
        assert!(!(cookie.is_deletion && cookie.is_lasting));
        let _ = classes.of(&cookie);
    }
    let _ = after(&cookies, lines.iter().map(String::as_str));
    let _ = (session::is_in(&cookies, &classes), session::change(&lines, &cookies, &classes, NOW));
    for unknown in [UnknownCookies::Careful, UnknownCookies::Defer, UnknownCookies::Pass] {
        let Ok(decisions) = decide(&lines, &cookies, "/a", &classes, unknown, NOW) else { continue };
        let each: Vec<&CookieDecision> = decisions.decisions().collect();
        assert_eq!(each.len(), lines.len());
        let deferred =
            each.iter().filter(|decision| matches!(decision, CookieDecision::Defer { .. })).count();
        assert_eq!(decisions.deferred(&SEAL).len(), deferred);
        if let Ok(kept) = decisions.with_ticket() {
            // Every line either reaches the visitor now or is deferred in the ticket.
            assert_eq!(kept.len() + deferred, lines.len());
        }
        if let Ok(kept) = decisions.without_ticket() {
            assert_eq!(kept, lines);
        }
    }
});
