//! Whether a visitor witnesses what an answer does to their sessions and carts: see
//! [`effects::known_sessions`](crate::effects::known_sessions).

use crate::config::Config;
use crate::effects::known_sessions::KnownSessions;
use crate::head::Head;
use crate::visit::Visit;

/// See the module's description.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Witness {
    /// Whether every session and cart of theirs that the answer changes was given out lately.
    pub is_sure: bool,
    /// Whether they have a session or a cart that was given out lately, and the answer leaves all of theirs as they are.
    pub keeps: bool,
}

/// What the visitor of this request witnesses of its answer. What the answer gives out and takes away is noted.
pub fn of(visit: &Visit, head: &Head, config: &Config, known: &mut KnownSessions, now: u64) -> Witness {
    let Some(site) = visit.site() else { return Witness::default() };
    let (cookies, classes) = (visit.cookies(), &config.effects.cookies);
    let is_sure = known.witnesses(&site, cookies, &head.set_cookies, classes, now);
    let keeps = is_sure
        && crate::effects::session::change(&head.set_cookies, cookies, classes, now).is_none()
        && known.knows_any(&site, cookies, now);
    known.answered(&site, cookies, &head.set_cookies, classes, now);
    Witness { is_sure, keeps }
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
        let mut witness = |cookies: &str, lines: &[&str]| {
            of(&visit("GET", "/a", &[("cookie", cookies)]), &setting(lines), &config, &mut known, NOW)
        };
        let kept = Witness { is_sure: true, keeps: true };
        let lost = Witness { is_sure: true, keeps: false };
        assert_eq!(witness("session=made-up", &[]), lost, "nothing has changed, and nothing is known");
        assert_eq!(witness("session=made-up", &["session=abc"]), Witness::default());
        assert_eq!(witness("theme=dark; session=abc", &["theme=light"]), kept);
        assert_eq!(witness("session=abc", &["session=; Max-Age=0"]), lost);
        assert_eq!(witness("session=abc", &["session=; Max-Age=0"]), Witness::default(), "it is gone by now");
    }
}
