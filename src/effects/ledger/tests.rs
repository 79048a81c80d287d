use super::*;
use crate::effects::network::MAX_OF_NETWORK;
use crate::sorting::map::SortedSet;
use crate::store::Memory;
use crate::store::testing::Counting;

const ONCE: Delivery = Delivery::AtMostOnce;
const SURELY: Delivery = Delivery::AtLeastOnce;

/// A ledger in memory.
struct Book {
    store: Memory,
    load: Load,
}

impl Book {
    fn new() -> Self {
        let store = Memory::default();
        let load = Load::of(&store).unwrap();
        Self { store, load }
    }

    /// Whether it is the first.
    fn begin(&mut self, name: &str, delivery: Delivery, now: u64) -> bool {
        begin(&mut self.store, &mut self.load, name, delivery, "request", true, now).unwrap() == Begun::First
    }

    fn open(&mut self, page: &str, now: u64) {
        assert!(open(&mut self.store, &mut self.load, page, None, now).unwrap());
    }

    fn hold(&mut self, page: &str, request: &str, now: u64) -> Hold {
        hold(&mut self.store, &mut self.load, page, ONCE, request, now, now).unwrap()
    }

    fn release(&mut self, page: &str, now: u64) -> Vec<String> {
        self.release_of(page, 0, now)
    }

    /// The same of the rendering that was answered at `since`.
    fn release_of(&mut self, page: &str, since: u64, now: u64) -> Vec<String> {
        release(&mut self.store, &mut self.load, page, since, now).unwrap()
    }

    fn take(&mut self, name: &str, now: u64) -> Option<String> {
        take(&mut self.store, name, now).unwrap()
    }

    fn finished(&mut self, name: &str, outcome: Outcome, now: u64) {
        finished(&mut self.store, name, outcome, now).unwrap();
    }

    fn sweep(&mut self, now: u64) -> Vec<String> {
        sweep(&mut self.store, &mut self.load, now).unwrap()
    }

    fn next(&self, now: u64) -> Option<u64> {
        next(&self.store, now).unwrap()
    }
}

const NOBODY: [&str; 0] = [];

#[test]
fn a_hundred_who_come_with_one_deferred_request_send_it_once() {
    for delivery in [ONCE, SURELY] {
        let mut book = Book::new();
        assert_eq!((0..100).filter(|at| book.begin("t", delivery, *at)).count(), 1, "{delivery:?}");
        book.finished("t", Outcome::Answered, 200);
        assert!(!book.begin("t", delivery, 300) && book.begin("u", delivery, 300));
    }
}

#[test]
fn what_dies_in_between_is_sent_again_where_the_site_wants_that_and_never_where_not() {
    for (delivery, tried) in [(ONCE, 0), (SURELY, 1)] {
        let mut book = Book::new();
        assert!(book.begin("t", delivery, 0));
        // Nobody says what came of it.
        assert_eq!(book.sweep(LOST_MS - 1), NOBODY, "it may be on its way");
        let names = book.sweep(LOST_MS);
        assert_eq!(names.len(), tried, "{delivery:?}");
        for name in names {
            assert_eq!(book.take(&name, LOST_MS).as_deref(), Some("request"));
            assert_eq!(book.take(&name, LOST_MS), None, "once at a time");
        }
    }
}

#[test]
fn an_origin_that_fails_is_asked_again_a_few_times_and_less_and_less_often() {
    let mut book = Book::new();
    assert!(book.begin("t", SURELY, 0));
    book.finished("t", Outcome::Failed, 10);
    let (mut now, mut delivery) = (10, Vec::new());
    while now < LIFE_MS - 1000 {
        now += 1000;
        for name in book.sweep(now) {
            assert!(book.take(&name, now).is_some());
            book.finished(&name, Outcome::Failed, now);
            delivery.push(now);
        }
    }
    assert_eq!(delivery.len() + 1, usize::from(MAX_TRIES));
    assert!(
        delivery.windows(3).all(|delivery| delivery[2] - delivery[1] > delivery[1] - delivery[0]),
        "{delivery:?}"
    );
    let mut once = Book::new();
    assert!(once.begin("t", ONCE, 0));
    once.finished("t", Outcome::Failed, 10);
    assert_eq!(once.sweep(LIFE_MS - 1), NOBODY);
}

