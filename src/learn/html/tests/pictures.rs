//! Tests of what is named of pictures, and of what is needed for print alone.

use super::*;

/// The links of the pictures that a page names, without what all of them have.
fn pictures(html: &str) -> Vec<String> {
    let links = named(html, None).into_iter().filter(|link| link.contains(" image; "));
    links.map(|link| link.replace(" image; ", "").replace("fetchpriority=high", "")).collect()
}

/// What a page names of a picture, as its `<source>`s and its `<img>` say.
fn of_picture(content: &str) -> Vec<String> {
    pictures(&format!("<picture>{content}</picture>"))
}

#[test]
fn the_sources_of_a_picture_exclude_those_behind_them() {
    let wide = "<source media='(min-width: 1200px)' srcset=/big.jpg>";
    let middle = "<source media='(min-width:600px)' srcset=/mid.jpg>";
    let big = "<about:blank>; imagesrcset=\"/big.jpg\"; media=\"(min-width: 1200px)\"";
    assert_eq!(
        of_picture(&format!("{wide}{middle}<img src=/small.jpg>")),
        [
            big,
            "<about:blank>; imagesrcset=\"/mid.jpg\"; media=\"(min-width: 600px) and (max-width: 1199.98px)\"",
            "<about:blank>; imagesrcset=\"/small.jpg 1x\"; media=\"(max-width: 599.98px)\"",
        ]
    );
    let small = "<about:blank>; imagesrcset=\"/small.jpg 1x\"; media=\"(max-width: 1199.98px)\"";
    for (behind, expected) in [
        // What is never reached, or chosen by what no link can say, is not named.
        ("<source media='(min-width: 1300px)' srcset=/never.jpg><img src=/small.jpg>", vec![big, small]),
        (
            "<source srcset=/all.jpg><img src=/never.jpg>",
            vec![big, "<about:blank>; imagesrcset=\"/all.jpg\"; media=\"(max-width: 1199.98px)\""],
        ),
        (
            "<source media='(max-width: 40em)' srcset=/em.jpg><img src=/small.jpg>",
            vec![
                big,
                "<about:blank>; imagesrcset=\"/em.jpg\"; media=\"(max-width: 40em) and (max-width: 1199.98px)\"",
            ],
        ),
        // A source that has nothing to choose from is passed over.
        ("<source media='(min-width: 1px)'><source srcset=' , '><img src=/small.jpg>", vec![big, small]),
        ("<source media=print srcset=/paper.jpg><img src=/small.jpg>", vec![big, small]),
        // One whose candidates nobody else may be told is chosen all the same.
        (
            "<source media='(min-width: 900px)' srcset='/mid.jpg?sig=1'><img src=/small.jpg>",
            vec![big, "<about:blank>; imagesrcset=\"/small.jpg 1x\"; media=\"(max-width: 899.98px)\""],
        ),
        // A script gives it its candidates.
        (
            "<source media='(min-width: 900px)' data-srcset=/mid.jpg><img src=/small.jpg>",
            vec![
                big,
                "<about:blank>; imagesrcset=\"/mid.jpg\"; media=\"(min-width: 900px) and (max-width: 1199.98px)\"",
                "<about:blank>; imagesrcset=\"/small.jpg 1x\"; media=\"(max-width: 899.98px)\"",
            ],
        ),
    ] {
        assert_eq!(of_picture(&format!("{wide}{behind}")), expected, "{behind}");
    }
    let many: Vec<String> =
        (0..12).map(|n| format!("<source media='(min-width: {}px)' srcset=/{n}.jpg>", 900 - n)).collect();
    let many = many.concat();
    let named = of_picture(&format!("{many}<img src=/small.jpg>"));
    assert_eq!(named.len(), 10, "what stands behind sources that are not known is not named: {named:?}");
}

