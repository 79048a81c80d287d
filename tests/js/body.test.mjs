// Every kind of body is read as wasm reads it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { PIECE_BYTES, Pieces, read_start, read_whole } from "../../src/edge/body.js";
import { stream } from "./streams.mjs";

const bytes = (text) => new TextEncoder().encode(text);

/// All pieces as they come, each copied, since the next one may lie in its place.
async function read(body) {
  const pieces = new Pieces(body);
  const all = [];
  for (;;) {
    const piece = await pieces.next();
    if (piece === undefined) break;
    assert.ok(piece instanceof Uint8Array && piece.length > 0 && piece.length <= PIECE_BYTES);
    all.push(piece.slice());
  }
  assert.equal(await pieces.next(), undefined, "the end stays the end");
  return all;
}

const text = async (body) => Buffer.concat(await read(body)).toString();

test("bodies of every kind give their bytes", async () => {
  const through = (body) => body.pipeThrough(new TransformStream());
  const view = new DataView(bytes("..data..").buffer, 2, 4);
  const bodies = {
    "a text": [new Response("data").body, "data"],
    "an array buffer": [new Response(bytes("data").buffer).body, "data"],
    "a blob": [new Response(new Blob(["data"])).body, "data"],
    "an empty text": [new Response("").body, ""],
    "a stream of bytes": [stream([bytes("da"), bytes("ta")], "bytes"), "data"],
    "a stream of chunks": [stream([bytes("da"), bytes("ta")]), "data"],
    "an empty stream": [stream([]), ""],
    "empty chunks": [stream([bytes(""), bytes("da"), bytes(""), bytes("ta"), bytes("")]), "data"],
    "array buffers and other views": [stream([bytes("da").buffer, new Uint16Array(bytes("ta").buffer), view]), "datadata"],
    "part of a buffer": [stream([bytes("..data..").subarray(2, 6)]), "data"],
    "a transformed stream": [through(new Response("data").body), "data"],
    "a copy of a transformed stream": [through(new Response("data").body).tee()[0], "data"],
    "a copy of a native stream": [new Response("data").clone().body, "data"],
    "an unpacked stream": [new Response("data").body.pipeThrough(new CompressionStream("gzip")).pipeThrough(new DecompressionStream("gzip")), "data"],
  };
  for (const [kind, [body, expected]] of Object.entries(bodies)) assert.equal(await text(body), expected, kind);
});

test("small chunks come together in large pieces, and large ones apart", async () => {
  const small = Array.from({ length: 3 * 1024 }, (_, number) => new Uint8Array(64).fill(number));
  const large = Uint8Array.from({ length: 2 * PIECE_BYTES + 5 }, (_, at) => at % 251);
  for (const [chunks, lengths] of [
    [small, [PIECE_BYTES, PIECE_BYTES, PIECE_BYTES]],
    [[large], [PIECE_BYTES, PIECE_BYTES, 5]],
    [[bytes("x"), large, bytes("y")], [PIECE_BYTES, PIECE_BYTES, 7]],
  ]) {
    const pieces = await read(stream(chunks));
    assert.deepEqual(pieces.map((piece) => piece.length), lengths);
    assert.ok(Buffer.concat(pieces).equals(Buffer.concat(chunks)));
  }
  const pieces = await read(stream([large.slice()], "bytes"));
  assert.ok(Buffer.concat(pieces).equals(Buffer.from(large)), "into a buffer as well");
});

test("a copy is read while the other one is", async () => {
  const chunks = Array.from({ length: 100 }, (_, number) => new Uint8Array(5000).fill(number));
  for (const type of [undefined, "bytes"]) {
    // What gives its chunks into both copies gives the same ones, and nobody may change them.
    const [one, other] = stream(chunks.map((chunk) => chunk.slice()), type).tee();
    const [pieces, whole] = await Promise.all([read(one), new Response(other).arrayBuffer()]);
    assert.ok(Buffer.concat(pieces).equals(Buffer.concat(chunks)));
    assert.ok(Buffer.from(whole).equals(Buffer.concat(chunks)));
  }
});

