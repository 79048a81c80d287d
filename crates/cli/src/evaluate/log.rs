//! Access logs in combined format, as Apache and nginx write them.
//!
//! A view is a `GET` of a page that was answered with 200 or 304: of no file of another kind, with no query but an inert
//! one, and by nothing that calls itself a robot. It is a navigation when its `Referer` is another page of the site: of
//! the host that most referrers name, with or without `www.`. A visitor is whoever has the same address and browser.

use super::history::View;
use crate::log::views::is_robot;
use headstart::urls::inert_parameters::InertParameters;
use std::collections::HashMap;
use url::Url;

/// Endings of files that are no pages.
const FILES: &[&str] = &[
    // what pages consist of
    "png", "jpg", "jpeg", "gif", "webp", "avif", "svg", "ico", "css", "js", "mjs", "map", "json", "xml",
    "wasm", "woff", "woff2", "ttf", "eot", "otf", //
    // what is played or downloaded
    "mp3", "mp4", "webm", "ogg", "swf", "flv", "avi", "mov", "pdf", "zip", "gz", "tgz", "bz2", "xz", "tar",
    "rpm", "deb", "exe", "dmg", "jar", "iso", "bin", "doc", "ppt", "odp", "csv", "key", "pem", "git", //
    // feeds and text
    "rss", "atom", "txt", "dtd", "log", "conf", "patch", "diff", "c", "h", "cpp", "rb", "py", "pl", "sh",
];

/// A line of a log.
#[derive(Debug, PartialEq, Eq)]
pub struct Request<'a> {
    address: &'a str,
    /// When, in milliseconds since the epoch.
    at: u64,
    method: &'a str,
    target: &'a str,
    status: &'a str,
    referer: &'a str,
    agent: &'a str,
}

impl<'a> Request<'a> {
    /// Reads a line: `address identity user [time] "method target protocol" status bytes "referer" "agent"`.
    pub fn parse(line: &'a str) -> Option<Self> {
        let (address, rest) = line.split_once(' ')?;
        let (_, rest) = rest.split_once('[')?;
        let (time, rest) = rest.split_once(']')?;
        let (request, rest) = quoted(rest)?;
        let mut words = request.split(' ');
        let (method, target) = (words.next()?, words.next()?);
        let (status, _) = rest.trim_start().split_once(' ')?;
        let (referer, rest) = quoted(rest)?;
        let (agent, _) = quoted(rest)?;
        let time = jiff::fmt::strtime::parse("%d/%b/%Y:%H:%M:%S %z", time).ok()?.to_timestamp().ok()?;
        let at = u64::try_from(time.as_millisecond()).ok()?;
        Some(Self { address, at, method, target, status, referer, agent })
    }

    fn is_view(&self) -> bool {
        // A proxy is asked for whole URLs; those are no pages of the site.
        let is_of_site = self.target.starts_with('/');
        self.method == "GET" && is_of_site && matches!(self.status, "200" | "304") && !is_robot(self.agent)
    }
}

/// What stands between the next quotation marks, and what follows. A mark behind a backslash is part of it.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let (_, text) = text.split_once('"')?;
    let mut is_escaped = false;
    let end = text.find(|character| {
        let is_end = character == '"' && !is_escaped;
        is_escaped = character == '\\' && !is_escaped;
        is_end
    })?;
    Some((text.get(..end)?, text.get(end + 1..)?))
}

/// The views among these requests, in the order of time.
pub fn views(mut requests: Vec<Request<'_>>) -> Vec<View> {
    requests.sort_by_key(|request| request.at);
    let own = own_host(&requests);
    let inert = InertParameters::default();
    let mut visitors: HashMap<(&str, &str), usize> = HashMap::new();
    let mut views = Vec::new();
    for request in requests.iter().filter(|request| request.is_view()) {
        let Some(path) = page(&format!("http://site.invalid{}", request.target), &inert) else { continue };
        let next = visitors.len();
        let visitor = *visitors.entry((request.address, request.agent)).or_insert(next);
        let own_referer = Some(request.referer).filter(|referer| own.is_some() && host(referer) == own);
        let from = own_referer.and_then(|referer| page(referer, &inert)).filter(|from| *from != path);
        views.push(View { visitor, at: request.at, from, path });
    }
    views
}

/// The host that most referrers name.
fn own_host<'a>(requests: &[Request<'a>]) -> Option<&'a str> {
    let mut times: HashMap<&str, usize> = HashMap::new();
    for host in requests.iter().filter_map(|request| host(request.referer)) {
        *times.entry(host).or_default() += 1;
    }
    times.into_iter().max_by_key(|(host, times)| (*times, *host)).map(|(host, _)| host)
}

/// The host of a referrer, without `www.`.
fn host(referer: &str) -> Option<&str> {
    let rest = referer.strip_prefix("http://").or_else(|| referer.strip_prefix("https://"))?;
    let host = rest.split(['/', '?', '#']).next()?;
    Some(host.strip_prefix("www.").unwrap_or(host))
}

