//! Whether a path says that something is done when it is fetched.

use super::act::{Act, act, to_anything};
use super::knowledge::{Force, KNOWLEDGE, Kind, Roles, Rule};
use super::words::{Words, decoded};
use crate::urls::files;
use crate::urls::private_path::looks_private;

/// The most segments that are looked at. A longer path is a title, or an attempt.
const MAX_SEGMENTS: usize = 24;

/// The most words between a verb and its noun that the table need not know.
const MAX_QUALIFIERS: usize = 2;

/// The longest segment in which words are looked for, in bytes. A longer one is a title, or what nobody reads: a signed token.
const MAX_WORDS_BYTES: usize = 200;

/// Names of programs end in one of these.
const PROGRAMS: [&str; 12] =
    ["php", "asp", "aspx", "ashx", "jsp", "jspa", "do", "action", "cgi", "pl", "cfm", "php5"];
/// And of documents in one of these, as pages and as data.
const DOCUMENTS: [&str; 7] = ["html", "htm", "xhtml", "shtml", "json", "xml", "txt"];

/// How long the ending of another program may be, in bytes: `.jsf`, `.phtml`, whatever frameworks are called by.
const OTHER_PROGRAM: std::ops::RangeInclusive<usize> = 2..=6;

/// How many folders stand above a site's own program at most: a repository has its owner's, its own and those of its files.
const MAX_FOLDERS: usize = 2;

/// A segment of a path.
struct Segment {
    words: Option<Words>,
    /// What is known of each word.
    word_roles: Vec<Roles>,
    act: Option<Act>,
    roles: Roles,
    id: IdKind,
    is_program: bool,
    /// It is written as methods are: `deleteShow`.
    is_method: bool,
    is_short_link: bool,
    /// It counts rows of a table: `/discounts/17`.
    is_row: bool,
    /// It is no title, but names a view of what stands before it: `@@logout` of Zope, `+delete` of Launchpad, `_revision`.
    is_view: bool,
    /// Its words are joined as in names of code, and in hardly any title: `followup_delete`.
    is_snake: bool,
    /// Its name ends in an id: `delete-5`.
    has_id: bool,
}

/// Whether a segment is what names one of many.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum IdKind {
    /// It is a name.
    No,
    /// A year, a month or a day, as archives have them.
    Date,
    /// Capitals: an id for what stands in front, and a name for what stands behind.
    Code,
    /// A title with a number in front: an id for what stands behind it.
    Slug,
    /// A number, a code, a short id.
    Id,
    /// What looks random.
    Token,
}

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

impl Segment {
    fn of(part: &str) -> Self {
        // What follows a semicolon is a parameter.
        let part = part.split(';').next().unwrap_or_default();
        let text = decoded(part);
        let (stem, extension) = text.rsplit_once('.').unwrap_or((&text, ""));
        let is_one_of =
            |endings: &[&str]| endings.iter().any(|ending| ending.eq_ignore_ascii_case(extension));
        let is_program = is_one_of(&PROGRAMS) || is_other_program(&text);
        let name = if !stem.is_empty() && (is_program || is_one_of(&DOCUMENTS)) { stem } else { &*text };
        let words = if name.len() <= MAX_WORDS_BYTES { Words::of(name) } else { None };
        let bare = words.as_ref().and_then(Words::without_number);
        let has_id = bare.is_some();
        let words = bare.or(words);
        let roles = words.as_ref().map(|words| KNOWLEDGE.of(words.joined())).unwrap_or_default();
        let count = words.as_ref().map_or(0, Words::len);
        let word = |index| words.as_ref().map_or("", |words| words.word(index));
        let word_roles = (0..count).map(|index| KNOWLEDGE.of(word(index))).collect();
        let id = id_kind(name, part);
        // `LOGOUT-5` is a ticket, and `551-unsubscribe` a title.
        let is_title = id == IdKind::Slug || (has_id && id == IdKind::Id);
        let act = words.as_ref().filter(|_| !is_title).and_then(act);
        let is_short_link = looks_random_though_short(name);
        let is_row = name.len() <= MAX_ROW && name.bytes().all(|byte| byte.is_ascii_digit());
        let is_view = ["@@", "+", "_"].iter().any(|mark| name.starts_with(mark));
        let is_snake = name.contains('_') && !name.contains('-');
        let is_method = name.starts_with(|first: char| first.is_ascii_lowercase())
            && name.bytes().any(|byte| byte.is_ascii_uppercase())
            && name.bytes().all(|byte| byte.is_ascii_alphabetic());
        Self {
            words,
            word_roles,
            act,
            roles,
            id,
            is_program,
            is_method,
            is_short_link,
            is_row,
            is_view,
            is_snake,
            has_id,
        }
    }

