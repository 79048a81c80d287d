//! Which parts of a page are worth a preload.
//!
//! A part is worth one when most views use it, in the form in which the page asks for it, and find it late: behind a stylesheet, a
//! layout, a long document. What comes with the first bytes of the HTML anyway gains nothing. Entering takes more than staying, and
//! whoever is on the list has a bonus, as for [`rank`](super::rank).

use super::media;
use super::rank::{Evidence, HintPreferences, Thresholds};
use super::resource::{Destination, Resource};
use super::usage::Found;
use crate::sorting;

/// The share of a page's views that must use a part.
pub const USED: Thresholds = Thresholds { enter: 0.75, stay: 0.5 };

/// How much earlier a preload must have a part asked for, in milliseconds: less than a round trip is no gain that anybody sees.
const GAIN_MS: Thresholds = Thresholds { enter: 40.0, stay: 20.0 };

/// The same of a font of the page's own origin, where the header comes with the page and not ahead of it as 103. It is on the
/// connection on which the page's stylesheets are waited for, and browsers hold the first paint back for a font that is preloaded:
/// in the lab, over a line of 60 ms, the largest paint of such a page came 56 ms later than without, and the first one 168 ms.
const OWN_FONT_GAIN_MS: Thresholds = Thresholds { enter: 400.0, stay: 300.0 };

/// The gain beyond which more makes no difference to the order, in milliseconds.
const MAX_GAIN_MS: f64 = 2000.0;

/// How much better a newcomer must be than one that is on the list.
const INCUMBENT: f64 = 1.25;

/// What speaks for and against preloading a part of a page.
#[derive(Clone, Debug, PartialEq)]
pub struct PreloadCandidate {
    /// By what it is known from one build to the next.
    pub key: u64,
    /// How it is asked for.
    pub resource: Resource,
    /// The share of the views that use it so.
    pub share: f64,
    /// How much earlier a preload has it asked for, in milliseconds.
    pub gain_ms: f64,
}

/// A part of a page that its visitors are to load early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preload {
    /// How it is asked for.
    pub resource: Resource,
    /// Why.
    pub evidence: Evidence,
}

/// The places for preloads in each class of windows. Of two pictures of which each is for windows that do not load the other one, no
/// visitor loads more than one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Places([usize; 3]);

impl Places {
    /// So many for each.
    #[must_use]
    pub fn of(most: usize) -> Self {
        Self([most; 3])
    }

    /// Takes one in each class whose windows may load a part. Answers whether there was one in all of them; otherwise none is taken.
    pub fn take(&mut self, resource: &Resource) -> bool {
        let windows = media::windows(&resource.media);
        let Self(left) = self;
        let has_room = left.iter().zip(windows).all(|(left, loads)| *left > 0 || !loads);
        if has_room {
            left.iter_mut()
                .zip(windows)
                .filter(|(_, loads)| *loads)
                .for_each(|(left, _)| *left = left.saturating_sub(1));
        }
        has_room
    }
}

impl PreloadCandidate {
    /// What a preload is worth: what rendering waits for as a whole comes before what shows a part.
    fn worth(&self) -> f64 {
        let weight = match self.resource.destination {
            Destination::Style => 1.2,
            Destination::Image | Destination::Script => 1.0,
            Destination::Font => 0.7,
        };
        self.share * weight * self.gain_ms.min(MAX_GAIN_MS)
    }

    fn least_gain(&self, preferences: &HintPreferences) -> Thresholds {
        let is_own_font =
            self.resource.destination == Destination::Font && self.resource.url.starts_with('/');
        if is_own_font && !preferences.early_hints { OWN_FONT_GAIN_MS } else { GAIN_MS }
    }

    fn preload(&self) -> Preload {
        // In range, so that nothing is cut off but the fraction.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let gain_ms = self.gain_ms.clamp(0.0, 60_000.0).round() as u32;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let share = (self.share.clamp(0.0, 1.0) * 100.0).round() as u8;
        let blocks = matches!(self.resource.destination, Destination::Style | Destination::Script);
        let found = match self.resource.destination {
            Destination::Font => Found::Css,
            _ => Found::Body,
        };
        let evidence =
            Evidence { share, gain_ms, found: found.bits(), blocking: if blocks { share } else { 0 } };
        Preload { resource: self.resource.clone(), evidence }
    }
}

