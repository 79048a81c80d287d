//! Answers to speculations that were refused because of what they set, kept for the real request that follows.
//!
//! By the time an answer shows that it must not be given to a speculation, the origin has done what the URL does: it has put
//! something on a wish list, say. If the click asked again, that would happen twice. So the same visitor's click gets the
//! answer that is there, once, and the origin is not asked.
//!
//! An isolate keeps them in memory, for seconds. A click that comes to another isolate asks the origin again.

use crate::clock::has_passed;
use std::collections::HashMap;

/// How long an answer is kept, in milliseconds: a visitor who hovers over a link clicks it within seconds, or does not.
pub const LIFE_MS: u64 = 30_000;

/// The longest body that is kept, and the most bytes of all together.
pub const MAX_BODY_BYTES: usize = 128 * 1024;
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// The most answers, and the longest key in bytes.
const MAX_ANSWERS: usize = 200;
const MAX_KEY_BYTES: usize = 16 * 1024;

/// An answer of the origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAnswer {
    /// The status.
    pub status: u16,
    /// The header lines, `Set-Cookie` among them, in their order.
    pub lines: Vec<(String, String)>,
    /// The body, decoded.
    pub body: Vec<u8>,
}

impl KeptAnswer {
    /// Whether its head is still the origin's. The platform reads a field as UTF-8, so that of bytes which are none it gives others: of
    /// `Location: /stra\xDFe`, as an older application writes it, a page that does not exist.
    #[must_use]
    pub fn is_as_it_came(&self) -> bool {
        !self.lines.iter().any(|(_, value)| value.contains(char::REPLACEMENT_CHARACTER))
    }

    fn bytes(&self) -> usize {
        let lines = self.lines.iter().map(|(name, value)| name.len() + value.len());
        self.body.len().saturating_add(lines.sum())
    }
}

/// See the module's description. Each answer is kept under what tells its URL and its visitor.
#[derive(Debug, Default)]
pub struct KeptAnswers {
    all: HashMap<String, (KeptAnswer, u64)>,
    bytes: usize,
    /// For which visitors something was forgotten lately, and when.
    forgotten: Vec<(String, u64)>,
}

impl KeptAnswers {
    /// Keeps an answer at `now` to what was asked for at `since`, in milliseconds since the epoch. Answers whether it could: there
    /// was room, and nothing has made it untrue in the meantime.
    pub fn keep(&mut self, key: String, answer: KeptAnswer, since: u64, now: u64) -> bool {
        self.forget_old(now);
        self.remove(&key);
        if self.forgotten.iter().any(|(start, at)| *at >= since && key.starts_with(start)) {
            return false;
        }
        let bytes = answer.bytes().saturating_add(key.len());
        let has_room = self.all.len() < MAX_ANSWERS && self.bytes.saturating_add(bytes) <= MAX_BYTES;
        if !has_room || key.len() > MAX_KEY_BYTES || answer.body.len() > MAX_BODY_BYTES {
            return false;
        }
        self.bytes = self.bytes.saturating_add(bytes);
        self.all.insert(key, (answer, now));
        true
    }

    /// Whether nothing is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Gives an answer, which is then no longer kept.
    pub fn take(&mut self, key: &str, now: u64) -> Option<KeptAnswer> {
        self.forget_old(now);
        self.remove(key)
    }

    /// Forgets all answers whose keys begin so, and those that are still on their way.
    pub fn forget(&mut self, start: &str, now: u64) {
        self.forget_old(now);
        // Nothing is kept under a key that is longer.
        if start.len() > MAX_KEY_BYTES {
            return;
        }
        self.forgotten.retain(|(other, _)| other != start);
        if self.forgotten.len() >= MAX_ANSWERS {
            self.forgotten.remove(0);
        }
        self.forgotten.push((start.to_owned(), now));
        let meant: Vec<String> = self.all.keys().filter(|key| key.starts_with(start)).cloned().collect();
        for key in meant {
            self.remove(&key);
        }
    }

