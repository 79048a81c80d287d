//! How many visitors the pages of a log have, and what it is for want of that no next page is named.

use crate::log::time::DAY_MS;
use crate::log::views::View;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};
use std::fmt;
use std::hash::BuildHasher as _;
use std::rc::Rc;

/// The most visitors and pages that are counted on one day.
const MAX_COUNTED: usize = 200_000;

/// Counts the visitors of pages on a day.
#[derive(Default)]
pub struct Crowd {
    day: u64,
    met: FxHashSet<(Rc<str>, u64)>,
    pages: FxHashMap<Rc<str>, u32>,
    most: u32,
}

impl Crowd {
    /// Counts the visitor of a view, by their address, as learners do.
    pub fn add(&mut self, view: &View<'_>) {
        if view.at / DAY_MS != self.day {
            self.day = view.at / DAY_MS;
            self.met.clear();
            self.pages.clear();
        }
        let visitor = FxBuildHasher.hash_one(view.address);
        if self.met.len() < MAX_COUNTED && self.met.insert((Rc::clone(&view.path), visitor)) {
            let visitors = self.pages.entry(Rc::clone(&view.path)).or_default();
            *visitors += 1;
            self.most = self.most.max(*visitors);
        }
    }

    /// The most that any page had on one day.
    pub fn most(&self) -> u32 {
        self.most
    }
}

/// Why no next page is named. Fewer visitors are the price of privacy, so they are spoken of only where they are what is wanting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nothing {
    /// No view says where its visitor came from.
    NoReferer,
    /// All say that they came from elsewhere.
    OtherReferers,
    /// No page had so many visitors on one day.
    FewVisitors {
        /// `MIN_VISITORS`.
        least: u32,
        /// The most that any page had.
        most: u32,
    },
    /// There were visitors, and none of the pages to which they went can be named.
    NonePublic {
        /// `MIN_VISITORS`.
        least: u32,
    },
}

impl Nothing {
    /// What is wanting where so many views came by a link of the site, so many say where their visitors came from, the page with the
    /// most had so many visitors on one day, and `least` are asked for.
    pub fn of(navigations: u64, told: u64, most: u32, least: u32) -> Self {
        match (navigations, told) {
            (0, 0) => Self::NoReferer,
            (0, _) => Self::OtherReferers,
            _ if most < least => Self::FewVisitors { least, most },
            _ => Self::NonePublic { least },
        }
    }
}

impl fmt::Display for Nothing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoReferer => formatter.write_str(
                "no view came by a link of the site, and none says where its visitor came from; let the server log the Referer",
            ),
            Self::OtherReferers => formatter.write_str(
                "no view came by a link of the site, since no Referer names a page of it; --site has to be the host that visitors see",
            ),
            Self::FewVisitors { least, most } => {
                write!(formatter, "no page had {least} visitors on one day. The page with the most had {most}")
            }
            Self::NonePublic { least } => write!(
                formatter,
                "nothing was probable enough, or what was had fewer than {least} visitors on one day, turns visitors away or is not to be \
                 named"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanting_is_told() {
        for (navigations, told, most, expected) in [
            (0, 0, 4, Nothing::NoReferer),
            (0, 7, 4, Nothing::OtherReferers),
            (0, 7, 40, Nothing::OtherReferers),
            (5, 7, 9, Nothing::FewVisitors { least: 10, most: 9 }),
            (5, 0, 10, Nothing::NonePublic { least: 10 }),
        ] {
            assert_eq!(Nothing::of(navigations, told, most, 10), expected, "{navigations} {told} {most}");
        }
    }

    #[test]
    fn visitors_are_counted_by_their_addresses_on_a_day() {
        let mut crowd = Crowd::default();
        for (day, address, who) in [(1, "a", 1), (1, "b", 2), (1, "b", 3), (2, "c", 4), (2, "a", 1)] {
            let (path, from) = (Rc::from("/"), None);
            crowd.add(&View { at: day * DAY_MS, address, who, path, from, has_user: false });
        }
        assert_eq!(crowd.most(), 2);
    }
}