    fn is_id(&self) -> bool {
        (self.id == IdKind::Code || self.id >= IdKind::Id) && self.act.is_none()
    }

    /// Whether it names what is acted on, and nothing else.
    fn noun(&self) -> Option<Rule> {
        self.roles.noun.filter(|_| self.roles.phrase.is_none())
    }

    /// Whether its words are these.
    fn is_called(&self, name: &str) -> bool {
        self.words.as_ref().is_some_and(|words| words.joined() == name)
    }

    /// Whether it means whoever asks, as an id would: `/user/me/unlink`.
    fn is_self(&self) -> bool {
        self.is_called("me")
    }

    /// Whether it is what a form is called on which something is handed in: `/tickets/submit`.
    fn hands_in(&self) -> bool {
        self.is_called("submit")
    }

    /// Whether it is what a form is called, or a folder, below another segment, where nothing says what is meant: `/groups/add`,
    /// `/messages/trash`, `/user/reset`, where somebody has lost their password; but `/cache/reset` resets.
    fn names_form_or_list(&self, above: &Self) -> bool {
        const WHOSE: [&str; 6] = ["user", "users", "account", "accounts", "member", "customer"];
        let is_of_somebody = || WHOSE.iter().any(|name| above.is_called(name));
        self.is_called("add") || self.is_called("trash") || (self.is_called("reset") && is_of_somebody())
    }

    fn has_word(&self, kind: Kind) -> bool {
        self.word_roles.iter().any(|roles| roles.is(kind))
    }

    /// Whether it has several words, of which all are of a kind but for short ones: `google_oauth2`.
    fn is_made_of(&self, kind: Kind) -> bool {
        let Some((words, (first, rest))) = self.words.as_ref().zip(self.word_roles.split_first()) else {
            return false;
        };
        !rest.is_empty()
            && first.is(kind)
            && rest.iter().enumerate().all(|(index, roles)| roles.is(kind) || words.word(index + 1).len() < 3)
    }

    /// What the last or the first word does, where it is a verb that acts beside something.
    fn outer_verb(&self) -> Option<Rule> {
        let outer = [self.word_roles.last(), self.word_roles.first()];
        outer.into_iter().flatten().find_map(Roles::acting_verb).map(to_anything)
    }
}

/// Whether a noun is one of what is ordered or accepted by handing it in: `/order/submit`.
fn is_paid(noun: Option<Rule>) -> bool {
    matches!(noun, Some("cart" | "purchase" | "allowance" | "consent" | "language"))
}

/// Whether a name that acts by itself has an ending as programs have, and as no file has that pages are made of: `logout.jsf`.
fn is_other_program(name: &str) -> bool {
    let Some((stem, extension)) = name.rsplit_once('.') else { return false };
    OTHER_PROGRAM.contains(&extension.len())
        && extension.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && extension.bytes().any(|byte| byte.is_ascii_alphabetic())
        && !files::is_part_of_pages(name)
        && !files::is_file(name)
        && stem.len() <= MAX_WORDS_BYTES
        && Words::of(stem).as_ref().and_then(act).is_some_and(|act| matches!(act, Act::Alone(_)))
}

fn id_kind(name: &str, raw: &str) -> IdKind {
    let bytes = name.as_bytes();
    if bytes.is_empty() {
        return IdKind::No;
    }
    if bytes.iter().all(u8::is_ascii_digit) {
        let number: u64 = name.parse().unwrap_or(u64::MAX);
        return match bytes.len() {
            4 if (1990..2040).contains(&number) => IdKind::Date,
            2 if bytes.starts_with(b"0") => IdKind::Date,
            ..10 => IdKind::Id,
            _ => IdKind::Token,
        };
    }
    // Titles are small letters; secrets are not.
    let may_be_secret = || {
        bytes.len() >= MIN_SECRET
            && bytes
                .iter()
                .any(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase() || b"@=".contains(byte))
    };
    if looks_random(name) || (may_be_secret() && looks_private(raw)) {
        return IdKind::Token;
    }
    let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
    let is_plain = bytes.iter().all(u8::is_ascii_alphanumeric);
    let is_code =
        bytes.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"-_".contains(byte));
    if is_code && digits == 0 && bytes.len() <= 20 {
        return IdKind::Code;
    }
    if (is_code && bytes.len() <= 20)
        || (is_plain && digits > 0 && (bytes.len() <= 6 || digits * 3 >= bytes.len()))
    {
        return IdKind::Id;
    }
    // `lamp.5`, `42-blue-lamp`.
    let ends_in_id = name
        .rsplit_once('.')
        .is_some_and(|(_, end)| !end.is_empty() && end.bytes().all(|byte| byte.is_ascii_digit()));
    let begins_with_id = name
        .split_once(['-', '_'])
        .is_some_and(|(start, _)| !start.is_empty() && start.bytes().all(|byte| byte.is_ascii_digit()));
    if ends_in_id || begins_with_id { IdKind::Slug } else { IdKind::No }
}

