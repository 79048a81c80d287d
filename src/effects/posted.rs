//! What the body of a `POST` says that is done, where its URL is the same for everything: GraphQL, Livewire, and `WordPress`'s
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
    /// The components of a page that are brought up to date: what was changed in them, and which of their methods are called.
    Livewire,
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
            Self::Livewire => livewire(body),
            Self::WordPress => {
                let in_pairs = || {
                    let mut pairs = url::form_urlencoded::parse(body.as_bytes());
                    pairs.find_map(|(name, value)| (name == "action").then_some(value))
                };
                let action = if body.starts_with("--") { in_parts(body).map(Into::into) } else { in_pairs() };
                let action = action?;
                Some(Posted { is_question: is_question(&action), name: named(&action) })
            }
        }
    }
}

/// A name that is not too long.
fn named(name: &str) -> String {
    name.chars().take(MAX_NAME).collect()
}

/// The field `action` of a form that is sent in parts (RFC 7578).
fn in_parts(body: &str) -> Option<&str> {
    let (_, rest) = body.split_once("name=\"action\"")?;
    let (_, value) = rest.split_once("\r\n\r\n")?;
    value.split("\r\n").next()
}

/// Whether what has this name only asks for something, by its words: `heartbeat`, `woocommerce_get_refreshed_fragments`,
/// `loadMore`, `ProductPageQuery`.
#[must_use]
pub fn is_question(name: &str) -> bool {
    const ASKING: &str = "get load fetch query search find list check refresh refreshed read view views show count track \
                          heartbeat ping poll filter suggest autocomplete render subscription";
    const ACTING: &str = "add create update delete remove set save place submit apply sign log login logout register checkout \
                          out cancel send vote like unlike follow unfollow subscribe unsubscribe buy pay order book move clear \
                          empty edit post publish mutation toggle switch change confirm upload";
    // Of those, what never stands in the name of a question.
    const CERTAIN: &str = "out in add create update delete remove set save vote buy pay mutation";
    let words = words(name);
    let is_in = |word: &String, known: &str| known.split(' ').any(|known| known == word);
    let has = |known: &str| words.iter().any(|word| is_in(word, known));
    // `track_order` asks, `add_to_list` acts.
    let begins = words.first().is_some_and(|word| is_in(word, ASKING));
    !has(CERTAIN) && (begins || (has(ASKING) && !has(ACTING)))
}

/// The words of a name, in lower case: they begin with a capital letter, or behind whatever is no letter.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut is_inside = false;
    for c in name.chars().take(MAX_NAME) {
        if !c.is_ascii_alphabetic() {
            is_inside = false;
            continue;
        }
        if !is_inside || c.is_ascii_uppercase() {
            words.push(String::new());
        }
        is_inside = true;
        if let Some(word) = words.last_mut() {
            word.push(c.to_ascii_lowercase());
        }
    }
    words
}

