//! What is switched on, to shadow, or off, without a deploy: the record of switches, and what it says of a page.
//!
//! ```text
//! {"version": 1,
//!  "mode": "shadow",                                      for every site of the Worker
//!  "rules": "off",                                        one feature
//!  "paths": {"/checkout/*": "off", "/blog/*": {"hints": "off"}},
//!  "sites": {"blog.example": {"mode": "on"}}}             the same for one site, which counts more
//! ```
//!
//! A page's [`State`] follows from the record, its URL and `MODE` alone ([`Switches::state_of`]):
//!
//! - The mode is that of the longest pattern that means the path; else that of the site; else that of all sites; else `MODE`.
//! - Off altogether is off: where a site is off, no pattern switches anything on. (JavaScript decides that before it enters wasm:
//!   `switches.js`.)
//! - A feature is never more on than its page. What is said of it is looked for in the same order.
//!
//! [`record`] reads and writes it, [`change`] changes it. [`holdout`] says which pages are given nothing on a day, so that others
//! can be compared with them.

use crate::sorting::map::SortedMap;
use crate::urls::unsafe_urls::{Compared, UrlGlob};
use holdout::Arms;
use url::Url;

pub mod change;
pub mod holdout;
pub mod record;

/// The key in the KV namespace `MODEL` under which the record stands. No site's values are called so: those have a slash.
pub const KEY: &str = "switches";

/// What Headstart does, the least first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// Nothing: visitors and the origin get what they would get without it, and nothing is learned.
    Off,
    /// It learns, and reports what it would do. Visitors and the origin get what they would get without it.
    Shadow,
    /// Everything.
    #[default]
    On,
}

impl Mode {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::On, Self::Shadow, Self::Off];

    /// Its word, in the record, in `MODE` and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Shadow => "shadow",
            Self::On => "on",
        }
    }

    /// The mode of a word, however it is capitalised.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str().eq_ignore_ascii_case(word.trim()))
    }
}

/// What can be switched by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    /// The origins that a page or a redirect names in `Link`.
    Hints,
    /// The resources that a page names in `Link`, and the tag of its largest picture.
    Preloads,
    /// Speculation rules, and what else is said of speculations on a page (`No-Vary-Search`, `Supports-Loading-Mode`,
    /// `Origin-Trial`, traffic advice).
    Rules,
    /// What makes speculations safe. Off, nothing is deferred, as without a `SEAL_KEY`: what would need it is refused. In shadow
    /// nothing is refused either.
    Deferral,
}

impl Feature {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Hints, Self::Preloads, Self::Rules, Self::Deferral];

    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hints => "hints",
            Self::Preloads => "preloads",
            Self::Rules => "rules",
            Self::Deferral => "deferral",
        }
    }

    /// The feature of a word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|feature| feature.as_str() == word)
    }
}

/// What is on for one page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    mode: Mode,
    features: [Mode; Feature::ALL.len()],
    arms: Option<Arms>,
}

impl State {
    /// Everything is in this mode.
    #[must_use]
    pub fn all(mode: Mode) -> Self {
        Self { mode, features: [mode; Feature::ALL.len()], arms: None }
    }

    /// What Headstart does with the page altogether.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// What it does of a feature; never more than altogether.
    #[must_use]
    pub fn of(&self, feature: Feature) -> Mode {
        self.features.get(feature as usize).copied().unwrap_or_default()
    }

    /// Whether a feature is on.
    #[must_use]
    pub fn does(&self, feature: Feature) -> bool {
        self.of(feature) == Mode::On
    }

    /// Whether every feature is on.
    #[must_use]
    pub fn does_all(&self) -> bool {
        Feature::ALL.into_iter().all(|feature| self.does(feature))
    }

    /// Whether it is only reported what a feature would do.
    #[must_use]
    pub fn reports(&self, feature: Feature) -> bool {
        self.of(feature) == Mode::Shadow
    }

    /// Whether anything of the page is learned.
    #[must_use]
    pub fn learns(&self) -> bool {
        self.mode != Mode::Off
    }

    /// Whether speculations on the page are made safe, or else refused. Where not, they reach the origin as they are, and no
    /// rule of ours may name the page.
    #[must_use]
    pub fn guards(&self) -> bool {
        self.mode == Mode::On && self.of(Feature::Deferral) != Mode::Shadow
    }

    /// Whether views of the page may be asked how they went, which changes its bytes.
    #[must_use]
    pub fn asks(&self) -> bool {
        self.mode == Mode::On
            && (self.does(Feature::Hints) || self.does(Feature::Preloads) || self.is_held_out())
    }

    /// Whether the page is held out, so that others can be compared with it.
    #[must_use]
    pub fn is_held_out(&self) -> bool {
        self.arms.is_some_and(|arms| arms.is_held_out)
    }

    /// To which arms of the comparison the view belongs, if it is compared.
    #[must_use]
    pub fn arms(&self) -> Option<Arms> {
        self.arms
    }

    /// The same for a view of these arms. A page that is held out is given nothing, and is asked like any other. Only a page for
    /// which everything is on says what that is worth; any other stays as it is.
    #[must_use]
    pub fn compared(self, arms: Arms) -> Self {
        if self != Self::default() {
            return self;
        }
        let mut compared = Self { arms: Some(arms), ..self };
        if arms.is_held_out {
            for feature in [Feature::Hints, Feature::Preloads, Feature::Rules] {
                compared.set(feature, Mode::Off);
            }
        }
        compared
    }

