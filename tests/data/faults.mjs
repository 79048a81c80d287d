// Faults that a test orders, put between Headstart and the platform's own bindings and objects. Nothing of this is in the Worker that
// is deployed.
//
// A fault is `{at, key?, how, after?, times?, ms?, value?}`. `at` is where it happens:
//
//   kv.get, kv.put, kv.delete, kv.list   by the key
//   learner.call, ledger.call            what is sent to an object, on its way: by the object's name
//   learner.fetch, ledger.fetch          the same, in the object: by its path
//   learner.sql, ledger.sql              a statement of the object's SQLite: by its text, and what is bound to it as JSON
//   learner.alarm, ledger.alarm          an alarm that rings: by the object's name
//   learner.setAlarm, ledger.setAlarm    an alarm that is set: by in how many seconds it is to ring, "5 s"
//   learner.getAlarm, ledger.getAlarm    it is asked when the alarm rings
//
// `key` is a part of what stands behind "by", or several. It happens `times` times, for ever where that is not said, and not the first `after` times. `how` is one of HOWS below.

let faults = [];

/// Takes faults in place of those before.
export const order = (ordered) => (faults = ordered.map((fault) => ({ ...fault, met: 0, hits: 0 })));

/// How often each fault has happened, and when it did last, in milliseconds since the epoch.
export const state = () => ({ hits: faults.map(({ hits }) => hits), last: faults.map(({ last }) => last ?? 0) });

/// The fault that happens now, if one does.
function meet(at, key) {
  const isMet = (fault) => fault.at === at && [fault.key ?? ""].flat().every((part) => key.includes(part)) && fault.hits < (fault.times ?? Infinity);
  const fault = faults.find(isMet);
  if (fault === undefined || ++fault.met <= (fault.after ?? 0)) return undefined;
  fault.hits += 1;
  fault.last = Date.now();
  return fault;
}

const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/// How often it is looked whether what hangs is to hang on. A promise that nothing can settle would be ended by workerd.
const LOOK_MS = 1_000;

/// An error as the platform throws it where an object fails: with what it says of whether to try again.
const failure = (message, more = {}) => Object.assign(new Error(message), { remote: true, ...more });

const HOWS = {
  throw: ({ value }) => Promise.reject(new Error(value ?? "a failure that a test wants")),
  /// As the platform says it of an object that is asked for too much, and of one that was moved or updated.
  overloaded: () => Promise.reject(failure("Durable Object is overloaded. Requests queued for too long.", { overloaded: true })),
  moved: () => Promise.reject(failure("Durable Object reset because its code was updated.", { retryable: true })),
  /// Until other faults are ordered.
  hang: async () => {
    for (const ordered = faults; faults === ordered; ) await wait(LOOK_MS);
    throw new Error("what hung has ended");
  },
  slow: async ({ ms }, call) => {
    await wait(ms);
    return call();
  },
  /// It is done, and whoever asked is not told.
  lost: async (_, call) => {
    await call();
    throw failure("Network connection lost.", { retryable: true });
  },
  twice: async (_, call) => {
    await call();
    return call();
  },
  together: async (_, call) => (await Promise.all([call(), call()]))[0],
  /// A value in place of the one that is there; null for none.
  give: async ({ value }) => value,
  /// An answer of an object in place of its own.
  answer: async ({ value, status = 200 }) => new Response(value, { status }),
  /// It is done, and the answer has this field besides.
  add: async ({ name, value }, call) => {
    const answer = await call();
    const added = new Response(answer.body, answer);
    added.headers.set(name, value);
    return added;
  },
  /// The object ends, before it does anything or so many milliseconds after it has begun. What it has stored stays.
  abort: async ({ ms }, call, object) => {
    const end = () => object.abort("a test ends it");
    if (ms === undefined) return end();
    setTimeout(end, ms);
    return call();
  },
  /// The object ends while this is waited for, before it is done or once it is ("done"). Not within the call: the platform ends none in
  /// the middle of it, and nor could the wasm that has called be told.
  evict: async ({ value }, call, object) => {
    if (value === "done") await call();
    setTimeout(() => object.abort("a test ends it"), 10);
    return new Promise(() => {});
  },
};

function through(at, key, call, object) {
  const fault = meet(at, key);
  return fault === undefined ? call() : HOWS[fault.how](fault, call, object);
}

/// A value as KV gives it: a text that a fault gives is a stream to whoever asks for one.
const asAsked = (value, options) => (typeof value === "string" && options?.type === "stream" ? new Response(value).body : value);

const kv = (store, object) =>
  Object.fromEntries(
    ["get", "getWithMetadata", "put", "delete", "list"].map((name) => [
      name,
      async (...given) =>
        asAsked(await through(`kv.${name}`, typeof given[0] === "string" ? given[0] : "", () => store[name](...given), object), given[1]),
    ]),
  );

const stub = (at, name, inner) => ({ fetch: (...given) => through(`${at}.call`, name, () => inner.fetch(...given)) });

// By this name it is told that a binding is one of objects.
class DurableObjectNamespace {
  constructor(inner, at) {
    [this.inner, this.at] = [inner, at];
  }

  getByName(name) {
    return stub(this.at, name, this.inner.getByName(name));
  }
}

const known = new WeakMap();

/// The bindings with faults in them; those of an object, if one is given.
function bindings(env, object) {
  const { MODEL, LEARNER, LEDGER } = env;
  const objects = { LEARNER: new DurableObjectNamespace(LEARNER, "learner"), LEDGER: new DurableObjectNamespace(LEDGER, "ledger") };
  return { ...env, MODEL: kv(MODEL, object), ...objects };
}

/// The bindings of the Worker with faults in them.
export function faulty(env) {
  if (!known.has(env)) known.set(env, bindings(env));
  return known.get(env);
}

/// An object of the platform of which some properties are others.
const with_ = (object, others) =>
  new Proxy(object, {
    get(target, name) {
      if (Object.hasOwn(others, name)) return others[name];
      const value = target[name];
      return typeof value === "function" ? value.bind(target) : value;
    },
  });

function exec(at, sql, query, bindings) {
  const fault = meet(`${at}.sql`, `${query} ${JSON.stringify(bindings)}`);
  if (fault !== undefined) throw new Error(fault.value ?? "SQLITE_IOERR: disk I/O error, as a test wants");
  return sql.exec(query, ...bindings);
}

function stateOf(state, at) {
  const { storage } = state;
  const { sql } = storage;
  const faultyStorage = with_(storage, {
    sql: with_(sql, { exec: (query, ...bindings) => exec(at, sql, query, bindings) }),
    setAlarm: (time, ...options) =>
      through(`${at}.setAlarm`, `${Math.round((time - Date.now()) / 1000)} s`, () => storage.setAlarm(time, ...options)),
    getAlarm: (...options) => through(`${at}.getAlarm`, "", () => storage.getAlarm(...options)),
  });
  return with_(state, { storage: faultyStorage });
}

/// An object's class with faults in it.
export const faultyClass = (Inner, at) =>
  class {
    constructor(state, env) {
      this.state = state;
      this.inner = new Inner(stateOf(state, at), bindings(env, state));
    }

    fetch(request) {
      return through(`${at}.fetch`, new URL(request.url).pathname, () => this.inner.fetch(request), this.state);
    }

    alarm() {
      return through(`${at}.alarm`, this.state.id.name ?? "", () => this.inner.alarm(), this.state);
    }
  };
