//! What brings an origin into the hints of a page that repeats something of a request: of a field of which Headstart knows
//! nothing, since what repeats a query, a cookie or another host teaches nothing. And what changes a page's preloads, by telling of
//! views that never were.

use crate::search::Force;
use crate::site::{SITE, START, salt};
use headstart::hints::rank::HintPreferences;
use headstart::hints::resource::{Destination, Resource};
use headstart::hints::usage::{Demand, Found, Usage};
use headstart::hints::{Origin, Pools};
use headstart::learn::document::resources::Named;
use headstart::learn::learner;
use headstart::learn::next::visitor::{DAY_MS, Salt};
use headstart::learn::observation::{Confirmation, Observation, OriginUse};
use headstart::learn::observation_buffer::{ObservationBuffer, Observed};
use headstart::learn::report::{Largest, Loaded, Name, Report, Viewport, Vitals};
use headstart::learn::site_url_cache::SiteUrlCache;
use headstart::limits::SEVERAL;
use headstart::picture_form::form;
use headstart::store::Memory;

const PAGE: &str = "/p/a";

/// What the site's page uses, and what attackers have it repeat.
const ITS_OWN: [&str; 3] = ["https://cdn.example", "https://fonts.example", "https://pictures.example"];
const EVIL: &str = "https://evil.example";

pub fn place_on_a_quiet_one(force: Force) -> (bool, u32) {
    place(3, force)
}

pub fn place_on_a_busy_one(force: Force) -> (bool, u32) {
    place(100, force)
}

/// Who comes to a page: an attacker, by their number, or a visitor, who is the so manieth of all who come on the day, and of the
/// visitors.
enum Comes {
    Attacker(u32),
    Visitor { of_all: u32, of_visitors: u32 },
}

impl Comes {
    fn attacker_address(number: u32) -> String {
        format!("172.{}.{}.9", number >> 8, number & 255)
    }
}

/// Has so many visitors a day come to a page for four days, on the last of them attackers as well, by turns, as they may come. `told` says
/// what isolates gather of each. Answers what is published at last.
fn published(
    views_a_day: u32,
    preferences: &HintPreferences,
    force: Force,
    told: impl Fn(&Comes, &Salt) -> Vec<Observed>,
) -> String {
    let mut store = Memory::default();
    let mut published = String::new();
    for day in 0..4 {
        let now = START + day * DAY_MS;
        let attacks = if day == 3 { force.total() } else { 0 };
        let all = views_a_day + attacks;
        let (mut left, mut visitors) = (attacks, 0);
        let mut buffer = ObservationBuffer::default();
        let salt = salt(now);
        for number in 0..all {
            let is_attack =
                u64::from(left) * u64::from(all) > u64::from(attacks) * u64::from(all - number - 1);
            let comes = if is_attack {
                left -= 1;
                Comes::Attacker(left % force.addresses)
            } else {
                visitors += 1;
                Comes::Visitor { of_all: number, of_visitors: visitors - 1 }
            };
            for observed in told(&comes, &salt) {
                buffer.hold(SITE, observed);
            }
            if number % 50 == 49 || number + 1 == all {
                for batch in buffer.take(1, &SiteUrlCache::default(), &salt, |_, _| true) {
                    let Ok(()) = learner::merge(&mut store, &batch, preferences, now);
                }
            }
        }
        if let Ok(Some(publication)) = learner::choose(&mut store, preferences, now) {
            published = publication.value;
        }
    }
    published
}

/// All views are read, which is as good for attackers as it can be.
fn place(views_a_day: u32, force: Force) -> (bool, u32) {
    let preferences =
        HintPreferences { several: SEVERAL, preconnect: 3, dns_prefetch: 6, ..HintPreferences::default() };
    let published = published(views_a_day, &preferences, force, |comes, salt| {
        let (address, origins) = match comes {
            Comes::Attacker(number) => (Comes::attacker_address(*number), [&[EVIL][..], &ITS_OWN].concat()),
            Comes::Visitor { of_all, .. } => {
                (format!("10.0.{}.{}", of_all >> 8, of_all & 255), ITS_OWN.to_vec())
            }
        };
        vec![Observed::View(view_of(&origins), salt.visitor(&address))]
    });
    (published.contains(EVIL), views_a_day)
}

/// The two pictures that a page names, of which visitors find the first one largest.
const PICTURES: [&str; 2] = ["/largest.jpg", "/small.jpg"];

/// Of so many views of that page one is asked how it went: a dozen a day, as of any page whose preloads stay the same.
const ASKED: u32 = 8;

pub fn take_a_preload(force: Force) -> (bool, u32) {
    let (published, others) = preloads(force);
    (!published.contains(PICTURES[0]), others)
}

pub fn place_a_preload(force: Force) -> (bool, u32) {
    let (published, others) = preloads(force);
    (published.contains(PICTURES[1]), others)
}

/// What is published of a page of a hundred visitors a day, on each of whose four days some are asked how it went. On the last one
/// attackers tell that another picture was largest, whether they were asked or not.
fn preloads(force: Force) -> (String, u32) {
    const VIEWS: u32 = 100;
    let preferences = HintPreferences { several: SEVERAL, preload: 2, ..HintPreferences::default() };
    let published = published(VIEWS, &preferences, force, |comes, salt| match comes {
        Comes::Attacker(number) => {
            let visitor = salt.visitor(&Comes::attacker_address(*number));
            vec![Observed::Confirmation(told(PICTURES[1]), visitor)]
        }
        Comes::Visitor { of_visitors, .. } => {
            let visitor = salt.visitor(&format!("10.0.0.{of_visitors}"));
            let view = Observed::View(view_of_pictures(), visitor);
            let is_asked = of_visitors.is_multiple_of(ASKED);
            let report = is_asked.then(|| Observed::Confirmation(told(PICTURES[0]), visitor));
            [view].into_iter().chain(report).collect()
        }
    });
    (published, VIEWS + VIEWS.div_ceil(ASKED))
}

/// A view whose browser tells that this picture was largest, and found late.
fn told(picture: &str) -> Confirmation {
    let name = Name::of(picture);
    let report = Report {
        viewport: Viewport::Wide,
        vitals: Vitals { ttfb: Some(100), lcp: Some(600), ..Vitals::default() },
        largest: Some(Largest { name, form: Some(form("", "")) }),
        loaded: vec![Loaded { start_ms: Some(400), ..Loaded::new(name) }],
        ..Report::default()
    };
    Confirmation { path: PAGE.to_owned(), report: Some(report), ..Confirmation::default() }
}

fn view_of_pictures() -> Observation {
    let named = |url: &str| Named {
        form: form("", ""),
        ..Named::new(Resource::new(url.to_owned(), Destination::Image))
    };
    let resources = PICTURES.into_iter().map(named).collect();
    Observation { path: PAGE.to_owned(), served: 1, resources, ..Observation::default() }
}

/// A page that loads something urgent from each of these.
fn view_of(origins: &[&str]) -> Observation {
    let usage = Usage::of(
        Pools { credentialed: true, anonymous: false },
        Demand { requests: 3, urgent: 1 },
        Found::Head,
    );
    let uses = origins.iter().filter_map(|origin| Some(OriginUse { origin: Origin::parse(origin)?, usage }));
    Observation { path: PAGE.to_owned(), served: 1, uses: uses.collect(), ..Observation::default() }
}
