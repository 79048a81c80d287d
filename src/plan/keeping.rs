//! Decides which answers to refused speculations are kept for the click, and which requests are given one: see
//! [`effects::kept_answer`](crate::effects::kept_answer).

use crate::config::Config;
use crate::effects::class::Class;
use crate::effects::cookie;
use crate::head::{Head, is_redirect};
use crate::ineligible::{Ineligible, Refusal};
use crate::visit::{Visit, script_marks};

/// Header fields that say something of the bytes on the way, and are untrue of the body as it is kept.
const OF_BYTES: [&str; 4] = ["content-length", "content-encoding", "transfer-encoding", "connection"];

/// Under which key the answer to a speculation that is refused is kept for the same visitor's click; `None` where it is not.
///
/// It is kept where the origin may have done something that the click would have it do again: it has answered with a page or a
/// redirect, and that was refused for what it sets. What counts on `EFFECT_PATHS` does not count speculations, so that there the
/// click has to reach the origin.
#[must_use]
pub fn to_keep(visit: &Visit, head: &Head, refusal: &Refusal, config: &Config) -> Option<String> {
    let is_for_page = visit.is_speculative_navigation()
        || (visit.is_prefetch_by_page() && !script_marks().any(|mark| visit.field(mark).is_some()));
    let is_page = (head.status == 200 && head.is_html() && !head.is_attachment) || is_redirect(head.status);
    let is_refused_for_it = matches!(
        refusal.why,
        Ineligible::SetCookie { .. } | Ineligible::Effect(_) | Ineligible::ClearsSiteData
    );
    let is_kept = is_for_page
        && is_page
        && is_refused_for_it
        && !visit.is_isolated()
        && visit.is_public()
        && config.effects.paths.delivery_of(&visit.url).is_none();
    is_kept.then(|| key(visit, config))
}

/// Under which key an answer may be kept for a request: a visitor's navigation that asks for no newer one.
#[must_use]
pub fn to_take(visit: &Visit, config: &Config) -> Option<String> {
    let is_click = visit.speculation.is_none()
        && visit.is_public()
        && visit.is_navigation()
        && matches!(visit.destination(), None | Some("document"))
        && !visit.is_reload();
    is_click.then(|| key(visit, config))
}

/// Whether a header field goes with a kept answer.
#[must_use]
pub fn is_kept(field: &str) -> bool {
    !OF_BYTES.iter().any(|name| field.eq_ignore_ascii_case(name))
}

/// What tells the visitor and the URL.
fn key(visit: &Visit, config: &Config) -> String {
    format!("{}{}", who(visit, config), visit.url)
}

