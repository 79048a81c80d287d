// A page that goes through wasm comes out as wasm says, in the chunks in which it came; and whatever fails, no byte is missing.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import "./platform.mjs";
import { answeredWith, install } from "../../src/edge/host.js";
import { set_rules } from "../../src/edge/kept_decisions.js";
import { editLater, editedByDecision, rewrite } from "../../src/edge/rewriting.js";
import { stream as streamOf } from "./streams.mjs";

let logged = [];
beforeEach(() => (logged = []));
set_rules(JSON.stringify({ nonce: ["x", "", "x"], of_exact_bytes: ["content-length", "digest"] }));
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
  return { edit: editor(edit), asked };
}

/// An editor that wasm would give, and how often it was let go.
const editor = (write) => ({ write, ended: 0, end() { this.ended += 1; } });

async function through(chunks, edit, type) {
  const { response, sent } = rewrite(new Response(stream(chunks, type), { status: 203, headers: { "x-a": "b" } }), edit);
  assert.deepEqual([response.status, response.headers.get("x-a")], [203, "b"]);
  const whole = await response.text();
  await sent;
  assert.equal(edit.ended, 1);
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
      const fails = editor((piece) => {
        if (++times > 2) throw new Error(`broken, ${type ?? "chunks"}`);
        return edit.write(piece);
      });
      assert.equal(await through(["abc", "d", "ef", "g", "h"], fails, type), "abcdefgh", holds);
      assert.equal(times, 3, "it is not asked again");
    }
    assert.deepEqual(logged, [`Headstart: internal: Headstart has failed: Error: broken, ${type ?? "chunks"}`], "once, however often it happens");
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
  const edit = editor(() => undefined);
  assert.throws(() => rewrite(response, edit));
  assert.equal(edit.ended, 1);
  reader.releaseLock();
  assert.equal(await response.text(), "abc");
});

test("what is untrue of an edited page is not said of it", async () => {
  for (const [etag, weak] of [['"1"', 'W/"1"'], ['W/"1"', 'W/"1"']]) {
    const headers = { etag, digest: "sha-256=x", "content-length": "3", "x-a": "b" };
    const { response } = rewrite(new Response(stream(["abc"]), { headers }), scripted(["!"]).edit);
    assert.deepEqual([...response.headers], [["etag", weak], ["x-a", "b"]]);
    assert.equal(await response.text(), "abc!");
  }
});

/// Has what finds the place answer this, one after the other, and gives a decision's edit.
function finding(answers, fails = false) {
  const finder = { asked: [], ended: 0, end: () => void (finder.ended += 1) };
  finder.find = (piece) => {
    finder.asked.push(text(piece));
    if (fails && answers.length === 0) throw new Error("broken");
    return answers.shift() ?? -1;
  };
  install(() => {}, () => false, (charset) => Object.assign(finder, { charset }));
  return finder;
}

/// A page that is edited by a decision, as text, and its answer.
async function byDecision(chunks, headers = {}, body = stream(chunks)) {
  const kept = [];
  const context = { waitUntil: (promise) => kept.push(promise) };
  const response = await editedByDecision(new Response(body, { headers }), bytes("<x>"), "utf-8", ["link", "</a>"], context);
  const whole = await response.text();
  await Promise.all(kept);
  assert.equal(response.headers.get("link"), "</a>");
  return { response, whole, isStreamed: kept.length > 0 };
}

test("a replayed decision puts its HTML where wasm finds the place", async () => {
  for (const [chunks, answers, expected, asked] of [
    [["abcd", "e"], [2], "ab<x>cde", ["abcd"]],
    [["abcd", "e"], [0], "<x>abcde", ["abcd"]],
    [["abcd", "e"], [4], "abcd<x>e", ["abcd"]],
    [["abcd", "e"], [Number.NaN], "abcde", ["abcd"]],
    [["abcd", "e", "f"], [-1, -1], "abcdef", ["abcd", "e", "f"]],
    // Two bytes are held, and the place is before, between or behind them.
    [["abcd", "e", "f"], [-3, 0], "ab<x>cdef", ["abcd", "e"]],
    [["abcd", "e", "f"], [-3, 1], "abc<x>def", ["abcd", "e"]],
    [["abcd", "e", "f"], [-3, 3], "abcde<x>f", ["abcd", "e"]],
    [["abcd", "e", "f"], [-3, -4, 2], "abcd<x>ef", ["abcd", "e", "f"]],
    [["abcd", "e", "f"], [-3, Number.NaN], "abcdef", ["abcd", "e"]],
    [["abcd", "e"], [-3, -1], "abcde", ["abcd", "e"]],
    [["abcd"], [-3], "abcd", ["abcd"]],
  ]) {
    const finder = finding([...answers]);
    const { whole, isStreamed } = await byDecision(chunks);
    assert.equal(whole, expected, JSON.stringify(answers));
    assert.deepEqual([finder.asked, finder.charset, finder.ended, isStreamed], [asked, "utf-8", 1, true]);
  }
});

/// The lengths that heads said while something was done.
async function lengthsOf(work) {
  const lengths = [];
  const Kept = globalThis.FixedLengthStream;
  globalThis.FixedLengthStream = class extends Kept {
    constructor(length) {
      super(length);
      lengths.push(length);
    }
  };
  try {
    return [await work(), ...lengths];
  } finally {
    globalThis.FixedLengthStream = Kept;
  }
}

