//! Reads the logs that are named, as one log in the order of time, and counts what cannot be read.
//!
//! Each log is nearly in that order, so the one is read on whose next line is the earliest: what was put away comes first, and the
//! logs of servers that work side by side are read side by side. A line whose clock was ahead would hold its log back until all
//! others are over, and have a new day begin before its time; where most of the lines that follow are from before it, it is left out.
//!
//! A few lines of a good log are broken: they are passed over and counted. Where they are more than a few, the log is of another
//! format than its first lines say, or was mixed from several, and nothing is learned from it.

use super::Request;
use super::format::{EXPECTED, Format, Shape};
use super::input::Lines;
use super::time::{Clock, DAY_MS};
use anyhow::{Context as _, bail};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

/// By how many of its first lines a log's format is told, and what it never says.
const FIRST_LINES: usize = 300;

/// How many lines may be broken whatever their share is.
const ALWAYS_ALLOWED: u64 = 5;

/// After how many lines it is looked whether too many are broken.
const CHECKED_EVERY: u64 = 16_384;

/// How far a line may be ahead of the one before, or of those that follow, until its clock is doubted, in milliseconds. Of requests
/// that took long, the lines come late.
const MAX_AHEAD_MS: u64 = 3600 * 1000;

/// By how many of the lines that follow it is told whether the clock of a line was ahead.
const FOLLOWING: usize = 40;

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
    /// How many lines are left out since their clock was ahead.
    pub ahead: u64,
    /// Where the first of these stands, and how it begins.
    pub first_ahead: Option<String>,
    /// How many bytes they have.
    pub bytes: u64,
    /// The files whose end is missing.
    pub cut: Vec<String>,
    /// The format of each file, and what its lines say.
    pub formats: Vec<(String, Shape)>,
}

