//! What the origin answered: status and header fields, never the body.

use crate::csp::{IntegrityPolicy, Policies};
use crate::refresh;
use crate::visit::{Method, Visit};
use encoding_rs::{Encoding, UTF_8};

/// What an origin's response holds, as far as decisions tell it apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Content {
    /// Anything but HTML, or the answer to anything but a `GET`.
    #[default]
    Other,
    /// `text/html` that is no page: with a status other than 200 an error page, a part, a redirect; and what a script fetches,
    /// which may be a part of a page ([`Visit::may_be_navigation`]).
    Html,
    /// A complete HTML page that may be shown: a `GET`, 200, `text/html`.
    Page,
    /// A complete stylesheet: a `GET`, 200, `text/css`.
    Sheet,
}

/// The part of an origin's response that decisions need.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The status code.
    pub status: u16,
    /// What came.
    pub content: Content,
    /// `Content-Type` to the letter, of the answer to a `GET`.
    pub media_type: Option<String>,
    /// The `charset` parameter of `Content-Type`, if it is a page or stylesheet and has one.
    pub charset: Option<String>,
    /// Whether the body can be learned from: the runtime decodes `gzip` and `br`, nothing else, and what is downloaded
    /// fetches nothing.
    pub is_readable: bool,
    /// Whether what is navigated to is downloaded, and not shown.
    pub is_attachment: bool,
    /// How many bytes the body of what is speculated on has, and is no page, where that is said and the runtime decodes it.
    pub length: Option<usize>,
    /// All `Link` lines joined by commas, for a page or a redirect.
    pub link: Option<String>,
    /// All `Speculation-Rules` lines joined by commas, for a page.
    pub speculation_rules: Option<String>,
    /// All `Content-Security-Policy` lines joined by commas, for a page.
    pub csp: Option<String>,
    /// All `Content-Security-Policy-Report-Only` lines joined by commas, for a page.
    pub csp_report_only: Option<String>,
    /// Whether a page asks other origins without credentials for what it does not ask for by CORS (Fetch,
    /// "Cross-Origin-Embedder-Policy allows credentials"): `Cross-Origin-Embedder-Policy: credentialless`, or
    /// `Document-Isolation-Policy: isolate-and-credentialless`.
    pub is_credentialless: bool,
    /// What `Integrity-Policy` and `Integrity-Policy-Report-Only` name, for a page.
    pub integrity: IntegrityPolicy,
    /// All `Accept-CH` lines joined by commas, for a page.
    pub accept_ch: Option<String>,
    /// Whether the page must reach the visitor as it is: `Cache-Control: no-transform`.
    pub no_transform: bool,
    /// Whether a page is for one visitor, or for no store: `Cache-Control: private` or `no-store`.
    pub is_private: bool,
    /// Whether a page is not for search engines: `X-Robots-Tag` with `noindex` or `none`.
    pub is_noindex: bool,
    /// `Refresh`, for a page.
    pub refresh: Option<String>,
    /// Whether a page says itself how it varies by its query.
    pub has_no_vary_search: bool,
    /// `Location`, for a redirect.
    pub location: Option<String>,
    /// `Cache-Control` of a page that is speculated on.
    pub cache_control: Option<String>,
    /// `Surrogate-Control` of a page that is speculated on.
    pub surrogate_control: Option<String>,
    /// `Referrer-Policy` of a page that is speculated on, and of the answer to a navigation
    /// [from a site's root](Visit::is_from_root).
    pub referrer_policy: Option<String>,
    /// Each `Set-Cookie` line of the answer to a speculative navigation, or to what a visitor does.
    pub set_cookies: Vec<String>,
    /// Whether the response clears stored data, for the same.
    pub clears_site_data: bool,
    /// Whether that has the browser forget all that it fetched ahead.
    pub clears_speculations: bool,
    /// Whether it is a picture that no cache keeps, so that each view of a page asks for it anew.
    pub is_fleeting_picture: bool,
}

