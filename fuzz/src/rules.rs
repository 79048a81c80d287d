//! `Speculation-Rules`: what we emit for whatever was learned, as browsers read it.
//!
//! Each line of an input says one thing, and what by its first character: `n` a next page (with two bytes for when and how), `x` a path
//! that does harm, `o` one that no rule may name, `s` one whose links say that it does something, `u` a pattern of `UNSAFE_URLS`, `i` an
//! inert parameter, `h` the origin's own field, and anything else a link that is tried.
//!
//! - No engine drops any rule of ours, whatever a site is like.
//! - A learned rule names next pages of this origin without a query, in spellings of these, and nothing else.
//! - The baseline names nothing that is kept out, and no query but an inert one.
//! - Our line leaves the origin's field what it was, and ours is read with it.
//! - A learned rule set's URL is read back, and can stand in a header.
//!
//! Of the baseline only what the input changes is compiled: the rest is the same for all sites, and tested with the rules.

use crate::input::Input;
use crate::site::PAGE;
use headstart::endpoints::learned_rules_at;
use headstart::published::baseline_eagerness::BaselineEagerness;
use headstart::published::next_page_snapshot::{
    Entry, Excluded, NextPage, NextPageChoice, NextPageSnapshot, Spellings, Tally,
};
use headstart::rules::served::TAG;
use headstart::rules::{baseline, header, learned};
use headstart::speculation::{Action, Eagerness};
use headstart::urls::inert_parameters::InertParameters;
use headstart::urls::unsafe_urls::{UnsafeUrls, UrlGlob};
use serde_json::{Value, json};
use speculation_rules::{Engine, RuleSet, parse_as};
use std::sync::LazyLock;
use url::Url;

/// The clauses of the baseline where a site adds nothing.
static USUAL: LazyLock<Vec<Value>> =
    LazyLock::new(|| clauses(&UnsafeUrls::default(), &InertParameters::default(), &[]));

/// What an input tells.
#[derive(Default)]
struct Told {
    nexts: Vec<NextPage>,
    excluded: Vec<Excluded>,
    globs: Vec<UrlGlob>,
    inert: Vec<String>,
    links: Vec<Url>,
    existing: Option<String>,
}

pub fn run(input: &[u8]) {
    let mut told = Told::default();
    for line in Input::new(input).lines().take(40) {
        told.take(&line);
    }
    told.check_learned();
    told.check_baseline();
}

impl Told {
    fn take(&mut self, line: &str) {
        let mut words = Input::new(line.as_bytes());
        let kind = words.byte();
        match kind {
            b'n' => {
                let eagerness = words.one_of(&[Eagerness::Moderate, Eagerness::Eager, Eagerness::Immediate]);
                let action =
                    words.one_of(&[Action::Prefetch, Action::Prerender, Action::PrerenderUntilScript]);
                let said = words.byte();
                let is_unvarying = said & 1 == 1;
                let spellings = Spellings::of((1..4).map(|at| said >> at & 1 == 1));
                let path = words.text().into_owned();
                self.try_link(&path);
                let tally = Tally::default();
                self.nexts.push(NextPage {
                    path,
                    pr: 0.5,
                    eagerness,
                    action,
                    is_unvarying,
                    spellings,
                    tally,
                });
            }
            b'x' | b'o' | b's' => {
                let path = words.text();
                self.try_link(&path.replace('*', "x"));
                self.excluded.push(match kind {
                    b's' => Excluded::suspect(&path, "delete", 1),
                    _ => Excluded::of(&path, kind == b'x'),
                });
            }
            b'u' => {
                self.try_link(&words.text().replace('*', "x"));
                self.globs.extend(UrlGlob::parse(&words.text()).ok());
            }
            b'i' => {
                self.try_link(&format!("/a?{}=1", words.text()));
                self.inert.push(words.text().into_owned());
            }
            b'h' => self.existing = Some(words.text().into_owned()),
            _ => self.try_link(line),
        }
    }

    fn try_link(&mut self, link: &str) {
        let url = PAGE.join(link).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        // As another site's, too, where a path looks like a host.
        let mut own = PAGE.clone();
        own.set_path(link);
        for link in url.into_iter().chain([own]) {
            let mut other = link.clone();
            other.set_query(Some(link.query().map_or("a=b", |_| "")));
            self.links.extend([link, other]);
        }
    }

    fn check_learned(&self) {
        let entry = Entry::new(self.nexts.clone(), false, false);
        let choice = NextPageChoice { pages: vec![("/a".to_owned(), entry)], ..NextPageChoice::default() };
        let snapshot = NextPageSnapshot::parse(&choice.to_value()).unwrap();
        let (key, entry) = snapshot.known("/a").unwrap();
        let Some(set) = learned::rule_set_of(entry) else { return };
        let url = learned::url(&set, key);
        let (hash, named) = learned_rules_at(&url).unwrap();
        assert!(named == key && learned::is_current(&set, hash));
        self.check_header(&url);
        let as_in_urls = |path: &str| {
            let mut url = PAGE.clone();
            url.set_path(path);
            url.path().to_owned()
        };
        let paths =
            entry.nexts.iter().flat_map(|next| std::iter::once(next.path.clone()).chain(next.other_paths()));
        let paths: Vec<String> = paths.map(|path| as_in_urls(&path)).collect();
        for engine in Engine::ALL {
            let read = read(engine, &set.body);
            for rule in read.prefetch.iter().chain(&read.prerender).chain(&read.prerender_until_script) {
                assert_eq!(rule.tags, ["headstart-next"]);
                let predicate = rule.predicate.as_ref().unwrap();
                for link in self.links.iter().filter(|link| predicate.matches(link, &|_| false)) {
                    let is_next = paths.iter().any(|path| path == link.path());
                    let has_query = link.query().is_some_and(|query| !query.is_empty());
                    assert!(
                        is_next && !has_query && link.origin() == PAGE.origin(),
                        "{link} by {}",
                        set.body
                    );
                }
            }
        }
        let with_ticket = set.with_prefetch("/_headstart/activate?t=1").unwrap();
        assert_eq!(read(Engine::Chromium, &with_ticket).prefetch.last().unwrap().tags[0], "headstart-ticket");
    }