#[test]
fn what_a_page_sends_is_deferred_in_order_until_it_is_activated() {
    let mut book = Book::new();
    book.open("page", 0);
    book.open("page2", 0);
    for number in 0..3 {
        assert_eq!(book.hold("page", &format!("r{number}"), number), Hold::Held);
    }
    assert_eq!(book.hold("page2", "other", 3), Hold::Held);
    assert_eq!(book.sweep(LIFE_MS - 1), NOBODY, "nobody looks: never");
    let names = book.release("page", 10);
    let requests: Vec<_> = names.iter().map(|name| book.take(name, 10).unwrap()).collect();
    assert_eq!(requests, ["r0", "r1", "r2"]);
    assert_eq!(book.release("page", 11), NOBODY, "once");
    assert!(names.iter().all(|name| book.take(name, 11).is_none()));
    assert_eq!(book.hold("page", "late", 12), Hold::Send, "it was under way");
    let sent_at =
        |book: &mut Book, at, now| hold(&mut book.store, &mut book.load, "page", ONCE, "x", at, now).unwrap();
    let over = 11 + UNDER_WAY_MS;
    assert_eq!(sent_at(&mut book, over - 1, over + 5_000), Hold::Send, "its body took long");
    assert_eq!(sent_at(&mut book, over + 60_000, over - 1), Hold::Send, "by a clock that is ahead");
    assert_eq!(sent_at(&mut book, over, over), Hold::Held, "of another rendering, which nobody has seen");
    assert_eq!(book.release("page2", 13).len(), 1);
}

#[test]
fn what_is_released_and_not_sent_for_want_of_time_the_alarm_sends() {
    let mut book = Book::new();
    book.open("page", 0);
    book.hold("page", "request", 0);
    let names = book.release("page", 10);
    assert_eq!(book.next(10), Some(LOST_MS));
    assert_eq!(book.sweep(10 + UNDER_WAY_MS), NOBODY);
    assert_eq!(book.next(10 + UNDER_WAY_MS), Some(LOST_MS - UNDER_WAY_MS));
    assert_eq!(book.sweep(10 + LOST_MS), names);
    assert!(book.take(&names[0], 10 + LOST_MS).is_some());
    assert_eq!(book.sweep(10 + 3 * LOST_MS), NOBODY, "begun is done");
}

#[test]
fn everything_is_bounded_and_what_was_promised_stays() {
    let mut book = Book::new();
    book.open("page", 0);
    book.open("other", 0);
    book.open("new", 0);
    for number in 0..MAX_HELD {
        assert_eq!(book.hold("page", "request", number as u64), Hold::Held);
    }
    assert_eq!(book.hold("page", "request", 100), Hold::Full);
    assert_eq!(book.hold("other", &"x".repeat(MAX_REQUEST_BYTES + 1), 100), Hold::Full);
    assert!(book.begin("mine", SURELY, 100));
    book.load.records = MAX_RECORDS / 2;
    assert_eq!(
        book.hold("other", "request", 101),
        Hold::Full,
        "half is left to those who were promised something"
    );
    assert!(!keep_ticket(&mut book.store, &mut book.load, "name", "ticket", 101).unwrap());
    assert!(!open(&mut book.store, &mut book.load, "newer", None, 101).unwrap());
    assert!(book.begin("promised", ONCE, 101));
    assert_eq!(redeem(&mut book.store, &mut book.load, "promised ticket", 101).unwrap(), Begun::First);
    book.load.records = MAX_RECORDS;
    assert_eq!(begin(&mut book.store, &mut book.load, "t", ONCE, "request", true, 101).unwrap(), Begun::Full);
    assert_eq!(
        begin(&mut book.store, &mut book.load, "mine", ONCE, "request", true, 101).unwrap(),
        Begun::Known
    );
    assert!(!book.begin("t", SURELY, 101) && book.hold("new", "request", 101) == Hold::Full);
    assert!(!open(&mut book.store, &mut book.load, "newer", None, 101).unwrap());
    assert_eq!(redeem(&mut book.store, &mut book.load, "ticket", 101).unwrap(), Begun::Full);
    assert!(!keep_ticket(&mut book.store, &mut book.load, "name", "ticket", 101).unwrap());
    assert_eq!(book.release("page", 102).len(), MAX_HELD, "what is there can be had");
    assert_eq!(book.sweep(100 + LOST_MS), ["mine"]);
}

