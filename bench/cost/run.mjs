// `make cost`: what Headstart costs on Cloudflare, from what it really does. For three kinds of sites, made-up visitors go through
// a site in workerd, with its own KV and Durable Objects, on a clock that is turned forward; everything is counted that is billed.
// Prints a table for each, and ends with one line of JSON.
//
//   VIEWS=3000     how many views are counted, after as many that are not
//   SITES=blog     some of the kinds
//   and any variable of wrangler.toml, to see which row it moves: BATCH_VIEWS=1000

import { readFileSync } from "node:fs";
import http from "node:http";
import { fileURLToPath } from "node:url";
import { Miniflare } from "miniflare";
import { seeded } from "../../tools/seeded.mjs";
import { SEAL_KEY, defaults, headstart } from "../../tools/worker.mjs";
import { bill } from "./bill.mjs";
import { OBJECT_GB, PRICES, READ_ON } from "./prices.mjs";
import { SITES } from "./sites.mjs";
import { Visitor, ask, hangUp } from "./visitor.mjs";

const VIEWS = Number(process.env.VIEWS || 3000);
const wanted = (process.env.SITES || Object.keys(SITES).join(",")).split(",");
const DAY_MS = 86_400_000;

/// How long a visitor looks at a page, in milliseconds, and how often alarms are looked for on the clock.
const LOOK_MS = 25_000;
const TICK_MS = 30_000;

const results = {};
for (const name of wanted) {
  if (!SITES[name]) throw new Error(`there is no site ${name}: ${Object.keys(SITES).join(", ")}`);
  results[name] = await measure(SITES[name]);
  show(name, SITES[name], results[name]);
}
hangUp();
console.log(JSON.stringify({ views: VIEWS, prices_of: READ_ON, ...results }));

/// Lets visitors come until as many views are counted; the counts are of those after the first half.
async function measure(site) {
  const origin = http.createServer((request, response) => {
    const [target] = request.url.split("?");
    if (target === "/robots.txt") return response.writeHead(404).end();
    response.writeHead(200, { "content-type": "text/html; charset=utf-8", "set-cookie": site.cookies(target, request.headers.cookie ?? "") });
    response.end(site.page(target));
  });
  await new Promise((resolve) => origin.listen(0, "127.0.0.1", resolve));
  const miniflare = start(origin.address().port);
  await miniflare.ready;
  const port = Number((await miniflare.unsafeGetDirectURL("headstart")).port);
  const pid = workerdPid();
  try {
    const steps = stepsOf(site, port);
    const visitors = new Set(steps.map(({ visitor }) => visitor));
    let ticked = steps[0].at;
    let from = null;
    for (const [number, { at, visitor, path: target }] of steps.entries()) {
      while (ticked + TICK_MS < at) {
        ticked += TICK_MS;
        if ((await ask(port, "/-/tick", { "x-clock": String(ticked) })).status !== 200) throw new Error("an alarm has failed");
      }
      if (number === VIEWS) {
        await counts(port);
        from = { at, cpu: cpuMs(pid), speculations: speculationsOf(visitors) };
      }
      visitor.clock = at;
      await visitor.go(target);
    }
    const counted = await counts(port);
    const cpu = cpuMs(pid) - from.cpu;
    const { object_ms, ledger_calls, alarms, ...others } = counted;
    const days = (steps.at(-1).at - from.at) / DAY_MS;
    const per = (number) => (number / VIEWS) * 1000;
    const measured = { ...others, cpu_ms: cpu, object_gb_seconds: (object_ms / 1000) * OBJECT_GB };
    const used = Object.fromEntries(Object.entries(measured).map(([name, number]) => [name, per(number)]));
    const since = speculationsOf(visitors);
    const speculations = { asked: per(since.asked - from.speculations.asked), used: per(since.used - from.speculations.used) };
    const objects = { ledger_calls: per(ledger_calls), alarms: per(alarms) };
    return { ...bill(used, site.views), objects, speculations, days };
  } finally {
    await miniflare.dispose();
    origin.close();
    origin.closeAllConnections();
  }
}

