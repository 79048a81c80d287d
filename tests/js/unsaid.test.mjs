// Before wasm has said what holds for every decision. In a file of its own: what it has said stays as long as the process.

import assert from "node:assert/strict";
import test from "node:test";
import { fitsRequest } from "../../src/edge/fast_path.js";
import { finishOpen, install } from "../../src/edge/host.js";
import { rules } from "../../src/edge/kept_decisions.js";

const SITE = "https://shop.example";

/// Lets wasm fail, and gives what comes of a request with these fields that the origin has answered.
function finish(fields) {
  install(() => {
    throw new Error("no instance");
  });
  const request = { method: "GET", url: `${SITE}/a`, headers: new Headers(fields) };
  return finishOpen(request, new Response("x", { headers: { "content-type": "text/html" } }), undefined, {}, {});
}

test("where wasm fails before it has said anything, a visitor gets the origin's answer, and a speculation none", async (context) => {
  const logged = context.mock.method(console, "error", () => {});
  context.mock.method(console, "log", () => {});
  const answer = finish({});
  assert.deepEqual([answer.status, await answer.text()], [200, "x"]);
  assert.equal(finish({ "sec-purpose": "prefetch" }).status, 503);
  assert.deepEqual(logged.mock.calls.map((call) => call.arguments), [["Headstart: internal: Headstart has failed: Error: no instance"]]);
});

test("nothing is replayed before it has said anything", () => {
  const decision = { media_type: "text/html", absent: [], lines: [] };
  assert.equal(fitsRequest(decision, new Request(`${SITE}/a`), rules()), false);
});
