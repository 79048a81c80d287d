use super::*;
use crate::effects::session_order::SessionOrder;
use crate::effects::source_token::AskedBy;
use crate::hash::fnv1a;
use crate::plan::doing::CLEAR;
use crate::plan::rendering::{Rendered, may_read, render};
use crate::plan::rules_delivery::Guidance;
use crate::plan::speculation_headers::{TARGETED, TICKETED, kept_by_browser, not_shared};
use crate::plan::tests::{Fixed, KEY, PREFETCH, config, page, plan_seen, plan_with, visit};
use crate::plan::{Edit, Plan, doing};
use crate::published::hint_snapshot::Knowledge;
use crate::rewrite::analytics::Analytics;
use crate::rewrite::prerender::{self, ParsedPage};

const PRERENDER: [(&str, &str); 2] = [("sec-purpose", "prefetch;prerender"), ("sec-fetch-dest", "document")];

fn keyed(more: &[(&str, &str)]) -> Config {
    config(&[&[("SEAL_KEY", KEY)], more].concat())
}

fn setting(lines: &[&str]) -> Head {
    Head { set_cookies: lines.iter().map(|line| (*line).to_owned()).collect(), ..page() }
}

fn planned(visit: &Visit, head: &Head, config: &Config) -> Plan {
    let guidance = Guidance { from: Some("/from"), ..Guidance::default() };
    plan_with(visit, head, Knowledge::Unknown, guidance, config, |_| false)
}

fn speculate(headers: &[(&str, &str)], head: &Head, config: &Config) -> Plan {
    let visit = visit("GET", "/a", headers);
    planned(&visit, head, config)
}

fn edit(plan: Plan) -> Edit {
    match plan {
        Plan::Edit(edit) => edit,
        other => panic!("{other:?}"),
    }
}

/// How a page says that it was speculated on from [`planned`]'s page.
fn source() -> String {
    let mut ambient = Fixed(|_| false);
    let (key, at) = (ambient.source_key().unwrap(), ("shop.example", "/a"));
    key.seal(AskedBy::AnyRule, "/from", at, ambient.now(), ambient.nonce()).unwrap()
}

fn all<'a>(edit: &'a Edit, name: &str) -> Vec<&'a str> {
    edit.append.iter().filter(|(other, _)| *other == name).map(|(_, value)| value.as_str()).collect()
}

fn with<'a>(headers: &[(&'a str, &'a str)], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [headers, more].concat()
}

#[test]
fn a_prefetched_page_names_the_ticket_of_what_was_deferred() {
    let edit = edit(speculate(
        &PREFETCH,
        &setting(&["session=1; Path=/; HttpOnly", "visits=1; Path=/"]),
        &keyed(&[]),
    ));
    assert_eq!(edit.set_cookies, Some(vec![]));
    assert_eq!(edit.replace, [("Cache-Control", "private, no-cache".to_owned())]);
    assert_eq!(
        edit.remove, TICKETED,
        "what the origin tells caches on the way, and by what a copy would be good again"
    );
    assert!(
        TICKETED.starts_with(&["ETag", "Last-Modified"]) && TARGETED.first() == Some(&"CDN-Cache-Control")
    );
    assert_eq!(all(&edit, "Vary"), ["Sec-Purpose", "Cookie"]);
    assert_eq!(all(&edit, "Cookie-Indices"), ["\"session\""]);
    let token = edit.ticket.as_ref().unwrap().token.clone();
    let source = source();
    let rules = format!("\"/_headstart/rules/site.json?s={source}&t={token}\"");
    assert_eq!(all(&edit, "Speculation-Rules"), [rules]);
    assert!(edit.rendering.is_none() && edit.html.is_empty(), "the body stays as it is");
}

#[test]
fn a_ticket_comes_along_whatever_rules_the_page_is_given() {
    for off in [("RULES", "off"), ("RULES_DELIVERY", "inline")] {
        let edit = edit(speculate(&PREFETCH, &setting(&["visits=1; Path=/"]), &keyed(&[off])));
        let token = edit.ticket.as_ref().unwrap().token.clone();
        let rules = format!("\"/_headstart/rules/signal.json?t={token}\"");
        assert_eq!(all(&edit, "Speculation-Rules"), [rules], "{off:?}");
    }
}

#[test]
fn where_a_ticket_cannot_come_back_nothing_of_the_visitors_is_changed() {
    let config = keyed(&[]);
    let new = ["visits=1; Path=/"];
    let ruled = |value: &str| Head { speculation_rules: Some(value.to_owned()), ..setting(&new) };
    let policy = |value: &str| Head { referrer_policy: Some(value.to_owned()), ..setting(&new) };
    let varying = Head { has_no_vary_search: true, ..setting(&new) };
    let sandboxed = Head { csp: Some("img-src *; Sandbox allow-scripts".to_owned()), ..setting(&new) };
    let redirect = Head { status: 302, content: Content::Other, ..setting(&new) };
    let html = Head { status: 404, content: Content::Html, ..setting(&new) };
    let partial = setting(&["visits=1; Path=/shop"]);
    let legacy = [("x-moz", "prefetch")];
    let silent = [("sec-purpose", "prefetch")];
    let heads = [
        ruled("broken,"),
        ruled(""),
        policy("no-referrer"),
        policy("origin"),
        policy("unsafe-url, strict-origin"),
        varying,
        sandboxed,
        redirect,
        html,
        partial,
    ];
    for (headers, head) in heads
        .iter()
        .map(|head| (&PREFETCH[..], head))
        .chain([(&legacy[..], &setting(&new)), (&silent[..], &setting(&new))])
    {
        // That a visitor cannot bring a ticket back says nothing of the page.
        let memory = match head.status {
            404 => Memory::Forgotten,
            _ if headers == PREFETCH => Memory::Page,
            _ => Memory::WithoutTicket,
        };
        let refusal = Refusal::new(Ineligible::cookie("visits", false), memory);
        assert_eq!(speculate(headers, head, &config), Plan::Refuse(refusal), "{headers:?} {head:?}");
        // What the visitor has is not changed either.
        let had = speculate(&with(headers, &[("cookie", "visits=0")]), head, &config);
        let refusal = Refusal::new(Ineligible::changed_cookie("visits", fnv1a(b"1")), memory);
        assert_eq!(had, Plan::Refuse(refusal), "{headers:?} {head:?}");
        // What stays as it is passes as the origin sent it.
        match speculate(&with(headers, &[("cookie", "visits=1")]), head, &config) {
            Plan::Pass => {}
            Plan::Edit(edit) => {
                assert!(edit.set_cookies.is_none() && edit.ticket.is_none(), "{head:?}");
                assert_eq!(edit.remembered, None, "{head:?}");
            }
            Plan::Refuse(_) | Plan::AdviseProxies { .. } => panic!("{head:?}"),
        }
    }
    for policy_value in [
        "",
        "same-origin",
        "no-referrer, strict-origin-when-cross-origin",
        "no-referrer, nonsense, unsafe-url",
    ] {
        assert!(
            edit(speculate(&PREFETCH, &policy(policy_value), &config)).ticket.is_some(),
            "{policy_value}"
        );
    }
}

