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

  flows,
};