impl Head {
    /// Reads a response to `visit`. `header` looks a field up by its lower-case name, `set_cookies` lists the
    /// `Set-Cookie` lines; neither is called for what no decision needs.
    pub fn read(
        visit: &Visit,
        status: u16,
        header: impl Fn(&str) -> Option<String>,
        set_cookies: impl FnOnce() -> Vec<String>,
    ) -> Self {
        let mut head = Self { status, ..Self::default() };
        let is_guess = visit.is_speculative_navigation();
        let may_be_refused = is_guess || visit.is_prefetch_by_page();
        let tells = visit.is_browsing() || visit.is_doing();
        if may_be_refused || (tells && header("set-cookie").is_some()) {
            head.set_cookies = set_cookies();
        }
        if may_be_refused || visit.is_browsing() {
            let cleared = header("clear-site-data");
            head.clears_site_data = cleared.is_some();
            head.clears_speculations = cleared.is_some_and(|cleared| clears_speculations(&cleared));
        }
        if visit.is_navigation() && visit.is_from_root() {
            head.referrer_policy = header("referrer-policy");
        }
        if visit.method != Method::Get {
            return head;
        }
        if visit.destination() == Some("image") && matches!(status, 200 | 204) {
            head.is_fleeting_picture = is_fleeting(&header);
        }
        if is_redirect(status) {
            head.location = header("location");
            head.link = header("link");
        }
        let is_whole_answer = matches!(status, 200..=299);
        if is_whole_answer && (is_guess || visit.may_be_navigation()) {
            head.is_attachment = header("content-disposition")
                .is_some_and(|value| value.trim_start().to_ascii_lowercase().starts_with("attachment"));
        }
        let is_decoded = || {
            let encoding = header("content-encoding");
            matches!(encoding.as_deref().map(str::trim), None | Some("" | "identity" | "gzip" | "br"))
        };
        let length = || {
            let said = is_guess.then(|| header("content-length")).flatten().filter(|_| is_decoded());
            said.and_then(|length| length.trim().parse().ok())
        };
        let Some(content_type) = header("content-type") else {
            head.length = length();
            return head;
        };
        let (essence, charset) = media_type(&content_type);
        let is_html = essence.eq_ignore_ascii_case("text/html");
        let is_css = essence.eq_ignore_ascii_case("text/css");
        head.media_type = Some(content_type);
        let is_whole = if is_html { is_guess || visit.may_be_navigation() } else { is_css };
        if status != 200 || !is_whole {
            head.content = if is_html { Content::Html } else { Content::Other };
            head.length = length();
            return head;
        }
        head.charset = charset;
        let is_decoded = is_decoded();
        if !is_html {
            head.content = Content::Sheet;
            head.is_readable = is_decoded;
            return head;
        }
        head.content = Content::Page;
        head.is_readable = is_decoded && !head.is_attachment;
        head.link = header("link");
        head.speculation_rules = header("speculation-rules");
        head.csp = header("content-security-policy");
        head.csp_report_only = header("content-security-policy-report-only");
        let isolates = |name: &str, by: &str| header(name).is_some_and(|value| is_token(&value, by));
        head.is_credentialless = isolates("cross-origin-embedder-policy", "credentialless")
            || isolates("document-isolation-policy", "isolate-and-credentialless");
        head.integrity = IntegrityPolicy::read(&header);
        head.accept_ch = header("accept-ch");
        let cache_control = header("cache-control");
        if is_guess {
            head.cache_control.clone_from(&cache_control);
            head.surrogate_control = header("surrogate-control");
            head.referrer_policy = header("referrer-policy");
        }
        let cache_control = cache_control.unwrap_or_default();
        head.no_transform = cache_control.to_ascii_lowercase().contains("no-transform");
        head.is_private = is_private(&cache_control);
        head.is_noindex = is_noindex(&header("x-robots-tag").unwrap_or_default());
        head.has_no_vary_search = header("no-vary-search").is_some();
        head.refresh = header("refresh");
        head
    }

    /// The policies of a page.
    #[must_use]
    pub fn policies(&self) -> Policies {
        Policies::of_answer(self.csp.as_deref(), self.csp_report_only.as_deref(), self.integrity)
    }

    /// Whether a page says that it is left by itself [soon](refresh::is_soon).
    #[must_use]
    pub fn goes_on(&self) -> bool {
        self.refresh.as_deref().is_some_and(refresh::is_soon)
    }

    /// Whether a page has browsers say how wide a picture or the window is ([`ask_for_widths`]).
    #[must_use]
    pub fn asks_for_widths(&self) -> bool {
        self.accept_ch.as_deref().is_some_and(ask_for_widths)
    }

