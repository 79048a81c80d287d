//! A Worker that several tests share. An error in its log fails a test that uses it, or the run.

use super::log::Log;
use std::cell::RefCell;
use std::ops::Deref;
use std::sync::OnceLock;

/// Something with a Worker in it.
pub trait HasLog {
    /// The Worker's log.
    fn worker_log(&self) -> &Log;
}

/// A Worker in a `static`, started by the first test that uses it. It ends with the test binary, whose run fails if the log
/// tells of an error that came after the last test.
pub struct Shared<T> {
    start: fn() -> T,
    value: OnceLock<T>,
}

impl<T: HasLog> Shared<T> {
    pub const fn new(start: fn() -> T) -> Self {
        Self { start, value: OnceLock::new() }
    }

    /// The Worker, for as long as a test uses it. At the end the test fails if the log tells of an error that no test expects,
    /// whichever of the tests that have used it so far has caused that.
    pub fn lease(&self) -> Lease<'_, T> {
        Lease { value: self.value.get_or_init(self.start), expected: RefCell::default() }
    }
}

pub struct Lease<'a, T: HasLog> {
    value: &'a T,
    expected: RefCell<Vec<String>>,
}

impl<T: HasLog> Lease<'_, T> {
    /// Expects an error in the log until this is dropped.
    pub fn expects(&self, text: &str) {
        self.value.worker_log().expect(text);
        self.expected.borrow_mut().push(text.to_owned());
    }
}

impl<T: HasLog> Deref for Lease<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value
    }
}

impl<T: HasLog> Drop for Lease<'_, T> {
    fn drop(&mut self) {
        let log = self.value.worker_log();
        log.settle();
        let complaint = log.unexpected().or_else(|| log.missing(&self.expected.borrow()));
        match complaint {
            Some(complaint) if std::thread::panicking() => eprintln!("{complaint}"),
            Some(complaint) => panic!("of a Worker that several tests use: {complaint}"),
            None => {}
        }
    }
}
