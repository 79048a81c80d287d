//! Third parties' stylesheets, which no visitor fetches through Headstart. It asks for them by itself, seldom and for nobody: which of
//! them it may ask for, what it sends, and what an answer tells.
//!
//! A page says where such a sheet is, and whoever can write into a page could have Headstart ask for any URL. So a sheet is asked for
//! by its public name alone ([`is_public`]), once several visitors were given it
//! ([`Shown`](super::shown_to::Shown)), once a day, and so many in a day ([`ReadingList`](super::reading_list::ReadingList)).
//! What comes is taken for CSS, and for nothing else: it reaches no visitor.
//!
//! Other hosts of the site's own domain are asked for what is called a stylesheet alone (`.css`): the platform may lead a Worker's
//! request to its own zone past what protects such a host from others.
//!
//! A service for fonts chooses by `User-Agent` what its sheet names: for one that it does not know, whole fonts that no browser of
//! today is given, and for browsers on Windows other files than on other systems, perhaps, under the same descriptors. So a sheet is asked
//! for as current browsers do, and one that has fonts once more, as on another system ([`agree`]).

use super::css;
use super::document;
use super::observation::SheetObservation;
use crate::head::media_type;
use crate::urls::asset;
use crate::urls::hosts::are_of_one_site;
use crate::urls::public_host::is_public;
use encoding_rs::{Encoding, UTF_8};
use url::Url;

/// The longest URL of a sheet that is asked for, in bytes. It lists the families of a site's fonts, perhaps.
pub const MAX_URL_BYTES: usize = 1024;

/// The most bytes that are read of a sheet. What stands behind them does not count.
pub const MAX_BYTES: usize = 256 * 1024;

/// How many redirects are followed, one after the other.
pub const MAX_REDIRECTS: usize = 3;

/// How long reading one may take in all, in milliseconds.
pub const WITHIN_MS: u64 = 5_000;

/// As whom a sheet is asked for, and as whom one with fonts is asked for again. Each says which browser's sheet is wanted, and who asks.
pub const AGENTS: [&str; 2] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko; compatible; Headstart) Chrome/140.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko; compatible; Headstart) Chrome/140.0.0.0 Safari/537.36",
];

/// The fields that are sent as one of [`AGENTS`], and no others.
#[must_use]
pub fn fields(agent: &'static str) -> [(&'static str, &'static str); 2] {
    [("Accept", "text/css"), ("User-Agent", agent)]
}

/// The name by which the sheet at a URL is known: the URL without its fragment. `None` for one that is never asked for. A sheet of the
/// site itself is known by its path and query, so that no name is one of both kinds.
#[must_use]
pub fn name(url: &Url) -> Option<String> {
    let name = url.as_str().split('#').next().filter(|name| name.len() <= MAX_URL_BYTES)?;
    is_public(url).then(|| name.to_owned())
}

/// Whether a name is that of a third party's sheet.
#[must_use]
pub fn is_name(name: &str) -> bool {
    name.starts_with("https://")
}

/// The URL to ask for a sheet of this name, for the pages of `site` (host and port). `None` for what is no such name, and for the site
/// itself: what it says is read from what its visitors are given.
#[must_use]
pub fn url(sheet: &str, site: &str) -> Option<Url> {
    let url = Url::parse(sheet).ok().filter(|url| name(url).as_deref() == Some(sheet))?;
    let own = of_site(site)?;
    let may_be_asked = !are_of_one_site(&url, &own) || is_called_sheet(&url);
    (!have_one_host(&url, &own) && may_be_asked).then_some(url)
}

/// Whether a URL is called like a stylesheet.
fn is_called_sheet(url: &Url) -> bool {
    asset::ending(url.path()) == Some("css")
}

/// Whether a URL is of a site, whatever its scheme and port.
fn is_of(url: &Url, site: &str) -> bool {
    of_site(site).is_none_or(|own| have_one_host(url, &own))
}

/// A URL of a site (host and port).
fn of_site(site: &str) -> Option<Url> {
    Url::parse(&format!("https://{site}/")).ok()
}

fn have_one_host(one: &Url, other: &Url) -> bool {
    let host = |url: &Url| url.host_str().map(|host| host.trim_end_matches('.').to_owned());
    host(one) == host(other)
}

