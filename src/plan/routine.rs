//! What a page's request is counted as, to tell what pages send by themselves: see
//! [`effects::routine`](crate::effects::routine).

use crate::config::Config;
use crate::effects::posted::{self, Dialect, MAX_BYTES, Posted};
use crate::head::Head;
use crate::urls::private_path::looks_private;
use crate::urls::routine;
use crate::visit::fields::Field;
use crate::visit::{Method, Visit};
use url::Url;

/// In which words the body of a `POST` to a URL says what is done, where the URL is the same for everything.
fn dialect_at(url: &Url) -> Option<Dialect> {
    let path = url.path().to_ascii_lowercase();
    if path.ends_with("/admin-ajax.php") {
        let has_action = url.query_pairs().any(|(name, _)| name == "action");
        return (!has_action).then_some(Dialect::WordPress);
    }
    if path.ends_with("/livewire/update") || path.contains("/livewire/message/") {
        return Some(Dialect::Livewire);
    }
    let mut segments = path.split('/').map(|segment| segment.strip_suffix(".json").unwrap_or(segment));
    segments.any(|segment| matches!(segment, "graphql" | "gql")).then_some(Dialect::GraphQl)
}

/// In which words the body of a request says what is done, if something follows from it and it is short enough to be read.
#[must_use]
pub fn dialect(visit: &Visit, config: &Config) -> Option<Dialect> {
    if visit.method != Method::Post
        || visit.is_navigation()
        || !visit.is_browsing()
        || !config.effects.clear_speculations
    {
        return None;
    }
    let length = visit.field(Field::ContentLength)?.parse::<usize>().ok()?;
    dialect_at(&visit.url).filter(|_| length <= MAX_BYTES)
}

/// Whether pages send this by themselves, so that it says nothing of what the visitor does. `posted` is what its body says that is
/// done; `is_learned` says whether most views of its page send it.
#[must_use]
pub fn is_routine(visit: &Visit, posted: Option<&Posted>, is_learned: bool) -> bool {
    is_learned
        || match dialect_at(&visit.url) {
            Some(_) => posted.is_some_and(|posted| posted.is_question),
            None => {
                routine::is_routine(&visit.url)
                    || action(&visit.url).is_some_and(|action| posted::is_question(&action))
            }
        }
}

/// What a URL of `WordPress` says that is done.
fn action(url: &Url) -> Option<String> {
    let mut said = url.query_pairs().filter(|(name, _)| matches!(&**name, "action" | "wc-ajax"));
    said.next().map(|(_, action)| action.into_owned())
}

/// A request that a page sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The site.
    pub site: String,
    /// The path of the page that sends it.
    pub page: String,
    /// What tells it from others of the page: where it is sent, and what is done there.
    pub target: String,
}

/// The request as it is counted, if it may change something or count something; `None` for navigations, for what only asks, and
/// where no page of this site is named.
#[must_use]
pub fn sent(visit: &Visit, head: &Head, posted: Option<&Posted>, config: &Config) -> Option<Sent> {
    let is_picture = visit.method == Method::Get
        && visit.speculation.is_none()
        && head.is_fleeting_picture
        && !is_icon(visit.url.path());
    if !is_picture && (visit.is_safe || visit.is_navigation()) {
        return None;
    }
    let page = visit.sender_url()?;
    // Where everything is sent to the page's own URL, only its body says what is done.
    let path = visit.url.path();
    if path == page.path() {
        return None;
    }
    let target = if is_picture {
        // Its query tells the page, the time, and a number that keeps it out of caches.
        path.to_owned()
    } else if dialect_at(&visit.url).is_some() {
        format!("{path} {}", posted?.name)
    } else {
        // Without the values of its parameters, of which one is often the time.
        let shape = config.urls.inert_parameters.shape(&visit.url);
        action(&visit.url).map_or_else(|| shape.clone(), |action| format!("{shape} {action}"))
    };
    Some(Sent { site: visit.site()?, page: page.path().to_owned(), target })
}

/// Whether browsers ask for a picture by themselves, with each page where no cache keeps it: it counts nothing.
fn is_icon(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    name == "favicon.ico" || name.starts_with("apple-touch-icon")
}

