use super::*;
use crate::effects::ledger::{Load, Outcome as Took};
use crate::endpoints::ACTIVATE_FETCHED;
use crate::fault::Blame;
use crate::head::Head;
use crate::plan::rendering::{self, Rendered};
use crate::plan::rules_delivery::Guidance;
use crate::plan::tests::{Fixed, KEY, PREFETCH, config, page, plan_with, visit};
use crate::plan::{Ambient, Edit, Plan, doing};
use crate::published::hint_snapshot::Knowledge;
use crate::rewrite::analytics::Analytics;
use crate::rewrite::prerender;
use crate::store::{Kind, Memory, Store};

const NOW: u64 = 1_800_000_000_000;
const PAGE: &str = "https://shop.example/a";
const BY_FILE: Way = Way::RulesFile(RulesFile::Baseline);
/// What whoever asks for rules gets where nothing is handed over.
const RULES: Answer = Answer::RulesFile(RulesFile::Baseline);

/// A ledger in memory: what it does is what the Durable Object does, but for the origin, which is a list.
struct Book {
    store: Memory,
    load: Load,
    /// The visits that have reached the origin.
    sent: Vec<DeferredRequest>,
    /// What the origin sets on them.
    set_cookies: Vec<String>,
    /// Whether each call fails.
    fails: bool,
    /// Whether it has no room.
    is_full: bool,
    calls: usize,
}

impl Book {
    fn new() -> Self {
        let store = Memory::default();
        let load = Load::of(&store).unwrap();
        let (sent, set_cookies) = (Vec::new(), Vec::new());
        Self { store, load, sent, set_cookies, fails: false, is_full: false, calls: 0 }
    }

    fn call<T>(&mut self, usage: impl FnOnce(&mut Self) -> T) -> Result<T, Fault> {
        self.calls += 1;
        if self.fails { Err(Fault::new(Blame::Platform, "gone")) } else { Ok(usage(self)) }
    }

    /// Carries one step out.
    fn carry<'a>(&mut self, step: Step<'a>) -> Step<'a> {
        match step {
            Step::FindTicket(find) => {
                assert_eq!(find.site(), "shop.example");
                let found = self.call(|book| ledger::kept_ticket(&book.store, find.name()).unwrap());
                find.answered(found, NOW)
            }
            Step::NoteRedeemed(note) => {
                let noted = self.call(|book| {
                    if book.is_full {
                        return Begun::Full;
                    }
                    ledger::redeem(&mut book.store, &mut book.load, note.name(), NOW).unwrap()
                });
                note.answered(noted)
            }
            Step::SendVisit(send) => {
                let reply = self.call(|book| {
                    if book.is_full {
                        return Sent::Full;
                    }
                    let name = send.name();
                    let (store, load) = (&mut book.store, &mut book.load);
                    match ledger::begin(store, load, name, send.delivery(), "sealed", true, NOW).unwrap() {
                        Begun::First => {}
                        Begun::Known => return Sent::Known,
                        Begun::Full => return Sent::Full,
                    }
                    book.sent.push(send.request().clone());
                    ledger::finished(&mut book.store, name, Took::of_status(200), NOW).unwrap();
                    Sent::Now(book.set_cookies.clone())
                });
                send.answered(reply)
            }
            Step::Done(outcome) => Step::Done(outcome),
        }
    }

    fn run(&mut self, mut step: Step<'_>) -> Outcome {
        for _ in 0..3 {
            step = self.carry(step);
        }
        match step {
            Step::Done(outcome) => outcome,
            other => panic!("{other:?}"),
        }
    }

    /// Redeems a token.
    fn redeem(&mut self, token: &str, way: Way, visit: &Visit, config: &Config) -> Outcome {
        let headers = [("cookie".to_owned(), visit.cookies().to_owned())];
        let step = Redemption { visit, way, headers: &headers, config }.begin(
            Some(token),
            &Redeemed::default(),
            NOW,
        );
        self.run(step)
    }
}

fn keyed(more: &[(&str, &str)]) -> Config {
    config(&[&[("SEAL_KEY", KEY)], more].concat())
}

fn setting(lines: &[&str]) -> Head {
    Head { set_cookies: lines.iter().map(|line| (*line).to_owned()).collect(), ..page() }
}

fn planned(visit: &Visit, head: &Head, config: &Config) -> Edit {
    match plan_with(visit, head, Knowledge::Unknown, Guidance::default(), config, |_| false) {
        Plan::Edit(edit) => edit,
        other => panic!("{other:?}"),
    }
}

