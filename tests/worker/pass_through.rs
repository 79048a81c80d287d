//! Everything that is not HTML to be worked on passes as it is. The yardstick is a plain JavaScript Worker: the same
//! bytes are sent through both, in front of the same origin, and nothing may differ: not what the origin got, not what
//! the visitor gets, byte for byte and header for header.

use crate::support;
use crate::support::http::{self, Connection, Response};
use crate::support::log::Log;
use crate::support::origin::{After, Origin, Received, html, ok, write};
use crate::support::shared::{HasLogs, Lease, Shared};
use crate::support::worker::{QUICK, Worker};
use crate::support::wrangler::{Config, Workerd, Wrangler};
use std::ops::Deref;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

/// Two Workers in front of one origin, the plain one and ours.
struct Stand {
    name: &'static str,
    plain: u16,
    headstart: u16,
    /// Whether Headstart adds what it has to add.
    is_on: bool,
    programs: Vec<Box<dyn HasLogs + Send + Sync>>,
}

struct World {
    origin: Origin,
    /// Under `wrangler dev`, as people try it.
    wrangler: Stand,
    /// workerd alone: the development server's own proxies re-encode some bodies and die of others.
    workerd: Stand,
    /// The same with all that makes speculations safe configured: no visit may differ.
    careful: Stand,
    /// The same, switched off and to shadow: nothing may differ at all.
    off: Stand,
    off_by_path: Stand,
    shadow: Stand,
}

/// Everything that is deferred for a speculation, at its strongest.
const CAREFUL: [(&str, &str); 9] = [
    ("SEAL_KEY", "a key of the tests, forty characters long"),
    ("SEAL_KEY_OLD", "another key of the tests, as long as this"),
    ("EFFECT_PATHS", "/*"),
    ("EFFECT_PATHS_AT_LEAST_ONCE", "/path*"),
    ("UNKNOWN_COOKIES", "defer"),
    ("INERT_COOKIES", "a b session*"),
    ("GATE_SCRIPTS", "cdn.example"),
    ("KEEP_PREFETCH", "on"),
    ("UNSAFE_URLS", "/path*"),
];

