//! Which of the origins that a page was seen to use are worth a hint.
//!
//! An origin is worth a hint when enough views need it. Of these, the better are those that more views need, that
//! rendering waits for, that ask for more with high priority, that the parser would have found late, and that take long
//! to connect to. Entering the list takes a larger share of the views than staying on it, and whoever is on it has a
//! bonus, so that the list does not flap when two origins are nearly equal.

use super::usage::Found;
use super::{Hint, HintAction, Origin, Pools};
use crate::sorting;
use serde::{Deserialize, Serialize};

/// How much better a newcomer must be than one that is on the list.
const INCUMBENT: f64 = 1.25;

/// The share of an origin's views below which one of its pools is not worth a socket: one `crossorigin` picture in a
/// hundred views is none.
const POOL_SHARE: f64 = 0.3;

/// When a first request comes too late for a socket to be kept for it, in milliseconds: browsers close one that is idle
/// after some ten seconds.
const LATE_MS: f64 = 6000.0;

/// How much likelier than a look-up's a click must be made to count as much as a use of the page itself: following a
/// link is one chance among many, so a tenth of the views is much.
const CLICK: f64 = 5.0;

/// The share of views that must need an origin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// For it to enter the list.
    pub enter: f64,
    /// For it to stay there.
    pub stay: f64,
}

impl Thresholds {
    fn least(self, is_incumbent: bool) -> f64 {
        if is_incumbent { self.stay } else { self.enter }
    }
}

/// What the site wants of its hints.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HintPreferences {
    /// The most origins to preconnect to.
    pub preconnect: usize,
    /// The most further origins to look up.
    pub dns_prefetch: usize,
    /// The most parts of a page to preload.
    pub preload: usize,
    /// Whether some views' browsers are asked how they went.
    pub asks: bool,
    /// Whether an edge sends them ahead of the HTML as 103 Early Hints. What stands at the start of the head is then
    /// worth as much as anything.
    pub early_hints: bool,
    /// The hosts that are never named.
    pub denied: Hosts,
    /// How many visitors must have been shown an origin, and have been given a page, on one day before others are told. 0 where
    /// all views are known to be the site's own.
    pub several: u32,
    /// Whether third parties' stylesheets are read, and what they have a browser fetch counts.
    pub reads_third_parties: bool,
}

/// Host names; one that begins with `*.` stands for all names below it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hosts(Vec<String>);

impl Hosts {
    /// Takes names that are lower-case and in ASCII, as URLs have them.
    #[must_use]
    pub fn new(names: Vec<String>) -> Self {
        Self(names)
    }

    /// Whether an origin's host is among them.
    #[must_use]
    pub fn contain(&self, origin: &Origin) -> bool {
        self.0.iter().any(|name| match name.strip_prefix('*') {
            Some(ending) => origin.host().ends_with(ending),
            None => origin.host() == name,
        })
    }
}

/// What a view asks of one pool of an origin, on average.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Need {
    /// The share of views that use the pool.
    pub share: f64,
    /// How many requests with high priority a view makes in it.
    pub urgent: f64,
}

/// What speaks for and against hinting an origin on a page, or on the pages of a route.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The origin.
    pub origin: Origin,
    /// The share of views that need it.
    pub share: f64,
    /// What they ask of its credentialed pool.
    pub credentialed: Need,
    /// What they ask of its anonymous pool.
    pub anonymous: Need,
    /// The share of views that have rendering wait for it.
    pub blocking: f64,
    /// Where the parser finds it.
    pub found: Found,
    /// Its place among the origins of the page, in the order of the document.
    pub order: u32,
    /// How long connecting takes, in milliseconds; 0 where nobody knows.
    pub connect_ms: f64,
    /// When its first request begins, in milliseconds since the navigation; 0 where nobody knows.
    pub start_ms: f64,
    /// The pools that the page preconnects to by itself.
    pub preconnected: Pools,
    /// Whether the page looks its name up by itself.
    pub looked_up: bool,
    /// The share of views that go there by a link that redirects.
    pub followed: f64,
}

