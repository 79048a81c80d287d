// `make dev`: a site behind Headstart on this machine, until Ctrl-C.
//
//   ORIGIN=…   the site to put it in front of; without it, the demo shop
//   ORIGIN_HOST=public   asks the site for the host that the browser asks for, as a zone does
//   PORT=…     the port to answer on, 8787 by default; the demo shop takes the six behind it
//
// Every other variable of wrangler.toml may be given in the same way (EAGERNESS=moderate), and SEAL_KEY and ADMIN_TOKEN, which
// are random otherwise. The waits are shortened, so that what was learned shows after a few seconds. What was learned stays in
// .dev/PORT. When a source changes, the Worker is built anew, and wrangler takes it.

import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, watch, writeFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { startDemo } from "../demo/server.mjs";
import { startPublicHost } from "./public_host.mjs";
import { paths } from "./setup.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const SHORT_WAITS = { BATCH_SECONDS: "1", BATCH_VIEWS: "0", PUBLISH_SECONDS: "2", REFRESH_SECONDS: "2", LEARN_SAMPLE: "1", MIN_VISITORS: "1" };
/// What the demo shop's owner would configure: the paths that count.
const DEMO = { EFFECT_PATHS: "/shelf/* /strict-shelf/* /pixel.gif /seen" };
/// What opens the demo shop's dashboard: known to all, so for nothing but the demo.
const DEMO_TOKEN = "the-token-of-the-demo-shop-known-to-all";
const THIRD_PARTIES = ["cdn", "fonts", "pictures", "statistics", "videos"];

/// How long wrangler may take to answer or to end, in milliseconds.
const START_MS = 300_000;
const END_MS = 5_000;

/// The folders whose changes have the Worker built anew, and how long after the last one, in milliseconds.
const SOURCES = ["src", "assets"];
const SETTLE_MS = 300;

// What opens the report: no blank, so that it can be copied whole. That of the demo is for everybody who runs it.
const token = process.env.ADMIN_TOKEN ?? (process.env.ORIGIN ? randomBytes(24).toString("hex") : DEMO_TOKEN);

const port = Number(process.env.PORT || 8787);
if (!Number.isInteger(port) || port < 1 || port > 65_535) stop(`PORT is "${process.env.PORT}"; it must be a number from 1 to 65535.`);
if (!(await isFree(port))) stop(`port ${port} is in use; choose another one with PORT=`);

checkOrigin(process.env.ORIGIN);
const wanted = demoPorts();
const demo = process.env.ORIGIN ? null : await startDemo(wanted, `http://127.0.0.1:${port}`);
if (demo) sayMoved(wanted, demo);
const origin = process.env.ORIGIN || demo.shop;
const proxy = process.env.ORIGIN_HOST === "public" ? await startPublicHost(new URL(origin).origin) : null;
const wrangler = startWrangler();
let ending = false;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => end(0));
wrangler.on("exit", (code) => {
  if (!ending) {
    console.error("dev: wrangler has ended; its lines above say why.");
    end(code || 1);
  }
});
await answers();
buildOnChange();
sayReady();

function stop(text) {
  console.error(`dev: ${text}`);
  process.exit(1);
}

/// What Headstart itself would only log: here somebody is waiting for a site.
function checkOrigin(text) {
  if (!text) return;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^https?:$/.test(url.protocol) || url.pathname !== "/" || url.search || url.hash || url.username) {
    stop(`ORIGIN is "${text}"; it must be a URL with nothing behind host and port, like https://www.example.org`);
  }
  if (Number(url.port) === port && /^(127\.0\.0\.1|localhost|\[::1\])$/.test(url.hostname)) {
    stop(`ORIGIN is "${text}", which is where Headstart itself will answer; choose another PORT`);
  }
}

function isFree(port) {
  return new Promise((resolve) => {
    const probe = net.createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}

/// The demo's ports stay the same from one run to the next, so that what was learned of them stays true.
function demoPorts() {
  const ports = { shop: port + 1 };
  THIRD_PARTIES.forEach((name, at) => (ports[name] = port + 2 + at));
  return port + 2 + THIRD_PARTIES.length < 65_536 ? ports : {};
}

/// Says it when servers of the demo had to take other ports than the last time.
function sayMoved(wanted, { shop, hosts }) {
  const taken = Object.entries({ shop, ...hosts }).flatMap(([name, address]) =>
    wanted[name] && Number(new URL(address).port) !== wanted[name] ? [wanted[name]] : [],
  );
  if (taken.length === 0) return;
  console.error(`dev: in use: port ${taken.join(", ")}. The demo shop's servers take others this time; the shop answers on ${shop}.`);
  console.error(`dev: What was learned of the usual ports is of no use then. To keep it, choose a PORT= with the ${Object.keys(wanted).length} ports behind it free.`);
}

/// The project's own wrangler.toml with the variables of this run, in a folder that no other port uses. Its build command
/// goes: `make dev` has built, and wrangler would build again at once.
function writeConfig(folder) {
  const config = readConfig(path.join(ROOT, "wrangler.toml"));
  delete config.build;
  const given = Object.keys(config.vars).flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []));
  // A secret, which wrangler.toml does not name. A new one each time: tickets are good for minutes.
  const key = process.env.SEAL_KEY ?? randomBytes(32).toString("base64");
  Object.assign(config.vars, SHORT_WAITS, demo ? DEMO : {}, Object.fromEntries(given), { ORIGIN: origin, SEAL_KEY: key, ADMIN_TOKEN: token });
  if (proxy) Object.assign(config.vars, { ORIGIN: proxy.url, ORIGIN_HOST: "" });
  config.main = path.join(ROOT, config.main);
  if (config.assets?.directory) config.assets.directory = path.resolve(ROOT, config.assets.directory);
  const file = path.join(folder, "wrangler.json");
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, JSON.stringify(config, null, 2), { mode: 0o600 });
  return file;
}