#[test]
fn what_the_origin_tells_caches_on_the_way_goes_with_its_own_word_for_no_cache_at_all_too() {
    let head = Head { cache_control: Some("no-store".to_owned()), ..setting(&["visits=1; Path=/"]) };
    let edit = edit(speculate(&PREFETCH, &head, &keyed(&[])));
    assert!(edit.ticket.is_some() && edit.replace.is_empty());
    assert_eq!(edit.remove, TICKETED);
}

#[test]
fn a_page_of_which_only_the_rules_are_one_visitors_is_kept_by_their_browser_as_the_origin_says() {
    let said = |cache_control: Option<&str>| {
        let head = Head { cache_control: cache_control.map(str::to_owned), ..page() };
        kept_by_browser(&head).pop().map(|(_, value)| value)
    };
    for (cache_control, expected) in [
        (None, "private"),
        (Some(""), "private"),
        (Some("max-age=600"), "private, max-age=600"),
        (Some("Public, S-MaxAge=60, max-age=600, immutable"), "private, max-age=600, immutable"),
        (Some("s-maxage = 60, proxy-revalidate,no-cache"), "private, no-cache"),
        (Some("private=\"X-Name, Set-Cookie\", max-age=5"), "private, max-age=5"),
        (
            Some("private, no-transform, max-age=0, must-revalidate"),
            "private, no-transform, max-age=0, must-revalidate",
        ),
    ] {
        assert_eq!(said(cache_control).as_deref(), Some(expected), "{cache_control:?}");
    }
    assert_eq!(said(Some("no-store")), None, "the origin's own word stays");
}

#[test]
fn a_page_that_says_that_it_is_left_soon_is_given_no_ticket() {
    let leaving = |line| Head { refresh: Some("0; url=/next".to_owned()), ..setting(&[line]) };
    let flow = leaving("flow=1; HttpOnly");
    let Plan::Refuse(refused) = speculate(&PREFETCH, &flow, &keyed(&[])) else { panic!("it is not refused") };
    assert_eq!(refused, Refusal::new(Ineligible::cookie("flow", false), Memory::Page));
    let staying = edit(speculate(&PREFETCH, &setting(&["flow=1; HttpOnly"]), &keyed(&[])));
    assert!(staying.ticket.is_some());
    assert_eq!(staying.if_it_goes_on, Some(Ineligible::cookie("flow", false)), "should its HTML say so");
    // Who has it already misses nothing.
    let nothing =
        speculate(&with(&PREFETCH, &[("cookie", "flow=1")]), &setting(&["flow=1; HttpOnly"]), &keyed(&[]));
    assert!(matches!(nothing, Plan::Edit(Edit { ticket: None, if_it_goes_on: None, .. })), "{nothing:?}");
}

#[test]
fn a_page_with_a_ticket_is_nobody_elses_and_may_be_gone_back_to() {
    let said = |cache_control: Option<&str>, no_transform| {
        let head = Head { cache_control: cache_control.map(str::to_owned), no_transform, ..page() };
        not_shared(&head).pop().map(|(_, value)| value)
    };
    for cache_control in [None, Some("max-age=60"), Some("public, s-maxage=600"), Some("private")] {
        assert_eq!(said(cache_control, false).as_deref(), Some("private, no-cache"), "{cache_control:?}");
    }
    let kept = said(Some("no-transform, max-age=60"), true);
    assert_eq!(kept.as_deref(), Some("private, no-cache, no-transform"));
    for cache_control in ["no-store", "private, No-Store, max-age=0"] {
        assert_eq!(said(Some(cache_control), false), None, "the origin's own word stays");
    }
}

#[test]
fn a_proxy_still_puts_the_parts_of_a_page_together() {
    for (said, expected) in [
        ("content=\"ESI/1.0\"", Some("no-store, content=\"ESI/1.0\"")),
        (
            "max-age=60, Content=\"ESI/1.0 ESI-Inline/1.0\";front",
            Some("no-store, Content=\"ESI/1.0 ESI-Inline/1.0\";front"),
        ),
        ("no-store-remote, max-age=60", None),
        ("", None),
    ] {
        let head = Head { surrogate_control: Some(said.to_owned()), ..setting(&["visits=1; Path=/"]) };
        let edit = edit(speculate(&PREFETCH, &head, &keyed(&[])));
        let given = edit.replace.iter().find(|(name, _)| *name == "Surrogate-Control");
        assert_eq!(given.map(|(_, value)| value.as_str()), expected, "{said}");
        assert!(edit.remove.contains(&"Surrogate-Control"));
    }
}

#[test]
fn without_a_key_nothing_is_deferred() {
    let config = config(&[]);
    let memory = Memory::WithoutTicket;
    let refused = Plan::Refuse(Refusal::new(Ineligible::cookie("visits", false), memory));
    assert_eq!(speculate(&PREFETCH, &setting(&["visits=1; Path=/"]), &config), refused);
    assert_eq!(speculate(&PRERENDER, &setting(&["visits=1; Path=/"]), &config), refused);
    let changed = Plan::Refuse(Refusal::new(Ineligible::changed_cookie("visits", fnv1a(b"1")), memory));
    let with_cookie =
        |cookie| speculate(&with(&PREFETCH, &[("cookie", cookie)]), &setting(&["visits=1; Path=/"]), &config);
    assert_eq!(with_cookie("visits=0"), changed);
    let passed = edit(with_cookie("visits=1"));
    assert_eq!((passed.set_cookies, passed.ticket), (None, None));
    let rendered = edit(speculate(&PRERENDER, &page(), &config)).rendering.unwrap();
    assert_eq!((rendered.ticket, rendered.need), (None, ScriptNeed::None), "scripts may be deferred");
}

#[test]
fn a_page_with_nothing_to_withhold_is_given_what_others_are() {
    let config = keyed(&[]);
    let plain = edit(speculate(&PREFETCH, &page(), &config));
    let rules = format!("\"/_headstart/rules/site.json?s={}\"", source());
    assert_eq!(plain.append, [("Speculation-Rules", rules)]);
    assert_eq!(plain.replace, [("Cache-Control", "private".to_owned())], "it says where its visitor was");
    assert_eq!(plain.remove, TARGETED);
    assert!(plain.ticket.is_none());
}

