use super::*;
use crate::config::describe::{documentation, wrangler_toml};
use crate::effects::class::{self, Class};
use crate::urls::inert_parameters;
use proptest::prelude::*;

/// A configuration, and which variables were wrong.
fn read(variables: &[(&str, &str)]) -> (Config, Vec<&'static str>) {
    let (config, mistakes) = Config::read(variables.iter().copied());
    (config, mistakes.iter().map(|mistake| mistake.variable).collect())
}

/// What the log says of one variable.
fn messages(variable: &str, value: impl Into<Value>) -> Vec<String> {
    Config::read([(variable, value)]).1.into_iter().map(|mistake| mistake.message).collect()
}

fn array(texts: &[&str]) -> Value {
    Value::Array(texts.iter().map(|text| Value::from(*text)).collect())
}

fn url(path: &str) -> Url {
    Url::parse("https://shop.example").unwrap().join(path).unwrap()
}

#[test]
fn nothing_set_is_no_mistake() {
    let (config, mistakes) = read(&[("ORIGIN", ""), ("UNSAFE_URLS", "  "), ("HINTS", "")]);
    assert!(mistakes.is_empty());
    assert_eq!(config.origin, OriginServer::Zone);
    assert!(config.hints.is_on && config.rules.is_on && config.rules.activation_signal);
    assert_eq!(config.urls.inert_parameters, InertParameters::default());
    assert_eq!(
        config.hints.preferences,
        HintPreferences {
            preconnect: 3,
            dns_prefetch: 6,
            preload: 2,
            several: 3,
            asks: true,
            reads_third_parties: true,
            ..HintPreferences::default()
        }
    );
    assert_eq!(config.hints.redirects, RedirectHints::SameSite);
    for (setting, stylesheets) in [("site", ReadStylesheets::Site), ("off", ReadStylesheets::Off)] {
        let hints = read(&[("READ_STYLESHEETS", setting)]).0.hints;
        assert_eq!((hints.stylesheets, hints.preferences.reads_third_parties), (stylesheets, false));
    }
    for (min_visitors, several) in [("1", 0), ("2", 2), ("100", 3)] {
        assert_eq!(read(&[("MIN_VISITORS", min_visitors)]).0.hints.preferences.several, several);
    }
    let learning = &config.learning;
    assert_eq!(learning.batch_views, 200);
    let hints = &config.hints;
    assert_eq!((hints.preferences.asks, hints.preferences.preload), (true, 2));
    assert!(!hints.changes_largest_picture);
    assert_eq!((learning.batch_seconds, learning.publish_seconds, learning.refresh_seconds), (10, 120, 60));
    assert_eq!(learning.shards, 1);
    for (said, bytes) in [("16384", 16_384), ("65536", 65_536), ("16383", 1_048_576), ("64k", 1_048_576)] {
        assert_eq!(read(&[("READ_BYTES", said)]).0.learning.read_bytes, bytes, "{said}");
    }
    assert!(messages("UNSAFE_URLS", array(&[])).is_empty());
}

#[test]
fn an_origin_is_a_bare_url_or_a_word() {
    for text in ["https://www.example.org", "http://127.0.0.1:8080/", "https://[::1]:8443"] {
        let (config, mistakes) = read(&[("ORIGIN", text)]);
        let url = Url::parse(text).unwrap();
        assert_eq!(config.origin, OriginServer::Url { url, host: OriginHost::Own }, "{text}");
        assert!(mistakes.is_empty());
    }
    assert_eq!(read(&[("ORIGIN", " service ")]).0.origin, OriginServer::Service);
    assert_eq!(read(&[("ORIGIN", "assets")]).0.origin, OriginServer::Assets);
    for text in
        ["example.org", "https://example.org/base", "https://u@example.org", "ftp://example.org", "Service"]
    {
        let (config, mistakes) = read(&[("ORIGIN", text)]);
        assert_eq!(config.origin, OriginServer::Zone, "{text}");
        assert_eq!(mistakes, ["ORIGIN"], "{text}");
    }
    assert_eq!(
        messages("ORIGIN", Value::Object),
        [
            "ORIGIN is an object; it must be a URL with nothing behind host and port (https://www.example.org), \"service\" or \
          \"assets\". The zone's own origin is asked instead."
        ]
    );
}

