//! The links of saved pages.

use anyhow::Context as _;
use headstart::head::Head;
use headstart::learn::html::Observer;
use headstart::urls::inert_parameters::InertParameters;
use lol_html::{RewriteStrSettings, element, rewrite_str};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use url::Url;

/// The links of pages.
#[derive(Default)]
pub struct Links {
    /// Each by its path and query, with how many pages have it.
    pub counts: BTreeMap<String, u64>,
    /// What links say by their words that they do: the path and the names of the parameters, and the rule.
    pub suspects: BTreeMap<String, &'static str>,
}

/// Reads the links of pages. What those say that name a host is not looked at: the Worker heeds the site's own alone.
pub fn of(site: &Url, files: &[PathBuf]) -> anyhow::Result<Links> {
    let mut found = Links::default();
    for file in files {
        let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
        let text = String::from_utf8_lossy(&bytes);
        for link in links(site, &text).with_context(|| file.display().to_string())? {
            *found.counts.entry(link).or_default() += 1;
        }
        let mut observer = Observer::new(site, &Head::default(), &InertParameters::default())
            .context("the path is too long")?;
        observer.write(&bytes);
        found
            .suspects
            .extend(observer.end().suspects.into_iter().map(|suspect| (suspect.shape, suspect.rule)));
    }
    Ok(found)
}

/// The links of a page, each once, as paths of their own sites. A saved page does not say where it came from, so links that name a
/// host are taken for the site's own as well.
fn links(site: &Url, html: &str) -> anyhow::Result<Vec<String>> {
    let mut found = BTreeSet::new();
    let mut base = site.clone();
    let handler = element!("base[href], a[href], area[href]", |element| {
        let href = element.get_attribute("href").unwrap_or_default();
        if let Ok(url) = base.join(htmlize::unescape_attribute(&href).trim()) {
            if element.tag_name() == "base" {
                base = url;
            } else if matches!(url.scheme(), "http" | "https") {
                let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
                found.insert(format!("{}{query}", url.path()));
            }
        }
        Ok(())
    });
    let settings = RewriteStrSettings::new().with_strict(false).append_element_content_handler(handler);
    rewrite_str(html, settings)?;
    Ok(found.into_iter().collect())
}
