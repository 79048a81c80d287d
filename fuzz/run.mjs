// Has libFuzzer look for inputs that break what the targets assert. `make fuzz` builds the program and runs this.
//
//   SECONDS=600         how long each target runs
//   TARGETS="html css"  which do; all, where none is named
//   JOBS=2              how many at once
//   KEEP=1              puts what has been found to reach most into fuzz/corpus/, in place of what was put there so before
//
// What a run finds stands in fuzz/findings/TARGET/; what leads the fuzzer from one run to the next in target/fuzz/corpus/TARGET/.

import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, copyFileSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { read, summary, table, wanted, worthKeeping } from "./figures.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/// How much of a corpus is kept: it is part of the project.
const KEPT = { files: 40, bytes: 16_000 };

/// The longest that one input may take, in seconds of a busy machine, and the most memory. What it may cost the processor is up to
/// the target itself.
const TIMEOUT_SECONDS = 5;
const MEMORY_MB = 1024;

const [program] = process.argv.slice(2);
const seconds = Number(process.env.SECONDS || 600);
const jobs = Number(process.env.JOBS || os.availableParallelism());

/// Where something of a target stands, from the top of the project.
const inProject = (...parts) => path.relative(ROOT, path.join(ROOT, ...parts));
const kept = (name) => inProject("fuzz/corpus", name);
const working = (name) => inProject("target/fuzz/corpus", name);
const findings = (name) => inProject("fuzz/findings", name);
const logOf = (name) => inProject("target/fuzz/logs", `${name}.log`);

const targets = spawnSync(program, { cwd: ROOT, encoding: "utf8", env: { ...process.env, TARGET: "" } })
  .stdout.split("\n")
  .filter(Boolean)
  .map((line) => JSON.parse(line));

function libFuzzer(name, args, log) {
  const out = openSync(path.join(ROOT, log), "w");
  const child = spawn(program, args, { cwd: ROOT, stdio: ["ignore", out, out], env: { ...process.env, TARGET: name } });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", () => {
      closeSync(out);
      resolve(readFileSync(path.join(ROOT, log), "utf8"));
    });
  });
}

async function run({ name, max_bytes }) {
  for (const folder of [working(name), findings(name), path.dirname(logOf(name))]) mkdirSync(path.join(ROOT, folder), { recursive: true });
  const dictionary = inProject("fuzz/dictionaries", `${name}.dict`);
  const started = Date.now();
  const log = await libFuzzer(
    name,
    [
      working(name),
      kept(name),
      `-max_total_time=${seconds}`,
      `-max_len=${max_bytes}`,
      `-timeout=${TIMEOUT_SECONDS}`,
      `-rss_limit_mb=${MEMORY_MB}`,
      `-artifact_prefix=${findings(name)}/`,
      "-print_final_stats=1",
      ...(existsSync(path.join(ROOT, dictionary)) ? [`-dict=${dictionary}`] : []),
    ],
    logOf(name),
  );
  const row = { target: name, seconds: Math.round((Date.now() - started) / 1000), ...read(log) };
  console.error(`fuzz: ${name}: ${row.tried} inputs, ${row.edges} edges, ${row.finding === null ? "nothing found" : row.finding.why}`);
  return row;
}

/// Puts the files that are worth it into the kept corpus. Those with a name that says something stay as they are.
async function keep({ name }) {
  const control = inProject("target/fuzz/logs", `${name}.merge`);
  const into = inProject("target/fuzz/merged", name);
  for (const old of [control, into]) rmSync(path.join(ROOT, old), { recursive: true, force: true });
  mkdirSync(path.join(ROOT, into), { recursive: true });
  await libFuzzer(name, ["-merge=1", `-merge_control_file=${control}`, into, working(name), kept(name)], logOf(`${name}.merge`));
  const sizeOf = (file) => statSync(path.join(ROOT, file)).size;
  const files = worthKeeping(readFileSync(path.join(ROOT, control), "utf8"), sizeOf, KEPT);
  const isNamed = (file) => !/^[0-9a-f]{12}$/.test(path.basename(file));
  const contents = files.filter((file) => !(file.startsWith(kept(name)) && isNamed(file))).map((file) => path.join(ROOT, file));
  const hashed = contents.map((file) => [file, createHash("sha1").update(readFileSync(file)).digest("hex").slice(0, 12)]);
  const names = new Set(hashed.map(([, hash]) => hash));
  for (const [file, hash] of hashed) {
    const place = path.join(ROOT, kept(name), hash);
    if (file !== place) copyFileSync(file, place);
  }
  for (const file of readdirSync(path.join(ROOT, kept(name)))) {
    if (!isNamed(file) && !names.has(file)) rmSync(path.join(ROOT, kept(name), file));
  }
}

/// Does something for each, so many at once.
async function each(all, most, act) {
  const left = all.map((one, at) => [one, at]);
  const done = [];
  const worker = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) done[next[1]] = await act(next[0]);
  };
  await Promise.all(Array.from({ length: most }, worker));
  return done;
}

let chosen;
try {
  chosen = wanted(targets, process.env.TARGETS ?? "");
} catch (error) {
  console.error(`make fuzz: ${error.message}`);
  process.exit(2);
}
const rows = await each(chosen, jobs, run);
if (process.env.KEEP) await each(chosen, jobs, keep);
console.log(table(rows));
for (const { target, finding } of rows.filter((row) => row.finding !== null)) {
  console.log(`\n${target}: ${finding.why}\n  again: TARGET=${target} ${path.relative(ROOT, program)} ${finding.file}`);
}
console.log(`\n${summary(rows)}`);
process.exit(rows.some((row) => row.finding !== null) ? 1 : 0);
