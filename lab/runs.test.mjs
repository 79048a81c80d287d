// node --test lab/

import assert from "node:assert/strict";
import test from "node:test";
import { chosen, FIRST, mistaken, NEXT, settings } from "./runs.mjs";

test("a build that does not know what a run is about does not offer it", () => {
  assert.deepEqual(settings(FIRST.preloads, ["EAGERNESS"]), { missing: ["MAX_PRELOAD"] });
  assert.equal(settings(FIRST.preloads, ["MAX_PRELOAD"]).measured.MAX_PRELOAD, 2);
});

test("what is only switched off for a comparison is set where the build knows it", () => {
  assert.equal("MAX_PRELOAD" in settings(FIRST.hints, []).learning, false);
  assert.equal(settings(FIRST.hints, ["MAX_PRELOAD"]).learning.MAX_PRELOAD, 0);
});

test("only while it learns every view is read; what a run is about holds all the time", () => {
  const { learning, measured } = settings(NEXT.moderate, []);
  assert.equal(learning.LEARN_SAMPLE, 1);
  assert.deepEqual(measured, { MIN_VISITORS: 1, EAGERNESS: "moderate", NEXT_PAGES: "off" });
});

test("a value that the Worker says is a mistake is not offered", () => {
  const line = '[WARNING] Headstart: configuration: EAGERNESS is "auto"; it must be "conservative", "moderate", "eager" or "immediate". It is conservative.';
  assert.deepEqual(mistaken(NEXT.auto, [line]), ["EAGERNESS"]);
  assert.deepEqual(mistaken(NEXT.auto, [line.replace("EAGERNESS", "WASTE_BUDGET")]), []);
  assert.deepEqual(mistaken(NEXT.moderate, [line]), []);
});

test("lists name what there is, in its order", () => {
  assert.deepEqual(chosen("news, text", ["text", "shop", "news"], "the page"), ["text", "news"]);
  assert.deepEqual(chosen("", ["text"], "the page"), ["text"]);
  assert.deepEqual(chosen(undefined, ["text"], "the page"), ["text"]);
  assert.throws(() => chosen("new", ["text", "news"], "the page"), /the page "new" is none of text, news/);
});
