//! The `Link` header field (RFC 8288): reading what an origin already hints, writing our own hints.
//!
//! Reading follows appendix B.2 of the RFC, with one liberty that section 5.6.1 of RFC 9110 gives to every list:
//! empty members are passed over. [`CrossOrigin`] of a header differs from the attribute of the same name: an
//! unknown value means "no CORS" here, and `crossorigin=` with nothing behind it makes Chromium drop the whole link.

use super::{Hint, HintAction, Origin, Pools, srcset};
use crate::hints::resource::MAX_CANDIDATES;
use crate::hints::usage::CrossOrigin;
use std::fmt::Write as _;
use url::Url;

/// One link: a target, one relation type, and the other parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The URI reference between `<` and `>`, as it stands.
    pub target: String,
    /// One relation type, lower-case.
    pub rel: String,
    /// The other parameters in order, names lower-case. `media`, `title`, `title*` and `type` at most once each.
    pub attributes: Vec<Attribute>,
}

/// A target attribute of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// The name, lower-case. Empty where the field has `;;`.
    pub name: String,
    /// The value, unquoted; `None` where there is no `=`.
    pub value: Option<String>,
}

/// The most links that are read from one field; the rest is passed over.
const MAX_LINKS: usize = 200;

/// The most parameters that are kept of one link.
const MAX_ATTRIBUTES: usize = 50;

/// Reads a field value, all its lines joined by commas. What does not parse ends the reading; what came before
/// stays.
#[must_use]
pub fn parse(field: &str) -> Vec<Link> {
    let mut links = Vec::new();
    let mut rest = field;
    while links.len() < MAX_LINKS {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let Some(after) = rest.strip_prefix('<') else { break };
        let Some((target, after)) = after.split_once('>') else { break };
        let (parameters, after) = parse_parameters(after);
        rest = after.trim_start_matches([' ', '\t']);
        if !rest.is_empty() && !rest.starts_with(',') {
            // Not a link-value: `<a> b=c`. Nothing behind it can be trusted.
            break;
        }
        push_links(&mut links, target, parameters);
    }
    links
}

/// Adds one link for each relation type of a link-value. The first `rel` counts; a link without one is none.
fn push_links(links: &mut Vec<Link>, target: &str, parameters: Vec<Attribute>) {
    let mut rel = None;
    let mut attributes: Vec<Attribute> = Vec::new();
    for parameter in parameters {
        let is = |name: &str| parameter.name == name;
        if is("rel") {
            rel.get_or_insert(parameter.value.unwrap_or_default());
            continue;
        }
        let once = is("media") || is("title") || is("title*") || is("type");
        if once && attributes.iter().any(|attribute| attribute.name == parameter.name) {
            continue;
        }
        attributes.push(parameter);
    }
    let room = MAX_LINKS.saturating_sub(links.len());
    for rel in rel.unwrap_or_default().split_ascii_whitespace().take(room) {
        links.push(Link {
            target: target.to_owned(),
            rel: rel.to_ascii_lowercase(),
            attributes: attributes.clone(),
        });
    }
}

/// Reads parameters (RFC 8288, appendix B.3) and returns what follows them.
fn parse_parameters(mut rest: &str) -> (Vec<Attribute>, &str) {
    const BLANK: [char; 2] = [' ', '\t'];
    let mut parameters = Vec::new();
    loop {
        let Some(after) = rest.trim_start_matches(BLANK).strip_prefix(';') else {
            return (parameters, rest);
        };
        rest = after.trim_start_matches(BLANK);
        let end = rest.find([' ', '\t', '=', ';', ',']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        rest = after.trim_start_matches(BLANK);
        let value = rest.strip_prefix('=').map(|after| {
            let (value, after) = parse_value(after.trim_start_matches(BLANK));
            rest = after;
            value
        });
        if parameters.len() < MAX_ATTRIBUTES {
            parameters.push(Attribute { name: name.to_ascii_lowercase(), value });
        }
    }
}

/// Reads a parameter's value, quoted or up to the next `;` or `,`.
fn parse_value(rest: &str) -> (String, &str) {
    let Some(quoted) = rest.strip_prefix('"') else {
        let (value, after) = rest.split_at(rest.find([';', ',']).unwrap_or(rest.len()));
        return (value.to_owned(), after);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, quoted.get(at + 1..).unwrap_or_default()),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            other => value.push(other),
        }
    }
    (value, "")
}

