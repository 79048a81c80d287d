//! Whether a visitor witnesses what an answer does to their sessions and carts: see
//! [`effects::known_sessions`](crate::effects::known_sessions).

use crate::config::Config;
use crate::effects::known_sessions::KnownSessions;
use crate::effects::session;
use crate::head::Head;
use crate::visit::Visit;

/// Whether every session and cart of the visitor that the answer changes was given out lately.
#[must_use]
pub fn is_witness(visit: &Visit, head: &Head, config: &Config, known: &KnownSessions, now: u64) -> bool {
    // Most answers set nothing.
    head.set_cookies.is_empty()
        || visit.site().is_some_and(|site| {
            known.witnesses(&site, visit.cookies(), &head.set_cookies, &config.effects.cookies, now)
        })
}

/// Whether they have a session or a cart that was given out lately, and the answer leaves all of theirs as they are.
#[must_use]
pub fn keeps(visit: &Visit, head: &Head, config: &Config, known: &KnownSessions, now: u64) -> bool {
    let (cookies, classes) = (visit.cookies(), &config.effects.cookies);
    is_witness(visit, head, config, known, now)
        && session::change(&head.set_cookies, cookies, classes, now).is_none()
        && visit.site().is_some_and(|site| known.knows_any(&site, cookies, now))
}

/// Notes what the answer gives out and takes away.
pub fn answered(visit: &Visit, head: &Head, config: &Config, known: &mut KnownSessions, now: u64) {
    if !head.set_cookies.is_empty()
        && let Some(site) = visit.site()
    {
        known.answered(&site, visit.cookies(), &head.set_cookies, &config.effects.cookies, now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::{config, visit};

    const NOW: u64 = 1_800_000_000_000;

    fn setting(lines: &[&str]) -> Head {
        Head { set_cookies: lines.iter().map(|line| (*line).to_owned()).collect(), ..Head::default() }
    }

    #[test]
    fn who_was_given_a_session_witnesses_that_it_is_kept_or_lost() {
        let config = config(&[]);
        let mut known = KnownSessions::default();
        // Whether they are a witness, and whether of a session that is kept.
        let mut witness = |cookies: &str, lines: &[&str]| {
            let (visit, head) = (visit("GET", "/a", &[("cookie", cookies)]), setting(lines));
            let is_witness = is_witness(&visit, &head, &config, &known, NOW);
            let keeps = keeps(&visit, &head, &config, &known, NOW);
            answered(&visit, &head, &config, &mut known, NOW);
            (is_witness, keeps)
        };
        let (kept, lost, nobody) = ((true, true), (true, false), (false, false));
        assert_eq!(witness("session=made-up", &[]), lost, "nothing has changed, and nothing is known");
        assert_eq!(witness("session=made-up", &["session=abc"]), nobody);
        assert_eq!(witness("theme=dark; session=abc", &["theme=light"]), kept);
        assert_eq!(witness("session=abc", &["session=; Max-Age=0"]), lost);
        assert_eq!(witness("session=abc", &["session=; Max-Age=0"]), nobody, "it is gone by now");
    }
}
