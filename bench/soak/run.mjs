// `make soak`: a long run of mixed traffic over loopback, against workerd with Headstart and, paired with it, workerd with a plain Worker
// in front of the same origin. The platform and the origin fail by a schedule. Every answer that the origin did not give, and that is
// not documented, is an error. Prints tables, and ends with one line of JSON; the exit code is 1 where there was an error.
//
//   MINUTES=30   how long
//   RATE=25      how many requests a second are sent to each of the two
//   SEED=1       another one has others come, and other faults follow each other
//   FAULTS=off   nothing fails, for comparison
//   AS=MARKDOWN  prints the tables for a document

import { fork } from "node:child_process";
import { readFileSync } from "node:fs";
import os from "node:os";
import { fileURLToPath } from "node:url";
import { Miniflare } from "miniflare";
import { seeded } from "../../tools/seeded.mjs";
import { SEAL_KEY, defaults, headstart } from "../../tools/worker.mjs";
import { around } from "../../tests/support/around.mjs";
import { inspect, inspected } from "../../tests/support/inspect.mjs";
import { Client } from "./client.mjs";
import { Counts, Samples, Times, growth, table } from "./figures.mjs";
import { isRefusal, judge, judgeCount, judgeOwn } from "./judge.mjs";
import { calm, phaseAt, phases } from "./schedule.mjs";
import { OWN, activationOf, kindOf, requestOf } from "./traffic.mjs";

const number = (name, otherwise) => {
  const given = Number(process.env[name] || otherwise);
  if (!(given > 0)) throw new Error(`${name} is a number above 0, not ${process.env[name]}`);
  return given;
};
const MINUTES = number("MINUTES", 30);
const RATE = number("RATE", 25);
const SEED = number("SEED", 1);
const LENGTH_MS = MINUTES * 60_000;
const TOKEN = "a token of long runs, which is known to all of them";

/// The level of what the inspector tells, in the log.
const UNCAUGHT = "uncaught";

/// The most that is under way at once, to both. More is not sent, and said.
const MOST_UNDER_WAY = 300;

/// How long after a fault something may still go wrong by it, in milliseconds.
const AFTERWARDS_MS = 5_000;

/// How often it is asked what the Workers hold, in milliseconds: each time V8 collects. More often in a short run.
const HELD_MS = Math.min(60_000, LENGTH_MS / 30);

/// The most activations whose counts are still to be looked at.
const MOST_ACTIVATED = 20_000;

const chance = seeded(SEED);
const plan = process.env.FAULTS === "off" ? calm(LENGTH_MS) : phases(LENGTH_MS, chance);
const errors = new Counts(50);
const refusals = new Counts(50);
const notes = new Counts(200);
const memory = { headstart: samples(), plain: samples() };
const times = new Map();
const served = new Map();
const activated = new Map();
let [requests, unsent, underWay] = [0, 0, 0];
let [once, never] = [0, 0];
let isOver = false;
let tookMs = 0;

const origin = await startOrigin();
const loads = [os.loadavg()[0]];
const { miniflare: ours, port: oursAt, ...headstartIn } = await start({
  ...around("faulty_headstart.mjs"),
  bindings: { ...defaults(), READ_STYLESHEETS: "site", SEAL_KEY, ADMIN_TOKEN: TOKEN, EFFECT_PATHS: "/count/*", VISITOR_ADDRESS: "CF-Connecting-IP", ORIGIN: origin.url },
});
const { miniflare: theirs, port: theirsAt, ...plainIn } = await start({
  name: "plain",
  compatibilityDate: headstart().compatibilityDate,
  modules: [{ type: "ESModule", path: fileURLToPath(new URL("../passthrough.mjs", import.meta.url)) }],
  bindings: { ORIGIN: origin.url },
});
const processes = { headstart: headstartIn, plain: plainIn };
const clients = { headstart: new Client(oursAt), plain: new Client(theirsAt) };
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => (isOver = true));

const since = performance.now();
const elapsed = () => performance.now() - since;
let phase;
let calmSince = 0;

/// Begins a phase when it is time.
async function turn() {
  const now = phaseAt(plan, elapsed());
  if (now === phase) return;
  if (phase?.kind !== "calm" && now.kind === "calm") calmSince = elapsed();
  phase = now;
  await order(now.platform);
}

async function order(faults) {
  const body = Buffer.from(JSON.stringify(faults));
  const answer = await clients.headstart.ask({ method: "POST", target: "/-/faults", fields: { host: "shop.test" }, body });
  if (answer.status !== 200) throw new Error(`faults are not taken: ${JSON.stringify(answer)}`);
}

const isCalm = () => phase.kind === "calm" && elapsed() - calmSince > AFTERWARDS_MS;

