use super::*;
use std::collections::{BTreeMap, BTreeSet};

fn navigations(sessions: &[Vec<String>]) -> usize {
    sessions.iter().map(|session| session.len() - 1).sum()
}

/// FNV-1a over the lines.
fn digest(sessions: &[Vec<String>]) -> u64 {
    let text: String = sessions.iter().flat_map(|session| [session.join(" "), "\n".to_owned()]).collect();
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Of all views of pages of which `is_meant` holds, the share from which no link was followed.
fn exits(sessions: &[Vec<String>], is_meant: impl Fn(&str) -> bool) -> f64 {
    let views = sessions.iter().flatten().filter(|path| is_meant(path)).count();
    let last = sessions.iter().filter_map(|session| session.last()).filter(|path| is_meant(path)).count();
    let float = |count: usize| f64::from(u32::try_from(count).unwrap());
    float(last) / float(views)
}

/// Views by path.
fn views(sessions: &[Vec<String>]) -> BTreeMap<&str, usize> {
    let mut views = BTreeMap::new();
    for path in sessions.iter().flatten() {
        *views.entry(path.as_str()).or_default() += 1;
    }
    views
}

/// Of each path from which at least `least` links were followed, the one that most were.
fn favourites(sessions: &[Vec<String>], least: usize) -> BTreeMap<&str, &str> {
    let mut followed: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    for (from, to) in sessions.iter().flat_map(|session| session.iter().zip(session.iter().skip(1))) {
        *followed.entry(from).or_default().entry(to).or_default() += 1;
    }
    followed.retain(|_, targets| targets.values().sum::<usize>() >= least);
    let most = |targets: BTreeMap<_, usize>| targets.into_iter().max_by_key(|(_, count)| *count).unwrap().0;
    followed.into_iter().map(|(from, targets)| (from, most(targets))).collect()
}

#[test]
fn the_same_seed_gives_the_same_sessions() {
    let digests =
        SiteKind::ALL.map(|kind| format!("{:016x}", digest(&sessions(kind, 5_000, 1, Some(2_500)))));
    // What stands here changes with every change of a site; that nothing else changes it is what is tested.
    assert_eq!(digests, ["996eba348bee1752", "b62cfea08e90944d", "cd0002ebe92ba96f"]);
    for kind in SiteKind::ALL {
        assert_ne!(sessions(kind, 100, 1, None), sessions(kind, 100, 2, None), "{kind:?}");
    }
}

#[test]
fn it_ends_with_the_session_that_reaches_the_number() {
    for kind in SiteKind::ALL {
        let all = sessions(kind, 3_000, 7, None);
        let (last, before) = all.split_last().unwrap();
        assert!(navigations(&all) >= 3_000 && navigations(before) < 3_000, "{kind:?}");
        assert!(last.len() > 1);
        let fewer = sessions(kind, 1_000, 7, None);
        assert_eq!(all[..fewer.len()], fewer, "{kind:?}");
        assert!(sessions(kind, 0, 7, None).is_empty());
    }
}

#[test]
fn a_session_is_a_line_of_paths() {
    for kind in SiteKind::ALL {
        for session in sessions(kind, 20_000, 3, Some(10_000)) {
            assert!(!session.is_empty());
            assert!(session.iter().zip(&session[1..]).all(|(from, to)| from != to), "{session:?}");
            for path in &session {
                let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_".contains(&byte);
                assert!(path.starts_with('/') && path.bytes().all(is_plain), "{path}");
            }
        }
    }
}

#[test]
fn each_page_has_a_path_of_its_own() {
    fn check<S: walk::Site>(mut site: S) -> usize {
        site.pass(20 * DAY);
        site.relaunch();
        site.pass(40 * DAY);
        let paths: Vec<&str> = site.map().paths().collect();
        let unique: BTreeSet<&str> = paths.iter().copied().collect();
        assert_eq!(paths.len(), unique.len());
        paths.len()
    }
    for seed in 0..5 {
        assert!((1_250..1_500).contains(&check(shop::Shop::new(seed))));
        // Forty a day, and what else there is.
        assert!((43 * 40..43 * 40 + 200).contains(&check(news::News::new(seed))));
        assert!((1_000..1_500).contains(&check(docs::Docs::new(seed))));
    }
}

#[test]
fn overnight_changes_what_comes_after_and_nothing_before() {
    for kind in SiteKind::ALL {
        let (at, all) = (15_000, 30_000);
        let (old, new) = (sessions(kind, all, 5, None), sessions(kind, all, 5, Some(at)));
        let before = sessions(kind, at, 5, None).len();
        assert_eq!(old[..before], new[..before], "{kind:?}");
        let (mut old, new) = (favourites(&old[before..], 40), favourites(&new[before..], 40));
        // The way home is the same on any site.
        old.retain(|_, to| *to != "/");
        let both = old.iter().filter(|(from, _)| new.contains_key(*from)).count();
        let same = old.iter().filter(|(from, to)| new.get(*from) == Some(*to)).count();
        assert!(both >= 5 && same * 3 < both * 2, "{kind:?}: {same} of {both}");
    }
}

#[test]
fn popularity_is_that_of_a_head_and_a_long_tail() {
    for kind in SiteKind::ALL {
        let sessions = sessions(kind, 50_000, 11, None);
        let mut counts: Vec<usize> = views(&sessions).into_values().collect();
        counts.sort_unstable_by(|one, other| other.cmp(one));
        let all: usize = counts.iter().sum();
        let head: usize = counts.iter().take(counts.len() / 10).sum();
        let tail: usize = counts.iter().skip(counts.len() / 2).sum();
        assert!(head * 5 > all * 2 && head * 10 < all * 9, "{kind:?}: {head} of {all}");
        assert!(tail * 4 < all && tail * 50 > all, "{kind:?}: {tail} of {all}");
        let alone = sessions.iter().filter(|session| session.len() == 1).count();
        assert!((3..7).contains(&(alone * 10 / sessions.len())), "{kind:?}: {alone} of {}", sessions.len());
    }
}

#[test]
fn a_shop_is_left_from_products_and_hardly_from_the_checkout() {
    let sessions = sessions(SiteKind::Shop, 30_000, 2, None);
    let product = exits(&sessions, |path| path.starts_with("/p/"));
    let list = exits(&sessions, |path| path.starts_with("/c/"));
    let checkout = exits(&sessions, |path| path == "/checkout/address" || path == "/checkout/payment");
    let thanks = exits(&sessions, |path| path == "/checkout/thanks");
    assert!(
        product > list * 1.5 && list > checkout * 1.5 && thanks > 0.5,
        "{product} {list} {checkout} {thanks}"
    );
    let favourites = favourites(&sessions, 60);
    for (from, to) in [
        ("/cart", "/checkout/login"),
        ("/checkout/login", "/checkout/address"),
        ("/checkout/payment", "/checkout/thanks"),
    ] {
        assert_eq!(favourites.get(from), Some(&to));
    }
    let bought = views(&sessions)["/checkout/thanks"] * 1_000 / sessions.len();
    assert!((5..50).contains(&bought), "{bought} of 1,000");
}

#[test]
fn the_news_of_yesterday_are_old() {
    let sessions = sessions(SiteKind::News, 10 * DAY, 2, None);
    let article = exits(&sessions, |path| path.matches('/').count() == 2);
    let list = exits(&sessions, |path| path == "/" || path == "/sport");
    assert!(article > list * 1.5, "{article} {list}");
    // The number at the end of an article's path grows with time: 40 a day, and those of the archive before.
    let mut days = vec![[0_usize; 4]; 10];
    let mut done = 0;
    for session in &sessions {
        let day = done / DAY;
        for path in session {
            let number = path.rsplit('-').next().and_then(|number| number.parse::<usize>().ok());
            let Some(number) = number.filter(|number| *number >= 10_000 && !path.starts_with("/live")) else {
                continue;
            };
            // Parts of series take numbers as well: a few days in ten are off by one.
            let age = (day + 3).saturating_sub((number - 10_000) / 41).min(3);
            days[day.min(9)][age] += 1;
        }
        done += session.len() - 1;
    }
    for ages in &days[1..] {
        assert!(ages[0] + ages[1] > 2 * (ages[2] + ages[3]), "{ages:?}");
    }
}

#[test]
fn who_reads_the_docs_goes_on_to_the_next_chapter() {
    let sessions = sessions(SiteKind::Docs, 30_000, 2, None);
    let favourites = favourites(&sessions, 100);
    assert_eq!(favourites["/getting-started"], "/getting-started/install");
    let item = exits(&sessions, |path| path.starts_with("/api/") && path.matches('/').count() == 3);
    let start = exits(&sessions, |path| path.starts_with("/getting-started"));
    assert!(item > start * 1.5, "{item} {start}");
    let deep = sessions.iter().filter(|session| session[0].matches('/').count() >= 3).count();
    assert!(deep * 2 > sessions.len(), "{deep} of {}", sessions.len());
}
