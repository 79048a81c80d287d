//! Asks a site for its pages, politely: one after another, no faster than it is said, no more than is said, nothing that
//! robots.txt keeps robots from or that its URL says to do something, of one origin alone, without a cookie.
//!
//! A sitemap names pages; from `--crawl` on the links of pages are followed, the nearest pages first. The site's own stylesheets
//! that pages use are asked for as well. Third parties are asked for nothing: the Worker's learner reads their stylesheets.

use super::page_reader::PageReader;
use crate::pipe;
use anyhow::{Context as _, bail};
use flate2::read::MultiGzDecoder;
use headstart::head::{Content, Head};
use headstart::learn::document;
use headstart::learn::html::MAX_PAGE_BYTES;
use headstart::learn::observation::SheetObservation;
use headstart::learn::third_party_sheet;
use headstart::sorting::map::SortedMap;
use headstart::urls::path_and_query;
use headstart::urls::robots::{self, Answered, MAX_REDIRECTS, Robots};
use headstart::visit::Visit;
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::io::Read as _;
use std::net::IpAddr;
use std::time::{Duration, Instant};
use ureq::Agent;
use ureq::http::Response;
use url::{Host, Url};

/// What it calls itself.
const USER_AGENT: &str =
    concat!("Headstart/", env!("CARGO_PKG_VERSION"), " (headstart learn, a robot of the site's owner)");

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The most that is waited because the site asks for it: a `Crawl-delay` or a `Retry-After`.
const MAX_WAIT: Duration = Duration::from_secs(30);

/// How often in a row the site may fail before it is left alone.
const MAX_FAILURES: u32 = 5;

/// The most stylesheets and sitemaps that are asked for, and the most bytes of a sitemap.
const MAX_SHEETS: usize = 100;
const MAX_SITEMAPS: usize = 20;
const MAX_SITEMAP_BYTES: u64 = 50 * 1024 * 1024;
const MAX_SHEET_BYTES: u64 = 1024 * 1024;

/// What is asked at the most.
#[derive(Clone, Debug, PartialEq, clap::Args)]
pub struct Limits {
    /// With --crawl or --sitemap: how many pages are asked for at the most
    #[arg(long, value_name = "NUMBER", default_value_t = 300)]
    max_pages: usize,
    /// With --crawl: how many links are followed from the first page on
    #[arg(long, value_name = "NUMBER", default_value_t = 5)]
    max_depth: usize,
    /// With --crawl or --sitemap: how many requests are made in a second at the most
    #[arg(long, value_name = "NUMBER", default_value_t = 2.0, value_parser = rate)]
    rate: f64,
}

fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok().filter(|rate| (0.01..=1000.0).contains(rate));
    rate.ok_or_else(|| "not a number of requests in a second, from 0.01 to 1000".to_owned())
}

/// Where to begin: over HTTPS, or on this machine.
pub fn start(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_here => Ok(url),
        "http" => Err("over http only this machine is asked; write https".to_owned()),
        _ => Err("not an https URL".to_owned()),
    }
}

/// What is asked for.
pub struct Asked<'a> {
    /// The page at which to begin.
    pub start: Option<&'a Url>,
    /// The sitemap.
    pub sitemap: Option<&'a Url>,
}

