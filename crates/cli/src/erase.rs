//! `headstart erase`: the order to a Worker to erase what it has learned.

use crate::{order, pipe};
use headstart::effects::erasure::{Erased, LIFE_MS, Order};
use headstart::effects::seal::NONCE_BYTES;
use headstart::endpoints::{ERASE, ERASE_FROM};
use headstart::hints::Origin;
use headstart::learn::erasing::Position;
use url::Url;

const EXAMPLES: &str = "Examples:
  export SEAL_KEY=...
  headstart erase https://www.example.org --page /account/42 | sh
  headstart erase https://www.example.org --origin https://cdn.example | sh";

/// In how many portions one order is carried out at the most: more than there is time for in the ten minutes that it is good for.
const PORTIONS: u32 = 10_000;

/// Print the command that erases what was learned of a page, of an origin, of a site or of all sites
///
/// The command asks the Worker that serves SITE, by an order that is sealed with the Worker's `SEAL_KEY`, which is read from the
/// environment, and that is good for ten minutes. The learners forget, what was published goes from KV, and within a minute from
/// the isolates. The Worker does that in portions, each as large as the platform lets it be, and the command goes on until all is
/// done; where it cannot, it says from where another order goes on. What an isolate has gathered and not sent yet may come in
/// later: up to an hour. So give the order again after that, where the site is still visited.
#[derive(Debug, PartialEq, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Arguments {
    /// The page to erase, by its path; the whole site where none is named
    #[arg(long, alias = "path", value_name = "PATH", value_parser = path_of)]
    page: Option<String>,
    /// The origin to erase, wherever the site's pages name it in hints. It is learned anew where they still use it
    #[arg(long, value_name = "ORIGIN", value_parser = origin, conflicts_with = "page")]
    origin: Option<Origin>,
    /// Erase what was learned of every site of the Worker
    #[arg(long = "all", conflicts_with_all = ["page", "origin"])]
    is_all: bool,
    /// Go on from where an order has ended before its time, as its answer says it
    #[arg(long, value_name = "PLACE", value_parser = place)]
    from: Option<String>,
    /// The site, by its scheme and its host
    #[arg(value_name = "SITE", value_parser = order::site)]
    site: Url,
}

/// A path as the URL standard writes it, without a query: as the learners know it.
fn path_of(text: &str) -> Result<String, String> {
    let url =
        text.starts_with('/').then(|| Url::parse(&format!("https://site.example{text}")).ok()).flatten();
    let url = url.filter(|url| url.query().is_none() && url.fragment().is_none());
    url.map(|url| url.path().to_owned()).ok_or_else(|| "a path begins with / and has no query".to_owned())
}

fn origin(text: &str) -> Result<Origin, String> {
    let url = Url::parse(text).ok().filter(|url| url.path() == "/" && url.query().is_none());
    url.and_then(|url| Origin::of(&url))
        .ok_or_else(|| "an origin is its scheme and its host, such as https://cdn.example".to_owned())
}

fn place(text: &str) -> Result<String, String> {
    let place = Position::read(text).map(|position| position.token());
    place.ok_or_else(|| "no erasure has come to that place".to_owned())
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
    let seal = order::seal(secret)?;
    let erased = match (&arguments.page, &arguments.origin) {
        (Some(path), _) => Erased::Path(path.clone()),
        (None, Some(origin)) => Erased::Origin(origin.as_str().to_owned()),
        (None, None) if arguments.is_all => Erased::All,
        (None, None) => Erased::Site,
    };
    let order = Order { site: order::host(&arguments.site)?, erased, until: now + LIFE_MS };
    let from = arguments.from.as_ref().map(|from| format!("?{ERASE_FROM}={from}")).unwrap_or_default();
    order::curl(order.seal(&seal, nonce), &arguments.site, &format!("{ERASE}{from}"), PORTIONS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Command;
    use crate::order::tests::{NOW, SECRET, sent};
    use crate::tests::command as parsed;

    fn arguments(line: &str) -> Result<Arguments, String> {
        match parsed(&format!("erase {line}"))? {
            Command::Erase(arguments) => Ok(arguments),
            other => panic!("{other:?}"),
        }
    }

    /// What the order that is printed erases, and where it is sent.
    fn printed(line: &str, site: &str) -> (Erased, String) {
        let text = command(&arguments(line).unwrap(), SECRET, NOW, order::nonce()).unwrap();
        let (authorization, url) = sent(&text);
        let order =
            Order::open(authorization, &order::seal(SECRET).unwrap(), site, NOW + LIFE_MS - 1).unwrap();
        (order.erased, url.to_owned())
    }

    #[test]
    fn an_order_is_for_a_page_a_site_or_all() {
        let url = "https://shop.example/_headstart/erase".to_owned();
        let path = |path: &str| Erased::Path(path.to_owned());
        for (line, erased) in [
            ("https://shop.example", Erased::Site),
            ("https://shop.example/ --all", Erased::All),
            ("https://shop.example --page /a", path("/a")),
            ("https://shop.example --path /a", path("/a")),
            (
                "https://shop.example --origin https://CDN.example:443/",
                Erased::Origin("https://cdn.example".to_owned()),
            ),
            ("https://shop.example --path /ü/../é", path("/%C3%A9")),
        ] {
            assert_eq!(printed(line, "shop.example"), (erased, url.clone()), "{line}");
        }
        let from = Position::default().token();
        let from_there = format!("{url}?from={from}");
        let line = format!("https://shop.example --all --from {from}");
        assert_eq!(printed(&line, "shop.example"), (Erased::All, from_there));
        let local = printed("http://127.0.0.1:8787", "127.0.0.1:8787");
        assert_eq!(local, (Erased::Site, "http://127.0.0.1:8787/_headstart/erase".to_owned()));
        assert!(command(&arguments("https://shop.example").unwrap(), "short", NOW, order::nonce()).is_err());
    }

    #[test]
    fn the_command_goes_on_wherever_it_is_sent_on_to() {
        let arguments = arguments("https://shop.example").unwrap();
        let text = command(&arguments, SECRET, NOW, order::nonce()).unwrap();
        assert!(
            text.starts_with("curl --location --max-redirs 10000 --fail-with-body -X POST -H '"),
            "{text}"
        );
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
            "https://shop.example --page /a --origin https://cdn.example",
            "https://shop.example --origin cdn.example",
            "https://shop.example --origin https://cdn.example/a",
            "https://shop.example --origin https://cdn.example --all",
            "https://shop.example --from x",
            "https://shop.example --from '",
        ] {
            assert!(arguments(line).is_err(), "{line}");
        }
    }
}
