//! URLs whose `GET` does something: signs out, adds to a cart, sends a one-time password, switches the language.
//!
//! The built-in patterns are a table, [`BUILT_IN`]; a wrong pattern is a row to edit. A false alarm costs a little
//! speed, a miss costs a visitor's session, so in doubt a pattern is wide. A site adds its own with `UNSAFE_URLS` and
//! exempts with `SAFE_URLS`.
//!
//! Patterns are matched against the percent-decoded, lower-case path, and against each query parameter, decoded and
//! lower-case, as `name=value`.

use crate::urls::pattern;
use percent_encoding::percent_decode_str;
use regex::Regex;
use url::Url;

/// A built-in pattern: its name in the refusal, a regular expression for paths and one for query parameters.
struct BuiltIn {
    name: &'static str,
    path: &'static str,
    parameter: &'static str,
}

/// In these expressions `<` stands for the start of a word and `>` for its end (words are cut at `/ . _ - ;`), `[[`
/// and `]]` for the start and the end of a path segment or file name, `~` for an optional `-` or `_`.
const BUILT_IN: &[BuiltIn] = &[
    BuiltIn {
        name: "sign-out",
        path: "<(?:do|user|customer|account|member|admin)?(?:log|sign)~(?:out|off)>|<end~session>",
        parameter: "(?:^|=|<)(?:do|user|customer)?(?:log|sign)~(?:out|off)(?:=|$|>)",
    },
    BuiltIn {
        name: "one-time-password",
        path: "<(?:otp|totp|2fa|mfa|passwordless|magic~links?)>|<one~time~(?:password|passcode|code|pin|link)>|\
               <(?:re)?(?:send|request)~(?:otp|code|sms|pin|verification|token|link|email|password)>|\
               <(?:verify|confirm|activate)~(?:email|phone|account|sms|user)>|\
               <(?:forgot|forgotten|reset|recover|lost)~(?:password|pwd)>|\
               <password[-_/]?(?:reset|forgot|forgotten|recovery|lost)>",
        parameter: "^(?:otp|totp|one~time~(?:password|code))=|=(?:<?(?:send|resend|request)~(?:otp|code|sms))",
    },
    BuiltIn {
        name: "sign-in",
        path: "[[(?:oauth2?|saml2?|sso|oidc)/(?:authori[sz]e|login|sign~in|start|begin|init|initiate|callback|acs)]]|\
               [[(?:auth|log~in|sign~in|connect|social|oauth2?|sso)/(?:google|facebook|github|gitlab|apple|microsoft|azure|twitter|x|linkedin|okta|amazon|discord|saml|sso|oidc|callback)]]",
        parameter: "=(?:log|sign)~in$",
    },
    BuiltIn {
        name: "language",
        path: "<(?:set|switch|change|select|choose|update)~(?:lang|language|locale|currency|country|region|store|market|theme)>|\
               [[(?:lang|language|locale|i18n|currency|theme)/(?:set|switch|change|select|update|setlang)]]",
        parameter: "^(?:set|switch|change)?~(?:lang|language|locale|hl|currency|cur|country|region|theme)=|^___(?:from_)?store=",
    },
    BuiltIn {
        name: "cart",
        path: "<(?:add|remove|update|delete|clear|empty|move|save)~(?:(?:to|from)~)?(?:my~)?(?:cart|basket|bag|trolley|wish~list|compare|favou?rites|saved)>|\
               [[(?:cart|basket|bag|trolley|wish~lists?|compare|favou?rites)/(?:.*/)?(?:add|remove|update|delete|clear|empty|change|set|move|move~to|apply)]]|\
               [[(?:add|remove)/(?:cart|basket|bag|wish~list)]]",
        parameter: "^(?:add|remove|update|delete|clear|empty|undo)~(?:to|from)?~(?:cart|basket|bag|wish~list|compare|item)(?:=|$)|\
                    =(?:add|remove|update|delete|clear|empty)~(?:to|from)?~(?:cart|basket|bag|wish~list|compare)$",
    },
    BuiltIn {
        name: "default",
        path: "<(?:set|make|mark)~(?:as~)?(?:default|primary|preferred)>|[[default~for~(?:billing|shipping|delivery|payment|invoice)]]",
        parameter: "^(?:set|make)~(?:as~)?(?:default|primary)(?:=|$)|=(?:set|make)~(?:as~)?(?:default|primary)$",
    },
    BuiltIn {
        name: "purchase",
        path: "<(?:buy|order|pay)~now>|<(?:place|submit|confirm|cancel)~(?:order|payment|booking)>|\
               [[(?:orders?|payments?|bookings?|subscriptions?)/(?:.*/)?(?:place|submit|confirm|cancel|repeat|reorder)]]|<reorder>",
        parameter: "=(?:buy|order|pay)~now$",
    },
    BuiltIn {
        name: "allowance",
        path: "[[(?:redeem|claim|consume|unlock|spend)]]|<(?:apply|use|redeem)~(?:coupon|voucher|credits?|code|promo|gift)>",
        parameter: "^(?:apply~)?(?:coupon|voucher|promo)~(?:code)?=",
    },
    BuiltIn {
        name: "conversion",
        path: "[[(?:aclk|adclick|clickthrough|click~(?:track|through|out)|conversions?)]]|\
               [[track(?:ing)?/(?:click|conversion|open|event|pixel|view)]]|<track~(?:click|conversion|open|event)>",
        parameter: "^(?:conversion|click)~id=",
    },
    BuiltIn {
        name: "delete",
        path: "[[(?:delete|destroy|remove|trash|purge|erase|deactivate|cancel)]]|\
               <(?:delete|destroy|remove|close|deactivate|cancel)~(?:account|item|comment|post|user|file|address|card|subscription|message|image|photo)>",
        parameter: "^(?:action|do|cmd|command|op|task|act|mode|event|method|_method)=(?:[^=]*<)?\
                    (?:delete|destroy|remove|trash|purge|erase|add|buy|vote|like|save|set|update|cancel|confirm|send|clear|empty|\
                    activate|deactivate|enable|disable|switch|subscribe|unsubscribe|approve|reject|publish|restore|untrash)>|\
                    ^(?:delete|destroy|trash|untrash)(?:=|$)",
    },
    BuiltIn {
        name: "unsubscribe",
        path: "<un~subscribe>|<opt~(?:out|in)>|[[(?:email|mail|newsletter)/(?:.*/)?(?:subscribe|stop)]]",
        parameter: "^(?:un~subscribe|opt~out)(?:=|$)",
    },
    BuiltIn {
        name: "vote",
        path: "[[(?:up|down)?vote]]|[[(?:un|dis)?like]]|[[(?:un)?follow]]|[[mark~(?:as~)?(?:all~)?read]]|<(?:up|down)~vote>",
        parameter: "^(?:vote|like|unlike|follow|unfollow|mark~(?:as~)?read)(?:=|$)",
    },
    BuiltIn {
        name: "download",
        path: "[[(?:download|export)]]|<force~download>",
        parameter: "^(?:download|dl|export|attachment|force~download)(?:=|$)",
    },
    BuiltIn {
        name: "single-use-token",
        path: "[[(?:verify|verification|confirm|confirmation|activate|activation|invite|invitations?)/[^/]{8,}]]",
        parameter: "^_?(?:wp)?_?(?:nonce|csrf|xsrf)~(?:token)?=|^(?:csrfmiddlewaretoken|authenticity_token|form_key|token|code|ticket|\
                    confirm(?:ation)?~(?:token|code|key)?|verification~(?:token|code)|sig|signature)=",
    },
];

