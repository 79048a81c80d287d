//! Every variable: what it is called, what it may say, what it does. Its default is part of its kind.
//!
//! docs/configuration.md and the `[vars]` of wrangler.toml are written from this table by `make configuration`.

use super::items;
use super::kind::{Choice, Guard, List, Secret, Server, Share, Switch, Whole};
use super::value::Commas;
use super::{OriginHost, ReadStylesheets, RedirectHints, RulesDelivery, SessionRules};
use crate::effects::class;
use crate::effects::set_cookie::UnknownCookies;
use crate::limits::{MAX_LEARNERS, MAX_LEDGERS, MAX_READ_BYTES};
use crate::rewrite::analytics;
use crate::speculation::{Action, Eagerness};
use crate::switches::Mode;
use crate::urls::inert_parameters;

/// A variable.
pub(super) struct Variable<K> {
    pub(super) name: &'static str,
    /// What it may say, and what it is when it says nothing.
    pub(super) kind: K,
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) about: About,
}

/// What is written about a variable. The Worker has no use for it.
#[cfg(not(target_arch = "wasm32"))]
pub(super) struct About {
    /// What it is about: a chapter of docs/configuration.md.
    pub(super) chapter: &'static str,
    /// What it does.
    pub(super) does: &'static str,
    /// A value that somebody may want.
    pub(super) example: &'static str,
}

/// Writes each variable as a constant, and lists of all of them.
macro_rules! variables {
    ($($chapter:literal { $($name:ident: $kind:ty = $value:expr, $does:literal, $example:literal;)+ })+) => {
        $($(
            pub(super) static $name: Variable<$kind> = Variable {
                name: stringify!($name),
                kind: $value,
                #[cfg(not(target_arch = "wasm32"))]
                about: About { chapter: $chapter, does: $does, example: $example },
            };
        )+)+

        /// The names of all variables.
        pub(super) const NAMES: &[&str] = &[$($(stringify!($name)),+),+];

        /// All variables.
        #[cfg(not(target_arch = "wasm32"))]
        pub(super) static VARIABLES: &[&(dyn super::describe::Described + Sync)] = &[$($(&$name),+),+];
    };
}

/// How many URL patterns count. The platform's bound of 5 kB for a variable comes first.
pub(super) const MANY: usize = 1000;

const fn url_patterns(item: fn(&str) -> items::Item, guards: Option<Guard>) -> List {
    List { holds: "URL patterns", item, most: MANY, commas: Commas::BeforePath, guards }
}

const fn cookies(item: fn(&str) -> items::Item, guards: Option<Guard>) -> List {
    List { holds: "names of cookies", item, most: class::MAX_ADDED, commas: Commas::Anywhere, guards }
}

