//! What Headstart would do where it is switched to shadow (`MODE`, or a switch), as data for the report: nothing of it is done.

use super::{Ambient, Learned, deferral, doing};
use crate::clock::has_passed;
use crate::config::Config;
use crate::head::Head;
use crate::ineligible::{Ineligible, Memory};
use crate::sorting::map::SortedMap;
use crate::switches::Feature;
use crate::visit::Visit;
use serde_json::{Map, Value};

/// The most different things that are counted between two lines of the log.
const MAX_KINDS: usize = 60;

/// How often a line is logged at the most, in milliseconds.
const LOG_MS: u64 = 60_000;

/// What would have been done with one answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Would {
    /// The header values that would have been sent, and of which feature each is.
    pub lines: Vec<(Feature, String)>,
    /// Whether the tag of the largest picture would have been changed.
    pub hurries_picture: bool,
    /// Why the speculation would have been refused, if it would.
    pub refused: Option<Ineligible>,
    /// Whether something of the answer would have been deferred to the activation.
    pub defers: bool,
    /// Whether the browser would have been had forget what it loaded ahead.
    pub clears: bool,
}

impl Would {
    /// Whether nothing would have been done.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The same to be kept; `None` where nothing would have been done.
    #[must_use]
    pub fn some(self) -> Option<Box<Self>> {
        (!self.is_empty()).then(|| Box::new(self))
    }

    /// Notes a header value that would have been sent, if it is one.
    pub fn send(&mut self, feature: Feature, value: String) {
        if !value.is_empty() {
            self.lines.push((feature, value));
        }
    }

    /// What is counted of it: a word for each feature that would have been sent, and for what would have been refused, with the
    /// reason.
    #[must_use]
    pub fn kinds(&self) -> Vec<String> {
        let sends = |feature: Feature| self.lines.iter().any(|(of, _)| *of == feature);
        let mut kinds: Vec<String> = Feature::ALL
            .into_iter()
            .filter(|feature| sends(*feature))
            .map(|feature| feature.as_str().to_owned())
            .collect();
        let others = [(self.hurries_picture, "picture"), (self.defers, "deferred"), (self.clears, "cleared")];
        kinds.extend(others.into_iter().filter(|(is, _)| *is).map(|(_, word)| word.to_owned()));
        kinds.extend(self.refused.as_ref().map(|why| format!("refused:{}", why.as_str())));
        kinds
    }
}

/// What would be refused and deferred of an answer, and why its page is to be remembered as ineligible all the same.
pub fn of_deferral(
    visit: &Visit,
    head: &Head,
    learned: &Learned<'_>,
    config: &Config,
    ambient: &mut impl Ambient,
) -> (Would, Option<Ineligible>) {
    let mut would = Would::default();
    let mut remembered = None;
    if visit.is_speculative_navigation() {
        match deferral::withhold(visit, head, learned.seen, config, ambient) {
            Ok(withheld) => {
                let of_page = withheld.rendering.is_some_and(|rendering| rendering.ticket.is_some());
                would.defers = withheld.ticket.is_some() || of_page;
                remembered = withheld.remembered;
            }
            Err(refusal) => {
                remembered = (refusal.memory == Memory::Page).then(|| refusal.why.clone());
                would.refused = Some(refusal.why);
            }
        }
    } else if visit.is_prefetch_by_page() {
        let overtaken = learned.seen.overtaken;
        let allowed = deferral::allow_prefetch_by_page(visit, head, overtaken, config, ambient.now());
        would.refused = allowed.err().map(|refusal| refusal.why);
    } else {
        would.clears = visit.speculation.is_none()
            && doing::changes_state(visit, head, learned.is_routine, config, ambient.now());
    }
    (would, remembered)
}

/// What an isolate would have done since it last said so, by site.
#[derive(Debug, Default)]
pub struct Tally {
    counts: SortedMap<(String, String), u64>,
    /// When it was last said, in milliseconds since the epoch.
    said: u64,
}

impl Tally {
    /// Counts what would have been done with an answer of `site`, by its [kinds](Would::kinds), and gives the lines for the log that
    /// are due: JSON, one for each site, at most once a minute.
    pub fn count(&mut self, site: &str, kinds: Vec<String>, now: u64) -> Vec<String> {
        for kind in kinds {
            let key = (site.to_owned(), kind);
            if self.counts.len() < MAX_KINDS || self.counts.contains_key(&key) {
                *self.counts.entry(key).or_default() += 1;
            }
        }
        if self.counts.is_empty() || !has_passed(LOG_MS, self.said, now) {
            return Vec::new();
        }
        self.said = now;
        let mut by_site: SortedMap<String, Map<String, Value>> = SortedMap::new();
        for ((site, kind), count) in std::mem::take(&mut self.counts) {
            by_site.entry(site).or_default().insert(kind, count.into());
        }
        let line = |(site, would): (String, Map<String, Value>)| {
            serde_json::json!({ "event": "shadow", "site": site, "would": would }).to_string()
        };
        by_site.into_iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000_000;

    fn sends(feature: Feature) -> Would {
        let mut would = Would::default();
        would.send(feature, "<https://a.example>; rel=preconnect".to_owned());
        would
    }

    #[test]
    fn it_is_said_once_a_minute_what_would_have_been_done() {
        let mut tally = Tally::default();
        let refused = Would { refused: Some(Ineligible::Harmful), ..Would::default() };
        let first = tally.count("a.example", sends(Feature::Hints).kinds(), NOW);
        assert_eq!(first, [r#"{"event":"shadow","site":"a.example","would":{"hints":1}}"#]);
        for (site, would) in [("a.example", sends(Feature::Rules)), ("b.example", refused)] {
            assert_eq!(tally.count(site, would.kinds(), NOW + LOG_MS - 1), [""; 0]);
        }
        assert_eq!(
            tally.count("a.example", sends(Feature::Rules).kinds(), NOW + LOG_MS),
            [
                r#"{"event":"shadow","site":"a.example","would":{"rules":2}}"#,
                r#"{"event":"shadow","site":"b.example","would":{"refused:harmful":1}}"#,
            ]
        );
        assert_eq!(
            tally.count("a.example", Would::default().kinds(), NOW + 9 * LOG_MS),
            [""; 0],
            "there is nothing"
        );
    }

    #[test]
    fn what_is_counted_has_a_bound() {
        let mut tally = Tally { said: NOW, ..Tally::default() };
        for number in 0..2 * MAX_KINDS {
            let _ = tally.count(&number.to_string(), sends(Feature::Hints).kinds(), NOW);
        }
        assert_eq!(tally.counts.len(), MAX_KINDS);
    }

    #[test]
    fn an_empty_value_is_nothing() {
        let mut would = Would::default();
        would.send(Feature::Preloads, String::new());
        assert!(would.is_empty() && would.kinds().is_empty());
    }
}
