// node --test oracle/

import assert from "node:assert/strict";
import test from "node:test";
import { pageTable, printable } from "./report.mjs";

test("any text fits on a line", () => {
  assert.equal(printable("Foo: Bar.html"), "Foo: Bar.html");
  assert.equal(printable(" a\r\n b\u001b[2J\u202e"), "a b\ufffd[2J\ufffd");
  assert.equal(printable("😀😀😀😀", 3), "😀😀…");
});

test("a page that could not be measured has a line that says so", () => {
  const ours = { preconnects: 2, connected: 2, top: 1, covered: 1, missed: [], wasted: [] };
  const pages = [{ name: "a.html", comparisons: { ours } }, { name: "b\nc.html", why: "it hangs" }];
  assert.deepEqual(pageTable(pages).split("\n"), [
    "page      hints  connected  top 3  covered",
    "a.html        2          2      1        1",
    "b c.html      -          -      -        -  not measured: it hangs",
  ]);
});
