//! Patterns of URLs as a site's owner writes them, and as the table of products has them.

use super::query::MAX_PARAMETERS;
use super::words::decoded;
use crate::sorting::map::SortedMap;
use crate::urls::{parameters, pattern};
use std::cell::OnceCell;
use url::Url;

/// The longest pattern, in bytes.
const MAX_GLOB_BYTES: usize = 500;

/// A pattern that a site configures: a path in which `*` stands for anything, and behind `?` parameters that must all
/// be there, in any order. `/account/close`, `/*/rate/*`, `/*?action=poll*`.
#[derive(Clone, Debug)]
pub struct UrlGlob {
    text: String,
    path: Glob,
    parameters: Vec<Glob>,
}

/// Text in which `*` stands for anything: what is between the stars.
#[derive(Clone, Debug)]
struct Glob(Vec<Box<str>>);

impl Glob {
    fn new(text: &str) -> Self {
        Self(lower(text).split('*').map(Box::from).collect())
    }

    /// Whether it means `text`, which is in lower case. Takes time in proportion to the text: what is between two stars may be
    /// taken where it first stands.
    fn is_match(&self, text: &str) -> bool {
        let Some((first, rest)) = self.0.split_first() else { return false };
        let Some((last, between)) = rest.split_last() else { return text == &**first };
        let Some(mut left) = text.strip_prefix(&**first).filter(|left| left.ends_with(&**last)) else {
            return false;
        };
        for part in between {
            let Some(at) = left.find(&**part) else { return false };
            left = left.get(at + part.len()..).unwrap_or_default();
        }
        left.ends_with(&**last)
    }
}

/// A URL as patterns are compared with it: percent-decoded, in lower case, once that is needed.
#[derive(Debug)]
pub struct Compared<'a> {
    url: &'a Url,
    path: OnceCell<String>,
    parameters: OnceCell<Vec<String>>,
}

impl<'a> Compared<'a> {
    /// A URL.
    #[must_use]
    pub fn new(url: &'a Url) -> Self {
        Self { url, path: OnceCell::new(), parameters: OnceCell::new() }
    }

    fn path(&self) -> &str {
        self.path.get_or_init(|| lower(self.url.path()))
    }

    /// Each parameter, as `name=value`.
    fn parameters(&self) -> &[String] {
        self.parameters.get_or_init(|| {
            let pairs = parameters::pairs(self.url).take(MAX_PARAMETERS);
            pairs.map(|(name, value)| format!("{name}={value}").to_lowercase()).collect()
        })
    }
}

/// Many patterns, found by what they begin with.
#[derive(Debug, Default)]
pub struct GlobSet<T> {
    globs: Vec<(T, UrlGlob)>,
    /// Those that ask for a parameter of this name.
    by_parameter: SortedMap<String, Vec<usize>>,
    /// Of the others, those whose path begins with this byte behind its first slash.
    by_letter: Vec<(u8, usize)>,
    /// All others.
    others: Vec<usize>,
}

impl<T> FromIterator<(T, UrlGlob)> for GlobSet<T> {
    fn from_iter<I: IntoIterator<Item = (T, UrlGlob)>>(globs: I) -> Self {
        let mut set = Self {
            globs: globs.into_iter().collect(),
            by_parameter: SortedMap::new(),
            by_letter: Vec::new(),
            others: Vec::new(),
        };
        for (index, (_, glob)) in set.globs.iter().enumerate() {
            // The name of a parameter that the pattern has in full.
            let named =
                glob.parameter_names().into_iter().find(|(name, goes_on)| !goes_on && !name.is_empty());
            match named {
                Some((name, _)) => set.by_parameter.entry(name).or_default().push(index),
                None => match glob.path.0.first().and_then(|first| first.as_bytes().get(1)) {
                    Some(letter) => set.by_letter.push((*letter, index)),
                    None => set.others.push(index),
                },
            }
        }
        set
    }
}

