//! Tests of `prerender.rs`.

use super::*;
use crate::rewrite::soup::{charset, soup};
use crate::rewrite::testing::elements;
use proptest::prelude::*;

/// What scripts of a page are marked with.
const MARK: &str = "0123456789abcdef";

const TAG: &str = "<script src=\"https://shop.example/_headstart/prerender.js\"></script>";

/// Reads a page in steps as long as these pieces of it.
fn read_pieces<'a>(
    html: &[u8],
    pieces: impl IntoIterator<Item = &'a [u8]>,
    charset: Option<&str>,
    analytics: &Analytics,
) -> Result<ParsedPage, Ineligible> {
    let mut reader = PageReader::new(html, charset, analytics)?;
    for piece in pieces {
        reader.advance(piece.len())?;
    }
    reader.finish()
}

fn known() -> Analytics {
    Analytics::new(&[])
}

fn outline(html: impl AsRef<[u8]>) -> Result<ParsedPage, Ineligible> {
    read(html.as_ref(), Some("utf-8"), &known())
}

/// Reads a page and puts the tag in.
fn edited(html: &[u8], charset: Option<&str>) -> Vec<u8> {
    read(html, charset, &known()).unwrap().edit(html, Some(TAG), MARK)
}

/// Asserts that the tag goes where `marked` has its `|`.
fn assert_place(marked: &str, charset: Option<&str>) {
    let html = marked.replacen('|', "", 1);
    let result = String::from_utf8(edited(html.as_bytes(), charset)).unwrap();
    assert_eq!(result, marked.replacen('|', TAG, 1), "{marked}");
}

/// The page without the tag, with scripts deferred.
fn gated(html: &str) -> String {
    String::from_utf8(outline(html).unwrap().edit(html.as_bytes(), None, MARK)).unwrap()
}

#[test]
fn the_tag_goes_behind_the_documents_own_head() {
    for marked in [
        "<!doctype html><html><head>|<title>a</title></head><body></body></html>",
        "<head>|",
        "<HEAD class=a>|<base href=/b/>",
        "\n<!-- a --> <!doctype html>\n<!-- <head> -->\n<html lang=en>\n<!-- b -->\n<head>|<head><head></head>",
        "<!--[if IE]><html class=ie><![endif]--><!--[if gt IE 8]><!--><html><!--<![endif]--><head>|</head>",
        "<?xml version=\"1.0\"?><!DOCTYPE html PUBLIC \"a\" \"b\"><html><head profile=\"a>b\">|<meta name=a>",
        "<!doctype html\n><head>|</head><svg><head></head></svg><template><head></head></template>",
        "<html><html><head>|",
    ] {
        assert_place(marked, Some("utf-8"));
    }
}

#[test]
fn without_a_head_the_tag_goes_before_the_first_element() {
    for marked in [
        "<!doctype html>|<title>a</title><p>b",
        "<!doctype html><html>|<body><head></head>",
        "a |<head><title>b</title></head>",
        "<!doctype html>|<template><head></head></template>",
        "|<svg><head></head></svg>",
        "|<meta name=a><head>",
        "</head>|<head>",
        " \0|<head>",
        "<!-- a --> b <!-- c -->|<head>",
        "|<script>'<head>'</script><head>",
        "|<title><head></title><head>",
        "|<noscript><head></noscript>",
        "|<textarea><head></textarea>",
        "|<plaintext><head>",
        "<!doctype html>|<frameset><frame src=a></frameset>",
        "text with <html> and |<p>",
        "<![CDATA[<head>]]>|<head>",
        "a < b <3 |<i>",
    ] {
        assert_place(marked, Some("utf-8"));
    }
}

#[test]
fn without_elements_the_tag_goes_to_the_end_of_the_text() {
    for marked in [
        "|",
        "just text|",
        " \n|",
        "<!doctype html>|",
        "<!doctype html><!-- a -->text <!-- b -->|",
        "<html> text|</html>",
        "text|</p> more",
        "text |<!-- open",
        "text |<!-- open >",
        "text |<!-->",
        "text <!---->|",
        "<!-- a -->|<!-- open --",
        "|<!doctype html",
        "a |< b",
        "a |<div",
        "a |<div class=\"<p>",
        "|<html ",
    ] {
        assert_place(marked, Some("utf-8"));
    }
}

