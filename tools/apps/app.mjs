// What an application is for `make apps`, and what each of them needs: programs, folders, packages.
//
// A module tools/apps/NAME.mjs describes one application, with this as its default export:
//
//   name       "oscar": the name of the module, of its folders and of its host (oscar.localhost)
//   title      "django-oscar 4.0": what is said of it
//   debian     names of Debian's packages, which are installed for the whole system where they are missing (as root)
//   pypi       PyPI's packages with their versions ("django-oscar==4.0"), which get a virtual environment in the cache
//   prepare(context)   creates the data: database, users, content; in context.folder, and nowhere else
//   start(context)     starts the application on context.port with the data in context.folder, and answers when it is
//                      ready: {stop(), rows()}, both asynchronous
//                        stop()  ends its programs, by their ids
//                        rows()  every row of every table: {"table": [{"column": value, …}, …]}, in the order in which
//                                they were added, as far as that is known; it is asked while the application runs
//   isError(line)      optional: whether a line of its log tells of an error; says() below by default
//   isTimed(request)   optional: whether a request (as witness.mjs notes it) is one that its scripts send by the clock, so
//                      that how many there are depends on how fast somebody types; such requests are not compared
//   named      optional: differences that are its own doing, as named.mjs takes them
//   flows      [{name, run(visitor)}]: what a visitor does, in the words of visitor.mjs. Each flow begins with a browser
//              that knows nothing; the data goes on from one flow to the next of a run
//
// Each run begins with a copy of what prepare() has made, in the same folder, so paths may be written into the data. The
// public origin and the port are the same in all runs, too.
//
// context = {
//   cache         a folder of the user's cache for this application: downloads, unpacked packages; it stays
//   folder        the folder with the data; it is removed at the end
//   python        the Python of the virtual environment with `pypi`, where there are any
//   port          where the application answers, on 127.0.0.1; prepare() gets it as well
//   publicOrigin  "http://oscar.localhost:9300": what the visitor's browser has in its address bar
//   log           the file to which everything goes that its programs print
//   say(text)     says something to whoever has started this
// }
//
// The application stays as it is, with its ordinary defaults. It is given only what an owner has to say: its database, a
// secret, the public host, and that a proxy stands in front.

import { execFile, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import { homedir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { setTimeout as wait } from "node:timers/promises";
import { until } from "../until.mjs";

/// Where downloads and virtual environments stay from one run to the next.
export const CACHE = path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), ".cache"), "headstart", "apps");

/// How long a program may take to answer, to end, and to be installed, in milliseconds.
const START_MS = 60_000;
const END_MS = 10_000;
const INSTALL_MS = 600_000;
const OUTPUT_BYTES = 256 * 1024 * 1024;

/// The description of an application.
export async function load(name) {
  if (!/^[a-z]+$/.test(name) || !existsSync(new URL(`${name}.mjs`, import.meta.url))) throw new Error(`there is no application ${name}`);
  return (await import(`./${name}.mjs`)).default;
}

/// A port on 127.0.0.1 that nobody uses.
export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = net.createServer().once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/// Runs a program to its end, and answers what it printed; what it printed goes into the error if it fails.
export async function run(program, args, { input, log, ...options } = {}) {
  const promise = promisify(execFile)(program, args, { encoding: "utf8", maxBuffer: OUTPUT_BYTES, timeout: INSTALL_MS, ...options });
  promise.child.stdin.on("error", () => {}).end(input ?? "");
  try {
    const { stdout, stderr } = await promise;
    if (log && stderr) appendFileSync(log, stderr);
    return stdout;
  } catch (error) {
    throw new Error(`${program} ${args.join(" ")}: ${error.message}\n${error.stderr ?? ""}${error.stdout?.slice(-2000) ?? ""}`);
  }
}

const running = new Set();

/// Starts a program in a group of its own, which prints to the file `log`. Answers {pid, ended(), stop()}.
export function start(program, args, { log, ...options }) {
  const file = openSync(log, "a");
  const child = spawn(program, args, { detached: true, stdio: ["ignore", file, file], ...options });
  closeSync(file);
  let ended = false;
  const over = new Promise((resolve) => child.once("exit", resolve).once("error", resolve)).then(() => (ended = true));
  const signal = (name) => {
    try {
      process.kill(-child.pid, name);
      return true;
    } catch {
      return false;
    }
  };
  const started = {
    pid: child.pid,
    ended: () => ended,
    async stop() {
      if (child.pid && signal("SIGTERM")) {
        await Promise.race([over, wait(END_MS)]);
        const deadline = Date.now() + END_MS;
        while (signal(0) && Date.now() < deadline) await wait(20);
        signal("SIGKILL");
      }
      running.delete(started);
    },
  };
  running.add(started);
  return started;
}

