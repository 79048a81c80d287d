//! The way to the site: whether it answers at all, with what, how fast, and by which redirects.

use crate::doctor::client::is_given_to;
use crate::doctor::finding::{Finding, Verdict, cut};
use crate::doctor::seen::{Answer, End, Failure, Seen};
use headstart::urls::public_host::is_loopback;
use std::time::Duration;
use url::Url;

/// From when on an answer's head is late: what is called good of a whole page's first byte (web.dev, "Time to First Byte"), and what
/// nobody would wait for.
const LATE: Duration = Duration::from_millis(800);
const VERY_LATE: Duration = Duration::from_secs(3);

/// How many redirects are one too many for a page that people link to.
const MANY_HOPS: usize = 3;

/// Whether the site answers with a page.
pub fn answers(seen: &Seen) -> Vec<Finding> {
    const ID: &str = "answers";
    let problem = |says: String| Finding::new(ID, Verdict::Problem, says);
    let finding = match &seen.end {
        // Of these the redirects tell.
        End::Ring(_) | End::TooMany(_) | End::Astray(_) => return Vec::new(),
        End::Failure(url, failure) => failed(ID, url, failure),
        End::Answer(answer) if is_challenge(answer) => problem(format!(
            "{} asks whoever comes to prove that they are no robot (status {}), so nothing of the site can be seen.",
            place(&answer.url),
            answer.status
        ))
        .advise(
            "Let this machine's address pass: Cloudflare dashboard, your zone, Security, Security rules, a custom rule that skips \
             the challenge for it. Browsers that fetch ahead cannot solve a challenge either.",
        ),
        End::Answer(answer) if answer.status == 401 => {
            let origin = answer.url.origin().ascii_serialization();
            let how = if is_given_to(&seen.asked, &answer.url) {
                "Give it with --header 'Authorization: Basic …'.".to_owned()
            } else {
                format!("Name {origin} itself, with --header 'Authorization: Basic …': that is sent to the origin of the URL alone.")
            };
            problem(format!("{} asks for a password (401).", place(&answer.url)))
                .advise(format!("{how} Headstart learns nothing of pages behind a password."))
        }
        End::Answer(answer) if !answer.is_success() => status(ID, answer),
        End::Answer(answer) if answer.fields.media_type().as_deref() == Some("application/xhtml+xml") => {
            let says = format!(
                "{} is a page in XHTML, which Headstart passes on as it is: it learns from HTML and hints on HTML alone.",
                place(&answer.url)
            );
            Finding::new(ID, Verdict::Note, says).advise("If other pages of the site are text/html, name one of these.")
        }
        End::Answer(answer) if !answer.is_page() => {
            let kind = answer.fields.media_type();
            let kind = kind.map_or_else(|| "without a Content-Type".to_owned(), |kind| format!("as {}", cut(&kind)));
            problem(format!("{} answers with status {} {kind}, which is no HTML page.", place(&answer.url), answer.status))
                .advise("Headstart hints and rules are for pages alone. Name a page, or have your server say Content-Type: text/html.")
        }
        End::Answer(answer) => page(ID, answer),
    };
    vec![finding]
}

/// A page that came.
fn page(id: &'static str, answer: &Answer) -> Finding {
    let encoding = answer.fields.get("content-encoding").unwrap_or_default().trim().to_ascii_lowercase();
    if !encoding.is_empty() && encoding != "identity" {
        return Finding::new(
            id,
            Verdict::Warning,
            format!("{} is compressed ({}) for who did not ask for that, so its HTML cannot be read here.", place(&answer.url), cut(&encoding)),
        )
        .advise("Have your server heed Accept-Encoding: identity. What is said below of links, scripts and hints of its HTML tells nothing.");
    }
    let version = if answer.is_http2 { "HTTP/2" } else { "HTTP/1.1" };
    if answer.is_cut {
        return Finding::new(
            id,
            Verdict::Note,
            format!("{} answers over {version}, but its page has no end: the first {} kB were read.", place(&answer.url), answer.body.len() / 1024),
        )
        .advise("A page that never ends, or that has several megabytes, is late for every visitor; Headstart reads the first one.");
    }
    Finding::ok(id, format!("{} answers with a page, over {version}.", place(&answer.url)))
}

