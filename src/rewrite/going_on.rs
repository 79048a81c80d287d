//! Whether a page leads its visitor on by itself as soon as it is shown: one that asks for a moment, hands on to a payment or a sign-in, or
//! sees whether cookies come back.
//!
//! What of a page is deferred reaches its visitor some time after it is shown. By then such a page is gone, and the next one asked for
//! without what this one sets. So it is looked for what such pages have: a `<meta>` that [refreshes](crate::refresh) soon; and, where the
//! page is short, as they are, a script of its own or a body's `onload` that assigns `location` or sends a form. When it does so is not
//! known: but for functions that nothing calls, a short page whose script does it at a click is taken for one as well. Then nothing is lost
//! but some speed.

use super::markup::{HTML_NAMESPACE, attribute, runs_as_module};
use super::{Parser, Sink};
use crate::refresh;
use lol_html::html_content::{Element, EndTag};
use lol_html::{Settings, element};
use std::borrow::Cow;
use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

/// The most bytes of a page that leads on by a script, and how much of a page is looked at. Whoever asks has one more byte, to tell whether
/// there are more.
pub const SHORT_BYTES: usize = 16 * 1024;

/// What is found of a page.
#[derive(Default)]
struct Found {
    /// Whether a `<meta>` says so.
    refreshes: bool,
    /// The code that its body runs when it is loaded.
    onload: Option<String>,
    /// Where the texts of its scripts stand.
    scripts: Vec<Range<usize>>,
}

/// Whether a page that begins so, or is this, leads on by itself.
#[must_use]
pub fn goes_on(start: &[u8]) -> bool {
    let is_whole = start.len() <= SHORT_BYTES;
    let html = start.get(..SHORT_BYTES).unwrap_or(start);
    let found = Rc::new(RefCell::new(Found::default()));
    let of_elements = Rc::clone(&found);
    // For all elements: behind the tags of some that no handler is called for, text is read as markup (crate::text_elements).
    let handler = element!("*", move |element| {
        see(&of_elements, is_whole, element);
        Ok(())
    });
    let settings = Settings::new().with_strict(false).append_element_content_handler(handler);
    let nowhere: Sink<'_> = Box::new(|_| {});
    let mut parser = Parser::new(settings, nowhere);
    if parser.write(html).is_err() || parser.end().is_err() {
        return false;
    }
    let Found { refreshes, onload, scripts } = found.take();
    let texts = scripts.into_iter().map(|text| String::from_utf8_lossy(html.get(text).unwrap_or_default()));
    let code: String =
        texts.flat_map(|text| [text, Cow::Borrowed("\n")]).chain(onload.map(Cow::Owned)).collect();
    refreshes || leads_on(&code)
}

fn see(shared: &Rc<RefCell<Found>>, is_whole: bool, element: &mut Element<'_, '_>) {
    if element.namespace_uri() != HTML_NAMESPACE {
        return;
    }
    // Not held across anything that could call back: handlers run one after another.
    let Ok(mut found) = shared.try_borrow_mut() else { return };
    match element.tag_name().as_str() {
        "meta" => {
            let is_refresh = |name: String| name.eq_ignore_ascii_case("refresh");
            found.refreshes |= attribute(element, "http-equiv").is_some_and(is_refresh)
                && attribute(element, "content").is_some_and(|content| refresh::is_soon(&content));
        }
        "body" if is_whole => found.onload = attribute(element, "onload"),
        "script" if is_whole && !element.has_attribute("src") && runs_as_module(element).is_some() => {
            let begin = element.source_location().bytes().end;
            let shared = Rc::clone(shared);
            // A script without its end tag does not run, and so the handler's never being called is right.
            let _ = element.on_end_tag(Box::new(move |end: &mut EndTag<'_>| {
                if let Ok(mut found) = shared.try_borrow_mut() {
                    found.scripts.push(begin..end.source_location().bytes().start);
                }
                Ok(())
            }));
        }
        _ => {}
    }
}

/// The most functions of a page that are looked at.
const MAX_FUNCTIONS: usize = 50;

