//! Content Security Policy (CSP level 3): which fetches a page's policies let through, so that nothing is hinted that
//! the browser would then block; and with them what its [integrity policies](IntegrityPolicy), and policies that only report, ask of
//! fetches that are ours: an owner who tries a policy out would read of violations that are no fault of the page.
//!
//! Only the directives that govern fetches are kept, and the one that governs `<base>`; of their sources only those that can let an
//! external resource through; and whether `upgrade-insecure-requests` is there. This is not the crate `content-security-policy`
//! (0.9.0), which blocks the secure form of `'self'` on an insecure page and every WebSocket under `*`, lets a host through whose port cannot
//! exist, and has no bounds.

use percent_encoding::percent_decode_str;
use std::fmt;
use url::Url;

pub use integrity::IntegrityPolicy;

pub mod integrity;

/// The most policies of a page that are read; each must let a fetch through, so leaving some out errs towards a hint.
const MAX_POLICIES: usize = 16;

/// The most sources of one directive that are kept.
const MAX_SOURCES: usize = 200;

/// The most bytes of a field or a `<meta>` that are read.
const MAX_FIELD_BYTES: usize = 32 * 1024;

/// The most host-sources that are given out to be stored, and the longest of them in bytes.
const MAX_STORED_SOURCES: usize = 40;
const MAX_STORED_SOURCE_BYTES: usize = 100;

/// The policies of a page, as far as they restrict fetches, or have them made otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policies {
    enforced: Vec<Policy>,
    /// Those that only report.
    observed: Vec<Policy>,
    /// Whether one of them has `upgrade-insecure-requests`.
    upgrades: bool,
    integrity: IntegrityPolicy,
}

/// What a fetch is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// `<script src>`, preloaded scripts and modules.
    Script,
    /// A stylesheet.
    Style,
    /// A picture.
    Image,
    /// A font.
    Font,
    /// `<video>`, `<audio>`, `<track>`.
    Media,
    /// `<iframe>`.
    Frame,
    /// `<object>`, `<embed>`.
    Object,
    /// A web app manifest.
    Manifest,
    /// `fetch()`, `XMLHttpRequest`, `WebSocket` and the like.
    Connect,
}

/// How an external script that we add to a page would be let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnScript<'a> {
    /// As it is.
    Allowed,
    /// With this nonce as its `nonce` attribute.
    WithNonce(&'a str),
    /// Not at all.
    Blocked,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Policy {
    directives: Vec<Directive>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Directive {
    name: Name,
    sources: Vec<Source>,
}

/// The directives that govern fetches, and `base-uri`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    BaseUri,
    Child,
    Connect,
    Default,
    Font,
    Frame,
    Image,
    Manifest,
    Media,
    Object,
    Script,
    ScriptElement,
    Style,
    StyleElement,
    Worker,
}

/// A source expression that means something for what is looked at here.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Source {
    /// `*`
    Any,
    /// `https:`; lower-case.
    Scheme(String),
    /// Boxed, since a list may be long and most sources of some lists are nonces and keywords.
    Host(Box<HostSource>),
    /// `'self'`
    OwnOrigin,
    /// `'nonce-…'`
    Nonce(String),
    /// `'strict-dynamic'`: lets nothing through that the parser inserts, but takes the other sources' effect away.
    StrictDynamic,
    /// `'unsafe-inline'`: lets inline scripts through where there is neither a nonce, nor a hash, nor `'strict-dynamic'`.
    UnsafeInline,
    /// `'inline-speculation-rules'`: lets inline rule sets through. Not in the standard's text yet, but in browsers.
    InlineRules,
    /// A hash, of whatever.
    Hash,
}

