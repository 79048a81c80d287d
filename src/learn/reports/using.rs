//! How browsers use a part of a page, by all the votes for what it may be fetched by.

use super::vote::Vote;
use super::{Current, MIN_REPORTS, Reports, names};
use crate::hints::media;
use crate::hints::preload::USED;
use crate::hints::resource::{Destination, Resource};
use crate::learn::report::Name;

/// The least reports of one class of viewports before their shares mean anything.
const MIN_CLASS_REPORTS: f64 = 2.5;

/// How browsers use a part.
pub(super) struct Use {
    /// The share of the views that do, of those in whose viewports it is used.
    pub(super) share: f64,
    /// The media query of these viewports, where others do not use it.
    pub(super) media: String,
    /// Whether all do.
    pub(super) is_everywhere: bool,
    /// When it is asked for without a preload, in milliseconds since the page's first byte, and since the navigation.
    pub(super) late_ms: f64,
    pub(super) start_ms: f64,
}

impl Reports {
    /// How browsers use a part, and have used the builds whose place it has taken; `None` where too few have said so, or where scripts
    /// have changed what it is chosen by. `all` are the parts of the page.
    pub(super) fn use_of(&self, current: &Current<'_>, all: &[Current<'_>], is_listed: bool) -> Option<Use> {
        let named = current.named;
        let wanted = current.names();
        let votes = || self.votes.iter().filter(|vote| wanted.iter().any(|name| name.0 == vote.name.0));
        let sum = |of: fn(&Vote) -> f64| votes().map(of).sum::<f64>();
        let able = |[a, b, c]: [f64; 3], vote: &Vote| {
            let [x, y, z] = vote.able(named.resource.destination);
            [a.max(x), b.max(y), c.max(z)]
        };
        let of: [f64; 3] = votes().fold([0.0; 3], able);
        let total: f64 = of.iter().sum();
        if total < MIN_REPORTS {
            return None;
        }
        let timed = || votes().filter(|vote| vote.is_timed);
        let average = |of: fn(&Vote) -> f64| {
            let (sum, weight) = timed().fold((0.0, 0.0), |(sum, weight), vote| {
                (sum + of(vote) * vote.weight(), weight + vote.weight())
            });
            if weight > 0.0 { sum / weight } else { 0.0 }
        };
        let (late_ms, start_ms) = (average(|vote| vote.late_ms), average(|vote| vote.start_ms));
        let with = |share: f64, media: String, is_everywhere| Use {
            share: share.min(1.0),
            media,
            is_everywhere,
            late_ms,
            start_ms,
        };
        if named.resource.destination != Destination::Image {
            return Some(with(sum(|vote| vote.used) / total, String::new(), true));
        }
        // What a script has given the element other candidates, or another size, chooses another one.
        let is_of_form = |vote: &Vote| {
            let is_its = |name: &Name| name.0 == vote.name.0;
            let mut builds = current.builds().filter(|named| names(&named.resource).iter().any(is_its));
            builds.any(|named| vote.is_of_form(named.form))
        };
        if votes().any(|vote| !is_of_form(vote)) {
            return None;
        }
        let of = self.may_match(current, all, of);
        let shown = [0, 1, 2].map(|class| {
            votes().map(|vote| vote.largest.get(class).copied().unwrap_or_default()).sum::<f64>()
        });
        let least = if is_listed { USED.stay } else { USED.enter };
        let fits: Vec<Option<bool>> = of
            .iter()
            .zip(shown)
            .map(|(of, shown)| (*of >= MIN_CLASS_REPORTS).then(|| shown / of >= least))
            .collect();
        let own = named.resource.media.as_str();
        let fits_some = fits.contains(&Some(true));
        if !own.is_empty() {
            // The page says itself where it is used; but of what elements show, it may hide some in windows of other widths.
            let mut hidden = media::windows(own)
                .into_iter()
                .zip(&fits)
                .map(|(may_load, fits)| may_load && *fits == Some(false));
            let media = if fits_some && hidden.any(|is_hidden| is_hidden) {
                media::both(own, media_of(&fits))?
            } else {
                String::new()
            };
            let shares = of
                .iter()
                .zip(shown)
                .filter(|(of, _)| **of >= MIN_CLASS_REPORTS)
                .map(|(of, shown)| shown / of);
            return Some(with(shares.fold(0.0, f64::max), media, false));
        }
        if !fits_some || !fits.contains(&Some(false)) {
            return Some(with(shown.iter().sum::<f64>() / total, String::new(), true));
        }
        let within = |numbers: [f64; 3]| {
            numbers
                .iter()
                .zip(&fits)
                .filter(|(_, fits)| **fits == Some(true))
                .map(|(number, _)| number)
                .sum::<f64>()
        };
        Some(with(within(shown) / within(of), media_of(&fits).to_owned(), false))
    }
}

impl Reports {
    /// In how many views the media of a picture may have matched, of those in which a browser would have said that it was largest: in all
    /// but those in which another one was that is never shown beside it, for visitors with another color scheme, say.
    fn may_match(&self, current: &Current<'_>, all: &[Current<'_>], mut of: [f64; 3]) -> [f64; 3] {
        let own = current.named.resource.media.as_str();
        if own.is_empty() {
            return of;
        }
        let of_its = current.names();
        let is_its = |name: &Name| of_its.iter().any(|its| its.0 == name.0);
        let is_instead = |other: &&Current<'_>| {
            let Resource { destination, media, .. } = &other.named.resource;
            *destination == Destination::Image && media::exclude_each_other(own, media)
        };
        let mut instead = all.iter().filter(is_instead).flat_map(Current::names).collect::<Vec<_>>();
        instead.retain(|name| !is_its(name));
        let votes = || self.votes.iter().filter(|vote| instead.iter().any(|name| name.0 == vote.name.0));
        for (class, of) in of.iter_mut().enumerate() {
            let in_class = |numbers: [f64; 3]| numbers.get(class).copied().unwrap_or_default();
            let most = votes().map(|vote| in_class(vote.able(Destination::Image))).fold(*of, f64::max);
            *of = (most - votes().map(|vote| in_class(vote.largest)).sum::<f64>()).max(0.0);
        }
        of
    }
}

/// The media queries of the classes of windows in which a picture is known to be used.
fn media_of(fits: &[Option<bool>]) -> &'static str {
    match [0, 1, 2].map(|class| fits.get(class) == Some(&Some(true))) {
        [true, false, false] => "(max-width: 599.98px)",
        [true, true, false] => "(max-width: 1023.98px)",
        [false, true, false] => "(min-width: 600px) and (max-width: 1023.98px)",
        [false, true, true] => "(min-width: 600px)",
        [false, false, true] => "(min-width: 1024px)",
        [true, false, true] => "(max-width: 599.98px), (min-width: 1024px)",
        [true, true, true] | [false, false, false] => "",
    }
}
