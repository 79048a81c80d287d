//! URLs of parts of pages (fonts, pictures, stylesheets, scripts): which of them may be told to everybody who asks for a page, and
//! which of them are the same thing after another build.
//!
//! What is told to everybody must be nobody's own. Unlike a page's path, a file's own name may be made of random characters: builds
//! and stores name files by their content. What stands before it, and what a query says, is held to the same test as paths
//! ([`looks_private`]). As there, what is in doubt is not told, and costs a little speed. But services that keep others' files have
//! random folders in all of their URLs, which open no page of the site: there a file's folders are looked at as its name is.

use super::private_path::{looks_private, names_a_person};
use percent_encoding::percent_decode_str;
use url::Url;

/// The longest URL of a part of a page that is told, in bytes.
pub const MAX_ASSET_BYTES: usize = 512;

/// How names of parameters begin whose values give access, or say for how long: signed URLs of stores and networks. After all of
/// these a name may go on.
const SIGNING: [&str; 18] = [
    "x-amz-",
    "x-goog-",
    "x-oss-",
    "awsaccesskey",
    "googleaccess",
    "key-pair-id",
    "access",
    "sig",
    "token",
    "auth",
    "expires",
    "expiry",
    "hmac",
    "policy",
    "secret",
    "session",
    "jwt",
    "passw",
];

/// The same for names that have to be whole: signatures and tokens of stores and networks.
const SIGNING_WHOLE: [&str; 20] = [
    "se", "sp", "sv", "sr", "st", "spr", "exp", "hdnea", "hdnts", "verify", "key", "apikey", "api_key",
    "sid", "uid", "user", "userid", "user_id", "oh", "oe",
];

/// Parameters that say which build or version of a file is meant, whatever their value looks like.
const VERSIONS: [&str; 8] = ["v", "ver", "version", "hash", "rev", "build", "dpl", "rnd"];

/// The same for names that may mean other things.
const MAYBE_VERSIONS: [&str; 5] = ["h", "t", "ts", "cb", "_"];

/// Endings of files that pages are made of.
const ENDINGS: [&str; 18] = [
    "woff2", "woff", "ttf", "otf", "css", "js", "mjs", "png", "jpg", "jpeg", "gif", "webp", "avif", "svg",
    "jxl", "bmp", "ico", "jfif",
];

/// From here on figures without letters are taken for a build's: a point in time, a checksum.
const MIN_BUILD_DIGITS: usize = 8;

/// The same for hexadecimal digits, and for letters and figures that are mixed.
const MIN_BUILD_MIXED: usize = 6;

/// The ending of a file that pages are made of, in lower case.
#[must_use]
pub fn ending(path: &str) -> Option<&'static str> {
    let (_, written) = path.rsplit('/').next()?.rsplit_once('.')?;
    ENDINGS.into_iter().find(|known| written.eq_ignore_ascii_case(known))
}

/// Whether a URL may be told to everybody who is given the page that names it: `http` or `https`, without credentials, not too
/// long, and with nothing in it that looks like a token, a signature, or somebody's own. `is_elsewhere` says that it is of another site
/// than the page's, of this one and of one that a parameter has in it: on a host of the same site a token in a path may open something.
#[must_use]
pub fn is_shareable(url: &Url, is_elsewhere: &dyn Fn(&Url) -> bool) -> bool {
    let is_plain =
        matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
    let query = url.query().unwrap_or_default();
    is_plain
        && url.as_str().len() <= MAX_ASSET_BYTES
        && !path_is_private(url.path(), is_elsewhere(url))
        && !query.split(['&', ';']).any(|parameter| parameter_is_private(parameter, is_elsewhere))
}

/// Whether a path tells something of one visitor. The name of a file that pages are made of may be anything but an address or a
/// session.
fn path_is_private(path: &str, is_elsewhere: bool) -> bool {
    if ending(path).is_none() {
        return looks_private(path);
    }
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    // Folders are named by builds as well, in hexadecimal digits: those alone pass, where a file follows.
    let is_hex = |folder: &str| folder.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_private =
        |folder: &str| names_a_person(folder) || (!is_elsewhere && looks_private(folder) && !is_hex(folder));
    names_a_person(&without_density(name)) || folders.split('/').any(is_private)
}

/// The name of a picture without what says for which screens it is: `hero@2x.jpg`, which is no address.
fn without_density(name: &str) -> String {
    let Some((before, after)) = name.rsplit_once('@') else { return name.to_owned() };
    let rest = after.trim_start_matches(|character: char| character.is_ascii_digit());
    match rest.strip_prefix('x').filter(|_| rest.len() < after.len()) {
        Some(ending) if ending.starts_with('.') => format!("{before}{ending}"),
        _ => name.to_owned(),
    }
}