#[test]
fn a_page_that_counts_is_asked_for_once_more_later() {
    let config = keyed(&[("EFFECT_PATHS", "/a")]);
    let asked =
        edit(speculate(&with(&PREFETCH, &[("referer", "https://shop.example/from")]), &page(), &config));
    let seal = config.effects.seal.as_ref().unwrap();
    let browser = visit("GET", "/a", &PREFETCH).browser();
    let redeemer = ticket::Redeemer {
        site: "shop.example",
        page: "/a",
        browser: &browser,
        cookies: "",
        now: 1_800_000_000_001,
    };
    let (opened, _) = Ticket::open(&asked.ticket.unwrap().token, seal, &redeemer).unwrap();
    assert_eq!(opened.effect, Some(ticket::Delivery::AtMostOnce));
    assert_eq!(opened.referer.as_deref(), Some("https://shop.example/from"));
    // Where the ticket cannot come back, the click can have the page.
    let silent = Head { referrer_policy: Some("no-referrer".to_owned()), ..page() };
    let refused = Plan::Refuse(remembered(Ineligible::Effect(Affected::Everybody)));
    assert_eq!(speculate(&PREFETCH, &silent, &config), refused);
    let cleared = Head { clears_site_data: true, ..page() };
    let refused = Plan::Refuse(remembered(Ineligible::ClearsSiteData));
    assert_eq!(speculate(&PREFETCH, &cleared, &config), refused);
}

#[test]
fn what_a_rendered_page_sends_is_held_or_the_page_is_not_rendered() {
    let paths = [("EFFECT_PATHS", "/pixel.gif")];
    let effect = || Ineligible::Effect(Affected::Prerendering);
    let keyless = speculate(&PRERENDER, &page(), &config(&paths));
    let refused = Plan::Refuse(Refusal::new(effect(), Memory::WithoutTicket));
    assert_eq!(keyless, refused, "without a key");
    let varying = Head { has_no_vary_search: true, ..page() };
    let hidden = Head { referrer_policy: Some("strict-origin".to_owned()), ..page() };
    for head in [varying, hidden] {
        assert_eq!(
            speculate(&PRERENDER, &head, &keyed(&paths)),
            Plan::Refuse(remembered(effect())),
            "{head:?}"
        );
        assert!(matches!(speculate(&PREFETCH, &head, &keyed(&paths)), Plan::Edit(_)), "it can be fetched");
    }
    assert!(edit(speculate(&PRERENDER, &page(), &keyed(&paths))).rendering.unwrap().ticket.unwrap().holds);
}

#[test]
fn of_a_prerendered_page_only_what_waits_counts_as_deferred() {
    let deferred = |asking: &[(&str, &str)], head: &Head, paths: &str| {
        let headers = with(asking, &[("cookie", "session=0123456789abcdef")]);
        edit(speculate(&headers, head, &keyed(&[("EFFECT_PATHS", paths)]))).deferred()
    };
    let cookie = setting(&["visits=1; Path=/"]);
    for (head, paths, expected) in [
        // Its ticket tells by then whether the visitor is still the same.
        (&page(), "", None),
        // What it sends there is counted when it does.
        (&page(), "/seen", None),
        (&cookie, "", Some("cookies")),
        (&page(), "/a", Some("visit")),
        (&cookie, "/a", Some("cookies")),
    ] {
        assert_eq!(deferred(&PRERENDER, head, paths), expected, "{paths}");
        assert_eq!(deferred(&PREFETCH, head, paths), expected, "{paths}, prefetched");
    }
}

#[test]
fn who_asks_by_a_proxy_gets_their_cookies_in_a_jar_of_their_own() {
    let proxied = [("sec-purpose", "prefetch;anonymous-client-ip"), PREFETCH[1]];
    let given = edit(speculate(&proxied, &setting(&["visits=1; Path=/"]), &keyed(&[])));
    assert_eq!((given.set_cookies, given.ticket, given.replace), (None, None, vec![]));
}

#[test]
fn a_browser_may_keep_what_is_the_same_for_everybody_where_the_site_says_so() {
    // Where an answer says from where it was asked for, it is private in any case.
    let unsigned = ("ACTIVATION_SIGNAL", "off");
    let keep = keyed(&[("KEEP_PREFETCH", "on"), unsigned]);
    let cached = |value: Option<&str>| Head { cache_control: value.map(str::to_owned), ..page() };
    let replaced = |headers: &[(&str, &str)], head: &Head, config: &Config| {
        edit(speculate(headers, head, config)).replace
    };
    let kept = [("Cache-Control", "private, max-age=300".to_owned())];
    for value in [None, Some("no-cache"), Some("max-age=0, must-revalidate")] {
        assert_eq!(replaced(&PREFETCH, &cached(value), &keep), kept, "{value:?}");
        assert_eq!(
            replaced(&PREFETCH, &cached(value), &keyed(&[("KEEP_PREFETCH", "on")])),
            kept,
            "{value:?}"
        );
        assert_eq!(replaced(&PREFETCH, &cached(value), &keyed(&[unsigned])), []);
        assert_eq!(replaced(&PRERENDER, &cached(value), &keep), []);
        assert_eq!(replaced(&with(&PREFETCH, &[("cookie", "session=1")]), &cached(value), &keep), []);
    }
    for (value, named) in [
        ("private", Some("private")),
        ("no-store", None),
        ("max-age=60", Some("private, max-age=60")),
        ("public, max-age=600", Some("private, max-age=600")),
    ] {
        assert_eq!(replaced(&PREFETCH, &cached(Some(value)), &keep), [], "{value}");
        let named: Vec<_> = named.into_iter().map(|named| ("Cache-Control", named.to_owned())).collect();
        assert_eq!(replaced(&PREFETCH, &cached(Some(value)), &keyed(&[])), named, "{value}");
    }
}

#[test]
fn the_cookies_on_which_a_page_depends_are_named() {
    let named = |cookies: &str, head: &Head| {
        let edit = edit(speculate(&with(&PREFETCH, &[("cookie", cookies)]), head, &keyed(&[])));
        all(&edit, "Cookie-Indices").first().map(|names| (*names).to_owned())
    };
    assert_eq!(named("b=1; session=2; cart=3; session=4", &page()).as_deref(), Some("\"cart\", \"session\""));
    assert_eq!(named("b=1; _ga=2", &page()), None);
    assert_eq!(named("sess\"ion=1; sess\\=2", &page()), None, "no name that would void the field");
}

/// A refusal that is the page's doing.
fn remembered(why: Ineligible) -> Refusal {
    Refusal::new(why, Memory::Page)
}

