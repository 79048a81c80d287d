// What is cut out of the wasm is its names, and nothing else.

import assert from "node:assert/strict";
import { test } from "node:test";
import { functionNames, functions, number, sectionOfNames, sections, withoutNames } from "./wasm.mjs";
import { likeToLike } from "./wasm_order.mjs";

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

test("names of functions are read as they are written", () => {
  const names = new Map([[300, "core::ops::<impl F>"], [0, "ä"], [1, "x".repeat(200)]]);
  const section = sectionOfNames(names);
  assert.deepEqual(functionNames(section), new Map([...names].sort(([one], [other]) => one - other)));
  const module = Buffer.from([...HEADER, ...FUNCTION.flat()]);
  assert.deepEqual(withoutNames(Buffer.concat([module, section])), { module, names: section });
  assert.deepEqual(functions(module), [{ index: 0, code: Buffer.of(0, 11) }]);
  const imported = Buffer.from([2, 7, 1, 1, 0x65, 1, 0x67, 0, 0]);
  const types = FUNCTION[0];
  const whole = Buffer.from([...HEADER, ...types, ...imported, ...FUNCTION.slice(1).flat()]);
  assert.deepEqual(functions(whole).map(({ index }) => index), [1], "behind the imported ones");
});

test("like functions stand beside each other, and each stands somewhere", () => {
  const bytes = (seed) => Buffer.from(Array.from({ length: 400 }, (_, at) => (Math.imul(at + 1, seed) >>> 5) & 255));
  const [a, b] = [bytes(0x9e3779b1), bytes(0x85ebca6b)];
  const changed = (code) => Buffer.from(code.map((byte, at) => (at === 200 ? byte ^ 1 : byte)));
  assert.deepEqual(likeToLike([a, b, changed(a), changed(b), Buffer.alloc(0)]).slice(0, 2), [0, 2]);
  const order = likeToLike([a, b, changed(a), changed(b), Buffer.alloc(0)]);
  assert.deepEqual([...order].sort(), [0, 1, 2, 3, 4]);
  assert.equal(Math.abs(order.indexOf(1) - order.indexOf(3)), 1);
  assert.deepEqual(likeToLike([a]), [0]);
});
