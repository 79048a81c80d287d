//! Takes the places of [`Slots`] for as long as a guard lives, and has work go on that has begun.

use super::now;
use crate::slots::{Slot, Slots};
use js_sys::Promise;
use std::cell::RefCell;
use std::thread::LocalKey;
use wasm_bindgen_futures::JsFuture;
use worker::Context;

/// A place that is taken; given back when it goes.
pub(super) struct Place {
    slots: &'static LocalKey<RefCell<Slots>>,
    slot: Slot,
}

impl Place {
    /// Takes a place; `None` where all are taken.
    pub(super) fn take(slots: &'static LocalKey<RefCell<Slots>>) -> Option<Self> {
        let slot = slots.with_borrow_mut(|slots| slots.take(now()))?;
        Some(Self { slots, slot })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.slots.with_borrow_mut(|slots| slots.give_back(&self.slot));
    }
}

/// Has what was begun for a request come to its end even where nobody waits for the answer any more. What it holds would else be
/// held for ever: the platform drops a promise, and never calls back.
pub(super) fn ends(begun: &Promise, context: &Context) {
    let ends = JsFuture::from(begun.clone());
    // An error reaches whoever waits for the answer.
    context.wait_until(async move { _ = ends.await });
}
