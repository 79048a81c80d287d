//! Which pages turn visitors away, as a log shows it.
//!
//! What one visitor alone has met may be their own affair: a scanner was sent off, somebody came by `http`. Whoever was turned away
//! from a page proves nothing of it, should they be given it later. The page itself counts as one that turns visitors away once that
//! has happened to several, and to one in ten of those who were given it.

use headstart::learn::next::visitor::Visitor;
use headstart::limits::SEVERAL;
use headstart::network;
use rustc_hash::{FxBuildHasher, FxHashMap};
use std::hash::BuildHasher as _;
use std::rc::Rc;

/// The most pages that are remembered.
const MAX_PAGES: usize = 20_000;

/// The most visitors of a day who were turned away from a page and of whom its learner is told. It counts them up to several.
const MAX_TOLD: usize = 16;

/// How many words of bits a set of visitors has, and how many bits of a hash say which bit is a visitor's.
const WORDS: usize = 16;
const HASH_BITS: u32 = 10;

/// How many visitors there were, in a set that is as large for many as for few.
#[derive(Debug, Default)]
struct Crowd([u64; WORDS]);

impl Crowd {
    fn place(visitor: u64) -> (usize, u64) {
        let bit = visitor >> (u64::BITS - HASH_BITS);
        // Below WORDS * 64.
        (usize::try_from(bit / 64).unwrap_or_default(), 1 << (bit % 64))
    }

    fn add(&mut self, visitor: u64) {
        let (word, bit) = Self::place(visitor);
        if let Some(word) = self.0.get_mut(word) {
            *word |= bit;
        }
    }

    fn has(&self, visitor: u64) -> bool {
        let (word, bit) = Self::place(visitor);
        self.0.get(word).is_some_and(|word| word & bit != 0)
    }

    /// How many there were at least.
    fn least(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    /// About how many there were, since of many some have the same bit (linear counting).
    fn about(&self) -> f64 {
        let bits = f64::from(1_u32 << HASH_BITS);
        let free = (bits - f64::from(self.least())).max(1.0);
        bits * (bits / free).ln()
    }
}

/// What is known of a page.
#[derive(Debug, Default)]
struct Door {
    given: Crowd,
    turned_away: Crowd,
    /// Who was turned away on this day.
    today: Vec<Visitor>,
}

impl Door {
    fn is_shut(&self) -> bool {
        self.turned_away.least() >= SEVERAL && 10.0 * self.turned_away.about() >= self.given.about()
    }
}

/// See the module's description.
#[derive(Debug, Default)]
pub struct Doors(FxHashMap<Rc<str>, Door>);

impl Doors {
    /// Notes that a visitor was given a page. Answers whether they have never been turned away from it.
    pub fn given(&mut self, path: &Rc<str>, address: &str) -> bool {
        let visitor = of(path, address);
        let door = self.door(path);
        door.given.add(visitor);
        !door.turned_away.has(visitor)
    }

    /// Notes that a visitor was turned away from a page, with what tells them on this day.
    pub fn turned_away(&mut self, path: &Rc<str>, address: &str, today: Option<Visitor>) {
        let visitor = of(path, address);
        let door = self.door(path);
        door.turned_away.add(visitor);
        if let Some(today) = today.filter(|today| !door.today.contains(today))
            && door.today.len() < MAX_TOLD
        {
            door.today.push(today);
        }
    }

    /// Whether a page turns visitors away.
    pub fn is_shut(&self, path: &str) -> bool {
        self.0.get(path).is_some_and(Door::is_shut)
    }

    /// The pages that turn visitors away, each with those of this day, of whom nothing is known from now on.
    pub fn take_day(&mut self) -> Vec<(Rc<str>, Vec<Visitor>)> {
        let mut told = Vec::new();
        for (path, door) in &mut self.0 {
            let today = std::mem::take(&mut door.today);
            if door.is_shut() && !today.is_empty() {
                told.push((Rc::clone(path), today));
            }
        }
        told
    }

    fn door(&mut self, path: &Rc<str>) -> &mut Door {
        if self.0.len() >= MAX_PAGES && !self.0.contains_key(path) {
            // Those that turn nobody away are known again as soon as they are looked at.
            self.0.retain(|_, door| door.turned_away.least() > 0);
            if self.0.len() >= MAX_PAGES {
                self.0.clear();
            }
        }
        self.0.entry(Rc::clone(path)).or_default()
    }
}

/// What tells a visitor of a page from its others, on whatever day.
fn of(path: &Rc<str>, address: &str) -> u64 {
    FxBuildHasher.hash_one((path, network::of(address)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(number: u32) -> String {
        format!("198.51.{}.{}", number / 250, number % 250)
    }

    /// What is known of a page that so many were given, and from which so many others were turned away.
    fn doors(given: u32, turned_away: u32) -> (Doors, Rc<str>) {
        let (mut doors, path) = (Doors::default(), Rc::from("/a"));
        for number in 0..given {
            assert!(doors.given(&path, &address(number)));
        }
        for number in 0..turned_away {
            doors.turned_away(&path, &address(1000 + number), None);
        }
        (doors, path)
    }

    #[test]
    fn a_page_is_shut_once_several_were_turned_away_and_one_in_ten() {
        for (given, turned_away, is_shut) in [
            (0, 2, false),
            (0, 3, true),
            (20, 2, false),
            (20, 3, true),
            (29, 3, true),
            (40, 3, false),
            (500, 30, false),
            (500, 60, true),
        ] {
            let (doors, path) = doors(given, turned_away);
            assert_eq!(doors.is_shut(&path), is_shut, "{given} {turned_away}");
            assert!(!doors.is_shut("/b"));
        }
    }

    #[test]
    fn whoever_was_turned_away_proves_nothing() {
        let (mut doors, path) = doors(20, 1);
        assert!(!doors.given(&path, &address(1000)));
        assert!(doors.given(&path, &address(1001)));
        assert!(doors.given(&Rc::from("/b"), &address(1000)), "it is another page");
    }

    #[test]
    fn however_many_pages_there_are_those_that_turn_visitors_away_stay() {
        let (mut doors, path) = doors(0, 3);
        for number in 0..MAX_PAGES + 10 {
            doors.given(&Rc::from(format!("/{number}")), "192.0.2.1");
        }
        assert!(doors.is_shut(&path));
        assert!(doors.0.len() < MAX_PAGES, "{}", doors.0.len());
    }
}
