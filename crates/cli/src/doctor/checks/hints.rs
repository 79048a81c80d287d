//! `Link`: whether it can be read, whether the page uses what it hints, and whether it comes early.

use super::reach::place;
use crate::doctor::finding::{Finding, Verdict, cut, number, some_of};
use crate::doctor::gather;
use crate::doctor::seen::{Answer, Fields, Kind, PageSeen, Seen};
use headstart::csp::Destination;
use headstart::hints::Origin;
use headstart::hints::link::{self, Link};
use headstart::learn::css;
use url::Url;

/// The relation types by which a header has browsers connect or load.
const RELATIONS: [&str; 4] = ["preconnect", "dns-prefetch", "preload", "modulepreload"];

/// More preconnects than that are in each other's way (Lighthouse advises four).
const MANY_PRECONNECTS: usize = 6;

/// What a page's header has browsers connect to or load.
pub struct Hinted {
    /// Where.
    pub url: Url,
    /// As what it is loaded; `None` for a connection.
    pub destination: Option<Destination>,
    /// The nonce that it says.
    pub nonce: Option<String>,
}

/// The hints of a page's header.
pub fn hinted(page: &PageSeen) -> Vec<Hinted> {
    let of = |link: &Link| {
        if !RELATIONS.contains(&link.rel.as_str()) {
            return None;
        }
        // Of a picture with candidates one stands for all.
        let url = link.fetched(page.url()).next()?;
        let value =
            |name: &str| link.attributes.iter().find(|attribute| attribute.name == name)?.value.clone();
        let destination = match (link.rel.as_str(), value("as").as_deref()) {
            ("preconnect" | "dns-prefetch", _) => None,
            ("modulepreload", _) | (_, Some("script")) => Some(Destination::Script),
            (_, Some("style")) => Some(Destination::Style),
            (_, Some("font")) => Some(Destination::Font),
            (_, Some("image")) => Some(Destination::Image),
            _ => Some(Destination::Connect),
        };
        Some(Hinted { url, destination, nonce: value("nonce") })
    };
    gather::hinted(&page.answer).iter().filter_map(of).collect()
}

/// Whether `Link` can be read (RFC 8288), and does what it looks like.
pub fn header(seen: &Seen) -> Vec<Finding> {
    const ID: &str = "link-header";
    let mut good = 0_usize;
    for page in &seen.pages {
        let Some(field) = page.answer.fields.joined("link") else { continue };
        if let Some(finding) = field_fault(ID, &field, &place(page.url())) {
            return vec![finding];
        }
        good += 1;
    }
    match good {
        0 => Vec::new(),
        _ => vec![Finding::ok(ID, format!("Link can be read on {}.", number(good, "page")))],
    }
}

/// What is wrong with a field.
fn field_fault(id: &'static str, field: &str, here: &str) -> Option<Finding> {
    const LAST: &str = "https://last.invalid/";
    // Whatever stops the reading, a link behind it is not read.
    let links = link::parse(&format!("{field}, <{LAST}>; rel=preconnect"));
    if links.last().is_none_or(|link| link.target != LAST) {
        let after = links.last().map_or_else(
            || "from its beginning".to_owned(),
            |link| format!("behind <{}>", cut(&link.target)),
        );
        let says =
            format!("Link of {here} cannot be read {after}: {}. What stands there is lost.", cut(field));
        return Some(Finding::new(id, Verdict::Problem, says).advise(
            "Find what sends it. Each link is <URL>; rel=preconnect, with commas between, quotes closed, and commas in URLs written as %2C.",
        ));
    }
    links.iter().find_map(|link| link_fault(id, link, here))
}

/// What is wrong with one link, as Chromium reads it.
fn link_fault(id: &'static str, link: &Link, here: &str) -> Option<Finding> {
    if !RELATIONS.contains(&link.rel.as_str()) {
        return None;
    }
    let named = |name: &str| link.attributes.iter().find(|attribute| attribute.name == name);
    let target = cut(&link.target);
    let warning = |says: String, advice: &str| Some(Finding::new(id, Verdict::Warning, says).advise(advice));
    if named("crossorigin")
        .is_some_and(|attribute| attribute.value.as_deref().is_some_and(|value| value.trim().is_empty()))
    {
        return warning(
            format!(
                "Link of {here} says crossorigin= with nothing behind it for <{target}>: Chrome drops the whole link."
            ),
            "Write crossorigin alone, or crossorigin=anonymous.",
        );
    }
    let destination = named("as").and_then(|attribute| attribute.value.as_deref()).map(str::trim);
    if link.rel == "preload" && destination.is_none_or(str::is_empty) {
        return warning(
            format!("Link of {here} preloads <{target}> without as=: browsers load nothing."),
            "Say what it is: as=font, as=image, as=style, as=script or as=fetch.",
        );
    }
    if link.rel == "preload" && destination == Some("font") && named("crossorigin").is_none() {
        return warning(
            format!("Link of {here} preloads the font <{target}> without crossorigin: it is loaded twice."),
            "Add crossorigin: fonts are always asked for that way, even from the same site.",
        );
    }
    None
}

