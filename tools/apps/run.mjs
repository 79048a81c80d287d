// `make apps`: real applications, and a visitor who does the same in Chromium without Headstart, twice, and with it.
// Whatever differs is said; what is the application's own doing (named.mjs) apart from the rest.
//
//   APPS=oscar,wordpress    these applications; all by default. app.mjs says what an application is
//   FLOWS=browse,wishes     these flows
//   RUNS=zone-moderate      these of the runs below; all by default
//   KEEP=1                  leaves the folder with the data and the records of the runs, and says where it is
//
// Debian's packages are installed for the whole system (as root), PyPI's and what is unpacked into the user's cache; the
// data goes into a temporary folder. All programs that were started are ended, also by Ctrl-C.

import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { CACHE, freePort, install, installed, load, stopAll } from "./app.mjs";
import { runs } from "./compare.mjs";
import { OWN, stale } from "./named.mjs";
import { keep, record } from "./record.mjs";
import { outdated, problems, report } from "./report.mjs";
import { clicks } from "./teach.mjs";

const NAMES = ["oscar", "wordpress", "mediawiki", "redmine"];

/// Short waits, so that what was taught shows after seconds, and that one visitor is enough.
const LEARN = { BATCH_SECONDS: 0, BATCH_VIEWS: 0, PUBLISH_SECONDS: 1, REFRESH_SECONDS: 1, LEARN_SAMPLE: 1, MIN_VISITORS: 1, WASTE_BUDGET: 0.95 };

/// The zone without Headstart.
const PLAIN = { way: "plain", variables: {} };

/// How Headstart stands in front of the application.
const RUNS = {
  "zone-default": { way: "zone", variables: {} },
  "zone-moderate": { way: "zone", variables: { EAGERNESS: "moderate" } },
  "zone-prerender": { way: "zone", variables: { EAGERNESS: "moderate", PRERENDER: "on", ...LEARN }, teach: true },
  "url-moderate": { way: "url", variables: { EAGERNESS: "moderate" } },
};

const say = (text) => console.error(`apps: ${text}`);
const listed = (text, all) => (text ? text.split(/[\s,]+/).filter(Boolean) : all);

const work = mkdtempSync(path.join(tmpdir(), "headstart-apps-"));
let ending = false;
async function end(code) {
  if (ending) return;
  ending = true;
  await stopAll();
  if (process.env.KEEP) say(`left as it is: ${work}`);
  else rmSync(work, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  if (existsSync(CACHE)) say(`downloads and virtual environments stay in ${CACHE}; remove them with: rm -r ${CACHE}`);
  if (installed.length > 0) say(`Debian's packages that were installed stay; remove them with: apt-get purge ${installed.join(" ")}`);
  process.exit(code);
}
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => end(130));

try {
  browser();
  const totals = { apps: 0, flows: 0, speculative: 0, differences: 0, named: 0 };
  for (const name of listed(process.env.APPS, NAMES.filter((name) => existsSync(new URL(`${name}.mjs`, import.meta.url))))) {
    const found = await whole(name).catch((error) => failed(name, error));
    totals.apps += 1;
    for (const key of ["flows", "speculative", "differences", "named"]) totals[key] += found[key];
  }
  console.log(JSON.stringify(totals));
  await end(totals.differences > 0 ? 1 : 0);
} catch (error) {
  console.error(error.stack);
  await end(1);
}

/// Has Chromium and its driver found, where the environment does not name them.
function browser() {
  if (process.env.CHROME && process.env.CHROMEDRIVER) return;
  const said = execFileSync(process.execPath, [fileURLToPath(new URL("../chromium.mjs", import.meta.url))], { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  for (const [, name, value] of said.matchAll(/(CHROME|CHROMEDRIVER)='([^']*)'/g)) process.env[name] = value;
}

/// An application that cannot be installed or started is a difference, and no reason to leave the others out.
async function failed(name, error) {
  if (ending) await new Promise(() => {});
  console.log(`\n${name} fails: ${error.stack}`);
  await stopAll();
  return { flows: 0, speculative: 0, differences: 1, named: 0 };
}

/// All runs of one application: {flows, speculative, differences, named}.
async function whole(name) {
  const app = await load(name);
  const flows = app.flows.filter((flow) => listed(process.env.FLOWS, [flow.name]).includes(flow.name));
  const ports = { public: await freePort(), witness: await freePort(), app: await freePort() };
  const folder = path.join(work, name);
  const context = {
    ...(await install(app, say)),
    folder: path.join(folder, "data"),
    pristine: path.join(folder, "pristine"),
    edge: path.join(folder, "edge"),
    log: path.join(folder, "log"),
    port: ports.app,
    publicOrigin: `http://${name}.localhost:${ports.public}`,
  };
  mkdirSync(context.folder, { recursive: true });
  say(`creating the data of ${app.title} in ${context.folder}`);
  await app.prepare(context);
  await stopAll();
  cpSync(context.folder, context.pristine, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });

  const once = async (title, setting) => {
    say(`${app.title}: ${title}`);
    const result = await record({ app, flows, context, ports, setting, say });
    if (process.env.KEEP) keep(folder, title, result);
    return result;
  };
  const first = await once("control-1", PLAIN);
  const second = await once("control-2", PLAIN);
  const totals = { flows: flows.length, speculative: 0, differences: 0, named: 0 };
  const entries = [...OWN, ...(app.named ?? [])];
  const met = [];
  for (const run of listed(process.env.RUNS, Object.keys(RUNS))) {
    const { teach, ...setting } = RUNS[run];
    const result = await once(run, { ...setting, learned: teach ? clicks(first.requests) : null });
    const compared = runs(first.flows, second.flows, result.flows, entries);
    const found = [...problems(first, result, setting, flows.length === app.flows.length), ...compared.filter(({ entry }) => !entry)];
    const named = compared.filter(({ entry }) => entry);
    met.push(...named);
    const speculative = Object.values(result.flows).reduce((sum, flow) => sum + flow.speculative.length, 0);
    totals.speculative += speculative;
    totals.differences += found.length;
    totals.named += named.length;
    console.log(report({ title: app.title, run, result, found, named }));
  }
  // A part of the flows does not meet everything.
  const unmet = flows.length === app.flows.length ? stale(app.named ?? [], met) : [];
  if (unmet.length > 0) console.log(outdated(unmet));
  return totals;
}
