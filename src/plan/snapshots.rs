//! Decides which published values a request may use, and what follows from them: the hint snapshot of its page's learner, and
//! the next-page snapshot of its site.

use super::rules_delivery;
use crate::config::Config;
use crate::fault::Fault;
use crate::hints::Origin;
use crate::ineligible::Ineligible;
use crate::navigation::source::url_at;
use crate::published::hint_snapshot::{HintSnapshot, Knowledge, learner_name, shard_of};
use crate::published::next_page_snapshot::{NextPageSnapshot, next_page_learner_name};
use crate::published::snapshot_cache::SnapshotCache;
use crate::rules::learned::{Known, LearnedRuleSets};
use crate::rules::served::{RuleSet, RuleSets};
use crate::speculation::Eagerness;
use crate::switches::holdout::{Arms, is_held_out};
use crate::visit::{Method, Visit};
use std::rc::Rc;
use url::Url;

/// The name under which the hint snapshot for a request is published; `None` where no hints are given.
#[must_use]
pub fn hint_snapshot_name(visit: &Visit, config: &Config) -> Option<String> {
    if visit.method != Method::Get || !config.hints.is_on {
        return None;
    }
    let shard = shard_of(visit.url.path(), config.learning.shards);
    Some(learner_name(&visit.site()?, shard))
}

/// The name under which the next-page snapshot for a request is published; `None` where next pages are not learned.
#[must_use]
pub fn next_page_snapshot_name(visit: &Visit, config: &Config) -> Option<String> {
    let is_read = matches!(visit.method, Method::Get | Method::Head);
    (config.learns_next_pages() && is_read).then(|| visit.site().map(|site| next_page_learner_name(&site)))?
}

/// How many bytes of memory a value is counted for that has so many of text, and says something of so many pages, once it is read. That is
/// no less than it takes: `what_a_copy_takes_of_memory_…` (tests/native/copies.rs).
#[must_use]
pub fn bytes_of(length: usize, pages: usize) -> usize {
    /// The tables of a value that says hardly anything, and the place of a page in one.
    const TABLES: usize = 4096;
    const PLACE: usize = 64;
    const TIMES: usize = 8;
    TABLES.saturating_add(length.saturating_mul(TIMES)).saturating_add(pages.saturating_mul(PLACE))
}

/// What is known of a page by the snapshot of this name.
#[must_use]
pub fn knowledge<'a>(
    cache: &'a SnapshotCache<HintSnapshot>,
    name: Option<&str>,
    path: &str,
) -> Knowledge<'a> {
    let Some(name) = name else { return Knowledge::Unknown };
    match cache.get(name).and_then(|snapshot| snapshot.known(path)) {
        Some(known) => Knowledge::Known(known),
        None if cache.has_fetched(name) => Knowledge::Unknown,
        None => Knowledge::NotLoaded,
    }
}

/// To which arms a visit belongs at `now` (milliseconds since the epoch); `None` where its page is not compared with others.
#[must_use]
pub fn arms(cache: &SnapshotCache<HintSnapshot>, visit: &Visit, config: &Config, now: u64) -> Option<Arms> {
    if config.holdout == 0 {
        return None;
    }
    let site = visit.site()?;
    let held_out = |path: &str| {
        let name = learner_name(&site, shard_of(path, config.learning.shards));
        let is_compared = cache.get(&name).is_some_and(|snapshot| snapshot.compares(path));
        is_compared.then(|| is_held_out(&site, path, config.holdout, now))
    };
    hint_snapshot_name(visit, config)?;
    let is_held_out = held_out(visit.url.path())?;
    let referer = visit.referer().and_then(|referer| Url::parse(referer).ok());
    let source = referer.filter(|referer| referer.origin() == visit.url.origin());
    Some(Arms { is_held_out, source: source.and_then(|source| held_out(source.path())) })
}

/// Where a path always redirects to by the snapshot of this name, if it does.
#[must_use]
pub fn leads_to<'a>(
    cache: &'a SnapshotCache<HintSnapshot>,
    name: Option<&str>,
    path: &str,
) -> Option<&'a Origin> {
    cache.get(name?)?.leads_to(path)
}

/// A site's next-page snapshot, with the rule sets that follow from it.
#[derive(Debug)]
pub struct SiteNextPages {
    snapshot: NextPageSnapshot,
    rule_sets: Rc<RuleSets>,
    learned: LearnedRuleSets,
}

