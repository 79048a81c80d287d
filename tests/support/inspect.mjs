// What a Worker under Miniflare logs and throws, line by line, in the words of `wrangler dev`, so that one reader is enough
// for both (log.rs). And what it holds in memory.
//
// workerd prints what leaves a request without an answer. What is thrown after the answer, by a timer or beside any request,
// and what waits for ever there, it tells its inspector alone.

import WebSocket from "ws";

const MARKS = { error: "[ERROR] ", warn: "[WARNING] " };

/// How long an inspector may take to answer, in milliseconds.
const MOST_MS = 30_000;

/// Options of Miniflare: whatever workerd prints goes to `print`, errors and warnings marked, and there is an inspector.
export const inspected = (print) => ({
  inspectorPort: 0,
  // Miniflare insists on a function that returns nothing.
  handleStructuredLogs: ({ level, message }) => void print(`${MARKS[level] ?? ""}${message}`),
});

/// Has everything printed that the Workers of these names throw, until they end: each with the lines of its stack. Answers with
/// their inspectors.
export async function inspect(miniflare, names, print) {
  const url = await miniflare.getInspectorURL();
  return Promise.all(names.map((name) => Inspector.open(new URL(`/core:user:${name}`, url), print)));
}

/// In a Worker: how many of the objects that `this` lists there are, by the names of what has made them. Prototypes are none of these.
function countedByName() {
  const counts = {};
  for (const object of this) {
    let name;
    try {
      if (Object.hasOwn(object, "constructor")) continue;
      name = object.constructor.name;
    } catch {}
    const known = typeof name === "string" ? name : "";
    counts[known] = (counts[known] ?? 0) + 1;
  }
  return counts;
}

/// In a Worker: the bytes of all memories of WebAssembly that `this` lists.
function sumOfBytes() {
  return this.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
}

/// What is thrown, with the lines of its stack.
function told({ text, exception, stackTrace }) {
  const frames = stackTrace?.callFrames ?? [];
  const lines = frames.map(({ functionName, url, lineNumber, columnNumber }) => `    at ${functionName} (${url}:${lineNumber + 1}:${columnNumber + 1})`);
  return [`[ERROR] ${text} ${exception?.description?.split("\n")[0] ?? ""}`.trimEnd(), ...lines].join("\n");
}

const ENDED = "the Worker has ended";

/// What the inspector is told to keep an object by, and to let it go.
const GROUP = { objectGroup: "held" };

/// The inspector of one Worker: the Chrome DevTools protocol.
class Inspector {
  #socket;
  #print;
  #context;
  #calls = new Map();
  #number = 0;
  // One after the other: what one lets go is what another one is looking at.
  #looked = Promise.resolve();

  constructor(socket, print) {
    [this.#socket, this.#print] = [socket, print];
    socket.on("message", (message) => this.#hear(JSON.parse(message)));
    socket.on("close", () => this.#calls.forEach(({ reject }) => reject(new Error(ENDED))));
  }

  static async open(url, print) {
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => {
      socket.once("open", resolve);
      socket.on("error", reject);
    });
    const inspector = new Inspector(socket, print);
    await inspector.#call("Runtime.enable");
    return inspector;
  }

  /// What the Worker holds once V8 has collected what nobody holds: `{objects, heapBytes, wasmBytes}`, where `objects` says how many
  /// there are of JavaScript's, by the name of what has made them.
  held() {
    const held = this.#looked.then(() => this.#look());
    this.#looked = held.catch(() => {});
    return held;
  }

  async #look() {
    // The inspector holds what was logged and thrown, and whatever hangs on that.
    await this.#call("Runtime.discardConsoleEntries");
    await this.#call("Runtime.releaseObjectGroup", { objectGroup: "console" });
    const objects = await this.#ofAll("Object", countedByName);
    const wasmBytes = await this.#ofAll("WebAssembly.Memory", sumOfBytes);
    const { usedSize } = await this.#call("Runtime.getHeapUsage");
    return { objects, heapBytes: usedSize, wasmBytes };
  }

  /// What `work` makes of all that a class has made and that is held. V8 collects first.
  async #ofAll(name, work) {
    try {
      const { result } = await this.#call("Runtime.evaluate", { expression: `${name}.prototype`, contextId: this.#context, ...GROUP });
      const { objects } = await this.#call("Runtime.queryObjects", { prototypeObjectId: result.objectId, ...GROUP });
      const called = await this.#call("Runtime.callFunctionOn", { objectId: objects.objectId, functionDeclaration: `${work}`, returnByValue: true });
      return called.result.value;
    } finally {
      await this.#call("Runtime.releaseObjectGroup", GROUP);
    }
  }

  #call(method, params = {}) {
    if (this.#socket.readyState !== WebSocket.OPEN) return Promise.reject(new Error(ENDED));
    const id = ++this.#number;
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${method}: no answer within ${MOST_MS / 1000} seconds`)), MOST_MS);
      this.#calls.set(id, { resolve, reject, late });
      this.#socket.send(JSON.stringify({ id, method, params }));
    }).finally(() => {
      clearTimeout(this.#calls.get(id).late);
      this.#calls.delete(id);
    });
  }

  #hear({ id, method, params, result, error }) {
    if (method === "Runtime.executionContextCreated") this.#context = params.context.id;
    if (method === "Runtime.exceptionThrown") this.#print(told(params.exceptionDetails));
    if (error === undefined) this.#calls.get(id)?.resolve(result);
    else this.#calls.get(id)?.reject(new Error(`the inspector: ${error.message}`));
  }
}
