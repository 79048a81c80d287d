use super::*;
use std::collections::{BTreeMap, BTreeSet};

const SITE: &str = "shop.example";

/// A namespace, and what an erasure does in it.
#[derive(Default)]
struct World {
    /// Each key, and whether Headstart has written what is there.
    keys: BTreeMap<String, bool>,
    /// How many keys KV lists at once.
    listed_at_once: usize,
    /// The learners that have forgotten.
    forgot: Vec<String>,
    /// How often the portion at hand has asked others.
    calls: usize,
    portions: usize,
    /// How often a value of KV was removed, or nothing where it should have been one.
    removes: usize,
    /// Whether learners learn again at once, and publish it.
    publishes: bool,
}

impl World {
    fn with(keys: &[(&str, bool)]) -> Self {
        let keys = keys.iter().map(|(key, is_ours)| ((*key).to_owned(), *is_ours)).collect();
        Self { keys, listed_at_once: 1000, ..Self::default() }
    }

    /// Does one portion. Answers from where the next one begins, or that there is none.
    fn portion(&mut self, extent: Extent, shards: u32, from: Position) -> Result<Position, usize> {
        let mut way = Way::new(SITE, shards, extent, from);
        self.calls = 0;
        self.portions += 1;
        let mut known: BTreeSet<String> = BTreeSet::new();
        loop {
            match way.next_step() {
                Step::Forget { learners, removes } => {
                    self.calls += learners.len() * if removes { 3 } else { 1 };
                    for name in learners {
                        if removes {
                            self.removes += 2;
                            self.keys.remove(&name);
                            self.keys.remove(&import::name(&name));
                        }
                        if removes && self.publishes {
                            self.keys.insert(name.clone(), true);
                        }
                        self.forgot.push(name);
                    }
                }
                Step::List { prefix, cursor } => {
                    self.calls += 1;
                    let from = cursor.unwrap_or_else(|| prefix.clone());
                    let keys = self.keys.range(from..).map(|(key, _)| key.clone());
                    let mut keys = keys.take_while(|key| key.starts_with(&prefix));
                    let listed = keys.by_ref().take(self.listed_at_once).collect();
                    way.listed(listed, keys.next());
                }
                Step::Read(keys) => {
                    self.calls += keys.len();
                    known.extend(keys.iter().cloned());
                    for key in keys {
                        let is_ours = self.keys.get(&key).copied().unwrap_or_default();
                        way.read(key, is_ours);
                    }
                }
                Step::Remove { learner, key } => {
                    self.calls += 1 + usize::from(learner.is_some());
                    self.removes += 1;
                    self.forgot.extend(learner);
                    assert!(known.contains(&key), "{key} was read in this portion");
                    assert_eq!(self.keys.remove(&key), Some(true), "{key} is ours");
                }
                Step::Pause(position) => return Ok(self.counted(position)),
                Step::End(others) => return Err(self.counted(others)),
            }
        }
    }

    fn counted<T>(&self, value: T) -> T {
        assert!(self.calls <= MAX_CALLS, "{} calls", self.calls);
        value
    }

    /// Carries an order out to its end, each position as it comes back by a URL. Answers how many values of others are gone.
    fn erase(&mut self, extent: Extent, shards: u32) -> usize {
        let mut from = Position::default();
        loop {
            match self.portion(extent, shards, from.clone()) {
                Err(others) => return others,
                Ok(next) => {
                    assert_ne!(next, from, "each portion gets further");
                    from = Position::read(&next.token()).unwrap();
                }
            }
        }
    }

    fn left(&self) -> Vec<&str> {
        self.keys.keys().map(String::as_str).collect()
    }
}

#[test]
fn each_learner_that_a_site_may_have_had_is_called_once_and_its_keys_are_removed() {
    let ours = [
        "import/shop.example/0",
        "import/shop.example/90",
        "other.example/0",
        "shop.example/0",
        "shop.example/200",
        "shop.example/next",
    ];
    let others = ["import/shop.example/91", "shop.example/201", "shop.example/basket", "shop.example:8080/0"];
    for (extent, portions, removes) in [(Extent::Part, 7, 0), (Extent::Site, 7, 6)] {
        let mut world = World { listed_at_once: 2, ..World::default() };
        world.keys.extend(ours.map(|key| (key.to_owned(), true)));
        world.keys.extend(others.map(|key| (key.to_owned(), false)));
        let before = world.keys.len();
        assert_eq!(world.erase(extent, 1), 0);
        assert_eq!((world.portions, world.removes), (portions, removes), "{extent:?}");
        if extent == Extent::Part {
            assert_eq!(world.keys.len(), before);
        } else {
            let mut left = others.to_vec();
            left.push("other.example/0");
            left.sort_unstable();
            assert_eq!(world.left(), left, "what is not Headstart's, or another site's, stays");
        }
        let mut names: Vec<String> = learner_names(SITE).collect();
        names.push("shop.example/next".to_owned());
        let called: BTreeSet<&String> = world.forgot.iter().collect();
        assert_eq!((world.forgot.len(), called), (257, names.iter().collect()));
    }
}

