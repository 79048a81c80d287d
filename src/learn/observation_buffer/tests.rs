use super::*;
use crate::hints::Pools;
use crate::hints::usage::{Demand, Found, Usage};
use crate::learn::observation::Loaded;

const PACE: Pace = Pace { wait_ms: 5000, views: 0 };

#[test]
fn a_pace_is_read_from_what_is_configured() {
    assert_eq!(Pace::new(5, 0), PACE);
    assert_eq!(Pace::new(u32::MAX, 200), Pace { wait_ms: 4_294_967_295_000, views: 200 });
}

fn seen(path: &str) -> Observed {
    Observed::View(Observation { path: path.to_owned(), ..Observation::default() }, None)
}

fn take(buffer: &mut ObservationBuffer, shards: u32) -> Vec<Batch> {
    buffer.take(shards, &SiteUrlCache::default(), &Salt::new(7, 7), |_, _| true)
}

#[test]
fn one_request_sends_for_all() {
    let mut buffer = ObservationBuffer::default();
    assert!(buffer.add("a", seen("/1"), true, PACE, 0, 1));
    assert!(!buffer.add("a", seen("/2"), true, PACE, 4000, 2));
    assert!(!buffer.add("b", seen("/1"), true, PACE, 5000, 3));
    let batches = take(&mut buffer, 1);
    let sizes: Vec<_> = batches.iter().map(|batch| (batch.site.as_str(), batch.observations.len())).collect();
    assert_eq!(sizes, [("a", 2), ("b", 1)]);
    assert!(take(&mut buffer, 1).is_empty());
    assert!(buffer.add("a", seen("/3"), true, PACE, 6000, 4), "the next burst has its own sender");
}

#[test]
fn a_sender_that_never_came_back_is_replaced() {
    let mut buffer = ObservationBuffer::default();
    assert!(buffer.add("a", seen("/1"), true, PACE, 0, 1));
    assert!(!buffer.add("a", seen("/1"), true, PACE, 10_999, 2));
    assert!(buffer.add("a", seen("/1"), true, PACE, 11_000, 3));
}

#[test]
fn a_clock_that_was_a_day_ahead_keeps_nobody_from_sending() {
    const DAY_MS: u64 = 24 * LONG_WAIT_MS;
    let pace = Pace { views: 200, ..PACE };
    let mut buffer = ObservationBuffer::default();
    assert!(buffer.add("a", seen("/1"), true, pace, DAY_MS, 1));
    // Its sender never came back; and this one has sent by that clock.
    assert!(buffer.add("a", seen("/1"), true, pace, 1000, 2));
    take(&mut buffer, 1);
    buffer.charge(1, pace, DAY_MS, 2);
    assert!(
        buffer.add("a", seen("/2"), false, pace, 2000, 3),
        "it is longer ago than an hour, for all that is known"
    );
    take(&mut buffer, 1);
    buffer.charge(1, pace, 2000, 3);
    assert!(!buffer.add("a", seen("/3"), false, pace, 3000, 4), "and then as ever");
    // Of requests at the same time each sees another time.
    assert!(!buffer.add("a", seen("/4"), false, pace, 1500, 5));
}

#[test]
fn a_burst_is_bounded_and_split_by_learner() {
    let mut buffer = ObservationBuffer::default();
    for n in 0..10 * MAX_WAITING {
        buffer.add("a", seen(&format!("/{n}")), true, PACE, 0, 1);
    }
    let batches = take(&mut buffer, 4);
    assert_eq!(batches.len(), 4);
    assert_eq!(batches.iter().map(|batch| batch.observations.len()).sum::<usize>(), MAX_WAITING);
    for batch in batches {
        for observation in batch.observations {
            assert_eq!(shard_of(&observation.path, 4), batch.shard);
        }
    }
}

#[test]
fn clicks_are_counted_and_keep_nothing_else_out() {
    let mut buffer = ObservationBuffer::default();
    for n in 0..10 * MAX_CLICKS {
        buffer.add_click("a", "/", Origin::parse("https://partner.example").unwrap());
        buffer.add_click("a", &format!("/{n}"), Origin::parse("https://evil.example").unwrap());
    }
    buffer.add("a", seen("/"), true, PACE, 0, 1);
    let batches = take(&mut buffer, 1);
    assert_eq!((batches[0].observations.len(), batches[0].clicks.len()), (1, MAX_CLICKS));
    assert_eq!((batches[0].clicks[0].path.as_str(), batches[0].clicks[0].times), ("/", 1000));
}

