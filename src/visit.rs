//! A request as plain data: what is asked for, by whom, and whether it is a speculation.
//!
//! A browser marks a speculative load with `Sec-Purpose` ([Prefetch], "The `Sec-Purpose` HTTP request header"). The
//! field is read as a structured list, since its order, spacing and extra parameters may change. A prerendering page
//! puts it on the requests of its images, frames and scripts as well, so only [`Visit::is_speculative_navigation`]
//! says that a whole page is being fetched ahead of a click.
//!
//! [Prefetch]: https://wicg.github.io/nav-speculation/prefetch.html

use crate::speculation::{Pointer, Speculation};
use crate::structured;
use crate::urls::files;
use crate::urls::inert_parameters::InertParameters;
use fields::{Field, Fields};
use sfv::{BareItem, ListEntry};
use std::net::{IpAddr, Ipv6Addr};
use url::Url;

pub mod fields;

/// The request methods that Headstart tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The only method whose responses are worked on.
    Get,
    /// Answered for our own files, passed through otherwise.
    Head,
    /// Taken for our own beacon, passed through otherwise.
    Post,
    /// Everything else, known or not: passed through.
    Other,
}

impl Method {
    /// Reads a method. Methods are case-sensitive (RFC 9110, section 9.1).
    #[must_use]
    pub fn parse(method: &str) -> Self {
        match method {
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "POST" => Self::Post,
            _ => Self::Other,
        }
    }
}

/// The fields of a navigation to something that is shown, none of which the request for a download has.
pub const DISPLAYED: [Field; 2] = [Field::UpgradeInsecureRequests, Field::Accept];

/// What `Sec-Fetch-Dest` says of a navigation to what is shown as a document of its own: of one that a service worker passes on Chromium
/// says no destination. (Of a download neither: see [`Visit::is_download`].)
pub const DOCUMENTS: [&str; 2] = ["document", "empty"];

/// The longest URL that is looked at, in bytes: what stands in a longer one costs more time than a head start is worth. Such a visit
/// passes as it is, and such a speculation is refused.
pub const MAX_URL_BYTES: usize = 4096;

/// The longest of the fields that say what a request is for, in bytes. Browsers need a tenth of it.
const MAX_PURPOSE_BYTES: usize = 1024;

/// A list (RFC 9651), unless it is longer than any browser's.
fn list_of(value: &str) -> Option<sfv::List> {
    if value.len() > MAX_PURPOSE_BYTES { None } else { structured::list(value) }
}

/// Reads `Sec-Purpose`: `None` when the request is not speculative, or when the value is not a list.
#[must_use]
pub fn sec_purpose(value: &str) -> Option<Speculation> {
    let mut found = None;
    for member in list_of(value)? {
        let ListEntry::Item(item) = member else { continue };
        if !matches!(&item.bare_item, BareItem::Token(token) if token.as_str() == "prefetch") {
            continue;
        }
        // `?0` means absent; any other value counts as true.
        let prerender = match item.params.get("prerender") {
            None | Some(BareItem::Boolean(false)) => false,
            Some(_) => true,
        };
        if prerender {
            return Some(Speculation::Prerender);
        }
        found = Some(Speculation::Prefetch);
    }
    found
}

/// What a `Sec-Purpose` is taken for that is no list, and so says nothing by the standard: a speculation, since no visit has the
/// field. What a visit loses that is taken for one is some speed.
fn unread_purpose(value: &str) -> Option<Speculation> {
    let is_prerender = || value.to_ascii_lowercase().contains("prerender");
    list_of(value)
        .is_none()
        .then(|| if is_prerender() { Speculation::Prerender } else { Speculation::Prefetch })
}

/// Whether `Sec-Purpose` says that a proxy asks for the browser, so that nobody knows the visitor's address
/// (`anonymous-client-ip`).
#[must_use]
pub fn is_by_proxy(sec_purpose: &str) -> bool {
    list_of(sec_purpose).unwrap_or_default().iter().any(|member| match member {
        ListEntry::Item(item) => {
            !matches!(item.params.get("anonymous-client-ip"), None | Some(BareItem::Boolean(false)))
        }
        ListEntry::InnerList(_) => false,
    })
}

