//! The answers that are Headstart's own, as data: rule sets, scripts, refusals, and short texts.

use super::{
    Admission, REFUSED_PAGE, REFUSED_STATUS, beacon_tag, holding, redemption, refusal_lines, rendering,
};
use crate::effects::cookie;
use crate::endpoints::{self, RulesFile};
use crate::fault::{Blame, Fault};
use crate::ineligible::Ineligible;
use crate::rules::learned;
use crate::rules::served::{RuleSet, RuleSets};
use crate::visit::Visit;
use crate::visit::fields::Field;
use serde_json::json;
use std::borrow::Cow;

/// The media type of rule sets (HTML, "Speculative loading").
const RULES: &str = "application/speculationrules+json";

/// The `Cache-Control` of what no cache keeps.
pub(super) const NOT_KEPT: &str = "no-store";

/// The `Cache-Control` of a script.
const SCRIPT_KEPT: &str = "public, max-age=3600";

/// From how many bytes on a rule set is compressed. A shorter one is sent in one segment either way.
const COMPRESSED_FROM: usize = 1024;

/// A transparent picture of one pixel.
const PIXEL: &[u8] =
    b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\0\0\0!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

/// An answer that needs no origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnAnswer<'a> {
    /// The status.
    pub status: u16,
    /// The header lines, each name once.
    pub lines: Vec<(&'static str, Cow<'a, str>)>,
    /// The body.
    pub body: Body<'a>,
}

/// The body of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body<'a> {
    /// There is none.
    None,
    /// A text.
    Text(Cow<'a, str>),
    /// Bytes.
    Bytes(&'static [u8]),
}

impl<'a> OwnAnswer<'a> {
    /// One that no search engine shows: what stands at a path of ours is no page of the site.
    pub(super) fn new(status: u16, cache_control: &'a str) -> Self {
        Self::in_place_of_origin(status, cache_control).with("X-Robots-Tag", "noindex")
    }

    /// One at a path of the site's, of which the site says itself what search engines may show.
    fn in_place_of_origin(status: u16, cache_control: &'a str) -> Self {
        Self { status, lines: vec![("Cache-Control", cache_control.into())], body: Body::None }
    }

    fn with(mut self, name: &'static str, value: impl Into<Cow<'a, str>>) -> Self {
        self.lines.push((name, value.into()));
        self
    }

    /// The same with a text for a body.
    pub(super) fn saying(mut self, media_type: &'static str, text: impl Into<Cow<'a, str>>) -> Self {
        self.body = Body::Text(text.into());
        self.with("Content-Type", media_type)
    }
}

impl OwnAnswer<'_> {
    /// The same, with a long rule set to be compressed where `visit` takes that.
    ///
    /// Cloudflare compresses what has one of the media types on its list, and that of rule sets is none of them. Browsers ask for
    /// rules while they wait for stylesheets, on the same connection: a rule set of 15 kB fills its first flight.
    #[must_use]
    pub fn compressed_for(mut self, visit: &Visit) -> Self {
        let is_rule_set = self.lines.contains(&("Content-Type", RULES.into()));
        let is_long = matches!(&self.body, Body::Text(text) if text.len() >= COMPRESSED_FROM);
        if is_rule_set && is_long && takes_gzip(visit.field(Field::AcceptEncoding)) {
            // The platform does it.
            self.lines.push(("Content-Encoding", "gzip".into()));
        }
        self
    }
}

/// Whether an `Accept-Encoding` field takes gzip (RFC 9110, section 12.5.3). Where there is none, that is left open.
fn takes_gzip(field: Option<&str>) -> bool {
    let codings = field.unwrap_or_default().split(',').map(|coding| {
        let (name, parameters) = coding.split_once(';').unwrap_or((coding, ""));
        let weight =
            parameters.trim().strip_prefix(['q', 'Q']).and_then(|rest| rest.trim_start().strip_prefix('='));
        (name.trim(), weight.and_then(|weight| weight.trim().parse::<f32>().ok()).unwrap_or(1.0) > 0.0)
    });
    let said = |wanted: &str| codings.clone().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
    said("gzip").or_else(|| said("*")).is_some_and(|(_, is_taken)| is_taken)
}

