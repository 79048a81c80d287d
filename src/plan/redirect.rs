//! Reads from an answer where a URL of the site redirects to: a link to it then needs the connection to that origin.

use super::teaching;
use crate::config::Config;
use crate::head::Head;
use crate::hints::Origin;
use crate::limits::MAX_PATH_BYTES;
use crate::urls::path_and_query;
use crate::visit::Visit;
use url::Url;

/// What an answer says of where its URL leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Redirect {
    /// To another origin; but the request names another host than its URL does, so that it teaches nothing.
    Untrusted,
    /// To another origin, or to none.
    Leads {
        /// The site of the URL.
        site: String,
        /// Path and query of the URL; `None` where they are too long to be remembered.
        name: Option<String>,
        /// The origin, where it is another one.
        target: Option<Origin>,
        /// The path of the page on which the visitor clicked a link to it.
        clicked_on: Option<String>,
    },
}

/// What an answer says of where its URL leads; `None` where there is nothing to learn. `is_any_known` says whether anything is remembered that the answer could take back.
#[must_use]
pub fn read(visit: &Visit, head: &Head, is_any_known: bool, config: &Config) -> Option<Redirect> {
    // Nearly every answer leads nowhere, and takes nothing back either.
    if !visit.is_public() || (head.location.is_none() && !is_any_known) || !teaching::of_hints(visit, config)
    {
        return None;
    }
    let site = visit.site()?;
    let own = Origin::of(&visit.url);
    let target = head.location.as_deref().and_then(|location| visit.url.join(location).ok());
    // An insecure target would not be fetched from a secure page.
    let target = target.filter(|target| target.scheme() == visit.url.scheme() || target.scheme() == "https");
    let target = target.and_then(|target| Origin::of(&target)).filter(|target| Some(target) != own.as_ref());
    if target.is_some() && visit.names_another_host() {
        return Some(Redirect::Untrusted);
    }
    let name = Some(path_and_query(&visit.url)).filter(|name| name.len() <= MAX_PATH_BYTES);
    let clicked_on = target.as_ref().and_then(|_| clicked_on(visit, own.as_ref()));
    Some(Redirect::Leads { site, name, target, clicked_on })
}

/// The page of this site on which a visitor clicked, if it is a navigation from one. Speculations are no clicks.
fn clicked_on(visit: &Visit, own: Option<&Origin>) -> Option<String> {
    let is_navigation = visit.destination().is_none_or(|destination| destination == "document");
    if visit.speculation.is_some() || !is_navigation {
        return None;
    }
    let referer = Url::parse(visit.referer()?).ok()?;
    let is_own = Origin::of(&referer).as_ref() == own && referer.path().len() <= MAX_PATH_BYTES;
    is_own.then(|| referer.path().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::config;

    const REFERER: (&str, &str) = ("referer", "https://shop.example/page?x=1");

    fn read(
        url: &str,
        location: Option<&str>,
        headers: &[(&str, &str)],
        is_any_known: bool,
    ) -> Option<Redirect> {
        let visit = Visit::with("GET", Url::parse(url).unwrap(), headers);
        let head = Head { location: location.map(str::to_owned), ..Head::default() };
        super::read(&visit, &head, is_any_known, &config(&[]))
    }

    fn leads(name: Option<&str>, target: Option<&str>, clicked_on: Option<&str>) -> Redirect {
        Redirect::Leads {
            site: "shop.example".to_owned(),
            name: name.map(str::to_owned),
            target: target.and_then(Origin::parse),
            clicked_on: clicked_on.map(str::to_owned),
        }
    }

    #[test]
    fn a_redirect_to_another_origin_is_remembered_and_a_click_on_it_counts() {
        let out = "https://shop.example/out?to=1";
        let pay = Some("https://pay.example/start");
        let learned = |clicked_on| Some(leads(Some("/out?to=1"), Some("https://pay.example"), clicked_on));
        assert_eq!(read(out, pay, &[REFERER], false), learned(Some("/page")));
        let document = [REFERER, ("sec-fetch-dest", "document")];
        assert_eq!(read(out, pay, &document, false), learned(Some("/page")));
        for (headers, why) in [
            (vec![], "no page is named"),
            (vec![("referer", "https://other.example/page")], "a page of another site"),
            (vec![("referer", "/page")], "no URL"),
            (vec![REFERER, ("sec-fetch-dest", "image")], "no navigation"),
            (vec![REFERER, ("sec-purpose", "prefetch")], "a speculation"),
        ] {
            assert_eq!(read(out, pay, &headers, false), learned(None), "{why}");
        }
    }

    #[test]
    fn what_leads_elsewhere_no_more_is_taken_back() {
        let url = "https://shop.example/out";
        assert_eq!(read(url, None, &[REFERER], false), None, "nothing to take back");
        assert_eq!(read(url, None, &[REFERER], true), Some(leads(Some("/out"), None, None)));
        for location in ["/elsewhere", "https://shop.example/a", "http://pay.example/", "mailto:a@b.example"]
        {
            assert_eq!(
                read(url, Some(location), &[REFERER], false),
                Some(leads(Some("/out"), None, None)),
                "{location}"
            );
        }
    }

    #[test]
    fn from_an_insecure_page_a_secure_origin_is_another_one_too() {
        let read = |location| read("http://shop.example/out", Some(location), &[], false);
        assert_eq!(
            read("https://pay.example/"),
            Some(leads(Some("/out"), Some("https://pay.example"), None))
        );
        assert_eq!(read("http://pay.example/"), Some(leads(Some("/out"), Some("http://pay.example"), None)));
    }

    #[test]
    fn a_request_that_names_another_host_or_a_password_teaches_nothing() {
        let url = "https://shop.example/out";
        let pay = Some("https://pay.example/");
        let forwarded = [REFERER, ("x-forwarded-host", "evil.example")];
        assert_eq!(read(url, pay, &forwarded, false), Some(Redirect::Untrusted));
        assert_eq!(
            read(url, None, &forwarded, true),
            Some(leads(Some("/out"), None, None)),
            "to take back harms nobody"
        );
        assert_eq!(read(url, pay, &[REFERER, ("authorization", "Basic YQ==")], true), None);
    }

    #[test]
    fn what_is_too_long_is_not_remembered_but_the_click_counts() {
        let long = "x".repeat(512);
        let url = format!("https://shop.example/{long}");
        let pay = Some("https://pay.example/");
        let target = Some("https://pay.example");
        assert_eq!(read(&url, pay, &[REFERER], false), Some(leads(None, target, Some("/page"))));
        let referer = format!("https://shop.example/{long}");
        let headers = [("referer", referer.as_str())];
        assert_eq!(
            read("https://shop.example/o", pay, &headers, false),
            Some(leads(Some("/o"), target, None))
        );
    }
}
