//! Encodings with one byte for each character, as tables.

/// The characters of bytes 0x80 to 0xFF, all of the Basic Multilingual Plane; U+FFFD where a byte has none.
pub(crate) type Table = [u16; 128];

/// A table from its characters in their order. Evaluated by the compiler, which refuses any other number of them.
#[expect(
    clippy::indexing_slicing,
    reason = "the compiler evaluates it, so that a panic is an error of the build"
)]
pub(crate) const fn table(characters: &str) -> Table {
    let bytes = characters.as_bytes();
    let mut table = [0; 128];
    let mut at = 0;
    let mut index = 0;
    while at < bytes.len() {
        // UTF-8 of two or three bytes: the first says which.
        let first = bytes[at] as u16;
        let (mut character, length) = if first < 0xe0 { (first & 0x1f, 2) } else { (first & 0x0f, 3) };
        let mut next = 1;
        while next < length {
            character = character << 6 | (bytes[at + next] & 0x3f) as u16;
            next += 1;
        }
        table[index] = character;
        index += 1;
        at += length;
    }
    assert!(index == 128, "a character for each byte");
    table
}

/// The character of a byte.
pub(crate) fn character(table: &Table, byte: u8) -> char {
    let index = byte.checked_sub(0x80).map(usize::from);
    let found = index.and_then(|index| table.get(index));
    found.map_or(char::from(byte), |unit| {
        char::from_u32(u32::from(*unit)).unwrap_or(char::REPLACEMENT_CHARACTER)
    })
}

/// The byte of a character that has one.
pub(crate) fn byte(table: &Table, character: char) -> Option<u8> {
    let unit =
        u16::try_from(u32::from(character)).ok().filter(|_| character != char::REPLACEMENT_CHARACTER)?;
    if character.is_ascii() {
        return u8::try_from(unit).ok();
    }
    let index = table.iter().position(|one| *one == unit)?;
    u8::try_from(index + 0x80).ok()
}