#[test]
fn a_batch_carries_the_stylesheets_of_its_views() {
    let mut known_urls = SiteUrlCache::default();
    known_urls.put_sheet("a", "/site.css", SheetObservation::default());
    known_urls.put_sheet("a", "/other.css", SheetObservation::default());
    let mut buffer = ObservationBuffer::default();
    let view = Observation { sheets: vec!["/site.css".to_owned()], ..Observation::default() };
    buffer.add("a", Observed::View(view, None), true, PACE, 0, 1);
    let batches = buffer.take(1, &known_urls, &Salt::new(7, 7), |_, _| true);
    let names = Salt::new(7, 7).names;
    assert_eq!(batches[0].sheets.keys().collect::<Vec<_>>(), [&names.hide("/site.css")]);
    assert_eq!(batches[0].observations[0].sheets, [names.hide("/site.css")]);
    assert!(!serde_json::to_string(&batches[0]).unwrap().contains(".css"));
}

#[test]
fn where_paths_lead_goes_along_and_each_visitor_counts_once() {
    let (salt, mut buffer) = (Salt::new(7, 7), ObservationBuffer::default());
    let visitor = |host: u32| salt.visitor(&format!("192.0.2.{host}"));
    let id = Origin::parse("https://id.a.example");
    for (to, host) in [(&id, 1), (&id, 1), (&id, 2), (&None, 3), (&id, 4)] {
        buffer.add_redirect("a", "/login", to.clone(), visitor(host));
    }
    buffer.add_redirect("a", "/login", id.clone(), None);
    buffer.add_redirect("a", "/login", id.clone(), None);
    buffer.add_redirect("a", "/reset/dGhpcyBpcyBhIHNlY3JldDE", id.clone(), visitor(1));
    assert!(buffer.watches_redirects("a", "/login") && !buffer.watches_redirects("b", "/login"));
    let bucket = |host: u32| salt.bucket(visitor(host).unwrap(), "/login");
    let led = |to: &Option<Origin>, by: Vec<u8>, times| Led {
        path: "/login".to_owned(),
        to: to.clone(),
        by,
        times,
    };
    let batches = take(&mut buffer, 1);
    let expected = [led(&id, vec![bucket(1), bucket(2), bucket(4)], 4), led(&None, vec![bucket(3)], 1)];
    assert_eq!((batches.len(), &batches[0].redirects[..]), (1, &expected[..]));
    assert!(take(&mut buffer, 1).is_empty());
    assert!(buffer.watches_redirects("a", "/login"), "should it lead elsewhere, that is told");
    for number in 0..10 * MAX_REDIRECTS {
        for host in 0..2 * u32::try_from(MAX_LED).unwrap() {
            buffer.add_redirect("a", &format!("/{number}"), id.clone(), visitor(host));
        }
    }
    let batches = take(&mut buffer, 1);
    assert!(batches[0].redirects.len() <= MAX_REDIRECTS && batches[0].redirects[0].by.len() <= MAX_LED);
}

#[test]
fn a_site_that_watches_many_paths_has_no_others_forgotten() {
    let mut buffer = ObservationBuffer::default();
    let id = Origin::parse("https://id.a.example");
    buffer.add_redirect("quiet", "/login", id.clone(), None);
    let fill = |buffer: &mut ObservationBuffer, site: &str, from: usize| {
        for number in from..from + 2 * MAX_REDIRECTS {
            buffer.add_redirect(site, &format!("/{number}"), id.clone(), None);
        }
        take(buffer, 1);
    };
    for round in 0..3 {
        fill(&mut buffer, "busy", round * 2 * MAX_REDIRECTS);
        assert!(buffer.watches_redirects("quiet", "/login"), "round {round}");
    }
    assert!(buffer.watches_redirects("busy", &format!("/{}", 4 * MAX_REDIRECTS)), "it has forgotten its own");
    // Where all that may be watched is watched, whoever comes first is not there for ever.
    for site in 0..3 * MAX_REDIRECTS {
        fill(&mut buffer, &format!("of-many-{site:03}"), 0);
    }
    let last = format!("of-many-{}", 3 * MAX_REDIRECTS - 1);
    assert!(buffer.watches_redirects(&last, "/0"));
    assert!(buffer.redirects.len() <= 2 * MAX_REDIRECTS);
}