/// The token of a page that is prefetched with these cookies, and whose answer sets these.
fn prefetched(cookies: &str, lines: &[&str], config: &Config, book: &mut Book) -> String {
    let visit = visit("GET", "/a", &[&PREFETCH[..], &[("cookie", cookies)]].concat());
    let sealed = planned(&visit, &setting(lines), config).ticket.unwrap();
    if let Some((name, ticket)) = &sealed.kept {
        assert!(ledger::keep_ticket(&mut book.store, &mut book.load, name, ticket, NOW).unwrap());
    }
    sealed.token
}

/// The token of a page that is prerendered.
fn prerendered(cookies: &str, lines: &[&str], config: &Config) -> String {
    let headers =
        [("sec-purpose", "prefetch;prerender"), ("sec-fetch-dest", "document"), ("cookie", cookies)];
    let visit = visit("GET", "/a", &headers);
    let rendering = planned(&visit, &setting(lines), config).rendering.unwrap();
    let html = b"<!doctype html><head></head>";
    let page = prerender::read(html, None, &Analytics::none()).unwrap();
    let mut ambient = Fixed(|_| false);
    assert_eq!(ambient.now(), NOW);
    match rendering::render(&visit, &rendering, Ok((html, &page)), config, &mut ambient) {
        Rendered::Changed { ticket, .. } => ticket.unwrap().token,
        other => panic!("{other:?}"),
    }
}

/// Who redeems: the page `/a`, with these cookies.
fn redeemer(way: Way, cookies: &str) -> Visit {
    let (method, path) = match way {
        Way::RulesFile(file) => ("GET", file.path()),
        Way::Script => ("POST", "/_headstart/activate"),
        Way::Rule => ("GET", "/_headstart/activate"),
    };
    visit(method, path, &[("cookie", cookies), ("referer", PAGE)])
}

fn lines(outcome: &Outcome) -> Vec<&str> {
    outcome.cookies.iter().map(|cookie| cookie.line.as_str()).collect()
}

/// What a ticket's page gets that was redeemed with `first` before.
fn known_before(first: &Outcome) -> Outcome {
    assert!(first.redeemed.is_some());
    Outcome { redeemed: first.redeemed.clone(), ..Outcome::of(RULES) }
}

const COOKIES: [&str; 2] = ["session=1; Path=/; HttpOnly", "visits=1; Path=/"];

#[test]
fn the_rules_file_sets_what_was_deferred_once() {
    let (config, mut book) = (keyed(&[]), Book::new());
    let token = prefetched("", &COOKIES, &config, &mut book);
    let visit = redeemer(BY_FILE, "");
    let outcome = book.redeem(&token, BY_FILE, &visit, &config);
    assert_eq!(outcome.answer, Answer::RulesFile(RulesFile::Baseline));
    assert_eq!(lines(&outcome), COOKIES);
    let clears: Vec<bool> = outcome.cookies.iter().map(|cookie| cookie.clears).collect();
    assert_eq!(clears, [true, false], "a session makes the visitor another one, a counter does not");
    assert_eq!((&outcome.affected, &outcome.fault, &outcome.release), (&None, &None, &None));
    let again = book.redeem(&token, BY_FILE, &visit, &config);
    assert_eq!(again, known_before(&outcome));
    assert!(book.sent.is_empty(), "nothing has to be sent for a page without an effect");
}

#[test]
fn a_service_worker_that_asks_in_its_own_name_gets_the_rule_that_brings_the_ticket_back() {
    let (config, mut book) = (keyed(&[]), Book::new());
    let token = prefetched("", &COOKIES, &config, &mut book);
    let by = |destination: &str, referer: &str| {
        let fields = [("referer", referer), ("sec-fetch-dest", destination)];
        visit("GET", RulesFile::Baseline.path(), &fields)
    };
    let worker = by("empty", "https://shop.example/service-worker");
    let answer = book.redeem(&token, BY_FILE, &worker, &config);
    assert_eq!(answer, Outcome::of(Answer::RulesWithTicket(RulesFile::Baseline)));
    let other_page = by("speculationrules", "https://shop.example/b");
    assert_eq!(book.redeem(&token, BY_FILE, &other_page, &config), Outcome::of(RULES));
    // The page follows the rule when it is shown.
    let outcome = book.redeem(&token, Way::Rule, &redeemer(Way::Rule, ""), &config);
    assert_eq!((outcome.answer, lines(&outcome)), (Answer::Done, COOKIES.to_vec()));
}

