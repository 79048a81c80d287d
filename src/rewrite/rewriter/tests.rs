//! Tests of `rewriter.rs`, and of the searches that it begins.

use super::*;
use crate::csp::Policies;
use crate::picture_form::form;
use crate::rewrite::soup::{charset, soup};
use crate::rewrite::testing::{self, Parsed, elements};
use crate::text_elements;
use proptest::prelude::*;
use url::Url;

/// What is put into heads. Browsers take notice of nothing in it but its name.
const TAG: &str = "<script id=\"ours\"></script>";

fn picture() -> LargestPicture {
    let page = Url::parse("https://shop.example/lamps/").unwrap();
    LargestPicture {
        src: page.join("hero.jpg?a&b").unwrap(),
        form: form("", ""),
        policies: Box::default(),
        page,
    }
}

fn into_head() -> Vec<HtmlEdit> {
    vec![HtmlEdit::IntoHead(TAG.to_owned())]
}

fn hurry() -> Vec<HtmlEdit> {
    vec![HtmlEdit::HurryPicture(picture())]
}

fn both() -> Vec<HtmlEdit> {
    [into_head(), hurry()].concat()
}

/// A page that has gone through in these pieces, as `edge` hands it on.
fn through<'a>(
    edits: Vec<HtmlEdit>,
    charset: Option<&str>,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Vec<u8> {
    testing::through(edits, charset, pieces).0
}

/// The same as text, in one piece and in pieces of one byte.
fn edited(edits: &[HtmlEdit], charset: Option<&str>, html: &str) -> String {
    let whole = through(edits.to_vec(), charset, [html.as_bytes()]);
    let bytes = through(edits.to_vec(), charset, html.as_bytes().chunks(1));
    assert_eq!(String::from_utf8_lossy(&whole), String::from_utf8_lossy(&bytes), "{html}");
    String::from_utf8(whole).unwrap()
}

/// Asserts that the elements go where `marked` has its `|`, and nowhere where it has none.
fn assert_place(marked: &str, charset: Option<&str>) {
    let html = marked.replacen('|', "", 1);
    assert_eq!(edited(&into_head(), charset, &html), marked.replacen('|', TAG, 1), "{marked}");
}

/// Asserts that a picture's tag becomes another one, behind what stands before it in a body.
fn assert_picture(before: &str, tag: &str, expected: &str) {
    let page = |tag: &str| format!("<!doctype html><head></head><body>{before}{tag}<p>text</body>");
    let result = edited(&hurry(), Some("utf-8"), &page(tag));
    assert_eq!(result, page(expected), "{before}{tag}");
}

#[test]
fn nothing_is_edited_that_is_text_behind_a_tag_that_ends_in_no_value() {
    // lol_html reads what follows as markup.
    for tag in ["<script c=>", "<script\nasync= >", "<style media=>", "<title x=>", "<script a=b src=>"] {
        assert_place(&format!("<head>{tag}<i><p>"), None);
        assert_place(&format!("<!doctype html><html><head>{tag}\"<body>\"</script></head><p>a"), None);
        assert_place(&format!("<head>|{tag}<i><p>"), Some("utf-8"));
    }
    for tag in ["<script c>", "<script c=\"\">", "<script>a => b", "<meta name=>"] {
        let name = tag[1..].split([' ', '>']).next().unwrap();
        assert_place(&format!("<head>{tag}</{name}>|<p>"), None);
    }
    let picture = "<img src=hero.jpg?a&b>";
    for name in text_elements::SELECTOR.split(", ") {
        assert_picture(&format!("<{name} a=>{picture}"), picture, picture);
    }
    assert_picture(
        &format!("<script a=>{picture}</script>"),
        picture,
        "<img fetchpriority=high  src=hero.jpg?a&b>",
    );
}

#[test]
fn elements_go_behind_the_documents_own_head() {
    for marked in [
        "<!doctype html><html><head>|<title>a</title></head><body></body></html>",
        "<head>|",
        "<HEAD class=a>|<base href=/b/>",
        "\n<!-- a --> <!doctype html>\n<!-- <head> -->\n<html lang=en>\n<!-- b -->\n<head>|<head><head></head>",
        "<!--[if IE]><html class=ie><![endif]--><!--[if gt IE 8]><!--><html><!--<![endif]--><head>|</head>",
        "<?xml version=\"1.0\"?><!DOCTYPE html PUBLIC \"a\" \"b\"><html><head profile=\"a>b\">|<meta name=a>",
        "<html><html><head>|",
        "\u{FEFF}<!doctype html><head>|<meta charset=utf-8>",
    ] {
        assert_place(marked, Some("utf-8"));
        assert_place(&marked.replacen("<head>|", "<head\n>|", 1), Some("windows-1252"));
    }
}

