use super::*;

const START: u64 = 1_800_000_000_000;
const DAY: u64 = 24 * 3600 * 1000;
const BUDGET: f64 = 0.6;

/// Opens and settles speculations, so many used and so many wasted, within ten minutes from `now`.
fn fly(outcomes: &mut SpeculationOutcomes, used: u32, wasted: u32, strained: u32, now: u64) -> u64 {
    outcomes.open(used + wasted, strained, now);
    outcomes.settle(used, now);
    outcomes.settle(0, now + OPEN_MS);
    now + OPEN_MS
}

#[test]
fn a_speculation_is_used_when_that_is_told_and_wasted_after_ten_minutes() {
    let mut outcomes = SpeculationOutcomes::to("/b");
    outcomes.open(5, 0, START);
    assert_eq!(outcomes.tally(), Tally(0, 0, 5));
    assert_eq!(outcomes.settle(2, START + 1), Settled { used: 2.0, wasted: 0.0 });
    assert_eq!(outcomes.tally(), Tally(2, 0, 3));
    assert!(
        outcomes.has_open() && !outcomes.has_due(START + OPEN_MS - 1) && outcomes.has_due(START + OPEN_MS)
    );
    assert_eq!(outcomes.settle(0, START + OPEN_MS - 1), Settled::default());
    assert_eq!(outcomes.settle(0, START + OPEN_MS), Settled { used: 0.0, wasted: 3.0 });
    assert_eq!(outcomes.tally(), Tally(2, 3, 0));
    assert!(!outcomes.has_open());
}

#[test]
fn the_oldest_are_used_first() {
    let mut outcomes = SpeculationOutcomes::to("/b");
    outcomes.open(2, 0, START);
    outcomes.open(2, 0, START + TOGETHER_MS);
    outcomes.settle(3, START + TOGETHER_MS);
    assert_eq!(outcomes.settle(0, START + OPEN_MS).wasted.to_bits(), 0.0_f64.to_bits());
    assert_eq!(outcomes.settle(0, START + OPEN_MS + TOGETHER_MS).wasted.to_bits(), 1.0_f64.to_bits());
}

#[test]
fn on_a_busy_way_nothing_is_wasted_before_its_time_and_little_is_remembered() {
    let mut outcomes = SpeculationOutcomes::to("/b");
    // One each second for an hour, all of which are used nine minutes later.
    for second in 0..3600 {
        let now = START + second * 1000;
        outcomes.open(1, 0, now);
        let used = u32::from(second >= 9 * 60 - TOGETHER_MS / 1000);
        assert_eq!(outcomes.settle(used, now).wasted.to_bits(), 0.0_f64.to_bits(), "{second}");
        assert!(outcomes.open.len() <= 11, "{}", outcomes.open.len());
    }
}

#[test]
fn what_was_measured_halves_after_fifty_settled_ones() {
    let mut outcomes = SpeculationOutcomes::to("/b");
    fly(&mut outcomes, 40, 0, 0, START);
    let now = fly(&mut outcomes, 0, 50, 0, START + DAY);
    assert_eq!(outcomes.tally(), Tally(20, 50, 0));
    outcomes.settle(50, now);
    assert_eq!(outcomes.tally(), Tally(60, 25, 0));
}

#[test]
fn too_much_waste_goes_down_and_days_without_it_up_again() {
    let mut outcomes = SpeculationOutcomes::to("/b");
    let now = fly(&mut outcomes, 0, 11, 0, START);
    assert!(!outcomes.step(BUDGET, now), "too few to judge");
    let now = fly(&mut outcomes, 0, 2, 0, now);
    assert!(outcomes.step(BUDGET, now));
    assert_eq!((outcomes.demotion(), outcomes.tally()), (1, Tally(0, 0, 0)));
    assert!(!outcomes.step(BUDGET, now) && !outcomes.step(BUDGET, now + DAY - 1), "it stays there for a day");
    let now = fly(&mut outcomes, 0, 20, 0, now + DAY / 2);
    assert!(outcomes.step(BUDGET, now));
    assert_eq!(outcomes.demotion(), 2);
    assert!(!outcomes.step(BUDGET, now + 2 * DAY - 1), "and there for two");
    assert!(outcomes.step(BUDGET, now + 2 * DAY));
    assert!(!outcomes.step(BUDGET, now + 3 * DAY - 1));
    assert!(outcomes.step(BUDGET, now + 3 * DAY));
    assert!(!outcomes.step(BUDGET, now + 100 * DAY));
    assert_eq!(outcomes.demotion(), 0);
}

