import assert from "node:assert/strict";
import { test } from "node:test";
import { judge } from "./judge.mjs";

const answer = (text, cookies = [], status = 200) => ({ status, text, cookies });
const three = (one) => [one, one, one];

/// The verdict on a page that shows these at the four visits.
const verdict = (page, counts) => judge({ visits: counts.map((count) => answer(page(count))), marked: three(answer("")) }).verdict;

test("a counter that marked requests have moved counts them, and one that they have not moved heeds the mark", () => {
  const page = (count) => `<h1>Page 7 of 12</h1>\n<p>${count} views since 2019</p>`;
  assert.equal(verdict(page, [41, 42, 43, 44]), "heeds");
  assert.equal(verdict(page, [98, 99, 101, 104]), "counts");
  assert.equal(verdict(page, [41, 41, 41, 41]), "unknown");
  assert.equal(verdict(page, [41, 57, 12, 13]), "unknown");
  assert.equal(verdict(page, [41, 42, 49, 50]), "unknown", "others come meanwhile");
});

test("clocks and numbers of requests are no counters of visits", () => {
  const time = (second) => `<p>12:00:${String(second).padStart(2, "0")}</p>`;
  assert.equal(verdict(time, [1, 3, 4, 5]), "unknown");
  const request = (number) => `<!-- request ${number} -->`;
  assert.equal(verdict(request, [100, 103, 107, 112]), "unknown");
});

test("a page that differs in more than its numbers is compared by its lines", () => {
  const token = ["qwe", "rtz", "uio", "pas", "dfg"];
  const page = (count) => `<input value=${token[count % 5]}>\n<p>${count} views</p>`;
  assert.equal(verdict(page, [41, 42, 44, 47]), "counts");
  assert.equal(verdict(page, [41, 42, 43, 44]), "heeds");
});

test("what shows no counter is told by the cookies, and what is no page not at all", () => {
  const plain = answer("<p>x", ["history"]);
  const { verdict, why } = judge({ visits: [plain, plain, plain, plain], marked: three(plain) });
  assert.equal(verdict, "unknown");
  assert.match(why, /the same cookies/);
  const missing = judge({ visits: [plain, plain, plain, plain], marked: [plain, answer("", [], 503), plain] });
  assert.match(missing.why, /does not answer 200/);
});