#[test]
fn what_is_loaded_ahead_is_kept_where_the_site_wants_that() {
    let (config, mut book) = (keyed(&[("CLEAR_SPECULATIONS", "off")]), Book::new());
    let token = prefetched("", &COOKIES, &config, &mut book);
    let outcome = book.redeem(&token, BY_FILE, &redeemer(BY_FILE, ""), &config);
    assert!(outcome.cookies.len() == 2 && outcome.cookies.iter().all(|cookie| !cookie.clears));
}

#[test]
fn a_cookie_that_has_changed_meanwhile_stays() {
    let (config, mut book) = (keyed(&[]), Book::new());
    let token = prefetched("visits=1", &["visits=2; Path=/", "seen=1; Path=/"], &config, &mut book);
    let outcome = book.redeem(&token, BY_FILE, &redeemer(BY_FILE, "visits=7"), &config);
    assert_eq!(lines(&outcome), ["seen=1; Path=/"]);
}

/// What this isolate has seen when a script of a visitor with these cookies was answered with a line.
fn given(cookies: &str, line: &str, config: &Config, at: u64) -> ChangedCookies {
    let fields = [("cookie", cookies), ("sec-fetch-mode", "cors"), ("sec-fetch-site", "same-origin")];
    let mut changed = ChangedCookies::default();
    doing::changes(&visit("POST", "/cart/add", &fields), &setting(&[line]), config, &mut changed, at);
    changed
}

#[test]
fn a_cookie_that_changes_while_its_ticket_is_redeemed_stays() {
    const BEFORE: &str = "session=eyJ2aWV3cyI6MX0=; cart=1; oscar_history=7";
    const SESSION: &str = "session=eyJ2aWV3cyI6Mn0=; Path=/";
    const CART: &str = "cart=2; Path=/";
    const SEEN: &str = "seen=1; Path=/";
    const HISTORY: &str = "oscar_history=7-8; Path=/";
    let config = keyed(&[]);
    for (line, expected) in [
        ("session=eyJjYXJ0IjpbN119; Path=/", &[CART, SEEN, HISTORY][..]),
        ("session=; Path=/; Max-Age=0", &[CART, SEEN, HISTORY]),
        ("cart=3; Path=/", &[SESSION, SEEN, HISTORY]),
        ("seen=2; Path=/", &[SESSION, CART, HISTORY]),
        // The newest is that of the page that is looked at last, unless the list was cleared.
        ("oscar_history=7-9; Path=/", &[SESSION, CART, SEEN, HISTORY]),
        ("oscar_history=; Path=/; Max-Age=0", &[SESSION, CART, SEEN]),
        ("theme=dark; Path=/", &[SESSION, CART, SEEN, HISTORY]),
    ] {
        let mut book = Book::new();
        let token = prefetched(BEFORE, &[SESSION, CART, SEEN, HISTORY], &config, &mut book);
        let visit = redeemer(BY_FILE, BEFORE);
        let outcome = book.redeem(&token, BY_FILE, &visit, &config);
        assert_eq!(
            lines(&outcome),
            [SESSION, CART, SEEN, HISTORY],
            "nothing has changed when it is asked for"
        );
        // The page was answered at NOW, and its ticket comes back two seconds later.
        let still = |cookies: &str, at: u64| {
            let changed = given(cookies, line, &config, at);
            outcome.clone().without_outdated(&visit, &changed, NOW + 2000)
        };
        assert_eq!(lines(&still(BEFORE, NOW + 2500)), expected, "{line}");
        assert_eq!(lines(&still(BEFORE, NOW + 1500)), expected, "on its way to the browser: {line}");
        assert_eq!(still(BEFORE, NOW - 500), outcome, "before the page was fetched: {line}");
        let other = "session=eyJ2aWV3cyI6OX0=; cart=9; seen=9; oscar_history=9";
        assert_eq!(still(other, NOW + 2500), outcome, "another visitor: {line}");
    }
}

