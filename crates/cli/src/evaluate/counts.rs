//! The policies that ours is compared with: both count which link was followed how often, and forget nothing.

use std::collections::HashMap;

/// A page, by its number: the order in which pages were first seen.
pub type Page = usize;

/// The share of a page's navigations from which on Guess.js prefetches the next page over a fast connection (4g).
const GUESS_SHARE: f64 = 0.15;

/// Where visitors went from one page.
#[derive(Debug, Default)]
struct Followed {
    all: usize,
    by_page: HashMap<Page, usize>,
}

/// How often each link was followed.
#[derive(Debug, Default)]
pub struct Counts {
    pages: HashMap<Page, Followed>,
}

impl Counts {
    /// Counts a navigation.
    pub fn follow(&mut self, from: Page, to: Page) {
        let followed = self.pages.entry(from).or_default();
        followed.all += 1;
        *followed.by_page.entry(to).or_default() += 1;
    }

    /// What Guess.js prefetches on a page: all that at least [`GUESS_SHARE`] of the navigations from it led to. Visitors
    /// who leave are not counted.
    pub fn guess(&self, from: Page) -> Vec<Page> {
        let Some(followed) = self.pages.get(&from) else { return Vec::new() };
        let least = GUESS_SHARE * super::float(followed.all);
        let likely = followed.by_page.iter().filter(|(_, times)| super::float(**times) >= least);
        likely.map(|(page, _)| *page).collect()
    }

    /// The two pages that were followed most; of those that were followed as often, the one that was seen first.
    pub fn two_most_followed(&self, from: Page) -> Vec<Page> {
        let Some(followed) = self.pages.get(&from) else { return Vec::new() };
        let mut pages: Vec<(Page, usize)> =
            followed.by_page.iter().map(|(page, times)| (*page, *times)).collect();
        pages.sort_by(|(one, one_times), (other, other_times)| {
            other_times.cmp(one_times).then(one.cmp(other))
        });
        pages.into_iter().take(2).map(|(page, _)| page).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guess_takes_what_has_its_share() {
        let mut counts = Counts::default();
        assert!(counts.guess(0).is_empty());
        // 17, 2 and 1 of 20: the second has 10 percent.
        for (to, times) in [(1, 17), (2, 2), (3, 1)] {
            (0..times).for_each(|_| counts.follow(0, to));
        }
        assert_eq!(counts.guess(0), [1]);
        // 3 of 20 is the threshold itself.
        let mut counts = Counts::default();
        for (to, times) in [(1, 3), (2, 15), (3, 2)] {
            (0..times).for_each(|_| counts.follow(0, to));
        }
        let mut guessed = counts.guess(0);
        guessed.sort_unstable();
        assert_eq!(guessed, [1, 2]);
        assert!(counts.guess(1).is_empty());
    }

    #[test]
    fn of_equals_the_first_two_are_taken() {
        let mut counts = Counts::default();
        for to in [4, 3, 2, 2, 5] {
            counts.follow(0, to);
        }
        assert_eq!(counts.two_most_followed(0), [2, 3]);
        counts.follow(0, 5);
        counts.follow(0, 5);
        assert_eq!(counts.two_most_followed(0), [5, 2]);
        counts.follow(9, 1);
        assert_eq!(counts.two_most_followed(9), [1]);
        assert!(counts.two_most_followed(1).is_empty());
    }
}
