//! What the body of a `POST` says that is done, where its URL is the same for everything: GraphQL, and `WordPress`'s
//! `admin-ajax.php`. A page asks there for what it shows, and does there what its visitor wants.

use serde_json::Value;

/// The longest body that is read, in bytes.
pub const MAX_BYTES: usize = 64 * 1024;

/// The longest name of what is done, in characters.
const MAX_NAME: usize = 64;

/// The most operations of one body.
const MAX_OPERATIONS: usize = 50;

/// What says in a body what is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// GraphQL over HTTP: a document of operations, or the name of one that the server knows.
    GraphQl,
    /// A form's field `action`, as `WordPress` reads it.
    WordPress,
}

/// What is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// Its name; empty where it has none.
    pub name: String,
    /// Whether it only asks for something.
    pub is_question: bool,
}

impl Dialect {
    /// Reads a body; `None` where it does not say what is done. An empty one does nothing.
    #[must_use]
    pub fn read(self, body: &str) -> Option<Posted> {
        if body.is_empty() {
            return Some(Posted { name: String::new(), is_question: true });
        }
        match self {
            Self::GraphQl => graphql(body),
            Self::WordPress => {
                let is_action = |(name, _): &(_, _)| name == "action";
                let (_, action) = url::form_urlencoded::parse(body.as_bytes()).find(is_action)?;
                Some(Posted { is_question: is_question(&action), name: named(&action) })
            }
        }
    }
}

/// A name that is not too long.
fn named(name: &str) -> String {
    name.chars().take(MAX_NAME).collect()
}

/// Whether what has this name only asks for something, by the word with which it begins: `heartbeat`, `get_cart`, `loadMore`.
fn is_question(name: &str) -> bool {
    const ASKING: [&str; 21] = [
        "get",
        "load",
        "fetch",
        "query",
        "search",
        "find",
        "list",
        "check",
        "refresh",
        "read",
        "view",
        "show",
        "count",
        "track",
        "heartbeat",
        "ping",
        "poll",
        "filter",
        "suggest",
        "autocomplete",
        "render",
    ];
    let name = name.trim_start_matches(['_', '$']);
    let end = name.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(name.len());
    let word = match name.get(..end) {
        // `GetCart` begins with a capital letter.
        Some("") => {
            let rest = name.get(1..).unwrap_or_default();
            name.get(..1 + rest.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(rest.len()))
        }
        word => word,
    };
    word.is_some_and(|word| ASKING.contains(&word.to_ascii_lowercase().as_str()))
}

/// Reads a body of GraphQL: an operation, several of them, or a bare document (GraphQL over HTTP, "Request").
fn graphql(body: &str) -> Option<Posted> {
    let Ok(value) = serde_json::from_str::<Value>(body) else { return document(body, None) };
    match &value {
        Value::Array(operations) if operations.len() <= MAX_OPERATIONS => {
            let read: Option<Vec<Posted>> = operations.iter().map(operation).collect();
            let read = read.filter(|read| !read.is_empty())?;
            // What acts is what is told of them.
            read.iter().find(|posted| !posted.is_question).or_else(|| read.first()).cloned()
        }
        _ => operation(&value),
    }
}

fn operation(value: &Value) -> Option<Posted> {
    let name = value.get("operationName").and_then(Value::as_str).filter(|name| !name.is_empty());
    match value.get("query").and_then(Value::as_str) {
        Some(text) if !text.trim().is_empty() => document(text, name),
        // Only the server knows the document, so its name has to tell.
        _ => name.map(|name| Posted { is_question: is_question(name), name: named(name) }),
    }
}

/// The operation of a document with this name, or the first one (GraphQL, "Document").
fn document(text: &str, name: Option<&str>) -> Option<Posted> {
    let mut depth = 0_u32;
    // Those with which a definition begins: what it is, and its name.
    let mut words: Vec<&str> = Vec::new();
    let mut first = None;
    let mut rest = text;
    while let Some(start) = rest.chars().next() {
        let is_part = |c: char| c == '_' || c.is_ascii_alphanumeric();
        let length = match start {
            '#' => rest.find(['\n', '\r']).unwrap_or(rest.len()),
            '"' => string_length(rest),
            '{' | '(' | '[' => {
                if (start, depth) == ('{', 0) {
                    let is_meant = name.is_none_or(|name| words.get(1) == Some(&name));
                    let found = defined(&words);
                    if found.is_some() && is_meant {
                        return found;
                    }
                    first = first.or(found);
                    words.clear();
                }
                depth = depth.saturating_add(1);
                1
            }
            '}' | ')' | ']' => {
                depth = depth.saturating_sub(1);
                1
            }
            c if is_part(c) => {
                let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
                if depth == 0 && words.len() < 2 {
                    words.extend(rest.get(..length));
                }
                length
            }
            other => other.len_utf8(),
        };
        rest = rest.get(length..)?;
    }
    first
}

