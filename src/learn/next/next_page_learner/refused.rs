//! What is refused to everybody, and what no rule may name.

use super::{NextPageLearner, url_of};
use crate::ineligible::Ineligible;
use crate::learn::names::is_hidden;
use crate::learn::next::harmful_routes::{self, Blamed, Harm};
use crate::learn::next::record::Record;
use crate::learn::next::visitor::day_of;
use crate::limits::SEVERAL;
use crate::next_page_preferences::NextPagePreferences;
use crate::published::next_page_snapshot::{Excluded, MAX_EXCLUDED};
use crate::sorting::map::SortedMap;
use crate::urls::private_path::looks_private;
use crate::urls::robots::Robots;
use std::borrow::Cow;

/// A path, or the template of a route, that is refused to everybody.
struct Refused<'a> {
    path: Cow<'a, str>,
    /// What it does.
    why: &'a Ineligible,
    /// Until when, if it is not seen to do it again, in milliseconds since the epoch.
    until: u64,
}

impl NextPageLearner {
    /// The pages of which so many visitors have met that they do harm when they are fetched, each with what it does.
    fn harmful(&self, least: u32, now: u64) -> SortedMap<&str, &Ineligible> {
        let all_rotate = self.do_all_rotate(least, now);
        let harmful = self.model.pages().filter_map(|(path, record)| {
            let mut harm = record.ineligible(least, now).filter(|why| why.is_harmful());
            Some((path, harm.find(|why| !(all_rotate && why.is_of_session()))?))
        });
        harmful.collect()
    }

    /// What the log says of the pages that are refused from now on, since they do harm: not before so many visitors have
    /// met that, so that no single one's own URL is in a log.
    pub fn told_harmful(&self, min_visitors: u32, now: u64) -> impl Iterator<Item = String> {
        let told = self.refused(min_visitors, now).into_iter();
        told.map(move |Refused { path, why, .. }| {
            let [does, seen] = if why.is_no_page_here() {
                ["no page of the site is shown there", "a page is"]
            } else {
                ["it does something when it is fetched", "it is seen to do nothing"]
            };
            format!(
                "speculations on {}{path} are refused for two weeks, since {does} ({}); they come back sooner if {seen}",
                self.site,
                why.as_str()
            )
        })
    }

    /// What is refused to everybody, each with what it does: routes of which several pages do it, and other pages where so
    /// many visitors have met it that it is nobody's secret.
    fn refused(&self, min_visitors: u32, now: u64) -> Vec<Refused<'_>> {
        let until = |path: &str, why: &Ineligible| {
            self.model.page(path).and_then(|record| record.ineligible_until(why)).unwrap_or_default()
        };
        let is_told = |path: &str| {
            let bare = path.split('?').next().unwrap_or_default();
            // In a pattern a `*` would stand for anything.
            !looks_private(bare) && !is_hidden(path) && !path.contains('*')
        };
        let harmful = self.harmful(SEVERAL.min(min_visitors), now);
        let routes = self.harmful_routes(&harmful, min_visitors, now);
        let is_covered = |path: &str| routes.iter().any(|route| route.pages.contains(&path));
        // That so many have met it makes it nobody's secret.
        let harmful = self.harmful(min_visitors, now);
        let pages = harmful.iter().filter(|(path, _)| is_told(path) && !is_covered(path));
        let pages =
            pages.map(|(path, why)| Refused { path: Cow::Borrowed(*path), why, until: until(path, why) });
        let pages: Vec<Refused<'_>> = pages.collect();
        let routes = routes.into_iter().map(|Blamed { template, why, pages }| Refused {
            until: pages.iter().map(|path| until(path, why)).max().unwrap_or_default(),
            path: Cow::Owned(template),
            why,
        });
        routes.chain(pages).take(MAX_EXCLUDED / 2).collect()
    }

    /// The routes that are blamed for what several of their pages do.
    fn harmful_routes<'a>(
        &'a self,
        harmful: &SortedMap<&'a str, &'a Ineligible>,
        min_visitors: u32,
        now: u64,
    ) -> Vec<Blamed<'a>> {
        let (today, takers) = (day_of(now), SEVERAL.min(min_visitors));
        let mut harms: Vec<Harm<'_>> = Vec::new();
        let mut harmless: Vec<&str> = Vec::new();
        for (path, record) in self.model.pages().filter(|(path, _)| !is_hidden(path)) {
            let led_back = record.led_back(now);
            let why = match harmful.get(path) {
                Some(why) => why,
                // One page alone may lead on; siblings show whether it leads back.
                None if !led_back.is_empty() => &Ineligible::RedirectsBack,
                None => {
                    if record.is_given_to(takers, today) {
                        harmless.push(path);
                    }
                    continue;
                }
            };
            // That a visitor's session is another one may be their own affair, and says nothing of siblings.
            if !why.is_of_session() {
                let led_back = if *why == Ineligible::RedirectsBack { led_back } else { &[] };
                harms.push(Harm { path, why, met: record.met_by(why, now), led_back });
            }
        }
        harmful_routes::blame(&harms, &harmless, takers, min_visitors)
    }

    /// Whether so many pages give visitors another session, or take an old one away, that it is how the site's sessions are,
    /// and no single page's doing.
    pub(super) fn do_all_rotate(&self, least: u32, now: u64) -> bool {
        let is_rotating = |record: &Record| record.ineligible(least, now).any(Ineligible::is_of_session);
        let rotating = self.model.pages().filter(|(_, record)| is_rotating(record)).count();
        rotating > 3 && 5 * rotating > self.model.pages().count()
    }

    /// What no rule may name: pages that do harm, pages whose links say that they do, and what robots.txt keeps robots from. The
    /// baseline says it to everybody, so that a page of the first two kinds is held to the same as one that rules name: it is
    /// nobody's secret. And of the second kind those that do nothing.
    pub(super) fn excluded(
        &self,
        robots: &Robots,
        preferences: &NextPagePreferences<'_>,
        now: u64,
    ) -> (Vec<Excluded>, Vec<String>) {
        let min_visitors = preferences.min_visitors;
        let refused = |Refused { path, why, until }: Refused<'_>| Excluded {
            why: Some((why.as_str().to_owned(), until / 1000)),
            ..Excluded::of(&path, true)
        };
        let mut excluded: Vec<Excluded> = self.refused(min_visitors, now).into_iter().map(refused).collect();
        let is_met = |page: &str| excluded.iter().any(|it| it.path == page);
        // In a pattern a `*` would stand for anything, and what its name tells need not be said.
        let is_named = |page: &str| {
            !page.contains('*')
                && !is_hidden(page)
                && !is_met(page)
                && url_of(page).is_some_and(|url| {
                    let urls = preferences.unsafe_urls;
                    !urls.is_nameless(&url) && !urls.is_exempt(&url)
                })
        };
        let (suspects, cleared) = self.suspects.published(min_visitors, is_named, now);
        excluded.extend(suspects);
        // Where nearly everything is disallowed, single pages are allowed.
        let globs = robots.globs().filter(|glob| !matches!(glob.as_str(), "*" | "/*"));
        let globs = globs.take(MAX_EXCLUDED - excluded.len());
        excluded.extend(globs.map(|path| Excluded::of(&path, false)));
        (excluded, cleared)
    }
}