/// Where something is written or changed: to open such a page locks what it shows, begins a draft, or joins those who edit it.
/// That happens to whoever may do so; to others the same names are lists of what is new.
const BUILT_IN_FOR_EDITORS: &[BuiltIn] = &[BuiltIn {
    name: "editing",
    path: "^(?:/[^/]+)?/(?:wp-admin|admin|administrator|adminpanel|backend|backoffice|typo3|umbraco)(?:/|$)|\
           [[edit(?:~(?:page|post|entry|article|item|form|mode|view|template))?]]|[[(?:page|post|entry|article|item|doc)~edit]]|\
           [[(?:post|page|entry|article|media|user|link|add|create)~new]]|[[(?:add|create)~(?:page|post|entry|article|issue|topic)]]|\
           [[(?:node/add|resumedraft)]]|\
           /(?:issue|post|article|page|topic|ticket|task|project|user|comment|document|event|note|message|thread|question|invoice|\
           customer|contact|mail|repo|recipe|review|album|address|booking|reservation|listing|job|report|tag|board|card|\
           discussion|snippet|release|milestone|merge_request|pull|entrie|repositorie|categorie|storie|\
           mail/u/[0-9])(?:e?s)?/(?:new|create|compose|add)/?$",
    parameter: "^(?:action|do|act|cmd|task|mode|veaction|view|op|page|layout)=(?:[^=]*<)?(?:edit|editpost|create|compose|elementor)$|\
                ^(?:fl_builder|et_fb|vc_action|vc_editable|elementor-preview)(?:=|$)",
}];

