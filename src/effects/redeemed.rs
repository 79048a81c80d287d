//! Which tickets an isolate knows to be redeemed.
//!
//! The ledger decides that a ticket is good once. But whoever brings one back a thousand times asks the same isolate: here each
//! but the first is known by the nonce in its first bytes, before it is opened and before anybody is asked.

use super::room::make_room;
use super::seal::{NONCE_BYTES, nonce_of};
use super::ticket::{LIFE_MS, Token};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::collections::HashMap;

/// The most tickets that are remembered.
const MAX_TICKETS: usize = 2000;

/// The first bytes of something sealed, its version and its nonce, as base64 writes them.
const HEAD_CHARS: usize = (1 + NONCE_BYTES).div_ceil(3) * 4;

/// See the module's description.
#[derive(Debug, Default)]
pub struct Redeemed {
    /// Until when a ticket might still be brought back, by what it is known by.
    until: HashMap<String, u64>,
}

impl Redeemed {
    /// Remembers that the ticket that is known by `name` was redeemed.
    pub fn add(&mut self, name: String, now: u64) {
        make_room(&mut self.until, MAX_TICKETS, |until| now < *until);
        self.until.insert(name, now.saturating_add(LIFE_MS));
    }

    /// Whether a token was redeemed here. Nothing is known of most that were: the ledger is asked for those.
    #[must_use]
    pub fn has(&self, token: &Token<'_>, now: u64) -> bool {
        if self.until.is_empty() {
            return false;
        }
        let name = match token {
            Token::Ticket(ticket) => name_of(ticket),
            Token::Name(name) => Some((*name).to_owned()),
        };
        name.is_some_and(|name| self.until.get(&name).is_some_and(|until| now < *until))
    }
}

/// What a ticket is known by, without opening it.
fn name_of(ticket: &str) -> Option<String> {
    let head = URL_SAFE_NO_PAD.decode(ticket.get(..HEAD_CHARS)?).ok()?;
    Some(URL_SAFE_NO_PAD.encode(nonce_of(&head)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effects::seal::Seal;

    const NOW: u64 = 1_800_000_000_000;

    #[test]
    fn a_ticket_is_known_by_its_nonce_as_long_as_it_might_be_good() {
        let seal = Seal::new("0123456789abcdef0123456789abcdef", None).unwrap();
        let sealed = |nonce: u8| URL_SAFE_NO_PAD.encode(seal.seal(b"{}", "ticket", [nonce; 24]).unwrap());
        let (one, other, mut redeemed) = (sealed(7), sealed(8), Redeemed::default());
        let name = URL_SAFE_NO_PAD.encode([7; 24]);
        assert!(!redeemed.has(&Token::Ticket(&one), NOW));
        redeemed.add(name.clone(), NOW);
        assert!(redeemed.has(&Token::Ticket(&one), NOW) && redeemed.has(&Token::Name(&name), NOW));
        assert!(!redeemed.has(&Token::Ticket(&other), NOW));
        assert!(!redeemed.has(&Token::Ticket(&one), NOW + LIFE_MS), "by then it is not good any more");
        for token in ["", "x", "AQ", &"\u{e9}".repeat(40)] {
            assert!(!redeemed.has(&Token::Ticket(token), NOW), "{token}");
        }
    }

    #[test]
    fn what_is_remembered_has_a_bound() {
        let mut redeemed = Redeemed::default();
        for number in 0..3 * MAX_TICKETS {
            redeemed.add(number.to_string(), NOW);
            assert!(redeemed.until.len() <= MAX_TICKETS);
            assert!(redeemed.has(&Token::Name(&number.to_string()), NOW));
        }
    }
}
