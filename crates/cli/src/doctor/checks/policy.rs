//! What a page's Content Security Policy stops: its own rule sets, Headstart's scripts, and what its `Link` has the browser load;
//! and whether its integrity policy stops those scripts.
//!
//! What rules have Chromium fetch ahead is stopped by none: Chromium 156 was seen to prefetch and to prerender under
//! `default-src 'none'`, although the standard has such a policy apply. `WebKit` asks for a file of rules as for a script.

use super::hints::{Hinted, hinted};
use super::reach::place;
use crate::doctor::finding::{Finding, Verdict, number, some_of};
use crate::doctor::rule_sets;
use crate::doctor::seen::{PageSeen, Seen};
use headstart::csp::{Destination, OwnScript};
use headstart::endpoints::{ACTIVATE, ACTIVATE_SCRIPT, BEACON, BEACON_SCRIPT};
use url::Url;

/// Whether the policies let browsers load early what `Link` says, and engines take the rules.
pub fn targets(seen: &Seen) -> Vec<Finding> {
    const ID: &str = "policy-targets";
    let mut findings = Vec::new();
    for page in &seen.pages {
        let blocked: Vec<String> = hinted(page)
            .iter()
            .filter(|hint| is_blocked(hint, page))
            .map(|hint| hint.url.to_string())
            .collect();
        if !blocked.is_empty() {
            let says = format!(
                "The Content-Security-Policy of {} blocks what its Link header has browsers load or connect to: {}.",
                place(page.url()),
                some_of(&blocked, 3)
            );
            findings.push(Finding::new(ID, Verdict::Warning, says).advise(
                "Allow it in the policy if the page needs it, or take it out of the Link header of your server. Headstart's own hints heed the policy once \
                 they are learned anew.",
            ));
            break;
        }
    }
    if let Some(page) = seen.pages.iter().find(|page| keeps_rules_from_webkit(page)) {
        let says = format!(
            "The Content-Security-Policy of {} keeps Safari from its rules, in releases that have them: WebKit asks for the file as for a script. Chrome and \
             Edge fetch ahead whatever a policy says.",
            place(page.url())
        );
        findings.push(
            Finding::new(ID, Verdict::Note, says)
                .advise("For Safari, allow 'self' in script-src, or leave it."),
        );
    }
    if findings.is_empty() {
        findings.push(Finding::ok(ID, "No policy stands in the way of what is fetched ahead or hinted."));
    }
    findings
}

/// Whether a rule file that the page names may not be loaded as a script, or nothing of the site may be loaded at all.
fn keeps_rules_from_webkit(page: &PageSeen) -> bool {
    let policies = &page.page.policies;
    let is_stopped = |url: &Url| {
        !policies.allows(page.url(), url, Destination::Script, None)
            || !policies.may_reach(page.url(), page.url())
    };
    rule_sets::named(page).iter().any(is_stopped)
}

fn is_blocked(hint: &Hinted, page: &PageSeen) -> bool {
    let policies = &page.page.policies;
    match hint.destination {
        Some(destination) => !policies.allows(page.url(), &hint.url, destination, hint.nonce.as_deref()),
        None => !policies.may_reach(page.url(), &hint.url),
    }
}

/// Whether the policies let rule sets in pages and Headstart's scripts work.
pub fn scripts(seen: &Seen) -> Vec<Finding> {
    const ID: &str = "policy-scripts";
    let mut findings = Vec::new();
    if let Some(page) = seen.pages.iter().find(|page| has_blocked_rules(seen, page)) {
        let says = format!(
            "The Content-Security-Policy of {} blocks the rule set that stands in it: browsers drop it without a word.",
            place(page.url())
        );
        findings.push(Finding::new(ID, Verdict::Problem, says).advise(
            "Name the rules by header instead (Headstart: RULES_DELIVERY = \"header\", its default), which no policy stops. Or add \
             'inline-speculation-rules' to script-src, or the policy's nonce to the script.",
        ));
    }
    if let Some(page) = seen.pages.iter().find(|page| has_blocked_script(page)) {
        let says = format!(
            "The Content-Security-Policy of {} blocks a script of Headstart that stands in it, or its Integrity-Policy names scripts.",
            place(page.url())
        );
        findings.push(
            Finding::new(ID, Verdict::Problem, says)
                .advise("A second policy is added behind Headstart, by the zone or a proxy: add 'self' to its script-src and connect-src, have the origin send the \
                     Integrity-Policy, or BEACON = \"off\"."),
        );
    }
    if !findings.is_empty() || !seen.has_headstart() {
        return findings;
    }
    let silent = seen.pages.iter().filter(|page| !may_tell(page)).count();
    if silent > 0 {
        let says = format!(
            "On {} a Content-Security-Policy, be it one that only reports, lets Headstart's script for measuring not run or not report \
             ({BEACON_SCRIPT}), or an Integrity-Policy names scripts: hints there come from HTML and stylesheets alone.",
            number(silent, "page")
        );
        return vec![
            Finding::new(ID, Verdict::Note, says)
                .advise("To learn what scripts load, allow 'self' in script-src and connect-src. Else leave it: such pages get no script of Headstart."),
        ];
    }
    vec![Finding::ok(ID, "The policies let Headstart's scripts run and report.")]
}

/// Whether a rule set in the page is not let through.
fn has_blocked_rules(seen: &Seen, page: &PageSeen) -> bool {
    rule_sets::of(seen, page).iter().filter_map(|set| set.script).any(|script| {
        match page.page.policies.inline_rules() {
            OwnScript::Allowed => false,
            OwnScript::WithNonce(nonce) => script.attribute("nonce") != Some(nonce),
            OwnScript::Blocked => true,
        }
    })
}

/// Whether a script of Headstart's in the page is not let through, or may not send what it has to tell.
fn has_blocked_script(page: &PageSeen) -> bool {
    [(BEACON_SCRIPT, BEACON), (ACTIVATE_SCRIPT, ACTIVATE)].iter().any(|(path, sends_to)| {
        let policies = &page.page.policies;
        let (Ok(script), Ok(target)) = (page.url().join(path), page.url().join(sends_to)) else {
            return false;
        };
        // Headstart writes the whole URL.
        let is_it = |src: &str| page.url().join(src).is_ok_and(|src| src == script);
        let mut scripts =
            page.page.scripts.iter().filter(|element| element.attribute("src").is_some_and(is_it));
        scripts.any(|element| {
            !policies.allows_ours(page.url(), &script, Destination::Script, element.attribute("nonce"))
                || !policies.allows(page.url(), &target, Destination::Connect, None)
        })
    })
}

/// Whether Headstart could put its script into the page.
fn may_tell(page: &PageSeen) -> bool {
    let policies = &page.page.heeded;
    let (Ok(script), Ok(beacon)) = (page.url().join(BEACON_SCRIPT), page.url().join(BEACON)) else {
        return false;
    };
    policies.own_script(page.url(), &script) != OwnScript::Blocked
        && policies.allows_ours(page.url(), &beacon, Destination::Connect, None)
}
