//! Character encodings as `lol_html` and Headstart ask for them (Encoding Standard).
//!
//! - UTF-8, and what has one byte for each character, is decoded here.
//! - Everything else (Chinese, Japanese, Korean, UTF-16) is decoded by the platform, which knows the same standard. On a host that is
//!   no Worker, the real `encoding_rs` stands in for it.
//! - What is written in the encodings of the platform is ASCII, and character references (`&#12354;`) for all else: browsers read
//!   these as the same characters, in text and in the values of attributes. What Headstart itself puts into pages is ASCII.
//!
//! What is not asked for is not here.

mod decoder;
mod encoder;
mod platform;
mod single_byte;
mod table;
#[cfg(test)]
mod tests;

pub use decoder::Decoder;
pub use encoder::Encoder;
use std::borrow::Cow;
use std::fmt::{self, Debug, Formatter};
use std::hash::{Hash, Hasher};
use table::Table;

/// UTF-8.
pub static UTF_8: &Encoding = &ENCODINGS[0];

/// UTF-16 whose first byte is the high one.
pub static UTF_16BE: &Encoding = &ENCODINGS[1];

/// UTF-16 whose first byte is the low one.
pub static UTF_16LE: &Encoding = &ENCODINGS[2];

/// What replaces encodings that are dangerous to decode: a single U+FFFD for any text.
pub static REPLACEMENT: &Encoding = &ENCODINGS[3];

/// The Latin letters of Windows, and what ISO-8859-1 means on the web.
pub static WINDOWS_1252: &Encoding = &ENCODINGS[4];

/// A character encoding.
pub struct Encoding {
    name: &'static str,
    form: Form,
    /// What it is called, in small letters, with a space between any two.
    labels: &'static str,
}

/// How an encoding is decoded.
#[derive(Clone, Copy)]
enum Form {
    Utf8,
    SingleByte(&'static Table),
    Platform,
}

/// Whether all was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoderResult {
    /// All was.
    InputEmpty,
    /// There is no room for more.
    OutputFull,
}

impl Encoding {
    /// The encoding of a label in any case, with spaces around it (Encoding Standard, "get an encoding").
    #[must_use]
    pub fn for_label(label: &[u8]) -> Option<&'static Self> {
        let label = label.trim_ascii();
        let is_called = |encoding: &&Self| {
            encoding.labels.split(' ').any(|one| one.as_bytes().eq_ignore_ascii_case(label))
        };
        ENCODINGS.iter().find(is_called).filter(|_| !label.is_empty())
    }

    /// The same, but for what is dangerous to decode.
    #[must_use]
    pub fn for_label_no_replacement(label: &[u8]) -> Option<&'static Self> {
        Self::for_label(label).filter(|encoding| *encoding != REPLACEMENT)
    }

    /// The encoding whose byte order mark a text begins with, and the mark's length.
    #[must_use]
    pub fn for_bom(text: &[u8]) -> Option<(&'static Self, usize)> {
        match text {
            [0xef, 0xbb, 0xbf, ..] => Some((UTF_8, 3)),
            [0xff, 0xfe, ..] => Some((UTF_16LE, 2)),
            [0xfe, 0xff, ..] => Some((UTF_16BE, 2)),
            _ => None,
        }
    }

    /// Its name, as browsers say it.
    #[must_use]
    pub fn name(&'static self) -> &'static str {
        self.name
    }

    /// Whether the bytes of ASCII mean ASCII, wherever they stand but within a character of several bytes.
    #[must_use]
    pub fn is_ascii_compatible(&'static self) -> bool {
        self == UTF_8 || !(self.is_written_as_utf_8() || self.name == "ISO-2022-JP")
    }

    /// How many bytes ASCII goes on from the beginning.
    #[must_use]
    pub fn ascii_valid_up_to(bytes: &[u8]) -> usize {
        if bytes.is_ascii() {
            return bytes.len();
        }
        bytes.iter().position(|byte| !byte.is_ascii()).unwrap_or(bytes.len())
    }

    /// Decodes a whole text. A byte order mark goes before this encoding. Answers also which encoding it was in the end, and
    /// whether U+FFFD is in it.
    #[must_use]
    pub fn decode<'a>(&'static self, bytes: &'a [u8]) -> (Cow<'a, str>, &'static Self, bool) {
        let (encoding, mark) = Self::for_bom(bytes).unwrap_or((self, 0));
        let (text, has_replacements) =
            encoding.decode_without_bom_handling(bytes.get(mark..).unwrap_or_default());
        (text, encoding, has_replacements)
    }

    /// Decodes a whole text. Answers also whether U+FFFD is in it.
    #[must_use]
    pub fn decode_without_bom_handling<'a>(&'static self, bytes: &'a [u8]) -> (Cow<'a, str>, bool) {
        let is_utf_8 = self == UTF_8 || (self.is_ascii_compatible() && bytes.is_ascii());
        let text = match std::str::from_utf8(bytes) {
            Ok(text) if is_utf_8 => return (Cow::Borrowed(text), false),
            _ => Decoder::new(self).decode(bytes, true),
        };
        let has_replacements = text.contains(char::REPLACEMENT_CHARACTER);
        (Cow::Owned(text), has_replacements)
    }

    /// Encodes a whole text. Answers also in which encoding, since some are never written, and whether there are character
    /// references in it ([`Encoder::encode_from_utf8`]).
    #[must_use]
    pub fn encode<'a>(&'static self, text: &'a str) -> (Cow<'a, [u8]>, &'static Self, bool) {
        if self.is_written_as_utf_8() || text.is_ascii() {
            let encoding = if self.is_written_as_utf_8() { UTF_8 } else { self };
            return (Cow::Borrowed(text.as_bytes()), encoding, false);
        }
        let encoder = Encoder::new(self);
        let mut bytes = Vec::with_capacity(text.len());
        let mut has_references = false;
        for character in text.chars() {
            has_references |= encoder.encode(character, &mut bytes);
        }
        (Cow::Owned(bytes), self, has_references)
    }

    /// A decoder to which a byte order mark is a character.
    #[must_use]
    pub fn new_decoder_without_bom_handling(&'static self) -> Decoder {
        Decoder::new(self)
    }

    /// An encoder.
    #[must_use]
    pub fn new_encoder(&'static self) -> Encoder {
        Encoder::new(self)
    }

    /// Whether what is written to a page in this encoding is UTF-8 (Encoding Standard, "get an output encoding").
    fn is_written_as_utf_8(&'static self) -> bool {
        [UTF_8, UTF_16BE, UTF_16LE, REPLACEMENT].contains(&self)
    }
}