/// `https://*.cdn.example:8443/scripts/`; lower-case but for the path.
#[derive(Clone, Debug, PartialEq, Eq)]
struct HostSource {
    scheme: Option<String>,
    host: Host,
    port: Option<Port>,
    path: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    /// `*`, with a scheme, port or path around it.
    Any,
    /// `*.cdn.example`, as `.cdn.example`.
    Below(String),
    Exactly(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Port {
    Any,
    Number(u16),
}

impl Policies {
    /// The policies of an answer by its header: its `Content-Security-Policy` field and its
    /// `Content-Security-Policy-Report-Only` field, all lines of each joined by commas, and what its integrity policies say.
    #[must_use]
    pub fn of_answer(csp: Option<&str>, report_only: Option<&str>, integrity: IntegrityPolicy) -> Self {
        let observed = report_only.map(|field| Self::parse(field).enforced).unwrap_or_default();
        Self { observed, integrity, ..csp.map(Self::parse).unwrap_or_default() }
    }

    /// Reads a `Content-Security-Policy` field, all its lines joined by commas: several policies, each of which must
    /// let a fetch through.
    #[must_use]
    pub fn parse(field: &str) -> Self {
        let mut policies = Self::default();
        for policy in readable(field).split(',') {
            policies.add(policy);
        }
        policies
    }

    /// Adds the policy of a `<meta http-equiv=content-security-policy content=…>`. A comma separates nothing there.
    pub fn add_meta(&mut self, content: &str) {
        self.add(readable(content));
    }

    fn add(&mut self, serialised: &str) {
        if self.enforced.len() >= MAX_POLICIES {
            return;
        }
        self.upgrades |= serialised.split(';').any(is_upgrade);
        let policy = Policy::parse(serialised);
        if !policy.directives.is_empty() {
            self.enforced.push(policy);
        }
    }

    /// Whether a fetch of `url` for `destination` by the page at `page` is let through. `nonce` is the element's nonce
    /// attribute if it has one. The element is taken to stand in the HTML, which matters to `'strict-dynamic'`.
    #[must_use]
    pub fn allows(&self, page: &Url, url: &Url, destination: Destination, nonce: Option<&str>) -> bool {
        self.enforced.iter().all(|policy| policy.allows(page, url, destination, nonce))
    }

    /// The base URL that the first `<base>` of the page at `page` sets, by its `href` (HTML, "set the frozen base URL"). One that does
    /// not parse, whose scheme holds or runs its content, or that a policy forbids (CSP, section 6.3.1, "is base allowed for
    /// document?") is the page's own; another `<base>` behind it counts for nothing all the same.
    #[must_use]
    pub fn base(&self, page: &Url, href: Option<&str>) -> Url {
        let base = href
            .and_then(|href| page.join(href).ok())
            .filter(|base| !matches!(base.scheme(), "data" | "javascript") && self.allows_base(page, base));
        base.unwrap_or_else(|| page.clone())
    }

    /// Where no directive says anything of a base, it may be any.
    fn allows_base(&self, page: &Url, base: &Url) -> bool {
        let mut directives = self.enforced.iter().filter_map(|policy| policy.directive(&[Name::BaseUri]));
        directives.all(|directive| directive.sources.iter().any(|source| source.allows(page, base)))
    }

    /// The same as [`allows`](Self::allows) for a fetch of ours, which has no integrity metadata: whether no policy has anything
    /// against it, or would report it.
    #[must_use]
    pub fn allows_ours(&self, page: &Url, url: &Url, destination: Destination, nonce: Option<&str>) -> bool {
        !self.integrity.names(destination)
            && self.all().all(|policy| policy.allows(page, url, destination, nonce))
    }

    /// Whether the page asks for what it names by `http` over `https` (Upgrade Insecure Requests, section 3.1). Policies that only
    /// report have no such effect.
    #[must_use]
    pub fn upgrades_insecure_requests(&self) -> bool {
        self.upgrades
    }

    /// Whether some fetch from the origin of `url` may be let through: of any path, for any destination, also by a script
    /// that the page trusts.
    #[must_use]
    pub fn may_reach(&self, page: &Url, url: &Url) -> bool {
        use Destination::{Connect, Font, Frame, Image, Manifest, Media, Object, Script, Style};
        [Script, Style, Image, Font, Media, Frame, Object, Manifest, Connect].into_iter().any(|destination| {
            self.enforced.iter().all(|policy| {
                policy
                    .directive(destination.fallbacks())
                    .is_none_or(|directive| directive.may_reach(page, url, destination))
            })
        })
    }

    /// The host-sources that name one host (`https://cdn.example`, `cdn.example:8443`), lower-case and without their
    /// paths, each once: small enough to be stored with a page, and to be asked later by [`source_names`]. `*.example`
    /// names nobody: whoever may have a name below it could then say that the page names them.
    #[must_use]
    pub fn host_sources(&self) -> Vec<String> {
        let mut sources: Vec<String> = Vec::new();
        for source in self.hosts().filter(|source| matches!(source.host, Host::Exactly(_))) {
            if sources.len() >= MAX_STORED_SOURCES {
                break;
            }
            let source = source.to_string();
            if source.len() <= MAX_STORED_SOURCE_BYTES && !sources.contains(&source) {
                sources.push(source);
            }
        }
        sources
    }

    /// How the external script `script` would be let through, and not reported, if it were added to `page`.
    #[must_use]
    pub fn own_script(&self, page: &Url, script: &Url) -> OwnScript<'_> {
        if self.allows_ours(page, script, Destination::Script, None) {
            return OwnScript::Allowed;
        }
        // Of two policies one may ask for a nonce and the other for 'self'.
        self.script_nonces()
            .find(|nonce| self.allows_ours(page, script, Destination::Script, Some(nonce)))
            .map_or(OwnScript::Blocked, OwnScript::WithNonce)
    }

    /// How an inline rule set of ours, which the parser finds in the head of the page, comes by these policies (CSP,
    /// "does element match source list for type and source?", for `script`).
    #[must_use]
    pub fn inline_rules(&self) -> OwnScript<'_> {
        self.inline(true)
    }

