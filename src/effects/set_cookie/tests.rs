use super::*;

const NOW: u64 = 1_800_000_000_000;

fn lines(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn judge_at(set_cookies: &[&str], cookies: &str, path: &str) -> Result<CookieDecisions, Ineligible> {
    let classes = CookieClasses::new(&lines(&["shop_*"]), &lines(&["theme2"]), &[]);
    decide(&lines(set_cookies), cookies, path, &classes, UnknownCookies::Careful, NOW)
}

/// `pass`, `defer` (with what was sent), `stuck` or `leave out` for each line, and `refuse` for all.
fn decisions(set_cookies: &[&str], cookies: &str) -> Vec<String> {
    match judge_at(set_cookies, cookies, "/a") {
        Err(_) => vec!["refuse".to_owned()],
        Ok(decisions) => decisions
            .decisions()
            .map(|decision| match decision {
                CookieDecision::Pass => "pass".to_owned(),
                CookieDecision::Defer { before: None, .. } => "defer".to_owned(),
                CookieDecision::Defer { before: Some(before), .. } => format!("defer {before}"),
                CookieDecision::Stuck { was_sent } => format!("stuck {was_sent}"),
                CookieDecision::LeaveOut => "leave out".to_owned(),
            })
            .collect(),
    }
}

#[test]
fn the_table_of_fates_holds() {
    for (line, sent, not_sent) in [
        ("csrftoken=new; Path=/", "defer 0ld", "defer"),
        ("session=new; Path=/; HttpOnly", "pass", "defer"),
        ("session=; Path=/; Max-Age=0", "refuse", "leave out"),
        ("shop_customer=new; Path=/", "pass", "defer"),
        ("cart=1.2; Path=/", "defer 0ld", "defer"),
        ("_ga=GA1.2.3; Path=/", "defer 0ld", "defer"),
        ("visits=4; Path=/", "defer 0ld", "defer"),
        ("theme2=dark; Path=/", "defer 0ld", "defer"),
        ("something=new; Path=/", "defer 0ld", "defer"),
        ("something=new; Path=/; Max-Age=60; HttpOnly", "pass", "defer"),
        ("something=; Path=/; Max-Age=0; HttpOnly", "refuse", "leave out"),
        ("something=; Path=/; Max-Age=0", "defer 0ld", "leave out"),
        ("__Host-x=new; Path=/; Secure; HttpOnly", "pass", "defer"),
        ("edition=uk; Path=/; HttpOnly", "defer 0ld", "defer"),
        ("messages=W1siX19; HttpOnly; Path=/", "defer 0ld", "defer"),
        ("oscar_history=\"[71, 181]\"; HttpOnly; Path=/", "defer 0ld", "defer"),
        (
            "_redmine_session=TmpFNE1UUXpOVEV5--b5f4c6f4b9d9d2f1f8b9c2d3e4f5a6b7c8d9e0f1; Path=/; HttpOnly",
            "defer 0ld",
            "defer",
        ),
        ("session=.eJyrVkrO.ZUtQ1w.Xk3v9Jb2sQ1dYt7rNq0wLp5uEzA; HttpOnly; Path=/", "defer 0ld", "defer"),
        ("session=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly", "refuse", "leave out"),
    ] {
        let name = SetCookie::parse(line).name;
        assert_eq!(decisions(&[line], &format!("a=1; {name}=0ld")), [sent], "{line}");
        assert_eq!(decisions(&[line], "a=1"), [not_sent], "{line}");
    }
}

/// Each cookie of the table of what is really set, with and without it in the request.
#[test]
fn what_is_really_set_is_decided_by_its_class() {
    let mut decided = 0;
    for row in include_str!("../../../tests/data/set_cookies.txt").lines() {
        let Some((class, line)) = row.split_once(' ').filter(|(class, _)| !class.starts_with('#')) else {
            continue;
        };
        let cookie = SetCookie::parse(line);
        let may_be_session =
            matches!(class, "session" | "sticky") || (class == "unknown" && cookie.is_http_only);
        let (with, without) = match class {
            _ if may_be_session && cookie.is_deletion => ("refuse", "defer"),
            _ if may_be_session && cookie_session::is_content(cookie.name, cookie.value) => {
                ("defer 0ld", "defer")
            }
            _ if may_be_session => ("pass", "defer"),
            _ => ("defer 0ld", "defer"),
        };
        // A line for part of the site is decided alike, but no ticket can carry it.
        let is_partial = for_all_paths(line, "/a").is_none();
        let expect = |decision: &'static str| match decision {
            "defer" if is_partial => "stuck false",
            "defer 0ld" if is_partial => "stuck true",
            decision => decision,
        };
        assert_eq!(decisions(&[line], &format!("{}=0ld", cookie.name)), [expect(with)], "{row}");
        // There is nothing to delete.
        let is_void = cookie.at(NOW).is_expired && is_sent_to(line, "/a") && without != "pass";
        let without = if is_void { "leave out" } else { expect(without) };
        assert_eq!(decisions(&[line], ""), [without], "{row}");
        decided += 1;
    }
    assert!(decided > 300, "{decided}");
}

