use super::*;

const START: u64 = 1_800_000_000_000;
const DAY: u64 = 24 * 3600 * 1000;
const BUDGET: f64 = 0.6;

/// Opens and settles speculations, so many used and so many wasted, within ten minutes from `now`.
fn fly(trips: &mut Trips, used: u32, wasted: u32, strained: u32, now: u64) -> u64 {
    trips.open(used + wasted, strained, now);
    trips.settle(used, now);
    trips.settle(0, now + OPEN_MS);
    now + OPEN_MS
}

#[test]
fn a_speculation_is_used_when_that_is_told_and_wasted_after_ten_minutes() {
    let mut trips = Trips::to("/b");
    trips.open(5, 0, START);
    assert_eq!(trips.tally(), Tally(0, 0, 5));
    assert_eq!(trips.settle(2, START + 1), Settled { used: 2.0, wasted: 0.0 });
    assert_eq!(trips.tally(), Tally(2, 0, 3));
    assert!(trips.has_open() && !trips.has_due(START + OPEN_MS - 1) && trips.has_due(START + OPEN_MS));
    assert_eq!(trips.settle(0, START + OPEN_MS - 1), Settled::default());
    assert_eq!(trips.settle(0, START + OPEN_MS), Settled { used: 0.0, wasted: 3.0 });
    assert_eq!(trips.tally(), Tally(2, 3, 0));
    assert!(!trips.has_open());
}

#[test]
fn the_oldest_are_used_first() {
    let mut trips = Trips::to("/b");
    trips.open(2, 0, START);
    trips.open(2, 0, START + TOGETHER_MS);
    trips.settle(3, START + TOGETHER_MS);
    assert_eq!(trips.settle(0, START + OPEN_MS).wasted.to_bits(), 0.0_f64.to_bits());
    assert_eq!(trips.settle(0, START + OPEN_MS + TOGETHER_MS).wasted.to_bits(), 1.0_f64.to_bits());
}

#[test]
fn on_a_busy_way_nothing_is_wasted_before_its_time_and_little_is_remembered() {
    let mut trips = Trips::to("/b");
    // One each second for an hour, all of which are used nine minutes later.
    for second in 0..3600 {
        let now = START + second * 1000;
        trips.open(1, 0, now);
        let used = u32::from(second >= 9 * 60 - TOGETHER_MS / 1000);
        assert_eq!(trips.settle(used, now).wasted.to_bits(), 0.0_f64.to_bits(), "{second}");
        assert!(trips.open.len() <= 11, "{}", trips.open.len());
    }
}

#[test]
fn what_was_measured_halves_after_fifty_settled_ones() {
    let mut trips = Trips::to("/b");
    fly(&mut trips, 40, 0, 0, START);
    let now = fly(&mut trips, 0, 50, 0, START + DAY);
    assert_eq!(trips.tally(), Tally(20, 50, 0));
    trips.settle(50, now);
    assert_eq!(trips.tally(), Tally(60, 25, 0));
}

#[test]
fn too_much_waste_goes_down_and_days_without_it_up_again() {
    let mut trips = Trips::to("/b");
    let now = fly(&mut trips, 0, 11, 0, START);
    assert!(!trips.step(BUDGET, now), "too few to judge");
    let now = fly(&mut trips, 0, 2, 0, now);
    assert!(trips.step(BUDGET, now));
    assert_eq!((trips.down(), trips.tally()), (1, Tally(0, 0, 0)));
    assert!(!trips.step(BUDGET, now) && !trips.step(BUDGET, now + DAY - 1), "it stays there for a day");
    let now = fly(&mut trips, 0, 20, 0, now + DAY / 2);
    assert!(trips.step(BUDGET, now));
    assert_eq!(trips.down(), 2);
    assert!(!trips.step(BUDGET, now + 2 * DAY - 1), "and there for two");
    assert!(trips.step(BUDGET, now + 2 * DAY));
    assert!(!trips.step(BUDGET, now + 3 * DAY - 1));
    assert!(trips.step(BUDGET, now + 3 * DAY));
    assert!(!trips.step(BUDGET, now + 100 * DAY));
    assert_eq!(trips.down(), 0);
}

#[test]
fn a_share_within_budget_and_margin_stays() {
    for (used, wasted, down) in [(25, 75, 0), (24, 76, 1), (100, 0, 0), (5, 95, 1)] {
        let mut trips = Trips::to("/b");
        // All at once, so that nothing fades in between.
        trips.open(wasted, 0, START);
        trips.used = f64::from(used) * 2_f64.powf(f64::from(wasted) / HALF_LIFE);
        trips.settle(0, START + OPEN_MS);
        trips.step(BUDGET, START + OPEN_MS);
        assert_eq!(trips.down(), down, "{used} {wasted}");
    }
    let mut trips = Trips::to("/b");
    fly(&mut trips, 0, 100, 0, START);
    assert!(trips.step(1.0, START + OPEN_MS), "nineteen in twenty is too much whatever the budget");
}

#[test]
fn an_origin_that_answers_badly_goes_down_however_much_is_used() {
    let mut trips = Trips::to("/b");
    trips.open(20, 4, START);
    trips.settle(20, START);
    assert!(!trips.step(BUDGET, START));
    trips.open(20, 8, START);
    trips.settle(20, START);
    assert!(trips.step(BUDGET, START));
    trips.open(1, 100, START);
    assert!(trips.strained <= 1.0, "no more than there were");
}

#[test]
fn one_cause_leads_down_one_rung() {
    let mut trips = Trips::to("/b");
    trips.open(12, 0, START);
    trips.open(40, 0, START + OPEN_MS / 2);
    trips.settle(0, START + OPEN_MS);
    assert!(trips.step(BUDGET, START + OPEN_MS));
    // What was on its way before the step says nothing about the new rung.
    trips.settle(0, START + 2 * OPEN_MS);
    assert!(!trips.step(BUDGET, START + 2 * OPEN_MS));
    assert_eq!(trips.down(), 1);
}

#[test]
fn from_the_lowest_rung_a_way_comes_up_three_days_after_the_last_waste() {
    let mut trips = Trips::to("/b");
    let mut now = START;
    for rung in [1, 2, 3, 3, 3] {
        now = fly(&mut trips, 0, 20, 0, now);
        assert!(trips.step(BUDGET, now));
        assert_eq!(trips.down(), rung);
    }
    assert!(!trips.step(BUDGET, now + 3 * DAY - 1));
    assert!(trips.step(BUDGET, now + 3 * DAY));
    assert_eq!(trips.down(), 2);
}

#[test]
fn numbers_that_nobody_counts_are_survived() {
    let mut trips = Trips::to("/b");
    for now in [START, START, 0, u64::MAX] {
        trips.open(u32::MAX, u32::MAX, now);
        trips.settle(u32::MAX, now);
        trips.step(f64::NAN, now);
        let _ = (trips.tally(), trips.standing());
    }
    let json = serde_json::to_string(&trips).unwrap();
    assert_eq!(serde_json::from_str::<Trips>(&json).unwrap(), trips);
}
