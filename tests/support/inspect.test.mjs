// What is printed of a Worker that fails in every way there is, and what one is said to hold.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Miniflare } from "miniflare";
import { inspect, inspected } from "./inspect.mjs";

const file = (path) => fileURLToPath(new URL(`../data/${path}`, import.meta.url));

test("everything that a Worker throws is printed, whenever it does", async () => {
  const lines = [];
  const print = (text) => lines.push(...text.split("\n"));
  const miniflare = new Miniflare({
    cf: false,
    ...inspected(print),
    name: "failing",
    compatibilityDate: "2026-04-20",
    modulesRoot: file(""),
    modules: [
      { type: "ESModule", path: file("failing.mjs") },
      { type: "CompiledWasm", path: file("trap.wasm") },
    ],
  });
  try {
    const url = await miniflare.ready;
    await inspect(miniflare, ["failing"], print);
    const printed = {
      throw: "TypeError: it throws",
      hang: "had hung and would never generate a response",
      later: "[ERROR] Uncaught Error: it throws after the answer",
      timer: "[ERROR] Uncaught Error: it throws by a timer",
      error: "[ERROR] Headstart: it says so",
      warning: "[WARNING] Headstart: a warning",
      unreachable: "[ERROR] Uncaught Error: unreachable",
      beyond: "[ERROR] Uncaught Error: memory access out of bounds",
      // Last: the connection breaks off with the body, which may be noticed by the next request alone.
      stream: "its body breaks off",
    };
    for (const [kind, text] of Object.entries(printed)) {
      await fetch(new URL(kind, url)).then((response) => response.arrayBuffer()).catch(() => {});
      for (let tries = 0; tries < 200 && !lines.some((line) => line.includes(text)); tries += 1) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      assert.ok(lines.some((line) => line.includes(text)), `${kind}: ${lines.join("\n")}`);
    }
  } finally {
    await miniflare.dispose();
  }
});

const HOLDING = `
class Kept {}
let kept = [];
let memory;
export default {
  fetch({ url }) {
    const number = Number(new URL(url).pathname.slice(1));
    kept = Array.from({ length: number }, () => new Kept());
    if (number > 0) memory = new WebAssembly.Memory({ initial: number });
    else memory = undefined;
    console.log(kept);
    return new Response();
  },
};`;

test("what a Worker holds is counted by name, and what it has let go is not", async () => {
  const miniflare = new Miniflare({
    cf: false,
    ...inspected(() => {}),
    name: "holding",
    compatibilityDate: "2026-04-20",
    modules: [{ type: "ESModule", path: "index.mjs", contents: HOLDING }],
  });
  try {
    const url = await miniflare.ready;
    const [inspector] = await inspect(miniflare, ["holding"], console.error);
    for (const number of [3, 500, 0, 500]) {
      await (await fetch(new URL(`${number}`, url))).arrayBuffer();
      const { objects, heapBytes, wasmBytes } = await inspector.held();
      assert.deepEqual([objects.Kept ?? 0, wasmBytes], [number, number * 64 * 1024]);
      assert.ok(objects.Object > 0 && heapBytes > 100_000, `${heapBytes}`);
    }
    // It has let go what it counted.
    const [first, second] = await Promise.all([inspector.held(), inspector.held()]);
    assert.deepEqual(first.objects, second.objects);
    await miniflare.dispose();
    await assert.rejects(inspector.held());
  } finally {
    await miniflare.dispose().catch(() => {});
  }
});
