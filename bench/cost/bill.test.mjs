// What is billed is what the plans say, and no more than once.

import assert from "node:assert/strict";
import { test } from "node:test";
import { bill } from "./bill.mjs";
import { PRICES } from "./prices.mjs";

const NOTHING = Object.fromEntries(Object.keys(PRICES).map((name) => [name, 0]));
const rounded = (number) => Math.round(number * 1e6) / 1e6;

test("a million views cost their thousandfold, and the sum is of all rows", () => {
  const { dollars_per_million_views: dollars } = bill({ ...NOTHING, requests: 2000, kv_reads: 100, rows_written: 4000 }, 10);
  assert.deepEqual([dollars.requests, dollars.kv_reads, dollars.rows_written, dollars.cpu_ms].map(rounded), [0.6, 0.05, 4, 0]);
  assert.equal(rounded(dollars.total), 4.65);
});

test("the Free plan ends with what runs out first", () => {
  assert.deepEqual(bill({ ...NOTHING, requests: 2000, cpu_ms: 5000 }, 10).free_plan, { views_a_day: 50_000, limit: "requests" });
  assert.deepEqual(bill({ ...NOTHING, requests: 2000, kv_writes: 50 }, 10).free_plan, { views_a_day: 20_000, limit: "kv_writes" });
});

test("a month on the Paid plan is the plan, and what is beyond what it includes", () => {
  assert.equal(bill({ ...NOTHING, requests: 2000 }, 10_000).month_of_this_site, 5);
  // 60 million requests, of which 10 are included.
  assert.equal(rounded(bill({ ...NOTHING, requests: 2000 }, 1e6).month_of_this_site), 20);
});
