//! Maps and sets in the order of their keys, as sorted lists: [`SortedMap`] and [`SortedSet`].
//!
//! The standard library's are trees, which are compiled anew for each type: some nine kilobytes of the Worker each, of which it had forty
//! ([Size](../../docs/reliability/size.md)). What is kept in order here has some thousand entries at most, and mostly comes in order. To put
//! an entry between others moves those behind it; many at once ([`FromIterator`]) are sorted together.

use crate::sorting;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use std::borrow::Borrow;
use std::fmt;
use std::marker::PhantomData;
use std::{mem, slice, vec};

/// A map in the order of its keys, of which each is there once.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SortedMap<K, V>(Vec<(K, V)>);

impl<K, V> SortedMap<K, V> {
    /// An empty map.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Removes all.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The entries.
    #[must_use]
    pub fn iter(&self) -> Iter<'_, K, V> {
        Iter(self.0.iter())
    }

    /// The entries, with values that can be changed.
    pub fn iter_mut(&mut self) -> IterMut<'_, K, V> {
        IterMut(self.0.iter_mut())
    }

    /// The keys.
    #[must_use]
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &K> + ExactSizeIterator + Clone {
        self.0.iter().map(|(key, _)| key)
    }

    /// The values, in the order of their keys.
    #[must_use]
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> + ExactSizeIterator + Clone {
        self.0.iter().map(|(_, value)| value)
    }

    /// The same, to be changed.
    pub fn values_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut V> + ExactSizeIterator {
        self.0.iter_mut().map(|(_, value)| value)
    }

    /// The keys by themselves.
    #[must_use]
    pub fn into_keys(self) -> impl DoubleEndedIterator<Item = K> + ExactSizeIterator {
        self.0.into_iter().map(|(key, _)| key)
    }

    /// The values by themselves.
    #[must_use]
    pub fn into_values(self) -> impl DoubleEndedIterator<Item = V> + ExactSizeIterator {
        self.0.into_iter().map(|(_, value)| value)
    }

    /// Keeps the entries of which this is true.
    pub fn retain(&mut self, mut is_kept: impl FnMut(&K, &mut V) -> bool) {
        self.0.retain_mut(|(key, value)| is_kept(key, value));
    }
}

impl<K: Ord, V> SortedMap<K, V> {
    /// Where a key is, or where it would be.
    fn place<Q: Ord + ?Sized>(&self, key: &Q) -> Result<usize, usize>
    where
        K: Borrow<Q>,
    {
        self.0.binary_search_by(|(other, _)| other.borrow().cmp(key))
    }

    /// The value of a key.
    #[must_use]
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.get_key_value(key).map(|(_, value)| value)
    }

    /// The value of a key, with the key as it stands here.
    #[must_use]
    pub fn get_key_value<Q: Ord + ?Sized>(&self, key: &Q) -> Option<(&K, &V)>
    where
        K: Borrow<Q>,
    {
        self.0.get(self.place(key).ok()?).map(|(key, value)| (key, value))
    }

    /// The value of a key, to be changed.
    pub fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let at = self.place(key).ok()?;
        self.0.get_mut(at).map(|(_, value)| value)
    }

    /// Whether a key is there.
    #[must_use]
    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.place(key).is_ok()
    }

    /// Sets the value of a key, and answers the one that it had.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let at = match self.place(&key) {
            Ok(at) => return self.0.get_mut(at).map(|(_, before)| mem::replace(before, value)),
            Err(at) => at,
        };
        self.0.insert(at, (key, value));
        None
    }

    /// Removes a key, and answers its value.
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let at = self.place(key).ok()?;
        Some(self.0.remove(at).1)
    }

    /// A key's place, to be filled if nothing is there.
    pub fn entry(&mut self, key: K) -> Entry<'_, K, V> {
        Entry { map: self, key }
    }
}

/// A key's place in a map, whether anything is there or not.
#[derive(Debug)]
pub struct Entry<'a, K, V> {
    map: &'a mut SortedMap<K, V>,
    key: K,
}

impl<'a, K: Ord, V> Entry<'a, K, V> {
    /// The value that is there, or is made now.
    pub fn or_insert_with(self, value: impl FnOnce() -> V) -> &'a mut V {
        let Self { map: SortedMap(entries), key } = self;
        let at = entries.binary_search_by(|(other, _)| other.cmp(&key)).unwrap_or_else(|at| {
            entries.insert(at, (key, value()));
            at
        });
        // It is there now.
        #[allow(clippy::indexing_slicing)]
        &mut entries[at].1
    }

    /// The value that is there, or becomes this one.
    pub fn or_insert(self, value: V) -> &'a mut V {
        self.or_insert_with(|| value)
    }

    /// The value that is there, or becomes the one that its type has by default.
    pub fn or_default(self) -> &'a mut V
    where
        V: Default,
    {
        self.or_insert_with(V::default)
    }
}

/// Only for tests: what is missing panics.
#[cfg(test)]
impl<K: Borrow<Q> + Ord, Q: Ord + ?Sized, V> std::ops::Index<&Q> for SortedMap<K, V> {
    type Output = V;

