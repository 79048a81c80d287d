use super::*;

const NOBODY: Asker<'_> = Asker {
    cookies: "",
    has_session: false,
    is_prerender: false,
    is_isolated: false,
    has_tickets: false,
    is_for_page: true,
    may_be_file: false,
    from: None,
};
const ADA: Asker<'_> = Asker { cookies: "session=1", has_session: true, ..NOBODY };

fn lacking(name: &str) -> Affected {
    Affected::by_cookie(name, false)
}

#[allow(clippy::unnecessary_wraps)] // as it is answered
fn met(affected: Affected) -> Option<Ineligible> {
    Some(Ineligible::Quarantined(affected))
}

#[test]
fn a_page_is_ineligible_for_those_whom_it_affects() {
    let mut quarantine = Quarantine::default();
    quarantine.add("shop", "/a", Affected::WithSession, 0);
    quarantine.add("shop", "/b", lacking("token"), 0);
    quarantine.add("shop", "/c", Affected::Prerendering, 0);
    let against = |path: &str, asker: &Asker<'_>| quarantine.against("shop", path, asker, 1);
    assert_eq!((against("/a", &ADA), against("/a", &NOBODY)), (met(Affected::WithSession), None));
    assert_eq!(against("/b", &NOBODY), met(lacking("token")));
    assert_eq!(against("/b", &Asker { cookies: "x=1; token=2", ..NOBODY }), None);
    quarantine.add("shop", "/d", Affected::by_cookie("token", true), 0);
    assert_eq!(quarantine.against("shop", "/d", &NOBODY, 1), None);
    assert_eq!(
        quarantine.against("shop", "/d", &Asker { cookies: "token=2", ..NOBODY }, 1),
        met(Affected::by_cookie("token", true))
    );
    quarantine.add("shop", "/e", Affected::Everybody, 0);
    assert_eq!(quarantine.against("shop", "/e", &NOBODY, 1), met(Affected::Everybody));
    let against = |path: &str, asker: &Asker<'_>| quarantine.against("shop", path, asker, 1);
    assert_eq!(against("/c", &NOBODY), None);
    assert_eq!(against("/c", &Asker { is_prerender: true, ..NOBODY }), met(Affected::Prerendering));
    let other = Affected::WithOtherValue { name: "token".to_owned(), value: fnv1a(b"2") };
    quarantine.add("shop", "/f", other.clone(), 0);
    let against = |cookies| quarantine.against("shop", "/f", &Asker { cookies, ..NOBODY }, 1);
    assert_eq!((against("token=1"), against("token=2"), against("")), (met(other), None, None));
    assert_eq!(quarantine.against("other", "/a", &ADA, 1), None);
    assert_eq!(quarantine.against("shop", "/a", &ADA, LIFE_MS), None, "after an hour");
}

#[test]
fn what_a_ticket_could_defer_is_refused_to_those_alone_who_bring_none_back() {
    let mut quarantine = Quarantine::default();
    let without = Affected::WithoutTicket(Box::new(lacking("token")));
    quarantine.add("shop", "/a", without.clone(), 0);
    let against = |asker: &Asker<'_>| quarantine.against("shop", "/a", asker, 1);
    assert_eq!(against(&NOBODY), met(without));
    assert_eq!(against(&Asker { has_tickets: true, ..NOBODY }), None);
    assert_eq!(against(&Asker { cookies: "token=1", ..NOBODY }), None);
}

#[test]
fn where_every_view_renews_the_session_no_page_is_to_blame() {
    let mut quarantine = Quarantine::default();
    quarantine.add("shop", "/a", Affected::WithSession, 0);
    quarantine.rotates("shop", 1);
    assert_eq!(quarantine.against("shop", "/a", &ADA, 2), None);
    quarantine.add("shop", "/a", Affected::WithSession, 3);
    assert_eq!(quarantine.against("shop", "/a", &ADA, 4), None);
    quarantine.add("other", "/a", Affected::WithSession, 3);
    assert_eq!(quarantine.against("other", "/a", &ADA, 4), met(Affected::WithSession));
}

