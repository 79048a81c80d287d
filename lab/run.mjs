// `make lab`: what Headstart is worth, measured: Chromium in front of a long line, TLS, HTTP/2, an origin that thinks, and a
// visitor who looks, points and presses. docs/lab.md says what is measured, and how.
//
//   ROUNDS=2              how often everything is measured: a first view three times a round, a next page some eight times
//   RTTS="60 150"         round trips, in milliseconds
//   THINK=300             how long the origin thinks about a page, in milliseconds
//   PARTS="first next"    first views, next pages
//   PAGES="text news"     these sites; all by default (sites.mjs)
//   RUNS="hints learned"  these runs (runs.mjs), beside nothing; all by default
//   DEVICES="desktop touch"
//   SEED=1                what the visitors do
//   LANES=                how many browsers at a time; twice as many as there are cores by default, eight at most
//   VARIABLES="A=1 B=on"  more variables for every Worker with Headstart
//   PICTURE=docs/lab.svg  draws the figures into this file
//   RECORDS=file          writes every single view into this file, as JSON
//
// Prints tables, and ends with one line of JSON. Exits with 0 when it has measured, whatever the figures.

import { setTimeout as wait } from "node:timers/promises";
import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { seeded, shuffled } from "../tools/seeded.mjs";
import { hangUp } from "./ask.mjs";
import { EarlyHints } from "./early_hints.mjs";
import { summarize } from "./figures.mjs";
import { journey, travel } from "./journeys.mjs";
import { startLane } from "./lane.mjs";
import { hostFor, siteOf, startOrigin } from "./origin.mjs";
import { picture } from "./picture.mjs";
import { chosen, FIRST, mistaken, NEXT, settings } from "./runs.mjs";
import { SITES } from "./sites.mjs";
import { report } from "./table.mjs";
import { learned, placesOf, teach, teachByBrowsers } from "./teach.mjs";
import { verdict } from "./verdict.mjs";
import { DEVICES, Visitor } from "./visitor.mjs";
import { KNOWN, startWorker } from "./workers.mjs";

/// How often a first view is measured in a round, and how many clicks a visitor makes.
const FIRST_VIEWS = 3;
const CLICKS = 2;

/// The sites of the part with next pages: the shop with the other picture is left as any other is.
const NEXT_SITES = SITES.filter((site) => site !== "shop-lazy");

/// The round trip of the visitors with browsers that Headstart learns from, and how long their browsers have to send what they
/// have seen when they have left, in milliseconds.
const TEACHING_RTT = 60;
const FAREWELL_MS = 500;

/// The run of a page that browsers show before anything is measured.
const WARM = "warm";

/// How often one visitor's way is tried.
const TRIES = 2;

const say = (text) => console.error(`lab: ${text}`);
const started = [];
const arriving = new Set();
const browsing = new Set();
let ending = null;

/// Ends everything that was started, the last first.
function end(code) {
  ending ??= (async () => {
    // A browser that is being started would outlive us.
    await Promise.allSettled(arriving);
    for (const visitor of browsing) await goAway(visitor).catch(() => {});
    for (const stop of started.reverse()) await Promise.resolve(stop()).catch(() => {});
    hangUp();
    process.exit(code);
  })();
  return ending;
}
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => end(130));

try {
  await main(options(process.env));
  await end(0);
} catch (error) {
  if (!ending) console.error(`lab: ${error.stack}`);
  await end(1);
}

function options(env) {
  const number = (name, fallback, least, most) => {
    const value = env[name] ? Number(env[name]) : fallback;
    if (!Number.isInteger(value) || value < least || value > most) throw new Error(`${name} is "${env[name]}"; it must be a whole number from ${least} to ${most}`);
    return value;
  };
  const rtts = (env.RTTS || "60 150").split(/[\s,]+/).filter(Boolean).map(Number);
  if (!rtts.every((rtt) => Number.isInteger(rtt) && rtt >= 1 && rtt <= 2_000)) throw new Error(`RTTS is "${env.RTTS}"; it must be whole numbers from 1 to 2000, like "60 150"`);
  const pairs = (env.VARIABLES ?? "").split(/\s+/).filter(Boolean).map((pair) => pair.split(/=(.*)/s).slice(0, 2));
  const runs = chosen(env.RUNS, [...new Set([...Object.keys(FIRST), ...Object.keys(NEXT)])], "the run");
  return {
    rounds: number("ROUNDS", 2, 1, 1_000),
    rtts,
    think: number("THINK", 300, 0, 60_000),
    parts: chosen(env.PARTS, ["first", "next"], "the part"),
    sites: chosen(env.PAGES, SITES, "the page"),
    runs: [...new Set(["nothing", ...runs])],
    devices: chosen(env.DEVICES, Object.keys(DEVICES), "the device"),
    seed: number("SEED", 1, 0, 1e9),
    lanes: number("LANES", Math.min(8, 2 * availableParallelism()), 1, 32),
    variables: Object.fromEntries(pairs),
    picture: env.PICTURE,
    records: env.RECORDS,
  };
}

