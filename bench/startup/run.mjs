// What it takes to start: Headstart beside a Worker in Rust that says hello, and beside one in JavaScript, which is what the
// platform's process takes by itself. A fourth is that one with Headstart's wasm among its modules, which it never imports: what
// workerd takes to compile a module before anything asks for it. Each start is a fresh workerd, and the four take turns.
//
//   node bench/startup/run.mjs [STARTS]    prints a table, and ends with one line of JSON

import path from "node:path";
import { fileURLToPath } from "node:url";
import { defaults, headstart, SEAL_KEY } from "../../tools/worker.mjs";
import { buildHello } from "./hello.mjs";
import { configure, startAndAsk } from "./workerd.mjs";

const STARTS = Number(process.argv[2] ?? 25);

const file = (name) => fileURLToPath(new URL(name, import.meta.url));
const folder = file("../../target/startup");

const hello = buildHello(path.join(folder, "hello"));
const { compatibilityDate, modulesRoot: project } = headstart();
const module = (type, name) => ({ type, path: name });
const workers = {
  empty: { compatibilityDate, modulesRoot: file("."), modules: [module("ESModule", file("empty.mjs"))] },
  carrying: {
    compatibilityDate,
    modulesRoot: project,
    modules: [module("ESModule", file("empty.mjs")), module("CompiledWasm", path.join(project, "build/index_bg.wasm"))],
  },
  hello: {
    compatibilityDate,
    modulesRoot: hello,
    modules: [module("ESModule", path.join(hello, "index.js")), module("CompiledWasm", path.join(hello, "index_bg.wasm"))],
  },
  headstart: { ...headstart(), bindings: { ...defaults(), ORIGIN: "http://origin.example", SEAL_KEY } },
};
const answers = { empty: "Hello, world!", carrying: "Hello, world!", hello: "Hello, world!", headstart: "<p>Text" };

const configs = Object.entries(workers).map(([name, worker]) => [name, configure(path.join(folder, name), worker)]);
const runs = Object.fromEntries(configs.map(([name]) => [name, []]));
const start = async (name, config) =>
  startAndAsk(config, (text) => {
    if (!text.includes(answers[name])) throw new Error(`${name} answers ${JSON.stringify(text)}`);
  });
// The first of each reads the files from the disk.
for (const [name, config] of configs) await start(name, config);
for (let n = 0; n < STARTS; n++) {
  for (const [name, config] of configs) runs[name].push(await start(name, config));
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const of = (name, figure) => median(runs[name].map((run) => run[figure]));
/// Headstart's against hello's in the same turn.
const ratio = (figure) => median(runs.headstart.map((run, n) => run[figure] / runs.hello[n][figure]));
/// The same of what each takes beyond the platform's process itself.
const beyond = (name, figure) => median(runs[name].map((run, n) => run[figure] - runs.empty[n][figure]));

const FIGURES = {
  start_ms: "until it listens, ms",
  start_cpu_ms: "CPU until it listens, ms",
  first_ms: "first request, ms",
  first_cpu_ms: "CPU of the first request, ms",
  answered_ms: "until the first answer, ms",
  answered_cpu_ms: "CPU until the first answer, ms",
  rss_mb: "memory after it, MB",
};
const row = (cells) => console.log(cells.map((cell, n) => (n ? String(cell).padStart(11) : String(cell).padEnd(32))).join(""));
console.log(`medians of ${STARTS} starts of each, by turns; beyond: what is added to the JavaScript Worker's\n`);
row(["", "JavaScript", "carrying", "hello", "Headstart", "ratio", "beyond", "beyond"]);
row(["", "", "the wasm", "", "", "to hello", "hello", "Headstart"]);
const figures = { starts: STARTS };
for (const [figure, name] of Object.entries(FIGURES)) {
  const measured = Object.keys(workers).map((worker) => of(worker, figure).toFixed(1));
  row([name, ...measured, ratio(figure).toFixed(2), beyond("hello", figure).toFixed(1), beyond("headstart", figure).toFixed(1)]);
  const round = (value) => Math.round(value * 1000) / 1000;
  figures[figure] = { ...Object.fromEntries(Object.keys(workers).map((worker) => [worker, round(of(worker, figure))])), ratio: round(ratio(figure)) };
}
console.log(`\n${JSON.stringify(figures)}`);
