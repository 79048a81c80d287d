// What stands in the package is whole, and says nothing that is not in it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { scripts, unlinked, wranglerToml } from "./contents.mjs";

const read = (name) => readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");

test("a script comes with all that it imports", () => {
  const files = { "a.mjs": 'import { b } from "./b.js";\nimport x from "elsewhere";', "b.js": 'import { a } from "./c.js";', "c.js": 'import { b } from "./b.js";' };
  assert.deepEqual(scripts("a.mjs", (name) => files[name]), ["a.mjs", "b.js", "c.js"]);
  const own = scripts("worker.mjs", (name) => read(`src/edge/${name}`));
  assert.ok(["failing_open.js", "host.js", "origin.js"].every((name) => own.includes(name)), own.join());
});

test("a link that leads out of the package is its words", () => {
  const text = "[a](cost.md#x) [b](../src/a.rs) [c](https://example.org/) [d](#here) ![e](lab.svg) [f](../CHANGELOG.md)";
  assert.equal(unlinked(text, "docs/operating.md"), "[a](cost.md#x) b [c](https://example.org/) [d](#here)  [f](../CHANGELOG.md)");
});

test("the package's wrangler.toml builds nothing, and is the project's otherwise", () => {
  const [own, made] = [read("wrangler.toml"), wranglerToml(read("wrangler.toml"))];
  assert.ok(!made.includes("[build]") && !made.includes("command = "), made.slice(0, 3000));
  assert.match(made, /^main = "worker\/src\/edge\/worker\.mjs"$/m);
  const settings = (text) => text.split("\n").filter((line) => /^[A-Z_]+ = |^\[/.test(line) && line !== "[build]");
  assert.deepEqual(settings(made), settings(own));
  assert.throws(() => wranglerToml("name = 'x'"));
});
