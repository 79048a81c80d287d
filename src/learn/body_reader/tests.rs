use super::*;
use crate::hash::fnv1a;
use crate::hints::resource::{Destination, Resource};
use crate::learn::document::resources::Named;
use crate::learn::html::MAX_PAGE_BYTES;
use crate::learn::next::navigation_batch::NavigationBatch;
use crate::learn::next::visitor::{Salt, day_of};

const NOW: u64 = 1_000;
const SITE: &str = "https://shop.example";

fn visit(path: &str) -> Visit {
    Visit::with("GET", Url::parse(SITE).unwrap().join(path).unwrap(), &[])
}

fn head(content: Content, charset: Option<&str>) -> Head {
    Head { status: 200, content, charset: charset.map(str::to_owned), ..Head::default() }
}

fn reader(path: &str, head: &Head) -> Option<BodyReader> {
    BodyReader::new(&visit(path), head, &InertParameters::default())
}

/// What is read of a body, whether all of it was wanted. It is the same in pieces of any size.
fn read(begin: impl Fn() -> BodyReader, body: &[u8]) -> (BodyRead, bool) {
    let whole = {
        let mut reader = begin();
        let wants_more = reader.write(body);
        (reader.end(NOW), wants_more)
    };
    for size in [1, 1000, 64 * 1024] {
        if body.len() / size > 10_000 {
            continue;
        }
        let mut reader = begin();
        let wants_more = body.chunks(size).all(|piece| reader.write(piece));
        assert_eq!((reader.end(NOW), wants_more), whole, "in pieces of {size}");
    }
    whole
}

#[test]
fn a_page_is_read_for_its_content_and_its_hash() {
    let body = b"<title>A</title><script src=https://cdn.example/a.js></script><a href=/b>B</a>";
    let (read, wants_more) = read(|| reader("/a?b=1", &head(Content::Page, None)).unwrap(), body);
    let BodyRead::Page { path, hash, findings, shared: None } = read else { panic!("{read:?}") };
    assert!(wants_more);
    assert_eq!((path.as_str(), hash), ("/a", Some(fnv1a(body))));
    assert_eq!(findings.observation.path, "/a");
    let origins: Vec<&str> = findings.observation.uses.iter().map(|used| used.origin.as_str()).collect();
    assert_eq!(origins, ["https://cdn.example"]);
    let links: Vec<&str> = findings.outline.links.iter().map(|link| link.path.as_str()).collect();
    assert_eq!(links, ["/b"]);
}

#[test]
fn a_page_that_is_not_read_to_its_end_has_no_hash() {
    let begin = || reader("/a", &head(Content::Page, None)).unwrap();
    for (length, is_whole) in
        [(MAX_PAGE_BYTES - 1, true), (MAX_PAGE_BYTES, false), (MAX_PAGE_BYTES + 1, false)]
    {
        let body = " ".repeat(length).into_bytes();
        let (read, wants_more) = read(begin, &body);
        let BodyRead::Page { hash, .. } = read else { panic!("{read:?}") };
        assert_eq!((hash, wants_more), (is_whole.then(|| fnv1a(&body)), is_whole), "{length}");
    }
    // What comes after all the same changes nothing.
    let mut reader = begin();
    assert!(!reader.write(&b" ".repeat(MAX_PAGE_BYTES)) && !reader.write(b"x") && !reader.write(b""));
    assert!(matches!(reader.end(NOW), BodyRead::Page { hash: None, .. }));
}

#[test]
fn a_page_is_read_no_further_than_it_is_to_be() {
    let begin = || reader("/a", &head(Content::Page, None)).unwrap().reading_at_most(20_000);
    assert_eq!(begin().held_bytes(), Some(20_000));
    let image = |host: &str| format!("<img src=https://{host}.example/a.png>");
    for (length, is_whole) in [(19_999, true), (20_000, false), (60_000, false)] {
        let body = format!("{}{}", image("a"), " ".repeat(length - image("a").len()));
        let body = format!("{body}{}", if is_whole { String::new() } else { image("b") });
        let (read, wants_more) = read(begin, body.as_bytes());
        let BodyRead::Page { hash, findings, .. } = read else { panic!("{read:?}") };
        assert_eq!((hash, wants_more), (is_whole.then(|| fnv1a(body.as_bytes())), is_whole), "{length}");
        let origins = findings.observation.uses.iter().map(|used| used.origin.as_str());
        assert_eq!(origins.collect::<Vec<_>>(), ["https://a.example"], "{length}");
    }
    let more = reader("/a", &head(Content::Page, None)).unwrap().reading_at_most(usize::MAX);
    assert_eq!(more.held_bytes(), Some(MAX_PAGE_BYTES));
    // A hash costs next to nothing.
    assert_eq!(BodyReader::comparing(&visit("/a")).reading_at_most(1).held_bytes(), None);
}

