//! A part of a page that may be preloaded: its URL, and everything about a request for it that decides whether a browser takes what
//! was preloaded for it (HTML, "preload": destination, mode, credentials; of a picture the candidates and the size).

use super::usage::CrossOrigin;
use super::{Origin, srcset};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use url::Url;

/// The longest `imagesrcset` of a preload, in bytes, and the most candidates in it. One that has more is not preloaded: a part of
/// it would have the browser pick another picture than the page does.
pub const MAX_SRCSET_BYTES: usize = 700;
/// See [`MAX_SRCSET_BYTES`].
pub const MAX_CANDIDATES: usize = 16;

/// The target of a preload of which a browser can choose the URL only where there is a document. Of a 103 browsers take nothing but the
/// target, whatever else the link says (HTML, "early hints"; Firefox fetches it), so it is one that nobody fetches.
const NO_TARGET: &str = "about:blank";

/// The longest `imagesizes` and `media` of a preload, in bytes.
pub const MAX_SIZES_BYTES: usize = 200;

/// What a part of a page is fetched as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Destination {
    /// A font, which is always fetched with CORS and without credentials.
    Font,
    /// A picture.
    Image,
    /// A stylesheet.
    Style,
    /// A classic script.
    Script,
}

impl Destination {
    /// Whether it is text, of which it matters in which encoding it is read.
    #[must_use]
    pub fn is_text(self) -> bool {
        matches!(self, Self::Style | Self::Script)
    }

    /// The value of `as`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Font => "font",
            Self::Image => "image",
            Self::Style => "style",
            Self::Script => "script",
        }
    }
}

/// How a part of a page is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    /// Its URL: of the page's own origin the path and query, of another one the whole. Of a picture with `srcset`, its `src`.
    #[serde(rename = "u")]
    pub url: String,
    /// What it is fetched as.
    #[serde(rename = "as")]
    pub destination: Destination,
    /// Its mode and credentials.
    #[serde(rename = "c", default, skip_serializing_if = "is_no_cors", with = "cross_origin")]
    pub cross_origin: CrossOrigin,
    /// Its MIME type, where the page says it or its ending does: a browser that does not know the type leaves the preload alone.
    #[serde(rename = "t", default, skip_serializing_if = "String::is_empty")]
    pub media_type: String,
    /// The candidates of a picture, as `srcset` has them, with URLs like [`url`](Self::url).
    #[serde(rename = "s", default, skip_serializing_if = "String::is_empty")]
    pub srcset: String,
    /// The picture's `sizes`.
    #[serde(rename = "z", default, skip_serializing_if = "String::is_empty")]
    pub sizes: String,
    /// The media query under which it is used; empty where it always is.
    #[serde(rename = "m", default, skip_serializing_if = "String::is_empty")]
    pub media: String,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde asks for it
fn is_no_cors(setting: &CrossOrigin) -> bool {
    *setting == CrossOrigin::NoCors
}

/// `crossorigin` as a number: 0 without it, 1 anonymous, 2 with credentials.
mod cross_origin {
    use super::CrossOrigin;
    use serde::{Deserialize as _, Deserializer, Serializer};

    #[allow(clippy::trivially_copy_pass_by_ref)] // serde asks for it
    pub fn serialize<S: Serializer>(setting: &CrossOrigin, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(match setting {
            CrossOrigin::NoCors => 0,
            CrossOrigin::Anonymous => 1,
            CrossOrigin::UseCredentials => 2,
        })
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<CrossOrigin, D::Error> {
        Ok(match u8::deserialize(deserializer)? {
            0 => CrossOrigin::NoCors,
            2 => CrossOrigin::UseCredentials,
            _ => CrossOrigin::Anonymous,
        })
    }
}

impl Resource {
    /// One that is asked for without CORS and has nothing else to say.
    #[must_use]
    pub fn new(url: String, destination: Destination) -> Self {
        Self {
            url,
            destination,
            cross_origin: CrossOrigin::NoCors,
            media_type: String::new(),
            srcset: String::new(),
            sizes: String::new(),
            media: String::new(),
        }
    }