#[test]
fn what_is_remembered_is_bounded() {
    let mut quarantine = Quarantine::default();
    for number in 0..3 * MAX_PAGES {
        quarantine.add("shop", &format!("/{number}"), Affected::Prerendering, 0);
        quarantine.add("shop", &format!("/{}", "x".repeat(600)), Affected::Prerendering, 0);
        quarantine.add("shop", "/long", lacking(&"x".repeat(300)), 0);
        quarantine.add("shop", "/many", lacking(&number.to_string()), 0);
    }
    assert!(quarantine.pages.len() <= MAX_PAGES);
    assert!(!quarantine.pages.keys().any(|(_, path)| path.len() > 600 || path == "/long"));
    assert!(quarantine.pages.values().all(|concerns| concerns.len() <= 8));
    for number in 0..3 * MAX_SITES {
        quarantine.rotates(&number.to_string(), 0);
    }
    assert!(quarantine.rotating.len() <= MAX_SITES);
}

fn shown(shown: Shown) -> Affected {
    Affected::Shown(shown)
}

/// What speaks against a page of the shop at `now`, to somebody who navigates there.
fn against(quarantine: &Quarantine, path: &str, asker: &Asker<'_>, now: u64) -> Option<Ineligible> {
    quarantine.against("shop", path, asker, now)
}

#[allow(clippy::unnecessary_wraps)] // as it is answered
fn met_on_route(affected: Affected) -> Option<Ineligible> {
    Some(Ineligible::QuarantinedRoute(affected))
}

/// A quarantine in which these pages were met to do something.
fn with(pages: &[&str], affected: &Affected) -> Quarantine {
    let mut quarantine = Quarantine::default();
    for page in pages {
        quarantine.add("shop", page, affected.clone(), 0);
        quarantine.add_to_routes("shop", page, affected, 0);
    }
    quarantine
}

const AWAY: Shown = Shown::LeavesSite { has_session: false };

#[test]
fn what_an_answer_shows_is_refused_to_those_who_would_be_shown_it() {
    let by_page = Asker { is_for_page: false, ..NOBODY };
    let file = Asker { may_be_file: true, ..by_page };
    let from = |from| Asker { from: Some(from), ..NOBODY };
    for (what, affected, others) in [
        (AWAY, vec![NOBODY, by_page, from(1)], vec![ADA, file]),
        (Shown::LeavesSite { has_session: true }, vec![ADA], vec![NOBODY, by_page, file]),
        (Shown::Download, vec![NOBODY, ADA], vec![by_page, file]),
        (Shown::NoPage, vec![NOBODY, ADA], vec![by_page, file]),
        (Shown::LeadsBack { from: 1, is_named: false }, vec![from(1)], vec![from(2), NOBODY]),
    ] {
        let quarantine = with(&["/go/a"], &shown(what));
        for asker in affected {
            assert_eq!(against(&quarantine, "/go/a", &asker, 1), met(shown(what)), "{what:?} {asker:?}");
            assert_eq!(against(&quarantine, "/go/b", &asker, 1), None, "one page speaks for itself alone");
        }
        for asker in others {
            assert_eq!(against(&quarantine, "/go/a", &asker, 1), None, "{what:?} {asker:?}");
        }
    }
}

#[test]
fn a_page_that_has_led_back_to_two_pages_leads_back_wherever_a_visitor_comes_from() {
    let (one, two) =
        (Shown::LeadsBack { from: 1, is_named: false }, Shown::LeadsBack { from: 2, is_named: false });
    let mut quarantine = with(&["/switch"], &shown(one));
    quarantine.add("shop", "/switch", shown(one), 1);
    let asker = Asker { from: Some(3), ..NOBODY };
    assert_eq!(against(&quarantine, "/switch", &asker, 2), None);
    quarantine.add("shop", "/switch", shown(two), 1);
    assert_eq!(against(&quarantine, "/switch", &asker, 2), met(shown(one)));
    assert_eq!(against(&quarantine, "/switch", &Asker { may_be_file: true, ..asker }, 2), None);
}

