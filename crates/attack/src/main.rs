//! What an attacker needs: how many addresses, and how many requests on one day, until what the visitors of a site are told
//! has changed. `make attack`.
//!
//! A made-up shop is visited for three days, 5,000 navigations on each. On the fourth day as many come, and between them
//! attackers who know all of this code. Everything that decides is the Worker's own: what isolates count, the batches that they
//! send, the learners and ledgers over a store in memory. Requests are taken for what they may be at best for the attacker,
//! so what refuses or overlooks them on the way is not counted in.
//!
//! For each aim the least number of addresses is looked for that reaches it, whatever they send; and then the least number of
//! requests that so many must send. Ends with one line of JSON, and with 1 where fewer addresses are enough than
//! docs/threat-model.md promises. With an argument, only aims are looked at whose names contain it.

mod bill;
mod hints;
mod ledger;
mod next_pages;
mod search;
mod site;

use search::{Aim, Found, MOST_ADDRESSES};
use std::process::ExitCode;

/// All that is aimed at, in the order of the table.
const AIMS: [Aim; 17] = [
    Aim {
        name: "have a page told to others that nobody knows",
        promised: 10,
        attack: next_pages::place_their_own,
    },
    Aim { name: "name a known page on a quiet page", promised: 3, attack: next_pages::place_on_a_quiet_one },
    Aim { name: "name a known page on a usual page", promised: 3, attack: next_pages::place_on_a_usual_one },
    Aim {
        name: "name a known page on the busiest page",
        promised: 3,
        attack: next_pages::place_on_the_busiest,
    },
    Aim {
        name: "suppress the likeliest next page of a quiet page",
        promised: 1,
        attack: next_pages::suppress_on_a_quiet_one,
    },
    Aim {
        name: "suppress the likeliest next page of a usual page",
        promised: 1,
        attack: next_pages::suppress_on_a_usual_one,
    },
    Aim {
        name: "suppress the likeliest next page of the busiest page",
        promised: 3,
        attack: next_pages::suppress_on_the_busiest,
    },
    Aim {
        name: "have a page refused, since it changes their carts",
        promised: 10,
        attack: next_pages::have_refused,
    },
    Aim {
        name: "have a page left out, since they are given it as private",
        promised: 3,
        attack: next_pages::have_left_out,
    },
    Aim { name: "have the site forget its next pages", promised: 25, attack: next_pages::erase },
    Aim { name: "push a tenth of the pages out by made-up paths", promised: 20, attack: next_pages::fill },
    Aim {
        name: "name an origin on a page of three visitors a day",
        promised: 3,
        attack: hints::place_on_a_quiet_one,
    },
    Aim {
        name: "name an origin on a page of a hundred visitors a day",
        promised: 3,
        attack: hints::place_on_a_busy_one,
    },
    Aim {
        name: "take the largest picture from a page's preloads",
        promised: 20,
        attack: hints::take_a_preload,
    },
    Aim { name: "have another picture of a page preloaded", promised: 20, attack: hints::place_a_preload },
    Aim { name: "leave no room in a ledger to keep a ticket", promised: 19, attack: ledger::fill },
    Aim { name: "have a ledger break what it has promised", promised: 20, attack: ledger::break_promises },
];

fn main() -> ExitCode {
    println!("{:<58} {:>10} {:>10} {:>8}", "aim", "addresses", "requests", "share");
    let mut rows = Vec::new();
    let mut is_held = true;
    let word = std::env::args().nth(1).unwrap_or_default();
    for aim in AIMS.iter().filter(|aim| aim.name.contains(&word)) {
        let found = search::least(aim);
        let Found { addresses, requests, share } = found;
        let shown = |number: Option<u32>| {
            number.map_or_else(|| format!("> {MOST_ADDRESSES}"), |number| number.to_string())
        };
        let percent = share.map_or_else(String::new, |share| format!("{:.1} %", share * 100.0));
        println!(
            "{:<58} {:>10} {:>10} {percent:>8}",
            aim.name,
            shown(addresses),
            requests.map_or_else(String::new, |n| n.to_string())
        );
        if addresses.is_some_and(|addresses| addresses < aim.promised) {
            println!("    docs/threat-model.md promises {} addresses", aim.promised);
            is_held = false;
        }
        rows.push(serde_json::json!({ "aim": aim.name, "addresses": addresses, "requests": requests, "share": share.map(|share| (share * 1000.0).round() / 1000.0) }));
    }
    let bill = bill::calls();
    println!(
        "\ncalls of the learners for 1,000 requests of an isolate: {:.1} of visitors, {:.1} of one that asks for made-up paths",
        bill.usual, bill.attacked
    );
    let calls = [("usual", bill.usual), ("attacked", bill.attacked)]
        .map(|(who, calls)| (who.to_owned(), serde_json::json!(calls)));
    println!(
        "{}",
        serde_json::json!({ "rows": rows, "calls_per_thousand": serde_json::Map::from_iter(calls), "held": is_held })
    );
    if is_held { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