    fn check_header(&self, url: &str) {
        assert!(url.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\".contains(&byte)), "{url}");
        let existing = self.existing.as_deref();
        let theirs = existing.map_or(Some(Vec::new()), header::parse);
        let Some(line) = header::append(existing, &[url.to_owned()]) else {
            let is_named = theirs.is_some_and(|theirs| theirs.iter().any(|named| named == url));
            assert!(
                is_named
                    || existing
                        .is_some_and(|field| field.trim().is_empty() || header::parse(field).is_none())
            );
            return;
        };
        let joined = existing.map_or_else(|| line.clone(), |existing| format!("{existing}, {line}"));
        let expected: Vec<String> = theirs.unwrap().into_iter().chain([url.to_owned()]).collect();
        assert_eq!(header::parse(&joined), Some(expected), "{joined}");
    }

    fn check_baseline(&self) {
        let choice = NextPageChoice { excluded: self.excluded.clone(), ..NextPageChoice::default() };
        let snapshot = NextPageSnapshot::parse(&choice.to_value()).unwrap();
        assert_eq!(snapshot.baseline, BaselineEagerness::default());
        let inert = InertParameters::new(&self.inert);
        let urls = UnsafeUrls::new(self.globs.clone(), Vec::new());
        let changed: Vec<Value> = changed(clauses(&urls, &inert, &snapshot.excluded));
        if changed.is_empty() {
            return;
        }
        // Parameters that cannot be written into a rule leave its clause as usual, which is not among those that are tried here.
        let without = UnsafeUrls::new(Vec::new(), Vec::new());
        let is_usual = self::changed(clauses(&without, &inert, &[])).is_empty();
        let and = [vec![json!({ "href_matches": "/*" })], changed].concat();
        let text = json!({ "tag": TAG, "prefetch": [{ "source": "document", "where": { "and": and } }] })
            .to_string();
        for engine in Engine::ALL {
            let set = read(engine, &text);
            let predicate = set.prefetch[0].predicate.as_ref().unwrap();
            for link in self.links.iter().filter(|link| predicate.matches(link, &|_| false)) {
                assert_eq!(link.origin(), PAGE.origin(), "{link} by {text}");
                let is_out = |path: &str| !path.contains(['*', '?']) && path == link.path();
                assert!(!snapshot.excluded.iter().any(|excluded| is_out(&excluded.path)), "{link} by {text}");
                let is_added = |glob: &UrlGlob| is_out(glob.text());
                assert!(!self.globs.iter().any(is_added), "{link} by {text}");
                assert!(is_usual || inert.are_all_inert(link), "{link} by {text}");
            }
        }
    }
}

/// The clauses of the baseline.
fn clauses(urls: &UnsafeUrls, inert: &InertParameters, excluded: &[Excluded]) -> Vec<Value> {
    let set = baseline::rule_set(Eagerness::Moderate, TAG, urls, inert, excluded);
    let mut json: Value = serde_json::from_str(&set.body).unwrap();
    let clauses: Vec<Value> = serde_json::from_value(json["prefetch"][0]["where"]["and"].take()).unwrap();
    // WebKit drops a rule of which a list is empty.
    assert!(clauses.iter().all(|clause| clause["not"]["href_matches"] != json!([])), "{clauses:?}");
    clauses
}

/// What of these clauses is not as usual: of the patterns that are left out, those that the site adds.
fn changed(clauses: Vec<Value>) -> Vec<Value> {
    let patterns = |clause: &Value| clause["not"]["href_matches"].as_array().cloned();
    let usual = |at: usize| USUAL.get(at);
    let changed = clauses.into_iter().enumerate().filter(|(at, clause)| usual(*at) != Some(clause));
    changed
        .map(|(at, clause)| match (patterns(&clause), usual(at).and_then(patterns)) {
            (Some(given), Some(usual)) => {
                let added: Vec<Value> =
                    given.into_iter().filter(|pattern| !usual.contains(pattern)).collect();
                // Of some only is left out what usually is there.
                if added.is_empty() { clause } else { json!({ "not": { "href_matches": added } }) }
            }
            _ => clause,
        })
        .collect()
}

/// A rule set as an engine reads it, which drops none of its rules.
fn read(engine: Engine, text: &str) -> RuleSet {
    let read = parse_as(engine, text, &PAGE).unwrap_or_else(|why| panic!("{why}: {text}"));
    let json: Value = serde_json::from_str(text).unwrap();
    let written = |key: &str| json.get(key).map_or(0, |rules| rules.as_array().unwrap().len());
    assert_eq!(read.prefetch.len(), written("prefetch"), "{engine:?} drops one of {text}");
    if engine != Engine::WebKit {
        assert_eq!(read.prerender.len(), written("prerender"), "{engine:?} drops one of {text}");
        assert_eq!(
            read.prerender_until_script.len(),
            written("prerender_until_script"),
            "{engine:?} drops one of {text}"
        );
    }
    read
}