    fn remove(&mut self, key: &str) -> Option<KeptAnswer> {
        let (answer, _) = self.all.remove(key)?;
        self.bytes = self.bytes.saturating_sub(answer.bytes().saturating_add(key.len()));
        Some(answer)
    }

    fn forget_old(&mut self, now: u64) {
        let is_old = |since: u64| has_passed(LIFE_MS, since, now);
        let old: Vec<String> =
            self.all.iter().filter(|(_, (_, since))| is_old(*since)).map(|(key, _)| key.clone()).collect();
        for key in old {
            self.remove(&key);
        }
        // By a clock that was ahead it is untrue for longer.
        self.forgotten.retain(|(_, at)| now.saturating_sub(*at) < LIFE_MS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: usize) -> KeptAnswer {
        let lines = vec![("location".to_owned(), "/".to_owned())];
        KeptAnswer { status: 302, lines, body: vec![b'x'; body] }
    }

    #[test]
    fn an_answer_is_given_once_and_within_its_time() {
        let mut kept = KeptAnswers::default();
        assert!(kept.is_empty() && kept.take("a", 0).is_none());
        assert!(kept.keep("a".to_owned(), answer(3), 0, 0));
        assert_eq!(kept.take("b", 1), None);
        assert_eq!(kept.take("a", LIFE_MS - 1), Some(answer(3)));
        assert_eq!(kept.take("a", 1), None);
        kept.keep("a".to_owned(), answer(3), 0, 0);
        assert_eq!(kept.take("a", LIFE_MS), None);
        assert_eq!((kept.is_empty(), kept.bytes), (true, 0));
        kept.keep("a".to_owned(), answer(3), 3_600_000, 3_600_000);
        assert_eq!(kept.take("a", 0), None, "the clock by which it was kept was an hour ahead");
        for key in ["ada /a", "ada /b", "bob /a"] {
            kept.keep(key.to_owned(), answer(3), 0, 0);
        }
        kept.forget("ada ", 5);
        assert_eq!((kept.take("ada /a", 6), kept.take("ada /b", 6)), (None, None));
        assert_eq!(kept.take("bob /a", 6), Some(answer(3)));
        // What was asked for before is untrue by now, and what is asked for later is not.
        assert!(!kept.keep("ada /a".to_owned(), answer(3), 5, 7));
        assert!(kept.keep("ada /a".to_owned(), answer(3), 6, 7));
    }

    #[test]
    fn whoever_sends_fields_without_end_has_nothing_remembered() {
        let mut kept = KeptAnswers::default();
        for number in 0..MAX_ANSWERS {
            kept.forget(&format!("{number}{}", "x".repeat(MAX_KEY_BYTES)), 0);
        }
        assert!(kept.forgotten.is_empty());
    }

    #[test]
    fn the_newest_of_one_key_is_kept() {
        let mut kept = KeptAnswers::default();
        kept.keep("a".to_owned(), answer(3), 0, 0);
        kept.keep("a".to_owned(), answer(4), 1, 1);
        assert_eq!(kept.take("a", 2), Some(answer(4)));
        assert_eq!(kept.bytes, 0);
    }

    #[test]
    fn what_is_kept_is_bounded_and_what_is_old_makes_room() {
        let mut kept = KeptAnswers::default();
        assert!(!kept.keep("a".to_owned(), answer(MAX_BODY_BYTES + 1), 0, 0));
        assert!(!kept.keep("x".repeat(MAX_KEY_BYTES + 1), answer(0), 0, 0));
        for number in 0..1000 {
            kept.keep(number.to_string(), answer(MAX_BODY_BYTES), 0, 0);
        }
        assert!(kept.bytes <= MAX_BYTES && kept.all.len() > 20);
        assert!(!kept.keep("b".to_owned(), answer(MAX_BODY_BYTES), 1, 1));
        assert!(kept.keep("b".to_owned(), answer(MAX_BODY_BYTES), LIFE_MS, LIFE_MS));
        for number in 0..1000 {
            kept.keep(number.to_string(), answer(0), LIFE_MS, LIFE_MS);
        }
        assert!(kept.all.len() <= MAX_ANSWERS);
    }
}
