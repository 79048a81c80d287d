//! Decides what a page is given: its hints and preloads, and its rules; each as far as it is on.

use super::rules_delivery::{self, Delivered, Guidance, deliver};
use super::{Ambient, Edit, MAX_HINTS_BYTES, MAX_PRELOAD_BYTES, html_edits, speculation_headers};
use crate::config::Config;
use crate::csp::{Destination, Policies};
use crate::head::Head;
use crate::hints::preload::Places;
use crate::hints::resource::Resource;
use crate::hints::{Hint, Origin, link, resource};
use crate::published::hint_snapshot::KnownHints;
use crate::rewrite::edit::{HtmlEdit, LargestPicture};
use crate::rules::served::RuleSets;
use crate::speculation::Action;
use crate::switches::{Feature, Mode};
use crate::visit::Visit;
use url::Url;

/// Gives a page its hints and preloads, in one line, and has its largest picture hurried.
pub(super) fn hints(
    visit: &Visit,
    head: &Head,
    known: Option<KnownHints<'_>>,
    has_session: bool,
    config: &Config,
    edit: &mut Edit,
) {
    if !config.hints.is_on {
        return;
    }
    let resources = preloaded(known, config);
    let on = config.switched;
    // By a link browsers ask for a picture without its width, and before the page has said how wide a phone's window is: what the
    // server answers is not what the element would have got.
    let has_pictures =
        holds_for(visit, known, has_session, config) != HoldsFor::Others && !head.asks_for_widths();
    let mut line_of = |feature, line: &dyn Fn() -> String| match on.of(feature) {
        Mode::On => line(),
        Mode::Shadow => {
            edit.note(|would| would.send(feature, line()));
            String::new()
        }
        Mode::Off => String::new(),
    };
    let hints = || link::serialise(&page_hints(visit, head, known, config), MAX_HINTS_BYTES);
    let lines = [
        line_of(Feature::Preloads, &|| preloads(visit, head, resources, has_pictures, config)),
        line_of(Feature::Hints, &hints),
    ];
    let line = lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join(", ");
    if !line.is_empty() {
        edit.append.push(("Link", line));
    }
    let largest = known.and_then(|known| known.largest).filter(|_| config.hints.changes_largest_picture);
    let picture = largest.and_then(|img| {
        let src = visit.url.join(&img.src).ok()?;
        let policies = Box::new(head.policies());
        Some(LargestPicture { page: visit.url.clone(), policies, src, form: img.form })
    });
    let picture = picture.filter(|_| html_edits::may_be_edited(visit, head));
    match on.of(Feature::Preloads) {
        Mode::On => edit.html.extend(picture.map(HtmlEdit::HurryPicture)),
        Mode::Shadow => edit.note(|would| would.hurries_picture = picture.is_some()),
        Mode::Off => {}
    }
}

/// Gives a page its rules, or its ticket alone, and says what else there is to say of speculations.
pub(super) fn rules(
    visit: &Visit,
    head: &Head,
    (guidance, rule_sets): (Guidance<'_>, &RuleSets),
    config: &Config,
    ambient: &mut impl Ambient,
    edit: &mut Edit,
) {
    let on = config.switched;
    let delivered = if on.does(Feature::Rules) {
        if config.next_pages.prerender == Some(Action::PrerenderUntilScript) {
            let tokens = config.next_pages.prerender_trial.iter();
            edit.append.extend(tokens.map(|token| ("Origin-Trial", token.clone())));
        }
        let source = rules_delivery::source(visit, head, guidance, config, ambient);
        let guidance = Guidance { source: source.as_deref(), ..guidance };
        deliver(visit, head, guidance, rule_sets, config)
    } else {
        if on.reports(Feature::Rules) {
            let Delivered { lines, into_head, .. } = deliver(visit, head, guidance, rule_sets, config);
            let values = lines.into_iter().map(|(_, value)| value).chain(into_head);
            values.for_each(|value| edit.note(|would| would.send(Feature::Rules, value)));
        }
        rules_delivery::none(head, guidance)
    };
    edit.append.extend(delivered.lines);
    if delivered.names_source && !edit.replace.iter().any(|(name, _)| *name == "Cache-Control") {
        edit.replace.extend(speculation_headers::kept_by_browser(head));
        if edit.remove.is_empty() {
            edit.remove = speculation_headers::TARGETED;
        }
    }
    edit.html.extend(delivered.into_head.map(HtmlEdit::IntoHead));
}

/// What may be preloaded on a page.
fn preloaded<'a>(known: Option<KnownHints<'a>>, config: &Config) -> &'a [Resource] {
    let resources = known.map(|known| known.preloads).unwrap_or_default();
    // Where nobody is asked any more, nobody would tell that a preload is wasted.
    if !config.hints.preferences.asks || config.hints.preferences.preload == 0 {
        return &[];
    }
    resources
}

