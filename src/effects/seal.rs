//! Sealing: authenticated encryption of what is handed to a browser, or kept for it, and must come back as it was.
//!
//! XChaCha20-Poly1305 with a key that follows from a secret of the site (`SEAL_KEY`). A second secret, `SEAL_KEY_OLD`, still
//! opens what was sealed before the first one was changed. Whatever is wrong with something sealed, opening it gives
//! nothing, and says no more.
//!
//! ```text
//! sealed  = version (1 byte) ‖ nonce (24 bytes) ‖ ciphertext ‖ tag (16 bytes)
//! ```
//!
//! Nonces are random: 192 bits, so that no two are ever alike.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{Key, KeyInit, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// The bytes of a nonce.
pub const NONCE_BYTES: usize = 24;

/// The fewest characters of a secret. `openssl rand -base64 32` gives 44.
pub const MIN_SECRET_CHARS: usize = 32;

/// The version of the sealed form, its first byte.
const VERSION: u8 = 1;

/// What the key of digests is for.
const DIGEST_PURPOSE: &str = "headstart digest";

/// A keyed digest of something that is compared and never shown.
pub type Digest = u64;

/// The keys that follow from one secret.
#[derive(Clone)]
struct Keys {
    cipher: XChaCha20Poly1305,
    digest: [u8; 32],
}

/// What seals and opens.
#[derive(Clone)]
pub struct Seal {
    current: Keys,
    old: Option<Keys>,
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Keys must not end up in a log.
        formatter.write_str("Seal")
    }
}

impl Keys {
    fn new(secret: &[u8]) -> Option<Self> {
        let cipher = XChaCha20Poly1305::new(&Key::from(derive(secret, "headstart seal")?));
        Some(Self { cipher, digest: derive(secret, DIGEST_PURPOSE)? })
    }
}

/// A key for one purpose.
fn derive(secret: &[u8], purpose: &str) -> Option<[u8; 32]> {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret).ok()?;
    mac.update(purpose.as_bytes());
    Some(mac.finalize().into_bytes().into())
}

impl Seal {
    /// The seal by a site's secrets.
    #[must_use]
    pub fn new(current: &str, old: Option<&str>) -> Option<Self> {
        let old = old.and_then(|old| Keys::new(old.as_bytes()));
        Some(Self { current: Keys::new(current.as_bytes())?, old })
    }

    /// The seal by random bytes: by the key of a day, say.
    #[must_use]
    pub fn of_bytes(secret: &[u8]) -> Option<Self> {
        Some(Self { current: Keys::new(secret)?, old: None })
    }

    /// Seals bytes for a purpose: only who names the same purpose opens them.
    #[must_use]
    pub fn seal(&self, bytes: &[u8], purpose: &str, nonce: [u8; NONCE_BYTES]) -> Option<Vec<u8>> {
        let payload = Payload { msg: bytes, aad: purpose.as_bytes() };
        let ciphertext = self.current.cipher.encrypt(&XNonce::from(nonce), payload).ok()?;
        let mut sealed = Vec::with_capacity(1 + NONCE_BYTES + ciphertext.len());
        sealed.push(VERSION);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&ciphertext);
        Some(sealed)
    }

    /// Opens what was sealed for this purpose.
    #[must_use]
    pub fn open(&self, sealed: &[u8], purpose: &str) -> Option<Vec<u8>> {
        let (version, rest) = sealed.split_first()?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_BYTES>()?;
        if *version != VERSION {
            return None;
        }
        let nonce = XNonce::from(*nonce);
        // The tag is compared in constant time; which key it was is no secret.
        std::iter::once(&self.current).chain(&self.old).find_map(|keys| {
            keys.cipher.decrypt(&nonce, Payload { msg: ciphertext, aad: purpose.as_bytes() }).ok()
        })
    }

    /// Whether this is the current secret. It takes as long whatever it is: digests are compared, and to their ends.
    #[must_use]
    pub fn is_by(&self, secret: &str) -> bool {
        let given = derive(secret.as_bytes(), DIGEST_PURPOSE).unwrap_or_default();
        let differing =
            given.iter().zip(&self.current.digest).fold(0, |sum, (one, other)| sum | (one ^ other));
        std::hint::black_box(differing) == 0
    }

    /// A digest by the current secret. Each part ends where it ends: `("ab", "c")` and `("a", "bc")` differ.
    #[must_use]
    pub fn digest(&self, parts: &[&str]) -> Digest {
        digest(&self.current.digest, parts)
    }

    /// Whether a digest is that of these parts, by either secret.
    #[must_use]
    pub fn is_digest(&self, given: Digest, parts: &[&str]) -> bool {
        std::iter::once(&self.current).chain(&self.old).any(|keys| digest(&keys.digest, parts) == given)
    }
}

