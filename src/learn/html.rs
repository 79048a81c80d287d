//! One page's third-party origins, read from a copy of its HTML.
//!
//! lol_html runs here with `strict(false)`: nothing is written back, so a misread tag costs a wrong hint at worst, and
//! ambiguous markup must not end the reading. Memory and bytes are capped; at the cap the reading ends and what was
//! seen so far counts.
//!
//! Not counted: the page's own origin, hyperlinks, text in scripts, `<noscript>` (raw text to lol_html), scripts of a
//! type that browsers do not fetch, and the content of `<template>`, which is inert unless it is a declarative shadow
//! root.

use super::observation::{MAX_ORIGINS, MAX_PATH_BYTES, Observation, OriginUse};
use crate::hints::usage::{CrossOrigin, Usage};
use crate::hints::{Origin, Pools};
use encoding_rs::Encoding;
use lol_html::html_content::{Element, EndTag};
use lol_html::{AsciiCompatibleEncoding, HtmlRewriter, MemorySettings, Settings, element};
use std::cell::RefCell;
use std::rc::Rc;
use url::Url;

/// The most bytes of a page that are read. Third-party origins that matter early stand early.
pub const MAX_PAGE_BYTES: usize = 2 * 1024 * 1024;

/// The most memory that the parser may take.
const MAX_MEMORY_BYTES: usize = 512 * 1024;

/// The elements that make a browser fetch something, and the two that change what a URL or an element means.
const SELECTOR: &str = "base[href], template, script[src], link[href], img, source, video, audio[src], \
                        input[src], iframe[src], embed[src], object[data]";

type Parser = HtmlRewriter<'static, fn(&[u8])>;

/// Reads a page piece by piece. How it is cut into pieces makes no difference.
pub struct Observer {
    parser: Option<Parser>,
    page: Rc<RefCell<Page>>,
    bytes_left: usize,
}

impl Observer {
    /// Starts on a page. `charset` is the parameter of its `Content-Type`; without one, `<meta charset>` is followed.
    /// `None` when the page cannot be learned from: its path is too long, or its encoding is not a superset of ASCII
    /// (UTF-16, ISO-2022-JP).
    #[must_use]
    pub fn new(url: &Url, charset: Option<&str>) -> Option<Self> {
        if url.path().len() > MAX_PATH_BYTES {
            return None;
        }
        let encoding = match charset.and_then(|label| Encoding::for_label_no_replacement(label.as_bytes())) {
            Some(encoding) => AsciiCompatibleEncoding::new(encoding)?,
            None => AsciiCompatibleEncoding::utf_8(),
        };
        let page = Rc::new(RefCell::new(Page {
            url: url.clone(),
            own_origin: Origin::of(url),
            base: None,
            templates: 0,
            uses: Vec::new(),
        }));
        let shared = Rc::clone(&page);
        let settings = Settings::new()
            .with_strict(false)
            .with_encoding(encoding)
            .with_adjust_charset_on_meta_tag(charset.is_none())
            .with_memory_settings(
                MemorySettings::new()
                    .with_max_allowed_memory_usage(MAX_MEMORY_BYTES)
                    .with_graceful_bail_out_on_memory_limit_exceeded(true),
            )
            .with_graceful_bail_out_on_content_handler_error(true)
            .append_element_content_handler(element!(SELECTOR, move |element| {
                see(&shared, element);
                Ok(())
            }));
        let parser: Parser = HtmlRewriter::new(settings, |_: &[u8]| {});
        Some(Self { parser: Some(parser), page, bytes_left: MAX_PAGE_BYTES })
    }

    /// Reads the next piece. Answers whether more is wanted.
    pub fn write(&mut self, piece: &[u8]) -> bool {
        let piece = piece.get(..self.bytes_left).unwrap_or(piece);
        self.bytes_left = self.bytes_left.saturating_sub(piece.len());
        if let Some(parser) = &mut self.parser
            && parser.write(piece).is_err()
        {
            // An instance that has failed panics when it is used again.
            self.parser = None;
        }
        if self.bytes_left == 0 {
            self.parser = None;
        }
        self.parser.is_some()
    }

    /// Ends the page and tells what was seen.
    #[must_use]
    pub fn end(self) -> Observation {
        if let Some(parser) = self.parser {
            // A failure at the very end loses at most an unfinished last tag.
            let _ = parser.end();
        }
        let mut page = self.page.borrow_mut();
        Observation { path: page.url.path().to_owned(), uses: std::mem::take(&mut page.uses) }
    }
}