impl Link {
    /// What this link, standing in the header of `page`, already asks of the browser, if it is a connection hint
    /// that Chromium acts on.
    #[must_use]
    pub fn as_hint(&self, page: &Url) -> Option<Hint> {
        let action = match self.rel.as_str() {
            "preconnect" => HintAction::Preconnect(self.header_cross_origin()?.pools()),
            "dns-prefetch" => HintAction::DnsPrefetch,
            _ => return None,
        };
        if self.attributes.iter().any(|attribute| attribute.name == "anchor") {
            return None;
        }
        let origin = Origin::of(&page.join(self.target.trim()).ok()?)?;
        Some(Hint { origin, action })
    }

    /// The URLs of which it, standing in the header of `page`, has a browser fetch one: its target, and where it preloads a picture the
    /// candidates, beside which the target may be none: `about:blank`.
    pub fn fetched<'a>(&'a self, page: &'a Url) -> impl Iterator<Item = Url> + 'a {
        let value =
            |name: &str| self.attributes.iter().find(|attribute| attribute.name == name)?.value.as_deref();
        let is_picture = self.rel == "preload"
            && value("as").is_some_and(|kind| kind.trim().eq_ignore_ascii_case("image"));
        let candidates = value("imagesrcset").filter(|_| is_picture).map(srcset::urls).into_iter().flatten();
        let urls = std::iter::once(self.target.trim()).chain(candidates.take(MAX_CANDIDATES));
        urls.filter_map(|url| page.join(url).ok()).filter(|url| matches!(url.scheme(), "http" | "https"))
    }

    /// The `crossorigin` parameter; `None` when it makes the link invalid.
    fn header_cross_origin(&self) -> Option<CrossOrigin> {
        let Some(attribute) = self.attributes.iter().find(|attribute| attribute.name == "crossorigin") else {
            return Some(CrossOrigin::NoCors);
        };
        match attribute.value.as_deref().map(str::trim) {
            None => Some(CrossOrigin::Anonymous),
            Some("") => None,
            Some(value) if value.eq_ignore_ascii_case("anonymous") => Some(CrossOrigin::Anonymous),
            Some(value) if value.eq_ignore_ascii_case("use-credentials") => Some(CrossOrigin::UseCredentials),
            Some(_) => Some(CrossOrigin::NoCors),
        }
    }
}

/// The hints left when those that the origin's own `Link` field already gives are taken out.
#[must_use]
pub fn without_existing(hints: Vec<Hint>, field: Option<&str>, page: &Url) -> Vec<Hint> {
    let Some(field) = field else { return hints };
    if hints.is_empty() {
        return hints;
    }
    let existing: Vec<Hint> = parse(field).iter().filter_map(|link| link.as_hint(page)).collect();
    hints
        .iter()
        .filter_map(|hint| {
            let same = || existing.iter().filter(|other| other.origin == hint.origin);
            match hint.action {
                // A preconnect looks the name up as well.
                HintAction::DnsPrefetch => same().next().is_none().then(|| hint.clone()),
                HintAction::Preconnect(pools) => {
                    let pools = same().fold(pools, |left, other| match other.action {
                        HintAction::Preconnect(given) => left.without(given),
                        HintAction::DnsPrefetch => left,
                    });
                    (!pools.is_empty())
                        .then(|| Hint { origin: hint.origin.clone(), action: HintAction::Preconnect(pools) })
                }
            }
        })
        .collect()
}

