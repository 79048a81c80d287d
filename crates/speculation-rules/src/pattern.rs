//! URL patterns, as `href_matches` has them.

use serde_json::Value;
use std::sync::Arc;
use url::Url;
use urlpattern::{UrlPatternInit, UrlPatternMatchInput, UrlPatternOptions};

/// What a member of `href_matches` stands for.
///
/// ```
/// use serde_json::json;
/// use speculation_rules::UrlPattern;
/// use url::Url;
///
/// let base = Url::parse("https://shop.example/")?;
/// let pattern = UrlPattern::parse(&json!({ "pathname": "/products/*", "search": "" }), &base).expect("a pattern");
/// assert!(pattern.matches(&base.join("/products/2")?));
/// assert!(!pattern.matches(&base.join("/products/2?page=2")?));
/// assert!(UrlPattern::parse(&json!({ "path": "/products/*" }), &base).is_none(), "no such component");
/// # Ok::<(), url::ParseError>(())
/// ```
#[derive(Clone, Debug)]
pub struct UrlPattern {
    source: Value,
    compiled: Arc<urlpattern::UrlPattern>,
}

/// Two are the same that are written in the same way.
impl PartialEq for UrlPattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl UrlPattern {
    /// "Build a URL pattern from an Infra value"; `None` where the standard says failure.
    #[must_use]
    pub fn parse(pattern: &Value, base: &Url) -> Option<Self> {
        let init = match pattern {
            Value::String(text) => {
                UrlPatternInit::parse_constructor_string::<regex::Regex>(text, Some(base.clone())).ok()?
            }
            Value::Object(components) => {
                let mut init = UrlPatternInit { base_url: Some(base.clone()), ..UrlPatternInit::default() };
                for (name, value) in components {
                    let value = Some(value.as_str()?.to_owned());
                    match name.as_str() {
                        "protocol" => init.protocol = value,
                        "username" => init.username = value,
                        "password" => init.password = value,
                        "hostname" => init.hostname = value,
                        "port" => init.port = value,
                        "pathname" => init.pathname = value,
                        "search" => init.search = value,
                        "hash" => init.hash = value,
                        "baseURL" => init.base_url = Some(Url::parse(value.as_deref()?).ok()?),
                        _ => return None,
                    }
                }
                init
            }
            _ => return None,
        };
        let compiled = urlpattern::UrlPattern::parse(init, UrlPatternOptions::default()).ok()?;
        Some(Self { source: pattern.clone(), compiled: Arc::new(compiled) })
    }

    /// Whether the pattern matches a URL.
    #[must_use]
    pub fn matches(&self, url: &Url) -> bool {
        // Only inputs that still have to be parsed can fail.
        self.compiled.test(UrlPatternMatchInput::Url(url.clone())).unwrap_or_default()
    }
}
