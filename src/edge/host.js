// What happens to a request around wasm: coming back to wasm with the origin's answer, and what is done to a response's head without it.
// Whatever fails meanwhile, the visitor gets the origin's bytes, and the log says it once.

import { decisions, isMarked, rules } from "./kept_decisions.js";
import { within } from "./platform.js";

// wasm's parts: what follows when the origin has answered, whether a Cookie field holds a session, and what finds the place in a page's
// head; what takes switches over, and whether a page is shown. Anew with each instance.
let finish;
let tellsSession;
let finderOf;
let takesSwitches;
let tellsShown;

/// Whether a Cookie field holds a session. Where that cannot be told, it does.
export function hasSession(cookies) {
  if (cookies === null) return false;
  // wasm reads no longer one, so it need not be copied there.
  if (cookies.length > rules().max_cookies) return true;
  try {
    return tellsSession(cookies);
  } catch (failure) {
    // The instance is gone. Without decisions the next request starts another one.
    decisions.clear();
    logFailed(failure);
    return true;
  }
}

/// Has the next request, or the next call of a Durable Object, start the wasm anew: worker-build's classes look whether they have to.
/// Until then what calls into an instance that has ended gets an exception.
export function start_anew() {
  const state = globalThis.__worker_init_state;
  if (state !== undefined) state.criticalError = true;
}

/// Called by each new instance of wasm.
export function install(afterOrigin, session, finder, switched, isShown) {
  finish = afterOrigin;
  tellsSession = session;
  finderOf = finder;
  takesSwitches = switched;
  tellsShown = isShown;
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

/// How long it is waited for a page to be shown, and how often it is looked, in milliseconds. A browser asks for the file that tells it as
/// it begins to show the page, before it knows what that loads.
const SHOWN_MS = 250;
const LOOK_MS = 25;

/// Waits a while for a page to be shown, or until nobody can tell.
async function untilShown(page) {
  const end = Date.now() + SHOWN_MS;
  try {
    while (!tellsShown(page) && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  } catch (failure) {
    logFailed(failure);
  }
}

/// How long something took that began at `since`, in milliseconds. A clock may be set back meanwhile; a negative time is none that was
/// measured.
const tookSince = (since) => Math.max(Date.now() - since, 0);

/// How long a body is waited for that is not there when the origin has answered, in milliseconds: it may answer before that.
const BODY_MS = 50;

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
export function finishOpen(request, response, error, env, context, took = -1, body, hasWaited = false) {
  inHand = response;
  try {
    const answer = finish(request, response, error, env, context, took, body, hasWaited);
    // What a page loads may be answered before it is known that the page is shown: wasm says which.
    if (Array.isArray(answer) && !hasWaited) return untilShown(answer[0]).then(() => finishOpen(request, response, error, env, context, took, body, true));
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
    const isSpeculation = isMarked(request.headers, rules().marks);
    return (isSpeculation ? undefined : untouched(response)) ?? refusal();
  } finally {
    inHand = undefined;
  }
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
