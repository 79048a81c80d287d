//! `headstart doctor` about sites without Headstart, and about what is no site: it ends soon, says why in words, and prints nothing that
//! a terminal would obey. About sites with Headstart: tests/worker/doctor.rs.

use crate::headstart;
use crate::server::{self, Authority, ByHttp2, HTML, ok, said};
use crate::told::Told;
use serde_json::Value;
use std::time::{Duration, Instant};

fn ask(arguments: &str, authority: Option<&Authority>) -> Told {
    let mut program = headstart("doctor --json", arguments);
    if let Some(authority) = authority {
        program.env("SSL_CERT_FILE", authority.file());
    }
    Told::by(&program.output().unwrap())
}

fn doctor(port: u16) -> Told {
    ask(&format!("http://127.0.0.1:{port}/"), None)
}

#[test]
fn a_site_that_headstart_is_not_in_front_of_is_told_with_how_to_put_it_there() {
    let port = server::http(|request, out| {
        let answer = if request.target() == "/" {
            ok(HTML, "<!doctype html><title>x</title><a href=/logout>x</a>")
        } else {
            said("404 Not Found", HTML, "")
        };
        let _ = out.write_all(&answer);
    });
    let told = doctor(port);
    assert_eq!(told.wrong(), [("in-front", "problem")]);
    let (_, says, advice) = told.of("in-front");
    assert!(says.contains("/_headstart/rules/site.json is not there (status 404)"), "{says}");
    assert!(advice.contains("wrangler.toml") && advice.contains("npx wrangler deploy"), "{advice}");
    let (_, says, _) = told.of("links");
    assert!(says.contains("/logout (sign-out)"), "{says}");
}

#[test]
fn a_page_in_xhtml_is_passed_on_and_no_problem() {
    let port = server::http(|_, out| {
        let page = "<html xmlns='http://www.w3.org/1999/xhtml'><head/></html>";
        let _ = out.write_all(&ok("Content-Type: application/xhtml+xml\r\n", page));
    });
    let told = doctor(port);
    let (verdict, says, _) = told.of("answers");
    assert!(told.wrong().is_empty() && verdict == "note", "{:?}", told.wrong());
    assert!(says.contains("XHTML, which Headstart passes on as it is"), "{says}");
}

#[test]
fn a_ring_of_redirects_is_told_with_its_places_and_a_chain_that_ends_is_followed() {
    let port = server::http(|request, out| {
        let to = |target: &str| said("302 Found", &format!("Location: {target}\r\n"), "");
        let answer = match request.target() {
            "/" => to("/a"),
            "/a" => to("/b"),
            "/b" => to("/a"),
            "/gate" if request.field("cookie").is_some_and(|cookies| cookies.contains("seen=1")) => {
                ok(HTML, "<title>x</title>")
            }
            "/gate" => said("302 Found", "Location: /welcome\r\nSet-Cookie: seen=1; Path=/\r\n", ""),
            "/welcome" => to("/gate"),
            "/more" => to("/more/more"),
            path if path.starts_with("/more/") => to(&format!("{path}/more")),
            "/file" => to("file:///etc/passwd"),
            "/nothing" => said("302 Found", "", ""),
            "/1" => to("/2"),
            "/2" => to("/3"),
            "/3" => to("/4"),
            "/4" => ok(HTML, "<title>x</title>"),
            _ => said("404 Not Found", "", ""),
        };
        let _ = out.write_all(&answer);
    });
    let at = |path: &str| ask(&format!("http://127.0.0.1:{port}{path}"), None);
    let told = at("/");
    assert_eq!(told.wrong(), [("redirects", "problem")]);
    let (_, says, advice) = told.of("redirects");
    assert!(says.starts_with("Redirects go round in a ring") && says.ends_with("/a again."), "{says}");
    assert!(advice.contains("Full (strict)"), "{advice}");
    let told = at("/gate");
    assert_eq!(told.of("redirects").0, "ok", "a cookie on the way ends the ring, as in a browser");
    assert_eq!(told.json["pages"][0], format!("http://127.0.0.1:{port}/gate"));
    assert!(at("/more").of("redirects").1.starts_with("After 20 redirects"));
    assert!(at("/file").of("redirects").1.contains("file:///etc/passwd"));
    assert!(at("/nothing").of("redirects").1.contains("what cannot be asked for: nothing"));
    assert_eq!(at("/1").of("redirects").0, "warning");
}

