// node --test lab/

import assert from "node:assert/strict";
import test from "node:test";
import { picture, scale } from "./picture.mjs";
import { report } from "./table.mjs";

const figures = (p50, gain, trips) => ({ p50, p75: p50 + 5, p95: p50 + 40, gain, gain_round_trips: trips, noise: 17 });
const row = (part, device, rtt, site, run, p50, gain, trips) => ({
  part,
  device,
  rtt,
  site,
  run,
  views: 6,
  ttfb: figures(p50, gain, trips),
  fcp: figures(p50, gain, trips),
  lcp: figures(p50, gain, trips),
  ahead: 3,
  wasted_requests: 0.5,
  wasted_bytes: 700,
});
const RESULT = {
  rounds: 2,
  think: 300,
  seconds: 100,
  failed: 0,
  not_offered: { preloads: "not offered by this build, which knows no MAX_PRELOAD" },
  conditions: { first_none_worse: true, next_learned_ttfb: null, first_wasted_bytes: false },
  failing: ["first_wasted_bytes: news hints desktop 60 ms: 0.07"],
  rows: [
    row("first", "desktop", 60, "news", "nothing", 1064, 0, 0),
    row("first", "desktop", 60, "news", "hints-103", 936, 128, 2.13),
    row("first", "desktop", 60, "all", "nothing", 900, 0, 0),
    row("next", "touch", 60, "all", "nothing", 380, 0, 0),
    row("next", "touch", 60, "all", "learned", 8, 372, 6.2),
    row("next", "touch", 60, "news", "learned", 9, 371, 6.2),
  ],
};

test("the picture has a bar for each run that was measured, its median and its gain", () => {
  const svg = picture(RESULT);
  assert.equal([...svg.matchAll(/<rect class="bar/g)].length, 4);
  for (const words of [">1064</text>", ">936 (−2.1 RTT)</text>", ">8 (−6.2 RTT)</text>", ">Newspaper, web font</text>", ">With touch</text>", ">60 ms round trips</text>"]) assert.ok(svg.includes(words), words);
  assert.ok(!svg.includes("NaN") && !svg.includes("undefined"));
  assert.ok(svg.includes("prefers-color-scheme: dark"));
  // The first view's bar ends where its value is: twice as long as half of it.
  const widths = [...svg.matchAll(/<rect class="bar[^>]* width="([\d.]+)"/g)].map(([, width]) => Number(width));
  assert.ok(Math.abs(widths[1] / widths[0] - 936 / 1064) < 0.01);
});

test("an axis ends at a round number", () => {
  assert.deepEqual([1, 9, 101, 240, 251, 999, 1000].map(scale), [1, 10, 200, 250, 500, 1000, 1000]);
});

test("the tables say every run, what is not offered, and what holds", () => {
  const text = report(RESULT);
  assert.match(text, /^news +hints, with 103 +6 +936 +941 +976 .*\+128 +\+2\.1 +17 +0\.5 +700$/m);
  assert.match(text, /^touch +learned +6 +3 +8 +13 +48 .*\+372 +\+6\.2/m);
  assert.match(text, /^preloads: not offered by this build, which knows no MAX_PRELOAD$/m);
  assert.match(text, /^first_none_worse: holds$/m);
  assert.match(text, /^next_learned_ttfb: was not measured$/m);
  assert.match(text, /^first_wasted_bytes: does not hold$/m);
});
