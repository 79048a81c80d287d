//! What was learned before the first visitor came: from access logs and pages, by `headstart learn`.
//!
//! It comes in two values for each learner, which `wrangler kv bulk put` writes. One is what the learner would publish, under its own
//! name: the request path reads it from the first request on. The other one are the records from which that follows, under a
//! [`name`] of its own: the learner takes them up before it takes in the first batch, and removes the value. From then on they
//! are its own. It goes on learning where the import ended, what it publishes takes the place of what was imported without losing
//! it, and what is imported fades, is erased and expires like all that it has learned.
//!
//! What a learner has learned itself is worth more than what is imported: of a name that it has a record of, its own stays. What
//! several visitors were shown is one record for the whole site, and is taken over name by name
//! ([`shown_to`]): what the pages of an import name would be forgotten without it.
//!
//! An import may be made by anybody who may write to KV, and a learner that takes up too much is ended by the platform, in the middle of
//! it. So what is taken up is bounded, and each attempt is noted before it is made ([`begin`]): after a few it is given up.

use super::names::is_hidden;
use super::news;
use super::next::visitor::Day;
use super::shown_to;
use crate::hash::fnv1a;
use crate::json;
use crate::limits::MAX_PAGES;
use crate::sorting;
use crate::store::{Kind, Memory, Store};
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;

/// The version of the form. Another one is not taken up.
const VERSION: u32 = 1;

/// The largest value, in bytes: a learner holds it as text and as data at once.
pub const MAX_BYTES: usize = 8 * 1024 * 1024;

/// For how long an import waits for its learner, in seconds. What nobody visits for so long is forgotten by learners as well.
pub const LIFE_SECONDS: u64 = super::names::LIFE_MS / 1000;

/// The most records of a kind that a learner has once an import is taken up.
const MAX_RECORDS: usize = 2 * MAX_PAGES;

/// The most records of an import: as many as a learner takes of each kind, and as many again, which it may have itself by now.
const MAX_IMPORTED: usize = 2 * KINDS.len() * MAX_RECORDS;

/// How often a learner begins to take an import up. A deploy may end it once.
const MAX_ATTEMPTS: u32 = 3;

/// How the names of imports begin.
const PREFIX: &str = "import/";

/// The fact that says which import was taken up last, and the one that says which was begun, and how often.
const TAKEN: &str = "imported";
const BEGUN: &str = "import-begun";

/// The kinds of records that are imported, each with its name, in the order in which they are written while there is room. Without the
/// facts no page is worth anything, and without its stylesheets none of those whose hints are learned. Of facts only [`FACTS`] are imported.
const KINDS: [(Kind, &str); 6] = [
    (Kind::Fact, "fact"),
    (Kind::Suspect, "suspect"),
    (Kind::Sheet, "sheet"),
    (Kind::Page, "page"),
    (Kind::Next, "next"),
    (Kind::Route, "route"),
];

/// The facts that are imported, where the learner has none of the name, and of those of [`shown_to`] what it has not.
const FACTS: [&str; 6] = ["key", "shown", "shown-sheets", "name", "site", "robots"];

/// The KV key of what the learner of a name takes up.
#[must_use]
pub fn name(learner: &str) -> String {
    format!("{PREFIX}{learner}")
}

/// The learner for which a KV key holds an import, if it does.
#[must_use]
pub fn learner(key: &str) -> Option<&str> {
    // A host may be called so, and then one slash follows and no other.
    key.strip_prefix(PREFIX).filter(|learner| learner.contains('/'))
}

/// The form in KV.
#[derive(Deserialize)]
struct Import {
    version: u32,
    #[serde(deserialize_with = "records")]
    records: Vec<Record>,
}

/// The kind, the name, the record, and its sort key.
type Record = (String, String, String, f64);

/// Reads records, and no more than an import may have: hundreds of thousands would not fit a learner's memory.
fn records<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Record>, D::Error> {
    struct Records;

    impl<'de> Visitor<'de> for Records {
        type Value = Vec<Record>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("records")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<Self::Value, A::Error> {
            let mut records = Vec::new();
            while let Some(record) = all.next_element()? {
                if records.len() >= MAX_IMPORTED {
                    return Err(A::Error::custom(format_args!("it has more than {MAX_IMPORTED} records")));
                }
                records.push(record);
            }
            Ok(records)
        }
    }

    from.deserialize_seq(Records)
}

/// What became of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// So many records were taken up.
    Taken(usize),
    /// It was taken up before.
    Known,
    /// It cannot be read.
    Unreadable(String),
}