#[test]
fn what_becomes_of_unknown_names_is_the_sites_choice() {
    let decision = |unknown, line: &str, cookies: &str| {
        let decisions =
            decide(&lines(&[line]), cookies, "/", &CookieClasses::default(), unknown, NOW).unwrap();
        decisions.decisions().next().cloned().unwrap() == CookieDecision::Pass
    };
    let (open, closed) = ("x=2; Path=/; Max-Age=9", "x=2; Path=/; Max-Age=9; HttpOnly");
    for (unknown, passes_open, passes_closed) in [
        (UnknownCookies::Careful, false, true),
        (UnknownCookies::Defer, false, false),
        (UnknownCookies::Pass, true, true),
    ] {
        assert_eq!(decision(unknown, open, "x=1"), passes_open, "{unknown:?}");
        assert_eq!(decision(unknown, closed, "x=1"), passes_closed, "{unknown:?}");
        assert!(
            !decision(unknown, open, "") && !decision(unknown, closed, ""),
            "{unknown:?}: they did not have it"
        );
    }
}

#[test]
fn only_a_cookie_for_all_paths_can_be_handed_over() {
    let line = |line: &str, path: &str| for_all_paths(line, path);
    assert_eq!(line("a=1; Path=/", "/x/y").as_deref(), Some("a=1; Path=/"));
    assert_eq!(line("a=1; path = / ; Secure", "/x/y").as_deref(), Some("a=1; path = / ; Secure"));
    assert_eq!(line("a=1; Secure", "/x").as_deref(), Some("a=1; Secure; Path=/"));
    assert_eq!(line("a=1", "/").as_deref(), Some("a=1; Path=/"));
    assert_eq!(line("a=1; Path=", "/x").as_deref(), Some("a=1; Path=; Path=/"), "an empty one is none");
    assert_eq!(line("a=1; Path=x", "/x").as_deref(), Some("a=1; Path=x; Path=/"));
    assert_eq!(
        line("a=1; Path=/b; Path=/", "/x").as_deref(),
        Some("a=1; Path=/b; Path=/"),
        "the last one counts"
    );
    for (text, path) in
        [("a=1", "/x/"), ("a=1", "/x/y"), ("a=1; Path=/shop", "/"), ("a=1; Path=/; Path=/b", "/")]
    {
        assert_eq!(line(text, path), None, "{text} at {path}");
    }
}