async function main(wanted) {
  const begun = Date.now();
  const { rounds, rtts, think, seed } = wanted;
  const lab = await prepare(wanted);
  const { records, failures } = await visitAll(lab, wanted);
  for (const why of new Set(failures)) say(why);
  const rows = summarize(records);
  const seconds = Math.round((Date.now() - begun) / 1000);
  const not_offered = Object.fromEntries(lab.not);
  const result = { rounds, rtts, think, seed, seconds, failed: failures.length, not_offered, ...verdict(rows), rows };
  console.log(report(result));
  if (wanted.picture && rows.length > 0) writeFileSync(wanted.picture, picture(result));
  if (wanted.records) writeFileSync(wanted.records, JSON.stringify(records));
  for (const [run, worker] of lab.workers) for (const line of new Set(worker.lines())) if (line.startsWith("[ERROR]")) say(`${run} logged: ${line}`);
  console.log(JSON.stringify(result));
  if (records.length === 0) throw new Error("no view could be measured");
}

/// Starts all servers, and has Headstart learn: {workers: by their runs, lanes, not: run -> why it is not offered, offered and
/// sitesOf: of each part}.
async function prepare(wanted) {
  const names = (part, table) => (wanted.parts.includes(part) ? Object.keys(table).filter((run) => wanted.runs.includes(run)) : []);
  const plan = { first: names("first", FIRST), next: names("next", NEXT) };
  const sitesOf = { first: wanted.sites, next: wanted.sites.filter((site) => NEXT_SITES.includes(site)) };
  const all = [...new Set([...plan.first, ...plan.next])];
  const known = [...all, WARM];

  const origin = await startOrigin((host) => siteOf(host, SITES, known)?.site);
  started.push(origin.close);
  const { workers, not } = await startWorkers(all, wanted.variables, origin.port);
  workers.set(WARM, workers.get("nothing"));
  const lanes = [];
  for (let lane = 0; lane < wanted.lanes; lane += 1) {
    lanes.push(await startLane((host) => workers.get(siteOf(host, SITES, known)?.run)));
    started.push(lanes.at(-1).close);
  }

  await teachAll(workers, sitesOf, plan, lanes);
  leaveOutMistaken(workers, not);
  await settle(workers);
  origin.think(wanted.think);
  const offered = Object.fromEntries(Object.entries(plan).map(([part, runs]) => [part, runs.filter((run) => workers.has(run))]));
  await checkPreloads(workers, not, offered, sitesOf.first);
  return { workers, lanes, not, offered, sitesOf };
}

/// Has all visitors come: {records, failures}. In each round they come to all runs, in an order of its own.
async function visitAll({ lanes, offered, sitesOf }, { rounds, rtts, devices, seed }) {
  const jobs = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const rtt of rtts) {
      for (let again = 0; again < FIRST_VIEWS; again += 1) jobs.push({ part: "first", device: "desktop", rtt, round: round * FIRST_VIEWS + again, clicks: 0 });
      for (const device of devices) jobs.push({ part: "next", device, rtt, round, clicks: CLICKS });
    }
  }
  const queue = shuffled(jobs, seeded(seed)).map((job) => {
    const ways = sitesOf[job.part].flatMap((site) => offered[job.part].map((run) => ({ site, run })));
    return { job, ways: shuffled(ways, seeded(seed + 31 * job.round + job.rtt)) };
  });
  const count = queue.reduce((sum, { ways }) => sum + ways.length, 0);
  say(`${count} visitors on ${lanes.length} lanes; Ctrl-C ends it`);

  const [records, failures] = [[], []];
  const teller = setInterval(() => say(`${records.length} of ${count} visitors`), 15_000);
  const work = async (lane) => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      await measure({ lane, ...next, seed, record: (record) => records.push(record), fail: (why) => failures.push(why) });
    }
  };
  await Promise.all(lanes.map(work));
  clearInterval(teller);
  return { records, failures };
}

/// Starts the Workers of all runs that this build offers: {workers: by their runs, not: run -> why it is not offered}.
async function startWorkers(runs, variables, originPort) {
  const [workers, not] = [new Map(), new Map()];
  for (const run of runs) {
    const setting = FIRST[run] ?? NEXT[run];
    const { learning, measured, missing } = setting.plain ? { learning: null } : settings(setting, KNOWN);
    if (missing) {
      not.set(run, `not offered by this build, which knows no ${missing.join(", ")}`);
      continue;
    }
    const worker = await startWorker(learning && { ...learning, ...variables }, originPort);
    started.push(worker.stop);
    worker.early = setting.early ? new EarlyHints() : null;
    worker.measured = measured && { ...measured, ...variables };
    workers.set(run, worker);
  }
  return { workers, not };
}

