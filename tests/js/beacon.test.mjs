// The script that browsers are given is the one that people read, made short.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { transform } from "esbuild";

const text = (name) => readFileSync(new URL(`../../assets/${name}`, import.meta.url), "utf8");

test("what is served is what is read, made short: `npx esbuild assets/beacon.js --minify --target=es2021 --outfile=assets/beacon.min.js`", async () => {
  const { code } = await transform(text("beacon.js"), { minify: true, target: "es2021" });
  assert.equal(text("beacon.min.js"), code);
});
