//! What an isolate counts of navigations and sends to the next-page learner, and the JSON in which it is sent.
//!
//! Everything is summed up and bounded: nothing in it tells where one visitor went, and no address is in it.

use super::visitor::Day;
use crate::ineligible::Ineligible;
use crate::learn::is_default;
use crate::learn::names::NameKey;
use crate::sorting::map::SortedMap;
use crate::speculation::{Guess, Pointer};
use crate::tally::Tally;
use serde::{Deserialize, Serialize};

/// The most links that are kept of one page.
pub const MAX_LINKS: usize = 40;

/// The most buckets of visitors that are sent of one page or transition: enough for any `MIN_VISITORS` within a few batches.
pub const MAX_BUCKETS: usize = 64;

/// The most bodies of one page that are told apart: languages, devices, experiments.
pub const MAX_BODIES: usize = 4;

/// What an isolate has seen of one site's navigations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NavigationBatch {
    /// The site, as in the snapshot's key.
    pub site: String,
    /// The day that the buckets of visitors are of.
    #[serde(default)]
    pub day: Day,
    /// The key by which the paths of few visitors are hidden.
    #[serde(default, skip_serializing_if = "NameKey::is_none")]
    pub names: NameKey,
    /// The pages, by path.
    #[serde(default)]
    pub pages: SortedMap<String, PageStats>,
    /// The transitions from one page to another.
    #[serde(default, rename = "legs")]
    pub transitions: Vec<Transition>,
    /// The pages of which links say that they do something.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suspects: Vec<SuspectStats>,
    /// The site's robots.txt, when it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub robots: Option<String>,
    /// What the baseline's eagerness depends on besides the pages' speculations.
    #[serde(default, skip_serializing_if = "OriginStats::is_none")]
    pub origin: OriginStats,
    /// What was counted for the report.
    #[serde(default, skip_serializing_if = "Tally::is_empty")]
    pub tally: Tally,
}

impl NavigationBatch {
    /// How many records a learner changes for it, at most.
    #[must_use]
    pub fn records(&self) -> usize {
        self.pages.len() + self.transitions.len() + self.suspects.len()
    }
}

/// How the origin has answered, and to whom, as far as the baseline's eagerness depends on that.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OriginStats {
    /// What visitors asked for: clicks, and what the conservative rule asks for when a link is pressed.
    #[serde(default)]
    pub asked: Answers,
    /// What the moderate rule asked for.
    #[serde(default)]
    pub guessed: Answers,
    /// The speculations of either rule, and how many of them were refused or had something deferred.
    #[serde(default)]
    pub guesses: u32,
    /// See [`guesses`](Self::guesses).
    #[serde(default)]
    pub withheld: u32,
    /// The buckets of the visitors who have made them, by what they point with.
    #[serde(default)]
    pub visitors: [Vec<u8>; Pointer::ALL.len()],
    /// The forms that were sent.
    #[serde(default, skip_serializing_if = "FormStats::is_none")]
    pub forms: FormStats,
    /// What visitors with a session have pressed, on whichever pages, by what they point with.
    #[serde(default, skip_serializing_if = "is_default")]
    pub in_sessions: PressedCounts,
}

/// The forms that visitors have sent, and how many of them seemed to be refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormStats {
    /// By what tells those apart that do different things.
    #[serde(default)]
    pub kinds: SortedMap<u16, FormCounts>,
    /// The buckets of the visitors of whom one was refused after whose page another one was fetched ahead.
    #[serde(default)]
    pub refused_to: Vec<u8>,
}

/// The most kinds of forms that are told apart.
pub const MAX_FORMS: usize = 24;

/// Forms of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormCounts {
    /// Those of the page that their visitors were given last.
    pub alone: FormCount,
    /// Those after whose page another one was fetched ahead.
    pub after_guess: FormCount,
}

/// How many forms were sent, and how many of them seemed to be refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormCount(pub u32, pub u32);

