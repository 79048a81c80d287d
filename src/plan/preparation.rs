//! What the ledger has to do before an answer to a speculation goes out.
//!
//! Without it something would be lost: what a prerendering page sends could not be deferred, or the ticket of a page could not
//! be found. So the speculation is refused where the ledger cannot do it.

use super::rendering::Rendering;
use crate::config::Config;
use crate::effects::ledger::page_key;
use crate::effects::ticket::Sealed;
use crate::ineligible::{Affected, Ineligible};
use crate::visit::Visit;

/// A call of the ledger of a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Preparation {
    /// What the page sends is deferred from now on, and what an earlier rendering of it has sent is forgotten.
    Open {
        /// The site.
        site: String,
        /// The key of the page and its visitor.
        page: String,
        /// When the page was answered, in milliseconds since the epoch, as its ticket says: by that it is released.
        since: u64,
    },
    /// A ticket is kept under its name, since it is too long for a URL.
    Keep {
        /// The site.
        site: String,
        /// The name.
        name: String,
        /// The ticket, sealed.
        ticket: String,
    },
}

/// What a prefetched page with this ticket needs.
#[must_use]
pub fn of_prefetch(ticket: &Sealed, visit: &Visit) -> Option<Preparation> {
    let (name, ticket) = ticket.kept.clone()?;
    Some(Preparation::Keep { site: visit.site()?, name, ticket })
}

/// What a prerendered page needs that gets our script with this ticket, in the order in which it is to be done: a ticket must
/// not be kept for a page that will be refused.
#[must_use]
pub fn of_prerender(
    rendering: &Rendering,
    ticket: Option<&Sealed>,
    visit: &Visit,
    config: &Config,
) -> Vec<Preparation> {
    let holding = rendering.ticket.as_ref().filter(|ticket| ticket.holds);
    let open = holding.zip(config.effects.seal.as_ref()).map(|(ticket, seal)| Preparation::Open {
        site: ticket.site.clone(),
        page: page_key(seal, &ticket.site, &ticket.page, &visit.browser()),
        since: ticket.since(),
    });
    open.into_iter().chain(ticket.and_then(|ticket| of_prefetch(ticket, visit))).collect()
}

/// Why a speculation is refused whose preparations failed.
pub const UNPREPARED: Ineligible = Ineligible::Effect(Affected::Everybody);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csp::IntegrityPolicy;
    use crate::effects::ticket::{LIFE_MS, Ticket, digest_of};
    use crate::plan::rendering::ScriptNeed;
    use crate::plan::tests::{KEY, config, visit};

    fn sealed(kept: Option<(&str, &str)>) -> Sealed {
        let kept = kept.map(|(name, ticket)| (name.to_owned(), ticket.to_owned()));
        Sealed { token: "t".to_owned(), kept }
    }

    fn keep() -> Preparation {
        let (site, name, ticket) = ("shop.example".to_owned(), "n".to_owned(), "sealed".to_owned());
        Preparation::Keep { site, name, ticket }
    }

    #[test]
    fn only_a_ticket_that_has_a_name_is_kept() {
        let visit = visit("GET", "/a", &[]);
        assert_eq!(of_prefetch(&sealed(None), &visit), None);
        assert_eq!(of_prefetch(&sealed(Some(("n", "sealed"))), &visit), Some(keep()));
    }

    #[test]
    fn a_page_that_sends_something_is_opened_before_its_ticket_is_kept() {
        let config = config(&[("SEAL_KEY", KEY)]);
        let seal = config.effects.seal.as_ref().unwrap();
        let visit = visit("GET", "/a", &[("user-agent", "x")]);
        let prepared = |holds: bool, kept| {
            let ticket = Ticket {
                site: "shop.example".to_owned(),
                page: "/a".to_owned(),
                until: 7 + LIFE_MS,
                browser: digest_of(seal, &[]),
                cookies: Vec::new(),
                effect: None,
                referer: None,
                who: None,
                holds,
                state: None,
            };
            let rendering = Rendering {
                ticket: Some(ticket),
                need: ScriptNeed::Needed,
                otherwise: Ok(()),
                kept: None,
                csp: None,
                csp_report_only: None,
                integrity: IntegrityPolicy::default(),
            };
            of_prerender(&rendering, Some(&sealed(kept)), &visit, &config)
        };
        assert_eq!(prepared(false, None), []);
        assert_eq!(prepared(false, Some(("n", "sealed"))), [keep()]);
        let page = page_key(seal, "shop.example", "/a", &visit.browser());
        let open = Preparation::Open { site: "shop.example".to_owned(), page, since: 7 };
        assert_eq!(prepared(true, None), std::slice::from_ref(&open));
        assert_eq!(prepared(true, Some(("n", "sealed"))), [open, keep()]);
    }
}
