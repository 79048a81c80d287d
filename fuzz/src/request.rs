//! What a request says: `Sec-Purpose`, `Sec-Speculation-Tags`, and every other field that is read, of whatever is asked for.
//!
//! The first byte of an input is the method, its first line the target. Each other line is a field: a byte that says which, and its value.
//!
//! - A `Sec-Purpose` is a speculation by the standard only as a list with the token `prefetch`, and one that is no list is taken for
//!   a speculation all the same.
//! - A list that is written anew, as its grammar has it, says the same: of the speculation, of the proxy, and in its tags.
//! - Older fields tell no prerender.
//! - A speculation on a page whose URL does something never reaches the origin, and what does has no inert parameter.

use crate::input::Input;
use crate::site::{CONFIG, PAGE};
use headstart::endpoints;
use headstart::plan::{self, Admission, rules_delivery};
use headstart::rules::served::RuleSets;
use headstart::speculation::Speculation;
use headstart::structured;
use headstart::visit::fields::Field;
use headstart::visit::{self, Tag, Visit};
use sfv::FieldType;
use std::sync::LazyLock;
use url::Url;

static RULE_SETS: LazyLock<RuleSets> = LazyLock::new(|| rules_delivery::rule_sets(&CONFIG, &[]));

/// The longest value that is read as a list.
const MAX_LIST_BYTES: usize = 1024;

pub fn run(input: &[u8]) {
    let mut input = Input::new(input);
    let method = input.one_of(&["GET", "HEAD", "POST", "OPTIONS", "get"]);
    let target = input.line();
    let url = PAGE.join(&target).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let url = url.unwrap_or_else(|| PAGE.clone());
    let fields: Vec<(&str, String)> = input
        .lines()
        .map(|line| {
            let mut field = Input::new(line.as_bytes());
            (field.one_of(Field::ALL).name(), field.text().into_owned())
        })
        .collect();
    for (_, value) in &fields {
        read_list(value);
        assert_ne!(visit::legacy_purpose(value), Some(Speculation::Prerender));
    }
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    decide(&Visit::with(method, url, &fields));
}

fn read_list(value: &str) {
    let purpose = visit::sec_purpose(value);
    let tags = visit::speculation_tags(value);
    let list = structured::list(value).filter(|_| value.len() <= MAX_LIST_BYTES);
    assert_eq!(list.is_some(), tags.is_some());
    assert!(purpose.is_none() || (list.is_some() && value.contains("prefetch")));
    assert!(purpose != Some(Speculation::Prerender) || value.contains("prerender"));
    let spoken = Visit::with("GET", PAGE.clone(), &[("sec-purpose", value)]);
    assert_eq!(spoken.speculation.is_some(), list.is_none() || purpose.is_some());
    for tag in tags.iter().flatten() {
        assert!(!matches!(tag, Tag::Named(name) if !name.bytes().all(|byte| (0x20..0x7f).contains(&byte))));
    }
    let Some(anew) = list.and_then(|list| list.serialize()).filter(|anew| anew.len() <= MAX_LIST_BYTES)
    else {
        return;
    };
    assert_eq!(visit::sec_purpose(&anew), purpose, "{anew}");
    assert_eq!(visit::is_by_proxy(&anew), visit::is_by_proxy(value), "{anew}");
    assert_eq!(visit::speculation_tags(&anew), tags, "{anew}");
}

fn decide(visit: &Visit) {
    let config = &*CONFIG;
    let inert = &config.urls.inert_parameters;
    let is_speculative = visit.is_speculative_navigation();
    assert!(!is_speculative || visit.speculation.is_some());
    assert!(!visit.is_led_by_page() || visit.speculation.is_none());
    assert!(visit.browser().len() <= 4);
    let _ = (visit.site(), visit.pointer(), visit.teaches(), visit.is_reload(), visit.names_another_host());
    let _ = (visit.can_redeem(), visit.is_isolated(), visit.is_for_rules(), visit.is_rebuilt());
    let _ = (visit.is_browsing(), visit.is_doing(), visit.is_of_shown_page(), visit.may_be_navigation());
    if let Some(sender) = visit.sender(inert) {
        let sender = PAGE.join(&sender).or_else(|_| Url::parse(&format!("https://shop.example{sender}")));
        assert!(sender.is_ok(), "a page that sends is named by its path");
    }
    let admission = plan::admit(visit, config, &RULE_SETS, || None);
    let is_refused = matches!(admission, Admission::Refuse(_));
    let is_own = endpoints::is_own(visit.url.path());
    assert!(!is_own || admission != Admission::Ask, "what is ours is answered here: {}", visit.url);
    if is_speculative && !is_own && config.urls.unsafe_urls.rule_for(&visit.url).is_some() {
        assert!(is_refused, "{}", visit.url);
    }
    if is_speculative && visit.is_url_too_long() && !is_own {
        assert!(is_refused);
    }
    if let Some(target) = plan::outgoing(visit, config).and_then(|outgoing| outgoing.target) {
        let mut bare = visit.url.clone();
        let (path, query) =
            target.split_once('?').map_or((target.as_str(), None), |(path, query)| (path, Some(query)));
        assert_eq!(path, visit.url.path());
        bare.set_query(query);
        assert!(!inert.has_any(&bare), "{target}");
    }
}