/// Words that the baseline rule set keeps browsers from speculating on in the first place. Coarser than the
/// expressions above, since a rule set's patterns are case-sensitive globs; what slips through is refused here.
pub const RULE_SET_EXCLUSIONS: &[&str] = &[
    "/*logout*",
    "/*log-out*",
    "/*log_out*",
    "/*Logout*",
    "/*LogOut*",
    "/*logoff*",
    "/*signout*",
    "/*sign-out*",
    "/*sign_out*",
    "/*SignOut*",
    "/*signoff*",
    "/*otp*",
    "/*one-time*",
    "/*password*",
    "/*verify*",
    "/*oauth*",
    "/*saml*",
    "/*sso/*",
    "/auth/*",
    "/login/*",
    "/*set-lang*",
    "/*setlang*",
    "/*set-locale*",
    "/*switch-*",
    "/*change-lang*",
    "/*language/*",
    "/*locale/*",
    "/*currency/*",
    "/*currency*",
    "/*add-to-*",
    "/*addtocart*",
    "/*add_to_*",
    "/*remove-from-*",
    "/cart/*",
    "/*/cart/*",
    "/basket/*",
    "/*/basket/*",
    "/bag/*",
    "/wishlist/*",
    "/*/wishlist/*",
    "/*buy-now*",
    "/*checkout*",
    "/*redeem*",
    "/*coupon*",
    "/*voucher*",
    "/*claim",
    "/*conversion*",
    "/*track/*",
    "/*tracking/*",
    "/*click/*",
    "/*delete*",
    "/*destroy*",
    "/*remove",
    "/*remove/*",
    "/*cancel*",
    "/*unsubscribe*",
    "/*subscribe*",
    "/*opt-out*",
    "/*vote*",
    "/*like",
    "/*unlike",
    "/*follow",
    "/*unfollow",
    "/*mark-as-read*",
    "/*download",
    "/*download/*",
    "/*export*",
    "/*confirm*",
    "/*activate*",
    "/*invite*",
    "/*/edit",
    "/*/edit/*",
    "/*post-new.php*",
];

/// A pattern that a site configures: a path in which `*` stands for anything, and behind `?` parameters that must all
/// be there, in any order. `/account/close`, `/*/rate/*`, `/*?action=poll*`.
#[derive(Clone, Debug)]
pub struct UrlGlob {
    text: String,
    path: Regex,
    parameters: Vec<Regex>,
}

/// The longest pattern, in bytes.
const MAX_GLOB_BYTES: usize = 500;