impl Read {
    /// What is said of it in the end, one line for each thing.
    #[must_use]
    pub fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        for (file, shape) in &self.formats {
            if !shape.has_referers {
                remarks.push(format!(
                    "{file}: it has no Referer, so the page before counts for it, for half an hour"
                ));
            }
            if !shape.has_agents {
                remarks.push(format!(
                    "{file}: no line says its browser (User-Agent), so robots are not told from visitors, but by asking for robots.txt"
                ));
            }
        }
        if let Some(first) = &self.first_broken {
            let what = if self.broken == 1 { "line is" } else { "lines are" };
            remarks.push(format!(
                "{} of {} {what} broken and left out; the first: {first}",
                self.broken, self.lines
            ));
        }
        if let Some(first) = &self.first_ahead {
            let what = if self.ahead == 1 { "line is" } else { "lines are" };
            remarks.push(format!(
                "{} of {} {what} later than most of those that follow, as of a clock that was ahead, and left out; the first: {first}",
                self.ahead, self.lines
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
    shape: Shape,
    clock: Clock,
    /// The time of the line that comes next, as far as it is known.
    next: u64,
    /// The latest time of a line that was read.
    latest: Option<u64>,
    /// How many lines were read, empty ones with them.
    number: u64,
}

/// What becomes of a line.
enum Turn {
    /// It was read, and is of this time.
    Read(Option<u64>),
    /// It is so much later than the one before that its clock may be wrong.
    Doubted(u64),
    /// Other logs have earlier lines.
    Later(u64),
}

/// How far a log was read.
enum Stop {
    /// Up to a line that is later than what another log has.
    Later,
    /// Up to where it is looked whether too many lines are broken.
    Check,
    /// To its end.
    End,
}

impl Open {
    /// Reads lines up to the first that is later than `limit`.
    fn read_until(
        &mut self,
        limit: u64,
        read: &mut Read,
        usage: &mut impl FnMut(&Request<'_>, Shape),
    ) -> io::Result<Stop> {
        loop {
            let Some(line) = self.lines.peek()? else { return Ok(Stop::End) };
            if line.trim_ascii().is_empty() {
                self.pass()?;
                continue;
            }
            let (clock, latest) = (&mut self.clock, self.latest);
            let shape = self.shape;
            let told = shape.format.read(line, |request| {
                // What has no time is of the time of the line before.
                let Some(at) = clock.read(request.time) else {
                    usage(request, shape);
                    return Turn::Read(None);
                };
                if latest.is_none_or(|latest| at > latest.saturating_add(MAX_AHEAD_MS)) {
                    return Turn::Doubted(at);
                }
                if at > limit {
                    return Turn::Later(at);
                }
                usage(request, shape);
                Turn::Read(Some(at))
            });
            let bytes = line.len() as u64 + 1;
            match told {
                Some(Turn::Read(at)) => self.latest = self.latest.max(at),
                Some(Turn::Later(at)) => {
                    self.next = at;
                    return Ok(Stop::Later);
                }
                Some(Turn::Doubted(at)) if !self.is_ahead(at)? => {
                    // Then it is looked at anew, and in doubt no more.
                    self.latest = Some(at);
                    continue;
                }
                Some(Turn::Doubted(_)) => self.count(&mut read.ahead, &mut read.first_ahead)?,
                None => self.count(&mut read.broken, &mut read.first_broken)?,
            }
            read.lines += 1;
            read.bytes += bytes;
            self.pass()?;
            if self.number.is_multiple_of(CHECKED_EVERY) {
                return Ok(Stop::Check);
            }
        }
    }

    /// Passes over the next line.
    fn pass(&mut self) -> io::Result<()> {
        self.number += 1;
        self.lines.next().map(drop)
    }

    /// Counts the next line among some of which it is said where the first stands.
    fn count(&mut self, number: &mut u64, first: &mut Option<String>) -> io::Result<()> {
        *number += 1;
        if first.is_none() {
            *first = Some(self.place()?);
        }
        Ok(())
    }

    /// Where the next line stands, and how it begins.
    fn place(&mut self) -> io::Result<String> {
        let line = self.lines.peek()?.map(shown).unwrap_or_default();
        Ok(format!("{}, line {}: {line}", self.name, self.number + 1))
    }

    /// Whether the clock of the next line was ahead, by the lines that follow; of the last line, by the one before it.
    fn is_ahead(&mut self, at: u64) -> io::Result<bool> {
        let following = self.lines.first(1 + FOLLOWING)?;
        let mut clock = Clock::default();
        let times: Vec<u64> = following
            .iter()
            .skip(1)
            .filter_map(|line| self.shape.format.read(line, |request| clock.read(request.time)).flatten())
            .collect();
        if times.is_empty() {
            return Ok(self.latest.is_some_and(|latest| at > latest.saturating_add(DAY_MS)));
        }
        let before = times.iter().filter(|time| time.saturating_add(MAX_AHEAD_MS) < at).count();
        Ok(2 * before > times.len())
    }
}

impl Logs {
    /// Reads these files, and calls `usage` with each request and what the lines of its log say.
    ///
    /// # Errors
    /// When a file cannot be read, is of no known format, or when too many lines are broken.
    pub fn read(&self, files: &[PathBuf], usage: impl FnMut(&Request<'_>, Shape)) -> anyhow::Result<Read> {
        let opened = files.iter().map(|file| Ok((name_of(file), Lines::open(file)?)));
        let opened = opened.collect::<anyhow::Result<Vec<_>>>()?;
        self.read_with(opened, self.bar(files), usage)
    }

    /// Reads logs that are open, by these names, as [`read`](Self::read) does.
    ///
    /// # Errors
    /// As there.
    pub fn read_lines(
        &self,
        logs: Vec<(String, Lines)>,
        usage: impl FnMut(&Request<'_>, Shape),
    ) -> anyhow::Result<Read> {
        self.read_with(logs, None, usage)
    }

    fn read_with(
        &self,
        logs: Vec<(String, Lines)>,
        bar: Option<ProgressBar>,
        mut usage: impl FnMut(&Request<'_>, Shape),
    ) -> anyhow::Result<Read> {
        let names: Vec<String> = logs.iter().map(|(name, _)| name.clone()).collect();
        let mut opened = Vec::new();
        for (name, lines) in logs {
            // Of an empty log there is nothing to read, and no format.
            opened.extend(open(name, lines)?);
        }
        if opened.is_empty() {
            bail!("there is no line in {}", names.join(", "));
        }
        share_referers(&mut opened);
        // They are named in the order in which they begin.
        opened.sort_by_key(|open| open.next);
        let mut read = Read::default();
        read.formats.extend(opened.iter().map(|open| (open.name.clone(), open.shape)));
        let mut bytes_of_ended = 0;
        while let Some((at, limit)) = earliest(&opened) {
            let Some(open) = opened.get_mut(at) else { break };
            let stop = open.read_until(limit, &mut read, &mut usage).with_context(|| open.name.clone())?;
            if matches!(stop, Stop::Later) {
                continue;
            }
            self.check(&read, open.shape.format)?;
            if matches!(stop, Stop::End) {
                let Open { name, lines, .. } = opened.remove(at);
                bytes_of_ended += lines.read();
                if lines.is_cut() {
                    read.cut.push(name);
                }
            }
            if let Some(bar) = &bar {
                bar.set_position(bytes_of_ended + opened.iter().map(|open| open.lines.read()).sum::<u64>());
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

/// What a file is called; `-` is standard input.
fn name_of(file: &Path) -> String {
    if file == Path::new("-") { "standard input".to_owned() } else { file.display().to_string() }
}

/// Tells the format of a log. `None` where there is nothing in it.
fn open(name: String, mut lines: Lines) -> anyhow::Result<Option<Open>> {
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
    let times: Vec<u64> = written()
        .filter_map(|(_, line)| format.read(line, |request| clock.read(request.time)).flatten())
        .collect();
    // Of the first line the clock may have been wrong.
    let next = times.iter().take(FOLLOWING).min().copied().unwrap_or_default();
    let shape = Shape::of(format, &written().map(|(_, line)| line.as_slice()));
    Ok(Some(Open { name, lines, shape, clock, next, latest: None, number: 0 }))
}

/// Whether the first lines of a log are of a format that is known.
///
/// # Errors
/// When they cannot be read.
pub fn tells_format(lines: &mut Lines) -> io::Result<bool> {
    let first = lines.first(FIRST_LINES)?;
    let written = first.iter().map(Vec::as_slice).filter(|line| !line.trim_ascii().is_empty());
    Ok(Format::of(&written).is_some())
}

/// Has a log in which nobody came by a link count as one that would say so, where another that says as much besides does: servers of
/// a site log alike, and one of them may see few visitors.
fn share_referers(opened: &mut [Open]) {
    let say_so: Vec<Shape> =
        opened.iter().map(|open| open.shape).filter(|shape| shape.has_referers).collect();
    for Open { shape, .. } in opened {
        shape.has_referers |= say_so.contains(&Shape { has_referers: true, ..*shape });
    }
}

/// Which of these logs has the earliest line, the first of several, and up to which time it is to be read: until another has earlier
/// ones.
fn earliest(opened: &[Open]) -> Option<(usize, u64)> {
    let (at, _) = opened.iter().enumerate().min_by_key(|(_, open)| open.next)?;
    let others = opened.iter().enumerate().filter(|(other, _)| *other != at);
    Some((at, others.map(|(_, open)| open.next).min().unwrap_or(u64::MAX)))
}

/// How a line begins, for people: nothing in it does anything to a terminal.
#[must_use]
pub fn shown(line: &[u8]) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 24 * 3600;

    /// A line of this second, by which it is told from others.
    fn line(second: u64) -> String {
        format!(
            r#"{{"remote_addr":"192.0.2.7","time":{second},"request":"GET /{second} HTTP/1.1","status":200}}"#
        )
    }

    /// The seconds of the lines of logs in the order in which they are read, and what is said in the end.
    fn read(logs: &[&[u64]]) -> (Vec<u64>, Read) {
        static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let files: Vec<PathBuf> = logs
            .iter()
            .map(|seconds| {
                let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                let name = format!("access-log-{}-{number}", std::process::id());
                let file = std::env::temp_dir().join(name);
                let lines: Vec<String> = seconds.iter().map(|second| line(*second)).collect();
                std::fs::write(&file, lines.join("\n")).unwrap();
                file
            })
            .collect();
        let mut seen = Vec::new();
        let usage = |request: &Request<'_>, _| {
            let target = String::from_utf8_lossy(request.target).into_owned();
            seen.push(target.trim_start_matches('/').parse().unwrap());
        };
        let read = Logs { max_broken: 1.0, is_quiet: true }.read(&files, usage).unwrap();
        for file in files {
            std::fs::remove_file(file).unwrap();
        }
        (seen, read)
    }

    #[test]
    fn logs_are_read_as_one_in_the_order_of_time() {
        // What was put away, two servers side by side, and a line that came late.
        let (seen, read) = read(&[
            &[DAY + 10, DAY + 12, DAY + 11, DAY + 20, 2 * DAY],
            &[DAY + 5, DAY + 15, DAY + 15, 2 * DAY + 1],
            &[10, 20],
        ]);
        let expected = [10, 20].into_iter().chain([5, 10, 12, 11, 15, 15, 20].map(|second| DAY + second));
        assert_eq!(seen, expected.chain([2 * DAY, 2 * DAY + 1]).collect::<Vec<_>>());
        assert_eq!((read.lines, read.broken, read.ahead), (11, 0, 0));
    }

    #[test]
    fn a_line_whose_clock_was_ahead_is_left_out() {
        let of_a_day = |day: u64| (0..50).map(move |number| day * DAY + number * 60);
        let days: Vec<u64> = of_a_day(10).chain(of_a_day(11)).collect();
        for (at, wrong) in [(0, 25 * DAY), (30, 25 * DAY), (60, 13 * DAY), (100, 25 * DAY)] {
            let mut seconds = days.clone();
            seconds.insert(at, wrong);
            let (seen, read) = read(&[&seconds]);
            assert_eq!(seen, days, "line {at}");
            assert_eq!((read.lines, read.ahead), (101, 1), "line {at}");
            assert!(
                read.remarks()[2].starts_with("1 of 101 line is later than most"),
                "{:?}",
                read.remarks()
            );
            let place = format!(", line {}: {{", at + 1);
            assert!(read.first_ahead.is_some_and(|first| first.contains(&place)), "line {at}");
        }
        // It does not hold its log back either.
        let mut first = days.clone();
        first.insert(0, 25 * DAY);
        let (seen, _) = read(&[&first, &[10 * DAY + 1, 11 * DAY + 1]]);
        let mut expected = days;
        expected.extend([10 * DAY + 1, 11 * DAY + 1]);
        expected.sort_unstable();
        assert_eq!(seen, expected);
    }

    #[test]
    fn a_quiet_log_loses_no_line() {
        let seconds: Vec<u64> = (1..9).map(|number| number * 3 * DAY).chain([24 * DAY + 5]).collect();
        assert_eq!(read(&[&seconds]).0, seconds);
        assert_eq!(read(&[&[DAY]]).0, [DAY]);
    }

    #[test]
    fn what_a_line_shows_does_nothing_to_a_terminal() {
        assert_eq!(shown(b"a\x1b[31mb\xff"), "a\u{fffd}[31mb\u{fffd}");
        assert_eq!(shown("x".repeat(200).as_bytes()).chars().count(), MAX_SHOWN + 1);
    }
}
