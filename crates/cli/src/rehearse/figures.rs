//! What a rehearsal found, as figures: of each setting, by day, and what it costs.

use super::prices;
use super::refused::Refused;
use super::walk::{Day, Walk};
use crate::crowd::Nothing;
use crate::log::time;
use serde_json::{Value, json};

/// How many of a list are shown.
pub const SHOWN: usize = 20;

/// How much of the best setting's gain one must give to be enough.
const ENOUGH: f64 = 0.8;

/// From how many visitors on a page is nobody's own: fewer are not advised.
const LEAST_ADVISED: u32 = 3;

/// Everything that is said.
pub struct Figures {
    /// The site's host.
    pub host: String,
    /// The settings, that of the site first.
    pub settings: Vec<Setting>,
    /// What would be refused, the most frequent first.
    pub refused: Vec<Refused>,
    /// How many requests were looked at for that, and how many of them would be refused.
    pub requests: (u64, u64),
    /// The most visitors that any page had on one day.
    pub most_visitors: u32,
    /// How many views say where their visitors came from.
    pub told: u64,
    /// What was left out, and other remarks.
    pub remarks: Vec<String>,
}

/// What came of one setting.
pub struct Setting {
    /// `MIN_VISITORS`.
    pub min_visitors: u32,
    /// Each day that has views, with its number since the epoch.
    pub days: Vec<(u64, Day)>,
    /// All of them.
    pub all: Day,
    /// When the first page was offered, in milliseconds since the epoch.
    pub first: Option<u64>,
    /// The pages that were fetched ahead most often, each with how often, and how often it was used.
    pub pages: Vec<(String, u64, u64)>,
}

impl Setting {
    /// What a walk has shown.
    pub fn of(walk: &Walk<'_>) -> Self {
        let mut pages: Vec<(String, u64, u64)> =
            walk.pages.iter().map(|(path, [fetched, used])| (path.clone(), *fetched, *used)).collect();
        pages.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        pages.truncate(SHOWN);
        let days =
            walk.days.iter().filter(|(_, day)| day.views > 0).map(|(number, day)| (*number, *day)).collect();
        Self { min_visitors: walk.min_visitors, days, all: walk.all(), first: walk.first, pages }
    }

    /// The share of navigations whose page was there already.
    pub fn ready(&self) -> Option<f64> {
        share(self.all.ready(), self.all.navigations)
    }

    /// Those of them that was fetched at once.
    pub fn ready_at_once(&self) -> Option<f64> {
        share(self.all.used, self.all.navigations)
    }

    /// Those of them that is fetched on a sign of the visitor, so that it is there as long after that as the server takes.
    pub fn ready_on_a_sign(&self) -> Option<f64> {
        share(self.all.on_a_sign, self.all.navigations)
    }

    /// The share of what was fetched ahead at once that was not used.
    pub fn waste(&self) -> Option<f64> {
        share(self.all.wasted, self.all.fetched)
    }

    /// Requests besides those of visitors for each view: what is wasted.
    pub fn extra(&self) -> f64 {
        share(self.all.wasted, self.all.views).unwrap_or_default()
    }

    /// Dollars for a million views: of all that Headstart does, and what of that is for pages that nobody looked at.
    pub fn dollars(&self) -> (f64, f64) {
        let wasted = self.extra() * prices::REQUESTS;
        let others = (1.0 + prices::RULES_OF_A_VIEW) * prices::REQUESTS
            + prices::CALLS_OF_A_VIEW * prices::OBJECT_REQUESTS;
        (others + wasted, wasted)
    }

    /// The share of a day's requests of the Free plan, on a day of the mean.
    pub fn of_free_plan(&self) -> Option<f64> {
        let days = float(self.days.len() as u64);
        let views = float(self.all.views) / days;
        (days > 0.0).then(|| views * (1.0 + prices::RULES_OF_A_VIEW + self.extra()) / prices::FREE_REQUESTS)
    }
}