/// A cookie that could be deferred for a prefetched page, and not for this one.
fn cookie_of_prerender() -> Ineligible {
    Ineligible::SetCookie { name: "visits".to_owned(), affects: Affected::Prerendering }
}

fn read(html: &str) -> ParsedPage {
    prerender::read(html.as_bytes(), Some("utf-8"), &Analytics::new(&[])).unwrap()
}

fn rendered(
    headers: &[(&str, &str)],
    head: &Head,
    html: Result<&str, Ineligible>,
    config: &Config,
) -> Rendered {
    let visit = visit("GET", "/a", headers);
    let rendering = edit(planned(&visit, head, config)).rendering.unwrap();
    let page = html.map(|html| (html.as_bytes(), read(html)));
    let page = page.as_ref().map(|(html, page)| (*html, page));
    render(&visit, &rendering, page, config, &mut Fixed(|_| false))
}

const PLAIN: &str = "<head><title>a</title></head><p>x";
const LEADING_ON: &str = "<head><title>a</title></head><body onload='document.forms[0].submit()'>";
const COUNTED: &str = "<head><script src=https://connect.facebook.net/en_US/fbevents.js></script></head>";

#[test]
fn a_rendered_page_that_leads_on_is_refused_where_its_next_page_would_miss_what_it_sets() {
    let config = keyed(&[]);
    let head = setting(&["flow=1; HttpOnly"]);
    let why = Ineligible::SetCookie { name: "flow".to_owned(), affects: Affected::Prerendering };
    let refused = Rendered::Refused(Refusal::new(why, Memory::Page));
    assert_eq!(rendered(&PRERENDER, &head, Ok(LEADING_ON), &config), refused);
    assert_eq!(rendered(&PRERENDER, &page(), Ok(LEADING_ON), &config), Rendered::Unchanged(None));
}

#[test]
fn a_rendered_page_is_given_our_script_when_something_waits_for_it() {
    let config = keyed(&[]);
    let tag = |rendered: Rendered| match rendered {
        Rendered::Changed { tag, .. } => Some(tag),
        Rendered::Unchanged(_) => None,
        Rendered::Refused(refusal) => panic!("{refusal:?}"),
    };
    assert_eq!(
        tag(rendered(&PRERENDER, &page(), Ok(PLAIN), &config)),
        None,
        "nothing to defer, nothing to pay"
    );
    let withheld = tag(rendered(&PRERENDER, &setting(&["visits=1; Path=/"]), Ok(PLAIN), &config)).unwrap();
    let noscript = "<noscript><meta http-equiv=refresh content=\"0;url=https://shop.example/_headstart/unscripted?page=%2Fa\"></noscript>";
    let script = "<script async src=\"https://shop.example/_headstart/activate.js\" data-ticket=\"";
    // Nothing of it stays in the page.
    let remover = format!("<script>{}</script>", beacon_tag::REMOVER);
    assert!(
        withheld.starts_with(&format!("{noscript}{remover}{script}"))
            && withheld.ends_with(&format!("\"></script>{remover}")),
        "{withheld}"
    );
    let strict = Head { csp: Some("script-src 'self'".to_owned()), ..setting(&["visits=1; Path=/"]) };
    let withheld = tag(rendered(&PRERENDER, &strict, Ok(PLAIN), &config)).unwrap();
    assert!(
        withheld.starts_with(&format!("{noscript}{script}")) && withheld.ends_with("\"></script>"),
        "{withheld}"
    );
    let meta = "<meta http-equiv=content-security-policy content=\"script-src 'self'\">";
    let before = format!("{meta}{PLAIN}");
    let withheld = tag(rendered(&PRERENDER, &setting(&["visits=1; Path=/"]), Ok(&before), &config)).unwrap();
    assert!(
        withheld.starts_with(&format!("{noscript}{remover}{script}")),
        "it stands before that: {withheld}"
    );
    assert!(
        tag(rendered(&with(&PRERENDER, &[("cookie", "session=1")]), &page(), Ok(PLAIN), &config)).is_some()
    );
    assert!(tag(rendered(&PRERENDER, &page(), Ok(COUNTED), &config)).is_some());
    assert!(tag(rendered(&PRERENDER, &page(), Ok(PLAIN), &keyed(&[("EFFECT_PATHS", "/x")]))).is_some());
    let keyless = tag(rendered(&PRERENDER, &page(), Ok(COUNTED), &self::config(&[]))).unwrap();
    let mark = "07".repeat(8);
    let expected = format!(
        "<script async src=\"https://shop.example/_headstart/activate.js\" data-gate=\"{mark}\"></script>{remover}"
    );
    assert_eq!(keyless, expected);
    let typed = Head { csp: Some("require-trusted-types-for 'script'".to_owned()), ..page() };
    let refused = Rendered::Refused(remembered(Ineligible::Policy));
    assert_eq!(rendered(&PRERENDER, &typed, Ok(COUNTED), &config), refused, "nobody could start them");
    assert!(
        tag(rendered(&with(&PRERENDER, &[("cookie", "session=1")]), &typed, Ok(PLAIN), &config)).is_some()
    );
    // A picture is no script.
    let counter = "<head></head><img src=https://www.facebook.com/tr?id=1>";
    assert!(tag(rendered(&PRERENDER, &typed, Ok(counter), &config)).is_some());
}

#[test]
fn our_script_goes_by_the_pages_policies_or_the_page_is_not_rendered() {
    let config = keyed(&[]);
    let withheld = |csp: &str, html: &str, cookies: &str| {
        let head = Head { csp: (!csp.is_empty()).then(|| csp.to_owned()), ..setting(&["visits=1; Path=/"]) };
        rendered(&with(&PRERENDER, &[("cookie", cookies)]), &head, Ok(html), &config)
    };
    let nonced = withheld("script-src 'nonce-abc' 'strict-dynamic'; connect-src 'self'", PLAIN, "");
    assert!(matches!(nonced, Rendered::Changed { tag, .. } if tag.contains(" nonce=\"abc\" data-ticket=")));
    let behind = "<head><meta http-equiv=content-security-policy content=\"script-src 'none'\"></head>";
    assert!(matches!(withheld("", behind, ""), Rendered::Changed { .. }), "it stands before the policy");
    let deaf = "<head><meta http-equiv=content-security-policy content=\"connect-src 'none'\"></head>";
    for (csp, html) in [
        ("default-src 'none'", PLAIN),
        ("script-src https://cdn.example", PLAIN),
        ("connect-src 'none'", PLAIN),
        ("", deaf),
    ] {
        let refused = Rendered::Refused(remembered(cookie_of_prerender()));
        assert_eq!(withheld(csp, html, ""), refused, "{csp} {html}");
        assert!(matches!(withheld(csp, html, "visits=0"), Rendered::Refused(_)), "{csp} {html}");
        // What stays as it is may pass.
        let passed = Rendered::Unchanged(Some(Ineligible::Policy));
        assert_eq!(withheld(csp, html, "visits=1"), passed, "{csp} {html}");
    }
}

