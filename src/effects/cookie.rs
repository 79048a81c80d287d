//! Cookies as browsers read them (RFC 6265bis, section 5): the lines of `Set-Cookie` and the field `Cookie`.
//!
//! Nothing is copied and nothing is refused: whatever a server sends is read, since a browser reads it too. Only a `Cookie` field
//! that no browser sends is not read ([`is_too_large`]): anybody may send one of 100 kB, and each name in it is looked up in long
//! tables. [`pairs`], [`value_of`] and [`Sent`] are the only readers of it. A line is read
//! without a clock: most frameworks take a cookie away by a date of another century. Some write yesterday's, and so
//! [`SetCookie::at`] compares with the time.

use crate::hash::fnv1a;

/// The longest attribute value that browsers read, and the longest name and value together, in bytes.
const MAX_ATTRIBUTE: usize = 1024;
const MAX_PAIR: usize = 4096;

/// The most cookies of a `Cookie` field that is read.
pub const MAX_COOKIES: usize = 100;

/// The longest such field, in bytes. Servers take one of 8 kB, some of 16.
pub const MAX_FIELD: usize = 16 * 1024;

/// The most `Set-Cookie` lines of one answer that are looked at.
pub const MAX_LINES: usize = 100;

/// The last year that means a deletion: one that was over when this was written. Frameworks write the start of 1970, some that of
/// 1980 or 2000, and some yesterday.
const LAST_YEAR_OF_DELETIONS: u16 = 2025;

/// One `Set-Cookie` line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetCookie<'a> {
    /// The line as it came.
    pub line: &'a str,
    /// The name; empty where there is no `=`.
    pub name: &'a str,
    /// The value, with its quotes if it has any.
    pub value: &'a str,
    /// Scripts cannot read it.
    pub is_http_only: bool,
    /// It takes the cookie away: it has expired, or its value is emptied.
    pub is_deletion: bool,
    /// It has expired, by its age or date: a browser takes the cookie away, and keeps nothing.
    pub is_expired: bool,
    /// It outlives the browser's session: it has a date or an age, and that is no deletion.
    pub is_lasting: bool,
    /// When it expires, in milliseconds since the epoch, where a date says so and no age.
    expires: Option<u64>,
}

impl<'a> SetCookie<'a> {
    /// Reads a line. What a browser would ignore ([`is_ignored`](Self::is_ignored)) is read like the rest.
    #[must_use]
    pub fn parse(line: &'a str) -> Self {
        let mut parts = line.split(';');
        let (name, value) = name_and_value(parts.next().unwrap_or_default());
        let mut is_http_only = false;
        let mut lifetime = Lifetime::default();
        for part in parts {
            let (attribute, value) = match part.split_once('=') {
                Some((attribute, value)) => (trim(attribute), trim(value)),
                None => (trim(part), ""),
            };
            if attribute.eq_ignore_ascii_case("httponly") {
                is_http_only |= value.len() <= MAX_ATTRIBUTE;
            } else if attribute.eq_ignore_ascii_case("max-age") {
                lifetime.max_age(value);
            } else if attribute.eq_ignore_ascii_case("expires") {
                lifetime.expires(value);
            }
        }
        let is_deletion = deletes(line);
        Self {
            line,
            name,
            value,
            is_http_only,
            is_deletion,
            is_expired: lifetime.max_age == Some(false),
            is_lasting: !is_deletion && lifetime.is_lasting(),
            expires: lifetime.date.filter(|_| lifetime.max_age.is_none()).map(Date::milliseconds),
        }
    }

    /// The same at this time, in milliseconds since the epoch: what has expired by then is a deletion.
    #[must_use]
    pub fn at(mut self, now: u64) -> Self {
        if self.expires.is_some_and(|expires| expires <= now) {
            (self.is_deletion, self.is_expired, self.is_lasting) = (true, true, false);
        }
        self
    }

