//! How many bytes records take, as they are stored. A learner holds all its records in memory, of which an isolate has 128 MB for all
//! its objects.

use std::collections::HashMap;

/// See the module's description.
#[derive(Clone, Debug, Default)]
pub(super) struct Sizes {
    of: HashMap<String, usize>,
    total: usize,
}

impl Sizes {
    /// Notes how many bytes the record of this name takes, its name included.
    pub(super) fn set(&mut self, name: &str, bytes: usize) {
        self.remove(name);
        self.of.insert(name.to_owned(), bytes);
        self.total += bytes;
    }

    /// Notes that there is no such record any more.
    pub(super) fn remove(&mut self, name: &str) {
        self.total -= self.of.remove(name).unwrap_or_default();
    }

    /// How many bytes all records take.
    pub(super) fn total(&self) -> usize {
        self.total
    }

    /// Which of these names leave, where the first are worth most, so that no more than `most` records and `bytes` are left.
    pub(super) fn leaving<'a>(
        &self,
        names: impl IntoIterator<Item = &'a String>,
        most: usize,
        bytes: usize,
    ) -> Vec<String> {
        let (mut records, mut taken) = (0, 0);
        let leaves = |name: &&String| {
            let its = self.of.get(*name).copied().unwrap_or_default();
            let stays = records < most && taken + its <= bytes;
            if stays {
                (records, taken) = (records + 1, taken + its);
            }
            !stays
        };
        names.into_iter().filter(leaves).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_worth_least_leaves_when_there_is_too_much() {
        let mut sizes = Sizes::default();
        let names: Vec<String> = ["/a", "/b", "/c", "/d"].map(str::to_owned).to_vec();
        for (name, bytes) in names.iter().zip([50, 100, 60, 5]) {
            sizes.set(name, bytes);
        }
        assert_eq!(sizes.total(), 215);
        for (most, bytes, expected) in [
            (4, 215, &[][..]),
            (4, 214, &["/d"]),
            (3, 215, &["/d"]),
            (4, 114, &["/b", "/d"]),
            (4, 0, &["/a", "/b", "/c", "/d"]),
            (0, 215, &["/a", "/b", "/c", "/d"]),
        ] {
            assert_eq!(sizes.leaving(&names, most, bytes), expected, "{most} {bytes}");
        }
        sizes.set("/a", 10);
        sizes.remove("/b");
        sizes.remove("/none");
        assert_eq!(sizes.total(), 75);
    }
}
