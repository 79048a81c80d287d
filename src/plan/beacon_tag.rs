//! The script that asks the browser how a view went, as HTML to put into the head of a page.
//!
//! It is put into few views ([`Sampling::Beacon`](super::Sampling::Beacon)). No browser waits for it, since it is `async`.

use super::html_edits;
use crate::csp::{Destination, OwnScript, Policies};
use crate::endpoints::beacon_of;
use crate::head::Head;
use crate::switches::holdout::Arms;
use crate::visit::Visit;

/// The script.
pub const SCRIPT: &str = include_str!("../../assets/beacon.min.js");

/// The HTML to put into a page, of a view of these arms; `None` where the page must not be changed, or where its policies would not let the script
/// run or tell.
#[must_use]
pub fn html(visit: &Visit, head: &Head, arms: Option<Arms>) -> Option<String> {
    if !html_edits::may_be_edited(head) {
        return None;
    }
    let policies = head.csp.as_deref().map(Policies::parse).unwrap_or_default();
    let [path, beacon] = beacon_of(arms.map(Arms::as_str));
    let (script, beacon) = (visit.url.join(&path).ok()?, visit.url.join(&beacon).ok()?);
    if !policies.allows(&visit.url, &beacon, Destination::Connect, None) {
        return None;
    }
    let nonce = nonce(policies.own_script(&visit.url, &script))?;
    // With its origin, since a `<base>` may stand before it.
    Some(format!("<script async src=\"{script}\"{nonce}></script>"))
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
    use crate::head::Content;
    use url::Url;

    fn tag(csp: Option<&str>) -> Option<String> {
        let visit = Visit::with("GET", Url::parse("https://shop.example/a").unwrap(), &[]);
        let page = Head { content: Content::Page, is_readable: true, ..Head::default() };
        html(&visit, &Head { csp: csp.map(str::to_owned), ..page }, None)
    }

    #[test]
    fn the_script_comes_the_way_the_policies_let_it() {
        // The whole URL: a `<base>` of the page may lead elsewhere.
        let plain = "<script async src=\"https://shop.example/_headstart/beacon.js\"></script>";
        assert_eq!(tag(None).unwrap(), plain);
        assert_eq!(tag(Some("default-src 'self'")).unwrap(), plain);
        assert_eq!(
            tag(Some("script-src 'strict-dynamic' 'nonce-aB3+/='")).unwrap(),
            "<script async src=\"https://shop.example/_headstart/beacon.js\" nonce=\"aB3+/=\"></script>"
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
    fn the_script_is_small() {
        assert!(SCRIPT.len() < 2000, "{}", SCRIPT.len());
    }
}
