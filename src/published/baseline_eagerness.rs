//! How eager the baseline is on a site where that regulates itself (`EAGERNESS=auto`), as the next-page learner publishes it:
//! for whom, on which pages, and the figures that decided.
//!
//! It is the member `baseline` of the next-page snapshot:
//!
//! ```text
//! {"tracks":[{"step":1,"why":"trial","pressed":[40,36],"moderate":[12,9],"visitors":31},{"step":0,"why":"too-few-guesses"}],
//!  "seed":7,"held":[{"name":"/list/*","mask":1,"until":1801209600,"guesses":[41,5]}],
//!  "origin":{"asked":120,"guessed":131,"usual":118,"errors":[0,41],"withheld":[2,60],
//!  "forms":[[40,1],[12,10]]}}
//! ```
//!
//! There is a track for each pointer, mouse first. A step is 0 (conservative), 1 (trial) or 2 (moderate); a mask is 1
//! (mouse), 2 (touch) or 3; of speculations there is how many were made, and how many of them were used. Times are seconds
//! since the epoch. Where even what is pressed comes to nothing there is `"rest":{"until":1801209600,"guesses":[61,0]}`.
//!
//! Which rules file a page names follows from its path and this alone.

use crate::hash::{fnv1a, fnv1a_on};
use crate::speculation::Pointer;
use crate::urls::route_templates;
use serde::{Deserialize, Serialize};

/// The most pages and routes that are held.
pub const MAX_HELD: usize = 100;

/// One page in so many is moderate while that is on trial.
const TRIAL_SHARE: u64 = 3;

/// How far the baseline's eagerness has risen for a pointer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "u8", into = "u8")]
pub enum Step {
    /// Conservative on every page.
    #[default]
    Conservative,
    /// Moderate on a share of the pages.
    Trial,
    /// Moderate on every page.
    Moderate,
}

impl From<u8> for Step {
    fn from(number: u8) -> Self {
        match number {
            0 => Self::Conservative,
            1 => Self::Trial,
            _ => Self::Moderate,
        }
    }
}

impl From<Step> for u8 {
    fn from(step: Step) -> Self {
        match step {
            Step::Conservative => 0,
            Step::Trial => 1,
            Step::Moderate => 2,
        }
    }
}

/// Speculations that were made, and how many of them were used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guesses(pub u32, pub u32);

impl Guesses {
    #[allow(clippy::trivially_copy_pass_by_ref)] // serde asks for it
    fn are_none(&self) -> bool {
        *self == Self::default()
    }
}

/// What is done for one pointer, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Track {
    /// How far it has risen.
    pub step: Step,
    /// What decided last: a word of [`Reason`].
    #[serde(default)]
    pub why: String,
    /// Until when it does not rise, in seconds since the epoch; 0 where nothing keeps it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub until: u64,
    /// Speculations under the conservative rule.
    #[serde(default, skip_serializing_if = "Guesses::are_none")]
    pub pressed: Guesses,
    /// Speculations under the moderate rule.
    #[serde(default, skip_serializing_if = "Guesses::are_none")]
    pub moderate: Guesses,
    /// From how many visitors these came on one day, at least.
    #[serde(default)]
    pub visitors: u32,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde asks for it
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// What decides about a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Too few speculations, visitors or answers of the origin to tell anything.
    #[default]
    TooFewGuesses,
    /// What robots.txt says is not known yet.
    NoRobots,
    /// It fell a while ago, and waits.
    Waits,
    /// It is tried on a share of the pages, where too little has happened yet.
    Trial,
    /// Enough of the speculations are used.
    WithinBudget,
    /// Too few of them are, under the moderate rule or, where that is not even tried, under the conservative one.
    Wasteful,
    /// The origin answers guesses more slowly than visits, or everything more slowly than it used to.
    SlowOrigin,
    /// The origin answers with errors.
    FailingOrigin,
    /// Too many speculations are refused, or something of them is deferred.
    Withheld,
    /// Forms are refused more often after whose page another one was fetched ahead.
    RefusedForms,
    /// Hardly a page is shown whose link was pressed, so the baseline rests.
    Unused,
}

impl Reason {
    /// All of them, with their words and what those mean.
    pub const ALL: [(Self, &'static str, &'static str); 11] = [
        (
            Self::TooFewGuesses,
            "too-few-guesses",
            "too few speculations, visitors or answers of the origin are known",
        ),
        (Self::NoRobots, "no-robots", "robots.txt was not read yet"),
        (Self::Waits, "waits", "it fell a while ago, and waits"),
        (Self::Trial, "trial", "on trial on a third of the pages"),
        (Self::WithinBudget, "within-budget", "the waste is within the budget"),
        (Self::Wasteful, "wasteful", "too much was wasted"),
        (Self::SlowOrigin, "slow-origin", "the origin answers guesses, or everything, more slowly"),
        (Self::FailingOrigin, "failing-origin", "the origin answers with errors"),
        (Self::Withheld, "withheld", "too much is refused or deferred"),
        (
            Self::RefusedForms,
            "refused-forms",
            "forms are refused more often after whose page another one was fetched ahead: each page may make a new token",
        ),
        (
            Self::Unused,
            "unused",
            "hardly a page is shown that was fetched as its link was pressed: a script may take the clicks",
        ),
    ];

    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(reason, ..)| *reason == self).map_or("", |(_, word, _)| word)
    }

    /// What a word means; the word itself, where a later version has written it.
    #[must_use]
    pub fn meaning(word: &str) -> &str {
        Self::ALL.iter().find(|(_, known, _)| *known == word).map_or(word, |(.., meaning)| meaning)
    }
}