impl Candidate {
    /// An origin of which nothing is known yet.
    #[must_use]
    pub fn new(origin: Origin) -> Self {
        Self {
            origin,
            share: 0.0,
            credentialed: Need::default(),
            anonymous: Need::default(),
            blocking: 0.0,
            found: Found::Script,
            order: u32::MAX,
            connect_ms: 0.0,
            start_ms: 0.0,
            preconnected: Pools::default(),
            looked_up: false,
            followed: 0.0,
        }
    }

    /// Adds what is known of an origin to a list that has each origin once.
    pub fn merge(candidates: &mut Vec<Self>, other: Self) {
        let Some(known) = candidates.iter_mut().find(|known| known.origin == other.origin) else {
            candidates.push(other);
            return;
        };
        let add = |known: &mut Need, other: Need| {
            known.share = known.share.max(other.share);
            known.urgent += other.urgent;
        };
        known.share = known.share.max(other.share);
        add(&mut known.credentialed, other.credentialed);
        add(&mut known.anonymous, other.anonymous);
        known.blocking = known.blocking.max(other.blocking);
        known.found = known.found.min(other.found);
        known.order = known.order.min(other.order);
        known.connect_ms = known.connect_ms.max(other.connect_ms);
        known.followed = known.followed.max(other.followed);
    }

    /// The pools that enough of the views use; `listed` are those that were preconnected to so far.
    fn pools(&self, listed: Pools, thresholds: Thresholds) -> Pools {
        let is_used = |need: Need, is_incumbent| {
            need.share >= thresholds.least(is_incumbent).max(self.share * POOL_SHARE)
        };
        Pools {
            credentialed: is_used(self.credentialed, listed.credentialed),
            anonymous: is_used(self.anonymous, listed.anonymous),
        }
    }

    /// How much of the views need it, links that redirect included.
    fn demand(&self) -> f64 {
        self.share.max(self.followed * CLICK)
    }

    /// What a hint is worth.
    fn worth(&self, early_hints: bool) -> f64 {
        let urgent = self.credentialed.urgent + self.anonymous.urgent;
        let waits = 1.0 + 2.0 * urgent.min(8.0) + 0.5 * self.blocking;
        let gain = match (self.found, early_hints) {
            (Found::Start, false) => 0.9,
            (Found::Start | Found::Head, true) => 1.2,
            (Found::Head | Found::Body, _) => 1.0,
            (Found::Css | Found::Script, _) => 1.3,
        };
        // A usual connection takes some 100 ms; a few times that is the most that a hint can save.
        let connect = if self.connect_ms > 0.0 { (self.connect_ms / 100.0).clamp(0.5, 2.0) } else { 1.0 };
        self.demand() * waits * gain * connect
    }
}

/// The hints that a page was given last: each origin and the pools that it was preconnected in, as
/// [`Pools::bits`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed(Vec<(String, u8)>);

impl Listed {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn of(hints: &[Hint]) -> Self {
        Self(hints.iter().map(|hint| (hint.origin.as_str().to_owned(), hint.action.bits())).collect())
    }

    /// The place of an origin among those that are preconnected to, or among those that are looked up; newcomers last.
    fn place(&self, origin: &Origin, is_preconnect: bool) -> usize {
        let is_same =
            |(listed, bits): &(String, u8)| listed == origin.as_str() && (*bits != 0) == is_preconnect;
        self.0.iter().position(is_same).unwrap_or(usize::MAX)
    }

    /// The pools of an origin that is on the list.
    fn pools(&self, origin: &Origin) -> Option<Pools> {
        self.0.iter().find(|(listed, _)| listed == origin.as_str()).map(|(_, bits)| Pools::from_bits(*bits))
    }
}

/// Why a hint is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The share of the views that use what it names, in percent.
    pub share: u8,
    /// What it gains, in milliseconds, as far as browsers have reported: for an origin how long connecting takes, for a part of a page
    /// how much earlier it is asked for. 0 where nobody knows.
    pub gain_ms: u32,
    /// Where what it names is found without it; a number of [`Found`].
    pub found: u8,
    /// The share of the views that have rendering wait for it, in percent.
    pub blocking: u8,
}