    /// Whether the answer says that it is in another encoding than UTF-8.
    #[must_use]
    pub fn is_encoded_otherwise(&self) -> bool {
        let encoding = self.charset.as_deref().and_then(|label| Encoding::for_label(label.as_bytes()));
        encoding.is_some_and(|encoding| encoding != UTF_8)
    }

    /// Whether the answer is HTML, of a page or not.
    #[must_use]
    pub fn is_html(&self) -> bool {
        matches!(self.content, Content::Html | Content::Page)
    }

    /// Whether the answer says that it is something that a browser shows as a page, or does not say what it is. Besides HTML
    /// these are text, and XML that may say by a stylesheet how it looks. A feed is none, nor is what costs more than a page to
    /// fetch and is no page to go on from: documents, archives, data, pictures, sound and film.
    #[must_use]
    pub fn may_be_page(&self) -> bool {
        const SHOWN: [&str; 5] =
            ["text/html", "application/xhtml+xml", "text/plain", "text/xml", "application/xml"];
        let essence = self.media_type.as_deref().map(|value| media_type(value).0).unwrap_or_default();
        essence.is_empty() || SHOWN.iter().any(|shown| essence.eq_ignore_ascii_case(shown))
    }

    /// Whether the answer says that it is something that pages are made of: a script, a style, a font, a picture, sound or film.
    #[must_use]
    pub fn is_part_of_pages(&self) -> bool {
        const KINDS: [&str; 4] = ["image/", "font/", "audio/", "video/"];
        const TYPES: [&str; 4] =
            ["text/css", "text/javascript", "application/javascript", "application/wasm"];
        let essence = self.media_type.as_deref().map(|value| media_type(value).0.to_ascii_lowercase());
        essence.is_some_and(|essence| {
            TYPES.contains(&essence.as_str()) || KINDS.iter().any(|kind| essence.starts_with(kind))
        })
    }
}

/// Whether hints that a page asks for (HTTP Client Hints) say how wide a picture or the window is, so that servers answer with another
/// picture. Each hint has a name of today and one of before, and in a `Delegate-CH` the origins behind it that are told.
#[must_use]
pub fn ask_for_widths(hints: &str) -> bool {
    const WIDTHS: [&str; 4] = ["sec-ch-width", "sec-ch-viewport-width", "width", "viewport-width"];
    let is_between =
        |character: char| matches!(character, ',' | ';' | '=') || character.is_ascii_whitespace();
    hints.split(is_between).any(|word| WIDTHS.iter().any(|width| word.eq_ignore_ascii_case(width)))
}

/// Whether no cache keeps an answer, nor could one ask whether it is still the same, as for a picture that is served with each
/// view anew: what is served from a file has a validator (RFC 9110, section 8.8).
fn is_fleeting(header: impl Fn(&str) -> Option<String>) -> bool {
    let is_kept = |said: String| {
        let said = said.to_ascii_lowercase();
        !["no-store", "no-cache", "max-age=0"].iter().any(|word| said.contains(word))
    };
    ["etag", "last-modified"].iter().all(|name| header(name).is_none())
        && !header("cache-control").map_or_else(|| header("expires").is_some(), is_kept)
}

/// Whether pages with this `Referrer-Policy` tell their full URL to their own site. Of several words that a browser knows the last one
/// counts (Referrer Policy, "parse a referrer policy from a `Referrer-Policy` header").
#[must_use]
pub fn tells_page(referrer_policy: Option<&str>) -> bool {
    const HIDE: [&str; 3] = ["no-referrer", "origin", "strict-origin"];
    const TELL: [&str; 5] = [
        "no-referrer-when-downgrade",
        "same-origin",
        "origin-when-cross-origin",
        "strict-origin-when-cross-origin",
        "unsafe-url",
    ];
    let words = referrer_policy.unwrap_or_default().split(',').map(|word| word.trim().to_ascii_lowercase());
    let mut known = words.filter(|word| HIDE.contains(&word.as_str()) || TELL.contains(&word.as_str()));
    known.next_back().is_none_or(|word| TELL.contains(&word.as_str()))
}

/// Whether a status says that the server has failed, or has too much to do.
#[must_use]
pub fn is_overload(status: u16) -> bool {
    status >= 500 || status == 429
}

