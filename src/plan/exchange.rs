//! What a request and its answer tell of whoever asks: where they come from, whether they have a session, and whether our own
//! rules asked.
//!
//! Each of these costs a look at header fields, so it is read only where something follows from it.

use super::rules_delivery::{self, Guidance};
use crate::config::{Config, SessionRules};
use crate::effects::session;
use crate::head::{Content, Head, is_overload, tells_page};
use crate::navigation::source::NavigationSource;
use crate::rules::learned::Known;
use crate::speculation::Guess;
use crate::visit::{Method, Visit};

/// See the module's description.
#[derive(Debug)]
pub struct Exchange<'a> {
    /// The request.
    pub visit: &'a Visit,
    /// The answer.
    pub head: &'a Head,
    /// Where the visitor comes from.
    pub source: NavigationSource,
    /// Whether next pages are learned. Only then is a page told from which page it was speculated on.
    pub learns_next_pages: bool,
    /// Whether they have a session. Where neither a page is given nor anything is set, that makes no difference, and is not
    /// looked at.
    pub has_session: bool,
    /// Whether our learned rules alone asked.
    pub is_next: bool,
    /// How the baseline alone asked, if that counts for its eagerness.
    pub guess: Option<Guess>,
    /// Whether it counts for the baseline's eagerness how long the origin took for what a visitor asked for.
    pub is_timed: bool,
    /// Whether a page of one of the site's siblings asks for a page.
    pub is_sibling: bool,
}

impl<'a> Exchange<'a> {
    /// Reads what follows from the request and its answer.
    #[must_use]
    pub fn read(visit: &'a Visit, head: &'a Head, config: &Config) -> Self {
        let is_page = head.content == Content::Page;
        let learns_next_pages = config.learns_next_pages();
        let source = NavigationSource::read(visit, &config.urls.inert_parameters)
            .told_under(tells_page(head.referrer_policy.as_deref()));
        // An error is no page, and tells all the more of how the origin fares.
        let is_answer = is_page || (visit.method == Method::Get && is_overload(head.status));
        let matters = is_page || source.is_navigation || !head.set_cookies.is_empty();
        Self {
            visit,
            head,
            has_session: matters && session::is_in(visit.cookies(), &config.effects.cookies),
            is_next: learns_next_pages && rules_delivery::is_by_learned_rules(visit),
            guess: source.from.as_ref().and_then(|_| rules_delivery::guess(visit, config)),
            is_timed: is_answer && source.is_click && config.regulates_eagerness(),
            is_sibling: is_page && rules_delivery::is_sibling(visit, config),
            source,
            learns_next_pages,
        }
    }

    /// Lets no visitor say more about the baseline's eagerness than they may: `may_tell` says whether the one at an address may
    /// once more, about the moderate rule or about anything else.
    #[must_use]
    pub fn told_by(mut self, may_tell: impl FnOnce(&str, bool) -> bool) -> Self {
        if self.guess.is_some() || self.is_timed {
            let is_moderate = self.guess.is_some_and(|guess| guess.is_moderate);
            if !self.source.address.as_deref().is_some_and(|address| may_tell(address, is_moderate)) {
                (self.guess, self.is_timed) = (None, false);
            }
        }
        self
    }

    /// What is known of the page's next pages, and of the visitor who asks for it.
    #[must_use]
    pub fn guidance<'b>(&'b self, known: Option<Known<'b>>) -> Guidance<'b> {
        Guidance {
            known,
            has_session: self.has_session,
            from: self.source.from.as_deref().filter(|_| self.learns_next_pages),
            is_next: self.is_next,
            guess: self.guess,
            is_sibling: self.is_sibling,
            token: None,
            source: None,
            waits: false,
        }
    }
}