/// Asks for the pages, and has them learned from as pages of `site`. Answers what robots.txt says; `None` where nothing is to be
/// asked for.
pub fn read(
    asked: &Asked<'_>,
    site: &Url,
    limits: &Limits,
    reader: &mut PageReader<'_>,
) -> anyhow::Result<Option<Vec<u8>>> {
    let Some(base) = asked.start.or(asked.sitemap) else { return Ok(None) };
    if asked.sitemap.is_some_and(|sitemap| sitemap.origin() != base.origin()) {
        bail!("--crawl and --sitemap name different servers; one is asked");
    }
    let mut client = Client::new(base, limits);
    let robots = client.robots()?;
    client.rules = Robots::parse(&robots::for_everybody(&robots));
    client.heed_delay(&String::from_utf8_lossy(&robots));
    let mut crawl = Crawl {
        site,
        base,
        limits,
        queue: VecDeque::new(),
        met: HashSet::new(),
        starts: HashSet::new(),
        others: BTreeMap::new(),
    };
    if let Some(start) = asked.start {
        crawl.add(start, 0, true);
    }
    if let Some(sitemap) = asked.sitemap {
        for url in client.sitemap(sitemap)? {
            // A sitemap names the public host, whoever is asked.
            let is_meant = url.origin() == site.origin() || url.origin() == base.origin();
            if let Some(url) = base.join(&path_and_query(&url)).ok().filter(|_| is_meant) {
                // Its links are followed where pages are crawled.
                crawl.add(&url, limits.max_depth, false);
            }
        }
    }
    let asked = crawl.run(&mut client, reader)?;
    pipe::complain(&format!("{base}: {asked} pages asked for, with {} requests", client.requests));
    if !crawl.others.is_empty() {
        let others: Vec<String> =
            crawl.others.iter().map(|(what, number)| format!("{number} × {what}")).collect();
        pipe::complain(&format!("{base}: some of them are no pages: {}", others.join(", ")));
    }
    Ok(Some(robots))
}

/// A page that is still to be asked for.
struct Waiting {
    url: Url,
    /// How many links lead to it.
    depth: usize,
    /// Whether it is the page at which to begin, or where that leads.
    is_start: bool,
}

/// The pages that are still to be asked for.
struct Crawl<'a> {
    site: &'a Url,
    base: &'a Url,
    limits: &'a Limits,
    queue: VecDeque<Waiting>,
    met: HashSet<String>,
    /// The page at which to begin, and where that has led.
    starts: HashSet<String>,
    /// What was no page, and how often.
    others: BTreeMap<String, usize>,
}

impl Crawl<'_> {
    fn add(&mut self, url: &Url, depth: usize, is_start: bool) {
        let mut url = url.clone();
        url.set_fragment(None);
        // What waits is bounded, too: a site may name pages without end.
        let has_room = self.met.len() < self.limits.max_pages.saturating_mul(20);
        if url.origin() == self.base.origin() && has_room && self.met.insert(path_and_query(&url)) {
            self.queue.push_back(Waiting { url, depth, is_start });
        }
    }

    /// Asks for one page after another. Answers how many were asked for.
    fn run(&mut self, client: &mut Client<'_>, reader: &mut PageReader<'_>) -> anyhow::Result<usize> {
        let (mut number, mut failures) = (0, 0);
        while let Some(waiting) = self.queue.pop_front() {
            let Waiting { url, is_start, .. } = &waiting;
            // From a start that is no page nothing leads on, and no sitemap names others.
            let is_all = *is_start && self.queue.is_empty();
            if number >= self.limits.max_pages {
                pipe::complain(&format!(
                    "{} more pages are known and not asked for: --max-pages {}",
                    self.queue.len() + 1,
                    self.limits.max_pages
                ));
                break;
            }
            if client.rules.disallows(&path_and_query(url)) || reader.is_unsafe(url) {
                if is_all {
                    bail!("{url}: robots are kept from it, or its name says that it does something");
                }
                continue;
            }
            number += 1;
            let response = match client.get(url, "text/html,application/xhtml+xml") {
                Ok(response) if !matches!(response.status().as_u16(), 500..=599 | 429) => {
                    failures = 0;
                    response
                }
                outcome => {
                    let why = outcome.map_or_else(
                        |error| format!("{error:#}"),
                        |response| format!("status {}", response.status().as_u16()),
                    );
                    failures += 1;
                    if number == 1 {
                        bail!("{url}: {why}");
                    }
                    pipe::complain(&format!("{url}: {why}"));
                    if failures >= MAX_FAILURES {
                        pipe::complain("the site is left alone, since it fails");
                        break;
                    }
                    continue;
                }
            };
            match self.learn(&waiting, response, client, reader) {
                Ok(()) => {}
                Err(what) if is_all => bail!("{url}: {what}"),
                Err(what) => *self.others.entry(what).or_default() += 1,
            }
        }
        Ok(number)
    }

    /// Learns from an answer, or has the page asked for to which it leads.
    ///
    /// # Errors
    /// What it is instead, in words.
    fn learn(
        &mut self,
        &Waiting { ref url, depth, is_start }: &Waiting,
        response: Response<ureq::Body>,
        client: &mut Client<'_>,
        reader: &mut PageReader<'_>,
    ) -> Result<(), String> {
        let status = response.status().as_u16();
        let field = |name: &str| fields(&response, name);
        if matches!(status, 301 | 302 | 303 | 307 | 308) {
            let Some(target) = field("location").and_then(|location| url.join(&location).ok()) else {
                return Err(format!("status {status} without a place to go to"));
            };
            if target.origin() != self.base.origin() {
                let origin = target.origin().ascii_serialization();
                return Err(format!("it leads to {origin}, of which nothing is asked"));
            }
            if is_start {
                self.starts.insert(path_and_query(url));
                if self.starts.contains(&path_and_query(&target)) {
                    return Err(format!(
                        "it leads to {target}, where it came from; it may want a cookie, which is not kept"
                    ));
                }
            }
            self.add(&target, depth, is_start);
            return Ok(());
        }
        if status != 200 {
            return Err(format!("status {status}"));
        }
        // As visitors see it.
        let Ok(public) = self.site.join(&path_and_query(url)) else {
            return Err("it is no URL of the site".to_owned());
        };
        let navigation = |name: &str| {
            let said = match name {
                "sec-fetch-mode" => "navigate",
                "sec-fetch-dest" => "document",
                _ => return None,
            };
            Some(said.to_owned())
        };
        let visit = Visit::read("GET", public.clone(), navigation);
        let head = Head::read(&visit, status, field, Vec::new);
        if head.content != Content::Page || !head.is_readable {
            let kind = field("content-type").unwrap_or_else(|| "no Content-Type".to_owned());
            return Err(format!("no page that can be read ({kind})"));
        }
        let Ok(body) = body(response, MAX_PAGE_BYTES as u64) else {
            return Err("it broke off".to_owned());
        };
        if !head.is_private {
            reader.asked.insert(public.path().to_owned());
        }
        let links =
            reader.page(&public, &head, &body, |names| client.sheets(self.site, names)).unwrap_or_default();
        if depth < self.limits.max_depth {
            for link in links.iter().filter_map(|link| self.base.join(link).ok()) {
                self.add(&link, depth + 1, false);
            }
        }
        Ok(())
    }
}

