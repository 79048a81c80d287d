//! Orders to show or to change switches, by whoever has the site's `SEAL_KEY`. `headstart switch` writes one, and the Worker
//! carries it out.

use super::order;
use super::seal::{NONCE_BYTES, Seal};
use crate::json;
use crate::switches::change::Change;

/// What an order is sealed for.
const PURPOSE: &str = "switch";

/// What stands for showing. A change is an object of JSON.
const SHOW_WORD: &str = "show";

/// What is ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// To show the switches.
    Show,
    /// To change one.
    Change(Change),
}

/// See the module's description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwitchOrder {
    /// The site that is asked: host and port.
    pub site: String,
    /// What is ordered.
    pub asked: Asked,
    /// Until when the order is good, in milliseconds since the epoch.
    pub until: u64,
}

impl SwitchOrder {
    /// The value of `Authorization` that gives the order, by a random nonce.
    #[must_use]
    pub fn seal(&self, seal: &Seal, nonce: [u8; NONCE_BYTES]) -> Option<String> {
        let what = match &self.asked {
            Asked::Show => SHOW_WORD.to_owned(),
            Asked::Change(change) => serde_json::to_string(change).ok()?,
        };
        order::give(&what, (&self.site, self.until), seal, PURPOSE, nonce)
    }

    /// The order that the value of `Authorization` gives to `site` at `now`; `None` for everything that is none.
    #[must_use]
    pub fn open(authorization: &str, seal: &Seal, site: &str, now: u64) -> Option<Self> {
        let (what, until) = order::taken(authorization, seal, PURPOSE, site, now)?;
        let asked = match what.as_str() {
            SHOW_WORD => Asked::Show,
            change => Asked::Change(json::read(change).ok()?),
        };
        Some(Self { site: site.to_owned(), asked, until })
    }
}

#[cfg(test)]
mod tests {
    use super::super::erasure;
    use super::*;

    const NOW: u64 = 1_800_000_000_000;
    const SITE: &str = "shop.example";

    #[test]
    fn an_order_is_good_for_its_site_its_purpose_and_ten_minutes() {
        let seal = Seal::new("0123456789abcdef0123456789abcdef", None).unwrap();
        let change = Change {
            site: Some(SITE.to_owned()),
            path: Some("/checkout/*".to_owned()),
            feature: None,
            to: "off".to_owned(),
        };
        for asked in [Asked::Show, Asked::Change(change)] {
            let order = SwitchOrder { site: SITE.to_owned(), asked, until: NOW + order::LIFE_MS };
            let given = order.seal(&seal, [3; NONCE_BYTES]).unwrap();
            assert_eq!(SwitchOrder::open(&given, &seal, SITE, NOW), Some(order.clone()));
            assert_eq!(SwitchOrder::open(&given, &seal, "other.example", NOW), None);
            assert_eq!(SwitchOrder::open(&given, &seal, SITE, NOW + order::LIFE_MS), None);
            // One to erase is none to switch, nor the other way round.
            assert_eq!(erasure::Order::open(&given, &seal, SITE, NOW), None);
        }
        let erased = erasure::Order { site: SITE.to_owned(), erased: erasure::Erased::Site, until: NOW + 1 };
        let given = erased.seal(&seal, [3; NONCE_BYTES]).unwrap();
        assert_eq!(SwitchOrder::open(&given, &seal, SITE, NOW), None);
    }
}
