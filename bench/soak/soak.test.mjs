// The pure parts of a long run: what fails when, what is asked for, whether an answer is right, and the figures.

import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { seeded } from "../../tools/seeded.mjs";
import { Counts, Samples, Times, growth, slope, table } from "./figures.mjs";
import { isRefusal, judge, judgeCount, judgeOwn } from "./judge.mjs";
import { FAULTS, calm, phaseAt, phases } from "./schedule.mjs";
import { HOST, ORIGIN_FAULTS, answerOf, page } from "./site.mjs";
import { KINDS, OWN, activationOf, kindOf, requestOf } from "./traffic.mjs";

test("each fault has its turn, with calm before each, in every run", () => {
  for (const minutes of [1, 10, 30, 120]) {
    const all = phases(minutes * 60_000, seeded(7));
    assert.deepEqual([all[0].kind, all[0].from], ["warm-up", 0]);
    assert.equal(all[1].from, minutes * 6_000, "a tenth warms up");
    assert.deepEqual(new Set(all.slice(2).filter((_, at) => at % 2 === 0).map(({ name }) => name)), new Set(FAULTS.map(({ name }) => name)));
    for (const [at, { kind, from }] of all.entries()) {
      if (at === 0) continue;
      assert.ok(from > all[at - 1].from && from < minutes * 60_000);
      assert.equal(kind === "calm", at % 2 === 1);
    }
  }
  assert.deepEqual(phases(60_000, seeded(1)), phases(60_000, seeded(1)));
  assert.notDeepEqual(phases(60_000, seeded(1)), phases(60_000, seeded(2)));
});

test("a run without faults warms up as long and is calm then", () => {
  assert.deepEqual(calm(60_000).map(({ kind, from, platform, origin }) => [kind, from, platform.length, origin.share]), [["warm-up", 0, 0, 0], ["calm", 6_000, 0, 0]]);
});

test("a phase lasts until the next one", () => {
  const all = [{ from: 0 }, { from: 10 }, { from: 20 }];
  assert.deepEqual([0, 9.9, 10, 19, 20, 1e9].map((at) => phaseAt(all, at).from), [0, 0, 10, 10, 20, 20]);
});

test("only faults of the origin that it knows are ordered of it", () => {
  for (const { platform = [], origin = { kinds: [] } } of FAULTS) {
    assert.ok(platform.length + origin.kinds.length > 0);
    for (const kind of origin.kinds) assert.ok(kind in ORIGIN_FAULTS, kind);
  }
});

test("a percentile is off by its bucket at the most, and none of nothing", () => {
  const times = new Times();
  assert.ok(Number.isNaN(times.percentile(0.5)));
  for (let at = 1; at <= 1_000; at++) times.add(at);
  for (const [share, expected] of [[0.5, 500], [0.99, 990], [1, 1_000], [0, 1]]) {
    const given = times.percentile(share);
    assert.ok(given >= expected && given <= expected * 1.021, `${share}: ${given}`);
  }
  times.add(0);
  times.add(1e12);
  assert.equal(times.number, 1_002);
  assert.ok(times.percentile(0) <= 0.05 && times.percentile(1) > 1e6);
});

test("a slope is not moved by a few odd points", () => {
  assert.deepEqual([slope([]), slope([[1, 1]]), growth([]), growth([[3, 9]])], [0, 0, 0, 0]);
  const points = Array.from({ length: 21 }, (_, x) => [x, 100 + 2 * x]);
  assert.deepEqual([slope(points), growth(points)], [2, 40]);
  points[3][1] = 9_000;
  points[17][1] = -9_000;
  assert.deepEqual([slope(points), growth(points)], [2, 40]);
  assert.equal(slope([[1, 5], [1, 7]]), 0, "no two times");
});

test("samples are thinned out where there are too many, and span all of the run", () => {
  const samples = new Samples(10);
  for (let at = 0; at < 1_000; at++) samples.add(at, 2 * at);
  assert.ok(samples.points.length < 10 && samples.points.length >= 5);
  assert.deepEqual(samples.points[0], [0, 0]);
  assert.ok(samples.points.at(-1)[0] >= 800);
  assert.ok(samples.points.every(([x, y]) => y === 2 * x));
});

test("words are counted, so many by name", () => {
  const counts = new Counts(2);
  for (const word of ["a", "b", "b", "c", "d", "a", "b"]) counts.add(word);
  assert.deepEqual([counts.total, counts.sorted()], [7, [["b", 3], ["a", 2], ["others", 2]]]);
});

test("a table has its columns as wide as they must be", () => {
  assert.deepEqual(table([["what", "p50"], ["a long one", 1.5]]), ["what        p50", "a long one  1.5"]);
});

