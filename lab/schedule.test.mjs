// node --test lab/

import assert from "node:assert/strict";
import test from "node:test";
import { Flow, Line } from "./schedule.mjs";

const endless = () => new Line(Infinity);
const sizes = (pieces) => pieces.reduce((sum, { bytes }) => sum + bytes, 0);

test("nothing is sent before the handshake has ended, and a byte takes half a round trip", () => {
  const flow = new Flow(endless(), 60, 160);
  assert.equal(flow.next(100), null);
  flow.add(517);
  assert.deepEqual(flow.send(100), []);
  assert.equal(flow.next(100), 160);
  assert.deepEqual(flow.send(160), [{ bytes: 517, arrives: 190 }]);
  assert.equal(flow.next(160), null);
});

test("ten segments go at once, and for each that is acknowledged two more", () => {
  const flow = new Flow(endless(), 100, 0);
  flow.add(100_000);
  assert.equal(sizes(flow.send(0)), 14_600);
  assert.equal(sizes(flow.send(99)), 0);
  assert.equal(flow.next(99), 100);
  assert.equal(sizes(flow.send(100)), 29_200);
  assert.equal(sizes(flow.send(200)), 100_000 - 14_600 - 29_200);
  assert.equal(flow.next(200), null);
  // The window stays as wide as it has become.
  flow.add(60_000);
  assert.equal(sizes(flow.send(300)), 60_000);
});

test("connections share the visitor's line, and each piece waits for those before it", () => {
  const line = new Line(1_000);
  const [one, other] = [new Flow(line, 20, 0), new Flow(line, 20, 0)];
  one.add(1_460);
  other.add(2_000);
  assert.deepEqual(one.send(0), [{ bytes: 1_460, arrives: 11.46 }]);
  assert.deepEqual(other.send(0), [
    { bytes: 1_460, arrives: 12.92 },
    { bytes: 540, arrives: 13.46 },
  ]);
  one.add(100);
  assert.deepEqual(one.send(50), [{ bytes: 100, arrives: 60.1 }]);
});

test("bytes arrive in order and none is lost, however they are cut", () => {
  const flow = new Flow(new Line(7), 33, 12);
  let [now, sent, last] = [0, 0, 0];
  for (let added = 0; added < 50; added += 1) {
    flow.add(1 + added * 97);
    for (const { bytes, arrives } of flow.send(now)) {
      assert.ok(bytes > 0 && arrives >= last && arrives >= now + 16.5);
      last = arrives;
      sent += bytes;
    }
    now += 5;
  }
  while (flow.next(now) !== null) {
    now = flow.next(now);
    sent += sizes(flow.send(now));
  }
  assert.equal(sent, 50 + 97 * ((49 * 50) / 2));
});