#[test]
fn a_server_is_asked_for_the_public_host_only_by_its_name() {
    let host_of = |origin: &str, host: &str| {
        let (config, mistakes) = read(&[("ORIGIN", origin), ("ORIGIN_HOST", host)]);
        let host = match config.origin {
            OriginServer::Url { host, .. } => Some(host),
            _ => None,
        };
        (host, mistakes)
    };
    assert_eq!(host_of("https://origin.example", "public"), (Some(OriginHost::Public), vec![]));
    assert_eq!(host_of("https://origin.example:443", "public"), (Some(OriginHost::Public), vec![]));
    assert_eq!(host_of("https://origin.example", ""), (Some(OriginHost::Own), vec![]));
    assert_eq!(host_of("http://127.0.0.1:8000", "public"), (Some(OriginHost::Own), vec!["ORIGIN_HOST"]));
    assert_eq!(host_of("service", "public"), (None, vec![]));
}

#[test]
fn every_bad_value_is_named_and_replaced_by_the_default() {
    let (config, mistakes) = read(&[
        ("HINTS", "maybe"),
        ("RULES", "OFF"),
        ("EAGERNESS", "keen"),
        ("UNSAFE_URLS", "/ok/* nope /bad(regex"),
        ("INERT_PARAMETERS", "good bad=1 ref_* * a%20b"),
        ("ACTIVATION_SIGNAL", "sometimes"),
        ("INERT_COOKIES", "good bad=1"),
        ("MAX_PRECONNECT", "-1"),
        ("MAX_DNS_PREFETCH", "21"),
        ("EARLY_HINTS", "103"),
        ("DENY_HOSTS", "ok.example https://bad.example bad:80 *.Fine.Example *"),
        ("LEARN_SAMPLE", "NaN"),
        ("READ_BYTES", "1048577"),
        ("BEACON", "0.01"),
        ("LEARNER_SHARDS", "0"),
        ("BATCH_SECONDS", "26"),
        ("BATCH_VIEWS", "-1"),
        ("PUBLISH_SECONDS", "soon"),
        ("REFRESH_SECONDS", "1.5"),
    ]);
    assert_eq!(
        mistakes,
        [
            "HINTS",
            "MAX_PRECONNECT",
            "MAX_DNS_PREFETCH",
            "EARLY_HINTS",
            "BEACON",
            "DENY_HOSTS",
            "DENY_HOSTS",
            "DENY_HOSTS",
            "EAGERNESS",
            "ACTIVATION_SIGNAL",
            "UNSAFE_URLS",
            "INERT_PARAMETERS",
            "INERT_PARAMETERS",
            "INERT_PARAMETERS",
            "INERT_COOKIES",
            "LEARN_SAMPLE",
            "READ_BYTES",
            "LEARNER_SHARDS",
            "BATCH_SECONDS",
            "BATCH_VIEWS",
            "PUBLISH_SECONDS",
            "REFRESH_SECONDS"
        ]
    );
    assert!(config.hints.is_on && !config.rules.is_on);
    assert_eq!(config.rules.eagerness, None);
    assert!(config.rules.activation_signal);
    let inert = &config.urls.inert_parameters;
    assert!(inert.is_inert("good") && inert.is_inert("ref_1") && !inert.is_inert("bad"));
    assert_eq!(config.hints.preferences.preconnect, 3);
    assert!(!config.hints.preferences.early_hints);
    assert_eq!((config.learning.batch_seconds, config.learning.read_bytes), (10, 1_048_576));
}