#[test]
fn without_a_head_elements_go_before_the_first_element() {
    for marked in [
        "<!doctype html>|<title>a</title><p>b",
        "<!doctype html><html>|<body><head></head>",
        "a |<head><title>b</title></head>",
        "<!doctype html>|<template><head></head></template>",
        "<!doctype html>|<svg><head></head></svg>",
        "|<meta name=a><head>",
        "</head>|<head>",
        " \0|<head>",
        "<!-- a --> b <!-- c -->|<head>",
        "<!doctype html>|<script>'<head>'</script><head>",
        "|<title><head></title><head>",
        "<html>|<noscript><head></noscript>",
        "<!doctype html>|<textarea><head></textarea>",
        "<!doctype html>|<plaintext><head>",
        "<!doctype html>|<frameset><frame src=a></frameset>",
        "text with <html> and |<p>",
        "<!doctype html><![CDATA[<head>]]>|<p>",
        "<!doctype html>a < b <3 |<i>",
        "|<body>x",
    ] {
        assert_place(marked, Some("utf-8"));
    }
}

#[test]
fn what_is_no_document_or_has_no_element_is_left_alone() {
    for html in [
        "",
        "a",
        "<",
        "<p>a part of a page",
        "<tr><td>a",
        "<script>a()</script><head>",
        "<style></style><body>",
        "<!-- a --><div><head></div>",
        "<!doctype html>just text",
        "<!doctype html><!-- open <head>",
        "<!doctype html><html>",
        "<!doctype html><head ",
    ] {
        assert_place(html, Some("utf-8"));
        assert_place(html, None);
    }
}

#[test]
fn browsers_still_find_the_encoding() {
    let long = "a".repeat(PRESCAN_BYTES);
    for marked in [
        "<!doctype html><html><head><meta charset=utf-8>|<title>a</title></head>",
        "<head><title>a</title><META CHARSET='latin1' >|<script></script>",
        "<head><meta http-equiv=Content-Type content='text/html; charset=windows-1251'/>|",
        "<head><meta charset=nonsense><meta charset=utf-16le>|",
        "<head><meta name=a><script>1</script><style>a</style><link rel=a>|<body><p>a",
        "<head><title>a</title></head>|<body>",
        "<!doctype html>|<p>a",
        "<html>|<body>",
        &format!("<head><title>{long}</title>|<meta charset=utf-8>"),
        &format!("<head><title>{long}</title>|<link rel=a>"),
        &format!("<head><!-- {long} -->|<link rel=a>"),
        // In the last byte where it is looked for, and beyond it.
        &format!("<head><!--{}--><meta charset=utf-8>|<p>", "a".repeat(PRESCAN_BYTES - 33)),
        &format!("<head><!--{}-->|<meta charset=utf-8><p>", "a".repeat(PRESCAN_BYTES - 32)),
    ] {
        assert_place(marked, None);
        assert_place(marked, Some("no-label-at-all"));
    }
    // A policy in front of the place would govern what is put there.
    for policy in [
        "<head><meta http-equiv=Content-Security-Policy content=\"script-src 'self'\"><meta charset=utf-8><p>",
        "<head><title>a</title><META HTTP-EQUIV='content&#45;security-policy' content=x><link rel=a><body>",
    ] {
        assert_eq!(through(into_head(), None, [policy.as_bytes()]), policy.as_bytes());
    }
    assert_place("<head>|<meta http-equiv=content-security-policy content=x><p>", Some("utf-8"));
    assert_place("<head><meta charset=utf-8>|<meta http-equiv=content-security-policy content=x><p>", None);
    // In a body, where no page should have it, it is seen as far as the bytes are there.
    let odd = "<!doctype html><p>a<meta charset=shift_jis>";
    assert_eq!(through(into_head(), None, [odd.as_bytes()]), odd.as_bytes());
    let far = format!("<!doctype html><p>{long}<meta charset=shift_jis>");
    assert!(
        through(into_head(), None, [far.as_bytes()]).starts_with(format!("<!doctype html>{TAG}").as_bytes())
    );
}

