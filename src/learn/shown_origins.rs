//! Which origins of a site several visitors were shown.
//!
//! An origin that one visitor alone was shown may stand on a page for their sake: because of something that they sent, say, which
//! the page repeats. It reaches nobody else's hints. Visitors are counted for the site, and not for each page: on a page that
//! hardly anybody visits an origin counts that others were shown elsewhere.

use super::next::visitor::{Day, Visitors};
use super::observation::Shown;
use crate::hints::Origin;
use crate::limits::SEVERAL;
use serde::{Deserialize, Serialize};

/// The most origins that are remembered of a site.
const MAX_ORIGINS: usize = 400;

/// See the module's description.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ShownOrigins(Vec<ShownOrigin>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct ShownOrigin {
    origin: Origin,
    to: Visitors,
}

impl ShownOrigins {
    /// Takes in to which visitors of a day origins were shown. Answers whether that changed anything.
    pub fn add(&mut self, day: Day, shown: &[Shown]) -> bool {
        let mut has_changed = false;
        for Shown { origin, by } in shown {
            let by = by.get(..SEVERAL as usize).unwrap_or(by);
            if let Some(known) = self.0.iter_mut().find(|known| known.origin == *origin) {
                // More are never asked for.
                if known.to.on(day) < SEVERAL {
                    let before = known.to.clone();
                    known.to.add(day, by);
                    has_changed |= known.to != before;
                }
                continue;
            }
            self.make_room(day);
            let mut to = Visitors::default();
            to.add(day, by);
            self.0.push(ShownOrigin { origin: origin.clone(), to });
            has_changed = true;
        }
        has_changed
    }

    /// Where there are too many, the one that fewest were shown leaves.
    fn make_room(&mut self, day: Day) {
        if self.0.len() >= MAX_ORIGINS {
            let least = self.0.iter().enumerate().min_by_key(|(_, known)| known.to.most(day));
            if let Some(at) = least.map(|(at, _)| at) {
                self.0.remove(at);
            }
        }
    }

    /// Whether an origin was shown to so many visitors on one of the latest days before `today`.
    #[must_use]
    pub fn is_shown_to(&self, origin: &Origin, several: u32, today: Day) -> bool {
        let is_shown = |known: &ShownOrigin| known.origin == *origin && known.to.most(today) >= several;
        several == 0 || self.0.iter().any(is_shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(name: &str) -> Origin {
        Origin::parse(&format!("https://{name}.example")).unwrap()
    }

    fn shown(name: &str, by: &[u8]) -> [Shown; 1] {
        [Shown { origin: origin(name), by: by.to_vec() }]
    }

    #[test]
    fn it_takes_several_visitors_of_one_day() {
        let mut origins = ShownOrigins::default();
        let cdn = origin("cdn");
        for day in 70..77 {
            origins.add(day, &shown("cdn", &[1, 2]));
        }
        assert!(origins.is_shown_to(&cdn, 2, 76) && !origins.is_shown_to(&cdn, 3, 76));
        assert!(origins.add(76, &shown("cdn", &[9])));
        assert!(origins.is_shown_to(&cdn, 3, 76) && origins.is_shown_to(&cdn, 3, 83));
        assert!(!origins.is_shown_to(&cdn, 3, 84), "two weeks are over");
        assert!(!origins.is_shown_to(&origin("other"), 1, 76));
        assert!(origins.is_shown_to(&origin("other"), 0, 76), "nobody is asked for");
        assert!(!origins.add(76, &shown("cdn", &[10, 11])), "that is known");
        assert!(origins.add(77, &shown("cdn", &[1, 2, 3, 4, 5])));
        let json = serde_json::to_string(&origins).unwrap();
        let expected =
            r#"[{"origin":"https://cdn.example","to":{"day":77,"buckets":[1,2,3],"most":3,"before":3}}]"#;
        assert_eq!(json, expected);
        assert_eq!(serde_json::from_str::<ShownOrigins>(&json).unwrap(), origins);
    }

    #[test]
    fn what_one_visitor_makes_up_pushes_out_nothing_that_several_were_shown() {
        let mut origins = ShownOrigins::default();
        origins.add(76, &shown("cdn", &[1, 2, 3]));
        for number in 0..10 * MAX_ORIGINS {
            origins.add(77, &shown(&format!("made-up-{number}"), &[7]));
            assert!(origins.0.len() <= MAX_ORIGINS);
        }
        assert!(origins.is_shown_to(&origin("cdn"), 3, 77));
    }
}
