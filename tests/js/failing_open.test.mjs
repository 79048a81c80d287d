// What a visitor gets where Headstart fails: what the origin has answered, or would answer, and nothing twice.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { beforeEach, test } from "node:test";
import "./platform.mjs";
import { Unstarted, failedOpen, letPass, passed } from "../../src/edge/failing_open.js";
import { finishOpen, install, logOnce, sameWords, with_lines } from "../../src/edge/host.js";
import { MARKS } from "../../src/edge/kept_decisions.js";
import { ask, routeOf } from "../../src/edge/origin.js";
import { rewrite } from "../../src/edge/rewriting.js";

const { rules, refusal } = JSON.parse(readFileSync(new URL("../data/replay_cases.json", import.meta.url), "utf8"));

let said = [];
console.error = (text) => said.push(text);

/// What the origin was asked.
let asked = [];
beforeEach(() => {
  asked = [];
  said = [];
  globalThis.fetch = async (request) => {
    asked.push(`${request.method} ${request.url} ${request.headers.get("headstart-hops")}`);
    return new Response("the origin's");
  };
});

/// An answer as the refusal of the data is written, and that refusal for another reason.
const written = async (answer) => ({ status: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.text() });
const as = (why) => {
  const headers = refusal.headers.map(([name, value]) => [name.toLowerCase(), name === "Headstart-Refused" ? why : value]);
  return { ...refusal, headers: Object.fromEntries(headers) };
};

const SITE = { ORIGIN: "https://origin.example" };
const request = (fields = {}, init = {}, url = "https://shop.example/a?b") => new Request(url, { headers: fields, ...init });
const failed = (asks, begun, env = SITE) => failedOpen(new Error("x"), asks, env, begun);

test("the marks are those that wasm names", () => assert.deepEqual(MARKS, rules.marks));

test("the way to the origin is that of the variables", () => {
  for (const [variables, route] of [
    [{}, {}],
    [{ ORIGIN: "" }, {}],
    [{ ORIGIN: "zone" }, {}],
    [{ ORIGIN: " service " }, { binding: "ORIGIN_SERVICE" }],
    [{ ORIGIN: "assets" }, { binding: "ASSETS" }],
    [{ ORIGIN: "https://a.example:8443/" }, { server: "https://a.example:8443" }],
    [{ ORIGIN: "http://a.example", ORIGIN_HOST: "public" }, { server: "http://a.example", keepsHost: true }],
    [{ ORIGIN: "http://a.example:8000", ORIGIN_HOST: "public" }, { server: "http://a.example:8000" }],
    [{ ORIGIN: "http://a.example", ORIGIN_HOST: " Public " }, { server: "http://a.example", keepsHost: true }],
    [{ ORIGIN: "HTTPS://A.example" }, { server: "https://a.example" }],
    [{ ORIGIN: "ftp://a.example" }, {}],
    [{ ORIGIN: "https://a.example/shop" }, {}],
    [{ ORIGIN: "https://a.example/?" }, {}],
    [{ ORIGIN: "https://a.example/#" }, {}],
    [{ ORIGIN: "https://user@a.example" }, {}],
    [{ ORIGIN: 7 }, {}],
  ]) {
    assert.deepEqual(routeOf(variables), route, JSON.stringify(variables));
  }
});

test("before wasm has said anything the way is that of the variables, too", async () => {
  await ask(request(), SITE);
  assert.deepEqual(asked, ["GET https://origin.example/a?b null"]);
});

test("where nothing was asked the origin is, once", async () => {
  const answer = await failed(request({}, { method: "POST", body: "x", duplex: "half" }));
  assert.equal(await answer.text(), "the origin's");
  assert.deepEqual(asked, ["POST https://origin.example/a?b null"]);
});

test("while it is off, a speculation by its rules alone is refused, and says why", async () => {
  const own = { "Sec-Purpose": "prefetch", "Sec-Speculation-Tags": '"headstart"' };
  const refused = await passed(request(own), SITE);
  assert.deepEqual(await written(refused), as("switched-off"));
  assert.deepEqual(asked, []);
  const others = await passed(request({ ...own, "Sec-Speculation-Tags": '"headstart", null' }), SITE);
  assert.equal(await others.text(), "the origin's");
});

test("an alarm that rings where wasm has not started rings again, for as long as that takes", async () => {
  const set = [];
  const object = new Unstarted({ storage: { setAlarm: async (at) => set.push(at) } }, SITE);
  const now = Date.now();
  await object.alarm();
  assert.equal(set.length, 1);
  assert.ok(set[0] >= now + 60_000 && set[0] <= Date.now() + 60_000, String(set[0] - now));
  assert.equal(object.fetch().status, 503);
});

test("what differs each time is left out of a message, and words are not", () => {
  const rows = JSON.parse(readFileSync(new URL("../data/same_words.json", import.meta.url), "utf8"));
  for (const [message, expected] of rows) assert.equal(sameWords(message), expected, message);
});

test("however many visitors come while it is off and the origin is down, the log says it once", async () => {
  let times = 0;
  globalThis.fetch = async () => {
    throw new Error(`internal error; reference = ${"abc" + times++}`);
  };
  for (let number = 0; number < 50; number += 1) assert.equal((await passed(request(), SITE)).status, 502);
  assert.deepEqual(said, ["Headstart: origin: the origin cannot be reached: Error: internal error; reference = abc0"]);
  globalThis.fetch = async () => {
    throw new Error("connection refused");
  };
  await passed(request(), SITE);
  assert.equal(said.length, 2, "another reason is told");
});

