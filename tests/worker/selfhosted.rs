//! Headstart on a machine of one's own: `examples/selfhosted`, with what its nginx.conf has said of each request.

use crate::support::folder::Folder;
use crate::support::origin::{After, Origin, html, write};
use crate::support::process::Program;
use crate::support::{self, http};
use std::time::Duration;

/// What nginx adds: the URL as the visitor sees it, and where they are.
const BY_NGINX: [(&str, &str); 2] =
    [("MF-Original-URL", "https://www.example.org/page?a=1"), ("CF-Connecting-IP", "192.0.2.7")];

#[test]
fn it_stands_behind_a_web_server_and_keeps_what_it_learns_on_disk() {
    let origin = Origin::start();
    origin.answer(|_, stream| {
        write(stream, &html("<main>a page</main>"));
        After::Keep
    });
    let kept = Folder::new("selfhosted");
    let example = support::root().join("examples/selfhosted");
    let toml = std::fs::read_to_string(example.join("wrangler.toml")).unwrap();
    let source = support::root().join("src");
    let toml =
        toml.replace("../../src", source.to_str().unwrap()).replace("http://127.0.0.1:8080", &origin.url());
    std::fs::write(kept.0.join("wrangler.toml"), toml).unwrap();
    let port = support::free_port();
    let (port_text, script) = (port.to_string(), example.join("serve.mjs"));
    let environment = [
        ("PORT", port_text.as_str()),
        ("SEAL_KEY", "a key of the tests, forty characters long"),
        ("ADMIN_TOKEN", "a-token-of-the-tests-of-many-characters"),
    ];
    let command = ["node", script.to_str().unwrap(), kept.0.to_str().unwrap()];
    let mut program = Program::start_worker(&command, &environment);
    program.line("it is ready", Duration::from_secs(60), |line| line.contains("Headstart ready on"));
    let page = http::get(port, "/page?a=1", &BY_NGINX);
    assert_eq!(page.get("speculation-rules").as_deref(), Some("\"/_headstart/rules/site.json\""));
    let received = origin.take();
    let asked = received.iter().find(|received| received.target() == "/page?a=1").expect("the page");
    assert_eq!(asked.head.all("x-forwarded-host"), ["www.example.org"]);
    assert_eq!(asked.head.all("x-forwarded-proto"), ["https"]);
    assert_eq!(asked.head.all("x-forwarded-for"), ["192.0.2.7"]);
    assert_eq!(http::get(port, "/_headstart/health", &[]).status(), 200);
    let report = [
        ("MF-Original-URL", "https://www.example.org/_headstart/?format=json"),
        ("Authorization", "Bearer a-token-of-the-tests-of-many-characters"),
    ];
    assert_eq!(http::get(port, "/_headstart/?format=json", &report).status(), 200);
    assert!(kept.0.join("state/objects").exists() || kept.0.join("state/kv").exists());
}

#[test]
fn without_an_origin_it_says_what_to_write() {
    let kept = Folder::new("selfhosted-none");
    let toml = std::fs::read_to_string(support::root().join("examples/selfhosted/wrangler.toml")).unwrap();
    std::fs::write(kept.0.join("wrangler.toml"), toml.replace("http://127.0.0.1:8080", "")).unwrap();
    let run = std::process::Command::new("node")
        .arg(support::root().join("examples/selfhosted/serve.mjs"))
        .arg(&kept.0)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(!run.status.success() && said.contains("give your server's URL"), "{said}");
}
