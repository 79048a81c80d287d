//! Why a page is given what it is given: every rule, list and number that decided, in sentences.
//!
//! What decides is asked itself: [`admit`] and [`plan()`](plan::plan), by a request as a browser would send it, and an answer that is taken to be an
//! ordinary page. What each sentence says comes from the same functions that they call. Of a speculation on the page
//! [`super::speculation`] says more.

use super::model::{Known, Next};
use super::speculation;
use super::subjects::{self, Subject};
use crate::config::{Config, RulesDelivery, SessionRules};
use crate::effects::seal::NONCE_BYTES;
use crate::effects::session;
use crate::effects::source_token::SourceKey;
use crate::endpoints;
use crate::head::{Content, Head};
use crate::ineligible::Ineligible;
use crate::learn::learner::{MIN_VIEWS, PAGE};
use crate::limits::SEVERAL;
use crate::navigation::source::NAVIGATION;
use crate::plan::exchange::Exchange;
use crate::plan::snapshots::SiteNextPages;
use crate::plan::{self, Admission, Ambient, Edit, Learned, Plan, Sampling, Seen, admit, rules_delivery};
use crate::published::hint_snapshot::Knowledge;
use crate::rules::learned::Known as LearnedNext;
use crate::rules::served::RuleSets;
use crate::switches::{Feature, Mode, State};
use crate::visit::Visit;
use serde::Serialize;
use std::fmt::Write as _;
use url::{Position, Url};

/// The longest text of a parameter that is looked at, in bytes, and the most `Set-Cookie` lines.
const MAX_BYTES: usize = 4096;
const MAX_LINES: usize = 20;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The page.
    pub url: Url,
    /// Whether a browser asks for it ahead of a click.
    pub speculates: bool,
    /// Whether it renders it, too.
    pub prerenders: bool,
    /// The cookies that the visitor has.
    pub cookies: String,
    /// The `Set-Cookie` lines that the origin is taken to answer with.
    pub set_cookies: Vec<String>,
}

impl Asked {
    /// Reads what a URL of ours asks for.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn read(asking: &Url) -> Result<Self, &'static str> {
        let parameter = |wanted: &str| {
            asking.query_pairs().find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
        };
        let is_on =
            |wanted: &str| parameter(wanted).is_some_and(|value| !matches!(value.as_str(), "" | "0" | "off"));
        let named = parameter("url").filter(|url| !url.is_empty()).ok_or("Say which page: ?url=/path")?;
        if named.len() > MAX_BYTES {
            return Err("The URL is longer than is looked at.");
        }
        let mut url = asking.join(&named).map_err(|_| "That is no URL.")?;
        if url.origin() != asking.origin() {
            return Err("That is no URL of this site.");
        }
        if endpoints::is_own(url.path()) {
            return Err("That is Headstart's own.");
        }
        url.set_fragment(None);
        let prerenders = is_on("prerender");
        let set_cookies =
            asking.query_pairs().filter(|(name, value)| name == "set-cookie" && !value.is_empty());
        Ok(Self {
            url,
            speculates: prerenders || is_on("speculate"),
            prerenders,
            cookies: parameter("cookie").unwrap_or_default(),
            set_cookies: set_cookies.take(MAX_LINES).map(|(_, value)| value.into_owned()).collect(),
        })
    }

    /// The request as a browser would send it.
    #[must_use]
    pub fn visit(&self) -> Visit {
        let purpose = if self.prerenders { "prefetch;prerender" } else { "prefetch" };
        let said = [
            ("cookie", self.cookies.as_str(), !self.cookies.is_empty()),
            ("sec-purpose", purpose, self.speculates),
            ("sec-fetch-site", "same-origin", true),
            ("referer", &self.url[..Position::BeforePath], true),
        ];
        let said = said.into_iter().filter(|(.., is_said)| *is_said).map(|(name, value, _)| (name, value));
        let fields: Vec<(&str, &str)> =
            NAVIGATION.into_iter().map(|(field, value)| (field.name(), value)).chain(said).collect();
        Visit::with("GET", self.url.clone(), &fields)
    }

    /// The answer as it is taken to be.
    pub(super) fn head(&self) -> Head {
        Head {
            status: 200,
            content: Content::Page,
            media_type: Some("text/html; charset=utf-8".to_owned()),
            is_readable: true,
            set_cookies: self.set_cookies.clone(),
            ..Head::default()
        }
    }

    /// The path and query.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.url[Position::BeforePath..Position::AfterQuery]
    }
}