#[test]
fn a_newcomer_who_is_given_a_session_while_their_ticket_is_redeemed_keeps_it() {
    let (config, mut book) = (keyed(&EFFECT), Book::new());
    book.set_cookies = vec!["sid=3; Path=/; HttpOnly".to_owned(), "visits=5; Path=/".to_owned()];
    let token = prefetched("", &COOKIES, &config, &mut book);
    let visit = redeemer(BY_FILE, "");
    let outcome = book.redeem(&token, BY_FILE, &visit, &config);
    assert_eq!(lines(&outcome), [COOKIES[0], "sid=3; Path=/; HttpOnly", "visits=5; Path=/"]);
    let changed = given("", "session=2; Path=/; HttpOnly", &config, NOW + 500);
    let outcome = outcome.without_outdated(&visit, &changed, NOW);
    assert_eq!(lines(&outcome), ["sid=3; Path=/; HttpOnly", "visits=5; Path=/"]);
    assert!(outcome.cookies.iter().any(|cookie| cookie.clears), "by the session that is set all the same");
    // What the visit has set is no newer: it was asked for with the cookies of before.
    let changed = given("", "sid=4; Path=/; HttpOnly", &config, NOW + 500);
    let outcome = outcome.without_outdated(&visit, &changed, NOW);
    assert_eq!(lines(&outcome), ["visits=5; Path=/"]);
    assert!(outcome.cookies.iter().all(|cookie| !cookie.clears));
}

#[test]
fn what_is_no_ticket_for_this_page_gets_one_answer_and_asks_nobody() {
    let (config, mut book) = (keyed(&[]), Book::new());
    let token = prefetched("", &COOKIES, &config, &mut book);
    let visit = redeemer(BY_FILE, "");
    for token in ["", "x", "~x", "~abcd0123456789abcdef", "!"] {
        assert_eq!(book.redeem(token, BY_FILE, &visit, &config), Outcome::of(RULES), "{token}");
    }
    let of = |url: &str, referer: &str, agent: &str| {
        let headers = [("referer", referer), ("user-agent", agent)];
        crate::plan::tests::visit("GET", url, &headers)
    };
    let file = RulesFile::Baseline.path();
    for visit in [
        of(file, "https://shop.example/b", ""),
        of(file, "https://evil.example/a", ""),
        of(file, "", ""),
        of(file, PAGE, "another browser"),
    ] {
        assert_eq!(book.redeem(&token, BY_FILE, &visit, &config), Outcome::of(RULES));
    }
    let none = Redeemed::default();
    let late = Redemption { visit: &visit, way: BY_FILE, headers: &[], config: &config }.begin(
        Some(&token),
        &none,
        NOW + 6 * 60 * 1000,
    );
    assert_eq!(book.run(late), Outcome::of(RULES), "after six minutes");
    let nothing = Redemption { visit: &visit, way: Way::Script, headers: &[], config: &config };
    assert_eq!(
        book.run(nothing.begin(None, &none, NOW)),
        Outcome::of(Answer::NotGood),
        "a body that is no token"
    );
    assert_eq!(
        book.redeem(&token, BY_FILE, &visit, &crate::plan::tests::config(&[])),
        Outcome::of(RULES),
        "without a key"
    );
    assert_eq!(book.calls, 0);
}

/// A cookie that makes a ticket too long for a URL.
fn long() -> String {
    format!("visits={}; Path=/", "x".repeat(3000))
}

#[test]
fn a_long_ticket_is_found_by_its_name() {
    let (config, mut book, long) = (keyed(&[]), Book::new(), long());
    let token = prefetched("", &[&long], &config, &mut book);
    assert!(token.starts_with('~'));
    let visit = redeemer(BY_FILE, "");
    let outcome = book.redeem(&token, BY_FILE, &visit, &config);
    assert_eq!(lines(&outcome), [long.as_str()]);
    assert_eq!(book.redeem(&token, BY_FILE, &visit, &config), known_before(&outcome));
}

#[test]
fn a_kept_ticket_that_is_gone_does_nothing_and_a_ledger_that_fails_is_told() {
    let (config, mut book, long) = (keyed(&[]), Book::new(), long());
    let token = prefetched("", &[&long], &config, &mut book);
    let visit = redeemer(BY_FILE, "");
    assert_eq!(Book::new().redeem(&token, BY_FILE, &visit, &config), Outcome::of(RULES));
    book.fails = true;
    let outcome = book.redeem(&token, BY_FILE, &visit, &config);
    assert_eq!((outcome.answer, &outcome.cookies, book.calls), (RULES, &Vec::new(), 1));
    assert_eq!(outcome.fault.unwrap().consequence, Consequence::Unchanged, "the page has its rules");
    book.fails = false;
    assert_eq!(lines(&book.redeem(&token, BY_FILE, &visit, &config)), [long.as_str()], "nothing was done");
}

