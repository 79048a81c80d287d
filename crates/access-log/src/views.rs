//! Which requests of a log are views of pages, and where their visitors come from.
//!
//! In the Worker a browser says what it is after, by `Sec-Fetch-Mode` and its like. No log has these fields, so this is told from
//! what a log has. A view is a `GET` of a page that was answered with 200 or 304: of no file of another kind, with no query but an
//! inert one, and by nothing that calls itself a robot or asks for `robots.txt`. It is a navigation when its `Referer` is another
//! page of the site. Of a log without any `Referer`, the visitor's page before counts for it, for half an hour; and of one in which no
//! line says its browser, robots cannot be told by their names.
//!
//! Every table is bounded. One that is full begins anew, which costs a little time.

use super::format::Shape;
use super::robots;
use super::text::is_silent;
use super::time::{Clock, DAY_MS};
use super::{Request, address};
use headstart::endpoints;
use headstart::limits::MAX_PATH_BYTES;
use headstart::urls::files;
use headstart::urls::inert_parameters::InertParameters;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};
use std::hash::BuildHasher as _;
use std::rc::Rc;
use url::Url;

/// The most entries of each table, and the longest target that is kept in one.
const MAX_TARGETS: usize = 30_000;
const MAX_AGENTS: usize = 10_000;
const MAX_VISITORS: usize = 200_000;
const MAX_KEPT_BYTES: usize = 1024;

/// How long the page before counts as the one from which a visitor comes, where nothing says it, in milliseconds.
const SESSION_MS: u64 = 30 * 60 * 1000;

/// A view of a page.
#[derive(Clone, Debug)]
pub struct View<'a> {
    /// When, in milliseconds since the epoch.
    pub at: u64,
    /// The visitor's address.
    pub address: &'a str,
    /// What tells the visitor from others: their address and browser.
    pub who: u64,
    /// The page.
    pub path: Rc<str>,
    /// The page of the site from which they came; never the page itself.
    pub from: Option<Rc<str>>,
    /// Whether they have signed in by HTTP.
    pub has_user: bool,
}

/// What a request is.
#[derive(Clone, Debug)]
pub enum Seen<'a> {
    /// A view of a page.
    View(View<'a>),
    /// A page that was not given to a visitor, since they had not signed in, or were led elsewhere.
    Guarded(View<'a>),
    /// A browser's request for something else, a page with parameters say.
    Other,
    /// Nothing that counts.
    Nothing,
}

/// Why requests are no views.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Files of other kinds, and what is no page by its type.
    pub files: u64,
    /// Robots'.
    pub robots: u64,
    /// Other methods than `GET`.
    pub methods: u64,
    /// Other statuses than 200 and 304.
    pub statuses: u64,
    /// Of pages with parameters that may change them, or whose paths are too long.
    pub queries: u64,
    /// Of other hosts.
    pub hosts: u64,
    /// Without a time, or without an address.
    pub unknown: u64,
    /// Of a day before the one of a line that came earlier: visitors are told by the day, so whoever they are cannot be known any
    /// more, and as the later day's they would be many where they were one.
    pub late: u64,
}

/// A target, as it was judged before.
#[derive(Clone, Debug)]
enum Target {
    Page(Rc<str>),
    Query,
    File,
}

/// Tells views from other requests.
pub struct Selector {
    /// The site's host, in lower case, without `www.` and port.
    host: String,
    inert: InertParameters,
    clock: Clock,
    targets: FxHashMap<Box<[u8]>, Target>,
    referers: FxHashMap<Box<[u8]>, Option<Rc<str>>>,
    agents: FxHashMap<Box<[u8]>, bool>,
    /// Whoever asked for `robots.txt`, by a hash of their address and browser.
    robots: FxHashSet<u64>,
    /// Each visitor's latest page and its time, where nothing else says where they come from.
    latest: FxHashMap<u64, (Rc<str>, u64)>,
    last_host: (Vec<u8>, bool),
    /// The latest day, by its number since the epoch.
    day: u64,
    /// Why requests are no views.
    pub left_out: LeftOut,
    /// How many views there are, and how many of them are navigations.
    pub views: u64,
    /// See [`views`](Self::views).
    pub navigations: u64,
    /// How many views say where their visitors come from, be it from elsewhere.
    pub told: u64,
    /// The time of the first and the last view.
    pub period: Option<(u64, u64)>,
}

