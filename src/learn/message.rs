//! What a learner is asked for, by the path of the request.
//!
//! Two versions of Headstart may talk to each other while one takes the place of the other, so the paths stay.

use super::names::NameKey;
use super::next::navigation_batch::NavigationBatch;
use super::observation::Batch;
use crate::hints::Origin;
use crate::json;
use serde::{Deserialize, Serialize};

/// Where a hint learner takes a [`Batch`] in, as JSON.
pub const OBSERVATIONS: &str = "/observations";

/// Where a next-page learner takes a [`NavigationBatch`] in, as JSON.
pub const NAVIGATIONS: &str = "/travels";

/// Where the keeper of the day's key gives it. Nothing has to be sent there.
pub const SALT: &str = "/salt";

/// Where the hint learner that asks third parties for a site gives what a stylesheet has a browser fetch: a [`WantedSheet`], as JSON.
pub const SHEET: &str = "/sheet";

/// Where a learner forgets what an [`Erasure`] says, as JSON.
pub const ERASE: &str = "/erase";

/// Where a learner says what the report shows of it: [`Figures`](super::figures::Figures), as JSON. Nothing has to be sent there.
pub const FIGURES: &str = "/figures";

/// The largest batch that is read, in bytes.
pub const MAX_BATCH_BYTES: usize = 4 * 1024 * 1024;

/// What a learner is to take in.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// For a hint learner.
    Observations(Batch),
    /// For a next-page learner.
    Navigations(NavigationBatch),
    /// For both.
    Erasure(Erasure),
    /// For the hint learner of this site that asks third parties.
    Sheet(WantedSheet),
}

impl Message {
    /// How many records a learner changes for it, at most; `None` where it is no batch.
    #[must_use]
    pub fn records(&self) -> Option<usize> {
        match self {
            Self::Observations(batch) => Some(batch.records()),
            Self::Navigations(batch) => Some(batch.records()),
            Self::Erasure(_) | Self::Sheet(_) => None,
        }
    }
}

/// A third party's stylesheet that a learner wants to know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WantedSheet {
    /// The site whose pages use it.
    pub site: String,
    /// Its [`name`](super::third_party_sheet::name).
    pub name: String,
}

/// What a learner is to forget.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    /// The page at this path; `None` for all that it knows. Where an origin is named, it is one that no page has: a version that
    /// knows of no origins must not forget all.
    pub path: Option<String>,
    /// This origin, wherever pages name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// The key by which the path may be hidden.
    #[serde(default)]
    pub names: NameKey,
    /// What the learner itself is called, which cannot know it before it has learned anything. An older version says nothing.
    #[serde(default)]
    pub learner: String,
}

/// Why nothing is taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The status of the answer.
    pub status: u16,
    /// What is wrong, in words.
    pub message: String,
}

/// Reads what was sent to a path.
///
/// # Errors
/// 413 where the body is too large to be read, and 400 where the path takes nothing in, or the body is not what it takes in.
pub fn read(path: &str, body: &str) -> Result<Message, Rejection> {
    if body.len() > MAX_BATCH_BYTES {
        return Err(Rejection { status: 413, message: "batch too large".to_owned() });
    }
    match path {
        OBSERVATIONS => batch(body).map(Message::Observations),
        NAVIGATIONS => batch(body).map(Message::Navigations),
        ERASE => batch(body).map(Message::Erasure),
        SHEET => batch(body).map(Message::Sheet),
        _ => Err(Rejection { status: 400, message: "nothing is taken in here".to_owned() }),
    }
}

fn batch<'a, T: Deserialize<'a>>(body: &'a str) -> Result<T, Rejection> {
    json::read(body).map_err(|error| Rejection { status: 400, message: format!("not a batch: {error}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rejected(path: &str, body: &str) -> u16 {
        read(path, body).unwrap_err().status
    }

    #[test]
    fn each_path_takes_its_own_batch_in() {
        let batch = Batch { site: "https://shop.example".to_owned(), shard: 3, ..Batch::default() };
        let body = serde_json::to_string(&batch).unwrap();
        assert_eq!(read("/observations", &body), Ok(Message::Observations(batch)));
        let batch = NavigationBatch { site: "https://shop.example".to_owned(), ..NavigationBatch::default() };
        let body = serde_json::to_string(&batch).unwrap();
        assert_eq!(read("/travels", &body), Ok(Message::Navigations(batch)));
        let erasure = Erasure { path: Some("/a".to_owned()), ..Erasure::default() };
        let body = serde_json::to_string(&erasure).unwrap();
        assert_eq!(read("/erase", &body), Ok(Message::Erasure(erasure)));
        let wanted = WantedSheet { name: "https://cdn.example/a.css".to_owned(), ..WantedSheet::default() };
        let body = serde_json::to_string(&wanted).unwrap();
        assert_eq!(read("/sheet", &body), Ok(Message::Sheet(wanted)));
    }

    #[test]
    fn what_is_no_batch_is_refused_and_so_is_any_other_path() {
        let body = serde_json::to_string(&Batch::default()).unwrap();
        for path in ["", "/", "/observations/", "/Observations", "/salt", "/observation"] {
            let expected = Rejection { status: 400, message: "nothing is taken in here".to_owned() };
            assert_eq!(read(path, &body), Err(expected), "{path}");
        }
        for body in ["", "null", "[1]", "{"] {
            assert_eq!(rejected(OBSERVATIONS, body), 400, "{body}");
            assert_eq!(rejected(NAVIGATIONS, body), 400, "{body}");
        }
        assert!(read(OBSERVATIONS, "{").unwrap_err().message.starts_with("not a batch: "));
    }

    #[test]
    fn what_is_too_large_is_not_read() {
        let large = " ".repeat(MAX_BATCH_BYTES + 1);
        let expected = Rejection { status: 413, message: "batch too large".to_owned() };
        assert_eq!(read(OBSERVATIONS, &large), Err(expected));
        assert_eq!(rejected("/", &large), 413);
        assert_eq!(rejected(OBSERVATIONS, large.get(1..).unwrap()), 400, "it is read, and is none");
    }
}