#[test]
fn a_ticket_that_cannot_be_written_down_is_not_redeemed_and_where_nobody_knows_its_cookies_are_set() {
    let (config, mut book) = (keyed(&[]), Book::new());
    let token = prefetched("", &COOKIES, &config, &mut book);
    let visit = redeemer(BY_FILE, "");
    book.is_full = true;
    for _ in 0..2 {
        let outcome = book.redeem(&token, BY_FILE, &visit, &config);
        assert_eq!(
            (outcome.answer, outcome.cookies, outcome.fault),
            (RULES, Vec::new(), Some(ledger::full()))
        );
    }
    book.is_full = false;
    book.fails = true;
    let outcome = book.redeem(&token, BY_FILE, &visit, &config);
    assert_eq!(lines(&outcome), COOKIES);
    assert_eq!(outcome.fault.unwrap().consequence, Consequence::Unchanged);
}

const EFFECT: [(&str, &str); 1] = [("EFFECT_PATHS", "/a")];

#[test]
fn the_visit_of_a_page_with_an_effect_is_sent_once_as_who_it_was_for() {
    for delivery in ["EFFECT_PATHS", "EFFECT_PATHS_AT_LEAST_ONCE"] {
        let (config, mut book) = (keyed(&[(delivery, "/a")]), Book::new());
        book.set_cookies = vec!["visits=5".to_owned(), "csrftoken=other; Path=/".to_owned()];
        let token = prefetched("", &["visits=1; Path=/", "csrftoken=shown; Path=/"], &config, &mut book);
        let visit = redeemer(BY_FILE, "");
        let outcome = book.redeem(&token, BY_FILE, &visit, &config);
        assert_eq!(lines(&outcome), ["csrftoken=shown; Path=/", "visits=5; Path=/"]);
        assert_eq!(book.sent.len(), 1);
        let sent = book.sent.first().unwrap();
        assert_eq!((sent.url.as_str(), sent.method.as_str()), (PAGE, "GET"));
        let cookie = sent.headers.iter().find(|(name, _)| name == "cookie").map(|(_, value)| value.as_str());
        assert_eq!(cookie, Some("csrftoken=shown"), "what counts must not count on from what was deferred");
        assert_eq!(book.redeem(&token, BY_FILE, &visit, &config), known_before(&outcome));
        assert_eq!(book.sent.len(), 1);
    }
}

#[test]
fn of_a_hundred_redemptions_at_once_one_reaches_the_origin() {
    for way in [BY_FILE, Way::Rule] {
        let (config, mut book) = (keyed(&EFFECT), Book::new());
        let token = prefetched("", &COOKIES, &config, &mut book);
        let visit = redeemer(way, "");
        let redemption = Redemption { visit: &visit, way, headers: &[], config: &config };
        let none = Redeemed::default();
        // All have been read before the ledger is asked for the first.
        let steps: Vec<_> = (0..100).map(|_| redemption.begin(Some(&token), &none, NOW)).collect();
        assert!(steps.iter().all(|step| matches!(step, Step::SendVisit(_))));
        let outcomes: Vec<_> = steps.into_iter().map(|step| book.run(step)).collect();
        assert_eq!(book.sent.len(), 1);
        assert_eq!(outcomes.iter().filter(|outcome| !outcome.cookies.is_empty()).count(), 1);
    }
}

#[test]
fn what_died_on_its_way_is_sent_again_only_at_least_once() {
    for (variable, is_sent_again) in [("EFFECT_PATHS", false), ("EFFECT_PATHS_AT_LEAST_ONCE", true)] {
        let (config, mut book) = (keyed(&[(variable, "/a")]), Book::new());
        let token = prefetched("", &[], &config, &mut book);
        let visit = redeemer(BY_FILE, "");
        let redemption = Redemption { visit: &visit, way: BY_FILE, headers: &[], config: &config };
        let none = Redeemed::default();
        let Step::SendVisit(send) = redemption.begin(Some(&token), &none, NOW) else { panic!() };
        let name = send.name().to_owned();
        let (store, load) = (&mut book.store, &mut book.load);
        let begun = ledger::begin(store, load, send.name(), send.delivery(), "sealed", true, NOW);
        assert_eq!(begun, Ok(Begun::First));
        // The object dies here. The page is told that nobody knows, and comes once more.
        let Step::Done(outcome) = send.answered(Err(Fault::new(Blame::Platform, "gone"))) else { panic!() };
        assert_eq!((outcome.answer, outcome.cookies), (RULES, Vec::new()));
        assert_eq!(outcome.fault.unwrap().message, "gone");
        let known = Outcome { redeemed: Some(name), ..Outcome::of(RULES) };
        assert_eq!(book.redeem(&token, BY_FILE, &visit, &config), known);
        let later = NOW + 60_000;
        let due = ledger::sweep(&mut book.store, &mut book.load, later).unwrap();
        let sent_again: Vec<_> =
            due.iter().filter_map(|name| ledger::take(&mut book.store, name, later).unwrap()).collect();
        assert_eq!(!sent_again.is_empty(), is_sent_again, "{variable}");
    }
}