#[test]
fn a_part_that_a_service_worker_makes_a_page_of_is_given_no_ticket_in_a_field() {
    let has = |headers: &[(&str, &str)], said: &str| {
        let preload = ("service-worker-navigation-preload", said);
        has_tickets(&visit("GET", "/a", &with(headers, &[preload])), &keyed(&[]))
    };
    assert!(has(&PREFETCH, "true") && !has(&PREFETCH, "fragment"));
    assert!(has(&PRERENDER, "fragment"), "it stands in the page");
}

#[test]
fn a_page_that_counts_in_a_shadow_root_is_not_rendered() {
    let config = keyed(&[]);
    let html = "<head></head><p><template shadowrootmode=open><img src=//www.facebook.com/tr></template>";
    let refused = Rendered::Refused(remembered(Ineligible::InShadow));
    assert_eq!(rendered(&PRERENDER, &page(), Ok(html), &config), refused);
    assert_eq!(rendered(&with(&PRERENDER, &[("cookie", "session=1")]), &page(), Ok(html), &config), refused);
    // What it sets could have been deferred.
    let sets = rendered(&PRERENDER, &setting(&["visits=1; Path=/"]), Ok(html), &config);
    assert_eq!(sets, Rendered::Refused(remembered(cookie_of_prerender())));
    let inert = html.replace(" shadowrootmode=open", "");
    assert_eq!(rendered(&PRERENDER, &page(), Ok(&inert), &config), Rendered::Unchanged(None));
}

#[test]
fn our_script_goes_by_no_integrity_policy_that_names_scripts() {
    let config = keyed(&[]);
    let cookies = ["visits=1; Path=/"];
    for name in ["integrity-policy", "integrity-policy-report-only"] {
        let with = |field: &str, head: Head| Head {
            integrity: IntegrityPolicy::read(|asked| (asked == name).then(|| field.to_owned())),
            ..head
        };
        let scripts = "blocked-destinations=(script), sources=(inline), endpoints=(x)";
        let of = |field: &str, head: Head, html: &'static str, config: &Config| {
            rendered(&PRERENDER, &with(field, head), Ok(html), config)
        };
        let refused = Rendered::Refused(remembered(cookie_of_prerender()));
        assert_eq!(of(scripts, setting(&cookies), PLAIN, &config), refused, "{name}");
        let counted = Rendered::Refused(remembered(Ineligible::Policy));
        assert_eq!(of(scripts, page(), COUNTED, &config), counted, "{name}");
        assert_eq!(of(scripts, page(), COUNTED, &self::config(&[])), counted, "{name}, without a key");
        assert_eq!(of(scripts, page(), PLAIN, &config), Rendered::Unchanged(None), "{name}");
        let is_changed =
            |field: &str| matches!(of(field, setting(&cookies), PLAIN, &config), Rendered::Changed { .. });
        assert!(is_changed("blocked-destinations=(style)") && is_changed(""), "{name}");
        let could =
            |field: &str| could_render(&visit("GET", "/a", &PRERENDER), &with(field, page()), None, &config);
        assert_eq!((could(scripts), could("blocked-destinations=(style)")), (false, true), "{name}");
    }
}

#[test]
fn a_page_that_cannot_be_read_is_rendered_only_if_nothing_waits() {
    let config = keyed(&[]);
    for (why, is_its_own) in [
        (Ineligible::Ambiguous, true),
        (Ineligible::TooLarge, true),
        (Ineligible::Encoding, true),
        (Ineligible::NoTransform, true),
        (Ineligible::Busy, false),
        (Ineligible::Unread, false),
    ] {
        let read = || Err(why.clone());
        let memory = if is_its_own { Memory::Page } else { Memory::Forgotten };
        let refused_for = |why| Rendered::Refused(Refusal::new(why, memory));
        let ungated = keyed(&[("GATE_ANALYTICS", "off")]);
        assert_eq!(rendered(&PRERENDER, &page(), read(), &ungated), Rendered::Unchanged(None));
        let plain = rendered(&PRERENDER, &page(), read(), &config);
        let unknown = Rendered::Refused(Refusal::once(why.clone()));
        assert_eq!(plain, if is_its_own { Rendered::Unchanged(None) } else { unknown }, "what runs there?");
        let refused = rendered(&PRERENDER, &setting(&["visits=1; Path=/"]), read(), &ungated);
        assert_eq!(refused, refused_for(cookie_of_prerender()));
        let counts = keyed(&[("EFFECT_PATHS", "/x"), ("GATE_ANALYTICS", "off")]);
        let counted = rendered(&PRERENDER, &page(), read(), &counts);
        assert_eq!(counted, refused_for(Ineligible::Effect(Affected::Prerendering)));
    }
    // Whoever clicks waits for what is streamed, whatever waits in it.
    let slow = Rendered::Refused(remembered(Ineligible::Slow));
    for variables in [&[][..], &[("GATE_ANALYTICS", "off")]] {
        for head in [page(), setting(&["visits=1; Path=/"])] {
            assert_eq!(rendered(&PRERENDER, &head, Err(Ineligible::Slow), &keyed(variables)), slow);
        }
    }
    let blocked = Head { csp: Some("script-src https://connect.facebook.net".to_owned()), ..page() };
    let refused = rendered(&PRERENDER, &blocked, Ok(COUNTED), &config);
    assert_eq!(refused, Rendered::Refused(remembered(Ineligible::Policy)));
}

#[test]
fn who_the_visitor_is_does_not_change_with_a_session_that_is_renewed() {
    let config = keyed(&[]);
    let states = |cookies: &str| states_of(cookies, &config);
    let [by_value, by_name] = states("session=1; cart=2; theme=3");
    assert_eq!(states("theme=4; cart=2; session=1"), [by_value.clone(), by_name.clone()]);
    let [other_value, other_name] = states("session=9; cart=2");
    assert!(other_value != by_value && other_name == by_name);
    for changed in ["session=1", "cart=2", "session=1; cart=3", "session=1; cart=2; sid=4"] {
        let [value, name] = states(changed);
        assert!(value != by_value && name != by_name, "{changed}");
    }
    let seal = config.effects.seal.as_ref().unwrap();
    let minted = |rotates: bool, answer: &[&str]| {
        let visit = visit("GET", "/a", &with(&PRERENDER, &[("cookie", "session=1")]));
        let withheld = withhold(
            &visit,
            &setting(answer),
            Seen { rotates, ..Seen::default() },
            &config,
            &mut Fixed(|_| false),
        )
        .unwrap();
        withheld.rendering.unwrap().ticket.unwrap().state.unwrap()
    };
    let digest = |state: &[String]| ticket::digest_of(seal, state);
    let [value, name] = states("session=1");
    assert_eq!((minted(false, &[]), minted(true, &[])), (digest(&value), digest(&name)));
    assert_eq!(
        minted(false, &["session=2; Path=/"]),
        digest(&states("session=2")[1]),
        "renewed by this answer"
    );
}

