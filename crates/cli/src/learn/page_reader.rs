//! Learns hints from pages that were fetched, or saved, by nobody in particular: by the code with which an isolate observes a
//! page and the hint learner learns.
//!
//! A page that is given to a program without a session is nobody's own. So it counts as viewed by several visitors, as many as
//! the thresholds ask for.

use super::keys::Keys;
use crate::answers::Answers;
use anyhow::Context as _;
use headstart::config::Config;
use headstart::head::Head;
use headstart::learn::html::Observer;
use headstart::learn::learner::{self, Publication};
use headstart::learn::next::visitor::{Salt, Visitor, day_of};
use headstart::learn::observation::SheetObservation;
use headstart::learn::observation_buffer::{ObservationBuffer, Observed, Pace};
use headstart::learn::reading_list;
use headstart::learn::site_url_cache::SiteUrlCache;
use headstart::sorting::map::SortedMap;
use headstart::store::Memory;
use std::collections::{BTreeMap, BTreeSet};
use url::Url;

use super::teacher::Outlines;

/// By how many visitors each page is viewed, so that it is known.
const VIEWS: u8 = 6;

/// How often a learner chooses anew, and asks for what that has it want: once for each sheet in the longest chain of imports, and
/// once more.
const ROUNDS: u64 = 8;

/// The time between two rounds, in milliseconds.
const ROUND_MS: u64 = 1000;

/// Learns from pages.
pub struct PageReader<'a> {
    site: String,
    config: &'a Config,
    salt: Salt,
    visitors: Vec<Visitor>,
    sheets: SiteUrlCache,
    stores: BTreeMap<u32, Memory>,
    /// What the pages say of next pages.
    pub outlines: Outlines,
    /// Those pages that were asked for without a session, and given.
    pub asked: BTreeSet<String>,
    now: u64,
}

impl<'a> PageReader<'a> {
    /// For a site, as keys name it, at `now`.
    pub fn new(site: &str, config: &'a Config, now: u64) -> Self {
        let salt = Keys::default().of(day_of(now));
        // Addresses for documentation (RFC 5737), one for each visitor that there might be.
        let visitors = (1..=VIEWS).filter_map(|number| salt.visitor(&format!("192.0.2.{number}"))).collect();
        Self {
            site: site.to_owned(),
            config,
            salt,
            visitors,
            sheets: SiteUrlCache::default(),
            stores: BTreeMap::new(),
            outlines: Outlines::new(),
            asked: BTreeSet::new(),
            now,
        }
    }

    /// Reads a page at a URL of the site. `sheets` gives those of the site's own stylesheets that it uses, by their names.
    /// Answers the paths to which it links; `None` for what cannot be learned from.
    pub fn page(
        &mut self,
        url: &Url,
        head: &Head,
        body: &[u8],
        sheets: impl FnOnce(&[String]) -> SortedMap<String, SheetObservation>,
    ) -> Option<Vec<String>> {
        let mut observer = Observer::new(url, head, &self.config.urls.inert_parameters)?;
        observer.write(body);
        let findings = observer.end();
        let observation = findings.observation;
        for (name, sheet) in sheets(&observation.sheets) {
            self.sheets.put_sheet(&self.site, &name, sheet);
        }
        let mut outline = findings.outline;
        outline.noindex |= head.is_noindex;
        let links = outline.links.iter().map(|link| link.path.clone()).collect();
        if head.is_private {
            // It says itself that it is for one visitor alone.
            return Some(links);
        }
        self.outlines.insert(url.path().to_owned(), outline);
        let mut buffer = ObservationBuffer::default();
        let pace = Pace { views: 0, wait_ms: 0 };
        for visitor in &self.visitors {
            let seen = Observed::View(observation.clone(), Some(*visitor));
            buffer.add(&self.site, seen, true, pace, self.now, 0);
        }
        let shards = self.config.learning.shards;
        for batch in buffer.take(shards, &self.sheets, &self.salt, |_, _| true) {
            let store = self.stores.entry(batch.shard).or_default();
            let Ok(()) = learner::merge(store, &batch, &self.config.hints.preferences, self.now);
        }
        Some(links)
    }

    /// What the learners publish in the end, with their records. `answers` are the third parties' stylesheets that are known.
    pub fn end(&mut self, answers: &Answers) -> anyhow::Result<Vec<(Publication, &Memory)>> {
        let preferences = &self.config.hints.preferences;
        let mut published = Vec::new();
        for (shard, store) in &mut self.stores {
            let mut last = None;
            for round in 0..ROUNDS {
                let now = self.now + round * ROUND_MS;
                // As a learner's alarm does: it publishes, and asks for what is due.
                let Ok(chosen) = learner::choose(store, preferences, now);
                if let Some(publication) = &chosen {
                    let Ok(()) = learner::published(store, &publication.value);
                }
                last = chosen.or(last);
                let Ok(due) = reading_list::take_due(store, now);
                for name in due {
                    if let Some(sheet) = answers.third_partys_sheet(&name, &self.site, now) {
                        let Ok(()) = reading_list::was_read(store, &name, &sheet, now);
                    }
                }
            }
            let last = last.with_context(|| format!("nothing is published by learner {shard}"))?;
            published.push((last, &*store));
        }
        Ok(published)
    }

    /// Whether a URL says that it does something.
    pub fn is_unsafe(&self, url: &Url) -> bool {
        self.config.urls.unsafe_urls.rule_for(url).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use headstart::published::hint_snapshot::HintSnapshot;

    const PAGE: &[u8] =
        b"<!doctype html><link rel=stylesheet href=/own.css><script src=https://cdn.example/a.js></script>\
        <a href=/next>next</a>";

    fn head() -> Head {
        Head { status: 200, is_readable: true, ..Head::default() }
    }

    #[test]
    fn a_page_is_known_after_one_reading_with_what_its_sheets_need() {
        let config = Config::default();
        let mut reader = PageReader::new("site.example", &config, 1_800_000_000_000);
        let url = Url::parse("https://site.example/shop/1").unwrap();
        let read = reader.page(&url, &head(), PAGE, |names| {
            assert_eq!(names, ["/own.css"]);
            let sheet = url.join("/own.css").unwrap();
            let css = "@font-face{font-family:X;src:url(https://fonts.example/x.woff2)}body{font-family:X}";
            let observation = headstart::learn::document::sheet(&sheet, css, 1);
            SortedMap::from([("/own.css".to_owned(), observation)])
        });
        assert_eq!(read.unwrap(), ["/next"]);
        let published = reader.end(&Answers::default()).unwrap();
        assert_eq!(published.len(), 1);
        let (publication, _) = &published[0];
        assert_eq!(publication.key, "site.example/0");
        let snapshot = HintSnapshot::parse(&publication.value).unwrap();
        let hosts: Vec<&str> =
            snapshot.known("/shop/1").unwrap().hints.iter().map(|hint| hint.origin.host()).collect();
        assert_eq!(hosts, ["fonts.example", "cdn.example"]);
    }

    #[test]
    fn a_page_for_one_visitor_alone_teaches_nothing() {
        let config = Config::default();
        let mut reader = PageReader::new("site.example", &config, 1_800_000_000_000);
        let url = Url::parse("https://site.example/account").unwrap();
        let head = Head { is_private: true, ..head() };
        assert!(reader.page(&url, &head, PAGE, |_| SortedMap::new()).is_some());
        assert!(reader.outlines.is_empty() && reader.end(&Answers::default()).unwrap().is_empty());
    }
}