#[test]
fn where_no_visit_can_be_written_down_a_page_that_can_is_loaded_anew() {
    let (config, mut book) = (keyed(&EFFECT), Book::new());
    book.is_full = true;
    let token = prefetched("", &COOKIES, &config, &mut book);
    for way in [BY_FILE, Way::Rule] {
        let outcome = book.redeem(&token, way, &redeemer(way, ""), &config);
        assert_eq!(outcome.cookies, [], "it would be good twice");
        assert_eq!(outcome.fault.unwrap().message, ledger::full().message);
    }
    let token = prerendered("", &COOKIES, &config);
    let outcome = book.redeem(&token, Way::Script, &redeemer(Way::Script, ""), &config);
    assert_eq!((outcome.answer, outcome.cookies), (Answer::NotGood, Vec::new()));
    assert_eq!(outcome.fault.unwrap().consequence, Consequence::Answered(403));
    assert!(book.sent.is_empty());
}

#[test]
fn a_page_that_was_rendered_for_another_visitor_is_loaded_anew() {
    let (config, mut book) = (keyed(&[]), Book::new());
    let token = prerendered("session=ada", &COOKIES[1..], &config);
    for (cookies, answer) in [("session=bob", Answer::Stale), ("session=ada", Answer::Done)] {
        let outcome = book.redeem(&token, Way::Script, &redeemer(Way::Script, cookies), &config);
        assert_eq!(outcome.answer, answer);
        let is_stale = answer == Answer::Stale;
        assert_eq!(outcome.affected.is_some(), is_stale);
        if let Some(AffectedPage { site, page, affected, by }) = outcome.affected {
            let expected = ("shop.example", "/a", Affected::Prerendering);
            assert_eq!((site.as_str(), page.as_str(), affected), expected);
            // For whom it was rendered, and not for whoever brings it back.
            let is_met_by = |cookies: &str| {
                let fields = [("sec-purpose", "prefetch;prerender"), ("cookie", cookies)];
                let visit = visit("GET", "/a", &fields);
                askers::asker(&visit, &config).marks.into_iter().flatten().any(|it| by.marks.contains(&it))
            };
            assert_eq!(["session=ada", "session=bob", ""].map(is_met_by), [true, false, false]);
        }
        assert_eq!(outcome.cookies.is_empty(), is_stale);
    }
    let token = prerendered("session=ada", &COOKIES[1..], &config);
    let outcome = book.redeem(&token, BY_FILE, &redeemer(BY_FILE, "session=bob"), &config);
    assert_eq!((outcome.answer, outcome.cookies), (RULES, Vec::new()), "nothing by another's ticket");
}

/// Nuxt's `useCookie`, say: the server draws a page by a cookie that it sets, and the page's script finds none and writes its own.
#[test]
fn a_page_whose_scripts_write_what_it_sets_is_not_rendered_again() {
    let config = keyed(&[]);
    let line = ["last_items=1-2; Path=/"];
    let redeemed = |token: &str, way: Way, cookies: &str| {
        let outcome = Book::new().redeem(token, way, &redeemer(way, cookies), &config);
        (outcome.cookies.len(), outcome.affected.map(|it| (it.page, it.affected)))
    };
    let affected = Some(("/a".to_owned(), Affected::Prerendering));
    for (set, way, cookies, expected) in [
        (line, Way::Script, "last_items=", (0, affected)),
        (line, Way::Script, "last_items=1-2", (0, None)),
        (line, Way::Script, "", (1, None)),
        (["last_items=1-2; Path=/; HttpOnly"], Way::Script, "last_items=7", (0, None)),
    ] {
        assert_eq!(redeemed(&prerendered("", &set, &config), way, cookies), expected, "{cookies}");
    }
    let had_one = prerendered("last_items=1", &line, &config);
    assert_eq!(redeemed(&had_one, Way::Script, "last_items=7"), (0, None), "somebody has changed it");
    let token = prefetched("", &line, &config, &mut Book::new());
    assert_eq!(redeemed(&token, BY_FILE, "last_items="), (0, None), "that one was prefetched");
}

