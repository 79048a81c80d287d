//! The table of what is known of names. Its source are text files in `table/`, as people write names. What the Worker reads follows
//! from these: `table/folded.txt`, which `make configuration` writes ([`written`]). To fold thousands of names, in several spellings,
//! would be a fifth of what the first request of an isolate takes.

#[cfg(not(target_arch = "wasm32"))]
use super::words::Words;
#[cfg(not(target_arch = "wasm32"))]
use crate::sorting::map::SortedMap;
use std::collections::HashMap;
#[cfg(not(target_arch = "wasm32"))]
use std::fmt::Write as _;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::LazyLock;

/// What refusals call a kind of effect: `sign-out`, `cart`.
pub type Rule = &'static str;

/// What is known, and behind a colon the names of which it is: folded, their words joined.
const FOLDED: &str = include_str!("table/folded.txt");

/// How many names there are at the most, so that the table need not grow while it is read.
const MOST_NAMES: usize = 8192;

/// The files of the source.
#[cfg(not(target_arch = "wasm32"))]
const ENGLISH: &str = include_str!("table/english.txt");
#[cfg(not(target_arch = "wasm32"))]
const OTHERS: &str = include_str!("table/languages.txt");
#[cfg(not(target_arch = "wasm32"))]
const NAMES: &str = include_str!("table/names.txt");

/// How firmly a verb tells that something is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Force {
    /// Behind an id alone: in front of one it names things.
    Late,
    /// Behind an id, or with a noun in front of one: its name is as often that of a form or a list.
    Soft,
    /// Beside an id, or behind a noun.
    Verb,
    /// Beside an id, beside a noun, or with one in its name.
    Firm,
}

/// What a name may also be. The lines of `names.txt`, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    Before,
    Behind,
    Between,
    Topic,
    Mild,
    Provider,
    Protocol,
    Step,
    Signer,
    Tokened,
    Outbound,
    Target,
    Command,
    Paged,
    Identifying,
    Token,
    NoToken,
    Searching,
    Platform,
    Switching,
    Placing,
    Returning,
    Track,
    Maintained,
    Parting,
    Titling,
    Showing,
    Proving,
    Leaving,
    Entrance,
}

/// Each kind with what its line begins with.
#[cfg(not(target_arch = "wasm32"))]
const KINDS: [(&str, Kind); 30] = [
    ("before", Kind::Before),
    ("behind", Kind::Behind),
    ("between", Kind::Between),
    ("topic", Kind::Topic),
    ("mild", Kind::Mild),
    ("provider", Kind::Provider),
    ("protocol", Kind::Protocol),
    ("step", Kind::Step),
    ("signer", Kind::Signer),
    ("tokened", Kind::Tokened),
    ("outbound", Kind::Outbound),
    ("target", Kind::Target),
    ("command", Kind::Command),
    ("paged", Kind::Paged),
    ("identifying", Kind::Identifying),
    ("token", Kind::Token),
    ("no-token", Kind::NoToken),
    ("searching", Kind::Searching),
    ("platform", Kind::Platform),
    ("switching", Kind::Switching),
    ("placing", Kind::Placing),
    ("returning", Kind::Returning),
    ("track", Kind::Track),
    ("maintained", Kind::Maintained),
    ("parting", Kind::Parting),
    ("titling", Kind::Titling),
    ("showing", Kind::Showing),
    ("proving", Kind::Proving),
    ("leaving", Kind::Leaving),
    ("entrance", Kind::Entrance),
];

/// What is known of one name.
#[derive(Clone, Copy, Debug, Default)]
pub struct Roles {
    /// It acts by itself.
    pub phrase: Option<Rule>,
    /// It acts beside something.
    pub verb: Option<(Force, Rule)>,
    /// It is acted on; the rule is empty where the verb tells as much.
    pub noun: Option<Rule>,
    kinds: u32,
}

impl Roles {
    /// The rule of a verb that acts beside something on either side, and not behind an id alone.
    #[must_use]
    pub fn acting_verb(&self) -> Option<Rule> {
        self.verb.filter(|(force, _)| *force >= Force::Verb).map(|(_, rule)| rule)
    }

    /// Whether it is of a kind as well.
    #[must_use]
    pub fn is(&self, kind: Kind) -> bool {
        self.kinds & (1 << kind as u8) != 0
    }
}

/// The table.
#[derive(Debug, Default)]
pub struct Knowledge {
    names: HashMap<&'static str, Roles, BuildHasherDefault<ShortHasher>>,
}

/// A hash of short texts. Whoever chooses the texts that are looked up chooses none of those that are kept, so nobody can make
/// them collide.
#[derive(Debug, Default)]
struct ShortHasher(u64);

