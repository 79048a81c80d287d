//! What caches on the way keep: cookies, tickets, and pages that are one visitor's.

use super::reach::place;
use crate::doctor::finding::{Finding, Verdict, cut, some_of};
use crate::doctor::rule_sets;
use crate::doctor::seen::{Answer, PageSeen, Seen};
use headstart::effects::class::{Class, CookieClasses, is_of_network};
use headstart::effects::cookie::SetCookie;
use headstart::endpoints;

/// The values of `CF-Cache-Status` with which an answer came from the cache.
const KEPT: [&str; 4] = ["HIT", "STALE", "UPDATING", "REVALIDATED"];

/// By which sign an answer comes from a cache, if it does.
pub fn kept_by(answer: &Answer) -> Option<String> {
    let fields = &answer.fields;
    let status = fields.get("cf-cache-status").map(str::trim);
    if let Some(status) = status.filter(|status| KEPT.iter().any(|kept| kept.eq_ignore_ascii_case(status))) {
        return Some(format!("CF-Cache-Status: {}", cut(status)));
    }
    let age = fields.get("age").map(str::trim).unwrap_or_default();
    if age.parse::<u64>().is_ok_and(|seconds| seconds > 0) {
        return Some(format!("Age: {}", cut(age)));
    }
    ["x-cache", "x-proxy-cache", "x-cache-status", "cache-status"].into_iter().find_map(|name| {
        let value = fields.get(name)?;
        let is_hit = value.split([' ', ',', ';', '_']).any(|word| word.eq_ignore_ascii_case("hit"));
        is_hit.then(|| format!("{name}: {}", cut(value)))
    })
}

/// Whether any cache may keep an answer for others (RFC 9111, as far as its fields say so themselves).
fn is_public(answer: &Answer) -> bool {
    let is = |token: &str| answer.fields.lists("cache-control", token);
    let max_age = |name: &str| {
        let value = answer.fields.joined("cache-control").unwrap_or_default().to_ascii_lowercase();
        let found = value.split(',').find_map(|part| {
            part.trim().strip_prefix(name)?.strip_prefix('=')?.trim_matches('"').parse::<u64>().ok()
        });
        found.is_some_and(|seconds| seconds > 0)
    };
    !is("private")
        && !is("no-store")
        && !is("no-cache")
        && (is("public") || max_age("s-maxage") || max_age("max-age"))
}

/// The cookies that the site itself sets: not those of the network in front, which it sets on what it takes from its cache as well.
pub fn own_cookies(answer: &Answer) -> Vec<String> {
    answer.cookies().into_iter().filter(|name| !is_of_network(name)).collect()
}

/// Whether a page names rules with a ticket, or with where a speculation came from: only the answer to a speculation does.
pub fn has_ticket(page: &PageSeen, answer: &Answer) -> bool {
    let field = answer.fields.joined("speculation-rules").unwrap_or_default();
    let names = headstart::rules::header::parse(&field).unwrap_or_default();
    names.iter().filter_map(|name| page.url().join(name).ok()).any(|url| {
        endpoints::is_own(url.path())
            && (endpoints::ticket_of(&url).is_some() || endpoints::source_of(&url).is_some())
    })
}

/// What caches in front do to pages.
pub fn caches(seen: &Seen) -> Vec<Finding> {
    const ID: &str = "caches";
    let mut findings = Vec::new();
    let again = seen.again.as_ref().and_then(|asked| asked.as_ref().ok());
    let answers = || seen.pages.iter().map(|page| &page.answer).chain(again);
    findings.extend(given_to_others(ID, seen, again));
    if let Some((answer, by)) = answers()
        .find_map(|answer| Some((answer, kept_by(answer)?)).filter(|_| !own_cookies(answer).is_empty()))
    {
        let says = format!(
            "A cache gives {} to visitors with cookies in it that were meant for one: {} ({by}).",
            place(&answer.url),
            some_of(&own_cookies(answer), 3)
        );
        findings.push(Finding::new(ID, Verdict::Problem, says).advise(
            "Purge that cache now (Cloudflare: dashboard, Caching, Configuration), and have it pass pages on that set cookies: drop the Cache Rule \"Cache \
             Everything\" for them, or send Cache-Control: private.",
        ));
    } else if let Some(answer) = answers().find(|answer| is_public(answer) && !own_cookies(answer).is_empty())
    {
        let says = format!(
            "{} says that every cache may keep it ({}), and sets cookies: {}. Whoever is given the kept page has the cookies of somebody else.",
            place(&answer.url),
            cut(&answer.fields.joined("cache-control").unwrap_or_default()),
            some_of(&own_cookies(answer), 3)
        );
        findings.push(
            Finding::new(ID, Verdict::Warning, says)
                .advise("Have your server send Cache-Control: private with pages that set cookies, or set none on pages that are the same for all."),
        );
    }
    if findings.is_empty()
        && let (Some(first), Some(again)) = (seen.first(), again)
        && let Some(name) = same_session(&first.answer, again)
    {
        let says = format!(
            "Two visitors of {} who sent no cookie were given the same {}: a cache has kept the page of one for others, or all have one session.",
            place(first.url()),
            cut(&name)
        );
        findings.push(
            Finding::new(ID, Verdict::Problem, says)
                .advise("Look for a cache that keeps HTML although it sets cookies, between the site and its visitors or at your server, and purge it."),
        );
    }
    findings.extend(notes(ID, seen));
    if findings.is_empty() {
        let says = match answers().find_map(kept_by) {
            Some(by) => format!("Pages come from a cache ({by}), and nothing in them is one visitor's."),
            None => "No cache gives these pages out, and nothing in them is one visitor's.".to_owned(),
        };
        findings.push(Finding::ok(ID, says));
    }
    findings
}

