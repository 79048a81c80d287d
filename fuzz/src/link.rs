//! `Link`: reading the origin's, and writing ours.
//!
//! An input is the room for ours (a byte), the pools of our hints (a byte), the origin's field (a line), and lines with parts of a page to
//! preload, whose values are set apart by tabs.
//!
//! - What is read is bounded, and stands in the field.
//! - What we write is read back by a strict reader as exactly what was meant, and keeps to its room.
//! - What the origin hints itself we do not hint again, and nothing that was not to be hinted comes in by that.
//! - A part of a page is written as one link, or not at all.

use crate::input::Input;
use crate::site::PAGE;
use crate::strict_link;
use headstart::hints::link::{self, Link};
use headstart::hints::resource::{Destination, MAX_CANDIDATES, Resource};
use headstart::hints::srcset;
use headstart::hints::usage::CrossOrigin;
use headstart::hints::{Hint, HintAction, Origin, Pools};

pub fn run(input: &[u8]) {
    let mut input = Input::new(input);
    let room = 4 * usize::from(input.byte());
    let pools = input.byte();
    let field = input.line();
    let links = link::parse(&field);
    assert!(links.len() <= 200);
    for Link { target, rel, attributes } in &links {
        assert!(field.contains(target.as_str()) && !target.contains('>'));
        assert!(!rel.is_empty() && *rel == rel.to_ascii_lowercase() && attributes.len() <= 50);
        for name in ["media", "title", "title*", "type"] {
            assert!(attributes.iter().filter(|attribute| attribute.name == name).count() <= 1);
        }
    }
    let _ = link::preloaded(&field, &PAGE);
    let mut hints: Vec<Hint> = Vec::new();
    for (number, named) in links.iter().enumerate() {
        let origin = PAGE.join(&named.target).ok().and_then(|url| Origin::of(&url));
        let Some(origin) = origin.filter(|origin| hints.iter().all(|hint| hint.origin != *origin)) else {
            continue;
        };
        assert_eq!(Origin::parse(origin.as_str()).as_ref(), Some(&origin));
        let bits = pools.rotate_left(u32::try_from(number % 8).unwrap()) % 4;
        hints.push(Hint { origin, action: HintAction::from_bits(bits) });
    }
    hints.truncate(90);
    write(&hints, room);
    leave_out(&hints, &links, &field);
    for line in input.lines() {
        preload(&line);
    }
}

/// A hint as the strict reader is to see it: the relation, and the pools.
fn meant(hint: &Hint) -> Vec<(String, &'static str, bool)> {
    let origin = hint.origin.as_str().to_owned();
    match hint.action {
        HintAction::DnsPrefetch => vec![(origin, "dns-prefetch", false)],
        HintAction::Preconnect(pools) => [(pools.credentialed, false), (pools.anonymous, true)]
            .into_iter()
            .filter(|(is_meant, _)| *is_meant)
            .map(|(_, is_anonymous)| (origin.clone(), "preconnect", is_anonymous))
            .collect(),
    }
}

/// What the strict reader sees.
fn seen(text: &str) -> Vec<(String, String, bool)> {
    if text.is_empty() {
        return Vec::new();
    }
    let links = strict_link::read(text).unwrap_or_else(|| panic!("no links: {text}"));
    let seen = links.into_iter().map(|link| {
        let rel = link.value("rel").unwrap_or_default().to_owned();
        let is_anonymous = link.has("crossorigin");
        assert_eq!(link.parameters.len(), 1 + usize::from(is_anonymous), "{text}");
        (link.target, rel, is_anonymous)
    });
    seen.collect()
}

fn write(hints: &[Hint], room: usize) {
    let meant: Vec<_> =
        hints.iter().flat_map(meant).map(|(origin, rel, is)| (origin, rel.to_owned(), is)).collect();
    let all = link::serialise(hints, usize::MAX);
    assert_eq!(seen(&all), meant, "{all}");
    let some = link::serialise(hints, room);
    assert!(some.len() <= room);
    assert!(seen(&some).iter().all(|link| meant.contains(link)), "{some}");
    // As our own reader sees it.
    let read: Vec<Hint> = link::parse(&all).iter().filter_map(|link| link.as_hint(&PAGE)).collect();
    assert_eq!(read.len(), meant.len());
}