#[test]
fn with_a_ticket_what_is_deferred_stays_behind_and_without_one_nothing_is_changed_but_sessions_renewed() {
    let seal = Seal::new("0123456789abcdef0123456789abcdef", None).unwrap();
    let answer = ["session=2; HttpOnly; Path=/", "visits=4; Path=/", "b=1; Path=/"];
    let decisions = judge_at(&answer, "session=1; visits=3; b=0", "/a").unwrap();
    assert!(decisions.defers() && decisions.rotates_session);
    assert_eq!(decisions.with_ticket().unwrap(), lines(&answer[..1]));
    assert_eq!(decisions.without_ticket(), Err(Ineligible::changed_cookie("visits", fnv1a(b"4"))));
    assert_eq!(decisions.passing().collect::<Vec<_>>(), [answer[0]]);
    let expected = [("visits=4; Path=/", "3"), ("b=1; Path=/", "0")].map(|(line, before)| Deferred {
        line: line.to_owned(),
        before: Some(seal.digest(&[before])),
        is_newest: false,
    });
    assert_eq!(decisions.deferred(&seal), expected);

    let decisions = judge_at(&answer, "session=1; b=0", "/a").unwrap();
    assert_eq!(decisions.without_ticket(), Err(Ineligible::cookie("visits", false)));
    assert!(decisions.with_ticket().is_ok());

    let same = judge_at(&answer, "session=1; visits=4; b=1", "/a").unwrap();
    assert_eq!(same.without_ticket().unwrap(), lines(&answer));

    let partial = ["visits=4; Path=/a"];
    assert_eq!(judge_at(&partial, "visits=4", "/a").unwrap().with_ticket().unwrap(), lines(&partial));
    let changed = judge_at(&partial, "visits=3", "/a").unwrap().with_ticket();
    assert_eq!(changed, Err(Ineligible::changed_cookie("visits", fnv1a(b"4"))));
    let refused = judge_at(&partial, "", "/a").unwrap().with_ticket();
    assert_eq!(refused, Err(Ineligible::cookie("visits", false)));
}

#[test]
fn where_no_ticket_works_what_a_visitor_chose_and_what_is_under_way_stays() {
    let without =
        |line: &str, cookies: &str| judge_at(&[line], cookies, "/lang/de").unwrap().without_ticket();
    for (line, cookies) in [
        ("locale=de; Path=/", "locale=en"),
        ("locale=de; Path=/", "locale=en; a=1"),
        ("lang=de; Path=/; HttpOnly; Max-Age=9", "lang=en"),
        ("oauth_state=b; Path=/; HttpOnly", "oauth_state=a"),
        ("__Host-next-auth.state=b; Path=/; Secure; HttpOnly", "__Host-next-auth.state=a"),
        ("next-auth.pkce.code_verifier=b; Path=/; HttpOnly", "next-auth.pkce.code_verifier=a"),
        ("cart=2; Path=/", "cart=1"),
        ("csrftoken=b; Path=/", "csrftoken=a"),
        ("visits=; Path=/; Max-Age=0", "visits="),
        ("outlet=17; Path=/; HttpOnly; Max-Age=86400", "outlet=16"),
    ] {
        let SetCookie { name, value, .. } = SetCookie::parse(line);
        let changed = Ineligible::changed_cookie(name, fnv1a(value.as_bytes()));
        assert_eq!(without(line, cookies), Err(changed), "{line}");
    }
    for (line, cookies) in [
        ("locale=de; Path=/", "locale=de"),
        ("session=b; Path=/", "session=a"),
        ("PHPSESSID=b; path=/shop", "PHPSESSID=a"),
        ("csrftoken=a; Path=/; Max-Age=99", "csrftoken=a"),
        // What may be a session, whatever it is called: its old value may be gone.
        ("bakery=9d2e44c0a1b2c3d4; Path=/; HttpOnly; Max-Age=86400", "bakery=8f3a17"),
        ("bakery=9d2e44; Path=/shop; HttpOnly; Max-Age=86400", "bakery=8f3a17c0a1b2c3d4"),
    ] {
        assert_eq!(without(line, cookies).unwrap(), [line], "{line}");
    }
}

#[test]
fn of_one_name_for_all_paths_and_for_some_none_can_be_told_from_the_other() {
    let both = ["visits=4; Path=/", "visits=4; Path=/a"];
    assert_eq!(decisions(&both, "visits=3"), ["stuck true", "stuck true"]);
    assert_eq!(decisions(&both, ""), ["stuck false", "stuck false"]);
}

