//! The command line of Headstart, for the machine of whoever runs a site.
//!
//! ```text
//! headstart learn [--origin https://www.example.org] FILE|FOLDER…
//! headstart generate shop|news|docs [--navigations 100000] [--seed 1] [--overnight N]
//! headstart evaluate FILE|- [--overnight N] [--waste-budget 0.4,0.6,0.8]
//! headstart evaluate --generate shop|news|docs [--navigations 100000] [--seed 1] [--overnight N]
//!     [--waste-budget 0.4,0.6,0.8]
//! headstart explain [--json] GUIDE|- [PATH…]
//! ```
//!
//! `learn` reads saved pages as the Worker would, and prints for each one line of JSON: the hints that its visitors would
//! get (`link`), and those that the page gives itself (`own`), which are therefore left out.
//!
//! `generate` prints the sessions of made-up visitors, one a line, for judging what guesses the next page.
//!
//! `evaluate` replays an access log, or such sessions, and prints how well the next page is guessed.
//!
//! `explain` reads what was published of a site's next pages, and prints for each page what browsers are told, and why.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod evaluate;
mod explain;
mod generate;
mod learn;
mod pipe;
mod table;

fn main() -> std::process::ExitCode {
    let mut arguments = std::env::args().skip(1);
    let outcome = match arguments.next().as_deref() {
        Some("evaluate") => evaluate::run(&arguments.collect::<Vec<_>>()),
        Some("explain") => explain::run(&arguments.collect::<Vec<_>>()),
        Some("generate") => generate::run(&arguments.collect::<Vec<_>>()),
        Some("learn") => learn::run(&arguments.collect::<Vec<_>>()),
        _ => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            std::process::ExitCode::FAILURE
        }
    }
}

const USAGE: &str = "usage: headstart learn [--origin https://www.example.org] FILE|FOLDER…\n\
    Reads saved pages as the Worker would, and prints for each the connection hints that its visitors would get, one \
    line of JSON a page.\n\
    usage: headstart generate shop|news|docs [--navigations 100000] [--seed 1] [--overnight N]\n\
    Prints the sessions of made-up visitors in the order of time: one a line, the paths between blanks. After N \
    navigations the links between the site's pages are others.\n\
    usage: headstart evaluate FILE|- [--overnight N] [--waste-budget 0.4,0.6,0.8]\n\
    usage: headstart evaluate --generate shop|news|docs [--navigations 100000] [--seed 1] [--overnight N] \
    [--waste-budget 0.4,0.6,0.8]\n\
    Replays an access log in combined format, or sessions, and prints how well the next page is predicted, beside \
    Guess.js' threshold and the two most followed links. The last line is JSON.\n\
    usage: headstart explain [--json] GUIDE|- [PATH…]\n\
    Reads the guide that was published of a site, the value of \"www.example.org/next\" in KV, and prints for each page \
    which next pages its browsers are told to fetch, when, and what became of it.";
