//! A batch as a body that a learner reads, whatever the site is like.

use super::message::{MAX_BATCH_BYTES, NAVIGATIONS, OBSERVATIONS};
use super::next::navigation_batch::NavigationBatch;
use super::observation::Batch;
use crate::published::hint_snapshot::learner_name;
use crate::published::next_page_snapshot::next_page_learner_name;
use crate::sorting::map::SortedSet;
use crate::tally::Tally;
use serde::Serialize;

/// What an isolate sends to a learner.
pub trait Sending: Serialize {
    /// The path at which learners take it in.
    const PATH: &'static str;

    /// The name of the learner that it is for.
    fn learner(&self) -> String;

    /// The site that it is of.
    fn site(&self) -> &str;

    /// What was counted for the report.
    fn tally(&self) -> &Tally;

    /// Whether it says what the site's robots.txt says.
    fn has_robots(&self) -> bool {
        false
    }

    /// Leaves every other thing out. What was counted for the report stays.
    fn halve(&mut self);
}

impl Sending for Batch {
    const PATH: &'static str = OBSERVATIONS;

    fn learner(&self) -> String {
        learner_name(&self.site, self.shard)
    }

    fn site(&self) -> &str {
        &self.site
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }

    fn halve(&mut self) {
        let Self { shown, shown_sheets, observations, sheets, clicks, redirects, confirmations, .. } = self;
        thin(shown);
        thin(shown_sheets);
        thin(observations);
        // Those that the views that are left name, and what these import.
        let named: SortedSet<String> =
            observations.iter().flat_map(|observation| &observation.sheets).cloned().collect();
        let imports = |name: &String| sheets.get(name).map_or(&[][..], |sheet| &sheet.imports[..]);
        let imported: SortedSet<String> = named.iter().flat_map(imports).cloned().collect();
        sheets.retain(|name, _| named.contains(name) || imported.contains(name));
        thin(clicks);
        thin(redirects);
        thin(confirmations);
    }
}

impl Sending for NavigationBatch {
    const PATH: &'static str = NAVIGATIONS;

    fn learner(&self) -> String {
        next_page_learner_name(&self.site)
    }

    fn site(&self) -> &str {
        &self.site
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }

    fn has_robots(&self) -> bool {
        self.robots.is_some()
    }

    fn halve(&mut self) {
        let Self { pages, transitions, suspects, .. } = self;
        let mut is_odd = false;
        pages.retain(|_, _| every_other(&mut is_odd));
        thin(transitions);
        thin(suspects);
    }
}

fn thin<T>(all: &mut Vec<T>) {
    let mut is_odd = false;
    all.retain(|_| every_other(&mut is_odd));
}

fn every_other(is_odd: &mut bool) -> bool {
    *is_odd = !*is_odd;
    *is_odd
}

/// The body in which a batch is sent. A learner reads no more than [`MAX_BATCH_BYTES`]: of one that would be larger every other thing is
/// left out, and again until it fits. A site whose pages all have the longest paths, most visitors and most resources there may be
/// comes to that when its isolates wait long for their turn.
///
/// # Errors
/// That of the serializer, which has none for a batch.
pub fn body<T: Sending>(batch: &mut T) -> serde_json::Result<String> {
    let mut body = serde_json::to_string(batch)?;
    // Of a thousand things one is left after ten times.
    for _ in 0..10 {
        if body.len() <= MAX_BATCH_BYTES {
            break;
        }
        batch.halve();
        body = serde_json::to_string(batch)?;
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::message::{self, Message};
    use crate::learn::next::navigation_batch::{MAX_BODIES, MAX_BUCKETS, PageStats, Shared, Transition};
    use crate::learn::observation::Observation;
    use crate::tally::{Counted, View};

    #[test]
    fn what_fits_is_sent_whole() {
        let mut batch = NavigationBatch { site: "shop".to_owned(), ..NavigationBatch::default() };
        batch.pages.insert("/a".to_owned(), PageStats::default());
        let sent = body(&mut batch.clone()).unwrap();
        assert_eq!(message::read(NAVIGATIONS, &sent), Ok(Message::Navigations(batch)));
    }

    #[test]
    fn of_a_site_of_the_longest_paths_that_all_visitors_see_a_batch_fits() {
        let mut batch = NavigationBatch { site: "shop".to_owned(), ..NavigationBatch::default() };
        batch.tally.add(Counted::View(View::Plain), 7);
        let buckets: Vec<u8> = (255 - u8::try_from(MAX_BUCKETS).unwrap()..255).collect();
        for number in 0..1000 {
            let path = format!("/{number:0>511}");
            let page = PageStats {
                visitors: buckets.clone(),
                harmless: buckets.clone(),
                undeferrable: buckets.clone(),
                rendered: buckets.clone(),
                shared: vec![Shared { body: 1, visitors: buckets.clone() }; MAX_BODIES],
                ..PageStats::default()
            };
            batch.pages.insert(path.clone(), page);
            let to = path.replace('0', "1");
            let (visitors, voters) = (buckets.clone(), buckets.clone());
            batch.transitions.push(Transition { from: path, to, visitors, voters, ..Transition::default() });
        }
        batch.robots = Some("x".repeat(500_000));
        let whole = serde_json::to_string(&batch).unwrap().len();
        assert!(whole > MAX_BATCH_BYTES, "{whole}");
        let sent = body(&mut batch).unwrap();
        let Ok(Message::Navigations(read)) = message::read(NAVIGATIONS, &sent) else { panic!("not read") };
        assert_eq!((read.pages.len(), read.transitions.len()), (500, 500));
        assert_eq!((read.tally, read.robots), (batch.tally, batch.robots), "of which there is one");
    }

    #[test]
    fn the_same_of_what_a_hint_learner_is_told() {
        let mut batch = Batch { site: "shop".to_owned(), ..Batch::default() };
        let sources = vec!["x".repeat(100_000)];
        batch.observations =
            vec![Observation { path: "/a".to_owned(), sources, ..Observation::default() }; 100];
        let sent = body(&mut batch).unwrap();
        let Ok(Message::Observations(read)) = message::read(OBSERVATIONS, &sent) else { panic!("not read") };
        assert_eq!(read.observations.len(), 25);
    }
}
