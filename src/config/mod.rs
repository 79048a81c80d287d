//! Reads the Worker's variables into a [`Config`], and names every mistake.
//!
//! [`table`] says what each variable is called, what it may say, what it does and what its default is; [`kind`] and
//! [`items`] read one; [`close`] finds misspelled names. A mistake never stops the site: the log says once which variable
//! was wrong, what it said, what to write and what is done meanwhile. What is done is the default, but for lists that
//! protect: while nothing of such a list can be read, what it was to protect does not happen at all.

use crate::effects::class::CookieClasses;
use crate::effects::effect_paths::EffectPaths;
use crate::effects::seal::Seal;
use crate::effects::set_cookie::UnknownCookies;
use crate::hints::Origin;
use crate::hints::rank::{HintPreferences, Hosts};
use crate::limits::{SEVERAL, TOLD_BY_ONE};
use crate::next_page_preferences::NextPagePreferences;
use crate::rewrite::analytics::Analytics;
use crate::speculation::{Action, Eagerness};
use crate::switches::{Feature, Mode, State};
use crate::urls::inert_parameters::InertParameters;
use crate::urls::unsafe_urls::{UnsafeUrls, UrlGlob};
use kind::{Guard, Kind, Listed, Mistakes, Said};
use table::Variable;
use url::Url;
pub use value::Value;

mod close;
#[cfg(not(target_arch = "wasm32"))]
pub mod describe;
mod items;
mod kind;
mod table;
mod value;

/// The most mistakes that are named; beyond them, only how many there are.
const MAX_MISTAKES: usize = 50;

/// Where the site's own responses come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OriginServer {
    /// The zone's own origin: the request as it is.
    Zone,
    /// Another server.
    Url {
        /// Its scheme, host and port.
        url: Url,
        /// `ORIGIN_HOST`: which `Host` it is asked for.
        host: OriginHost,
    },
    /// The service binding `ORIGIN_SERVICE`.
    Service,
    /// The static assets binding `ASSETS`.
    Assets,
}

/// Which `Host` another server is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OriginHost {
    /// Its own: that of `ORIGIN`. What the visitor asked for stands in `X-Forwarded-Host`.
    #[default]
    Own,
    /// The one that the visitor asked for. The platform can do that where both names are of its zone (`resolveOverride`).
    Public,
}

/// Which redirects to another origin name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirectHints {
    /// Those to another origin of the same site.
    SameSite,
    /// All.
    All,
    /// None.
    Off,
}

/// Which stylesheets are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadStylesheets {
    /// The site's own, and third parties'.
    All,
    /// The site's own.
    Site,
    /// None.
    Off,
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
pub enum RulesDelivery {
    /// By the `Speculation-Rules` header field, as files.
    Header,
    /// In a `<script type=speculationrules>` in the page's head.
    Inline,
}

/// What a site has configured.
#[derive(Clone, Debug)]
pub struct Config {
    /// `ORIGIN`.
    pub origin: OriginServer,
    /// `MODE`: what is done where no switch says something else.
    pub mode: Mode,
    /// `HOLDOUT`: the percentage of the known pages that are held out.
    pub holdout: u32,
    /// What is on for the page that is decided about: [`in_state`](Self::in_state).
    pub switched: State,
    /// Connection hints.
    pub hints: Hints,
    /// Speculation rules.
    pub rules: Rules,
    /// What is decided from URLs alone.
    pub urls: Urls,
    /// Learned next pages.
    pub next_pages: NextPages,
    /// What makes speculations safe.
    pub effects: Effects,
    /// Learning and publishing.
    pub learning: Learning,
    /// `ADMIN_TOKEN`: what opens the report. Without it there is none, and nothing is counted for it.
    pub report: Option<Seal>,
}

/// Connection hints.
#[derive(Clone, Debug)]
pub struct Hints {
    /// `HINTS`: whether pages get `Link`.
    pub is_on: bool,
    /// `HINT_REDIRECTS`: which redirects do.
    pub redirects: RedirectHints,
    /// `READ_STYLESHEETS`: which stylesheets are read.
    pub stylesheets: ReadStylesheets,
    /// `MAX_PRECONNECT`, `MAX_DNS_PREFETCH`, `MAX_PRELOAD`, `BEACON`, `EARLY_HINTS` and `DENY_HOSTS`.
    pub preferences: HintPreferences,
    /// `LARGEST_PICTURE`: whether the tag of a page's largest picture is changed.
    pub changes_largest_picture: bool,
}