#[test]
fn of_several_that_were_sent_none_can_be_told_from_the_others() {
    assert_eq!(decisions(&["visits=4; Path=/"], "visits=3; visits=9"), ["stuck true"]);
}

#[test]
fn bytes_that_are_no_text_stay_where_they_are() {
    // The platform gives such bytes as replacement characters, so that nothing could be set as it was.
    let answer = ["city=M\u{fffd}nchen; Path=/", "visits=4; Path=/"];
    assert_eq!(decisions(&answer, "city=x; visits=3"), ["stuck true", "stuck true"]);
    assert!(judge_at(&answer, "city=x; visits=3", "/").unwrap().with_ticket().is_err());
    assert!(judge_at(&answer, "", "/").unwrap().with_ticket().is_err());
}

#[test]
fn a_line_is_set_elsewhere_for_the_path_that_it_would_have_had() {
    assert_eq!(with_path("a=1; Secure", "/shop/item"), "a=1; Secure; Path=/shop");
    assert_eq!(with_path("a=1", "/item"), "a=1; Path=/");
    assert_eq!(with_path("a=1; Path=/x", "/shop/item"), "a=1; Path=/x");
}

#[test]
fn no_speculation_signs_a_visitor_out() {
    for line in [
        "session=; Max-Age=0; Path=/",
        "session=x; max-age=-1",
        "session=x; Max-Age=0; Expires=Wed, 21 Oct 2035 07:28:00 GMT",
        "session=deleted; expires=Thu, 01-Jan-1970 00:00:01 GMT; path=/",
        "session=\"\"; Version=1",
        "session=",
    ] {
        assert_eq!(
            judge_at(&["a=1; Path=/", line], "session=1", "/"),
            Err(Ineligible::SetCookie { name: "session".to_owned(), affects: Affected::WithSession }),
            "{line}"
        );
    }
    for line in [
        "session=x; Max-Age=3600; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "session=x; Expires=Wed, 21 Oct 2035 07:28:00 GMT",
        "session=x; Max-Age=",
    ] {
        let decisions = judge_at(&[line], "session=1", "/").unwrap();
        assert!(decisions.decisions().all(|decision| *decision == CookieDecision::Pass), "{line}");
    }
    let unknown = judge_at(&["something=; Max-Age=0; HttpOnly"], "something=1", "/").unwrap_err();
    assert_eq!(unknown, Ineligible::cookie("something", true));
}

#[test]
fn many_large_and_odd_cookies_are_judged_like_few() {
    let many: Vec<String> = (0..60).map(|n| format!("c{n}={}; Path=/", "x".repeat(4000))).collect();
    let cookies = (0..60).map(|n| format!("c{n}=1")).collect::<Vec<_>>().join("; ");
    let classes = CookieClasses::default();
    let decisions = decide(&many, &cookies, "/", &classes, UnknownCookies::Careful, NOW).unwrap();
    let changed = Ineligible::changed_cookie("c0", fnv1a("x".repeat(4000).as_bytes()));
    assert_eq!(decisions.without_ticket(), Err(changed));
    assert_eq!(decisions.with_ticket().unwrap(), [""; 0]);
    for odd in
        ["", ";", "=", "=x", ";;;=;", "\u{e9}=1", "a\"b=1", "nameless", " spaced = 1 ;HttpOnly ; path= /"]
    {
        let decisions = decide(&lines(&[odd]), "x=1", "/", &classes, UnknownCookies::Careful, NOW).unwrap();
        assert_eq!(decisions.decisions().count(), 1, "{odd}");
    }
}

