//! Writes what was learned for KV, and says how it gets there.
//!
//! For each learner two values: what it would publish, which the Worker reads, and the records that the learner takes up
//! ([`headstart::learn::import`]). Both expire in KV if nobody comes to the site.

use crate::pipe;
use anyhow::Context as _;
use headstart::learn::import;
use headstart::learn::learner::Publication;
use headstart::store::Memory;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The file for `wrangler kv bulk put`.
const BULK: &str = "kv.json";

/// What no file's name should have.
const UNFIT: &AsciiSet =
    &CONTROLS.add(b'/').add(b'\\').add(b':').add(b'%').add(b'*').add(b'?').add(b'"').add(b' ');

/// What was learned, to be written.
#[derive(Debug, Default)]
pub struct Export {
    pairs: Vec<(String, String)>,
}

impl Export {
    /// Adds what a learner would publish, and its records.
    pub fn add(&mut self, publication: &Publication, records: &Memory) {
        let written = import::write(records);
        if written.left_out > 0 {
            pipe::complain(&format!(
                "{} records of {} do not fit the {} MB that a learner takes up: routes, and pages that are visited least",
                written.left_out,
                publication.key,
                import::MAX_BYTES / (1024 * 1024)
            ));
        }
        self.pairs.push((publication.key.clone(), publication.value.clone()));
        self.pairs.push((import::name(&publication.key), written.value));
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Writes a file for each value, and one with all of them for wrangler. Answers that one.
    pub fn write(&self, folder: &Path) -> anyhow::Result<PathBuf> {
        let failed = || folder.display().to_string();
        std::fs::create_dir_all(folder).with_context(failed)?;
        for (key, value) in &self.pairs {
            let file = folder.join(format!("{}.json", utf8_percent_encode(key, UNFIT)));
            std::fs::write(&file, value).with_context(|| file.display().to_string())?;
        }
        let bulk: Vec<Value> = self
            .pairs
            .iter()
            .map(|(key, value)| json!({ "key": key, "value": value, "expiration_ttl": import::LIFE_SECONDS }))
            .collect();
        let file = folder.join(BULK);
        std::fs::write(&file, serde_json::to_string(&bulk)?).with_context(|| file.display().to_string())?;
        Ok(file)
    }
}

/// The command that puts a file's values into KV: into the namespace that is deployed, or into that of `wrangler dev`.
pub fn command(file: &Path, is_local: bool) -> String {
    let place = if is_local { "--local" } else { "--remote" };
    format!("npx wrangler kv bulk put {} --binding MODEL {place}", quoted(&file.display().to_string()))
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+@".contains(&byte);
    if word.bytes().all(is_plain) && !word.is_empty() {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_blanks_is_one_word_for_a_shell() {
        assert_eq!(
            command(Path::new("out/kv.json"), false),
            "npx wrangler kv bulk put out/kv.json --binding MODEL --remote"
        );
        assert_eq!(quoted("it's mine"), r"'it'\''s mine'");
        assert_eq!(quoted("$(x)"), "'$(x)'");
    }
}
