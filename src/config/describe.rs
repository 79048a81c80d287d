//! Writes the table of variables for people: docs/configuration.md, and the `[vars]` of wrangler.toml.
//!
//! Not part of the Worker. `make configuration` writes both, and a test compares them with the table.

use super::kind::{Choice, Guard, Kind, List, Secret, Server, Share, Switch, Whole, quoted};
use super::table::{MANY, VARIABLES, Variable};
use crate::effects::seal;
use std::fmt::Write as _;

/// Where the variables begin in wrangler.toml; all that follows is written from the table.
const VARS: &str = "[vars]\n";

/// The width of comments in wrangler.toml.
const WIDTH: usize = 120;

/// A variable without its type.
pub(super) trait Described {
    /// Its name.
    fn name(&self) -> &'static str;
    /// The chapter it stands in.
    fn chapter(&self) -> &'static str;
    /// What it does.
    fn does(&self) -> &'static str;
    /// A value that somebody may want.
    fn example(&self) -> &'static str;
    /// What it may say.
    fn values(&self) -> String;
    /// Its default; `None` for a secret, which has none and never stands in a file.
    fn default(&self) -> Option<String>;
    /// Whether it stands in a TOML file without quotes.
    fn is_number(&self) -> bool;
    /// What a bad value gives.
    fn bad_value(&self) -> String;
    /// What it protects, if it is a list that does.
    fn guards(&self) -> Option<Guard>;
}

/// What is written about a kind of variable.
pub(super) trait DescribedKind: Kind {
    /// See [`Described::values`].
    fn values(&self) -> String;
    /// See [`Described::default`].
    fn default_text(&self) -> Option<String>;
    /// See [`Described::is_number`].
    fn is_number(&self) -> bool {
        false
    }
    /// See [`Described::bad_value`].
    fn bad_value(&self) -> String {
        "The default takes its place.".to_owned()
    }
    /// See [`Described::guards`].
    fn guards(&self) -> Option<Guard> {
        None
    }
}

impl<K: DescribedKind> Described for Variable<K> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn chapter(&self) -> &'static str {
        self.about.chapter
    }

    fn does(&self) -> &'static str {
        self.about.does
    }

    fn example(&self) -> &'static str {
        self.about.example
    }

    fn values(&self) -> String {
        self.kind.values()
    }

    fn default(&self) -> Option<String> {
        self.kind.default_text()
    }

    fn is_number(&self) -> bool {
        self.kind.is_number()
    }

    fn bad_value(&self) -> String {
        self.kind.bad_value()
    }

    fn guards(&self) -> Option<Guard> {
        self.kind.guards()
    }
}

impl DescribedKind for Server {
    fn values(&self) -> String {
        "a URL with nothing behind host and port, \"service\" or \"assets\"".to_owned()
    }

    fn default_text(&self) -> Option<String> {
        Some(String::new())
    }

    fn bad_value(&self) -> String {
        "The zone's own origin is asked.".to_owned()
    }
}

impl DescribedKind for Switch {
    fn values(&self) -> String {
        "\"on\" or \"off\"".to_owned()
    }

    fn default_text(&self) -> Option<String> {
        Some(self.word().to_owned())
    }
}

impl<T: Copy> DescribedKind for Choice<T> {
    fn values(&self) -> String {
        quoted(self.words)
    }

    fn default_text(&self) -> Option<String> {
        self.words.first().map(|word| (*word).to_owned())
    }
}

impl DescribedKind for Whole {
    fn values(&self) -> String {
        format!("a whole number from {} to {}", self.least, self.most)
    }

    fn default_text(&self) -> Option<String> {
        Some(self.default.to_string())
    }

    fn is_number(&self) -> bool {
        true
    }
}

impl DescribedKind for Share {
    fn values(&self) -> String {
        "a number from 0 to 1".to_owned()
    }

    fn default_text(&self) -> Option<String> {
        Some(self.0.to_string())
    }