/// Why a hint was chosen among these candidates.
#[must_use]
pub fn evidence(candidates: &[Candidate], hint: &Hint) -> Option<Evidence> {
    let candidate = candidates.iter().find(|candidate| candidate.origin == hint.origin)?;
    // In range, so that nothing is cut off but the fraction.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let percent = |share: f64| (share.clamp(0.0, 1.0) * 100.0).round() as u8;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let gain_ms = candidate.connect_ms.clamp(0.0, 60_000.0).round() as u32;
    Some(Evidence {
        share: percent(candidate.demand()),
        gain_ms,
        found: candidate.found.bits(),
        blocking: percent(candidate.blocking),
    })
}

/// Chooses hints among the candidates. `listed` is what was chosen last, and becomes what is chosen now. The order is
/// that of the header: preconnects first, in each group those that were listed before, then newcomers by worth.
pub fn choose(
    candidates: &[Candidate],
    listed: &mut Listed,
    thresholds: Thresholds,
    preferences: &HintPreferences,
) -> Vec<Hint> {
    let bonus = |is_incumbent: bool| if is_incumbent { INCUMBENT } else { 1.0 };
    let mut preconnects: Vec<(f64, &Candidate, Pools)> = Vec::new();
    let mut lookups: Vec<(f64, &Candidate)> = Vec::new();
    for candidate in candidates {
        let before = listed.pools(&candidate.origin);
        let is_listed = before.is_some();
        if candidate.demand() < thresholds.least(is_listed) || preferences.denied.contain(&candidate.origin) {
            continue;
        }
        let before = before.unwrap_or_default();
        let worth = candidate.worth(preferences.early_hints);
        let is_late = candidate.start_ms > LATE_MS;
        let pools = candidate.pools(before, thresholds).without(candidate.preconnected);
        let pools = if is_late { Pools::default() } else { pools };
        if !pools.is_empty() {
            preconnects.push((worth * bonus(!before.is_empty()), candidate, pools));
        } else if !candidate.looked_up {
            lookups.push((worth * bonus(is_listed), candidate));
        }
    }
    // Of equals, the page needs the first one first.
    let by_worth = |a: (f64, &Candidate), b: (f64, &Candidate)| {
        let by_order = || a.1.order.cmp(&b.1.order).then_with(|| a.1.origin.cmp(&b.1.origin));
        b.0.total_cmp(&a.0).then_with(by_order)
    };
    sorting::sort_by(&mut preconnects, |a, b| by_worth((a.0, a.1), (b.0, b.1)));
    // Those that come too late for a socket are at least looked up, ahead of what never needs one of the page's.
    let left = preconnects.split_off(preferences.preconnect.min(preconnects.len()));
    sorting::sort_by(&mut lookups, |a, b| by_worth((a.0, a.1), (b.0, b.1)));
    let left =
        left.iter().filter(|(_, candidate, _)| !candidate.looked_up).map(|(_, candidate, _)| *candidate);
    let lookups = left.chain(lookups.iter().map(|(_, candidate)| *candidate)).take(preferences.dns_prefetch);
    // Whoever stays keeps its place, so that the header is the same as long as the list is.
    let mut lookups: Vec<&Candidate> = lookups.collect();
    sorting::sort_by_key(&mut preconnects, |(_, candidate, _)| listed.place(&candidate.origin, true));
    sorting::sort_by_key(&mut lookups, |candidate| listed.place(&candidate.origin, false));
    let hint = |candidate: &Candidate, action| Hint { origin: candidate.origin.clone(), action };
    let mut hints: Vec<Hint> = preconnects
        .iter()
        .map(|(_, candidate, pools)| hint(candidate, HintAction::Preconnect(*pools)))
        .collect();
    hints.extend(lookups.iter().map(|candidate| hint(candidate, HintAction::DnsPrefetch)));
    *listed = Listed::of(&hints);
    hints
}

#[cfg(test)]
mod tests {
    use super::*;

    const THRESHOLDS: Thresholds = Thresholds { enter: 0.5, stay: 0.3 };