/// What a sealed form is known by: unique, and no secret.
#[must_use]
pub fn nonce_of(sealed: &[u8]) -> Option<[u8; NONCE_BYTES]> {
    sealed.get(1..)?.first_chunk::<NONCE_BYTES>().copied()
}

fn digest(key: &[u8; 32], parts: &[&str]) -> Digest {
    // A key of any length will do, so this never fails.
    let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(key) else { return Digest::default() };
    for part in parts {
        mac.update(&(part.len() as u64).to_le_bytes());
        mac.update(part.as_bytes());
    }
    let bytes: [u8; 32] = mac.finalize().into_bytes().into();
    bytes.first_chunk().copied().map(u64::from_le_bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";
    const OTHER: &str = "0123456789abcdef0123456789abcdeg";

    fn seal() -> Seal {
        Seal::new(SECRET, None).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_for_its_purpose_alone() {
        let sealed = seal().seal(b"hello", "ticket", [7; 24]).unwrap();
        assert_eq!(sealed.len(), 1 + 24 + 5 + 16);
        assert_eq!(nonce_of(&sealed), Some([7; 24]));
        assert_eq!(seal().open(&sealed, "ticket").unwrap(), b"hello");
        assert_eq!(seal().open(&sealed, "record"), None);
        assert_eq!(seal().open(&[], "ticket"), None);
        for length in 0..sealed.len() {
            assert_eq!(seal().open(&sealed[..length], "ticket"), None, "{length}");
        }
    }

    #[test]
    fn a_second_secret_opens_and_a_retired_one_does_not() {
        let before = seal().seal(b"x", "ticket", [1; 24]).unwrap();
        let rotated = Seal::new(OTHER, Some(SECRET)).unwrap();
        assert_eq!(rotated.open(&before, "ticket").unwrap(), b"x");
        let after = rotated.seal(b"y", "ticket", [2; 24]).unwrap();
        assert_eq!(seal().open(&after, "ticket"), None, "the new one is not the old one's");
        let retired = Seal::new(OTHER, None).unwrap();
        assert_eq!(retired.open(&before, "ticket"), None);
        assert_eq!(retired.open(&after, "ticket").unwrap(), b"y");
    }

    #[test]
    fn digests_tell_parts_and_secrets_apart() {
        let digest = seal().digest(&["ab", "c"]);
        assert_eq!(digest, seal().digest(&["ab", "c"]));
        assert_ne!(digest, seal().digest(&["a", "bc"]));
        assert_ne!(digest, seal().digest(&["ab", "c", ""]));
        assert_ne!(digest, Seal::new(OTHER, None).unwrap().digest(&["ab", "c"]));
        assert!(Seal::new(OTHER, Some(SECRET)).unwrap().is_digest(digest, &["ab", "c"]));
        assert!(!Seal::new(OTHER, None).unwrap().is_digest(digest, &["ab", "c"]));
    }

    #[test]
    fn a_secret_is_told_from_any_other() {
        assert!(seal().is_by(SECRET));
        for other in ["", OTHER, &SECRET[1..], &format!("{SECRET} "), &SECRET.to_uppercase()] {
            assert!(!seal().is_by(other), "{other}");
        }
        assert!(!Seal::new(OTHER, Some(SECRET)).unwrap().is_by(SECRET), "one that was changed");
    }

    #[test]
    fn nothing_of_a_secret_shows() {
        assert_eq!(format!("{:?}", seal()), "Seal");
    }
}
