//! Tests of what is not named since a browser would read or choose another thing than the page has it.

use super::*;
use crate::learn::observation::Withheld;

/// What a page with these bytes names, and what it withholds: of pictures, and of what its stylesheets import.
fn found(charset: Option<&str>, html: &[u8]) -> (Vec<String>, [bool; 2]) {
    let seen = observe("https://shop.example/", charset, &[html]);
    let Withheld { pictures, imports } = seen.withheld;
    (seen.resources.into_iter().map(|named| named.resource.url).collect(), [pictures, imports])
}

const PARTS: &str = "<link rel=stylesheet href=/a.css><style>@import '/b.css'; \
                     @font-face { font-family: A; src: url(/a.woff2) } body { font-family: A }</style>\
                     <script src=/a.js></script><img src=/a.jpg><link rel=preload as=script href=/own.js>";

#[test]
fn of_a_page_in_another_encoding_no_text_is_named_that_has_the_encoding_of_the_page() {
    let all = ["/a.css", "/b.css", "/a.woff2", "/a.js", "/a.jpg", "/own.js"];
    let without_texts = ["/a.woff2", "/a.jpg", "/own.js"];
    let padding = format!("<!--{}-->", "-".repeat(1024));
    for (charset, before, is_utf_8) in [
        (Some("utf-8"), "", true),
        (Some("UTF8"), "<meta charset=shift_jis>", true),
        (Some("shift_jis"), "<meta charset=utf-8>", false),
        (Some("iso-8859-1"), "\u{feff}", true),
        (Some("iso-8859-1"), "", false),
        (Some("us-ascii"), "", false),
        (None, "", false),
        (Some("unknown"), "", false),
        (Some("unknown"), "<meta charset=utf-8>", true),
        (None, "<meta charset=utf-8>", true),
        (None, "<meta charset=windows-1251>", false),
        (None, "<meta charset=utf-16>", true),
        (None, "<meta charset=unknown><meta charset=utf-8>", true),
        (None, "<meta charset=euc-jp><meta charset=utf-8>", false),
        (None, "<meta http-equiv=Content-Type content='text/html; charset=utf-8'>", true),
        (None, "<meta http-equiv=Content-Type content='text/html; charset=gbk'>", false),
        (None, "<meta name=x content='text/html; charset=utf-8'>", false),
        (None, "<template><meta charset=utf-8></template>", false),
        (None, &format!("{padding}<meta charset=utf-8>"), true),
        (None, &format!("{padding}<body><meta charset=utf-8>"), false),
    ] {
        let (named, withheld) = found(charset, format!("{before}{PARTS}").as_bytes());
        let expected = if is_utf_8 { &all[..] } else { &without_texts[..] };
        assert_eq!(
            (named, withheld),
            (expected.iter().map(ToString::to_string).collect(), [false, !is_utf_8])
        );
    }
    // Where it stands behind what has its encoding.
    assert_eq!(found(None, format!("{PARTS}<meta charset=utf-8>").as_bytes()).0, all);
}

#[test]
fn an_element_may_have_another_encoding_than_its_page() {
    for (html, on_utf_8, on_other) in [
        ("<script src=/a.js charset=utf-8></script>", true, true),
        ("<script src=/a.js charset=''></script>", true, false),
        ("<script src=/a.js charset=Shift_JIS></script>", false, false),
        ("<script src=/a.js charset=unknown></script>", false, false),
        ("<script src=/a.js></script><script src=/a.js charset=shift_jis></script>", false, false),
        ("<script src=/a.js charset=utf-8></script><script src=/a.js></script>", true, false),
        ("<link rel=stylesheet href=/a.css charset=UTF8>", true, true),
        ("<link rel=stylesheet href=/a.css charset=windows-1251>", false, false),
    ] {
        let is_named = |charset| !found(Some(charset), html.as_bytes()).0.is_empty();
        assert_eq!((is_named("utf-8"), is_named("iso-8859-1")), (on_utf_8, on_other), "{html}");
    }
}

#[test]
fn what_a_stylesheet_imports_is_withheld_where_some_stylesheet_may_be_in_another_encoding() {
    for (charset, html, expected) in [
        ("utf-8", "<link rel=stylesheet href=/a.css>", false),
        ("utf-8", "<link rel=stylesheet href=/a.css charset=utf-8>", false),
        ("utf-8", "<link rel=stylesheet href=/b.css><link rel=stylesheet href=/a.css charset=gbk>", true),
        ("gbk", "<link rel=stylesheet href=/a.css charset=utf-8>", true),
        ("gbk", "<style>@import '/a.css'</style>", true),
        ("gbk", "<script src=/a.js></script>", false),
    ] {
        assert_eq!(found(Some(charset), html.as_bytes()).1, [false, expected], "{charset} {html}");
    }
}

#[test]
fn a_page_may_ask_for_widths_by_a_meta() {
    for (html, expected) in [
        ("<meta http-equiv=Accept-CH content='DPR, Width'>", true),
        ("<meta http-equiv=accept-ch content='sec-ch-viewport-width'>", true),
        (
            "<meta content='sec-ch-dpr https://a.example; Sec-CH-Width https://a.example' http-equiv=DELEGATE-CH>",
            true,
        ),
        (
            "<meta http-equiv=Delegate-CH content='sec-ch-width https://a.example'><meta http-equiv=accept-ch content=dpr>",
            true,
        ),
        ("<script>1</script><p><meta http-equiv=Accept-CH content=Width>", true),
        ("<meta http-equiv=Accept-CH content='Sec-CH-DPR'>", false),
        ("<meta http-equiv=Delegate-CH content='sec-ch-dpr https://width.example'>", false),
        ("<meta name=viewport content='width=device-width'>", false),
        ("<template><meta http-equiv=Accept-CH content=Width></template>", false),
    ] {
        assert_eq!(found(Some("utf-8"), html.as_bytes()).1, [expected, false], "{html}");
    }
}