/// Which origins and resources that a page hints are named by nothing that was read of it.
pub fn unnamed(seen: &Seen, page: &PageSeen) -> Vec<Url> {
    let hinted = hinted(page).into_iter().filter(|hint| !is_named(seen, page, hint));
    let mut urls: Vec<Url> = Vec::new();
    for hint in hinted {
        if !urls.contains(&hint.url) {
            urls.push(hint.url);
        }
    }
    urls
}

fn is_named(seen: &Seen, page: &PageSeen, hint: &Hinted) -> bool {
    let Some(origin) = Origin::of(&hint.url) else { return true };
    let parts = || {
        seen.parts.iter().filter_map(|part| {
            let answer = part.asked.as_ref().ok()?;
            Some((part, answer))
        })
    };
    let style_urls = || {
        let of_parts = parts().filter(|(part, _)| part.kind == Kind::Style).flat_map(|(_, answer)| {
            let found = css::stylesheet(&answer.text());
            found.into_iter().filter_map(|reference| answer.url.join(&reference.url).ok())
        });
        page.page.style_urls.iter().cloned().chain(of_parts)
    };
    if hint.destination.is_none() {
        let is_there = |url: &Url| Origin::of(url).is_some_and(|other| other == origin);
        let redirects_there = parts()
            .any(|(_, answer)| answer.fields.get("location").is_some_and(|to| to.contains(origin.host())));
        let host = origin.host();
        let says = |text: &str| text.to_ascii_lowercase().contains(host);
        return page.page.origins.contains(&origin)
            || style_urls().any(|url| is_there(&url))
            || redirects_there
            || page.page.scripts.iter().any(|script| says(&script.text))
            || parts().any(|(_, answer)| says(&answer.text()));
    }
    // A resource may be named by any of many attributes, relative to anything: so it is looked for by the end of its path.
    let name = hint
        .url
        .path()
        .rsplit('/')
        .next()
        .filter(|name| !name.is_empty())
        .unwrap_or(hint.url.path())
        .to_owned();
    style_urls().any(|url| url == hint.url)
        || page.page.html.contains(&name)
        || parts().any(|(_, answer)| answer.text().contains(&name))
}

/// Whether pages use what they hint.
pub fn used(seen: &Seen) -> Vec<Finding> {
    const ID: &str = "hints-used";
    let mut findings = Vec::new();
    let mut hints = 0;
    for page in &seen.pages {
        let all = hinted(page);
        hints += all.len();
        let unnamed: Vec<String> = unnamed(seen, page).iter().map(Url::to_string).collect();
        if !unnamed.is_empty() {
            let says = format!(
                "{} hints what nothing on it names, neither its HTML nor a stylesheet or script that was read: {}. Each is a connection or a download for \
                 nothing, unless a script makes the address up.",
                place(page.url()),
                some_of(&unnamed, 4)
            );
            findings.push(Finding::new(ID, Verdict::Warning, says).advise(
                "If your server or a plugin sends it, take it out there. If Headstart has learned it, it leaves by itself when browsers no longer use it; \
                 DENY_HOSTS = \"cdn.example\" takes it out at once.",
            ));
            break;
        }
        let preconnects = gather::hinted(&page.answer).iter().filter(|link| link.rel == "preconnect").count();
        if preconnects > MANY_PRECONNECTS {
            let says = format!(
                "{} preconnects {preconnects} times: so many are in each other's way.",
                place(page.url())
            );
            findings.push(Finding::new(ID, Verdict::Note, says).advise("Leave it to Headstart, which adds three at the most (MAX_PRECONNECT), or name only what is needed first."));
            break;
        }
    }
    if !findings.is_empty() {
        return findings;
    }
    if hints > 0 {
        return vec![Finding::ok(
            ID,
            format!("The pages name what their Link headers hint ({}).", number(hints, "hint")),
        )];
    }
    if !seen.has_headstart() {
        return findings;
    }
    let has_third_parties = seen.pages.iter().any(|page| !page.page.origins.is_empty());
    let says = if has_third_parties {
        "The pages load from other origins, and have no hints for them yet."
    } else {
        "There are no hints, and nothing in the HTML that would need any."
    };
    let verdict = if has_third_parties { Verdict::Note } else { Verdict::Ok };
    let finding = Finding::new(ID, verdict, says);
    vec![if has_third_parties {
        finding.advise(
            "A page is known after three read views by three visitors of one day, and some minutes more. To try it alone set MIN_VISITORS = \"1\". Is HINTS \
             off, or is MODEL or LEARNER no binding? The log says so.",
        )
    } else {
        finding
    }]
}

