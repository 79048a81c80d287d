//! `Content-Security-Policy` and `Integrity-Policy`: what a page's policies let through.
//!
//! An input is the page and the URL that is fetched (a byte each, and a line for the rest of the URL), a nonce (a line), the policy of a
//! `<meta>`, which is the integrity policy as well (a line), and the header's field.
//!
//! - What is let through may be reached, whatever it is for.
//! - One more policy lets nothing more through; an integrity policy stops what is ours alone.
//! - What is stored of a policy is bounded, and names the same when it is read again.
//! - A nonce that we would put into a tag is one of the field's, lets our script through, and ends no attribute.

use crate::input::Input;
use headstart::csp::{Destination, IntegrityPolicy, OwnScript, Policies, source_names};
use url::Url;

const PAGES: [&str; 4] =
    ["https://shop.example/a", "http://shop.example:81/a", "data:text/html,x", "https://127.0.0.1/"];

const DESTINATIONS: [Destination; 9] = [
    Destination::Script,
    Destination::Style,
    Destination::Image,
    Destination::Font,
    Destination::Media,
    Destination::Frame,
    Destination::Object,
    Destination::Manifest,
    Destination::Connect,
];

pub fn run(input: &[u8]) {
    let mut input = Input::new(input);
    let page = Url::parse(input.one_of(&PAGES)).unwrap();
    let start =
        input.one_of(&["https://cdn.example", "http://cdn.example", "wss://cdn.example", "/", "https://"]);
    let target = format!("{start}{}", input.line());
    let url = page.join(&target).unwrap_or_else(|_| Url::parse("https://cdn.example/a.js").unwrap());
    let nonce = input.line();
    let nonce = Some(&*nonce).filter(|nonce| !nonce.is_empty());
    let meta = input.line();
    let field = input.text();
    let policies = Policies::parse(&field);
    let mut both = policies.clone();
    both.add_meta(&meta);
    let integrity = IntegrityPolicy::read(|_| Some(meta.to_string()));
    let strict = Policies::of_answer(Some(&field), None, integrity);
    let heeded = Policies::of_answer(Some(&field), Some(&meta), integrity);
    for destination in DESTINATIONS {
        let is_allowed = policies.allows(&page, &url, destination, nonce);
        let is_stopped = integrity.names(destination);
        assert_eq!(strict.allows(&page, &url, destination, nonce), is_allowed, "{field}, and {meta}");
        assert_eq!(strict.allows_ours(&page, &url, destination, nonce), is_allowed && !is_stopped, "{meta}");
        // What only reports takes from ours alone.
        assert_eq!(heeded.allows(&page, &url, destination, nonce), is_allowed, "{field}, and {meta}");
        let is_ours = strict.allows_ours(&page, &url, destination, nonce);
        assert!(is_ours || !heeded.allows_ours(&page, &url, destination, nonce), "{field}, and {meta}");
        assert!(!is_allowed || policies.may_reach(&page, &url), "{url} for {destination:?} by {field}");
        assert!(is_allowed || !both.allows(&page, &url, destination, nonce), "{field}, and {meta}");
        // Without a nonce no more is let through than with one.
        assert!(is_allowed || !policies.allows(&page, &url, destination, None), "{field}");
    }
    assert!(policies.may_reach(&page, &url) || !both.may_reach(&page, &url));
    let sources = both.host_sources();
    assert!(sources.len() <= 40 && sources.iter().all(|source| source.len() <= 100));
    let stored = Policies::parse(&format!("img-src {}", sources.join(" "))).host_sources();
    assert_eq!(stored, sources, "{field}");
    for source in &sources {
        let _ = source_names(source, &page, &url);
    }
    let script = page.join("/_headstart/beacon.js");
    let own = script.iter().map(|script| (both.own_script(&page, script), Some(script)));
    for (own, script) in own.chain([(both.inline_rules(), None), (both.inline_script(), None)]) {
        let OwnScript::WithNonce(nonce) = own else { continue };
        assert!(!nonce.is_empty() && (field.contains(nonce) || meta.contains(nonce)));
        let is_safe = |byte: u8| byte.is_ascii_graphic() && !b"\"'<>&`".contains(&byte);
        assert!(nonce.bytes().all(is_safe), "{nonce}");
        let is_allowed = |script| both.allows(&page, script, Destination::Script, Some(nonce));
        assert!(script.is_none_or(is_allowed), "{nonce}");
    }
}