#[test]
fn the_doctype_stays_first() {
    for html in
        ["<!doctype html><p>", " <!doctype html>", "<!-- a --><!doctype html>a", "<!doctype html><head>"]
    {
        let result = String::from_utf8(edited(html.as_bytes(), None)).unwrap();
        assert!(result.find("<!doctype html>").unwrap() < result.find(TAG).unwrap(), "{result}");
    }
}

#[test]
fn script_strings_and_comments_are_not_taken_for_markup() {
    let html = "<head>|<script>var a = '<head><script src=https://cloud.umami.is/script.js><\\/script>';</script>\
                <!-- <script src=https://cloud.umami.is/script.js></script> --><title><script src=https://cloud.umami.is/script.js>\
                </title><textarea><script src=https://cloud.umami.is/script.js></script></textarea>\
                <noscript><script src=https://cloud.umami.is/script.js></script></noscript>\
                <script><!-- <script src=https://cloud.umami.is/script.js></script> --></script>\
                <iframe><script src=https://cloud.umami.is/script.js></script></iframe>\
                <plaintext><script src=https://cloud.umami.is/script.js></script>";
    assert_place(html, None);
    assert!(!outline(html).unwrap().has_gated());
}

#[test]
fn bytes_of_any_encoding_are_kept() {
    let latin = b"<head><title>caf\xE9</title></head>\xFF\xFE<p>\x80";
    let result = edited(latin, Some("iso-8859-1"));
    assert_eq!(result, [b"<head>", TAG.as_bytes(), &latin[6..]].concat());
    assert_eq!(edited(latin, None), result);
    assert_eq!(edited(latin, Some("no-such-charset")), result);
    // Bytes that follow a lead byte may be ASCII letters, and are offsets all the same.
    for charset in ["shift_jis", "gb18030", "big5", "euc-kr", "windows-1251", "x-user-defined"] {
        let html =
            b"\x83\x5C\x81\x30\x81\x30<!-- \x83\x5C --><b>\x83\x41<script type=\"\x83\x5C\" src=a></script>\
                     <script \x83\x41=1 type=text/javascript src=//www.clarity.ms/tag/></script>";
        let result = edited(html, Some(charset));
        let start = html.iter().position(|byte| *byte == b'b').unwrap() - 1;
        assert_eq!(&result[..start], &html[..start], "{charset}");
        assert_eq!(&result[start..start + TAG.len()], TAG.as_bytes(), "{charset}");
        let end = b"=1 type=\"text/headstart-gated-0123456789abcdef\" src=//www.clarity.ms/tag/></script>";
        assert!(result.ends_with(end), "{charset}");
    }
}

#[test]
fn a_byte_order_mark_stays_first() {
    let html = b"\xEF\xBB\xBF<!doctype html><head><title>a</title>";
    // It goes before the Content-Type, so this is not UTF-16.
    let result = edited(html, Some("utf-16"));
    assert_eq!(result, [&html[..24], TAG.as_bytes(), &html[24..]].concat());
    assert_eq!(edited(b"\xEF\xBB\xBF", None), [UTF_8_MARK, TAG.as_bytes()].concat());
}

#[test]
fn encodings_that_are_not_ascii_are_ineligible() {
    let utf_16: Vec<u8> = "<head><p>a".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = "<head><p>a".encode_utf16().flat_map(u16::to_be_bytes).collect();
    for (html, charset) in [
        (&utf_16[..], None),
        (&big, None),
        (b"\xFF\xFE<\0p\0>\0", Some("utf-8")),
        (b"\xFE\xFF\0<\0p\0>", None),
        (b"<p>", Some("utf-16")),
        (b"<p>", Some("UTF-16BE")),
        (b"<p>", Some("iso-2022-jp")),
        (b"<p>", Some("hz-gb-2312")),
        (b"<meta charset=iso-2022-jp>", None),
        (b"<meta http-equiv=content-type content='text/html; charset=iso-2022-kr'>", None),
        (b"<p>\x1B$B%3%s", None),
    ] {
        assert_eq!(read(html, charset, &known()), Err(Ineligible::Encoding), "{html:?} {charset:?}");
    }
    // What the Content-Type says goes before what the page says, and UTF-16 in ASCII bytes is UTF-8.
    assert!(read(b"<meta charset=iso-2022-jp>", Some("utf-8"), &known()).is_ok());
    assert!(read(b"<meta charset=utf-16>", None, &known()).is_ok());
    assert!(read(b"<meta charset=utf-8>\x1B", None, &known()).is_ok());
}

