//! What is counted for the report: sums by names from closed lists, and the cookies that the site sets.
//!
//! Nothing in a tally tells one visitor from another: no address, no path, no identifier. It is gathered in an isolate's memory
//! and goes to a learner with batches that go anyway; without a report (`ADMIN_TOKEN`) nothing is counted. A name of a cookie
//! leaves the isolate once several visitors were given one of that name
//! ([`TallyBuffer`](crate::learn::tallies::TallyBuffer)).

use crate::sorting::map::SortedMap;
use crate::speculation::{Eagerness, Speculation};
use serde::{Deserialize, Serialize};

/// The most names that one tally has, and the longest.
const MAX_NAMES: usize = 200;
const MAX_NAME_BYTES: usize = 60;

/// The most cookies that one tally has, and the longest name of one.
pub const MAX_COOKIES: usize = 60;
const MAX_COOKIE_BYTES: usize = 100;

/// How a page came to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// It was asked for when it was wanted.
    Plain,
    /// It had been fetched ahead.
    Prefetched,
    /// It had been rendered ahead.
    Prerendered,
}

impl View {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Plain, Self::Prefetched, Self::Prerendered];

    /// What it is called.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Prefetched => "prefetched",
            Self::Prerendered => "prerendered",
        }
    }
}

/// What a browser is built on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Chrome, Edge, Opera and others.
    Chromium,
    /// Safari, and every browser on iOS.
    WebKit,
    /// Firefox.
    Gecko,
    /// What says nothing of the kind.
    Other,
}

impl Engine {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Chromium, Self::WebKit, Self::Gecko, Self::Other];

    /// The engine by a `User-Agent`. All of them claim to be others; the last claim is the true one.
    #[must_use]
    pub fn of(user_agent: &str) -> Self {
        if user_agent.contains("Chrome/") || user_agent.contains("Chromium/") {
            Self::Chromium
        } else if user_agent.contains("AppleWebKit/") {
            Self::WebKit
        } else if user_agent.contains("Gecko/") {
            Self::Gecko
        } else {
            Self::Other
        }
    }

    /// What it is called.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chromium => "Chromium",
            Self::WebKit => "WebKit",
            Self::Gecko => "Gecko",
            Self::Other => "other",
        }
    }
}

/// What had a browser ask ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The baseline, when its rule is this eager. Where its eagerness is fixed, rules of the page's own are among these.
    Baseline(Eagerness),
    /// A learned rule, this eager; `None` where it is not known any more how eager it was.
    Learned(Option<Eagerness>),
    /// Rules of the page's own, the browser itself, or the baseline for a visitor of whom enough was counted that day.
    Other,
    /// A script of the page, or `<link rel=prefetch>`.
    Script,
}

impl Rule {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Baseline(Eagerness::Conservative),
        Self::Baseline(Eagerness::Moderate),
        Self::Baseline(Eagerness::Eager),
        Self::Baseline(Eagerness::Immediate),
        Self::Learned(Some(Eagerness::Moderate)),
        Self::Learned(Some(Eagerness::Eager)),
        Self::Learned(Some(Eagerness::Immediate)),
        Self::Learned(None),
        Self::Other,
        Self::Script,
    ];

    /// What it is called, and how eager it is.
    #[must_use]
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Baseline(eagerness) => ("baseline", eagerness.as_str()),
            Self::Learned(Some(eagerness)) => ("learned", eagerness.as_str()),
            Self::Learned(None) => ("learned", "unknown"),
            Self::Other => ("other", "unknown"),
            Self::Script => ("script", "unknown"),
        }
    }
}

/// What was deferred to activation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deferred {
    /// A cookie.
    Cookie,
    /// A page's visit, which the origin counts.
    Visit,
    /// A request of a prerendering page.
    Request,
}

impl Deferred {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Cookie, Self::Visit, Self::Request];

    /// What it is called.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cookie => "cookie",
            Self::Visit => "visit",
            Self::Request => "request",
        }
    }
}

/// Something that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted<'a> {
    /// A page was shown to a visitor.
    View(View),
    /// A visitor's browser, of a view that was looked at.
    Engine(Engine),
    /// A speculation came in.
    Arrived(Rule, Speculation),
    /// It was refused.
    Refused(Rule),
    /// It was answered in such a way that its use would be told.
    Told(Rule),
    /// It was told to have been used.
    Used(Rule),
    /// How many bytes its answer said that it has.
    Bytes(Rule),
    /// Why a speculation was refused, and by which rule, where there are several.
    Why(&'a str, Option<&'a str>),
    /// Something was deferred.
    Deferred(Deferred),
    /// A ticket came back, and what was deferred was done.
    Redeemed,
    /// It would have been done, were it not switched to shadow.
    Would(&'a str),
}