/// The path of a URL, if it may be a page's.
fn page(url: &str, inert: &InertParameters) -> Option<String> {
    let url = Url::parse(url).ok().filter(|url| inert.are_all_inert(url))?;
    let name = url.path().rsplit('/').next()?;
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    ending.is_none_or(|ending| !FILES.contains(&ending.as_str())).then(|| url.path().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:27.0) Gecko/20100101 Firefox/27.0";

    fn line(time: &str, request: &str, status: u16, referer: &str, agent: &str) -> String {
        format!(r#"9.9.9.9 - - [{time}] "{request}" {status} 512 "{referer}" "{agent}""#)
    }

    #[test]
    fn a_line_is_read() {
        let line =
            line("17/May/2015:12:05:03 +0200", "GET /a?b HTTP/1.1", 200, "http://x.example/", "A \\\" B");
        let request = Request::parse(&line).unwrap();
        assert_eq!((request.address, request.method, request.target), ("9.9.9.9", "GET", "/a?b"));
        assert_eq!(
            (request.status, request.referer, request.agent),
            ("200", "http://x.example/", "A \\\" B")
        );
        assert_eq!(request.at, 1_431_857_103_000);
    }

    #[test]
    fn what_is_no_line_is_told() {
        let whole = line("17/May/2015:10:05:03 +0000", "GET /a HTTP/1.1", 200, "-", BROWSER);
        for end in 0..whole.len() {
            assert_eq!(Request::parse(&whole[..end]), None, "{}", &whole[..end]);
        }
        for (time, request) in [
            ("17/May/2015 10:05:03 +0000", "GET /a HTTP/1.1"),
            ("17/Mai/2015:10:05:03 +0000", "GET /a HTTP/1.1"),
            ("31/Feb/2015:10:05:03 +0000", "GET /a HTTP/1.1"),
            ("17/May/1915:10:05:03 +0000", "GET /a HTTP/1.1"),
            ("17/May/2015:10:05:03 +0000", "-"),
        ] {
            assert_eq!(Request::parse(&line(time, request, 200, "-", BROWSER)), None, "{time} {request}");
        }
        assert_eq!(Request::parse("/a /b /c"), None);
    }

    #[test]
    fn quotation_marks_may_be_escaped() {
        assert_eq!(quoted(r#" "a" b"#), Some(("a", " b")));
        assert_eq!(quoted(r#""a\"b\\" c"#), Some((r#"a\"b\\"#, " c")));
        assert_eq!(quoted(r#""ä""#), Some(("ä", "")));
        for unclosed in ["", "a", "\"a", r#""a\""#] {
            assert_eq!(quoted(unclosed), None, "{unclosed}");
        }
    }

    #[test]
    fn pages_are_told_from_files_and_from_what_a_query_says() {
        let inert = InertParameters::default();
        let page = |target: &str| page(&format!("http://site.invalid{target}"), &inert);
        for (target, path) in [
            ("/", "/"),
            ("/a/", "/a/"),
            ("/a.html", "/a.html"),
            ("/v1.2", "/v1.2"),
            ("/a?utm_source=x", "/a"),
            ("/a?", "/a"),
            ("/a.css/b", "/a.css/b"),
            ("//evil.example", "//evil.example"),
            ("/ä", "/%C3%A4"),
        ] {
            assert_eq!(page(target).as_deref(), Some(path), "{target}");
        }
        for target in ["/a?b=c", "/a?utm_source=x&b", "/a.png", "/a.PNG", "/a.tar.gz", "/feed.rss"] {
            assert_eq!(page(target), None, "{target}");
        }
    }

    #[test]
    fn a_navigation_comes_from_the_site_itself() {
        let own = "http://www.site.example/a";
        let lines = [
            line("17/May/2015:10:05:09 +0000", "GET /b HTTP/1.1", 200, own, BROWSER),
            line("17/May/2015:10:05:03 +0000", "GET /a HTTP/1.1", 304, "http://other.example/b", BROWSER),
            // a reload
            line("17/May/2015:10:05:04 +0000", "GET /a HTTP/1.1", 200, own, BROWSER),
            line("17/May/2015:10:05:10 +0000", "GET /c HTTP/1.1", 200, "https://site.example/b?q=1", BROWSER),
            line("17/May/2015:10:05:11 +0000", "POST /c HTTP/1.1", 200, own, BROWSER),
            line("17/May/2015:10:05:12 +0000", "GET /d HTTP/1.1", 404, own, BROWSER),
            line("17/May/2015:10:05:13 +0000", "GET a HTTP/1.1", 200, own, "Opera/9.80 (X11)"),
            line("17/May/2015:10:05:14 +0000", "GET /a HTTP/1.1", 200, "-", "Opera/9.80 (X11)"),
        ];
        let views = views(lines.iter().filter_map(|line| Request::parse(line)).collect());
        let views: Vec<_> =
            views.iter().map(|view| (view.visitor, view.from.as_deref(), view.path.as_str())).collect();
        // From a page with a query nobody learns: it is none of those that are known.
        assert_eq!(
            views,
            [(0, None, "/a"), (0, None, "/a"), (0, Some("/a"), "/b"), (0, None, "/c"), (1, None, "/a")]
        );
    }

    #[test]
    fn where_no_referrer_names_a_host_nothing_is_a_navigation() {
        let line = line("17/May/2015:10:05:03 +0000", "GET /a HTTP/1.1", 200, "-", BROWSER);
        let views = views(Request::parse(&line).into_iter().collect());
        assert_eq!(views.len(), 1);
        assert_eq!(views[0].from, None);
    }
}
