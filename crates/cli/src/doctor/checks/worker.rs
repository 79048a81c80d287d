//! Whether Headstart is in front, and whether what browsers fetch ahead reaches it.

use super::reach::{is_challenge, place};
use crate::doctor::finding::{Finding, Verdict, cut, number, some_of};
use crate::doctor::rule_sets::{self, Owner};
use crate::doctor::seen::{Answer, Asked, PageSeen, Seen};
use headstart::endpoints;
use headstart::rules::header;
use serde_json::Value;

/// Where Cloudflare's Speed Brain is switched off.
pub const SPEED_BRAIN_OFF: &str = "Turn Speed Brain off: Cloudflare dashboard, your zone, Speed, Settings, Content Optimization, Speed Brain. Or by API: \
                                   PATCH /zones/{zone_id}/settings/speed_brain with {\"value\":\"off\"}. It is on by default on the Free plan, and holds for the whole zone.";

/// Whether Headstart answers its own paths, and whether pages carry what is its.
pub fn in_front(seen: &Seen) -> Vec<Finding> {
    const ID: &str = "in-front";
    let Some(first) = seen.first() else { return Vec::new() };
    if !seen.has_headstart() {
        return vec![not_in_front(ID, seen, first)];
    }
    if is_switched_off(seen) {
        let says = format!(
            "Headstart is in front, and switched off or in shadow here: it answers below {}, and adds nothing to pages.",
            endpoints::OWN_PREFIX
        );
        return vec![Finding::new(ID, Verdict::Warning, says).advise(
            "If that is not meant: MODE in wrangler.toml says it for all sites, and `headstart switch` shows what is switched beside it (docs/operating.md, \
             Switch it off). In shadow, the log of `npx wrangler tail` says what it would do.",
        )];
    }
    let marked = seen.pages.iter().filter(|page| is_marked(seen, page)).count();
    let all = seen.pages.len();
    if marked == all {
        let pages = if all == 1 {
            "the page names its rules".to_owned()
        } else {
            format!("all {all} pages name its rules")
        };
        return vec![Finding::ok(
            ID,
            format!("Headstart is in front: it answers below {}, and {pages}.", endpoints::OWN_PREFIX),
        )];
    }
    let bare = seen.pages.iter().find(|page| !is_marked(seen, page)).unwrap_or(first);
    if bare.answer.fields.joined("speculation-rules").is_some_and(|field| !header::takes_more(Some(&field))) {
        // That is told of the field itself, and is why Headstart adds nothing to it.
        return Vec::new();
    }
    let says = format!(
        "Headstart answers below {}, but {} of {} carry nothing of it: {}, for one.",
        endpoints::OWN_PREFIX,
        all - marked,
        number(all, "page"),
        place(bare.url())
    );
    vec![Finding::new(ID, Verdict::Warning, says).advise(
        "Does the route cover these pages (wrangler.toml, routes: www.example.org/*)? Are rules switched off (RULES = \"off\")? Or does a cache in front \
         still have pages from before: purge it (dashboard, Caching, Configuration, Purge Everything).",
    )]
}

/// Whether Headstart says of each page that it is switched off, or in shadow, and adds nothing to any. A part of a site may be, and a
/// feature alone.
fn is_switched_off(seen: &Seen) -> bool {
    seen.pages.iter().all(|page| is_page_off(page) && !is_marked(seen, page))
}

/// Whether it says so of a page, where its rules have a browser fetch it ahead.
fn is_page_off(page: &PageSeen) -> bool {
    page.prefetch.as_ref().is_ok_and(|answer| answer.refused() == Some("switched-off"))
}

