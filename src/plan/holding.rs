//! Decides what is done with a request that a prerendering page sends to a path with an effect: it is deferred.
//!
//! This is a state machine without a platform, as [`redemption`](super::redemption) is. The ledger keeps the request until the
//! page is activated. Where the page is activated by now, the ledger sends the request at once.
//!
//! ```text
//! begin ──▶ Hold ──────────────────▶ Done
//!             └──▶ SendLate ───────────┘
//!      the page is activated by now
//! ```

use crate::config::Config;
use crate::effects::deferred_request::DeferredRequest;
use crate::effects::ledger::{self, Sent, page_key};
use crate::effects::seal::NONCE_BYTES;
use crate::effects::ticket::Delivery;
use crate::fault::{Consequence, Fault};
use crate::ineligible::{Affected, Ineligible};
use crate::visit::Visit;

/// A request that a prerendering page sends.
#[derive(Clone, Copy, Debug)]
pub struct Holding<'a> {
    /// The request.
    pub visit: &'a Visit,
    /// The page that sends it, as a ticket names it.
    pub page: &'a str,
    /// How often it may be sent in doubt.
    pub delivery: Delivery,
    /// The URL, as the browser writes it.
    pub url: &'a str,
    /// The method, as the browser writes it.
    pub method: &'a str,
    /// All header lines.
    pub headers: &'a [(String, String)],
    /// What the site has configured.
    pub config: &'a Config,
}

/// The body of such a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// There is none.
    None,
    /// These bytes.
    Bytes(Vec<u8>),
    /// It has more bytes than are deferred.
    TooLarge,
    /// It could not be read.
    Unread(Fault),
}

/// What is to be done next.
#[derive(Debug)]
pub enum Step {
    /// The ledger is to hold the request.
    Hold(Held),
    /// The ledger is to send it, under this name, since its page is activated by now.
    SendLate(Late),
    /// Nothing but to answer.
    Done(Outcome),
}

/// What the page is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The answer.
    pub answer: Answer,
    /// What has gone wrong.
    pub fault: Option<Fault>,
}

/// See [`Outcome`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A picture, for whoever asked for one.
    Picture,
    /// 204.
    Taken,
    /// 503.
    Refused(Ineligible),
}

/// What goes to the ledger: see [`Step::Hold`].
#[derive(Debug)]
pub struct Held {
    /// The site whose ledger is asked.
    pub site: String,
    /// The key of the page and its visitor.
    pub page: String,
    /// How often the request may be sent in doubt.
    pub delivery: Delivery,
    /// The request.
    pub request: DeferredRequest,
    is_picture: bool,
}

/// See [`Step::SendLate`].
#[derive(Debug)]
pub struct Late {
    /// The request that was to be deferred.
    pub held: Held,
    /// The name under which it is written down: it begins with the page's key, and nothing else has it.
    pub name: String,
}

impl Holding<'_> {
    /// Begins when the body has been read.
    #[must_use]
    pub fn begin(self, body: Body) -> Step {
        let visit = self.visit;
        let Some((seal, site)) = self.config.effects.seal.as_ref().zip(visit.site()) else {
            return refused(Ineligible::TooMuch);
        };
        let body = match body {
            Body::None => None,
            Body::Bytes(bytes) => Some(bytes),
            Body::TooLarge => return refused(Ineligible::TooMuch),
            Body::Unread(fault) => return failed(fault),
        };
        let headers = self.headers.iter().cloned();
        let Some(request) = DeferredRequest::held(self.url, self.method, headers, body.as_deref()) else {
            return refused(Ineligible::TooMuch);
        };
        let page = page_key(seal, &site, self.page, &visit.browser());
        let is_picture = visit.destination() == Some("image");
        Step::Hold(Held { site, page, delivery: self.delivery, request, is_picture })
    }
}

impl Held {
    /// Goes on when the ledger has deferred the request, or has not. `nonce` gives random bytes.
    #[must_use]
    pub fn answered(
        self,
        held: Result<ledger::Hold, Fault>,
        nonce: impl FnOnce() -> [u8; NONCE_BYTES],
    ) -> Step {
        match held {
            Ok(ledger::Hold::Held) => self.taken(),
            Ok(ledger::Hold::Full) => refused(Ineligible::TooMuch),
            Ok(ledger::Hold::Send) => {
                let nonce = nonce().first_chunk().copied().unwrap_or_default();
                let name = format!("{}!{:x}", self.page, u128::from_le_bytes(nonce));
                Step::SendLate(Late { held: self, name })
            }
            Err(fault) => failed(fault),
        }
    }

    fn taken(&self) -> Step {
        let answer = if self.is_picture { Answer::Picture } else { Answer::Taken };
        Step::Done(Outcome { answer, fault: None })
    }
}

