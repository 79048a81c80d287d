//! What is replayed: the views of a site in the order of time, from an access log or from sessions.
//!
//! - An access log: see [`super::log`].
//! - Sessions, one a line, paths separated by blanks: each path follows from the one before it, and each line is another
//!   visitor's. Time passes evenly, [`DAY`] navigations a day, one session after the other.

use super::log;
use anyhow::bail;
use headstart_simulate::DAY;
use std::rc::Rc;

/// When sessions begin, in milliseconds since the epoch. Any day does.
const START: u64 = 1_800_000_000_000;

const DAY_MS: usize = 24 * 3600 * 1000;

/// One view of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Who looks.
    pub visitor: usize,
    /// When, in milliseconds since the epoch.
    pub at: u64,
    /// The page from which the visitor came, if it is one of the site. Never the page itself: that is a reload.
    pub from: Option<String>,
    /// The page.
    pub path: String,
}

/// The views of a site.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct History {
    /// In the order of time.
    pub views: Vec<View>,
    /// How many lines are neither of an access log nor a session, whichever the others are, or of a clock that was ahead.
    pub unreadable: usize,
}

impl History {
    /// Reads a history in either form: a log where its first lines are of the format of one.
    ///
    /// # Errors
    /// When nothing in it is a view, or it cannot be unpacked.
    pub fn read(bytes: Vec<u8>) -> anyhow::Result<Self> {
        let bytes: Rc<[u8]> = Rc::from(bytes);
        let (views, unreadable) = if log::is_one(&bytes)? {
            log::views(&bytes)?
        } else {
            // A request may be any bytes.
            let text = String::from_utf8_lossy(&bytes);
            let lines = text.lines().filter(|line| !line.trim().is_empty());
            let read: Vec<Option<Vec<String>>> = lines.map(session).collect();
            let unreadable = read.iter().filter(|session| session.is_none()).count();
            (views(read.into_iter().flatten()), unreadable)
        };
        if views.is_empty() {
            bail!("no line is a page view of an access log, or a session");
        }
        Ok(Self { views, unreadable })
    }
}

/// A line of paths and nothing else.
fn session(line: &str) -> Option<Vec<String>> {
    let paths = line.split_ascii_whitespace();
    paths.map(|path| path.starts_with('/').then(|| path.to_owned())).collect()
}

/// The views of sessions.
pub fn views(sessions: impl IntoIterator<Item = Vec<String>>) -> Vec<View> {
    let step = (DAY_MS / DAY) as u64;
    let mut views = Vec::new();
    let mut at = START;
    for (visitor, session) in sessions.into_iter().enumerate() {
        let mut before: Option<String> = None;
        for path in session {
            let from = before.replace(path.clone()).filter(|from| *from != path);
            // What begins a session follows no navigation, but comes after the session before it.
            at += if from.is_some() { step } else { 1 };
            views.push(View { visitor, at, from, path });
        }
    }
    views
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> anyhow::Result<History> {
        History::read(text.as_bytes().to_vec())
    }

    fn pairs(views: &[View]) -> Vec<(usize, Option<&str>, &str)> {
        views.iter().map(|view| (view.visitor, view.from.as_deref(), view.path.as_str())).collect()
    }

    #[test]
    fn a_session_is_one_visitors_way() {
        let history = read("/a /b\t/c\r\n\n/b\n/a /a /d").unwrap();
        assert_eq!(
            pairs(&history.views),
            [
                (0, None, "/a"),
                (0, Some("/a"), "/b"),
                (0, Some("/b"), "/c"),
                (1, None, "/b"),
                (2, None, "/a"),
                (2, None, "/a"),
                (2, Some("/a"), "/d"),
            ]
        );
        assert_eq!(history.unreadable, 0);
    }

    #[test]
    fn five_thousand_navigations_of_sessions_are_a_day() {
        let views = views(vec![vec!["/a".to_owned(), "/b".to_owned()]; DAY]);
        assert!(views.windows(2).all(|two| two[0].at < two[1].at));
        let days = (views[views.len() - 1].at - START) / DAY_MS as u64;
        assert_eq!(days, 1);
    }

    #[test]
    fn what_cannot_be_read_is_counted() {
        let history = read("/a /b\n# a comment\n/a b\nGET /a HTTP/1.1\n").unwrap();
        assert_eq!(pairs(&history.views), [(0, None, "/a"), (0, Some("/a"), "/b")]);
        assert_eq!(history.unreadable, 3);
        for nothing in ["", "\n \n", "GET /a\n", "\0"] {
            assert!(read(nothing).is_err(), "{nothing:?}");
        }
    }

    #[test]
    fn most_lines_tell_which_form_it_is() {
        let line =
            r#"9.9.9.9 - - [17/May/2015:10:05:03 +0000] "GET /a HTTP/1.1" 200 9 "-" "Mozilla/5.0 (X11)""#;
        let log = format!("/a /b\n{line}\n{line}\ncut o");
        let history = read(&log).unwrap();
        assert_eq!((history.views.len(), history.unreadable), (2, 2));
        let sessions = format!("/a /b\n{line}\n/a /b\n");
        let history = read(&sessions).unwrap();
        assert_eq!((history.views.len(), history.unreadable), (4, 1));
    }
}
