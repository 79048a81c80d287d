//! Whether a page is left by itself soon after it is shown, as `Refresh` says it, or a `<meta>` in its place.

/// Within how many seconds that is soon: what was deferred may not be there yet.
const SOON_SECONDS: u32 = 5;

/// Whether a value says so (HTML, "shared declarative refresh steps"): how many seconds it takes, and mostly where to. Without that the
/// page is loaded anew.
#[must_use]
pub fn is_soon(value: &str) -> bool {
    let value = value.trim_ascii_start();
    let digits = value.bytes().take_while(u8::is_ascii_digit).count();
    let (seconds, rest) = value.split_at(digits);
    let rest = rest.trim_start_matches(|character: char| character.is_ascii_digit() || character == '.');
    let is_value = rest.is_empty() || rest.starts_with([';', ',']) || rest.starts_with(char::is_whitespace);
    let is_number = digits > 0 || value.starts_with('.');
    // What is too long for a number is late.
    let seconds = if seconds.is_empty() { Some(0) } else { seconds.parse::<u32>().ok() };
    is_value && is_number && seconds.is_some_and(|seconds| seconds < SOON_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_left_soon_where_the_seconds_are_few() {
        for (value, expected) in [
            ("0", true),
            ("0; url=/next", true),
            ("0;URL='/next'", true),
            (" 1,/next", true),
            ("4.9 /next", true),
            (".5;url=/next", true),
            ("00003", true),
            ("5; url=/next", false),
            ("300", false),
            ("99999999999999999999;url=/", false),
            ("", false),
            (";url=/next", false),
            ("-1;url=/next", false),
            ("url=/next", false),
            ("0x;url=/next", false),
        ] {
            assert_eq!(is_soon(value), expected, "{value:?}");
        }
    }
}
