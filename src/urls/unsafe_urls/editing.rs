//! Where something is written or changed: to open such a page locks what it shows, begins a draft, or joins those who edit it.
//! That happens to whoever may do so; to others the same names are lists of what is new.

use super::knowledge::Rule;
use super::words::decoded;
use crate::urls::parameters;
use url::Url;

/// What stands above everything that only those see who run a site.
const ADMIN: &str = "wp-admin admin administrator adminpanel backend backoffice typo3 umbraco";

/// What is named by a segment, whatever that says: somebody called `admin`, what has it as a tag, or is about it.
const NAMING: &str =
    "users u author authors members people orgs tag tags category categories topics docs help search wiki";

/// What is edited, as in `edit-page`.
const EDITED: &str = "page post entry article item form mode view template section";

/// What stands before a name, and behind it, where that names a view of a page: `_edit`, `@@edit`, `+edit`.
const MARKS: [char; 3] = ['_', '@', '+'];

/// Other names of two words, which are joined by `-`, by `_` or by nothing: one of the first, then one of the second.
const NAMES: [(&str, &str); 3] = [
    ("page post entry article item doc", "edit"),
    ("post page entry article media user link add create", "new"),
    ("add create", "page post entry article issue topic"),
];

/// What is made below its own list, as in `issues/new`. Some are what is left of a plural in front of its `s`.
const LISTED: &str = "issue post article page topic ticket task project user comment document event note message thread \
    question invoice customer contact mail repo recipe review album address booking reservation listing job report tag \
    board card discussion snippet release milestone merge_request pull entrie repositorie categorie storie";

/// What stands below the list then.
const MAKING: &str = "new create compose add";

/// Parameters that say what is to be done.
const DOING: &str = "action do act cmd task mode veaction view op page layout";

/// What they say where something is written, by itself or as the last word.
const WRITING: &str = "edit editpost create compose elementor";

/// Parameters that open an editor, whatever their value is.
const BUILDERS: &str = "fl_builder et_fb vc_action vc_editable elementor-preview";

/// What stands between the words of a value.
const BORDERS: [char; 5] = ['/', '.', '_', ';', '-'];

/// The rule by which a URL is a page on which something is written.
#[must_use]
pub fn rule(url: &Url) -> Option<Rule> {
    let is_editing = is_path(&decoded(url.path()).to_lowercase())
        || parameters::pairs(url)
            .any(|(name, value)| is_parameter(&name.to_lowercase(), &value.to_lowercase()));
    is_editing.then_some("editing")
}

fn is_path(path: &str) -> bool {
    let segments: Vec<&str> = path.strip_prefix('/').unwrap_or(path).split('/').collect();
    is_admin(&segments)
        || is_made(&segments)
        || adds_node(&segments)
        || segments.iter().any(|segment| is_editor(without_ending(segment).trim_matches(MARKS)))
}

/// `admin/…` and `blog/wp-admin/…`; but not `users/admin`.
fn is_admin(segments: &[&str]) -> bool {
    match segments {
        [first, ..] if is_one_of(ADMIN, first) => true,
        [first, second, ..] => {
            let is_name = *second == "admin" && is_one_of(NAMING, first);
            !first.is_empty() && !is_name && is_one_of(ADMIN, second)
        }
        _ => false,
    }
}

/// `issues/new`, `addresses/add/` and `mail/u/0/compose`.
fn is_made(segments: &[&str]) -> bool {
    let segments = segments.strip_suffix(&[""]).unwrap_or(segments);
    let [above @ .., things, last] = segments else { return false };
    let is_mailbox = above.ends_with(&["mail", "u"]) && matches!(things.as_bytes(), [b'0'..=b'9']);
    let singular = |ending| things.strip_suffix(ending).is_some_and(|one| is_one_of(LISTED, one));
    is_one_of(MAKING, last.trim_matches(MARKS)) && (is_mailbox || ["", "s", "es"].into_iter().any(singular))
}

/// `node/add`.
fn adds_node(segments: &[&str]) -> bool {
    segments.windows(2).any(|two| matches!(two, ["node", below] if without_ending(below) == "add"))
}

/// `edit`, `tiki-editpage`, `post-new`, `resumedraft`.
fn is_editor(name: &str) -> bool {
    let is_edit = |name: &str| name == "edit" || is_joined(name, "edit", EDITED);
    is_edit(name)
        || name.strip_prefix("tiki").is_some_and(|rest| is_edit(behind_joint(rest)))
        || NAMES.iter().any(|(first, second)| is_joined(name, first, second))
        || name == "resumedraft"
}

fn is_parameter(name: &str, value: &str) -> bool {
    let says_so =
        || !value.contains('=') && value.rsplit(BORDERS).next().is_some_and(|last| is_one_of(WRITING, last));
    is_one_of(BUILDERS, name) || (is_one_of(DOING, name.trim_start_matches('_')) && says_so())
}

/// Whether a name is one of the first words and then one of the second ones.
fn is_joined(name: &str, first: &str, second: &str) -> bool {
    let mut behind_first = first.split(' ').filter_map(|word| name.strip_prefix(word));
    behind_first.any(|rest| is_one_of(second, behind_joint(rest)))
}

fn behind_joint(rest: &str) -> &str {
    rest.strip_prefix(['-', '_']).unwrap_or(rest)
}

/// A segment without what stands behind a file's name: `edit.php`, `edit;jsessionid=1`.
fn without_ending(segment: &str) -> &str {
    segment.split(['.', ';']).next().unwrap_or_default()
}

fn is_one_of(words: &str, word: &str) -> bool {
    words.split(' ').any(|one| one == word)
}

#[cfg(test)]
mod tests {
    use super::super::{UnsafeUrls, UrlGlob};
    use super::*;

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
            "/index.pl?Action=edit;ID=4",
            "/mail/?_task=mail&_action=compose",
            "/index.php?option=com_content&task=article.edit&a_id=7",
            "/pages/editpage.action?pageId=7",
            "/node/add/article",
            "/mail/u/0/compose",
            "/wp-admin/theme-editor.php",
            "/blog/wp-admin/",
            "/forum/admin/",
            "/users/admin/edit",
            "/docs/wp-admin/",
            "/administrator/index.php?option=com_content",
            "/articles/new",
            "/x/addresses/add/",
            "/post.php?post=7&action=elementor",
            "/sample-page/?fl_builder",
            "/?et_fb=1&PageSpeed=off",
            "/pages/resumedraft.action?draftId=7",
            "/tiki-editpage.php?page=A",
            "/tikiedit",
            "/posts/7/edit;jsessionid=1",
            "/page_edit/7",
            "/add-issue",
            "/node/add",
            "/categories/new",
            "/mail/u/0/compose/",
            "/%61dmin/x",
            "/Admin",
            "/a?task=article.edit",
            "/lamps/_edit/",
            "/lamps/@@edit",
            "/lamps/_plugin/editsection/header/second/",
            "/issues/+create",
        ] {
            assert_eq!(rule(url), Some("editing"), "{url}");
        }
        for url in [
            "/",
            "/users/admin/",
            "/author/admin/page/2/",
            "/tag/admin/",
            "/docs/admin/install",
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
            "/lamps/_editors/",
            "/a?mode=newest",
            "/a?view=news",
            "/a/b/admin/x",
            "/edit--page",
            "/tiki-page-edit",
            "/node/added",
            "/mail/u/10/compose",
            "/issues/new/7",
            "/issuesses/new",
            "/a?task=edit.article",
            "/a?task=x=edit",
            "/a?xaction=edit",
        ] {
            assert_eq!(rule(url), None, "{url}");
        }
    }
}