#[test]
fn ambiguous_markup_is_ineligible() {
    for html in [
        "<select><xmp><script>\"use strict\";</script></select>",
        "<frameset><script></script>",
        "<frameset></frameset><title>a",
        "</body><p><frameset>",
        "<svg/><script>a('<p><script src=//www.clarity.ms/tag/1>')</script>",
        "<svg><math/></svg><style>a</style>",
        "<svg/><title><script src=//www.clarity.ms/tag/1></script></title>",
        "<svg><foreignObject><![CDATA[></svg><script src=//www.clarity.ms/tag/1></script>",
        "\n\0<frameset>",
        "<head><script async=>document.write('<script src=//www.clarity.ms/tag/1></script>')</script>",
        "<body><textarea x=\n><p></textarea>",
        "<head></head><select><template><script></script></template></select>",
    ] {
        assert_eq!(outline(html), Err(Ineligible::Ambiguous), "{html}");
    }
    assert!(outline("<svg><style><![CDATA[a{}]]></style></svg><![CDATA[a]]>").is_ok());
    assert!(outline("<frameset></frameset><noframes>a</noframes>").is_ok());
    assert!(outline("<select><option>a</select><script></script>").is_ok());
}

#[test]
fn what_does_not_fit_is_too_large() {
    assert_eq!(outline(vec![b'a'; 8 * 1024 * 1024]), Err(Ineligible::TooLarge));
    assert_eq!(outline(vec![b'a'; MAX_BYTES + 1]), Err(Ineligible::TooLarge));
    for start in ["", "<!--", "<p title=\"", "<script>", "<p>"] {
        let mut html = start.as_bytes().to_vec();
        html.resize(MAX_BYTES, b'a');
        assert!(outline(&html).is_ok(), "{start}");
    }
    let policies = "<meta http-equiv=content-security-policy content=\"img-src *\">".repeat(MAX_POLICIES + 1);
    assert_eq!(outline(policies), Err(Ineligible::TooLarge));
    let scripts = "<script src=//www.clarity.ms/tag/></script>".repeat(MAX_GATED + 1);
    assert_eq!(outline(scripts), Err(Ineligible::TooLarge));
    let scripts = "<script></script>".repeat(MAX_INLINE + 1);
    assert_eq!(outline(scripts), Err(Ineligible::TooLarge));
}

#[test]
fn deep_nesting_is_survived() {
    let started = std::time::Instant::now();
    for html in [
        "<div>".repeat(100_000),
        "<div>".repeat(100_000) + &"</div>".repeat(100_000),
        "<template>".repeat(100_000),
        "<svg>".repeat(100_000),
        "<b>".repeat(50_000) + &"</i>".repeat(50_000),
        format!("<div {}>", "a=b ".repeat(100_000)),
        "<".repeat(1_000_000),
        "<!".repeat(1_000_000),
    ] {
        match outline(&html) {
            Ok(outline) => {
                assert_eq!(outline.edit(html.as_bytes(), Some(TAG), MARK).len(), html.len() + TAG.len());
            }
            Err(why) => assert_eq!(why, Ineligible::TooLarge),
        }
    }
    assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
    assert!(outline("<div>".repeat(5_000)).is_ok());
}

#[test]
fn the_encoding_can_still_be_found() {
    let page = |padding: usize, meta: &str| format!("<head><!--{}-->{meta}", "a".repeat(padding));
    for meta in [
        "<meta charset=shift_jis>",
        "<META CHARSET='utf-8'>",
        "<meta http-equiv=Content-Type content=\"text/html; charset=windows-1251\">",
        "<meta http-equiv=content-type content='text/html;charset = \"utf-8\"'>",
    ] {
        let late = page(800, meta);
        // A tag may be longer than what browsers look through.
        for declared in [page(10, meta), late.clone()] {
            assert_place(&format!("{declared}|<script>a</script>"), None);
        }
        // It need not be found where the Content-Type or a mark says what it is, nor could it be behind the first bytes.
        assert_place(&late.replacen("<head>", "<head>|", 1), Some("utf-8"));
        assert_place(&format!("\u{FEFF}{}", late.replacen("<head>", "<head>|", 1)), None);
        assert_place(&page(1000, meta).replacen("<head>", "<head>|", 1), None);
        // Where exactly it ends makes no difference.
        let padding = PRESCAN_BYTES - page(0, meta).len();
        assert_place(&format!("{}|", page(padding, meta)), None);
        assert_place(&page(padding + 1, meta).replacen("<head>", "<head>|", 1), None);
    }
    for meta in
        ["<meta charset=nonsense>", "<meta http-equiv=content-type content=text/html>", "<meta name=charset>"]
    {
        assert_place(&page(800, meta).replacen("<head>", "<head>|", 1), None);
    }
    // A head that is none is as good a place as any.
    assert_place(&format!("<div></div><head><!--{}--><meta charset=utf-8>|<p>", "a".repeat(800)), None);
    // A script does not go behind a declaration that may stand in anything, though.
    let odd = format!("<div>{}<template><meta charset=utf-8>", "a".repeat(800));
    assert_eq!(read(odd.as_bytes(), None, &known()), Err(Ineligible::Encoding));
    assert!(read(odd.as_bytes(), Some("utf-8"), &known()).is_ok());
    // What is deferred grows, too.
    let script = "<script src=//www.clarity.ms/tag/></script>";
    let pushed = format!("<head>{script}<!--{}--><meta charset=utf-8>", "a".repeat(940));
    assert!(pushed.len() <= PRESCAN_BYTES);
    assert_eq!(read(pushed.as_bytes(), None, &known()), Err(Ineligible::Encoding));
}

