// What is cut out of the wasm is its names, and nothing else.

import assert from "node:assert/strict";
import { test } from "node:test";
import { number, sections, withoutNames } from "./wasm.mjs";

const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
/// A function without parameters or results, exported as `f`.
const FUNCTION = [[1, 4, 1, 0x60, 0, 0], [3, 2, 1, 0], [7, 5, 1, 1, 0x66, 0, 0], [10, 4, 1, 2, 0, 11]];
const custom = (name, content) => {
  const body = [name.length, ...Buffer.from(name), ...content];
  return [0, 0x80 | (body.length & 127), body.length >> 7, ...body];
};
/// 200 bytes of names, so that the length takes two bytes.
const NAMES = custom("name", [1, 0xc3, 1, ...Array(195).fill(0)]);

test("numbers are read however many bytes they take", () => {
  assert.deepEqual(number([0xe5, 0x8e, 0x26, 7], 0), [624_485, 3]);
  assert.deepEqual(number([9, 0xff, 0xff, 0xff, 0xff, 0x0f], 1), [0xffffffff, 6]);
});

test("a module without its names is the same module", () => {
  const others = custom("producers", [0]);
  const whole = Buffer.from([...HEADER, ...FUNCTION.flat(), ...NAMES, ...others]);
  assert.deepEqual(sections(whole).map(({ id, name }) => name ?? id), [1, 3, 7, 10, "name", "producers"]);
  const { module, names } = withoutNames(whole);
  assert.deepEqual([...module], [...HEADER, ...FUNCTION.flat(), ...others]);
  assert.deepEqual([...names], NAMES);
  assert.ok(new WebAssembly.Instance(new WebAssembly.Module(module)).exports.f);
  assert.deepEqual(withoutNames(module), { module, names: null });
});
