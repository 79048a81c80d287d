//! Reads the logs that are named, one after another, in the order of their first lines, and counts what cannot be read.
//!
//! A few lines of a good log are broken: they are passed over and counted. Where they are more than a few, the log is of another
//! format than its first lines say, or was mixed from several, and nothing is learned from it.

use super::Request;
use super::format::{EXPECTED, Format};
use super::input::Lines;
use super::time::Clock;
use anyhow::{Context as _, bail};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

/// By how many of its first lines a log's format is told.
const FIRST_LINES: usize = 100;

/// How many lines may be broken whatever their share is.
const ALWAYS_ALLOWED: u64 = 5;

/// After how many lines it is looked whether too many are broken.
const CHECKED_EVERY: u64 = 16_384;

/// The most bytes of a broken line that are shown.
const MAX_SHOWN: usize = 120;

/// What is asked of the logs.
#[derive(Clone, Debug, PartialEq, clap::Args)]
pub struct Logs {
    /// The share of lines that may be broken, in percent
    #[arg(long, value_name = "PERCENT", default_value_t = 1.0, value_parser = percent)]
    pub max_broken: f64,
    /// Show no progress bar
    #[arg(long = "quiet", short)]
    pub is_quiet: bool,
}

fn percent(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..=100.0).contains(share));
    share.ok_or_else(|| "not a share in percent, from 0 to 100".to_owned())
}

/// What was read.
#[derive(Debug, Default)]
pub struct Read {
    /// How many lines, empty ones left out.
    pub lines: u64,
    /// How many of them are broken.
    pub broken: u64,
    /// Where the first of these stands, and how it begins.
    pub first_broken: Option<String>,
    /// How many bytes they have.
    pub bytes: u64,
    /// The files whose end is missing.
    pub cut: Vec<String>,
    /// The format of each file.
    pub formats: Vec<(String, Format)>,
}

impl Read {
    /// What is said of it in the end, one line for each thing.
    #[must_use]
    pub fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        if let Some(first) = &self.first_broken {
            let what = if self.broken == 1 { "line is" } else { "lines are" };
            remarks.push(format!(
                "{} of {} {what} broken and left out; the first: {first}",
                self.broken, self.lines
            ));
        }
        for file in &self.cut {
            remarks.push(format!("{file}: its end is missing; it was read as far as it goes"));
        }
        remarks
    }
}

/// A log that is open.
struct Open {
    name: String,
    lines: Lines,
    format: Format,
    first: u64,
}

impl Logs {
    /// Reads these files, and calls `usage` with each request and the format of its line.
    ///
    /// # Errors
    /// When a file cannot be read, is of no known format, or when too many lines are broken.
    pub fn read(
        &self,
        files: &[PathBuf],
        mut usage: impl FnMut(&Request<'_>, Format),
    ) -> anyhow::Result<Read> {
        let mut opened = Vec::new();
        for file in files {
            // Of an empty log there is nothing to read, and no format.
            opened.extend(open(file)?);
        }
        // Those that were put away come first, whatever they are called.
        opened.sort_by_key(|open| open.first);
        if opened.is_empty() {
            bail!("there is no line in {}", list(files));
        }
        let bar = self.bar(files);
        let mut read = Read::default();
        let mut bytes_before = 0;
        for open in opened {
            read.formats.push((open.name.clone(), open.format));
            let Open { name, mut lines, format, .. } = open;
            let mut number = 0_u64;
            while let Some(line) = lines.next().with_context(|| name.clone())? {
                number += 1;
                if line.trim_ascii().is_empty() {
                    continue;
                }
                read.lines += 1;
                read.bytes += line.len() as u64 + 1;
                if format.read(line, |request| usage(request, format)).is_none() {
                    read.broken += 1;
                    if read.first_broken.is_none() {
                        read.first_broken = Some(format!("{name}, line {number}: {}", shown(line)));
                    }
                }
                if number.is_multiple_of(CHECKED_EVERY) {
                    self.check(&read, format)?;
                    if let Some(bar) = &bar {
                        bar.set_position(bytes_before + lines.read());
                    }
                }
            }
            self.check(&read, format)?;
            bytes_before += lines.read();
            if lines.is_cut() {
                read.cut.push(name);
            }
        }
        if let Some(bar) = bar {
            bar.finish_and_clear();
        }
        Ok(read)
    }

    /// Ends it where too many lines are broken.
    fn check(&self, read: &Read, format: Format) -> anyhow::Result<()> {
        // Numbers of lines fit the 52 bits of an f64.
        #[allow(clippy::cast_precision_loss)]
        let (broken, allowed) = (read.broken as f64, read.lines as f64 * self.max_broken / 100.0);
        if read.broken <= ALWAYS_ALLOWED || broken <= allowed {
            return Ok(());
        }
        bail!(
            "{} of {} lines are broken, more than {} % (--max-broken); expected is {format}, as the first lines are; \
             the first that is not is {}",
            read.broken,
            read.lines,
            self.max_broken,
            read.first_broken.as_deref().unwrap_or_default()
        );
    }

    /// A progress bar, where somebody sees it and it is known how much there is.
    fn bar(&self, files: &[PathBuf]) -> Option<ProgressBar> {
        if self.is_quiet || !std::io::stderr().is_terminal() {
            return None;
        }
        let sizes: Option<Vec<u64>> =
            files.iter().map(|file| Some(std::fs::metadata(file).ok()?.len())).collect();
        let bar = ProgressBar::with_draw_target(
            sizes.map(|sizes| sizes.iter().sum()),
            ProgressDrawTarget::stderr(),
        );
        let style =
            ProgressStyle::with_template("{wide_bar} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left");
        Some(style.map(|style| bar.clone().with_style(style)).unwrap_or(bar))
    }
}

/// Opens a log, and tells its format. `None` where there is nothing in it.
fn open(file: &Path) -> anyhow::Result<Option<Open>> {
    let name = if file == Path::new("-") { "standard input".to_owned() } else { file.display().to_string() };
    let mut lines = Lines::open(file)?;
    let first = lines.first(FIRST_LINES).with_context(|| name.clone())?;
    let written = || first.iter().enumerate().filter(|(_, line)| !line.trim_ascii().is_empty());
    let Some((number, line)) = written().next() else { return Ok(None) };
    let Some(format) = Format::of(&written().map(|(_, line)| line.as_slice())) else {
        bail!(
            "{name}, line {}: its format is not known: {}\nexpected is {EXPECTED}",
            number + 1,
            shown(line)
        );
    };
    let mut clock = Clock::default();
    let first =
        written().find_map(|(_, line)| format.read(line, |request| clock.read(request.time)).flatten());
    Ok(Some(Open { name, lines, format, first: first.unwrap_or_default() }))
}

/// How a line begins, for people: nothing in it does anything to a terminal.
fn shown(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line.get(..MAX_SHOWN).unwrap_or(line));
    let more = if line.len() > MAX_SHOWN { "…" } else { "" };
    format!(
        "{}{more}",
        text.chars()
            .flat_map(|character| {
                let is_harmless = !character.is_control();
                is_harmless.then_some(character).into_iter().chain((!is_harmless).then_some('\u{fffd}'))
            })
            .collect::<String>()
    )
}

fn list(files: &[PathBuf]) -> String {
    files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_line_shows_does_nothing_to_a_terminal() {
        assert_eq!(shown(b"a\x1b[31mb\xff"), "a\u{fffd}[31mb\u{fffd}");
        assert_eq!(shown("x".repeat(200).as_bytes()).chars().count(), MAX_SHOWN + 1);
    }
}
