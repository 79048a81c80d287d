//! Reads from an answer where a URL of the site redirects to: a link to it then needs the connection to that origin ([`read`]). And
//! where navigations to a path are always led to the same origin, the redirect itself names it ([`led`], [`hint`]), for edges that
//! send that ahead of the answer.

use super::teaching;
use crate::config::{Config, RedirectHints};
use crate::head::{Head, is_redirect};
use crate::hints::{Hint, HintAction, Origin, Pools, link};
use crate::limits::MAX_PATH_BYTES;
use crate::urls::hosts::are_of_one_site;
use crate::urls::path_and_query;
use crate::visit::{Method, Visit};
use percent_encoding::percent_decode_str;
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
    let target = other(visit, head).and_then(|target| Origin::of(&target));
    if target.is_some() && visit.names_another_host() {
        return Some(Redirect::Untrusted);
    }
    let name = Some(path_and_query(&visit.url)).filter(|name| name.len() <= MAX_PATH_BYTES);
    let clicked_on = target.as_ref().and_then(|_| clicked_on(visit, own.as_ref()));
    Some(Redirect::Leads { site, name, target, clicked_on })
}

/// The URL at another origin to which an answer leads.
fn other(visit: &Visit, head: &Head) -> Option<Url> {
    let target = visit.url.join(head.location.as_deref()?).ok()?;
    // An insecure target would not be fetched from a secure page.
    let is_secure_enough = target.scheme() == visit.url.scheme() || target.scheme() == "https";
    let origin = Origin::of(&target).filter(|origin| Some(origin) != Origin::of(&visit.url).as_ref());
    origin.filter(|_| is_secure_enough).map(|_| target)
}

/// The origin that a redirect to a URL at another origin may name.
fn may_be_named(visit: &Visit, target: &Url, config: &Config) -> Option<Origin> {
    let is_meant = match config.hints.redirects {
        // Browsers keep the connections of each site apart, and lead nobody over one that was opened for another site.
        RedirectHints::SameSite => are_of_one_site(&visit.url, target),
        RedirectHints::All => true,
        RedirectHints::Off => false,
    };
    Origin::of(target).filter(|origin| is_meant && !config.hints.preferences.denied.contain(origin))
}

/// Whether a request is a navigation whose redirect may name an origin: a visitor's own, since a guess would tell the other server of
/// what nobody has clicked on.
fn is_led(visit: &Visit, config: &Config) -> bool {
    config.hints.is_on
        && config.hints.redirects != RedirectHints::Off
        && visit.method == Method::Get
        && visit.speculation.is_none()
        && visit.may_be_navigation()
}

/// Where a navigation was led.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Led {
    /// The site.
    pub site: String,
    /// The other origin that it may name; `None` for a page, for another URL of the site, and for what names none.
    pub to: Option<Origin>,
}

/// Where a navigation to a path was led; `None` where there is nothing to learn. `is_known` says whether the path is known to lead to
/// another origin: of others it is nothing to lead nowhere.
#[must_use]
pub fn led(visit: &Visit, head: &Head, is_known: impl FnOnce() -> bool, config: &Config) -> Option<Led> {
    let says_where = is_redirect(head.status) || matches!(head.status, 200..=299);
    if !is_led(visit, config) || !says_where || visit.url.path().len() > MAX_PATH_BYTES {
        return None;
    }
    let target = other(visit, head);
    let to = target.as_ref().and_then(|target| may_be_named(visit, target, config));
    // What follows from what the visitor says themselves is so for nobody else.
    let to = to.filter(|to| !names_host(&visit.url, to));
    // Of a visitor with a session it tells something that they are led elsewhere, and nothing that they are led there.
    let tells = match to {
        Some(_) => visit.is_public() && teaching::of_hints(visit, config),
        None => is_known(),
    };
    (tells && !visit.names_another_host()).then_some(())?;
    Some(Led { site: visit.site()?, to })
}

/// Whether a URL's own query names the host of an origin.
fn names_host(url: &Url, origin: &Origin) -> bool {
    let said = percent_decode_str(url.query().unwrap_or_default()).decode_utf8_lossy().to_ascii_lowercase();
    said.contains(origin.host())
}

