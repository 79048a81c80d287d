//! An input, taken apart: bytes that choose, lines of text, and the rest as it is.

use std::borrow::Cow;

/// What is left of an input.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next byte; 0 behind the last.
    pub fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    /// One of these, by the next byte.
    pub fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::from(self.byte()) % all.len()]
    }

    /// The bytes of the next line, without its end.
    pub fn raw_line(&mut self) -> &'a [u8] {
        let end = self.0.iter().position(|byte| *byte == b'\n');
        let (line, rest) = self.0.split_at(end.unwrap_or(self.0.len()));
        self.0 = rest.get(1..).unwrap_or_default();
        line
    }

    /// The next line as text.
    pub fn line(&mut self) -> Cow<'a, str> {
        String::from_utf8_lossy(self.raw_line())
    }

    /// The lines that are left.
    pub fn lines(mut self) -> impl Iterator<Item = Cow<'a, str>> {
        std::iter::from_fn(move || (!self.0.is_empty()).then(|| self.line()))
    }

    /// What is left.
    pub fn rest(self) -> &'a [u8] {
        self.0
    }

    /// What is left as text.
    pub fn text(self) -> Cow<'a, str> {
        String::from_utf8_lossy(self.0)
    }
}

/// Bytes, cut into pieces of these sizes, over and over. Where all are 0 there is one piece.
pub fn pieces<'a>(bytes: &'a [u8], sizes: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    let ends = sizes.iter().any(|size| *size > 0);
    let mut sizes = sizes.iter().cycle();
    let mut rest = Some(bytes);
    std::iter::from_fn(move || {
        let left = rest?;
        let size = if ends { usize::from(*sizes.next()?) } else { left.len() };
        let (piece, behind) = left.split_at(size.min(left.len()));
        rest = (!behind.is_empty()).then_some(behind);
        Some(piece)
    })
}
