//! Decides which answers to refused speculations are kept for the click, and which requests are given one: see
//! [`effects::kept_answer`](crate::effects::kept_answer).

use super::html_edits;
use crate::config::Config;
use crate::effects::class::Class;
use crate::effects::cookie::{self, MAX_LINES, SetCookie};
use crate::effects::kept_answer::MAX_BODY_BYTES;
use crate::head::{Content, Head, is_redirect};
use crate::ineligible::{Ineligible, Refusal};
use crate::sorting;
use crate::visit::Visit;

/// Header fields of a connection alone. Beside them, what is said of the very bytes of a body is untrue of it as it is kept, which is
/// decoded.
const OF_CONNECTION: [&str; 2] = ["transfer-encoding", "connection"];

/// The shortest value of a session that nobody guesses, in bytes.
const MIN_SESSION_BYTES: usize = 16;

/// How the names of cookies begin that scripts of analytics change all the time. No answer depends on them.
const CHANGING: [&str; 14] = [
    "_ga", "_gid", "_gat", "_gcl", "_fbp", "_hj", "_cls", "_clck", "_uet", "__utm", "_pk_", "_dc_gtm",
    "amp_", "__hs",
];

/// Under which key the answer to a speculation that is refused is kept for the same visitor's click; `None` where it is not.
///
/// It is kept where the origin may have done something that the click would have it do again: it has answered with a page, a
/// redirect, or something short that is no page, and that was refused for what it sets or shows. And only for a visitor whose session tells them from everybody else: two
/// people in one office may have the same browser and network, and neither may get the other's answer. What counts on
/// `EFFECT_PATHS` does not count speculations, so that there the click has to reach the origin, and so it has with a campaign,
/// which was left out.
#[must_use]
pub fn to_keep(visit: &Visit, head: &Head, refusal: &Refusal, config: &Config) -> Option<String> {
    let is_for_page =
        visit.is_speculative_navigation() || (visit.is_prefetch_by_page() && !visit.has_script_mark());
    let is_page =
        head.status == 200 && head.content == Content::Page && head.is_readable && !head.is_attachment;
    let is_refused_for_it = matches!(
        refusal.why,
        Ineligible::SetCookie { .. }
            | Ineligible::Effect(_)
            | Ineligible::ClearsSiteData
            | Ineligible::Shows(_)
    );
    // What is long is left to the click, so that nobody waits for it, or pays for it.
    let is_short = matches!(refusal.why, Ineligible::Shows(_))
        && (matches!(head.status, 204 | 205)
            || (head.status == 200 && head.length.is_some_and(|length| length <= MAX_BODY_BYTES)));
    let is_kept = is_for_page
        && (is_page || is_short || is_redirect(head.status))
        && is_refused_for_it
        && !visit.is_isolated()
        && visit.is_public()
        && !visit.names_another_host()
        && !config.urls.inert_parameters.has_any(&visit.url)
        && config.effects.paths.delivery_of(&visit.url).is_none();
    // The click brings what the refusal gives.
    let cookies = || cookie::after(visit.cookies(), refusal.renewed.iter().map(String::as_str));
    if is_kept { key(visit, &cookies(), config) } else { None }
}

/// Under which key an answer may be kept for a request: a visitor's navigation that asks for no newer one.
#[must_use]
pub fn to_take(visit: &Visit, config: &Config) -> Option<String> {
    let is_click = visit.speculation.is_none()
        && visit.is_public()
        && visit.is_navigation()
        && !visit.is_for_part()
        && matches!(visit.destination(), None | Some("document"))
        && !visit.is_reload()
        && !visit.names_another_host();
    if is_click { key(visit, visit.cookies(), config) } else { None }
}

/// Whether a header field goes with a kept answer.
#[must_use]
pub fn is_kept(field: &str) -> bool {
    !html_edits::of_bytes().chain(OF_CONNECTION).any(|name| field.eq_ignore_ascii_case(name))
}

/// What tells the visitor, the URL, and all on which the answer may depend: the page from which they come, and their cookies but
/// those of analytics.
fn key(visit: &Visit, cookies: &str, config: &Config) -> Option<String> {
    let who = who_with(visit, cookies, config)?;
    let cookies = lasting(cookies, config);
    let referer = visit.referer().unwrap_or_default();
    Some(format!("{who}{}\n{referer}\n{cookies}", visit.url))
}

