//! Tests of `css.rs`.

use super::*;
use proptest::prelude::*;

fn shown(references: &[Reference]) -> Vec<String> {
    let kind = |kind| match kind {
        Kind::Import { blocks_rendering: true } => "import",
        Kind::Import { blocks_rendering: false } => "import-print",
        Kind::Font => "font",
        Kind::RareFont => "rare",
        Kind::Image => "image",
        Kind::RootImage => "root",
        Kind::CorsImage => "cors",
    };
    references.iter().map(|reference| format!("{} {}", kind(reference.kind), reference.url)).collect()
}

fn sheet(text: &str) -> Vec<String> {
    shown(&stylesheet(text))
}

const NOTHING: [&str; 0] = [];

#[test]
fn each_form_of_a_reference_is_read() {
    for (text, expected) in [
        ("a { background: url(x.png) }", "image x.png"),
        ("a { background: red URL( 'x.png' ) no-repeat }", "image x.png"),
        ("a { background-image: src(\"x.png\") }", "image x.png"),
        (r"a { background: u\72l(\78.p\6e g) }", "image x.png"),
        (r"a { background: url('\78.p\6e g') }", "image x.png"),
        ("a { background: image-set('x.png' 1x) }", "image x.png"),
        ("a { background: image-set('x.png' type('image/png')) }", "image x.png"),
        ("a { background: -WEBKIT-image-set(url(x.png) 2x) }", "image x.png"),
        ("a { background: cross-fade(red, (url(x.png))) }", "image x.png"),
        ("a { background: var(--b, url(x.png)) }", "image x.png"),
        ("a { --b: url(x.png) }", "image x.png"),
        ("a { --b: { background: red } url(x.png) }", "image x.png"),
        ("a { border-image: url(x.png) 3 }", "image x.png"),
        ("a { List-Style: url(x.png) }", "image x.png"),
        ("a { cursor: url(x.png), auto }", "image x.png"),
        ("a::after { content: url(x.png) / 'alt' }", "image x.png"),
        ("a { mask: url(x.svg#a) }", "cors x.svg#a"),
        ("a { -webkit-mask-image: url(x.svg) }", "cors x.svg"),
        ("a { mask-border-source: url(x.svg) }", "cors x.svg"),
        ("a { clip-path: url(x.svg#a) }", "cors x.svg#a"),
        ("a { shape-outside: url(x.svg) }", "cors x.svg"),
        ("a { filter: blur(1px) url(x.svg#a) }", "cors x.svg#a"),
        ("a { background: url(x.png) !important }", "image x.png"),
        ("a{background:url(//cdn.example/\u{e9}.png)}", "image //cdn.example/\u{e9}.png"),
        ("\u{feff}a{background:url(x.png)}", "image x.png"),
        ("<!-- a{background:url(x.png)} -->", "image x.png"),
        ("a{background:url(x.png", "image x.png"),
        ("a{background:url(x\0y)}", "image x\u{fffd}y"),
    ] {
        assert_eq!(sheet(text), [expected], "{text}");
    }
}

#[test]
fn what_is_asked_for_with_modifiers_is_not_given() {
    for text in [
        "a { background: url('x.png' cross-origin(anonymous)) }",
        "a { background: src('x.png' referrer-policy(no-referrer) foo) }",
        "a { --b: url('x.png' integrity('sha256-x')) }",
        "a { background: image-set(url('x.avif' cross-origin(anonymous)) type('image/avif')) }",
        "@import url('x.css' integrity('sha256-x')) screen;",
        "@font-face { font-family: A; src: url('a.woff2' cross-origin(use-credentials)) format('woff2'), url(a.woff) }",
        "@font-face { font-family: A; src: url(a.woff); src: local(A), url('b.woff' integrity('sha256-x')) }",
    ] {
        assert_eq!(sheet(text), NOTHING, "{text}");
    }
    for (text, expected) in [
        ("a { background: url('x.png' integrity('sha256-x')), url(y.png) }", "image y.png"),
        ("@import url('x.css' integrity('sha256-x')); @import 'y.css';", "import y.css"),
        // What no browser uses is passed over as without them.
        (
            "@font-face { font-family: A; src: url('a.svg' integrity('x')) format('svg'), url(a.woff) }",
            "font a.woff",
        ),
    ] {
        assert_eq!(sheet(text), [expected], "{text}");
    }
}

