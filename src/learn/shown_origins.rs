//! Which origins of a site several visitors were shown.
//!
//! An origin that one visitor alone was shown may stand on a page for their sake: because of something that they sent, say, which
//! the page repeats. It reaches nobody else's hints. Visitors are counted for the site, and not for each page: on a page that
//! hardly anybody visits an origin counts that others were shown elsewhere.
//!
//! Until several were shown it, its host is hidden here as it is in the records of pages. What nobody was shown for four weeks is
//! forgotten.

use super::hidden_names::Told;
use super::names::{LIFE_DAYS, NameKey, is_hidden_host};
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
    /// Takes in to which visitors of a day origins were shown. Answers the hosts that `several` were shown by now, each as it was
    /// hidden by `key`, and as it is called.
    pub fn add(&mut self, day: Day, shown: &[Shown], key: &NameKey, several: u32) -> Vec<(String, String)> {
        let mut told = Vec::new();
        for Shown { origin, by } in shown.iter().filter(|shown| !is_hidden_host(shown.origin.host())) {
            let (by, hidden) = (by.get(..SEVERAL as usize).unwrap_or(by), key.hide_origin(origin));
            let is_it = |known: &ShownOrigin| known.origin == *origin || known.origin == hidden;
            let at = self.0.iter().position(is_it).unwrap_or_else(|| {
                self.make_room(day);
                self.0.push(ShownOrigin { origin: hidden.clone(), to: Visitors::default() });
                self.0.len() - 1
            });
            let Some(known) = self.0.get_mut(at) else { continue };
            // More are never asked for.
            if known.to.on(day) < SEVERAL {
                known.to.add(day, by);
            }
            if known.origin == hidden && known.to.most(day) >= several {
                known.origin = origin.clone();
                told.push((hidden.host().to_owned(), origin.host().to_owned()));
            }
        }
        told
    }

    /// The hosts that `several` visitors were shown once, and lately.
    #[must_use]
    pub fn told(&self, several: u32) -> Told<'_> {
        let hosts = self.0.iter().map(|known| known.origin.host()).filter(|host| !is_hidden_host(host));
        if several == 0 { Told::All } else { Told::Hosts(hosts.collect()) }
    }

    /// Forgets what nobody was shown for four weeks before `today`.
    pub fn expire(&mut self, today: Day) {
        self.0.retain(|known| today.saturating_sub(known.to.day()) <= LIFE_DAYS);
    }

    /// Forgets all other origins than these.
    pub fn retain(&mut self, is_kept: impl Fn(&Origin) -> bool) {
        self.0.retain(|known| is_kept(&known.origin));
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
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
        !is_hidden_host(origin.host()) && (several == 0 || self.0.iter().any(is_shown))
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
        let (mut origins, key) = (ShownOrigins::default(), NameKey::new(70, 7));
        let cdn = origin("cdn");
        let hidden = key.hide_host("cdn.example");
        for day in 70..77 {
            assert!(origins.add(day, &shown("cdn", &[1, 2]), &key, 3).is_empty());
            assert!(serde_json::to_string(&origins).unwrap().contains(&hidden));
        }
        assert!(!origins.is_shown_to(&cdn, 2, 76), "it is hidden");
        let told = origins.add(76, &shown("cdn", &[9]), &key, 3);
        assert_eq!(told, [(hidden, "cdn.example".to_owned())]);
        assert!(origins.is_shown_to(&cdn, 3, 76) && origins.is_shown_to(&cdn, 3, 83));
        assert!(!origins.is_shown_to(&cdn, 3, 84), "two weeks are over");
        assert!(!origins.is_shown_to(&origin("other"), 1, 76));
        assert!(origins.is_shown_to(&origin("other"), 0, 76), "nobody is asked for");
        let before = origins.clone();
        assert!(origins.add(76, &shown("cdn", &[10, 11]), &key, 3).is_empty() && origins == before);
        assert!(origins.add(77, &shown("cdn", &[1, 2, 3, 4, 5]), &NameKey::new(84, 8), 3).is_empty());
        let json = serde_json::to_string(&origins).unwrap();
        let expected =
            r#"[{"origin":"https://cdn.example","to":{"day":77,"buckets":[1,2,3],"most":3,"before":3}}]"#;
        assert_eq!(json, expected);
        assert_eq!(serde_json::from_str::<ShownOrigins>(&json).unwrap(), origins);
        origins.expire(77 + LIFE_DAYS);
        assert!(!origins.is_empty(), "four weeks are not over yet");
        origins.expire(78 + LIFE_DAYS);
        assert!(origins.is_empty());
    }

    #[test]
    fn what_one_visitor_makes_up_pushes_out_nothing_that_several_were_shown() {
        let (mut origins, key) = (ShownOrigins::default(), NameKey::new(70, 7));
        origins.add(76, &shown("cdn", &[1, 2, 3]), &key, 3);
        for number in 0..10 * MAX_ORIGINS {
            origins.add(77, &shown(&format!("made-up-{number}"), &[7]), &key, 3);
            assert!(origins.0.len() <= MAX_ORIGINS);
        }
        assert!(origins.is_shown_to(&origin("cdn"), 3, 77));
    }
}