#[test]
fn a_stylesheet_is_read_no_further_than_it_is_to_be_and_cut_where_a_rule_ends() {
    let begin = || reader("/a.css", &head(Content::Sheet, None)).unwrap().reading_at_most(40);
    assert_eq!(begin().held_bytes(), Some(41));
    let rule = "@import '/b.css'; h1 {}";
    for (rest, is_whole) in
        [(" ".repeat(17), true), (" ".repeat(18), false), ("@import '/c.css'; h1 {}".to_owned(), false)]
    {
        let (read, wants_more) = read(begin, format!("{rule}{rest}").as_bytes());
        let BodyRead::Sheet { sheet, .. } = read else { panic!("{read:?}") };
        assert_eq!((sheet.imports, wants_more), (vec!["/b.css".to_owned()], is_whole), "{rest}");
    }
}

#[test]
fn a_page_that_is_compared_has_only_a_hash() {
    for (length, is_whole) in [(0, true), (MAX_COMPARED_BYTES, true), (MAX_COMPARED_BYTES + 1, false)] {
        let body = "x".repeat(length).into_bytes();
        let hash = is_whole.then(|| fnv1a(&body));
        let expected = BodyRead::Compared { path: "/a".to_owned(), hash };
        let begin = || BodyReader::comparing(&visit("/a?utm_source=b"));
        assert_eq!(read(begin, &body), (expected, is_whole), "{length}");
    }
}

/// A stylesheet as another one names it.
fn style(url: &str) -> Named {
    let resource = Resource::new(url.to_owned(), Destination::Style);
    Named::new(resource)
}

#[test]
fn a_stylesheet_is_named_by_path_and_query_and_decoded_as_its_answer_says() {
    let expected = SheetObservation {
        at: NOW,
        imports: vec!["/b.css?%C3%BC".to_owned(), "/c.css".to_owned()],
        resources: ["/b.css?%C3%BC", "/c.css"].map(style).to_vec(),
        ..SheetObservation::default()
    };
    let expected = |is_encoded_otherwise| {
        let sheet = SheetObservation { is_encoded_otherwise, ..expected.clone() };
        (BodyRead::Sheet { name: "/a.css?v=2".to_owned(), sheet }, true)
    };
    let text = "@import '/b.css?\u{fc}'; @import '/c.css';";
    let latin: Vec<u8> = text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect();
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let said = [b"@charset \"windows-1252\";", latin.as_slice()].concat();
    for (charset, body, is_encoded_otherwise) in [
        (None, text.as_bytes(), false),
        (Some("no-such-encoding"), text.as_bytes(), false),
        (Some("ISO-8859-1"), &latin, true),
        (Some("utf-16le"), &wide, true),
        (None, &said, true),
    ] {
        let begin = || reader("/a.css?v=2", &head(Content::Sheet, charset)).unwrap();
        assert_eq!(read(begin, body), expected(is_encoded_otherwise), "{charset:?}");
    }
}

#[test]
fn a_stylesheet_is_read_up_to_its_most_bytes_and_no_further() {
    let begin = || reader("/a.css", &head(Content::Sheet, None)).unwrap();
    for (length, is_whole) in
        [(MAX_CSS_BYTES, true), (MAX_CSS_BYTES + 1, false), (MAX_CSS_BYTES + 500, false)]
    {
        // Of a sheet that has been cut, what stands behind its last whole rule is left out.
        let rule = "@import '/b.css'; h1 {}";
        let text = format!("{rule}{}", " ".repeat(length - rule.len()));
        let (read, wants_more) = read(begin, text.as_bytes());
        let BodyRead::Sheet { sheet, .. } = read else { panic!("{read:?}") };
        assert_eq!((sheet.imports, wants_more), (vec!["/b.css".to_owned()], is_whole), "{length}");
    }
    let mut reader = begin();
    assert!(!reader.write(&b" ".repeat(MAX_CSS_BYTES + 500)));
    let Reader::Sheet(sheet) = &reader.content else { panic!() };
    assert_eq!(sheet.bytes.len(), MAX_CSS_BYTES + 1, "that there was more can be told");
}

