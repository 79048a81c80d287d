//! What an answer shows of its URL that no page of the site would.

/// See the module's description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// It leads to another site.
    LeavesSite {
        /// Whether the visitor has a session: others may be led elsewhere, to sign in say.
        has_session: bool,
    },
    /// It is saved as a file (`Content-Disposition: attachment`).
    Download,
    /// It is nothing that a browser shows as a page: a document, an archive, data, a picture; or it is empty (204).
    NoPage,
    /// It leads back to the page from which it is asked for.
    LeadsBack {
        /// What tells that page ([`fnv1a`](crate::hash::fnv1a) of its path).
        from: u64,
        /// Whether the URL itself names that page (`?next=/item/5`): then it does so wherever the visitor comes from.
        is_named: bool,
    },
}

impl Shown {
    /// What it is called in refusals.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LeavesSite { .. } => "leaves-site",
            Self::Download => "download",
            Self::NoPage => "no-page",
            Self::LeadsBack { .. } => "redirects-back",
        }
    }

    /// Whether it speaks against asking for a page alone: the same may be fetched ahead as the file that it is.
    #[must_use]
    pub fn is_of_files(self) -> bool {
        matches!(self, Self::Download | Self::NoPage)
    }
}
