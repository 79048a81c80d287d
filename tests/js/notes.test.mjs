// The navigations that replayed decisions answer are noted in fields with the names by which js.rs reads them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { beforeEach, test } from "node:test";
import { install, note, take_looks, take_notes } from "../../src/edge/host.js";

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
  take_notes();
  take_looks();
});

test("a click is noted with all that a browser says of it", () => {
  noted({ "cache-control": "max-age=0" }, { "cache-control": "private" });
  const expected = {
    url: URL_B,
    hasSession: false,
    answeredCacheControl: "private",
    referer: "https://shop.example/a",
    fetchSite: "same-origin",
    fetchUser: "?1",
    cacheControl: "max-age=0",
    address: "192.0.2.1",
  };
  assert.deepEqual(take_notes(), [expected]);
  assert.deepEqual(take_notes(), [], "once");
});

test("what a browser does not say is left out", () => {
  noted({ "sec-fetch-site": null, "sec-fetch-user": null, "cf-connecting-ip": null });
  const [{ answeredCacheControl, fetchSite, fetchUser, cacheControl, address }] = take_notes();
  for (const field of [answeredCacheControl, fetchSite, fetchUser, cacheControl, address]) assert.equal(field, undefined);
});

test("a session or a password is noted as having one", () => {
  for (const fields of [{ cookie: "a=1; session=2" }, { authorization: "Basic YQ==" }]) {
    noted(fields);
    assert.equal(take_notes()[0].hasSession, true, JSON.stringify(fields));
  }
  noted({ cookie: "a=1" });
  assert.equal(take_notes()[0].hasSession, false);
});

test("views are counted by URL without query, navigations only from this site's pages", () => {
  noted();
  noted({ referer: null }, {}, "https://shop.example/b");
  noted({ referer: "https://other.example/a" }, {}, "https://shop.example/c");
  assert.deepEqual(take_looks(), [
    { url: "https://shop.example/b", number: 2 },
    { url: "https://shop.example/c", number: 1 },
  ]);
  assert.deepEqual(take_looks(), [], "once");
  assert.equal(take_notes().length, 1);
});

test("what is no navigation to a document is not noted", () => {
  noted({ "sec-fetch-mode": "cors" });
  noted({ "sec-fetch-dest": "iframe" });
  noted({ "sec-fetch-mode": null });
  assert.deepEqual([take_notes(), take_looks()], [[], []]);
});

test("what waits is bounded", () => {
  for (let number = 0; number < 3000; number += 1) noted({}, {}, `https://shop.example/${number}`);
  assert.equal(take_notes().length, 500);
  assert.equal(take_looks().length, 1000);
  noted({}, {}, `https://shop.example/${"x".repeat(2000)}`);
  assert.deepEqual(take_notes(), []);
});

test("wasm reads each field by its name", () => {
  const rust = readFileSync(new URL("../../src/edge/js.rs", import.meta.url), "utf8");
  const names = (type) =>
    [...rust.matchAll(new RegExp(`getter(?:, js_name = (\\w+))?\\)\\]\\s*fn (\\w+)\\(this: &${type}\\)`, "g"))].map(
      ([, given, own]) => given ?? own,
    );
  noted();
  assert.deepEqual(Object.keys(take_notes()[0]), names("Note"));
  assert.deepEqual(Object.keys(take_looks()[0]), names("Look"));
});