/// What whoever runs the site is told of a request that most views of a page send: it may count them, and would be missing where
/// pages are fetched ahead. `None` where that is taken care of, for what only asks, and for paths that nobody else should read.
#[must_use]
pub fn proposal(visit: &Visit, posted: Option<&Posted>, config: &Config) -> Option<String> {
    let path = visit.url.path();
    let is_known = config.effects.paths.delivery_of(&visit.url).is_some() || looks_private(path);
    if is_known || posted.is_some_and(|posted| posted.is_question) {
        return None;
    }
    let does = if visit.is_safe { "load a picture that no cache keeps from" } else { "send something to" };
    Some(format!(
        "most views of a page {does} {path}; if that counts visits, name it in EFFECT_PATHS, so that what is fetched ahead \
         counts once it is shown"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::{config, visit};

    const FETCH: [(&str, &str); 3] = [
        ("sec-fetch-mode", "cors"),
        ("sec-fetch-site", "same-origin"),
        ("referer", "https://shop.example/a?b=1"),
    ];

    #[test]
    fn what_most_views_send_is_proposed_unless_it_is_named_already() {
        let proposal = |method: &str, path: &str, paths: &str| {
            proposal(&visit(method, path, &[]), None, &config(&[("EFFECT_PATHS", paths)]))
        };
        let posts = proposal("POST", "/count", "").unwrap();
        assert!(posts.starts_with("most views of a page send something to /count; "), "{posts}");
        let picture = proposal("GET", "/pixel.gif?page=/a", "").unwrap();
        assert!(
            picture.starts_with("most views of a page load a picture that no cache keeps from /pixel.gif; "),
            "{picture}"
        );
        assert_eq!(proposal("POST", "/count", "/count"), None);
        assert_eq!(proposal("POST", "/users/ada@shop.example/seen", ""), None);
        let question = Posted { name: "Product".to_owned(), is_question: true };
        assert_eq!(super::proposal(&visit("POST", "/graphql", &[]), Some(&question), &config(&[])), None);
    }

    #[test]
    fn only_what_a_page_of_this_site_sends_is_counted() {
        let counted = |method: &str, path: &str, fields: &[(&str, &str)], head: &Head| {
            let config = config(&[]);
            sent(&visit(method, path, fields), head, None, &config)
                .map(|sent| (sent.site, sent.page, sent.target))
        };
        let head = Head::default();
        let of = |target: &str| Some(("shop.example".to_owned(), "/a".to_owned(), target.to_owned()));
        assert_eq!(counted("POST", "/api/cart?t=17&x=1", &FETCH, &head), of("/api/cart?t&x"));
        assert_eq!(
            counted("POST", "/?wc-ajax=add_to_cart", &FETCH, &head),
            of("/?wc-ajax=add_to_cart add_to_cart")
        );
        assert_eq!(counted("GET", "/api/cart", &FETCH, &head), None);
        for path in ["/a", "/livewire/update", "/graphql"] {
            assert_eq!(counted("POST", path, &FETCH, &head), None, "{path}");
        }
        assert_eq!(counted("POST", "/form", &[("sec-fetch-mode", "navigate"), FETCH[2]], &head), None);
        assert_eq!(counted("POST", "/form", &[FETCH[0], ("referer", "https://other.example/")], &head), None);
        assert_eq!(counted("POST", "/form", &[FETCH[0]], &head), None);
        let pixel = Head { is_fleeting_picture: true, ..Head::default() };
        assert_eq!(counted("GET", "/pixel.gif?now=1", &FETCH, &pixel), of("/pixel.gif"));
        let rendered = [&FETCH[..], &[("sec-purpose", "prefetch;prerender")]].concat();
        assert_eq!(counted("GET", "/pixel.gif", &rendered, &pixel), None);
        for icon in ["/favicon.ico", "/shop/favicon.ico", "/apple-touch-icon-120x120.png"] {
            assert_eq!(counted("GET", icon, &FETCH, &pixel), None, "{icon}");
        }
    }

    #[test]
    fn what_a_body_says_is_counted_apart() {
        let posted = |name: &str| Posted { name: name.to_owned(), is_question: false };
        let target = |path: &str, name: &str| {
            sent(&visit("POST", path, &FETCH), &Head::default(), Some(&posted(name)), &config(&[]))
                .unwrap()
                .target
        };
        assert_eq!(target("/graphql?v=1", "TrackView"), "/graphql TrackView");
        assert_eq!(target("/wp-admin/admin-ajax.php", "heartbeat"), "/wp-admin/admin-ajax.php heartbeat");
        assert_eq!(target("/api/cart", "x"), "/api/cart");
    }

    #[test]
    fn a_body_is_read_where_its_url_is_the_same_for_everything() {
        let dialect = |method: &str, path: &str, fields: &[(&str, &str)], variables: &[(&str, &str)]| {
            dialect(&visit(method, path, fields), &config(variables))
        };
        let with_length = |length| [&FETCH[..], &[("content-length", length)]].concat();
        let fields = with_length("65536");
        for path in ["/graphql", "/api/2026-01/graphql.json", "/GQL", "/api/graphql/v1?x=1"] {
            assert_eq!(dialect("POST", path, &fields, &[]), Some(Dialect::GraphQl), "{path}");
        }
        let admin = "/wp-admin/admin-ajax.php";
        assert_eq!(dialect("POST", admin, &fields, &[]), Some(Dialect::WordPress));
        assert_eq!(dialect("POST", "/wp-admin/admin-ajax.php?action=x", &fields, &[]), None);
        assert_eq!(dialect("POST", "/docs/graphql-intro", &fields, &[]), None);
        assert_eq!(dialect("GET", admin, &fields, &[]), None);
        assert_eq!(dialect("POST", admin, &FETCH, &[]), None, "nobody knows how long it is");
        assert_eq!(dialect("POST", admin, &with_length("65537"), &[]), None);
        assert_eq!(dialect("POST", admin, &[("sec-fetch-mode", "navigate"), fields[3]], &[]), None);
        assert_eq!(dialect("POST", admin, &[("sec-fetch-mode", "no-cors"), fields[3]], &[]), None);
        assert_eq!(dialect("POST", admin, &fields, &[("CLEAR_SPECULATIONS", "off")]), None);
    }

    #[test]
    fn what_acts_is_told_from_what_asks_by_url_body_or_habit() {
        let is_routine = |path: &str, is_question: Option<bool>, is_learned| {
            let posted = is_question.map(|is_question| Posted { name: String::new(), is_question });
            is_routine(&visit("POST", path, &FETCH), posted.as_ref(), is_learned)
        };
        assert!(is_routine("/graphql", Some(true), false));
        assert!(!is_routine("/graphql", Some(false), false) && !is_routine("/graphql", None, false));
        assert!(is_routine("/graphql", Some(false), true), "most views send it");
        assert!(!is_routine("/wp-admin/admin-ajax.php", None, false));
        assert!(is_routine("/matomo/collect", None, false) && !is_routine("/api/cart", None, false));
        assert!(is_routine("/wp-admin/admin-ajax.php?action=load_more_posts", None, false));
        assert!(!is_routine("/wp-admin/admin-ajax.php?action=add_to_cart", None, false));
        assert!(
            is_routine("/livewire/update", Some(true), false) && !is_routine("/livewire/update", None, false)
        );
    }
}
