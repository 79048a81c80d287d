//! What reports say of one part of a page.

use crate::hints::resource::Destination;
use crate::learn::is_default;
use crate::learn::next::visitor::{Day, Visitors};
use crate::learn::report::{Loaded, Name, Report};
use serde::{Deserialize, Serialize};

/// The weight below which a part is forgotten.
const LEAST: f64 = 0.05;

/// How much of what a preload was used for, or not, is left with each further report on it.
const FADE: f64 = 0.9;

/// The longest time that is believed, in milliseconds.
const MAX_MS: u32 = 10_000;

/// What reports say of one part. All numbers of reports fade.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Vote {
    /// Its name.
    #[serde(rename = "n")]
    pub(super) name: Name,
    /// The reports since the first on it, by class of viewport.
    of: [f64; 3],
    /// How many of these could not have said that it was the largest picture, and that rendering waited for it.
    #[serde(rename = "b", default, skip_serializing_if = "are_none")]
    blind: [[f64; 3]; 2],
    /// Those that used it.
    #[serde(rename = "u", default)]
    pub(super) used: f64,
    /// Those in which it was the largest picture, by class of viewport.
    #[serde(rename = "l", default)]
    pub(super) largest: [f64; 3],
    /// What most of these chose it by, and how many more they are than the others.
    #[serde(rename = "f", default)]
    form: (u64, f64),
    /// How many of these could not tell by what.
    #[serde(rename = "g", default, skip_serializing_if = "is_default")]
    formless: f64,
    /// When it was asked for without a preload, in milliseconds since the first byte of the page, and since the navigation.
    #[serde(rename = "t", default)]
    pub(super) late_ms: f64,
    #[serde(rename = "s", default)]
    pub(super) start_ms: f64,
    /// Whether that is known.
    #[serde(rename = "k", default)]
    pub(super) is_timed: bool,
    /// The reports on a preload of it that was used, and on one that was not.
    #[serde(default)]
    pub(super) kept: f64,
    #[serde(default)]
    pub(super) wasted: f64,
    /// Who has reported it, by this URL, and that it was wasted.
    pub(super) by: Visitors,
    #[serde(default, skip_serializing_if = "Visitors::is_none")]
    pub(super) wasted_by: Visitors,
    /// Of a font, the name of a face for which it is fetched; 0 where none is known.
    #[serde(rename = "e", default, skip_serializing_if = "is_default")]
    pub(super) face: u64,
}

fn are_none(blind: &[[f64; 3]; 2]) -> bool {
    blind.iter().flatten().all(|number| *number <= 0.0)
}

impl Vote {
    /// A vote for which nobody has spoken yet.
    pub(super) fn new(name: Name) -> Self {
        Self {
            name,
            of: [0.0; 3],
            blind: [[0.0; 3]; 2],
            used: 0.0,
            largest: [0.0; 3],
            form: (0, 0.0),
            formless: 0.0,
            late_ms: 0.0,
            start_ms: 0.0,
            is_timed: false,
            kept: 0.0,
            wasted: 0.0,
            by: Visitors::default(),
            wasted_by: Visitors::default(),
            face: 0,
        }
    }

    /// Counts a report, on it or not.
    pub(super) fn pass(&mut self, report: &Report) {
        let class = report.viewport as usize;
        let [to_largest, to_blocking] = &mut self.blind;
        let blind = [(to_largest, !report.tells_largest()), (to_blocking, report.hides_blocking)];
        let blind = blind.into_iter().filter_map(|(numbers, is_blind)| is_blind.then_some(numbers));
        for numbers in blind.chain([&mut self.of]) {
            if let Some(number) = numbers.get_mut(class) {
                *number += 1.0;
            }
        }
    }

    /// The reports since the first on it, by class of viewport, that would have said so if it was used as such a part.
    pub(super) fn able(&self, destination: Destination) -> [f64; 3] {
        let [to_largest, to_blocking] = &self.blind;
        let blind = match destination {
            Destination::Image => to_largest,
            Destination::Style | Destination::Script => to_blocking,
            Destination::Font => &[0.0; 3],
        };
        let mut able = self.of;
        able.iter_mut().zip(blind).for_each(|(able, blind)| *able = (*able - blind).max(0.0));
        able
    }

