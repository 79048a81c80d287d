//! The header lines of an answer to a speculation: who else may be given it, and on which cookies it depends.

use super::deferral::Withheld;
use crate::config::Config;
use crate::effects::class::Class;
use crate::effects::cookie::{self, SetCookie};
use crate::head::{Content, Head, is_private, unquoted_parts};
use crate::sorting;
use crate::speculation::Speculation;
use crate::visit::Visit;

/// The most cookies that `Cookie-Indices` names.
const MAX_INDICES: usize = 20;

/// The header line that is appended to a page of which a copy must not be shown again, since its ticket is good once, and for some minutes:
/// to one that was prerendered, and to one that would not work without what its ticket sets. A browser finds no copy then where it would
/// take any, as it does to go back to a page, and asks anew.
pub const ALTERED: (&str, &str) = ("Vary", "Sec-Purpose");

/// What takes the place of the origin's word on caching there: a ticket is good for one view, so no cache may give the answer to
/// anybody else, nor to the same visitor unasked. It is not `no-store`, for whose sake a browser keeps no page for going back
/// to; what the origin itself says in that way stays. What a proxy is to do with the body (Edge Architecture, `content` in
/// `Surrogate-Control`) it still has to: a page would lack its parts.
#[must_use]
pub fn not_shared(head: &Head) -> Vec<(&'static str, String)> {
    let no_transform = if head.no_transform { ", no-transform" } else { "" };
    of_one_visitor(head, |_| format!("private, no-cache{no_transform}"))
}

/// The same for an answer of which only its rules are one visitor's: their browser may keep it for as long as the origin says.
#[must_use]
pub fn kept_by_browser(head: &Head) -> Vec<(&'static str, String)> {
    of_one_visitor(head, |said| {
        let of_others = ["public", "private", "s-maxage", "proxy-revalidate"];
        let is_for_browser = |directive: &&str| {
            let name = directive.split('=').next().unwrap_or_default().trim_end();
            !directive.is_empty() && !of_others.iter().any(|other| name.eq_ignore_ascii_case(other))
        };
        let said = unquoted_parts(said, ',').map(str::trim).filter(is_for_browser);
        std::iter::once("private").chain(said).collect::<Vec<_>>().join(", ")
    })
}

/// What takes the place of the origin's word on caching, where `word` is said to browsers in place of what the origin says to them.
fn of_one_visitor(head: &Head, word: impl FnOnce(&str) -> String) -> Vec<(&'static str, String)> {
    let said = head.cache_control.as_deref().unwrap_or_default();
    let is_kept = !said.to_ascii_lowercase().contains("no-store");
    let browsers = is_kept.then(|| ("Cache-Control", word(said)));
    let is_processing = |directive: &&str| {
        directive.get(.."content=".len()).is_some_and(|name| name.eq_ignore_ascii_case("content="))
    };
    let surrogates = head.surrogate_control.as_deref().unwrap_or_default();
    let processing: Vec<&str> = surrogates.split(',').map(str::trim).filter(is_processing).collect();
    let proxies = (!processing.is_empty())
        .then(|| ("Surrogate-Control", format!("no-store, {}", processing.join(", "))));
    browsers.into_iter().chain(proxies).collect()
}

/// The fields in which an origin tells caches on the way something else than `Cache-Control` says (RFC 9213, and those that came
/// before it): where ours takes that one's place, they go.
pub const TARGETED: &[&str] = TICKETED.split_at(2).1;

/// What goes from an answer that has a ticket: by a validator the browser would be told later that its copy is still good, and show the
/// page of that other view with a ticket that is not its own.
pub const TICKETED: &[&str] = &[
    "ETag",
    "Last-Modified",
    "CDN-Cache-Control",
    "Cloudflare-CDN-Cache-Control",
    "Vercel-CDN-Cache-Control",
    "Netlify-CDN-Cache-Control",
    "Akamai-Cache-Control",
    "Surrogate-Control",
    "Edge-Control",
    "X-Accel-Expires",
    "X-LiteSpeed-Cache-Control",
];

