//! Which format a log has. Its first lines tell; then it is held to, and what is of another format is not guessed at.

use super::json::Line;
use super::robots::is_robot;
use super::text::{self, Host, Text, is_silent};
use super::time::Clock;
use super::{Request, address, json};
use std::fmt;

/// What each line of a log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The common format, or one that has more.
    Text(Text),
    /// A JSON object.
    Json,
}

/// All that are tried, those first that tell more. Where no line has a name in front of the address or behind it, but `-` or other
/// addresses, these are no hosts.
const FORMATS: [Format; 7] = [
    Format::Json,
    Format::Text(Text { host: Host::Nowhere, is_combined: true }),
    Format::Text(Text { host: Host::InFront, is_combined: true }),
    Format::Text(Text { host: Host::Behind, is_combined: true }),
    Format::Text(Text { host: Host::Nowhere, is_combined: false }),
    Format::Text(Text { host: Host::InFront, is_combined: false }),
    Format::Text(Text { host: Host::Behind, is_combined: false }),
];

/// From how many requests of browsers without a `Referer` on a log is taken for one that has none.
const LEAST_BROWSERS: usize = 20;

/// What is expected of a log whose first lines are of none of these.
pub const EXPECTED: &str = "a line of the common or the combined format, such as \
     192.0.2.7 - - [17/May/2026:10:05:03 +0000] \"GET /a HTTP/1.1\" 200 512 \"https://www.site.example/\" \"Mozilla/5.0 …\", \
     with the host in front or not, or a JSON object as Logpush, nginx and Caddy write it";

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json => formatter.write_str("JSON lines"),
            Self::Text(Text { host, is_combined }) => {
                let name = if *is_combined { "combined" } else { "common" };
                let host = match host {
                    Host::Nowhere => "",
                    Host::InFront => ", with the host in front",
                    Host::Behind => ", with the host behind the address",
                };
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
                // Servers write what they were sent, which need not be UTF-8.
                let line = String::from_utf8_lossy(line);
                let line: json::Line<'_> = Line::parse(&line)?;
                Some(usage(&line.request()))
            }
        }
    }

    /// Whether a line is of this format, down to its time and its address.
    pub fn can_read(self, line: &[u8], clock: &mut Clock) -> bool {
        let is_whole =
            |request: &Request<'_>| address::is_one(request.address) && clock.read(request.time).is_some();
        let is_whole = self.read(line, is_whole).unwrap_or_default();
        is_whole && !matches!(self, Self::Text(text) if !text::has_host_there(line, text.host))
    }
}

/// What the lines of a log say, as far as its first ones show. Many formats have fields in which their servers write nothing, unless
/// they are told to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Their format.
    pub format: Format,
    /// Whether any says its browser.
    pub has_agents: bool,
    /// Whether any says where its visitor comes from.
    pub has_referers: bool,
}