/// What tells the visitor, with which the keys of all answers begin that are kept for them: all that differs from one browser to
/// the next, and each cookie on which an answer may depend. What analytics change all the time is left out.
#[must_use]
pub fn who(visit: &Visit, config: &Config) -> String {
    let mut cookies: Vec<String> = cookie::pairs(visit.cookies())
        .filter(|(name, _)| config.effects.cookies.of_name(name) != Class::Inert)
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    cookies.sort_unstable();
    let parts = visit.browser().into_iter().chain(cookies);
    // No header field holds a line break.
    parts.map(|part| part + "\n").chain(std::iter::once("\n".to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::Content;
    use crate::ineligible::Memory;
    use crate::plan::tests::{PREFETCH, config, visit};

    const CLICK: [(&str, &str); 2] = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];

    fn refusal(why: Ineligible) -> Refusal {
        Refusal { why, memory: Memory::Page }
    }

    fn redirect() -> Head {
        Head { status: 302, location: Some("/".to_owned()), ..Head::default() }
    }

    #[test]
    fn the_click_of_the_same_visitor_gets_what_the_refused_speculation_was_answered() {
        let config = config(&[]);
        let who = [("user-agent", "Test/1"), ("cf-connecting-ip", "192.0.2.7")];
        let asked = |more: &[(&'static str, &'static str)], path: &str| {
            let fields = [&PREFETCH[..], &who, more].concat();
            to_keep(
                &visit("GET", path, &fields),
                &redirect(),
                &refusal(Ineligible::cookie("cart", false)),
                &config,
            )
        };
        let clicked = |more: &[(&'static str, &'static str)], path: &str| {
            to_take(&visit("GET", path, &[&CLICK[..], &who, more].concat()), &config)
        };
        let kept = asked(&[("cookie", "session=1; _ga=1")], "/add?id=7");
        assert!(kept.is_some());
        assert_eq!(clicked(&[("cookie", "_ga=2; session=1; _gid=3")], "/add?id=7"), kept);
        for (cookies, path) in [("session=2", "/add?id=7"), ("", "/add?id=7"), ("session=1", "/add?id=8")] {
            assert_ne!(clicked(&[("cookie", cookies)], path), kept, "{cookies} {path}");
        }
        let own = super::who(&visit("GET", "/b", &[who[0], who[1], ("cookie", "session=1")]), &config);
        assert!(kept.as_ref().is_some_and(|kept| kept.starts_with(&own)));
        let other = [&CLICK[..], &[("user-agent", "Test/2"), who[1], ("cookie", "session=1")]].concat();
        assert_ne!(to_take(&visit("GET", "/add?id=7", &other), &config), kept);
    }

    #[test]
    fn only_what_may_have_been_done_is_kept() {
        let config = config(&[("EFFECT_PATHS", "/count")]);
        let why = || refusal(Ineligible::cookie("cart", false));
        let kept = |path: &str, fields: &[(&str, &str)], head: &Head, refusal: &Refusal| {
            to_keep(&visit("GET", path, fields), head, refusal, &config).is_some()
        };
        let page = |status, content| Head { status, content, ..Head::default() };
        assert!(kept("/a", &PREFETCH, &page(200, Content::Page), &why()));
        assert!(kept("/a", &PREFETCH, &redirect(), &refusal(Ineligible::ClearsSiteData)));
        assert!(!kept("/a", &PREFETCH, &redirect(), &refusal(Ineligible::Busy)));
        assert!(!kept("/a", &PREFETCH, &page(500, Content::Html), &why()));
        assert!(!kept("/a", &PREFETCH, &page(200, Content::Other), &why()));
        assert!(!kept("/count", &PREFETCH, &redirect(), &why()), "the click has to be counted");
        let password = [&PREFETCH[..], &[("authorization", "Basic YQ==")]].concat();
        assert!(!kept("/a", &password, &redirect(), &why()));
        let link = [("sec-purpose", "prefetch"), ("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "empty")];
        assert!(kept("/a", &link, &redirect(), &why()));
        let inertia = [&link[..], &[("x-inertia", "true")]].concat();
        assert!(!kept("/a", &inertia, &redirect(), &why()), "a click asks for something else");
    }

    #[test]
    fn only_a_click_is_given_what_was_kept() {
        let takes = |method: &str, fields: &[(&str, &str)]| {
            to_take(&visit(method, "/a", fields), &config(&[])).is_some()
        };
        assert!(takes("GET", &CLICK));
        assert!(!takes("POST", &CLICK) && !takes("HEAD", &CLICK) && !takes("GET", &[]));
        assert!(!takes("GET", &[CLICK[0], ("sec-fetch-dest", "iframe")]));
        assert!(!takes("GET", &[CLICK[0], CLICK[1], ("cache-control", "max-age=0")]), "a reload");
        assert!(!takes("GET", &PREFETCH));
    }

    #[test]
    fn what_is_said_of_the_bytes_on_the_way_is_not_kept() {
        assert!(is_kept("set-cookie") && is_kept("location") && is_kept("content-type"));
        assert!(!is_kept("Content-Length") && !is_kept("content-encoding"));
    }
}