    /// Whether a browser drops the line whole: it says nothing, it holds control characters, or it is too long.
    #[must_use]
    pub fn is_ignored(&self) -> bool {
        (self.name.is_empty() && self.value.is_empty())
            || self.name.len().saturating_add(self.value.len()) > MAX_PAIR
            || self.line.bytes().any(|byte| byte.is_ascii_control() && byte != b'\t')
    }
}

/// Whether a `Cookie` field is too large to be read. Its visitor is taken to have a session, nothing is fetched ahead for them,
/// and what is answered to them teaches nothing. Their visits reach the origin as they are.
#[must_use]
pub fn is_too_large(field: &str) -> bool {
    field.len() > MAX_FIELD || field.split(';').nth(MAX_COOKIES).is_some()
}

/// The cookies of a `Cookie` field, name and value, in order; a pair without `=` has the empty name. One that
/// [`is_too_large`] is read as if it had none: whoever decides by what is missing asks for that first.
pub fn pairs(field: &str) -> impl Iterator<Item = (&str, &str)> {
    let field = if is_too_large(field) { "" } else { field };
    field.split(';').filter(|pair| !trim(pair).is_empty()).map(name_and_value)
}

/// The value of the cookie of exactly this name, the first if there are several. Names are case-sensitive.
#[must_use]
pub fn value_of<'a>(field: &'a str, name: &str) -> Option<&'a str> {
    pairs(field).find_map(|(sent, value)| (sent == name).then_some(value))
}

/// The cookies of a `Cookie` field, read once for many questions.
#[derive(Clone, Debug, Default)]
pub struct Sent<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Sent<'a> {
    /// Reads a field as [`pairs`] does.
    #[must_use]
    pub fn read(field: &'a str) -> Self {
        Self(pairs(field).collect())
    }

    /// The same as [`value_of`].
    #[must_use]
    pub fn value_of(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find_map(|(sent, value)| (*sent == name).then_some(*value))
    }

    /// All of them, in order.
    pub fn pairs(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.iter().copied()
    }

    /// Whether several cookies have this name.
    #[must_use]
    pub fn has_several(&self, name: &str) -> bool {
        self.0.iter().filter(|(sent, _)| *sent == name).nth(1).is_some()
    }
}

