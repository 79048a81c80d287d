// node --test lab/

import assert from "node:assert/strict";
import test from "node:test";
import { median, needs, noise, percentile, summarize, waste } from "./figures.mjs";

const view = (path, lcp, how = "") => ({ path, ttfb: lcp - 200, fcp: lcp - 50, lcp, how });
const request = (host, path, bytes, more = {}) => ({ host, path, bytes, document: false, purpose: null, ...more });
const page = (run, path, more = {}) => request(`news-${run}.example`, path, 5_000, { document: true, ...more });

test("percentiles lie between the values in proportion", () => {
  assert.equal(percentile([], 0.5), null);
  assert.equal(percentile([7], 0.95), 7);
  assert.equal(percentile([4, 1, 3, 2], 0.5), 2.5);
  assert.equal(percentile([0, 10, 20, 30, 40], 0.75), 30);
  assert.equal(percentile([0, 10, 20, 30, 40], 0.95), 38);
  assert.equal(median([3, 1, 2]), 2);
});

test("noise is a frame at least, grows with the spread, and shrinks with the number", () => {
  assert.equal(noise([5]), null);
  assert.equal(noise([10, 10, 10, 10]), 1000 / 60);
  // Half of them lie within 100 of their median, 50.
  const error = (number) => (3 * 1.2533 * 1.4826 * 100) / Math.sqrt(number);
  const many = Array.from({ length: 100 }, (_, at) => [-100, 0, 100, 200][at % 4]);
  assert.deepEqual([noise(many.slice(0, 4)), noise(many)].map(Math.round), [error(4), error(100)].map(Math.round));
});

test("what no page needs, what comes twice and what is fetched ahead in vain is waste; Headstart's own is not", () => {
  const font = request("files.example", "/a.woff2", 20_000);
  const sheet = (run) => request(`news-${run}.example`, "/site.css", 300);
  const known = needs([
    { site: "news", run: "nothing", requests: [page("nothing", "/"), sheet("nothing"), font] },
    { site: "news", run: "hints", requests: [request("files.example", "/other", 9)] },
  ]).get("news");
  assert.deepEqual([...known], ["/site.css", "files.example /a.woff2"]);
  const own = request("news-x.example", "/_headstart/rules/site.json", 15_000);
  const requests = [page("x", "/"), sheet("x"), font, own, page("x", "/p/1", { purpose: "prefetch" })];
  const shown = { part: "next", site: "news", run: "x", views: [view("/", 1), view("/p/1", 1)], requests };
  assert.deepEqual(waste(shown, known), { wasted: 0, wastedBytes: 0, own: 1, ownBytes: 15_000, bytes: 45_300, requests: 5 });
  const more = [font, request("files.example", "/never.woff2", 7), page("x", "/p/2", { purpose: "prefetch" }), page("x", "/p/1")];
  const { wasted, wastedBytes } = waste({ ...shown, requests: [...requests, ...more] }, known);
  assert.deepEqual({ wasted, wastedBytes }, { wasted: 4, wastedBytes: 20_000 + 7 + 5_000 + 5_000 });
  // Who looks at one page goes to no next one.
  const first = waste({ ...shown, part: "first", views: [view("/", 1)], requests: [...requests, ...more.slice(0, 3)] }, known);
  assert.deepEqual({ wasted: first.wasted, wastedBytes: first.wastedBytes }, { wasted: 2, wastedBytes: 20_007 });
});

test("a run stands beside nothing in the same rounds, in milliseconds and in round trips", () => {
  const records = [];
  for (let round = 0; round < 4; round += 1) {
    const record = (run, lcp) => ({ part: "first", device: "desktop", rtt: 60, site: "news", run, round, views: [view("/", lcp)], requests: [page(run, "/")], sockets: [{}, {}] });
    records.push(record("nothing", 900 + round), record("hints", 780 + round));
  }
  const rows = summarize(records);
  assert.deepEqual(rows.map(({ site, run }) => `${site} ${run}`), ["news nothing", "all nothing", "news hints", "all hints"]);
  const { lcp, ttfb, views, sockets, wasted_share } = rows[2];
  assert.deepEqual(lcp, { p50: 781.5, p75: 782.3, p95: 782.9, gain: 120, gain_round_trips: 2, noise: 16.7 });
  assert.equal(ttfb.p50, 581.5);
  assert.deepEqual({ views, sockets, wasted_share }, { views: 4, sockets: 2, wasted_share: 0 });
  assert.deepEqual(rows[0].lcp.gain, 0);
});

test("of next pages the first view does not count, and those that came ahead are counted", () => {
  const record = (run, ...views) => ({ part: "next", device: "touch", rtt: 150, site: "docs", run, round: 0, views, requests: [], sockets: [] });
  const rows = summarize([record("nothing", view("/", 900), view("/p/1", 700), view("/p/2", 720)), record("learned", view("/", 9_000), view("/p/1", 210, "prefetch"), view("/p/2", 700))]);
  const { views, ahead, lcp } = rows.find(({ site, run }) => site === "docs" && run === "learned");
  assert.deepEqual({ views, ahead, p50: lcp.p50, gain: lcp.gain, trips: lcp.gain_round_trips }, { views: 2, ahead: 1, p50: 455, gain: 255, trips: 1.7 });
});

test("without nothing in the same run there is no gain", () => {
  const [row] = summarize([{ part: "first", device: "desktop", rtt: 60, site: "text", run: "hints", round: 0, views: [view("/", 500)], requests: [], sockets: [] }]);
  assert.deepEqual({ gain: row.lcp.gain, trips: row.lcp.gain_round_trips, noise: row.lcp.noise, share: row.wasted_share }, { gain: null, trips: null, noise: null, share: null });
});