#[test]
fn encodings_that_are_not_ascii_get_no_edit() {
    let page = "<!doctype html><html><head><title>a</title></head><body><img loading=lazy src=hero.jpg?a&b>";
    for charset in ["utf-16", "utf-16be", "UTF-16LE", "iso-2022-jp", "hz-gb-2312", "iso-2022-kr"] {
        assert_eq!(edited(&both(), Some(charset), page), page, "{charset}");
    }
    for (mark, wide) in
        [(&b"\xFF\xFE"[..], u16::to_le_bytes as fn(u16) -> [u8; 2]), (b"\xFE\xFF", u16::to_be_bytes)]
    {
        let bytes: Vec<u8> = page.encode_utf16().flat_map(wide).collect();
        for html in [[mark, &bytes].concat(), bytes] {
            for charset in [None, Some("utf-8")] {
                assert_eq!(through(both(), charset, [&html[..]]), html, "{charset:?}");
                assert_eq!(through(both(), charset, html.chunks(1)), html, "{charset:?}");
            }
        }
    }
    for html in [
        "<head><meta charset=iso-2022-jp><title>a</title></head><body>",
        "<head><title>\u{1B}$B</title></head><body>",
    ] {
        assert_eq!(edited(&both(), None, html), html);
    }
    // A label of the Content-Type goes before what the page says, and a mark before both.
    assert_place("<head>|<meta charset=iso-2022-jp>", Some("utf-8"));
    assert_place("\u{FEFF}<head>|<meta charset=iso-2022-jp>", Some("utf-16"));
}

#[test]
fn the_largest_picture_is_fetched_early() {
    for (tag, expected) in [
        ("<img src=hero.jpg?a&b>", "<img fetchpriority=high  src=hero.jpg?a&b>"),
        (
            "<img loading=lazy src='hero.jpg?a&amp;b' alt=\"a > b\" />",
            "<img fetchpriority=high  loading=eager src='hero.jpg?a&amp;b' alt=\"a > b\" />",
        ),
        (
            "<IMG\n\tSRC=\"/lamps/hero.jpg?a&b#c\"LOADING = 'LAZY'>",
            "<IMG fetchpriority=high \n\tSRC=\"/lamps/hero.jpg?a&b#c\"LOADING = 'eager'>",
        ),
        (
            "<img/loading=\"&#108;azy\"/src=hero.jpg?a&b>",
            "<img fetchpriority=high /loading=\"eager\"/src=hero.jpg?a&b>",
        ),
        (
            "<img fetchpriority=auto loading=lazy src=//shop.example/lamps/hero.jpg?a&b>",
            "<img fetchpriority=high  fetchpriority=auto loading=eager src=//shop.example/lamps/hero.jpg?a&b>",
        ),
        // As Astro writes it of every picture.
        (
            "<img src=hero.jpg?a&b loading=\"lazy\" decoding=\"async\" fetchpriority=\"auto\" alt>",
            "<img fetchpriority=high  src=hero.jpg?a&b loading=\"eager\" decoding=\"async\" fetchpriority=\"auto\" alt>",
        ),
        (
            "<img fetchpriority='' src=hero.jpg?a&b>",
            "<img fetchpriority=high  fetchpriority='' src=hero.jpg?a&b>",
        ),
        ("<img fetchpriority src=hero.jpg?a&b>", "<img fetchpriority=high  fetchpriority src=hero.jpg?a&b>"),
        ("<img fetchpriority=HIGH src=hero.jpg?a&b>", "<img fetchpriority=HIGH src=hero.jpg?a&b>"),
        // Only the first attribute of a name counts.
        (
            "<img loading=eager loading=lazy src=hero.jpg?a&b src=b>",
            "<img fetchpriority=high  loading=eager loading=lazy src=hero.jpg?a&b src=b>",
        ),
        ("<img loading src=hero.jpg?a&b>", "<img fetchpriority=high  loading src=hero.jpg?a&b>"),
        // What its author says stays.
        (
            "<img loading=lazy fetchpriority=Low src=hero.jpg?a&b>",
            "<img loading=lazy fetchpriority=Low src=hero.jpg?a&b>",
        ),
        ("<img fetchpriority=high src=hero.jpg?a&b>", "<img fetchpriority=high src=hero.jpg?a&b>"),
        (
            "<img loading=lazy sizes='Auto, 9px' srcset='b 9w' src=hero.jpg?a&b>",
            "<img loading=lazy sizes='Auto, 9px' srcset='b 9w' src=hero.jpg?a&b>",
        ),
        // The first one only.
        (
            "<img src=hero.jpg?a&b><img src=hero.jpg?a&b>",
            "<img fetchpriority=high  src=hero.jpg?a&b><img src=hero.jpg?a&b>",
        ),
    ] {
        assert_picture("", tag, expected);
        assert_picture("<img src=a.png><svg><image href=hero.jpg?a&b /></svg>", tag, expected);
        assert_picture("<template><img src=hero.jpg?a&b></template>", tag, expected);
        assert_picture("<noscript><img src=hero.jpg?a&b></noscript>", tag, expected);
        assert_picture(
            "<script>'<img src=hero.jpg?a&b>'</script><textarea><img src=hero.jpg?a&b></textarea>",
            tag,
            expected,
        );
        assert_picture("<!-- <img src=hero.jpg?a&b> -->", tag, expected);
    }
    for other in [
        "<img src=hero.jpg>",
        "<img data-src=hero.jpg?a&b>",
        "<picture src=hero.jpg?a&b>",
        "<img src='https://'>",
    ] {
        assert_picture("", other, other);
    }
}

