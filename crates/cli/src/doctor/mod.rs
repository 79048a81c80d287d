//! `headstart doctor`: looks at a site from outside, and says what is well, what is in the way, and what to do.
//!
//! [`client`] asks, [`gather`] says for what, and [`seen`] is what came back, as plain data. [`checks`] are pure functions of that;
//! what they say ([`finding`]) is printed by [`report`].

mod addresses;
mod checks;
mod client;
mod failures;
mod finding;
mod gather;
mod page;
mod report;
mod rule_sets;
mod seen;

use crate::pipe;
use anyhow::Context as _;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

const EXAMPLE: &str = "Examples:
  headstart doctor https://www.example.org
  headstart doctor --pages 10 --json www.example.org/shop/ | jq .
  headstart doctor --header 'Authorization: Basic dXNlcjpwYXNz' https://staging.example.org

The exit code is 0 when nothing is wrong, 1 when there is a problem or a warning, 2 when the arguments are wrong.";

/// Look at a site from outside, and tell what is well, what is in the way, and what to do
///
/// Asks for the page at URL and for some to which it links, as a visitor does and as a browser that fetches them ahead does; for
/// Headstart's own files, for the rule sets, stylesheets and scripts of these pages, and for a service worker. That is some dozen
/// requests within seconds, without cookies and without running a script. What cannot be told from outside is said to be unknown.
#[derive(Debug, PartialEq, clap::Args)]
#[command(after_long_help = EXAMPLE)]
pub struct Arguments {
    /// Print a line of JSON in place of sentences
    #[arg(long = "json")]
    is_json: bool,
    /// How many pages are looked at: the one at URL, and others to which it links
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..=50))]
    pages: u8,
    /// How many seconds one request may take
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u8).range(1..=120))]
    timeout: u8,
    /// A field that is sent with each request to the origin of URL, such as a password's, in place of one of the same name; may be
    /// given several times
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = header)]
    headers: Vec<(String, String)>,
    /// The page; without a scheme, https
    #[arg(value_name = "URL", value_parser = site)]
    url: Url,
}

/// The URL of a page. What has no scheme is a host, with or without a port and a path.
fn site(text: &str) -> Result<Url, String> {
    const WANTED: &str = "a page's URL is wanted, such as https://www.example.org/";
    let text = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let url = Url::parse(&text).map_err(|error| format!("{error}; {WANTED}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("{WANTED}, with http or https"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            "a password does not stand in the URL: give it with --header 'Authorization: Basic …'".to_owned()
        );
    }
    Ok(url)
}

/// A header field.
fn header(text: &str) -> Result<(String, String), String> {
    let wanted = || "a field is written 'NAME: VALUE'".to_owned();
    let (name, value) = text.split_once(':').ok_or_else(wanted)?;
    let name: hyper::header::HeaderName = name.trim().parse().map_err(|_| wanted())?;
    let value = value.trim();
    hyper::header::HeaderValue::from_str(value).map_err(|_| "this value cannot be sent".to_owned())?;
    Ok((name.as_str().to_owned(), value.to_owned()))
}

/// Says by the exit code that something is wrong, after the report has said what.
#[derive(Debug)]
pub struct Unwell;

impl fmt::Display for Unwell {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("something is wrong with the site")
    }
}

impl std::error::Error for Unwell {}

/// Looks, judges and prints.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let timeout = Duration::from_secs(arguments.timeout.into());
    let mut start = arguments.url.clone();
    start.set_fragment(None);
    let client = Arc::new(client::Client::new(&start, timeout, arguments.headers.clone())?);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("no requests can be made")?;
    let seen = runtime.block_on(gather::look(&client, &start, arguments.pages.into()));
    // A name that is still being looked up is not waited for.
    runtime.shutdown_background();
    let findings = checks::judge(&seen);
    let text =
        if arguments.is_json { report::json(&seen, &findings) } else { report::text(&seen, &findings) };
    pipe::print(&text)?;
    if findings.iter().any(|finding| finding.verdict.is_wrong()) { Err(Unwell.into()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Command;
    use crate::tests::command;

    #[test]
    fn arguments_are_read() {
        let read = |line: &str| match command(line).unwrap() {
            Command::Doctor(arguments) => arguments,
            other => panic!("{other:?}"),
        };
        let url = |text: &str| Url::parse(text).unwrap();
        let plain = Arguments {
            is_json: false,
            pages: 5,
            timeout: 10,
            headers: Vec::new(),
            url: url("https://www.example.org/"),
        };
        assert_eq!(read("doctor https://www.example.org"), plain);
        assert_eq!(read("doctor www.example.org"), plain, "https unless something else is said");
        assert_eq!(read("doctor localhost:8787/a").url, url("https://localhost:8787/a"));
        let all = read("doctor --json --pages 1 --timeout 30 --header X-A:b http://127.0.0.1:8787/a?b=1#c");
        assert_eq!(
            all,
            Arguments {
                is_json: true,
                pages: 1,
                timeout: 30,
                headers: vec![("x-a".to_owned(), "b".to_owned())],
                url: url("http://127.0.0.1:8787/a?b=1#c"),
            }
        );
        for line in [
            "doctor",
            "doctor ftp://www.example.org",
            "doctor https://",
            "doctor https://user:pass@www.example.org",
            "doctor --pages 0 www.example.org",
            "doctor --pages 51 www.example.org",
            "doctor --timeout 0 www.example.org",
            "doctor --header X www.example.org",
            "doctor www.example.org www.example.net",
        ] {
            assert!(command(line).is_err(), "{line}");
        }
    }
}