/// What the answer follows from.
#[derive(Debug)]
pub struct Context<'a> {
    /// Host and port.
    pub site: &'a str,
    /// The configuration.
    pub config: &'a Config,
    /// The rule sets that all pages share.
    pub rule_sets: &'a RuleSets,
    /// What was published.
    pub hints: &'a [Known],
    /// See [`hints`](Self::hints).
    pub next: &'a Next,
    /// The same as a request uses it.
    pub site_next: Option<&'a SiteNextPages>,
    /// Why the page is ineligible by what was met or published.
    pub met: Option<Ineligible>,
    /// The time, in milliseconds since the epoch.
    pub now: u64,
}

/// A sentence, and whether it stands in the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Said {
    /// Whether this is what refuses.
    pub is_decisive: bool,
    /// The sentence.
    pub text: String,
}

/// Why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// The page: path and query.
    pub url: String,
    /// Whether a speculation on it is explained.
    pub speculates: bool,
    /// What comes of it, in one sentence.
    pub outcome: String,
    /// All that was looked at, in the order in which it is.
    pub said: Vec<Said>,
    /// The header lines that are added to an ordinary page.
    pub lines: Vec<(&'static str, String)>,
    /// What is known of the page.
    pub subject: Subject,
}

/// Sentences that are being gathered.
#[derive(Debug, Default)]
pub(super) struct Sentences(pub(super) Vec<Said>);

impl Sentences {
    /// Adds a sentence that decides nothing.
    pub(super) fn say(&mut self, text: impl Into<String>) {
        self.0.push(Said { is_decisive: false, text: text.into() });
    }

    /// Adds a sentence, and whether it decides.
    pub(super) fn decide(&mut self, is_decisive: bool, text: impl Into<String>) {
        self.0.push(Said { is_decisive, text: text.into() });
    }
}

/// Nothing is sampled, and nothing is drawn by lot.
struct Still(u64);

impl Ambient for Still {
    fn samples(&mut self, _: Sampling) -> bool {
        false
    }

    fn now(&self) -> u64 {
        self.0
    }

    fn nonce(&mut self) -> [u8; NONCE_BYTES] {
        [0; NONCE_BYTES]
    }

    fn source_key(&self) -> Option<SourceKey> {
        None
    }
}

/// What is decided about the request, had the origin answered with an ordinary page.
pub(super) fn planned(asked: &Asked, context: &Context<'_>) -> Plan {
    let (visit, head) = (asked.visit(), asked.head());
    let path = asked.url.path();
    let exchange = Exchange::read(&visit, &head, context.config);
    let best = context.hints.iter().filter_map(|known| known.snapshot.known(path));
    let knowledge = best.min_by_key(|known| known.basis).map_or(Knowledge::Unknown, Knowledge::Known);
    let leads_to = context.hints.iter().find_map(|known| known.snapshot.leads_to(path));
    let plan = |known: Option<LearnedNext<'_>>| {
        let learned = Learned {
            knowledge,
            leads_to,
            guidance: exchange.guidance(known),
            rule_sets: context.rule_sets,
            seen: Seen::default(),
            is_routine: false,
        };
        plan::plan(&visit, &head, learned, context.config, &mut Still(context.now))
    };
    match context.site_next {
        Some(site) => site.with_known(path, plan),
        None => plan(None),
    }
}

