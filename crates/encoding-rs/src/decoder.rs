//! Bytes into characters, piece by piece.

use crate::table::{self, Table};
use crate::{CoderResult, Encoding, Form, platform};

/// The most bytes of UTF-8 that one byte of any encoding becomes.
const BYTES_FOR_ONE: usize = 3;

/// The most bytes of UTF-8 that are owed of bytes that came before.
const OWED_BYTES: usize = 16;

/// Decodes a text that comes in pieces.
pub struct Decoder {
    encoding: &'static Encoding,
    state: State,
}

enum State {
    SingleByte(&'static Table),
    /// The beginning of a character whose other bytes have not come.
    Utf8(Vec<u8>),
    Platform(platform::Decoder),
}

impl Decoder {
    pub(crate) fn new(encoding: &'static Encoding) -> Self {
        let state = match encoding.form {
            Form::SingleByte(table) => State::SingleByte(table),
            Form::Utf8 => State::Utf8(Vec::new()),
            Form::Platform => State::Platform(platform::Decoder::new(encoding.name)),
        };
        Self { encoding, state }
    }

    /// The encoding that is decoded.
    #[must_use]
    pub fn encoding(&self) -> &'static Encoding {
        self.encoding
    }

    /// Decodes as many bytes of `piece` as `text` surely has room for. What is left of it is to be given again, and `is_last` said
    /// with the last piece. Answers whether all was read, how many bytes were, how many bytes of `text` are written, and whether
    /// U+FFFD is among them.
    ///
    /// `text` needs room for some twenty bytes, or nothing is read.
    pub fn decode_to_str(
        &mut self,
        piece: &[u8],
        text: &mut str,
        is_last: bool,
    ) -> (CoderResult, usize, usize, bool) {
        let most = text.len().saturating_sub(OWED_BYTES) / BYTES_FOR_ONE;
        let (now, is_all) =
            piece.split_at_checked(most).map_or((piece, true), |(now, rest)| (now, rest.is_empty()));
        let decoded = self.decode(now, is_last && is_all);
        let written = write(&decoded, text);
        let result = if is_all { CoderResult::InputEmpty } else { CoderResult::OutputFull };
        (result, now.len(), written, decoded.contains(char::REPLACEMENT_CHARACTER))
    }

    /// Decodes a whole piece.
    pub(crate) fn decode(&mut self, piece: &[u8], is_last: bool) -> String {
        match &mut self.state {
            State::SingleByte(table) => piece.iter().map(|byte| table::character(table, *byte)).collect(),
            State::Utf8(begun) => utf_8(begun, piece, is_last),
            State::Platform(decoder) => decoder.decode(piece, is_last),
        }
    }
}

/// Decodes UTF-8 behind the bytes that have `begun` a character, and leaves those there that begin the next one.
fn utf_8(begun: &mut Vec<u8>, piece: &[u8], is_last: bool) -> String {
    begun.extend_from_slice(piece);
    let bytes = std::mem::take(begun);
    if !is_last {
        let ends_in_the_middle = |start: &usize| {
            let end = bytes.get(*start..).map(std::str::from_utf8);
            matches!(end, Some(Err(error)) if error.valid_up_to() == 0 && error.error_len().is_none())
        };
        // A character has four bytes at the most.
        let start = (bytes.len().saturating_sub(3)..bytes.len()).find(ends_in_the_middle);
        if let Some((whole, rest)) = start.and_then(|start| bytes.split_at_checked(start)) {
            *begun = rest.to_vec();
            return String::from_utf8_lossy(whole).into_owned();
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Puts a text over the beginning of another one that is as long or longer. Answers its length.
fn write(text: &str, over: &mut str) -> usize {
    // SAFETY: the text is UTF-8, and no byte behind it is left that continues a character.
    #[expect(unsafe_code, reason = "a string can be changed in place in no other way")]
    let bytes = unsafe { over.as_bytes_mut() };
    let Some((start, rest)) = bytes.split_at_mut_checked(text.len()) else { return 0 };
    start.copy_from_slice(text.as_bytes());
    rest.iter_mut().take_while(|byte| **byte & 0xc0 == 0x80).for_each(|byte| *byte = 0);
    text.len()
}