function note(kind, by, milliseconds, of) {
  const key = `${of}\t${kind}\t${by}`;
  if (!times.has(key)) times.set(key, new Times());
  times.get(key).add(milliseconds);
}

function wrong(what, request, by, of, error) {
  errors.add(`${by}, ${of}: ${request.kind}${what === undefined ? "" : ` (${what})`}: ${error}`);
  if (errors.total <= 20) console.error(`${Math.round(elapsed() / 1000)} s: ${by}, ${of}: ${request.method} ${request.target}${what ? ` (${what})` : ""}: ${error}`);
}

/// Sends a request to one of both, and judges the answer.
async function send(request, by, fault, of) {
  requests += 1;
  served.set(request.kind, (served.get(request.kind) ?? 0) + 1);
  const fields = fault === undefined ? request.fields : { ...request.fields, "x-fault": fault };
  const answer = await clients[by].ask({ ...request, fields });
  const error = judge(request, fault, answer, by);
  if (error !== undefined) wrong(fault, request, by, of.name, error);
  else if (isRefusal(answer)) refusals.add(answer.headers["headstart-refused"]);
  if (fault === undefined && answer.failed === undefined) note(request.kind, by, answer.totalMs, of.kind);
  return answer;
}

/// Sends a request of Headstart's own.
async function sendOwn(request, wasCalm, of) {
  requests += 1;
  served.set(request.kind, (served.get(request.kind) ?? 0) + 1);
  const answer = await clients.headstart.ask(request);
  const error = judgeOwn(request, answer, wasCalm && isCalm());
  if (error !== undefined) wrong(undefined, request, "headstart", of.name, error);
  return answer;
}

/// What one visitor does.
async function go() {
  const of = phase;
  const kind = kindOf(chance());
  const request = requestOf(kind, requests, chance, TOKEN);
  const wasCalm = isCalm();
  if (OWN.includes(kind)) return void (await sendOwn(request, wasCalm, of));
  if (kind === "aborted") {
    const after = 1 + Math.floor(chance() * 30);
    requests += 2;
    served.set(kind, (served.get(kind) ?? 0) + 2);
    await Promise.all([clients.headstart.ask(request, after), clients.plain.ask(request, after)]);
    return;
  }
  const { share, kinds } = of.origin;
  const fault = chance() < share ? kinds[Math.floor(chance() * kinds.length)] : undefined;
  const toPlain = kind === "prefetch" ? { ...request, target: request.target.replace("/count/", "/count/plain-") } : request;
  const both = [() => send(request, "headstart", fault, of), () => send(toPlain, "plain", fault, of)];
  // One after the other, so that neither waits for the other; who comes first is left to chance.
  const isFirst = chance() < 0.5;
  let answer;
  if (isFirst) answer = await both[0]();
  await both[1]();
  if (!isFirst) answer = await both[0]();
  if (kind !== "prefetch" && kind !== "prerender") return;
  const isAnswered = answer.status === 200 && answer.isComplete;
  const activation = isAnswered ? activationOf(request, answer) : undefined;
  if (kind === "prefetch" && isAnswered && activation === undefined && fault === undefined) wrong(fault, request, "headstart", of.name, "no ticket for a visit that counts");
  if (activation === undefined) return;
  const isCounted = kind === "prefetch" && fault === undefined && activated.size < MOST_ACTIVATED;
  // Before it is sent: the origin may have counted it, and been asked for its counts, before the answer is here.
  const known = { at: Infinity };
  if (isCounted) activated.set(request.target, known);
  const brought = await sendOwn(activation, wasCalm, of);
  if (brought.status === 200) Object.assign(known, { isCalm: wasCalm && isCalm(), at: elapsed() });
  else if (isCounted) activated.delete(request.target);
}

/// Holds what the origin has counted against what was activated. What was activated this moment may be under way.
async function compare(isLast) {
  for (const [path, times] of await origin.counts()) {
    const known = activated.get(path);
    if (known) known.times = (known.times ?? 0) + times;
  }
  for (const [path, { isCalm, at, times = 0 }] of activated) {
    if (at === Infinity || (!isLast && elapsed() - at < 30_000)) continue;
    const error = judgeCount(times, isCalm);
    if (error !== undefined) wrong(undefined, { kind: "count", method: "GET", target: path }, "headstart", isCalm ? "calm" : "faults", error);
    else if (times === 1) once += 1;
    else never += 1;
    activated.delete(path);
  }
}

/// What is measured of the memory of a workerd: of the process, and of the Worker, in megabytes, and how many objects JavaScript has.
function samples() {
  return { ...Object.fromEntries(["rss", "heap", "wasm", "held", "objects"].map((what) => [what, new Samples(400)])), names: [] };
}

