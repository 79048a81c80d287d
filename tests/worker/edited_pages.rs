//! A page that is edited is the origin's but for the edit: its bytes, its chunks, its end, and what its headers say.

use crate::support;
use crate::support::http::{self, Connection};
use crate::support::origin::{After, Origin, ok, write};
use crate::support::pages::{pages, serve_cut};
use crate::support::wrangler::Workerd;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::time::Duration;

/// How the rules begin that are put into each page here.
const RULES: &str = "<script type=\"speculationrules\">";

/// Headstart that puts rules into pages, without the development server's proxies.
fn start(origin: &Origin) -> Workerd {
    Workerd::start(&origin.url(), &[("RULES_DELIVERY", "inline")])
}

/// Where the rules begin in a page, and where they end.
fn rules(page: &[u8]) -> Option<(usize, usize)> {
    let find = |needle: &[u8], from: usize| {
        page[from..].windows(needle.len()).position(|window| window == needle).map(|at| at + from)
    };
    let start = find(RULES.as_bytes(), 0)?;
    Some((start, find(b"</script>", start).expect("rules end") + "</script>".len()))
}

/// A page without the rules; with them where it has none.
fn without_rules(page: &[u8]) -> Vec<u8> {
    rules(page).map_or(page.to_vec(), |(start, end)| [&page[..start], &page[end..]].concat())
}

#[test]
fn pages_come_out_as_they_went_in_but_for_the_edit_for_any_chunking() {
    let pages = Arc::new(pages());
    let origin = Origin::start();
    serve_cut(&origin, &pages, |seed| if seed == "0" { "text/html" } else { "text/html; charset=utf-8" });
    let workerd = start(&origin);
    let mut edited = 0;
    for (name, page) in pages.iter() {
        for seed in 0..3 {
            let response = http::view(workerd.headstart, &format!("/{seed}/{name}"));
            assert_eq!((response.status(), response.complete), (200, true), "{name}");
            assert!(response.head.all("speculation-rules").is_empty(), "{name}");
            assert!(without_rules(&response.body.0) == *page, "{name}, seed {seed}: the body differs");
            edited += usize::from(rules(&response.body.0).is_some());
        }
    }
    assert!(edited > pages.len(), "{edited} of three times {} pages are edited", pages.len());
}

/// Visits a page twice: what was decided about it for the first view is replayed for the next one.
fn replayed(workerd: &Workerd, path: &str) -> http::Response {
    http::view(workerd.headstart, path);
    http::view(workerd.headstart, path)
}

#[test]
fn a_replayed_decision_makes_the_same_page_with_the_nonce_of_its_own_policy() {
    let origin = Origin::start();
    let variables = [("RULES_DELIVERY", "inline"), ("LEARN_SAMPLE", "0")];
    let workerd = Workerd::start(&origin.url(), &variables);
    let page = b"<!doctype html><html><head><title>x</title></head><body>x</body></html>";
    let answer = |nonce: &str| {
        let policy = format!("Content-Security-Policy: script-src 'nonce-{nonce}'\r\n");
        ok(
            &format!(
                "Content-Type: text/html; charset=utf-8\r\nETag: \"1\"\r\nDigest: sha-256=x\r\n{policy}"
            ),
            page,
        )
    };
    origin.say(&answer("Zmlyc3Q="));
    let first = replayed(&workerd, "/");
    assert!(first.text().contains("<head><script type=\"speculationrules\" nonce=\"Zmlyc3Q=\">{"));
    origin.say(&answer("c2Vjb25k"));
    let second = http::view(workerd.headstart, "/");
    assert_eq!(second.text(), first.text().replace("Zmlyc3Q=", "c2Vjb25k"));
    assert_eq!(second.get("etag").as_deref(), Some("W/\"1\""));
    assert_eq!(second.get("digest"), None);
    // What would end the attribute is no nonce, and without one the rules would not work.
    origin.say(&answer("\">"));
    assert_eq!(http::view(workerd.headstart, "/").body.0, page);
    // A decision about a page that may be edited holds for none that may not.
    origin.say(&answer("c2Vjb25k"));
    replayed(&workerd, "/");
    let policy = "Content-Security-Policy: script-src 'nonce-c2Vjb25k'\r\n";
    for more in ["Cache-Control: no-transform\r\n", "Content-Disposition: attachment\r\n"] {
        origin.say(&ok(&format!("Content-Type: text/html; charset=utf-8\r\n{policy}{more}"), page));
        assert_eq!(http::view(workerd.headstart, "/").body.0, page, "{more}");
    }
}