impl Selector {
    /// For the site of this host.
    #[must_use]
    pub fn new(host: &str, inert: InertParameters) -> Self {
        Self {
            host: bare(host),
            inert,
            clock: Clock::default(),
            targets: FxHashMap::default(),
            referers: FxHashMap::default(),
            agents: FxHashMap::default(),
            robots: FxHashSet::default(),
            latest: FxHashMap::default(),
            last_host: (Vec::new(), true),
            day: 0,
            left_out: LeftOut::default(),
            views: 0,
            navigations: 0,
            told: 0,
            period: None,
        }
    }

    /// What a request is.
    pub fn select<'a>(&mut self, request: &Request<'a>, shape: Shape) -> Seen<'a> {
        let is_shown = matches!(request.status, 200 | 304);
        let is_guarded = matches!(request.status, 302 | 303 | 307 | 401 | 403);
        if request.method != b"GET" {
            self.left_out.methods += 1;
            return Seen::Nothing;
        }
        if !is_shown && !is_guarded {
            self.left_out.statuses += 1;
            return Seen::Nothing;
        }
        if !self.is_own(request.host) {
            self.left_out.hosts += 1;
            return Seen::Nothing;
        }
        let target = self.target(request.target);
        if matches!(target, Target::File) {
            self.left_out.files += 1;
            if request.target == b"/robots.txt" {
                keep(&mut self.robots, who(request));
            }
            return Seen::Nothing;
        }
        if is_shown && !is_page_type(request.content_type) {
            self.left_out.files += 1;
            return Seen::Nothing;
        }
        let who = who(request);
        let is_nameless = !shape.has_agents && is_silent(request.agent);
        if (!is_nameless && self.is_robot(request.agent)) || self.robots.contains(&who) {
            self.left_out.robots += 1;
            return Seen::Nothing;
        }
        let address = address::first(request.address).map(|(address, _)| address);
        let Some((at, address)) = self.clock.read(request.time).zip(address) else {
            self.left_out.unknown += 1;
            return Seen::Nothing;
        };
        if at / DAY_MS < self.day {
            self.left_out.late += 1;
            return Seen::Nothing;
        }
        self.day = at / DAY_MS;
        let Target::Page(path) = target else {
            self.left_out.queries += 1;
            return Seen::Other;
        };
        let has_user = !matches!(request.user, b"" | b"-");
        if !is_shown {
            self.left_out.statuses += 1;
            return Seen::Guarded(View { at, address, who, path, from: None, has_user });
        }
        let before = if shape.has_referers { None } else { self.before(who, &path, at) };
        let from = if is_silent(request.referer) { before } else { self.referer(request.referer) };
        self.told += u64::from(!is_silent(request.referer));
        let from = from.filter(|from| **from != *path);
        self.views += 1;
        self.navigations += u64::from(from.is_some());
        let (first, last) = self.period.unwrap_or((at, at));
        self.period = Some((first.min(at), last.max(at)));
        Seen::View(View { at, address, who, path, from, has_user })
    }

    fn is_own(&mut self, host: &[u8]) -> bool {
        if is_nameless(host) {
            return true;
        }
        if self.last_host.0 != host {
            let is_own = bare(&String::from_utf8_lossy(host)) == self.host;
            self.last_host = (host.to_owned(), is_own);
        }
        self.last_host.1
    }

    fn target(&mut self, target: &[u8]) -> Target {
        if is_plain_file(target) {
            return Target::File;
        }
        if let Some(known) = self.targets.get(target) {
            return known.clone();
        }
        let judged = self.judge(target);
        if target.len() <= MAX_KEPT_BYTES {
            make_room(&mut self.targets, MAX_TARGETS);
            self.targets.insert(target.into(), judged.clone());
        }
        judged
    }

    fn judge(&self, target: &[u8]) -> Target {
        let text = std::str::from_utf8(target).ok().filter(|text| text.starts_with('/'));
        // What is no path is no page of the site. Of what was no UTF-8 in JSON it is not known which.
        let text = text.filter(|text| !text.contains(char::REPLACEMENT_CHARACTER));
        let Some(url) = text.and_then(|text| Url::parse(&format!("http://site.invalid{text}")).ok()) else {
            return Target::Query;
        };
        let path = url.path();
        if is_file(path) || endpoints::is_own(path) {
            return Target::File;
        }
        if path.len() > MAX_PATH_BYTES || !self.inert.are_all_inert(&url) {
            return Target::Query;
        }
        Target::Page(Rc::from(path))
    }

    /// The page that a `Referer` names, if it is one of the site.
    fn referer(&mut self, referer: &[u8]) -> Option<Rc<str>> {
        if let Some(known) = self.referers.get(referer) {
            return known.clone();
        }
        let page = std::str::from_utf8(referer).ok().and_then(|referer| Url::parse(referer).ok());
        // An app may name itself by another scheme, and has no pages.
        let page = page.filter(|url| matches!(url.scheme(), "http" | "https"));
        let page = page.filter(|url| url.host_str().is_some_and(|host| bare(host) == self.host));
        let page = page.filter(|url| url.path().len() <= MAX_PATH_BYTES && self.inert.are_all_inert(url));
        let page = page.filter(|url| !is_file(url.path())).map(|url| Rc::from(url.path()));
        if referer.len() <= MAX_KEPT_BYTES {
            make_room(&mut self.referers, MAX_TARGETS);
            self.referers.insert(referer.into(), page.clone());
        }
        page
    }

    /// The page that the visitor looked at before, which is this one from now on.
    fn before(&mut self, who: u64, path: &Rc<str>, at: u64) -> Option<Rc<str>> {
        make_room(&mut self.latest, MAX_VISITORS);
        let before = self.latest.insert(who, (Rc::clone(path), at));
        before.filter(|(_, then)| at.saturating_sub(*then) < SESSION_MS).map(|(path, _)| path)
    }

    fn is_robot(&mut self, agent: &[u8]) -> bool {
        if let Some(known) = self.agents.get(agent) {
            return *known;
        }
        let is_robot = robots::is_robot(&String::from_utf8_lossy(agent));
        if agent.len() <= MAX_KEPT_BYTES {
            make_room(&mut self.agents, MAX_AGENTS);
            self.agents.insert(agent.into(), is_robot);
        }
        is_robot
    }
}

