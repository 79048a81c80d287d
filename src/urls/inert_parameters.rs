//! Query parameters that change nothing about a page: they tell where a visitor came from, to scripts and to logs.
//!
//! A link that has no others is as safe to fetch ahead as the same link without a query, and leads to the same page. In
//! doubt a name does not belong here: what is taken for inert wrongly shows one page in place of another.
//!
//! Names are looked for in a query as it is written. They consist of characters that need no percent-encoding, so
//! one that is encoded all the same is somebody's trick, and counts as another name. So does everything in a parameter
//! with a `;`, since some servers take that for a `&`.
//!
//! The same is said in three ways, which the tests hold against each other: to ourselves
//! ([`InertParameters::are_all_inert`]), to a browser's link matching ([`InertParameters::search_pattern`]), and to its
//! store of prefetched pages ([`InertParameters::no_vary_search`]).

use super::{page_data, unsafe_urls};
use crate::sorting;
use std::fmt::Write as _;
use url::Url;

/// The most names that a site may add.
pub const MAX_ADDED: usize = 100;

/// The longest name, in bytes.
const MAX_NAME_BYTES: usize = 64;

/// Beginnings of names that belong to campaigns altogether.
const STARTS: &[&str] = &["utm_", "gad_", "hsa_", "mtm_"];

/// Names, those known to begin so among them: `No-Vary-Search` has no word for a beginning.
const NAMES: &[&str] = &[
    // Google Analytics and all that took its names over
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
    "utm_id",
    "utm_source_platform",
    "utm_creative_format",
    "utm_marketing_tactic",
    "utm_name",
    "utm_social",
    "utm_social-type",
    "_ga",
    "_gl",
    "_gac",
    // Google Ads, Merchant Center
    "gclid",
    "gclsrc",
    "dclid",
    "gbraid",
    "wbraid",
    "gad_source",
    "gad_campaignid",
    "srsltid",
    // Meta, Instagram
    "fbclid",
    "fb_action_ids",
    "fb_action_types",
    "igshid",
    "igsh",
    // Microsoft, X, TikTok, LinkedIn, Pinterest, Reddit, Snapchat
    "msclkid",
    "twclid",
    "ttclid",
    "li_fat_id",
    "epik",
    "rdt_cid",
    "ScCid",
    // Yandex
    "yclid",
    "ymclid",
    "ysclid",
    "_openstat",
    // Taboola, Outbrain
    "tblci",
    "dicbo",
    // Newsletters: Mailchimp, HubSpot, Klaviyo, Marketo, Vero, Omeda
    "mc_cid",
    "mc_eid",
    "_hsenc",
    "_hsmi",
    "__hstc",
    "__hssc",
    "__hsfp",
    "hsCtaTracking",
    "_kx",
    "mkt_tok",
    "vero_id",
    "vero_conv",
    "oly_anon_id",
    "oly_enc_id",
    // HubSpot's advertisements
    "hsa_acc",
    "hsa_cam",
    "hsa_grp",
    "hsa_ad",
    "hsa_src",
    "hsa_tgt",
    "hsa_kw",
    "hsa_mt",
    "hsa_net",
    "hsa_ver",
    // Adobe
    "s_kwcid",
    "ef_id",
    // Matomo, and Piwik before it
    "mtm_source",
    "mtm_medium",
    "mtm_campaign",
    "mtm_keyword",
    "mtm_content",
    "mtm_cid",
    "mtm_group",
    "mtm_placement",
    "pk_source",
    "pk_medium",
    "pk_campaign",
    "pk_kwd",
    "pk_keyword",
    "pk_content",
    "pk_cid",
];

/// The parameters of a site that change nothing about its pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InertParameters {
    /// Whole names, without those that a site wrote twice.
    names: Vec<String>,
    /// Beginnings of names.
    starts: Vec<String>,
}

impl Default for InertParameters {
    fn default() -> Self {
        Self::new(&[])
    }
}

