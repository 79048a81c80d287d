//! Sorting, made once for all types.
//!
//! The standard library's sorts are compiled anew for each type and each comparison. Each of these takes some five kilobytes of the
//! Worker, which sorts short lists of many types. So here numbers are sorted, by what stands at them.

pub mod map;

use std::cmp::Ordering;

/// Sorts by a comparison; what is equal keeps its order.
pub fn sort_by<T>(items: &mut [T], mut compare: impl FnMut(&T, &T) -> Ordering) {
    let places = sorted_places(items.len(), &mut |a, b| match (items.get(a), items.get(b)) {
        (Some(a), Some(b)) => compare(a, b),
        _ => Ordering::Equal,
    });
    arrange(places, &mut |a, b| items.swap(a, b));
}

/// Sorts by a key; what is equal keeps its order.
pub fn sort_by_key<T, K: Ord>(items: &mut [T], mut key: impl FnMut(&T) -> K) {
    sort_by(items, |a, b| key(a).cmp(&key(b)));
}

/// Sorts; what is equal keeps its order.
pub fn sort<T: Ord>(items: &mut [T]) {
    sort_by(items, T::cmp);
}

/// Which place each item has now, in the order that they are to be in.
#[inline(never)]
fn sorted_places(length: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<usize> {
    let mut places: Vec<usize> = (0..length).collect();
    places.sort_by(|a, b| compare(*a, *b));
    places
}

/// Moves each item from the place that is said of its own one, going through each circle of places once.
#[inline(never)]
fn arrange(mut places: Vec<usize>, swap: &mut dyn FnMut(usize, usize)) {
    for start in 0..places.len() {
        let mut at = start;
        while let Some(place) = places.get_mut(at) {
            let from = std::mem::replace(place, at);
            if from == start {
                break;
            }
            swap(at, from);
            at = from;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn lists_are_sorted_as_the_standard_library_does(items in proptest::collection::vec((0_u8..20, any::<u8>()), 0..200)) {
            let mut expected = items.clone();
            let mut sorted = items.clone();
            expected.sort_by_key(|item| std::cmp::Reverse(item.0));
            sort_by(&mut sorted, |a, b| b.0.cmp(&a.0));
            prop_assert_eq!(&sorted, &expected, "what is equal keeps its order");
            expected.sort_unstable();
            sort(&mut sorted);
            prop_assert_eq!(&sorted, &expected);
            expected.sort_by_key(|item| item.1);
            sort_by_key(&mut sorted, |item| item.1);
            prop_assert_eq!(sorted, expected);
        }
    }
}