/// Reads a body of Livewire. A page that asks now and then for its newest state (`wire:poll`) changes nothing and calls
/// `$refresh`.
fn livewire(body: &str) -> Option<Posted> {
    let value: Value = serde_json::from_str(body).ok()?;
    let components = value.get("components")?.as_array()?;
    let calls: Vec<&str> = components
        .iter()
        .filter_map(|component| component.get("calls")?.as_array())
        .flatten()
        .take(MAX_OPERATIONS + 1)
        .map(|call| call.get("method").and_then(Value::as_str).unwrap_or_default())
        .collect();
    if calls.len() > MAX_OPERATIONS {
        return None;
    }
    let is_unchanged = |component: &Value| match component.get("updates") {
        Some(Value::Object(updates)) => updates.is_empty(),
        Some(Value::Array(updates)) => updates.is_empty(),
        _ => true,
    };
    let asks = |call: &&str| matches!(*call, "$refresh" | "__lazyLoad" | "__lazyLoadIsland");
    let is_question = components.iter().all(is_unchanged) && calls.iter().all(asks);
    Some(Posted { name: named(&calls.join(" ")), is_question })
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
        // Only the server knows the document, so its name has to tell. What has none can be learned by its number.
        _ => {
            let number = || ["id", "doc_id", "documentId"].iter().find_map(|key| value.get(key)?.as_str());
            let hash = || value.pointer("/extensions/persistedQuery/sha256Hash")?.as_str();
            let name = name.or_else(number).or_else(hash)?;
            Some(Posted { is_question: is_question(name), name: named(name) })
        }
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
        assert_eq!(read(json!([{ "query": "{ a }" }, { "x": 7 }])), None, "it says nothing of one");
        assert_eq!(read(json!([])), None);
        // The server knows the document.
        for (name, is_question) in [
            ("GetCart", true),
            ("cartLinesAdd", false),
            ("AddToCart", false),
            ("search", true),
            ("ProductPageQuery", true),
            ("SearchSaveMutation", false),
        ] {
            let body =
                json!({ "operationName": name, "extensions": { "persistedQuery": { "sha256Hash": "0" } } });
            assert_eq!(read(body), posted(name, is_question));
        }
        assert_eq!(read(json!({ "extensions": {} })), None);
        let hash = "0123456789abcdef";
        for body in [
            json!({ "id": hash, "variables": {} }),
            json!({ "doc_id": hash }),
            json!({ "extensions": { "persistedQuery": { "sha256Hash": hash } } }),
        ] {
            assert_eq!(read(body), posted(hash, false), "it can be learned");
        }
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
            (
                "action=woocommerce_get_refreshed_fragments",
                posted("woocommerce_get_refreshed_fragments", true),
            ),
            ("action=facetwp_refresh", posted("facetwp_refresh", true)),
            ("action=check_out", posted("check_out", false)),
            ("action=check_in", posted("check_in", false)),
            ("action=getOrCreateCart", posted("getOrCreateCart", false)),
            ("action=track_order", posted("track_order", true)),
            ("action=my_like_post", posted("my_like_post", false)),
            (
                "--x\r\nContent-Disposition: form-data; name=\"id\"\r\n\r\n7\r\n--x\r\n\
                 Content-Disposition: form-data; name=\"action\"\r\n\r\npost_views\r\n--x--\r\n",
                posted("post_views", false),
            ),
            (
                "--x\r\nContent-Disposition: form-data; name=\"action\"\r\n\r\nload_more\r\n--x--\r\n",
                posted("load_more", true),
            ),
            ("--x\r\nContent-Disposition: form-data; name=\"id\"\r\n\r\n7\r\n--x--\r\n", None),
            ("action=", posted("", false)),
            ("x=1", None),
            ("", posted("", true)),
        ] {
            assert_eq!(Dialect::WordPress.read(body), expected, "{body}");
        }
    }

    #[test]
    fn of_more_calls_of_livewire_than_are_looked_at_nobody_says_that_they_only_ask() {
        let calls = |asking: usize, last: &str| {
            let mut calls = vec![serde_json::json!({ "method": "$refresh" }); asking];
            calls.push(serde_json::json!({ "method": last }));
            livewire(&serde_json::json!({ "components": [{ "calls": calls }] }).to_string())
        };
        assert!(calls(49, "$refresh").is_some_and(|posted| posted.is_question));
        assert!(calls(49, "save").is_some_and(|posted| !posted.is_question));
        assert_eq!(calls(50, "$refresh"), None);
        assert_eq!(calls(50, "save"), None);
    }

    #[test]
    fn a_page_of_livewire_that_asks_for_its_newest_state_changes_nothing() {
        let read = |updates: Value, calls: &[&str]| {
            let calls: Vec<Value> =
                calls.iter().map(|method| json!({ "method": method, "params": [] })).collect();
            let component = json!({ "snapshot": "{}", "updates": updates, "calls": calls });
            Dialect::Livewire.read(&json!({ "_token": "x", "components": [component] }).to_string())
        };
        assert_eq!(read(json!({}), &["$refresh"]), posted("$refresh", true));
        assert_eq!(read(json!([]), &[]), posted("", true));
        assert_eq!(read(json!({}), &["addToCart"]), posted("addToCart", false));
        assert_eq!(read(json!({ "quantity": 2 }), &["$refresh"]), posted("$refresh", false));
        assert_eq!(Dialect::Livewire.read("{}"), None);
    }

    proptest! {
        #[test]
        fn whatever_is_sent_is_read(text in "(query|mutation|fragment|[{}()\"\\\\#\n ]|[a-z\u{e9}]){0,40}") {
            let json = json!({ "query": text }).to_string();
            for body in [&text, &json] {
                for dialect in [Dialect::GraphQl, Dialect::WordPress, Dialect::Livewire] {
                    let read = dialect.read(body);
                    prop_assert!(read.is_none_or(|posted| posted.name.chars().count() <= MAX_NAME));
                }
            }
        }
    }
}