/// How the header lines of the answer to a speculation are changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// What is appended.
    pub append: Vec<(&'static str, String)>,
    /// What takes the place of the origin's.
    pub replace: Vec<(&'static str, String)>,
    /// The fields that go.
    pub remove: &'static [&'static str],
}

/// How the header lines of the answer to a speculation are changed.
#[must_use]
pub fn lines(visit: &Visit, head: &Head, withheld: &Withheld, config: &Config) -> Lines {
    let owned = |(name, value): (&'static str, &str)| (name, value.to_owned());
    let Lines { mut append, mut replace, mut remove } = Lines::default();
    let is_altered = withheld.set_cookies.is_some() || withheld.ticket.is_some();
    if is_altered {
        if visit.speculation == Some(Speculation::Prerender) || needs_ticket(head, withheld, config) {
            append.push(owned(ALTERED));
        }
        replace.extend(not_shared(head));
        remove = TICKETED;
    }
    if head.content != Content::Page || visit.is_isolated() {
        return Lines { append, replace, remove };
    }
    let names = index_names(visit, head, config);
    if !names.is_empty() {
        append.push(("Vary", "Cookie".to_owned()));
        append.push(("Cookie-Indices", names.join(", ")));
    } else if config.effects.keep_prefetch
        && !is_altered
        && visit.speculation == Some(Speculation::Prefetch)
        && head.set_cookies.is_empty()
        && may_be_kept(head.cache_control.as_deref())
    {
        replace.push(("Cache-Control", "private, max-age=300".to_owned()));
        remove = TARGETED;
        // A visitor who signs in meanwhile must not be shown it.
        append.push(("Vary", "Cookie".to_owned()));
    }
    Lines { append, replace, remove }
}

/// Whether a page may not work without what is set by its ticket: a form, say, whose token stands in a cookie. What only counts or
/// remembers may be missed.
fn needs_ticket(head: &Head, withheld: &Withheld, config: &Config) -> bool {
    let kept = withheld.set_cookies.as_deref().unwrap_or(&head.set_cookies);
    let mut deferred =
        head.set_cookies.iter().filter(|line| !kept.contains(line)).map(|line| SetCookie::parse(line));
    deferred.any(|cookie| match config.effects.cookies.of(&cookie) {
        Class::Inert | Class::History => false,
        Class::Unknown => cookie.is_http_only,
        Class::Csrf | Class::Session | Class::Sticky | Class::Flash | Class::SignIn | Class::Cart => true,
    })
}

/// The cookies on which a page depends, as strings of a structured field: sessions and carts that the visitor has, or would be
/// given.
fn index_names(visit: &Visit, head: &Head, config: &Config) -> Vec<String> {
    let set = head.set_cookies.iter().map(|line| SetCookie::parse(line).name);
    let mut names: Vec<String> = cookie::pairs(visit.cookies())
        .map(|(name, _)| name)
        .chain(set)
        .filter(|name| matches!(config.effects.cookies.of_name(name), Class::Session | Class::Cart))
        .filter(|name| name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\'))
        .map(|name| format!("\"{name}\""))
        .collect();
    sorting::sort(&mut names);
    names.dedup();
    names.truncate(MAX_INDICES);
    names
}

/// Whether a page says of itself no more than that it is made anew each time.
fn may_be_kept(cache_control: Option<&str>) -> bool {
    let value = cache_control.unwrap_or_default();
    !is_private(value)
        && value.split(',').map(str::trim).filter(|directive| !directive.is_empty()).all(|directive| {
            let directive = directive.to_ascii_lowercase();
            matches!(
                directive.as_str(),
                "max-age=0" | "no-cache" | "must-revalidate" | "public" | "s-maxage=0"
            )
        })
}