/// Whether no line behind this one sets a cookie of its name: of several the last one counts.
pub(super) fn is_last_of_name(at: usize, set_cookies: &[SetCookie<'_>]) -> bool {
    let name = set_cookies.get(at).map(|cookie| cookie.name);
    !set_cookies.iter().skip(at + 1).any(|later| Some(later.name) == name)
}

/// Cuts at the first `=`; without one all of it is the value.
fn name_and_value(pair: &str) -> (&str, &str) {
    let (name, value) = pair.split_once('=').unwrap_or(("", pair));
    (trim(name), trim(value))
}

/// Without the blanks around it. Only these two count as blanks in a cookie.
fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

/// What the attributes of a line say about how long the cookie is kept. The last one that can be read counts.
#[derive(Default)]
struct Lifetime {
    /// Whether `Max-Age` is above zero.
    max_age: Option<bool>,
    /// The date of `Expires`.
    date: Option<Date>,
}

impl Lifetime {
    fn max_age(&mut self, value: &str) {
        let digits = value.strip_prefix('-').unwrap_or(value);
        if value.len() <= MAX_ATTRIBUTE
            && !digits.is_empty()
            && digits.bytes().all(|byte| byte.is_ascii_digit())
        {
            // Not as a number: an age may be longer than any.
            self.max_age = Some(digits.len() == value.len() && digits.bytes().any(|byte| byte != b'0'));
        }
    }

    fn expires(&mut self, value: &str) {
        if value.len() <= MAX_ATTRIBUTE {
            self.date = date_of(value).or(self.date);
        }
    }

    /// `Max-Age` wins over `Expires`.
    fn is_lasting(&self) -> bool {
        self.max_age.unwrap_or_else(|| self.date.is_some_and(|date| date.year > LAST_YEAR_OF_DELETIONS))
    }
}

/// A date, as a browser reads it.
#[derive(Clone, Copy)]
struct Date {
    year: u16,
    /// From 1.
    month: u16,
    day: u16,
    /// Since the day began.
    seconds: u32,
}

impl Date {
    /// In milliseconds since the epoch; what lies before it is at its beginning.
    fn milliseconds(self) -> u64 {
        // The year begins in March, so that a leap day is its last one.
        let (year, month) = match self.month {
            1 | 2 => (u64::from(self.year).saturating_sub(1), u64::from(self.month) + 9),
            month => (u64::from(self.year), u64::from(month) - 3),
        };
        let leap_days = year / 4 - year / 100 + year / 400;
        let days = 365 * year + leap_days + (153 * month + 2) / 5 + u64::from(self.day);
        // As many as there were on the first of January 1970.
        let days = days.checked_sub(719_469);
        days.map_or(0, |days| (days * 86_400 + u64::from(self.seconds)) * 1000)
    }
}

/// A cookie's date (RFC 6265bis, section 5.1.1), if a browser takes it for a date: it looks for a time, a day, a month and a
/// year, in any order and between any delimiters. `0` and `-1`, which are often sent, are no dates.
fn date_of(date: &str) -> Option<Date> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let (mut time, mut day, mut month, mut year) = (None, None, None, None);
    let is_delimiter =
        |c: char| c.is_ascii() && !c.is_ascii_control() && !c.is_ascii_alphanumeric() && c != ':';
    for token in date.split(|c: char| c == '\t' || is_delimiter(c)).filter(|token| !token.is_empty()) {
        let month_of = |token: &str| {
            let start = token.get(..3)?;
            let at = MONTHS.iter().position(|month| start.eq_ignore_ascii_case(month))?;
            u16::try_from(at + 1).ok()
        };
        if let Some(seconds) = seconds_of(token).filter(|_| time.is_none()) {
            time = Some(seconds);
        } else if let Some(number) = number(token, 1, 2).filter(|_| day.is_none()) {
            day = Some(number);
        } else if let Some(number) = month_of(token).filter(|_| month.is_none()) {
            month = Some(number);
        } else if let Some(number) = number(token, 2, 4).filter(|_| year.is_none()) {
            year = Some(number);
        }
    }
    let year = match year? {
        year @ 70..=99 => 1900 + year,
        year @ 0..=69 => 2000 + year,
        year => year,
    };
    let (seconds, month, day) = (time?, month?, day?);
    ((1..=31).contains(&day) && year >= 1601).then_some(Date { year, month, day, seconds })
}

/// The seconds since the day began, if a token starts with a time of day, as `23:59:59`.
fn seconds_of(token: &str) -> Option<u32> {
    let mut fields = token.splitn(3, ':');
    let mut below = |bound, is_last: bool| {
        let field =
            fields.next().filter(|field| is_last || field.bytes().all(|byte| byte.is_ascii_digit()))?;
        number(field, 1, 2).filter(|number| *number < bound).map(u32::from)
    };
    Some((below(24, false)? * 60 + below(60, false)?) * 60 + below(60, true)?)
}

/// The number with which a token starts, if it has so many digits; what follows them is no matter.
fn number(token: &str, least: usize, most: usize) -> Option<u16> {
    let end = token.find(|c: char| !c.is_ascii_digit()).unwrap_or(token.len());
    if (least..=most).contains(&end) { token.get(..end)?.parse().ok() } else { None }
}

