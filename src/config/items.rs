//! The items of lists: what each of them must look like, and what was likely meant by one that does not.

use crate::hints::Origin;
use crate::rewrite::analytics;
use crate::urls::inert_parameters;
use crate::urls::unsafe_urls::UrlGlob;
use url::Url;

/// What became of an item.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Item<T> {
    /// It was understood.
    Good(T),
    /// It was understood, but it does something else than its writer may think; the text says what, and what to write.
    Doubtful(T, String),
    /// It was not understood.
    Bad {
        /// What an item must look like.
        why: String,
        /// What was likely meant, as it is written and as it is used.
        meant: Option<(String, T)>,
    },
}

impl<T> Item<T> {
    fn bad(why: &str) -> Self {
        Self::Bad { why: why.to_owned(), meant: None }
    }
}

/// A URL pattern of `UNSAFE_URLS`.
pub(super) fn unsafe_url(text: &str) -> Item<UrlGlob> {
    pattern(text, "matches every URL, so no page is speculated on at all")
}

/// A URL pattern of `SAFE_URLS`.
pub(super) fn safe_url(text: &str) -> Item<UrlGlob> {
    pattern(
        text,
        "matches every URL, so nothing is refused to a speculation any more, signing out and adding to a cart included; \
         name the paths that are safe",
    )
}

/// A URL pattern of `EFFECT_PATHS` and `EFFECT_PATHS_AT_LEAST_ONCE`.
pub(super) fn effect_path(text: &str) -> Item<UrlGlob> {
    pattern(
        text,
        "matches every URL, so the origin is asked twice for each page that is speculated on; name the paths that count \
         something",
    )
}

/// The file endings that tell a path without its slash (`index.php/x`) from a host with one (`shop.example/x`).
const FILE_ENDINGS: &[&str] = &["asp", "aspx", "cfm", "cgi", "do", "htm", "html", "jsp", "php", "pl"];

/// Stands for a `*` where a pattern is looked at as a URL.
const ANYTHING: &str = "0anything0";

fn pattern(text: &str, about_every: &str) -> Item<UrlGlob> {
    // A comma that is written like this is meant to be one.
    let written = text.replace("%2C", ",").replace("%2c", ",");
    let glob = match UrlGlob::parse(&written) {
        Ok(glob) => glob,
        Err(why) => {
            let has_host = written.contains("://") || host_ends(&written).is_some();
            let why = if has_host { NO_HOST.to_owned() } else { why };
            return Item::Bad { why, meant: meant_pattern(&written) };
        }
    };
    let has_host = written.starts_with("//") && host_ends(written.trim_start_matches('/')).is_some();
    if has_host || !can_match(&glob, &written) {
        return Item::Bad { why: why_never(&written).to_owned(), meant: meant_pattern(&written) };
    }
    let is_every = written
        .strip_prefix('/')
        .is_some_and(|rest| rest.starts_with('*') && rest.replace('*', "").is_empty());
    if is_every {
        return Item::Doubtful(glob, about_every.to_owned());
    }
    for between in [",", ";/", "|"] {
        if text.contains(between) {
            let why = format!(
                "is one pattern; if several are meant, write a blank or a comma in front of the \"/\" of each; if one is \
                 meant, write \"{}\"",
                text.replace(',', "%2C").replace(';', "%3B").replace('|', "%7C"),
            );
            return Item::Doubtful(glob, why);
        }
    }
    Item::Good(glob)
}

const NO_HOST: &str = "a pattern is the path of a URL, without scheme and host";

/// Whether there is any URL that a pattern matches: whether it matches itself, as browsers write URLs.
fn can_match(glob: &UrlGlob, text: &str) -> bool {
    as_url(text).is_some_and(|url| glob.is_match(&url))
}

fn as_url(text: &str) -> Option<Url> {
    Url::parse(&format!("https://site.invalid{}", text.replace('*', ANYTHING))).ok()
}

/// Why a pattern that begins with a slash matches nothing.
fn why_never(text: &str) -> &'static str {
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    if text.contains('#') {
        "what stands behind \"#\" never leaves the browser, so this matches no URL"
    } else if path.starts_with("//") {
        NO_HOST
    } else if query.split('&').any(|parameter| !parameter.contains(['=', '*'])) && !query.is_empty() {
        "a parameter is matched with its \"=\" and its value, so this matches no URL"
    } else {
        "browsers write no URL like this, so it matches none"
    }
}

