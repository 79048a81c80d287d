//! The site that is attacked: its name, its clock, the keys of its days, and its settings, which are the defaults.

use headstart::config::Config;
use headstart::learn::names::NameKey;
use headstart::learn::next::visitor::{Salt, day_of};
use std::sync::LazyLock;

/// Its name.
pub const SITE: &str = "shop.example";

/// When its first day begins, in milliseconds since the epoch.
pub const START: u64 = 1_800_000_000_000;

/// The defaults of all variables.
pub static CONFIG: LazyLock<Config> = LazyLock::new(|| Config::read(std::iter::empty::<(&str, &str)>()).0);

/// The keys of the day of `now`, in milliseconds since the epoch.
pub fn salt(now: u64) -> Salt {
    let day = day_of(now);
    let mut salt = Salt::new(day, 0xfeed_f00d_dead_beef + u128::from(day.saturating_sub(day_of(START))));
    salt.names = NameKey::new(day_of(START), 0xdead_beef);
    salt
}