/// The operation that begins with these words; `None` for a fragment. One without any is a query.
fn defined(words: &[&str]) -> Option<Posted> {
    let kind = words.first().copied().unwrap_or("query");
    let is_operation = matches!(kind, "query" | "mutation" | "subscription");
    let name = named(words.get(1).copied().unwrap_or_default());
    is_operation.then(|| Posted { name, is_question: kind != "mutation" })
}

/// The length of a string, or of one in three quotation marks, with them.
fn string_length(text: &str) -> usize {
    if let Some(block) = text.strip_prefix("\"\"\"") {
        return block.find("\"\"\"").map_or(text.len(), |end| end + 6);
    }
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '\\' if !is_escaped => is_escaped = true,
            '"' | '\n' if !is_escaped => return at + 1,
            _ => is_escaped = false,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[allow(clippy::unnecessary_wraps)] // as it is read
    fn posted(name: &str, is_question: bool) -> Option<Posted> {
        Some(Posted { name: name.to_owned(), is_question })
    }

    #[test]
    fn what_asks_graphql_is_told_from_what_acts() {
        let read = |query: &str| Dialect::GraphQl.read(&json!({ "query": query }).to_string());
        for (query, expected) in [
            ("{ shop { name } }", posted("", true)),
            (
                "query Product($id: ID = \"mutation {\") { product(id: $id) { title } }",
                posted("Product", true),
            ),
            ("mutation { addToCart(id: 7) { id } }", posted("", false)),
            (
                "# query\nmutation AddToCart($in: In = { a: 1 }) @live { add(in: $in) { id } }",
                posted("AddToCart", false),
            ),
            ("fragment F on Cart { id }\nmutation M { add { ...F } }", posted("M", false)),
            ("query Q { mutation { id } }", posted("Q", true)),
            ("subscription S { price }", posted("S", true)),
            ("query Q { a(text: \"\"\"}\nmutation { \"\"\") }", posted("Q", true)),
            ("fragment F on Cart { id }", None),
            ("", None),
            ("\u{e9}", None),
        ] {
            assert_eq!(read(query), expected, "{query}");
        }
    }

    #[test]
    fn of_several_operations_the_one_that_is_meant_counts() {
        let both = "query Read { a } mutation Write { b }";
        let read = |value: serde_json::Value| Dialect::GraphQl.read(&value.to_string());
        assert_eq!(read(json!({ "query": both, "operationName": "Write" })), posted("Write", false));
        assert_eq!(read(json!({ "query": both, "operationName": "Read" })), posted("Read", true));
        assert_eq!(read(json!({ "query": both, "operationName": null })), posted("Read", true));
        assert_eq!(read(json!([{ "query": "{ a }" }, { "query": "mutation M { b }" }])), posted("M", false));
        assert_eq!(read(json!([{ "query": "{ a }" }, { "query": "{ b }" }])), posted("", true));
        assert_eq!(read(json!([{ "query": "{ a }" }, { "id": 7 }])), None, "it says nothing of one");
        assert_eq!(read(json!([])), None);
        // The server knows the document.
        for (name, is_question) in
            [("GetCart", true), ("cartLinesAdd", false), ("AddToCart", false), ("search", true)]
        {
            let body =
                json!({ "operationName": name, "extensions": { "persistedQuery": { "sha256Hash": "0" } } });
            assert_eq!(read(body), posted(name, is_question));
        }
        assert_eq!(read(json!({ "extensions": {} })), None);
        assert_eq!(Dialect::GraphQl.read("mutation M { b }"), posted("M", false), "application/graphql");
    }

    #[test]
    fn what_wordpress_is_asked_for_is_told_from_what_it_is_to_do() {
        for (body, expected) in [
            ("interval=60&_nonce=1&action=heartbeat&has_focus=true", posted("heartbeat", true)),
            ("action=get_refreshed_fragments", posted("get_refreshed_fragments", true)),
            ("action=load_more_posts&page=2", posted("load_more_posts", true)),
            ("action=loadMore", posted("loadMore", true)),
            ("action=add_to_wishlist&id=7", posted("add_to_wishlist", false)),
            ("action=getaway_book", posted("getaway_book", false)),
            ("action=", posted("", false)),
            ("x=1", None),
            ("", posted("", true)),
        ] {
            assert_eq!(Dialect::WordPress.read(body), expected, "{body}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_sent_is_read(text in "(query|mutation|fragment|[{}()\"\\\\#\n ]|[a-z\u{e9}]){0,40}") {
            let json = json!({ "query": text }).to_string();
            for body in [&text, &json] {
                for dialect in [Dialect::GraphQl, Dialect::WordPress] {
                    let read = dialect.read(body);
                    prop_assert!(read.is_none_or(|posted| posted.name.chars().count() <= MAX_NAME));
                }
            }
        }
    }
}
