//! Decides how a page is given its speculation rules: by header fields, or by HTML in its head.
//!
//! - By header the page names files: the baseline, or the moderate one where it regulates itself to that on this page, and the
//!   learned rule set where there is one. A page with document rules
//!   of its own names a file without rules in place of the baseline, so that its activation can be told all the same.
//! - A page that was itself prefetched names the baseline with the page that it was asked for from, sealed
//!   ([`source_token`](crate::effects::source_token)). The file is the same; that it is asked for then tells that the speculation
//!   was used, and which way was taken. Such an answer is one visitor's, so it is `private`. Of paths that look like a secret nothing
//!   is named. Of a visitor with a session no page is: what they pressed tells that it was used, for the sake of whether the baseline
//!   is to rest, and not where they were.
//! - A page of which something was deferred names that file with its ticket (`?t=`), whatever else it is given: the browser
//!   asks for the file on the page's activation.
//! - Inline, the rules stand in scripts in the page's head, where its policies let that work.
//! - Visitors with a session get the baseline alone, or nothing; where somebody may write something, they get nothing.

use super::{Ambient, beacon_tag, html_edits};
use crate::config::{Config, RulesDelivery, SessionRules};
use crate::effects::session;
use crate::effects::source_token::AskedBy;
use crate::endpoints::{RulesFile, RulesQuery};
use crate::head::{Head, tells_page};
use crate::hints::Origin;
use crate::published::baseline_eagerness::BaselineEagerness;
use crate::published::next_page_snapshot::Excluded;
use crate::rules::learned::{self, Known};
use crate::rules::served::{MODERATE_TAG, NEXT_TAG, RuleSet, RuleSets, TAG, TICKET_TAG};
use crate::rules::{baseline, header};
use crate::speculation::{Eagerness, Guess, Pointer, Speculation};
use crate::urls::private_path::looks_private;
use crate::visit::{Tag, Visit};
use url::Url;

/// What is known of a page's next pages, and of the visitor who asks for it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Guidance<'a> {
    /// What was learned.
    pub known: Option<Known<'a>>,
    /// Whether the visitor has a session.
    pub has_session: bool,
    /// The path of the page of this origin from which it is asked for.
    pub from: Option<&'a str>,
    /// Whether our learned rules alone asked for it.
    pub is_next: bool,
    /// How the baseline alone asked for it, if that counts for its eagerness.
    pub guess: Option<Guess>,
    /// Whether a page of one of `PRERENDER_SIBLINGS` asks for it.
    pub is_sibling: bool,
    /// The ticket of what was deferred of it, or the ticket's name.
    pub token: Option<&'a str>,
    /// The page from which it was speculated on, sealed; or that it was, where no page is named.
    pub source: Option<&'a str>,
    /// Whether something of it waits for its activation, which no rules file brings: it was rendered before.
    pub waits: bool,
}

impl Guidance<'_> {
    /// Whether learned rules may stand beside everything else that the page is given. While something of the page is still to come, the
    /// next one would be asked for without it: a counter in a cookie would count both once.
    fn may_go_on(&self) -> bool {
        self.token.is_none() && !self.waits
    }
}

/// What is added to an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Header lines to append.
    pub lines: Vec<(&'static str, String)>,
    /// HTML to put into the page's head.
    pub into_head: Option<String>,
    /// Whether a [`source`] is named in it, so that it is this visitor's alone.
    pub names_source: bool,
}

/// The rule sets that all pages of a site share. No rule may name what is `excluded` either.
#[must_use]
pub fn rule_sets(config: &Config, excluded: &[Excluded]) -> RuleSets {
    let baseline = baseline(config, config.rules.eagerness.unwrap_or_default(), TAG, excluded);
    RuleSets::new(baseline, config.rules.activation_signal)
}

/// The same, where the baseline's eagerness has risen so far or rests, if it is to regulate itself.
#[must_use]
pub fn regulated_rule_sets(
    config: &Config,
    excluded: &[Excluded],
    eagerness: &BaselineEagerness,
) -> RuleSets {
    if !config.regulates_eagerness() || eagerness.is_as_configured() {
        return rule_sets(config, excluded);
    }
    if eagerness.rest.is_some() {
        return RuleSets::new(RuleSet::empty(), config.rules.activation_signal);
    }
    let rule_sets = rule_sets(config, excluded);
    let moderate = baseline(config, Eagerness::Moderate, MODERATE_TAG, excluded);
    rule_sets.with_moderate(moderate, eagerness.clone())
}

fn baseline(config: &Config, eagerness: Eagerness, tag: &str, excluded: &[Excluded]) -> RuleSet {
    baseline::rule_set(eagerness, tag, &config.urls.unsafe_urls, &config.urls.inert_parameters, excluded)
}

/// Whether our learned rules alone asked for a speculation, by its tags.
#[must_use]
pub fn is_by_learned_rules(visit: &Visit) -> bool {
    visit.is_speculative_navigation() && visit.tags() == [Tag::Named(NEXT_TAG.to_owned())]
}

