// The order of functions in which the wasm is smallest, compressed.
//
// gzip finds again what stood in the 32 kB before. Rust compiles many functions once for each type, nearly alike, and the linker
// puts them far from each other. So like is put to like: behind each function the one of which the largest share stood before it.

/// How far back gzip looks.
const WINDOW_BYTES = 32_000;

/// How many bytes in a row are compared, and in how many functions they may stand at the most: what stands in more of them says
/// nothing. Measured: with 4, 5, 8 and 12 bytes, and with other bounds, the wasm is larger.
const RUN_BYTES = 6;
const MOST_FUNCTIONS = 100;

/// What each function takes besides its bytes, so that small ones do not all come first.
const OWN_BYTES = 40;

/// The indices of functions, given as their bytes, in the order in which they are to stand.
export function likeToLike(functions) {
  const holders = new Map();
  const runs = functions.map((code, index) => {
    const found = new Set(runsOf(code));
    for (const run of found) {
      const held = holders.get(run);
      if (held) held.push(index);
      else holders.set(run, [index]);
    }
    return found;
  });
  const shared = runs.map((found) => [...found].filter((run) => holders.get(run).length > 1 && holders.get(run).length <= MOST_FUNCTIONS));

  /// How many of its runs are in the window, by function; how often each run is, by run.
  const seen = new Float64Array(functions.length);
  const inWindow = new Map();
  const waiting = new Set(functions.keys());
  const order = [];
  let oldest = 0;
  let windowBytes = 0;
  const count = (index, by) => {
    for (const run of shared[index]) {
      const before = inWindow.get(run) ?? 0;
      inWindow.set(run, before + by);
      if (before === 0 || before + by === 0) for (const holder of holders.get(run)) seen[holder] += by;
    }
    windowBytes += by * functions[index].length;
  };
  for (let next = 0; waiting.size > 0; ) {
    waiting.delete(next);
    order.push(next);
    count(next, 1);
    for (; windowBytes > WINDOW_BYTES && oldest + 1 < order.length; oldest++) count(order[oldest], -1);
    let most = -1;
    for (const index of waiting) {
      const share = seen[index] / (functions[index].length + OWN_BYTES);
      if (share > most) [next, most] = [index, share];
    }
  }
  return order;
}

/// A number for each run of bytes.
function* runsOf(code) {
  for (let start = 0; start + RUN_BYTES <= code.length; start++) {
    let hash = 0;
    for (let at = start; at < start + RUN_BYTES; at++) hash = (Math.imul(hash, 0x01000193) ^ code[at]) >>> 0;
    yield hash;
  }
}
