//! Looks at a site: which requests are sent, in which order. What comes back is judged elsewhere.
//!
//! A browser's own headers are sent, so that the site takes the requests for what they stand for. No cookie is kept from one request
//! to another, but along a chain of redirects.

use super::client::{Client, Wanted};
use super::page::{self, Page};
use super::rule_sets::{self, Owner};
use super::seen::{Answer, Asked, End, Failure, Hop, Kind, PageSeen, Part, RulesSeen, Seen, ServiceWorker};
use headstart::endpoints::{self, RulesFile};
use headstart::hints::link;
use headstart::learn::css;
use headstart::urls::files::is_file;
use headstart::urls::unsafe_urls::UnsafeUrls;
use std::sync::Arc;
use url::Url;

/// The most redirects that are followed: as many as browsers do.
const MAX_HOPS: usize = 20;

/// The most bytes that are read of a page, of a rule set, and of a stylesheet or script.
const MAX_PAGE_BYTES: usize = 4 * 1024 * 1024;
const MAX_RULES_BYTES: usize = 512 * 1024;
const MAX_PART_BYTES: usize = 2 * 1024 * 1024;

/// The most rule files that are asked for, and the most stylesheets and scripts.
const MAX_RULE_FILES: usize = 10;
const MAX_PARTS: usize = 40;

/// The most folders of which it is asked whether Headstart is in front of them.
const MAX_FOLDERS: usize = 10;

/// A path that Headstart refuses to a speculation by its name alone, wherever it is; a site without Headstart has nothing there.
const REFUSED: &str = "headstart-doctor/logout";

/// A query with which it refuses whatever the path is: below folders of documents, names of what is done are titles.
const REFUSED_QUERY: &str = "logout=headstart-doctor";

/// Where Headstart tells of its health.
const HEALTH: &str = "/_headstart/health";

/// Where service workers often stand.
const USUAL_SERVICE_WORKERS: [&str; 2] = ["/sw.js", "/service-worker.js"];

/// Looks at a site from this URL on: at the page there, and at others to which it links, `pages` in all.
pub async fn look(client: &Arc<Client>, asked: &Url, pages: usize) -> Seen {
    let mut seen = Seen::nothing_of(asked.clone());
    (seen.hops, seen.end) =
        follow(client, asked.clone(), &|url| visit(url, "document", MAX_PAGE_BYTES)).await;
    let first = match &seen.end {
        End::Answer(answer) if answer.is_page() => (**answer).clone(),
        _ => return seen,
    };
    look_at_first(client, &mut seen, first, pages).await;
    look_at_rules(client, &mut seen).await;
    look_elsewhere(client, &mut seen).await;
    look_at_parts(client, &mut seen).await;
    look_at_service_workers(client, &mut seen).await;
    seen
}

/// Follows redirects by hand: which there were, and where they end.
async fn follow(client: &Client, start: Url, wanted: &dyn Fn(&Url) -> Wanted) -> (Vec<Hop>, End) {
    let mut hops: Vec<Hop> = Vec::new();
    let mut jar: Vec<(String, String, String)> = Vec::new();
    let mut met: Vec<(Url, String)> = Vec::new();
    let mut url = start;
    loop {
        let host = url.host_str().unwrap_or_default();
        let cookies: Vec<&str> =
            jar.iter().filter(|(other, ..)| other == host).map(|(_, _, pair)| pair.as_str()).collect();
        let cookies = cookies.join("; ");
        // A site may lead back to where the visitor was once it has given them a cookie.
        let here = (url.clone(), cookies.clone());
        if met.contains(&here) {
            return (hops, End::Ring(url));
        }
        if hops.len() >= MAX_HOPS {
            return (hops, End::TooMany(url));
        }
        met.push(here);
        let mut request = wanted(&url);
        if !cookies.is_empty() {
            request.fields.push(("cookie", cookies));
        }
        let answer = match client.get(&request).await {
            Ok(answer) => answer,
            Err(failure) => return (hops, End::Failure(url, failure)),
        };
        if !matches!(answer.status, 301 | 302 | 303 | 307 | 308) {
            return (hops, End::Answer(Box::new(answer)));
        }
        let Some(location) = answer.fields.get("location") else {
            return (hops, End::Astray("nothing".to_owned()));
        };
        let next = url.join(location).ok().filter(|next| matches!(next.scheme(), "http" | "https"));
        let Some(mut next) = next.filter(Url::has_host) else {
            return (hops, End::Astray(location.to_owned()));
        };
        next.set_fragment(None);
        for line in answer.fields.all("set-cookie") {
            let pair = line.split(';').next().unwrap_or_default().trim();
            let name = pair.split('=').next().unwrap_or_default();
            jar.retain(|(other, known, _)| other != host || known != name);
            jar.push((host.to_owned(), name.to_owned(), pair.to_owned()));
        }
        hops.push(Hop { url, status: answer.status });
        url = next;
    }
}

