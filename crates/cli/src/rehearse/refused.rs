//! Which URLs of a log Headstart would refuse to speculations, as `headstart urls` tells it, and how often visitors asked for them.

use crate::urls::Judge;
use headstart::config::Config;
use rustc_hash::FxHashMap;

/// The most URLs that are remembered. When there are more, those that came once leave.
const MAX_URLS: usize = 20_000;

/// The longest URL that is looked at.
const MAX_BYTES: usize = 2048;

/// A URL that is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Its path and query.
    pub url: String,
    /// How often it was asked for.
    pub times: u64,
    /// The rule.
    pub rule: &'static str,
    /// What says so.
    pub by: String,
    /// Whether only visitors with a session are refused.
    pub is_for_editors: bool,
}

/// Counts what is refused.
pub struct Refusals {
    judge: Judge,
    urls: FxHashMap<Box<[u8]>, (u64, Option<Refused>)>,
    /// How many requests were judged, and how many of them would be refused.
    pub requests: u64,
    /// See [`requests`](Self::requests).
    pub refused: u64,
}

impl Refusals {
    /// By a configuration.
    pub fn new(config: Config) -> anyhow::Result<Self> {
        Ok(Self { judge: Judge::of(config)?, urls: FxHashMap::default(), requests: 0, refused: 0 })
    }

    /// Counts a request.
    pub fn add(&mut self, target: &[u8]) {
        self.requests += 1;
        if let Some((times, refused)) = self.urls.get_mut(target) {
            *times += 1;
            self.refused += u64::from(refused.as_ref().is_some_and(|refused| !refused.is_for_editors));
            return;
        }
        let text =
            std::str::from_utf8(target).ok().filter(|text| text.starts_with('/') && text.len() <= MAX_BYTES);
        let refused = text.and_then(|text| {
            let fate = self.judge.fate(&self.judge.url(text)?);
            let (url, by, is_for_editors) = (text.to_owned(), fate.by, fate.is_for_editors);
            fate.rule.map(|rule| Refused { url, times: 0, rule, by, is_for_editors })
        });
        self.refused += u64::from(refused.as_ref().is_some_and(|refused| !refused.is_for_editors));
        if self.urls.len() >= MAX_URLS {
            self.urls.retain(|_, (times, refused)| *times > 1 && refused.is_some());
        }
        if self.urls.len() < MAX_URLS && target.len() <= MAX_BYTES {
            self.urls.insert(target.into(), (1, refused));
        }
    }

    /// What is refused, the most frequent first.
    pub fn most(&self, number: usize) -> Vec<Refused> {
        let refused = self.urls.values().filter_map(|(times, refused)| {
            refused.as_ref().map(|refused| Refused { times: *times, ..refused.clone() })
        });
        let mut refused: Vec<Refused> = refused.collect();
        refused.sort_by(|one, other| other.times.cmp(&one.times).then_with(|| one.url.cmp(&other.url)));
        refused.truncate(number);
        refused
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_something_is_counted_with_its_rule() {
        let mut refusals = Refusals::new(Config::default()).unwrap();
        for target in ["/logout", "/a", "/logout", "/cart?add=7", "not a path", "/a"] {
            refusals.add(target.as_bytes());
        }
        let most = refusals.most(1);
        assert_eq!((refusals.requests, refusals.refused), (6, 3));
        assert_eq!((most[0].url.as_str(), most[0].times, most[0].rule), ("/logout", 2, "sign-out"));
        assert_eq!(refusals.most(9).len(), 2);
    }
}