function sample() {
  for (const by of ["headstart", "plain"]) memory[by].rss.add(elapsed(), rssMb(processes[by].pid));
  loads.push(os.loadavg()[0]);
}

/// Asks both what they hold.
async function sampleHeld() {
  try {
    await addHeld();
  } catch (error) {
    errors.add(`the run itself: ${error.message}`);
  }
}

async function addHeld() {
  await Promise.all(
    ["headstart", "plain"].map(async (by) => {
      const { objects, heapBytes, wasmBytes } = await processes[by].inspector.held();
      const [heap, wasm] = [heapBytes / 2 ** 20, wasmBytes / 2 ** 20];
      if (phase.kind !== "warm-up") memory[by].names = [memory[by].names[0] ?? objects, objects];
      const number = Object.values(objects).reduce((sum, count) => sum + count, 0);
      for (const [what, value] of Object.entries({ heap, wasm, held: heap + wasm, objects: number })) memory[by][what].add(elapsed(), value);
    }),
  );
}

try {
  const sampled = setInterval(sample, 5_000);
  const heldSampled = setInterval(sampleHeld, HELD_MS);
  let compared = 0;
  let said = 0;
  const waiting = new Set();
  for (let next = 0; !isOver && elapsed() < LENGTH_MS; ) {
    await turn();
    if (elapsed() - compared > 20_000) {
      compared = elapsed();
      await compare(false);
    }
    if (elapsed() - said > 60_000) {
      said = elapsed();
      console.error(`${Math.round(said / 60_000)} of ${MINUTES} minutes, ${phase.name}: ${requests} requests, ${errors.total} errors, ${rssMb(headstartIn.pid).toFixed(0)} MB (plain ${rssMb(plainIn.pid).toFixed(0)} MB)`);
    }
    next += (-Math.log(1 - chance()) / RATE) * 1000;
    const wait = next - elapsed();
    if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
    // What could not be sent in time is not made up for.
    if (wait < -5_000) next = elapsed();
    if (underWay >= MOST_UNDER_WAY) {
      unsent += 1;
      continue;
    }
    underWay += 1;
    const gone = go()
      .catch((error) => errors.add(`the run itself: ${error.message}`))
      .finally(() => {
        underWay -= 1;
        waiting.delete(gone);
      });
    waiting.add(gone);
  }
  clearInterval(sampled);
  clearInterval(heldSampled);
  tookMs = elapsed();
  await order([]);
  await Promise.all(waiting);
  sample();
  await sampleHeld();
  await compare(true);
} finally {
  clients.headstart.end();
  clients.plain.end();
  await Promise.allSettled([ours.dispose(), theirs.dispose()]);
  origin.end();
}
report();
process.exitCode = errors.total > 0 ? 1 : 0;

