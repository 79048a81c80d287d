//! What a hint learner writes down of a batch: under a hash what few visitors know, which is everything that a page or a stylesheet
//! names ([`names`](super::names)).
//!
//! Everything that was counted under a hash is taken over when several visitors were shown the host: see
//! [`reveal`](super::learner).

use super::names::{NameKey, is_hidden_host};
use super::observation::{Batch, OriginUse};
use super::page::Page;
use super::sheet::KnownSheet;
use crate::hints::Origin;
use crate::hints::resource::Resource;
use std::collections::HashSet;

/// The hosts that several visitors were shown.
#[derive(Clone, Debug)]
pub enum Told<'a> {
    /// All of them, where nobody is asked for.
    All,
    /// These.
    Hosts(HashSet<&'a str>),
}

impl Told<'_> {
    fn has(&self, host: &str) -> bool {
        match self {
            Self::All => true,
            Self::Hosts(hosts) => hosts.contains(host),
        }
    }

    /// Whether all hosts that a part of a page may come from are told.
    fn has_all(&self, resource: &Resource) -> bool {
        resource.other_origins().all(|origin| self.has(origin.host()))
    }

    fn is_kept(&self, host: &str) -> bool {
        is_hidden_host(host) || self.has(host)
    }

    /// Takes out of a page what was named once, and is forgotten by now. Answers whether there was anything.
    pub fn tidy_page(&self, page: &mut Page) -> bool {
        let before = (page.origins.len(), page.sources.len());
        let is_any_part_gone = page.reports.retain_named(|resource| self.has_all(resource));
        page.origins.retain(|record| self.is_kept(record.origin.host()));
        page.sources.retain(|source| self.is_kept(host_of(source).1));
        is_any_part_gone || before != (page.origins.len(), page.sources.len())
    }

    /// The same of a stylesheet.
    pub fn tidy_sheet(&self, sheet: &mut KnownSheet) -> bool {
        let before = (sheet.uses.len(), sheet.resources.len());
        sheet.uses.retain(|(used, _)| self.is_kept(used.origin.host()));
        sheet.resources.retain(|named| self.has_all(&named.resource));
        before != (sheet.uses.len(), sheet.resources.len())
    }
}

/// Hides the stylesheets of a batch, and what they import. What is hidden already stays.
pub fn hide_sheets(batch: &mut Batch) {
    let key = batch.names;
    let hide = |names: &mut Vec<String>| names.iter_mut().for_each(|name| *name = key.hidden(name));
    batch.observations.iter_mut().for_each(|observation| hide(&mut observation.sheets));
    batch.sheets = std::mem::take(&mut batch.sheets)
        .into_iter()
        .map(|(name, mut sheet)| {
            hide(&mut sheet.imports);
            (key.hidden(&name), sheet)
        })
        .collect();
}

/// The batch as it may be written down, but for the paths of pages.
#[must_use]
pub fn hidden(batch: &Batch, told: &Told<'_>) -> Batch {
    let mut batch = batch.clone();
    hide_sheets(&mut batch);
    if matches!(told, Told::All) {
        return batch;
    }
    let own = Origin::parse(&format!("https://{}", batch.site));
    let key = batch.names;
    let hide = |origin: &mut Origin| {
        if !told.has(origin.host()) && own.as_ref() != Some(origin) {
            *origin = key.hide_origin(origin);
        }
    };
    let hide_uses = |uses: &mut Vec<OriginUse>| uses.iter_mut().for_each(|used| hide(&mut used.origin));
    for observation in &mut batch.observations {
        hide_uses(&mut observation.uses);
        observation.resources.retain(|named| told.has_all(&named.resource));
        for source in observation.sources.iter_mut().filter(|source| !told.has(host_of(source).1)) {
            *source = hide_source(source, &key);
        }
    }
    for sheet in batch.sheets.values_mut() {
        hide_uses(&mut sheet.uses);
        sheet.resources.retain(|named| told.has_all(&named.resource));
    }
    batch.clicks.iter_mut().for_each(|click| hide(&mut click.origin));
    let confirmed = batch.confirmations.iter_mut().flat_map(|confirmation| &mut confirmation.origins);
    confirmed.for_each(|loaded| hide(&mut loaded.origin));
    batch
}

/// The host of a host-source of a Content-Security-Policy, with what stands before and behind it.
fn host_of(source: &str) -> (&str, &str, &str) {
    let start = source.find("://").map_or(0, |at| at + 3);
    let (before, rest) = source.split_at(start);
    let (host, behind) = rest.split_at(rest.find(':').unwrap_or(rest.len()));
    (before, host, behind)
}

fn hide_source(source: &str, key: &NameKey) -> String {
    let (before, host, behind) = host_of(source);
    format!("{before}{}{behind}", key.hide_host(host))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csp;
    use url::Url;

    #[test]
    fn a_hidden_source_names_the_hidden_origin_and_no_other() {
        let key = NameKey::new(100, 7);
        let page = Url::parse("https://shop.example/a").unwrap();
        let hidden =
            |origin: &str| Url::parse(key.hide_origin(&Origin::parse(origin).unwrap()).as_str()).unwrap();
        for source in ["cdn.example", "https://cdn.example", "http://cdn.example", "https://cdn.example:443"]
        {
            let source = hide_source(source, &key);
            assert!(!source.contains("cdn"), "{source}");
            assert!(csp::source_names(&source, &page, &hidden("https://cdn.example")), "{source}");
            assert!(!csp::source_names(&source, &page, &hidden("https://pictures.example")), "{source}");
        }
        let source = hide_source("cdn.example:8443", &key);
        assert!(csp::source_names(&source, &page, &hidden("https://cdn.example:8443")));
        assert!(!csp::source_names(&source, &page, &hidden("https://cdn.example")));
    }
}
