//! Which origins and third parties' stylesheets of a site several visitors were shown.
//!
//! What one visitor alone was shown may stand on a page for their sake: because of something that they sent, say, which the page
//! repeats. It reaches nobody else's hints, and Headstart asks for nothing because of it. Visitors are counted for the site, and not
//! for each page: on a page that hardly anybody visits an origin counts that others were shown elsewhere.
//!
//! Until several were shown it, its name is hidden here as it is in the records of pages. What nobody was shown for four weeks is
//! forgotten. Where there are too many names, one leaves that few were shown, or else the one that was shown least lately; what pages
//! have of that one stays ([`Names`]).

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

/// How many of them are left to names that few were shown: what has just come needs time until several were.
const MAX_OF_FEW: usize = MAX_NAMES / 10;

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
pub struct ShownTo<N>(
    /// The one first that was shown least lately, as exactly as it matters ([`ShownTo::touch`]).
    Vec<Known<N>>,
);

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
        let shown = shown.into_iter().filter(|(name, _)| !name.is_hidden());
        let shown = shown.map(|(name, by)| (name, by, name.hidden_by(key)));
        // What is known first, so that nothing of it leaves for what is new.
        let (known, new): (Vec<_>, Vec<_>) = shown
            .partition(|(name, _, hidden)| self.position(name).or_else(|| self.position(hidden)).is_some());
        for (name, by, hidden) in known.into_iter().chain(new) {
            let by = by.get(..SEVERAL as usize).unwrap_or(by);
            // An import has told of what was hidden here.
            if self.position(name).is_some()
                && let Some(at) = self.position(&hidden)
            {
                self.0.remove(at);
                told.push((hidden.secret().to_owned(), name.secret().to_owned()));
            }
            let at = self.position(name).or_else(|| self.position(&hidden)).unwrap_or_else(|| {
                self.make_room(day);
                self.0.push(Known { name: hidden.clone(), to: Visitors::default() });
                self.0.len() - 1
            });
            let at = self.touch(at);
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

    fn position(&self, name: &N) -> Option<usize> {
        self.0.iter().position(|known| known.name == *name)
    }

    /// Takes over what another learner tells of, name by name. Its visitors may be the same as here, so of both counts the one stays
    /// that is more `today`, and this one where they are equal. What is hidden there is under another key; what it has for hidden
    /// here is found out when somebody is shown it ([`add`](Self::add)).
    fn take_over(&mut self, mut other: Self, today: Day) {
        other.expire(today);
        for theirs in other.0.into_iter().filter(|theirs| !theirs.name.is_hidden()).take(MAX_NAMES) {
            if let Some(own) = self.0.iter_mut().find(|own| own.name == theirs.name) {
                if own.to.most(today) < theirs.to.most(today) {
                    own.to = theirs.to;
                }
            } else if self.0.len() < MAX_NAMES || self.drop_hidden(today) {
                self.0.push(theirs);
            }
        }
    }

    /// Has the one that fewest were shown of those leave that are hidden, if there is any.
    fn drop_hidden(&mut self, today: Day) -> bool {
        let hidden = self.0.iter().enumerate().filter(|(_, known)| known.name.is_hidden());
        let least = hidden.min_by_key(|(_, known)| known.to.most(today)).map(|(at, _)| at);
        least.is_some_and(|at| {
            self.0.remove(at);
            true
        })
    }

    /// What `several` visitors were shown once, and lately.
    fn told(&self, several: u32) -> Names<'_> {
        let told = self.0.iter().map(|known| &known.name).filter(|name| !name.is_hidden());
        if several == 0 {
            return Names::All;
        }
        // What left is not there again because a place is free.
        let may_lack_some = self.0.len() >= MAX_NAMES - MAX_OF_FEW;
        Names::These { names: told.map(N::secret).collect(), may_lack_some }
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

    /// Has what is shown now stand behind what was shown before. That is to be written down, so it is done where there may soon be too
    /// many, and with what has come to stand among the first half. Answers where it stands.
    fn touch(&mut self, at: usize) -> usize {
        if self.0.len() <= MAX_NAMES / 2 || at >= self.0.len() / 2 {
            return at;
        }
        let known = self.0.remove(at);
        self.0.push(known);
        self.0.len() - 1
    }

    /// Where there are too many, the one leaves that fewest were shown, and of those that several were, of whom no more are counted, the
    /// one that was shown least lately. Some places are for what few were shown.
    fn make_room(&mut self, day: Day) {
        if self.0.len() < MAX_NAMES {
            return;
        }
        let to = |known: &Known<N>| known.to.most(day).min(SEVERAL);
        let of_few = self.0.iter().filter(|known| to(known) < SEVERAL).count();
        let meant = |known: &Known<N>| (to(known) < SEVERAL) == (of_few >= MAX_OF_FEW);
        // The first of equal ones.
        let least =
            self.0.iter().enumerate().filter(|(_, known)| meant(known)).min_by_key(|(_, known)| to(known));
        if let Some(at) = least.map(|(at, _)| at) {
            self.0.remove(at);
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

/// Takes up to whom a fact of an import says that things were shown. Answers whether that was news; `None` where the fact says
/// something else.
///
/// # Errors
/// The store's own.
pub(super) fn take_up<S: Store>(
    store: &mut S,
    fact: &str,
    record: &str,
    today: Day,
) -> Result<Option<bool>, S::Error> {
    if ![ORIGINS, SHEETS].contains(&fact) {
        return Ok(None);
    }
    let mut shown = Shown::load(store)?;
    let before = shown.clone();
    shown.change(store, |shown| match fact {
        ORIGINS => shown.origins.take_over(read(record), today),
        _ => shown.sheets.take_over(read(record), today),
    })?;
    Ok(Some(shown != before))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Memory;

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

    #[test]
    fn what_is_shown_all_the_time_stays_however_many_others_come_and_go() {
        let (mut origins, key) = (ShownTo::default(), NameKey::new(70, 7));
        let [cdn, fonts] = ["cdn", "fonts"].map(origin);
        for number in 0..5 * MAX_NAMES {
            let others = [0, 1].map(|other| origin(&format!("r{number}-{other}")));
            // One before what is new in a batch, and one behind it.
            let shown = [&cdn, &others[0], &others[1], &fonts].map(|name| (name, &[1, 2, 3][..]));
            origins.add(76, shown, &key, 3);
            assert!(origins.is_shown_to(&cdn, 3, 76) && origins.is_shown_to(&fonts, 3, 76), "{number}");
            assert!(origins.0.len() <= MAX_NAMES);
        }
        let latest = |number: usize| origins.is_shown_to(&origin(&format!("r{number}-0")), 3, 76);
        assert!(latest(5 * MAX_NAMES - 1) && latest(5 * MAX_NAMES - 199) && !latest(5 * MAX_NAMES - 200));
    }

    #[test]
    fn of_what_several_were_shown_that_leaves_which_nobody_was_shown_of_late() {
        let (mut origins, key) = (ShownTo::default(), NameKey::new(70, 7));
        for number in 0..MAX_NAMES {
            add(&mut origins, 76, (&format!("n{number}"), &[1, 2, 3]), &key);
        }
        add(&mut origins, 76, ("n0", &[1, 2, 3, 4, 5]), &key);
        add(&mut origins, 76, ("new", &[1, 2, 3]), &key);
        let is_left = |name: &str| origins.is_shown_to(&origin(name), 3, 76);
        assert_eq!(["n0", "n1", "n2", "new"].map(is_left), [true, false, true, true]);
    }

    #[test]
    fn what_has_just_come_has_time_until_several_were_shown_it() {
        let (mut origins, key) = (ShownTo::default(), NameKey::new(70, 7));
        for number in 0..MAX_NAMES {
            add(&mut origins, 76, (&format!("n{number}"), &[1, 2, 3]), &key);
        }
        for by in 1..=3 {
            add(&mut origins, 76, ("new", &[by]), &key);
            for number in 0..30 {
                add(&mut origins, 76, (&format!("made-up-{by}-{number}"), &[7]), &key);
            }
        }
        assert!(origins.is_shown_to(&origin("new"), 3, 76));
        let told = origins.0.iter().filter(|known| !known.name.is_hidden()).count();
        assert_eq!((origins.0.len(), told), (MAX_NAMES, MAX_NAMES - MAX_OF_FEW), "a tenth is all they get");
    }

    /// What a fact says: of each name how many visitors of a day were shown it.
    fn of(names: &[(&str, Day, u8)]) -> ShownTo<Origin> {
        let known = names.iter().map(|(name, day, visitors)| {
            let mut to = Visitors::default();
            to.add(*day, &(0..*visitors).collect::<Vec<u8>>());
            Known { name: origin(name), to }
        });
        ShownTo(known.collect())
    }

    #[test]
    fn what_an_import_tells_of_is_taken_over_name_by_name() {
        let own = of(&[("equal", 76, 3), ("faded", 60, 3), ("more", 76, 4), ("few", 76, 2)]);
        let (equal, more) = (own.0[0].clone(), own.0[2].clone());
        let theirs = of(&[
            ("equal", 75, 3),
            ("faded", 75, 3),
            ("more", 75, 3),
            ("new", 75, 3),
            ("old", 47, 9),
            ("ahead", 105, 9),
        ]);
        let mut shown = own;
        shown.take_over(theirs.clone(), 76);
        assert_eq!(
            shown.0,
            [equal, theirs.0[1].clone(), more, of(&[("few", 76, 2)]).0[0].clone(), theirs.0[3].clone()]
        );
        let before = shown.clone();
        shown.take_over(theirs, 76);
        assert_eq!(shown, before, "once is enough");
    }

    #[test]
    fn what_is_hidden_here_is_named_once_somebody_is_shown_what_an_import_tells_of() {
        let (key, others) = (NameKey::new(70, 7), NameKey::new(70, 8));
        let mut shown = ShownTo::default();
        add(&mut shown, 76, ("before", &[1, 2, 3]), &key);
        add(&mut shown, 76, ("cdn", &[1]), &key);
        let mut theirs = of(&[("cdn", 75, 3)]);
        add(&mut theirs, 75, ("few", &[1]), &others);
        shown.take_over(theirs, 76);
        let names = |shown: &ShownTo<Origin>| -> Vec<String> {
            shown.0.iter().map(|known| known.name.host().to_owned()).collect()
        };
        let hidden = key.hide_host("cdn.example");
        assert_eq!(names(&shown), ["before.example", hidden.as_str(), "cdn.example"]);
        assert!(shown.is_shown_to(&origin("cdn"), 3, 76));
        let told = add(&mut shown, 76, ("cdn", &[9]), &key);
        assert_eq!(told, [(hidden, "cdn.example".to_owned())]);
        assert_eq!(names(&shown), ["before.example", "cdn.example"]);
        assert!(add(&mut shown, 76, ("cdn", &[9]), &key).is_empty());
    }

    #[test]
    fn what_an_import_tells_of_stays_within_the_bound_and_pushes_out_what_is_hidden_alone() {
        let (key, named) = (NameKey::new(70, 7), MAX_NAMES - 10);
        let mut shown = of(&[]);
        for number in 0..named {
            add(&mut shown, 76, (&format!("own-{number}"), &[1, 2, 3]), &key);
        }
        for number in 0..10 {
            add(&mut shown, 76, (&format!("few-{number}"), &[1]), &key);
        }
        let theirs: Vec<String> = (0..2 * MAX_NAMES).map(|number| format!("theirs-{number}")).collect();
        let theirs: Vec<(&str, Day, u8)> = theirs.iter().map(|name| (name.as_str(), 76, 200)).collect();
        shown.take_over(of(&theirs), 76);
        let are_named = |what: &str| {
            shown
                .0
                .iter()
                .filter(|known| known.name.host().starts_with(what) && !known.name.is_hidden())
                .count()
        };
        assert_eq!((shown.0.len(), are_named("own-"), are_named("theirs-")), (MAX_NAMES, named, 10));
        let mut empty = of(&[]);
        empty.take_over(of(&theirs), 76);
        assert_eq!(empty.0.len(), MAX_NAMES);
    }

    #[test]
    fn a_fact_of_an_import_that_cannot_be_read_or_says_something_else_changes_nothing() {
        let mut store = Memory::default();
        let cdn = serde_json::to_string(&of(&[("cdn", 76, 3)])).unwrap();
        for (fact, record, expected) in [
            ("shown", cdn.as_str(), Some(true)),
            ("shown", cdn.as_str(), Some(false)),
            ("shown", "[{}]", Some(false)),
            ("shown-sheets", "", Some(false)),
            ("robots", cdn.as_str(), None),
        ] {
            assert_eq!(take_up(&mut store, fact, record, 76), Ok(expected), "{fact} {record}");
            let Ok(stored) = store.get(Kind::Fact, ORIGINS);
            assert_eq!((store.size().0, stored.as_deref()), (1, Some(cdn.as_str())), "{fact} {record}");
        }
    }
}
