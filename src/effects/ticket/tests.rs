use super::*;
use proptest::prelude::*;

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const NOW: u64 = 1_800_000_000_000;

fn seal() -> Seal {
    Seal::new(SECRET, None).unwrap()
}

fn browser() -> Vec<String> {
    ["Mozilla/5.0 X", "en", "\"Linux\""].map(str::to_owned).to_vec()
}

fn ticket() -> Ticket {
    let seal = seal();
    Ticket {
        site: "shop.example".to_owned(),
        page: "/a?q=1".to_owned(),
        until: NOW + LIFE_MS,
        browser: digest_of(&seal, &browser()),
        cookies: vec![
            Deferred {
                line: "visits=4; Path=/".to_owned(),
                before: Some(seal.digest(&["3"])),
                is_newest: false,
            },
            Deferred { line: "session=x; Path=/; HttpOnly".to_owned(), before: None, is_newest: false },
        ],
        effect: None,
        referer: None,
        who: None,
        holds: false,
        state: None,
    }
}

fn redeemer<'a>(browser: &'a [String], cookies: &'a str) -> Redeemer<'a> {
    Redeemer { site: "shop.example", page: "/a?q=1", browser, cookies, now: NOW + 1000 }
}

#[test]
fn a_ticket_opens_for_its_page_and_browser_within_its_time() {
    let (seal, browser) = (seal(), browser());
    let sealed = ticket().seal(&seal, [9; 24]).unwrap();
    assert_eq!(sealed.kept, None);
    assert_eq!(Token::parse(&sealed.token, &seal), Some(Token::Ticket(&sealed.token)));
    let right = redeemer(&browser, "");
    let (opened, name) = Ticket::open(&sealed.token, &seal, &right).unwrap();
    assert_eq!(opened, ticket());
    assert_eq!(name, URL_SAFE_NO_PAD.encode([9; 24]));
    let other_browser = vec!["Mozilla/5.0 Y".to_owned(), "en".to_owned(), "\"Linux\"".to_owned()];
    for wrong in [
        Redeemer { site: "other.example", ..right },
        Redeemer { site: "shop.example:8443", ..right },
        Redeemer { page: "/a", ..right },
        Redeemer { page: "/a?q=2", ..right },
        Redeemer { browser: &other_browser, ..right },
        Redeemer { browser: &[], ..right },
        Redeemer { now: NOW + LIFE_MS, ..right },
        Redeemer { now: NOW + 3_600_000, ..right },
        Redeemer { now: NOW - APART_MS - 1, ..right },
    ] {
        assert_eq!(Ticket::open(&sealed.token, &seal, &wrong), None, "{wrong:?}");
    }
    // The clock of whoever is asked may be behind that of whoever has given it.
    for now in [NOW + LIFE_MS - 1, NOW - 3_000, NOW - APART_MS] {
        assert!(Ticket::open(&sealed.token, &seal, &Redeemer { now, ..right }).is_some(), "{now}");
    }
}

#[test]
fn what_is_no_ticket_opens_nothing() {
    let (seal, browser) = (seal(), browser());
    let right = redeemer(&browser, "");
    let token = ticket().seal(&seal, [9; 24]).unwrap().token;
    for wrong in [
        String::new(),
        "x".to_owned(),
        format!("{token}A"),
        format!("{token}="),
        format!(" {token}"),
        token.to_ascii_lowercase(),
        token[..token.len() - 1].to_owned(),
        "A".repeat(token.len()),
        "A".repeat(3 * MAX_BYTES),
    ] {
        assert_eq!(Ticket::open(&wrong, &seal, &right), None, "{wrong}");
    }
    // Something else of ours that was sealed is no ticket either.
    let other = URL_SAFE_NO_PAD.encode(seal.seal(b"{}", "errand", [1; 24]).unwrap());
    assert_eq!(Ticket::open(&other, &seal, &right), None);
    let retired = Seal::new("another secret of thirty-two chars", None).unwrap();
    assert_eq!(Ticket::open(&token, &retired, &right), None);
    let rotated = Seal::new("another secret of thirty-two chars", Some(SECRET)).unwrap();
    assert!(Ticket::open(&token, &rotated, &right).is_some());
}

