//! Opening tickets: whatever is brought, nothing opens that was not sealed for its bearer, and nothing panics.
#![no_main]

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use headstart::effects::seal::Seal;
use headstart::effects::ticket::{Deferred, Redeemer, Ticket, Token, digest_of};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

const NOW: u64 = 1_800_000_000_000;

static SEAL: LazyLock<Seal> = LazyLock::new(|| {
    Seal::new("0123456789abcdef0123456789abcdef", Some("another one of thirty-two chars!")).expect("a seal")
});
static BROWSER: LazyLock<Vec<String>> = LazyLock::new(|| vec!["Mozilla/5.0".to_owned(), "en".to_owned()]);
static SEALED: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let ticket = Ticket {
        site: "shop.example".to_owned(),
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
    URL_SAFE_NO_PAD.decode(ticket.seal(&SEAL, [9; 24]).expect("a ticket").token).expect("base64")
});

fn redeemer(cookies: &str) -> Redeemer<'_> {
    Redeemer { site: "shop.example", page: "/a", browser: &BROWSER, cookies, now: NOW }
}

fuzz_target!(|data: &[u8]| {
    // As it comes.
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = Token::parse(text, &SEAL);
        let encoded = URL_SAFE_NO_PAD.encode(&*SEALED);
        assert!(text == encoded || Ticket::open(text, &SEAL, &redeemer("")).is_none());
    }
    // Laid over a good one.
    let mut forged = SEALED.clone();
    for (at, byte) in data.iter().enumerate().take(forged.len()) {
        forged[at] ^= byte;
    }
    let opened = Ticket::open(&URL_SAFE_NO_PAD.encode(&forged), &SEAL, &redeemer(""));
    assert!(forged == *SEALED || opened.is_none());
    // As what is inside one that was sealed with the right key: it is read like anything from outside.
    let sealed = SEAL.seal(data, "ticket", [1; 24]).expect("sealed");
    let cookies = String::from_utf8_lossy(data);
    let bearer = redeemer(&cookies);
    if let Some((ticket, _)) = Ticket::open(&URL_SAFE_NO_PAD.encode(&sealed), &SEAL, &bearer) {
        let due = ticket.due(&SEAL, &bearer, &[]);
        assert!(due.set_cookies.len() <= ticket.cookies.len());
    }
});
