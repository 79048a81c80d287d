// Builds the Worker into build/, with the tools that tools/setup.mjs installed and nothing fetched besides.

import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { paths } from "./setup.mjs";
import { functionNames, functions, sectionOfNames, withoutNames } from "./wasm.mjs";
import { likeToLike } from "./wasm_order.mjs";

/// How long the number of a function's place is, before its name.
const PLACE_DIGITS = 6;

/// SHA-256 in loops: a seventh of the code, which V8 compiles in each isolate's first request.
const RUSTFLAGS = '--cfg sha2_backend_soft="compact"';

/// Builds the Worker of a folder into its `build/`, and says whether that went well.
export function build(folder) {
  const { wasmBindgen, workerBuild, wasmOpt, esbuild } = paths();
  const { status } = spawnSync(workerBuild, ["--profile", "worker"], {
    cwd: folder,
    stdio: ["ignore", "inherit", "inherit"],
    env: {
      ...process.env,
      CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS: RUSTFLAGS,
      WASM_BINDGEN_BIN: wasmBindgen,
      WASM_OPT_BIN: wasmOpt,
      ESBUILD_BIN: esbuild,
    },
  });
  if (status !== 0) return false;
  const wasm = path.join(folder, "build/index_bg.wasm");
  if (!reorder(wasm, wasmOpt)) return false;
  separateNames(wasm);
  return true;
}

/// Puts the functions in the order in which the wasm is smallest, compressed, and says whether that went well. wasm-opt can sort
/// them by their names: so the place of each stands before its name, until they are sorted.
function reorder(file, wasmOpt) {
  const { module, names } = withoutNames(readFileSync(file));
  if (names === null) return true;
  const called = functionNames(names);
  const all = functions(module);
  likeToLike(all.map(({ code }) => code)).forEach((at, place) => {
    const { index } = all[at];
    called.set(index, String(place).padStart(PLACE_DIGITS, "0") + (called.get(index) ?? ""));
  });
  writeFileSync(file, Buffer.concat([module, sectionOfNames(called)]));
  const { status } = spawnSync(wasmOpt, ["--reorder-functions-by-name", "--debuginfo", file, "--output", file], { stdio: ["ignore", "inherit", "inherit"] });
  if (status !== 0) return false;
  const sorted = withoutNames(readFileSync(file));
  const own = new Set(functions(sorted.module).map(({ index }) => index));
  const plain = [...functionNames(sorted.names)].map(([index, name]) => [index, own.has(index) ? name.slice(PLACE_DIGITS) : name]);
  writeFileSync(file, Buffer.concat([sorted.module, sectionOfNames(plain)]));
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
