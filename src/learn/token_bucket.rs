//! Decides which views are read for learning.
//!
//! Reading a copy of a page costs several times what passing it on costs, so it is rationed: an isolate reads a page that is
//! not known yet whenever the ration for such pages is not used up, and of a known page a share of the views. Each of the two
//! has half the ration, and what one leaves falls to the other. So a flood of unknown paths costs no more than a fixed amount of
//! time, and does not keep what is known from being read again.

use crate::clock::is_ahead;

/// How many reads of pages that are not known an isolate may do at once after a pause, and how many of known ones.
const UNKNOWN_BURST: f64 = 20.0;
const KNOWN_BURST: f64 = 10.0;

/// How many reads an isolate may do each second in the long run.
const PER_SECOND: f64 = 1.0;

/// How many beacons an isolate may take in at once after a pause; in the long run as many as it reads.
const BEACON_BURST: f64 = 20.0;

/// How often something may be done: a token bucket.
#[derive(Debug)]
struct TokenBucket {
    tokens: f64,
    burst: f64,
}

impl TokenBucket {
    /// One that is full.
    fn new(burst: f64) -> Self {
        Self { tokens: burst, burst }
    }

    /// Puts tokens in, and answers how many there was no room for.
    fn fill(&mut self, tokens: f64) -> f64 {
        let room = self.burst - self.tokens;
        self.tokens += tokens.min(room);
        (tokens - room).max(0.0)
    }

    /// Takes a token out, if there is one.
    fn take(&mut self) -> bool {
        let may = self.tokens >= 1.0;
        if may {
            self.tokens -= 1.0;
        }
        may
    }
}

/// What an isolate may read, and what it may take in from browsers.
#[derive(Debug)]
pub struct Samples {
    unknown: TokenBucket,
    known: TokenBucket,
    beacons: TokenBucket,
    /// When tokens were last put in, in milliseconds.
    at: u64,
}

impl Default for Samples {
    fn default() -> Self {
        Self {
            unknown: TokenBucket::new(UNKNOWN_BURST),
            known: TokenBucket::new(KNOWN_BURST),
            beacons: TokenBucket::new(BEACON_BURST),
            at: 0,
        }
    }
}

impl Samples {
    /// Whether to read a view of a page or a stylesheet, at `now` milliseconds. `share` is the share of views of known pages to
    /// read; `chance` is a random number from 0 to 1.
    pub fn reads(&mut self, known: bool, share: f64, chance: f64, now: u64) -> bool {
        if known && chance >= share {
            return false;
        }
        self.fill(now);
        if known { self.known.take() } else { self.unknown.take() }
    }

    /// Whether another beacon may be taken in.
    pub fn admits_beacon(&mut self, now: u64) -> bool {
        self.fill(now);
        self.beacons.take()
    }

    fn fill(&mut self, now: u64) {
        // An isolate's life in milliseconds fits the 52 bits of an f64.
        #[allow(clippy::cast_precision_loss)]
        let tokens = now.saturating_sub(self.at) as f64 / 1000.0 * PER_SECOND;
        self.at = if is_ahead(self.at, now) { now } else { self.at.max(now) };
        self.beacons.fill(tokens);
        let left = [&mut self.known, &mut self.unknown].map(|bucket| bucket.fill(tokens / 2.0));
        let [of_known, of_unknown] = left;
        self.unknown.fill(of_known);
        self.known.fill(of_unknown);
    }
}

/// The share of views of a page with preloads that are read: what is preloaded must not outlive what it names for long.
const PRELOADING_SHARE: f64 = 0.25;

/// Whether a view's browser is asked how it went, where the share of those that are is halved so often.
#[must_use]
pub fn asks_browser(halvings: u8, chance: f64) -> bool {
    chance < (-f64::from(halvings)).exp2()
}

/// The share of the views of a known page that are read, where `share` is that of most pages; 0 for all or none.
#[must_use]
pub fn page_share(share: f64, has_preloads: bool) -> f64 {
    if has_preloads && share > 0.0 { share.max(PRELOADING_SHARE) } else { share }
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
        assert!(asks_browser(0, 0.999) && asks_browser(3, 0.1249) && !asks_browser(3, 0.125));
        assert!(!asks_browser(255, 0.000_001));
        let shares = [(0.05, false), (0.05, true), (0.5, true), (0.0, true)];
        assert_eq!(
            shares.map(|(share, has_preloads)| page_share(share, has_preloads).to_bits()),
            [0.05_f64, 0.25, 0.5, 0.0].map(f64::to_bits)
        );
    }

    /// How many views are read of known and of unknown pages, where so many come at once and in each second thereafter.
    fn read(samples: &mut Samples, [known, unknown]: [u32; 2], seconds: u64) -> [u32; 2] {
        let mut read = [0, 0];
        for second in 0..=seconds {
            for _ in 0..unknown {
                read[1] += u32::from(samples.reads(false, 0.05, 0.99, second * 1000));
            }
            for _ in 0..known {
                read[0] += u32::from(samples.reads(true, 0.05, 0.0499, second * 1000));
            }
        }
        read
    }

    #[test]
    fn each_kind_has_a_ration_of_its_own_at_once() {
        assert_eq!(read(&mut Samples::default(), [1000, 0], 0), [10, 0]);
        assert_eq!(read(&mut Samples::default(), [0, 1000], 0), [0, 20]);
        assert_eq!(read(&mut Samples::default(), [1000, 1000], 0), [10, 20]);
    }

    #[test]
    fn a_flood_of_unknown_paths_leaves_known_pages_their_half() {
        assert_eq!(read(&mut Samples::default(), [1, 1000], 100), [60, 70], "half of a hundred each");
        assert_eq!(read(&mut Samples::default(), [1000, 1000], 100), [60, 70]);
        assert_eq!(read(&mut Samples::default(), [1000, 0], 100), [110, 0], "what one leaves is the other's");
        assert_eq!(read(&mut Samples::default(), [0, 1000], 100), [0, 120]);
    }

    #[test]
    fn known_pages_are_read_by_share() {
        let mut samples = Samples::default();
        assert!(!samples.reads(true, 0.05, 0.05, 0) && !samples.reads(true, 0.0, 0.0, 0));
        assert!(samples.reads(true, 0.05, 0.0499, 0) && samples.reads(false, 0.0, 0.99, 0));
    }

    #[test]
    fn a_pause_fills_no_more_than_there_is_room_for_and_a_clock_that_goes_back_nothing() {
        let mut samples = Samples::default();
        assert_eq!(read(&mut samples, [1000, 1000], 10), [15, 25]);
        assert!(samples.reads(false, 0.0, 0.0, 1_000_000) && samples.reads(true, 1.0, 0.0, 1_000_000));
        assert_eq!(read(&mut samples, [1000, 1000], 0), [9, 19]);
        assert_eq!(read(&mut samples, [1000, 1000], 10), [5, 5], "but it goes on from there");
    }
}
