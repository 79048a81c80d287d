use super::*;
use proptest::prelude::*;

fn lists(session: &[&str], inert: &[&str], csrf: &[&str]) -> CookieClasses {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    CookieClasses::new(&owned(session), &owned(inert), &owned(csrf))
}

fn of(line: &str) -> Class {
    CookieClasses::default().of(&SetCookie::parse(line))
}

fn of_name(name: &str) -> Class {
    CookieClasses::default().of_name(name)
}

#[test]
fn what_is_really_set_is_told_apart() {
    let classes = CookieClasses::default();
    let lines = include_str!("../../../tests/data/set_cookies.txt").lines();
    let rows: Vec<(&str, &str)> = lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once(' ').unwrap())
        .collect();
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|(expected, line)| {
            let class = format!("{:?}", classes.of(&SetCookie::parse(line))).to_lowercase();
            (class != *expected).then(|| format!("{class}, not {expected}: {line}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(rows.len(), 780);
}

#[test]
fn no_name_is_hidden_by_another_table() {
    let tables = [
        (CSRF, Class::Csrf),
        (INERT, Class::Inert),
        (COUNTERS, Class::Inert),
        (STICKY, Class::Sticky),
        (FLASHES, Class::Flash),
        (SIGN_INS, Class::SignIn),
        (SESSIONS, Class::Session),
        (SESSION_WORDS, Class::Session),
        (CARTS, Class::Cart),
        (CART_WORDS, Class::Cart),
        (SIGN_IN_WORDS, Class::SignIn),
        (CHOICE_WORDS, Class::Inert),
    ];
    for (table, class) in tables {
        for pattern in table {
            let name = pattern.replace('*', "7");
            assert_eq!(of_name(&name), class, "{name}");
            assert_eq!(of_name(&format!("__Host-{name}")), class, "{name}");
            let is_told = of_name(&name.to_uppercase()) == class;
            assert!(is_told || class == Class::Inert, "{name}");
        }
    }
}

#[test]
fn the_word_of_a_site_wins() {
    let classes = lists(
        &["Shop_*", "_ga", "lang*", "both"],
        &["phpsessid", "shop_seen", "both", "a*"],
        &["shop_form", "cart", "a*"],
    );
    for (name, class) in [
        ("SHOP_customer", Class::Session),
        ("shop_", Class::Session),
        ("shop_form", Class::Session),
        ("_ga", Class::Session),
        ("_gid", Class::Inert),
        ("language", Class::Session),
        ("phpsessid", Class::Inert),
        ("PHPSESSID", Class::Session),
        ("shop_seen", Class::Inert),
        ("Shop_Seen", Class::Session),
        ("both", Class::Inert),
        ("Cart", Class::Csrf),
        ("abc", Class::Inert),
        ("ABC", Class::Csrf),
        ("__Host-both", Class::Unknown),
    ] {
        assert_eq!(classes.of_name(name), class, "{name}");
    }
    let cookie = SetCookie::parse("shop_seen=1; HttpOnly");
    assert_eq!(classes.of(&cookie), Class::Inert, "whatever its attributes");
    assert_eq!(lists(&[], &["route"], &[]).of(&SetCookie::parse("route=1; HttpOnly")), Class::Inert);
    // Stars elsewhere are stars.
    let classes = lists(&["a*b"], &["*"], &[]);
    assert_eq!((classes.of_name("a*b"), classes.of_name("axb")), (Class::Session, Class::Inert));
    let classes = lists(&["a*b"], &[], &[]);
    assert_eq!((classes.of_name("a*b"), classes.of_name("axb")), (Class::Session, Class::Unknown));
}

#[test]
fn only_a_name_in_full_makes_something_else_of_a_session() {
    for wide in ["*", "P*", "PHPSESS*", "connect*", "s*", "wordpress_*", "AWS*", "__Host-*"] {
        for classes in [lists(&[], &[wide], &[]), lists(&[], &[], &[wide])] {
            for (name, class) in [
                ("PHPSESSID", Class::Session),
                ("connect.sid", Class::Session),
                ("shop_session", Class::Session),
                ("wordpress_logged_in_7", Class::Session),
                ("__Host-session", Class::Session),
            ] {
                assert_eq!(classes.of_name(name), class, "{wide} {name}");
            }
            assert_eq!(classes.of(&SetCookie::parse("AWSALB=1")), Class::Sticky, "{wide}");
        }
    }
    let classes = lists(&[], &["PHPSESSID", "AWSALB", "seen_*"], &["connect.sid", "form_*"]);
    assert_eq!(classes.of_name("PHPSESSID"), Class::Inert);
    assert_eq!(classes.of(&SetCookie::parse("AWSALB=1")), Class::Inert);
    assert_eq!((classes.of_name("seen_1"), classes.of_name("form_1")), (Class::Inert, Class::Csrf));
    assert_eq!(classes.of_name("connect.sid"), Class::Csrf);
}

#[test]
fn of_two_lists_the_more_exact_name_counts() {
    let classes =
        lists(&["shop_*", "shop_seen_user", "same*"], &["shop_seen*", "shop_se*", "s*", "same*"], &[]);
    for (name, class) in [
        ("shop_id", Class::Session),
        ("shop_seen", Class::Inert),
        ("shop_seen_7", Class::Inert),
        ("shop_seen_user", Class::Session),
        ("same_1", Class::Inert),
        ("sxy", Class::Inert),
    ] {
        assert_eq!(classes.of_name(name), class, "{name}");
    }
}

#[test]
fn only_so_many_names_of_a_site_count() {
    let names: Vec<String> = (0..=MAX_ADDED).map(|n| format!("x{n}")).collect();
    let classes = CookieClasses::new(&[], &[], &names);
    assert_eq!(classes.of_name(&format!("x{}", MAX_ADDED - 1)), Class::Csrf);
    assert_eq!(classes.of_name(&format!("x{MAX_ADDED}")), Class::Unknown);
}

#[test]
fn sessions_carts_and_tokens_are_known_in_any_case_and_inert_names_in_theirs() {
    for (name, class) in [
        ("phpsessid", Class::Session),
        ("JSessionID", Class::Session),
        ("CSRFToken", Class::Csrf),
        ("csrf_session", Class::Csrf),
        ("FORM_KEY", Class::Csrf),
        ("Basket", Class::Cart),
        ("cart_session", Class::Session),
        ("_ga", Class::Inert),
        ("_GA", Class::Unknown),
        ("THEME", Class::Unknown),
        ("__host-theme", Class::Inert),
        ("__Host-Http-sid", Class::Session),
        ("SESSd41d8cd98f00b204e9800998ecf8427e", Class::Session),
        ("d41d8cd98f00b204e9800998ecf8427e", Class::Session),
        ("D41D8CD98F00B204E9800998ECF8427E", Class::Unknown),
        ("d41d8cd98f00b204e9800998ecf8427", Class::Unknown),
        ("", Class::Unknown),
        ("\u{e9}", Class::Unknown),
        ("__Host-\u{e9}", Class::Unknown),
        ("__Hos\u{e9}-", Class::Unknown),
        ("session\u{e9}", Class::Session),
    ] {
        assert_eq!(of_name(name), class, "{name}");
    }
}

#[test]
fn attributes_speak_where_names_do_not() {
    for (line, class) in [
        ("x=1", Class::Unknown),
        ("x=1; HttpOnly", Class::Session),
        ("x=1; HttpOnly; Expires=0", Class::Session),
        ("x=1; HttpOnly; Max-Age=60", Class::Unknown),
        ("x=1; HttpOnly; Expires=Wed, 21 Oct 2035 07:28:00 GMT", Class::Unknown),
        ("x=; HttpOnly; Max-Age=0", Class::Session),
        ("__Host-x=1; Secure; Path=/", Class::Unknown),
        ("__Host-x=1; Secure; Path=/; HttpOnly; Max-Age=60", Class::Session),
        ("__secure-x=1; Secure; HttpOnly; Max-Age=60", Class::Session),
        ("=1; HttpOnly", Class::Session),
        ("_ga=1; HttpOnly", Class::Inert),
        ("csrftoken=1; HttpOnly", Class::Csrf),
        ("cart=1; HttpOnly", Class::Cart),
    ] {
        assert_eq!(of(line), class, "{line}");
    }
}

#[test]
fn a_sticky_cookie_goes_with_the_session_but_is_none() {
    for name in ["AWSALB", "AWSALBAPP-0", "BIGipServerpool", "route", "__cflb", "cookiesession1"] {
        assert_eq!((of(&format!("{name}=1")), of_name(name)), (Class::Sticky, Class::Sticky), "{name}");
        assert_eq!(of(&format!("{name}=_remove_; HttpOnly")), Class::Sticky, "{name}");
        assert!(CookieClasses::default().says_nothing(name), "{name}");
    }
    let classes = lists(&["route"], &["SERVERID"], &[]);
    assert!(!classes.says_nothing("route") && !classes.says_nothing("SERVERID"), "the word of a site wins");
    assert!(classes.says_nothing("__cf_bm") && !classes.says_nothing("session"));
    let renewed = CookieClasses::default().with_renewed(&["awsalb".to_owned()]);
    assert_eq!(renewed.of(&SetCookie::parse("AWSALB=1")), Class::Session, "what a site says must be renewed");
}

#[test]
fn a_name_beyond_all_length_tells_nothing() {
    let name = |length: usize| format!("session{}", "x".repeat(length - "session".len()));
    assert_eq!(of_name(&name(MAX_NAME)), Class::Session);
    assert_eq!(of_name(&name(MAX_NAME + 1)), Class::Unknown);
    assert_eq!(of(&format!("{}=1", name(MAX_NAME + 1))), Class::Unknown);
    assert_eq!(of(&format!("{}=1; HttpOnly", name(8192))), Class::Session);
    assert_eq!(of(&format!("AWSALB{}=1", "x".repeat(8192))), Class::Unknown);
}

proptest! {
    #[test]
    fn patterns_match_as_regular_expressions_do(pattern in "[ab*]{0,7}", name in "[ab]{0,9}") {
        let expression = pattern.split('*').map(regex::escape).collect::<Vec<_>>().join(".*");
        let expression = regex::Regex::new(&format!("^(?:{expression})$")).unwrap();
        prop_assert_eq!(matches(&pattern, &name), expression.is_match(&name));
    }

    #[test]
    fn any_line_has_a_class(line in any::<String>(), names in prop::collection::vec(any::<String>(), 0..4)) {
        let cookie = SetCookie::parse(&line);
        let classes = CookieClasses::new(&names, &[], &names);
        let by_name = classes.of_name(cookie.name);
        let class = classes.of(&cookie);
        prop_assert!(class == by_name || (by_name, class) == (Class::Unknown, Class::Session));
    }
}

#[test]
fn what_is_known_of_names_has_a_bound_and_changes_no_answer() {
    let classes = CookieClasses::new(&["mine_*".to_owned()], &[], &[]);
    let known = || classes.known.0.lock().unwrap().len();
    for number in 0..3 * MAX_KNOWN {
        let names = [format!("n{number}"), "PHPSESSID".to_owned(), format!("mine_{number}"), "x".repeat(80)];
        let told: Vec<Class> = names.iter().map(|name| classes.of_name(name)).collect();
        assert_eq!(told, [Class::Unknown, Class::Session, Class::Session, Class::Unknown]);
        assert_eq!(told, names.iter().map(|name| classes.look_up(name)).collect::<Vec<_>>());
        assert!(known() <= MAX_KNOWN);
    }
    assert!(known() > 0);
    let inert = CookieClasses { inert: vec!["PHPSESSID".to_owned()], ..classes.clone() };
    assert_eq!(inert.of_name("PHPSESSID"), Class::Inert);
}