fn parameter_is_private(parameter: &str, is_elsewhere: &dyn Fn(&Url) -> bool) -> bool {
    let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
    let name = percent_decode_str(name).decode_utf8_lossy().to_ascii_lowercase();
    let value = percent_decode_str(value).decode_utf8_lossy();
    let names_access = SIGNING.iter().any(|start| name.starts_with(start))
        || SIGNING_WHOLE.contains(&name.as_str())
        || ["token", "signature", "_sig", "-sig", "secret", "session"].iter().any(|end| name.ends_with(end));
    if names_access || looks_private(&name) {
        return true;
    }
    if VERSIONS.contains(&name.as_str()) {
        // What names a build is made of random characters.
        return names_a_person(&value);
    }
    // A value may be a URL again, of a service that keeps files: `/_next/image?url=https%3A%2F%2Fimages.example%2Fhero.jpg`.
    let nested = Url::parse(&value).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    if let Some(nested) = nested {
        // What stands behind `#` there is told with it, and may be the key to a room: no file has any.
        return nested.fragment().is_some_and(|fragment| !fragment.is_empty())
            || !is_shareable(&nested, is_elsewhere);
    }
    // Or a file: `/_next/image?url=%2Fhero.jpg`.
    path_is_private(value.split('?').next().unwrap_or_default(), false)
}

/// What stays the same of a URL from one build to the next: what looks like a build's name for it is replaced by `*`. Two files of
/// one page may have the same shape; whoever compares has to see to that.
#[must_use]
pub fn shape(url: &str) -> String {
    let (before, query) = url.split_once('?').map_or((url, None), |(before, query)| (before, Some(query)));
    let start = before.find("://").map_or(0, |at| at + 3);
    let host = before.get(start..).and_then(|rest| rest.find('/')).map_or(before.len(), |at| start + at);
    let (origin, path) = before.split_at_checked(host).unwrap_or((before, ""));
    let mut shape = origin.to_owned();
    mask(path, &mut shape);
    let Some(query) = query else { return shape };
    for (at, parameter) in query.split('&').enumerate() {
        shape.push(if at == 0 { '?' } else { '&' });
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        if VERSIONS.contains(&name) || MAYBE_VERSIONS.contains(&name) || (value.is_empty() && is_build(name))
        {
            shape.push('*');
        } else if names_file(value) {
            shape.push_str(name);
            shape.push('=');
            mask_encoded(value, &mut shape);
        } else {
            shape.push_str(parameter);
        }
    }
    shape
}

/// Whether the value of a parameter names a file that pages are made of, as those of services that resize pictures do:
/// `/_next/image?url=%2Fhero.jpg`.
fn names_file(value: &str) -> bool {
    let decoded = percent_decode_str(value).decode_utf8_lossy();
    ending(decoded.split(['?', '#']).next().unwrap_or_default()).is_some()
}

/// The same as [`mask`] for a percent-encoded path. What is encoded is no part of a word.
fn mask_encoded(path: &str, shape: &mut String) {
    let mut pieces = path.split('%');
    mask(pieces.next().unwrap_or_default(), shape);
    for piece in pieces {
        let (code, rest) = piece.split_at_checked(2).unwrap_or((piece, ""));
        shape.push('%');
        shape.push_str(code);
        mask(rest, shape);
    }
}

/// Writes a path with `*` for what is a build's.
fn mask(path: &str, shape: &mut String) {
    match around_bundled(path) {
        Some((before, after)) => {
            mask_words(before, shape);
            shape.push('*');
            mask_words(after, shape);
        }
        None => mask_words(path, shape),
    }
}

/// What stands around the name that a bundler has given a file (Rollup, and with it Vite): eight characters of Base64url before the
/// ending, which may have joints in them: `hero-C-oDnXZ8.webp`.
fn around_bundled(path: &str) -> Option<(&str, &str)> {
    const BYTES: usize = 8;
    let dot = path.rfind('.').filter(|dot| path.rfind('/').is_none_or(|slash| slash < *dot))?;
    let (before, build) = path.get(..dot)?.split_at_checked(dot.checked_sub(BYTES)?)?;
    let of_alphabet = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    // People write capitals at the beginning of words, and figures at their end.
    let is_random = build.as_bytes().windows(2).any(|pair| match pair {
        [one, other] => {
            one.is_ascii_alphanumeric() && other.is_ascii_uppercase()
                || one.is_ascii_digit() && other.is_ascii_alphabetic()
        }
        _ => false,
    });
    (before.ends_with(['-', '.']) && build.bytes().all(of_alphabet) && is_random)
        .then_some((before, path.get(dot..)?))
}