#[test]
fn who_does_not_answer_is_told_by_what_was_missing() {
    for (port, expected) in
        [(server::nobody(), "takes no connection"), (server::silence(), "did not answer in time")]
    {
        let start = Instant::now();
        let told = ask(&format!("--timeout 1 http://127.0.0.1:{port}/"), None);
        assert_eq!(told.wrong(), [("answers", "problem")]);
        assert!(told.of("answers").1.contains(expected), "{}", told.of("answers").1);
        assert!(start.elapsed() < Duration::from_secs(30));
    }
    let port = server::http(|_, _| {});
    assert!(doctor(port).of("answers").1.contains("closes it without an answer"));
    let port = server::says(b"SSH-2.0-OpenSSH_9.2\r\n");
    assert!(doctor(port).of("answers").1.contains("cannot be read as HTTP"));
    let told = ask("http://no-such-host.invalid/", None);
    assert!(told.of("answers").1.contains("has no address"), "{}", told.of("answers").1);
}

#[test]
fn a_bad_certificate_is_told_in_words() {
    let (trusted, other) = (Authority::new("trusted"), Authority::new("other"));
    let page = |_: &server::Request, out: &mut dyn std::io::Write| {
        let _ = out.write_all(&ok(HTML, "<title>x</title>"));
    };
    let told = |authority: &Authority, change: fn(&mut rcgen::CertificateParams), name: &str| {
        let port = server::https(authority.server(name, change), page);
        ask(&format!("https://localhost:{port}/"), Some(&trusted))
    };
    let good = told(&trusted, |_| {}, "localhost");
    assert_eq!(good.of("answers").0, "ok");
    assert!(good.of("https").1.contains("the certificate is good"));
    for (bad, expected) in [
        (told(&other, |_| {}, "localhost"), "nobody whom this machine trusts has issued it"),
        (
            told(&trusted, |params| params.not_after = rcgen::date_time_ymd(2020, 1, 1), "localhost"),
            "it has expired",
        ),
        (
            told(&trusted, |params| params.not_before = rcgen::date_time_ymd(2190, 1, 1), "localhost"),
            "it is not valid yet",
        ),
        (told(&trusted, |_| {}, "other.example"), "it is for another name (DnsName(\"other.example\"))"),
    ] {
        assert_eq!(bad.wrong(), [("answers", "problem")]);
        let (_, says, advice) = bad.of("answers");
        assert!(says.contains("The certificate of") && says.contains(expected), "{expected}: {says}");
        assert!(advice.contains("Edge Certificates"), "{advice}");
    }
    let plain = server::says(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    let told = ask(&format!("https://localhost:{plain}/"), Some(&trusted));
    assert!(told.of("answers").1.contains("does not agree on TLS"), "{}", told.of("answers").1);
}

#[test]
fn a_hint_that_comes_early_is_seen_by_http_2() {
    let authority = Authority::new("http2");
    let answer = ByHttp2 {
        early: "<https://cdn.example>; rel=preconnect",
        fields: &[
            ("content-type", "text/html"),
            ("server", "cloudflare"),
            ("link", "<https://cdn.example>; rel=preconnect"),
        ],
        body: "<title>x</title><script src=https://cdn.example/a.js></script>",
    };
    let port = server::http2(authority.server("localhost", |_| {}), answer);
    let told = ask(&format!("https://localhost:{port}/"), Some(&authority));
    assert!(told.of("answers").1.contains("over HTTP/2"), "{}", told.of("answers").1);
    let (verdict, says, _) = told.of("early-hints");
    assert_eq!(verdict, "ok", "{says}");
    assert!(says.contains("with 1 link."), "{says}");
}

#[test]
fn what_is_no_page_is_told_by_its_status_and_type() {
    let port = server::http(|request, out| {
        let answer = match request.target() {
            "/data" => ok("Content-Type: application/json\r\n", "{}"),
            "/bare" => ok("", "x"),
            "/gone" => said("404 Not Found", HTML, ""),
            "/down" => said("503 Service Unavailable", HTML, ""),
            "/locked" if request.field("authorization") == Some("Basic eDp5") => ok(HTML, "<title>x</title>"),
            "/locked" => said("401 Unauthorized", "WWW-Authenticate: Basic\r\n", ""),
            _ => said(
                "403 Forbidden",
                "cf-mitigated: challenge\r\nContent-Type: text/html\r\n",
                "<title>Just a moment</title>",
            ),
        };
        let _ = out.write_all(&answer);
    });
    for (path, expected, advice) in [
        ("/data", "as application/json, which is no HTML page", "Content-Type: text/html"),
        ("/bare", "without a Content-Type", "Content-Type: text/html"),
        ("/gone", "status 404", "a page that exists"),
        ("/down", "status 503", "npx wrangler tail"),
        ("/locked", "asks for a password", "--header"),
        ("/wall", "that they are no robot", "Security rules"),
    ] {
        let told = ask(&format!("http://127.0.0.1:{port}{path}"), None);
        assert_eq!(told.wrong(), [("answers", "problem")], "{path}");
        assert!(told.of("answers").1.contains(expected), "{path}: {}", told.of("answers").1);
        assert!(told.of("answers").2.contains(advice), "{path}: {}", told.of("answers").2);
    }
    let mut program = headstart("doctor --json", &format!("http://127.0.0.1:{port}/locked"));
    let output = program.args(["--header", "Authorization: Basic eDp5"]).output().unwrap();
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["pages"].as_array().unwrap().len(), 1, "{json:#}");
}