#[test]
fn a_set_says_of_what_type_its_pictures_are() {
    for (value, expected) in [
        (
            "image-set(url(x.avif) type(' image/AVIF') 1x, 'y.jpg' 2x type(\"image/jpeg\"), url(z.png) 3x)",
            vec!["x.avif image/avif", "y.jpg image/jpeg", "z.png "],
        ),
        ("image-set(cross-fade(url(x), url(y)) type('a/b'), 'z')", vec!["x a/b", "y a/b", "z "]),
        ("-webkit-image-set(url(x) 1x), image-set('x' type('a/b') 1x)", vec!["x a/b"]),
        ("image-set('x' type('a/b'), 'x' type('a/c'))", vec!["x a/b"]),
        ("image-set('x' type(a/b))", vec!["x "]),
        ("image-set('x', type('a/b'))", vec!["x "]),
        ("url(x) type('a/b')", vec!["x "]),
    ] {
        let pictures = declarations(&format!("background: {value}"));
        let pictures: Vec<String> =
            pictures.into_iter().map(|picture| picture.url + " " + &picture.media_type).collect();
        assert_eq!(pictures, expected, "{value}");
    }
}

#[test]
fn what_is_not_fetched_does_not_count() {
    for text in [
        "/* a { background: url(x.png) } */",
        "a::after { content: 'url(x.png)' }",
        "a { background: 'x.png' }",
        "a { background: url() url('') url(' ') url(#a) url('#a') url(data:,x) url(' DATA:,x') }",
        "a { background: url(x y.png) }",
        "a { background: url(\"x.png\" 1) }",
        "a { background: src(x.png) }",
        "a { background: url(x.png) url(a'b) }",
        "a { background: url(x.png) ) }",
        "a { background: url(x.png) 'open\n }",
        "a { background: image-set(type('image/png')) linear-gradient('x.png') }",
        "a { behavior: url(x.htc); src: url(x.woff); unknown: url(x.png) }",
        "a { background url(x.png) }",
        "{ background: url(x.png) }",
        "background: url(x.png)",
        "a[href='url(x.png)'] { color: red }",
        "@namespace url(http://www.w3.org/2000/svg);",
        "@document url(https://a.example/) { a { background: url(x.png) } }",
        "@-moz-document url(https://a.example/) { a { background: url(x.png) } }",
        "@page { background: url(x.png) }",
        "@media print { a { background: url(x.png) } @font-face { font-family: a; src: url(a.woff) } }",
        "@MEDIA /**/ Print{a{background:url(x.png)}}",
        "@media screen { background: url(x.png) }",
        "@supports (background: url(x.png)) { a { color: red } }",
        "@unknown { a { background: url(x.png) } }",
        "@media screen; ",
    ] {
        assert_eq!(sheet(text), NOTHING, "{text}");
    }
}

#[test]
fn mistakes_end_where_css_ends_them() {
    for text in [
        "a { color: ]; background: url(x.png) }",
        "a { background: url(a b); background: url(x.png) }",
        "a { color: 'open\n; background: url(x.png) }",
        "a { color; : ; 5px; background: url(x.png) }",
        "} a { background: url(x.png) }",
        "a { } } b { background: url(x.png) }",
        "@foo bar; b { background: url(x.png) }",
        "@foo { } b { background: url(x.png) }",
        "; b { } a { background: url(x.png) }",
        "a { color: red; } } ; b{} a { background: url(x.png) }",
    ] {
        assert_eq!(sheet(text), ["image x.png"], "{text}");
    }
    assert_eq!(sheet("a { color: (; background: url(x.png) } b { background: url(y.png) }"), NOTHING);
}

#[test]
fn rules_in_rules_are_read() {
    for text in [
        "@media screen and (min-width: 1px) { a { background: url(x.png) } }",
        "@media print, screen { a { background: url(x.png) } }",
        "@supports (a: b) { @layer c { @container d (e) { a { background: url(x.png) } } } }",
        "@layer { @starting-style { a { background: url(x.png) } } }",
        "@keyframes a { from { color: red } 50% { background: url(x.png) } }",
        "a { b { background: url(x.png) } }",
        "a { color: red; &:hover { background: url(x.png) } }",
        "a { b:hover { background: url(x.png) } }",
        "a { b:hover c:focus { color: red; @media screen { background: url(x.png) } } color: red }",
        "a { b { color: red } background: url(x.png) }",
    ] {
        assert_eq!(sheet(text), ["image x.png"], "{text}");
    }
    let nested = |depth: usize| format!("{}a{{background:url(x.png)}}", "@media screen{".repeat(depth));
    assert_eq!(sheet(&nested(MAX_DEPTH - 1)), ["image x.png"]);
    assert_eq!(sheet(&nested(MAX_DEPTH)), NOTHING);
    let after = format!("{}{} b{{background:url(y.png)}}", nested(50), "}".repeat(50));
    assert_eq!(sheet(&after), ["image y.png"]);
}

