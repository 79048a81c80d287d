use super::*;
use crate::Command;
use crate::tests::command;

fn arguments(line: &str) -> Arguments {
    let Ok(Command::Urls(arguments)) = command(&format!("urls {line}")) else { panic!("{line}") };
    arguments
}

/// What is printed of a file with this text.
fn printed(text: &str, options: &str) -> String {
    outcome(text.as_bytes(), options).unwrap()
}

/// The same of whatever bytes.
fn outcome(bytes: &[u8], options: &str) -> anyhow::Result<String> {
    let name = headstart::hash::fnv1a(&[options.as_bytes(), bytes].concat());
    let file = std::env::temp_dir().join(format!("headstart-urls-{}-{name:x}", std::process::id()));
    std::fs::write(&file, bytes).unwrap();
    let arguments = arguments(&format!("{options} {}", file.display()));
    let judge = Judge::new(&arguments.added, &arguments.exempt).unwrap();
    let printed = listed(&judge, &file, arguments.is_json);
    std::fs::remove_file(&file).unwrap();
    printed
}

const URLS: &str =
    "/about\thome\n\n/logout\nhttps://other.example:8080/cart/clear?x=1\n/posts/5/edit\n/x?sesskey=a\n";

#[test]
fn each_url_is_told_with_what_says_so() {
    let text = "/about                                     asked for                                     named\n\
                /logout                                    refused: sign-out          path logout\n\
                https://other.example:8080/cart/clear?x=1  refused: cart              path clear\n\
                /posts/5/edit                              refused: editing           with a session\n\
                /x?sesskey=a                               refused: single-use-token  parameter sesskey\n";
    assert_eq!(printed(URLS, ""), text);
}

#[test]
fn a_sites_own_patterns_win() {
    let text = printed("/about\n/logout\n/cart/123:1\n", "--json --unsafe /about* --safe /logout");
    assert_eq!(
        text,
        "{\"by\":\"UNSAFE_URLS /about*\",\"named\":false,\"refused\":true,\"rule\":\"site\",\"url\":\"/about\",\"visitors\":\"all\"}\n\
         {\"named\":false,\"refused\":false,\"url\":\"/logout\"}\n\
         {\"by\":\"product /cart/*:*\",\"named\":false,\"refused\":true,\"rule\":\"cart\",\"url\":\"/cart/123:1\",\"visitors\":\"all\"}\n"
    );
}

#[test]
fn what_is_expected_is_compared() {
    let rows = "url\texpected\tproduct\n/logout\tunsafe\ta\n/about\tunsafe\ta\n/blog/how-to-log-out\tsafe\tb\n/clear-cache\tsafe\tb\n/\tsafe (arguable)\tc\n";
    let figures = "{\"named_though_unsafe\":1,\"recall\":0.5,\"refused\":1,\"safe\":2,\"unsafe\":2,\"wrongly_refused\":0.5}";
    let text = printed(rows, "");
    assert_eq!(text.lines().last(), Some(figures));
    assert!(
        text.contains(
            "\n        refused  asked for\nunsafe        1          1\nsafe          1          1\n"
        ),
        "{text}"
    );
    assert_eq!(printed(rows, "--json").lines().last(), Some(figures));
    // The columns in another order, and nothing that counts.
    let text = printed("expected\turl\nsafe\t/logout\n", "--json");
    assert!(text.contains("\"url\":\"/logout\"") && text.ends_with("\"wrongly_refused\":1.0}\n"), "{text}");
    let text = printed("url\texpected\n/\tperhaps\n", "");
    assert!(text.ends_with("{\"named_though_unsafe\":0,\"recall\":null,\"refused\":0,\"safe\":0,\"unsafe\":0,\"wrongly_refused\":null}\n"), "{text}");
}

#[test]
fn of_a_log_it_is_told_what_is_refused_and_how_often() {
    let line = |target: &str| {
        format!(
            "192.0.2.1 - - [10/Oct/2026:13:55:36 +0000] \"GET {target} HTTP/1.1\" 200 2326 \"-\" \"Mozilla/5.0\"\n"
        )
    };
    let log =
        [line("/logout"), line("/"), "no line of a log\n".to_owned(), line("/logout"), line("/cart/clear")]
            .concat();
    assert_eq!(
        printed(&log, ""),
        "             times\n\
         /logout          2  refused: sign-out  path logout\n\
         /cart/clear      1  refused: cart      path clear\n\
         {\"named\":1,\"refused\":2,\"requests\":4,\"requests_refused\":3,\"urls\":3}\n"
    );
    assert!(printed(&log, "--json").starts_with("{\"by\":\"path logout\",\"count\":2,"));
}