variables! {
    "Where the site is" {
        ORIGIN: Server = Server,
            "Where the site's own responses come from. Empty: the zone's own origin; a URL: that server; \"service\": the \
             binding ORIGIN_SERVICE; \"assets\": the binding ASSETS, with run_worker_first.",
            "https://www.example.org";
        ORIGIN_HOST: Choice<OriginHost> = Choice {
            words: &["own", "public"],
            settings: &[OriginHost::Own, OriginHost::Public],
            default: OriginHost::Own,
        },
            "Which Host an ORIGIN that is a URL is asked for: its own, with the one that the visitor asked for in X-Forwarded-Host \
             (own), or that one (public), for applications that build their URLs from Host alone. Public needs two names of one \
             zone, as with a DNS record of the zone that leads to the server, and no port in ORIGIN; make dev can do it for any.",
            "public";
    }
    "On, in shadow, or off" {
        MODE: Choice<Mode> = Choice {
            words: &["on", "shadow", "off"],
            settings: &[Mode::On, Mode::Shadow, Mode::Off],
            default: Mode::On,
        },
            "What Headstart does: everything (on); it learns, and logs what it would send, refuse and defer, while visitors and the \
             origin get what they would get without it (shadow); or nothing, not even that (off). Without a deploy the same is \
             done by headstart switch, for all or by path and feature; what was switched so counts more than on and shadow here, \
             and less than off.",
            "shadow";
        HOLDOUT: Whole = Whole { default: 5, least: 0, most: 50 },
            "The percentage of the known pages that are given no hints, preloads and rules of their own on a day, each day others, so \
             that those that are can be compared with them. None is before 20 pages are known that have 1,000 views a day together.",
            "0";
    }
    "Connection hints" {
        HINTS: Switch = Switch(true),
            "Whether pages name the third parties that they use in a Link header. Off, third parties are not learned either.",
            "off";
        MAX_PRECONNECT: Whole = Whole { default: 3, least: 0, most: 10 },
            "The most origins that a page preconnects to. One that is used with and without cookies has two entries.",
            "2";
        MAX_DNS_PREFETCH: Whole = Whole { default: 6, least: 0, most: 20 },
            "The most further origins whose names a page has looked up ahead.",
            "0";
        MAX_PRELOAD: Whole = Whole { default: 2, least: 0, most: 6 },
            "The most parts of a page (fonts, its largest picture, stylesheets and scripts that come late) that a visitor is to \
             load early. Pictures for windows of other widths are not counted. They are learned from what browsers tell, so there are none with BEACON = \"off\".",
            "0";
        LARGEST_PICTURE: Switch = Switch(false),
            "Whether the tag of the picture that is nearly always a page's largest is changed on its way: loading=lazy becomes \
             loading=eager, and fetchpriority=high is put in where the tag says nothing of the kind.",
            "on";
        EARLY_HINTS: Switch = Switch(false),
            "To be switched on where an edge sends the Link header ahead of the HTML as 103 Early Hints: what the HTML names \
             first is then worth a hint as well.",
            "on";
        HINT_REDIRECTS: Choice<RedirectHints> = Choice {
            words: &["same-site", "all", "off"],
            settings: &[RedirectHints::SameSite, RedirectHints::All, RedirectHints::Off],
            default: RedirectHints::SameSite,
        },
            "Which redirects to another origin name it in a Link header, where they always lead there, for edges that send that \
             ahead as 103 Early Hints: those within the same site (a sign-in at id.example.org), all of them, or none. Chromium \
             uses no connection to another site that was opened before it was led there.",
            "off";
        READ_STYLESHEETS: Choice<ReadStylesheets> = Choice {
            words: &["all", "site", "off"],
            settings: &[ReadStylesheets::All, ReadStylesheets::Site, ReadStylesheets::Off],
            default: ReadStylesheets::All,
        },
            "Which stylesheets are read for the origins that they have browsers fetch fonts and pictures from: the site's own as \
             visitors fetch them, and those of third parties that its pages name, each read once a day (all), the site's own \
             (site), or none (off).",
            "site";
        DENY_HOSTS: List = List {
            holds: "names of hosts", item: items::host, most: MANY, commas: Commas::Anywhere, guards: Some(Guard::Hints),
        },
            "Hosts that are never named in a hint. \"*.example.org\" stands for all names below example.org.",
            "*.ads.example ads.example";
    }
    "Speculation rules" {
        RULES: Switch = Switch(true),
            "Whether pages name rules by which browsers load next pages ahead. Off, speculations that others cause are still \
             made safe.",
            "off";
        EAGERNESS: Choice<Option<Eagerness>> = Choice {
            words: &["auto", "conservative", "moderate", "eager", "immediate"],
            settings: &[
                None, Some(Eagerness::Conservative), Some(Eagerness::Moderate), Some(Eagerness::Eager), Some(Eagerness::Immediate),
            ],
            default: None,
        },
            "When a browser may prefetch a link: when it is pressed (conservative), hovered over for a moment (moderate), \
             hovered over at all (eager), or every link of the page at once (immediate). With auto it begins conservative, and rises \
             to moderate where that keeps to WASTE_BUDGET and the origin answers as fast as before and accepts as many forms; it \
             falls back where not. That takes NEXT_PAGES and ACTIVATION_SIGNAL, and RULES_DELIVERY by header; without them auto \
             stays conservative.",
            "moderate";
        ACTIVATION_SIGNAL: Switch = Switch(true),
            "Whether browsers ask for the rules file anew with each page that is activated, mostly for a 304, which tells which \
             speculations were used. Off, they may keep the file for an hour.",
            "off";
        SESSION_RULES: Choice<SessionRules> = Choice {
            words: &["baseline", "none"],
            settings: &[SessionRules::Baseline, SessionRules::None],
            default: SessionRules::Baseline,
        },
            "Which rules visitors with a session get: the baseline without learned next pages, or none.",
            "none";
        RULES_DELIVERY: Choice<RulesDelivery> = Choice {
            words: &["header", "inline"],
            settings: &[RulesDelivery::Header, RulesDelivery::Inline],
            default: RulesDelivery::Header,
        },
            "How rules reach the browser: as files that a header field names, or as scripts in the head of the page, where \
             its policy lets them work. Inline costs more, since no answer is replayed then; and it is not for an application \
             that hydrates the whole document with React 18 (Remix, Hydrogen), which takes what it does not know there for a mistake.",
            "inline";
        NO_VARY_SEARCH: Switch = Switch(true),
            "Whether pages that were seen not to change with inert parameters say so (No-Vary-Search).",
            "off";
        PRERENDER_SIBLINGS: List = List {
            holds: "origins", item: items::origin, most: MANY, commas: Commas::Anywhere, guards: None,
        },
            "Origins of the same site whose pages may prerender pages of this one: those answers say Supports-Loading-Mode.",
            "https://blog.example.org https://shop.example.org";
        PREFETCH_PROXY_SHARE: Share = Share(1.0),
            "The share of prefetches of search engines that may come by a proxy, as /.well-known/traffic-advice says it where the \
             origin has no such file.",
            "0.3";
    }
    "URLs" {
        UNSAFE_URLS: List = url_patterns(items::unsafe_url, Some(Guard::Speculation)),
            "URLs that no browser may fetch ahead, besides the built-in ones (sign-out, add to cart, one-time links and more).",
            "/poll/*/answer /*?action=rate*";
        SAFE_URLS: List = url_patterns(items::safe_url, None),
            "URLs that are safe to fetch ahead although a built-in pattern or UNSAFE_URLS says otherwise.",
            "/help/*";
        INERT_PARAMETERS: List = List {
            holds: "names of query parameters", item: items::parameter, most: inert_parameters::MAX_ADDED, commas: Commas::Anywhere,
            guards: None,
        },
            "Query parameters that change nothing about a page, besides the built-in ones (utm_*, gclid, fbclid and more). \
             Links with no others may be fetched ahead.",
            "ref campaign_*";
    }
    "Next pages" {
        NEXT_PAGES: Switch = Switch(true),
            "Whether next pages are learned from what visitors do, and named in a second rule set.",
            "off";
        PRERENDER: Choice<Option<Action>> = Choice {
            words: &["off", "on", "until-script"],
            settings: &[None, Some(Action::Prerender), Some(Action::PrerenderUntilScript)],
            default: None,
        },
            "How a next page that is sure enough is loaded: fetched (off), rendered with its scripts running (on), or rendered up \
             to its first script (until-script; fetched by browsers that cannot do that).",
            "until-script";
        PRERENDER_TRIAL: List = List {
            holds: "origin-trial tokens", item: items::trial_token, most: 10, commas: Commas::Anywhere, guards: None,
        },
            "Tokens of Chrome's origin trial for prerendering up to the first script, which pages send (Origin-Trial) while PRERENDER \
             is until-script. Chrome 144 to 154 needs one, or its flag; without them such pages are fetched.",
            "Aq1b2C3d4E5f6G7h8==";
        WASTE_BUDGET: Share = Share(0.6),
            "The share of speculations that may never be used. More waste lowers the eagerness of learned rules by itself, and that of the \
             baseline where EAGERNESS is auto.",
            "0.4";
        MIN_VISITORS: Whole = Whole { default: 10, least: 1, most: 100 },
            "How many different visitors without a session must have been given a page on one day before others are told of it. Of \
             the origins that a page needs, and of the page itself as one that needs them, others are told once three were given \
             it, or so many where that is less; with 1, whoever comes is enough.",
            "25";
        VISITOR_ADDRESS: List = List {
            holds: "the name of a header field", item: items::field_name, most: 1, commas: Commas::Anywhere, guards: None,
        },
            "The header field in which a proxy in front of Headstart says the visitor's address, where the platform does not know \
             it (request.cf is missing). The proxy must set it anew; of several addresses the last one counts. Empty, no visitors \
             are told apart there, and nothing is learned, but for hints where MIN_VISITORS is 1. On Cloudflare it is not read.",
            "X-Real-IP";
    }
    "Safe speculation" {
        SEAL_KEY: Secret = Secret("Nothing can be deferred to activation"),
            "The secret from which the keys of tickets follow. Without it nothing can be deferred, and speculations that would \
             need it are refused. Keep it as you keep passwords: headstart switch, headstart erase and a change of the key need it, \
             and Cloudflare does not show it again.",
            "(umask 077; openssl rand -base64 32 | tee ~/headstart-seal-key) | npx wrangler secret put SEAL_KEY";
        SEAL_KEY_OLD: Secret = Secret("What was sealed with it is refused"),
            "The secret before, which still opens what was sealed with it. Put it here before SEAL_KEY is changed, whose command \
             overwrites the file, and remove it ten minutes after the change.",
            "npx wrangler secret put SEAL_KEY_OLD < ~/headstart-seal-key";
        SESSION_COOKIES: List = cookies(items::session_cookie, Some(Guard::Sessions)),
            "Cookies that are sessions, besides the built-in names. What INERT_COOKIES names as exactly is none.",
            "shop_customer member_*";
        INERT_COOKIES: List = cookies(items::no_session_cookie, None),
            "Cookies on which no page depends (analytics, preferences, counters), besides the built-in names. What a speculation \
             sets of them is deferred to activation. A visitor with any other cookie teaches no hints: so name those that everybody \
             has and no page depends on. A bucket that the server chooses pages by (A/B) is none of them.",
            "seen_banner chat_*";
        CSRF_COOKIES: List = cookies(items::no_session_cookie, Some(Guard::Speculation)),
            "Cookies that are form tokens, besides the built-in names. What a speculation sets of them is deferred to activation.",
            "shop_form";
        RENEWED_COOKIES: List = cookies(items::session_cookie, Some(Guard::Sessions)),
            "Sessions whose newer value must reach the visitor at once, also by a speculation that is never used: those with a token \
             in them that is good once. A session whose content is kept in its cookie is deferred otherwise.",
            "app_session";
        UNKNOWN_COOKIES: Choice<UnknownCookies> = Choice {
            words: &["careful", "defer", "pass"],
            settings: &[UnknownCookies::Careful, UnknownCookies::Defer, UnknownCookies::Pass],
            default: UnknownCookies::Careful,
        },
            "What becomes of cookies that a visitor has and whose names tell nothing: those that no script can read pass and the \
             others are deferred (careful), all are deferred (defer), or all pass (pass).",
            "defer";
        EFFECT_PATHS: List = url_patterns(items::effect_path, Some(Guard::Speculation)),
            "Paths whose requests count something (visits, pixels, beacons, metered pages). A page there is asked for once more, as \
             a visit, on activation; what a prerendering page sends there is deferred to activation. In doubt it is not sent.",
            "/pixel.gif /metered/*";
        EFFECT_PATHS_AT_LEAST_ONCE: List = url_patterns(items::effect_path, Some(Guard::Speculation)),
            "The same for requests that are in doubt rather sent twice than not at all.",
            "/paid/*";
        EFFECT_PATHS_REFUSED: List = url_patterns(items::unsafe_url, Some(Guard::Speculation)),
            "Paths of pages that their application counts whatever Sec-Purpose says, so that one which is asked for ahead and then \
             visited would count twice: no rule names them, and they are refused to speculations. make counts tells which kind a \
             page is.",
            "/wiki/* /posts/*/views";
        LEDGER_SHARDS: Whole = Whole { default: 8, least: 1, most: MAX_LEDGERS },
            "How many Durable Objects of a site keep what is deferred. For six minutes after a change requests that were deferred \
             are lost, and a ticket may be good twice.",
            "32";
        STRIP_PARAMETERS: Switch = Switch(true),
            "Whether the origin is asked for a speculation without inert parameters (click identifiers, campaigns), so that no \
             conversion is counted.",
            "off";
        GATE_ANALYTICS: Switch = Switch(true),
            "Whether analytics scripts that do not know prerendering wait for the activation of a prerendered page.",
            "off";
        GATE_SCRIPTS: List = List {
            holds: "beginnings of scripts' URLs", item: items::script, most: analytics::MAX_ADDED, commas: Commas::BeforePath,
            guards: None,
        },
            "More such scripts, by the beginnings of their URLs: hosts with or without a path, or paths of the site.",
            "stats.example.org/js/ /js/stats.js";
        CLEAR_SPECULATIONS: Switch = Switch(true),
            "Whether answers after which visitors are shown something else (they sent a form, signed in or out, changed their cart) \
             have the browser forget what it loaded ahead (Clear-Site-Data).",
            "off";
        KEEP_PREFETCH: Switch = Switch(false),
            "Whether a browser may keep a prefetched page for five minutes that is the same for everybody, and of which the origin says \
             no more than to ask anew each time (no Cache-Control, max-age=0, no-cache or must-revalidate), so that it is not fetched \
             twice. What changes meanwhile is shown late, unless a cookie changes with it.",
            "on";
    }
    "Learning and publishing" {
        LEARN_SAMPLE: Share = Share(0.05),
            "The share of views of known pages that are read for learning. Pages that are not known yet are read anyway, and an \
             isolate never reads more than one page a second for long.",
            "0.01";
        READ_BYTES: Whole = Whole { default: MAX_READ_BYTES, least: 16 * 1024, most: MAX_READ_BYTES },
            "The most bytes of a page or of a stylesheet that are read for learning. What stands behind them is not learned, \
             and a page that has more is compared neither with what other visitors are given nor with what other parameters give.",
            "65536";
        BEACON: Choice<bool> = Choice { words: &["auto", "off"], settings: &[true, false], default: true },
            "Whether some views' browsers are asked how they went and what they loaded, by a script of 2 kB: as few as what is learned \
             of a page needs, some dozens a day of a busy one, and fewer each day on which nothing changes (auto). Off, no page's \
             bytes are touched for that, and nothing is preloaded.",
            "off";
        LEARNER_SHARDS: Whole = Whole { default: 1, least: 1, most: MAX_LEARNERS },
            "How many learners a site has; each remembers a thousand pages. A new number starts the learning anew.",
            "4";
        // What runs behind a response lasts 30 seconds at the most.
        BATCH_SECONDS: Whole = Whole { default: 10, least: 0, most: 25 },
            "How many seconds observations gather in an isolate before they are sent to a learner.",
            "20";
        BATCH_VIEWS: Whole = Whole { default: 200, least: 0, most: 100_000 },
            "How many page views an isolate serves for each call of a learner. A few calls for what is new come on top.",
            "1000";
        PUBLISH_SECONDS: Whole = Whole { default: 120, least: 1, most: 86_400 },
            "How many seconds a learner gathers before it publishes.",
            "600";
        REFRESH_SECONDS: Whole = Whole { default: 60, least: 1, most: 86_400 },
            "How old an isolate's copy of what was published may grow, in seconds.",
            "300";
    }
    "The report" {
        ADMIN_TOKEN: Secret = Secret("There is no report"),
            "The secret that opens the report at /_headstart/. Without it there is no report, and nothing is counted for it.",
            "(umask 077; openssl rand -base64 32 | tee ~/headstart-token) | npx wrangler secret put ADMIN_TOKEN";
    }
}