/// A page or a route that stays conservative, for the pointers of a mask.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The page's path, or the route's template.
    pub name: String,
    /// For which pointers: 1 mouse, 2 touch.
    pub mask: u8,
    /// Until when, in seconds since the epoch.
    #[serde(default)]
    pub until: u64,
    /// The speculations that decided.
    #[serde(default)]
    pub guesses: Guesses,
}

/// A time in which the baseline names nothing at all, since hardly a page was shown whose link had been pressed: on a site
/// whose script takes the clicks and fetches what it shows by itself, each of these is fetched in vain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rest {
    /// Until when, in seconds since the epoch.
    #[serde(default)]
    pub until: u64,
    /// The speculations that decided.
    #[serde(default)]
    pub guesses: Guesses,
}

/// How the origin answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OriginFigures {
    /// The median time of what visitors asked for lately, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<u32>,
    /// The same of what was asked for under the moderate rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guessed: Option<u32>,
    /// What is usual.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usual: Option<u32>,
    /// How many of the latest answers were errors, and of how many.
    #[serde(default)]
    pub errors: (u32, u32),
    /// How many of the latest speculations were refused, or had something deferred, and of how many.
    #[serde(default)]
    pub withheld: (u32, u32),
    /// How many forms were sent, and how many of them seemed to be refused: of the page that was given last, and of one after
    /// which another one was fetched ahead.
    #[serde(default, skip_serializing_if = "are_none")]
    pub forms: [(u32, u32); 2],
}

fn are_none(forms: &[(u32, u32); 2]) -> bool {
    *forms == [(0, 0); 2]
}

/// See the module's description.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BaselineEagerness {
    /// What is done for each pointer, in the order of [`Pointer::ALL`].
    #[serde(default)]
    pub tracks: [Track; Pointer::ALL.len()],
    /// What chooses the pages of a trial.
    #[serde(default)]
    pub seed: u8,
    /// What stays conservative.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<Held>,
    /// Whether the baseline rests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest: Option<Rest>,
    /// How the origin answers.
    #[serde(default)]
    pub origin: OriginFigures,
}

impl BaselineEagerness {
    /// How far it has risen for a pointer.
    #[must_use]
    pub fn step(&self, pointer: Pointer) -> Step {
        self.tracks.get(pointer.index()).map(|track| track.step).unwrap_or_default()
    }

    /// Whether any page is moderate for anybody.
    #[must_use]
    pub fn is_raised(&self) -> bool {
        self.tracks.iter().any(|track| track.step > Step::Conservative)
    }

    /// Whether the baseline says what it does where it does not regulate itself.
    #[must_use]
    pub fn is_as_configured(&self) -> bool {
        self.rest.is_none() && !self.is_raised()
    }

    /// For which pointers the page at a path is moderate, in the order of [`Pointer::ALL`].
    #[must_use]
    pub fn moderate_at(&self, path: &str) -> [bool; Pointer::ALL.len()] {
        if !self.is_raised() {
            return [false; Pointer::ALL.len()];
        }
        let names =
            |held: &str| held == path || (held.contains('*') && route_templates::names(held, path).is_some());
        let held = self.held.iter().filter(|held| names(&held.name)).fold(0, |mask, held| mask | held.mask);
        let is_tried = is_tried(self.seed, path);
        Pointer::ALL.map(|pointer| {
            let is_held = held >> pointer.index() & 1 == 1;
            !is_held
                && match self.step(pointer) {
                    Step::Conservative => false,
                    Step::Trial => is_tried,
                    Step::Moderate => true,
                }
        })
    }

    /// The same without the figures, which change all the time and change nothing for a browser.
    #[must_use]
    pub fn rules(&self) -> Self {
        let tracks = self.tracks.each_ref().map(|track| Track { step: track.step, ..Track::default() });
        let held =
            self.held.iter().map(|held| Held { until: 0, guesses: Guesses::default(), ..held.clone() });
        let rest = self.rest.map(|_| Rest::default());
        Self { tracks, seed: self.seed, held: held.collect(), rest, origin: OriginFigures::default() }
    }

    /// Whether nothing is known, as where the baseline does not regulate itself.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        *self == Self::default()
    }

    /// What was read, as far as it is in range.
    #[must_use]
    pub(super) fn bounded(mut self) -> Self {
        self.held.truncate(MAX_HELD);
        self
    }

    /// How many bytes it takes at the most when it is published.
    pub(super) fn most_bytes(&self) -> usize {
        1000 + self.held.iter().map(|held| 6 * held.name.len() + 120).sum::<usize>()
    }
}