#[test]
fn a_long_ticket_is_kept_and_a_longer_one_is_none() {
    let seal = seal();
    let long = |bytes: usize| Ticket {
        cookies: vec![Deferred { line: format!("a={}", "x".repeat(bytes)), before: None, is_newest: false }],
        ..ticket()
    };
    let sealed = long(8000).seal(&seal, [3; 24]).unwrap();
    let (name, kept) = sealed.kept.unwrap();
    assert_eq!(name, URL_SAFE_NO_PAD.encode([3; 24]));
    assert_eq!(Token::parse(&sealed.token, &seal), Some(Token::Name(&name)));
    let browser = browser();
    let opened = Ticket::open(&kept, &seal, &redeemer(&browser, ""));
    assert_eq!(opened.unwrap().0, long(8000));
    assert!(long(MAX_BYTES - 1000).seal(&seal, [3; 24]).is_some());
    assert_eq!(long(MAX_BYTES).seal(&seal, [3; 24]), None);
    // Nobody can make a name up.
    let made_up = format!("~{}{}", URL_SAFE_NO_PAD.encode([4; 24]), "0".repeat(16));
    let other = Seal::new("another secret of thirty-two chars", None).unwrap();
    assert_eq!(Token::parse(&made_up, &seal), None);
    assert_eq!(Token::parse(&sealed.token, &other), None);
    for wrong in ["", "~", "a b", "a%", "~short", "~\u{e9}000000000000000", &"a".repeat(MAX_URL_BYTES + 1)] {
        assert_eq!(Token::parse(wrong, &seal), None, "{wrong}");
    }
}

#[test]
fn each_cookie_is_set_while_the_visitors_own_is_the_one_they_sent() {
    let (seal, browser) = (seal(), browser());
    let due = |cookies: &str| ticket().due(&seal, &redeemer(&browser, cookies), &[]).set_cookies;
    let (visits, session) = ("visits=4; Path=/".to_owned(), "session=x; Path=/; HttpOnly".to_owned());
    assert_eq!(due("visits=3"), [visits.as_str(), session.as_str()]);
    assert_eq!(due("a=1; visits=3; session="), [visits], "they have a session by now");
    let session = [session];
    assert_eq!(due("visits=5"), session, "the newer one stays");
    assert_eq!(due(""), session, "they have deleted it");
    assert_eq!(due("visits=4; session=x"), [""; 0], "the second time");
}

#[test]
fn cookies_of_several_paths_are_set_in_their_order() {
    let (seal, browser) = (seal(), browser());
    let lines = ["a=1; Path=/", "a=2; Path=/; Domain=example", "b=3; Path=/"];
    let cookies =
        lines.map(|line| Deferred { line: line.to_owned(), before: None, is_newest: false }).to_vec();
    let ticket = Ticket { cookies, ..ticket() };
    assert_eq!(ticket.due(&seal, &redeemer(&browser, ""), &[]).set_cookies, lines);
    assert_eq!(ticket.due(&seal, &redeemer(&browser, "a=0"), &[]).set_cookies, [lines[2]]);
}

#[test]
fn a_page_that_was_rendered_for_another_visitor_is_stale_and_nothing_is_done() {
    let (seal, browser) = (seal(), browser());
    let state = vec!["session=1".to_owned()];
    let ticket = Ticket {
        state: Some(digest_of(&seal, &state)),
        effect: Some(Delivery::AtMostOnce),
        holds: true,
        ..ticket()
    };
    let redeemer = redeemer(&browser, "visits=3");
    let fresh = ticket.due(&seal, &redeemer, &[vec![], state]);
    assert!(!fresh.is_stale && fresh.holds_since == Some(NOW) && fresh.effect == Some(Delivery::AtMostOnce));
    for other in [vec![], vec!["session=2".to_owned()], vec!["cart=1".to_owned(), "session=1".to_owned()]] {
        let due = ticket.due(&seal, &redeemer, std::slice::from_ref(&other));
        assert_eq!(due, Due { is_stale: true, ..Due::default() }, "{other:?}");
    }
}

