//! What is sealed: tickets, orders, and the tokens that say from where a page was speculated on.
//!
//! An input is taken three times: as it comes, laid over good ones, and as what is inside one that was sealed with the right key, which is
//! read like anything from outside.
//!
//! - Nothing opens that was not sealed, for this purpose and this bearer.
//! - What opens gives no more than was sealed in it.
//! - An order that is given is taken as it was given.

use crate::site::{NOW, SEAL, SITE};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use headstart::effects::erasure;
use headstart::effects::order;
use headstart::effects::source_token::{AskedBy, SourceKey};
use headstart::effects::switch_order::{Asked, SwitchOrder};
use headstart::effects::ticket::{Deferred, Redeemer, Ticket, Token, digest_of};
use headstart::switches::change::Change;
use std::sync::LazyLock;

const NONCE: [u8; 24] = [9; 24];

static BROWSER: LazyLock<Vec<String>> = LazyLock::new(|| vec!["Mozilla/5.0".to_owned(), "en".to_owned()]);

static SEALED: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let ticket = Ticket {
        site: SITE.to_owned(),
        page: "/a".to_owned(),
        until: NOW + 1000,
        browser: digest_of(&SEAL, &BROWSER),
        cookies: vec![Deferred {
            line: "visits=4; Path=/".to_owned(),
            before: Some(SEAL.digest(&["3"])),
            is_newest: false,
        }],
        effect: None,
        referer: None,
        who: None,
        holds: true,
        state: None,
    };
    URL_SAFE_NO_PAD.decode(ticket.seal(&SEAL, NONCE).unwrap().token).unwrap()
});

static ORDER: LazyLock<String> = LazyLock::new(|| {
    SwitchOrder { site: SITE.to_owned(), asked: Asked::Show, until: NOW + 1000 }.seal(&SEAL, NONCE).unwrap()
});

static SOURCE: LazyLock<SourceKey> = LazyLock::new(|| SourceKey::new(7).unwrap());

const AT: (&str, &str) = (SITE, "/b");

static SOURCE_TOKEN: LazyLock<String> =
    LazyLock::new(|| SOURCE.seal(AskedBy::LearnedRule, "/a", AT, NOW, NONCE).unwrap());

fn redeemer(cookies: &str) -> Redeemer<'_> {
    Redeemer { site: SITE, page: "/a", browser: &BROWSER, cookies, now: NOW }
}

pub fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    as_it_comes(&text);
    laid_over(input);
    inside(input, &text);
    let given = SwitchOrder {
        site: SITE.to_owned(),
        asked: Asked::Change(Change {
            path: Some(text.clone().into_owned()),
            to: "off".to_owned(),
            ..Change::default()
        }),
        until: NOW + 1,
    };
    if let Some(opened) =
        given.seal(&SEAL, NONCE).and_then(|order| SwitchOrder::open(&order, &SEAL, SITE, NOW))
    {
        assert_eq!(opened, given);
    }
}

fn as_it_comes(text: &str) {
    let _ = Token::parse(text, &SEAL);
    let ticket = URL_SAFE_NO_PAD.encode(&*SEALED);
    assert!(text == ticket || Ticket::open(text, &SEAL, &redeemer("")).is_none());
    assert!(text == *ORDER || SwitchOrder::open(text, &SEAL, SITE, NOW).is_none());
    assert!(erasure::Order::open(text, &SEAL, SITE, NOW).is_none());
    assert!(text == *SOURCE_TOKEN || SOURCE.open(text, AT, NOW).is_none());
}

fn laid_over(input: &[u8]) {
    let forged = |good: &[u8]| -> Option<String> {
        let mut forged = good.to_vec();
        for (own, byte) in forged.iter_mut().zip(input) {
            *own ^= byte;
        }
        (forged != good).then(|| URL_SAFE_NO_PAD.encode(&forged))
    };
    let decoded = |token: &str| URL_SAFE_NO_PAD.decode(token.trim_start_matches("Bearer ")).unwrap();
    if let Some(forged) = forged(&SEALED) {
        assert!(Ticket::open(&forged, &SEAL, &redeemer("")).is_none());
    }
    if let Some(forged) = forged(&decoded(&ORDER)) {
        assert!(SwitchOrder::open(&format!("Bearer {forged}"), &SEAL, SITE, NOW).is_none());
    }
    if let Some(forged) = forged(&decoded(&SOURCE_TOKEN)) {
        assert!(SOURCE.open(&forged, AT, NOW).is_none());
    }
    // What is sealed for one thing opens for no other.
    assert!(erasure::Order::open(&ORDER, &SEAL, SITE, NOW).is_none());
    assert!(SwitchOrder::open(&ORDER, &SEAL, "other.example", NOW).is_none());
}

fn inside(input: &[u8], text: &str) {
    let sealed = |purpose: &str| URL_SAFE_NO_PAD.encode(SEAL.seal(input, purpose, [1; 24]).unwrap());
    let bearer = redeemer(text);
    if let Some((ticket, _)) = Ticket::open(&sealed("ticket"), &SEAL, &bearer) {
        let due = ticket.due(&SEAL, &bearer, &[]);
        assert!(due.set_cookies.len() <= ticket.cookies.len());
    }
    for purpose in ["switch", "erase", "erasure"] {
        let authorization = format!("Bearer {}", sealed(purpose));
        if let Some(order) = SwitchOrder::open(&authorization, &SEAL, SITE, NOW) {
            assert!(purpose == "switch" && order.until > NOW && order.site == SITE);
        }
        if let Some(order) = erasure::Order::open(&authorization, &SEAL, SITE, NOW) {
            assert!(purpose != "switch" && order.until > NOW && order.site == SITE);
        }
    }
    if let Some(order) = order::give(text, (SITE, NOW + 1), &SEAL, "x", NONCE)
        && let Some((what, until)) = order::taken(&order, &SEAL, "x", SITE, NOW)
    {
        assert!(what == *text && until == NOW + 1);
    }
}