#[test]
fn imports_count_where_they_stand_first() {
    for (text, expected) in [
        ("@import url(x.css);", vec!["import x.css"]),
        ("@import url('x.css')", vec!["import x.css"]),
        ("@IMPORT \"x.css\";", vec!["import x.css"]),
        ("@import 'x.css' layer;", vec!["import x.css"]),
        ("@import 'x.css' layer(a.b) supports(display: grid) screen;", vec!["import x.css"]),
        ("@import 'x.css' supports(not (display: grid));", vec!["import-print x.css"]),
        ("@import 'x.css' supports((not (a: b)) or (c: d));", vec!["import x.css"]),
        ("@import 'x.css' supports(not (not (a: b)));", vec!["import x.css"]),
        ("@import 'x.css' supports(not (-webkit-touch-callout: none));", vec!["import x.css"]),
        ("@import 'x.css' layer supports( NOT selector(:focus-visible)) screen;", vec!["import-print x.css"]),
        ("@import 'x.css' supports((not (a: b)) and (c: d));", vec!["import-print x.css"]),
        ("@import 'x.css' supports(selector(:not(a)));", vec!["import x.css"]),
        (
            "@import 'x.css' supports((a: b) and (not (c: d))); @import 'y.css';",
            vec!["import x.css", "import y.css"],
        ),
        ("@import 'x.css' print;", vec!["import-print x.css"]),
        ("@import url(x.css) layer(a) supports(a: b) PRINT;", vec!["import-print x.css"]),
        ("@import 'x.css' print, screen;", vec!["import x.css"]),
        ("@import 'x.css' print and (color);", vec!["import-print x.css"]),
        ("@import 'x.css' not print;", vec!["import x.css"]),
        (
            "@charset 'utf-8'; @layer a, b; @import 'x.css'; @import 'y.css';",
            vec!["import x.css", "import y.css"],
        ),
        ("@unknown a; @unknown { } @import 'x.css';", vec!["import x.css"]),
        ("a { } @import 'x.css';", vec![]),
        ("@layer a { } @import 'x.css';", vec![]),
        ("@media print { } @import 'x.css';", vec![]),
        ("@font-face { } @import 'x.css';", vec![]),
        ("@namespace 'a'; @import 'x.css';", vec![]),
        ("@media screen { @import 'x.css'; }", vec![]),
        ("a { @import 'x.css'; }", vec![]),
        ("@import 'x.css' { }", vec![]),
        ("@import x.css;", vec![]),
        ("@import;", vec![]),
        ("@import '';@import 'data:text/css,a';", vec![]),
    ] {
        assert_eq!(sheet(text), expected, "{text}");
    }
}