impl FormStats {
    /// Whether there were none.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

impl OriginStats {
    /// Whether nothing was seen.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// How quickly the origin answered, and how often it failed to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answers {
    /// How many answers took how long: see [`slot_of`].
    #[serde(default)]
    pub times: [u32; TIME_SLOTS],
    /// How many answers there were, those that never came included.
    #[serde(default)]
    pub all: u32,
    /// How many of them were errors.
    #[serde(default)]
    pub errors: u32,
}

/// How many times are told apart.
pub const TIME_SLOTS: usize = 12;

/// The slot of a time in milliseconds: up to 16, and then one for each doubling.
#[must_use]
pub fn slot_of(milliseconds: u32) -> usize {
    // A few.
    let doublings = (milliseconds / 16).checked_ilog2().map_or(0, |doublings| doublings as usize + 1);
    doublings.min(TIME_SLOTS - 1)
}

/// Speculations that were made from a page, and how many of them were used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuessCount(pub u32, pub u32);

impl GuessCount {
    /// Counts one more that was made, or one that was used.
    pub fn add(&mut self, is_used: bool) {
        let number = if is_used { &mut self.1 } else { &mut self.0 };
        *number = number.saturating_add(1);
    }
}

/// What became of a page's speculations by the baseline, by their kinds ([`Guess`]).
pub type GuessCounts = [GuessCount; Guess::COUNT];

/// What became of speculations by the conservative baseline of which no page is named, by what visitors point with.
pub type PressedCounts = [GuessCount; Pointer::ALL.len()];

fn are_none(counts: &GuessCounts) -> bool {
    counts.iter().all(|count| *count == GuessCount::default())
}

/// What was seen of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageStats {
    /// How often it was shown to a visitor.
    #[serde(default, skip_serializing_if = "is_default")]
    pub views: u32,
    /// The buckets of visitors who were given it without a session, and free for anybody to keep.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub visitors: Vec<u8>,
    /// All that makes it ineligible for speculations.
    #[serde(default, rename = "concerns", skip_serializing_if = "Vec::is_empty")]
    pub ineligible: Vec<Concern>,
    /// What tells apart the pages to which it led back ([`hash16`](crate::hash::hash16)).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub led_back: Vec<u16>,
    /// The buckets of visitors with a session who were given it, and of whom nothing has changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub harmless: Vec<u8>,
    /// The buckets of visitors to whom it did what no guess may: it set a cookie that could not be deferred, say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undeferrable: Vec<u8>,
    /// The buckets of visitors for whom it was prerendered, or could have been.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rendered: Vec<u8>,
    /// Its outline, when it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outline: Option<Outline>,
    /// What visitors without a session were given, where it says that it is for one of them alone: each body once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shared: Vec<Shared>,
    /// Whether its answer was the same with inert parameters as without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub varies: Option<bool>,
    /// What became of speculations that were made from it by the baseline, where that regulates itself.
    #[serde(default, skip_serializing_if = "are_none")]
    pub guesses: GuessCounts,
}

/// Something that makes a page ineligible for speculations, and who has met it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Concern {
    /// What it is.
    pub why: Ineligible,
    /// The buckets of the visitors who have met it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<u8>,
}

#[cfg(test)]
impl Concern {
    /// What so many visitors have met.
    #[must_use]
    pub fn met(why: Ineligible, visitors: u8) -> Self {
        Self { why, by: (0..visitors).collect() }
    }
}

/// What was seen of a page of which links say that it does something.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuspectStats {
    /// Its path, and the names of its parameters.
    pub page: String,
    /// The name of the rule: what its links say. Empty where none was seen this time.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub rule: String,
    /// The buckets of visitors who were shown such a link.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shown: Vec<u8>,
    /// The buckets of visitors who were given the page, without a session and with one, and nothing has happened.
    #[serde(default)]
    pub plain: [Vec<u8>; 2],
    /// Whether something has happened to one. What is counted of others came later.
    #[serde(default, rename = "acted", skip_serializing_if = "std::ops::Not::not")]
    pub has_acted: bool,
}

/// A page that says it is for one visitor alone, and the visitors who were given the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shared {
    /// What tells it from other answers ([`StableHash`](crate::learn::stable_hash::StableHash)).
    pub body: u32,
    /// Their buckets.
    #[serde(default)]
    pub visitors: Vec<u8>,
}

