//! What fills a ledger, within the quarter of an hour in which its records leave again.

use crate::search::Force;
use headstart::effects::ledger::{self, Begun, Load};
use headstart::store::Memory;

/// How many tickets others have kept or redeemed in that time.
const OTHERS: u32 = 500;

const NOW: u64 = 1_800_000_000_000;

/// Attackers have tickets kept that are too long for a URL, until somebody else finds no room for theirs.
pub fn fill(force: Force) -> (bool, u32) {
    let (mut store, mut load) = visited();
    for number in 0..force.total() {
        load.asked_by(Some(u64::from(number % force.addresses)));
        let Ok(_) = ledger::keep_ticket(&mut store, &mut load, &format!("kept {number}"), "ticket", NOW);
    }
    load.asked_by(Some(u64::MAX));
    let Ok(is_kept) = ledger::keep_ticket(&mut store, &mut load, "another", "ticket", NOW);
    (!is_kept, OTHERS)
}

/// Attackers have tickets kept, and redeem what they were given, until somebody's ticket cannot be redeemed who was promised that.
pub fn break_promises(force: Force) -> (bool, u32) {
    let (mut store, mut load) = visited();
    for number in 0..force.total() {
        load.asked_by(Some(u64::from(number % force.addresses)));
        let Ok(_) = ledger::keep_ticket(&mut store, &mut load, &format!("kept {number}"), "ticket", NOW);
        let Ok(_) = ledger::redeem(&mut store, &mut load, &format!("redeemed {number}"), NOW);
    }
    load.asked_by(Some(u64::MAX));
    let Ok(begun) = ledger::redeem(&mut store, &mut load, "promised", NOW);
    (begun == Begun::Full, OTHERS)
}

/// A ledger that others have used.
fn visited() -> (Memory, Load) {
    let (mut store, mut load) = (Memory::default(), Load::default());
    for number in 0..OTHERS {
        load.asked_by(Some(u64::MAX - 1 - u64::from(number)));
        let Ok(_) = ledger::redeem(&mut store, &mut load, &format!("other {number}"), NOW);
    }
    (store, load)
}