#[test]
fn what_is_a_word_before_and_after_is_a_choice_and_no_session() {
    let passes = |line: &str, cookies: &str| {
        let decisions = judge_at(&[line], cookies, "/a").unwrap();
        (decisions.without_ticket().is_ok(), decisions.passing().count() == 1)
    };
    for line in ["site=uk; Path=/; HttpOnly", "site=uk; Path=/; HttpOnly; Max-Age=60"] {
        assert_eq!(passes(line, "site=us"), (false, false), "{line}");
    }
    assert_eq!(passes("site=4f1c; Path=/; HttpOnly", "site=77aa"), (true, true), "a session, perhaps");
    assert_eq!(passes("session=new; Path=/; HttpOnly", "session=old"), (true, true), "by its name");
}

/// Each answer behind such a balancer sets it anew.
#[test]
fn what_goes_with_a_session_passes_and_is_no_other_session() {
    for (line, sent) in [
        ("AWSALB=v2; Path=/", "AWSALB=v1"),
        ("AWSALBAPP-1=_remove_; Path=/", "AWSALBAPP-1=_remove_"),
        ("SERVERID=web-b; path=/", "SERVERID=web-a"),
        ("TS01a2b3c4=2; Path=/; HttpOnly", "TS01a2b3c4=1"),
    ] {
        let decided = judge_at(&[line], sent, "/a").unwrap();
        assert_eq!(decided.passing().collect::<Vec<_>>(), [line]);
        assert_eq!(decided.without_ticket().as_deref(), Ok(&[line.to_owned()][..]), "{line}");
        assert!(!decided.passes_session && !decided.rotates_session, "{line}");
        assert_eq!(decisions(&[line], ""), ["defer"], "{line}");
    }
    let lost = judge_at(&["SERVERID=; path=/; Max-Age=0"], "SERVERID=web-a", "/a");
    assert_eq!(lost, Err(Ineligible::cookie("SERVERID", true)));
    let both = judge_at(&["AWSALB=v2; Path=/", "x=2; HttpOnly"], "AWSALB=v1; x=1", "/a").unwrap();
    assert!(both.passes_session && !both.rotates_session, "by its attributes");
}

#[test]
fn what_the_network_renews_and_what_is_said_once_passes_without_a_ticket() {
    for (line, cookies) in [
        ("__cf_bm=b; Path=/; HttpOnly; Max-Age=1800", "__cf_bm=a"),
        ("__cf_bm=b; Path=/; HttpOnly; Max-Age=1800", ""),
        ("messages=Added; Path=/; HttpOnly", ""),
    ] {
        let decisions = judge_at(&[line], cookies, "/a").unwrap();
        assert_eq!(decisions.without_ticket().as_deref(), Ok(&[line.to_owned()][..]), "{line}");
        assert_eq!(decisions.without_page().as_deref(), Ok(&[line.to_owned()][..]), "{line}");
    }
}

#[test]
fn to_delete_what_the_visitor_does_not_have_is_nothing() {
    let deleted = |attributes: &str| format!("tab=deleted; {attributes}");
    for (path, attributes) in [
        ("/zabbix/items.php", "expires=Thu, 01-Jan-1970 00:00:01 GMT; Max-Age=0"),
        ("/zabbix/items.php", "Max-Age=0; path=/"),
        ("/zabbix/items.php", "Max-Age=0; path=/zabbix"),
        ("/zabbix/items.php", "Max-Age=-1; path=/zabbix/"),
        ("/zabbix", "expires=Sat, 28 Nov 2026 00:00:00 GMT; path=/zabbix"),
    ] {
        let line = deleted(attributes);
        let judge = |cookies: &str| judge_at(&[&line, "a=1; Path=/"], cookies, path).unwrap();
        let decided = judge("a=1; tabs=2");
        assert_eq!(decided.decisions().next(), Some(&CookieDecision::LeaveOut), "{line}");
        let left = || Ok(vec!["a=1; Path=/".to_owned()]);
        assert_eq!(decided.without_ticket(), left(), "{line}");
        assert_eq!(decided.of_no_page(), left(), "{line}");
        assert_eq!(decided.without_page(), left(), "{line}");
        assert_eq!(decided.with_ticket(), Ok(Vec::new()), "{line}");
        // Who has it is not to lose it.
        assert!(judge("a=1; tab=2").without_ticket().is_err(), "{line}");
    }
    // Elsewhere they may have it; and an empty value is one.
    for (path, attributes) in [
        ("/other", "Max-Age=0; path=/zabbix"),
        ("/zabbixes", "Max-Age=0; path=/zabbix"),
        ("/zabbix", "Max-Age=0; path=/zabbix/"),
    ] {
        let stuck = CookieDecision::Stuck { was_sent: false };
        let line = deleted(attributes);
        assert_eq!(judge_at(&[&line], "", path).unwrap().decisions().next(), Some(&stuck), "{path} {line}");
    }
    assert_eq!(decisions(&["tab=; Path=/"], ""), ["defer"]);
    // What the same answer sets before is taken away again: `session_start()`, then `session_destroy()`.
    let gone = "PHPSESSID=deleted; Max-Age=0; path=/";
    assert_eq!(decisions(&["PHPSESSID=a; path=/", gone], ""), ["defer", "defer"]);
    assert_eq!(decisions(&[gone, "PHPSESSID=a; path=/", gone], ""), ["leave out", "defer", "defer"]);
}

