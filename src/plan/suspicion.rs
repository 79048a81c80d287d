//! Decides what follows from the words of links: whether a page is suspected to do something when it is fetched, and what a plain
//! view of it shows.
//!
//! What this isolate has read and seen itself comes first, then what was published: another isolate's views may have cleared
//! what this one has only read, and other pages may have links that it has not.

use super::snapshots::SiteNextPages;
use crate::config::Config;
use crate::effects::suspects::{Shown, Suspects, Suspicion, View, shown_by_cookies};
use crate::head::{Content, Head, is_redirect};
use crate::ineligible::{Ineligible, may_be_cleared};
use crate::navigation::source::NAVIGATION;
use crate::visit::{Method, Visit};

/// Why a page is ineligible for whoever speculates on it, if links say that it does something and nothing says that it does not.
#[must_use]
pub fn against(
    visit: &Visit,
    config: &Config,
    suspects: &Suspects,
    published: Option<&SiteNextPages>,
    now: u64,
) -> Option<Ineligible> {
    let rule = suspected(visit, config, suspects, published, now)?.rule?;
    Some(Ineligible::Suspected { rule })
}

/// A page of which links say that it does something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    /// Its path, and the names of its parameters.
    pub page: String,
    /// The rule by which it is suspected; `None` where it was cleared.
    pub rule: Option<String>,
}

/// The page of a visit, if links say that it does something, so that plain views of it are looked at.
#[must_use]
pub fn suspected(
    visit: &Visit,
    config: &Config,
    suspects: &Suspects,
    published: Option<&SiteNextPages>,
    now: u64,
) -> Option<Watched> {
    let page = config.urls.inert_parameters.shape(&visit.url);
    let is_cleared = |page: &str| published.is_some_and(|site| site.is_cleared(page));
    let rule = match suspects.of(&visit.site()?, &page, now) {
        Suspicion::Cleared => None,
        Suspicion::Suspected { is_met: false, rule } if may_be_cleared(rule) && is_cleared(&page) => None,
        Suspicion::Suspected { rule, .. } => Some(rule.to_owned()),
        Suspicion::None => match published.and_then(|site| site.suspected(&page)) {
            Some(rule) => Some(rule.to_owned()),
            None if is_cleared(&page) => None,
            None => return None,
        },
    };
    // The site knows better.
    (!config.urls.unsafe_urls.is_exempt(&visit.url)).then_some(Watched { page, rule })
}

