//! What is learned of a page does not depend on the pieces in which it arrives.

use crate::support::numbers::Numbers;
use crate::support::pages::{cut, pages};
use headstart::head::Head;
use headstart::learn::html::Observer;
use headstart::urls::inert_parameters::InertParameters;
use proptest::prelude::*;
use url::Url;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    #[test]
    fn what_is_learned_of_a_page_does_not_depend_on_its_cuts(seed in any::<u64>()) {
        let url = Url::parse("https://shop.example/").unwrap();
        for (name, bytes) in pages() {
            let observe = |pieces: &[&[u8]]| {
                let mut observer = Observer::new(&url, &Head::default(), &InertParameters::default()).unwrap();
                for piece in pieces {
                    observer.write(piece);
                }
                observer.end()
            };
            // The memory cap falls on another byte when a page is cut, so only pages far below it are compared.
            if bytes.len() < 200_000 {
                prop_assert_eq!(observe(&cut(&mut Numbers(seed), &bytes)), observe(&[&bytes]), "{}", name);
            }
        }
    }
}
