//! Which fonts a report tells of by their faces alone.
//!
//! What another origin's stylesheet has a browser fetch without CORS is in no list that a page may read; that a face is in use, the page
//! may know. The stylesheets that the site uses say which font that is: the one whose rule says of itself what the browser says. So a
//! browser that was given another sheet than the learner, other characters say, tells of no font.
//!
//! When such a font was asked for, nobody tells. But not before its stylesheet was there, and that is told.

use crate::learn::document::resources::Named;
use crate::learn::report::{Loaded, Name, Report};
use crate::learn::sheet::KnownSheet;
use crate::learn::third_party_sheet;
use crate::sorting::map::SortedMap;

/// The font of a face.
struct Font<'a> {
    url: &'a str,
    name: Name,
    /// Whether no other font has a face of this name.
    is_alone: bool,
    /// When it could have been asked for at the earliest, in milliseconds since the navigation.
    from_ms: Option<u32>,
}

/// The report, with the fonts of the faces that it tells of: among these stylesheets, by their names. Whether a font was preloaded for
/// nothing follows from its faces, where all that are in use are known: by their fonts, or as faces that have none to preload.
#[must_use]
pub fn with_fonts(report: &Report, sheets: &SortedMap<&str, &KnownSheet>) -> Report {
    let mut report = report.clone();
    let fonts = fonts(&report, sheets);
    let told: Vec<(u64, &Font)> =
        report.faces.iter().filter_map(|face| Some((*face, fonts.get(face)?))).collect();
    // One that has a font in one sheet and none in another may be either.
    let is_bare = |face: &u64| sheets.values().any(|sheet| sheet.bare_faces.contains(face));
    let is_known = |face: &u64| match fonts.get(face) {
        Some(font) => font.is_alone && !is_bare(face),
        None => is_bare(face),
    };
    let are_all_known = report.are_all_faces && report.faces.iter().all(is_known);
    for loaded in &mut report.loaded {
        let mut faces = fonts.iter().filter(|(_, font)| font.is_alone && font.name.0 == loaded.name.0);
        let Some((face, _)) = faces.next() else { continue };
        loaded.face = *face;
        if are_all_known {
            loaded.is_wasted = !told.iter().any(|(_, font)| font.name.0 == loaded.name.0);
            // No face in use has asked for it, so that a preload has, whatever the browser knows of that.
            loaded.is_preloaded |= loaded.is_wasted;
        }
    }
    for (face, font) in told.into_iter().filter(|(_, font)| font.is_alone) {
        if !report.loaded.iter().any(|loaded| loaded.name.0 == font.name.0) {
            report.loaded.push(Loaded { face, start_ms: font.from_ms, ..Loaded::new(font.name) });
        }
    }
    report
}