impl InertParameters {
    /// The built-in names and those that a site adds (`INERT_PARAMETERS`); `*` at the end stands for any ending. What
    /// [`is_name`] does not accept is left out, and so is what comes after [`MAX_ADDED`] others.
    #[must_use]
    pub fn new(added: &[String]) -> Self {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let mut all = Self { names: owned(NAMES), starts: owned(STARTS) };
        for word in added.iter().filter(|word| is_name(word)).take(MAX_ADDED) {
            let (list, text) = match word.strip_suffix('*') {
                Some(start) => (&mut all.starts, start),
                None => (&mut all.names, word.as_str()),
            };
            if !list.iter().any(|known| known == text) {
                list.push(text.to_owned());
            }
        }
        all
    }

    /// Whether the parameter of this name, decoded, changes nothing.
    #[must_use]
    pub fn is_inert(&self, name: &str) -> bool {
        self.starts.iter().any(|start| name.starts_with(start))
            || self.names.iter().any(|known| known == name)
    }

    /// Whether a URL is that of the page without a query: it has none, or nothing but inert parameters.
    #[must_use]
    pub fn are_all_inert(&self, url: &Url) -> bool {
        pieces(url).all(|piece| self.is_inert_piece(piece))
    }

    /// Whether a URL has an inert parameter.
    #[must_use]
    pub fn has_any(&self, url: &Url) -> bool {
        pieces(url).any(|piece| self.is_inert_piece(piece))
    }

    /// The path and the query of a URL without its inert parameters. What stays is as it was written.
    #[must_use]
    pub fn without(&self, url: &Url) -> String {
        with_query(url.path(), &self.kept(url).collect::<Vec<_>>())
    }

    /// The parameters of a URL that are not inert, as they are written.
    fn kept<'a>(&self, url: &'a Url) -> impl Iterator<Item = &'a str> {
        pieces(url).filter(|piece| !self.is_inert_piece(piece))
    }

    /// What a URL is remembered by where it was met to do something: its path, and the names of its parameters, each once, in
    /// order and without their values. `/shop/?add-to-cart=42` does not speak against `/shop/`. Of a parameter that says by a word what
    /// is done, the word stays: `?action=edit` says nothing of `?action=move_up`. The data of a page, which a router fetches in its
    /// place, is remembered as the page.
    #[must_use]
    pub fn shape(&self, url: &Url) -> String {
        let url = &*page_data::page_or(url);
        let name = |piece| {
            let (name, value) = str::split_once(piece, '=').unwrap_or((piece, ""));
            match name {
                // A parameter without a name, as `=x`. With nothing for it, it would be gone where the shape is read again.
                "" => "=",
                name if unsafe_urls::is_command(name, value) => piece,
                name => name,
            }
        };
        let kept = self.kept(url).flat_map(parts).filter(|part| !self.is_inert_piece(part));
        let mut names: Vec<&str> = kept.map(name).collect();
        sorting::sort(&mut names);
        names.dedup();
        with_query(url.path(), &names)
    }

    /// Whether a pattern for lower-case names may mean an inert parameter: those named `start`, or, where it is
    /// `open`, all that begin so.
    #[must_use]
    pub fn may_mean(&self, start: &str, open: bool) -> bool {
        let lower = |texts: &[String]| texts.iter().map(|text| text.to_lowercase()).collect::<Vec<_>>();
        lower(&self.starts).iter().any(|own| start.starts_with(own) || (open && own.starts_with(start)))
            || lower(&self.names).iter().any(|name| name == start || (open && name.starts_with(start)))
    }

    /// A URL pattern's `search` that matches the queries which consist of inert parameters, at least one. It is a
    /// regular expression to JavaScript, with its `v` flag, and to Rust.
    #[must_use]
    pub fn search_pattern(&self) -> String {
        // No name may be matched in two ways: a browser would try both for each parameter of a long query.
        let is_covered =
            |text: &&String| self.starts.iter().any(|start| start != *text && text.starts_with(start));
        let names = self.names.iter().filter(|name| !is_covered(name) && !self.starts.contains(name));
        let starts = self.starts.iter().filter(|start| !is_covered(start));
        let names = names.map(|name| escape(name));
        let starts = starts.map(|start| format!("{}[^&;=]*", escape(start)));
        let parameter = format!("(?:{})(?:=[^&;]*)?", names.chain(starts).collect::<Vec<_>>().join("|"));
        // The URL Pattern standard has one group capture, the outermost.
        format!("({parameter}(?:&{parameter})*)")
    }

    /// The value of `No-Vary-Search` that has a browser show a prefetched page for the same URL with other inert
    /// parameters. Of the forms this is the one in which browsers and the IETF draft agree. Beginnings of names cannot
    /// be said, so those that a site adds are missing.
    #[must_use]
    pub fn no_vary_search(&self) -> String {
        let mut value = String::from("params=(");
        for (index, name) in self.names.iter().enumerate() {
            // Writing to a string does not fail.
            let _ = write!(value, "{}\"{name}\"", if index == 0 { "" } else { " " });
        }
        value.push(')');
        value
    }

    fn is_inert_piece(&self, piece: &str) -> bool {
        let name = piece.split_once('=').map_or(piece, |(name, _)| name);
        !piece.contains(';') && self.is_inert(name)
    }
}

