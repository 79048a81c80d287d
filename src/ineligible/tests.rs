use super::*;

/// What follows from each reason: its refusal, for whom it is remembered, what is stored of it, whether it is harmful, and
/// whether no decision about such a page is replayed.
type Row = (Ineligible, Option<&'static str>, Option<Affected>, Option<&'static str>, bool, bool);

fn table() -> Vec<Row> {
    use Affected::{Everybody, Prerendering, WithSession};
    use Ineligible as Why;
    let cookie = |name: &str, affects| Why::SetCookie { name: name.to_owned(), affects };
    let with = |name: &str| Affected::WithCookie(name.to_owned());
    let without = |name: &str| Affected::WithoutCookie(name.to_owned());
    let unsafe_url = |rule: &str| Why::UnsafeUrl { rule: rule.to_owned() };
    let rendered = |why, refusal| (why, Some(refusal), Some(Prerendering), None, false, false);
    let shows =
        |what, refusal| (Why::Shows(what), Some(refusal), Some(Affected::Shown(what)), None, false, false);
    let passing = |why, refusal| (why, Some(refusal), None, None, false, false);
    vec![
        (Why::Private, None, None, Some("private"), false, false),
        (Why::Noindex, None, None, Some("noindex"), false, false),
        (Why::SessionDeleted, None, None, Some("session-deleted"), true, true),
        (Why::SessionRotated, None, Some(WithSession), Some("session-rotated"), true, false),
        (Why::CartChanged, None, None, Some("cart-changed"), true, true),
        (Why::ClearsSiteData, Some("clear-site-data"), Some(Everybody), Some("clears-site-data"), true, true),
        (Why::RedirectsBack, None, None, Some("redirects-back"), true, true),
        (Why::LeavesSite, None, None, Some("leaves-site"), true, false),
        (Why::Download, None, None, Some("download"), true, false),
        (Why::NoPage, None, None, Some("no-page"), true, false),
        shows(Shown::LeavesSite { has_session: false }, "leaves-site"),
        shows(Shown::LeavesSite { has_session: true }, "leaves-site"),
        shows(Shown::Download, "download"),
        shows(Shown::NoPage, "no-page"),
        shows(Shown::LeadsBack { from: 7, is_named: false }, "redirects-back"),
        (Why::Undeferrable, None, Some(Everybody), Some("undeferrable"), false, false),
        (Why::Unrenderable, None, Some(Prerendering), Some("unrenderable"), false, false),
        passing(unsafe_url("sign-out"), "unsafe-url;rule=sign-out"),
        passing(unsafe_url("site"), "unsafe-url;rule=site"),
        passing(Why::Suspected { rule: "cart".to_owned() }, "unsafe-url;rule=cart;by=link"),
        (Why::Harmful, Some("quarantine;why=harmful"), None, None, true, true),
        passing(Why::Quarantined(WithSession), "quarantine;why=session"),
        passing(Why::Quarantined(with("a")), "quarantine;why=set-cookie"),
        passing(Why::Quarantined(without("a")), "quarantine;why=set-cookie"),
        passing(Why::Quarantined(Everybody), "quarantine;why=effect"),
        passing(Why::Quarantined(Prerendering), "quarantine;why=prerender"),
        passing(Why::Quarantined(Affected::Shown(Shown::NoPage)), "quarantine;why=no-page"),
        passing(Why::QuarantinedRoute(Affected::Shown(Shown::Download)), "quarantine;why=download;route"),
        passing(Why::QuarantinedRoute(without("a")), "quarantine;why=set-cookie;route"),
        (
            Why::cookie("_ga", false),
            Some("set-cookie;name=\"_ga\""),
            Some(without("_ga")),
            None,
            false,
            false,
        ),
        (Why::cookie("_ga", true), Some("set-cookie;name=\"_ga\""), Some(with("_ga")), None, false, false),
        (cookie("", Everybody), Some("set-cookie;name=\"\""), Some(Everybody), None, false, false),
        // What is no string of a structured field is left out.
        (cookie("a\"b", WithSession), Some("set-cookie"), Some(WithSession), None, false, false),
        (cookie("a\\b", WithSession), Some("set-cookie"), Some(WithSession), None, false, false),
        (cookie("a b", Prerendering), Some("set-cookie"), Some(Prerendering), None, false, false),
        (cookie("größe", Everybody), Some("set-cookie"), Some(Everybody), None, false, false),
        (Why::Effect(Everybody), Some("effect"), Some(Everybody), None, false, false),
        rendered(Why::Effect(Prerendering), "effect"),
        passing(Why::TooManyCookies, "cookies"),
        passing(Why::UrlTooLong, "url-too-long"),
        passing(Why::TooMuch, "effect;too-much"),
        passing(Why::Busy, "prerender;busy"),
        passing(Why::Unread, "prerender;unread"),
        rendered(Why::Slow, "prerender;slow"),
        rendered(Why::NoTransform, "prerender;no-transform"),
        rendered(Why::Ambiguous, "prerender;ambiguous"),
        rendered(Why::InShadow, "prerender;shadow-root"),
        rendered(Why::TooLarge, "prerender;too-large"),
        rendered(Why::Encoding, "prerender;encoding"),
        rendered(Why::Policy, "prerender;policy"),
        passing(Why::Unbuilt, "prerender;failed"),
        passing(Why::Unscripted, "prerender;unscripted"),
        passing(Why::Failed, "failed"),
    ]
}

