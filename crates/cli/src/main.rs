//! The command line of Headstart, for the machine of whoever runs a site.
//!
//! - [`learn`]: what the Worker would learn from access logs and pages, to be imported; which hints saved pages would get.
//! - [`generate`]: sessions of made-up visitors.
//! - [`evaluate`]: how well the next page is predicted, from an access log or from sessions.
//! - [`doctor`]: what is well with a site, seen from outside, and what is in the way.
//! - [`rehearse`]: what Headstart would have done while an access log was written, and what that would have cost.
//! - [`explain`]: what was published of a site's next pages, and what browsers are therefore told; of its hints, [`explain_hints`].
//! - [`erase`]: the order to a Worker to erase what it has learned.
//! - [`switch`]: the order to a Worker to show or to set switches; [`order`], how orders are given.
//! - [`urls`]: which URLs are refused to speculations.
//!
//! The exit code is 0 when all went well, for help as well; 2 when the arguments are wrong; 1 when something else is.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod answers;
mod crowd;
mod doctor;
mod erase;
mod evaluate;
mod explain;
mod explain_hints;
mod generate;
mod learn;
mod order;
mod pipe;
mod rehearse;
mod switch;
mod table;
mod urls;

use access_log as log;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// What Headstart learns and predicts, tried on this machine
///
/// Reads saved pages, access logs and what a deployed Headstart has published. Nothing here talks to a network but what says so.
#[derive(Debug, Parser)]
#[command(name = "headstart", version, arg_required_else_help = true)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

/// Each with a module of its own.
#[derive(Debug, Subcommand)]
enum Command {
    Learn(Box<learn::Arguments>),
    Generate(generate::Arguments),
    Evaluate(evaluate::Arguments),
    Rehearse(Box<rehearse::Arguments>),
    Explain(explain::Arguments),
    Doctor(doctor::Arguments),
    Erase(erase::Arguments),
    Switch(switch::Arguments),
    Urls(urls::Arguments),
}

fn main() -> ExitCode {
    // Prints help and version, or what is wrong with the arguments, and ends with 0 or 2.
    let CommandLine { command } = CommandLine::parse();
    let (name, outcome) = match &command {
        Command::Learn(arguments) => ("learn", learn::run(arguments)),
        Command::Generate(arguments) => ("generate", generate::run(arguments)),
        Command::Evaluate(arguments) => ("evaluate", evaluate::run(arguments)),
        Command::Rehearse(arguments) => ("rehearse", rehearse::run(arguments)),
        Command::Explain(arguments) => ("explain", explain::run(arguments)),
        Command::Doctor(arguments) => ("doctor", doctor::run(arguments)),
        Command::Erase(arguments) => ("erase", erase::run(arguments)),
        Command::Switch(arguments) => ("switch", switch::run(arguments)),
        Command::Urls(arguments) => ("urls", urls::run(arguments)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads wanted the first lines only: `| head`.
        Err(error) if pipe::is_closed(&error) => ExitCode::SUCCESS,
        // It has said what.
        Err(error) if error.is::<doctor::Unwell>() => ExitCode::FAILURE,
        Err(error) => {
            pipe::complain(&format!("headstart {name}: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    /// The arguments of a command line without the program's name, or what is wrong with them in one line.
    pub fn command(line: &str) -> Result<Command, String> {
        let words = std::iter::once("headstart").chain(line.split_whitespace());
        let read = CommandLine::try_parse_from(words);
        read.map(|read| read.command).map_err(|error| {
            let text = error.to_string();
            text.lines().next().unwrap().to_owned()
        })
    }

    #[test]
    fn the_definitions_agree_with_each_other() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn each_command_and_each_argument_has_a_help_text() {
        for command in CommandLine::command().get_subcommands() {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            for argument in command.get_arguments() {
                assert!(argument.get_help().is_some(), "{} {}", command.get_name(), argument.get_id());
            }
        }
    }
}
