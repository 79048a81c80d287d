//! What a next-page learner stores: a record for each page, route and suspect, and a few facts. What cannot be read begins anew,
//! and so does what is too large to be read: an object that ends while it reads its records would never come back.

use super::{Mark, Model, NextPageLearner, NextPageSnapshot};
use crate::hash::fnv1a;
use crate::json;
use crate::learn::figures;
use crate::learn::next::model::{MAX_PAGE_BYTES, MAX_ROUTE_BYTES, Site};
use crate::learn::next::sizes::Sizes;
use crate::store::{Kind, Store};
use crate::urls::robots::Said;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;

/// The most bytes of records that are read: what the model's bounds leave, and as much of one batch as may come before they are
/// kept again.
const MAX_RECORD_BYTES: usize = MAX_PAGE_BYTES + MAX_ROUTE_BYTES + 8 * 1024 * 1024;

/// The most bytes of facts: the snapshot that was published last, robots.txt and what is known of the site.
const MAX_FACT_BYTES: usize = 4 * 1024 * 1024;

/// The fact that tells what was chosen last. Where something was published is taken back under this name for hints and next pages alike
/// ([`news`](crate::learn::news)).
const MARK: &str = "published";

/// The kinds of which a learner has many records.
const RECORDS: [Kind; 3] = [Kind::Next, Kind::Route, Kind::Suspect];

/// How many bytes the records and facts have that a learner would read.
///
/// # Errors
/// The store's own.
pub fn bytes<S: Store>(store: &S) -> Result<usize, S::Error> {
    let mut kinds = RECORDS.into_iter().chain([Kind::Fact]);
    kinds.try_fold(0, |bytes, kind| Ok(store.bytes(kind)?.saturating_add(bytes)))
}

impl NextPageLearner {
    /// How many bytes what it holds has as it is stored.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let records = [&self.model.page_sizes, &self.model.route_sizes, &self.suspect_sizes];
        let robots = self.robots.as_ref().map_or(0, |robots| robots.text().len());
        records.into_iter().map(Sizes::total).fold(robots + self.published_bytes, usize::saturating_add)
    }

    /// Takes up what is stored. What cannot be read, or is too large to be, is removed, and begins anew:
    /// [`Self::take_begun_anew`] says so.
    ///
    /// # Errors
    /// The store's own.
    pub fn load<S: Store>(store: &mut S) -> Result<Self, S::Error> {
        let mut learner = Self::default();
        let mut lost = clear_if_too_large(store)?;
        let mut model = Model::default();
        let pages = read_all(store, Kind::Next, &mut model.page_sizes, &mut lost)?;
        let routes = read_all(store, Kind::Route, &mut model.route_sizes, &mut lost)?;
        let mut site: Site = fact(store, "site", &mut lost)?.unwrap_or_default();
        let earlier = Some(std::mem::take(&mut site.robots)).filter(|robots| !robots.is_empty());
        learner.robots = store.get(Kind::Fact, "robots")?.or(earlier).map(Said::new);
        model.restore(pages, routes, site);
        learner.model = model;
        let suspects = read_all(store, Kind::Suspect, &mut learner.suspect_sizes, &mut lost)?;
        learner.suspects.restore(suspects.into_values());
        if let Some(suspects) = fact(store, "suspects", &mut lost)? {
            learner.suspects.take_over(suspects);
        }
        store.remove(Kind::Fact, "suspects")?;
        let snapshot = store.get(Kind::Fact, "guide")?;
        learner.published_bytes = snapshot.as_ref().map_or(0, String::len);
        if let Some((value, snapshot)) =
            snapshot.and_then(|value| NextPageSnapshot::parse(&value).ok().map(|snapshot| (value, snapshot)))
        {
            learner.published = snapshot;
            learner.read_mark(store, &value)?;
        }
        learner.site = store.get(Kind::Fact, "name")?.unwrap_or_default();
        learner.stored_site.clone_from(&learner.site);
        learner.begun_anew = lost;
        Ok(learner)
    }

    /// Takes up what was stored of the value that was published last, if it was published: the mark is written when something is
    /// chosen, the value once KV has it.
    fn read_mark<S: Store>(&mut self, store: &S, value: &str) -> Result<(), S::Error> {
        let mark = store.get(Kind::Fact, MARK)?.as_deref().and_then(Mark::read);
        if let Some(mark) = mark.filter(|mark| mark.value == fnv1a(value.as_bytes()))
            && let Some(at) = figures::published_at(store)?
        {
            (self.published_mark, self.published_at, self.has_published) = (mark, at, true);
        }
        Ok(())
    }

    /// What the log says of stored records that are lost, if any were when this learner was read.
    pub fn take_begun_anew(&mut self) -> Option<String> {
        let lost = self.begun_anew.take()?;
        Some(format!("what was learned of next pages begins anew on {}: {lost}", self.site))
    }

    /// Writes what has changed since the last call.
    ///
    /// # Errors
    /// The store's own.
    pub fn save<S: Store>(&mut self, store: &mut S) -> Result<(), S::Error> {
        let changed = self.model.take_changed();
        for path in changed.pages {
            let bytes = put(store, Kind::Next, &path, self.model.page(&path))?;
            note(&mut self.model.page_sizes, &path, bytes);
        }
        for template in changed.routes {
            let bytes = put(store, Kind::Route, &template, self.model.route(&template))?;
            note(&mut self.model.route_sizes, &template, bytes);
        }
        for (page, suspect) in self.suspects.take_changed() {
            let bytes = put(store, Kind::Suspect, &page, suspect.as_ref())?;
            note(&mut self.suspect_sizes, &page, bytes);
        }
        put(store, Kind::Fact, "site", Some(&self.model.site))?;
        if std::mem::take(&mut self.has_robots_changed)
            && let Some(robots) = &self.robots
        {
            store.put(Kind::Fact, "robots", robots.text(), 0.0)?;
        }
        if std::mem::take(&mut self.has_mark_changed) {
            if self.has_published {
                store.put(Kind::Fact, MARK, &self.published_mark.write(), 0.0)?;
            } else {
                store.remove(Kind::Fact, MARK)?;
            }
        }
        if self.stored_site != self.site {
            store.put(Kind::Fact, "name", &self.site, 0.0)?;
            self.stored_site.clone_from(&self.site);
        }
        Ok(())
    }
}