#[test]
fn a_page_is_asked_for_again_only_as_who_it_was_for() {
    let (seal, browser) = (seal(), browser());
    let who = vec!["names".to_owned(), "JSESSIONID".to_owned()];
    let ticket = Ticket { who: Some(digest_of(&seal, &who)), effect: Some(Delivery::AtMostOnce), ..ticket() };
    let due = |states: &[Vec<String>]| ticket.due(&seal, &redeemer(&browser, "visits=3"), states);
    let theirs = due(&[vec![], who.clone()]);
    assert_eq!((theirs.effect, theirs.lacks_visitor), (Some(Delivery::AtMostOnce), false));
    let nobodys = due(&[vec!["names".to_owned()]]);
    assert_eq!((nobodys.effect, nobodys.lacks_visitor), (None, true));
    assert_eq!(nobodys.set_cookies, theirs.set_cookies, "the cookies are theirs all the same");
}

/// A million changes of a good ticket: bits, bytes, pieces of other tickets, lengths. None opens.
#[test]
fn a_million_forged_tickets_open_nothing() {
    let (seal, browser) = (seal(), browser());
    let right = redeemer(&browser, "");
    let good = URL_SAFE_NO_PAD.decode(ticket().seal(&seal, [9; 24]).unwrap().token).unwrap();
    let other = URL_SAFE_NO_PAD.decode(ticket().seal(&seal, [8; 24]).unwrap().token).unwrap();
    // A generator of its own, so that a failure can be had again.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    let mut opened = 0;
    for number in 0..1_000_000 {
        let mut forged = good.clone();
        match number % 5 {
            0 => {
                let at = random(forged.len());
                forged[at] ^= 1 << random(8);
            }
            1 => {
                let at = random(forged.len());
                forged[at] = forged[at].wrapping_add(u8::try_from(1 + random(255)).unwrap());
            }
            2 => forged.truncate(random(good.len())),
            3 => {
                let at = 1 + random(good.len() - 1);
                forged.truncate(at);
                forged.extend_from_slice(&other[at..]);
            }
            _ => {
                for _ in 0..=random(8) {
                    let at = random(forged.len());
                    forged[at] = u8::try_from(random(256)).unwrap();
                }
            }
        }
        let is_real = forged == good || forged == other;
        if !is_real && Ticket::open(&URL_SAFE_NO_PAD.encode(&forged), &seal, &right).is_some() {
            opened += 1;
        }
    }
    assert_eq!(opened, 0);
}

proptest! {
    #[test]
    fn any_text_is_no_ticket(text in any::<String>()) {
        let (seal, browser) = (seal(), browser());
        prop_assert_eq!(Ticket::open(&text, &seal, &redeemer(&browser, "")), None);
        let _ = Token::parse(&text, &seal);
    }

    #[test]
    fn what_is_sealed_comes_back(
        page in "/[!-~]{0,40}",
        lines in prop::collection::vec(("[a-z]{1,8}=[!-:<-~]{0,80}", any::<Option<u64>>()), 0..20),
        nonce in any::<[u8; 24]>(),
    ) {
        let (seal, browser) = (seal(), browser());
        let cookies = lines.into_iter().map(|(line, before)| Deferred { line, before, is_newest: false }).collect();
        let ticket = Ticket { page: page.clone(), cookies, ..ticket() };
        let sealed = ticket.seal(&seal, nonce).unwrap();
        let text = sealed.kept.as_ref().map_or(&sealed.token, |(_, kept)| kept);
        let redeemer = Redeemer { page: &page, ..redeemer(&browser, "") };
        prop_assert_eq!(Ticket::open(text, &seal, &redeemer).map(|(ticket, _)| ticket), Some(ticket));
        // The URL that names it is one that a structured field can hold, and is short.
        prop_assert!(sealed.token.len() <= MAX_URL_BYTES && sealed.token.is_ascii());
    }
}

#[test]
fn what_was_looked_at_last_is_the_newest_history_whatever_else_was_looked_at_meanwhile() {
    let seal = seal();
    let line = "history=7%2C12; Path=/".to_owned();
    let due = |is_newest, cookies: &str| {
        let deferred = Deferred { line: line.clone(), before: Some(seal.digest(&["7"])), is_newest };
        let ticket = Ticket { cookies: vec![deferred], ..ticket() };
        ticket.due(&seal, &redeemer(&browser(), cookies), &[]).set_cookies
    };
    for cookies in ["history=7", "history=7%2C9"] {
        assert_eq!(due(true, cookies), [line.as_str()], "{cookies}");
    }
    assert!(due(true, "").is_empty(), "it was cleared");
    assert_eq!(due(false, "history=7"), [line.as_str()]);
    assert!(due(false, "history=7%2C9").is_empty());
}
