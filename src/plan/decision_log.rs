//! Which decisions whoever runs the site is told of, and how often: as lines of JSON in the log, and as data points for Analytics
//! Engine where there is a binding for it.
//!
//! A visitor may cause any number of decisions, and each line costs whoever pays for the log. So decisions of one kind are
//! counted together: the first one is told at once, later ones at most once a minute with how many they were, and all kinds
//! together are told at most [`MAX_LINES`] times a minute. What one line says is never a visitor's: no URL, no cookie, no
//! address. Of a path its class is told, and that only once visitors of several networks have met it: a folder may be somebody's.

use crate::clock::has_passed;
use crate::fault::Fault;
use crate::ineligible::Ineligible;
use crate::limits::SEVERAL;
use crate::urls::path_class::path_class;
use crate::visit::Visit;
use serde::Serialize;
use std::collections::HashMap;

/// The most lines that an isolate writes in a minute.
pub const MAX_LINES: u32 = 60;

/// How long decisions of one kind are counted before they are told again, in milliseconds.
const EVERY_MS: u64 = 60_000;

/// How many decisions of one kind a data point stands for, unless [`EVERY_MS`] is over before.
const POINT_EVERY: u32 = 10;

/// The most data points that wait to be written: as many as one invocation may write (Workers Analytics Engine, "Limits").
const MAX_POINTS: usize = 25;

/// The most kinds that are counted at once.
const MAX_KINDS: usize = 300;

/// The most classes of paths of which it is counted who has met them; then all are forgotten.
const MAX_CLASSES: usize = 200;

/// What is told of a class that few have met.
const ANY_PATH: &str = "/*";

/// What happened. The words are an interface: dashboards ask for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// A speculation was refused.
    Refused,
    /// Something of a speculation was deferred to its activation.
    Deferred,
    /// A page turned out ineligible and is remembered so.
    Quarantined,
    /// A variable has a value that is not understood.
    Configuration,
    /// Something went wrong, and the visitor was served all the same, or told so.
    Fault,
}

impl Event {
    fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Deferred => "deferred",
            Self::Quarantined => "quarantined",
            Self::Configuration => "configuration",
            Self::Fault => "fault",
        }
    }
}

/// Decisions that are told together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Kind {
    event: Event,
    /// Empty where it is of no site.
    site: String,
    /// What kind of page: [`path_class`]. Empty where it is of none.
    path: String,
    reason: String,
}

impl Kind {
    /// A speculation on a page is refused.
    #[must_use]
    pub fn refused(visit: &Visit, why: &Ineligible) -> Self {
        let reason = match why {
            // A cookie's name may be a visitor's.
            Ineligible::SetCookie { .. } => why.as_str().to_owned(),
            _ => why.refusal().unwrap_or_else(|| why.as_str().to_owned()),
        };
        Self::of_page(Event::Refused, visit, reason)
    }

    /// Something of a speculation is deferred: cookies, or a visit that counts.
    #[must_use]
    pub fn deferred(visit: &Visit, what: &str) -> Self {
        Self::of_page(Event::Deferred, visit, what.to_owned())
    }

    /// A page is remembered as ineligible.
    #[must_use]
    pub fn quarantined(visit: &Visit, why: &str) -> Self {
        Self::of_page(Event::Quarantined, visit, why.to_owned())
    }

    /// A variable has a mistake.
    #[must_use]
    pub fn configuration(variable: &str) -> Self {
        Self {
            event: Event::Configuration,
            site: String::new(),
            path: String::new(),
            reason: variable.to_owned(),
        }
    }

    /// Something went wrong.
    #[must_use]
    pub fn fault(fault: &Fault) -> Self {
        let reason = fault.blame.as_str();
        Self { event: Event::Fault, site: String::new(), path: String::new(), reason: reason.to_owned() }
    }

    fn of_page(event: Event, visit: &Visit, reason: String) -> Self {
        let site = visit.site().unwrap_or_default();
        Self { event, site, path: path_class(visit.url.path()), reason }
    }
}

/// A line as JSON. The names are an interface.
#[derive(Serialize)]
struct Line<'a> {
    source: &'static str,
    event: Event,
    site: &'a str,
    path: &'a str,
    reason: &'a str,
    times: u32,
    #[serde(skip_serializing_if = "is_none")]
    left_out: u32,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde's