#[test]
fn a_mistake_says_what_is_meant_and_what_is_used() {
    for (variable, text, message) in [
        ("MAX_PRECONNECT", "many", "it must be a whole number from 0 to 10. It is 3."),
        ("HINTS", "perhaps", "it must be \"on\" or \"off\". It is on."),
        ("KEEP_PREFETCH", "2", "it must be \"on\" or \"off\". It is off."),
        (
            "EAGERNESS",
            "keen",
            "it must be \"auto\", \"conservative\", \"moderate\", \"eager\" or \"immediate\". It is auto.",
        ),
        ("PRERENDER", "yes", "it must be \"off\", \"on\" or \"until-script\". It is off."),
        ("WASTE_BUDGET", "60%", "it must be a number from 0 to 1. It is 0.6."),
        ("WASTE_BUDGET", "-0.1", "it must be a number from 0 to 1. It is 0.6."),
        ("MIN_VISITORS", "0", "it must be a whole number from 1 to 100. It is 10."),
        ("MIN_VISITORS", "101", "it must be a whole number from 1 to 100. It is 10."),
        ("SESSION_RULES", "all", "it must be \"baseline\" or \"none\". It is baseline."),
        ("RULES_DELIVERY", "link", "it must be \"header\" or \"inline\". It is header."),
        ("NO_VARY_SEARCH", "params", "it must be \"on\" or \"off\". It is on."),
        ("UNKNOWN_COOKIES", "drop", "it must be \"careful\", \"defer\" or \"pass\". It is careful."),
        ("LEDGER_SHARDS", "0", "it must be a whole number from 1 to 4096. It is 8."),
    ] {
        assert_eq!(messages(variable, text), [format!("{variable} is {text:?}; {message}")]);
    }
    let long = "x".repeat(5000);
    let expected =
        format!("HINTS is {:?} and so on; it must be \"on\" or \"off\". It is on.", "x".repeat(100));
    assert_eq!(messages("HINTS", long), [expected]);
}

#[test]
fn a_value_of_another_type_is_named() {
    let on = "it must be \"on\" or \"off\". It is on.";
    for (value, kind) in [(array(&["on"]), "an array"), (Value::Null, "null"), (Value::Object, "an object")] {
        assert_eq!(messages("HINTS", value), [format!("HINTS is {kind}; {on}")]);
    }
    assert_eq!(
        messages("MAX_PRECONNECT", array(&["1"])),
        ["MAX_PRECONNECT is an array; it must be a whole number from 0 to 10. It is 3."]
    );
    assert_eq!(
        messages("MAX_PRECONNECT", Value::Number(2.5)),
        ["MAX_PRECONNECT is \"2.5\"; it must be a whole number from 0 to 10. It is 3."]
    );
    assert_eq!(
        messages("WASTE_BUDGET", Value::Null),
        ["WASTE_BUDGET is null; it must be a number from 0 to 1. It is 0.6."]
    );
    assert_eq!(
        messages("EAGERNESS", Value::Boolean(true)),
        [
            "EAGERNESS is \"true\"; it must be \"auto\", \"conservative\", \"moderate\", \"eager\" or \"immediate\". It is auto."
        ]
    );
    assert_eq!(
        messages("SAFE_URLS", Value::Object),
        [
            "SAFE_URLS is an object; it must hold URL patterns, in one text with blanks or commas between them or in an array of \
          texts. The list is empty."
        ]
    );
    assert_eq!(
        messages("INERT_COOKIES", Value::Array(vec![Value::from("seen"), Value::Number(7.0)])),
        [
            "INERT_COOKIES holds a number; it must hold names of cookies, each a text. It is left out, the others count."
        ]
    );
    // A number and a boolean of TOML are what they say.
    let numbers = [
        ("MAX_PRECONNECT", Value::Number(2.0)),
        ("RULES", Value::Boolean(false)),
        ("HINTS", Value::Number(0.0)),
    ];
    let (config, mistakes) = Config::read(numbers);
    assert_eq!(mistakes, []);
    assert_eq!(
        (config.hints.preferences.preconnect, config.rules.is_on, config.hints.is_on),
        (2, false, false)
    );
}