#[test]
fn a_visit_is_not_sent_as_another_visitor() {
    let (config, mut book) = (keyed(&EFFECT), Book::new());
    let token = prefetched("session=ada", &["visits=1; Path=/"], &config, &mut book);
    let outcome = book.redeem(&token, BY_FILE, &redeemer(BY_FILE, ""), &config);
    assert_eq!(lines(&outcome), ["visits=1; Path=/"]);
    assert_eq!(
        outcome.affected.map(|it| (it.page, it.affected)),
        Some(("/a".to_owned(), Affected::WithSession))
    );
    assert!(book.sent.is_empty());
}

#[test]
fn what_was_held_goes_when_a_rendered_page_is_activated_and_no_other() {
    let config = keyed(&[("EFFECT_PATHS", "/pixel.gif")]);
    let mut book = Book::new();
    let token = prerendered("", &COOKIES[1..], &config);
    let outcome = book.redeem(&token, Way::Script, &redeemer(Way::Script, ""), &config);
    let release = outcome.release.unwrap();
    assert_eq!((release.site.as_str(), release.since, outcome.answer), ("shop.example", NOW, Answer::Done));
    let token = prerendered("", &COOKIES[1..], &config);
    let fetched = visit("POST", ACTIVATE_FETCHED, &[("referer", PAGE)]);
    assert_eq!(Book::new().redeem(&token, Way::Script, &fetched, &config).release, None);
    let token = prefetched("", &COOKIES, &config, &mut book);
    let by_rule = Book::new().redeem(&token, Way::Rule, &redeemer(Way::Rule, ""), &config);
    assert_eq!(by_rule.release.unwrap().page, release.page, "the key of the page that sends");
    assert_eq!(Book::new().redeem(&token, BY_FILE, &redeemer(BY_FILE, ""), &config).release, None);
}

#[test]
fn what_a_ledger_keeps_leaves_by_itself() {
    let (config, mut book) = (keyed(&EFFECT), Book::new());
    let token = prefetched("", &[&long()], &config, &mut book);
    book.redeem(&token, BY_FILE, &redeemer(BY_FILE, ""), &config);
    assert_eq!(book.store.count(Kind::Ticket), Ok(1));
    ledger::sweep(&mut book.store, &mut book.load, NOW + ledger::LIFE_MS).unwrap();
    assert_eq!(book.store.size(), (0, 0));
}

#[test]
fn a_ticket_that_is_known_to_be_redeemed_asks_nobody_and_is_not_opened() {
    for long in [None, Some(long())] {
        let (config, mut book) = (keyed(&[]), Book::new());
        let set: Vec<&str> = COOKIES.into_iter().chain(long.as_deref()).collect();
        let token = prefetched("", &set, &config, &mut book);
        let visit = redeemer(BY_FILE, "");
        let outcome = book.redeem(&token, BY_FILE, &visit, &config);
        let mut redeemed = Redeemed::default();
        redeemed.add(outcome.redeemed.unwrap(), NOW);
        let calls = book.calls;
        let redemption = Redemption { visit: &visit, way: BY_FILE, headers: &[], config: &config };
        assert_eq!(book.run(redemption.begin(Some(&token), &redeemed, NOW)), Outcome::of(RULES));
        // Not even by a ticket of which nothing but the nonce is right.
        let changed = format!("{}AAAA", &token[..token.len() - 4]);
        assert_eq!(book.run(redemption.begin(Some(&changed), &redeemed, NOW)), Outcome::of(RULES));
        assert_eq!(book.calls, calls);
        let other = prefetched("", &["seen=1; Path=/"], &config, &mut book);
        let outcome = book.run(redemption.begin(Some(&other), &Redeemed::default(), NOW));
        assert_eq!(outcome.answer, RULES);
    }
}

/// Who redeems for the page `/a` that is shown as it was fetched, though it was prerendered.
fn shown_as_fetched(cookies: &str, agent: &str) -> Visit {
    visit("POST", ACTIVATE_FETCHED, &[("cookie", cookies), ("referer", PAGE), ("user-agent", agent)])
}

/// The tickets that are known to be redeemed after this outcome.
fn with_redeemed(outcome: &Outcome) -> Redeemed {
    let mut redeemed = Redeemed::default();
    redeemed.add(outcome.redeemed.clone().unwrap(), NOW);
    redeemed
}

