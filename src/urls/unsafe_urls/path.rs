//! Whether a path says that something is done when it is fetched.

use super::act::{Act, to_anything};
use super::knowledge::{Force, Kind, Rule};
use segment::{IdKind, Segment, is_language, is_version, names_versions};

pub use random::looks_random;

mod purpose;
mod random;
mod segment;
mod unknown_things;

/// The most segments that are looked at. A longer path is a title, or an attempt.
const MAX_SEGMENTS: usize = 24;

/// How many folders stand above a site's own program at most: a repository has its owner's, its own and those of its files.
const MAX_FOLDERS: usize = 2;

/// What the query of the URL has, as far as the path's meaning depends on it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Query {
    /// A parameter that says whom or what it is done to.
    pub identifies: bool,
    /// Any parameter.
    pub has_any: bool,
    /// A parameter that says where to return to.
    pub returns: bool,
    /// A parameter that says where to lead.
    pub targets: bool,
    /// A parameter that proves something: a code, a key.
    pub proves: bool,
}

/// The rule by which a path does something, and the segment that says so.
#[must_use]
pub fn rule(path: &str, query: Query) -> Option<(Rule, &str)> {
    let parts = || path.split('/').filter(|part| !part.is_empty()).take(MAX_SEGMENTS);
    let mut segments: Vec<Segment> = parts().map(Segment::of).collect();
    for (at, part) in parts().enumerate() {
        let above = segments.get(..at).unwrap_or_default();
        if is_version(part)
            && !names_versions(above)
            && let Some(segment) = segments.get_mut(at)
        {
            segment.id = IdKind::No;
        }
    }
    parts().enumerate().find_map(|(at, part)| {
        let rule = Place { segments: &segments, at, query }.rule()?;
        Some((rule, part))
    })
}

/// Whether a noun is one of what is ordered or accepted by handing it in: `/order/submit`.
fn is_paid(noun: Option<Rule>) -> bool {
    matches!(noun, Some("cart" | "purchase" | "allowance" | "consent" | "language"))
}

/// One segment, with those around it.
struct Place<'a> {
    segments: &'a [Segment],
    at: usize,
    query: Query,
}