#[test]
fn a_list_may_be_written_in_three_ways() {
    for value in [
        Value::from("/checkout* /account*"),
        Value::from("/checkout*,/account*"),
        array(&["/checkout*", "/account*"]),
    ] {
        let (config, mistakes) = Config::read([("UNSAFE_URLS", value.clone())]);
        assert_eq!(mistakes, [], "{value:?}");
        for path in ["/checkout/x", "/account"] {
            assert_eq!(config.urls.unsafe_urls.rule_for(&url(path)), Some("site"), "{value:?} {path}");
        }
        assert_eq!(config.urls.unsafe_urls.rule_for(&url("/other")), None);
    }
    let (config, mistakes) = Config::read([("SESSION_COOKIES", array(&["shop_id", "member_*"]))]);
    assert_eq!(mistakes, []);
    assert_eq!(config.effects.cookies.of_name("member_7"), Class::Session);
    assert_eq!(
        read(&[("PRERENDER_SIBLINGS", "https://a.example,https://b.example")]).0.rules.siblings.len(),
        2
    );
}

#[test]
fn a_misspelled_variable_is_named() {
    let (config, mistakes) = Config::read([
        ("UNSAFE_URL", Value::from("/checkout*")),
        ("MODEL", Value::Object),
        ("LEARNER", Value::Object),
        ("LEDGER", Value::Object),
        ("ASSETS", Value::Object),
        ("ORIGIN_SERVICE", Value::Object),
        ("SENTRY_DSN", Value::from("https://example.org/1")),
    ]);
    assert_eq!(
        mistakes,
        [Mistake {
            variable: "UNSAFE_URLS",
            message: "there is no variable UNSAFE_URL, so it does nothing; write UNSAFE_URLS.".to_owned()
        }]
    );
    assert_eq!(config.urls.unsafe_urls.rule_for(&url("/check")), None);
}

#[test]
fn what_is_likely_meant_counts_where_a_list_protects_and_nowhere_else() {
    let expected = "a pattern starts with \"/\"; \"*\" stands for anything: write \"/checkout*\"";
    assert_eq!(
        messages("UNSAFE_URLS", "checkout*"),
        [format!("UNSAFE_URLS holds \"checkout*\"; {expected}. It is read as that.")]
    );
    assert_eq!(
        messages("SAFE_URLS", "checkout*"),
        [format!("SAFE_URLS holds \"checkout*\"; {expected}. It is left out, the others count.")]
    );
    let unsafe_urls =
        read(&[("UNSAFE_URLS", "basket-x* https://www.example.org/pay/* /x?act")]).0.urls.unsafe_urls;
    for path in ["/basket-x", "/pay/1", "/x?act", "/x?act=1"] {
        assert_eq!(unsafe_urls.rule_for(&url(path)), Some("site"), "{path}");
    }
    assert_eq!(unsafe_urls.rule_for(&url("/payment")), None);
    let safe_urls = read(&[("SAFE_URLS", "logout")]).0.urls.unsafe_urls;
    assert_eq!(safe_urls.rule_for(&url("/logout")), Some("sign-out"));
    assert_eq!(
        messages("SAFE_URLS", "/*"),
        [
            "SAFE_URLS holds \"/*\"; it matches every URL, so nothing is refused to a speculation any more, signing out and \
             adding to a cart included; name the paths that are safe. It counts all the same."
        ]
    );
    assert_eq!(
        messages("EFFECT_PATHS", "pixel"),
        [
            "EFFECT_PATHS holds \"pixel\"; a pattern starts with \"/\"; \"*\" stands for anything: write \"/pixel\". It is read as \
             that."
        ]
    );
    let hosts = read(&[("DENY_HOSTS", "https://bad.example/x .ads.example")]).0.hints.preferences.denied;
    for origin in ["https://bad.example", "https://a.ads.example"] {
        assert!(hosts.contain(&Origin::parse(origin).unwrap()), "{origin}");
    }
}

