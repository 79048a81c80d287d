// What a visitor of the shop does.

async function signIn(visitor) {
  await visitor.go("/accounts/login/");
  await visitor.hoverAll("#default, header", 8);
  await visitor.fill({ "#id_login-username": "ada@example.org", "#id_login-password": "correct horse battery" });
  await visitor.submit("button[name=login_submit]");
  await visitor.note("signed in");
}

/// Looks at the catalogue, points at everything, opens some pages, goes back and forward.
async function browse(visitor) {
  await visitor.go("/");
  await visitor.note("front page");
  await visitor.hoverAll("body", 20);
  await visitor.click("h3 a[title='Desk lamp']");
  await visitor.note("a product");
  await visitor.hoverAll("body", 12);
  await visitor.click(".breadcrumb a[href*='lamps']");
  await visitor.note("a category");
  await visitor.hoverAll("body", 20);
  await visitor.click("h3 a[title='Floor lamp']");
  await visitor.note("another product");
  await visitor.back();
  await visitor.note("back at the category");
  await visitor.back();
  await visitor.note("back at the product");
  await visitor.forward();
  await visitor.note("forward to the category");
  await visitor.go("/basket/");
  await visitor.note("an empty basket");
}

/// Fills a basket without an account, changes it, takes it along into an account, and orders.
async function basket(visitor) {
  await visitor.go("/catalogue/armchair_9/");
  await visitor.hoverAll("body", 10);
  await visitor.submit("#add_to_basket_form button[type=submit]");
  await visitor.note("one in the basket");
  await visitor.hoverAll("body", 12);
  await visitor.click(".breadcrumb a[href*='chairs']");
  await visitor.note("the category");
  await visitor.submit("//article[.//a[@title='Bench']]//button[@type='submit']");
  await visitor.note("two in the basket");
  await visitor.go("/basket/");
  await visitor.hoverAll("body", 12);
  await visitor.fill({ "#id_form-0-quantity": "3" });
  await visitor.press("//button[normalize-space()='Update']");
  await visitor.go("/basket/");
  await visitor.note("more of the first");
  await signIn(visitor);
  await visitor.go("/basket/");
  await visitor.note("the basket of the account");
  await visitor.hoverAll("body", 15);
  await visitor.click("//a[normalize-space()='Proceed to checkout']");
  await visitor.note("checkout");
  await visitor.hoverAll("body", 12);
  await visitor.submit("button.ship-address");
  await visitor.note("payment");
  await visitor.hoverAll("body", 12);
  await visitor.click("#view_preview");
  await visitor.note("preview");
  await visitor.hoverAll("body", 12);
  await visitor.submit("#place-order");
  await visitor.note("ordered");
  await visitor.hoverAll("body", 12);
  await visitor.back();
  await visitor.note("back from it");
}

/// Adds to wish lists, and moves, by links whose GET does it.
async function wishes(visitor) {
  await signIn(visitor);
  await visitor.go("/catalogue/tea-table_17/");
  await visitor.press(".btn-wishlist .dropdown-toggle");
  await visitor.hoverAll(".btn-wishlist");
  await visitor.note("pointed at wish lists");
  await visitor.click("//a[contains(normalize-space(), \"Add to 'Birthday' wish list\")]");
  await visitor.note("added");
  await visitor.go("/accounts/wishlists/");
  await visitor.hoverAll("body");
  await visitor.click("=Birthday");
  await visitor.note("the wish list");
  await visitor.press("//table//button[contains(@class, 'dropdown-toggle')] | //table//a[contains(@class, 'dropdown-toggle')]");
  await visitor.hoverAll("table");
  await visitor.note("pointed at the wish");
  await visitor.click("//a[contains(@href, '/move-to/')]");
  await visitor.note("moved");
  await visitor.go("/accounts/wishlists/");
  await visitor.note("all wish lists");
}