impl Mark {
    fn write(self) -> String {
        format!("{:016x} {:016x}", self.rules, self.value)
    }

    fn read(mark: &str) -> Option<Self> {
        let (rules, value) = mark.split_once(' ')?;
        let number = |text: &str| u64::from_str_radix(text, 16).ok();
        Some(Self { rules: number(rules)?, value: number(value)? })
    }
}

/// Removes all records, or all facts, where they are more than may be read. Answers why.
fn clear_if_too_large<S: Store>(store: &mut S) -> Result<Option<String>, S::Error> {
    let mut why = None;
    for (kinds, most) in [(&RECORDS[..], MAX_RECORD_BYTES), (&[Kind::Fact], MAX_FACT_BYTES)] {
        let mut bytes = 0;
        for kind in kinds {
            bytes += store.bytes(*kind)?;
        }
        if bytes > most {
            why = Some(format!("it had {bytes} bytes, of which at most {most} are read"));
            for kind in kinds {
                store.truncate(*kind, 0)?;
            }
        }
    }
    Ok(why)
}

/// All records of a kind that can be read; the others are removed.
fn read_all<S: Store, T: DeserializeOwned>(
    store: &mut S,
    kind: Kind,
    sizes: &mut Sizes,
    lost: &mut Option<String>,
) -> Result<HashMap<String, T>, S::Error> {
    let mut all = HashMap::new();
    for (name, record) in store.all(kind)? {
        if let Ok(read) = json::read(&record) {
            sizes.set(&name, name.len() + record.len());
            all.insert(name, read);
        } else {
            // Not which one, and not what it holds: a path may be one visitor's own.
            *lost = Some("a record cannot be read".to_owned());
            store.remove(kind, &name)?;
        }
    }
    Ok(all)
}

/// A fact that can be read, if there is one.
fn fact<S: Store, T: DeserializeOwned>(
    store: &S,
    name: &str,
    lost: &mut Option<String>,
) -> Result<Option<T>, S::Error> {
    let Some(record) = store.get(Kind::Fact, name)? else { return Ok(None) };
    let read = json::read(&record).ok();
    if read.is_none() {
        *lost = Some(format!("the record {name} cannot be read"));
    }
    Ok(read)
}

/// Writes a record, or removes it where there is none any more. Answers how many bytes it takes with its name.
fn put<S: Store, T: Serialize>(
    store: &mut S,
    kind: Kind,
    name: &str,
    record: Option<&T>,
) -> Result<Option<usize>, S::Error> {
    let Some(value) = record.and_then(|record| serde_json::to_string(record).ok()) else {
        return store.remove(kind, name).map(|()| None);
    };
    store.put(kind, name, &value, 0.0)?;
    Ok(Some(name.len() + value.len()))
}

fn note(sizes: &mut Sizes, name: &str, bytes: Option<usize>) {
    match bytes {
        Some(bytes) => sizes.set(name, bytes),
        None => sizes.remove(name),
    }
}

#[cfg(test)]
mod tests;