#[test]
fn the_pages_own_policies_are_told() {
    let html = "<head><meta http-equiv=Content-Security-Policy content=\"script-src &#39;self&#39;\"><meta name=a>\
                <meta http-equiv=content-security-policy content=\"img-src *\">";
    let outline = read(html.as_bytes(), Some("utf-8"), &known()).unwrap();
    assert_eq!(outline.policies(), ["script-src 'self'", "img-src *"]);
    assert!(outline.policies_before().is_empty());
    // Where the tag has to go behind the declaration of the encoding, a policy may come before it.
    let html = format!(
        "<meta http-equiv=content-security-policy content=a><!--{}--><meta charset=utf-8>\
         <meta http-equiv=content-security-policy content=b>",
        "a".repeat(800)
    );
    let outline = read(html.as_bytes(), None, &known()).unwrap();
    assert_eq!(outline.policies(), ["a", "b"]);
    assert_eq!(outline.policies_before(), ["a"]);
}

#[test]
fn scripts_are_made_inert() {
    let src = "src=\"https://www.clarity.ms/tag/a\"";
    let inert = "type=\"text/headstart-gated-0123456789abcdef\"";
    let module = "type=\"text/headstart-gated-0123456789abcdef\" data-headstart-type=\"module\"";
    for (tag, expected) in [
        (format!("<script {src}>"), format!("<script {inert} {src}>")),
        (format!("<SCRIPT async {src} defer>"), format!("<SCRIPT {inert} async {src} defer>")),
        (format!("<script/{src}/>"), format!("<script {inert}/{src}/>")),
        (format!("<script\n{src}>"), format!("<script {inert}\n{src}>")),
        (format!("<script type {src}>"), format!("<script {inert} {src}>")),
        (format!("<script {src} type>"), format!("<script {src} {inert}>")),
        (format!("<script type=\"\"{src}>"), format!("<script {inert}{src}>")),
        (format!("<script {src}TYPE='text/JavaScript'>"), format!("<script {src}{inert}>")),
        (format!("<script type = \n text/javascript\n{src}>"), format!("<script {inert}\n{src}>")),
        (
            format!("<script type=text/javascript type=module {src}>"),
            format!("<script {inert} type=module {src}>"),
        ),
        (format!("<script type=' application/javascript ' {src}>"), format!("<script {inert} {src}>")),
        (format!("<script type=text&#47;javascript {src}>"), format!("<script {inert} {src}>")),
        (format!("<script type=module {src}>"), format!("<script {module} {src}>")),
        (format!("<script {src} type=\"Module\" nomodule>"), format!("<script {src} {module} nomodule>")),
        (format!("<script data-type=a {src}>"), format!("<script {inert} data-type=a {src}>")),
        (format!("<script x='type=module' {src}>"), format!("<script {inert} x='type=module' {src}>")),
        (
            format!("<script language=JavaScript {src}>"),
            format!("<script {inert} language=JavaScript {src}>"),
        ),
        (
            "<script src=https&colon;//www.clarity.ms/tag/a>".to_owned(),
            format!("<script {inert} src=https&colon;//www.clarity.ms/tag/a>"),
        ),
    ] {
        let html = format!("<p>{tag}</script>b");
        assert_eq!(gated(&html), format!("<p>{expected}</script>b"), "{tag}");
        assert!(outline(&html).unwrap().has_gated());
    }
}

