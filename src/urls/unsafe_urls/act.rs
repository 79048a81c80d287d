//! Whether a name says that something is done: a segment of a path, a parameter, a link's text.

use super::knowledge::{Force, KNOWLEDGE, Kind, Roles, Rule};
use super::words::Words;

/// What a name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Something is done, whatever stands beside it.
    Alone(Rule),
    /// Something is done to what stands beside it. `has_object` says whether the name holds a noun as well.
    Beside {
        /// How firmly.
        force: Force,
        /// What is done.
        rule: Rule,
        /// Whether it is said to what: `remove_user`.
        has_object: bool,
    },
}

impl Act {
    /// The rule.
    #[must_use]
    pub fn rule(self) -> Rule {
        match self {
            Self::Alone(rule) | Self::Beside { rule, .. } => rule,
        }
    }
}

/// The shortest word that is looked for within a longer one, in bytes: `my` in `mylogout`.
const MIN_GLUED: usize = 2;

/// The longest verb or noun that is looked for within a longer word, in bytes.
const MAX_GLUED: usize = 24;

/// What a name says, if it is one that acts.
#[must_use]
pub fn act(words: &Words) -> Option<Act> {
    if let Some(rule) = within(words, |roles| roles.phrase) {
        return Some(Act::Alone(rule));
    }
    let roles = KNOWLEDGE.of(words.joined());
    if roles.noun.is_some() && roles.verb.is_none() {
        // What is called by a verb: "merge requests".
        return None;
    }
    let single = || {
        let (force, rule) = within(words, |roles| roles.verb)?;
        Some(Act::Beside { force, rule, has_object: false })
    };
    let marking = marking(words).map(Act::Alone);
    marking
        .or_else(|| with_object(words))
        .or_else(|| into_cart(words))
        .or_else(single)
        .or_else(|| glued(words.joined()).filter(|_| words.len() == 1))
        .or_else(|| ending(words).map(Act::Alone))
        .or_else(|| beginning(words).map(Act::Alone))
}

/// The most words of a name that marks something.
const MAX_MARKING: usize = 4;

/// `mark-as-default`, whatever it is marked as.
fn marking(words: &Words) -> Option<Rule> {
    let is_marking = (3..=MAX_MARKING).contains(&words.len())
        && matches!(words.word(0), "mark" | "unmark")
        && words.word(1) == "as"
        && (2..words.len()).all(|index| !KNOWLEDGE.of(words.word(index)).is(Kind::Titling));
    is_marking.then_some("modify")
}

/// The most words between what adds and what it adds to.
const MAX_ADDED: usize = 3;

/// `add-accessory-to-cart`, whatever is added.
fn into_cart(words: &Words) -> Option<Act> {
    let length = words.len();
    let adds = KNOWLEDGE.of(words.word(0)).verb.is_some_and(|(_, rule)| rule == "cart");
    let to =
        (2..length.min(2 + MAX_ADDED)).find(|at| matches!(words.word(*at), "to" | "from" | "in" | "into"))?;
    let is_cart = nouns(words, to + 1, length) == Some("cart");
    let is_title = (1..to).any(|index| KNOWLEDGE.of(words.word(index)).is(Kind::Titling));
    (adds && is_cart && !is_title).then_some(Act::Beside {
        force: Force::Verb,
        rule: "cart",
        has_object: true,
    })
}

/// The most words of a name that ends in what signs out.
const MAX_ENDED: usize = 4;

/// What signs out or unsubscribes in one word.
const ENDINGS: [(&str, Rule); 6] = [
    ("logout", "sign-out"),
    ("signout", "sign-out"),
    ("logoff", "sign-out"),
    ("signoff", "sign-out"),
    ("unsubscribe", "unsubscribe"),
    ("unsub", "unsubscribe"),
];

/// A name that ends in such a word, whatever stands before it: `tiki-logout`, `menulogout`. No product calls anything else so, and
/// only titles have such words among others.
fn ending(words: &Words) -> Option<Rule> {
    let last = words.len() - 1;
    let word = words.word(last);
    let (rest, rule) = ENDINGS.iter().find_map(|(ending, rule)| Some((word.strip_suffix(ending)?, *rule)))?;
    let is_title = (0..last).any(|index| KNOWLEDGE.of(words.word(index)).is(Kind::Titling));
    // `blogout` ends so as well.
    (words.len() <= MAX_ENDED && !is_title && rest.len() != 1).then_some(rule)
}

/// A name that begins with such a word, with whom or what it ends behind it: `logoutUser`, `logout_customer`, `logout2`.
fn beginning(words: &Words) -> Option<Rule> {
    let first = words.word(0).trim_end_matches(|digit: char| digit.is_ascii_digit());
    let (_, rule) = ENDINGS.iter().find(|(ending, _)| *ending == first)?;
    let is_shown = (1..words.len()).any(|index| {
        let roles = KNOWLEDGE.of(words.word(index));
        roles.is(Kind::Titling) || roles.is(Kind::Showing)
    });
    let has_object = words.len() == 1 || nouns(words, 1, words.len()).is_some();
    (!is_shown && has_object).then_some(*rule)
}

