use crate::head::Head;
use crate::learn::html::Observer;
use crate::learn::link_reader::{MAX_SUSPECTS, SuspectLink};
use crate::urls::inert_parameters::InertParameters;
use proptest::prelude::*;
use url::Url;

fn read(pieces: &[&[u8]], charset: Option<&str>) -> Vec<SuspectLink> {
    let url = Url::parse("https://shop.example/dir/page").unwrap();
    let head = Head { charset: charset.map(str::to_owned), ..Head::default() };
    let mut observer = Observer::new(&url, &head, &InertParameters::default()).unwrap();
    for piece in pieces {
        observer.write(piece);
    }
    observer.end().suspects
}

/// The suspects of a page, each as `/path rule`.
fn suspects(html: &str) -> Vec<String> {
    let found = read(&[html.as_bytes()], None).into_iter();
    found.map(|SuspectLink { shape, rule }| format!("{shape} {rule}")).collect()
}

#[test]
fn a_links_words_make_its_url_a_suspect() {
    for (html, expected) in [
        ("<a href=/k/17>Abmelden</a>", "/k/17 sign-out"),
        ("<a href=/k/17> \n In den\t<b>Waren</b>korb </a>", "/k/17 cart"),
        ("<a href=/k/17><span>Log</span><br>out</a>", "/k/17 sign-out"),
        ("<a href=/k/17><div>Sign</div>out</a>", "/k/17 sign-out"),
        ("<a href=/k/17>L&ouml;schen</a>", "/k/17 delete"),
        ("<a href=/k/17>Se&nbsp;d&#233;connecter</a>", "/k/17 sign-out"),
        ("<a href=/k/17>&times; Delete &raquo;</a>", "/k/17 delete"),
        ("<a href=/k/17><i class='fa fa-x'></i> Delete</a>", "/k/17 delete"),
        ("<a href=/k/17><i class=material-icons>logout</i> Abmelden</a>", "/k/17 sign-out"),
        ("<a href=/k/17><img src=x alt=Abmelden></a>", "/k/17 sign-out"),
        ("<a href=/k/17><svg><title>Abmelden</title><path/></svg></a>", "/k/17 sign-out"),
        ("<a href=/k/17><svg role=img aria-label=Abmelden><text>x</text></svg></a>", "/k/17 sign-out"),
        ("<a href=/k/17 aria-label=Abmelden>x</a>", "/k/17 sign-out"),
        ("<a href=/k/17 aria-label='L&ouml;schen'>Abmelden</a>", "/k/17 delete"),
        ("<a href=/k/17 aria-label='Add to cart: “Cap”'>Add to cart</a>", "/k/17 cart"),
        ("<a href=/k/17 title=Abmelden><img src=x></a>", "/k/17 sign-out"),
        ("<a href=/k/17 title=Abmelden>Ada</a>", "/k/17 sign-out"),
        ("<map><area href=/k/17 alt=Abmelden></map>", "/k/17 sign-out"),
        ("<map><area href=/k/17 alt='' title=Abmelden></map>", "/k/17 sign-out"),
        ("<a href=/k/17><span hidden>Sie können sich</span>Abmelden</a>", "/k/17 sign-out"),
        ("<a href=/k/17><span aria-hidden=true>x</span>Abmelden</a>", "/k/17 sign-out"),
        (
            "<a href=/k/17><script>x</script><style>x</style>Abmelden<noscript>x</noscript></a>",
            "/k/17 sign-out",
        ),
        ("<a href=/k/17>Abmelden<!-- now --></a>", "/k/17 sign-out"),
        ("<a href=/k/17>Abmelden <a href=/b>B</a>", "/k/17 sign-out"),
        ("<ul><li><a href=/k/17>Abmelden<li><a href=/b>B</ul>", "/k/17 sign-out"),
        ("<a href=/k/17>Abmelden", "/k/17 sign-out"),
        ("<a href=../k/17#now>Abmelden</a>", "/k/17 sign-out"),
        ("<a href='/k?id=17&utm_source=x&way=1'>Abmelden</a>", "/k?id&way sign-out"),
        ("<a href=/k/17 rel=nofollow>Abmelden</a>", "/k/17 sign-out"),
        ("<a href=/k/17 class=no-prefetch>Abmelden</a>", "/k/17 sign-out"),
        ("<base href=/app/><a href=k/17>Abmelden</a>", "/app/k/17 sign-out"),
        ("<a href=https://shop.example/k/17>Abmelden</a>", "/k/17 sign-out"),
        ("<template><a href=/b>Delete</a></template><a href=/k/17>Abmelden</a>", "/k/17 sign-out"),
    ] {
        assert_eq!(suspects(html), [expected], "{html}");
    }
}