impl Counted<'_> {
    /// How the names of reasons begin.
    pub const WHY: &'static str = "why ";

    /// How those of what would have been done begin.
    pub const WOULD: &'static str = "would ";

    /// The name under which it is counted.
    #[must_use]
    pub fn name(self) -> String {
        let of_rule = |what: &str, rule: Rule| {
            let (name, eagerness) = rule.words();
            format!("{what} {name} {eagerness}")
        };
        match self {
            Self::View(view) => format!("view {}", view.as_str()),
            Self::Engine(engine) => format!("engine {}", engine.as_str()),
            Self::Arrived(rule, Speculation::Prefetch) => of_rule("prefetch", rule),
            Self::Arrived(rule, Speculation::Prerender) => of_rule("prerender", rule),
            Self::Refused(rule) => of_rule("refused", rule),
            Self::Told(rule) => of_rule("told", rule),
            Self::Used(rule) => of_rule("used", rule),
            Self::Bytes(rule) => of_rule("bytes", rule),
            Self::Why(why, None) => format!("{}{why}", Self::WHY),
            Self::Why(why, Some(rule)) => format!("{}{why} {rule}", Self::WHY),
            Self::Deferred(what) => format!("deferred {}", what.as_str()),
            Self::Redeemed => "redeemed".to_owned(),
            Self::Would(what) => format!("{}{what}", Self::WOULD),
        }
    }
}

/// What became of a cookie that the site has set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was set with a plain answer, as the origin says.
    Set,
    /// It was set with the answer to a speculation.
    Passed,
    /// It waits for the activation.
    Deferred,
    /// The speculation was refused.
    Refused,
}

impl Fate {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Set, Self::Passed, Self::Deferred, Self::Refused];

    /// What it is called.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::Passed => "passed",
            Self::Deferred => "deferred",
            Self::Refused => "refused",
        }
    }

    fn index(self) -> usize {
        self as usize
    }
}

/// What was seen of the cookies of one name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CookieTally {
    /// What they are taken for.
    pub class: String,
    /// How often each [`Fate`] befell them.
    fates: [u64; Fate::ALL.len()],
}

impl CookieTally {
    /// How often this befell them.
    #[must_use]
    pub fn of(&self, fate: Fate) -> u64 {
        self.fates.get(fate.index()).copied().unwrap_or_default()
    }

    /// Counts once more.
    pub fn add(&mut self, class: &str, fate: Fate) {
        class.clone_into(&mut self.class);
        if let Some(number) = self.fates.get_mut(fate.index()) {
            *number = number.saturating_add(1);
        }
    }

    fn absorb(&mut self, other: &Self) {
        other.class.clone_into(&mut self.class);
        self.class.truncate(self.class.floor_char_boundary(MAX_NAME_BYTES));
        for (number, more) in self.fates.iter_mut().zip(other.fates) {
            *number = number.saturating_add(more);
        }
    }
}

/// See the module's description.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    #[serde(default, skip_serializing_if = "SortedMap::is_empty")]
    counts: SortedMap<String, u64>,
    #[serde(default, skip_serializing_if = "SortedMap::is_empty")]
    cookies: SortedMap<String, CookieTally>,
}

impl Tally {
    /// Counts something, so many times.
    pub fn add(&mut self, what: Counted<'_>, number: u64) {
        self.add_named(what.name(), number);
    }

    fn add_named(&mut self, name: String, number: u64) {
        let has_room = self.counts.len() < MAX_NAMES && name.len() <= MAX_NAME_BYTES;
        if number > 0 && (has_room || self.counts.contains_key(&name)) {
            let count = self.counts.entry(name).or_default();
            *count = count.saturating_add(number);
        }
    }

    /// Counts cookies of a name.
    pub fn add_cookies(&mut self, name: String, seen: &CookieTally) {
        let has_room = self.cookies.len() < MAX_COOKIES && name.len() <= MAX_COOKIE_BYTES;
        if has_room || self.cookies.contains_key(&name) {
            self.cookies.entry(name).or_default().absorb(seen);
        }
    }

    /// Adds what another one has counted. What no longer has room is left out.
    pub fn absorb(&mut self, other: &Self) {
        for (name, number) in &other.counts {
            self.add_named(name.clone(), *number);
        }
        for (name, seen) in &other.cookies {
            self.add_cookies(name.clone(), seen);
        }
    }