/// The name of a session that two newcomers were given alike.
fn same_session(one: &Answer, other: &Answer) -> Option<String> {
    /// A value that is shorter may be a word: `guest`.
    const MIN_VALUE: usize = 16;
    let classes = CookieClasses::default();
    let lines: Vec<SetCookie<'_>> = other.fields.all("set-cookie").map(SetCookie::parse).collect();
    let mut given = one.fields.all("set-cookie").map(SetCookie::parse).filter(|cookie| {
        cookie.value.len() >= MIN_VALUE && !cookie.is_deletion && classes.of(cookie) == Class::Session
    });
    let same = given
        .find(|cookie| lines.iter().any(|other| other.name == cookie.name && other.value == cookie.value));
    same.map(|cookie| cookie.name.to_owned())
}

/// What visitors are given that was made for a speculation.
fn given_to_others(id: &'static str, seen: &Seen, again: Option<&Answer>) -> Option<Finding> {
    const ADVICE: &str = "A cache stands in front of Headstart and does not heed Vary: Sec-Purpose. Let it pass HTML on (Workers Cache, a Cache Rule, another CDN), \
                          and purge it.";
    let refused = again.filter(|answer| answer.refused().is_some());
    if let Some(answer) = refused {
        let says = format!(
            "A visit of {} is given the refusal of a speculation (status {}): a cache has kept it.",
            place(&answer.url),
            answer.status
        );
        return Some(Finding::new(id, Verdict::Problem, says).advise(ADVICE));
    }
    let may_be_given = |page: &&PageSeen| {
        let ahead = page.prefetch.as_ref().ok().filter(|ahead| has_ticket(page, ahead));
        ahead.is_some_and(|ahead| is_public(ahead) && !ahead.fields.lists("vary", "sec-purpose"))
    };
    if let Some(page) = seen.pages.iter().find(may_be_given) {
        let says = format!(
            "What is given to a speculation on {} says that every cache may keep it, and does not vary by Sec-Purpose: its ticket may be given to visitors.",
            place(page.url())
        );
        return Some(Finding::new(id, Verdict::Warning, says).advise(
            "Something in front of Headstart changes Cache-Control or Vary (dashboard, Caching, Cache Rules; Rules, Transform Rules). Leave them as they come.",
        ));
    }
    let page = seen.pages.iter().find(|page| has_ticket(page, &page.answer))?;
    let says = format!(
        "A visit of {} is given what was made for somebody's speculation: its Speculation-Rules name a ticket. A cache has kept it.",
        place(page.url())
    );
    Some(Finding::new(id, Verdict::Problem, says).advise(ADVICE))
}

/// What pages say to caches that costs them something of Headstart.
fn notes(id: &'static str, seen: &Seen) -> Vec<Finding> {
    let mut notes = Vec::new();
    if !seen.has_headstart() {
        return notes;
    }
    let all = |is_so: &dyn Fn(&PageSeen) -> bool| seen.pages.iter().all(is_so);
    if all(&|page| {
        page.answer.fields.lists("cache-control", "private")
            || page.answer.fields.lists("cache-control", "no-store")
    }) {
        notes.push(
            Finding::new(id, Verdict::Note, "Every page says Cache-Control: private or no-store, so nothing is told of one visitor's next pages to others.")
                .advise("Send public, or no such word, with pages that are the same for all who have no session."),
        );
    }
    if let Some(page) =
        seen.pages.iter().find(|page| page.answer.fields.lists("cache-control", "no-transform"))
    {
        let has_inline = rule_sets::of(seen, page).iter().any(|set| set.script.is_some());
        let rest = if has_inline { "" } else { " Headers come all the same." };
        notes.push(
            Finding::new(
                id,
                Verdict::Note,
                format!(
                    "{} says Cache-Control: no-transform, so Headstart puts nothing into it.{rest}",
                    place(page.url())
                ),
            )
            .advise("Without no-transform it can be measured and prerendered."),
        );
    }
    notes
}
