//! How much of what may be held is held of each site, where that of one may wait for long.

/// Whether there is room for so much more of a site: `all` is held, of it `own` of this site, and something is held of so many `sites`,
/// this one included. Up to `most` whoever comes may hold as much as they like. Beyond that, up to twice as much, a site may hold an
/// equal part of `most`.
#[must_use]
pub fn has_room(more: usize, all: usize, own: usize, sites: usize, most: usize) -> bool {
    all + more <= most || (all + more <= most.saturating_mul(2) && own + more <= part(sites, most))
}

/// How much each of so many sites may hold in any case.
#[must_use]
pub fn part(sites: usize, most: usize) -> usize {
    (most / sites.max(1)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What each of so many sites can hold that come one after the other, each with as much as there is room for.
    fn held(sites: usize, most: usize) -> Vec<usize> {
        let mut held: Vec<usize> = Vec::new();
        for site in 0..sites {
            held.push(0);
            while has_room(1, held.iter().sum(), held[site], held.len(), most) {
                held[site] += 1;
            }
        }
        held
    }

    #[test]
    fn one_site_may_hold_all_and_others_have_a_part_up_to_twice_as_much() {
        assert_eq!(held(1, 100), [100]);
        assert_eq!(held(3, 100), [100, 50, 33]);
        assert_eq!(held(5, 100), [100, 50, 33, 17, 0], "two hundred in all");
        let many: Vec<usize> = (1..=300).map(|sites| usize::from(has_room(1, 100, 0, sites, 100))).collect();
        assert_eq!(many, vec![1; 300], "however many there are, one thing");
        assert!(has_room(100, 0, 0, 1, 100) && !has_room(101, 0, 0, 1, 100));
    }
}
