//! What many browsers' reports say of one page: which of the parts that the site names there are used, how late, by how many; and
//! how many views are still to be asked.
//!
//! A report votes for a part by the hash of its URL. The part itself, its URL and the form in which it is asked for, comes from the
//! site's HTML and CSS alone, where several visitors were given it. So nothing that a browser says is ever told to another one.
//!
//! A new build names its files anew: of a part that takes the place of another one all counts that was known of that one, but for
//! the visitors ([`builds`]).

use super::document::resources::{Named, PictureTag};
use super::next::visitor::{DAY_MS, Day, Visitors};
use super::observation::{Observation, Withheld};
use super::report::{Loaded, Name, NavigationKind, Report, key};
use super::sheet::{KnownSheet, SheetOfBuild};
use crate::hash::fnv1a_on;
use crate::hints::preload::{Preload, PreloadCandidate, USED, choose};
use crate::hints::rank::HintPreferences;
use crate::hints::resource::{Destination, Resource};
use crate::hints::srcset;
use crate::learn::is_default;
use crate::published::hint_snapshot::Img;
use crate::sorting;
use crate::sorting::map::SortedMap;
use asking::Asking;
use builds::NamedRecords;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use vote::Vote;
use withheld::LatelyWithheld;

mod asking;
mod builds;
pub mod fonts;
mod sheet_builds;
mod using;
mod vote;
mod withheld;

/// The number of further reports after which a report's weight has halved.
const HALF_LIFE_REPORTS: f64 = 30.0;

/// The least reports before their shares mean anything, with a little less for those that have faded.
const MIN_REPORTS: f64 = 7.0;

/// The most parts of a page that are voted for.
const MAX_VOTES: usize = 48;

/// The reports of waste after which a preload is withdrawn, if there are no fewer than of use.
const MIN_WASTED: f64 = 2.5;

/// For how long a preload that was wasted stays out the first time, in milliseconds. Each time it is twice as long.
const OUT_MS: u64 = 3 * DAY_MS;

/// How often that doubles at the most: up to 24 days.
const MAX_TIMES: u8 = 3;

/// The most preloads that are remembered to be out.
const MAX_OUT: usize = 16;

/// What the reports on one page say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Reports {
    /// Who has reported, and how often.
    by: Visitors,
    heard: f64,
    votes: Vec<Vote>,
    named: NamedRecords,
    /// The keys of the preloads that were published last.
    listed: Vec<u64>,
    /// The hashes of the URLs by which they were; none where an older version has written this.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    listed_by: Vec<u64>,
    out: Vec<Withdrawn>,
    asking: Asking,
    #[serde(skip_serializing_if = "is_default")]
    withheld: LatelyWithheld,
}

/// A preload that was wasted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Withdrawn {
    key: u64,
    /// Until when it stays out, in milliseconds since the epoch.
    until: u64,
    /// How often it was.
    times: u8,
}

/// What is chosen for a page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chosen {
    /// What its visitors are to load early.
    pub preloads: Vec<Preload>,
    /// The picture that is largest nearly always, where its own tag does not say how urgent it is.
    pub largest: Option<Img>,
}

/// On what a choice depends besides the reports.
#[derive(Clone, Copy)]
pub struct Circumstances<'a> {
    /// What the site wants of its hints.
    pub preferences: &'a HintPreferences,
    /// The stylesheets that the page uses now, and the share of its views that use each.
    pub sheets: &'a [(f64, &'a KnownSheet)],
    /// Whether other pages than those of one visitor name an origin.
    pub is_shown: &'a dyn Fn(&Resource) -> bool,
    /// The time, in milliseconds since the epoch.
    pub now: u64,
    /// Today.
    pub today: Day,
}

/// A part that the site names on the page now.
struct Current<'a> {
    named: &'a Named,
    /// By what it is known.
    key: u64,
    /// The builds whose place it has taken.
    before: Vec<&'a Named>,
    /// The share of the views that name it.
    share: f64,
    /// Whether several visitors were given a page that names it; of a part of a stylesheet that their browsers tell.
    is_shown: bool,
}

