// The Worker as wrangler.toml describes it, for Miniflare: workerd with its own KV and Durable Objects, started in a
// fraction of the time that `wrangler dev` takes, which bundles, watches, and puts a second workerd in front.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const file = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/// The Worker's own scripts, its main one first. What wasm calls is in build/index.js; these are what is left without it.
const SCRIPTS = ["worker.mjs", "failing_open.js", "switches.js", "origin.js", "host.js", "kept_decisions.js", "notes.js", "platform.js"];

/// Miniflare's options for the Worker that is deployed, but for its variables.
export function headstart() {
  const config = readFileSync(file("wrangler.toml"), "utf8");
  const [, compatibilityDate] = config.match(/^compatibility_date = "(.+)"$/m);
  const kvNamespaces = [...config.matchAll(/^\[\[kv_namespaces\]\]\nbinding = "(.+)"$/gm)].map(([, name]) => name);
  const objects = [...config.matchAll(/^\[\[durable_objects\.bindings\]\]\nname = "(.+)"\nclass_name = "(.+)"$/gm)];
  if (kvNamespaces.length === 0 || objects.length === 0) throw new Error("wrangler.toml is not read as it is written");
  return {
    name: "headstart",
    compatibilityDate,
    modulesRoot: file(""),
    modules: [
      ...SCRIPTS.map((name) => ({ type: "ESModule", path: file(`src/edge/${name}`) })),
      { type: "ESModule", path: file("build/index.js") },
      { type: "CompiledWasm", path: file("build/index_bg.wasm") },
    ],
    kvNamespaces,
    durableObjects: Object.fromEntries(objects.map(([, name, className]) => [name, { className, useSQLite: true }])),
  };
}

/// The same for a Worker that only passes on, so that what the platform does is the same without Headstart.
export function passingOn() {
  const { modules, modulesRoot, durableObjects, ...worker } = headstart();
  const contents = "export default { fetch: (request) => fetch(request) };";
  return { ...worker, modules: [{ type: "ESModule", path: "index.mjs", contents }] };
}

/// A key for runs that last some minutes.
export const SEAL_KEY = "a key for runs that last some minutes, known to all";

/// The variables of wrangler.toml with their defaults.
export function defaults() {
  const config = readFileSync(file("wrangler.toml"), "utf8");
  const lines = config.slice(config.indexOf("\n[vars]")).matchAll(/^([A-Z_]+) = (.+)$/gm);
  return Object.fromEntries([...lines].map(([, name, value]) => [name, JSON.parse(value)]));
}