#[test]
fn what_cannot_be_named_or_decoded_is_not_begun() {
    let long = format!("/{}", "a".repeat(MAX_PATH_BYTES));
    for content in [Content::Page, Content::Sheet] {
        assert!(reader(&long, &head(content, None)).is_none(), "{content:?}");
    }
    let long = format!("/a?{}", "b".repeat(MAX_PATH_BYTES));
    assert!(reader(&long, &head(Content::Sheet, None)).is_none());
    assert!(reader(&long, &head(Content::Page, None)).is_some(), "a page is known by its path");
    assert!(reader("/", &head(Content::Page, Some("utf-16le"))).is_none());
}

/// What an isolate keeps.
#[derive(Default)]
struct Isolate {
    site_urls: SiteUrlCache,
    navigations: NavigationBuffer,
    /// What the visitor sends.
    cookies: &'static str,
}

impl Isolate {
    fn keep(&mut self, read: BodyRead, learns_hints: bool, learns_next_pages: bool) -> Kept {
        let visitor = self.navigations.visitor(Some("192.0.2.1"));
        let shelves = Shelves {
            site_urls: &mut self.site_urls,
            navigations: learns_next_pages.then_some(&mut self.navigations),
            learns_hints,
            visitor,
            cookies: self.cookies,
        };
        read.keep(SITE, 3, shelves, NOW)
    }

    fn taken(&mut self) -> Option<NavigationBatch> {
        self.navigations.take(|_| true).pop()
    }
}

fn page(hash: Option<u64>) -> BodyRead {
    let body = b"<img src=https://cdn.example/a.png><a href=/b>B</a>";
    let mut reader = reader("/a", &head(Content::Page, None)).unwrap();
    reader.write(body);
    match reader.end(NOW) {
        BodyRead::Page { path, findings, .. } => BodyRead::Page { path, hash, findings, shared: None },
        other => other,
    }
}

fn compared(hash: Option<u64>) -> BodyRead {
    BodyRead::Compared { path: "/a".to_owned(), hash }
}

#[test]
fn a_page_goes_to_whoever_learns_from_it() {
    for (learns_hints, learns_next_pages) in [(true, true), (true, false), (false, true)] {
        let mut isolate = Isolate::default();
        let read = page(Some(1));
        let BodyRead::Page { findings, .. } = read.clone() else { panic!("{read:?}") };
        let kept = isolate.keep(read, learns_hints, learns_next_pages);
        let expected = if learns_hints {
            Kept::Observation(Observation { served: 3, ..findings.observation })
        } else {
            Kept::Page
        };
        assert_eq!(kept, expected);
        let outline = isolate.taken().map(|batch| batch.pages["/a"].outline.clone().unwrap());
        assert_eq!(outline, learns_next_pages.then_some(findings.outline));
        assert_eq!(isolate.site_urls.differs(SITE, "/a", 1, NOW), Some(false));
    }
}

#[test]
fn a_page_is_compared_only_where_both_were_read_whole() {
    for (plain, other, expected) in [
        (Some(1), Some(1), Some(false)),
        (Some(1), Some(2), Some(true)),
        (None, Some(2), None),
        (Some(1), None, None),
    ] {
        let mut isolate = Isolate::default();
        isolate.keep(page(plain), true, true);
        isolate.taken();
        assert_eq!(isolate.keep(compared(other), true, true), Kept::All);
        let varies = isolate.taken().and_then(|batch| batch.pages["/a"].varies);
        assert_eq!(varies, expected, "{plain:?} {other:?}");
    }
}

#[test]
fn a_stylesheet_is_kept_by_its_name() {
    let mut isolate = Isolate::default();
    let read = BodyRead::Sheet { name: "/a.css?v=2".to_owned(), sheet: SheetObservation::default() };
    assert_eq!(isolate.keep(read, true, true), Kept::All);
    assert!(isolate.site_urls.has_sheet(SITE, "/a.css?v=2") && !isolate.site_urls.has_sheet(SITE, "/a.css"));
}

