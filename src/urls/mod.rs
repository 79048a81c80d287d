//! What can be decided from a URL alone, before anything is fetched.
//!
//! - [`asset`]: parts of pages: which may be told to everybody, and which are the same after another build.
//! - [`unsafe_urls`]: URLs whose `GET` does something.
//! - [`page_data`]: what routers fetch in place of a page.
//! - [`inert_parameters`]: query parameters that change nothing about a page.
//! - [`parameters`]: the parameters of a query, whatever stands between them.
//! - [`private_path`]: paths that look like a token or an address, and are never published.
//! - [`robots`]: what a site's `robots.txt` keeps robots from, and is not published either.
//! - [`files`]: files that are no pages.
//! - [`hosts`]: whether two URLs are of one site.
//! - [`public_host`]: whether a URL leads to a server that anybody may ask.
//! - [`routine`]: where pages send requests by themselves.
//! - [`route_templates`]: what paths that look alike have in common.
//! - [`spelling`]: whether two URLs are of the same page, written in two ways.
//! - [`path_class`]: what kind of page a path leads to, for logs.
//! - [`pattern`]: text in the syntax of the URL Pattern standard.

pub mod asset;
pub mod files;
pub mod hosts;
pub mod inert_parameters;
pub mod page_data;
pub mod parameters;
pub mod path_class;
pub mod pattern;
pub mod private_path;
pub mod public_host;
pub mod robots;
pub mod route_templates;
pub mod routine;
pub mod spelling;
pub mod unsafe_urls;

use url::Url;

/// The path and query of a URL, by which stylesheets and redirects are known.
#[must_use]
pub fn path_and_query(url: &Url) -> String {
    url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()))
}