/// What the answer to a visitor's own navigation shows of a page: whether anything happens there. `None` for any other request,
/// and for an answer that tells nothing. `answered` looks a field of the answer up.
#[must_use]
pub fn view(
    visit: &Visit,
    head: &Head,
    has_session: bool,
    answered: impl Fn(&str) -> Option<String>,
    set_cookies: &[String],
    config: &Config,
    now: u64,
) -> Option<View> {
    let is_navigation = NAVIGATION.iter().all(|(field, value)| visit.field(*field) == Some(value));
    let is_plain = is_navigation && visit.speculation.is_none() && visit.method == Method::Get;
    if !is_plain || visit.names_another_host() {
        return None;
    }
    // Who has no session is led to sign in, whatever the page does.
    if is_redirect(head.status) && !has_session && visit.is_public() {
        return None;
    }
    let shown = if is_redirect(head.status) || answered("clear-site-data").is_some() {
        Shown::Something
    } else if !(200..300).contains(&head.status) {
        return None;
    } else if head.content != Content::Page {
        Shown::Something
    } else {
        shown_by_cookies(set_cookies, visit.cookies(), &config.effects.cookies, now)?
    };
    Some(View { shown, has_session: has_session || !visit.is_public() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::rules_delivery;
    use crate::plan::tests::{PREFETCH, config, page, visit};
    use std::rc::Rc;

    const SITE: &str = "shop.example";
    const NOW: u64 = 1_800_000_000_000;

    fn site(value: &str) -> SiteNextPages {
        let config = config(&[]);
        let baseline = Rc::new(rules_delivery::rule_sets(&config, &[]));
        SiteNextPages::parse(value, &config, &baseline).unwrap()
    }

    fn published() -> SiteNextPages {
        site(
            r#"{"version":1,"pages":{},"out":["/out","/k/17","/k/18"],"harmful":3,"suspects":2,"why":[["cart-changed",1],["delete",2],["cart",3]],"cleared":["/k/19","/k/20"]}"#,
        )
    }

    fn refusal(path: &str, suspects: &Suspects, published: Option<&SiteNextPages>) -> Option<String> {
        let config = config(&[("SAFE_URLS", "/k/7*")]);
        against(&visit("GET", path, &PREFETCH), &config, suspects, published, NOW)?.refusal()
    }

    #[test]
    fn what_this_isolate_has_read_is_refused_at_once() {
        let mut suspects = Suspects::default();
        suspects.suspect(SITE, "/k/1", "sign-out", NOW);
        suspects.suspect(SITE, "/k?id", "cart", NOW);
        suspects.suspect(SITE, "/k/7", "cart", NOW);
        let sign_out = Some("unsafe-url;rule=sign-out;by=link".to_owned());
        assert_eq!(refusal("/k/1", &suspects, None), sign_out);
        assert_eq!(refusal("/k/1?utm_source=x", &suspects, None), sign_out);
        assert_eq!(refusal("/k?id=8", &suspects, None), Some("unsafe-url;rule=cart;by=link".to_owned()));
        for path in ["/k/1?a=1", "/k", "/k/2", "/k/7"] {
            assert_eq!(refusal(path, &suspects, None), None, "{path}");
        }
        assert_eq!(refusal("/k/1", &Suspects::default(), None), None);
    }

    #[test]
    fn what_was_published_is_refused_unless_this_isolate_has_seen_that_nothing_happens() {
        let (published, mut suspects) = (published(), Suspects::default());
        let refused = |suspects: &Suspects, path| refusal(path, suspects, Some(&published));
        assert_eq!(refused(&suspects, "/k/17"), Some("unsafe-url;rule=delete;by=link".to_owned()));
        assert_eq!(refused(&suspects, "/k/18"), Some("unsafe-url;rule=cart;by=link".to_owned()));
        assert_eq!(refused(&suspects, "/out"), None, "that is another reason's");
        for path in ["/k/17", "/k/19"] {
            suspects.suspect(SITE, path, "delete", NOW);
        }
        assert_eq!(refused(&suspects, "/k/19"), None, "others have seen that nothing happens");
        for has_session in [true, false, true, false, true, false] {
            suspects.viewed(SITE, "/k/17", None, View { shown: Shown::Nothing, has_session }, NOW);
        }
        let seen = View { shown: Shown::Something, has_session: true };
        suspects.viewed(SITE, "/k/19", None, seen, NOW);
        assert_eq!(
            refused(&suspects, "/k/19"),
            Some("unsafe-url;rule=delete;by=link".to_owned()),
            "this isolate knows better"
        );
        assert_eq!(refused(&suspects, "/k/17"), None);
        let watched =
            |path: &str| suspected(&visit("GET", path, &[]), &config(&[]), &suspects, Some(&published), NOW);
        let of = |page: &str, rule: Option<&str>| {
            Some(Watched { page: page.to_owned(), rule: rule.map(str::to_owned) })
        };
        assert_eq!(watched("/k/17"), of("/k/17", None));
        assert_eq!(watched("/k/18#x"), of("/k/18", Some("cart")));
        assert_eq!(
            watched("/k/20"),
            of("/k/20", None),
            "one that is cleared may still turn out to do something"
        );
        assert_eq!(watched("/k/21"), None);
    }

    #[test]
    fn a_plain_view_shows_whether_anything_happens() {
        let config = config(&[]);
        let fields =
            [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document"), ("cookie", "session=1")];
        let status = |status| Head { status, ..page() };
        let other = || Head { content: Content::Other, ..page() };
        let seen = |method: &str, more: &[(&str, &str)], head: &Head, answered: &[&str], lines: &[&str]| {
            let visit = visit(method, "/k/17", &[&fields[..], more].concat());
            let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
            let answered = |name: &str| answered.contains(&name).then(String::new);
            view(&visit, head, true, answered, &lines, &config, NOW).map(|view| view.shown)
        };
        let (nothing, something) = (Some(Shown::Nothing), Some(Shown::Something));
        assert_eq!(seen("GET", &[], &page(), &[], &[]), nothing);
        assert_eq!(seen("GET", &[], &page(), &[], &["session=1", "_ga=7"]), nothing);
        assert_eq!(seen("GET", &[], &page(), &[], &["session=; Max-Age=0"]), something);
        assert_eq!(seen("GET", &[], &page(), &["clear-site-data"], &[]), something);
        assert_eq!(seen("GET", &[], &status(302), &[], &[]), something);
        assert_eq!(seen("GET", &[], &other(), &[], &[]), something, "a download, or nothing to see");
        for code in [304, 404, 500] {
            assert_eq!(seen("GET", &[], &status(code), &[], &[]), None, "{code}");
        }
        for (method, more) in [
            ("POST", &[][..]),
            ("HEAD", &[]),
            ("GET", &[("sec-purpose", "prefetch")]),
            ("GET", &[("x-forwarded-host", "evil.example")]),
        ] {
            assert_eq!(seen(method, more, &page(), &[], &[]), None, "{method} {more:?}");
        }
        let of = |fields: &[(&str, &str)], has_session| {
            let visit = visit("GET", "/k/17", fields);
            view(&visit, &page(), has_session, |_| None, &[], &config, NOW)
        };
        let seen_by = |has_session| Some(View { shown: Shown::Nothing, has_session });
        assert_eq!((of(&fields, true), of(&fields, false)), (seen_by(true), seen_by(false)));
        let password = [&fields[..], &[("authorization", "Basic YTpi")]].concat();
        assert_eq!(of(&password, false), seen_by(true));
        assert_eq!(of(&[], false), None, "whoever is no browser");
    }
}
