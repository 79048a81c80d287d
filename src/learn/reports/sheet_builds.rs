//! Which preloads of a stylesheet's parts a report says nothing of, since its visitor was given another build.
//!
//! A build names its stylesheets anew, and in them their fonts, their pictures and what they import. Which build a visitor was given no
//! report says; but what their browser has used does, since no stylesheet names two builds of one part. Nor do two that one view has: they
//! may both declare a face, of which browsers use the font that comes last.

use super::names;
use crate::learn::document::resources::Named;
use crate::learn::report::{Report, key};
use crate::learn::sheet::{KnownSheet, SheetOfBuild};

/// A part of a stylesheet that a report tells of.
struct Told<'a> {
    /// The number of the build that its stylesheet is of.
    build: usize,
    named: &'a Named,
    /// The hash of the URL by which it was loaded.
    hash: u64,
    /// Whether the stylesheet names nothing else of its key.
    is_alone: bool,
}

impl Told<'_> {
    /// Whether it may be a build of the same part as one of another stylesheet. The fonts of a service look alike: where their faces are
    /// known, these tell.
    fn is_build_of(&self, other: &Self) -> bool {
        if !self.named.faces.is_empty() && !other.named.faces.is_empty() {
            return self.named.shares_face(other.named);
        }
        self.is_alone && other.is_alone && key(&self.named.resource) == key(&other.named.resource)
    }
}

/// The hashes of the preloads that a browser has not used, and of which it has `used` another build. `sheets` are those that the page
/// uses and has used; `face_of` tells for which face a font was fetched before, and 0 where nobody knows.
pub(super) fn of_other_builds(
    report: &Report,
    used: &[u64],
    sheets: &[SheetOfBuild<'_>],
    face_of: impl Fn(u64) -> u64,
) -> Vec<u64> {
    let wasted = report.loaded.iter().filter(|loaded| loaded.is_wasted);
    let mut wasted: Vec<u64> = wasted.map(|loaded| loaded.name.0).collect();
    if wasted.is_empty() || used.is_empty() {
        return Vec::new();
    }
    let is_told = |hash: u64| used.contains(&hash) || wasted.contains(&hash);
    let told = sheets.iter().enumerate().flat_map(|(number, of_build)| {
        // What is not of the latest view may be of any.
        let build = if of_build.is_of_latest_view { 0 } else { number + 1 };
        told_of(build, of_build.sheet, &is_told)
    });
    let told: Vec<Told<'_>> = told.collect();
    let of = |hash: u64| told.iter().filter(move |part| part.hash == hash);
    let are_of_one_build =
        |one: u64, another: u64| of(one).any(|part| of(another).any(|other| other.build == part.build));
    wasted.retain(|hash| {
        let face = face_of(*hash);
        let others = told.iter().filter(|part| part.hash != *hash && used.contains(&part.hash));
        let mut others = others.filter(|part| !are_of_one_build(*hash, part.hash));
        others.any(|new| {
            (face != 0 && new.named.faces.contains(&face)) || of(*hash).any(|old| old.is_build_of(new))
        })
    });
    wasted
}

/// The parts of a stylesheet of this build that a report tells of.
fn told_of<'a>(build: usize, known: &'a KnownSheet, is_told: &impl Fn(u64) -> bool) -> Vec<Told<'a>> {
    let is_alone = |named: &Named| {
        let own = key(&named.resource);
        known.resources.iter().filter(|other| key(&other.resource) == own).count() == 1
    };
    let mut told = Vec::new();
    for named in &known.resources {
        for name in names(&named.resource).into_iter().filter(|name| is_told(name.0)) {
            told.push(Told { build, named, hash: name.0, is_alone: is_alone(named) });
        }
    }
    told
}