/// A status that is no success.
fn status(id: &'static str, answer: &Answer) -> Finding {
    let advice = match answer.status {
        404 | 410 => "Name a page that exists.",
        403 => {
            "Something in front of the site refuses this machine, or what it calls itself: look at its firewall's log, or try --header 'User-Agent: …'."
        }
        429 => {
            "Something in front of the site counts requests, and this were too many: try again later, with fewer --pages."
        }
        508 => {
            "Headstart asks itself for the site: ORIGIN names the address of the Worker. Set it to your server's, or leave it out."
        }
        502..=504 => {
            "Your server is down or overloaded, or ORIGIN names another one: `npx wrangler tail` says what Headstart could not reach."
        }
        520..=526 | 530 => {
            "Cloudflare could not get an answer from your server: see that it runs, and that the zone's SSL mode fits its certificate (dashboard, SSL/TLS)."
        }
        _ => "Look into your server's log: that is its own answer.",
    };
    Finding::new(
        id,
        Verdict::Problem,
        format!("{} answers with status {}, not with a page.", place(&answer.url), answer.status),
    )
    .advise(advice)
}

/// No answer at all.
fn failed(id: &'static str, url: &Url, failure: &Failure) -> Finding {
    let place = place(url);
    let (says, advice) = match failure {
        Failure::NoAddress(why) => (
            format!("The name of {place} has no address ({}).", cut(why)),
            "Check the spelling, and that the zone has a DNS record for this name: an A or AAAA record, or for a Worker alone one of 100::, proxied.",
        ),
        Failure::Inside => (
            format!("{place} is an address of this machine or its network, to which another site leads."),
            "Name that site itself, if you mean it.",
        ),
        Failure::Unreachable(why) => (
            format!("{place} takes no connection ({}).", cut(why)),
            "Is it running, on this port? `make dev` says where it listens.",
        ),
        Failure::Certificate(why) => (
            format!(
                "The certificate of {place} is not good: {}. Browsers show a warning in place of the site.",
                cut(why)
            ),
            "On Cloudflare: dashboard, SSL/TLS, Edge Certificates: see that one covers this name (a wildcard covers one level). Elsewhere renew it. \
             For a certificate of your own authority set SSL_CERT_FILE.",
        ),
        Failure::Tls(why) => (
            format!("{place} does not agree on TLS: {}.", cut(why)),
            "Is the port right? Try http:// for a server on your own machine.",
        ),
        Failure::TimedOut(step) => (
            format!("{place} did not answer in time: it got stuck while {step}."),
            "Is a firewall in the way, or is the server overloaded? --timeout 30 waits longer.",
        ),
        Failure::NotHttp(why) => (
            format!("What {place} answers cannot be read: {}.", cut(why)),
            "Ask it with `curl -v`: something that is no web server may listen there, or a proxy adds to the headers without end.",
        ),
        Failure::Closed => (
            format!("{place} takes the connection and closes it without an answer."),
            "Look into your server's log. A server that speaks https alone does that to http.",
        ),
    };
    Finding::new(id, Verdict::Problem, says).advise(advice)
}

/// Whether something in front asks for a proof that no robot comes.
pub fn is_challenge(answer: &Answer) -> bool {
    answer.fields.get("cf-mitigated").is_some_and(|value| value.trim().eq_ignore_ascii_case("challenge"))
}

/// A URL as it stands in a sentence, without the fragment and what is secret in it.
pub fn place(url: &Url) -> String {
    let mut url = url.clone();
    url.set_fragment(None);
    let _ = url.set_username("");
    let _ = url.set_password(None);
    cut(url.as_str())
}

