// node --test lab/

import assert from "node:assert/strict";
import test from "node:test";
import { crc32, picture } from "./site_files.mjs";
import { journey, pick } from "./journeys.mjs";
import { hostFor, siteOf } from "./origin.mjs";
import { next, PAGES, siteAnswer, SITES } from "./sites.mjs";
import { seeded } from "../tools/seeded.mjs";

test("the same seed makes the same way, along links that the pages have", () => {
  for (let seed = 0; seed < 50; seed += 1) {
    const steps = journey(seed, 3);
    assert.deepEqual(journey(seed, 3), steps);
    let path = "/";
    for (const step of steps) {
      const html = String(siteAnswer("news", path).body);
      for (const link of [step.path, step.stray].filter(Boolean)) assert.ok(html.includes(`href="${link}"`), `${path} has no link to ${link}`);
      assert.notEqual(step.stray, step.path);
      assert.ok(step.dwell >= 300 && step.dwell <= 1_200 && step.hover > 20);
      path = step.path;
    }
  }
});

test("links are taken as often as their shares say", () => {
  const random = seeded(3);
  const taken = {};
  for (let time = 0; time < 10_000; time += 1) {
    const path = pick(next("/p/12"), random);
    taken[path] = (taken[path] ?? 0) + 1;
  }
  for (const { path, share } of next("/p/12")) assert.ok(Math.abs(taken[path] - share * 100) < 150, `${path}: ${taken[path]}`);
});

test("every page of a site is there, no other, and its links lead to pages", () => {
  for (const site of SITES) {
    for (const path of ["/", ...Array.from({ length: PAGES }, (_, at) => `/p/${at + 1}`)]) {
      const { page, body } = siteAnswer(site, path);
      assert.ok(page);
      for (const [, link] of String(body).matchAll(/href="(\/[^"]*)"/g)) assert.ok(siteAnswer(site, link), `${site}${path} links to ${link}`);
    }
    for (const path of ["/p/0", `/p/${PAGES + 1}`, "/p/1x", "/nothing"]) assert.equal(siteAnswer(site, path), null, path);
    assert.equal(siteAnswer(site, "/site.css").page, false);
  }
});

test("hosts tell site and run apart, whatever their names begin with", () => {
  const runs = ["hints", "hints-103", "nothing"];
  for (const site of SITES) for (const run of runs) assert.deepEqual(siteOf(hostFor(site, run), SITES, runs), { site, run });
  assert.equal(siteOf("news-other.example", SITES, runs), null);
});

test("a picture is a PNG with bytes enough for its size", () => {
  // The check value of CRC-32 (ISO-HDLC).
  assert.equal(crc32(Buffer.from("123456789")), 0xcbf43926);
  const { body } = picture(960, 300, 1);
  assert.equal(body.subarray(1, 4).toString(), "PNG");
  assert.deepEqual([body.readUInt32BE(16), body.readUInt32BE(20)], [960, 300]);
  assert.ok(body.length > 70_000 && body.length < 80_000);
});
