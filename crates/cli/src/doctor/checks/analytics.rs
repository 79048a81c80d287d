//! Analytics that would count a page which is rendered ahead, before anybody sees it.

use super::reach::place;
use crate::doctor::finding::{Finding, Verdict, some_of};
use crate::doctor::page::Script;
use crate::doctor::rule_sets;
use crate::doctor::seen::Seen;
use headstart::rewrite::analytics::Analytics;
use speculation_rules::Engine;

/// Which known analytics do not wait for a page to be shown, and who has them wait.
pub fn analytics(seen: &Seen) -> Vec<Finding> {
    const ID: &str = "analytics";
    let known = Analytics::new(&[]);
    let mut eager: Vec<String> = Vec::new();
    let mut example = None;
    for page in &seen.pages {
        for script in page.page.scripts.iter().filter(|script| script.is_run()) {
            let Some(name) = counting(&known, script) else { continue };
            example.get_or_insert_with(|| place(page.url()));
            if !eager.contains(&name) {
                eager.push(name);
            }
        }
    }
    let Some(example) = example else { return Vec::new() };
    let names = some_of(&eager, 4);
    if seen.has_headstart() {
        let says = format!(
            "Analytics that do not wait by themselves ({names}) are held back by Headstart on pages that are rendered ahead (GATE_ANALYTICS)."
        );
        return vec![Finding::ok(ID, says)];
    }
    let sets = seen.pages.iter().flat_map(|page| rule_sets::of(seen, page));
    let mut read = sets.filter_map(|set| set.as_read_by(Engine::Chromium).ok());
    if !read.any(|set| !set.prerender.is_empty()) {
        return Vec::new();
    }
    let says = format!(
        "Pages are rendered ahead by rules, and analytics on {example} count them before anybody sees them: {names}."
    );
    vec![
        Finding::new(ID, Verdict::Warning, says)
            .advise("Put Headstart in front, which has them wait (GATE_ANALYTICS), or have your rules prefetch instead of prerender."),
    ]
}

/// What a script is called, if it counts a page before it is shown.
fn counting(known: &Analytics, script: &Script) -> Option<String> {
    let attribute = |name: &str| script.attribute(name).map(str::to_owned);
    match script.attribute("src") {
        Some(src) => {
            known.gates_script(src, attribute).then(|| src.split('?').next().unwrap_or_default().to_owned())
        }
        None => known.gates_inline(&script.text).then(|| "an inline script".to_owned()),
    }
}