fn not_in_front(id: &'static str, seen: &Seen, first: &PageSeen) -> Finding {
    let baseline = endpoints::RulesFile::Baseline.path();
    if reasons(seen).is_some_and(|reasons| reasons.iter().any(|reason| reason == "not-started")) {
        let says = format!(
            "Headstart is in front of {}, and does not start: visitors get the pages as your server has them.",
            place(first.url())
        );
        return Finding::new(id, Verdict::Problem, says).advise(
            "`npx wrangler tail` says why. `npx wrangler rollback` puts the version before in its place.",
        );
    }
    if let Some(why) = unknown(seen.baseline.as_ref()) {
        let says = format!(
            "Whether Headstart is in front of {} cannot be told: {baseline} {why}.",
            place(first.url())
        );
        return Finding::new(id, Verdict::Unknown, says).advise(
            "Something in front of it, or its server, answers in its place: look into its log (dashboard, Security, Events), and ask again in a while.",
        );
    }
    let answered = match &seen.baseline {
        Some(Ok(answer)) => format!("status {}", answer.status),
        _ => "no answer".to_owned(),
    };
    let by =
        if first.answer.is_by_cloudflare() { "" } else { ", nor does the answer come through Cloudflare" };
    let advice = if first.answer.is_by_cloudflare() {
        "Give the Worker a route that covers the host, www and apex alike, in wrangler.toml: routes = [{ pattern = \"www.example.org/*\", zone_name = \
         \"example.org\" }], then `npx wrangler deploy`. The dashboard lists it under Workers Routes of the zone."
    } else {
        "A Worker's route works for names that Cloudflare proxies: dashboard, DNS, the orange cloud of this name. Then give the Worker its route in \
         wrangler.toml, and `npx wrangler deploy`. On your machine: `make dev ORIGIN=` and the address that it prints."
    };
    let says = format!(
        "Headstart is not in front of {}: {baseline} is not there ({answered}){by}.",
        place(first.url())
    );
    Finding::new(id, Verdict::Problem, says).advise(advice)
}

/// Why an answer does not tell whether there is what was asked for; `None` where it does.
fn unknown(asked: Option<&Asked>) -> Option<String> {
    match asked? {
        Ok(answer) if is_challenge(answer) || matches!(answer.status, 401 | 403 | 429 | 500..=599) => {
            Some(format!("is answered with status {}", answer.status))
        }
        Ok(_) => None,
        Err(_) => Some("gets no answer".to_owned()),
    }
}

/// Whether a page carries something of Headstart's.
fn is_marked(seen: &Seen, page: &PageSeen) -> bool {
    rule_sets::named(page).iter().any(|url| endpoints::is_own(url.path()))
        || rule_sets::of(seen, page).iter().any(|set| set.owner == Owner::Headstart)
        || page.page.scripts.iter().filter_map(|script| script.attribute("src")).any(endpoints::is_own)
}

/// What becomes of a prefetch on its way.
pub fn prefetch(seen: &Seen) -> Vec<Finding> {
    const ID: &str = "prefetch";
    let mut findings = Vec::new();
    if is_switched_off(seen) {
        // That is told of Headstart itself.
        return findings;
    }
    let refused_ahead = refused_by_speed_brain(seen);
    if let Some(value) = &refused_ahead {
        let says = format!(
            "Cloudflare's Speed Brain refuses what browsers fetch ahead, before a Worker sees it: 503, cf-speculation-refused: {}.",
            cut(value)
        );
        findings.push(Finding::new(ID, Verdict::Problem, says).advise(SPEED_BRAIN_OFF));
        return findings;
    }
    for page in &seen.pages {
        findings.extend(of_page(ID, seen, page));
    }
    if seen.has_headstart() {
        findings.extend(of_refusal(ID, seen));
    }
    // The same of several pages is said once.
    let mut said: Vec<Finding> = Vec::new();
    for finding in findings {
        if !said.iter().any(|other| other.verdict == finding.verdict && other.advice == finding.advice) {
            said.push(finding);
        }
    }
    if said.is_empty() {
        let says = if seen.has_headstart() {
            "Prefetches reach Headstart: pages come, and a URL that signs out is refused before your server sees it."
        } else {
            "A prefetch is answered with the page; nothing in between refuses it."
        };
        said.push(Finding::ok(ID, says));
    }
    said
}

fn refused_by_speed_brain(seen: &Seen) -> Option<String> {
    let ahead = seen.pages.iter().map(|page| &page.prefetch).chain(&seen.refusal);
    let refused = |answer: &Answer| answer.fields.get("cf-speculation-refused").map(str::to_owned);
    ahead.flatten().find_map(refused)
}