/// A request as a browser sends it for what it is about to show (`document`), or for a part of a page.
fn visit(url: &Url, destination: &str, max_bytes: usize) -> Wanted {
    let fields = if destination == "document" {
        vec![
            ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8".to_owned()),
            ("sec-fetch-site", "none".to_owned()),
            ("sec-fetch-mode", "navigate".to_owned()),
            ("sec-fetch-dest", destination.to_owned()),
            ("upgrade-insecure-requests", "1".to_owned()),
        ]
    } else {
        vec![("accept", "*/*".to_owned()), ("sec-fetch-dest", destination.to_owned())]
    };
    Wanted { url: url.clone(), fields, max_bytes }
}

/// A request for a part of `page`.
fn part(url: &Url, page: &Url, destination: &str, mode: &str, max_bytes: usize) -> Wanted {
    let mut wanted = visit(url, destination, max_bytes);
    let is_own = url.origin() == page.origin();
    let site = if is_own { "same-origin" } else { "cross-site" };
    wanted.fields.extend([("sec-fetch-site", site.to_owned()), ("sec-fetch-mode", mode.to_owned())]);
    if is_own {
        wanted.fields.push(("referer", page.to_string()));
    } else if mode == "cors" {
        wanted.fields.push(("origin", page.origin().ascii_serialization()));
    }
    wanted
}

/// A request by which a browser fetches a page ahead, since a rule of Headstart's on `page` says so.
fn prefetch(url: &Url, page: &Url) -> Wanted {
    let mut wanted = visit(url, "document", MAX_PAGE_BYTES);
    wanted.fields.extend([
        ("sec-purpose", "prefetch".to_owned()),
        ("sec-speculation-tags", "\"headstart\"".to_owned()),
        ("referer", page.to_string()),
    ]);
    wanted
}

/// The first page, asked for in every way, and the others.
async fn look_at_first(client: &Arc<Client>, seen: &mut Seen, first: Answer, pages: usize) {
    let url = first.url.clone();
    let first_page = page::read(&first);
    let own = |path: &str| url.join(path).unwrap_or_else(|_| url.clone());
    let rules = |path: &str| part(&own(path), &url, "speculationrules", "cors", MAX_RULES_BYTES);
    let others = next_pages(&first_page, &url, pages.saturating_sub(1));
    let mut wanted = vec![
        prefetch(&url, &url),
        visit(&url, "document", MAX_PAGE_BYTES),
        prefetch(&own(REFUSED), &url),
        rules(RulesFile::Baseline.path()),
        part(&own(HEALTH), &url, "empty", "cors", MAX_RULES_BYTES),
    ];
    wanted.extend(others.iter().map(|url| visit(url, "document", MAX_PAGE_BYTES)));
    let mut answers = client.all(wanted).await.into_iter();
    let mut next = || answers.next().unwrap_or(Err(Failure::Closed));
    let (ahead, again, refusal, baseline, health) = (next(), next(), next(), next(), next());
    (seen.again, seen.refusal, seen.baseline, seen.health) =
        (Some(again), Some(refusal), Some(baseline), Some(health));
    seen.pages.push(PageSeen { answer: first, page: first_page, prefetch: ahead });
    let others: Vec<Answer> = answers.flatten().filter(Answer::is_page).collect();
    let ahead = client.all(others.iter().map(|other| prefetch(&other.url, &url)).collect()).await;
    for (answer, prefetch) in others.into_iter().zip(ahead) {
        let page = page::read(&answer);
        seen.pages.push(PageSeen { answer, page, prefetch });
    }
}

/// Pages of the same site to which a page links, which no name says to do anything: of each path one, and none with a query.
fn next_pages(page: &Page, url: &Url, most: usize) -> Vec<Url> {
    let unsafe_urls = UnsafeUrls::default();
    let may_be_asked = |link: &&Url| {
        link.origin() == url.origin()
            && link.path() != url.path()
            && link.query().is_none()
            && !is_file(link.path())
            && !endpoints::is_own(link.path())
            && unsafe_urls.rule_for(link).is_none()
            && unsafe_urls.rule_for_editors(link).is_none()
            && !page.suspects.iter().any(|suspect| suspect.shape == link.path())
    };
    page.links.iter().filter(may_be_asked).take(most).cloned().collect()
}