#[test]
fn everything_leaves_by_itself() {
    let mut book = Book::new();
    assert!(keep_ticket(&mut book.store, &mut book.load, "name", "ticket", 0).unwrap());
    book.begin("t", SURELY, 0);
    book.finished("t", Outcome::Answered, 1);
    book.open("page", 900);
    book.hold("page", "request", 1000);
    book.open("shown", 1500);
    book.release("shown", 2000);
    assert_eq!(book.load.records, 5);
    assert_eq!(Load::of(&book.store).unwrap(), book.load);
    assert_eq!(kept_ticket(&book.store, "name").unwrap().as_deref(), Some("ticket"));
    assert_eq!(book.next(5000), Some(REMOVAL_MS - 5000), "what was shown is first");
    assert_eq!(book.sweep(REMOVAL_MS), NOBODY);
    // Then the ticket, and what was sent by one.
    assert_eq!((book.load.records, book.next(REMOVAL_MS)), (4, Some(6 * REMOVAL_MS)));
    assert_eq!(book.sweep(7 * REMOVAL_MS), NOBODY);
    assert_eq!(kept_ticket(&book.store, "name").unwrap(), None);
    assert_eq!((book.load.records, book.next(7 * REMOVAL_MS)), (2, Some(LIFE_MS - 6 * REMOVAL_MS)));
    assert_eq!(book.sweep(LIFE_MS + REMOVAL_MS), NOBODY);
    assert_eq!((book.next(LIFE_MS + REMOVAL_MS), book.store.size(), book.load.records), (None, (0, 0), 0));
}

#[test]
fn the_alarm_is_set_for_what_is_next_and_never_rings_in_vain() {
    let mut book = Book::new();
    book.begin("t", SURELY, 0);
    book.open("page", 2);
    book.hold("page", "request", 5);
    let (mut now, mut rings) = (0, 0);
    while let Some(wait) = book.next(now) {
        now += wait;
        let (before, names) = (book.store.size(), book.sweep(now));
        assert!(!names.is_empty() || book.store.size() < before, "in vain at {now}");
        for name in names {
            book.take(&name, now);
            book.finished(&name, Outcome::Failed, now);
        }
        rings += 1;
        assert!(rings <= usize::from(MAX_TRIES) + 3);
    }
    assert_eq!(book.store.size(), (0, 0));
}

#[test]
fn one_alarm_removes_what_ends_within_a_minute_and_what_is_due_is_sent_at_once() {
    let mut book = Book::new();
    for at in 1..=100 {
        let name = format!("redeemed {at}");
        assert_eq!(redeem(&mut book.store, &mut book.load, &name, at * 500).unwrap(), Begun::First);
        let (name, now) = (format!("kept {at}"), at * 500);
        assert!(keep_ticket(&mut book.store, &mut book.load, &name, "ticket", now).unwrap());
    }
    // The last of them is good for nearly seven.
    assert_eq!(book.next(0), Some(7 * REMOVAL_MS));
    book.begin("surely", SURELY, 60_001);
    assert_eq!(book.next(0), Some(60_001 + LOST_MS));
    book.finished("surely", Outcome::Answered, 60_002);
    assert_eq!(book.sweep(7 * REMOVAL_MS), NOBODY);
    assert_eq!((book.load.records, book.next(0)), (1, Some(8 * REMOVAL_MS)));
}

