//! The values of variables as the platform gives them, not interpreted yet.
//!
//! In wrangler.toml a variable may be written as a text, a number, a boolean, an array or a table; the platform hands each
//! over as the JavaScript value of that kind. The edge turns those into [`Value`]s, and everything else happens here.

/// The value of one variable.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A text.
    Text(String),
    /// A number.
    Number(f64),
    /// `true` or `false`.
    Boolean(bool),
    /// An array.
    Array(Vec<Value>),
    /// `null`, which a variable of JSON can be.
    Null,
    /// A table, or a binding of the platform.
    Object,
}

impl Value {
    /// The value as whoever has set it may read it.
    #[must_use]
    pub fn written(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Array(items) => items.iter().map(Self::written).collect::<Vec<_>>().join(" "),
            Self::Object => "(a table)".to_owned(),
            other => other.word().unwrap_or_else(str::to_owned),
        }
    }

    /// The text of a value that is one word: a number or a boolean reads as it is written.
    ///
    /// # Errors
    /// What kind of value it is instead.
    pub(super) fn word(&self) -> Result<String, &'static str> {
        match self {
            Self::Text(text) => Ok(text.trim().to_owned()),
            Self::Number(number) => Ok(number.to_string()),
            Self::Boolean(boolean) => Ok(boolean.to_string()),
            Self::Array(_) => Err("an array"),
            Self::Null => Err("null"),
            Self::Object => Err("an object"),
        }
    }

    /// What kind of value it is, for the log.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::Number(_) => "a number",
            Self::Boolean(_) => "true or false",
            Self::Array(_) => "an array",
            Self::Null => "null",
            Self::Object => "an object",
        }
    }

    /// Whether it counts as not set.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.trim().is_empty(),
            Self::Array(values) => values.iter().all(Self::is_empty),
            _ => false,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

/// Where a comma ends an item of a list. Blanks always do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Commas {
    /// Everywhere: no item can hold one.
    Anywhere,
    /// Where the next item begins, with a `/` or a scheme, and at the end: paths can hold commas.
    BeforePath,
}

/// An item of a list: its text, or the kind of value that stands in its place.
pub(super) type Word = Result<String, &'static str>;

/// The items of a list: words with blanks or commas between them, in one text or in each text of an array. A text that
/// is a JSON array counts as that array, since a `.dev.vars` file and `wrangler dev --var` know nothing but texts; so does one that was
/// to be, with other quotes or a comma too many: what a list protects must not hang on that.
///
/// # Errors
/// What kind of value it is instead.
pub(super) fn words(value: &Value, commas: Commas) -> Result<Vec<Word>, &'static str> {
    let mut words = Vec::new();
    match value {
        Value::Text(text) => match json_array(text) {
            Some(texts) => texts.iter().for_each(|text| split(text, commas, &mut words)),
            None if text.trim_start().starts_with('[') => split_array(text, commas, &mut words),
            None => split(unquoted(text), commas, &mut words),
        },
        Value::Array(values) => {
            for value in values {
                match value {
                    Value::Text(text) => split(text, commas, &mut words),
                    other => words.push(Err(other.kind())),
                }
            }
        }
        other => return Err(other.kind()),
    }
    Ok(words)
}

fn json_array(text: &str) -> Option<Vec<String>> {
    text.trim_start().starts_with('[').then(|| serde_json::from_str(text).ok())?
}

/// The items of a text that was to be a JSON array: what stands between quotes, and what stands outside of any.
fn split_array(text: &str, commas: Commas, words: &mut Vec<Word>) {
    let text = text.trim();
    let text = text.strip_prefix('[').unwrap_or(text);
    let mut rest = text.strip_suffix(']').unwrap_or(text);
    while let Some((before, from)) = rest.find(['"', '\'']).and_then(|at| rest.split_at_checked(at)) {
        split(before, commas, words);
        let quote = if from.starts_with('"') { '"' } else { '\'' };
        let quoted = from.get(1..).unwrap_or_default();
        let (item, after) = quoted.split_once(quote).unwrap_or((quoted, ""));
        split(item, commas, words);
        rest = after;
    }
    split(rest, commas, words);
}

/// A text without the quotes around it, which a shell or a file may have left there.
fn unquoted(text: &str) -> &str {
    let text = text.trim();
    let inner = |quote| text.strip_prefix(quote)?.strip_suffix(quote).filter(|inner| !inner.contains(quote));
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}

