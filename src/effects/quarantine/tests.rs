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
    marks: [Some(91), None, None],
    network: Some(91),
};
const ADA: Asker<'_> = Asker {
    cookies: "session=1",
    has_session: true,
    marks: [Some(92), None, None],
    network: Some(92),
    ..NOBODY
};

/// Visitors of several networks, without a session and with one.
fn several() -> impl Iterator<Item = MetBy> {
    (1..=6).map(|number| MetBy { marks: vec![number], network: Some(number), has_session: number > 3 })
}

impl Quarantine {
    /// Remembers what visitors of several networks have met.
    #[allow(clippy::needless_pass_by_value)] // as it is added
    pub fn add_for_all(&mut self, site: &str, path: &str, affected: Affected, now: u64) {
        several().for_each(|by| self.add(site, path, affected.clone(), &by, now));
    }

    fn add_to_routes_for_all(&mut self, site: &str, path: &str, affected: &Affected, now: u64) {
        several().for_each(|by| self.add_to_routes(site, path, affected, &by, now));
    }
}

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
    quarantine.add_for_all("shop", "/a", Affected::WithSession, 0);
    quarantine.add_for_all("shop", "/b", lacking("token"), 0);
    quarantine.add_for_all("shop", "/c", Affected::Prerendering, 0);
    let against = |path: &str, asker: &Asker<'_>| quarantine.against("shop", path, asker, 1);
    assert_eq!((against("/a", &ADA), against("/a", &NOBODY)), (met(Affected::WithSession), None));
    assert_eq!(against("/b", &NOBODY), met(lacking("token")));
    assert_eq!(against("/b", &Asker { cookies: "x=1; token=2", ..NOBODY }), None);
    quarantine.add_for_all("shop", "/d", Affected::by_cookie("token", true), 0);
    assert_eq!(quarantine.against("shop", "/d", &NOBODY, 1), None);
    assert_eq!(
        quarantine.against("shop", "/d", &Asker { cookies: "token=2", ..NOBODY }, 1),
        met(Affected::by_cookie("token", true))
    );
    quarantine.add_for_all("shop", "/e", Affected::Everybody, 0);
    assert_eq!(quarantine.against("shop", "/e", &NOBODY, 1), met(Affected::Everybody));
    let against = |path: &str, asker: &Asker<'_>| quarantine.against("shop", path, asker, 1);
    assert_eq!(against("/c", &NOBODY), None);
    assert_eq!(against("/c", &Asker { is_prerender: true, ..NOBODY }), met(Affected::Prerendering));
    let other = Affected::WithOtherValue { name: "token".to_owned(), value: fnv1a(b"2") };
    quarantine.add_for_all("shop", "/f", other.clone(), 0);
    let against = |cookies| quarantine.against("shop", "/f", &Asker { cookies, ..NOBODY }, 1);
    assert_eq!((against("token=1"), against("token=2"), against("")), (met(other), None, None));
    assert_eq!(quarantine.against("other", "/a", &ADA, 1), None);
    assert_eq!(quarantine.against("shop", "/a", &ADA, LIFE_MS), None, "after an hour");
}

#[test]
fn what_a_ticket_could_defer_is_refused_to_those_alone_who_bring_none_back() {
    let mut quarantine = Quarantine::default();
    let without = Affected::WithoutTicket(Box::new(lacking("token")));
    quarantine.add_for_all("shop", "/a", without.clone(), 0);
    let against = |asker: &Asker<'_>| quarantine.against("shop", "/a", asker, 1);
    assert_eq!(against(&NOBODY), met(without));
    assert_eq!(against(&Asker { has_tickets: true, ..NOBODY }), None);
    assert_eq!(against(&Asker { cookies: "token=1", ..NOBODY }), None);
}

#[test]
fn where_every_view_renews_the_session_no_page_is_to_blame() {
    let mut quarantine = Quarantine::default();
    quarantine.add_for_all("shop", "/a", Affected::WithSession, 0);
    quarantine.rotates("shop", 1);
    assert_eq!(quarantine.against("shop", "/a", &ADA, 2), None);
    quarantine.add_for_all("shop", "/a", Affected::WithSession, 3);
    assert_eq!(quarantine.against("shop", "/a", &ADA, 4), None);
    quarantine.add_for_all("other", "/a", Affected::WithSession, 3);
    assert_eq!(quarantine.against("other", "/a", &ADA, 4), met(Affected::WithSession));
}

