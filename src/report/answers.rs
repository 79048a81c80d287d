//! The answers of the report, with their header fields: nobody keeps them, frames them, looks them up in a search engine, or is told that
//! they are there; and no script runs in them.

use super::access;
use super::html::Html;
use crate::endpoints::ReportFile;
use crate::fault::{Blame, Fault};
use crate::plan::own_answers::{Body, OwnAnswer};
use crate::visit::Visit;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::borrow::Cow;

/// How all its pages look.
const STYLE: &str = include_str!("style.css");

/// The media types of what is answered.
const HTML: &str = "text/html; charset=utf-8";
const JSON: &str = "application/json";
/// Prometheus, "Text-based format".
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

/// What a page may load: nothing but its own style.
fn policy() -> String {
    let style = STANDARD.encode(Sha256::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; img-src data:; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'"
    )
}

/// An answer. `referrer` is what other pages are told where one is left by a link.
fn answer(status: u16, media_type: &'static str, body: String, referrer: &'static str) -> OwnAnswer<'static> {
    let lines: Vec<(&'static str, Cow<'static, str>)> = vec![
        ("Cache-Control", "no-store".into()),
        ("Content-Security-Policy", policy().into()),
        ("Content-Type", media_type.into()),
        ("Cross-Origin-Opener-Policy", "same-origin".into()),
        ("Cross-Origin-Resource-Policy", "same-origin".into()),
        ("Referrer-Policy", referrer.into()),
        ("X-Content-Type-Options", "nosniff".into()),
        ("X-Frame-Options", "DENY".into()),
        ("X-Robots-Tag", "noindex, nofollow".into()),
    ];
    OwnAnswer { status, lines, body: Body::Text(body.into()) }
}

/// A page of the report.
#[must_use]
pub fn page(html: Html) -> OwnAnswer<'static> {
    answer(200, HTML, html.into_string(), "no-referrer")
}

/// The report as JSON.
#[must_use]
pub fn json(text: String) -> OwnAnswer<'static> {
    answer(200, JSON, text, "no-referrer")
}

/// The figures for Prometheus.
#[must_use]
pub fn metrics(text: String) -> OwnAnswer<'static> {
    answer(200, METRICS, text, "no-referrer")
}

/// What a program is told that asks in a wrong way.
#[must_use]
pub fn mistaken(message: &str) -> OwnAnswer<'static> {
    answer(400, TEXT, format!("{message}\n"), "no-referrer")
}

/// The answer after a form: it leads to the report.
fn led(set_cookie: String, target: &'static str) -> OwnAnswer<'static> {
    let mut led = answer(303, TEXT, String::new(), "no-referrer");
    led.lines.push(("Location", target.into()));
    led.lines.push(("Set-Cookie", set_cookie.into()));
    led
}

/// The answer to the right token: the report opens, unless the browser does not keep the cookie.
#[must_use]
pub fn signed_in(set_cookie: String) -> OwnAnswer<'static> {
    led(set_cookie, "/_headstart/?signed-in")
}

/// The answer to whoever signs out.
#[must_use]
pub fn signed_out(set_cookie: String) -> OwnAnswer<'static> {
    led(set_cookie, "/_headstart/")
}

/// The answer after something was done: it leads back to the report.
#[must_use]
pub fn done() -> OwnAnswer<'static> {
    let mut done = answer(303, TEXT, String::new(), "no-referrer");
    done.lines.push(("Location", "/_headstart/#switches".into()));
    done
}

/// The answer after a portion of what takes several: it has the browser send the form once more, there (RFC 9110, section 15.4.8).
#[must_use]
pub fn sent_on(location: String) -> OwnAnswer<'static> {
    let mut sent_on = answer(307, TEXT, String::new(), "no-referrer");
    sent_on.lines.push(("Location", location.into()));
    sent_on
}

/// What somebody is told for whom something could not be done: a fault of theirs, or of KV.
#[must_use]
pub fn undone(fault: &Fault) -> OwnAnswer<'static> {
    let status = if fault.blame == Blame::Visitor { 400 } else { 502 };
    answer(status, TEXT, format!("{}\n", fault.message), "no-referrer")
}

/// Why the report is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// Nobody has signed in.
    SignIn,
    /// Somebody has, and their browser has not kept the cookie.
    NoCookie,
    /// The token was wrong.
    Wrong,
    /// There were too many wrong ones.
    TooMany,
    /// The form was not sent by a page of this site.
    Foreign,
    /// The form has no mark of a report that was opened within the last two hours.
    Unmarked,
    /// What the form sent could not be read.
    Unread,
}

