//! Paths whose requests have an effect of their own: visit counters, pixels, beacons, metered pages (`EFFECT_PATHS`).
//!
//! A page on such a path is speculated on like any other. On its activation it is asked for once more, as a visit: an origin
//! that does not count speculations would never count it otherwise. (One that counts them all would count twice; there pages are
//! refused: `EFFECT_PATHS_REFUSED`, [`UnsafeUrls`](crate::urls::unsafe_urls::UnsafeUrls).) What a prerendering page sends to such a path is deferred
//! to the activation, and dropped where none comes.

use super::ticket::Delivery;
use crate::urls::unsafe_urls::UrlGlob;
use url::Url;

/// See the module's description.
#[derive(Clone, Debug, Default)]
pub struct EffectPaths {
    at_most_once: Vec<UrlGlob>,
    at_least_once: Vec<UrlGlob>,
}

impl EffectPaths {
    /// The patterns of a site: `EFFECT_PATHS` and `EFFECT_PATHS_AT_LEAST_ONCE`. A URL in both is of the second kind.
    #[must_use]
    pub fn new(at_most_once: Vec<UrlGlob>, at_least_once: Vec<UrlGlob>) -> Self {
        Self { at_most_once, at_least_once }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.at_most_once.is_empty() && self.at_least_once.is_empty()
    }

    /// How often the effect of a URL may happen in doubt; `None` for a URL without one.
    #[must_use]
    pub fn delivery_of(&self, url: &Url) -> Option<Delivery> {
        let among = |globs: &[UrlGlob]| globs.iter().any(|glob| glob.is_match(url));
        if among(&self.at_least_once) {
            Some(Delivery::AtLeastOnce)
        } else {
            among(&self.at_most_once).then_some(Delivery::AtMostOnce)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_that_loses_nothing_wins() {
        let globs = |texts: &[&str]| texts.iter().map(|text| UrlGlob::parse(text).unwrap()).collect();
        let paths =
            EffectPaths::new(globs(&["/count/*", "/pixel.gif"]), globs(&["/count/paid", "/*?ping=*"]));
        let delivery_of =
            |url: &str| paths.delivery_of(&Url::parse("https://shop.example").unwrap().join(url).unwrap());
        assert_eq!(delivery_of("/count/1"), Some(Delivery::AtMostOnce));
        assert_eq!(delivery_of("/pixel.gif?x=1"), Some(Delivery::AtMostOnce));
        assert_eq!(delivery_of("/count/paid"), Some(Delivery::AtLeastOnce));
        assert_eq!(delivery_of("/a?ping=1"), Some(Delivery::AtLeastOnce));
        assert_eq!(delivery_of("/a"), None);
        assert!(EffectPaths::default().is_empty() && !paths.is_empty());
    }
}
