use super::*;
use proptest::prelude::*;

fn everybody(rules: &str) -> Robots {
    Robots::parse(&format!("User-agent: *\n{rules}"))
}

/// Whether one rule matches a path.
fn matches(pattern: &str, path: &str) -> bool {
    everybody(&format!("Disallow: {pattern}")).disallows(path)
}

/// RFC 9309, section 2.3.1: access results.
#[test]
fn only_a_200_is_the_file_and_a_4xx_says_that_there_is_none() {
    for (status, length, expected) in [
        (200, None, Answered::File),
        (200, Some("0"), Answered::File),
        (200, Some("65536"), Answered::File),
        (200, Some("65537"), Answered::Unknown),
        (200, Some("18446744073709551615"), Answered::Unknown),
        (200, Some("much"), Answered::File),
        (400, None, Answered::Nothing),
        (404, Some("65537"), Answered::Nothing),
        (499, None, Answered::Nothing),
        (204, None, Answered::Unknown),
        (206, None, Answered::Unknown),
        (301, None, Answered::Unknown),
        (399, None, Answered::Unknown),
        (500, None, Answered::Unknown),
        (503, None, Answered::Unknown),
    ] {
        assert_eq!(Answered::of(status, length), expected, "{status} {length:?}");
    }
}

#[test]
fn what_is_kept_of_a_long_file_ends_with_a_whole_character() {
    assert_eq!(kept(""), "");
    assert_eq!(kept("Disallow: /"), "Disallow: /");
    assert_eq!(kept(&"x".repeat(MAX_BYTES)).len(), MAX_BYTES);
    assert_eq!(kept(&"x".repeat(MAX_BYTES + 1)).len(), MAX_BYTES);
    let long = format!("x{}", "\u{fc}".repeat(MAX_BYTES));
    assert_eq!(kept(&long).len(), MAX_BYTES - 1, "the last one would be cut in two");
}

/// RFC 9309, section 2.2.2: percent-encoding.
#[test]
fn encoded_and_plain_characters_are_the_same() {
    for (pattern, path) in [
        ("/foo/bar?baz=quz", "/foo/bar?baz=quz"),
        ("/foo/bar?baz=https://foo.bar", "/foo/bar?baz=https://foo.bar"),
        ("/foo/bar?baz=https%3A%2F%2Ffoo.bar", "/foo/bar?baz=https%3a%2f%2ffoo.bar"),
        ("/foo/bar/ツ", "/foo/bar/%E3%83%84"),
        ("/foo/bar/%E3%83%84", "/foo/bar/%e3%83%84"),
        ("/foo/bar/%62%61%7A", "/foo/bar/baz"),
        ("/foo/bar/baz", "/foo/bar/%62%61%7a"),
        ("/a b", "/a%20b"),
    ] {
        assert!(matches(pattern, path), "{pattern} {path}");
    }
    assert!(!matches("/a%2Fb", "/a/b"));
    assert!(!matches("/a/b", "/a%2Fb"));
}

/// RFC 9309, section 2.2.3: special characters.
#[test]
fn stars_and_dollars_are_special() {
    for (pattern, path, expected) in [
        ("/this/path/exactly$", "/this/path/exactly", true),
        ("/this/path/exactly$", "/this/path/exactly/", false),
        ("/this/*/exactly", "/this/path/is/exactly", true),
        ("/this/*/exactly", "/this/exactly", false),
        ("/this/*/exactly", "/that/x/exactly", false),
        ("*.gif$", "/a/b.gif", true),
        ("*.gif$", "/a/b.gif?x", false),
        ("/*.gif", "/b.gif.html", true),
        ("/a*b*c$", "/abcbc", true),
        ("/a*b*c$", "/abcb", false),
        ("/a*a$", "/a", false),
        ("/a*", "/a", true),
        ("/**a", "/xa", true),
        ("/path/file-with-a-%2A.html", "/path/file-with-a-%2A.html", true),
        ("/path/file-with-a-%2A.html", "/path/file-with-a-x.html", false),
        ("/path/file-with-a-%2A.html", "/path/file-with-a-*.html", true),
        ("/path/foo-%24", "/path/foo-%24", true),
        ("/path/foo-%24", "/path/foo-$", true),
        ("/a$b", "/a$b", true),
        ("/a$b", "/a", false),
        ("/fish", "/fishheads/yummy.html", true),
        ("/fish", "/Fish.asp", false),
        ("/fish/", "/fish", false),
    ] {
        assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
    }
}

/// RFC 9309, section 5.1.
#[test]
fn the_simple_example() {
    let text = "User-Agent: *\nDisallow: *.gif$\nDisallow: /example/\nAllow: /publications/\n\n\
        User-Agent: foobot\nDisallow:/\nAllow:/example/page.html\nAllow:/example/allowed.gif\n\n\
        User-Agent: barbot\nUser-Agent: bazbot\nDisallow: /example/page.html\n\nUser-Agent: quxbot\n";
    let robots = Robots::parse(text);
    for (path, expected) in [
        ("/", false),
        ("/a.gif", true),
        ("/example/", true),
        ("/example/page.html", true),
        ("/example/allowed.gif", true),
        ("/publications/x", false),
        ("/publications/x.gif", false),
        ("/robots.txt", false),
    ] {
        assert_eq!(robots.disallows(path), expected, "{path}");
    }
}

