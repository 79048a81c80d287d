//! Which keys of the KV namespace are Headstart's: those of learners. Beside them lie the record of switches, and whatever an owner
//! keeps there.

use super::hint_snapshot::learner_name;
use super::next_page_snapshot::next_page_learner_name;
use crate::json;
use crate::limits::MAX_LEARNERS;
use crate::sorting::map::SortedMap;
use serde::Deserialize;
use serde::de::IgnoredAny;
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

/// Whether a value is of a form in which Headstart publishes or imports, whatever its version is: it says something of paths, or has
/// records. The name alone does not tell: `user/42`, `session:5/0` and `img.png/1` may be an owner's, and would be those of learners
/// as well, were there hosts that are called so.
#[must_use]
pub fn is_published(value: &str) -> bool {
    type Record = (IgnoredAny, IgnoredAny, IgnoredAny, f64);
    #[allow(clippy::zero_sized_map_values)] // Of a map serde reads no set.
    #[derive(Deserialize)]
    struct Form {
        #[serde(rename = "version")]
        _version: u32,
        pages: Option<SortedMap<String, IgnoredAny>>,
        records: Option<Vec<Record>>,
    }
    match json::read(value) {
        Ok(Form { pages: Some(pages), records: None, .. }) => pages.keys().all(|path| path.starts_with('/')),
        Ok(Form { pages: None, records: Some(_), .. }) => true,
        _ => false,
    }
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
    fn what_headstart_has_written_is_told_from_what_others_keep() {
        for ours in [
            r#"{"version":4,"pages":{}}"#,
            r#" {"version":2,"pages":{"/":[],"/a":[["https://cdn.example",1]]},"routes":{"/b/*":[]},"site":[]}"#,
            r#"{"version":1,"pages":{"/a":{"next":[["/b",0.42,3,0,0,[12,5,1]]]}},"out":["/x"],"later":true}"#,
            r#"{"records":[],"version":1}"#,
            r#"{"version":1,"records":[["next","/a","{}",2.5]]}"#,
        ] {
            assert!(is_published(ours), "{ours}");
        }
        for other in [
            "",
            "on",
            "{}",
            "[1]",
            "[4,{}]",
            r#"{"version":4}"#,
            r#"{"version":"4","pages":{}}"#,
            r#"{"name":"Ada"}"#,
            r#"{"version":3,"name":"Ada"}"#,
            r#"{"version":3,"pages":12}"#,
            r#"{"version":3,"pages":["/a"]}"#,
            r#"{"version":3,"pages":{"home":{}}}"#,
            r#"{"version":3,"records":[{"name":"Ada"}]}"#,
            r#"{"version":3,"records":[["a","b","c","d"]]}"#,
            r#"{"version":3,"pages":{"/a":[]}"#,
        ] {
            assert!(!is_published(other), "{other}");
        }
    }
}
