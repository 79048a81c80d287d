//! The items of lists: what each of them must look like, and what was likely meant by one that does not.

use crate::hints::Origin;
use crate::rewrite::analytics;
use crate::urls::inert_parameters;
use crate::urls::unsafe_urls::UrlGlob;
use url::Url;

/// What became of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// It was understood: the item as it is used.
    Good(String),
    /// It was understood, but it does something else than its writer may think.
    Doubtful {
        /// The item as it is used.
        item: String,
        /// What it does, and what to write.
        why: String,
    },
    /// It was not understood.
    Bad {
        /// What an item must look like.
        why: &'static str,
        /// What was likely meant.
        meant: Option<String>,
    },
}

/// A URL pattern of `UNSAFE_URLS`.
pub(super) fn unsafe_url(text: &str) -> Item {
    pattern(text, "it matches every URL, so no page is speculated on at all")
}

/// A URL pattern of `SAFE_URLS`.
pub(super) fn safe_url(text: &str) -> Item {
    pattern(
        text,
        "it matches every URL, so nothing is refused to a speculation any more, signing out and adding to a cart included; \
         name the paths that are safe",
    )
}

/// A URL pattern of `EFFECT_PATHS` and `EFFECT_PATHS_AT_LEAST_ONCE`.
pub(super) fn effect_path(text: &str) -> Item {
    pattern(
        text,
        "it matches every URL, so the origin is asked twice for each page that is speculated on; name the paths that count \
         something",
    )
}

/// The name of a header field of `VISITOR_ADDRESS`.
pub(super) fn field_name(text: &str) -> Item {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if text.bytes().all(is_token) {
        return Item::Good(text.to_ascii_lowercase());
    }
    let meant = text.trim_end_matches(':');
    let is_meant = !meant.is_empty() && meant.bytes().all(is_token);
    Item::Bad {
        why: "the name of a header field has letters, digits and hyphens only",
        meant: is_meant.then(|| meant.to_owned()),
    }
}

/// The file endings that tell a path without its slash (`index.php/x`) from a host with one (`shop.example/x`).
const FILE_ENDINGS: &[&str] = &["asp", "aspx", "cfm", "cgi", "do", "htm", "html", "jsp", "php", "pl"];

/// Stands for a `*` where a pattern is looked at as a URL.
const ANYTHING: &str = "0anything0";

const NO_HOST: &str = "a pattern is the path of a URL, without scheme and host";

#[inline(never)]
fn pattern(text: &str, about_every: &str) -> Item {
    // A comma that is written like this is meant to be one.
    let item = text.replace("%2C", ",").replace("%2c", ",");
    let path = path_start(&item);
    if path != Some(0) || !is_pattern(&item) {
        return Item::Bad { why: why_bad(&item, path), meant: meant_pattern(&item, path) };
    }
    let why = if item.trim_end_matches('*') == "/" && item != "/" {
        about_every.to_owned()
    } else if text.contains([',', '|']) || text.contains(";/") {
        format!(
            "it is one pattern; if several are meant, write a blank or a comma in front of the \"/\" of each; if one is \
             meant, write \"{}\"",
            text.replace(',', "%2C").replace(';', "%3B").replace('|', "%7C"),
        )
    } else {
        return Item::Good(item);
    };
    Item::Doubtful { item, why }
}

/// Whether there is any URL that a pattern matches: whether it matches itself, as browsers write URLs.
#[inline(never)]
fn is_pattern(text: &str) -> bool {
    let glob = UrlGlob::parse(text).ok();
    glob.zip(as_url(text)).is_some_and(|(glob, url)| glob.is_match(&url))
}

fn as_url(text: &str) -> Option<Url> {
    Url::parse(&format!("https://site.invalid{}", text.replace('*', ANYTHING))).ok()
}

/// Where the path begins in a text that may begin with a scheme and a host; `None` where there is nothing but those.
fn path_start(text: &str) -> Option<usize> {
    let host = match text.find("://").filter(|_| !text.starts_with('/')) {
        Some(end) => end + 3,
        None if text.starts_with("//") => 2,
        None => 0,
    };
    let rest = text.get(host..)?;
    let end = rest.find('/').map(|end| host + end);
    if host > 2 {
        return end;
    }
    let name = rest.split(['/', ':']).next()?;
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    let is_host = ending.is_some_and(|ending| {
        !ending.is_empty()
            && ending.bytes().all(|byte| byte.is_ascii_alphabetic())
            && !FILE_ENDINGS.iter().any(|known| known.eq_ignore_ascii_case(ending))
    });
    Some(end.filter(|_| is_host && !name.contains('?')).unwrap_or(0))
}

