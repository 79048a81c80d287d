//! `headstart switch`: the order to a Worker to show or to set switches.

use crate::{order, pipe};
use clap::builder::PossibleValuesParser;
use headstart::effects::order::LIFE_MS;
use headstart::effects::seal::NONCE_BYTES;
use headstart::effects::switch_order::{Asked, SwitchOrder};
use headstart::endpoints::SWITCH;
use headstart::switches::Switches;
use headstart::switches::change::Change;
use url::Url;

const EXAMPLES: &str = "Examples:
  export SEAL_KEY=...
  headstart switch https://www.example.org | sh                                  show what is switched
  headstart switch https://www.example.org off | sh                              all off, within a minute
  headstart switch https://www.example.org shadow --path '/checkout/*' | sh      one path
  headstart switch https://www.example.org off --path '/blog/*' --feature rules | sh
  headstart switch https://www.example.org default --path '/checkout/*' | sh     as before";

/// Print the command that switches Headstart on, to shadow or off, without a deploy
///
/// The command asks the Worker that serves SITE, by an order that is sealed with the Worker's `SEAL_KEY`, which is read from the
/// environment, and that is good for ten minutes. It prints the switches as they are from then on, and each isolate takes them
/// within a minute. In shadow, Headstart learns and logs what it would do, and visitors and the origin get what they would get
/// without it; off, it does not even that. What is said of a path counts more than what is said of the site, and that more than
/// what is said of all sites, or by `MODE`; but a site that is off is off with all its paths.
#[derive(Debug, PartialEq, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Arguments {
    /// The paths to switch, with "*" for anything; the whole site where none are named
    #[arg(long, value_name = "PATTERN", requires = "to")]
    path: Option<String>,
    /// The feature to switch; everything where none is named
    #[arg(long, requires = "to", value_parser = PossibleValuesParser::new(["hints", "preloads", "rules", "deferral"]))]
    feature: Option<String>,
    /// Switch every site of the Worker
    #[arg(long = "all", requires = "to")]
    is_all: bool,
    /// The site, by its scheme and its host
    #[arg(value_name = "SITE", value_parser = order::site)]
    site: Url,
    /// What to switch to; with default, what is more general decides again. Without it, what is switched is shown
    #[arg(value_name = "TO", value_parser = PossibleValuesParser::new(["on", "shadow", "off", "default"]))]
    to: Option<String>,
}

/// Prints the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    pipe::print(&command(arguments, &order::secret()?, order::now()?, order::nonce())?)
}

fn command(
    arguments: &Arguments,
    secret: &str,
    now: u64,
    nonce: [u8; NONCE_BYTES],
) -> anyhow::Result<String> {
    let (seal, site) = (order::seal(secret)?, order::host(&arguments.site)?);
    let asked = match &arguments.to {
        None => Asked::Show,
        Some(to) => {
            let change = Change {
                site: (!arguments.is_all).then(|| site.clone()),
                path: arguments.path.clone(),
                feature: arguments.feature.clone(),
                to: to.clone(),
            };
            // What the Worker would refuse is told here.
            Switches::default().changed(&change).map_err(anyhow::Error::msg)?;
            Asked::Change(change)
        }
    };
    let order = SwitchOrder { site, asked, until: now + LIFE_MS };
    order::curl(order.seal(&seal, nonce), &arguments.site, SWITCH, 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Command;
    use crate::order::tests::{NOW, SECRET, sent};
    use crate::tests::command as parsed;

    fn arguments(line: &str) -> Result<Arguments, String> {
        match parsed(&format!("switch {line}"))? {
            Command::Switch(arguments) => Ok(arguments),
            other => panic!("{other:?}"),
        }
    }

    /// What the order that is printed asks for, and where it is sent.
    fn printed(line: &str, site: &str) -> (Asked, String) {
        let text = command(&arguments(line).unwrap(), SECRET, NOW, order::nonce()).unwrap();
        let (authorization, url) = sent(&text);
        let order =
            SwitchOrder::open(authorization, &order::seal(SECRET).unwrap(), site, NOW + LIFE_MS - 1).unwrap();
        (order.asked, url.to_owned())
    }

    #[test]
    fn an_order_shows_or_switches() {
        let change = |site: Option<&str>, path: Option<&str>, feature: Option<&str>, to: &str| {
            let [site, path, feature] = [site, path, feature].map(|given| given.map(str::to_owned));
            Asked::Change(Change { site, path, feature, to: to.to_owned() })
        };
        let url = "https://shop.example/_headstart/switch".to_owned();
        let site = Some("shop.example");
        for (line, asked) in [
            ("https://shop.example", Asked::Show),
            ("https://shop.example off", change(site, None, None, "off")),
            ("https://shop.example/ on --all", change(None, None, None, "on")),
            (
                "https://shop.example shadow --path /checkout/*",
                change(site, Some("/checkout/*"), None, "shadow"),
            ),
            (
                "https://shop.example default --path /a --feature rules",
                change(site, Some("/a"), Some("rules"), "default"),
            ),
        ] {
            assert_eq!(printed(line, "shop.example"), (asked, url.clone()), "{line}");
        }
        let local = printed("http://127.0.0.1:8787 off", "127.0.0.1:8787");
        assert_eq!(local.1, "http://127.0.0.1:8787/_headstart/switch");
    }

    #[test]
    fn what_cannot_be_switched_is_told() {
        for line in [
            "shop.example off",
            "https://shop.example of",
            "https://shop.example off --feature hint",
            "https://shop.example --path /a",
            "https://shop.example --all",
        ] {
            assert!(arguments(line).is_err(), "{line}");
        }
        for line in ["https://shop.example off --path checkout", "https://shop.example off --path /a?b=1"] {
            assert!(command(&arguments(line).unwrap(), SECRET, NOW, order::nonce()).is_err(), "{line}");
        }
        let show = arguments("https://shop.example").unwrap();
        assert!(command(&show, "short", NOW, order::nonce()).is_err());
    }
}
