//! What becomes of the cookies that a speculative response sets.
//!
//! `Set-Cookie` takes effect when the response arrives, long before anybody looks. So a speculation must give a visitor
//! no cookie that he did not have; but a cookie that he did have and that the origin renews must reach him, since the
//! origin has already forgotten the old one.
//!
//! | class | the visitor sent it | he did not |
//! |---|---|---|
//! | counter | refuse: passing it counts a view that may never happen, withholding it loses one that may | refuse |
//! | inert | pass | withhold: nothing depends on it, the next real view sets it |
//! | any other, renewed | pass | refuse: the page may depend on it (a session, a form token) |
//! | any other, deleted | refuse: a guess signs nobody out | refuse |

use super::Refusal;

/// Names of cookies on which no page depends: identifiers of analytics and advertising scripts. `*` at the end stands
/// for any ending.
const INERT: &[&str] = &[
    "_ga",
    "_ga_*",
    "_gid",
    "_gat",
    "_gat_*",
    "_gcl_*",
    "_dc_gtm_*",
    "__utm*",
    "_fbp",
    "_fbc",
    "_hj*",
    "_pk_*",
    "mtm_*",
    "_clck",
    "_clsk",
    "_uetsid",
    "_uetvid",
    "_tt_*",
    "_ttp",
    "_scid",
    "_scid_r",
    "_pin_unauth",
    "_pinterest_*",
    "_rdt_uuid",
    "_twclid",
    "li_fat_id",
    "ajs_*",
    "amplitude_*",
    "AMP_*",
    "mp_*",
    "optimizely*",
    "_vwo*",
    "_vis_opt_*",
    "__hstc",
    "__hssc",
    "__hssrc",
    "hubspotutk",
    "s_cc",
    "s_vi",
    "s_sq",
    "s_fid",
    "AMCV_*",
    "AMCVS_*",
    "_mkto_trk",
    "__qca",
    "_ym_*",
    "visitor_id*",
    "intercom-id-*",
    "intercom-device-id-*",
    "_dd_s",
    "_sp_id*",
    "_sp_ses*",
    "_cfuvid",
    "__cf_bm",
    "plausible_*",
    "_parsely_*",
    "_chartbeat*",
    "_cb",
    "_cb_*",
    "nr_*",
    "_ce.*",
    "crisp-client*",
    "_lfa",
    "_ketch*",
];

/// Names of cookies whose value moves with each view: counters, and lists of what was looked at.
const COUNTERS: &[&str] = &[
    "visits",
    "visit_count",
    "visit-count",
    "visitcount",
    "visitCount",
    "views",
    "view_count",
    "viewcount",
    "pageviews",
    "page_views",
    "pageViews",
    "pages_viewed",
    "hits",
    "hit_count",
    "hitcount",
    "counter",
    "page_count",
    "pagecount",
    "visit_counter",
    "articles_read",
    "article_count",
    "metered*",
    "recently_viewed*",
    "recentlyViewed*",
    "woocommerce_recently_viewed",
    "viewed_products*",
    "last_viewed*",
];

/// What a cookie is, as far as its name tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// No page depends on it.
    Inert,
    /// It moves with each view.
    Counter,
    /// Anything else: sessions, form tokens, carts, unknown names.
    Other,
}

/// What becomes of the `Set-Cookie` lines of a speculative response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All of them reach the visitor.
    Pass,
    /// Only these lines do, in this order; the others are withheld.
    Withhold(Vec<String>),
    /// The speculation is refused.
    Refuse(Refusal),
}

/// The names by which cookies are classed.
#[derive(Clone, Debug, Default)]
pub struct SetCookieRules {
    inert: Vec<String>,
}

impl SetCookieRules {
    /// The built-in names and those that a site adds as inert (`INERT_COOKIES`). A site's word wins.
    #[must_use]
    pub fn new(inert: Vec<String>) -> Self {
        Self { inert }
    }

    /// The names of inert cookies, in which `*` at the end stands for any ending.
    pub fn inert(&self) -> impl Iterator<Item = &str> {
        INERT.iter().copied().chain(self.inert.iter().map(String::as_str))
    }

    /// The class of the cookie `name`.
    #[must_use]
    pub fn class(&self, name: &str) -> Class {
        let matches = |pattern: &str| match pattern.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == pattern,
        };
        if self.inert.iter().any(|pattern| matches(pattern)) || INERT.iter().any(|pattern| matches(pattern)) {
            Class::Inert
        } else if COUNTERS.iter().any(|pattern| matches(pattern)) {
            Class::Counter
        } else {
            Class::Other
        }
    }

    /// Judges the `Set-Cookie` lines of a speculative response, given the request's `Cookie` field.
    #[must_use]
    pub fn judge(&self, set_cookies: &[String], cookies: &str) -> Verdict {
        let mut kept = Vec::new();
        for line in set_cookies {
            let name = name_of(line.split(';').next().unwrap_or_default());
            let was_sent = || cookies.split(';').any(|pair| name_of(pair) == name);
            match self.class(name) {
                Class::Inert if was_sent() => kept.push(line.clone()),
                Class::Other if was_sent() && !deletes(line) => kept.push(line.clone()),
                Class::Inert => {}
                Class::Counter | Class::Other => return Verdict::Refuse(Refusal::set_cookie(name)),
            }
        }
        if kept.len() == set_cookies.len() { Verdict::Pass } else { Verdict::Withhold(kept) }
    }
}

/// The name in `name=value` (RFC 6265, section 5.2); empty where there is no `=`, as browsers take it.
fn name_of(pair: &str) -> &str {
    pair.split_once('=').map_or("", |(name, _)| name.trim_matches([' ', '\t']))
}

