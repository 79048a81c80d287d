use super::*;
use crate::doctor::finding::Verdict;
use crate::doctor::page;
use crate::doctor::page::tests::answer;
use crate::doctor::rule_sets::MEDIA_TYPE;
use crate::doctor::seen::{Answer, End, Failure, Fields, PageSeen, RulesSeen};
use headstart::endpoints::RulesFile;
use proptest::prelude::*;
use std::time::Duration;
use url::Url;

const HOME: &str = "https://shop.example/";
const PAGE: &str = "<!doctype html><title>x</title>";
const NAMES_RULES: (&str, &str) = ("speculation-rules", "\"/_headstart/rules/site.json\"");

/// A rule set of Headstart's, as far as the checks tell it. Its real one, which takes long to read without optimisation, is looked at in
/// tests/worker/doctor.rs.
const BASELINE: &str =
    r#"{"tag":"headstart","prefetch":[{"where":{"href_matches":"/*"},"eagerness":"conservative"}]}"#;

fn url(path: &str) -> Url {
    Url::parse(HOME).unwrap().join(path).unwrap()
}

fn html<'a>(fields: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [("content-type", "text/html"), NAMES_RULES].iter().copied().chain(fields.iter().copied()).collect()
}

/// A site with Headstart in front, whose only page has these fields and this HTML.
fn site(fields: &[(&str, &str)], html_text: &str) -> Seen {
    let first = answer(HOME, &html(fields), html_text);
    let place = url(RulesFile::Baseline.path());
    let baseline = answer(place.as_str(), &[("content-type", MEDIA_TYPE)], BASELINE);
    let refusal = answer(
        url("headstart-doctor/logout").as_str(),
        &[("headstart-refused", "unsafe-url;rule=sign-out")],
        "",
    );
    Seen {
        asked: url("/"),
        hops: Vec::new(),
        end: End::Answer(Box::new(first.clone())),
        again: Some(Ok(first.clone())),
        pages: vec![PageSeen {
            page: page::read(&first),
            prefetch: Ok(answer(HOME, &html(&[]), PAGE)),
            answer: first,
        }],
        refusal: Some(Ok(Answer { status: 503, ..refusal.clone() })),
        elsewhere: vec![(url("/blog/a"), Ok(Answer { status: 503, ..refusal }))],
        rules: vec![RulesSeen { url: baseline.url.clone(), page: url("/"), asked: Ok(baseline.clone()) }],
        baseline: Some(Ok(baseline)),
        health: Some(Err(Failure::Closed)),
        parts: Vec::new(),
        parts_left_out: 0,
        service_workers: Vec::new(),
    }
}

/// What the checks say with this verdict.
fn said(seen: &Seen, verdict: Verdict) -> Vec<(&'static str, String)> {
    let findings = judge(seen).into_iter().filter(|finding| finding.verdict == verdict);
    findings.map(|finding| (finding.id, finding.says)).collect()
}

/// What is wrong, by the names of the checks.
fn wrong(seen: &Seen) -> Vec<&'static str> {
    judge(seen).into_iter().filter(|finding| finding.verdict.is_wrong()).map(|finding| finding.id).collect()
}

fn of<'a>(findings: &'a [Finding], id: &str) -> &'a Finding {
    findings.iter().find(|finding| finding.id == id).unwrap_or_else(|| panic!("nothing of {id}"))
}

#[test]
fn a_healthy_site_is_green_and_every_check_has_something_to_say_of_it() {
    let findings = judge(&site(&[], PAGE));
    let ids: Vec<&str> = findings.iter().map(|finding| finding.id).collect();
    assert!(!findings.iter().any(|finding| finding.verdict.is_wrong()), "{findings:#?}");
    assert!(findings.is_sorted_by_key(|finding| finding.verdict), "the worst first");
    assert!(findings.iter().all(|finding| finding.verdict == Verdict::Ok
        || finding.id == "early-hints"
        || finding.advice.is_some()));
    for id in [
        "answers",
        "https",
        "speed",
        "in-front",
        "prefetch",
        "route",
        "rules-header",
        "rules-files",
        "engine-chromium",
        "engine-webkit",
        "engine-firefox",
        "rules-overlap",
        "policy-targets",
        "policy-scripts",
        "hints-used",
        "early-hints",
        "caches",
        "cookies",
        "service-worker",
        "links",
    ] {
        assert!(ids.contains(&id), "{id}");
    }
}