/// What tells the visitor, with which the keys of all answers begin that are kept for them: their sessions, their browser and their
/// network. `None` for a visitor without a session that nobody guesses.
#[must_use]
pub fn who(visit: &Visit, config: &Config) -> Option<String> {
    who_with(visit, visit.cookies(), config)
}

/// The same of a visitor who has these cookies.
fn who_with(visit: &Visit, cookies: &str, config: &Config) -> Option<String> {
    let sessions = sessions(cookies, MIN_SESSION_BYTES, config);
    // No header field holds a line break.
    (!sessions.is_empty()).then(|| format!("{}\n{sessions}\n\n", visit.browser().join("\n")))
}

/// The cookies on which an answer may depend, in order: all but those of analytics, of the network and of load balancers.
pub(super) fn lasting(cookies: &str, config: &Config) -> String {
    let is_changing = |name: &str| {
        CHANGING.iter().any(|start| name.starts_with(start)) || config.effects.cookies.says_nothing(name)
    };
    sorted(cookie::pairs(cookies).filter(|(name, _)| !is_changing(name)))
}

/// The sessions among them that have so many bytes, in order.
pub(super) fn sessions(cookies: &str, min_bytes: usize, config: &Config) -> String {
    let is_session = |(name, value): &(&str, &str)| {
        value.len() >= min_bytes && config.effects.cookies.of_name(name) == Class::Session
    };
    sorted(cookie::pairs(cookies).filter(is_session))
}

fn sorted<'a>(cookies: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut cookies: Vec<String> = cookies.map(|(name, value)| format!("{name}={value}")).collect();
    sorting::sort(&mut cookies);
    cookies.join("; ")
}