#[test]
fn of_what_no_width_decides_the_first_source_is_named_and_what_a_link_can_say() {
    assert_eq!(
        of_picture("<source media='(prefers-color-scheme: dark)' srcset=/dark.jpg><img src=/light.jpg>"),
        [
            "<about:blank>; imagesrcset=\"/dark.jpg\"; media=\"(prefers-color-scheme: dark)\"",
            "<about:blank>; imagesrcset=\"/light.jpg 1x\"; media=\"not all and (prefers-color-scheme: dark)\"",
        ]
    );
    assert_eq!(
        of_picture(
            "<source media='(orientation: portrait)' srcset=/a.jpg><source media='(min-width: 9px)' srcset=/b.jpg>
             <img src=/c.jpg>"
        ),
        ["<about:blank>; imagesrcset=\"/a.jpg\"; media=\"(orientation: portrait)\""]
    );
    assert_eq!(
        of_picture(
            "<source media='(min-width: 900px)' srcset=/a.jpg>
             <source media='screen and (orientation: portrait)' srcset=/b.jpg><img src=/c.jpg>"
        ),
        [
            "<about:blank>; imagesrcset=\"/a.jpg\"; media=\"(min-width: 900px)\"",
            "<about:blank>; imagesrcset=\"/b.jpg\"; media=\"screen and (orientation: portrait) and (max-width: 899.98px)\"",
        ]
    );
}

#[test]
fn which_of_several_types_a_browser_takes_its_preload_says() {
    assert_eq!(
        of_picture(
            "<source media='(min-width: 900px)' type=image/avif srcset=/w.avif>
             <source media='(min-width: 900px)' type=image/webp srcset=/w.webp>
             <source type=image/avif srcset=/n.avif><img src=/n.jpg>"
        ),
        [
            "<about:blank>; imagesrcset=\"/w.avif\"; media=\"(min-width: 900px)\"; type=\"image/avif\"",
            "<about:blank>; imagesrcset=\"/w.webp\"; media=\"(min-width: 900px)\"; type=\"image/webp\"",
            "<about:blank>; imagesrcset=\"/n.avif\"; media=\"(max-width: 899.98px)\"; type=\"image/avif\"",
            "<about:blank>; imagesrcset=\"/n.jpg 1x\"; media=\"(max-width: 899.98px)\"",
        ]
    );
}

#[test]
fn the_src_of_a_picture_is_no_candidate_of_its_sources() {
    assert_eq!(
        of_picture("<source type=image/avif srcset='/b@3x.avif 3x, /b@2x.avif 2x'><img src=/b.jpg>"),
        [
            "<about:blank>; imagesrcset=\"/b@3x.avif 3x, /b@2x.avif 2x, /b@2x.avif 1x\"; type=\"image/avif\"",
            "</b.jpg>"
        ],
        "to a link its target is the candidate of a density of 1, which no other device may be sent to"
    );
    assert_eq!(
        of_picture("<source type=image/avif srcset='/half.avif 0.5x, /b.avif 2x'><img src=/b.jpg>"),
        ["</b.jpg>"]
    );
    let html = "<picture><source type=image/avif srcset=/b.avif><img src=/b.jpg loading=lazy></picture>";
    let resources = see("https://shop.example/a/", None, None, &[html.as_bytes()]).observation.resources;
    let tags: Vec<_> = resources.iter().map(|named| (named.src(), named.tag.is_some())).collect();
    assert_eq!(tags, [("/b.jpg", true), ("/b.jpg", true)], "the tag is that of the picture");
}

#[test]
fn a_picture_ends_and_what_follows_has_nothing_of_its_sources() {
    let source = "<source media='(min-width: 900px)' srcset=/wide.jpg>";
    for html in [
        format!("<picture>{source}</picture><img src=/a.jpg>"),
        format!("<div><picture>{source}</div><img src=/a.jpg>"),
        format!("<picture>{source}<picture><img src=/a.jpg></picture>"),
        format!("<picture>{source}<a><img src=/a.jpg></a></picture>"),
        format!("<picture><b>{source}</b><img src=/a.jpg></picture>"),
        format!("<picture><template>{source}</template><img src=/a.jpg></picture>"),
        format!("<picture><img src=/a.jpg>{source}</picture>"),
    ] {
        assert_eq!(pictures(&html), ["</a.jpg>"], "{html}");
    }
    assert_eq!(
        of_picture(&format!("{source}<img src=/a.jpg><img src=/b.jpg>"))[1..],
        [
            "<about:blank>; imagesrcset=\"/a.jpg 1x\"; media=\"(max-width: 899.98px)\"",
            "<about:blank>; imagesrcset=\"/b.jpg 1x\"; media=\"(max-width: 899.98px)\""
        ]
    );
}