impl Closed {
    fn status(self) -> u16 {
        match self {
            Self::SignIn | Self::NoCookie => 401,
            Self::Wrong | Self::Foreign | Self::Unmarked => 403,
            Self::TooMany => 429,
            Self::Unread => 400,
        }
    }

    /// What is said of it.
    fn message(self) -> &'static str {
        match self {
            Self::SignIn => "",
            Self::NoCookie => {
                "The token was right, but your browser has not kept the cookie that says so. Open the report over HTTPS; on your \
                 own machine, at http://127.0.0.1 or http://localhost."
            }
            Self::Wrong => "That is not the token.",
            Self::TooMany => "There were too many wrong tokens. Try again in a quarter of an hour.",
            Self::Foreign => "Only the forms of these pages themselves may send this.",
            Self::Unmarked => {
                "That form is too old, or of another page. Open the report again, and send it from there."
            }
            Self::Unread => "What was sent could not be read.",
        }
    }
}

/// The answer to whoever may not see the report: the page to sign in for a browser, a line for a program.
#[must_use]
pub fn closed(visit: &Visit, file: ReportFile, why: Closed) -> OwnAnswer<'static> {
    let is_page = matches!(file, ReportFile::Report | ReportFile::SignIn | ReportFile::SignOut);
    let wants_json = visit.url.query_pairs().any(|(name, value)| name == "format" && value != "html");
    let message = why.message();
    let mut closed = if is_page && !wants_json {
        let html = sign_in_page(visit, message);
        // The form says who sends it, which a browser leaves out where pages are told nothing of each other.
        answer(why.status(), HTML, html.into_string(), "same-origin")
    } else if message.is_empty() {
        let text = "This is for whoever has ADMIN_TOKEN: send it as Authorization: Bearer.\n";
        answer(why.status(), TEXT, text.to_owned(), "no-referrer")
    } else {
        answer(why.status(), TEXT, format!("{message}\n"), "no-referrer")
    };
    if why.status() == 401 {
        closed.lines.push(("WWW-Authenticate", "Bearer".into()));
    }
    if why == Closed::TooMany {
        closed.lines.push(("Retry-After", (access::WAIT_MS / 1000).to_string().into()));
    }
    closed
}

/// Begins a page.
#[must_use]
pub fn begin(title: &'static str) -> Html {
    let mut html = Html::default();
    html.raw("<!doctype html><html lang=en><head><meta charset=utf-8><title>").raw(title).raw(
        " – Headstart</title><meta name=viewport content=\"width=device-width,initial-scale=1\">\
         <meta name=color-scheme content=\"light dark\"><meta name=robots content=noindex>\
         <link rel=icon href=\"data:,\"><style>",
    );
    html.raw(STYLE).raw("</style></head><body>");
    html
}

fn sign_in_page(visit: &Visit, message: &'static str) -> Html {
    let mut html = begin("Sign in");
    html.raw("<main class=narrow><h1>Headstart</h1>");
    html.raw("<p>The report of ")
        .within("<b>", &visit.site().unwrap_or_default(), "</b>")
        .raw(" is for whoever runs the site.</p>");
    if !message.is_empty() {
        html.raw("<p role=alert class=bad>").raw(message).raw("</p>");
    }
    html.raw(
        "<form method=post action=\"/_headstart/sign-in\"><label for=token>Token <span class=dim>(ADMIN_TOKEN)</span></label>\
         <input id=token name=token type=password autocomplete=current-password required>\
         <button>Open the report</button></form>",
    );
    if visit.url.scheme() == "http" && !access::is_local(&visit.url) {
        html.raw(
            "<p class=dim>As far as Headstart can tell, this page came without HTTPS. Your browser keeps the cookie of the \
             report only where it did come over HTTPS.</p>",
        );
    }
    html.raw("</main></body></html>");
    html
}