test("kinds come as often as their weights say, and each can be asked for", () => {
  const chance = seeded(3);
  const seen = {};
  for (let at = 0; at < 100_000; at++) {
    const kind = kindOf(chance());
    seen[kind] = (seen[kind] ?? 0) + 1;
  }
  for (const [kind, weight] of Object.entries(KINDS)) {
    assert.ok(Math.abs(seen[kind] / 1_000 - weight) < 0.5, `${kind}: ${seen[kind]}`);
    const request = requestOf(kind, 7, chance, "a token");
    assert.deepEqual([request.kind, request.fields.host], [kind, HOST]);
    assert.equal(request.target.startsWith("/_headstart/"), OWN.includes(kind));
  }
  assert.deepEqual([kindOf(0), kindOf(1)], ["view", "view"]);
});

const view = requestOf("view", 1, seeded(1), "");
const answerTo = ({ method, target, fields, body }, changes = {}) => {
  const answer = answerOf(method, target, fields, body);
  const headers = {};
  for (const [name, value] of answer.headers) {
    if (name === "Set-Cookie") (headers["set-cookie"] ??= []).push(value);
    else headers[name.toLowerCase()] = value;
  }
  return { status: answer.status, headers, body: answer.body, isComplete: true, ...changes };
};

test("the origin's answer is right, and whatever is not is wrong", () => {
  for (const kind of ["view", "data", "image", "range", "conditional", "form", "upload", "large"]) {
    const request = requestOf(kind, 1, seeded(1), "");
    const right = answerTo(request);
    for (const by of ["headstart", "plain"]) {
      assert.equal(judge(request, undefined, right, by), undefined, kind);
      assert.match(judge(request, undefined, { ...right, status: 500 }, by), /^500, not/);
      assert.match(judge(request, undefined, { ...right, headers: {} }, by), /a field of the origin is missing/);
      assert.notEqual(judge(request, undefined, { ...right, body: Buffer.concat([right.body, Buffer.from("x")]) }, by), undefined, kind);
      assert.match(judge(request, undefined, { failed: "ECONNRESET" }, by), /^no answer: ECONNRESET/);
      if (kind !== "conditional") assert.equal(judge(request, undefined, { ...right, isComplete: false }, by), "it breaks off");
    }
  }
  const { headers } = answerTo(view);
  assert.equal(judge(view, undefined, answerTo(view, { headers: { ...headers, "set-cookie": [] } }), "headstart"), "other cookies");
});

test("what Headstart puts into a page is no other byte, of a plain Worker it is", () => {
  const right = answerTo(view);
  const edited = Buffer.from(right.body.toString().replace("<head>", '<head><script src="/_headstart/beacon.js" async></script><script nonce="a">{let e=document.currentScript,o=e.previousSibling;/\\/_headstart\\/[^*]/.test(o&&o.outerHTML)&&o.remove();e.remove()}</script>'));
  assert.equal(judge(view, undefined, { ...right, body: edited }, "headstart"), undefined);
  assert.match(judge(view, undefined, { ...right, body: edited }, "plain"), /other bytes/);
});

test("where there is no origin Headstart says so, and a plain Worker throws", () => {
  const told = { status: 502, headers: {}, body: Buffer.from("the origin cannot be reached: x\n"), isComplete: true };
  for (const fault of ["nothing", "half-head", "reset"]) {
    assert.equal(judge(view, fault, told, "headstart"), undefined);
    assert.equal(judge(view, fault, { ...told, status: 500 }, "plain"), undefined);
    assert.equal(judge(view, fault, { failed: "ECONNRESET" }, "plain"), undefined);
    assert.match(judge(view, fault, { failed: "ECONNRESET" }, "headstart"), /no answer/);
    assert.match(judge(view, fault, { ...told, status: 500 }, "headstart"), /500 without an origin/);
    // Who was sending a body may have left.
    const cut = { ...told, body: Buffer.from("a visitor, or the origin, broke off while a body was sent: x\n") };
    assert.equal(judge({ ...view, method: "POST", body: Buffer.from("a=1") }, fault, cut, "headstart"), undefined);
    assert.match(judge(view, fault, cut, "headstart"), /502 without an origin/);
    assert.match(judge(view, fault, answerTo(view), "headstart"), /200 without an origin/);
  }
});

