//! What is done to what the table does not know.

use super::segment::Segment;
use super::{Place, Topic};
use crate::urls::unsafe_urls::act::{Act, to_anything};
use crate::urls::unsafe_urls::knowledge::{Force, Kind, Rule};

/// The most words between a verb and its noun that the table need not know.
const MAX_QUALIFIERS: usize = 2;

impl Place<'_> {
    /// `/scrap_delete.php?id=9`, `/deleteShow?show=9`, `/api/1/setText?padID=9`: the name of a program or a method with a verb in it,
    /// that is told whom.
    pub fn program(&self, segment: &Segment) -> Option<Rule> {
        let is_told = (segment.is_program || segment.is_method)
            && self.is_last()
            && self.query.identifies
            && segment.word_roles.len() > 1;
        // Elsewhere these are called like forms: `/createOrder?customer=9`.
        let above = self.segments.get(..self.at).unwrap_or_default();
        let is_of_api = segment.is_method && above.iter().any(|above| above.is_called("api"));
        let begins =
            || segment.word_roles.first()?.verb.filter(|(force, _)| is_of_api && *force >= Force::Soft);
        let rule = segment.outer_verb().or_else(|| begins().map(|(_, rule)| to_anything(rule)));
        rule.filter(|_| is_told && !segment.has_word(Kind::Showing))
    }

    /// `/5/send-reminder`, `/5/mahnung-senden`: a verb with what the table does not know.
    pub fn behind_id(&self, segment: &Segment, is_behind_id: bool) -> Option<Rule> {
        let is_name = is_behind_id && self.is_last() && (2..=3).contains(&segment.word_roles.len());
        let is_shown = segment.word_roles.last().is_some_and(|roles| roles.is(Kind::Showing))
            || segment.has_word(Kind::Titling);
        segment.outer_verb().filter(|_| is_name && !is_shown)
    }

    /// `/generate_auth_token/1`: a verb, what tells which of these things is meant, and a name of things.
    pub fn qualified(&self, segment: &Segment, topic: Topic) -> Option<Rule> {
        let [verb, between @ .., noun] = &*segment.word_roles else { return None };
        let (force, rule) = verb.verb?;
        let is_title =
            segment.word_roles.iter().any(|roles| roles.is(Kind::Titling) || roles.is(Kind::Showing));
        let is_done = force == Force::Firm
            && noun.noun.is_some()
            && (1..=MAX_QUALIFIERS).contains(&between.len())
            && !is_title
            && topic == Topic::No;
        let is_told =
            self.segment(1).is_some_and(Segment::is_id) || (self.is_last() && self.query.identifies);
        (is_done && is_told).then(|| to_anything(rule))
    }

    /// `/followup_delete/13`, `/approve_widget/3`, `/delete-portlet/17`: something is done to what the table does not know, and a row.
    pub fn joined(&self, segment: &Segment, topic: Topic) -> Option<Rule> {
        let is_title =
            segment.word_roles.iter().any(|roles| roles.is(Kind::Titling) || roles.is(Kind::Showing));
        let is_name = (2..=1 + MAX_QUALIFIERS).contains(&segment.word_roles.len());
        let is_row = self.segment(1).is_some_and(|next| next.is_row) && self.at + 2 == self.segments.len();
        if !is_name || !is_row || is_title || topic != Topic::No {
            return None;
        }
        let outer = [segment.word_roles.last(), segment.word_roles.first()];
        let verbs = || outer.into_iter().flatten().filter_map(|roles| roles.verb);
        let firm = verbs().find(|(force, _)| *force == Force::Firm).filter(|_| segment.is_snake);
        // With hyphens it may be a title (`clear-nights`), but of these.
        let first = segment.words.as_ref().map_or("", |words| words.word(0));
        let deletes =
            matches!(first, "delete" | "remove" | "destroy" | "erase").then_some((Force::Firm, "delete"));
        firm.or(deletes).map(|(_, rule)| to_anything(rule))
    }

    /// `/news/item/@@delete`, `/lamps/+delete`: a view of one of many, called by what it does to it.
    pub fn viewed(&self, segment: &Segment) -> Option<Rule> {
        let Act::Beside { force: Force::Firm, rule, .. } = segment.act? else { return None };
        // `_delete` is as often a form.
        let is_view = segment.is_view && !segment.is_snake;
        (is_view && self.at > 0 && self.is_mostly_last()).then(|| to_anything(rule))
    }
}
