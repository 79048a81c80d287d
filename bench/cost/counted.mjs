// Headstart with everything counted that Cloudflare bills, on a clock that whoever asks sets: a day of a site is over in a
// minute. Nothing of this is in the Worker that is deployed.
//
//   x-clock: MILLISECONDS    on any request: what time it is
//   GET /-/tick              runs the alarms that are due
//   GET /-/counts            what was counted, as JSON; and counts from nothing again

import headstart, { Learner as OfLearner, Ledger as OfLedger } from "../../src/edge/worker.mjs";

const none = () => ({ requests: 0, kv_reads: 0, kv_writes: 0, object_requests: 0, ledger_calls: 0, alarms: 0, object_ms: 0, rows_read: 0, rows_written: 0 });
let counts = none();

const real = Date.now.bind(Date);
let clock = real();
globalThis.Date = class extends Date {
  constructor(...given) {
    if (given.length > 0) super(...given);
    else super(clock);
  }

  static now() {
    return clock;
  }
};

// What gathers in an isolate is sent BATCH_SECONDS after it was seen. That wait is the only one that is shortened: others say how
// long something may really take.
const BATCH_MS = 10_000;
const SHORTENED_MS = 5;
const wait = setTimeout;
globalThis.setTimeout = (call, milliseconds, ...given) => wait(call, milliseconds === BATCH_MS ? SHORTENED_MS : milliseconds, ...given);

/// The alarms that are set: when, and how the object is called.
const alarms = new Map();

/// Cursors tell what they have read and written when they have done it.
const cursors = new Set();

function settle() {
  for (const cursor of cursors) {
    counts.rows_read += cursor.rowsRead;
    counts.rows_written += cursor.rowsWritten;
  }
  cursors.clear();
}

const isCounted = new WeakSet();

/// Has the methods of a platform's object counted, once for all of its kind.
function count(object, methods) {
  const kind = Object.getPrototypeOf(object);
  if (isCounted.has(kind)) return;
  isCounted.add(kind);
  for (const [name, counted] of Object.entries(methods)) {
    const method = kind[name];
    kind[name] = function (...given) {
      return counted.call(this, method, given);
    };
  }
}

function countStore(store) {
  count(store, {
    get(method, given) {
      counts.kv_reads += 1;
      return method.apply(this, given);
    },
    put(method, given) {
      counts.kv_writes += 1;
      return method.apply(this, given);
    },
  });
}

const owners = new WeakMap();

function countObject(state, of) {
  const { storage } = state;
  owners.set(storage, { of, id: state.id });
  const key = () => `${of} ${state.id}`;
  count(storage.sql, {
    exec(method, given) {
      const cursor = method.apply(this, given);
      cursors.add(cursor);
      return cursor;
    },
  });
  // Alarms are set on this clock, and each is a row (Durable Objects, "Pricing").
  storage.setAlarm = (at) => {
    counts.rows_written += 1;
    alarms.set(key(), { at: at instanceof Date ? at.getTime() : at, of, id: state.id });
    return Promise.resolve();
  };
  storage.getAlarm = () => Promise.resolve(alarms.get(key())?.at ?? null);
  storage.deleteAlarm = () => {
    alarms.delete(key());
    return Promise.resolve();
  };
}

const counted = (Inner, of) =>
  class {
    constructor(state, env) {
      countStore(env.MODEL);
      countObject(state, of);
      this.inner = new Inner(state, env);
    }

    async fetch(request) {
      const isAlarm = new URL(request.url).pathname === "/-/alarm";
      counts.object_requests += 1;
      if (isAlarm) counts.alarms += 1;
      else if (of === "LEDGER") counts.ledger_calls += 1;
      const since = real();
      try {
        return isAlarm ? (await this.inner.alarm(), new Response()) : await this.inner.fetch(request);
      } finally {
        counts.object_ms += real() - since;
      }
    }
  };

export const Learner = counted(OfLearner, "LEARNER");
export const Ledger = counted(OfLedger, "LEDGER");

export default {
  async fetch(request, env, context) {
    const path = new URL(request.url).pathname;
    clock = Math.max(clock, Number(request.headers.get("x-clock") ?? 0));
    countStore(env.MODEL);
    if (path === "/-/tick") {
      const due = [...alarms].filter(([, { at }]) => at <= clock);
      for (const [key, { of, id }] of due) {
        alarms.delete(key);
        await env[of].get(id).fetch("https://object/-/alarm");
      }
      return Response.json({ due: due.length });
    }
    if (path === "/-/counts") {
      settle();
      const counted = counts;
      counts = none();
      return Response.json(counted);
    }
    counts.requests += 1;
    return headstart.fetch(request, env, context);
  },
};
