// django-oscar: a shop with a catalogue, baskets, wish lists, reviews and addresses; SQLite and Django's own server.

import path from "node:path";
import { fileURLToPath } from "node:url";
import { answers, run, start } from "./app.mjs";
import flows from "./oscar/flows.mjs";

const PROJECT = fileURLToPath(new URL("oscar/", import.meta.url));

const options = ({ folder, publicOrigin, log }) => ({
  cwd: PROJECT,
  log,
  env: { ...process.env, APP_FOLDER: folder, APP_ORIGIN: publicOrigin, PYTHONDONTWRITEBYTECODE: "1", PYTHONUNBUFFERED: "1" },
});

/// A GET with `Sec-Purpose: prefetch` does all of this without Headstart as well (analytics/receivers.py, basket/middleware.py).
const HEADING = "Django, django-oscar and Wagtail";
const VIEWS = "Each GET of a product counts as a view, whatever Sec-Purpose says.";
const NAMED = [
  { what: "row", where: "analytics_productrecord", columns: ["id", "num_views"], more: / num_basket_additions=0 num_purchases=0 score=0(\.0)? /, why: VIEWS, heading: HEADING },
  { what: "row", where: "analytics_userproductview", columns: ["id"], more: / product_id=\d+ /, why: VIEWS, heading: HEADING },
  { what: "row", where: "analytics_userrecord", columns: ["id", "num_product_views"], more: / num_basket_additions=0 num_orders=0 /, why: VIEWS, heading: HEADING },
  { what: "row", where: "basket_basket", columns: [], more: / status=Open .*owner_id=\d+$/, why: "Each GET of somebody who is signed in and has no basket makes an empty one.", heading: HEADING },
];

export default {
  name: "oscar",
  title: "django-oscar 4.0",
  debian: [],
  // What oscar 4.0 leaves open, as it was when it came out: a newer treebeard refuses its models.
  pypi: ["django-oscar==4.0", "django-treebeard==4.7.1", "sorl-thumbnail==12.11.0", "whoosh==2.7.4"],

  async prepare(context) {
    await run(context.python, ["manage.py", "migrate", "-v0"], options(context));
    await run(context.python, ["fill.py"], options(context));
    await run(context.python, ["manage.py", "rebuild_index", "--noinput", "-v0"], options(context));
  },

  async start(context) {
    const { python, port, publicOrigin } = context;
    // Insecure: it serves static files as well.
    const server = start(python, ["manage.py", "runserver", "--noreload", "--insecure", `127.0.0.1:${port}`], options(context));
    await answers(port, server, new URL(publicOrigin).host);
    return {
      stop: () => server.stop(),
      rows: async () => JSON.parse(await run(python, [path.join(PROJECT, "rows.py")], options(context))),
    };
  },

  named: NAMED,
  flows,
};
