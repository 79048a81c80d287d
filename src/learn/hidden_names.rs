//! What a hint learner writes down of a batch: under a hash what few visitors know, which is everything that a page or a stylesheet
//! names ([`names`](super::names)).
//!
//! Everything that was counted under a hash is taken over when several visitors were shown the host or the stylesheet: see
//! [`reveal`](super::learner).

use super::names::{NameKey, is_hidden_host, is_hidden_url};
use super::observation::{Batch, OriginUse};
use super::page::Page;
use super::sheet::KnownSheet;
use super::third_party_sheet;
use crate::hints::Origin;
use crate::hints::resource::Resource;
use std::collections::HashSet;

/// Names that several visitors were shown.
#[derive(Clone, Debug)]
pub enum Names<'a> {
    /// All of them, where nobody is asked for.
    All,
    /// These.
    These {
        /// The names.
        names: HashSet<&'a str>,
        /// Whether there are nearly as many as may be remembered. Then others may have left for want of room alone, and not because
        /// nobody is shown them any more: what is still in use stays where it is written down.
        may_lack_some: bool,
    },
}

impl Names<'_> {
    fn have(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::These { names, .. } => names.contains(name),
        }
    }

    /// Whether some may be missing that several visitors were shown of late.
    fn may_lack_some(&self) -> bool {
        matches!(self, Self::These { may_lack_some: true, .. })
    }
}

/// What several visitors were shown, so that it may be named.
#[derive(Clone, Debug)]
pub struct Told<'a> {
    /// The hosts.
    pub hosts: Names<'a>,
    /// The third parties' stylesheets; `None` where these are not read, and nothing of them is written down.
    pub sheets: Option<Names<'a>>,
}

impl Told<'_> {
    /// Whether a host stays where it is written down and in use: it may be named, or is hidden, or has left for want of room.
    #[must_use]
    pub fn keeps_host(&self, host: &str) -> bool {
        is_hidden_host(host) || self.hosts.have(host) || self.hosts.may_lack_some()
    }

    /// Whether all hosts that a part of a page may come from are told.
    fn has_all(&self, resource: &Resource) -> bool {
        resource.other_origins().all(|origin| self.hosts.have(origin.host()))
    }

    /// The same of all hosts of a part of a page.
    fn keeps_all(&self, resource: &Resource, is_in_use: impl Fn(&str) -> bool) -> bool {
        let lacks_some = self.hosts.may_lack_some();
        resource
            .other_origins()
            .all(|origin| self.hosts.have(origin.host()) || (lacks_some && is_in_use(origin.host())))
    }

    /// The same of a stylesheet. One of the site itself stays.
    fn keeps_sheet(&self, name: &str, is_in_use: bool) -> bool {
        let is_kept =
            |told: &Names| is_hidden_url(name) || told.have(name) || (told.may_lack_some() && is_in_use);
        !third_party_sheet::is_name(name) || self.sheets.as_ref().is_some_and(is_kept)
    }

    /// Takes out of a page what was named once, and is forgotten by now, but not what its latest views have and was lost for want of
    /// room. Answers whether there was anything.
    pub fn tidy_page(&self, page: &mut Page) -> bool {
        let count = |page: &Page| (page.origins.len(), page.sources.len(), page.sheets.len());
        let before = count(page);
        let used = page.origins.iter().filter(|record| page.has_in_use(record));
        let used: HashSet<String> = used.map(|record| record.origin.host().to_owned()).collect();
        let is_any_part_gone =
            page.reports.retain_named(|resource| self.keeps_all(resource, |host| used.contains(host)));
        page.origins.retain(|record| {
            let host = record.origin.host();
            let is_named = is_hidden_host(host) || self.hosts.have(host);
            is_named || (self.hosts.may_lack_some() && used.contains(host))
        });
        page.sources.retain(|source| self.keeps_host(host_of(source).1));
        let used = page.sheets.iter().filter(|sheet| page.has_sheet_in_use(sheet));
        let used: HashSet<String> = used.map(|sheet| sheet.name.clone()).collect();
        page.sheets.retain(|sheet| self.keeps_sheet(&sheet.name, used.contains(&sheet.name)));
        is_any_part_gone || before != count(page)
    }

    /// The same of a stylesheet of the site.
    pub fn tidy_sheet(&self, sheet: &mut KnownSheet) -> bool {
        let count = |sheet: &KnownSheet| (sheet.uses.len(), sheet.imports.len(), sheet.resources.len());
        let before = count(sheet);
        sheet.uses.retain(|(used, _)| self.keeps_host(used.origin.host()));
        sheet.families.of.retain(|(origin, _)| self.keeps_host(origin.host()));
        // These are of the latest reading.
        sheet.imports.retain(|name| self.keeps_sheet(name, true));
        sheet.resources.retain(|named| self.keeps_all(&named.resource, |_| true));
        before != count(sheet)
    }
}

/// Hides the stylesheets of the site in a batch, and what they import. What is hidden already stays, and so does what third parties
/// have: of that only the learner knows who was shown it.
pub fn hide_sheets(batch: &mut Batch) {
    let key = batch.names;
    rename_sheets(batch, |name| {
        if third_party_sheet::is_name(&name) { Some(name) } else { Some(key.hidden(&name)) }
    });
}