#[test]
fn the_pages_base_counts_for_its_largest_picture() {
    let page = |base: &str, tag: &str| format!("<head><meta charset=utf-8>{base}</head><body>{tag}");
    let high = "<img fetchpriority=high  src=hero.jpg?a&b>";
    let plain = "<img src=hero.jpg?a&b>";
    let meta = "<meta http-equiv=content-security-policy content=\"base-uri 'self'\">";
    for (base, expected) in [
        ("", high),
        ("<base href=/lamps/ target=a><base href=/other/>", high),
        ("<base target=a><base href=../lamps/x>", high),
        ("<template><base href=/other/></template>", high),
        ("<base href=https://>", high),
        ("<base href=/other/>", plain),
        ("<base href=https://other.example/lamps/>", plain),
        // One that the page's policy forbids counts as none.
        (&format!("{meta}<base href=https://other.example/lamps/><base href=/other/>"), high),
        (&format!("{meta}<base href=/other/>"), plain),
        (&format!("<template>{meta}</template><base href=https://other.example/lamps/>"), plain),
        (&format!("<base href=https://other.example/lamps/>{meta}"), plain),
    ] {
        assert_eq!(edited(&hurry(), None, &page(base, plain)), page(base, expected), "{base}");
    }
    let policies = Box::new(Policies::parse("base-uri 'none'"));
    let governed = [HtmlEdit::HurryPicture(LargestPicture { policies, ..picture() })];
    let base = "<base href=/other/>";
    assert_eq!(edited(&governed, None, &page(base, plain)), page(base, high));
}

#[test]
fn of_pictures_with_one_src_the_one_of_the_form_is_changed() {
    let sized = "<img sizes=\"(width &lt; 9px) 1px\" srcset='/b.jpg 9w,\n/c.jpg 20w' src=hero.jpg?a&b>";
    let hurried = sized.replace("<img", "<img fetchpriority=high ");
    let form = form("/b.jpg 9w,\n/c.jpg 20w", "(width < 9px) 1px");
    let edits = [HtmlEdit::HurryPicture(LargestPicture { form, ..picture() })];
    // The same file as a small one in a menu that is hidden, say: to hurry it would fetch one more.
    let page = |sized: &str| {
        format!(
            "<head><meta charset=utf-8></head><body><img loading=lazy src=hero.jpg?a&b><img srcset='/b.jpg 9w' src=hero.jpg?a&b>{sized}"
        )
    };
    assert_eq!(edited(&edits, None, &page(sized)), page(&hurried));
}

#[test]
fn without_a_known_encoding_no_picture_is_touched() {
    let page = "<head><title>a</title></head><body><img src=hero.jpg?a&b>";
    assert_eq!(edited(&hurry(), None, page), page);
    assert_eq!(
        edited(&both(), None, page),
        format!("<head><title>a</title></head>{TAG}<body><img src=hero.jpg?a&b>"),
    );
}