#[test]
fn logs_of_any_known_format_are_read_compressed_or_not() {
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write as _;

    let common = |target: &str| {
        format!("192.0.2.1 - - [10/Oct/2026:13:55:36 +0000] \"GET {target} HTTP/1.1\" 200 2326\n")
    };
    let json = |target: &str| {
        let line = json!({
            "ts": "2026-10-10T13:55:36Z",
            "request": { "client_ip": "192.0.2.1", "method": "GET", "host": "shop.example", "uri": target },
            "status": 200,
        });
        format!("{line}\n")
    };
    let of = |line: &dyn Fn(&str) -> String| ["/logout", "/", "/logout"].map(line).concat();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(of(&common).as_bytes()).unwrap();
    let expected = "         times\n\
                    /logout      2  refused: sign-out  path logout\n\
                    {\"named\":1,\"refused\":1,\"requests\":3,\"requests_refused\":2,\"urls\":2}\n";
    for bytes in [
        of(&common).into_bytes(),
        of(&json).into_bytes(),
        gzip.finish().unwrap(),
        zstd::encode_all(of(&json).as_bytes(), 0).unwrap(),
    ] {
        assert_eq!(outcome(&bytes, "").unwrap(), expected);
    }
    assert_eq!(
        outcome(&zstd::encode_all(&b"/about\n"[..], 0).unwrap(), "--json").unwrap(),
        "{\"named\":true,\"refused\":false,\"url\":\"/about\"}\n"
    );
}

#[test]
fn what_is_neither_a_list_nor_a_log_is_refused() {
    for (bytes, shown) in [
        (
            &b"\n{\"message\":\"up\"}\n"[..],
            ", line 2: it is neither a URL nor a line of a log: {\"message\":\"up\"}\n",
        ),
        (
            b"Oct 10 13:55:36 web up\n",
            ", line 1: it is neither a URL nor a line of a log: Oct 10 13:55:36 web up\n",
        ),
        (
            b"PK\x03\x04\xff\x1b\n",
            ", line 1: it is neither a URL nor a line of a log: PK\u{fffd}\u{fffd}\u{fffd}\u{fffd}\n",
        ),
        (&[0xfd, b'7', b'z', b'X', b'Z', 0, 1], ": it is compressed with xz, which is not read here; "),
    ] {
        let error = format!("{:#}", outcome(bytes, "").unwrap_err());
        assert!(error.contains(shown), "{error}");
    }
    assert_eq!(printed("about\n/a b\nhttps://a.example/\n", "--json").lines().count(), 3);
}

#[test]
fn links_of_saved_pages_are_read() {
    let folder = std::env::temp_dir().join(format!("headstart-links-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let page = "<base href='/shop/'><a href='logout?a=1&amp;b=2'>x</a><a href=/about>y</a><a href='mailto:a@b'></a><area href=https://x.example/about><a>";
    std::fs::write(folder.join("a.html"), page).unwrap();
    std::fs::write(folder.join("b.html"), "<a href=/about>About</a><a href=/k/17>Abmelden</a>").unwrap();
    let files = learn::saved::files(std::slice::from_ref(&folder)).unwrap();
    let links = links::of(&Url::parse(SITE).unwrap(), &files).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let counts: Vec<(&str, u64)> = links.counts.iter().map(|(link, count)| (link.as_str(), *count)).collect();
    assert_eq!(counts, [("/about", 2), ("/k/17", 1), ("/shop/logout?a=1&b=2", 1)]);
    let judge = Judge { suspects: links.suspects, ..Judge::new(&[], &[]).unwrap() };
    let text = counted(&judge, &links.counts, false);
    assert!(
        text.contains("/k/17                     1  refused: sign-out  the words of a link  named\n"),
        "{text}"
    );
}

#[test]
fn what_is_no_url_is_left_out_and_nothing_at_all_is_an_error() {
    assert_eq!(printed("mailto:a@b\n/about\n", "--json").lines().count(), 1);
    let judge = Judge::new(&[], &[]).unwrap();
    assert!(listed(&judge, Path::new("/nowhere"), false).is_err());
    assert!(command("urls").is_err() && command("urls --unsafe poll x").is_err());
    assert!(command("urls --links a x").is_err());
}
