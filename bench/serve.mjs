// Headstart and the plain pass-through Worker side by side in one workerd, each on a socket of its own, without the
// development server's proxies in between: for the benchmark, and for the tests where those proxies would get in the way.
//
//   node bench/serve.mjs ORIGIN [VARIABLE=VALUE…]    prints {"headstart": PORT, "plain": PORT, "pid": workerd's}
//
// With INSPECT in the environment it prints what the Workers log and throw as well, as `wrangler dev` does. With INTO_HEAD a third
// Worker puts that into the head of each page, and its port is printed as `rewriter`. With SWITCHES that record of switches stands
// in Headstart's KV. With AROUND a script of tests/data stands around Headstart.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Miniflare } from "miniflare";
import { around } from "../tests/support/around.mjs";
import { inspect, inspected } from "../tests/support/inspect.mjs";
import { headstart } from "../tools/worker.mjs";

const [origin, ...assignments] = process.argv.slice(2);
const { AROUND, INSPECT, INTO_HEAD, SWITCHES } = process.env;
const worker = AROUND ? around(AROUND) : headstart();
const shared = {
  compatibilityDate: worker.compatibilityDate,
  unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
  // What the origin is told in CF-Worker: the same by both.
  zone: "shop.example",
};
const script = (name, file, bindings) => ({
  ...shared,
  name,
  modules: [{ type: "ESModule", path: fileURLToPath(new URL(file, import.meta.url)) }],
  bindings: { ORIGIN: origin, ...bindings },
});
const miniflare = new Miniflare({
  // As on the platform: it says where requests come from.
  cf: { colo: "TST" },
  ...(INSPECT ? inspected(console.error) : {}),
  workers: [
    {
      ...worker,
      ...shared,
      // Nobody is asked but on this machine.
      bindings: Object.fromEntries([["ORIGIN", origin], ["READ_STYLESHEETS", "site"], ...assignments.map((text) => text.split(/=(.*)/s).slice(0, 2))]),
    },
    script("plain", "passthrough.mjs", {}),
    ...(INTO_HEAD ? [script("rewriter", "htmlrewriter.mjs", { INTO_HEAD })] : []),
  ],
});
await miniflare.ready;
if (SWITCHES) await (await miniflare.getKVNamespace("MODEL", worker.name)).put("switches", SWITCHES);
if (INSPECT) await inspect(miniflare, ["headstart", "plain"], console.error);
const port = async (name) => Number((await miniflare.unsafeGetDirectURL(name)).port);
const ports = { headstart: await port("headstart"), plain: await port("plain") };
if (INTO_HEAD) ports.rewriter = await port("rewriter");
console.log(JSON.stringify({ ...ports, pid: workerdPid() }));

/// The process whose time the benchmark reads; null where there is no /proc.
function workerdPid() {
  try {
    return Number(readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").split(" ")[0]) || null;
  } catch {
    return null;
  }
}

for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => miniflare.dispose().then(() => process.exit(0)));
