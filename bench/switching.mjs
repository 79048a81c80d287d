// Measures how long a switch takes in workerd: Headstart with its defaults in front of an origin here, visited five times a second. The
// switch is written to KV in the middle of an isolate's minute, and again when the isolate has just read it, which is the longest.
// Prints what it sees, and ends with one line of JSON. Takes some three minutes.

import http from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { Miniflare } from "miniflare";
import { defaults, headstart } from "../tools/worker.mjs";

const origin = http.createServer((request, response) => response.writeHead(200, { "content-type": "text/html" }).end("<p>x"));
await new Promise((resolve) => origin.listen(0, "127.0.0.1", resolve));
const worker = new Miniflare({
  ...headstart(),
  cf: { colo: "TST" },
  bindings: { ...defaults(), ORIGIN: `http://127.0.0.1:${origin.address().port}`, BEACON: "off" },
});
const url = await worker.ready;
const store = await worker.getKVNamespace("MODEL");

/// Whether a visitor is given rules. What `fetch` of Node says of its requests would make them a script's.
const isOn = () =>
  new Promise((resolve, reject) => {
    const asked = http.get(new URL("/a", url), { agent: false }, (response) => {
      response.resume().on("end", () => resolve("speculation-rules" in response.headers));
    });
    asked.on("error", reject);
  });

/// Writes a switch, and answers after how many seconds a visitor sees it.
async function seconds(word) {
  await store.put("switches", word);
  const since = Date.now();
  while ((await isOn()) !== (word === "on")) await sleep(200);
  return (Date.now() - since) / 1000;
}

const seen = {};
if (!(await isOn())) throw new Error("a visitor is given no rules");
await sleep(30_000);
seen.off_in_the_middle = await seconds("off");
console.log(`off, written in the middle of the isolate's minute: seen after ${seen.off_in_the_middle.toFixed(1)} s`);
seen.on_at_once = await seconds("on");
console.log(`on, written when the isolate had just read it: seen after ${seen.on_at_once.toFixed(1)} s`);
seen.off_at_once = await seconds("off");
console.log(`off, written when the isolate had just read it: seen after ${seen.off_at_once.toFixed(1)} s`);
console.log(JSON.stringify({ switching_seconds: seen }));
await worker.dispose();
origin.close();