#[test]
fn a_share_within_budget_and_margin_stays() {
    for (used, wasted, down) in [(25, 75, 0), (24, 76, 1), (100, 0, 0), (5, 95, 1)] {
        let mut outcomes = SpeculationOutcomes::to("/b");
        // All at once, so that nothing fades in between.
        outcomes.open(wasted, 0, START);
        outcomes.used = f64::from(used) * 2_f64.powf(f64::from(wasted) / HALF_LIFE);
        outcomes.settle(0, START + OPEN_MS);
        outcomes.step(BUDGET, START + OPEN_MS);
        assert_eq!(outcomes.demotion(), down, "{used} {wasted}");
    }
    let mut outcomes = SpeculationOutcomes::to("/b");
    fly(&mut outcomes, 0, 100, 0, START);
    assert!(outcomes.step(1.0, START + OPEN_MS), "nineteen in twenty is too much whatever the budget");
}

#[test]
fn an_origin_that_answers_badly_goes_down_however_much_is_used() {
    let mut outcomes = SpeculationOutcomes::to("/b");
    outcomes.open(20, 4, START);
    outcomes.settle(20, START);
    assert!(!outcomes.step(BUDGET, START));
    outcomes.open(20, 8, START);
    outcomes.settle(20, START);
    assert!(outcomes.step(BUDGET, START));
    outcomes.open(1, 100, START);
    assert!(outcomes.strained <= 1.0, "no more than there were");
}

#[test]
fn one_cause_demotes_by_one_level() {
    let mut outcomes = SpeculationOutcomes::to("/b");
    outcomes.open(12, 0, START);
    outcomes.open(40, 0, START + OPEN_MS / 2);
    outcomes.settle(0, START + OPEN_MS);
    assert!(outcomes.step(BUDGET, START + OPEN_MS));
    // What was on its way before the step says nothing about the new level.
    outcomes.settle(0, START + 2 * OPEN_MS);
    assert!(!outcomes.step(BUDGET, START + 2 * OPEN_MS));
    assert_eq!(outcomes.demotion(), 1);
}

#[test]
fn from_the_lowest_level_a_transition_rises_three_days_after_the_last_waste() {
    let mut outcomes = SpeculationOutcomes::to("/b");
    let mut now = START;
    for level in [1, 2, 3, 3, 3] {
        now = fly(&mut outcomes, 0, 20, 0, now);
        assert!(outcomes.step(BUDGET, now));
        assert_eq!(outcomes.demotion(), level);
    }
    assert!(!outcomes.step(BUDGET, now + 3 * DAY - 1));
    assert!(outcomes.step(BUDGET, now + 3 * DAY));
    assert_eq!(outcomes.demotion(), 2);
}

#[test]
fn numbers_that_nobody_counts_are_survived() {
    let mut outcomes = SpeculationOutcomes::to("/b");
    for now in [START, START, 0, u64::MAX] {
        outcomes.open(u32::MAX, u32::MAX, now);
        outcomes.settle(u32::MAX, now);
        outcomes.step(f64::NAN, now);
        let _ = (outcomes.tally(), outcomes.importance());
    }
    let json = serde_json::to_string(&outcomes).unwrap();
    assert_eq!(serde_json::from_str::<SpeculationOutcomes>(&json).unwrap(), outcomes);
}

#[test]
fn numbers_that_nobody_has_counted_do_no_harm() {
    let mut outcomes = SpeculationOutcomes::to("/b");
    outcomes.open(u32::MAX, u32::MAX, START);
    outcomes.open(u32::MAX, 0, START + TOGETHER_MS);
    assert_eq!(outcomes.tally(), Tally(0, 0, u32::MAX));
    assert_eq!(outcomes.settle(0, START + DAY).wasted.to_bits(), f64::from(u32::MAX).to_bits());
    // As an import may say it.
    let record =
        r#"{"to":"/b","visitors":{"day":0,"buckets":[],"most":0},"used":1.0,"wasted":99.0,"down":255}"#;
    let mut outcomes: SpeculationOutcomes = serde_json::from_str(record).unwrap();
    assert!(outcomes.step(BUDGET, START));
    assert_eq!(outcomes.demotion(), MAX_DEMOTION);
}