    /// A font at this URL; `None` where its ending does not say of what type it is, so that browsers that cannot use it would fetch
    /// it all the same.
    #[must_use]
    pub fn font(url: String) -> Option<Self> {
        let path = url.split('?').next().unwrap_or_default();
        let media_type = match path.rsplit('.').next()?.to_ascii_lowercase().as_str() {
            "woff2" => "font/woff2",
            "woff" => "font/woff",
            "ttf" => "font/ttf",
            "otf" => "font/otf",
            _ => return None,
        };
        Some(Self {
            cross_origin: CrossOrigin::Anonymous,
            media_type: media_type.to_owned(),
            ..Self::new(url, Destination::Font)
        })
    }

    /// The URLs of which a browser fetches one: the picture's candidates, or else the URL.
    pub fn urls(&self) -> impl Iterator<Item = &str> {
        let mut candidates = self.srcset.split(", ").filter_map(|candidate| candidate.split(' ').next());
        let first = candidates.next().filter(|url| !url.is_empty()).unwrap_or(&self.url);
        std::iter::once(first).chain(candidates)
    }

    /// The URLs as a browser resolves them on `page`; empty where one of them is none.
    #[must_use]
    pub fn resolved(&self, page: &Url) -> Vec<Url> {
        let urls = std::iter::once(self.url.as_str()).filter(|url| !url.is_empty()).chain(self.urls());
        urls.map(|url| page.join(url)).collect::<Result<_, _>>().unwrap_or_default()
    }

    /// The other origins from which it may come.
    pub fn other_origins(&self) -> impl Iterator<Item = Origin> {
        let urls = std::iter::once(self.url.as_str()).chain(self.urls());
        urls.filter_map(|url| Origin::of(&Url::parse(url).ok()?))
    }

    /// Whether a browser needs no document to know what to fetch, and whether to: without candidates and media queries, of which a 103
    /// can say nothing.
    #[must_use]
    pub fn needs_no_document(&self) -> bool {
        [&self.srcset, &self.sizes, &self.media].into_iter().all(String::is_empty)
    }

    /// All of which a browser chooses one, as candidates: with the URL for a density of 1 where an element would take it for that.
    fn imagesrcset(&self) -> String {
        let Self { url, srcset, .. } = self;
        let known = srcset::candidates(srcset).filter_map(|(_, text)| srcset::descriptor(text));
        if !srcset::leaves_src(known) {
            srcset.clone()
        } else if srcset.is_empty() {
            format!("{url} 1x")
        } else {
            format!("{srcset}, {url} 1x")
        }
    }

    /// Writes it as a link of a `Link` field (RFC 8288), as browsers read it; `None` where it cannot stand there, or is too long to.
    #[must_use]
    pub fn link(&self) -> Option<String> {
        let Self { url, destination, cross_origin, media_type, srcset, sizes, media } = self;
        // No URL has these when it has been read as one; what was published may be damaged.
        let is_url = |url: &str| {
            let is_rooted = url.starts_with('/') && !url.starts_with("//");
            (is_rooted || url.starts_with("https://") || url.starts_with("http://"))
                && url.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>\"\\^`{|}".contains(&byte))
        };
        // No browser is sure to take a backslash in quotes for what the standard says.
        let is_text =
            |text: &str| text.bytes().all(|byte| (0x20..0x7f).contains(&byte) && !b"\"\\".contains(&byte));
        let is_candidate = |url: &str| is_url(url) && !url.starts_with(',') && !url.ends_with(',');
        let is_chosen = *destination == Destination::Image && !self.needs_no_document();
        let (target, candidates) =
            if is_chosen { (NO_TARGET, self.imagesrcset()) } else { (url.as_str(), srcset.clone()) };
        let texts = [media_type, &candidates, sizes, media];
        if !is_candidate(url)
            || !self.urls().all(is_candidate)
            || !texts.into_iter().all(|text| is_text(text))
            || candidates.len() > MAX_SRCSET_BYTES
            || self.urls().count().max(srcset::urls(&candidates).count()) > MAX_CANDIDATES
            || sizes.len() > MAX_SIZES_BYTES
            || media.len() > MAX_SIZES_BYTES
        {
            return None;
        }
        let mut link = format!("<{target}>; rel=preload; as={}", destination.as_str());
        link.push_str(match cross_origin {
            CrossOrigin::NoCors => "",
            CrossOrigin::Anonymous => "; crossorigin",
            CrossOrigin::UseCredentials => "; crossorigin=use-credentials",
        });
        if *destination == Destination::Image {
            link.push_str("; fetchpriority=high");
        }
        let named =
            [("imagesrcset", &candidates), ("imagesizes", sizes), ("media", media), ("type", media_type)];
        for (name, text) in named.into_iter().filter(|(_, text)| !text.is_empty()) {
            // Writing to a String cannot fail.
            let _ = write!(link, "; {name}=\"{text}\"");
        }
        Some(link)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hints::link;
    use proptest::prelude::*;