    /// Takes in that it was loaded. `judges` says whether the report could have said that a preload was for nothing.
    pub(super) fn load(
        &mut self,
        loaded: &Loaded,
        ttfb: Option<u32>,
        (day, by): (Day, Option<u8>),
        judges: bool,
    ) {
        if loaded.face != 0 {
            self.face = loaded.face;
        }
        if loaded.is_preloaded && judges {
            self.kept *= FADE;
            self.wasted *= FADE;
        }
        if loaded.is_wasted {
            if judges {
                self.wasted += 1.0;
                self.wasted_by.add(day, by.as_slice());
            }
            return;
        }
        self.used += 1.0;
        if loaded.is_preloaded {
            self.kept += f64::from(u8::from(judges));
        } else if let (Some(ttfb), Some(start)) = (ttfb, loaded.start_ms) {
            let start = start.min(MAX_MS);
            let drift = |before: f64, latest: u32| {
                let latest = f64::from(latest);
                if self.is_timed { before * 0.8 + latest * 0.2 } else { latest }
            };
            self.late_ms = drift(self.late_ms, start.saturating_sub(ttfb));
            self.start_ms = drift(self.start_ms, start);
            self.is_timed = true;
        }
    }

    /// Takes in that it was the largest picture, and by what it was chosen, where that is known.
    pub(super) fn show(&mut self, class: usize, form: Option<u64>) {
        if let Some(largest) = self.largest.get_mut(class) {
            *largest += 1.0;
        }
        let Some(form) = form else {
            self.formless += 1.0;
            return;
        };
        let (most, lead) = &mut self.form;
        if *most == form {
            *lead += 1.0;
        } else if *lead >= 1.0 {
            *lead -= 1.0;
        } else {
            (*most, *lead) = (form, 1.0);
        }
    }

    /// The same vote for another name, by which nobody has reported it yet.
    pub(super) fn renamed(self, name: Name) -> Self {
        Self { name, by: Visitors::default(), ..self }
    }

    /// Has one form stand for another one: that of the build which has taken its place.
    pub(super) fn turn(&mut self, from: u64, to: u64) {
        if self.form.0 == from {
            self.form.0 = to;
        }
    }

    /// Adds what was said of it by another name. No report says so by both.
    pub(super) fn join(&mut self, other: Self) {
        let (weight, others) = (self.weight(), other.weight());
        let average = |one: f64, another: f64| (one * weight + another * others) / (weight + others);
        match (self.is_timed, other.is_timed) {
            (true, true) if weight + others > 0.0 => {
                self.late_ms = average(self.late_ms, other.late_ms);
                self.start_ms = average(self.start_ms, other.start_ms);
            }
            (false, true) => {
                (self.late_ms, self.start_ms, self.is_timed) = (other.late_ms, other.start_ms, true);
            }
            _ => {}
        }
        let pairs = |one: &mut [f64; 3], other: [f64; 3], by: fn(f64, f64) -> f64| {
            one.iter_mut().zip(other).for_each(|(one, other)| *one = by(*one, other));
        };
        pairs(&mut self.of, other.of, f64::max);
        let blind = self.blind.iter_mut().zip(other.blind);
        blind.for_each(|(one, other)| pairs(one, other, f64::max));
        pairs(&mut self.largest, other.largest, |one, other| one + other);
        self.used += other.used;
        self.formless += other.formless;
        self.kept += other.kept;
        self.wasted += other.wasted;
        self.form = match (self.form, other.form) {
            ((form, lead), (other, more)) if form == other => (form, lead + more),
            ((form, lead), (_, less)) if lead >= less => (form, lead - less),
            ((_, less), (form, lead)) => (form, lead - less),
        };
        if self.wasted_by.is_none() {
            self.wasted_by = other.wasted_by;
        }
        if self.face == 0 {
            self.face = other.face;
        }
    }

    /// Whether it was the largest picture by this form, wherever it was and that is known.
    pub(super) fn is_of_form(&self, form: u64) -> bool {
        let (most, lead) = self.form;
        let told = self.largest.iter().sum::<f64>() - self.formless;
        lead == 0.0 || (most == form && lead >= told / 2.0)
    }

    /// What speaks for remembering it.
    pub(super) fn weight(&self) -> f64 {
        self.used + self.largest.iter().sum::<f64>()
    }

    /// Whether so little is left of it that it is forgotten.
    pub(super) fn is_faded(&self) -> bool {
        self.of.iter().sum::<f64>() < LEAST || (self.weight() < LEAST && self.wasted < LEAST)
    }

    /// Has all that was counted weigh more or less.
    pub(super) fn scale(&mut self, factor: f64) {
        let counted = [&mut self.used, &mut self.form.1, &mut self.formless];
        let blind = self.blind.iter_mut().flatten();
        for number in self.of.iter_mut().chain(blind).chain(&mut self.largest).chain(counted) {
            *number *= factor;
        }
    }
}
