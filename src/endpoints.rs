//! Builds and parses every path of Headstart's own: all of them stand below `/_headstart/`, and the origin never sees one.
//!
//! | path | method | what it is |
//! |---|---|---|
//! | `rules/site.json` | GET | the baseline rule set |
//! | `rules/moderate.json` | GET | the moderate baseline, where it regulates itself |
//! | `rules/moderate-mouse.json`, `rules/moderate-touch.json` | GET | the same for one pointer, the baseline for the other |
//! | `rules/signal.json` | GET | a rule set without rules, for pages that bring their own |
//! | `rules/next/HASH/KEY` | GET | the learned rule set for the pages of a key: a path, or a route's template |
//! | `beacon.js` | GET | the script that asks a browser what it loaded |
//! | `beacon` | POST | takes in what a browser reports |
//! | `held/ARMS/beacon.js`, `held/ARMS/beacon` | GET, POST | the same two for a view that is compared with others |
//! | `activate.js` | GET | the script of prerendered pages |
//! | `activate` | POST, GET | redeems the ticket of a page that was rendered before its activation |
//! | `health` | GET | whether everything is there that Headstart needs, as JSON |
//! | `erase` | POST | erases what was learned, by a sealed order in `Authorization`, in portions (`from`) |
//! | `switch` | POST | shows or sets switches, by a sealed order in `Authorization` |
//! | `unscripted` | GET | where a prerendered page goes in a browser that runs no scripts |
//! | | GET | the report ([`ReportFile`]), for whoever has `ADMIN_TOKEN` |
//! | `why` | GET | why a page is given what it is given, for the same |
//! | `metrics` | GET | the report's figures for Prometheus, for the same |
//! | `sign-in`, `sign-out` | POST | opens the report to a browser, and closes it |
//! | `switches`, `forget` | POST | sets a switch, and has something forgotten, by the forms of the report |
//!
//! The rules files take parameters ([`RulesQuery`]): `s` is the page that the speculation was made on, sealed, and `t` the page's
//! ticket. `activate` takes the ticket as a `POST`'s body, with the parameter `fetched` where the page was not
//! rendered ([`ACTIVATE_FETCHED`]), or as `t` of a `GET`.

use url::{Position, Url};

/// Everything below this path is ours; the origin never sees it.
pub const OWN_PREFIX: &str = "/_headstart/";

/// Where the script is served that asks browsers what they loaded, and where it sends what it has to tell.
pub const BEACON_SCRIPT: &str = "/_headstart/beacon.js";
/// See [`BEACON_SCRIPT`].
pub const BEACON: &str = "/_headstart/beacon";

/// Below this the same two are served for views that are compared with others: behind it stand the view's arms.
const HELD: &str = "/_headstart/held/";

/// Where the script is served for a view of these arms, if it has any, and where that sends what it has to tell.
#[must_use]
pub fn beacon_of(arms: Option<&str>) -> [String; 2] {
    [BEACON_SCRIPT, BEACON].map(|path| match (arms, path.strip_prefix(OWN_PREFIX)) {
        (Some(arms), Some(name)) => format!("{HELD}{arms}/{name}"),
        _ => path.to_owned(),
    })
}

/// The arms in such a path, and the path without them.
#[must_use]
pub fn arms_at(path: &str) -> Option<(&str, &'static str)> {
    let (arms, name) = path.strip_prefix(HELD)?.split_once('/')?;
    let known =
        [BEACON_SCRIPT, BEACON].into_iter().find(|known| known.strip_prefix(OWN_PREFIX) == Some(name));
    known.map(|known| (arms, known))
}

/// Where the script of prerendered pages is served.
pub const ACTIVATE_SCRIPT: &str = "/_headstart/activate.js";

/// Where that script redeems tickets, and where a rule brings those of pages that were prefetched and then rendered.
pub const ACTIVATE: &str = "/_headstart/activate";

/// Where that script redeems the ticket of a page that was not rendered before its activation: the browser has given up what
/// it rendered, and shows the page as it was fetched, so that the page sends itself what it sends.
pub const ACTIVATE_FETCHED: &str = "/_headstart/activate?fetched";

/// Where a page with our script goes that is rendered before its activation, in a browser that runs no scripts. It is refused
/// there, and so the browser gives up what it has rendered.
pub const UNSCRIPTED: &str = "/_headstart/unscripted";

/// Where whoever watches Headstart asks how it is. `failing_open.js` knows it as well.
pub const HEALTH: &str = "/_headstart/health";