impl UrlGlob {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What a pattern must look like, as a sentence for the log.
    pub fn parse(text: &str) -> Result<Self, String> {
        let meant = || {
            "a pattern must start with \"/\" (\"*\" stands for anything) and be at most 500 bytes long"
                .to_owned()
        };
        if !text.starts_with('/') || text.len() > MAX_GLOB_BYTES {
            return Err(meant());
        }
        let regex = |glob: &str| {
            let parts: Vec<String> = decode(glob).split('*').map(regex::escape).collect();
            Regex::new(&format!("^{}$", parts.join(".*"))).map_err(|_| meant())
        };
        let (path, query) = text.split_once('?').unwrap_or((text, ""));
        let parameters =
            query.split('&').filter(|part| !part.is_empty()).map(regex).collect::<Result<_, _>>()?;
        Ok(Self { text: text.to_owned(), path: regex(path)?, parameters })
    }

    /// The path as a URL pattern, for any query.
    #[must_use]
    pub fn path_pattern(&self) -> String {
        pattern::path_glob(self.text.split('?').next().unwrap_or_default())
    }

    /// How the names of the parameters that must be there begin, in lower case, and whether they may go on. Empty for a
    /// pattern that asks for none.
    #[must_use]
    pub fn parameter_names(&self) -> Vec<(String, bool)> {
        let (_, query) = self.text.split_once('?').unwrap_or_default();
        let parts = query.split('&').filter(|part| !part.is_empty());
        parts
            .map(|part| {
                let part = decode(part);
                let start = part.split(['*', '=']).next().unwrap_or_default().to_owned();
                let goes_on = part.get(start.len()..).is_some_and(|rest| rest.starts_with('*'));
                (start, goes_on)
            })
            .collect()
    }

    /// Whether a URL is one that the pattern means.
    #[must_use]
    pub fn is_match(&self, url: &Url) -> bool {
        self.matches(&decode(url.path()), &parameters(url))
    }

    fn matches(&self, path: &str, parameters: &[String]) -> bool {
        self.path.is_match(path)
            && self.parameters.iter().all(|glob| parameters.iter().any(|parameter| glob.is_match(parameter)))
    }
}

/// What paths and patterns are compared as: percent-decoded, in lower case.
fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().to_lowercase()
}

/// The parameters of a URL as patterns look at them.
fn parameters(url: &Url) -> Vec<String> {
    url.query_pairs().map(|(name, value)| format!("{name}={value}").to_lowercase()).collect()
}