/// The rule files that pages name.
async fn look_at_rules(client: &Arc<Client>, seen: &mut Seen) {
    let mut named: Vec<(Url, Url)> = Vec::new();
    for page in &seen.pages {
        for url in rule_sets::named(page) {
            let is_asked_for = matches!(url.scheme(), "http" | "https") && url.has_host();
            if is_asked_for && named.len() < MAX_RULE_FILES && !named.iter().any(|(known, _)| *known == url) {
                named.push((url, page.url().clone()));
            }
        }
    }
    for (url, page) in named {
        let wanted = |url: &Url| part(url, &page, "speculationrules", "cors", MAX_RULES_BYTES);
        let asked = match follow(client, url.clone(), &wanted).await.1 {
            End::Answer(answer) => Ok(*answer),
            End::Failure(_, failure) => Err(failure),
            End::Ring(_) | End::TooMany(_) | End::Astray(_) => {
                Err(Failure::NotHttp("its redirects lead nowhere".to_owned()))
            }
        };
        seen.rules.push(RulesSeen { url, page, asked });
    }
}

/// Where Headstart's rules name links: whether it stands in front of these folders as well. A URL that it refuses by its name is
/// asked for below each of them, as browsers fetch ahead.
async fn look_elsewhere(client: &Arc<Client>, seen: &mut Seen) {
    let Some(home) = seen.first().map(|page| page.url().clone()) else { return };
    // Of its own folder a refusal tells already.
    let own = folder(&home);
    let mut wanted = folders(seen);
    wanted.retain(|(_, refused)| own.as_ref() != Some(refused));
    wanted.truncate(MAX_FOLDERS);
    let answers =
        client.all(wanted.iter().map(|(_, refused)| prefetch(refused, &home)).collect()).await.into_iter();
    seen.elsewhere = wanted.into_iter().map(|(link, _)| link).zip(answers).collect();
}

/// The first folders to which links lead that Headstart's rules name: of each the first link, and the URL to ask for there.
fn folders(seen: &Seen) -> Vec<(Url, Url)> {
    let mut found: Vec<(Url, Url)> = Vec::new();
    for page in &seen.pages {
        let sets = rule_sets::of(seen, page);
        let rules = rule_sets::followed(sets.iter().filter(|set| set.owner == Owner::Headstart));
        let links = page.page.links.iter().filter(|link| link.origin() == page.url().origin());
        for link in links.filter(|link| rule_sets::means(&rules, link)) {
            if let Some(refused) = folder(link)
                && !found.iter().any(|(_, known)| *known == refused)
            {
                found.push((link.clone(), refused));
            }
        }
    }
    found
}

/// What is refused in the first folder of a link's path: the root's, where that is a file.
fn folder(link: &Url) -> Option<Url> {
    let mut segments = link.path_segments()?;
    let (first, has_more) = (segments.next().unwrap_or_default(), segments.next().is_some());
    let is_folder = !first.is_empty() && (has_more || !first.contains('.'));
    let mut folder = link.join(&if is_folder { format!("/{first}/") } else { "/".to_owned() }).ok()?;
    folder.set_query(Some(REFUSED_QUERY));
    Some(folder)
}

/// The stylesheets of the pages and the scripts of the site itself; then what these stylesheets import, and where a hint is named by
/// nothing so far, third parties' scripts as well.
async fn look_at_parts(client: &Arc<Client>, seen: &mut Seen) {
    let Some(home) = seen.first().map(|page| page.url().clone()) else { return };
    let mut wanted: Vec<(Url, Kind)> = Vec::new();
    for seen_page in &seen.pages {
        let sheets = seen_page.page.sheets.iter().map(|url| (url.clone(), Kind::Style));
        let scripts = scripts(seen_page).into_iter().filter(|url| url.origin() == home.origin());
        for wants in sheets.chain(scripts.map(|url| (url, Kind::Script))) {
            if !wanted.contains(&wants) && !endpoints::is_own(wants.0.path()) {
                wanted.push(wants);
            }
        }
    }
    ask_for_parts(client, seen, &home, wanted).await;
    let imported = imports(seen);
    ask_for_parts(client, seen, &home, imported).await;
    let needs_scripts = seen.pages.iter().any(|page| !super::checks::hints::unnamed(seen, page).is_empty());
    if needs_scripts {
        let mut foreign: Vec<(Url, Kind)> = Vec::new();
        for url in seen.pages.iter().flat_map(scripts) {
            let wants = (url, Kind::Script);
            if !foreign.contains(&wants) && !seen.parts.iter().any(|part| part.url == wants.0) {
                foreign.push(wants);
            }
        }
        ask_for_parts(client, seen, &home, foreign).await;
    }
}

