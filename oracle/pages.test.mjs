// node --test oracle/

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { readPages } from "./pages.mjs";

function folderWith(t, files) {
  const folder = mkdtempSync(path.join(tmpdir(), "headstart-oracle-test-"));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const name of files) writeFileSync(path.join(folder, name), name);
  return folder;
}

test("pages are numbered in the order of their names, whatever these are", (t) => {
  const names = ["Foo: Bar.html", "a #1?%41 b.HTM", "b.html", `${"ж".repeat(100)}.html`];
  const folder = folderWith(t, [...names, "notes.txt", "b.html.gz"]);
  const expected = names.map((name, at) => ({ name, bytes: Buffer.from(name), file: `${at + 1}.html` }));
  assert.deepEqual(readPages(folder), expected);
});

test("folders are no pages, an empty file is one, and what cannot be read says why", (t) => {
  const folder = folderWith(t, []);
  mkdirSync(path.join(folder, "a.html"));
  writeFileSync(path.join(folder, "b.html"), "");
  symlinkSync("nowhere", path.join(folder, "c.html"));
  assert.deepEqual(readPages(folder), [
    { name: "b.html", bytes: Buffer.alloc(0), file: "1.html" },
    { name: "c.html", why: "ENOENT: no such file or directory", file: "2.html" },
  ]);
});
