// An answer to what a page has loaded by itself may wait a moment for that page to be shown: wasm says for which.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import "./platform.mjs";
import { finishOpen, install, settle } from "../../src/edge/host.js";

/// Lets all go on that waits for no timer.
const goOn = async () => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
};

/// Has wasm wait for each page until that is shown, and note when it decides, and on what.
function start(context, { shown = new Set(), isShown = (page) => shown.has(page) } = {}) {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_800_000_000_000 });
  context.after(() => mock.timers.reset());
  const decided = [];
  const finish = (request, response, error, env, inContext, took, body, hasWaited) => {
    const page = response.headers.get("page");
    if (page !== null && !hasWaited) return [page];
    decided.push([page, took, body, hasWaited]);
    return response;
  };
  install(finish, () => false, () => {}, () => true, isShown);
  return { decided, shown };
}

const answer = (page) => new Response("x", { headers: page === undefined ? {} : { page } });
const request = () => new Request("https://shop.example/session");

test("an answer waits until its page is shown, a quarter of a second at most, and no other waits", async (context) => {
  const { decided, shown } = start(context);
  settle(Promise.resolve(answer()), request(), {}, {}, undefined, 1);
  settle(Promise.resolve(answer("shown soon")), request(), {}, {}, undefined, 2);
  settle(Promise.resolve(answer("never")), request(), {}, {}, Promise.resolve("sent"), 3);
  await goOn();
  assert.deepEqual(decided, [[null, 1, undefined, false]]);
  mock.timers.tick(25);
  await goOn();
  shown.add("shown soon");
  assert.equal(decided.length, 1);
  mock.timers.tick(25);
  await goOn();
  assert.deepEqual(decided.slice(1), [["shown soon", 2, undefined, true]]);
  for (let waited = 50; waited < 250; waited += 25) {
    assert.equal(decided.length, 2, `${waited}`);
    mock.timers.tick(25);
    await goOn();
  }
  assert.deepEqual(decided.slice(2), [["never", 3, "sent", true]]);
});

test("what a decision would answer waits as well, and one whose page is shown waits for nothing", async (context) => {
  const { decided, shown } = start(context);
  shown.add("shown");
  const given = [finishOpen(request(), answer("shown"), undefined, {}, {}), finishOpen(request(), answer("never"), undefined, {}, {})];
  await goOn();
  assert.deepEqual(decided, [["shown", -1, undefined, true]]);
  for (let waited = 0; waited < 250; waited += 25) {
    mock.timers.tick(25);
    await goOn();
  }
  assert.deepEqual((await Promise.all(given)).map((response) => response.headers.get("page")), ["shown", "never"]);
});

test("where nobody can tell whether a page is shown, its answer waits no longer", async (context) => {
  const errors = context.mock.method(console, "error", () => {});
  const isShown = () => {
    throw new Error("unreachable");
  };
  const { decided } = start(context, { isShown });
  const given = finishOpen(request(), answer("7"), undefined, {}, {});
  await goOn();
  assert.deepEqual(decided, [["7", -1, undefined, true]]);
  assert.equal((await given).status, 200);
  assert.equal(errors.mock.callCount(), 1);
});