/// A path with these parameters behind it, if there are any.
fn with_query(path: &str, parameters: &[&str]) -> String {
    if parameters.is_empty() { path.to_owned() } else { format!("{path}?{}", parameters.join("&")) }
}

/// Whether a site may add this name: of characters that mean the same in a query, a header and, but for `.`, a regular
/// expression; with `*` only at the end, and not alone.
#[must_use]
pub fn is_name(word: &str) -> bool {
    let name = word.strip_suffix('*').unwrap_or(word);
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'~' | b'-');
    !name.is_empty() && word.len() <= MAX_NAME_BYTES && name.bytes().all(is_plain)
}

/// The longest name of a parameter behind a semicolon, in bytes.
const MAX_PLAIN_NAME: usize = 32;

/// The parameters in what stands between two `&`. Where semicolons stand between parameters, that is all of them. They stand in values
/// as well: what has no name in front of a `=` belongs to one.
fn parts(piece: &str) -> impl Iterator<Item = &str> {
    let mut parts = piece.split(';');
    let first = parts.next().into_iter();
    first.chain(parts.filter(|part| part.split_once('=').is_some_and(|(name, _)| is_plain_name(name))))
}

/// Whether a text is the name of a parameter, and no part of a value.
fn is_plain_name(text: &str) -> bool {
    let is_plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'[' | b']');
    (1..=MAX_PLAIN_NAME).contains(&text.len()) && text.bytes().all(is_plain)
}

/// What stands between the `&` of a query; nothing for an empty query, which names the same page as none.
fn pieces(url: &Url) -> impl Iterator<Item = &str> {
    url.query().filter(|query| !query.is_empty()).into_iter().flat_map(|query| query.split('&'))
}