/// What is known of a page while it is read.
struct Page {
    url: Url,
    own_origin: Option<Origin>,
    /// The document base URL, once a `<base href>` has set it. Only the first one counts.
    base: Option<Url>,
    /// How many inert `<template>`s are open.
    templates: u32,
    uses: Vec<OriginUse>,
}

/// What a fetch does to an insecure URL on a secure page (Mixed Content, level 2).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Content {
    /// Images and media: the URL is upgraded to `https:`.
    Upgradeable,
    /// Everything else: not fetched at all.
    Blockable,
}

fn see(page: &Rc<RefCell<Page>>, element: &mut Element<'_, '_>) {
    let name = element.tag_name();
    if name == "template" {
        open_template(page, element);
        return;
    }
    // Not held across anything that could call back: handlers run one after another.
    let Ok(mut page) = page.try_borrow_mut() else { return };
    if page.templates > 0 {
        return;
    }
    match name.as_str() {
        "base" => page.set_base(attribute(element, "href")),
        "script" => page.see_script(element),
        "link" => page.see_link(element),
        "iframe" if element.has_attribute("srcdoc") => {}
        "iframe" | "embed" => page.add(attribute(element, "src"), Usage::FRAME, Content::Blockable),
        "object" => page.add(attribute(element, "data"), Usage::FRAME, Content::Blockable),
        "input" => {
            let is_image =
                attribute(element, "type").is_some_and(|value| value.eq_ignore_ascii_case("image"));
            if is_image {
                page.add_plain(attribute(element, "src"), Pools::CREDENTIALED);
            }
        }
        _ => page.see_media(element, &name),
    }
}

/// A `<template>` hides its content, unless it declares a shadow root.
fn open_template(page: &Rc<RefCell<Page>>, element: &mut Element<'_, '_>) {
    let shadow = attribute(element, "shadowrootmode")
        .is_some_and(|mode| mode.eq_ignore_ascii_case("open") || mode.eq_ignore_ascii_case("closed"));
    if shadow {
        return;
    }
    let shared = Rc::clone(page);
    let closes = element.on_end_tag(Box::new(move |_: &mut EndTag<'_>| {
        if let Ok(mut page) = shared.try_borrow_mut() {
            page.templates = page.templates.saturating_sub(1);
        }
        Ok(())
    }));
    // An element that cannot have an end tag has no content either.
    if closes.is_ok()
        && let Ok(mut page) = page.try_borrow_mut()
    {
        page.templates += 1;
    }
}

/// An attribute's value with its character references decoded: lol_html gives the source text.
fn attribute(element: &Element<'_, '_>, name: &str) -> Option<String> {
    element.get_attribute(name).map(|value| htmlize::unescape_attribute(value).into_owned())
}

fn cross_origin(element: &Element<'_, '_>) -> CrossOrigin {
    CrossOrigin::of_attribute(attribute(element, "crossorigin").as_deref())
}

impl Page {
    fn set_base(&mut self, href: Option<String>) {
        if self.base.is_some() {
            return;
        }
        // A base that does not parse, or has a scheme that runs code, counts as none but still ends the search.
        let base = href
            .and_then(|href| self.url.join(&href).ok())
            .filter(|base| !matches!(base.scheme(), "data" | "javascript"));
        self.base = Some(base.unwrap_or_else(|| self.url.clone()));
    }

    fn see_script(&mut self, element: &Element<'_, '_>) {
        let kind =
            attribute(element, "type").map(|kind| kind.trim().to_ascii_lowercase()).unwrap_or_default();
        let is_module = kind == "module";
        if !is_module && (!is_javascript(&kind) || element.has_attribute("nomodule")) {
            return;
        }
        let setting = cross_origin(element);
        let usage = Usage {
            pools: if is_module { setting.module_pools() } else { setting.pools() },
            blocks_rendering: !is_module
                && !element.has_attribute("async")
                && !element.has_attribute("defer"),
        };
        self.add(attribute(element, "src"), usage, Content::Blockable);
    }

    fn see_link(&mut self, element: &Element<'_, '_>) {
        let rel = attribute(element, "rel").unwrap_or_default().to_ascii_lowercase();
        let has = |kind: &str| rel.split_ascii_whitespace().any(|token| token == kind);
        let setting = cross_origin(element);
        let (pools, is_stylesheet) = if has("stylesheet") && !has("alternate") {
            if element.has_attribute("disabled") {
                return;
            }
            (setting.pools(), true)
        } else if has("modulepreload") {
            (setting.module_pools(), false)
        } else if has("preload") {
            (setting.pools(), false)
        } else {
            return;
        };
        let is_for_print =
            attribute(element, "media").is_some_and(|media| media.trim().eq_ignore_ascii_case("print"));
        let usage = Usage { pools, blocks_rendering: is_stylesheet && !is_for_print };
        self.add(attribute(element, "href"), usage, Content::Blockable);
    }