/// All lines of a field, joined by commas.
fn fields(response: &Response<ureq::Body>, name: &str) -> Option<String> {
    let lines = response.headers().get_all(name).iter().filter_map(|line| line.to_str().ok());
    let lines: Vec<&str> = lines.collect();
    (!lines.is_empty()).then(|| lines.join(", "))
}

fn body(response: Response<ureq::Body>, most: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    response.into_body().into_reader().take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Who asks.
struct Client<'a> {
    agent: Agent,
    base: &'a Url,
    rules: Robots,
    pause: Duration,
    last: Option<Instant>,
    requests: u32,
    /// The site's own stylesheets that were asked for.
    sheets: BTreeMap<String, Option<SheetObservation>>,
}

impl<'a> Client<'a> {
    fn new(base: &'a Url, limits: &Limits) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(TIMEOUT))
            .user_agent(USER_AGENT);
        // Nobody stands between this machine and itself.
        let config = if base.scheme() == "http" { config.proxy(None) } else { config };
        Self {
            agent: config.build().new_agent(),
            base,
            rules: Robots::default(),
            pause: Duration::from_secs_f64(1.0 / limits.rate),
            last: None,
            requests: 0,
            sheets: BTreeMap::new(),
        }
    }

    /// Asks for a URL when it is time; once more where the site says that it is too much.
    fn get(&mut self, url: &Url, accept: &str) -> anyhow::Result<Response<ureq::Body>> {
        let response = self.get_once(url, accept)?;
        if !matches!(response.status().as_u16(), 429 | 503) {
            return Ok(response);
        }
        let wait = fields(&response, "retry-after").and_then(|wait| wait.trim().parse().ok());
        std::thread::sleep(wait.map_or(Duration::from_secs(5), Duration::from_secs).min(MAX_WAIT));
        self.get_once(url, accept)
    }