/// Whether a line names no host. `_` is the server of nginx for all hosts that have none.
#[must_use]
pub fn is_nameless(host: &[u8]) -> bool {
    is_silent(host) || host == b"_"
}

fn make_room<K, V>(table: &mut FxHashMap<K, V>, most: usize) {
    if table.len() >= most {
        table.clear();
    }
}

fn keep(set: &mut FxHashSet<u64>, who: u64) {
    if set.len() >= MAX_AGENTS {
        set.clear();
    }
    set.insert(who);
}

fn who(request: &Request<'_>) -> u64 {
    FxBuildHasher.hash_one((request.address, request.agent))
}

/// A host in lower case, without `www.` and port.
fn bare(host: &str) -> String {
    let host = host.to_ascii_lowercase();
    // An IPv6 address has colons of its own.
    let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    let name = name.map_or(host.as_str(), |(name, _)| name);
    name.strip_prefix("www.").unwrap_or(name).to_owned()
}

/// Endings of what makes most of a log, told without a look at the rest.
fn is_plain_file(target: &[u8]) -> bool {
    let path = memchr::memchr(b'?', target).and_then(|at| target.get(..at)).unwrap_or(target);
    let Some(ending) = path.len().checked_sub(6).and_then(|from| path.get(from..)) else { return false };
    let dot = memchr::memrchr(b'.', ending).and_then(|at| ending.get(at + 1..));
    matches!(
        dot,
        Some(
            b"css"
                | b"js"
                | b"png"
                | b"jpg"
                | b"jpeg"
                | b"gif"
                | b"svg"
                | b"ico"
                | b"webp"
                | b"avif"
                | b"woff"
                | b"woff2"
                | b"mjs"
                | b"map"
                | b"json"
                | b"xml"
        )
    )
}

