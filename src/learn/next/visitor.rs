//! Counts different visitors without identifying them: all it can tell is whether two requests of one day came from
//! different addresses.
//!
//! An address is hashed with a key that is drawn anew each day ([`Salt`]) and together with the page, so that nobody can
//! be followed from one page to another or from one day to the next. Of the hash eight bits are kept, in a set that only
//! says how many different ones there were ([`Visitors`]); the key is kept by another object than the sets are.

use crate::json;
use crate::learn::names::NameKey;
use crate::network;
use crate::store::{Kind, Store};
use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher24;
use std::hash::Hasher;

/// A day, in days since the epoch (UTC).
pub type Day = u32;

/// Milliseconds of a day.
pub const DAY_MS: u64 = 24 * 3600 * 1000;

/// The day of a time in milliseconds since the epoch.
#[must_use]
pub fn day_of(now: u64) -> Day {
    Day::try_from(now / DAY_MS).unwrap_or(Day::MAX)
}

/// The key of one day.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Salt {
    /// The day that it is for.
    pub day: Day,
    key: (u64, u64),
    /// The key by which paths are hidden that few visitors know, for longer than a day.
    #[serde(default)]
    pub names: NameKey,
}

impl Salt {
    /// The key of a day from 128 random bits.
    #[must_use]
    pub fn new(day: Day, random: u128) -> Self {
        // The two halves.
        #[allow(clippy::cast_possible_truncation)]
        let key = ((random >> 64) as u64, random as u64);
        Self { day, key, names: NameKey::default() }
    }

    /// The key of a day with the key for names that was given out `before`, or with a new one where that was for long enough.
    #[must_use]
    fn with_names(self, before: Option<NameKey>) -> Self {
        let new = || NameKey::new(self.day, self.secret("names"));
        Self { names: before.filter(|names| names.is_good(self.day)).unwrap_or_else(new), ..self }
    }

    /// Secret bits for a purpose of their own, which tell nothing of the key.
    #[must_use]
    pub fn secret(&self, purpose: &str) -> u128 {
        let half = |number: u8| {
            let mut hasher = SipHasher24::new_with_keys(self.key.0, self.key.1);
            // No address and no name of a page begins so: a path begins with a slash.
            hasher.write(&[0xff, number]);
            hasher.write(purpose.as_bytes());
            u128::from(hasher.finish())
        };
        half(0) << 64 | half(1)
    }

    /// The visitor behind an address: its network ([`crate::network`]). `None` for what is no address.
    #[must_use]
    pub fn visitor(&self, address: &str) -> Option<Visitor> {
        let mut hasher = SipHasher24::new_with_keys(self.key.0, self.key.1);
        hasher.write(&network::of(address)?);
        Some(Visitor(hasher.finish()))
    }

    /// Which of 256 buckets a visitor of a page, or of a transition from one page to another, falls into.
    #[must_use]
    pub fn bucket(&self, visitor: Visitor, name: &str) -> u8 {
        let mut hasher = SipHasher24::new_with_keys(self.key.0 ^ visitor.0, self.key.1);
        hasher.write(name.as_bytes());
        let [first, ..] = hasher.finish().to_le_bytes();
        first
    }
}

impl std::fmt::Debug for Salt {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The key must not end up in a log.
        formatter.debug_struct("Salt").field("day", &self.day).finish_non_exhaustive()
    }
}

/// A visitor of one day. Never stored, never sent.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Visitor(u64);

impl std::fmt::Debug for Visitor {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Nor logged.
        formatter.write_str("Visitor")
    }
}

/// How many days make a period. What was seen counts until the next period is over: one week at least, two at the most.
const PERIOD: Day = 7;

/// How many different visitors there were at least, within one day: the number of different buckets, which is never more
/// than that of the visitors. Days long past do not count: what was open to all then may be closed by now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visitors {
    day: Day,
    /// The buckets of that day, in order.
    buckets: Vec<u8>,
    /// The most there were on one day of its period, and of the period before.
    most: u16,
    #[serde(default)]
    before: u16,
}

