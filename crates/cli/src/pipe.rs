//! What comes in from a file or a pipe, and what goes out.
//!
//! The standard library's `print!` and `eprint!` panic when nobody reads any more; what is here does not.

use anyhow::Context as _;
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::Path;

/// Reads a file; `-` is standard input.
pub fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let outcome = if file == Path::new("-") {
        std::io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        std::fs::read(file)
    };
    outcome.with_context(|| file.display().to_string())
}

/// Prints a text.
pub fn print(text: &str) -> anyhow::Result<()> {
    let mut output = std::io::stdout().lock();
    output.write_all(text.as_bytes())?;
    Ok(output.flush()?)
}

/// Whether something failed since nobody reads what is printed any more.
pub fn is_closed(error: &anyhow::Error) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

/// Writes a line to standard error, whether or not anybody reads it.
pub fn complain(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
