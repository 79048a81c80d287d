//! Puts navigations and speculations into the isolate's navigation buffer.
//!
//! [`plan::events`](crate::plan::events) says what a request and its answer mean, and the buffer counts the events. This file
//! reads both from the platform, and sends the batches to the site's next-page learner. The day's key turns addresses into
//! visitors. A Durable Object of its own keeps the key; until an isolate has it, the isolate counts no visitors.

use super::isolate_state::{self, Settings};
use super::{Scope, js, now, observe, snapshot_cache};
use crate::config::Config;
use crate::effects::suspects::{Shown, View};
use crate::endpoints;
use crate::ineligible::Ineligible;
use crate::navigation::event::NavigationEvents;
use crate::plan::events::{self, Answered};
use crate::plan::exchange::Exchange;
use crate::plan::suspicion::{self, Watched};
use crate::visit::Visit;

/// Records the events of a request that the origin has answered. `answered` looks a field of the answer up. Answers why the
/// page is ineligible for speculations, if it is.
pub(super) fn record(
    exchange: &Exchange<'_>,
    how: Answered,
    answered: impl Fn(&str) -> Option<String>,
    set_cookies: impl FnOnce() -> Vec<String>,
    scope: &Scope<'_>,
) -> Option<Ineligible> {
    let config = &scope.settings.config;
    let site = exchange.visit.site()?;
    let has_replayed = take_replayed(scope.settings);
    let Some(happened) = events::of_exchange(exchange, how, answered, set_cookies, config) else {
        let is_any_open = isolate_state::learning(|learning| learning.navigations.has_open());
        if let Some(happened) = events::of_subresource(exchange.visit, is_any_open, config) {
            apply(&happened);
        }
        if has_replayed {
            observe::send_if_due(true, &site, scope);
        }
        return None;
    };
    let is_new = apply(&happened);
    ensure_salt(scope);
    observe::send_if_due(is_new, &site, scope);
    happened.ineligible().cloned()
}

/// Remembers what a plain view of a page has shown of which links say that it does something, and answers whether they do.
pub(super) fn suspected(
    exchange: &Exchange<'_>,
    answered: impl Fn(&str) -> Option<String>,
    set_cookies: impl FnOnce() -> Vec<String>,
    settings: &Settings,
) -> bool {
    let (Exchange { visit, head, has_session, .. }, config) = (exchange, &settings.config);
    isolate_state::learning(|learning| {
        let suspected = snapshot_cache::with_site(visit, settings, |published| {
            suspicion::suspected(visit, config, &learning.suspects, published, now())
        });
        let (Some(Watched { page, rule }), Some(site)) = (suspected, visit.site()) else { return false };
        let view = suspicion::view(visit, head, *has_session, answered, &set_cookies(), config, now());
        if let Some(view) = view {
            learning.suspects.viewed(&site, &page, rule.as_deref(), view, now());
            let View { shown, has_session } = view;
            if config.learns_next_pages()
                && let Some(visitor) = learning.navigations.visitor(visit.visitor_address())
            {
                let has_acted = shown == Shown::Something;
                learning.navigations.viewed_suspect(&site, &page, visitor, has_session, has_acted);
            }
        }
        true
    })
}

/// Records that the rules file which a page names was asked for.
pub(super) fn activation(visit: &Visit, scope: &Scope<'_>) {
    if !scope.settings.config.switched.learns() {
        return;
    }
    let key = isolate_state::source_key();
    let happened = isolate_state::learning(|learning| {
        let config = &scope.settings.config;
        events::of_signal(visit, config, key.as_ref(), &mut learning.used_tokens, now())
    });
    if endpoints::source_of(&visit.url).is_some() && scope.settings.config.learns_next_pages() {
        ensure_salt(scope);
    }
    let Some(happened) = happened else { return };
    let is_new = apply(&happened);
    observe::send_if_due(is_new, &happened.site, scope);
}

/// Records that a speculation was refused before the origin was asked.
pub(super) fn refused(visit: &Visit, settings: &Settings) {
    let config = &settings.config;
    if let Some(happened) = events::of_refused(visit, config, may_tell(config)) {
        apply(&happened);
    }
}

/// Records that the origin did not answer.
pub(super) fn unanswered(visit: &Visit, settings: &Settings) {
    let config = &settings.config;
    if let Some(happened) = events::of_unanswered(visit, config, may_tell(config)) {
        apply(&happened);
    }
}

/// Whether the visitor at an address may say something about the baseline's eagerness once more: about the moderate rule, or about
/// anything else.
pub(super) fn may_tell(config: &Config) -> impl FnOnce(&str, bool) -> bool {
    let most = config.next_pages.most_told();
    move |address, is_moderate| {
        isolate_state::learning(|learning| learning.navigations.may_tell(address, is_moderate, most))
    }
}

/// Records the activation of a prerendered page: it says so itself, when it has something to redeem.
pub(super) fn shown(visit: &Visit, scope: &Scope<'_>) {
    if !scope.settings.config.switched.learns() {
        return;
    }
    let Some(happened) = events::of_redemption(visit, &scope.settings.config) else { return };
    let is_new = apply(&happened);
    observe::send_if_due(is_new, &happened.site, scope);
}

/// Hands the events to the buffer. Answers whether something waits that is worth an early call.
fn apply(happened: &NavigationEvents) -> bool {
    let teaches = isolate_state::teaches(&happened.site, |navigations| {
        navigations.visitor(happened.address.as_deref())
    });
    isolate_state::learning(|learning| {
        if happened.rotates_session() {
            learning.quarantine.rotates(&happened.site, now());
        }
        for (page, number) in happened.views() {
            learning.routine.viewed(&happened.site, page, number);
        }
        teaches && learning.navigations.apply(happened, now())
    })
}

/// Hands the events of replayed decisions to the buffer. Answers whether there is something to send.
fn take_replayed(settings: &Settings) -> bool {
    let inert = &settings.config.urls.inert_parameters;
    let views = js::replayed_views()
        .filter_map(|(url, address, number)| events::of_replayed_views(&url, address, number, inert));
    views.for_each(|views| _ = apply(&views));
    let navigations = js::replayed_navigations();
    let navigations = navigations.filter_map(|navigation| events::of_replayed_navigation(&navigation, inert));
    navigations.for_each(|navigation| _ = apply(&navigation));
    isolate_state::learning(|learning| learning.navigations.has_transitions())
}

/// Sees to it that the day's key is there, or on its way.
fn ensure_salt(scope: &Scope<'_>) {
    if isolate_state::learning(|learning| learning.navigations.wants_salt(now())) {
        let env = scope.env.clone();
        scope.context.wait_until(async move {
            if let Err(fault) = observe::todays_salt(&env).await {
                observe::failed(fault);
            }
        });
    }
}