async fn ask_for_parts(client: &Arc<Client>, seen: &mut Seen, page: &Url, mut wanted: Vec<(Url, Kind)>) {
    let room = MAX_PARTS.saturating_sub(seen.parts.len());
    seen.parts_left_out += wanted.len().saturating_sub(room);
    wanted.truncate(room);
    let requests = wanted.iter().map(|(url, kind)| {
        let destination = if *kind == Kind::Style { "style" } else { "script" };
        part(url, page, destination, "no-cors", MAX_PART_BYTES)
    });
    let answers = client.all(requests.collect()).await;
    let parts = wanted.into_iter().zip(answers).map(|((url, kind), asked)| Part { url, kind, asked });
    seen.parts.extend(parts);
}

/// The scripts that a page loads.
fn scripts(page: &PageSeen) -> Vec<Url> {
    let sources = page.page.scripts.iter().filter(|script| script.is_run());
    let urls = sources.filter_map(|script| page.url().join(script.attribute("src")?).ok());
    urls.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host()).collect()
}

/// What the stylesheets that were read import, each once.
fn imports(seen: &Seen) -> Vec<(Url, Kind)> {
    let mut found: Vec<(Url, Kind)> = Vec::new();
    for part in seen.parts.iter().filter(|part| part.kind == Kind::Style) {
        let Ok(answer) = &part.asked else { continue };
        let imports = css::stylesheet(&answer.text())
            .into_iter()
            .filter(|found| matches!(found.kind, css::Kind::Import { .. }));
        for url in imports.filter_map(|import| answer.url.join(&import.url).ok()) {
            let is_new = !seen.parts.iter().any(|part| part.url == url);
            if is_new
                && matches!(url.scheme(), "http" | "https")
                && !found.iter().any(|(known, _)| *known == url)
            {
                found.push((url, Kind::Style));
            }
        }
    }
    found
}

/// What pages register as service workers, and what stands where such scripts often do.
async fn look_at_service_workers(client: &Arc<Client>, seen: &mut Seen) {
    let Some(home) = seen.first().map(|page| page.url().clone()) else { return };
    let mut found: Vec<(Url, bool)> = Vec::new();
    let mut add = |base: &Url, path: &str, is_registered: bool| {
        if let Some(url) = base.join(path).ok().filter(|url| url.origin() == home.origin())
            && !found.iter().any(|(known, _)| *known == url)
        {
            found.push((url, is_registered));
        }
    };
    for page in &seen.pages {
        let inline =
            page.page.scripts.iter().filter(|script| script.is_run()).map(|script| script.text.clone());
        for path in inline.flat_map(|text| registered(&text)) {
            add(page.url(), &path, true);
        }
    }
    let scripts = seen.parts.iter().filter(|part| part.kind == Kind::Script);
    for text in scripts.filter_map(|part| part.asked.as_ref().ok()).map(Answer::text) {
        // What a script registers is relative to the page that it is in.
        for path in registered(&text) {
            add(&home, &path, true);
        }
    }
    for path in USUAL_SERVICE_WORKERS {
        add(&home, path, false);
    }
    found.truncate(5);
    let requests = found.iter().map(|(url, _)| {
        let mut wanted = part(url, &home, "serviceworker", "same-origin", MAX_PART_BYTES);
        wanted.fields.push(("service-worker", "script".to_owned()));
        wanted
    });
    let answers: Vec<Asked> = client.all(requests.collect()).await;
    let zipped = found.into_iter().zip(answers);
    seen.service_workers =
        zipped.map(|((url, is_registered), asked)| ServiceWorker { url, is_registered, asked }).collect();
}

