//! What stylesheets answer that saved pages name: from a file, in place of the network.
//!
//! The file is a JSON object with URLs for names, as they are serialised, each with what is answered there: `status` (200 where it is left out), `type` (the
//! `Content-Type`), `location` and `body`. What is told of a URL without a query holds with any. Any other URL gives nothing that tells anything.

use anyhow::Context as _;
use headstart::learn::document;
use headstart::learn::observation::SheetObservation;
use headstart::learn::third_party_sheet::{self, Answered, MAX_REDIRECTS};
use headstart::sorting::map::SortedMap;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use url::Url;

/// What URLs answer.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct Answers(BTreeMap<String, Answer>);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    #[serde(default = "ok")]
    status: u16,
    #[serde(rename = "type")]
    kind: Option<String>,
    location: Option<String>,
    #[serde(default)]
    body: String,
}

fn ok() -> u16 {
    200
}

impl Answers {
    /// Reads a file.
    pub fn read(file: &Path) -> anyhow::Result<Self> {
        let failed = || file.display().to_string();
        let text = std::fs::read_to_string(file).with_context(failed)?;
        serde_json::from_str(&text).with_context(failed)
    }

    fn at(&self, url: &Url) -> Option<(&Answer, Answered)> {
        let without_query = || self.0.get(url.as_str().split('?').next()?);
        let answer = self.0.get(url.as_str()).or_else(without_query)?;
        let (kind, location) = (answer.kind.as_deref(), answer.location.as_deref());
        Some((answer, Answered::of(answer.status, kind, location, url)))
    }

    /// The stylesheets of the site itself among `names`, and those that they import, as an isolate reads them that hands them to
    /// visitors, at `now` (milliseconds since the epoch).
    pub fn own_sheets(
        &self,
        origin: &Url,
        names: &[String],
        now: u64,
    ) -> SortedMap<String, SheetObservation> {
        let mut sheets = SortedMap::new();
        let mut wanted = names.to_vec();
        while let Some(name) = wanted.pop() {
            if third_party_sheet::is_name(&name) || sheets.contains_key(&name) {
                continue;
            }
            let url = origin.join(&name).ok();
            let answered = url.as_ref().and_then(|url| Some((url, self.at(url)?)));
            if let Some((url, (answer, Answered::Sheet { .. }))) = answered {
                let sheet = document::sheet(url, &answer.body, now);
                wanted.extend(sheet.imports.iter().cloned());
                sheets.insert(name, sheet);
            }
        }
        sheets
    }

    /// What the third party's sheet of this name has a browser fetch, for the pages of `site`, as a learner reads it that asks for it
    /// at `now`; `None` where nobody can tell.
    pub fn third_partys_sheet(&self, name: &str, site: &str, now: u64) -> Option<SheetObservation> {
        let mut url = third_party_sheet::url(name, site)?;
        for _ in 0..=MAX_REDIRECTS {
            let (answer, answered) = self.at(&url)?;
            match answered {
                Answered::Sheet { encoding } => {
                    return Some(third_party_sheet::read(&url, answer.body.as_bytes(), encoding, site, now));
                }
                Answered::Moved(target) => url = target,
                Answered::Nothing => {
                    return Some(SheetObservation { at: now, ..SheetObservation::default() });
                }
                Answered::Unknown => return None,
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: &str = "www.site.example";

    fn answers(json: &str) -> Answers {
        serde_json::from_str(json).unwrap()
    }

    fn hosts(sheet: &SheetObservation) -> Vec<&str> {
        sheet.uses.iter().map(|used| used.origin.host()).collect()
    }

    #[test]
    fn the_sites_own_sheets_are_read_with_their_imports_and_a_circle_ends() {
        let answers = answers(
            r#"{ "https://www.site.example/a.css": { "type": "text/css", "body": "@import 'b.css'; @import 'https://api.fonts.example/x.css';" },
                 "https://www.site.example/b.css": { "type": "text/css", "body": "@import 'a.css'; body { background: url(https://cdn.example/a.png) }" },
                 "https://www.site.example/c.css": { "type": "text/html", "body": "@import 'https://evil.example/x.css';" } }"#,
        );
        let origin = Url::parse("https://www.site.example").unwrap();
        let names =
            ["/a.css?ver=6", "/c.css", "/d.css", "https://api.fonts.example/x.css"].map(str::to_owned);
        let sheets = answers.own_sheets(&origin, &names, 1);
        assert_eq!(sheets.keys().collect::<Vec<_>>(), ["/a.css", "/a.css?ver=6", "/b.css"]);
        assert_eq!(hosts(sheets.get("/a.css?ver=6").unwrap()), ["api.fonts.example"]);
        assert_eq!(hosts(sheets.get("/b.css").unwrap()), ["cdn.example"]);
    }

    #[test]
    fn a_third_partys_sheet_is_followed_on_its_host_and_what_is_no_sheet_has_nothing() {
        let answers = answers(
            r#"{ "https://cdn.example/latest/x.css": { "status": 302, "location": "/5.0/x.css" },
                 "https://cdn.example/5.0/x.css": { "type": "text/css", "body": "@font-face { font-family: X; src: url(https://files.example/x.woff2) }" },
                 "https://cdn.example/ring.css": { "status": 302, "location": "ring.css" },
                 "https://cdn.example/gone.css": { "status": 404 } }"#,
        );
        let read = |name: &str| answers.third_partys_sheet(&format!("https://cdn.example{name}"), SITE, 1);
        assert_eq!(read("/latest/x.css").as_ref().map(hosts), Some(vec!["files.example"]));
        assert_eq!(read("/gone.css").as_ref().map(hosts), Some(vec![]));
        assert_eq!(read("/ring.css"), None);
        assert_eq!(read("/unknown.css"), None);
    }

    #[test]
    fn a_mistake_in_the_file_is_told() {
        let read = |text: &str| serde_json::from_str::<Answers>(text);
        assert!(read(r#"{ "https://cdn.example/x.css": { "text": "" } }"#).is_err(), "no such field");
    }
}
