//! Who asks for a page, and who has met that it is ineligible for speculations, as far as that tells for whom else it is: see
//! [`effects::quarantine`](crate::effects::quarantine).

use super::{deferral, keeping, shown};
use crate::config::Config;
use crate::effects::cookie::{self, MAX_LINES};
use crate::effects::quarantine::evidence::{MAX_MARKS, Mark, MetBy, network_of, state_mark};
use crate::effects::quarantine::{Asker, mark_of};
use crate::effects::{session, ticket};
use crate::head::Head;
use crate::speculation::Speculation;
use crate::urls::files;
use crate::visit::Visit;

/// Who asks, as far as it matters for whom a page is ineligible.
#[must_use]
pub fn asker<'a>(visit: &'a Visit, config: &Config) -> Asker<'a> {
    let [by_value, by_name] = states(visit, config);
    let marks = [Some(mark(visit, visit.cookies(), config)), by_value, by_name];
    Asker { marks, ..anybody_like(visit, config) }
}

/// The same, but for what tells them from others like them.
#[must_use]
pub fn anybody_like<'a>(visit: &'a Visit, config: &Config) -> Asker<'a> {
    Asker {
        cookies: visit.cookies(),
        has_session: session::is_in(visit.cookies(), &config.effects.cookies),
        is_prerender: visit.speculation == Some(Speculation::Prerender),
        is_isolated: visit.is_isolated(),
        has_tickets: deferral::has_tickets(visit, config),
        is_for_page: !visit.is_prefetch_by_page(),
        may_be_file: visit.is_prefetch_by_page() && files::is_part_of_pages(visit.url.path()),
        from: shown::from(visit),
        marks: [None; MAX_MARKS],
        network: network(visit),
    }
}

/// Who has met what an answer to them is. `is_witness` says whether all that it changes of their sessions and carts was given out
/// lately ([`witness::is_witness`](super::witness::is_witness)): what becomes of others says nothing of the page.
#[must_use]
pub fn met_by(visit: &Visit, head: &Head, is_witness: bool, config: &Config) -> MetBy {
    let lines = head.set_cookies.iter().take(MAX_LINES).map(String::as_str);
    let after = cookie::after(visit.cookies(), lines);
    let mut marks: Vec<Mark> =
        [visit.cookies(), &after].into_iter().map(|cookies| mark(visit, cookies, config)).collect();
    marks.dedup();
    MetBy {
        marks,
        network: network(visit).filter(|_| is_witness),
        has_session: session::is_in(visit.cookies(), &config.effects.cookies),
    }
}

/// Who has brought a ticket back as another visitor than it was given to, who had this state.
#[must_use]
pub fn brought_by(visit: &Visit, state: Option<Mark>, config: &Config) -> MetBy {
    MetBy {
        marks: state.into_iter().collect(),
        network: network(visit),
        has_session: session::is_in(visit.cookies(), &config.effects.cookies),
    }
}

/// What tells a visitor with these cookies: their sessions, or, where they have none, all that answers may depend on.
fn mark(visit: &Visit, cookies: &str, config: &Config) -> Mark {
    let sessions = keeping::sessions(cookies, 1, config);
    let who = if sessions.is_empty() { keeping::lasting(cookies, config) } else { sessions };
    mark_of(&format!("{}\n\n{who}", visit.browser().join("\n")))
}

/// What tells the visitor by their sessions and carts, as a ticket has them. Only a guess is answered with one.
fn states(visit: &Visit, config: &Config) -> [Option<Mark>; 2] {
    let seal = config.effects.seal.as_ref().filter(|_| visit.speculation.is_some());
    let Some(seal) = seal else { return [None; 2] };
    let browser = ticket::digest_of(seal, &visit.browser());
    deferral::states_of(visit.cookies(), config)
        .map(|state| Some(state_mark(browser, ticket::digest_of(seal, &state))))
}

/// The network of a visitor who is counted.
pub(super) fn network(visit: &Visit) -> Option<u64> {
    network_of(visit.visitor_address()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::{PREFETCH, config, visit};

    const WHO: [(&str, &str); 3] =
        [("user-agent", "Test/1"), ("cf-connecting-ip", "192.0.2.7"), (":visitor-address", "192.0.2.7")];

    fn asking(cookies: &str) -> Vec<(&str, &str)> {
        [&PREFETCH[..], &WHO, &[("cookie", cookies)]].concat()
    }

    /// Whether what somebody with the first cookies has met holds for somebody with the others.
    fn is_same(before: &str, lines: &[&str], now: &str) -> bool {
        let config = config(&[]);
        let head = Head { set_cookies: lines.iter().map(|it| (*it).to_owned()).collect(), ..Head::default() };
        let by = met_by(&visit("GET", "/a", &asking(before)), &head, true, &config);
        let visit = visit("GET", "/b", &asking(now));
        asker(&visit, &config).marks.into_iter().flatten().any(|mark| by.marks.contains(&mark))
    }

    #[test]
    fn a_visitor_is_told_by_their_sessions_and_one_without_by_all_cookies_that_last() {
        assert!(is_same("session=1; theme=dark", &[], "cart=7; session=1"));
        assert!(is_same("theme=dark; _ga=1", &[], "_ga=2; theme=dark; _gid=3"));
        assert!(is_same("", &[], "_ga=2"));
        // What a load balancer sets anew with each answer.
        assert!(is_same("AWSALB=v1; x=1", &["AWSALB=v2; Path=/"], "AWSALB=v3; x=1"));
        assert!(is_same("", &["BIGipServerpool=1.2; Path=/"], "BIGipServerpool=1.2"));
        for (before, now) in
            [("session=1", "session=2"), ("session=1", ""), ("", "zork=1"), ("zork=1", "zork=2")]
        {
            assert!(!is_same(before, &[], now), "{before} {now}");
        }
    }

    #[test]
    fn a_visitor_is_the_same_with_what_the_answer_has_given_them() {
        let set = ["session=2; HttpOnly"];
        assert!(is_same("session=1", &set, "session=2") && is_same("session=1", &set, "session=1"));
        assert!(is_same("", &["zork=1"], "zork=1") && is_same("zork=1", &["zork=; Max-Age=0"], ""));
        assert!(!is_same("session=1", &set, "session=3"));
    }

    #[test]
    fn another_browser_or_network_is_somebody_else() {
        let config = config(&[]);
        let mark = |changed: (&str, &str)| {
            let kept = WHO.into_iter().filter(|(name, _)| *name != changed.0);
            let visit = visit("GET", "/a", &kept.chain([changed]).collect::<Vec<_>>());
            asker(&visit, &config).marks
        };
        let same = mark(("cookie", ""));
        assert_eq!(same, mark(("referer", "https://shop.example/")));
        for other in [("user-agent", "Test/2"), ("cf-connecting-ip", "192.0.2.8"), ("cookie", "a=1")] {
            assert_ne!(same, mark(other), "{other:?}");
        }
    }

    #[test]
    fn only_a_witness_speaks_for_others() {
        let config = config(&[]);
        let visit = visit("GET", "/a", &asking("session=1"));
        let by = |is_witness| met_by(&visit, &Head::default(), is_witness, &config);
        assert_eq!(by(true).network, network_of("192.0.2.7"));
        assert!(by(true).network.is_some() && by(true).has_session);
        assert_eq!((by(false).network, by(false).marks), (None, by(true).marks));
    }
}
