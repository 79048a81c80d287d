import assert from "node:assert/strict";
import test from "node:test";
import { columns, flow, lines, runs, shape, tables, timeless } from "./compare.mjs";
import { OWN, stale } from "./named.mjs";

const NONE = { missing: [], added: [] };
const empty = { failed: null, notes: [], cookies: [], rows: {}, requests: [], errors: [] };

test("the time is left out, and numbers are not", () => {
  assert.equal(timeless("on 2026-11-27 10:03:04.5+00:00, Nov. 27, 2026 at 1:02 a.m., 27 November 2026"), "on ⏲, ⏲ at ⏲, ⏲");
  assert.equal(timeless("5 minutes ago, less than a minute ago: 1795739504"), "⏲ ago, ⏲ ago: ⏲");
  assert.equal(timeless("3 items, £20.00, page 12"), "3 items, £20.00, page 12");
});

test("a shape has neither tokens nor numbers", () => {
  assert.equal(shape("token = KcE7ubkR8dfzpRfQ8J1rJW48RhHgp31Z"), "token = ~");
  assert.equal(shape("csrftoken=oOSdTHYhftOcbLLffwvblbrggdXJsmrh; Path=/"), "~; Path=/");
  assert.equal(shape("wpIgnoreBlankSummary"), "wpIgnoreBlankSummary");
  assert.equal(shape("item 12 of 305"), "item # of #");
  assert.equal(shape("an ordinary sentence"), "an ordinary sentence");
});

test("what is the same twice must be the same once more", () => {
  assert.deepEqual(lines(["a", "b"], ["a", "b"], ["b", "a"]), NONE);
  assert.deepEqual(lines(["basket: 1"], ["basket: 1"], ["basket: 2"]), { missing: ["basket: 1"], added: ["basket: 2"] });
  assert.deepEqual(lines(["a"], ["a"], ["a", "a"]), { missing: [], added: ["a"] });
});

test("what differs by itself is compared by its shape", () => {
  assert.deepEqual(lines(["id 1", "x"], ["id 2", "x"], ["id 3", "x"]), NONE);
  assert.deepEqual(lines(["id 1", "x"], ["id 2", "x"], ["id none", "x"]).added, ["id none"]);
  // A line that is stable is not excused by one that is not.
  assert.deepEqual(lines(["id 1", "lamps: 3"], ["id 2", "lamps: 3"], ["id 9", "lamps: 4"]), { missing: ["lamps: 3"], added: ["lamps: 4"] });
});

test("what one control alone has may be there or not", () => {
  assert.deepEqual(lines(["a", "beat"], ["a"], ["a"]), NONE);
  assert.deepEqual(lines(["a"], ["a", "beat"], ["a", "beat"]), NONE);
  assert.deepEqual(lines(["a"], ["a", "beat"], ["a", "beat", "beat"]).added, ["beat"]);
});

test("a column is compared as closely as the controls allow", () => {
  const first = [{ id: 1, key: "aB3dE5gH7jK9mN1p", name: "lamp", blob: "one" }];
  const second = [{ id: 1, key: "zY8xW6vU4tS2rQ0o", name: "lamp", blob: "two, and more" }];
  const modes = columns(first, second);
  assert.equal(modes.name("lamp"), "lamp");
  assert.equal(modes.key("aB3dE5gH7jK9mN1p"), "~");
  assert.equal(modes.blob("anything"), "*");
  const run = (row) => tables({ t: first }, { t: second }, { t: [row] });
  assert.deepEqual(run({ id: 1, key: "pO9iU8yT7rE6wQ5a", name: "lamp", blob: "three" }), []);
  assert.equal(run({ id: 2, key: "pO9iU8yT7rE6wQ5a", name: "lamp", blob: "three" }).length, 1);
});

test("a row more is a difference, and is said once", () => {
  const one = { ...empty, rows: { views: [{ page: 1, count: 1 }] } };
  const more = { ...empty, rows: { views: [{ page: 1, count: 1 }, { page: 2, count: 1 }] } };
  const control = { browse: one, leave: one };
  const found = runs(control, control, { browse: more, leave: more });
  assert.deepEqual(found, [{ flow: "browse", kind: "row", what: "views", missing: [], added: ["page=2 count=1"] }]);
});

