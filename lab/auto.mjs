// `make lab AUTO=1`: whether EAGERNESS=auto finds the eagerness that a site bears. A crowd without browsers, who do what a
// Chromium does with rule sets (crowd.mjs), goes about three sites; what eagerness their baseline has is read from the files
// that the pages' `Speculation-Rules` name.
//
//   light    visitors point at little but what they press: what is fetched ahead is mostly used
//   swept    a page of 200 links, over which everybody's mouse sweeps: hardly anything is used
//   slow     as light, but in the second third of the time the origin answers what is asked for ahead late
//
// Each is measured with `auto`, and beside it with `moderate` and `conservative`, by the same visitors.
//
//   NAVIGATIONS=300   on each site
//   MINUTES=0         over how long they are spread; 0: as fast as they go. A speculation counts as wasted after ten minutes
//   SITES="light slow"  these; all by default
//   EAGERNESS=auto    or others that the build knows
//   SEED=1
//
// Prints how the eagerness of the first page changed, and how many of the others were moderate at last, and ends with one line of JSON.

import { setTimeout as wait } from "node:timers/promises";
import http from "node:http";
import { once } from "node:events";
import { seeded } from "../tools/seeded.mjs";
import { hangUp } from "./ask.mjs";
import { baseline, CrowdVisitor } from "./crowd.mjs";
import { columns } from "./table.mjs";
import { chosen, LEARN, mistaken } from "./runs.mjs";
import { startWorker } from "./workers.mjs";

const LINKS = 200;

/// How many links a mouse sweeps over on its way, and how often somebody stays over a link that they do not press.
const SWEPT = 40;
const STRAYS = 0.3;

/// How often a visitor clicks, and how many are there at a time where time does not matter.
const CLICKS = 2;
const AT_A_TIME = 4;

/// How long the origin takes: usually, and for what is asked for ahead while it is slow, in milliseconds.
const USUAL_MS = 20;
const SLOW_MS = 1_500;

const SCENARIOS = { light: { swept: false, slow: false }, swept: { swept: true, slow: false }, slow: { swept: false, slow: true } };
const REFERENCES = ["moderate", "conservative"];

const share = (value) => (value === null ? "–" : `${Math.round(value * 100)} %`);
const say = (text) => console.error(`lab: ${text}`);
const started = [];
async function end(code) {
  for (const stop of started.splice(0).reverse()) await Promise.resolve(stop()).catch(() => {});
  hangUp();
  process.exit(code);
}
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => end(130));

try {
  await main(process.env);
  await end(0);
} catch (error) {
  console.error(`lab: ${error.stack}`);
  await end(1);
}

async function main(env) {
  const [navigations, minutes, seed] = [["NAVIGATIONS", 300], ["MINUTES", 0], ["SEED", 1]].map(([name, fallback]) => {
    const value = env[name] ? Number(env[name]) : fallback;
    if (!Number.isInteger(value) || value < 0) throw new Error(`${name} is "${env[name]}"; it must be a whole number`);
    return value;
  });
  const wanted = env.EAGERNESS || "auto";
  const results = [];
  for (const name of chosen(env.SITES, Object.keys(SCENARIOS), "the site")) {
    const runs = await Promise.all([wanted, ...REFERENCES.filter((other) => other !== wanted)].map((eagerness) => scenario({ name, eagerness, navigations, minutes, seed })));
    results.push(...runs);
  }
  const rows = results.map(({ site, eagerness, offered, navigations, asked, used, waste, ahead, moderate_after, last }) =>
    offered
      ? [site, eagerness, String(navigations), String(asked), String(used), share(waste), share(ahead), moderate_after === null ? "never" : String(moderate_after), last ?? "none"]
      : [site, eagerness, "not offered by this build", "", "", "", "", "", ""],
  );
  console.log(columns([["site", "EAGERNESS", "navigations", "asked", "used", "wasted", "came ahead", "moderate after", "at last"], ...rows], 2));
  for (const { site, eagerness, changes, behind } of results.filter(({ offered }) => offered)) {
    const front = changes.map(({ eagerness, navigation, seconds }) => `${eagerness} from navigation ${navigation} (${seconds} s)`);
    console.log(`${site}, ${eagerness}: / ${front.join(", ")}; of ${behind.pages} pages behind it ${behind.moderate} moderate at last, none changed more than ${behind.most_changes} times`);
  }
  console.log(JSON.stringify({ navigations, minutes, seed, results }));
}

