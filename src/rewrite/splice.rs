//! The one place where bytes are put into a page. Everything else of it comes out as it went in.

use std::ops::Range;

/// Bytes of a page that are replaced, by where they stand in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Splice {
    /// The bytes that go; none where something is only put in.
    pub range: Range<usize>,
    /// What stands there then, in ASCII, which every encoding that is edited leaves as it is.
    pub text: String,
}

impl Splice {
    /// Puts text in.
    #[must_use]
    pub fn insert(at: usize, text: impl Into<String>) -> Self {
        Self { range: at..at, text: text.into() }
    }
}

/// Appends `bytes`, which begin at `start` of the page, with these splices made, to `out`. The splices are sorted and do not
/// overlap; one that does not lie within the bytes is left out.
pub fn splice(bytes: &[u8], start: usize, splices: &[Splice], out: &mut Vec<u8>) {
    let grown: usize = splices.iter().map(|splice| splice.text.len()).sum();
    out.reserve(bytes.len().saturating_add(grown));
    let mut done = 0;
    for Splice { range, text } in splices {
        let (from, to) = (range.start.checked_sub(start), range.end.checked_sub(start));
        let Some((from, to)) = from.zip(to).filter(|(from, to)| from <= to && *to <= bytes.len()) else {
            continue;
        };
        let Some(before) = bytes.get(done..from) else { continue };
        out.extend_from_slice(before);
        out.extend_from_slice(text.as_bytes());
        done = to;
    }
    out.extend_from_slice(bytes.get(done..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spliced(start: usize, splices: &[(Range<usize>, &str)]) -> String {
        let splices: Vec<Splice> = splices
            .iter()
            .map(|(range, text)| Splice { range: range.clone(), text: (*text).to_owned() })
            .collect();
        let mut out = b">".to_vec();
        splice(b"abcdef", start, &splices, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn bytes_are_replaced_and_put_in_where_they_stand_in_the_page() {
        assert_eq!(spliced(0, &[]), ">abcdef");
        assert_eq!(spliced(0, &[(0..0, "1"), (2..4, "2"), (4..4, "3"), (6..6, "4")]), ">1ab23ef4");
        assert_eq!(spliced(100, &[(100..101, ""), (105..106, "x")]), ">bcdex");
    }

    #[test]
    fn what_does_not_lie_within_the_bytes_is_left_out() {
        assert_eq!(spliced(10, &[(9..11, "x"), (12..12, "1"), (15..17, "y"), (17..17, "z")]), ">ab1cdef");
        assert_eq!(spliced(0, &[(2..4, "1"), (3..5, "overlaps")]), ">ab1ef");
        #[allow(clippy::reversed_empty_ranges)]
        let backwards = 4..2;
        assert_eq!(spliced(0, &[(backwards, "x")]), ">abcdef");
    }
}
