//! Looks for the least that is enough.

/// The most addresses that are tried: what a small botnet has.
pub const MOST_ADDRESSES: u32 = 1000;

/// How many requests of one address on a day are tried. More need not be better: who does too much is noticed in other ways.
const REQUESTS: [u32; 7] = [2, 6, 20, 60, 200, 2000, 20_000];

/// The most requests of all of them that are tried.
const MOST_REQUESTS: u32 = 100_000;

/// What attackers have.
#[derive(Clone, Copy, Debug)]
pub struct Force {
    /// How many addresses, which are as many visitors.
    pub addresses: u32,
    /// How many requests each of them sends on the day.
    pub requests: u32,
}

impl Force {
    /// All requests together.
    pub fn total(self) -> u32 {
        self.addresses.saturating_mul(self.requests)
    }
}

/// Something that an attacker wants.
pub struct Aim {
    /// What, in a few words.
    pub name: &'static str,
    /// How many addresses it needs at least, as the threat model says.
    pub promised: u32,
    /// Whether a day with such attackers reaches it, and how many requests of others there were on that day.
    pub attack: fn(Force) -> (bool, u32),
}

/// What is enough.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    /// How many addresses; none where [`MOST_ADDRESSES`] are not enough.
    pub addresses: Option<u32>,
    /// How many requests, of all of them together.
    pub requests: Option<u32>,
    /// Their share of the day's requests.
    pub share: Option<f64>,
}

/// The least number of addresses that is enough, and with so many the least number of requests.
pub fn least(aim: &Aim) -> Found {
    let reaches = |addresses, requests| (aim.attack)(Force { addresses, requests }).0;
    let enough = |addresses| {
        let tried = REQUESTS.iter().filter(|requests| addresses * **requests <= MOST_REQUESTS);
        tried.copied().find(|requests| reaches(addresses, *requests))
    };
    let nothing = Found { addresses: None, requests: None, share: None };
    let Some(addresses) = least_of(MOST_ADDRESSES, |addresses| enough(addresses).is_some()) else {
        return nothing;
    };
    let most = enough(addresses).unwrap_or(1);
    let requests = least_of(most, |requests| reaches(addresses, requests)).unwrap_or(most);
    let force = Force { addresses, requests };
    let (_, others) = (aim.attack)(force);
    let share = f64::from(force.total()) / (f64::from(force.total()) + f64::from(others));
    Found { addresses: Some(addresses), requests: Some(force.total()), share: Some(share) }
}

/// The least number up to `most` that is enough, if what is enough stays so with more.
fn least_of(most: u32, is_enough: impl Fn(u32) -> bool) -> Option<u32> {
    let mut high = 1;
    while !is_enough(high) {
        if high == most {
            return None;
        }
        high = (high * 2).min(most);
    }
    let mut low = high / 2;
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if is_enough(middle) { high = middle } else { low = middle }
    }
    Some(high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_that_is_enough_is_found_and_no_more_is_tried_than_there_may_be() {
        for least in [1, 2, 3, 7, 64, 999, 1000] {
            assert_eq!(least_of(1000, |number| number >= least), Some(least));
        }
        assert_eq!(least_of(1000, |number| number > 1000), None);
    }

    #[test]
    fn the_share_is_of_all_requests_of_the_day() {
        let attack = |force: Force| (force.addresses >= 5 && force.requests >= 4, 60);
        let found = least(&Aim { name: "", promised: 0, attack });
        assert_eq!((found.addresses, found.requests, found.share), (Some(5), Some(20), Some(0.25)));
    }
}
