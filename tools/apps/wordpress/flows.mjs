// What visitors and an author of the blog do.

async function signIn(visitor, name = "ada") {
  await visitor.go("/wp-login.php");
  await visitor.seen("#user_login");
  await visitor.fill({ "#user_login": name, "#user_pass": "correct horse battery" });
  await visitor.submit("#wp-submit");
  await visitor.note("signed in");
}

/// Reads, points at everything, goes back and forward.
async function browse(visitor) {
  await visitor.go("/");
  await visitor.note("front page");
  await visitor.hoverAll("body", 15);
  await visitor.click("//a[contains(@href, '/tables-part-4/')]");
  await visitor.note("a post");
  await visitor.hoverAll("body", 15);
  await visitor.click("//a[contains(@href, '/category/tables/')]");
  await visitor.note("a category");
  await visitor.hoverAll("body", 15);
  await visitor.click("//a[contains(@href, '/tables-part-1/')]");
  await visitor.note("another post");
  await visitor.back();
  await visitor.note("back at the category");
  await visitor.back();
  await visitor.note("back at the post");
  await visitor.forward();
  await visitor.note("forward to the category");
}

/// Comments without an account, after having pointed at everything, and once more.
async function comment(visitor) {
  await visitor.go("/lamps-part-1/");
  await visitor.note("a post with a comment");
  await visitor.hoverAll("body", 15);
  await visitor.fill({ "#comment": "Well said, says Eve.", "#author": "Eve", "#email": "eve@example.org", "#wp-comment-cookies-consent": true });
  await visitor.submit("#submit");
  await visitor.note("waits for approval");
  await visitor.hoverAll("body", 15);
  await visitor.click("//a[contains(@href, '/category/lamps/')]");
  await visitor.note("the category");
  await visitor.click("//a[contains(@href, '/lamps-part-2/')]");
  await visitor.note("the form knows her");
  await visitor.fill({ "#comment": "And again." });
  await visitor.submit("#submit");
  await visitor.note("a second comment");
}

/// Points at everything in the administration, at what makes a draft and what throws away; nothing of it may happen.
async function administration(visitor) {
  await signIn(visitor);
  await visitor.hoverAll("#adminmenu", 30);
  await visitor.hover("#menu-posts");
  await visitor.hoverAll("#menu-posts", 6);
  await visitor.hoverAll("#wpadminbar", 12);
  await visitor.hoverAll("#wpbody", 15);
  await visitor.click("//div[@id='adminmenu' or @id='adminmenuwrap']//a[@href='edit.php']");
  await visitor.note("all posts");
  await visitor.hover(".page-title-action");
  await visitor.hover("#the-list tr:nth-child(2)");
  await visitor.hoverAll("#the-list tr:nth-child(2)", 10);
  await visitor.note("still all posts");
  await visitor.click("//div[@id='adminmenuwrap']//a[@href='edit-comments.php']");
  await visitor.hover("#the-comment-list tr:first-child");
  await visitor.hoverAll("#the-comment-list tr:first-child", 12);
  await visitor.note("all comments");
  await visitor.hover("#the-comment-list tr:first-child");
  const waiting = "//*[@id='menu-comments']//*[@class='pending-count']";
  const before = await visitor.read(waiting);
  await visitor.press("#the-comment-list tr.unapproved:first-child .approve a");
  await visitor.seen("#the-comment-list tr:first-child:not(.unapproved)");
  // The list changes at once, and how many wait when that has been answered.
  await visitor.seen(`${waiting}[normalize-space() != '${before.trim()}']`);
  await visitor.note("approved");
  await visitor.back();
  await visitor.note("back at the posts");
}

/// Writes a post in the editor, having pointed at everything before, and edits it.
async function write(visitor) {
  await signIn(visitor);
  await visitor.go("/wp-admin/edit.php");
  await visitor.hover(".page-title-action");
  await visitor.click(".page-title-action");
  const title = await visitor.seen(".editor-post-title__input");
  await visitor.press(".editor-post-title__input");
  await visitor.keys(title, "A new lamp");
  await visitor.press(".editor-post-publish-panel__toggle");
  await visitor.seen(".editor-post-publish-panel .editor-post-publish-button:not([aria-disabled=true])");
  await visitor.press(".editor-post-publish-panel .editor-post-publish-button");
  await visitor.seen(".post-publish-panel__postpublish-header a", 20_000);
  await visitor.click(".post-publish-panel__postpublish-header a");
  await visitor.note("the new post");
  await visitor.hoverAll("body", 15);
  await visitor.go("/");
  await visitor.note("the front page has it");
  await visitor.go("/wp-admin/edit.php");
  await visitor.note("and the list");
}

/// A second tab signs out while the first has pages loaded ahead and a comment begun.
async function tabs(visitor) {
  await signIn(visitor, "ben");
  await visitor.go("/category/chairs/");
  await visitor.note("a category, signed in");
  await visitor.hoverAll("body", 15);
  await visitor.click("//a[contains(@href, '/chairs-part-2/')]");
  await visitor.hoverAll("body", 15);
  await visitor.fill({ "#comment": "Begun while signed in." });
  await visitor.tab("second");
  await visitor.go("/wp-admin/profile.php");
  await visitor.fill({ "#description": "Sits." });
  await visitor.submit("#submit");
  await visitor.note("the second tab changes the profile");
  await visitor.hover("#wp-admin-bar-my-account");
  await visitor.click("#wp-admin-bar-logout a");
  await visitor.note("the second tab has signed out");
  await visitor.tab("first");
  await visitor.submit("#submit");
  await visitor.note("the comment of the first tab");
  await visitor.go("/category/chairs/");
  await visitor.note("nobody is signed in");
  await visitor.click("//a[contains(@href, '/chairs-part-3/')]");
  await visitor.note("nor here");
}

/// Points at the sign-out, which must do nothing; then signs out, and goes back.
async function signOut(visitor) {
  await signIn(visitor);
  await visitor.hover("#wp-admin-bar-my-account");
  await visitor.hoverAll("#wp-admin-bar-my-account", 5);
  await visitor.hover("#wp-admin-bar-my-account");
  await visitor.hover("#wp-admin-bar-logout a");
  await visitor.go("/");
  await visitor.note("still signed in");
  await visitor.hover("#wp-admin-bar-my-account");
  await visitor.hover("#wp-admin-bar-logout a");
  await visitor.hover("#wp-admin-bar-my-account");
  await visitor.click("#wp-admin-bar-logout a");
  await visitor.note("signed out");
  await visitor.go("/wp-admin/");
  await visitor.note("a stranger");
  await visitor.go("/");
  await visitor.note("the front page for strangers");
  await visitor.back();
  await visitor.note("back");
}

export default [
  { name: "browse", run: browse },
  { name: "comment", run: comment },
  { name: "administration", run: administration },
  { name: "write", run: write },
  { name: "tabs", run: tabs },
  { name: "sign-out", run: signOut },
];
