import assert from "node:assert/strict";
import test from "node:test";
import { sorted } from "./requests.mjs";

const ORIGIN = "http://shop.localhost:80";
const asked = (at, path, more = {}) => ({ at, method: "GET", path, purpose: null, dest: "document", referer: "", status: 200, ...more });
const visit = (path, how, at) => ({ url: new URL(path, ORIGIN).href, how, at });

test("a speculative request counts when its page was shown", () => {
  const entries = [asked(1, "/"), asked(2, "/a", { purpose: "prefetch" }), asked(3, "/b", { purpose: "prefetch" })];
  const { requests, speculative, used } = sorted(entries, [visit("/", "", 1), visit("/a", "prefetch", 4)], ORIGIN);
  assert.deepEqual(requests, ["GET /", "GET /a"]);
  assert.deepEqual([speculative.length, used], [2, 1]);
});

test("what led to it by redirects counts as well", () => {
  const entries = [asked(1, "/old", { purpose: "prefetch", status: 302, location: "/new" }), asked(2, "/new", { purpose: "prefetch" })];
  assert.deepEqual(sorted(entries, [visit("/new", "prefetch", 3)], ORIGIN).requests, ["GET /old", "GET /new"]);
});

test("what a prerendered page fetches counts when it is shown, and pictures never do", () => {
  const page = new URL("/a", ORIGIN).href;
  const own = { purpose: "prefetch;prerender", referer: page, dest: "empty" };
  const entries = [asked(1, "/a", { purpose: "prefetch;prerender" }), asked(2, "/api", own), asked(3, "/a.png", { ...own, dest: "image" }), asked(4, "/b", { ...own, dest: "document" })];
  assert.deepEqual(sorted(entries, [visit("/a", "prerender", 9)], ORIGIN).requests, ["GET /a", "GET /api"]);
  assert.deepEqual(sorted(entries, [], ORIGIN).requests, []);
});

test("what no browser has sent is told apart", () => {
  assert.deepEqual(sorted([asked(1, "/robots.txt", { dest: "", site: "" }), asked(2, "/api", { dest: "", site: "same-origin" })], [], ORIGIN).requests, ["GET /robots.txt (no browser)", "GET /api"]);
});
