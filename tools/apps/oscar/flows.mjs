// What a visitor of the shop does.

const SIGN_IN = { "#id_login-username": "ada@example.org", "#id_login-password": "correct horse battery" };

async function signIn(visitor) {
  await visitor.go("/accounts/login/");
  await visitor.fill(SIGN_IN);
  await visitor.submit("button[name=login_submit]");
}

/// Looks at the catalogue, points at everything, opens some pages, goes back and forward.
async function browse(visitor) {
  await visitor.go("/");
  await visitor.note("front page");
  await visitor.hoverAll("body", 20);
  await visitor.click("//article//a[normalize-space()='Desk lamp'] | //h3/a[normalize-space()='Desk lamp']");
  await visitor.note("a product");
  await visitor.hoverAll("body", 12);
  await visitor.click(".breadcrumb a[href*='lamps']");
  await visitor.note("a category");
  await visitor.hoverAll("body", 20);
  await visitor.click("//h3/a[normalize-space()='Floor lamp']");
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

export default [{ name: "browse", run: browse }];
