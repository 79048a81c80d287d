//! `headstart erase`: the order to a Worker to erase what it has learned.

use crate::pipe;
use anyhow::{Context as _, bail};
use headstart::effects::erasure::{Erased, LIFE_MS, Order};
use headstart::effects::seal::{MIN_SECRET_CHARS, NONCE_BYTES, Seal};
use headstart::endpoints::ERASE;
use headstart::visit::site_of;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::time::{SystemTime, UNIX_EPOCH};
use url::Url;

const EXAMPLE: &str = "Example:
  SEAL_KEY=... headstart erase https://www.example.org --path /account/42 | sh";

/// Print the command that erases what was learned of a page, of a site or of all sites
///
/// The command asks the Worker that serves SITE, by an order that is sealed with the Worker's `SEAL_KEY`, which is read from the
/// environment, and that is good for ten minutes. The learners forget, what was published goes from KV, and within a minute from
/// the isolates. What an isolate has gathered and not sent yet may come in later: up to an hour. So give the order again after
/// that, where the site is still visited.
#[derive(Debug, PartialEq, clap::Args)]
#[command(after_long_help = EXAMPLE)]
pub struct Arguments {
    /// The page to erase, by its path; the whole site where none is named
    #[arg(long, value_name = "PATH", value_parser = path_of)]
    path: Option<String>,
    /// Erase what was learned of every site of the Worker
    #[arg(long = "all", conflicts_with = "path")]
    is_all: bool,
    /// The site, by its scheme and its host
    #[arg(value_name = "SITE", value_parser = site)]
    site: Url,
}

/// A path as the URL standard writes it, without a query: as the learners know it.
fn path_of(text: &str) -> Result<String, String> {
    let url =
        text.starts_with('/').then(|| Url::parse(&format!("https://site.example{text}")).ok()).flatten();
    let url = url.filter(|url| url.query().is_none() && url.fragment().is_none());
    url.map(|url| url.path().to_owned()).ok_or_else(|| "a path begins with / and has no query".to_owned())
}

fn site(text: &str) -> Result<Url, String> {
    let url =
        Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.path() == "/");
    url.ok_or_else(|| "a site is its scheme and its host, such as https://www.example.org".to_owned())
}

/// Prints the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let secret = std::env::var("SEAL_KEY").context("SEAL_KEY is not in the environment")?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
    pipe::print(&command(arguments, &secret, u64::try_from(now)?, nonce())?)
}

fn command(
    arguments: &Arguments,
    secret: &str,
    now: u64,
    nonce: [u8; NONCE_BYTES],
) -> anyhow::Result<String> {
    if secret.chars().count() < MIN_SECRET_CHARS {
        bail!("SEAL_KEY has fewer than {MIN_SECRET_CHARS} characters, so it is not the Worker's");
    }
    let erased = match &arguments.path {
        Some(path) => Erased::Path(path.clone()),
        None if arguments.is_all => Erased::All,
        None => Erased::Site,
    };
    let site = site_of(&arguments.site).context("the site has no host")?;
    let order = Order { site, erased, until: now + LIFE_MS };
    let seal = Seal::new(secret, None);
    let authorization =
        seal.and_then(|seal| order.seal(&seal, nonce)).context("the order cannot be sealed")?;
    let url = arguments.site.join(ERASE)?;
    Ok(format!("curl --fail-with-body -X POST -H 'Authorization: {authorization}' '{url}'\n"))
}

/// Bytes that are not the same again: the standard library's hashers have random keys.
fn nonce() -> [u8; NONCE_BYTES] {
    let mut nonce = [0; NONCE_BYTES];
    for (at, part) in nonce.chunks_mut(8).enumerate() {
        part.copy_from_slice(&RandomState::new().hash_one(at).to_le_bytes());
    }
    nonce
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Command;
    use crate::tests::command as parsed;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";
    const NOW: u64 = 1_800_000_000_000;

    fn arguments(line: &str) -> Result<Arguments, String> {
        match parsed(&format!("erase {line}"))? {
            Command::Erase(arguments) => Ok(arguments),
            other => panic!("{other:?}"),
        }
    }

    /// What the order that is printed erases, and where it is sent.
    fn printed(line: &str, site: &str) -> (Erased, String) {
        let text = command(&arguments(line).unwrap(), SECRET, NOW, nonce()).unwrap();
        let words: Vec<&str> = text.trim().split('\'').collect();
        let authorization = words[1].strip_prefix("Authorization: ").unwrap();
        let seal = Seal::new(SECRET, None).unwrap();
        let order = Order::open(authorization, &seal, site, NOW + LIFE_MS - 1).unwrap();
        (order.erased, words[3].to_owned())
    }

    #[test]
    fn an_order_is_for_a_page_a_site_or_all() {
        let url = "https://shop.example/_headstart/erase".to_owned();
        let path = |path: &str| Erased::Path(path.to_owned());
        for (line, erased) in [
            ("https://shop.example", Erased::Site),
            ("https://shop.example/ --all", Erased::All),
            ("https://shop.example --path /a", path("/a")),
            ("https://shop.example --path /ü/../é", path("/%C3%A9")),
        ] {
            assert_eq!(printed(line, "shop.example"), (erased, url.clone()), "{line}");
        }
        let local = printed("http://127.0.0.1:8787", "127.0.0.1:8787");
        assert_eq!(local, (Erased::Site, "http://127.0.0.1:8787/_headstart/erase".to_owned()));
        assert!(command(&arguments("https://shop.example").unwrap(), "short", NOW, nonce()).is_err());
    }

    #[test]
    fn what_is_no_site_or_no_path_is_told() {
        for line in [
            "shop.example",
            "https://shop.example/a",
            "ftp://shop.example",
            "https://shop.example --path a",
            "https://shop.example --path /a?b=1",
            "https://shop.example --path /a --all",
        ] {
            assert!(arguments(line).is_err(), "{line}");
        }
    }
}
