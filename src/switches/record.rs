//! Reads and writes the record of switches, which people write by hand as well.
//!
//! A record that is understood only in part is not used, so that a slip of the pen never does half of what was meant. But for
//! one thing: what says `"mode": "off"` for all sites, or is the bare word, is heeded whatever else it says, and in whatever
//! version: whoever writes it wants Headstart out of the way.

use super::{Feature, Mode, PathSetting, Setting, SiteSwitches, Switches};
use crate::fault::{Blame, Fault};
use crate::sorting;
use crate::urls::unsafe_urls::UrlGlob;
use serde_json::{Map, Value, json};

/// The version of the record that is written, and the only one that is read. A record that says none was written by hand.
pub const VERSION: u64 = 1;

/// The longest record, in bytes.
pub const MAX_BYTES: usize = 32_768;

/// The most patterns of a record, and the most sites.
pub const MAX_PATTERNS: usize = 100;
/// See [`MAX_PATTERNS`].
pub const MAX_SITES: usize = 50;

impl Switches {
    /// Reads a record, or a bare word for all sites.
    ///
    /// # Errors
    /// What is not understood, and what to write.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let wrong = |why: String| {
            let message =
                format!("the switches (the value \"{}\" in KV) are not understood: {why}", super::KEY);
            Fault::new(Blame::Configuration, message)
        };
        if text.len() > MAX_BYTES {
            return Err(wrong(format!("they are longer than {MAX_BYTES} bytes")));
        }
        if let Some(mode) = Mode::of(text) {
            return Ok(Self::only(mode));
        }
        let value: Value =
            serde_json::from_str(text).map_err(|error| wrong(format!("they are no JSON ({error})")))?;
        let Value::Object(record) = value else {
            return Err(wrong("they are no object; write {\"mode\": \"off\"}".to_owned()));
        };
        let says_off = record.get("mode").and_then(Value::as_str).and_then(Mode::of) == Some(Mode::Off);
        match Self::read(record) {
            Ok(switches) => Ok(switches),
            Err(_) if says_off => Ok(Self::only(Mode::Off)),
            Err(why) => Err(wrong(why)),
        }
    }

    /// The record that says this of all sites.
    fn only(mode: Mode) -> Self {
        let setting = Setting { mode: Some(mode), ..Setting::default() };
        Self { all: SiteSwitches { setting, paths: Vec::new() }, ..Self::default() }
    }

    fn read(mut record: Map<String, Value>) -> Result<Self, String> {
        match record.remove("version") {
            None => {}
            Some(version) if version.as_u64() == Some(VERSION) => {}
            Some(version) if version.as_u64().is_some_and(|version| version > VERSION) => {
                return Err(format!(
                    "they are of version {version}, which a newer Headstart has written; this one reads version {VERSION}"
                ));
            }
            Some(version) => {
                return Err(format!("there is no version {version}; write \"version\": {VERSION}, or none"));
            }
        }
        let mut switches = Self::default();
        if let Some(sites) = record.remove("sites") {
            let Value::Object(sites) = sites else { return Err("\"sites\" is no object".to_owned()) };
            if sites.len() > MAX_SITES {
                return Err(format!("they name more than {MAX_SITES} sites"));
            }
            for (site, said) in sites {
                let Value::Object(said) = said else { return Err(format!("{site:?} is no object")) };
                // As a URL has it, in which form a request's site is looked for.
                let site = site.to_ascii_lowercase();
                if switches.sites.contains_key(&site) {
                    return Err(format!("the site {site:?} is named twice"));
                }
                switches.sites.insert(site, SiteSwitches::read(said)?);
            }
        }
        switches.all = SiteSwitches::read(record)?;
        if switches.patterns() > MAX_PATTERNS {
            return Err(format!("they have more than {MAX_PATTERNS} patterns"));
        }
        Ok(switches)
    }

    /// How many patterns it has.
    pub(super) fn patterns(&self) -> usize {
        self.all.paths.len() + self.sites.values().map(|site| site.paths.len()).sum::<usize>()
    }

    /// The record as it is stored, and as people read it.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut record = self.all.written();
        if !self.sites.is_empty() {
            let sites = self.sites.iter().map(|(site, said)| (site.clone(), Value::Object(said.written())));
            record.insert("sites".to_owned(), Value::Object(sites.collect()));
        }
        record.insert("version".to_owned(), json!(VERSION));
        Value::Object(record).to_string()
    }
}

impl SiteSwitches {
    fn read(mut said: Map<String, Value>) -> Result<Self, String> {
        let mut paths: Vec<PathSetting> = Vec::new();
        if let Some(patterns) = said.remove("paths") {
            let Value::Object(patterns) = patterns else { return Err("\"paths\" is no object".to_owned()) };
            for (pattern, said) in patterns {
                let setting = match said {
                    Value::Object(said) => {
                        Setting::read(said).map_err(|why| format!("the pattern {pattern:?}: {why}"))?
                    }
                    word => Setting { mode: Some(mode(&pattern, &word)?), ..Setting::default() },
                };
                paths.push(PathSetting { glob: glob(&pattern)?, setting });
            }
        }
        sort(&mut paths);
        Ok(Self { setting: Setting::read(said)?, paths })
    }

    fn written(&self) -> Map<String, Value> {
        let mut record = self.setting.written();
        if !self.paths.is_empty() {
            let paths = self.paths.iter().map(|path| {
                let said = path.setting.written();
                // A mode alone is its word.
                let word = said.get("mode").filter(|_| said.len() == 1).cloned();
                (path.glob.text().to_owned(), word.unwrap_or(Value::Object(said)))
            });
            record.insert("paths".to_owned(), Value::Object(paths.collect()));
        }
        record
    }
}

impl Setting {
    fn read(said: Map<String, Value>) -> Result<Self, String> {
        let mut setting = Self::default();
        for (name, word) in said {
            let feature = if name == "mode" {
                None
            } else {
                Some(Feature::of(&name).ok_or_else(|| {
                    format!(
                        "there is no {name:?}; there are \"mode\", \"hints\", \"preloads\", \"rules\", \"deferral\", \"paths\" \
                         and \"sites\""
                    )
                })?)
            };
            setting.set(feature, Some(mode(&name, &word)?));
        }
        Ok(setting)
    }

    fn written(self) -> Map<String, Value> {
        let of = |feature: Feature| Some((feature.as_str(), self.of(feature)?));
        let mode = self.mode.map(|mode| ("mode", mode));
        let said = mode.into_iter().chain(Feature::ALL.into_iter().filter_map(of));
        said.map(|(name, mode)| (name.to_owned(), json!(mode.as_str()))).collect()
    }
}

/// The mode that a value says.
fn mode(name: &str, word: &Value) -> Result<Mode, String> {
    let known = word.as_str().and_then(Mode::of);
    known.ok_or_else(|| format!("{name:?} is {word}; write \"on\", \"shadow\" or \"off\""))
}

/// The pattern that a text is.
pub(super) fn glob(text: &str) -> Result<UrlGlob, String> {
    if text.contains(['?', '#']) {
        return Err(format!("the pattern {text:?} has a query; a switch is for a path, whatever its query"));
    }
    UrlGlob::parse(text).map_err(|why| format!("the pattern {text:?} is none: {why}"))
}

/// Puts the longest pattern first; of two of the same length any order does, as long as it is always the same.
pub(super) fn sort(paths: &mut [PathSetting]) {
    sorting::sort_by(paths, |one, other| {
        let length = |path: &PathSetting| path.glob.text().len();
        length(other).cmp(&length(one)).then_with(|| one.glob.text().cmp(other.glob.text()))
    });
}
