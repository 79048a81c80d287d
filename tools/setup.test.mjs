// That what is asked for before anything is installed is what the installed packages ask for, and is told everywhere.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { manifest, readme } from "./package/contents.mjs";
import { LEAST_NODE, isOlder } from "./setup.mjs";

const read = (file) => readFileSync(path.join(fileURLToPath(new URL("..", import.meta.url)), file), "utf8");

test("versions are compared by their parts", () => {
  for (const [version, than, expected] of [
    ["20.18.1", "20.18.1", false],
    ["20.18.0", "20.18.1", true],
    ["20.3.0", "20.18.1", true],
    ["20.20.2", "20.18.1", false],
    ["18.20.0", "20.18.1", true],
    ["22.0.0", "20.18.1", false],
    ["20.18", "20.18.1", true],
  ]) {
    assert.equal(isOlder(version, than), expected, `${version} ${than}`);
  }
});

test("no package asks for a newer Node than is asked for", () => {
  const { packages } = JSON.parse(read("package-lock.json"));
  const asked = Object.values(packages).flatMap(({ engines }) => /^>=([\d.]+)$/.exec(engines?.node ?? "")?.[1] ?? []);
  assert.ok(asked.length > 3);
  assert.deepEqual(asked.filter((version) => isOlder(LEAST_NODE, version)), []);
});

test("everything that names the oldest Node names the same", () => {
  for (const file of ["README.md", "CONTRIBUTING.md", "docs/deploying.md", "docs/operating.md"]) {
    assert.deepEqual([...read(file).matchAll(/Node ([\d.]+) or newer/g)].map(([, version]) => version), [LEAST_NODE], file);
  }
  assert.ok(readme("0.1.0").includes(`Node ${LEAST_NODE} or newer`));
  const engines = { node: `>=${LEAST_NODE}` };
  assert.deepEqual([JSON.parse(read("package.json")).engines, manifest("0.1.0", "4.86.0").engines], [engines, engines]);
});