/// The page where there is no token: how the report is turned on.
#[must_use]
pub fn turned_off() -> OwnAnswer<'static> {
    let mut html = begin("The report is off");
    html.raw(
        "<main class=narrow><h1>Headstart</h1><p>This site has a head start. Whoever runs it can see what was learned, what \
         was gained and what was refused, once there is a token:</p>\
         <pre tabindex=0>(umask 077; openssl rand -base64 32 | tee ~/headstart-token) | npx wrangler secret put ADMIN_TOKEN</pre>\
         <p>Then open this page again, and sign in with what stands in <code>~/headstart-token</code>. With <code>make dev</code> \
         the token is printed.</p></main></body></html>",
    );
    answer(200, HTML, html.into_string(), "no-referrer")
}

#[cfg(test)]
mod tests {
    use super::*;
    use url::Url;

    fn visit(path: &str) -> Visit {
        Visit::with("GET", Url::parse("https://shop.example").unwrap().join(path).unwrap(), &[])
    }

    fn text<'a>(answer: &'a OwnAnswer<'_>) -> &'a str {
        match &answer.body {
            Body::Text(text) => text,
            other => panic!("{other:?}"),
        }
    }

    fn line<'a>(answer: &'a OwnAnswer<'_>, name: &str) -> Option<&'a str> {
        answer.lines.iter().find(|(other, _)| *other == name).map(|(_, value)| &**value)
    }

    #[test]
    fn nothing_of_the_report_is_kept_framed_indexed_or_runs_a_script() {
        let closed_page = closed(&visit("/_headstart/"), ReportFile::Report, Closed::SignIn);
        let all = [
            closed_page,
            turned_off(),
            page(begin("x")),
            json("{}".to_owned()),
            metrics(String::new()),
            signed_out("a=".to_owned()),
        ];
        for answer in &all {
            assert_eq!(line(answer, "Cache-Control"), Some("no-store"));
            assert_eq!(line(answer, "X-Robots-Tag"), Some("noindex, nofollow"));
            assert_eq!(line(answer, "X-Content-Type-Options"), Some("nosniff"));
            let policy = line(answer, "Content-Security-Policy").unwrap();
            assert!(
                policy.starts_with("default-src 'none'; ") && policy.contains("frame-ancestors 'none'"),
                "{policy}"
            );
            assert!(!policy.contains("script-src") && !policy.contains("unsafe"), "{policy}");
            let text = text(answer);
            assert!(
                !text.contains("<script") && !text.contains(" style=") && !text.contains("onclick"),
                "{text}"
            );
        }
    }

    #[test]
    fn a_form_is_sent_on_as_it_is() {
        let answer = sent_on("/_headstart/forget?from=x".to_owned());
        assert_eq!((answer.status, line(&answer, "Location")), (307, Some("/_headstart/forget?from=x")));
        assert_eq!(line(&answer, "Cache-Control"), Some("no-store"));
    }

    #[test]
    fn whoever_may_not_see_it_is_told_how_to() {
        let of = |path: &str, file, why| closed(&visit(path), file, why);
        let page = of("/_headstart/", ReportFile::Report, Closed::SignIn);
        assert_eq!((page.status, line(&page, "Referrer-Policy")), (401, Some("same-origin")));
        assert!(
            text(&page).contains("<form method=post action=\"/_headstart/sign-in\">")
                && !text(&page).contains("role=alert")
        );
        for (why, status) in [
            (Closed::Wrong, 403),
            (Closed::TooMany, 429),
            (Closed::Foreign, 403),
            (Closed::Unmarked, 403),
            (Closed::NoCookie, 401),
            (Closed::Unread, 400),
        ] {
            let page = of("/_headstart/sign-in", ReportFile::SignIn, why);
            assert_eq!(page.status, status);
            assert!(text(&page).contains("<p role=alert class=bad>"), "{why:?}");
            assert_eq!(line(&page, "Retry-After"), (why == Closed::TooMany).then_some("900"));
        }
        for (path, file) in [
            ("/_headstart/?format=json", ReportFile::Report),
            ("/_headstart/metrics", ReportFile::Metrics),
            ("/_headstart/why?url=/", ReportFile::Why),
        ] {
            let answer = of(path, file, Closed::SignIn);
            assert_eq!((answer.status, line(&answer, "WWW-Authenticate")), (401, Some("Bearer")));
            assert!(text(&answer).starts_with("This is for whoever has ADMIN_TOKEN"), "{path}");
        }
        let plain = closed(
            &Visit::with("GET", Url::parse("http://shop.example/_headstart/").unwrap(), &[]),
            ReportFile::Report,
            Closed::SignIn,
        );
        assert!(text(&plain).contains("came without HTTPS"));
    }
}
