//! What `examples/selfhosted/nginx.conf` allows, held against what Headstart sends.

use crate::support;
use headstart::config::Config;
use headstart::effects::ticket::MAX_URL_BYTES;
use headstart::endpoints::{RulesFile, RulesQuery, learned_rules_url};
use headstart::limits::MAX_PATH_BYTES;
use headstart::plan::MAX_LINK_BYTES;
use headstart::urls::inert_parameters::MAX_ADDED;

/// The values of a directive, with what stands behind `k` and `m` as bytes.
fn directive(conf: &str, name: &str) -> Vec<String> {
    let lines: Vec<&str> = conf
        .lines()
        .filter_map(|line| line.trim().strip_prefix(name)?.strip_prefix(' ')?.trim().strip_suffix(';'))
        .collect();
    assert_eq!(lines.len(), 1, "{name} stands once");
    lines[0].split_whitespace().map(str::to_owned).collect()
}

fn bytes(size: &str) -> usize {
    size.strip_suffix('k').map_or_else(|| size.parse().unwrap(), |size| size.parse::<usize>().unwrap() * 1024)
}

/// Our longest lines, each with its name and what ends it.
fn longest() -> usize {
    let ticket = "x".repeat(MAX_URL_BYTES);
    let query =
        RulesQuery { source: Some("0123456789abcdef"), ticket: Some(&ticket), asks_for_learned: true };
    let longest = RulesFile::ALL.iter().map(|file| file.url(&query).len()).max().unwrap();
    let learned = learned_rules_url("0123456789abcdef", &format!("/{}", "x".repeat(MAX_PATH_BYTES)));
    let names: Vec<String> = (0..MAX_ADDED).map(|at| format!("{at:x>64}")).collect();
    let (config, mistakes) = Config::read([("INERT_PARAMETERS", names.join(" ").as_str())]);
    assert!(mistakes.is_empty());
    let no_vary_search = config.urls.inert_parameters.no_vary_search();
    assert!(no_vary_search.len() > MAX_ADDED * 64);
    let lines = [
        ("Link", MAX_LINK_BYTES),
        ("Speculation-Rules", longest + learned.len() + 6),
        ("No-Vary-Search", no_vary_search.len()),
        ("Supports-Loading-Mode", "credentialed-prerender".len()),
        ("Vary", "Cookie".len()),
        ("Cookie-Indices", 20 * 64),
        ("Clear-Site-Data", 40),
        ("Cache-Control", "private, max-age=300".len()),
    ];
    lines.iter().map(|(name, length)| name.len() + 2 + length + 2).sum()
}

/// nginx takes a head that is longer than this for a fault: 502, and Headstart is left out for ten seconds.
#[test]
fn our_longest_lines_take_no_more_than_half_of_the_head_that_nginx_takes() {
    let conf = support::root().join("examples/selfhosted/nginx.conf");
    let conf = std::fs::read_to_string(conf).unwrap();
    let head = bytes(&directive(&conf, "proxy_buffer_size")[0]);
    let ours = longest();
    assert!(ours > 4096, "its default is too little: {ours}");
    assert!(ours <= head / 2, "{ours} of {head}");
    // nginx does not start otherwise, though nothing is buffered.
    let [number, each] = <[String; 2]>::try_from(directive(&conf, "proxy_buffers")).unwrap();
    let busy = bytes(&directive(&conf, "proxy_busy_buffers_size")[0]);
    let (number, each) = (number.parse::<usize>().unwrap(), bytes(&each));
    assert!(busy >= head.max(each) && busy <= (number - 1) * each);
    let next = directive(&conf, "proxy_next_upstream");
    assert!(
        next.contains(&"invalid_header".to_owned()) && !next.contains(&"http_502".to_owned()),
        "{next:?}"
    );
}
