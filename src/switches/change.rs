//! One change of the record of switches, as `headstart switch` and the report page ask for it.

use super::record::{self, MAX_BYTES, MAX_PATTERNS, MAX_SITES};
use super::{Feature, Mode, PathSetting, SiteSwitches, Switches};
use serde::{Deserialize, Serialize};

/// What is to be changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The site, by its host and port; `None` for all sites of the Worker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// The pattern of the paths; `None` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The word of the feature; `None` for everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feature: Option<String>,
    /// `on`, `shadow` or `off`; or [`DEFAULT`](Self::DEFAULT), after which the record says nothing of it any more.
    pub to: String,
}

impl Change {
    /// The word after which what is more general decides again.
    pub const DEFAULT: &str = "default";

    /// Whether it switches everything off for all sites: what is asked for in an emergency, and can be done whatever is known.
    #[must_use]
    pub fn is_all_off(&self) -> bool {
        let Self { site, path, feature, to } = self;
        (site, path, feature) == (&None, &None, &None) && Mode::of(to) == Some(Mode::Off)
    }
}

impl Switches {
    /// The record after a change.
    ///
    /// # Errors
    /// Why it cannot be made, as a sentence for whoever asks.
    pub fn changed(&self, change: &Change) -> Result<Self, String> {
        let to = match change.to.as_str() {
            Change::DEFAULT => None,
            word => Some(Mode::of(word).ok_or_else(|| {
                format!("A switch is set to on, shadow, off or {}, not to {word:?}.", Change::DEFAULT)
            })?),
        };
        let feature = match change.feature.as_deref() {
            None => None,
            Some(word) => Some(Feature::of(word).ok_or_else(|| {
                format!(
                    "There is no feature {word:?}; there are {}.",
                    Feature::ALL.map(Feature::as_str).join(", ")
                )
            })?),
        };
        let mut changed = self.clone();
        let group = match &change.site {
            None => &mut changed.all,
            Some(site) => changed.sites.entry(site.to_ascii_lowercase()).or_default(),
        };
        match &change.path {
            None => group.setting.set(feature, to),
            Some(path) => {
                let setting = group.setting_of(path).map_err(|why| format!("Nothing was changed: {why}."))?;
                setting.set(feature, to);
            }
        }
        group.paths.retain(|path| !path.setting.is_empty());
        changed.sites.retain(|_, site| !site.is_empty());
        if changed.patterns() > MAX_PATTERNS
            || changed.sites.len() > MAX_SITES
            || changed.to_json().len() > MAX_BYTES
        {
            return Err(format!(
                "Nothing was changed: there are {MAX_PATTERNS} patterns or {MAX_SITES} sites already; set some to default first."
            ));
        }
        Ok(changed)
    }
}

impl SiteSwitches {
    /// The setting of a pattern, which is there from now on.
    fn setting_of(&mut self, path: &str) -> Result<&mut super::Setting, String> {
        if !self.paths.iter().any(|known| known.glob.text() == path) {
            self.paths.push(PathSetting { glob: record::glob(path)?, setting: super::Setting::default() });
            record::sort(&mut self.paths);
        }
        let known = self.paths.iter_mut().find(|known| known.glob.text() == path);
        known.map(|known| &mut known.setting).ok_or_else(|| "the pattern is gone".to_owned())
    }
}
