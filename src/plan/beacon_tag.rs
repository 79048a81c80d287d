//! The script that asks the browser how a view went, as HTML to put into the head of a page.
//!
//! It is put into few views ([`Sampling::Beacon`](super::Sampling::Beacon)). No browser waits for it, since it is `async`.
//!
//! **Nothing of it stays in the page.** An application may hydrate the whole document, and React 18 then takes an element that it does
//! not know for a reason to render all anew. So an inline script directly behind it takes it out, and itself, before any other script
//! of the page runs: see [`unseen`]. By then the browser has begun to fetch the script, which runs without its element as well (HTML,
//! "prepare the script element"). Where the page's policies allow no inline script of ours, or some that only report would report it, the
//! script itself takes its element out when it runs.

use super::html_edits;
use crate::csp::{Destination, OwnScript, Policies};
use crate::endpoints::beacon_of;
use crate::head::Head;
use crate::switches::holdout::Arms;
use crate::visit::Visit;

/// The script.
pub const SCRIPT: &str = include_str!("../../assets/beacon.min.js");

/// Takes the element before its own out of the page, if that is ours, and its own: where the script has run and is gone, or somebody
/// else has put something in between, another one stands there. It is always the same text, and no sink of Trusted Types.
pub const REMOVER: &str = r"{let e=document.currentScript,o=e.previousSibling;/\/_headstart\/[^*]/.test(o&&o.outerHTML)&&o.remove();e.remove()}";

/// The HTML to put into a page, of a view of these arms; `None` where the page must not be changed, or where its policies would not let
/// the script run or tell.
#[must_use]
pub fn html(visit: &Visit, head: &Head, arms: Option<Arms>) -> Option<String> {
    if !html_edits::may_be_edited(visit, head) {
        return None;
    }
    let policies = head.policies();
    let [path, beacon] = beacon_of(arms.map(Arms::as_str));
    let (script, beacon) = (visit.url.join(&path).ok()?, visit.url.join(&beacon).ok()?);
    if !policies.allows_ours(&visit.url, &beacon, Destination::Connect, None) {
        return None;
    }
    let nonce = nonce(policies.own_script(&visit.url, &script))?;
    // With its origin, since a `<base>` may stand before it.
    let tag = format!("<script async src=\"{script}\"{nonce}></script>");
    Some(unseen([tag], &policies))
}

/// Elements of ours as HTML that leaves none of them in the page, where these policies, which govern what stands there, have nothing
/// against that.
pub(crate) fn unseen(elements: impl IntoIterator<Item = String>, policies: &Policies) -> String {
    let remover = nonce(policies.inline_script())
        .map(|nonce| format!("<script{nonce}>{REMOVER}</script>"))
        .unwrap_or_default();
    elements.into_iter().map(|element| element + &remover).collect()
}

/// The attribute that lets a script of ours run, if it needs one; `None` where it would not run.
pub(crate) fn nonce(script: OwnScript<'_>) -> Option<String> {
    match script {
        OwnScript::Allowed => Some(String::new()),
        OwnScript::WithNonce(nonce) if is_nonce(nonce) => Some(format!(" nonce=\"{nonce}\"")),
        OwnScript::WithNonce(_) | OwnScript::Blocked => None,
    }
}

