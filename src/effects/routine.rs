//! Learns which requests pages send by themselves: what most views of a page send is nothing that the visitor does.
//!
//! Each isolate learns by itself, and forgets everything when there is too much: then a browser forgets what it loaded ahead, and
//! loads it again. Views that nobody sees (from a browser's cache, by going back, or where a router shows the page itself) have too
//! much taken for routine: then a browser may show what it loaded ahead before the visitor did something, minutes old at most. Where
//! most views of a page are of that kind, no count of requests tells one from the other.

use std::collections::HashMap;

/// The most pages, and the most kinds of requests, that are counted.
const MAX_COUNTED: usize = 500;

/// The longest target that is counted, in bytes.
const MAX_TARGET_BYTES: usize = 300;

/// How often a request must have come before anything follows from it.
const LEAST: u32 = 5;

/// How often pages were shown, and how many of their views have sent each request.
#[derive(Debug, Default)]
pub struct Routine {
    /// Views, by site and path.
    views: HashMap<(String, String), u32>,
    /// Requests, by site, path of the page, and target.
    sent: HashMap<(String, String, String), Sent>,
}

/// How often a request was sent.
#[derive(Clone, Copy, Debug, Default)]
struct Sent {
    /// By how many views, as far as they can be told apart: what one view sends again and again is what its visitor does.
    views: u32,
    /// How often the page had been shown when it was last counted.
    at: u32,
}

impl Routine {
    /// A page was shown so often.
    pub fn viewed(&mut self, site: &str, page: &str, number: u32) {
        if self.views.len() >= MAX_COUNTED {
            self.views.retain(|_, views| *views > 1);
            if self.views.len() >= MAX_COUNTED {
                self.views.clear();
            }
            // What a page has sent tells nothing without its views.
            let views = &self.views;
            self.sent.retain(|(site, page, _), _| views.contains_key(&(site.clone(), page.clone())));
        }
        let views = self.views.entry((site.to_owned(), page.to_owned())).or_default();
        *views = views.saturating_add(number);
    }

    /// A page has sent a request to `target`. Answers whether most of its views do.
    pub fn sent(&mut self, site: &str, page: &str, target: &str) -> bool {
        // Of a page whose views are not counted nothing is known.
        let Some(views) = self.views.get(&(site.to_owned(), page.to_owned())).copied() else { return false };
        if target.len() > MAX_TARGET_BYTES {
            return false;
        }
        if self.sent.len() >= MAX_COUNTED {
            self.sent.retain(|_, sent| sent.views > 1);
            if self.sent.len() >= MAX_COUNTED {
                self.sent.clear();
            }
        }
        let sent = self.sent.entry((site.to_owned(), page.to_owned(), target.to_owned())).or_default();
        if views != sent.at {
            *sent = Sent { views: sent.views.saturating_add(1), at: views };
        }
        sent.views >= LEAST && u64::from(sent.views) * 2 > u64::from(views)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_most_views_send_is_routine_once_it_has_come_a_few_times() {
        let mut routine = Routine::default();
        let mut seen = Vec::new();
        for _ in 0..8 {
            routine.viewed("shop.example", "/a", 1);
            seen.push(routine.sent("shop.example", "/a", "/api/cart"));
        }
        assert_eq!(seen, [false, false, false, false, true, true, true, true]);
        routine.viewed("shop.example", "/a", 100);
        assert!(!routine.sent("shop.example", "/a", "/api/cart"), "of many views few send it");
        assert!(
            !routine.sent("shop.example", "/b", "/api/cart")
                && !routine.sent("other.example", "/a", "/api/cart")
        );
    }

    #[test]
    fn of_a_page_whose_views_are_not_counted_nothing_is_known() {
        let mut routine = Routine::default();
        assert!((0..100).all(|_| !routine.sent("shop.example", "/a", "/api/cart")));
    }

    #[test]
    fn what_one_view_sends_again_and_again_counts_once() {
        let mut routine = Routine::default();
        routine.viewed("shop.example", "/a", 5);
        assert!((0..100).all(|_| !routine.sent("shop.example", "/a", "/api/cart")));
    }

    #[test]
    fn what_was_sent_by_views_that_are_forgotten_is_forgotten_with_them() {
        let mut routine = Routine::default();
        for number in 0..1000 {
            routine.viewed("shop.example", "/a", 1);
            assert!(number % 40 != 0 || !routine.sent("shop.example", "/a", "/api/cart"));
        }
        for number in 0..MAX_COUNTED {
            routine.viewed("shop.example", &format!("/{number}"), 2);
        }
        routine.viewed("shop.example", "/a", 1);
        assert!(!routine.sent("shop.example", "/a", "/api/cart"));
    }

    #[test]
    fn what_is_seldom_makes_room_and_what_is_known_stays() {
        let mut routine = Routine::default();
        let mut view = |target: &str| {
            routine.viewed("shop.example", "/a", 1);
            routine.sent("shop.example", "/a", "/api/cart");
            routine.sent("shop.example", "/a", target)
        };
        for number in 0..3 * MAX_COUNTED {
            assert!(!view(&format!("/poll?t={number}")));
        }
        assert!(view("/api/cart"));
    }

    #[test]
    fn what_is_counted_is_bounded() {
        let mut routine = Routine::default();
        for number in 0..10_000 {
            routine.viewed("shop.example", &format!("/{number}"), 1);
            routine.sent("shop.example", "/a", &format!("/{number}"));
            assert!(!routine.sent("shop.example", "/a", &"x".repeat(MAX_TARGET_BYTES + 1)));
        }
        assert!(routine.views.len() <= MAX_COUNTED && routine.sent.len() <= MAX_COUNTED);
    }
}