#[test]
fn all_edits_of_a_page_are_made() {
    let head = |html: &str| HtmlEdit::IntoHead(html.to_owned());
    let edits =
        [head("<script>1</script>"), hurry().remove(0), head("<script>2</script>"), head("<b>\u{E9}</b>")];
    assert_eq!(
        edited(&edits, Some("utf-8"), "<html><head></head><body><img src=hero.jpg?a&b loading=lazy>"),
        "<html><head><script>1</script><script>2</script></head><body>\
         <img fetchpriority=high  src=hero.jpg?a&b loading=eager>",
    );
    let page = "<html><head></head><body><img src=hero.jpg?a&b loading=lazy>";
    assert_eq!(edited(&[], Some("utf-8"), page), page);
}

#[test]
fn nothing_is_edited_from_where_the_markup_is_ambiguous() {
    let hero = "<img src=hero.jpg?a&b>";
    for ambiguous in ["<select><xmp>", "<select><template><script>", "<frameset><xmp>", "<select><iframe>"] {
        let page =
            |tag: &str, hero: &str| format!("<!doctype html><head>{tag}</head>{ambiguous}{hero}</select>");
        assert_eq!(edited(&both(), Some("utf-8"), &page("", hero)), page(TAG, hero), "{ambiguous}");
    }
}

#[test]
fn what_the_parser_may_not_hold_ends_the_edits() {
    let long = "a".repeat(MAX_HEAD_BYTES * 5);
    for html in [
        format!("<!doctype html><!--{long}--><head>"),
        format!("<!doctype html><html data-a=\"{long}\"><head>"),
        format!("<!doctype html>{long}<head>"),
        format!("<!doctype html><html>{}<head>", "<!-- a -->".repeat(MAX_HEAD_BYTES)),
    ] {
        for size in [1000, 65_536] {
            let result = through(into_head(), Some("utf-8"), html.as_bytes().chunks(size));
            assert!(result == html.as_bytes(), "{}", &html[..40]);
        }
    }
    let deep = format!("<!doctype html><head></head>{}", "<div>".repeat(300_000));
    let result = through(both(), Some("utf-8"), deep.as_bytes().chunks(65_536));
    assert!(
        result == format!("<!doctype html><head>{TAG}{}", &deep["<!doctype html><head>".len()..]).as_bytes()
    );
    let far = format!("<head></head>{}<img src=hero.jpg?a&b>", "<p>a</p>".repeat(MAX_PICTURE_BYTES / 4));
    assert!(through(hurry(), Some("utf-8"), far.as_bytes().chunks(65_536)) == far.as_bytes());
    let many = format!("<head></head>{}<img src=hero.jpg?a&b>", "<img src=a.png>".repeat(1000));
    assert!(through(hurry(), Some("utf-8"), many.as_bytes().chunks(65_536)) == many.as_bytes());
}

/// Gives a page piece by piece, and answers what was written on at each of them, as text.
fn steps(rewriter: &mut Rewriter, pieces: &[&str]) -> Vec<String> {
    let written = pieces.iter().map(|piece| match rewriter.write(piece.as_bytes()) {
        Written::Same => format!("= {piece}"),
        Written::Some { bytes, held } => format!("{} +{held}", String::from_utf8(bytes).unwrap()),
        Written::Last(bytes) => format!("{} .", String::from_utf8(bytes).unwrap()),
    });
    written.collect()
}

#[test]
fn each_chunk_is_written_on_as_soon_as_it_is_read() {
    let mut rewriter = Rewriter::new(both(), Some("utf-8"));
    assert_eq!(
        steps(
            &mut rewriter,
            &[
                "<!",
                "doc",
                "type html><html>\n",
                "<he",
                "ad>",
                "<title>a",
                "b</",
                "title><p>text",
                "<img sr",
                "c=a>",
                "x",
                "<img src=hero.jpg?a&b",
                "><p>rest"
            ],
        ),
        [
            " +2",
            " +5",
            "<!doctype html><html>\n +0",
            " +3",
            "<head><script id=\"ours\"></script> +0",
            "= <title>a",
            "b +2",
            "</title><p>text +0",
            " +7",
            "<img src=a> +0",
            "= x",
            " +21",
            "<img fetchpriority=high  src=hero.jpg?a&b><p>rest .",
        ]
    );
    // Over with the last edit, and with the first byte where none can be made.
    assert_eq!(
        steps(&mut Rewriter::new(into_head(), Some("utf-8")), &["<head><p>a"]),
        [format!("<head>{TAG}<p>a .")]
    );
    assert_eq!(steps(&mut Rewriter::new(into_head(), Some("utf-16")), &["<head>"]), ["<head> ."]);
    assert_eq!(steps(&mut Rewriter::new(into_head(), None), &["<p>a part"]), ["<p>a part ."]);
}

