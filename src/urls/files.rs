//! Tells by the ending of a path that it is a file and no page. Nobody navigates on from a file, and whatever a file is called,
//! to fetch it has no effect.

/// The endings of files that are no pages. Pictures are among them: who links to one shows it by script.
const FILE_ENDINGS: &[&str] = &[
    // archives and programs
    "zip gz tgz bz2 xz zst 7z rar tar iso img dmg pkg exe msi apk deb rpm jar bin torrent",
    // documents and data
    "pdf ps epub mobi doc docx xls xlsx ppt pptx odt ods odp rtf csv tsv json xml rss atom ics vcf",
    SOUND_AND_FILM,
    PICTURES,
];
const DATA: &str = "json xml txt";
const SOUND_AND_FILM: &str = "mp3 m4a aac wav ogg oga flac mp4 m4v mov avi mkv webm ogv wmv mpg";
const PICTURES: &str = "jpg jpeg png gif webp avif svg bmp tif tiff heic psd";

/// The endings of what pages are made of besides.
const PARTS: &str = "css js mjs cjs map wasm woff woff2 ttf otf eot ico cur";

/// Whether a path is that of something that pages are made of: a script, a style, a font, a picture, sound or film. Data
/// (`.json`, `.xml`) is not: servers make it, and what they do then is theirs to say.
#[must_use]
pub fn is_part_of_pages(path: &str) -> bool {
    ends_in(path, &[PARTS, SOUND_AND_FILM, PICTURES])
}

/// Whether a path is that of data which a page may read, be it a file or what a server makes.
#[must_use]
pub fn is_data(path: &str) -> bool {
    ends_in(path, &[DATA])
}

/// Whether a path is that of a file that is no page.
#[must_use]
pub fn is_file(path: &str) -> bool {
    ends_in(path, FILE_ENDINGS)
}

/// Whether a path has one of these endings, in either case.
fn ends_in(path: &str, lines: &'static [&'static str]) -> bool {
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
    endings(lines).any(|known| known.eq_ignore_ascii_case(ending))
}

fn endings(lines: &'static [&'static str]) -> impl Iterator<Item = &'static str> {
    lines.iter().flat_map(|line| line.split(' '))
}

/// The URL pattern of files that are no pages. Patterns tell `.pdf` from `.PDF`, people do not.
#[must_use]
pub fn pattern() -> String {
    let either_case = |ending: &str| {
        let letters = ending.chars().map(|letter| {
            if letter.is_ascii_digit() {
                letter.to_string()
            } else {
                format!("[{}{letter}]", letter.to_ascii_uppercase())
            }
        });
        letters.collect::<String>()
    };
    format!("/*.({})", endings(FILE_ENDINGS).map(either_case).collect::<Vec<_>>().join("|"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use speculation_rules::UrlPattern;
    use url::Url;

    #[test]
    fn what_pages_are_made_of_is_told_from_what_servers_make() {
        for path in [
            "/_next/static/chunks/app/logout/page-1a.js",
            "/cart/add.CSS",
            "/logout.woff2",
            "/a.png",
            "/a.mp4",
        ] {
            assert!(is_part_of_pages(path), "{path}");
        }
        for path in
            ["/logout", "/logout.php", "/cart/add.json", "/logout.xml", "/logout.do", "/a.zip", "/js", ""]
        {
            assert!(!is_part_of_pages(path), "{path}");
        }
    }

    #[test]
    fn endings_of_files_are_taken_in_either_case() {
        let pattern = pattern();
        assert!(pattern.starts_with("/*.([Zz][Ii][Pp]|[Gg][Zz]|"), "{pattern}");
        assert!(pattern.contains("|7[Zz]|") && pattern.contains("|[Mm][Pp]4|"), "{pattern}");
        let base = Url::parse("https://shop.example/").unwrap();
        let pattern = UrlPattern::parse(&json!(pattern), &base).unwrap();
        for (path, expected) in [
            ("/a.pdf", true),
            ("/a/b.c.PdF", true),
            ("/.zip", true),
            ("/a.7z", true),
            ("/a.pdf/", false),
            ("/a.pdf/b", false),
            ("/pdf", false),
            ("/a.pdfx", false),
            ("/a.html", false),
            ("/", false),
        ] {
            assert_eq!(is_file(path), expected, "{path}");
            let url = Url::parse("https://shop.example").unwrap().join(path).unwrap();
            assert_eq!(pattern.matches(&url), expected, "{path}");
        }
    }
}
