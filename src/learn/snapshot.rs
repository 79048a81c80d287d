//! What the learner publishes and the request path reads: the hints of each page.
//!
//! One KV value for each learner, compact JSON:
//! `{"version":1,"pages":{"/":[["https://cdn.example",1]],"/about":[]}}`. The number is a set of bits: 1 preconnect in
//! the credentialed pool, 2 in the anonymous pool; 0 is a DNS prefetch. A page without hints is listed as well: it
//! tells the request path that nothing is left to learn in a hurry.

use super::page::Page;
use crate::hints::{Action, Hint, Origin, Pools, rank};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// The version of the published form. A value with another one is ignored.
const VERSION: u32 = 1;

/// The most pages in one snapshot; the most viewed are kept.
pub const MAX_PAGES: usize = 1000;

/// The largest value that is published or read back, in bytes: some twenty times what usual pages need.
pub const MAX_BYTES: usize = 2 * 1024 * 1024;

/// What has been learned for the pages of one learner.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    pages: HashMap<String, Vec<Hint>>,
}

/// The published form.
#[derive(Serialize, Deserialize)]
struct Published {
    version: u32,
    pages: BTreeMap<String, Vec<(String, u8)>>,
}

impl Snapshot {
    /// The hints of a page, or `None` when the page is not known well enough yet.
    #[must_use]
    pub fn page(&self, path: &str) -> Option<&[Hint]> {
        self.pages.get(path).map(Vec::as_slice)
    }

    /// How many pages are known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pages.len()
    }

    /// Whether no page is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pages.is_empty()
    }

    /// Reads a published value.
    ///
    /// # Errors
    /// A sentence for the log, when the value is too large, not in this form or of another version. A hint that
    /// names no origin is left out and is no error.
    pub fn parse(value: &str) -> Result<Self, String> {
        if value.len() > MAX_BYTES {
            return Err(format!("the snapshot has {} bytes, more than the {MAX_BYTES} allowed", value.len()));
        }
        let published: Published =
            serde_json::from_str(value).map_err(|error| format!("the snapshot cannot be read: {error}"))?;
        if published.version != VERSION {
            return Err(format!("the snapshot is of version {}, not {VERSION}", published.version));
        }
        let pages = published
            .pages
            .into_iter()
            .take(MAX_PAGES)
            .map(|(path, hints)| {
                let hints = hints.iter().filter_map(|(origin, bits)| hint(origin, *bits)).collect();
                (path, hints)
            })
            .collect();
        Ok(Self { pages })
    }

    /// Chooses the hints of every page with enough evidence and writes them as a value to publish. Marks in `pages`
    /// what was chosen. The same pages always give the same bytes.
    #[must_use]
    pub fn publish(pages: &mut [(String, Page)], limits: rank::Limits) -> String {
        pages
            .sort_by(|(path_a, a), (path_b, b)| b.views.total_cmp(&a.views).then_with(|| path_a.cmp(path_b)));
        let mut bytes = 0;
        let pages = pages
            .iter_mut()
            .filter(|(_, page)| page.views >= rank::MIN_VIEWS)
            .take(MAX_PAGES)
            .map(|(path, page)| {
                let hints: Vec<(String, u8)> = rank::choose(page, limits)
                    .into_iter()
                    .map(|hint| (hint.origin.as_str().to_owned(), bits(hint.action)))
                    .collect();
                // An escaped character takes six bytes at the most, an entry a few besides.
                bytes += 6 * path.len() + hints.iter().map(|(origin, _)| origin.len() + 8).sum::<usize>() + 8;
                (bytes, path.clone(), hints)
            })
            .take_while(|(bytes, ..)| *bytes < MAX_BYTES - 100)
            .map(|(_, path, hints)| (path, hints))
            .collect();
        serde_json::to_string(&Published { version: VERSION, pages }).unwrap_or_default()
    }
}

fn bits(action: Action) -> u8 {
    match action {
        Action::DnsPrefetch => 0,
        Action::Preconnect(pools) => pools.bits(),
    }
}

fn hint(origin: &str, bits: u8) -> Option<Hint> {
    let pools = Pools::from_bits(bits);
    let action = if pools.is_empty() { Action::DnsPrefetch } else { Action::Preconnect(pools) };
    Some(Hint { origin: Origin::parse(origin)?, action })
}

