// Installs what building and running need, each thing once, and says so while it does it.
//
//   into the project      node_modules (wrangler, esbuild, wasm-opt)
//   into the user's cache wasm-bindgen and worker-build, in folders named after their versions; cargo-deny, if it is asked for
//   into rustup           the toolchain and the wasm32 target that rust-toolchain.toml names
//
//   node tools/setup.mjs            installs
//   node tools/setup.mjs --paths    prints where the tools are, as JSON
//   node tools/setup.mjs --deny     installs cargo-deny as well, which only linting needs, and prints where it is

import { execFileSync, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const CACHE = path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), ".cache"), "headstart");
const TARGET = "wasm32-unknown-unknown";

/// Our own part of the two build tools, each of which says in its manifest why it is there.
const WASM_BINDGEN = path.join(ROOT, "tools/wasm-bindgen");
const NO_DOWNLOADS = path.join(ROOT, "tools/no-downloads");

/// The version of cargo-deny. It is built of the versions of crates that it was released with.
const CARGO_DENY = "0.20.2";

/// The oldest Node that wrangler runs on. Its undici asks for it; package.json says the same.
export const LEAST_NODE = "20.18.1";

/// How often the progress is said where it cannot be shown in place, in milliseconds.
const PROGRESS_MS = 15_000;

/// The version of a crate in Cargo.lock. The tools must have the very version of the crate that they belong to.
function locked(crate) {
  const lock = readFileSync(path.join(ROOT, "Cargo.lock"), "utf8");
  const version = lock.match(new RegExp(`name = "${crate}"\\nversion = "([^"]+)"`))?.[1];
  if (!version) stop(`Cargo.lock does not name ${crate}.`);
  return version;
}

/// A short name for what stands in a folder's sources.
function digest(folder) {
  const isSource = (name) => (name === "Cargo.lock" || /Cargo\.toml$|\.rs$/.test(name)) && !/(^|[/\\])target[/\\]/.test(name);
  const hash = createHash("sha256");
  for (const name of readdirSync(folder, { recursive: true }).filter(isSource).sort()) {
    hash.update(`${name}\n`).update(readFileSync(path.join(folder, name)));
  }
  return hash.digest("hex").slice(0, 8);
}

