//! Switches: the record in KV, which people write by hand as well, and the forms of the report by which it is changed.
//!
//! The first line of an input is a form's body, the second one a path that is asked for, and the rest the record.
//!
//! - A record is understood as a whole or not at all, but for the word that wants Headstart out of the way.
//! - What is written of a record is read as the same record.
//! - A change is made as a whole or not at all, keeps to the bounds, and can be stored.
//! - What a form forgets is a path as browsers write it, or an origin.

use crate::input::Input;
use crate::site::{PAGE, SITE};
use headstart::effects::erasure::Erased;
use headstart::hints::Origin;
use headstart::report::{access, controls};
use headstart::switches::record::{MAX_BYTES, MAX_PATTERNS, MAX_SITES};
use headstart::switches::{Feature, Mode, Switches};
use url::Url;

pub fn run(input: &[u8]) {
    let mut input = Input::new(input);
    let form = input.line();
    let path = input.line();
    let record = input.text();
    forms(&form);
    let Ok(switches) = Switches::parse(&record) else {
        // What says no is never overlooked.
        assert!(Mode::of(&record).is_none());
        return;
    };
    check(&switches);
    let mut url = PAGE.clone();
    url.set_path(&path);
    for mode in Mode::ALL {
        let state = switches.state_of(SITE, &url, mode);
        for feature in Feature::ALL {
            assert!(!(state.does(feature) && state.reports(feature)));
        }
        let (unnamed, only) = switches.unguarded(SITE, mode);
        assert!(unnamed.len() + only.map_or(0, |only| only.len()) <= 2 * MAX_PATTERNS);
        let _ = switches.state_of_site(SITE, mode);
    }
    let Ok(change) = controls::change(&form, SITE) else { return };
    assert!(change.site.as_deref().is_none_or(|site| site == SITE));
    if let Ok(changed) = switches.changed(&change) {
        assert!(changed.to_json().len() <= MAX_BYTES);
        check(&changed);
        let again = changed.changed(&change).map(|again| again.to_json());
        assert_eq!(again, Ok(changed.to_json()), "a second time changes nothing");
    }
}

fn check(switches: &Switches) {
    let written = switches.to_json();
    // What was written by hand may have been shorter than what is written of it.
    if written.len() <= MAX_BYTES {
        let again = Switches::parse(&written).unwrap_or_else(|why| panic!("{why}: {written}"));
        assert_eq!(format!("{again:?}"), format!("{switches:?}"), "{written}");
    }
    assert!(switches.all().paths.len() <= MAX_PATTERNS);
    let set = controls::of(switches, SITE);
    assert!(set.len() <= 5 * (MAX_PATTERNS + 2) && MAX_SITES > 0);
}

fn forms(form: &str) {
    let _ = access::token_in_form(form);
    match controls::forgotten(form) {
        Ok(Erased::Path(path)) => {
            let url = Url::parse(&format!("https://shop.example{path}")).unwrap();
            assert!(path.starts_with('/') && url.path() == path, "{path}");
        }
        Ok(Erased::Origin(origin)) => assert!(Origin::parse(&origin).is_some(), "{origin}"),
        Ok(Erased::Site) => assert!(form.contains("sure")),
        Ok(Erased::All) => panic!("a form is of one site: {form}"),
        Err(why) => assert!(!why.is_empty()),
    }
}