    /// How an inline script of ours, which the parser finds there, does.
    #[must_use]
    pub fn inline_script(&self) -> OwnScript<'_> {
        self.inline(false)
    }

    fn inline(&self, is_rules: bool) -> OwnScript<'_> {
        let allows = |nonce: Option<&str>| {
            self.script_directives().all(|directive| directive.allows_inline(is_rules, nonce))
        };
        if allows(None) {
            return OwnScript::Allowed;
        }
        self.script_nonces()
            .find(|nonce| allows(Some(nonce)))
            .map_or(OwnScript::Blocked, OwnScript::WithNonce)
    }

    fn hosts(&self) -> impl Iterator<Item = &HostSource> {
        let directives = self.enforced.iter().flat_map(|policy| &policy.directives);
        // Of a base nothing is fetched.
        directives.filter(|directive| directive.name != Name::BaseUri).flat_map(|directive| {
            directive.sources.iter().filter_map(|source| match source {
                Source::Host(host) => Some(host.as_ref()),
                _ => None,
            })
        })
    }

    /// The policies that what is ours has to follow: those that only report are heeded as well.
    fn all(&self) -> impl Iterator<Item = &Policy> {
        self.enforced.iter().chain(&self.observed)
    }

    fn script_directives(&self) -> impl Iterator<Item = &Directive> {
        self.all().filter_map(|policy| policy.directive(Destination::Script.fallbacks()))
    }

    /// A nonce that helps under all policies is one of the first policy that asks for any.
    fn script_nonces(&self) -> impl Iterator<Item = &str> {
        self.script_directives()
            .find(|directive| directive.nonces().next().is_some())
            .into_iter()
            .flat_map(Directive::nonces)
    }
}

/// Whether `source`, one of [`Policies::host_sources`], names the origin of `url` for the page at `page`. A path in it
/// makes no difference.
#[must_use]
pub fn source_names(source: &str, page: &Url, url: &Url) -> bool {
    HostSource::parse(source)
        .is_some_and(|source| matches!(source.host, Host::Exactly(_)) && source.matches_origin(page, url))
}