/// Whether a `Set-Cookie` line takes the cookie away: it has expired, or its value is emptied. There is no clock here;
/// what frameworks send for a deletion lies in another century.
pub(super) fn deletes(line: &str) -> bool {
    let mut parts = line.split(';');
    let pair = parts.next().unwrap_or_default();
    let value = pair.split_once('=').map_or(pair, |(_, value)| value).trim();
    let mut max_age = None;
    let mut is_long_past = false;
    for (name, value) in parts.filter_map(|part| part.split_once('=')) {
        if name.trim().eq_ignore_ascii_case("max-age") {
            max_age = value.trim().parse::<i64>().ok().or(max_age);
        } else if name.trim().eq_ignore_ascii_case("expires") {
            let year = value
                .split(|c: char| !c.is_ascii_digit())
                .find_map(|number| number.parse::<u16>().ok().filter(|_| number.len() == 4));
            is_long_past = year.is_some_and(|year| year <= 2000);
        }
    }
    // Max-Age wins over Expires (RFC 6265, section 5.3).
    max_age.map_or(is_long_past, |seconds| seconds <= 0) || matches!(value, "" | "\"\"" | "deleted")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(set_cookies: &[&str], cookies: &str) -> Verdict {
        let lines: Vec<String> = set_cookies.iter().map(|line| (*line).to_owned()).collect();
        SetCookieRules::new(vec!["theme".to_owned(), "pref_*".to_owned()]).judge(&lines, cookies)
    }

    fn refused(name: &str) -> Verdict {
        Verdict::Refuse(Refusal { reason: format!("set-cookie;name=\"{name}\"") })
    }

    #[test]
    fn the_table_holds() {
        assert_eq!(judge(&[], "a=1"), Verdict::Pass);
        assert_eq!(judge(&["session=2; HttpOnly"], "a=1; session=1"), Verdict::Pass);
        assert_eq!(judge(&["session=2; HttpOnly"], "a=1"), refused("session"));
        assert_eq!(judge(&["_ga=GA1.2.3; Path=/"], ""), Verdict::Withhold(vec![]));
        assert_eq!(judge(&["_ga=GA1.2.3; Path=/"], "_ga=1"), Verdict::Pass);
        assert_eq!(judge(&["visits=4"], "visits=3"), refused("visits"));
        assert_eq!(judge(&["visits=1"], ""), refused("visits"));
    }

    #[test]
    fn each_line_is_judged_for_itself_and_the_order_stays() {
        let lines = ["b=2; Path=/", "_gid=9", "a=1", "_hjFirstSeen=1", "b=3; Path=/x"];
        let kept = ["b=2; Path=/", "a=1", "b=3; Path=/x"].map(str::to_owned).to_vec();
        assert_eq!(judge(&lines, "a=0;b=0"), Verdict::Withhold(kept));
        assert_eq!(judge(&lines, "a=0"), refused("b"));
    }

    #[test]
    fn a_site_names_its_own_inert_cookies() {
        assert_eq!(judge(&["theme=dark", "pref_size=2"], ""), Verdict::Withhold(vec![]));
        assert_eq!(judge(&["theme2=dark"], ""), refused("theme2"));
    }

    #[test]
    fn names_are_read_as_browsers_read_them() {
        assert_eq!(judge(&[" session =2"], "session=1"), Verdict::Pass);
        assert_eq!(judge(&["Session=2"], "session=1"), refused("Session"));
        assert_eq!(judge(&["nameless"], "session=1"), refused(""));
        assert_eq!(judge(&["nameless"], "other; x=1"), Verdict::Pass);
        assert_eq!(judge(&["s=1"], "as=1; x=s=1"), refused("s"));
        assert_eq!(judge(&["\u{e9}=1"], ""), Verdict::Refuse(Refusal { reason: "set-cookie".to_owned() }));
        assert_eq!(judge(&["a\"b=1"], ""), Verdict::Refuse(Refusal { reason: "set-cookie".to_owned() }));
    }

    #[test]
    fn a_deletion_of_a_cookie_that_was_not_sent_is_refused_too() {
        // It may have been stored under a path that this request does not have.
        assert_eq!(judge(&["session=; Max-Age=0; Path=/account"], ""), refused("session"));
    }

    #[test]
    fn a_guess_signs_nobody_out() {
        for line in [
            "session=; Max-Age=0; Path=/",
            "session=x; max-age=-1",
            "session=x; Max-Age=0; Expires=Wed, 21 Oct 2035 07:28:00 GMT",
            "session=deleted; expires=Thu, 01-Jan-1970 00:00:01 GMT; path=/",
            "session=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
            "session=\"\"; Version=1",
            "session=",
        ] {
            assert_eq!(judge(&[line], "session=1"), refused("session"), "{line}");
        }
        for line in [
            "session=x; Max-Age=3600; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
            "session=x; Expires=Wed, 21 Oct 2035 07:28:00 GMT",
            "session=x; Max-Age=",
            "_ga=; Max-Age=0",
        ] {
            assert_eq!(judge(&[line], "session=1; _ga=1"), Verdict::Pass, "{line}");
        }
    }

    #[test]
    fn many_large_cookies_are_judged_like_few() {
        let lines: Vec<String> = (0..60).map(|n| format!("c{n}={}", "x".repeat(8000))).collect();
        let cookies = (0..60).map(|n| format!("c{n}=1")).collect::<Vec<_>>().join("; ");
        let rules = SetCookieRules::default();
        assert_eq!(rules.judge(&lines, &cookies), Verdict::Pass);
        assert_eq!(rules.judge(&lines, cookies.trim_start_matches("c0=1; ")), refused("c0"));
    }
}
