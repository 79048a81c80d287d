//! Speculation rules: the header that names them, their files, what each engine makes of them, and whether two sets mean the same links.

use super::reach::place;
use crate::doctor::finding::{Finding, Verdict, cut, number, some_of};
use crate::doctor::rule_sets::{self, Given, MEDIA_TYPE, Owner, kept};
use crate::doctor::seen::{Failure, RulesSeen, Seen};
use headstart::endpoints;
use headstart::rules::header as field;
use headstart::structured;
use speculation_rules::{Engine, Rule, RuleSet};
use std::collections::BTreeSet;
use url::Url;

/// Whether `Speculation-Rules` can be read (HTML, "The Speculation-Rules header"; RFC 9651).
pub fn header(seen: &Seen) -> Vec<Finding> {
    const ID: &str = "rules-header";
    let mut good = 0_usize;
    for page in &seen.pages {
        let Some(value) = page.answer.fields.joined("speculation-rules") else { continue };
        let here = place(page.url());
        if !field::takes_more(Some(&value)) {
            let says = format!(
                "Speculation-Rules of {here} cannot be read: {}. One mistake voids the whole field, and Headstart adds nothing to it, since that would be \
                 lost as well.",
                cut(&value)
            );
            return vec![
                Finding::new(ID, Verdict::Problem, says).advise(
                    "Find what sends it (your server, a plugin, a Transform Rule). Each URL stands in double quotes, with commas between: \
                     Speculation-Rules: \"/rules.json\", \"/more.json\". Or send none, and leave it to Headstart.",
                ),
            ];
        }
        let list = structured::list(&value).unwrap_or_default();
        let passed_over = list.len().saturating_sub(structured::strings(&list).len());
        if passed_over > 0 {
            let says = format!(
                "Speculation-Rules of {here} has {} that browsers pass over, since they are no strings: {}.",
                number(passed_over, "member"),
                cut(&value)
            );
            return vec![Finding::new(ID, Verdict::Warning, says).advise("Put each URL in double quotes.")];
        }
        good += 1;
    }
    match good {
        0 => Vec::new(),
        _ => vec![Finding::ok(ID, format!("Speculation-Rules can be read on {}.", number(good, "page")))],
    }
}

/// Whether browsers take the files that pages name.
pub fn files(seen: &Seen) -> Vec<Finding> {
    const ID: &str = "rules-files";
    let mut findings: Vec<Finding> = seen.rules.iter().filter_map(|rules| file(ID, rules)).collect();
    let is_baseline_named =
        seen.rules.iter().any(|rules| rules.url.path() == endpoints::RulesFile::Baseline.path());
    if seen.has_headstart()
        && !is_baseline_named
        && let (Some(first), Some(asked)) = (seen.first(), &seen.baseline)
        && let Ok(answer) = asked
    {
        let rules = RulesSeen { url: answer.url.clone(), page: first.url().clone(), asked: asked.clone() };
        findings.extend(file(ID, &rules));
    }
    if findings.is_empty() && !seen.rules.is_empty() {
        let paths: BTreeSet<String> = seen.rules.iter().map(|rules| rules.url.path().to_owned()).collect();
        let paths: Vec<String> = paths.into_iter().collect();
        findings.push(Finding::ok(ID, format!("Browsers take the rules files: {}.", some_of(&paths, 5))));
    }
    findings
}

/// What is wrong with a file of rules.
fn file(id: &'static str, rules: &RulesSeen) -> Option<Finding> {
    let here = place(&rules.url);
    let problem = |says: String| Finding::new(id, Verdict::Problem, says);
    let answer = match &rules.asked {
        Ok(answer) => answer,
        Err(Failure::NotHttp(why)) => {
            return Some(
                problem(format!("The rules at {here} cannot be fetched: {}.", cut(why)))
                    .advise("See what answers there."),
            );
        }
        Err(_) => {
            return Some(
                problem(format!("The rules at {here} cannot be fetched: no answer."))
                    .advise("See what answers there."),
            );
        }
    };
    if !answer.is_success() {
        let advice = if endpoints::is_own(rules.url.path()) {
            "Headstart answers that path wherever it is: let the route cover /_headstart/*, and no rule in front take it away."
        } else {
            "Have the file served, or take it out of Speculation-Rules."
        };
        return Some(
            problem(format!(
                "The rules at {here} are not there: status {}. Browsers drop them without a word.",
                answer.status
            ))
            .advise(advice),
        );
    }
    let kind = answer.fields.media_type();
    if kind.as_deref() != Some(MEDIA_TYPE) {
        let kind =
            kind.map_or_else(|| "without a Content-Type".to_owned(), |kind| format!("as {}", cut(&kind)));
        let advice = if endpoints::is_own(rules.url.path()) {
            "Headstart says the right type: something in front changes it (dashboard, Rules, Transform Rules; a proxy). Leave /_headstart/ alone there."
        } else {
            "Have it served as Content-Type: application/speculationrules+json, to the letter."
        };
        return Some(
            problem(format!(
                "The rules at {here} are served {kind}, so browsers drop them: only {MEDIA_TYPE} counts."
            ))
            .advise(advice),
        );
    }
    let is_foreign = answer.url.origin() != rules.page.origin();
    let allowed = answer.fields.get("access-control-allow-origin").unwrap_or_default().trim();
    if is_foreign && allowed != "*" && allowed != rules.page.origin().ascii_serialization() {
        return Some(
            problem(format!("The rules at {here} are another origin's, which does not let this site read them.")).advise(
                "Have that server send Access-Control-Allow-Origin for this site. Its relative URLs would mean itself: see relative_to.",
            ),
        );
    }
    if answer.is_cut {
        return Some(
            problem(format!("The rules at {here} have no end."))
                .advise("A rule set is some kilobytes of JSON: see what answers there."),
        );
    }
    None
}