/// Where an order is carried out to erase what was learned.
pub const ERASE: &str = "/_headstart/erase";

/// The parameter of its URL, and of the report's to forget, that says from where on.
pub const ERASE_FROM: &str = "from";

/// Where an order is carried out to show or to set switches.
pub const SWITCH: &str = "/_headstart/switch";

/// The cookies by which a browser may see the report: the first over HTTPS, the second on the machine itself, where there is
/// none. The origin is given neither.
pub const REPORT_COOKIES: [&str; 2] = ["__Host-headstart-report", "headstart-report"];

/// A file of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportFile {
    /// The report itself, as a page or as JSON.
    Report,
    /// Why a page is given what it is given.
    Why,
    /// The figures for Prometheus.
    Metrics,
    /// What a browser sends the token to.
    SignIn,
    /// What a browser sends to forget that it may see the report.
    SignOut,
    /// What the report's form for switches sends.
    Switches,
    /// What its form for forgetting sends.
    Forget,
}

impl ReportFile {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Report, Self::Why, Self::Metrics, Self::SignIn, Self::SignOut, Self::Switches, Self::Forget];

    /// The file that is served at `path`.
    #[must_use]
    pub fn at(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|file| file.path() == path)
    }

    /// Where it is served.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::Report => OWN_PREFIX,
            Self::Why => "/_headstart/why",
            Self::Metrics => "/_headstart/metrics",
            Self::SignIn => "/_headstart/sign-in",
            Self::SignOut => "/_headstart/sign-out",
            Self::Switches => "/_headstart/switches",
            Self::Forget => "/_headstart/forget",
        }
    }

    /// Whether something is sent there, by `POST`; everything else is read.
    #[must_use]
    pub fn is_sent_to(self) -> bool {
        matches!(self, Self::SignIn | Self::SignOut | Self::Switches | Self::Forget)
    }
}

/// Below this the learned rule sets are served: followed by a hash, and the path or the template that they are for.
const LEARNED_RULES: &str = "/_headstart/rules/next/";

/// The parameter that is a page's ticket, or the name of one that is kept.
const TICKET: &str = "t";

/// The parameter that names the page on which a speculation was made, sealed.
const SOURCE: &str = "s";

/// The parameter that asks for the learned rules of the page as well.
const LEARNED: &str = "n";

/// The parameter of [`UNSCRIPTED`] that says which page that was: its path and query.
const PAGE: &str = "page";

/// A rules file that all pages of a site share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RulesFile {
    /// The baseline: one rule for every page of the site.
    Baseline,
    /// The same rule, moderate: the baseline of pages on which it regulates itself to that.
    Moderate,
    /// The moderate one for a mouse, the baseline for a finger.
    ModerateByMouse,
    /// The moderate one for a finger, the baseline for a mouse.
    ModerateByTouch,
    /// A tag and no rule, for pages that bring their own.
    Signal,
}

impl RulesFile {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Baseline, Self::Moderate, Self::ModerateByMouse, Self::ModerateByTouch, Self::Signal];

    /// The file that is served at `path`.
    #[must_use]
    pub fn at(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|file| file.path() == path)
    }

    /// Where it is served.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::Baseline => "/_headstart/rules/site.json",
            Self::Moderate => "/_headstart/rules/moderate.json",
            Self::ModerateByMouse => "/_headstart/rules/moderate-mouse.json",
            Self::ModerateByTouch => "/_headstart/rules/moderate-touch.json",
            Self::Signal => "/_headstart/rules/signal.json",
        }
    }

    /// The URL by which a page names the file.
    #[must_use]
    pub fn url(self, query: &RulesQuery<'_>) -> String {
        let source = query.source.map(|source| format!("{SOURCE}={source}"));
        let ticket = query.ticket.map(|ticket| format!("{TICKET}={ticket}"));
        let learned = query.asks_for_learned.then(|| LEARNED.to_owned());
        let query: Vec<String> = source.into_iter().chain(ticket).chain(learned).collect();
        if query.is_empty() {
            return self.path().to_owned();
        }
        format!("{}?{}", self.path(), query.join("&"))
    }
}

/// What a page says of itself where it names a rules file, so that the file's fetch tells its activation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RulesQuery<'a> {
    /// On which page and by what it was speculated on: a source token. It consists of characters that need no encoding.
    pub source: Option<&'a str>,
    /// The page's ticket, or its name. It consists of characters that need no encoding.
    pub ticket: Option<&'a str>,
    /// Whether what was learned of the page's next pages is to come with the answer. Named beside a ticket, it would be there before the
    /// ticket is redeemed, and the next page asked for without what this one sets.
    pub asks_for_learned: bool,
}

