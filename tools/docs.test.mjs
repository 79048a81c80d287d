// Keeps the documents honest, cheaply: the README stays short, every link leads somewhere, every path that is named
// exists, and every message that docs/operating.md explains can really be logged.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const MOST_README_BYTES = 6_000;

const read = (file) => readFileSync(path.join(ROOT, file), "utf8");
const markdown = (folder, recursive = false) => readdirSync(path.join(ROOT, folder), { recursive }).filter((name) => name.endsWith(".md"));
const DOCUMENTS = [...markdown("."), ...["docs", "examples"].flatMap((folder) => markdown(folder, true).map((name) => `${folder}/${name}`))];

/// The folders that runs make.
const MADE = read(".gitignore").split("\n").filter((line) => line.startsWith("/")).map((line) => line.slice(1));

/// A document without its blocks of code, in which nothing is a link or a heading.
const prose = (file) => read(file).replace(/^```[^]*?^```$/gm, "");

/// What a heading is linked by, as GitHub and others make it.
const anchor = (heading) =>
  heading
    .replace(/[`*]|\[([^\]]*)\]\([^)]*\)/g, "$1")
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replace(/\s/g, "-");

const anchors = (file) => [...prose(file).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchor(heading));

/// The links of a document that lead to files of the project: `[file, heading]`.
function links(file) {
  const targets = [...prose(file).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target);
  return targets
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => target.split("#"))
    .map(([to, heading]) => [to === "" ? file : path.join(path.dirname(file), to), heading]);
}

test("the README is short", () => {
  const { size } = statSync(path.join(ROOT, "README.md"));
  assert.ok(size <= MOST_README_BYTES, `README.md has ${size} bytes; what is more than ${MOST_README_BYTES} belongs into docs/`);
});

for (const file of DOCUMENTS) {
  test(`the links of ${file} lead somewhere`, () => {
    for (const [to, heading] of links(file)) {
      assert.ok(existsSync(path.join(ROOT, to)), `there is no ${to}`);
      if (heading !== undefined) assert.ok(anchors(to).includes(heading), `${to} has no heading #${heading}`);
    }
  });

  test(`the paths that ${file} names exist`, () => {
    for (const [, name] of prose(file).matchAll(/`((?:src|crates|tests|docs|tools|assets|demo|examples|oracle|bench|benches|fuzz|\.ci)\/[^`\s]*)`/g)) {
      if (MADE.includes(name)) continue;
      // From the top, or from where the document is.
      const places = [".", path.dirname(file)].map((folder) => path.join(ROOT, folder, name));
      assert.ok(places.some((place) => existsSync(place)), `there is no ${name}`);
    }
  });
}

test("the functions that are named stand in the files that are named", () => {
  let named = 0;
  for (const file of DOCUMENTS) {
    for (const [, name, to] of prose(file).matchAll(/`(\w+)` (?:in |\()\[(?:src|tests)\/[^\]]*\]\(([^)]+)\)/g)) {
      named += 1;
      const told = read(path.join(path.dirname(file), to));
      // In Rust, or in JavaScript.
      const forms = [`fn ${name}(`, `function ${name}(`, `const ${name} = (`];
      assert.ok(forms.some((form) => told.includes(form)), `${to} has no function ${name}`);
    }
  }
  assert.ok(named > 3);
});

test("every document can be reached from the README", () => {
  const reached = new Set(["README.md"]);
  for (const file of reached) for (const [to] of links(file)) if (to.endsWith(".md") && existsSync(path.join(ROOT, to))) reached.add(to);
  assert.deepEqual(DOCUMENTS.filter((file) => !reached.has(file)), []);
});

test("what `make` can do is told to whoever contributes", () => {
  const targets = [...read("Makefile").matchAll(/^([a-z]+):.*## /gm)].map(([, target]) => target).filter((target) => target !== "help");
  const told = [...read("CONTRIBUTING.md").matchAll(/^\| `make ([a-z]+)` \|/gm)].map(([, target]) => target);
  assert.deepEqual(told.toSorted(), targets.toSorted());
});

test("the messages that are explained can be logged", () => {
  // A string that goes on in the next line is one.
  const files = readdirSync(path.join(ROOT, "src"), { recursive: true }).filter((name) => /\.(rs|js)$/.test(name));
  const source = files.map((name) => read(`src/${name}`)).join("\n").replace(/\\\n\s*/g, "");
  const table = read("docs/operating.md").match(/^\| Message [^]*?^$/m)[0];
  const messages = table.split("\n").slice(2).flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`([^`]+)`/g)].map(([, text]) => text));
  assert.ok(messages.length > 10);
  for (const message of messages) {
    // What stands for something else, or in brackets behind it, differs from one line to the next.
    const said = message.replace(/^… /, "").replace(/ ?…$/, "").replace(/ \([a-z-]+\)$/, "");
    assert.ok(source.includes(said), `nothing logs "${said}"`);
  }
});

test("the decisions and the classes of health that are explained are those that there are", () => {
  const operating = read("docs/operating.md");
  const rows = (head) => {
    const table = operating.slice(operating.indexOf(head)).match(/^[^]*?(?=\n\n)/)[0];
    return table.split("\n").slice(2).map((row) => row.match(/^\| `([a-z-]+)`/)[1]);
  };
  const log = read("src/plan/decision_log.rs");
  const events = [...log.match(/fn as_str[^]*?\n {4}}/)[0].matchAll(/=> "([a-z-]+)"/g)].map(([, event]) => event);
  const byScript = [...read("src/edge/host.js").matchAll(/event: "([a-z-]+)"/g)].map(([, event]) => event);
  assert.deepEqual(rows("| `event` |"), [...events, ...byScript]);
  const reasons = [...read("src/plan/health.rs").match(/let classes = [^]*?\];/)[0].matchAll(/\("([a-z-]+)"/g)].map(([, reason]) => reason);
  const unstarted = read("src/edge/failing_open.js").match(/reasons: \["([a-z-]+)"\]/)[1];
  assert.deepEqual(rows("| Reason | What it means |"), [unstarted, ...reasons]);
});

test("the table of rooms is the one that the layers are held to", () => {
  const source = read("tests/native/layers.rs");
  const names = (text) => [...text.matchAll(/"([a-z_]+)"/g)].map(([, name]) => name);
  const [, ground, rooms] = source.match(/const GROUND[^=]*=([^;]*);[^]*?const ROOMS[^=]*=([^;]*);/);
  const held = [[names(ground), []], ...[...rooms.matchAll(/\(\s*("[a-z_]+"),\s*&\[([^\]]*)\]/g)].map(([, room, uses]) => [names(room), names(uses)])];
  const table = read("docs/architecture.md").match(/^\| Room \|[^]*?^$/m)[0].trim().split("\n").slice(2);
  const words = (cell) => [...cell.matchAll(/`([a-z_]+)`/g)].map(([, name]) => name);
  const told = table.map((row) => row.split("|").slice(1, 4)).map(([room, , uses]) => [words(room), uses.trim() === "all" ? null : words(uses)]);
  assert.deepEqual(told.map(([room]) => room), held.map(([room]) => room));
  for (const [at, [room, uses]] of told.entries()) {
    // One that may use all is not told in full.
    if (uses !== null) assert.deepEqual(uses, held[at][1], `${room} uses`);
  }
});