/// One crowd on one site with one eagerness.
async function scenario({ name, eagerness, navigations, minutes, seed }) {
  const { swept, slow } = SCENARIOS[name];
  let progress = 0;
  const origin = await startOrigin(() => slow && progress >= 1 / 3 && progress < 2 / 3);
  const worker = await startWorker({ ...LEARN, EAGERNESS: eagerness }, origin.port);
  started.push(origin.close, worker.stop);
  const place = { port: worker.port, host: `${name}-${eagerness}.example` };
  const begun = Date.now();
  const result = { site: name, eagerness, offered: true, navigations: 0, asked: 0, used: 0, clicks: 0, changes: [] };
  const aheadAt = [];
  const seconds = () => Math.round((Date.now() - begun) / 1000);
  // A page behind the first one may differ from others: moderate is tried on a third of the pages.
  const note = (page, visitor) => {
    const eagerness = baseline(visitor.sets) ?? "none";
    if (result.changes.findLast((change) => change.page === page)?.eagerness === eagerness) return;
    result.changes.push({ page, navigation: result.navigations, seconds: seconds(), eagerness });
  };

  const visit = async (number) => {
    const random = seeded(seed * 100_003 + number);
    const visitor = new CrowdVisitor(place, `100.${64 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`);
    await visitor.come("/");
    result.navigations += 1;
    note("/", visitor);
    for (let click = 0; click < CLICKS && result.navigations < navigations; click += 1) {
      // There and back.
      const goal = click % 2 === 0 ? `/item/${1 + Math.floor(random() * LINKS)}` : "/";
      const others = click % 2 === 1 ? 0 : swept ? SWEPT : random() < STRAYS ? 1 : 0;
      await visitor.point(Array.from({ length: others }, () => `/item/${1 + Math.floor(random() * LINKS)}`));
      const before = visitor.used;
      // Who points at a link for a while and then presses it.
      await visitor.point([goal]);
      const early = visitor.isAhead(goal);
      await visitor.follow(goal);
      aheadAt.push(early && visitor.used > before);
      result.navigations += 1;
      result.clicks += 1;
      progress = result.navigations / navigations;
      note(goal, visitor);
    }
    result.asked += visitor.asked;
    result.used += visitor.used;
  };

  let number = 0;
  const visitors = Math.ceil(navigations / (1 + CLICKS));
  const pace = (minutes * 60_000) / visitors;
  const lane = async () => {
    while (result.navigations < navigations) {
      const mine = (number += 1);
      if (pace > 0) await wait(Math.max(0, begun + mine * pace - Date.now()));
      await visit(mine);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, lane));
  result.offered = mistaken({ needs: { EAGERNESS: eagerness } }, worker.lines()).length === 0;
  await worker.stop();
  origin.close();
  say(`${name}, ${eagerness}: ${result.navigations} navigations in ${seconds()} s`);
  // The page with the many links, and those behind it.
  const front = result.changes.filter(({ page }) => page === "/");
  const behind = new Map();
  for (const { page, eagerness } of result.changes) if (page !== "/") behind.set(page, [...(behind.get(page) ?? []), eagerness]);
  const late = aheadAt.slice(-Math.ceil(aheadAt.length / 3));
  return {
    ...result,
    changes: front,
    behind: {
      pages: behind.size,
      moderate: [...behind.values()].filter((all) => all.at(-1) === "moderate").length,
      // Hysteresis: how often the page that did so most changed its eagerness.
      most_changes: Math.max(...[...behind.values()].map((all) => all.length - 1)),
    },
    waste: result.asked === 0 ? null : 1 - result.used / result.asked,
    // Of the last third of the clicks, how many came ahead of the press.
    ahead: late.length === 0 ? null : late.filter(Boolean).length / late.length,
    moderate_after: front.find(({ eagerness }) => eagerness === "moderate")?.navigation ?? null,
    last: front.at(-1)?.eagerness ?? null,
  };
}

/// A site of one page with many links, and a page behind each.
async function startOrigin(isSlow) {
  const links = Array.from({ length: LINKS }, (_, at) => `<li><a href="/item/${at + 1}">Lamp ${at + 1}</a></li>`).join("");
  const server = http.createServer(async (request, response) => {
    await wait(request.headers["sec-purpose"] && isSlow() ? SLOW_MS : USUAL_MS);
    const item = /^\/item\/(\d+)$/.exec(request.url)?.[1];
    if (request.url !== "/" && !item) return void response.writeHead(404).end();
    const body = item ? `<h1>Lamp ${item}</h1><p><a href="/">All lamps</a></p>` : `<h1>Lamps</h1><ul>${links}</ul>`;
    response.writeHead(200, { "content-type": "text/html" }).end(`<!doctype html><title>Lamps</title>${body}`);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { port: server.address().port, close };
}