/// Whether hints come ahead of the page, by 103 Early Hints.
pub fn early(seen: &Seen) -> Vec<Finding> {
    const ID: &str = "early-hints";
    let Some(first) = seen.first() else { return Vec::new() };
    let again = seen.again.as_ref().and_then(|asked| asked.as_ref().ok());
    let answers = || seen.pages.iter().map(|page| &page.answer).chain(again);
    let with = answers().filter(|answer| !answer.early.is_empty()).collect::<Vec<&Answer>>();
    if let Some(answer) = with.first() {
        let links = answer
            .early
            .iter()
            .filter_map(|fields: &Fields| fields.joined("link"))
            .map(|field| link::parse(&field).len())
            .sum();
        return vec![Finding::ok(
            ID,
            format!(
                "Early Hints are on: a 103 came ahead of {}, with {}.",
                place(&answer.url),
                number(links, "link")
            ),
        )];
    }
    let unknown = |says: &str| Finding::new(ID, Verdict::Unknown, says);
    let is_hinting = answers().any(|answer| {
        let links = answer.fields.joined("link").map(|field| link::parse(&field)).unwrap_or_default();
        links.iter().any(|link| matches!(link.rel.as_str(), "preconnect" | "preload"))
    });
    let finding = if !first.answer.is_http2 {
        unknown(
            "Whether Early Hints are on cannot be told: the site does not speak HTTP/2 here, and no CDN sends 103 over anything older.",
        )
    } else if !first.answer.is_by_cloudflare() {
        unknown(
            "No 103 came. Whether something in front would send one cannot be told: this is not Cloudflare.",
        )
    } else if !is_hinting {
        unknown(
            "Whether Early Hints are on cannot be told: no page has a Link with preconnect or preload that could come early.",
        )
    } else {
        Finding::new(ID, Verdict::Note, "No 103 came though the pages have hints: Early Hints are off, or Cloudflare has not stored them yet.").advise(
            "Turn them on: Cloudflare dashboard, your zone, Speed, Settings, Content Optimization, Early Hints. If they are on, ask again in a minute; for \
             paths with an ending other than .html, .htm and .php, and for pages from the cache, there is hardly ever one.",
        )
    };
    vec![finding]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_read_to_its_end_or_what_stops_the_reading_is_told() {
        let fault = |field: &str| field_fault("x", field, "here").map(|finding| finding.says);
        for good in [
            "<https://a.example>; rel=preconnect",
            "<https://a.example>; rel=preconnect; crossorigin, </f.woff2>; rel=preload; as=font; crossorigin",
            "</>; rel=canonical; title=\"a, b; c\"",
            "<https://a.example/?a,b>; rel=preconnect, , </x>; rel=next",
        ] {
            assert_eq!(fault(good), None, "{good}");
        }
        for (bad, expected) in [
            ("https://a.example; rel=preconnect", "cannot be read from its beginning"),
            ("<https://a.example>; rel=preconnect, b", "cannot be read behind <https://a.example>"),
            ("<https://a.example>; rel=\"preconnect", "cannot be read"),
            ("<https://a.example; rel=preconnect", "cannot be read"),
            ("<https://a.example>; rel=preconnect; crossorigin=", "crossorigin= with nothing behind it"),
            ("</a.css>; rel=preload", "without as="),
            ("</a.woff2>; rel=preload; as=font", "loaded twice"),
        ] {
            assert!(fault(bad).is_some_and(|says| says.contains(expected)), "{bad}: {:?}", fault(bad));
        }
    }
}