/// Adds something that stopAll() has to end: {stop()}. Answers a function that takes it out again.
export function ending(thing) {
  running.add(thing);
  return () => running.delete(thing);
}

/// Ends everything that was started here and still runs.
export const stopAll = () => Promise.allSettled([...running].map((thing) => thing.stop()));

/// Debian's packages that were installed here.
export const installed = [];

/// Asks for a path of a public origin, which is a port of this machine: {status, headers, text}. `fields` may say whatever a
/// browser says; fetch would write some of them itself. With `timeout` it fails when nothing comes for so many milliseconds.
export function ask(origin, path, fields = {}, { method = "GET", body, timeout } = {}) {
  const { port, host } = new URL(origin);
  return new Promise((resolve, reject) => {
    const request = http.request({ host: "127.0.0.1", port, path, method, headers: { host, ...fields }, timeout }, (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part)).on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, text: Buffer.concat(parts).toString() }));
    });
    request.on("timeout", () => request.destroy(new Error(`no answer in ${timeout / 1000} s: ${path}`))).on("error", reject);
    request.end(body);
  });
}

/// Waits until something answers HTTP on a port, while the program runs that is to answer.
export function answers(port, program, host = "127.0.0.1") {
  return until(`an answer on port ${port}`, async () => {
    if (program.ended()) throw new Error(`the program for port ${port} has ended; its log says why`);
    try {
      await fetch(`http://127.0.0.1:${port}/`, { redirect: "manual", headers: { Host: host }, signal: AbortSignal.timeout(10_000) });
      return true;
    } catch {
      return false;
    }
  });
}

/// Installs Debian's packages that are missing, for the whole system, without the services that they would start.
export async function debian(names, say) {
  const has = (name) => spawnSync("dpkg-query", ["-W", "-f=${Status}", name], { encoding: "utf8" }).stdout?.endsWith(" installed");
  const missing = names.filter((name) => !has(name));
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0 || !existsSync("/etc/debian_version")) throw new Error(`install these packages of Debian: ${missing.join(" ")}`);
  say(`installing Debian's packages ${missing.join(" ")} for the whole system (apt-get)`);
  const policy = "/usr/sbin/policy-rc.d";
  const ours = !existsSync(policy);
  if (ours) writeFileSync(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  try {
    await run("apt-get", ["update", "-qq"], { env });
    await run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...missing], { env });
    installed.push(...missing);
  } finally {
    if (ours) rmSync(policy, { force: true });
  }
}

/// A file of one of Debian's packages without installing it: downloads it and unpacks it into the cache. Answers the folder.
export async function unpacked(name, cache, say) {
  const folder = path.join(cache, name);
  if (existsSync(path.join(folder, ".complete"))) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  say(`unpacking Debian's package ${name} into ${folder}`);
  await run("sh", ["-c", `apt-get download -qq ${name} && dpkg-deb --extract ${name}_*.deb . && rm ${name}_*.deb && touch .complete`], {
    cwd: folder,
  });
  return folder;
}

/// A folder in the cache that `make(folder)` fills, once: what is half made, since something has ended it, is made anew.
/// Answers the folder.
export async function once(folder, make) {
  if (existsSync(folder)) return folder;
  const half = `${folder}.half`;
  rmSync(half, { recursive: true, force: true });
  await make(half);
  renameSync(half, folder);
  return folder;
}

/// The Python of a virtual environment in the cache with these packages of PyPI.
export async function venv(name, pins, say) {
  const digest = createHash("sha256").update(pins.join("\n")).digest("hex").slice(0, 8);
  const folder = path.join(CACHE, `${name}-venv-${digest}`);
  const python = path.join(folder, "bin/python");
  if (existsSync(path.join(folder, ".complete"))) return python;
  say(`installing ${pins.join(" ")} into ${folder} (pip)`);
  await debian(["python3-venv"], say);
  await run("python3", ["-m", "venv", "--clear", folder]);
  await run(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...pins]);
  writeFileSync(path.join(folder, ".complete"), "");
  return python;
}

/// Installs what an application needs, and answers its context but for the folder with its data.
export async function install(app, say) {
  const cache = path.join(CACHE, app.name);
  mkdirSync(cache, { recursive: true });
  if (app.debian?.length) await debian(app.debian, say);
  const python = app.pypi?.length ? await venv(app.name, app.pypi, say) : undefined;
  return { cache, python, say };
}

/// Whether a line of a log tells of an error, as most programs say it.
export const says = (line) => /\b(error|fatal|critical|exception|traceback|panic(ked)?)\b/i.test(line) || /" 5\d\d /.test(line);
