//! Which of the site's own URLs always redirect to the same other origin: a sign-in of another host, an outbound counter. An edge that
//! remembers `Link` by path can then have a browser connect there while the origin still thinks about its answer.
//!
//! What a redirect says depends on its path alone, as a page's hints do. A path that leads elsewhere for other queries or other
//! visitors, or to a page of the site, leads nowhere for sure, and gets nothing. Until several visitors were led to a host, a hash
//! stands in its place ([`hidden_names`](super::hidden_names)).

use super::hidden_names::Told;
use super::learner::{put, read, weeks};
use super::names::{LIFE_MS, NameKey, is_hidden, is_hidden_host, is_secret};
use super::next::visitor::{Visitors, day_of};
use super::observation::Led;
use super::page::{HALF_LIFE_MS, is_gone};
use crate::hints::Origin;
use crate::hints::rank::HintPreferences;
use crate::sorting::map::SortedMap;
use crate::store::{Kind, Store};
use serde::{Deserialize, Serialize};

/// The most paths that are remembered, and the most that are published.
const MAX_REMEMBERED: usize = 200;
const MAX_PUBLISHED: usize = 100;

/// The least evidence, in (decayed) answers: a little under three, since the first has already decayed when the third comes.
const MIN_TIMES: f64 = 2.5;

/// The number of further answers after which an answer's weight has halved.
const HALF_LIFE_TIMES: f64 = 30.0;

/// The share of the answers that may lead elsewhere, for a path to be published and for it to stay so: a few visitors who are given
/// something of their own, a page that says that the other server is down.
const MAX_STRAYS: f64 = 0.02;
const MAX_STRAYS_TO_STAY: f64 = 0.05;

/// How much more must lead elsewhere before a path counts as leading there.
const MOSTLY: f64 = 4.0;

/// What is remembered of a path. All numbers of answers are decayed to `at`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Redirect {
    /// The time that the numbers stand for, in milliseconds since the epoch.
    at: u64,
    /// Where it leads.
    origin: Option<Origin>,
    /// The answers that led there, and those that led elsewhere or nowhere.
    times: f64,
    strays: f64,
    /// How many of the latest in a row did not lead there.
    missed: u32,
    /// The visitors who were led there.
    visitors: Visitors,
    /// Whether it was published last.
    #[serde(default)]
    is_listed: bool,
}

impl Redirect {
    /// Takes in where visitors of a day were led, at `now` (milliseconds since the epoch).
    fn absorb(&mut self, led: &Led, day: u32, now: u64) {
        self.decay_to(now);
        self.scale((-f64::from(led.times) / HALF_LIFE_TIMES).exp2());
        if led.to.is_some() && led.to == self.origin {
            self.times += f64::from(led.times);
            self.missed = 0;
            self.visitors.add(day, &led.by);
            return;
        }
        self.strays += f64::from(led.times);
        self.missed = self.missed.saturating_add(led.times);
        if led.to.is_some() && self.is_elsewhere() {
            let strays = self.times + (self.strays - f64::from(led.times)).max(0.0);
            *self = Self {
                at: self.at,
                origin: led.to.clone(),
                times: f64::from(led.times),
                strays,
                ..Self::default()
            };
            self.visitors.add(day, &led.by);
        }
    }

    /// Whether it no longer leads where it did: it led elsewhere so often in a row, or nearly always.
    fn is_elsewhere(&self) -> bool {
        let before = (self.times + self.strays - f64::from(self.missed)).max(self.times) + 1.0;
        self.origin.is_none()
            || self.strays > MOSTLY * self.times
            || is_gone(self.times / before, self.missed)
    }

    fn decay_to(&mut self, now: u64) {
        let elapsed = now.saturating_sub(self.at);
        if self.at > 0 && elapsed > 0 {
            // Milliseconds of any real clock fit the 52 bits of an f64.
            #[allow(clippy::cast_precision_loss)]
            self.scale((-(elapsed as f64) / HALF_LIFE_MS).exp2());
        }
        self.at = self.at.max(now);
    }

    fn scale(&mut self, factor: f64) {
        self.times *= factor;
        self.strays *= factor;
    }

    /// Whether several visitors were led there.
    fn is_told(&self, preferences: &HintPreferences, now: u64) -> bool {
        self.times >= MIN_TIMES && self.visitors.most(day_of(now)) >= preferences.several
    }

    /// Where it always leads, as far as is known at `now` (milliseconds since the epoch).
    fn leads_to(&self, preferences: &HintPreferences, now: u64) -> Option<&Origin> {
        let most = if self.is_listed { MAX_STRAYS_TO_STAY } else { MAX_STRAYS };
        let is_sure = self.strays <= most * (self.times + self.strays) && !self.is_elsewhere();
        let is_told = self.is_listed || self.is_told(preferences, now);
        self.origin.as_ref().filter(|origin| {
            is_sure && is_told && !is_hidden_host(origin.host()) && !preferences.denied.contain(origin)
        })
    }
}

