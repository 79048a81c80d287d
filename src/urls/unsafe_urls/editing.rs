//! Where something is written or changed: to open such a page locks what it shows, begins a draft, or joins those who edit it.
//! That happens to whoever may do so; to others the same names are lists of what is new.

use super::knowledge::Rule;
use super::words::decoded;
use regex::Regex;
use std::sync::LazyLock;
use url::Url;

/// In this expression `<` stands for the start of a word (words are cut at `/ . _ - ;`), `[[` and `]]` for the start and the end
/// of a path segment or file name, `~` for an optional `-` or `_`.
const PATH: &str = "^(?:/[^/]+)?/(?:wp-admin|admin|administrator|adminpanel|backend|backoffice|typo3|umbraco)(?:/|$)|\
           [[(?:tiki~)?edit(?:~(?:page|post|entry|article|item|form|mode|view|template))?]]|[[(?:page|post|entry|article|item|doc)~edit]]|\
           [[(?:post|page|entry|article|media|user|link|add|create)~new]]|[[(?:add|create)~(?:page|post|entry|article|issue|topic)]]|\
           [[(?:node/add|resumedraft)]]|\
           /(?:issue|post|article|page|topic|ticket|task|project|user|comment|document|event|note|message|thread|question|invoice|\
           customer|contact|mail|repo|recipe|review|album|address|booking|reservation|listing|job|report|tag|board|card|\
           discussion|snippet|release|milestone|merge_request|pull|entrie|repositorie|categorie|storie|\
           mail/u/[0-9])(?:e?s)?/(?:new|create|compose|add)/?$";

/// The same for each parameter, as `name=value`.
const PARAMETER: &str = "^(?:action|do|act|cmd|task|mode|veaction|view|op|page|layout)=(?:[^=]*<)?(?:edit|editpost|create|compose|elementor)$|\
                ^(?:fl_builder|et_fb|vc_action|vc_editable|elementor-preview)(?:=|$)";

/// The rule by which a URL is a page on which something is written.
#[must_use]
pub fn rule(url: &Url) -> Option<Rule> {
    // A test compiles both, so that none is ever left out.
    static EXPRESSIONS: LazyLock<Option<(Regex, Regex)>> =
        LazyLock::new(|| Some((expand(PATH).ok()?, expand(PARAMETER).ok()?)));
    let (path, parameter) = EXPRESSIONS.as_ref()?;
    let is_editing = path.is_match(&decoded(url.path()).to_lowercase())
        || url
            .query_pairs()
            .any(|(name, value)| parameter.is_match(&format!("{name}={value}").to_lowercase()));
    is_editing.then_some("editing")
}

/// Writes the shorthands out.
fn expand(expression: &str) -> Result<Regex, regex::Error> {
    let expression = expression
        .replace("[[", r"(?:^|/)")
        .replace("]]", r"(?:$|[/.;])")
        .replace('<', r"(?:^|[/._;-])")
        .replace('~', "[-_]?");
    Regex::new(&expression)
}

#[cfg(test)]
mod tests {
    use super::super::{UnsafeUrls, UrlGlob};
    use super::*;

    #[test]
    fn both_expressions_compile() {
        assert!(expand(PATH).is_ok() && expand(PARAMETER).is_ok());
    }

    #[test]
    fn pages_on_which_something_is_written_are_told_from_lists_of_what_is_new() {
        let urls = UnsafeUrls::new(Vec::new(), vec![UrlGlob::parse("/help/*").unwrap()]);
        let rule = |url: &str| {
            urls.rule_for_editors(&Url::parse("https://shop.example").unwrap().join(url).unwrap())
        };
        for url in [
            "/issues/7/edit",
            "/issues/7/edit/",
            "/projects/alpha/issues/new",
            "/wp-admin/post-new.php",
            "/wp-admin/post-new.php?post_type=page",
            "/wp-admin/post.php?post=7&action=edit",
            "/wp-admin/customize.php?url=x",
            "/admin/pages/60/edit/",
            "/admin/pages/add/blog/post/3/",
            "/admin/shop/product/add/",
            "/wiki/index.php?title=A&action=edit",
            "/wiki/A?veaction=edit",
            "/doku.php?id=start&do=edit",
            "/index.php?option=com_content&task=article.edit&a_id=7",
            "/pages/editpage.action?pageId=7",
            "/node/add/article",
            "/mail/u/0/compose",
            "/wp-admin/theme-editor.php",
            "/blog/wp-admin/",
            "/administrator/index.php?option=com_content",
            "/articles/new",
            "/x/addresses/add/",
            "/post.php?post=7&action=elementor",
            "/sample-page/?fl_builder",
            "/?et_fb=1&PageSpeed=off",
            "/pages/resumedraft.action?draftId=7",
        ] {
            assert_eq!(rule(url), Some("editing"), "{url}");
        }
        for url in [
            "/",
            "/new",
            "/collections/new",
            "/women/new/",
            "/docs/getting-started/create",
            "/a?view=new",
            "/administration-of-estates",
            "/guides/a/admin",
            "/editorial",
            "/news/7",
            "/credits",
            "/help/pages/new",
            "/edition/7",
            "/a?mode=newest",
            "/a?view=news",
        ] {
            assert_eq!(rule(url), None, "{url}");
        }
    }
}