/// What becomes of a prefetch of a page that is given to visitors.
fn of_page(id: &'static str, seen: &Seen, page: &PageSeen) -> Option<Finding> {
    let here = place(page.url());
    let Ok(answer) = &page.prefetch else {
        let says = format!("A prefetch of {here} gets no answer, though a visit does.");
        return Some(Finding::new(id, Verdict::Warning, says).advise(
            "Something in between drops requests with Sec-Purpose: prefetch. Ask with `curl -v -H 'Sec-Purpose: prefetch'`.",
        ));
    };
    if let Some(reason) = answer.refused() {
        return Some(refusal(id, &here, reason));
    }
    if answer.is_success() {
        return kept_ahead(id, seen, page, answer);
    }
    let (says, advice) = match answer.status {
        503 => (
            format!("A prefetch of {here} is answered with 503, and nothing says why."),
            "A CDN or a rule of your server refuses requests with Sec-Purpose: prefetch. Look for such a rule; the click then loads the page, only later.",
        ),
        300..=399 => (
            format!("A prefetch of {here} is redirected ({}), a visit is not.", answer.status),
            "Something treats requests with Sec-Purpose: prefetch in its own way; find it in your server or zone rules.",
        ),
        _ if is_challenge(answer) || matches!(answer.status, 403 | 429) => (
            format!(
                "A prefetch of {here} is stopped by a firewall (status {}), a visit is not.",
                answer.status
            ),
            "Let requests with Sec-Purpose: prefetch pass: dashboard, Security, Events shows which rule has stopped it.",
        ),
        _ => (
            format!("A prefetch of {here} is answered with status {}, a visit with a page.", answer.status),
            "Your server does something else for Sec-Purpose: prefetch; browsers throw such an answer away, and ask anew on the click.",
        ),
    };
    Some(Finding::new(id, Verdict::Problem, says).advise(advice))
}

/// A prefetch that comes from a cache, which cannot have looked at it.
fn kept_ahead(id: &'static str, seen: &Seen, page: &PageSeen, answer: &Answer) -> Option<Finding> {
    let by = super::caches::kept_by(answer)?;
    let sets_cookies = !answer.cookies().is_empty() || !page.answer.cookies().is_empty();
    if !seen.has_headstart() || !sets_cookies {
        return None;
    }
    Some(
        Finding::new(
            id,
            Verdict::Note,
            format!("A prefetch of {} comes from a cache ({by}): whoever set cookies there does not know of it.", place(page.url())),
        )
        .advise("Is that cache in front of Headstart? Then let it pass HTML on. A cache behind the Worker is well."),
    )
}

/// What Headstart says of a page that it does not give to a prefetch.
fn refusal(id: &'static str, here: &str, reason: &str) -> Finding {
    let kind = reason.split(';').next().unwrap_or_default().trim();
    let says = format!(
        "Headstart refuses prefetches of {here} ({}): a click loads the page as if nothing had been.",
        cut(reason)
    );
    let (verdict, advice) = match kind {
        "set-cookie" => (
            Verdict::Warning,
            "The page gives newcomers a cookie that could not be deferred. Set the key of tickets, and keep it: `(umask 077; openssl rand \
             -base64 32 | tee ~/headstart-seal-key) | npx wrangler secret put SEAL_KEY`. If it is set, and the cookie means nothing \
             (a language, a test), name it in INERT_COOKIES.",
        ),
        "unsafe-url" => (
            Verdict::Warning,
            "Its name or a link to it says that it does something. If it is only a page, name it in SAFE_URLS.",
        ),
        "quarantine" => (
            Verdict::Note,
            "It turned out to do something when it was fetched before. `headstart explain` says what; it comes back by itself when views show otherwise.",
        ),
        "effect" => (
            Verdict::Note,
            "It stands in EFFECT_PATHS or EFFECT_PATHS_REFUSED. With SEAL_KEY set, what is in the first can be deferred.",
        ),
        "clear-site-data" => {
            (Verdict::Note, "It sends Clear-Site-Data. Send that from the answer to a form instead.")
        }
        "switched-off" => (
            Verdict::Note,
            "It is switched off here, or in shadow, or what keeps speculations safe is: `headstart switch` shows what is switched. No rule names \
             the page.",
        ),
        "failed" => (
            Verdict::Problem,
            "That is an error of Headstart: `npx wrangler tail` shows it. Please report it.",
        ),
        _ => (Verdict::Note, "docs/operating.md lists what each reason means, under Headstart-Refused."),
    };
    Finding::new(id, verdict, says).advise(advice)
}

