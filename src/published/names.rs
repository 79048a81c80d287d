//! Which keys of the KV namespace are Headstart's: those of learners. Beside them lie the record of switches, and whatever an owner
//! keeps there.

use super::hint_snapshot::learner_name;
use super::next_page_snapshot::next_page_learner_name;
use crate::limits::MAX_LEARNERS;
use serde::Deserialize;
use url::{Position, Url};

/// The site of the learner of this name; `None` for what no learner is called.
#[must_use]
pub fn site_of_learner(name: &str) -> Option<&str> {
    let (site, part) = name.rsplit_once('/')?;
    let is_of_hints = || {
        let shard = part.parse().ok().filter(|shard| *shard < MAX_LEARNERS);
        shard.is_some_and(|shard| learner_name(site, shard) == name)
    };
    ((next_page_learner_name(site) == name || is_of_hints()) && is_site(site)).then_some(site)
}

/// Whether a text is a host, with or without a port, as it stands in URLs.
fn is_site(text: &str) -> bool {
    // Of a scheme its own port is left out.
    ["https", "http"].into_iter().any(|scheme| {
        let url = Url::parse(&format!("{scheme}://{text}/"));
        url.is_ok_and(|url| url[Position::BeforeHost..Position::AfterPort] == *text)
    })
}

/// Whether a key under which a site's learner would publish could be somebody else's as well: `user/42` is the name of a learner, if
/// there is a host in the owner's own network that is called `user`. What stands there has to tell.
#[must_use]
pub fn is_ambiguous(site: &str) -> bool {
    site != "localhost" && !site.contains(['.', ':'])
}

/// Whether a value is of a form in which Headstart publishes or imports, whatever its version is.
#[must_use]
pub fn is_published(value: &str) -> bool {
    #[derive(Deserialize)]
    struct Versioned {
        #[serde(rename = "version")]
        _version: u32,
    }
    // A list would do for serde.
    value.trim_start().starts_with('{') && serde_json::from_str::<Versioned>(value).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_of_a_learner_tells_its_site_and_nothing_else_does() {
        for site in [
            "shop.example",
            "shop.example:8443",
            "shop.example:80",
            "localhost",
            "import",
            "[::1]:8787",
            "192.0.2.1",
        ] {
            for name in
                [learner_name(site, 0), learner_name(site, MAX_LEARNERS - 1), next_page_learner_name(site)]
            {
                assert_eq!(site_of_learner(&name), Some(site), "{name}");
            }
        }
        for other in [
            "",
            "/",
            "switches",
            "salt",
            "shop.example",
            "shop.example/",
            "shop.example/256",
            "shop.example/01",
            "shop.example/+1",
            "shop.example/-1",
            "shop.example/next/",
            "shop.example/nextly",
            "shop.example/ledger/3",
            "/0",
            "users/a/0",
            "import/shop.example/0",
            "Shop.example/0",
            "shop example/0",
            "user@shop.example/0",
            ":word@shop.example/0",
            "@shop.example/0",
            "a?b/0",
            "a#b/0",
            "https://shop.example/0",
            "shop.example:99999/0",
            "session:5/0x",
        ] {
            assert_eq!(site_of_learner(other), None, "{other}");
        }
    }

    #[test]
    fn where_a_word_could_be_a_host_the_value_tells() {
        for (site, expected) in [
            ("user", true),
            ("import", true),
            ("localhost", false),
            ("user:80", false),
            ("shop.example", false),
        ] {
            assert_eq!(is_ambiguous(site), expected, "{site}");
        }
        assert!(is_published(r#"{"version":4,"pages":{}}"#) && is_published(r#"{"records":[],"version":1}"#));
        for other in ["", "on", "{}", "[1]", r#"{"version":"4"}"#, r#"{"name":"Ada"}"#] {
            assert!(!is_published(other), "{other}");
        }
    }
}
