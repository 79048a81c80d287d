//! The part of the report by which switches are set and something is forgotten.

use super::part;
use crate::report::access::FORM_MARK;
use crate::report::controls::OfSwitch;
use crate::report::html::Html;
use crate::report::model::Report;
use crate::switches::change::Change;
use crate::switches::{Feature, Mode};

/// Writes it.
pub(super) fn switches(html: &mut Html, report: &Report, form_mark: &str) {
    part(html, "switches");
    match &report.switches {
        None => {
            html.raw(
                "<p class=bad>The switches in KV cannot be read, so those hold that were read last.</p>",
            );
        }
        Some(set) if set.is_empty() => {
            html.raw("<p>Nothing is switched: everything is as MODE and the other variables say.</p>");
        }
        Some(set) => table(html, set, form_mark),
    }
    html.raw("<form method=post action=\"/_headstart/switches\">");
    mark(html, form_mark);
    html.raw(
        "<fieldset><legend>Set a switch</legend><label>Paths <span class=dim>(empty: all; * stands for anything)</span> <input name=path placeholder=\"/checkout/*\" \
         autocomplete=off spellcheck=false></label> <label>What <select name=feature><option value=\"\">everything</option>",
    );
    for feature in Feature::ALL {
        html.within("<option>", &feature.as_str(), "</option>");
    }
    html.raw("</select></label> <label>To <select name=to>");
    for word in Mode::ALL.map(Mode::as_str).into_iter().chain([Change::DEFAULT]) {
        html.within("<option>", &word, "</option>");
    }
    html.raw(
        "</select></label> <button>Set</button></fieldset></form><p class=dim>It holds in every place within a minute. On: it does \
         what is configured. Shadow: it learns, and changes nothing. Off: it lets everything pass. Default: what is more general \
         decides again.</p>\
         <details><summary>Forget something that was learned</summary>\
         <form method=post action=\"/_headstart/forget\">",
    );
    mark(html, form_mark);
    html.raw(
        "<fieldset><legend>A page or an origin</legend><label>Path, or origin \
         <input name=what placeholder=\"/a or https://cdn.example\" required autocomplete=off spellcheck=false></label> \
         <button>Forget it</button></fieldset></form>\
         <form method=post action=\"/_headstart/forget\">",
    );
    mark(html, form_mark);
    html.raw(
        "<fieldset><legend>Everything of this site</legend><input type=hidden name=all value=yes><label><input type=checkbox name=sure value=yes required> I am sure</label> \
         <button>Forget everything</button></fieldset></form></details></section>",
    );
}

/// Writes the mark that a form of the report carries ([`access::form_mark`](crate::report::access::form_mark)).
fn mark(html: &mut Html, form_mark: &str) {
    html.within("<input type=hidden name=", &FORM_MARK, "").within(" value=\"", &form_mark, "\">");
}

fn table(html: &mut Html, set: &[OfSwitch], form_mark: &str) {
    html.table("Switches", &["Sites", "Paths", "What", "To", "Back"]);
    for switch in set {
        html.raw("<tr>").cell(&if switch.is_for_all_sites { "all of the Worker" } else { "this one" });
        html.cell(&switch.path.as_deref().unwrap_or("all"))
            .cell(&switch.feature.unwrap_or("everything"))
            .cell(&switch.to);
        html.raw(
            "<td><form method=post action=\"/_headstart/switches\"><input type=hidden name=to value=default>",
        );
        mark(html, form_mark);
        for (name, value) in [("path", switch.path.as_deref()), ("feature", switch.feature)] {
            if let Some(value) = value {
                html.within("<input type=hidden name=", &name, "").within(" value=\"", &value, "\">");
            }
        }
        if switch.is_for_all_sites {
            html.raw("<input type=hidden name=all-sites value=yes>");
        }
        html.raw("<button aria-label=\"To default: ")
            .text(&switch.path.as_deref().unwrap_or("all paths"))
            .within(", ", &switch.feature.unwrap_or("everything"), "\">To default</button></form></td></tr>");
    }
    html.end_table();
}