/// Whether a path is that of a file that is no page.
#[must_use]
pub fn is_file(path: &str) -> bool {
    files::is_file(path)
        || files::is_part_of_pages(path)
        || path.rsplit_once('.').is_some_and(|(_, ending)| ending.eq_ignore_ascii_case("txt"))
}

/// Whether an answer of this type is a page, as far as the log says it.
fn is_page_type(content_type: &[u8]) -> bool {
    let starts =
        |start: &[u8]| content_type.get(..start.len()).is_some_and(|given| given.eq_ignore_ascii_case(start));
    matches!(content_type, b"" | b"-") || starts(b"text/html") || starts(b"application/xhtml+xml")
}

#[cfg(test)]
mod tests {
    use super::super::format::Format;
    use super::super::text::{self, Host, Text};
    use super::*;

    const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0";
    const COMBINED: Shape = whole(Format::Text(Text { host: Host::Nowhere, is_combined: true }));
    const JSON: Shape = whole(Format::Json);

    const fn whole(format: Format) -> Shape {
        Shape { format, has_agents: true, has_referers: true }
    }

    fn selector() -> Selector {
        Selector::new("www.site.example", InertParameters::default())
    }

    /// What of a line is seen: `from > path`, or another word.
    fn seen(selector: &mut Selector, target: &str, status: u16, referer: &str, agent: &str) -> String {
        let line = format!(
            r#"192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET {target} HTTP/1.1" {status} 5 "{referer}" "{agent}""#
        );
        let request = text::parse(line.as_bytes(), Text { host: Host::Nowhere, is_combined: true }).unwrap();
        match selector.select(&request, COMBINED) {
            Seen::View(View { path, from, .. }) => {
                format!("{}>{path}", from.as_deref().unwrap_or_default())
            }
            Seen::Guarded(View { path, .. }) => format!("guarded {path}"),
            Seen::Other => "other".to_owned(),
            Seen::Nothing => "nothing".to_owned(),
        }
    }

    #[test]
    fn views_are_told_from_other_requests() {
        let own = "https://site.example/a?utm_source=x";
        for (target, status, referer, agent, expected) in [
            ("/b", 200, own, BROWSER, "/a>/b"),
            ("/b?utm_source=x", 304, "-", BROWSER, ">/b"),
            ("/a", 200, own, BROWSER, ">/a"),
            ("/b", 200, "https://www.site.example/a?q=1", BROWSER, ">/b"),
            ("/b", 200, "https://other.example/a", BROWSER, ">/b"),
            ("/b", 200, "app://www.site.example", BROWSER, ">/b"),
            ("/b", 200, "app://www.site.example/a", BROWSER, ">/b"),
            ("/\u{e4}", 200, "-", BROWSER, ">/%C3%A4"),
            ("/b?q=1", 200, own, BROWSER, "other"),
            ("http://site.example:80/b", 200, own, BROWSER, "/a>/b"),
            ("http://other.example/", 200, "-", BROWSER, "nothing"),
            ("*", 200, "-", BROWSER, "other"),
            ("/\u{fffd}", 200, "-", BROWSER, "other"),
            ("/b", 302, own, BROWSER, "guarded /b"),
            ("/b", 403, own, BROWSER, "guarded /b"),
            ("/b", 404, own, BROWSER, "nothing"),
            ("/b.css?v=3", 200, own, BROWSER, "nothing"),
            ("/b.PNG", 200, own, BROWSER, "nothing"),
            ("/b.pdf", 200, own, BROWSER, "nothing"),
            ("/_headstart/rules/site.json", 200, own, BROWSER, "nothing"),
            ("/b", 200, own, "Mozilla/5.0 (compatible; Googlebot/2.1)", "nothing"),
            ("/b", 200, own, "-", "nothing"),
        ] {
            // Twice, since what was judged once is kept.
            let mut selector = selector();
            for _ in 0..2 {
                assert_eq!(
                    seen(&mut selector, target, status, referer, agent),
                    expected,
                    "{target} {status}"
                );
            }
        }
    }