/// Whether a line takes its cookie away. More readily than a browser: an emptied value is a deletion as well, and so is
/// whatever stands in a date beside an old year.
fn deletes(line: &str) -> bool {
    let mut parts = line.split(';');
    let pair = parts.next().unwrap_or_default();
    let value = pair.split_once('=').map_or(pair, |(_, value)| value).trim();
    let mut max_age = None;
    let mut is_long_past = false;
    for (name, value) in parts.filter_map(|part| part.split_once('=')) {
        if name.trim().eq_ignore_ascii_case("max-age") {
            max_age = value.trim().parse::<i64>().ok().or(max_age);
        } else if name.trim().eq_ignore_ascii_case("expires") {
            let four_digits = || {
                let mut numbers = value.split(|c: char| !c.is_ascii_digit());
                numbers.find_map(|number| number.parse::<u16>().ok().filter(|_| number.len() == 4))
            };
            is_long_past = date_of(value)
                .map(|date| date.year)
                .or_else(four_digits)
                .is_some_and(|year| year <= LAST_YEAR_OF_DELETIONS);
        }
    }
    // Max-Age wins over Expires.
    max_age.map_or(is_long_past, |seconds| seconds <= 0) || matches!(value, "" | "\"\"" | "deleted")
}

/// A `Cookie` field as it is after these `Set-Cookie` lines, as far as names and values go.
#[must_use]
pub fn after<'a>(field: &str, lines: impl Iterator<Item = &'a str>) -> String {
    let set: Vec<SetCookie<'_>> = lines.map(SetCookie::parse).collect();
    let is_set = |name: &str| set.iter().any(|cookie| cookie.name == name);
    let kept = pairs(field).filter(|(name, _)| !is_set(name));
    let last =
        set.iter().enumerate().filter(|(at, cookie)| !cookie.is_deletion && is_last_of_name(*at, &set));
    let new = last.map(|(_, cookie)| (cookie.name, cookie.value));
    kept.chain(new).map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
}

