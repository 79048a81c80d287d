//! Source tokens: the page on which a speculation was made, sealed, as the page that was speculated on names it.
//!
//! A prefetched page names its rules file with such a token, and its browser asks for that file on activation. So a click that
//! was answered by a prefetch is counted, without a script and without a cookie. But the URL is part of the answer, and an answer
//! may be seen by others than its visitor: by scripts of the page, by caches, by whoever is sent a copy. What is sealed tells
//! them nothing, not even how long the path was.
//!
//! A token is good for one site, one page, once in an isolate, for as long as a browser keeps what it has fetched ahead, and by
//! the key of the day. So a page that a browser shows from its own cache later counts as no click.
//!
//! Of a visitor with a session it is nobody's business which pages they were on. Their token names none: it says no more than that
//! the baseline asked as a link was pressed, and with what.
//!
//! ```text
//! token = base64url(sealed(by (1 byte) ‖ until (8 bytes) ‖ path ‖ zeros, so that the length is a multiple of 64))
//! ```

use super::seal::{NONCE_BYTES, Seal, nonce_of};
use crate::speculation::{Guess, Pointer};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::collections::HashMap;

/// How long a token is good for, in milliseconds: the five minutes that a browser keeps a page, and one for its activation.
pub const LIFE_MS: u64 = 6 * 60 * 1000;

/// What is sealed has a multiple of this length, in bytes.
const BLOCK_BYTES: usize = 64;

/// The longest token that is looked at, in bytes. The longest path that is learned of needs less.
const MAX_BYTES: usize = 1024;

/// The most tokens of which an isolate remembers that they were used.
const MAX_USED: usize = 4000;

/// By which rules a page was speculated on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskedBy {
    /// By any: the baseline, the page's own rules.
    AnyRule,
    /// By a learned rule of ours alone.
    LearnedRule,
    /// By the baseline alone, where that counts for its eagerness.
    Baseline(Guess),
    /// By the conservative baseline alone, as a visitor with a session pressed a link. No page is named.
    PressedInSession(Pointer),
}

impl AskedBy {
    fn byte(self) -> u8 {
        match self {
            Self::AnyRule => 0,
            Self::LearnedRule => 1,
            // There are four kinds.
            Self::Baseline(guess) => u8::try_from(guess.index()).unwrap_or_default().saturating_add(2),
            Self::PressedInSession(Pointer::Mouse) => 6,
            Self::PressedInSession(Pointer::Touch) => 7,
        }
    }

    fn of(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::AnyRule),
            1 => Some(Self::LearnedRule),
            6 => Some(Self::PressedInSession(Pointer::Mouse)),
            7 => Some(Self::PressedInSession(Pointer::Touch)),
            _ => Guess::at(usize::from(byte).checked_sub(2)?).map(Self::Baseline),
        }
    }

    /// Whether the token names the page on which the speculation was made.
    fn names_page(self) -> bool {
        !matches!(self, Self::PressedInSession(_))
    }
}

/// The key of a day, which the isolates share.
#[derive(Clone, Debug)]
pub struct SourceKey(Seal);

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// By which rules the speculation was made.
    pub by: AskedBy,
    /// The path of the page on which it was made; empty where none is named.
    pub from: String,
    /// What the token is known by.
    id: u64,
    /// Until when it is good, in milliseconds since the epoch.
    until: u64,
}

impl SourceKey {
    /// The key that follows from 128 secret bits.
    #[must_use]
    pub fn new(secret: u128) -> Option<Self> {
        Seal::of_bytes(&secret.to_le_bytes()).map(Self)
    }

    /// The token of the page `at` (site and path) that was speculated on from the page at the path `from`, with a random nonce.
    /// Where `by` says that no page is named, `from` does not get into it.
    #[must_use]
    pub fn seal(
        &self,
        by: AskedBy,
        from: &str,
        at: (&str, &str),
        now: u64,
        nonce: [u8; NONCE_BYTES],
    ) -> Option<String> {
        let mut said = vec![by.byte()];
        said.extend(now.saturating_add(LIFE_MS).to_le_bytes());
        if by.names_page() {
            said.extend(from.as_bytes());
        }
        said.resize(said.len().next_multiple_of(BLOCK_BYTES), 0);
        let token = URL_SAFE_NO_PAD.encode(self.0.seal(&said, &purpose(at), nonce)?);
        (token.len() <= MAX_BYTES).then_some(token)
    }

    /// Opens a token that the page `at` (site and path) brings back at `now`. `None` for everything that is not a token of this
    /// very page and time.
    #[must_use]
    pub fn open(&self, token: &str, at: (&str, &str), now: u64) -> Option<Opened> {
        if token.len() > MAX_BYTES {
            return None;
        }
        let sealed = URL_SAFE_NO_PAD.decode(token).ok()?;
        let id = nonce_of(&sealed)?.first_chunk().copied().map(u64::from_le_bytes)?;
        let said = self.0.open(&sealed, &purpose(at))?;
        let (by, rest) = said.split_first()?;
        let (until, path) = rest.split_first_chunk()?;
        let until = u64::from_le_bytes(*until);
        let by = AskedBy::of(*by)?;
        let from = std::str::from_utf8(path).ok()?.trim_end_matches('\0').to_owned();
        // A clock may run a little behind the one by which it was made.
        (now < until && until <= now.saturating_add(2 * LIFE_MS)).then_some(Opened { by, from, id, until })
    }
}

