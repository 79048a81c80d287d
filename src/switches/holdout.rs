//! Which pages are held out, so that the others can be compared with them: each day another small share of those that are known.
//!
//! A page that is held out is given no hints, no preloads and no rules of its own, and its views are asked how they went like any
//! other. It follows from its path, the site and the day alone, so that every visitor of the day gets the same, as a 103 needs it,
//! and that no page is held out for long.
//!
//! Two things are compared, and each view belongs to an arm of each:
//!
//! - what a page's own hints and preloads are worth: views of pages that are held out, and of those that are given theirs;
//! - what a page's rules are worth: views to which visitors have come from a page of the site that was held out, and from one that
//!   was given its rules. What rules do shows on the next page, so that it is not the page itself that is compared.
//!
//! That a page is a next page of others is left as it is: rules are files that pages share, and a speculation that is refused
//! would itself delay the click.

use crate::hash::{fnv1a, fnv1a_on};

/// How many days there are in the time that [`is_held_out`] counts in, in milliseconds.
const DAY_MS: u64 = 86_400_000;

/// The part of ten thousand that one percent is.
const OF_PERCENT: u64 = 100;

/// To which arms a view belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arms {
    /// Whether the page is held out.
    pub is_held_out: bool,
    /// Whether the page is from which the visitor has come; `None` where that is none of the site that is compared.
    pub source: Option<bool>,
}

impl Arms {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self { is_held_out: false, source: None },
        Self { is_held_out: false, source: Some(false) },
        Self { is_held_out: false, source: Some(true) },
        Self { is_held_out: true, source: None },
        Self { is_held_out: true, source: Some(false) },
        Self { is_held_out: true, source: Some(true) },
    ];

    /// The word for them in a URL: a letter for the page and one for its source, `g` given, `h` held out, `n` none.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match (self.is_held_out, self.source) {
            (false, None) => "gn",
            (false, Some(false)) => "gg",
            (false, Some(true)) => "gh",
            (true, None) => "hn",
            (true, Some(false)) => "hg",
            (true, Some(true)) => "hh",
        }
    }

    /// The arms of a word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|arms| arms.as_str() == word)
    }
}

/// Whether a page of a site is held out at `now` (milliseconds since the epoch), where so many percent of them are.
#[must_use]
pub fn is_held_out(site: &str, path: &str, percent: u32, now: u64) -> bool {
    let day = now / DAY_MS;
    let hash = fnv1a_on(fnv1a_on(fnv1a(site.as_bytes()), &day.to_le_bytes()), path.as_bytes());
    // The low bits of this hash follow from the last bytes alone.
    let spread = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    spread % 10_000 < u64::from(percent) * OF_PERCENT
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: u64 = 1_800_000_000_000;

    fn held_out(percent: u32, now: u64) -> Vec<usize> {
        let path = |number: usize| format!("/product/{number}");
        (0..4000).filter(|number| is_held_out("shop.example", &path(*number), percent, now)).collect()
    }

    #[test]
    fn it_is_the_wanted_share_each_day_another_one() {
        for (percent, least, most) in [(0, 0, 0), (5, 140, 260), (50, 1850, 2150)] {
            let number = held_out(percent, START).len();
            assert!((least..=most).contains(&number), "{percent}: {number}");
        }
        let (today, tomorrow) = (held_out(5, START), held_out(5, START + DAY_MS));
        assert_eq!(today, held_out(5, START + 1));
        let both = today.iter().filter(|number| tomorrow.contains(number)).count();
        assert!(both < 30, "one in twenty of them: {both}");
        // What is held out with less is held out with more.
        assert!(today.iter().all(|number| held_out(10, START).contains(number)));
        let other =
            (0..4000).filter(|n| is_held_out("b.example", &format!("/product/{n}"), 5, START)).count();
        assert!((140..=260).contains(&other));
    }

    #[test]
    fn arms_have_words() {
        for arms in Arms::ALL {
            assert_eq!(Arms::of(arms.as_str()), Some(arms));
        }
        for other in ["", "g", "ggg", "xn", "GN"] {
            assert_eq!(Arms::of(other), None, "{other}");
        }
    }
}
