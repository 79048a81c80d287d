//! The command line of Headstart, for the machine of whoever runs a site.
//!
//! ```text
//! headstart learn [--origin https://www.example.org] FILE|FOLDER…
//! ```
//!
//! `learn` reads saved pages as the Worker would, and prints for each one line of JSON: the hints that its visitors would
//! get (`link`), and those that the page gives itself (`own`), which are therefore left out.

mod learn;

fn main() -> std::process::ExitCode {
    let mut arguments = std::env::args().skip(1);
    let outcome = match arguments.next().as_deref() {
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
    line of JSON a page.";