/// What becomes of a prefetch that Headstart refuses by its name alone.
fn of_refusal(id: &'static str, seen: &Seen) -> Option<Finding> {
    let answer = seen.refusal.as_ref()?.as_ref().ok()?;
    if answer.refused().is_some() {
        return None;
    }
    Some(
        Finding::new(
            id,
            Verdict::Problem,
            format!(
                "A prefetch of {} should be refused by its name, and gets status {}: Sec-Purpose is taken away before Headstart sees it, or the route \
                 does not cover the path.",
                place(&answer.url),
                answer.status
            ),
        )
        .advise(
            "See that no rule of the zone (dashboard, Rules, Transform Rules) or proxy in front removes Sec-Purpose, and that the route ends in /*. Until \
             then a prefetch of a sign-out signs out.",
        ),
    )
}

/// Whether Headstart is in front of every folder to which links lead that its rules name.
pub fn route(seen: &Seen) -> Vec<Finding> {
    const ID: &str = "route";
    let refuses = |asked: &Asked| asked.as_ref().is_ok_and(|answer| answer.refused().is_some());
    // If it refuses nothing here either, that is told of prefetches.
    if !seen.has_headstart() || !seen.refusal.as_ref().is_some_and(refuses) || seen.elsewhere.is_empty() {
        return Vec::new();
    }
    // What is stopped on the way, or led elsewhere, tells nothing.
    let is_told = |asked: &Asked| {
        unknown(Some(asked)).is_none()
            && asked.as_ref().is_ok_and(|answer| !matches!(answer.status, 300..=399))
    };
    let off: Vec<&str> = seen
        .elsewhere
        .iter()
        .filter(|(_, asked)| is_told(asked) && !refuses(asked))
        .map(|(link, _)| link.path())
        .collect();
    if off.is_empty() {
        let all = number(seen.elsewhere.len(), "other folder");
        return vec![Finding::ok(
            ID,
            format!("Headstart is in front of {all} to which the pages link, too."),
        )];
    }
    let says = format!(
        "Headstart's rules name links to where it is not in front, or where SAFE_URLS has it refuse nothing: {}. Browsers fetch these ahead, \
         whatever they do.",
        some_of(&off, 6)
    );
    vec![Finding::new(ID, Verdict::Warning, says).advise(
        "Let the route cover the whole host (wrangler.toml, routes: www.example.org/*). If a part is to be left out, name it in UNSAFE_URLS \
         (UNSAFE_URLS = \"/blog /blog/*\"): then no rule names a link to it.",
    )]
}

/// Whether the baseline names anything.
pub fn rests(seen: &Seen) -> Vec<Finding> {
    let is_on = seen.has_headstart() && !is_switched_off(seen);
    let Some(Ok(baseline)) = seen.baseline.as_ref().filter(|_| is_on) else { return Vec::new() };
    if baseline.text().contains("\"prefetch\"") {
        return Vec::new();
    }
    let says = "The baseline rests: hardly a page was shown that was fetched as its link was pressed, so it names none for now.";
    vec![Finding::new("baseline", Verdict::Note, says).advise(
        "That is as it should be where a script takes the clicks. The report and `headstart explain` say until when; with another EAGERNESS than auto it \
         does not rest.",
    )]
}

/// What Headstart says of itself.
pub fn health(seen: &Seen) -> Vec<Finding> {
    const ID: &str = "health";
    // Where it does not start, that is told already.
    let Some(reasons) = reasons(seen).filter(|_| seen.has_headstart()) else { return Vec::new() };
    if reasons.is_empty() {
        return vec![Finding::ok(ID, "Headstart says of itself that everything it needs is there.")];
    }
    vec![
        Finding::new(ID, Verdict::Warning, format!("Headstart says that something it needs is missing: {}.", cut(&reasons.join(", "))))
            .advise("`npx wrangler tail` names each mistake with what to write instead (\"deferral\": set SEAL_KEY; \"binding\": see wrangler.toml)."),
    ]
}

/// What Headstart says that it lacks, if it says anything.
fn reasons(seen: &Seen) -> Option<Vec<String>> {
    let answer = seen.health.as_ref()?.as_ref().ok()?;
    let told: Value = serde_json::from_slice(&answer.body).ok()?;
    let reasons = told.get("reasons")?.as_array()?.iter();
    Some(reasons.filter_map(Value::as_str).map(str::to_owned).collect())
}