/// Where the tools are, or will be.
export function paths() {
  const bin = (name, version, folder, program = name) =>
    path.join(CACHE, `${name}-${version}-${digest(folder)}`, "bin", program);
  return {
    wasmBindgen: bin("wasm-bindgen", locked("wasm-bindgen"), WASM_BINDGEN, "headstart-wasm-bindgen"),
    workerBuild: bin("worker-build", locked("worker"), NO_DOWNLOADS),
    cargoDeny: path.join(CACHE, `cargo-deny-${CARGO_DENY}`, "bin", "cargo-deny"),
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

/// Whether a version comes before another one.
export function isOlder(version, than) {
  const [one, other] = [version, than].map((text) => text.split(".").map(Number));
  const at = other.findIndex((part, place) => (one[place] ?? 0) !== part);
  return at >= 0 && (one[at] ?? 0) < other[at];
}

function checkNode() {
  const { node } = process.versions;
  if (isOlder(node, LEAST_NODE)) stop(`Node ${node} is too old; install Node ${LEAST_NODE} or newer.`);
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

/// Compiles those of these tools that are missing, all at once: while one waits for its largest crate another uses the cores. Each has
/// the number of crates that it is made of, roughly: for the progress only.
async function compileTools(wanted) {
  const tools = wanted.filter(({ program }) => !existsSync(program)).map((tool) => ({ ...tool, source: tool.source() }));
  if (tools.length === 0) return;
  const names = tools.map(({ name }) => name).join(" and ");
  say(`compiling ${names} into ${CACHE} (once; a minute on two cores)`);
  const progress = showProgress(names, tools.reduce((sum, { crates }) => sum + crates, 0));
  const failed = (await Promise.all(tools.map((tool) => compile(tool, progress)))).filter((lines) => lines !== null);
  progress.end();
  if (failed.length > 0) stop(`${names} could not be compiled:\n${failed.flat().join("\n")}`);
}

/// What building needs.
function buildTools() {
  const { wasmBindgen, workerBuild } = paths();
  return [
    { name: "wasm-bindgen", program: wasmBindgen, source: wasmBindgenSource, crates: 43 },
    { name: "worker-build", program: workerBuild, source: workerBuildSource, crates: 79 },
  ];
}

/// What linting needs besides.
function lintTools() {
  return [{ name: "cargo-deny", program: paths().cargoDeny, source: () => ["cargo-deny", "--version", `=${CARGO_DENY}`, "--locked"], crates: 180 }];
}

function wasmBindgenSource() {
  const manifest = readFileSync(path.join(WASM_BINDGEN, "Cargo.toml"), "utf8");
  const version = locked("wasm-bindgen");
  if (!manifest.includes(`wasm-bindgen-cli-support = "=${version}"`)) {
    stop(`Cargo.lock has wasm-bindgen ${version}; put the same version into tools/wasm-bindgen/Cargo.toml and run cargo update there.`);
  }
  return ["--path", WASM_BINDGEN, "--locked"];
}

// Without --locked: the versions that worker-build was released with cannot all be had any more.
function workerBuildSource() {
  const patches = readdirSync(NO_DOWNLOADS).flatMap((crate) => [
    "--config",
    `patch.crates-io.${crate}.path=${JSON.stringify(path.join(NO_DOWNLOADS, crate))}`,
  ]);
  return ["worker-build", "--version", `=${locked("worker")}`, "--bin", "worker-build", ...patches];
}

/// Null, or what cargo said where it failed.
function compile({ program, source }, progress) {
  const root = path.dirname(path.dirname(program));
  const target = path.join(root, `target-${process.pid}`);
  mkdirSync(root, { recursive: true });
  const cargo = spawn("cargo", ["install", "--color=never", "--root", root, "--target-dir", target, ...source], {
    cwd: ROOT,
    stdio: ["ignore", "ignore", "pipe"],
    // These run for seconds at a time: a quick build is worth more than quick code.
    env: {
      ...process.env,
      CARGO_PROFILE_RELEASE_OPT_LEVEL: "0",
      CARGO_PROFILE_RELEASE_LTO: "off",
      CARGO_PROFILE_RELEASE_CODEGEN_UNITS: "256",
      CARGO_PROFILE_RELEASE_DEBUG: "0",
    },
  });
  const lines = [];
  createInterface({ input: cargo.stderr }).on("line", (line) => {
    lines.push(line);
    if (/^ +Compiling /.test(line)) progress.step();
  });
  return new Promise((resolve) => {
    const done = (failed) => {
      rmSync(target, { recursive: true, force: true });
      resolve(failed ? lines : null);
    };
    cargo.on("error", (error) => {
      lines.push(String(error));
      done(true);
    });
    cargo.on("close", (code) => done(code !== 0));
  });
}

/// Counts crates: in place on a terminal, else in a line every so often.
function showProgress(names, total) {
  let crates = 0;
  const line = () => `setup: compiling ${names}: ${crates} of about ${total} crates`;
  const terminal = process.stderr.isTTY;
  const timer = terminal ? null : setInterval(() => console.error(line()), PROGRESS_MS);
  return {
    step() {
      crates += 1;
      if (terminal) process.stderr.write(`\r${line()}`);
    },
    end() {
      clearInterval(timer);
      if (terminal) process.stderr.write("\r\x1b[K");
    },
  };
}

async function main() {
  checkNode();
  installToolchain();
  installNodeModules();
  await compileTools(buildTools());
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (process.argv[2] === "--paths") console.log(JSON.stringify(paths(), null, 2));
  else if (process.argv[2] === "--deny") {
    await compileTools(lintTools());
    console.log(paths().cargoDeny);
  } else await main();
}
