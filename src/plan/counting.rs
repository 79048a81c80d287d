//! Decides what of a request and its answer is counted for the report ([`crate::tally`]). Where there is no report, nobody asks.
//!
//! A speculation is counted by what had the browser ask ahead. Which rule that was is told when it arrives by its tags, and when it is used by
//! the token that its page bears ([`source_token`](crate::effects::source_token)); both follow one rule
//! ([`rule_of`]), so that the two numbers can be compared. Whether an unused one was wasted is known only of those whose use would have been told:
//! these are counted apart ([`Counted::Told`]).

use super::deferral::decided;
use super::exchange::Exchange;
use super::{Edit, Plan, rules_delivery, shown};
use crate::config::Config;
use crate::effects::class::Class;
use crate::effects::cookie::{MAX_LINES, SetCookie};
use crate::effects::set_cookie::CookieDecision;
use crate::effects::source_token::AskedBy;
use crate::endpoints;
use crate::head::Head;
use crate::ineligible::Ineligible;
use crate::navigation::event::{NavigationEvent, NavigationEvents};
use crate::navigation::source::NAVIGATION;
use crate::speculation::{Eagerness, Guess};
use crate::tally::{Counted, Deferred, Engine, Fate, Rule, View};
use crate::urls::private_path::looks_private;
use crate::visit::fields::Field;
use crate::visit::{Method, Visit};

/// What stands for the name of a cookie that looks like somebody's own.
pub const OWN_NAME: &str = "(a name that looks like somebody's own)";

/// What had a browser ask, by what the token of the page says. `learned` is how eager a learned rule was.
#[must_use]
pub fn rule_of(by: AskedBy, learned: Option<Eagerness>, config: &Config) -> Rule {
    match by {
        AskedBy::LearnedRule => Rule::Learned(learned),
        AskedBy::Baseline(Guess { is_moderate: true, .. }) => Rule::Baseline(Eagerness::Moderate),
        AskedBy::Baseline(_) | AskedBy::PressedInSession(_) => Rule::Baseline(Eagerness::Conservative),
        AskedBy::AnyRule => config.rules.eagerness.map_or(Rule::Other, Rule::Baseline),
    }
}

/// What had a browser ask, where that is no more than its tags tell.
fn rule_by_tags(visit: &Visit, config: &Config) -> Rule {
    if visit.is_prefetch_by_page() {
        return Rule::Script;
    }
    let by = match rules_delivery::guess(visit, config) {
        _ if rules_delivery::is_by_learned_rules(visit) => AskedBy::LearnedRule,
        Some(guess) => AskedBy::Baseline(guess),
        None => AskedBy::AnyRule,
    };
    rule_of(by, None, config)
}

/// What the origin's answer tells. `learned` is how eager the learned rule was that asked, if one has.
#[must_use]
pub fn of_answer(
    exchange: &Exchange<'_>,
    plan: &Plan,
    learned: Option<Eagerness>,
    config: &Config,
) -> Vec<(Counted<'static>, u64)> {
    let Exchange { visit, head, .. } = exchange;
    let is_navigation = visit.is_speculative_navigation();
    let Some(speculation) = visit.speculation.filter(|_| is_navigation || visit.is_prefetch_by_page()) else {
        return of_view(visit, head);
    };
    let rule = if is_navigation {
        let by = match exchange.guess {
            _ if exchange.is_next => AskedBy::LearnedRule,
            Some(guess) => AskedBy::Baseline(guess),
            None => AskedBy::AnyRule,
        };
        rule_of(by, learned, config)
    } else {
        Rule::Script
    };
    let mut counted = vec![(Counted::Arrived(rule, speculation), 1)];
    match plan {
        Plan::Refuse(_) => counted.push((Counted::Refused(rule), 1)),
        Plan::Pass | Plan::AdviseProxies { .. } | Plan::Edit(_) => {
            counted.push((Counted::Bytes(rule), head.length.unwrap_or_default() as u64));
        }
    }
    if let Plan::Edit(edit) = plan {
        let is_told = edit.append.iter().any(|(name, value)| {
            name.eq_ignore_ascii_case("speculation-rules") && endpoints::names_source(value)
        });
        counted.push((Counted::Told(rule), u64::from(is_told)));
        if edit.deferred().is_some() && config.effects.paths.delivery_of(&visit.url).is_some() {
            counted.push((Counted::Deferred(Deferred::Visit), 1));
        }
    }
    counted
}

/// What a plain view of a page tells. What replayed decisions have answered is counted where their notes are taken.
fn of_view(visit: &Visit, head: &Head) -> Vec<(Counted<'static>, u64)> {
    let is_view =
        shown::shows_page(visit, head) && visit.method == Method::Get && visit.speculation.is_none();
    if !is_view || !NAVIGATION.iter().all(|(field, value)| visit.field(*field) == Some(value)) {
        return Vec::new();
    }
    let engine = Engine::of(visit.field(Field::UserAgent).unwrap_or_default());
    vec![(Counted::View(View::Plain), 1), (Counted::Engine(engine), 1)]
}