/// Chooses preloads among the candidates. `listed` are the keys of what was chosen last, and becomes what is chosen now. The order is
/// that of the header: those that were listed before, then newcomers by worth.
pub fn choose(
    candidates: &[PreloadCandidate],
    listed: &mut Vec<u64>,
    preferences: &HintPreferences,
) -> Vec<Preload> {
    let mut worthy: Vec<(f64, &PreloadCandidate)> = Vec::new();
    for candidate in candidates {
        let is_listed = listed.contains(&candidate.key);
        let least = |thresholds: Thresholds| if is_listed { thresholds.stay } else { thresholds.enter };
        let is_denied = candidate.resource.other_origins().any(|origin| preferences.denied.contain(&origin));
        if candidate.share >= least(USED)
            && candidate.gain_ms >= least(candidate.least_gain(preferences))
            && !is_denied
            // What cannot be written would take a place for nothing.
            && candidate.resource.link().is_some()
        {
            let bonus = if is_listed { INCUMBENT } else { 1.0 };
            worthy.push((candidate.worth() * bonus, candidate));
        }
    }
    sorting::sort_by(&mut worthy, |a, b| b.0.total_cmp(&a.0).then_with(|| a.1.key.cmp(&b.1.key)));
    // A part that the page and a stylesheet name is one.
    let mut taken: Vec<&PreloadCandidate> = Vec::new();
    worthy.retain(|(_, candidate)| {
        let is_same =
            |other: &&PreloadCandidate| other.key == candidate.key || other.resource == candidate.resource;
        let is_new = !taken.iter().any(is_same);
        taken.push(*candidate);
        is_new
    });
    let mut places = Places::of(preferences.preload);
    worthy.retain(|(_, candidate)| places.take(&candidate.resource));
    let place = |key: u64| listed.iter().position(|known| *known == key).unwrap_or(usize::MAX);
    sorting::sort_by_key(&mut worthy, |(_, candidate)| place(candidate.key));
    *listed = worthy.iter().map(|(_, candidate)| candidate.key).collect();
    worthy.iter().map(|(_, candidate)| candidate.preload()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hints::rank::Hosts;

    fn preferences(preload: usize) -> HintPreferences {
        HintPreferences { preload, ..HintPreferences::default() }
    }

    fn candidate(name: &str, destination: Destination, share: f64, gain_ms: f64) -> PreloadCandidate {
        let key = u64::from(name.as_bytes()[1]);
        PreloadCandidate { key, resource: Resource::new(name.to_owned(), destination), share, gain_ms }
    }

    fn chosen(candidates: &[PreloadCandidate], listed: &mut Vec<u64>, most: usize) -> String {
        let preloads = choose(candidates, listed, &preferences(most));
        preloads.iter().map(|preload| preload.resource.url.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_most_views_use_and_find_late_is_preloaded_the_best_first() {
        let candidates = [
            candidate("/font", Destination::Font, 1.0, 400.0),
            candidate("/picture", Destination::Image, 1.0, 200.0),
            candidate("/style", Destination::Style, 1.0, 200.0),
            candidate("/rare", Destination::Image, 0.74, 900.0),
            candidate("/early", Destination::Style, 1.0, 39.0),
        ];
        for (most, expected) in [(9, "/font /style /picture"), (2, "/font /style"), (0, "")] {
            assert_eq!(chosen(&candidates, &mut Vec::new(), most), expected, "{most}");
        }
    }

    #[test]
    fn entering_takes_more_than_staying_and_nearly_equals_do_not_swap() {
        let mut listed = Vec::new();
        let of = |share, gain| [candidate("/a", Destination::Image, share, gain)];
        for (share, gain, expected) in [
            (0.7, 100.0, ""),
            (0.75, 39.0, ""),
            (0.75, 40.0, "/a"),
            (0.5, 20.0, "/a"),
            (0.49, 100.0, ""),
            (0.7, 100.0, ""),
            (0.8, 100.0, "/a"),
            (0.8, 19.0, ""),
        ] {
            assert_eq!(chosen(&of(share, gain), &mut listed, 1), expected, "{share} {gain}");
        }
        let pair = |b| {
            [candidate("/a", Destination::Image, 1.0, 100.0), candidate("/b", Destination::Image, 1.0, b)]
        };
        for (b, expected) in [(90.0, "/a"), (120.0, "/a"), (130.0, "/b"), (90.0, "/b")] {
            assert_eq!(chosen(&pair(b), &mut listed, 1), expected, "{b}");
        }
    }

    #[test]
    fn each_window_has_as_many_places() {
        let of = |name: &str, media: &str, gain| {
            let candidate = candidate(name, Destination::Image, 1.0, gain);
            PreloadCandidate {
                resource: Resource { media: media.to_owned(), ..candidate.resource },
                ..candidate
            }
        };
        let candidates = [
            of("/desktop", "(min-width: 1024px)", 900.0),
            of("/phone", "(max-width: 767px)", 800.0),
            of("/tablet", "(min-width: 767.02px) and (max-width: 1023.98px)", 700.0),
            of("/all", "", 600.0),
            of("/2nd", "(min-width: 1024px)", 500.0),
            of("/last", "", 400.0),
        ];
        for (most, expected) in [
            (1, "/desktop /phone /tablet"),
            (2, "/desktop /phone /tablet /all"),
            (3, "/desktop /phone /tablet /all /2nd"),
            (4, "/desktop /phone /tablet /all /2nd /last"),
        ] {
            assert_eq!(chosen(&candidates, &mut Vec::new(), most), expected, "{most}");
        }
    }

    #[test]
    fn a_part_that_is_known_twice_takes_one_place() {
        let by = |key: u64, name: &str| PreloadCandidate {
            key,
            ..candidate(name, Destination::Style, 1.0, 200.0)
        };
        let candidates = [by(1, "/a"), by(2, "/a"), by(1, "/b"), by(3, "/c")];
        let mut listed = Vec::new();
        assert_eq!(chosen(&candidates, &mut listed, 9), "/a /c");
        assert_eq!(listed, [1, 3]);
    }

    #[test]
    fn a_font_of_the_pages_own_origin_must_come_late_unless_the_header_comes_as_103() {
        let early = HintPreferences { early_hints: true, ..preferences(1) };
        let of = |url: &str, gain, listed: bool, preferences: &HintPreferences| {
            let candidate = candidate(url, Destination::Font, 1.0, gain);
            let mut listed = if listed { vec![candidate.key] } else { Vec::new() };
            !choose(&[candidate], &mut listed, preferences).is_empty()
        };
        for (url, gain, expected) in [
            ("/a.woff2", 399.0, [false, true, true]),
            ("/a.woff2", 400.0, [true, true, true]),
            ("/a.woff2", 299.0, [false, false, true]),
            ("https://fonts.example/a.woff2", 40.0, [true, true, true]),
        ] {
            let plain = preferences(1);
            let seen =
                [of(url, gain, false, &plain), of(url, gain, true, &plain), of(url, gain, false, &early)];
            assert_eq!(seen, expected, "{url} {gain}");
        }
    }

    #[test]
    fn what_the_site_denies_or_no_header_can_hold_takes_no_place() {
        let denied = Hosts::new(vec!["denied.example".to_owned()]);
        let preferences = HintPreferences { denied, ..preferences(1) };
        let candidates = [
            candidate("https://denied.example/a", Destination::Font, 1.0, 900.0),
            candidate("/\u{fc}", Destination::Font, 1.0, 900.0),
            candidate("/good", Destination::Font, 1.0, 400.0),
        ];
        let preloads = choose(&candidates, &mut Vec::new(), &preferences);
        let evidence = Evidence { share: 100, gain_ms: 400, found: Found::Css.bits(), blocking: 0 };
        let expected = Preload { resource: Resource::new("/good".to_owned(), Destination::Font), evidence };
        assert_eq!(preloads, [expected]);
    }
}