/// Whether the page at a path is moderate in a trial with this seed.
#[must_use]
pub fn is_tried(seed: u8, path: &str) -> bool {
    // The upper bits: the lowest ones of this hash follow from those of the characters alone.
    (fnv1a_on(fnv1a(&[seed]), path.as_bytes()) >> 32).is_multiple_of(TRIAL_SHARE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(steps: [Step; 2], held: &[(&str, u8)]) -> BaselineEagerness {
        BaselineEagerness {
            tracks: steps.map(|step| Track { step, ..Track::default() }),
            held: held
                .iter()
                .map(|(name, mask)| Held {
                    name: (*name).to_owned(),
                    mask: *mask,
                    until: 9,
                    guesses: Guesses(41, 5),
                })
                .collect(),
            ..BaselineEagerness::default()
        }
    }

    #[test]
    fn a_trial_is_on_a_third_of_the_pages_and_what_is_held_is_on_none() {
        let pages: Vec<String> = (0..3000).map(|number| format!("/p/{number}")).collect();
        for seed in [0, 1, 77] {
            let trial = BaselineEagerness { seed, ..at([Step::Trial, Step::Conservative], &[]) };
            let tried = pages.iter().filter(|page| trial.moderate_at(page) == [true, false]).count();
            assert!((900..1100).contains(&tried), "{seed}: {tried}");
        }
        let site = at([Step::Moderate, Step::Moderate], &[("/list/*", 1), ("/hub", 3), ("/x", 2)]);
        for (path, moderate) in [
            ("/", [true, true]),
            ("/list/7", [false, true]),
            ("/list/7/8", [true, true]),
            ("/list", [true, true]),
            ("/hub", [false, false]),
            ("/x", [true, false]),
        ] {
            assert_eq!(site.moderate_at(path), moderate, "{path}");
        }
        let nothing = at([Step::Conservative; 2], &[("/x", 1)]);
        assert_eq!((nothing.moderate_at("/"), nothing.is_raised()), ([false, false], false));
        let resting = BaselineEagerness { rest: Some(Rest::default()), ..nothing.clone() };
        assert_eq!(
            [&site, &nothing, &resting].map(BaselineEagerness::is_as_configured),
            [false, true, false]
        );
    }

    #[test]
    fn the_published_form_is_short_and_reads_back() {
        let mut choice = at([Step::Trial, Step::Conservative], &[("/list/*", 1)]);
        choice.tracks[0].why = Reason::Trial.as_str().to_owned();
        choice.origin = OriginFigures { asked: Some(120), errors: (0, 41), ..OriginFigures::default() };
        let value = serde_json::to_string(&choice).unwrap();
        assert_eq!(
            value,
            r#"{"tracks":[{"step":1,"why":"trial","visitors":0},{"step":0,"why":"","visitors":0}],"seed":0,"held":[{"name":"/list/*","mask":1,"until":9,"guesses":[41,5]}],"origin":{"asked":120,"errors":[0,41],"withheld":[0,0]}}"#
        );
        assert_eq!(serde_json::from_str::<BaselineEagerness>(&value).unwrap(), choice);
        assert!(value.len() < choice.most_bytes());
        let mut figures = choice.clone();
        (figures.tracks[0].until, figures.tracks[0].moderate) = (7, Guesses(9, 1));
        (figures.held[0].until, figures.held[0].guesses) = (10, Guesses(99, 5));
        assert_eq!(figures.rules(), choice.rules());
        assert_ne!(at([Step::Moderate, Step::Conservative], &[("/list/*", 1)]).rules(), choice.rules());
        let resting = |until| BaselineEagerness {
            rest: Some(Rest { until, guesses: Guesses(61, 0) }),
            ..BaselineEagerness::default()
        };
        let value = serde_json::to_string(&resting(9)).unwrap();
        assert!(value.contains(r#""rest":{"until":9,"guesses":[61,0]}"#), "{value}");
        assert_eq!(serde_json::from_str::<BaselineEagerness>(&value).unwrap(), resting(9));
        assert_eq!(resting(9).rules(), resting(10).rules());
        assert_ne!(resting(9).rules(), BaselineEagerness::default().rules());
        // A step of a later version.
        let later = serde_json::from_str::<BaselineEagerness>(r#"{"tracks":[{"step":9},{"step":0}]}"#);
        assert_eq!(later.unwrap().step(Pointer::Mouse), Step::Moderate);
    }

    #[test]
    fn each_reason_has_a_word_that_says_what_it_means() {
        for (reason, word, meaning) in Reason::ALL {
            assert_eq!((reason.as_str(), Reason::meaning(word)), (word, meaning));
            assert_eq!(serde_json::to_string(&reason).unwrap(), format!("\"{word}\""));
        }
        assert_eq!(Reason::meaning("later"), "later");
    }
}