impl Hasher for ShortHasher {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 29)
    }

    fn write(&mut self, bytes: &[u8]) {
        // The last eight bytes, or four, may be taken twice in part: byte by byte costs more.
        if let Some(last) = bytes.last_chunk() {
            for chunk in bytes.chunks_exact(8).filter_map(|chunk| chunk.first_chunk()) {
                self.add(u64::from_le_bytes(*chunk));
            }
            self.add(u64::from_le_bytes(*last));
        } else if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
            self.add(u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last)));
        } else {
            self.add(bytes.iter().fold(0, |part, byte| part << 8 | u64::from(*byte)));
        }
    }

    /// What stands behind each text.
    fn write_u8(&mut self, byte: u8) {
        self.0 ^= u64::from(byte);
    }
}

impl ShortHasher {
    fn add(&mut self, part: u64) {
        self.0 = (self.0.rotate_left(5) ^ part).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

/// The built-in table.
pub static KNOWLEDGE: LazyLock<Knowledge> = LazyLock::new(|| Knowledge::read(FOLDED));

impl Knowledge {
    /// What is known of a name, whose words are folded and joined.
    #[must_use]
    pub fn of(&self, joined: &str) -> Roles {
        self.names.get(joined).copied().unwrap_or_default()
    }

    fn read(text: &'static str) -> Self {
        let mut names = HashMap::with_capacity_and_hasher(MOST_NAMES, BuildHasherDefault::default());
        for (head, line) in text.lines().filter_map(|line| line.split_once(':')) {
            let roles = Roles::read(head);
            names.extend(line.split(',').map(|name| (name, roles)));
        }
        Self { names }
    }
}

impl Roles {
    /// The roles that [`written`] writes.
    fn read(head: &'static str) -> Self {
        let mut roles = Self::default();
        for (role, said) in head.split(' ').filter_map(|role| role.split_once('=')) {
            match role {
                "phrase" => roles.phrase = Some(said),
                "noun" => roles.noun = Some(said),
                "kinds" => roles.kinds = said.parse().unwrap_or_default(),
                verb => roles.verb = force(verb).map(|force| (force, said)),
            }
        }
        roles
    }
}

/// How firm a verb is, by its word in the table.
fn force(word: &str) -> Option<Force> {
    Some(match word {
        "firm" => Force::Firm,
        "verb" => Force::Verb,
        "soft" => Force::Soft,
        "late" => Force::Late,
        _ => return None,
    })
}

/// What follows from the source: `table/folded.txt`.
#[cfg(not(target_arch = "wasm32"))]
#[must_use]
pub fn written() -> String {
    let mut lines: SortedMap<String, Vec<&str>> = SortedMap::new();
    for (name, roles) in &SOURCE.0 {
        lines.entry(roles.head()).or_default().push(name);
    }
    lines.into_iter().fold(String::new(), |mut text, (head, names)| {
        // Nothing that is written to a string fails.
        let _ = writeln!(text, "{head}:{}", names.join(","));
        text
    })
}

#[cfg(not(target_arch = "wasm32"))]
impl Roles {
    /// The roles as [`Roles::read`] reads them.
    fn head(&self) -> String {
        let verb = self.verb.map(|(force, rule)| {
            let word = match force {
                Force::Firm => "firm",
                Force::Verb => "verb",
                Force::Soft => "soft",
                Force::Late => "late",
            };
            format!("{word}={rule}")
        });
        let kinds = (self.kinds != 0).then(|| format!("kinds={}", self.kinds));
        let phrase = self.phrase.map(|rule| format!("phrase={rule}"));
        let noun = self.noun.map(|rule| format!("noun={rule}"));
        [phrase, verb, noun, kinds].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

/// What the source says of each name, folded and joined.
#[cfg(not(target_arch = "wasm32"))]
#[derive(Default)]
struct Source(SortedMap<String, Roles>);

#[cfg(not(target_arch = "wasm32"))]
static SOURCE: LazyLock<Source> = LazyLock::new(|| {
    let mut source = Source::default();
    for line in NAMES.lines() {
        source.read_names(line);
    }
    for line in ENGLISH.lines().chain(OTHERS.lines()) {
        source.read_words(line);
    }
    source
});

#[cfg(not(target_arch = "wasm32"))]
impl Source {
    fn read_names(&mut self, line: &'static str) {
        let Some((head, names)) = line.split_once(':').filter(|_| !line.starts_with('#')) else { return };
        if let Some((_, kind)) = KINDS.iter().find(|(name, _)| *name == head) {
            self.add(names, |roles| roles.kinds |= 1 << *kind as u8);
        }
    }

    fn read_words(&mut self, line: &'static str) {
        let Some((head, names)) = line.split_once(':').filter(|_| !line.starts_with(['#', '['])) else {
            return;
        };
        let (kind, rule) = head.split_once(' ').unwrap_or((head, ""));
        let force = match kind {
            "phrase" => return self.add(names, |roles| roles.phrase = roles.phrase.or(Some(rule))),
            // The one with a rule tells more.
            "noun" => {
                return self.add(names, |roles| {
                    roles.noun = roles.noun.filter(|noun| !noun.is_empty()).or(Some(rule));
                });
            }
            verb => force(verb),
        };
        let Some(force) = force else { return };
        self.add(names, |roles| {
            if roles.verb.is_none_or(|(known, _)| known < force) {
                roles.verb = Some((force, rule));
            }
        });
    }

    fn add(&mut self, names: &'static str, set: impl Fn(&mut Roles)) {
        each_spelling(names, |words| set(self.0.entry(words.joined().to_owned()).or_default()));
    }
}

/// The words of each of these names, in each of its spellings. In German paths `ä` is `ae`; in those of others, and in texts, it
/// is `a`.
#[cfg(not(target_arch = "wasm32"))]
fn each_spelling(names: &str, mut each: impl FnMut(&Words)) {
    for name in names.split(',') {
        let spelled = name
            .contains(['ä', 'ö', 'ü'])
            .then(|| name.replace('ä', "ae").replace('ö', "oe").replace('ü', "ue"));
        for name in [Some(name), spelled.as_deref()].into_iter().flatten() {
            if let Some(words) = Words::of(name) {
                each(&words);
            }
        }
    }
}

/// What the source says of a name, whose words are folded and joined.
#[cfg(not(target_arch = "wasm32"))]
pub fn source_of(joined: &str) -> Roles {
    SOURCE.0.get(joined).copied().unwrap_or_default()
}

/// Each name of the table with what is known of it, and whether it stands in the English part.
#[cfg(not(target_arch = "wasm32"))]
pub fn each_name(mut each: impl FnMut(&Words, Roles, bool)) {
    for (text, is_english) in [(ENGLISH, true), (NAMES, true), (OTHERS, false)] {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        for (_, names) in lines.filter_map(|line| line.split_once(':')) {
            each_spelling(names, |words| each(words, source_of(words.joined()), is_english));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rules that refusals may name; docs/operating.md lists them.
    const RULES: [&str; 20] = [
        "sign-out",
        "one-time-password",
        "sign-in",
        "language",
        "cart",
        "default",
        "purchase",
        "allowance",
        "conversion",
        "delete",
        "modify",
        "unsubscribe",
        "vote",
        "read",
        "join",
        "download",
        "consent",
        "impersonate",
        "maintenance",
        "outbound",
    ];

    #[test]
    fn every_line_of_the_table_is_understood() {
        for line in NAMES.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let head = line.split(':').next().unwrap();
            assert!(KINDS.iter().any(|(name, _)| *name == head), "{line}");
        }
        for line in ENGLISH.lines().chain(OTHERS.lines()) {
            if line.is_empty() || line.starts_with(['#', '[']) {
                continue;
            }
            let (head, names) = line.split_once(": ").unwrap_or_else(|| panic!("{line}"));
            let (kind, rule) = head.split_once(' ').unwrap_or((head, ""));
            assert!(["phrase", "firm", "verb", "soft", "late", "noun"].contains(&kind), "{line}");
            assert!(RULES.contains(&rule) || (kind == "noun" && rule.is_empty()), "{line}");
            for name in names.split(',') {
                assert!(Words::of(name).is_some(), "{name:?} in {line}");
            }
        }
    }

    #[test]
    fn what_the_worker_reads_follows_from_the_source() {
        assert_eq!(FOLDED, written(), "make configuration writes it");
        let names = KNOWLEDGE.names.len();
        assert!(names <= MOST_NAMES && names > MOST_NAMES / 2, "{names}");
    }

    #[test]
    fn names_are_found_folded_and_joined() {
        assert_eq!(KNOWLEDGE.of("logout").phrase, Some("sign-out"));
        assert_eq!(KNOWLEDGE.of("delete").verb, Some((Force::Firm, "delete")));
        assert_eq!(KNOWLEDGE.of("cart").noun, Some("cart"));
        assert!(KNOWLEDGE.of("blog").is(Kind::Topic) && !KNOWLEDGE.of("blog").is(Kind::Token));
        assert!(KNOWLEDGE.of("track").is(Kind::Track) && KNOWLEDGE.of("sesskey").is(Kind::Token));
        assert_eq!(KNOWLEDGE.of("hinzufuegen").verb, KNOWLEDGE.of("hinzufugen").verb);
        assert!(KNOWLEDGE.of("hinzufuegen").verb.is_some());
    }
}
