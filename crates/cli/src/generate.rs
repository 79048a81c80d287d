//! `headstart generate`: the sessions of made-up visitors, for judging what predicts the next page.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use headstart_simulate::{SiteKind, sessions};
use std::io::Write as _;

/// Print the sessions of made-up visitors of a made-up site
///
/// Prints the sessions in the order of time, one a line: the paths that a visitor asked for, with blanks between them.
/// The same arguments give the same sessions on every machine.
#[derive(Debug, PartialEq, clap::Args)]
pub struct Arguments {
    /// What kind of site it is
    #[arg(value_name = "SITE", value_parser = site())]
    site: SiteKind,
    /// After how many navigations the sessions end
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    navigations: usize,
    /// What chance is drawn from
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// After how many navigations the links between the site's pages change at once
    #[arg(long, value_name = "N")]
    overnight: Option<usize>,
}

/// Reads the name of a made-up site.
pub fn site() -> impl TypedValueParser<Value = SiteKind> {
    let names = SiteKind::ALL.map(|kind| PossibleValue::new(kind.name()).help(kind.description()));
    PossibleValuesParser::new(names).try_map(|name| {
        let mut kinds = SiteKind::ALL.into_iter();
        kinds.find(|kind| kind.name() == name).ok_or("no made-up site has this name")
    })
}

/// Prints the sessions.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let Arguments { site, navigations, seed, overnight } = *arguments;
    let mut output = std::io::BufWriter::new(std::io::stdout().lock());
    for session in sessions(site, navigations, seed, overnight) {
        writeln!(output, "{}", session.join(" "))?;
    }
    Ok(output.flush()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Command;
    use crate::tests::command;

    #[test]
    fn arguments_are_read() {
        let read = |line: &str| match command(line).unwrap() {
            Command::Generate(arguments) => arguments,
            other => panic!("{other:?}"),
        };
        let usual = Arguments { site: SiteKind::News, navigations: 100_000, seed: 1, overnight: None };
        assert_eq!(read("generate news"), usual);
        let all = Arguments { site: SiteKind::Shop, navigations: 5, seed: 9, overnight: Some(3) };
        assert_eq!(read("generate shop --seed 9 --overnight 3 --navigations 5"), all);
        for line in ["", "blog", "shop --seed", "shop --seed x", "shop --speed 1", "docs 5"] {
            assert!(command(&format!("generate {line}")).is_err(), "{line}");
        }
    }
}
