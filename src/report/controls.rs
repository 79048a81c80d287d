//! What whoever runs the site does by the forms of the report: sets a [switch](crate::switches), or has something forgotten.

use crate::effects::erasure::Erased;
use crate::hints::Origin;
use crate::switches::change::Change;
use crate::switches::{Feature, Setting, SiteSwitches, Switches};
use serde::Serialize;
use std::collections::HashMap;
use url::{Url, form_urlencoded};

/// A switch that is set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OfSwitch {
    /// Whether it is set for all sites of the Worker, and not for this one alone.
    pub is_for_all_sites: bool,
    /// The pattern of the paths; `None` for all.
    pub path: Option<String>,
    /// The feature; `None` for everything.
    pub feature: Option<&'static str>,
    /// What it is set to.
    pub to: &'static str,
}

/// The switches that say something of a site: those of the site itself first, and of these the ones for some paths.
#[must_use]
pub fn of(switches: &Switches, site: &str) -> Vec<OfSwitch> {
    let mut set = Vec::new();
    for (of, is_for_all_sites) in [(switches.site(site), false), (Some(switches.all()), true)] {
        let Some(SiteSwitches { setting, paths }) = of else { continue };
        for path in paths {
            set.extend(settings(&path.setting, Some(path.glob.text()), is_for_all_sites));
        }
        set.extend(settings(setting, None, is_for_all_sites));
    }
    set
}

fn settings<'a>(
    setting: &'a Setting,
    path: Option<&'a str>,
    is_for_all_sites: bool,
) -> impl Iterator<Item = OfSwitch> + 'a {
    let all = setting.mode.map(|mode| (None, mode));
    let features = Feature::ALL.into_iter();
    let features = features.filter_map(|feature| Some((Some(feature.as_str()), setting.of(feature)?)));
    all.into_iter().chain(features).map(move |(feature, mode)| OfSwitch {
        is_for_all_sites,
        path: path.map(str::to_owned),
        feature,
        to: mode.as_str(),
    })
}

/// The fields of a form, each once.
fn fields(body: &str) -> HashMap<String, String> {
    let fields = form_urlencoded::parse(body.as_bytes()).into_owned();
    fields
        .map(|(name, value)| (name, value.trim().to_owned()))
        .filter(|(_, value)| !value.is_empty())
        .collect()
}

/// The change that the form for switches asks for. Whether it can be made, the record says ([`Switches::changed`]).
///
/// # Errors
/// What is missing, as a sentence.
pub fn change(body: &str, site: &str) -> Result<Change, &'static str> {
    let mut fields = fields(body);
    let to = fields.remove("to").ok_or("The form does not say what to set the switch to.")?;
    let is_for_all_sites = fields.contains_key("all-sites");
    Ok(Change {
        site: (!is_for_all_sites).then(|| site.to_owned()),
        path: fields.remove("path"),
        feature: fields.remove("feature"),
        to,
    })
}

/// What the form for forgetting asks for: a page by its path, an origin that pages name, or all of the site, which takes a second
/// word so that a slip of the hand does not do it.
///
/// # Errors
/// What is missing or wrong, as a sentence.
pub fn forgotten(body: &str) -> Result<Erased, &'static str> {
    let mut fields = fields(body);
    if fields.contains_key("all") {
        return if fields.contains_key("sure") {
            Ok(Erased::Site)
        } else {
            Err("Nothing was forgotten: tick the box that says you are sure.")
        };
    }
    let what = fields.remove("what").ok_or("Nothing was forgotten: name a path or an origin.")?;
    if what.starts_with('/') {
        // As a browser asks for it, which is how it was learned.
        let url = Url::parse(&format!("https://site.invalid{what}"));
        let path = url.map(|url| url.path().to_owned());
        return path.map(Erased::Path).map_err(|_| "Nothing was forgotten: that path cannot be read.");
    }
    let origin = Origin::parse(&what).map(|origin| origin.to_string());
    origin.map(Erased::Origin).ok_or(
        "Nothing was forgotten: that is neither a path like /a nor an origin like https://cdn.example.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: &str = "shop.example";

    #[test]
    fn what_is_set_is_told_and_that_of_the_site_first() {
        let switches = Switches::parse(
            r#"{"mode":"shadow","paths":{"/all/*":"off"},
                "sites":{"shop.example":{"hints":"off","paths":{"/checkout/*":{"mode":"off"},"/a":{"rules":"shadow"}}},
                         "other.example":{"mode":"off"}}}"#,
        )
        .unwrap();
        let told: Vec<String> = of(&switches, SITE)
            .into_iter()
            .map(|OfSwitch { is_for_all_sites, path, feature, to }| {
                format!(
                    "{is_for_all_sites} {} {} {to}",
                    path.unwrap_or_default(),
                    feature.unwrap_or_default()
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                "false /checkout/*  off",
                "false /a rules shadow",
                "false  hints off",
                "true /all/*  off",
                "true   shadow"
            ]
        );
        assert_eq!(of(&Switches::default(), SITE), []);
    }

    #[test]
    fn a_form_asks_for_a_change_of_the_site_or_of_all() {
        let wanted = Change {
            site: Some(SITE.to_owned()),
            path: Some("/checkout/*".to_owned()),
            feature: Some("rules".to_owned()),
            to: "off".to_owned(),
        };
        assert_eq!(change("to=off&path=%2Fcheckout%2F*&feature=rules", SITE), Ok(wanted));
        let all = Change { to: "default".to_owned(), ..Change::default() };
        assert_eq!(change("to=default&path=+&feature=&all-sites=yes", SITE), Ok(all));
        assert!(change("path=/a", SITE).is_err());
        // What the record does not know, it says itself.
        let change = change("to=sideways", SITE).unwrap();
        assert!(Switches::default().changed(&change).is_err());
    }

    #[test]
    fn a_form_names_what_is_forgotten() {
        assert_eq!(forgotten("what=%2Fa%20b%3Fc"), Ok(Erased::Path("/a%20b".to_owned())));
        assert_eq!(forgotten("what=%2F%C3%BC%2F..%2F%C3%A9%23x"), Ok(Erased::Path("/%C3%A9".to_owned())));
        assert_eq!(
            forgotten("what=https%3A%2F%2Fcdn.example"),
            Ok(Erased::Origin("https://cdn.example".to_owned()))
        );
        assert_eq!(forgotten("all=yes&sure=yes"), Ok(Erased::Site));
        for wrong in ["all=yes", "", "what=", "what=cdn", "what=javascript:0", "sure=yes"] {
            assert!(forgotten(wrong).is_err(), "{wrong}");
        }
    }
}
