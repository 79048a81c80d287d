import assert from "node:assert/strict";
import { test } from "node:test";
import { read, summary, table, wanted, worthKeeping } from "./figures.mjs";

const CLEAN = `INFO: Running with entropic power schedule (0xFF, 100).
#2\tINITED cov: 100 ft: 101 corp: 1/1b exec/s: 0 rss: 40Mb
#4096\tpulse  cov: 120 ft: 300 corp: 17/120b lim: 43 exec/s: 2048 rss: 50Mb
#9000\tDONE   cov: 123 ft: 310 corp: 19/150b lim: 92 exec/s: 3000 rss: 51Mb
Done 9000 runs in 3 second(s)
stat::number_of_executed_units: 9000
stat::average_exec_per_sec:     3000
stat::peak_rss_mb:              51
`;

const FOUND = `#2\tINITED cov: 100 ft: 101 corp: 1/1b exec/s: 0 rss: 40Mb

thread '<unnamed>' (12) panicked at fuzz/src/link.rs:12:5:
assertion failed: a < b
note: run with \`RUST_BACKTRACE=1\`
==12== ERROR: libFuzzer: deadly signal
SUMMARY: libFuzzer: deadly signal
artifact_prefix='fuzz/findings/link/'; Test unit written to fuzz/findings/link/crash-0a
stat::number_of_executed_units: 77
stat::peak_rss_mb:              44
`;

test("a log tells how much was tried and reached", () => {
  assert.deepEqual(read(CLEAN), { tried: 9000, edges: 123, corpus: 19, memoryMb: 51, finding: null });
  assert.deepEqual(read(""), { tried: 0, edges: 0, corpus: 0, memoryMb: null, finding: null });
  assert.equal(read(CLEAN.split("stat::")[0]).tried, 9000, "without its statistics");
});

test("a log tells what was found, and why", () => {
  const { tried, finding } = read(FOUND);
  assert.equal(tried, 77);
  assert.deepEqual(finding, { file: "fuzz/findings/link/crash-0a", why: "fuzz/src/link.rs:12:5: assertion failed: a < b" });
  const slow = FOUND.replace(/thread[^]*deadly signal\nSUMMARY.*/, "SUMMARY: libFuzzer: timeout");
  assert.equal(read(slow).finding.why, "timeout");
});

test("targets are named, or all are meant", () => {
  const targets = ["css", "html", "link"].map((name) => ({ name }));
  assert.deepEqual(wanted(targets, ""), targets);
  assert.deepEqual(wanted(targets, " link, css").map(({ name }) => name), ["css", "link"]);
  assert.throws(() => wanted(targets, "htm"), /there is no target htm; there are css, html, link/);
});

test("files are kept that reach most, as far as there is room", () => {
  const control = "4\n0\nw/a\nw/b\nw/c\nw/d\nSTARTED 0 1\nFT 0 1\nCOV 0 1 2\nSTARTED 1 2\nFT 1 7\nCOV 1\nSTARTED 2 9\nCOV 2 3 4 5\nCOV 3 6\n";
  const sizes = { "w/a": 10, "w/b": 20, "w/c": 30, "w/d": 40 };
  const kept = (files, bytes) => worthKeeping(control, (name) => sizes[name], { files, bytes });
  assert.deepEqual(kept(9, 1000), ["w/c", "w/a", "w/d"]);
  assert.deepEqual(kept(2, 1000), ["w/c", "w/a"]);
  assert.deepEqual(kept(9, 75), ["w/c", "w/a"], "what is too large is left out");
  assert.deepEqual(kept(9, 25), ["w/a"]);
});

test("a run ends with a table and a line of JSON", () => {
  const rows = [
    { target: "css", seconds: 600, ...read(CLEAN) },
    { target: "link", seconds: 3, ...read(FOUND) },
  ];
  assert.equal(
    table(rows),
    [
      "| Target | Seconds | Inputs tried | Edges | Corpus | Memory, MB | Findings |",
      "|--------|--------:|-------------:|------:|-------:|-----------:|---------:|",
      "| css    |     600 |        9,000 |   123 |     19 |         51 |     none |",
      "| link   |       3 |           77 |   100 |      1 |         44 |        1 |",
    ].join("\n"),
  );
  assert.deepEqual(JSON.parse(summary(rows)), { targets: 2, findings: 1, seconds: 603, inputs: 9077, corpus: 20 });
});
