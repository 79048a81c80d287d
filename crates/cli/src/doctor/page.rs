//! What a page says, as far as the checks look at it: its policies, rule sets, scripts, stylesheets and links.

use super::seen::Answer;
use headstart::csp::{IntegrityPolicy, Policies};
use headstart::head::Head;
use headstart::hints::Origin;
use headstart::learn::css;
use headstart::learn::html::{MAX_PAGE_BYTES, Observer};
use headstart::learn::link_reader::SuspectLink;
use headstart::text_elements;
use headstart::urls::inert_parameters::InertParameters;
use lol_html::html_content::Element;
use lol_html::{HtmlRewriter, MemorySettings, Settings, element, text};
use std::cell::RefCell;
use std::rc::Rc;
use url::Url;

/// The most scripts, stylesheets and links of a page that are kept, and the longest text of a script.
const MAX_SCRIPTS: usize = 300;
const MAX_SHEETS: usize = 50;
const MAX_LINKS: usize = 2000;
const MAX_SCRIPT_BYTES: usize = 256 * 1024;

/// The most memory that the parser may take.
const MAX_MEMORY_BYTES: usize = 4 * 1024 * 1024;

/// What a page says.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The policies of its header and of its `<meta>`s.
    pub policies: Policies,
    /// The same with those that only report, which Headstart heeds in what it adds.
    pub heeded: Policies,
    /// Its scripts, rule sets among them.
    pub scripts: Vec<Script>,
    /// Its stylesheets.
    pub sheets: Vec<Url>,
    /// Where its links lead, each once.
    pub links: Vec<Url>,
    /// What links say that they do.
    pub suspects: Vec<SuspectLink>,
    /// The origins that its HTML has a browser fetch from or that it hints.
    pub origins: Vec<Origin>,
    /// What its own `<style>`s refer to.
    pub style_urls: Vec<Url>,
    /// The HTML.
    pub html: String,
}

/// A `<script>`.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// Its attributes; names are lower-case, and character references are decoded.
    pub attributes: Vec<(String, String)>,
    /// What stands in it.
    pub text: String,
}

impl Script {
    /// An attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// Whether it is a rule set.
    pub fn is_rules(&self) -> bool {
        self.attribute("type").is_some_and(|kind| kind.trim().eq_ignore_ascii_case("speculationrules"))
            && self.attribute("src").is_none()
    }

    /// Whether a browser runs it.
    pub fn is_run(&self) -> bool {
        let kind = self.attribute("type").unwrap_or_default().trim().to_ascii_lowercase();
        kind.is_empty() || kind == "module" || kind.ends_with("javascript")
    }
}

impl Page {
    /// The rule sets that stand in it.
    pub fn rule_sets(&self) -> impl Iterator<Item = &Script> {
        self.scripts.iter().filter(|script| script.is_rules())
    }
}

/// Reads a page.
pub fn read(answer: &Answer) -> Page {
    let html = answer.text();
    let parts = Rc::new(RefCell::new(Parts::at(&answer.url)));
    parse(&html, &parts);
    let parts = Rc::try_unwrap(parts).map_or_else(|_| Parts::at(&answer.url), RefCell::into_inner);
    let head = head(answer);
    let enforced = IntegrityPolicy::read_enforced(|name| answer.fields.joined(name));
    let mut policies = Policies::of_answer(head.csp.as_deref(), None, enforced);
    let mut heeded = head.policies();
    for policy in &parts.policies {
        policies.add_meta(policy);
        heeded.add_meta(policy);
    }
    let findings = observe(answer, &head);
    let style_urls = parts
        .styles
        .iter()
        .flat_map(|text| css::stylesheet(text))
        .filter_map(|reference| parts.base.join(&reference.url).ok())
        .collect();
    Page {
        policies,
        heeded,
        scripts: parts.scripts,
        sheets: parts.sheets,
        links: parts.links,
        suspects: findings.suspects,
        origins: findings.observation.uses.into_iter().map(|used| used.origin).collect(),
        style_urls,
        html,
    }
}

/// What its header says of how it is read.
fn head(answer: &Answer) -> Head {
    Head {
        csp: answer.fields.joined("content-security-policy"),
        csp_report_only: answer.fields.joined("content-security-policy-report-only"),
        integrity: IntegrityPolicy::read(|name| answer.fields.joined(name)),
        charset: answer.fields.get("content-type").and_then(charset),
        ..Head::default()
    }
}