    fn is_number(&self) -> bool {
        true
    }
}

impl DescribedKind for Secret {
    fn values(&self) -> String {
        format!("a secret of at least {} characters", seal::MIN_SECRET_CHARS)
    }

    fn default_text(&self) -> Option<String> {
        None
    }

    fn bad_value(&self) -> String {
        format!("{}.", self.0)
    }
}

impl DescribedKind for List {
    fn values(&self) -> String {
        match self.most {
            MANY => format!("a list of {}", self.holds),
            1 => self.holds.to_owned(),
            most => format!("a list of up to {most} {}", self.holds),
        }
    }

    fn default_text(&self) -> Option<String> {
        Some(String::new())
    }

    fn bad_value(&self) -> String {
        match self.guards {
            None => "A bad item is left out, the others count.".to_owned(),
            Some(guard) => format!(
                "An item that can only mean one thing is read as that; another one is left out, and the others count. If nothing \
                 can be read: {}.",
                guard.instead()
            ),
        }
    }

    fn guards(&self) -> Option<Guard> {
        self.guards
    }
}

/// A line of TOML that sets a variable.
fn assignment(variable: &dyn Described, value: &str) -> String {
    if variable.is_number() {
        format!("{} = {value}", variable.name())
    } else {
        format!("{} = {value:?}", variable.name())
    }
}

/// wrangler.toml with its `[vars]` written anew; `None` if it has none.
#[must_use]
pub fn wrangler_toml(text: &str) -> Option<String> {
    let (before, _) = text.split_once(VARS)?;
    let mut written = format!("{before}{VARS}");
    let mut chapter = "";
    for variable in VARIABLES {
        let Some(default) = variable.default() else { continue };
        if chapter != variable.chapter() {
            chapter = variable.chapter();
            let blank = if written.ends_with(VARS) { "" } else { "\n" };
            let _ = writeln!(written, "{blank}# --- {chapter} ---");
        }
        let comment = format!("{} It is {}.", variable.does(), variable.values());
        let _ = write!(written, "\n{}{}\n", comment_lines(&comment), assignment(*variable, &default));
    }
    Some(written)
}

/// A text as lines of a comment.
fn comment_lines(text: &str) -> String {
    let mut lines = String::new();
    let mut line = String::from("#");
    for word in text.split(' ') {
        if line.len() + 1 + word.len() > WIDTH {
            lines.push_str(&line);
            lines.push('\n');
            line.replace_range(1.., "");
        }
        line.push(' ');
        line.push_str(word);
    }
    lines + &line + "\n"
}

/// A text with marks around the words that Markdown must not read: names of variables, and what has a star.
fn with_code(text: &str) -> String {
    let marked = |word: &str| {
        let core = word.trim_matches(['(', ')', ',', '.', ':', ';', '"']);
        if core.contains(['*', '_']) { word.replacen(core, &format!("`{core}`"), 1) } else { word.to_owned() }
    };
    text.split(' ').map(marked).collect::<Vec<_>>().join(" ")
}

/// docs/configuration.md.
#[must_use]
pub fn documentation() -> String {
    let mut text = introduction();
    let mut chapter = "";
    for variable in VARIABLES {
        if chapter != variable.chapter() {
            chapter = variable.chapter();
            let _ = write!(text, "\n## {chapter}\n");
        }
        let (name, does) = (variable.name(), with_code(variable.does()));
        let _ = write!(text, "\n### {name}\n\n{does}\n\n- Value: {}.\n", variable.values());
        match variable.default() {
            Some(default) => {
                let _ = writeln!(text, "- Default: `{}`", assignment(*variable, &default));
                let _ = writeln!(text, "- Example: `{}`", assignment(*variable, variable.example()));
            }
            None => {
                let _ = writeln!(text, "- It is a secret, and stands in no file: `{}`", variable.example());
            }
        }
        let _ = writeln!(text, "- A bad value: {}", variable.bad_value());
    }
    text
}

