//! Chance, from a seed.

/// A stream of numbers (`SplitMix64`).
#[derive(Debug)]
pub struct Numbers(u64);

impl Numbers {
    /// The stream that belongs to a seed. Streams of the same seed for different purposes have different names.
    #[must_use]
    pub fn new(seed: u64, purpose: &str) -> Self {
        let mut numbers = Self(seed);
        for byte in purpose.bytes() {
            numbers.0 = numbers.next() ^ u64::from(byte);
        }
        numbers
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        number ^ (number >> 31)
    }

    /// A number below `bound`; 0 if there is none.
    pub fn below(&mut self, bound: usize) -> usize {
        let number = self.next().checked_rem(bound as u64).unwrap_or_default();
        usize::try_from(number).unwrap_or_default()
    }

    /// A number from 0 to 1, 1 excluded.
    pub fn chance(&mut self) -> f64 {
        f64::from((self.next() >> 32) as u32) / (f64::from(u32::MAX) + 1.0)
    }

    /// Whether something of this probability happens.
    pub fn happens(&mut self, probability: f64) -> bool {
        self.chance() < probability
    }

    /// A worth as that of articles and products: most have little, a few have much (a Pareto distribution, cut off).
    /// From about 1 to about 30.
    pub fn worth(&mut self) -> f64 {
        1.0 / (self.chance() + 0.03)
    }

    /// One of these.
    pub fn pick<T: Copy>(&mut self, things: &[T]) -> Option<T> {
        things.get(self.below(things.len())).copied()
    }

    /// Brings these into any order.
    pub fn shuffle<T>(&mut self, things: &mut [T]) {
        for last in (1..things.len()).rev() {
            things.swap(last, self.below(last + 1));
        }
    }
}

/// The share of what has this rank, the first being 0: Zipf's law, flattened at its head by `flat` (1 is Zipf's own).
pub fn zipf(rank: usize, flat: f64) -> f64 {
    1.0 / (u32::try_from(rank).map_or(f64::MAX, f64::from) + flat)
}

/// Things to draw from, each with its weight.
#[derive(Debug)]
pub struct Table<T> {
    /// Each with the sum of the weights up to its own.
    entries: Vec<(f64, T)>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { entries: Vec::new() }
    }
}

impl<T: Copy> Table<T> {
    /// A table of things and their weights.
    pub fn new(weighted: impl IntoIterator<Item = (T, f64)>) -> Self {
        let mut sum = 0.0;
        let add = |(thing, weight): (T, f64)| {
            sum += weight;
            (sum, thing)
        };
        Self { entries: weighted.into_iter().map(add).collect() }
    }

    /// Things in the order in which a page shows them: the first are seen by more people. `charm` is how inviting
    /// each looks.
    pub fn shown(things: impl IntoIterator<Item = (T, f64)>) -> Self {
        let places = things.into_iter().enumerate();
        Self::new(places.map(|(place, (thing, charm))| (thing, charm * zipf(place, 3.0))))
    }

    /// Whether there is nothing to draw.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// One of the things, or nothing from an empty table.
    pub fn draw(&self, numbers: &mut Numbers) -> Option<T> {
        let (total, last) = self.entries.last()?;
        let at = numbers.chance() * total;
        let found = self.entries.partition_point(|(sum, _)| *sum <= at);
        Some(self.entries.get(found).map_or(*last, |(_, thing)| *thing))
    }
}