/// The fonts of all faces that these stylesheets name.
fn fonts<'a>(report: &Report, sheets: &SortedMap<&'a str, &'a KnownSheet>) -> SortedMap<u64, Font<'a>> {
    let mut fonts: SortedMap<u64, Font<'a>> = SortedMap::new();
    for (sheet, known) in sheets {
        // One of the site is known by a hash, and hides no font.
        let name = third_party_sheet::is_name(sheet).then(|| Name::of(sheet).0);
        let loaded = report.loaded.iter().find(|loaded| Some(loaded.name.0) == name);
        let end_ms = loaded.and_then(|loaded| loaded.end_ms);
        for Named { resource, faces, .. } in &known.resources {
            let name = Name::of(&resource.url);
            for face in faces {
                let new = Font { url: &resource.url, name, is_alone: true, from_ms: end_ms };
                let font = fonts.entry(*face).or_insert(new);
                font.is_alone &= font.url == resource.url;
                font.from_ms = font.from_ms.into_iter().chain(end_ms).min();
            }
        }
    }
    fonts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hints::resource::Resource;

    const SHEET: &str = "https://css.fonts.example/css2?family=A";
    const LATIN: u64 = 1;
    const CYRILLIC: u64 = 2;
    const BOLD: u64 = 3;

    fn url(file: &str) -> String {
        format!("https://files.fonts.example/{file}.woff2")
    }

    fn name(file: &str) -> Name {
        Name::of(&url(file))
    }

    /// A stylesheet with these fonts for these faces.
    fn sheet(fonts: &[(&str, &[u64])]) -> KnownSheet {
        let named = |(file, faces): &(&str, &[u64])| Named {
            faces: faces.to_vec(),
            ..Named::new(Resource::font(url(file)).unwrap())
        };
        KnownSheet { resources: fonts.iter().map(named).collect(), ..KnownSheet::default() }
    }

    /// A view of which these faces are told, which are all, and in which these were loaded.
    fn report(faces: &[u64], loaded: &[Loaded]) -> Report {
        Report { faces: faces.to_vec(), are_all_faces: true, loaded: loaded.to_vec(), ..Report::default() }
    }

    fn of_sheet(end_ms: u32) -> Loaded {
        Loaded { start_ms: Some(20), end_ms: Some(end_ms), ..Loaded::new(Name::of(SHEET)) }
    }

    fn preloaded(file: &str, is_wasted: bool) -> Loaded {
        Loaded { start_ms: Some(5), is_preloaded: true, is_wasted, ..Loaded::new(name(file)) }
    }

    /// What is told of fonts: which, since when, and whether for nothing.
    fn fonts_of(report: &Report, sheets: &[(&str, &KnownSheet)]) -> Vec<(Name, Option<u32>, bool)> {
        let sheets = sheets.iter().copied().collect();
        let report = with_fonts(report, &sheets);
        let loaded = report.loaded.iter().filter(|loaded| loaded.name != Name::of(SHEET));
        loaded.map(|loaded| (loaded.name, loaded.start_ms, loaded.is_wasted)).collect()
    }

    #[test]
    fn a_face_stands_for_the_font_of_its_rule_which_could_be_asked_for_when_the_sheet_was_there() {
        let sheet = sheet(&[("latin", &[LATIN, BOLD]), ("cyrillic", &[CYRILLIC])]);
        let sheets = [(SHEET, &sheet)];
        let expected = [(name("latin"), Some(127), false)];
        assert_eq!(fonts_of(&report(&[LATIN], &[of_sheet(127)]), &sheets), expected);
        assert_eq!(
            fonts_of(&report(&[BOLD, LATIN], &[of_sheet(127)]), &sheets),
            expected,
            "one file of two faces"
        );
        assert_eq!(fonts_of(&report(&[LATIN], &[]), &sheets), [(name("latin"), None, false)]);
        assert_eq!(fonts_of(&report(&[77], &[of_sheet(127)]), &sheets), [], "of a sheet that is another one");
        let seen = Loaded { start_ms: Some(140), ..Loaded::new(name("latin")) };
        let as_seen = fonts_of(&report(&[LATIN], &[of_sheet(127), seen]), &sheets);
        assert_eq!(as_seen, [(name("latin"), Some(140), false)], "the browser shows it itself");
    }

    #[test]
    fn of_two_sheets_with_the_face_the_earlier_counts_and_with_another_font_neither() {
        let (one, same) = (sheet(&[("latin", &[LATIN])]), sheet(&[("latin", &[LATIN])]));
        let second = "https://css.fonts.example/css2?family=A&family=B";
        let loaded = [of_sheet(127), Loaded { end_ms: Some(90), ..Loaded::new(Name::of(second)) }];
        let fonts =
            |other: &KnownSheet| fonts_of(&report(&[LATIN], &loaded), &[(SHEET, &one), (second, other)]);
        assert_eq!(fonts(&same)[1], (name("latin"), Some(90), false));
        assert_eq!(fonts(&sheet(&[("other", &[LATIN])])).len(), 1, "only the second sheet itself");
    }

    #[test]
    fn a_preload_is_for_nothing_where_all_faces_are_known_and_none_is_its() {
        let sheet = sheet(&[("latin", &[LATIN]), ("cyrillic", &[CYRILLIC])]);
        let sheets = [(SHEET, &sheet)];
        let wasted = |report: &Report| fonts_of(report, &sheets)[0].2;
        // One that is used, and one whose place a hidden font has taken: the numbers of fonts and faces tell neither.
        assert!(!wasted(&report(&[LATIN], &[preloaded("latin", true)])));
        assert!(wasted(&report(&[CYRILLIC], &[preloaded("latin", false)])));
        assert!(wasted(&report(&[], &[preloaded("latin", false)])));
        for is_wasted in [false, true] {
            // It may be that of a face that nobody knows, or that was not told.
            assert_eq!(wasted(&report(&[CYRILLIC, 77], &[preloaded("latin", is_wasted)])), is_wasted);
            let some =
                Report { are_all_faces: false, ..report(&[CYRILLIC], &[preloaded("latin", is_wasted)]) };
            assert_eq!(wasted(&some), is_wasted);
            assert_eq!(wasted(&report(&[], &[preloaded("unknown", is_wasted)])), is_wasted);
        }
    }

    #[test]
    fn a_font_none_of_whose_faces_is_in_use_is_no_use_though_its_browser_does_not_know_of_its_preload() {
        let sheet = sheet(&[("latin", &[LATIN]), ("bold", &[BOLD])]);
        // As Firefox has it.
        let loaded = ["bold", "latin"].map(|file| Loaded::new(name(file)));
        let fonts = |report: &Report| -> Vec<(bool, bool)> {
            let report = with_fonts(report, &[(SHEET, &sheet)].into());
            report.loaded.iter().map(|loaded| (loaded.is_preloaded, loaded.is_wasted)).collect()
        };
        assert_eq!(fonts(&report(&[LATIN], &loaded)), [(true, true), (false, false)]);
        assert_eq!(fonts(&report(&[LATIN, BOLD], &loaded)), [(false, false); 2]);
        assert_eq!(fonts(&report(&[LATIN, 77], &loaded)), [(false, false); 2], "it may be a face of it");
        let some = Report { are_all_faces: false, ..report(&[LATIN], &loaded) };
        assert_eq!(fonts(&some), [(false, false); 2]);
    }

    #[test]
    fn a_face_without_a_font_that_could_be_preloaded_hides_no_preload_that_is_for_nothing() {
        const FALLBACK: u64 = 4;
        let sheet = KnownSheet {
            bare_faces: vec![FALLBACK],
            ..sheet(&[("latin", &[LATIN]), ("cyrillic", &[CYRILLIC])])
        };
        let wasted = |faces: &[u64], sheets: &[(&str, &KnownSheet)], is_wasted| {
            fonts_of(&report(faces, &[preloaded("latin", is_wasted)]), sheets)[0].2
        };
        let sheets = [(SHEET, &sheet)];
        for is_wasted in [false, true] {
            // As many faces as fonts, of which one is in use for nobody.
            assert!(wasted(&[FALLBACK], &sheets, is_wasted));
            assert!(wasted(&[FALLBACK, CYRILLIC], &sheets, is_wasted));
            assert!(!wasted(&[FALLBACK, LATIN], &sheets, is_wasted));
            // One that nobody knows may be the font's.
            assert_eq!(wasted(&[FALLBACK, 77], &sheets, is_wasted), is_wasted);
            // And so may one that has a font in another sheet.
            let other = self::sheet(&[("latin", &[FALLBACK])]);
            let both = [(SHEET, &sheet), ("https://css.fonts.example/other", &other)];
            assert_eq!(wasted(&[FALLBACK, CYRILLIC], &both, is_wasted), is_wasted);
        }
        let told = fonts_of(&report(&[FALLBACK], &[]), &sheets);
        assert_eq!(told, [], "it stands for no font");
    }
}