test("a body that breaks off begins as it is and does not end as if it were whole", () => {
  const right = answerTo(view);
  const half = { ...right, body: right.body.subarray(0, 100), isComplete: false };
  for (const fault of ["half-body", "half-chunk", "long"]) {
    assert.equal(judge(view, fault, half, "headstart"), undefined);
    const whole = judge(view, fault, { ...half, isComplete: true }, "headstart");
    if (fault === "half-chunk") assert.equal(whole, undefined);
    else assert.match(whole, /as if it were whole/);
    assert.match(judge(view, fault, { ...half, body: Buffer.from("else") }, "headstart"), /other bytes/);
  }
  assert.equal(judge(view, undefined, half, "headstart"), "it breaks off");
});

test("lies about the coding pass as they are, and of a page that is edited so much as can be decoded", () => {
  const right = answerTo(view);
  const coded = gzipSync(right.body);
  const half = { ...right, headers: { ...right.headers, "content-encoding": "gzip" }, body: coded.subarray(0, coded.length >> 1) };
  assert.equal(judge(view, "half-gzip", half, "headstart"), undefined);
  assert.equal(judge(view, "half-gzip", half, "plain"), undefined);
  const decoded = { ...right, body: right.body.subarray(0, 50), isComplete: false };
  assert.equal(judge(view, "half-gzip", decoded, "headstart"), undefined);
  assert.match(judge(view, "half-gzip", decoded, "plain"), /breaks off/);
});

test("a refusal is documented where a guess is refused, and sets nothing", () => {
  const guess = requestOf("prefetch", 1, seeded(1), "");
  const refusal = { status: 503, headers: { "headstart-refused": "effect" }, body: Buffer.alloc(0), isComplete: true };
  assert.ok(isRefusal(refusal));
  assert.equal(judge(guess, undefined, refusal, "headstart"), undefined);
  assert.equal(judge(guess, undefined, { ...refusal, headers: { ...refusal.headers, "set-cookie": ["a=1"] } }, "headstart"), "a refusal sets cookies");
  assert.match(judge(view, undefined, refusal, "headstart"), /503, not 200: effect/);
  assert.match(judge(guess, undefined, refusal, "plain"), /503, not 200/);
  const right = answerTo(guess);
  assert.equal(judge(guess, undefined, right, "headstart"), "a guess sets cookies");
  assert.equal(judge(guess, undefined, { ...right, headers: { ...right.headers, "set-cookie": undefined } }, "headstart"), undefined);
});

test("a ticket is brought back as a browser does it", () => {
  const guess = requestOf("prefetch", 5, seeded(1), "");
  const answered = { headers: { "speculation-rules": '"/_headstart/rules/site.json?s=a&t=b", "/x.json"' }, body: Buffer.alloc(0) };
  const brought = activationOf(guess, answered);
  assert.deepEqual([brought.method, brought.target, brought.fields.referer], ["GET", "/_headstart/rules/site.json?s=a&t=b", `http://${HOST}/count/5`]);
  assert.equal(brought.fields["sec-purpose"], undefined);
  assert.equal(activationOf(guess, { headers: {}, body: Buffer.alloc(0) }), undefined);
  const rendered = activationOf(requestOf("prerender", 5, seeded(1), ""), { headers: {}, body: Buffer.from('<script data-ticket="abc">') });
  assert.deepEqual([rendered.method, rendered.target, rendered.body.toString()], ["POST", "/_headstart/activate", "abc"]);
});

test("answers of our own are right where they are documented, calm or not", () => {
  const own = (kind, status, body = "{}", isCalm = true, method = "GET") => judgeOwn({ kind, method }, { status, headers: {}, body: Buffer.from(body), isComplete: true }, isCalm);
  for (const [kind, status] of [["rules", 200], ["report", 200], ["health", 200], ["health", 503], ["beacon", 204], ["activation", 200]]) assert.equal(own(kind, status), undefined, kind);
  for (const [kind, status] of [["rules", 503], ["report", 500], ["beacon", 400], ["activation", 500], ["health", 500], ["else", 200]]) assert.notEqual(own(kind, status), undefined, kind);
  assert.notEqual(own("rules", 200, "no JSON"), undefined);
  assert.equal(own("activation", 503, "", false, "POST"), undefined);
  assert.match(own("activation", 503, "", true, "POST"), /503 for a ticket/);
});

test("a deferred visit counts once where all is calm, and never twice", () => {
  assert.deepEqual([judgeCount(1, true), judgeCount(1, false), judgeCount(0, false)], [undefined, undefined, undefined]);
  assert.match(judgeCount(0, true), /lost/);
  for (const isCalm of [true, false]) assert.match(judgeCount(2, isCalm), /counted 2 times/);
});

test("pages are as the origin gives them, each the same each time", () => {
  assert.equal(page("/p/3"), page("/p/3"));
  assert.notEqual(page("/p/3"), page("/p/4"));
});