#[test]
fn what_was_sent_late_is_remembered_as_long_as_its_ticket_is_good_and_no_longer_than_anything() {
    let mut book = Book::new();
    for (name, answered) in [("early", 1), ("late", LIFE_MS - 5)] {
        book.begin(name, SURELY, 0);
        book.finished(name, Outcome::Answered, answered);
        let until = read(&book.store.get(Kind::DeferredRequest, name).unwrap().unwrap()).unwrap().until;
        assert_eq!(until, LIFE_MS.min(answered + REDEEMED_MS), "{name}");
    }
}

#[test]
fn a_request_that_is_never_sent_again_is_not_kept() {
    let mut book = Book::new();
    book.begin("once", ONCE, 0);
    book.begin("surely", SURELY, 0);
    let has_request = |book: &Book, name: &str| {
        book.store.get(Kind::DeferredRequest, name).unwrap().unwrap().contains("\"request\":\"request\"")
    };
    assert!(!has_request(&book, "once") && has_request(&book, "surely"));
    book.finished("surely", Outcome::Answered, 1);
    assert!(!has_request(&book, "surely"));
}

#[test]
fn a_page_that_is_rendered_again_counts_for_what_is_shown() {
    let mut book = Book::new();
    book.open("page", 0);
    book.hold("page", "first", 1);
    // That one was not activated.
    book.open("page", 2);
    book.hold("page", "second", 3);
    let names = book.release("page", 4);
    assert_eq!(names.len(), 1);
    // It is rendered once more before what is due has been sent.
    book.open("page", 5);
    assert_eq!(book.take(&names[0], 6).as_deref(), Some("second"));
    assert_eq!(book.hold("page", "third", 7), Hold::Held, "this one is not activated yet");
    assert_eq!(Load::of(&book.store).unwrap(), book.load);
}

#[test]
fn a_ticket_is_redeemed_once() {
    let mut book = Book::new();
    let last = ticket::LIFE_MS + APART_MS;
    let redeem = |book: &mut Book, now| redeem(&mut book.store, &mut book.load, "t", now).unwrap();
    assert_eq!((redeem(&mut book, 0), redeem(&mut book, 1)), (Begun::First, Begun::Known));
    assert!(!book.begin("t", SURELY, 2));
    assert_eq!(book.sweep(last - 1), NOBODY);
    assert_eq!(redeem(&mut book, last - 1), Begun::Known);
    assert_eq!(book.sweep(last.next_multiple_of(REMOVAL_MS)), NOBODY);
    assert_eq!(book.store.size(), (0, 0), "by now the ticket is not good any more, by any clock");
}

#[test]
fn of_a_page_that_was_fetched_and_is_rendered_only_what_it_sent_since_counts() {
    let mut book = Book::new();
    // Nobody says when such a page begins to be rendered.
    assert_eq!(book.hold("page", "before", 10), Hold::Held);
    assert_eq!(book.hold("page", "its own", 20_000), Hold::Held);
    let long = "x".repeat(MAX_UNASKED_BYTES + 1);
    assert_eq!(book.hold("page", &long, 20_000), Hold::Held, "it is known by now");
    assert_eq!(book.hold("other", &long, 20_000), Hold::Full);
    let names = book.release_of("page", 15_000, 20_030);
    assert_eq!(names.len(), 2);
    assert_eq!(book.take(&names[0], 20_030).as_deref(), Some("its own"));
    assert_eq!(book.hold("page", "late", 20_040), Hold::Send);
    // What is done leaves room.
    let mut full = Book::new();
    for number in 0..u64::try_from(MAX_HELD).unwrap() {
        assert_eq!(full.hold("page", "request", number), Hold::Held);
    }
    for name in release(&mut full.store, &mut full.load, "page", 0, 100).unwrap() {
        full.take(&name, 100);
        full.finished(&name, Outcome::Answered, 100);
    }
    full.open("page", 200);
    assert_eq!(full.hold("page", "request", 200), Hold::Held);
    assert_eq!(book.hold("page", "of another rendering", 20_030 + UNDER_WAY_MS), Hold::Held);
}

