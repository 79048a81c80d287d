//! What requests cost an owner: how often an isolate calls the learners for them.

use crate::site::{CONFIG, SITE, START, salt};
use headstart::learn::observation::Observation;
use headstart::learn::observation_buffer::{ObservationBuffer, Observed, Pace};
use headstart::learn::site_url_cache::SiteUrlCache;

/// Calls for a thousand requests.
pub struct Bill {
    /// Of visitors of pages that are known.
    pub usual: f64,
    /// Of somebody who asks for a path that nobody knows, each time.
    pub attacked: f64,
}

const REQUESTS: u64 = 100_000;

/// A hundred thousand requests of one isolate, ten each second.
pub fn calls() -> Bill {
    Bill { usual: of(|_| "/p/a".to_owned(), false), attacked: of(|number| format!("/x/{number}"), true) }
}

/// By the defaults of `BATCH_SECONDS` and `BATCH_VIEWS`.
fn of(path: impl Fn(u64) -> String, is_new: bool) -> f64 {
    let pace = Pace::new(CONFIG.learning.batch_seconds, CONFIG.learning.batch_views);
    let mut buffer = ObservationBuffer::default();
    let (mut calls, mut sends_at) = (0, None);
    for number in 0..REQUESTS {
        let now = START + number * 100;
        let observation = Observation { path: path(number), served: 1, ..Observation::default() };
        if buffer.add(SITE, Observed::View(observation, None), is_new, pace, now, number + 1) {
            sends_at = Some(now + pace.wait_ms);
        }
        if sends_at.is_some_and(|at| now >= at) {
            sends_at = None;
            let salt = salt(now);
            // The next-page learner's is one more.
            let made = buffer.take(1, &SiteUrlCache::default(), &salt, |_, _| true).len() + 1;
            buffer.charge(made as u64, pace, now, number + 1);
            calls += made;
        }
    }
    f64::from(u32::try_from(calls).unwrap_or(u32::MAX)) * 1000.0
        / f64::from(u32::try_from(REQUESTS).unwrap_or(u32::MAX))
}
