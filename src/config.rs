//! Environment variables into a [`Config`], every mistake named.
//!
//! A bad value never stops the site: the default takes its place, and the log says once which variable was wrong, what
//! it said and what is meant. The table in README.md and the comments in wrangler.toml describe the same variables.

use crate::effects::class::{self, CookieClasses};
use crate::effects::collect::EffectPaths;
use crate::effects::seal::{self, Seal};
use crate::effects::set_cookie::UnknownCookies;
use crate::hints::Origin;
use crate::hints::rank::{Hosts, Preferences};
use crate::rewrite::analytics::{self, Analytics};
use crate::speculation::{Action, Eagerness};
use crate::urls::inert_parameters::{self, InertParameters};
use crate::urls::unsafe_urls::{UnsafeUrls, UrlGlob};
use url::Url;

/// Where the site's own responses come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OriginServer {
    /// The zone's own origin: the request as it is.
    Zone,
    /// Another server; scheme, host and port of the request are replaced by those of this URL.
    Url(Url),
    /// The service binding `ORIGIN_SERVICE`.
    Service,
    /// The static assets binding `ASSETS`.
    Assets,
}

/// Which rules visitors with a session get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionRules {
    /// The baseline alone.
    Baseline,
    /// None of ours.
    None,
}

/// How rules reach the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// By the `Speculation-Rules` header field, as files.
    Header,
    /// In a `<script type=speculationrules>` behind the end of the page.
    Inline,
}

/// What a site has configured.
#[derive(Clone, Debug)]
pub struct Config {
    /// `ORIGIN`.
    pub origin: OriginServer,
    /// `HINTS`: whether pages get `Link`.
    pub hints: bool,
    /// `RULES`: whether pages get `Speculation-Rules`.
    pub rules: bool,
    /// `EAGERNESS` of the baseline rule set.
    pub eagerness: Eagerness,
    /// `UNSAFE_URLS` and `SAFE_URLS`, with the built-in patterns.
    pub unsafe_urls: UnsafeUrls,
    /// `INERT_PARAMETERS`, with the built-in names.
    pub inert_parameters: InertParameters,
    /// `ACTIVATION_SIGNAL`: whether the rules files are asked for anew with every page that somebody looks at.
    pub activation_signal: bool,
    /// `NEXT_PAGES`: whether next pages are learned and published.
    pub next_pages: bool,
    /// `PRERENDER`: how a next page is rendered ahead that is sure enough, if it is.
    pub prerender: Option<Action>,
    /// `WASTE_BUDGET`: the share of speculations that may never be used.
    pub waste_budget: f64,
    /// `MIN_VISITORS`: how many different visitors must have been given a page on one day before others are told of it.
    pub min_visitors: u32,
    /// `SESSION_RULES`: which rules visitors with a session get.
    pub session_rules: SessionRules,
    /// `RULES_DELIVERY`: how rules reach the browser.
    pub delivery: Delivery,
    /// `NO_VARY_SEARCH`: whether pages that inert parameters do not change say so.
    pub no_vary_search: bool,
    /// `PRERENDER_SIBLINGS`: origins of the same site whose pages may prerender ours.
    pub siblings: Vec<Origin>,
    /// `INERT_COOKIES`, `CSRF_COOKIES` and `SESSION_COOKIES`, with the built-in names.
    pub cookies: CookieClasses,
    /// `UNKNOWN_COOKIES`: what becomes of cookies whose names tell nothing.
    pub unknown_cookies: UnknownCookies,
    /// `SEAL_KEY` and `SEAL_KEY_OLD`: what seals tickets. Without it nothing can be put off.
    pub seal: Option<Seal>,
    /// `EFFECT_PATHS` and `EFFECT_PATHS_AT_LEAST_ONCE`.
    pub effects: EffectPaths,
    /// `LEDGER_SHARDS`: how many ledgers a site has.
    pub ledger_shards: u32,
    /// `STRIP_PARAMETERS`: whether a speculation asks the origin without its inert parameters.
    pub strip_parameters: bool,
    /// `GATE_ANALYTICS` and `GATE_SCRIPTS`: the scripts of a prerendered page that wait until somebody looks.
    pub analytics: Option<Analytics>,
    /// `CLEAR_SPECULATIONS`: whether answers that change what a visitor sees have his browser forget what it fetched ahead.
    pub clear_speculations: bool,
    /// `KEEP_PREFETCH`: whether a browser may keep a prefetched page that is the same for everybody.
    pub keep_prefetch: bool,
    /// `MAX_PRECONNECT`, `MAX_DNS_PREFETCH`, `EARLY_HINTS` and `DENY_HOSTS`.
    pub preferences: Preferences,
    /// `LEARN_SAMPLE`: the share of views of known pages that are read.
    pub learn_sample: f64,
    /// `BEACON_SAMPLE`: the share of views of known pages whose browsers are asked what they loaded.
    pub beacon_sample: f64,
    /// `LEARNER_SHARDS`: how many learners a site has.
    pub learner_shards: u32,
    /// `BATCH_SECONDS`: how long observations gather in an isolate.
    pub batch_seconds: u32,
    /// `BATCH_VIEWS`: how many page views an isolate serves for each call of a learner.
    pub batch_views: u32,
    /// `PUBLISH_SECONDS`: how long a learner gathers before it publishes.
    pub publish_seconds: u32,
    /// `REFRESH_SECONDS`: how old an isolate's copy of a snapshot may grow.
    pub refresh_seconds: u32,
}

