//! Paths whose requests have an effect of their own: visit counters, pixels, beacons, metered pages (`EFFECT_PATHS`).
//!
//! A page on such a path is speculated on like any other. On its activation it is asked for once more, as a visit: an origin
//! that does not count speculations would never count it otherwise. An origin that counts them whatever they say of themselves
//! would count twice; there no page is speculated on (`EFFECT_PATHS_REFUSED`). What a prerendering page sends to such a path is
//! deferred to the activation, and dropped where none comes.

use super::ticket::Delivery;
use crate::urls::unsafe_urls::UrlGlob;
use url::Url;

/// See the module's description.
#[derive(Clone, Debug, Default)]
pub struct EffectPaths {
    at_most_once: Vec<UrlGlob>,
    at_least_once: Vec<UrlGlob>,
    refused: Vec<UrlGlob>,
}

impl EffectPaths {
    /// The patterns of a site: `EFFECT_PATHS`, `EFFECT_PATHS_AT_LEAST_ONCE` and `EFFECT_PATHS_REFUSED`. A URL in the first two is
    /// of the second kind, and one of the third kind is refused whatever else it is.
    #[must_use]
    pub fn new(at_most_once: Vec<UrlGlob>, at_least_once: Vec<UrlGlob>, refused: Vec<UrlGlob>) -> Self {
        Self { at_most_once, at_least_once, refused }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.at_most_once.is_empty() && self.at_least_once.is_empty() && self.refused.is_empty()
    }

    /// Whether no page at a URL may be speculated on: its origin counts that as a visit.
    #[must_use]
    pub fn counts_speculations(&self, url: &Url) -> bool {
        self.refused.iter().any(|glob| glob.is_match(url))
    }

    /// How often the effect of a URL may happen in doubt; `None` for a URL without one.
    #[must_use]
    pub fn delivery_of(&self, url: &Url) -> Option<Delivery> {
        let among = |globs: &[UrlGlob]| globs.iter().any(|glob| glob.is_match(url));
        if among(&self.at_least_once) {
            Some(Delivery::AtLeastOnce)
        } else {
            (among(&self.at_most_once) || among(&self.refused)).then_some(Delivery::AtMostOnce)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_that_loses_nothing_wins() {
        let globs = |texts: &[&str]| texts.iter().map(|text| UrlGlob::parse(text).unwrap()).collect();
        let paths = EffectPaths::new(
            globs(&["/count/*", "/pixel.gif"]),
            globs(&["/count/paid", "/*?ping=*"]),
            globs(&["/wiki/*", "/count/paid"]),
        );
        let delivery_of =
            |url: &str| paths.delivery_of(&Url::parse("https://shop.example").unwrap().join(url).unwrap());
        assert_eq!(delivery_of("/count/1"), Some(Delivery::AtMostOnce));
        assert_eq!(delivery_of("/pixel.gif?x=1"), Some(Delivery::AtMostOnce));
        assert_eq!(delivery_of("/count/paid"), Some(Delivery::AtLeastOnce));
        assert_eq!(delivery_of("/a?ping=1"), Some(Delivery::AtLeastOnce));
        assert_eq!(delivery_of("/a"), None);
        assert_eq!(delivery_of("/wiki/a"), Some(Delivery::AtMostOnce));
        let is_counted = |url: &str| {
            paths.counts_speculations(&Url::parse("https://shop.example").unwrap().join(url).unwrap())
        };
        assert!(is_counted("/wiki/a") && is_counted("/count/paid"));
        assert!(!is_counted("/count/1") && !is_counted("/a"));
        assert!(!EffectPaths::new(Vec::new(), Vec::new(), globs(&["/wiki/*"])).is_empty());
        assert!(EffectPaths::default().is_empty() && !paths.is_empty());
    }
}
