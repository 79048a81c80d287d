// Whether an answer is right: what the origin gave, or what is documented in place of it.

import { gzipSync } from "node:zlib";
import { ORIGIN_FAULTS, STATUSES, answerOf } from "./site.mjs";

/// What Headstart puts into pages: a script of its own, what stands in for it where there are no scripts, and what takes either out
/// again (src/plan/beacon_tag.rs).
const REMOVER = String.raw`{let e=document.currentScript,o=e.previousSibling;/\/_headstart\/[^*]/.test(o&&o.outerHTML)&&o.remove();e.remove()}`;
const OUR_TAGS = new RegExp(
  "(?:<noscript>(?:(?!</noscript>).)*/_headstart/(?:(?!</noscript>).)*</noscript>|<script[^>]*/_headstart/[^>]*></script>)" +
    `(?:<script[^>]*>${REMOVER.replace(/[^\w]/g, "\\$&")}</script>)?`,
  "gs",
);

/// A refusal of a speculation, as docs/operating.md has it.
export const isRefusal = ({ status, headers }) => status === 503 && headers["headstart-refused"] !== undefined;

/// What is wrong with an answer to a request that is passed on; undefined where nothing is. `fault` is the origin's, if it met one, and
/// `by` is "headstart" or "plain".
export function judge(request, fault, answer, by) {
  const { method, target, fields, body: sent, kind } = request;
  const isAhead = fields["sec-purpose"] !== undefined;
  // What a plain Worker throws, workerd answers with a 500, or with nothing.
  if (by === "plain" && ORIGIN_FAULTS[fault] === "no-origin" && answer.failed !== undefined) return undefined;
  if (answer.failed !== undefined) return `no answer: ${answer.failed}`;
  const { status, headers, body, isComplete } = answer;
  const expected = answerOf(method, target, fields, sent);
  const isEmpty = expected.status === 304;
  const becomes = fault === undefined ? "same" : ORIGIN_FAULTS[fault] === "broken" && isEmpty ? "same" : ORIGIN_FAULTS[fault];
  if (by === "headstart" && isAhead) {
    if (isRefusal(answer)) return headers["set-cookie"] === undefined ? undefined : "a refusal sets cookies";
    if (headers["set-cookie"] !== undefined) return "a guess sets cookies";
  }
  if (becomes === "no-origin") {
    if (by === "plain") return status === 500 ? undefined : `a plain Worker gives ${status} without an origin`;
    // Nobody can tell a visitor who has left in the middle of a body from an origin that has.
    const isTold = (cause) => status === 502 && body.toString().startsWith(cause);
    return isTold("the origin cannot be reached: ") || (sent !== undefined && isTold("a visitor, or the origin, broke off while a body was sent: "))
      ? undefined
      : `${status} without an origin: ${body}`;
  }
  const wanted = STATUSES[fault] ?? expected.status;
  if (status !== wanted) return `${status}, not ${wanted}${headers["headstart-refused"] ? `: ${headers["headstart-refused"]}` : ""}`;
  if (headers["x-origin"] !== "yes") return "a field of the origin is missing";
  if (!isAhead && !isSame(headers["set-cookie"] ?? [], expected.headers.filter(([name]) => name === "Set-Cookie").map(([, value]) => value))) return "other cookies";
  // What Headstart reads whole before it is shown it may also have decoded, and refused.
  if (kind === "prerender") return isComplete || becomes === "broken" || fault?.includes("gzip") ? undefined : "it breaks off";
  if (isEmpty) return body.length === 0 ? undefined : "a body where there is none";
  const given = by === "headstart" ? withoutOurs(body) : body;
  if (becomes === "broken") {
    // Of a chunk that is cut, workerd makes the end of the body.
    if (isComplete && fault !== "half-chunk") return "it ends as if it were whole";
    return given.equals(expected.body.subarray(0, given.length)) ? undefined : "other bytes, of a body that breaks off";
  }
  // A page that is edited is decoded by the platform, and a lie about its coding ends it.
  const isDecoded = fault?.includes("gzip") && by === "headstart" && headers["content-encoding"] === undefined;
  if (isDecoded) return given.equals(expected.body.subarray(0, given.length)) ? undefined : "other bytes, of a page that is decoded";
  if (!isComplete) return "it breaks off";
  const bytes = fault === "half-gzip" ? half(gzipSync(expected.body)) : expected.body;
  return given.equals(bytes) ? undefined : `other bytes: ${given.length}, not ${bytes.length}`;
}

const half = (bytes) => bytes.subarray(0, bytes.length >> 1);

const isSame = (one, other) => one.length === other.length && one.every((line, at) => line === other[at]);

/// A page without what Headstart has put into it.
function withoutOurs(body) {
  if (!body.includes("/_headstart/")) return body;
  return Buffer.from(body.toString("latin1").replace(OUR_TAGS, ""), "latin1");
}

/// What is wrong with an answer of Headstart's own; undefined where nothing is. `isCalm` says that nothing fails meanwhile, nor has
/// lately.
export function judgeOwn({ kind, method }, answer, isCalm) {
  if (answer.failed !== undefined) return `no answer: ${answer.failed}`;
  const { status, headers, body, isComplete } = answer;
  if (!isComplete) return "it breaks off";
  const isJson = () => {
    try {
      return typeof JSON.parse(body.toString()) === "object";
    } catch {
      return false;
    }
  };
  switch (kind) {
    case "rules":
      return status === 200 && isJson() ? undefined : `${status}`;
    case "report":
      return status === 200 && isJson() ? undefined : `${status}`;
    case "beacon":
      // Too many at once are not taken in.
      return [204, 429].includes(status) ? undefined : `${status}`;
    case "health":
      return isJson() && (status === 200 || status === 503) ? undefined : `${status}`;
    case "activation": {
      if (method === "GET") return status === 200 && isJson() ? undefined : `${status} for a rules file with a ticket`;
      const documented = isCalm ? [204, 409] : [204, 403, 409, 503];
      return documented.includes(status) ? undefined : `${status} for a ticket${headers["headstart-refused"] ?? ""}`;
    }
    default:
      return `nobody knows what ${kind} is`;
  }
}

/// What is wrong with how often the origin counted a visit that was deferred and then activated: once where all was calm, and at most
/// once otherwise. That is what `EFFECT_PATHS` promises.
export function judgeCount(times, isCalm) {
  if (times > 1) return `counted ${times} times`;
  return isCalm && times === 0 ? "lost, though nothing has failed" : undefined;
}