#[test]
fn a_size_that_only_the_layout_tells_is_not_named() {
    for sizes in ["auto", "AUTO, (max-width: 1024px) 100vw, 1024px", " auto ,100vw"] {
        let html =
            format!("<img loading=lazy sizes='{sizes}' srcset='/1.jpg 300w, /2.jpg 1024w' src=/2.jpg>");
        assert_eq!(pictures(&html), [""; 0], "{html}");
    }
    assert_eq!(
        pictures("<img sizes='automatic' srcset='/1.jpg 300w' src=/1.jpg>").len(),
        1,
        "what only begins so is another word"
    );
    let html = "<picture><source type=image/avif srcset=/a.avif sizes=9px>
        <img loading=lazy sizes='auto, 9px' srcset='/1.jpg 300w' src=/1.jpg></picture>";
    let resources = see("https://shop.example/a/", None, None, &[html.as_bytes()]).observation.resources;
    assert_eq!(resources.iter().map(|named| named.tag).collect::<Vec<_>>(), [None]);
}

#[test]
fn a_preload_tells_no_referrer_that_the_page_withholds() {
    assert_eq!(pictures("<img referrerpolicy=no-referrer src=/a.jpg>"), [""; 0]);
    let html = "<img src=//cdn.example/before.jpg><meta name=Referrer content=No-Referrer>
        <img src=//cdn.example/a.jpg><img src=/own.jpg><link rel=stylesheet href=//cdn.example/a.css>
        <style>@import '//cdn.example/b.css'; body { background: url(//cdn.example/b.jpg) }</style>
        <p style='background: url(//cdn.example/c.jpg)'><img src=/own.jpg srcset='//cdn.example/d.jpg 2x'>";
    assert_eq!(
        named(html, None),
        [
            "<https://cdn.example/before.jpg> image; fetchpriority=high",
            "</own.jpg> image; fetchpriority=high"
        ]
    );
    for (content, is_named) in [
        ("same-origin", false),
        ("never", false),
        ("origin", true),
        ("strict-origin-when-cross-origin", true),
        ("no-referrer-when-downgrade", true),
        ("", true),
        ("no-referrer, strict-origin", false),
    ] {
        let html = format!("<meta name=referrer content='{content}'><img src=//cdn.example/a.jpg>");
        assert_eq!(!pictures(&html).is_empty(), is_named, "{content}");
    }
    assert_eq!(
        pictures("<template><meta name=referrer content=never></template><img src=//cdn.example/a.jpg>")
            .len(),
        1
    );
}

/// The form of the only picture that a page names.
fn form_of(html: &str) -> u64 {
    let resources = see("https://shop.example/a/", None, None, &[html.as_bytes()]).observation.resources;
    let [named] = &resources[..] else { panic!("{resources:?}") };
    named.form
}

#[test]
fn the_form_of_a_picture_is_what_its_browser_tells() {
    let lines = "<img src=/a.jpg srcset='/1.jpg 1x,\r\n/2.jpg 2x,\r/3.jpg 3x' sizes='1px,\r\n2px'>";
    assert_eq!(form_of(lines), form("/1.jpg 1x,\n/2.jpg 2x,\n/3.jpg 3x", "1px,\n2px"));
    assert_eq!(form_of("<img src=/a.jpg srcset='/1.jpg&#13; 1x'>"), form("/1.jpg\r 1x", ""));
    // assets/beacon.js cuts what is longer than 999 code units of UTF-16.
    let long = |n: usize| format!("https://shop.example/{}.jpg {n}w", "x".repeat(32));
    let srcset = (10..26).map(long).collect::<Vec<_>>().join(", ");
    assert_eq!(form_of(&format!("<img src=/a.jpg srcset='{srcset}'>")), form(&srcset[..999], ""));
    let srcset = format!("{}/\u{1f600}.jpg 1x", " ".repeat(996));
    assert_eq!(form_of(&format!("<img src=/a.jpg srcset='{srcset}'>")), form(&srcset[..1001], ""));
    let srcset = format!("{}/\u{1f600}.jpg 1x", " ".repeat(997));
    assert_eq!(
        form_of(&format!("<img src=/a.jpg srcset='{srcset}'>")),
        form(&srcset[..998], ""),
        "half a pair"
    );
}

#[test]
fn sizes_and_media_may_have_lines() {
    assert_eq!(
        of_picture("<source media='(min-width: 9px)\r\n and (orientation:\tportrait)' sizes='1px,\n  2px' srcset='/a.jpg 9w'>
            <img>"),
        ["<about:blank>; imagesrcset=\"/a.jpg 9w\"; imagesizes=\"1px, 2px\"; \
          media=\"(min-width: 9px) and (orientation: portrait)\""]
    );
}

#[test]
fn candidates_are_read_as_browsers_read_them() {
    for (img, expected) in [
        (
            "srcset='/cdn-cgi/image/width=400,quality=75/h.jpg 400w'",
            vec![
                "<about:blank>; \
                 imagesrcset=\"/cdn-cgi/image/width=400,quality=75/h.jpg 400w\"",
            ],
        ),
        // With widths, or with a density of 1, the `src` is none: a placeholder, say.
        ("src='data:,x' srcset='/a.jpg 400w'", vec!["<about:blank>; imagesrcset=\"/a.jpg 400w\""]),
        ("src='/s.jpg?token=1' srcset='/a.jpg'", vec!["<about:blank>; imagesrcset=\"/a.jpg\""]),
        ("src='data:,x' srcset='/a.jpg 2x'", vec![]),
        ("src=/s.jpg srcset='/a.jpg 2x'", vec!["<about:blank>; imagesrcset=\"/a.jpg 2x, /s.jpg 1x\""]),
        (
            "srcset='/a.jpg 3x, /b.jpg 1.5x'",
            vec!["<about:blank>; imagesrcset=\"/a.jpg 3x, /b.jpg 1.5x, /b.jpg 1x\""],
        ),
        // Of two with the same descriptor the first one counts, and a height says nothing.
        ("srcset='/a.jpg 9w 5h, /b.jpg 9w'", vec!["<about:blank>; imagesrcset=\"/a.jpg 9w\""]),
        (
            "srcset='/a.jpg, /b.jpg 1x, /c.jpg 2.0x'",
            vec!["<about:blank>; imagesrcset=\"/a.jpg, /c.jpg 2.0x\""],
        ),
        // What the standard drops, or browsers may take otherwise.
        ("src=/s.jpg srcset='/a.jpg 9w, /b.jpg 2x'", vec![]),
        ("src=/s.jpg srcset='/a.jpg 9w, /b.jpg'", vec![]),
        ("src=/s.jpg srcset='/a.jpg 0w'", vec![]),
        ("src=/s.jpg srcset='/a.jpg 1.5w'", vec![]),
        ("src=/s.jpg srcset='/a.jpg -1x'", vec![]),
        ("src=/s.jpg srcset='/a.jpg 1x 2x'", vec![]),
        ("src=/s.jpg srcset='/a.jpg w'", vec![]),
        ("src=/s.jpg srcset='/a.jpg 1.x'", vec![]),
    ] {
        assert_eq!(pictures(&format!("<img {img}>")), expected, "{img}");
    }
    let html = "<img src='data:,x' srcset='/a.jpg 400w' loading=lazy>";
    let resources = see("https://shop.example/a/", None, None, &[html.as_bytes()]).observation.resources;
    assert_eq!(resources[0].tag, None, "its tag is found by its src");
}

#[test]
fn what_the_page_preloads_itself_is_known_whatever_it_is() {
    assert_eq!(
        named(
            "<link rel=preload as=style href=/a.css><link rel=preload as=image href=/s.jpg imagesrcset='/1.jpg 1w, /2.jpg 2w'>",
            None
        ),
        ["own /a.css", "own /1.jpg", "own /2.jpg"]
    );
    // As React writes it.
    let without_href = "<link rel=preload as=image imageSrcSet='/1.jpg 1w, /2.jpg 2w' imageSizes=50vw>";
    assert_eq!(named(without_href, None), ["own /1.jpg", "own /2.jpg"]);
    for other in [
        "<link imagesrcset='/1.jpg 1w'>",
        "<link rel=preload as=style imagesrcset='/1.jpg 1w'>",
        "<link rel=preload as=image imagesrcset=''>",
    ] {
        assert_eq!(named(other, None), [""; 0], "{other}");
    }
}

#[test]
fn what_is_for_print_alone_no_view_needs() {
    let sheets = |html: &str| observe("https://shop.example/", None, &[html.as_bytes()]).sheets;
    for (media, is_needed) in [
        ("print", false),
        ("PRINT ", false),
        ("only print and (color)", false),
        ("print, speech", false),
        ("not screen", false),
        ("not all", false),
        ("not print", true),
        ("print, screen", true),
        ("screen", true),
        ("only screen and (min-width: 1px)", true),
        ("not screen and (min-width: 1px)", true),
        ("not (min-width: 1px)", true),
        ("all", true),
        ("", true),
    ] {
        let linked = format!("<link rel=stylesheet href=/a.css media='{media}'>");
        assert_eq!(!sheets(&linked).is_empty(), is_needed, "{linked}");
        let imported = format!("<style>@import '/a.css' {media};</style>");
        assert_eq!(!sheets(&imported).is_empty(), is_needed, "{imported}");
        let sheet = crate::learn::document::sheet(
            &Url::parse("https://shop.example/site.css").unwrap(),
            &format!("@import '/a.css' {media};"),
            0,
        );
        assert_eq!(!sheet.imports.is_empty(), is_needed, "{media}");
    }
    for later in ["onload=\"this.media='all'\"", "ngCspMedia=all"] {
        let linked = format!("<link rel=stylesheet media=print {later} href=/a.css>");
        assert_eq!(sheets(&linked), ["/a.css"], "{later}");
    }
}

#[test]
fn what_a_script_moves_to_where_it_counts_has_its_sizes_there_too() {
    let link = "<about:blank>; imagesrcset=\"/a.jpg 480w, /b.jpg 960w\"; imagesizes=\"50vw\"";
    for prefix in ["data-", "data-lazy-"] {
        let set = format!("{prefix}srcset='/a.jpg 480w, /b.jpg 960w' {prefix}sizes=50vw");
        let img = format!("<img src='data:,' {prefix}src=/a.jpg {set}>");
        assert_eq!(pictures(&img), [link], "{img}");
        // What counts already is not taken from there.
        let set = set.replacen(&format!("{prefix}srcset"), "srcset", 1);
        let now = pictures(&format!("<img src=/a.jpg {set}>"));
        assert_eq!(now, [link.replace("; imagesizes=\"50vw\"", "")], "{set}");
        let source = |set: &str| of_picture(&format!("<source {set}><img src=/c.jpg>"));
        let of_source = source(&format!("{prefix}srcset='/a.jpg 480w' {prefix}sizes=50vw"));
        assert_eq!(
            of_source,
            ["<about:blank>; imagesrcset=\"/a.jpg 480w\"; imagesizes=\"50vw\""],
            "{prefix}"
        );
        let of_source = source(&format!("srcset='/a.jpg 480w' {prefix}sizes=50vw"));
        assert_eq!(of_source, ["<about:blank>; imagesrcset=\"/a.jpg 480w\""], "{prefix}");
    }
}

#[test]
fn pictures_that_a_script_may_show_leave_room_to_what_is_shown() {
    let of_menu: Vec<String> =
        (0..60).map(|n| format!("<img src=/small-{n}.jpg data-src=/large-{n}.jpg>")).collect();
    let html = format!("{}<img src=/hero.jpg>", of_menu.concat());
    let resources = see("https://shop.example/a/", None, None, &[html.as_bytes()]).observation.resources;
    let named = |url: &str| resources.iter().any(|named| named.resource.url == url);
    assert!(named("/small-0.jpg") && named("/small-45.jpg"), "what is shown comes first");
    assert!(!resources.iter().any(|named| named.resource.url.starts_with("/large")));
    let few = format!("{}<img src=/hero.jpg>", of_menu[..30].concat());
    let resources = see("https://shop.example/a/", None, None, &[few.as_bytes()]).observation.resources;
    let count = |start: &str| resources.iter().filter(|named| named.resource.url.starts_with(start)).count();
    assert_eq!((count("/small"), count("/hero"), count("/large")), (30, 1, 17));
}

#[test]
fn a_picture_is_named_as_it_is_and_as_a_script_may_have_it() {
    let named = |html: &str| -> Vec<(String, bool)> {
        let resources = see("https://shop.example/a/", None, None, &[html.as_bytes()]).observation.resources;
        let urls = |named: &Named| named.resource.urls().collect::<Vec<_>>().join(" ");
        resources.iter().map(|named| (urls(named), named.tag.is_some())).collect()
    };
    for (html, expected) in [
        // As galleries of shops have it: the larger one is for a closer look.
        ("<img src=/600.jpg data-src=/full.jpg>", vec![("/full.jpg", false), ("/600.jpg", true)]),
        ("<img src=/small.jpg data-lazy-src=/a.jpg>", vec![("/a.jpg", false), ("/small.jpg", true)]),
        (
            "<img src=/small.jpg data-srcset='/a.jpg 480w, /b.jpg 960w' data-sizes=50vw>",
            vec![("/a.jpg /b.jpg", false), ("/small.jpg", true)],
        ),
        // A placeholder is nothing that is fetched.
        ("<img src=data:,x data-src=/a.jpg>", vec![("/a.jpg", false)]),
        ("<img src='' data-src=/a.jpg>", vec![("/a.jpg", false)]),
        ("<img data-src=/a.jpg>", vec![("/a.jpg", false)]),
        // Nothing is moved.
        ("<img src=/a.jpg data-src=/a.jpg>", vec![("/a.jpg", true)]),
        ("<img src=/a.jpg srcset='/b.jpg 480w' data-src=/c.jpg>", vec![("/b.jpg", true)]),
        (
            "<picture><source media='(min-width: 900px)' srcset=/wide.jpg><img src=/600.jpg data-src=/full.jpg></picture>",
            vec![("/full.jpg", false), ("/wide.jpg", true), ("/600.jpg", true)],
        ),
        (
            "<picture><source data-srcset=/wide.jpg><img src=/small.jpg data-src=/a.jpg></picture>",
            vec![("/wide.jpg", false), ("/small.jpg", true)],
        ),
    ] {
        let expected: Vec<(String, bool)> =
            expected.into_iter().map(|(urls, has_tag)| (urls.to_owned(), has_tag)).collect();
        assert_eq!(named(html), expected, "{html}");
    }
    let html = "<img src=/600.jpg data-src=/full.jpg sizes=9px loading=lazy fetchpriority=high>";
    let resources = see("https://shop.example/a/", None, None, &[html.as_bytes()]).observation.resources;
    assert_eq!(resources[1].src(), "/600.jpg", "by which its tag is found");
    assert!(resources[1].tag.is_some_and(|tag| tag.is_lazy && tag.is_high));
    assert_eq!(resources[1].form, form("", "9px"));
}

#[test]
fn pictures_that_are_lazy_make_room_for_others() {
    let menu: String =
        (0..60).map(|at| format!("<img loading=lazy src=/menu/{at}.jpg>")).collect::<Vec<_>>().concat();
    let named = |html: &str| {
        pictures(html).iter().map(|link| link[1..].split('>').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(named(&menu).len(), 48);
    let page = named(&format!("{menu}<img src=/hero.jpg><img src=/b.jpg><img loading=lazy src=/c.jpg>"));
    assert_eq!((page.len(), page.first().unwrap().as_str()), (48, "/menu/0.jpg"));
    assert_eq!(&page[45..], ["/menu/45.jpg", "/hero.jpg", "/b.jpg"]);
    // And of the bytes.
    let long = "a".repeat(400);
    let menu: String =
        (0..40).map(|at| format!("<img loading=lazy src=/{at}/{long}.jpg>")).collect::<Vec<_>>().concat();
    let page = named(&format!("{menu}<img src=/hero/{long}.jpg>"));
    assert!(page.len() < 32 && page.last().unwrap().starts_with("/hero/"), "{}", page.len());
    let plain: String = (0..60).map(|at| format!("<img src=/{at}.jpg>")).collect::<Vec<_>>().concat();
    assert_eq!(named(&format!("{plain}<img src=/hero.jpg>")).len(), 48);
}

#[test]
fn a_picture_whose_source_says_too_much_is_not_named() {
    let img = "<img src=/small.jpg><img src=/again.jpg>";
    let ranges: String = (0..9000)
        .map(|at| format!("(min-width:{}px) and (max-width:{}px),", 4 * at, 4 * at + 2))
        .collect::<Vec<_>>()
        .concat();
    for (attribute, start) in [("media", ""), ("sizes", ""), ("type", "image/")] {
        let long = format!("<source srcset=/big.jpg {attribute}='{start}{ranges}'>");
        assert_eq!(of_picture(&format!("{long}{}", img.repeat(400))), [""; 0], "{attribute}");
        assert_eq!(pictures(&format!("<picture>{long}</picture>{img}")), ["</small.jpg>", "</again.jpg>"]);
    }
    let candidates: String = (1..2000).map(|at| format!("/{at}.jpg {at}w, ")).collect::<Vec<_>>().concat();
    let long = format!("<source media='(min-width: 900px)' srcset='{candidates}'>");
    assert_eq!(
        of_picture(&format!("{long}<img src=/small.jpg>")),
        ["<about:blank>; imagesrcset=\"/small.jpg 1x\"; media=\"(max-width: 899.98px)\""]
    );
}
