//! Pages for the tests of this room: made of what would be most likely to mislead.

use proptest::prelude::*;

/// What all pages are made of.
const PIECES: &[&str] = &[
    "<!doctype html>",
    "<html>",
    "<html lang=en>",
    "</html>",
    "<head>",
    "</head>",
    "<body class=a>",
    "<p>",
    "a",
    " ",
    "\n",
    "\0",
    "<",
    ">",
    "\"",
    "'",
    "/",
    "=",
    "--",
    "<!--",
    "-->",
    "<!-->",
    "--!>",
    "<!",
    "<?",
    "</",
    "<![CDATA[",
    "]]>",
    "<svg>",
    "<svg/>",
    "<!--<script>",
    "</svg>",
    "<math>",
    "<mi>",
    "<foreignObject>",
    "<title>",
    "</title>",
    "<template>",
    "</template>",
    "<select>",
    "</select>",
    "<table>",
    "<frameset>",
    "<textarea>",
    "</textarea>",
    "<xmp>",
    "</xmp>",
    "<noscript>",
    "</noscript>",
    "<style>",
    "</style>",
    "<plaintext>",
    "<script>",
    "</script>",
    "<meta charset=utf-8>",
    "<meta charset=shift_jis>",
    "<img ",
    "<link rel=a>",
];

/// Pages made of these pieces, and of those that all are made of.
pub fn soup(own: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let pieces = move || PIECES.iter().chain(own);
    let piece = prop_oneof![
        20 => (0..pieces().count()).prop_map(move |number| pieces().nth(number).unwrap().as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 1..4),
        1 => (1..900_usize).prop_map(|length| vec![b'a'; length]),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// The label in a page's `Content-Type`.
pub fn charset() -> impl Strategy<Value = Option<&'static str>> {
    prop::sample::select(vec![None, Some("utf-8"), Some("iso-8859-1"), Some("shift_jis"), Some("gb18030")])
}
