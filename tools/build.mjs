// Builds the Worker into build/, with the tools that tools/setup.mjs installed and nothing fetched besides.

import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { paths } from "./setup.mjs";
import { withoutNames } from "./wasm.mjs";

/// Builds the Worker of a folder into its `build/`, and says whether that went well.
export function build(folder) {
  const { wasmBindgen, workerBuild, wasmOpt, esbuild } = paths();
  const { status } = spawnSync(workerBuild, ["--profile", "worker"], {
    cwd: folder,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, WASM_BINDGEN_BIN: wasmBindgen, WASM_OPT_BIN: wasmOpt, ESBUILD_BIN: esbuild },
  });
  if (status !== 0) return false;
  separateNames(path.join(folder, "build/index_bg.wasm"));
  return true;
}

/// Takes the names of the functions out of the wasm. Nothing that runs needs them, a panic says its file and line without them.
/// They are put beside it, for those who read a trace of the stack, and for bench/size.mjs.
function separateNames(file) {
  const { module, names } = withoutNames(readFileSync(file));
  if (names === null) return;
  writeFileSync(file, module);
  writeFileSync(`${file}.names`, names);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  console.error("build: compiling the Worker to wasm (some minutes the first time)");
  process.exit(build(fileURLToPath(new URL("..", import.meta.url))) ? 0 : 1);
}