/// [Bare](bare) code without the functions that it declares by a name and calls nowhere: these run at a click.
fn that_runs(code: &str) -> String {
    let names = |code: Option<&str>, name: &str| {
        let code = code.unwrap_or_default();
        code.match_indices(name).any(|(at, _)| {
            let (before, after) = (code.get(..at), code.get(at + name.len()..));
            !before.is_some_and(|before| before.ends_with(is_of_name))
                && !after.is_some_and(|after| after.starts_with(is_of_name))
        })
    };
    let mut kept = String::new();
    let mut from = 0;
    for (at, word) in code.match_indices("function ").take(MAX_FUNCTIONS) {
        let behind = code.get(at + word.len()..).unwrap_or_default();
        let name = behind.split('(').next().unwrap_or_default().trim();
        let Some(end) = end_of_function(behind).map(|length| at + word.len() + length) else { break };
        if at >= from && !name.is_empty() && !names(code.get(..at), name) && !names(code.get(end..), name) {
            kept.push_str(code.get(from..at).unwrap_or_default());
            from = end;
        }
    }
    kept.push_str(code.get(from..).unwrap_or_default());
    kept
}

/// How long a function is, up to the brace that ends it.
fn end_of_function(code: &str) -> Option<usize> {
    let mut open = 0_usize;
    for (at, byte) in code.bytes().enumerate() {
        match byte {
            b'{' => open += 1,
            b'}' if open <= 1 => return (open == 1).then_some(at + 1),
            b'}' => open -= 1,
            _ => {}
        }
    }
    None
}

/// Code in lower case without its comments, its texts and the blanks that part nothing. What `setTimeout` is given as a text is code.
fn bare(code: &str) -> String {
    let mut bare = String::new();
    let mut rest = code.chars().peekable();
    // Whether blanks stand before what comes next.
    let mut is_apart = false;
    while let Some(character) = rest.next() {
        let next = rest.peek().copied();
        match character {
            '/' if next == Some('/') => while rest.next_if(|other| *other != '\n').is_some() {},
            '/' if next == Some('*') => {
                rest.next();
                let mut last = ' ';
                for other in rest.by_ref() {
                    if last == '*' && other == '/' {
                        break;
                    }
                    last = other;
                }
            }
            '"' | '\'' | '`' => {
                let is_code = bare.ends_with("settimeout(");
                let ends = |other: char| other == character || (other == '\n' && character != '`');
                while let Some(other) = rest.next_if(|other| !ends(*other)) {
                    if other == '\\' {
                        rest.next();
                    } else if is_code && !other.is_ascii_whitespace() {
                        bare.push(other.to_ascii_lowercase());
                    }
                }
                rest.next();
                bare.push(if is_code { ';' } else { '"' });
            }
            _ if character.is_ascii_whitespace() => {
                is_apart = true;
                continue;
            }
            _ => {
                if is_apart && is_of_name(character) && bare.ends_with(is_of_name) {
                    bare.push(' ');
                }
                bare.push(character.to_ascii_lowercase());
            }
        }
        is_apart = false;
    }
    bare
}

fn is_of_name(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '$')
}