/// Speculation rules.
#[derive(Clone, Debug)]
pub struct Rules {
    /// `RULES`: whether pages get `Speculation-Rules`.
    pub is_on: bool,
    /// `EAGERNESS` of the baseline rule set; `None` where it regulates itself.
    pub eagerness: Option<Eagerness>,
    /// `ACTIVATION_SIGNAL`: whether the rules files are asked for anew with every page that is activated.
    pub activation_signal: bool,
    /// `SESSION_RULES`: which rules visitors with a session get.
    pub for_sessions: SessionRules,
    /// `RULES_DELIVERY`: how rules reach the browser.
    pub delivery: RulesDelivery,
    /// `NO_VARY_SEARCH`: whether pages that inert parameters do not change say so.
    pub no_vary_search: bool,
    /// `PRERENDER_SIBLINGS`: origins of the same site whose pages may prerender ours.
    pub siblings: Vec<Origin>,
    /// `PREFETCH_PROXY_SHARE`: the share of prefetches that may come by a proxy.
    pub prefetch_proxy_share: f64,
}

/// What is decided from URLs alone.
#[derive(Clone, Debug)]
pub struct Urls {
    /// `UNSAFE_URLS`, `SAFE_URLS` and `EFFECT_PATHS_REFUSED`, with the built-in patterns.
    pub unsafe_urls: UnsafeUrls,
    /// `INERT_PARAMETERS`, with the built-in names.
    pub inert_parameters: InertParameters,
}

/// Learned next pages.
#[derive(Clone, Debug)]
pub struct NextPages {
    /// `NEXT_PAGES`: whether next pages are learned and published.
    pub is_on: bool,
    /// `PRERENDER`: how a next page is rendered ahead that is sure enough, if it is.
    pub prerender: Option<Action>,
    /// `PRERENDER_TRIAL`: origin-trial tokens for prerendering up to the first script.
    pub prerender_trial: Vec<String>,
    /// `WASTE_BUDGET`: the share of speculations that may never be used.
    pub waste_budget: f64,
    /// `MIN_VISITORS`: how many different visitors must have been given a page on one day before others are told of it.
    pub min_visitors: u32,
    /// `VISITOR_ADDRESS`: the field that is believed where the platform does not know visitors' addresses, in lower case.
    pub visitor_address: Option<String>,
}

impl NextPages {
    /// How often one visitor has a say, in a day, about each of two things that the baseline's eagerness depends on: any number of
    /// times where one visitor is enough to tell others of a page.
    #[must_use]
    pub fn most_told(&self) -> u16 {
        if self.min_visitors == 1 { u16::MAX } else { TOLD_BY_ONE }
    }
}

/// What makes speculations safe.
#[derive(Clone, Debug)]
pub struct Effects {
    /// `INERT_COOKIES`, `CSRF_COOKIES` and `SESSION_COOKIES`, with the built-in names.
    pub cookies: CookieClasses,
    /// `UNKNOWN_COOKIES`: what becomes of cookies whose names tell nothing.
    pub unknown_cookies: UnknownCookies,
    /// `SEAL_KEY` and `SEAL_KEY_OLD`: what seals tickets. Without it nothing can be deferred.
    pub seal: Option<Seal>,
    /// `EFFECT_PATHS` and `EFFECT_PATHS_AT_LEAST_ONCE`.
    pub paths: EffectPaths,
    /// `LEDGER_SHARDS`: how many ledgers a site has.
    pub ledger_shards: u32,
    /// `STRIP_PARAMETERS`: whether a speculation asks the origin without its inert parameters.
    pub strip_parameters: bool,
    /// `GATE_ANALYTICS` and `GATE_SCRIPTS`: the scripts of a prerendered page that wait for its activation.
    pub analytics: Option<Analytics>,
    /// `CLEAR_SPECULATIONS`: whether answers that change what a visitor sees have the browser forget what it loaded ahead.
    pub clear_speculations: bool,
    /// `KEEP_PREFETCH`: whether a browser may keep a prefetched page that is the same for everybody.
    pub keep_prefetch: bool,
}