fn is_none(number: &u32) -> bool {
    *number == 0
}

/// A data point as `writeDataPoint` takes it (Workers Analytics Engine): the index is the site; the blobs are event, path class
/// and reason, the double how many decisions it stands for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Point {
    indexes: [String; 1],
    blobs: [String; 3],
    doubles: [u32; 1],
}

/// The longest index, in bytes (Workers Analytics Engine, "Limits").
const MAX_INDEX: usize = 96;

impl Point {
    fn of(kind: &Kind, times: u32) -> Self {
        let mut site = kind.site.clone();
        while site.len() > MAX_INDEX {
            site.pop();
        }
        let blobs = [kind.event.as_str().to_owned(), kind.path.clone(), kind.reason.clone()];
        Self { indexes: [site], blobs, doubles: [times] }
    }
}

/// How often decisions of a kind were made and not told yet.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    untold: u32,
    told: u64,
    unmeasured: u32,
    measured: u64,
}

/// What an isolate has counted.
#[derive(Debug, Default)]
pub struct DecisionLog {
    kinds: HashMap<Kind, Count>,
    points: Vec<Point>,
    /// Whether there is a binding that takes data points.
    measures: bool,
    minute: u64,
    lines: u32,
    left_out: u32,
    /// Which networks have met a class of a site, as far as that matters.
    met: HashMap<(String, String), Vec<u64>>,
}

impl DecisionLog {
    /// Has data points made from now on.
    pub fn measure(&mut self) {
        self.measures = true;
    }

    /// Takes a decision in at `now`, in milliseconds, that a visitor of this network has met, if that is known. Answers with the
    /// line that is due, if one is.
    pub fn take(&mut self, mut kind: Kind, network: Option<u64>, now: u64) -> Option<String> {
        if !(kind.path.is_empty() || kind.path == "/" || self.is_met_by_several(&kind, network)) {
            ANY_PATH.clone_into(&mut kind.path);
        }
        if !self.kinds.contains_key(&kind) && self.kinds.len() >= MAX_KINDS {
            // What was counted of old kinds is told no more; whoever makes kinds up gains nothing else.
            self.kinds.retain(|_, count| !has_passed(EVERY_MS, count.told, now));
            if self.kinds.len() >= MAX_KINDS {
                self.left_out = self.left_out.saturating_add(1);
                return None;
            }
        }
        let count = self.kinds.entry(kind.clone()).or_default();
        count.untold = count.untold.saturating_add(1);
        count.unmeasured = count.unmeasured.saturating_add(1);
        let is_due = |at: u64| at == 0 || has_passed(EVERY_MS, at, now);
        if self.measures
            && self.points.len() < MAX_POINTS
            && (count.unmeasured >= POINT_EVERY || is_due(count.measured))
        {
            self.points.push(Point::of(&kind, std::mem::take(&mut count.unmeasured)));
            count.measured = now;
        }
        if !is_due(count.told) {
            return None;
        }
        let minute = now / EVERY_MS;
        if minute != self.minute {
            (self.minute, self.lines) = (minute, 0);
        }
        if self.lines >= MAX_LINES {
            self.left_out = self.left_out.saturating_add(std::mem::take(&mut count.untold));
            return None;
        }
        self.lines += 1;
        count.told = now;
        let line = Line {
            source: "headstart",
            event: kind.event,
            site: &kind.site,
            path: &kind.path,
            reason: &kind.reason,
            times: std::mem::take(&mut count.untold),
            left_out: std::mem::take(&mut self.left_out),
        };
        serde_json::to_string(&line).ok()
    }

    /// Whether visitors of several networks have met a class of paths.
    fn is_met_by_several(&mut self, kind: &Kind, network: Option<u64>) -> bool {
        let class = (kind.site.clone(), kind.path.clone());
        if !self.met.contains_key(&class) && self.met.len() >= MAX_CLASSES {
            self.met.clear();
        }
        let met = self.met.entry(class).or_default();
        if let Some(network) = network
            && met.len() < SEVERAL as usize
            && !met.contains(&network)
        {
            met.push(network);
        }
        met.len() >= SEVERAL as usize
    }

    /// The data points that wait to be written.
    pub fn take_points(&mut self) -> Vec<Point> {
        std::mem::take(&mut self.points)
    }
}

#[cfg(test)]
mod tests;
