//! What a variable may say: a switch, one of some words, a number, a list. Each kind reads a [`Value`], and names what is
//! wrong with it.

use super::items::{self, Item};
use super::value::{self, Commas, Value};
use super::{Mistake, OriginHost, OriginServer};
use crate::effects::seal;
use url::Url;

/// The longest part of a value that a message repeats, in characters.
const MAX_SHOWN_CHARS: usize = 100;

/// A kind of variable, with its default.
pub(super) trait Kind {
    /// What a variable of this kind sets.
    type Setting;

    /// Reads what a variable says; `None` where it says nothing.
    fn read(&self, said: Option<Said<'_>>, mistakes: &mut Mistakes) -> Self::Setting;
}

/// What a variable says.
#[derive(Clone, Copy)]
pub(super) struct Said<'a> {
    /// Its name.
    pub(super) name: &'static str,
    /// Its value, which is not empty.
    pub(super) value: &'a Value,
}

/// The mistakes that were found.
#[derive(Default)]
pub(super) struct Mistakes(pub(super) Vec<Mistake>);

// The Worker reads its configuration once, so what follows is kept small and not fast: what is the same for all kinds stands
// in functions that know none.
impl Mistakes {
    /// Names a mistake in a variable: what it says, what is meant, and what is used instead.
    #[inline(never)]
    fn add(&mut self, variable: &'static str, [says, meant, instead]: [&str; 3]) {
        self.0.push(Mistake { variable, message: format!("{variable} {says}; {meant}. {instead}.") });
    }

    /// Names the mistake that a server is to be asked for the public host which cannot be.
    #[cold]
    pub(super) fn origin_host(&mut self, variable: &'static str) {
        let meant = "it needs an ORIGIN without a port, since the platform connects to another name alone";
        self.add(variable, ["is \"public\"", meant, "The origin is asked for its own host instead"]);
    }

    /// The text of a value that is one word, if `is_meant` takes it. Otherwise names the mistake by `texts`: what is meant,
    /// and what is used instead.
    #[inline(never)]
    fn word(
        &mut self,
        said: Option<Said<'_>>,
        is_meant: &mut dyn FnMut(&str) -> bool,
        texts: &dyn Fn() -> [String; 2],
    ) {
        let Some(Said { name, value }) = said else { return };
        let says = match value.word() {
            Ok(word) if is_meant(&word) => return,
            Ok(word) => format!("is {}", shown(&word)),
            Err(other) => format!("is {other}"),
        };
        let [meant, instead] = texts();
        self.add(name, [&says, &meant, &instead]);
    }
}

/// A text as a message shows it: in quotes, and not too long.
#[inline(never)]
pub(super) fn shown(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN_CHARS) {
        Some((end, _)) => format!("{:?} and so on", text.get(..end).unwrap_or_default()),
        None => format!("{text:?}"),
    }
}

/// Puts what was read in its place. Answers whether anything was.
fn set<T>(setting: &mut T, read: Option<T>) -> bool {
    read.map(|read| *setting = read).is_some()
}

/// `on` or `off`.
pub(super) struct Switch(pub(super) bool);

impl Switch {
    /// The default.
    pub(super) fn word(&self) -> &'static str {
        if self.0 { "on" } else { "off" }
    }
}

impl Kind for Switch {
    type Setting = bool;

    #[inline(never)]
    fn read(&self, said: Option<Said<'_>>, mistakes: &mut Mistakes) -> bool {
        let mut is_on = self.0;
        let mut read = |word: &str| {
            let is_one_of = |words: [&str; 4]| words.iter().any(|known| word.eq_ignore_ascii_case(known));
            let said = is_one_of(["on", "true", "1", "yes"]);
            set(&mut is_on, (said || is_one_of(["off", "false", "0", "no"])).then_some(said))
        };
        mistakes.word(said, &mut read, &|| {
            ["it must be \"on\" or \"off\"".to_owned(), format!("It is {}", self.word())]
        });
        is_on
    }
}

/// One of some words, and what each of them sets. The first is the default.
pub(super) struct Choice<T: 'static> {
    pub(super) words: &'static [&'static str],
    pub(super) settings: &'static [T],
    pub(super) default: T,
}