#[test]
fn of_a_face_the_url_that_browsers_pick_counts() {
    for (sources, expected) in [
        ("src: url(a.woff2)", vec!["font a.woff2"]),
        ("src: local('A'), url(a.woff2) format('woff2'), url(a.woff)", vec!["font a.woff2"]),
        ("src: url(a.x) format(woff2) tech(variations), url(a.woff)", vec!["font a.x"]),
        ("src: url(a.x) format('WOFF2-Variations'), url(a.woff)", vec!["font a.x"]),
        (
            "src: url(a.x) tech(variations, Palettes, color-colrV0, features-opentype), url(a.woff)",
            vec!["font a.x"],
        ),
        // Engines differ in which of them they take.
        ("src: url(c-svg.woff2) format('woff2') tech(color-SVG), url(c.woff2) format('woff2')", vec![]),
        ("src: url(c.woff2) format('woff2') tech(color-COLRv1), url(c.woff)", vec![]),
        ("src: url(c.woff2) tech(variations, color-sbix), url(c.woff)", vec![]),
        ("src: url(c.woff2) tech(features-graphite), url(c.woff)", vec![]),
        ("src: url(c.woff2) tech(new), url(c.woff)", vec![]),
        ("src: url(c.woff2), url(c-svg.woff2) tech(color-SVG)", vec!["font c.woff2"]),
        ("src: url(c.eot) format('embedded-opentype') tech(color-SVG), url(c.woff2)", vec!["font c.woff2"]),
        (
            "src: url(a.eot?#iefix) format('embedded-opentype'), url(a.ttf) format('truetype')",
            vec!["font a.ttf"],
        ),
        ("src: url(a.svg#a) format('svg'), url(a.EOT?1), url(a.eot), url(a.otf)", vec!["font a.otf"]),
        ("src: url(a.eot); src: url('a.woff')", vec!["font a.woff"]),
        ("src: url(a.woff); src: url(b.woff)", vec!["font b.woff"]),
        ("src: url(a.woff); src: local(b)", vec!["font a.woff"]),
        ("src: url(a.woff); src: url(b.eot)", vec!["font a.woff"]),
        ("src: url(a b), url(a.woff)", vec!["font a.woff"]),
        ("src: url(data:font/woff2;base64,AA) format('woff2'), url(a.woff)", vec![]),
        ("src: url(a.eot)", vec![]),
        ("src: local(a)", vec![]),
        ("src: 'a.woff'", vec![]),
        ("src: url(a.woff); @media { src: url(b.woff) } unicode-range: U+0-FF", vec!["font a.woff"]),
    ] {
        let text = format!("@font-face {{ font-family: A; {sources} }}");
        assert_eq!(sheet(&text), expected, "{sources}");
    }
    assert_eq!(sheet("@font-face { src: url(a.woff) } a { @font-face { src: url(b.woff) } }"), NOTHING);
}

#[test]
fn a_face_counts_when_its_family_is_in_use() {
    for (family, rest, counts) in [
        ("'Open Sans'", "", true),
        ("'Open Sans'", "a { color: red }", true),
        ("'Open Sans'", "a { font-family: x, \"open sans\", serif }", true),
        ("Open Sans", "a { font-family: OPEN  Sans }", true),
        ("'\u{c9}cole'", "a { font-family: \u{e9}cole }", true),
        ("'Open Sans'", "a { font: bold 12px/1.5 Open Sans, serif }", true),
        ("'Open Sans'", "a { font: italic medium open sans !important }", true),
        ("'Open Sans'", "a { font: 12px/calc(1 * 2) 'Open Sans' }", true),
        ("'Open Sans'", "a { font-family: var(--x, 'Open Sans', serif) }", true),
        ("'Open Sans'", ":root { --x: 'Open Sans', serif } a { font-family: var(--x) }", true),
        ("'Open Sans'", ":root { --x: 12px Open Sans } a { font: var(--x) }", true),
        ("'Open Sans'", "@media screen { a { b { font-family: 'Open Sans' } } }", true),
        ("'Open Sans'", "@font-face { font-family: B; }", true),
        ("'Open Sans'", "a { font-family: serif }", false),
        ("'Open Sans'", "a { font: inherit }", false),
        ("'Open Sans'", "a { font-family: Open, Sans }", false),
        ("'Open Sans'", "a { font-family: Sans }", false),
        ("Sans", "a { font-family: Open Sans }", false),
        ("'Open Sans'", "a { font-family: 'Open Sans Pro'; content: 'Open Sans' }", false),
        ("'Open Sans'", "a { font-family: 'Open Sans' ) }", true),
        ("'Open Sans'", "a { font-family: 'Open Sans' ); font: x }", false),
    ] {
        let text = format!("@font-face {{ font-family: {family}; src: url(a.woff) }} {rest}");
        let expected = if counts { vec!["font a.woff"] } else { vec![] };
        assert_eq!(sheet(&text), expected, "{text}");
    }
}

