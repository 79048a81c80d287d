//! The words of speculative loading (HTML, "Speculative loading"): what a browser does ahead of a click, and when.

/// The field in which the origin is told in a plain word what `Sec-Purpose` says.
pub const PURPOSE_FIELD: &str = "Headstart-Purpose";

/// For what a browser asks before the visitor has clicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speculation {
    /// The response is kept, nothing in it runs.
    Prefetch,
    /// The page is loaded and its scripts run, but nothing is shown.
    Prerender,
}

/// What a browser is told to do with a next page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Action {
    /// Fetch it.
    #[default]
    Prefetch,
    /// Load it as a whole and run its scripts.
    Prerender,
    /// The same, but scripts wait for activation.
    PrerenderUntilScript,
}

/// When a browser acts on a rule (HTML, "speculation rule eagerness").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Eagerness {
    /// When the visitor presses the link.
    #[default]
    Conservative,
    /// When the visitor hovers for a moment.
    Moderate,
    /// At the slightest sign.
    Eager,
    /// At once, for every link on the page.
    Immediate,
}

impl Eagerness {
    /// Reads the standard's word for it.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Conservative, Self::Moderate, Self::Eager, Self::Immediate]
            .into_iter()
            .find(|eagerness| eagerness.as_str() == word)
    }

    /// The standard's word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Conservative => "conservative",
            Self::Moderate => "moderate",
            Self::Eager => "eager",
            Self::Immediate => "immediate",
        }
    }

    /// Its number in what is published and counted: 0 for conservative, which no learned rule is, up to 3 for immediate.
    #[must_use]
    pub fn level(self) -> u8 {
        match self {
            Self::Conservative => 0,
            Self::Moderate => 1,
            Self::Eager => 2,
            Self::Immediate => 3,
        }
    }
}
