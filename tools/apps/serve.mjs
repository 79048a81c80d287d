// One of the applications of `make apps` alone, until Ctrl-C: for whoever wants to put something in front of it.
//
//   node tools/apps/serve.mjs oscar --port 9300 [--public http://oscar.localhost:8787]
//
// --public is the origin that its visitors see, its own address by default. Prints READY and the address when it answers.

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { install, load, stopAll } from "./app.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { port: { type: "string", default: "9300" }, public: { type: "string" } },
});
const say = (text) => console.error(`apps: ${text}`);
const app = await load(positionals[0] ?? "oscar");
const port = Number(values.port);
const folder = mkdtempSync(path.join(tmpdir(), `headstart-${app.name}-`));

async function end(code) {
  await stopAll();
  rmSync(folder, { recursive: true, force: true });
  process.exit(code);
}
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => end(0));

try {
  const publicOrigin = values.public ?? `http://${app.name}.localhost:${port}`;
  const context = { ...(await install(app, say)), folder: path.join(folder, "data"), log: path.join(folder, "log"), port, publicOrigin };
  mkdirSync(context.folder);
  say(`creating the data of ${app.title} in ${folder}`);
  await app.prepare(context);
  await app.start(context);
  console.log(`READY http://127.0.0.1:${port} (${app.title}; its log: ${context.log}; public origin ${publicOrigin}; Ctrl-C ends it)`);
} catch (error) {
  console.error(error.stack);
  await end(1);
}