/// A variable whose value was not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The variable.
    pub variable: &'static str,
    /// What it said, what is meant, and what is used instead.
    pub message: String,
}

impl Config {
    /// Reads the variables; `variable` gives a variable's text, or `None` when it is not set. An empty value counts
    /// as not set.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> (Self, Vec<Mistake>) {
        let mut reader = Reader { variable, mistakes: Vec::new() };
        let session_names = reader.names("SESSION_COOKIES", class::MAX_ADDED);
        let config = Self {
            origin: reader.origin(),
            hints: reader.switch("HINTS", true),
            rules: reader.switch("RULES", true),
            eagerness: reader.eagerness(),
            unsafe_urls: UnsafeUrls::new(reader.globs("UNSAFE_URLS"), reader.globs("SAFE_URLS")),
            inert_parameters: InertParameters::new(&reader.parameters("INERT_PARAMETERS")),
            activation_signal: reader.switch("ACTIVATION_SIGNAL", true),
            next_pages: reader.switch("NEXT_PAGES", true),
            prerender: reader.prerender(),
            waste_budget: reader.share("WASTE_BUDGET", 0.6),
            min_visitors: reader.number("MIN_VISITORS", 10, 1, 100),
            session_rules: reader.choice(
                "SESSION_RULES",
                ("baseline", SessionRules::Baseline),
                [("none", SessionRules::None)],
            ),
            delivery: reader.choice(
                "RULES_DELIVERY",
                ("header", Delivery::Header),
                [("inline", Delivery::Inline)],
            ),
            no_vary_search: reader.switch("NO_VARY_SEARCH", true),
            siblings: reader.origins("PRERENDER_SIBLINGS"),
            cookies: CookieClasses::new(
                &session_names,
                &reader.names("INERT_COOKIES", class::MAX_ADDED),
                &reader.names("CSRF_COOKIES", class::MAX_ADDED),
            ),
            unknown_cookies: reader.choice(
                "UNKNOWN_COOKIES",
                ("careful", UnknownCookies::Careful),
                [("defer", UnknownCookies::Defer), ("pass", UnknownCookies::Pass)],
            ),
            seal: reader.seal(),
            effects: EffectPaths::new(
                reader.globs("EFFECT_PATHS"),
                reader.globs("EFFECT_PATHS_AT_LEAST_ONCE"),
            ),
            ledger_shards: reader.number("LEDGER_SHARDS", 8, 1, 256),
            strip_parameters: reader.switch("STRIP_PARAMETERS", true),
            analytics: reader.analytics(),
            clear_speculations: reader.switch("CLEAR_SPECULATIONS", true),
            keep_prefetch: reader.switch("KEEP_PREFETCH", false),
            preferences: Preferences {
                preconnect: reader.number("MAX_PRECONNECT", 3, 0, 10) as usize,
                dns_prefetch: reader.number("MAX_DNS_PREFETCH", 6, 0, 20) as usize,
                early_hints: reader.switch("EARLY_HINTS", false),
                denied: Hosts::new(reader.hosts("DENY_HOSTS")),
            },
            learn_sample: reader.share("LEARN_SAMPLE", 0.05),
            beacon_sample: reader.share("BEACON_SAMPLE", 0.0),
            learner_shards: reader.number("LEARNER_SHARDS", 1, 1, 256),
            // `wait_until` lasts 30 seconds at the most.
            batch_seconds: reader.number("BATCH_SECONDS", 10, 0, 25),
            batch_views: reader.number("BATCH_VIEWS", 200, 0, 100_000),
            publish_seconds: reader.number("PUBLISH_SECONDS", 120, 1, 86_400),
            refresh_seconds: reader.number("REFRESH_SECONDS", 60, 1, 86_400),
        };
        (config, reader.mistakes)
    }

    /// Whether next pages are learned: what is learned of them is told by rules alone.
    #[must_use]
    pub fn learns_next_pages(&self) -> bool {
        self.rules && self.next_pages
    }
}