    fn get_once(&mut self, url: &Url, accept: &str) -> anyhow::Result<Response<ureq::Body>> {
        if let Some(rest) = self.last.and_then(|last| self.pause.checked_sub(last.elapsed())) {
            std::thread::sleep(rest);
        }
        self.last = Some(Instant::now());
        self.requests += 1;
        Ok(self.agent.get(url.as_str()).header("accept", accept).call()?)
    }

    /// What robots.txt says (RFC 9309). Where nobody can tell, nothing is asked for.
    fn robots(&mut self) -> anyhow::Result<Vec<u8>> {
        let mut url = self.base.join("/robots.txt")?;
        for _ in 0..=MAX_REDIRECTS {
            let response = self.get(&url, "text/plain").with_context(|| url.to_string())?;
            let status = response.status().as_u16();
            match Answered::of(status, fields(&response, "location").as_deref(), &url) {
                Answered::File => {
                    return body(response, robots::MAX_BYTES as u64).with_context(|| url.to_string());
                }
                Answered::Nothing => return Ok(Vec::new()),
                Answered::Moved(target) => url = target,
                Answered::Unknown => bail!(
                    "{url}: status {status}, so that it is not known what robots are kept from; nothing is asked for"
                ),
            }
        }
        bail!("{url}: more than {MAX_REDIRECTS} redirects");
    }

    /// Asks no faster than robots.txt says, in a line that no standard has and that many heed.
    fn heed_delay(&mut self, robots: &str) {
        let mut is_meant = false;
        for line in robots.lines() {
            let Some((name, value)) = line.split('#').next().and_then(|line| line.split_once(':')) else {
                continue;
            };
            let value = value.trim();
            if name.trim().eq_ignore_ascii_case("user-agent") {
                is_meant = value == "*" || value.eq_ignore_ascii_case("headstart");
            } else if is_meant
                && name.trim().eq_ignore_ascii_case("crawl-delay")
                && let Some(delay) = value.parse().ok().filter(|delay| (0.0..=1000.0).contains(delay))
            {
                self.pause = self.pause.max(Duration::from_secs_f64(delay).min(MAX_WAIT));
            }
        }
    }

    /// The pages that a sitemap names, and those that it refers to.
    fn sitemap(&mut self, first: &Url) -> anyhow::Result<Vec<Url>> {
        let mut pages = Vec::new();
        let mut queue = VecDeque::from([first.clone()]);
        let mut number = 0;
        while let Some(url) = queue.pop_front() {
            number += 1;
            if number > MAX_SITEMAPS {
                pipe::complain(&format!(
                    "{first}: more than {MAX_SITEMAPS} sitemaps, the others are left out"
                ));
                break;
            }
            let response = self.get(&url, "application/xml,text/xml").with_context(|| url.to_string())?;
            if response.status().as_u16() != 200 {
                bail!("{url}: status {}", response.status().as_u16());
            }
            let bytes = body(response, MAX_SITEMAP_BYTES).with_context(|| url.to_string())?;
            let (is_index, locations) = locations(&unpacked(&bytes));
            if locations.is_empty() && number == 1 {
                bail!("{url}: it is no sitemap, or names nothing");
            }
            let urls = locations.into_iter().filter_map(|location| Url::parse(&location).ok());
            if is_index {
                queue.extend(urls.filter(|other| other.origin() == url.origin()));
            } else {
                pages.extend(urls);
            }
        }
        Ok(pages)
    }

    /// The site's own stylesheets among `names`, and those that they import, each asked for once.
    fn sheets(&mut self, site: &Url, names: &[String]) -> SortedMap<String, SheetObservation> {
        let mut found = SortedMap::new();
        let mut wanted: Vec<String> = names.to_vec();
        while let Some(name) = wanted.pop() {
            if third_party_sheet::is_name(&name) || found.contains_key(&name) {
                continue;
            }
            if !self.sheets.contains_key(&name) && self.sheets.len() < MAX_SHEETS {
                let sheet = self.sheet(site, &name);
                self.sheets.insert(name.clone(), sheet);
            }
            if let Some(Some(sheet)) = self.sheets.get(&name) {
                wanted.extend(sheet.imports.iter().cloned());
                found.insert(name, sheet.clone());
            }
        }
        found
    }

