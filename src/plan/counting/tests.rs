use super::*;
use crate::effects::ticket::Sealed;
use crate::head::Content;
use crate::ineligible::{Affected, Refusal};
use crate::plan::tests::{PREFETCH, config, page, visit};
use crate::rules::served::{MODERATE_TAG, NEXT_TAG};
use crate::speculation::{Pointer, Speculation};

const NAVIGATION_FIELDS: [(&str, &str); 2] = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
const REFERER: (&str, &str) = ("referer", "https://shop.example/a");

fn prefetch(tag: &str) -> Visit {
    let tags = format!("\"{tag}\"");
    let fields =
        [&PREFETCH[..], &NAVIGATION_FIELDS, &[("sec-speculation-tags", tags.as_str()), REFERER]].concat();
    visit("GET", "/b", &fields)
}

fn counted(visit: &Visit, head: &Head, plan: &Plan, config: &Config) -> Vec<(Counted<'static>, u64)> {
    let exchange = Exchange::read(visit, head, config);
    let mut counted = of_answer(&exchange, plan, Some(Eagerness::Eager), config);
    counted.retain(|(_, number)| *number > 0);
    counted
}

#[test]
fn a_speculation_is_counted_by_what_asked_for_it() {
    let auto = config(&[]);
    let fixed = config(&[("EAGERNESS", "moderate")]);
    let arrived = |tag: &str, config: &Config| match counted(&prefetch(tag), &page(), &Plan::Pass, config)[..]
    {
        [(Counted::Arrived(rule, Speculation::Prefetch), 1)] => rule,
        ref other => panic!("{other:?}"),
    };
    assert_eq!(arrived("headstart", &auto), Rule::Baseline(Eagerness::Conservative));
    assert_eq!(arrived(MODERATE_TAG, &auto), Rule::Baseline(Eagerness::Moderate));
    assert_eq!(arrived(NEXT_TAG, &auto), Rule::Learned(Some(Eagerness::Eager)));
    assert_eq!(arrived("own", &auto), Rule::Other);
    assert_eq!(arrived("headstart", &fixed), Rule::Baseline(Eagerness::Moderate));
    let by_script = visit(
        "GET",
        "/b",
        &[("sec-purpose", "prefetch"), ("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")],
    );
    assert_eq!(
        counted(&by_script, &page(), &Plan::Pass, &auto),
        [(Counted::Arrived(Rule::Script, Speculation::Prefetch), 1)]
    );
}

#[test]
fn a_page_that_the_browser_has_kept_is_viewed_like_any_other() {
    let fields = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
    let views = |status: u16, path: &str| {
        let head = Head { status, ..Head::default() };
        let counted = counted(&visit("GET", path, &fields), &head, &Plan::Pass, &config(&[]));
        counted.iter().filter(|(what, _)| *what == Counted::View(View::Plain)).count()
    };
    assert_eq!((views(304, "/a"), views(304, "/a.pdf"), views(204, "/a")), (1, 0, 0));
}

#[test]
fn what_became_of_it_is_counted_with_it() {
    let auto = config(&[]);
    let rule = Rule::Baseline(Eagerness::Conservative);
    let arrived = (Counted::Arrived(rule, Speculation::Prefetch), 1);
    let why = Ineligible::SetCookie { name: "a".to_owned(), affects: Affected::Everybody };
    let refused = Plan::Refuse(Refusal::once(why.clone()));
    let head = Head { length: Some(1234), ..page() };
    let visit = prefetch("headstart");
    assert_eq!(counted(&visit, &head, &refused, &auto), [arrived, (Counted::Refused(rule), 1)]);
    assert_eq!(counted(&visit, &head, &Plan::Pass, &auto), [arrived, (Counted::Bytes(rule), 1234)]);
    let told = |value: &str| {
        let append = vec![("Speculation-Rules", value.to_owned())];
        let plan = Plan::Edit(Edit { append, ..Edit::default() });
        counted(&visit, &page(), &plan, &auto)
    };
    assert_eq!(told("\"/_headstart/rules/site.json?s=abc\""), [arrived, (Counted::Told(rule), 1)]);
    assert_eq!(told("\"/_headstart/rules/site.json\", \"/s=.json\""), [arrived]);
    assert_eq!(of_unasked(&visit, &auto), [arrived, (Counted::Refused(rule), 1)]);
    assert_eq!(of_late_refusal(&visit, &auto), [(Counted::Refused(rule), 1)]);
    assert_eq!(of_reason(&why), Counted::Why("set-cookie", None));
    let unsafe_url = Ineligible::UnsafeUrl { rule: "sign-out".to_owned() };
    assert_eq!(of_reason(&unsafe_url).name(), "why unsafe-url sign-out");
    assert_eq!(of_reason(&Ineligible::Quarantined(Affected::WithSession)).name(), "why quarantine session");
}

