//! Pages to be read: odd ones of our own, and a folder of real saved pages where one lies beside the checkout.

use super::numbers::Numbers;
use super::origin::{After, Origin, write};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Cuts bytes into pieces: many small ones at the start, where the markup is dense, larger ones later.
pub fn cut<'a>(numbers: &mut Numbers, bytes: &'a [u8]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let most = if pieces.len() < 40 { 300 } else { 40_000 };
        let (piece, after) = rest.split_at((1 + numbers.below(most)).min(rest.len()));
        pieces.push(piece);
        rest = after;
    }
    pieces
}

/// Has the origin answer `/SEED/NAME` with the page of this name, cut as follows from the seed. `content_type` has the seed.
pub fn serve_cut(
    origin: &Origin,
    pages: &Arc<BTreeMap<String, Vec<u8>>>,
    content_type: impl Fn(&str) -> &'static str + Send + Sync + 'static,
) {
    let served = Arc::clone(pages);
    origin.answer(move |received, stream| {
        let (seed, name) = received.target()[1..].split_once('/').unwrap();
        let mut numbers = Numbers(seed.parse().unwrap());
        let content_type = content_type(seed);
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nTransfer-Encoding: chunked\r\n\r\n");
        write(stream, head.as_bytes());
        for piece in cut(&mut numbers, &served[name]) {
            write(stream, &[format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat());
        }
        write(stream, b"0\r\n\r\n");
        After::Keep
    });
}

/// Name and bytes of every page.
pub fn pages() -> BTreeMap<String, Vec<u8>> {
    let own = super::root().join("tests/data/pages");
    let folders = [Some(own), super::beside("corpus/pages")];
    let mut pages = BTreeMap::new();
    for folder in folders.into_iter().flatten() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            pages.insert(name, std::fs::read(path).unwrap());
        }
    }
    pages.insert("made-empty.html".to_owned(), Vec::new());
    pages.insert("made-binary.html".to_owned(), (0..=255).cycle().take(70_000).collect());
    pages.insert("made-nul.html".to_owned(), b"<img src=//a.example/\0x><p>\0".repeat(500));
    pages.insert("made-unclosed.html".to_owned(), format!("<p title=\"{}", "x".repeat(700_000)).into_bytes());
    pages.insert("made-deep.html".to_owned(), "<div>".repeat(20_000).into_bytes());
    pages
}
