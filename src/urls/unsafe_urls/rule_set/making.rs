//! Makes the patterns of the table. The Worker has what was made: so this is not compiled for it, and neither are regular expressions.
//!
//! Its syntax is what JavaScript's and Rust's expressions have in common; in classes JavaScript wants `/` and `-` escaped.

use crate::sorting::map::{SortedMap, SortedSet};
use crate::urls::pattern;
use crate::urls::unsafe_urls::PRODUCT_GLOBS;
use crate::urls::unsafe_urls::knowledge::{Force, Kind, each_name, source_of};
use crate::urls::unsafe_urls::words::Words;
use regex::Regex;

/// Makes the patterns of the table.
#[must_use]
pub fn written() -> String {
    let words = expression();
    // A test compiles it.
    let by_words = Regex::new(&format!("^(?:{words})$")).ok();
    let is_said = |path: &str| {
        by_words.as_ref().is_some_and(|by_words| {
            by_words.is_match(path.trim_start_matches('/').replace('*', "x").as_str())
        })
    };
    let paths: SortedSet<&str> = PRODUCT_GLOBS
        .iter()
        .map(|(_, glob)| glob.text())
        .filter(|text| !text.contains('?') && !is_said(text))
        .collect();
    let products = paths.into_iter().map(pattern::path_glob);
    std::iter::once(format!("/({words})")).chain(products).map(|pattern| pattern + "\n").collect()
}

/// What a path must not be behind its first slash: in English whatever acts, and of other languages the worst. Names in other than
/// Latin letters are long when they are percent-encoded; of those the shape tells.
fn expression() -> String {
    let (mut acting, mut carts, mut above, mut outbound) = <(Trie, Trie, Trie, Trie)>::default();
    let mut last = SortedSet::from(LAST.map(str::to_owned));
    each_name(|words, roles, is_english| {
        let joined = words.joined();
        if !joined.is_ascii() {
            return;
        }
        let verb = |name: &str| source_of(name).acting_verb();
        // A phrase is left out where its first words say as much.
        let is_phrase = |end| source_of(words.between(0, end)).phrase.is_some();
        let is_said = words.len() > 1 && (verb(words.word(0)).is_some() || verb(words.word(1)).is_some())
            || (1..words.len()).any(is_phrase)
            || SIGNING_OUT.iter().any(|name| joined.contains(name));
        if is_english && words.len() == 1 && roles.verb == Some((Force::Soft, "maintenance")) {
            last.insert(joined.to_owned());
        }
        if let Some(rule) = roles.phrase.filter(|_| !is_said).or_else(|| verb(joined)) {
            if is_english {
                acting.add(words, usize::MAX);
            } else if WORST.contains(&rule) && joined.len() >= MIN_BYTES && words.len() <= MAX_WORDS {
                acting.add(words, STEM_BYTES);
            }
        }
        if roles.noun == Some("cart") && words.len() == 1 {
            carts.add(words, usize::MAX);
        }
        if is_english && ABOVE.iter().any(|kind| roles.is(*kind)) {
            above.add(words, usize::MAX);
        }
        if is_english && roles.is(Kind::Outbound) {
            outbound.add(words, usize::MAX);
        }
    });
    let last = last.into_iter().collect::<Vec<_>>().join("|");
    let word = r"[^\/_.\-]+";
    // A number, a code, a token; no title, and no year, month or day, as archives have them.
    let id = r"(?:[0-9]|[4-9][0-9]|[0-9]{3}|[03-9][0-9]{3}|[0-9]{5,}|[0-9]+[a-zA-Z][^\/\-.]*|[a-zA-Z][^\/\-.]*[0-9][^\/\-.]*|[0-9a-f\-]{32,})";
    let escapes = "(?:%[0-9A-F]{2}){2,30}";
    let [acting, carts, above, outbound] = [acting, carts, above, outbound].map(|trie| trie.expression(true));
    [
        // `add-to-cart`, `user_logout`, `delete.php`, `cart/clear`: a name of few words with one of them first or second
        format!(r"(?:.*\/)?(?:{word}[_.\-])?(?:{acting})(?:[_.,\-]{word}){{0,3}}(?:\/.*)?"),
        // `warenkorb/hinzufuegen/5`, `in-den-warenkorb`
        format!(r"(?:.*\/)?(?:(?:{carts})\/.+|[^\/]*[_\-](?:{carts})(?:\/.*)?)"),
        // `5/publish`, `5/удалить`, `удалить/5`, `выход`
        format!(r"(?:.*\/)?{id}\/{word}(?:\/{id})?\/?"),
        format!(r"(?:.*\/)?(?:%[^\/]*\/{id}|{escapes}(?:[_\-]{escapes})?)\/?"),
        // `verify/…`, `login/google`, `lang/de`, `folder/scan`
        format!(r"(?:.*\/)?(?:{above})\/.+"),
        format!(r".+\/(?:{last})(?:[\/.].*)?"),
        format!(r"(?:[a-z]{{2}}\/)?(?:{outbound})\/.+"),
        // Where something is written, or kept.
        r"(?:.+\/edit(?:[_\-].*)?|(?:.*\/)?(?:edit|download|export)\/.+|(?:[^\/]+\/)?(?:wp-)?admin(?:istrator)?(?:\/.*)?)".to_owned(),
        // `doLogout`, `ConfirmEmail`
        r".*[a-z]{2}[A-Z][a-z].*".to_owned(),
        r".*(?:[lL]og|[sS]ign)[_\-]?(?:out|off).*".to_owned(),
    ]
    .join("|")
}

