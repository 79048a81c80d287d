//! Changes the HTML of pages. Whatever is changed in a page is changed here, and nothing else of it differs by a byte.
//!
//! - [`edit`]: what is changed in a page, as data. A plan has a list of it.
//! - [`rewriter`]: changes a page while it goes by: lol_html reads each chunk and writes it on, up to the last edit.
//! - [`head_place`]: where in its head the elements go that are put in.
//! - [`picture`]: finds the tag of its largest picture.
//! - [`prerender`]: reads a whole page that a browser prerenders before it is answered. Such a page runs its scripts before its
//!   activation, which may never come. Two edits see to it that nothing is counted until then: a script of ours is put in, once,
//!   and analytics that do not wait by themselves are made inert until that script starts them at activation.
//! - [`analytics`]: which scripts and pictures these are.
//! - [`going_on`]: whether a page leads on by itself, so that what is deferred would come too late.
//! - [`splice`]: puts the bytes in, for all of them.
//! - [`markup`]: what the readers share.

use lol_html::HtmlRewriter;

pub mod analytics;
pub mod edit;
pub mod going_on;
mod head_place;
mod markup;
mod picture;
pub mod prerender;
pub mod rewriter;
#[cfg(test)]
mod soup;
mod splice;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

/// Where lol_html writes to.
type Sink<'a> = Box<dyn FnMut(&[u8]) + 'a>;

/// lol_html's parser. It is compiled once for each type of sink, and is large, so that there is one type of them in all of Headstart.
type Parser<'a> = HtmlRewriter<'a, Sink<'a>>;
