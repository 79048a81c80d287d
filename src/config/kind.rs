//! What a variable may say: a switch, one of some words, a number, a list. Each kind reads a [`Value`], and names what is
//! wrong with it.

use super::items::Item;
use super::value::{self, Commas, Value};
use super::{Mistake, OriginServer};
use crate::effects::seal;
use url::Url;

/// The longest part of a value that a message repeats, in characters.
const MAX_SHOWN_CHARS: usize = 100;

/// A kind of variable, with its default.
pub(super) trait Kind {
    /// What a variable of this kind sets.
    type Setting;

    /// What is set when the variable says nothing.
    fn default(&self) -> Self::Setting;

    /// Reads what the variable `name` says.
    fn read(&self, name: &'static str, value: &Value, mistakes: &mut Vec<Mistake>) -> Self::Setting;
}

/// Names a mistake in a variable: what it says, what is meant, and what is used instead.
pub(super) fn mistake(name: &'static str, says: &str, meant: &str, instead: &str) -> Mistake {
    Mistake { variable: name, message: format!("{name} {says}; {meant}. {instead}.") }
}

/// A text as a message shows it: in quotes, and not too long.
pub(super) fn shown(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN_CHARS) {
        Some((end, _)) => format!("{:?} and so on", text.get(..end).unwrap_or_default()),
        None => format!("{text:?}"),
    }
}