#[test]
fn what_names_the_page_to_which_it_leads_back_is_refused_there_alone() {
    let named = |from| shown(Shown::LeadsBack { from, is_named: true });
    let mut quarantine = with(&["/sign-in?next"], &named(1));
    quarantine.add("shop", "/sign-in?next", named(2), 1);
    let from = |from| Asker { from: Some(from), ..NOBODY };
    assert_eq!(against(&quarantine, "/sign-in?next", &from(2), 2), met(named(2)));
    assert_eq!(against(&quarantine, "/sign-in?next", &from(3), 2), None);
    let route = with(&["/item/1/vote?next", "/item/2/vote?next", "/item/3/vote?next"], &named(1));
    assert_eq!(against(&route, "/item/9/vote?next", &from(1), 2), None);
}

#[test]
fn what_leads_to_the_same_page_from_another_one_leads_on() {
    let back = |from| shown(Shown::LeadsBack { from, is_named: false });
    let from = |from| Asker { from: Some(from), ..NOBODY };
    // Before it was seen to lead back, and after.
    let mut before = Quarantine::default();
    before.leads_on("shop", "/account", 1, 0);
    for number in [1, 2] {
        before.add("shop", "/account", back(number), 1);
    }
    let mut after = with(&["/account"], &back(1));
    after.add("shop", "/account", back(2), 0);
    after.leads_on("shop", "/account", 1, 1);
    for quarantine in [&before, &after] {
        assert_eq!(against(quarantine, "/account", &from(1), 2), None);
        assert_eq!(against(quarantine, "/account", &from(2), 2), met(back(2)), "there it was never led to");
        assert!(quarantine.does_lead_on("shop", "/account", &back(1), 2));
        assert!(!quarantine.does_lead_on("shop", "/account", &back(2), 2));
        assert!(!quarantine.does_lead_on("other", "/account", &back(1), 2));
        assert!(!quarantine.does_lead_on("shop", "/account", &shown(AWAY), 2));
        assert!(!quarantine.does_lead_on("shop", "/account", &back(1), LIFE_MS + 1), "for an hour");
    }
    // One of a route speaks for its siblings, before and after.
    let mut route = Quarantine::default();
    let add = |route: &mut Quarantine, number| {
        route.add_to_routes("shop", &format!("/comment/{number}"), &back(number), 1);
    };
    (0..3).for_each(|number| add(&mut route, number));
    assert_eq!(against(&route, "/comment/9", &from(9), 2), met_on_route(back(0)));
    route.leads_on("shop", "/comment/1", 1, 1);
    assert_eq!(against(&route, "/comment/9", &from(9), 2), None);
    (0..3).for_each(|number| add(&mut route, number));
    assert_eq!(against(&route, "/comment/9", &from(9), 2), None, "for an hour");
    let mut named = Quarantine::default();
    for number in 0..3 {
        named.leads_on("shop", &format!("/comment/{number}"), number, 0);
        add(&mut named, number);
    }
    assert_eq!(against(&named, "/comment/9", &from(9), 2), None);
    // A page leads to few others, or the ones seen last count.
    let mut many = Quarantine::default();
    for target in 0..=MAX_TARGETS as u64 {
        many.leads_on("shop", "/account", target, 0);
    }
    assert!(!many.does_lead_on("shop", "/account", &back(0), 1));
    assert!(many.does_lead_on("shop", "/account", &back(1), 1));
}

