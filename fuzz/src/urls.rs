//! What a URL tells by itself, and `robots.txt`.
//!
//! An input is a pattern of `UNSAFE_URLS`, one of `SAFE_URLS` and an inert parameter (a line each), the targets that are looked at (lines, up
//! to an empty one), and the bytes of a `robots.txt`.
//!
//! - A pattern means the path that it was written for; an exemption comes before everything else.
//! - A URL without its inert parameters has none, and its shape is its own shape.
//! - A path that looks private does so however it is encoded, and whatever stands behind it.
//! - A template speaks for the path that it was made of.
//! - What is kept of a `robots.txt` says the same as all of it.
//! - No address, and no name of one's own network, is public.

use crate::input::Input;
use crate::site::PAGE;
use headstart::urls::inert_parameters::{InertParameters, is_name};
use headstart::urls::path_class::path_class;
use headstart::urls::private_path::{looks_private, names_a_person};
use headstart::urls::public_host::{is_loopback, is_public};
use headstart::urls::robots::{self, Robots};
use headstart::urls::unsafe_urls::{self, UnsafeUrls, UrlGlob};
use headstart::urls::{asset, files, hosts, path_and_query, route_templates, routine};
use url::{Host, Url};

pub fn run(input: &[u8]) {
    let mut input = Input::new(input);
    let [added, exempt, inert] = [(); 3].map(|()| input.line().into_owned());
    let mut targets: Vec<Url> = Vec::new();
    loop {
        let line = input.line();
        if line.is_empty() {
            break;
        }
        let url = PAGE.join(&line).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        targets.extend(url);
        targets.truncate(20);
    }
    let globs = |text: &str| UrlGlob::parse(text).into_iter().collect::<Vec<_>>();
    let urls = UnsafeUrls::new(globs(&added), globs(&exempt));
    for glob in urls.added() {
        assert!(glob.text() == added && glob.parameter_names().len() <= added.len());
    }
    let inert = InertParameters::new(&[inert]);
    for url in &targets {
        verdict(&urls, url);
        parameters(&inert, url);
        path(url.path());
        host(url);
    }
    read_robots(input.rest(), &targets);
}

fn verdict(urls: &UnsafeUrls, url: &Url) {
    let rule = urls.rule_for(url);
    if urls.is_exempt(url) {
        assert_eq!((rule, urls.rule_for_editors(url)), (None, None), "{url}");
    } else if urls.added().any(|glob| glob.is_match(url)) {
        assert_eq!(rule, Some(UnsafeUrls::SITE), "{url}");
    }
    assert!(rule.is_none() || urls.may_change(url));
    assert!(urls.rule_for_path(url).is_none() || rule.is_some());
    let _ = (urls.is_nameless(url), unsafe_urls::is_front_controller(url), unsafe_urls::is_entrance(url));
    let _ = (routine::is_routine(url), unsafe_urls::rule_for_words(url.path()), files::is_file(url.path()));
    if let Ok(own) = UrlGlob::parse(url.path()) {
        assert!(own.is_match(url), "{url}");
    }
}

fn parameters(inert: &InertParameters, url: &Url) {
    let read = |target: &str| {
        let (path, query) =
            target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        let mut read = url.clone();
        assert_eq!(path, url.path());
        read.set_query(query);
        read
    };
    let without = inert.without(url);
    assert!(!inert.has_any(&read(&without)), "{without}");
    assert!(!inert.are_all_inert(url) || without == url.path());
    assert!(path_and_query(url).starts_with(url.path()));
    let shape = inert.shape(url);
    // With a `;` a parameter counts as another name, and its shape may be without.
    if url.query().is_none_or(|query| !query.contains(';')) {
        assert_eq!(inert.shape(&read(&shape)), shape, "{url}");
    }
    assert!(shape.len() <= path_and_query(url).len() + 1);
    for (name, _) in url.query_pairs() {
        assert!(!is_name(&name) || !inert.is_inert(&name) || inert.may_mean(&name.to_lowercase(), false));
    }
}

fn path(path: &str) {
    let is_private = looks_private(path);
    assert!(!is_private || looks_private(&format!("{path}/x")), "{path}");
    if !path.contains('%') {
        let encode = |segment: &str| {
            segment.bytes().flat_map(|byte| ['%', hex(byte >> 4), hex(byte & 15)]).collect::<String>()
        };
        let encoded = path.split('/').map(encode).collect::<Vec<_>>().join("/");
        assert_eq!(looks_private(&encoded), is_private, "{path}, as {encoded}");
    }
    let class = path_class(path);
    assert!(class.len() <= path.len() + 2 && !looks_private(&class) && !names_a_person(&class), "{class}");
    let templates = route_templates::templates(path);
    assert!(templates.len() <= 15);
    if path.starts_with('/') && !path.contains("//") {
        for template in &templates {
            assert!(
                route_templates::names(template, path).is_some_and(|names| !names.is_empty()),
                "{template}"
            );
        }
    }
    for template in route_templates::blamed(path) {
        assert!(route_templates::names(&template, path).is_some(), "{template}");
    }
    let _ = (asset::ending(path), asset::shape(path), files::is_part_of_pages(path));
}

fn host(url: &Url) {
    let is_own_network = matches!(url.host(), Some(Host::Ipv4(_) | Host::Ipv6(_)) | None);
    assert!(!is_public(url) || !(is_own_network || is_loopback(url)), "{url}");
    assert!(hosts::are_of_one_site(url, url));
    assert_eq!(hosts::are_of_one_site(url, &PAGE), hosts::are_of_one_site(&PAGE, url), "{url}");
    let is_plain = url.username().is_empty() && url.password().is_none();
    assert!(
        is_plain || [false, true].iter().all(|is_elsewhere| !asset::is_shareable(url, &|_| *is_elsewhere))
    );
}

fn read_robots(file: &[u8], targets: &[Url]) {
    let said = robots::for_everybody(file);
    assert!(said.len() <= robots::MAX_BYTES);
    assert_eq!(robots::for_everybody(said.as_bytes()), said);
    let all = Robots::parse(&String::from_utf8_lossy(file));
    let kept = Robots::parse(&said);
    for url in targets {
        let target = path_and_query(url);
        assert_eq!(all.disallows(&target), kept.disallows(&target), "{target} by {said}");
    }
    assert!(!all.disallows("/robots.txt"));
    for glob in all.globs() {
        assert!(glob.starts_with('/') && !glob.contains('?'), "{glob}");
    }
}

fn hex(digit: u8) -> char {
    char::from_digit(u32::from(digit), 16).unwrap().to_ascii_uppercase()
}
