//! CSS: what stylesheets, `<style>` and `style` attributes make a browser fetch.
//!
//! An input is one stylesheet.
//!
//! - However much a sheet names, what is kept of it is bounded, and each reference is there once.
//! - A sheet tells of other origins than its own, of which each is there once.
//! - What goes to a learner is read there as it was sent.
//! - A reader of third parties' sheets tells nothing of the site itself.

use crate::site::{NOW, SITE};
use headstart::hints::Origin;
use headstart::learn::css::{self, Reference};
use headstart::learn::document;
use headstart::learn::observation::{MAX_ORIGINS, SheetObservation};
use headstart::learn::third_party_sheet;
use std::collections::BTreeSet;
use std::sync::LazyLock;
use url::Url;

static OWN: LazyLock<Url> = LazyLock::new(|| Url::parse("https://shop.example/assets/a.css").unwrap());
static OTHER: LazyLock<Url> = LazyLock::new(|| Url::parse("https://cdn.example/a.css").unwrap());

pub fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let sheet = css::read(&text);
    check_references(&sheet.references);
    assert_eq!(css::stylesheet(&text), sheet.references);
    assert!(sheet.families.len() <= 100 && sheet.fonts.len() <= 200 && sheet.faces.len() <= 1000);
    check_references(&css::declarations(&text));
    let own = document::sheet(&OWN, &text, NOW);
    check_observation(&own);
    assert!(own.uses.iter().all(|used| Some(&used.origin) != Origin::of(&OWN).as_ref()));
    let others = third_party_sheet::read(&OTHER, input, encoding_rs::UTF_8, SITE, NOW);
    check_observation(&others);
    assert!(others.uses.iter().all(|used| used.origin.host() != SITE));
    let _ = third_party_sheet::agree(others.clone(), Some(&own));
}

fn check_references(references: &[Reference]) {
    assert!(references.len() <= 200);
    for (at, reference) in references.iter().enumerate() {
        assert!(!reference.url.trim_matches(|letter| letter <= ' ').is_empty() && reference.needs.len() <= 8);
        let same = |other: &Reference| other.kind == reference.kind && other.url == reference.url;
        assert!(!references[..at].iter().any(same), "twice: {reference:?}");
    }
}

fn check_observation(sheet: &SheetObservation) {
    assert!(sheet.uses.len() <= MAX_ORIGINS);
    let origins: BTreeSet<&Origin> = sheet.uses.iter().map(|used| &used.origin).collect();
    assert_eq!(origins.len(), sheet.uses.len());
    let sent = serde_json::to_string(sheet).unwrap();
    assert!(sent.len() <= 64 * 1024, "{} bytes", sent.len());
    assert_eq!(serde_json::from_str::<SheetObservation>(&sent).unwrap(), *sheet);
}
