//! What was seen of a site, as plain data. The checks look at nothing else.

use super::page::Page;
use std::time::Duration;
use url::Url;

/// The header fields of a message, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(pub Vec<(String, String)>);

impl Fields {
    /// All values of a field; `name` is lower-case.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(move |(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Its first value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// All lines of a field, joined by commas as lists are (RFC 9110, section 5.3).
    pub fn joined(&self, name: &str) -> Option<String> {
        let lines: Vec<&str> = self.all(name).collect();
        (!lines.is_empty()).then(|| lines.join(", "))
    }

    /// Whether a list of tokens has this one, whatever its case and parameters.
    pub fn lists(&self, name: &str, token: &str) -> bool {
        self.all(name).flat_map(|value| value.split(',')).any(|member| {
            member.split([';', '=']).next().unwrap_or_default().trim().eq_ignore_ascii_case(token)
        })
    }

    /// The media type of `Content-Type` without its parameters, lower-case.
    pub fn media_type(&self) -> Option<String> {
        let value = self.get("content-type")?;
        Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
    }
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What was asked for.
    pub url: Url,
    /// The status code.
    pub status: u16,
    /// Whether it came over HTTP/2, and not over HTTP/1.1.
    pub is_http2: bool,
    /// The header fields.
    pub fields: Fields,
    /// The fields of each 103 that came before it.
    pub early: Vec<Fields>,
    /// The body, as far as it was read.
    pub body: Vec<u8>,
    /// Whether there was more than was read, or it broke off.
    pub is_cut: bool,
    /// How long it took from the request to the answer's head.
    pub waited: Duration,
}

impl Answer {
    /// Whether the status says that all went well.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Whether it is a page that a browser shows: 200, HTML.
    pub fn is_page(&self) -> bool {
        self.status == 200 && self.fields.media_type().as_deref() == Some("text/html")
    }

    /// Why Headstart has refused it, where it has.
    pub fn refused(&self) -> Option<&str> {
        self.fields.get("headstart-refused").map(str::trim)
    }

    /// Whether it comes through Cloudflare.
    pub fn is_by_cloudflare(&self) -> bool {
        let server = self.fields.get("server").unwrap_or_default();
        self.fields.get("cf-ray").is_some() || server.eq_ignore_ascii_case("cloudflare")
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The names of the cookies that it sets, each once.
    pub fn cookies(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for line in self.fields.all("set-cookie") {
            let name = line.split(['=', ';']).next().unwrap_or_default().trim().to_owned();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The host has no address.
    NoAddress(String),
    /// The host has only addresses of this machine or of its network, which no page of another site may have asked.
    Inside,
    /// No connection came about.
    Unreachable(String),
    /// The certificate is not good, for this reason.
    Certificate(String),
    /// TLS did not come about, for another reason.
    Tls(String),
    /// It took too long, at this step.
    TimedOut(&'static str),
    /// What came is no HTTP, or more of it than is read.
    NotHttp(String),
    /// The connection was closed without an answer.
    Closed,
}

/// An answer, or why there is none.
pub type Asked = Result<Answer, Failure>;

/// A redirect that was followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// What was asked for.
    pub url: Url,
    /// The status that led on.
    pub status: u16,
}

/// Where the way from the URL that was given ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// At this answer, which leads no further.
    Answer(Box<Answer>),
    /// Nowhere: this URL did not answer.
    Failure(Url, Failure),
    /// At a redirect to what was asked for before.
    Ring(Url),
    /// At one redirect too many, to this URL.
    TooMany(Url),
    /// At a redirect that names nothing which can be asked for.
    Astray(String),
}

/// A page that was looked at.
#[derive(Clone, Debug)]
pub struct PageSeen {
    /// What a visitor without cookies is given.
    pub answer: Answer,
    /// What it says.
    pub page: Page,
    /// What is given to a browser that fetches it ahead.
    pub prefetch: Asked,
}

impl PageSeen {
    /// Where it is.
    pub fn url(&self) -> &Url {
        &self.answer.url
    }
}

/// A rule set that pages name by header.
#[derive(Clone, Debug)]
pub struct RulesSeen {
    /// Where it is.
    pub url: Url,
    /// The page that names it.
    pub page: Url,
    /// What is there, redirects followed.
    pub asked: Asked,
}

/// What a page loads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A stylesheet.
    Style,
    /// A script.
    Script,
}

/// A stylesheet or script that pages load.
#[derive(Clone, Debug)]
pub struct Part {
    /// Where it is.
    pub url: Url,
    /// What it is.
    pub kind: Kind,
    /// What is there.
    pub asked: Asked,
}

/// A script that may be a service worker's.
#[derive(Clone, Debug)]
pub struct ServiceWorker {
    /// Where it is.
    pub url: Url,
    /// Whether something on the pages registers it: else it stands where such scripts often do.
    pub is_registered: bool,
    /// What is there.
    pub asked: Asked,
}

/// Everything that was seen of a site.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The URL that was given.
    pub asked: Url,
    /// The redirects that were followed from there.
    pub hops: Vec<Hop>,
    /// Where they ended.
    pub end: End,
    /// The pages: the one where that was, and some to which it links. None where that is no page.
    pub pages: Vec<PageSeen>,
    /// What the first page answers when it is asked for once more.
    pub again: Option<Asked>,
    /// What is answered to a prefetch of a URL that Headstart refuses by its name.
    pub refusal: Option<Asked>,
    /// Links that Headstart's rules name, of each other folder of the site one, with what is answered to a prefetch of a URL below it
    /// that Headstart refuses by its name.
    pub elsewhere: Vec<(Url, Asked)>,
    /// What stands where Headstart's baseline does.
    pub baseline: Option<Asked>,
    /// What stands where Headstart tells of its health.
    pub health: Option<Asked>,
    /// The rule sets that pages name by header.
    pub rules: Vec<RulesSeen>,
    /// What the pages load.
    pub parts: Vec<Part>,
    /// How many parts were left out.
    pub parts_left_out: usize,
    /// What may be service workers.
    pub service_workers: Vec<ServiceWorker>,
}

impl Seen {
    /// A site of which nothing was seen yet.
    pub fn nothing_of(asked: Url) -> Self {
        Self {
            end: End::Failure(asked.clone(), Failure::Closed),
            asked,
            hops: Vec::new(),
            pages: Vec::new(),
            again: None,
            refusal: None,
            elsewhere: Vec::new(),
            baseline: None,
            health: None,
            rules: Vec::new(),
            parts: Vec::new(),
            parts_left_out: 0,
            service_workers: Vec::new(),
        }
    }

    /// The first page.
    pub fn first(&self) -> Option<&PageSeen> {
        self.pages.first()
    }

    /// Whether Headstart answers its own paths here.
    pub fn has_headstart(&self) -> bool {
        let Some(Ok(answer)) = &self.baseline else { return false };
        answer.status == 200 && super::rule_sets::is_ours(&answer.text())
    }
}
