//! Which next-page learners an isolate holds in memory.
//!
//! A site's next-page learner is an object of its own, and holds all its records once it was used, since reading them for each batch
//! would cost more than the batch does. But objects of one class may share an isolate, and with it 128 MB. So all of them together hold
//! no more than one may have at most: whichever was used least lately gives its memory back, and reads its records when it is used
//! again. Nothing is lost by that, since each use ends with writing what has changed.

use super::model::{MAX_PAGE_BYTES, MAX_ROUTE_BYTES};
use std::cell::RefCell;
use std::rc::{Rc, Weak};

/// How many bytes of records, as they are stored, are held at once.
const MAX_BYTES: usize = MAX_PAGE_BYTES + MAX_ROUTE_BYTES;

/// What a learner takes besides its records, in bytes.
const BYTES_OF_EACH: usize = 64 * 1024;

/// Where an object holds its learner, if it does.
pub type Place<T> = Rc<RefCell<Option<T>>>;

/// See the module's description. Learners are held by their objects, and those of objects that are gone do not count.
#[derive(Debug)]
pub struct LoadedLearners<T> {
    /// The places, with what each takes; the one that was used last stands last.
    places: Vec<(Weak<RefCell<Option<T>>>, usize)>,
}

impl<T> Default for LoadedLearners<T> {
    fn default() -> Self {
        Self { places: Vec::new() }
    }
}

impl<T> LoadedLearners<T> {
    /// Notes that the learner of a place is used, or about to be read, and how many bytes its records have as they are stored. Those
    /// that were used least lately leave their places until there is room for it. One that is just in use stays.
    pub fn used(&mut self, place: &Place<T>, bytes: usize) {
        self.places.retain(|(other, _)| {
            let is_held = |other: Place<T>| {
                !Rc::ptr_eq(&other, place) && other.try_borrow().map_or(true, |held| held.is_some())
            };
            other.upgrade().is_some_and(is_held)
        });
        let bytes = bytes.saturating_add(BYTES_OF_EACH);
        let held = self.places.iter().map(|(_, bytes)| *bytes).sum::<usize>();
        let mut too_much = held.saturating_add(bytes).saturating_sub(MAX_BYTES);
        self.places.retain(|(other, bytes)| {
            let Some(other) = other.upgrade().filter(|_| too_much > 0) else { return too_much == 0 };
            let Ok(mut held) = other.try_borrow_mut() else { return true };
            *held = None;
            too_much = too_much.saturating_sub(*bytes);
            false
        });
        self.places.push((Rc::downgrade(place), bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1024 * 1024;

    fn place() -> Place<&'static str> {
        Rc::new(RefCell::new(Some("learned")))
    }

    fn are_held<const N: usize>(places: [&Place<&str>; N]) -> [bool; N] {
        places.map(|place| place.borrow().is_some())
    }

    #[test]
    fn whichever_was_used_least_lately_makes_room() {
        let (mut loaded, a, b, c) = (LoadedLearners::default(), place(), place(), place());
        loaded.used(&a, 6 * MIB);
        loaded.used(&b, 6 * MIB);
        loaded.used(&c, 6 * MIB);
        assert_eq!(are_held([&a, &b, &c]), [true, true, true]);
        loaded.used(&a, 9 * MIB);
        assert_eq!(are_held([&a, &b, &c]), [true, false, true], "what has grown counts as it is");
        *b.borrow_mut() = Some("learned");
        loaded.used(&b, 4 * MIB);
        assert_eq!(are_held([&a, &b, &c]), [true, true, true], "no more leave than have to");
        loaded.used(&c, 20 * MIB);
        assert_eq!(are_held([&a, &b, &c]), [false, false, true], "the one that is used stays, however large");
        *a.borrow_mut() = Some("learned");
        loaded.used(&a, 0);
        assert_eq!(are_held([&a, &b, &c]), [true, false, false]);
    }

    #[test]
    fn what_an_object_has_given_up_by_itself_or_has_in_use_is_heeded() {
        let (mut loaded, a, b, c) = (LoadedLearners::default(), place(), place(), place());
        loaded.used(&a, 15 * MIB);
        drop(a);
        loaded.used(&b, 15 * MIB);
        *b.borrow_mut() = None;
        loaded.used(&c, 4 * MIB);
        let d = place();
        loaded.used(&d, 15 * MIB);
        assert_eq!(are_held([&c, &d]), [true, true]);
        let in_use = c.borrow_mut();
        loaded.used(&b, 15 * MIB);
        drop(in_use);
        assert_eq!(are_held([&c, &d]), [true, false]);
        assert_eq!(loaded.places.len(), 2);
    }

    #[test]
    fn small_ones_are_bounded_in_number() {
        let mut loaded = LoadedLearners::default();
        let places: Vec<Place<&str>> = (0..1000).map(|_| place()).collect();
        for place in &places {
            loaded.used(place, 0);
        }
        let held = places.iter().filter(|place| place.borrow().is_some()).count();
        assert_eq!((held, loaded.places.len()), (MAX_BYTES / BYTES_OF_EACH, MAX_BYTES / BYTES_OF_EACH));
    }
}