/// The isolates' clock is a minute ahead of the ledger's.
#[test]
fn what_was_deferred_is_released_whatever_the_clocks_of_two_machines_say() {
    const AHEAD: u64 = 60_000;
    const NOW: u64 = 1_800_000_000_000;
    let hold_at = |book: &mut Book, page: &str, request: &str, now: u64| {
        let at = now + AHEAD;
        assert_eq!(hold(&mut book.store, &mut book.load, page, ONCE, request, at, now).unwrap(), Hold::Held);
    };
    let mut book = Book::new();
    for (since, requests) in [(NOW, ["a", "b"]), (NOW + 100, ["c", "d"])] {
        let opened = open(&mut book.store, &mut book.load, "page", Some(since + AHEAD), since).unwrap();
        assert!(opened);
        for request in requests {
            hold_at(&mut book, "page", request, since + 1);
        }
    }
    let names = book.release_of("page", NOW + 100 + AHEAD, NOW + 200);
    let again = book.release_of("page", NOW + 100 + AHEAD, NOW + 300);
    assert_eq!(again, names, "whoever was not told asks again");
    let sent: Vec<_> = names.iter().map(|name| book.take(name, NOW + 300).unwrap()).collect();
    assert_eq!(sent, ["c", "d"], "those of the rendering that is shown");
    // One that was not opened, and an earlier one that nobody has seen.
    hold_at(&mut book, "fetched", "before", NOW);
    hold_at(&mut book, "fetched", "its own", NOW + 20_000);
    let names = book.release_of("fetched", NOW + 20_000 + AHEAD, NOW + 20_001);
    let sent: Vec<_> = names.iter().map(|name| book.take(name, NOW + 20_001).unwrap()).collect();
    assert_eq!(sent, ["its own"]);
}

/// Isolates of the version before say neither which rendering they open nor when a request came.
#[test]
fn a_page_that_the_version_before_has_opened_is_released_by_the_clocks() {
    let mut book = Book::new();
    book.open("page", 50_000);
    assert_eq!(book.hold("page", "request", 50_010), Hold::Held);
    for (since, expected) in [(50_011 + APART_MS, 0), (50_010 + APART_MS, 1), (0, 1)] {
        let mut book = Book { store: book.store.clone(), load: book.load.clone() };
        assert_eq!(book.release_of("page", since, 50_020).len(), expected, "{since}");
    }
}

#[test]
fn a_key_leads_to_one_ledger_of_its_site_for_good() {
    // FNV-1a of "a" is af63dc4c8601ec8c.
    assert_eq!(name_of("shop.example", "a", 16), "shop.example/ledger/12");
    assert_eq!(name_of("shop.example", "a", 1), "shop.example/ledger/0");
    assert_eq!(name_of("shop.example", "a", 0), "shop.example/ledger/0");
}

#[test]
fn a_page_is_known_by_its_site_its_url_and_its_browser() {
    let seal = Seal::new("0123456789abcdef0123456789abcdef", None).unwrap();
    let browser = |agent: &str| [agent.to_owned(), "en".to_owned()];
    let key = |site: &str, page: &str, agent: &str| page_key(&seal, site, page, &browser(agent));
    let ada = key("shop.example", "/a", "Ada's");
    assert_eq!(ada, key("shop.example", "/a", "Ada's"));
    assert!(ada.len() == 16 && ada.bytes().all(|byte| byte.is_ascii_hexdigit()), "{ada}");
    for other in [
        key("shop.example", "/a", "Bob's"),
        key("shop.example", "/b", "Ada's"),
        key("b.example", "/a", "Ada's"),
    ] {
        assert_ne!(ada, other);
    }
}