test("what cannot be read fails as a promise, and the stream is let go", async () => {
  const broken = new Error("the origin has gone away");
  for (const type of [undefined, "bytes"]) {
    const pieces = new Pieces(stream([bytes("da"), broken], type));
    await assert.rejects(async () => {
      while ((await pieces.next()) !== undefined);
    }, broken);
    await assert.rejects(pieces.next());
    pieces.cancel();
  }
  for (const chunk of ["text", 7, null, {}]) {
    let isCancelled = false;
    const body = new ReadableStream({ pull: (controller) => controller.enqueue(chunk), cancel: () => (isCancelled = true) });
    await assert.rejects(new Pieces(body).next(), { name: "TypeError", message: /in place of bytes/ });
    assert.ok(isCancelled);
  }
});

test("a body that is read already, or that is none, cannot be locked", async () => {
  for (const type of [undefined, "bytes"]) {
    const body = stream([bytes("data")], type);
    body.getReader();
    assert.throws(() => new Pieces(body), TypeError);
    await assert.rejects(read_whole(body, 10, 1000), TypeError);
  }
  // A HEAD's, or that of a 204.
  assert.throws(() => new Pieces(new Response(null).body), TypeError);
});

test("a body that is given up early is cancelled, and its pending read ends", async () => {
  for (const type of [undefined, "bytes"]) {
    let isCancelled = false;
    let pulls = 0;
    const pull = (controller) => (pulls++ === 0 ? controller.enqueue(bytes("data")) : new Promise(() => {}));
    const body = new ReadableStream({ type, pull, cancel: () => void (isCancelled = true) });
    const pieces = new Pieces(body);
    const reading = type === "bytes" ? pieces.next().then(() => pieces.next()) : pieces.next();
    await new Promise((resolve) => setTimeout(resolve, 5));
    pieces.cancel();
    await reading;
    assert.ok(isCancelled);
  }
});

test("a whole body is read within its limits of length and time", async () => {
  for (const type of [undefined, "bytes"]) {
    const body = () => stream([bytes("da"), bytes("ta")], type);
    assert.equal(Buffer.from(await read_whole(body(), 4, 1000)).toString(), "data");
    assert.equal(await read_whole(body(), 3, 1000), undefined);
    const large = new Uint8Array(3 * PIECE_BYTES).fill(7);
    assert.ok(Buffer.from(await read_whole(stream([large.slice()], type), large.length, 1000)).equals(Buffer.from(large)));
    let isCancelled = false;
    const slow = new ReadableStream({ type, pull: () => new Promise(() => {}), cancel: () => void (isCancelled = true) });
    await assert.rejects(read_whole(slow, 10, 20), /takes too long/);
    assert.ok(isCancelled);
  }
  assert.equal((await read_whole(stream([]), 4, 1000)).length, 0);
});

test("the start of a body without end is all that is read of it", async () => {
  let given = 0;
  let cancelled = 0;
  const endless = () =>
    new ReadableStream({
      pull(controller) {
        given += 1;
        controller.enqueue(bytes("0123456789"));
      },
      cancel: () => (cancelled += 1),
    });
  assert.equal(Buffer.from(await read_start(endless(), 25, 1000)).toString(), "0123456789012345678901234");
  assert.equal(cancelled, 1);
  // One piece, and what the stream holds ready.
  assert.ok(given <= PIECE_BYTES / 10 + 3, `${given}`);
  for (const [most, expected] of [[3, "dat"], [4, "data"], [5, "data"]]) {
    assert.equal(Buffer.from(await read_start(new Response("data").body, most, 1000)).toString(), expected);
    const whole = await read_whole(new Response("data").body, most, 1000);
    assert.equal(whole && Buffer.from(whole).toString(), most < 4 ? undefined : "data");
  }
  await assert.rejects(read_start(new ReadableStream({}), 3, 1), /takes too long/);
});