function report() {
  const print = (rows) => {
    if (process.env.AS !== "MARKDOWN") return console.log(table(rows).map((line) => `  ${line}`).join("\n"));
    console.log([rows[0], rows[0].map((_, at) => (at === 0 ? "---" : "--:")), ...rows.slice(1)].map((row) => `| ${row.join(" | ")} |`).join("\n"));
  };
  const warm = plan[1].from;
  const grown = (samples) => growth(samples.points.filter(([at]) => at >= warm));
  const load = loads.reduce((sum, load) => sum + load, 0) / loads.length;
  console.log(`\n${(tookMs / 60_000).toFixed(1)} minutes, ${requests} requests, seed ${SEED}, ${RATE} a second to each; ${os.cpus().length} cores, load ${load.toFixed(1)} on average${unsent > 0 ? `; ${unsent} were not sent, since too many were under way` : ""}\n`);
  const of = (kind, request, by) => times.get(`${kind}\t${request}\t${by}`);
  const milliseconds = (of, share) => (of === undefined || of.number === 0 ? "" : of.percentile(share).toFixed(1));
  const rows = [["phase, request", "number", "p50", "p50 plain", "p99", "p99 plain"]];
  for (const kind of ["calm", "platform", "origin", "both"]) {
    for (const request of ["view", "data", "image", "form", "large"]) {
      const [one, other] = [of(kind, request, "headstart"), of(kind, request, "plain")];
      if (one === undefined) continue;
      rows.push([`${kind}, ${request}`, one.number, milliseconds(one, 0.5), milliseconds(other, 0.5), milliseconds(one, 0.99), milliseconds(other, 0.99)]);
    }
  }
  print(rows);
  console.log("");
  const measured = (what, samples, digits) => {
    const points = samples.points.filter(([at]) => at >= warm);
    return [what, (points[0]?.[1] ?? 0).toFixed(digits), (points.at(-1)?.[1] ?? 0).toFixed(digits), grown(samples).toFixed(digits)];
  };
  const rowsOf = (name, { rss, heap, wasm, objects }) => [
    measured(`workerd with ${name}, the whole process`, rss, 1),
    measured("what V8 holds for the Worker", heap, 1),
    ...(name === "Headstart" ? [measured("its WebAssembly", wasm, 1)] : []),
    measured("objects of JavaScript, number", objects, 0),
  ];
  print([["memory, MB", "after warm-up", "at the end", "growth by slope"], ...rowsOf("Headstart", memory.headstart), ...rowsOf("a plain Worker", memory.plain)]);
  const [before, after] = memory.headstart.names;
  const more = Object.entries(after ?? {}).map(([name, number]) => [name || "without a name", number - (before[name] ?? 0)]);
  console.log("");
  print([["objects of JavaScript in Headstart", "more at the end"], ...more.filter(([, more]) => more > 20).toSorted(([, one], [, other]) => other - one)]);
  console.log("");
  print([["asked for", "times"], ...[...served].toSorted(([, one], [, other]) => other - one)]);
  console.log("");
  print([["refused, as documented", "times"], ...refusals.sorted()]);
  console.log("");
  print([["deferred visits that were activated", "times"], ["counted once", once], ["not counted, while something failed (at most once)", never]]);
  console.log("");
  print([["the log", "times"], ...notes.sorted().slice(0, 40)]);
  if (errors.total > 0) {
    console.log("");
    print([["errors", "times"], ...errors.sorted()]);
  }
  const ofCalm = (by) => of("calm", "view", by)?.percentile(0.99);
  const round = (figure, digits) => (Number.isFinite(figure) ? Number(figure.toFixed(digits)) : null);
  console.log(
    JSON.stringify({
      requests,
      errors: errors.total,
      rss_growth_mb: round(grown(memory.headstart.rss), 1),
      p99_ratio: round(ofCalm("headstart") / ofCalm("plain"), 2),
      held_growth_mb: round(grown(memory.headstart.held), 1),
      plain_rss_growth_mb: round(grown(memory.plain.rss), 1),
      plain_held_growth_mb: round(grown(memory.plain.held), 1),
      minutes: round(tookMs / 60_000, 1),
      seed: SEED,
      load: round(load, 1),
    }),
  );
}

async function startOrigin() {
  const child = fork(fileURLToPath(new URL("origin.mjs", import.meta.url)));
  const said = (name) => new Promise((resolve, reject) => {
    const ended = () => reject(new Error("the origin has ended"));
    const heard = (message) => {
      if (message[name] === undefined) return;
      child.off("message", heard).off("exit", ended);
      resolve(message[name]);
    };
    child.on("message", heard).once("exit", ended);
  });
  const port = await said("port");
  return {
    url: `http://127.0.0.1:${port}`,
    counts() {
      const counted = said("counts");
      child.send({ counts: true });
      return counted;
    },
    end: () => child.kill(),
  };
}

/// Starts a Worker in a workerd of its own.
async function start(worker) {
  const before = workerds();
  const miniflare = new Miniflare({
    cf: { colo: "TST" },
    ...inspected(() => {}),
    handleStructuredLogs: ({ level, message }) => void heard(level, message),
    workers: [{ ...worker, unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }], zone: "shop.example" }],
  });
  await miniflare.ready;
  const port = Number((await miniflare.unsafeGetDirectURL(worker.name)).port);
  const [inspector] = await inspect(miniflare, [worker.name], (thrown) => heard(UNCAUGHT, thrown));
  return { miniflare, port, pid: workerds().find((pid) => !before.includes(pid)), inspector };
}

/// What a line of the log comes to. A fall of the wasm is an error, whoever was answered meanwhile.
function heard(level, message) {
  if (/panicked|RuntimeError|Reinitializing Wasm|memory access out of bounds/.test(message)) errors.add(`the log: ${message.slice(0, 200)}`);
  const event = message.match(/^\{.*"event":"([^"]*)"/)?.[1];
  const [what, where = ""] = message.split("\n");
  const said = level === UNCAUGHT ? `${what} ${where.trim()}` : what.replaceAll(/[0-9a-f]{16,}|\d+/g, "N");
  notes.add(event ? `decision: ${event}` : `${level}: ${said.slice(0, 160)}`);
}

function workerds() {
  try {
    const children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim().split(" ");
    return children.map(Number).filter((pid) => pid > 0 && readFileSync(`/proc/${pid}/comm`, "utf8").startsWith("workerd"));
  } catch {
    return [];
  }
}

/// The memory of a process, in megabytes; 0 where there is no /proc.
function rssMb(pid) {
  try {
    return Number(readFileSync(`/proc/${pid}/status`, "utf8").match(/^VmRSS:\s+(\d+) kB$/m)[1]) / 1024;
  } catch {
    return 0;
  }
}
