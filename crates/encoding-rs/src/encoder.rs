//! Characters into bytes, piece by piece.

use crate::table::{self, Table};
use crate::{CoderResult, Encoding, Form};

/// Encodes a text that comes in pieces.
pub struct Encoder {
    table: Option<&'static Table>,
    is_utf_8: bool,
}

impl Encoder {
    pub(crate) fn new(encoding: &'static Encoding) -> Self {
        let table = match encoding.form {
            Form::SingleByte(table) => Some(table),
            Form::Utf8 | Form::Platform => None,
        };
        Self { table, is_utf_8: encoding.is_written_as_utf_8() }
    }

    /// Whether bytes are owed of what came before: never, no encoding is written that has a state.
    #[must_use]
    pub fn has_pending_state(&self) -> bool {
        false
    }

    /// Encodes as many characters of `text` as `bytes` has room for. Answers whether all were read, how many bytes of `text` were,
    /// how many of `bytes` are written, and whether there are character references among them: these stand for what the encoding
    /// does not have, and for what only the real `encoding_rs` knows how to write.
    pub fn encode_from_utf8(
        &mut self,
        text: &str,
        bytes: &mut [u8],
        _is_last: bool,
    ) -> (CoderResult, usize, usize, bool) {
        let mut written = 0;
        let mut has_references = false;
        let mut one = Vec::new();
        for (start, character) in text.char_indices() {
            one.clear();
            has_references |= self.encode(character, &mut one);
            let end = written + one.len();
            let Some(place) = bytes.get_mut(written..end) else {
                return (CoderResult::OutputFull, start, written, has_references);
            };
            place.copy_from_slice(&one);
            written = end;
        }
        (CoderResult::InputEmpty, text.len(), written, has_references)
    }

    /// Adds a character. Answers whether it is there as a reference.
    pub(crate) fn encode(&self, character: char, bytes: &mut Vec<u8>) -> bool {
        if character.is_ascii() || self.is_utf_8 {
            bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        } else if let Some(byte) = self.table.and_then(|table| table::byte(table, character)) {
            bytes.push(byte);
        } else {
            bytes.extend_from_slice(format!("&#{};", u32::from(character)).as_bytes());
            return true;
        }
        false
    }
}