#[test]
fn what_three_pages_of_a_route_do_their_siblings_do_for_an_hour() {
    for affected in [shown(AWAY), shown(Shown::NoPage), Affected::Everybody, lacking("cart")] {
        let two = with(&["/item/1/buy", "/item/2/buy", "/item/2/buy"], &affected);
        assert_eq!(against(&two, "/item/9/buy", &NOBODY, 1), None, "{affected:?}: two are not enough");
        let three = with(&["/item/1/buy", "/item/2/buy", "/item/3/buy"], &affected);
        assert_eq!(against(&three, "/item/9/buy", &NOBODY, 1), met_on_route(affected.clone()));
        assert_eq!(against(&three, "/item/1/buy", &NOBODY, 1), met(affected.clone()), "itself");
        for other in ["/item/9", "/item/9/read", "/item/9/buy?now", "/item/9/8/buy", "/shelf/9/buy", "/"] {
            assert_eq!(against(&three, other, &NOBODY, 1), None, "{other}");
        }
        assert_eq!(three.against("other", "/item/9/buy", &NOBODY, 1), None);
        assert_eq!(against(&three, "/item/9/buy", &NOBODY, LIFE_MS), None, "after an hour");
    }
    let buying = with(&["/item/1/buy", "/item/2/buy", "/item/3/buy"], &lacking("cart"));
    assert_eq!(against(&buying, "/item/9/buy", &Asker { cookies: "cart=1", ..NOBODY }, 1), None);
}

#[test]
fn what_differs_from_page_to_page_or_is_the_sites_way_makes_no_route() {
    let of_value = Affected::WithOtherValue { name: "a".to_owned(), value: 1 };
    for affected in [Affected::WithSession, Affected::Prerendering, of_value] {
        let quarantine = with(&["/p/1", "/p/2", "/p/3", "/p/4"], &affected);
        let ada = Asker { cookies: "session=1; a=2", is_prerender: true, ..ADA };
        assert_eq!(against(&quarantine, "/p/9", &ada, 1), None, "{affected:?}");
    }
    let top = with(&["/a", "/b", "/c", "/d"], &shown(AWAY));
    assert_eq!(against(&top, "/e", &NOBODY, 1), None, "that would be most of the site");
    let mut mixed = with(&["/go/1", "/go/2"], &shown(AWAY));
    mixed.add_to_routes("shop", "/go/3", &shown(Shown::NoPage), 0);
    assert_eq!(against(&mixed, "/go/9", &NOBODY, 1), None);
}

#[test]
fn a_route_whose_pages_lead_back_each_to_its_own_leads_back_and_one_that_leads_to_one_page_leads_on() {
    let leading = |from: [u64; 3]| {
        let mut quarantine = Quarantine::default();
        for (number, from) in from.into_iter().enumerate() {
            quarantine.add_to_routes(
                "shop",
                &format!("/item/{number}/vote"),
                &shown(Shown::LeadsBack { from, is_named: false }),
                0,
            );
        }
        against(&quarantine, "/item/9/vote", &Asker { from: Some(9), ..NOBODY }, 1)
    };
    assert_eq!(leading([1, 2, 3]), met_on_route(shown(Shown::LeadsBack { from: 0, is_named: false })));
    assert_eq!(leading([1, 1, 1]), None);
}

#[test]
fn one_harmless_sibling_takes_a_route_back_and_it_is_not_blamed_again_soon() {
    let pages = ["/go/1", "/go/2", "/go/3"];
    let mut quarantine = with(&pages, &shown(AWAY));
    let page = Given::default();
    let refused = met_on_route(shown(AWAY));
    quarantine.take_back("shop", "/go", &NOBODY, &page, 1);
    quarantine.take_back("other", "/go/7", &NOBODY, &page, 1);
    quarantine.take_back("shop", "/go/7", &ADA, &page, 1);
    assert_eq!(against(&quarantine, "/go/9", &NOBODY, 1), refused, "others tell nothing of it");
    quarantine.take_back("shop", "/go/7", &NOBODY, &page, 1);
    assert_eq!(against(&quarantine, "/go/9", &NOBODY, 1), None);
    assert_eq!(against(&quarantine, "/go/1", &NOBODY, 1), met(shown(AWAY)), "itself it does");
    for page in ["/go/4", "/go/5", "/go/6"] {
        quarantine.add_to_routes("shop", page, &shown(AWAY), 2);
    }
    assert_eq!(against(&quarantine, "/go/9", &NOBODY, 3), None, "its pages differ");
    for page in pages {
        quarantine.add_to_routes("shop", page, &shown(AWAY), LIFE_MS + 1);
    }
    assert_eq!(against(&quarantine, "/go/9", &NOBODY, LIFE_MS + 2), refused, "an hour later");
}

