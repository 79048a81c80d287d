// Builds the Worker into build/, with the tools that tools/setup.mjs installed and nothing fetched besides.

import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { paths } from "./setup.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

const { wasmBindgen, workerBuild, wasmOpt, esbuild } = paths();
console.error("build: compiling the Worker to wasm (two minutes the first time)");
const { status } = spawnSync(workerBuild, ["--release"], {
  cwd: ROOT,
  stdio: ["ignore", "inherit", "inherit"],
  env: { ...process.env, WASM_BINDGEN_BIN: wasmBindgen, WASM_OPT_BIN: wasmOpt, ESBUILD_BIN: esbuild },
});
if (status !== 0) process.exit(status ?? 1);
nameModulesOnce(`${ROOT}/build/index.js`);

/// wasm-bindgen names a module of ours once for each function that wasm takes from it as it is, all in one object literal,
/// of which wrangler warns. One of them says the same.
function nameModulesOnce(file) {
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replace(/("\.\/snippets\/[^"]+":[\w$]+)(,\1)+(?=[,}])/g, "$1"));
}