fn leave_out(hints: &[Hint], links: &[Link], field: &str) {
    let all = link::serialise(hints, usize::MAX);
    assert!(link::without_existing(hints.to_vec(), Some(&all), &PAGE).is_empty(), "{all}");
    let theirs: Vec<Hint> = links.iter().filter_map(|link| link.as_hint(&PAGE)).collect();
    for left in link::without_existing(hints.to_vec(), Some(field), &PAGE) {
        let given = hints.iter().find(|hint| hint.origin == left.origin).unwrap();
        let same = || theirs.iter().filter(|other| other.origin == left.origin);
        match (left.action, given.action) {
            (HintAction::DnsPrefetch, HintAction::DnsPrefetch) => assert!(same().next().is_none()),
            (HintAction::Preconnect(left), HintAction::Preconnect(given)) => {
                assert!(!left.is_empty() && left.without(given).is_empty());
                let is_theirs = |pools: Pools| pools.without(left) == pools;
                let preconnected = same().filter_map(|hint| match hint.action {
                    HintAction::Preconnect(pools) => Some(pools),
                    HintAction::DnsPrefetch => None,
                });
                assert!(preconnected.into_iter().all(is_theirs), "{field}");
            }
            other => panic!("{other:?}"),
        }
    }
}

fn preload(line: &str) {
    let mut words = line.split('\t');
    let mut word = || words.next().unwrap_or_default().to_owned();
    let (kinds, url) = (word(), word());
    let mut kinds = Input::new(kinds.as_bytes());
    let destination =
        kinds.one_of(&[Destination::Image, Destination::Font, Destination::Style, Destination::Script]);
    let cross_origin =
        kinds.one_of(&[CrossOrigin::NoCors, CrossOrigin::Anonymous, CrossOrigin::UseCredentials]);
    let (srcset, sizes, media, media_type) = (word(), word(), word(), word());
    let resource = Resource { url, destination, cross_origin, media_type, srcset, sizes, media };
    let stored = serde_json::to_string(&resource).unwrap();
    assert_eq!(serde_json::from_str::<Resource>(&stored).unwrap(), resource);
    let _ = (resource.resolved(&PAGE), resource.other_origins().count());
    let Some(text) = resource.link() else { return };
    assert!(resource.urls().count() <= MAX_CANDIDATES);
    let links = strict_link::read(&text).unwrap_or_else(|| panic!("no links: {text}"));
    let [only] = links.as_slice() else { panic!("not one link: {text}") };
    // What takes a document to choose has no target that a 103 would have fetched, and all its URLs among the candidates.
    let is_chosen = destination == Destination::Image && !resource.needs_no_document();
    assert_eq!(only.target, if is_chosen { "about:blank" } else { resource.url.as_str() });
    assert_eq!((only.value("rel"), only.value("as")), (Some("preload"), Some(destination.as_str())));
    let given = |name: &str| only.value(name).unwrap_or_default();
    let candidates = given("imagesrcset");
    let added = candidates.strip_prefix(resource.srcset.as_str()).unwrap_or_else(|| panic!("{text}"));
    assert!(added.is_empty() || (is_chosen && added.ends_with(&format!("{} 1x", resource.url))), "{text}");
    assert!(!is_chosen || !candidates.is_empty(), "{text}");
    let of_resource =
        [candidates, resource.sizes.as_str(), resource.media.as_str(), resource.media_type.as_str()];
    assert_eq!(["imagesizes", "media", "type"].map(given)[..], of_resource[1..]);
    assert_eq!(only.has("crossorigin"), cross_origin != CrossOrigin::NoCors);
    // Nothing else came in.
    let optional = of_resource.iter().filter(|text| !text.is_empty()).count();
    let is_picture = usize::from(destination == Destination::Image);
    let is_cors = usize::from(cross_origin != CrossOrigin::NoCors);
    assert_eq!(only.parameters.len(), 2 + optional + is_picture + is_cors, "{text}");
    // And as our own reader, and with something behind it.
    assert_eq!(link::parse(&format!("{text}, <https://a.example>; rel=preconnect")).len(), 2, "{text}");
    let preloaded = link::preloaded(&text, &PAGE);
    // What is not fetched over HTTP is nothing that is preloaded.
    let is_fetched = |url: &url::Url| matches!(url.scheme(), "http" | "https");
    let is_read =
        |url: &str| PAGE.join(url).ok().filter(is_fetched).is_none_or(|url| preloaded.contains(&url));
    let are_read = if is_chosen { srcset::urls(candidates).all(is_read) } else { is_read(&only.target) };
    assert!(are_read, "{text}");
}
