//! What goes wrong while a request is answered: whose fault it is, what follows for the visitor, and a sentence for the log.
//!
//! Whatever goes wrong, the visitor gets the origin's bytes, if there are any. Where something of the origin's could not be
//! deferred, the speculation is refused instead, and the browser asks again when the visitor navigates. Only where there is
//! nothing to hand on, the visitor gets an error.

use std::fmt;

pub mod said;

/// Whose fault something is: who has to act so that it does not happen again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// Whoever sent the request.
    Visitor,
    /// The site's own server.
    Origin,
    /// Cloudflare's platform, or the network in it: a binding that cannot be reached, storage that fails.
    Platform,
    /// Whoever runs the site: a binding or a variable is missing, or does not fit.
    Configuration,
    /// Headstart itself, or another version of it.
    Headstart,
}

impl Blame {
    /// The word for the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Visitor => "visitor",
            Self::Origin => "origin",
            Self::Platform => "platform",
            Self::Configuration => "configuration",
            Self::Headstart => "internal",
        }
    }
}

/// What whoever runs the site is to do about a fault of the platform.
const UNLESS_IT_LASTS: &str = "; nothing is to be done unless it lasts: see https://www.cloudflarestatus.com";

/// What follows for the visitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consequence {
    /// They get what they would have got, though less may be added to it.
    Unchanged,
    /// The speculation is refused, and the browser does the navigation when it is asked for.
    Refused,
    /// They are answered with this status in place of what they asked for.
    Answered(u16),
}

/// Something that has gone wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Whose fault it is.
    pub blame: Blame,
    /// What follows.
    pub consequence: Consequence,
    /// What is wrong and, where it can be mended, what to do: one sentence for the log.
    pub message: String,
    /// What failed by it, as [`during`](Self::during) has said last; empty where nothing is said of it.
    pub failed: &'static str,
}

impl Fault {
    /// A fault after which the visitor gets what they would have got.
    #[must_use]
    pub fn new(blame: Blame, message: impl Into<String>) -> Self {
        Self { blame, consequence: Consequence::Unchanged, message: message.into(), failed: "" }
    }

    /// The same fault where something else follows from it.
    #[must_use]
    pub fn leads_to(self, consequence: Consequence) -> Self {
        Self { consequence, ..self }
    }

    /// The same fault with words in front that say what failed by it.
    #[must_use]
    pub fn during(self, what: &'static str) -> Self {
        self.during_one(what, what)
    }

    /// The same where the words differ from one to the next, of which `failed` says what they have in common.
    #[must_use]
    pub fn during_one(self, failed: &'static str, what: &str) -> Self {
        Self { message: format!("{what}: {}", self.message), failed, ..self }
    }

    /// The line for the log: whose fault it is, what is wrong, what follows where that is not what they would have got, and what to do
    /// about the platform's own faults, of which no message says it.
    #[must_use]
    pub fn log_line(&self) -> String {
        let blame = self.blame.as_str();
        let consequence = match self.consequence {
            Consequence::Unchanged => String::new(),
            Consequence::Refused => " (the speculation is refused)".to_owned(),
            Consequence::Answered(status) => format!(" (visitors are answered {status})"),
        };
        let advice = if self.blame == Blame::Platform { UNLESS_IT_LASTS } else { "" };
        format!("{blame}: {}{consequence}{advice}", self.message)
    }

    /// The status of the error that the visitor is answered with, if they are.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self.consequence {
            Consequence::Answered(status) => Some(status),
            Consequence::Unchanged | Consequence::Refused => None,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_keeps_whose_it_is_and_changes_nothing_unless_it_says_so() {
        let fault = Fault::new(Blame::Platform, "it is gone");
        assert_eq!((fault.consequence, fault.status()), (Consequence::Unchanged, None));
        assert_eq!(fault.clone().leads_to(Consequence::Refused).status(), None);
        let fault = fault.leads_to(Consequence::Answered(502)).during("KV could not be read");
        assert_eq!((fault.blame, fault.status()), (Blame::Platform, Some(502)));
        let fault = fault.during_one("it is of no use", "/a is of no use");
        assert_eq!(fault.message, "/a is of no use: KV could not be read: it is gone");
        assert_eq!(fault.failed, "it is of no use", "what was said last");
    }

    #[test]
    fn the_log_says_whose_fault_it_is_and_what_follows() {
        for (blame, consequence, expected) in [
            (Blame::Visitor, Consequence::Unchanged, "visitor: x"),
            (Blame::Origin, Consequence::Answered(502), "origin: x (visitors are answered 502)"),
            (
                Blame::Platform,
                Consequence::Refused,
                "platform: x (the speculation is refused); nothing is to be done unless it lasts: see https://www.cloudflarestatus.com",
            ),
            (Blame::Configuration, Consequence::Unchanged, "configuration: x"),
            (Blame::Headstart, Consequence::Unchanged, "internal: x"),
        ] {
            assert_eq!(Fault::new(blame, "x").leads_to(consequence).log_line(), expected);
        }
    }
}