/// Why a pattern is none, whose path begins at this place.
fn why_bad(text: &str, path: Option<usize>) -> &'static str {
    if path != Some(0) {
        NO_HOST
    } else if !text.starts_with('/') {
        "a pattern starts with \"/\"; \"*\" stands for anything"
    } else if text.contains('#') {
        "what stands behind \"#\" never leaves the browser, so this matches no URL"
    } else if UrlGlob::parse(text).is_err() {
        "a pattern is at most 500 bytes long"
    } else {
        "browsers write no URL like this (a parameter has a \"=\" and a value, a blank is \"%20\"), so it matches none"
    }
}

/// The pattern that was likely meant by a text whose path begins at this place.
#[inline(never)]
fn meant_pattern(text: &str, path: Option<usize>) -> Option<String> {
    let text = text.get(path?..)?.split('#').next()?.trim_matches(['"', '\'']);
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    let mut meant = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    let mut between = "?";
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        let is_whole = parameter.contains(['=', '*']);
        // What a form writes as "+" is a blank.
        meant = meant + between + &parameter.replace('+', "%20") + if is_whole { "" } else { "=*" };
        between = "&";
    }
    if is_pattern(&meant) {
        return Some(meant);
    }
    let url = as_url(&meant)?;
    let mut meant = url.path().to_owned();
    if let Some(query) = url.query() {
        meant = meant + "?" + query;
    }
    Some(meant.replace(ANYTHING, "*")).filter(|meant| is_pattern(meant))
}

/// The name of a cookie of `SESSION_COOKIES`.
pub(super) fn session_cookie(text: &str) -> Item {
    if text == "*" {
        let why = "it makes every cookie a session, so no visitor is given learned rules and nothing is learned of next pages";
        return Item::Doubtful { item: text.to_owned(), why: why.to_owned() };
    }
    named(
        text,
        is_cookie,
        "a cookie's name has no \";\", \",\", \"=\" or quotes; a \"*\" at its end stands for any ending",
    )
}

/// The name of a cookie of `INERT_COOKIES` or `CSRF_COOKIES`.
pub(super) fn no_session_cookie(text: &str) -> Item {
    if text == "*" {
        let why = "it would take every session for something else; name the cookies";
        return Item::Bad { why, meant: None };
    }
    session_cookie(text)
}

fn is_cookie(text: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b';' | b',' | b'=' | b'"' | b'*');
    let start = text.strip_suffix('*').unwrap_or(text);
    !start.is_empty() && start.bytes().all(is_token)
}