/// Learning and publishing.
#[derive(Clone, Debug)]
pub struct Learning {
    /// `LEARN_SAMPLE`: the share of views of known pages that are read.
    pub sample: f64,
    /// `READ_BYTES`: the most bytes of a page or of a stylesheet that are read.
    pub read_bytes: u32,
    /// `LEARNER_SHARDS`: how many learners a site has.
    pub shards: u32,
    /// `BATCH_SECONDS`: how long observations gather in an isolate.
    pub batch_seconds: u32,
    /// `BATCH_VIEWS`: how many page views an isolate serves for each call of a learner.
    pub batch_views: u32,
    /// `PUBLISH_SECONDS`: how long a learner gathers before it publishes.
    pub publish_seconds: u32,
    /// `REFRESH_SECONDS`: how old an isolate's copy of a snapshot may grow.
    pub refresh_seconds: u32,
}

/// A variable that was not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The variable, or the one that was likely meant.
    pub variable: &'static str,
    /// What it says, what to write, and what is done meanwhile.
    pub message: String,
}

impl Default for Config {
    /// What a site has that has configured nothing.
    fn default() -> Self {
        Self::read([("", ""); 0]).0
    }
}

impl Config {
    /// Reads the variables. Names that nobody knows are skipped, but for those that are spelled nearly like a variable.
    /// An empty value counts as not set.
    pub fn read<N: Into<String>, V: Into<Value>>(
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> (Self, Vec<Mistake>) {
        Self::read_all(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }

    #[cold]
    fn read_all(variables: Vec<(String, Value)>) -> (Self, Vec<Mistake>) {
        let mut reader = Reader { variables, mistakes: Mistakes::default(), lost: Vec::new() };
        reader.name_misspelled();
        let mut config = Self {
            origin: reader.origin(),
            mode: reader.read(&table::MODE),
            holdout: reader.read(&table::HOLDOUT),
            switched: State::default(),
            hints: reader.hints(),
            rules: reader.rules(),
            urls: reader.urls(),
            next_pages: reader.next_pages(),
            effects: reader.effects(),
            learning: reader.learning(),
            report: reader.read(&table::ADMIN_TOKEN).and_then(|token| Seal::new(&token, None)),
        };
        config.hints.preferences.several = match config.next_pages.min_visitors {
            // Whoever comes, be it somebody whose address nobody knows.
            1 => 0,
            more => SEVERAL.min(more),
        };
        config.switched = State::all(config.mode);
        config.stop(&reader.lost);
        (config, reader.mistakes())
    }

    /// The configuration for pages in this state.
    #[must_use]
    pub fn in_state(&self, state: State) -> Self {
        let mut config = Self { switched: state, ..self.clone() };
        if state.learns() && state.of(Feature::Deferral) == Mode::Off {
            config.effects.seal = None;
        }
        config
    }

    /// The same where no rule may name what the first patterns mean, nor, if the second are given, what they do not.
    #[must_use]
    pub fn with_unguarded(mut self, (unnamed, only): (Vec<UrlGlob>, Option<Vec<UrlGlob>>)) -> Self {
        self.urls.unsafe_urls = self.urls.unsafe_urls.with_unguarded(unnamed, only);
        self
    }

    /// The names of all variables, in the order in which they are described.
    pub const VARIABLES: &[&str] = table::NAMES;

    /// Whether a variable is a secret, whose value is shown to nobody.
    #[must_use]
    pub fn is_secret(variable: &str) -> bool {
        [&table::SEAL_KEY, &table::SEAL_KEY_OLD, &table::ADMIN_TOKEN]
            .iter()
            .any(|secret| secret.name == variable)
    }

    /// Whether next pages are learned: what is learned of them shows in rules alone.
    #[must_use]
    pub fn learns_next_pages(&self) -> bool {
        self.rules.is_on && self.next_pages.is_on
    }

    /// What a next-page learner publishes by.
    #[must_use]
    pub fn next_page_preferences(&self) -> NextPagePreferences<'_> {
        NextPagePreferences {
            min_visitors: self.next_pages.min_visitors,
            waste_budget: self.next_pages.waste_budget,
            prerender: self.next_pages.prerender,
            publish_ms: u64::from(self.learning.publish_seconds) * 1000,
            unsafe_urls: &self.urls.unsafe_urls,
            regulates_eagerness: self.regulates_eagerness(),
        }
    }

    /// Whether the baseline's eagerness regulates itself, which takes that speculations are counted and their use is told.
    #[must_use]
    pub fn regulates_eagerness(&self) -> bool {
        self.rules.eagerness.is_none()
            && self.learns_next_pages()
            && self.rules.activation_signal
            && self.rules.delivery == RulesDelivery::Header
    }

    /// Stops what a list was to protect of which nothing can be read.
    fn stop(&mut self, lost: &[Guard]) {
        if lost.iter().any(|guard| matches!(guard, Guard::Speculation | Guard::Sessions)) {
            self.urls.unsafe_urls = UnsafeUrls::new(UrlGlob::parse("/*").into_iter().collect(), Vec::new());
        }
        if lost.contains(&Guard::Hints) {
            self.hints.is_on = false;
        }
    }
}

struct Reader {
    variables: Vec<(String, Value)>,
    mistakes: Mistakes,
    /// What the lists were to protect of which nothing can be read.
    lost: Vec<Guard>,
}

impl Reader {
    fn read<K: Kind>(&mut self, variable: &Variable<K>) -> K::Setting {
        variable.kind.read(said(&self.variables, variable.name), &mut self.mistakes)
    }

