//! Orders to erase what was learned: of a page, of a site, or of all sites of a Worker.
//!
//! Whoever has the site's `SEAL_KEY` gives them: an order is sealed with it, for one site and ten minutes. `headstart erase` writes
//! one, and the Worker carries it out. To carry one out twice does no harm.
//!
//! ```text
//! order = sealed(until, line break, site, line break, and "all", "site" or the path)
//! ```

use super::seal::{NONCE_BYTES, Seal};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// How long an order is good for, in milliseconds.
pub const LIFE_MS: u64 = 10 * 60 * 1000;

/// What an order is sealed for.
const PURPOSE: &str = "erase";

/// The longest order, in bytes. A path that is learned of needs less.
const MAX_BYTES: usize = 4096;

/// How the value of `Authorization` begins that an order stands in (RFC 6750, section 2.1).
const SCHEME: &str = "Bearer ";

/// What stands for a site, and for all of them. No path is either: it begins with a slash.
const SITE_WORD: &str = "site";
const ALL_WORD: &str = "all";

/// What is erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Erased {
    /// What was learned of the page at this path, wherever it is named.
    Path(String),
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
            Erased::Path(path) => path,
            Erased::Site => SITE_WORD,
            Erased::All => ALL_WORD,
        };
        let said = format!("{}\n{}\n{erased}", self.until, self.site);
        let sealed = seal.seal(said.as_bytes(), PURPOSE, nonce)?;
        Some(format!("{SCHEME}{}", URL_SAFE_NO_PAD.encode(sealed)))
    }

    /// The order that the value of `Authorization` gives to `site` at `now`; `None` for everything that is none.
    #[must_use]
    pub fn open(authorization: &str, seal: &Seal, site: &str, now: u64) -> Option<Self> {
        let token = authorization.strip_prefix(SCHEME).filter(|token| token.len() <= MAX_BYTES)?;
        let order = seal.open(&URL_SAFE_NO_PAD.decode(token.trim()).ok()?, PURPOSE)?;
        let mut lines = std::str::from_utf8(&order).ok()?.splitn(3, '\n');
        let (until, of, erased) = (lines.next()?.parse().ok()?, lines.next()?, lines.next()?);
        let erased = match erased {
            SITE_WORD => Erased::Site,
            ALL_WORD => Erased::All,
            path => Erased::Path(path.to_owned()),
        };
        (of == site && now < until).then(|| Self { site: of.to_owned(), erased, until })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000_000;
    const SITE: &str = "shop.example";

    fn seal(last: char) -> Seal {
        Seal::new(&format!("0123456789abcdef0123456789abcde{last}"), None).unwrap()
    }

    #[test]
    fn an_order_is_good_for_its_site_its_key_and_ten_minutes() {
        for erased in [Erased::Path("/a".to_owned()), Erased::Site, Erased::All] {
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
