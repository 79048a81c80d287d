//! Reads structured fields (RFC 9651), as far as Headstart reads them: lists whose members are items.
//!
//! All field lines of one name are one list. A syntax error anywhere voids the whole field, which is why an origin's
//! malformed field is never appended to.

use sfv::{BareItem, List, ListEntry, Parser};

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