/// What is sealed for one page opens for no other.
fn purpose((site, path): (&str, &str)) -> String {
    format!("source\n{site}\n{path}")
}

/// The tokens that were brought back to an isolate, as long as they would be good.
#[derive(Clone, Debug, Default)]
pub struct UsedTokens(HashMap<u64, u64>);

impl UsedTokens {
    /// Notes that a token was brought back at `now`. Answers whether it counts: it was not before. Where too many were, none counts
    /// until some are no longer good.
    pub fn take(&mut self, opened: &Opened, now: u64) -> bool {
        if self.0.len() >= MAX_USED {
            self.0.retain(|_, until| now < *until);
        }
        self.0.len() < MAX_USED && self.0.insert(opened.id, opened.until).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: u64 = 1_800_000_000_000;
    const AT: (&str, &str) = ("shop.example", "/b");

    fn key() -> SourceKey {
        SourceKey::new(7).unwrap()
    }

    fn token(from: &str) -> String {
        key().seal(AskedBy::LearnedRule, from, AT, NOW, [9; NONCE_BYTES]).unwrap()
    }

    #[test]
    fn a_token_opens_for_its_page_its_day_and_as_long_as_a_browser_keeps_the_page() {
        let token = token("/a");
        let opened = key().open(&token, AT, NOW).unwrap();
        assert_eq!((opened.by, opened.from.as_str()), (AskedBy::LearnedRule, "/a"));
        assert!(key().open(&token, AT, NOW + LIFE_MS - 1).is_some());
        assert_eq!(key().open(&token, AT, NOW + LIFE_MS), None);
        assert_eq!(key().open(&token, ("shop.example", "/c"), NOW), None);
        assert_eq!(key().open(&token, ("other.example", "/b"), NOW), None);
        assert_eq!(SourceKey::new(8).unwrap().open(&token, AT, NOW), None, "another day's key");
        assert_eq!(key().open(&token, AT, NOW - 2 * LIFE_MS), None, "it is not of that time");
    }

    #[test]
    fn a_token_says_by_which_rule() {
        let baseline = (0..Guess::COUNT).filter_map(Guess::at).map(AskedBy::Baseline);
        let pressed = Pointer::ALL.map(AskedBy::PressedInSession);
        let all = [AskedBy::AnyRule, AskedBy::LearnedRule].into_iter().chain(baseline).chain(pressed);
        for (byte, by) in (0..).zip(all) {
            assert_eq!(by.byte(), byte, "what other versions have sealed is read");
            let token = key().seal(by, "/a", AT, NOW, [9; NONCE_BYTES]).unwrap();
            assert_eq!(key().open(&token, AT, NOW).unwrap().by, by);
        }
        assert_eq!(AskedBy::of(8), None, "a later version's");
    }

    #[test]
    fn of_a_visitor_with_a_session_a_token_names_no_page() {
        for pointer in Pointer::ALL {
            let by = AskedBy::PressedInSession(pointer);
            let seal = |from| key().seal(by, from, AT, NOW, [9; NONCE_BYTES]).unwrap();
            let opened = key().open(&seal("/account/orders"), AT, NOW).unwrap();
            assert_eq!((opened.by, opened.from.as_str()), (by, ""));
            assert_eq!(seal("/account/orders"), seal(""), "the path is not in it");
            assert_eq!(seal("").len(), token("/").len());
            assert_eq!(key().open(&seal(""), ("shop.example", "/c"), NOW), None, "another page's");
        }
    }

    #[test]
    fn what_is_no_token_opens_nothing() {
        let token = token("/a");
        for length in 0..token.len() {
            assert_eq!(key().open(&token[..length], AT, NOW), None, "{length}");
        }
        for other in ["", "/a", "%2Fa", &"A".repeat(MAX_BYTES), &"A".repeat(MAX_BYTES + 1)] {
            assert_eq!(key().open(other, AT, NOW), None, "{other}");
        }
    }

    #[test]
    fn a_token_counts_once_and_no_number_of_them_is_remembered_without_end() {
        let mut used = UsedTokens::default();
        let opened = key().open(&token("/a"), AT, NOW).unwrap();
        assert_eq!([used.take(&opened, NOW), used.take(&opened, NOW)], [true, false]);
        for id in 0..2 * MAX_USED as u64 {
            used.take(&Opened { id, ..opened.clone() }, NOW);
        }
        assert_eq!(used.0.len(), MAX_USED);
        let later = Opened { id: 1 << 40, until: opened.until + LIFE_MS, ..opened };
        assert!(!used.take(&later, NOW), "there is no room");
        assert!(used.take(&later, NOW + LIFE_MS), "the others are no longer good");
        assert_eq!(used.0.len(), 1);
    }

    proptest! {
        #[test]
        fn nothing_shows_of_a_path_and_all_of_it_comes_back(from in "/[ -~]{0,400}", other in "/[a-z]{0,40}") {
            let sealed = token(&from);
            prop_assert_eq!(key().open(&sealed, AT, NOW).unwrap().from, from);
            prop_assert!(sealed.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
            // Any two short paths make tokens of one length.
            prop_assert_eq!(token(&other).len(), token("/").len());
        }
    }
}