#[test]
fn scripts_that_do_not_run_or_are_not_analytics_are_left_alone() {
    let src = "src=\"https://www.clarity.ms/tag/a\"";
    for html in [
        "<script src=/app.js></script>".to_owned(),
        "<script>app()</script>".to_owned(),
        format!("<script type=application/json {src}></script>"),
        format!("<script type=importmap {src}></script>"),
        format!("<script type=speculationrules {src}></script>"),
        format!("<script type=text/plain {src}></script>"),
        format!("<script type=' ' {src}></script>"),
        format!("<script type='text/javascript; charset=utf-8' {src}></script>"),
        format!("<script language=vbscript {src}></script>"),
        format!("<script nomodule {src}></script>"),
        format!("<script for=window event=onload {src}></script>"),
        format!("<script type=text/partytown {src}></script>"),
        format!("<script data-headstart-type=module {src}></script>"),
        format!("<template><script {src}></script></template>"),
        format!("<template><template></template><script {src}></script></template>"),
        format!("<svg><script {src}></script></svg>"),
        format!("<svg><foreignObject><script {src}></script></foreignObject></svg>"),
        format!("<math><svg><foreignObject><script {src}></script></foreignObject></svg></math>"),
        format!("<div><template></div><script {src}></script></template>"),
        "<script type=application/json>{\"a\": \"fbq('init', 1)\"}</script>".to_owned(),
        "<script>fbq('init', 1)".to_owned(),
        "<script src=/_headstart/prerender.js></script>".to_owned(),
        "<script src=/a.js>fbq('init', 1)</script>".to_owned(),
        "<script src>fbq('init', 1)</script>".to_owned(),
    ] {
        assert_eq!(gated(&html), html);
        assert!(!outline(&html).unwrap().has_gated(), "{html}");
    }
    for before in [
        "<template></template>",
        "<svg></svg>",
        "<svg><path/></svg>",
        "<template><svg></svg></template><math></math>",
    ] {
        assert!(outline(format!("{before}<script {src}></script>")).unwrap().has_gated(), "{before}");
    }
}

#[test]
fn what_counts_in_a_shadow_root_is_left_alone_and_told() {
    let script = "<script src=\"https://www.clarity.ms/tag/a\"></script>";
    let picture = "<img src=//www.facebook.com/tr>";
    let inline = "<script>fbq('init', 1)</script>";
    let counts_in = |html: &str| {
        assert_eq!(gated(html), html);
        let outline = outline(html).unwrap();
        assert!(!outline.has_gated(), "{html}");
        outline.counts_in_shadow()
    };
    for what in [script, picture, inline] {
        for html in [
            format!("<div><template shadowrootmode=open>{what}</template></div>"),
            format!(
                "<a-b><template shadowrootmode=\" closed\"></template><template SHADOWROOTMODE='Closed'><p>{what}</template></a-b>"
            ),
            format!(
                "<p><template shadowrootmode=open><p><template shadowrootmode=open></template>{what}</template>"
            ),
            format!("<p><template shadowrootmode=open><template>a</template><svg></svg>{what}</template>"),
            format!("<p><template shadowrootmode=open><div></div></p>{what}</template>"),
            format!("<p><template shadowrootmode=open>{what}"),
        ] {
            assert!(counts_in(&html), "{html}");
        }
        for html in [
            format!("<template>{what}</template>"),
            format!("<template shadowrootmode>{what}</template>"),
            format!("<template shadowrootmode=none>{what}</template>"),
            format!("<template shadowroot=open>{what}</template>"),
            format!("<p><template><p><template shadowrootmode=open>{what}</template></template>"),
            format!("<p><template shadowrootmode=open><template>{what}</template></template>"),
            format!(
                "<p><template shadowrootmode=open><svg><foreignObject>{what}</foreignObject></svg></template>"
            ),
            format!("<p shadowrootmode=open><svg><foreignObject>{what}</foreignObject></svg>"),
        ] {
            assert!(!counts_in(&html), "{html}");
        }
        let behind = outline(format!("<p><template shadowrootmode=open></template>{what}")).unwrap();
        assert_eq!((behind.has_gated(), behind.counts_in_shadow()), (true, false), "{what}");
    }
    for html in [
        "<p><template shadowrootmode=open><script src=/app.js></script><img src=/a.png></template>",
        "<p><template shadowrootmode=open><script>app()</script></template>",
        "<p><template shadowrootmode=open><script type=text/plain src=//www.clarity.ms/tag/a></script></template>",
    ] {
        assert!(!counts_in(html), "{html}");
    }
}

