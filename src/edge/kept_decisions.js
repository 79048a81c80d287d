// What wasm has decided about plain visits, kept for fast_path.js, and what it has said that holds for all of that: src/plan/replay.rs.

/// The most decisions that are kept, the longest key, the longest decision as JSON, and how long all together may be: the policy of an
/// answer is in it, and what is put into its head, which has some 16,000 characters where rules stand there.
const MAX_DECISIONS = 1000;
const MAX_KEY = 1000;
const MAX_DECISION = 64_000;
const MAX_ALL = 8_000_000;

/// Decisions about plain visits, by URL without query.
export const decisions = new Map();

/// The fields of which one says that a request is a speculation, as wasm will say: SPECULATION_MARKS in src/visit.rs.
export const MARKS = ["sec-purpose", "purpose", "x-moz", "x-purpose"];

/// Whether a request has one of these fields.
export const isMarked = (headers, marks) => marks.some((name) => headers.get(name) !== null);

// What wasm has said that holds for every decision: src/plan/replay.rs, Rules. Before it has said anything nothing is
// replayed, and should it fail by then, only what every browser marks is known as a speculation.
let said = {
  marks: MARKS,
  by_script: { mode: "sec-fetch-mode", by_browser: [], marks: [], part: { field: "service-worker-navigation-preload", whole: "true" } },
  requests: [{ has_query: false, request: [], absent: [], answer: [] }],
  exchanges: [],
  max_cookies: 0,
  purpose: "Headstart-Purpose",
  of_exact_bytes: [],
  origin: undefined,
  hidden: { field: "headstart-token", cookies: ["__Host-headstart-report", "headstart-report"] },
};

/// What holds for every decision, from JSON. The expressions are made once, and not for each answer that is compared.
export function readRules(json) {
  const { nonce: [pattern, replacement, value], ...others } = JSON.parse(json);
  return { ...others, nonce: [new RegExp(pattern, "g"), replacement, new RegExp(value)] };
}

/// Sets what holds for every decision, as JSON.
export const set_rules = (json) => (said = readRules(json));

/// What holds for every decision.
export const rules = () => said;

/// How many replayed views of this page there were since it was last asked, and the one that asks.
export function take_served(url) {
  const key = keyOf(url);
  let served = 1;
  for (const decision of [decisions.get(key), decisions.get(withSession(key))]) {
    if (decision === undefined) continue;
    served += decision.served;
    decision.served = 0;
  }
  return served;
}

/// How far apart two clocks may be that are right, in milliseconds: APART_MS in src/clock.rs.
const APART_MS = 10_000;

/// Whether it is time for what was put off until `at`, by no more than so many milliseconds: is_due in src/clock.rs. What lies further
/// ahead was put off by a clock that was not right.
export const isDue = (at, most, now) => now >= at || at > now + most + APART_MS;

/// The URL without its query.
export const keyOf = (url) => {
  const query = url.indexOf("?");
  return query < 0 ? url : url.slice(0, query);
};

/// The key of what visitors with a session get; no URL has a blank.
export const withSession = (key) => `${key} session`;

/// Where a URL's path begins.
export const pathAt = (url) => url.indexOf("/", url.indexOf("//") + 2);

/// Whether the time of a decision is over.
export const isOver = ({ until, keep_ms }) => isDue(until, keep_ms, Date.now());

/// Forgets the decisions whose time is over, and answers how long the others are.
function dropExpired() {
  let all = 0;
  for (const [key, decision] of decisions) {
    if (isOver(decision)) decisions.delete(key);
    else all += decision.length;
  }
  return all;
}

// How long all decisions are, at the most: those that others have taken the place of are counted until it is looked again.
let all = 0;

/// Makes room for one of this length.
function makeRoom(length) {
  const isFull = () => decisions.size >= MAX_DECISIONS || all + length > MAX_ALL;
  if (isFull()) all = dropExpired();
  if (!isFull()) return;
  decisions.clear();
  all = 0;
}

/// Keeps a decision about plain views (src/plan/replay.rs, Replay, as JSON). Where it depends on whether the visitor has a
/// session, it is kept once for each.
export function remember(url, json) {
  const { length } = json;
  if (length > MAX_DECISION) return;
  const decision = JSON.parse(json);
  const bare = keyOf(url);
  const key = decision.has_session ? withSession(bare) : bare;
  if (key.length > MAX_KEY) return;
  makeRoom(length);
  all += length;
  // The view that this was decided for was served as well.
  const served = 1 + (decisions.get(key)?.served ?? 0);
  decisions.set(key, { ...decision, until: Date.now() + decision.keep_ms, served, at: pathAt(url), length });
}

// URLs without query whose plain views are not answered by decisions, until when, and for how long: an answer is kept for one of them.
const heldBack = new Map();

/// Has wasm see the plain views of a URL for so many milliseconds, whatever decisions there are.
export function hold_back(url, within) {
  if (heldBack.size >= MAX_DECISIONS) heldBack.clear();
  heldBack.set(keyOf(url), { until: Date.now() + within, within });
}

/// Whether wasm has to see a plain view of a URL without query.
export function isHeldBack(key) {
  if (heldBack.size === 0) return false;
  const held = heldBack.get(key);
  if (held === undefined) return false;
  if (!isDue(held.until, held.within, Date.now())) return true;
  heldBack.delete(key);
  return false;
}
