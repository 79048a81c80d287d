// Redmine as Debian has it, with SQLite, served by Puma.

import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { answers, once, run, start, unpacked } from "./app.mjs";
import flows, { PASSWORD } from "./redmine/flows.mjs";
import { tables } from "./sqlite.mjs";

const FILL = fileURLToPath(new URL("redmine/fill.rb", import.meta.url));

/// What Debian's package depends on, but for what sets up a database for the whole system.
const DEPENDENCIES = `libjs-chart.js libjs-jquery libjs-jquery-ui libjs-raphael ruby ruby-actionpack-action-caching
  ruby-actionpack-xml-parser ruby-addressable ruby-bundler ruby-coderay ruby-commonmarker ruby-html-pipeline ruby-i18n
  ruby-jquery-rails ruby-mail ruby-marcel ruby-mini-magick ruby-mini-mime ruby-mocha ruby-net-ldap ruby-nokogiri ruby-rack
  ruby-rack-test ruby-rails ruby-rails-dom-testing ruby-rails-observers ruby-rbpdf ruby-redcarpet ruby-request-store
  ruby-rmagick ruby-roadie ruby-roadie-rails ruby-rotp ruby-rouge ruby-rqrcode ruby-sanitize ruby-task-list ruby-zip
  ruby-sqlite3 sqlite3 puma`.split(/\s+/);

const DATABASE = `production:
  adapter: sqlite3
  database: instances/default/redmine.sqlite3
  timeout: 10000
`;

/// Debian's Gemfile looks for the database's adapter in a folder of the system.
const GEMS = `gem "sqlite3", "~> 1.4"
gem "puma"
`;

/// Where Debian has the scripts that its package of Redmine links to.
const LIBRARIES = {
  "jquery-ui.min.js": "/usr/share/javascript/jquery-ui/jquery-ui.min.js",
  "jquery_ujs.js": "/usr/share/ruby-jquery-rails/vendor/assets/javascripts/jquery_ujs.js",
  "raphael.js": "/usr/share/javascript/raphael/raphael.min.js",
  "Chart.bundle.min.js": "/usr/share/javascript/chart.js/Chart.min.js",
  "jquery.min.js": "/usr/share/javascript/jquery/jquery.min.js",
};

const options = ({ folder, publicOrigin, log }) => ({
  cwd: path.join(folder, "program"),
  log,
  env: {
    ...process.env,
    RAILS_ENV: "production",
    REDMINE_LANG: "en",
    // Nothing is to be written beside the migrations.
    SCHEMA: "/dev/null",
    BUNDLE_SILENCE_ROOT_WARNING: "1",
    APP_ORIGIN: publicOrigin,
    APP_PASSWORD: PASSWORD,
  },
});

/// Redmine does this at each GET (lib/redmine/helpers/gantt.rb, record_project_usage in application_controller.rb).
const NAMED = [
  {
    what: "row",
    where: "user_preferences",
    parts: [/\n:gantt_zoom: \d+\n:gantt_months: \d+/, /\n:recently_used_project_ids: '[\d,]*'/],
    why: "Each GET of a project of somebody who is signed in is kept as their last one, and a Gantt chart keeps its scale, whatever Sec-Purpose says.",
    heading: "Rails, Redmine and Discourse's kin",
  },
];

export default {
  name: "redmine",
  title: "Redmine 5.0",
  debian: DEPENDENCIES,
  pypi: [],

  async prepare(context) {
    // A copy: Debian's Redmine has what it writes in a folder of its program.
    const program = path.join(context.folder, "program");
    cpSync(await programIn(context), program, { recursive: true });
    const instance = path.join(program, "instances/default");
    for (const name of ["config", "files", "log", "tmp"]) mkdirSync(path.join(instance, name), { recursive: true });
    writeFileSync(path.join(instance, "config/database.yml"), DATABASE);
    writeFileSync(path.join(instance, "config/secret_key.txt"), "the cookie that holds the session is encrypted with this");
    await run("bundle", ["install", "--local", "--quiet"], options(context));
    // Two programs: the first one does not see the tables that it has made itself.
    for (const task of ["db:migrate", "redmine:load_default_data"]) await run("bundle", ["exec", "rake", task], options(context));
    await run("bundle", ["exec", "rails", "runner", FILL], options(context));
  },

  async start(context) {
    const { folder, port, publicOrigin } = context;
    const args = ["exec", "puma", "--environment=production", "--threads=5:5", `--bind=tcp://127.0.0.1:${port}`, "config.ru"];
    const server = start("bundle", args, options(context));
    await answers(port, server, new URL(publicOrigin).host);
    const database = path.join(folder, "program/instances/default/redmine.sqlite3");
    return {
      stop: () => server.stop(),
      rows: () => tables(database, { leaveOut: (name) => name === "schema_migrations", plain }),
    };
  },

  named: NAMED,
  flows,
};

/// Redmine's program with what Debian's package links to.
function programIn({ cache, say }) {
  return once(path.join(cache, "program"), async (program) => {
    const files = path.join(await unpacked("redmine", cache, say), "usr/share/redmine");
    // Links to folders of the system that are not there, since the package is not installed.
    const own = ["config/database.yml", "Gemfile.lock", "instances"].map((name) => path.join(files, name));
    const scripts = Object.keys(LIBRARIES).map((name) => path.join(files, "public/javascripts", name));
    cpSync(files, program, {
      recursive: true,
      filter: (from) => !own.includes(from) && !scripts.includes(from),
    });
    for (const [name, file] of Object.entries(LIBRARIES)) {
      cpSync(file, path.join(program, "public/javascripts", name), { dereference: true });
    }
    writeFileSync(path.join(program, "Gemfile.local"), GEMS);
  });
}

/// Times and tokens are other ones in each run.
function plain(value, column, table) {
  if (table === "tokens" && column === "value") return "TOKEN";
  return value.replace(/\b20\d\d-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?/g, "TIME");
}
