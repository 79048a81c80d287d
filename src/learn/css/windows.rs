//! In which windows, and at which densities, the rules of a sheet have its pictures fetched.
//!
//! Of rules for the same elements the later one counts. So where `@media (max-width: 767px)` gives an element another picture, or none,
//! the one that stands before is for wider windows alone.

use crate::hints::media;
use std::collections::HashSet;

/// The most declarations that are held against each other; more than pages have of pictures.
const MAX_DECLARED: usize = 1000;

/// The most media queries of later rules that are taken from those of one; each is a step.
const MAX_LATER: usize = 8;

/// The longest list of media queries, in bytes.
const MAX_BYTES: usize = 1000;

/// The declarations of pictures, and those that take their place, in their order.
#[derive(Debug, Default)]
pub(super) struct Windows {
    declared: Vec<Declared>,
    layers: HashSet<u64>,
}

#[derive(Debug)]
struct Declared {
    /// What stands for the elements and for the property.
    layer: u64,
    /// The media queries around it; `None` where no list says it.
    media: Option<String>,
    /// The places of its pictures among those of the sheet, each with the densities at which it is taken.
    pictures: Vec<(usize, String)>,
    /// Whether it is an `image-set()` of several densities.
    is_set: bool,
}

/// When a picture is fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
enum When {
    /// Never, since something else counts.
    Never,
    /// Under these media queries; always where there are none.
    Under(String),
    /// Nobody can say it.
    Untold,
}

impl When {
    fn told(media: Option<String>) -> Self {
        media.filter(|media| media.len() <= MAX_BYTES).map_or(Self::Untold, Self::Under)
    }

    /// By one rule or by another.
    fn or(self, other: &Self) -> Self {
        match (self, other) {
            (Self::Never, other) => other.clone(),
            (one, Self::Never) => one,
            (Self::Under(one), _) if one.is_empty() => Self::Under(one),
            (_, Self::Under(other)) if other.is_empty() => Self::Under(String::new()),
            (Self::Under(one), Self::Under(other)) => Self::told(Some(media::either(&one, other))),
            _ => Self::Untold,
        }
    }

    /// At these densities alone.
    fn at(&self, densities: &str) -> Self {
        match self {
            Self::Under(media) => Self::told(media::both(media, densities)),
            other => other.clone(),
        }
    }
}

impl Windows {
    /// Notes a declaration, perhaps of no picture. One that takes the place of none says nothing.
    pub(super) fn declare(
        &mut self,
        layer: u64,
        media: Option<String>,
        pictures: Vec<(usize, String)>,
        is_set: bool,
    ) {
        let counts = !pictures.is_empty() || self.layers.contains(&layer);
        if counts && self.declared.len() < MAX_DECLARED {
            self.layers.insert(layer);
            self.declared.push(Declared { layer, media, pictures, is_set });
        }
    }

    /// The media queries under which each of so many pictures is fetched; empty where it always is, `None` where it never is or nobody
    /// can say it.
    pub(super) fn of_pictures(&self, number: usize) -> Vec<Option<String>> {
        let mut all: Vec<Option<When>> = vec![None; number];
        for (at, declared) in self.declared.iter().enumerate() {
            if declared.pictures.is_empty() {
                continue;
            }
            let left = self.left(at, declared);
            for (picture, densities) in &declared.pictures {
                if let Some(known) = all.get_mut(*picture) {
                    let when = left.at(densities);
                    *known = Some(known.take().map_or(when.clone(), |known| known.or(&when)));
                }
            }
        }
        let media = |when: Option<When>| match when {
            // One that was not noted may stand anywhere.
            None => Some(String::new()),
            Some(When::Under(media)) => Some(media),
            Some(When::Never | When::Untold) => None,
        };
        all.into_iter().map(media).collect()
    }