    #[test]
    fn whoever_asks_for_robots_txt_is_a_robot() {
        let mut selector = selector();
        assert_eq!(seen(&mut selector, "/b", 200, "-", BROWSER), ">/b");
        assert_eq!(seen(&mut selector, "/robots.txt", 200, "-", BROWSER), "nothing");
        assert_eq!(seen(&mut selector, "/b", 200, "-", BROWSER), "nothing");
        assert_eq!(selector.left_out, LeftOut { robots: 1, files: 1, ..LeftOut::default() });
        assert_eq!((selector.views, selector.navigations), (1, 0));
    }

    #[test]
    fn other_hosts_and_types_are_left_out() {
        let mut selector = selector();
        let request = |host: &'static str, content_type: &'static str| Request {
            address: b"192.0.2.7",
            time: b"1431857103",
            method: b"GET",
            host: host.as_bytes(),
            target: b"/b",
            status: 200,
            agent: BROWSER.as_bytes(),
            content_type: content_type.as_bytes(),
            ..Request::default()
        };
        let mut is_view =
            |host, content_type| matches!(selector.select(&request(host, content_type), JSON), Seen::View(_));
        assert!(
            is_view("www.site.example", "text/html") && is_view("SITE.example:443", "TEXT/HTML; charset=x")
        );
        assert!(is_view("", "") && is_view("-", "-") && is_view("_", ""));
        assert!(!is_view("shop.site.example", "text/html") && !is_view("", "application/json"));
    }