/// A built-in pattern with its expressions compiled.
type Compiled = (&'static str, Regex, Regex);

/// All patterns of a site.
#[derive(Clone, Debug)]
pub struct UnsafeUrls {
    built_in: Vec<Compiled>,
    for_editors: Vec<Compiled>,
    added: Vec<UrlGlob>,
    counted: Vec<UrlGlob>,
    exempt: Vec<UrlGlob>,
}

impl UnsafeUrls {
    /// The built-in patterns with what a site adds (`UNSAFE_URLS`) and exempts (`SAFE_URLS`).
    #[must_use]
    pub fn new(added: Vec<UrlGlob>, exempt: Vec<UrlGlob>) -> Self {
        let (built_in, for_editors) = (compiled(BUILT_IN), compiled(BUILT_IN_FOR_EDITORS));
        Self { built_in, for_editors, added, counted: Vec::new(), exempt }
    }

    /// The same with pages that their application counts whatever `Sec-Purpose` says (`EFFECT_PATHS_REFUSED`).
    #[must_use]
    pub fn with_counted(self, counted: Vec<UrlGlob>) -> Self {
        Self { counted, ..self }
    }

    /// What patterns are called that the site added.
    pub const SITE: &str = "site";

    /// The name of the pattern that makes `url` unsafe to fetch on speculation; [`SITE`](Self::SITE) for one that the site
    /// added.
    #[must_use]
    pub fn rule_for(&self, url: &Url) -> Option<&'static str> {
        self.rule_among(&self.built_in, url)
    }

    /// The same for a visitor who may change something, by the patterns that are for those alone.
    #[must_use]
    pub fn rule_for_editors(&self, url: &Url) -> Option<&'static str> {
        self.rule_among(&self.for_editors, url)
    }

    fn rule_among(&self, built_in: &[Compiled], url: &Url) -> Option<&'static str> {
        let path = decode(url.path());
        let parameters = parameters(url);
        if self.exempt.iter().any(|glob| glob.matches(&path, &parameters)) {
            return None;
        }
        if self.added.iter().any(|glob| glob.matches(&path, &parameters)) {
            return Some(Self::SITE);
        }
        built_in
            .iter()
            .find(|(_, in_path, in_parameter)| {
                in_path.is_match(&path) || parameters.iter().any(|parameter| in_parameter.is_match(parameter))
            })
            .map(|(name, ..)| *name)
    }

    /// The same by the site's own patterns and by the path alone, whatever the parameters are called.
    #[must_use]
    pub fn rule_for_path(&self, url: &Url) -> Option<&'static str> {
        self.rule_for(url).filter(|rule| {
            let mut bare = url.clone();
            bare.set_query(None);
            *rule == Self::SITE || self.rule_for(&bare).is_some()
        })
    }

    /// Whether the application counts a page each time that it is fetched, so that none is fetched on speculation.
    #[must_use]
    pub fn is_counted(&self, url: &Url) -> bool {
        self.counted.iter().any(|glob| glob.is_match(url))
    }

    /// Whether no rule may name a URL.
    #[must_use]
    pub fn is_nameless(&self, url: &Url) -> bool {
        self.rule_for(url).is_some() || self.is_counted(url)
    }

    /// The patterns that a site added, of URLs that no rule may name.
    pub fn added(&self) -> impl Iterator<Item = &UrlGlob> {
        self.added.iter().chain(&self.counted)
    }
}

fn compiled(rules: &[BuiltIn]) -> Vec<Compiled> {
    // A test compiles each of them, so that none is ever left out.
    let compile = |rule: &BuiltIn| Some((rule.name, expand(rule.path).ok()?, expand(rule.parameter).ok()?));
    rules.iter().filter_map(compile).collect()
}