    fn preferences(preconnect: usize, dns_prefetch: usize) -> HintPreferences {
        HintPreferences { preconnect, dns_prefetch, ..HintPreferences::default() }
    }

    /// An origin that `share` of the views use in the credentialed pool, with `urgent` urgent requests.
    fn plain(host: &str, share: f64, urgent: f64) -> Candidate {
        Candidate {
            share,
            credentialed: Need { share, urgent },
            found: Found::Body,
            ..Candidate::new(Origin::parse(&format!("https://{host}.example")).unwrap())
        }
    }

    fn frame(host: &str) -> Candidate {
        Candidate { credentialed: Need::default(), ..plain(host, 1.0, 0.0) }
    }

    /// The hints as `+a` for the credentialed pool, `*a` for the anonymous one, `+*a` for both, `a` for a look-up.
    fn chosen(candidates: &[Candidate], listed: &mut Listed, preferences: &HintPreferences) -> String {
        let mark = |action| match action {
            HintAction::DnsPrefetch => "",
            HintAction::Preconnect(Pools { anonymous: false, .. }) => "+",
            HintAction::Preconnect(Pools { credentialed: false, .. }) => "*",
            HintAction::Preconnect(_) => "+*",
        };
        choose(candidates, listed, THRESHOLDS, preferences)
            .iter()
            .map(|hint| format!("{}{}", mark(hint.action), hint.origin.host().trim_end_matches(".example")))
            .collect::<Vec<_>>()
            .join(" ")
    }

    fn first(candidates: &[Candidate], preferences: &HintPreferences) -> String {
        chosen(candidates, &mut Listed::default(), preferences)
    }

    #[test]
    fn each_class_gets_exactly_its_hints() {
        let need = Need { share: 1.0, urgent: 1.0 };
        let candidates = [
            plain("plain", 1.0, 1.0),
            Candidate { credentialed: Need::default(), anonymous: need, ..plain("font", 1.0, 1.0) },
            Candidate { anonymous: need, ..plain("both", 1.0, 1.0) },
            frame("frame"),
        ];
        assert_eq!(first(&candidates, &preferences(3, 6)), "+*both *font +plain frame");
        let rare = Candidate { anonymous: Need { share: 0.2, urgent: 0.2 }, ..plain("a", 1.0, 0.0) };
        assert_eq!(
            first(&[rare], &preferences(3, 6)),
            "+a",
            "one crossorigin picture in five views is no socket"
        );
    }

    #[test]
    fn the_best_are_preconnected_and_the_next_looked_up() {
        let early = |host: &str| Candidate { found: Found::Start, ..plain(host, 1.0, 1.0) };
        let late = Candidate { found: Found::Css, ..plain("late", 1.0, 1.0) };
        let candidates = [
            plain("deferred", 1.0, 0.0),
            early("early"),
            late,
            plain("pictures", 1.0, 4.0),
            plain("half", 0.55, 1.0),
            Candidate { blocking: 1.0, ..plain("blocking", 1.0, 1.0) },
            frame("frame"),
            plain("rare", 0.4, 9.0),
        ];
        assert_eq!(
            first(&candidates, &preferences(3, 6)),
            "+pictures +late +blocking early half deferred frame"
        );
        assert_eq!(first(&candidates, &preferences(1, 2)), "+pictures late blocking");
        assert_eq!(first(&candidates, &preferences(0, 0)), "");
        let early_hints = HintPreferences { early_hints: true, ..preferences(2, 1) };
        assert_eq!(
            first(&[plain("body", 1.0, 1.0), early("early")], &early_hints),
            "+early +body",
            "a 103 comes before the head"
        );
        let slow = Candidate { connect_ms: 190.0, ..plain("slow", 1.0, 0.0) };
        let fast = Candidate { connect_ms: 20.0, ..plain("fast", 1.0, 0.0) };
        assert_eq!(first(&[fast, plain("any", 1.0, 0.0), slow], &preferences(2, 1)), "+slow +any fast");
    }