/// The part of a field that is read: what the bound leaves of it, up to the last separator, since half a source may
/// name somebody else.
fn readable(field: &str) -> &str {
    if field.len() <= MAX_FIELD_BYTES {
        return field;
    }
    let kept = field.get(..field.floor_char_boundary(MAX_FIELD_BYTES)).unwrap_or_default();
    let end = kept.rfind([' ', '\t', ';', ',']).unwrap_or_default();
    kept.get(..end).unwrap_or_default()
}

impl Destination {
    /// The directives that govern it: the first that a policy has.
    fn fallbacks(self) -> &'static [Name] {
        match self {
            Self::Script => &[Name::ScriptElement, Name::Script, Name::Default],
            Self::Style => &[Name::StyleElement, Name::Style, Name::Default],
            Self::Image => &[Name::Image, Name::Default],
            Self::Font => &[Name::Font, Name::Default],
            Self::Media => &[Name::Media, Name::Default],
            Self::Frame => &[Name::Frame, Name::Child, Name::Default],
            Self::Object => &[Name::Object, Name::Default],
            Self::Manifest => &[Name::Manifest, Name::Default],
            Self::Connect => &[Name::Connect, Name::Default],
        }
    }
}

impl Name {
    fn parse(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "base-uri" => Self::BaseUri,
            "child-src" => Self::Child,
            "connect-src" => Self::Connect,
            "default-src" => Self::Default,
            "font-src" => Self::Font,
            "frame-src" => Self::Frame,
            "img-src" => Self::Image,
            "manifest-src" => Self::Manifest,
            "media-src" => Self::Media,
            "object-src" => Self::Object,
            "script-src" => Self::Script,
            "script-src-elem" => Self::ScriptElement,
            "style-src" => Self::Style,
            "style-src-elem" => Self::StyleElement,
            "worker-src" => Self::Worker,
            _ => return None,
        })
    }
}

impl Policy {
    fn allows(&self, page: &Url, url: &Url, destination: Destination, nonce: Option<&str>) -> bool {
        self.directive(destination.fallbacks())
            .is_none_or(|directive| directive.allows(page, url, destination, nonce))
    }

    fn parse(serialised: &str) -> Self {
        let mut directives: Vec<Directive> = Vec::new();
        for directive in serialised.split(';').filter(|directive| directive.is_ascii()) {
            let mut tokens = directive.split_ascii_whitespace();
            let Some(name) = tokens.next().and_then(Name::parse) else { continue };
            // Also what bounds the list: there are only so many names.
            if directives.iter().any(|other| other.name == name) {
                continue;
            }
            // An empty list is kept: like 'none', it lets nothing through.
            let sources = tokens.filter_map(Source::parse).take(MAX_SOURCES).collect();
            directives.push(Directive { name, sources });
        }
        Self { directives }
    }

    fn directive(&self, fallbacks: &[Name]) -> Option<&Directive> {
        fallbacks.iter().find_map(|name| self.directives.iter().find(|directive| directive.name == *name))
    }
}

impl Directive {
    fn nonces(&self) -> impl Iterator<Item = &str> {
        self.sources.iter().filter_map(|source| match source {
            Source::Nonce(nonce) => Some(nonce.as_str()),
            _ => None,
        })
    }

    fn allows_inline(&self, is_rules: bool, nonce: Option<&str>) -> bool {
        let has = |wanted: &Source| self.sources.contains(wanted);
        let has_nonce = self.nonces().next().is_some();
        nonce.is_some_and(|nonce| self.nonces().any(|other| other == nonce))
            || (is_rules && has(&Source::InlineRules))
            || (has(&Source::UnsafeInline)
                && !has_nonce
                && !has(&Source::Hash)
                && !has(&Source::StrictDynamic))
    }

    fn may_reach(&self, page: &Url, url: &Url, destination: Destination) -> bool {
        // What carries a nonce, or is loaded by what is trusted, may come from anywhere.
        let trusts = |source: &Source| matches!(source, Source::Nonce(_) | Source::StrictDynamic);
        let may_carry_trust = matches!(destination, Destination::Script | Destination::Style);
        self.sources.iter().any(|source| match source {
            Source::Host(host) => host.matches_origin(page, url),
            other => other.allows(page, url) || (may_carry_trust && trusts(other)),
        })
    }