/// Whether the URL of a rules file asks for the learned rules of the page as well.
#[must_use]
pub fn asks_for_learned(url: &Url) -> bool {
    url.query_pairs().any(|(name, _)| name == LEARNED)
}

/// The source token in a rules file's URL.
#[must_use]
pub fn source_of(url: &Url) -> Option<String> {
    url.query_pairs().find(|(name, _)| name == SOURCE).map(|(_, source)| source.into_owned())
}

/// Whether a `Speculation-Rules` line names one of our rules files with a source token.
#[must_use]
pub fn names_source(line: &str) -> bool {
    RulesFile::ALL.iter().any(|file| line.contains(&format!("\"{}?{SOURCE}=", file.path())))
}

/// The ticket, or its name, in the query of one of our URLs.
#[must_use]
pub fn ticket_of(url: &Url) -> Option<String> {
    url.query_pairs().find(|(name, _)| name == TICKET).map(|(_, ticket)| ticket.into_owned())
}

/// The URL that redeems a ticket by a rule.
#[must_use]
pub fn activate_url(ticket: &str) -> String {
    format!("{ACTIVATE}?{TICKET}={ticket}")
}

/// Whether a redemption is of a page that was not rendered before its activation.
#[must_use]
pub fn is_of_fetched(url: &Url) -> bool {
    url[Position::BeforePath..Position::AfterQuery] == *ACTIVATE_FETCHED
}

/// The URL of the learned rule set with this hash for the pages of `key`: their path, or their route's template.
#[must_use]
pub fn learned_rules_url(hash: &str, key: &str) -> String {
    format!("{LEARNED_RULES}{hash}{key}")
}

/// The hash and the key in the path of a learned rule set.
#[must_use]
pub fn learned_rules_at(path: &str) -> Option<(&str, &str)> {
    let rest = path.strip_prefix(LEARNED_RULES)?;
    rest.split_at_checked(rest.find('/')?)
}

/// The URL where `page` goes in a browser that runs no scripts. The page may hide its URL, so that it is named here.
///
/// # Errors
/// The URL standard's, for a page whose URL is no base.
pub fn unscripted_url(page: &Url) -> Result<Url, url::ParseError> {
    let mut url = page.join(UNSCRIPTED)?;
    url.query_pairs_mut().append_pair(PAGE, &page[Position::BeforePath..Position::AfterQuery]);
    Ok(url)
}

/// The page of this site that such a URL names.
#[must_use]
pub fn unscripted_page(url: &Url) -> Option<Url> {
    let (_, page) = url.query_pairs().find(|(name, _)| name == PAGE)?;
    let page = url.join(&page).ok()?;
    (page.origin() == url.origin() && !is_own(page.path())).then_some(page)
}

