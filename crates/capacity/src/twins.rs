//! What isolates send that are not simulated themselves: what one that is simulated does, of other visitors.

use headstart::learn::next::navigation_batch::NavigationBatch;
use headstart::learn::observation::Batch;

/// The batch of other visitors, who have seen the same.
#[must_use]
pub fn of_others(batch: &Batch, mask: u8) -> Batch {
    let mut batch = batch.clone();
    batch.observations.iter_mut().filter_map(|view| view.by.as_mut()).for_each(|by| *by ^= mask);
    batch.shown.iter_mut().flat_map(|shown| &mut shown.by).for_each(|by| *by ^= mask);
    batch
}

/// The same of navigations.
#[must_use]
pub fn navigations_of_others(batch: &NavigationBatch, mask: u8) -> NavigationBatch {
    let mut batch = batch.clone();
    for page in batch.pages.values_mut() {
        page.visitors.iter_mut().for_each(|by| *by ^= mask);
    }
    for transition in &mut batch.transitions {
        transition.visitors.iter_mut().chain(&mut transition.voters).for_each(|by| *by ^= mask);
    }
    batch
}
