// Makes the wasm of Headstart fail, from without: each call that it makes of JavaScript may be the one at which it fails. Nothing of
// this is part of the Worker, whose wasm is the one that is deployed. It has to be imported before the Worker is.

import trap from "./trap.wasm";

const { Instance } = WebAssembly;

// At which call to fail, and how; whether it has failed.
let armed;
let isStartRefused = false;
let isFailing = false;

/// Has the wasm fail once: at the call of this number from now on, or at the next one whose name holds this.
export const arm = (at, how, request, env, context) => (armed = { left: Number(at), at, how, request, env, context, hasFailed: false });

/// Ends that, and tells whether it has failed.
export function disarm() {
  const { hasFailed } = armed;
  armed = undefined;
  return hasFailed;
}

/// Has each new instance fail as it starts, or no longer.
export const refuseStart = (refuses) => (isStartRefused = refuses);

// The closure in wasm that is called when the origin has answered.
let finish;

const failures = {
  throw() {
    armed.hasFailed = true;
    throw new TypeError("a failure that a test wants");
  },
  trap() {
    armed.hasFailed = true;
    new Instance(trap).exports.unreachable();
  },
  // In Rust: what is lent to the caller of this is lent once more. Where nothing is lent nothing happens.
  panic() {
    const { request, env, context } = armed;
    try {
      finish?.(request, undefined, new Error("a failure that a test wants"), env, context, 1, undefined);
    } catch (failure) {
      armed.hasFailed = true;
      throw failure;
    }
  },
};

/// What is had throw nothing: what only looks at a value, a property or a field, or settles a promise, which nothing can, and what
/// asks the origin, since then nothing was asked.
const SILENT = /wbindgen_|^__wbg_(get|keys|call|ask|ask_speculatively)_/;

function called(name) {
  if (armed === undefined || armed.hasFailed || isFailing) return;
  const isReached = Number.isNaN(armed.left) ? name.includes(armed.at) : --armed.left <= 0;
  if (!isReached) return;
  if (armed.how === "throw" && SILENT.test(name)) return;
  isFailing = true;
  try {
    failures[armed.how]();
  } finally {
    isFailing = false;
  }
}

const wrapped = (name, call) => {
  if (typeof call !== "function") return call;
  return (...values) => {
    if (name === "install") [finish] = values;
    called(name);
    return call(...values);
  };
};

WebAssembly.Instance = function (module, imports) {
  if (isStartRefused) throw new WebAssembly.LinkError("a start that a test refuses");
  const all = (calls) => Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, wrapped(name, call)]));
  return new Instance(module, Object.fromEntries(Object.entries(imports).map(([name, calls]) => [name, all(calls)])));
};
