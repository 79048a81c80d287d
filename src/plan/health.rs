//! What Headstart says of its own health, to whoever watches it: whether everything that it needs is there, and nothing that
//! an attacker could use. What is wrong is told as one of a few classes; the log says more.
//!
//! `failing_open.js` gives the same answer, with the class `not-started`, where the WebAssembly does not start.

use super::own_answers::OwnAnswer;
use serde::Serialize;

/// What is known of what Headstart needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// How many bindings are missing that the configuration asks for.
    pub missing_bindings: usize,
    /// Whether something can be deferred: there is a key, and a ledger.
    pub can_defer: bool,
    /// How many mistakes the configuration has.
    pub mistakes: usize,
    /// The isolate's copy of the site's hints.
    pub hints: CopyHealth,
    /// The isolate's copy of the site's next pages.
    pub next_pages: CopyHealth,
}

/// What is known of an isolate's copy of what was published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CopyHealth {
    /// How many seconds ago KV was last read, whether or not anything was published; `None` where it has not been.
    pub age: Option<u64>,
    /// Whether the last try to read KV has failed.
    pub has_failed: bool,
}

/// The answer as JSON. Its names are an interface: they stay.
#[derive(Serialize)]
struct Told {
    status: &'static str,
    reasons: Vec<&'static str>,
    mistakes: usize,
    hints_age_seconds: Option<u64>,
    next_pages_age_seconds: Option<u64>,
}

impl Health {
    /// The classes of what is wrong; none where all is well.
    fn reasons(&self) -> Vec<&'static str> {
        let classes = [
            ("binding", self.missing_bindings > 0),
            ("deferral", !self.can_defer),
            ("configuration", self.mistakes > 0),
            ("kv", self.hints.has_failed || self.next_pages.has_failed),
        ];
        classes.into_iter().filter(|(_, applies)| *applies).map(|(class, _)| class).collect()
    }

    /// The answer: 200 where all is well, else 503. The site is served in both cases.
    #[must_use]
    pub fn answer(&self) -> OwnAnswer<'static> {
        let reasons = self.reasons();
        let (code, status) = if reasons.is_empty() { (200, "ok") } else { (503, "degraded") };
        let told = Told {
            status,
            reasons,
            mistakes: self.mistakes,
            hints_age_seconds: self.hints.age,
            next_pages_age_seconds: self.next_pages.age,
        };
        // Nothing in it can fail to be written.
        let text = serde_json::to_string(&told).unwrap_or_default();
        OwnAnswer::new(code, super::own_answers::NOT_KEPT).saying("application/json", format!("{text}\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::own_answers::Body;

    fn told(health: &Health) -> (u16, String) {
        let OwnAnswer { status, lines, body } = health.answer();
        let lines: Vec<_> = lines.iter().map(|(name, value)| (*name, value.as_ref())).collect();
        assert_eq!(
            lines,
            [
                ("Cache-Control", "no-store"),
                ("X-Robots-Tag", "noindex"),
                ("Content-Type", "application/json")
            ]
        );
        let Body::Text(text) = body else { panic!("{body:?}") };
        (status, text.into_owned())
    }

    const WELL: Health = Health {
        missing_bindings: 0,
        can_defer: true,
        mistakes: 0,
        hints: CopyHealth { age: Some(12), has_failed: false },
        next_pages: CopyHealth { age: None, has_failed: false },
    };

    #[test]
    fn all_is_well_where_nothing_is_missing() {
        let text = "{\"status\":\"ok\",\"reasons\":[],\"mistakes\":0,\"hints_age_seconds\":12,\"next_pages_age_seconds\":null}\n";
        assert_eq!(told(&WELL), (200, text.to_owned()));
    }

    #[test]
    fn each_class_of_what_is_wrong_is_told_alone_and_with_others() {
        let failed = CopyHealth { age: Some(70), has_failed: true };
        for (health, reasons) in [
            (Health { missing_bindings: 1, ..WELL }, "[\"binding\"]"),
            (Health { can_defer: false, ..WELL }, "[\"deferral\"]"),
            (Health { mistakes: 2, ..WELL }, "[\"configuration\"]"),
            (Health { hints: failed, ..WELL }, "[\"kv\"]"),
            (Health { next_pages: failed, ..WELL }, "[\"kv\"]"),
            (Health { missing_bindings: 3, mistakes: 1, ..WELL }, "[\"binding\",\"configuration\"]"),
        ] {
            let (status, text) = told(&health);
            assert_eq!(status, 503);
            assert!(text.starts_with(&format!("{{\"status\":\"degraded\",\"reasons\":{reasons},")), "{text}");
        }
    }
}