/// The URLs that a `Link` field of `page` has a browser preload: of a picture all among which it chooses.
#[must_use]
pub fn preloaded(field: &str, page: &Url) -> Vec<Url> {
    let links = parse(field);
    let is_preload = |link: &&Link| matches!(link.rel.as_str(), "preload" | "modulepreload");
    links.iter().filter(is_preload).flat_map(|link| link.fetched(page)).collect()
}

/// Writes hints as one field value of at most `max_bytes`; hints that no longer fit are left out. Empty when there
/// are none.
#[must_use]
pub fn serialise(hints: &[Hint], max_bytes: usize) -> String {
    let mut field = String::new();
    for hint in hints {
        let origin = &hint.origin;
        let mut links = String::new();
        // Writing to a String cannot fail.
        let _ = match hint.action {
            HintAction::DnsPrefetch => write!(links, "<{origin}>; rel=dns-prefetch"),
            HintAction::Preconnect(Pools { credentialed: true, anonymous: false }) => {
                write!(links, "<{origin}>; rel=preconnect")
            }
            HintAction::Preconnect(Pools { credentialed: false, anonymous: true }) => {
                write!(links, "<{origin}>; rel=preconnect; crossorigin")
            }
            HintAction::Preconnect(Pools { credentialed: true, anonymous: true }) => {
                write!(links, "<{origin}>; rel=preconnect, <{origin}>; rel=preconnect; crossorigin")
            }
            HintAction::Preconnect(_) => continue,
        };
        let separator = if field.is_empty() { "" } else { ", " };
        if field.len() + separator.len() + links.len() > max_bytes {
            continue;
        }
        field.push_str(separator);
        field.push_str(&links);
    }
    field
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> Url {
        Url::parse("https://shop.example/a").unwrap()
    }

    fn hint(origin: &str, action: HintAction) -> Hint {
        Hint { origin: Origin::parse(origin).unwrap(), action }
    }

    const BOTH: Pools = Pools { credentialed: true, anonymous: true };

    #[test]
    fn each_pool_is_written_as_browsers_read_it() {
        let hints = [
            hint("https://a.example", HintAction::Preconnect(Pools::CREDENTIALED)),
            hint("https://b.example", HintAction::Preconnect(Pools::ANONYMOUS)),
            hint("https://c.example", HintAction::Preconnect(BOTH)),
            hint("https://d.example", HintAction::DnsPrefetch),
        ];
        assert_eq!(
            serialise(&hints, 1000),
            "<https://a.example>; rel=preconnect, <https://b.example>; rel=preconnect; crossorigin, \
             <https://c.example>; rel=preconnect, <https://c.example>; rel=preconnect; crossorigin, \
             <https://d.example>; rel=dns-prefetch"
        );
    }

    #[test]
    fn the_field_stays_under_its_bound_and_a_shorter_hint_may_still_fit() {
        let hints = [
            hint("https://a.example", HintAction::DnsPrefetch),
            hint("https://a-very-long-name.example", HintAction::DnsPrefetch),
            hint("https://b.example", HintAction::DnsPrefetch),
        ];
        let expected = "<https://a.example>; rel=dns-prefetch, <https://b.example>; rel=dns-prefetch";
        assert_eq!(serialise(&hints, expected.len()), expected);
        assert_eq!(serialise(&hints, 3), "");
    }

    #[test]
    fn what_the_origin_hints_in_the_same_pool_is_left_out() {
        let hints = [
            hint("https://a.example", HintAction::Preconnect(BOTH)),
            hint("https://b.example", HintAction::Preconnect(Pools::CREDENTIALED)),
            hint("https://c.example", HintAction::DnsPrefetch),
            hint("https://d.example", HintAction::Preconnect(Pools::CREDENTIALED)),
        ];
        let field = "<https://A.example:443/x>; rel=preconnect, <https://b.example>; rel=preconnect; crossorigin, \
                     <https://c.example>; rel=preconnect, <https://d.example>; rel=preconnect; crossorigin=";
        assert_eq!(
            without_existing(hints.to_vec(), Some(field), &page()),
            [
                hint("https://a.example", HintAction::Preconnect(Pools::ANONYMOUS)),
                hint("https://b.example", HintAction::Preconnect(Pools::CREDENTIALED)),
                hint("https://d.example", HintAction::Preconnect(Pools::CREDENTIALED)),
            ]
        );
    }

    #[test]
    fn of_a_picture_all_candidates_are_preloaded_and_a_target_that_leads_nowhere_is_none() {
        let of = |field: &str| {
            preloaded(field, &page()).into_iter().map(String::from).collect::<Vec<_>>().join(" ")
        };
        let candidates = "imagesrcset=\"/b.jpg 480w, //cdn.example/c,d.jpg 960w\"";
        let both = "https://shop.example/b.jpg https://cdn.example/c,d.jpg";
        assert_eq!(of(&format!("<about:blank>; rel=\"preload\"; as=\"image\"; {candidates}")), both);
        assert_eq!(of(&format!("<>; rel=preload; as=IMAGE; {candidates}")), format!("{} {both}", page()));
        let with_src =
            of(&format!("<a.jpg>; rel=preload; as=image; {candidates}, </d.css>; rel=preload; as=style"));
        assert_eq!(with_src, format!("https://shop.example/a.jpg {both} https://shop.example/d.css"));
        // Of nothing else there are any.
        assert_eq!(
            of(&format!("</a.css>; rel=preload; as=style; {candidates}")),
            "https://shop.example/a.css"
        );
        assert_eq!(of(&format!("</a.js>; rel=modulepreload; {candidates}")), "https://shop.example/a.js");
        assert_eq!(of(&format!("</a.jpg>; rel=prefetch; as=image; {candidates}")), "");
        assert_eq!(of("<about:blank>; rel=preload; as=image; imagesrcset"), "");
        let many = (0..100).map(|at| format!("/{at}.jpg {}w", at + 1)).collect::<Vec<_>>().join(", ");
        let field = format!("<about:blank>; rel=preload; as=image; imagesrcset=\"{many}\"");
        assert_eq!(preloaded(&field, &page()).len(), MAX_CANDIDATES);
    }

    #[test]
    fn what_is_written_of_a_picture_is_read_as_preloaded() {
        use crate::hints::resource::{Destination, Resource};
        let plain = Resource::new("/a.jpg".to_owned(), Destination::Image);
        for (resource, expected) in [
            (plain.clone(), vec!["/a.jpg"]),
            (Resource { media: "(min-width: 9px)".to_owned(), ..plain.clone() }, vec!["/a.jpg"]),
            (Resource { srcset: "/b.jpg 2x".to_owned(), ..plain.clone() }, vec!["/b.jpg", "/a.jpg"]),
            (Resource { srcset: "/b.jpg 9w, /c.jpg 18w".to_owned(), ..plain }, vec!["/b.jpg", "/c.jpg"]),
        ] {
            let read = preloaded(&resource.link().unwrap(), &page());
            assert_eq!(read.iter().map(Url::path).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn a_link_with_an_anchor_is_no_hint() {
        let links = parse("<https://a.example>; rel=preconnect; anchor=\"#x\"");
        assert_eq!(links.len(), 1);
        assert_eq!(links[0].as_hint(&page()), None);
    }

    #[test]
    fn reading_is_bounded() {
        let field = "<https://a.example>; rel=\"preconnect dns-prefetch\", ".repeat(5000);
        assert_eq!(parse(&field).len(), MAX_LINKS);
        let field = format!("<https://a.example>; rel=\"{}\"{}", "x ".repeat(6000), "; a=b".repeat(6000));
        let links = parse(&field);
        assert_eq!(links.len(), MAX_LINKS);
        assert!(links.iter().all(|link| link.attributes.len() < MAX_ATTRIBUTES));
    }
}