struct Reader<F> {
    variable: F,
    mistakes: Vec<Mistake>,
}

impl<F: Fn(&str) -> Option<String>> Reader<F> {
    fn text(&self, name: &str) -> Option<String> {
        (self.variable)(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    fn mistake(&mut self, variable: &'static str, text: &str, meant: &str, instead: &str) {
        let message = format!("{variable} is {text:?}; {meant}. {instead}.");
        self.mistakes.push(Mistake { variable, message });
    }

    fn origin(&mut self) -> OriginServer {
        let Some(text) = self.text("ORIGIN") else { return OriginServer::Zone };
        match text.as_str() {
            "service" => return OriginServer::Service,
            "assets" => return OriginServer::Assets,
            _ => {}
        }
        let url = Url::parse(&text).ok().filter(|url| {
            matches!(url.scheme(), "http" | "https")
                && url.has_host()
                && url.path() == "/"
                && url.query().is_none()
                && url.fragment().is_none()
                && url.username().is_empty()
                && url.password().is_none()
        });
        if let Some(url) = url {
            return OriginServer::Url(url);
        }
        self.mistake(
            "ORIGIN",
            &text,
            "it must be a URL with nothing behind host and port (https://www.example.org), \"service\" or \"assets\"",
            "The zone's own origin is asked instead",
        );
        OriginServer::Zone
    }

    fn switch(&mut self, name: &'static str, default: bool) -> bool {
        let Some(text) = self.text(name) else { return default };
        match text.to_ascii_lowercase().as_str() {
            "on" | "true" | "1" | "yes" => true,
            "off" | "false" | "0" | "no" => false,
            _ => {
                let instead = if default { "It is on" } else { "It is off" };
                self.mistake(name, &text, "it must be \"on\" or \"off\"", instead);
                default
            }
        }
    }

    fn eagerness(&mut self) -> Eagerness {
        let Some(text) = self.text("EAGERNESS") else { return Eagerness::default() };
        Eagerness::parse(&text).unwrap_or_else(|| {
            let meant = "it must be \"conservative\", \"moderate\", \"eager\" or \"immediate\"";
            self.mistake("EAGERNESS", &text, meant, "It is conservative");
            Eagerness::default()
        })
    }

    fn prerender(&mut self) -> Option<Action> {
        let others = [("on", Some(Action::Prerender)), ("until-script", Some(Action::PrerenderUntilScript))];
        self.choice("PRERENDER", ("off", None), others)
    }

    /// One of some words.
    fn choice<T: Copy, const N: usize>(
        &mut self,
        name: &'static str,
        default: (&'static str, T),
        others: [(&'static str, T); N],
    ) -> T {
        let Some(text) = self.text(name) else { return default.1 };
        let words = || std::iter::once(default).chain(others);
        if let Some((_, meant)) = words().find(|(word, _)| text.eq_ignore_ascii_case(word)) {
            return meant;
        }
        let all: Vec<String> = words().map(|(word, _)| format!("\"{word}\"")).collect();
        self.mistake(
            name,
            &text,
            &format!("it must be {}", all.join(" or ")),
            &format!("It is {}", default.0),
        );
        default.1
    }

    /// Origins, separated by blanks.
    fn origins(&mut self, name: &'static str) -> Vec<Origin> {
        let text = self.text(name).unwrap_or_default();
        let mut origins = Vec::new();
        for word in text.split_ascii_whitespace() {
            let url = Url::parse(word).ok().filter(|url| {
                url.path() == "/"
                    && url.query().is_none()
                    && url.fragment().is_none()
                    && url.username().is_empty()
                    && url.password().is_none()
            });
            if let Some(origin) = url.and_then(|url| Origin::of(&url)) {
                origins.push(origin);
            } else {
                let meant = "it must hold origins separated by blanks (https://shop.example.org)";
                self.mistake(name, word, meant, "This one is left out, the others count");
            }
        }
        origins
    }

    fn number(&mut self, name: &'static str, default: u32, least: u32, most: u32) -> u32 {
        let Some(text) = self.text(name) else { return default };
        match text.parse::<u32>() {
            Ok(number) if (least..=most).contains(&number) => number,
            _ => {
                let meant = format!("it must be a whole number from {least} to {most}");
                self.mistake(name, &text, &meant, &format!("It is {default}"));
                default
            }
        }
    }

    fn share(&mut self, name: &'static str, default: f64) -> f64 {
        let Some(text) = self.text(name) else { return default };
        match text.parse::<f64>() {
            Ok(share) if (0.0..=1.0).contains(&share) => share,
            _ => {
                self.mistake(name, &text, "it must be a number from 0 to 1", &format!("It is {default}"));
                default
            }
        }
    }

    /// Secrets are never repeated in a log.
    fn seal(&mut self) -> Option<Seal> {
        let mut secret = |name: &'static str, instead: &str| {
            let secret = self.text(name)?;
            if secret.chars().count() >= seal::MIN_SECRET_CHARS {
                return Some(secret);
            }
            let meant = format!("it must have at least {} characters", seal::MIN_SECRET_CHARS);
            self.mistake(name, "(hidden)", &meant, instead);
            None
        };
        let current = secret("SEAL_KEY", "Nothing can be put off until somebody looks");
        let old = secret("SEAL_KEY_OLD", "What was sealed with it is refused");
        Seal::new(&current?, old.as_deref())
    }

    fn analytics(&mut self) -> Option<Analytics> {
        let text = self.text("GATE_SCRIPTS").unwrap_or_default();
        let mut added = Vec::new();
        for word in text.split_ascii_whitespace() {
            if analytics::is_prefix(word) && added.len() < analytics::MAX_ADDED {
                added.push(word.to_owned());
            } else {
                let meant = "it must hold at most 100 beginnings of script URLs separated by blanks, each a host with or without a \
                             path (stats.example.org/js/) or a path of the site (/js/stats.js)";
                self.mistake("GATE_SCRIPTS", word, meant, "This one is left out, the others count");
            }
        }
        self.switch("GATE_ANALYTICS", true).then(|| Analytics::new(&added))
    }

    fn globs(&mut self, name: &'static str) -> Vec<UrlGlob> {
        let text = self.text(name).unwrap_or_default();
        let mut globs = Vec::new();
        for word in text.split_ascii_whitespace() {
            match UrlGlob::parse(word) {
                Ok(glob) => globs.push(glob),
                Err(meant) => self.mistake(name, word, &meant, "This pattern is left out, the others count"),
            }
        }
        globs
    }

    fn hosts(&mut self, name: &'static str) -> Vec<String> {
        let text = self.text(name).unwrap_or_default();
        let mut hosts = Vec::new();
        for word in text.split_ascii_whitespace() {
            let (start, bare) = word.strip_prefix("*.").map_or(("", word), |bare| ("*.", bare));
            // By way of a URL, which lower-cases and encodes a name as browsers do.
            let url = Url::parse(&format!("https://{bare}/")).ok().filter(|url| {
                url.port().is_none() && url.path() == "/" && url.username().is_empty() && !bare.ends_with('/')
            });
            if let Some(origin) = url.and_then(|url| Origin::of(&url)) {
                hosts.push(format!("{start}{}", origin.host()));
            } else {
                let meant = "it must hold host names separated by blanks; *.example.org stands for all below";
                self.mistake(name, word, meant, "This name is left out, the others count");
            }
        }
        hosts
    }

    fn parameters(&mut self, name: &'static str) -> Vec<String> {
        let text = self.text(name).unwrap_or_default();
        let mut words = Vec::new();
        for word in text.split_ascii_whitespace() {
            if inert_parameters::is_name(word) && words.len() < inert_parameters::MAX_ADDED {
                words.push(word.to_owned());
            } else {
                let meant = "it must hold at most 100 names of query parameters separated by blanks, each of up to 64 \
                             letters, digits, \"_\", \".\", \"~\" and \"-\"; a name may end in *";
                self.mistake(name, word, meant, "This name is left out, the others count");
            }
        }
        words
    }

    fn names(&mut self, name: &'static str, most: usize) -> Vec<String> {
        let text = self.text(name).unwrap_or_default();
        let mut names = Vec::new();
        for word in text.split_ascii_whitespace() {
            let is_name = word
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b';' | b',' | b'=' | b'"'));
            if is_name && names.len() < most {
                names.push(word.to_owned());
            } else if is_name {
                let meant = format!("it must hold at most {most} names");
                self.mistake(name, word, &meant, "This name is left out, the others count");
            } else {
                let meant = "it must hold cookie names separated by blanks; a name may end in *";
                self.mistake(name, word, meant, "This name is left out, the others count");
            }
        }
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effects::class::Class;

    fn read(variables: &[(&str, &str)]) -> (Config, Vec<&'static str>) {
        let (config, mistakes) = Config::read(|name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        });
        (config, mistakes.iter().map(|mistake| mistake.variable).collect())
    }

    #[test]
    fn nothing_set_is_no_mistake() {
        let (config, mistakes) = read(&[("ORIGIN", ""), ("UNSAFE_URLS", "  ")]);
        assert!(mistakes.is_empty());
        assert_eq!(config.origin, OriginServer::Zone);
        assert!(config.hints && config.rules && config.activation_signal);
        assert_eq!(config.inert_parameters, InertParameters::default());
        assert_eq!(
            config.preferences,
            Preferences { preconnect: 3, dns_prefetch: 6, ..Preferences::default() }
        );
        assert_eq!((config.beacon_sample.to_bits(), config.batch_views), (0, 200));
        assert_eq!((config.batch_seconds, config.publish_seconds, config.refresh_seconds), (10, 120, 60));
        assert_eq!(config.learner_shards, 1);
    }

    #[test]
    fn an_origin_is_a_bare_url_or_a_word() {
        for text in ["https://www.example.org", "http://127.0.0.1:8080/", "https://[::1]:8443"] {
            let (config, mistakes) = read(&[("ORIGIN", text)]);
            assert_eq!(config.origin, OriginServer::Url(Url::parse(text).unwrap()), "{text}");
            assert!(mistakes.is_empty());
        }
        assert_eq!(read(&[("ORIGIN", " service ")]).0.origin, OriginServer::Service);
        assert_eq!(read(&[("ORIGIN", "assets")]).0.origin, OriginServer::Assets);
        for text in [
            "example.org",
            "https://example.org/base",
            "https://u@example.org",
            "ftp://example.org",
            "Service",
        ] {
            let (config, mistakes) = read(&[("ORIGIN", text)]);
            assert_eq!(config.origin, OriginServer::Zone, "{text}");
            assert_eq!(mistakes, ["ORIGIN"], "{text}");
        }
    }

    #[test]
    fn every_bad_value_is_named_and_replaced_by_the_default() {
        let (config, mistakes) = read(&[
            ("HINTS", "maybe"),
            ("RULES", "OFF"),
            ("EAGERNESS", "keen"),
            ("UNSAFE_URLS", "/ok/* nope /bad(regex"),
            ("INERT_PARAMETERS", "good bad=1 ref_* * a%20b"),
            ("ACTIVATION_SIGNAL", "sometimes"),
            ("INERT_COOKIES", "good bad=1"),
            ("MAX_PRECONNECT", "-1"),
            ("MAX_DNS_PREFETCH", "21"),
            ("EARLY_HINTS", "103"),
            ("DENY_HOSTS", "ok.example https://bad.example bad:80 *.Fine.Example *bad"),
            ("LEARN_SAMPLE", "NaN"),
            ("BEACON_SAMPLE", "2"),
            ("LEARNER_SHARDS", "0"),
            ("BATCH_SECONDS", "26"),
            ("BATCH_VIEWS", "-1"),
            ("PUBLISH_SECONDS", "soon"),
            ("REFRESH_SECONDS", "1.5"),
        ]);
        assert_eq!(
            mistakes,
            [
                "HINTS",
                "EAGERNESS",
                "UNSAFE_URLS",
                "INERT_PARAMETERS",
                "INERT_PARAMETERS",
                "INERT_PARAMETERS",
                "ACTIVATION_SIGNAL",
                "INERT_COOKIES",
                "MAX_PRECONNECT",
                "MAX_DNS_PREFETCH",
                "EARLY_HINTS",
                "DENY_HOSTS",
                "DENY_HOSTS",
                "DENY_HOSTS",
                "LEARN_SAMPLE",
                "BEACON_SAMPLE",
                "LEARNER_SHARDS",
                "BATCH_SECONDS",
                "BATCH_VIEWS",
                "PUBLISH_SECONDS",
                "REFRESH_SECONDS"
            ]
        );
        assert!(config.hints && !config.rules);
        assert_eq!(config.eagerness, Eagerness::Conservative);
        assert!(config.activation_signal);
        assert!(config.inert_parameters.is_inert("good") && config.inert_parameters.is_inert("ref_1"));
        assert!(!config.inert_parameters.is_inert("bad"));
        assert_eq!(config.preferences.preconnect, 3);
        assert!(!config.preferences.early_hints);
        assert_eq!(config.batch_seconds, 10);
    }

    #[test]
    fn the_list_of_inert_parameters_has_an_end() {
        let names: Vec<String> =
            (0..=inert_parameters::MAX_ADDED).map(|number| format!("p{number}")).collect();
        let (config, mistakes) = read(&[("INERT_PARAMETERS", &names.join(" "))]);
        assert_eq!(mistakes, ["INERT_PARAMETERS"]);
        assert!(config.inert_parameters.is_inert("p99") && !config.inert_parameters.is_inert("p100"));
        assert!(!read(&[("ACTIVATION_SIGNAL", "off")]).0.activation_signal);
    }

    #[test]
    fn denied_hosts_are_names_and_what_lies_below_them() {
        let (config, mistakes) = read(&[("DENY_HOSTS", "CDN.example *.ads.example b\u{fc}cher.example")]);
        assert!(mistakes.is_empty());
        let is_denied = |origin: &str| config.preferences.denied.contain(&Origin::parse(origin).unwrap());
        assert!(is_denied("https://cdn.example") && is_denied("http://cdn.example:8080"));
        assert!(is_denied("https://a.ads.example") && is_denied("https://a.b.ads.example"));
        assert!(is_denied("https://xn--bcher-kva.example"));
        assert!(!is_denied("https://ads.example") && !is_denied("https://badads.example"));
        assert!(!is_denied("https://a.cdn.example"));
    }

    #[test]
    fn a_mistake_says_what_is_meant_and_what_is_used() {
        let (_, mistakes) = Config::read(|name| (name == "MAX_PRECONNECT").then(|| "many".to_owned()));
        assert_eq!(
            mistakes[0].message,
            "MAX_PRECONNECT is \"many\"; it must be a whole number from 0 to 10. It is 3."
        );
    }

    #[test]
    fn next_pages_are_learned_unless_a_site_says_otherwise() {
        let (config, mistakes) = read(&[]);
        assert_eq!(mistakes, [""; 0]);
        assert!(config.next_pages && config.no_vary_search);
        assert_eq!((config.prerender, config.min_visitors), (None, 10));
        assert!((config.waste_budget - 0.6).abs() < 1e-9 && config.siblings.is_empty());
        assert_eq!((config.session_rules, config.delivery), (SessionRules::Baseline, Delivery::Header));
        let (config, mistakes) = read(&[
            ("NEXT_PAGES", "off"),
            ("PRERENDER", "Until-Script"),
            ("WASTE_BUDGET", "1"),
            ("MIN_VISITORS", "100"),
            ("SESSION_COOKIES", "Shop_Id member_*"),
            ("SESSION_RULES", "NONE"),
            ("RULES_DELIVERY", "inline"),
            ("NO_VARY_SEARCH", "off"),
            ("PRERENDER_SIBLINGS", "https://Blog.example/ http://shop.example:8080"),
            ("PUBLISH_SECONDS", "30"),
        ]);
        assert_eq!(mistakes, [""; 0]);
        assert!(!config.next_pages && !config.no_vary_search);
        assert_eq!((config.session_rules, config.delivery), (SessionRules::None, Delivery::Inline));
        let siblings: Vec<&str> = config.siblings.iter().map(Origin::as_str).collect();
        assert_eq!(siblings, ["https://blog.example", "http://shop.example:8080"]);
        for (cookie, is_session) in [("shop_id", true), ("Member_7", true), ("member", true), ("lang", false)]
        {
            assert_eq!(config.cookies.of_name(cookie) == Class::Session, is_session, "{cookie}");
        }
        assert_eq!((config.min_visitors, config.publish_seconds), (100, 30));
        assert_eq!(config.prerender, Some(Action::PrerenderUntilScript));
        assert!((config.waste_budget - 1.0).abs() < 1e-9);
        assert_eq!(read(&[("PRERENDER", "on")]).0.prerender, Some(Action::Prerender));
        assert_eq!(read(&[("PRERENDER", "off")]).0.prerender, None);
    }

    #[test]
    fn what_is_wrong_about_next_pages_is_said_in_full() {
        for (variable, text, message) in [
            ("NEXT_PAGES", "perhaps", "it must be \"on\" or \"off\". It is on."),
            ("PRERENDER", "yes", "it must be \"off\" or \"on\" or \"until-script\". It is off."),
            ("WASTE_BUDGET", "60%", "it must be a number from 0 to 1. It is 0.6."),
            ("WASTE_BUDGET", "-0.1", "it must be a number from 0 to 1. It is 0.6."),
            ("MIN_VISITORS", "0", "it must be a whole number from 1 to 100. It is 10."),
            ("MIN_VISITORS", "101", "it must be a whole number from 1 to 100. It is 10."),
            (
                "SESSION_COOKIES",
                "a=b",
                "it must hold cookie names separated by blanks; a name may end in *. This name is left out, the \
                 others count.",
            ),
            ("SESSION_RULES", "all", "it must be \"baseline\" or \"none\". It is baseline."),
            ("RULES_DELIVERY", "link", "it must be \"header\" or \"inline\". It is header."),
            ("NO_VARY_SEARCH", "params", "it must be \"on\" or \"off\". It is on."),
        ] {
            let (config, mistakes) = Config::read(|name| (name == variable).then(|| text.to_owned()));
            let messages: Vec<&str> = mistakes.iter().map(|mistake| mistake.message.as_str()).collect();
            assert_eq!(messages, [format!("{variable} is {text:?}; {message}")]);
            assert!(config.next_pages && config.min_visitors == 10 && config.prerender.is_none());
        }
        for sibling in [
            "shop.example",
            "https://shop.example/path",
            "https://shop.example/?q",
            "https://shop.example/#f",
            "https://ada@shop.example",
            "https://:x@shop.example",
            "ftp://shop.example",
            "*",
        ] {
            let both = format!("{sibling} https://ok.example");
            let (config, mistakes) =
                Config::read(|name| (name == "PRERENDER_SIBLINGS").then(|| both.clone()));
            let expected = format!(
                "PRERENDER_SIBLINGS is {sibling:?}; it must hold origins separated by blanks \
                 (https://shop.example.org). This one is left out, the others count."
            );
            assert_eq!(mistakes.first().map(|mistake| &mistake.message), Some(&expected), "{sibling}");
            assert_eq!(config.siblings.len(), 1, "{sibling}");
        }
    }

    #[test]
    fn what_is_withheld_is_configured_and_secrets_are_not_repeated() {
        let key = "0123456789abcdef0123456789abcdef";
        let (config, mistakes) = read(&[]);
        assert_eq!(mistakes, [""; 0]);
        assert!(config.seal.is_none() && config.effects.is_empty() && config.analytics.is_some());
        assert!(config.strip_parameters && config.clear_speculations && !config.keep_prefetch);
        assert_eq!((config.unknown_cookies, config.ledger_shards), (UnknownCookies::Careful, 8));
        let (config, mistakes) = read(&[
            ("SEAL_KEY", key),
            ("SEAL_KEY_OLD", "another secret of thirty-two chars"),
            ("EFFECT_PATHS", "/pixel.gif /count/*"),
            ("EFFECT_PATHS_AT_LEAST_ONCE", "/paid"),
            ("CSRF_COOKIES", "shop_form"),
            ("UNKNOWN_COOKIES", "Defer"),
            ("GATE_SCRIPTS", "stats.example.org/js/ /js/stats.js"),
            ("GATE_ANALYTICS", "off"),
            ("STRIP_PARAMETERS", "off"),
            ("CLEAR_SPECULATIONS", "off"),
            ("KEEP_PREFETCH", "on"),
            ("LEDGER_SHARDS", "256"),
        ]);
        assert_eq!(mistakes, [""; 0]);
        assert!(config.seal.is_some() && !config.effects.is_empty() && config.analytics.is_none());
        assert!(!config.strip_parameters && !config.clear_speculations && config.keep_prefetch);
        assert_eq!(config.cookies.of_name("shop_form"), Class::Csrf);
        assert_eq!((config.unknown_cookies, config.ledger_shards), (UnknownCookies::Defer, 256));
        for (variable, text, message) in [
            (
                "SEAL_KEY",
                "short",
                "SEAL_KEY is \"(hidden)\"; it must have at least 32 characters. Nothing can be put off until somebody looks.",
            ),
            (
                "SEAL_KEY_OLD",
                "short",
                "SEAL_KEY_OLD is \"(hidden)\"; it must have at least 32 characters. What was sealed with it is refused.",
            ),
            (
                "UNKNOWN_COOKIES",
                "drop",
                "UNKNOWN_COOKIES is \"drop\"; it must be \"careful\" or \"defer\" or \"pass\". It is careful.",
            ),
            (
                "EFFECT_PATHS",
                "pixel",
                "EFFECT_PATHS is \"pixel\"; a pattern must start with \"/\" (\"*\" stands for anything) and be at most 500 bytes long. This pattern is left out, the others count.",
            ),
            (
                "LEDGER_SHARDS",
                "0",
                "LEDGER_SHARDS is \"0\"; it must be a whole number from 1 to 256. It is 8.",
            ),
        ] {
            let (_, mistakes) = Config::read(|name| (name == variable).then(|| text.to_owned()));
            let messages: Vec<&str> = mistakes.iter().map(|mistake| mistake.message.as_str()).collect();
            assert_eq!(messages, [message]);
        }
        let mistakes = read(&[("GATE_SCRIPTS", "ok.example https:// *"), ("CSRF_COOKIES", "a=b")]).1;
        assert!(mistakes.contains(&"GATE_SCRIPTS") && mistakes.contains(&"CSRF_COOKIES"), "{mistakes:?}");
    }

    #[test]
    fn the_list_of_session_cookies_has_an_end() {
        let names: Vec<String> = (0..=class::MAX_ADDED).map(|number| format!("c{number}")).collect();
        let text = names.join(" ");
        let (config, mistakes) = Config::read(|name| (name == "SESSION_COOKIES").then(|| text.clone()));
        assert_eq!(
            mistakes.iter().map(|mistake| mistake.message.as_str()).collect::<Vec<_>>(),
            [
                "SESSION_COOKIES is \"c100\"; it must hold at most 100 names. This name is left out, the others count."
            ]
        );
        let is_session = |name| config.cookies.of_name(name) == Class::Session;
        assert!(is_session("c99") && !is_session("c100"));
    }
}
