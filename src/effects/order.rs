//! Orders to a Worker by whoever has the site's `SEAL_KEY`: sealed with it, for one purpose, one site and ten minutes. They stand
//! in `Authorization`. To carry one out twice must do no harm.
//!
//! ```text
//! order = sealed(until, line break, site, line break, and what is ordered)
//! ```

use super::seal::{NONCE_BYTES, Seal};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// How long an order is good for, in milliseconds.
pub const LIFE_MS: u64 = 10 * 60 * 1000;

/// The longest order, in bytes.
const MAX_BYTES: usize = 4096;

/// How the value of `Authorization` begins that an order stands in (RFC 6750, section 2.1).
pub(super) const SCHEME: &str = "Bearer ";

/// The value of `Authorization` that gives an order to `site`, good until then, by a random nonce.
#[must_use]
pub fn give(
    what: &str,
    (site, until): (&str, u64),
    seal: &Seal,
    purpose: &str,
    nonce: [u8; NONCE_BYTES],
) -> Option<String> {
    let sealed = seal.seal(format!("{until}\n{site}\n{what}").as_bytes(), purpose, nonce)?;
    Some(format!("{SCHEME}{}", URL_SAFE_NO_PAD.encode(sealed)))
}

/// What the value of `Authorization` orders of `site` at `now`, and until when that is good; `None` for everything that is no
/// such order.
#[must_use]
pub fn taken(authorization: &str, seal: &Seal, purpose: &str, site: &str, now: u64) -> Option<(String, u64)> {
    let token = authorization.strip_prefix(SCHEME).filter(|token| token.len() <= MAX_BYTES)?;
    let order = seal.open(&URL_SAFE_NO_PAD.decode(token.trim()).ok()?, purpose)?;
    let mut lines = std::str::from_utf8(&order).ok()?.splitn(3, '\n');
    let (until, of, what) = (lines.next()?.parse().ok()?, lines.next()?, lines.next()?);
    (of == site && now < until).then(|| (what.to_owned(), until))
}