    fn index(&self, key: &Q) -> &V {
        self.get(key).expect("no such key")
    }
}

impl<K, V> Default for SortedMap<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for SortedMap<K, V> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_map().entries(self).finish()
    }
}

/// Of entries with the same key the last one counts.
impl<K: Ord, V> FromIterator<(K, V)> for SortedMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut entries: Vec<(K, V)> = entries.into_iter().collect();
        if !entries.is_sorted_by(|(key, _), (next, _)| key < next) {
            sorting::sort_by(&mut entries, |(key, _), (other, _)| key.cmp(other));
            entries.dedup_by(|later, kept| {
                let is_same = later.0 == kept.0;
                if is_same {
                    mem::swap(later, kept);
                }
                is_same
            });
        }
        Self(entries)
    }
}

impl<K: Ord, V, const N: usize> From<[(K, V); N]> for SortedMap<K, V> {
    fn from(entries: [(K, V); N]) -> Self {
        entries.into_iter().collect()
    }
}

impl<K: Ord, V> Extend<(K, V)> for SortedMap<K, V> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        for (key, value) in entries {
            self.insert(key, value);
        }
    }
}

impl<K, V> IntoIterator for SortedMap<K, V> {
    type Item = (K, V);
    type IntoIter = vec::IntoIter<(K, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, K, V> IntoIterator for &'a SortedMap<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = Iter<'a, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a, K, V> IntoIterator for &'a mut SortedMap<K, V> {
    type Item = (&'a K, &'a mut V);
    type IntoIter = IterMut<'a, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

impl<K: Serialize, V: Serialize> Serialize for SortedMap<K, V> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self)
    }
}

impl<'de, K: Deserialize<'de> + Ord, V: Deserialize<'de>> Deserialize<'de> for SortedMap<K, V> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Reading(PhantomData))
    }
}

struct Reading<K, V>(PhantomData<(K, V)>);

impl<'de, K: Deserialize<'de> + Ord, V: Deserialize<'de>> Visitor<'de> for Reading<K, V> {
    type Value = SortedMap<K, V>;

    fn expecting(&self, what: &mut fmt::Formatter<'_>) -> fmt::Result {
        what.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(entries.into_iter().collect())
    }
}

/// The entries of a map.
#[derive(Debug)]
pub struct Iter<'a, K, V>(slice::Iter<'a, (K, V)>);

impl<K, V> Clone for Iter<'_, K, V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<'a, K, V> Iterator for Iter<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(key, value)| (key, value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<K, V> DoubleEndedIterator for Iter<'_, K, V> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.0.next_back().map(|(key, value)| (key, value))
    }
}

impl<K, V> ExactSizeIterator for Iter<'_, K, V> {}

/// The entries of a map, with values that can be changed.
#[derive(Debug)]
pub struct IterMut<'a, K, V>(slice::IterMut<'a, (K, V)>);

impl<'a, K, V> Iterator for IterMut<'a, K, V> {
    type Item = (&'a K, &'a mut V);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(key, value)| (&*key, value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<K, V> ExactSizeIterator for IterMut<'_, K, V> {}

/// A set in order.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SortedSet<T>(Vec<T>);

impl<T> SortedSet<T> {
    /// An empty set.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Removes all.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// All, in order.
    pub fn iter(&self) -> slice::Iter<'_, T> {
        self.0.iter()
    }

    /// Keeps those of which this is true.
    pub fn retain(&mut self, is_kept: impl FnMut(&T) -> bool) {
        self.0.retain(is_kept);
    }
}

impl<T: Ord> SortedSet<T> {
    fn place<Q: Ord + ?Sized>(&self, item: &Q) -> Result<usize, usize>
    where
        T: Borrow<Q>,
    {
        self.0.binary_search_by(|other| other.borrow().cmp(item))
    }

    /// Whether something is in it.
    #[must_use]
    pub fn contains<Q: Ord + ?Sized>(&self, item: &Q) -> bool
    where
        T: Borrow<Q>,
    {
        self.place(item).is_ok()
    }

    /// Adds something, and answers whether it was not there.
    pub fn insert(&mut self, item: T) -> bool {
        let Err(at) = self.place(&item) else { return false };
        self.0.insert(at, item);
        true
    }

    /// Removes something, and answers whether it was there.
    pub fn remove<Q: Ord + ?Sized>(&mut self, item: &Q) -> bool
    where
        T: Borrow<Q>,
    {
        self.place(item).map(|at| self.0.remove(at)).is_ok()
    }
}

impl<T> Default for SortedSet<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: fmt::Debug> fmt::Debug for SortedSet<T> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_set().entries(self).finish()
    }
}

impl<T: Ord> FromIterator<T> for SortedSet<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut items: Vec<T> = items.into_iter().collect();
        if !items.is_sorted_by(|item, next| item < next) {
            sorting::sort(&mut items);
            items.dedup();
        }
        Self(items)
    }
}