/// The rule by which a link does something, by its text: a phrase, or a verb that is a button by itself: "Delete". What invites
/// ("Subscribe", "Buy now") mostly leads to a page, and "Cancel" away from a form.
#[must_use]
pub fn said(text: &str) -> Option<Rule> {
    let words = Words::of(text)?;
    let act = act(&words)?;
    let acts = match act {
        Act::Alone(rule) => rule != "purchase",
        Act::Beside { force, rule, .. } => force == Force::Firm || (force == Force::Verb && rule == "delete"),
    };
    (acts && !KNOWLEDGE.of(words.joined()).is(Kind::Leaving)).then(|| act.rule())
}

/// What is known of a name, or of what is left of it without words before and behind that change nothing.
fn within<T>(words: &Words, known: impl Fn(Roles) -> Option<T>) -> Option<T> {
    let length = words.len();
    for start in 0..length {
        for end in (start + 1..=length).rev() {
            if let Some(known) = known(KNOWLEDGE.of(words.between(start, end))) {
                return Some(known);
            }
            if !KNOWLEDGE.of(words.word(end - 1)).is(Kind::Behind) {
                break;
            }
        }
        if !KNOWLEDGE.of(words.word(start)).is(Kind::Before) {
            break;
        }
    }
    None
}

/// The rule of a verb where nothing says what is added: to a cart, or to anything else.
#[must_use]
pub fn to_anything(rule: Rule) -> Rule {
    if rule == "cart" { "modify" } else { rule }
}

/// A verb with a noun behind it or before it: `remove_from_list`, `account-delete`.
fn with_object(words: &Words) -> Option<Act> {
    let length = words.len();
    if length < 2 {
        return None;
    }
    for start in 0..length - 1 {
        for end in start + 1..length.min(start + 3) {
            if let Some((force, rule)) = KNOWLEDGE.of(words.between(start, end)).verb
                && let Some(noun) = nouns(words, end, length)
            {
                return Some(done_to(force, rule, noun));
            }
        }
        // `Cart-AddProduct`
        let before = KNOWLEDGE.of(words.word(start));
        if !before.is(Kind::Before) && before.noun.is_none() {
            break;
        }
    }
    for start in (length.saturating_sub(2).max(1)..length).rev() {
        if let Some((force, rule)) = KNOWLEDGE.of(words.between(start, length)).verb
            && let Some(noun) = nouns(words, 0, start)
        {
            return Some(done_to(force, rule, noun));
        }
    }
    None
}

/// What is done with a noun in the name.
fn done_to(force: Force, rule: Rule, noun: Rule) -> Act {
    let rule = match (rule, noun) {
        (rule, "") => to_anything(rule),
        // Verbs that say themselves what is done.
        ("sign-out" | "vote" | "impersonate" | "unsubscribe" | "download", _) => rule,
        (_, noun) => noun,
    };
    match force {
        Force::Firm => Act::Alone(rule),
        Force::Verb if noun == "consent" => Act::Alone(rule),
        // To add something of which no form is needed; and what is switched is the visitor's own.
        Force::Verb if matches!(rule, "cart" | "language") => Act::Alone(rule),
        force => Act::Beside { force, rule, has_object: true },
    }
}

/// The rule of the last noun, where these words are nouns and what stands between a verb and its noun.
fn nouns(words: &Words, start: usize, end: usize) -> Option<Rule> {
    let mut found = None;
    let mut at = start;
    while at < end {
        // The longest name first: "gift card" before "gift".
        let (noun, next) = (at + 1..=end.min(at + 3)).rev().find_map(|next| {
            let roles = KNOWLEDGE.of(words.between(at, next));
            roles.noun.map(|noun| (Some(noun), next)).or_else(|| is_filler(roles).then_some((None, next)))
        })?;
        found = noun.or(found);
        at = next;
    }
    found
}

fn is_filler(roles: Roles) -> bool {
    roles.is(Kind::Between) || roles.is(Kind::Behind)
}

/// Words that nothing separates: `mylogout`, `deletepost`.
fn glued(word: &str) -> Option<Act> {
    let parts =
        || (MIN_GLUED..word.len().saturating_sub(MIN_GLUED - 1)).filter_map(|at| word.split_at_checked(at));
    for (first, rest) in parts() {
        if first.len() > MAX_GLUED {
            break;
        }
        let known = KNOWLEDGE.of(first);
        if known.is(Kind::Before) {
            let roles = KNOWLEDGE.of(rest);
            if let Some(rule) = roles.phrase {
                return Some(Act::Alone(rule));
            }
            if let Some((force, rule)) =
                roles.verb.filter(|_| first.len() > MIN_GLUED && rest.len() > MIN_GLUED && first != "auto")
            {
                return Some(Act::Beside { force, rule, has_object: false });
            }
        }
        // `checklists` and `changelog` are things; whoever deletes or removes several says so firmly.
        let is_thing = |force| force < Force::Firm && (rest.ends_with('s') || rest == "log");
        // `stopall`, but no `startall` of which nobody knows whether it is a page.
        if let Some((force, rule)) = known.verb.filter(|(force, _)| *force >= Force::Verb && rest == "all") {
            return Some(Act::Beside { force, rule: to_anything(rule), has_object: true });
        }
        if let Some((force, rule)) = known.verb.filter(|(force, _)| !is_thing(*force))
            && first.len() > MIN_GLUED
            && let Some(noun) = glued_nouns(rest)
        {
            return Some(done_to(force, rule, noun));
        }
    }
    for (first, rest) in parts() {
        if rest.len() <= MAX_GLUED
            && let Some((force, rule)) = KNOWLEDGE.of(rest).verb
            && rest.len() > MIN_GLUED
            && first.len() > MIN_GLUED
            && let Some(noun) = KNOWLEDGE.of(first).noun
        {
            return Some(done_to(force, rule, noun));
        }
    }
    None
}

