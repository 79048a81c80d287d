//! Which links of the pages Headstart refuses to a speculation, by the same rules as `headstart urls`.

use crate::doctor::finding::{Finding, Verdict, cut, number, some_of};
use crate::doctor::seen::Seen;
use crate::urls::Judge;
use std::collections::BTreeMap;

/// The links that would be refused, with the rule that says so.
pub fn refused(seen: &Seen) -> Vec<Finding> {
    const ID: &str = "links";
    let Ok(judge) = Judge::new(&[], &[]) else { return Vec::new() };
    let suspects = seen.pages.iter().flat_map(|page| &page.page.suspects);
    let judge = judge.suspecting(suspects.map(|suspect| (suspect.shape.clone(), suspect.rule)).collect());
    let mut all: BTreeMap<String, bool> = BTreeMap::new();
    let mut refused: Vec<String> = Vec::new();
    let mut editing = 0_usize;
    for page in &seen.pages {
        for link in page.page.links.iter().filter(|link| link.origin() == page.url().origin()) {
            let Some(url) = judge.url(link.as_str()) else { continue };
            let name = headstart::urls::path_and_query(&url);
            if all.contains_key(&name) {
                continue;
            }
            let fate = judge.fate(&url);
            all.insert(name.clone(), fate.rule.is_some());
            match fate.rule {
                Some(_) if fate.is_for_editors => editing += 1,
                Some(rule) => refused.push(format!("{} ({rule})", cut(&name))),
                None => {}
            }
        }
    }
    if all.is_empty() {
        return vec![Finding::ok(ID, "The pages have no links to the site itself.")];
    }
    let of_all = number(all.len(), "link");
    let editing = match editing {
        0 => String::new(),
        _ => format!(" {} more for visitors with a session.", number(editing, "link")),
    };
    if refused.is_empty() {
        let says = format!("Of {of_all} on these pages none would be refused to a speculation.{editing}");
        return vec![
            Finding::ok(ID, says)
                .advise("Does one of them do something when it is fetched? Name it in UNSAFE_URLS."),
        ];
    }
    let says = format!(
        "Of {of_all} on these pages, {} would be refused to a speculation: {}.{editing}",
        refused.len(),
        some_of(&refused, 6)
    );
    vec![Finding::new(ID, Verdict::Note, says).advise(
        "That is as it should be for what does something when it is fetched. Name a false alarm in SAFE_URLS, and what is missing in UNSAFE_URLS.",
    )]
}