impl<T: Ord, const N: usize> From<[T; N]> for SortedSet<T> {
    fn from(items: [T; N]) -> Self {
        items.into_iter().collect()
    }
}

impl<T: Ord> Extend<T> for SortedSet<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, items: I) {
        for item in items {
            self.insert(item);
        }
    }
}

impl<T> IntoIterator for SortedSet<T> {
    type Item = T;
    type IntoIter = vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a SortedSet<T> {
    type Item = &'a T;
    type IntoIter = slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T: Serialize> Serialize for SortedSet<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(to)
    }
}

impl<'de, T: Deserialize<'de> + Ord> Deserialize<'de> for SortedSet<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Vec::deserialize(from).map(Self::from_iter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    /// What is done to a map, and to the standard library's.
    #[derive(Clone, Debug)]
    enum Change {
        Insert(u8, u8),
        Remove(u8),
        Add(u8, u8),
        Retain(u8),
        Extend(Vec<(u8, u8)>),
    }

    fn change() -> impl Strategy<Value = Change> {
        let key = 0_u8..12;
        prop_oneof![
            (key.clone(), any::<u8>()).prop_map(|(key, value)| Change::Insert(key, value)),
            key.clone().prop_map(Change::Remove),
            (key.clone(), 0_u8..4).prop_map(|(key, more)| Change::Add(key, more)),
            any::<u8>().prop_map(Change::Retain),
            proptest::collection::vec((key, any::<u8>()), 0..6).prop_map(Change::Extend),
        ]
    }

    proptest! {
        #[test]
        fn a_map_is_what_the_standard_librarys_is(
            first in proptest::collection::vec((0_u8..12, any::<u8>()), 0..12),
            changes in proptest::collection::vec(change(), 0..20),
        ) {
            let mut map: SortedMap<u8, u8> = first.iter().copied().collect();
            let mut other: BTreeMap<u8, u8> = first.into_iter().collect();
            for change in changes {
                match change {
                    Change::Insert(key, value) => prop_assert_eq!(map.insert(key, value), other.insert(key, value)),
                    Change::Remove(key) => prop_assert_eq!(map.remove(&key), other.remove(&key)),
                    Change::Add(key, more) => {
                        let added = map.entry(key).or_default();
                        *added = added.wrapping_add(more);
                        let added = other.entry(key).or_default();
                        *added = added.wrapping_add(more);
                    }
                    Change::Retain(below) => {
                        map.retain(|key, value| {
                            *value ^= *key;
                            *value < below
                        });
                        other.retain(|key, value| {
                            *value ^= *key;
                            *value < below
                        });
                    }
                    Change::Extend(entries) => {
                        map.extend(entries.iter().copied());
                        other.extend(entries);
                    }
                }
                prop_assert!(map.iter().eq(other.iter()), "{:?} {:?}", map, other);
                prop_assert!(map.iter().rev().eq(other.iter().rev()));
                prop_assert_eq!((map.len(), map.is_empty()), (other.len(), other.is_empty()));
                for key in 0..12 {
                    prop_assert_eq!(map.get_key_value(&key), other.get_key_value(&key));
                    prop_assert_eq!(map.get_mut(&key), other.get_mut(&key));
                }
                let json = serde_json::to_string(&other).unwrap();
                prop_assert_eq!(&serde_json::to_string(&map).unwrap(), &json);
                prop_assert_eq!(&serde_json::from_str::<SortedMap<u8, u8>>(&json).unwrap(), &map);
            }
        }

        #[test]
        fn a_set_is_what_the_standard_librarys_is(
            first in proptest::collection::vec(0_u8..12, 0..12),
            changes in proptest::collection::vec((any::<bool>(), 0_u8..12), 0..20),
        ) {
            let mut set: SortedSet<u8> = first.iter().copied().collect();
            let mut other: BTreeSet<u8> = first.into_iter().collect();
            for (is_added, item) in changes {
                if is_added {
                    prop_assert_eq!(set.insert(item), other.insert(item));
                } else {
                    prop_assert_eq!(set.remove(&item), other.remove(&item));
                }
                prop_assert!(set.iter().eq(other.iter()), "{:?} {:?}", set, other);
                prop_assert_eq!(set.contains(&item), is_added);
                let json = serde_json::to_string(&other).unwrap();
                prop_assert_eq!(&serde_json::to_string(&set).unwrap(), &json);
                prop_assert_eq!(serde_json::from_str::<SortedSet<u8>>(&json).unwrap(), set.clone());
            }
        }
    }

    #[test]
    fn names_that_are_read_in_any_order_are_in_order_and_the_last_value_of_each_counts() {
        let read: SortedMap<String, u8> = serde_json::from_str(r#"{"b":1,"a":2,"b":3}"#).unwrap();
        assert_eq!(read, SortedMap::from([("a".to_owned(), 2), ("b".to_owned(), 3)]));
        assert_eq!(read.get("b"), Some(&3), "by what its keys are borrowed as");
        assert!(serde_json::from_str::<SortedMap<String, u8>>("[]").is_err());
    }
}
