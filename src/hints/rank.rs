//! Which of the origins that a page was seen to use are worth a hint.
//!
//! An origin is worth a hint when enough views need it. Those that rendering waits for come first, then the more
//! often used. Entering the list takes a larger share of the views than staying on it, so that the list does not
//! flap when an origin hovers around the threshold.

use super::{Action, Hint};
use crate::learn::page::{OriginRecord, Page};

/// The least evidence, in (decayed) views of a page, before anything is hinted for it. A little under two, since the
/// first view has already decayed by some seconds when the second comes.
pub const MIN_VIEWS: f64 = 1.9;

/// The share of views that must need an origin for it to enter the list.
const ENTER_SHARE: f64 = 0.5;

/// The share of views below which an origin leaves the list.
const STAY_SHARE: f64 = 0.3;

/// How many hints a page may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most origins to preconnect to.
    pub preconnect: usize,
    /// The most further origins to look up.
    pub dns_prefetch: usize,
}

/// Chooses the hints of a page and marks the chosen origins in `page`, so that the next call knows which were on the
/// list. The order is that of the header: preconnects first, each group by worth.
pub fn choose(page: &mut Page, limits: Limits) -> Vec<Hint> {
    if page.views < MIN_VIEWS {
        return Vec::new();
    }
    let views = page.views;
    let mut candidates: Vec<&mut OriginRecord> = Vec::new();
    for record in &mut page.origins {
        let share = record.views / views;
        if share >= if record.hinted { STAY_SHARE } else { ENTER_SHARE } {
            candidates.push(record);
        } else {
            record.hinted = false;
        }
    }
    candidates
        .sort_by(|a, b| worth(b, views).total_cmp(&worth(a, views)).then_with(|| a.origin.cmp(&b.origin)));
    let (mut preconnects, mut lookups) = (Vec::new(), Vec::new());
    for record in candidates {
        let pools = record.pools();
        let action = if !pools.is_empty() && preconnects.len() < limits.preconnect {
            Action::Preconnect(pools)
        } else {
            Action::DnsPrefetch
        };
        let list = if action == Action::DnsPrefetch { &mut lookups } else { &mut preconnects };
        record.hinted = action != Action::DnsPrefetch || list.len() < limits.dns_prefetch;
        if record.hinted {
            list.push(Hint { origin: record.origin.clone(), action });
        }
    }
    preconnects.append(&mut lookups);
    preconnects
}

/// What a hint for this origin is worth: the share of views that need it, counted double when rendering waits, and a
/// bonus for being on the list already.
fn worth(record: &OriginRecord, views: f64) -> f64 {
    let incumbent = if record.hinted { 1.1 } else { 1.0 };
    (record.views + record.blocking_views) / views * incumbent
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hints::{Origin, Pools, usage::Usage};
    use crate::learn::observation::{Observation, OriginUse};

    const LIMITS: Limits = Limits { preconnect: 2, dns_prefetch: 1 };
    const PLAIN: Usage = Usage { pools: Pools::CREDENTIALED, blocks_rendering: false };
    const BLOCKING: Usage = Usage { pools: Pools::CREDENTIALED, blocks_rendering: true };

    fn view(page: &mut Page, uses: &[(&str, Usage)]) {
        let uses = uses
            .iter()
            .map(|(origin, usage)| OriginUse { origin: Origin::parse(origin).unwrap(), usage: *usage })
            .collect();
        page.absorb(&Observation { path: "/".to_owned(), uses }, 0);
    }

    fn chosen(page: &mut Page, limits: Limits) -> Vec<String> {
        choose(page, limits)
            .into_iter()
            .map(|hint| match hint.action {
                Action::Preconnect(_) => format!("+{}", hint.origin),
                Action::DnsPrefetch => hint.origin.to_string(),
            })
            .collect()
    }

    #[test]
    fn one_view_is_not_enough() {
        let mut page = Page::default();
        view(&mut page, &[("https://a.example", PLAIN)]);
        assert!(chosen(&mut page, LIMITS).is_empty());
        view(&mut page, &[("https://a.example", PLAIN)]);
        assert_eq!(chosen(&mut page, LIMITS), ["+https://a.example"]);
    }

    #[test]
    fn the_few_that_rendering_waits_for_come_first_and_frames_are_only_looked_up() {
        let mut page = Page::default();
        for _ in 0..4 {
            view(
                &mut page,
                &[
                    ("https://a-frame.example", Usage::FRAME),
                    ("https://b.example", PLAIN),
                    ("https://c.example", PLAIN),
                    ("https://d.example", BLOCKING),
                ],
            );
        }
        assert_eq!(
            chosen(&mut page, LIMITS),
            ["+https://d.example", "+https://b.example", "https://a-frame.example"]
        );
        let none = Limits { preconnect: 0, dns_prefetch: 0 };
        assert!(chosen(&mut page, none).is_empty());
    }

    #[test]
    fn an_origin_enters_at_half_of_the_views_and_stays_down_to_a_third() {
        let mut page = Page::default();
        let a = [("https://a.example", PLAIN)];
        for _ in 0..3 {
            view(&mut page, &a);
            view(&mut page, &[]);
        }
        assert_eq!(chosen(&mut page, LIMITS).len(), 1, "3 of 6 enters");
        for _ in 0..3 {
            view(&mut page, &[]);
        }
        assert_eq!(chosen(&mut page, LIMITS).len(), 1, "3 of 9 stays");
        view(&mut page, &[]);
        view(&mut page, &[]);
        assert!(chosen(&mut page, LIMITS).is_empty(), "3 of 11 leaves");
        view(&mut page, &a);
        view(&mut page, &a);
        assert!(chosen(&mut page, LIMITS).is_empty(), "5 of 13 does not come back");
    }

    #[test]
    fn equals_do_not_swap_places() {
        let mut page = Page::default();
        let limits = Limits { preconnect: 1, dns_prefetch: 0 };
        view(&mut page, &[("https://b.example", PLAIN)]);
        view(&mut page, &[("https://b.example", PLAIN)]);
        assert_eq!(chosen(&mut page, limits), ["+https://b.example"]);
        for _ in 0..20 {
            view(&mut page, &[("https://a.example", PLAIN), ("https://b.example", PLAIN)]);
        }
        assert_eq!(chosen(&mut page, limits), ["+https://b.example"]);
    }
}
