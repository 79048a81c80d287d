// node --test lab/

import assert from "node:assert/strict";
import test from "node:test";
import { chosen, FIRST, mistaken, NEXT, settings } from "./runs.mjs";

test("a build that does not know what a run is about does not offer it", () => {
  assert.deepEqual(settings(FIRST.preloads, ["EAGERNESS"]), { missing: ["MAX_PRELOAD"] });
  assert.equal(settings(FIRST.preloads, ["MAX_PRELOAD"]).variables.MAX_PRELOAD, 2);
});

test("what is only switched off for a comparison is set where the build knows it", () => {
  assert.equal("MAX_PRELOAD" in settings(FIRST.hints, []).variables, false);
  assert.equal(settings(FIRST.hints, ["MAX_PRELOAD"]).variables.MAX_PRELOAD, 0);
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