/// By which redirects the page is reached.
pub fn redirects(seen: &Seen) -> Vec<Finding> {
    const ID: &str = "redirects";
    let problem = |says: String| Finding::new(ID, Verdict::Problem, says);
    let way: Vec<String> =
        seen.hops.iter().map(|hop| format!("{} ({})", place(&hop.url), hop.status)).collect();
    let way = match way.len() {
        0..=5 => way.join(" → "),
        _ => format!("{} → …", way.get(..5).unwrap_or_default().join(" → ")),
    };
    let finding = match &seen.end {
        End::Ring(url) => problem(format!("Redirects go round in a ring: {way} → {} again.", place(url))).advise(
            "Two places disagree about the right address, often http and https: on Cloudflare set SSL/TLS to Full (strict), and leave the redirect \
             to one of your server and the zone. Behind Headstart with ORIGIN set, tell the application its public address.",
        ),
        End::TooMany(url) => problem(format!("After {} redirects there is still no page: {way} → {}.", seen.hops.len(), place(url)))
            .advise("Browsers give up as well. See which rule of your server or zone adds to the URL each time."),
        End::Astray(target) => problem(format!("{} redirects to what cannot be asked for: {}.", last(seen), cut(target)))
            .advise("Correct the Location that your server sends."),
        _ if seen.hops.is_empty() => return Vec::new(),
        _ if is_downgraded(seen) => problem(format!("A redirect leads from https back to http: {way}."))
            .advise("Redirect to https URLs only: browsers fetch nothing ahead over http, and whoever is on the line can read along."),
        _ if seen.hops.len() >= MANY_HOPS => {
            Finding::new(ID, Verdict::Warning, format!("It takes {} redirects to get to the page: {way}.", seen.hops.len()))
                .advise("Each one costs a visitor a round trip or more before anything can begin. Redirect to the last address at once.")
        }
        _ => Finding::ok(ID, format!("The way there: {way}.")),
    };
    vec![finding]
}

fn last(seen: &Seen) -> String {
    seen.hops.last().map_or_else(|| place(&seen.asked), |hop| place(&hop.url))
}

fn is_downgraded(seen: &Seen) -> bool {
    let end = match &seen.end {
        End::Answer(answer) => Some(&answer.url),
        End::Failure(url, _) => Some(url),
        _ => None,
    };
    let schemes: Vec<&str> = seen.hops.iter().map(|hop| &hop.url).chain(end).map(Url::scheme).collect();
    schemes.windows(2).any(|pair| pair == ["https", "http"])
}

/// Whether the page is served over https, as browsers want it for what they fetch ahead.
pub fn scheme(seen: &Seen) -> Vec<Finding> {
    const ID: &str = "https";
    let End::Answer(answer) = &seen.end else { return Vec::new() };
    if answer.url.scheme() == "https" {
        return vec![Finding::ok(ID, "It is served over https, and the certificate is good.")];
    }
    if is_loopback(&answer.url) {
        return vec![Finding::ok(
            ID,
            "It is served over http on this machine, which browsers trust like https.",
        )];
    }
    vec![
        Finding::new(
            ID,
            Verdict::Warning,
            "It is served over http: browsers fetch nothing ahead there, whatever the rules say.",
        )
        .advise("Cloudflare dashboard, SSL/TLS, Edge Certificates: turn Always Use HTTPS on."),
    ]
}

/// How soon the page's head comes.
pub fn speed(seen: &Seen) -> Vec<Finding> {
    const ID: &str = "speed";
    let Some(first) = seen.first() else { return Vec::new() };
    let again = seen.again.as_ref().and_then(|asked| asked.as_ref().ok()).map(|answer| answer.waited);
    // The first request may have started things up.
    let waited = again.map_or(first.answer.waited, |again| again.min(first.answer.waited));
    let says = format!("The page's first byte comes after {} ms, as seen from here.", waited.as_millis());
    let advice = "Nothing of the page can begin before that. Look at what your server does meanwhile, or let a cache have pages that are the same for \
                  all. Pages that Headstart has fetched ahead do not wait for it.";
    let verdict = match waited {
        _ if waited >= VERY_LATE => Verdict::Warning,
        _ if waited >= LATE => Verdict::Note,
        _ => return vec![Finding::ok(ID, says)],
    };
    vec![Finding::new(ID, verdict, says).advise(advice)]
}