#[test]
fn what_says_something_else_or_leads_elsewhere_makes_none() {
    for html in [
        "<a href=/k/17>Abmelden und wieder anmelden</a>",
        "<a href=/k/17>How to log out</a>",
        "<a href=/k/17>Delete a b c d e f g</a>",
        "<a href=/k/17>Konto</a> Abmelden",
        "<a href=/k/17><span hidden>Abmelden</span>Konto</a>",
        "<a href=/k/17><span hidden>Abmelden</span></a>",
        "<a href=/k/17><i aria-hidden=true>Delete</i></a>",
        "<a href=/k/17></a>",
        "<a href=/k/17>»</a>",
        "<a>Abmelden</a>",
        "<button>Abmelden</button>",
        "<a href=https://other.example/k/17>Abmelden</a>",
        "<base href=https://other.example/><a href=/k/17>Abmelden</a>",
        "<a href=http://shop.example/k/17>Abmelden</a>",
        "<a href='javascript:leave()'>Abmelden</a>",
        "<a href='mailto:a@shop.example'>Abmelden</a>",
        "<a href=#>Abmelden</a>",
        "<a href=''>Abmelden</a>",
        "<a href=/dir/page?utm_source=x#top>Abmelden</a>",
        "<a href=/_headstart/rules/site.json>Abmelden</a>",
        "<a href=/k/17.pdf>Abmelden</a>",
        "<a href=/k/17 rel='nofollow UGC'>Abmelden</a>",
        "<template><a href=/k/17>Abmelden</a></template>",
        "<noscript><a href=/k/17>Abmelden</a></noscript>",
        "<a href=/k/17 role=button>Plans</a>",
        "<form action=/x><a href=/k/17>Cancel</a></form>",
        "<a href=/k/17 rel=nofollow>Plans</a>",
        "<a href=/ data-method=delete>x</a>",
        "<a href='/index.php?id=9'>Log out</a>",
        "<a href=/k/17>Subscribe</a>",
        "<a href=/k/17>Buy now</a>",
    ] {
        assert_eq!(suspects(html), Vec::<String>::new(), "{html}");
    }
    let long = format!("<a href=/{}>Abmelden</a>", "k".repeat(512));
    assert_eq!(suspects(&long), Vec::<String>::new());
}

#[test]
fn marks_make_a_suspect_whatever_the_words_are() {
    for (attributes, expected) in [
        ("data-method=post", "method"),
        ("data-method=DELETE", "method"),
        ("data-turbo-method=put", "method"),
        ("hx-post=/x", "method"),
        ("hx-delete=/x", "method"),
        ("hx-put=/x", "method"),
        ("data-hx-patch=/x", "method"),
        ("data-confirm='Sure?'", "confirm"),
        ("data-turbo-confirm='Sure?'", "confirm"),
        ("hx-confirm='Sure?'", "confirm"),
        ("onclick='return confirm(&quot;Sure?&quot;)'", "confirm"),
    ] {
        let html = format!("<a href=/k/17 {attributes}>Ada</a>");
        assert_eq!(suspects(&html), [format!("/k/17 {expected}")], "{html}");
        let html = format!("<a href=/k/17 {attributes}>Delete</a>");
        assert_eq!(suspects(&html), ["/k/17 delete"], "{html}: words say more");
    }
    for attributes in
        ["data-method=get", "data-method=''", "data-confirm=''", "hx-get=/x", "hx-post=''", "onclick='go()'"]
    {
        let html = format!("<a href=/k/17 {attributes}>Ada</a>");
        assert_eq!(suspects(&html), Vec::<String>::new(), "{html}");
    }
}

