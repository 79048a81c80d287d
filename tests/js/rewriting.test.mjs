// A page that goes through wasm comes out as wasm says, in the chunks in which it came; and whatever fails, no byte is missing.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import "./platform.mjs";
import { rewrite } from "../../src/edge/rewriting.js";
import { stream as streamOf } from "./streams.mjs";

let logged = [];
beforeEach(() => (logged = []));
console.error = (text) => logged.push(text);

const bytes = (text) => new TextEncoder().encode(text);
const text = (bytes) => new TextDecoder().decode(bytes);

/// A stream of these texts; an error among them ends it.
const stream = (chunks, type) => streamOf(chunks.map((chunk) => (typeof chunk === "string" ? bytes(chunk) : chunk)), type);

/// An edit that gives back what was given to it this often, and holds so many bytes of it; then puts something behind it, and is over.
function scripted(steps) {
  const asked = [];
  let held = "";
  const edit = (piece) => {
    asked.push(text(piece));
    const step = steps.shift();
    if (step === undefined) return undefined;
    const all = held + text(piece);
    if (typeof step === "string") return [bytes(all + step)];
    held = all.slice(all.length - step);
    return [bytes(all.slice(0, all.length - step)), step];
  };
  return { edit, asked };
}

async function through(chunks, edit, type) {
  const { response, sent } = rewrite(new Response(stream(chunks, type), { status: 203, headers: { "x-a": "b" } }), edit);
  assert.deepEqual([response.status, response.headers.get("x-a")], [203, "b"]);
  const whole = await response.text();
  await sent;
  return whole;
}

for (const type of ["bytes", undefined]) {
  test(`a page comes out as wasm says: ${type ?? "chunks"}`, async () => {
    for (const [chunks, steps, expected, asked] of [
      [[], [], "", []],
      [["a", "b"], [], "ab", ["a", "b"]],
      [["abc", "d", "e"], [1, 2, "!"], "abcde!", ["abc", "d", "e"]],
      [["abc", "d", "e", "f"], [1, "!"], "abcd!ef", ["abc", "d"]],
      // What is held at the end is the page's, too.
      [["abc"], [3], "abc", ["abc"]],
      [["abc", "d", "e"], [2, 3, 4], "abcde", ["abc", "d", "e"]],
      [["abc", "def"], [0, 3], "abcdef", ["abc", "def"]],
    ]) {
      const { edit, asked: got } = scripted([...steps]);
      assert.equal(await through(chunks, edit, type), expected, JSON.stringify(steps));
      assert.deepEqual(got, asked);
    }
  });

  test(`where wasm fails no byte is missing: ${type ?? "chunks"}`, async () => {
    for (const holds of [0, 1, 3]) {
      const { edit } = scripted([holds, holds]);
      let times = 0;
      const fails = (piece) => {
        if (++times > 2) throw new Error("broken");
        return edit(piece);
      };
      assert.equal(await through(["abc", "d", "ef", "g", "h"], fails, type), "abcdefgh", holds);
      assert.equal(times, 3, "it is not asked again");
    }
    assert.deepEqual(logged, Array(3).fill("Headstart: Error: broken"));
  });
}

test("each chunk is written before the next is there", async () => {
  let controller;
  const body = new ReadableStream({ start: (its) => (controller = its) });
  const { edit } = scripted([0, 2, "!"]);
  const { response } = rewrite(new Response(body), edit);
  const reader = response.body.getReader();
  const next = async () => text((await reader.read()).value);
  for (const [chunk, expected] of [["ab", "ab"], ["cdef", "cd"], ["g", "efg!"], ["h", "h"]]) {
    controller.enqueue(bytes(chunk));
    assert.equal(await next(), expected);
  }
  controller.close();
  assert.equal((await reader.read()).done, true);
});

test("wasm is given long chunks piece by piece, and nothing behind the last edit", async () => {
  const long = "0123456789".repeat(10_000);
  for (const [steps, most] of [[[], 7], [["!"], 1], [[5, "!"], 2]]) {
    const { edit, asked } = scripted([...steps]);
    const whole = await through([long], edit);
    assert.equal(whole.replace("!", ""), long);
    assert.equal(asked.length, most);
    assert.ok(asked.every((piece) => piece.length <= 16 * 1024));
  }
});

test("a page that breaks off breaks off for the visitor, before and behind the last edit", async () => {
  for (const steps of [[0], [1], ["!"]]) {
    const { edit } = scripted(steps);
    const { response, sent } = rewrite(new Response(stream(["abc", new Error("cut")])), edit);
    await assert.rejects(response.text(), /cut/);
    await sent;
  }
});

test("when the visitor goes the origin's body is let go", async () => {
  for (const steps of [[], ["!"]]) {
    let isCancelled = false;
    const body = new ReadableStream({ pull: (controller) => controller.enqueue(bytes("a")), cancel: () => void (isCancelled = true) });
    const { edit } = scripted(steps);
    const { response, sent } = rewrite(new Response(body), edit);
    const reader = response.body.getReader();
    await reader.read();
    await reader.cancel();
    await sent;
    assert.ok(isCancelled);
  }
});

test("a response that cannot be edited is left as it was", async () => {
  const response = new Response("abc");
  const reader = response.body.getReader();
  assert.throws(() => rewrite(response, () => undefined));
  reader.releaseLock();
  assert.equal(await response.text(), "abc");
});
