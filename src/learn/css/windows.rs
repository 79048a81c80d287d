//! In which windows the rules of a sheet have its pictures fetched.
//!
//! Of rules for the same elements the later one counts. So where `@media (max-width: 767px)` gives an element another picture, or none,
//! the one that stands before is for wider windows alone.

use crate::hints::media;

/// The most declarations that are held against each other; more than pages have of pictures.
const MAX_DECLARED: usize = 1000;

/// The most media queries of later rules that are taken from those of one; each is a step.
const MAX_LATER: usize = 8;

/// The longest list of media queries, in bytes.
const MAX_BYTES: usize = 1000;

/// The declarations that may show pictures, in their order.
#[derive(Debug, Default)]
pub(super) struct Windows {
    declared: Vec<Declared>,
}

#[derive(Debug)]
struct Declared {
    /// What stands for the elements and for the property.
    layer: u64,
    /// The media queries around it; `None` where no list says it.
    media: Option<String>,
    /// The places of its pictures among those of the sheet.
    pictures: Vec<usize>,
}

impl Windows {
    /// Notes a declaration, perhaps of no picture.
    pub(super) fn declare(&mut self, layer: u64, media: Option<String>, pictures: Vec<usize>) {
        if self.declared.len() < MAX_DECLARED {
            self.declared.push(Declared { layer, media, pictures });
        }
    }

    /// The media queries under which each of so many pictures is fetched; empty where it always is, `None` where no list says it.
    pub(super) fn of_pictures(&self, number: usize) -> Vec<Option<String>> {
        // One that was not noted may stand anywhere.
        let mut all = vec![Some(String::new()); number];
        let mut noted = vec![false; number];
        for (at, declared) in self.declared.iter().enumerate() {
            if declared.pictures.is_empty() {
                continue;
            }
            let left = self.left(at, declared);
            for picture in &declared.pictures {
                if let (Some(known), Some(is_noted)) = (all.get_mut(*picture), noted.get_mut(*picture)) {
                    *known = if *is_noted { either(known.take(), left.as_deref()) } else { left.clone() };
                    *is_noted = true;
                }
            }
        }
        all
    }

    /// What later declarations leave of the media queries of one.
    fn left(&self, at: usize, declared: &Declared) -> Option<String> {
        let own = declared.media.as_deref()?;
        let later = self.declared.iter().skip(at + 1).filter(|later| later.layer == declared.layer);
        let mut before: Vec<&str> = Vec::new();
        for later in later {
            // Of one for all windows browsers tell whether it counts: it may be void.
            let media = later.media.as_deref()?;
            if !media.is_empty() && media != own && !before.contains(&media) {
                before.push(media);
            }
            if before.len() > MAX_LATER {
                return None;
            }
        }
        media::without(own, &before)
    }
}

/// The media queries under which one of two rules has a picture fetched.
fn either(known: Option<String>, media: Option<&str>) -> Option<String> {
    let (known, media) = (known?, media?);
    if known.is_empty() || media.is_empty() {
        Some(String::new())
    } else if known == media {
        Some(known)
    } else {
        (known.len() + media.len() < MAX_BYTES).then(|| format!("{known}, {media}"))
    }
}

#[cfg(test)]
mod tests {
    use crate::learn::css::stylesheet;

    /// The pictures of a sheet, each with its media queries.
    fn pictures(sheet: &str) -> Vec<(String, Option<String>)> {
        stylesheet(sheet).into_iter().map(|picture| (picture.url, picture.media)).collect()
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
                "@media (min-width:9px){ @media (max-width:767px){.hero{background:url(narrow)}}}",
                &[("narrow", None)],
            ),
            // By two rules.
            (
                "@media (max-width:9px){.a{background:url(x)}} @media (min-width:99px){.b{background:url(x)}}",
                &[("x", Some("(max-width:9px), (min-width:99px)"))],
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
            let expected: Vec<_> =
                expected.iter().map(|(url, media)| ((*url).to_owned(), media.map(str::to_owned))).collect();
            assert_eq!(pictures(sheet), expected, "{sheet}");
        }
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
