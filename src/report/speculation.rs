//! What would become of a speculation on a page, and why: each thing that is looked at, in the order in which it is.

use super::why::{Asked, Context, Sentences};
use super::words;
use crate::effects::class::Class;
use crate::effects::cookie::{self, SetCookie};
use crate::effects::session;
use crate::effects::set_cookie::{CookieDecision, decide};
use crate::effects::ticket::Delivery;
use crate::ineligible::Ineligible;
use crate::plan::counting::word_of;
use crate::plan::{Edit, deferral};
use crate::urls::unsafe_urls::{Entry, Verdict};
use crate::visit::{MAX_URL_BYTES, Visit};

/// Says all of it, and answers with the outcome in a sentence.
pub(super) fn say(
    asked: &Asked,
    context: &Context<'_>,
    plan: &Result<Edit, Ineligible>,
    sentences: &mut Sentences,
) -> String {
    let visit = asked.visit();
    let refused = plan.as_ref().err();
    say_url(&visit, context, refused, sentences);
    say_met(context, refused, sentences);
    say_effects(&visit, context, refused, sentences);
    say_cookies(asked, context, refused, sentences);
    if let Ok(edit) = plan {
        say_answer(edit, sentences);
    }
    let kind = if asked.prerenders { "prerender" } else { "prefetch" };
    match refused {
        Some(why) => {
            let told = why.refusal().unwrap_or_else(|| why.as_str().to_owned());
            format!(
                "A {kind} of this page would be refused with 503 and Headstart-Refused: {told}. The click then does the real \
                 navigation."
            )
        }
        None if !context.config.switched.guards() => format!(
            "A {kind} of this page would reach the origin as if Headstart were not there, since nothing is made safe for it."
        ),
        None => format!(
            "A {kind} of this page would reach the origin, and be answered, if the origin's answer is the ordinary page that is \
             assumed here."
        ),
    }
}

fn say_url(visit: &Visit, context: &Context<'_>, refused: Option<&Ineligible>, sentences: &mut Sentences) {
    let config = context.config;
    let length = visit.url.as_str().len();
    let is_too_long = refused == Some(&Ineligible::UrlTooLong);
    sentences.decide(is_too_long, format!("The URL has {length} bytes; {MAX_URL_BYTES} are looked at."));
    let unsafe_urls = &config.urls.unsafe_urls;
    match unsafe_urls.verdict(&visit.url) {
        Some(Verdict { rule, by }) => {
            let by = match by {
                Entry::Site(pattern) => format!("the pattern {pattern} of UNSAFE_URLS"),
                Entry::Product(pattern) => format!("the built-in pattern {pattern} of a product"),
                Entry::Segment(segment) => format!("the segment {segment} of its path"),
                Entry::Parameter(parameter) => format!("its parameter {parameter}"),
                Entry::Length => "its length".to_owned(),
            };
            let text = format!(
                "The rule {rule} says by {by} that the URL does something when it is fetched. Is it safe all the same, name it in \
                 SAFE_URLS."
            );
            sentences.decide(matches!(refused, Some(Ineligible::UnsafeUrl { .. })), text);
        }
        None if unsafe_urls.is_exempt(&visit.url) => {
            sentences.say("SAFE_URLS says that the URL does nothing.");
        }
        None => sentences.say("No rule says that the URL does something when it is fetched."),
    }
    if let Some(rule) = unsafe_urls.rule_for_editors(&visit.url) {
        let has_session = session::may_be_in(visit.cookies(), &config.effects.cookies);
        let whom = if has_session { "who has one" } else { "who has none here" };
        let text =
            format!("The rule {rule} says that it does something for a visitor with a session, {whom}.");
        sentences.decide(has_session && matches!(refused, Some(Ineligible::UnsafeUrl { .. })), text);
    }
    if config.urls.inert_parameters.has_any(&visit.url) {
        let without = config.urls.inert_parameters.without(&visit.url);
        sentences.say(if config.effects.strip_parameters {
            format!("The origin is asked for {without}, without inert parameters (STRIP_PARAMETERS).")
        } else {
            "It has inert parameters, which the origin is given (STRIP_PARAMETERS is off).".to_owned()
        });
    }
}

fn say_met(context: &Context<'_>, refused: Option<&Ineligible>, sentences: &mut Sentences) {
    match &context.met {
        None => sentences.say("Neither this isolate nor what is published knows anything against the page."),
        Some(why) => {
            let whom = match why {
                Ineligible::Quarantined(affected) | Ineligible::QuarantinedRoute(affected) => {
                    format!(", {}", words::whom(affected))
                }
                _ => String::new(),
            };
            let text = match why {
                Ineligible::Suspected { rule } => format!(
                    "Links to it say by the rule {rule} that it does something, and plain views have not shown that it does nothing."
                ),
                Ineligible::QuarantinedRoute(affected) => format!(
                    "This isolate has met several pages of its route to be ineligible ({}){whom}.",
                    affected.as_str()
                ),
                Ineligible::Quarantined(affected) => {
                    format!("This isolate has met the page to be ineligible ({}){whom}.", affected.as_str())
                }
                other => words::meaning(other.as_str()).to_owned(),
            };
            sentences.decide(refused == Some(why), text);
        }
    }
}

