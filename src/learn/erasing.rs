//! The way of an erasure through a site's learners and through the keys of KV, in portions.
//!
//! A site may have had hundreds of learners, and a namespace any number of keys that could be those of other sites' learners, while
//! the platform bounds how often one invocation asks others. So an order goes on from a [`Position`], asks
//! [`MAX_CALLS`] times at the most, and says at which position the next portion is to begin. What is given up in between leaves no
//! harm: what was passed is erased, and an order may be carried out twice.
//!
//! First come the learners of the site that is asked, all that it may ever have had. What those that it has now have published, or would
//! find imported, is removed by its name. A list that KV gives may lack what was written within a minute, so it serves for what is left
//! of former learners alone: these have been many at the most, and mostly none, while the Free plan lets a thousand values be removed a
//! day. What a present one has published meanwhile is what it has learned since.
//!
//! Then, where all sites are meant, come the keys of KV in their order: what stands under one that is called like a learner's is read,
//! and where Headstart has written it, the learners of its site forget, and then that key is removed. It is removed last: so a portion
//! that ends before finds the site again.

use super::import;
use crate::hash::fnv1a;
use crate::json;
use crate::limits::{MAX_CALLS, MAX_LEARNERS};
use crate::published::hint_snapshot::{learner_name, learner_names};
use crate::published::names::site_of_learner;
use crate::published::next_page_snapshot::next_page_learner_name;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Of the calls that are left, what part reads keys ahead: one that is read and not come to is read again by the next portion.
const READ_AHEAD: usize = 4;

/// How much is erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Something that the site's learners know among other things: a page, or an origin.
    Part,
    /// All of the site.
    Site,
    /// All of each site.
    All,
}

/// How far an erasure has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The hash of the order that has come here.
    of: u64,
    /// The site whose learners are called; empty for the one that is asked.
    site: String,
    /// How many of its learners were called.
    called: usize,
    /// How many lists of keys are done with.
    lists: usize,
    /// From where on KV lists the keys of the next one, as it has said itself.
    cursor: Option<String>,
    /// The last of the keys listed from there that was looked at.
    after: String,
    /// How many values of other sites were removed.
    removed: usize,
}

impl Position {
    /// Reads what [`token`](Self::token) has written.
    #[must_use]
    pub fn read(token: &str) -> Option<Self> {
        let decoded = URL_SAFE_NO_PAD.decode(token).ok()?;
        json::read(str::from_utf8(&decoded).ok()?).ok()
    }

    /// The position where this order is, which is said in words of its own; `None` where another one has come there. Whoever passes
    /// over what another order has erased would leave it.
    #[must_use]
    pub fn of(mut self, order: &str) -> Option<Self> {
        let of = fnv1a(order.as_bytes());
        if self.is_start() {
            self.of = of;
        }
        (self.of == of).then_some(self)
    }

    /// The position as a text that may stand in URLs and on command lines as it is.
    #[must_use]
    pub fn token(&self) -> String {
        // A position is always written.
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    /// Whether an order begins here.
    #[must_use]
    pub fn is_start(&self) -> bool {
        *self == Self::default()
    }

    /// How far that is, for people.
    #[must_use]
    pub fn said(&self) -> String {
        if self.site.is_empty() && self.lists == 0 && self.cursor.is_none() && self.after.is_empty() {
            format!("{} of the site's {} learners", self.called, MAX_LEARNERS + 1)
        } else {
            format!("all of the site; values of other sites: {}", self.removed)
        }
    }
}

/// What an erasure does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Has these learners forget.
    Forget {
        /// What they are called.
        learners: Vec<String>,
        /// Whether what is imported for them is removed before, and what they have published after.
        removes: bool,
    },
    /// Lists keys of KV, to be told by [`Way::listed`].
    List {
        /// What the keys begin with.
        prefix: String,
        /// From where on, as KV has said.
        cursor: Option<String>,
    },
    /// Reads what stands under these keys, to be told by [`Way::read`].
    Read(Vec<String>),
    /// Has a learner forget, if it is named, and removes this key.
    Remove {
        /// What the learner is called.
        learner: Option<String>,
        /// The key.
        key: String,
    },
    /// Ends the portion. The next one goes on from here.
    Pause(Position),
    /// Nothing is left to be done. So many values of other sites were removed.
    End(usize),
}

/// What KV has listed.
#[derive(Default)]
enum List {
    /// Nothing yet.
    #[default]
    Unknown,
    /// Keys, and from where on there are more.
    GoesOn(String),
    /// The last ones.
    Last,
}

/// See the module's description.
pub struct Way<'a> {
    /// The site that is asked.
    site: &'a str,
    /// How many learners sites have now.
    shards: u32,
    extent: Extent,
    position: Position,
    calls_left: usize,
    /// What KV has listed from the position's place on.
    list: List,
    /// The keys listed that have to be read.
    listed: VecDeque<String>,
    /// The keys that were read, and whether Headstart has written what is there.
    read: VecDeque<(String, bool)>,
}

impl<'a> Way<'a> {
    /// A portion of an order to `site`, from a position on.
    #[must_use]
    pub fn new(site: &'a str, shards: u32, extent: Extent, position: Position) -> Self {
        Self {
            site,
            shards,
            extent,
            position,
            calls_left: MAX_CALLS,
            list: List::Unknown,
            listed: VecDeque::new(),
            read: VecDeque::new(),
        }
    }