/// The words in quotes: `"a", "b" or "c"`.
pub(super) fn quoted(words: &[&str]) -> String {
    let mut text = String::new();
    for (at, word) in words.iter().enumerate() {
        text.push_str(match words.len() - at {
            _ if at == 0 => "",
            1 => " or ",
            _ => ", ",
        });
        text.push('"');
        text.push_str(word);
        text.push('"');
    }
    text
}

/// The place of the word that is said; that of the default where none is.
#[inline(never)]
fn choose(words: &[&'static str], said: Option<Said<'_>>, mistakes: &mut Mistakes) -> usize {
    let mut chosen = 0;
    let mut read =
        |text: &str| set(&mut chosen, words.iter().position(|word| text.eq_ignore_ascii_case(word)));
    let first = words.first().copied().unwrap_or_default();
    mistakes.word(said, &mut read, &|| [format!("it must be {}", quoted(words)), format!("It is {first}")]);
    chosen
}

impl<T: Copy> Kind for Choice<T> {
    type Setting = T;

    fn read(&self, said: Option<Said<'_>>, mistakes: &mut Mistakes) -> T {
        self.settings.get(choose(self.words, said, mistakes)).copied().unwrap_or(self.default)
    }
}

/// A whole number.
pub(super) struct Whole {
    pub(super) default: u32,
    pub(super) least: u32,
    pub(super) most: u32,
}

impl Kind for Whole {
    type Setting = u32;

    #[inline(never)]
    fn read(&self, said: Option<Said<'_>>, mistakes: &mut Mistakes) -> u32 {
        let Self { default, least, most } = *self;
        let mut number = default;
        let mut read =
            |text: &str| set(&mut number, text.parse().ok().filter(|number| (least..=most).contains(number)));
        mistakes.word(said, &mut read, &|| {
            [format!("it must be a whole number from {least} to {most}"), format!("It is {default}")]
        });
        number
    }
}

/// A share, 0 to 1.
pub(super) struct Share(pub(super) f64);

impl Kind for Share {
    type Setting = f64;

    #[inline(never)]
    fn read(&self, said: Option<Said<'_>>, mistakes: &mut Mistakes) -> f64 {
        let mut share = self.0;
        let mut read =
            |text: &str| set(&mut share, text.parse().ok().filter(|share| (0.0..=1.0).contains(share)));
        mistakes.word(said, &mut read, &|| {
            ["it must be a number from 0 to 1".to_owned(), format!("It is {}", self.0)]
        });
        share
    }
}

/// Where the site's own responses come from; by default from the zone's own origin.
pub(super) struct Server;

impl Kind for Server {
    type Setting = OriginServer;

    fn read(&self, said: Option<Said<'_>>, mistakes: &mut Mistakes) -> OriginServer {
        let mut server = OriginServer::Zone;
        let mut read = |text: &str| {
            let read = match text {
                "service" => Some(OriginServer::Service),
                "assets" => Some(OriginServer::Assets),
                _ => Url::parse(text)
                    .ok()
                    .filter(is_server)
                    .map(|url| OriginServer::Url { url, host: OriginHost::Own }),
            };
            set(&mut server, read)
        };
        mistakes.word(said, &mut read, &|| {
            [
                "it must be a URL with nothing behind host and port (https://www.example.org), \"service\" or \"assets\"",
                "The zone's own origin is asked instead",
            ]
            .map(str::to_owned)
        });
        server
    }
}

fn is_server(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.has_host() && items::is_bare(url)
}

/// A secret, which no message repeats; by default none. The text says what a site goes without.
pub(super) struct Secret(pub(super) &'static str);

impl Kind for Secret {
    type Setting = Option<String>;

    #[inline(never)]
    fn read(&self, said: Option<Said<'_>>, mistakes: &mut Mistakes) -> Option<String> {
        let Said { name, value } = said?;
        let says = match value.word() {
            Ok(secret) if secret.chars().count() >= seal::MIN_SECRET_CHARS => return Some(secret),
            Ok(_) => "is too short",
            Err(_) => "is no text",
        };
        let meant = format!("it must have at least {} characters", seal::MIN_SECRET_CHARS);
        mistakes.add(name, [says, &meant, self.0]);
        None
    }
}

/// A list, by default empty.
pub(super) struct List {
    /// What it holds, in the plural.
    pub(super) holds: &'static str,
    /// Reads an item.
    pub(super) item: fn(&str) -> Item,
    /// The most items that count.
    pub(super) most: usize,
    /// Where a comma ends an item.
    pub(super) commas: Commas,
    /// For a list that protects: what is done while nothing that it holds can be read. What was likely meant by a bad
    /// item of such a list counts, too.
    pub(super) guards: Option<Guard>,
}

/// What a list protects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Guard {
    /// What a speculation could do: there are none.
    Speculation,
    /// Sessions: nobody knows who has one, so there are no speculations, and every cookie may be one.
    Sessions,
    /// Who must not be named in a hint: nobody is.
    Hints,
}

impl Guard {
    /// What is done while nothing can be read, as a sentence without its full stop.
    pub(super) fn instead(self) -> &'static str {
        match self {
            Self::Speculation => "No page is speculated on until this is put right",
            Self::Sessions => {
                "No page is speculated on, and every cookie counts as a session, until this is put right"
            }
            Self::Hints => "No page is given hints until this is put right",
        }
    }
}

