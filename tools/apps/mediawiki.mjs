// MediaWiki as Debian has it, with SQLite, served by PHP's own server.

import { cpSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { answers, once, run, start, unpacked } from "./app.mjs";
import flows, { PASSWORD } from "./mediawiki/flows.mjs";
import { tables } from "./sqlite.mjs";

const own = (name) => fileURLToPath(new URL(`mediawiki/${name}`, import.meta.url));

/// How many requests PHP answers at once: a click does not wait for what was fetched ahead.
const WORKERS = "6";

/// Tables that hold nothing but what can be made again, and jobs, which are done before the tables are read.
const CACHES = /^(objectcache|l10n_cache|module_deps|querycache.*|job|searchindex_.*|updatelog)$/;

/// What is set in addition to what the installer writes: where the site is, pages at /wiki/Lemons as usual sites have
/// them, one folder for whatever is written, and that a cache stands in front, so that pages for everybody are not
/// `private`. The list of recent changes asks every three seconds whether there are new ones; how often that is depends on
/// how long a page is shown, so here it asks hourly.
const SETTINGS = `
$wgServer = getenv( 'APP_ORIGIN' );
$wgArticlePath = '/wiki/$1';
$wgUsePathInfo = true;
$wgCacheDirectory = __DIR__ . '/cache';
$wgUploadDirectory = __DIR__ . '/images';
$wgUseCdn = true;
$wgCdnServersNoPurge = [ '127.0.0.1' ];
$wgStructuredChangeFiltersLiveUpdatePollingRate = 3600;
`;

const options = ({ folder, publicOrigin, log }) => ({
  cwd: folder,
  log,
  env: {
    ...process.env,
    MW_INSTALL_PATH: path.join(folder, "program"),
    MW_CONFIG_FILE: path.join(folder, "LocalSettings.php"),
    PHP_CLI_SERVER_WORKERS: WORKERS,
    APP_ORIGIN: publicOrigin,
    APP_PASSWORD: PASSWORD,
  },
});

/// A GET with `Sec-Purpose: prefetch` does this without Headstart as well (watchlist/WatchlistManager.php).
const HEADING = "MediaWiki";
const SEEN = "Each GET of a page marks it as seen by whoever watches it, and of somebody's own talk page its messages as read.";
const NAMED = [
  { what: "page", where: /^text (You have a new message|N ⏲ Limes\S* 3 changes (\d+ since last visit )?history)/, why: SEEN, heading: HEADING },
  { what: "row", where: "watchlist", columns: ["wl_notificationtimestamp"], why: SEEN, heading: HEADING },
];

export default {
  name: "mediawiki",
  title: "MediaWiki 1.39",
  debian: ["php-cli", "php-sqlite3", "php-mbstring", "php-intl", "php-xml", "sqlite3"],
  pypi: [],

  async prepare(context) {
    const { folder, publicOrigin } = context;
    const program = await programIn(context);
    mkdirSync(path.join(folder, "cache"), { recursive: true });
    mkdirSync(path.join(folder, "images"), { recursive: true });
    symlinkSync(program, path.join(folder, "program"));
    const data = path.join(folder, "data");
    const args = [path.join(program, "maintenance/install.php"), "--dbtype=sqlite", `--dbpath=${data}`, `--confpath=${folder}`];
    args.push(`--server=${publicOrigin}`, "--scriptpath=", "--skins=Vector", "--extensions=Cite,ParserFunctions,WikiEditor");
    // The installer refuses to run where there are settings.
    const { MW_CONFIG_FILE, ...env } = options(context).env;
    await run("php", [...args, `--pass=${PASSWORD}`, "Fruit", "Keeper"], { env });
    writeFileSync(MW_CONFIG_FILE, readFileSync(MW_CONFIG_FILE, "utf8") + SETTINGS);
    await run("php", [own("fill.php")], options(context));
    await doJobs(context);
  },

  async start(context) {
    const { folder, port, publicOrigin } = context;
    const args = ["-S", `127.0.0.1:${port}`, "-t", path.join(folder, "program"), own("router.php")];
    const server = start("php", args, options(context));
    await answers(port, server, new URL(publicOrigin).host);
    return {
      stop: () => server.stop(),
      async rows() {
        await doJobs(context);
        return tables(path.join(folder, "data/my_wiki.sqlite"), { leaveOut: (name) => CACHES.test(name), plain });
      },
    };
  },

  // What is being written is sent ahead, so that to save it takes less time.
  isTimed: ({ method, path, referer }) => method === "POST" && path === "/api.php" && /[?&]action=(edit|submit)\b/.test(referer),

  named: NAMED,
  flows,
};

/// MediaWiki's program in one folder, as its authors hand it out: Debian's package links it to folders of the system.
function programIn({ cache, say }) {
  return once(path.join(cache, "program"), async (program) => {
    for (const name of ["mediawiki", "mediawiki-classes"]) {
      const files = path.join(await unpacked(name, cache, say), "usr/share/mediawiki");
      const links = ["LocalSettings.php", "config", "images", "extensions"].map((link) => path.join(files, link));
      cpSync(files, program, { recursive: true, verbatimSymlinks: true, filter: (from) => !links.includes(from) });
    }
    renameSync(path.join(program, "extensions-core"), path.join(program, "extensions"));
  });
}

/// Does what MediaWiki has put off: otherwise how much of it is done would depend on how many requests there were.
function doJobs(context) {
  return run("php", [path.join(context.folder, "program/maintenance/runJobs.php"), "--quiet"], options(context));
}

/// Times as MediaWiki writes them.
function plain(value) {
  return value.replace(/\b20\d{12}\b/g, "(time)");
}
