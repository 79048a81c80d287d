//! The events from which next pages are learned: clicks, speculations, activations, and pages that are ineligible.

use crate::ineligible::Ineligible;
use crate::speculation::{Guess, Pointer};

/// What one visitor did on a site, by one request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NavigationEvents {
    /// The site, as it is named in keys.
    pub site: String,
    /// The visitor's address, as the platform gives it.
    pub address: Option<String>,
    /// What happened, in order.
    pub events: Vec<NavigationEvent>,
}

/// One thing that happened. Pages are named by their paths; where something speaks against one, or for it, by its path and the names
/// of its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NavigationEvent {
    /// The visitor was shown a page that was not fetched ahead.
    View {
        /// The page.
        path: String,
    },
    /// Replayed decisions have shown a page to visitors of whom nothing else was noted.
    ReplayedViews {
        /// The page.
        path: String,
        /// How often.
        number: u32,
    },
    /// The visitor clicked a link on one page, and the answer was another page.
    Click {
        /// The page with the link.
        from: String,
        /// The page to which it leads.
        to: String,
    },
    /// The answer to a speculation has come.
    SpeculationArrived {
        /// The page from which it was asked for.
        from: String,
        /// The page that was asked for.
        to: String,
        /// How it arrived.
        how: Arrived,
    },
    /// A page that was fetched ahead is shown: its activation signal has come, or something else that only a page which is
    /// shown asks for.
    Activation {
        /// The page that the signal names as the one that was left; without one, it is the one that is remembered.
        from: Option<String>,
        /// The page that is shown.
        page: String,
    },
    /// A page is shown that was fetched ahead by another rule than a learned one.
    Followed {
        /// The page that was left.
        from: String,
        /// The page that is shown.
        page: String,
        /// How the baseline asked for it, if that counts for its eagerness.
        guess: Option<Guess>,
    },
    /// A visitor with a session has pressed a link and the baseline alone asked for its page ahead, or that page is shown. Neither page
    /// is named: it counts for whether the baseline rests, and for nothing else.
    PressedInSession {
        /// What they point with.
        pointer: Pointer,
        /// Whether the page is shown; it has only been fetched otherwise.
        is_used: bool,
    },
    /// The origin was asked for a page, or would have been, and that counts for the baseline's eagerness.
    OriginAsked(OriginAsked),
    /// A form was sent and answered, and that counts for the baseline's eagerness.
    FormSent {
        /// What tells it from forms that do something else.
        kind: u16,
        /// Whether another page was fetched ahead since its page was given.
        is_after_guess: bool,
        /// Whether it looks as if it was refused.
        is_refused: bool,
    },
    /// A form or a redirect leads the visitor to a page: their coming there is no click on a link to it.
    ResultExpected {
        /// The page.
        path: String,
        /// The path that redirects there; `None` for a form.
        through: Option<String>,
    },
    /// A redirect leads the visitor to what they have asked for, only that its URL is spelled otherwise there: how they came to the one is
    /// how they come to the other.
    Respelled {
        /// The page.
        path: String,
        /// The path that redirects there.
        through: String,
        /// The page from which both were asked for ahead; `None` where the visitor is led there.
        ahead_from: Option<String>,
    },
    /// A visitor without a session was given a page that anybody may keep.
    GivenWithoutSession {
        /// The page.
        path: String,
    },
    /// What was given to a visitor by their own request did what no guess may: it set a cookie that could not be deferred, say.
    GivenUndeferrable {
        /// The page.
        path: String,
    },
    /// A page was prerendered, or could have been.
    Rendered {
        /// The page.
        path: String,
    },
    /// A page turned out to be ineligible for speculations.
    Ineligible {
        /// The page.
        path: String,
        /// Why.
        why: Ineligible,
    },
    /// A page led back to the page from which the visitor came.
    LedBack {
        /// The page.
        path: String,
        /// Where it led.
        back_to: String,
    },
    /// A visitor with a session was given a page, and nothing of theirs has changed.
    Harmless {
        /// The page.
        path: String,
        /// Whether it is published to do harm.
        is_sought: bool,
    },
    /// A page that was asked for by the visitor has given them another session. Where that happens, no speculation is to
    /// blame for it.
    SessionRotated,
}

/// How the origin answered, as far as the baseline's eagerness depends on that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OriginAsked {
    /// How the baseline asked; `None` for what a visitor asked for by a click.
    pub guess: Option<Guess>,
    /// How long the origin took, in milliseconds; `None` where it was not asked.
    pub took_ms: Option<u32>,
    /// Whether it could not answer, or said that it had too much to do.
    pub is_error: bool,
    /// Whether the speculation was refused, or something of it was deferred.
    pub is_withheld: bool,
}

/// How the answer to a speculation arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arrived {
    /// Whether our learned rules alone asked for it.
    pub is_ours: bool,
    /// Whether the origin answered with an error, or slowly.
    pub is_strained: bool,
    /// Whether no activation signal will tell that it is used, so that it must be remembered.
    pub is_silent: bool,
    /// How the baseline asked for it, if its use will be told and that counts for its eagerness.
    pub guess: Option<Guess>,
}

impl NavigationEvents {
    /// The pages that were shown, and how often.
    pub fn views(&self) -> impl Iterator<Item = (&str, u32)> {
        self.events.iter().filter_map(|event| match event {
            NavigationEvent::View { path }
            | NavigationEvent::Followed { page: path, .. }
            | NavigationEvent::Activation { from: Some(_), page: path } => Some((path.as_str(), 1)),
            NavigationEvent::ReplayedViews { path, number } => Some((path.as_str(), *number)),
            _ => None,
        })
    }

    /// Why the page is ineligible for speculations, if it is.
    #[must_use]
    pub fn ineligible(&self) -> Option<&Ineligible> {
        self.events.iter().find_map(|event| match event {
            NavigationEvent::Ineligible { why, .. } => Some(why),
            _ => None,
        })
    }

    /// Whether a page that the visitor asked for has given them another session.
    #[must_use]
    pub fn rotates_session(&self) -> bool {
        self.events.contains(&NavigationEvent::SessionRotated)
    }
}
