//! Visitors whose browsers speculate by the baseline, for the tests of how its eagerness regulates itself.

use super::http;
use super::origin::{After, html, ok, write};
use super::site::Site;
use serde_json::Value;
use std::time::Duration;

/// Nine pages, each with some links, one to a page that nobody visits.
pub fn serve(site: &Site) {
    site.origin.answer(|request, stream| {
        let text = || "User-agent: *\nDisallow:\n".as_bytes();
        match request.target() {
            "/robots.txt" => write(stream, &ok("Content-Type: text/plain\r\n", text())),
            _ => write(
                stream,
                &html("<main><a href=/p/1>1</a> <a href=/p/2>2</a> <a id=new href=/new>new</a></main>"),
            ),
        }
        After::Keep
    });
}

pub fn page(number: u32) -> String {
    format!("/p/{}", number % 9)
}

/// The rules file that a page names first.
pub fn file(response: &http::Response) -> String {
    let field = response.get("speculation-rules").unwrap_or_default();
    field.split(", ").next().unwrap_or_default().trim_matches('"').to_owned()
}

/// A visitor, by the address that the platform gives.
pub struct Visitor<'a> {
    site: &'a Site,
    /// The host that they ask for.
    host: String,
    address: String,
    mobile: &'static str,
    cookies: String,
}

impl<'a> Visitor<'a> {
    pub fn new(site: &'a Site, number: u32) -> Self {
        let address = format!("10.0.{}.{}", number / 200, number % 200 + 1);
        Self { site, host: "shop.test".to_owned(), address, mobile: "?0", cookies: String::new() }
    }

    /// One who asks for the Worker by its address, as browsers do.
    pub fn by_address(site: &'a Site, number: u32) -> Self {
        Self { host: format!("127.0.0.1:{}", site.worker.port), ..Self::new(site, number) }
    }

    /// The same visitor, who points with a finger.
    pub fn on_touch(self) -> Self {
        Self { mobile: "?1", ..self }
    }

    /// The same visitor, with these cookies.
    pub fn with_cookies(self, cookies: &str) -> Self {
        Self { cookies: cookies.to_owned(), ..self }
    }

    pub fn get(&self, path: &str, more: &[(&str, &str)]) -> http::Response {
        self.send("GET", path, more)
    }

    /// Sends a form of a page.
    pub fn post(&self, from: &str, path: &str) -> http::Response {
        let referer = format!("http://{}{from}", self.host);
        let fields = [
            ("Sec-Fetch-Mode", "navigate"),
            ("Sec-Fetch-Dest", "document"),
            ("Sec-Fetch-Site", "same-origin"),
            ("Referer", &referer),
        ];
        self.send("POST", path, &fields)
    }

    fn send(&self, method: &str, path: &str, more: &[(&str, &str)]) -> http::Response {
        let mut headers =
            vec![("CF-Connecting-IP", self.address.as_str()), ("Sec-CH-UA-Mobile", self.mobile)];
        headers.extend(Some(("Cookie", self.cookies.as_str())).filter(|_| !self.cookies.is_empty()));
        headers.extend(more);
        let request = String::from_utf8(http::request(method, path, &headers, b"")).unwrap();
        let request = request.replace("Host: shop.test", &format!("Host: {}", self.host));
        http::raw(self.site.worker.port, request.as_bytes())
    }

    /// A view of a page, and the rule set that it names, as its browser reads it.
    pub fn view(&self, path: &str) -> Value {
        let navigation =
            [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Site", "none")];
        let named = file(&self.get(path, &navigation));
        let text = self
            .get(&named, &[("Sec-Fetch-Dest", "speculationrules"), ("Sec-Fetch-Site", "same-origin")])
            .text();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{named}: {error}: {text}"))
    }

    /// What a browser asks for ahead by this rule set, and the file that the page names.
    pub fn speculate(&self, from: &str, to: &str, rule_set: &Value) -> String {
        let (referer, tags) = (format!("http://{}{from}", self.host), rule_set["tag"].to_string());
        let answer = self.get(
            to,
            &[
                ("Sec-Fetch-Mode", "navigate"),
                ("Sec-Fetch-Dest", "document"),
                ("Sec-Fetch-Site", "none"),
                ("Sec-Purpose", "prefetch"),
                ("Sec-Speculation-Tags", &tags),
                ("Referer", &referer),
            ],
        );
        assert_eq!(answer.status(), 200);
        file(&answer)
    }

    /// The page is activated: its browser asks for that file.
    pub fn activate(&self, page: &str, file: &str) {
        let referer = format!("http://{}{page}", self.host);
        let fields = [
            ("Sec-Fetch-Dest", "speculationrules"),
            ("Sec-Fetch-Site", "same-origin"),
            ("Referer", &referer),
        ];
        assert_eq!(self.get(file, &fields).status(), 200);
    }
}

pub fn eagerness(rule_set: &Value) -> &str {
    rule_set["prefetch"][0]["eagerness"].as_str().unwrap()
}

/// Lets visitors, each made from their number, point at a link and follow it until the baseline is moderate on all pages.
/// Answers the number of the last one.
pub fn raise<'a>(visitor: impl Fn(u32) -> Visitor<'a>) -> u32 {
    let mut number = 0;
    super::eventually("the baseline is moderate on all pages", Duration::from_secs(120), || {
        for _ in 0..6 {
            number += 1;
            let (visitor, from, to) = (visitor(number), page(number), page(number + 4));
            let rule_set = visitor.view(&from);
            let named = visitor.speculate(&from, &to, &rule_set);
            visitor.activate(&to, &named);
        }
        let visitor = visitor(0);
        (0..9).all(|number| eagerness(&visitor.view(&page(number))) == "moderate").then_some(number)
    })
}
