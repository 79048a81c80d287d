use super::*;
use crate::config::Config;
use crate::effects::quarantine::SeenRoute;
use crate::ineligible::Affected;
use crate::learn::figures::{Figures, Kept};
use crate::learn::next::visitor::{DAY_MS, day_of};
use crate::learn::report::{NavigationKind, Report as Told, Vitals};
use crate::learn::vitals;
use crate::published::next_page_snapshot::NextPageSnapshot;
use crate::report::html::tests::INJECTIONS;
use crate::report::metrics;
use crate::report::model::{Inputs, Isolate, Known, Learner, Next, QuarantinedRoute, Query};
use crate::report::words;
use crate::speculation::{Eagerness, Speculation};
use crate::store::Memory;
use crate::switches::Switches;
use crate::tally::{CookieTally, Counted, Deferred, Engine, Fate, Rule, Tally, View};
use serde_json::{Value, json};

const NOW: u64 = 1_800_000_000_000;
const MARK: &str = "sealed-mark";
const BASELINE: Rule = Rule::Baseline(Eagerness::Moderate);

fn config(variables: &[(&str, &str)]) -> Config {
    Config::read(variables.iter().copied()).0
}

fn tally(factor: u64) -> Tally {
    let mut tally = Tally::default();
    for (what, number) in [
        (Counted::View(View::Plain), 70),
        (Counted::View(View::Prefetched), 30),
        (Counted::Engine(Engine::Chromium), 60),
        (Counted::Engine(Engine::WebKit), 20),
        (Counted::Arrived(BASELINE, Speculation::Prefetch), 50),
        (Counted::Refused(BASELINE), 5),
        (Counted::Told(BASELINE), 40),
        (Counted::Used(BASELINE), 30),
        (Counted::Bytes(BASELINE), 400_000),
        (Counted::Why("unsafe-url", Some("sign-out")), 5),
        (Counted::Deferred(Deferred::Cookie), 12),
        (Counted::Redeemed, 9),
    ] {
        tally.add(what, number * factor);
    }
    let mut seen = CookieTally::default();
    (0..3).for_each(|_| seen.add("session", Fate::Deferred));
    tally.add_cookies("PHPSESSID".to_owned(), &seen);
    tally
}

fn route() -> SeenRoute {
    let affected = Affected::WithoutCookie("consent".to_owned());
    SeenRoute { template: "/go/*".to_owned(), affected, pages: 3, networks: 4 }
}

fn figures() -> Figures {
    let mut store = Memory::default();
    for (navigation, lcp) in [(NavigationKind::Plain, 900), (NavigationKind::Prefetched, 300)] {
        let told =
            Told { navigation, vitals: Vitals { lcp: Some(lcp), ..Vitals::default() }, ..Told::default() };
        let Ok(()) = vitals::merge(&mut store, "/a", &told, NOW);
    }
    let Ok(figures) = crate::learn::figures::of(&store, NOW);
    let today = day_of(NOW);
    let kept = vec![Kept { kind: "pages".to_owned(), records: 2, bytes: 1500 }];
    let days = [(today - 1, tally(1)), (today, tally(2))].into();
    Figures { days, kept, published_at: Some(NOW - 90_000), ..figures }
}

fn inputs<'a>(config: &'a Config, hints: &str, next: &str, query: Query) -> Inputs<'a> {
    Inputs {
        site: "shop.example",
        now: NOW,
        config,
        switches: Some(Switches::default()),
        variables: vec![("ADMIN_TOKEN".to_owned(), "set".to_owned()), ("HINTS".to_owned(), "on".to_owned())],
        mistakes: vec!["EAGERNESS is \"soon\"; it must be something else.".to_owned()],
        missing: vec![],
        hints: vec![Known::read(hints).unwrap()],
        next: Next { snapshot: Some(NextPageSnapshot::parse(next).unwrap()) },
        learners: vec![Learner {
            name: "shop.example/0".to_owned(),
            published_bytes: Some(hints.len()),
            figures: figures(),
            faults: vec![],
        }],
        isolate: Isolate {
            views: 7,
            quarantined_pages: 4,
            quarantined_routes: vec![QuarantinedRoute::from(&route())],
        },
        query,
    }
}

