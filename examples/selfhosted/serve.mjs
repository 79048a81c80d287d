// Headstart on a machine of your own: workerd with its KV and Durable Objects on this machine's disk, behind a web server
// such as nginx, which keeps the certificate.
//
//   SEAL_KEY="$(cat ~/headstart-seal-key)" node serve.mjs [FOLDER]
//
//   FOLDER       where wrangler.toml stands: the variables, and `main`; this folder by default
//   SEAL_KEY     the key of what is deferred: 32 characters or more, the same at each start; SEAL_KEY_OLD, the one before
//   ADMIN_TOKEN  opens the report: 32 characters or more; without it there is none
//   PORT         where it answers, on 127.0.0.1 alone; 8787 by default
//   STATE        where what was learned is kept; FOLDER/state by default
//
// It needs the packages `wrangler` and `miniflare`, and no account. What the web server in front has to say is in nginx.conf:
// Headstart believes it.

import { existsSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { Log, LogLevel, Miniflare } from "miniflare";
import { unstable_getMiniflareWorkerOptions, unstable_readConfig } from "wrangler";

/// The secrets, which stand in no file of variables.
const SECRETS = ["SEAL_KEY", "SEAL_KEY_OLD", "ADMIN_TOKEN"];

const folder = path.resolve(process.argv[2] ?? import.meta.dirname ?? ".");
const port = Number(process.env.PORT || 8787);
const state = path.resolve(process.env.STATE || path.join(folder, "state"));

const config = path.join(folder, "wrangler.toml");
if (!existsSync(config)) stop(`there is no ${config}`);
const { main } = unstable_readConfig({ config });
const { workerOptions } = unstable_getMiniflareWorkerOptions(config);
const { bindings, kvNamespaces, durableObjects, compatibilityDate } = workerOptions;
if (!bindings.ORIGIN) stop("ORIGIN is empty in wrangler.toml; without Cloudflare there is no zone: give your server's URL");

// The Worker's scripts stand beside each other in src/edge, and what was built two folders above.
const at = (name) => path.resolve(path.dirname(main), name);
const beside = readdirSync(at(".")).filter((name) => /\.m?js$/.test(name) && name !== path.basename(main));
const scripts = [main, ...beside.map(at), at("../../build/index.js")];

// What is empty counts as not there.
const secrets = Object.fromEntries(SECRETS.filter((name) => process.env[name]).map((name) => [name, process.env[name]]));

const miniflare = new Miniflare({
  name: "headstart",
  host: "127.0.0.1",
  port,
  log: new Log(LogLevel.WARN),
  compatibilityDate,
  modulesRoot: at("../.."),
  modules: [
    ...scripts.map((file) => ({ type: "ESModule", path: file })),
    { type: "CompiledWasm", path: at("../../build/index_bg.wasm"), contents: readFileSync(at("../../build/index_bg.wasm")) },
  ],
  bindings: { ...bindings, ...secrets },
  kvNamespaces: Object.keys(kvNamespaces),
  durableObjects,
  kvPersist: path.join(state, "kv"),
  durableObjectsPersist: path.join(state, "objects"),
  // Requests say where they come from, as on the platform: nginx.conf sets CF-Connecting-IP.
  cf: {},
  handleRuntimeStdio(stdout, stderr) {
    stdout.pipe(process.stdout);
    stderr.pipe(process.stderr);
  },
});
await miniflare.ready;
console.log(`Headstart ready on http://127.0.0.1:${port}`);

for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => miniflare.dispose().then(() => process.exit(0)));

function stop(text) {
  console.error(`serve: ${text}`);
  process.exit(1);
}