/// What the head of an answer tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// The body is the sheet.
    Sheet {
        /// How it is encoded.
        encoding: &'static Encoding,
    },
    /// There is no sheet, or a browser takes the answer for none.
    Nothing,
    /// It is at another URL of the same host.
    Moved(Url),
    /// Nobody can tell: what was read before holds on.
    Unknown,
}

impl Answered {
    /// What an answer with this status and these fields tells, where `asked` was asked for.
    #[must_use]
    pub fn of(status: u16, content_type: Option<&str>, location: Option<&str>, asked: &Url) -> Self {
        match status {
            200 => {
                let (essence, charset) = content_type.map(media_type).unwrap_or_default();
                if !essence.eq_ignore_ascii_case("text/css") {
                    return Self::Nothing;
                }
                let label = charset.unwrap_or_default();
                let encoding = Encoding::for_label_no_replacement(label.as_bytes()).unwrap_or(UTF_8);
                Self::Sheet { encoding }
            }
            301 | 302 | 303 | 307 | 308 => {
                let target = location.and_then(|location| asked.join(location.trim()).ok());
                let target = target.filter(|target| {
                    let is_alike = is_called_sheet(target) || !is_called_sheet(asked);
                    target.host() == asked.host() && is_alike && name(target).is_some()
                });
                target.map_or(Self::Unknown, |mut target| {
                    target.set_fragment(None);
                    Self::Moved(target)
                })
            }
            404 | 410 => Self::Nothing,
            // A server may refuse what it gives to browsers, and give later what it has not now.
            _ => Self::Unknown,
        }
    }
}

/// Reads a sheet: the first bytes of the body at `url`, one more than [`MAX_BYTES`] where there are more, at `now` (milliseconds since
/// the epoch). What is on `site` (host and port) itself is left out.
#[must_use]
pub fn read(url: &Url, bytes: &[u8], encoding: &'static Encoding, site: &str, now: u64) -> SheetObservation {
    let text = encoding.decode(bytes.get(..MAX_BYTES).unwrap_or(bytes)).0;
    let text = if bytes.len() > MAX_BYTES { css::whole_blocks(&text) } else { &text };
    document::third_partys_sheet(url, text, now, of_site(site).as_ref(), |target| is_of(target, site))
}

/// Whether a sheet has fonts that are known by their faces, so that it is asked for again.
#[must_use]
pub fn has_faces(sheet: &SheetObservation) -> bool {
    sheet.resources.iter().any(|named| !named.faces.is_empty())
}