/// The rules of what harms most.
const WORST: [&str; 3] = ["sign-out", "delete", "unsubscribe"];

/// What is refused wherever it stands in a name.
const SIGNING_OUT: [&str; 4] = ["logout", "logoff", "signout", "signoff"];

/// What is done to what stands before it, besides maintenance.
const LAST: [&str; 6] = ["login", "signin", "authorize", "callback", "select", "switch"];

/// The shortest name of other languages that is looked for, and how much of it, in bytes.
const MIN_BYTES: usize = 4;
const STEM_BYTES: usize = 7;

/// The most words of a phrase in other languages.
const MAX_WORDS: usize = 2;

/// What stands above what is good once, leads to a provider, or switches.
const ABOVE: [Kind; 3] = [Kind::Tokened, Kind::Protocol, Kind::Switching];

/// Texts that begin alike, as one expression.
#[derive(Default)]
struct Trie {
    next: SortedMap<char, Self>,
    is_end: bool,
    goes_on: bool,
}

impl Trie {
    /// Adds a name, or as much of it as is said.
    fn add(&mut self, words: &Words, most: usize) {
        let name = (0..words.len()).map(|index| words.word(index)).collect::<Vec<_>>().join("-");
        let end = name.chars().take(most).fold(self, |at, letter| at.next.entry(letter).or_default());
        end.is_end = true;
        // Whatever begins so.
        end.goes_on |= name.len() > most;
    }

    /// What follows, as alternatives. A name may begin with a capital.
    fn expression(&self, is_first: bool) -> String {
        let alternative = |(letter, rest): (&char, &Self)| {
            let own = match letter {
                '-' => r"[_\-]?".to_owned(),
                letter if is_first && letter.is_ascii_alphabetic() => {
                    format!("[{letter}{}]", letter.to_ascii_uppercase())
                }
                letter => letter.to_string(),
            };
            own + &rest.following()
        };
        self.next.iter().map(alternative).collect::<Vec<_>>().join("|")
    }

    fn following(&self) -> String {
        if self.goes_on {
            return "[a-z]*".to_owned();
        }
        match (self.is_end, self.next.len()) {
            (_, 0) => String::new(),
            (false, 1) => self.expression(false),
            (false, _) => format!("(?:{})", self.expression(false)),
            (true, _) => format!("(?:{})?", self.expression(false)),
        }
    }
}
