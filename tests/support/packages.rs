//! Scripts as npm has them, for the origins of the tests.

use super::origin::ok;

/// The answer with a script of a package, by its path in `node_modules`; nothing where the path names none.
pub fn file(path: &str) -> Option<Vec<u8>> {
    let script = std::fs::read(super::root().join("node_modules").join(path.strip_prefix('/')?)).ok()?;
    path.ends_with(".js").then(|| ok("Content-Type: text/javascript; charset=utf-8\r\n", &script))
}