/// Whether these are folders below which a version is one of many that something may be done with, or one that acts on what follows:
/// `/documents/7/versions/v3/restore`, `/delete/v12`.
fn names_versions(above: &[Segment]) -> bool {
    const NAMES: [&str; 9] = [
        "version",
        "versions",
        "revision",
        "revisions",
        "release",
        "releases",
        "package",
        "packages",
        "history",
    ];
    let is_of_many =
        |segment: &Segment| segment.words.as_ref().is_some_and(|words| NAMES.contains(&words.joined()));
    above.iter().any(is_of_many) || above.last().is_some_and(|segment| segment.act.is_some())
}

/// Whether a name is that of a version, of an API or a documentation: `v2`, `V1`, `8.15`, `v1.30.2`. An address has four numbers.
fn is_version(name: &str) -> bool {
    let numbers = name.strip_prefix(['v', 'V']).unwrap_or(name);
    let is_number =
        |number: &str| matches!(number.len(), 1..=3) && number.bytes().all(|byte| byte.is_ascii_digit());
    (numbers.len() < name.len() || numbers.contains('.'))
        && numbers.split('.').count() <= 3
        && numbers.split('.').all(is_number)
}

/// The most letters in a row that chance puts together, in bytes.
const MAX_RANDOM_LETTERS: usize = 4;

/// What is shorter than this is not looked at as a secret, in bytes.
const MIN_SECRET: usize = 12;

/// Who is joined, and is shown as often.
const CONTACTS: [&str; 4] = ["contact", "contacts", "community", "communities"];

/// How many digits count rows at the most. More may be a code.
const MAX_ROW: usize = 5;

/// The shortest token, in bytes.
const MIN_TOKEN: usize = 8;

/// Whether a name looks as if it had been drawn by lot.
#[must_use]
pub fn looks_random(name: &str) -> bool {
    let bytes = name.as_bytes();
    if bytes.len() > 6 && bytes.iter().any(|byte| b":,=~".contains(byte)) {
        // `MQ:1abc:def`, and no title with a colon.
        let has_word =
            bytes.split(|byte| !byte.is_ascii_alphabetic()).any(|run| run.len() > MAX_RANDOM_LETTERS);
        return bytes.iter().any(u8::is_ascii_digit) && !has_word;
    }
    if bytes.len() < MIN_TOKEN
        || !bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte))
    {
        return false;
    }
    let has = |test: fn(&u8) -> bool| bytes.iter().any(test);
    // `feb-2024` has such letters as well.
    let is_hex = bytes.iter().all(u8::is_ascii_hexdigit);
    if is_hex && has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic) {
        return true;
    }
    bytes.split(|byte| b"-_".contains(byte)).any(|run| {
        // A word may begin with a capital.
        let is_change = |pair: &&[u8]| match (class(pair.first()), class(pair.last())) {
            (1, 2) => false,
            (one, other) => one != other,
        };
        let changes = run.windows(2).filter(is_change).count();
        let digits = run.iter().filter(|byte| byte.is_ascii_digit()).count();
        // Words have capitals in front, and figures behind.
        (run.len() >= MIN_TOKEN && digits == run.len() && !run.starts_with(b"20") && !run.starts_with(b"19"))
            || (run.len() >= 6 && digits > 0 && changes >= 4)
            || (run.len() >= MIN_TOKEN
                && changes >= 5
                && run
                    .chunk_by(|one, other| class(Some(one)) == class(Some(other)))
                    .all(|same| same.len() <= 2))
    })
}

