// Builds the Worker into build/, with the tools that tools/setup.mjs installed and nothing fetched besides.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { paths } from "./setup.mjs";

const { wasmBindgen, workerBuild, wasmOpt, esbuild } = paths();
console.error("build: compiling the Worker to wasm (some minutes the first time)");
const { status } = spawnSync(workerBuild, ["--release"], {
  cwd: fileURLToPath(new URL("..", import.meta.url)),
  stdio: ["ignore", "inherit", "inherit"],
  env: { ...process.env, WASM_BINDGEN_BIN: wasmBindgen, WASM_OPT_BIN: wasmOpt, ESBUILD_BIN: esbuild },
});
process.exit(status ?? 1);
