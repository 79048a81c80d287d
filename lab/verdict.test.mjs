// node --test lab/

import assert from "node:assert/strict";
import test from "node:test";
import { verdict } from "./verdict.mjs";

const first = (site, run, trips, more = {}) => ({
  part: "first",
  device: "desktop",
  rtt: 60,
  site,
  run,
  lcp: { gain: trips * 60, gain_round_trips: trips, noise: 17 },
  wasted_share: 0,
  ...more,
});
const next = (run, ttfb, device = "desktop") => ({ part: "next", device, rtt: 60, site: "all", run, ttfb: { p50: ttfb } });

test("what was not measured is neither held nor broken", () => {
  const { conditions, failing } = verdict([first("news", "nothing", 0)]);
  assert.deepEqual(new Set(Object.values(conditions)), new Set([null]));
  assert.deepEqual(failing, []);
});

test("preloads must gain a round trip on pages with something late, and two with 103", () => {
  const rows = ["news", "shop", "shop-lazy"].flatMap((site) => [first(site, "preloads", 1), first(site, "preloads-103", 2.4)]);
  const held = verdict([...rows, first("text", "preloads", 0)]).conditions;
  assert.deepEqual([held.first_preloads_gain_1_round_trips, held.first_preloads_103_gain_2_round_trips], [true, true]);
  const { conditions, failing } = verdict([...rows, first("news", "preloads-103", 1.9), first("shop", "preloads", 0.9)]);
  assert.deepEqual([conditions.first_preloads_gain_1_round_trips, conditions.first_preloads_103_gain_2_round_trips], [false, false]);
  assert.equal(failing.length, 2);
});

test("no page may be worse by more than noise, and next to nothing be asked for in vain", () => {
  const { conditions } = verdict([first("text", "hints", 0, { lcp: { gain: -17, gain_round_trips: -0.28, noise: 17 } })]);
  assert.equal(conditions.first_none_worse, true);
  const worse = verdict([first("text", "hints", 0, { lcp: { gain: -18, gain_round_trips: -0.3, noise: 17 }, wasted_share: 0.05 })]);
  assert.equal(worse.conditions.first_none_worse, false);
  assert.equal(worse.conditions.first_wasted_bytes, false);
  assert.deepEqual(worse.failing, ["first_none_worse: text hints desktop 60 ms: 18 ms worse, noise 17 ms", "first_wasted_bytes: text hints desktop 60 ms: 0.05"]);
});

test("a learned next page has its first byte in a twentieth of the time, with a mouse", () => {
  assert.equal(verdict([next("nothing", 400), next("learned", 20)]).conditions.next_learned_ttfb, true);
  assert.equal(verdict([next("nothing", 400), next("learned", 21)]).conditions.next_learned_ttfb, false);
  assert.equal(verdict([next("nothing", 400, "touch"), next("learned", 300, "touch")]).conditions.next_learned_ttfb, null);
});