#[test]
fn what_changes_what_a_visitor_is_shown_clears_what_was_fetched_ahead() {
    let config = keyed(&[("EFFECT_PATHS", "/count")]);
    let browser = ("sec-fetch-mode", "navigate");
    let clears =
        |method: &str, path: &str, headers: &[(&str, &str)], head: &Head, cookies: &str, config: &Config| {
            let visit = visit(method, path, &[headers, &[("cookie", cookies)]].concat());
            match planned(&visit, head, config) {
                Plan::Edit(edit) => all(&edit, "Clear-Site-Data") == [CLEAR],
                _ => false,
            }
        };
    let head = |status: u16, lines: &[&str]| Head { status, content: Content::Other, ..setting(lines) };
    let (ok, moved) = (head(200, &[]), head(303, &[]));
    for (method, path, mode, head, cookies, expected) in [
        ("POST", "/form", "navigate", &ok, "", true),
        ("POST", "/form", "navigate", &moved, "", true),
        ("DELETE", "/item", "cors", &ok, "", true),
        ("POST", "/beacon", "no-cors", &ok, "", false),
        ("POST", "/?wc-ajax=add_to_cart", "cors", &ok, "", true),
        ("POST", "/livewire/update", "cors", &ok, "", true),
        ("POST", "/?wc-ajax=get_refreshed_fragments", "cors", &ok, "", false),
        ("POST", "/matomo/collect", "same-origin", &ok, "", false),
        ("POST", "/matomo/collect", "navigate", &ok, "", true),
        ("POST", "/matomo/collect", "cors", &head(200, &["cart=2; Path=/"]), "cart=1", true),
        ("POST", "/count", "cors", &ok, "", false),
        ("POST", "/form", "navigate", &head(422, &[]), "", false),
        ("GET", "/logout", "navigate", &moved, "", true),
        ("GET", "/cart/add?id=1", "navigate", &moved, "", true),
        ("GET", "/files/download/17", "navigate", &ok, "", false),
        ("GET", "/a", "navigate", &ok, "", false),
        ("GET", "/a", "navigate", &head(200, &["session=1; Path=/"]), "", true),
        ("GET", "/a", "navigate", &head(200, &["session=2; Path=/"]), "session=1", false),
        ("GET", "/a", "navigate", &head(200, &["AWSALB=1; Path=/", "route=2; HttpOnly"]), "", false),
        ("GET", "/a", "cors", &head(200, &["SERVERID=; Max-Age=0"]), "SERVERID=web2", false),
        ("GET", "/a", "navigate", &head(200, &["session=; Max-Age=0"]), "session=1", true),
        ("GET", "/a", "navigate", &head(200, &["session=; Max-Age=0"]), "", false),
        ("GET", "/a", "cors", &head(200, &["cart=2; Path=/"]), "cart=1", true),
        ("GET", "/a", "cors", &head(200, &["cart=1; Path=/"]), "cart=1", false),
        ("GET", "/a", "navigate", &head(200, &["_ga=1; Path=/", "x=1"]), "", false),
        ("GET", "/a", "navigate", &head(200, &["csrftoken=2; Path=/"]), "", true),
        ("GET", "/a", "navigate", &head(200, &["csrftoken=2; Path=/"]), "csrftoken=1", false),
    ] {
        let is_cleared = clears(method, path, &[("sec-fetch-mode", mode)], head, cookies, &config);
        assert_eq!(is_cleared, expected, "{method} {path} {mode} {:?} {cookies}", head.set_cookies);
    }
    assert!(!clears("POST", "/form", &[], &ok, "", &config), "no browser");
    let frame = [browser, ("sec-fetch-dest", "iframe")];
    assert!(!clears("GET", "/cart/add?id=1", &frame, &moved, "", &config), "each page may load it");
    assert!(!clears("GET", "/widget?lang=en", &[browser], &ok, "", &config), "it selects");
    assert!(clears("GET", "/widget?lang=en", &[browser], &head(200, &["locale=en"]), "", &config));
    let foreign = [("sec-fetch-mode", "cors"), ("sec-fetch-site", "cross-site")];
    assert!(!clears("POST", "/form", &foreign, &ok, "", &config), "another site's script");
    assert!(!clears("OPTIONS", "/form", &[("sec-fetch-mode", "cors")], &ok, "", &config));
    assert!(clears("POST", "/form", &[browser, foreign[1]], &ok, "", &config), "a form on another site");
    // A page that clears cookies alone, as Spring Security does, leaves what was fetched ahead with them.
    let cookies = Head { clears_site_data: true, ..ok.clone() };
    assert!(clears("POST", "/form", &[browser], &cookies, "", &config));
    let all = Head { clears_speculations: true, ..cookies };
    assert!(!clears("POST", "/form", &[browser], &all, "", &config), "the origin says it itself");
    assert!(!clears("POST", "/form", &[browser], &ok, "", &keyed(&[("CLEAR_SPECULATIONS", "off")])));
}

#[test]
fn what_must_not_be_changed_is_not_read() {
    let may_read = |change: fn(&mut Head), has_place| {
        let mut head = page();
        change(&mut head);
        may_read(&head, has_place)
    };
    assert_eq!(may_read(|_| {}, true), Ok(()));
    assert_eq!(may_read(|_| {}, false), Err(Ineligible::Busy));
    assert_eq!(may_read(|head| head.no_transform = true, true), Err(Ineligible::NoTransform));
    assert_eq!(may_read(|head| head.is_readable = false, true), Err(Ineligible::Encoding));
}

#[test]
fn a_page_that_cannot_be_built_is_refused_only_where_it_needs_our_script() {
    let if_unbuilt = |headers: &[(&str, &str)], head: &Head, html: &str| match rendered(
        headers,
        head,
        Ok(html),
        &keyed(&[]),
    ) {
        Rendered::Changed { if_unbuilt, .. } => if_unbuilt,
        other => panic!("{other:?}"),
    };
    let session = with(&PRERENDER, &[("cookie", "session=1")]);
    assert_eq!(if_unbuilt(&session, &page(), PLAIN), Ok(()), "it only says whose page it is");
    let refused = Err(Ineligible::Unbuilt);
    assert_eq!(if_unbuilt(&PRERENDER, &setting(&["visits=1; Path=/"]), PLAIN), refused);
    assert_eq!(if_unbuilt(&PRERENDER, &page(), COUNTED), refused, "its analytics would run");
}

