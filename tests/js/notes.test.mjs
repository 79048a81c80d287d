// The navigations that replayed decisions answer are noted in fields with the names by which js.rs reads them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { beforeEach, test } from "node:test";
import { install } from "../../src/edge/host.js";
import { set_rules } from "../../src/edge/kept_decisions.js";
import { note, take_replayed_navigations, take_replayed_views } from "../../src/edge/notes.js";

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
function noted(changes = {}, answer = {}, url = URL_B, cf = { colo: "TST" }) {
  const fields = Object.entries({ ...CLICK, ...changes }).filter(([, value]) => value !== null);
  note({ headers: new Headers(fields), cf }, new Response("x", { headers: answer }), url, AT);
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
  noted({ "cache-control": "max-age=0" }, { "cache-control": "private", "x-robots-tag": "noindex", "referrer-policy": "origin" });
  const expected = {
    address: "192.0.2.1",
    url: URL_B,
    hasSession: false,
    hasPassword: false,
    asked: ["https://shop.example/a", "same-origin", "?1", "max-age=0"],
    answered: ["private", "noindex", "origin"],
  };
  assert.deepEqual(take_replayed_navigations(), [expected]);
  assert.deepEqual(take_replayed_navigations(), [], "once");
});

test("however long the fields are, a note and an address are short", () => {
  const long = "x".repeat(2000);
  for (const field of ["sec-fetch-user", "cache-control", "referer"]) noted({ [field]: `${CLICK[field]}${long}` });
  for (const field of ["cache-control", "x-robots-tag", "referrer-policy"]) noted({}, { [field]: long });
  assert.deepEqual(take_replayed_navigations(), []);
  take_replayed_views();
  noted({ "cf-connecting-ip": long });
  assert.equal(take_replayed_navigations()[0].address, undefined);
  assert.equal(take_replayed_views()[0].address, undefined);
});

test("of a Cookie field that is too long wasm is not asked", () => {
  const long = "x".repeat(rules.max_cookies + 1);
  install(() => {}, () => assert.fail("asked"));
  noted({ cookie: long });
  assert.equal(take_replayed_navigations()[0].hasSession, true);
  install(() => {}, (cookies) => cookies !== long.slice(1));
  noted({ cookie: long.slice(1) });
  assert.equal(take_replayed_navigations()[0].hasSession, false);
});

test("what a browser does not say is null", () => {
  noted({ "sec-fetch-site": null, "sec-fetch-user": null, "cf-connecting-ip": null });
  const [{ address, asked, answered }] = take_replayed_navigations();
  assert.equal(address, undefined);
  assert.deepEqual(asked, ["https://shop.example/a", null, null, null]);
  assert.deepEqual(answered, [null, null, null]);
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

test("an address is believed of the platform, or else of the proxy that the owner names", () => {
  const address = (fields, cf, named = null) => {
    set_rules(JSON.stringify({ ...rules, note: { ...rules.note, address: named } }));
    noted(fields, {}, URL_B, cf);
    return take_replayed_navigations()[0].address;
  };
  const fields = { "x-real-ip": "198.51.100.1", "x-forwarded-for": "203.0.113.9, 198.51.100.2" };
  assert.equal(address(fields, { colo: "TST" }), "192.0.2.1");
  assert.equal(address(fields, { colo: "TST" }, "x-real-ip"), "192.0.2.1", "the platform knows");
  assert.equal(address(fields, null), undefined, "any client may write such a field");
  assert.equal(address(fields, null, "x-real-ip"), "198.51.100.1");
  assert.equal(address(fields, null, "x-forwarded-for"), "198.51.100.2", "the nearest proxy has written the last one");
  assert.equal(address({}, null, "x-real-ip"), undefined);
});

test("views are counted by address and URL without query, navigations only from this site's pages", () => {
  noted();
  noted({ referer: null }, {}, "https://shop.example/b");
  noted({ referer: "https://other.example/a" }, {}, "https://shop.example/c");
  noted({ "cf-connecting-ip": "192.0.2.2" });
  noted({ "cf-connecting-ip": null, referer: null });
  const [one, two] = ["192.0.2.1", "192.0.2.2"];
  assert.deepEqual(take_replayed_views(), [
    { address: one, url: "https://shop.example/b", number: 2 },
    { address: one, url: "https://shop.example/c", number: 1 },
    { address: two, url: "https://shop.example/b", number: 1 },
    { address: undefined, url: "https://shop.example/b", number: 1 },
  ]);
  assert.deepEqual(take_replayed_views(), [], "once");
  assert.equal(take_replayed_navigations().length, 2);
});

test("what is no navigation to a document is not noted", () => {
  noted({ "sec-fetch-mode": "cors" });
  noted({ "sec-fetch-dest": "iframe" });
  noted({ "sec-fetch-mode": null });
  assert.deepEqual([take_replayed_navigations(), take_replayed_views()], [[], []]);
});

test("what waits is bounded", () => {
  for (let number = 0; number < 9000; number += 1) noted({}, {}, `https://shop.example/${number}`);
  assert.equal(take_replayed_navigations().length, 500);
  assert.equal(take_replayed_views().length, 5000);
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
