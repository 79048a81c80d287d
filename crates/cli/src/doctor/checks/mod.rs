//! The checks: each a pure function of what was seen. It gives a finding for each thing that it has to say, and none where it does not
//! apply.

mod analytics;
mod caches;
mod cookies;
pub mod hints;
mod links;
mod policy;
mod reach;
mod rules;
mod service_worker;
mod worker;

pub use reach::place;

use super::finding::Finding;
use super::seen::Seen;

/// A check.
type Check = fn(&Seen) -> Vec<Finding>;

/// Those of the way to the site.
const OF_THE_WAY: [Check; 4] = [reach::answers, reach::redirects, reach::scheme, reach::speed];

/// Those of the site itself, once there is a page.
const OF_THE_SITE: [Check; 20] = [
    worker::in_front,
    worker::prefetch,
    worker::route,
    worker::rests,
    worker::health,
    rules::header,
    rules::files,
    rules::engines,
    rules::overlap,
    policy::targets,
    policy::scripts,
    hints::header,
    hints::used,
    hints::early,
    caches::caches,
    cookies::on_speculations,
    cookies::clearing,
    service_worker::service_worker,
    links::refused,
    analytics::analytics,
];

/// Judges what was seen: the worst first.
pub fn judge(seen: &Seen) -> Vec<Finding> {
    let of_the_site = OF_THE_SITE.iter().filter(|_| !seen.pages.is_empty());
    let mut findings: Vec<Finding> =
        OF_THE_WAY.iter().chain(of_the_site).flat_map(|check| check(seen)).collect();
    // A stable sort: among those of one verdict the order of the checks stays.
    findings.sort_by_key(|finding| finding.verdict);
    findings
}

#[cfg(test)]
mod tests;