    #[test]
    fn what_is_asked_for_very_late_gets_no_socket() {
        let late = Candidate { start_ms: 9000.0, ..plain("late", 1.0, 1.0) };
        let soon = Candidate { start_ms: 900.0, ..plain("soon", 1.0, 1.0) };
        assert_eq!(first(&[late, soon], &preferences(3, 6)), "+soon late");
    }

    #[test]
    fn the_header_is_the_same_as_long_as_the_list_is() {
        let mut listed = Listed::default();
        let limits = preferences(3, 6);
        let three =
            |a, b, c| [plain("a", a, 1.0), plain("b", b, 1.0), plain("c", c, 1.0), frame("f"), frame("g")];
        assert_eq!(chosen(&three(0.9, 1.0, 0.8), &mut listed, &limits), "+b +a +c f g");
        assert_eq!(chosen(&three(1.0, 0.8, 0.95), &mut listed, &limits), "+b +a +c f g");
        let mut with_new = three(1.0, 0.9, 0.0).to_vec();
        with_new.push(plain("new", 1.0, 5.0));
        assert_eq!(chosen(&with_new, &mut listed, &limits), "+b +a +new f g");
    }

    #[test]
    fn what_the_page_hints_itself_or_the_site_denies_is_left_out() {
        let both = Pools { credentialed: true, anonymous: true };
        let need = Need { share: 1.0, urgent: 1.0 };
        let candidates = [
            Candidate { preconnected: Pools::CREDENTIALED, looked_up: true, ..plain("same", 1.0, 1.0) },
            Candidate {
                preconnected: Pools::CREDENTIALED,
                looked_up: true,
                anonymous: need,
                ..plain("other-pool", 1.0, 1.0)
            },
            Candidate { preconnected: both, looked_up: true, ..frame("frame") },
            Candidate { looked_up: true, ..plain("looked-up", 1.0, 1.0) },
            plain("denied", 1.0, 1.0),
            plain("below.denied", 1.0, 1.0),
        ];
        let denied = Hosts::new(vec!["denied.example".to_owned(), "*.denied.example".to_owned()]);
        let preferences = HintPreferences { denied, ..preferences(3, 6) };
        assert_eq!(first(&candidates, &preferences), "*other-pool +looked-up");
    }

    #[test]
    fn a_link_that_redirects_is_looked_up_when_it_is_followed_often_enough() {
        let linked = |followed| Candidate { followed, share: 0.0, ..frame("partner") };
        assert_eq!(first(&[linked(0.09)], &preferences(3, 6)), "");
        assert_eq!(first(&[linked(0.11)], &preferences(3, 6)), "partner");
    }

    #[test]
    fn entering_takes_more_than_staying() {
        let mut listed = Listed::default();
        let limits = preferences(3, 6);
        for (share, expected) in [(0.49, ""), (0.5, "+a"), (0.31, "+a"), (0.29, ""), (0.49, ""), (0.51, "+a")]
        {
            assert_eq!(chosen(&[plain("a", share, 1.0)], &mut listed, &limits), expected, "{share}");
        }
    }

    #[test]
    fn a_pool_enters_and_leaves_by_itself() {
        let mut listed = Listed::default();
        for (share, expected) in [(0.4, "+a"), (0.6, "+*a"), (0.4, "+*a"), (0.2, "+a"), (0.4, "+a")] {
            let candidate = Candidate { anonymous: Need { share, urgent: 0.0 }, ..plain("a", 1.0, 1.0) };
            assert_eq!(chosen(&[candidate], &mut listed, &preferences(3, 6)), expected, "{share}");
        }
    }

    #[test]
    fn nearly_equals_do_not_swap_places() {
        let mut listed = Listed::default();
        let limits = preferences(1, 1);
        let pair = |b: f64| [plain("a", 0.9, 1.0), plain("b", b, 1.0)];
        for (share, expected) in [(0.95, "+b a"), (0.8, "+b a"), (0.7, "+a b"), (1.0, "+a b"), (0.95, "+a b")]
        {
            assert_eq!(chosen(&pair(share), &mut listed, &limits), expected, "{share}");
        }
    }
}
