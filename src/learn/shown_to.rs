//! Which origins and third parties' stylesheets of a site several visitors were shown.
//!
//! What one visitor alone was shown may stand on a page for their sake: because of something that they sent, say, which the page
//! repeats. It reaches nobody else's hints, and Headstart asks for nothing because of it. Visitors are counted for the site, and not
//! for each page: on a page that hardly anybody visits an origin counts that others were shown elsewhere.
//!
//! Until several were shown it, its name is hidden here as it is in the records of pages. What nobody was shown for four weeks is
//! forgotten.

use super::hidden_names::{Names, Told};
use super::learner::{put, read};
use super::names::{self, LIFE_DAYS, NameKey};
use super::next::visitor::{Day, Visitors};
use super::observation::Batch;
use crate::hints::Origin;
use crate::hints::rank::HintPreferences;
use crate::limits::SEVERAL;
use crate::store::{Kind, Store};
use serde::{Deserialize, Serialize};

/// The most names of a kind that are remembered of a site.
const MAX_NAMES: usize = 400;

/// The facts that hold them.
const ORIGINS: &str = "shown";
const SHEETS: &str = "shown-sheets";

/// Something that is named once several visitors were shown it.
pub trait Name: Clone + PartialEq {
    /// The same under a name that tells nothing of it.
    #[must_use]
    fn hidden_by(&self, key: &NameKey) -> Self;

    /// Whether it is under such a name, or pretends to be.
    fn is_hidden(&self) -> bool;

    /// What is hidden of it: the text in whose place the other one stands wherever it is named.
    fn secret(&self) -> &str;
}

impl Name for Origin {
    fn hidden_by(&self, key: &NameKey) -> Self {
        key.hide_origin(self)
    }

    fn is_hidden(&self) -> bool {
        names::is_hidden_host(self.host())
    }

    fn secret(&self) -> &str {
        self.host()
    }
}

/// A third party's stylesheet, by its [`name`](super::third_party_sheet::name).
impl Name for String {
    fn hidden_by(&self, key: &NameKey) -> Self {
        key.hide_url(self)
    }

    fn is_hidden(&self) -> bool {
        names::is_hidden_url(self)
    }

    fn secret(&self) -> &str {
        self
    }
}

/// To whom things of one kind were shown.
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

impl<N: Name> ShownTo<N> {
    /// Takes in to which visitors of a day something was shown. Answers what `several` were shown by now: what stood in its place
    /// under `key`, and what is named from now on.
    pub fn add<'a>(
        &mut self,
        day: Day,
        shown: impl IntoIterator<Item = (&'a N, &'a [u8])>,
        key: &NameKey,
        several: u32,
    ) -> Vec<(String, String)>
    where
        N: 'a,
    {
        let mut told = Vec::new();
        for (name, by) in shown.into_iter().filter(|(name, _)| !name.is_hidden()) {
            let (by, hidden) = (by.get(..SEVERAL as usize).unwrap_or(by), name.hidden_by(key));
            let is_it = |known: &Known<N>| known.name == *name || known.name == hidden;
            let at = self.0.iter().position(is_it).unwrap_or_else(|| {
                self.make_room(day);
                self.0.push(Known { name: hidden.clone(), to: Visitors::default() });
                self.0.len() - 1
            });
            let Some(known) = self.0.get_mut(at) else { continue };
            // More are never asked for.
            if known.to.on(day) < SEVERAL {
                known.to.add(day, by);
            }
            if known.name == hidden && known.to.most(day) >= several {
                known.name = name.clone();
                told.push((hidden.secret().to_owned(), name.secret().to_owned()));
            }
        }
        told
    }

    /// What `several` visitors were shown once, and lately.
    fn told(&self, several: u32) -> Names<'_> {
        let told = self.0.iter().map(|known| &known.name).filter(|name| !name.is_hidden());
        if several == 0 { Names::All } else { Names::These(told.map(N::secret).collect()) }
    }

    /// Forgets what nobody was shown for four weeks before `today`; and what was shown in a far future by a clock that is wrong, which
    /// would be kept until then.
    fn expire(&mut self, today: Day) {
        self.0.retain(|known| today.abs_diff(known.to.day()) <= LIFE_DAYS);
    }

    /// Forgets all others than these.
    pub fn retain(&mut self, is_kept: impl Fn(&N) -> bool) {
        self.0.retain(|known| is_kept(&known.name));
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
        !name.is_hidden() && (several == 0 || self.0.iter().any(is_shown))
    }
}

/// What a learner remembers of that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// To whom origins were shown.
    pub origins: ShownTo<Origin>,
    /// To whom third parties' stylesheets were.
    pub sheets: ShownTo<String>,
}

impl Shown {
    /// As it was stored.
    ///
    /// # Errors
    /// The store's own.
    pub fn load<S: Store>(store: &S) -> Result<Self, S::Error> {
        Ok(Self {
            origins: store.get(Kind::Fact, ORIGINS)?.map(|record| read(&record)).unwrap_or_default(),
            sheets: store.get(Kind::Fact, SHEETS)?.map(|record| read(&record)).unwrap_or_default(),
        })
    }

    /// Changes it, and stores what has changed.
    ///
    /// # Errors
    /// The store's own.
    pub fn change<S: Store, T>(
        &mut self,
        store: &mut S,
        change: impl FnOnce(&mut Self) -> T,
    ) -> Result<T, S::Error> {
        let before = self.clone();
        let changed = change(self);
        if self.origins != before.origins {
            put(store, Kind::Fact, ORIGINS, &self.origins, 0.0)?;
        }
        if self.sheets != before.sheets {
            put(store, Kind::Fact, SHEETS, &self.sheets, 0.0)?;
        }
        Ok(changed)
    }