#[test]
fn what_never_ends_ends_here() {
    let start = Instant::now();
    let port = server::http(|_, out| {
        let _ = out.write_all(b"HTTP/1.1 200 OK\r\n");
        while out.write_all(format!("X-A: {}\r\n", "a".repeat(1000)).as_bytes()).is_ok() {}
    });
    let told = doctor(port);
    assert!(told.of("answers").1.contains("head is longer than"), "{}", told.of("answers").1);
    let port = server::http(|request, out| {
        if request.target() != "/" {
            let _ = out.write_all(&said("404 Not Found", "", ""));
            return;
        }
        let _ = out.write_all(
            format!("HTTP/1.1 200 OK\r\n{HTML}Connection: close\r\n\r\n<title>x</title>").as_bytes(),
        );
        while out.write_all(&[b'x'; 65536]).is_ok() {}
    });
    let told = doctor(port);
    assert_eq!(told.of("answers").0, "note");
    assert!(told.of("answers").1.contains("the first 4096 kB were read"), "{}", told.of("answers").1);
    let port = server::http(|request, out| {
        let body = "<a href=/x>".repeat(50_000_000 / 11);
        let answer = if request.target() == "/" { ok(HTML, &body) } else { said("404 Not Found", "", "") };
        let _ = out.write_all(&answer);
    });
    assert_eq!(doctor(port).of("answers").0, "note");
    assert!(start.elapsed() < Duration::from_secs(120));
}

#[test]
fn nothing_that_a_site_sends_is_obeyed_by_a_terminal() {
    let port = server::http(|request, out| {
        let page = "<title>x</title><a href='/logout?\u{9b}2J\u{1b}[31m'>x</a><script src='/\u{1b}]0;x\u{7}.js'></script>";
        let fields = "Content-Type: text/html\r\nSpeculation-Rules: /\u{9b}2J\u{202e}gnp\r\nLink: \u{9b}31m\r\nClear-Site-Data: \u{9b}2J\r\n";
        let answer = if request.target() == "/" { ok(fields, page) } else { said("404 Not Found", "", "") };
        let _ = out.write_all(&answer);
    });
    for arguments in ["", "--json "] {
        let output = headstart("doctor", &format!("{arguments}http://127.0.0.1:{port}/")).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let text = String::from_utf8(output.stdout).unwrap();
        let is_obeyed =
            |character: char| (character.is_control() && character != '\n') || character == '\u{202e}';
        assert!(!text.contains(is_obeyed), "{text:?}");
        assert!(text.contains("u{9b}2J"), "{text}");
    }
}

#[test]
fn arguments_that_are_wrong_are_told_from_a_site_that_is() {
    for (arguments, complaint) in [
        ("", "error: the following required arguments were not provided:"),
        (
            "ftp://www.example.org",
            "error: invalid value 'ftp://www.example.org' for '<URL>': a page's URL is wanted",
        ),
        (
            "https://a:b@www.example.org",
            "error: invalid value 'https://a:b@www.example.org' for '<URL>': a password",
        ),
        ("--pages 0 www.example.org", "error: invalid value '0' for '--pages <N>'"),
        ("--header X www.example.org", "error: invalid value 'X' for '--header <NAME: VALUE>'"),
    ] {
        let output = headstart("doctor", arguments).output().unwrap();
        let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), &b""[..]), "{arguments}");
        assert!(complaints.starts_with(complaint), "{arguments}: {complaints}");
    }
}
