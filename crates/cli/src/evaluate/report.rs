//! What the replay has shown, for people and, in the last line, for programs.

use super::calibration::{self, Bin};
use super::hindsight;
use super::history::History;
use super::recovery::Recovery;
use super::replay::{Score, replay};
use super::{Waste, share};
use crate::table::Table;
use serde_json::{Map, Value, json};

/// The speculations below which a share of them says little.
const FEW: usize = 200;

/// Replays the history and says what became of it.
pub fn text(history: &History, budgets: &[Waste], overnight: Option<usize>) -> String {
    let shares: Vec<f64> = budgets.iter().map(|budget| budget.share).collect();
    let outcome = replay(&history.views, &shares);
    let ranking = hindsight::ranking(&outcome);
    let ours = hindsight::choose(&outcome, &ranking, outcome.guess.speculations);
    let ours_at_two = hindsight::choose(&outcome, &ranking, outcome.two_most_followed.speculations);
    let figures = Figures {
        views: outcome.views,
        navigations: outcome.navigations.len(),
        guess: outcome.guess,
        ours: ours.score,
        two_most_followed: outcome.two_most_followed,
        ours_at_two: ours_at_two.score,
        bins: calibration::bins(&outcome.forecasts).to_vec(),
        budgets: budgets.iter().zip(outcome.budgets).collect(),
        recovery: overnight.map(|at| Recovery::of(&ours.predicted, at)),
    };
    format!("{}{}\n", figures.tables(), figures.json())
}

/// Everything that is said.
struct Figures<'a> {
    views: usize,
    navigations: usize,
    guess: Score,
    ours: Score,
    two_most_followed: Score,
    ours_at_two: Score,
    bins: Vec<Bin>,
    budgets: Vec<(&'a Waste, Score)>,
    recovery: Option<Recovery>,
}

impl Figures<'_> {
    fn tables(&self) -> String {
        let size = format!("{} views, {} navigations\n", self.views, self.navigations);
        let recovery = self.recovery.as_ref().map(recovered);
        let parts = [size, self.policies(), self.reliability(), self.waste()];
        parts.into_iter().chain(recovery).map(|part| part + "\n").collect()
    }

    fn policies(&self) -> String {
        let mut table = Table::new(&["", "recall", "precision", "speculations per navigation"]);
        for (name, score) in [
            ("Guess.js", self.guess),
            ("Headstart, as many", self.ours),
            ("the two most followed", self.two_most_followed),
            ("Headstart, as many", self.ours_at_two),
        ] {
            table.add(vec![
                name.to_owned(),
                self.recall(score),
                precision(score),
                self.per_navigation(score),
            ]);
        }
        table.text()
    }

    fn reliability(&self) -> String {
        let mut table = Table::new(&["probability", "how many", "said", "came"]);
        for (at, bin) in self.bins.iter().enumerate().filter(|(_, bin)| bin.forecasts > 0) {
            let range = format!("{} to {} %", at * 10, at * 10 + 10);
            table.add(vec![range, bin.forecasts.to_string(), percent(bin.said()), percent(bin.came())]);
        }
        format!("{}calibration error: {}\n", table.text(), percent(calibration::error(&self.bins)))
    }

    fn waste(&self) -> String {
        let mut table =
            Table::new(&["waste budget", "waste", "recall", "precision", "speculations per navigation", ""]);
        for (budget, score) in &self.budgets {
            let note = match score.speculations {
                0 => "nothing was probable enough",
                some if some < FEW => "hardly anything was probable enough",
                _ => "",
            };
            table.add(vec![
                budget.name.clone(),
                percent(waste(*score)),
                self.recall(*score),
                precision(*score),
                self.per_navigation(*score),
                note.to_owned(),
            ]);
        }
        table.text()
    }

    fn recall(&self, score: Score) -> String {
        percent(share(score.predicted, self.navigations))
    }

    fn per_navigation(&self, score: Score) -> String {
        share(score.speculations, self.navigations)
            .map_or_else(|| "-".to_owned(), |share| format!("{share:.3}"))
    }

    fn json(&self) -> Value {
        let mut ours = self.policy(self.ours);
        ours.insert("calibration_error".to_owned(), rounded(calibration::error(&self.bins)));
        let budgets: Map<String, Value> = self
            .budgets
            .iter()
            .map(|(budget, score)| {
                let mut policy = self.policy(*score);
                policy.insert("waste".to_owned(), rounded(waste(*score)));
                if score.speculations < FEW {
                    policy.insert("few".to_owned(), Value::Bool(true));
                }
                (budget.name.clone(), Value::Object(policy))
            })
            .collect();
        let mut json = json!({
            "views": self.views,
            "navigations": self.navigations,
            "ours": ours,
            "guess": self.policy(self.guess),
            "two_most_followed": self.policy(self.two_most_followed),
            "ours_at_two_most_followed": self.policy(self.ours_at_two),
            "waste_budget": budgets,
        });
        if let (Some(json), Some(recovery)) = (json.as_object_mut(), &self.recovery) {
            let recovery = json!({
                "at": recovery.at,
                "before": rounded(recovery.before),
                "first": rounded(recovery.first),
                "next": rounded(recovery.next),
                "after": rounded(recovery.after),
                "navigations": recovery.navigations,
            });
            json.insert("recovery".to_owned(), recovery);
        }
        json
    }

    fn policy(&self, score: Score) -> Map<String, Value> {
        [
            ("recall", share(score.predicted, self.navigations)),
            ("precision", share(score.used, score.speculations)),
            ("speculations_per_navigation", share(score.speculations, self.navigations)),
        ]
        .map(|(name, value)| (name.to_owned(), rounded(value)))
        .into_iter()
        .collect()
    }
}

