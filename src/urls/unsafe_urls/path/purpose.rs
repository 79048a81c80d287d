//! What a path is for though no verb says it: a token for one use, a step of signing in, a link that leads off the site, a switch, a
//! counter.

use super::segment::{IdKind, Segment, is_currency_code, is_language};
use super::{Place, Topic};
use crate::urls::unsafe_urls::knowledge::{KNOWLEDGE, Kind, Rule};

/// What leads off the site whatever stands behind it.
const SURE: [&str; 12] = [
    "go",
    "goto",
    "out",
    "away",
    "redirect",
    "redir",
    "exit",
    "refer",
    "recommends",
    "outbound",
    "outgoing",
    "lnk",
];

/// Who is joined, and is shown as often.
const CONTACTS: [&str; 4] = ["contact", "contacts", "community", "communities"];

impl Place<'_> {
    /// What looks random below a name that says what it is for.
    pub fn token(&self, segment: &Segment, topic: Topic) -> Option<Rule> {
        let is_code = || segment.id == IdKind::Id && !segment.is_row && self.is_code_of_invitation();
        if segment.id != IdKind::Token && !is_code() {
            return None;
        }
        if topic == Topic::Full {
            return None;
        }
        let above = self.segments.get(..self.at).unwrap_or_default();
        let is_for_one = above.iter().any(|above| {
            above.roles.is(Kind::Tokened)
                || matches!(above.roles.noun, Some("unsubscribe"))
                || above.act.is_some_and(|act| {
                    matches!(act.rule(), "one-time-password" | "unsubscribe" | "allowance" | "sign-in")
                })
                || above.words.as_ref().is_some_and(|words| {
                    let outer = [words.word(0), words.word(words.len() - 1)];
                    (2..=3).contains(&words.len())
                        && outer.iter().any(|word| word.len() > 1 && KNOWLEDGE.of(word).is(Kind::Tokened))
                }) && segment.id == IdKind::Token
        });
        is_for_one.then_some("single-use-token")
    }

    /// Whether a code in capitals stands directly below an invitation, a gift or the like.
    pub fn is_code_of_invitation(&self) -> bool {
        self.segment(-1).is_some_and(|above| {
            above.roles.is(Kind::Tokened)
                && matches!(above.roles.noun, Some("join" | "allowance" | "one-time-password"))
                || above.act.is_some_and(|act| act.rule() == "allowance" || act.rule() == "one-time-password")
        })
    }

    /// `/verify?code=…`, `/referral?code=…`: what a name is for, with what proves it.
    pub fn proved(&self, segment: &Segment, topic: Topic) -> Option<Rule> {
        let is_for_one = segment.roles.is(Kind::Tokened)
            || matches!(segment.roles.noun, Some("one-time-password" | "allowance"))
            // Whoever is contacted is shown by a key as well.
            || (segment.roles.noun == Some("join") && !CONTACTS.iter().any(|name| segment.is_called(name)))
            || segment.words.as_ref().is_some_and(|words| words.len() > 1 && segment.has_word(Kind::Tokened));
        (self.is_last() && self.query.proves && topic == Topic::No && is_for_one)
            .then_some("single-use-token")
    }

    /// `/r/AbC12`, and nothing else in the path.
    pub fn short_link(&self, segment: &Segment) -> Option<Rule> {
        let above = self.segment(-1)?;
        let is_short = self.at == 1
            && self.is_last()
            && above
                .words
                .as_ref()
                .is_some_and(|words| matches!(words.joined(), "r" | "l" | "s" | "t" | "click" | "link"));
        let is_random = segment.is_short_link || segment.id == IdKind::Token;
        (is_short && is_random).then_some("outbound")
    }

    /// `/auth/google`, `/accounts/google/login`, `/saml/login`, `/oauth2/authorize`.
    pub fn sign_in(&self, segment: &Segment, topic: Topic) -> Option<Rule> {
        if topic == Topic::Full {
            return None;
        }
        let is_provider =
            |segment: &Segment| segment.roles.is(Kind::Provider) || segment.is_made_of(Kind::Provider);
        let is_step = |segment: &Segment| segment.roles.is(Kind::Step);
        let is_protocol =
            |segment: &Segment| segment.roles.is(Kind::Protocol) || segment.is_made_of(Kind::Protocol);
        // In one name: `signin-oidc`, `oauth-callback`.
        let parts = [Kind::Step, Kind::Protocol, Kind::Signer, Kind::Provider];
        let in_one = segment.word_roles.len() > 1
            && segment.has_word(Kind::Protocol)
            && segment.has_word(Kind::Step)
            && segment.word_roles.iter().all(|roles| parts.iter().any(|part| roles.is(*part)));
        let next = self.segment(1);
        let pairs = next.is_some_and(|next| {
            (is_protocol(segment) && is_step(next))
                || ((segment.roles.is(Kind::Signer) || is_step(segment)) && is_provider(next))
                || (is_provider(segment) && next.roles.is(Kind::Signer) && is_step(next))
        });
        (in_one || pairs).then_some("sign-in")
    }

    /// `/go/hosting`, `/out/123`, `/redirect.php?to=x`.
    pub fn outbound(&self, segment: &Segment) -> Option<Rule> {
        let is_first = self.at == 0 || (self.at == 1 && self.segment(-1).is_some_and(is_language));
        if !is_first || !segment.roles.is(Kind::Outbound) {
            return None;
        }
        let leads = match self.segments.len() - self.at {
            1 => self.query.targets || self.query.identifies || (segment.is_program && self.query.has_any),
            // `/visit/opening-hours` is a page.
            2 => {
                segment.words.as_ref().is_some_and(|words| SURE.contains(&words.joined()))
                    || self.segment(1).is_some_and(|next| next.id >= IdKind::Id)
            }
            _ => self.segment(1).is_some_and(|next| next.id >= IdKind::Id),
        };
        leads.then_some("outbound")
    }

    /// `/lang/de`, `/currency/EUR`.
    pub fn switch(&self, segment: &Segment) -> Option<Rule> {
        // `/locale/set?locale=de&next=/about`
        let sets = |next: &Segment| ["set", "change", "switch"].iter().any(|name| next.is_called(name));
        let is_set = self.at + 2 == self.segments.len() && self.segment(1).is_some_and(sets);
        if segment.noun() == Some("language") && is_set && self.query.has_any {
            return Some("language");
        }
        // `/currency?code=EUR`
        if self.is_last() && segment.roles.is(Kind::Switching) && (self.query.proves || self.query.identifies)
        {
            return Some("language");
        }
        // `/country/select/DE`
        let selects = |segment: &&Segment| {
            segment.words.as_ref().is_some_and(|words| {
                matches!(words.joined(), "select" | "set" | "change" | "switch" | "choose")
            })
        };
        let is_selected = self.segment(1).as_ref().is_some_and(selects);
        let code =
            self.segments.last().filter(|_| self.at + 2 + usize::from(is_selected) == self.segments.len())?;
        let is_currency = segment.words.as_ref().is_some_and(|words| words.joined().starts_with("cur"));
        let is_code = if is_currency { is_currency_code(code) } else { is_language(code) };
        let switches = segment.roles.is(Kind::Switching)
            || (segment.roles.is(Kind::Placing) && (self.query.returns || is_selected));
        (switches && is_code).then_some("language")
    }

    /// `/track/click`, `/clicks/track`.
    pub fn counted(&self, segment: &Segment, topic: Topic) -> Option<Rule> {
        let is_track = |segment: &Segment| {
            segment
                .words
                .as_ref()
                .is_some_and(|words| matches!(words.joined(), "track" | "tracking" | "tracker"))
        };
        let next = self.segment(1)?;
        let pair = (is_track(segment) && next.roles.is(Kind::Track))
            || (segment.roles.is(Kind::Track) && is_track(next));
        (pair && topic == Topic::No).then_some("conversion")
    }
}