/// Why the page, or a speculation on it, is given what it is given.
#[must_use]
pub fn explain(asked: &Asked, context: &Context<'_>) -> Explanation {
    let subject = subjects::of(asked.url.path(), context.site, context.hints, context.next);
    let mut sentences = Sentences::default();
    let admission = admit(&asked.visit(), context.config, context.rule_sets, || context.met.clone());
    let plan = match admission {
        Admission::Refuse(why) => Err(why),
        _ => match planned(asked, context) {
            Plan::Refuse(refusal) => Err(refusal.why),
            Plan::Edit(edit) => Ok(edit),
            Plan::Pass | Plan::AdviseProxies { .. } => Ok(Edit::default()),
        },
    };
    say_state(context.config.switched, &mut sentences);
    let outcome = if asked.speculates {
        speculation::say(asked, context, &plan, &mut sentences)
    } else {
        say_of_page(asked, context, &subject, &mut sentences)
    };
    let lines = plan.map(|edit| edit.append).unwrap_or_default();
    Explanation {
        url: asked.target().to_owned(),
        speculates: asked.speculates,
        outcome,
        said: sentences.0,
        lines,
        subject,
    }
}

/// Says what is switched for the page, where not everything is on.
fn say_state(state: State, sentences: &mut Sentences) {
    match state.mode() {
        Mode::Off => {
            sentences.decide(true, "It is off for this page, by MODE or a switch: everything passes.");
            return;
        }
        Mode::Shadow => sentences.decide(
            true,
            "It is in shadow for this page, by MODE or a switch: what follows would be done, and is not.",
        ),
        Mode::On => {}
    }
    if state.is_held_out() {
        sentences.decide(
            true,
            "The page is held out today, so that others can be compared with it (HOLDOUT): it is given no hints, no preloads and no \
             rules.",
        );
        return;
    }
    for feature in Feature::ALL {
        let of = state.of(feature);
        if of != state.mode() {
            let (feature, of) = (feature.as_str(), of.as_str());
            sentences.decide(true, format!("Of the features, {feature} is switched to {of} for this page."));
        }
    }
}

fn say_of_page(asked: &Asked, context: &Context<'_>, subject: &Subject, sentences: &mut Sentences) -> String {
    say_hints(context.config, subject, sentences);
    say_rules(asked, context, subject, sentences);
    let preferences = &context.config.hints.preferences;
    sentences.say(match (preferences.asks, subject.asked) {
        (false, _) => {
            "BEACON is off, so no browser is asked how a view went, and nothing is preloaded.".to_owned()
        }
        (true, Some(share)) => format!("The browsers of {share} of its views are asked how they went."),
        (true, None) => "No browser is asked at present how a view of it went.".to_owned(),
    });
    let given =
        if context.config.switched.does_all() { "is given" } else { "would be given, were all of it on," };
    format!(
        "A view of this page {given} {} hints, {} rules files, and {} next pages are known.",
        subject.hints.len(),
        subject.rules.len(),
        subject.next.len()
    )
}