#[test]
fn a_page_takes_back_only_what_it_does_not_do_itself() {
    let pages = ["/p/1", "/p/2", "/p/3"];
    let given = |set: &[&'static str], clears| Given { set: set.to_vec(), clears, ..Given::default() };
    let has = |cookies| Asker { cookies, ..NOBODY };
    for (affected, asker, given, is_taken_back) in [
        (lacking("a"), NOBODY, given(&["b"], false), true),
        (lacking("a"), NOBODY, given(&["a"], false), false),
        (lacking("a"), has("a=1"), given(&[], false), false),
        (Affected::by_cookie("a", true), has("a=1"), given(&[], false), true),
        (Affected::by_cookie("a", true), NOBODY, given(&[], false), false),
        (Affected::Everybody, NOBODY, given(&[], false), true),
        (Affected::Everybody, NOBODY, given(&["b"], false), false),
        (Affected::Everybody, NOBODY, given(&[], true), false),
        (Affected::WithoutTicket(Box::new(lacking("a"))), NOBODY, given(&[], false), true),
        (shown(Shown::Download), ADA, given(&["a"], true), true),
    ] {
        let mut quarantine = with(&pages, &affected);
        let cookies = if affected == Affected::by_cookie("a", true) { "a=1" } else { "" };
        quarantine.take_back("shop", "/p/7", &asker, &given, 1);
        let left = against(&quarantine, "/p/9", &has(cookies), 1);
        assert_eq!(left.is_none(), is_taken_back, "{affected:?} {given:?}");
    }
}

#[test]
fn routes_are_bounded_too() {
    let mut quarantine = Quarantine::default();
    for number in 0..3000 {
        quarantine.add_to_routes("shop", &format!("/r{number}/a/b/c"), &shown(AWAY), 0);
        quarantine.add_to_routes("shop", &format!("/go/{number}"), &lacking(&number.to_string()), 0);
        quarantine.add_to_routes("shop", &format!("/{}/a", "x".repeat(600)), &shown(AWAY), 0);
    }
    assert!(quarantine.routes.len() <= 1010, "{}", quarantine.routes.len());
    assert_eq!(against(&quarantine, "/go/x", &NOBODY, 1), None);
}

#[test]
fn a_session_that_is_known_and_kept_takes_back_that_the_page_loses_sessions() {
    let (cookie, other) = (
        Affected::WithCookie("session".to_owned()),
        Affected::WithOtherValue { name: "session".to_owned(), value: 7 },
    );
    for affected in [Affected::WithSession, cookie, other] {
        let affected = |wrapped: bool| {
            if wrapped { Affected::WithoutTicket(Box::new(affected.clone())) } else { affected.clone() }
        };
        for wrapped in [false, true] {
            let known = with(&["/a"], &affected(wrapped));
            let left = |given: &Given<'_>| {
                let mut quarantine = with(&["/a"], &affected(wrapped));
                quarantine.take_back("shop", "/a", &ADA, given, 1);
                against(&quarantine, "/a", &ADA, 2)
            };
            let kept = Given { keeps_sessions: true, ..Given::default() };
            assert!(against(&known, "/a", &ADA, 2).is_some());
            assert!(left(&Given::default()).is_some(), "nobody knows whether it is a session still");
            assert_eq!(left(&kept), None);
        }
    }
    for affected in [Affected::Everybody, lacking("cart"), Affected::WithCookie("other".to_owned())] {
        let mut quarantine = with(&["/a"], &affected);
        let kept = Given { keeps_sessions: true, ..Given::default() };
        quarantine.take_back("shop", "/a", &ADA, &kept, 1);
        let ada = Asker { cookies: "session=1; other=1", ..ADA };
        assert!(against(&quarantine, "/a", &ada, 2).is_some(), "{affected:?}");
    }
}
