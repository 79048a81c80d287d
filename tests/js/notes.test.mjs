// The navigations that replayed decisions answer are noted in fields with the names by which js.rs reads them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { beforeEach, test } from "node:test";
import { install, note, set_rules, take_replayed_navigations, take_replayed_views } from "../../src/edge/host.js";

const { rules } = JSON.parse(readFileSync(new URL("../data/replay_cases.json", import.meta.url), "utf8"));

const URL_B = "https://shop.example/b?utm_source=x";
const AT = "https://shop.example".length;

const CLICK = {
  "sec-fetch-mode": "navigate",
  "sec-fetch-dest": "document",
  "sec-fetch-site": "same-origin",
  "sec-fetch-user": "?1",
  referer: "https://shop.example/a",
  "cf-connecting-ip": "192.0.2.1",
};

/// Notes a navigation with these fields besides a click's; `null` takes one away.
function noted(changes = {}, answer = {}, url = URL_B) {
  const fields = Object.entries({ ...CLICK, ...changes }).filter(([, value]) => value !== null);
  note({ headers: new Headers(fields) }, new Response("x", { headers: answer }), url, AT);
}

beforeEach(() => {
  install(
    () => {},
    (cookies) => cookies.includes("session="),
  );
  set_rules(JSON.stringify(rules));
  take_replayed_navigations();
  take_replayed_views();
});

test("a click is noted with the fields that wasm asks for, in their order", () => {
  noted({ "cache-control": "max-age=0" }, { "cache-control": "private", "x-robots-tag": "noindex" });
  const expected = {
    url: URL_B,
    hasSession: false,
    hasPassword: false,
    asked: ["https://shop.example/a", "same-origin", "?1", "max-age=0", "192.0.2.1"],
    answered: ["private", "noindex"],
  };
  assert.deepEqual(take_replayed_navigations(), [expected]);
  assert.deepEqual(take_replayed_navigations(), [], "once");
});

test("what a browser does not say is null", () => {
  noted({ "sec-fetch-site": null, "sec-fetch-user": null, "cf-connecting-ip": null });
  const [{ asked, answered }] = take_replayed_navigations();
  assert.deepEqual(asked, ["https://shop.example/a", null, null, null, null]);
  assert.deepEqual(answered, [null, null]);
});

test("whether there is a session is noted, and of a password that there is one", () => {
  const said = (fields) => {
    noted(fields);
    const [{ hasSession, hasPassword, ...others }] = take_replayed_navigations();
    assert.ok(!JSON.stringify(others).includes("YQ=="));
    return [hasSession, hasPassword];
  };
  assert.deepEqual(said({ cookie: "a=1; session=2" }), [true, false]);
  assert.deepEqual(said({ authorization: "Basic YQ==" }), [false, true]);
  assert.deepEqual(said({ cookie: "a=1" }), [false, false]);
});

test("views are counted by URL without query, navigations only from this site's pages", () => {
  noted();
  noted({ referer: null }, {}, "https://shop.example/b");
  noted({ referer: "https://other.example/a" }, {}, "https://shop.example/c");
  assert.deepEqual(take_replayed_views(), [
    { url: "https://shop.example/b", number: 2 },
    { url: "https://shop.example/c", number: 1 },
  ]);
  assert.deepEqual(take_replayed_views(), [], "once");
  assert.equal(take_replayed_navigations().length, 1);
});

test("what is no navigation to a document is not noted", () => {
  noted({ "sec-fetch-mode": "cors" });
  noted({ "sec-fetch-dest": "iframe" });
  noted({ "sec-fetch-mode": null });
  assert.deepEqual([take_replayed_navigations(), take_replayed_views()], [[], []]);
});

test("what waits is bounded", () => {
  for (let number = 0; number < 3000; number += 1) noted({}, {}, `https://shop.example/${number}`);
  assert.equal(take_replayed_navigations().length, 500);
  assert.equal(take_replayed_views().length, 1000);
  noted({}, {}, `https://shop.example/${"x".repeat(2000)}`);
  assert.deepEqual(take_replayed_navigations(), []);
});

test("wasm reads each field by its name", () => {
  const rust = readFileSync(new URL("../../src/edge/js.rs", import.meta.url), "utf8");
  const names = (type) =>
    [...rust.matchAll(new RegExp(`getter(?:, js_name = (\\w+))?\\)\\]\\s*fn (\\w+)\\(this: &${type}\\)`, "g"))].map(
      ([, given, own]) => given ?? own,
    );
  noted();
  assert.deepEqual(Object.keys(take_replayed_navigations()[0]), names("Navigation"));
  assert.deepEqual(Object.keys(take_replayed_views()[0]), names("Views"));
});
