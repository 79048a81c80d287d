// Installs what building and running need, each thing once, and says so while it does it.
//
//   into the project      node_modules (wrangler, esbuild, wasm-opt)
//   into the user's cache the wasm-bindgen CLI and worker-build, in folders named after their versions
//   into rustup           the toolchain and the wasm32 target that rust-toolchain.toml names
//
//   node tools/setup.mjs            installs
//   node tools/setup.mjs --paths    prints where the tools are, as JSON

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statSync, utimesSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const CACHE = path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), ".cache"), "headstart");
const TARGET = "wasm32-unknown-unknown";

/// The version of a crate in Cargo.lock. The tools must have the very version of the crate that they belong to.
function locked(crate) {
  const lock = readFileSync(path.join(ROOT, "Cargo.lock"), "utf8");
  const version = lock.match(new RegExp(`name = "${crate}"\\nversion = "([^"]+)"`))?.[1];
  if (!version) stop(`Cargo.lock does not name ${crate}.`);
  return version;
}

/// Where the tools are, or will be.
export function paths() {
  const bin = (crate, version, name) => path.join(CACHE, `${crate}-${version}`, "bin", name);
  return {
    wasmBindgen: bin("wasm-bindgen-cli", locked("wasm-bindgen"), "wasm-bindgen"),
    workerBuild: bin("worker-build", locked("worker"), "worker-build"),
    wasmOpt: path.join(ROOT, "node_modules/.bin/wasm-opt"),
    esbuild: path.join(ROOT, "node_modules/.bin/esbuild"),
    wrangler: path.join(ROOT, "node_modules/.bin/wrangler"),
  };
}

function say(text) {
  console.error(`setup: ${text}`);
}

function stop(text) {
  console.error(`setup: ${text}`);
  process.exit(1);
}

function run(command, args, options = {}) {
  return spawnSync(command, args, { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"], ...options }).status === 0;
}

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 3)) {
    stop(`Node ${process.versions.node} is too old; install Node 20.3 or newer.`);
  }
}

function installToolchain() {
  const output = (command, args) => {
    try {
      return execFileSync(command, args, { cwd: ROOT, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    } catch {
      return null;
    }
  };
  if (output("rustup", ["--version"]) === null) stop("rustup is not installed; see https://rustup.rs.");
  if (output("rustc", ["--version"]) === null) {
    say("installing the Rust toolchain that rust-toolchain.toml names (rustup, a minute)");
    if (!run("rustup", ["toolchain", "install"])) stop("rustup could not install the toolchain.");
  }
  if (!(output("rustup", ["target", "list", "--installed"]) ?? "").includes(TARGET)) {
    say(`adding the target ${TARGET} (rustup, seconds)`);
    if (!run("rustup", ["target", "add", TARGET])) stop(`rustup could not add ${TARGET}.`);
  }
}

function installNodeModules() {
  const lock = path.join(ROOT, "package-lock.json");
  const stamp = path.join(ROOT, "node_modules/.package-lock.json");
  if (existsSync(stamp) && statSync(stamp).mtimeMs >= statSync(lock).mtimeMs) return;
  say("installing wrangler, esbuild and wasm-opt into node_modules (npm, a minute)");
  // No install script is needed: each of these packages ships its program.
  if (!run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])) stop("npm ci failed.");
  utimesSync(stamp, new Date(), new Date());
}

function installCrate(crate, version, program) {
  if (existsSync(program)) return;
  const root = path.dirname(path.dirname(program));
  say(`building ${crate} ${version} into ${root} (once, some minutes)`);
  mkdirSync(root, { recursive: true });
  // These run for seconds at a time: a quick build is worth more than quick code.
  const env = {
    ...process.env,
    CARGO_PROFILE_RELEASE_OPT_LEVEL: "1",
    CARGO_PROFILE_RELEASE_LTO: "off",
    CARGO_PROFILE_RELEASE_CODEGEN_UNITS: "16",
    CARGO_PROFILE_RELEASE_DEBUG: "0",
  };
  const install = (...extra) =>
    run("cargo", ["install", "--quiet", crate, "--version", `=${version}`, "--root", root, ...extra], { env });
  if (install("--locked")) return;
  say(`the versions that ${crate} was released with cannot all be had; building it with newer ones`);
  if (!install()) stop(`${crate} ${version} could not be built; the lines above say why.`);
}

function main() {
  checkNode();
  installToolchain();
  installNodeModules();
  const { wasmBindgen, workerBuild } = paths();
  installCrate("wasm-bindgen-cli", locked("wasm-bindgen"), wasmBindgen);
  installCrate("worker-build", locked("worker"), workerBuild);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (process.argv[2] === "--paths") console.log(JSON.stringify(paths(), null, 2));
  else main();
}