#[test]
fn what_a_signal_says_was_used_is_counted_by_the_same_rule() {
    let auto = config(&[]);
    let of = |event: NavigationEvent, config: &Config| {
        let happened = NavigationEvents { events: vec![event], ..NavigationEvents::default() };
        let [used, view] = of_signal(&happened, Some(Eagerness::Immediate), config);
        assert_eq!(view, (Counted::View(View::Prefetched), 1));
        used.0
    };
    let (from, page) = ("/a".to_owned(), "/b".to_owned());
    let followed = |guess| NavigationEvent::Followed { from: from.clone(), page: page.clone(), guess };
    let learned = NavigationEvent::Activation { from: Some(from.clone()), page: page.clone() };
    assert_eq!(of(learned.clone(), &auto), Counted::Used(Rule::Learned(Some(Eagerness::Immediate))));
    let guess = Guess { is_moderate: true, pointer: Pointer::Touch };
    assert_eq!(of(followed(Some(guess)), &auto), Counted::Used(Rule::Baseline(Eagerness::Moderate)));
    assert_eq!(of(followed(None), &auto), Counted::Used(Rule::Other));
    let pressed = NavigationEvent::PressedInSession { pointer: Pointer::Mouse, is_used: true };
    assert_eq!(of(pressed, &auto), Counted::Used(Rule::Baseline(Eagerness::Conservative)));
    let fixed = config(&[("EAGERNESS", "eager")]);
    assert_eq!(of(followed(None), &fixed), Counted::Used(Rule::Baseline(Eagerness::Eager)));
    let happened = NavigationEvents { events: vec![learned], ..NavigationEvents::default() };
    assert_eq!(learned_way(&happened), Some(("/a", "/b")));
}

#[test]
fn a_browsers_plain_view_of_a_page_is_one() {
    let auto = config(&[]);
    let firefox = ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0");
    let fields = [&NAVIGATION_FIELDS[..], &[firefox]].concat();
    let of = |method: &str, fields: &[(&str, &str)], head: &Head| {
        counted(&visit(method, "/b", fields), head, &Plan::Pass, &auto)
    };
    assert_eq!(
        of("GET", &fields, &page()),
        [(Counted::View(View::Plain), 1), (Counted::Engine(Engine::Gecko), 1)]
    );
    assert_eq!(of("GET", &[firefox], &page()), [], "nobody says that it is a browser");
    assert_eq!(of("HEAD", &fields, &page()), []);
    assert_eq!(of("GET", &fields, &Head { content: Content::Other, ..page() }), []);
}

#[test]
fn cookies_are_counted_with_their_class_and_what_becomes_of_them() {
    let config = config(&[("SEAL_KEY", "0123456789abcdef0123456789abcdef")]);
    let set_cookies = vec![
        "PHPSESSID=2; Path=/".to_owned(),
        "seen=1; Path=/".to_owned(),
        "u_9f86d081884c7d659a2feaa0c55ad015=1; Path=/".to_owned(),
    ];
    let head = Head { set_cookies, ..page() };
    let met = |fields: &[(&str, &str)], plan: &Plan| {
        let visit = visit("GET", "/b", fields);
        let exchange = Exchange::read(&visit, &head, &config);
        cookies(&exchange, plan, &config, 1_800_000_000_000)
    };
    let plain = met(&NAVIGATION_FIELDS, &Plan::Pass);
    assert_eq!(plain[0], ("PHPSESSID".to_owned(), "session", Fate::Set));
    assert_eq!((plain[2].0.as_str(), plain[2].2), (OWN_NAME, Fate::Set));
    let guess = [&PREFETCH[..], &NAVIGATION_FIELDS, &[("cookie", "PHPSESSID=1")]].concat();
    let refused = Plan::Refuse(Refusal::once(Ineligible::Harmful));
    assert!(met(&guess, &refused).iter().all(|(_, _, fate)| *fate == Fate::Refused));
    let sealed = Sealed { token: "t".to_owned(), kept: None };
    let with_ticket = Plan::Edit(Edit { ticket: Some(Box::new(sealed)), ..Edit::default() });
    let fates: Vec<Fate> = met(&guess, &with_ticket).into_iter().map(|(_, _, fate)| fate).collect();
    assert_eq!(fates, [Fate::Passed, Fate::Deferred, Fate::Deferred]);
}
