//! What an answer to a request for `robots.txt` tells by its head (RFC 9309, section 2.3.1).

use url::Url;

/// How many redirects are followed, one after the other.
pub const MAX_REDIRECTS: usize = 5;

/// See the module's description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// Its body is the file.
    File,
    /// There is no such file, which is the same as an empty one.
    Nothing,
    /// The file is at another URL of the site.
    Moved(Url),
    /// Nobody can tell what the file says: what was read before holds on, and before that robots are kept from everything.
    Unknown,
}

impl Answered {
    /// What an answer with this status and this `Location` tells, where `asked` was asked for.
    #[must_use]
    pub fn of(status: u16, location: Option<&str>, asked: &Url) -> Self {
        match status {
            200 => Self::File,
            301 | 302 | 303 | 307 | 308 => {
                let target = location.and_then(|location| asked.join(location.trim()).ok());
                target.and_then(|target| within_site(target, asked)).map_or(Self::Unknown, Self::Moved)
            }
            // Asked too often: it says when to come again, and nothing of the file.
            429 => Self::Unknown,
            204 | 400..=499 => Self::Nothing,
            _ => Self::Unknown,
        }
    }
}

/// The target of a redirect as it is asked for; `None` outside the site, where Headstart asks nobody. Another scheme is no other
/// site.
fn within_site(mut target: Url, asked: &Url) -> Option<Url> {
    let is_within = matches!(target.scheme(), "http" | "https")
        && target.host() == asked.host()
        // The usual port of a scheme is none.
        && target.port() == asked.port()
        && target.username().is_empty()
        && target.password().is_none();
    target.set_fragment(None);
    is_within.then_some(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, location: Option<&str>) -> Answered {
        Answered::of(status, location, &Url::parse("https://shop.example/robots.txt").unwrap())
    }

    #[test]
    fn a_200_is_the_file_and_a_4xx_says_that_there_is_none() {
        for (status, expected) in [
            (200, Answered::File),
            (204, Answered::Nothing),
            (206, Answered::Unknown),
            (304, Answered::Unknown),
            (400, Answered::Nothing),
            (403, Answered::Nothing),
            (404, Answered::Nothing),
            (429, Answered::Unknown),
            (499, Answered::Nothing),
            (500, Answered::Unknown),
            (503, Answered::Unknown),
            (599, Answered::Unknown),
            (999, Answered::Unknown),
        ] {
            assert_eq!(answered(status, None), expected, "{status}");
            assert_eq!(answered(status, Some("/elsewhere")), expected, "{status}");
        }
    }

    #[test]
    fn redirects_are_followed_on_the_site_alone() {
        for (location, expected) in [
            ("/seo/robots.txt", Some("https://shop.example/seo/robots.txt")),
            ("robots.php?format=txt#top", Some("https://shop.example/robots.php?format=txt")),
            ("http://SHOP.example:80/robots.txt", Some("http://shop.example/robots.txt")),
            (" //shop.example/r ", Some("https://shop.example/r")),
            ("https://cdn.example/robots.txt", None),
            ("https://shop.example.evil/robots.txt", None),
            ("https://shop.example:8443/robots.txt", None),
            ("https://shop.example@evil.example/", None),
            ("https://user:secret@shop.example/", None),
            ("file:///etc/passwd", None),
            ("data:text/plain,", None),
            ("https://", None),
        ] {
            let expected =
                expected.map_or(Answered::Unknown, |url| Answered::Moved(Url::parse(url).unwrap()));
            for status in [301, 302, 303, 307, 308] {
                assert_eq!(answered(status, Some(location)), expected, "{status} {location}");
            }
        }
        assert_eq!(answered(301, None), Answered::Unknown);
    }
}
