//! Lines of access logs: the common and the combined format, and JSON lines.
//!
//! An input is lines of one log.
//!
//! - A line is read in place: every field of it stands in the line, or is what an escape in it stands for.
//! - A log is of one format, which most of its first lines are of.
//! - A line without its end is a line, and what two lines say does not depend on each other.
//! - A view is a page of the site, by its path, and never comes from itself.

use crate::input::Input;
use access_log::Request;
use access_log::format::{Format, Shape};
use access_log::input::Lines;
use access_log::time::{Clock, day};
use access_log::views::{Seen, Selector, View};
use headstart::limits::MAX_PATH_BYTES;
use headstart::urls::inert_parameters::InertParameters;
use std::io::Cursor;

pub fn run(input: &[u8]) {
    // As lines of a file, which may be compressed; by Zstandard a few bytes may stand for millions.
    if !input.starts_with(&[0x28, 0xb5])
        && let Ok(mut lines) = Lines::of(Box::new(Cursor::new(input.to_vec())))
    {
        while let Ok(Some(line)) = lines.next() {
            assert!(!line.contains(&b'\n'));
        }
    }
    let mut left = Input::new(input);
    let mut lines: Vec<&[u8]> = Vec::new();
    while !left.rest().is_empty() && lines.len() < 100 {
        lines.push(left.raw_line());
    }
    let Some(format) = Format::of(&lines.iter().copied()) else { return };
    let readable = |line: &&&[u8]| format.can_read(line, &mut Clock::default());
    assert!(2 * lines.iter().filter(readable).count() >= lines.len());
    let shape = Shape::of(format, &lines.iter().copied());
    let mut selector = Selector::new("www.shop.example", InertParameters::default());
    let mut clock = Clock::default();
    for line in &lines {
        format.read(line, |request| {
            check(request, line, format);
            let at = clock.read(request.time);
            assert_eq!(at, Clock::default().read(request.time), "a clock tells what the text says");
            at.map(day);
            view(selector.select(request, shape));
        });
    }
    assert!(selector.navigations <= selector.views && selector.views <= lines.len() as u64);
}

fn check(request: &Request<'_>, line: &[u8], format: Format) {
    let Request { address, user, time, method, host, target, status, referer, agent, content_type } = request;
    for field in [address, user, time, method, host, target, referer, agent, content_type] {
        let stands = field.is_empty() || line.windows(field.len()).any(|window| window == *field);
        // An escape, or a number that is written in another way.
        assert!(stands || format == Format::Json, "{}", line.escape_ascii());
        // What is no UTF-8 stands as a character of three bytes.
        assert!(field.len() <= 3 * line.len() + 320);
    }
    assert!(format == Format::Json || (100..600).contains(status));
}

fn view(seen: Seen<'_>) {
    let (Seen::View(View { path, from, .. }) | Seen::Guarded(View { path, from, .. })) = seen else { return };
    assert!(path.starts_with('/') && path.len() <= MAX_PATH_BYTES && !path.contains(['?', '#']));
    if let Some(from) = from {
        assert!(from.starts_with('/') && from != path && from.len() <= MAX_PATH_BYTES);
    }
}