/// The header fields by which a browser marks a speculation: `Sec-Purpose`, and in its absence those that came before it.
pub const SPECULATION_MARKS: [Field; 4] = [Field::SecPurpose, Field::Purpose, Field::XMoz, Field::XPurpose];

/// Reads a header that browsers sent before `Sec-Purpose`: `Purpose`, `X-Purpose` or `X-Moz`, with `prefetch` or
/// `preview`. None of them tells a prerender apart.
#[must_use]
pub fn legacy_purpose(value: &str) -> Option<Speculation> {
    let value = value.trim();
    let marked = value.eq_ignore_ascii_case("prefetch") || value.eq_ignore_ascii_case("preview");
    marked.then_some(Speculation::Prefetch)
}

/// The header fields by which scripts mark what they fetch ahead of a click: Turbo, the router of Next.js, and htmx 2. Others use
/// those of browsers: Inertia says `Purpose`.
pub const SCRIPT_SPECULATION_MARKS: [Field; 5] = [
    Field::XSecPurpose,
    Field::NextRouterPrefetch,
    Field::NextRouterSegmentPrefetch,
    Field::XMiddlewarePrefetch,
    Field::HxPreloaded,
];

/// What `Sec-Fetch-Mode` says of requests that no script can put a field of its own on: navigations, and what pages embed.
pub const BY_BROWSER: [&str; 2] = ["navigate", "no-cors"];

/// The header fields by which scripts say that they fetch a part of a page, or a page to take parts from: htmx, Turbo, Next.js,
/// Inertia, Livewire, Unpoly, Barba, pjax, and `XMLHttpRequest` as many libraries use it.
pub const FRAGMENT_MARKS: [Field; 10] = [
    Field::HxRequest,
    Field::TurboFrame,
    Field::Rsc,
    Field::XInertia,
    Field::XLivewireNavigate,
    Field::XUpVersion,
    Field::XUpTarget,
    Field::XBarba,
    Field::XPjax,
    Field::XRequestedWith,
];

/// What `Service-Worker-Navigation-Preload` says where the service worker has set nothing else (Service Workers,
/// "`NavigationPreloadManager`"). With anything else it asks for what it makes a page of: a part of one.
pub const WHOLE_PRELOAD: &str = "true";

/// All fields by which a script shows that it is one.
pub fn script_marks() -> impl Iterator<Item = Field> {
    SCRIPT_SPECULATION_MARKS.into_iter().chain(FRAGMENT_MARKS)
}

/// The first version of Chromium that reads `Speculation-Rules`. Those before have list rules of a page and send `Sec-Purpose`.
const FIRST_CHROMIUM_WITH_HEADER: u32 = 121;

/// What browsers say in `Sec-Fetch-Dest` of a page within a page.
const FRAMES: [&str; 5] = ["iframe", "frame", "embed", "object", "fencedframe"];

/// Reads a header by which scripts mark what they fetch ahead of a click: `prefetch` and whatever else may stand there, but
/// for a word that says no.
fn script_purpose(value: &str) -> Option<Speculation> {
    let is_no = matches!(value.trim(), "" | "0" | "false");
    (!is_no).then_some(Speculation::Prefetch)
}

/// A member of `Sec-Speculation-Tags`: which rule sets asked for this load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tag {
    /// A rule without a tag; the token `null` on the wire.
    Untagged,
    /// A tag that a rule set carries.
    Named(String),
}

/// Reads `Sec-Speculation-Tags` (HTML, "The `Sec-Speculation-Tags` header"). Members of other types are passed over.
/// `None` when the value is not a list.
#[must_use]
pub fn speculation_tags(value: &str) -> Option<Vec<Tag>> {
    let tags = list_of(value)?
        .into_iter()
        .filter_map(|member| match member {
            ListEntry::Item(item) => match item.bare_item {
                BareItem::String(tag) => Some(Tag::Named(tag.as_str().to_owned())),
                BareItem::Token(token) if token.as_str() == "null" => Some(Tag::Untagged),
                _ => None,
            },
            ListEntry::InnerList(_) => None,
        })
        .collect();
    Some(tags)
}