#[test]
fn what_a_learner_publishes_that_has_forgotten_stays() {
    for extent in [Extent::Site, Extent::All] {
        let mut world = World::with(&[("shop.example/1", true), ("shop.example/2", true)]);
        world.publishes = true;
        assert_eq!(world.erase(extent, 2), 0);
        assert_eq!(world.left(), ["shop.example/0", "shop.example/1", "shop.example/next"], "{extent:?}");
    }
}

#[test]
fn of_other_sites_goes_what_headstart_has_written_with_all_their_learners() {
    let mut world = World::with(&[
        ("a.example/0", true),
        ("a.example/7", true),
        ("b.example/next", true),
        ("import/c.example/0", true),
        ("shop.example/200", true),
        ("switches", true),
        ("user/3", true),
        ("user/42", false),
        ("user/next", false),
        ("import/user/42", false),
        ("plain", false),
    ]);
    assert_eq!(world.erase(Extent::All, 2), 5);
    assert_eq!(world.left(), ["import/user/42", "plain", "switches", "user/42", "user/next"]);
    let of_others = world.forgot.iter().filter(|name| !name.starts_with("shop.example/"));
    let mut of_others: Vec<&str> = of_others.map(String::as_str).collect();
    of_others.sort_unstable();
    assert_eq!(
        of_others,
        [
            "a.example/0",
            "a.example/1",
            // Of a former number of learners.
            "a.example/7",
            "a.example/next",
            "b.example/0",
            "b.example/1",
            "b.example/next",
            "c.example/0",
            "c.example/1",
            "c.example/next",
            "user/0",
            "user/1",
            "user/3",
            "user/next",
        ]
    );
}

#[test]
fn however_many_keys_look_like_those_of_learners_the_order_comes_to_its_end() {
    for listed_at_once in [1, 7, 1000] {
        let mut world = World { listed_at_once, ..World::default() };
        for user in 0..40 {
            for number in 0..64 {
                world.keys.insert(format!("user{user}/{number}"), false);
            }
            world.keys.insert(format!("user{user}/next"), user % 10 == 3);
            world.keys.insert(format!("site{user}.example/0"), true);
            world.keys.insert(format!("note {user}"), false);
        }
        assert_eq!(world.erase(Extent::All, 1), 44, "{listed_at_once}");
        assert!(world.keys.values().all(|is_ours| !is_ours));
        assert_eq!(world.keys.len(), 40 * 64 + 36 + 40);
        if listed_at_once == 1000 {
            assert!(world.portions < 120, "{} portions", world.portions);
        }
    }
}

#[test]
fn a_site_with_more_learners_than_a_portion_calls_is_erased_over_several() {
    let mut world = World::with(&[("a.example/255", true), ("a.example/next", true), ("b.example/3", true)]);
    assert_eq!(world.erase(Extent::All, 256), 3);
    assert_eq!(world.left(), [""; 0]);
    assert_eq!(world.forgot.len(), 3 * 257, "the learners of a site are called once");
}

#[test]
fn a_portion_that_is_tried_again_finds_what_the_first_try_has_left() {
    let keys = [("a.example/0", true), ("b.example/0", true), ("user/7", false)];
    let mut world = World::with(&keys);
    let mut from = Position::default();
    // Whatever a portion did, its answer gets lost once.
    loop {
        let first = world.portion(Extent::All, 1, from.clone());
        let Ok(_) = first else { break };
        let Ok(next) = world.portion(Extent::All, 1, from) else { break };
        from = next;
    }
    assert_eq!(world.left(), ["user/7"]);
}

#[test]
fn a_position_says_how_far_it_is_and_what_is_none_is_told() {
    let mut world = World::with(&[("a.example/0", true)]);
    let start = Position::default();
    assert!(start.is_start());
    let position = world.portion(Extent::All, 1, start).unwrap();
    assert!(!position.is_start());
    assert_eq!(position.said(), "36 of the site's 257 learners");
    let far = Position { called: 257, after: "a.example/0".to_owned(), removed: 1, ..Position::default() };
    assert_eq!(far.said(), "all of the site; values of other sites: 1");
    // It is the one order's that has come there.
    let of = |position: Position, order| position.of(order).map(|position| position.is_start());
    assert_eq!(of(position.clone(), "all of a.example"), None);
    let begun = Position::default().of("all of a.example").unwrap();
    assert_eq!(begun.said(), "0 of the site's 257 learners");
    let begun = Position::read(&begun.token()).unwrap();
    assert_eq!(of(begun.clone(), "all of a.example"), Some(false));
    assert_eq!(of(begun, "/a of a.example"), None);
    let token = position.token();
    assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'));
    for other in ["", "x", "e30x", &token[1..], "bnVsbA"] {
        assert_eq!(Position::read(other), None, "{other}");
    }
}