#[test]
fn a_headstart_that_is_switched_off_is_not_taken_for_one_that_something_hinders() {
    let mut seen = site(&[], PAGE);
    let off = |at: &str| {
        Ok(Answer {
            status: 503,
            ..answer(at, &[("headstart-refused", "switched-off"), ("vary", "Sec-Purpose")], "")
        })
    };
    seen.pages[0].prefetch = off(HOME);
    let refusal = url("headstart-doctor/logout");
    // Off, that is refused as all that is asked for by its rules; in shadow as well.
    seen.refusal = Some(off(refusal.as_str()));
    seen.pages[0].answer.fields = Fields(vec![("content-type".to_owned(), "text/html".to_owned())]);
    assert_eq!(wrong(&seen), ["in-front"]);
    // One page of several, or a feature alone.
    let mut in_part = site(&[], PAGE);
    in_part.pages[0].prefetch = off(HOME);
    assert_eq!(wrong(&in_part), [""; 0]);
    assert!(
        said(&in_part, Verdict::Note)
            .iter()
            .any(|(id, says)| *id == "prefetch" && says.contains("switched-off"))
    );
    in_part.refusal = Some(Ok(answer(HOME, &[], PAGE)));
    assert_eq!(wrong(&in_part), ["prefetch"], "and what else is wrong is told");
    let findings = judge(&seen);
    let finding = of(&findings, "in-front");
    assert!(finding.says.contains("switched off or in shadow"), "{}", finding.says);
    assert!(finding.advice.as_ref().is_some_and(|advice| advice.contains("MODE")));
}

