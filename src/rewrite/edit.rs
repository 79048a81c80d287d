//! What is changed in a page's HTML, as data.

use crate::csp::Policies;
use url::Url;

/// One change of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HtmlEdit {
    /// Puts whole elements into the head, before those that are there: in ASCII, and such as may stand in a `<head>`.
    IntoHead(String),
    /// Has the browser fetch the page's largest picture early.
    HurryPicture(LargestPicture),
}

/// The `<img>` that is a page's largest contentful paint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LargestPicture {
    /// The URL of the page, against which URLs in it are resolved where it has no `<base>`.
    pub page: Url,
    /// The policies of its header, which may forbid a `<base>`.
    pub policies: Box<Policies>,
    /// The URL of the picture's `src`, resolved, as `HTMLImageElement.src` gives it.
    pub src: Url,
    /// Its [form](crate::picture_form::form). The first `<img>` with both is meant: others with the `src` have other candidates, so that
    /// a browser fetches something else for them.
    pub form: u64,
}
