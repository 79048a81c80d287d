//! Forgets one origin, wherever a hint learner knows it: what pages have of it, stylesheets that name it, paths that lead to it,
//! and to whom it was shown. It is learned anew where pages still use it.
//!
//! What few visitors were shown is known by a hash alone, and told nobody, so that stays.

use super::learner::{own_sheets, put_page, read};
use super::page::Page;
use super::shown_to::Shown;
use super::{reading_list, redirects};
use crate::hints::Origin;
use crate::sorting::map::SortedSet;
use crate::store::{Kind, Store};

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
    let naming: SortedSet<String> = reading_list::known(store)?
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
    use crate::hints::Pools;
    use crate::hints::usage::{Demand, Found, Usage};
    use crate::learn::observation::{Observation, OriginUse};
    use crate::store::Memory;

    const START: u64 = 1_800_000_000_000;

    #[test]
    fn one_origin_goes_and_the_others_stay() {
        let origin_use = |host: &str| OriginUse {
            origin: Origin::parse(&format!("https://{host}.example")).unwrap(),
            usage: Usage::of(Pools::CREDENTIALED, Demand::URGENT, Found::default()),
        };
        let both = vec![origin_use("one"), origin_use("two")];
        let observation = Observation { path: "/a".to_owned(), uses: both, ..Observation::default() };
        let mut page = Page::default();
        page.absorb(&observation, START);
        let mut store = Memory::default();
        let Ok(()) = put_page(&mut store, "/a", &page);
        let known = |store: &Memory| -> Vec<String> {
            let Ok(record) = store.get(Kind::Page, "/a");
            let page: Page = read(&record.unwrap());
            page.origins.iter().map(|record| record.origin.to_string()).collect()
        };
        assert_eq!(known(&store), ["https://one.example", "https://two.example"]);
        let Ok(()) = forget(&mut store, &Origin::parse("https://one.example").unwrap());
        assert_eq!(known(&store), ["https://two.example"]);
    }
}
