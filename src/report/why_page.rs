//! Why a page is given what it is given, as a page, with a form to ask again.

use super::answers::begin;
use super::html::Html;
use super::page::subject;
use super::why::Explanation;

/// The page.
#[must_use]
pub fn page(explanation: &Explanation, site: &str, cookies: &str, set_cookies: &[String]) -> Html {
    let mut html = begin("Why");
    html.raw("<header><p><a href=\"/_headstart/\">The report of ").text(&site).raw("</a></p>");
    html.raw(if explanation.speculates { "<h1>A speculation on " } else { "<h1>Why " })
        .text(&explanation.url)
        .raw("</h1></header><main>");
    html.within("<p><b>", &explanation.outcome, "</b></p>");
    html.raw("<h2>What decided</h2><ol>");
    for said in &explanation.said {
        html.raw(if said.is_decisive { "<li><span class=bad>✗ This refuses it:</span> " } else { "<li>" });
        html.text(&said.text).raw("</li>");
    }
    html.raw("</ol><h2>Header lines that are added</h2><p class=dim>To an ordinary HTML page with status 200, no policy and no such lines of its own.</p>");
    if explanation.lines.is_empty() {
        html.raw("<p>None.</p>");
    } else {
        html.raw("<pre tabindex=0>");
        for (name, value) in &explanation.lines {
            html.raw(name).raw(": ").text(value).raw("\n");
        }
        html.raw("</pre>");
    }
    html.raw("<h2>What is known of the page</h2>");
    subject(&mut html, &explanation.subject);
    html.raw("<h2>Ask again</h2><form action=\"/_headstart/why\"><label for=url>Page</label><input id=url name=url required value=\"");
    html.text(&explanation.url).raw("\"><label for=cookie>Cookies that the visitor has (a=1; b=2)</label><input id=cookie name=cookie value=\"");
    html.text(&cookies).raw(
        "\"><label for=set>A Set-Cookie line of the answer</label><input id=set name=set-cookie value=\"",
    );
    html.text(&set_cookies.first().map(String::as_str).unwrap_or_default());
    html.raw("\"><button>A view</button><button name=speculate value=1>A prefetch</button><button name=prerender value=1>A prerender</button></form>");
    html.raw("</main></body></html>");
    html
}