#[test]
fn what_the_origin_has_renewed_is_told_apart() {
    for (set, cookies, renewed) in [
        (&["PHPSESSID=new; Path=/", "a=1; Path=/"][..], "PHPSESSID=0ld", &["PHPSESSID=new; Path=/"][..]),
        (&["remember_me=new; Path=/", "sid=1; Path=/"], "remember_me=0ld", &["remember_me=new; Path=/"]),
        (&["PHPSESSID=0ld; Path=/", "a=1; Path=/"], "PHPSESSID=0ld", &[]),
        (&["PHPSESSID=new; Path=/"], "", &[]),
        (&["a=1; Path=/"], "a=0", &[]),
    ] {
        assert_eq!(judge_at(set, cookies, "/a").unwrap().renewed(), renewed, "{set:?}");
    }
}

#[test]
fn a_message_that_the_visitor_has_not_seen_is_not_taken_away() {
    let decisions = judge_at(&["messages=; Path=/; Max-Age=0"], "messages=Added", "/a").unwrap();
    assert!(decisions.takes_message && decisions.defers());
    assert!(decisions.without_ticket().is_err() && decisions.without_page().is_err());
    assert_eq!(decisions.with_ticket(), Ok(Vec::new()));
    assert!(!judge_at(&["messages=Added; Path=/"], "messages=Seen", "/a").unwrap().takes_message);
}