impl SiteNextPages {
    /// Reads a published value. `baseline` are the rule sets of a site of which nothing is known.
    ///
    /// # Errors
    /// When the value cannot be read.
    pub fn parse(value: &str, config: &Config, baseline: &Rc<RuleSets>) -> Result<Self, Fault> {
        let mut snapshot = NextPageSnapshot::parse(value)?;
        let urls = &config.urls.unsafe_urls;
        if urls.has_unguarded() {
            snapshot.retain_nexts(|path| url_at(path).is_some_and(|url| !urls.is_unguarded(&url)));
        }
        let rule_sets = if snapshot.excluded.is_empty() && snapshot.baseline.is_as_configured() {
            Rc::clone(baseline)
        } else {
            Rc::new(rules_delivery::regulated_rule_sets(config, &snapshot.excluded, &snapshot.baseline))
        };
        Ok(Self { snapshot, rule_sets, learned: LearnedRuleSets::default() })
    }

    /// An isolate's copies of these. Where others need its room, one lets its next pages go: which pages do harm has to be known.
    #[must_use]
    pub fn cache() -> SnapshotCache<Self> {
        SnapshotCache::shrinking(|site| {
            site.learned = LearnedRuleSets::default();
            Some(bytes_of(site.snapshot.forget_nexts(), 0))
        })
    }

    /// How many bytes of memory it takes at the most that was read of a value of this length: with the rule sets that it keeps, though
    /// these are written only when they are asked for.
    #[must_use]
    pub fn bytes(&self, length: usize) -> usize {
        let (pages, routes) = (self.snapshot.pages(), self.snapshot.routes());
        let entries = pages.values().chain(routes.values());
        let rules = entries.fold(0_usize, |all, entry| all.saturating_add(entry.nexts.len() + 1));
        bytes_of(length, pages.len() + routes.len()).saturating_add(LearnedRuleSets::most_bytes(rules))
    }

    /// The rule sets that all pages of the site share.
    #[must_use]
    pub fn rule_sets(&self) -> Rc<RuleSets> {
        Rc::clone(&self.rule_sets)
    }

    /// Whether fetching a path is published to do harm. `is_by_page` says whether it is fetched as whatever it is, and not as a
    /// page: that it is none is no harm then.
    #[must_use]
    pub fn is_harmful(&self, path: &str, is_by_page: bool) -> bool {
        let is_of_files =
            |word: &str| [Ineligible::Download, Ineligible::NoPage].iter().any(|why| why.as_str() == word);
        self.snapshot.refused(path).is_some_and(|excluded| {
            !(is_by_page && excluded.why.as_ref().is_some_and(|(why, _)| is_of_files(why)))
        })
    }

    /// The rule by which a path's links say that it does something, as far as that is published.
    #[must_use]
    pub fn suspected(&self, path: &str) -> Option<&str> {
        self.snapshot.suspected(path)
    }

    /// Whether a path's links say so, and plain views have shown that it does nothing.
    #[must_use]
    pub fn is_cleared(&self, path: &str) -> bool {
        self.snapshot.is_cleared(path)
    }