    fn origin(&mut self) -> OriginServer {
        let mut origin = self.read(&table::ORIGIN);
        // Every other kind of origin is asked for the public host in any case.
        if let OriginServer::Url { url, host } = &mut origin
            && self.read(&table::ORIGIN_HOST) == OriginHost::Public
        {
            if url.port().is_none() {
                *host = OriginHost::Public;
            } else {
                self.mistakes.origin_host(table::ORIGIN_HOST.name);
            }
        }
        origin
    }

    #[inline(never)]
    fn list(&mut self, variable: &Variable<kind::List>) -> Vec<String> {
        let Listed { items, lost } = self.read(variable);
        self.lost.extend(lost);
        items
    }

    #[inline(never)]
    fn url_globs(&mut self, variable: &Variable<kind::List>) -> Vec<UrlGlob> {
        self.list(variable).iter().filter_map(|pattern| UrlGlob::parse(pattern).ok()).collect()
    }

    /// Names the variables that are spelled nearly like one that there is.
    fn name_misspelled(&mut self) {
        for (name, _) in &self.variables {
            if let Some(variable) = close::closest(name, table::NAMES) {
                let message = format!("there is no variable {name}, so it does nothing; write {variable}.");
                self.mistakes.0.push(Mistake { variable, message });
            }
        }
    }

    fn mistakes(self) -> Vec<Mistake> {
        let Mistakes(mut mistakes) = self.mistakes;
        let more = mistakes.len().saturating_sub(MAX_MISTAKES);
        mistakes.truncate(MAX_MISTAKES);
        if let Some(last) = mistakes.last().filter(|_| more > 0) {
            let message = format!("and {more} more mistakes.");
            mistakes.push(Mistake { variable: last.variable, message });
        }
        mistakes
    }

    fn hints(&mut self) -> Hints {
        let stylesheets = self.read(&table::READ_STYLESHEETS);
        Hints {
            is_on: self.read(&table::HINTS),
            redirects: self.read(&table::HINT_REDIRECTS),
            stylesheets,
            preferences: HintPreferences {
                reads_third_parties: stylesheets == ReadStylesheets::All,
                preconnect: self.read(&table::MAX_PRECONNECT) as usize,
                dns_prefetch: self.read(&table::MAX_DNS_PREFETCH) as usize,
                preload: self.read(&table::MAX_PRELOAD) as usize,
                early_hints: self.read(&table::EARLY_HINTS),
                asks: self.read(&table::BEACON),
                denied: Hosts::new(self.list(&table::DENY_HOSTS)),
                // With what is said of next pages.
                ..HintPreferences::default()
            },
            changes_largest_picture: self.read(&table::LARGEST_PICTURE),
        }
    }