/// A noun that may have one word in front of it: `tocart`, `product`.
fn glued_nouns(rest: &str) -> Option<Rule> {
    if rest.len() > 2 * MAX_GLUED {
        return None;
    }
    let whole = || KNOWLEDGE.of(rest).noun.filter(|_| rest.len() > MIN_GLUED);
    let behind = || {
        (MIN_GLUED..rest.len()).filter_map(|at| rest.split_at_checked(at)).find_map(|(first, rest)| {
            let roles = KNOWLEDGE.of(first);
            let may_stand = is_filler(roles) || roles.noun.is_some();
            KNOWLEDGE.of(rest).noun.filter(|_| may_stand && rest.len() > MIN_GLUED)
        })
    };
    // `addproducttocart`.
    let two_behind = || {
        (MIN_GLUED..rest.len()).filter_map(|at| rest.split_at_checked(at)).find_map(|(first, rest)| {
            let rest = rest.strip_prefix("to").or_else(|| rest.strip_prefix("from"))?;
            KNOWLEDGE.of(first).noun?;
            KNOWLEDGE.of(rest).noun
        })
    };
    whole().or_else(behind).or_else(two_behind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Option<Act> {
        act(&Words::of(text)?)
    }

    #[test]
    fn phrases_act_by_themselves() {
        for (text, rule) in [
            ("logout", "sign-out"),
            ("log-out", "sign-out"),
            ("LogOff", "sign-out"),
            ("mylogout", "sign-out"),
            ("user_logout", "sign-out"),
            ("doLogout", "sign-out"),
            ("customer-logout", "sign-out"),
            ("logout-now", "sign-out"),
            ("add-to-cart", "cart"),
            ("add_to_my_cart", "cart"),
            ("addProductToCart", "cart"),
            ("addproducttocart", "cart"),
            ("remove_from_wishlist", "cart"),
            ("submitReorder", "purchase"),
            ("SubmitCurrency", "language"),
            ("markAsRead", "read"),
            ("remove_user", "delete"),
            ("deletepost", "delete"),
            ("clear-cache", "maintenance"),
            ("purge_all_caches", "maintenance"),
            ("apply_coupon", "allowance"),
            ("dismiss-notice", "read"),
            ("setCurrencyId", "language"),
            ("account-delete", "delete"),
            ("mark-as-active", "modify"),
            ("unmarkAsFinal", "modify"),
        ] {
            assert_eq!(said(text), Some(Act::Alone(rule)), "{text}");
        }
    }

    #[test]
    fn verbs_act_beside_something() {
        let beside = |force, rule, has_object| Some(Act::Beside { force, rule, has_object });
        assert_eq!(said("delete"), beside(Force::Firm, "delete", false));
        assert_eq!(said("do-delete"), beside(Force::Firm, "delete", false));
        assert_eq!(said("publish"), beside(Force::Firm, "modify", false));
        assert_eq!(said("vote"), beside(Force::Verb, "vote", false));
        assert_eq!(said("helpful"), beside(Force::Late, "vote", false));
        assert_eq!(said("update-item"), beside(Force::Verb, "modify", true));
        assert_eq!(said("create_account"), beside(Force::Soft, "modify", true));
        assert_eq!(said("add-friend"), Some(Act::Alone("join")));
    }

    #[test]
    fn titles_and_names_of_things_say_nothing() {
        for text in [
            "how-to-log-out",
            "logout-tools",
            "vote-2024-results",
            "cart-covers",
            "buy-now-pay-later",
            "editorial",
            "settings",
            "getting-started",
            "one-time-code-generator",
            "release-history",
            "clearance",
            "orders",
            "followers",
            "likes",
            "downloads",
            "newsletter",
            "catalogue",
            "outdoor",
            "signs",
            "carts",
            "blue-shirt",
            "markup",
            "setup",
            "closet",
            "merge_requests",
            "joinery",
            "editions",
            "cancellation-policy",
            "deleted-scenes",
            "remove-stains-from-carpet",
            "mark-as-you-like-it",
            "delete-facebook-account",
            "scan-your-network",
            "",
        ] {
            assert!(!matches!(said(text), Some(Act::Alone(_))), "{text}: {:?}", said(text));
        }
    }
}
