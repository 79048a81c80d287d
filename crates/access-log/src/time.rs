//! The times of access logs.
//!
//! Most lines of a log have the second of the line before, so the time that was read last is kept with its text.

/// A day, in milliseconds.
pub const DAY_MS: u64 = 24 * 3600 * 1000;

/// The longest text of a time that is kept.
const MAX_KEPT: usize = 40;

/// Numbers from here on count milliseconds, microseconds and nanoseconds: as seconds they would lie in a far future.
const MILLISECONDS_FROM: u64 = 100_000_000_000;
const MICROSECONDS_FROM: u64 = 100_000_000_000_000;
const NANOSECONDS_FROM: u64 = 100_000_000_000_000_000;

/// Reads times.
#[derive(Debug, Default)]
pub struct Clock {
    text: Vec<u8>,
    at: u64,
}

impl Clock {
    /// The time that a text says, in milliseconds since the epoch: as access logs write it (`17/May/2015:10:05:03 +0000`), as RFC
    /// 3339 does, or as a number of seconds, milliseconds, microseconds or nanoseconds. `None` for what is no time.
    pub fn read(&mut self, text: &[u8]) -> Option<u64> {
        if text == self.text && !text.is_empty() {
            return Some(self.at);
        }
        let at = of_log(text).or_else(|| number(text)).or_else(|| rfc_3339(text))?;
        if text.len() <= MAX_KEPT {
            self.text.clear();
            self.text.extend_from_slice(text);
            self.at = at;
        }
        Some(at)
    }
}

/// `17/May/2015:10:05:03 +0000`.
fn of_log(text: &[u8]) -> Option<u64> {
    let [
        d1,
        d2,
        b'/',
        m1,
        m2,
        m3,
        b'/',
        y1,
        y2,
        y3,
        y4,
        b':',
        h1,
        h2,
        b':',
        i1,
        i2,
        b':',
        s1,
        s2,
        b' ',
        sign,
        z1,
        z2,
        z3,
        z4,
    ] = *text
    else {
        return None;
    };
    let month = match [m1, m2, m3] {
        [b'J', b'a', b'n'] => 1,
        [b'F', b'e', b'b'] => 2,
        [b'M', b'a', b'r'] => 3,
        [b'A', b'p', b'r'] => 4,
        [b'M', b'a', b'y'] => 5,
        [b'J', b'u', b'n'] => 6,
        [b'J', b'u', b'l'] => 7,
        [b'A', b'u', b'g'] => 8,
        [b'S', b'e', b'p'] => 9,
        [b'O', b'c', b't'] => 10,
        [b'N', b'o', b'v'] => 11,
        [b'D', b'e', b'c'] => 12,
        _ => return None,
    };
    let two = |tens: u8, ones: u8| Some(i64::from(digit(tens)?) * 10 + i64::from(digit(ones)?));
    let (day, year) = (two(d1, d2)?, two(y1, y2)? * 100 + two(y3, y4)?);
    let (hour, minute, second) = (two(h1, h2)?, two(i1, i2)?, two(s1, s2)?);
    let zone = two(z1, z2)? * 60 + two(z3, z4)?;
    let zone = match sign {
        b'+' => zone,
        b'-' => -zone,
        _ => return None,
    };
    // A leap second counts as the second that follows.
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let days = days_since_the_epoch(year, month, day)?;
    let seconds = days * 86_400 + hour * 3600 + (minute - zone) * 60 + second;
    u64::try_from(seconds * 1000).ok()
}

fn digit(byte: u8) -> Option<u8> {
    byte.is_ascii_digit().then(|| byte - b'0')
}

/// The days from the epoch to a day of the Gregorian calendar (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn days_since_the_epoch(year: i64, month: i64, day: i64) -> Option<i64> {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if !(1..=days).contains(&day) {
        return None;
    }
    // Years begin with March, so that the day that may be missing is the last.
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

/// A number of seconds, perhaps with a fraction, or of a smaller unit.
fn number(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text).ok()?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let whole: u64 = whole.parse().ok()?;
    Some(match whole {
        NANOSECONDS_FROM.. => whole / 1_000_000,
        MICROSECONDS_FROM.. => whole / 1000,
        MILLISECONDS_FROM.. => whole,
        seconds => {
            let of_second = fraction.bytes().chain(std::iter::repeat(b'0')).take(3);
            seconds * 1000 + of_second.fold(0, |sum, byte| sum * 10 + u64::from(byte - b'0'))
        }
    })
}

/// `2026-05-17T10:05:03Z`, with or without a fraction.
fn rfc_3339(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text).ok()?;
    let at: jiff::Timestamp = text.parse().ok()?;
    u64::try_from(at.as_millisecond()).ok()
}

/// A day for people, such as `2026-05-17` (UTC).
#[must_use]
pub fn day(at: u64) -> String {
    let at = i64::try_from(at).ok().and_then(|at| jiff::Timestamp::from_millisecond(at).ok());
    at.map(|at| at.strftime("%Y-%m-%d").to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<u64> {
        Clock::default().read(text.as_bytes())
    }

    #[test]
    fn each_way_to_write_a_time_is_read() {
        for (text, at) in [
            ("17/May/2015:10:05:03 +0000", 1_431_857_103_000),
            ("17/May/2015:12:05:03 +0200", 1_431_857_103_000),
            ("17/May/2015:06:35:03 -0330", 1_431_857_103_000),
            ("29/Feb/2024:00:00:00 +0000", 1_709_164_800_000),
            ("01/Jan/1970:00:00:01 +0000", 1000),
            ("2015-05-17T10:05:03Z", 1_431_857_103_000),
            ("2015-05-17T12:05:03.250+02:00", 1_431_857_103_250),
            ("2015-05-17T12:05:03.250+0200", 1_431_857_103_250),
            ("1431857103", 1_431_857_103_000),
            ("1431857103.25", 1_431_857_103_250),
            ("1431857103.2509", 1_431_857_103_250),
            ("1431857103250", 1_431_857_103_250),
            ("1431857103250000", 1_431_857_103_250),
            ("1431857103250000000", 1_431_857_103_250),
        ] {
            assert_eq!(read(text), Some(at), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_told() {
        for text in [
            "",
            "-",
            "17/May/2015 10:05:03 +0000",
            "17/Mai/2015:10:05:03 +0000",
            "31/Feb/2015:10:05:03 +0000",
            "29/Feb/2100:10:05:03 +0000",
            "17/May/2015:24:05:03 +0000",
            "17/May/2015:10:05:03",
            "17/May/1915:10:05:03 +0000",
            "2015-05-17",
            "1431857103.x",
            "-5",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_text_that_comes_again_is_the_same_time_and_another_is_read_anew() {
        let mut clock = Clock::default();
        assert_eq!(clock.read(b"100"), Some(100_000));
        assert_eq!(clock.read(b"100"), Some(100_000));
        assert_eq!(clock.read(b"x"), None);
        assert_eq!(clock.read(b"100"), Some(100_000));
        assert_eq!(clock.read(b"101"), Some(101_000));
        assert_eq!(day(1_431_857_103_000), "2015-05-17");
    }
}