/// The answer to `visit`, which was admitted so; `None` where the answer is the origin's to give, or follows from more than
/// this, or where it cannot be made.
#[must_use]
pub fn of<'a>(visit: &Visit, admission: &'a Admission, rule_sets: &'a RuleSets) -> Option<OwnAnswer<'a>> {
    let answer = match admission {
        Admission::Ask
        | Admission::Beacon
        | Admission::Learned { .. }
        | Admission::RedeemByRulesFile { .. }
        | Admission::RedeemByScript
        | Admission::RedeemByRule { .. }
        | Admission::Hold { .. }
        | Admission::Health
        | Admission::Report(_)
        | Admission::Erase { .. }
        | Admission::Switch { .. } => return None,
        Admission::RuleSet { file, fresh } => {
            let rule_set = rule_sets.get(*file);
            // Weak: it stands for what the rules say, compressed or not.
            let answer = OwnAnswer::new(if *fresh { 304 } else { 200 }, rule_sets.cache_control)
                .with("ETag", format!("W/{}", rule_set.etag))
                .with("Vary", rule_sets.vary());
            if *fresh {
                answer.with("Content-Type", RULES)
            } else {
                answer.saying(RULES, rule_set.body.as_str())
            }
        }
        Admission::BeaconScript => script(beacon_tag::SCRIPT),
        Admission::ActivateScript => script(rendering::SCRIPT),
        Admission::DeferToActivation { file, token } => rules_with_ticket(*file, token, rule_sets)?,
        Admission::ReturnToPage { url } => {
            let ((name, value), path) = (cookie::led_back(url), endpoints::UNSCRIPTED);
            OwnAnswer::new(303, NOT_KEPT).with("Location", url.as_str()).with(
                "Set-Cookie",
                format!("{name}={value}; Path={path}; Max-Age=30; HttpOnly; SameSite=Lax"),
            )
        }
        Admission::Ignored => bare(204),
        Admission::Forbidden => text(403, "Only pages of this site may send this."),
        Admission::NotFound => text(404, "Headstart has nothing here."),
        Admission::MethodNotAllowed(methods) => OwnAnswer::new(405, NOT_KEPT).with("Allow", *methods),
        Admission::Refuse(why) => refusal_of(visit, why),
    };
    Some(answer)
}

fn script(text: &str) -> OwnAnswer<'_> {
    OwnAnswer::new(200, SCRIPT_KEPT).saying("text/javascript; charset=utf-8", text)
}

/// The answer with the learned rule set that there is for the pages of a key, if there is one: to be kept for ever under the
/// `hash` of what it says, for a short while under an old one.
#[must_use]
pub fn learned<'a>(rule_set: Option<&'a RuleSet>, hash: &str) -> OwnAnswer<'a> {
    let Some(rule_set) = rule_set else { return text(404, "No next pages are known here.") };
    let is_current = learned::is_current(rule_set, hash);
    let cache_control = if is_current { learned::IMMUTABLE } else { learned::SHORT_LIVED };
    OwnAnswer::new(200, cache_control).with("Vary", "Accept-Encoding").saying(RULES, rule_set.body.as_str())
}

/// A rule set with a rule that brings the ticket back; `None` where it has no place for one.
fn rules_with_ticket(file: RulesFile, token: &str, rule_sets: &RuleSets) -> Option<OwnAnswer<'static>> {
    let rules = rule_sets.get(file).with_prefetch(&endpoints::activate_url(token))?;
    Some(OwnAnswer::new(200, NOT_KEPT).saying(RULES, rules))
}

/// The answer to a request that brought a ticket, with what was `learned` of the page's next pages, where it asks for that. Not beside
/// a rule that brings the ticket: that may still be on its way when the next page is asked for. Its URL is good once, so no cache keeps a
/// rule set that is asked for so.
#[must_use]
pub fn redeemed<'a>(
    answer: redemption::Answer,
    token: Option<&str>,
    learned: Option<&RuleSet>,
    rule_sets: &'a RuleSets,
) -> OwnAnswer<'a> {
    let status = answer.status();
    match answer {
        redemption::Answer::RulesWithTicket(file) => token
            .and_then(|token| rules_with_ticket(file, token, rule_sets))
            .unwrap_or_else(|| redeemed(redemption::Answer::RulesFile(file), None, None, rule_sets)),
        redemption::Answer::RulesFile(file) => {
            let rules = rule_sets.get(file);
            let with_learned = learned.and_then(|learned| rules.behind(learned));
            let body = with_learned.map_or_else(|| Cow::from(rules.body.as_str()), Cow::from);
            OwnAnswer::new(status, NOT_KEPT).saying(RULES, body)
        }
        redemption::Answer::Done | redemption::Answer::Stale => bare(status),
        redemption::Answer::NotGood => text(status, "This ticket is not good."),
        redemption::Answer::Unknown => text(status, "This ticket cannot be looked at now."),
    }
}

/// The answer to what a prerendering page sent.
#[must_use]
pub fn held(answer: &holding::Answer) -> OwnAnswer<'_> {
    match answer {
        holding::Answer::Picture => {
            let picture = OwnAnswer::in_place_of_origin(200, NOT_KEPT).with("Content-Type", "image/gif");
            OwnAnswer { body: Body::Bytes(PIXEL), ..picture }
        }
        holding::Answer::Taken => OwnAnswer::in_place_of_origin(204, NOT_KEPT),
        holding::Answer::Refused(why) => refusal(why),
    }
}

