//! What was decided about a page, in a word: the `Server-Timing` line of an answer to whoever has sent the token.

use crate::plan::{Edit, Plan};
use crate::published::hint_snapshot::{Basis, Knowledge};

/// The longest description, in bytes.
const MAX_BYTES: usize = 300;

/// The value of the line (Server Timing, "the Server-Timing header field").
#[must_use]
pub fn line(plan: &Plan, knowledge: Knowledge<'_>, has_session: bool) -> String {
    let mut words: Vec<String> = Vec::new();
    words.push(match knowledge {
        Knowledge::NotLoaded => "hints not loaded yet".to_owned(),
        Knowledge::Unknown => "hints unknown".to_owned(),
        Knowledge::Known(known) => {
            let basis = match known.basis {
                Basis::Page => "page",
                Basis::Route => "route",
                Basis::Site => "site",
            };
            format!("{} hints and {} preloads by {basis}", known.hints.len(), known.preloads.len())
        }
    });
    if has_session {
        words.push("session".to_owned());
    }
    match plan {
        Plan::Pass => words.push("nothing added".to_owned()),
        Plan::Refuse(refusal) => words.push(format!("refused: {}", refusal.why.as_str())),
        Plan::AdviseProxies { .. } => words.push("traffic advice".to_owned()),
        Plan::Edit(edit) => words.extend(of_edit(edit)),
    }
    let mut said: String = words
        .join(", ")
        .chars()
        .filter(|char| char.is_ascii() && !char.is_control() && !matches!(char, '"' | '\\'))
        .collect();
    said.truncate(MAX_BYTES);
    format!("headstart;desc=\"{said}\"")
}

/// The plan with a line that says what was decided. A refusal says so itself.
#[must_use]
pub fn told(plan: Plan, knowledge: Knowledge<'_>, has_session: bool) -> Plan {
    let line = ("Server-Timing", line(&plan, knowledge, has_session));
    match plan {
        Plan::Pass => Plan::Edit(Edit { append: vec![line], ..Edit::default() }),
        Plan::Edit(mut edit) => {
            edit.append.push(line);
            Plan::Edit(edit)
        }
        other => other,
    }
}

fn of_edit(edit: &Edit) -> Vec<String> {
    let mut words: Vec<String> = edit.append.iter().map(|(name, _)| format!("+{name}")).collect();
    if !edit.html.is_empty() {
        words.push(format!("{} edits of the page", edit.html.len()));
    }
    if edit.deferred().is_some() {
        words.push("ticket".to_owned());
    }
    if edit.set_cookies.is_some() {
        words.push("cookies deferred".to_owned());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hints::Origin;
    use crate::hints::{Hint, HintAction};
    use crate::ineligible::{Ineligible, Refusal};
    use crate::published::hint_snapshot::KnownHints;

    #[test]
    fn a_line_says_what_was_decided_and_is_one() {
        let hints =
            [Hint { origin: Origin::parse("https://cdn.example").unwrap(), action: HintAction::DnsPrefetch }];
        let known = Knowledge::Known(KnownHints::new(&hints, Basis::Route));
        let append = vec![
            ("Link", "<https://cdn.example>; rel=dns-prefetch".to_owned()),
            ("Speculation-Rules", "\"/x\"".to_owned()),
        ];
        let edit = Plan::Edit(Edit { append, ..Edit::default() });
        assert_eq!(
            line(&edit, known, true),
            "headstart;desc=\"1 hints and 0 preloads by route, session, +Link, +Speculation-Rules\""
        );
        assert_eq!(
            line(&Plan::Pass, Knowledge::NotLoaded, false),
            "headstart;desc=\"hints not loaded yet, nothing added\""
        );
        let refused = Plan::Refuse(Refusal::once(Ineligible::Overtaken));
        assert_eq!(
            line(&refused, Knowledge::Unknown, false),
            "headstart;desc=\"hints unknown, refused: overtaken\""
        );
    }
}