impl Figures {
    /// What to set, in sentences.
    pub fn advice(&self) -> Vec<String> {
        let Some(own) = self.settings.first() else { return Vec::new() };
        let mut advice = Vec::new();
        advice.push(match own.first {
            Some(first) => format!(
                "With MIN_VISITORS={} the first next pages are known from {} on.",
                own.min_visitors,
                time::day(first)
            ),
            None => format!(
                "With MIN_VISITORS={} no next page is ever named: {}.",
                own.min_visitors,
                Nothing::of(own.all.navigations, self.told, self.most_visitors, own.min_visitors)
            ),
        });
        let gain = |setting: &Setting| setting.ready().unwrap_or_default();
        let best = self
            .settings
            .iter()
            .filter(|setting| setting.min_visitors >= LEAST_ADVISED)
            .map(gain)
            .fold(0.0, f64::max);
        let enough = self
            .settings
            .iter()
            .filter(|setting| setting.min_visitors >= LEAST_ADVISED && gain(setting) >= ENOUGH * best)
            .max_by_key(|setting| setting.min_visitors);
        match enough {
            Some(enough) if best > 0.0 && enough.min_visitors < own.min_visitors => advice.push(format!(
                "Set MIN_VISITORS={}: then {} of the navigations within the site find their page ready, in place of {}. The fewer \
                 they are, the more a visitor can tell of what few others look at; fewer than {LEAST_ADVISED} are not advised.",
                enough.min_visitors,
                percent(enough.ready()),
                percent(own.ready())
            )),
            Some(_) if best > 0.0 => {
                advice.push(format!("MIN_VISITORS={} is well set: fewer give hardly more.", own.min_visitors));
            }
            _ => advice.push(format!(
                "No setting that is advised ({LEAST_ADVISED} or more) names next pages here. Hints, and the baseline that fetches a link \
                 when it is pressed, do not depend on it."
            )),
        }
        advice
    }

    /// All of it for programs.
    pub fn json(&self) -> Value {
        let setting = |setting: &Setting| {
            let Day { views, navigations, fetched, used, wasted, on_a_sign } = setting.all;
            let (dollars, of_waste) = setting.dollars();
            json!({
                "min_visitors": setting.min_visitors,
                "views": views,
                "navigations": navigations,
                "fetched": fetched,
                "used": used,
                "wasted": wasted,
                "on_a_sign": on_a_sign,
                "ready": rounded(setting.ready()),
                "waste": rounded(setting.waste()),
                "extra_requests_per_view": rounded(Some(setting.extra())),
                "dollars_per_million_views": rounded(Some(dollars)),
                "dollars_of_waste": rounded(Some(of_waste)),
                "first": setting.first.map(time::day),
            })
        };
        json!({
            "site": self.host,
            "settings": self.settings.iter().map(setting).collect::<Vec<_>>(),
            "requests": self.requests.0,
            "refused": self.requests.1,
        })
    }
}

/// A number for arithmetic.
pub fn float(number: u64) -> f64 {
    // Numbers of lines fit the 52 bits of an f64.
    #[allow(clippy::cast_precision_loss)]
    let float = number as f64;
    float
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| float(part) / float(whole))
}

/// A share for people.
pub fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "-".to_owned(), |share| format!("{:.1} %", share * 100.0))
}

fn rounded(number: Option<f64>) -> Value {
    number.map_or(Value::Null, |number| json!((number * 10_000.0).round() / 10_000.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(min_visitors: u32, used: u64, first: Option<u64>) -> Setting {
        let all = Day { views: 1000, navigations: 500, fetched: used * 2, used, wasted: used, on_a_sign: 0 };
        Setting { min_visitors, days: vec![(0, all)], all, first, pages: Vec::new() }
    }

    fn advice(settings: Vec<Setting>) -> String {
        let host = "site.example".to_owned();
        let figures = Figures {
            host,
            settings,
            refused: Vec::new(),
            requests: (0, 0),
            most_visitors: 4,
            told: 500,
            remarks: Vec::new(),
        };
        figures.advice().join(" ")
    }

    #[test]
    fn what_to_set_follows_from_what_it_gives() {
        let few = advice(vec![setting(10, 0, None), setting(5, 90, Some(1)), setting(3, 100, Some(1))]);
        assert!(
            few.contains("no next page is ever named") && few.contains("The page with the most had 4."),
            "{few}"
        );
        assert!(few.contains("Set MIN_VISITORS=5: then 18.0 %"), "{few}");
        let enough = advice(vec![setting(10, 95, Some(1)), setting(3, 100, Some(1))]);
        assert!(enough.contains("MIN_VISITORS=10 is well set"), "{enough}");
        let none = advice(vec![setting(10, 0, None), setting(3, 0, None), setting(1, 50, Some(1))]);
        assert!(none.contains("No setting that is advised"), "{none}");
    }

    #[test]
    fn what_it_costs_is_counted_by_the_view() {
        let (all, wasted) = setting(10, 100, None).dollars();
        // A tenth of a request for each view is wasted.
        assert!(
            (wasted - 0.03).abs() < 1e-9 && (all - (0.6 + 0.000_75 + 0.03)).abs() < 1e-9,
            "{all} {wasted}"
        );
        assert!((setting(10, 100, None).of_free_plan().unwrap() - 0.021).abs() < 1e-9);
    }
}
