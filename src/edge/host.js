// What happens to a request around wasm: coming back to wasm with the origin's answer, and keeping wasm's decisions for
// fast_path.js. And what is done to a response's body and headers without wasm.

/// The most decisions that are kept, the longest key, the longest decision as JSON, and how long all together may be: the policy of an
/// answer is in it, and what is put into its head, which has some 16,000 characters where rules stand there.
const MAX_DECISIONS = 1000;
const MAX_KEY = 1000;
const MAX_DECISION = 64_000;
const MAX_ALL = 8_000_000;

/// Decisions about plain visits, by URL without query.
export const decisions = new Map();

// wasm's parts: what follows when the origin has answered, whether a Cookie field holds a session, and what finds the place in a page's
// head; and what takes switches over. Anew with each instance.
let finish;
let tellsSession;
let finderOf;
let takesSwitches;

/// The fields of which one says that a request is a speculation, as wasm will say: SPECULATION_MARKS in src/visit.rs.
export const MARKS = ["sec-purpose", "purpose", "x-moz", "x-purpose"];

/// Whether a request has one of these fields.
export const isMarked = (headers, marks) => marks.some((name) => headers.get(name) !== null);

// What wasm has said that holds for every decision: src/plan/replay.rs, Rules. Before it has said anything nothing is
// replayed, and should it fail by then, only what every browser marks is known as a speculation.
let said = {
  marks: MARKS,
  by_script: { mode: "sec-fetch-mode", by_browser: [], marks: [], part: { field: "service-worker-navigation-preload", whole: "true" } },
  requests: [{ has_query: false, request: [], answer: [] }],
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

/// Whether a Cookie field holds a session. Where that cannot be told, it does.
export function hasSession(cookies) {
  if (cookies === null) return false;
  // wasm reads no longer one, so it need not be copied there.
  if (cookies.length > said.max_cookies) return true;
  try {
    return tellsSession(cookies);
  } catch (failure) {
    // The instance is gone. Without decisions the next request starts another one.
    decisions.clear();
    logFailed(failure);
    return true;
  }
}

// The page views that this isolate has served.
let views = 0;

/// Counts a page view, replayed or not.
export function count_view() {
  views += 1;
}

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

/// How many page views this isolate has served.
export const served_views = () => views;

/// The most navigations that are noted before wasm takes them, and the longest note: a client may send fields of any length.
const MAX_NOTES = 500;
const MAX_NOTE = 2000;

/// No address is longer.
const MAX_ADDRESS = 64;

/// The most views, each of a page by somebody, that are counted before wasm takes them.
const MAX_VIEWS = 5000;

// Navigations to pages whose decisions were replayed, as wasm takes them.
let replayedNavigations = [];

// How often a replayed decision has shown a page to somebody, by their address and the URL without query.
let replayedViews = new Map();

/// The visitor's address, as far as it is to be believed: what the platform says, or where it knows nothing, the proxy that the
/// owner names. Any client may write such a field by itself.
export function addressOf({ cf, headers }) {
  const field = cf ? "cf-connecting-ip" : said.note?.address;
  const address = field && headers.get(field)?.split(",").at(-1).trim();
  return address && address.length <= MAX_ADDRESS ? address : undefined;
}

/// The codings that the visitor's browser takes: what the platform says, which replaces the field by its own, or the field.
export function encodingsOf({ cf, headers }) {
  const said = cf?.clientAcceptEncoding;
  return (said === undefined ? headers.get("accept-encoding") : said) ?? undefined;
}

const valuesOf = (headers, names) => names.map((name) => headers.get(name));

/// Notes a view that was answered by a replayed decision, if it is a browser's: src/plan/events.rs, ReplayedNavigation.
/// `session` says whether the visitor has one, where that is known already: each question enters wasm.
export function note(request, response, url, at, session) {
  const { headers } = request;
  const { navigation, asked, answered } = said.note;
  if (!navigation.every(([name, value]) => headers.get(name) === value)) return;
  const address = addressOf(request);
  const key = `${address ?? ""}\n${keyOf(url)}`;
  if (replayedViews.size < MAX_VIEWS || replayedViews.has(key)) replayedViews.set(key, (replayedViews.get(key) ?? 0) + 1);
  const referer = headers.get("referer");
  // Nothing follows from a page of another site, nor from none, so that it need not be kept.
  if (referer === null || !referer.startsWith(url.slice(0, at + 1))) return;
  if (replayedNavigations.length >= MAX_NOTES) return;
  const fields = { asked: valuesOf(headers, asked), answered: valuesOf(response.headers, answered) };
  if ([url, ...fields.asked, ...fields.answered].reduce((length, text) => length + (text?.length ?? 0), 0) > MAX_NOTE) return;
  replayedNavigations.push({
    address,
    url,
    hasSession: session ?? hasSession(headers.get("cookie")),
    hasPassword: headers.get("authorization") !== null,
    ...fields,
  });
}

/// The navigations that were noted since the last call. `js.rs` reads them by the names of their fields.
export function take_replayed_navigations() {
  const taken = replayedNavigations;
  if (taken.length > 0) replayedNavigations = [];
  return taken;
}

/// How often each page was shown to somebody since the last call. `js.rs` reads them by the names of their fields.
export function take_replayed_views() {
  const taken = replayedViews;
  if (taken.size > 0) replayedViews = new Map();
  return [...taken].map(([noted, number]) => {
    const [address, url] = noted.split("\n");
    return { address: address || undefined, url, number };
  });
}

/// Has the next request, or the next call of a Durable Object, start the wasm anew: worker-build's classes look whether they have to.
/// Until then what calls into an instance that has ended gets an exception.
export function start_anew() {
  const state = globalThis.__worker_init_state;
  if (state !== undefined) state.criticalError = true;
}

/// Called by each new instance of wasm.
export function install(afterOrigin, session, finder, switched) {
  finish = afterOrigin;
  tellsSession = session;
  finderOf = finder;
  takesSwitches = switched;
  decisions.clear();
}

// The record of switches that wasm has understood last, for the next instance.
let switches;

/// Hands a record of switches to wasm, null for none, and answers whether it is understood. What was decided before holds no longer.
export function takeSwitches(text) {
  const isUnderstood = takesSwitches(text);
  if (isUnderstood) {
    switches = text;
    decisions.clear();
  }
  return isUnderstood;
}

/// The record that was understood last; undefined where there was none.
export const switchesSaid = () => switches ?? undefined;

/// What finds the place in the head of a page with this charset label: src/edge/rewriting.rs, HeadFinder.
export const newFinder = (charset) => finderOf(charset);

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

/// What a Durable Object's SQLite answers: rows, each an array of its columns.
export const run_sql = (state, query, bindings) => Array.from(state.storage.sql.exec(query, ...bindings).raw());

/// Has all that `work` writes to a Durable Object's SQLite stand together, or, where it fails, nothing of it. It awaits nothing.
export const in_transaction = (state, work) => state.storage.transactionSync(work);

/// Writes data points to a dataset of Analytics Engine. It answers at once; the platform sends them later.
export function write_points(dataset, json) {
  for (const point of JSON.parse(json)) dataset.writeDataPoint(point);
}

/// An answer with these bytes. A stream of ours gives them out: a page may be copied to be read while it is edited, and workerd pipes no
/// copy of a stream that it has made itself of bytes into another one of its own.
export function streamed(bytes, init) {
  const give = (controller) => {
    controller.enqueue(bytes);
    controller.close();
  };
  return new Response(new ReadableStream({ start: give }), init);
}

/// A value of a KV namespace, which the platform may keep for so many seconds; null where there is none, and true where it has more than
/// `most` bytes. Of such a one no more is read: it may be an owner's, of 25 MB, and there may be several at once in an isolate's 128 MB.
export async function kv_value(store, key, seconds, most) {
  const stream = await store.get(key, { type: "stream", cacheTtl: seconds });
  if (stream === null) return null;
  const decoder = new TextDecoder();
  let bytes = 0;
  let text = "";
  // Whoever leaves the loop cancels the stream.
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > most) return true;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/// Writes a value into a KV namespace.
export const kv_put = (store, key, value) => store.put(key, value);

/// Removes a value from a KV namespace.
export const kv_remove = (store, key) => store.delete(key);

/// Names of values in a KV namespace that begin so, a thousand at the most from a cursor on, and the cursor from which the list goes on,
/// if it does.
export async function kv_names(store, prefix, cursor) {
  const list = await store.list({ prefix, cursor });
  return [list.keys.map(({ name }) => name), list.list_complete ? undefined : list.cursor];
}

/// Random bytes.
export const random_bytes = (length) => crypto.getRandomValues(new Uint8Array(length));

/// The response with another body. What was said of the bytes of the old one is not true of it.
export function with_body(response, body) {
  const edited = new Response(body, response);
  const { headers } = edited;
  for (const name of said.of_bytes) headers.delete(name);
  return edited;
}

// What is under way for a request that wasm has begun: the origin's promise, and that of what follows from its answer. Should wasm
// fail meanwhile, neither is lost, and nothing is asked twice.
const begun = new WeakMap();

/// Notes that the origin is asked for a request.
export function noteAsked(request, asked) {
  begun.set(request, { asked });
  return asked;
}

/// What is under way for a request; undefined where nothing is.
export const underWay = (request) => begun.get(request);

/// Lets wasm finish when the origin has answered, or has failed to. `body` is the promise of the request's body, where wasm wants it.
export function settle(asked, request, env, context, body, took) {
  const answer = settled(asked, request, env, context, body, took);
  begun.set(request, { asked, answer });
  return answer;
}

function settled(asked, request, env, context, body, known) {
  const since = Date.now();
  return asked.then(
    (response) => {
      const took = known ?? tookSince(since);
      if (body === undefined) return finishOpen(request, response, undefined, env, context, took);
      return within(body, BODY_MS).then((text) => finishOpen(request, response, undefined, env, context, took, text));
    },
    (error) => finishOpen(request, undefined, error, env, context, tookSince(since)),
  );
}

/// How long something took that began at `since`, in milliseconds. A clock may be set back meanwhile; a negative time is none that was
/// measured.
const tookSince = (since) => Math.max(Date.now() - since, 0);

/// How long a body is waited for that is not there when the origin has answered, in milliseconds: it may answer before that.
const BODY_MS = 50;

/// What a promise gives, or undefined where that takes longer than so many milliseconds.
export function within(promise, milliseconds) {
  let timer;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, milliseconds)));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/// The same as `[value]`, so that it is told from none.