static WORLD: Shared<World> = Shared::new(|| {
    let origin = Origin::start();
    let url = origin.url();
    let mut variables = QUICK.to_vec();
    variables.push(("ORIGIN", &url));
    let script = support::root().join("bench/passthrough.mjs");
    let careful = [&QUICK[..], &CAREFUL[..]].concat();
    let [off, shadow] = ["off", "shadow"].map(|mode| [&careful[..], &[("MODE", mode)]].concat());
    // Every test waits for all of them, so they start at once.
    let (headstart, plain, workerd, others) = std::thread::scope(|scope| {
        let headstart = scope.spawn(|| Wrangler::start(&[Config::headstart(&variables)]));
        let plain = scope.spawn(|| Wrangler::start(&[Config::script("plain", &script, &[("ORIGIN", &url)])]));
        let workerd = scope.spawn(|| Workerd::start(&url, &QUICK));
        let others = [&careful, &off, &shadow];
        let others = others.map(|variables| scope.spawn(|| Workerd::start(&url, variables)));
        let off_by_path =
            scope.spawn(|| Workerd::start_switched(&url, &careful, r#"{"paths":{"/*":"off"}}"#));
        let joined = "it starts";
        let others = others.map(|other| other.join().expect(joined));
        let others = (others, off_by_path.join().expect(joined));
        (headstart.join().expect(joined), plain.join().expect(joined), workerd.join().expect(joined), others)
    });
    let wrangler = Stand {
        name: "wrangler dev",
        plain: plain.port,
        headstart: headstart.port,
        is_on: true,
        programs: vec![Box::new(plain), Box::new(headstart)],
    };
    let stand = |name, is_on, both: Workerd| Stand {
        name,
        plain: both.plain,
        headstart: both.headstart,
        is_on,
        programs: vec![Box::new(both)],
    };
    let ([careful, off, shadow], off_by_path) = others;
    // What is switched is read while an isolate's first requests are answered.
    origin.say(&html("<p>x"));
    support::eventually("it is off by path", Duration::from_secs(20), || {
        http::get(off_by_path.headstart, "/", &[]).get("speculation-rules").is_none().then_some(())
    });
    World {
        origin,
        wrangler,
        workerd: stand("workerd", true, workerd),
        careful: stand("workerd, careful", true, careful),
        off: stand("workerd, off", false, off),
        off_by_path: stand("workerd, off by path", false, off_by_path),
        shadow: stand("workerd, in shadow", false, shadow),
    }
});

impl HasLogs for World {
    fn logs(&self) -> Vec<&Log> {
        self.stands()
            .into_iter()
            .flat_map(|stand| &stand.programs)
            .flat_map(|program| program.logs())
            .collect()
    }
}

/// A test's turn: one at a time, since the origin's script is shared. The logs are read before the next one's.
struct Turn {
    world: Lease<'static, World>,
    _turn: MutexGuard<'static, ()>,
}

impl Deref for Turn {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

/// Waits for a test's turn. A test that failed by itself must not fail the others.
fn world() -> Turn {
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    Turn { world: WORLD.lease(), _turn: turn }
}

impl World {
    fn stands(&self) -> [&Stand; 6] {
        let [off, off_by_path, shadow] = self.silent();
        [&self.wrangler, off, off_by_path, shadow, &self.workerd, &self.careful]
    }

    /// Those on which nothing differs.
    fn silent(&self) -> [&Stand; 3] {
        [&self.off, &self.off_by_path, &self.shadow]
    }

    /// Sends a request and gives what the origin got and what came back.
    fn through(&self, port: u16, request: &[u8]) -> (Vec<Received>, Response) {
        self.origin.take();
        let response = http::raw(port, request);
        // What Headstart asks for of its own accord, once in a while, is nobody's request.
        let received = self.origin.take().into_iter().filter(|request| request.target() != "/robots.txt");
        (received.collect(), response)
    }

    /// Sends a request through all Workers, panics where anything differs, and gives what was seen through Headstart.
    fn same(&self, what: &str, request: &[u8]) -> (Received, Response) {
        self.same_but(what, request, &self.stands(), &[])
    }

    /// The same on these stands, where the response through Headstart has these headers besides.
    fn same_but(
        &self,
        what: &str,
        request: &[u8],
        stands: &[&Stand],
        added: &[&str],
    ) -> (Received, Response) {
        let mut seen = None;
        for stand in stands {
            let what = format!("{what}, {}", stand.name);
            let added = if stand.is_on { added } else { &[] };
            let (expected_received, expected) = self.through(stand.plain, request);
            let (mut received, response) = self.through(stand.headstart, request);
            for received in &mut received {
                take_forwarding(&what, received);
            }
            assert_eq!(received, expected_received, "{what}: what the origin got");
            assert_eq!(received.len(), 1, "{what}: the origin is asked once");
            for name in added {
                assert!(response.get(name).is_some() && expected.get(name).is_none(), "{what}: {name}");
            }
            assert_eq!(response.head.start, expected.head.start, "{what}: the status line");
            assert_eq!(response.head.without(added), expected.head.lines, "{what}: the headers");
            assert_eq!(response.body, expected.body, "{what}: the body");
            assert_eq!(response.complete, expected.complete, "{what}: how the body ends");
            seen = received.into_iter().next().map(|received| (received, response));
        }
        seen.expect("a stand")
    }
}

/// Takes away what a proxy says to another server, once it has been held against what it must say.
fn take_forwarding(what: &str, received: &mut Received) {
    const SAID: [&str; 5] =
        ["forwarded", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-for", "x-real-ip"];
    let said = SAID.map(|name| received.head.get(name));
    // The development server tells the visitor's address, as the platform does.
    let by_zone = [Some("host=\"shop.test\";proto=http"), Some("shop.test"), Some("http"), None, None];
    let by_visitor = [
        Some("for=127.0.0.1;host=\"shop.test\";proto=http"),
        Some("shop.test"),
        Some("http"),
        Some("127.0.0.1"),
        Some("127.0.0.1"),
    ];
    let said = said.each_ref().map(Option::as_deref);
    assert!(said == by_zone || said == by_visitor, "{what}: {said:?}");
    received.head.lines = received.head.without(&SAID);
}

const RULES: &[&str] = &["speculation-rules"];

fn get(headers: &[(&str, &str)]) -> Vec<u8> {
    http::request("GET", "/path?q=%C3%A9&x", headers, b"")
}

#[test]
fn methods_reach_the_origin_as_they_are() {
    let world = world();
    world.origin.say(&ok("Content-Type: text/plain\r\n", b"done"));
    for method in ["OPTIONS", "DELETE", "PROPFIND", "PURGE", "MKCOL", "REPORT", "SEARCH", "COPY", "LOCK"] {
        let (received, response) = world.same(method, &http::request(method, "/dav/a", &[], b""));
        assert_eq!(received.method(), method);
        assert_eq!((response.status(), response.text().as_str()), (200, "done"));
    }
}

#[test]
fn request_bodies_reach_the_origin_byte_for_byte() {
    let world = world();
    world.origin.say(&ok("Content-Type: text/plain\r\n", b"done"));
    let body: Vec<u8> = (0..300_000_u32).map(|n| (n % 251) as u8).collect();
    for method in ["POST", "PUT", "PATCH"] {
        let request =
            http::request(method, "/upload", &[("Content-Type", "application/octet-stream")], &body);
        let (received, _) = world.same(method, &request);
        assert!(received.body.0 == body, "{method}: the body differs");
    }
    let mut chunked = http::request("POST", "/upload", &[("Transfer-Encoding", "chunked")], b"");
    chunked.extend_from_slice(b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n");
    assert_eq!(world.same("chunked", &chunked).0.body.0, b"hello world");
}

#[test]
fn paths_and_queries_reach_the_origin_as_they_are() {
    let world = world();
    world.origin.say(&ok("Content-Type: text/plain\r\n", b"done"));
    for target in [
        "/",
        "/a//b/",
        "/%7Euser/%2e%2E/x",
        "/a;b=c,d",
        "/?",
        "/x?a=%20+&&=",
        "/caf%C3%A9?\u{e9}",
        "/a|b\"c",
        "/*",
    ] {
        world.same(target, &http::request("GET", target, &[], b""));
    }
}

#[test]
fn statuses_and_their_texts_pass() {
    let world = world();
    for status in [
        "200 Fine By Me",
        "201 Created",
        "404 Nope",
        "410 Gone",
        "418 I'm a teapot",
        "451 No",
        "500 Oh",
        "503 Later",
        "599 Odd",
    ] {
        let bytes = format!("HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nbody");
        world.origin.say(bytes.as_bytes());
        let (_, response) = world.same(status, &get(&[]));
        assert_eq!(response.head.start, format!("HTTP/1.1 {status}"));
        assert_eq!(response.body.0, b"body");
    }
}

#[test]
fn html_that_is_not_200_passes() {
    let world = world();
    for status in ["404 Not Found", "403 Forbidden", "500 Broken", "203 Non-Authoritative Information"] {
        let bytes =
            format!("HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<p>no.");
        world.origin.say(bytes.as_bytes());
        world.same(status, &get(&[]));
    }
}

#[test]
fn every_set_cookie_stays_a_line_of_its_own() {
    let world = world();
    let cookies = "Set-Cookie: a=1; Expires=Wed, 21 Oct 2035 07:28:00 GMT; Path=/\r\nSet-Cookie: b=\"2, 3\"; HttpOnly\r\n\
                   Set-Cookie: a=4; Path=/x; SameSite=None; Secure; Partitioned\r\nset-cookie: =nameless\r\n";
    for (kind, added) in [("text/plain", &[][..]), ("text/html", RULES)] {
        world.origin.say(&ok(&format!("{cookies}Content-Type: {kind}\r\n"), b"x"));
        let (_, response) = world.same_but(kind, &get(&[]), &world.stands(), added);
        assert_eq!(
            response.head.all("set-cookie"),
            [
                "a=1; Expires=Wed, 21 Oct 2035 07:28:00 GMT; Path=/",
                "b=\"2, 3\"; HttpOnly",
                "a=4; Path=/x; SameSite=None; Secure; Partitioned",
                "=nameless",
            ],
            "{kind}"
        );
    }
}

#[test]
fn ranges_pass() {
    let world = world();
    world.origin.say(
        b"HTTP/1.1 206 Partial Content\r\nContent-Type: text/html\r\nContent-Range: bytes 2-5/10\r\nAccept-Ranges: bytes\r\n\
          ETag: \"v1\"\r\nContent-Length: 4\r\n\r\n<p>x",
    );
    let (received, response) = world.same("206", &get(&[("Range", "bytes=2-5"), ("If-Range", "\"v1\"")]));
    assert_eq!(received.head.all("range"), ["bytes=2-5"]);
    assert_eq!((response.status(), response.get("content-range")), (206, Some("bytes 2-5/10".to_owned())));
    world.origin.say(
        b"HTTP/1.1 206 Partial Content\r\nContent-Type: multipart/byteranges; boundary=B\r\nContent-Length: 16\r\n\r\n--B\r\n\r\nab\r\n--B--",
    );
    world.same("several ranges", &get(&[("Range", "bytes=0-0,-1")]));
    world
        .origin
        .say(b"HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */10\r\nContent-Length: 0\r\n\r\n");
    world.same("416", &get(&[("Range", "bytes=99-")]));
}

#[test]
fn conditional_requests_pass() {
    let world = world();
    world.origin.say(
        b"HTTP/1.1 304 Not Modified\r\nETag: W/\"v1\"\r\nCache-Control: max-age=5\r\nContent-Type: text/html\r\n\r\n",
    );
    let (received, response) = world.same("304", &get(&[("If-None-Match", "W/\"v1\"")]));
    assert_eq!(received.head.all("if-none-match"), ["W/\"v1\""]);
    assert_eq!((response.status(), response.get("etag")), (304, Some("W/\"v1\"".to_owned())));
}

#[test]
fn head_passes() {
    let world = world();
    for kind in ["text/html", "image/png"] {
        world.origin.say(
            format!(
                "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: 12345\r\nETag: \"v\"\r\n\r\n"
            )
            .as_bytes(),
        );
        let (received, response) = world.same(kind, &http::request("HEAD", "/", &[], b""));
        assert_eq!(received.method(), "HEAD");
        assert_eq!(response.status(), 200);
    }
}

#[test]
fn responses_without_a_body_pass() {
    let world = world();
    for status in ["204 No Content", "205 Reset Content"] {
        let length = if status.starts_with("205") { "Content-Length: 0\r\n" } else { "" };
        world.origin.say(
            format!("HTTP/1.1 {status}\r\nX-A: 1\r\nContent-Type: text/html\r\n{length}\r\n").as_bytes(),
        );
        let (_, response) = world.same(status, &get(&[]));
        assert_eq!(response.get("x-a").as_deref(), Some("1"));
    }
}

#[test]
fn interim_responses_pass_as_the_platform_passes_them() {
    let world = world();
    let mut bytes = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload; as=style\r\n\r\n".to_vec();
    bytes.extend(ok("Content-Type: text/html\r\n", b"final"));
    world.origin.answer(move |_, stream| {
        write(stream, &bytes);
        After::Close
    });
    // workerd hands a 103 on as if it were the end; the development server's proxies wait for more for ever.
    let [off, off_by_path, shadow] = world.silent();
    let ports = [&world.workerd, off, off_by_path, shadow].map(|stand| [stand.plain, stand.headstart]);
    let heads = ports.into_iter().flatten().map(|port| {
        let mut connection = Connection::to(port);
        connection.send(&get(&[]));
        connection.head().expect("a head")
    });
    let heads: Vec<_> = heads.collect();
    assert!(heads.iter().all(|head| *head == heads[0]), "{heads:?}");
    assert_eq!(heads[0].start, "HTTP/1.1 103 Early Hints");
    world.origin.say(&ok("Content-Type: text/plain\r\n", b"read it"));
    let request = http::request("POST", "/", &[("Expect", "100-continue")], b"body");
    let (received, _) = world.same("100", &request);
    assert_eq!((received.head.all("expect").len(), received.body.0.as_slice()), (1, b"body".as_slice()));
}

#[test]
fn redirects_are_the_visitors_to_follow() {
    let world = world();
    for status in [
        "301 Moved Permanently",
        "302 Found",
        "303 See Other",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        let bytes = format!(
            "HTTP/1.1 {status}\r\nLocation: ../b?c#d\r\nSet-Cookie: s=1\r\nContent-Type: text/html\r\nContent-Length: 3\r\n\r\n<p>"
        );
        world.origin.say(bytes.as_bytes());
        let (_, response) = world.same(status, &get(&[]));
        assert_eq!(response.get("location").as_deref(), Some("../b?c#d"));
    }
}

#[test]
fn header_lines_pass_with_odd_bytes() {
    let world = world();
    let mut bytes = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Latin: caf\xe9 \xfc\r\nX-Utf8: \xe4\xb8\xad\xe6\x96\x87\r\n\
        X-Empty:\r\nX-Tab: a\tb\r\nX-Quote: \"a\\\"b\", 'c'; d=\r\nx-twice: 1\r\nX-Twice: 2\r\nX-ALL-CAPS: y\r\nX-Long: "
        .to_vec();
    bytes.extend(std::iter::repeat_n(b'z', 16_000));
    bytes.extend_from_slice(b"\r\nContent-Length: 2\r\n\r\nok");
    world.origin.say(&bytes);
    let mut request = b"GET / HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\nAccept-Encoding: identity\r\nX-Odd: \xe9\xff\r\n".to_vec();
    request.extend_from_slice(
        b"Cookie: a=\xc3\xa9; b\r\nX-Empty:\r\nReferer: https://shop.test/\xe9\r\nX-Purpose: \xe9\r\n\r\n",
    );
    world.same("odd bytes", &request);
}

#[test]
fn a_page_with_odd_bytes_in_its_headers_is_still_served() {
    let world = world();
    let mut bytes = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nLink: <\xe9>; rel=\xff\r\nSpeculation-Rules: \xe9\r\n".to_vec();
    bytes.extend_from_slice(b"Content-Disposition: \xe9\r\nContent-Length: 4\r\n\r\n<p>x");
    world.origin.say(&bytes);
    // Malformed Link and Speculation-Rules are left alone, and nothing is added that they would void.
    world.same("odd page headers", &get(&[]));
}

#[test]
fn encoded_bodies_pass_undecoded() {
    let world = world();
    let plain = include_bytes!("../data/page.html").as_slice();
    let bodies: [(&str, &[u8]); 6] = [
        ("gzip", include_bytes!("../data/page.html.gz")),
        ("br", include_bytes!("../data/page.html.br")),
        ("zstd", b"\x28\xb5\x2f\xfd not really"),
        ("deflate", b"\x78\x9c not really"),
        ("x-own", plain),
        ("gzip, br", plain),
    ];
    for (encoding, body) in bodies {
        for kind in ["text/html", "application/javascript"] {
            let headers = format!("Content-Type: {kind}\r\nContent-Encoding: {encoding}\r\nETag: \"e\"\r\n");
            world.origin.say(&ok(&headers, body));
            let request = get(&[("Accept-Encoding", "gzip, br, zstd, deflate, x-own")]);
            let added = if kind == "text/html" { RULES } else { &[] };
            let (_, response) =
                world.same_but(&format!("{encoding} {kind}"), &request, &world.stands(), added);
            // On the last stand nothing but the two Workers stands between origin and visitor.
            assert_eq!(response.body.0, body, "{encoding} {kind}");
            assert_eq!(response.get("content-length"), Some(body.len().to_string()), "{encoding} {kind}");
        }
    }
}

#[test]
fn a_body_that_is_not_what_its_headers_say_passes_as_it_does_without_us() {
    let world = world();
    let lies: [(&str, Vec<u8>); 4] = [
        ("gzip that is none", ok("Content-Type: text/html\r\nContent-Encoding: gzip\r\n", b"<p>plain")),
        ("UTF-16 that says UTF-8", ok("Content-Type: text/html; charset=utf-8\r\n", b"\xff\xfe<\0p\0>\0")),
        ("an unknown charset", ok("Content-Type: text/html; charset=none\r\n", b"<p>\x80\xff")),
        ("binary that says HTML", ok("Content-Type: text/html\r\n", &(0..=255).collect::<Vec<u8>>())),
    ];
    for (what, bytes) in lies {
        world.origin.say(&bytes);
        let request = get(&[("Accept-Encoding", "gzip")]);
        // Not under wrangler dev, whose proxies decode the lie and die of it.
        world.same_but(what, &request, &[&world.silent()[..], &[&world.workerd]].concat(), RULES);
    }
}

#[test]
fn a_page_gains_its_rules_and_nothing_else_differs() {
    let world = world();
    world.origin.say(&ok(
        "Content-Type: text/html\r\nETag: \"v1\"\r\nCache-Control: public, max-age=60, no-transform\r\nAccept-Ranges: bytes\r\n\
         Link: </a.css>; rel=preload; as=style\r\nVary: Cookie\r\nX-A: 1\r\n",
        b"<!doctype html><title>x</title>",
    ));
    let (_, response) = world.same_but("a page", &get(&[("Cookie", "a=1")]), &world.stands(), RULES);
    assert_eq!(response.head.all("speculation-rules"), ["\"/_headstart/rules/site.json\""]);
}

#[test]
fn a_websocket_is_upgraded_and_speaks() {
    let world = world();
    world.origin.answer(|received, stream| {
        let key = received.head.get("sec-websocket-key").unwrap();
        let accept = tungstenite::handshake::derive_accept_key(key.as_bytes());
        let head = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
        );
        write(stream, head.as_bytes());
        let mut socket = tungstenite::WebSocket::from_raw_socket(
            stream.try_clone().unwrap(),
            tungstenite::protocol::Role::Server,
            None,
        );
        while let Ok(message) = socket.read() {
            if message.is_close() || socket.send(message).is_err() {
                break;
            }
        }
        After::Close
    });
    for port in world.stands().iter().flat_map(|stand| [stand.plain, stand.headstart]) {
        let stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
        let (mut socket, response) =
            tungstenite::client(format!("ws://127.0.0.1:{port}/chat"), stream).expect("an upgrade");
        assert_eq!(response.status(), 101);
        for message in [tungstenite::Message::text("hello"), tungstenite::Message::binary(vec![0, 255, 1])] {
            socket.send(message.clone()).unwrap();
            assert_eq!(socket.read().unwrap(), message);
        }
        socket.close(None).unwrap();
    }
}

/// Visits a page whose second piece the origin does not send before the visitor has the first.
fn stream_once(origin: &Origin, port: u16, name: &str) {
    let (seen, was_seen) = std::sync::mpsc::channel::<()>();
    let was_seen = Mutex::new(was_seen);
    origin.answer(move |_, stream| {
        let first =
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n";
        write(stream, first.as_bytes());
        was_seen.lock().unwrap().recv().expect("the first piece is seen");
        write(stream, b"2a\r\n<script src=https://cdn.example/></script>\r\n0\r\n\r\n");
        After::Keep
    });
    let mut connection = Connection::to(port);
    connection.send(&http::request("GET", "/streamed", &[], b""));
    assert!(connection.head().unwrap().get("speculation-rules").is_some());
    let mut body = Vec::new();
    while !body.windows(5).any(|window| window == b"first") {
        let piece = connection.some();
        assert!(!piece.is_empty(), "{name}: the stream ended early");
        body.extend(piece);
    }
    seen.send(()).unwrap();
    // To the last chunk: the connection stays open for seconds after it.
    while !body.ends_with(b"\r\n0\r\n\r\n") {
        let piece = connection.some();
        assert!(!piece.is_empty(), "{name}: the stream has no end");
        body.extend(piece);
    }
    assert!(body.windows(7).any(|window| window == b"cdn.exa"), "{name}");
}

#[test]
fn a_page_streams_while_it_is_learned_from() {
    let origin = Origin::start();
    let url = origin.url();
    let mut variables = QUICK.to_vec();
    variables.push(("ORIGIN", &url));
    let wrangler = Wrangler::start(&[Config::headstart(&variables)]);
    let workerd = Workerd::start(&url, &QUICK);
    for (name, port) in [("wrangler dev", wrangler.port), ("workerd", workerd.headstart)] {
        for _ in 0..3 {
            stream_once(&origin, port, name);
        }
        // A view with a query teaches nothing, so these three were read while they streamed.
        origin.say(&html("<p>x"));
        let link = support::eventually("the page is learned", Duration::from_secs(20), || {
            http::get(port, "/streamed?asked", &[]).get("link")
        });
        assert_eq!(link, "<https://cdn.example>; rel=preconnect", "{name}");
    }
}

#[test]
fn a_page_larger_than_what_is_read_of_it_arrives_whole() {
    let world = world();
    let body = format!("<!doctype html>{}", "<p>0123456789abcdef</p>\n".repeat(400_000));
    world.origin.say(&html(&body));
    for stand in world.stands() {
        let response = http::get(stand.headstart, "/large", &[]);
        assert!(response.complete, "{}", stand.name);
        assert!(
            response.body.0 == body.as_bytes(),
            "{}: {} of {} bytes",
            stand.name,
            response.body.0.len(),
            body.len()
        );
    }
}

#[test]
fn a_page_that_breaks_off_breaks_off() {
    let world = world();
    world.origin.answer(|_, stream| {
        write(
            stream,
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000\r\n\r\n<p>only this",
        );
        After::Close
    });
    let stands = [&world.silent()[..], &[&world.workerd]].concat();
    let (_, response) = world.same_but("a broken page", &get(&[]), &stands, RULES);
    assert!(!response.complete);
}

#[test]
fn a_dead_origin_is_named() {
    let dead = format!("http://127.0.0.1:{}", support::free_port());
    let headstart = Worker::start(&[("ORIGIN", &dead)]);
    for _ in 0..3 {
        let response = http::get(headstart.port, "/", &[]);
        assert_eq!(response.status(), 502);
        assert!(response.text().starts_with("the origin cannot be reached: "), "{}", response.text());
    }
    // The request lines come last, so by then every message is there.
    support::eventually("three request lines", Duration::from_secs(20), || {
        let lines = headstart.output();
        (lines.iter().filter(|line| line.contains("GET / 502")).count() == 3).then_some(())
    });
    assert_eq!(headstart.log().len(), 1, "{:?}", headstart.log());
}

/// What browsers say of a visit, of a form and of what a page loads.
#[test]
fn a_visit_passes_unchanged_whatever_is_deferred_for_speculations() {
    let world = world();
    let browser = |mode: &'static str, destination: &'static str| {
        [
            ("Sec-Fetch-Mode", mode),
            ("Sec-Fetch-Dest", destination),
            ("Sec-Fetch-Site", "same-origin"),
            ("Referer", "http://shop.test/x"),
            ("Cookie", "a=1; session=2; csrftoken=3; _ga=4"),
            ("X-Purpose-Of-Mine", "mine"),
        ]
    };
    let body = b"<head><script src=https://cdn.example/x.js></script></head><p>x";
    let cookies = "Set-Cookie: session=2; Path=/; HttpOnly\r\nSet-Cookie: csrftoken=9; Path=/\r\nSet-Cookie: _ga=5\r\nSet-Cookie: new=1\r\n";
    for status in ["200 OK", "404 No", "500 Oh"] {
        let bytes = format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{cookies}Content-Length: {}\r\n\r\n",
            body.len()
        );
        world.origin.say(&[bytes.as_bytes(), body].concat());
        for (mode, destination) in [("cors", "empty"), ("no-cors", "image"), ("same-origin", "empty")] {
            world.same(
                status,
                &http::request("GET", "/item?gclid=1&utm_source=x", &browser(mode, destination), b""),
            );
        }
    }
    // A page in a browser is given its hints and rules, and nothing else of it changes.
    world.origin.say(&ok(&format!("Content-Type: text/html\r\nCache-Control: max-age=9\r\n{cookies}"), body));
    let page = http::request("GET", "/item?gclid=1&utm_source=x", &browser("navigate", "document"), b"");
    let added: &[&str] = &["speculation-rules"];
    let stand = [&world.silent()[..], &[&world.workerd, &world.careful]].concat();
    let (received, _) = world.same_but("a page", &page, &stand, added);
    assert_eq!(received.target(), "/item?gclid=1&utm_source=x");
    // What a visitor does is said to their browser's store of pages alone.
    world.origin.say(&ok("Content-Type: text/plain\r\n", b"done"));
    let form = http::request("POST", "/item", &browser("navigate", "document"), b"q=1");
    world.same_but("a form", &form, &stand[..4], &["clear-site-data"]);
    let beacon = http::request("POST", "/item", &browser("no-cors", "empty"), b"q=1");
    world.same("a beacon", &beacon);
}

/// Speculations, and what scripts fetch ahead, which are refused or changed where Headstart is on.
#[test]
fn switched_off_a_speculation_passes_like_any_request() {
    let world = world();
    let cookies = "Set-Cookie: session=9; Path=/\r\nSet-Cookie: cart=1\r\nSet-Cookie: _ga=5\r\n";
    let head =
        "<head><link rel=preload as=image href=/x.png></head><script src=https://cdn.example/x.js></script>";
    let navigation = [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")];
    let kinds: [&[(&str, &str)]; 5] = [
        &[("Sec-Purpose", "prefetch")],
        &[("Sec-Purpose", "prefetch;prerender")],
        &[("Sec-Purpose", "prefetch"), ("Sec-Speculation-Tags", "null, \"headstart\"")],
        &[("Purpose", "prefetch")],
        &[("X-Moz", "prefetch")],
    ];
    for answer in [
        ok(&format!("Content-Type: text/html\r\nClear-Site-Data: \"cookies\"\r\n{cookies}"), head.as_bytes()),
        ok(&format!("Content-Type: text/html; charset=utf-8\r\n{cookies}"), head.as_bytes()),
        b"HTTP/1.1 302 Found\r\nLocation: https://other.example/\r\nSet-Cookie: a=1\r\nContent-Length: 0\r\n\r\n".to_vec(),
        b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n".to_vec(),
    ] {
        world.origin.say(&answer);
        for kind in kinds {
            let visitor = [("Cookie", "session=2; a=1"), ("Referer", "http://shop.test/x"), ("Sec-Fetch-Site", "same-origin")];
            let fields = [&navigation[..], kind, &visitor].concat();
            for target in ["/path?utm_source=x", "/logout", "/cart?add=5", "/a"] {
                let request = http::request("GET", target, &fields, b"");
                let what = format!("{kind:?} {target}");
                world.same_but(&what, &request, &world.silent(), &[]);
            }
        }
    }
    let by_script =
        [("Purpose", "prefetch"), ("Sec-Fetch-Mode", "cors"), ("Next-Router-Prefetch", "1"), ("Rsc", "1")];
    world.same_but("a script", &http::request("GET", "/a", &by_script, b""), &world.silent(), &[]);
    // Prefetch proxies look for this, and get advice where Headstart is on.
    world.origin.say(b"HTTP/1.1 404 No\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nno");
    let advice = http::request("GET", "/.well-known/traffic-advice", &[], b"");
    world.same_but("advice", &advice, &world.silent(), &[]);
}

/// What browsers send that have a page from before.
#[test]
fn switched_off_what_pages_send_that_came_before_is_answered_without_harm() {
    let world = world();
    world.origin.say(&html("<p>x"));
    for stand in [&world.off, &world.shadow] {
        let get = |path: &str, fields: &[(&str, &str)]| http::get(stand.headstart, path, fields);
        world.origin.take();
        for path in [
            "/_headstart/rules/site.json",
            "/_headstart/rules/moderate.json",
            "/_headstart/rules/site.json?s=x",
        ] {
            let rules = get(path, &[]);
            assert_eq!((rules.status(), rules.text().as_str()), (200, "{\"tag\":\"headstart\"}"), "{path}");
        }
        assert_eq!(get("/_headstart/rules/next/1f/a", &[]).status(), 404);
        assert_eq!(get("/_headstart/activate.js", &[]).status(), 200);
        let post = http::request("POST", "/_headstart/activate", &[], b"x");
        assert_eq!(http::raw(stand.headstart, &post).status(), 403);
        assert_eq!(get("/_headstart/nothing", &[]).status(), 404);
        // A rule of ours that a page has asks ahead for a page, which nobody would do without Headstart.
        for tags in ["\"headstart\"", "\"headstart-next\", \"headstart\""] {
            let fields =
                [("Sec-Purpose", "prefetch"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Speculation-Tags", tags)];
            assert_eq!(get("/a", &fields).status(), 503, "{tags}");
        }
        assert!(world.origin.take().is_empty(), "{}", stand.name);
    }
}
