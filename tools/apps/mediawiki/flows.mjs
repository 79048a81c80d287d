// What visitors of the wiki do.

/// The password of everybody who has an account.
export const PASSWORD = "stand-alone-98";

const CONTENT = "#mw-content-text";
const SIDEBAR = "#mw-panel";
const TABS = "#mw-head";
const to = (title) => `#mw-content-text a[href='/wiki/${title}']`;

async function signIn(visitor, name = "Visitor") {
  await visitor.go("/wiki/Main_Page");
  await visitor.hoverAll(TABS, 12);
  await visitor.click("#pt-login a");
  await visitor.hoverAll(SIDEBAR, 6);
  await visitor.fill({ "#wpName1": name, "#wpPassword1": PASSWORD });
  await visitor.submit("#wpLoginAttempt");
  await visitor.note(`signed in as ${name}`);
}

async function write(visitor, title, text) {
  await visitor.go(`/wiki/${title}`);
  await visitor.hoverAll(CONTENT, 8);
  await visitor.click("#ca-edit a");
  // A form is open: what is fetched ahead must not make its token useless.
  await visitor.hoverAll(SIDEBAR, 8);
  await visitor.hover("#pt-logout a");
  await visitor.fill({ "#wpTextbox1": text, "#wpSummary": `About ${title}` });
  await visitor.submit("#wpSave");
  await visitor.note(`wrote ${title}`);
}

async function browse(visitor) {
  await visitor.go("/wiki/Main_Page");
  await visitor.note("the main page");
  await visitor.hoverAll("body", 20);
  await visitor.click(to("Oranges"));
  await visitor.note("a page");
  await visitor.hoverAll("body", 20);
  await visitor.click(to("Lemons"));
  await visitor.note("another page");
  await visitor.back();
  await visitor.note("back");
  await visitor.forward();
  await visitor.note("forward");
  await visitor.click("#n-recentchanges a");
  await visitor.seen(".mw-rcfilters-ui-initialized");
  await visitor.hoverAll("body", 20);
  await visitor.note("recent changes");
  await visitor.go("/wiki/Lemons");
  await visitor.click("#ca-history a");
  await visitor.hoverAll("body", 20);
  await visitor.note("a page's history");
  await visitor.go("/wiki/Category:Recipes");
  await visitor.hoverAll("body", 20);
  await visitor.click("#mw-pages a[href='/wiki/Marmalade']");
  await visitor.note("a page of a category");
}

async function edit(visitor) {
  await signIn(visitor);
  await write(visitor, "Lemons", "A lemon is sour, and yellow. See [[Oranges]] and [[Lemonade]].");
  await visitor.hoverAll("body", 20);
  await visitor.back();
  await visitor.back();
  await visitor.note("back at the page");
  await visitor.go("/wiki/Lemons");
  await visitor.note("the page as it is now");
}

/// To watch a page is a request by a script, and by a form where scripts are off.
async function watch(visitor) {
  await signIn(visitor);
  await visitor.go("/wiki/Marmalade");
  await visitor.hover("#ca-watch a");
  await visitor.note("not watched");
  await visitor.press("#ca-watch a");
  await visitor.seen("#ca-unwatch a");
  await visitor.hoverAll(SIDEBAR, 12);
  await visitor.go("/wiki/Marmalade");
  await visitor.note("watched");
  await visitor.go("/wiki/Special:EditWatchlist");
  await visitor.note("what is watched");
}

/// The list of what is watched, once its scripts have built it.
async function watchlist(visitor) {
  await visitor.go("/wiki/Special:Watchlist");
  await visitor.seen(".mw-rcfilters-ui-initialized");
  await visitor.seen("body:not(.mw-rcfilters-ui-loading)");
}

/// What is unread stays unread until it is seen: a hover is no look.
async function unread(visitor) {
  await signIn(visitor);
  await visitor.note("a message is unread");
  await visitor.hover("#pt-mytalk a");
  await visitor.hoverAll(".usermessage", 3);
  await visitor.go("/wiki/Oranges");
  await visitor.note("the message is unread still");
  await watchlist(visitor);
  await visitor.hover(".mw-changeslist a[href='/wiki/Limes']");
  await visitor.note("a page that is watched has changed");
  await watchlist(visitor);
  await visitor.note("the change is unseen still");
  await visitor.click("#pt-mytalk a");
  await visitor.note("the message");
  await visitor.go("/wiki/Limes");
  await visitor.note("the change");
  await watchlist(visitor);
  await visitor.note("everything is seen");
}

async function language(visitor) {
  await signIn(visitor);
  await visitor.go("/wiki/Special:Preferences");
  await visitor.hoverAll(SIDEBAR, 12);
  await visitor.fill({ "[name=wpnickname]": "V.", "[name=wplanguage]": "de" });
  await visitor.submit("#prefcontrol button");
  await visitor.note("the preferences are kept");
  await visitor.go("/wiki/Main_Page");
  await visitor.hoverAll("body", 20);
  await visitor.note("in German");
  await visitor.go("/index.php?title=Oranges&uselang=fr");
  await visitor.hoverAll(SIDEBAR, 12);
  await visitor.note("once in French");
  await visitor.click("#n-mainpage-description a");
  await visitor.note("in German again");
}

/// Two tabs, of which one changes what the other has fetched ahead.
async function tabs(visitor) {
  await visitor.go("/wiki/Main_Page");
  await visitor.hoverAll(CONTENT, 8);
  await visitor.tab("second");
  await signIn(visitor, "Neighbour");
  await visitor.tab("first");
  await visitor.click(to("Limes"));
  await visitor.note("the first tab is signed in as well");
  await visitor.hoverAll(CONTENT, 8);
  await visitor.tab("second");
  await write(visitor, "Lemons", "A lemon is a fruit. See [[Oranges]].");
  await visitor.tab("first");
  await visitor.click(to("Lemons"));
  await visitor.note("the first tab shows what the second one wrote");
  await visitor.click("#ca-edit a");
  await visitor.tab("second");
  await visitor.hoverAll("body", 20);
  await visitor.click("#pt-logout a");
  await visitor.tab("first");
  await visitor.fill({ "#wpTextbox1": "Written by somebody who has signed out." });
  await visitor.submit("#wpSave");
  await visitor.note("a form of before the sign-out");
}

async function leave(visitor) {
  await signIn(visitor);
  await visitor.go("/wiki/Oranges");
  await visitor.hoverAll("#p-personal", 10);
  await visitor.hover("#pt-logout a");
  await visitor.note("still signed in");
  await visitor.go("/wiki/Lemons");
  await visitor.note("still signed in on the next page");
  await visitor.hoverAll(CONTENT, 8);
  await visitor.click("#pt-logout a");
  await visitor.note("signed out");
  await visitor.back();
  await visitor.note("back after the sign-out");
  await visitor.go("/wiki/Oranges");
  await visitor.note("nobody");
}

export default [
  { name: "browse", run: browse },
  { name: "unread", run: unread },
  { name: "edit", run: edit },
  { name: "watch", run: watch },
  { name: "language", run: language },
  { name: "tabs", run: tabs },
  { name: "leave", run: leave },
];