/// The page as Headstart itself reads it to learn from it.
fn observe(answer: &Answer, head: &Head) -> headstart::learn::document::PageFindings {
    let Some(mut observer) = Observer::new(&answer.url, head, &InertParameters::default()) else {
        return headstart::learn::document::PageFindings::default();
    };
    observer.write(answer.body.get(..MAX_PAGE_BYTES).unwrap_or(&answer.body));
    observer.end()
}

fn charset(content_type: &str) -> Option<String> {
    let parameters = content_type.split(';').skip(1);
    let mut named = parameters.filter_map(|parameter| parameter.split_once('='));
    let (_, value) = named.find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))?;
    Some(value.trim().trim_matches('"').to_owned())
}

/// What the parser's handlers gather.
struct Parts {
    base: Url,
    has_base: bool,
    policies: Vec<String>,
    scripts: Vec<Script>,
    sheets: Vec<Url>,
    links: Vec<Url>,
    styles: Vec<String>,
    /// Whether the text that comes belongs to a script that is kept.
    is_script_kept: bool,
}

impl Parts {
    fn at(base: &Url) -> Self {
        Self {
            base: base.clone(),
            has_base: false,
            policies: Vec::new(),
            scripts: Vec::new(),
            sheets: Vec::new(),
            links: Vec::new(),
            styles: Vec::new(),
            is_script_kept: false,
        }
    }

    fn see(&mut self, element: &Element<'_, '_>) {
        match element.tag_name().as_str() {
            "base" if !self.has_base => {
                if let Some(base) = attribute(element, "href").and_then(|href| self.base.join(&href).ok()) {
                    self.base = base;
                    self.has_base = true;
                }
            }
            "meta" => {
                let is_policy = attribute(element, "http-equiv")
                    .is_some_and(|name| name.trim().eq_ignore_ascii_case("content-security-policy"));
                if is_policy && let Some(content) = attribute(element, "content") {
                    self.policies.push(content);
                }
            }
            "script" => {
                self.is_script_kept = self.scripts.len() < MAX_SCRIPTS;
                if self.is_script_kept {
                    let attributes = element.attributes().iter().map(|attribute| {
                        (attribute.name(), htmlize::unescape_attribute(attribute.value()).into_owned())
                    });
                    self.scripts.push(Script { attributes: attributes.collect(), text: String::new() });
                }
            }
            "link" => {
                let rel = attribute(element, "rel").unwrap_or_default().to_ascii_lowercase();
                let is_sheet = rel.split_ascii_whitespace().any(|word| word == "stylesheet");
                if is_sheet && let Some(href) = attribute(element, "href") {
                    push(&mut self.sheets, self.base.join(&href).ok(), MAX_SHEETS);
                }
            }
            "style" => self.styles.push(String::new()),
            "a" | "area" => {
                if let Some(href) = attribute(element, "href") {
                    let url = self.base.join(href.trim()).ok().map(|mut url| {
                        url.set_fragment(None);
                        url
                    });
                    push(&mut self.links, url, MAX_LINKS);
                }
            }
            _ => {}
        }
    }
}

fn push(list: &mut Vec<Url>, url: Option<Url>, most: usize) {
    let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
    if let Some(url) = url.filter(|url| list.len() < most && !list.contains(url)) {
        list.push(url);
    }
}

fn attribute(element: &Element<'_, '_>, name: &str) -> Option<String> {
    element.get_attribute(name).map(|value| htmlize::unescape_attribute(value).into_owned())
}

