// What fails when, in a long run: faults of the platform, as tests/data/faults.mjs has them, and those of the origin, by their names in
// origin.mjs. Calm and faults take turns, and each fault has its turn.

import { shuffled } from "../../tools/seeded.mjs";

const on = (at, how, more = {}) => ({ at, how, ...more });

/// What fails together, by name. `origin` says which share of the requests meets which of the origin's faults.
export const FAULTS = [
  { name: "KV is slow", platform: [on("kv.get", "slow", { ms: 3_000 }), on("kv.put", "slow", { ms: 3_000 })] },
  { name: "KV hangs", platform: [on("kv.get", "hang"), on("kv.put", "hang")] },
  { name: "KV fails", platform: [on("kv.get", "throw"), on("kv.put", "throw")] },
  { name: "KV gives garbage", platform: [on("kv.get", "give", { value: "{\u0000" })] },
  { name: "KV is empty", platform: [on("kv.get", "give", { value: null })] },
  { name: "KV has another version", platform: [on("kv.get", "give", { value: '{"version":99,"pages":{}}' })] },
  { name: "learners are overloaded", platform: [on("learner.call", "overloaded")] },
  { name: "learners hang", platform: [on("learner.call", "hang")] },
  { name: "learners end in the middle", platform: [on("learner.fetch", "abort", { ms: 5 })] },
  { name: "answers of learners are lost", platform: [on("learner.fetch", "lost")] },
  { name: "learners' storage fails", platform: [on("learner.sql", "throw")] },
  { name: "alarms fail", platform: [on("learner.alarm", "throw"), on("ledger.alarm", "throw")] },
  { name: "alarms ring twice", platform: [on("learner.alarm", "twice"), on("ledger.alarm", "twice")] },
  { name: "ledgers are overloaded", platform: [on("ledger.call", "overloaded")] },
  { name: "ledgers hang", platform: [on("ledger.call", "hang")] },
  { name: "ledgers end in the middle", platform: [on("ledger.fetch", "abort", { ms: 5 })] },
  { name: "answers of ledgers are lost", platform: [on("ledger.fetch", "lost")] },
  { name: "ledgers' storage fails", platform: [on("ledger.sql", "throw")] },
  { name: "the origin breaks off", origin: { share: 0.3, kinds: ["nothing", "half-head", "half-body", "half-chunk", "reset"] } },
  { name: "the origin is slow", origin: { share: 0.3, kinds: ["slow-head", "slow-body"] } },
  { name: "the origin lies", origin: { share: 0.5, kinds: ["gzip-that-is-none", "half-gzip", "charset", "long"] } },
  { name: "the origin fails", origin: { share: 0.5, kinds: ["status-500", "status-503"] } },
  {
    name: "everything at once",
    platform: [on("kv.get", "hang"), on("kv.put", "throw"), on("learner.call", "overloaded"), on("ledger.call", "overloaded")],
    origin: { share: 0.3, kinds: ["nothing", "half-body", "slow-head", "gzip-that-is-none", "status-500"] },
  },
];

const CALM = { name: "calm", platform: [], origin: { share: 0, kinds: [] } };

/// The share of a run that warms up, and is measured by nobody.
const WARM_UP = 0.1;

/// How long a fault lasts, and the calm behind it, in milliseconds, where there is time for all of them.
const FAULT_MS = 25_000;
const CALM_MS = 35_000;

/// The phases of a run: `{name, kind, from, platform, origin}`, from when they are, in milliseconds since its beginning. The kinds are
/// "warm-up", "calm", "platform", "origin" and "both". Where there is no time for all faults, each is shorter, so that each has its turn.
export function phases(milliseconds, chance) {
  const warm = milliseconds * WARM_UP;
  const left = milliseconds - warm;
  const turns = Math.max(FAULTS.length, Math.floor(left / (FAULT_MS + CALM_MS)));
  const turn = left / turns;
  const share = FAULT_MS / (FAULT_MS + CALM_MS);
  const all = [{ ...CALM, name: "warm-up", kind: "warm-up", from: 0 }];
  let order = [];
  for (let number = 0; number < turns; number++) {
    if (order.length === 0) order = shuffled(FAULTS, chance);
    const { name, platform = [], origin = CALM.origin } = order.pop();
    const kind = platform.length === 0 ? "origin" : origin.share === 0 ? "platform" : "both";
    const from = warm + number * turn;
    all.push({ ...CALM, kind: "calm", from }, { name, kind, platform, origin, from: from + turn * (1 - share) });
  }
  return all;
}

/// The phases of a run in which nothing fails, to tell by it what the faults of another one do.
export const calm = (milliseconds) => [
  { ...CALM, name: "warm-up", kind: "warm-up", from: 0 },
  { ...CALM, kind: "calm", from: milliseconds * WARM_UP },
];

/// The phase at a time.
export const phaseAt = (phases, milliseconds) => phases.findLast(({ from }) => from <= milliseconds);