/// RFC 9309, section 5.2.
#[test]
fn the_longest_match_wins() {
    let robots = everybody("Allow: /example/page/\nDisallow: /example/page/disallowed.gif");
    assert!(robots.disallows("/example/page/disallowed.gif"));
    assert!(!robots.disallows("/example/page/"));
    let robots = everybody("Disallow: /page\nAllow: /page\nDisallow: /pages");
    assert!(!robots.disallows("/page") && robots.disallows("/pages"));
}

#[test]
fn groups_for_everybody_are_one() {
    let text = "disallow: /before\nUser-agent: a\nUser-agent: *\n# all of them\n\nCrawl-delay: 3\nDISALLOW : /one\n\
        User-agent: b\nDisallow: /b\nSitemap: https://site.example/map.xml\n\nUser-Agent:*\nUser-agent: c\r\nDisallow: /two#x\r\n";
    let robots = Robots::parse(text);
    for (path, expected) in
        [("/before", false), ("/one", true), ("/b", false), ("/two", true), ("/twos", true)]
    {
        assert_eq!(robots.disallows(path), expected, "{path}");
    }
}

#[test]
fn odd_files_are_survived() {
    assert!(Robots::parse("\u{feff}User-agent: *\nDisallow: /").disallows("/x"));
    assert!(!Robots::parse("<!doctype html><title>Not found: /</title>").disallows("/"));
    assert!(!Robots::parse("").disallows("/"));
    assert!(!everybody("Disallow:\nDisallow: x\nDisallow").disallows("/x"));
    assert!(everybody(&format!("Disallow: /{}\nDisallow: /b", "é".repeat(20_000))).disallows("/b"));
    let long = "/a".repeat(MAX_PATH_BYTES);
    assert!(everybody("Disallow: /b").disallows(&long) && !Robots::default().disallows(&long));
}

#[test]
fn everything_is_bounded() {
    let rules: String =
        (0..2_000).map(|number| ["Disallow: /", &number.to_string(), "/\n"].concat()).collect();
    let robots = everybody(&rules);
    assert_eq!(robots.rules.len(), MAX_RULES);
    assert!(robots.disallows("/0/") && !robots.disallows("/1999/"));
    let late = everybody(&format!("{}\nDisallow: /late", "#\n".repeat(MAX_BYTES)));
    assert!(late.rules.is_empty());
    let cut = everybody(&format!("{}Disallow: /{}", "#\n".repeat(MAX_BYTES / 2 - 20), "a".repeat(100)));
    assert!(cut.rules.is_empty());
    assert!(everybody(&format!("Disallow: /{}", "*a".repeat(MAX_STARS + 1))).rules.is_empty());
    assert!(everybody(&format!("Disallow: /{}", "a".repeat(MAX_PATTERN_BYTES))).rules.is_empty());
    // The worst that fits: every part is looked for all along the path.
    let worst = format!("Disallow: /{}b\n", "*aaaaaaaaaaaaaaaab".repeat(MAX_STARS));
    let robots = everybody(&worst.repeat(MAX_RULES));
    let begun = std::time::Instant::now();
    assert!(!robots.disallows(&format!("/{}", "a".repeat(MAX_PATH_BYTES - 1))));
    assert!(begun.elapsed().as_secs() < 5);
}

/// The standard's rule once more, by trying everything.
fn simple(pattern: &[u8], path: &[u8]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, _) | (Some((b'$', [])), None) => true,
        (Some((b'*', rest)), _) => (0..=path.len()).any(|from| simple(rest, &path[from..])),
        (Some((one, pattern)), Some((other, path))) => one == other && simple(pattern, path),
        (Some(_), None) => false,
    }
}

proptest! {
    #[test]
    fn any_file_is_survived(text in "(?s)(User-agent: \\*\n)?(.{0,20}|(Dis)?[aA]llow: ?[/*$%a-c?2é]{0,12}\n){0,20}", path in "/\\PC{0,50}") {
        let _ = Robots::parse(&text).disallows(&path);
    }

    #[test]
    fn patterns_match_as_the_standard_says(pattern in "/[ab*]{0,8}\\$?", path in "/[ab]{0,10}") {
        prop_assert_eq!(matches(&pattern, &path), simple(pattern.as_bytes(), path.as_bytes()));
    }

    #[test]
    fn what_is_encoded_for_nothing_is_the_same(path in "/[a-z/.~-]{0,20}") {
        let encoded: String =
            path.bytes().map(|byte| if byte == b'/' { "/" } else { percent_encoding::percent_encode_byte(byte) }).collect();
        prop_assert_eq!(normalise(&path), normalise(&encoded));
    }
}