/// The value of the `Link` line of a redirect to where the path always leads, if the answer leads there.
#[must_use]
pub fn hint(visit: &Visit, head: &Head, leads_to: Option<&Origin>, config: &Config) -> Option<String> {
    let leads_to = leads_to.filter(|_| is_redirect(head.status) && is_led(visit, config))?;
    let target = other(visit, head)?;
    if may_be_named(visit, &target, config).as_ref() != Some(leads_to) {
        return None;
    }
    // A navigation goes with cookies.
    let hint = Hint { origin: leads_to.clone(), action: HintAction::Preconnect(Pools::CREDENTIALED) };
    let line = link::serialise(
        &link::without_existing(vec![hint], head.link.as_deref(), &visit.url),
        super::MAX_LINK_BYTES,
    );
    (!line.is_empty()).then_some(line)
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

    const TYPED: [(&str, &str); 2] = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];

    fn redirect(to: &str) -> Head {
        Head { status: 302, location: Some(to.to_owned()), ..Head::default() }
    }

    fn led(path: &str, head: &Head, headers: &[(&str, &str)], variables: &[(&str, &str)]) -> Option<String> {
        let visit = crate::plan::tests::visit("GET", path, headers);
        let led = super::led(&visit, head, || true, &config(variables))?;
        assert_eq!(led.site, "shop.example");
        Some(led.to.map_or("nowhere", |_| "there").to_owned())
    }

    #[test]
    fn a_navigation_tells_where_its_path_leads_if_nothing_of_it_is_the_visitors() {
        let id = redirect("https://id.shop.example/start");
        let there = Some("there".to_owned());
        let nowhere = Some("nowhere".to_owned());
        assert_eq!(led("/login", &id, &TYPED, &[]), there);
        assert_eq!(led("/login", &id, &[], &[]), there, "over plain HTTP nothing says that it is one");
        assert_eq!(led("/login?next=/cart", &id, &TYPED, &[]), there);
        for (path, more, expected, why) in [
            ("/login", ("sec-fetch-dest", "image"), &None, "no navigation"),
            ("/login", ("sec-purpose", "prefetch"), &None, "a guess"),
            ("/login", ("x-forwarded-host", "evil.example"), &None, "another host"),
            ("/login", ("authorization", "Basic YQ=="), &None, "a password"),
            ("/login", ("cookie", "sessionid=7"), &None, "a session"),
            ("/login?to=https%3A%2F%2FID.shop.example", ("accept", "*"), &nowhere, "it says so itself"),
        ] {
            let headers = if why == "no navigation" {
                vec![("sec-fetch-mode", "no-cors"), more]
            } else {
                [&TYPED[..], &[more]].concat()
            };
            assert_eq!(&led(path, &id, &headers, &[]), expected, "{why}");
        }
        assert_eq!(led(&format!("/{}", "x".repeat(512)), &id, &TYPED, &[]), None);
    }

    #[test]
    fn what_leads_to_a_page_or_to_another_site_leads_nowhere() {
        let nowhere = Some("nowhere".to_owned());
        let status = |status| Head { status, ..Head::default() };
        for head in [
            status(200),
            redirect("/account"),
            redirect("https://shop.example/account"),
            redirect("http://id.shop.example/"),
            redirect("https://partner.example/"),
            redirect("https://"),
        ] {
            assert_eq!(led("/login", &head, &TYPED, &[]), nowhere, "{head:?}");
            let with_session = [&TYPED[..], &[("cookie", "sessionid=7")]].concat();
            assert_eq!(led("/login", &head, &with_session, &[]), nowhere, "whoever is led there: {head:?}");
        }
        for head in [status(304), status(404), status(500)] {
            assert_eq!(led("/login", &head, &TYPED, &[]), None, "{head:?}");
        }
        let partner = redirect("https://partner.example/");
        assert_eq!(led("/out", &partner, &TYPED, &[("HINT_REDIRECTS", "all")]).as_deref(), Some("there"));
        for off in [("HINT_REDIRECTS", "off"), ("HINTS", "off")] {
            assert_eq!(led("/login", &redirect("https://id.shop.example/"), &TYPED, &[off]), None, "{off:?}");
        }
        let denied = ("DENY_HOSTS", "id.shop.example");
        assert_eq!(led("/login", &redirect("https://id.shop.example/"), &TYPED, &[denied]), nowhere);
        let visit = crate::plan::tests::visit("GET", "/a", &TYPED);
        assert_eq!(super::led(&visit, &status(200), || false, &config(&[])), None, "nothing to take back");
    }

    #[test]
    fn a_redirect_names_where_its_path_always_leads_if_it_leads_there_now() {
        let id = Origin::parse("https://id.shop.example");
        let hint = |head: &Head, headers: &[(&str, &str)], variables: &[(&str, &str)]| {
            let visit = crate::plan::tests::visit("GET", "/login?next=/cart", headers);
            super::hint(&visit, head, id.as_ref(), &config(variables))
        };
        let there = redirect("https://id.shop.example/start");
        let line = Some("<https://id.shop.example>; rel=preconnect".to_owned());
        for headers in [&TYPED[..], &[], &[("cookie", "sessionid=7")], &[("authorization", "Basic YQ==")]] {
            assert_eq!(hint(&there, headers, &[]), line, "whoever asks: {headers:?}");
        }
        assert_eq!(hint(&there, &[("sec-purpose", "prefetch")], &[]), None, "nobody has clicked");
        assert_eq!(hint(&there, &[("sec-fetch-mode", "no-cors")], &[]), None, "no navigation");
        for elsewhere in [
            "https://pay.shop.example/",
            "/account",
            "http://id.shop.example/",
            "https://id.shop.example:8443/",
        ] {
            assert_eq!(hint(&redirect(elsewhere), &TYPED, &[]), None, "{elsewhere}");
        }
        assert_eq!(hint(&Head { status: 200, ..there.clone() }, &TYPED, &[]), None);
        let own = Some("<https://id.shop.example>; rel=preconnect".to_owned());
        assert_eq!(hint(&Head { link: own, ..there.clone() }, &TYPED, &[]), None, "it says so itself");
        for off in [("HINT_REDIRECTS", "off"), ("HINTS", "off"), ("DENY_HOSTS", "*.shop.example")] {
            assert_eq!(hint(&there, &TYPED, &[off]), None, "{off:?}");
        }
        let visit = crate::plan::tests::visit("GET", "/login", &TYPED);
        assert_eq!(super::hint(&visit, &there, None, &config(&[])), None, "nothing is known");
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
