use super::*;

fn url(path: &str) -> Url {
    Url::parse("https://shop.example").unwrap().join(path).unwrap()
}

fn rule(path: &str) -> Option<&'static str> {
    UnsafeUrls::default().rule_for(&url(path))
}

#[test]
fn the_rules_are_called_by_what_is_done() {
    for line in include_str!("../../../tests/data/unsafe_urls.txt").lines() {
        let Some((expected, path)) = line.split_once(' ').filter(|_| !line.starts_with('#')) else {
            continue;
        };
        let expected = (expected != "safe").then_some(expected);
        assert_eq!(rule(path.trim()), expected, "{path}");
    }
}

#[test]
fn every_pattern_of_a_product_is_read() {
    let lines = PRODUCTS.lines().filter(|line| !line.is_empty() && !line.starts_with(['#', '[']));
    let read: Vec<&str> = PRODUCT_GLOBS.iter().map(|(_, glob)| glob.text()).collect();
    assert_eq!(read, lines.collect::<Vec<_>>());
    assert!(PRODUCT_GLOBS.iter().all(|(rule, _)| !rule.is_empty()));
}

#[test]
fn it_is_told_what_says_so() {
    let by = |path: &str| {
        UnsafeUrls::new(vec![UrlGlob::parse("/poll/*").unwrap()], Vec::new())
            .verdict(&url(path))
            .map(|verdict| verdict.by)
    };
    assert_eq!(by("/x/log-out?a=b"), Some(Entry::Segment("log-out".to_owned())));
    assert_eq!(by("/x?a=b&Add-To-Cart=7"), Some(Entry::Parameter("Add-To-Cart".to_owned())));
    assert_eq!(
        by("/checkout/onepage/success"),
        Some(Entry::Product("/checkout/onepage/success*".to_owned()))
    );
    assert_eq!(by("/poll/7"), Some(Entry::Site("/poll/*".to_owned())));
    assert_eq!(by(&format!("/?{}", "a=1&".repeat(65))), Some(Entry::Length));
    assert_eq!(by("/x"), None);
}

#[test]
fn a_site_adds_and_exempts() {
    let globs = |texts: &[&str]| texts.iter().map(|text| UrlGlob::parse(text).unwrap()).collect();
    let urls = UnsafeUrls::new(
        globs(&["/poll/*/answer", "/*?do=it&b=*", "/a(b).c+"]),
        globs(&["/documents/*", "/guide/logout"]),
    );
    let rule = |path: &str| urls.rule_for(&url(path));
    for path in [
        "/poll/7/answer",
        "/POLL/7/Answer?x=1",
        "/x?b=&do=it",
        "/x?c=1;do=it;b=2",
        "/a(b).c+",
        "/a%28b%29.c+",
    ] {
        assert_eq!(rule(path), Some("site"), "{path}");
    }
    for path in [
        "/poll/7",
        "/poll/7/answers",
        "/x?do=it",
        "/x?do=it2&b=1",
        "/documents/logout",
        "/guide/logout?x",
        "/abxc",
    ] {
        assert_eq!(rule(path), None, "{path}");
    }
    assert_eq!(rule("/guides/7/logout/now"), Some("sign-out"));
}

#[test]
fn words_of_links_are_told_in_many_languages() {
    for (text, rule) in [
        ("Log out", Some("sign-out")),
        ("Sign Out »", Some("sign-out")),
        ("Abmelden", Some("sign-out")),
        ("Se déconnecter", Some("sign-out")),
        ("Cerrar sesión", Some("sign-out")),
        ("Выйти", Some("sign-out")),
        ("ログアウト", Some("sign-out")),
        ("退出登录", Some("sign-out")),
        ("تسجيل الخروج", Some("sign-out")),
        ("Ajouter au panier", Some("cart")),
        ("In den Warenkorb", Some("cart")),
        ("Delete", Some("delete")),
        ("Löschen", Some("delete")),
        ("Unsubscribe", Some("unsubscribe")),
        ("Scan all folders", Some("maintenance")),
        ("Scan folder", Some("maintenance")),
        ("Rescan", Some("maintenance")),
        ("Run now", Some("modify")),
        ("Mark as active", Some("modify")),
        ("Scan", None),
        ("Scan your network", None),
        ("Kill Bill", None),
        ("Run", None),
        ("Delete Facebook account", None),
        ("How to log out of your account", None),
        ("Orders", None),
        ("Read more", None),
        ("Create account", None),
        ("Cancel", None),
        ("Abbrechen", None),
        ("Download", None),
        ("Warenkorb", None),
        ("Über uns", None),
        ("", None),
    ] {
        assert_eq!(rule_for_words(text), rule, "{text}");
    }
}

#[test]
fn what_is_hostile_costs_little() {
    // No sleep and no clock: each of them ends, and none is an error.
    for path in [
        format!("/{}", "delete/".repeat(3000)),
        format!("/{}", "a".repeat(100_000)),
        format!("/?{}", "%F0%9F%A7%A8=1&".repeat(5000)),
        format!("/x?action={}", "add_".repeat(3000)),
        format!("/{}", "-".repeat(50_000)),
    ] {
        let _ = rule(&path);
    }
}

#[test]
fn the_rule_sets_patterns_are_those_of_the_table() {
    assert_eq!(include_str!("table/rule_set.txt"), written(), "make configuration writes them");
}

#[test]
fn the_rule_sets_pattern_stays_small_and_in_the_syntax_that_engines_share() {
    let patterns = exclusions;
    // Each page view fetches it.
    let bytes: usize = patterns().map(str::len).sum();
    assert!(bytes < 13_000, "{bytes}");
    for pattern in patterns() {
        assert!(pattern.is_ascii(), "{pattern}");
        // Groups that capture, and what only one language of expressions has.
        let groups = pattern.replace("(?:", "").replace("(.*)", "");
        let is_expression = pattern.starts_with("/(");
        assert_eq!(groups.matches('(').count(), usize::from(is_expression), "{pattern}");
        for foreign in ["(?i", "(?=", "(?!", "(?<", "\\p", "\\b", "[^/"] {
            assert!(!pattern.contains(foreign), "{foreign} in {pattern}");
        }
    }
}
