//! Which names a page's HTML gives its parts now, where builds name them anew.
//!
//! Names of one [`key`] that no view has beside each other are builds of one part. Several are alive at once while a build is rolled
//! out by and by, or where visitors are given different ones to compare. Each has its own views and visitors, so that a view of one
//! takes nothing from another one. What was known of one that is gone counts for those that are left, but for its visitors: they must
//! have been shown the new name as well.

use super::names;
use crate::learn::document::resources::Named;
use crate::learn::next::visitor::{Day, Visitors};
use crate::learn::page::is_gone;
use crate::learn::report::{Name, key};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::HashMap;

/// The most names that are remembered of a page, and of one part of it.
pub(super) const MAX_NAMED: usize = 24;
pub(super) const MAX_BUILDS: usize = 4;

/// From this share of the views on a part that two in a row do not name is gone. What is missing less often is a part of a build.
const ALWAYS: f64 = 0.95;

/// No larger share is sure of a build while another one is given by turns with it: how many are given which may be changing.
const MOST_OF_SEVERAL: f64 = 0.75;

/// What a page's HTML names, by each name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct NamedRecords(Vec<NamedRecord>);

/// A part of the page that its HTML names and that was voted for, by one name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct NamedRecord {
    pub(super) named: Named,
    /// The views that named it, of the views since the first that did.
    views: f64,
    of: f64,
    /// How many views in a row have not named it.
    missed: u32,
    /// The visitors who were given a view that named it, by this URL.
    pub(super) by: Visitors,
    /// Whether the last view that named it had others of the same key beside it: they are parts of their own.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    has_alike: bool,
}

/// Builds of one part, each with its place among the records.
type Builds<'a> = Vec<(usize, &'a NamedRecord)>;

/// The builds of one part.
#[derive(Default)]
pub(super) struct Part<'a> {
    current: Builds<'a>,
    gone: Builds<'a>,
}

impl NamedRecord {
    fn new(named: &Named) -> Self {
        let named = named.clone();
        Self { named, views: 0.0, of: 1.0, missed: 0, by: Visitors::default(), has_alike: false }
    }

    fn see(&mut self, named: &Named, has_alike: bool, (day, by): (Day, Option<u8>)) {
        self.named.clone_from(named);
        self.views += 1.0;
        self.missed = 0;
        self.by.add(day, by.as_slice());
        self.has_alike = has_alike;
    }

    /// Whether the last view that named it had others of the same key beside it.
    pub(super) fn has_alike(&self) -> bool {
        self.has_alike
    }

    /// Whether it and another build are named by turns: each was after the other one's first view.
    fn alternates_with(&self, other: &Self) -> bool {
        let is_after = |last: &Self, first: &Self| first.of > f64::from(last.missed) + 1.0;
        is_after(self, other) && is_after(other, self)
    }

    /// Whether the page names it no more, among the builds of its part, of which it is one.
    fn has_gone(&self, builds: &[(usize, &Self)]) -> bool {
        let before = (self.of - f64::from(self.missed)).max(self.views).max(f64::MIN_POSITIVE);
        let mut others = builds.iter().filter(|(_, other)| !std::ptr::eq(self, *other));
        let alternates = others.any(|(_, other)| self.alternates_with(other));
        // With little evidence no share is sure.
        let share = self.views / (before + 1.0);
        if alternates {
            return is_gone(share.min(MOST_OF_SEVERAL), self.missed);
        }
        is_gone(share, self.missed) || (self.missed >= 2 && self.views / before >= ALWAYS)
    }

    /// The hashes of the URLs that a browser fetches for it.
    fn hashes(&self) -> impl Iterator<Item = u64> {
        names(&self.named.resource).into_iter().map(|name| name.0)
    }
}

impl<'a> Part<'a> {
    /// The builds that the page names now.
    pub(super) fn current(&self) -> impl Iterator<Item = &'a NamedRecord> {
        self.current.iter().map(|(_, record)| *record)
    }

    /// Those that it names no more.
    pub(super) fn gone(&self) -> impl Iterator<Item = &'a NamedRecord> {
        self.gone.iter().map(|(_, record)| *record)
    }

    fn all(&self) -> impl Iterator<Item = &'a NamedRecord> {
        self.current().chain(self.gone())
    }

    /// The share of the views that name a build which is current: those of builds that are gone count for the ones that are left.
    pub(super) fn share(&self, build: &NamedRecord) -> f64 {
        let views = self.all().map(|record| record.views).sum::<f64>();
        let of = self.all().map(|record| record.of).fold(f64::MIN_POSITIVE, f64::max);
        let left = self.current().map(|record| record.views).sum::<f64>().max(f64::MIN_POSITIVE);
        (views / of).min(1.0) * build.views / left
    }

    /// The place of the build that most views name now.
    fn lead(&self) -> Option<usize> {
        let lead = self.current.iter().max_by(|(_, a), (_, b)| a.views.total_cmp(&b.views));
        lead.map(|(at, _)| *at)
    }
}

impl NamedRecords {
    /// All of them, whether the page names them now or not.
    pub(super) fn iter(&self) -> impl Iterator<Item = &NamedRecord> {
        self.0.iter()
    }

