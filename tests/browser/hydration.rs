//! React 18 hydrates a whole document, as Remix has it do: an element in its head that the server did not send has it render all anew.

use crate::shelf::{ACTIVATE, KEY, activation_start, until};
use crate::support::browser::{self, Browser, seen};
use crate::support::origin::{After, Received, html, ok, write};
use crate::support::packages;
use crate::support::site::Site;
use serde_json::json;
use std::time::Duration;

/// The application: it draws the document that the server has sent, and says what went wrong with that.
const APPLICATION: &str = "
    import { createElement as h, useEffect } from 'react';
    import { hydrateRoot } from 'react-dom/client';
    window.mistakes = [];
    const { error } = console;
    console.error = (...said) => { mistakes.push(said.join(' ')); error(...said); };
    const App = () => {
        useEffect(() => { window.isHydrated = true; });
        return h('html', { lang: 'en' },
            h('head', null,
                h('meta', { charSet: 'utf-8' }), h('title', null, 'Shop'), h('link', { rel: 'icon', href: 'data:,' })),
            h('body', null, h('h1', null, 'Shop'), h('script', { async: true, src: '/app.js' })));
    };
    hydrateRoot(document, h(App), { onRecoverableError: ({ message }) => mistakes.push(message) });";

/// What the server has sent of it, with this behind its `<head>`.
fn document(strange: &str) -> String {
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head>{strange}<meta charset=\"utf-8\"/><title>Shop</title>\
         <link rel=\"icon\" href=\"data:,\"/></head><body><h1>Shop</h1><script async=\"\" src=\"/app.js\"></script></body></html>"
    )
}

const HOME: &str = "<!doctype html><title>Home</title><link rel=icon href='data:,'><h1>Home</h1><a id=page href=/rendered>Shop</a>\
    <script type=speculationrules>{\"prerender\":[{\"urls\":[\"/rendered\"],\"eagerness\":\"immediate\"}]}</script>";

fn start(variables: &[(&str, &str)]) -> Site {
    let site = Site::start(variables);
    let application = packages::bundle(APPLICATION);
    site.origin.answer(move |received: &Received, stream| {
        let answer = match received.target() {
            "/" => html(&document("")),
            "/rendered" => {
                ok("Content-Type: text/html\r\nSet-Cookie: visits=1; Path=/\r\n", document("").as_bytes())
            }
            "/strange" => html(&document("<script async src=/nothing.js></script>")),
            "/app.js" => application.clone(),
            "/home" => html(HOME),
            _ => ok("Content-Type: text/javascript\r\n", b""),
        };
        write(stream, &answer);
        After::Keep
    });
    site
}

/// What was wrong with the document, once it is hydrated; and what its head then has.
async fn hydrated(browser: &Browser) -> (serde_json::Value, String) {
    until("the document is hydrated", async || {
        (browser.run("return window.isHydrated").await == true).then_some(())
    })
    .await;
    let head = browser.run("return document.head.innerHTML").await;
    (browser.run("return window.mistakes").await, head.as_str().unwrap().to_owned())
}

const HEAD: &str = "<meta charset=\"utf-8\"><title>Shop</title><link rel=\"icon\" href=\"data:,\">";

#[test]
fn a_document_that_is_hydrated_as_a_whole_finds_nothing_strange_in_its_head_and_its_view_is_told() {
    let site = start(&[("BEACON", "auto")]);
    let url = |path: &str| format!("http://127.0.0.1:{}{path}", site.worker.port);
    let told = || {
        let lines = site.worker.output();
        lines.iter().filter(|line| line.contains("POST /_headstart/beacon 204")).count()
    };
    browser::with(|browser| async move {
        browser.goto(&url("/strange")).await;
        assert_ne!(hydrated(&browser).await.0, json!([]), "what is strange is noticed");
        let script = "return performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('/_headstart/beacon.js')).length";
        let mut asked = 0;
        for _ in 0..60 {
            browser.goto(&url("/")).await;
            assert_eq!(hydrated(&browser).await, (json!([]), HEAD.to_owned()));
            if browser.run(script).await == 1 {
                asked += 1;
                let before = told();
                browser.goto(&url("/home")).await;
                seen("the view that was asked is told", || (told() > before).then_some(()));
                if asked == 3 {
                    break;
                }
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        assert_eq!(asked, 3, "views are asked");
    });
}

#[test]
fn a_document_that_is_hydrated_while_it_is_prerendered_finds_nothing_strange_and_its_ticket_comes_back() {
    let site = start(&[("SEAL_KEY", KEY)]);
    let printed = |line: &str| site.worker.output().iter().any(|printed| printed.contains(line));
    browser::with(|browser| async move {
        browser.goto(&format!("http://127.0.0.1:{}/home", site.worker.port)).await;
        seen("the page is rendered", || printed("GET /_headstart/activate.js 200").then_some(()));
        browser.click("#page").await;
        assert!(activation_start(&browser).await > 0.0);
        assert_eq!(hydrated(&browser).await, (json!([]), HEAD.to_owned()));
        until("the cookie is set", async || browser.cookie("visits").await).await;
        seen("what was deferred is done", || printed(&format!("POST {ACTIVATE} 204")).then_some(()));
    });
}