impl Visitors {
    /// Whether there were none.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Adds visitors of a day. Those of a day that has passed are not counted: who comes each day is one visitor.
    pub fn add(&mut self, day: Day, buckets: &[u8]) {
        if day < self.day {
            return;
        }
        if day > self.day {
            (self.most, self.before) = match day / PERIOD - self.day / PERIOD {
                0 => (self.most, self.before),
                1 => (0, self.most),
                _ => (0, 0),
            };
            self.day = day;
            self.buckets.clear();
        }
        for bucket in buckets {
            if let Err(place) = self.buckets.binary_search(bucket) {
                self.buckets.insert(place, *bucket);
            }
        }
        self.most = self.most.max(u16::try_from(self.buckets.len()).unwrap_or(u16::MAX));
    }

    /// Whether a visitor of a day would be another one than all before. Of a day that has passed nobody knows.
    #[must_use]
    pub fn is_new(&self, day: Day, bucket: u8) -> bool {
        day > self.day || (day == self.day && self.buckets.binary_search(&bucket).is_err())
    }

    /// The day of the last visitor.
    #[must_use]
    pub fn day(&self) -> Day {
        self.day
    }

    /// How many different visitors were certainly seen on a day.
    #[must_use]
    pub fn on(&self, day: Day) -> u32 {
        if day == self.day { u32::try_from(self.buckets.len()).unwrap_or(u32::MAX) } else { 0 }
    }

    /// The most different visitors that were certainly seen on one of the latest days before `today`, up to 256.
    #[must_use]
    pub fn most(&self, today: Day) -> u32 {
        u32::from(match (today / PERIOD).saturating_sub(self.day / PERIOD) {
            0 => self.most.max(self.before),
            1 => self.most,
            _ => 0,
        })
    }

    /// The same as of the day of the last visitor.
    #[must_use]
    pub fn latest(&self) -> u32 {
        self.most(self.day)
    }
}