impl PartialEq for Encoding {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Encoding {}

impl Hash for Encoding {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl Debug for Encoding {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "Encoding {{ {} }}", self.name)
    }
}

/// All of them, with their labels (Encoding Standard, "Names and labels").
#[rustfmt::skip]
static ENCODINGS: [Encoding; 40] = [
    encoding("UTF-8", Form::Utf8, "unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8"),
    encoding("UTF-16BE", Form::Platform, "unicodefffe utf-16be"),
    encoding("UTF-16LE", Form::Platform, "csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le"),
    encoding("replacement", Form::Platform, "csiso2022kr hz-gb-2312 iso-2022-cn iso-2022-cn-ext iso-2022-kr replacement"),
    encoding("windows-1252", Form::SingleByte(&single_byte::WINDOWS_1252), "ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591 iso_8859-1 iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252"),
    encoding("Big5", Form::Platform, "big5 big5-hkscs cn-big5 csbig5 x-x-big5"),
    encoding("EUC-JP", Form::Platform, "cseucpkdfmtjapanese euc-jp x-euc-jp"),
    encoding("EUC-KR", Form::Platform, "cseuckr csksc56011987 euc-kr iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 windows-949"),
    encoding("gb18030", Form::Platform, "gb18030"),
    encoding("GBK", Form::Platform, "chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 gbk iso-ir-58 x-gbk"),
    encoding("IBM866", Form::SingleByte(&single_byte::IBM866), "866 cp866 csibm866 ibm866"),
    encoding("ISO-2022-JP", Form::Platform, "csiso2022jp iso-2022-jp"),
    encoding("ISO-8859-10", Form::SingleByte(&single_byte::ISO_8859_10), "csisolatin6 iso-8859-10 iso-ir-157 iso8859-10 iso885910 l6 latin6"),
    encoding("ISO-8859-13", Form::SingleByte(&single_byte::ISO_8859_13), "iso-8859-13 iso8859-13 iso885913"),
    encoding("ISO-8859-14", Form::SingleByte(&single_byte::ISO_8859_14), "iso-8859-14 iso8859-14 iso885914"),
    encoding("ISO-8859-15", Form::SingleByte(&single_byte::ISO_8859_15), "csisolatin9 iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9"),
    encoding("ISO-8859-16", Form::SingleByte(&single_byte::ISO_8859_16), "iso-8859-16"),
    encoding("ISO-8859-2", Form::SingleByte(&single_byte::ISO_8859_2), "csisolatin2 iso-8859-2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987 l2 latin2"),
    encoding("ISO-8859-3", Form::SingleByte(&single_byte::ISO_8859_3), "csisolatin3 iso-8859-3 iso-ir-109 iso8859-3 iso88593 iso_8859-3 iso_8859-3:1988 l3 latin3"),
    encoding("ISO-8859-4", Form::SingleByte(&single_byte::ISO_8859_4), "csisolatin4 iso-8859-4 iso-ir-110 iso8859-4 iso88594 iso_8859-4 iso_8859-4:1988 l4 latin4"),
    encoding("ISO-8859-5", Form::SingleByte(&single_byte::ISO_8859_5), "csisolatincyrillic cyrillic iso-8859-5 iso-ir-144 iso8859-5 iso88595 iso_8859-5 iso_8859-5:1988"),
    encoding("ISO-8859-6", Form::SingleByte(&single_byte::ISO_8859_6), "arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 iso-8859-6 iso-8859-6-e iso-8859-6-i iso-ir-127 iso8859-6 iso88596 iso_8859-6 iso_8859-6:1987"),
    encoding("ISO-8859-7", Form::SingleByte(&single_byte::ISO_8859_7), "csisolatingreek ecma-118 elot_928 greek greek8 iso-8859-7 iso-ir-126 iso8859-7 iso88597 iso_8859-7 iso_8859-7:1987 sun_eu_greek"),
    encoding("ISO-8859-8", Form::SingleByte(&single_byte::ISO_8859_8), "csiso88598e csisolatinhebrew hebrew iso-8859-8 iso-8859-8-e iso-ir-138 iso8859-8 iso88598 iso_8859-8 iso_8859-8:1988 visual"),
    encoding("ISO-8859-8-I", Form::SingleByte(&single_byte::ISO_8859_8), "csiso88598i iso-8859-8-i logical"),
    encoding("KOI8-R", Form::SingleByte(&single_byte::KOI8_R), "cskoi8r koi koi8 koi8-r koi8_r"),
    encoding("KOI8-U", Form::SingleByte(&single_byte::KOI8_U), "koi8-ru koi8-u"),
    encoding("macintosh", Form::SingleByte(&single_byte::MACINTOSH), "csmacintosh mac macintosh x-mac-roman"),
    encoding("Shift_JIS", Form::Platform, "csshiftjis ms932 ms_kanji shift-jis shift_jis sjis windows-31j x-sjis"),
    encoding("windows-1250", Form::SingleByte(&single_byte::WINDOWS_1250), "cp1250 windows-1250 x-cp1250"),
    encoding("windows-1251", Form::SingleByte(&single_byte::WINDOWS_1251), "cp1251 windows-1251 x-cp1251"),
    encoding("windows-1253", Form::SingleByte(&single_byte::WINDOWS_1253), "cp1253 windows-1253 x-cp1253"),
    encoding("windows-1254", Form::SingleByte(&single_byte::WINDOWS_1254), "cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9 iso_8859-9:1989 l5 latin5 windows-1254 x-cp1254"),
    encoding("windows-1255", Form::SingleByte(&single_byte::WINDOWS_1255), "cp1255 windows-1255 x-cp1255"),
    encoding("windows-1256", Form::SingleByte(&single_byte::WINDOWS_1256), "cp1256 windows-1256 x-cp1256"),
    encoding("windows-1257", Form::SingleByte(&single_byte::WINDOWS_1257), "cp1257 windows-1257 x-cp1257"),
    encoding("windows-1258", Form::SingleByte(&single_byte::WINDOWS_1258), "cp1258 windows-1258 x-cp1258"),
    encoding("windows-874", Form::SingleByte(&single_byte::WINDOWS_874), "dos-874 iso-8859-11 iso8859-11 iso885911 tis-620 windows-874"),
    encoding("x-mac-cyrillic", Form::SingleByte(&single_byte::X_MAC_CYRILLIC), "x-mac-cyrillic x-mac-ukrainian"),
    encoding("x-user-defined", Form::Platform, "x-user-defined"),
];

const fn encoding(name: &'static str, form: Form, labels: &'static str) -> Encoding {
    Encoding { name, form, labels }
}