#[test]
fn other_words_for_the_same_url_take_the_suspicion_from_it() {
    for html in [
        "<a href=/k/17><img alt=Lamp></a><a href=/k/17>Add to cart</a>",
        "<a href=/k/17>Add to cart</a><a href=/k/17#top>Lamp</a>",
        "<a href=/posts/1>Show</a><a href=/posts/1 data-method=delete>Destroy</a>",
        "<a href='/?route=logout'>Abmelden</a><a href='/?route=lamps'>Lamps</a>",
    ] {
        assert_eq!(suspects(html), Vec::<String>::new(), "{html}");
    }
    for html in [
        "<a href=/k/17>Abmelden</a><a href=/k/17>Log out</a>",
        "<a href=/k/17>Abmelden</a><a href=/k/17><img src=x></a><a href=/k/17>»</a><a href=/k/17>17</a>",
        "<a href=/k/17>Abmelden</a><a href=/k/18>Lamp</a>",
        "<a href=/k/17>Abmelden</a><a href='/k/17?a=1'>Lamp</a>",
        "<a href=/k/17>Abmelden</a><p><a rel='nofollow ugc' href=/k/17>Look here</a>",
    ] {
        assert_eq!(suspects(html), ["/k/17 sign-out"], "{html}");
    }
}

#[test]
fn a_page_that_suspects_everything_stays_within_the_bound() {
    let links = (0..5000).map(|number| format!("<a href=/k/{number}>Delete</a>"));
    let found = suspects(&links.collect::<String>());
    assert_eq!(found.len(), MAX_SUSPECTS);
    assert_eq!((found[0].as_str(), found[MAX_SUSPECTS - 1].as_str()), ("/k/0 delete", "/k/49 delete"));
    let endless = format!("<a href=/k/17>{}</a><a href=/k/18>Delete</a>", "Delete ".repeat(100_000));
    assert_eq!(suspects(&endless), ["/k/18 delete"]);
}

#[test]
fn words_are_read_in_the_pages_encoding() {
    let html = b"<a href=/k/17>L\xf6schen</a>";
    let expected = [SuspectLink { shape: "/k/17".to_owned(), rule: "delete" }];
    assert_eq!(read(&[html], Some("iso-8859-1")), expected);
    // With a label that nobody knows, the page's own counts; with a byte order mark, neither.
    let html = b"<meta charset=windows-1251><a href=/k/17>\xC2\xFB\xF5\xEE\xE4</a>";
    let expected = [SuspectLink { shape: "/k/17".to_owned(), rule: "sign-out" }];
    for charset in [None, Some(""), Some("windows1251")] {
        assert_eq!(read(&[html], charset), expected, "{charset:?}");
    }
    let marked = "\u{feff}<meta charset=windows-1251><a href=/k/17>Выход</a>".as_bytes();
    assert_eq!(read(&[marked], Some("iso-8859-1")), expected);
}

proptest! {
    #[test]
    fn however_a_page_is_cut_its_suspects_are_the_same(cuts in prop::collection::vec(0_usize..200, 0..20)) {
        let html = "<base href=/app/><ul><li><a href=k/1><b>L&ouml;</b>schen</a><li><a href=k/2 title=Abmelden>\
                    <svg><title>x</title></svg></a><li><a href=k/3>Lamp</a><a href=k/3>Delete</a>".as_bytes();
        let whole = read(&[html], None);
        prop_assert_eq!(whole.len(), 2);
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(html.len())).collect();
        cuts.extend([0, html.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|ends| &html[ends[0]..ends[1]]).collect();
        prop_assert_eq!(read(&pieces, None), whole);
    }
}