/// Whether rules of ours and no others asked for a speculation, by its tags: without Headstart nobody would have sent it.
#[must_use]
pub fn is_by_own_rules(visit: &Visit) -> bool {
    const OWN: [&str; 4] = [TAG, MODERATE_TAG, NEXT_TAG, TICKET_TAG];
    let tags = visit.tags();
    let is_own = |tag: &Tag| matches!(tag, Tag::Named(name) if OWN.contains(&name.as_str()));
    !tags.is_empty() && tags.iter().all(is_own)
}

/// How the baseline alone asked for a speculation, by its tags, where its eagerness regulates itself. What a learned rule or one of
/// the page's own asks for as well would come whatever the baseline said.
#[must_use]
pub fn guess(visit: &Visit, config: &Config) -> Option<Guess> {
    if !config.regulates_eagerness() || !visit.is_speculative_navigation() {
        return None;
    }
    let is_moderate = match visit.tags().as_slice() {
        [Tag::Named(tag)] if tag == TAG => false,
        [Tag::Named(tag)] if tag == MODERATE_TAG => true,
        _ => return None,
    };
    Some(Guess { is_moderate, pointer: visit.pointer() })
}

/// Whether a page of one of the site's siblings asks, by its `Referer`.
#[must_use]
pub fn is_sibling(visit: &Visit, config: &Config) -> bool {
    let siblings = &config.rules.siblings;
    !siblings.is_empty()
        && visit
            .referer()
            .and_then(|referer| Url::parse(referer).ok())
            .and_then(|referer| Origin::of(&referer))
            .is_some_and(|origin| siblings.contains(&origin))
}

/// Whether a page that is speculated on is told from where, so that it tells that when it is activated: one that
/// [tells its use](tells_use), by somebody without a session. Of others another request has to tell.
#[must_use]
pub fn names_source(visit: &Visit, head: &Head, from: &str, has_session: bool, config: &Config) -> bool {
    !has_session && tells_use(visit, head, from, has_session, config)
}

/// Whether a page that is speculated on may tell when it is activated: a prefetched one that is given rules, by somebody without a
/// password, where neither path looks like a secret, and which says its path when it asks for its rules. (A prerendered one has asked
/// for its rules before it is shown.)
#[must_use]
pub fn tells_use(visit: &Visit, head: &Head, from: &str, has_session: bool, config: &Config) -> bool {
    let rules = &config.rules;
    is_given_rules(visit, has_session, config)
        && tells_page(head.referrer_policy.as_deref())
        && rules.activation_signal
        && rules.delivery == RulesDelivery::Header
        && visit.is_public()
        && visit.is_speculative_navigation()
        && !visit.is_isolated()
        && visit.speculation == Some(Speculation::Prefetch)
        && !looks_private(from)
        && !looks_private(visit.url.path())
}

/// With what a visitor with a session has pressed a link whose page the baseline alone asked for, if that counts for whether it rests.
/// What the moderate rule asks for does not: it rises and falls by what others do, page by page.
#[must_use]
pub fn pressed_in_session(guess: Option<Guess>, has_session: bool) -> Option<Pointer> {
    guess.filter(|guess| has_session && !guess.is_moderate).map(|guess| guess.pointer)
}

/// The page from which a page is speculated on, sealed for it, or of a visitor with a session that they pressed its link; `None` where
/// there is nothing to tell, or where the day's key is not there yet, without which nothing is counted.
pub fn source(
    visit: &Visit,
    head: &Head,
    guidance: Guidance<'_>,
    config: &Config,
    ambient: &mut impl Ambient,
) -> Option<String> {
    let has_session = guidance.has_session;
    let from = guidance.from.filter(|from| tells_use(visit, head, from, has_session, config))?;
    let by = match guidance.guess {
        guess if has_session => AskedBy::PressedInSession(pressed_in_session(guess, has_session)?),
        _ if guidance.is_next => AskedBy::LearnedRule,
        Some(guess) => AskedBy::Baseline(guess),
        None => AskedBy::AnyRule,
    };
    let (key, site) = (ambient.source_key()?, visit.site()?);
    key.seal(by, from, (&site, visit.url.path()), ambient.now(), ambient.nonce())
}

/// Whether a page is one on which its visitor may write something, so that it is given no rules. Many applications let go of what is
/// edited, or make its form's token good no more, when the same visitor is given another page.
#[must_use]
pub fn is_written_on(visit: &Visit, config: &Config) -> bool {
    config.urls.unsafe_urls.is_editor(&visit.url)
        && session::may_be_in(visit.cookies(), &config.effects.cookies)
}

/// Whether a page is given rules, as far as that follows from its visitor and its URL.
fn is_given_rules(visit: &Visit, has_session: bool, config: &Config) -> bool {
    let has_none = has_session && config.rules.for_sessions == SessionRules::None;
    config.rules.is_on && !has_none && !is_written_on(visit, config)
}