/// What a list says.
#[derive(Default)]
pub(super) struct Listed {
    /// The items that count, as texts that are understood.
    pub(super) items: Vec<String>,
    /// What the list was to protect, if nothing that it holds can be read.
    pub(super) lost: Option<Guard>,
}

impl Kind for List {
    type Setting = Listed;

    #[inline(never)]
    fn read(&self, said: Option<Said<'_>>, mistakes: &mut Mistakes) -> Listed {
        let mut listed = Listed::default();
        let Some(Said { name, value }) = said else { return listed };
        let words = match value::words(value, self.commas) {
            Ok(words) => words,
            Err(other) => {
                let instead = self.guards.map_or("The list is empty", Guard::instead);
                let meant = self
                    .must_hold(", in one text with blanks or commas between them or in an array of texts");
                mistakes.add(name, [&format!("is {other}"), &meant, instead]);
                listed.lost = self.guards;
                return listed;
            }
        };
        let is_empty = words.is_empty();
        for word in words {
            match word {
                Ok(word) => self.read_item(name, &word, &mut listed.items, mistakes),
                Err(other) => {
                    mistakes
                        .add(name, [&format!("holds {other}"), &self.must_hold(", each a text"), LEFT_OUT]);
                }
            }
        }
        listed.lost = self.guards.filter(|_| listed.items.is_empty() && !is_empty);
        if let Some(guard) = listed.lost {
            let protects = ["says nothing that can be read", "it is there to protect", guard.instead()];
            mistakes.add(name, protects);
        }
        listed
    }
}

const LEFT_OUT: &str = "It is left out, the others count";

impl List {
    fn must_hold(&self, how: &str) -> String {
        format!("it must hold {}{how}", self.holds)
    }

    #[inline(never)]
    fn read_item(&self, name: &'static str, word: &str, items: &mut Vec<String>, mistakes: &mut Mistakes) {
        let has_room = items.len() < self.most;
        let (item, why, instead) = match (self.item)(word) {
            Item::Bad { why, meant } => {
                let why = match &meant {
                    Some(meant) => format!("{why}: write {}", shown(meant)),
                    None => why.to_owned(),
                };
                let meant = meant.filter(|_| self.guards.is_some() && has_room);
                let instead = if meant.is_some() { "It is read as that" } else { LEFT_OUT };
                (meant, why, instead)
            }
            _ if !has_room => (None, format!("it must hold at most {} {}", self.most, self.holds), LEFT_OUT),
            Item::Good(item) => return items.push(item),
            Item::Doubtful { item, why } => (Some(item), why, "It counts all the same"),
        };
        mistakes.add(name, [&format!("holds {}", shown(word)), &why, instead]);
        items.extend(item);
    }
}
