//! Limits that several rooms share, because what one writes another has to accept.

/// The longest path that is learned of, in bytes. Pages with longer ones are served and neither counted nor named.
pub const MAX_PATH_BYTES: usize = 512;

/// The most pages in one published snapshot, and the most that a learner remembers.
pub const MAX_PAGES: usize = 1000;

/// The largest value that is published or read back, in bytes: some twenty times what usual pages need. A learner keeps it in one
/// row, which may have two million.
pub const MAX_PUBLISHED_BYTES: usize = 1_900_000;

/// The most hint learners that a site may have.
pub const MAX_LEARNERS: u32 = 256;

/// The most ledgers that a site may have. Each keeps some thousand records, and a ticket leads to one of them.
pub const MAX_LEDGERS: u32 = 4096;

/// The most bytes of a page that are read, whatever `READ_BYTES` says. Third-party origins that matter early stand early.
pub const MAX_READ_BYTES: u32 = 1024 * 1024;

/// How many learners one request calls at the most, how many deferred requests one alarm of a ledger sends, and how often one portion of
/// an erasure asks learners and KV. On the Free plan an invocation may ask others 50 times (Workers, "Limits", subrequests; 10,000
/// times on others), and KV 1,000 times on any (KV, "Limits"); the rest is for the origin, the day's key, KV and robots.txt.
pub const MAX_CALLS: usize = 40;

/// How many visitors are several: so many must have been given a page before its path is stored, and have been shown an origin
/// before it is named to others.
pub const SEVERAL: u32 = 3;

/// How often one visitor has a say, in a day, about the moderate baseline, and how often about everything else that its eagerness
/// depends on.
pub const TOLD_BY_ONE: u16 = 4;
