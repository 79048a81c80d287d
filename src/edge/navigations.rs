//! Puts navigations and speculations into the isolate's navigation buffer.
//!
//! [`plan::events`](crate::plan::events) says what a request and its answer mean, and the buffer counts the events. This file
//! reads both from the platform, and sends the batches to the site's next-page learner. What an isolate remembers for itself, so
//! that speculations are safe, it takes from the events as well where no next pages are learned. The day's key turns addresses into
//! visitors. A Durable Object of its own keeps the key; until an isolate has it, the isolate counts no visitors.

use super::isolate_state::{self, Settings};
use super::{Scope, js, learners, now, snapshot_cache};
use crate::config::Config;
use crate::effects::suspects::{self, Shown};
use crate::endpoints;
use crate::ineligible::Ineligible;
use crate::navigation::event::NavigationEvents;
use crate::plan::counting;
use crate::plan::events::{self, Answered};
use crate::plan::exchange::Exchange;
use crate::plan::forms;
use crate::plan::suspicion::{self, Watched};
use crate::tally::{Counted, View};
use crate::visit::{Visit, site_of};
use url::Url;

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
    let Some(mut happened) = events::of_exchange(exchange, how, &answered, set_cookies, config) else {
        let is_any_open = isolate_state::learning(|learning| learning.outbox.navigations.has_open());
        if let Some(happened) = events::of_subresource(exchange.visit, is_any_open, config) {
            apply(&happened, config);
        }
        if has_replayed {
            learners::send_if_due(true, &site, scope);
        }
        return None;
    };
    let is_after_guess = isolate_state::learning(|learning| {
        forms::is_followed_by_guess(exchange.visit, config, &learning.last_pages, now())
    });
    happened.events.extend(is_after_guess.and_then(|it| events::of_form(exchange, it, answered, config)));
    let is_new = apply(&happened, config);
    if config.learns_next_pages() {
        ensure_salt(scope);
        learners::send_if_due(is_new, &site, scope);
    }
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
            let suspects::View { shown, has_session } = view;
            if config.learns_next_pages()
                && let Some(visitor) = learning.outbox.navigations.visitor(visit.visitor_address())
            {
                let has_acted = shown == Shown::Something;
                learning.outbox.navigations.viewed_suspect(&site, &page, visitor, has_session, has_acted);
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
    let config = &scope.settings.config;
    let Some(happened) = happened else {
        if endpoints::ticket_of(&visit.url).is_some() {
            count_shown(visit, View::Prefetched, config);
        }
        return;
    };
    let learned = counting::learned_way(&happened)
        .and_then(|(from, to)| snapshot_cache::eagerness(visit, from, to, scope.settings));
    let counted = || counting::of_signal(&happened, learned, config).to_vec();
    isolate_state::count(Some(&happened.site), config, counted);
    let is_new = apply(&happened, config);
    learners::send_if_due(is_new, &happened.site, scope);
}

/// Counts for the report that a page is shown that was fetched or rendered ahead.
fn count_shown(visit: &Visit, view: View, config: &Config) {
    isolate_state::count(visit.site().as_deref(), config, || vec![(Counted::View(view), 1)]);
}

/// Records that a speculation was refused before the origin was asked.
pub(super) fn refused(visit: &Visit, settings: &Settings) {
    let config = &settings.config;
    if let Some(happened) = events::of_refused(visit, config, may_tell(config)) {
        apply(&happened, config);
    }
}

/// Records that the origin did not answer.
pub(super) fn unanswered(visit: &Visit, settings: &Settings) {
    let config = &settings.config;
    if let Some(happened) = events::of_unanswered(visit, config, may_tell(config)) {
        apply(&happened, config);
    }
}

/// Whether the visitor at an address may say something about the baseline's eagerness once more: about the moderate rule, or about
/// anything else.
pub(super) fn may_tell(config: &Config) -> impl FnOnce(&str, bool) -> bool {
    let most = config.next_pages.most_told();
    move |address, is_moderate| {
        isolate_state::learning(|learning| learning.outbox.navigations.may_tell(address, is_moderate, most))
    }
}

/// Records the activation of a prerendered page: it says so itself, when it has something to redeem.
pub(super) fn shown(visit: &Visit, scope: &Scope<'_>) {
    if !scope.settings.config.switched.learns() {
        return;
    }
    let is_fetched = endpoints::is_of_fetched(&visit.url);
    let view = if is_fetched { View::Prefetched } else { View::Prerendered };
    count_shown(visit, view, &scope.settings.config);
    let Some(happened) = events::of_redemption(visit, &scope.settings.config) else { return };
    let is_new = apply(&happened, &scope.settings.config);
    learners::send_if_due(is_new, &happened.site, scope);
}

/// Remembers what keeps speculations safe, and hands the events to the buffer. Answers whether something waits that is worth an
/// early call.
fn apply(happened: &NavigationEvents, config: &Config) -> bool {
    let teaches = config.learns_next_pages()
        && isolate_state::teaches(&happened.site, |navigations| {
            navigations.visitor(happened.address.as_deref())
        });
    isolate_state::learning(|learning| {
        if happened.rotates_session() {
            learning.quarantine.rotates(&happened.site, now());
        }
        for (page, number) in happened.views() {
            learning.routine.viewed(&happened.site, page, number);
        }
    });
    teaches && isolate_state::tell(happened, config)
}

/// Hands the events of replayed decisions to the buffer. Answers whether there is something to send.
pub(super) fn take_replayed(settings: &Settings) -> bool {
    let inert = &settings.config.urls.inert_parameters;
    for (url, address, number) in js::replayed_views() {
        if settings.config.report.is_some() {
            let site = Url::parse(&url).ok().and_then(|url| site_of(&url));
            let counted = || vec![(Counted::View(View::Plain), u64::from(number))];
            isolate_state::count(site.as_deref(), &settings.config, counted);
        }
        if let Some(views) = events::of_replayed_views(&url, address, number, inert) {
            _ = apply(&views, &settings.config);
        }
    }
    let navigations = js::replayed_navigations();
    let navigations = navigations.filter_map(|navigation| events::of_replayed_navigation(&navigation, inert));
    navigations.for_each(|navigation| _ = apply(&navigation, &settings.config));
    isolate_state::learning(|learning| learning.outbox.navigations.has_any_transitions())
}

/// Sees to it that the day's key is there, or on its way.
fn ensure_salt(scope: &Scope<'_>) {
    if isolate_state::learning(|learning| learning.outbox.navigations.wants_salt(now())) {
        let env = scope.env.clone();
        scope.context.wait_until(async move {
            if let Err(fault) = learners::todays_salt(&env).await {
                learners::failed(fault);
            }
        });
    }
}