/// Writes the shorthands of [`BUILT_IN`] out.
fn expand(expression: &str) -> Result<Regex, regex::Error> {
    let expression = expression
        .replace("[[", r"(?:^|/)")
        .replace("]]", r"(?:$|[/.;])")
        .replace('<', r"(?:^|[/._;-])")
        .replace('>', r"(?:$|[/._;-])")
        .replace('~', "[-_]?");
    Regex::new(&expression)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(url: &str) -> Option<&'static str> {
        UnsafeUrls::new(Vec::new(), Vec::new())
            .rule_for(&Url::parse("https://shop.example").unwrap().join(url).unwrap())
    }

    #[test]
    fn every_expression_compiles() {
        for rule in BUILT_IN.iter().chain(BUILT_IN_FOR_EDITORS) {
            assert!(expand(rule.path).is_ok(), "{}", rule.name);
            assert!(expand(rule.parameter).is_ok(), "{}", rule.name);
        }
    }

    #[test]
    fn pages_on_which_something_is_written_are_told_from_lists_of_what_is_new() {
        let urls = UnsafeUrls::new(Vec::new(), vec![UrlGlob::parse("/help/*").unwrap()]);
        let rule = |url: &str| {
            urls.rule_for_editors(&Url::parse("https://shop.example").unwrap().join(url).unwrap())
        };
        for url in [
            "/issues/7/edit",
            "/issues/7/edit/",
            "/projects/alpha/issues/new",
            "/wp-admin/post-new.php",
            "/wp-admin/post-new.php?post_type=page",
            "/wp-admin/post.php?post=7&action=edit",
            "/wp-admin/customize.php?url=x",
            "/admin/pages/60/edit/",
            "/admin/pages/add/blog/post/3/",
            "/admin/shop/product/add/",
            "/wiki/index.php?title=A&action=edit",
            "/wiki/A?veaction=edit",
            "/doku.php?id=start&do=edit",
            "/index.php?option=com_content&task=article.edit&a_id=7",
            "/pages/editpage.action?pageId=7",
            "/node/add/article",
            "/mail/u/0/compose",
            "/wp-admin/theme-editor.php",
            "/blog/wp-admin/",
            "/administrator/index.php?option=com_content",
            "/articles/new",
            "/x/addresses/add/",
            "/post.php?post=7&action=elementor",
            "/sample-page/?fl_builder",
            "/?et_fb=1&PageSpeed=off",
            "/pages/resumedraft.action?draftId=7",
        ] {
            assert_eq!(rule(url), Some("editing"), "{url}");
        }
        for url in [
            "/",
            "/new",
            "/collections/new",
            "/women/new/",
            "/docs/getting-started/create",
            "/a?view=new",
            "/administration-of-estates",
            "/guides/a/admin",
            "/editorial",
            "/news/7",
            "/credits",
            "/help/pages/new",
            "/edition/7",
            "/a?mode=newest",
            "/a?view=news",
        ] {
            assert_eq!(rule(url), None, "{url}");
        }
    }

    #[test]
    fn the_table_of_unsafe_urls() {
        for line in include_str!("../../tests/data/unsafe_urls.txt").lines() {
            let Some((expected, url)) = line.split_once(' ').filter(|_| !line.starts_with('#')) else {
                continue;
            };
            let expected = (expected != "safe").then_some(expected);
            assert_eq!(rule(url.trim()), expected, "{url}");
        }
    }

    #[test]
    fn a_site_adds_and_exempts() {
        let globs = |texts: &[&str]| texts.iter().map(|text| UrlGlob::parse(text).unwrap()).collect();
        let urls = UnsafeUrls::new(
            globs(&["/poll/*/answer", "/*?do=it&b=*", "/a(b).c+"]),
            globs(&["/docs/*", "/guide/logout"]),
        );
        let rule = |url: &str| urls.rule_for(&Url::parse("https://shop.example").unwrap().join(url).unwrap());
        for url in ["/poll/7/answer", "/POLL/7/Answer?x=1", "/x?b=&do=it", "/a(b).c+", "/a%28b%29.c+"] {
            assert_eq!(rule(url), Some("site"), "{url}");
        }
        for url in [
            "/poll/7",
            "/poll/7/answers",
            "/x?do=it",
            "/x?do=it2&b=1",
            "/docs/logout",
            "/guide/logout?x",
            "/abxc",
        ] {
            assert_eq!(rule(url), None, "{url}");
        }
        assert_eq!(rule("/guide/logout/now"), Some("sign-out"));
    }

    #[test]
    fn a_glob_becomes_a_pattern() {
        let pattern = |text: &str| UrlGlob::parse(text).unwrap().path_pattern();
        assert_eq!(pattern("/scope:0/*"), "{/scope\\:0/}(.*)");
        assert_eq!(pattern("/a(b)+{c}"), "/a\\(b\\)\\+\\{c\\}");
        assert_eq!(pattern("/x?"), "/x");
        assert_eq!(pattern("/x?a=1"), "/x");
        assert!(UrlGlob::parse("x").is_err());
        assert!(UrlGlob::parse(&"/".repeat(501)).is_err());
    }

    #[test]
    fn a_glob_tells_which_parameters_it_asks_for() {
        let names = |text: &str| UrlGlob::parse(text).unwrap().parameter_names();
        let name = |start: &str, goes_on| (start.to_owned(), goes_on);
        assert!(names("/x").is_empty() && names("/x?").is_empty() && names("/x?&").is_empty());
        assert_eq!(
            names("/x?Action=*&%75tm_*=1&*=b&c"),
            [name("action", false), name("utm_", true), name("", true), name("c", false)]
        );
    }
}
