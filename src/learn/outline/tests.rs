//! Tests of `outline.rs` and of the elements that it is drawn from.

use super::*;
use crate::head::Head;
use crate::learn::html::{MAX_PAGE_BYTES, Observer};
use crate::sorting::map::SortedMap;
use proptest::prelude::*;

const URL: &str = "https://shop.example/blog/post?ref=1#top";

fn outline_of(head: &Head, inert: &str, html: &str) -> Outline {
    let inert = InertParameters::new(&[inert.to_owned()]);
    let mut observer = Observer::new(&Url::parse(URL).unwrap(), head, &inert).unwrap();
    observer.write(html.as_bytes());
    observer.end().outline
}

fn outline(html: &str) -> Outline {
    outline_of(&Head::default(), "", html)
}

/// The links as `top /a`.
fn marks(outline: &Outline) -> Vec<String> {
    let place = |place: Place| serde_json::to_value(place).unwrap().as_str().unwrap().to_owned();
    outline.links.iter().map(|link| format!("{} {}", place(link.place), link.path)).collect()
}

fn links(html: &str) -> Vec<String> {
    marks(&outline(html))
}

fn anchors(paths: &str) -> String {
    paths.split(' ').map(|path| format!("<a href={path}>x</a>")).collect::<Vec<_>>().concat()
}

#[test]
fn an_article_of_a_blog() {
    let html = "<!doctype html><html><head><title>Post</title>\
        <link rel=canonical href=/blog/post><link rel='shortlink prev' href=/blog/older>\
        <link rel=next href=https://elsewhere.example/x></head><body>\
        <header><a href=/><img src=/logo.svg></a><nav><ul><li><a href=/blog/>Blog<li><a href=/about>About</ul></nav></header>\
        <main><nav aria-label=Breadcrumb><a href=/blog/>Blog</a></nav>\
        <article><header><h1>Post</h1><a href=/authors/ann rel=author>Ann</a></header>\
        <p>See <a href='/blog/first?utm_source=post'>this</a>, <a href=second#part>that</a>, <a href=/paper.PDF>paper</a>,\
        <a href=?page=2>more</a>, <a href=#top>up</a>, <a href=/blog/post>me</a>, <a href=//elsewhere.example/>them</a>.</p>\
        <footer><a href=/tags/rust>rust</a></footer></article>\
        <aside><article><a href=/blog/related>Related</a></article></aside>\
        <a href=/blog/newer rel=NEXT>Newer</a><a href=/blog/older>Older</a></main>\
        <footer><nav><a href=/imprint>Imprint</a><a href=/about>About</a></nav></footer></body></html>";
    let expected = [
        "next /blog/newer",
        "prev /blog/older",
        "top /authors/ann",
        "top /blog/first",
        "top /blog/second",
        "chrome /",
        "chrome /blog/",
        "chrome /about",
        "chrome /blog/related",
        "footer /tags/rust",
        "footer /imprint",
    ];
    assert_eq!(links(html), expected);
}

#[test]
fn a_list_of_products() {
    let card = |n: u32| {
        format!("<article><a href=/p/{n}><img></a><footer><a href=/brand/{n}>x</a></footer></article>")
    };
    let html = format!(
        "<div role=banner><a href=/>Shop</a></div><div role=' Navigation '>{}</div><a href=/sale>Sale</a>\
         <div role=main><h1>Shoes</h1>{}<a href=/p/2>again</a></div><div role=contentinfo><a href=/terms>Terms</a></div>",
        anchors("/men /women"),
        (1..=6).map(card).collect::<Vec<_>>().concat()
    );
    let expected = [
        "top /p/1",
        "top /p/2",
        "top /p/3",
        "top /p/4",
        "top /p/5",
        "main /p/6",
        "main /sale",
        "chrome /",
        "chrome /men",
        "chrome /women",
        "footer /brand/1",
        "footer /brand/2",
        "footer /brand/3",
        "footer /brand/4",
        "footer /brand/5",
        "footer /brand/6",
        "footer /terms",
    ];
    assert_eq!(links(&html), expected);
}

