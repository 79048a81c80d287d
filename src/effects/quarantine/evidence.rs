//! Who has met that a page is ineligible for speculations, and so for whom that holds.
//!
//! An answer may depend on all that its request brings: a session that has expired, a cookie that somebody made up, a query, a field
//! of which nobody thinks. So what one visitor has met holds for them alone. When visitors of several networks have met the same,
//! it holds for those who are like them: with a session, or without. A view that shows otherwise takes that back.

use super::super::seal::Digest;
use super::is_recent;
use crate::hash::{fnv1a, fnv1a_on};
use crate::limits::SEVERAL;
use crate::network;

/// Of how many visitors it is remembered that they have met one thing on one page.
const MAX_OWN: usize = 32;

/// Of how many networks, of each kind of visitors: enough to be several, and for a few who asked at the same time.
const MAX_NETWORKS: usize = 8;

/// How many of what tells a visitor may be theirs at once.
pub const MAX_MARKS: usize = 3;

/// What tells a visitor from others: not who they are, but whether it is the same one again. A hash of their browser, their network,
/// and their sessions, or of their cookies where they have none.
pub type Mark = u64;

/// What stands for the network of an address; `None` for what is no address.
#[must_use]
pub fn network_of(address: &str) -> Option<u64> {
    network::of(address).map(|network| fnv1a(&network))
}

/// What tells a visitor by what a ticket says of them: a digest of their browser, and one of their sessions and carts.
#[must_use]
pub fn state_mark(browser: Digest, state: Digest) -> Mark {
    fnv1a_on(fnv1a(&browser.to_le_bytes()), &state.to_le_bytes())
}

/// Who has met something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MetBy {
    /// What tells them, as they asked and as the answer leaves them.
    pub marks: Vec<Mark>,
    /// Their network, if what they have met may say something of others.
    pub network: Option<u64>,
    /// Whether they have a session.
    pub has_session: bool,
}

/// Who looks at what was met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Viewer {
    /// What may tell them.
    pub marks: [Option<Mark>; MAX_MARKS],
    /// Their network, if they are counted.
    pub network: Option<u64>,
    /// Whether they have a session.
    pub has_session: bool,
}

impl Viewer {
    /// Whether one of these tells them.
    pub(super) fn is_one_of<'a>(&self, mut marks: impl Iterator<Item = &'a Mark>) -> bool {
        marks.any(|mark| self.marks.contains(&Some(*mark)))
    }
}

/// How sure a view is to show that something is not so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Contradiction {
    /// It says nothing of it.
    None,
    /// It may be, but the view does not show all: it counts for others where there are twice as many as have met the contrary.
    Likely,
    /// It does.
    Certain,
}

/// What visitors of one kind have met, and seen to be otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Networks {
    met: Vec<(u64, u64)>,
    contradicted: Vec<u64>,
}

impl Networks {
    fn number(&self, now: u64) -> usize {
        self.met.iter().filter(|(_, at)| is_recent(*at, now)).count()
    }

    fn are_several(&self, now: u64) -> bool {
        self.number(now) >= SEVERAL as usize
    }
}

/// See the module's description.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Evidence {
    /// What tells those for whom it holds in any case, and when they met it last.
    own: Vec<(Mark, u64)>,
    /// The networks of visitors without a session, and with one.
    others: [Networks; 2],
}

impl Evidence {
    /// Takes in that a visitor has met it.
    pub(super) fn add(&mut self, by: &MetBy, now: u64) {
        for mark in by.marks.iter().take(MAX_MARKS) {
            remember(&mut self.own, *mark, now, MAX_OWN);
        }
        if let Some(network) = by.network {
            remember(&mut self.like(by.has_session).met, network, now, MAX_NETWORKS);
        }
    }

    /// Has either know of the networks of the other, too.
    pub(super) fn share(&mut self, other: &mut Self) {
        for (one, other) in self.others.iter_mut().zip(&mut other.others) {
            for (network, at) in one.met.clone() {
                if !other.met.iter().any(|(known, _)| *known == network) {
                    other.met.insert(0, (network, at));
                }
            }
            other.met.drain(..other.met.len().saturating_sub(MAX_NETWORKS));
            one.met.clone_from(&other.met);
        }
    }

