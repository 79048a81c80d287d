import assert from "node:assert/strict";
import { test } from "node:test";
import { judge } from "./judge.mjs";

const answer = (text, cookies = [], status = 200) => ({ status, text, cookies });

/// The verdict on a page that shows these at the three visits.
const verdict = (page, counts, marked = answer(page(0))) => {
  const [first, second, third] = counts.map((count) => answer(page(count)));
  return judge({ first, second, marked, third }).verdict;
};

test("a counter that the marked request has moved counts it, and one that it has not moved heeds it", () => {
  const page = (count) => `<h1>Page 7 of 12</h1>\n<p>${count} views since 2019</p>`;
  assert.equal(verdict(page, [41, 42, 43]), "heeds");
  assert.equal(verdict(page, [41, 42, 44]), "counts");
  assert.equal(verdict(page, [99, 100, 101]), "heeds");
  assert.equal(verdict(page, [41, 41, 41]), "unknown");
  assert.equal(verdict(page, [41, 57, 12]), "unknown");
  // Others come meanwhile: nothing is claimed.
  assert.equal(verdict(page, [41, 42, 49]), "unknown");
});

test("a page that differs in more than its numbers is compared by its lines", () => {
  const token = ["qwe", "rtz", "uio"];
  const page = (count) => `<input value=${token[count % 3]}>\n<p>${count} views</p>`;
  assert.equal(verdict(page, [41, 42, 44]), "counts");
  assert.equal(verdict(page, [41, 42, 43]), "heeds");
});

test("what shows no counter is told by the cookies, and what is no page not at all", () => {
  const plain = answer("<p>x", ["history"]);
  const { verdict, why } = judge({ first: plain, second: plain, marked: plain, third: plain });
  assert.equal(verdict, "unknown");
  assert.match(why, /the same cookies/);
  const missing = judge({ first: plain, second: plain, marked: answer("", [], 503), third: plain });
  assert.match(missing.why, /does not answer 200/);
});