fn recovered(recovery: &Recovery) -> String {
    let Recovery { at, before, first, next, after, navigations } = recovery;
    let back = navigations.map_or_else(
        || "not recovered within the history".to_owned(),
        |navigations| format!("recovered after {navigations} navigations"),
    );
    let [before, first, next, after] = [before, first, next, after].map(|share| percent(*share));
    format!(
        "the navigation changes after {at} navigations: {back}\n\
        recall in the 5,000 before {before}, in the 500 after {first}, from 2,000 to 7,000 after {next}, in the last \
        quarter {after}\n"
    )
}

fn precision(score: Score) -> String {
    percent(share(score.used, score.speculations))
}

/// The share of speculations that were not used.
fn waste(score: Score) -> Option<f64> {
    share(score.speculations - score.used, score.speculations)
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "-".to_owned(), |share| format!("{:.2} %", share * 100.0))
}

/// A number of four decimals, or null.
fn rounded(number: Option<f64>) -> Value {
    number.map_or(Value::Null, |number| json!((number * 10_000.0).round() / 10_000.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(lines: &[&str], overnight: Option<usize>) -> String {
        let budgets = [Waste { name: "0.40".to_owned(), share: 0.4 }];
        text(&History::read(lines.join("\n").into_bytes()).unwrap(), &budgets, overnight)
    }

    fn json(text: &str) -> Value {
        serde_json::from_str(text.lines().last().unwrap()).unwrap()
    }

    #[test]
    fn the_last_line_holds_the_figures() {
        // Three visitors, each with one navigation: the first unknown, then /b wrongly, then /b and /c, one of them rightly.
        let text = report(&["/a /b", "/a /c", "/a /b"], None);
        let json = json(&text);
        let policy = json!({ "recall": 0.3333, "precision": 0.3333, "speculations_per_navigation": 1.0 });
        assert_eq!((&json["views"], &json["navigations"]), (&json!(6), &json!(3)));
        assert_eq!((&json["guess"], &json["two_most_followed"]), (&policy, &policy));
        assert_eq!(json["ours"]["speculations_per_navigation"], 1.0);
        assert!(json["ours"]["calibration_error"].as_f64().unwrap() > 0.0);
        assert_eq!(json["ours_at_two_most_followed"]["recall"], json["ours"]["recall"]);
        let nothing = json!({
            "recall": 0.0, "precision": null, "speculations_per_navigation": 0.0, "waste": null, "few": true,
        });
        assert_eq!(json["waste_budget"], json!({ "0.40": nothing }));
        assert_eq!(json.get("recovery"), None);
        assert!(text.starts_with("6 views, 3 navigations\n\n") && text.ends_with("}\n"), "{text}");
        assert!(
            text.contains("\nGuess.js               33.33 %    33.33 %                        1.000\n"),
            "{text}"
        );
        assert!(
            text.contains("0.40              -  0.00 %          -                        0.000  nothing was"),
            "{text}"
        );
    }

    #[test]
    fn what_was_seldom_done_is_marked() {
        let few = json(&report(&["/a /b"; 400], None));
        // 800 views, of which the last 150 visitors' first ones come after a publication that knows something.
        assert_eq!(few["waste_budget"]["0.40"]["few"], true);
        assert_eq!(few["waste_budget"]["0.40"]["waste"], 0.0);
        assert_eq!(few["waste_budget"]["0.40"]["speculations_per_navigation"], 0.375);
        let enough = json(&report(&["/a /b"; 500], None));
        assert_eq!(enough["waste_budget"]["0.40"].get("few"), None);
        assert_eq!(enough["waste_budget"]["0.40"]["recall"], 0.5);
    }

    #[test]
    fn a_change_is_looked_at_where_there_was_one() {
        let text = report(&vec!["/a /b"; 2_000], Some(1_000));
        let recovery = json!({
            "at": 1000, "before": 0.999, "first": 1.0, "next": null, "after": 1.0, "navigations": 500,
        });
        assert_eq!(json(&text)["recovery"], recovery);
        assert!(
            text.contains(
                "\nthe navigation changes after 1000 navigations: recovered after 500 navigations\n"
            )
        );
        let text = report(&["/a /b"; 20], Some(20));
        assert_eq!(json(&text)["recovery"]["navigations"], Value::Null);
        assert!(text.contains("not recovered"));
    }

    #[test]
    fn where_nobody_went_on_there_is_no_recall() {
        let json = json(&report(&["/a", "/b"], None));
        assert_eq!(json["navigations"], 0);
        assert_eq!(
            json["ours"],
            json!({
                "recall": null, "precision": null, "speculations_per_navigation": null, "calibration_error": null,
            })
        );
    }
}
