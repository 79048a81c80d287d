// What JavaScript decides of switches: the same cases as in src/plan/tests/switched.rs. And when it reads them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mock, test } from "node:test";
import { isByOwnRules } from "../../src/edge/failing_open.js";

const { records, garbage, own_rules } = JSON.parse(readFileSync(new URL("../data/switch_cases.json", import.meta.url), "utf8"));

let warned = [];
console.warn = (message) => warned.push(message);

/// The module as a new isolate has it.
let isolates = 0;
const isolate = () => import(`../../src/edge/switches.js?${(isolates += 1)}`);

const request = (host) => ({ url: `https://${host}/a?b` });
const understood = () => true;

for (const { record, off } of records) {
  test(`what is off: ${record}`, async () => {
    const { isOff, take } = await isolate();
    take(record, understood);
    for (const [site, isSiteOff] of Object.entries(off)) {
      assert.equal(isOff(request(site), {}), isSiteOff, site);
      assert.equal(isOff(request(site), { MODE: "shadow" }), isSiteOff, site);
      assert.equal(isOff(request(site), { MODE: " Off " }), true, "a deploy that switches off is not undone");
    }
  });
}

test("what is not understood changes nothing, and is said once where wasm does not say it", async () => {
  const { isOff, take } = await isolate();
  take("off", understood);
  for (const text of garbage) {
    warned = [];
    take(text, () => undefined);
    take(text, () => undefined);
    assert.equal(isOff(request("shop.example"), {}), true, text);
  }
  assert.equal(warned.length, 0, "the same as before is not said again");
  take("on", () => undefined);
  take("{", () => undefined);
  assert.equal(isOff(request("shop.example"), {}), false);
});

test("what is too long is no record, and wasm is not given it", async () => {
  const { isOff, take } = await isolate();
  const padded = (length) => `{"mode":"off"}`.padEnd(length);
  const told = [];
  const tell = (text) => told.push(text.length) > 0;
  warned = [];
  take(padded(32_769), tell);
  take(padded(32_769), tell);
  assert.equal(isOff(request("shop.example"), {}), false);
  assert.deepEqual(warned, ['Headstart: configuration: the switches (the value "switches" in KV) have 32769 characters, more than the 32768 allowed, so the last ones hold']);
  take(padded(32_768), tell);
  assert.equal(isOff(request("shop.example"), {}), true);
  assert.deepEqual(told, [32_768]);
});

test("what wasm does not understand is not used, unless all is off", async () => {
  const { isOff, take } = await isolate();
  const site = '{"version":2,"sites":{"shop.example":{"mode":"off"}}}';
  take(site, () => false);
  assert.equal(isOff(request("shop.example"), {}), false);
  take('{"version":2,"mode":"off"}', () => false);
  assert.equal(isOff(request("shop.example"), {}), true);
  take("on", () => {
    throw new Error("the instance is gone");
  });
  assert.equal(isOff(request("shop.example"), {}), false);
});

test("wasm is handed each record once", async () => {
  const { take } = await isolate();
  const told = [];
  for (const text of [null, null, "on", "on", null]) take(text, (record) => told.push(record));
  assert.deepEqual(told, [null, "on", null]);
});

test("KV is read once in a while, in the background, and not where the variable says off", async () => {
  const { isOff, refresh } = await isolate();
  let now = 1_800_000_000_000;
  const real = Date.now;
  Date.now = () => now;
  try {
    const waiting = [];
    const context = { waitUntil: (promise) => waiting.push(promise) };
    let answer = async () => "off";
    let reads = 0;
    const MODEL = {
      get: (key) => {
        assert.equal(key, "switches");
        reads += 1;
        return answer();
      },
    };
    const go = (variables) => refresh({ MODEL, ...variables }, context, understood);
    go({ MODE: "off" });
    assert.equal(reads, 0);
    go({ REFRESH_SECONDS: "300" });
    assert.equal(isOff(request("shop.example"), {}), false, "nobody waits for it");
    await Promise.all(waiting);
    assert.equal(isOff(request("shop.example"), {}), true);
    for (now += 54_999; reads < 2; now += 1) go({ REFRESH_SECONDS: "300" });
    assert.equal(now - 1, 1_800_000_055_000, "soon enough for a minute");
    answer = async () => {
      throw new Error("KV is gone");
    };
    now += 1000;
    go({ REFRESH_SECONDS: "1" });
    assert.equal(reads, 2, "the next read is not due yet");
    now += 60_000;
    go({ REFRESH_SECONDS: "1" });
    await Promise.all(waiting);
    assert.equal(isOff(request("shop.example"), {}), true, "what was read last holds");
    now += 1000;
    go({ REFRESH_SECONDS: "1" });
    assert.equal(reads, 4, "and after a second where the variable says so");
    // Whatever KV does, the request goes on.
    answer = () => {
      throw new TypeError("no KV");
    };
    now += 60_000;
    go({});
    await Promise.all(waiting);
    assert.equal(isOff(request("shop.example"), {}), true);
    const timers = mock.timers;
    timers.enable({ apis: ["setTimeout"] });
    try {
      answer = () => new Promise(() => {});
      now += 60_000;
      go({});
      timers.tick(4_999);
      let isOver = false;
      const last = waiting.at(-1).then(() => (isOver = true));
      await new Promise(setImmediate);
      assert.equal(isOver, false);
      timers.tick(1);
      await last;
      assert.equal(isOff(request("shop.example"), {}), true);
    } finally {
      timers.reset();
    }
  } finally {
    Date.now = real;
  }
});

test("a clock that was an hour ahead once keeps nobody from being switched off, and a failure is said once", async () => {
  const { isOff, refresh } = await isolate();
  const NOW = 1_800_000_000_000;
  const real = Date.now;
  let now = NOW + 3_600_000;
  Date.now = () => now;
  try {
    const waiting = [];
    const context = { waitUntil: (promise) => waiting.push(promise) };
    let reads = 0;
    let answer = async () => "off";
    const MODEL = { get: () => answer((reads += 1)) };
    const go = () => refresh({ MODEL }, context, understood);
    go();
    now = NOW;
    go();
    go();
    await Promise.all(waiting);
    assert.equal(reads, 2, "once more, and then as ever");
    assert.equal(isOff(request("shop.example"), {}), true);
    warned = [];
    answer = async (number) => {
      throw new Error(`internal error; reference = ${number}k2`);
    };
    for (let times = 0; times < 5; times += 1) {
      now += 60_000;
      go();
    }
    await Promise.all(waiting);
    assert.deepEqual([reads, warned], [7, ["Headstart: platform: the switches cannot be read from KV, so the last ones hold: Error: internal error; reference = 3k2"]]);
  } finally {
    Date.now = real;
  }
});

test("without KV nothing is read", async () => {
  const { refresh } = await isolate();
  refresh({}, { waitUntil: () => assert.fail() }, understood);
});

for (const { tags, own } of own_rules) {
  test(`whether rules of ours alone ask: ${tags}`, () => {
    const headers = (fields) => ({ headers: { get: (name) => fields[name] ?? null } });
    assert.equal(isByOwnRules(headers({ "sec-purpose": "prefetch", "sec-speculation-tags": tags })), own);
    assert.equal(isByOwnRules(headers({ "sec-speculation-tags": tags })), false, "it is no speculation");
  });
}