    /// `img`, `source`, `video` and `audio`.
    fn see_media(&mut self, element: &Element<'_, '_>, name: &str) {
        let pools = cross_origin(element).pools();
        let is_idle = attribute(element, "preload").is_some_and(|value| value.eq_ignore_ascii_case("none"));
        if !is_idle {
            self.add_plain(attribute(element, "src"), pools);
        }
        if name == "video" {
            // The poster is an image, which the element's crossorigin does not govern.
            self.add_plain(attribute(element, "poster"), Pools::CREDENTIALED);
        }
        if let Some(srcset) = attribute(element, "srcset") {
            for url in srcset_urls(&srcset) {
                self.add_plain(Some(url.to_owned()), pools);
            }
        }
    }

    fn add_plain(&mut self, url: Option<String>, pools: Pools) {
        self.add(url, Usage { pools, blocks_rendering: false }, Content::Upgradeable);
    }

    fn add(&mut self, url: Option<String>, usage: Usage, content: Content) {
        let Some(reference) = url.filter(|url| !url.trim().is_empty()) else { return };
        let Ok(mut url) = self.base.as_ref().unwrap_or(&self.url).join(&reference) else { return };
        let is_mixed = self.url.scheme() == "https" && url.scheme() == "http";
        if is_mixed && (content == Content::Blockable || url.set_scheme("https").is_err()) {
            return;
        }
        let Some(origin) = Origin::of(&url) else { return };
        if Some(&origin) == self.own_origin.as_ref() {
            return;
        }
        if let Some(used) = self.uses.iter_mut().find(|used| used.origin == origin) {
            used.usage.merge(usage);
        } else if self.uses.len() < MAX_ORIGINS {
            self.uses.push(OriginUse { origin, usage });
        }
    }
}

/// Whether a script's `type`, lower-case, names JavaScript (MIME Sniffing, "JavaScript MIME type"); an empty one does.
fn is_javascript(kind: &str) -> bool {
    let Some(subtype) = kind.strip_prefix("text/").or_else(|| kind.strip_prefix("application/")) else {
        return kind.is_empty();
    };
    matches!(
        subtype,
        "javascript" | "ecmascript" | "x-javascript" | "x-ecmascript" | "jscript" | "livescript"
    ) || subtype.strip_prefix("javascript1.").is_some_and(|version| version.len() == 1)
}

