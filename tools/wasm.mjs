// The sections of a wasm module (WebAssembly core specification, "Binary Format"), as far as its size is concerned.

/// What begins a module: its magic number and version.
const HEADER_BYTES = 8;

/// The sections that are looked into: the one in which anything may stand, by a name of its own; imports; code.
const CUSTOM = 0;
const IMPORTS = 2;
const CODE = 10;

/// The kinds of imports, by their number.
const FUNCTION = 0;
const TABLE = 1;
const MEMORY = 2;
const GLOBAL = 3;

/// The part of a section of names that has those of functions.
const FUNCTION_NAMES = 1;

/// An unsigned number in LEB128: its value, and where it ends.
export function number(bytes, at) {
  let value = 0;
  for (let shift = 1; ; shift *= 128) {
    const byte = bytes[at++];
    value += (byte & 127) * shift;
    if (byte < 128) return [value, at];
  }
}

/// A name: its text, and where it ends.
export function name(bytes, at) {
  const [length, start] = number(bytes, at);
  return [new TextDecoder().decode(bytes.subarray(start, start + length)), start + length];
}

/// The sections in their order: where each begins with its header, where its content begins and ends; and of one that is custom
/// its name.
export function sections(bytes) {
  const found = [];
  for (let start = HEADER_BYTES; start < bytes.length; ) {
    const id = bytes[start];
    const [length, content] = number(bytes, start + 1);
    const end = content + length;
    found.push({ id, start, content, end, ...(id === CUSTOM ? { name: name(bytes, content)[0] } : {}) });
    start = end;
  }
  return found;
}

/// A module without its names of functions, and that section by itself; `null` where it has none.
export function withoutNames(bytes) {
  const names = sections(bytes).find(({ id, name }) => id === CUSTOM && name === "name");
  if (!names) return { module: bytes, names: null };
  const cut = (from, to) => bytes.subarray(from, to);
  return { module: Buffer.concat([cut(0, names.start), cut(names.end)]), names: cut(names.start, names.end) };
}

/// How many functions are imported: the numbers of the module's own ones follow theirs.
function importedFunctions(bytes, imports) {
  if (!imports) return 0;
  let [count, at] = number(bytes, imports.content);
  let functions = 0;
  const limits = () => {
    const flags = bytes[at++];
    [, at] = number(bytes, at);
    if (flags & 1) [, at] = number(bytes, at);
  };
  for (; count > 0; count--) {
    [, at] = name(bytes, at);
    [, at] = name(bytes, at);
    const kind = bytes[at++];
    if (kind === FUNCTION) {
      functions++;
      [, at] = number(bytes, at);
    } else if (kind === TABLE) {
      at++;
      limits();
    } else if (kind === MEMORY) limits();
    else if (kind === GLOBAL) at += 2;
    else [, at] = number(bytes, at + 1);
  }
  return functions;
}

/// The functions of the module itself in their order: the number and the bytes of each.
export function functions(bytes) {
  const parts = sections(bytes);
  const imported = importedFunctions(bytes, parts.find(({ id }) => id === IMPORTS));
  let [count, at] = number(bytes, parts.find(({ id }) => id === CODE).content);
  return Array.from({ length: count }, (_, index) => {
    const [length, start] = number(bytes, at);
    at = start + length;
    return { index: imported + index, code: bytes.subarray(start, at) };
  });
}

/// The names of functions by their numbers, as a section of names has them.
export function functionNames(section) {
  const names = new Map();
  let [, at] = number(section, 1);
  [, at] = name(section, at);
  while (at < section.length) {
    const kind = section[at];
    const [length, start] = number(section, at + 1);
    at = start + length;
    if (kind !== FUNCTION_NAMES) continue;
    let [count, next] = number(section, start);
    for (; count > 0; count--) {
      const [index, text] = number(section, next);
      const [said, end] = name(section, text);
      names.set(index, said);
      next = end;
    }
  }
  return names;
}

/// A section of names that has these of functions, by their numbers.
export function sectionOfNames(names) {
  const numbered = [...names].sort(([one], [other]) => one - other);
  const sized = (bytes) => Buffer.concat([written(bytes.length), bytes]);
  const each = numbered.flatMap(([index, name]) => [written(index), sized(Buffer.from(name))]);
  const part = sized(Buffer.concat([written(numbered.length), ...each]));
  return Buffer.concat([Buffer.of(CUSTOM), sized(Buffer.concat([sized(Buffer.from("name")), Buffer.of(FUNCTION_NAMES), part]))]);
}

/// An unsigned number in LEB128.
function written(value) {
  const bytes = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value & 127) | 128);
  return Buffer.of(...bytes, value);
}