/// The cookie of ours, name and value, which says that its browser, which runs no scripts, was just led back to this page.
#[must_use]
pub fn led_back(page: &str) -> (&'static str, String) {
    ("headstart-unscripted", format!("{:016x}", fnv1a(page.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Name, value, and the three marks as letters: `h`ttp only, `d`eletion, `l`asting.
    fn read(line: &str) -> (&str, &str, String) {
        let cookie = SetCookie::parse(line);
        assert_eq!(cookie.line, line);
        let marks = [(cookie.is_http_only, 'h'), (cookie.is_deletion, 'd'), (cookie.is_lasting, 'l')];
        (
            cookie.name,
            cookie.value,
            marks.iter().filter(|(is_set, _)| *is_set).map(|(_, mark)| *mark).collect(),
        )
    }

    #[test]
    fn a_field_that_no_browser_sends_is_not_read() {
        let many = |number: usize| vec!["a=1"; number].join("; ");
        let long = |bytes: usize| format!("a={}", "x".repeat(bytes - 2));
        for (field, is_read) in [
            (many(MAX_COOKIES), true),
            (many(MAX_COOKIES + 1), false),
            (many(20_000), false),
            (";".repeat(MAX_COOKIES - 1) + "a=1", true),
            (";".repeat(MAX_COOKIES) + "a=1", false),
            (long(MAX_FIELD), true),
            (long(MAX_FIELD + 1), false),
        ] {
            let (start, sent) = (&field[..20.min(field.len())], Sent::read(&field));
            assert_eq!(!is_too_large(&field), is_read, "{start}");
            assert_eq!(value_of(&field, "a").is_some(), is_read, "{start}");
            assert_eq!(sent.value_of("a"), value_of(&field, "a"), "{start}");
            assert_eq!(after(&field, std::iter::empty()).is_empty(), !is_read, "{start}");
        }
        let sent = Sent::read("a=1; b=2; a=3; =4");
        assert_eq!((sent.value_of("a"), sent.value_of(""), sent.value_of("c")), (Some("1"), Some("4"), None));
        assert!(sent.has_several("a") && !sent.has_several("b") && !sent.has_several("c"));
    }

    #[test]
    fn names_and_values_are_cut_as_browsers_cut_them() {
        for (line, name, value) in [
            ("a=1", "a", "1"),
            (" \ta \t=\t 1 \t; Path=/", "a", "1"),
            ("a=b=c==", "a", "b=c=="),
            ("a=\"1 2\"", "a", "\"1 2\""),
            ("a=1 2,3", "a", "1 2,3"),
            ("a b=1", "a b", "1"),
            ("=1", "", "1"),
            ("nameless", "", "nameless"),
            ("nameless; HttpOnly", "", "nameless"),
            ("a=\"1;2\"", "a", "\"1"),
            ("caf\u{e9}=\u{2603}", "caf\u{e9}", "\u{2603}"),
            ("\u{a0}a=1\u{a0}", "\u{a0}a", "1\u{a0}"),
            ("a\u{1}=\u{0}1", "a\u{1}", "\u{0}1"),
            ("", "", ""),
            (";;", "", ""),
            ("==", "", "="),
            ("a={\"k\":[1,2]}", "a", "{\"k\":[1,2]}"),
        ] {
            assert_eq!((read(line).0, read(line).1), (name, value), "{line:?}");
        }
    }

    #[test]
    fn attributes_are_read_as_browsers_read_them() {
        for (line, marks) in [
            ("a=1", ""),
            ("a=HttpOnly", ""),
            ("a=1;HttpOnly", "h"),
            ("a=1; httponly", "h"),
            ("a=1;\t HTTPONLY \t", "h"),
            ("a=1; HttpOnly=x", "h"),
            ("a=1; HttpOnly=false; HttpOnly", "h"),
            ("a=1; HttpOnly =", "h"),
            ("a=1; Path=HttpOnly", ""),
            ("a=1; =HttpOnly; Http Only; HttpOnlyx; \"HttpOnly\"", ""),
            ("a=1; ; ;= ; Max-Age=9", "l"),
            ("a=1; max-AGE = 9 ", "l"),
            ("a=1; Max-Age=99999999999999999999999", "l"),
            ("a=1; Max-Age=9; Max-Age=x", "l"),
            ("a=1; Max-Age=0; Max-Age=9", "l"),
            ("a=1; Max-Age=9; Max-Age=0", "d"),
            ("a=1; Max-Age=-9", "d"),
            ("a=1; Max-Age=-0", "d"),
            ("a=1; Max-Age", ""),
            ("a=1; Max-Age=", ""),
            ("a=1; Max-Age=1.5", ""),
            ("a=1; Max-Age=\"9\"", ""),
            ("a=1; Expires=Wed, 21 Oct 2035 07:28:00 GMT", "l"),
            ("a=1; expires=Wed, 21-Oct-35 07:28:00 GMT; HttpOnly", "hl"),
            ("a=1; expires=Wednesday, 21-Oct-2035 07:28:00 GMT", "l"),
            ("a=1; expires=Wed Oct 21 07:28:00 2035", "l"),
            ("a=1; expires=Wed Oct 21 2035 07:28:00 GMT+0200", "l"),
            ("a=1; expires=2035 october 1st 7:8:9", "l"),
            ("a=1; expires=Thu, 01-Jan-1970 00:00:01 GMT", "d"),
            ("a=1; expires=Thu, 01-Jan-70 00:00:01 GMT", "d"),
            ("a=1; expires=Wed, 21 Oct 2035 07:28:00 GMT; Max-Age=0", "d"),
            ("a=1; expires=Wed, 21 Oct 2035 07:28:00 GMT; Max-Age=", "l"),
            ("a=1; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=9", "l"),
            ("a=1; expires=", ""),
            ("a=1; expires=0", ""),
            ("a=1; expires=-1", ""),
            ("a=1; expires=Session", ""),
            ("a=1; expires=Wed, 21 Oct 2035", ""),
            ("a=1; expires=Wed, 21 Oct 2035 7x:28:00", ""),
            ("a=1; expires=Wed, 21 Oct 2035 07:28", ""),
            ("a=1; expires=Wed, 21 Oct 20350 07:28:00", ""),
            ("a=1; expires=Wed, 21 Oct 1600 07:28:00", "d"),
            ("a=1; expires=Wed, 32 Oct 2035 07:28:00 GMT", ""),
            ("a=1; expires=Wed, 21 Oct 2035 24:00:00 GMT", ""),
            ("a=; Max-Age=9", "d"),
            ("a=\"\"; Version=1; HttpOnly", "hd"),
            ("a=deleted", "d"),
            ("", "d"),
        ] {
            assert_eq!(read(line).2, marks, "{line:?}");
        }
        let long = "x".repeat(MAX_ATTRIBUTE + 1);
        assert_eq!(read(&format!("a=1; HttpOnly={long}; Expires=Wed, 21 Oct 2035 07:28:00 GMT{long}")).2, "");
    }

    #[test]
    fn whatever_takes_a_cookie_away_is_known_as_a_deletion() {
        for line in [
            "session=; Max-Age=0; Path=/",
            "session=x; max-age=-1",
            "session=x; Max-Age=0; Expires=Wed, 21 Oct 2035 07:28:00 GMT",
            "session=deleted; expires=Thu, 01-Jan-1970 00:00:01 GMT; path=/",
            "session=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
            "session=\"\"; Version=1",
            "session=",
        ] {
            assert!(SetCookie::parse(line).is_deletion, "{line}");
        }
        for line in [
            "session=x; Max-Age=3600; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
            "session=x; Expires=Wed, 21 Oct 2035 07:28:00 GMT",
            "session=x; Max-Age=",
        ] {
            assert!(!SetCookie::parse(line).is_deletion, "{line}");
        }
    }

    #[test]
    fn what_has_expired_is_a_deletion() {
        // By `date -d @... -u`.
        const NOW: u64 = 1_795_725_000_000;
        let at = |line: &str, now: u64| {
            let cookie = SetCookie::parse(line).at(now);
            (cookie.is_deletion, cookie.is_lasting)
        };
        let line = "session=x; Expires=Thu, 26 Nov 2026 20:30:00 GMT";
        assert_eq!((at(line, NOW), at(line, NOW - 1)), ((true, false), (false, true)));
        for (date, seconds) in [
            ("Wed, 25-Nov-26 20:30:00 GMT", 1_795_638_600),
            ("Sun, 29 Feb 2032 00:00:00 GMT", 1_961_625_600),
            ("Mon, 1 Mar 2032 23:59:59 GMT", 1_961_798_399),
            ("Fri, 1 Jan 2100 00:00:00 GMT", 4_102_444_800),
            ("Mon, 1 Mar 2100 00:00:00 GMT", 4_107_542_400),
        ] {
            let line = format!("session=x; Expires={date}");
            let at = |now: u64| SetCookie::parse(&line).at(now).is_deletion;
            assert_eq!((at(seconds * 1000 - 1), at(seconds * 1000)), (false, true), "{date}");
        }
        assert_eq!(at("session=x; Expires=Wed, 25 Nov 2026 20:30:00 GMT; Max-Age=60", NOW), (false, true));
        assert_eq!(at("session=x; Expires=Wed, 31 Dec 1969 20:30:00 GMT", 0), (true, false));
        assert_eq!(at("session=x", NOW), (false, false));
    }

    #[test]
    fn what_a_browser_drops_is_known() {
        let is_ignored = |line: &str| SetCookie::parse(line).is_ignored();
        for line in ["", "; HttpOnly", "=", " = ; Path=/", "a=\u{0}", "a=1; Path=/\u{7f}", "a=1\r\nb: 2"] {
            assert!(is_ignored(line), "{line:?}");
        }
        for line in ["a", "a=", "=1", "a=\t1", "a=\u{e9}"] {
            assert!(!is_ignored(line), "{line:?}");
        }
        assert!(!is_ignored(&format!("a={}; Path=/{}", "x".repeat(4095), "y".repeat(4096))));
        assert!(is_ignored(&format!("a={}", "x".repeat(4096))));
        let line = format!("a={}; HttpOnly", "x".repeat(8192));
        assert_eq!((read(&line).1.len(), read(&line).2.as_str()), (8192, "h"), "but read all the same");
    }

    #[test]
    fn the_cookies_of_a_request_are_read() {
        let all = |field| pairs(field).collect::<Vec<_>>();
        assert_eq!(all(""), []);
        assert_eq!(all(" ; ;\t;"), []);
        assert_eq!(all("a=1"), [("a", "1")]);
        assert_eq!(all("a=1; b=\"2\"; a=3"), [("a", "1"), ("b", "\"2\""), ("a", "3")]);
        assert_eq!(all("a=1;b = x=y ;\tc=;d"), [("a", "1"), ("b", "x=y"), ("c", ""), ("", "d")]);
        assert_eq!(all("=1; ="), [("", "1"), ("", "")]);
        assert_eq!(all("\u{e9}=\u{1}"), [("\u{e9}", "\u{1}")]);

        let field = "as=0; s=1; S=2; s=3; x=s=4; alone";
        assert_eq!(value_of(field, "s"), Some("1"));
        assert_eq!(value_of(field, "S"), Some("2"));
        assert_eq!(value_of(field, "x"), Some("s=4"));
        assert_eq!(value_of(field, ""), Some("alone"));
        assert_eq!(value_of(field, "alone"), None);
        assert_eq!(value_of(field, " s"), None);
        assert_eq!(value_of("", ""), None);
    }

    /// Text of what cookies are made of, more often than chance has it.
    fn any_line() -> impl Strategy<Value = String> {
        let word = prop_oneof![
            Just(";".to_owned()),
            Just("=".to_owned()),
            Just(" ".to_owned()),
            Just("\"".to_owned()),
            Just("HttpOnly".to_owned()),
            Just("max-age".to_owned()),
            Just("Expires".to_owned()),
            Just("Wed, 21 Oct 2035 07:28:00 GMT".to_owned()),
            "-?[0-9]{0,22}",
            "\\PC{0,8}",
            any::<String>(),
        ];
        prop_oneof![any::<String>(), prop::collection::vec(word, 0..12).prop_map(|words| words.concat())]
    }

    proptest! {
        #[test]
        fn whatever_is_sent_is_read_and_adds_up(line in any_line()) {
            let cookie = SetCookie::parse(&line);
            prop_assert_eq!(cookie.line, &line);
            prop_assert!(!cookie.name.contains(['=', ';']) && !cookie.value.contains(';'));
            prop_assert!(line.contains(cookie.name) && line.contains(cookie.value));
            prop_assert_eq!((trim(cookie.name), trim(cookie.value)), (cookie.name, cookie.value));
            prop_assert!(!(cookie.is_deletion && cookie.is_lasting));
            let pair = format!("{}={}", cookie.name, cookie.value);
            let again = SetCookie::parse(&pair);
            prop_assert_eq!((again.name, again.value), (cookie.name, cookie.value));
            prop_assert_eq!(value_of(&pair, cookie.name), Some(cookie.value));
            for (name, value) in pairs(&line) {
                prop_assert!(!name.contains(['=', ';']) && !value.contains(';'));
                prop_assert!(value_of(&line, name).is_some());
            }
        }
    }

    #[test]
    fn a_field_after_an_answer_holds_what_was_set() {
        let after = |field: &str, lines: &[&str]| super::after(field, lines.iter().copied());
        assert_eq!(after("a=1; b=2", &[]), "a=1; b=2");
        assert_eq!(after("a=1; b=2", &["a=3; Path=/", "c=4"]), "b=2; a=3; c=4");
        assert_eq!(after("a=1; b=2", &["a=; Max-Age=0", "b=5", "b=6"]), "b=6");
    }
}