/// Whether an answer to what a visitor does may have made what is kept for them untrue. More readily than a browser is told to
/// forget what it has fetched ahead: all that is lost is that an origin is asked again. What is renewed with any answer tells
/// nothing, nor does what is inert: a view depends on it by its value, if at all, which is part of the key.
#[must_use]
pub fn may_have_changed(visit: &Visit, head: &Head, clears: bool, config: &Config) -> bool {
    let classes = &config.effects.cookies;
    let is_idle = |line: &String| {
        let name = SetCookie::parse(line).name;
        classes.says_nothing(name) || classes.of_name(name) == Class::Inert
    };
    let tells = || head.set_cookies.len() > MAX_LINES || !head.set_cookies.iter().all(is_idle);
    visit.speculation.is_none() && (clears || !visit.is_safe || head.clears_site_data || tells())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::Content;
    use crate::ineligible::Memory;
    use crate::ineligible::shown::Shown;
    use crate::plan::tests::{PREFETCH, config, visit};

    const SESSION: &str = "session=0123456789abcdef";
    const WHO: [(&str, &str); 4] = [
        ("user-agent", "Test/1"),
        ("cf-connecting-ip", "192.0.2.7"),
        ("referer", "https://shop.example/list"),
        ("cookie", SESSION),
    ];
    const CLICK: [(&str, &str); 2] = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];

    fn refusal(why: Ineligible) -> Refusal {
        Refusal::new(why, Memory::Page)
    }

    fn redirect() -> Head {
        Head { status: 302, location: Some("/".to_owned()), ..Head::default() }
    }

    /// The fields of [`WHO`], with these in the place of those of the same name.
    fn who_with<'a>(
        fields: &[(&'a str, &'a str)],
        changes: &[(&'a str, &'a str)],
    ) -> Vec<(&'a str, &'a str)> {
        let is_changed = |name: &str| changes.iter().any(|(changed, _)| *changed == name);
        let kept = WHO.into_iter().filter(|(name, _)| !is_changed(name));
        fields.iter().copied().chain(kept).chain(changes.iter().copied()).collect()
    }

    #[test]
    fn the_click_of_the_same_visitor_gets_what_the_refused_speculation_was_answered() {
        let config = config(&[]);
        let why = refusal(Ineligible::cookie("cart", false));
        let asked = |cookies: &str| {
            let fields = who_with(&PREFETCH, &[("cookie", cookies)]);
            to_keep(&visit("GET", "/add?id=7", &fields), &redirect(), &why, &config)
        };
        let clicked = |path: &str, changes: &[(&str, &str)]| {
            to_take(&visit("GET", path, &who_with(&CLICK, changes)), &config)
        };
        let kept = asked(&format!("AWSALB=v1; {SESSION}; _ga=1; theme=dark"));
        assert!(kept.is_some());
        let same = format!("_ga=2; theme=dark; {SESSION}; _gid=3; __cf_bm=x; AWSALB=v2; TS01a2b3c4=5");
        assert_eq!(clicked("/add?id=7", &[("cookie", &same)]), kept);
        for (path, changes) in [
            ("/add?id=8", [("cookie", same.as_str())]),
            ("/add?id=7", [("cookie", "session=fedcba9876543210; theme=dark")]),
            ("/add?id=7", [("cookie", "session=0123456789abcdef; theme=light")]),
            ("/add?id=7", [("cookie", "session=0123456789abcdef")]),
        ] {
            assert_ne!(clicked(path, &changes), kept, "{path} {changes:?}");
        }
        for other in [
            ("user-agent", "Test/2"),
            ("cf-connecting-ip", "192.0.2.8"),
            ("referer", "https://shop.example/b"),
        ] {
            assert_ne!(clicked("/add?id=7", &[("cookie", &same), other]), kept, "{other:?}");
        }
        let own =
            who(&visit("GET", "/b", &who_with(&CLICK, &[("cookie", &format!("x=1; {SESSION}"))])), &config)
                .unwrap();
        assert!(kept.is_some_and(|kept| kept.starts_with(&own)));
        // Two people in one office.
        for cookies in ["", "theme=dark", "session=1", "_ga=0123456789abcdef"] {
            assert_eq!(asked(cookies), None, "{cookies}");
            assert_eq!(clicked("/add?id=7", &[("cookie", cookies)]), None, "{cookies}");
        }
    }

    #[test]
    fn the_click_brings_the_session_that_came_with_the_refusal() {
        let config = config(&[]);
        let renewed = vec!["session=fedcba9876543210; Path=/; HttpOnly".to_owned()];
        let refusal = Refusal { renewed, ..refusal(Ineligible::cookie("cart", false)) };
        let kept = to_keep(&visit("GET", "/add", &who_with(&PREFETCH, &[])), &redirect(), &refusal, &config);
        let clicked =
            |cookie| to_take(&visit("GET", "/add", &who_with(&CLICK, &[("cookie", cookie)])), &config);
        assert!(kept.is_some());
        assert_eq!(clicked("session=fedcba9876543210"), kept);
        assert_ne!(clicked(SESSION), kept);
    }

    #[test]
    fn only_what_may_have_been_done_is_kept() {
        let config = config(&[("EFFECT_PATHS", "/count")]);
        let why = || refusal(Ineligible::cookie("cart", false));
        let kept = |path: &str, fields: &[(&str, &str)], head: &Head, refusal: &Refusal| {
            to_keep(&visit("GET", path, &who_with(fields, &[])), head, refusal, &config).is_some()
        };
        let page = |status, content| Head { status, content, is_readable: true, ..Head::default() };
        assert!(kept("/a", &PREFETCH, &page(200, Content::Page), &why()));
        assert!(kept("/a", &PREFETCH, &redirect(), &refusal(Ineligible::ClearsSiteData)));
        assert!(!kept("/a", &PREFETCH, &redirect(), &refusal(Ineligible::Busy)));
        assert!(!kept("/a", &PREFETCH, &page(500, Content::Html), &why()));
        assert!(!kept("/a", &PREFETCH, &page(200, Content::Other), &why()));
        let encoded = Head { is_readable: false, ..page(200, Content::Page) };
        assert!(!kept("/a", &PREFETCH, &encoded, &why()), "nobody decodes it");
        assert!(!kept("/count", &PREFETCH, &redirect(), &why()), "the click has to be counted");
        assert!(!kept("/a?utm_source=x", &PREFETCH, &redirect(), &why()), "and the campaign");
        for (name, value) in [("authorization", "Basic YQ=="), ("x-forwarded-host", "evil.example")] {
            assert!(!kept("/a", &[&PREFETCH[..], &[(name, value)]].concat(), &redirect(), &why()), "{name}");
        }
        let link = [("sec-purpose", "prefetch"), ("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "empty")];
        assert!(kept("/a", &link, &redirect(), &why()));
        let inertia = [&link[..], &[("x-inertia", "true")]].concat();
        assert!(!kept("/a", &inertia, &redirect(), &why()), "a click asks for something else");
    }

    #[test]
    fn what_is_no_page_is_kept_where_it_is_short_and_was_refused_for_that() {
        let config = config(&[]);
        let kept = |head: &Head, why: Ineligible| {
            let refusal = Refusal::new(why, Memory::Page);
            to_keep(&visit("GET", "/a", &who_with(&PREFETCH, &[])), head, &refusal, &config).is_some()
        };
        let shows = |shown| Ineligible::Shows(shown);
        let file = |length| Head { status: 200, length, ..Head::default() };
        let empty = Head { status: 204, ..Head::default() };
        for shown in [Shown::LeavesSite { has_session: true }, Shown::LeadsBack { from: 1, is_named: false }]
        {
            assert!(kept(&redirect(), shows(shown)), "{shown:?}");
        }
        assert!(kept(&file(Some(MAX_BODY_BYTES)), shows(Shown::Download)), "a link that is good once, say");
        assert!(!kept(&file(Some(MAX_BODY_BYTES + 1)), shows(Shown::Download)));
        assert!(!kept(&file(None), shows(Shown::NoPage)), "nobody knows how long it is");
        assert!(kept(&empty, shows(Shown::NoPage)));
        assert!(!kept(&file(Some(1)), Ineligible::cookie("a", false)), "not a reason of its own");
    }

    #[test]
    fn only_a_click_is_given_what_was_kept() {
        let takes = |method: &str, fields: &[(&str, &str)]| {
            to_take(&visit(method, "/a", &who_with(fields, &[])), &config(&[])).is_some()
        };
        assert!(takes("GET", &CLICK));
        assert!(!takes("POST", &CLICK) && !takes("HEAD", &CLICK) && !takes("GET", &[]));
        assert!(!takes("GET", &[CLICK[0], ("sec-fetch-dest", "iframe")]));
        assert!(!takes("GET", &[CLICK[0], CLICK[1], ("cache-control", "max-age=0")]), "a reload");
        assert!(!takes("GET", &PREFETCH));
        let by_worker = |said| [CLICK[0], CLICK[1], ("service-worker-navigation-preload", said)];
        assert!(takes("GET", &by_worker("true")) && !takes("GET", &by_worker("part")), "a part of it");
    }

    #[test]
    fn whatever_may_have_changed_something_makes_it_untrue() {
        let config = config(&[]);
        let changed = |method: &str, head: &Head, clears| {
            may_have_changed(&visit(method, "/a", &CLICK), head, clears, &config)
        };
        let of = |lines: &[&str]| Head {
            set_cookies: lines.iter().map(|line| (*line).to_owned()).collect(),
            ..Head::default()
        };
        let setting = of(&["a=1"]);
        assert!(changed("POST", &Head::default(), false) && changed("DELETE", &Head::default(), false));
        assert!(changed("GET", &setting, false) && changed("GET", &Head::default(), true));
        assert!(changed("GET", &Head { clears_site_data: true, ..Head::default() }, false));
        assert!(!changed("GET", &Head::default(), false));
        assert!(!may_have_changed(&visit("GET", "/a", &PREFETCH), &setting, true, &config));
        let idle = ["AWSALB=2; Path=/", "AWSALBAPP-0=_remove_; Path=/", "__cf_bm=3; HttpOnly", "_ga=4"];
        assert!(!changed("GET", &of(&idle), false), "they come with any answer");
        for line in ["session=2; HttpOnly", "cart=1", "messages=Added", "x=1", "AWSALB2=1"] {
            assert!(changed("GET", &of(&[&idle[..], &[line]].concat()), false), "{line}");
        }
        assert!(changed("GET", &of(&["AWSALB=2"; MAX_LINES + 1]), false), "not all of them are read");
    }

    #[test]
    fn what_is_said_of_the_bytes_on_the_way_is_not_kept() {
        assert!(is_kept("set-cookie") && is_kept("location") && is_kept("content-type"));
        for field in
            ["Content-Length", "content-encoding", "Content-Digest", "unencoded-digest", "ETag", "Connection"]
        {
            assert!(!is_kept(field), "{field}");
        }
    }
}