fn say_hints(config: &Config, subject: &Subject, sentences: &mut Sentences) {
    let preferences = &config.hints.preferences;
    if !config.hints.is_on {
        sentences.say("HINTS is off, so no page gets a Link header.");
        return;
    }
    sentences.say(match subject.hints_by {
        None => format!(
            "Nothing is known of the page's third parties. It is known once {SEVERAL} visitors without a session were given it on one \
             day and {} views of it were read (MIN_VISITORS may be less); its route, once several of its pages are.",
            MIN_VIEWS.ceil()
        ),
        Some("page") => "Its hints are known from views of the page itself.".to_owned(),
        Some("route") => "Its hints are those that the pages of its route have in common.".to_owned(),
        Some(_) => "Its hints are those that nearly all pages of the site have in common.".to_owned(),
    });
    for hint in &subject.hints {
        let mut text = format!("{}: {}", hint.hint, hint.action);
        // Writing to a string cannot fail.
        if let Some(share) = hint.share {
            let _ = write!(text, ", since {share} % of the views need it");
        }
        if let Some(gain) = hint.gain_ms {
            let _ = write!(text, "; it gains some {gain} ms");
        }
        if !hint.because.is_empty() {
            let _ = write!(text, "; {}", hint.because);
        }
        sentences.say(text + ".");
    }
    sentences.say(format!(
        "An origin comes on the list when {} % of the views need it, and leaves it below {} %. There are at most {} preconnects \
         (MAX_PRECONNECT), {} DNS look-ups (MAX_DNS_PREFETCH) and {} preloads (MAX_PRELOAD); what few visitors were shown, and what \
         DENY_HOSTS names, is never on it.",
        PAGE.enter * 100.0,
        PAGE.stay * 100.0,
        preferences.preconnect,
        preferences.dns_prefetch,
        preferences.preload
    ));
    if let Some(origin) = &subject.redirects_to {
        sentences.say(format!(
            "Its path always redirects to {origin}, which a redirect names in its Link header."
        ));
    }
}

fn say_rules(asked: &Asked, context: &Context<'_>, subject: &Subject, sentences: &mut Sentences) {
    let config = context.config;
    if !config.rules.is_on {
        sentences.say("RULES is off, so no page names rules.");
        return;
    }
    let has_session = session::is_in(&asked.cookies, &config.effects.cookies);
    if rules_delivery::is_written_on(&asked.visit(), config) {
        sentences.say(
            "The URL says that something is written there, and the visitor may have a session, so they get no rules, and what is asked \
             for from there on a guess is refused.",
        );
        return;
    }
    if has_session {
        sentences.say(match config.rules.for_sessions {
            SessionRules::Baseline => {
                "The visitor has a session, so the baseline is all they get (SESSION_RULES)."
            }
            SessionRules::None => "The visitor has a session, so they get no rules (SESSION_RULES).",
        });
    }
    sentences.say(match config.rules.delivery {
        RulesDelivery::Header => {
            format!("Rules come as files, which a header field names: {}.", subject.rules.join(", "))
        }
        RulesDelivery::Inline => "Rules come in the page itself (RULES_DELIVERY).".to_owned(),
    });
    if subject.has_rules {
        sentences.say("The page has document rules of its own, so the baseline is left to them.");
    }
    sentences.say(match config.rules.eagerness {
        Some(eagerness) => format!("The baseline is {} (EAGERNESS).", eagerness.as_str()),
        None => "The baseline regulates its eagerness itself (EAGERNESS is auto); the report says how eager it is and why.".to_owned(),
    });
    if !config.next_pages.is_on {
        sentences.say("NEXT_PAGES is off, so no next pages are learned.");
    } else if let Some(key) = &subject.next_by {
        sentences.say(format!("Its next pages are known under {key}."));
    } else {
        sentences.say(format!(
            "No next pages of it are known: a page is named once {} different visitors without a session were given it on one day \
             (MIN_VISITORS).",
            config.next_pages.min_visitors
        ));
    }
    for next in &subject.next {
        sentences.say(format!(
            "{} follows a view with a probability of {:.3}, so it is {} ({}); of such speculations {} were used lately, {} were not, \
             and {} are open. WASTE_BUDGET is {}.",
            next.path,
            next.probability,
            if next.action == "prefetch" { "prefetched" } else { "prerendered" },
            next.eagerness,
            next.used,
            next.wasted,
            next.open,
            config.next_pages.waste_budget
        ));
    }
    for left in &subject.left_out {
        let why = left.why.as_deref().unwrap_or("no reason is published");
        let refused = if left.is_refused { "; speculations on it are refused" } else { "" };
        sentences.say(format!("No rule names it, since {} is left out ({why}){refused}.", left.path));
    }
}

#[cfg(test)]
mod tests;