#[test]
fn a_page_that_is_saved_has_the_origins_bytes_whatever_was_decided_for_views() {
    let origin = Origin::start();
    let variables = [("RULES_DELIVERY", "inline"), ("LEARN_SAMPLE", "0")];
    let page = b"<!doctype html><html><head><title>x</title></head><body>x</body></html>";
    origin.say(&ok("Content-Type: text/html; charset=utf-8\r\nETag: \"1\"\r\n", page));
    let saving = [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "empty")];
    let viewing = [saving[0], ("Sec-Fetch-Dest", "document"), ("Upgrade-Insecure-Requests", "1")];
    for first in [&saving[..], &viewing] {
        let workerd = Workerd::start(&origin.url(), &variables);
        http::get(workerd.headstart, "/", first);
        http::get(workerd.headstart, "/", first);
        let saved = http::get(workerd.headstart, "/", &saving);
        assert_eq!((saved.body.0.as_slice(), saved.get("etag").as_deref()), (&page[..], Some("\"1\"")));
        let viewed = http::get(workerd.headstart, "/", &viewing);
        assert!(rules(&viewed.body.0).is_some(), "{}", viewed.text());
        // As WebKit saves it, and curl.
        for accept in ["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "*/*"] {
            let saved = http::get(workerd.headstart, "/", &[("Accept", accept)]);
            assert_eq!((saved.body.0.as_slice(), saved.get("etag").as_deref()), (&page[..], Some("\"1\"")));
        }
        // What a service worker passes on is shown.
        let passed_on = http::get(workerd.headstart, "/", &[saving[0], saving[1], viewing[2]]);
        assert_eq!(passed_on.text(), viewed.text());
    }
}

#[test]
fn a_chunk_is_handed_on_before_the_next_is_there() {
    let chunks =
        ["<!doctype html><ht", "ml><head><title>x", "</title></head><body>one", "two", "three</body></html>"];
    let plain = chunks.iter().map(|chunk| chunk.as_bytes().to_vec()).collect();
    let expected = ["<!doctype html>", "<title>x", "<body>one", "two", "three</body></html>"];
    comes_chunk_by_chunk(plain, &expected);
}

/// Asserts that of each of the origin's pieces what is expected has come before the origin sends the next one.
fn comes_chunk_by_chunk(pieces: Vec<Vec<u8>>, expected: &[&str]) {
    let origin = Origin::start();
    let (go, going) = std::sync::mpsc::channel::<()>();
    let going = std::sync::Mutex::new(going);
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n";
    origin.answer(move |_, stream| {
        write(stream, head.as_bytes());
        for piece in &pieces {
            write(stream, &[format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat());
            // The next one when the visitor has this one.
            if going.lock().unwrap().recv().is_err() {
                break;
            }
        }
        write(stream, b"0\r\n\r\n");
        After::Keep
    });
    let workerd = start(&origin);
    let mut visitor = Connection::to(workerd.headstart);
    visitor.send(&http::request("GET", "/", &http::DOCUMENT, b""));
    let answered = visitor.head().expect("an answer");
    assert_eq!(answered.get("transfer-encoding").as_deref(), Some("chunked"));
    let mut came = Vec::new();
    for expected in expected {
        while !text_so_far(&came).ends_with(expected) {
            let some = visitor.some();
            assert!(!some.is_empty(), "{expected}: {}", came.escape_ascii());
            came.extend(some);
        }
        go.send(()).unwrap();
    }
    assert!(String::from_utf8_lossy(&came).contains(RULES));
}

/// What has come of a chunked body, as text, without the chunks' sizes and what only separates them.
fn text_so_far(came: &[u8]) -> String {
    String::from_utf8_lossy(came).trim_end_matches(['\r', '\n']).to_owned()
}

#[test]
fn an_edited_page_says_nothing_that_is_untrue_of_it() {
    let origin = Origin::start();
    let workerd = start(&origin);
    let page = b"<!doctype html><html><head><title>x</title></head><body>x</body></html>";
    let headers = "Content-Type: text/html\r\nETag: \"v1\"\r\nLast-Modified: Wed, 21 Oct 2015 07:28:00 GMT\r\n\
                   Accept-Ranges: bytes\r\nContent-MD5: x\r\nDigest: sha-256=x\r\nContent-Digest: sha-256=:x:\r\n\
                   Repr-Digest: sha-256=:x:\r\nUnencoded-Digest: sha-256=:x:\r\nVary: Cookie\r\nX-A: 1\r\n";
    origin.say(&ok(headers, page));
    let response = http::view(workerd.headstart, "/");
    assert_eq!((response.status(), response.complete), (200, true));
    let (start, _) = rules(&response.body.0).expect("rules");
    assert_eq!(start, "<!doctype html><html><head><title>x</title></head>".len());
    assert_eq!(without_rules(&response.body.0), page);
    assert_eq!(
        response.get("content-length"),
        Some(response.body.0.len().to_string()),
        "that of the edited page"
    );
    for gone in
        ["accept-ranges", "content-md5", "digest", "content-digest", "repr-digest", "unencoded-digest"]
    {
        assert_eq!(response.get(gone), None, "{gone}");
    }
    for (kept, value) in [
        ("etag", "W/\"v1\""),
        ("last-modified", "Wed, 21 Oct 2015 07:28:00 GMT"),
        ("vary", "Cookie"),
        ("x-a", "1"),
        ("content-type", "text/html"),
    ] {
        assert_eq!(response.get(kept).as_deref(), Some(value), "{kept}");
    }
    origin.say(&ok("Content-Type: text/html\r\nETag: W/\"v1\"\r\n", page));
    assert_eq!(http::view(workerd.headstart, "/").get("etag").as_deref(), Some("W/\"v1\""));
    // Of what has no page in it nothing changes.
    for (status, more) in [
        ("304 Not Modified", ""),
        ("206 Partial Content", "Content-Range: bytes 0-3/71\r\nContent-Length: 4\r\n"),
    ] {
        let body = if more.is_empty() { "" } else { "<!do" };
        origin.say(
            format!("HTTP/1.1 {status}\r\nContent-Type: text/html\r\nETag: \"v1\"\r\n{more}\r\n{body}")
                .as_bytes(),
        );
        let response =
            http::get(workerd.headstart, "/", &[("Range", "bytes=0-3"), ("If-None-Match", "\"v1\"")]);
        assert_eq!(
            (response.text().as_str(), response.get("etag").as_deref()),
            (body, Some("\"v1\"")),
            "{status}"
        );
    }
    origin.say(&ok(headers, page)[..ok(headers, b"").len() + 1]);
    let head = http::raw(workerd.headstart, &http::request("HEAD", "/", &[], b""));
    assert_eq!(head.get("etag").as_deref(), Some("\"v1\""));
    assert_eq!(head.get("content-length").as_deref(), Some("71"));
}

#[test]
fn what_may_not_be_edited_is_the_origins() {
    let origin = Origin::start();
    let workerd = start(&origin);
    let page = "<!doctype html><html><head><title>x</title></head><body>x</body></html>";
    let wide: Vec<u8> = page.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (headers, body) in [
        ("Content-Type: text/html; charset=utf-16le\r\n", &wide[..]),
        ("Content-Type: text/html\r\n", &wide),
        ("Content-Type: text/html; charset=utf-8\r\n", &[b"\xFF\xFE", &wide[..]].concat()),
        ("Content-Type: text/html; charset=iso-2022-jp\r\n", page.as_bytes()),
        ("Content-Type: text/html\r\nCache-Control: no-transform\r\n", page.as_bytes()),
        ("Content-Type: text/html\r\nContent-Disposition: attachment\r\n", page.as_bytes()),
        ("Content-Type: text/html\r\nContent-Encoding: zstd\r\n", b"\x28\xb5\x2f\xfd not really"),
        ("Content-Type: text/plain\r\n", page.as_bytes()),
        ("Content-Type: text/html\r\n", b"<p>a part of a page"),
        ("Content-Type: text/html\r\n", b""),
    ] {
        origin.say(&ok(headers, body));
        let response = http::view(workerd.headstart, "/");
        assert!(response.complete && response.body.0 == body, "{headers}: {response:?}");
    }
}

#[test]
fn a_compressed_page_is_read_and_left_for_the_platform_to_compress() {
    let origin = Origin::start();
    let workerd = start(&origin);
    let page = include_bytes!("../data/page.html");
    for (encoding, body) in [
        ("gzip", &include_bytes!("../data/page.html.gz")[..]),
        ("br", include_bytes!("../data/page.html.br")),
    ] {
        origin.say(&ok(&format!("Content-Type: text/html\r\nContent-Encoding: {encoding}\r\n"), body));
        let [mode, destination] = http::DOCUMENT;
        let fields = [mode, destination, ("Accept-Encoding", encoding)];
        let response = http::get(workerd.headstart, "/", &fields);
        assert!(response.complete, "{encoding}");
        assert_eq!(response.get("content-encoding"), None, "{encoding}");
        assert!(rules(&response.body.0).is_some(), "{encoding}");
        assert!(without_rules(&response.body.0) == page, "{encoding}: the page differs");
    }
}

#[test]
fn of_a_page_that_breaks_off_the_visitor_gets_what_has_come() {
    let origin = Origin::start();
    let workerd = start(&origin);
    // workerd ends each body well whose length it does not know, and that is known once the place is found, or where nothing came.
    for (body, is_told) in [
        ("<!doctype html><html><he", false),
        ("<!doctype html><html><head><title>x</title></head><body>x", true),
        ("<!", false),
        ("<!doctype html><html><!-- open", false),
        ("", true),
    ] {
        let answer =
            format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000\r\n\r\n{body}");
        origin.answer(move |_, stream| {
            write(stream, answer.as_bytes());
            After::Close
        });
        for _ in 0..2 {
            let response = http::view(workerd.headstart, "/");
            assert_eq!(String::from_utf8_lossy(&without_rules(&response.body.0)), body);
            assert_eq!(response.complete, !is_told, "{body}");
        }
    }
}

#[test]
fn when_the_visitor_goes_the_origin_is_let_go() {
    let origin = Origin::start();
    let is_let_go = Arc::new(AtomicBool::new(false));
    let noted = Arc::clone(&is_let_go);
    origin.answer(move |_, stream| {
        write(stream, b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n");
        let line = "<p>a line of a page without end</p>\n".repeat(1000);
        let chunk = format!("{:x}\r\n{line}\r\n", line.len());
        let start = "<!doctype html><html><head>";
        write(stream, format!("{:x}\r\n{start}\r\n", start.len()).as_bytes());
        while stream.write_all(chunk.as_bytes()).is_ok() {}
        noted.store(true, Ordering::SeqCst);
        After::Close
    });
    let workerd = start(&origin);
    let mut visitor = Connection::to(workerd.headstart);
    visitor.send(&http::request("GET", "/", &http::DOCUMENT, b""));
    let mut came = 0;
    while came < 1_000_000 {
        let some = visitor.some().len();
        assert!(some > 0);
        came += some;
    }
    drop(visitor);
    support::eventually("the origin is let go", Duration::from_secs(30), || {
        is_let_go.load(Ordering::SeqCst).then_some(())
    });
}

/// How much memory a process has had in use at most, in kilobytes.
fn most_memory(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a high-water mark");
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn ten_pages_of_50_megabytes_at_once_take_little_memory() {
    const BYTES: usize = 50_000_000;
    const VISITORS: usize = 10;
    const MOST_KB: u64 = 64 * 1024;
    let origin = Origin::start();
    // One whose edit is in its first bytes, and one in which nothing is found.
    origin.answer(|received, stream| {
        let start = if received.target().starts_with("/head") { "<!doctype html><html><head>" } else { "<!doctype html>" };
        let head = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {BYTES}\r\n\r\n{start}");
        write(stream, head.as_bytes());
        let piece = "a line of a page that is very long\n".repeat(2000);
        let mut left = BYTES - start.len();
        while left > 0 {
            let length = left.min(piece.len());
            write(stream, &piece.as_bytes()[..length]);
            left -= length;
        }
        After::Keep
    });
    let workerd = start(&origin);
    let Some(pid) = workerd.pid else { return };
    // Both ways have been gone once, so that the wasm and its code are there.
    for path in ["/head/warm", "/none/warm"] {
        assert!(http::view(workerd.headstart, path).complete);
    }
    let before = most_memory(pid);
    for path in ["/head", "/none"] {
        let barrier = Barrier::new(VISITORS);
        std::thread::scope(|scope| {
            for number in 0..VISITORS {
                let (path, barrier) = (format!("{path}/{number}"), &barrier);
                scope.spawn(move || {
                    let read = read_together(workerd.headstart, &path, barrier);
                    assert!(read >= BYTES, "{path}: {read}");
                });
            }
        });
        let grown = most_memory(pid).saturating_sub(before);
        assert!(grown < MOST_KB, "{path}: {grown} kB more");
    }
}

/// Reads a page, and stops at its beginning until all have come there: the origin sends on meanwhile. Answers how many bytes came.
fn read_together(port: u16, path: &str, all: &Barrier) -> usize {
    const BEGINNING: usize = 500_000;
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(&http::request("GET", path, &http::DOCUMENT, b"")).unwrap();
    let mut buffer = vec![0; 64 * 1024];
    let (mut read, mut has_waited) = (0, false);
    loop {
        match stream.read(&mut buffer).unwrap() {
            0 => return read,
            some => read += some,
        }
        if read > BEGINNING && !has_waited {
            has_waited = true;
            all.wait();
        }
    }
}
