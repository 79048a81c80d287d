//! Which format a log has. Its first lines tell; then it is held to, and what is of another format is not guessed at.

use super::json::Line;
use super::text::{self, Text};
use super::time::Clock;
use super::{Request, json};
use std::fmt;
use std::net::IpAddr;

/// What each line of a log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The common format, or one that has more.
    Text(Text),
    /// A JSON object.
    Json,
}

/// All that are tried, those first that tell more.
const FORMATS: [Format; 5] = [
    Format::Json,
    Format::Text(Text { has_host: true, is_combined: true }),
    Format::Text(Text { has_host: false, is_combined: true }),
    Format::Text(Text { has_host: true, is_combined: false }),
    Format::Text(Text { has_host: false, is_combined: false }),
];

/// What is expected of a log whose first lines are of none of these.
pub const EXPECTED: &str = "a line of the common or the combined format, such as \
     192.0.2.7 - - [17/May/2026:10:05:03 +0000] \"GET /a HTTP/1.1\" 200 512 \"https://www.site.example/\" \"Mozilla/5.0 …\", \
     with the host in front or not, or a JSON object as Logpush, nginx and Caddy write it";

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json => formatter.write_str("JSON lines"),
            Self::Text(Text { has_host, is_combined }) => {
                let name = if *is_combined { "combined" } else { "common" };
                let host = if *has_host { ", with the host in front" } else { "" };
                write!(formatter, "the {name} format{host}")
            }
        }
    }
}

impl Format {
    /// The format of most of these lines, and how many lines are of it; `None` where that is not half of them.
    #[must_use]
    pub fn of<'a>(lines: &(impl Iterator<Item = &'a [u8]> + Clone)) -> Option<Self> {
        let all = lines.clone().count();
        let best = FORMATS.into_iter().map(|format| {
            let mut clock = Clock::default();
            (format, lines.clone().filter(|line| format.can_read(line, &mut clock)).count())
        });
        // Of formats that read as many, the first.
        let best = best.reduce(|best, other| if other.1 > best.1 { other } else { best });
        best.filter(|(_, read)| *read > 0 && 2 * read >= all).map(|(format, _)| format)
    }

    /// Calls `usage` with a line's request, where the line is of this format.
    pub fn read<T>(self, line: &[u8], usage: impl FnOnce(&Request<'_>) -> T) -> Option<T> {
        match self {
            Self::Text(text) => text::parse(line, text).map(|request| usage(&request)),
            Self::Json => {
                let line: json::Line<'_> = std::str::from_utf8(line).ok().and_then(Line::parse)?;
                Some(usage(&line.request()))
            }
        }
    }

    /// Whether a line is of this format, down to its time and its address.
    pub fn can_read(self, line: &[u8], clock: &mut Clock) -> bool {
        let is_whole = |request: &Request<'_>| {
            let address = std::str::from_utf8(request.address).ok();
            let is_address = address.is_some_and(|address| address.trim().parse::<IpAddr>().is_ok());
            is_address && clock.read(request.time).is_some()
        };
        self.read(line, is_whole).unwrap_or_default()
    }

    /// Whether its lines say where visitors come from, and with which browser.
    #[must_use]
    pub fn has_referers(self) -> bool {
        !matches!(self, Self::Text(Text { is_combined: false, .. }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const COMMON: &str = r#"192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET /a HTTP/1.1" 200 512"#;
    const LOGPUSH: &str = r#"{"ClientIP":"192.0.2.7","ClientRequestURI":"/a","EdgeStartTimestamp":"2015-05-17T10:05:03Z","EdgeResponseStatus":200}"#;

    fn of(lines: &[&str]) -> Option<String> {
        Format::of(&lines.iter().map(|line| line.as_bytes())).map(|format| format.to_string())
    }

    #[test]
    fn the_format_that_tells_most_is_taken() {
        let combined = format!(r#"{COMMON} "-" "Mozilla/5.0""#);
        let request_time = format!("{combined} 0.012");
        let (host, common_host) = (format!("shop.example {combined}"), format!("shop.example:80 {COMMON}"));
        for (line, format) in [
            (COMMON, "the common format"),
            (combined.as_str(), "the combined format"),
            (&request_time, "the combined format"),
            (&host, "the combined format, with the host in front"),
            (&common_host, "the common format, with the host in front"),
            (LOGPUSH, "JSON lines"),
        ] {
            assert_eq!(of(&[line]).as_deref(), Some(format), "{line}");
            assert_eq!(of(&[line, "cut o", line]).as_deref(), Some(format), "{line}");
        }
    }

    proptest! {
        #[test]
        fn whatever_a_line_holds_nothing_panics(
            line in prop::collection::vec(any::<u8>(), 0..200),
            start in 0..COMMON.len(),
            end in 0..COMMON.len(),
        ) {
            let cut = [&COMMON.as_bytes()[..start], &line, &COMMON.as_bytes()[end..]].concat();
            for line in [line.as_slice(), cut.as_slice()] {
                for format in FORMATS {
                    let _ = format.can_read(line, &mut Clock::default());
                }
            }
        }
    }

    #[test]
    fn another_format_is_not_guessed_at() {
        for line in [
            "#Version: 1.0",
            "2015-05-17 10:05:03 192.0.2.7 GET /a - 443 - 192.0.2.8 Mozilla/5.0 - 200 0 0 3",
            "May 17 10:05:03 host nginx: 192.0.2.7 GET /a",
            r#"{"message":"hello"}"#,
            // Visitors cannot be told apart by a name that anybody may give their address.
            r#"host.example - - [17/May/2015:10:05:03 +0000] "GET /a HTTP/1.1" 200 512"#,
            r#"192.0.2.7 - - [2015-05-17 10:05:03 +0000..] "GET /a HTTP/1.1" 200 512"#,
            "",
        ] {
            assert_eq!(of(&[line]), None, "{line}");
        }
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[COMMON, "a", "b"]), None, "most lines are of no format");
    }
}
