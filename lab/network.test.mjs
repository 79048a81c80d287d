// node --test lab/

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import net from "node:net";
import test from "node:test";
import { Network } from "./network.mjs";

/// What comes until the other side closes its half. The socket stays open in the other direction.
async function received(socket) {
  const parts = [];
  socket.on("data", (part) => parts.push(part));
  await once(socket, "end");
  return Buffer.concat(parts);
}

/// Runs a test with a network in front of a server that does this with its connections.
async function through(serve, run, roundTrip = 5) {
  const network = new Network({ down: 100, up: 100 });
  network.roundTrip = roundTrip;
  const server = net.createServer({ allowHalfOpen: true }, serve).listen(0, "127.0.0.1");
  await once(server, "listening");
  let opened = 0;
  const port = await network.entrance(server.address().port, () => (opened += 1));
  try {
    await run({ network, connect: () => net.connect({ port, host: "127.0.0.1", allowHalfOpen: true }), opened: () => opened });
  } finally {
    network.close();
    server.close();
  }
}

test("all bytes arrive as they were sent, in both directions, also behind a closed half", async () => {
  const [question, answer] = [randomBytes(300_000), randomBytes(900_000)];
  const serve = async (socket) => {
    const seen = await received(socket);
    socket.end(seen.equals(question) ? answer : "the question did not arrive");
  };
  await through(serve, async ({ connect, opened }) => {
    const socket = connect();
    socket.end(question);
    assert.ok((await received(socket)).equals(answer));
    assert.equal(opened(), 1);
  });
});

test("nothing passes before the handshake could have ended", async () => {
  // No timing of the machine's: the server's clock and the browser's are one.
  const seen = [];
  const serve = (socket) => socket.on("data", () => seen.push(performance.now())).on("data", () => socket.end("answer"));
  await through(serve, async ({ connect }) => {
    const begun = performance.now();
    const socket = connect();
    socket.write("question");
    await received(socket);
    assert.ok(seen[0] - begun >= 60, `the question arrived after ${seen[0] - begun} ms`);
    assert.ok(performance.now() - begun >= 80);
  }, 40);
});

test("who hangs up closes every connection, and others can be opened", async () => {
  await through((socket) => socket.on("error", () => {}).pipe(socket), async ({ network, connect }) => {
    const socket = connect();
    socket.write("a");
    await once(socket, "data");
    network.hangUp();
    await once(socket, "end");
    socket.destroy();
    const other = connect();
    other.write("b");
    assert.equal(String((await once(other, "data"))[0]), "b");
    other.destroy();
  });
});