test("a page that is there as a whole is sent as one piece, and any other as it comes, with its length where that is known", async () => {
  const long = "d".repeat(200_000);
  const cases = [
    [["abcd"], { "content-length": "4" }, false],
    [["ab", "cd"], { "content-length": "4" }, true, true],
    [["abcd"], {}, true],
    [["abcd"], { "content-length": "4", "content-encoding": "gzip" }, true],
    [["ab", "cd"], { "content-length": "4", "transfer-encoding": "chunked" }, true],
    [[long, "d"], { "content-length": "200001" }, true, true],
  ];
  for (const [chunks, headers, isStreamed, isSaid] of cases) {
    const page = chunks.join("");
    for (const [answers, expected, isOver] of [
      [[1], `${page.slice(0, 1)}<x>${page.slice(1)}`, true],
      [[Number.NaN], page, true],
      // It has no place in its first chunk.
      [[-3, ...Array(20).fill(-1)], page, false],
    ]) {
      const finder = finding([...answers]);
      const [given, ...lengths] = await lengthsOf(() => byDecision(chunks, { etag: '"1"', ...headers }));
      const what = JSON.stringify([headers, answers]);
      assert.ok(given.whole === expected, what);
      assert.deepEqual([given.isStreamed, finder.ended], [isStreamed, 1], what);
      assert.deepEqual(lengths, isSaid && isOver ? [expected.length] : [], what);
      assert.deepEqual([given.response.headers.get("etag"), given.response.headers.get("content-length")], ['W/"1"', null]);
    }
  }
  assert.deepEqual(logged, []);
});

test("what another Worker says of a length is not believed", async () => {
  set_rules(JSON.stringify({ nonce: ["x", "", "x"], of_exact_bytes: [], origin: { binding: "ORIGIN_SERVICE" } }));
  try {
    finding([1]);
    const [{ whole }, ...lengths] = await lengthsOf(() => byDecision(["ab", "cd"], { "content-length": "3" }));
    assert.deepEqual([whole, lengths], ["a<x>bcd", []]);
  } finally {
    set_rules(JSON.stringify({ nonce: ["x", "", "x"], of_exact_bytes: ["content-length", "digest"] }));
  }
});

test("the head waits for no page that does not come", async () => {
  let controller;
  const body = new ReadableStream({ start: (its) => (controller = its) });
  const kept = [];
  finding([1]);
  const [response, ...lengths] = await lengthsOf(() =>
    editedByDecision(new Response(body, { headers: { "content-length": "4" } }), bytes("<x>"), "utf-8", [], { waitUntil: (sent) => kept.push(sent) }),
  );
  assert.deepEqual(lengths, []);
  controller.enqueue(bytes("ab"));
  controller.enqueue(bytes("cd"));
  controller.close();
  assert.equal(await response.text(), "a<x>bcd");
  await Promise.all(kept);
});

test("a page is edited once wasm has answered with it, and any other answer is left alone", async () => {
  const context = { waitUntil() {} };
  for (const [headers, chunks, isLater] of [
    [{ "content-length": "2" }, ["ab"], true],
    [{}, ["ab"], false],
  ]) {
    const response = new Response(stream(chunks), { headers });
    const edit = scripted(["!"]).edit;
    editLater(response, edit);
    const answer = answeredWith(response, context);
    assert.equal(answer instanceof Promise, isLater);
    assert.equal(await (await answer).text(), "ab!");
    assert.equal(edit.ended, 1);
  }
  const others = new Response("others");
  assert.equal(answeredWith(others, context), others);
});

test("a page that breaks off has fewer bytes than its head has said", async () => {
  for (const [chunks, answers, said] of [
    [[], [], 50],
    [["abc"], [1], 53],
    [["abc"], [Number.NaN], 50],
  ]) {
    finding(answers);
    const [response, ...lengths] = await lengthsOf(() =>
      editedByDecision(
        new Response(stream([...chunks, new Error("cut")], "bytes"), { headers: { "content-length": "50" } }),
        bytes("<x>"), "utf-8", [], { waitUntil() {} },
      ),
    );
    assert.deepEqual(lengths, [said]);
    await assert.rejects(response.text(), /cut/);
  }
});

test("where wasm fails a replayed decision leaves no byte out", async () => {
  for (const headers of [{}, { "content-length": "4" }]) {
    for (const answers of [[], [-3]]) {
      const finder = finding(answers, true);
      const chunks = answers.length === 0 ? ["abcd"] : ["ab", "cd"];
      assert.equal((await byDecision(chunks, headers)).whole, "abcd");
      assert.equal(finder.ended, 1);
    }
  }
  install(() => {}, () => false, () => {
    throw new Error("gone");
  });
  assert.equal((await byDecision(["abcd"])).whole, "abcd");
  assert.deepEqual(logged, ["broken", "gone"].map((why) => `Headstart: internal: Headstart has failed: Error: ${why}`));
});

test("a page that breaks off at once breaks off for the visitor of a replayed decision", async () => {
  finding([]);
  const response = await editedByDecision(
    new Response(stream([new Error("cut")]), { headers: { "content-length": "4" } }),
    bytes("<x>"), undefined, [], { waitUntil() {} },
  );
  await assert.rejects(response.text(), /cut/);
});