#[test]
fn a_font_that_only_classes_use_is_rare_where_others_are_used_by_all() {
    let faces =
        "@font-face { font-family: A; src: url(a.woff2) } @font-face { font-family: B; src: url(b.woff2) } ";
    for (rules, expected) in [
        ("body { font-family: A } .quote { font-family: B }", ["font a.woff2", "rare b.woff2"]),
        ("main .x, main p { font: 1rem B } #x { font-family: A }", ["font b.woff2", "rare a.woff2"]),
        ("body { font-family: A } .x { h1 { font-family: B } }", ["font a.woff2", "rare b.woff2"]),
        (":root { --f: A } [lang] { font-family: B }", ["font a.woff2", "rare b.woff2"]),
        (
            "h1 { font-family: A } .x { font-family: B } h2 { font-family: B }",
            ["font a.woff2", "font b.woff2"],
        ),
        ("@media screen { p { font-family: A } .x { font-family: B } }", ["font a.woff2", "rare b.woff2"]),
        (".x { font-family: A } .y { font-family: B }", ["font a.woff2", "font b.woff2"]),
        // As WordPress writes the styles of a block.
        (
            "p { font-family: A } :root :where(.wp-block-site-title) { font-family: B }",
            ["font a.woff2", "rare b.woff2"],
        ),
        ("p { font-family: A } :IS(.x, #y) em { font-family: B }", ["font a.woff2", "rare b.woff2"]),
        ("p { font-family: A } :is(:where([lang])) { font-family: B }", ["font a.woff2", "rare b.woff2"]),
        (
            "p { font-family: A } :host(.x), ::slotted(.x), main:has(> .x) { font-family: B }",
            ["font a.woff2", "rare b.woff2"],
        ),
        ("p { font-family: A } :is() { font-family: B }", ["font a.woff2", "rare b.woff2"]),
        ("p { font-family: A } :where(.x, h1) { font-family: B }", ["font a.woff2", "font b.woff2"]),
        ("p { font-family: A } :where(.x), h1 { font-family: B }", ["font a.woff2", "font b.woff2"]),
        (
            "p { font-family: A } h1:not(.x):nth-child(2n) { font-family: B }",
            ["font a.woff2", "font b.woff2"],
        ),
        (
            "body { font-family: system-ui } .x { font-family: A } .y { font-family: B }",
            ["font a.woff2", "font b.woff2"],
        ),
    ] {
        assert_eq!(sheet(&format!("{faces}{rules}")), expected, "{rules}");
    }
}

/// By `@supports not`, sheets care for browsers that cannot do what most can.
#[test]
fn what_stands_under_a_negated_condition_is_not_taken_for_needed() {
    let face = |family: &str, url: &str| format!("@font-face {{ font-family: {family}; src: url({url}) }} ");
    let (variable, old) = (face("A", "variable.woff2"), face("A", "static.woff2"));
    let rule = "body { font-family: A }";
    for (text, expected) in [
        (
            format!("{variable}@supports not (font-variation-settings: normal) {{ {old} }} {rule}"),
            ["font variable.woff2", "rare static.woff2"],
        ),
        (
            format!("@SUPPORTS (NOT (a: b)) and (c: d) {{ {old} }} {variable}"),
            ["font variable.woff2", "rare static.woff2"],
        ),
        (
            format!("@supports not (a: b) {{ @media screen {{ {old} }} }} {variable} {rule}"),
            ["font variable.woff2", "rare static.woff2"],
        ),
        (
            format!("@supports (a: b) {{ {old} }} {variable} {rule}"),
            ["font static.woff2", "font variable.woff2"],
        ),
    ] {
        assert_eq!(sheet(&text), expected, "{text}");
    }
    let doubtful = format!("@supports not (a: b) {{ {old} {rule} }}");
    assert_eq!(sheet(&doubtful), ["rare static.woff2"]);
    let Sheet { faces, bare_faces, fonts, families, .. } = read(&doubtful);
    assert_eq!((faces, bare_faces, fonts, families), (vec![], vec![], vec![], vec![("a".to_owned(), false)]));
    let both = read(&format!("{variable} @supports not (a: b) {{ {old} }}"));
    let urls = |fonts: Vec<NamedFont>| fonts.into_iter().map(|font| font.url).collect::<Vec<_>>();
    assert_eq!(urls(both.faces), ["variable.woff2"], "which share a name");
    assert_eq!(both.fonts, [("variable.woff2".to_owned(), "a".to_owned())]);
    let pictures = "@supports not (a: b) { body { background: url(x.png) } .x { background: url(y.png) } }";
    assert_eq!(sheet(pictures), ["image x.png", "image y.png"]);
    assert!(stylesheet(pictures).iter().all(|picture| picture.needs.is_empty()));
}