#[test]
fn what_the_visitors_cookie_names_is_not_learned() {
    let sheet = |body: &[u8]| {
        let mut reader = reader("/a.css", &head(Content::Sheet, None)).unwrap();
        reader.write(body);
        reader.end(NOW)
    };
    for (cookies, is_learned) in [
        ("", true),
        ("cdn=other.example", true),
        ("cdn=cdn.example", false),
        ("x=1; from=https%3A%2F%2FCDN%2Eexample%2Fa", false),
    ] {
        let mut isolate = Isolate { cookies, ..Isolate::default() };
        let kept = isolate.keep(page(Some(1)), true, true);
        assert_eq!(matches!(kept, Kept::Observation(_)), is_learned, "{cookies}");
        assert!(isolate.taken().is_some_and(|batch| batch.pages.contains_key("/a")), "what else is there is");
        _ = isolate.keep(sheet(b"body{background:url(https://cdn.example/f)}"), true, true);
        assert_eq!(isolate.site_urls.has_sheet(SITE, "/a.css"), is_learned, "{cookies}");
    }
}

#[test]
fn what_visitors_are_given_alike_is_counted_for_each_of_them_and_another_body_begins_anew() {
    let mut isolate = Isolate::default();
    isolate.navigations.set_salt(Salt::new(day_of(NOW), 7));
    let given = |body: &str, address: &str, isolate: &mut Isolate| {
        let mut reader = reader("/a", &head(Content::Page, None)).unwrap().comparing_visitors();
        reader.write(body.as_bytes());
        let visitor = isolate.navigations.visitor(Some(address));
        let shelves = Shelves {
            site_urls: &mut isolate.site_urls,
            navigations: Some(&mut isolate.navigations),
            learns_hints: false,
            visitor,
            cookies: "",
        };
        reader.end(NOW).keep(SITE, 1, shelves, NOW)
    };
    for (token, address) in [
        ("q1w2E3r4T5y6U7i8", "192.0.2.1"),
        ("A9s8D7f6G5h4J3k2", "192.0.2.2"),
        ("Z9s8D7f6G5h4J3k2", "192.0.2.2"),
    ] {
        given(&format!("<meta content={token}><p>the same"), address, &mut isolate);
    }
    let shared = isolate.taken().unwrap().pages["/a"].shared.clone();
    assert_eq!(shared.iter().map(|shared| shared.visitors.len()).collect::<Vec<_>>(), [2]);
    given("<p>the same", "192.0.2.1", &mut isolate);
    given("<p>Hello Ann", "192.0.2.2", &mut isolate);
    let shared = isolate.taken().unwrap().pages["/a"].shared.clone();
    assert_eq!(shared.iter().map(|shared| shared.visitors.len()).collect::<Vec<_>>(), [1, 1]);
}

#[test]
fn what_links_say_is_told_with_the_visitor_who_was_shown_them_and_stays_in_the_isolate_without_one() {
    let read = |address: Option<&str>| {
        let mut isolate = Isolate::default();
        isolate.navigations.set_salt(Salt::new(day_of(NOW), 7));
        let mut reader = reader("/a", &head(Content::Page, None)).unwrap();
        reader.write(b"<a href=/k/17>Abmelden</a><a href='/k/18?row=1'>Add to cart</a><a href=/b>B</a>");
        let read = reader.end(NOW);
        let suspects: Vec<(String, &str)> =
            read.suspects().iter().map(|suspect| (suspect.shape.clone(), suspect.rule)).collect();
        assert_eq!(suspects, [("/k/17".to_owned(), "sign-out"), ("/k/18?row".to_owned(), "cart")]);
        let visitor = isolate.navigations.visitor(address);
        let shelves = Shelves {
            site_urls: &mut isolate.site_urls,
            navigations: Some(&mut isolate.navigations),
            learns_hints: false,
            visitor,
            cookies: "",
        };
        assert_eq!(read.keep(SITE, 1, shelves, NOW), Kept::Page);
        let told = isolate.taken().unwrap().suspects.into_iter();
        told.map(|stats| (stats.page, stats.rule, stats.shown.len())).collect::<Vec<_>>()
    };
    let told = |page: &str, rule: &str| (page.to_owned(), rule.to_owned(), 1);
    assert_eq!(read(Some("192.0.2.1")), [told("/k/17", "sign-out"), told("/k/18?row", "cart")]);
    assert_eq!(read(None), []);
    assert_eq!(compared(Some(1)).suspects(), []);
}