/// The same for what is as short as the names of shortened links.
fn looks_random_though_short(name: &str) -> bool {
    let bytes = name.as_bytes();
    let has = |test: fn(&u8) -> bool| bytes.iter().any(test);
    bytes.len() >= 4
        && bytes.iter().all(u8::is_ascii_alphanumeric)
        && has(u8::is_ascii_digit)
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
}

fn class(byte: Option<&u8>) -> u8 {
    match byte {
        Some(byte) if byte.is_ascii_digit() => 0,
        Some(byte) if byte.is_ascii_uppercase() => 1,
        _ => 2,
    }
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

    /// `/generate_auth_token/1`: a verb, what tells which of these things is meant, and a name of things.
    fn qualified(&self, segment: &Segment, topic: Topic) -> Option<Rule> {
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
    fn joined(&self, segment: &Segment, topic: Topic) -> Option<Rule> {
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
    fn viewed(&self, segment: &Segment) -> Option<Rule> {
        let Act::Beside { force: Force::Firm, rule, .. } = segment.act? else { return None };
        // `_delete` is as often a form.
        let is_view = segment.is_view && !segment.is_snake;
        (is_view && self.at > 0 && self.is_mostly_last()).then(|| to_anything(rule))
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

    /// What looks random below a name that says what it is for.
    fn token(&self, segment: &Segment, topic: Topic) -> Option<Rule> {
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

    /// `/scrap_delete.php?id=9`, `/deleteShow?show=9`, `/api/1/setText?padID=9`: the name of a program or a method with a verb in it,
    /// that is told whom.
    fn program(&self, segment: &Segment) -> Option<Rule> {
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
    fn behind_id(&self, segment: &Segment, is_behind_id: bool) -> Option<Rule> {
        let is_name = is_behind_id && self.is_last() && (2..=3).contains(&segment.word_roles.len());
        let is_shown = segment.word_roles.last().is_some_and(|roles| roles.is(Kind::Showing))
            || segment.has_word(Kind::Titling);
        segment.outer_verb().filter(|_| is_name && !is_shown)
    }

    /// `/verify?code=…`, `/referral?code=…`: what a name is for, with what proves it.
    fn proved(&self, segment: &Segment, topic: Topic) -> Option<Rule> {
        let is_for_one = segment.roles.is(Kind::Tokened)
            || matches!(segment.roles.noun, Some("one-time-password" | "allowance"))
            // Whoever is contacted is shown by a key as well.
            || (segment.roles.noun == Some("join") && !CONTACTS.iter().any(|name| segment.is_called(name)))
            || segment.words.as_ref().is_some_and(|words| words.len() > 1 && segment.has_word(Kind::Tokened));
        (self.is_last() && self.query.proves && topic == Topic::No && is_for_one)
            .then_some("single-use-token")
    }

    /// Whether a code in capitals stands directly below an invitation, a gift or the like.
    fn is_code_of_invitation(&self) -> bool {
        self.segment(-1).is_some_and(|above| {
            above.roles.is(Kind::Tokened)
                && matches!(above.roles.noun, Some("join" | "allowance" | "one-time-password"))
                || above.act.is_some_and(|act| act.rule() == "allowance" || act.rule() == "one-time-password")
        })
    }

    /// `/r/AbC12`, and nothing else in the path.
    fn short_link(&self, segment: &Segment) -> Option<Rule> {
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
    fn sign_in(&self, segment: &Segment, topic: Topic) -> Option<Rule> {
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
    fn outbound(&self, segment: &Segment) -> Option<Rule> {
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
    fn switch(&self, segment: &Segment) -> Option<Rule> {
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
    fn counted(&self, segment: &Segment, topic: Topic) -> Option<Rule> {
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

/// `de`, `de-DE`, `de_DE`, `zh-Hans`.
fn is_language(segment: &Segment) -> bool {
    segment.words.as_ref().is_some_and(|words| {
        words.word(0).len() == 2
            && words.len() <= 2
            && (words.len() == 1 || matches!(words.word(1).len(), 2 | 4))
            && words.word(0).bytes().all(|byte| byte.is_ascii_alphabetic())
    })
}

fn is_currency_code(segment: &Segment) -> bool {
    segment.words.as_ref().is_some_and(|words| {
        words.len() == 1
            && words.joined().len() == 3
            && words.joined().bytes().all(|byte| byte.is_ascii_alphabetic())
    })
}

/// Whether a path lies below a topic, under which names are titles.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Topic {
    No,
    Mild,
    Full,
}
