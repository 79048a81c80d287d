// One Worker in a workerd of its own, and what that process has used. Linux only: the figures stand in /proc.

import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { createInterface } from "node:readline";

const require = createRequire(import.meta.url);
const { default: WORKERD } = require("workerd");

/// The origin of all of them, in the same process.
const ORIGIN = `export default { fetch: () => new Response("<!doctype html><title>Page</title><p>Text", { headers: { "content-type": "text/html; charset=utf-8" } }) };`;

/// A KV namespace without values.
const NO_VALUES = `export default { fetch: ({ method }) => new Response(null, { status: method === "GET" ? 404 : 200 }) };`;

const text = (value) => JSON.stringify(value);
const list = (items) => `[ ${items.join(", ")} ]`;

/// Writes a configuration of workerd for a Worker as Miniflare takes it (tools/worker.mjs), into a folder. It has a socket for
/// visitors, whose port the system picks.
export function configure(folder, { compatibilityDate, modulesRoot, modules, bindings = {}, kvNamespaces = [], durableObjects = {} }) {
  mkdirSync(folder, { recursive: true });
  const kind = { ESModule: "esModule", CompiledWasm: "wasm" };
  const parts = modules.map(({ type, path: file }) => `(name = ${text(path.relative(modulesRoot, file))}, ${kind[type]} = embed ${text(path.relative(folder, file))})`);
  const bound = [
    ...Object.entries(bindings).map(([name, value]) => `(name = ${text(name)}, text = ${text(String(value))})`),
    ...kvNamespaces.map((name) => `(name = ${text(name)}, kvNamespace = "no-values")`),
    ...Object.entries(durableObjects).map(([name, { className }]) => `(name = ${text(name)}, durableObjectNamespace = ${text(className)})`),
  ];
  const objects = Object.values(durableObjects).map(({ className }) => `(className = ${text(className)}, uniqueKey = ${text(className)}, enableSql = true)`);
  const script = (name, code) => `(name = ${text(name)}, worker = (compatibilityDate = ${text(compatibilityDate)}, modules = [(name = "index.mjs", esModule = ${text(code)})]))`;
  const file = path.join(folder, "config.capnp");
  writeFileSync(
    file,
    `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "measured", worker = .measured),
    ${script("origin", ORIGIN)},
    ${script("no-values", NO_VALUES)},
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "measured")],
);

const measured :Workerd.Worker = (
  compatibilityDate = ${text(compatibilityDate)},
  modules = ${list(parts)},
  bindings = ${list(bound)},
  globalOutbound = "origin",
  durableObjectNamespaces = ${list(objects)},
  ${objects.length > 0 ? "durableObjectStorage = (inMemory = void)," : ""}
);
`,
  );
  return file;
}

/// Starts workerd and asks it once: what that took. `answered` is given the answer's text.
export async function startAndAsk(config, answered) {
  const begun = performance.now();
  const child = spawn(WORKERD, ["serve", "--control-fd=3", config], { stdio: ["ignore", "inherit", "inherit", "pipe"] });
  try {
    const port = await listening(child);
    const started = { ms: performance.now() - begun, cpu: cpuMs(child.pid) };
    const asked = performance.now();
    const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" } });
    answered(await response.text());
    const ms = performance.now() - asked;
    return {
      start_ms: started.ms,
      start_cpu_ms: started.cpu,
      first_ms: ms,
      first_cpu_ms: cpuMs(child.pid) - started.cpu,
      answered_ms: started.ms + ms,
      answered_cpu_ms: cpuMs(child.pid),
      rss_mb: rssMb(child.pid),
    };
  } finally {
    const gone = new Promise((done) => child.once("exit", done));
    child.kill();
    await gone;
  }
}

/// The port on which it listens.
function listening(child) {
  return new Promise((found, failed) => {
    child.once("error", failed);
    child.once("exit", (code) => failed(new Error(`workerd ended with ${code}`)));
    createInterface({ input: child.stdio[3] }).on("line", (line) => {
      const { event, port } = JSON.parse(line);
      if (event === "listen") found(port);
    });
  });
}

/// The CPU time of all threads that there are, in milliseconds. In /proc/PID/stat it is counted in hundredths of a second.
function cpuMs(pid) {
  const nanoseconds = (task) => Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ")[0]);
  return readdirSync(`/proc/${pid}/task`).reduce((sum, task) => sum + nanoseconds(task), 0) / 1e6;
}

/// The memory that is resident, in megabytes.
function rssMb(pid) {
  return Number(readFileSync(`/proc/${pid}/status`, "utf8").match(/^VmRSS:\s+(\d+) kB$/m)[1]) / 1024;
}