impl<'a> Place<'a> {
    fn segment(&self, offset: isize) -> Option<&'a Segment> {
        self.segments.get(self.at.checked_add_signed(offset)?)
    }

    fn is_last(&self) -> bool {
        self.at + 1 == self.segments.len()
    }

    /// What stands above the segment: nothing but names of topics, or what they hold.
    fn topic(&self) -> Topic {
        self.topic_above(self.at)
    }

    /// The same of what stands above a segment.
    fn topic_above(&self, at: usize) -> Topic {
        let above = self.segments.get(..at).unwrap_or_default();
        let is_view = self.segments.get(at).is_some_and(|segment| segment.is_view);
        above.iter().filter(|_| !is_view).fold(Topic::No, |topic, segment| match segment.roles {
            // What stands below a view of a page is none of its titles.
            _ if segment.is_view => Topic::No,
            _ if segment.id >= IdKind::Slug => topic,
            roles if roles.is(Kind::Topic) && !roles.is(Kind::Mild) => Topic::Full,
            roles if roles.is(Kind::Mild) => topic.max(Topic::Mild),
            _ => topic,
        })
    }

    fn rule(&self) -> Option<Rule> {
        let segment = self.segment(0)?;
        let topic = self.topic();
        let is_behind_id =
            self.segment(-1).is_some_and(|before| before.id >= IdKind::Slug) && !self.is_behind_date();
        let by_name = segment.act.and_then(|act| match act {
            // A site may lie below a name that is mostly a topic's, and signing out is the worst.
            Act::Alone(rule) => {
                let may_be = match topic {
                    Topic::No => true,
                    Topic::Mild => {
                        matches!(rule, "sign-out" | "read" | "cart")
                            || is_behind_id
                            || self.query.identifies
                            || (!self.is_last() && self.is_mostly_last())
                    }
                    // A program is no title (`/blog/logout.php`), but for one whose source is shown, further down.
                    Topic::Full => {
                        let is_program = segment.is_program && self.at <= MAX_FOLDERS;
                        is_behind_id || (rule == "sign-out" && (is_program || self.is_of_account()))
                    }
                };
                may_be.then_some(rule)
            }
            Act::Beside { force, rule, has_object } => {
                self.beside(segment, force, rule, has_object, topic, is_behind_id)
            }
        });
        by_name
            .or_else(|| self.behind_id(segment, is_behind_id && topic == Topic::No))
            .or_else(|| self.program(segment))
            .or_else(|| self.maintained(segment))
            .or_else(|| self.parted(segment, topic))
            .or_else(|| self.qualified(segment, topic))
            .or_else(|| self.joined(segment, topic))
            .or_else(|| self.viewed(segment))
            .or_else(|| self.short_link(segment))
            .or_else(|| self.token(segment, topic))
            .or_else(|| self.sign_in(segment, topic))
            .or_else(|| self.outbound(segment))
            .or_else(|| self.proved(segment, topic))
            .or_else(|| self.switch(segment))
            .or_else(|| self.counted(segment, topic))
    }

    /// Whether an account stands in front: `/git/user/logout`.
    fn is_of_account(&self) -> bool {
        self.segment(-1).is_some_and(|before| before.noun() == Some("") && !before.roles.is(Kind::Topic))
    }

    /// Whether a month or a day stands in front, as archives have them: `/2024/11/vote`.
    fn is_behind_date(&self) -> bool {
        let is_short = self
            .segment(-1)
            .and_then(|before| before.words.as_ref())
            .is_some_and(|words| words.joined().len() <= 2);
        let is_date = |offset| self.segment(offset).is_some_and(|before| before.id == IdKind::Date);
        is_short && (is_date(-2) || is_date(-3))
    }

    /// Whether nothing but what names one of many follows.
    fn is_mostly_last(&self) -> bool {
        self.segments.get(self.at + 1..).unwrap_or_default().iter().all(|segment| segment.id >= IdKind::Slug)
    }

    fn beside(
        &self,
        segment: &Segment,
        force: Force,
        rule: Rule,
        has_object: bool,
        topic: Topic,
        is_behind_id: bool,
    ) -> Option<Rule> {
        let next = self.segment(1);
        // `/delete/id/9`
        let is_named_id =
            |next: &Segment| next.roles.is(Kind::Identifying) || (rule == "cart" && next.act.is_none());
        let is_before_named_id = next.is_some_and(is_named_id) && self.segment(2).is_some_and(Segment::is_id);
        let is_before_id = segment.has_id || next.is_some_and(Segment::is_id) || is_before_named_id;
        let is_before_act = next.is_some_and(|next| next.act.is_some());
        // `/threads/17/unread` leads to what is new there; `/messages/17/unread` says that it is.
        let is_list = segment.is_called("unread") && self.segment(-2).and_then(Segment::noun) != Some("read");
        if is_behind_id && !is_list && (self.is_mostly_last() || is_before_id || is_before_act) {
            return Some(self.rule_with(rule, -2));
        }
        let noun_before = self.segment(-1).and_then(Segment::noun);
        // `/notifications/goto/11`: whoever is led there has read it.
        if rule == "outbound" && noun_before == Some("read") && next.is_some_and(Segment::is_id) {
            return Some("read");
        }
        // `/_revision/merge/23`
        if force == Force::Soft && next.is_some_and(|next| next.is_row) && self.is_on_version() {
            return Some(self.rule_with(rule, -1));
        }
        let is_of_many = force >= Force::Verb && !has_object && self.is_of_many(force, topic);
        if topic == Topic::Full || force == Force::Late {
            return is_of_many.then(|| self.rule_with(rule, -2));
        }
        let is_kept = rule == "download" && next.is_some_and(|next| next.roles.is(Kind::Platform));
        let acts_on_ids = force >= Force::Verb || has_object || rule == "download";
        if is_before_id && acts_on_ids && !is_kept {
            return Some(self.rule_with(rule, -1));
        }
        // A program that is told whom.
        let is_told = self.is_last() && (self.query.identifies || (segment.is_program && self.query.has_any));
        if is_told && acts_on_ids {
            return Some(self.rule_with(rule, -1));
        }
        // `/download/lamp-manual/`
        if rule == "download" && !has_object && self.at == 0 && self.segments.len() == 2 && !is_kept {
            return Some(rule);
        }
        if rule == "download" && noun_before == Some("download") && !has_object {
            return Some(rule);
        }
        // `/block/user/77`
        let is_on_noun =
            next.is_some_and(|next| next.noun().is_some()) && self.segment(2).is_some_and(Segment::is_id);
        if is_on_noun && force >= Force::Verb {
            return Some(self.rule_with(rule, 1));
        }
        let says_nothing = self.is_last() && !self.query.has_any;
        let is_form = (segment.hands_in() && !is_paid(noun_before))
            || (says_nothing
                && noun_before != Some("cart")
                && self.segment(-1).is_some_and(|above| segment.names_form_or_list(above)));
        if force < Force::Verb || has_object || is_form {
            return None;
        }
        // A form, or a page on how to do it.
        let is_done = next.is_none_or(|next| {
            noun_before == Some("cart")
                || next.id >= IdKind::Slug
                || next.noun().is_some()
                || (noun_before == Some("language") && is_language(next))
        }) || self.segment(2).is_some_and(Segment::is_id);
        let is_noun_before = is_done
            && match noun_before {
                Some("") => match rule {
                    "cart" | "vote" | "join" | "unsubscribe" | "one-time-password" => false,
                    _ => topic == Topic::No,
                },
                // A form; what it is for stands behind it.
                Some("one-time-password") => self.query.has_any,
                Some(_) => true,
                None => false,
            };
        if is_noun_before {
            return Some(self.rule_with(rule, -1));
        }
        if is_of_many {
            return Some(self.rule_with(rule, -2));
        }
        // `/remove/cart`.
        let noun_next = next.filter(|_| self.at + 2 == self.segments.len()).and_then(Segment::noun);
        (force == Force::Firm && topic == Topic::No && noun_next.is_some()).then(|| self.rule_with(rule, 1))
    }

    /// Whether what stands before it names versions: `/_revision/merge/23`.
    fn is_on_version(&self) -> bool {
        const NAMES: [&str; 5] = ["version", "versions", "revision", "revisions", "history"];
        self.segment(-1).is_some_and(|above| NAMES.iter().any(|name| above.is_called(name)))
    }

    /// `/groups/lamps/join`, `/user/me/close`: one of many has a name. What is run may be called like a topic: `/apps/blog/restart`.
    fn is_of_many(&self, force: Force, topic: Topic) -> bool {
        let Some((many, one)) = self.segment(-2).zip(self.segment(-1)) else { return false };
        let is_plural = || many.words.as_ref().is_some_and(|words| words.joined().ends_with('s'));
        let topic = if many.roles.is(Kind::Maintained) { self.topic_above(self.at - 1) } else { topic };
        let may_be = topic == Topic::No || (force == Force::Firm && topic == Topic::Mild);
        may_be
            && self.is_last()
            && many.noun().is_some()
            && one.act.is_none()
            && (is_plural() || one.is_self())
    }

    /// `/folder/scan`, `/backup/run/5`, `/hosts/nas/wake`: what is as often the name of a list or a title, and does maintenance to what
    /// stands before it.
    fn maintained(&self, segment: &Segment) -> Option<Rule> {
        const RULE: Rule = "maintenance";
        let is_said = matches!(
            segment.act,
            Some(Act::Beside { force: Force::Soft | Force::Firm, rule: RULE, has_object: false })
        );
        let is_kept = |above: &Segment| {
            above.roles.is(Kind::Maintained) || (above.noun() == Some(RULE) && !above.roles.is(Kind::Topic))
        };
        let above = self.segment(-1)?;
        let is_on = is_kept(above) && self.is_mostly_last();
        let is_on_one = || self.is_last() && above.act.is_none() && self.segment(-2).is_some_and(is_kept);
        let is_in_text = self.topic_above(self.at - 1) != Topic::No;
        (is_said && !is_in_text && (is_on || is_on_one())).then_some(RULE)
    }

    /// `/user/me/lastfm/unlink`, `/settings/disconnect/github`, `/tfa/disable`: an account is parted from a service, or from what guards
    /// it.
    fn parted(&self, segment: &Segment, topic: Topic) -> Option<Rule> {
        if !segment.roles.is(Kind::Parting) || topic == Topic::Full {
            return None;
        }
        let is_account = |above: &Segment| above.noun().is_some() || above.roles.is(Kind::Signer);
        let above = self.segment(-1)?;
        let of = self.segment(-2);
        let is_parted = match self.segment(1) {
            None => {
                above.noun() == Some("one-time-password")
                    || (above.act.is_none()
                        && of.is_some_and(|of| {
                            of.id >= IdKind::Id
                                || of.is_self()
                                || (above.roles.is(Kind::Provider) && is_account(of))
                        }))
            }
            Some(service) => {
                let is_service = service.act.is_none() && !service.roles.is(Kind::Topic);
                is_service && is_account(above) && self.at + 2 == self.segments.len()
            }
        };
        is_parted.then_some("modify")
    }

    /// The rule, told better by a noun beside the verb.
    fn rule_with(&self, rule: Rule, offset: isize) -> Rule {
        let noun =
            self.segment(offset).and_then(Segment::noun).or_else(|| self.segment(-1).and_then(Segment::noun));
        match (rule, noun.unwrap_or_default()) {
            ("modify" | "delete" | "cart", noun) if !noun.is_empty() => noun,
            (rule, _) => to_anything(rule),
        }
    }
}

/// Whether a path lies below a topic, under which names are titles.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Topic {
    No,
    Mild,
    Full,
}
