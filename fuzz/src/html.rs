//! HTML, read to learn what a page needs, where its links lead and what they say that they do.
//!
//! An input is the sizes of the pieces in which the page comes (a line of bytes), its policies, its `Link` and its charset (a line
//! each), and the page. Its policies are, with a tab between them: `Content-Security-Policy`, the same that only reports,
//! `Integrity-Policy`, and anything if it is sent without credentials to other origins (`credentialless`).
//!
//! - In whatever pieces a page comes, the same is learned.
//! - However much it names, what is kept is bounded, and each thing is there once.
//! - What goes to a learner is read there as it was sent, and names paths and other origins alone.

use crate::input::{Input, pieces};
use crate::site::PAGE;
use headstart::csp::integrity::{FIELDS, IntegrityPolicy};
use headstart::head::Head;
use headstart::hints::Origin;
use headstart::learn::document::PageFindings;
use headstart::learn::html::Observer;
use headstart::learn::link_reader::MAX_SUSPECTS;
use headstart::learn::next::navigation_batch::{MAX_LINKS, Outline};
use headstart::learn::observation::{MAX_ORIGINS, MAX_SHEETS, MAX_THIRD_PARTY_SHEETS, Observation};
use headstart::urls::inert_parameters::InertParameters;
use std::collections::BTreeSet;
use std::sync::LazyLock;

static INERT: LazyLock<InertParameters> = LazyLock::new(InertParameters::default);

pub fn run(input: &[u8]) {
    let mut input = Input::new(input);
    let sizes = input.raw_line();
    let [policies, link, charset] = [(); 3].map(|()| said(&input.line()));
    let policies = policies.unwrap_or_default();
    let mut policies = policies.split('\t').map(said);
    let [csp, csp_report_only, integrity, credentialless] = [(); 4].map(|()| policies.next().flatten());
    let integrity = IntegrityPolicy::read(|name| if name == FIELDS[0] { integrity.clone() } else { None });
    let is_credentialless = credentialless.is_some();
    let head = Head { csp, csp_report_only, integrity, is_credentialless, link, charset, ..Head::default() };
    let html = input.rest();
    let Some(whole) = observe(&head, std::iter::once(html)) else { return };
    check(&whole);
    assert_eq!(observe(&head, pieces(html, sizes)).as_ref(), Some(&whole), "in pieces of {sizes:?}");
}

/// A line, if there is something in it.
fn said(line: &str) -> Option<String> {
    Some(line.to_owned()).filter(|line| !line.is_empty())
}

fn observe<'a>(head: &Head, pieces: impl Iterator<Item = &'a [u8]>) -> Option<PageFindings> {
    let mut observer = Observer::new(&PAGE, head, &INERT)?;
    for piece in pieces {
        observer.write(piece);
    }
    Some(observer.end())
}

fn check(findings: &PageFindings) {
    let PageFindings { observation, own_urls, outline, linked, suspects } = findings;
    let own = Origin::of(&PAGE).unwrap();
    let origins: BTreeSet<&Origin> = observation.uses.iter().map(|used| &used.origin).collect();
    assert!(observation.uses.len() <= MAX_ORIGINS && origins.len() == observation.uses.len());
    assert!(!origins.contains(&own) && !linked.contains(&own));
    assert!(linked.len() <= MAX_ORIGINS && own_urls.len() <= 400 && suspects.len() <= MAX_SUSPECTS);
    assert!(observation.sheets.len() <= MAX_SHEETS + MAX_THIRD_PARTY_SHEETS);
    assert!(outline.links.len() <= MAX_LINKS);
    let is_path = |path: &str| path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic());
    assert!(outline.links.iter().all(|link| is_path(&link.path)));
    assert!(suspects.iter().all(|suspect| is_path(&suspect.shape)));
    let paths: BTreeSet<&str> = outline.links.iter().map(|link| link.path.as_str()).collect();
    assert_eq!(paths.len(), outline.links.len());
    let sent = serde_json::to_string(observation).unwrap();
    assert!(sent.len() <= 128 * 1024, "{} bytes", sent.len());
    assert_eq!(serde_json::from_str::<Observation>(&sent).unwrap(), *observation);
    let sent = serde_json::to_string(outline).unwrap();
    assert_eq!(serde_json::from_str::<Outline>(&sent).unwrap(), *outline);
}