    /// Takes in to whom a batch says that something was shown. Answers what several were shown by now, as [`ShownTo::add`] does.
    pub fn add(&mut self, batch: &Batch, preferences: &HintPreferences) -> Vec<(String, String)> {
        let (day, key, several) = (batch.day, &batch.names, preferences.several);
        let origins = batch.shown.iter().map(|shown| (&shown.origin, shown.by.as_slice()));
        let mut told = self.origins.add(day, origins, key, several);
        if preferences.reads_third_parties {
            let sheets = batch.shown_sheets.iter().map(|shown| (&shown.sheet, shown.by.as_slice()));
            told.extend(self.sheets.add(day, sheets, key, several));
        }
        told
    }

    /// What may be named.
    #[must_use]
    pub fn told(&self, preferences: &HintPreferences) -> Told<'_> {
        let HintPreferences { several, reads_third_parties, .. } = preferences;
        Told {
            hosts: self.origins.told(*several),
            sheets: reads_third_parties.then(|| self.sheets.told(*several)),
        }
    }

    /// Forgets what nobody was shown for four weeks before `today`.
    pub fn expire(&mut self, today: Day) {
        self.origins.expire(today);
        self.sheets.expire(today);
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.origins.0.is_empty() && self.sheets.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_shown_in_a_far_future_is_forgotten() {
        let mut shown = ShownTo::default();
        let a = origin("a");
        shown.add(22_833, [(&a, &[1, 2, 3][..])], &NameKey::new(1, 1), 3);
        shown.expire(22_833 - LIFE_DAYS);
        assert_eq!(shown.0.len(), 1);
        shown.expire(20_833);
        assert!(shown.0.is_empty());
    }

    fn origin(name: &str) -> Origin {
        Origin::parse(&format!("https://{name}.example")).unwrap()
    }

    fn add(
        origins: &mut ShownTo<Origin>,
        day: Day,
        (name, by): (&str, &[u8]),
        key: &NameKey,
    ) -> Vec<(String, String)> {
        origins.add(day, [(&origin(name), by)], key, 3)
    }

    #[test]
    fn it_takes_several_visitors_of_one_day() {
        let (mut origins, key) = (ShownTo::default(), NameKey::new(70, 7));
        let cdn = origin("cdn");
        let hidden = key.hide_host("cdn.example");
        for day in 70..77 {
            assert!(add(&mut origins, day, ("cdn", &[1, 2]), &key).is_empty());
            assert!(serde_json::to_string(&origins).unwrap().contains(&hidden));
        }
        assert!(!origins.is_shown_to(&cdn, 2, 76), "it is hidden");
        let told = add(&mut origins, 76, ("cdn", &[9]), &key);
        assert_eq!(told, [(hidden, "cdn.example".to_owned())]);
        assert!(origins.is_shown_to(&cdn, 3, 76) && origins.is_shown_to(&cdn, 3, 83));
        assert!(!origins.is_shown_to(&cdn, 3, 84), "two weeks are over");
        assert!(!origins.is_shown_to(&origin("other"), 1, 76));
        assert!(origins.is_shown_to(&origin("other"), 0, 76), "nobody is asked for");
        let before = origins.clone();
        assert!(add(&mut origins, 76, ("cdn", &[10, 11]), &key).is_empty() && origins == before);
        assert!(add(&mut origins, 77, ("cdn", &[1, 2, 3, 4, 5]), &NameKey::new(84, 8)).is_empty());
        let json = serde_json::to_string(&origins).unwrap();
        let expected =
            r#"[{"name":"https://cdn.example","to":{"day":77,"buckets":[1,2,3],"most":3,"before":3}}]"#;
        assert_eq!(json, expected);
        for json in [json.as_str(), &json.replace("name", "origin")] {
            assert_eq!(serde_json::from_str::<ShownTo<Origin>>(json).unwrap(), origins, "{json}");
        }
        origins.expire(77 + LIFE_DAYS);
        assert!(!origins.0.is_empty(), "four weeks are not over yet");
        origins.expire(78 + LIFE_DAYS);
        assert!(origins.0.is_empty());
    }

    #[test]
    fn a_stylesheet_is_hidden_as_a_whole() {
        let (mut sheets, key) = (ShownTo::default(), NameKey::new(70, 7));
        let sheet = "https://fonts.example/css2?family=A&user=7".to_owned();
        assert!(sheets.add(70, [(&sheet, &[1, 2][..])], &key, 3).is_empty());
        let json = serde_json::to_string(&sheets).unwrap();
        assert!(json.contains(&key.hide_url(&sheet)) && !json.contains("fonts"), "{json}");
        let told = sheets.add(70, [(&sheet, &[3][..])], &key, 3);
        assert_eq!(told, [(key.hide_url(&sheet), sheet.clone())]);
        assert!(sheets.is_shown_to(&sheet, 3, 70));
    }

    #[test]
    fn what_one_visitor_makes_up_pushes_out_nothing_that_several_were_shown() {
        let (mut origins, key) = (ShownTo::default(), NameKey::new(70, 7));
        add(&mut origins, 76, ("cdn", &[1, 2, 3]), &key);
        for number in 0..10 * MAX_NAMES {
            add(&mut origins, 77, (&format!("made-up-{number}"), &[7]), &key);
            assert!(origins.0.len() <= MAX_NAMES);
        }
        assert!(origins.is_shown_to(&origin("cdn"), 3, 77));
    }
}
