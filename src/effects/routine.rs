//! Learns which requests pages send by themselves: what most views of a page send is nothing that the visitor does.
//!
//! Each isolate learns by itself, and forgets everything when there is too much: at worst a browser forgets what it loaded
//! ahead, and loads it again.

use std::collections::HashMap;

/// The most pages, and the most kinds of requests, that are counted.
const MAX_COUNTED: usize = 500;

/// The longest target that is counted, in bytes.
const MAX_TARGET_BYTES: usize = 300;

/// How often a request must have come before anything follows from it.
const LEAST: u32 = 5;

/// How often pages were shown, and how often each of them has sent something.
#[derive(Debug, Default)]
pub struct Routine {
    /// Views, by site and path.
    views: HashMap<(String, String), u32>,
    /// Requests, by site, path of the page, and target.
    sent: HashMap<(String, String, String), u32>,
}

impl Routine {
    /// A page was shown so often.
    pub fn viewed(&mut self, site: &str, page: &str, number: u32) {
        if self.views.len() >= MAX_COUNTED {
            *self = Self::default();
        }
        let views = self.views.entry((site.to_owned(), page.to_owned())).or_default();
        *views = views.saturating_add(number);
    }

    /// A page has sent a request to `target`. Answers whether most of its views do.
    pub fn sent(&mut self, site: &str, page: &str, target: &str) -> bool {
        if target.len() > MAX_TARGET_BYTES {
            return false;
        }
        if self.sent.len() >= MAX_COUNTED {
            *self = Self::default();
        }
        let sent = self.sent.entry((site.to_owned(), page.to_owned(), target.to_owned())).or_default();
        *sent = sent.saturating_add(1);
        let views = self.views.get(&(site.to_owned(), page.to_owned())).copied().unwrap_or(u32::MAX);
        *sent >= LEAST && u64::from(*sent) * 2 > u64::from(views)
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
