// An hour of scripted visitors on the shop behind Headstart with its defaults, and what is refused to speculations by then:
// no page may be among it that a plain view finds harmless.
//
//   node tools/apps/hour.mjs [--minutes 60] [--visitors 40] [--seed 1]
//
// Visitors go from link to link as a browser does under the default rules: each link is asked for ahead when it is pressed,
// and shown if that was answered, with its deferred cookies; else it is asked for plainly. They point at other links, sign in
// and out, fill baskets and wish lists, and write. Then each URL that was seen is asked for ahead once more, by somebody with
// a session and by somebody without, and what is refused is looked at: a plain view of it either changes something in the
// database (but for what the shop counts at every view) or of the visitor's session and basket, or it was refused in vain.
// Prints a table, and ends with one line of JSON.

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { freePort, install, load, stopAll } from "./app.mjs";
import { seeded } from "../seeded.mjs";
import { front } from "./headstart.mjs";
import { Visitor } from "./hour/visitor.mjs";
import { witness } from "./witness.mjs";

const { values } = parseArgs({ options: { minutes: { type: "string", default: "60" }, visitors: { type: "string", default: "40" }, seed: { type: "string", default: "1" } } });
const [minutes, many, seed] = [values.minutes, values.visitors, values.seed].map(Number);

/// How long a visitor looks at a page at the least and at the most, in milliseconds.
const LOOK_MS = [3_000, 12_000];

const say = (text) => console.error(`hour: ${text}`);
const folder = mkdtempSync(path.join(tmpdir(), "headstart-hour-"));
async function end(code) {
  await stopAll();
  rmSync(folder, { recursive: true, force: true });
  process.exit(code);
}
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => end(1));

try {
  const result = await hour();
  print(result);
  await end(result.inVain.length > 0 || result.urls === 0 ? 1 : 0);
} catch (error) {
  console.error(error.stack);
  await end(1);
}

async function hour() {
  const app = await load("oscar");
  const [port, behind] = [await freePort(), await freePort()];
  const publicOrigin = `http://oscar.localhost:${port}`;
  const context = { ...(await install(app, say)), folder: path.join(folder, "data"), log: path.join(folder, "log"), port: behind, publicOrigin };
  mkdirSync(context.folder);
  say(`creating the data of ${app.title}`);
  await app.prepare(context);
  const shop = await app.start(context);
  const seen = await witness(0, behind);
  const headstart = await front({ way: "zone", port, witness: seen.port, variables: {}, folder: path.join(folder, "state") });
  say(`${many} visitors for ${minutes} minutes at ${publicOrigin}`);
  const urls = new Map();
  const until = Date.now() + minutes * 60_000;
  const visitors = Array.from({ length: many }, (_, at) => new Visitor({ publicOrigin, address: `198.51.100.${at + 1}`, random: seeded(seed * 1000 + at), urls, signsIn: at % 2 === 0 }));
  const failures = [];
  await Promise.all(visitors.map((visitor) => visitor.spend(until, LOOK_MS, (why) => failures.push(why)).catch((error) => failures.push(error.message))));
  say(`${urls.size} URLs were seen; looking at what is refused`);
  // What the shop counts at every view is not what a page does.
  const counters = new Set((app.named ?? []).filter(({ what }) => what === "row").map(({ where }) => where));
  const rows = async () => JSON.stringify(Object.entries(await shop.rows()).filter(([table]) => !counters.has(table)));
  const result = await judge({ publicOrigin, urls: [...urls.keys()], rows });
  return { ...result, minutes, visitors: many, urls: urls.size, failures, errors: headstart.errors(), excluded: headstart.excluded() };
}

/// Asks for each URL ahead, and looks at a plain view of those that are refused for what was met.
async function judge({ publicOrigin, urls, rows }) {
  const somebody = new Visitor({ publicOrigin, address: "203.0.113.1", random: seeded(7), urls: new Map() });
  await somebody.signIn();
  const nobody = new Visitor({ publicOrigin, address: "203.0.113.2", random: seeded(8), urls: new Map() });
  const [byName, right, inVain] = [[], [], []];
  for (const url of urls) {
    for (const [who, visitor] of [["with a session", somebody], ["without", nobody]]) {
      const why = await visitor.refusal(url);
      if (why === null) continue;
      if (why.startsWith("unsafe-url")) {
        byName.push({ url, who, why });
        continue;
      }
      const before = [await rows(), visitor.keeps()];
      await visitor.look(url);
      const does = [(await rows()) !== before[0] && "database", visitor.keeps() !== before[1] && "session or basket"].filter(Boolean);
      // The next URL is for somebody with a session again.
      if (visitor === somebody && visitor.keeps() !== before[1]) await somebody.signIn();
      (does.length > 0 ? right : inVain).push({ url, who, why, does: does.join(" and ") || "nothing" });
    }
  }
  return { byName, right, inVain };
}

function print({ minutes, visitors, urls, byName, right, inVain, failures, errors, excluded }) {
  for (const { url, who, why, does } of [...right, ...inVain]) console.log(`${url}  ${who}  ${why}  a plain view changes: ${does}`);
  for (const { url, who, why } of byName) console.log(`${url}  ${who}  ${why}`);
  for (const failure of new Set(failures)) console.log(`a visitor failed: ${failure}`);
  for (const line of new Set([...excluded, ...errors])) console.log(line);
  console.log(JSON.stringify({ minutes, visitors, urls, refused_by_name: byName.length, refused_rightly: right.length, refused_in_vain: inVain.length, failures: failures.length }));
}