/// What the first reading of a sheet has found, with the faces alone that have the same font in the `second`, as another browser; with
/// none where nobody can tell what that is given. No browser shows whether it fetches another font than the one that was preloaded.
#[must_use]
pub fn agree(mut first: SheetObservation, second: Option<&SheetObservation>) -> SheetObservation {
    for named in &mut first.resources {
        let same =
            second.and_then(|sheet| sheet.resources.iter().find(|other| other.resource == named.resource));
        named.faces.retain(|face| same.is_some_and(|other| other.faces.contains(face)));
    }
    first.bare_faces.retain(|face| second.is_some_and(|sheet| sheet.bare_faces.contains(face)));
    first
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hints::Pools;
    use crate::hints::usage::{Demand, Found, Usage};

    const SITE: &str = "shop.example";

    fn parse(url: &str) -> Url {
        Url::parse(url).unwrap()
    }

    #[test]
    fn a_sheet_is_known_by_its_url_and_the_sites_own_is_none() {
        let fonts = "https://fonts.example/css2?family=Inter:wght@400;700&family=Lora";
        assert_eq!(name(&parse(&format!("{fonts}#x"))).as_deref(), Some(fonts));
        assert_eq!(url(fonts, SITE), Some(parse(fonts)));
        assert!(is_name(fonts) && !is_name("/site.css") && !is_name("#14.0123456789abcdef"));
        for (sheet, why) in [
            ("/site.css", "a path is the site's"),
            ("https://shop.example/site.css", "the site"),
            ("https://SHOP.example/site.css", "not as it is serialised"),
            ("https://shop.example./site.css", "the site by its whole name"),
            ("https://fonts.example/css2#x", "not as it is known"),
            ("http://fonts.example/css2", "not secure"),
            ("https://127.0.0.1/x.css", "an address"),
            ("https://[::1]/x.css", "an address"),
            ("https://user:secret@fonts.example/x.css", "a password"),
            ("fonts.example/x.css", "no URL"),
            (
                "https://intranet.shop.example/admin/task?run=1",
                "of the site's owner, and called like no sheet",
            ),
            ("https://intranet.shop.example/run?x=a.css", "nor is this"),
            ("", "nothing"),
        ] {
            assert_eq!(url(sheet, SITE), None, "{sheet}: {why}");
        }
        assert!(
            url("https://cdn.shop.example/x.css?v=1", SITE).is_some(),
            "another host of the site's owner"
        );
        assert_eq!(url("https://shop.example/x.css", "shop.example:8443"), None);
        assert_eq!(url(fonts, "no site"), None);
        assert!(name(&parse(&format!("https://fonts.example/{}", "x".repeat(1002)))).is_some());
        assert_eq!(name(&parse(&format!("https://fonts.example/{}", "x".repeat(1003)))), None);
    }

    #[test]
    fn what_is_sent_says_who_asks_and_nothing_of_anybody() {
        for agent in AGENTS {
            assert!(agent.contains("; compatible; Headstart)"));
            assert_eq!(fields(agent), [("Accept", "text/css"), ("User-Agent", agent)]);
        }
    }

    #[test]
    fn folders_of_fonts_may_be_random_but_on_hosts_of_the_site() {
        let named = |host: &str| {
            let font = format!("https://{host}/yadj1kx9rmg0/wtrHxeu3zEoEce2MokCSi/a.woff2");
            let text = format!("@font-face {{ font-family: A; src: url({font}) }} p {{ font-family: A }}");
            let sheet = read(&parse("https://css.example/a.css"), text.as_bytes(), UTF_8, SITE, 7);
            sheet.resources.iter().any(|named| named.resource.url == font && !named.faces.is_empty())
        };
        assert!(named("files.fonts.example") && named("css.example"));
        assert!(!named("cdn.shop.example") && !named("shop.example"));
    }

    #[test]
    fn a_face_counts_where_both_browsers_are_given_the_same_font() {
        let of = |text: &str| read(&parse("https://fonts.example/a.css"), text.as_bytes(), UTF_8, SITE, 7);
        let face = |family: &str, file: &str| {
            format!("@font-face {{ font-family: {family}; src: url({file}.woff2) format('woff2') }}")
        };
        let kit =
            |family: &str, file: &str| format!("@font-face {{ font-family: {family}; src: url({file}) }}");
        let windows = of(&[
            face("A", "a"),
            face("B", "hinted"),
            face("C", "c"),
            face("D", "c"),
            kit("E", "/l?w=1"),
            kit("F", "/l?w=2"),
        ]
        .concat());
        let other = of(&[face("A", "a"), face("B", "b"), face("C", "c"), kit("E", "/l?m=1")].concat());
        let faces = |sheet: &SheetObservation| -> Vec<(String, usize)> {
            let named = sheet.resources.iter();
            named
                .map(|named| (named.resource.url.replace("https://fonts.example/", ""), named.faces.len()))
                .collect()
        };
        let owned = |faces: &[(&str, usize)]| -> Vec<(String, usize)> {
            faces.iter().map(|(file, count)| ((*file).to_owned(), *count)).collect()
        };
        assert!(has_faces(&windows) && !has_faces(&of("@import 'b.css'; p { color: red }")));
        assert_eq!(faces(&windows), owned(&[("a.woff2", 1), ("hinted.woff2", 1), ("c.woff2", 2)]));
        let agreed = agree(windows.clone(), Some(&other));
        assert_eq!(faces(&agreed), owned(&[("a.woff2", 1), ("hinted.woff2", 0), ("c.woff2", 1)]));
        assert_eq!((&agreed.uses, &agreed.families), (&windows.uses, &windows.families));
        // Whatever its file is, nobody could preload it.
        assert_eq!((windows.bare_faces.len(), &agreed.bare_faces), (2, &other.bare_faces));
        assert_eq!(agreed.bare_faces.len(), 1);
        let alone = agree(windows, None);
        assert!(!has_faces(&alone) && alone.bare_faces.is_empty(), "nobody can tell");
    }

    #[test]
    fn an_answer_is_css_or_no_sheet_or_tells_nothing() {
        let of = |status, kind| Answered::of(status, kind, Some("/other.css"), &parse("https://a.example/x"));
        assert_eq!(of(200, Some("text/css")), Answered::Sheet { encoding: UTF_8 });
        let latin = Answered::Sheet { encoding: encoding_rs::WINDOWS_1252 };
        assert_eq!(of(200, Some("Text/CSS ; charset=\"iso-8859-1\"")), latin);
        for kind in [None, Some(""), Some("text/html"), Some("text/plain"), Some("text/cssx")] {
            assert_eq!(of(200, kind), Answered::Nothing, "{kind:?}");
        }
        for status in [404, 410] {
            assert_eq!(of(status, Some("text/css")), Answered::Nothing, "{status}");
        }
        for status in [101, 204, 206, 300, 304, 400, 401, 403, 429, 500, 503, 999] {
            assert_eq!(of(status, Some("text/css")), Answered::Unknown, "{status}");
        }
    }

    #[test]
    fn a_redirect_is_followed_on_its_host_alone() {
        for (location, expected) in [
            ("/b.css#x", Some("https://a.example/b.css")),
            ("b.css?v=2", Some("https://a.example/css/b.css?v=2")),
            (" https://A.example:443/b.css ", Some("https://a.example/b.css")),
            ("http://169.254.169.254/", None),
            ("https://169.254.169.254/", None),
            ("http://a.example/b.css", None),
            ("https://a.example:8443/b.css", None),
            ("https://b.example/b.css", None),
            ("https://a.example.evil.example/", None),
            ("https://a.example@evil.example/", None),
            ("https://user:secret@a.example/b.css", None),
            ("//localhost/b.css", None),
            ("/task?run=b.css", None),
            ("file:///etc/passwd", None),
            ("data:text/css,", None),
            ("https://", None),
        ] {
            let expected = expected.map_or(Answered::Unknown, |url| Answered::Moved(parse(url)));
            for status in [301, 302, 303, 307, 308] {
                let answered =
                    Answered::of(status, None, Some(location), &parse("https://a.example/css/a.css"));
                assert_eq!(answered, expected, "{status} {location}");
            }
        }
        assert_eq!(Answered::of(301, None, None, &parse("https://a.example/")), Answered::Unknown);
    }

    #[test]
    fn a_sheet_is_read_for_what_a_page_fetches_by_it() {
        let url = parse("https://fonts.example/css2?family=A");
        let text = "@import url(https://more.example/b.css); @import 'c.css'; @import 'http://old.example/d.css'; \
                    @import '//shop.example/e.css'; @import 'https://10.0.0.1/f.css'; \
                    @font-face { font-family: A; src: url(https://files.example/a.woff2) format('woff2') } \
                    @font-face { font-family: B; src: url(b.woff2) } \
                    @font-face { font-family: C; src: url(https://shop.example/c.woff2) }";
        let sheet = read(&url, text.as_bytes(), UTF_8, SITE, 7);
        assert_eq!(sheet.at, 7);
        assert_eq!(sheet.imports, ["https://more.example/b.css", "https://fonts.example/c.css"]);
        let import = |origin| {
            let usage = Usage::of(Pools::CREDENTIALED, Demand::URGENT, Found::Css);
            (origin, Usage { blocks_rendering: true, ..usage })
        };
        let font = Usage::of(Pools::ANONYMOUS, Demand::URGENT, Found::Css);
        let uses: Vec<(&str, Usage)> =
            sheet.uses.iter().map(|used| (used.origin.as_str(), used.usage)).collect();
        let mut own = import("https://fonts.example");
        own.1.merge(font);
        assert_eq!(
            uses,
            [
                import("https://more.example"),
                // Its own host is no third party of itself, but one of the page.
                own,
                import("https://10.0.0.1"),
                ("https://files.example", font),
            ]
        );
    }

    #[test]
    fn of_a_sheet_that_is_too_large_the_whole_rules_at_its_start_count() {
        let url = parse("https://fonts.example/x.css");
        let face = |host: &str| format!("@font-face{{font-family:{host};src:url(https://{host}.example/f)}}");
        let mut text = face("first");
        text.push_str(&" ".repeat(MAX_BYTES - text.len() - 20));
        text.push_str(&face("last"));
        let hosts = |bytes: &[u8]| -> Vec<String> {
            let sheet = read(&url, bytes, UTF_8, SITE, 1);
            sheet.uses.iter().map(|used| used.origin.host().to_owned()).collect()
        };
        assert!(text.len() > MAX_BYTES);
        assert_eq!(hosts(text.as_bytes()), ["first.example"]);
        assert_eq!(
            hosts(format!("{}{}", face("first"), face("last")).as_bytes()),
            ["first.example", "last.example"]
        );
        assert!(hosts(&vec![b'{'; MAX_BYTES + 1]).is_empty());
    }
}