    fn allows(&self, page: &Url, url: &Url, destination: Destination, nonce: Option<&str>) -> bool {
        if let (Destination::Script | Destination::Style, Some(nonce)) = (destination, nonce)
            && self.nonces().any(|other| other == nonce)
        {
            return true;
        }
        if destination == Destination::Script && self.sources.contains(&Source::StrictDynamic) {
            return false;
        }
        self.sources.iter().any(|source| source.allows(page, url))
    }
}

impl Source {
    /// `None` for what lets nothing through: `'none'`, mistakes.
    fn parse(token: &str) -> Option<Self> {
        if token == "*" {
            return Some(Self::Any);
        }
        if let Some(keyword) = token.strip_prefix('\'') {
            return Self::parse_quoted(keyword.strip_suffix('\'')?);
        }
        if let Some(scheme) = token.strip_suffix(':')
            && is_scheme(scheme)
        {
            return Some(Self::Scheme(scheme.to_ascii_lowercase()));
        }
        HostSource::parse(token).map(|source| Self::Host(Box::new(source)))
    }

    fn parse_quoted(keyword: &str) -> Option<Self> {
        if keyword.eq_ignore_ascii_case("self") {
            return Some(Self::OwnOrigin);
        }
        if keyword.eq_ignore_ascii_case("strict-dynamic") {
            return Some(Self::StrictDynamic);
        }
        if keyword.eq_ignore_ascii_case("unsafe-inline") {
            return Some(Self::UnsafeInline);
        }
        if keyword.eq_ignore_ascii_case("inline-speculation-rules") {
            return Some(Self::InlineRules);
        }
        let is_hash =
            |name: &str| keyword.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
        if ["sha256-", "sha384-", "sha512-"].into_iter().any(is_hash) {
            return Some(Self::Hash);
        }
        let (prefix, nonce) = keyword.split_at_checked("nonce-".len())?;
        (prefix.eq_ignore_ascii_case("nonce-") && is_base64(nonce)).then(|| Self::Nonce(nonce.to_owned()))
    }

    /// CSP, "Does url match expression in origin with redirect count?", with a count of zero.
    fn allows(&self, page: &Url, url: &Url) -> bool {
        match self {
            Self::Any => matches!(scheme(url), "http" | "https") || url.scheme() == page.scheme(),
            Self::Scheme(expected) => scheme_matches(expected, scheme(url)),
            Self::Host(source) => source.matches_origin(page, url) && path_matches(&source.path, url.path()),
            Self::OwnOrigin => is_own_origin(page, url),
            Self::Nonce(_) | Self::StrictDynamic | Self::UnsafeInline | Self::InlineRules | Self::Hash => {
                false
            }
        }
    }
}

impl HostSource {
    fn parse(token: &str) -> Option<Self> {
        let (scheme, rest) = match token.split_once("://") {
            Some((scheme, rest)) => (Some(scheme), rest),
            None => (None, token),
        };
        if !scheme.is_none_or(is_scheme) {
            return None;
        }
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, port) = match authority.split_once(':') {
            Some((host, "*")) => (host, Some(Port::Any)),
            // The digits are looked at because a sign parses as well.
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
                (host, Some(Port::Number(port.parse().ok()?)))
            }
            Some(_) => return None,
            None => (authority, None),
        };
        Some(Self {
            scheme: scheme.map(str::to_ascii_lowercase),
            host: Host::parse(host)?,
            port,
            // Not in the grammar, but browsers pass over a query rather than the whole source.
            path: path.split(['?', '#']).next().unwrap_or_default().to_owned(),
        })
    }

    fn matches_origin(&self, page: &Url, url: &Url) -> bool {
        let expected = self.scheme.as_deref().unwrap_or_else(|| scheme(page));
        scheme_matches(expected, scheme(url))
            && url.host_str().is_some_and(|host| self.host.matches(host))
            && self.port_matches(url)
    }

    fn port_matches(&self, url: &Url) -> bool {
        match self.port {
            Some(Port::Any) => true,
            // The URL parser leaves a default port out.
            None => url.port().is_none(),
            // Browsers let the upgrade from http to https go from port to port as well.
            Some(Port::Number(80)) if url.port_or_known_default() == Some(443) => true,
            Some(Port::Number(port)) => url.port_or_known_default() == Some(port),
        }
    }
}