#[test]
fn a_batch_says_to_whom_third_parties_stylesheets_were_shown() {
    let salt = Salt::new(7, 7);
    let visitor = |host: u32| salt.visitor(&format!("192.0.2.{host}")).unwrap();
    let (fonts, icons) = ("https://fonts.example/css2?family=A", "https://icons.example/all.css");
    let mut known_urls = SiteUrlCache::default();
    let own = SheetObservation { imports: vec![fonts.to_owned()], ..SheetObservation::default() };
    known_urls.put_sheet("a", "/site.css", own);
    let mut buffer = ObservationBuffer::default();
    for (host, sheets) in [(1, &["/site.css", icons][..]), (2, &[fonts]), (2, &[fonts]), (3, &["/site.css"])]
    {
        let sheets = sheets.iter().map(|sheet| (*sheet).to_owned()).collect();
        let view = Observation { path: "/".to_owned(), sheets, ..Observation::default() };
        buffer.add("a", Observed::View(view, Some(visitor(host))), true, PACE, 0, 1);
    }
    let [batch] = &buffer.take(1, &known_urls, &salt, |_, _| true)[..] else { panic!("one learner's") };
    let shown: Vec<(&str, usize)> =
        batch.shown_sheets.iter().map(|shown| (shown.sheet.as_str(), shown.by.len())).collect();
    assert_eq!(shown, [(fonts, 3), (icons, 1)]);
    assert_eq!(batch.observations[0].sheets, [&salt.names.hide("/site.css"), icons]);
}

#[test]
fn a_batch_says_to_whom_each_origin_was_shown_by_pages_and_their_stylesheets() {
    let salt = Salt::new(7, 7);
    let visitor = |host: u32| salt.visitor(&format!("192.0.2.{host}")).unwrap();
    let used = |name: &str| OriginUse {
        origin: Origin::parse(&format!("https://{name}.example")).unwrap(),
        usage: Usage::of(Pools::CREDENTIALED, Demand::ONE, Found::Body),
    };
    let mut known_urls = SiteUrlCache::default();
    let fonts = SheetObservation { uses: vec![used("fonts")], ..SheetObservation::default() };
    let imports = SheetObservation { imports: vec!["/fonts.css".to_owned()], ..SheetObservation::default() };
    known_urls.put_sheet("a", "/fonts.css", fonts);
    known_urls.put_sheet("a", "/site.css", imports);
    let mut buffer = ObservationBuffer::default();
    for (name, host, sheets) in
        [("cdn", Some(1), &["/site.css"][..]), ("cdn", Some(2), &[]), ("cdn", None, &["/site.css"])]
    {
        let view = Observation {
            path: "/".to_owned(),
            uses: vec![used(name)],
            sheets: sheets.iter().map(|sheet| (*sheet).to_owned()).collect(),
            ..Observation::default()
        };
        buffer.add("a", Observed::View(view, host.map(visitor)), true, PACE, 0, 1);
    }
    let loaded =
        Loaded { origin: used("fonts").origin, pools: 2, is_frame: false, start_ms: 0, connect_ms: 0 };
    let confirmation =
        Confirmation { path: "/".to_owned(), origins: vec![loaded], ..Confirmation::default() };
    buffer.add("a", Observed::Confirmation(confirmation, Some(visitor(3))), true, PACE, 0, 1);
    let [batch] = &buffer.take(1, &known_urls, &salt, |_, _| true)[..] else { panic!("one learner's") };
    let shown: Vec<(&str, usize)> =
        batch.shown.iter().map(|shown| (shown.origin.as_str(), shown.by.len())).collect();
    assert_eq!(shown, [("https://fonts.example", 2), ("https://cdn.example", 2)]);
    let by: Vec<_> = batch.observations.iter().map(|view| view.by).collect();
    assert_eq!(by, [Some(salt.bucket(visitor(1), "/")), Some(salt.bucket(visitor(2), "/")), None]);
    assert_eq!((batch.day, batch.names), (7, salt.names));
}

/// Serves `views` page views, `per_second` each second, of which every twentieth is read; `new` of 100 are of pages
/// that nothing is known of. Answers how many calls were made.
fn calls(views: u64, per_second: u64, new: u64, shards: u32) -> u64 {
    let pace = Pace { wait_ms: 10_000, views: 200 };
    let mut buffer = ObservationBuffer::default();
    let mut due = None;
    let mut calls = 0;
    for view in 1..=views {
        let now = view * 1000 / per_second;
        if due.is_some_and(|due| now >= due) {
            due = None;
            let salt = Salt::new(7, 7);
            let taken = buffer.take(shards, &SiteUrlCache::default(), &salt, |_, _| true).len() as u64;
            buffer.charge(taken, pace, now, view);
            calls += taken;
        }
        let is_new = view % 100 < new;
        if (is_new || view % 20 == 0)
            && buffer.add("a", seen(&format!("/{}/x", view % 977)), is_new, pace, now, view)
        {
            due = Some(now + pace.wait_ms);
        }
    }
    calls
}

