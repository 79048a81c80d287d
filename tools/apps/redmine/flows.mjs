// What visitors of Redmine do.

/// The password of everybody who has an account.
export const PASSWORD = "stand-alone-98";

/// A filter: only what is wished for.
const FEATURES = "set_filter=1&f[]=tracker_id&op[tracker_id]==&v[tracker_id][]=2";

const MENU = "#main-menu";

async function signIn(visitor, login = "visitor") {
  await visitor.go("/projects/orchard");
  await visitor.hoverAll(MENU, 8);
  await visitor.click("#account a.login");
  await visitor.hoverAll("#top-menu", 6);
  await visitor.fill({ "#username": login, "#password": PASSWORD });
  await visitor.submit("#login-submit");
  await visitor.note(`signed in as ${login}, where they came from`);
}

async function browse(visitor) {
  await visitor.go("/");
  await visitor.note("home");
  await visitor.hoverAll("body", 20);
  await visitor.go("/projects");
  await visitor.hoverAll("body", 20);
  await visitor.click("a.project[href='/projects/orchard']");
  await visitor.note("a project");
  await visitor.hoverAll("body", 20);
  // The wiki last: a tip that other pages show for a link stays in their text, and to that page the visitor goes back.
  for (const name of ["activity", "issues", "calendar", "gantt", "news", "boards", "files", "wiki"]) {
    await visitor.click(`#main-menu a.${name}`);
    await visitor.note(name);
    await visitor.hoverAll("#content", 8);
  }
  await visitor.back();
  await visitor.note("back");
  await visitor.forward();
  await visitor.note("forward");
  await visitor.go("/issues/1");
  await visitor.note("an issue");
  await visitor.hoverAll("body", 20);
  await visitor.go("/projects/kitchen?jump=wiki");
  await visitor.note("a jump to a wiki");
  await visitor.hoverAll("body", 20);
}

async function issue(visitor) {
  await signIn(visitor);
  await visitor.go("/projects/orchard/issues");
  await visitor.hoverAll("body", 20);
  await visitor.click("#content .new-issue");
  // A form is open: what is fetched ahead must not make its token useless.
  await visitor.hoverAll(MENU, 10);
  await visitor.hover("#account a.logout");
  await visitor.fill({ "#issue_subject": "Prune the trees", "#issue_description": "Before the frost." });
  await visitor.submit("#issue-form > input[name=commit]");
  await visitor.note("an issue was created");
  await visitor.hoverAll("body", 20);
  await visitor.go("/issues/2");
  await visitor.hoverAll(MENU, 10);
  await visitor.press("#content .contextual a.icon-edit");
  await visitor.hoverAll(MENU, 10);
  await visitor.fill({ "#issue_notes": "Which ones?" });
  await visitor.submit("#issue-form > input[name=commit]");
  await visitor.note("a comment was added");
  await visitor.back();
  await visitor.note("back at the issue");
  await visitor.go("/issues/2");
  await visitor.note("the issue as it is now");
}

/// Redmine keeps the filter in a cookie with the whole session: an answer that is late has the session of before.
async function filter(visitor) {
  await signIn(visitor);
  await visitor.go("/projects/orchard/issues");
  await visitor.note("all issues");
  await visitor.slowly("/projects/orchard/activity", async () => {
    await visitor.hover(`${MENU} a.activity`);
    await visitor.tab("second");
    await visitor.go(`/projects/orchard/issues?${FEATURES}`);
    await visitor.note("filtered");
  });
  await visitor.tab("first");
  await visitor.go("/projects/orchard/issues");
  await visitor.note("filtered still");
  await visitor.hoverAll("#project-jump", 4);
  await visitor.go("/projects/orchard/issues");
  await visitor.note("filtered still, after a look at the menu");
}