#[test]
fn where_nothing_can_be_read_that_was_to_protect_nothing_is_speculated_on() {
    let long = format!("/{}", "x".repeat(600));
    for (variable, value) in [
        ("UNSAFE_URLS", Value::Object),
        ("UNSAFE_URLS", Value::Null),
        ("UNSAFE_URLS", Value::Number(1.0)),
        ("UNSAFE_URLS", Value::Array(vec![Value::Object])),
        ("UNSAFE_URLS", Value::from(long.as_str())),
        ("SESSION_COOKIES", Value::from("*_id")),
        ("RENEWED_COOKIES", Value::from("*_id")),
        ("CSRF_COOKIES", Value::from("*")),
        ("EFFECT_PATHS", Value::Boolean(true)),
        ("EFFECT_PATHS_AT_LEAST_ONCE", Value::Object),
        ("EFFECT_PATHS_REFUSED", Value::Object),
    ] {
        let (config, mistakes) =
            Config::read([(variable, value.clone()), ("SAFE_URLS", Value::from("/help/*"))]);
        for path in ["/", "/any", "/help/me"] {
            assert_eq!(config.urls.unsafe_urls.rule_for(&url(path)), Some("site"), "{variable} {value:?}");
        }
        let last = &mistakes.last().unwrap().message;
        assert!(last.starts_with(variable) && last.contains("No page is speculated on"), "{last}");
        assert!(last.ends_with(" until this is put right."), "{last}");
        // Nothing that is learned stops.
        assert!(config.hints.is_on && config.rules.is_on);
    }
    assert_eq!(
        messages("UNSAFE_URLS", Value::Object),
        [
            "UNSAFE_URLS is an object; it must hold URL patterns, in one text with blanks or commas between them or in an array of \
          texts. No page is speculated on until this is put right."
        ]
    );
    assert_eq!(
        messages("SESSION_COOKIES", "*_id")[1],
        "SESSION_COOKIES says nothing that can be read; it is there to protect. No page is speculated on, and every cookie \
         counts as a session, until this is put right."
    );
    for variable in ["SESSION_COOKIES", "RENEWED_COOKIES"] {
        let (config, _) = read(&[(variable, "*_id")]);
        assert_eq!(config.effects.cookies.of_name("anything"), Class::Session, "{variable}");
    }
    // What can be read counts.
    let (config, mistakes) = Config::read([("UNSAFE_URLS", array(&["/ok", &long]))]);
    assert_eq!(mistakes.len(), 1);
    assert_eq!(config.urls.unsafe_urls.rule_for(&url("/any")), None);
    let (config, _) = Config::read([("DENY_HOSTS", Value::Object)]);
    assert!(!config.hints.is_on && config.urls.unsafe_urls.rule_for(&url("/any")).is_none());
    for (variable, value) in
        [("SAFE_URLS", Value::Object), ("INERT_COOKIES", Value::from("*")), ("GATE_SCRIPTS", Value::Null)]
    {
        let (config, mistakes) = Config::read([(variable, value)]);
        assert_eq!(mistakes.len(), 1, "{variable}");
        assert_eq!(config.urls.unsafe_urls.rule_for(&url("/any")), None, "{variable}");
    }
}

#[test]
fn no_star_makes_a_session_inert() {
    assert_eq!(
        messages("INERT_COOKIES", "*"),
        [
            "INERT_COOKIES holds \"*\"; it would take every session for something else; name the cookies. It is left out, the \
          others count."
        ]
    );
    for value in ["*", "P*", "s* PHP*"] {
        let (config, _) = read(&[("INERT_COOKIES", value)]);
        for name in ["PHPSESSID", "session", "shop_session"] {
            assert_eq!(config.effects.cookies.of_name(name), Class::Session, "{value} {name}");
        }
    }
    assert_eq!(read(&[("INERT_COOKIES", "PHPSESSID")]).0.effects.cookies.of_name("PHPSESSID"), Class::Inert);
    assert_eq!(
        messages("SESSION_COOKIES", "*"),
        [
            "SESSION_COOKIES holds \"*\"; it makes every cookie a session, so no visitor is given learned rules and nothing is \
             learned of next pages. It counts all the same."
        ]
    );
}

