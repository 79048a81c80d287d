// node --test oracle/

import assert from "node:assert/strict";
import test from "node:test";
import { readAnswers } from "./learn.mjs";
import { CREDENTIALED } from "./requests.mjs";

const FILES = ["1.html", "2.html", "3.html"];
const line = (page, link = []) => `${JSON.stringify({ page, link, own: [] })}\n`;
const NOTHING = { hints: [], own: [] };

test("every page has its line", () => {
  const output = line("1.html", [["https://cdn.example", "preconnect"]]) + line("2.html") + line("3.html", [["https://cdn.example", "preload"]]);
  const answers = readAnswers({ output, why: null }, FILES);
  assert.deepEqual(answers.get("1.html"), { hints: [{ origin: "https://cdn.example", pool: CREDENTIALED }], own: [] });
  assert.deepEqual(answers.get("2.html"), NOTHING);
  assert.match(answers.get("3.html").why, /no hint/);
});

test("of an early end the first page without a line is to blame, and the others are tried again", () => {
  const output = line("1.html") + line("2.html").slice(0, 9);
  assert.deepEqual([...readAnswers({ output, why: "it fell" }, FILES)], [
    ["1.html", NOTHING],
    ["2.html", { why: "it fell" }],
  ]);
});

test("a page without a line has failed, and a line without a page is a mistake", () => {
  assert.match(readAnswers({ output: line("1.html") + line("3.html"), why: null }, FILES).get("2.html").why, /nothing/);
  assert.throws(() => readAnswers({ output: line("4.html"), why: null }, FILES), /not asked/);
});