/// What each engine makes of the rules.
pub fn engines(seen: &Seen) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut given: Vec<Given<'_>> = Vec::new();
    for set in seen.pages.iter().flat_map(|page| rule_sets::of(seen, page)) {
        if !given.iter().any(|other| other.text == set.text && other.base == set.base) {
            given.push(set);
        }
    }
    if given.is_empty() {
        return findings;
    }
    let all: usize = given.iter().map(Given::rules).sum();
    findings.push(chromium(&given, all));
    findings.push(webkit(&given));
    findings.push(firefox(&given));
    findings
}

fn chromium(given: &[Given<'_>], all: usize) -> Finding {
    const ID: &str = "engine-chromium";
    for set in given {
        match set.as_read_by(Engine::Chromium) {
            Err(dropped) => {
                let says = format!(
                    "Chrome and Edge drop all rules of {}: {}.",
                    set.place,
                    cut(&dropped.to_string())
                );
                return Finding::new(ID, Verdict::Problem, says).advise(mend(set.owner));
            }
            Ok(read) if kept(&read) < set.rules() => {
                let says = format!(
                    "Chrome and Edge drop {} of {} in {}: a key, an eagerness, a pattern or a selector there is none that they know.",
                    set.rules() - kept(&read),
                    number(set.rules(), "rule"),
                    set.place
                );
                return Finding::new(ID, Verdict::Warning, says).advise(mend(set.owner));
            }
            Ok(_) => {}
        }
    }
    let read: Vec<RuleSet> = given.iter().filter_map(|set| set.as_read_by(Engine::Chromium).ok()).collect();
    let doing = [
        ("prefetch", read.iter().flat_map(|set| &set.prefetch).collect::<Vec<&Rule>>()),
        ("prerender", read.iter().flat_map(|set| &set.prerender).collect()),
        (
            "prerender until the first script (an origin trial)",
            read.iter().flat_map(|set| &set.prerender_until_script).collect(),
        ),
    ];
    let doing: Vec<String> = doing
        .iter()
        .filter(|(_, rules)| !rules.is_empty())
        .map(|(what, rules)| {
            let eagernesses: BTreeSet<String> = rules.iter().map(|rule| rule.eagerness.clone()).collect();
            format!("{what} ({})", eagernesses.into_iter().collect::<Vec<_>>().join(", "))
        })
        .collect();
    let doing = if doing.is_empty() { "fetch nothing ahead".to_owned() } else { doing.join("; ") };
    Finding::ok(ID, format!("Chrome and Edge keep {}: {doing}.", all_of(all)))
}

fn all_of(all: usize) -> String {
    match all {
        0 => "the set, which has no rules".to_owned(),
        1 => "the one rule".to_owned(),
        _ => format!("all {all} rules"),
    }
}

fn webkit(given: &[Given<'_>]) -> Finding {
    const ID: &str = "engine-webkit";
    let kept_of = |set: &Given<'_>| set.as_read_by(Engine::WebKit).map_or(0, |read| read.prefetch.len());
    let left: usize = given.iter().map(kept_of).sum();
    let prefetches: usize = given
        .iter()
        .filter_map(|set| set.as_read_by(Engine::Standard).ok())
        .map(|read| read.prefetch.len())
        .sum();
    if left < prefetches {
        let says = format!(
            "Safari would drop {} of {} to prefetch: WebKit takes no object where a string can stand, and no key that it does not know.",
            prefetches - left,
            number(prefetches, "rule")
        );
        return Finding::new(ID, Verdict::Note, says).advise(
            "Write href_matches and selector_matches as strings. Headstart's own rules are written so.",
        );
    }
    let standard = given.iter().filter_map(|set| set.as_read_by(Engine::Standard).ok());
    let rest = match standard.map(|read| kept(&read) - read.prefetch.len()).sum::<usize>() {
        0 => "",
        _ => " It does not prerender, and passes over rules for that.",
    };
    Finding::ok(
        ID,
        format!(
            "Safari keeps {} to prefetch in releases that have speculation rules (in WebKit's source since July 2026).{rest}",
            number(left, "rule")
        ),
    )
}

fn firefox(given: &[Given<'_>]) -> Finding {
    const ID: &str = "engine-firefox";
    let left: usize = given
        .iter()
        .filter_map(|set| set.as_read_by(Engine::Standard).ok())
        .map(|read| read.prefetch.len())
        .sum();
    Finding::ok(
        ID,
        format!(
            "Firefox does nothing with rules yet: a prototype is behind dom.speculation-rules.prefetch.enabled. By the standard it would prefetch by {}.",
            number(left, "rule")
        ),
    )
}

/// Who can mend a rule set.
fn mend(owner: Owner) -> &'static str {
    match owner {
        Owner::Headstart => {
            "That should not be: please report it. UNSAFE_URLS may hold a pattern that is too odd."
        }
        Owner::SpeedBrain => super::worker::SPEED_BRAIN_OFF,
        Owner::WordPress => {
            "Update WordPress and the plugin Speculative Loading, and look at filters of yours (wp_speculation_rules_href_exclude_paths)."
        }
        Owner::Other => {
            "Compare it with developer.mozilla.org, \"script type=speculationrules\"; DevTools, Application, Speculative loads, Rules names the mistake."
        }
    }
}

/// Whether another's rules mean links that Headstart's mean as well.
pub fn overlap(seen: &Seen) -> Vec<Finding> {
    const ID: &str = "rules-overlap";
    let mut others: BTreeSet<&'static str> = BTreeSet::new();
    for page in &seen.pages {
        let sets = rule_sets::of(seen, page);
        let links: Vec<&Url> =
            page.page.links.iter().filter(|link| link.origin() == page.url().origin()).collect();
        let ours = rule_sets::followed(sets.iter().filter(|set| set.owner == Owner::Headstart));
        for set in sets.iter().filter(|set| set.owner != Owner::Headstart) {
            let theirs = rule_sets::followed(std::iter::once(set));
            if theirs.is_empty() {
                continue;
            }
            others.insert(set.owner.name());
            let both: Vec<&str> = links
                .iter()
                .filter(|link| rule_sets::means(&theirs, link) && rule_sets::means(&ours, link))
                .map(|link| link.path())
                .collect();
            if !both.is_empty() {
                return vec![overlapping(ID, set, &place(page.url()), &both)];
            }
        }
    }
    let has_ours =
        seen.pages.iter().flat_map(|page| rule_sets::of(seen, page)).any(|set| set.owner == Owner::Headstart);
    if others.is_empty() || !seen.has_headstart() {
        return has_ours
            .then(|| Finding::ok(ID, "No other product's rules are on these pages."))
            .into_iter()
            .collect();
    }
    let others: Vec<&str> = others.into_iter().collect();
    let says = format!(
        "There are other rules on these pages, of {}; none of them means a link that Headstart's mean.",
        others.join(" and ")
    );
    vec![
        Finding::new(ID, Verdict::Note, says)
            .advise("To a page with document rules of its own Headstart adds none. If you want Headstart's, turn the others off."),
    ]
}

fn overlapping(id: &'static str, set: &Given<'_>, page: &str, both: &[&str]) -> Finding {
    let says = format!(
        "Rules of {} ({}) and of Headstart mean the same links on {page}: {}. A browser follows both, so links are fetched that one of them would have left \
         alone, and sooner.",
        set.owner.name(),
        set.place,
        some_of(both, 3)
    );
    let advice = match set.owner {
        Owner::SpeedBrain => super::worker::SPEED_BRAIN_OFF,
        Owner::WordPress => {
            "Keep one of them. WordPress: add_filter( 'wp_speculation_rules_configuration', '__return_null' ); or Settings, Reading, Speculative Loading. \
             Headstart: RULES = \"off\"."
        }
        Owner::Headstart | Owner::Other => {
            "Keep one of them: take that rule set out, or set RULES = \"off\". Headstart notices document rules in a page once it has read it, and then adds \
             none of its own: ask again in some minutes."
        }
    };
    Finding::new(id, Verdict::Warning, says).advise(advice)
}
