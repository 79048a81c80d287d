//! `headstart explain` with a hint snapshot: what a page's visitors are to connect to and load early, and why.

use crate::table::Table;
use headstart::hints::rank::Evidence;
use headstart::learn::comparison::Comparison;
use headstart::published::hint_lines::{self, HintLine};
use headstart::published::hint_snapshot::{self, Basis, HintSnapshot, KnownHints};
use headstart::sorting::map::SortedMap;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Whether a value is a hint snapshot: next pages have no list for the site.
#[must_use]
pub fn is_of_hints(value: &str) -> bool {
    serde_json::from_str::<Value>(value).is_ok_and(|value| value.get("site").is_some())
}

/// Says what a hint snapshot says of pages, or of all pages and routes where none is named.
pub fn explain(value: &str, paths: &[String], is_json: bool) -> anyhow::Result<String> {
    let snapshot = HintSnapshot::parse(value).map_err(anyhow::Error::msg)?;
    let why = hint_snapshot::evidence(value).map_err(anyhow::Error::msg)?;
    let names: Vec<&str> =
        if paths.is_empty() { snapshot.names() } else { paths.iter().map(String::as_str).collect() };
    let subjects = names.into_iter().map(|name| Subject::of(name, &snapshot, &why));
    // Of no page in particular.
    let gains = if paths.is_empty() { hint_snapshot::gains(value) } else { None };
    Ok(if is_json {
        let gains = gains.map(|gains| json!({ "gains": gains }).to_string() + "\n");
        subjects.map(|subject| subject.json().to_string() + "\n").chain(gains).collect()
    } else {
        subjects.map(|subject| subject.text()).chain(gains.map(gained)).collect::<Vec<_>>().join("\n")
    })
}

/// What the pages that are held out say of what the others gain.
fn gained(gains: Value) -> String {
    let comparisons: Vec<Comparison> = serde_json::from_value(gains).unwrap_or_default();
    let mut table =
        Table::new(&["what it is worth", "figure", "given", "held out", "the median is smaller by"]);
    for comparison in comparisons {
        let gain = comparison.in_words();
        let Comparison { of, figure, given, held_out, .. } = comparison;
        table.add(vec![
            of.in_words().to_owned(),
            figure,
            format!("{given:.0}"),
            format!("{held_out:.0}"),
            gain,
        ]);
    }
    format!("views that were given, and views of pages that are held out (HOLDOUT)\n{}", table.text())
}

/// A page, or a route, and what is known of it.
struct Subject<'a> {
    name: &'a str,
    known: Option<KnownHints<'a>>,
    /// Why each hint is given, the preloads first.
    why: &'a [Evidence],
}

impl<'a> Subject<'a> {
    fn of(name: &'a str, snapshot: &'a HintSnapshot, why: &'a SortedMap<String, Vec<Evidence>>) -> Self {
        let known = snapshot.known(name);
        Self { name, known, why: hint_lines::reasons_for(name, snapshot, why) }
    }

    /// Each hint.
    fn lines(&self) -> Vec<HintLine> {
        self.known.map(|known| hint_lines::lines(known, self.why)).unwrap_or_default()
    }