/// A wrangler.toml as an object. In a process of its own: who imports wrangler has its handlers of Ctrl-C as well.
function readConfig(file) {
  const script = `import("wrangler").then((wrangler) => {
    console.log(JSON.stringify(wrangler.experimental_readRawConfig({ config: process.argv[1] }).rawConfig));
  });`;
  const options = { cwd: ROOT, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] };
  return JSON.parse(execFileSync(process.execPath, ["--eval", script, file], options));
}

function startWrangler() {
  const folder = path.join(ROOT, ".dev", String(port));
  const args = ["dev", "--ip", "127.0.0.1", "--port", String(port), "--inspector-port", "0", "--show-interactive-dev-session=false"];
  args.push("--config", writeConfig(folder), "--persist-to", path.join(folder, "state"));
  // A group of its own: Ctrl-C reaches this process, which then ends wrangler and all that wrangler started.
  const wrangler = spawn(paths().wrangler, args, {
    cwd: ROOT,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false", NO_UPDATE_NOTIFIER: "1" },
  });
  pass(wrangler.stdout, (line) => console.log(line));
  pass(wrangler.stderr, (line) => console.error(line));
  return wrangler;
}

/// Passes on what wrangler says, but for its greeting, the table of all variables, and that it is ready, which is said
/// here when the site is.
function pass(stream, print) {
  let inTable = false;
  createInterface({ input: stream }).on("line", (line) => {
    if (line.startsWith("Your Worker has access to the following bindings")) inTable = true;
    if (line.trim() === "") inTable = false;
    const dull = inTable || /^\s*$|^ ⛅️ wrangler |^─+$|Starting local server|Ready on http/.test(line);
    if (!dull) print(line);
  });
}

/// Builds the Worker when its sources have changed; wrangler watches what is built.
function buildOnChange() {
  let timer;
  let build;
  const start = (file) => {
    if (build) return schedule(file);
    console.error(`dev: ${file} has changed; building the Worker`);
    const { MAKEFLAGS, MAKELEVEL, ...env } = process.env;
    build = spawn("make", ["--silent", "build"], { cwd: ROOT, env, stdio: ["ignore", "ignore", "inherit"] });
    build.on("exit", (code) => {
      build = undefined;
      if (code !== 0 && !ending) console.error("dev: the Worker could not be built; the one before goes on.");
    });
  };
  const schedule = (file) => {
    clearTimeout(timer);
    timer = setTimeout(() => start(file), SETTLE_MS);
  };
  for (const folder of SOURCES) watch(path.join(ROOT, folder), { recursive: true }, (_, name) => schedule(path.join(folder, name ?? "")));
}

function sayReady() {
  const site = `http://127.0.0.1:${port}`;
  const headers = "curl -s -o /dev/null -D -";
  const prefetch = "-H 'Sec-Fetch-Mode: navigate' -H 'Sec-Fetch-Dest: document' -H 'Sec-Purpose: prefetch'";
  const lines = [`Headstart ready on ${site}`];
  if (demo) {
    lines.push(`  Open it in a browser: a lamp shop behind Headstart. The same shop without it: ${origin}`);
    lines.push("  The foot of each page says what Headstart did to it.");
    lines.push("  What is added to a page (some seconds after three views, a Link header as well):");
    lines.push(`    ${headers} ${site}/products`);
    lines.push("  What a prefetch gets of a page that sets a cookie (a ticket in Speculation-Rules, which brings the cookie later):");
    lines.push(`    ${headers} ${prefetch} ${site}/visits`);
  } else {
    lines.push(`  Open it in a browser: ${origin} behind Headstart.`);
    lines.push("  What is added to a page (some seconds after three views, a Link header as well):");
    lines.push(`    ${headers} ${site}/`);
  }
  lines.push(`  What was learned, gained and refused: ${site}/_headstart/, with this token: ${token}`);
  lines.push("  Ask with GET: answers to HEAD (curl -I) stay as the site sent them. Ctrl-C ends it.");
  console.log(lines.join("\n"));
}

async function answers() {
  const deadline = Date.now() + START_MS;
  let told = false;
  while (Date.now() < deadline) {
    try {
      const answer = await fetch(`http://127.0.0.1:${port}/`, { redirect: "manual", signal: AbortSignal.timeout(10_000) });
      const text = answer.status === 502 ? await answer.text() : "";
      if (!text.startsWith("the origin cannot be reached")) return;
      if (!told) console.error(`dev: ${text.trim()} (${origin}); waiting for it.`);
      told = true;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  console.error("dev: the site did not answer in time.");
  await end(1);
}

async function end(code) {
  if (ending) return;
  ending = true;
  const signalGroup = (signal) => {
    try {
      process.kill(-wrangler.pid, signal);
      return true;
    } catch {
      return false;
    }
  };
  const deadline = Date.now() + END_MS;
  signalGroup("SIGTERM");
  while (signalGroup(0) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
  signalGroup("SIGKILL");
  demo?.close();
  proxy?.close();
  process.exit(code);
}