    /// Whether it holds for somebody, if they are among those whom it affects.
    pub(super) fn holds_for(&self, viewer: &Viewer, now: u64) -> bool {
        let own = self.own.iter().filter(|(_, at)| is_recent(*at, now)).map(|(mark, _)| mark);
        let [without, with] = &self.others;
        let others = if viewer.has_session { with } else { without };
        viewer.is_one_of(own) || others.are_several(now)
    }

    /// Whether it holds for anybody.
    pub(super) fn is_alive(&self, now: u64) -> bool {
        self.own.iter().any(|(_, at)| is_recent(*at, now))
            || self.others.iter().any(|networks| networks.number(now) > 0)
    }

    /// Takes in that it is not so for this visitor.
    pub(super) fn contradict_own(&mut self, viewer: &Viewer) {
        self.own.retain(|(mark, _)| !viewer.marks.contains(&Some(*mark)));
    }

    /// Takes in that a view was seen to contradict it.
    pub(super) fn contradict(&mut self, viewer: &Viewer, how: Contradiction, now: u64) {
        if how == Contradiction::Certain {
            self.contradict_own(viewer);
        }
        // Who is not counted has no say for others.
        let Some(network) = viewer.network else { return };
        let others = self.like(viewer.has_session);
        let is_over = match how {
            Contradiction::None => false,
            Contradiction::Certain => true,
            Contradiction::Likely => {
                if others.are_several(now) && !others.contradicted.contains(&network) {
                    others.contradicted.push(network);
                }
                others.are_several(now) && others.contradicted.len() >= 2 * others.met.len()
            }
        };
        if is_over {
            *others = Networks::default();
        }
    }

    /// What visitors have met who are like this, with a session or without.
    fn like(&mut self, has_session: bool) -> &mut Networks {
        let [without, with] = &mut self.others;
        if has_session { with } else { without }
    }
}

/// Puts one behind all others, of which the oldest go.
fn remember(all: &mut Vec<(u64, u64)>, one: u64, now: u64, most: usize) {
    all.retain(|(other, at)| *other != one && is_recent(*at, now));
    if all.len() >= most {
        all.remove(0);
    }
    all.push((one, now));
}

#[cfg(test)]
mod tests {
    use super::super::LIFE_MS;
    use super::*;

    /// Somebody in a network of their own.
    fn by(number: u64, has_session: bool) -> MetBy {
        MetBy { marks: vec![number], network: Some(1000 + number), has_session }
    }

    fn viewer(number: u64, has_session: bool) -> Viewer {
        Viewer { marks: [Some(number), None, None], network: Some(1000 + number), has_session }
    }

    fn met(all: &[MetBy]) -> Evidence {
        let mut evidence = Evidence::default();
        for by in all {
            evidence.add(by, 0);
        }
        evidence
    }

    #[test]
    fn what_one_visitor_has_met_holds_for_them_for_an_hour() {
        let evidence = met(&[MetBy { marks: vec![1, 2], ..by(1, false) }]);
        for (number, holds) in [(1, true), (2, true), (3, false)] {
            for has_session in [false, true] {
                assert_eq!(evidence.holds_for(&viewer(number, has_session), 1), holds, "{number}");
            }
        }
        let also = Viewer { marks: [Some(9), None, Some(2)], ..viewer(9, false) };
        assert!(evidence.holds_for(&also, LIFE_MS - 1));
        assert!(!evidence.holds_for(&also, LIFE_MS) && !evidence.is_alive(LIFE_MS));
        assert!(!evidence.holds_for(&Viewer::default(), 1), "of whom nothing is known");
    }