    fn sheet(&mut self, site: &Url, name: &str) -> Option<SheetObservation> {
        let url = self.base.join(name).ok().filter(|url| url.origin() == self.base.origin())?;
        if self.rules.disallows(name) {
            return None;
        }
        let response = self.get(&url, "text/css").ok()?;
        let is_sheet = response.status().as_u16() == 200
            && fields(&response, "content-type")
                .is_some_and(|said| said.trim_start().to_ascii_lowercase().starts_with("text/css"));
        let bytes = is_sheet.then(|| body(response, MAX_SHEET_BYTES).ok()).flatten()?;
        Some(document::sheet(&site.join(name).ok()?, &String::from_utf8_lossy(&bytes), 1))
    }
}

/// A sitemap's bytes, decompressed where they are a gzip file.
fn unpacked(bytes: &[u8]) -> String {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let mut text = Vec::new();
    // What comes before a mistake counts.
    let _ = MultiGzDecoder::new(bytes).take(MAX_SITEMAP_BYTES).read_to_end(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}

/// Whether a sitemap names other sitemaps, and what it names (sitemaps.org, version 0.9): in XML, or a URL a line.
fn locations(text: &str) -> (bool, Vec<String>) {
    if !text.contains('<') {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        return (false, lines.map(str::to_owned).collect());
    }
    let parts = text.split("<loc>").skip(1).filter_map(|part| part.split_once("</loc>"));
    let locations = parts.map(|(location, _)| {
        let location = location.trim();
        let location =
            location.strip_prefix("<![CDATA[").and_then(|rest| rest.strip_suffix("]]>")).unwrap_or(location);
        htmlize::unescape(location.trim()).into_owned()
    });
    (text.contains("<sitemapindex"), locations.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_http_only_this_machine_is_asked() {
        for url in ["https://a.example/b", "http://127.0.0.1:8000/", "http://[::1]/", "http://localhost:1"] {
            assert!(start(url).is_ok(), "{url}");
        }
        for url in ["http://a.example/", "http://192.0.2.1/", "ftp://a.example", "a.example", "file:///etc"] {
            assert!(start(url).is_err(), "{url}");
        }
    }

    #[test]
    fn a_sitemap_is_read_in_each_form() {
        let index = "<?xml version='1.0'?><sitemapindex><sitemap><loc> https://a.example/1.xml </loc></sitemap></sitemapindex>";
        assert_eq!(locations(index), (true, vec!["https://a.example/1.xml".to_owned()]));
        let set = "<urlset><url><loc>https://a.example/?a&amp;b</loc></url><url><loc><![CDATA[https://a.example/c]]></loc></url>";
        let names = ["https://a.example/?a&b", "https://a.example/c"].map(str::to_owned).to_vec();
        assert_eq!(locations(set), (false, names));
        assert_eq!(locations("https://a.example/\n\n"), (false, vec!["https://a.example/".to_owned()]));
        assert_eq!(locations("<html>no"), (false, Vec::new()));
    }

    #[test]
    fn a_crawl_delay_is_heeded_up_to_a_bound() {
        let base = Url::parse("https://a.example/").unwrap();
        let limits = Limits { max_pages: 1, max_depth: 1, rate: 2.0 };
        for (robots, seconds) in [
            ("User-agent: *\nCrawl-delay: 3", 3.0),
            ("User-agent: other\nCrawl-delay: 3", 0.5),
            ("User-agent: *\nCrawl-delay: 0.1", 0.5),
            ("user-agent: headstart\ncrawl-delay: 900 # slowly", 30.0),
            ("User-agent: *\nCrawl-delay: -1", 0.5),
            ("Crawl-delay: x", 0.5),
        ] {
            let mut client = Client::new(&base, &limits);
            client.heed_delay(robots);
            assert!((client.pause.as_secs_f64() - seconds).abs() < 1e-9, "{robots}");
        }
    }
}
