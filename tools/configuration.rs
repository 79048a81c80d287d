//! `make configuration`: writes docs/configuration.md and the `[vars]` of wrangler.toml from the table of variables, and from the
//! table of names what the Worker reads of it, and the patterns of the rule sets.

use headstart::config::describe::{documentation, wrangler_toml};
use headstart::urls::unsafe_urls;
use std::path::Path;
use std::{fs, io};

fn main() -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = root.join("docs");
    let table = root.join("src/urls/unsafe_urls/table");
    fs::write(table.join("folded.txt"), unsafe_urls::folded_names())?;
    fs::write(table.join("rule_set.txt"), unsafe_urls::written())?;
    fs::create_dir_all(&docs)?;
    fs::write(docs.join("configuration.md"), documentation())?;
    let file = root.join("wrangler.toml");
    let text = wrangler_toml(&fs::read_to_string(&file)?)
        .ok_or_else(|| io::Error::other("wrangler.toml has no line [vars]"))?;
    fs::write(file, text)
}