impl fmt::Display for HostSource {
    /// Without the path.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(scheme) = &self.scheme {
            write!(formatter, "{scheme}://")?;
        }
        match &self.host {
            Host::Any => formatter.write_str("*")?,
            Host::Below(suffix) => write!(formatter, "*{suffix}")?,
            Host::Exactly(host) => formatter.write_str(host)?,
        }
        match self.port {
            Some(Port::Any) => formatter.write_str(":*"),
            Some(Port::Number(port)) => write!(formatter, ":{port}"),
            None => Ok(()),
        }
    }
}

impl Host {
    fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::Any);
        }
        let below = text.strip_prefix('*');
        let name = below.map_or(Some(text), |suffix| suffix.strip_prefix('.'))?;
        let labels = name.strip_suffix('.').unwrap_or(name);
        // The underscore is not in the grammar, but in names that are in use, and browsers take it.
        let is_label = |label: &str| {
            !label.is_empty()
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        };
        if !labels.split('.').all(is_label) {
            return None;
        }
        Some(match below {
            Some(suffix) => Self::Below(suffix.to_ascii_lowercase()),
            None => Self::Exactly(text.to_ascii_lowercase()),
        })
    }

    /// The URL parser has made `host` lower-case.
    fn matches(&self, host: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Below(suffix) => host.ends_with(suffix.as_str()),
            Self::Exactly(name) => host == name,
        }
    }
}

/// A URL's scheme as policies see it: a WebSocket is fetched as `http` or `https` (Fetch, "establish a WebSocket
/// connection").
fn scheme(url: &Url) -> &str {
    match url.scheme() {
        "ws" => "http",
        "wss" => "https",
        other => other,
    }
}

/// CSP, "scheme-part match": a secure scheme may stand in for the insecure one.
fn scheme_matches(expected: &str, actual: &str) -> bool {
    expected == actual || matches!((expected, actual), ("http" | "wss", "https") | ("ws", "http" | "https"))
}

/// Whether a directive is `upgrade-insecure-requests`, whose value means nothing.
fn is_upgrade(directive: &str) -> bool {
    let name = directive.split_ascii_whitespace().next();
    directive.is_ascii() && name.is_some_and(|name| name.eq_ignore_ascii_case("upgrade-insecure-requests"))
}

/// `'self'`: the page's origin, or the secure form of it.
fn is_own_origin(page: &Url, url: &Url) -> bool {
    if url.scheme() == "blob" {
        return false;
    }
    if page.origin() == url.origin() {
        return true;
    }
    let is_same_port = page.port_or_known_default() == url.port_or_known_default()
        || (page.port().is_none() && url.port().is_none());
    let is_upgrade =
        matches!(url.scheme(), "https" | "wss") || (page.scheme() == "http" && url.scheme() == "ws");
    page.host_str().is_some() && page.host() == url.host() && is_same_port && is_upgrade
}

/// CSP, "path-part match": a directory where `expected` ends in a slash, otherwise one path.
fn path_matches(expected: &str, path: &str) -> bool {
    if expected.is_empty() {
        return true;
    }
    let (expected, is_directory) = match expected.strip_suffix('/') {
        Some(directory) => (directory, true),
        None => (expected, false),
    };
    let mut pieces = path.split('/');
    let all_match = expected.split('/').all(|piece| {
        pieces.next().is_some_and(|other| percent_decode_str(piece).eq(percent_decode_str(other)))
    });
    // A directory's own path without the slash is not in it.
    all_match && pieces.next().is_some() == is_directory
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

fn is_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    !digits.is_empty()
        && text.len() <= digits.len() + 2
        && digits
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_'))
}

#[cfg(test)]
mod tests;
