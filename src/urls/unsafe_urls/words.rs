//! The words of a name in a URL, or of a short text: `markAsRead`, `mark-as-read` and `Mark as read` have the same three.

use percent_encoding::percent_decode_str;
use std::borrow::Cow;

/// The most words of a name that can be known. A longer one is a title.
pub const MAX_WORDS: usize = 8;

/// The longest name that can be known, in bytes of its folded words.
const MAX_BYTES: usize = 64;

/// A letter without its marks, if it has any.
fn unmarked(letter: char) -> Option<&'static str> {
    Some(match letter {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ā' | 'ă' | 'ą' | 'ǎ' | 'ạ' | 'ả' | 'ấ' | 'ầ' | 'ẩ' | 'ẫ'
        | 'ậ' | 'ắ' | 'ằ' | 'ẳ' | 'ẵ' | 'ặ' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' | 'ẹ' | 'ẻ' | 'ẽ' | 'ế' | 'ề' | 'ể' | 'ễ'
        | 'ệ' => "e",
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => "g",
        'ĥ' | 'ħ' => "h",
        'ì' | 'í' | 'î' | 'ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' | 'ỉ' | 'ị' => "i",
        'ĵ' => "j",
        'ķ' => "k",
        'ĺ' | 'ļ' | 'ľ' | 'ŀ' | 'ł' => "l",
        'ñ' | 'ń' | 'ņ' | 'ň' | 'ŋ' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ō' | 'ŏ' | 'ő' | 'ơ' | 'ọ' | 'ỏ' | 'ố' | 'ồ' | 'ổ' | 'ỗ'
        | 'ộ' | 'ớ' | 'ờ' | 'ở' | 'ỡ' | 'ợ' => "o",
        'œ' => "oe",
        'ŕ' | 'ŗ' | 'ř' => "r",
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => "s",
        'ß' => "ss",
        'ţ' | 'ť' | 'ŧ' | 'ț' => "t",
        'þ' => "th",
        'ù' | 'ú' | 'û' | 'ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' | 'ư' | 'ụ' | 'ủ' | 'ứ' | 'ừ' | 'ử'
        | 'ữ' | 'ự' => "u",
        'ŵ' => "w",
        'ý' | 'ÿ' | 'ŷ' | 'ỳ' | 'ỵ' | 'ỷ' | 'ỹ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        'ά' => "α",
        'έ' => "ε",
        'ή' => "η",
        'ί' | 'ϊ' | 'ΐ' => "ι",
        'ό' => "ο",
        'ύ' | 'ϋ' | 'ΰ' => "υ",
        'ώ' => "ω",
        'ς' => "σ",
        'ё' => "е",
        'й' => "и",
        'أ' | 'إ' | 'آ' => "ا",
        'ي' | 'ى' => "ی",
        'ك' => "ک",
        'ة' => "ه",
        _ => return None,
    })
}

/// Writes a letter in lower case and without its marks.
fn fold(letter: char, to: &mut String) {
    if letter.is_ascii() {
        to.push(letter.to_ascii_lowercase());
        return;
    }
    for letter in letter.to_lowercase().filter(|letter| !is_mark(*letter)) {
        match unmarked(letter) {
            Some(plain) => to.push_str(plain),
            None => to.push(letter),
        }
    }
}

/// Whether a character is a mark that stands behind its letter: a decomposed accent, a vowel sign of Hebrew or Arabic.
fn is_mark(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{64b}'..='\u{652}' | '\u{200c}' | '\u{200d}')
}

/// The words of a name, folded: in lower case and without diacritics.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// All words without what separates them.
    joined: String,
    /// Where each word begins in that, and where the last one ends.
    borders: Vec<usize>,
}