/// A visitor who is signed in by a token that each answer signs anew, behind a balancer that does the same.
const SIGNED_IN: (&str, &str) = ("cookie", "authjs.session-token=a..b; AWSALB=v1");

/// What a guess is told of which the answer sets these lines, once requests of the visitor, by their methods, were answered with
/// those.
fn seen(guess: &[(&str, &str)], head: &Head, answered: &[(&str, &[&str])], config: &Config) -> Seen {
    let mut order = SessionOrder::default();
    let fields = [("sec-fetch-mode", "cors"), ("sec-fetch-site", "same-origin"), SIGNED_IN];
    for (method, lines) in answered {
        doing::answered(&visit(method, "/api", &fields), &setting(lines), true, config, &mut order, 7);
    }
    let overtaken = doing::overtaken(&visit("GET", "/a", guess), head, &order, 6);
    Seen { overtaken, ..Seen::default() }
}

#[test]
fn a_token_that_a_script_was_given_anew_stays_and_the_page_that_was_fetched_ahead_is_given() {
    let lines = ["authjs.session-token=a..d; Path=/; HttpOnly", "AWSALB=v3; Path=/", "lang=de; Path=/"];
    let renewed = ["authjs.session-token=a..c; Path=/; HttpOnly", "AWSALB=v2; Path=/"];
    let by_link = [("sec-purpose", "prefetch"), ("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")];
    let router = [&by_link[..], &[("rsc", "1"), ("next-router-prefetch", "1")]].concat();
    let kept = |lines: &[&str]| Some(lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>());
    for (fields, config, lines, left) in [
        (&PREFETCH[..], keyed(&[]), &lines[..], kept(&lines[1..2])),
        (&PREFETCH[..], keyed(&[]), &lines[..2], kept(&lines[1..2])),
        (&PREFETCH[..], config(&[]), &lines[..2], kept(&lines[1..2])),
        (&PRERENDER[..], config(&[]), &lines[..2], kept(&lines[1..2])),
        (&PRERENDER[..], keyed(&[]), &lines[..2], kept(&lines[1..2])),
        (&router[..], keyed(&[]), &lines[..2], kept(&lines[1..2])),
        (&by_link[..], config(&[]), &lines[..2], kept(&lines[1..2])),
        (&PREFETCH[..], config(&[]), &lines[1..2], None),
    ] {
        let (fields, head) = (with(fields, &[SIGNED_IN]), setting(lines));
        let asked = visit("GET", "/a", &fields);
        let seen = |method, answered: &[&str]| seen(&fields, &head, &[(method, answered)], &config);
        let given = edit(plan_seen(&asked, &head, seen("GET", &renewed), &config));
        assert_eq!(given.set_cookies, left, "{fields:?} {lines:?}");
        // The balancer alone replaces nothing.
        let plan = plan_seen(&asked, &head, seen("POST", &renewed[1..]), &config);
        assert_eq!(plan, plan_seen(&asked, &head, Seen::default(), &config));
        // But what they have done, or a sign-out, by whatever means, does; where it passes.
        if lines.len() > 1 {
            let taken = ["authjs.session-token=; Path=/; Max-Age=0"];
            for (method, answered) in [("POST", &renewed[..]), ("GET", &taken[..])] {
                let plan = plan_seen(&asked, &head, seen(method, answered), &config);
                assert_eq!(plan, Plan::Refuse(Refusal::once(Ineligible::Overtaken)), "{method} {fields:?}");
            }
        }
    }
}

#[test]
fn where_a_form_and_a_poll_were_answered_the_guess_is_of_before_the_form() {
    let head = setting(&["authjs.session-token=a..d; Path=/; HttpOnly", "lang=de; Path=/"]);
    let renewed: &[&str] = &["authjs.session-token=a..c; Path=/; HttpOnly"];
    for (fields, config) in [(&PREFETCH[..], keyed(&[])), (&PRERENDER, keyed(&[])), (&PREFETCH, config(&[]))]
    {
        let fields = with(fields, &[SIGNED_IN]);
        for answered in [["POST", "GET"], ["GET", "POST"]] {
            let seen = seen(&fields, &head, &answered.map(|method| (method, renewed)), &config);
            let plan = plan_seen(&visit("GET", "/a", &fields), &head, seen, &config);
            assert_eq!(plan, Plan::Refuse(Refusal::once(Ineligible::Overtaken)), "{answered:?} {fields:?}");
        }
    }
}

#[test]
fn a_page_whose_session_was_only_renewed_knows_its_visitor_by_name() {
    let config = keyed(&[]);
    let fields = with(&PRERENDER, &[SIGNED_IN]);
    let head = setting(&["authjs.session-token=a..d; Path=/; HttpOnly"]);
    let seen = seen(&fields, &head, &[("GET", &["authjs.session-token=a..c; Path=/; HttpOnly"])], &config);
    let given = edit(plan_seen(&visit("GET", "/a", &fields), &head, seen, &config));
    let state = given.rendering.unwrap().ticket.unwrap().state.unwrap();
    // What the browser has by then.
    let [_, by_name] = states_of("authjs.session-token=a..c; AWSALB=v2", &config);
    assert_eq!(state, ticket::digest_of(config.effects.seal.as_ref().unwrap(), &by_name));
}