impl<'a> Current<'a> {
    /// It, and the builds whose place it has taken.
    fn builds(&self) -> impl Iterator<Item = &'a Named> {
        [self.named].into_iter().chain(self.before.iter().copied())
    }

    /// The names by which browsers fetch these.
    fn names(&self) -> Vec<Name> {
        self.builds().flat_map(|named| names(&named.resource)).collect()
    }
}

impl Reports {
    /// Whether there are none.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.votes.is_empty() && self.asking.is_none()
    }

    /// Whether so many have reported that what they say of the page decides.
    #[must_use]
    pub fn are_enough(&self, several: u32, today: Day) -> bool {
        self.heard >= MIN_REPORTS && self.by.most(today) >= several
    }

    /// Takes in what a view of the page names that somebody was given on a day. It is written down where `several` visitors have
    /// reported it: what is made for one of them is not.
    pub fn absorb_view(&mut self, view: &Observation, day: Day, several: u32) {
        let Observation { resources, served, by, is_mute, withheld, .. } = view;
        self.withheld.absorb(*withheld);
        self.asking.serve(*served, *is_mute, day);
        let votes: HashSet<u64> =
            self.votes.iter().filter(|vote| vote.by.most(day) >= several).map(|vote| vote.name.0).collect();
        let has_votes = |named: &Named| names(&named.resource).iter().any(|name| votes.contains(&name.0));
        self.named.absorb(resources, (day, *by), has_votes);
        for (old, new) in self.named.make_room() {
            self.succeed(&old, &new);
        }
    }

    /// Forgets the parts that may not be remembered. Answers whether there were any.
    pub fn retain_named(&mut self, is_kept: impl Fn(&Resource) -> bool) -> bool {
        self.named.retain(|named| is_kept(&named.resource))
    }

    /// Has the votes for a build that is forgotten count for the one that has taken its place.
    fn succeed(&mut self, old: &Named, new: &Named) {
        let of_new = names(&new.resource);
        let pairs = names(&old.resource).into_iter().zip(of_new).filter(|(old, new)| old.1 == new.1);
        for (old_name, new_name) in pairs.filter(|(old, new)| old.0 != new.0) {
            let place = |name: Name| self.votes.iter().position(|vote| vote.name.0 == name.0);
            let Some(at) = place(old_name) else { continue };
            let mut vote = self.votes.swap_remove(at);
            vote.turn(old.form, new.form);
            match self.votes.iter_mut().find(|vote| vote.name.0 == new_name.0) {
                Some(known) => known.join(vote),
                None => self.votes.push(vote.renamed(new_name)),
            }
        }
    }

    /// Has the votes for one name count for another one. Answers whether there were any.
    fn rename(&mut self, old: Name, new: Name) -> bool {
        if old.0 == new.0 || self.votes.iter().any(|vote| vote.name.0 == new.0) {
            return false;
        }
        let vote = self.votes.iter_mut().find(|vote| vote.name.0 == old.0);
        if let Some(vote) = vote {
            *vote = vote.clone().renamed(new);
            return true;
        }
        false
    }

    /// Has the votes for one name count beside those that another one has.
    fn join(&mut self, old: Name, new: Name) {
        let place = |name: Name| self.votes.iter().position(|vote| vote.name.0 == name.0);
        let (Some(at), Some(_)) = (place(old), place(new)) else { return };
        let vote = self.votes.swap_remove(at);
        if let Some(known) = self.votes.iter_mut().find(|vote| vote.name.0 == new.0) {
            known.join(vote);
        }
    }

    /// Whether a visitor's report of a day counts, and remembers that they have told: the first of each on that day does, so that
    /// nobody alone decides what most do. Where one visitor is enough for whatever is told, every report counts.
    pub fn admit(&mut self, day: Day, by: Option<u8>, several: u32) -> bool {
        if several <= 1 {
            return true;
        }
        let is_new = by.is_some_and(|bucket| self.by.is_new(day, bucket));
        self.by.add(day, by.as_slice());
        is_new
    }

    /// Takes in what a visitor's browser reports on a day, if it counts ([`Self::admit`]). `sheets` are the stylesheets that the page uses,
    /// and those that it has used lately.
    pub fn absorb(&mut self, report: &Report, sheets: &[SheetOfBuild<'_>], day: Day, by: Option<u8>) {
        self.asking.hear(day);
        self.scale_votes((-1.0 / HALF_LIFE_REPORTS).exp2());
        self.by.add(day, by.as_slice());
        self.heard += 1.0;
        let class = report.viewport as usize;
        for vote in &mut self.votes {
            vote.pass(report);
        }
        let seen = report.loaded.iter().map(|loaded| loaded.name);
        for name in seen.chain(report.largest.map(|largest| largest.name)) {
            if !self.votes.iter().any(|vote| vote.name.0 == name.0) {
                self.make_room();
                let mut vote = Vote::new(name);
                vote.pass(report);
                self.votes.push(vote);
            }
        }
        let of_others = self.of_other_builds(report, sheets);
        let scripts = self.named.iter().map(|record| &record.named.resource);
        let scripts = scripts.filter(|resource| resource.destination == Destination::Script);
        let scripts: Vec<u64> = scripts.flat_map(names).map(|name| name.0).collect();
        // What is listed has been given to a view that is not held out. Where its browser does not say so (Firefox does of no font), it has
        // found it by the preload all the same.
        let has_listed = report.arms.is_none_or(|arms| !arms.is_held_out);
        // When what was prerendered was found does not tell when it would be found otherwise.
        let ttfb = report.vitals.ttfb.filter(|_| report.navigation != NavigationKind::Prerendered);
        for vote in self.votes.iter_mut().filter(|vote| !of_others.contains(&vote.name.0)) {
            let is_same = |name: Name| name.0 == vote.name.0;
            let loaded = report.loaded.iter().find(|loaded| is_same(loaded.name));
            let largest = report.largest.filter(|largest| is_same(largest.name));
            if loaded.is_some() || largest.is_some() {
                vote.by.add(day, by.as_slice());
            }
            if let Some(loaded) = loaded {
                // Of pictures such a browser tells of the largest alone, which is used.
                let judges = !(report.hides_blocking && largest.is_some());
                // A script that the page names runs. One without its element has taken that away, which says nothing of its preload.
                let is_gone = loaded.is_wasted && scripts.contains(&vote.name.0);
                let is_preloaded =
                    loaded.is_preloaded || (has_listed && self.listed_by.contains(&vote.name.0));
                let loaded = Loaded { is_preloaded, is_wasted: loaded.is_wasted && !is_gone, ..*loaded };
                vote.load(&loaded, ttfb, (day, by), judges && !is_gone);
            }
            if let Some(largest) = largest {
                vote.show(class, largest.form);
            }
        }
    }

    /// The hashes of the preloads that a browser has not used since its visitor was given another build: that they had no use for them
    /// tells nothing of who was given the same.
    fn of_other_builds(&self, report: &Report, sheets: &[SheetOfBuild<'_>]) -> Vec<u64> {
        let used = report.loaded.iter().filter(|loaded| !loaded.is_wasted).map(|loaded| loaded.name.0);
        let used: Vec<u64> = used.chain(report.largest.map(|largest| largest.name.0)).collect();
        let face_of =
            |hash: u64| self.votes.iter().find(|vote| vote.name.0 == hash).map_or(0, |vote| vote.face);
        let mut of_others = sheet_builds::of_other_builds(report, &used, sheets, face_of);
        let wasted = report.loaded.iter().filter(|loaded| loaded.is_wasted).map(|loaded| loaded.name);
        of_others.extend(wasted.filter(|name| self.named.is_of_other_build(*name, &used)).map(|name| name.0));
        of_others
    }

    /// Where there are too many, the least voted for leaves.
    fn make_room(&mut self) {
        if self.votes.len() < MAX_VOTES {
            return;
        }
        let least = self.votes.iter().enumerate().min_by(|(_, a), (_, b)| a.weight().total_cmp(&b.weight()));
        if let Some(at) = least.map(|(at, _)| at) {
            self.votes.swap_remove(at);
        }
    }

    /// Has all that was counted weigh less.
    pub fn scale(&mut self, factor: f64) {
        self.scale_votes(factor);
        self.named.scale(factor);
    }

    fn scale_votes(&mut self, factor: f64) {
        self.heard *= factor;
        self.votes.iter_mut().for_each(|vote| vote.scale(factor));
        self.votes.retain(|vote| !vote.is_faded());
    }

    /// What the site names on the page now.
    fn current<'a>(&'a self, circumstances: &Circumstances<'a>) -> Vec<Current<'a>> {
        let several = circumstances.preferences.several;
        let mut all: Vec<Current<'a>> = Vec::new();
        for part in self.named.parts() {
            all.extend(part.current().map(|record| Current {
                named: &record.named,
                key: self.key_of(&record.named, record.named.key(), record.has_alike()),
                before: part.gone().map(|gone| &gone.named).collect(),
                share: part.share(record),
                is_shown: record.by.most(circumstances.today) >= several,
            }));
        }
        let withheld = self.withheld(circumstances.sheets);
        for (share, sheet) in circumstances.sheets {
            let is_picture = |named: &&Named| named.resource.destination == Destination::Image;
            let mut counts: HashMap<u64, usize> = HashMap::new();
            for named in sheet.resources.iter().filter(is_picture) {
                *counts.entry(named.key()).or_default() += 1;
            }
            for named in sheet.resources.iter().filter(|named| !withheld.has_import(&named.resource)) {
                let names = names(&named.resource);
                let mut votes =
                    self.votes.iter().filter(|vote| names.iter().any(|name| name.0 == vote.name.0));
                let is_shown = votes.any(|vote| vote.by.most(circumstances.today) >= several);
                let key = named.key();
                let key = self.key_of(named, key, counts.get(&key).is_some_and(|count| *count > 1));
                all.push(Current { named, key, before: Vec::new(), share: *share, is_shown });
            }
        }
        all
    }

    /// What is not preloaded on the page, which uses these stylesheets now. A sheet that is in another encoding than UTF-8 has others read
    /// in it, and these further ones: where there is one, none is sure.
    #[must_use]
    pub fn withheld(&self, sheets: &[(f64, &KnownSheet)]) -> Withheld {
        let withheld = self.withheld.now();
        let imports = withheld.imports || sheets.iter().any(|(_, sheet)| sheet.is_encoded_otherwise);
        Withheld { imports, ..withheld }
    }

    /// By what a part with this key is known. A picture that has others of its key beside it is one of its own: of two whose names are hashes, one is
    /// for wide windows, say, and one for narrow ones. What is listed, or was withdrawn, keeps the key by which it was, whatever
    /// stands beside it in one view and not in the next.
    fn key_of(&self, named: &Named, key: u64, has_alike: bool) -> u64 {
        if named.resource.destination != Destination::Image {
            return key;
        }
        let hash = hash(&named.resource);
        let own = fnv1a_on(key, &hash.to_le_bytes());
        let is_out = |key: u64| self.out.iter().any(|out| out.key == key);
        let is_listed_so = self.listed.contains(&key) && self.listed_by.contains(&hash);
        let is_by_own = self.listed.contains(&own) || is_out(own);
        if is_by_own || (has_alike && !is_listed_so && !is_out(key)) { own } else { key }
    }

    /// Has votes for what no stylesheet names any more count for what one does that is alone of its shape, or alone has its face.
    fn follow_sheets(&mut self, circumstances: &Circumstances<'_>) {
        let mut now: Vec<Name> = Vec::new();
        let mut of_faces: HashMap<u64, Vec<Name>> = HashMap::new();
        for named in circumstances.sheets.iter().flat_map(|(_, sheet)| &sheet.resources) {
            now.extend(names(&named.resource));
            for face in &named.faces {
                let fonts = of_faces.entry(*face).or_default();
                let name = Name::of(&named.resource.url);
                if !fonts.contains(&name) {
                    fonts.push(name);
                }
            }
        }
        sorting::sort_by_key(&mut now, |name| name.0);
        now.dedup_by_key(|name| name.0);
        // Once for all votes: a name is a hash of a URL, and a picture has many.
        let of_page = self.named.iter().flat_map(|record| names(&record.named.resource));
        let still: HashSet<u64> = now.iter().copied().chain(of_page).map(|name| name.0).collect();
        let lost = self.votes.iter().map(|vote| (vote.name, vote.face));
        let lost = lost.filter(|(name, _)| !still.contains(&name.0));
        let pairs: Vec<(Name, Name, bool)> = lost
            .filter_map(|(old, face)| {
                if let Some([font]) = of_faces.get(&face).map(Vec::as_slice) {
                    return Some((old, *font, true));
                }
                let mut alike = now.iter().filter(|new| new.1 == old.1);
                let new = alike.next()?;
                alike.next().is_none().then_some((old, *new, false))
            })
            .collect();
        for (old, new, is_by_face) in pairs {
            if self.rename(old, new) {
                // Who was given a part of a stylesheet only browsers tell.
                self.asking.is_renewed();
            } else if is_by_face {
                // Some have told already. What is alike otherwise may be anything, a picture of another page say.
                self.join(old, new);
            }
        }
    }

    /// Chooses what is preloaded on the page, and remembers it.
    pub fn choose(&mut self, circumstances: &Circumstances<'_>) -> Chosen {
        self.follow_sheets(circumstances);
        self.withdraw(circumstances);
        let (candidates, largest) = self.candidates(circumstances);
        let before = self.listed.clone();
        let preloads = choose(&candidates, &mut self.listed, circumstances.preferences);
        let listed_by: Vec<u64> = preloads.iter().map(|preload| hash(&preload.resource)).collect();
        let before_by = std::mem::replace(&mut self.listed_by, listed_by);
        if before != self.listed || (!before_by.is_empty() && before_by != self.listed_by) {
            // What others were kept for says nothing of these.
            for vote in &mut self.votes {
                (vote.kept, vote.wasted) = (0.0, 0.0);
            }
            self.asking.is_unsettled();
        }
        Chosen { preloads, largest }
    }

    /// How many views the page had on the day before.
    #[must_use]
    pub fn views_before(&self, today: Day) -> f64 {
        self.asking.served_before(today)
    }

    /// The number of times to halve the share of views that are asked; `None` where none is, today.
    pub fn ask(&mut self, today: Day, now: u64) -> Option<u8> {
        let has_preloads = !self.listed.is_empty();
        self.asking.ask(has_preloads, today, now)
    }

    /// Takes preloads off that browsers do not use, for a while.
    fn withdraw(&mut self, circumstances: &Circumstances<'_>) {
        let Circumstances { preferences, now, today, .. } = *circumstances;
        let mut gone: SortedMap<u64, Vec<Name>> = SortedMap::new();
        for current in self.current(circumstances) {
            let key = current.key;
            if !self.listed.contains(&key) {
                continue;
            }
            let names = current.names();
            let votes = || self.votes.iter().filter(|vote| names.iter().any(|name| name.0 == vote.name.0));
            let (wasted, kept) =
                votes().fold((0.0, 0.0), |(wasted, kept), vote| (wasted + vote.wasted, kept + vote.kept));
            let is_by_several = votes().any(|vote| vote.wasted_by.most(today) >= preferences.several);
            if wasted >= MIN_WASTED && wasted >= kept && is_by_several {
                gone.entry(key).or_default().extend(names);
            }
        }
        self.out.retain(|out| out.until.saturating_add(OUT_MS << MAX_TIMES) > now);
        for (key, names) in gone {
            // What it was used for before tells nothing any more.
            self.votes.retain(|vote| !names.iter().any(|name| name.0 == vote.name.0));
            self.listed.retain(|listed| *listed != key);
            let known = self.out.iter_mut().find(|out| out.key == key);
            if let Some(out) = known {
                out.times = out.times.saturating_add(1).min(MAX_TIMES);
                out.until = now.saturating_add(OUT_MS << out.times);
            } else if self.out.len() < MAX_OUT {
                self.out.push(Withdrawn { key, until: now.saturating_add(OUT_MS), times: 0 });
            }
        }
    }

    /// What speaks for and against preloading each part, and the picture that is largest.
    fn candidates(&self, circumstances: &Circumstances<'_>) -> (Vec<PreloadCandidate>, Option<Img>) {
        let Circumstances { preferences, now, today, .. } = *circumstances;
        let mut candidates: Vec<(bool, PreloadCandidate)> = Vec::new();
        let mut largest: Option<(f64, PictureTag, &Named)> = None;
        let current = self.current(circumstances);
        let own: Vec<&str> = current
            .iter()
            .filter(|known| known.named.is_preloaded)
            .map(|known| known.named.resource.url.as_str())
            .collect();
        if self.by.most(today) < preferences.several {
            return (Vec::new(), None);
        }
        let is_listed_by = |known: &Current<'_>| {
            self.listed.contains(&known.key) && self.listed_by.contains(&hash(&known.named.resource))
        };
        let kept = current.iter().filter(|known| is_listed_by(known)).map(|known| known.key);
        let kept: Vec<u64> = kept.collect();
        let has_pictures = !self.withheld(circumstances.sheets).pictures;
        for known in &current {
            let Current { named, key, share, is_shown, .. } = known;
            let key = *key;
            // As long as the page names the build that is listed, another one is a newcomer.
            let is_listed = self.listed.contains(&key) && (is_listed_by(known) || !kept.contains(&key));
            let least = if is_listed { USED.stay } else { USED.enter };
            if *share < least || !is_shown || !(circumstances.is_shown)(&named.resource) {
                continue;
            }
            let Some(use_of) = self.use_of(known, &current, is_listed) else { continue };
            let is_better = largest.is_none_or(|(share, ..)| share < use_of.share);
            if let Some(tag) = named.tag
                && is_better
                && use_of.is_everywhere
                && use_of.share >= USED.enter
            {
                largest = Some((use_of.share, tag, named));
            }
            let mut urls = named.resource.urls().chain([named.resource.url.as_str()]);
            let is_out = self.out.iter().any(|out| out.key == key && now < out.until);
            // Its tag may be hurried all the same.
            let is_withheld = !has_pictures && named.resource.destination == Destination::Image;
            if urls.any(|url| own.contains(&url)) || is_out || is_withheld || use_of.share < least {
                continue;
            }
            let mut resource = named.resource.clone();
            if !use_of.media.is_empty() {
                resource.media = use_of.media;
            }
            // Of anything else a 103 has nothing fetched, wherever an edge sends one.
            let gain_ms = if preferences.early_hints && resource.needs_no_document() {
                use_of.start_ms
            } else if named.is_at_start {
                // However late a slow machine asks for it: a header of the same bytes gains nothing.
                0.0
            } else {
                use_of.late_ms
            };
            candidates.push((is_listed, PreloadCandidate { key, resource, share: use_of.share, gain_ms }));
        }
        // Of two that are known by one key the one that is listed stays.
        let listed: Vec<u64> =
            candidates.iter().filter(|(is_listed, _)| *is_listed).map(|(_, known)| known.key).collect();
        candidates.retain(|(is_listed, known)| *is_listed || !listed.contains(&known.key));
        let candidates = candidates.into_iter().map(|(_, known)| known).collect();
        let largest = largest.filter(|(_, tag, _)| tag.is_lazy || !tag.is_high);
        let img = |named: &Named| Img { src: named.src().to_owned(), form: named.form };
        (candidates, largest.map(|(_, _, named)| img(named)))
    }
}

