// node --test oracle/

import assert from "node:assert/strict";
import test from "node:test";
import { compare, readHint, summarize, topPairs } from "./compare.mjs";
import { ANONYMOUS, CREDENTIALED } from "./requests.mjs";

const CDN = "https://cdn.example";
const FONTS = "https://fonts.example";
const PICTURES = "https://pictures.example";
const VIDEOS = "https://videos.example";

const pair = (origin, pool, high) => ({ origin, pool, high });
const hint = (origin, pool) => ({ origin, pool });

test("a hint is read as it is emitted", () => {
  for (const [parameters, pool] of [
    ["preconnect", CREDENTIALED],
    ["preconnect; crossorigin", ANONYMOUS],
    ["preconnect; crossorigin=anonymous", ANONYMOUS],
    ["preconnect;CrossOrigin=use-credentials", CREDENTIALED],
    ["dns-prefetch", null],
  ]) {
    assert.deepEqual(readHint([`${CDN}/`, parameters]), { origin: CDN, pool });
  }
  assert.throws(() => readHint([CDN, "preload"]), /no hint/);
});

test("the pairs that matter are the three with the most urgent requests, equals by first use", () => {
  const pairs = [pair(CDN, CREDENTIALED, 1), pair(FONTS, ANONYMOUS, 1), pair(PICTURES, CREDENTIALED, 0), pair(VIDEOS, CREDENTIALED, 2), pair(CDN, ANONYMOUS, 1)];
  assert.deepEqual(topPairs(pairs), [pairs[3], pairs[0], pairs[1]]);
  assert.deepEqual(topPairs([pairs[2]]), []);
});

test("the pool counts, what the page hints itself counts, and the rest is missed or wasted", () => {
  const pairs = [pair(CDN, CREDENTIALED, 3), pair(FONTS, ANONYMOUS, 2), pair(PICTURES, CREDENTIALED, 1), pair(PICTURES, ANONYMOUS, 0)];
  const hints = [hint(CDN, CREDENTIALED), hint(CDN, ANONYMOUS), hint(PICTURES, ANONYMOUS), hint(VIDEOS, null)];
  const own = [hint(FONTS, ANONYMOUS)];
  assert.deepEqual(compare({ pairs, frames: [VIDEOS] }, hints, own), {
    preconnects: 3,
    connected: 2,
    wasted: [hint(CDN, ANONYMOUS)],
    top: 3,
    covered: 2,
    missed: [pair(PICTURES, CREDENTIALED, 1)],
    rest: 2,
    restCovered: 1,
    topNamed: 3,
    names: 3,
    namesUsed: 3,
  });
});

test("a name is looked up for any scheme and port, and one that nobody uses counts against", () => {
  const pairs = [pair(`${CDN}:8443`, CREDENTIALED, 1)];
  const { topNamed, names, namesUsed, covered } = compare({ pairs, frames: [] }, [hint(CDN, null), hint(FONTS, null)], []);
  assert.deepEqual({ topNamed, names, namesUsed, covered }, { topNamed: 1, names: 2, namesUsed: 1, covered: 0 });
});

test("pages are added up entry by entry, and nothing out of nothing is no share", () => {
  const busy = compare(
    { pairs: [pair(CDN, CREDENTIALED, 1), pair(FONTS, ANONYMOUS, 1), pair(PICTURES, CREDENTIALED, 1)], frames: [] },
    [hint(CDN, CREDENTIALED), hint(VIDEOS, CREDENTIALED)],
    [],
  );
  const quiet = compare({ pairs: [pair(CDN, CREDENTIALED, 1)], frames: [] }, [hint(CDN, CREDENTIALED)], []);
  assert.deepEqual(summarize([busy, quiet]), {
    preconnects: 3,
    preconnect_precision: 0.6667,
    top3_pairs: 4,
    top3_coverage: 0.5,
    top3_coverage_without_own: 0.5,
    top3_named: 0.5,
    hinted_names: 3,
    hinted_names_used: 0.6667,
  });
  const nothing = compare({ pairs: [], frames: [] }, [], []);
  assert.equal(summarize([nothing]).preconnect_precision, null);
  assert.equal(summarize([]).top3_coverage, null);
});