#[test]
fn lists_have_an_end() {
    let names: Vec<String> = (0..=inert_parameters::MAX_ADDED).map(|number| format!("p{number}")).collect();
    let (config, mistakes) = read(&[("INERT_PARAMETERS", &names.join(" "))]);
    assert_eq!(mistakes, ["INERT_PARAMETERS"]);
    let inert = &config.urls.inert_parameters;
    assert!(inert.is_inert("p99") && !inert.is_inert("p100"));
    let names: Vec<String> = (0..=class::MAX_ADDED).map(|number| format!("c{number}")).collect();
    assert_eq!(
        messages("SESSION_COOKIES", names.join(",")),
        [
            "SESSION_COOKIES holds \"c100\"; it must hold at most 100 names of cookies. It is left out, the others count."
        ]
    );
    let (config, _) = read(&[("SESSION_COOKIES", &names.join(" "))]);
    let is_session = |name| config.effects.cookies.of_name(name) == Class::Session;
    assert!(is_session("c99") && !is_session("c100"));
    let many = "a%20b ".repeat(MAX_MISTAKES + 7);
    let messages = messages("INERT_PARAMETERS", many);
    assert_eq!(
        (messages.len(), messages.last().unwrap().as_str()),
        (MAX_MISTAKES + 1, "and 7 more mistakes.")
    );
}

#[test]
fn denied_hosts_are_names_and_what_lies_below_them() {
    let (config, mistakes) = read(&[("DENY_HOSTS", "CDN.example,*.ads.example b\u{fc}cher.example")]);
    assert!(mistakes.is_empty());
    let is_denied = |origin: &str| config.hints.preferences.denied.contain(&Origin::parse(origin).unwrap());
    assert!(is_denied("https://cdn.example") && is_denied("http://cdn.example:8080"));
    assert!(is_denied("https://a.ads.example") && is_denied("https://a.b.ads.example"));
    assert!(is_denied("https://xn--bcher-kva.example"));
    assert!(!is_denied("https://ads.example") && !is_denied("https://badads.example"));
    assert!(!is_denied("https://a.cdn.example"));
}

#[test]
fn next_pages_are_learned_unless_a_site_says_otherwise() {
    let config = Config::default();
    assert!(config.next_pages.is_on && config.rules.no_vary_search && config.learns_next_pages());
    assert_eq!((config.next_pages.prerender, config.next_pages.min_visitors), (None, 10));
    assert!((config.next_pages.waste_budget - 0.6).abs() < 1e-9 && config.rules.siblings.is_empty());
    assert_eq!(
        (config.rules.for_sessions, config.rules.delivery),
        (SessionRules::Baseline, RulesDelivery::Header)
    );
    let (config, mistakes) = read(&[
        ("NEXT_PAGES", "off"),
        ("PRERENDER", "Until-Script"),
        ("WASTE_BUDGET", "1"),
        ("MIN_VISITORS", "100"),
        ("SESSION_COOKIES", "Shop_Id member_*"),
        ("SESSION_RULES", "NONE"),
        ("RULES_DELIVERY", "inline"),
        ("NO_VARY_SEARCH", "off"),
        ("PRERENDER_SIBLINGS", "https://Blog.example/ http://shop.example:8080"),
    ]);
    assert_eq!(mistakes, [""; 0]);
    assert!(!config.next_pages.is_on && !config.rules.no_vary_search && !config.learns_next_pages());
    assert_eq!(
        (config.rules.for_sessions, config.rules.delivery),
        (SessionRules::None, RulesDelivery::Inline)
    );
    let siblings: Vec<&str> = config.rules.siblings.iter().map(Origin::as_str).collect();
    assert_eq!(siblings, ["https://blog.example", "http://shop.example:8080"]);
    for (cookie, is_session) in [("shop_id", true), ("Member_7", true), ("member", true), ("lang", false)] {
        assert_eq!(config.effects.cookies.of_name(cookie) == Class::Session, is_session, "{cookie}");
    }
    assert_eq!(config.next_pages.min_visitors, 100);
    assert_eq!(config.next_pages.prerender, Some(Action::PrerenderUntilScript));
    assert!((config.next_pages.waste_budget - 1.0).abs() < 1e-9);
    assert_eq!(read(&[("PRERENDER", "on")]).0.next_pages.prerender, Some(Action::Prerender));
    assert_eq!(read(&[("PRERENDER", "off")]).0.next_pages.prerender, None);
    assert!(!read(&[("ACTIVATION_SIGNAL", "off")]).0.rules.activation_signal);
}

