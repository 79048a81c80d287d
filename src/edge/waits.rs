//! Waits for what the platform promises, and no longer than it may take: what hangs must hold nobody up, and leave no work behind that
//! never ends.

use crate::fault::{Blame, Fault};
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;
use worker::Delay;

/// What `work` gives. It is dropped where it takes longer than so many milliseconds.
///
/// # Errors
/// When it takes too long.
pub(super) async fn within<T>(work: impl Future<Output = T>, milliseconds: u64) -> Result<T, Fault> {
    let (mut work, mut late) = (pin!(work), pin!(Delay::from(Duration::from_millis(milliseconds))));
    let given = poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(given) => Poll::Ready(Some(given)),
        Poll::Pending => late.as_mut().poll(context).map(|()| None),
    });
    given.await.ok_or_else(|| late_fault(milliseconds))
}

fn late_fault(milliseconds: u64) -> Fault {
    Fault::new(Blame::Platform, format!("no answer within {} seconds", milliseconds / 1000))
}