/// A token of an origin trial: base64.
pub(super) fn trial_token(text: &str) -> Item {
    named(
        text,
        |token| (8..=4000).contains(&token.len()) && token.bytes().all(is_base64),
        "an origin-trial token is base64, as Chrome's site for origin trials gives it",
    )
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

/// The name of a query parameter.
pub(super) fn parameter(text: &str) -> Item {
    named(
        text,
        inert_parameters::is_name,
        "a query parameter's name has up to 64 letters, digits, \"_\", \".\", \"~\" and \"-\"; a \"*\" at its end stands for \
         any ending",
    )
}

/// A name, or what is likely meant by one that has a value, quotes or signs around it.
#[inline(never)]
fn named(text: &str, is_name: fn(&str) -> bool, why: &'static str) -> Item {
    if is_name(text) {
        return Item::Good(text.to_owned());
    }
    let meant = text.trim_matches(['"', '\'', '?', '&']).split(['=', ';']).next();
    Item::Bad { why, meant: meant.filter(|meant| is_name(meant)).map(str::to_owned) }
}

/// The name of a host; one that begins with `*.` stands for all names below it.
pub(super) fn host(text: &str) -> Item {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let below = rest.strip_prefix("*.").or_else(|| rest.strip_prefix(['*', '.']));
    let start = if below.is_some() { "*." } else { "" };
    // By way of a URL, which lower-cases and encodes a name as browsers do.
    let origin = Url::parse(&format!("https://{}/", below.unwrap_or(rest))).ok();
    let name = origin.and_then(|url| Origin::of(&url)).map(|origin| format!("{start}{}", origin.host()));
    let is_bare = !text.contains(['/', '@', '?', '#'])
        && (!text.contains(':') || text.ends_with(']'))
        && text.starts_with("*.") == below.is_some();
    match name {
        Some(name) if is_bare => Item::Good(name),
        meant => Item::Bad {
            why: "it must be the name of a host (cdn.example.org); *.example.org stands for all names below",
            meant,
        },
    }
}

/// The origin of another site.
pub(super) fn origin(text: &str) -> Item {
    let has_scheme = text.contains("://");
    let url = Url::parse(&format!("{}{text}", if has_scheme { "" } else { "https://" })).ok();
    let is_whole = has_scheme && url.as_ref().is_some_and(is_bare);
    match url.and_then(|url| Origin::of(&url)).map(String::from) {
        Some(origin) if is_whole => Item::Good(origin),
        meant => Item::Bad {
            why: "it must be an origin, scheme and host without a path (https://shop.example.org)",
            meant,
        },
    }
}

/// Whether nothing stands behind host and port, and nobody's name before them.
pub(super) fn is_bare(url: &Url) -> bool {
    url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none()
}

/// The beginning of a script's URL.
pub(super) fn script(text: &str) -> Item {
    if analytics::is_prefix(text) {
        return Item::Good(text.to_owned());
    }
    let why = "it must be the beginning of a script's URL: a host with or without a path (stats.example.org/js/), or a path of \
               the site (/js/stats.js)";
    Item::Bad { why, meant: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good(text: &str) -> Item {
        Item::Good(text.to_owned())
    }

    fn bad(item: Item) -> (&'static str, Option<String>) {
        match item {
            Item::Bad { why, meant } => (why, meant),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_pattern_that_no_url_matches_is_none() {
        for (text, meant) in [
            ("checkout*", Some("/checkout*")),
            ("*", Some("/*")),
            ("*logout*", Some("/*logout*")),
            ("*.pdf", Some("/*.pdf")),
            ("index.php/admin", Some("/index.php/admin")),
            ("index.php?a=1", Some("/index.php?a=1")),
            ("https://www.example.org/checkout*", Some("/checkout*")),
            ("http://*.example.org/a?b=1", Some("/a?b=1")),
            ("https://localhost:8787/a", Some("/a")),
            ("https://www.example.org", None),
            ("www.example.org/checkout*", Some("/checkout*")),
            ("WWW.Example.org:8443/Checkout", Some("/Checkout")),
            ("//www.example.org/checkout", Some("/checkout")),
            ("/shop#cart", Some("/shop")),
            ("/a/../b", Some("/b")),
            ("/a\\b", Some("/a/b")),
            ("/x?logout", Some("/x?logout=*")),
            ("/x?a=1&logout&b*", Some("/x?a=1&logout=*&b*")),
            ("/search?q=a+b", Some("/search?q=a%20b")),
            ("\"/checkout*\"", Some("/checkout*")),
        ] {
            let (why, found) = bad(unsafe_url(text));
            assert_eq!(found.as_deref(), meant, "{text}: {why}");
        }
        let long = format!("/{}", "x".repeat(500));
        assert_eq!(bad(unsafe_url(&long)), ("a pattern is at most 500 bytes long", None));
        let never = "browsers write no URL like this (a parameter has a \"=\" and a value, a blank is \"%20\"), so it matches \
                     none";
        for (text, why) in [
            ("checkout*", "a pattern starts with \"/\"; \"*\" stands for anything"),
            ("https://www.example.org/checkout*", NO_HOST),
            ("www.example.org/checkout*", NO_HOST),
            ("//www.example.org/checkout", NO_HOST),
            ("/shop#cart", "what stands behind \"#\" never leaves the browser, so this matches no URL"),
            ("/x?logout", never),
            ("/a/../b", never),
        ] {
            assert_eq!(bad(unsafe_url(text)).0, why, "{text}");
        }
    }

    #[test]
    fn a_pattern_that_a_url_can_match_is_one() {
        for (text, url) in [
            ("/checkout*", "/checkout/pay"),
            ("/Checkout*", "/checkout"),
            ("/poll/*/answer", "/poll/7/answer"),
            ("/*?action=rate*", "/a?action=rate7"),
            ("/*?*", "/a?b=1"),
            ("/x?do=", "/x?do"),
            ("/out?to=https://*", "/out?to=https://shop.example"),
            ("/shop.example/x", "/shop.example/x"),
            ("/caf%C3%A9/*", "/caf%C3%A9/menu"),
            ("/caf\u{e9}/*", "/caf%C3%A9/menu"),
            ("/a%20b", "/a%20b"),
            ("/a%2Cb", "/a,b"),
            ("/a//b", "/a//b"),
            ("//b/c", "//b/c"),
            ("/a;jsessionid=*", "/a;jsessionid=7"),
            ("/{x}(y)", "/{x}(y)"),
            ("/", "/"),
        ] {
            let Item::Good(item) = safe_url(text) else { panic!("{text}: {:?}", safe_url(text)) };
            let url = Url::parse(&format!("https://shop.example{url}")).unwrap();
            assert!(UrlGlob::parse(&item).unwrap().is_match(&url), "{text}");
        }
    }

    #[test]
    fn a_pattern_that_does_something_else_than_it_seems_is_said() {
        let doubt = |item: Item| match item {
            Item::Doubtful { why, .. } => why,
            other => panic!("{other:?}"),
        };
        assert!(doubt(unsafe_url("/*")).starts_with("it matches every URL, so no page"));
        assert!(doubt(safe_url("/**")).starts_with("it matches every URL, so nothing is refused"));
        assert!(doubt(effect_path("/*")).starts_with("it matches every URL, so the origin is asked twice"));
        assert_eq!(
            doubt(unsafe_url("/checkout*,account*")),
            "it is one pattern; if several are meant, write a blank or a comma in front of the \"/\" of each; if one is \
             meant, write \"/checkout*%2Caccount*\""
        );
        for text in ["/a;/b", "/a|/b"] {
            doubt(unsafe_url(text));
        }
    }

    #[test]
    fn cookies_have_names() {
        for text in ["sid", "shop_*", "__Host-a.b", "wp-settings-1"] {
            assert_eq!(session_cookie(text), good(text));
            assert_eq!(no_session_cookie(text), good(text));
        }
        for (text, meant) in [
            ("a=b", Some("a")),
            ("\"sid\"", Some("sid")),
            ("*_session", None),
            ("a*b", None),
            ("", None),
            ("**", None),
        ] {
            assert_eq!(bad(session_cookie(text)).1.as_deref(), meant, "{text}");
        }
        assert!(matches!(session_cookie("*"), Item::Doubtful { .. }));
        let why = "it would take every session for something else; name the cookies";
        assert_eq!(bad(no_session_cookie("*")), (why, None));
    }

    #[test]
    fn parameters_hosts_origins_and_scripts_say_what_was_meant() {
        for (text, meant) in
            [("?ref=1", Some("ref")), ("a%20b", None), ("*", None), ("utm_*=", Some("utm_*"))]
        {
            assert_eq!(bad(parameter(text)).1.as_deref(), meant, "{text}");
        }
        for (text, meant) in [
            ("https://Bad.example", Some("bad.example")),
            ("https://*.ads.example/x", Some("*.ads.example")),
            ("bad.example:80", Some("bad.example")),
            ("bad.example/x", Some("bad.example")),
            ("ada@bad.example", Some("bad.example")),
            (".ads.example", Some("*.ads.example")),
            ("*ads.example", Some("*.ads.example")),
            ("*", None),
            ("a b", None),
        ] {
            assert_eq!(bad(host(text)).1.as_deref(), meant, "{text}");
        }
        for (text, name) in [
            ("CDN.example", "cdn.example"),
            ("*.B\u{fc}cher.example", "*.xn--bcher-kva.example"),
            ("[::1]", "[::1]"),
        ] {
            assert_eq!(host(text), good(name));
        }
        for (text, meant) in [
            ("shop.example", Some("https://shop.example")),
            ("shop.example:8080", Some("https://shop.example:8080")),
            ("https://shop.example/path", Some("https://shop.example")),
            ("https://ada@shop.example", Some("https://shop.example")),
            ("ftp://shop.example", None),
            ("*", None),
        ] {
            assert_eq!(bad(origin(text)).1.as_deref(), meant, "{text}");
        }
        for (text, name) in [
            ("https://Shop.example/", "https://shop.example"),
            ("https://shop.example:443", "https://shop.example"),
            ("http://b\u{fc}cher.example:8080", "http://xn--bcher-kva.example:8080"),
        ] {
            assert_eq!(origin(text), good(name));
        }
        assert_eq!(script("stats.example.org/js/"), good("stats.example.org/js/"));
        assert!(bad(script("https://")).0.starts_with("it must be the beginning of a script's URL"));
    }
}