fn parse(html: &str, parts: &Rc<RefCell<Parts>>) {
    let share = || Rc::clone(parts);
    let (for_elements, for_scripts, for_styles) = (share(), share(), share());
    let settings = Settings::new()
        .with_strict(false)
        .with_memory_settings(
            MemorySettings::new()
                .with_max_allowed_memory_usage(MAX_MEMORY_BYTES)
                .with_graceful_bail_out_on_memory_limit_exceeded(true),
        )
        .append_element_content_handler(element!(text_elements::SELECTOR, move |element| {
            let tag = html.as_bytes().get(element.source_location().bytes());
            if tag.is_some_and(text_elements::ends_in_no_value) {
                return Err("what follows is text, and would be read as markup".into());
            }
            Ok(())
        }))
        .append_element_content_handler(element!(
            "base[href], meta[http-equiv], script, style, link[rel], a[href], area[href]",
            move |element| {
                if let Ok(mut parts) = for_elements.try_borrow_mut() {
                    parts.see(element);
                }
                Ok(())
            }
        ))
        .append_element_content_handler(text!("script", move |text| {
            if let Ok(mut parts) = for_scripts.try_borrow_mut()
                && parts.is_script_kept
                && let Some(script) = parts.scripts.last_mut()
                && script.text.len() < MAX_SCRIPT_BYTES
            {
                script.text.push_str(text.as_str());
            }
            Ok(())
        }))
        .append_element_content_handler(text!("style", move |text| {
            if let Ok(mut parts) = for_styles.try_borrow_mut()
                && let Some(style) = parts.styles.last_mut()
                && style.len() < MAX_SCRIPT_BYTES
            {
                style.push_str(text.as_str());
            }
            Ok(())
        }));
    // What was gathered before it fails counts.
    let mut rewriter = HtmlRewriter::new(settings, |_: &[u8]| {});
    if rewriter.write(html.as_bytes()).is_ok() {
        let _ = rewriter.end();
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::doctor::seen::Fields;
    use std::time::Duration;

    /// The answer with a page.
    pub fn answer(url: &str, fields: &[(&str, &str)], html: &str) -> Answer {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Answer {
            url: Url::parse(url).unwrap(),
            status: 200,
            is_http2: false,
            fields: Fields(fields),
            early: Vec::new(),
            body: html.as_bytes().to_vec(),
            is_cut: false,
            waited: Duration::ZERO,
        }
    }

    fn strings(urls: &[Url]) -> Vec<&str> {
        urls.iter().map(Url::as_str).collect()
    }

    #[test]
    fn what_a_page_says_is_read() {
        let page = read(&answer(
            "https://shop.example/a/b",
            &[("content-security-policy", "img-src 'none'")],
            "<base href=/c/><meta http-equiv=Content-Security-Policy content=\"script-src 'none'\">\
             <link rel='preload stylesheet' href=s.css><script src=x.js data-domain='a&amp;b'></script>\
             <script type=SpeculationRules nonce=n>{\"a\":1}</script><style>p { background: url(p.png) }</style>\
             <a href=d#x>1</a><a href=/c/d>2</a><a href=mailto:a@b>3</a><area href=//other.example>\
             <img src=https://cdn.example/i.png>",
        ));
        assert_eq!(strings(&page.sheets), ["https://shop.example/c/s.css"]);
        assert_eq!(strings(&page.links), ["https://shop.example/c/d", "https://other.example/"]);
        assert_eq!(strings(&page.style_urls), ["https://shop.example/c/p.png"]);
        assert_eq!(page.scripts[0].attribute("data-domain"), Some("a&b"));
        let rules: Vec<&str> = page.rule_sets().map(|script| script.text.as_str()).collect();
        assert_eq!(rules, ["{\"a\":1}"]);
        let (url, script) = (&page.sheets[0], headstart::csp::Destination::Script);
        assert!(!page.policies.allows(url, url, script, None), "the policy of the <meta>");
        assert!(
            !page.policies.allows(url, url, headstart::csp::Destination::Image, None),
            "and of the header"
        );
        assert!(page.origins.is_empty(), "no picture may be loaded");
    }

    #[test]
    fn what_stands_in_a_script_that_is_misread_is_no_link() {
        for tag in ["script async=", "style a =", "title a= "] {
            let html = format!("<a href=/1></a><{tag}><a href=/2></a><script src=x.js></script>");
            let page = read(&answer("https://shop.example/", &[], &html));
            assert_eq!(strings(&page.links), ["https://shop.example/1"], "{tag}");
            assert!(page.scripts.is_empty(), "{tag}: {:?}", page.scripts);
        }
    }

    #[test]
    fn a_page_as_large_as_may_be_is_read_up_to_its_bounds() {
        let html = format!("{}<script>{}", "<a href=/x>".repeat(50_000), "y".repeat(2_000_000));
        let page = read(&answer("https://shop.example/", &[], &html));
        assert_eq!(page.links.len(), 1);
        let many: Vec<String> = (0..5000).map(|number| format!("<a href=/{number}></a>")).collect();
        assert_eq!(read(&answer("https://shop.example/", &[], &many.concat())).links.len(), MAX_LINKS);
    }
}