/// Redmine keeps one filter for all projects: to look at another project's issues forgets it. A hover must not.
async function elsewhere(visitor) {
  await signIn(visitor);
  await visitor.go("/projects/orchard/wiki/Tools/edit");
  await visitor.fill({ "#content_text": "In the kitchen they have [other issues](/projects/kitchen/issues)." });
  await visitor.submit("#wiki_form input[name=commit]");
  await visitor.note("a link to another project");
  await visitor.go(`/projects/orchard/issues?${FEATURES}`);
  await visitor.go("/projects/orchard/wiki/Tools");
  await visitor.hover("#content a[href='/projects/kitchen/issues']");
  await visitor.go("/projects/orchard/issues");
  await visitor.note("filtered after a hover over other issues");
  await visitor.go("/projects/orchard/wiki/Tools");
  await visitor.click("#content a[href='/projects/kitchen/issues']");
  await visitor.go("/projects/orchard/issues");
  await visitor.note("not filtered after a look at other issues");
}

/// Files count how often they are fetched, and the projects that somebody has looked at last stand in a menu.
async function counted(visitor) {
  await signIn(visitor);
  await visitor.go("/projects/orchard/files");
  await visitor.hoverAll("#content", 8);
  await visitor.hover("#content a[href^='/attachments/download/']");
  await visitor.go("/projects/orchard/files");
  await visitor.note("nothing was fetched still");
  await visitor.go("/projects/kitchen");
  await visitor.go("/projects");
  await visitor.hover("a.project[href='/projects/orchard']");
  await visitor.go("/my/page");
  await visitor.press("#project-jump .drdn-trigger");
  await visitor.note("the projects of before");
}

async function wiki(visitor) {
  await signIn(visitor);
  await visitor.go("/projects/orchard?jump=wiki");
  await visitor.hoverAll("body", 20);
  await visitor.click("#content a.wiki-page[href='/projects/orchard/wiki/Trees']");
  await visitor.note("a page of the wiki");
  await visitor.click("#content .contextual a.icon-edit");
  await visitor.hoverAll(MENU, 10);
  await visitor.fill({ "#content_text": "They like rain. [[Wiki]] [[Tools]]" });
  await visitor.submit("#wiki_form input[name=commit]");
  await visitor.note("the page was changed");
  await visitor.hoverAll("body", 20);
  await visitor.back();
  await visitor.back();
  await visitor.note("back at the page");
}

/// Two tabs, of which one changes what the other has fetched ahead.
async function tabs(visitor) {
  await visitor.go("/projects/orchard");
  await visitor.hoverAll(MENU, 10);
  await visitor.tab("second");
  await signIn(visitor, "neighbour");
  await visitor.tab("first");
  await visitor.click(`${MENU} a.issues`);
  await visitor.note("the first tab is signed in as well");
  await visitor.hoverAll("#content table.issues", 6);
  await visitor.tab("second");
  await visitor.go("/issues/3");
  await visitor.press("#content .contextual a.icon-edit");
  await visitor.fill({ "#issue_notes": "Seventeen." });
  await visitor.submit("#issue-form > input[name=commit]");
  await visitor.tab("first");
  await visitor.click("#content td.subject a[href='/issues/3']");
  await visitor.note("the first tab shows what the second one wrote");
  await visitor.press("#content .contextual a.icon-edit");
  await visitor.tab("second");
  await visitor.hoverAll("body", 20);
  await visitor.click("#account a.logout");
  await visitor.note("signed out");
  await visitor.tab("first");
  await visitor.fill({ "#issue_notes": "Written by somebody who has signed out." });
  await visitor.submit("#issue-form > input[name=commit]");
  await visitor.note("a form of before the sign-out");
}

async function leave(visitor) {
  await signIn(visitor);
  await visitor.hover("#account a.logout");
  await visitor.note("still signed in");
  await visitor.go("/my/page");
  await visitor.hoverAll("body", 20);
  await visitor.note("still signed in on the next page");
  await visitor.click("#account a.logout");
  await visitor.note("signed out");
  await visitor.back();
  await visitor.note("back after the sign-out");
  await visitor.go("/projects/orchard");
  await visitor.note("nobody");
}

export default [
  { name: "browse", run: browse },
  { name: "issue", run: issue },
  { name: "filter", run: filter },
  { name: "elsewhere", run: elsewhere },
  { name: "counted", run: counted },
  { name: "wiki", run: wiki },
  { name: "tabs", run: tabs },
  { name: "leave", run: leave },
];