#[test]
fn of_a_family_that_is_cut_by_characters_the_part_with_letters_counts() {
    let face = |url: &str, range: &str| {
        format!("@font-face {{ font-family: A; src: url({url}); unicode-range: {range} }}")
    };
    let latin = face("latin.woff2", "U+0000-00FF, U+0131");
    let cyrillic = face("cyrillic.woff2", "U+0301, U+0400-045F");
    assert_eq!(sheet(&format!("{cyrillic}{latin}")), ["font latin.woff2"]);
    assert_eq!(sheet(&cyrillic), ["font cyrillic.woff2"], "a page in that script, perhaps");
    assert_eq!(sheet(&format!("{cyrillic}{}", face("a.woff2", "U+4?"))), ["font a.woff2"]);
    assert_eq!(
        sheet(&format!("{cyrillic}{}", face("x.woff2", "all"))),
        ["font x.woff2"],
        "a mistake is no range"
    );
}

#[test]
fn a_sheet_tells_others_which_families_its_rules_use_and_which_fonts_none_of_its_own_uses() {
    let faces = "@font-face { font-family: A; src: url(a.woff2) } @font-face { src: url(nameless.woff2) } ";
    let told = |text: &str| {
        let Sheet { families, fonts, .. } = read(text);
        let families: Vec<String> =
            families.into_iter().map(|(name, is_certain)| format!("{name} {is_certain}")).collect();
        (families.join(", "), fonts.into_iter().map(|(url, family)| url + " " + &family).collect::<String>())
    };
    let told_of = |text: &str, families: &str, fonts: &str| {
        assert_eq!(told(text), (families.to_owned(), fonts.to_owned()), "{text}");
    };
    told_of(faces, "", "a.woff2 a");
    told_of("h1 { font: 1rem 'B b', A } .x { font-family: C }", "a true, b b true, c false", "");
    told_of(&format!("{faces} .x {{ font-family: A }}"), "a false", "");
    told_of(":root { --font: A }", "", "");
    told_of("", "", "");
    let many: Vec<String> = (0..1000).map(|number| format!("p {{ font-family: f{number} }}")).collect();
    assert_eq!(read(&many.concat()).families.len(), 100);
}

#[test]
fn each_reference_is_given_once_and_the_most_important_first() {
    let text = "@import 'x'; @import 'x'; a { background: url(x), url(x); mask: url(x) } b { cursor: url(x) } \
                @font-face { font-family: a; src: url(x) } @font-face { font-family: b; src: url(x) }";
    assert_eq!(sheet(text), ["import x", "font x", "image x", "cors x"]);
    let many = (0..1000).map(|n| format!("a{{background:url({n})}}")).collect::<Vec<_>>().concat();
    assert_eq!(stylesheet(&many).len(), MAX_REFERENCES);
    let with_font = format!("{many}@font-face{{font-family:a;src:url(a.woff)}}");
    assert_eq!(sheet(&with_font).first().unwrap(), "font a.woff");
    assert_eq!(sheet(&with_font).len(), MAX_REFERENCES);
}

#[test]
fn a_style_attribute_holds_declarations_alone() {
    for (text, expected) in [
        ("background: url(x.png)", vec!["image x.png"]),
        (
            "color: red; background: url(&quot;x.png); mask: url('y.svg')",
            vec!["image &quot;x.png", "cors y.svg"],
        ),
        ("color: red } background: url(x.png); cursor: url(y.png)", vec!["image y.png"]),
        ("@import 'x.css'; cursor: url(y.png)", vec!["image y.png"]),
        ("@font-face { font-family: a; src: url(a.woff) } cursor: url(y.png)", vec!["image y.png"]),
        ("a { background: url(x.png) }", vec![]),
        ("&:hover { background: url(x.png) } ; cursor: url(y.png)", vec!["image y.png"]),
        ("--x: url(x.png)", vec!["image x.png"]),
        ("src: url(a.woff)", vec![]),
        ("", vec![]),
    ] {
        assert_eq!(shown(&declarations(text)), expected, "{text}");
    }
}

#[test]
fn reading_ends_at_the_bound_with_a_whole_rule() {
    let rule = "a{background:url(x.png)}";
    let half = "b{background:url(//cdn.example/y.png)}";
    let text = format!("{rule}{}{half}", " ".repeat(MAX_CSS_BYTES - rule.len() - 25));
    assert_eq!(sheet(&text), ["image x.png"]);
    assert_eq!(sheet(&format!("{}{rule}", "\u{e9}".repeat(MAX_CSS_BYTES))), NOTHING);
}