/// The pattern that was likely meant.
fn meant_pattern(text: &str) -> Option<(String, UrlGlob)> {
    let text = text.split('#').next().unwrap_or_default().trim_matches(['"', '\'']);
    let path = if let Some((_, rest)) = text.split_once("://") {
        rest.get(rest.find('/')?..)?.to_owned()
    } else if let Some(end) = host_ends(text.trim_start_matches('/')) {
        text.trim_start_matches('/').get(end..)?.to_owned()
    } else if text.starts_with('/') {
        text.to_owned()
    } else {
        format!("/{text}")
    };
    let (path, query) = path.split_once('?').unwrap_or((&path, ""));
    let mut meant = path.to_owned();
    for (at, parameter) in query.split('&').filter(|parameter| !parameter.is_empty()).enumerate() {
        meant.push(if at == 0 { '?' } else { '&' });
        // What a form writes as "+" is a blank.
        meant.push_str(&parameter.replace('+', "%20"));
        if !parameter.contains(['=', '*']) {
            meant.push_str("=*");
        }
    }
    let reads = |text: String| {
        let glob = UrlGlob::parse(&text).ok()?;
        can_match(&glob, &text).then_some((text, glob))
    };
    reads(meant.clone()).or_else(|| {
        let url = as_url(&meant)?;
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        reads(format!("{}{query}", url.path()).replace(ANYTHING, "*"))
    })
}

/// Where the path begins of a text that begins with a host instead of a slash.
fn host_ends(text: &str) -> Option<usize> {
    let end = text.find('/').filter(|_| !text.starts_with('/'))?;
    let host = text.get(..end)?;
    let name = host.split(':').next()?;
    let (_, ending) = name.rsplit_once('.')?;
    let is_host = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'*'));
    let ending = ending.to_ascii_lowercase();
    (is_host && !ending.is_empty() && !ending.contains('*') && !FILE_ENDINGS.contains(&ending.as_str()))
        .then_some(end)
}

/// The name of a cookie of `SESSION_COOKIES`.
pub(super) fn session_cookie(text: &str) -> Item<String> {
    if text == "*" {
        let why = "makes every cookie a session, so no visitor is given learned rules and nothing is learned of next pages";
        return Item::Doubtful(text.to_owned(), why.to_owned());
    }
    cookie(text)
}

/// The name of a cookie of `INERT_COOKIES` or `CSRF_COOKIES`.
pub(super) fn no_session_cookie(text: &str) -> Item<String> {
    if text == "*" {
        return Item::bad("it would take every session for something else; name the cookies");
    }
    cookie(text)
}

fn cookie(text: &str) -> Item<String> {
    let is_name = |text: &str| {
        let is_token =
            |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b';' | b',' | b'=' | b'"' | b'*');
        let start = text.strip_suffix('*').unwrap_or(text);
        !start.is_empty() && start.bytes().all(is_token)
    };
    if is_name(text) {
        return Item::Good(text.to_owned());
    }
    let meant = text.split(['=', ';']).next().unwrap_or_default().trim_matches(['"', '\'']);
    Item::Bad {
        why: "a cookie's name has letters, digits and signs but for \";\", \",\", \"=\", quotes and \"*\"; a \"*\" at its end \
              stands for any ending"
            .to_owned(),
        meant: is_name(meant).then(|| (meant.to_owned(), meant.to_owned())),
    }
}

/// The name of a query parameter.
pub(super) fn parameter(text: &str) -> Item<String> {
    if inert_parameters::is_name(text) {
        return Item::Good(text.to_owned());
    }
    let meant = text.trim_start_matches(['?', '&']).split('=').next().unwrap_or_default();
    Item::Bad {
        why: "a query parameter's name has up to 64 letters, digits, \"_\", \".\", \"~\" and \"-\"; a \"*\" at its end stands for \
              any ending"
            .to_owned(),
        meant: inert_parameters::is_name(meant).then(|| (meant.to_owned(), meant.to_owned())),
    }
}

/// The name of a host; one that begins with `*.` stands for all names below it.
pub(super) fn host(text: &str) -> Item<String> {
    let (start, bare) = text.strip_prefix("*.").map_or(("", text), |bare| ("*.", bare));
    // By way of a URL, which lower-cases and encodes a name as browsers do.
    let url = |bare: &str| Url::parse(&format!("https://{bare}/")).ok();
    let name = |url: Url| Origin::of(&url).map(|origin| origin.host().to_owned());
    let is_bare = |url: &Url| {
        url.port().is_none() && url.path() == "/" && url.username().is_empty() && url.password().is_none()
    };
    if let Some(name) = url(bare).filter(|url| is_bare(url) && !bare.ends_with('/')).and_then(name) {
        return Item::Good(format!("{start}{name}"));
    }
    let rest = bare.split_once("://").map_or(bare, |(_, rest)| rest);
    let (start, rest) = match rest.strip_prefix("*.").or_else(|| rest.strip_prefix(['*', '.'])) {
        Some(rest) => ("*.", rest),
        None => (start, rest),
    };
    let meant =
        Url::parse(&format!("https://{rest}")).ok().and_then(name).map(|name| format!("{start}{name}"));
    Item::Bad {
        why: "it must be the name of a host (cdn.example.org); *.example.org stands for all names below"
            .to_owned(),
        meant: meant.map(|meant| (meant.clone(), meant)),
    }
}

/// The origin of another site.
pub(super) fn origin(text: &str) -> Item<Origin> {
    let is_bare = |url: &Url| {
        url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none()
    };
    if let Some(origin) = Url::parse(text).ok().filter(is_bare).and_then(|url| Origin::of(&url)) {
        return Item::Good(origin);
    }
    let written = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let meant = Url::parse(&written).ok().and_then(|url| Origin::of(&url));
    Item::Bad {
        why: "it must be an origin, scheme and host without a path (https://shop.example.org)".to_owned(),
        meant: meant.map(|origin| (origin.as_str().to_owned(), origin)),
    }
}

