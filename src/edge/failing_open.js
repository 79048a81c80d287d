// What a visitor gets where Headstart itself fails: what the origin has answered, or would answer. Nothing here needs wasm, which
// may not even have started, nor anything that it has said: the way to the origin is read from the variables.

import { LOST, askBy, hasLooped, isRead, isUnderOwn, routeOf } from "./origin.js";
import { fellBack, logFailed, logOnce, refusal, start_anew } from "./host.js";
import { MARKS, isMarked, keyOf, pathAt } from "./kept_decisions.js";

/// What is answered in place of the origin: nothing that is kept.
const instead = (status, text = null) => new Response(text, { status, headers: { "Cache-Control": "no-store" } });

/// Where whoever watches Headstart asks how it is: src/plan/health.rs, which answers where wasm runs.
const HEALTH = "/_headstart/health";

/// What that says where wasm does not.
const NOT_STARTED = { status: "degraded", reasons: ["not-started"], mistakes: 0, hints_age_seconds: null, next_pages_age_seconds: null };

/// Logs what has failed of Headstart, if that is known here.
export function logFailure(failure) {
  if (failure !== undefined) logFailed(failure);
}

/// Whether a request is for one of Headstart's own paths.
export const isOwn = ({ url }) => isUnderOwn(url, pathAt(url));

/// Whether Headstart alone may answer: nothing was decided about a speculation, and the origin has no paths of ours.
const isForHeadstart = (request) => isOwn(request) || isMarked(request.headers, MARKS);

// The variables of an isolate are one object, or equal.
let known;

const isHealth = ({ method, url }) => isRead({ method }) && keyOf(url).slice(pathAt(url)) === HEALTH;

const unhealthy = () =>
  new Response(`${JSON.stringify(NOT_STARTED)}\n`, {
    status: 503,
    headers: { "Cache-Control": "no-store", "X-Robots-Tag": "noindex", "Content-Type": "application/json" },
  });

/// Lets the platform ask the zone's origin where not even this script answers, because it has taken too long, say. Only where
/// that is the origin, and where asking twice does nothing: not for a speculation, whose cookies would be set.
export function letPass(request, env, context) {
  known ??= routeOf(env);
  const isZone = known.server === undefined && known.binding === undefined;
  if (isZone && isRead(request) && !isForHeadstart(request)) context.passThroughOnException?.();
}

/// Answers in place of Headstart. `begun` is what it has begun, if anything: the origin's promise (`asked`), and that of the answer
/// which follows from it (`answer`). What was asked is never asked again.
export async function failedOpen(failure, request, env, begun) {
  logFailure(failure);
  fellBack();
  start_anew();
  if (isForHeadstart(request)) {
    begun?.asked?.then((response) => response.body?.cancel(), () => {}).catch(() => {});
    if (!isOwn(request)) return refusal();
    return isHealth(request) ? unhealthy() : instead(503);
  }
  return answered(request, env, begun);
}

/// The origin's answer, or what is said where there is none.
async function answered(request, env, begun) {
  if (begun === undefined && hasLooped(request.headers)) return instead(508);
  try {
    return await (begun?.answer ?? begun?.asked ?? askBy(routeOf(env), request, env, pathAt(request.url)));
  } catch (error) {
    // As src/plan/origin_route.rs says it.
    const isSent = request.body !== null && String(error).includes(LOST);
    logOnce(isSent ? "visitor: a visitor, or the origin, broke off while a body was sent" : "origin: the origin cannot be reached", error);
    return instead(502, "The origin cannot be reached.");
  }
}

/// A Sec-Speculation-Tags field that names rules of Headstart's alone: is_by_own_rules in src/plan/rules_delivery.rs.
const OWN_TAGS = /^\s*"headstart(-moderate|-next|-ticket)?"\s*(,\s*"headstart(-moderate|-next|-ticket)?"\s*)*$/;

/// Whether rules of Headstart's alone have a browser ask, which a page was given before it was switched off.
export const isByOwnRules = ({ headers }) => isMarked(headers, MARKS) && OWN_TAGS.test(headers.get("sec-speculation-tags") ?? "");

/// Answers as if Headstart were not there. Then nobody would ask by its rules.
export const passed = (request, env) => (isByOwnRules(request) ? refusal("switched-off") : answered(request, env));

/// How long an alarm waits for wasm that has not started, in milliseconds.
const UNSTARTED_MS = 60_000;

/// What stands for the Durable Objects where the wasm has not started. The platform calls an alarm that fails some times more within
/// minutes, and then never: so it is set anew, as long as it takes.
export class Unstarted {
  constructor(state) {
    this.storage = state.storage;
  }

  fetch() {
    return instead(503);
  }

  async alarm() {
    await this.storage.setAlarm(Date.now() + UNSTARTED_MS);
  }
}