    #[test]
    fn each_kind_is_written_as_browsers_match_it() {
        let font = Resource::font("https://fonts.example/a.woff2".to_owned()).unwrap();
        let expected =
            "<https://fonts.example/a.woff2>; rel=preload; as=font; crossorigin; type=\"font/woff2\"";
        assert_eq!(font.link().unwrap(), expected);
        assert_eq!(Resource::font("/kit?a=b.woff2".to_owned()), None, "nothing says of what type it is");
        for (url, said, expected) in [
            ("/a.avif?v=1", "", ""),
            ("/a", "image/avif", "; type=\"image/avif\""),
            ("/a.webp", "image/jpeg", "; type=\"image/jpeg\""),
        ] {
            let picture = Resource::new(url.to_owned(), Destination::Image);
            let link = Resource { media_type: said.to_owned(), ..picture }.link().unwrap();
            assert_eq!(link, format!("<{url}>; rel=preload; as=image; fetchpriority=high{expected}"));
        }
        let style = Resource::new("/a.css?v=1".to_owned(), Destination::Style);
        assert_eq!(style.link().unwrap(), "</a.css?v=1>; rel=preload; as=style");
        let script = Resource {
            cross_origin: CrossOrigin::UseCredentials,
            ..Resource::new("https://cdn.example/a.js".to_owned(), Destination::Script)
        };
        assert_eq!(
            script.link().unwrap(),
            "<https://cdn.example/a.js>; rel=preload; as=script; crossorigin=use-credentials"
        );
        let picture = Resource {
            srcset: "/a-1.avif 480w, /a-2.avif 960w".to_owned(),
            sizes: "(max-width: 600px) 100vw, 50vw".to_owned(),
            media: "(min-width: 600px)".to_owned(),
            media_type: "image/avif".to_owned(),
            ..Resource::new("/a.jpg".to_owned(), Destination::Image)
        };
        assert_eq!(
            picture.link().unwrap(),
            "<about:blank>; rel=preload; as=image; fetchpriority=high; imagesrcset=\"/a-1.avif 480w, /a-2.avif 960w\"; \
             imagesizes=\"(max-width: 600px) 100vw, 50vw\"; media=\"(min-width: 600px)\"; type=\"image/avif\""
        );
        assert_eq!(picture.urls().collect::<Vec<_>>(), ["/a-1.avif", "/a-2.avif"]);
        let page = Url::parse("https://shop.example/b/c").unwrap();
        let resolved: Vec<String> = picture.resolved(&page).into_iter().map(String::from).collect();
        assert_eq!(resolved[0], "https://shop.example/a.jpg");
        assert_eq!(resolved.len(), 3);
    }

