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

/// What a visitor points at links with, as far as the browser says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pointer {
    /// A mouse, or whatever else the browser says nothing of.
    #[default]
    Mouse,
    /// A finger: browsers then take a link for one that is pointed at by its place in the viewport.
    Touch,
}

impl Pointer {
    /// All of them, in the order in which they are counted.
    pub const ALL: [Self; 2] = [Self::Mouse, Self::Touch];

    /// Its place among [`Self::ALL`].
    #[must_use]
    pub fn index(self) -> usize {
        match self {
            Self::Mouse => 0,
            Self::Touch => 1,
        }
    }
}

/// A speculation that the baseline rule alone asked for, as it is counted where the baseline's eagerness regulates itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guess {
    /// Whether the rule was moderate; conservative otherwise.
    pub is_moderate: bool,
    /// What the visitor points with.
    pub pointer: Pointer,
}

impl Guess {
    /// How many kinds there are.
    pub const COUNT: usize = 4;

    /// Its place among all kinds.
    #[must_use]
    pub fn index(self) -> usize {
        2 * self.pointer.index() + usize::from(self.is_moderate)
    }

    /// The kind at a place.
    #[must_use]
    pub fn at(index: usize) -> Option<Self> {
        let pointer = Pointer::ALL.get(index / 2)?;
        Some(Self { is_moderate: index % 2 == 1, pointer: *pointer })
    }
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

impl Action {
    /// What it is called, for people.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Prefetch => "prefetch",
            Self::Prerender => "prerender",
            Self::PrerenderUntilScript => "prerender until script",
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_guess_has_a_place_of_its_own() {
        for index in 0..Guess::COUNT {
            assert_eq!(Guess::at(index).unwrap().index(), index);
        }
        assert_eq!(Guess::at(Guess::COUNT), None);
    }
}