#[test]
fn a_page_without_landmarks_has_its_first_links_on_top() {
    let html = format!("<body><div id=nav>{}</div>", anchors("/1 /2 /1 /3 /4 /5 /6"));
    assert_eq!(links(&html), ["top /1", "top /2", "top /3", "top /4", "top /5", "main /6"]);
    // Where the content is marked, what stands outside is not the first of it.
    let html = format!("{}<main></main>", anchors("/1"));
    assert_eq!(links(&html), ["main /1"]);
}

#[test]
fn an_aside_with_articles_is_no_content() {
    let html = "<aside><article><a href=/1></a></article></aside><a href=/2></a>";
    assert_eq!(links(html), ["top /2", "chrome /1"]);
}

#[test]
fn links_that_are_to_no_other_page_or_not_to_be_followed_are_left_out() {
    for html in [
        "<a href=/blog/post?x=1></a>",
        "<a href=/blog/post?utm_id=1></a>",
        "<a href=/1?x=1></a>",
        "<a href=/1?utm_id=1&amp;x=1></a>",
        "<a href=/_headstart/rules></a>",
        "<a href=http://shop.example/1></a>",
        "<a href=mailto:a@shop.example></a><a href=javascript:0></a><a href='https://['></a><a href=' '></a>",
        "<a href=/1.zip></a><a href=/1.JPG></a>",
        "<a rel='nofollow next' href=/1></a>",
        "<area rel=nofollow href=/1>",
        "<a download href=/1></a>",
        "<a class='x no-prefetch' href=/1></a>",
        "<a data-no-prefetch href=/1></a>",
        "<div class=no-prefetch><ul><li><a href=/1></a></ul></div>",
        "<body data-no-prefetch><a href=/1></a></body><a href=/2></a>",
        "<p data-no-prefetch><area rel=next href=/1></p>",
        "<template><a href=/1></a><template></template><a href=/2></a></template>",
        "<noscript><a href=/1></a></noscript>",
        "<!-- <a href=/1></a> --><script>'<a href=/1></a>'</script>",
        "<link rel=prefetch href=/1><link rel=prerender href=/1><link rel=alternate href=/1>",
        "<link rel=next href=https://elsewhere.example/1>",
        "<template><link rel=next href=/1></template>",
    ] {
        assert_eq!(links(html), Vec::<String>::new(), "{html}");
    }
    let long = format!("<a href=/{}></a>", "x".repeat(MAX_PATH_BYTES));
    assert_eq!(links(&long), Vec::<String>::new());
}

#[test]
fn a_mark_ends_with_its_element() {
    for html in [
        "<div class=no-prefetch><a href=/1></a></div><a href=/2></a>",
        "<a class=no-prefetch href=/1></a><a href=/2></a>",
        "<img class=no-prefetch><a href=/2></a>",
        "<ul><li data-no-prefetch><a href=/1></a></ul><a href=/2></a>",
        "<a rel=nofollow href=/2></a><a href=/2></a>",
        "<template data-no-prefetch></template><a href=/2></a>",
    ] {
        assert_eq!(links(html), ["top /2"], "{html}");
    }
}

#[test]
fn the_document_base_counts_from_where_it_stands() {
    let html = "<a href=1></a><base href=/en/><a href=2></a><link rel=next href=3>";
    assert_eq!(links(html), ["next /en/3", "top /blog/1", "top /en/2"]);
    assert_eq!(links("<base href=//cdn.example/><a href=1></a><a href=/2></a>"), Vec::<String>::new());
}

#[test]
fn the_link_field_tells_next_and_previous_pages() {
    let field = "</2>; rel=\"next last\", <1>; rel=Prev, </x>; rel=canonical, </y>; rel=next; anchor=\"#x\", \
                 <https://elsewhere.example/>; rel=next, </3?page=3>; rel=next, </z.pdf>; rel=next";
    let head = Head { link: Some(field.to_owned()), ..Head::default() };
    let html = "<base href=/en/><main><a href=/2></a><a href=/4></a></main>";
    assert_eq!(marks(&outline_of(&head, "", html)), ["next /2", "prev /blog/1", "top /4"]);
}