    #[test]
    fn what_a_browser_chooses_for_a_document_has_no_target_that_a_103_has_it_fetch() {
        let plain = Resource::new("/a.jpg".to_owned(), Destination::Image);
        assert_eq!(plain.link().unwrap(), "</a.jpg>; rel=preload; as=image; fetchpriority=high");
        let with = |srcset: &str, media: &str| {
            let resource = Resource { srcset: srcset.to_owned(), media: media.to_owned(), ..plain.clone() };
            assert!(!resource.needs_no_document());
            let link = resource.link().unwrap();
            link.replace("<about:blank>; rel=preload; as=image; fetchpriority=high; ", "")
        };
        for (srcset, media, expected) in [
            // What an element chooses beside candidates is one of them here.
            ("", "(min-width: 9px)", "imagesrcset=\"/a.jpg 1x\"; media=\"(min-width: 9px)\""),
            ("/b.jpg 2x", "", "imagesrcset=\"/b.jpg 2x, /a.jpg 1x\""),
            ("/c.jpg 0.5x, /b.jpg 2x", "", "imagesrcset=\"/c.jpg 0.5x, /b.jpg 2x, /a.jpg 1x\""),
            // And what it does not is none.
            ("/b.jpg", "(min-width: 9px)", "imagesrcset=\"/b.jpg\"; media=\"(min-width: 9px)\""),
            ("/b.jpg 1x, /c.jpg 2x", "", "imagesrcset=\"/b.jpg 1x, /c.jpg 2x\""),
            ("/b.jpg 480w, /c.jpg 960w", "", "imagesrcset=\"/b.jpg 480w, /c.jpg 960w\""),
        ] {
            assert_eq!(with(srcset, media), expected);
        }
        // Only of pictures a link can say more than one URL.
        let style = Resource {
            media: "(min-width: 9px)".to_owned(),
            ..Resource::new("/a.css".to_owned(), Destination::Style)
        };
        assert!(!style.needs_no_document());
        assert_eq!(style.link().unwrap(), "</a.css>; rel=preload; as=style; media=\"(min-width: 9px)\"");
        let comma = Resource { url: "/a,".to_owned(), srcset: "/b.jpg 2x".to_owned(), ..plain.clone() };
        assert_eq!(comma.link(), None, "the comma would end a candidate");
        let candidates = |most: usize| Resource {
            srcset: (0..most).map(|at| format!("/{at}.jpg {}x", at + 2)).collect::<Vec<_>>().join(", "),
            ..plain.clone()
        };
        assert!(candidates(MAX_CANDIDATES - 1).link().is_some());
        assert_eq!(candidates(MAX_CANDIDATES).link(), None);
    }

    #[test]
    fn what_cannot_stand_in_a_header_is_left_out() {
        let of = |url: &str| Resource::new(url.to_owned(), Destination::Image);
        for url in [
            "",
            "a.jpg",
            "//evil.example/a.jpg",
            "/a>; rel=preconnect",
            "/a b",
            "/\u{fc}",
            "/a\r\nX: y",
            "data:,x",
            "/\\",
        ] {
            assert_eq!(of(url).link(), None, "{url}");
        }
        let good = of("/a.jpg");
        for bad in [
            Resource { sizes: "calc(\"1px\")".to_owned(), ..good.clone() },
            Resource { sizes: "1px\n".to_owned(), ..good.clone() },
            Resource { sizes: "1".repeat(MAX_SIZES_BYTES + 1), ..good.clone() },
            Resource { media: "\u{fc}".to_owned(), ..good.clone() },
            Resource { media_type: "a\\".to_owned(), ..good.clone() },
            Resource { srcset: "/a.jpg 1x, evil 2x".to_owned(), ..good.clone() },
            Resource { srcset: vec!["/a.jpg 1w"; 1000].join(", "), ..good.clone() },
        ] {
            assert_eq!(bad.link(), None, "{bad:?}");
        }
    }

    #[test]
    fn it_is_stored_in_short_and_reads_back() {
        let font = Resource::font("/a.woff2".to_owned()).unwrap();
        let json = serde_json::to_string(&font).unwrap();
        assert_eq!(json, r#"{"u":"/a.woff2","as":"font","c":1,"t":"font/woff2"}"#);
        assert_eq!(serde_json::from_str::<Resource>(&json).unwrap(), font);
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_one_link_and_reads_back(
            url in "(/|https://a\\.example/)[a-z,;=.'()<\"\\\\ ]{0,20}",
            srcset in "(/[a-z,.]{1,5} [0-9]w(, )?){0,4}",
            sizes in "[ -~]{0,30}",
            media in "[ -~]{0,30}",
        ) {
            let resource = Resource { srcset, sizes, media, ..Resource::new(url, Destination::Image) };
            if let Some(text) = resource.link() {
                let links = link::parse(&text);
                prop_assert_eq!(links.len(), 1, "{}", text);
                let is_plain = resource.needs_no_document();
                prop_assert_eq!(&links[0].target, if is_plain { &resource.url } else { NO_TARGET });
                prop_assert_eq!(&links[0].rel, "preload");
                let value = |name: &str| {
                    let found = links[0].attributes.iter().find(|attribute| attribute.name == name);
                    found.and_then(|attribute| attribute.value.clone()).unwrap_or_default()
                };
                prop_assert_eq!(value("imagesrcset"), if is_plain { String::new() } else { resource.imagesrcset() });
                prop_assert_eq!(value("imagesizes"), resource.sizes);
                prop_assert_eq!(value("media"), resource.media);
            }
        }
    }
}
