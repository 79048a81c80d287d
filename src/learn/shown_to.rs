//! Which origins and third parties' stylesheets of a site several visitors were shown.
//!
//! What one visitor alone was shown may stand on a page for their sake: because of something that they sent, say, which the page
//! repeats. It reaches nobody else's hints, and Headstart asks for nothing because of it. Visitors are counted for the site, and not
//! for each page: on a page that hardly anybody visits an origin counts that others were shown elsewhere.

use super::next::visitor::{Day, Visitors};
use crate::hints::Origin;
use crate::limits::SEVERAL;
use serde::{Deserialize, Serialize};

/// The most names that are remembered of a site.
const MAX_NAMES: usize = 400;

/// Which origins several visitors were shown.
pub type ShownOrigins = ShownTo<Origin>;

/// Which stylesheets of third parties several visitors were shown, each by a hash of its name: what one visitor alone was shown is
/// stored under no name that can be read.
pub type ShownSheets = ShownTo<String>;

/// See the module's description.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ShownTo<N>(Vec<Known<N>>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Known<N> {
    /// An older version knew origins alone.
    #[serde(alias = "origin")]
    name: N,
    to: Visitors,
}

impl<N> Default for ShownTo<N> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<N: Clone + PartialEq> ShownTo<N> {
    /// Takes in to which visitors of a day something was shown. Answers whether that changed anything.
    pub fn add<'a>(&mut self, day: Day, shown: impl IntoIterator<Item = (&'a N, &'a [u8])>) -> bool
    where
        N: 'a,
    {
        let mut has_changed = false;
        for (name, by) in shown {
            let by = by.get(..SEVERAL as usize).unwrap_or(by);
            if let Some(known) = self.0.iter_mut().find(|known| known.name == *name) {
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
            self.0.push(Known { name: name.clone(), to });
            has_changed = true;
        }
        has_changed
    }

    /// Where there are too many, the one that fewest were shown leaves.
    fn make_room(&mut self, day: Day) {
        if self.0.len() >= MAX_NAMES {
            let least = self.0.iter().enumerate().min_by_key(|(_, known)| known.to.most(day));
            if let Some(at) = least.map(|(at, _)| at) {
                self.0.remove(at);
            }
        }
    }

    /// Whether this was shown to so many visitors on one of the latest days before `today`.
    #[must_use]
    pub fn is_shown_to(&self, name: &N, several: u32, today: Day) -> bool {
        let is_shown = |known: &Known<N>| known.name == *name && known.to.most(today) >= several;
        several == 0 || self.0.iter().any(is_shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(name: &str) -> Origin {
        Origin::parse(&format!("https://{name}.example")).unwrap()
    }

    fn add(origins: &mut ShownOrigins, day: Day, name: &str, by: &[u8]) -> bool {
        origins.add(day, [(&origin(name), by)])
    }

    #[test]
    fn it_takes_several_visitors_of_one_day() {
        let mut origins = ShownOrigins::default();
        let cdn = origin("cdn");
        for day in 70..77 {
            add(&mut origins, day, "cdn", &[1, 2]);
        }
        assert!(origins.is_shown_to(&cdn, 2, 76) && !origins.is_shown_to(&cdn, 3, 76));
        assert!(add(&mut origins, 76, "cdn", &[9]));
        assert!(origins.is_shown_to(&cdn, 3, 76) && origins.is_shown_to(&cdn, 3, 83));
        assert!(!origins.is_shown_to(&cdn, 3, 84), "two weeks are over");
        assert!(!origins.is_shown_to(&origin("other"), 1, 76));
        assert!(origins.is_shown_to(&origin("other"), 0, 76), "nobody is asked for");
        assert!(!add(&mut origins, 76, "cdn", &[10, 11]), "that is known");
        assert!(add(&mut origins, 77, "cdn", &[1, 2, 3, 4, 5]));
        let json = serde_json::to_string(&origins).unwrap();
        let expected =
            r#"[{"name":"https://cdn.example","to":{"day":77,"buckets":[1,2,3],"most":3,"before":3}}]"#;
        assert_eq!(json, expected);
        for json in [json.as_str(), &json.replace("name", "origin")] {
            assert_eq!(serde_json::from_str::<ShownOrigins>(json).unwrap(), origins, "{json}");
        }
    }

    #[test]
    fn what_one_visitor_makes_up_pushes_out_nothing_that_several_were_shown() {
        let mut origins = ShownOrigins::default();
        add(&mut origins, 76, "cdn", &[1, 2, 3]);
        for number in 0..10 * MAX_NAMES {
            add(&mut origins, 77, &format!("made-up-{number}"), &[7]);
            assert!(origins.0.len() <= MAX_NAMES);
        }
        assert!(origins.is_shown_to(&origin("cdn"), 3, 77));
    }
}