#[test]
fn a_sibling_is_an_origin() {
    for (sibling, write) in [
        ("shop.example", ": write \"https://shop.example\""),
        ("https://shop.example/path", ": write \"https://shop.example\""),
        ("https://shop.example/?q", ": write \"https://shop.example\""),
        ("https://shop.example/#f", ": write \"https://shop.example\""),
        ("https://ada@shop.example", ": write \"https://shop.example\""),
        ("https://:x@shop.example", ": write \"https://shop.example\""),
        ("ftp://shop.example", ""),
        ("*", ""),
    ] {
        let both = format!("{sibling} https://ok.example");
        assert_eq!(
            messages("PRERENDER_SIBLINGS", both.as_str()),
            [format!(
                "PRERENDER_SIBLINGS holds {sibling:?}; it must be an origin, scheme and host without a path \
                 (https://shop.example.org){write}. It is left out, the others count."
            )]
        );
        assert_eq!(read(&[("PRERENDER_SIBLINGS", &both)]).0.rules.siblings.len(), 1, "{sibling}");
    }
}

#[test]
fn what_is_deferred_is_configured_and_secrets_are_not_repeated() {
    let key = "0123456789abcdef0123456789abcdef";
    let Config { effects, .. } = Config::default();
    assert!(effects.seal.is_none() && effects.paths.is_empty() && effects.analytics.is_some());
    assert!(effects.strip_parameters && effects.clear_speculations && !effects.keep_prefetch);
    assert_eq!((effects.unknown_cookies, effects.ledger_shards), (UnknownCookies::Careful, 8));
    let (Config { effects, .. }, mistakes) = read(&[
        ("SEAL_KEY", key),
        ("SEAL_KEY_OLD", "another secret of thirty-two chars"),
        ("EFFECT_PATHS", "/pixel.gif /count/*"),
        ("EFFECT_PATHS_AT_LEAST_ONCE", "/paid"),
        ("CSRF_COOKIES", "shop_form"),
        ("UNKNOWN_COOKIES", "Defer"),
        ("GATE_SCRIPTS", "stats.example.org/js/ /js/stats.js"),
        ("GATE_ANALYTICS", "off"),
        ("STRIP_PARAMETERS", "off"),
        ("CLEAR_SPECULATIONS", "off"),
        ("KEEP_PREFETCH", "on"),
        ("LEDGER_SHARDS", "4096"),
    ]);
    assert_eq!(mistakes, [""; 0]);
    assert!(effects.seal.is_some() && !effects.paths.is_empty() && effects.analytics.is_none());
    assert!(!effects.strip_parameters && !effects.clear_speculations && effects.keep_prefetch);
    assert_eq!(effects.cookies.of_name("shop_form"), Class::Csrf);
    assert_eq!((effects.unknown_cookies, effects.ledger_shards), (UnknownCookies::Defer, 4096));
    assert_eq!(
        messages("SEAL_KEY", "short"),
        [
            "SEAL_KEY is too short; it must have at least 32 characters. Nothing can be deferred to activation."
        ]
    );
    assert_eq!(
        messages("SEAL_KEY_OLD", array(&[key])),
        ["SEAL_KEY_OLD is no text; it must have at least 32 characters. What was sealed with it is refused."]
    );
    let (config, mistakes) = read(&[("ADMIN_TOKEN", key)]);
    assert!(mistakes.is_empty() && config.report.is_some() && Config::is_secret("ADMIN_TOKEN"));
    assert_eq!(
        messages("ADMIN_TOKEN", "short"),
        ["ADMIN_TOKEN is too short; it must have at least 32 characters. There is no report."]
    );
    assert!(Config::default().report.is_none() && read(&[("ADMIN_TOKEN", "short")]).0.report.is_none());
    let (config, mistakes) = read(&[("SEAL_KEYS", key)]);
    assert_eq!((mistakes, config.effects.seal.is_none()), (vec!["SEAL_KEY"], true));
    assert!(!messages("SEAL_KEYS", key).concat().contains(key));
    let mistakes = read(&[("GATE_SCRIPTS", "ok.example https:// *"), ("CSRF_COOKIES", "a=b")]).1;
    assert!(mistakes.contains(&"GATE_SCRIPTS") && mistakes.contains(&"CSRF_COOKIES"), "{mistakes:?}");
}

