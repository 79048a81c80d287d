// What Headstart hints for saved pages, from the host command that learns from files: no Worker, no visitors.

import { execFile } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { readHint } from "./compare.mjs";

/// `headstart learn --origin URL FILE…` prints a line of JSON for each page: its name, the hints, and the hints that it
/// found in the page's own markup.
const HEADSTART = process.env.HEADSTART ?? fileURLToPath(new URL("../target/release/headstart", import.meta.url));

const LEARN_MS = 120_000;
const MAX_OUTPUT = 64 * 1024 * 1024;

/// Learns from the files `names` of `folder`. Gives a map from name to { hints, own }, and fails when one is not in it.
export async function learn(origin, folder, names) {
  const args = ["learn", "--origin", origin, ...names.map((name) => path.join(folder, name))];
  const output = await new Promise((resolve, reject) => {
    execFile(HEADSTART, args, { timeout: LEARN_MS, killSignal: "SIGKILL", maxBuffer: MAX_OUTPUT }, (error, stdout, stderr) => {
      if (error?.code === "ENOENT") reject(new Error(`${HEADSTART} is not there; \`make oracle\` builds it.`));
      else if (error) reject(new Error(`${HEADSTART} learn failed: ${stderr.trim() || (error.signal ?? error.code)}`));
      else resolve(stdout);
    });
  });
  const learned = new Map();
  for (const line of output.split("\n").filter(Boolean)) {
    const { page, link, own } = JSON.parse(line);
    learned.set(page, { hints: link.map(readHint), own: own.map(readHint) });
  }
  const missing = names.filter((name) => !learned.has(name));
  if (missing.length > 0) throw new Error(`headstart learn said nothing of ${missing.join(", ")}.`);
  return learned;
}
