//! Whether a name looks as if it had been drawn by lot: a token, the name of a shortened link.

/// The most letters in a row that chance puts together, in bytes.
const MAX_RANDOM_LETTERS: usize = 4;

/// The shortest token, in bytes.
const MIN_TOKEN: usize = 8;

/// Whether a name looks as if it had been drawn by lot.
#[must_use]
pub fn looks_random(name: &str) -> bool {
    let bytes = name.as_bytes();
    if bytes.len() > 6 && bytes.iter().any(|byte| b":,=~".contains(byte)) {
        // `MQ:1abc:def`, and no title with a colon.
        let has_word =
            bytes.split(|byte| !byte.is_ascii_alphabetic()).any(|run| run.len() > MAX_RANDOM_LETTERS);
        return bytes.iter().any(u8::is_ascii_digit) && !has_word;
    }
    if bytes.len() < MIN_TOKEN
        || !bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte))
    {
        return false;
    }
    let has = |test: fn(&u8) -> bool| bytes.iter().any(test);
    // `feb-2024` has such letters as well.
    let is_hex = bytes.iter().all(u8::is_ascii_hexdigit);
    if is_hex && has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic) {
        return true;
    }
    bytes.split(|byte| b"-_".contains(byte)).any(|run| {
        // A word may begin with a capital.
        let is_change = |pair: &&[u8]| match (class(pair.first()), class(pair.last())) {
            (1, 2) => false,
            (one, other) => one != other,
        };
        let changes = run.windows(2).filter(is_change).count();
        let digits = run.iter().filter(|byte| byte.is_ascii_digit()).count();
        // Words have capitals in front, and figures behind.
        (run.len() >= MIN_TOKEN && digits == run.len() && !run.starts_with(b"20") && !run.starts_with(b"19"))
            || (run.len() >= 6 && digits > 0 && changes >= 4)
            || (run.len() >= MIN_TOKEN
                && changes >= 5
                && run
                    .chunk_by(|one, other| class(Some(one)) == class(Some(other)))
                    .all(|same| same.len() <= 2))
    })
}

/// The same for what is as short as the names of shortened links.
pub fn looks_random_though_short(name: &str) -> bool {
    let bytes = name.as_bytes();
    let has = |test: fn(&u8) -> bool| bytes.iter().any(test);
    bytes.len() >= 4
        && bytes.iter().all(u8::is_ascii_alphanumeric)
        && has(u8::is_ascii_digit)
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
}

fn class(byte: Option<&u8>) -> u8 {
    match byte {
        Some(byte) if byte.is_ascii_digit() => 0,
        Some(byte) if byte.is_ascii_uppercase() => 1,
        _ => 2,
    }
}