#[test]
fn what_is_for_a_learner_that_is_not_due_waits_and_takes_no_others_room() {
    let mut buffer = ObservationBuffer::default();
    let origin = || Origin::parse("https://x.example").unwrap();
    let fill = |buffer: &mut ObservationBuffer, site: &str| {
        for number in 0..2 * MAX_WAITING {
            let path = format!("/{number}/x");
            buffer.hold(site, seen(&path));
            buffer.add_click(site, &path, origin());
            buffer.add_redirect(site, &path, Some(origin()), None);
        }
    };
    fill(&mut buffer, "busy");
    assert!(buffer.add("quiet", seen("/0/x"), true, PACE, 0, 1), "who holds something is not the sender");
    fill(&mut buffer, "quiet");
    let lengths = |batches: &[Batch]| -> Vec<(String, usize, usize, usize)> {
        let of = |batch: &Batch| (batch.observations.len(), batch.clicks.len(), batch.redirects.len());
        let all = batches.iter().map(|batch| (batch.site.clone(), of(batch)));
        all.map(|(site, (views, clicks, redirects))| (site, views, clicks, redirects)).collect()
    };
    let mut take = |is_due: fn(&str, u32) -> bool| {
        lengths(&buffer.take(1, &SiteUrlCache::default(), &Salt::new(7, 7), is_due))
    };
    let due = take(|site, _| site == "quiet");
    assert_eq!(due, [("quiet".to_owned(), MAX_WAITING / 2, MAX_CLICKS / 2, MAX_REDIRECTS / 2)]);
    assert_eq!(take(|_, _| true), [("busy".to_owned(), MAX_WAITING, MAX_CLICKS, MAX_REDIRECTS)]);
    assert_eq!(take(|_, _| true), []);
    // One learner of a site's four.
    for number in 0..40 {
        buffer.add("a", seen(&format!("/{number}/x")), false, PACE, 0, 1);
    }
    let mut take =
        |is_due: fn(&str, u32) -> bool| buffer.take(4, &SiteUrlCache::default(), &Salt::new(7, 7), is_due);
    let due = take(|_, shard| shard == 2);
    assert!(due.len() == 1 && due[0].shard == 2 && !due[0].observations.is_empty());
    let others = take(|_, _| true);
    assert_eq!(others.iter().map(|batch| batch.shard).collect::<Vec<_>>(), [0, 1, 3]);
    assert_eq!(others.iter().chain(&due).map(|batch| batch.observations.len()).sum::<usize>(), 40);
}

#[test]
fn a_learner_is_called_five_times_in_a_thousand_views_at_the_most() {
    for (per_second, shards) in [(1, 1), (7, 1), (100, 1), (100, 8), (3, 16)] {
        let calls = calls(100_000, per_second, 0, shards);
        // One call for each learner goes out at a time; they are paid for by the views that follow.
        assert!(calls < 500 + u64::from(shards), "{calls} at {per_second} views a second, {shards} learners");
        // One batch in ten seconds is all that busy isolates need.
        let least = 450.min(100_000 / per_second / 11);
        assert!(
            calls >= least,
            "{calls} at {per_second} views a second, {shards} learners: too few to learn"
        );
    }
    let with_news = calls(100_000, 10, 100, 1);
    assert!(with_news <= 500 + u64::from(EARLY_SENDS), "{with_news} while each page is new");
}

/// At which minutes an isolate sends that serves a view in six seconds, each of a new page, for an hour and a bit. What it sends takes so
/// many calls each time.
fn minutes(calls: u64) -> Vec<u64> {
    let pace = Pace { wait_ms: 10_000, views: 200 };
    let (mut buffer, mut sent, mut due) = (ObservationBuffer::default(), Vec::new(), None);
    for view in 1..=620 {
        let now = view * 6_000;
        if due.is_some_and(|due| now >= due) {
            due = None;
            take(&mut buffer, 1);
            buffer.charge(calls, pace, now, view);
            sent.push(now / 60_000);
        }
        if buffer.add("a", seen("/x"), true, pace, now, view) {
            due = Some(now + pace.wait_ms);
        }
    }
    sent
}

#[test]
fn a_quiet_isolate_tells_what_is_new_until_its_hour_is_over() {
    assert_eq!(minutes(2), [0, 1, 4, 15, 40]);
    assert_eq!(minutes(17), [0, 1, 4, 15, 57], "of as many learners none is paid for meanwhile");
}

#[test]
fn what_was_not_sent_is_not_charged() {
    let mut buffer = ObservationBuffer::default();
    let pace = Pace { wait_ms: 10_000, views: 200 };
    assert!(buffer.add("a", seen("/"), true, pace, 0, 1));
    take(&mut buffer, 1);
    buffer.charge(1, pace, 10_000, 2);
    // Of a site without next pages no navigations go along.
    buffer.charge(0, pace, 10_000, 2);
    assert!(!buffer.is_turn(false, pace, 11_000, 3), "the call is not paid for yet");
    assert!(!buffer.is_turn(false, pace, 10_000 + LONG_WAIT_MS - 1, 399));
    assert!(buffer.is_turn(false, pace, 10_000 + LONG_WAIT_MS - 1, 400));
}