#[test]
fn self_hosted_scripts_are_made_inert() {
    let html = "<head><script defer src=/js/script.js data-domain=shop.example></script>\
                <script src=\"/js/script.js\"></script><script async src=/u.js DATA-WEBSITE-ID='a&#45;b'></script>\
                <script type=module src=/matomo/matomo.js></script>";
    let expected = "<head><script type=\"text/headstart-gated-0123456789abcdef\" defer src=/js/script.js data-domain=shop.example></script>\
                    <script src=\"/js/script.js\"></script>\
                    <script type=\"text/headstart-gated-0123456789abcdef\" async src=/u.js DATA-WEBSITE-ID='a&#45;b'></script>\
                    <script type=\"text/headstart-gated-0123456789abcdef\" data-headstart-type=\"module\" src=/matomo/matomo.js></script>";
    assert_eq!(gated(html), expected);
}

#[test]
fn pictures_are_made_inert() {
    let url = "https://www.facebook.com/tr?id=1&amp;ev=PageView";
    let inert = "data-headstart-src-0123456789abcdef";
    for (tag, expected) in [
        (format!("<img src=\"{url}\">"), format!("<img {inert}=\"{url}\">")),
        (
            format!("<IMG height=1 width=1 SRC = '{url}' alt/>"),
            format!("<IMG height=1 width=1 {inert} = '{url}' alt/>"),
        ),
        (format!("<img alt=\"\"src={url}>"), format!("<img alt=\"\"{inert}={url}>")),
        (format!("<img/src={url}\n>"), format!("<img/{inert}={url}\n>")),
        (format!("<img data-src=a src={url}>"), format!("<img data-src=a {inert}={url}>")),
        ("<img src=/matomo.php?rec=1>".to_owned(), format!("<img {inert}=/matomo.php?rec=1>")),
        (
            "<img src='https&colon;//www.facebook.com&sol;tr'>".to_owned(),
            format!("<img {inert}='https&colon;//www.facebook.com&sol;tr'>"),
        ),
    ] {
        let html = format!("<p>{tag}b");
        assert_eq!(gated(&html), format!("<p>{expected}b"), "{tag}");
        let outline = outline(&html).unwrap();
        assert!(outline.has_gated() && !outline.has_gated_scripts(), "{tag}");
    }
    for html in [
        "<img src=/hero.jpg srcset='/hero-2.jpg 2x'>".to_owned(),
        "<img alt=a>".to_owned(),
        "<img src>".to_owned(),
        format!("<img data-src=\"{url}\">"),
        format!("<img src=\"{url}\" srcset=\"{url} 2x\">"),
        format!("<img src=\"{url}\" src=\"/hero.jpg\">"),
        format!("<img src=\"/hero.jpg\" src=\"{url}\">"),
        format!("<noscript><img src=\"{url}\"></noscript>"),
        format!("<template><img src=\"{url}\"></template>"),
        format!("<!-- <img src=\"{url}\"> -->"),
        format!("<textarea><img src=\"{url}\"></textarea>"),
        format!("<video src=\"{url}\"></video>"),
        format!("<svg><foreignObject><img src=\"{url}\"></foreignObject></svg>"),
    ] {
        assert_eq!(gated(&html), html);
        assert!(!outline(&html).unwrap().has_gated(), "{html}");
    }
    let html = format!("<head><img src={url}><script src=/matomo.js></script><img src=/a.png>");
    let outline = outline(&html).unwrap();
    assert!(outline.has_gated_scripts());
    let script = "<script type=\"text/headstart-gated-0123456789abcdef\" src=/matomo.js></script>";
    let result = outline.edit(html.as_bytes(), Some(TAG), MARK);
    let expected = format!("<head>{TAG}<img {inert}={url}>{script}<img src=/a.png>");
    assert_eq!(String::from_utf8(result).unwrap(), expected);
}

#[test]
fn pictures_beyond_the_bound_are_left_alone() {
    let counter = "<img src=//www.facebook.com/tr>";
    let html = format!("{}{counter}", "<img src=a>".repeat(MAX_PICTURES));
    assert!(!outline(&html).unwrap().has_gated());
    assert!(outline(&html["<img src=a>".len()..]).unwrap().has_gated());
    assert_eq!(outline(counter.repeat(MAX_GATED + 1)), Err(Ineligible::TooLarge));
}