/// Leaves those out whose settings the build takes for mistakes, as it says when it is first asked for something.
function leaveOutMistaken(workers, not) {
  for (const [run, worker] of workers) {
    const setting = FIRST[run] ?? NEXT[run] ?? {};
    const names = mistaken(setting, worker.lines());
    if (names.length === 0) continue;
    not.set(run, `not offered by this build, which does not take ${names.map((name) => `${name}=${setting.needs[name]}`).join(", ")}`);
    workers.delete(run);
  }
}

/// Has the Workers go on as they are by default, and read what they have learned; and the front remember what they name, since
/// others have been to these pages.
async function settle(workers) {
  const changed = [...workers].filter(([, { measured }]) => measured);
  await Promise.all(changed.map(([, worker]) => worker.restart(worker.measured)));
  const places = changed.flatMap(([run, { port }]) => placesOf(run, port, SITES));
  for (let time = 0; time < 2; time += 1) {
    const seen = await Promise.all(places.map(learned));
    places.forEach(({ run, host }, at) => workers.get(run).early?.note(host, "/", 200, seen[at].link));
    await wait(1_500);
  }
}

/// Has all of them learn.
async function teachAll(workers, sitesOf, plan, lanes) {
  say("letting a crowd go round, until hints and next pages are learned");
  const runs = [...workers].filter(([run]) => run !== "nothing" && run !== WARM);
  const places = runs.flatMap(([run, { port }]) => placesOf(run, port, plan.next.includes(run) ? [...new Set([...sitesOf.first, ...sitesOf.next])] : sitesOf.first));
  await teach(places);
  const pending = places.filter(({ run }) => FIRST[run]?.preloads);
  if (pending.length === 0) return;
  say("letting some come with browsers, until preloads are learned");
  const came = await teachByBrowsers(pending, async (visits) => {
    const queue = [...visits];
    await Promise.all(
      lanes.map(async (lane) => {
        lane.network.roundTrip = TEACHING_RTT;
        for (let visit = queue.shift(); visit; visit = queue.shift()) {
          // A browser of their own for each: nothing is in its cache.
          const visitor = await arrive("desktop", lane);
          await travel({ visitor, lane, ...visit, steps: [], farewell: FAREWELL_MS }).catch((error) => say(error.message));
          await goAway(visitor);
        }
      }),
    );
  });
  say(`${came} came to each page`);
}

/// Runs that are about preloads are of no use where pages name none.
async function checkPreloads(workers, not, offered, sites) {
  for (const run of offered.first.filter((run) => run !== "nothing")) {
    const seen = await Promise.all(placesOf(run, workers.get(run).port, sites).map(async (place) => ({ ...place, ...(await learned(place)) })));
    const names = (field) => seen.filter((place) => place[field] > 0).map((place) => `${place.site} ${place[field]}`).join(", ") || "none";
    say(`${run}: preconnects: ${names("preconnects")}; preloads: ${names("preloads")}`);
    if (FIRST[run].preloads && seen.every(({ preloads }) => preloads === 0)) {
      not.set(run, "not offered by this build, whose answers name no preload");
      offered.first.splice(offered.first.indexOf(run), 1);
    }
  }
}

/// One browser, and the ways of some visitors in it: each to a host that it has not seen, so with nothing in its caches or pools.
async function measure({ lane, job, ways, seed, record, fail }) {
  lane.network.roundTrip = job.rtt;
  let visitor = null;
  for (const { site, run } of ways) {
    // The same in all runs.
    const steps = journey(seed + 7_919 * job.round + 104_729 * SITES.indexOf(site) + job.rtt, job.clicks);
    for (let left = TRIES; left > 0; left -= 1) {
      try {
        if (!visitor) visitor = await warm(job.device, lane);
        const seen = await travel({ visitor, lane, site, run, steps });
        record({ ...job, site, run, ...seen });
        break;
      } catch (error) {
        if (ending) return;
        if (left === 1) fail(`${job.part} ${site} ${run} ${job.device} ${job.rtt} ms: ${error.message}`);
        // A browser that has been to the host knows it: the next one has not.
        if (visitor) await goAway(visitor);
        visitor = null;
      }
    }
  }
  if (visitor) await goAway(visitor);
}

/// Starts a visitor's browser, and ends it: each once.
async function arrive(device, lane) {
  if (ending) throw new Error("the lab ends");
  const starting = Visitor.start(device, lane.switches);
  arriving.add(starting);
  try {
    const visitor = await starting;
    browsing.add(visitor);
    return visitor;
  } finally {
    arriving.delete(starting);
  }
}

async function goAway(visitor) {
  if (browsing.delete(visitor)) await visitor.close();
}

/// A browser that has shown a page before, so that it is awake.
async function warm(device, lane) {
  const visitor = await arrive(device, lane);
  await visitor.come(`https://${hostFor("text", WARM)}/`, null);
  await visitor.leave();
  lane.network.hangUp();
  return visitor;
}
