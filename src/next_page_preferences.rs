//! What a site has configured of its next pages, as its learner asks for it ([`Config::next_page_preferences`]).
//!
//! [`Config::next_page_preferences`]: crate::config::Config::next_page_preferences

use crate::speculation::Action;
use crate::urls::unsafe_urls::UnsafeUrls;

/// See the module's description.
#[derive(Clone, Copy, Debug)]
pub struct NextPagePreferences<'a> {
    /// `MIN_VISITORS`.
    pub min_visitors: u32,
    /// `WASTE_BUDGET`.
    pub waste_budget: f64,
    /// `PRERENDER`: how a page is rendered ahead that is sure enough.
    pub prerender: Option<Action>,
    /// How often is published, in milliseconds: `PUBLISH_SECONDS`.
    pub publish_ms: u64,
    /// URLs that must not be fetched on speculation.
    pub unsafe_urls: &'a UnsafeUrls,
    /// Whether the baseline's eagerness regulates itself.
    pub regulates_eagerness: bool,
}