/// The beginning of a script's URL.
pub(super) fn script(text: &str) -> Item<String> {
    if analytics::is_prefix(text) {
        return Item::Good(text.to_owned());
    }
    Item::bad(
        "it must be the beginning of a script's URL: a host with or without a path (stats.example.org/js/), or a path of the \
         site (/js/stats.js)",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bad<T>(item: Item<T>) -> (String, Option<String>) {
        match item {
            Item::Bad { why, meant } => (why, meant.map(|(meant, _)| meant)),
            Item::Good(_) | Item::Doubtful(..) => panic!("it is understood"),
        }
    }

    #[test]
    fn a_pattern_that_no_url_matches_is_none() {
        for (text, meant) in [
            ("checkout*", Some("/checkout*")),
            ("*", Some("/*")),
            ("*logout*", Some("/*logout*")),
            ("index.php/admin", Some("/index.php/admin")),
            ("https://www.example.org/checkout*", Some("/checkout*")),
            ("http://*.example.org/a?b=1", Some("/a?b=1")),
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
        assert_eq!(bad(unsafe_url(&long)).1, None);
        for (text, why) in [
            (
                "checkout*",
                "a pattern must start with \"/\" (\"*\" stands for anything) and be at most 500 bytes long",
            ),
            ("https://www.example.org/checkout*", "a pattern is the path of a URL, without scheme and host"),
            ("www.example.org/checkout*", "a pattern is the path of a URL, without scheme and host"),
            ("//www.example.org/checkout", "a pattern is the path of a URL, without scheme and host"),
            ("/shop#cart", "what stands behind \"#\" never leaves the browser, so this matches no URL"),
            ("/x?logout", "a parameter is matched with its \"=\" and its value, so this matches no URL"),
            ("/a/../b", "browsers write no URL like this, so it matches none"),
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
            ("/caf%C3%A9/*", "/caf%C3%A9/menu"),
            ("/caf\u{e9}/*", "/caf%C3%A9/menu"),
            ("/a%20b", "/a%20b"),
            ("/a%2Cb", "/a,b"),
            ("/a//b", "/a//b"),
            ("/{x}(y)", "/{x}(y)"),
        ] {
            let Item::Good(glob) = safe_url(text) else { panic!("{text}") };
            assert!(glob.is_match(&Url::parse("https://shop.example").unwrap().join(url).unwrap()), "{text}");
        }
    }

    #[test]
    fn a_pattern_that_does_something_else_than_it_seems_is_said() {
        let doubt = |item: Item<UrlGlob>| match item {
            Item::Doubtful(_, why) => why,
            other => panic!("{other:?}"),
        };
        assert!(doubt(unsafe_url("/*")).starts_with("matches every URL, so no page"));
        assert!(doubt(safe_url("/**")).starts_with("matches every URL, so nothing is refused"));
        assert!(doubt(effect_path("/*")).starts_with("matches every URL, so the origin is asked twice"));
        assert_eq!(
            doubt(unsafe_url("/checkout*,account*")),
            "is one pattern; if several are meant, write a blank or a comma in front of the \"/\" of each; if one is meant, \
             write \"/checkout*%2Caccount*\""
        );
        for text in ["/a;/b", "/a|/b"] {
            doubt(unsafe_url(text));
        }
        assert!(matches!(unsafe_url("/"), Item::Good(_)));
        assert!(matches!(unsafe_url("/a;jsessionid=*"), Item::Good(_)));
    }

    #[test]
    fn cookies_have_names() {
        for text in ["sid", "shop_*", "__Host-a.b", "wp-settings-1"] {
            assert_eq!(session_cookie(text), Item::Good(text.to_owned()));
            assert_eq!(no_session_cookie(text), Item::Good(text.to_owned()));
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
        assert!(matches!(session_cookie("*"), Item::Doubtful(..)));
        assert_eq!(
            bad(no_session_cookie("*")).0,
            "it would take every session for something else; name the cookies"
        );
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
            (".ads.example", Some("*.ads.example")),
            ("*ads.example", Some("*.ads.example")),
            ("*", None),
            ("a b", None),
        ] {
            assert_eq!(bad(host(text)).1.as_deref(), meant, "{text}");
        }
        assert_eq!(host("*.B\u{fc}cher.example"), Item::Good("*.xn--bcher-kva.example".to_owned()));
        for (text, meant) in [
            ("shop.example", Some("https://shop.example")),
            ("https://shop.example/path", Some("https://shop.example")),
            ("https://ada@shop.example", Some("https://shop.example")),
            ("ftp://shop.example", None),
            ("*", None),
        ] {
            assert_eq!(bad(origin(text)).1.as_deref(), meant, "{text}");
        }
        assert_eq!(script("stats.example.org/js/"), Item::Good("stats.example.org/js/".to_owned()));
        assert!(bad(script("https://")).0.starts_with("it must be the beginning of a script's URL"));
    }
}
