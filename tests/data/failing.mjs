// A Worker that fails in every way there is, by the path that it is asked for. trap.wasm has two functions: one reaches
// `unreachable`, one reads beyond the memory.

import trap from "./trap.wasm";

const failures = {
  throw() {
    throw new TypeError("it throws");
  },
  hang: () => new Promise(() => {}),
  later(context) {
    context.waitUntil(Promise.reject(new Error("it throws after the answer")));
  },
  timer(context) {
    setTimeout(() => {
      throw new Error("it throws by a timer");
    }, 1);
    context.waitUntil(new Promise((resolve) => setTimeout(resolve, 50)));
  },
  error: () => console.error("Headstart: it says so"),
  stream() {
    let pulls = 0;
    const pull = (controller) => (pulls++ === 0 ? controller.enqueue(new Uint8Array(3)) : controller.error(new Error("its body breaks off")));
    return new Response(new ReadableStream({ pull }));
  },
  unreachable: () => new WebAssembly.Instance(trap).exports.unreachable(),
  beyond: () => new WebAssembly.Instance(trap).exports.beyond(),
  warning: () => console.warn("Headstart: a warning"),
  log: () => console.log("an unreachable origin"),
};

export default {
  async fetch(request, env, context) {
    const { pathname } = new URL(request.url);
    return (await failures[pathname.slice(1)]?.(context)) ?? new Response("x");
  },
};