fn mask_words(path: &str, shape: &mut String) {
    let mut rest = path;
    while let Some(first) = rest.chars().next() {
        let is_word = |character: char| character.is_ascii_alphanumeric();
        let end = rest.find(|character| is_word(character) != is_word(first)).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        shape.push_str(if is_build(run) { "*" } else { run });
        rest = after;
    }
}

/// Whether a word is one that builds make: long, and figures, or letters and figures in turns, or capitals inside.
fn is_build(word: &str) -> bool {
    let bytes = word.as_bytes();
    let has = |class: fn(&u8) -> bool| bytes.iter().any(class);
    if !bytes.iter().all(u8::is_ascii_alphanumeric) || bytes.len() < MIN_BUILD_MIXED {
        return false;
    }
    if bytes.iter().all(u8::is_ascii_digit) {
        return bytes.len() >= MIN_BUILD_DIGITS;
    }
    let changes = bytes
        .windows(2)
        .filter(|pair| pair.first().map(u8::is_ascii_digit) != pair.last().map(u8::is_ascii_digit));
    let is_hex = bytes.iter().all(u8::is_ascii_hexdigit)
        && !(has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase));
    let figures = bytes.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    if figures >= MIN_BUILD_DIGITS {
        return true;
    }
    // `chapter12` and `2x` are written by people: letters, then a few figures.
    (is_hex && has(u8::is_ascii_digit) && bytes.len() >= MIN_BUILD_MIXED)
        || changes.count() >= 2
        || (has(u8::is_ascii_uppercase)
            && has(u8::is_ascii_lowercase)
            && has_inner_capital(bytes)
            && has(u8::is_ascii_digit))
        || (bytes.len() == 8
            && has_inner_capital(bytes)
            && bytes.iter().filter(|byte| byte.is_ascii_uppercase()).count() >= 2)
}

