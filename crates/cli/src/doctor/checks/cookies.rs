//! Cookies and stored data: what a speculation would change although nobody looks at the page.

use super::caches::{has_ticket, own_cookies};
use super::reach::place;
use crate::doctor::finding::{Finding, Verdict, cut, some_of};
use crate::doctor::seen::Seen;

/// Which cookies of a visit a prefetch sets as well.
pub fn on_speculations(seen: &Seen) -> Vec<Finding> {
    const ID: &str = "cookies";
    let mut deferred: Vec<String> = Vec::new();
    let mut at_once: Vec<String> = Vec::new();
    let mut left_out: Vec<String> = Vec::new();
    let mut could_tell = false;
    let add = |list: &mut Vec<String>, names: Vec<String>| {
        for name in names {
            if !list.contains(&name) {
                list.push(name);
            }
        }
    };
    let mut example = None;
    for page in &seen.pages {
        let Ok(ahead) = &page.prefetch else { continue };
        if !ahead.is_success() {
            continue;
        }
        could_tell = true;
        let set_ahead = own_cookies(ahead);
        let missing: Vec<String> =
            own_cookies(&page.answer).into_iter().filter(|name| !set_ahead.contains(name)).collect();
        if !set_ahead.is_empty() {
            example.get_or_insert_with(|| place(page.url()));
        }
        add(&mut at_once, set_ahead);
        add(if has_ticket(page, ahead) { &mut deferred } else { &mut left_out }, missing);
    }
    if !could_tell {
        return vec![Finding::new(
            ID,
            Verdict::Unknown,
            "Which cookies a speculation sets cannot be told: no prefetch was answered with a page.",
        )];
    }
    let mut findings = Vec::new();
    if !at_once.is_empty() {
        let here = example.unwrap_or_default();
        let names = some_of(&at_once, 5);
        findings.push(if seen.has_headstart() {
            Finding::new(
                ID,
                Verdict::Note,
                format!("A prefetch of {here} sets cookies at once: {names}. Headstart takes them for such as tell nothing of a visit."),
            )
            .advise("If one is a session or counts visits, name it in SESSION_COOKIES, so that it waits until the page is shown.")
        } else {
            Finding::new(ID, Verdict::Warning, format!("A prefetch of {here} sets cookies although nobody looks at the page: {names}."))
                .advise("Put Headstart in front: it has them wait until the page is shown. Or set none where Sec-Purpose says prefetch.")
        });
    }
    if !deferred.is_empty() {
        findings.push(Finding::ok(
            ID,
            format!(
                "Cookies of a prefetched page wait in a ticket until it is shown: {}.",
                some_of(&deferred, 5)
            ),
        ));
    }
    if findings.is_empty() {
        findings.push(if left_out.is_empty() {
            Finding::ok(ID, "These pages set no cookies, so a prefetch of one changes nothing.")
        } else {
            Finding::ok(
                ID,
                format!("A prefetch sets none of the cookies that a visit sets ({}).", some_of(&left_out, 5)),
            )
        });
    }
    findings
}

/// What Headstart has browsers throw away itself where a session changes: what was made for who the visitor was before.
const OF_SPECULATIONS: [&str; 2] = ["prefetchCache", "prerenderCache"];

/// Whether pages clear what browsers have stored.
pub fn clearing(seen: &Seen) -> Vec<Finding> {
    const ID: &str = "clear-site-data";
    let is_of_speculations = |value: &str| {
        let mut kinds = value.split(',').map(|kind| kind.trim().trim_matches('"'));
        seen.has_headstart() && kinds.all(|kind| OF_SPECULATIONS.contains(&kind))
    };
    let clearing = |is_meant: &dyn Fn(&str) -> bool| {
        seen.pages.iter().find_map(|page| {
            let value = page.answer.fields.joined("clear-site-data").filter(|value| is_meant(value))?;
            Some((place(page.url()), cut(&value)))
        })
    };
    if let Some((here, value)) = clearing(&|value| !is_of_speculations(value)) {
        let says = format!(
            "{here} sends Clear-Site-Data: {value}: each view throws away what the browser has kept of the site, pages fetched ahead among it."
        );
        let finding = Finding::new(ID, Verdict::Warning, says);
        return vec![
            finding.advise("Send it from the answer to a form, such as signing out, and not from a page."),
        ];
    }
    let Some((here, _)) = clearing(&is_of_speculations) else { return Vec::new() };
    vec![Finding::ok(
        ID,
        format!(
            "{here} gives newcomers a session, so Headstart has them forget what was fetched ahead for somebody without one."
        ),
    )]
}