/// Whether an answer with this status leads elsewhere by its `Location`.
#[must_use]
pub fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// Whether a `Cache-Control` value keeps an answer for one visitor, or out of every store.
#[must_use]
pub fn is_private(cache_control: &str) -> bool {
    let cache_control = cache_control.to_ascii_lowercase();
    cache_control.contains("private") || cache_control.contains("no-store")
}

/// Whether an `X-Robots-Tag` value keeps a page from search engines.
#[must_use]
pub fn is_noindex(robots: &str) -> bool {
    robots.to_ascii_lowercase().split([',', ';']).any(is_noindex_rule)
}

/// Whether a lower-case rule of `X-Robots-Tag` keeps a page from search engines: `noindex`, `none`, and the same for one
/// of them (`bot: noindex`). What looks like that may be another rule's value: `max-image-preview: none`.
fn is_noindex_rule(rule: &str) -> bool {
    let (name, value) = rule.rsplit_once(':').unwrap_or(("", rule));
    let is_value = ["max-snippet", "max-image-preview", "max-video-preview", "unavailable_after"]
        .iter()
        .any(|other| name.trim().ends_with(other));
    matches!(value.trim(), "noindex" | "none") && !is_value
}

/// Whether a field is this token, perhaps with parameters (RFC 9651, section 3.3): a list, as several lines make it, is none.
fn is_token(value: &str, token: &str) -> bool {
    value.split(';').next().is_some_and(|bare| bare.trim() == token) && !value.contains(',')
}

/// The essence of a `Content-Type` value and its `charset` parameter. Of a field that was sent several times the last value counts
/// that is one, and where the same type stands before it, that one's charset if it has none (Fetch, "extract a MIME type").
#[must_use]
pub fn media_type(value: &str) -> (&str, Option<String>) {
    let mut found: Option<(&str, Option<String>)> = None;
    for member in unquoted_parts(value, ',') {
        let (essence, charset) = one_media_type(member);
        let is_type = essence.split_once('/').is_some_and(|(kind, of)| !kind.is_empty() && !of.is_empty());
        if !is_type || essence == "*/*" {
            continue;
        }
        let before = found.filter(|(known, _)| known.eq_ignore_ascii_case(essence));
        found = Some((essence, charset.or(before.and_then(|(_, charset)| charset))));
    }
    found.unwrap_or_else(|| one_media_type(value))
}

/// The parts of a value between these characters, where they stand in no quotes.
pub fn unquoted_parts(value: &str, by: char) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    value.split(move |character| {
        is_quoted ^= character == '"';
        character == by && !is_quoted
    })
}

fn one_media_type(value: &str) -> (&str, Option<String>) {
    let mut parts = unquoted_parts(value, ';');
    let essence = parts.next().unwrap_or_default().trim();
    let charset = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"').to_owned())
    });
    (essence, charset)
}

