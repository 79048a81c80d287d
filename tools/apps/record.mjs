// One run: an application from its first state, a visitor who does every flow, and what is there afterwards.

import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { until } from "../until.mjs";
import { says } from "./app.mjs";
import { front } from "./headstart.mjs";
import { sorted } from "./requests.mjs";
import { teach } from "./teach.mjs";
import { Visitor } from "./visitor.mjs";
import { witness } from "./witness.mjs";

/// How long a flow may take, in milliseconds.
const FLOW_MS = 240_000;

/// Runs flows of an application. `setting` is {way, variables, learned (clicks to teach it)}, the way "plain" without
/// Headstart; `ports` are {public, witness, app}. Answers {flows: {name: record}, requests, own, taught}: a record is
/// what compare.mjs takes, with `speculative` and `used` beside it; `own` is what Headstart logged as an error:
/// [{flow, line}]; `taught` is how many pages have others rendered ahead.
export async function record({ app, flows, context, ports, setting, say }) {
  await fresh(context);
  let running = await app.start(context);
  const seen = await witness(ports.witness, ports.app);
  let edge = null;
  let taught = 0;
  const own = [];
  let read = 0;
  const told = (flow) => {
    const lines = edge.errors();
    own.push(...lines.slice(read).filter((line) => !isLeft(line, seen)).map((line) => ({ flow, line })));
    read = lines.length;
  };
  try {
    edge = await front({ way: setting.way, port: ports.public, witness: ports.witness, variables: setting.variables, folder: context.edge });
    if (setting.learned) {
      taught = await teach({ origin: context.publicOrigin, clicks: setting.learned, say });
      // Nothing of what a guess has begun may be cut off, else that is an error of Headstart's.
      await until("the application has answered everything", () => !seen.busy());
      // What was taught has left its traces in the application, so that begins anew.
      await running.stop();
      await fresh(context);
      running = await app.start(context);
      told("before");
    }
    const records = {};
    for (const flow of flows) {
      records[flow.name] = await follow({ app, flow, context, seen, edge: setting.way === "plain" ? null : edge, running, say });
      told(flow.name);
    }
    return { flows: records, requests: seen.requests, own, taught };
  } finally {
    await edge?.stop();
    await seen.stop();
    await running.stop();
    rmSync(context.edge, { recursive: true, force: true });
  }
}

/// Whether a line only says that a browser has gone. Whatever Worker reads a body meanwhile, and answers with one of its own,
/// workerd calls that an error of the Worker's, also one that is caught, in the words for an origin that has gone.
const isLeft = (line, seen) => line.endsWith("Uncaught Error: Network connection lost.") && !seen.requests.some(({ broken }) => broken);

/// Puts the data into the state that prepare() has left.
async function fresh({ folder, pristine, log }) {
  rmSync(folder, { recursive: true, force: true });
  cpSync(pristine, folder, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
  writeFileSync(log, "");
}

async function follow({ app, flow, context, seen, edge, running, say }) {
  const first = seen.requests.length;
  const logged = readFileSync(context.log, "utf8").length;
  const began = Date.now();
  const visitor = await Visitor.start({ origin: context.publicOrigin, witness: seen, front: edge });
  let failed = null;
  try {
    await bounded(flow.run(visitor), FLOW_MS);
  } catch (error) {
    failed = String(error.message).split("\n")[0];
    say(`  ${flow.name} fails: ${error.stack}`);
  }
  const cookies = await visitor.cookies().catch(() => []);
  // Beacons of the last page go out when the browser closes it.
  await visitor.close();
  await visitor.settled().catch(() => {});
  const lines = readFileSync(context.log, "utf8").slice(logged).split("\n");
  const compared = seen.requests.slice(first).filter((entry) => !app.isTimed?.(entry));
  const visited = sorted(compared, visitor.visits, context.publicOrigin);
  const delivered = visitor.visits.filter(({ how }) => how).map(({ how }) => how);
  say(`  ${flow.name}: ${Math.round((Date.now() - began) / 1000)} s, ${visitor.visits.length} pages (${delivered.join(" ") || "none from a speculation"}), ${visited.speculative.length} speculative requests`);
  return {
    failed,
    notes: visitor.notes,
    visits: visitor.visits,
    cookies,
    rows: await running.rows(),
    errors: lines.filter(app.isError ?? says),
    ...visited,
  };
}

function bounded(promise, ms) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`takes longer than ${ms / 1000} s`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/// What a run leaves behind for whoever wants to look closer.
export function keep(folder, name, result) {
  writeFileSync(path.join(folder, `${name.replace(/\W+/g, "-")}.json`), JSON.stringify(result, null, 1));
}