#[test]
fn the_origin_has_taken_what_it_answers_without_an_error_of_its_own() {
    for (status, outcome) in [
        (200, Outcome::Answered),
        (302, Outcome::Answered),
        (404, Outcome::Answered),
        (500, Outcome::Failed),
        (503, Outcome::Failed),
    ] {
        assert_eq!(Outcome::of_status(status), outcome, "{status}");
    }
}

#[test]
fn the_words_of_what_is_stored_and_answered_stay() {
    let words = |sent: &Sent| serde_json::to_string(sent).unwrap();
    assert_eq!(words(&Sent::Now(vec!["a=1".to_owned()])), r#"{"now":["a=1"]}"#);
    assert_eq!((words(&Sent::Known), words(&Sent::Full)), ("\"known\"".to_owned(), "\"full\"".to_owned()));
    let mut book = Book::new();
    assert!(book.begin("x", SURELY, 100));
    let record = book.store.get(Kind::DeferredRequest, "x").unwrap().unwrap();
    assert_eq!(
        record,
        r#"{"state":"begun","times":"at-least-once","tries":1,"due":20100,"until":900100,"request":"request"}"#
    );
}

#[test]
fn requests_are_begun_for_twenty_seconds_and_the_others_are_left_to_the_alarm() {
    for (now, expected) in [(1_000, true), (21_000, true), (21_001, false), (u64::MAX, false)] {
        assert_eq!(sends_more(0, 1_000, now), expected, "{now}");
    }
    assert!(sends_more(MAX_CALLS - 1, 1_000, 999), "a clock may be set back");
}

#[test]
fn the_alarm_rings_when_something_is_to_be_done_and_never_at_once() {
    let mut book = Book::new();
    let alarm = |book: &Book, now| next_alarm(&book.store, now).unwrap();
    assert_eq!(alarm(&book, 0), None);
    assert!(book.begin("t", SURELY, 0));
    assert_eq!(alarm(&book, 0), Some(20_000));
    assert_eq!(alarm(&book, 19_899), Some(101));
    for now in [19_900, 19_901, 20_000, 1_000_000] {
        assert_eq!(alarm(&book, now), Some(100), "{now}");
    }
}

/// However many tickets are kept for whoever asks, what others were promised finds its room.
#[test]
fn tickets_that_anybody_can_have_kept_do_not_take_the_room_of_redemptions() {
    let mut book = Book::new();
    let ticket = "x".repeat(3000);
    let mut kept = 0;
    for number in 0..20_000 {
        book.load.asked_by(Some(number / 100));
        let name = number.to_string();
        kept += usize::from(keep_ticket(&mut book.store, &mut book.load, &name, &ticket, 1).unwrap());
    }
    assert_eq!(kept, MAX_RECORDS / 2);
    book.load.asked_by(Some(1_000_000));
    assert!(book.begin("a counted visit", ONCE, 2));
    let redeem = |book: &mut Book| redeem(&mut book.store, &mut book.load, "ticket", 2).unwrap();
    assert_eq!((redeem(&mut book), redeem(&mut book)), (Begun::First, Begun::Known), "good once");
}

#[test]
fn one_network_that_asks_for_ever_leaves_room_to_all_others() {
    let mut book = Book::new();
    book.load.asked_by(Some(1));
    let kept = (0..2000).filter(|number| {
        let name = format!("kept {number}");
        keep_ticket(&mut book.store, &mut book.load, &name, "ticket", 1).unwrap()
    });
    assert_eq!(kept.count(), MAX_OF_NETWORK as usize);
    // What it was promised it has beyond that, while half of the room is free.
    let had = (0..MAX_RECORDS).filter(|number| book.begin(&number.to_string(), ONCE, 1)).count();
    assert_eq!(had, MAX_RECORDS / 2 - MAX_OF_NETWORK as usize);
    assert!(!keep_ticket(&mut book.store, &mut book.load, "name", "ticket", 1).unwrap());
    assert_eq!(book.hold("page", "request", 1), Hold::Full);
    book.load.asked_by(Some(2));
    let had = (0..2000).filter(|number| book.begin(&format!("other {number}"), ONCE, 1)).count();
    assert_eq!(had, MAX_OF_NETWORK as usize, "what others were promised");
}

#[test]
fn holding_a_request_reads_one_record_however_many_are_held() {
    for is_opened in [true, false] {
        let (mut store, mut load) = (Counting::default(), Load::default());
        if is_opened {
            assert!(open(&mut store, &mut load, "page", None, 0).unwrap());
        }
        for number in 0..MAX_HELD as u64 {
            store.reads.set(0);
            assert_eq!(
                hold(&mut store, &mut load, "page", ONCE, "request", number, number).unwrap(),
                Hold::Held
            );
            assert_eq!(store.reads.get(), 1, "the {number}th");
        }
        assert_eq!(hold(&mut store, &mut load, "page", ONCE, "request", 100, 100).unwrap(), Hold::Full);
        assert_eq!(release(&mut store, &mut load, "page", 0, 101).unwrap().len(), MAX_HELD);
    }
}

#[test]
fn what_earlier_versions_wrote_of_a_page_holds_and_no_number_is_given_twice() {
    let mut book = Book::new();
    for number in 0..3 {
        assert_eq!(book.hold("page", &number.to_string(), number), Hold::Held);
    }
    // They did not count.
    book.store.put(Kind::Rendered, "page", OPEN, sort_key(LIFE_MS)).unwrap();
    assert_eq!(book.hold("page", "3", 3), Hold::Held);
    assert_eq!(book.store.get(Kind::Rendered, "page").unwrap().as_deref(), Some("open 4 4 900003"));
    let names = book.release("page", 4);
    assert_eq!(names.len(), 4);
    // Rendered anew, while one of these is still to be sent.
    book.open("page", 5);
    assert_eq!(book.hold("page", "4", 5), Hold::Held);
    let requests = names.iter().map(|name| book.take(name, 5).unwrap()).collect::<Vec<_>>();
    assert_eq!(requests, ["0", "1", "2", "3"]);
    assert_eq!(opened("open 1 2 3"), Some(Opened { held: 1, next: 2, until: 3, rendering: None }));
    let rendering = Some(Rendering { since: 4, first: 5 });
    assert_eq!(opened("open 1 2 3 4 5"), Some(Opened { held: 1, next: 2, until: 3, rendering }));
    for record in
        ["open", "open ", "open 1", "open 1 2", "open x 2 3", "open 1 99999999999 3", "opened 1 2 3", "17"]
    {
        assert_eq!(opened(record), None, "{record}");
    }
}

/// The origin was down, and is back.
#[test]
fn what_is_more_than_one_alarm_may_send_is_not_tried_by_it_and_rings_again_at_once() {
    let mut book = Book::new();
    for number in 0..200 {
        assert!(book.begin(&format!("{number:03}"), SURELY, 0));
    }
    let (mut now, mut alarms) = (LOST_MS, 0);
    let mut sent = SortedSet::new();
    while sent.len() < 200 {
        let mut times = 0;
        for name in book.sweep(now) {
            if !sends_more(times, now, now) {
                break;
            }
            assert!(book.take(&name, now).is_some());
            times += 1;
            book.finished(&name, Outcome::Answered, now);
            assert!(sent.insert(name), "each is sent once");
        }
        assert_eq!(times, MAX_CALLS);
        alarms += 1;
        if sent.len() < 200 {
            assert_eq!(next_alarm(&book.store, now).unwrap(), Some(100), "the rest is due");
            let left = book.store.get(Kind::DeferredRequest, "199").unwrap().unwrap();
            assert_eq!(read(&left).unwrap().tries, 1, "none of the rest was tried");
        }
        now += 100;
    }
    assert_eq!(alarms, 5);
    assert!(next_alarm(&book.store, now).unwrap() > Some(60_000));
}