    /// Whether nothing was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty() && self.cookies.is_empty()
    }

    /// How often something was counted.
    #[must_use]
    pub fn of(&self, what: Counted<'_>) -> u64 {
        self.counts.get(&what.name()).copied().unwrap_or_default()
    }

    /// The reasons for refusals, and how often each was one.
    pub fn reasons(&self) -> impl Iterator<Item = (&str, u64)> {
        self.that_begin(Counted::WHY)
    }

    /// What would have been done where it is in shadow, and how often.
    pub fn would(&self) -> impl Iterator<Item = (&str, u64)> {
        self.that_begin(Counted::WOULD)
    }

    fn that_begin(&self, with: &'static str) -> impl Iterator<Item = (&str, u64)> {
        self.counts.iter().filter_map(move |(name, number)| Some((name.strip_prefix(with)?, *number)))
    }

    /// The cookies that were seen, by their names.
    #[must_use]
    pub fn cookies(&self) -> &SortedMap<String, CookieTally> {
        &self.cookies
    }

    /// How many speculations came in by a rule.
    #[must_use]
    pub fn arrived(&self, rule: Rule) -> u64 {
        let kinds = [Speculation::Prefetch, Speculation::Prerender];
        kinds.into_iter().fold(0, |sum, kind| sum.saturating_add(self.of(Counted::Arrived(rule, kind))))
    }

    /// A sum over all rules.
    #[must_use]
    pub fn over_rules(&self, of: impl Fn(&Self, Rule) -> u64) -> u64 {
        Rule::ALL.into_iter().fold(0, |sum, rule| sum.saturating_add(of(self, rule)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sorting::map::SortedSet;

    #[test]
    fn each_thing_has_a_name_of_its_own_and_counts_by_itself() {
        let of_rules = Rule::ALL.into_iter().flat_map(|rule| {
            [
                Counted::Arrived(rule, Speculation::Prefetch),
                Counted::Arrived(rule, Speculation::Prerender),
                Counted::Refused(rule),
                Counted::Told(rule),
                Counted::Used(rule),
                Counted::Bytes(rule),
            ]
        });
        let others = View::ALL.map(Counted::View).into_iter().chain(Engine::ALL.map(Counted::Engine));
        let others = others.chain(Deferred::ALL.map(Counted::Deferred)).chain([
            Counted::Redeemed,
            Counted::Why("unsafe-url", Some("sign-out")),
            Counted::Why("unsafe-url", None),
        ]);
        let all: Vec<Counted<'_>> = of_rules.chain(others).collect();
        let names: SortedSet<String> = all.iter().map(|counted| counted.name()).collect();
        assert_eq!(names.len(), all.len());
        assert!(names.iter().all(|name| name.len() <= MAX_NAME_BYTES) && names.len() < MAX_NAMES / 2);
        let mut tally = Tally::default();
        for (at, counted) in all.iter().enumerate() {
            tally.add(*counted, at as u64 + 1);
        }
        for (at, counted) in all.iter().enumerate() {
            assert_eq!(tally.of(*counted), at as u64 + 1, "{counted:?}");
        }
        assert_eq!(tally.arrived(Rule::ALL[0]), 3);
        assert_eq!(
            tally.over_rules(|tally, rule| tally.of(Counted::Refused(rule))),
            (0..10).map(|n| 6 * n + 3).sum::<u64>()
        );
        let reasons: Vec<&str> = tally.reasons().map(|(why, _)| why).collect();
        assert_eq!(reasons, ["unsafe-url", "unsafe-url sign-out"]);
    }

    #[test]
    fn a_tally_is_bounded_and_reads_back() {
        let mut tally = Tally::default();
        for number in 0..2 * MAX_NAMES {
            tally.add(Counted::Why(&number.to_string(), None), 1);
            let mut seen = CookieTally::default();
            seen.add("session", Fate::Deferred);
            tally.add_cookies(format!("c{number}"), &seen);
        }
        tally.add(Counted::Why(&"x".repeat(MAX_NAME_BYTES), None), 1);
        assert_eq!((tally.counts.len(), tally.cookies.len()), (MAX_NAMES, MAX_COOKIES));
        let json = serde_json::to_string(&tally).unwrap();
        assert!(json.len() < 20_000, "{}", json.len());
        let read: Tally = serde_json::from_str(&json).unwrap();
        assert_eq!(read, tally);
        let mut twice = read;
        twice.absorb(&tally);
        assert_eq!(twice.of(Counted::Why("7", None)), 2);
        assert_eq!(twice.cookies()["c7"].of(Fate::Deferred), 2);
        assert_eq!(
            (twice.cookies()["c7"].of(Fate::Set), twice.cookies()["c7"].class.as_str()),
            (0, "session")
        );
        tally.add(Counted::Redeemed, 0);
        assert!(tally.of(Counted::Redeemed) == 0 && Tally::default().is_empty());
    }

    #[test]
    fn engines_are_told_by_their_last_claim() {
        for (user_agent, engine) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36",
                Engine::Chromium,
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0 Safari/537.36 Edg/143.0",
                Engine::Chromium,
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/143.0 Mobile/15E148 Safari/604.1",
                Engine::WebKit,
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15",
                Engine::WebKit,
            ),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0", Engine::Gecko),
            ("curl/8.5.0", Engine::Other),
            ("", Engine::Other),
        ] {
            assert_eq!(Engine::of(user_agent), engine, "{user_agent}");
        }
    }
}