#[test]
fn each_word_of_a_choice_sets_something_and_the_first_is_the_default() {
    fn check<T: PartialEq + std::fmt::Debug>(variable: &Variable<kind::Choice<T>>) {
        let kind = &variable.kind;
        assert_eq!(kind.words.len(), kind.settings.len(), "{}", variable.name);
        assert_eq!(kind.settings.first(), Some(&kind.default), "{}", variable.name);
    }
    check(&table::EAGERNESS);
    check(&table::SESSION_RULES);
    check(&table::RULES_DELIVERY);
    check(&table::PRERENDER);
    check(&table::UNKNOWN_COOKIES);
}

#[test]
fn every_example_and_every_default_is_understood() {
    for variable in table::VARIABLES {
        if let Some(default) = variable.default() {
            assert_eq!(messages(variable.name(), variable.example()), [""; 0], "{}", variable.name());
            assert_eq!(messages(variable.name(), default), [""; 0], "{}", variable.name());
            assert_ne!(variable.example(), variable.default().unwrap(), "{}", variable.name());
        }
        assert!(variable.does().ends_with('.') && !variable.does().contains("  "), "{}", variable.name());
    }
}

/// The files that `make configuration` writes say what the table says.
#[test]
fn the_documentation_and_wrangler_toml_say_what_the_table_says() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = |name: &str| std::fs::read_to_string(root.join(name)).unwrap_or_default();
    let wrangler = file("wrangler.toml");
    for (name, is, should) in [
        ("docs/configuration.md", file("docs/configuration.md"), documentation()),
        ("wrangler.toml", wrangler.clone(), wrangler_toml(&wrangler).expect("[vars]")),
    ] {
        let differs = is.lines().zip(should.lines()).find(|(is, should)| is != should);
        assert!(is == should, "{name} is not what the table says; run `make configuration` ({differs:?})");
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    let text = prop_oneof!["[ -~]{0,24}", "(/?[a-z*,?=#:.]{0,6}[ ,]?){0,4}", any::<String>()];
    let simple = prop_oneof![
        4 => text.prop_map(Value::Text),
        1 => any::<f64>().prop_map(Value::Number),
        1 => any::<bool>().prop_map(Value::Boolean),
        1 => Just(Value::Null),
        1 => Just(Value::Object),
    ];
    prop_oneof![3 => simple.clone(), 1 => prop::collection::vec(simple, 0..4).prop_map(Value::Array)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_a_variable_says_its_mistakes_name_it(
        variable in prop::sample::select(table::NAMES.to_vec()), value in any_value(),
    ) {
        let (_, mistakes) = Config::read([(variable, value)]);
        for mistake in &mistakes {
            prop_assert_eq!(mistake.variable, variable);
            prop_assert!(mistake.message.starts_with(variable) && mistake.message.ends_with('.'), "{}", mistake.message);
        }
    }

    #[test]
    fn a_list_that_is_there_to_protect_protects_something(value in any_value()) {
        let (config, _) = Config::read([("UNSAFE_URLS", value.clone())]);
        let says_something = match value::words(&value, value::Commas::BeforePath) {
            Ok(words) => !words.is_empty(),
            Err(_) => true,
        };
        prop_assert_eq!(config.urls.unsafe_urls.added().next().is_some(), says_something);
    }
}

#[test]
fn each_list_that_protects_is_told() {
    let text = documentation();
    let told =
        text.split_once("Some lists protect: ").and_then(|(_, rest)| rest.split_once(". There")).unwrap();
    assert_eq!(
        told.0,
        "`DENY_HOSTS`, `UNSAFE_URLS`, `SESSION_COOKIES`, `CSRF_COOKIES`, `RENEWED_COOKIES`, `EFFECT_PATHS`, \
         `EFFECT_PATHS_AT_LEAST_ONCE` and `EFFECT_PATHS_REFUSED`"
    );
    assert!(text.contains(
        "(for `DENY_HOSTS` no page is given hints; for `SESSION_COOKIES` and `RENEWED_COOKIES` every cookie"
    ));
}