    /// Calls `usage` with what was learned of the next pages of a page, and under which key.
    pub fn with_known<T>(&self, path: &str, usage: impl FnOnce(Option<Known<'_>>) -> T) -> T {
        let Some((key, entry)) = self.snapshot.known(path) else { return usage(None) };
        let rule_set = self.learned.get(key, entry);
        usage(Some(Known { key, entry, rule_set: rule_set.as_deref() }))
    }

    /// The learned rule set of the page at a path, if there is a next page.
    #[must_use]
    pub fn rule_set_of(&self, path: &str) -> Option<Rc<RuleSet>> {
        let (key, entry) = self.snapshot.known(path)?;
        self.learned.get(key, entry)
    }

    /// How eagerly a learned rule has browsers fetch a page ahead from another one; `None` where none does.
    #[must_use]
    pub fn eagerness(&self, from: &str, to: &str) -> Option<Eagerness> {
        let (_, entry) = self.snapshot.known(from)?;
        entry.next_at(to).map(|next| next.eagerness)
    }

    /// The learned rule set for the pages of a key.
    #[must_use]
    pub fn rule_set_at(&self, key: &str) -> Option<Rc<RuleSet>> {
        self.learned.get(key, self.snapshot.at(key)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoints::RulesFile;
    use crate::plan::tests::{config, visit};
    use crate::published::snapshot_cache::MAX_BYTES;

    const NEXT_PAGES: &str =
        r#"{"version":1,"pages":{"/a":{"next":[["/b",0.42,3,0,0,[12,5,1]]]}},"out":["/x","/y"],"harmful":1}"#;

    #[test]
    fn a_snapshot_is_named_where_what_it_says_is_used() {
        let on = config(&[("LEARNER_SHARDS", "1")]);
        let names = |method: &str, config: &Config| {
            let visit = visit(method, "/a", &[]);
            (hint_snapshot_name(&visit, config), next_page_snapshot_name(&visit, config))
        };
        let (hints, next) = ("shop.example/0".to_owned(), "shop.example/next".to_owned());
        assert_eq!(names("GET", &on), (Some(hints.clone()), Some(next.clone())));
        assert_eq!(names("HEAD", &on), (None, Some(next.clone())));
        assert_eq!(names("POST", &on), (None, None));
        assert_eq!(names("GET", &config(&[("HINTS", "off")])), (None, Some(next)));
        for off in [("NEXT_PAGES", "off"), ("RULES", "off")] {
            assert_eq!(names("GET", &config(&[off, ("LEARNER_SHARDS", "1")])), (Some(hints.clone()), None));
        }
    }

    #[test]
    fn what_is_not_loaded_yet_is_told_from_what_is_unknown() {
        let mut cache = SnapshotCache::default();
        let name = Some("shop.example/0");
        assert_eq!(knowledge(&cache, None, "/a"), Knowledge::Unknown);
        assert_eq!(knowledge(&cache, name, "/a"), Knowledge::NotLoaded);
        assert!(cache.start_fetch("shop.example/0", 1, 60));
        assert_eq!(knowledge(&cache, name, "/a"), Knowledge::NotLoaded);
        let snapshot = HintSnapshot::parse(r#"{"version":2,"pages":{"/a":[]}}"#).unwrap();
        cache.finish_fetch("shop.example/0", Ok(Some((snapshot, 1))), 1);
        assert!(matches!(knowledge(&cache, name, "/a"), Knowledge::Known(_)));
        assert_eq!(knowledge(&cache, name, "/b"), Knowledge::Unknown);
    }

    #[test]
    fn a_view_belongs_to_an_arm_where_its_page_is_compared() {
        const NOW: u64 = 1_800_000_000_000;
        let pages: Vec<String> = (0..200).map(|number| format!("\"/p/{number}\":[]")).collect();
        let value = |compares: &str| format!("{{\"version\":2{compares},\"pages\":{{{}}}}}", pages.join(","));
        let arms_by = |value: &str, config: &Config, path: &str, fields: &[(&str, &str)]| {
            let mut cache = SnapshotCache::default();
            assert!(cache.start_fetch("shop.example/0", 1, 60));
            cache.finish_fetch("shop.example/0", HintSnapshot::parse(value).map(|read| Some((read, 1))), 1);
            arms(&cache, &visit("GET", path, fields), config, NOW)
        };
        let (on, compares) = (config(&[]), value(",\"compares\":true"));
        let held = |path: &str| is_held_out("shop.example", path, 5, NOW);
        let path =
            |is_held_out| (0..200).map(|n| format!("/p/{n}")).find(|path| held(path) == is_held_out).unwrap();
        let (given, out) = (path(false), path(true));
        let from = |path: &str| format!("https://shop.example{path}?a=b");
        for (page, is_held_out) in [(&given, false), (&out, true)] {
            for (referer, source) in [
                (from(&given), Some(false)),
                (from(&out), Some(true)),
                (from("/unknown"), None),
                (format!("https://other.example{out}"), None),
            ] {
                let expected = Some(Arms { is_held_out, source });
                let fields = [("referer", referer.as_str())];
                assert_eq!(arms_by(&compares, &on, page, &fields), expected, "{page} {referer}");
                assert_eq!(arms_by(&compares, &on, &format!("{page}?x"), &fields), expected);
            }
            assert_eq!(arms_by(&value(""), &on, page, &[]), None, "there is not traffic enough");
            for off in [("HOLDOUT", "0"), ("HINTS", "off")] {
                assert_eq!(arms_by(&compares, &config(&[off]), page, &[]), None);
            }
        }
        assert_eq!(arms_by(&compares, &on, "/unknown", &[]), None);
    }

    #[test]
    fn a_sites_rule_sets_leave_out_what_is_published_so() {
        let config = config(&[]);
        let baseline = Rc::new(rules_delivery::rule_sets(&config, &[]));
        let site = SiteNextPages::parse(NEXT_PAGES, &config, &baseline).unwrap();
        let body = site.rule_sets().get(RulesFile::Baseline).body.clone();
        assert!(body.contains("/x") && body.contains("/y"), "{body}");
        let is_harmful = |path: &str| site.is_harmful(path, false);
        assert!(is_harmful("/x") && !is_harmful("/y") && !is_harmful("/a") && site.is_harmful("/x", true));
        let nothing = SiteNextPages::parse(r#"{"version":1,"pages":{}}"#, &config, &baseline).unwrap();
        assert!(Rc::ptr_eq(&nothing.rule_sets(), &baseline), "nothing is built where nothing is left out");
        assert!(SiteNextPages::parse("{", &config, &baseline).is_err());
    }

    #[test]
    fn where_others_need_its_room_a_site_still_knows_what_does_harm() {
        let config = config(&[]);
        let baseline = Rc::new(rules_delivery::rule_sets(&config, &[]));
        let mut cache = SiteNextPages::cache();
        for (name, bytes, now) in [("a/next", MAX_BYTES / 2, 1), ("b/next", MAX_BYTES - 100_000, 2)] {
            assert!(cache.start_fetch(name, now, 60));
            let site = SiteNextPages::parse(NEXT_PAGES, &config, &baseline).unwrap();
            cache.finish_fetch(name, Ok(Some((site, bytes))), now);
        }
        let site = cache.get("a/next").unwrap();
        assert!(site.is_harmful("/x", false) && site.rule_set_at("/a").is_none());
        assert!(site.rule_sets().get(RulesFile::Baseline).body.contains("/y"));
        assert!(cache.get("b/next").unwrap().rule_set_at("/a").is_some());
    }

    #[test]
    fn a_site_whose_baseline_has_risen_has_a_moderate_one_where_that_regulates_itself() {
        let value = r#"{"version":1,"pages":{},"out":["/x"],"baseline":{"tracks":[{"step":2},{"step":0}],"held":[{"name":"/hub","mask":3}]}}"#;
        let files = |variables: &[(&str, &str)]| {
            let config = config(variables);
            let baseline = Rc::new(rules_delivery::rule_sets(&config, &[]));
            let rule_sets = SiteNextPages::parse(value, &config, &baseline).unwrap().rule_sets();
            let body = rule_sets.get(RulesFile::Moderate).body.clone();
            (rule_sets.baseline_of("/a"), rule_sets.baseline_of("/hub"), body)
        };
        let (risen, held, body) = files(&[]);
        assert_eq!((risen, held), (RulesFile::ModerateByMouse, RulesFile::Baseline));
        let said = [r#""tag":"headstart-moderate""#, r#""eagerness":"moderate""#, r#""/x""#];
        assert!(said.iter().all(|said| body.contains(said)), "{body}");
        for fixed in
            [("EAGERNESS", "conservative"), ("ACTIVATION_SIGNAL", "off"), ("RULES_DELIVERY", "inline")]
        {
            let (file, _, body) = files(&[fixed]);
            assert_eq!(file, RulesFile::Baseline, "{fixed:?}");
            assert!(body.contains(r#""tag":"headstart""#) && body.contains("conservative"), "{fixed:?}");
        }
    }

    #[test]
    fn a_page_and_its_learned_rule_set_are_found() {
        let config = config(&[]);
        let baseline = Rc::new(rules_delivery::rule_sets(&config, &[]));
        let site = SiteNextPages::parse(NEXT_PAGES, &config, &baseline).unwrap();
        let of_page = site.with_known("/a", |known| {
            let known = known.unwrap();
            (known.key.to_owned(), known.rule_set.unwrap().body.clone())
        });
        assert_eq!(of_page, ("/a".to_owned(), site.rule_set_at("/a").unwrap().body.clone()));
        assert!(site.with_known("/b", |known| known.is_none()) && site.rule_set_at("/b").is_none());
    }

    #[test]
    fn what_is_no_page_may_be_fetched_ahead_as_the_file_that_it_is() {
        let config = config(&[]);
        let baseline = Rc::new(rules_delivery::rule_sets(&config, &[]));
        let value = r#"{"version":1,"pages":{},"out":["/export","/calendar/*/ics","/go/*"],"harmful":3,"why":[["download",9],["no-page",9],["leaves-site",9]]}"#;
        let site = SiteNextPages::parse(value, &config, &baseline).unwrap();
        for (path, as_page, by_page) in [
            ("/export", true, false),
            ("/calendar/7/ics", true, false),
            ("/go/hosting", true, true),
            ("/go/a/b", false, false),
            ("/calendar/7", false, false),
        ] {
            assert_eq!(
                (site.is_harmful(path, false), site.is_harmful(path, true)),
                (as_page, by_page),
                "{path}"
            );
        }
    }
}
