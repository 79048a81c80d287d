//! The rule sets of pages, from files that their headers name and from their HTML: whose they are, and what engines make of them.

use super::page::Page;
use super::seen::{Answer, PageSeen, RulesSeen, Seen};
use headstart::endpoints;
use serde_json::Value;
use speculation_rules::{Engine, Rule, RuleSet, parse_as};
use url::Url;

/// The media type of rule sets (HTML, "Speculative loading").
pub const MEDIA_TYPE: &str = "application/speculationrules+json";

/// What rules are sorted by, in their JSON.
const KINDS: [&str; 3] = ["prefetch", "prerender", "prerender_until_script"];

/// Whose a rule set is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// Headstart's.
    Headstart,
    /// Cloudflare's Speed Brain.
    SpeedBrain,
    /// That of `WordPress`, or of its plugin Speculative Loading.
    WordPress,
    /// Somebody else's: the site's own, or that of a product which is not known here.
    Other,
}

impl Owner {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Headstart => "Headstart",
            Self::SpeedBrain => "Cloudflare's Speed Brain",
            Self::WordPress => "WordPress",
            Self::Other => "the site itself, or a product that is not known here",
        }
    }
}

/// A rule set of a page.
pub struct Given<'a> {
    /// Whose it is.
    pub owner: Owner,
    /// Its text.
    pub text: String,
    /// What its URLs are relative to.
    pub base: Url,
    /// Where it stands, in words.
    pub place: String,
    /// The page's script, if it stands in the page.
    pub script: Option<&'a super::page::Script>,
}

impl Given<'_> {
    /// What an engine makes of it.
    pub fn as_read_by(&self, engine: Engine) -> Result<RuleSet, speculation_rules::Dropped> {
        parse_as(engine, &self.text, &self.base)
    }

    /// How many rules it has.
    pub fn rules(&self) -> usize {
        let set: Value = serde_json::from_str(&self.text).unwrap_or_default();
        KINDS.iter().filter_map(|kind| set.get(kind)?.as_array()).map(Vec::len).sum()
    }
}

/// How many rules of a set are left.
pub fn kept(set: &RuleSet) -> usize {
    set.prefetch.len() + set.prerender.len() + set.prerender_until_script.len()
}

/// Whether a rule set is Headstart's, by its tag.
pub fn is_ours(text: &str) -> bool {
    tag(text).is_some_and(|tag| tag == "headstart" || tag.starts_with("headstart-"))
}

fn tag(text: &str) -> Option<String> {
    let set: Value = serde_json::from_str(text).ok()?;
    Some(set.get("tag")?.as_str()?.to_owned())
}

fn owner(text: &str, url: Option<&Url>) -> Owner {
    let is_speed_brain = url.is_some_and(|url| url.path().starts_with("/cdn-cgi/speculation"))
        || tag(text).is_some_and(|tag| tag == "cf-speed-brain");
    if is_ours(text) || url.is_some_and(|url| endpoints::is_own(url.path())) {
        Owner::Headstart
    } else if is_speed_brain {
        Owner::SpeedBrain
    } else if text.contains("/wp-login.php") || text.contains("\\/wp-*.php") || text.contains("/wp-*.php") {
        Owner::WordPress
    } else {
        Owner::Other
    }
}

/// The rule sets that a page names by header or has in its HTML, as far as browsers take their files.
pub fn of<'a>(seen: &Seen, page: &'a PageSeen) -> Vec<Given<'a>> {
    let named = named(page);
    let by_header = seen.rules.iter().filter(|rules| named.contains(&rules.url)).filter_map(by_header);
    by_header.chain(inline(&page.page, page.url())).collect()
}

fn by_header<'a>(rules: &RulesSeen) -> Option<Given<'a>> {
    let is_taken =
        |answer: &&Answer| answer.is_success() && answer.fields.media_type().as_deref() == Some(MEDIA_TYPE);
    let answer = rules.asked.as_ref().ok().filter(is_taken)?;
    let text = answer.text();
    Some(Given {
        owner: owner(&text, Some(&rules.url)),
        text,
        base: answer.url.clone(),
        place: rules.url.path().to_owned(),
        script: None,
    })
}

fn inline<'a>(page: &'a Page, url: &'a Url) -> impl Iterator<Item = Given<'a>> {
    page.rule_sets().map(|script| Given {
        owner: owner(&script.text, None),
        text: script.text.clone(),
        base: url.clone(),
        place: "a <script type=speculationrules> in the page".to_owned(),
        script: Some(script),
    })
}

/// The rule files that a page names by header; none where its header cannot be read.
pub fn named(page: &PageSeen) -> Vec<Url> {
    let field = page.answer.fields.joined("speculation-rules");
    let names = field.and_then(|field| headstart::rules::header::parse(&field)).unwrap_or_default();
    names.iter().filter_map(|name| page.url().join(name).ok()).collect()
}

/// The rules of these sets that Chromium follows.
pub fn followed<'a>(sets: impl Iterator<Item = &'a Given<'a>>) -> Vec<Rule> {
    let rules =
        |set: RuleSet| set.prefetch.into_iter().chain(set.prerender).chain(set.prerender_until_script);
    sets.filter_map(|set| set.as_read_by(Engine::Chromium).ok()).flat_map(rules).collect()
}

/// Whether one of these rules means a link to this URL, as far as its URL tells.
pub fn means(rules: &[Rule], link: &Url) -> bool {
    rules.iter().any(|rule| match (&rule.urls, &rule.predicate) {
        (Some(urls), _) => urls.contains(link),
        // Which selectors a link matches is not looked at: nearly all of them stand in a `not`.
        (None, Some(predicate)) => predicate.matches(link, &|_| false),
        (None, None) => true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_set_tells_whose_it_is() {
        let url = |path: &str| Url::parse("https://shop.example").unwrap().join(path).unwrap();
        for (text, path, expected) in [
            (r#"{"tag":"headstart"}"#, None, Owner::Headstart),
            (r#"{"tag":"headstart-next","prefetch":[]}"#, None, Owner::Headstart),
            ("", Some("/_headstart/rules/site.json"), Owner::Headstart),
            (r#"{"tag":"headstarter"}"#, None, Owner::Other),
            (r#"{"tag":"cf-speed-brain","prefetch":[]}"#, None, Owner::SpeedBrain),
            ("{}", Some("/cdn-cgi/speculation"), Owner::SpeedBrain),
            (
                r#"{"prefetch":[{"source":"document","where":{"not":{"href_matches":["\/wp-*.php"]}}}]}"#,
                None,
                Owner::WordPress,
            ),
            ("{}", Some("/rules.json"), Owner::Other),
        ] {
            assert_eq!(owner(text, path.map(url).as_ref()), expected, "{text}");
        }
    }
}
