//! All of it beside the real `encoding_rs`.

#![allow(clippy::unwrap_used)]

use crate::{CoderResult, ENCODINGS, Encoding, Form, REPLACEMENT, UTF_8};
use proptest::collection::vec;
use proptest::prelude::{any, prop_oneof};
use proptest::{prop_assert_eq, proptest};

/// The labels that the real crate does not know in the version that can stand here.
const LATER: [&str; 9] = [
    "unicode11utf8",
    "unicode20utf8",
    "x-unicode20utf8",
    "unicodefffe",
    "csunicode",
    "iso-10646-ucs-2",
    "ucs-2",
    "unicode",
    "unicodefeff",
];

/// The same encoding of the real crate.
fn real_of(encoding: &Encoding) -> &'static real::Encoding {
    real::Encoding::for_label(encoding.name.as_bytes()).unwrap()
}

/// A text decoded piece by piece, with room for `room` bytes.
fn in_pieces(encoding: &'static Encoding, pieces: &[Vec<u8>], room: usize) -> String {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut whole = String::new();
    for (index, piece) in pieces.iter().enumerate() {
        let mut rest = piece.as_slice();
        loop {
            // What stood there before does not matter.
            let mut text = "あ".repeat(room.div_ceil(3));
            let (result, read, written, _) =
                decoder.decode_to_str(rest, &mut text, index + 1 == pieces.len());
            whole.push_str(text.get(..written).unwrap());
            rest = rest.get(read..).unwrap();
            if result == CoderResult::InputEmpty {
                assert!(rest.is_empty());
                break;
            }
            assert!(read > 0, "there is always room for more");
        }
    }
    whole
}

#[test]
fn labels_mean_what_they_mean_to_browsers() {
    let (mut labels, mut later) = (0, Vec::new());
    for encoding in &ENCODINGS {
        assert_eq!(encoding.name(), real_of(encoding).name());
        for label in encoding.labels.split(' ') {
            labels += 1;
            let spelled = format!("\t {} \n", label.to_ascii_uppercase());
            assert_eq!(Encoding::for_label(spelled.as_bytes()), Some(encoding), "{label}");
            match real::Encoding::for_label(label.as_bytes()) {
                Some(real) => assert_eq!(real.name(), encoding.name, "{label}"),
                None => later.push(label),
            }
        }
    }
    // What the standard has taken in since that version.
    assert_eq!(later, LATER);
    assert_eq!(labels, 228, "all that the standard names");
    for unknown in ["", " ", "utf-8 utf8", "utf-9", "windows-1252\0"] {
        assert_eq!(Encoding::for_label(unknown.as_bytes()), None, "{unknown}");
        assert_eq!(real::Encoding::for_label(unknown.as_bytes()), None, "{unknown}");
    }
    assert_eq!(Encoding::for_label(b"hz-gb-2312"), Some(REPLACEMENT));
    assert_eq!(Encoding::for_label_no_replacement(b"hz-gb-2312"), None);
}

#[test]
fn the_same_encodings_leave_ascii_as_it_is() {
    for encoding in &ENCODINGS {
        assert_eq!(encoding.is_ascii_compatible(), real_of(encoding).is_ascii_compatible(), "{encoding:?}");
    }
    for (bytes, length) in
        [(&b""[..], 0), (b"abc", 3), (b"ab\x80c", 2), (b"\xffabc", 0), (b"abcdefghijklmnop\x80", 16)]
    {
        assert_eq!(Encoding::ascii_valid_up_to(bytes), length);
    }
}

#[test]
fn each_byte_is_its_character_and_each_character_its_byte() {
    for encoding in ENCODINGS.iter().filter(|one| matches!(one.form, Form::SingleByte(_))) {
        let real = real_of(encoding);
        for byte in 0..=u8::MAX {
            assert_eq!(encoding.decode(&[byte]).0, real.decode(&[byte]).0, "{encoding:?} {byte:x}");
        }
        for character in '\0'..='\u{11000}' {
            let text = character.to_string();
            let (theirs, _, is_missing) = real.encode(&text);
            assert_eq!(encoding.encode(&text), (theirs, encoding, is_missing), "{encoding:?} {character:?}");
        }
    }
}

#[test]
fn what_the_platform_decodes_is_written_as_character_references() {
    let encoding = Encoding::for_label(b"shift_jis").unwrap();
    assert_eq!(encoding.encode("<a>").0.as_ref(), b"<a>");
    let (bytes, written_in, has_references) = encoding.encode("<a>あ🏮");
    assert_eq!(bytes.as_ref(), "<a>&#12354;&#127982;".as_bytes());
    assert_eq!((written_in, has_references), (encoding, true));
    let utf_16 = Encoding::for_label(b"utf-16").unwrap();
    assert_eq!(utf_16.encode("あ"), ("あ".as_bytes().into(), UTF_8, false), "it is never written");
}

#[test]
fn what_has_no_room_is_encoded_with_the_next_piece() {
    let encoding = Encoding::for_label(b"windows-1251").unwrap();
    let mut encoder = encoding.new_encoder();
    let mut bytes = [0; 9];
    assert_eq!(encoder.encode_from_utf8("ЖaあЖ", &mut bytes, false), (CoderResult::OutputFull, 3, 2, true));
    assert_eq!(bytes.get(..2).unwrap(), b"\xc6a");
    assert_eq!(encoder.encode_from_utf8("あЖ", &mut bytes, false), (CoderResult::InputEmpty, 5, 9, true));
    assert_eq!(&bytes, b"&#12354;\xc6");
    assert!(!encoder.has_pending_state());
}

#[test]
fn a_byte_order_mark_goes_before_the_label() {
    for text in [&b"\xef\xbb\xbfa\xc3\xa4"[..], b"\xff\xfea\0", b"\xfe\xff\0a", b"\xef\xbba", b"\xff", b""] {
        for encoding in &ENCODINGS {
            let (ours, found, replaced) = encoding.decode(text);
            let (theirs, real, has_errors) = real_of(encoding).decode(text);
            assert_eq!((ours, found.name(), replaced), (theirs, real.name(), has_errors), "{encoding:?}");
        }
    }
}

proptest! {
    #[test]
    fn whatever_the_bytes_and_the_pieces_the_text_is_the_same(
        // None is empty: the version that stands here loses the half of a character before an empty last one.
        pieces in vec(vec(prop_oneof![any::<u8>(), 0x20..0x7f_u8, 0x80..=0xff_u8], 1..40), 1..6),
        room in 24..80_usize,
    ) {
        let whole = pieces.concat();
        for encoding in &ENCODINGS {
            let theirs = real_of(encoding).decode_without_bom_handling(&whole).0;
            let ours = encoding.decode_without_bom_handling(&whole).0;
            prop_assert_eq!(&ours, &theirs, "{:?}", encoding);
            prop_assert_eq!(in_pieces(encoding, &pieces, room), theirs, "{:?}", encoding);
        }
    }

    #[test]
    fn whatever_the_text_its_utf_8_comes_back(text: String, cut in any::<proptest::sample::Index>()) {
        let (start, end) = text.as_bytes().split_at(cut.index(text.len() + 1));
        prop_assert_eq!(in_pieces(UTF_8, &[start.to_vec(), end.to_vec()], 40), text);
    }
}