#[test]
fn inline_starters_are_made_inert() {
    let html = "<head><script>a()</script><script async>!function(f){}(window);\nfbq(\"init\", '1');</script>\
                <script type=text/javascript>/* '</scr' + */ ttq.load('<script>')</SCRIPT >";
    let expected = "<head><script>a()</script><script type=\"text/headstart-gated-0123456789abcdef\" async>!function(f){}(window);\n\
                    fbq(\"init\", '1');</script><script type=\"text/headstart-gated-0123456789abcdef\">/* '</scr' + */ \
                    ttq.load('<script>')</SCRIPT >";
    assert_eq!(gated(html), expected);
}

#[test]
fn what_an_inline_script_is_costs_its_own_step_and_not_the_last() {
    let (html, analytics) = (b"<script>fbq('init', 1)</script><script>a()</script><p>", known());
    let mut reader = PageReader::new(html, None, &analytics).unwrap();
    let ends = |text: &[u8]| html.windows(text.len()).position(|at| at == text).unwrap() + text.len();
    assert!(reader.advance(ends(b"</script>")).unwrap());
    let known = |reader: &PageReader<'_>| {
        let reading = reader.reading.borrow();
        (reading.gated.len(), reading.inline.len())
    };
    assert_eq!(known(&reader), (1, 0));
    assert!(!reader.advance(html.len()).unwrap());
    assert_eq!(known(&reader), (1, 0));
    assert!(reader.finish().unwrap().has_gated_scripts());
}

#[test]
fn sixty_analytics_scripts_keep_their_order() {
    use std::fmt::Write;
    let mut html = "<!doctype html><head>|".to_owned();
    let mut expected = html.clone();
    for n in 0..60 {
        write!(html, "<script src=//www.clarity.ms/tag/{n}></script><script>clarity('set', {n})</script><p>")
            .unwrap();
        write!(
            expected,
            "<script type=\"text/headstart-gated-0123456789abcdef\" src=//www.clarity.ms/tag/{n}></script>\
             <script type=\"text/headstart-gated-0123456789abcdef\">clarity('set', {n})</script><p>"
        )
        .unwrap();
    }
    let html = html.replacen('|', "", 1);
    let result = edited(html.as_bytes(), None);
    assert_eq!(String::from_utf8(result).unwrap(), expected.replacen('|', TAG, 1));
}

#[test]
fn nothing_is_edited_that_was_not_read() {
    let html = b"<head><script src=//www.clarity.ms/tag/1></script>";
    let outline = outline(html).unwrap();
    assert_eq!(outline.edit(b"<head>", Some(TAG), MARK), b"<head>");
    assert_eq!(outline.edit(html, Some(&"a".repeat(MAX_TAG_BYTES + 1)), MARK), html);
    assert_eq!(outline.edit(html, Some("<script>\u{E9}</script>"), MARK), html);
}