/// What is written for a learner to take up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// The value.
    pub value: String,
    /// How many records it does not have, for want of room.
    pub left_out: usize,
}

/// Writes the records of a learner for another one to take up; those under a hash stay out, since whoever takes them up has another
/// key. Of what does not fit the routes leave first, and then the pages that are worth least.
#[must_use]
pub fn write(store: &Memory) -> Written {
    let (before, after) = (format!(r#"{{"version":{VERSION},"records":["#), "]}");
    let mut bytes = before.len() + after.len();
    let (mut records, mut left_out) = (Vec::new(), 0);
    for (kind, kind_name) in KINDS {
        let mut of_kind: Vec<_> = store.records(kind).collect();
        // Next-page records have all the same sort key. Of a page that is visited much there is more to tell.
        sorting::sort_by(&mut of_kind, |(name, value, key), (other_name, other_value, other_key)| {
            let by_worth = other_key.total_cmp(key).then_with(|| other_value.len().cmp(&value.len()));
            by_worth.then_with(|| name.cmp(other_name))
        });
        for (name, value, sort_key) in of_kind {
            let is_meant = match kind {
                Kind::Fact => FACTS.contains(&name),
                // A page names the sheets of the site by hashes alone.
                Kind::Sheet => true,
                _ => !is_hidden(name),
            };
            if !is_meant {
                continue;
            }
            // A sort key that is no number would be none that can be read.
            let record = serde_json::to_string(&(kind_name, name, value, sort_key)).unwrap_or_default();
            let more = record.len() + 1;
            if record.is_empty() || bytes + more > MAX_BYTES || records.len() >= MAX_IMPORTED {
                left_out += 1;
            } else {
                bytes += more;
                records.push(record);
            }
        }
    }
    Written { value: [before.as_str(), &records.join(","), after].concat(), left_out }
}

/// Notes that a learner is about to take an import up, which has to be on disk before it does. Answers what became of the import
/// where it is not to be taken up: it was before, or was begun so often that it seems to end whoever does.
///
/// # Errors
/// The store's own.
pub fn begin<S: Store>(store: &mut S, value: &str) -> Result<Option<Outcome>, S::Error> {
    let id = id(value);
    if store.get(Kind::Fact, TAKEN)?.as_deref() == Some(id.as_str()) {
        return Ok(Some(Outcome::Known));
    }
    let begun = store.get(Kind::Fact, BEGUN)?;
    let begun = begun.as_deref().and_then(|begun| begun.split_once(' ')).filter(|(of, _)| *of == id);
    let attempts = begun.and_then(|(_, attempts)| attempts.parse::<u32>().ok()).unwrap_or_default();
    if attempts >= MAX_ATTEMPTS {
        let why = format!("it was begun {MAX_ATTEMPTS} times, and could not be taken up to its end");
        return Ok(Some(Outcome::Unreadable(why)));
    }
    store.put(Kind::Fact, BEGUN, &format!("{id} {}", attempts + 1), 0.0)?;
    Ok(None)
}

/// What an import is told from others by.
fn id(value: &str) -> String {
    format!("{:016x}", fnv1a(value.as_bytes()))
}

/// Has a learner take an import up, once, on the day of `today`.
///
/// # Errors
/// The store's own.
pub fn take_up<S: Store>(store: &mut S, value: &str, today: Day) -> Result<Outcome, S::Error> {
    let id = id(value);
    if store.get(Kind::Fact, TAKEN)?.as_deref() == Some(id.as_str()) {
        return Ok(Outcome::Known);
    }
    let outcome = match read(value) {
        Err(why) => Outcome::Unreadable(why),
        Ok(import) => {
            let mut taken = 0;
            // Each kind is counted once: that reads all of it.
            let mut counts = [None::<usize>; KINDS.len()];
            for (kind_name, name, record, sort_key) in import.records {
                let known = KINDS.into_iter().zip(&mut counts).find(|((_, known), _)| *known == kind_name);
                let Some(((kind, _), count)) = known else { continue };
                if kind == Kind::Fact && !FACTS.contains(&name.as_str()) {
                    continue;
                }
                let is_news = match kind {
                    Kind::Fact => shown_to::take_up(store, &name, &record, today)?,
                    _ => None,
                };
                if let Some(is_news) = is_news {
                    taken += usize::from(is_news);
                    continue;
                }
                let has = match *count {
                    Some(count) => count,
                    None => store.count(kind)?,
                };
                *count = Some(has);
                let has_room = kind == Kind::Fact || has < MAX_RECORDS;
                if has_room && sort_key.is_finite() && store.get(kind, &name)?.is_none() {
                    store.put(kind, &name, &record, sort_key)?;
                    *count = Some(has.saturating_add(1));
                    taken += 1;
                }
            }
            // It comes with a value that has taken the place of what was published.
            news::was_not_published(store)?;
            Outcome::Taken(taken)
        }
    };
    store.put(Kind::Fact, TAKEN, &id, 0.0)?;
    store.remove(Kind::Fact, BEGUN)?;
    Ok(outcome)
}

fn read(value: &str) -> Result<Import, String> {
    if value.len() > MAX_BYTES {
        return Err(format!("it has {} bytes, of which at most {MAX_BYTES} are read", value.len()));
    }
    let import: Import = json::read(value).map_err(|error| error.to_string())?;
    let is_known = import.version == VERSION;
    is_known.then_some(import).ok_or_else(|| "it is of another version of Headstart".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::Counting;

    const TODAY: Day = 20_833;

    fn store(records: &[(Kind, &str, &str, f64)]) -> Memory {
        let mut store = Memory::default();
        for (kind, name, value, sort_key) in records {
            let Ok(()) = store.put(*kind, name, value, *sort_key);
        }
        store
    }

    fn get(store: &Memory, kind: Kind, name: &str) -> Option<String> {
        let Ok(record) = store.get(kind, name);
        record
    }

    #[test]
    fn records_are_taken_up_once_and_a_learners_own_stay() {
        let learned = store(&[
            (Kind::Next, "/a", "imported a", 2.0),
            (Kind::Next, "/b", "imported \"b\"", 1.0),
            (Kind::Next, "#3.0123", "hidden", 1.0),
            (Kind::Route, "/a/*", "imported route", 0.0),
            (Kind::Fact, "site", "imported site", 0.0),
            (Kind::Fact, "guide", "what was published", 0.0),
            (Kind::Fact, "salt", "a key", 0.0),
        ]);
        let value = write(&learned).value;
        let mut own = store(&[(Kind::Next, "/a", "own", 5.0)]);
        assert_eq!(take_up(&mut own, &value, TODAY), Ok(Outcome::Taken(3)));
        assert_eq!(get(&own, Kind::Next, "/a").as_deref(), Some("own"));
        assert_eq!(get(&own, Kind::Next, "/b").as_deref(), Some("imported \"b\""));
        assert_eq!(get(&own, Kind::Fact, "site").as_deref(), Some("imported site"));
        for (kind, name) in [(Kind::Next, "#3.0123"), (Kind::Fact, "guide"), (Kind::Fact, "salt")] {
            assert_eq!(get(&own, kind, name), None, "{name}");
        }
        let Ok(()) = own.remove(Kind::Next, "/b");
        assert_eq!(
            take_up(&mut own, &value, TODAY),
            Ok(Outcome::Known),
            "what was erased does not come back"
        );
        assert_eq!(get(&own, Kind::Next, "/b"), None);
        let other = write(&store(&[(Kind::Next, "/c", "c", 0.0)])).value;
        assert_eq!(take_up(&mut own, &other, TODAY), Ok(Outcome::Taken(1)));
    }

    #[test]
    fn a_sort_key_stays_and_the_least_leave_where_there_is_no_room() {
        let long = "x".repeat(5 * 512 * 1024);
        let learned = store(&[
            (Kind::Next, "/least", &long, 1.0),
            (Kind::Next, "/a", &long, 4.0),
            (Kind::Next, "/b", &long, 3.0),
            (Kind::Next, "/c", &long, 2.0),
        ]);
        let value = write(&learned).value;
        assert!(value.len() <= MAX_BYTES);
        let mut own = Memory::default();
        assert_eq!(take_up(&mut own, &value, TODAY), Ok(Outcome::Taken(3)));
        assert_eq!(get(&own, Kind::Next, "/least"), None);
        let Ok((due, next)) = own.due_before(Kind::Next, 2.5);
        assert_eq!((due, next), (vec!["/c".to_owned()], Some(3.0)));
    }

    #[test]
    fn all_the_room_is_used_and_routes_leave_before_pages() {
        // As records are: every eleventh character is a quotation mark, which is written as two.
        let record = r#"{"aaaaaaaa"#.repeat(1000);
        let pages: Vec<String> = (0..700).map(|number| format!("/p/{number}")).collect();
        let mut learned = Memory::default();
        for (number, page) in pages.iter().enumerate() {
            let sort_key = f64::from(u32::try_from(number).unwrap());
            let Ok(()) = learned.put(Kind::Next, page, &record, sort_key);
            let Ok(()) = learned.put(Kind::Route, page, &record, sort_key);
        }
        let written = write(&learned);
        assert_eq!((written.left_out, MAX_BYTES - written.value.len() < 12_000), (1400 - 760, true));
        let mut own = Memory::default();
        assert_eq!(take_up(&mut own, &written.value, TODAY), Ok(Outcome::Taken(760)));
        assert_eq!((own.count(Kind::Next), own.count(Kind::Route)), (Ok(700), Ok(60)));
        assert_eq!(
            write(&Memory::default()),
            Written { value: r#"{"version":1,"records":[]}"#.to_owned(), left_out: 0 }
        );
    }

    #[test]
    fn what_cannot_be_read_changes_nothing() {
        let large = " ".repeat(MAX_BYTES + 1);
        for value in
            ["", "{}", r#"{"version":2,"records":[]}"#, r#"{"version":1,"records":[["next","/a"]]}"#, &large]
        {
            let mut own = Memory::default();
            assert!(matches!(take_up(&mut own, value, TODAY), Ok(Outcome::Unreadable(_))), "{value:.40}");
            assert_eq!(own.size().0, 1, "only that it was looked at");
        }
        let odd = r#"{"version":1,"records":[["ticket","t","v",0.0],["fact","salt","v",0.0],["fact","robots","v",0.0]]}"#;
        let mut own = Memory::default();
        assert_eq!(take_up(&mut own, odd, TODAY), Ok(Outcome::Taken(1)));
        assert_eq!(get(&own, Kind::Fact, "salt"), None);
    }

    /// An import of so many tiny records of two kinds.
    fn tiny(records: usize) -> String {
        let record = |number: usize| {
            let kind = ["next", "page"][number % 2];
            format!(r#"["{kind}","/{number}","",0]"#)
        };
        let records: Vec<String> = (0..records).map(record).collect();
        format!(r#"{{"version":1,"records":[{}]}}"#, records.join(","))
    }

    #[test]
    fn many_records_are_bounded_and_each_kind_is_counted_once() {
        let mut own = Counting::default();
        let Ok(()) = own.put(Kind::Page, "/own", "own", 0.0);
        let Ok(outcome) = take_up(&mut own, &tiny(MAX_IMPORTED), TODAY);
        assert_eq!((outcome, own.counts.get()), (Outcome::Taken(2 * MAX_RECORDS - 1), 2));
        assert_eq!(own.count(Kind::Page), Ok(MAX_RECORDS));
        let mut own = Memory::default();
        let many = tiny(300_000);
        assert!(many.len() <= MAX_BYTES);
        let Ok(Outcome::Unreadable(why)) = take_up(&mut own, &many, TODAY) else { panic!() };
        assert!(why.starts_with("it has more than 24000 records"), "{why}");
        assert_eq!(own.size().0, 1, "only that it was looked at");
    }

    #[test]
    fn an_import_that_ends_its_learner_each_time_is_given_up() {
        let (value, other) = (tiny(2), tiny(3));
        let mut own = Memory::default();
        assert_eq!(begin(&mut own, &other), Ok(None));
        // What it was about to do is undone with it, but for what it has noted before.
        for _ in 0..MAX_ATTEMPTS {
            assert_eq!(begin(&mut own, &value), Ok(None));
        }
        let Ok(Some(Outcome::Unreadable(why))) = begin(&mut own, &value) else { panic!() };
        assert_eq!(why, "it was begun 3 times, and could not be taken up to its end");
        assert_eq!(begin(&mut own, &other), Ok(None), "another one is begun anew");
        assert_eq!(take_up(&mut own, &other, TODAY), Ok(Outcome::Taken(3)));
        assert_eq!(begin(&mut own, &other), Ok(Some(Outcome::Known)));
        assert_eq!(get(&own, Kind::Fact, BEGUN), None);
    }

    #[test]
    fn an_import_is_told_from_what_is_published() {
        assert_eq!(name("site.example/next"), "import/site.example/next");
        assert_eq!(learner("import/site.example/next"), Some("site.example/next"));
        for other in ["site.example/next", "import/next", "import/0", ""] {
            assert_eq!(learner(other), None, "{other}");
        }
    }
}