    /// What is to be done now. It counts as done once it is asked what comes next.
    pub fn next_step(&mut self) -> Step {
        loop {
            if let Some(step) = self.next_learners() {
                return step;
            }
            let Some(prefix) = self.prefix() else { return Step::End(self.position.removed) };
            if let Some((key, is_ours)) = self.read.front() {
                let of = of_learner(key).filter(|_| *is_ours);
                let Some((name, site)) = of.map(|(name, site)| (name.to_owned(), site.to_owned())) else {
                    self.pass();
                    continue;
                };
                if site != self.site && site != self.position.site {
                    (self.position.site, self.position.called) = (site, 0);
                    continue;
                }
                return self.remove(name, &site);
            }
            if let Some(step) = self.next_keys(prefix) {
                return step;
            }
        }
    }

    /// What the keys of the list at hand begin with; `None` where no list is left.
    fn prefix(&self) -> Option<String> {
        let published = format!("{}/", self.site);
        let lists = [import::name(&published), published, String::new()];
        let number = match self.extent {
            Extent::Part => 0,
            Extent::Site => 2,
            Extent::All => 3,
        };
        lists.into_iter().take(number).nth(self.position.lists)
    }

    /// The next learners of the site at hand.
    fn next_learners(&mut self) -> Option<Step> {
        let is_asked = self.position.site.is_empty();
        let names = if is_asked {
            all_learners(self.site)
        } else {
            present_learners(&self.position.site, self.shards)
        };
        let left = names.get(self.position.called..).filter(|left| !left.is_empty())?;
        let present = present_learners(self.site, self.shards).len();
        let removes = is_asked && self.extent != Extent::Part && self.position.called < present;
        let calls = if removes { 3 } else { 1 };
        let alike = if removes { present - self.position.called } else { left.len() };
        let learners: Vec<String> = left.iter().take(alike.min(self.calls_left / calls)).cloned().collect();
        if learners.is_empty() {
            return Some(Step::Pause(self.position.clone()));
        }
        self.calls_left -= calls * learners.len();
        self.position.called += learners.len();
        Some(Step::Forget { learners, removes })
    }

    /// Removes the key at hand, once the learners of its site have forgotten; its own may be one that the site has no longer. Of the
    /// site that is asked all have.
    fn remove(&mut self, name: String, site: &str) -> Step {
        let is_other = site != self.site;
        let learner =
            Some(name).filter(|name| is_other && !present_learners(site, self.shards).contains(name));
        let calls = if learner.is_some() { 2 } else { 1 };
        let Some(calls_left) = self.calls_left.checked_sub(calls) else {
            return Step::Pause(self.position.clone());
        };
        self.calls_left = calls_left;
        self.position.removed += usize::from(is_other);
        let key = self.pass();
        Step::Remove { learner, key }
    }

    /// Has done with the key at hand.
    fn pass(&mut self) -> String {
        let key = self.read.pop_front().map(|(key, _)| key).unwrap_or_default();
        self.position.after.clone_from(&key);
        key
    }

    /// Gets more keys. `None` where the list goes on elsewhere, or has come to its end.
    fn next_keys(&mut self, prefix: String) -> Option<Step> {
        if self.listed.is_empty() {
            match std::mem::take(&mut self.list) {
                List::Unknown => {}
                List::Last => return self.go_on(self.position.lists + 1, None),
                List::GoesOn(cursor) => return self.go_on(self.position.lists, Some(cursor)),
            }
        }
        let Some(others) = self.calls_left.checked_sub(1) else {
            return Some(Step::Pause(self.position.clone()));
        };
        if self.listed.is_empty() {
            self.calls_left = others;
            return Some(Step::List { prefix, cursor: self.position.cursor.clone() });
        }
        let number = (self.calls_left / READ_AHEAD).max(1).min(self.listed.len());
        self.calls_left -= number;
        Some(Step::Read(self.listed.drain(..number).collect()))
    }

    /// Goes on behind so many lists, from a cursor on. There is no step in that.
    fn go_on(&mut self, lists: usize, cursor: Option<String>) -> Option<Step> {
        (self.position.lists, self.position.cursor) = (lists, cursor);
        self.position.after.clear();
        None
    }

    /// KV has listed these keys, and where the list goes on.
    pub fn listed(&mut self, keys: Vec<String>, next: Option<String>) {
        let is_of_asked = self.prefix().is_some_and(|prefix| !prefix.is_empty());
        let present = present_learners(self.site, self.shards);
        let is_wanted = |key: &String| {
            let Some((name, site)) = of_learner(key).filter(|_| *key > self.position.after) else {
                return false;
            };
            if is_of_asked {
                site == self.site && !present.iter().any(|learner| learner == name)
            } else {
                site != self.site
            }
        };
        self.listed = keys.into_iter().filter(is_wanted).collect();
        self.list = next.map_or(List::Last, List::GoesOn);
    }

    /// A key was read: whether Headstart has written what stands there.
    pub fn read(&mut self, key: String, is_ours: bool) {
        self.read.push_back((key, is_ours));
    }
}

/// The learner of whose a key of KV would be, by its name: where it would publish, or find an import; with its site.
fn of_learner(key: &str) -> Option<(&str, &str)> {
    let name = import::learner(key).unwrap_or(key);
    site_of_learner(name).map(|site| (name, site))
}

/// The learners that a site may ever have had, the present ones first: the number of them may have been another one once.
fn all_learners(site: &str) -> Vec<String> {
    std::iter::once(next_page_learner_name(site)).chain(learner_names(site)).collect()
}

/// The learners that a site has now. What there is of former ones, KV lists.
fn present_learners(site: &str, shards: u32) -> Vec<String> {
    let of_hints = (0..shards).map(|shard| learner_name(site, shard));
    std::iter::once(next_page_learner_name(site)).chain(of_hints).collect()
}

#[cfg(test)]
mod tests;
