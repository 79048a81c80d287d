// Workers for the tests: each is Headstart in a workerd of its own, configured as wrangler.toml says, with its state in
// a folder. One process starts them all, since starting it takes longer than starting a Worker.
//
// Prints {"control": PORT}, and answers there:
//
//   POST /start     {"id", "port", "folder", "variables", "script", "around", "internet"}: starts a Worker, answers when it
//                   is ready; with "script" one of tests/data in place of Headstart, with "around" one that stands
//                   around Headstart; with "internet" all that it asks for goes to that port, in the form in which proxies are asked
//   POST /stored    {"id", "key"}: what is stored under a key of MODEL; 404 where there is nothing
//   POST /store     {"id", "key", "value"}: stores this there; null for nothing any more
//   POST /held      {"id"}: what the Worker holds once V8 has collected: inspect.mjs
//   POST /stop      {"id"}: ends the Worker, answers when it has ended
//
// Then prints what the Workers log and throw and a line for each request, as `wrangler dev` does, each with the Worker's
// id and a tab in front; the last one says "stopped".

import http from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { text } from "node:stream/consumers";
import { Log, LogLevel, Miniflare } from "miniflare";
import { defaults, headstart } from "../../tools/worker.mjs";
import { around } from "./around.mjs";
import { inspect, inspected } from "./inspect.mjs";

const workers = new Map();
const inspectors = new Map();

const print = (id, message) => {
  for (const line of message.split("\n")) console.log(`${id}\t${line}`);
};

/// What Miniflare says: a line for each request, and what a Worker threw instead of an answer.
class WorkerLog extends Log {
  constructor(id) {
    super(LogLevel.INFO);
    this.id = id;
  }

  log(message) {
    print(this.id, message);
  }

  error(error) {
    print(this.id, `[ERROR] ${error.stack ?? error}`);
  }
}

/// A Worker in JavaScript that stands in tests/data, with the wasm there.
function other(script) {
  const folder = fileURLToPath(new URL("../data/", import.meta.url));
  return {
    name: "headstart",
    compatibilityDate: headstart().compatibilityDate,
    modulesRoot: folder,
    modules: [
      { type: "ESModule", path: path.join(folder, script) },
      { type: "CompiledWasm", path: path.join(folder, "trap.wasm") },
    ],
  };
}

/// How requests are sent to a proxy: with the whole URL in the first line.
const AS_PROXY = 1;

async function start({ id, port, folder, variables, script, around: outer, internet }) {
  const miniflare = new Miniflare({
    host: "127.0.0.1",
    port,
    // As on the platform: it says where requests come from.
    cf: { colo: "TST" },
    log: new WorkerLog(id),
    ...inspected((message) => print(id, message)),
    kvPersist: path.join(folder, "kv"),
    durableObjectsPersist: path.join(folder, "objects"),
    ...(script ? other(script) : outer ? around(outer) : headstart()),
    // What is around Headstart may look at what it writes to it.
    ...(outer ? { analyticsEngineDatasets: { ANALYTICS: { dataset: "decisions" } } } : {}),
    ...(internet ? { outboundService: { external: { address: `127.0.0.1:${internet}`, http: { style: AS_PROXY } } } } : {}),
    bindings: { ...defaults(), ...variables },
  });
  workers.set(id, miniflare);
  await miniflare.ready;
  const [inspector] = await inspect(miniflare, ["headstart"], (message) => print(id, message));
  inspectors.set(id, inspector);
  return "";
}

async function stored({ id, key }) {
  return (await workers.get(id).getKVNamespace("MODEL")).get(key);
}

async function store({ id, key, value }) {
  const model = await workers.get(id).getKVNamespace("MODEL");
  await (value === null ? model.delete(key) : model.put(key, value));
  return "";
}

async function held({ id }) {
  return JSON.stringify(await inspectors.get(id).held());
}

async function stop({ id }) {
  await workers.get(id).dispose();
  workers.delete(id);
  inspectors.delete(id);
  print(id, "stopped");
  return "";
}

const calls = { "/start": start, "/stored": stored, "/store": store, "/held": held, "/stop": stop };
const control = http.createServer(async (request, response) => {
  try {
    const value = await calls[request.url](JSON.parse(await text(request)));
    response.writeHead(value === null ? 404 : 200).end(value ?? "");
  } catch (error) {
    response.writeHead(500).end(String(error.stack));
  }
});
control.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ control: control.address().port })));

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => Promise.allSettled([...workers.values()].map((worker) => worker.dispose())).then(() => process.exit(0)));
}
