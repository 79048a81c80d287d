//! One segment of a path: its words, what is known of them, and whether it names one of many.

use super::random::{looks_random, looks_random_though_short};
use crate::urls::files;
use crate::urls::private_path::looks_private;
use crate::urls::unsafe_urls::act::{Act, act, to_anything};
use crate::urls::unsafe_urls::knowledge::{KNOWLEDGE, Kind, Roles, Rule};
use crate::urls::unsafe_urls::words::{Words, decoded};

/// The longest segment in which words are looked for, in bytes. A longer one is a title, or what nobody reads: a signed token.
const MAX_WORDS_BYTES: usize = 200;

/// Names of programs end in one of these.
const PROGRAMS: [&str; 12] =
    ["php", "asp", "aspx", "ashx", "jsp", "jspa", "do", "action", "cgi", "pl", "cfm", "php5"];

/// And of documents in one of these, as pages and as data.
const DOCUMENTS: [&str; 7] = ["html", "htm", "xhtml", "shtml", "json", "xml", "txt"];

/// How long the ending of another program may be, in bytes: `.jsf`, `.phtml`, whatever frameworks are called by.
const OTHER_PROGRAM: std::ops::RangeInclusive<usize> = 2..=6;

/// How many digits count rows at the most. More may be a code.
const MAX_ROW: usize = 5;

/// What is shorter than this is not looked at as a secret, in bytes.
const MIN_SECRET: usize = 12;

/// A segment of a path.
pub struct Segment {
    pub words: Option<Words>,
    /// What is known of each word.
    pub word_roles: Vec<Roles>,
    pub act: Option<Act>,
    pub roles: Roles,
    pub id: IdKind,
    pub is_program: bool,
    /// It is written as methods are: `deleteShow`.
    pub is_method: bool,
    pub is_short_link: bool,
    /// It counts rows of a table: `/discounts/17`.
    pub is_row: bool,
    /// It is no title, but names a view of what stands before it: `@@logout` of Zope, `+delete` of Launchpad, `_revision`.
    pub is_view: bool,
    /// Its words are joined as in names of code, and in hardly any title: `followup_delete`.
    pub is_snake: bool,
    /// Its name ends in an id: `delete-5`.
    pub has_id: bool,
}

/// Whether a segment is what names one of many.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum IdKind {
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

impl Segment {
    pub fn of(part: &str) -> Self {
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

    pub fn is_id(&self) -> bool {
        (self.id == IdKind::Code || self.id >= IdKind::Id) && self.act.is_none()
    }

    /// Whether it names what is acted on, and nothing else.
    pub fn noun(&self) -> Option<Rule> {
        self.roles.noun.filter(|_| self.roles.phrase.is_none())
    }

    /// Whether its words are these.
    pub fn is_called(&self, name: &str) -> bool {
        self.words.as_ref().is_some_and(|words| words.joined() == name)
    }

    /// Whether it means whoever asks, as an id would: `/user/me/unlink`.
    pub fn is_self(&self) -> bool {
        self.is_called("me")
    }

    /// Whether it is what a form is called on which something is handed in: `/tickets/submit`.
    pub fn hands_in(&self) -> bool {
        self.is_called("submit")
    }

    /// Whether it is what a form is called, or a folder, below another segment, where nothing says what is meant: `/groups/add`,
    /// `/messages/trash`, `/user/reset`, where somebody has lost their password; but `/cache/reset` resets.
    pub fn names_form_or_list(&self, above: &Self) -> bool {
        const WHOSE: [&str; 6] = ["user", "users", "account", "accounts", "member", "customer"];
        let is_of_somebody = || WHOSE.iter().any(|name| above.is_called(name));
        self.is_called("add") || self.is_called("trash") || (self.is_called("reset") && is_of_somebody())
    }

    pub fn has_word(&self, kind: Kind) -> bool {
        self.word_roles.iter().any(|roles| roles.is(kind))
    }

    /// Whether it has several words, of which all are of a kind but for short ones: `google_oauth2`.
    pub fn is_made_of(&self, kind: Kind) -> bool {
        let Some((words, (first, rest))) = self.words.as_ref().zip(self.word_roles.split_first()) else {
            return false;
        };
        !rest.is_empty()
            && first.is(kind)
            && rest.iter().enumerate().all(|(index, roles)| roles.is(kind) || words.word(index + 1).len() < 3)
    }

    /// What the last or the first word does, where it is a verb that acts beside something.
    pub fn outer_verb(&self) -> Option<Rule> {
        let outer = [self.word_roles.last(), self.word_roles.first()];
        outer.into_iter().flatten().find_map(Roles::acting_verb).map(to_anything)
    }
}

/// Whether a name that acts by itself has an ending as programs have, and as no file has that pages are made of: `logout.jsf`.
pub fn is_other_program(name: &str) -> bool {
    let Some((stem, extension)) = name.rsplit_once('.') else { return false };
    OTHER_PROGRAM.contains(&extension.len())
        && extension.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && extension.bytes().any(|byte| byte.is_ascii_alphabetic())
        && !files::is_part_of_pages(name)
        && !files::is_file(name)
        && stem.len() <= MAX_WORDS_BYTES
        && Words::of(stem).as_ref().and_then(act).is_some_and(|act| matches!(act, Act::Alone(_)))
}

pub fn id_kind(name: &str, raw: &str) -> IdKind {
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
pub fn names_versions(above: &[Segment]) -> bool {
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
pub fn is_version(name: &str) -> bool {
    let numbers = name.strip_prefix(['v', 'V']).unwrap_or(name);
    let is_number =
        |number: &str| matches!(number.len(), 1..=3) && number.bytes().all(|byte| byte.is_ascii_digit());
    (numbers.len() < name.len() || numbers.contains('.'))
        && numbers.split('.').count() <= 3
        && numbers.split('.').all(is_number)
}

/// `de`, `de-DE`, `de_DE`, `zh-Hans`.
pub fn is_language(segment: &Segment) -> bool {
    segment.words.as_ref().is_some_and(|words| {
        words.word(0).len() == 2
            && words.len() <= 2
            && (words.len() == 1 || matches!(words.word(1).len(), 2 | 4))
            && words.word(0).bytes().all(|byte| byte.is_ascii_alphabetic())
    })
}

pub fn is_currency_code(segment: &Segment) -> bool {
    segment.words.as_ref().is_some_and(|words| {
        words.len() == 1
            && words.joined().len() == 3
            && words.joined().bytes().all(|byte| byte.is_ascii_alphabetic())
    })
}
