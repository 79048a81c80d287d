// Values of KV come as streams, of which no more is read than may be.

import assert from "node:assert/strict";
import { test } from "node:test";
import { kv_value } from "../../src/edge/platform.js";

/// A namespace with one value, in these pieces. `seen` notes how it was asked, how many pieces were taken, and whether that was ended.
function store(pieces, seen) {
  const bytes = pieces.map((piece) => (typeof piece === "string" ? new TextEncoder().encode(piece) : Uint8Array.from(piece)));
  const source = {
    pull(controller) {
      if (bytes.length === 0) return controller.close();
      seen.taken = (seen.taken ?? 0) + 1;
      controller.enqueue(bytes.shift());
    },
    cancel() {
      seen.cancelled = true;
    },
  };
  return {
    get: async (key, options) => {
      Object.assign(seen, { key, options });
      return new ReadableStream(source, { highWaterMark: 0 });
    },
  };
}

test("a value is read whole, wherever its characters are cut", async () => {
  const seen = {};
  const pieces = ["a", [0xe2], [0x82], [0xac, 0x62], ""];
  assert.equal(await kv_value(store(pieces, seen), "shop.example/0", 30, 5), "a€b");
  assert.deepEqual([seen.key, seen.options], ["shop.example/0", { type: "stream", cacheTtl: 30 }]);
  assert.equal(await kv_value(store([], {}), "x", 30, 0), "");
  assert.equal(await kv_value(store([[0x61, 0xe2, 0x82]], {}), "x", 30, 9), "a\ufffd", "what is cut off at the end");
  assert.equal(await kv_value({ get: async () => null }, "x", 30, 9), null);
});

test("of a value that is too long no more is read than tells it", async () => {
  for (const [most, taken] of [[4, 3], [5, 3], [6, 4], [0, 1]]) {
    const seen = {};
    assert.equal(await kv_value(store(["ab", "cd", "ef", "gh"], seen), "x", 30, most), true, `${most}`);
    assert.deepEqual([seen.taken, seen.cancelled], [taken, true], `${most}`);
  }
  assert.equal(await kv_value(store(["ab", "cd", "ef", "gh"], {}), "x", 30, 8), "abcdefgh");
});

test("what breaks off is an error", async () => {
  const broken = new ReadableStream({
    pull(controller) {
      controller.error(new Error("Network connection lost."));
    },
  });
  await assert.rejects(kv_value({ get: async () => broken }, "x", 30, 9), /Network connection lost/);
});
