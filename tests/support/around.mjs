// Headstart with a script of tests/data around it, which has it fail, or shows what it writes.

import { fileURLToPath } from "node:url";
import { headstart } from "../../tools/worker.mjs";

/// What such scripts import besides the Worker.
const SHARED = ["failing_wasm.mjs", "refusing_start.mjs", "faults.mjs"];

/// Miniflare's options for it.
export function around(script) {
  const file = (name) => fileURLToPath(new URL(`../data/${name}`, import.meta.url));
  const { modules, ...others } = headstart();
  const added = [script, ...SHARED].map((name) => ({ type: "ESModule", path: file(name) }));
  return { ...others, modules: [...added, { type: "CompiledWasm", path: file("trap.wasm") }, ...modules] };
}