/// Whether a path is ours.
#[must_use]
pub fn is_own(path: &str) -> bool {
    path.starts_with(OWN_PREFIX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use regex::Regex;

    fn url(path: &str) -> Url {
        Url::parse("https://shop.example").unwrap().join(path).unwrap()
    }

    #[test]
    fn the_script_of_a_compared_view_sends_to_the_path_beside_it() {
        assert_eq!(beacon_of(None), [BEACON_SCRIPT, BEACON]);
        let [script, beacon] = beacon_of(Some("gh"));
        assert_eq!(
            [script.as_str(), beacon.as_str()],
            ["/_headstart/held/gh/beacon.js", "/_headstart/held/gh/beacon"]
        );
        assert_eq!(url(&script).join("beacon").unwrap().path(), beacon);
        assert_eq!(arms_at(&script), Some(("gh", BEACON_SCRIPT)));
        assert_eq!(arms_at(&beacon), Some(("gh", BEACON)));
        for other in
            [BEACON, "/_headstart/held/gh", "/_headstart/held/gh/erase", "/_headstart/held/g/h/beacon"]
        {
            assert_eq!(arms_at(other), None, "{other}");
        }
    }

    #[test]
    fn each_rules_file_has_its_path() {
        assert_eq!(RulesFile::at("/_headstart/rules/site.json"), Some(RulesFile::Baseline));
        assert_eq!(RulesFile::at("/_headstart/rules/signal.json"), Some(RulesFile::Signal));
        assert_eq!(RulesFile::at("/_headstart/rules/"), None);
        for file in RulesFile::ALL {
            assert_eq!(RulesFile::at(file.path()), Some(file));
        }
        let query = RulesQuery { source: Some("a_b"), ticket: Some("x"), asks_for_learned: false };
        assert_eq!(RulesFile::Signal.url(&query), "/_headstart/rules/signal.json?s=a_b&t=x");
        assert_eq!(RulesFile::Baseline.url(&RulesQuery::default()), "/_headstart/rules/site.json");
    }

    #[test]
    fn each_file_of_the_report_has_its_path() {
        for file in ReportFile::ALL {
            assert_eq!(ReportFile::at(file.path()), Some(file));
            assert!(is_own(file.path()));
        }
        for other in ["/_headstart", "/_headstart/Why", "/_headstart/why/", "/"] {
            assert_eq!(ReportFile::at(other), None, "{other}");
        }
    }

    #[test]
    fn a_path_of_a_learned_rule_set_is_read_back_and_nothing_else_is_one() {
        assert_eq!(learned_rules_at(&learned_rules_url("1f", "/p/*")), Some(("1f", "/p/*")));
        for other in
            ["/_headstart/rules/next/", "/_headstart/rules/next/x", "/_headstart/rules/site.json", "/"]
        {
            assert_eq!(learned_rules_at(other), None, "{other}");
        }
    }

    #[test]
    fn the_page_of_a_browser_without_scripts_is_one_of_the_site_and_not_ours() {
        let page = url("/a?b=1&c=%2F");
        assert_eq!(unscripted_page(&unscripted_url(&page).unwrap()), Some(page));
        for named in
            ["https://evil.example/", "//evil.example/", "/_headstart/unscripted", "javascript:alert(1)"]
        {
            let mut url = url(UNSCRIPTED);
            url.query_pairs_mut().append_pair("page", named);
            assert_eq!(unscripted_page(&url), None, "{named}");
        }
        assert_eq!(unscripted_page(&url(UNSCRIPTED)), None);
    }

    #[test]
    fn what_answers_without_wasm_answers_at_the_same_path() {
        let script = include_str!("edge/failing_open.js");
        assert!(script.contains(&format!("const HEALTH = \"{HEALTH}\";")));
    }

    #[test]
    fn the_scripts_send_to_the_paths_that_are_answered() {
        let [beacon, activate] = [include_str!("../assets/beacon.js"), include_str!("../assets/activate.js")];
        // To its own URL without its ending.
        assert_eq!(beacon.matches("sendBeacon(cut(me.src, -3), ").count(), 1);
        for arms in [None, Some("hg")] {
            let [script, beacon] = beacon_of(arms);
            assert_eq!(script.get(..script.len() - 3), Some(beacon.as_str()));
        }
        let own = ACTIVATE_SCRIPT.strip_suffix(".js").unwrap();
        let joined =
            Regex::new(r#"me\.src\.slice\(0, -3\) \+ \(activationStart \? "([^"]*)" : "([^"]*)"\)"#).unwrap();
        let endings = joined.captures(activate).unwrap();
        let sent = [1, 2].map(|at| url(&format!("{own}{}", &endings[at])));
        assert_eq!(sent, [ACTIVATE, ACTIVATE_FETCHED].map(url));
        assert!(sent.iter().all(|url| is_of_fetched(url) == url.as_str().ends_with("?fetched")));
        for script in [beacon, activate] {
            assert!(!script.contains(OWN_PREFIX), "it says where it is served");
        }
        // By which the element is known that it takes out.
        let known = "unscripted?page=";
        assert!(activate.contains(&format!("\"{known}\"")));
        assert!(unscripted_url(&url("/a")).unwrap().as_str().contains(known));
    }

    proptest! {
        #[test]
        fn whatever_a_page_says_of_itself_is_read_back(
            source in "[A-Za-z0-9_-]{0,40}",
            ticket in "[A-Za-z0-9_~-]{0,40}",
        ) {
            let query = RulesQuery { source: Some(&source), ticket: Some(&ticket), asks_for_learned: true };
            let named = url(&RulesFile::Baseline.url(&query));
            prop_assert_eq!(named.path(), RulesFile::Baseline.path());
            prop_assert_eq!(source_of(&named), Some(source));
            prop_assert_eq!(ticket_of(&named), Some(ticket.clone()));
            prop_assert_eq!(ticket_of(&url(&activate_url(&ticket))), Some(ticket.clone()));
        }
    }
}