/// A request as plain data.
#[derive(Debug)]
pub struct Visit {
    /// The request method.
    pub method: Method,
    /// The URL that was asked for.
    pub url: Url,
    /// Whether it is a speculation, and of which kind.
    pub speculation: Option<Speculation>,
    /// Whether the method is one that asks for nothing to be changed: as RFC 9110, section 9.2.1, or the registry of methods has it.
    pub is_safe: bool,
    fields: Fields,
}

/// The methods that the registry calls safe (HTTP Method Registry): those of HTTP itself, and those by which `WebDAV` and searches
/// read.
const SAFE_METHODS: [&str; 8] = ["GET", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "REPORT", "SEARCH", "QUERY"];

impl Visit {
    /// Reads a request. `look_up` finds a header field by its lower-case name; see [`Fields`].
    pub fn read(method: &str, url: Url, look_up: impl Fn(&str) -> Option<String> + 'static) -> Self {
        let fields = Fields::new(look_up);
        let is_safe = SAFE_METHODS.contains(&method);
        let method = Method::parse(method);
        let [current, earlier @ ..] = SPECULATION_MARKS;
        let marked = |mark: Field, read: fn(&str) -> Option<Speculation>| fields.get(mark).and_then(read);
        let speculation = match fields.get(current) {
            Some(value) => sec_purpose(value).or_else(|| unread_purpose(value)),
            None => earlier.into_iter().find_map(|mark| marked(mark, legacy_purpose)),
        };
        let is_by_browser = fields.get(Field::SecFetchMode).is_some_and(|mode| BY_BROWSER.contains(&mode));
        let speculation = speculation.or_else(|| {
            let mut marks = SCRIPT_SPECULATION_MARKS.into_iter().filter(|_| !is_by_browser);
            marks.find_map(|mark| marked(mark, script_purpose))
        });
        Self { method, url, speculation, is_safe, fields }
    }

