//! Hosts as `url` reads them: the names of the standard where they can be told, and none where they cannot.

use url::Url;

fn host(name: &str) -> Option<String> {
    Url::parse(&format!("https://{name}/")).ok()?.host_str().map(str::to_owned)
}

#[test]
fn names_in_any_letters_are_those_that_browsers_ask_for() {
    for (name, expected) in [
        ("www.example", "www.example"),
        ("WWW.Example", "www.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("B\u{dc}CHER.example", "xn--bcher-kva.example"),
        ("straße.example", "xn--strae-oqa.example"),
        ("пример.example", "xn--e1afmkfd.example"),
        ("ПРИМЕР.example", "xn--e1afmkfd.example"),
        ("παράδειγμα.example", "xn--hxajbheg2az3al.example"),
        ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
        ("예제.example", "xn--2j5b21b.example"),
        ("مثال.example", "xn--mgbh0fb.example"),
        ("उदाहरण.example", "xn--p1b6ci4b4b3a.example"),
    ] {
        assert_eq!(host(name).as_deref(), Some(expected), "{name}");
    }
}

#[test]
fn names_that_the_platform_says_are_taken_as_they_are() {
    for name in [
        "xn--bcher-kva.example",
        "xn--e1afmkfd.xn--p1ai",
        "xn--mgbh0fb.example",
        "xn--4gbrim.xn--wgbh1c",
        "xn--i-7iq.ws",
    ] {
        assert_eq!(host(name).as_deref(), Some(name));
    }
}

#[test]
fn what_may_stand_for_another_name_is_none() {
    for name in [
        "bu\u{308}cher.example",
        "\u{ff45}xample.example",
        "\u{ff11}\u{ff12}\u{ff17}.0.0.1",
        "\u{2167}.example",
        "\u{fb01}le.example",
        "a\u{ad}b.example",
        "a\u{200b}b.example",
        "\u{1112}\u{1161}.example",
        "\u{fffd}.example",
    ] {
        assert_eq!(host(name), None, "{name}");
    }
}
