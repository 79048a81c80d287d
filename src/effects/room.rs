//! Makes room in what an isolate remembers, so that nobody who fills it makes it forget everything.

use std::collections::HashMap;

/// Makes room for one more where there are `most`: what is past goes, and where nothing is, half of all.
pub fn make_room<K, V>(kept: &mut HashMap<K, V>, most: usize, is_current: impl Fn(&V) -> bool) {
    if kept.len() < most {
        return;
    }
    kept.retain(|_, it| is_current(it));
    if kept.len() >= most {
        let mut keeps = false;
        kept.retain(|_, _| {
            keeps = !keeps;
            keeps
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_past_goes_and_where_nothing_is_half_of_all() {
        let left = |many: u32, is_current: fn(&u32) -> bool| {
            let mut kept: HashMap<u32, u32> = (0..many).map(|number| (number, number)).collect();
            make_room(&mut kept, 10, is_current);
            kept.len()
        };
        assert_eq!(left(9, |_| false), 9, "there is room");
        assert_eq!(left(10, |number| *number < 9), 9);
        assert_eq!(left(10, |_| false), 0);
        assert_eq!(left(10, |_| true), 5);
    }
}