/// What would take a reader with a second look at everything, or with one more call for every bracket, minutes or
/// its stack.
#[test]
fn hostile_texts_take_no_longer_than_others() {
    let start = std::time::Instant::now();
    for piece in [
        "a{",
        "a:b{",
        "a:b{}",
        "x{a:b{}",
        "(",
        "a{b:(",
        "a{b:(}",
        "[{(",
        "@media x{",
        "@media x{a:b{",
        "a{--b:{",
        "a{--b:(",
        "a{b:url(",
        "a{b:url( ",
        "url(",
        "'",
        "\\",
        "/*",
        "/*/",
        "@",
        "@a{",
        "@import'a';",
        "@import url(a",
        "--a:b{}",
        "a{--a:b{}",
        "<!--",
        "a{font:a a a a a a a a,",
        "a{font:a,b c,",
        "a,",
        "@font-face{src:url(a)}",
        "@font-face{src:a,",
        "a{b:image-set(",
        "a{b:c!",
        "a{background:url(a),url(b);}",
        "U+",
        "a{b:c;d:e;",
        "}",
        ")",
        "]",
        "a{b:",
        ":",
        ";",
        "-",
        "\u{0}",
        "#",
        "1e9",
        "&{a:b ",
    ] {
        let text = piece.repeat(MAX_CSS_BYTES / 4 / piece.len());
        let _ = stylesheet(&text);
        let _ = declarations(&text);
        let _ = stylesheet(&format!("z{{{text}"));
        let _ = stylesheet(&format!("z{{background:{text}"));
        let _ = stylesheet(&format!("@font-face{{src:{text}"));
        assert!(start.elapsed().as_secs() < 60, "{piece}");
    }
}

const TOKENS: [&str; 44] = [
    "a",
    "b:hover",
    "{",
    "}",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ":",
    ";",
    ",",
    " ",
    "!important",
    "url(",
    "url('x')",
    "url(y)",
    "'",
    "\"",
    "\\",
    "\n",
    "/*",
    "*/",
    "<!--",
    "-->",
    "@import",
    "@media",
    "@font-face",
    "@layer",
    "@charset",
    "print",
    "font-family",
    "src",
    "background",
    "--x",
    "image-set(",
    "format(",
    "'z'",
    "1px",
    "\u{0}",
    "\u{e9}",
    "data:",
    "&",
];

proptest! {
    #[test]
    fn any_string_is_survived(text in any::<String>()) {
        let _ = stylesheet(&text);
        let _ = declarations(&text);
    }

    #[test]
    fn anything_like_css_is_survived(order in prop::collection::vec(0..TOKENS.len(), 0..80)) {
        let text: String = order.iter().map(|n| TOKENS[*n]).collect();
        for reference in stylesheet(&text).into_iter().chain(declarations(&text)) {
            prop_assert!(is_fetched(&reference.url));
        }
    }
}

#[test]
fn each_face_has_its_font_named_those_with_letters_first() {
    let face = |block: &str| format!("@font-face {{ {block} }}\n");
    let text = [
        "font-family: A; src: url(cyrillic.woff2) format('woff2'); unicode-range: U+0400-045F",
        "font-family: A; src: url(latin.woff2) format('woff2'), url(latin.woff); unicode-range: U+0000-00FF",
        "font-family: A; src: url(bold.woff2); font-weight: bold",
        "font-family: Mine; src: local('A'), local(B b), url(mine.woff2)",
        "font-family: After; src: url(after.woff2), local('A')",
        "font-family: Data; src: url(data:font/woff2;base64,AAAA)",
        "src: url(nameless.woff2)",
        "font-family: Nothing",
    ]
    .map(face)
    .concat();
    let faces = read(&text).faces;
    let urls: Vec<&str> = faces.iter().map(|font| font.url.as_str()).collect();
    assert_eq!(urls, ["latin.woff2", "bold.woff2", "after.woff2", "cyrillic.woff2"]);
    let told = crate::learn::face::told;
    assert_eq!(Some(faces[0].face), told("normal|400|normal|U+0-FF|A"));
    assert_eq!(Some(faces[1].face), told("normal|700|100%|U+0-10FFFF|\"a\""));
    assert_eq!(Some(faces[3].face), told("normal|normal|normal|U+400-45F|A"));
    let used = read(&format!("{text} p {{ font-family: Other }}")).faces;
    assert_eq!(used, faces, "which are used, browsers tell");
    let many: String = (0..5000).map(|n| face(&format!("font-family: f{n}; src: url({n}.woff2)"))).collect();
    assert!(read(&many).faces.len() <= MAX_REFERENCES);
}