    /// Takes in what a view names that somebody was given on a day. `has_votes` says whether a part is used, as far as it is not known
    /// by another name.
    pub(super) fn absorb(
        &mut self,
        resources: &[Named],
        given: (Day, Option<u8>),
        has_votes: impl Fn(&Named) -> bool,
    ) {
        for record in &mut self.0 {
            record.of += 1.0;
            record.missed = record.missed.saturating_add(1);
        }
        let mut counts: HashMap<u64, usize> = HashMap::new();
        for named in resources {
            *counts.entry(key(&named.resource)).or_default() += 1;
        }
        for named in resources {
            let key_now = key(&named.resource);
            let has_alike = counts.get(&key_now).is_some_and(|count| *count > 1);
            let is_same = |record: &&mut NamedRecord| record.named.resource == named.resource;
            if let Some(record) = self.0.iter_mut().find(is_same) {
                record.see(named, has_alike, given);
                continue;
            }
            let is_build = |record: &NamedRecord| !record.has_alike && key(&record.named.resource) == key_now;
            if (!has_alike && self.iter().any(is_build)) || has_votes(named) {
                let mut record = NamedRecord::new(named);
                record.see(named, has_alike, given);
                self.0.push(record);
            }
        }
    }

    /// The parts, each with its builds.
    pub(super) fn parts(&self) -> Vec<Part<'_>> {
        let mut parts: Vec<(Option<u64>, Builds<'_>)> = Vec::new();
        for (at, record) in self.0.iter().enumerate() {
            let key = (!record.has_alike).then(|| key(&record.named.resource));
            match parts.iter_mut().find(|(known, _)| key.is_some() && *known == key) {
                Some((_, builds)) => builds.push((at, record)),
                None => parts.push((key, vec![(at, record)])),
            }
        }
        let parts = parts.into_iter().map(|(_, builds)| {
            let has_gone = |(_, record): &(usize, &NamedRecord)| record.has_gone(&builds);
            let (gone, current) = builds.iter().partition(|build| has_gone(build));
            Part { current, gone }
        });
        parts.collect()
    }

    /// Whether a part is one of which a browser has used another build, whose name is among the hashes of what it has `used`: another
    /// name of the part, or another font of its face.
    pub(super) fn is_of_other_build(&self, name: Name, used: &[u64]) -> bool {
        let is_its = |record: &NamedRecord| record.hashes().any(|hash| hash == name.0);
        let is_used = |record: &NamedRecord| record.hashes().any(|hash| used.contains(&hash));
        let is_of_part = self.parts().iter().any(|part| {
            let (these, others): (Vec<&NamedRecord>, Vec<&NamedRecord>) =
                part.all().partition(|record| is_its(record));
            !these.is_empty() && others.into_iter().any(is_used)
        });
        let (these, others): (Vec<&NamedRecord>, Vec<&NamedRecord>) =
            self.iter().partition(|record| is_its(record));
        let has_face =
            |other: &NamedRecord| these.iter().any(|record| record.named.shares_face(&other.named));
        is_of_part || others.into_iter().any(|other| has_face(other) && is_used(other))
    }

    /// Forgets some where there are too many. Answers with those that were gone, each with the build that has taken its place.
    pub(super) fn make_room(&mut self) -> Vec<(Named, Named)> {
        let mut successions = Vec::new();
        while let Some((at, heir)) = self.least() {
            let heir = heir.and_then(|heir| self.0.get(heir)).map(|record| record.named.clone());
            let old = self.0.remove(at);
            let Some(heir) = heir else { continue };
            let heir_key = key(&heir.resource);
            let is_build =
                |record: &&mut NamedRecord| !record.has_alike && key(&record.named.resource) == heir_key;
            for record in self.0.iter_mut().filter(is_build) {
                // The views that named the old one were views of the part.
                record.of = (record.of - old.views).max(record.views);
            }
            successions.push((old.named, heir));
        }
        successions
    }

    /// The place of the one that leaves first, where there are too many, and that of the build which has taken its place: first those in
    /// whose place there is another build, then builds beside one that more views name, then what no view has named for longest.
    fn least(&self) -> Option<(usize, Option<usize>)> {
        let parts = self.parts();
        let crowded = parts.iter().position(|part| part.all().count() > MAX_BUILDS);
        if crowded.is_none() && self.0.len() <= MAX_NAMED {
            return None;
        }
        let parts =
            parts.iter().enumerate().filter(|(number, _)| crowded.is_none_or(|crowded| crowded == *number));
        let places = parts.flat_map(|(_, part)| {
            let lead = part.lead();
            let gone = part
                .gone
                .iter()
                .map(move |(at, record)| (if lead.is_some() { 0 } else { 2 }, *at, *record, lead));
            let rank = move |at: usize| if lead == Some(at) { 2 } else { 1 };
            gone.chain(part.current.iter().map(move |(at, record)| (rank(*at), *at, *record, None)))
        });
        let least = places.min_by(|(a, _, one, _), (b, _, other, _)| {
            let order = (a, Reverse(one.missed)).cmp(&(b, Reverse(other.missed)));
            order.then(one.views.total_cmp(&other.views))
        });
        least.map(|(_, at, _, heir)| (at, heir))
    }

    /// Forgets those that may not be remembered. Answers whether there were any.
    pub(super) fn retain(&mut self, is_kept: impl Fn(&Named) -> bool) -> bool {
        let before = self.0.len();
        self.0.retain(|record| is_kept(&record.named));
        before != self.0.len()
    }

    /// Has the views weigh less.
    pub(super) fn scale(&mut self, factor: f64) {
        for record in &mut self.0 {
            record.views *= factor;
            record.of *= factor;
        }
    }
}