#[test]
fn what_is_remembered_is_bounded() {
    let mut quarantine = Quarantine::default();
    for number in 0..3 * MAX_PAGES {
        quarantine.add_for_all("shop", &format!("/{number}"), Affected::Prerendering, 0);
        quarantine.add_for_all("shop", &format!("/{}", "x".repeat(600)), Affected::Prerendering, 0);
        quarantine.add_for_all("shop", "/long", lacking(&"x".repeat(300)), 0);
        quarantine.add_for_all("shop", "/many", lacking(&number.to_string()), 0);
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
        quarantine.add_for_all("shop", page, affected.clone(), 0);
        quarantine.add_to_routes_for_all("shop", page, affected, 0);
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
    quarantine.add_for_all("shop", "/switch", shown(one), 1);
    let asker = Asker { from: Some(3), ..NOBODY };
    assert_eq!(against(&quarantine, "/switch", &asker, 2), None);
    quarantine.add_for_all("shop", "/switch", shown(two), 1);
    assert_eq!(against(&quarantine, "/switch", &asker, 2), met(shown(one)));
    assert_eq!(against(&quarantine, "/switch", &Asker { may_be_file: true, ..asker }, 2), None);
}

#[test]
fn what_names_the_page_to_which_it_leads_back_is_refused_there_alone() {
    let named = |from| shown(Shown::LeadsBack { from, is_named: true });
    let mut quarantine = with(&["/sign-in?next"], &named(1));
    quarantine.add_for_all("shop", "/sign-in?next", named(2), 1);
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
        before.add_for_all("shop", "/account", back(number), 1);
    }
    let mut after = with(&["/account"], &back(1));
    after.add_for_all("shop", "/account", back(2), 0);
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
        route.add_to_routes_for_all("shop", &format!("/comment/{number}"), &back(number), 1);
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
    mixed.add_to_routes_for_all("shop", "/go/3", &shown(Shown::NoPage), 0);
    assert_eq!(against(&mixed, "/go/9", &NOBODY, 1), None);
}