#[test]
fn a_sites_inert_parameters_make_no_other_page() {
    let html = "<a href=/1?from=x></a><a href=/2?from=x&amp;q=1></a>";
    assert_eq!(marks(&outline_of(&Head::default(), "from", html)), ["top /1"]);
    assert_eq!(links(html), Vec::<String>::new());
}

#[test]
fn missing_end_tags_do_not_make_a_page_chrome() {
    for (html, expected) in [
        ("<nav><a href=/n></a><main><a href=/1></a>", ["top /1", "chrome /n"]),
        ("<header><nav><a href=/n></a><article><a href=/1></a>", ["top /1", "chrome /n"]),
        ("<nav><h1>Menu</h1><a href=/n></a><h1>Page</h1><a href=/1></a>", ["top /1", "chrome /n"]),
        ("<div><nav><ul><li><a href=/n></a></div><a href=/1></a>", ["top /1", "chrome /n"]),
        ("<header><nav><a href=/n></a></header><a href=/1></a>", ["top /1", "chrome /n"]),
        ("<aside><a href=/n></a><main><a href=/1></a>", ["top /1", "chrome /n"]),
        ("<header><a href=/n></a><div role=main><a href=/1></a></div></header>", ["top /1", "chrome /n"]),
        ("<nav><nav><a href=/n></a></nav></nav><a href=/1></a>", ["top /1", "chrome /n"]),
        ("<nav/><a href=/n></a></nav><a href=/1></a>", ["top /1", "chrome /n"]),
        ("<footer><a href=/n></a><main><a href=/1></a>", ["top /1", "footer /n"]),
        ("<article><a href=/1></a><footer><nav><a href=/n></a>", ["top /1", "footer /n"]),
        ("<article><header><a href=/1></a></article><header><a href=/n></a>", ["top /1", "chrome /n"]),
        ("</nav></main><a href=/1></a></footer><nav><a href=/n></a>", ["top /1", "chrome /n"]),
    ] {
        assert_eq!(links(html), expected, "{html}");
    }
}

#[test]
fn a_page_may_keep_robots_away() {
    for (html, expected) in [
        ("<meta name=robots content=noindex>", true),
        ("<META NAME=Robots CONTENT='nofollow , NoIndex'>", true),
        ("<meta name=googlebot content=none>", true),
        ("<meta name=robots content='max-snippet:0,none'>", true),
        ("<meta name=robots content='index, follow'><meta name=robots content=noindex>", true),
        ("<meta name=robots content='index, follow'>", false),
        ("<meta name=robots content='noindexing'>", false),
        ("<meta name=bingbot content=noindex>", false),
        ("<meta property=robots content=noindex>", false),
        ("<meta name=description content=noindex>", false),
        ("<template><meta name=robots content=noindex></template>", false),
        ("<noscript><meta name=robots content=noindex></noscript>", false),
    ] {
        assert_eq!(outline(html).noindex, expected, "{html}");
    }
}