/// Whether a `Clear-Site-Data` names all that is fetched ahead, or everything (Prefetch and Prerendering, "`Clear-Site-Data`").
/// Cookies or storage alone leave it there.
fn clears_speculations(value: &str) -> bool {
    let names = |name: &str| value.split(',').any(|member| member.trim() == name);
    names("\"*\"") || (names("\"prefetchCache\"") && names("\"prerenderCache\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csp::OwnScript;
    use url::Url;

    fn visit(speculative: bool) -> Visit {
        let mark: &[_] = if speculative { &[("sec-purpose", "prefetch")] } else { &[] };
        Visit::with("GET", Url::parse("https://shop.example/").unwrap(), mark)
    }

    fn head(speculative: bool, status: u16, headers: &[(&str, &str)]) -> Head {
        let lookup =
            |name: &str| headers.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Head::read(&visit(speculative), status, lookup, || vec!["a=1".to_owned()])
    }

    #[test]
    fn a_page_is_200_html_and_a_download_is_not_learned_from() {
        let page = head(false, 200, &[("content-type", "Text/HTML ; Charset=\"ISO-8859-1\"")]);
        assert_eq!((page.content, page.is_readable), (Content::Page, true));
        assert_eq!(page.charset.as_deref(), Some("ISO-8859-1"));
        assert_eq!(head(false, 206, &[("content-type", "text/html")]).content, Content::Html);
        assert_eq!(head(false, 404, &[("content-type", "text/html")]).content, Content::Html);
        assert_eq!(head(false, 200, &[("content-type", "text/htmlx")]).content, Content::Other);
        assert_eq!(head(false, 200, &[]).content, Content::Other);
        let download =
            [("content-type", "text/html"), ("content-disposition", "Attachment; filename=a.html")];
        let download = head(false, 200, &download);
        assert_eq!((download.content, download.is_readable), (Content::Page, false));
    }

    #[test]
    fn what_is_navigated_to_says_that_it_is_downloaded_and_how_long_it_is() {
        let read = |is_guess: bool, status: u16, more: &[(&str, &str)]| {
            let kind = ("content-type", "Application/PDF");
            let fields = [&[kind, ("content-disposition", " Attachment; filename=a.pdf")], more].concat();
            let head = head(is_guess, status, &fields);
            (head.is_attachment, head.length)
        };
        let length = [("content-length", "3145728")];
        assert_eq!(read(true, 200, &length), (true, Some(3_145_728)));
        assert_eq!(read(true, 200, &[]), (true, None));
        assert_eq!(
            read(true, 200, &[length[0], ("content-encoding", "zstd")]),
            (true, None),
            "nobody decodes it"
        );
        assert_eq!(read(true, 404, &length), (false, Some(3_145_728)), "an error is shown");
        assert_eq!(read(false, 200, &length), (true, None), "that is for guesses alone");
    }

    #[test]
    fn of_a_media_type_that_is_sent_several_times_the_last_counts_that_is_one() {
        for (value, essence, charset) in [
            ("text/html; charset=gbk", "text/html", Some("gbk")),
            ("text/html, text/html; charset=utf-8", "text/html", Some("utf-8")),
            ("text/html;charset=gbk, Text/HTML;x=y", "Text/HTML", Some("gbk")),
            ("text/plain;charset=gbk, text/html", "text/html", None),
            ("text/html;charset=gbk, text/plain, text/html", "text/html", None),
            ("text/html, */*", "text/html", None),
            ("text/html, nonsense", "text/html", None),
            ("text/html;x=\",text/plain;charset=a\"", "text/html", None),
            ("nonsense", "nonsense", None),
            ("", "", None),
        ] {
            assert_eq!(media_type(value), (essence, charset.map(str::to_owned)), "{value}");
        }
        let twice = head(false, 200, &[("content-type", "text/html, text/html; charset=latin1")]);
        assert_eq!((twice.content, twice.charset.as_deref()), (Content::Page, Some("latin1")));
    }

    #[test]
    fn a_browser_shows_text_and_xml_as_pages_and_no_feeds_data_or_files() {
        let may_be_page = |kind: &str| head(true, 200, &[("content-type", kind)]).may_be_page();
        for kind in [
            "text/html",
            "Application/XHTML+xml",
            "text/plain; charset=utf-8",
            "text/xml",
            "application/xml",
            "",
        ] {
            assert!(may_be_page(kind), "{kind}");
        }
        for kind in [
            "application/pdf",
            "application/zip",
            "text/csv",
            "text/calendar; charset=utf-8",
            "application/json",
            "application/ld+json",
            "application/rss+xml",
            "application/atom+xml",
            "image/svg+xml",
            "image/png",
            "video/mp4",
            "application/octet-stream",
            "text/css",
            "text/vcard",
        ] {
            assert!(!may_be_page(kind), "{kind}");
        }
        assert!(head(true, 200, &[]).may_be_page(), "a browser looks at what it is");
    }

    #[test]
    fn what_a_script_fetches_is_no_page_but_what_is_speculated_on_is() {
        let content = |asked: &[(&str, &str)]| {
            let visit = Visit::with("GET", Url::parse("https://shop.example/").unwrap(), asked);
            let html = |name: &str| (name == "content-type").then(|| "text/html".to_owned());
            Head::read(&visit, 200, html, Vec::new).content
        };
        assert_eq!(content(&[("sec-fetch-mode", "navigate"), ("x-requested-with", "a.app")]), Content::Page);
        assert_eq!(content(&[("sec-fetch-mode", "cors")]), Content::Html);
        assert_eq!(content(&[("hx-request", "true")]), Content::Html);
        // A service worker has made a request of its own out of the browser's.
        let speculation = [
            ("sec-purpose", "prefetch"),
            ("sec-speculation-tags", "null"),
            ("sec-fetch-mode", "same-origin"),
        ];
        assert_eq!(content(&speculation), Content::Page);
        assert_eq!(content(speculation.get(1..).unwrap()), Content::Html);
    }

    #[test]
    fn a_stylesheet_is_200_css_and_a_redirect_says_where_to() {
        let sheet = head(false, 200, &[("content-type", "Text/CSS; charset=latin1")]);
        assert_eq!((sheet.content, sheet.is_readable), (Content::Sheet, true));
        assert_eq!(sheet.charset.as_deref(), Some("latin1"));
        assert_eq!(head(false, 404, &[("content-type", "text/css")]).content, Content::Other);
        let location = [("location", "https://a.example/"), ("content-type", "text/html")];
        for (status, expected) in [(302, true), (308, true), (200, false), (304, false), (300, false)] {
            assert_eq!(head(false, status, &location).location.is_some(), expected, "{status}");
        }
    }

    #[test]
    fn only_encodings_that_the_runtime_decodes_are_readable() {
        for (encoding, readable) in [
            ("gzip", true),
            ("br", true),
            ("identity", true),
            ("zstd", false),
            ("deflate", false),
            ("gzip, br", false),
        ] {
            let head = head(false, 200, &[("content-type", "text/html"), ("content-encoding", encoding)]);
            assert_eq!(head.is_readable, readable, "{encoding}");
            assert_eq!(head.content, Content::Page, "{encoding}");
        }
    }

    #[test]
    fn what_a_page_says_of_others_is_read() {
        let page =
            |name: &str, value: &str| head(false, 200, &[("content-type", "text/html"), (name, value)]);
        for (value, is_private) in [
            ("private", true),
            ("max-age=0, Private", true),
            ("No-Store", true),
            ("private=\"set-cookie\"", true),
            ("no-cache", false),
            ("public, max-age=60", false),
        ] {
            assert_eq!(page("cache-control", value).is_private, is_private, "{value}");
        }
        for (value, is_noindex) in [
            ("noindex", true),
            ("nofollow, NoIndex", true),
            ("None", true),
            ("googlebot: noindex", true),
            ("otherbot: nofollow, max-snippet:50, googlebot: none", true),
            ("max-image-preview:none", false),
            ("googlebot: max-image-preview: none", false),
            ("max-snippet: none, nofollow", false),
            ("unavailable_after: 25 Jun 2030 15:00:00 PST", false),
            ("all", false),
            ("noindexing", false),
        ] {
            assert_eq!(page("x-robots-tag", value).is_noindex, is_noindex, "{value}");
        }
        assert!(page("no-vary-search", "params").has_no_vary_search);
        assert!(page("cache-control", "max-age=1, No-Transform").no_transform);
        let plain = page("vary", "cookie");
        assert!(!plain.is_private && !plain.is_noindex && !plain.has_no_vary_search && !plain.no_transform);
    }

    #[test]
    fn a_page_may_ask_how_wide_pictures_are() {
        for (value, expected) in [
            ("Sec-CH-DPR, Sec-CH-Width", true),
            ("DPR,Width", true),
            ("viewport-width", true),
            ("Sec-CH-Viewport-Width", true),
            ("Sec-CH-DPR, Sec-CH-UA-Platform", false),
            ("Sec-CH-Viewport-Height", false),
            ("sec-ch-dpr https://cdn.example; sec-ch-width https://cdn.example https://b.example", true),
            ("sec-ch-width;sec-ch-dpr", true),
            ("sec-ch-dpr https://width.example/width", false),
            ("", false),
        ] {
            let head = Head { accept_ch: Some(value.to_owned()), ..Head::default() };
            assert_eq!(head.asks_for_widths(), expected, "{value}");
        }
    }

    #[test]
    fn an_answer_may_say_that_it_is_in_another_encoding() {
        for (charset, expected) in [
            (None, false),
            (Some("utf-8"), false),
            (Some("UTF8"), false),
            (Some("unicode-1-1-utf-8"), false),
            (Some("utf8mb4"), false),
            (Some("iso-8859-1"), true),
            (Some("Shift_JIS"), true),
            (Some("us-ascii"), true),
        ] {
            let head = Head { charset: charset.map(str::to_owned), ..Head::default() };
            assert_eq!(head.is_encoded_otherwise(), expected, "{charset:?}");
        }
    }

    #[test]
    fn a_page_may_ask_others_without_credentials() {
        let [embedder, isolation] = ["cross-origin-embedder-policy", "document-isolation-policy"];
        for (name, value, expected) in [
            (embedder, "credentialless", true),
            (embedder, " credentialless; report-to=\"a\"", true),
            (embedder, "require-corp", false),
            (embedder, "Credentialless", false),
            (embedder, "\"credentialless\"", false),
            (embedder, "credentialless, credentialless", false),
            (embedder, "isolate-and-credentialless", false),
            (isolation, "isolate-and-credentialless;report-to=\"a\"", true),
            (isolation, "isolate-and-require-corp", false),
            (isolation, "credentialless", false),
            ("cross-origin-embedder-policy-report-only", "credentialless", false),
        ] {
            let page = head(false, 200, &[("content-type", "text/html"), (name, value)]);
            assert_eq!(page.is_credentialless, expected, "{name}: {value}");
        }
        let sheet = head(false, 200, &[("content-type", "text/css"), (embedder, "credentialless")]);
        assert!(!sheet.is_credentialless);
    }

    #[test]
    fn a_referrer_policy_hides_the_page_by_its_last_word_that_browsers_know() {
        for policy in
            ["origin", "strict-origin", "no-referrer", "same-origin, Strict-Origin", "origin, nonsense"]
        {
            assert!(!tells_page(Some(policy)), "{policy}");
        }
        for policy in ["", "same-origin", "strict-origin-when-cross-origin", "nonsense", "origin, unsafe-url"]
        {
            assert!(tells_page(Some(policy)), "{policy}");
        }
        assert!(tells_page(None));
        let asked = |referer: &str, mode: &str| {
            let url = Url::parse("https://shop.example/b").unwrap();
            let visit = Visit::with("GET", url, &[("referer", referer), ("sec-fetch-mode", mode)]);
            let header = |name: &str| (name == "referrer-policy").then(|| "origin".to_owned());
            Head::read(&visit, 302, header, Vec::new).referrer_policy
        };
        assert_eq!(asked("https://shop.example/", "navigate").as_deref(), Some("origin"));
        for (referer, mode) in [("https://shop.example/a/", "navigate"), ("https://shop.example/", "cors")] {
            assert_eq!(asked(referer, mode), None, "{referer} {mode}");
        }
    }

    #[test]
    fn the_policies_of_a_page_are_those_of_all_its_fields() {
        let own = |fields: &[(&str, &str)], status: u16| {
            let fields = [&[("content-type", "text/html")], fields].concat();
            let [page, script] = ["/", "/_headstart/x.js"].map(|path| visit(false).url.join(path).unwrap());
            head(false, status, &fields).policies().own_script(&page, &script) != OwnScript::Blocked
        };
        let scripts = "blocked-destinations=(script), endpoints=(reports)";
        assert!(own(&[], 200));
        assert!(!own(&[("content-security-policy", "script-src 'none'")], 200));
        assert!(!own(&[("integrity-policy", scripts)], 200));
        assert!(!own(&[("integrity-policy-report-only", scripts)], 200));
        assert!(own(&[("integrity-policy", "blocked-destinations=(style)")], 200));
        assert!(own(&[("integrity-policy", scripts)], 404), "that is no page");
    }

    #[test]
    fn cookies_are_read_for_speculations_only_whatever_the_status() {
        assert_eq!(head(true, 302, &[]).set_cookies, ["a=1"]);
        assert!(head(true, 302, &[("clear-site-data", "\"cookies\"")]).clears_site_data);
        for (cleared, expected) in [
            ("\"cookies\"", false),
            ("\"cookies\", \"storage\", \"executionContexts\"", false),
            ("\"prefetchCache\"", false),
            ("\"prerenderCache\",\"cookies\" , \"prefetchCache\"", true),
            ("\"cache\", \"*\"", true),
            ("*", false),
        ] {
            let head = head(true, 302, &[("clear-site-data", cleared)]);
            assert_eq!((head.clears_site_data, head.clears_speculations), (true, expected), "{cleared}");
        }
        assert!(head(false, 302, &[]).set_cookies.is_empty());
    }
}
