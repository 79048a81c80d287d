//! Orders to erase what was learned: of a page, of an origin that pages name, of a site, or of all sites of a Worker.
//!
//! Whoever has the site's `SEAL_KEY` gives them: see [`order`]. `headstart erase` writes one, and the Worker carries it out.
//! What is ordered is said by "all", "site", the path, or the origin.

use super::order;
use super::seal::{NONCE_BYTES, Seal};

pub use super::order::LIFE_MS;

/// What an order is sealed for.
const PURPOSE: &str = "erase";

/// What stands for a site, and for all of them. No path is either, since it begins with a slash, and no origin, which has a
/// scheme.
const SITE_WORD: &str = "site";
const ALL_WORD: &str = "all";

/// What is erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Erased {
    /// What was learned of the page at this path, wherever it is named.
    Path(String),
    /// What was learned of this origin, as pages of the site name it in hints: scheme, host and port.
    Origin(String),
    /// All that was learned of the site.
    Site,
    /// All that was learned of each site of the Worker.
    All,
}

/// See the module's description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The site that is asked: host and port.
    pub site: String,
    /// What is erased.
    pub erased: Erased,
    /// Until when the order is good, in milliseconds since the epoch.
    pub until: u64,
}

impl Order {
    /// The value of `Authorization` that gives the order, by a random nonce.
    #[must_use]
    pub fn seal(&self, seal: &Seal, nonce: [u8; NONCE_BYTES]) -> Option<String> {
        let erased = match &self.erased {
            Erased::Path(what) | Erased::Origin(what) => what,
            Erased::Site => SITE_WORD,
            Erased::All => ALL_WORD,
        };
        order::give(erased, (&self.site, self.until), seal, PURPOSE, nonce)
    }

    /// The order that the value of `Authorization` gives to `site` at `now`; `None` for everything that is none.
    #[must_use]
    pub fn open(authorization: &str, seal: &Seal, site: &str, now: u64) -> Option<Self> {
        let (erased, until) = order::taken(authorization, seal, PURPOSE, site, now)?;
        let erased = match erased.as_str() {
            SITE_WORD => Erased::Site,
            ALL_WORD => Erased::All,
            _ if erased.starts_with('/') => Erased::Path(erased),
            _ => Erased::Origin(erased),
        };
        Some(Self { site: site.to_owned(), erased, until })
    }
}

#[cfg(test)]
mod tests {
    use super::super::order::SCHEME;
    use super::*;

    const NOW: u64 = 1_800_000_000_000;
    const SITE: &str = "shop.example";

    fn seal(last: char) -> Seal {
        Seal::new(&format!("0123456789abcdef0123456789abcde{last}"), None).unwrap()
    }

    #[test]
    fn an_order_is_good_for_its_site_its_key_and_ten_minutes() {
        let origin = Erased::Origin("https://cdn.example".to_owned());
        for erased in [Erased::Path("/a".to_owned()), origin, Erased::Site, Erased::All] {
            let order = Order { site: SITE.to_owned(), erased, until: NOW + LIFE_MS };
            let given = order.seal(&seal('f'), [3; NONCE_BYTES]).unwrap();
            assert_eq!(Order::open(&given, &seal('f'), SITE, NOW), Some(order));
            assert_eq!(Order::open(&given, &seal('e'), SITE, NOW), None);
            assert_eq!(Order::open(&given, &seal('f'), "other.example", NOW), None);
            assert_eq!(Order::open(&given, &seal('f'), SITE, NOW + LIFE_MS), None);
            let bare = given.strip_prefix(SCHEME).unwrap();
            for other in ["", SCHEME, bare, &given[..given.len() - 2], &format!("Basic {bare}")] {
                assert_eq!(Order::open(other, &seal('f'), SITE, NOW), None, "{other}");
            }
        }
    }
}
