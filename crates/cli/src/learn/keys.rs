//! The keys by which a learner is told visitors and hidden names: those of one day, as the Worker's keeper gives them out.
//!
//! They are drawn anew in each run and are in nothing that is written.

use headstart::learn::names::NameKey;
use headstart::learn::next::visitor::{Day, Salt};
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;

/// Gives out the keys of days.
#[derive(Debug, Default)]
pub struct Keys {
    names: Option<NameKey>,
}

impl Keys {
    /// The key of a day.
    pub fn of(&mut self, day: Day) -> Salt {
        let names =
            self.names.filter(|names| names.is_good(day)).unwrap_or_else(|| NameKey::new(day, random()));
        self.names = Some(names);
        let mut salt = Salt::new(day, random());
        salt.names = names;
        salt
    }
}

/// Bits that are not the same again: the standard library's hashers have random keys.
fn random() -> u128 {
    let half = || u128::from(RandomState::new().hash_one(0_u8));
    half() << 64 | half()
}