/// Of all characters of a name only the dot means something in a regular expression. To escape another is a mistake
/// under the `v` flag.
fn escape(name: &str) -> String {
    name.replace('.', "\\.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::urls::unsafe_urls::UnsafeUrls;
    use proptest::prelude::*;
    use serde_json::json;
    use speculation_rules::UrlPattern;
    use std::sync::LazyLock;

    fn parameters(added: &str) -> InertParameters {
        InertParameters::new(&added.split_ascii_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    fn url(path: &str) -> Url {
        Url::parse("https://shop.example").unwrap().join(path).unwrap()
    }

    fn is_dictionary(value: &str) -> bool {
        sfv::Parser::new(value).parse::<sfv::Dictionary>().is_ok()
    }

    #[test]
    fn a_url_with_nothing_but_inert_parameters_is_that_of_the_page() {
        let inert = parameters("ref_* campaign.id");
        let all = [
            "/",
            "/?",
            "/?utm_source=x",
            "/?gclid",
            "/?fbclid=&utm_whatever=a=b",
            "/?ref_a=%26&campaign.id=1",
        ];
        for path in all {
            assert!(inert.are_all_inert(&url(path)), "{path}");
        }
        for path in [
            "/?x=1",
            "/?=",
            "/?&",
            "/?utm_source=x&",
            "/?utm_source=x&&gclid=1",
            "/?utm_source=x&page=2",
            "/?UTM_source=x",
            "/?utm=x",
            "/?utm%5Fsource=x",
            "/?utm_source=x;delete=1",
            "/?xgclid=1",
            "/?gclid2=1",
            "/?ref=1",
            "/?campaignXid=1",
        ] {
            assert!(!inert.are_all_inert(&url(path)), "{path}");
        }
    }

    #[test]
    fn a_shape_is_its_own_shape() {
        let inert = parameters("");
        for (target, shape) in [
            ("/?b=1&a=2&b=3&utm_source=x", "/?a&b"),
            ("/?", "/"),
            ("/?=x", "/?="),
            ("/?&", "/?="),
            ("/?a&&=1", "/?=&a"),
            ("/?p=a.git;a=tree;h=1;utm_source=x", "/?a=tree&h&p"),
            ("/?ids=12;15;19&q=hello;world", "/?ids&q"),
            ("/?filter=status:open;assignee:john.doe", "/?filter"),
            ("/?to=data:text/html;base64,AAAA==;&x=1", "/?to&x"),
            ("/?b=1;", "/?b"),
            // A word that says what is done stays. What has digits, is long, or may be anything does not.
            ("/?id=5&action=move_up&Subaction=Run.Now", "/?Subaction=Run.Now&action=move_up&id"),
            ("/?action=move_up5&do=%C3%A4&_action=&op=a%20b", "/?_action&action&do&op"),
            ("/?action=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa&title=main", "/?action&title"),
        ] {
            assert_eq!(
                (inert.shape(&url(target)), inert.shape(&url(shape))),
                (shape.to_owned(), shape.to_owned())
            );
        }
    }

    #[test]
    fn names_are_whole_or_begin_so_and_keep_their_case() {
        let inert = parameters("ref_* Campaign");
        for name in ["utm_source", "utm_x", "utm_", "_ga", "ref_", "ref_x", "Campaign"] {
            assert!(inert.is_inert(name), "{name}");
        }
        for name in
            ["", "utm", "Utm_source", "_gat", "ref", "campaign", "Campaigns", "id", "q", "page", "click_id"]
        {
            assert!(!inert.is_inert(name), "{name}");
        }
    }

    #[test]
    fn what_is_left_of_a_query_stays_as_it_was_written() {
        let inert = InertParameters::default();
        for (path, any, left) in [
            ("/a", false, "/a"),
            ("/a?", false, "/a"),
            ("/a?gclid=1", true, "/a"),
            ("/a?b=%20+c&gclid=1&B", true, "/a?b=%20+c&B"),
            ("/a?b&&c=;utm_id", false, "/a?b&&c=;utm_id"),
            ("/%C3%A9?utm_id=1&x", true, "/%C3%A9?x"),
        ] {
            assert_eq!(
                (inert.has_any(&url(path)), inert.without(&url(path)).as_str()),
                (any, left),
                "{path}"
            );
        }
    }

    #[test]
    fn a_site_adds_names_of_plain_characters() {
        for word in ["a", "ref", "ref_*", "A.b~c-d", &"x".repeat(64)] {
            assert!(is_name(word), "{word}");
        }
        for word in
            ["", "*", "a*b", "**", "a b", "a%20", "a[]", "a=b", "(a)", "\u{e4}", "\"", &"x".repeat(65)]
        {
            assert!(!is_name(word), "{word}");
            assert_eq!(InertParameters::new(&[word.to_owned()]), InertParameters::default(), "{word}");
        }
        assert_eq!(parameters("gclid utm_*"), InertParameters::default());
        let many: Vec<String> = (0..=MAX_ADDED).map(|number| format!("p{number}")).collect();
        let inert = InertParameters::new(&many);
        assert!(inert.is_inert(&many[MAX_ADDED - 1]) && !inert.is_inert(&many[MAX_ADDED]));
    }

    #[test]
    fn what_browsers_are_told() {
        let inert = InertParameters {
            names: ["gclid", "a.b", "utm_id"].map(str::to_owned).to_vec(),
            starts: vec!["utm_".to_owned()],
        };
        assert_eq!(
            inert.search_pattern(),
            "((?:gclid|a\\.b|utm_[^&;=]*)(?:=[^&;]*)?(?:&(?:gclid|a\\.b|utm_[^&;=]*)(?:=[^&;]*)?)*)"
        );
        let overlapping = InertParameters {
            names: ["ab", "a", "b"].map(str::to_owned).to_vec(),
            starts: ["aa", "a", "ab"].map(str::to_owned).to_vec(),
        };
        assert_eq!(
            overlapping.search_pattern(),
            "((?:b|a[^&;=]*)(?:=[^&;]*)?(?:&(?:b|a[^&;=]*)(?:=[^&;]*)?)*)",
            "each name in one way"
        );
        assert_eq!(inert.no_vary_search(), "params=(\"gclid\" \"a.b\" \"utm_id\")");
        let value = parameters("ref_* campaign").no_vary_search();
        assert!(value.starts_with("params=(\"utm_source\" \"utm_medium\" "), "{value}");
        assert!(value.ends_with(" \"campaign\")") && !value.contains("ref_"), "{value}");
        assert!(is_dictionary(&value));
    }

    #[test]
    fn patterns_that_may_mean_an_inert_parameter() {
        let inert = parameters("Ref_* Campaign");
        for (start, open) in [
            ("utm_source", false),
            ("utm_x", false),
            ("utm_x", true),
            ("u", true),
            ("", true),
            ("ref_", false),
            ("campaign", false),
            ("sccid", false),
        ] {
            assert!(inert.may_mean(start, open), "{start} {open}");
        }
        for (start, open) in
            [("u", false), ("", false), ("action", false), ("action", true), ("campaigns", true)]
        {
            assert!(!inert.may_mean(start, open), "{start} {open}");
        }
    }

    #[test]
    fn no_built_in_name_is_unsafe() {
        let urls = UnsafeUrls::new(Vec::new(), Vec::new());
        for name in NAMES {
            assert!(is_name(name), "{name}");
            assert_eq!(urls.rule_for(&url(&format!("/?{name}=x"))), None, "{name}");
        }
        assert!(
            STARTS.iter().all(
                |start| is_name(&format!("{start}*")) && NAMES.iter().any(|name| name.starts_with(start))
            )
        );
    }

    /// Parameters of every kind, inert ones most of all, and what is close to them.
    fn piece() -> impl Strategy<Value = String> {
        let name = prop_oneof![
            4 => prop::sample::select(NAMES).prop_map(str::to_owned),
            2 => "(utm_|hsa_|ref_)[a-z%&;=.]{0,4}",
            1 => prop::sample::select(NAMES).prop_flat_map(|name| {
                "[a-z%_]".prop_map(move |end| format!("{name}{end}"))
            }),
            1 => prop::sample::select(vec!["campaign.id", "campaignXid", "UTM_ID", "utm%5Fid", "utm", "q", ""])
                .prop_map(str::to_owned),
            1 => "[ -~]{0,6}",
        ];
        (name, prop_oneof![3 => "(=[a-z0-9%._=-]{0,6})?", 1 => "=?[ -~\u{e4}]{0,6}"])
            .prop_map(|(name, value)| format!("{name}{value}"))
    }

    proptest! {
        #[test]
        fn a_browser_takes_the_same_queries_for_inert(pieces in prop::collection::vec(piece(), 1..4)) {
            static INERT: LazyLock<(InertParameters, UrlPattern)> = LazyLock::new(|| {
                let inert = parameters("ref_* campaign.id");
                let pattern = json!({ "pathname": "/*", "search": inert.search_pattern() });
                let base = url("/_headstart/rules/site.json");
                let pattern = UrlPattern::parse(&pattern, &base).expect("a pattern");
                (inert, pattern)
            });
            let (inert, pattern) = &*INERT;
            let mut with_query = url("/a");
            with_query.set_query(Some(&pieces.join("&")));
            prop_assume!(with_query.query() != Some(""));
            prop_assert_eq!(
                pattern.matches(&with_query),
                inert.are_all_inert(&with_query),
                "{}", with_query
            );
            prop_assert_eq!(inert.without(&with_query) == "/a", inert.are_all_inert(&with_query));
            prop_assert!(!inert.has_any(&url(&inert.without(&with_query))));
        }

    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn whatever_a_site_adds_browsers_can_read(added in prop::collection::vec("[!-~]{0,12}", 0..8)) {
            let inert = InertParameters::new(&added);
            let pattern = json!({ "pathname": "/*", "search": inert.search_pattern() });
            prop_assert!(UrlPattern::parse(&pattern, &url("/")).is_some());
            prop_assert!(is_dictionary(&inert.no_vary_search()));
            for name in added.iter().filter(|word| is_name(word)) {
                prop_assert!(inert.is_inert(name.trim_end_matches('*')));
            }
        }
    }
}