    fn text(&self) -> String {
        let mut text = format!("{}\n", self.name);
        let mut say = |line: &str| {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "  {line}");
        };
        let Some(known) = self.known else {
            say("nothing is known of it");
            return text;
        };
        match known.basis {
            Basis::Page => {}
            Basis::Route => say("known by its route"),
            Basis::Site => say("known by what nearly all pages of the site use"),
        }
        let lines = self.lines();
        if lines.is_empty() {
            say("no hints");
        } else {
            let mut table = Table::new(&["hint", "for", "share", "gain", "because"]);
            for HintLine { name, action, evidence, reason } in lines {
                let share = evidence.map_or_else(String::new, |evidence| format!("{} %", evidence.share));
                let gain = evidence
                    .filter(|evidence| evidence.gain_ms > 0)
                    .map_or_else(|| "unknown".to_owned(), |evidence| format!("{} ms", evidence.gain_ms));
                table.add(vec![name, action, share, gain, reason]);
            }
            table.text().lines().for_each(&mut say);
        }
        if let Some(img) = known.largest {
            say(&format!("largest picture, whose tag does not say how urgent it is: {}", img.src));
        }
        match known.ask {
            Some(0) => say("every view that may be is asked how it went"),
            Some(halvings) => say(&format!("one view in {} is asked how it went", 1_u64 << halvings.min(63))),
            None => {}
        }
        text
    }

    fn json(&self) -> Value {
        let line = |HintLine { name, action, evidence, reason }: HintLine| {
            json!({
                "hint": name,
                "for": action,
                "share": evidence.map(|evidence| evidence.share),
                "gain_ms": evidence.map(|evidence| evidence.gain_ms).filter(|gain_ms| *gain_ms > 0),
                "because": reason,
            })
        };
        json!({
            "page": self.name,
            "is_known": self.known.is_some(),
            "hints": self.lines().into_iter().map(line).collect::<Vec<_>>(),
            "largest_picture": self.known.and_then(|known| known.largest).map(|img| &img.src),
            "asked": self.known.and_then(|known| known.ask).map(|halvings| (-f64::from(halvings)).exp2()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SNAPSHOT: &str = r#"{"version":2,"pages":{"/":[["https://cdn.example",1],["https://f.example",2]],"/about":[]},"routes":{"/p/*":[["https://cdn.example",0]]},"site":null,"preloads":{"/":[{"u":"/hero.jpg","as":"image"}]},"largest":{"/":"/hero.jpg"},"forms":{"/":1},"asks":{"/":3},"why":{"/":[[97,310,2,0],[100,45,1,100],[60,0,3,0]],"/p/*":[[80,0,2,0]]}}"#;

    fn said(paths: &[&str], is_json: bool) -> String {
        let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
        explain(SNAPSHOT, &paths, is_json).unwrap()
    }

    #[test]
    fn each_hint_is_said_with_its_share_its_gain_and_the_reason() {
        let expected = "\
/
  hint                                             for  share     gain                                    because
  /hero.jpg                           preload as image   97 %   310 ms     the page's largest picture, found late
  https://cdn.example                       preconnect  100 %    45 ms  named in the head; rendering waits for it
  https://f.example    preconnect, without credentials   60 %  unknown                      named in a stylesheet
  largest picture, whose tag does not say how urgent it is: /hero.jpg
  one view in 8 is asked how it went

/about
  no hints

/p/*
  known by its route
  hint                          for  share     gain            because
  https://cdn.example  dns-prefetch   80 %  unknown  named in the body
";
        assert_eq!(said(&[], false), expected);
        assert!(said(&["/p/7"], false).contains("dns-prefetch   80 %  unknown"));
        assert_eq!(said(&["/other"], false), "/other\n  nothing is known of it\n");
    }

    #[test]
    fn a_line_of_json_says_the_same() {
        let expected = r#"{"asked":0.125,"hints":[{"because":"the page's largest picture, found late","for":"preload as image","gain_ms":310,"hint":"/hero.jpg","share":97},{"because":"named in the head; rendering waits for it","for":"preconnect","gain_ms":45,"hint":"https://cdn.example","share":100},{"because":"named in a stylesheet","for":"preconnect, without credentials","gain_ms":null,"hint":"https://f.example","share":60}],"is_known":true,"largest_picture":"/hero.jpg","page":"/"}"#;
        assert_eq!(said(&["/"], true), format!("{expected}\n"));
    }

    #[test]
    fn it_is_said_what_the_pages_that_are_held_out_tell() {
        let gains = r#","gains":[{"of":"hints","figure":"lcp","given":812.4,"held_out":131.0,"gain":{"by":84.6,"from":31.0,"to":138.2}},{"of":"rules","figure":"cls","given":700.0,"held_out":120.0,"gain":{"by":-1.2,"from":-4.0,"to":1.6}},{"of":"rules","figure":"inp","given":90.0,"held_out":7.0,"gain":null}]}"#;
        let value = SNAPSHOT.strip_suffix('}').unwrap().to_owned() + gains;
        let text = explain(&value, &[], false).unwrap();
        let told = text.split_once("views that were given").unwrap().1;
        for line in [
            "85 ms (31 to 138)",
            "-1 thousandths (-4 to 2, so it may be nothing)",
            "cannot tell yet: each takes 100 views",
        ] {
            assert!(told.contains(line), "{line}: {told}");
        }
        assert!(!explain(&value, &["/".to_owned()], false).unwrap().contains("held out"));
        let json = explain(&value, &[], true).unwrap();
        assert!(json.lines().last().unwrap().starts_with(r#"{"gains":[{"#), "{json}");
    }

    #[test]
    fn snapshots_are_told_apart() {
        assert!(is_of_hints(SNAPSHOT));
        assert!(!is_of_hints(r#"{"version":1,"pages":{}}"#) && !is_of_hints("{"));
    }
}