/// What pages are made of besides.
const PIECES: &[&str] = &[
    "<meta charset=iso-2022-jp>",
    "<meta http-equiv=content-type content='text/html; charset=big5'>",
    "<base href=/lamps/>",
    "<base href=/other/>",
    " src=hero.jpg?a&b ",
    " src='/lamps/hero.jpg?a&amp;b' ",
    "loading=lazy ",
    " loading=\"lazy\"",
    "<img src=hero.jpg?a&b>",
    "<img loading=lazy src=hero.jpg?a&b>",
    "<img src=\"hero.jpg?a&b\" loading='lazy'/>",
    " fetchpriority=low",
    "\u{1B}$B",
    "\u{E9}",
];

/// A page that may begin as pages do.
fn page() -> impl Strategy<Value = Vec<u8>> {
    let start = prop::sample::select(vec!["", "<!doctype html>", "<html><head>", "\u{FEFF}<head>", "<head>"]);
    (start, soup(PIECES)).prop_map(|(start, rest)| [start.as_bytes(), &rest].concat())
}

/// The page with one occurrence less of what was put in, or as it is.
fn without(page: &[u8], text: &str, instead: &str) -> Vec<u8> {
    match page.windows(text.len()).position(|window| window == text.as_bytes()) {
        Some(at) => [&page[..at], instead.as_bytes(), &page[at + text.len()..]].concat(),
        None => page.to_vec(),
    }
}

/// A page without our edits. What these put in stands in no page that is made here.
fn undone(page: &[u8]) -> Vec<u8> {
    without(&without(&without(page, TAG, ""), " fetchpriority=high ", ""), "eager", "lazy")
}

/// All elements of a page with their attributes, but for what is put in.
fn elements_of(html: &[u8]) -> Vec<Parsed> {
    let ours = ("script".to_owned(), vec![("id".to_owned(), "ours".to_owned())]);
    let without = |(name, attributes): Parsed| {
        let attributes = attributes.into_iter().map(|(name, value)| (name, value.replace("eager", "lazy")));
        (name, attributes.filter(|(name, value)| !(name == "fetchpriority" && value == "high")).collect())
    };
    elements(html, |_| {}).into_iter().map(without).filter(|element| *element != ours).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn an_edited_page_is_the_page_but_for_the_edits_at_every_cut(html in page(), charset in charset()) {
        let whole = through(both(), charset, [&html[..]]);
        prop_assert_eq!(undone(&whole).escape_ascii().to_string(), html.escape_ascii().to_string());
        for cut in 0..=html.len() {
            let (start, end) = html.split_at(cut);
            let result = through(both(), charset, [start, end]);
            prop_assert_eq!(undone(&result).escape_ascii().to_string(), html.escape_ascii().to_string());
            // Where the encoding is known, nothing depends on what has come.
            if charset.is_some() {
                prop_assert_eq!(result.escape_ascii().to_string(), whole.escape_ascii().to_string());
            }
        }
        let bytes = through(both(), charset, html.chunks(1));
        prop_assert_eq!(undone(&bytes).escape_ascii().to_string(), html.escape_ascii().to_string());
    }

    #[test]
    fn an_edited_page_is_parsed_as_before(html in page(), charset in charset()) {
        prop_assert_eq!(elements_of(&through(both(), charset, [&html[..]])), elements_of(&html));
    }

    #[test]
    fn any_bytes_are_survived(
        html in prop::collection::vec(any::<u8>(), 0..3000),
        charset in charset(),
        size in 1..2000_usize,
    ) {
        let result = through(both(), charset, html.chunks(size));
        prop_assert!(undone(&result) == html);
    }
}

#[test]
fn an_amp_document_is_never_edited() {
    for html in [
        "<html amp>",
        "<html \u{26a1} lang=en>",
        "<HTML AMP4ADS>",
        "<html \u{26a1}4email>",
        "<html lang=en amp4email=''>",
    ] {
        for charset in [None, Some("utf-8")] {
            let page = format!(
                "<!doctype html><!-- a -->\n{html}<head><meta charset=utf-8><script async src=https://cdn.ampproject.org/v0.js></script>\
                 </head><body><img src='hero.jpg?a&amp;b'>"
            );
            assert_eq!(edited(&both(), charset, &page), page, "{html}");
        }
    }
    assert_place("<!doctype html><html data-amp class=amp><head>|<title>a</title>", Some("utf-8"));
}