/// Whether code leads elsewhere when it runs: it assigns `location`, calls what does the same, or sends a form.
fn leads_on(code: &str) -> bool {
    const CALLS: [&str; 8] = [
        ".submit()",
        ".submit.call(",
        ".submit.apply(",
        ".requestsubmit(",
        "history.back(",
        "history.go(",
        "navigation.navigate(",
        "navigation.back(",
    ];
    /// What the window's own `location` may stand behind: a page's object has properties of that name, and a function a variable.
    const OWNERS: [&str; 7] = ["window", "document", "self", "top", "parent", "globalthis", "this"];
    const PARTS: [&str; 7] = [".href", ".search", ".pathname", ".protocol", ".hostname", ".host", ""];
    let code = bare(code);
    let code = that_runs(&code);
    CALLS.iter().any(|call| code.contains(call))
        || code.match_indices("location").any(|(at, name)| {
            let before = code.get(..at).unwrap_or_default();
            let after = code.get(at + name.len()..).unwrap_or_default();
            let is_own = match before.strip_suffix('.') {
                Some(owner) => OWNERS.iter().any(|name| owner.ends_with(name)),
                None => {
                    !before.ends_with(|character: char| is_of_name(character) || character == '-')
                        && !["var ", "let ", "const "].iter().any(|word| before.ends_with(word))
                }
            };
            let is_assigned = PARTS.iter().any(|part| {
                let value = after.strip_prefix(part).and_then(|after| after.strip_prefix('='));
                value.is_some_and(|value| !value.starts_with('='))
            });
            let is_called = [".replace(", ".assign("].iter().any(|call| after.starts_with(call));
            is_own && (is_assigned || is_called)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_leads_on_is_told_by_what_it_is_made_of() {
        for page in [
            "<meta http-equiv=refresh content=0;url=/next>",
            "<!doctype html><head><META HTTP-EQUIV='Refresh' CONTENT='2; URL=/next'><p>Please wait",
            "<script>location.replace('/next')</script>",
            "<script>window.location = \"/next\"</script>",
            "<script>\n  document.location.href\n = '/next';</script>",
            "<script type=module>if (a) b()\nelse top.location.search='?js=1'</script>",
            "<script>const next = a.next\nlocation.replace(next)</script>",
            "<script>// wait\nfunction f() { return location.assign('/n') } f() /* ' */</script>",
            "<script>setTimeout(\"location.href = '/next'\", 0)</script>",
            "<script>setTimeout(function(){ location.assign('/next') }, 100)</script>",
            "<body onload='document.forms[0].submit()'><form method=post action=https://pay.example/>",
            "<form id=f></form><script>document.getElementById('f').submit();</script>",
            "<script>HTMLFormElement.prototype.submit.call(document.forms[0])</script>",
            "<script>history.back()</script>",
            "<script>function go() { location = '/next' }\nwindow.onload = go</script>",
            "<body onload='go()'><script>function go() { if (a) { b() } document.f.submit() }</script>",
            "<script>(function () { location = '/next' })()</script>",
            "<script>$(function () { location = '/next' })</script>",
            "<title>a</title><style async=></style><script>location='/next'</script>",
        ] {
            assert!(goes_on(page.as_bytes()), "{page}");
        }
    }

    #[test]
    fn a_page_that_stays_does_not() {
        for page in [
            "",
            "<p>location = '/next'",
            "<meta http-equiv=refresh content=600>",
            "<meta name=refresh content=0>",
            "<noscript><meta http-equiv=refresh content=0;url=/plain></noscript>",
            "<!-- <meta http-equiv=refresh content=0> -->",
            "<script>if (location.href == '/next' || location.protocol === 'http:') go()</script>",
            "<script>geolocation = 1; my_location='x'; a = {location: 1}; data-location='x'</script>",
            "<script>location.hash = '#a'; var location = 1; theme.location = 'top'</script>",
            "<script>fetch('/stores?location=' + a, \"b\\\"location='x'\"); a = `location = ${1}`</script>",
            "<script>open(u, 'p', 'toolbar=no,location=no')\n// location = '/a'\n/* location = '/b' */</script>",
            "<script>s.addEventListener('controllerchange', () => window.location.reload())</script>",
            "<script>$('form').submit(function () { return true })</script>",
            "<script type='application/json'>{\"a\": \"location='/next'\"}</script>",
            "<script nomodule>location = '/old'</script>",
            "<script src=/a.js>location = '/next'</script>",
            "<script>location = '/next'",
            "<a onclick=\"location='/next'\">a</a>",
            "<script>function go(to) { if (to) { a() } location = to }</script><a onclick=go(1)>a</a>",
            "<script>async function Send() { a('}'); f.submit() } function sending() {}</script>",
        ] {
            assert!(!goes_on(page.as_bytes()), "{page}");
        }
    }

    #[test]
    fn of_a_long_page_only_what_its_head_says_counts() {
        let with = |start: &str, length: usize| {
            let mut page = start.as_bytes().to_vec();
            page.resize(length, b' ');
            goes_on(&page)
        };
        let (script, refresh) = ("<script>location='/next'</script>", "<meta http-equiv=refresh content=0>");
        assert!(with(script, SHORT_BYTES));
        assert!(!with(script, SHORT_BYTES + 1));
        assert!(with(refresh, SHORT_BYTES + 1));
        assert!(with(refresh, 100 * SHORT_BYTES));
    }
}