    /// What later declarations leave of one.
    fn left(&self, at: usize, declared: &Declared) -> When {
        let Some(own) = declared.media.as_deref() else { return When::Untold };
        let later = self.declared.iter().skip(at + 1).filter(|later| later.layer == declared.layer);
        let mut before: Vec<&str> = Vec::new();
        for later in later {
            let Some(media) = later.media.as_deref() else { return When::Untold };
            if media == own {
                if later.is_set {
                    // What stands before is for browsers that know none.
                    return When::Never;
                }
            } else if !media.is_empty() && !before.contains(&media) {
                // Of one for all windows browsers tell whether it counts: it may be void.
                before.push(media);
            }
            if before.len() > MAX_LATER {
                return When::Untold;
            }
        }
        match media::without(own, &before) {
            Some(media) => When::told(Some(media)),
            None if media::is_covered(own, &before) => When::Never,
            None => When::Untold,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::learn::css::stylesheet;

    /// The pictures of a sheet, each with its media queries.
    fn pictures(sheet: &str) -> Vec<(String, Option<String>)> {
        stylesheet(sheet).into_iter().map(|picture| (picture.url, picture.media)).collect()
    }

    /// These as [`pictures`] gives them.
    fn told(pictures: &[(&str, Option<&str>)]) -> Vec<(String, Option<String>)> {
        pictures.iter().map(|(url, media)| ((*url).to_owned(), media.map(str::to_owned))).collect()
    }

    #[test]
    fn a_picture_is_for_the_windows_that_later_rules_leave_it() {
        let wide = ".hero { background-image: url(wide) }";
        for (sheet, expected) in [
            (wide, &[("wide", Some(""))][..]),
            // As page builders write it.
            (
                ".hero{background:url(wide)} @media(max-width:1024px){.hero{background-image:url(middling)}}
                 @media(max-width:767px){.hero{background:url(narrow) center}}",
                &[
                    ("wide", Some("(min-width: 1024.02px)")),
                    ("middling", Some("(min-width: 767.02px) and (max-width: 1024px)")),
                    ("narrow", Some("(max-width:767px)")),
                ],
            ),
            // From narrow to wide.
            (
                ".hero{background:url(narrow)} @media only screen and (min-width:48em){.hero{background:url(wide)}}",
                &[("narrow", Some("(max-width: 47.99em)")), ("wide", Some("only screen and (min-width:48em)"))],
            ),
            // It is not shown there.
            (
                ".hero{background:url(wide)} @media (max-width:767px){.hero{background:none}}",
                &[("wide", Some("(min-width: 767.02px)"))],
            ),
            (
                ".hero{background:url(wide)} @media (max-width:767px){.hero{background-color:red;color:red}}",
                &[("wide", Some(""))],
            ),
            (
                ".hero{background:url(wide)} @media (max-width:767px){.other{background:url(x)}}",
                &[("wide", Some("")), ("x", Some("(max-width:767px)"))],
            ),
            // What comes before counts for less.
            (
                "@media (max-width:767px){.hero{background:url(narrow)}} .hero{background:url(wide)}",
                &[("narrow", Some("(max-width:767px)")), ("wide", Some(""))],
            ),
            (
                ".hero{background:url(one)} @media (prefers-color-scheme:dark){.hero{background:url(two)}}",
                &[
                    ("one", Some("not all and (prefers-color-scheme:dark)")),
                    ("two", Some("(prefers-color-scheme:dark)")),
                ],
            ),
            (
                ".hero{background:url(one)}
                 @media (-webkit-min-device-pixel-ratio:2),(min-resolution:192dpi){.hero{background:url(two)}}",
                &[("one", None), ("two", Some("(-webkit-min-device-pixel-ratio:2),(min-resolution:192dpi)"))],
            ),
            // Rules in rules.
            (
                ".a{ .hero{background:url(wide)} @media (max-width:767px){ .hero{background:url(narrow)} } }",
                &[("wide", Some("(min-width: 767.02px)")), ("narrow", Some("(max-width:767px)"))],
            ),
            (
                "@media screen{.hero{background:url(wide)} @media (max-width:767px){.hero{background:url(narrow)}}}",
                &[("wide", Some("(min-width: 767.02px)")), ("narrow", Some("(max-width:767px)"))],
            ),
            (
                "@media (min-width:480px){ @media (max-width:767px){.hero{background:url(middling)}}}",
                &[("middling", Some("(min-width: 480px) and (max-width: 767px)"))],
            ),
            // The same picture, moved.
            (
                ".hero{background:url(x) center} @media (max-width:767px){.hero{background:url(x) top}}",
                &[("x", Some(""))],
            ),
            (
                ".hero{background:url(x)} @media all{.hero{background:url(x) top}} @media screen{.a{background:url(x)}}",
                &[("x", Some(""))],
            ),
            (
                "@media (max-width:480px){.hero{background:url(x)}} @media (max-width:767px){.hero{background:url(x)}}",
                &[("x", Some("(max-width:767px)"))],
            ),
            // What only Internet Explorer takes for a media query.
            (
                ".hero{background:url(x)}
                 @media all and (-ms-high-contrast:none),(-ms-high-contrast:active){.hero{background:url(y)}}
                 @media screen and (min-width:0\\0){.hero{background:url(z)}}",
                &[("x", Some(""))],
            ),
            // Names of one first word.
            (
                ":root{--site-hero:url(x);--site-gap:2rem} @media (max-width:767px){:root{--site-gap:1rem}}",
                &[("x", Some(""))],
            ),
            (
                ":root{--site-hero:url(x)} @media (max-width:767px){:root{--site-hero:url(y)}}",
                &[("x", Some("(min-width: 767.02px)")), ("y", Some("(max-width:767px)"))],
            ),
            // By two rules.
            (
                "@media (max-width:9px){.a{background:url(x)}} @media (min-width:999px){.b{background:url(x)}}",
                &[("x", Some("(max-width:9px), (min-width:999px)"))],
            ),
            (
                "@media (max-width:9px){.a{background:url(x)}} .b{background:url(x)}",
                &[("x", Some(""))],
            ),
            (
                "@supports (display:grid){.hero{background:url(wide)}} @media print{.hero{background:none}}",
                &[("wide", Some(""))],
            ),
        ] {
            assert_eq!(pictures(sheet), told(expected), "{sheet}");
        }
    }

    #[test]
    fn of_an_image_set_each_picture_is_for_its_densities() {
        const TWO: [(&str, Option<&str>); 2] =
            [("x", Some("(max-resolution: 1dppx)")), ("y", Some("(min-resolution: 1.001dppx)"))];
        for (value, expected) in [
            ("image-set(url(x) 1x, url(y) 2x)", &TWO[..]),
            ("-webkit-image-set('x' 96dpi, 'y' 2dppx)", &TWO),
            ("image-set('y' 2x, 'x')", &[TWO[1], TWO[0]]),
            ("image-set('x' 2x)", &[("x", Some(""))]),
            (
                "image-set('x' 1x, 'y' 2x, 'z' 3x)",
                &[
                    TWO[0],
                    ("y", Some("(min-resolution: 1.001dppx) and (max-resolution: 2dppx)")),
                    ("z", Some("(min-resolution: 2.001dppx)")),
                ],
            ),
            (
                "image-set('x' type('image/avif'), 'y' type('image/jpeg'))",
                &[("x", Some("")), ("y", Some(""))],
            ),
            (
                "image-set('w' 1x type('image/avif'), 'v' 2x type('image/avif'), 'x' 1x, 'y' 2x)",
                &[("w", TWO[0].1), ("v", TWO[1].1), TWO[0], TWO[1]],
            ),
            // As builders write what older browsers take.
            ("url(x); background: image-set(url(x) 1x, url(y) 2x)", &TWO),
            ("url(old); background-image: image-set(url(x) 1x, url(y) 2x)", &[("old", None), TWO[0], TWO[1]]),
        ] {
            assert_eq!(pictures(&format!("a {{ background: {value} }}")), told(expected), "{value}");
        }
        let narrow = "a{background:url(w)} @media (max-width:767px){a{background:image-set('x' 1x,'y' 2x)}}";
        let expected = [
            ("w", Some("(min-width: 767.02px)")),
            ("x", Some("(max-width:767px) and (max-resolution: 1dppx)")),
            ("y", Some("(max-width:767px) and (min-resolution: 1.001dppx)")),
        ];
        assert_eq!(pictures(narrow), told(&expected));
    }

    #[test]
    fn what_shows_no_picture_takes_no_room() {
        let icons: Vec<String> =
            (0..2000).map(|number| format!(".i{number}{{content:'x';--fa:'x'}}")).collect();
        let hero = ".hero{background:url(wide)} @media (max-width:767px){.hero{background:url(narrow)}}";
        let expected = [("wide", Some("(min-width: 767.02px)")), ("narrow", Some("(max-width:767px)"))];
        assert_eq!(pictures(&format!("{}{hero}", icons.concat())), told(&expected));
    }

    #[test]
    fn whatever_stands_there_takes_little_time_and_room() {
        let many =
            |number: usize| format!("@media (max-width:{number}px){{.a{{background:url(x{})}}}}", number % 7);
        let sheet: String = (1..5000).map(many).collect();
        let pictures = pictures(&sheet);
        assert_eq!(pictures.len(), 7);
        assert!(
            pictures
                .iter()
                .all(|(_, media)| media.as_ref().is_none_or(|media| media.len() <= super::MAX_BYTES))
        );
    }
}