/// Whether visitors with a session are given something else than others: where next pages are known, or they get no rules.
#[must_use]
pub fn depends_on_session(known: Option<&Known<'_>>, config: &Config) -> bool {
    known.is_some() || config.rules.for_sessions == SessionRules::None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::{PREFETCH, config, page, visit};
    use crate::rules::served::NEXT_TAG;

    const SESSION: (&str, &str) = ("cookie", "session=1");
    const NAVIGATION: [(&str, &str); 3] = [
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-dest", "document"),
        ("referer", "https://blog.example/a"),
    ];

    #[test]
    fn a_session_is_looked_for_where_a_page_is_given_or_something_is_set() {
        let has_session = |headers: &[(&str, &str)], head: &Head, variables: &[(&str, &str)]| {
            let visit = visit("GET", "/b", &[headers, &[SESSION]].concat());
            Exchange::read(&visit, head, &config(variables)).has_session
        };
        let other = Head { status: 200, content: Content::Other, ..Head::default() };
        let setting = Head { set_cookies: vec!["a=1".to_owned()], ..other.clone() };
        assert!(has_session(&[], &page(), &[]));
        assert!(has_session(&[], &setting, &[]));
        assert!(has_session(&NAVIGATION, &other, &[]), "a redirect after a sign-in, say");
        assert!(!has_session(&[], &other, &[]));
        assert!(has_session(&NAVIGATION, &other, &[("NEXT_PAGES", "off")]));
    }

    #[test]
    fn where_nothing_is_learned_of_next_pages_no_page_is_told_where_it_was_asked_for() {
        let tags = format!("\"{NEXT_TAG}\"");
        let referer = ("referer", "https://shop.example/a");
        let fields =
            [&PREFETCH[..], &[("sec-fetch-mode", "navigate"), ("sec-speculation-tags", &tags), referer]]
                .concat();
        let visit = visit("GET", "/b", &fields);
        let (head, config, off) = (page(), config(&[]), config(&[("NEXT_PAGES", "off")]));
        let read = Exchange::read(&visit, &head, &config);
        assert_eq!((read.source.from.as_deref(), read.is_next), (Some("/a"), true));
        let guidance = read.guidance(None);
        assert_eq!((guidance.from, guidance.is_next, guidance.token), (Some("/a"), true, None));
        let read = Exchange::read(&visit, &head, &off);
        assert_eq!((read.guidance(None).from, read.is_next), (None, false));
        assert_eq!(read.source.from.as_deref(), Some("/a"), "what keeps speculations safe is told by it");
    }

    #[test]
    fn a_visitor_says_no_more_about_the_baseline_than_they_may() {
        let address = (":visitor-address", "192.0.2.1");
        let referer = ("referer", "https://shop.example/a");
        let tag = ("sec-speculation-tags", "\"headstart-moderate\"");
        let guessed = [&PREFETCH[..], &[("sec-fetch-mode", "navigate"), tag, referer, address]].concat();
        let clicked = [
            &NAVIGATION[..2],
            &[("sec-fetch-site", "same-origin"), ("sec-fetch-user", "?1"), referer, address],
        ]
        .concat();
        let (head, config) = (page(), config(&[]));
        for (fields, is_moderate) in [(guessed, true), (clicked, false)] {
            let visit = visit("GET", "/b", &fields);
            let read = || Exchange::read(&visit, &head, &config);
            let told = read().told_by(|address, moderate| {
                assert_eq!((address, moderate), ("192.0.2.1", is_moderate));
                true
            });
            assert_eq!((told.guess.is_some(), told.is_timed), (is_moderate, !is_moderate));
            let silent = read().told_by(|_, _| false);
            assert_eq!((silent.guess, silent.is_timed), (None, false));
            assert_eq!(told.guidance(None).guess, told.guess);
        }
        let nobody =
            visit("GET", "/b", &[&PREFETCH[..], &[("sec-fetch-mode", "navigate"), tag, referer]].concat());
        assert_eq!(Exchange::read(&nobody, &head, &config).told_by(|_, _| true).guess, None);
    }

    #[test]
    fn what_visitors_are_answered_counts_for_the_baselines_eagerness_where_it_is_a_page_or_an_error() {
        let click = [
            &NAVIGATION[..2],
            &[
                ("sec-fetch-site", "same-origin"),
                ("sec-fetch-user", "?1"),
                ("referer", "https://shop.example/a"),
            ],
        ]
        .concat();
        let is_timed = |method: &str, status: u16, content: Content, variables: &[(&str, &str)]| {
            let (visit, head) = (visit(method, "/b", &click), Head { status, content, ..Head::default() });
            Exchange::read(&visit, &head, &config(variables)).is_timed
        };
        assert!(is_timed("GET", 200, Content::Page, &[]));
        for status in [500, 503, 429] {
            assert!(is_timed("GET", status, Content::Html, &[]), "{status}");
            assert!(is_timed("GET", status, Content::Other, &[]), "{status}");
        }
        assert!(!is_timed("GET", 404, Content::Html, &[]), "the page is not there");
        assert!(!is_timed("GET", 302, Content::Other, &[]));
        assert!(!is_timed("POST", 503, Content::Other, &[]), "a form is no guess's like");
        assert!(!is_timed("GET", 503, Content::Html, &[("EAGERNESS", "moderate")]));
    }

    #[test]
    fn only_a_page_has_siblings() {
        let visit = visit("GET", "/b", &NAVIGATION);
        let config = config(&[("PRERENDER_SIBLINGS", "https://blog.example")]);
        let other = Head { content: Content::Other, ..page() };
        assert!(Exchange::read(&visit, &page(), &config).is_sibling);
        assert!(!Exchange::read(&visit, &other, &config).is_sibling);
    }

    #[test]
    fn what_a_session_changes_is_kept_apart() {
        assert!(!depends_on_session(None, &config(&[])));
        assert!(depends_on_session(None, &config(&[("SESSION_RULES", "none")])));
    }
}