/// Whether a nonce is one by the standard's grammar (CSP, "base64-value"), so that it can stand in an attribute.
fn is_nonce(nonce: &str) -> bool {
    !nonce.is_empty()
        && nonce
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'='))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoints::{OWN_PREFIX, RulesFile};
    use crate::head::Content;
    use crate::plan::rules_delivery::rule_sets;
    use crate::plan::tests::{DOCUMENT, config, visit};
    use regex::Regex;

    fn tag(csp: Option<&str>) -> Option<String> {
        let visit = visit("GET", "/a", &DOCUMENT);
        let page = Head { content: Content::Page, is_readable: true, ..Head::default() };
        html(&visit, &Head { csp: csp.map(str::to_owned), ..page }, None)
    }

    #[test]
    fn the_script_comes_the_way_the_policies_let_it() {
        // The whole URL: a `<base>` of the page may lead elsewhere.
        let plain = "<script async src=\"https://shop.example/_headstart/beacon.js\"></script>";
        // What takes it out again comes the way the policies let that.
        let unseen = format!(
            "{plain}<script>{{let e=document.currentScript,o=e.previousSibling;\
             /\\/_headstart\\/[^*]/.test(o&&o.outerHTML)&&o.remove();e.remove()}}</script>"
        );
        assert_eq!(tag(None).unwrap(), unseen);
        assert_eq!(tag(Some("default-src 'self' 'unsafe-inline'")).unwrap(), unseen);
        assert_eq!(tag(Some("require-trusted-types-for 'script'; trusted-types 'none'")).unwrap(), unseen);
        assert_eq!(tag(Some("default-src 'self'")).unwrap(), plain);
        assert_eq!(
            tag(Some("script-src 'self' 'nonce-a'")).unwrap(),
            unseen.replace("<script>", "<script nonce=\"a\">"),
        );
        assert_eq!(
            tag(Some("script-src 'strict-dynamic' 'nonce-aB3+/='")).unwrap(),
            format!(
                "<script async src=\"https://shop.example/_headstart/beacon.js\" nonce=\"aB3+/=\"></script>\
                 <script nonce=\"aB3+/=\">{REMOVER}</script>"
            )
        );
        assert_eq!(
            tag(Some("script-src 'nonce-a', script-src 'self' 'nonce-a' 'nonce-b'")).unwrap(),
            format!(
                "<script async src=\"https://shop.example/_headstart/beacon.js\" nonce=\"a\"></script>\
                 <script nonce=\"a\">{REMOVER}</script>"
            )
        );
        for csp in [
            "default-src 'none'",
            "script-src https://cdn.example",
            "connect-src 'none'",
            "script-src 'nonce-\"><script>alert(1)'",
            "script-src 'nonce-a', script-src 'nonce-b'",
        ] {
            assert_eq!(tag(Some(csp)), None, "{csp}");
        }
    }

    #[test]
    fn where_an_integrity_policy_names_scripts_nobody_is_asked() {
        let asked = |name: &str, value: &str| {
            let visit = visit("GET", "/a", &DOCUMENT);
            let fields = [("content-type", "text/html"), (name, value)];
            let header = |name: &str| {
                fields.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
            };
            html(&visit, &Head::read(&visit, 200, header, Vec::new), None)
        };
        for name in ["integrity-policy", "integrity-policy-report-only"] {
            assert_eq!(asked(name, "blocked-destinations=(script), endpoints=(x)"), None, "{name}");
            for unconcerned in
                ["blocked-destinations=(style)", "blocked-destinations=(script), sources=(other)"]
            {
                assert_eq!(asked(name, unconcerned), tag(None), "{name}: {unconcerned}");
            }
        }
    }

    #[test]
    fn no_policy_that_only_reports_has_anything_to_report() {
        let tag = |enforced: &str, observed: &str| {
            let visit = visit("GET", "/a", &DOCUMENT);
            let [csp, csp_report_only] =
                [enforced, observed].map(|csp| Some(csp.to_owned()).filter(|csp| !csp.is_empty()));
            let head =
                Head { content: Content::Page, is_readable: true, csp, csp_report_only, ..Head::default() };
            html(&visit, &head, None)
        };
        for (enforced, observed, nonce, has_remover) in [
            ("", "script-src 'self' 'unsafe-inline'", "", true),
            ("", "script-src 'self'", "", false),
            ("", "script-src 'strict-dynamic' 'nonce-a'", " nonce=\"a\"", true),
            ("script-src 'self' 'nonce-a'", "script-src 'strict-dynamic' 'nonce-a'", " nonce=\"a\"", true),
            ("script-src 'self' 'nonce-a'", "script-src 'self'", "", false),
        ] {
            let tag = tag(enforced, observed).unwrap();
            let own =
                format!("<script async src=\"https://shop.example/_headstart/beacon.js\"{nonce}></script>");
            assert!(tag.starts_with(&own), "{tag}");
            assert_eq!(tag.contains(REMOVER), has_remover, "{enforced:?} {observed:?}");
        }
        for observed in
            ["script-src https://cdn.example", "connect-src 'none'", "default-src https:; script-src *"]
        {
            assert_eq!(tag("", observed).is_some(), observed.starts_with("default-src"), "{observed}");
        }
    }

    #[test]
    fn what_takes_the_script_out_knows_it_by_where_it_is_served() {
        let own = Regex::new(&format!("{OWN_PREFIX}[^*]")).unwrap();
        assert!(REMOVER.contains(&format!("/{}[^*]/.test", OWN_PREFIX.replace('/', r"\/"))), "{REMOVER}");
        // Rules of ours stay, which leave out what is below it.
        let config = config(&[("RULES_DELIVERY", "inline")]);
        let rules = rule_sets(&config, &[]).get(RulesFile::Baseline).body.clone();
        assert!(rules.contains(OWN_PREFIX) && !own.is_match(&rules), "{rules}");
    }

    #[test]
    fn the_script_is_small() {
        assert!(SCRIPT.len() < 2000, "{}", SCRIPT.len());
    }
}
