//! Writes HTML. Markup is text of this program, which the compiler holds it to; everything else is escaped.

use std::fmt::{self, Display, Write};
use url::form_urlencoded;

/// A page that is being written.
#[derive(Debug, Default)]
pub struct Html(String);

/// Writes what is no markup.
struct Escaped<'a>(&'a mut String);

impl Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for char in text.chars() {
            match char {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                // What cannot be seen, or turns around what can, would show another text than there is.
                _ if is_unseen(char) => self.0.push(char::REPLACEMENT_CHARACTER),
                _ => self.0.push(char),
            }
        }
        Ok(())
    }
}

/// Whether a character is a control character, or changes the direction in which others are shown.
fn is_unseen(char: char) -> bool {
    (char.is_control() && char != '\n')
        || matches!(char, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

impl Html {
    /// Writes markup.
    pub fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Writes text, or the value of an attribute in quotes.
    pub fn text(&mut self, text: &dyn Display) -> &mut Self {
        // Writing to a string cannot fail.
        let _ = write!(Escaped(&mut self.0), "{text}");
        self
    }

    /// Writes a text as the value of a URL's parameter.
    pub fn parameter(&mut self, text: &str) -> &mut Self {
        self.0.extend(form_urlencoded::byte_serialize(text.as_bytes()));
        self
    }

    /// Writes a part between two pieces of markup.
    pub fn within(&mut self, before: &'static str, text: &dyn Display, after: &'static str) -> &mut Self {
        self.raw(before).text(text).raw(after)
    }

    /// A cell of a table with text.
    pub fn cell(&mut self, text: &dyn Display) -> &mut Self {
        self.within("<td>", text, "</td>")
    }

    /// A cell of a table with a number.
    pub fn number(&mut self, number: &dyn Display) -> &mut Self {
        self.within("<td class=n>", number, "</td>")
    }

    /// Begins a table that may be wider than the window, with a name and the heads of its columns; `#` stands before those of numbers.
    pub fn table(&mut self, name: &'static str, heads: &[&'static str]) -> &mut Self {
        self.raw("<div class=wide role=group tabindex=0 aria-label=\"")
            .raw(name)
            .raw("\"><table><thead><tr>");
        for head in heads {
            match head.strip_prefix('#') {
                Some(head) => self.raw("<th scope=col class=n>").raw(head),
                None => self.raw("<th scope=col>").raw(head),
            };
            self.raw("</th>");
        }
        self.raw("</tr></thead><tbody>")
    }

    /// Ends it.
    pub fn end_table(&mut self) -> &mut Self {
        self.raw("</tbody></table></div>")
    }

    /// How many bytes were written.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What was written.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What somebody may write into a path, the name of an origin or of a cookie to have a browser do something.
    pub(crate) const INJECTIONS: [&str; 18] = [
        "<script>alert(1)</script>",
        "\"><script>alert(1)</script>",
        "'><img src=x onerror=alert(1)>",
        "</title><script>alert(1)</script>",
        "</style><script>alert(1)</script>",
        "</textarea><svg/onload=alert(1)>",
        "<svg><desc><![CDATA[</desc><script>alert(1)</script>]]></svg>",
        "--><script>alert(1)</script>",
        "<!--",
        "javascript:alert(1)",
        "\" onmouseover=\"alert(1)",
        "' autofocus onfocus='alert(1)",
        "&#60;script&#62;alert(1)&#60;/script&#62;",
        "&lt;script&gt;",
        "\u{202e}txt.exe",
        "a\u{0}b\u{7f}c\u{85}d",
        "\r\nSet-Cookie: a=1\r\n\r\n<script>",
        "{{7*7}}${7*7}<%=7*7%>",
    ];

    fn written(text: &str) -> String {
        let mut html = Html::default();
        html.raw("<p title=\"").text(&text).raw("\">").text(&text).raw("</p>");
        html.into_string()
    }

    #[test]
    fn whatever_is_injected_stays_text() {
        for injection in INJECTIONS {
            let html = written(injection);
            assert_eq!(html.matches('<').count(), 2, "{html}");
            assert_eq!(html.matches('"').count(), 2, "{html}");
            assert!(!html.contains('\'') && !html.contains('\u{202e}') && !html.contains('\0'), "{html}");
        }
        assert_eq!(written("a&amp;b"), "<p title=\"a&amp;amp;b\">a&amp;amp;b</p>");
    }

    #[test]
    fn a_parameter_holds_anything() {
        let mut html = Html::default();
        html.parameter("/a b&c=\"<é>");
        assert_eq!(html.into_string(), "%2Fa+b%26c%3D%22%3C%C3%A9%3E");
    }

    proptest! {
        #[test]
        fn no_text_is_markup(text in ".{0,40}") {
            let html = written(&text);
            prop_assert_eq!(html.matches('<').count(), 2);
            prop_assert_eq!(html.matches('>').count(), 2);
            prop_assert_eq!(html.matches('"').count(), 2);
        }
    }
}