/// Gives the stylesheets of a batch other names. What gets none is left out.
fn rename_sheets(batch: &mut Batch, rename: impl Fn(String) -> Option<String>) {
    let rename_all = |names: &mut Vec<String>| {
        *names = std::mem::take(names).into_iter().filter_map(&rename).collect();
    };
    batch.observations.iter_mut().for_each(|observation| rename_all(&mut observation.sheets));
    batch.sheets = std::mem::take(&mut batch.sheets)
        .into_iter()
        .filter_map(|(name, mut sheet)| {
            rename_all(&mut sheet.imports);
            Some((rename(name)?, sheet))
        })
        .collect();
}

/// The batch as it may be written down, but for the paths of pages.
#[must_use]
pub fn hidden(batch: &Batch, told: &Told<'_>) -> Batch {
    let mut batch = batch.clone();
    let key = batch.names;
    rename_sheets(&mut batch, |name| match &told.sheets {
        _ if !third_party_sheet::is_name(&name) => Some(key.hidden(&name)),
        Some(told) if told.have(&name) || is_hidden_url(&name) => Some(name),
        Some(_) => Some(key.hide_url(&name)),
        None => None,
    });
    // What third parties have is read by learners alone.
    batch.sheets.retain(|name, _| !third_party_sheet::is_name(name));
    if matches!(told.hosts, Names::All) {
        return batch;
    }
    let own = Origin::parse(&format!("https://{}", batch.site));
    let hide = |origin: &mut Origin| {
        if !told.hosts.have(origin.host()) && own.as_ref() != Some(origin) {
            *origin = key.hide_origin(origin);
        }
    };
    let hide_uses = |uses: &mut Vec<OriginUse>| uses.iter_mut().for_each(|used| hide(&mut used.origin));
    for observation in &mut batch.observations {
        hide_uses(&mut observation.uses);
        observation.resources.retain(|named| told.has_all(&named.resource));
        for source in observation.sources.iter_mut().filter(|source| !told.hosts.have(host_of(source).1)) {
            *source = hide_source(source, &key);
        }
    }
    for sheet in batch.sheets.values_mut() {
        hide_uses(&mut sheet.uses);
        sheet.resources.retain(|named| told.has_all(&named.resource));
        sheet.families.of.iter_mut().for_each(|(origin, _)| hide(origin));
    }
    batch.clicks.iter_mut().for_each(|click| hide(&mut click.origin));
    batch.redirects.iter_mut().filter_map(|led| led.to.as_mut()).for_each(hide);
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
    use crate::hints::Pools;
    use crate::hints::usage::{Demand, Found, Usage};
    use crate::learn::observation::Observation;
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

    /// A page whose views had one origin and one third party's stylesheet first, and others later.
    fn page() -> Page {
        let mut page = Page::default();
        for (name, views) in [("before", 20), ("now", 10)] {
            let origin = Origin::parse(&format!("https://{name}.example")).unwrap();
            let usage = Usage::of(Pools::CREDENTIALED, Demand::URGENT, Found::Body);
            let observation = Observation {
                uses: vec![OriginUse { origin, usage }],
                sheets: vec![format!("https://{name}.example/a.css")],
                sources: vec![format!("{name}.example")],
                ..Observation::default()
            };
            (0..views).for_each(|_| page.absorb(&observation, 1000));
        }
        page
    }

    #[test]
    fn what_a_page_uses_stays_where_its_name_was_lost_for_want_of_room() {
        let told = |may_lack_some: bool| {
            let names = || Names::These { names: HashSet::from(["other.example"]), may_lack_some };
            Told { hosts: names(), sheets: Some(names()) }
        };
        let left = |may_lack_some: bool| {
            let mut page = page();
            assert!(told(may_lack_some).tidy_page(&mut page), "what is gone leaves in any case");
            let origins = page.origins.iter().map(|record| record.origin.to_string());
            let sheets = page.sheets.iter().map(|sheet| sheet.name.clone());
            origins.chain(sheets).chain(page.sources.clone()).collect::<Vec<String>>()
        };
        assert_eq!(left(true), ["https://now.example", "https://now.example/a.css", "now.example"]);
        assert!(left(false).is_empty());
        let sheet = || {
            let uses = page().origins.into_iter().map(|record| record.origin);
            let usage = Usage::of(Pools::CREDENTIALED, Demand::URGENT, Found::Css);
            let uses = uses.map(|origin| (OriginUse { origin, usage }, 1.0)).collect();
            KnownSheet {
                uses,
                imports: vec!["https://now.example/b.css".to_owned()],
                ..KnownSheet::default()
            }
        };
        for (may_lack_some, expected) in [(true, (2, 1)), (false, (0, 0))] {
            let mut sheet = sheet();
            assert_eq!(told(may_lack_some).tidy_sheet(&mut sheet), !may_lack_some);
            assert_eq!((sheet.uses.len(), sheet.imports.len()), expected);
        }
    }
}