impl Late {
    /// Goes on when the ledger has sent the request, or has not.
    #[must_use]
    pub fn answered(self, sent: Result<Sent, Fault>) -> Step {
        match sent {
            Ok(Sent::Now(_) | Sent::Known) => self.held.taken(),
            Ok(Sent::Full) => refused(Ineligible::TooMuch),
            Err(fault) => failed(fault),
        }
    }
}

fn refused(why: Ineligible) -> Step {
    Step::Done(Outcome { answer: Answer::Refused(why), fault: None })
}

fn failed(fault: Fault) -> Step {
    let fault = Some(fault.leads_to(Consequence::Refused));
    Step::Done(Outcome { answer: Answer::Refused(Ineligible::Effect(Affected::Everybody)), fault })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Blame;
    use crate::plan::tests::{KEY, config, visit};

    const NONCE: [u8; NONCE_BYTES] = [1; NONCE_BYTES];

    fn begin(destination: &str, body: Body, variables: &[(&str, &str)]) -> Step {
        let headers = [("sec-purpose", "prefetch;prerender"), ("sec-fetch-dest", destination)];
        let visit = visit("POST", "/count", &headers);
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let config = config(variables);
        let holding = Holding {
            visit: &visit,
            page: "/a",
            delivery: Delivery::AtMostOnce,
            url: visit.url.as_str(),
            method: "POST",
            headers: &headers,
            config: &config,
        };
        holding.begin(body)
    }

    fn held(destination: &str) -> Held {
        match begin(destination, Body::Bytes(b"x".to_vec()), &[("SEAL_KEY", KEY)]) {
            Step::Hold(held) => held,
            other => panic!("{other:?}"),
        }
    }

    fn outcome(step: Step) -> (Answer, Option<Fault>) {
        match step {
            Step::Done(Outcome { answer, fault }) => (answer, fault),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_held_is_answered_as_its_destination_needs() {
        for (destination, answer) in [("image", Answer::Picture), ("empty", Answer::Taken)] {
            let held = held(destination);
            assert_eq!((held.site.as_str(), held.delivery), ("shop.example", Delivery::AtMostOnce));
            assert_eq!(held.request.url, "https://shop.example/count");
            assert!(held.request.headers.iter().all(|(name, _)| name != "sec-purpose"));
            assert_eq!(outcome(held.answered(Ok(ledger::Hold::Held), || NONCE)), (answer, None));
        }
    }

    #[test]
    fn what_comes_after_the_activation_is_sent_under_a_name_of_its_own() {
        let late = |nonce: [u8; NONCE_BYTES]| match held("empty").answered(Ok(ledger::Hold::Send), || nonce) {
            Step::SendLate(late) => late,
            other => panic!("{other:?}"),
        };
        let (one, other) = (late(NONCE), late([2; NONCE_BYTES]));
        assert!(one.name.starts_with(&format!("{}!", one.held.page)) && one.name != other.name);
        assert_eq!(outcome(one.answered(Ok(Sent::Now(Vec::new())))), (Answer::Taken, None));
        assert_eq!(outcome(other.answered(Ok(Sent::Known))), (Answer::Taken, None));
    }

    #[test]
    fn too_much_is_refused_and_so_is_what_cannot_be_held() {
        let too_much = (Answer::Refused(Ineligible::TooMuch), None);
        let keyed = [("SEAL_KEY", KEY)];
        assert_eq!(outcome(begin("empty", Body::TooLarge, &keyed)), too_much);
        let large = Body::Bytes(vec![0; 64 * 1024 + 1]);
        assert_eq!(outcome(begin("empty", large, &keyed)), too_much);
        assert_eq!(outcome(begin("empty", Body::None, &[])), too_much, "without a key");
        assert_eq!(outcome(held("empty").answered(Ok(ledger::Hold::Full), || NONCE)), too_much);
        let Step::SendLate(late) = held("empty").answered(Ok(ledger::Hold::Send), || NONCE) else { panic!() };
        assert_eq!(outcome(late.answered(Ok(Sent::Full))), too_much);
    }

    #[test]
    fn a_fault_refuses_the_request_and_is_told() {
        let fault = || Fault::new(Blame::Platform, "gone");
        let Step::SendLate(late) = held("empty").answered(Ok(ledger::Hold::Send), || NONCE) else { panic!() };
        for step in [
            begin("empty", Body::Unread(fault()), &[("SEAL_KEY", KEY)]),
            held("empty").answered(Err(fault()), || NONCE),
            late.answered(Err(fault())),
        ] {
            let (answer, told) = outcome(step);
            assert_eq!(answer, Answer::Refused(Ineligible::Effect(Affected::Everybody)));
            assert_eq!(told, Some(fault().leads_to(Consequence::Refused)));
        }
    }
}