/// The URLs that a script registers as service workers, where it has them in quotes.
fn registered(script: &str) -> Vec<String> {
    const CALL: &str = "serviceWorker";
    let mut found = Vec::new();
    for (at, _) in script.match_indices(CALL).take(20) {
        let rest = script.get(at + CALL.len()..).unwrap_or_default();
        let rest = rest.trim_start().trim_start_matches(['?', '.']).trim_start();
        let Some(rest) = rest.strip_prefix("register") else { continue };
        let Some(rest) = rest.trim_start().strip_prefix('(') else { continue };
        let rest = rest.trim_start();
        let Some(quote) = rest.chars().next().filter(|first| matches!(first, '"' | '\'' | '`')) else {
            continue;
        };
        let Some((path, _)) = rest.get(1..).and_then(|rest| rest.split_once(quote)) else { continue };
        if path.len() < 500 && !path.contains("${") {
            found.push(path.to_owned());
        }
    }
    found
}

/// The hints that an answer gives, by its header and by the 103s before it.
pub fn hinted(answer: &Answer) -> Vec<link::Link> {
    let early = answer.early.iter().filter_map(|fields| fields.joined("link"));
    let fields: Vec<String> = answer.fields.joined("link").into_iter().chain(early).collect();
    let mut links: Vec<link::Link> = Vec::new();
    for found in fields.iter().flat_map(|field| link::parse(field)) {
        if !links.contains(&found) {
            links.push(found);
        }
    }
    links
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registration_is_found_however_it_is_written() {
        for (script, expected) in [
            ("navigator.serviceWorker.register('/sw.js')", Some("/sw.js")),
            ("navigator.serviceWorker\n  .register( \"worker/sw.js\", {scope:'/'})", Some("worker/sw.js")),
            ("n.serviceWorker?.register(`/a.js`)", Some("/a.js")),
            ("navigator.serviceWorker.register(url)", None),
            ("navigator.serviceWorker.register(`/${x}.js`)", None),
            ("navigator.serviceWorker.ready.then(f)", None),
            ("serviceWorker.register('unfinished", None),
            ("serviceWorker", None),
        ] {
            assert_eq!(registered(script).first().map(String::as_str), expected, "{script}");
        }
    }

    #[test]
    fn each_folder_to_which_a_named_link_leads_is_asked_about_once() {
        let rules = r#"{"tag":"headstart","prefetch":[{"source":"document","where":{"and":[
            {"href_matches":"/*"},{"not":{"href_matches":["/blog/*","/leave"]}}]}}]}"#;
        let html = "<a href=/>home</a><a href=/shop/a>a</a><a href=/shop/b>b</a><a href=/news>n</a><a href=/about.html>x</a>\
                    <a href=/blog/x>x</a><a href=/leave>x</a><a href=//other.example/far/>x</a><a href='/docs/?q=1'>d</a>";
        let html = format!("{html}<script type=speculationrules>{rules}</script>");
        let answer = page::tests::answer("https://shop.example/shop/", &[], &html);
        let page = page::read(&answer);
        let mut seen = Seen::nothing_of(answer.url.clone());
        seen.pages.push(PageSeen { page, prefetch: Err(Failure::Closed), answer });
        let unsafe_urls = UnsafeUrls::default();
        assert!(folders(&seen).iter().all(|(_, refused)| unsafe_urls.rule_for(refused).is_some()));
        let found: Vec<(String, String)> = folders(&seen)
            .iter()
            .map(|(link, refused)| (link.path().to_owned(), refused.as_str().to_owned()))
            .collect();
        let expected = [
            ("/", "https://shop.example/?logout=headstart-doctor"),
            ("/shop/a", "https://shop.example/shop/?logout=headstart-doctor"),
            ("/news", "https://shop.example/news/?logout=headstart-doctor"),
            ("/docs/", "https://shop.example/docs/?logout=headstart-doctor"),
        ];
        assert_eq!(found, expected.map(|(link, refused)| (link.to_owned(), refused.to_owned())));
    }

    #[test]
    fn other_pages_are_those_that_no_name_says_to_do_anything() {
        let url = Url::parse("https://shop.example/").unwrap();
        let html = "<a href=/>home</a><a href=/logout>x</a><a href=/cart/add/7>x</a><a href=/a?b=1>x</a>\
                    <a href=//other.example/x>x</a><a href=/x.pdf>x</a><a href=/_headstart/beacon>x</a>\
                    <a href=/k/17>Sign out</a><a href=/issues/7/edit>x</a><a href=/a>x</a><a href=/a#b>x</a><a href=/b>x</a>";
        let page = page::read(&page::tests::answer(url.as_str(), &[], html));
        let found =
            |most| next_pages(&page, &url, most).iter().map(|url| url.path().to_owned()).collect::<Vec<_>>();
        assert_eq!(found(9), ["/a", "/b"]);
        assert_eq!(found(1), ["/a"]);
    }
}
