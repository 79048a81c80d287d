use super::*;
use proptest::prelude::*;

fn everybody(rules: &str) -> Robots {
    Robots::parse(&format!("User-agent: *\n{rules}"))
}

/// Whether one rule matches a path.
fn matches(pattern: &str, path: &str) -> bool {
    everybody(&format!("Disallow: {pattern}")).disallows(path)
}

#[test]
fn what_is_said_to_everybody_is_all_that_is_kept() {
    for (file, expected) in [
        ("", ""),
        ("User-agent: a\nDisallow: /a", ""),
        ("User-agent: *\nDisallow:\nCrawl-delay: 9", ""),
        (
            "\u{feff}# All\rUSER-AGENT : b\r\nUser-agent: *\n disallow : /x # no\r\nALLOW:/x/y$\nSitemap: /s\nUser-agent: c\nDisallow: /c",
            "User-agent:*\nDisallow:/x\nAllow:/x/y$\n",
        ),
        ("User-agent: *\nDisallow: /\u{fc}", "User-agent:*\nDisallow:/\u{fc}\n"),
    ] {
        let said = for_everybody(file.as_bytes());
        assert_eq!(said, expected, "{file}");
        assert_eq!(Robots::parse(&said), Robots::parse(file), "{file}");
        assert_eq!(for_everybody(said.as_bytes()), said, "{file}");
    }
    assert_eq!(for_everybody(b"User-agent: *\nDisallow: /\xff\n"), "User-agent:*\nDisallow:/\u{fffd}\n");
}

#[test]
fn of_a_long_file_the_whole_lines_among_its_first_bytes_count() {
    let file = format!("User-agent: *\nDisallow: /first\n{}", "#".repeat(MAX_BYTES));
    assert_eq!(for_everybody(file.as_bytes()), "User-agent:*\nDisallow:/first\n");
    let head = "User-agent: *\n";
    let last = "Disallow: /last/longer";
    for (cut, expected) in [(0, "User-agent:*\nDisallow:/last/longer\n"), (1, "")] {
        let room = MAX_BYTES - head.len() - last.len() + cut;
        let file = format!("{head}{}\n{last}", "#".repeat(room - 1));
        assert_eq!(for_everybody(file.as_bytes()), expected, "half a rule is another rule");
    }
    // As many rules as a file holds, and as many bytes that are no text.
    for line in ["Disallow:/a\n".as_bytes(), b"Disallow:/\xff\xff\xff\xff\xff\xff\xff\n"] {
        let file = [b"User-agent:*\n".as_slice(), &line.repeat(MAX_BYTES / line.len())].concat();
        let said = for_everybody(&file);
        assert!((MAX_BYTES / 2..=MAX_BYTES).contains(&said.len()), "{}", said.len());
    }
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

/// Of a large shop's file no rule is left out, and a path is compared with few of them.
#[test]
fn each_of_many_rules_counts_and_few_are_looked_at() {
    let rules = (0..20_000).map(|number| format!("Disallow: /p/{number}/\n")).collect::<Vec<_>>().concat();
    let robots = everybody(&rules);
    assert_eq!(robots.rules.len(), 20_000);
    for number in [0, 9_999, 19_999] {
        let path = format!("/p/{number}/x");
        assert!(robots.disallows(&path), "{path}");
        let starts = (0..=path.len()).map(|end| &path[..end]);
        assert_eq!(starts.flat_map(|start| robots.beginning_with(start)).count(), 1);
    }
    assert!(!robots.disallows("/p/20000/x"));
    assert_eq!(everybody(&"Disallow: /same\n".repeat(20_000)).rules.len(), 1);
}

#[test]
fn everything_is_bounded() {
    let starred = (0..2_000).map(|number| format!("Disallow: /{number}/*x\n")).collect::<Vec<_>>().concat();
    let robots = everybody(&format!("{starred}Disallow: /late/"));
    assert_eq!(robots.rules.len(), MAX_STARRED + 1);
    assert!(robots.disallows("/0/x") && !robots.disallows("/1999/x") && robots.disallows("/late/"));
    let late = everybody(&format!("{}\nDisallow: /late", "#\n".repeat(MAX_BYTES)));
    assert!(late.rules.is_empty());
    let cut = everybody(&format!("{}Disallow: /{}", "#\n".repeat(MAX_BYTES / 2 - 20), "a".repeat(100)));
    assert!(cut.rules.is_empty());
    assert!(everybody(&format!("Disallow: /{}", "a".repeat(MAX_PATTERN_BYTES))).rules.is_empty());
    // Robots are kept from more where that is too much, and allowed nothing.
    let many = format!("/x{}", "*a".repeat(MAX_STARS + 1));
    assert!(matches(&many, "/xaaaaaaaaaa") && !matches(&many, "/xaaaaaaaaa"));
    assert!(everybody(&format!("Allow: {many}")).rules.is_empty());
    // The worst that fits: every part is looked for all along the path.
    let worst = |number| format!("Disallow: /{}b{number}\n", "*aaaaaaaaaaaaaaaab".repeat(MAX_STARS));
    let robots = everybody(&(0..MAX_STARRED).map(worst).collect::<String>());
    assert_eq!(robots.rules.len(), MAX_STARRED);
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

#[test]
fn what_is_said_is_read_once_and_means_what_it_says() {
    let said = Said::new(for_everybody(b"User-agent: *\nDisallow: /a\n"));
    assert_eq!(said.text(), "User-agent:*\nDisallow:/a\n");
    assert_eq!(*said.rules(), Robots::parse(said.text()));
    assert!(Rc::ptr_eq(&said.rules(), &said.rules()));
}