/// Changes addresses, some of it by links whose GET does it.
async function addresses(visitor) {
  await signIn(visitor);
  await visitor.go("/accounts/addresses/");
  await visitor.press("//tr[contains(., '2 Bridge Street')]//button[contains(@class, 'dropdown-toggle')]");
  await visitor.hoverAll("table");
  await visitor.note("pointed at everything");
  await visitor.click("//tr[contains(., '2 Bridge Street')]//a[contains(@href, 'default_for_billing')]");
  await visitor.note("another default");
  await visitor.click("=Add a new address");
  await visitor.hoverAll("body", 12);
  await visitor.fill({ "#id_first_name": "Ada", "#id_last_name": "Miller", "#id_line1": "3 Hill Road", "#id_line4": "Leeds", "#id_postcode": "LS1 4AP", "#id_country": "GB" });
  await visitor.submit("//button[@type='submit' and normalize-space()='Save']");
  await visitor.note("a new address");
}

/// Writes a review after having pointed at everything.
async function review(visitor) {
  await signIn(visitor);
  await visitor.go("/catalogue/card-table_18/");
  await visitor.hoverAll("body", 15);
  await visitor.click("#write_review");
  await visitor.hoverAll("body", 15);
  await visitor.fill({ "#id_title": "Good for whist", "#id_body": "Four of us sat around it, and nobody lost." });
  await visitor.run("document.querySelector('[name=score]').value = '4'");
  await visitor.submit("//button[normalize-space()='Save review']");
  await visitor.note("reviewed");
}

/// Chooses another language, browses, and chooses the first one again.
async function language(visitor) {
  await visitor.go("/catalogue/");
  await visitor.hoverAll("body", 12);
  await visitor.fill({ "#language_selector select": "de" });
  await visitor.submit("#language_selector button");
  await visitor.note("in German");
  await visitor.hoverAll("body", 12);
  await visitor.click("h3 a[title='Desk lamp']");
  await visitor.note("a product in German");
  await visitor.back();
  await visitor.note("back, in German");
  await visitor.fill({ "#language_selector select": "en-gb" });
  await visitor.submit("#language_selector button");
  await visitor.note("in English again");
}

/// Changes the basket in a second tab, then signs out there, while the first has pages loaded ahead and a form open.
async function tabs(visitor) {
  await signIn(visitor);
  await visitor.go("/catalogue/category/tables_3/");
  await visitor.hoverAll("body", 15);
  await visitor.tab("second");
  await visitor.go("/catalogue/side-table_14/");
  await visitor.submit("#add_to_basket_form button[type=submit]");
  await visitor.note("the second tab adds");
  await visitor.tab("first");
  await visitor.click("h3 a[title='Workbench']");
  await visitor.note("the first tab knows of it");
  await visitor.hoverAll("body", 12);
  await visitor.click("#write_review");
  await visitor.fill({ "#id_title": "Firm", "#id_body": "It does not move." });
  await visitor.tab("second");
  await visitor.click("#logout_link");
  await visitor.note("the second tab has signed out");
  await visitor.tab("first");
  await visitor.run("document.querySelector('[name=score]').value = '5'");
  await visitor.submit("//button[normalize-space()='Save review']");
  await visitor.note("the form of the first tab");
  await visitor.go("/catalogue/category/tables_3/");
  await visitor.note("nobody is signed in");
}

/// Points at the sign-out, which must do nothing; then signs out, and goes back.
async function signOut(visitor) {
  await signIn(visitor);
  await visitor.hoverAll("body", 25);
  await visitor.hover("#logout_link");
  await visitor.go("/accounts/profile/");
  await visitor.note("still signed in");
  await visitor.hoverAll("body", 25);
  await visitor.hover("#logout_link");
  await visitor.click("#logout_link");
  await visitor.note("signed out");
  await visitor.go("/accounts/profile/");
  await visitor.note("a stranger");
  await visitor.back();
  await visitor.note("back");
}

export default [
  { name: "browse", run: browse },
  { name: "basket", run: basket },
  { name: "wishes", run: wishes },
  { name: "addresses", run: addresses },
  { name: "review", run: review },
  { name: "language", run: language },
  { name: "tabs", run: tabs },
  { name: "sign-out", run: signOut },
];