/// Supabase, Auth.js, Auth0 and ASP.NET cut a session up, and a renewed one may be shorter or longer.
#[test]
fn a_session_in_parts_passes_or_is_deferred_as_a_whole() {
    let deleted = |name: &str| format!("{name}=; Path=/; Max-Age=0");
    let set = |name: &str| format!("{name}=9aF3; Path=/; HttpOnly");
    for (sent, lines) in [
        (
            "sb-ref-auth-token.0=a; sb-ref-auth-token.1=b",
            [deleted("sb-ref-auth-token.1"), set("sb-ref-auth-token.0")],
        ),
        ("sb-ref-auth-token.0=a", [set("sb-ref-auth-token.0"), set("sb-ref-auth-token.1")]),
        (
            "sb-ref-auth-token.0=a; sb-ref-auth-token.1=b",
            [deleted("sb-ref-auth-token.0"), set("sb-ref-auth-token")],
        ),
        ("__session__0=a; __session__1=b", [set("__session__0"), deleted("__session__1")]),
        (
            ".AspNetCore.CookiesC1=a; .AspNetCore.CookiesC2=b",
            [set(".AspNetCore.CookiesC1"), deleted(".AspNetCore.CookiesC2")],
        ),
        ("PHPSESSID=a", [deleted("PHPSESSID") + "; Domain=shop.example", set("PHPSESSID")]),
    ] {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let decisions = judge_at(&lines, sent, "/a").unwrap();
        assert_eq!(decisions.without_ticket().unwrap(), lines, "{sent}");
        assert_eq!(decisions.passing().collect::<Vec<_>>(), lines, "{sent}");
        assert!(decisions.passes_session);
    }
    // What is kept in the cookie is deferred, as a whole as well.
    let content = "app_session.0=eyJmaWx0ZXIiOiIifQ==; Path=/";
    let lines = [content, "app_session.1=Zm9v; Path=/", "app_session.2=; Path=/; Max-Age=0"];
    let decisions = judge_at(&lines, "app_session.0=a; app_session.2=b", "/a").unwrap();
    assert_eq!(decisions.with_ticket(), Ok(Vec::new()));
    // And what is only taken away is a sign-out: also behind a line that has it last longer, or beside a session of another account.
    let cookies = "sb-ref-auth-token.0=a; sb-ref-auth-token.1=b; session=1; session_0=2; session_1=3; acme.0=4; acme.1=5";
    for lines in [
        &["session=1; Path=/; Max-Age=3600", "session=deleted; Path=/; Max-Age=0"][..],
        &["session_0=2; Path=/", "session_1=; Path=/; Max-Age=0"],
        &["session_0=9; Path=/", "session_1=; Path=/; Max-Age=0"],
        &["sb-ref-auth-token.0=a; Path=/", "sb-ref-auth-token.1=; Path=/; Max-Age=0"],
        // What would be set is deferred, and what is deleted would go at once.
        &[
            "acme.0=; Path=/; HttpOnly; Max-Age=0",
            "acme.1=; Path=/; HttpOnly; Max-Age=0",
            "acme=new; Path=/; HttpOnly; Max-Age=604800",
        ],
    ] {
        assert!(judge_at(lines, cookies, "/a").is_err(), "{lines:?}");
    }
    for lines in [
        &["sb-ref-auth-token.1=; Path=/; Max-Age=0"][..],
        &["session=; Path=/; Max-Age=0", "session_id=new; Path=/"],
        &["session=; Path=/; Max-Age=0", "session123=new; Path=/"],
    ] {
        assert!(
            judge_at(lines, "sb-ref-auth-token.0=a; sb-ref-auth-token.1=b; session=1", "/a").is_err(),
            "{lines:?}"
        );
    }
}

/// ALB, `mod_auth_openidc` and oauth2-proxy write a number behind a joint that others use as well. A full part tells.
#[test]
fn a_session_with_a_full_part_passes_with_a_new_one_and_without_one_that_is_not_needed_any_more() {
    let [full, before] = ["x", "y"].map(|byte| byte.repeat(3000));
    for (first, second) in [
        ("_oauth2_proxy_0", "_oauth2_proxy_1"),
        ("mod_auth_openidc_session_0", "mod_auth_openidc_session_1"),
        ("AWSELBAuthSessionCookie-0", "AWSELBAuthSessionCookie-1"),
        ("AppServiceAuthSession", "AppServiceAuthSession1"),
    ] {
        let renewed = format!("{first}={full}; Path=/; HttpOnly");
        let (set, deleted) =
            (format!("{second}=b; Path=/; HttpOnly"), format!("{second}=; Path=/; Max-Age=0"));
        let longer = [renewed.as_str(), set.as_str()];
        assert_eq!(decisions(&longer, &format!("{first}=a")), ["pass", "pass"], "{first}");
        let shorter = [renewed.as_str(), deleted.as_str()];
        assert_eq!(
            decisions(&shorter, &format!("{first}={before}; {second}=b")),
            ["pass", "pass"],
            "{first}"
        );
        // A part that is the same as before renews nothing.
        for taken in [&[deleted.as_str()][..], &shorter] {
            assert!(judge_at(taken, &format!("{first}={full}; {second}=b"), "/a").is_err(), "{first}");
        }
    }
}

