//! Forgets one origin, wherever a hint learner knows it: what pages have of it, stylesheets that name it, paths that lead to it,
//! and to whom it was shown. It is learned anew where pages still use it.
//!
//! What few visitors were shown is known by a hash alone, and told nobody, so that stays.

use super::learner::{own_sheets, put_page, read};
use super::page::Page;
use super::shown_to::Shown;
use super::{reading_list, redirects};
use crate::hints::Origin;
use crate::store::{Kind, Store};
use std::collections::BTreeSet;

/// See the module's description.
///
/// # Errors
/// The store's own.
pub fn forget<S: Store>(store: &mut S, origin: &Origin) -> Result<(), S::Error> {
    for (name, record) in store.all(Kind::Page)? {
        let mut page: Page = read(&record);
        let before = page.origins.len();
        page.origins.retain(|record| record.origin != *origin);
        if page.origins.len() < before {
            put_page(store, &name, &page)?;
        }
    }
    for (name, sheet) in own_sheets(store)? {
        if sheet.uses.iter().any(|(used, _)| used.origin == *origin) {
            store.remove(Kind::Sheet, &name)?;
        }
    }
    let naming: BTreeSet<String> = reading_list::known(store)?
        .into_iter()
        .filter(|(_, sheet)| sheet.uses.iter().any(|(used, _)| used.origin == *origin))
        .map(|(name, _)| name)
        .collect();
    if !naming.is_empty() {
        reading_list::retain(store, |name| !naming.contains(name))?;
    }
    redirects::forget_target(store, origin)?;
    Shown::load(store)?.change(store, |shown| shown.origins.retain(|known| known != origin))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hints::rank::HintPreferences;
    use crate::learn::learner::{choose, merge};
    use crate::learn::observation::{Batch, Observation};
    use crate::store::Memory;

    const START: u64 = 1_800_000_000_000;

    #[test]
    fn one_origin_goes_and_the_others_stay() {
        let preferences = HintPreferences { several: 0, ..HintPreferences::default() };
        let mut store = Memory::default();
        let used = |host: &str| crate::learn::observation::OriginUse {
            origin: Origin::parse(&format!("https://{host}.example")).unwrap(),
            usage: crate::hints::usage::Usage::of(
                crate::hints::Pools::CREDENTIALED,
                crate::hints::usage::Demand::URGENT,
                crate::hints::usage::Found::Body,
            ),
        };
        let observation = Observation {
            path: "/a".to_owned(),
            uses: vec![used("one"), used("two")],
            ..Observation::default()
        };
        let batch = Batch {
            site: "shop.example".to_owned(),
            observations: vec![observation.clone(), observation.clone(), observation],
            ..Batch::default()
        };
        let Ok(()) = merge(&mut store, &batch, &preferences, START);
        let published = |store: &mut Memory| {
            let Ok(published) = choose(store, &preferences, START);
            published.unwrap().value
        };
        let before = published(&mut store);
        assert!(before.contains("https://one.example") && before.contains("https://two.example"), "{before}");
        let Ok(()) = forget(&mut store, &Origin::parse("https://one.example").unwrap());
        let after = published(&mut store);
        assert!(!after.contains("one.example") && after.contains("https://two.example"), "{after}");
    }
}