/// Takes in where visitors of a day were led. `key` hides the paths of which few know.
///
/// # Errors
/// The store's own.
pub(super) fn merge<S: Store>(
    store: &mut S,
    led: &[Led],
    (day, key): (u32, &NameKey),
    preferences: &HintPreferences,
    now: u64,
) -> Result<(), S::Error> {
    for led in led.iter().filter(|led| !is_secret(&led.path)) {
        let hidden = key.hide(&led.path);
        let (mut name, mut record) = (&hidden, None);
        for known in [&led.path, &hidden] {
            if record.is_none() {
                (name, record) = (known, store.get(Kind::Redirect, known)?);
            }
        }
        if record.is_none() && led.to.is_none() {
            continue;
        }
        let mut redirect: Redirect = record.map(|record| read(&record)).unwrap_or_default();
        redirect.absorb(led, day, now);
        if is_hidden(name) && redirect.is_told(preferences, now) {
            store.remove(Kind::Redirect, name)?;
            name = &led.path;
        }
        put(store, Kind::Redirect, name, &redirect, sort_key(&redirect))?;
    }
    store.truncate(Kind::Redirect, MAX_REMEMBERED)
}

/// Chooses the paths of which it is published where they lead, at `now` (milliseconds since the epoch), and remembers which they are.
///
/// # Errors
/// The store's own.
pub(super) fn choose<S: Store>(
    store: &mut S,
    told: &Told<'_>,
    preferences: &HintPreferences,
    now: u64,
) -> Result<SortedMap<String, Origin>, S::Error> {
    let mut chosen = SortedMap::new();
    for (path, record) in store.all(Kind::Redirect)? {
        let mut redirect: Redirect = read(&record);
        let may_be_named = redirect.origin.as_ref().is_none_or(|origin| told.keeps_host(origin.host()));
        if now.saturating_sub(redirect.at) > LIFE_MS || is_secret(&path) || !may_be_named {
            store.remove(Kind::Redirect, &path)?;
            continue;
        }
        let leads_to = redirect.leads_to(preferences, now).filter(|_| !is_hidden(&path)).cloned();
        let is_listed = leads_to.is_some();
        chosen.extend(leads_to.filter(|_| chosen.len() < MAX_PUBLISHED).map(|origin| (path.clone(), origin)));
        if redirect.is_listed != is_listed {
            redirect.is_listed = is_listed;
            put(store, Kind::Redirect, &path, &redirect, sort_key(&redirect))?;
        }
    }
    Ok(chosen)
}

/// Forgets where a path leads, by whichever name it is remembered.
///
/// # Errors
/// The store's own.
pub(super) fn forget<S: Store>(store: &mut S, path: &str, key: &NameKey) -> Result<(), S::Error> {
    store.remove(Kind::Redirect, path)?;
    store.remove(Kind::Redirect, &key.hide(path))
}

/// Forgets which paths lead to an origin.
///
/// # Errors
/// The store's own.
pub(super) fn forget_target<S: Store>(store: &mut S, origin: &Origin) -> Result<(), S::Error> {
    for (path, record) in store.all(Kind::Redirect)? {
        if read::<Redirect>(&record).origin.as_ref() == Some(origin) {
            store.remove(Kind::Redirect, &path)?;
        }
    }
    Ok(())
}

/// The origins to which paths lead.
///
/// # Errors
/// The store's own.
pub(super) fn targets<S: Store>(store: &S) -> Result<Vec<Origin>, S::Error> {
    let all = store.all(Kind::Redirect)?.into_iter();
    Ok(all.filter_map(|(_, record)| read::<Redirect>(&record).origin).collect())
}

/// Writes down what `revealed` makes of a record in which a hash stands for a host that may be named by now.
///
/// # Errors
/// The store's own.
pub(super) fn reveal<S: Store>(
    store: &mut S,
    revealed: impl Fn(String) -> Option<String>,
) -> Result<(), S::Error> {
    for (path, record) in store.all(Kind::Redirect)? {
        if let Some(record) = revealed(record) {
            let redirect: Redirect = read(&record);
            put(store, Kind::Redirect, &path, &redirect, sort_key(&redirect))?;
        }
    }
    Ok(())
}

