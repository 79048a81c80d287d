// `make dev`: a site behind Headstart on this machine, until Ctrl-C.
//
//   ORIGIN=…   the site to put it in front of; without it, the demo shop
//   PORT=…     the port to answer on, 8787 by default
//
// Every other variable of wrangler.toml may be given in the same way (EAGERNESS=moderate), and SEAL_KEY, which is random
// otherwise. The waits are shortened, so
// that what was learned shows after a few seconds.

import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import net from "node:net";
import { fileURLToPath } from "node:url";
import { startDemo } from "../demo/server.mjs";
import { paths } from "./setup.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const SHORT_WAITS = { BATCH_SECONDS: "1", BATCH_VIEWS: "0", PUBLISH_SECONDS: "2", REFRESH_SECONDS: "2", LEARN_SAMPLE: "1", MIN_VISITORS: "1" };
/// What the demo shop's owner would configure: the paths that count.
const DEMO = { EFFECT_PATHS: "/shelf/* /strict-shelf/* /pixel.gif /seen" };
const THIRD_PARTIES = ["cdn", "fonts", "pictures", "statistics", "videos"];

/// How long wrangler may take to answer or to end, in milliseconds.
const START_MS = 300_000;
const END_MS = 5_000;

const port = Number(process.env.PORT || 8787);
if (!Number.isInteger(port) || port < 1 || port > 65_535) stop(`PORT is "${process.env.PORT}"; it must be a number from 1 to 65535.`);
if (!(await isFree(port))) stop(`port ${port} is in use; choose another one with PORT=`);

checkOrigin(process.env.ORIGIN);
const demo = process.env.ORIGIN ? null : await startDemo(demoPorts());
const origin = process.env.ORIGIN || demo.shop;
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
console.log(`Headstart ready on http://127.0.0.1:${port}`);

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

function startWrangler() {
  const config = readFileSync(`${ROOT}/wrangler.toml`, "utf8");
  const known = config.slice(config.indexOf("[vars]")).match(/^[A-Z_]+(?= =)/gm);
  const given = Object.fromEntries(known.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
  // A secret, which wrangler.toml does not name. A new one each time: tickets are good for minutes.
  const key = process.env.SEAL_KEY ?? randomBytes(32).toString("base64");
  const variables = { ...SHORT_WAITS, ...(demo ? DEMO : {}), ...given, ORIGIN: origin, SEAL_KEY: key };
  const args = ["dev", "--ip", "127.0.0.1", "--port", String(port), "--inspector-port", "0", "--show-interactive-dev-session=false"];
  for (const [name, value] of Object.entries(variables)) args.push("--var", `${name}:${value}`);
  // A group of its own: Ctrl-C reaches this process, which then ends wrangler and all that wrangler started.
  return spawn(paths().wrangler, args, {
    cwd: ROOT,
    detached: true,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false", NO_UPDATE_NOTIFIER: "1" },
  });
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
  process.exit(code);
}
