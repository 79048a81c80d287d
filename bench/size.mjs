// What takes how much of the Worker's wasm: by section, by crate, by room of src/, and what is made again and again for other types.
//
//   node bench/size.mjs [FILE]    FILE: another wasm; with its names in it, or beside it in FILE.names
//
// What a part takes of the whole when it is compressed follows from the parts beside it. So each part is compressed by itself, and
// these are scaled to what the section takes. Ends with one line of JSON.

import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { functionNames, functions, sections, withoutNames } from "../tools/wasm.mjs";

const SECTIONS = { 0: "custom", 1: "types", 2: "imports", 3: "functions", 4: "tables", 5: "memories", 6: "globals", 7: "exports", 9: "elements", 10: "code", 11: "data", 12: "data count", 13: "tags" };
/// How many lines a table has at most.
const MOST = 25;

const gzip = (bytes) => gzipSync(bytes, { level: 9 }).length;
const kb = (bytes) => (bytes / 1000).toFixed(1);

/// The path that a function belongs to: of `<a::B as c::D>::e` that of the type, or of the trait where the type may be any.
function pathOf(name) {
  const dropped = name.match(/^core::ptr::drop_in_place<(.+)>$/);
  const text = (dropped ? dropped[1] : name).replace(/^_?<+/, "").replace(/^(?:&|mut |dyn |\[|\(|\*const |\*mut )+/, "");
  const [type, trait] = text.split(" as ");
  return (/^[a-z_0-9]+::/.test(type) ? type : (trait ?? type)).split(/[<> ]/)[0];
}

const crateOf = (name) => pathOf(name).match(/^([a-z_][a-z_0-9]*)(?:::|$)/)?.[1] ?? "other";
const roomOf = (name) => pathOf(name).split("::")[1] ?? "other";

/// Functions in groups, the largest first: how many, their bytes, and their share of `whole` bytes compressed.
function grouped(items, key, whole) {
  const groups = new Map();
  for (const item of items) {
    const name = key(item);
    groups.set(name, [...(groups.get(name) ?? []), item]);
  }
  const found = [...groups].map(([name, group]) => {
    const code = Buffer.concat(group.map(({ code }) => code));
    return { name, count: group.length, raw: code.length, alone: gzip(code) };
  });
  const scale = whole / found.reduce((sum, { alone }) => sum + alone, 0);
  return found.map(({ alone, ...group }) => ({ ...group, gzip: Math.round(alone * scale) })).sort((a, b) => b.gzip - a.gzip);
}

function table(title, groups) {
  console.log(`\n${title.padEnd(72)}${"number".padStart(8)}${"kB".padStart(10)}${"kB gzip".padStart(10)}`);
  for (const { name, count, raw, gzip } of groups.slice(0, MOST)) {
    console.log(`${name.slice(0, 71).padEnd(72)}${String(count).padStart(8)}${kb(raw).padStart(10)}${kb(gzip).padStart(10)}`);
  }
}

const file = process.argv[2] ?? fileURLToPath(new URL("../build/index_bg.wasm", import.meta.url));
const read = withoutNames(readFileSync(file));
const bytes = read.module;
const names = read.names ?? (existsSync(`${file}.names`) ? readFileSync(`${file}.names`) : null);
const parts = sections(bytes);
const whole = gzip(bytes);

console.log(`${file}: ${kb(bytes.length)} kB, ${kb(whole)} kB gzip`);
const bySection = parts.map(({ id, content, end, name }) => {
  const section = bytes.subarray(content, end);
  return { name: name ?? SECTIONS[id] ?? String(id), count: 1, raw: section.length, gzip: gzip(section) };
});
table("section", bySection.sort((a, b) => b.gzip - a.gzip));
const figures = { raw: bytes.length, gzip: whole, sections: Object.fromEntries(bySection.map(({ name, gzip }) => [name, gzip])) };
if (names) {
  const called = functionNames(names);
  const all = functions(bytes).map(({ index, code }) => ({ name: called.get(index)?.replace(/::h[0-9a-f]{16}$/, "") || "without a name", code }));
  const code = bySection.find(({ name }) => name === "code").gzip;
  const crates = grouped(all, ({ name }) => crateOf(name), code);
  table("code by crate", crates);
  const own = all.filter(({ name }) => crateOf(name) === "headstart");
  const rooms = grouped(own, ({ name }) => roomOf(name), crates.find(({ name }) => name === "headstart")?.gzip ?? 0);
  table("code by room of src/", rooms);
  table("functions that are made for many types", grouped(all, ({ name }) => name, code).filter(({ count }) => count > 1));
  table("the largest functions", grouped(all.map((one, index) => ({ ...one, index })), ({ index, name }) => `${name} #${index}`, code));
  const sizes = (groups) => Object.fromEntries(groups.slice(0, MOST).map(({ name, gzip }) => [name, gzip]));
  Object.assign(figures, { crates: sizes(crates), rooms: sizes(rooms) });
}
console.log(`\n${JSON.stringify(figures)}`);