/// What the HTML of a page says of next pages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outline {
    /// Its links to other pages of the origin, each path once, where it is most prominent.
    #[serde(default)]
    pub links: Vec<Link>,
    /// Whether a `<meta name=robots>` says `noindex`.
    #[serde(default)]
    pub noindex: bool,
    /// Whether it brings document rules of its own, so that ours would only get in their way.
    #[serde(default)]
    pub has_rules: bool,
    /// The paths that its own rules speculate on already.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ruled: Vec<String>,
}

/// A link to another page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The path.
    pub path: String,
    /// Where it stands.
    pub place: Place,
}

/// Where a link stands on a page, the most prominent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// It says that it is the next page: `rel=next`.
    Next,
    /// It says that it is the page before: `rel=prev`.
    Prev,
    /// Among the first links of the content.
    Top,
    /// In the content.
    Main,
    /// In a navigation, a header or an aside.
    Chrome,
    /// In the footer.
    Footer,
}

impl Place {
    /// How many places there are.
    pub const COUNT: usize = 6;
}

/// A way from one page to another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transition {
    /// The page on which it begins.
    pub from: String,
    /// The page to which it leads.
    pub to: String,
    /// How often it was taken: clicks, and speculations that were used.
    #[serde(default, skip_serializing_if = "is_default")]
    pub taken: u32,
    /// How many of these count for whether the site has changed: one visitor has one say in that on a day.
    #[serde(default, skip_serializing_if = "is_default")]
    pub votes: u32,
    /// Whose these are, as buckets of the site's visitors. Since each has one, this tells of nobody where else they went.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub voters: Vec<u8>,
    /// How many speculations on it arrived.
    #[serde(default, skip_serializing_if = "is_default")]
    pub speculated: u32,
    /// How many of them were used.
    #[serde(default, skip_serializing_if = "is_default")]
    pub used: u32,
    /// How many of them the origin answered with an error, or slowly.
    #[serde(default, skip_serializing_if = "is_default")]
    pub strained: u32,
    /// The buckets of the visitors who took it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub visitors: Vec<u8>,
    /// Who took it by links that spell the page otherwise than it does itself, and that are redirected.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spelled: Vec<Spelled>,
}

/// A spelling of a page in links.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spelled {
    /// Which of its [other spellings](crate::urls::spelling::others) it is.
    pub at: u8,
    /// The buckets of the visitors who took such a link.
    pub visitors: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_doubling_of_a_time_has_a_slot() {
        let slots = [0, 15, 16, 31, 32, 63, 64, 999, 1000, 1024, 16_383, 16_384, u32::MAX].map(slot_of);
        assert_eq!(slots, [0, 0, 1, 1, 2, 2, 3, 6, 6, 7, 10, 11, 11]);
    }

    #[test]
    fn what_was_not_seen_takes_no_place_in_a_batch() {
        let pages = [("/a".to_owned(), PageStats { views: 1, ..PageStats::default() })].into();
        let batch = NavigationBatch { site: "a".to_owned(), pages, ..NavigationBatch::default() };
        let json = serde_json::to_string(&batch).unwrap();
        assert_eq!(json, r#"{"site":"a","day":0,"pages":{"/a":{"views":1}},"legs":[]}"#);
        assert_eq!(serde_json::from_str::<NavigationBatch>(&json).unwrap(), batch);
    }

    #[test]
    fn what_is_pressed_in_sessions_is_sent_where_there_is_any_and_missing_in_what_others_send() {
        let in_sessions = [GuessCount(3, 1), GuessCount::default()];
        let origin = OriginStats { in_sessions, ..OriginStats::default() };
        let json = serde_json::to_string(&origin).unwrap();
        assert!(json.ends_with(r#","in_sessions":[[3,1],[0,0]]}"#), "{json}");
        assert_eq!(serde_json::from_str::<OriginStats>(&json).unwrap(), origin);
        let before = json.replace(r#","in_sessions":[[3,1],[0,0]]"#, "");
        assert_eq!(serde_json::to_string(&OriginStats::default()).unwrap(), before);
        assert_eq!(serde_json::from_str::<OriginStats>(&before).unwrap(), OriginStats::default());
    }
}