/// Whether a view names what is preloaded by another URL: after another build, which the learner should soon hear of.
#[must_use]
pub fn is_renewed(preloads: &[Resource], resources: &[Named]) -> bool {
    preloads.iter().any(|preload| {
        let is_same =
            |named: &Named| named.resource.url == preload.url && named.resource.srcset == preload.srcset;
        let is_next = |named: &Named| {
            let media = preload.media.clone();
            key(&Resource { media, ..named.resource.clone() }) == key(preload)
        };
        !resources.iter().any(is_same) && resources.iter().any(is_next)
    })
}

/// The hash of the URL by which a part is known among others of its key.
fn hash(resource: &Resource) -> u64 {
    Name::of(resource.urls().next().unwrap_or(&resource.url)).0
}

/// The names of what a browser fetches for a part, in the order of its candidates.
fn names(resource: &Resource) -> Vec<Name> {
    let mut names: Vec<Name> = resource.urls().map(Name::of).collect();
    let fallback = Name::of(&resource.url);
    let candidates = srcset::candidates(&resource.srcset);
    let may_be_url = srcset::leaves_src(candidates.filter_map(|(_, text)| srcset::descriptor(text)));
    if may_be_url && !names.iter().any(|name| name.0 == fallback.0) {
        names.push(fallback);
    }
    names
}

#[cfg(test)]
mod tests;