#[test]
fn a_headstart_that_does_not_start_or_cannot_be_asked_is_not_said_to_be_missing() {
    let at = |status: u16, body: &str| Ok(Answer { status, ..answer(HOME, &[], body) });
    let judged = |baseline, health: &str| {
        let mut seen = site(&[], PAGE);
        (seen.baseline, seen.health) = (Some(baseline), Some(at(503, health)));
        seen.rules.clear();
        let findings = judge(&seen);
        let finding = of(&findings, "in-front");
        (finding.verdict, finding.says.clone() + finding.advice.as_deref().unwrap_or_default())
    };
    let (verdict, says) = judged(at(503, ""), r#"{"status":"degraded","reasons":["not-started"]}"#);
    assert!(verdict == Verdict::Problem && says.contains("does not start"), "{says}");
    assert!(says.contains("wrangler tail") && !says.contains("route"), "{says}");
    for (baseline, why) in [
        (at(429, ""), "status 429"),
        (at(403, ""), "status 403"),
        (at(502, ""), "status 502"),
        (Err(Failure::TimedOut("connecting")), "gets no answer"),
    ] {
        let (verdict, says) = judged(baseline, "");
        assert!(verdict == Verdict::Unknown && says.contains(why) && !says.contains("route"), "{says}");
    }
    for (baseline, why) in [(at(404, ""), "status 404"), (at(200, "<title>x</title>"), "status 200")] {
        let (verdict, says) = judged(baseline, "");
        assert!(verdict == Verdict::Problem && says.contains(why) && says.contains("route"), "{says}");
    }
}

#[test]
fn a_baseline_that_rests_is_told_and_no_folder_says_nothing() {
    let mut seen = site(&[], PAGE);
    assert!(!judge(&seen).iter().any(|finding| finding.id == "baseline"));
    seen.elsewhere.clear();
    let rules = answer(HOME, &[("content-type", MEDIA_TYPE)], r#"{"tag":"headstart"}"#);
    seen.baseline = Some(Ok(rules));
    let findings = judge(&seen);
    assert_eq!(of(&findings, "baseline").verdict, Verdict::Note);
    assert!(!findings.iter().any(|finding| finding.id == "route"));
}

#[test]
fn links_that_lead_past_headstart_are_told() {
    let mut seen = site(&[], PAGE);
    let (blog, gone) = (url("/blog/a"), url("/x/y"));
    seen.elsewhere.push((blog.clone(), Ok(Answer { status: 404, ..answer(blog.as_str(), &[], "") })));
    seen.elsewhere.push((gone.clone(), Err(Failure::Closed)));
    for status in [302, 401, 403, 429, 503] {
        seen.elsewhere.push((gone.clone(), Ok(Answer { status, ..answer(gone.as_str(), &[], "") })));
    }
    let findings = judge(&seen);
    let finding = of(&findings, "route");
    assert_eq!(finding.verdict, Verdict::Warning);
    assert!(finding.says.contains("/blog/a. Browsers fetch these ahead"), "{}", finding.says);
    assert!(finding.advice.as_ref().is_some_and(|advice| advice.contains("UNSAFE_URLS")));
    // Where nothing is refused anywhere, something takes the field away.
    seen.refusal = Some(Ok(answer(HOME, &[], PAGE)));
    assert_eq!(wrong(&seen), ["prefetch"]);
}

#[test]
fn early_hints_are_on_or_off_or_nobody_can_tell() {
    let link = ("link", "<https://cdn.example>; rel=preconnect");
    let text = "<title>x</title><img src=https://cdn.example/a.png>";
    let of_site = |is_http2: bool, fields: &[(&str, &str)], early: Option<&str>| {
        let mut seen = site(fields, text);
        seen.again = None;
        let first = &mut seen.pages[0].answer;
        first.is_http2 = is_http2;
        first.early =
            early.map(|link| Fields(vec![("link".to_owned(), link.to_owned())])).into_iter().collect();
        let findings = judge(&seen);
        let finding = of(&findings, "early-hints").clone();
        (finding.verdict, finding.says + &finding.advice.unwrap_or_default())
    };
    let cloudflare = ("cf-ray", "8f00-FRA");
    let (verdict, says) = of_site(true, &[cloudflare, link], None);
    assert!(
        verdict == Verdict::Note && says.contains("Speed, Settings, Content Optimization, Early Hints"),
        "{says}"
    );
    assert_eq!(of_site(true, &[cloudflare, link], Some(link.1)).0, Verdict::Ok);
    assert_eq!(of_site(true, &[cloudflare], None).0, Verdict::Unknown, "there is nothing to send early");
    assert_eq!(of_site(false, &[cloudflare, link], None).0, Verdict::Unknown, "none comes over HTTP/1.1");
    assert_eq!(of_site(true, &[link], None).0, Verdict::Unknown, "who would send it?");
}

#[test]
fn what_stops_a_prefetch_is_told_apart() {
    let with = |status: u16, fields: &[(&str, &str)]| {
        let mut seen = site(&[], PAGE);
        seen.pages[0].prefetch = Ok(Answer { status, ..answer(HOME, fields, "") });
        let findings = judge(&seen);
        let finding = of(&findings, "prefetch").clone();
        (finding.verdict, finding.says, finding.advice.unwrap_or_default())
    };
    for (status, fields, verdict, word) in [
        (503, &[][..], Verdict::Problem, "nothing says why"),
        (403, &[], Verdict::Problem, "a firewall"),
        (429, &[("cf-mitigated", "challenge")], Verdict::Problem, "a firewall"),
        (302, &[("location", "/b")], Verdict::Problem, "is redirected (302)"),
        (404, &[], Verdict::Problem, "status 404"),
        (
            503,
            &[("cf-speculation-refused", "prefetch refused: not eligible")],
            Verdict::Problem,
            "Speed Brain",
        ),
        (503, &[("headstart-refused", "effect")], Verdict::Note, "Headstart refuses prefetches"),
        (503, &[("headstart-refused", "quarantine;why=session")], Verdict::Note, "quarantine;why=session"),
        (503, &[("headstart-refused", "failed")], Verdict::Problem, "(failed)"),
        (503, &[("headstart-refused", "a-new-reason")], Verdict::Note, "(a-new-reason)"),
    ] {
        let (given, says, advice) = with(status, fields);
        assert!(given == verdict && says.contains(word), "{status} {fields:?}: {says}");
        assert!(!advice.is_empty());
    }
    let mut seen = site(&[], PAGE);
    seen.pages[0].prefetch = Err(Failure::Closed);
    assert_eq!(wrong(&seen), ["prefetch"]);
}

#[test]
fn what_a_cache_may_do_is_told_by_what_it_says() {
    let cookie = ("set-cookie", "visits=1; Path=/");
    for (fields, expected) in [
        (&[cookie][..], &[][..]),
        (&[cookie, ("cache-control", "public, max-age=60")], &["caches"]),
        (&[cookie, ("cache-control", "s-maxage=60")], &["caches"]),
        (&[cookie, ("cache-control", "private, max-age=60")], &[]),
        (&[cookie, ("cache-control", "public, max-age=0")], &["caches"]),
        (&[cookie, ("cache-control", "max-age=0")], &[]),
        (&[cookie, ("cf-cache-status", "HIT")], &["caches"]),
        (&[cookie, ("cf-cache-status", "DYNAMIC")], &[]),
        (&[cookie, ("age", "0")], &[]),
        (&[cookie, ("x-cache", "Hit from cloudfront")], &["caches"]),
        (&[cookie, ("cache-status", "ExampleCache; hit")], &["caches"]),
        (&[cookie, ("x-cache", "MISS")], &[]),
        (&[("age", "30")], &[]),
        (&[("age", "30"), ("set-cookie", "__cf_bm=a")], &[]),
    ] {
        assert_eq!(wrong(&site(fields, PAGE)), expected, "{fields:?}");
    }
    let mut seen = site(&[], PAGE);
    seen.again = Some(Ok(Answer { status: 503, ..answer(HOME, &[("headstart-refused", "effect")], "") }));
    assert_eq!(wrong(&seen), ["caches"], "the refusal of a speculation is given to a visit");
    let notes =
        said(&site(&[("cache-control", "private"), ("cache-control", "no-transform")], PAGE), Verdict::Note);
    assert_eq!(notes.iter().filter(|(id, _)| *id == "caches").count(), 2, "{notes:?}");
}

#[test]
fn what_is_for_one_speculation_must_not_be_kept_for_visits() {
    let mut seen = site(&[], PAGE);
    let ticket = ("speculation-rules", "\"/_headstart/rules/site.json?t=abc\"");
    let mut ahead = |fields: &[(&str, &str)]| {
        let fields = [&[("content-type", "text/html"), ticket][..], fields].concat();
        seen.pages[0].prefetch = Ok(answer(HOME, &fields, PAGE));
        wrong(&seen)
    };
    assert_eq!(ahead(&[("cache-control", "public, max-age=60")]), ["caches"]);
    assert!(ahead(&[("cache-control", "public, max-age=60"), ("vary", "Cookie, Sec-Purpose")]).is_empty());
    assert!(ahead(&[("cache-control", "private, max-age=60")]).is_empty());
}

#[test]
fn the_files_of_rules_are_held_to_what_browsers_take() {
    let with = |status: u16, place: &str, fields: &[(&str, &str)], text: &str| {
        let mut seen = site(&[("speculation-rules", "\"https://cdn.example/r.json\"")], PAGE);
        let asked = Ok(Answer { status, ..answer(place, fields, text) });
        seen.rules.push(RulesSeen {
            url: Url::parse("https://cdn.example/r.json").unwrap(),
            page: url("/"),
            asked,
        });
        let findings = judge(&seen);
        let files = findings.iter().find(|finding| finding.id == "rules-files" && finding.verdict.is_wrong());
        files.map(|finding| finding.says.clone())
    };
    let (cdn, own) = ("https://cdn.example/r.json", "https://shop.example/r.json");
    let kind = ("content-type", "Application/SpeculationRules+JSON; charset=utf-8");
    assert_eq!(with(200, own, &[kind], "{}"), None, "redirected to the site itself");
    assert_eq!(with(200, cdn, &[kind, ("access-control-allow-origin", "*")], "{}"), None);
    assert_eq!(with(200, cdn, &[kind, ("access-control-allow-origin", "https://shop.example")], "{}"), None);
    for (given, word) in [
        (with(200, cdn, &[kind], "{}"), "does not let this site read them"),
        (with(404, own, &[kind], "{}"), "status 404"),
        (with(200, own, &[("content-type", "application/json")], "{}"), "as application/json"),
        (with(200, own, &[], "{}"), "without a Content-Type"),
    ] {
        assert!(given.as_deref().is_some_and(|says| says.contains(word)), "{word}: {given:?}");
    }
}

#[test]
fn each_engine_is_told_apart() {
    let rules = |text: &str| site(&[], &format!("<script type=speculationrules>{text}</script>"));
    let finding = |text: &str, id: &str| of(&judge(&rules(text)), id).clone();
    let object = r#"{"prefetch":[{"where":{"href_matches":{"pathname":"/x"}}}]}"#;
    assert_eq!(finding(object, "engine-chromium").verdict, Verdict::Ok);
    let webkit = finding(object, "engine-webkit");
    assert!(webkit.verdict == Verdict::Note && webkit.says.contains("drop 1 of 2 rules"), "{}", webkit.says);
    let unknown = finding(r#"{"prefetch":[{"urls":["/x"],"eagerness":"soon"}]}"#, "engine-chromium");
    assert!(
        unknown.verdict == Verdict::Warning && unknown.says.contains("drop 1 of 1 rule in a <script"),
        "{}",
        unknown.says
    );
    let broken = finding("{", "engine-chromium");
    assert!(broken.verdict == Verdict::Problem && broken.says.contains("not JSON"), "{}", broken.says);
    let both = finding(r#"{"prerender":[{"urls":["/x"],"eagerness":"eager"}]}"#, "engine-chromium");
    assert_eq!(both.says, "Chrome and Edge keep all 2 rules: prefetch (conservative); prerender (eager).");
    let webkit = finding(r#"{"prerender":[{"urls":["/x"]}]}"#, "engine-webkit");
    assert!(webkit.says.contains("It does not prerender"), "{}", webkit.says);
}

#[test]
fn cookies_of_a_prefetch_are_told_by_who_lets_them_pass() {
    let set = ("set-cookie", "visits=1");
    let with = |ahead: &[(&str, &str)]| {
        let mut seen = site(&[set], PAGE);
        seen.pages[0].prefetch = Ok(answer(HOME, ahead, PAGE));
        of(&judge(&seen), "cookies").clone()
    };
    assert_eq!(with(&html(&[set])).verdict, Verdict::Note);
    let deferred = with(&[
        ("content-type", "text/html"),
        ("speculation-rules", "\"/_headstart/rules/site.json?t=abc\""),
    ]);
    assert!(
        deferred.verdict == Verdict::Ok && deferred.says.contains("wait in a ticket"),
        "{}",
        deferred.says
    );
    assert!(with(&html(&[])).says.contains("sets none of the cookies"));
    let mut without = site(&[set], PAGE);
    without.baseline = Some(Ok(Answer { status: 404, ..answer(HOME, &[], "") }));
    without.pages[0].prefetch = Ok(answer(HOME, &html(&[set]), PAGE));
    assert_eq!(wrong(&without), ["in-front", "cookies"]);
}

#[test]
fn a_page_that_clears_more_than_headstart_does_itself_is_told() {
    for (value, expected) in [
        ("\"cache\"", &["clear-site-data"][..]),
        ("\"prefetchCache\", \"cookies\"", &["clear-site-data"]),
        ("*", &["clear-site-data"]),
        ("\"prefetchCache\", \"prerenderCache\"", &[]),
    ] {
        assert_eq!(wrong(&site(&[("clear-site-data", value)], PAGE)), expected, "{value}");
    }
}

#[test]
fn an_integrity_policy_that_names_scripts_is_told_where_it_stops_those_of_headstart() {
    let scripts = ("integrity-policy", "blocked-destinations=(script)");
    let verdict = |field: (&'static str, &'static str), html: &str| {
        of(&judge(&site(&[field], html)), "policy-scripts").verdict
    };
    let script = "<head><script async src=https://shop.example/_headstart/beacon.js></script>";
    assert_eq!(verdict(scripts, script), Verdict::Problem);
    assert_eq!(verdict(scripts, PAGE), Verdict::Note);
    assert_eq!(verdict(("integrity-policy-report-only", scripts.1), PAGE), Verdict::Note);
    // What only reports blocks nothing that is there, and keeps Headstart from putting anything there.
    let observed = ("content-security-policy-report-only", "script-src https://cdn.example");
    for observed in [("integrity-policy-report-only", scripts.1), observed] {
        assert_eq!((verdict(observed, script), verdict(observed, PAGE)), (Verdict::Note, Verdict::Note));
    }
    let styles = ("integrity-policy", "blocked-destinations=(style)");
    assert_eq!((verdict(styles, script), verdict(styles, PAGE)), (Verdict::Ok, Verdict::Ok));
}

#[test]
fn a_policy_that_comes_on_top_of_headstarts_script_is_told() {
    let script = "<head><script async src=\"https://shop.example/_headstart/beacon.js\" nonce=abc></script>";
    let with = |policy: &str| {
        let findings = judge(&site(&[("content-security-policy", policy)], script));
        findings
            .into_iter()
            .filter(|finding| finding.id == "policy-scripts")
            .map(|finding| finding.verdict)
            .collect::<Vec<_>>()
    };
    assert_eq!(with("script-src 'nonce-abc'"), [Verdict::Ok]);
    assert_eq!(with("script-src 'nonce-abc', script-src https://cdn.example"), [Verdict::Problem]);
    assert_eq!(with("script-src 'nonce-abc'; connect-src 'none'"), [Verdict::Problem]);
    let by_meta = "<meta http-equiv=content-security-policy content=\"script-src 'self'\"><script type=speculationrules>{}</script>";
    assert_eq!(wrong(&site(&[], by_meta)), ["policy-scripts"]);
    let allowed = by_meta.replace("'self'", "'self' 'inline-speculation-rules'");
    assert_eq!(wrong(&site(&[], &allowed)), Vec::<&str>::new());
}

#[test]
fn analytics_matter_where_pages_are_rendered_ahead_and_nobody_holds_them_back() {
    let script = "<script src=https://connect.facebook.net/en_US/fbevents.js></script>";
    let prerender = r#"<script type=speculationrules>{"prerender":[{"urls":["/x"]}]}</script>"#;
    let with_headstart = site(&[], &format!("{script}{prerender}"));
    assert_eq!(of(&judge(&with_headstart), "analytics").verdict, Verdict::Ok);
    let mut without = with_headstart.clone();
    without.baseline = Some(Err(Failure::Closed));
    without.rules.clear();
    assert!(wrong(&without).contains(&"analytics"), "{:?}", wrong(&without));
    let mut quiet = site(&[], script);
    quiet.baseline = Some(Err(Failure::Closed));
    assert!(!judge(&quiet).iter().any(|finding| finding.id == "analytics"));
}

#[test]
fn what_headstart_says_of_itself_is_handed_on() {
    let with = |text: &str| {
        let mut seen = site(&[], PAGE);
        seen.health = Some(Ok(answer(HOME, &[], text)));
        judge(&seen).into_iter().find(|finding| finding.id == "health")
    };
    assert_eq!(with("<html>"), None, "a version that does not say");
    assert_eq!(with("{\"reasons\":[]}").map(|finding| finding.verdict), Some(Verdict::Ok));
    let missing = with("{\"reasons\":[\"deferral\"]}").unwrap();
    assert!(missing.verdict == Verdict::Warning && missing.says.contains("deferral"), "{}", missing.says);
}

#[test]
fn a_late_first_byte_is_told_by_how_late_it_is() {
    let with = |milliseconds: u64| {
        let mut seen = site(&[], PAGE);
        seen.pages[0].answer.waited = Duration::from_millis(milliseconds);
        seen.again = None;
        of(&judge(&seen), "speed").verdict
    };
    assert_eq!(
        [50, 799, 800, 2999, 3000].map(with),
        [Verdict::Ok, Verdict::Ok, Verdict::Note, Verdict::Note, Verdict::Warning]
    );
}

proptest! {
    // Each reads Headstart's own patterns anew, which takes a while without optimisation.
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn whatever_a_site_says_is_judged_without_a_word_that_a_terminal_obeys(
        values in prop::collection::vec(("(link|speculation-rules|set-cookie|content-security-policy|cache-control|age|content-type)", "\\PC{0,60}|.{0,40}"), 0..8),
        text in ".{0,300}",
        rules in "\\PC{0,60}|\\{\"prefetch\":.{0,40}",
    ) {
        let fields: Vec<(&str, &str)> = values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let mut seen = site(&fields, &format!("{text}<script type=speculationrules>{rules}</script><a href=\"{text}\">{text}</a>"));
        seen.service_workers.clear();
        let findings = judge(&seen);
        prop_assert!(!findings.is_empty());
        for finding in findings {
            let all = finding.says.clone() + finding.advice.as_deref().unwrap_or_default();
            prop_assert!(!all.chars().any(char::is_control), "{all:?}");
        }
    }
}