#[test]
fn a_route_whose_pages_lead_back_each_to_its_own_leads_back_and_one_that_leads_to_one_page_leads_on() {
    let leading = |from: [u64; 3]| {
        let mut quarantine = Quarantine::default();
        for (number, from) in from.into_iter().enumerate() {
            quarantine.add_to_routes_for_all(
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
        quarantine.add_to_routes_for_all("shop", page, &shown(AWAY), 2);
    }
    assert_eq!(against(&quarantine, "/go/9", &NOBODY, 3), None, "its pages differ");
    for page in pages {
        quarantine.add_to_routes_for_all("shop", page, &shown(AWAY), LIFE_MS + 1);
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
        (shown(Shown::Download), NOBODY, given(&["a"], true), true),
        (shown(Shown::Download), ADA, given(&[], false), false),
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
        quarantine.add_to_routes_for_all("shop", &format!("/r{number}/a/b/c"), &shown(AWAY), 0);
        quarantine.add_to_routes_for_all("shop", &format!("/go/{number}"), &lacking(&number.to_string()), 0);
        quarantine.add_to_routes_for_all("shop", &format!("/{}/a", "x".repeat(600)), &shown(AWAY), 0);
    }
    assert!(quarantine.routes.len() <= 1010, "{}", quarantine.routes.len());
    assert_eq!(against(&quarantine, "/go/x", &NOBODY, 1), None);
}

/// What is left of something that all had met, to somebody, when these have been given a page.
fn left(affected: &Affected, given: &Given<'_>, viewers: &[Asker<'_>], asker: &Asker<'_>) -> bool {
    let mut quarantine = with(&["/a"], affected);
    assert!(against(&quarantine, "/a", asker, 1).is_some(), "{affected:?}");
    for viewer in viewers {
        quarantine.take_back("shop", "/a", viewer, given, 1);
    }
    against(&quarantine, "/a", asker, 2).is_some()
}

/// So many visitors in networks of their own.
fn others(like: Asker<'_>, number: u64) -> Vec<Asker<'_>> {
    let other = |number| Asker { marks: [Some(number), None, None], network: Some(number), ..like };
    (201..=200 + number).map(other).collect()
}

#[test]
fn a_session_that_is_known_and_kept_takes_back_that_the_page_loses_sessions_and_so_do_many_that_are_not() {
    let kept = Given { keeps_sessions: true, ..Given::default() };
    let known = Given { is_witness: true, ..kept.clone() };
    for affected in [Affected::WithSession, Affected::WithoutTicket(Box::new(Affected::WithSession))] {
        let left = |given: &Given<'_>, viewers: &[Asker<'_>]| left(&affected, given, viewers, &ADA);
        assert!(left(&Given::default(), &others(ADA, 9)), "another one is given there");
        assert!(!left(&known, &others(ADA, 1)));
        assert!(left(&kept, &others(ADA, 5)), "nobody knows whether these are sessions still");
        assert!(!left(&kept, &others(ADA, 6)));
        assert!(left(&known, &others(NOBODY, 9)), "who has none keeps none");
    }
}

#[test]
fn a_view_by_somebody_like_them_takes_back_whatever_was_met() {
    let (plain, lamp) = (Given::default(), Asker { cookies: "lamp=on", ..NOBODY });
    let other = Affected::WithOtherValue { name: "lamp".to_owned(), value: fnv1a(b"off") };
    let sets = Given { set: vec!["lamp"], ..Given::default() };
    for (affected, given, viewer, is_taken_back) in [
        (Affected::by_cookie("lamp", true), &plain, lamp, true),
        (Affected::by_cookie("lamp", true), &sets, lamp, false),
        (Affected::by_cookie("lamp", true), &plain, NOBODY, false),
        (other.clone(), &plain, lamp, true),
        (other.clone(), &sets, lamp, false),
        (other, &plain, Asker { cookies: "lamp=off", ..NOBODY }, false),
        (lacking("oil"), &plain, lamp, true),
        (lacking("oil"), &Given { set: vec!["oil"], ..Given::default() }, lamp, false),
        (Affected::Everybody, &plain, lamp, true),
        (Affected::Everybody, &plain, ADA, false),
        (Affected::Everybody, &Given { clears: true, ..Given::default() }, lamp, false),
        (Affected::Everybody, &Given { has_effect: true, ..Given::default() }, lamp, false),
        (Affected::Everybody, &sets, lamp, false),
        (Affected::WithoutTicket(Box::new(Affected::Everybody)), &plain, lamp, true),
        (shown(Shown::NoPage), &plain, lamp, true),
        (shown(Shown::NoPage), &plain, ADA, false),
    ] {
        let is_left = left(&affected, given, &others(viewer, 1), &lamp);
        assert_eq!(!is_left, is_taken_back, "{affected:?} {given:?} {viewer:?}");
    }
    // What a view does not show for sure takes twice as many.
    let renders = Given { renders: true, ..Given::default() };
    let guest = Asker { is_prerender: true, ..NOBODY };
    for (affected, given) in [(Affected::Prerendering, &renders), (Affected::Everybody, &sets)] {
        assert!(left(&affected, given, &others(NOBODY, 5), &guest), "{affected:?}");
        assert!(!left(&affected, given, &others(NOBODY, 6), &guest), "{affected:?}");
    }
    assert!(left(&Affected::Prerendering, &plain, &others(NOBODY, 9), &guest), "its head speaks against it");
}

/// Every kind of what a visitor may meet, and somebody of whom it is true.
fn every_kind() -> Vec<(Affected, Asker<'static>)> {
    let other = Affected::WithOtherValue { name: "a".to_owned(), value: 7 };
    let back = Shown::LeadsBack { from: 5, is_named: false };
    let kinds = [
        Affected::WithSession,
        Affected::by_cookie("a", true),
        other,
        lacking("b"),
        Affected::Everybody,
        Affected::Prerendering,
        shown(Shown::LeavesSite { has_session: true }),
        shown(Shown::Download),
        shown(Shown::NoPage),
        shown(back),
    ];
    let asker = Asker { cookies: "session=1; a=1", is_prerender: true, from: Some(5), ..ADA };
    let wrapped = |kind: &Affected| Affected::WithoutTicket(Box::new(kind.clone()));
    kinds.iter().flat_map(|kind| [kind.clone(), wrapped(kind)]).map(|kind| (kind, asker)).collect()
}

#[test]
fn what_one_visitor_has_met_is_refused_to_them_alone_whatever_it_was() {
    for (affected, asker) in every_kind() {
        let by = MetBy { marks: vec![92], network: Some(92), has_session: true };
        let mut quarantine = Quarantine::default();
        for page in ["/a", "/go/1/x", "/go/2/x", "/go/3/x"] {
            for _ in 0..9 {
                quarantine.add("shop", page, affected.clone(), &by, 0);
                quarantine.add_to_routes("shop", page, &affected, &by, 0);
            }
        }
        assert_eq!(against(&quarantine, "/a", &asker, 1), met(affected.clone()));
        for other in others(asker, 3) {
            assert_eq!(against(&quarantine, "/a", &other, 1), None, "{affected:?}");
            assert_eq!(against(&quarantine, "/go/9/x", &other, 1), None, "{affected:?}");
        }
        // Two more, and it is the page's doing.
        for other in [93, 94] {
            let by = MetBy { marks: vec![other], network: Some(other), has_session: true };
            quarantine.add("shop", "/a", affected.clone(), &by, 0);
        }
        assert_eq!(against(&quarantine, "/a", &others(asker, 1)[0], 1), met(affected.clone()));
        let without = Asker { has_session: false, ..others(asker, 1)[0] };
        assert_eq!(against(&quarantine, "/a", &without, 1), None, "{affected:?}");
    }
}

#[test]
fn a_route_is_blamed_for_whoever_has_met_three_of_its_pages_and_for_all_once_three_networks_have() {
    let by = |number| MetBy { marks: vec![number], network: Some(number), has_session: false };
    let pages = ["/item/1/buy", "/item/2/buy", "/item/3/buy"];
    let at = |number| Asker { marks: [Some(number), None, None], network: Some(number), ..NOBODY };
    let mut quarantine = Quarantine::default();
    let refused = met_on_route(Affected::Everybody);
    for (number, page) in (1..).zip(pages) {
        assert_eq!(against(&quarantine, "/item/9/buy", &at(50), 1), None, "{page}");
        quarantine.add_to_routes("shop", page, &Affected::Everybody, &by(number), 0);
    }
    assert_eq!(against(&quarantine, "/item/9/buy", &at(50), 1), refused, "each has met another one");
    let mut quarantine = Quarantine::default();
    for page in pages {
        quarantine.add_to_routes("shop", page, &Affected::Everybody, &by(1), 0);
        quarantine.add_to_routes("shop", page, &Affected::Everybody, &by(2), 0);
    }
    assert_eq!(against(&quarantine, "/item/9/buy", &at(50), 1), None);
    for number in [1, 2] {
        assert_eq!(against(&quarantine, "/item/9/buy", &at(number), 1), refused);
    }
    quarantine.add_to_routes("shop", "/item/3/buy", &Affected::Everybody, &by(3), 0);
    assert_eq!(against(&quarantine, "/item/9/buy", &at(50), 1), refused);
    assert_eq!(against(&quarantine, "/item/9/buy", &Asker { has_session: true, ..at(50) }, 1), None);
}

#[test]
fn a_cookie_of_which_each_visitor_is_given_another_value_is_met_by_all_of_them() {
    let mut quarantine = Quarantine::default();
    let asker = Asker { cookies: "lamp=old", ..others(NOBODY, 1)[0] };
    for number in 1..=3 {
        assert_eq!(against(&quarantine, "/a", &asker, 1), None, "{number}");
        let value = Affected::WithOtherValue { name: "lamp".to_owned(), value: number };
        let by = MetBy { marks: vec![number], network: Some(number), has_session: false };
        quarantine.add("shop", "/a", value, &by, 0);
    }
    assert!(against(&quarantine, "/a", &asker, 1).is_some());
    let other = Affected::WithOtherValue { name: "oil".to_owned(), value: 1 };
    quarantine.add("shop", "/a", other, &several().next().unwrap(), 0);
    let asker = Asker { cookies: "oil=1", ..asker };
    assert_eq!(against(&quarantine, "/a", &asker, 1), None, "of another cookie it says nothing");
}

#[test]
fn one_visitor_has_nobody_forget_what_others_have_met_on_a_route() {
    let mut quarantine = Quarantine::default();
    let by = |mark: u64, network: Option<u64>| MetBy { marks: vec![mark], network, has_session: false };
    for number in 1..=3 {
        for page in 0..3 {
            let page = format!("/item/{page}/buy");
            quarantine.add_to_routes("shop", &page, &Affected::Everybody, &by(number, Some(number)), 0);
        }
    }
    let refused = met_on_route(Affected::Everybody);
    assert_eq!(quarantine.against("shop", "/item/9/buy", &NOBODY, 1), refused);
    for (number, network) in (100..200).map(|number| (number, if number % 2 == 0 { None } else { Some(7) })) {
        let page = format!("/item/{number}/buy");
        quarantine.add_to_routes("shop", &page, &Affected::Everybody, &by(number, network), 1);
    }
    assert_eq!(quarantine.against("shop", "/item/9/buy", &NOBODY, 2), refused);
}

#[test]
fn the_report_is_told_the_routes_of_which_enough_pages_were_met() {
    let mut quarantine = with(&["/go/1", "/go/2", "/go/3"], &shown(AWAY));
    quarantine.add_to_routes_for_all("shop", "/item/1", &lacking("token"), 0);
    quarantine.add_for_all("shop", "/item/1", lacking("token"), 0);
    let route = SeenRoute { template: "/go/*".to_owned(), affected: shown(AWAY), pages: 3, networks: 6 };
    assert_eq!(quarantine.seen_routes("shop", 1), [route]);
    assert_eq!((quarantine.number_of_pages("shop", 1), quarantine.number_of_pages("other", 1)), (4, 0));
    assert_eq!(quarantine.seen_routes("shop", LIFE_MS + 1), []);
    assert_eq!(quarantine.number_of_pages("shop", LIFE_MS + 1), 0);
}