/// Of which views of a page something holds that is decided about one of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HoldsFor {
    /// Of all.
    #[default]
    Everybody,
    /// Of those without a query on which the page may depend, by visitors without a session.
    BareViews,
    /// Of the others.
    Others,
}

/// Which views have the same pictures preloaded as this one. Only those without a query, by visitors without a session, are asked whether
/// a preload is wasted; others may well show another picture: another variant, an article in place of the list. With 103 all have it
/// in any case, since that follows from the path alone.
#[must_use]
pub fn holds_for(
    visit: &Visit,
    known: Option<KnownHints<'_>>,
    has_session: bool,
    config: &Config,
) -> HoldsFor {
    let is_picture = |resource: &Resource| resource.destination == resource::Destination::Image;
    let has_pictures = config.hints.is_on && preloaded(known, config).iter().any(is_picture);
    if !has_pictures || config.hints.preferences.early_hints {
        HoldsFor::Everybody
    } else if has_session || !config.urls.inert_parameters.are_all_inert(&visit.url) {
        HoldsFor::Others
    } else {
        HoldsFor::BareViews
    }
}

/// The preloads of a page as links, without those that are of no use to this response. They take no more room than they may. What is known
/// of a route reaches pages that nobody has read: one that says another encoding than UTF-8 has scripts and stylesheets read in that,
/// and a browser would read as UTF-8 what is preloaded.
fn preloads(
    visit: &Visit,
    head: &Head,
    resources: &[Resource],
    has_pictures: bool,
    config: &Config,
) -> String {
    let mut line = String::new();
    if resources.is_empty() {
        return line;
    }
    let policies = head.policies();
    let existing: Vec<Url> =
        head.link.as_deref().map_or_else(Vec::new, |field| link::preloaded(field, &visit.url));
    let mut places = Places::of(config.hints.preferences.preload);
    for resource in resources {
        let urls = resource.resolved(&visit.url);
        let destination = match resource.destination {
            resource::Destination::Font => Destination::Font,
            resource::Destination::Image => Destination::Image,
            resource::Destination::Style => Destination::Style,
            resource::Destination::Script => Destination::Script,
        };
        let is_read_otherwise = resource.destination.is_text() && head.is_encoded_otherwise();
        if is_read_otherwise || (destination == Destination::Image && !has_pictures) {
            continue;
        }
        let is_of_use = |url: &Url| {
            policies.allows_ours(&visit.url, url, destination, None)
                && !existing.contains(url)
                && !Origin::of(url).is_some_and(|origin| config.hints.preferences.denied.contain(&origin))
        };
        let Some(text) = resource.link().filter(|_| !urls.is_empty() && urls.iter().all(is_of_use)) else {
            continue;
        };
        let separator = if line.is_empty() { "" } else { ", " };
        if line.len() + separator.len() + text.len() <= MAX_PRELOAD_BYTES && places.take(resource) {
            line.push_str(separator);
            line.push_str(&text);
        }
    }
    line
}

/// The hints of a page, without those that are of no use to this response.
fn page_hints(visit: &Visit, head: &Head, known: Option<KnownHints<'_>>, config: &Config) -> Vec<Hint> {
    // Learned under `http`, the site's own `https` origin is another one; here it may be the page's.
    let own = Origin::of(&visit.url);
    let mut hints = known.map(|known| known.hints.to_vec()).unwrap_or_default();
    hints.retain(|hint| {
        Some(&hint.origin) != own.as_ref() && !config.hints.preferences.denied.contain(&hint.origin)
    });
    if let Some(csp) = head.csp.as_deref().filter(|_| !hints.is_empty()) {
        // Other pages of the route may have another policy, and a stylesheet's fonts are not checked against any.
        let policies = Policies::parse(csp);
        hints.retain(|hint| {
            Url::parse(hint.origin.as_str()).is_ok_and(|url| policies.may_reach(&visit.url, &url))
        });
    }
    link::without_existing(hints, head.link.as_deref(), &visit.url)
}