/// The key of today, which is made of 128 random bits where there is none yet. It takes the place of yesterday's, and is given
/// with the key for names, which takes the place of the one before every two weeks.
///
/// # Errors
/// The store's own.
pub fn salt<S: Store>(store: &mut S, random: u128, now: u64) -> Result<Salt, S::Error> {
    let today = day_of(now);
    let kept = store.get(Kind::Fact, "salt")?.and_then(|salt| json::read::<Salt>(&salt).ok());
    let is_whole = |salt: &Salt| salt.day == today && salt.names.is_good(today);
    if let Some(salt) = kept.filter(is_whole) {
        return Ok(salt);
    }
    let salt = Salt::new(today, random).with_names(kept.map(|salt| salt.names));
    // Plain data: it always can be written.
    if let Ok(record) = serde_json::to_string(&salt) {
        store.put(Kind::Fact, "salt", &record, 0.0)?;
    }
    Ok(salt)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Memory;
    use proptest::prelude::*;

    fn salt(day: Day) -> Salt {
        Salt::new(day, 0x0123_4567_89ab_cdef_0011_2233_4455_6677 + u128::from(day))
    }

    #[test]
    fn an_address_is_a_visitor_and_a_network_of_ipv6_is_one() {
        let salt = salt(1);
        let visitor = |address: &str| salt.visitor(address);
        assert!(visitor("192.0.2.1").is_some());
        assert_eq!(visitor("192.0.2.1"), visitor(" ::ffff:192.0.2.1 "));
        assert_ne!(visitor("192.0.2.1"), visitor("192.0.2.2"));
        assert_eq!(visitor("2001:db8:1:2::1"), visitor("2001:db8:1:ffff:ffff::9"));
        assert_ne!(visitor("2001:db8:1:2::1"), visitor("2001:db8:2:2::1"));
        for address in ["", "unknown", "192.0.2", "192.0.2.1, 192.0.2.2", "[::1]"] {
            assert_eq!(visitor(address), None, "{address}");
        }
    }

    #[test]
    fn tomorrow_the_same_visitor_is_somebody_else() {
        let (today, tomorrow) = (salt(1), salt(2));
        let (a, b) = (today.visitor("192.0.2.1").unwrap(), tomorrow.visitor("192.0.2.1").unwrap());
        assert_ne!(a, b);
        assert_ne!(today.bucket(a, "/a"), today.bucket(a, "/b"), "two pages tell nothing of each other");
    }

    #[test]
    fn one_visitor_is_one_whatever_he_does_and_days_do_not_add_up() {
        let mut visitors = Visitors::default();
        for day in 1..100 {
            let salt = salt(day);
            let visitor = salt.visitor("192.0.2.1").unwrap();
            for _ in 0..1000 {
                visitors.add(day, &[salt.bucket(visitor, "/secret")]);
            }
        }
        assert_eq!(visitors.most(99), 1);
        visitors.add(50, &[1, 2, 3, 4]);
        assert_eq!(visitors.most(99), 1, "a day that has passed");
    }

    #[test]
    fn whoever_has_come_on_a_day_is_new_on_the_next() {
        let mut visitors = Visitors::default();
        assert!(visitors.is_new(7, 1));
        visitors.add(7, &[1]);
        assert!(!visitors.is_new(7, 1) && visitors.is_new(7, 2) && visitors.is_new(8, 1));
        assert!(!visitors.is_new(6, 2), "a day that has passed");
    }

    #[test]
    fn what_was_seen_counts_for_a_week_at_least_and_for_two_at_the_most() {
        let most = |seen: &[(Day, usize)], today| {
            let mut visitors = Visitors::default();
            for (day, number) in seen {
                visitors.add(*day, &(0..=255).take(*number).collect::<Vec<u8>>());
            }
            visitors.most(today)
        };
        // Periods begin on the days 70, 77, 84.
        assert_eq!([70, 76, 83].map(|today| most(&[(70, 10)], today)), [10, 10, 10]);
        assert_eq!([84, 90, 700].map(|today| most(&[(70, 10)], today)), [0, 0, 0]);
        assert_eq!([76, 83, 84].map(|today| most(&[(76, 10)], today)), [10, 10, 0]);
        assert_eq!([77, 83, 84, 90].map(|today| most(&[(70, 10), (77, 4)], today)), [10, 10, 4, 4]);
        assert_eq!(most(&[(70, 10), (77, 0)], 83), 10, "others' coming forgets nobody");
        assert_eq!(most(&[(70, 10), (84, 1)], 84), 1);
        assert_eq!(most(&[(70, 10)], 3), 10, "a clock that runs backwards");
    }

    #[test]
    fn twelve_visitors_are_ten_at_least() {
        let salt = salt(7);
        for round in 0..100 {
            let mut visitors = Visitors::default();
            for host in 0..12 {
                let visitor = salt.visitor(&format!("10.0.{round}.{host}")).unwrap();
                visitors.add(7, &[salt.bucket(visitor, "/")]);
            }
            assert!((9..=12).contains(&visitors.most(7)), "{}", visitors.most(7));
        }
    }

    #[test]
    fn a_day_has_one_key_and_yesterdays_is_gone() {
        let (mut store, day_ms) = (Memory::default(), 24 * 3600 * 1000);
        let mut salt = |random, now| super::salt(&mut store, random, now).unwrap();
        let first = salt(1, day_ms);
        assert!(salt(2, 2 * day_ms - 1) == first, "the whole day");
        let second = salt(3, 2 * day_ms);
        assert_eq!((second.day, second.key), (2, Salt::new(2, 3).key));
        assert!(second.names == first.names, "what few know is counted for two weeks");
        assert!(salt(4, 15 * day_ms).names != first.names);
        let again = salt(5, day_ms);
        assert!(again != first && again.names != first.names, "nobody has it any more");
    }

    proptest! {
        #[test]
        fn there_are_never_more_than_there_were(
            views in prop::collection::vec((0_u32..5, 0_u8..40), 0..300),
        ) {
            let mut visitors = Visitors::default();
            let mut days = std::collections::HashMap::<u32, std::collections::HashSet<u8>>::new();
            for (day, host) in views {
                let salt = salt(day);
                let visitor = salt.visitor(&format!("192.0.2.{host}")).unwrap();
                visitors.add(day, &[salt.bucket(visitor, "/a")]);
                days.entry(day).or_default().insert(host);
            }
            let most = days.values().map(std::collections::HashSet::len).max().unwrap_or(0);
            prop_assert!(visitors.most(4) as usize <= most);
        }
    }
}
