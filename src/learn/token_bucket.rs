//! Decides which views are read for learning.
//!
//! Reading a copy of a page costs several times what passing it on costs, so it is limited twice. A page that is not
//! known yet is read whenever the isolate's token bucket has a token; of a known page, only a share of the views is. The
//! bucket keeps a flood of unknown paths from costing more than a fixed amount of time.

/// How many reads an isolate may do at once after a pause.
const BURST: f64 = 20.0;

/// How many reads an isolate may do each second in the long run.
const PER_SECOND: f64 = 1.0;

/// How many reads an isolate may still do: a token bucket.
#[derive(Debug)]
pub struct TokenBucket {
    tokens: f64,
    at: u64,
}

impl Default for TokenBucket {
    fn default() -> Self {
        Self { tokens: BURST, at: 0 }
    }
}

impl TokenBucket {
    /// Whether to read this view, at `now` milliseconds. `share` is the share of views of known pages to read;
    /// `chance` is a random number from 0 to 1. Known pages leave half of the bucket to unknown ones.
    pub fn draw(&mut self, known: bool, share: f64, chance: f64, now: u64) -> bool {
        if known && chance >= share {
            return false;
        }
        // An isolate's life in milliseconds fits the 52 bits of an f64.
        #[allow(clippy::cast_precision_loss)]
        let elapsed = now.saturating_sub(self.at) as f64 / 1000.0;
        self.at = self.at.max(now);
        self.tokens = (self.tokens + elapsed * PER_SECOND).min(BURST);
        let least = if known { BURST / 2.0 } else { 1.0 };
        if self.tokens < least {
            return false;
        }
        self.tokens -= 1.0;
        true
    }
}

/// What an isolate may read, and what it may take in from browsers.
#[derive(Debug, Default)]
pub struct Samples {
    reads: TokenBucket,
    beacons: TokenBucket,
}

impl Samples {
    /// Whether to read a view of a page or a stylesheet: see [`TokenBucket::draw`].
    pub fn reads(&mut self, known: bool, share: f64, chance: f64, now: u64) -> bool {
        self.reads.draw(known, share, chance, now)
    }

    /// Whether another beacon may be taken in.
    pub fn admits_beacon(&mut self, now: u64) -> bool {
        self.beacons.draw(false, 0.0, 0.0, now)
    }
}

/// Whether a view's browser is asked what it loaded, as this share of all are.
#[must_use]
pub fn asks_browser(share: f64, chance: f64) -> bool {
    chance < share
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beacons_take_nothing_from_what_is_read() {
        let mut samples = Samples::default();
        assert_eq!((0..1000).filter(|_| samples.admits_beacon(0)).count(), 20);
        assert_eq!((0..1000).filter(|_| samples.reads(false, 0.0, 0.99, 0)).count(), 20);
        assert!(samples.admits_beacon(1000) && !samples.admits_beacon(1000));
    }

    #[test]
    fn browsers_are_asked_by_share() {
        assert!(asks_browser(1.0, 0.999) && !asks_browser(0.0, 0.0));
        assert!(asks_browser(0.05, 0.0499) && !asks_browser(0.05, 0.05));
    }

    #[test]
    fn unknown_pages_are_read_until_the_bucket_is_empty() {
        let mut bucket = TokenBucket::default();
        let reads = (0..1000).filter(|_| bucket.draw(false, 0.0, 0.99, 1000)).count();
        assert_eq!(reads, 20);
        assert!(!bucket.draw(false, 0.0, 0.0, 1500));
        assert!(bucket.draw(false, 0.0, 0.0, 2000));
        assert!(!bucket.draw(false, 0.0, 0.0, 2000));
    }

    #[test]
    fn known_pages_are_read_by_share_and_leave_half() {
        let mut bucket = TokenBucket::default();
        assert!(!bucket.draw(true, 0.05, 0.05, 0));
        let reads = (0..1000).filter(|_| bucket.draw(true, 0.05, 0.0499, 0)).count();
        assert_eq!(reads, 11);
        assert!(bucket.draw(false, 0.05, 0.99, 0));
    }

    #[test]
    fn a_share_of_nothing_reads_no_known_page_and_the_bucket_has_a_bound() {
        let mut bucket = TokenBucket::default();
        assert!(!bucket.draw(true, 0.0, 0.0, 0));
        let later = 1_000_000;
        assert_eq!((0..1000).filter(|_| bucket.draw(false, 0.0, 0.0, later)).count(), 20);
    }
}
