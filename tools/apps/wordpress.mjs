// WordPress: a blog with comments and an administration; Debian's package, unpacked, with PHP's own server and a MariaDB.

import { cpSync, mkdirSync, rmSync, symlinkSync, existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { answers, run, start, unpacked } from "./app.mjs";
import { create, open, PACKAGES } from "./mariadb.mjs";
import flows from "./wordpress/flows.mjs";

const HERE = fileURLToPath(new URL("wordpress/", import.meta.url));

/// How many requests PHP's server answers at once.
const WORKERS = "6";

const PHP = ["-d", "memory_limit=256M", "-d", "display_errors=0", "-d", "log_errors=1", "-d", "opcache.enable_cli=0"];

const options = ({ folder, publicOrigin, log }) => ({
  cwd: path.join(folder, "site"),
  log,
  env: { ...process.env, APP_FOLDER: folder, APP_ORIGIN: publicOrigin, PHP_CLI_SERVER_WORKERS: WORKERS },
});

/// Puts Debian's files together as the package does when it is installed: the site, and what it links to.
async function site({ cache, folder, say }) {
  const core = await unpacked("wordpress", cache, say);
  const theme = await unpacked("wordpress-theme-twentytwentythree", cache, say);
  for (const shared of ["php", "javascript"]) {
    const link = path.join(core, "usr/share", shared);
    if (!existsSync(link)) symlinkSync(`/usr/share/${shared}`, link);
  }
  rmSync(path.join(core, "usr/share/wordpress/.htaccess"), { force: true });
  const target = path.join(folder, "site");
  for (const from of [core, theme]) {
    cpSync(path.join(from, "usr/share/wordpress"), target, { recursive: true, dereference: true });
  }
  cpSync(path.join(HERE, "wp-config.php"), path.join(target, "wp-config.php"));
  mkdirSync(path.join(target, "wp-content/uploads"), { recursive: true });
}

export default {
  name: "wordpress",
  title: "WordPress (Debian's package)",
  debian: ["php-cli", "php-mysql", "php-gd", "php-xml", "php-mbstring", "php-getid3", "libjs-cropper", "libjs-underscore", "ca-certificates", ...PACKAGES],
  pypi: [],

  async prepare(context) {
    await site(context);
    await create(context, "wordpress");
    const database = await open(context);
    try {
      context.say(await run("php", [...PHP, path.join(HERE, "install.php")], options(context)));
    } finally {
      await database.stop();
    }
  },

  async start(context) {
    const { port, folder, publicOrigin } = context;
    const database = await open(context);
    const server = start("php", [...PHP, "-S", `127.0.0.1:${port}`, "-t", path.join(folder, "site"), path.join(HERE, "router.php")], options(context));
    await answers(port, server, new URL(publicOrigin).host);
    return {
      async stop() {
        await server.stop();
        await database.stop();
      },
      rows: async () => JSON.parse(await run("php", [...PHP, path.join(HERE, "rows.php")], options(context))),
    };
  },

  // The server of PHP says of each request how it was answered: `[404]: GET /x`.
  isError: (line) => /PHP (Fatal|Parse|Warning|Deprecated|Notice)|WordPress database error|\[5\d\d\]:|\[ERROR\]/.test(line),

  flows,
};
