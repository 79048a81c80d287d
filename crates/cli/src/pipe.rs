//! What comes in from a file or a pipe, and what goes out.

use std::io::{ErrorKind, Read as _, Result, Write as _};

/// Reads a file; `-` is standard input.
pub fn read(name: &str) -> Result<Vec<u8>> {
    if name != "-" {
        return std::fs::read(name);
    }
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Prints a text.
pub fn print(text: &str) -> Result<()> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        // Somebody wanted the first lines only: `| head`.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome,
    }
}