    fn rules(&mut self) -> Rules {
        Rules {
            is_on: self.read(&table::RULES),
            eagerness: self.read(&table::EAGERNESS),
            activation_signal: self.read(&table::ACTIVATION_SIGNAL),
            for_sessions: self.read(&table::SESSION_RULES),
            delivery: self.read(&table::RULES_DELIVERY),
            no_vary_search: self.read(&table::NO_VARY_SEARCH),
            siblings: self
                .list(&table::PRERENDER_SIBLINGS)
                .iter()
                .filter_map(|origin| Origin::parse(origin))
                .collect(),
            prefetch_proxy_share: self.read(&table::PREFETCH_PROXY_SHARE),
        }
    }

    fn urls(&mut self) -> Urls {
        Urls {
            unsafe_urls: UnsafeUrls::new(
                self.url_globs(&table::UNSAFE_URLS),
                self.url_globs(&table::SAFE_URLS),
            )
            .with_counted(self.url_globs(&table::EFFECT_PATHS_REFUSED)),
            inert_parameters: InertParameters::new(&self.list(&table::INERT_PARAMETERS)),
        }
    }

    fn next_pages(&mut self) -> NextPages {
        NextPages {
            is_on: self.read(&table::NEXT_PAGES),
            prerender: self.read(&table::PRERENDER),
            prerender_trial: self.list(&table::PRERENDER_TRIAL),
            waste_budget: self.read(&table::WASTE_BUDGET),
            min_visitors: self.read(&table::MIN_VISITORS),
            visitor_address: self.list(&table::VISITOR_ADDRESS).into_iter().next(),
        }
    }

    fn effects(&mut self) -> Effects {
        let (key, old_key) = (self.read(&table::SEAL_KEY), self.read(&table::SEAL_KEY_OLD));
        let mut sessions = self.list(&table::SESSION_COOKIES);
        // Before it is asked whether one of the two lists of sessions is lost.
        let renewed = self.list(&table::RENEWED_COOKIES);
        if self.lost.contains(&Guard::Sessions) {
            sessions.push("*".to_owned());
        }
        let gated = self.list(&table::GATE_SCRIPTS);
        Effects {
            cookies: CookieClasses::new(
                &sessions,
                &self.list(&table::INERT_COOKIES),
                &self.list(&table::CSRF_COOKIES),
            )
            .with_renewed(&renewed),
            unknown_cookies: self.read(&table::UNKNOWN_COOKIES),
            seal: key.and_then(|key| Seal::new(&key, old_key.as_deref())),
            paths: EffectPaths::new(
                self.url_globs(&table::EFFECT_PATHS),
                self.url_globs(&table::EFFECT_PATHS_AT_LEAST_ONCE),
            ),
            ledger_shards: self.read(&table::LEDGER_SHARDS),
            strip_parameters: self.read(&table::STRIP_PARAMETERS),
            analytics: self.read(&table::GATE_ANALYTICS).then(|| Analytics::new(&gated)),
            clear_speculations: self.read(&table::CLEAR_SPECULATIONS),
            keep_prefetch: self.read(&table::KEEP_PREFETCH),
        }
    }

    fn learning(&mut self) -> Learning {
        Learning {
            sample: self.read(&table::LEARN_SAMPLE),
            read_bytes: self.read(&table::READ_BYTES),
            shards: self.read(&table::LEARNER_SHARDS),
            batch_seconds: self.read(&table::BATCH_SECONDS),
            batch_views: self.read(&table::BATCH_VIEWS),
            publish_seconds: self.read(&table::PUBLISH_SECONDS),
            refresh_seconds: self.read(&table::REFRESH_SECONDS),
        }
    }
}

/// What a variable says; an empty value says nothing.
#[inline(never)]
fn said<'a>(variables: &'a [(String, Value)], name: &'static str) -> Option<Said<'a>> {
    let (_, value) = variables.iter().find(|(known, value)| known == name && !value.is_empty())?;
    Some(Said { name, value })
}

#[cfg(test)]
mod tests;