    /// The same with less of one feature.
    #[must_use]
    pub fn with(mut self, feature: Feature, mode: Mode) -> Self {
        self.set(feature, mode);
        self
    }

    fn set(&mut self, feature: Feature, mode: Mode) {
        if let Some(of) = self.features.get_mut(feature as usize) {
            *of = mode.min(self.mode);
        }
    }
}

/// What is said of a path, a site, or all sites; `None` for what nothing is said of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Setting {
    /// Of everything.
    pub mode: Option<Mode>,
    features: [Option<Mode>; Feature::ALL.len()],
}

impl Setting {
    /// What is said of a feature.
    #[must_use]
    pub fn of(&self, feature: Feature) -> Option<Mode> {
        self.features.get(feature as usize).copied().flatten()
    }

    fn set(&mut self, feature: Option<Feature>, to: Option<Mode>) {
        match feature {
            None => self.mode = to,
            Some(feature) => {
                if let Some(of) = self.features.get_mut(feature as usize) {
                    *of = to;
                }
            }
        }
    }

    fn is_empty(self) -> bool {
        self == Self::default()
    }
}

/// A setting for the paths that a pattern means.
#[derive(Clone, Debug)]
pub struct PathSetting {
    /// Which: a path in which `*` stands for anything, without a query, since what is decided about a page holds whatever its
    /// query is.
    pub glob: UrlGlob,
    /// What is said of them.
    pub setting: Setting,
}

/// What is said of a site, or of all.
#[derive(Clone, Debug, Default)]
pub struct SiteSwitches {
    /// Of every page.
    pub setting: Setting,
    /// Of some, the longest pattern first.
    pub paths: Vec<PathSetting>,
}

impl SiteSwitches {
    /// What is said of a page by the longest pattern that says anything, by this look at it.
    fn by_path<T>(&self, url: &Compared<'_>, look: impl Fn(&Setting) -> Option<T>) -> Option<T> {
        self.paths.iter().find_map(|path| look(&path.setting).filter(|_| path.glob.means(url)))
    }

    fn is_empty(&self) -> bool {
        self.setting.is_empty() && self.paths.is_empty()
    }
}

/// The record. See the module's description.
#[derive(Clone, Debug, Default)]
pub struct Switches {
    all: SiteSwitches,
    sites: SortedMap<String, SiteSwitches>,
}

impl Switches {
    /// Whether nothing is switched.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty() && self.sites.is_empty()
    }

    /// What is said of all sites.
    #[must_use]
    pub fn all(&self) -> &SiteSwitches {
        &self.all
    }

    /// What is said of one.
    #[must_use]
    pub fn site(&self, site: &str) -> Option<&SiteSwitches> {
        self.sites.get(site)
    }

    /// The groups that say something of a site, the one that counts more first.
    fn groups<'a>(&'a self, site: &str) -> impl Iterator<Item = &'a SiteSwitches> + Clone + use<'a> {
        self.sites.get(site).into_iter().chain([&self.all])
    }

    /// What is on for a site as a whole, its paths aside: what its own files are answered by. `mode` is what `MODE` says.
    #[must_use]
    pub fn state_of_site(&self, site: &str, mode: Mode) -> State {
        self.state(site, None, mode)
    }

    /// What is on for a page of a site. `mode` is what `MODE` says.
    #[must_use]
    pub fn state_of(&self, site: &str, url: &Url, mode: Mode) -> State {
        self.state(site, Some(&Compared::new(url)), mode)
    }

    fn state(&self, site: &str, url: Option<&Compared<'_>>, mode: Mode) -> State {
        let groups = || self.groups(site);
        // A deploy that switches off is not undone by what was switched before.
        let of_site = match mode {
            Mode::Off => Mode::Off,
            mode => groups().find_map(|group| group.setting.mode).unwrap_or(mode),
        };
        if of_site == Mode::Off {
            return State::all(Mode::Off);
        }
        let by_path = |look: &dyn Fn(&Setting) -> Option<Mode>| {
            let url = url?;
            groups().find_map(|group| group.by_path(url, look))
        };
        let mut state = State::all(by_path(&|setting| setting.mode).unwrap_or(of_site));
        for feature in Feature::ALL {
            let of = by_path(&|setting| setting.of(feature))
                .or_else(|| groups().find_map(|group| group.setting.of(feature)));
            state.set(feature, of.unwrap_or_default());
        }
        state
    }

    /// Which pages of a site no rule may name, since nothing guards speculations on them: what these patterns mean, and whatever
    /// is meant by none of the second ones, if any are given.
    #[must_use]
    pub fn unguarded(&self, site: &str, mode: Mode) -> (Vec<UrlGlob>, Option<Vec<UrlGlob>>) {
        // A path that a pattern means, and hardly another one does.
        let guards = |glob: &UrlGlob| {
            let url = Url::parse(&format!("https://site.invalid{}", glob.text().replace('*', "0anything0")));
            url.is_ok_and(|url| self.state_of(site, &url, mode).guards())
        };
        let globs = self.groups(site).flat_map(|group| &group.paths).map(|path| path.glob.clone());
        let (guarded, unnamed): (Vec<_>, Vec<_>) = globs.partition(guards);
        let only = (!self.state_of_site(site, mode).guards()).then_some(guarded);
        (unnamed, only)
    }
}

#[cfg(test)]
mod tests;
