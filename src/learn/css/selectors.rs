//! What the selectors of a rule tell of the elements that it is for.

use super::{MAX_DEPTH, Outcome};
use cssparser::{ParseError, Parser, Token};

/// The most lists of classes and IDs that are kept of a picture, and the most names in one.
pub const MAX_NEEDS: usize = 8;

/// What a list of selectors tells.
#[derive(Default)]
pub struct Selectors {
    /// Whether one of them asks for no class, ID or attribute.
    pub has_plain: bool,
    /// The classes and IDs of each of those that ask for nothing else but elements.
    pub needs: Vec<Vec<String>>,
}

impl Selectors {
    /// Reads a list that stands so many lists deep in others.
    pub fn read(input: &mut Parser<'_, '_>, depth: usize) -> Self {
        let mut selectors = Self::default();
        // What is empty matches nothing.
        let (mut names, mut is_plain, mut is_told) = (Vec::new(), !input.is_exhausted(), true);
        while let Ok(token) = input.next() {
            match token.clone() {
                Token::Comma => {
                    selectors.end(std::mem::take(&mut names), is_plain, is_told);
                    (is_plain, is_told) = (!input.is_exhausted(), true);
                }
                Token::Delim('.') => {
                    is_plain = false;
                    match input.next_including_whitespace() {
                        Ok(Token::Ident(class)) => names.push(format!(".{class}")),
                        _ => is_told = false,
                    }
                }
                Token::IDHash(id) => {
                    is_plain = false;
                    names.push(format!("#{id}"));
                }
                Token::Hash(_) | Token::SquareBracketBlock => (is_plain, is_told) = (false, false),
                // Some are there with the element, others depend on what somebody does.
                Token::Colon => {
                    let mut next = input.next_including_whitespace();
                    if matches!(next, Ok(Token::Colon)) {
                        next = input.next_including_whitespace();
                    }
                    is_told &= matches!(next, Ok(Token::Ident(name)) if matches!(&**name, "before" | "after" | "root"));
                    if depth < MAX_DEPTH
                        && matches!(next, Ok(Token::Function(name)) if asks_for_members(name))
                    {
                        let read = |inner: &mut Parser<'_, '_>| {
                            Ok::<_, ParseError<'_, ()>>(Self::read(inner, depth + 1))
                        };
                        is_plain &= input.parse_nested_block(read).is_ok_and(|members| members.has_plain);
                    }
                }
                Token::Ident(_) | Token::Delim('*' | '>' | '+' | '~') => {}
                _ => is_told = false,
            }
        }
        selectors.end(names, is_plain, is_told);
        selectors
    }

    fn end(&mut self, names: Vec<String>, is_plain: bool, is_told: bool) {
        self.has_plain |= is_plain;
        if is_told && (1..=MAX_NEEDS).contains(&names.len()) && self.needs.len() < MAX_NEEDS {
            self.needs.push(names);
        }
    }
}

/// A selector of the whole page, as the first of its rule.
pub fn root_selector<'i>(input: &mut Parser<'i, '_>) -> Outcome<'i, ()> {
    let is_root = match input.next()? {
        Token::Colon => {
            matches!(input.next_including_whitespace()?, Token::Ident(name) if name.eq_ignore_ascii_case("root"))
        }
        Token::Ident(name) => name.eq_ignore_ascii_case("html") || name.eq_ignore_ascii_case("body"),
        _ => false,
    };
    if is_root && (input.is_exhausted() || input.expect_comma().is_ok()) {
        return Ok(());
    }
    Err(input.new_custom_error(()))
}

/// Whether a functional pseudo-class, or pseudo-element, of this name asks for one of the selectors in it: for the element itself, one
/// below it, or one around it. (`:not()` asks for none.)
fn asks_for_members(name: &str) -> bool {
    ["is", "where", "has", "host", "host-context", "slotted", "matches", "-webkit-any", "-moz-any"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
}