    #[test]
    fn what_three_networks_have_met_holds_for_those_like_them() {
        let holds = |evidence: &Evidence| [false, true].map(|with| evidence.holds_for(&viewer(9, with), 1));
        assert_eq!(holds(&met(&[by(1, false), by(2, false)])), [false, false]);
        assert_eq!(holds(&met(&[by(1, false), by(2, false), by(3, true)])), [false, false]);
        assert_eq!(holds(&met(&[by(1, false), by(2, false), by(3, false)])), [true, false]);
        assert_eq!(holds(&met(&[by(1, true), by(2, true), by(3, true)])), [false, true]);
        let one_network: Vec<MetBy> =
            (20..40).map(|number| MetBy { network: Some(7), ..by(number, false) }).collect();
        assert_eq!(holds(&met(&one_network)), [false, false], "whatever they call themselves");
        let uncounted: Vec<MetBy> =
            (20..40).map(|number| MetBy { network: None, ..by(number, false) }).collect();
        assert_eq!(holds(&met(&uncounted)), [false, false]);
        let mut slowly = met(&[by(1, false), by(2, false)]);
        slowly.add(&by(3, false), LIFE_MS);
        assert!(!slowly.holds_for(&viewer(9, false), LIFE_MS), "the first ones met it an hour ago");
    }

    #[test]
    fn a_view_that_shows_otherwise_takes_it_back_for_those_like_its_visitor() {
        let all = |has_session| [1, 2, 3].map(|number| by(number, has_session));
        let mut evidence = met(&[all(false), all(true)].concat());
        for unsure in [
            (viewer(9, true), Contradiction::None),
            (viewer(9, true), Contradiction::Likely),
            (Viewer { network: None, ..viewer(9, true) }, Contradiction::Certain),
            (viewer(9, false), Contradiction::Certain),
        ] {
            evidence.contradict(&unsure.0, unsure.1, 1);
            assert!(evidence.holds_for(&viewer(8, true), 1), "{unsure:?}");
        }
        assert!(!evidence.holds_for(&viewer(8, false), 1));
        evidence.contradict(&viewer(9, true), Contradiction::Certain, 1);
        assert!(!evidence.holds_for(&viewer(8, true), 1));
        assert!(evidence.holds_for(&viewer(1, true), 1), "they met it themselves");
        evidence.contradict(&viewer(1, true), Contradiction::Likely, 1);
        assert!(evidence.holds_for(&viewer(1, true), 1));
        evidence.contradict(&viewer(1, true), Contradiction::Certain, 1);
        assert!(!evidence.holds_for(&viewer(1, true), 1));
        assert!(evidence.holds_for(&viewer(2, true), 1));
    }

    #[test]
    fn where_a_view_does_not_show_all_it_takes_twice_as_many_as_have_met_it() {
        let mut evidence = met(&[1, 2, 3].map(|number| by(number, true)));
        for number in 11..=16 {
            for _ in 0..9 {
                evidence.contradict(&viewer(11, true), Contradiction::Likely, 1);
            }
            assert!(evidence.holds_for(&viewer(9, true), 1), "{number}");
            evidence.contradict(&viewer(number, true), Contradiction::Likely, 1);
        }
        assert!(!evidence.holds_for(&viewer(9, true), 1));
        // What was seen before several had met it does not count.
        let mut evidence = met(&[1, 2].map(|number| by(number, true)));
        (11..=30).for_each(|number| evidence.contradict(&viewer(number, true), Contradiction::Likely, 1));
        evidence.add(&by(3, true), 1);
        assert!(evidence.holds_for(&viewer(9, true), 1));
    }

    #[test]
    fn few_are_remembered() {
        let mut evidence = Evidence::default();
        for number in 0..1000 {
            evidence.add(&MetBy { marks: vec![number; 9], ..by(number, number % 2 == 0) }, 1);
            evidence.contradict(&viewer(5000 + number, true), Contradiction::Likely, 1);
        }
        assert_eq!(evidence.own.len(), MAX_OWN);
        assert!(evidence.others.iter().all(|networks| networks.met.len() <= MAX_NETWORKS));
        assert!(evidence.others.iter().all(|networks| networks.contradicted.len() <= 2 * MAX_NETWORKS));
        assert!(evidence.holds_for(&viewer(999, false), 1));
    }
}
