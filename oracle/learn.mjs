// What Headstart hints for saved pages, from the host command that learns from files: no Worker, no visitors.

import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { readHint } from "./compare.mjs";

/// `headstart learn --origin URL --answers FILE --pages PAGE…` prints a line of JSON for each page: its name, the hints, and the hints
/// that it found in the page's own markup.
const HEADSTART = process.env.HEADSTART ?? fileURLToPath(new URL("../target/release/headstart", import.meta.url));

/// The file with what stylesheets answer; no page has such a name.
const ANSWERS = "answers.json";

/// How long it may say nothing, in milliseconds, how much it may say, and how many files it is given at a time.
const SILENT_MS = 20_000;
const MAX_OUTPUT = 64 * 1024 * 1024;
const AT_A_TIME = 500;

/// Learns from `pages`, each { file, bytes }; `answers` maps the URLs of stylesheets to what they answer. Gives a map from file to { hints, own }, or { why } where that failed.
export async function learn(origin, pages, answers) {
  const folder = mkdtempSync(path.join(tmpdir(), "headstart-oracle-pages-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", remove);
  const learned = new Map();
  try {
    writeFileSync(path.join(folder, ANSWERS), JSON.stringify(Object.fromEntries(answers)));
    for (let rest = pages; rest.length > 0; ) {
      const some = rest.slice(0, AT_A_TIME);
      for (const { file, bytes } of some) writeFileSync(path.join(folder, file), bytes);
      const answers = readAnswers(await run(origin, folder, some), some.map(({ file }) => file));
      for (const [file, answer] of answers) learned.set(file, answer);
      rest = rest.filter(({ file }) => !learned.has(file));
    }
  } finally {
    remove();
    process.off("exit", remove);
  }
  return learned;
}

/// Gives what was printed, and why that is not all of it: { output, why }.
function run(origin, folder, pages) {
  const args = ["learn", "--origin", origin, "--answers", path.join(folder, ANSWERS), "--pages", ...pages.map(({ file }) => path.join(folder, file))];
  return new Promise((resolve, reject) => {
    let silent = false;
    const child = execFile(HEADSTART, args, { maxBuffer: MAX_OUTPUT, killSignal: "SIGKILL" }, (error, output, complaints) => {
      clearTimeout(timer);
      if (error?.syscall) reject(new Error(`${HEADSTART} does not start (${error.code}); \`make oracle\` builds it.`));
      else if (silent) resolve({ output, why: `headstart learn said nothing for ${SILENT_MS / 1000} s` });
      else if (error) resolve({ output, why: `headstart learn failed: ${complaints.trim() || (error.signal ?? error.code)}` });
      else resolve({ output, why: null });
    });
    const timer = setTimeout(() => {
      silent = true;
      child.kill("SIGKILL");
    }, SILENT_MS);
    child.stdout?.on("data", () => timer.refresh());
  });
}

/// Reads what was printed for `files`: a map from file to { hints, own } or { why }. Where it ended early, the first file
/// without a line is to blame, and those behind it are left out of the map, for another attempt.
export function readAnswers({ output, why }, files) {
  const answers = new Map();
  // Behind the last line's end is nothing, or a line that was cut off.
  for (const line of output.split("\n").slice(0, -1)) {
    const { page, link, own } = JSON.parse(line);
    if (!files.includes(page)) throw new Error(`headstart learn told of ${page}, which it was not asked for.`);
    answers.set(page, readHints(link, own));
  }
  const missing = files.filter((file) => !answers.has(file));
  if (why !== null && missing.length > 0) answers.set(missing[0], { why });
  else for (const file of missing) answers.set(file, { why: "headstart learn said nothing of it" });
  return answers;
}

function readHints(link, own) {
  try {
    return { hints: link.map(readHint), own: own.map(readHint) };
  } catch (error) {
    return { why: error.message };
  }
}
