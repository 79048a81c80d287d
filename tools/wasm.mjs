// The sections of a wasm module (WebAssembly core specification, "Binary Format"), as far as its size is concerned.

/// What begins a module: its magic number and version.
const HEADER_BYTES = 8;

/// The section of a module in which anything may stand, by a name of its own.
const CUSTOM = 0;

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