const HINTS: &str = r#"{"version":2,"pages":{"/a":[["https://cdn.example",1]],"/b":[]},"routes":{"/p/*":[]},"why":{"/a":[[97,310,2,0]]}}"#;
const NEXT: &str = r#"{"version":1,"pages":{"/a":{"next":[["/b",0.42,3,0,0,[12,5,1]]]}},"out":["/leave"],"harmful":1,"why":[["cart-changed",1801209600]]}"#;

fn written(query: Query) -> String {
    let config = config(&[]);
    super::report(&Report::of(&inputs(&config, HINTS, NEXT, query)), MARK).into_string()
}

#[test]
fn a_baseline_says_how_many_forms_were_refused() {
    let figures = |forms: &str| {
        let baseline = format!(
            r#""version":1,"baseline":{{"tracks":[{{"step":0,"why":"refused-forms"}},{{"step":0,"why":"unused"}}],"origin":{{"withheld":[2,60]{forms}}}}},"#
        );
        let next = NEXT.replacen(r#""version":1,"#, &baseline, 1);
        let config = config(&[]);
        super::report(&Report::of(&inputs(&config, HINTS, &next, Query::default())), MARK).into_string()
    };
    let sentence = "2 of 60 speculations were refused or had something deferred.";
    let forms =
        "Of 12 forms after whose page another one was fetched ahead 10 seemed to be refused; of 40 others 1.";
    assert!(figures("").contains(&format!("{sentence}</p>")), "{}", figures(""));
    let html = figures(r#","forms":[[40,1],[12,10]]"#);
    assert!(html.contains(&format!("{sentence} {forms}</p>")), "{html}");
}

#[test]
fn a_baseline_that_rests_says_until_when() {
    let next = NEXT.replacen(
        r#""version":1,"#,
        r#""version":1,"baseline":{"tracks":[{"step":0,"why":"unused"},{"step":0,"why":"unused"}],"rest":{"until":1801209600,"guesses":[61,2]}},"#,
        1,
    );
    let config = config(&[]);
    let report = Report::of(&inputs(&config, HINTS, &next, Query::default()));
    let html = super::report(&report, MARK).into_string();
    for part in [
        "<p>It names nothing until 2027-01-29 08:00 (UTC): of 61 pages that were fetched as their links were pressed, 2 were shown.</p>",
        "<tr><td>touch</td><td>conservative</td><td>hardly a page is shown that was fetched as its link was pressed: a script may take the clicks</td>",
    ] {
        assert!(html.contains(part), "{part}\n{html}");
    }
}

#[test]
fn the_page_says_what_the_figures_say() {
    let html = written(Query::default());
    for part in [
        "<h1>Headstart of shop.example</h1>",
        "<li><b>300</b>views</li>",
        "<li><b>30 %</b>of them were there ahead</li>",
        "<tr><td>baseline</td><td>moderate</td><td class=n>150</td><td class=n>0</td><td class=n>15</td><td class=n>120</td><td class=n>90</td><td class=n>30 (25 %)</td><td class=n>1.2 MB</td><td class=n>300.0 kB</td></tr>",
        "<tr><td>unsafe-url sign-out</td><td class=n>15</td>",
        "<li>36 × cookie</li>",
        "<li>27 tickets came back</li>",
        "<tr><td>PHPSESSID</td><td>session</td><td class=n>0</td><td class=n>0</td><td class=n>6</td><td class=n>0</td></tr>",
        "<tr><td>https://cdn.example</td><td>preconnect</td><td class=n>97 %</td><td class=n>310 ms</td><td>named in the body</td></tr>",
        "<tr><td>/b</td><td class=n>0.420</td><td>immediate</td><td>prefetch</td><td class=n>12</td><td class=n>5</td><td class=n>1</td></tr>",
        "<tr><td>/leave</td><td>cart-changed</td><td>It changes a cart.</td><td>yes</td><td>2027-01-29 08:00</td></tr>",
        "<tr><td>/go/*</td><td>set-cookie</td><td>for visitors who do not have the cookie consent</td><td class=n>3</td><td class=n>4</td></tr>",
        "<tr><td>ADMIN_TOKEN</td><td>set</td></tr>",
        "<li class=bad>EAGERNESS is &quot;soon&quot;",
        "2 pages (1.5 kB)",
        "90 seconds ago",
    ] {
        assert!(html.contains(part), "{part}\n{html}");
    }
    assert!(!html.contains("<script") && !html.contains(" style="));
    let parts = html.matches("<section aria-labelledby=").count();
    assert_eq!(parts, super::PARTS.len());
}

#[test]
fn one_page_is_shown_and_many_are_paged() {
    let one = written(Query { page: Some("/a".to_owned()), ..Query::default() });
    assert!(one.contains("<h3>/a</h3>") && !one.contains("<h3>/b</h3>"));
    assert!(
        written(Query { page: Some("/nobody".to_owned()), ..Query::default() })
            .contains("Nothing is known of its third parties.")
    );
    let filtered = written(Query { filter: "/p".to_owned(), ..Query::default() });
    assert!(filtered.contains("<h3>/p/*</h3>") && !filtered.contains("<h3>/a</h3>"));
    let pages: Vec<String> =
        (0..1000).map(|n| format!(r#""/{n:04}":[["https://{}.example",1]]"#, "a".repeat(60))).collect();
    let hints = format!(r#"{{"version":2,"pages":{{{}}}}}"#, pages.join(","));
    let config = config(&[]);
    let html = |from| {
        let query = Query { from, ..Query::default() };
        super::report(&Report::of(&inputs(&config, &hints, NEXT, query)), MARK).into_string()
    };
    let first = html(0);
    assert!(
        first.contains("of which these are 1 to 25")
            && first.contains("/_headstart/?from=25&amp;filter=#pages"),
        "{first}"
    );
    assert!(first.len() < 60_000, "{}", first.len());
    assert!(!html(990).contains("More pages") && html(usize::MAX - 100).contains("1001 known"));
}

#[test]
fn nothing_that_a_site_or_its_visitors_say_is_markup() {
    for injection in INJECTIONS {
        let said = |text: &str| serde_json::to_string(text).unwrap();
        let hints = format!(
            r#"{{"version":2,"pages":{{{}:[]}},"preloads":{{{}:[{{"u":{},"as":"image"}}]}},"largest":{{{}:{}}}}}"#,
            said(&format!("/{injection}")),
            said(&format!("/{injection}")),
            said(&format!("/{injection}.png")),
            said(&format!("/{injection}")),
            said(injection),
        );
        let next =
            json!({ "version": 1, "pages": {}, "out": [injection], "harmful": 1, "why": [[injection, 1]] })
                .to_string();
        let config = config(&[]);
        let mut inputs = inputs(&config, &hints, &next, Query { filter: String::new(), ..Query::default() });
        let mut tally = Tally::default();
        tally.add_cookies(injection.to_owned(), &CookieTally::default());
        tally.add(Counted::Why(injection, Some(injection)), 1);
        inputs.learners[0].figures.days.insert(day_of(NOW - DAY_MS), tally);
        inputs.learners[0].faults.push(injection.to_owned());
        let affected = Affected::WithCookie(injection.to_owned());
        let route = SeenRoute { template: injection.to_owned(), affected, ..route() };
        inputs.isolate.quarantined_routes.push(QuarantinedRoute::from(&route));
        inputs.mistakes.push(injection.to_owned());
        inputs.variables.push(("ORIGIN".to_owned(), injection.to_owned()));
        let mut report = Report::of(&inputs);
        report.filter = injection.to_owned();
        let html = super::report(&report, MARK).into_string();
        for markup in
            ["<script", "<img", "<svg/", "<svg>", "onerror=alert", "<!--", "<textarea", "\u{202e}", "\0"]
        {
            let is_there = html.contains(markup) && markup != "onerror=alert";
            assert!(!is_there, "{markup}: {injection}");
        }
        // Each quote that was opened is closed before the tag ends.
        for tag in html.split('<').skip(1) {
            let tag = tag.split('>').next().unwrap();
            assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        }
        check_exposition(&metrics::text(&report, &inputs));
    }
}

/// Holds a text to the format (Prometheus, "Text-based format").
fn check_exposition(text: &str) {
    let label = r#"[a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\\\|\\"|\\n)*""#;
    let sample = format!(r"^(headstart_[a-z_]+)(\{{{label}(,{label})*\}})? (\d+(\.\d+)?)$");
    let sample = regex::Regex::new(&sample).unwrap();
    let head = regex::Regex::new(r"^# (HELP|TYPE) (headstart_[a-z_]+) (.+)$").unwrap();
    let (mut family, mut families, mut samples) =
        (String::new(), Vec::new(), crate::sorting::map::SortedSet::new());
    for line in text.lines() {
        if let Some(found) = head.captures(line) {
            if &found[1] == "HELP" {
                assert!(!families.contains(&found[2].to_owned()), "{line}");
                family = found[2].to_owned();
                families.push(family.clone());
            } else {
                assert!(found[2] == family && matches!(&found[3], "counter" | "gauge"), "{line}");
                assert_eq!(&found[3] == "counter", family.ends_with("_total"), "{line}");
            }
        } else {
            let found = sample.captures(line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(found[1], family, "{line}");
            let name = line.rsplit_once(' ').unwrap().0.to_owned();
            assert!(samples.insert(name), "twice: {line}");
        }
    }
    assert!(text.ends_with('\n') && families.len() > 8);
}

#[test]
fn the_metrics_are_an_exposition_of_today() {
    let config = config(&[]);
    let inputs = inputs(&config, HINTS, NEXT, Query::default());
    let text = metrics::text(&Report::of(&inputs), &inputs);
    check_exposition(&text);
    for line in [
        "headstart_views_total{views=\"plain\"} 140",
        "headstart_speculations_used_total{rule=\"baseline\",eagerness=\"moderate\"} 60",
        "headstart_refusals_total{reason=\"unsafe-url sign-out\"} 10",
        "headstart_published_age_seconds{learner=\"shop.example/0\"} 90",
        "headstart_known_pages 3",
        "headstart_configuration_mistakes 1",
        "headstart_on 1",
    ] {
        assert!(text.lines().any(|other| other == line), "{line}\n{text}");
    }
    assert!(
        text.contains("headstart_page_seconds{figure=\"lcp\",views=\"plain\",quantile=\"0.75\"} 0."),
        "{text}"
    );
}

#[test]
fn the_json_says_the_same() {
    let config = config(&[]);
    let report = Report::of(&inputs(&config, HINTS, NEXT, Query::default()));
    let json: Value = serde_json::from_str(&serde_json::to_string(&report).unwrap()).unwrap();
    assert_eq!(json["views"], json!({ "plain": 210, "prefetched": 90, "prerendered": 0 }));
    assert_eq!(json["speculations"][0]["unused"], 30);
    assert_eq!(json["pages"][0]["hints"][0]["gain_ms"], 310);
    assert_eq!(json["days"].as_array().unwrap().len(), 2);
    assert_eq!(json["days"][1]["day"], words::date(day_of(NOW)));
    assert_eq!(json["left_out"][0]["why"], "cart-changed");
    assert!(
        json["variables"]
            .as_array()
            .unwrap()
            .iter()
            .any(|it| it["name"] == "SEAL_KEY" && it["value"].is_null())
    );
}

#[test]
fn what_is_in_the_way_is_said() {
    let says = |variables: &[(&str, &str)], change: &dyn Fn(&mut Inputs<'_>)| -> Vec<(Verdict, String)> {
        let config = config(variables);
        let mut inputs = inputs(&config, HINTS, NEXT, Query::default());
        inputs.mistakes.clear();
        change(&mut inputs);
        let checks = Report::of(&inputs).checks;
        checks.into_iter().map(|check| (check.verdict, check.text)).collect()
    };
    let has = |said: &[(Verdict, String)], verdict, part: &str| {
        said.iter().any(|(is, text)| *is == verdict && text.contains(part))
    };
    let good = says(&[("SEAL_KEY", "0123456789abcdef0123456789abcdef")], &|_| {});
    assert!(good.iter().all(|(verdict, _)| *verdict == Verdict::Good), "{good:?}");
    assert!(
        has(&good, Verdict::Good, "25 % of the speculations of which that is told were not used"),
        "{good:?}"
    );
    let keyless = says(&[], &|_| {});
    assert!(has(&keyless, Verdict::Bad, "SEAL_KEY is not set"));
    let missing = says(&[], &|inputs| inputs.missing = vec!["MODEL"]);
    assert!(has(&missing, Verdict::Bad, "The binding MODEL does not exist"));
    let new = says(&[], &|inputs| inputs.learners[0].figures = Figures::default());
    assert!(has(&new, Verdict::Open, "Nothing is published yet"));
    let unlearned = |views: u64| {
        says(&[], &|inputs| {
            let mut tally = Tally::default();
            tally.add(Counted::View(View::Plain), views);
            inputs.learners[0].figures =
                Figures { days: [(day_of(NOW), tally)].into(), ..Figures::default() };
        })
    };
    assert!(has(&unlearned(999), Verdict::Open, "Nothing is published yet"));
    assert!(has(&unlearned(1000), Verdict::Open, "Remove visitor IP headers"));
    let unwanted = says(&[("HINTS", "off"), ("NEXT_PAGES", "off")], &|inputs| {
        inputs.learners[0].figures = Figures::default();
    });
    assert!(has(&unwanted, Verdict::Open, "so nothing is learned"), "{unwanted:?}");
    let silent = says(&[], &|inputs| {
        let mut tally = Tally::default();
        tally.add(Counted::View(View::Plain), 200);
        inputs.learners[0].figures.days = [(day_of(NOW), tally)].into();
    });
    assert!(has(&silent, Verdict::Bad, "Speed Brain"), "{silent:?}");
    for (mode, how) in [("shadow", "Rules are in shadow"), ("off", "Rules are switched off")] {
        let by_mode = says(&[("MODE", mode)], &|inputs| {
            let mut tally = Tally::default();
            tally.add(Counted::View(View::Plain), 200);
            inputs.learners[0].figures.days = [(day_of(NOW), tally)].into();
        });
        assert!(
            has(&by_mode, Verdict::Open, how) && !has(&by_mode, Verdict::Bad, "Speed Brain"),
            "{by_mode:?}"
        );
        assert_eq!(has(&by_mode, Verdict::Open, "Headstart is switched off"), mode == "off", "{by_mode:?}");
    }
    let off = says(&[("HINTS", "off"), ("RULES", "off"), ("BEACON", "off")], &|_| {});
    assert!(has(&off, Verdict::Open, "RULES is off") && has(&off, Verdict::Open, "BEACON is off"));
}

#[test]
fn the_page_that_says_why_has_no_markup_of_anybody_else() {
    use crate::report::subjects;
    use crate::report::why::{Explanation, Said};
    use crate::report::why_page;
    for injection in INJECTIONS {
        let explanation = Explanation {
            url: injection.to_owned(),
            speculates: true,
            outcome: injection.to_owned(),
            said: vec![Said { is_decisive: true, text: injection.to_owned() }],
            lines: vec![("Link", injection.to_owned())],
            subject: subjects::of(injection, injection, &[], &Next::default()),
        };
        let html = why_page::page(&explanation, injection, injection, &[injection.to_owned()]).into_string();
        for markup in ["<script", "<img", "<svg", "<!--", "<textarea"] {
            assert!(!html.contains(markup), "{markup}: {injection}");
        }
        for tag in html.split('<').skip(1) {
            assert_eq!(tag.split('>').next().unwrap().matches('"').count() % 2, 0, "{tag}");
        }
    }
}

#[test]
fn each_form_that_changes_something_carries_the_mark() {
    let config = config(&[]);
    let mut inputs = inputs(&config, HINTS, NEXT, Query::default());
    inputs.switches = Switches::parse(r#"{"paths": {"/a": "off"}}"#).ok();
    let html = super::report(&Report::of(&inputs), MARK).into_string();
    let forms: Vec<&str> =
        html.split("<form ").skip(1).filter(|form| form.starts_with("method=post")).collect();
    let marked = r#"<input type=hidden name=mark value="sealed-mark">"#;
    let of = |file: &str| {
        let forms = forms.iter().filter(|form| form.contains(&format!("action=\"/_headstart/{file}\"")));
        forms.map(|form| form.split("</form>").next().unwrap().matches(marked).count()).collect::<Vec<_>>()
    };
    assert_eq!((of("switches"), of("forget"), of("sign-out")), (vec![1, 1], vec![1, 1], vec![0]));
    assert_eq!(forms.len(), 5);
}