    /// A request with these header fields: lower-case names and values.
    #[must_use]
    pub fn with(method: &str, url: Url, fields: &[(&str, &str)]) -> Self {
        let fields: Vec<_> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self::read(method, url, move |name| {
            fields.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone())
        })
    }

    /// Whether its URL is longer than is looked at.
    #[must_use]
    pub fn is_url_too_long(&self) -> bool {
        self.url.as_str().len() > MAX_URL_BYTES
    }

    /// A header field; `None` where the request has none of this name.
    #[must_use]
    pub fn field(&self, field: Field) -> Option<&str> {
        self.fields.get(field)
    }

    /// The `Cookie` field; empty where there is none.
    #[must_use]
    pub fn cookies(&self) -> &str {
        self.field(Field::Cookie).unwrap_or_default()
    }

    /// What tells one browser from another, coarsely: fields that are the same in all requests of one browser, and the
    /// network from which they come.
    #[must_use]
    pub fn browser(&self) -> Vec<String> {
        let fields = [Field::UserAgent, Field::AcceptLanguage, Field::SecChUaPlatform];
        let fields = fields.into_iter().map(|field| self.field(field).unwrap_or_default().to_owned());
        fields.chain(self.address().map(network)).collect()
    }

    /// The address that the request names. Whoever sends it past the platform may name any; it serves to tell apart what one
    /// visitor brings back. Visitors are counted by [`Self::visitor_address`].
    fn address(&self) -> Option<&str> {
        self.field(Field::CfConnectingIp)
    }

    /// The visitor's address, as far as it is to be believed.
    #[must_use]
    pub fn visitor_address(&self) -> Option<&str> {
        self.field(Field::VisitorAddress)
    }

    /// `Referer`.
    #[must_use]
    pub fn referer(&self) -> Option<&str> {
        self.field(Field::Referer)
    }

    /// Whether `Referer` names the root of a site: its first page, or all that any of its pages says whose `Referrer-Policy` is
    /// `origin` or `strict-origin`.
    #[must_use]
    pub fn is_from_root(&self) -> bool {
        self.referer().is_some_and(|referer| referer.ends_with('/') && referer.matches('/').count() == 3)
    }

    /// `Sec-Fetch-Dest`.
    #[must_use]
    pub fn destination(&self) -> Option<&str> {
        self.field(Field::SecFetchDest)
    }

    /// `Sec-Fetch-Mode`.
    #[must_use]
    pub fn mode(&self) -> Option<&str> {
        self.field(Field::SecFetchMode)
    }

    /// Whether a browser says that it is a navigation, of a page or of a frame.
    #[must_use]
    pub fn is_navigation(&self) -> bool {
        self.mode() == Some("navigate")
    }

    /// Whether a browser saves what a link with `download` leads to, and shows nothing of it. Such a request of Chromium's is a navigation
    /// without a destination, as is what a service worker passes on; but that still has the fields of the browser's own navigations.
    #[must_use]
    pub fn is_download(&self) -> bool {
        self.is_navigation()
            && self.destination() == Some("empty")
            && DISPLAYED.iter().all(|field| self.field(*field).is_none())
    }

    /// Whether a browser says that it shows what is answered as a document of its own, and no frame, also where it asks on a guess. What
    /// saves pages says nothing of the kind: Safari's downloads, curl, crawlers. Firefox's downloads say what its navigations say.
    #[must_use]
    pub fn is_shown_as_document(&self) -> bool {
        self.is_navigation()
            && self.destination().is_some_and(|destination| DOCUMENTS.contains(&destination))
            && !self.is_download()
    }

    /// `If-None-Match`.
    #[must_use]
    pub fn if_none_match(&self) -> Option<&str> {
        self.field(Field::IfNoneMatch)
    }

    /// `Sec-Speculation-Tags`, read; empty where there are none, or where the field is not a list.
    #[must_use]
    pub fn tags(&self) -> Vec<Tag> {
        self.field(Field::SecSpeculationTags).and_then(speculation_tags).unwrap_or_default()
    }

    /// What the visitor points at links with, by `Sec-CH-UA-Mobile` (User-Agent Client Hints, section 3.3). Some browsers never say.
    #[must_use]
    pub fn pointer(&self) -> Pointer {
        match self.field(Field::SecChUaMobile).map(str::trim) {
            Some("?1") => Pointer::Touch,
            _ => Pointer::Mouse,
        }
    }

    /// Whether it is a `GET` without `Authorization`: what is answered is not one visitor's by a password.
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.method == Method::Get && self.field(Field::Authorization).is_none()
    }

    /// Whether a page of the same origin sends it: `Sec-Fetch-Site`, and `Origin` in browsers that do not send that. What is
    /// no browser may say anything.
    #[must_use]
    pub fn is_same_origin(&self) -> bool {
        match self.field(Field::SecFetchSite) {
            Some(site) => site == "same-origin",
            None => self.field(Field::Origin).is_some_and(|it| it == self.url.origin().ascii_serialization()),
        }
    }

    /// Whether the browser says that a page of another origin asks for this, also one that has no origin.
    #[must_use]
    pub fn is_of_another_origin(&self) -> bool {
        matches!(self.field(Field::SecFetchSite), Some("cross-site" | "same-site"))
    }

    /// Whether the visitor started the navigation (`Sec-Fetch-User`).
    #[must_use]
    pub fn is_by_visitor(&self) -> bool {
        self.field(Field::SecFetchUser).is_some_and(|value| value.trim() == "?1")
    }

    /// Whether caches are to be passed over, as when a page is reloaded.
    #[must_use]
    pub fn is_reload(&self) -> bool {
        let value = self.field(Field::CacheControl).unwrap_or_default().to_ascii_lowercase();
        value.split(',').map(str::trim).any(|directive| matches!(directive, "max-age=0" | "no-cache"))
    }

    /// Whether others who ask for this path may be taught by this view: it is public, and has no query, whose values a
    /// page may repeat.
    #[must_use]
    pub fn teaches(&self) -> bool {
        self.is_public() && self.url.query().is_none_or(str::is_empty)
    }

    /// The site, as it is named in keys: host and port.
    #[must_use]
    pub fn site(&self) -> Option<String> {
        site_of(&self.url)
    }

    /// Whether the request asks for another host or path than its URL does, or for what is no scheme or port, in one of the headers
    /// that origins build URLs from. What an origin answers may then hold whatever the visitor wrote.
    #[must_use]
    pub fn names_another_host(&self) -> bool {
        let Some(own) = self.site() else { return true };
        let names_other =
            |field: Field| self.field(field).is_some_and(|host| !host.eq_ignore_ascii_case(&own));
        let says = |field: Field| self.field(field).is_some();
        // What stands in a URL in front of the host, or behind it, could bring another one along.
        let is_odd = |field: Field| self.field(field).is_some_and(|value| !is_plain(value));
        [Field::XForwardedHost, Field::XHost, Field::XOriginalHost].into_iter().any(names_other)
            || [Field::XForwardedPrefix, Field::XOriginalUrl, Field::XRewriteUrl].into_iter().any(says)
            || [Field::XForwardedProto, Field::XForwardedScheme, Field::XForwardedPort]
                .into_iter()
                .any(is_odd)
            || self.field(Field::Forwarded).is_some_and(|forwarded| forwards_another(forwarded, &own))
    }

    /// Whether a browser that speculates on this page will ask for the rules file that the page names on activation, and can
    /// then be recognised. Where a proxy asks for it now, it cannot be.
    #[must_use]
    pub fn can_redeem(&self) -> bool {
        self.is_speculative_navigation()
            && self.field(Field::SecPurpose).is_some_and(|value| !is_by_proxy(value))
            && self.destination().is_some()
            && self.asks_for_rules_when_shown()
    }

    /// Whether a page of another site has this fetched ahead: a results page of a search engine, say, by a proxy or not. The
    /// browser keeps what is set then in a jar of its own, which it copies when the visitor comes, and throws away when they do
    /// not ([Prefetch], "isolated partition").
    ///
    /// [Prefetch]: https://wicg.github.io/nav-speculation/prefetch.html
    #[must_use]
    pub fn is_isolated(&self) -> bool {
        let is_by_proxy = || self.field(Field::SecPurpose).is_some_and(is_by_proxy);
        // Where cookies are sent, it is the visitor's own jar, whatever the way there.
        self.is_speculative_navigation()
            && self.speculation == Some(Speculation::Prefetch)
            && self.cookies().is_empty()
            && (is_by_proxy() || self.field(Field::SecFetchSite) == Some("cross-site"))
    }

    /// Whether the browser's engine is known to ask for a page's rules when the page is activated, and not before. Chromium was
    /// seen to; of the others, which speculate as well by now, it is not known. All browsers say `Mozilla/5.0`, and those with
    /// Chromium's engine say `Chrome/` besides; with that name, Chrome on iOS says `CriOS/`.
    fn asks_for_rules_when_shown(&self) -> bool {
        let browser = self.field(Field::UserAgent).unwrap_or_default();
        let version = browser.split_once("Chrome/").map(|(_, version)| {
            version.split(|next: char| !next.is_ascii_digit()).next().and_then(|number| number.parse().ok())
        });
        match version {
            Some(version) => version.is_some_and(|version: u32| version >= FIRST_CHROMIUM_WITH_HEADER),
            None => !browser.starts_with("Mozilla/"),
        }
    }

    /// Whether this is a speculation on one of our own paths by a rule with this tag.
    #[must_use]
    pub fn is_by_rule(&self, tag: &str) -> bool {
        self.is_speculative_navigation()
            && self.tags().iter().any(|other| matches!(other, Tag::Named(other) if other == tag))
    }

    /// Whether an activated page of this site asks for one of our own paths as this destination. Browsers say that in every
    /// request, and no frame, no picture and no other site can.
    #[must_use]
    pub fn is_by_page_as(&self, destination: &str) -> bool {
        self.is_same_origin() && self.is_of_shown_page() && self.destination() == Some(destination)
    }

    /// Whether the page that sends this is shown, as far as its browser says: it says where a page is prerendered.
    #[must_use]
    pub fn is_of_shown_page(&self) -> bool {
        self.field(Field::SecPurpose).is_none()
    }

    /// Whether a page of this site asks for its rules: its browser says so, or a service worker of the site fetches them in its
    /// name, of which nothing is left but that it is a fetch of a page of this site.
    #[must_use]
    pub fn is_for_rules(&self) -> bool {
        self.is_same_origin() && matches!(self.destination(), Some("speculationrules" | "empty"))
    }

    /// Whether a script asks for something in the name of a page, as far as one can see, and has left nothing of that page: a
    /// service worker that does not pass the browser's request on, but makes one of its own. That names the worker's script
    /// as its sender, or nobody, and carries no mark of a prerendering page.
    #[must_use]
    pub fn is_rebuilt(&self) -> bool {
        let sender = self.referer().and_then(|referer| Url::parse(referer).ok());
        self.destination() == Some("empty")
            && sender.is_none_or(|sender| files::is_part_of_pages(sender.path()))
    }

    /// Whether what is answered may be shown as a page: a browser says that it is a navigation, or nothing says that it is none.
    /// What scripts fetch may be a part of a page, whatever its URL and its media type, and so may what a service worker asks for
    /// while a browser navigates.
    #[must_use]
    pub fn may_be_navigation(&self) -> bool {
        let is_of_script = || FRAGMENT_MARKS.iter().any(|mark| self.field(*mark).is_some());
        !self.is_for_part() && (self.is_navigation() || (self.mode().is_none() && !is_of_script()))
    }

    /// Whether a service worker of the site asks for a part of a page while a browser navigates (navigation preload).
    #[must_use]
    pub fn is_for_part(&self) -> bool {
        self.field(Field::ServiceWorkerNavigationPreload).is_some_and(|said| said.trim() != WHOLE_PRELOAD)
    }

    /// Whether something asks for a URL on a guess, in a way that runs what the URL does: for a page, or by a script or a link
    /// that keeps what is answered for a navigation that may come. What a page embeds (scripts, styles, fonts, pictures, frames)
    /// is not.
    #[must_use]
    pub fn is_guess(&self) -> bool {
        self.method == Method::Get
            && self.speculation.is_some()
            && (self.is_for_page() || matches!(self.destination(), None | Some("empty")))
    }

    /// Whether a script shows that it is one.
    #[must_use]
    pub fn has_script_mark(&self) -> bool {
        script_marks().any(|mark| self.field(mark).is_some())
    }

    /// Whether a page or its script fetches a URL ahead of a click and keeps the answer, without a navigation: `<link
    /// rel=prefetch>`, quicklink, Turbo, the routers of Next.js and Inertia.
    #[must_use]
    pub fn is_prefetch_by_page(&self) -> bool {
        self.is_guess() && !self.is_for_page() && self.speculation == Some(Speculation::Prefetch)
    }

    /// Whether it is an application's router that does so, by a mark of its own. `X-Requested-With` is none: `XMLHttpRequest` of many
    /// libraries has it, and each navigation in a `WebView` of Android.
    #[must_use]
    pub fn is_by_router(&self) -> bool {
        let mut marks = script_marks().filter(|mark| *mark != Field::XRequestedWith);
        self.is_prefetch_by_page() && marks.any(|mark| self.field(mark).is_some())
    }

    /// Whether a prerendering page sends this, and it is no navigation.
    #[must_use]
    pub fn is_of_prerendering_page(&self) -> bool {
        self.speculation == Some(Speculation::Prerender) && !self.is_for_page()
    }

    /// Whether a page or a visitor of a browser does this, and no script merely tells something on the side: what is sent
    /// without waiting for the answer (`no-cors`: beacons, pixels) changes nothing that the visitor sees, and what a page of
    /// another site sends without navigating is not the visitor's doing.
    #[must_use]
    pub fn is_browsing(&self) -> bool {
        self.speculation.is_none()
            && match self.mode() {
                None | Some("no-cors") => false,
                Some("navigate") => true,
                Some(_) => self.field(Field::SecFetchSite) != Some("cross-site"),
            }
    }

    /// Whether what it does may change what an answer to a guess must not undo: a visitor goes somewhere, or sends something.
    /// Over plain HTTP, and by old browsers, the latter is not said to be theirs.
    #[must_use]
    pub fn is_doing(&self) -> bool {
        let is_unsaid = self.speculation.is_none() && self.mode().is_none();
        (self.is_browsing() && (self.is_navigation() || !self.is_safe)) || (is_unsaid && !self.is_safe)
    }

    /// The URL of the page of this site that sends this.
    #[must_use]
    pub fn sender_url(&self) -> Option<Url> {
        Url::parse(self.referer()?).ok().filter(|sender| sender.origin() == self.url.origin())
    }

    /// The page of this site that sends this, as a ticket names it: path and query without what is inert.
    #[must_use]
    pub fn sender(&self, inert: &InertParameters) -> Option<String> {
        self.sender_url().map(|sender| inert.without(&sender))
    }

    /// Whether a page of this site that is shown navigates here.
    #[must_use]
    pub fn is_led_by_page(&self) -> bool {
        self.method == Method::Get
            && self.speculation.is_none()
            && self.is_navigation()
            && self.is_same_origin()
    }

    /// Whether this loads a whole page ahead of a navigation that may never come.
    #[must_use]
    pub fn is_speculative_navigation(&self) -> bool {
        self.method == Method::Get && self.speculation.is_some() && self.is_for_page()
    }

    /// Whether a frame of a page loads this. A service worker may have hidden that.
    #[must_use]
    pub fn is_of_frame(&self) -> bool {
        self.destination().is_some_and(|destination| FRAMES.contains(&destination))
    }

    /// Whether a speculation is for a whole page: when `Sec-Fetch-Dest` is `document`, when it is a navigation of no frame (a
    /// service worker may have changed the destination), when speculation tags are present (subresources never carry them),
    /// or when the browser sends no fetch metadata at all. Refusing is always safe, letting an unsafe one through is not.
    fn is_for_page(&self) -> bool {
        let Some(destination) = self.destination() else {
            // Over plain HTTP browsers say nothing there, and scripts say what they are by their own marks.
            return !self.has_script_mark();
        };
        let is_navigation = self.is_navigation() && !self.is_of_frame();
        destination == "document" || is_navigation || self.field(Field::SecSpeculationTags).is_some()
    }
}

/// The network of an address, as a text: of an IPv6 address the first 64 bits, since a browser may change the others at any
/// time. What is no address is taken as it is.
fn network(address: &str) -> String {
    match address.trim().parse() {
        Ok(IpAddr::V6(address)) => match address.to_ipv4_mapped() {
            Some(address) => address.to_string(),
            None => Ipv6Addr::from(u128::from(address) >> 64 << 64).to_string(),
        },
        _ => address.trim().to_owned(),
    }
}

/// The site of a URL, as [`Visit::site`] names it.
#[must_use]
pub fn site_of(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

/// Whether a scheme or a port, or a list of them, is nothing else.
fn is_plain(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b',' | b' '))
}

/// Whether a `Forwarded` field (RFC 7239) names another host than `own`, or what is no scheme.
fn forwards_another(field: &str, own: &str) -> bool {
    field.split([',', ';']).filter_map(|pair| pair.split_once('=')).any(|(name, value)| {
        let value = value.trim();
        let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
        match name.trim() {
            name if name.eq_ignore_ascii_case("host") => !value.eq_ignore_ascii_case(own),
            name if name.eq_ignore_ascii_case("proto") => !is_plain(value),
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests;