export const in_time = (promise, milliseconds) => within(promise.then((value) => [value]), milliseconds);

/// The most lines of a kind that an isolate logs, and the most characters by which one is told from another: src/fault/said.rs.
const MAX_OF_KIND = 20;
const MAX_TOLD = 1000;

// What was logged, by what has failed.
const logged = new Map();

/// The words of a message that are the same each time: without those that have a digit, without what stands in quotes, and without
/// what is called a reference.
export const sameWords = (message) =>
  message
    .slice(0, MAX_TOLD)
    .replace(/"[^"]*"|`[^`]*`/g, "#")
    .replace(/(?<![\p{L}\p{N}_-])(reference[ =:#]+)[\p{L}\p{N}_-]+/giu, "$1#")
    .replace(/[\p{L}\p{N}_-]*\d[\p{L}\p{N}_-]*/gu, "#");

/// Logs whose fault it is and what has failed, and why, once in the life of the isolate: the log must not grow with the traffic.
export function logOnce(what, failure) {
  const why = `${failure}`;
  const known = logged.get(what) ?? new Set();
  logged.set(what, known);
  const same = sameWords(why);
  if (known.has(same) || known.size >= MAX_OF_KIND) return;
  known.add(same);
  console.error(`Headstart: ${what}: ${why}`);
}

/// Logs that Headstart has failed by itself: its WebAssembly, or what is done around it.
export const logFailed = (failure) => logOnce("internal: Headstart has failed", failure);

/// The most lines that say so in an isolate.
const MAX_FELL_BACK = 20;
let fellBackTimes = 0;

/// Says in the log, as src/plan/decision_log.rs says decisions, that Headstart has failed, and the origin's bytes are given.
export function fellBack() {
  if (fellBackTimes >= MAX_FELL_BACK) return;
  fellBackTimes += 1;
  console.log(JSON.stringify({ source: "headstart", event: "fell-back", site: "", path: "", reason: "wasm", times: 1 }));
}

/// The page of a refusal, and its header: REFUSED_PAGE and refusal_lines in src/plan/admission.rs, which wasm may not be there to say.
const REFUSED_PAGE = "<!doctype html><meta name=turbo-visit-control content=reload><meta http-equiv=refresh content=0><title>Loading</title>";
const REFUSED = { "Cache-Control": "no-store", "Vary": "Sec-Purpose", "Content-Type": "text/html; charset=utf-8" };

/// What a browser is told instead of a speculation, which failed on our side or is refused for another reason: it then does the real
/// navigation.
export const refusal = (why = "failed") =>
  new Response(REFUSED_PAGE, { status: 503, headers: { ...REFUSED, "Headstart-Refused": why } });

// The response that has the origin's body while wasm changes it: a stream that was handed on, or copied, is of no use any more
// where it was.
let inHand;

/// Notes that a response has it now. What is made of one later, or by fast_path.js, nothing can fail with.
export function handOn(edited) {
  if (inHand !== undefined) inHand = edited;
}

/// The origin's response, whatever has become of it: its own head, and its bytes. Undefined where they are gone.
function untouched(response) {
  const { body } = inHand;
  if (inHand === response ? !response.bodyUsed && !body?.locked : false) return response;
  if (inHand.bodyUsed || body?.locked) return undefined;
  return new Response(body, response);
}

/// The origin's response where what was to be made of it has failed; a refusal where its bytes are gone.
export function asItCame(response, failure) {
  logFailed(failure);
  return response.bodyUsed || response.body?.locked ? refusal() : response;
}

// What is done with responses once wasm has answered with them.
const later = new WeakMap();

/// Has something be done with a response once wasm has answered with it. Should wasm fail before, nothing has been done to it.
export const whenAnswered = (response, work) => void later.set(response, work);

/// What a visitor is given where wasm has answered with a response: that, or what becomes of it, or the promise of that.
export function answeredWith(response, context) {
  const work = later.get(response);
  if (work === undefined) return response;
  later.delete(response);
  return work(context);
}

/// Lets wasm finish; should it fail, a real visit gets the origin's response as it is, and a speculation is refused.
export function finishOpen(request, response, error, env, context, took = -1, body) {
  inHand = response;
  try {
    const answer = finish(request, response, error, env, context, took, body);
    // Only a speculation is waited for: what it is answered with depends on its body.
    return answer instanceof Promise
      ? answer.then((given) => answeredWith(given, context)).catch((failure) => {
          logFailed(failure);
          return refusal();
        })
      : answeredWith(answer, context);
  } catch (failure) {
    logFailed(failure);
    fellBack();
    if (response === undefined) throw error;
    const isSpeculation = isMarked(request.headers, said.marks);
    return (isSpeculation ? undefined : untouched(response)) ?? refusal();
  } finally {
    inHand = undefined;
  }
}

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

/// The response, its body untouched, with these header lines appended: name and value in turns.
export function with_lines(response, text) {
  return append(response, text.split("\n"));
}

/// The same for lines that are cut already.
export function append(response, lines) {
  const edited = new Response(response.body, response);
  handOn(edited);
  return appended(edited, lines);
}

/// The response itself with these header lines.
export function appended(response, lines) {
  const { headers } = response;
  for (let at = 0; at + 1 < lines.length; at += 2) headers.append(lines[at], lines[at + 1]);
  return response;
}