#[test]
fn rules_that_a_page_brings_are_known() {
    let rules = |script: &str| {
        let outline = outline(&format!("<base href=/en/>{script}"));
        (outline.has_rules, outline.ruled.join(" "))
    };
    let script = |text: &str| rules(&format!("<script type=speculationrules>{text}</script>"));
    let list = r#"{"prefetch":[{"urls":["1","/2","/2?utm_id=1","/3?q=1","//elsewhere.example/4",5]}]}"#;
    for (text, expected) in [
        (list, (false, "/en/1 /2")),
        (r#"{"prerender":[{"source":"list","urls":["/1"]},{"where":{}}]}"#, (true, "/1")),
        (r#"{"prerender_until_script":[{"source":"document"}]}"#, (true, "")),
        (r#"{"prefetch":[{"source":"list"}],"prerender":[7,{"urls":"/1"}]}"#, (false, "")),
        (r#"{"other":[{"where":{}}],"prefetch":{"where":{}}}"#, (false, "")),
        (r#"[{"prefetch":[{"where":{}}]}]"#, (false, "")),
        (r#"{"prefetch":[{"where":{}}]"#, (false, "")),
        ("", (false, "")),
    ] {
        assert_eq!(script(text), (expected.0, expected.1.to_owned()), "{text}");
    }
    let text = r#"{"prefetch":[{"where":{}}]}"#;
    for (html, expected) in [
        (format!("<script type=' SpeculationRules '>{text}</script>"), true),
        (format!("<script type=speculationrules src=x.json>{text}</script>"), false),
        (format!("<script type=speculationrules2>{text}</script>"), false),
        (
            format!(
                "<script type=speculationrules></script><script type=speculationrules src>{text}</script>"
            ),
            false,
        ),
        (
            format!(
                "<script type=speculationrules></script><template><script type=speculationrules>{text}</script>"
            ),
            false,
        ),
        (format!("<script type=speculationrules>{}{text}</script>", " ".repeat(MAX_RULES_BYTES)), false),
        (format!("<script type=application/json>{text}</script>"), false),
    ] {
        assert_eq!(rules(&html).0, expected, "{html}");
    }
}

#[test]
fn of_many_links_the_most_prominent_stay_and_of_those_the_first() {
    let footer = (0..10_000).map(|n| format!("<a href=/f{n}>x</a>")).collect::<Vec<_>>().concat();
    let chrome = (0..38).map(|n| format!("<a href=/c{n}>x</a>")).collect::<Vec<_>>().concat();
    let html = format!("<footer>{footer}</footer><nav>{chrome}</nav><main><a href=/f9999></a></main>");
    let links = links(&html);
    assert_eq!(links.len(), MAX_LINKS);
    assert_eq!(links[..2], ["top /f9999", "chrome /c0"]);
    assert_eq!(links[38..], ["chrome /c37", "footer /f0"]);
}

#[test]
fn reading_is_bounded_whatever_comes() {
    let landmarks =
        ["nav", "main", "article", "header", "aside", "footer", "p class=no-prefetch", "div role=main"];
    for name in landmarks {
        let deep = format!("<a href=/1></a>{}<a href=/2></a>", format!("<{name}>").repeat(100_000));
        assert!(links(&deep).len() <= 2, "{name}");
        let one = format!("<{name}><h1><a href=/x>");
        let again = one.repeat(MAX_PAGE_BYTES / one.len() + 1);
        assert!(links(&again).len() <= 1, "{name}");
    }
    let mixed =
        (0..20_000).map(|n| format!("<{}><a href=/{n}>", landmarks[n % 8])).collect::<Vec<_>>().concat();
    assert!(links(&mixed).len() <= MAX_LINKS);
    let urls: Vec<String> = (0..5_000).map(|n| format!("\"/{n}\"")).collect();
    let list = format!(r#"{{"prefetch":[{{"urls":[{}]}}]}}"#, urls.join(","));
    let html = format!("<script type=speculationrules>{list}</script>").repeat(3);
    assert_eq!(outline(&html).ruled.len(), MAX_RULED);
    let nested = format!(r#"{{"prefetch":{}"#, "[".repeat(60_000));
    assert!(!outline(&format!("<script type=speculationrules>{nested}</script>")).has_rules);
}

proptest! {
    #[test]
    fn what_is_let_go_would_not_have_stayed(seen in prop::collection::vec((0_usize..90, 0_usize..6), 0..300)) {
        let ranks = [Rank::Next, Rank::Prev, Rank::Content, Rank::Body, Rank::Chrome, Rank::Footer];
        let page = Url::parse(URL).unwrap();
        let mut sketch = Sketch::new(&page, &InertParameters::default());
        let mut all = SortedMap::new();
        for (order, (path, rank)) in seen.iter().enumerate() {
            let (path, rank) = (format!("/{path}"), ranks[*rank]);
            sketch.add(&page.join(&path).unwrap(), rank);
            let best = all.entry(path).or_insert((rank, order));
            *best = (rank, order).min(*best);
        }
        let mut expected: Vec<_> = all.into_iter().map(|(path, best)| (best, path)).collect();
        expected.sort();
        expected.truncate(MAX_LINKS);
        let expected: Vec<String> = expected.into_iter().map(|(_, path)| path).collect();
        let links: Vec<String> = sketch.finish().links.into_iter().map(|link| link.path).collect();
        prop_assert_eq!(links, expected);
    }
}
