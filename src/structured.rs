//! Reads structured fields (RFC 9651), as far as Headstart reads them: lists whose members are items, and dictionaries whose
//! members are lists of names.
//!
//! All field lines of one name are one list, or one dictionary, in which the last member of a name counts. A syntax error
//! anywhere voids the whole field, which is why an origin's malformed field is never appended to.

use sfv::{BareItem, Dictionary, List, ListEntry, Parser};

/// Parses a field value as a List. `None` when it is not one.
#[must_use]
pub fn list(value: &str) -> Option<List> {
    Parser::new(value).parse::<List>().ok()
}

/// The members of `list` that are Strings, in order; Tokens, numbers and inner lists are passed over.
#[must_use]
pub fn strings(list: &List) -> Vec<String> {
    list.iter()
        .filter_map(|member| match member {
            ListEntry::Item(item) => match &item.bare_item {
                BareItem::String(string) => Some(string.as_str().to_owned()),
                _ => None,
            },
            ListEntry::InnerList(_) => None,
        })
        .collect()
}

/// Parses a field value as a Dictionary. `None` when it is not one.
#[must_use]
pub fn dictionary(value: &str) -> Option<Dictionary> {
    Parser::new(value).parse::<Dictionary>().ok()
}

/// Whether the Inner List `key` of `dictionary` has this Token among its members, whatever their parameters. `None` where no
/// Inner List has that key.
#[must_use]
pub fn inner_list_has(dictionary: &Dictionary, key: &str, token: &str) -> Option<bool> {
    match dictionary.get(key)? {
        ListEntry::InnerList(list) => Some(
            list.items
                .iter()
                .any(|item| matches!(&item.bare_item, BareItem::Token(name) if name.as_str() == token)),
        ),
        ListEntry::Item(_) => None,
    }
}