    #[test]
    fn logs_behind_proxies_and_front_controllers_have_views() {
        let time = "17/May/2015:10:05:03 +0000";
        let end = format!(r#"[{time}] "GET /b HTTP/1.1" 200 5 "https://site.example/a" "{BROWSER}""#);
        let of_varnish = end.replace("GET /b", "GET http://www.site.example/b");
        let json = |fields: &str| {
            format!(
                r#"{{"time_local":"{time}",{fields},"status":200,"http_referer":"https://site.example/a","http_user_agent":"{BROWSER}"}}"#
            )
        };
        for line in [
            format!("203.0.113.5, 198.51.100.1 - - {end}"),
            format!("203.0.113.5 10.0.0.1 - - {end}"),
            format!("203.0.113.5 www.site.example - {end}"),
            format!("203.0.113.5 www.site.example - - {end}"),
            format!("203.0.113.5 - [203.0.113.5] - - {end}"),
            format!("203.0.113.5 - - {of_varnish}"),
            json(
                r#""remote_addr":"203.0.113.5","host":"site.example","uri":"/b","request":"GET /b HTTP/1.1""#,
            ),
            json(r#""clientip":"203.0.113.5","uri":"/index.php","request_uri":"/b","request_method":"GET""#),
            json(
                r#""host":"10.0.0.9","remote_addr":"10.0.0.1","xff":"203.0.113.5, 10.0.0.2","http_host":"site.example","request":"GET /b HTTP/1.1""#,
            ),
        ] {
            let format = Format::of(&std::iter::once(line.as_bytes())).unwrap_or_else(|| panic!("{line}"));
            let mut selector = selector();
            let view =
                format.read(line.as_bytes(), |request| match selector.select(request, whole(format)) {
                    Seen::View(view) => (view.address.to_owned(), view.from, view.path, view.has_user),
                    seen => panic!("{line}: {seen:?}"),
                });
            let expected = ("203.0.113.5".to_owned(), Some(Rc::from("/a")), Rc::from("/b"), false);
            assert_eq!(view, Some(expected), "{line}");
        }
    }

    #[test]
    fn without_an_address_nobody_is_told_from_others() {
        let mut selector = selector();
        for address in ["-", "unknown", "host.example", ""] {
            let request = Request {
                address: address.as_bytes(),
                time: b"1431857103",
                method: b"GET",
                target: b"/b",
                status: 200,
                agent: BROWSER.as_bytes(),
                ..Request::default()
            };
            assert!(matches!(selector.select(&request, JSON), Seen::Nothing), "{address}");
        }
        assert_eq!(selector.left_out, LeftOut { unknown: 4, ..LeftOut::default() });
    }

    #[test]
    fn what_is_of_a_day_that_is_over_counts_for_nothing() {
        let mut selector = selector();
        let mut is_view = |time: &str| {
            let request = Request {
                address: b"192.0.2.7",
                time: time.as_bytes(),
                method: b"GET",
                target: b"/b",
                status: 200,
                agent: BROWSER.as_bytes(),
                ..Request::default()
            };
            matches!(selector.select(&request, JSON), Seen::View(_))
        };
        assert!(is_view("2026-06-01T23:59:58Z") && is_view("2026-06-02T00:00:05Z"));
        assert!(!is_view("2026-06-01T23:59:59Z") && !is_view("2026-05-20T12:00:00Z"));
        assert!(is_view("2026-06-02T00:00:04Z"), "a line that comes late on its day");
        assert_eq!((selector.views, selector.left_out), (3, LeftOut { late: 2, ..LeftOut::default() }));
    }

    #[test]
    fn without_a_referer_the_page_before_counts() {
        let common = Text::default();
        let mut selector = selector();
        let mut from = |address: &str, time: &str, path: &str| {
            let line = format!(r#"{address} - - [17/May/2015:{time} +0000] "GET {path} HTTP/1.1" 200 5"#);
            let request = text::parse(line.as_bytes(), common).unwrap();
            let shape = Shape { format: Format::Text(common), has_agents: false, has_referers: false };
            match selector.select(&request, shape) {
                Seen::View(View { from, .. }) => from.map(|from| from.to_string()),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(from("192.0.2.7", "10:00:00", "/a"), None);
        assert_eq!(from("192.0.2.8", "10:00:01", "/b"), None);
        assert_eq!(from("192.0.2.7", "10:00:02", "/b").as_deref(), Some("/a"));
        assert_eq!(from("192.0.2.7", "10:00:03", "/b"), None, "a reload");
        assert_eq!(from("192.0.2.7", "10:40:03", "/c"), None, "another visit");
    }

    #[test]
    fn what_few_lines_say_counts_where_most_say_nothing() {
        let mut selector = selector();
        let shape = Shape { has_agents: false, has_referers: false, ..JSON };
        let mut from = |path: &'static str, referer: &'static str, agent: &'static str| {
            let request = Request {
                address: b"192.0.2.7",
                time: b"1431857103",
                method: b"GET",
                target: path.as_bytes(),
                status: 200,
                referer: referer.as_bytes(),
                agent: agent.as_bytes(),
                ..Request::default()
            };
            match selector.select(&request, shape) {
                Seen::View(View { from, .. }) => Some(from.map(|from| from.to_string()).unwrap_or_default()),
                _ => None,
            }
        };
        assert_eq!(from("/a", "-", "").as_deref(), Some(""));
        assert_eq!(from("/b", "", "").as_deref(), Some("/a"));
        assert_eq!(from("/c", "https://www.site.example/a", "").as_deref(), Some("/a"));
        assert_eq!(from("/d", "https://www.site.example/a", "").as_deref(), Some("/a"));
        assert_eq!(from("/e", "https://search.example/", "").as_deref(), Some(""));
        assert_eq!(from("/e", "-", "curl/8.9.1"), None);
        assert_eq!((selector.told, selector.left_out.robots), (3, 1));
    }
}