/// What stands above the variables, with the names of the lists that protect.
fn introduction() -> String {
    let guarding = |which: fn(Guard) -> bool| {
        let variables = VARIABLES.iter().filter(|variable| variable.guards().is_some_and(which));
        let names: Vec<_> = variables.map(|variable| format!("`{}`", variable.name())).collect();
        match names.split_last() {
            Some((last, before)) if !before.is_empty() => format!("{} and {last}", before.join(", ")),
            _ => names.concat(),
        }
    };
    INTRODUCTION
        .replace("{all}", &guarding(|_| true))
        .replace("{sessions}", &guarding(|guard| guard == Guard::Sessions))
        .replace("{hints}", &guarding(|guard| guard == Guard::Hints))
}

/// The same, with places for these names.
const INTRODUCTION: &str = r#"# Configuration

<!-- Written by `make configuration` from src/config/table.rs and src/config/describe.rs; change it there. -->

Variables stand under `[vars]` in `wrangler.toml`; secrets are put in place with `npx wrangler secret put NAME`. Beside `make dev` a variable can be given as `make dev EAGERNESS=moderate`.

An empty value is the default. The site is served whatever stands here: a mistake is named in the Worker's log, once, with what to write instead (`npx wrangler tail` shows it, as a line that begins with `Headstart: configuration:`). So is a value of another type, and a variable that is spelled nearly like one of these (`UNSAFE_URL`).

## How to write a list

All of these say the same:

```toml
UNSAFE_URLS = "/checkout* /account*"
UNSAFE_URLS = "/checkout*, /account*"
UNSAFE_URLS = ["/checkout*", "/account*"]
```

Blanks and commas separate items in each text, also in one that stands in an array. A text that was to be an array of JSON and is none, by other quotes or a comma too many, is read as one. In lists of paths (URL patterns and beginnings of scripts' URLs) a comma separates only where the next item begins, with `/`, `https://` or a blank, since a path can hold commas. A comma that belongs to a pattern is written `%2C`, a blank `%20`; a comma that is written as it is counts as part of the pattern, and the log says so.

Some lists protect: {all}. There an item that can only mean one thing counts as that (`checkout*` as `/checkout*`), and the log says what to write. If such a list says something of which nothing can be read, nobody knows what it was to protect: then no page is speculated on until it is put right (for {hints} no page is given hints; for {sessions} every cookie counts as a session besides). In the other lists a bad item is left out, since to guess could only make things less safe.

## URL patterns

A pattern is the path of a URL without scheme and host. It begins with `/`; `*` stands for anything, slashes included. Behind a `?` stand parameters that must all be there, in any order, each with its `=` and value: `/*?action=rate*`, `/account?close=*`. Upper and lower case are the same, and so is what is percent-encoded and what is not. A pattern without a `?` matches whatever the query is. `/*` alone matches every URL, which the log points out.

## Names of cookies

A name may end in `*`, which stands for any ending. `SESSION_COOKIES` and `CSRF_COOKIES` match in any case, `INERT_COOKIES` as it is written. A site's own lists come before the built-in names, but only a name in full makes something else of a session:

- A name that stands in full in `INERT_COOKIES` is inert, even a well-known session (`PHPSESSID`).
- A name with `*` in `INERT_COOKIES` or `CSRF_COOKIES` never takes in a well-known session, nor anything that is called like one (`*sess*`, `*auth*`, `*login*` and more; src/effects/class/names.rs has them). Name such a cookie in full if it is none.
- Where both `SESSION_COOKIES` and `INERT_COOKIES` match, the more exact one counts: a name in full before one with `*`, a longer beginning before a shorter one, and of equals `INERT_COOKIES`.
- `*` alone would take every session for something else. It is left out of `INERT_COOKIES`; in `CSRF_COOKIES` it counts as what cannot be read, so no page is speculated on until it is put right.
"#;
