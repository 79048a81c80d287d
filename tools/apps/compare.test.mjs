import assert from "node:assert/strict";
import test from "node:test";
import { columns, flow, lines, runs, shape, tables, timeless } from "./compare.mjs";

const NONE = { missing: [], added: [] };
const empty = { failed: null, notes: [], cookies: [], rows: {}, requests: [], errors: [] };

test("the time is left out, and numbers are not", () => {
  assert.equal(timeless("on 2026-11-27 10:03:04.5+00:00, Nov. 27, 2026 at 1:02 a.m., 27 November 2026"), "on ⏲, ⏲ at ⏲, ⏲");
  assert.equal(timeless("5 minutes ago, less than a minute ago: 1795739504"), "⏲ ago, ⏲ ago: ⏲");
  assert.equal(timeless("3 items, £20.00, page 12"), "3 items, £20.00, page 12");
});

test("a shape has neither tokens nor numbers", () => {
  assert.equal(shape("token = KcE7ubkR8dfzpRfQ8J1rJW48RhHgp31Z"), "token = ~");
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