/// Who leads most visitors somewhere stays longest: see [`learner`](super::learner).
fn sort_key(redirect: &Redirect) -> f64 {
    redirect.times.max(f64::MIN_POSITIVE).log2() + weeks(redirect.at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::hidden_names::Names;
    use crate::limits::SEVERAL;
    use crate::store::Memory;

    const START: u64 = 1_800_000_000_000;

    const ALL: Told<'static> = Told { hosts: Names::All, sheets: None };

    fn preferences() -> HintPreferences {
        HintPreferences { several: SEVERAL, ..HintPreferences::default() }
    }

    fn origin(host: &str) -> Origin {
        Origin::parse(&format!("https://{host}.shop.example")).unwrap()
    }

    fn led(path: &str, to: Option<&str>, by: u8) -> Led {
        Led { path: path.to_owned(), to: to.map(origin), by: vec![by], times: 1 }
    }

    /// What is published once a visitor after the other was led there, each by another visitor.
    fn published(store: &mut Memory, path: &str, targets: &[Option<&str>]) -> Option<String> {
        for (by, to) in (0..=255).cycle().zip(targets) {
            let Ok(()) = merge(
                store,
                &[led(path, *to, by)],
                (day_of(START), &NameKey::default()),
                &preferences(),
                START,
            );
        }
        let Ok(chosen) = choose(store, &ALL, &preferences(), START);
        chosen.get(path).map(|origin| origin.host().trim_end_matches(".shop.example").to_owned())
    }

    #[test]
    fn it_takes_several_visitors_and_one_of_them_alone_is_none() {
        let mut store = Memory::default();
        for _ in 0..50 {
            let Ok(()) = merge(
                &mut store,
                &[led("/login", Some("id"), 7)],
                (day_of(START), &NameKey::default()),
                &preferences(),
                START,
            );
        }
        assert_eq!(choose(&mut store, &ALL, &preferences(), START), Ok(SortedMap::new()));
        let names: Vec<String> =
            store.all(Kind::Redirect).unwrap().into_iter().map(|(name, _)| name).collect();
        assert!(names.len() == 1 && is_hidden(&names[0]), "{names:?}");
        let mut store = Memory::default();
        assert_eq!(published(&mut store, "/login", &[Some("id"); 2]), None);
        assert_eq!(published(&mut store, "/login", &[Some("id"); 3]), Some("id".to_owned()));
        assert_eq!(
            published(&mut store, "/reset/dGhpcyBpcyBhIHNlY3JldDE", &[Some("id"); 9]),
            None,
            "a secret"
        );
    }

    #[test]
    fn what_depends_on_the_query_or_on_the_visitor_leads_nowhere() {
        let (id, pay) = (Some("id"), Some("pay"));
        for (targets, expected) in [
            (vec![id; 20], Some("id")),
            ([id, pay].repeat(20), None),
            ([id, id, id, pay].repeat(20), None),
            ([id, None].repeat(20), None),
            ([vec![id; 9], vec![None]].concat().repeat(10), None),
            // Many in a row are many all the same.
            ([vec![id; 5], vec![pay; 5]].concat().repeat(10), None),
            ([vec![pay], vec![id; 200]].concat(), Some("id")),
        ] {
            let what = format!("{targets:?}");
            assert_eq!(published(&mut Memory::default(), "/out", &targets).as_deref(), expected, "{what}");
        }
    }

    #[test]
    fn what_no_longer_leads_there_is_withdrawn_and_what_leads_elsewhere_is_learned_anew() {
        let mut store = Memory::default();
        let (id, pay) = (Some("id"), Some("pay"));
        assert_eq!(published(&mut store, "/out", &[id; 100]).as_deref(), Some("id"));
        assert_eq!(published(&mut store, "/out", &[pay]).as_deref(), Some("id"), "one may be an accident");
        assert_eq!(published(&mut store, "/out", &[pay; 4]), None);
        assert_eq!(published(&mut store, "/out", &[pay; 20]), None);
        assert_eq!(published(&mut store, "/out", &[pay; 160]).as_deref(), Some("pay"));
        assert_eq!(published(&mut store, "/out", &[None; 5]), None);
        assert_eq!(published(&mut store, "/never", &[None; 5]), None);
        assert_eq!(store.count(Kind::Redirect), Ok(1), "what has never led anywhere is not remembered");
    }

    #[test]
    fn everything_is_bounded_and_has_an_end() {
        let mut store = Memory::default();
        for number in 0..3 * MAX_REMEMBERED {
            assert!(
                published(&mut store, &format!("/out/{number}"), &[Some("id"); 3]).is_some() || number > 50
            );
        }
        assert_eq!(store.count(Kind::Redirect), Ok(MAX_REMEMBERED));
        let Ok(chosen) = choose(&mut store, &ALL, &preferences(), START);
        assert_eq!(chosen.len(), MAX_PUBLISHED);
        let Ok(chosen) = choose(&mut store, &ALL, &preferences(), START + LIFE_MS + 1);
        assert_eq!((chosen.len(), store.count(Kind::Redirect)), (0, Ok(0)));
        assert!(published(&mut store, "/out/1", &[Some("id"); 3]).is_some());
        let Ok(()) = forget(&mut store, "/out/1", &NameKey::default());
        assert_eq!(store.count(Kind::Redirect), Ok(0));
    }
}