/// Decides what a page is given.
#[must_use]
pub fn deliver(
    visit: &Visit,
    head: &Head,
    guidance: Guidance<'_>,
    rule_sets: &RuleSets,
    config: &Config,
) -> Delivered {
    let mut delivered = Delivered::default();
    let entry = guidance.known.map(|known| known.entry);
    if is_given_rules(visit, guidance.has_session, config) {
        let has_rules = entry.is_some_and(|entry| entry.has_rules);
        let learned = guidance.known.filter(|_| !guidance.has_session && config.next_pages.is_on);
        match config.rules.delivery {
            RulesDelivery::Header => {
                let file =
                    if has_rules { RulesFile::Signal } else { rule_sets.baseline_of(visit.url.path()) };
                delivered.lines.extend(line(visit, head, guidance, file, learned));
                delivered.names_source = guidance.source.is_some() && !delivered.lines.is_empty();
            }
            RulesDelivery::Inline => {
                let asks_for_learned = learned.is_some_and(|known| known.rule_set.is_some())
                    && may_come_with_ticket(visit, guidance);
                delivered.lines.extend(signal(head, guidance, asks_for_learned));
                let learned = learned.filter(|_| guidance.may_go_on());
                delivered.into_head = inline(visit, head, has_rules, learned, rule_sets);
            }
        }
    } else {
        delivered.lines.extend(signal(head, guidance, false));
    }
    // Other parameters were not compared.
    let is_bare = config.urls.inert_parameters.are_all_inert(&visit.url);
    if config.rules.no_vary_search
        && is_bare
        && !head.has_no_vary_search
        && entry.is_some_and(|entry| entry.is_unvarying)
    {
        delivered.lines.push(("No-Vary-Search", config.urls.inert_parameters.no_vary_search()));
    }
    let is_prerendered =
        visit.is_speculative_navigation() && visit.speculation == Some(Speculation::Prerender);
    if guidance.is_sibling && is_prerendered {
        delivered.lines.push(("Supports-Loading-Mode", "credentialed-prerender".to_owned()));
    }
    delivered
}

/// What a page is given that is given no rules: its ticket alone.
#[must_use]
pub fn none(head: &Head, guidance: Guidance<'_>) -> Delivered {
    Delivered { lines: signal(head, guidance, false).into_iter().collect(), ..Delivered::default() }
}

/// Whether the learned rules of a page may come with the answer that brings its ticket: the rules of two sets in one say by their own tags
/// of which set they are, and engines that do not know that key in a rule drop the rule. Those that know it say which tags asked for
/// the page.
fn may_come_with_ticket(visit: &Visit, guidance: Guidance<'_>) -> bool {
    guidance.token.is_some() && !visit.tags().is_empty()
}

/// The `Speculation-Rules` line.
fn line(
    visit: &Visit,
    head: &Head,
    guidance: Guidance<'_>,
    file: RulesFile,
    learned: Option<Known<'_>>,
) -> Option<(&'static str, String)> {
    let learned = learned.and_then(|known| Some(learned::url(known.rule_set?, known.key)));
    // The key of a page is a path as the URL standard writes it; anything else would void the field.
    let learned =
        learned.filter(|url| url.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\".contains(&byte)));
    let asks_for_learned = learned.is_some() && may_come_with_ticket(visit, guidance);
    let query = RulesQuery { source: guidance.source, ticket: guidance.token, asks_for_learned };
    let mut urls = vec![file.url(&query)];
    urls.extend(learned.filter(|_| guidance.may_go_on()));
    header::append(head.speculation_rules.as_deref(), &urls).map(|line| ("Speculation-Rules", line))
}

/// The `Speculation-Rules` line of a page that is given no rules by header, for the sake of its ticket. `asks_for_learned` says whether
/// there are learned ones, which then come with it.
fn signal(head: &Head, guidance: Guidance<'_>, asks_for_learned: bool) -> Option<(&'static str, String)> {
    let query = RulesQuery { ticket: Some(guidance.token?), asks_for_learned, ..RulesQuery::default() };
    let url = RulesFile::Signal.url(&query);
    header::append(head.speculation_rules.as_deref(), &[url]).map(|line| ("Speculation-Rules", line))
}

/// How rule sets that stand in a page's head begin.
pub(crate) const INLINE_RULES: &str = "<script type=\"speculationrules\"";

/// The rule sets as scripts; `None` where the page must not be changed, or its policies would not let them work.
fn inline(
    visit: &Visit,
    head: &Head,
    has_rules: bool,
    learned: Option<Known<'_>>,
    rule_sets: &RuleSets,
) -> Option<String> {
    if !html_edits::may_be_edited(visit, head) {
        return None;
    }
    let policies = head.policies();
    let nonce = beacon_tag::nonce(policies.inline_rules())?;
    let baseline = (!has_rules).then(|| rule_sets.get(RulesFile::Baseline));
    let learned = learned.and_then(|known| known.rule_set);
    let origin = visit.url.origin().ascii_serialization();
    let bodies = baseline.into_iter().chain(learned).filter_map(|rule_set| rule_set.in_page(&origin));
    let scripts = bodies.map(|body| {
        // `</script` or `<!--` in a path would end the script, or begin a comment in it.
        let body = body.replace('<', "\\u003c");
        format!("{INLINE_RULES}{nonce}>{body}</script>")
    });
    Some(scripts.collect::<String>()).filter(|html| !html.is_empty())
}

#[cfg(test)]
mod tests;