#[test]
fn from_a_reason_follows_what_is_answered_remembered_stored_and_reported() {
    for (why, refusal, affects, stored, is_harmful, must_be_seen) in table() {
        assert_eq!(why.refusal().as_deref(), refusal, "{why:?}");
        assert_eq!(why.affects(), affects, "{why:?}");
        assert_eq!((why.is_harmful(), why.must_be_seen()), (is_harmful, must_be_seen), "{why:?}");
        assert_eq!(why.is_of_prerendering(), affects == Some(Affected::Prerendering), "{why:?}");
        assert_eq!(why.is_told(), stored.is_some(), "{why:?}");
        let json = serde_json::to_string(&why).ok();
        assert_eq!(json, stored.map(|word| format!("\"{word}\"")), "{why:?}");
        if let Some(json) = json {
            assert_eq!(serde_json::from_str::<Ineligible>(&json).unwrap(), why);
        }
    }
}

#[test]
fn a_word_that_is_not_stored_is_not_read() {
    for word in ["clear-site-data", "harmful", "busy", "effect", "set-cookie", "unsafe-url", "Private", ""] {
        assert!(serde_json::from_str::<Ineligible>(&format!("\"{word}\"")).is_err(), "{word}");
    }
}

#[test]
fn what_is_remembered_is_told_to_the_learner_but_for_sessions() {
    for (affected, told) in [
        (Affected::WithSession, None),
        (Affected::by_cookie("a", true), Some(Ineligible::Undeferrable)),
        (Affected::by_cookie("a", false), Some(Ineligible::Undeferrable)),
        (Affected::Everybody, Some(Ineligible::Undeferrable)),
        (Affected::Prerendering, Some(Ineligible::Unrenderable)),
        (Affected::WithoutTicket(Box::new(Affected::Everybody)), None),
        (Affected::Shown(Shown::NoPage), None),
    ] {
        assert_eq!(affected.told(), told, "{affected:?}");
        assert!(told.is_none_or(|told| told.is_told()), "{affected:?}");
    }
}

#[test]
fn only_what_a_ticket_defers_is_refused_for_want_of_one() {
    let wanting: Vec<String> = table()
        .into_iter()
        .filter(|(why, ..)| why.is_for_want_of_a_ticket())
        .filter_map(|(why, ..)| why.refusal())
        .collect();
    let expected = [
        "set-cookie;name=\"_ga\"",
        "set-cookie;name=\"_ga\"",
        "set-cookie;name=\"\"",
        "set-cookie",
        "set-cookie",
        "set-cookie",
        "set-cookie",
        "effect",
        "effect",
    ];
    assert_eq!(wanting, expected);
}

#[test]
fn what_shows_when_a_page_is_prerendered_speaks_against_prerendering_alone() {
    let prerendering = Affected::Prerendering;
    let cookie = Ineligible::SetCookie { name: "a".to_owned(), affects: prerendering.clone() };
    assert_eq!(Ineligible::cookie("a", false).when_prerendered(), cookie);
    let effect = Ineligible::Effect(Affected::Everybody).when_prerendered();
    assert_eq!(effect, Ineligible::Effect(prerendering));
    assert_eq!(Ineligible::Policy.when_prerendered(), Ineligible::Policy);
}

#[test]
fn a_refusal_is_remembered_of_those_of_whom_it_tells() {
    let why = Ineligible::cookie("a", false);
    let remembered = Refusal::new(why.clone(), Memory::Page);
    assert_eq!(remembered.remembered(), Some(Affected::WithoutCookie("a".to_owned())));
    let without = Refusal::new(why.clone(), Memory::WithoutTicket);
    let affected = Affected::WithoutTicket(Box::new(Affected::WithoutCookie("a".to_owned())));
    assert_eq!(without.remembered(), Some(affected));
    assert_eq!(Refusal::once(why).remembered(), None);
    assert_eq!(Refusal::new(Ineligible::Busy, Memory::Page).remembered(), None);
}
