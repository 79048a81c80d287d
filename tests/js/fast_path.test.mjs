// What JavaScript makes of wasm's conditions: the same cases as in src/plan/replay/tests.rs.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import "./platform.mjs";
import { failedOpen } from "../../src/edge/failing_open.js";
import { fitsAnswer, fitsRequest, replay } from "../../src/edge/fast_path.js";
import { hasSession, install, switchesSaid, takeSwitches, underWay } from "../../src/edge/host.js";
import { decisions, hold_back, isDue, isHeldBack, readRules, remember, set_rules } from "../../src/edge/kept_decisions.js";
import { take_replayed_navigations } from "../../src/edge/notes.js";

const { rules, cases } = JSON.parse(readFileSync(new URL("../data/replay_cases.json", import.meta.url), "utf8"));

const RULES = readRules(JSON.stringify(rules));

const SITE = "https://shop.example";

/// A later exchange of a case: the request, and the answer to it.
function exchange({ first }, { method = "GET", url = first.url, status = 200, request = {}, answer }) {
  const body = [204, 304].includes(status) ? null : "x";
  return [new Request(SITE + url, { method, headers: request }), new Response(body, { status, headers: answer })];
}

/// A `Request` of undici lets nobody set some fields that browsers send; workerd's lets everybody read them.
function asWorkerd(request, { request: fields = {} }) {
  return { method: request.method, url: request.url, headers: new Headers(fields) };
}

for (const known of cases.filter(({ decision }) => decision !== null)) {
  test(`${known.name}: a decision is replayed for what fits it, and for nothing else`, () => {
    assert.ok(known.later.length > 0);
    for (const later of known.later) {
      const [plain, answer] = exchange(known, later);
      const request = asWorkerd(plain, later);
      const fits = fitsRequest(known.decision, request, RULES) && fitsAnswer(known.decision, request, answer, RULES);
      assert.equal(fits, later.replayed, JSON.stringify(later));
    }
  });
}

/// Lets the origin answer with this, and gives what comes of a request, and what was asked of wasm.
async function through(decision, request, answered, { tellsSession = () => false, finder } = {}) {
  const seen = [];
  install((...all) => {
    seen.push(all);
    return "wasm's answer";
  }, tellsSession, finder);
  set_rules(JSON.stringify({ ...rules, origin: { binding: "SITE" } }));
  remember(`${SITE}/a`, JSON.stringify(decision));
  const answer = await replay(request, { SITE: { fetch: async () => answered } }, {});
  return { answer, seen };
}

const PAGE = cases[0].decision;
const html = (headers = {}) => new Response("x", { headers: { "content-type": PAGE.media_type, ...headers } });

test("a replayed answer has the decision's lines behind the origin's own, and its body", async () => {
  const { answer, seen } = await through(PAGE, new Request(`${SITE}/a`), html({ "x-a": "1" }));
  assert.equal(seen.length, 0);
  assert.equal(answer.headers.get("link"), "<https://cdn.example>; rel=preconnect");
  assert.equal(answer.headers.get("speculation-rules"), '"/_headstart/rules/site.json"');
  assert.equal(answer.headers.get("x-a"), "1");
  assert.equal(await answer.text(), "x");
});

test("an answer that does not fit is wasm's to decide about", async () => {
  const origin = html({ link: "</a>; rel=preload" });
  const { answer, seen } = await through(PAGE, new Request(`${SITE}/a`), origin);
  assert.equal(answer, "wasm's answer");
  assert.equal(seen[0][1], origin);
});

test("a request that does not fit is not asked for at all", async () => {
  const { answer } = await through(PAGE, new Request(`${SITE}/a`, { method: "POST" }), html());
  assert.equal(answer, undefined);
  const { answer: other } = await through(PAGE, new Request(`${SITE}/b`), html());
  assert.equal(other, undefined);
});

test("a decision for visitors without a session is not replayed for one with a session", async () => {
  const byName = (cookies) => cookies.includes("session=");
  const options = { tellsSession: byName };
  const decision = { ...PAGE, has_session: false };
  const asked = (cookie) => ({ method: "GET", url: `${SITE}/a`, headers: new Headers({ cookie }) });
  const { answer: without } = await through(decision, asked("a=1"), html(), options);
  assert.equal(without.headers.get("link"), "<https://cdn.example>; rel=preconnect");
  const { answer: signedIn } = await through(decision, asked("session=1"), html(), options);
  assert.equal(signedIn, undefined);
});

