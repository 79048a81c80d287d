//! Under what conditions rules stand: `@supports` and lists of media queries.

use super::MAX_DEPTH;
use crate::hints::media;
use cssparser::{ParseError, Parser, Token};

/// Under what conditions rules stand, by what is known of the browsers that meet them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// None: they count.
    None,
    /// Some may meet them.
    Some,
    /// Most do not: `@supports not`, by which sheets care for browsers that cannot do what most can.
    Negated,
}

/// Reads a condition of `@supports`, in so many parentheses, to its end. It is negated where most browsers do not meet it: of alternatives one may
/// be met, and what is one engine's own the others lack.
pub fn supports_condition(input: &mut Parser<'_, '_>, depth: usize) -> Condition {
    let condition = match input.next() {
        Ok(Token::Ident(word)) if word.eq_ignore_ascii_case("not") => Condition::Negated,
        Ok(Token::ParenthesisBlock) if depth < MAX_DEPTH => {
            let read = |inner: &mut Parser<'_, '_>| {
                Ok::<_, ParseError<'_, ()>>(supports_condition(inner, depth + 1))
            };
            input.parse_nested_block(read).unwrap_or(Condition::Some)
        }
        _ => Condition::Some,
    };
    let start = input.position();
    read_rest(input);
    let rest = input.slice_from(start).to_ascii_lowercase();
    let is_of_one_engine = ["-webkit-", "-moz-", "-ms-", "-apple-"].iter().any(|own| rest.contains(own));
    let mut words = rest.split(|char: char| !char.is_ascii_alphanumeric() && char != '-');
    if is_of_one_engine || words.any(|word| word == "or" || word == "not") {
        Condition::Some
    } else {
        condition
    }
}

/// Reads a list of media queries. Whether none of them can match on a screen.
pub fn is_for_others(input: &mut Parser<'_, '_>) -> bool {
    !media::may_match_screen(&media_list(input))
}

/// Reads a list of media queries.
pub fn media_list(input: &mut Parser<'_, '_>) -> String {
    // And over the rest of what stands before them.
    input.skip_whitespace();
    let start = input.position();
    read_rest(input);
    media::one_line(input.slice_from(start))
}

/// Reads on to the end: cssparser takes for wrong what has not been read to its end.
pub fn read_rest(input: &mut Parser<'_, '_>) {
    while input.next().is_ok() {}
}