#[test]
fn a_file_that_was_fetched_ahead_sets_nothing_of_before_a_sign_out() {
    let config = config(&[]);
    let by_link = [("sec-purpose", "prefetch"), ("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "empty")];
    let fields = with(&by_link, &[SIGNED_IN]);
    let head = Head { content: Content::Other, ..setting(&["authjs.session-token=a..d; Path=/", "lang=de"]) };
    let taken: &[&str] = &["authjs.session-token=; Path=/; Max-Age=0"];
    let asked = visit("GET", "/app.js", &fields);
    for (answered, left) in [(Vec::new(), None), (vec![("GET", taken)], Some(Vec::new()))] {
        let overtaken = seen(&fields, &head, &answered, &config).overtaken;
        assert_eq!(allow_prefetch_by_page(&asked, &head, overtaken, &config, 7), Ok(left), "{answered:?}");
    }
}

/// A sign-in that is remembered by a key which is good once: whoever uses it is given another one, and a session.
#[test]
fn what_the_origin_has_renewed_of_a_session_reaches_the_visitor_with_a_refusal() {
    let config = keyed(&[]);
    let remember = "icingaweb2-remember-me=n3w; Path=/; HttpOnly";
    let led_on = Head {
        status: 302,
        location: Some("/about".to_owned()),
        content: Content::Other,
        ..setting(&[remember, "icingaweb2-session=1; Path=/", "lang=de; Path=/"])
    };
    let cookies = ("cookie", "icingaweb2-remember-me=0ld");
    let refusal = |fields: &[(&str, &str)], head: &Head| match speculate(fields, head, &config) {
        Plan::Refuse(refusal) => refusal,
        plan => panic!("{plan:?}"),
    };
    let refused = refusal(&with(&PREFETCH, &[cookies]), &led_on);
    assert_eq!(refused.why, Ineligible::cookie("icingaweb2-session", false));
    assert_eq!(refused.renewed, [remember]);
    let by_script = [("sec-purpose", "prefetch"), ("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")];
    assert_eq!(refusal(&with(&by_script, &[cookies]), &led_on).renewed, [remember]);
    let provider = Head { location: Some("https://idp.example/?SAMLRequest=a".to_owned()), ..led_on.clone() };
    assert_eq!(refusal(&with(&PREFETCH, &[cookies]), &provider).renewed, [remember]);
    assert_eq!(refusal(&with(&by_script, &[cookies]), &provider).renewed, [remember]);
    // Nobody else is given anything, nor is a sign-out undone.
    assert_eq!(refusal(&PREFETCH, &led_on).renewed, Vec::<String>::new());
    let clearing = Head { clears_site_data: true, ..led_on };
    assert_eq!(refusal(&with(&PREFETCH, &[cookies]), &clearing).renewed, Vec::<String>::new());
    // A page is given them in any case, and when it is refused late.
    let page =
        edit(speculate(&with(&PREFETCH, &[cookies]), &setting(&[remember, "lang=de; Path=/"]), &config));
    assert_eq!(
        (page.set_cookies, page.renewed),
        (Some(vec![remember.to_owned()]), vec![remember.to_owned()])
    );
}

#[test]
fn an_answer_that_takes_a_session_away_is_refused_though_it_was_renewed_meanwhile() {
    let config = config(&[]);
    let fields = with(&PREFETCH, &[SIGNED_IN]);
    let head = setting(&["authjs.session-token=; Path=/; Max-Age=0"]);
    let seen = seen(&fields, &head, &[("GET", &["authjs.session-token=a..c; Path=/"])], &config);
    let plan = plan_seen(&visit("GET", "/a", &fields), &head, seen, &config);
    let name = "authjs.session-token".to_owned();
    let taken = Ineligible::SetCookie { name, affects: Affected::WithSession };
    assert_eq!(plan, Plan::Refuse(remembered(taken)));
}

/// `WordPress` leads from `/a` to `/a/` with the query that it was asked for, and browsers keep a 301.
#[test]
fn what_was_asked_for_without_its_campaign_and_leads_on_is_refused_and_forgotten() {
    let moved = Head { status: 301, location: Some("/a/".to_owned()), content: Content::Other, ..page() };
    let plan = |target: &str, headers: &[(&str, &str)], config: &Config| {
        planned(&visit("GET", target, headers), &moved, config)
    };
    let refused = Plan::Refuse(Refusal::once(Ineligible::Stripped));
    for config in [keyed(&[]), config(&[])] {
        assert_eq!(plan("/a?utm_source=x", &PREFETCH, &config), refused);
        assert_eq!(plan("/a?q=1&gclid=x", &PRERENDER, &config), refused);
        for target in ["/a", "/a?q=1"] {
            assert_ne!(plan(target, &PREFETCH, &config), refused, "{target}");
        }
    }
    assert_ne!(plan("/a?utm_source=x", &[], &keyed(&[])), refused, "a click");
    let answered = |location: &str, line: &str| {
        let head =
            Head { location: Some(location.to_owned()), set_cookies: vec![line.to_owned()], ..moved.clone() };
        let visitor = with(&PREFETCH, &[("cookie", "remember_me=a; theme=dark")]);
        planned(&visit("GET", "/a?utm_source=x", &visitor), &head, &keyed(&[]))
    };
    // What was renewed must arrive, and what acts is remembered.
    let renewed = answered("/a/", "remember_me=b; Path=/; HttpOnly");
    assert!(!matches!(renewed, Plan::Refuse(_)), "{renewed:?}");
    for (location, line) in
        [("https://other.example/", "theme=dark; Path=/"), ("/a/", "remember_me=; Path=/; Max-Age=0")]
    {
        match answered(location, line) {
            Plan::Refuse(other) => assert_eq!(other.memory, Memory::Page, "{location} {line}"),
            other => panic!("{other:?}"),
        }
    }
    assert_ne!(plan("/a?utm_source=x", &PREFETCH, &keyed(&[("STRIP_PARAMETERS", "off")])), refused);
    let page = planned(&visit("GET", "/a?utm_source=x", &PREFETCH), &page(), &keyed(&[]));
    assert_ne!(page, refused, "a page that leads nowhere");
}

#[test]
fn what_may_be_a_session_reaches_its_visitor_where_nothing_else_is_deferred() {
    let fields = with(&PREFETCH, &[("cookie", "bakery=8f3a17c0a1b2c3d4")]);
    let head = setting(&["bakery=9d2e44c0a1b2c3d4; Path=/; HttpOnly; Max-Age=86400"]);
    for config in [keyed(&[]), config(&[])] {
        let edit = edit(speculate(&fields, &head, &config));
        assert_eq!((edit.set_cookies, edit.ticket.is_some(), edit.remembered), (None, false, None));
    }
}

#[test]
fn where_parts_of_pages_begin_sessions_no_guess_does() {
    let seen = Seen { parts_begin: true, ..Seen::default() };
    let mut ambient = Fixed(|_| false);
    let config = keyed(&[]);
    let mut judged = |cookies: &str, line: &str| {
        let visit = visit("GET", "/a", &with(&PREFETCH, &[("cookie", cookies)]));
        withhold(&visit, &setting(&[line]), seen, &config, &mut ambient)
            .map(|withheld| withheld.ticket.is_some())
    };
    let refusal = Refusal::new(Ineligible::cookie("session", false), Memory::Page);
    assert_eq!(judged("a=1", "session=1; Path=/; HttpOnly"), Err(refusal));
    assert_eq!(judged("session=0", "session=1; Path=/; HttpOnly"), Ok(false), "they had one");
    assert_eq!(judged("a=1", "visits=1; Path=/"), Ok(true));
}