#[test]
fn a_prerendered_page_that_is_shown_as_it_was_fetched_in_two_tabs_is_good_in_both_and_done_once() {
    let shown = shown_as_fetched("", "");
    for long in [None, Some(long())] {
        let (config, mut book) = (keyed(&[]), Book::new());
        let set: Vec<&str> = COOKIES.into_iter().chain(long.as_deref()).collect();
        let token = prefetched("", &set, &config, &mut book);
        let first = book.redeem(&token, Way::Script, &shown, &config);
        assert_eq!((first.answer, lines(&first)), (Answer::Done, set));
        let known = |answer| Outcome { redeemed: first.redeemed.clone(), ..Outcome::of(answer) };
        assert_eq!(book.redeem(&token, Way::Script, &shown, &config), known(Answer::Done));
        let rendered = redeemer(Way::Script, "");
        assert_eq!(book.redeem(&token, Way::Script, &rendered, &config), known(Answer::NotGood));
        // The same where the isolate knows that it is redeemed, which asks no more than for the ticket.
        let redeemed = with_redeemed(&first);
        let calls = book.calls;
        let mut again = |visit: &Visit, token: &str, now: u64| {
            let redemption = Redemption { visit, way: Way::Script, headers: &[], config: &config };
            book.run(redemption.begin(Some(token), &redeemed, now))
        };
        assert_eq!(again(&shown, &token, NOW), Outcome::of(Answer::Done));
        let not_good = Outcome::of(Answer::NotGood);
        assert_eq!(again(&rendered, &token, NOW), not_good);
        assert_eq!(again(&shown_as_fetched("", "another browser"), &token, NOW), not_good);
        let changed = format!("{}AAAA", &token[..token.len() - 4]);
        assert_eq!(again(&shown, &changed, NOW), not_good);
        assert_eq!(book.calls - calls, if long.is_some() { 2 } else { 0 });
    }
}

#[test]
fn a_page_that_is_shown_again_as_it_was_fetched_is_not_good_for_a_visit_or_for_another_visitor() {
    let run = |token: &str, visit: &Visit, redeemed: &Redeemed, config: &Config, book: &mut Book| {
        let redemption = Redemption { visit, way: Way::Script, headers: &[], config };
        book.run(redemption.begin(Some(token), redeemed, NOW))
    };
    // A visit is due of each tab.
    let (config, mut book) = (keyed(&EFFECT), Book::new());
    let token = prefetched("session=1", &COOKIES[1..], &config, &mut book);
    let shown = shown_as_fetched("session=1", "");
    let first = book.redeem(&token, Way::Script, &shown, &config);
    assert_eq!((first.answer, book.sent.len()), (Answer::Done, 1));
    let redeemed = with_redeemed(&first);
    assert_eq!(book.redeem(&token, Way::Script, &shown, &config).answer, Answer::NotGood);
    for visit in [&shown, &shown_as_fetched("session=2", "")] {
        let outcome = run(&token, visit, &redeemed, &config, &mut book);
        assert_eq!(outcome, Outcome::of(Answer::NotGood));
    }
    assert_eq!(book.sent.len(), 1);
    // Whoever is somebody else by now is not shown what was rendered for the one before.
    let (config, mut book) = (keyed(&[]), Book::new());
    let token = prerendered("session=1", &COOKIES[1..], &config);
    let first = book.redeem(&token, Way::Script, &shown, &config);
    assert_eq!((first.answer, lines(&first)), (Answer::Done, COOKIES[1..].to_vec()));
    let redeemed = with_redeemed(&first);
    assert_eq!(run(&token, &shown, &redeemed, &config, &mut book), Outcome::of(Answer::Done));
    let other = shown_as_fetched("session=2", "");
    assert_eq!(run(&token, &other, &redeemed, &config, &mut book), Outcome::of(Answer::NotGood));
    assert_eq!(book.redeem(&token, Way::Script, &other, &config).answer, Answer::Stale);
}

#[test]
fn whoever_sends_more_cookies_than_are_read_is_handed_nothing_over() {
    let (config, mut book) = (keyed(&[]), Book::new());
    let token = prefetched("", &COOKIES, &config, &mut book);
    for cookies in ["a=1; ".repeat(200), format!("a={}", "x".repeat(20_000))] {
        assert_eq!(book.redeem(&token, BY_FILE, &redeemer(BY_FILE, &cookies), &config), Outcome::of(RULES));
        let by_script = book.redeem(&token, Way::Script, &redeemer(Way::Script, &cookies), &config);
        assert_eq!(by_script, Outcome::of(Answer::NotGood));
    }
    assert_eq!(book.calls, 0);
    assert_eq!(lines(&book.redeem(&token, BY_FILE, &redeemer(BY_FILE, ""), &config)), COOKIES);
}