/// What it tells that a speculation was refused before the origin was asked.
#[must_use]
pub fn of_unasked(visit: &Visit, config: &Config) -> Vec<(Counted<'static>, u64)> {
    let is_arrival = visit.is_speculative_navigation() || visit.is_prefetch_by_page();
    let Some(speculation) = visit.speculation.filter(|_| is_arrival) else { return Vec::new() };
    let rule = rule_by_tags(visit, config);
    vec![(Counted::Arrived(rule, speculation), 1), (Counted::Refused(rule), 1)]
}

/// What it tells that one was refused that had been counted as answered: something failed, or the page was read by then.
#[must_use]
pub fn of_late_refusal(visit: &Visit, config: &Config) -> Vec<(Counted<'static>, u64)> {
    let is_arrival = visit.is_speculative_navigation() || visit.is_prefetch_by_page();
    if is_arrival { vec![(Counted::Refused(rule_by_tags(visit, config)), 1)] } else { Vec::new() }
}

/// Why something was refused.
#[must_use]
pub fn of_reason(why: &Ineligible) -> Counted<'_> {
    let rule = match why {
        Ineligible::UnsafeUrl { rule } | Ineligible::Suspected { rule } => Some(rule.as_str()),
        Ineligible::Quarantined(affected) | Ineligible::QuarantinedRoute(affected) => Some(affected.as_str()),
        _ => None,
    };
    Counted::Why(why.as_str(), rule)
}

/// What the signal of an activation tells. `learned` is how eager the learned rule was, if it was one.
#[must_use]
pub fn of_signal(
    happened: &NavigationEvents,
    learned: Option<Eagerness>,
    config: &Config,
) -> [(Counted<'static>, u64); 2] {
    let by = happened.events.iter().find_map(|event| match event {
        NavigationEvent::Activation { from: Some(_), .. } => Some(AskedBy::LearnedRule),
        NavigationEvent::Followed { guess: Some(guess), .. } => Some(AskedBy::Baseline(*guess)),
        NavigationEvent::PressedInSession { pointer, .. } => Some(AskedBy::PressedInSession(*pointer)),
        _ => None,
    });
    let rule = rule_of(by.unwrap_or(AskedBy::AnyRule), learned, config);
    [(Counted::Used(rule), 1), (Counted::View(View::Prefetched), 1)]
}

/// From which page to which a signal says that a visitor went by a learned rule.
#[must_use]
pub fn learned_way(happened: &NavigationEvents) -> Option<(&str, &str)> {
    happened.events.iter().find_map(|event| match event {
        NavigationEvent::Activation { from: Some(from), page } => Some((from.as_str(), page.as_str())),
        _ => None,
    })
}

/// What a class of cookies is called.
#[must_use]
pub fn word_of(class: Class) -> &'static str {
    match class {
        Class::Csrf => "form token",
        Class::Session => "session",
        Class::Sticky => "load balancer",
        Class::Flash => "message",
        Class::SignIn => "sign-in",
        Class::Cart => "cart",
        Class::History => "history",
        Class::Inert => "inert",
        Class::Unknown => "unknown",
    }
}

/// The cookies that an answer sets: the name of each, its class, and what becomes of it.
#[must_use]
pub fn cookies(
    exchange: &Exchange<'_>,
    plan: &Plan,
    config: &Config,
    now: u64,
) -> Vec<(String, &'static str, Fate)> {
    let Exchange { visit, head, .. } = exchange;
    let lines = head.set_cookies.get(..MAX_LINES).unwrap_or(&head.set_cookies);
    if lines.is_empty() {
        return Vec::new();
    }
    let fates = fates(visit, lines, plan, config, now);
    let name_of = |name: &str| {
        if looks_private(&format!("/{name}")) { OWN_NAME.to_owned() } else { name.to_owned() }
    };
    let met = lines.iter().zip(fates).map(|(line, fate)| {
        let cookie = SetCookie::parse(line).at(now);
        (name_of(cookie.name), word_of(config.effects.cookies.of(&cookie)), fate)
    });
    met.collect()
}

/// What becomes of each line.
fn fates(visit: &Visit, lines: &[String], plan: &Plan, config: &Config, now: u64) -> Vec<Fate> {
    let is_guess = visit.is_speculative_navigation() || visit.is_prefetch_by_page();
    let all = |fate| lines.iter().map(|_| fate).collect();
    match plan {
        _ if !is_guess => all(Fate::Set),
        Plan::Refuse(_) => all(Fate::Refused),
        Plan::Edit(edit) if edit.deferred().is_some() => {
            let Ok(decided) = decided(lines, visit, config, now) else { return all(Fate::Refused) };
            let is_deferred = |decision: &CookieDecision| matches!(decision, CookieDecision::Defer { .. });
            let fate = |decision| if is_deferred(decision) { Fate::Deferred } else { Fate::Passed };
            decided.decisions().map(fate).collect()
        }
        Plan::Pass | Plan::Edit(Edit { .. }) | Plan::AdviseProxies { .. } => all(Fate::Passed),
    }
}

#[cfg(test)]
mod tests;