/// The URLs of a `srcset` value (HTML, "parse a srcset attribute"), without their descriptors.
fn srcset_urls(value: &str) -> Vec<&str> {
    let mut urls = Vec::new();
    let mut rest = value;
    loop {
        rest = rest.trim_start_matches(|character: char| character.is_ascii_whitespace() || character == ',');
        if rest.is_empty() {
            return urls;
        }
        let end = rest.find(|character: char| character.is_ascii_whitespace()).unwrap_or(rest.len());
        let (url, after) = rest.split_at(end);
        let bare = url.trim_end_matches(',');
        urls.push(bare);
        rest = after;
        if bare.len() == url.len() {
            // Descriptors follow, up to the next comma outside parentheses.
            let mut depth = 0_u32;
            let end = rest.find(|character| {
                match character {
                    '(' => depth += 1,
                    ')' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                character == ',' && depth == 0
            });
            rest = end.and_then(|end| rest.get(end..)).unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn observe(url: &str, charset: Option<&str>, pieces: &[&[u8]]) -> Observation {
        let mut observer = Observer::new(&Url::parse(url).unwrap(), charset).unwrap();
        for piece in pieces {
            observer.write(piece);
        }
        observer.end()
    }

    /// `[c][a][b]` for credentialed pool, anonymous pool, blocks rendering, before each origin.
    fn seen(html: &str) -> Vec<String> {
        observe("https://shop.example/dir/page?q=1", None, &[html.as_bytes()])
            .uses
            .iter()
            .map(|used| {
                let mark = |set: bool, mark: &'static str| if set { mark } else { "" };
                let Usage { pools, blocks_rendering } = used.usage;
                format!(
                    "{}{}{} {}",
                    mark(pools.credentialed, "c"),
                    mark(pools.anonymous, "a"),
                    mark(blocks_rendering, "b"),
                    used.origin
                )
            })
            .collect()
    }

    #[test]
    fn each_element_is_classed_by_the_request_it_makes() {
        for (html, expected) in [
            ("<script src=https://a.example/x.js></script>", "cb https://a.example"),
            ("<script async src=https://a.example/x.js></script>", "c https://a.example"),
            ("<script defer src=https://a.example/x.js></script>", "c https://a.example"),
            ("<script src=https://a.example/x.js crossorigin></script>", "ab https://a.example"),
            ("<script type=module src=https://a.example/x.js></script>", "a https://a.example"),
            (
                "<script type=module crossorigin=use-credentials src=https://a.example/></script>",
                "c https://a.example",
            ),
            ("<script type=' Text/JavaScript ' src=https://a.example/></script>", "cb https://a.example"),
            ("<link rel=stylesheet href=//a.example/x.css>", "cb https://a.example"),
            ("<link rel='Preload StyleSheet' href=//a.example/x.css>", "cb https://a.example"),
            ("<link rel=stylesheet media=print href=//a.example/x.css>", "c https://a.example"),
            ("<link rel=preload as=font crossorigin href=//a.example/x.woff2>", "a https://a.example"),
            ("<link rel=modulepreload href=//a.example/x.js>", "a https://a.example"),
            ("<img src=https://a.example/x.png>", "c https://a.example"),
            ("<img crossorigin=anonymous src=https://a.example/x.png>", "a https://a.example"),
            ("<img src=http://a.example/x.png>", "c https://a.example"),
            ("<video poster=https://a.example/x.png></video>", "c https://a.example"),
            ("<video crossorigin src=https://a.example/x.mp4></video>", "a https://a.example"),
            ("<input type=image src=https://a.example/x.png>", "c https://a.example"),
            ("<picture><source srcset='https://a.example/x.png 2x'></picture>", "c https://a.example"),
            ("<iframe src=https://a.example/></iframe>", " https://a.example"),
            ("<object data=https://a.example/></object>", " https://a.example"),
            ("<template shadowrootmode=open><img src=https://a.example/></template>", "c https://a.example"),
        ] {
            assert_eq!(seen(html), [expected], "{html}");
        }
    }

    #[test]
    fn what_no_browser_fetches_from_a_third_party_does_not_count() {
        for html in [
            "<a href=https://a.example/>x</a>",
            "<script>'<img src=https://a.example/>'</script>",
            "<noscript><img src=https://a.example/></noscript>",
            "<template><img src=https://a.example/><template></template><script src=//a.example></script></template>",
            "<script type=text/template src=https://a.example/></script>",
            "<script type=application/json src=https://a.example/></script>",
            "<script nomodule src=https://a.example/></script>",
            "<script src=http://a.example/x.js></script>",
            "<link rel=preconnect href=https://a.example/>",
            "<link rel='alternate stylesheet' href=https://a.example/>",
            "<link rel=stylesheet disabled href=https://a.example/>",
            "<video preload=none src=https://a.example/></video>",
            "<iframe srcdoc=x src=https://a.example/></iframe>",
            "<input src=https://a.example/>",
            "<img src='data:image/gif;base64,R0lGOD'><img src=javascript:0><img src=''><img src=' '>",
            "<img src=/x.png><img src=https://shop.example/x.png><img src=https://SHOP.example:443/x.png>",
            "<!-- <img src=https://a.example/> -->",
            "<img src='https://a b.example/'><img src='https://[::1'>",
        ] {
            assert_eq!(seen(html), Vec::<String>::new(), "{html}");
        }
    }

    #[test]
    fn a_template_ends_and_what_follows_counts() {
        let html = "<template><p><img src=https://a.example/></template><img src=https://b.example/>";
        assert_eq!(seen(html), ["c https://b.example"]);
    }

    #[test]
    fn character_references_are_decoded_before_the_url_is_parsed() {
        assert_eq!(
            seen("<img src='https&#58;//a.exam&#x70;le/?x=1&amp;y=2'><img src=https:&sol;&sol;b.example>"),
            ["c https://a.example", "c https://b.example"]
        );
    }

    #[test]
    fn the_first_base_counts_from_where_it_stands() {
        assert_eq!(
            seen(
                "<img src=x.png><base href=https://a.example/dir/><img src=x.png><base href=https://b.example/>\
                 <img src=y.png><img src=//c.example/>"
            ),
            ["c https://a.example", "c https://c.example"]
        );
        assert_eq!(
            seen("<base href='javascript:0'><base href=https://b.example/><img src=x>"),
            Vec::<String>::new()
        );
        assert_eq!(
            seen("<template><base href=https://a.example/></template><base href=//b.example><img src=x>"),
            ["c https://b.example"]
        );
    }

    #[test]
    fn uses_of_one_origin_add_up() {
        assert_eq!(
            seen(
                "<iframe src=//a.example></iframe><img src=//a.example/1><link rel=stylesheet crossorigin href=//a.example>"
            ),
            ["cab https://a.example"]
        );
    }

    #[test]
    fn ten_thousand_hosts_stay_within_the_bound() {
        let html = (0..10_000).map(|n| format!("<img src=//h{n}.example/>")).collect::<Vec<_>>().concat();
        assert_eq!(seen(&html).len(), MAX_ORIGINS);
    }

    #[test]
    fn markup_that_the_parser_gives_up_on_keeps_what_was_seen() {
        let ambiguous = "<img src=//a.example/><select><xmp><img src=//b.example/></xmp></select>";
        assert_eq!(seen(ambiguous).first().unwrap(), "c https://a.example");
        let endless = format!("<img src=//a.example/><img alt=\"{}", "x".repeat(2 * MAX_MEMORY_BYTES));
        assert_eq!(seen(&endless), ["c https://a.example"]);
        let binary: Vec<u8> = (0..=255).cycle().take(100_000).collect();
        assert!(
            observe("https://shop.example/", None, &[b"<img src=//a.example/>", &binary]).uses.len()
                <= MAX_ORIGINS
        );
    }

    #[test]
    fn reading_ends_at_the_cap() {
        let mut observer = Observer::new(&Url::parse("https://shop.example/").unwrap(), None).unwrap();
        let piece = vec![b' '; MAX_PAGE_BYTES - 1];
        assert!(observer.write(&piece));
        assert!(!observer.write(b"<img src=//a.example/>"));
        assert!(!observer.write(b"<img src=//a.example/>"));
        assert!(observer.end().uses.is_empty());
    }

    #[test]
    fn the_encoding_is_the_headers_then_the_pages() {
        let url = "https://shop.example/";
        let latin1 = b"<meta charset=utf-8><img src='https://b\xfccher.example/'>";
        let host = |observation: Observation| observation.uses.first().map(|used| used.origin.to_string());
        let expected = Some("https://xn--bcher-kva.example".to_owned());
        assert_eq!(host(observe(url, Some("iso-8859-1"), &[latin1])), expected);
        let declared = b"<meta charset=iso-8859-1><img src='https://b\xfccher.example/'>";
        assert_eq!(host(observe(url, None, &[declared])), expected);
        assert!(Observer::new(&Url::parse(url).unwrap(), Some("utf-16le")).is_none());
        assert!(Observer::new(&Url::parse(&format!("{url}{}", "x".repeat(600))).unwrap(), None).is_none());
    }

    #[test]
    fn srcset_is_split_as_browsers_split_it() {
        for (value, urls) in [
            ("a.png 1x, b.png 2x", vec!["a.png", "b.png"]),
            ("a.png,b.png", vec!["a.png,b.png"]),
            ("a.png, b.png", vec!["a.png", "b.png"]),
            (" ,, a.png ,", vec!["a.png"]),
            ("data:,x 1x, b.png (a,b) 2w, c.png", vec!["data:,x", "b.png", "c.png"]),
            ("", vec![]),
        ] {
            assert_eq!(srcset_urls(value), urls, "{value}");
        }
    }

    const SNIPPETS: [&str; 14] = [
        "<script src=https://a.example/x.js></script>",
        "<link rel=stylesheet href='//b.example/x.css'>",
        "<template><img src=//c.example/></template>",
        "<base href=https://d.example/>",
        "<img src=x.png srcset='https://e.example/1 1x, https://f.example/2 2x'>",
        "<noscript><img src=//g.example/></noscript>",
        "<iframe src=https://h.example/></iframe>",
        "<!-- <img src=//i.example/> -->",
        "<img alt='\u{e9}\u{4e2d}' src='https&colon;//j.example/'>",
        "<select><xmp>",
        "<svg><style><img src=//k.example/></style></svg>",
        "</head><body>",
        "<plaintext>",
        "text & more <",
    ];

    proptest! {
        #[test]
        fn chunking_never_changes_what_is_seen(
            order in prop::collection::vec(0..SNIPPETS.len(), 0..12),
            cuts in prop::collection::vec(0_usize..600, 0..12),
        ) {
            let html: String = order.iter().map(|n| SNIPPETS[*n]).collect();
            let bytes = html.as_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]).collect();
            let url = "https://shop.example/";
            prop_assert_eq!(observe(url, None, &pieces), observe(url, None, &[bytes]));
        }

        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
            observe("https://shop.example/", None, &[&bytes]);
        }
    }
}
