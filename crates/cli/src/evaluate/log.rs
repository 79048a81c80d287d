//! Access logs as histories, read as `headstart learn` reads them: of the same formats, and by the same rule of what a view is.

use super::history::View;
use crate::log::Request;
use crate::log::format::Shape;
use crate::log::input::Lines;
use crate::log::reader::{Logs, Read, tells_format};
use crate::log::views::{Seen, Selector, is_nameless};
use headstart::urls::inert_parameters::InertParameters;
use rustc_hash::FxHashMap;
use std::io::{self, Cursor};
use std::rc::Rc;
use url::Url;

/// However many lines are broken, that is said, and the others are replayed.
const ALL: Logs = Logs { max_broken: 100.0, is_quiet: true };

/// The views in this log, in the order of time, and how many of its lines cannot be read.
///
/// # Errors
/// When it is of no known format, or begins as what is compressed and is not.
pub fn views(log: &Rc<[u8]>) -> anyhow::Result<(Vec<View>, usize)> {
    let mut hosts = Hosts::default();
    read(log, |request, _| hosts.note(request))?;
    // Where no line names a host, all are of the site, and nobody is known to come from it.
    let mut selector = Selector::new(&hosts.most_named().unwrap_or_default(), InertParameters::default());
    let mut visitors: FxHashMap<u64, usize> = FxHashMap::default();
    let mut views = Vec::new();
    let read = read(log, |request, shape| {
        let Seen::View(view) = selector.select(request, shape) else { return };
        let next = visitors.len();
        views.push(View {
            visitor: *visitors.entry(view.who).or_insert(next),
            at: view.at,
            from: view.from.as_deref().map(str::to_owned),
            path: view.path.as_ref().to_owned(),
        });
    })?;
    // Lines are nearly in the order of time: of requests that took long they come late.
    views.sort_by_key(|view| view.at);
    Ok((views, usize::try_from(read.broken + read.ahead).unwrap_or(usize::MAX)))
}

/// Whether this is a log, by its first lines.
///
/// # Errors
/// When it begins as what is compressed and is not.
pub fn is_one(log: &Rc<[u8]>) -> io::Result<bool> {
    tells_format(&mut lines(log)?)
}

fn read(log: &Rc<[u8]>, usage: impl FnMut(&Request<'_>, Shape)) -> anyhow::Result<Read> {
    ALL.read_lines(vec![("the log".to_owned(), lines(log)?)], usage)
}

fn lines(log: &Rc<[u8]>) -> io::Result<Lines> {
    Lines::of(Box::new(Cursor::new(Rc::clone(log))))
}

/// How often hosts are named: as those that are asked, and as those from which visitors come.
#[derive(Default)]
struct Hosts {
    asked: FxHashMap<Vec<u8>, usize>,
    referring: FxHashMap<String, usize>,
}

impl Hosts {
    fn note(&mut self, request: &Request<'_>) {
        if !is_nameless(request.host) {
            *self.asked.entry(request.host.to_ascii_lowercase()).or_default() += 1;
        }
        let referer = std::str::from_utf8(request.referer).ok().and_then(|referer| Url::parse(referer).ok());
        if let Some(host) = referer.as_ref().and_then(Url::host_str) {
            *self.referring.entry(host.to_owned()).or_default() += 1;
        }
    }

    /// The site's host: the one that is asked most, or else the one that most referrers name.
    fn most_named(self) -> Option<String> {
        let asked =
            self.asked.into_iter().map(|(host, times)| (String::from_utf8_lossy(&host).into_owned(), times));
        let most = |(host, times): &(String, usize)| (*times, host.clone());
        asked.max_by_key(most).or_else(|| self.referring.into_iter().max_by_key(most)).map(|(host, _)| host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:27.0) Gecko/20100101 Firefox/27.0";
    const OTHER: &str = "Opera/9.80 (X11; Linux x86_64) Presto/2.12.388 Version/12.16";

    fn line(second: u32, request: &str, status: u16, referer: &str, agent: &str) -> String {
        format!(
            r#"9.9.9.9 - - [17/May/2015:10:05:{second:02} +0000] "{request} HTTP/1.1" {status} 512 "{referer}" "{agent}""#
        )
    }

    /// Who looked, where they came from, and at what.
    fn of(lines: &[String]) -> Vec<(usize, Option<String>, String)> {
        let (views, unreadable) = views(&Rc::from(lines.join("\n").as_bytes())).unwrap();
        assert_eq!(unreadable, 0);
        views.into_iter().map(|view| (view.visitor, view.from, view.path)).collect()
    }

    fn view(visitor: usize, from: Option<&str>, path: &str) -> (usize, Option<String>, String) {
        (visitor, from.map(str::to_owned), path.to_owned())
    }

    #[test]
    fn a_navigation_comes_from_the_site_itself() {
        let own = "http://www.site.example/a";
        let lines = [
            line(9, "GET /b", 200, own, BROWSER),
            line(3, "GET /a", 304, "http://other.example/b", BROWSER),
            // A reload.
            line(4, "GET /a", 200, own, BROWSER),
            line(10, "GET /c", 200, "https://site.example/b?q=1", BROWSER),
            line(11, "POST /c", 200, own, BROWSER),
            line(12, "GET /d", 404, own, BROWSER),
            line(13, "GET a", 200, own, OTHER),
            line(14, "GET /a", 200, "-", OTHER),
        ];
        // From a page with a query nobody learns: it is none of those that are known.
        let expected = [
            view(0, None, "/a"),
            view(0, None, "/a"),
            view(0, Some("/a"), "/b"),
            view(0, None, "/c"),
            view(1, None, "/a"),
        ];
        assert_eq!(of(&lines), expected);
    }

    #[test]
    fn the_host_that_is_asked_is_the_sites() {
        let asked = |second: u32, path: &str, referer: &str| {
            format!(
                r#"{{"ClientRequestHost":"Site.example","ClientIP":"192.0.2.7","EdgeStartTimestamp":{},"ClientRequestMethod":"GET","ClientRequestURI":"{path}","EdgeResponseStatus":200,"ClientRequestReferer":"{referer}","ClientRequestUserAgent":"{BROWSER}"}}"#,
                1_800_000_000 + second
            )
        };
        let lines = [
            asked(1, "/a", "https://search.example/"),
            asked(2, "/a", "https://search.example/"),
            asked(3, "/b", "https://site.example/a"),
        ];
        assert_eq!(of(&lines), [view(0, None, "/a"), view(0, None, "/a"), view(0, Some("/a"), "/b")]);
    }

    #[test]
    fn where_no_referrer_names_a_host_nothing_is_a_navigation() {
        let lines = [line(3, "GET /a", 200, "-", BROWSER), line(4, "GET /b", 200, "https://", BROWSER)];
        assert_eq!(of(&lines), [view(0, None, "/a"), view(0, None, "/b")]);
    }

    #[test]
    fn without_referrers_the_page_before_counts() {
        let common = |second: u32, path: &str| {
            format!(r#"9.9.9.9 - - [17/May/2015:10:05:{second:02} +0000] "GET {path} HTTP/1.1" 200 512"#)
        };
        assert_eq!(of(&[common(1, "/a"), common(2, "/b")]), [view(0, None, "/a"), view(0, Some("/a"), "/b")]);
    }
}