test("cookies, pages, requests, log lines and failures are compared", () => {
  const cookie = { name: "sid", value: "aB3dE5gH7jK9mN1p", path: "/", httpOnly: true, secure: false, sameSite: "Lax", session: true };
  const note = { name: "front", url: "/", title: "Shop", text: ["0 items"], fields: ["q = "] };
  const control = { ...empty, cookies: [cookie], notes: [note], requests: ["GET /"] };
  assert.deepEqual(flow(control, control, control), []);
  const kinds = (change) => flow(control, control, { ...control, ...change }).map(({ kind }) => kind);
  assert.deepEqual(kinds({ cookies: [] }), ["cookie"]);
  assert.deepEqual(kinds({ cookies: [{ ...cookie, httpOnly: false }] }), ["cookie"]);
  assert.deepEqual(kinds({ notes: [{ ...note, text: ["1 item"] }] }), ["page"]);
  assert.deepEqual(kinds({ notes: [] }), ["page"]);
  assert.deepEqual(kinds({ requests: ["GET /", "GET /"] }), ["request"]);
  assert.deepEqual(kinds({ errors: ["ERROR"] }), ["log"]);
  assert.deepEqual(kinds({ failed: "waited" }), ["flow"]);
});

const COUNTER = { what: "row", where: "views", columns: ["id", "count"], more: /^id=\d+ page=\d+ count=\d+ bought=0$/, why: "each GET counts", heading: "Shop" };
const viewed = (...rows) => ({ ...empty, rows: { views: rows } });

test("what is named is told apart, and only that", () => {
  const control = { browse: viewed({ id: 1, page: 1, count: 1, bought: 1 }) };
  const found = (...rows) => runs(control, control, { browse: viewed(...rows) }, [COUNTER]);
  const kinds = (...rows) => found(...rows).map(({ entry }) => (entry ? "named" : "difference"));
  assert.deepEqual(kinds({ id: 1, page: 1, count: 1, bought: 1 }), []);
  // Another number in a column that is named.
  assert.deepEqual(kinds({ id: 1, page: 1, count: 3, bought: 1 }), ["named"]);
  // A row more that is of the pattern.
  assert.deepEqual(kinds({ id: 1, page: 1, count: 1, bought: 1 }, { id: 2, page: 2, count: 1, bought: 0 }), ["named"]);
  // Another column; a row more that is not of the pattern; a row less.
  assert.deepEqual(kinds({ id: 1, page: 1, count: 1, bought: 2 }), ["difference"]);
  assert.deepEqual(kinds({ id: 1, page: 1, count: 3, bought: 1 }, { id: 2, page: 2, count: 1, bought: 1 }), ["difference", "named"]);
  assert.deepEqual(kinds(), ["difference"]);
});

test("a part of a column can be named", () => {
  const preferences = (text) => ({ browse: { ...empty, rows: { preferences: [{ id: 1, others: text }] } } });
  const entry = { what: "row", where: "preferences", parts: [/\n:zoom: \d+/], why: "each GET keeps it", heading: "Charts" };
  const kinds = (with_) => runs(preferences("---\n:mail: 1"), preferences("---\n:mail: 1"), preferences(with_), [entry]).map(({ entry }) => (entry ? "named" : "difference"));
  assert.deepEqual(kinds("---\n:mail: 1\n:zoom: 2"), ["named"]);
  assert.deepEqual(kinds("---\n:mail: 0\n:zoom: 2"), ["difference"]);
});

test("what is named stays named when it grows from one flow to the next, and is said once", () => {
  const row = (count) => viewed({ id: 1, page: 1, count, bought: 1 });
  const control = { browse: row(1), basket: row(1), leave: row(1) };
  const found = runs(control, control, { browse: row(2), basket: row(3), leave: row(3) }, [COUNTER]);
  assert.deepEqual(found.map(({ flow, entry, added }) => [flow, entry, added.length]), [["browse", COUNTER, 1], ["basket", COUNTER, 1]]);
});

test("requests are named by their line, and none may be missing", () => {
  const asked = (...requests) => ({ browse: { ...empty, requests } });
  const named = (without, over) => runs(asked(...without), asked(...without), asked(...over), OWN).map(({ entry }) => Boolean(entry));
  assert.deepEqual(named(["GET /"], ["GET /", "GET /robots.txt (no browser)"]), [true]);
  assert.deepEqual(named(["GET /"], ["GET /", "GET /robots.txt"]), [false]);
  assert.deepEqual(named(["GET /", "GET /robots.txt (no browser)"], ["GET /"]), [false]);
});

test("what is named and never met is stale", () => {
  assert.deepEqual(stale([COUNTER], [{ entry: COUNTER }]), []);
  assert.deepEqual(stale([COUNTER], []), [COUNTER]);
});