test("wasm is asked once whether a visitor has a session, also where their navigation is noted", async () => {
  let asked = 0;
  const tellsSession = () => (asked += 1) < 0;
  const headers = new Headers({ cookie: "a=1", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", referer: `${SITE}/b` });
  const request = { method: "GET", url: `${SITE}/a`, headers };
  const { answer } = await through({ ...PAGE, has_session: false }, request, html(), { tellsSession });
  assert.equal(answer.headers.get("link"), "<https://cdn.example>; rel=preconnect");
  assert.equal(asked, 1);
  assert.deepEqual(take_replayed_navigations().map((noted) => noted.hasSession), [false]);
});

test("a decision ends after its time, and with the instance of wasm that made it", async () => {
  await through({ ...PAGE, keep_ms: 0 }, new Request(`${SITE}/a`), html());
  assert.equal(replay(new Request(`${SITE}/a`), {}, {}), undefined);
  remember(`${SITE}/a`, JSON.stringify(PAGE));
  assert.equal(decisions.size, 1);
  install(() => {}, () => false);
  assert.equal(decisions.size, 0);
});

test("decisions are bounded in number, in the length of their keys, and in their own", () => {
  install(() => {}, () => false);
  remember(`${SITE}/${"x".repeat(1000)}`, JSON.stringify(PAGE));
  assert.equal(decisions.size, 0);
  remember(`${SITE}/long`, JSON.stringify({ ...PAGE, policy: { text: "x".repeat(64_000) } }));
  assert.equal(decisions.size, 0, "its policy is too long");
  const long = JSON.stringify({ ...PAGE, policy: { text: "x".repeat(50_000) } });
  for (let page = 0; page < 500; page += 1) {
    remember(`${SITE}/${page}`, long);
    assert.ok(decisions.has(`${SITE}/${page}`) && decisions.size * long.length <= 8_000_000, String(decisions.size));
  }
  // One that takes the place of another takes no more room.
  install(() => {}, () => false);
  remember(`${SITE}/other`, long);
  for (let time = 0; time < 159; time += 1) remember(`${SITE}/same`, long);
  assert.equal(decisions.size, 2);
  install(() => {}, () => false);
  for (let page = 0; page <= 1000; page += 1) remember(`${SITE}/${page}`, JSON.stringify(PAGE));
  assert.ok(decisions.size > 0 && decisions.size <= 1000, String(decisions.size));
  install(() => {}, () => false);
  for (let page = 0; page < 1000; page += 1) remember(`${SITE}/${page}`, JSON.stringify({ ...PAGE, keep_ms: page < 990 ? 0 : PAGE.keep_ms }));
  remember(`${SITE}/new`, JSON.stringify(PAGE));
  assert.equal(decisions.size, 11, "those whose time is over go first");
});

test("where wasm fails, a visitor gets the origin's answer, and a speculation is refused", async () => {
  const error = console.error;
  const said = [];
  console.error = (text) => said.push(text);
  try {
    const fail = () => {
      throw new Error("broken");
    };
    const finish = async (headers) => {
      install(fail, fail);
      set_rules(JSON.stringify({ ...rules, origin: { binding: "SITE" } }));
      remember(`${SITE}/a`, JSON.stringify({ ...PAGE, media_type: "text/other" }));
      // The decision does not fit, so wasm is asked.
      const request = { method: "GET", url: `${SITE}/a`, headers: new Headers(headers) };
      const { finishOpen } = await import("../../src/edge/host.js");
      return finishOpen(request, html(), undefined, {}, {});
    };
    assert.equal(await (await finish({})).text(), "x");
    const refused = await finish({ "sec-purpose": "prefetch" });
    assert.equal(refused.status, 503);
    assert.equal(refused.headers.get("cache-control"), "no-store");
    assert.equal(refused.headers.get("headstart-refused"), "failed");
    assert.equal(hasSession("a=1"), true, "who cannot be told has a session");
    assert.equal(hasSession(null), false);
    assert.deepEqual(said, ["Headstart: internal: Headstart has failed: Error: broken"]);
  } finally {
    console.error = error;
  }
});

/// Does something without the log of what fails.
async function silently(work) {
  const error = console.error;
  console.error = () => {};
  try {
    return await work();
  } finally {
    console.error = error;
  }
}

test("what was asked for a decision is not asked again, whatever fails behind it", async () => {
  let asked = 0;
  const env = {
    ORIGIN: "service",
    ORIGIN_SERVICE: {
      fetch: async () => {
        asked += 1;
        throw new Error("the origin is gone");
      },
    },
  };
  install(() => {
    throw new Error("broken");
  }, () => false);
  set_rules(JSON.stringify({ ...rules, origin: { binding: "ORIGIN_SERVICE" } }));
  remember(`${SITE}/a`, JSON.stringify(PAGE));
  const request = new Request(`${SITE}/a`);
  const answer = await silently(() => replay(request, env, {}).catch((failure) => failedOpen(failure, request, env, underWay(request))));
  assert.deepEqual([answer.status, asked], [502, 1]);
});

/// An answer whose reason phrase servers may send, and of which the platform builds no other response.
function odd(headers = {}) {
  const { body } = new Response("<head></head>");
  const known = html({ "content-length": "13", ...headers });
  return { status: 200, statusText: "O\u0001K", headers: known.headers, body, bodyUsed: false };
}

test("an answer that cannot be changed is given as it came, before anything of it is read", async () => {
  let ended = 0;
  const finder = () => ({ find: () => 6, end: () => (ended += 1) });
  const into_head = { pieces: ["<script></script>"], charset: "utf-8", same: [] };
  for (const [decision, more] of [[PAGE, {}], [{ ...PAGE, into_head }, { finder }]]) {
    const plain = odd();
    const request = asWorkerd(new Request(`${SITE}/a`), { request: { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" } });
    const { answer: same } = await silently(() => through(decision, request, plain, more));
    assert.equal(same, plain);
    assert.equal(await new Response(plain.body).text(), "<head></head>");
  }
  assert.equal(ended, 1, "the finder's memory is given back");
});

test("what was decided before a switch is not replayed after it, and the next instance is told what was understood", () => {
  const told = [];
  const instance = (isUnderstood) =>
    install(() => {}, () => false, () => {}, (text) => {
      told.push(text);
      return isUnderstood;
    });
  instance(true);
  assert.equal(switchesSaid(), undefined);
  remember(`${SITE}/a`, JSON.stringify(PAGE));
  assert.equal(takeSwitches('{"rules":"off"}'), true);
  assert.equal(decisions.size, 0);
  instance(false);
  remember(`${SITE}/a`, JSON.stringify(PAGE));
  assert.equal(takeSwitches("{"), false);
  assert.deepEqual([decisions.size, switchesSaid()], [1, '{"rules":"off"}'], "what is not understood changes nothing");
  instance(true);
  takeSwitches(null);
  assert.deepEqual([told, switchesSaid()], [['{"rules":"off"}', "{", null], undefined]);
});

test("what a clock has put off that was ahead is due: the cases of src/clock.rs", () => {
  const NOW = 1_800_000_000_000;
  const cases = [
    [0, true],
    [NOW, true],
    [NOW + 1, false],
    [NOW + 60_000, false],
    [NOW + 70_000, false],
    [NOW + 70_001, true],
  ];
  for (const [at, expected] of cases) assert.equal(isDue(at, 60_000, NOW), expected, at);
});

test("a decision that was kept by a clock that was ahead is made anew, and nothing is held back for longer", async () => {
  const real = Date.now;
  let now = real() + 3_600_000;
  Date.now = () => now;
  try {
    await through(PAGE, new Request(`${SITE}/a`), html());
    hold_back(`${SITE}/b`, 30_000);
    assert.deepEqual([isHeldBack(`${SITE}/b`), isHeldBack(`${SITE}/a`)], [true, false]);
    now = real();
    assert.equal(isHeldBack(`${SITE}/b`), false);
    assert.equal(replay(new Request(`${SITE}/a`), { SITE: { fetch: async () => assert.fail() } }, {}), undefined);
  } finally {
    Date.now = real;
  }
});
