// HTML is added behind the end of a page only where wasm says so of the page's last bytes, in whatever chunks they came.

import assert from "node:assert/strict";
import { test } from "node:test";
import { install, with_tail } from "../../src/edge/host.js";

const TAIL = "<script src=x></script>";

/// What becomes of a page that comes in these chunks, and which bytes wasm was asked about.
async function through(chunks, answer, headers = {}, most = 8) {
  const asked = [];
  install(() => {}, () => true, (end) => {
    asked.push(new TextDecoder().decode(end));
    return answer();
  });
  const body = new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
      controller.close();
    },
  });
  const response = with_tail(new Response(body, { headers }), TAIL, most);
  return { response, text: await response.text(), asked };
}

test("the last bytes are the same in whatever chunks they come", async () => {
  for (const chunks of [["0123456789"], ["01234", "56789"], [..."0123456789"], ["0123456", "", "789"]]) {
    const { text, asked } = await through(chunks, () => true);
    assert.deepEqual(asked, ["23456789"], JSON.stringify(chunks));
    assert.equal(text, `0123456789${TAIL}`);
  }
  assert.deepEqual((await through(["abc"], () => true)).asked, ["abc"]);
  assert.deepEqual((await through([], () => true)).asked, [""]);
});

test("where wasm says no, or fails, the bytes are the origin's", async () => {
  assert.equal((await through(["abc"], () => false)).text, "abc");
  const error = console.error;
  console.error = () => {};
  try {
    const fails = () => {
      throw new Error("broken");
    };
    assert.equal((await through(["abc"], fails)).text, "abc");
  } finally {
    console.error = error;
  }
});

test("what was said of the bytes is no longer said", async () => {
  const { response } = await through(["abc"], () => true, { "content-length": "3", etag: '"1"', "x-a": "b" });
  assert.equal(response.headers.get("content-length"), null);
  assert.equal(response.headers.get("etag"), 'W/"1"');
  assert.equal(response.headers.get("x-a"), "b");
  const { response: weak } = await through(["abc"], () => true, { etag: 'W/"1"' });
  assert.equal(weak.headers.get("etag"), 'W/"1"');
});