function start(origin) {
  const worker = headstart();
  const file = fileURLToPath(new URL("counted.mjs", import.meta.url));
  const variables = defaults();
  const given = Object.keys(variables).flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []));
  return new Miniflare({
    cf: { colo: "TST" },
    // What the Worker logs of its decisions is not asked for here; what goes wrong is.
    handleRuntimeStdio(stdout, stderr) {
      stdout.resume();
      stderr.pipe(process.stderr);
    },
    workers: [
      {
        ...worker,
        modules: [{ type: "ESModule", path: file }, ...worker.modules],
        unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
        zone: "www.site.example",
        bindings: {
          ...variables,
          // Who visits is said in the field that the platform would set.
          VISITOR_ADDRESS: "CF-Connecting-IP",
          READ_STYLESHEETS: "site",
          SEAL_KEY,
          ...Object.fromEntries(given),
          ORIGIN: `http://127.0.0.1:${origin}`,
        },
      },
    ],
  });
}

/// Twice as many views as are counted, each of a visitor at a time, in the order of time.
function stepsOf(site, port) {
  const chance = seeded(7);
  const steps = [];
  let start = Date.now();
  for (let number = 0; steps.length < 2 * VIEWS; number++) {
    const visitor = new Visitor(port, `198.51.${(number >> 8) % 256}.${number % 256}`, chance);
    const paths = site.visit(chance);
    paths.forEach((target, at) => steps.push({ at: Math.round(start + at * LOOK_MS), visitor, path: target }));
    // The next one comes so that the day has as many views as it has.
    start += (paths.length * DAY_MS * -Math.log(1 - chance())) / site.views;
  }
  return steps.sort((one, other) => one.at - other.at).slice(0, 2 * VIEWS);
}

/// What these visitors have asked for ahead, and what of that was shown.
function speculationsOf(visitors) {
  const sum = (name) => [...visitors].reduce((all, visitor) => all + visitor[name], 0);
  return { asked: sum("asked"), used: sum("used") };
}

async function counts(port) {
  const { text } = await ask(port, "/-/counts");
  return JSON.parse(text);
}

function show(name, site, { per_1000_views: used, dollars_per_million_views: dollars, free_plan: free, month_of_this_site: month, objects, speculations, days }) {
  console.log(`\n${name}: ${site.title}; ${VIEWS} views counted, over ${days.toFixed(2)} days`);
  const rows = Object.keys(PRICES).map((thing) => [thing.replaceAll("_", " "), used[thing].toFixed(1), `$${dollars[thing].toFixed(3)}`]);
  const line = (cells) => `  ${cells[0].padEnd(20)}${cells[1].padStart(14)}${cells[2].padStart(16)}`;
  console.log(line(["", "1,000 views", "a million views"]));
  for (const row of [...rows, ["together", "", `$${dollars.total.toFixed(3)}`]]) console.log(line(row));
  console.log(`  of the requests of objects ${objects.ledger_calls.toFixed(0)} are calls of ledgers, and ${objects.alarms.toFixed(0)} alarms`);
  console.log(`  ${speculations.asked.toFixed(0)} speculations for 1,000 views, ${speculations.used.toFixed(0)} of them used`);
  console.log(`  Free plan: ${free.views_a_day.toLocaleString("en")} views a day, then ${free.limit.replaceAll("_", " ")} run out. Paid: $${month.toFixed(2)} a month for this site.`);
}

/// The CPU time of workerd, in milliseconds; 0 where there is no /proc.
function cpuMs(pid) {
  if (pid === null) return 0;
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /, "").split(" ");
  // Of what a hundredth of a second is, on every Linux that Node runs on.
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function workerdPid() {
  try {
    const children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim().split(" ");
    return Number(children.find((pid) => readFileSync(`/proc/${pid}/comm`, "utf8").startsWith("workerd"))) || null;
  } catch {
    return null;
  }
}
