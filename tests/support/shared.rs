//! Workers that several tests share, each of which is answerable for their logs.

use super::log::{self, Log};
use std::cell::RefCell;
use std::ops::Deref;
use std::sync::OnceLock;

/// Something with Workers in it.
pub trait HasLogs {
    /// The Workers' logs.
    fn logs(&self) -> Vec<&Log>;
}

/// Workers in a `static`, started by the first test that uses them. They end with the test binary, whose run fails if a log
/// tells of an error that came after the last test.
pub struct Shared<T> {
    start: fn() -> T,
    value: OnceLock<T>,
}

impl<T: HasLogs> Shared<T> {
    pub const fn new(start: fn() -> T) -> Self {
        Self { start, value: OnceLock::new() }
    }

    /// The Workers, for as long as a test uses them. At the end the test fails if a log tells of an error that no test expects,
    /// whichever of the tests that have used them so far has caused that.
    pub fn lease(&self) -> Lease<'_, T> {
        Lease { value: self.value.get_or_init(self.start), expected: RefCell::default() }
    }
}

pub struct Lease<'a, T: HasLogs> {
    value: &'a T,
    expected: RefCell<Vec<String>>,
}

impl<T: HasLogs> Lease<'_, T> {
    /// Expects an error in each of the logs before this is dropped.
    pub fn expects(&self, text: &str) {
        self.value.logs().iter().for_each(|log| log.expect(text));
        self.expected.borrow_mut().push(text.to_owned());
    }
}

impl<T: HasLogs> Deref for Lease<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value
    }
}

impl<T: HasLogs> Drop for Lease<'_, T> {
    fn drop(&mut self) {
        let logs = self.value.logs();
        log::settle(&logs);
        let complaint = |log: &&Log| log.unexpected().or_else(|| log.missing(&self.expected.borrow()));
        let complaint = logs.iter().find_map(complaint);
        match complaint {
            Some(complaint) if std::thread::panicking() => eprintln!("{complaint}"),
            Some(complaint) => panic!("of a Worker that several tests use: {complaint}"),
            None => {}
        }
    }
}
