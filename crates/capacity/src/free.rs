//! The Free plan: how many views a day it has room for, with the defaults and with the variables of [`PROFILE`].
//!
//! A day is simulated as a whole, at an even pace, from nothing known on: what is new costs most.

use crate::bill::{Prices, Used};
use crate::run::{LIFE_SECONDS, Load, Plan, run, to_f64};
use headstart::config::Config;

/// The variables with which a site on the Free plan is to be run; `examples/free/wrangler.toml` has them.
pub const PROFILE: [(&str, &str); 7] = [
    ("ACTIVATION_SIGNAL", "off"),
    ("BATCH_SECONDS", "25"),
    ("BATCH_VIEWS", "400"),
    ("HOLDOUT", "0"),
    ("PUBLISH_SECONDS", "600"),
    ("READ_BYTES", "65536"),
    ("REFRESH_SECONDS", "600"),
];

/// The pages of such a site, and how many isolates serve it at a time.
const PATHS: usize = 2_000;
const ISOLATES: usize = 20;

const SECONDS: u64 = 24 * 3600;

/// The most views a day that are tried.
const MOST: u64 = 120_000;

/// How many views a day there is room for, and what runs out first.
#[derive(Clone, Debug, PartialEq)]
pub struct Room {
    /// The views.
    pub views: u64,
    /// What is used up with the next thousand, by the name that it has among the prices.
    pub limit: &'static str,
    /// What was used with so many.
    pub used: Used,
}

/// What a day with so many views uses.
#[must_use]
pub fn day(views: u64, config: &Config, seed: u64) -> Used {
    let load = Load::Views(to_f64(views) / to_f64(SECONDS));
    let plan = Plan {
        load,
        paths: PATHS,
        isolates: ISOLATES,
        seconds: SECONDS,
        life_seconds: LIFE_SECONDS,
        seed,
        heeds_turns: true,
    };
    run(&plan, config).all.used(0.0, 0)
}

/// The most thousands of views of which a day uses no more than there is.
#[must_use]
pub fn room(config: &Config, prices: &Prices, seed: u64) -> Option<Room> {
    most(|views| {
        let used = day(views, config, seed);
        (prices.crossed(&used).first().map(|(thing, _)| *thing), used)
    })
}

/// Finds the most thousands for which `crossed` names nothing, where more views never use less.
fn most(mut crossed: impl FnMut(u64) -> (Option<&'static str>, Used)) -> Option<Room> {
    let (mut fits, mut is_over) = (0, MOST / 1000 + 1);
    let mut room: Option<Room> = None;
    let mut limit = "nothing";
    while is_over - fits > 1 {
        let middle = u64::midpoint(fits, is_over);
        match crossed(middle * 1000) {
            (None, used) => {
                fits = middle;
                room = Some(Room { views: middle * 1000, limit, used });
            }
            (Some(thing), _) => (is_over, limit) = (middle, thing),
        }
    }
    room.map(|room| Room { limit, ..room })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_views_are_found_and_what_runs_out() {
        let found = |at: u64| {
            most(|views| {
                ((views > at).then_some("requests"), Used { requests: to_f64(views), ..Used::default() })
            })
        };
        for (at, expected) in
            [(999, None), (1_000, Some(1_000)), (27_500, Some(27_000)), (119_999, Some(119_000))]
        {
            assert_eq!(found(at).map(|room| room.views), expected, "{at}");
        }
        assert_eq!(found(27_500).map(|room| (room.limit, room.used.requests)), Some(("requests", 27_000.0)));
        assert_eq!(found(u64::MAX).map(|room| (room.limit, room.views)), Some(("nothing", MOST)));
    }

    /// The values of variables, in a text in which each stands on a line of its own, perhaps with a comment.
    fn variables(text: &str) -> Vec<(&str, &str)> {
        let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
        let said = lines.filter_map(|line| line.split_once('='));
        said.map(|(name, value)| {
            let value = value.split_once('#').map_or(value, |(value, _)| value);
            (name.trim(), value.trim().trim_matches('"'))
        })
        .collect()
    }

    #[test]
    fn the_example_and_the_documentation_have_the_profile() {
        let example = include_str!("../../../examples/free/wrangler.toml");
        let example = variables(example.split("[vars]").nth(1).unwrap_or_default());
        for variable in PROFILE {
            assert!(example.contains(&variable), "{variable:?} in examples/free: {example:?}");
        }
        let said = include_str!("../../../docs/operating.md");
        let said = said.split("### On the Free plan").nth(1).and_then(|said| said.split("```").nth(1));
        assert_eq!(variables(said.unwrap_or_default().trim_start_matches("toml")), PROFILE);
        let (_, mistakes) = Config::read(PROFILE);
        assert!(mistakes.is_empty(), "{mistakes:?}");
    }
}
