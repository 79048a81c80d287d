//! The baseline rule set: one cautious document rule for every page of the site.
//!
//! Every page of the site may be prefetched unless [`links`] leaves it out. The `tag` stands at the top level, where
//! older engines ignore it; in a rule they would drop the rule for it.
//!
//! What the file says depends on the configuration alone.

use super::links;
use super::served::RuleSet;
use crate::published::next_page_snapshot::Excluded;
use crate::speculation::{Eagerness, Speculation};
use crate::urls::inert_parameters::InertParameters;
use crate::urls::pattern::path_glob;
use crate::urls::unsafe_urls::UnsafeUrls;
use serde_json::json;

/// Writes the baseline rule set, with this tag. It leaves out what `excluded` names as well: paths
/// on which learning found that nobody should speculate.
#[must_use]
pub fn rule_set(
    eagerness: Eagerness,
    tag: &str,
    unsafe_urls: &UnsafeUrls,
    inert: &InertParameters,
    excluded: &[Excluded],
) -> RuleSet {
    let mut clauses = links::may_be_fetched(Speculation::Prefetch, unsafe_urls, inert);
    // Links with a query are left out anyhow, but for parameters that change nothing.
    let paths = excluded.iter().map(|excluded| &excluded.path).filter(|path| !path.contains('?'));
    let learned: Vec<String> = paths.map(|path| path_glob(path)).collect();
    if !learned.is_empty() {
        clauses.push(json!({ "not": { "href_matches": learned } }));
    }
    RuleSet::new(
        json!({
            "tag": tag,
            "prefetch": [{
                "source": "document",
                "where": { "and": clauses },
                "eagerness": eagerness.as_str(),
            }],
        })
        .to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::served::{MODERATE_TAG, TAG};
    use crate::urls::unsafe_urls::UrlGlob;
    use serde_json::Value;

    #[test]
    fn the_rule_set_says_what_is_configured() {
        let urls = |globs: &[&str]| {
            UnsafeUrls::new(globs.iter().map(|glob| UrlGlob::parse(glob).unwrap()).collect(), Vec::new())
        };
        let inert = InertParameters::default();
        let set = rule_set(Eagerness::Moderate, TAG, &urls(&["/poll/*", "/*?x=1"]), &inert, &[]);
        let json: Value = serde_json::from_str(&set.body).unwrap();
        assert_eq!(json["tag"], "headstart");
        assert_eq!(json["prefetch"].as_array().unwrap().len(), 1);
        assert_eq!(json["prefetch"][0]["eagerness"], "moderate");
        let excluded = json["prefetch"][0]["where"]["and"][1]["not"]["href_matches"].as_array().unwrap();
        assert_eq!(excluded.last().unwrap(), "/poll/*");
        for other in [
            rule_set(Eagerness::Conservative, TAG, &urls(&["/poll/*", "/*?x=1"]), &inert, &[]),
            rule_set(Eagerness::Moderate, TAG, &urls(&[]), &inert, &[]),
            rule_set(Eagerness::Moderate, MODERATE_TAG, &urls(&["/poll/*", "/*?x=1"]), &inert, &[]),
            rule_set(
                Eagerness::Moderate,
                TAG,
                &urls(&["/poll/*"]),
                &InertParameters::new(&["ref".to_owned()]),
                &[],
            ),
            rule_set(
                Eagerness::Moderate,
                TAG,
                &urls(&["/poll/*", "/*?x=1"]),
                &inert,
                &[Excluded::of("/leave", true)],
            ),
        ] {
            assert_ne!(set.etag, other.etag);
        }
    }
}