/// The FNV-1a hash, 64 bits wide: the same in every build and release, unlike the standard library's.
#[must_use]
pub fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// The number of the learner that a page belongs to, of `shards`. Were it to change, pages would change their learner
/// and what was learned of them would be lost.
#[must_use]
pub fn shard_of(path: &str, shards: u32) -> u32 {
    // The remainder is smaller than a u32.
    u32::try_from(fnv1a(path.as_bytes()) % u64::from(shards.max(1))).unwrap_or_default()
}

/// The name of a learner, and the KV key of its snapshot.
#[must_use]
pub fn learner_name(site: &str, shard: u32) -> String {
    format!("{site}/{shard}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hints::usage::Usage;
    use crate::learn::observation::{Observation, OriginUse};

    const LIMITS: rank::Limits = rank::Limits { preconnect: 3, dns_prefetch: 6 };

    fn page(uses: &[(&str, Usage)], views: usize) -> Page {
        let mut page = Page::default();
        for _ in 0..views {
            let uses = uses
                .iter()
                .map(|(origin, usage)| OriginUse { origin: Origin::parse(origin).unwrap(), usage: *usage })
                .collect();
            page.absorb(&Observation { path: String::new(), uses }, 0);
        }
        page
    }

    #[test]
    fn what_is_published_reads_back() {
        let both = Usage { pools: Pools { credentialed: true, anonymous: true }, blocks_rendering: false };
        let mut pages = vec![
            ("/once".to_owned(), page(&[], 1)),
            ("/".to_owned(), page(&[("https://a.example", both), ("https://f.example", Usage::FRAME)], 3)),
            ("/about".to_owned(), page(&[], 2)),
        ];
        let value = Snapshot::publish(&mut pages, LIMITS);
        assert_eq!(
            value,
            r#"{"version":1,"pages":{"/":[["https://a.example",3],["https://f.example",0]],"/about":[]}}"#
        );
        let snapshot = Snapshot::parse(&value).unwrap();
        assert_eq!(snapshot.len(), 2);
        assert_eq!(snapshot.page("/about"), Some(&[][..]));
        assert_eq!(snapshot.page("/once"), None);
        assert_eq!(snapshot.page("/").unwrap()[1].action, Action::DnsPrefetch);
    }

    #[test]
    fn a_damaged_value_is_refused_and_a_damaged_hint_left_out() {
        for value in ["", "{", "[]", r#"{"version":2,"pages":{}}"#, r#"{"version":1}"#] {
            assert!(Snapshot::parse(value).is_err(), "{value}");
        }
        assert!(Snapshot::parse(&" ".repeat(MAX_BYTES + 1)).is_err());
        let value =
            r#"{"version":1,"pages":{"/":[["https://a.example\r\nX: y",1],["https://b.example",1]]}}"#;
        assert_eq!(Snapshot::parse(value).unwrap().page("/").unwrap().len(), 1);
    }

    #[test]
    fn a_snapshot_holds_a_bounded_number_of_pages_and_keeps_the_most_viewed() {
        let mut pages: Vec<(String, Page)> =
            (0..=MAX_PAGES).map(|n| (format!("/{n}"), page(&[], 2))).collect();
        pages.push(("/popular".to_owned(), page(&[], 3)));
        let snapshot = Snapshot::parse(&Snapshot::publish(&mut pages, LIMITS)).unwrap();
        assert_eq!(snapshot.len(), MAX_PAGES);
        assert!(snapshot.page("/popular").is_some());
    }

    #[test]
    fn whatever_is_published_can_be_read_back() {
        let origins: Vec<String> =
            (0..30).map(|n| format!("https://{}{n}.example", "a".repeat(60))).collect();
        let uses: Vec<(&str, Usage)> = origins.iter().map(|origin| (origin.as_str(), Usage::FRAME)).collect();
        let full = page(&uses, 2);
        let mut pages: Vec<(String, Page)> =
            (0..MAX_PAGES).map(|n| (format!("/{n}{}", "\u{1}".repeat(500)), full.clone())).collect();
        let value = Snapshot::publish(&mut pages, rank::Limits { preconnect: 10, dns_prefetch: 20 });
        assert!(Snapshot::parse(&value).unwrap().len() > 100);
    }

    #[test]
    fn a_page_keeps_its_learner() {
        assert_eq!(shard_of("/product/1", 1), 0);
        assert_eq!(shard_of("/product/1", 0), 0);
        // FNV-1a of "a" is af63dc4c8601ec8c.
        assert_eq!(shard_of("a", 16), 0xc);
        assert_eq!(learner_name("shop.example", 3), "shop.example/3");
    }
}