fn say_effects(
    visit: &Visit,
    context: &Context<'_>,
    refused: Option<&Ineligible>,
    sentences: &mut Sentences,
) {
    let config = context.config;
    let is_effect = matches!(refused, Some(Ineligible::Effect(_)));
    if config.urls.unsafe_urls.is_counted(&visit.url) {
        sentences.decide(
            is_effect,
            "EFFECT_PATHS_REFUSED says that the origin counts it whatever Sec-Purpose says.",
        );
    }
    match config.effects.paths.delivery_of(&visit.url) {
        Some(delivery) => {
            let list = match delivery {
                Delivery::AtMostOnce => "EFFECT_PATHS",
                Delivery::AtLeastOnce => "EFFECT_PATHS_AT_LEAST_ONCE",
            };
            let text = format!(
                "{list} says that it counts a visit, so the origin is asked once more, as a visit, on activation."
            );
            sentences.decide(is_effect, text);
        }
        None => sentences.say("EFFECT_PATHS does not name it, so nothing of it counts."),
    }
    sentences.decide(
        is_effect && config.effects.seal.is_none(),
        if config.effects.seal.is_none() {
            "SEAL_KEY is not set, so there are no tickets, and nothing can be deferred."
        } else if deferral::has_tickets(visit, config) {
            "SEAL_KEY is set, and the browser can bring a ticket back, so cookies and visits can be deferred."
        } else {
            "SEAL_KEY is set, but whoever asks so cannot bring a ticket back."
        },
    );
}

fn say_cookies(
    asked: &Asked,
    context: &Context<'_>,
    refused: Option<&Ineligible>,
    sentences: &mut Sentences,
) {
    let effects = &context.config.effects;
    if cookie::is_too_large(&asked.cookies) {
        sentences.decide(
            refused == Some(&Ineligible::TooManyCookies),
            "The visitor has more cookies than are looked at.",
        );
        return;
    }
    for (name, _) in cookie::pairs(&asked.cookies).filter(|(name, _)| !name.is_empty()).take(50) {
        let class = effects.cookies.of_name(name);
        let follows = match class {
            Class::Session => "; the page depends on it",
            Class::Cart => "; the page may depend on it",
            _ => "",
        };
        sentences.say(format!("The visitor's cookie {name} is taken for: {}{follows}.", word_of(class)));
    }
    if asked.set_cookies.is_empty() {
        sentences.say("The answer is taken to set no cookie; say set-cookie=… for one that does.");
        return;
    }
    let path = asked.url.path();
    let decided = decide(
        &asked.set_cookies,
        &asked.cookies,
        path,
        &effects.cookies,
        effects.unknown_cookies,
        context.now,
    );
    let is_cookie = matches!(refused, Some(Ineligible::SetCookie { .. } | Ineligible::TooManyCookies));
    match decided {
        Err(why) => sentences.decide(is_cookie, words::meaning(why.as_str())),
        Ok(decided) => {
            for (line, decision) in asked.set_cookies.iter().zip(decided.decisions()) {
                let cookie = SetCookie::parse(line).at(context.now);
                let class = word_of(effects.cookies.of(&cookie));
                let fate = match decision {
                    CookieDecision::Pass => "reaches the visitor with the answer",
                    CookieDecision::Defer { before: Some(_), .. } => {
                        "is deferred, and set on activation if the visitor's is still the same by then"
                    }
                    CookieDecision::Defer { before: None, .. } => "is deferred to activation",
                    CookieDecision::LeaveOut => "is left out: it deletes what the visitor does not have",
                    CookieDecision::Stuck { .. } => "would have to be deferred, and no ticket can do that",
                };
                let is_it =
                    matches!(refused, Some(Ineligible::SetCookie { name, .. }) if name == cookie.name);
                sentences.decide(
                    is_it,
                    format!("The cookie {} that is set is taken for: {class}; it {fate}.", cookie.name),
                );
            }
        }
    }
}

fn say_answer(edit: &Edit, sentences: &mut Sentences) {
    if edit.deferred().is_some() {
        sentences.say("The answer is given a ticket, which brings what is deferred on activation.");
    }
    if edit.rendering.is_some() {
        sentences.say("A prerendered page is read as a whole before it is answered, and may still be refused by what stands in it.");
    }
}
