//! Pictures that rules of a page's `<style>` name: whether the page has an element for the rule is known when it was read.
//!
//! A rule counts as one that matches once all classes and IDs of one of its selectors have been seen behind it. That they stand on
//! one element, or in the order that the selector asks for, is taken for granted: whoever writes a rule into a page writes it for
//! the page.

use super::css::Reference;
use std::collections::HashSet;

/// The most pictures that are waited with.
const MAX_PICTURES: usize = 50;

/// The most classes of one element that are looked at.
const MAX_CLASSES: usize = 50;

/// See the module's description.
#[derive(Debug, Default)]
pub struct AwaitedPictures {
    pictures: Vec<Reference>,
    /// The names that any of them still needs.
    names: HashSet<String>,
}

impl AwaitedPictures {
    /// Waits for what a picture needs, if that can be told.
    pub fn add(&mut self, picture: Reference) {
        if !picture.needs.is_empty() && self.pictures.len() < MAX_PICTURES {
            self.names.extend(picture.needs.iter().flatten().cloned());
            self.pictures.push(picture);
        }
    }

    /// Whether nothing is waited for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pictures.is_empty()
    }

    /// Takes in the classes and the ID of an element, and answers the pictures that need nothing more.
    pub fn see(&mut self, classes: Option<&str>, id: Option<&str>) -> Vec<Reference> {
        let classes = classes.into_iter().flat_map(str::split_ascii_whitespace).take(MAX_CLASSES);
        let names = classes.map(|class| format!(".{class}")).chain(id.map(|id| format!("#{id}")));
        let mut found = Vec::new();
        for name in names {
            // Each name is looked for once.
            if !self.names.remove(&name) {
                continue;
            }
            for needs in self.pictures.iter_mut().flat_map(|picture| &mut picture.needs) {
                needs.retain(|needed| *needed != name);
            }
            found.extend(self.pictures.extract_if(.., |picture| picture.needs.iter().any(Vec::is_empty)));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::css;

    /// The pictures that match, in the order in which elements show it.
    fn seen(style: &str, elements: &[(&str, &str)]) -> Vec<String> {
        let mut awaited = AwaitedPictures::default();
        for picture in css::stylesheet(style) {
            awaited.add(picture);
        }
        let urls = |(classes, id): &(&str, &str)| awaited.see(Some(classes), Some(id));
        elements.iter().flat_map(urls).map(|picture| picture.url).collect()
    }

    #[test]
    fn a_rule_matches_when_all_of_one_of_its_selectors_was_seen() {
        for (selector, elements, expected) in [
            (".hero", &[("hero", "")][..], true),
            (".hero", &[("heroine x", ""), ("", "hero")], false),
            (".Hero", &[("hero", "")], false),
            ("div.hero > #main::before", &[("a hero b", "")], false),
            ("div.hero > #main::before", &[("a hero b", ""), ("", "main")], true),
            (".a .b, .c", &[("b", ""), ("c", "")], true),
            (".a.b", &[("a", "")], false),
            (".a:after", &[("a", "")], true),
            (".a:hover", &[("a", "")], false),
            (".a:not(.b)", &[("a", "")], false),
            (".a[data-x]", &[("a", "")], false),
            ("ul", &[("a", "")], false),
            (".a, ul", &[("a", "")], true),
        ] {
            let style = format!("{selector} {{ background: url(x.png) }}");
            assert_eq!(!seen(&style, elements).is_empty(), expected, "{selector}");
        }
    }

    #[test]
    fn nothing_counts_that_is_under_a_condition_and_each_picture_counts_once() {
        let elements = [("a b", ""), ("a b", "")];
        for style in [
            "@media (width < 600px) { .a { background: url(x) } }",
            "@supports (x: y) { .a { background: url(x) } }",
            "@media print { .a { background: url(x) } }",
            ".c { .a { background: url(x) } }",
            "@layer x { @media screen { .a { background: url(x) } } }",
        ] {
            assert!(seen(style, &elements).is_empty(), "{style}");
        }
        assert!(seen(".a { cursor: url(x), auto } html, .a { background: url(y) }", &elements).is_empty());
        assert_eq!(seen("@layer x { .a { background: url(x) } }", &elements), ["x"]);
        assert_eq!(seen(".a, .b { background: url(x) } .b { background: url(x) }", &elements), ["x"]);
        assert_eq!(seen(".c { background: url(x) } .b { background: url(x) }", &elements), ["x"]);
    }

    #[test]
    fn everything_is_bounded() {
        let rules: Vec<String> =
            (0..5000).map(|number| format!(".a{number}, .b{number} {{ mask: url({number}) }}")).collect();
        let mut awaited = AwaitedPictures::default();
        for picture in css::stylesheet(&rules.concat()) {
            awaited.add(picture);
        }
        assert!(awaited.pictures.len() <= MAX_PICTURES && awaited.names.len() <= 2 * MAX_PICTURES);
        let classes: Vec<String> = (0..5000).map(|number| format!("b{} ", 4999 - number)).collect();
        assert!(awaited.see(Some(&classes.concat()), None).is_empty(), "too many classes");
        assert_eq!(awaited.see(Some("b0 b1"), None).len(), 2);
    }
}