/// The refusal of a speculation.
#[must_use]
pub fn refusal(why: &Ineligible) -> OwnAnswer<'static> {
    let lines = refusal_lines(why).into_iter().map(|(name, value)| (name, value.into())).collect();
    OwnAnswer { status: REFUSED_STATUS, lines, body: Body::Text(REFUSED_PAGE.into()) }
}

/// The refusal of `visit`, so that whatever has sent it leaves the page to the browser when its link is clicked.
///
/// Inertia keeps whatever it has fetched ahead for the click. Its own word for a page that it has to leave to the browser is a
/// 409 with `X-Inertia-Location` (The Inertia protocol, "Asset versioning"); of anything else it shows the HTML in a dialog. A
/// page that fetches itself ahead is not told to leave, since it would do so at once.
#[must_use]
pub fn refusal_of(visit: &Visit, why: &Ineligible) -> OwnAnswer<'static> {
    let refusal = refusal(why);
    if visit.field(Field::XInertia).is_none() || visit.sender_url().as_ref() == Some(&visit.url) {
        return refusal;
    }
    OwnAnswer { status: 409, ..refusal.with("X-Inertia-Location", visit.url.to_string()) }
}

/// The advice for prefetch proxies: which share of prefetches may come.
#[must_use]
pub fn traffic_advice(share: f64) -> OwnAnswer<'static> {
    // Google's proxy reads the share in a member of its own.
    let advice = json!([{ "user_agent": "prefetch-proxy", "fraction": share, "google_prefetch_proxy_eap": { "fraction": share } }]);
    OwnAnswer::in_place_of_origin(200, "max-age=3600")
        .saying("application/trafficadvice+json", advice.to_string())
}

/// What has become of an order to erase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Erasing {
    /// It is carried out. So many values of other sites were removed.
    Done {
        /// The number.
        others: usize,
    },
    /// A portion of it is.
    Begun {
        /// Where it is to be given once more.
        location: String,
        /// What is erased so far.
        so_far: String,
    },
}

/// The answer to an order to erase, which was to go on from `from` where it was given before; `None` where it is no good order.
///
/// A 307 has it given once more as it is (RFC 9110, section 15.4.8).
#[must_use]
pub fn erased(done: Option<Result<Erasing, Fault>>, from: Option<&str>) -> OwnAnswer<'static> {
    let again = match from {
        None => "Give the order again.".to_owned(),
        Some(from) => format!("Give the order again, and with --from {from} it goes on from there."),
    };
    match done {
        None if from.is_none() => not_good(""),
        None => not_good(&format!(" {again}")),
        Some(Ok(Erasing::Done { others: 0 })) => text(200, "Erased."),
        Some(Ok(Erasing::Done { others })) => text(200, &format!("Erased; values of other sites: {others}.")),
        Some(Ok(Erasing::Begun { location, so_far })) => {
            text(307, &format!("Erased so far: {so_far}. Give the order once more, at {location}"))
                .with("Location", location)
        }
        Some(Err(fault)) if fault.blame == Blame::Visitor => text(400, &fault.message),
        Some(Err(fault)) => text(502, &format!("Not all could be erased: {}. {again}", fault.message)),
    }
}

/// The answer to an order to show or to set switches: the record that holds from now on; `None` where it is no good order.
/// `Err` is a sentence, of a fault or of whoever asked.
#[must_use]
pub fn switched(record: Option<Result<String, Fault>>) -> OwnAnswer<'static> {
    match record {
        None => not_good(""),
        Some(Ok(record)) => {
            OwnAnswer::new(200, NOT_KEPT).saying("application/json; charset=utf-8", format!("{record}\n"))
        }
        Some(Err(fault)) if fault.blame == Blame::Visitor => text(400, &fault.message),
        Some(Err(fault)) => text(502, &fault.message),
    }
}

/// The answer to an order that is none, with what is to be done.
fn not_good(advice: &str) -> OwnAnswer<'static> {
    let why =
        "This order is not good: it is ten minutes old, for another site, or sealed with another SEAL_KEY.";
    text(401, &format!("{why}{advice}")).with("WWW-Authenticate", "Bearer")
}

/// What a visitor is told where there is no answer of the origin.
#[must_use]
pub fn failed(fault: &Fault) -> OwnAnswer<'static> {
    OwnAnswer::in_place_of_origin(fault.status().unwrap_or(502), NOT_KEPT)
        .saying("text/plain; charset=utf-8", format!("{}\n", fault.message))
}

/// An answer without a body.
#[must_use]
pub fn bare(status: u16) -> OwnAnswer<'static> {
    OwnAnswer::new(status, NOT_KEPT)
}

/// A short text.
fn text(status: u16, message: &str) -> OwnAnswer<'static> {
    OwnAnswer::new(status, NOT_KEPT).saying("text/plain; charset=utf-8", format!("{message}\n"))
}

#[cfg(test)]
mod tests;
