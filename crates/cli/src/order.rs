//! Orders to a Worker, sealed with its `SEAL_KEY`, as commands that give them.

use anyhow::{Context as _, bail};
use headstart::effects::seal::{MIN_SECRET_CHARS, NONCE_BYTES, Seal};
use headstart::visit::site_of;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::time::{SystemTime, UNIX_EPOCH};
use url::Url;

/// A site on the command line: its scheme and its host, and nothing else.
pub fn site(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    // With a user, a password, a query or a fragment it is more than its origin.
    let url = url.filter(|url| url.as_str().strip_suffix('/') == Some(&url.origin().ascii_serialization()));
    url.ok_or_else(|| "a site is its scheme and its host, such as https://www.example.org".to_owned())
}

/// The host and port by which the Worker knows a site.
pub fn host(site: &Url) -> anyhow::Result<String> {
    site_of(site).context("the site has no host")
}

/// The Worker's secret, from the environment.
pub fn secret() -> anyhow::Result<String> {
    std::env::var("SEAL_KEY").context("SEAL_KEY is not in the environment")
}

/// What seals orders by a secret.
pub fn seal(secret: &str) -> anyhow::Result<Seal> {
    if secret.chars().count() < MIN_SECRET_CHARS {
        bail!("SEAL_KEY has fewer than {MIN_SECRET_CHARS} characters, so it is not the Worker's");
    }
    Seal::new(secret, None).context("SEAL_KEY seals nothing")
}

/// The time, in milliseconds since the epoch.
pub fn now() -> anyhow::Result<u64> {
    Ok(u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?)
}

/// Bytes that are not the same again: the standard library's hashers have random keys.
pub fn nonce() -> [u8; NONCE_BYTES] {
    let mut nonce = [0; NONCE_BYTES];
    for (at, part) in nonce.chunks_mut(8).enumerate() {
        part.copy_from_slice(&RandomState::new().hash_one(at).to_le_bytes());
    }
    nonce
}

/// The command that gives an order to a path of a site, and once more wherever it is sent on to, so many times at the most.
pub fn curl(
    authorization: Option<String>,
    site: &Url,
    path: &str,
    times_sent_on: u32,
) -> anyhow::Result<String> {
    let authorization = authorization.context("the order cannot be sealed")?;
    let url = site.join(path)?;
    // curl sends it to no other host, and fails where it is sent on more often: that carries no order out.
    Ok(format!(
        "curl --location --max-redirs {times_sent_on} --fail-with-body -X POST -H 'Authorization: {authorization}' '{url}'\n"
    ))
}

#[cfg(test)]
pub mod tests {
    use super::site;

    pub const SECRET: &str = "0123456789abcdef0123456789abcdef";
    pub const NOW: u64 = 1_800_000_000_000;

    /// What a command that gives an order sends as `Authorization`, and the URL to which it does.
    pub fn sent(command: &str) -> (&str, &str) {
        let words: Vec<&str> = command.trim().split('\'').collect();
        (words[1].strip_prefix("Authorization: ").unwrap(), words[3])
    }

    #[test]
    fn a_site_is_its_scheme_and_its_host() {
        for text in [
            "https://www.example.org",
            "https://www.example.org/",
            "http://localhost:8787",
            "HTTPS://Example.org:443/",
        ] {
            assert!(site(text).is_ok(), "{text}");
        }
        for text in [
            "www.example.org",
            "ftp://example.org",
            "https://example.org/a",
            "https://example.org/?a",
            "https://example.org/#a",
            "https://user@example.org",
            "https://:secret@example.org/",
        ] {
            assert!(site(text).is_err(), "{text}");
        }
    }
}