impl Words {
    /// The words of `text`; `None` where there are none, or more than a name has. A new one begins behind whatever is neither
    /// letter nor digit, and at a capital behind a small letter.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let mut words = Self {
            joined: String::with_capacity(text.len().min(MAX_BYTES)),
            borders: Vec::with_capacity(MAX_WORDS + 2),
        };
        words.borders.push(0);
        let mut before = None;
        for character in text.chars() {
            if is_mark(character) {
                continue;
            }
            if !character.is_alphanumeric() && !is_letter_sign(character) {
                words.end_word();
                before = None;
                continue;
            }
            if character.is_uppercase() && before.is_some_and(char::is_lowercase) {
                words.end_word();
            }
            fold(character, &mut words.joined);
            before = Some(character);
            if words.joined.len() > MAX_BYTES || words.borders.len() > MAX_WORDS + 1 {
                return None;
            }
        }
        words.end_word();
        (words.borders.len() > 1 && words.len() <= MAX_WORDS).then_some(words)
    }

    fn end_word(&mut self) {
        if self.borders.last() != Some(&self.joined.len()) {
            self.borders.push(self.joined.len());
        }
    }

    /// The words before a last one that is a number, and no year: `delete-5`.
    #[must_use]
    pub fn without_number(&self) -> Option<Self> {
        let last = self.len().checked_sub(1).filter(|last| *last > 0)?;
        let number = self.word(last);
        let is_year = number.len() == 4 && (number.starts_with("19") || number.starts_with("20"));
        if is_year || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let joined = self.between(0, last).to_owned();
        Some(Self { joined, borders: self.borders.get(..=last)?.to_vec() })
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.borders.len().saturating_sub(1)
    }

    /// All of them, joined.
    #[must_use]
    pub fn joined(&self) -> &str {
        &self.joined
    }

    /// The words from `start` to before `end`, joined.
    #[must_use]
    pub fn between(&self, start: usize, end: usize) -> &str {
        let border = |at: usize| self.borders.get(at).copied().unwrap_or(self.joined.len());
        self.joined.get(border(start)..border(end)).unwrap_or_default()
    }

    /// The word at `index`.
    #[must_use]
    pub fn word(&self, index: usize) -> &str {
        self.between(index, index + 1)
    }
}

/// What belongs to a word though it is no letter: vowel signs of Indian scripts and of Thai.
fn is_letter_sign(character: char) -> bool {
    matches!(character, '\u{900}'..='\u{963}' | '\u{e31}'..='\u{e4e}')
}

/// A part of a URL with its percent-encoding undone.
#[must_use]
pub fn decoded(part: &str) -> Cow<'_, str> {
    if part.contains('%') { percent_decode_str(part).decode_utf8_lossy() } else { Cow::Borrowed(part) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let words = Words::of(text).unwrap_or_default();
        (0..words.len()).map(|index| words.word(index).to_owned()).collect()
    }

    #[test]
    fn a_name_is_cut_into_words_however_it_is_written() {
        for text in
            ["markAsRead", "mark-as-read", "Mark as read", "mark_as_read", "MarkAsRead", " mark.as  read!"]
        {
            assert_eq!(words(text), ["mark", "as", "read"], "{text}");
        }
        assert_eq!(words("logout"), ["logout"]);
        assert_eq!(words("LOGOUT"), ["logout"]);
        assert_eq!(words("2fa"), ["2fa"]);
        assert_eq!(words("XMLExport2"), ["xmlexport2"]);
        assert_eq!(words("--"), [""; 0]);
        assert_eq!(words(&"a-".repeat(9)), [""; 0]);
        assert_eq!(words(&"a-".repeat(8)).len(), 8);
        assert_eq!(words(&"a".repeat(65)), [""; 0]);
    }

    #[test]
    fn marks_are_left_out() {
        assert_eq!(words("Déconnexion"), ["deconnexion"]);
        assert_eq!(words("De\u{301}connexion"), ["deconnexion"]);
        assert_eq!(words("Çıkış Yap"), ["cikis", "yap"]);
        assert_eq!(words("ÇIKIŞ İPTAL"), ["cikis", "iptal"]);
        assert_eq!(words("Größe ändern"), ["grosse", "andern"]);
        assert_eq!(words("Đăng xuất"), ["dang", "xuat"]);
        assert_eq!(words("ΑΠΟΣΎΝΔΕΣΗ"), ["αποσυνδεση"]);
        assert_eq!(words("αποσύνδεσης"), ["αποσυνδεσησ"]);
        assert_eq!(words("ВЫЙТИ"), ["выити"]);
        assert_eq!(words("退出登录"), ["退出登录"]);
        assert_eq!(words("लॉग आउट"), ["लॉग", "आउट"]);
        assert_eq!(words("ออกจากระบบ"), ["ออกจากระบบ"]);
    }

    #[test]
    fn words_can_be_taken_together() {
        let words = Words::of("user_log-out").unwrap();
        assert_eq!(
            (words.len(), words.joined(), words.between(1, 3), words.between(0, 1)),
            (3, "userlogout", "logout", "user")
        );
        assert_eq!(words.between(3, 9), "");
    }
}