/// Reads a value of one word by `read`, or names what is wrong and takes the default.
fn one_word<K: Kind>(
    kind: &K,
    (name, value): (&'static str, &Value),
    mistakes: &mut Vec<Mistake>,
    read: impl FnOnce(&str) -> Option<K::Setting>,
    texts: impl FnOnce() -> (String, String),
) -> K::Setting {
    let says = match value.word() {
        Ok(word) => match read(&word) {
            Some(setting) => return setting,
            None => format!("is {}", shown(&word)),
        },
        Err(other) => format!("is {other}"),
    };
    let (meant, instead) = texts();
    mistakes.push(mistake(name, &says, &meant, &instead));
    kind.default()
}

/// `on` or `off`.
pub(super) struct Switch(pub(super) bool);

impl Kind for Switch {
    type Setting = bool;

    fn default(&self) -> bool {
        self.0
    }

    fn read(&self, name: &'static str, value: &Value, mistakes: &mut Vec<Mistake>) -> bool {
        let read = |word: &str| match word.to_ascii_lowercase().as_str() {
            "on" | "true" | "1" | "yes" => Some(true),
            "off" | "false" | "0" | "no" => Some(false),
            _ => None,
        };
        let texts = || {
            (
                "it must be \"on\" or \"off\"".to_owned(),
                format!("It is {}", if self.0 { "on" } else { "off" }),
            )
        };
        one_word(self, (name, value), mistakes, read, texts)
    }
}

/// One of some words; the first is the default.
pub(super) struct Choice<T: 'static>(pub(super) &'static [(&'static str, T)], pub(super) T);

impl<T> Choice<T> {
    /// The words in quotes: `"a", "b" or "c"`.
    pub(super) fn words(&self) -> String {
        let words: Vec<String> = self.0.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        match words.split_last() {
            Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
            _ => words.concat(),
        }
    }

    /// The word that is the default.
    pub(super) fn first(&self) -> &'static str {
        self.0.first().map_or("", |(word, _)| word)
    }
}

impl<T: Copy> Kind for Choice<T> {
    type Setting = T;

    fn default(&self) -> T {
        self.1
    }

    fn read(&self, name: &'static str, value: &Value, mistakes: &mut Vec<Mistake>) -> T {
        let read = |text: &str| {
            self.0.iter().find(|(word, _)| text.eq_ignore_ascii_case(word)).map(|(_, setting)| *setting)
        };
        let texts = || (format!("it must be {}", self.words()), format!("It is {}", self.first()));
        one_word(self, (name, value), mistakes, read, texts)
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

    fn default(&self) -> u32 {
        self.default
    }

    fn read(&self, name: &'static str, value: &Value, mistakes: &mut Vec<Mistake>) -> u32 {
        let read = |text: &str| text.parse().ok().filter(|number| (self.least..=self.most).contains(number));
        let texts = || {
            let meant = format!("it must be a whole number from {} to {}", self.least, self.most);
            (meant, format!("It is {}", self.default))
        };
        one_word(self, (name, value), mistakes, read, texts)
    }
}

/// A share, 0 to 1.
pub(super) struct Share(pub(super) f64);

impl Kind for Share {
    type Setting = f64;

    fn default(&self) -> f64 {
        self.0
    }

    fn read(&self, name: &'static str, value: &Value, mistakes: &mut Vec<Mistake>) -> f64 {
        let read = |text: &str| text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
        let texts = || ("it must be a number from 0 to 1".to_owned(), format!("It is {}", self.0));
        one_word(self, (name, value), mistakes, read, texts)
    }
}

/// Where the site's own responses come from; by default from the zone's own origin.
pub(super) struct Server;

impl Kind for Server {
    type Setting = OriginServer;

    fn default(&self) -> OriginServer {
        OriginServer::Zone
    }

    fn read(&self, name: &'static str, value: &Value, mistakes: &mut Vec<Mistake>) -> OriginServer {
        let read = |text: &str| match text {
            "service" => Some(OriginServer::Service),
            "assets" => Some(OriginServer::Assets),
            _ => Url::parse(text).ok().filter(is_server).map(OriginServer::Url),
        };
        let texts = || {
            (
                "it must be a URL with nothing behind host and port (https://www.example.org), \"service\" or \"assets\""
                    .to_owned(),
                "The zone's own origin is asked instead".to_owned(),
            )
        };
        one_word(self, (name, value), mistakes, read, texts)
    }
}

fn is_server(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none()
}

/// A secret, which no message repeats; by default none. The text says what a site goes without.
pub(super) struct Secret(pub(super) &'static str);

impl Kind for Secret {
    type Setting = Option<String>;

    fn default(&self) -> Option<String> {
        None
    }

    fn read(&self, name: &'static str, value: &Value, mistakes: &mut Vec<Mistake>) -> Option<String> {
        let says = match value.word() {
            Ok(secret) if secret.chars().count() >= seal::MIN_SECRET_CHARS => return Some(secret),
            Ok(_) => "is too short",
            Err(_) => "is no text",
        };
        let meant = format!("it must have at least {} characters", seal::MIN_SECRET_CHARS);
        mistakes.push(mistake(name, says, &meant, self.0));
        None
    }
}

/// A list, by default empty.
pub(super) struct List<T: 'static> {
    /// What it holds, in the plural.
    pub(super) holds: &'static str,
    /// Reads an item.
    pub(super) item: fn(&str) -> Item<T>,
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
pub(super) struct Listed<T> {
    /// The items that count.
    pub(super) items: Vec<T>,
    /// What the list was to protect, if nothing that it holds can be read.
    pub(super) lost: Option<Guard>,
}

impl<T> Kind for List<T> {
    type Setting = Listed<T>;

    fn default(&self) -> Listed<T> {
        Listed { items: Vec::new(), lost: None }
    }

    fn read(&self, name: &'static str, value: &Value, mistakes: &mut Vec<Mistake>) -> Listed<T> {
        let words = match value::words(value, self.commas) {
            Ok(words) => words,
            Err(other) => {
                let instead = self.guards.map_or("The list is empty", Guard::instead);
                let meant = format!(
                    "it must hold {}, in one text with blanks or commas between them or in an array of texts",
                    self.holds
                );
                mistakes.push(mistake(name, &format!("is {other}"), &meant, instead));
                return Listed { items: Vec::new(), lost: self.guards };
            }
        };
        let mut items = Vec::new();
        let is_empty = words.is_empty();
        for word in words {
            match word {
                Ok(word) => items.extend(self.read_item(name, &word, items.len() < self.most, mistakes)),
                Err(other) => {
                    let meant = format!("it must hold {}, each a text", self.holds);
                    mistakes.push(mistake(name, &format!("holds {other}"), &meant, LEFT_OUT));
                }
            }
        }
        let lost = self.guards.filter(|_| items.is_empty() && !is_empty);
        if let Some(guard) = lost {
            mistakes.push(mistake(
                name,
                "says nothing that can be read",
                "it is there to protect",
                guard.instead(),
            ));
        }
        Listed { items, lost }
    }
}

const LEFT_OUT: &str = "It is left out, the others count";

impl<T> List<T> {
    fn read_item(
        &self,
        name: &'static str,
        word: &str,
        has_room: bool,
        mistakes: &mut Vec<Mistake>,
    ) -> Option<T> {
        let says = || format!("holds {}", shown(word));
        let item = (self.item)(word);
        if !has_room && !matches!(item, Item::Bad { .. }) {
            let meant = format!("it must hold at most {} {}", self.most, self.holds);
            mistakes.push(mistake(name, &says(), &meant, LEFT_OUT));
            return None;
        }
        match item {
            Item::Good(item) => Some(item),
            Item::Doubtful(item, why) => {
                let message = format!("{name} holds {}, which {why}.", shown(word));
                mistakes.push(Mistake { variable: name, message });
                Some(item)
            }
            Item::Bad { why, meant: Some((write, item)) } => {
                let is_used = self.guards.is_some() && has_room;
                let instead = if is_used { "It is read as that" } else { LEFT_OUT };
                mistakes.push(mistake(name, &says(), &format!("{why}: write {}", shown(&write)), instead));
                is_used.then_some(item)
            }
            Item::Bad { why, meant: None } => {
                mistakes.push(mistake(name, &says(), &why, LEFT_OUT));
                None
            }
        }
    }
}
