//! The site that inputs are about.

use headstart::config::Config;
use headstart::effects::seal::Seal;
use headstart::effects::source_token::SourceKey;
use headstart::plan::{Ambient, Sampling};
use std::sync::LazyLock;
use url::Url;

pub const SITE: &str = "shop.example";

/// The time, in milliseconds since the epoch.
pub const NOW: u64 = 1_800_000_000_000;

pub const DAY_MS: u64 = 24 * 3600 * 1000;

/// A page of the site.
pub static PAGE: LazyLock<Url> = LazyLock::new(|| Url::parse("https://shop.example/lamps/").unwrap());

pub static SEAL: LazyLock<Seal> = LazyLock::new(|| {
    Seal::new("0123456789abcdef0123456789abcdef", Some("another one of thirty-two chars!")).unwrap()
});

/// A configuration with everything on.
pub static CONFIG: LazyLock<Config> = LazyLock::new(|| {
    let variables = [
        ("SEAL_KEY", "0123456789abcdef0123456789abcdef"),
        ("BEACON", "auto"),
        ("MAX_PRELOAD", "3"),
        ("LARGEST_PICTURE", "on"),
        ("EAGERNESS", "auto"),
    ];
    let (config, mistakes) = Config::read(variables);
    assert!(mistakes.is_empty(), "{mistakes:?}");
    config
});

/// What samples nothing, and has a clock that stands still.
pub struct Still;

impl Ambient for Still {
    fn samples(&mut self, _: Sampling) -> bool {
        false
    }

    fn now(&self) -> u64 {
        NOW
    }

    fn nonce(&mut self) -> [u8; 24] {
        [0; 24]
    }

    fn source_key(&self) -> Option<SourceKey> {
        SourceKey::new(0)
    }
}
