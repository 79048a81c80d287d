//! The record of one page: how many views were read, and which origins they needed, with decay.
//!
//! A view counts one when it happens and half as much a week later, so old habits fade without a clean-up. The record
//! is bounded: at most [`MAX_RECORDS`] origins, the least used leave first.

use super::observation::Observation;
use crate::hints::{Origin, Pools};
use serde::{Deserialize, Serialize};

/// The time in which a view's weight halves, in milliseconds: one week.
pub const HALF_LIFE_MS: f64 = 7.0 * 24.0 * 3600.0 * 1000.0;

/// The most origins remembered of one page.
pub const MAX_RECORDS: usize = 60;

/// The share of views below which a pool is not worth a socket: one `crossorigin` image in a hundred views is none.
const POOL_SHARE: f64 = 0.3;

/// What is remembered of one page. All numbers of views are decayed to `at`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// The time that the numbers stand for, in milliseconds since the epoch.
    pub at: u64,
    /// The views that were read.
    pub views: f64,
    /// The origins seen, in no order.
    pub origins: Vec<OriginRecord>,
}

/// What is remembered of one origin on one page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OriginRecord {
    /// The origin, serialised.
    #[serde(with = "origin_text")]
    pub origin: Origin,
    /// The views that used it.
    pub views: f64,
    /// Of these, how many used its credentialed pool.
    pub credentialed_views: f64,
    /// Of these, how many used its anonymous pool.
    pub anonymous_views: f64,
    /// Of these, how many had rendering wait for it.
    pub blocking_views: f64,
    /// Whether it is on the list that was published last.
    pub hinted: bool,
}

impl OriginRecord {
    fn new(origin: Origin) -> Self {
        Self {
            origin,
            views: 0.0,
            credentialed_views: 0.0,
            anonymous_views: 0.0,
            blocking_views: 0.0,
            hinted: false,
        }
    }

    /// The pools that enough of the views used.
    #[must_use]
    pub fn pools(&self) -> Pools {
        let least = self.views * POOL_SHARE;
        let used = |views: f64| views > 0.0 && views >= least;
        Pools { credentialed: used(self.credentialed_views), anonymous: used(self.anonymous_views) }
    }
}

impl Page {
    /// Takes one view in, at `now` (milliseconds since the epoch). A clock that steps back changes nothing.
    pub fn absorb(&mut self, observation: &Observation, now: u64) {
        self.decay_to(now);
        self.views += 1.0;
        for used in &observation.uses {
            let at = self.origins.iter().position(|record| record.origin == used.origin);
            if at.is_none() {
                self.origins.push(OriginRecord::new(used.origin.clone()));
            }
            let at = at.unwrap_or(self.origins.len() - 1);
            let record = self.origins.get_mut(at);
            let Some(record) = record else { continue };
            record.views += 1.0;
            record.credentialed_views += f64::from(u8::from(used.usage.pools.credentialed));
            record.anonymous_views += f64::from(u8::from(used.usage.pools.anonymous));
            record.blocking_views += f64::from(u8::from(used.usage.blocks_rendering));
        }
        if self.origins.len() > MAX_RECORDS {
            self.origins.sort_by(|a, b| b.views.total_cmp(&a.views).then_with(|| a.origin.cmp(&b.origin)));
            self.origins.truncate(MAX_RECORDS);
        }
    }

    /// Lets the numbers fade to `now`, and forgets origins of which next to nothing is left.
    fn decay_to(&mut self, now: u64) {
        let elapsed = now.saturating_sub(self.at);
        self.at = self.at.max(now);
        // Milliseconds of any real clock fit the 52 bits of an f64.
        #[allow(clippy::cast_precision_loss)]
        let factor = (-(elapsed as f64) / HALF_LIFE_MS).exp2();
        self.views *= factor;
        for record in &mut self.origins {
            record.views *= factor;
            record.credentialed_views *= factor;
            record.anonymous_views *= factor;
            record.blocking_views *= factor;
        }
        self.origins.retain(|record| record.views >= 0.05);
    }
}

/// [`Origin`] as its text.
mod origin_text {
    use super::Origin;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(origin: &Origin, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(origin.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Origin, D::Error> {
        let text = String::deserialize(deserializer)?;
        Origin::parse(&text).ok_or_else(|| D::Error::custom("not an origin"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hints::usage::Usage;
    use crate::learn::observation::OriginUse;

    fn observation(origins: &[(&str, Pools)]) -> Observation {
        let uses = origins
            .iter()
            .map(|(origin, pools)| OriginUse {
                origin: Origin::parse(origin).unwrap(),
                usage: Usage { pools: *pools, blocks_rendering: false },
            })
            .collect();
        Observation { path: "/".to_owned(), uses }
    }

    #[test]
    #[allow(clippy::float_cmp)] // halves are exact
    fn a_week_halves_what_was_seen() {
        let mut page = Page::default();
        let week = 7 * 24 * 3600 * 1000;
        page.absorb(&observation(&[("https://a.example", Pools::CREDENTIALED)]), 1000);
        page.absorb(&observation(&[]), 1000 + week);
        assert_eq!(page.views, 1.5);
        assert_eq!(page.origins[0].views, 0.5);
        page.absorb(&observation(&[]), 500);
        assert_eq!((page.views, page.at), (2.5, 1000 + week), "a clock that steps back");
    }

    #[test]
    fn a_pool_needs_more_than_a_stray_use() {
        let mut page = Page::default();
        for _ in 0..9 {
            page.absorb(&observation(&[("https://a.example", Pools::CREDENTIALED)]), 0);
        }
        page.absorb(&observation(&[("https://a.example", Pools::ANONYMOUS)]), 0);
        assert_eq!(page.origins[0].pools(), Pools::CREDENTIALED);
        for _ in 0..9 {
            page.absorb(&observation(&[("https://a.example", Pools::ANONYMOUS)]), 0);
        }
        assert_eq!(page.origins[0].pools(), Pools { credentialed: true, anonymous: true });
    }

    #[test]
    fn a_page_remembers_a_bounded_number_of_origins_and_keeps_the_most_used() {
        let mut page = Page::default();
        let steady = ("https://steady.example", Pools::CREDENTIALED);
        for view in 0..100 {
            let strays: Vec<String> = (0..10).map(|n| format!("https://s{view}-{n}.example")).collect();
            let mut origins: Vec<(&str, Pools)> =
                strays.iter().map(|origin| (origin.as_str(), Pools::CREDENTIALED)).collect();
            origins.push(steady);
            page.absorb(&observation(&origins), 0);
        }
        assert_eq!(page.origins.len(), MAX_RECORDS);
        assert_eq!(page.origins[0].origin.as_str(), steady.0);
    }
}