#[inline(never)]
fn split(text: &str, commas: Commas, words: &mut Vec<Word>) {
    for run in text.split_ascii_whitespace() {
        let mut rest = run;
        // Where in the rest the next comma is looked for.
        let mut from = 0;
        while let Some(at) = rest.get(from..).and_then(|rest| rest.find(',')).map(|at| from + at) {
            let (word, after) = (rest.get(..at).unwrap_or_default(), rest.get(at + 1..).unwrap_or_default());
            let begins_path = after.is_empty()
                || after.starts_with(['/', ','])
                || after.starts_with("https://")
                || after.starts_with("http://");
            if commas == Commas::Anywhere || begins_path {
                push(word, words);
                (rest, from) = (after, 0);
            } else {
                from = at + 1;
            }
        }
        push(rest, words);
    }
}

fn push(word: &str, words: &mut Vec<Word>) {
    if !word.is_empty() {
        words.push(Ok(word.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &Value, commas: Commas) -> Vec<String> {
        words(value, commas).unwrap().into_iter().map(Result::unwrap).collect()
    }

    #[test]
    fn a_list_has_blanks_or_commas_between_its_items_or_is_an_array() {
        let array = |texts: &[&str]| Value::Array(texts.iter().map(|text| Value::from(*text)).collect());
        for value in [
            Value::from("a b c"),
            Value::from(" a\tb\n c\r\n"),
            Value::from("a,b,c"),
            Value::from("a, b , c,"),
            array(&["a", "b", "c"]),
            array(&["a b", "", "c,"]),
            Value::from(" [\"a\", \"b c\"] "),
            Value::from("\"a b c\""),
            Value::from("'a, b, c'"),
        ] {
            assert_eq!(read(&value, Commas::Anywhere), ["a", "b", "c"], "{value:?}");
        }
        for value in [Value::from(""), Value::from(" , "), array(&[]), array(&["", " "]), Value::from("[]")] {
            assert!(read(&value, Commas::Anywhere).is_empty(), "{value:?}");
        }
    }

    #[test]
    fn what_was_to_be_a_json_array_is_read_as_one() {
        for text in [
            "[\"/p/2\", \"/c/max\",]",
            " ['/p/2','/c/max'] ",
            "[\"/p/2\" \"/c/max\"]",
            "[\"/p/2\", \"/c/max",
            "[\"/p/2\", '/c/max'",
            "[/p/2, /c/max]",
            "[/p/2,/c/max",
            "[\"/p/2 /c/max\",]",
        ] {
            for commas in [Commas::BeforePath, Commas::Anywhere] {
                assert_eq!(read(&Value::from(text), commas), ["/p/2", "/c/max"], "{text}");
            }
        }
        assert_eq!(read(&Value::from("[\"/a\", 5]"), Commas::BeforePath), ["/a", "5"]);
        assert_eq!(read(&Value::from("[\"/*?ids=1,2\",]"), Commas::BeforePath), ["/*?ids=1,2"]);
        assert!(read(&Value::from("["), Commas::Anywhere).is_empty());
    }

    #[test]
    fn a_comma_in_a_path_stays_where_no_path_begins_behind_it() {
        for (text, expected) in [
            ("/a,/b", &["/a", "/b"][..]),
            ("/a*,/b*,", &["/a*", "/b*"]),
            (",/a,,/b", &["/a", "/b"]),
            ("/a, /b", &["/a", "/b"]),
            ("/a,https://shop.example/b", &["/a", "https://shop.example/b"]),
            ("/a,1.html /b", &["/a,1.html", "/b"]),
            ("/a,b,/c", &["/a,b", "/c"]),
            ("/*?ids=1,2", &["/*?ids=1,2"]),
        ] {
            assert_eq!(read(&Value::from(text), Commas::BeforePath), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_list_says_what_it_is() {
        for (value, kind) in [
            (Value::Number(5.0), "a number"),
            (Value::Boolean(true), "true or false"),
            (Value::Null, "null"),
            (Value::Object, "an object"),
        ] {
            assert_eq!(words(&value, Commas::Anywhere), Err(kind));
            let inside = Value::Array(vec![Value::from("a"), value]);
            assert_eq!(words(&inside, Commas::Anywhere), Ok(vec![Ok("a".to_owned()), Err(kind)]));
        }
        // That is no JSON, so it reads as a text.
        assert_eq!(read(&Value::from("\"a\" \"b\""), Commas::Anywhere), ["\"a\"", "\"b\""]);
    }

    #[test]
    fn numbers_and_booleans_are_words() {
        for (value, word) in [
            (Value::from(" on "), "on"),
            (Value::Number(10.0), "10"),
            (Value::Number(0.6), "0.6"),
            (Value::Boolean(false), "false"),
        ] {
            assert_eq!(value.word().as_deref(), Ok(word));
        }
        assert_eq!(Value::Array(Vec::new()).word(), Err("an array"));
    }
}