impl Shape {
    /// That of a log of this format with these first lines.
    #[must_use]
    pub fn of<'a>(format: Format, lines: &(impl Iterator<Item = &'a [u8]> + Clone)) -> Self {
        let said = |line| {
            let usage = |request: &Request<'_>| {
                let is_robot = is_robot(&String::from_utf8_lossy(request.agent));
                (!is_silent(request.agent), !is_silent(request.referer), is_robot)
            };
            format.read(line, usage)
        };
        let said = || lines.clone().filter_map(said);
        let has_agents = said().any(|(agent, ..)| agent);
        // Robots come from nowhere. Where browsers are few, none of them need have come by a link.
        let referers = || said().filter(|(.., is_robot)| !has_agents || !is_robot);
        let can_have = !matches!(format, Format::Text(Text { is_combined: false, .. }));
        let has_referers =
            can_have && (said().any(|(_, referer, _)| referer) || referers().count() < LEAST_BROWSERS);
        Self { format, has_agents, has_referers }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.format.fmt(formatter)
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

    #[test]
    fn logs_of_servers_and_proxies_are_told() {
        let rest = r#"[17/May/2015:10:05:03 +0000] "GET /a HTTP/1.1" 200 512 "-" "Mozilla/5.0""#;
        for (fronts, format, host, address) in [
            (&["192.0.2.7 - -"][..], "the combined format", "", "192.0.2.7"),
            (&["203.0.113.5, 198.51.100.1 - -"], "the combined format", "", "203.0.113.5"),
            (
                &["203.0.113.5, 198.51.100.1 - -", "- - -", "192.0.2.7 - -"],
                "the combined format",
                "",
                "203.0.113.5",
            ),
            (&["unknown, 203.0.113.5 - -"], "the combined format", "", "203.0.113.5"),
            (&["2001:db8::5, 203.0.113.5 - -"], "the combined format", "", "2001:db8::5"),
            (&["[2001:db8::5]:4711 - -"], "the combined format", "", "2001:db8::5"),
            (&["203.0.113.5 10.0.0.1 - -", "- 10.0.0.1 - -"], "the combined format", "", "203.0.113.5"),
            (&["- 10.0.0.1 - -"], "the combined format", "", "10.0.0.1"),
            (&["203.0.113.5 - [203.0.113.5] - -"], "the combined format", "", "203.0.113.5"),
            (
                &[
                    "shop.example:443 203.0.113.5, 10.0.0.1 - -",
                    "192.0.2.1 203.0.113.5 - -",
                    "- 203.0.113.5 - -",
                ],
                "the combined format, with the host in front",
                "shop.example:443",
                "203.0.113.5",
            ),
            (
                &["203.0.113.5 shop.example -", "203.0.113.5 - -"],
                "the combined format, with the host behind the address",
                "shop.example",
                "203.0.113.5",
            ),
        ] {
            let lines: Vec<String> = fronts.iter().map(|front| format!("{front} {rest}")).collect();
            let lines: Vec<&[u8]> = lines.iter().map(String::as_bytes).collect();
            let told = Format::of(&lines.iter().copied()).unwrap_or_else(|| panic!("{fronts:?}"));
            assert_eq!(told.to_string(), format, "{fronts:?}");
            let (told_host, told_address) =
                told.read(lines[0], |request| (request.host.to_owned(), request.address.to_owned())).unwrap();
            assert_eq!((told_host, told_address), (host.into(), address.into()), "{fronts:?}");
        }
    }

    #[test]
    fn what_a_log_never_says_is_told_by_its_first_lines() {
        let combined = |referer: &str, agent: &str| format!(r#"{COMMON} "{referer}" "{agent}""#);
        let (browser, robot) = ("Mozilla/5.0 (X11; Linux x86_64)", "Googlebot/2.1");
        let json = |rest: &str| LOGPUSH.replace('}', rest);
        for (name, lines, has_agents, has_referers) in [
            ("common", vec![COMMON.to_owned(); 50], false, false),
            ("combined", vec![combined("https://shop.example/", browser), combined("-", "-")], true, true),
            ("haproxy", vec![combined("", ""); 50], false, false),
            ("traefik", vec![combined("-", "-"); 50], false, false),
            ("no referer", vec![combined("-", browser); 50], true, false),
            ("few visitors", vec![combined("-", browser); 19], true, true),
            ("robots alone", vec![combined("-", robot); 50], true, true),
            ("logpush", vec![LOGPUSH.to_owned(); 50], false, false),
            (
                "agents alone",
                vec![json(r#","ClientRequestUserAgent":"Mozilla/5.0 (X11)"}"#); 50],
                true,
                false,
            ),
            (
                "referers alone",
                vec![json(r#","ClientRequestReferer":"https://shop.example/"}"#)],
                false,
                true,
            ),
        ] {
            let lines: Vec<&[u8]> = lines.iter().map(String::as_bytes).collect();
            let format = Format::of(&lines.iter().copied()).unwrap();
            let shape = Shape::of(format, &lines.iter().copied());
            assert_eq!(shape, Shape { format, has_agents, has_referers }, "{name}");
        }
    }

    #[test]
    fn json_need_not_be_utf_8() {
        let line =
            [LOGPUSH.trim_end_matches('}').as_bytes(), b",\"ClientRequestUserAgent\":\"a\xe4\"}"].concat();
        let agent = Format::Json.read(&line, |request| request.agent.to_owned());
        assert_eq!(agent.as_deref(), Some("a\u{fffd}".as_bytes()));
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
            // HAProxy, Envoy, a load balancer of AWS, S3, CloudFront; Traefik and Envoy in JSON.
            r#"haproxy[143]: 192.0.2.7:33317 [17/May/2015:10:05:03.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 "GET /a HTTP/1.1""#,
            r#"[2015-05-17T10:05:03.310Z] "GET /a HTTP/2" 200 - 154 0 226 100 "192.0.2.7" "Mozilla/5.0" "-" "shop.example" "10.0.0.1:80""#,
            r#"https 2015-05-17T10:05:03.186641Z app/lb/50dc6c495c0c9188 192.0.2.7:2817 10.0.0.1:80 0.0 0.0 0.0 200 200 34 366 "GET https://shop.example:443/a HTTP/1.1" "Mozilla/5.0" - -"#,
            r#"79a5 bucket [17/May/2015:10:05:03 +0000] 192.0.2.7 - 3E57 REST.GET.OBJECT a "GET /a HTTP/1.1" 200 - 113 - 7 - "-" "S3Console/0.4" -"#,
            "2015-05-17\t10:05:03\tLAX1\t2390282\t192.0.2.7\tGET\td111.cloudfront.net\t/a\t200\t-\tMozilla/5.0",
            r#"{"ClientHost":"192.0.2.7","DownstreamStatus":200,"RequestHost":"shop.example","RequestMethod":"GET","RequestPath":"/a","time":"2015-05-17T10:05:03Z"}"#,
            r#"{"start_time":"2015-05-17T10:05:03.310Z","method":"GET","path":"/a","response_code":200,"downstream_remote_address":"192.0.2.7:1","x_forwarded_for":"192.0.2.7"}"#,
            // A word in front that is no name is no host.
            r#"0.003 192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET /a HTTP/1.1" 200 512"#,
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