#[test]
fn a_session_that_is_kept_in_its_cookie_is_deferred_with_its_signature_and_passes_with_a_page_where_no_ticket_can()
 {
    let pair =
        ["app.sess=eyJ2aWV3cyI6Mn0=; Path=/; HttpOnly", "app.sess.sig=k3v9Jb2sQ1dYt7rNq0w; Path=/; HttpOnly"];
    let sent = "app.sess=eyJ2aWV3cyI6MX0=; app.sess.sig=old";
    assert_eq!(decisions(&pair, sent), ["defer eyJ2aWV3cyI6MX0=", "defer old"]);
    // The same signature over a key to what the origin keeps: both pass.
    let keyed = ["app.sess=8f3a2b1c; Path=/; HttpOnly", pair[1]];
    assert_eq!(decisions(&keyed, sent), ["pass", "pass"]);
    let decisions = judge_at(&pair, sent, "/a").unwrap();
    assert!(!decisions.rotates_session, "it is still the same session");
    assert_eq!(decisions.without_ticket().unwrap().len(), 2);
    // A redirect shows nothing that was made with it.
    let of_no_page = |lines: &[&str], sent| judge_at(lines, sent, "/a").unwrap().of_no_page();
    assert!(of_no_page(&pair, sent).is_err(), "it would undo what another answer notes");
    assert_eq!(of_no_page(&keyed, sent).unwrap().len(), 2);
    // Flask's, signed anew, and with a message in it; Rails', of which nobody can tell.
    let flask = |content: &str, at: &str| format!("session={content}.{at}.Xk3v9Jb2sQ1dYt7rNq0wLp5uEzA");
    let sent = flask("eyJ2aWV3cyI6Mn0", "ZUtQ1w");
    for (content, expected) in [("eyJ2aWV3cyI6Mn0", Ok(1)), ("eyJfZmxhc2hlcyI6W119", Err(()))] {
        let line = format!("{}; Path=/; HttpOnly", flask(content, "ZUtQ9w"));
        assert_eq!(of_no_page(&[line.as_str()], &sent).map(|lines| lines.len()).map_err(|_| ()), expected);
    }
    let rails = |content: &str| format!("_app_session={content}--Ab12Cd34Ef56Gh78--mN90pQ12rS34tU56vW78xY==");
    let line = format!("{}; Path=/; HttpOnly", rails("q1w2e3r5"));
    assert!(of_no_page(&[line.as_str()], &rails("q1w2e3r4")).is_err());
    assert_eq!(
        judge_at(&[line.as_str()], &rails("q1w2e3r4"), "/a").unwrap().without_ticket().unwrap().len(),
        1
    );
    assert!(
        judge_at(&[line.as_str()], &rails("q1w2e3r4"), "/a").unwrap().without_page().is_ok(),
        "Turbo asks"
    );
}

#[test]
fn what_a_site_says_must_be_renewed_passes() {
    let classes = CookieClasses::default().with_renewed(&lines(&["App_*"]));
    let line = "app_state=eyJ2aWV3cyI6Mn0=; Path=/; HttpOnly";
    let decide = |classes: &CookieClasses| {
        let decisions = decide(
            &lines(&[line]),
            "app_state=eyJ2aWV3cyI6MX0=",
            "/a",
            classes,
            UnknownCookies::Careful,
            NOW,
        );
        decisions.unwrap().decisions().next().cloned().unwrap()
    };
    assert_eq!(decide(&classes), CookieDecision::Pass);
    assert!(matches!(decide(&CookieClasses::default()), CookieDecision::Defer { .. }));
}

#[test]
fn a_first_session_is_named() {
    for (line, cookies, first) in [
        ("PHPSESSID=1; Path=/", "", Some("PHPSESSID")),
        ("PHPSESSID=2; Path=/", "PHPSESSID=1", None),
        ("PHPSESSID=; Path=/; Max-Age=0", "", None),
        ("x=1; Path=/; HttpOnly; Max-Age=60", "", None),
        ("theme2=dark; Path=/", "", None),
    ] {
        assert_eq!(judge_at(&[line], cookies, "/a").unwrap().first_session(), first, "{line}");
    }
}
