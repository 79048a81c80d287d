// node --test lab/

import assert from "node:assert/strict";
import test from "node:test";
import { canWait, urgency, Urgent } from "./priorities.mjs";

test("the urgency is the field's u, and usual without one", () => {
  for (const [field, expected] of [["u=0, i", 0], ["i, u=5", 5], ["u=7", 7], ["i", 3], ["u=8", 3], [undefined, 3], ["", 3], ["menu=1", 3]]) assert.equal(urgency(field), expected, field);
  assert.deepEqual(["u=4, i", "u=3", undefined].map(canWait), [true, false, false]);
});

test("an answer that can wait does so until all urgent ones are written", async () => {
  const urgent = new Urgent();
  const order = [];
  const [one, other] = [urgent.begin(), urgent.begin()];
  const waiting = urgent.none().then(() => order.push("rules"));
  one();
  // What has ended does not end again.
  one();
  await Promise.resolve();
  order.push("style");
  other();
  await waiting;
  assert.deepEqual(order, ["style", "rules"]);
  await urgent.none();
});