/// What pages are made of besides.
const PIECES: &[&str] = &[
    "</body>",
    "<math/>",
    "</math>",
    "<desc>",
    "<option>",
    "<tr>",
    "<td>",
    "<noframes>",
    "</noframes>",
    "<iframe>",
    "</iframe>",
    "<script type=module>",
    "<script ",
    "<div ",
    " type=text/javascript",
    " type ",
    "type='module'",
    " type=\"",
    " src=//www.clarity.ms/tag/1>",
    " src='https://www.clarity.ms/tag/2'",
    "fbq('init', 1);",
    "fbq('track')",
    "<meta name=referrer content=origin>",
    "<meta http-equiv=content-security-policy content=\"img-src *\">",
    "<script src=//www.clarity.ms/tag/3></script>",
    "<script>fbq('init', 1)</script>",
    "<script type=application/json>fbq('init')</script>",
    "<script data-website-id=1 src=a></script>",
    "<img src=/a.png>",
    "<img src='//www.facebook.com/tr?id=1'>",
    " src=/matomo.php>",
    " srcset=a",
    "é",
    "<font color=a>",
    "<br>",
    "<annotation-xml encoding=text/html>",
    "<input>",
    "<base href=/a/>",
    "<template shadowrootmode=open>",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn an_edited_page_is_the_page_but_for_the_edits(html in soup(PIECES), charset in charset()) {
        if let Ok(outline) = read(&html, charset, &known()) {
            let result = outline.edit(&html, Some(TAG), MARK);
            // Once, and the rest as it was.
            let places: Vec<usize> = result
                .windows(TAG.len())
                .enumerate()
                .filter(|(_, window)| *window == TAG.as_bytes())
                .map(|(place, _)| place)
                .collect();
            prop_assert_eq!(places.len(), 1);
            let without = [&result[..places[0]], &result[places[0] + TAG.len()..]].concat();
            let held = outline.edit(&html, None, MARK);
            prop_assert_eq!(&without, &held);
            prop_assert_eq!(held != html, outline.has_gated());
        }
    }

    #[test]
    fn an_edited_page_is_parsed_as_before(html in soup(PIECES), charset in charset()) {
        if let Ok(outline) = read(&html, charset, &known()) {
            let mut after = elements(&outline.edit(&html, Some(TAG), MARK), |_| {});
            let ours = ("script".to_owned(), vec![
                ("src".to_owned(), "https://shop.example/_headstart/prerender.js".to_owned()),
            ]);
            let at = after.iter().position(|element| *element == ours);
            prop_assert!(at.is_some());
            after.remove(at.unwrap());
            // Nothing but <html> and <head>, or what the encoding needs, stands before it.
            let first = after.iter().take(at.unwrap()).all(|(name, _)| matches!(name.as_str(), "html" | "head"));
            prop_assert!(first || charset.is_none());
            let before = elements(&html, |_| {});
            prop_assert_eq!(before.len(), after.len());
            let mut held = 0;
            for (before, after) in before.into_iter().zip(after) {
                let kept = format!("{SRC_ATTRIBUTE}{MARK}");
                if after.0 == "img" && after.1.iter().any(|(name, _)| *name == kept) {
                    held += 1;
                    let back = |(name, value)| if name == kept { ("src".to_owned(), value) } else { (name, value) };
                    let attributes: Vec<_> = after.1.into_iter().map(back).collect();
                    prop_assert_eq!(before.1, attributes);
                    continue;
                }
                let is_held = after.1.iter().any(|(name, value)| name == "type" && *value == format!("{GATED_TYPE}{MARK}"));
                if is_held {
                    held += 1;
                    // The first attribute of a name counts.
                    let type_before = before.1.iter().position(|(name, _)| name == "type");
                    let mut attributes = before.1;
                    let kind = type_before.map(|at| attributes.remove(at).1);
                    let mut rest = after.1;
                    let type_after = rest.iter().position(|(name, _)| name == "type").unwrap();
                    rest.remove(type_after);
                    let kept = rest.iter().position(|(name, _)| name == TYPE_ATTRIBUTE);
                    let kept = kept.map(|at| rest.remove(at).1);
                    prop_assert_eq!(attributes, rest);
                    prop_assert_eq!(kept.is_some(), kind.is_some_and(|kind| kind == "module"));
                } else {
                    prop_assert_eq!(before, after);
                }
            }
            prop_assert_eq!(held > 0, outline.has_gated());
        }
    }

    #[test]
    fn chunking_never_changes_what_is_read(
        html in soup(PIECES),
        charset in charset(),
        cuts in prop::collection::vec(0_usize..1000, 0..12),
    ) {
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(html.len())).collect();
        cuts.extend([0, html.len()]);
        cuts.sort_unstable();
        let pieces = cuts.windows(2).map(|cut| &html[cut[0]..cut[1]]);
        let whole = read(&html, charset, &known());
        prop_assert_eq!(&read_pieces(&html, pieces, charset, &known()), &whole);
        prop_assert_eq!(&read_pieces(&html, html.chunks(1), charset, &known()), &whole);
    }

    #[test]
    fn any_bytes_are_survived(html in prop::collection::vec(any::<u8>(), 0..2000), charset in charset()) {
        if let Ok(outline) = read(&html, charset, &known()) {
            prop_assert_eq!(outline.edit(&html, Some(TAG), MARK).len(), html.len() + TAG.len());
        }
    }
}

#[test]
fn an_amp_document_is_never_edited() {
    for html in ["<html amp>", "<html \u{26a1}>", "<html lang=en amp4ads>", "<html \u{26a1}4email>"] {
        let page = format!("<!doctype html>{html}<head><meta charset=utf-8></head><p>a");
        for charset in [None, Some("utf-8")] {
            assert_eq!(read(page.as_bytes(), charset, &known()), Err(Ineligible::NoTransform), "{html}");
        }
    }
    assert_place("<html data-amp><head>|<title>a</title><svg></svg><p><html amp>", Some("utf-8"));
}