test("an origin that does not answer is to blame, unless its visitor may have left while a body was sent", async () => {
  const rows = JSON.parse(readFileSync(new URL("../data/unanswered_origin.json", import.meta.url), "utf8"));
  for (const [error, sends, line] of rows) {
    said = [];
    globalThis.fetch = async () => {
      // In no words that were logged before: what is logged, is once.
      throw new Error(`${error.slice("Error: ".length)} ${sends ? "sent" : "read"}`);
    };
    const answer = await passed(request({}, sends ? { method: "POST", body: "x" } : {}), SITE);
    assert.deepEqual([answer.status, said], [502, [`Headstart: ${line} ${sends ? "sent" : "read"}`]]);
  }
});

test("of one kind twenty lines are logged at the most, which keeps no other from being", () => {
  for (let number = 0; number < 50; number += 1) logOnce("platform: a test", "x".repeat(number));
  assert.equal(said.length, 20);
  logOnce("platform: another", "x");
  assert.equal(said.at(-1), "Headstart: platform: another: x");
});

test("what was asked is not asked again", async () => {
  const response = new Response("begun");
  for (const begun of [{ asked: Promise.resolve(response) }, { asked: Promise.reject(new Error("y")), answer: Promise.resolve(response) }]) {
    begun.asked.catch(() => {});
    assert.equal(await failed(request({}, { method: "POST" }), begun), response);
  }
  const gone = await failed(request(), { asked: Promise.reject(new Error("the origin is gone")) });
  assert.deepEqual([gone.status, gone.headers.get("cache-control")], [502, "no-store"]);
  assert.deepEqual(asked, []);
});

test("a speculation, and what is our own, is refused", async () => {
  for (const mark of MARKS) assert.deepEqual(await written(await failed(request({ [mark]: "prefetch" }))), as("failed"), mark);
  const own = await written(await failed(request({ "sec-purpose": "prefetch" }, {}, "https://shop.example/_headstart/activate")));
  assert.deepEqual(own, { status: 503, headers: { "cache-control": "no-store" }, body: "" });
  let isCancelled = false;
  const body = new ReadableStream({ cancel: () => (isCancelled = true) });
  const answer = await failed(request({ "sec-purpose": "prefetch" }), { asked: Promise.resolve(new Response(body)) });
  await new Promise(setImmediate);
  assert.deepEqual([answer.status, isCancelled, asked], [503, true, []]);
});

test("whoever watches Headstart is told that it has not started", async () => {
  const answer = await failed(request({}, {}, "https://shop.example/_headstart/health?x=1"));
  assert.deepEqual([answer.status, answer.headers.get("cache-control"), answer.headers.get("x-robots-tag")], [503, "no-store", "noindex"]);
  const { status, reasons } = await answer.json();
  assert.deepEqual([status, reasons], ["degraded", ["not-started"]]);
  for (const [path, method] of [["health", "POST"], ["healthy", "GET"], ["health/", "GET"]]) {
    const other = await failed(request({}, { method }, `https://shop.example/_headstart/${path}`));
    assert.deepEqual([other.status, await other.text()], [503, ""], path);
  }
  assert.deepEqual(asked, []);
});

test("what comes again and again is not asked for", async () => {
  const come = (hops) => failed(request({ "cf-worker": "shop.example", "headstart-hops": hops }), undefined, {});
  assert.equal((await come("4")).status, 508);
  for (const hops of ["3", "-9", "x", ""]) assert.equal((await come(hops)).status, 200);
  assert.deepEqual(asked.map((line) => line.split(" ")[2]), ["4", "1", "1", "1"]);
});

test("the platform may ask the zone's origin where asking twice does nothing", () => {
  let passes = 0;
  const context = { passThroughOnException: () => (passes += 1) };
  letPass(request(), {}, context);
  letPass(request({}, { method: "POST" }), {}, context);
  letPass(request({}, { method: "HEAD" }), {}, {});
  assert.equal(passes, 1);
});

test("the platform asks nobody for a speculation, nor for what is our own", () => {
  let passes = 0;
  const context = { passThroughOnException: () => (passes += 1) };
  for (const mark of MARKS) letPass(request({ [mark]: "prefetch" }), {}, context);
  letPass(request({}, {}, "https://shop.example/_headstart/activate?t=1"), {}, context);
  assert.equal(passes, 0);
});

test("an answer that was changed already is given with the origin's head and bytes", async () => {
  const response = () => new Response("the origin's", { status: 203, headers: { "set-cookie": "a=1", etag: '"a"' } });
  const stages = [
    (answer) => with_lines(answer, "Link\n<x>"),
    (answer) => void with_lines(answer, "Link\n<x>").clone(),
    (answer) => rewrite(with_lines(answer, "Link\n<x>"), () => undefined),
    () => {},
  ];
  for (const stage of stages) {
    install(
      (_, answer) => {
        stage(answer);
        throw new Error("wasm fails");
      },
      () => false,
    );
    const answer = finishOpen(request(), response(), undefined, {}, {});
    assert.deepEqual([answer.status, answer.headers.get("set-cookie"), answer.headers.get("link")], [203, "a=1", null]);
    assert.equal(await answer.text(), "the origin's", String(stage));
    assert.equal(finishOpen(request({ "sec-purpose": "prefetch" }), response(), undefined, {}, {}).status, 503);
  }
});