/// Whether a capital follows a small letter that itself follows a capital or begins the word, as chance has it.
fn has_inner_capital(bytes: &[u8]) -> bool {
    bytes.windows(2).any(|pair| {
        pair.first().is_some_and(u8::is_ascii_lowercase) && pair.last().is_some_and(u8::is_ascii_uppercase)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_url_in_a_parameter_is_held_to_the_rule_of_its_own_host() {
        let is_elsewhere = |url: &Url| url.host_str() != Some("shop.example");
        let of = |url: &str| is_shareable(&Url::parse(url).unwrap(), &is_elsewhere);
        let stored = "https%3A%2F%2Fimages.ctfassets.net%2Fyadj1kx9rmg0%2FwtrHxeu3zEoEce2MokCSi%2Fhero.jpg";
        for (value, expected) in [
            (stored.to_owned(), true),
            (format!("{stored}%3Fw%3D1200%26fm%3Dwebp"), true),
            // What is not encoded, but for what would end the value.
            ("https://images.ctfassets.net/yadj1kx9rmg0/wtrHxeu3zEoEce2MokCSi/hero.jpg".to_owned(), true),
            // Of the site itself a folder may open a page, also on a service that is given its URL.
            ("https%3A%2F%2Fshop.example%2Fshare%2FdGhpcyBpcyBhIHNlY3JldDE%2Fhero.jpg".to_owned(), false),
            ("%2Fshare%2FdGhpcyBpcyBhIHNlY3JldDE%2Fhero.jpg".to_owned(), false),
            ("https%3A%2F%2Fshop.example%2Fimg%2Fhero.jpg".to_owned(), true),
            // What is signed, or somebody's own, is so there as well.
            (format!("{stored}%3FX-Amz-Signature%3Dabc"), false),
            ("https%3A%2F%2Fada%3Asecret%40images.example%2Fhero.jpg".to_owned(), false),
            ("https%3A%2F%2Fimages.example%2Fada%40example.org%2Fhero.jpg".to_owned(), false),
            ("https%3A%2F%2Fimages.example%2FdGhpcyBpcyBhIHNlY3JldDE".to_owned(), false),
            ("https%3A%2F%2Fimages.example%2Fa.jpg%23%2Finvite%2FdGhpcyBpcyBhIHNlY3JldDE".to_owned(), false),
            ("https%3A%2F%2Fimages.example%2Fa.jpg%23".to_owned(), true),
        ] {
            for service in ["https://shop.example/_next/image", "https://images.example/resize"] {
                assert_eq!(of(&format!("{service}?url={value}&w=1200&q=75")), expected, "{service} {value}");
            }
        }
        // A URL within a URL within one.
        let twice = "https://wsrv.example/?url=https%3A%2F%2Fwsrv.example%2F%3Furl%3Dhttps%253A%252F%252Fshop.example%252Fshare%252FdGhpcyBpcyBhIHNlY3JldDE%252Fhero.jpg";
        assert!(!of(twice) && of(&twice.replace("dGhpcyBpcyBhIHNlY3JldDE", "lamps")));
    }

    #[test]
    fn what_pages_are_made_of_may_be_told_and_what_is_signed_or_somebodys_own_may_not() {
        for (url, expected) in [
            ("https://shop.example/img/hero.jpg", true),
            ("https://shop.example/img/hero.9f86d081884c7d659a2feaa0c55ad015.webp", true),
            ("https://shop.example/assets/index-BkE3vXqd.css", true),
            ("https://fonts.gstatic.com/s/roboto/v30/KFOmCnqEu92Fr1Mu4mxK.woff2", true),
            (
                "https://shop.example/_next/image?url=%2F_next%2Fstatic%2Fmedia%2Fhero.9f86d081884c7d65.jpg&w=640&q=75",
                true,
            ),
            ("https://cdn.shopify.com/s/files/1/0001/hero.jpg?v=1612345678&width=1500", true),
            ("https://shop.example/site.css?ver=6.4.1", true),
            ("https://shop.example/hero@2x.jpg", true),
            ("https://shop.example/ada@example.jpg", false),
            ("https://shop.example/build/9f86d081884c7d65/site.css", true),
            ("https://shop.example/site.css?v=dGhpcyBpcyBhIHNlY3JldDE", true),
            ("https://images.example/photo.jpg?w=300&auto=format", true),
            ("https://user@shop.example/hero.jpg", false),
            ("https://user:secret@shop.example/hero.jpg", false),
            ("data:image/png;base64,AAAA", false),
            ("blob:https://shop.example/0b7e8d3a-52a4-4c3b-9d3f-6f1d2c3b4a59", false),
            ("https://s3.example/hero.jpg?X-Amz-Signature=abc&X-Amz-Expires=300", false),
            ("https://store.example/hero.jpg?Expires=1700000000&Signature=x&Key-Pair-Id=K", false),
            ("https://blob.example/hero.jpg?sv=2022&sig=abc", false),
            ("https://cdn.example/hero.jpg?access_token=abc", false),
            ("https://cdn.example/hero.jpg?hdnts=exp=1~hmac=2", false),
            ("https://cdn.example/hero.jpg?s=9f86d081884c7d659a2feaa0c55ad015", false),
            ("https://shop.example/users/ada@example.org/hero.jpg", false),
            ("https://shop.example/avatar/ada@example.org.jpg", false),
            ("https://shop.example/hero.jpg;jsessionid=1", false),
            ("https://shop.example/t/eyJhbGciOiJIUzI1NiJ9abc/hero.jpg", false),
            ("https://shop.example/picture/dGhpcyBpcyBhIHNlY3JldDE", false),
            ("https://shop.example/proxy?url=%2Fa%2FdGhpcyBpcyBhIHNlY3JldDE", false),
        ] {
            for is_elsewhere in [false, true] {
                assert_eq!(is_shareable(&Url::parse(url).unwrap(), &|_| is_elsewhere), expected, "{url}");
            }
        }
        // Of a service that keeps files a folder tells nothing; of the site it may open a page.
        for (url, of_the_site, elsewhere) in [
            (
                "https://images.ctfassets.net/yadj1kx9rmg0/wtrHxeu3zEoEce2MokCSi/cf6f68efdcf625fdc060607df0f3baef/quwowooybuqbl6ntboz3.jpg",
                false,
                true,
            ),
            (
                "https://images.squarespace-cdn.com/content/v1/58a6e0f0/1671853906962-RV08WWNIS1LTNE453MOX/hero.jpg?format=1500w",
                false,
                true,
            ),
            ("https://images.squarespace-cdn.com/ed224a3d-dc33-4f0a-9e7a-0f1e2d3c4b5a/hero.jpg", false, true),
            (
                "https://static.wixstatic.com/media/04f737_9493f318aa1b4d6c9e2f0a7b58025802~mv2.jpg/v1/fill/w_980,h_640/hero.jpg",
                false,
                true,
            ),
            ("https://shop.example/share/dGhpcyBpcyBhIHNlY3JldDE/hero.jpg", false, true),
            ("https://shop.example/hero.jpg?dpl=dpl_7kHc3TzLx9QwErTyUiOpAsDfGhJk", true, true),
            ("https://shop.example/media/hero.jpg?width=900&rnd=133456789012345678", true, true),
            ("https://images.example/dGhpcyBpcyBhIHNlY3JldDE", false, false),
            ("https://images.example/ada@example.org/hero.jpg", false, false),
            ("https://images.example/eyJhbGciOiJIUzI1NiJ9abc/hero.jpg", false, false),
        ] {
            let url = Url::parse(url).unwrap();
            assert_eq!(
                (is_shareable(&url, &|_| false), is_shareable(&url, &|_| true)),
                (of_the_site, elsewhere),
                "{url}"
            );
        }
        let long = |bytes: usize| {
            Url::parse(&format!("https://shop.example/{}.jpg", "a/".repeat(bytes / 2))).unwrap()
        };
        assert!(is_shareable(&long(400), &|_| false) && !is_shareable(&long(8000), &|_| true));
    }

    #[test]
    fn a_shape_is_the_same_from_one_build_to_the_next() {
        for (one, other) in [
            ("/assets/index-BkE3vXqd.css", "/assets/index-DiwrgTda.css"),
            ("/hero.9f86d081.jpg", "/hero.0a1b2c3d.jpg"),
            ("/assets/hero-BkE3vXqd.webp", "/assets/hero-C-oDnXZ8.webp"),
            ("/_astro/hero._Zq-4x1B.webp", "/_astro/hero.Ab-_-c1D.webp"),
            ("/_nuxt/entry.DkqLmnOp.css", "/_nuxt/entry.1abcdefg.css"),
            ("/static/version1699999999/hero.jpg", "/static/version1700000000/hero.jpg"),
            ("/site.css?v=1", "/site.css?v=2"),
            ("/site.css?a=b&ver=6.4.1", "/site.css?a=b&ver=6.5"),
            ("https://cdn.example/9f86d081884c/site.js", "https://cdn.example/0a1b2c3d4e5f/site.js"),
            ("/site.css?1699999999", "/site.css?1700000000"),
            ("/banner-20261127.jpg", "/banner-20261128.jpg"),
            (
                "/_next/image?url=%2F_next%2Fstatic%2Fmedia%2Fhero.9f86d081.jpg&w=1080&q=75",
                "/_next/image?url=%2F_next%2Fstatic%2Fmedia%2Fhero.0a1b2c3d.jpg&w=1080&q=75",
            ),
            (
                "/_vercel/image?url=%2Fassets%2Fhero.BkE3vXqd.webp&w=640",
                "/_vercel/image?url=%2Fassets%2Fhero.DiwrgTda.webp&w=640",
            ),
            (
                "/.netlify/images?url=/9f86d081/hero.png&w=640",
                "/.netlify/images?url=/0a1b2c3d/hero.png&w=640",
            ),
            (
                "/_image?href=%2F_astro%2Fhero.9f86d081.avif%3Fv%3D1&f=webp",
                "/_image?href=%2F_astro%2Fhero.0a1b2c3d.avif%3Fv%3D1&f=webp",
            ),
        ] {
            assert_eq!(shape(one), shape(other), "{one}");
            assert_ne!(shape(one), one);
        }
        for kept in [
            "/hero-480.jpg",
            "/img/chapter12.jpg",
            "/fonts/InterVariable.woff2",
            "/a-Big-Hero.jpg",
            "/my-hero-480.jpg",
            "/photo-of-Lake-08.jpg",
            "/é-C-oDn.jpg",
            "/hero-large.jpg?width=480",
            "/_next/image?url=%2Fchapter12.jpg&w=1080",
            "/picture?of=9f86d081&w=1080",
            "https://a1b2c3d4e5f6.cdn.example/hero.jpg",
            "/",
            "",
        ] {
            assert_eq!(shape(kept), kept);
        }
    }

    #[test]
    fn endings_are_read_of_the_last_segment() {
        assert_eq!(ending("/a/b.WOFF2"), Some("woff2"));
        for path in ["/a.css/b", "/a", "", "/a.html", "/."] {
            assert_eq!(ending(path), None, "{path}");
        }
    }

    proptest! {
        #[test]
        fn any_url_is_survived(url in "\\PC{0,200}", path in "/[a-zA-Z0-9/.?&=-]{0,60}") {
            let _ = shape(&url);
            // A shape is its own shape.
            prop_assert_eq!(shape(&shape(&path)), shape(&path));
            if let Ok(url) = Url::parse(&url) {
                let _ = (is_shareable(&url, &|_| true), is_shareable(&url, &|_| false));
            }
        }
    }
}