impl<T> GlobSet<T> {
    /// All of them, in their order.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn iter(&self) -> impl Iterator<Item = &(T, UrlGlob)> {
        self.globs.iter()
    }

    /// The first that means a URL.
    #[must_use]
    pub fn find(&self, url: &Compared<'_>) -> Option<&(T, UrlGlob)> {
        let by_parameter = parameters::pairs(url.url).take(MAX_PARAMETERS).filter_map(|(name, _)| {
            let is_lower = !name.bytes().any(|byte| byte.is_ascii_uppercase());
            let name = if is_lower { name } else { name.to_lowercase().into() };
            self.by_parameter.get(&*name)
        });
        let letter = url.path().as_bytes().get(1);
        let by_letter =
            self.by_letter.iter().filter(|(first, _)| letter == Some(first)).map(|(_, index)| index);
        let indices = by_parameter.flatten().chain(by_letter).chain(&self.others);
        let mut candidates = indices.filter_map(|index| self.globs.get(*index));
        candidates.find(|(_, glob)| glob.means(url))
    }
}

/// What paths and patterns are compared as.
fn lower(text: &str) -> String {
    decoded(text).to_lowercase()
}

impl UrlGlob {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What a pattern must look like, as a sentence for the log.
    pub fn parse(text: &str) -> Result<Self, String> {
        if !text.starts_with('/') || text.len() > MAX_GLOB_BYTES {
            return Err(
                "a pattern must start with \"/\" (\"*\" stands for anything) and be at most 500 bytes long"
                    .to_owned(),
            );
        }
        let (path, query) = text.split_once('?').unwrap_or((text, ""));
        let parameters = parameters::of_query(query).map(Glob::new).collect();
        Ok(Self { text: text.to_owned(), path: Glob::new(path), parameters })
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The path as a URL pattern, for any query.
    #[must_use]
    pub fn path_pattern(&self) -> String {
        pattern::path_glob(self.text.split('?').next().unwrap_or_default())
    }

    /// How the names of the parameters that must be there begin, in lower case, and whether they may go on. Empty for a
    /// pattern that asks for none.
    #[must_use]
    pub fn parameter_names(&self) -> Vec<(String, bool)> {
        let (_, query) = self.text.split_once('?').unwrap_or_default();
        parameters::of_query(query)
            .map(|part| {
                let part = lower(part);
                let start = part.split(['*', '=']).next().unwrap_or_default().to_owned();
                let goes_on = part.get(start.len()..).is_some_and(|rest| rest.starts_with('*'));
                (start, goes_on)
            })
            .collect()
    }

    /// Whether a URL is one that the pattern means.
    #[must_use]
    pub fn is_match(&self, url: &Url) -> bool {
        self.means(&Compared::new(url))
    }

    /// The same for one that is compared with many.
    #[must_use]
    pub fn means(&self, url: &Compared<'_>) -> bool {
        // Parameters first: most patterns that have any stand for every path.
        (self.parameters.is_empty() || !url.parameters().is_empty())
            && self
                .parameters
                .iter()
                .all(|glob| url.parameters().iter().any(|parameter| glob.is_match(parameter)))
            && self.path.is_match(url.path())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use regex::Regex;

    #[test]
    fn a_glob_becomes_a_pattern() {
        let pattern = |text: &str| UrlGlob::parse(text).unwrap().path_pattern();
        assert_eq!(pattern("/scope:0/*"), "{/scope\\:0/}(.*)");
        assert_eq!(pattern("/a(b)+{c}"), "/a\\(b\\)\\+\\{c\\}");
        assert_eq!(pattern("/x?"), "/x");
        assert_eq!(pattern("/x?a=1"), "/x");
        assert!(UrlGlob::parse("x").is_err());
        assert!(UrlGlob::parse(&"/".repeat(501)).is_err());
    }

    #[test]
    fn a_glob_tells_which_parameters_it_asks_for() {
        let names = |text: &str| UrlGlob::parse(text).unwrap().parameter_names();
        let name = |start: &str, goes_on| (start.to_owned(), goes_on);
        assert!(names("/x").is_empty() && names("/x?").is_empty() && names("/x?&").is_empty());
        assert_eq!(
            names("/x?Action=*&%75tm_*=1&*=b&c"),
            [name("action", false), name("utm_", true), name("", true), name("c", false)]
        );
    }

    proptest! {
        #[test]
        fn stars_stand_for_anything(glob in "[ab*]{0,8}", text in "[ab]{0,10}") {
            let parts: Vec<String> = glob.split('*').map(regex::escape).collect();
            let expected = Regex::new(&format!("^{}$", parts.join(".*"))).unwrap().is_match(&text);
            prop_assert_eq!(Glob::new(&glob).is_match(&text), expected);
        }
    }
}
