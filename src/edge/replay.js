// Replays decisions. Nothing is decided here: wasm decides, and for a short while its decision is replayed for requests
// that ask the same.
//
// Why: entering wasm, and awaiting a promise in it, costs about half of what a plain pass-through costs altogether. The
// decision about a plain visit follows from its path, the media type of the answer, its Content-Security-Policy, and
// whether the answer has a Link or Speculation-Rules header of its own; and, where next pages were learned, from whether
// the visitor has a session. So wasm leaves its decision here, keyed by the
// URL without its query, and as long as all of these are the same a view needs no wasm at all. Nor may the answer to a
// browser set a cookie, which may change what its visitor is shown next.

import {
  append,
  count_view,
  decisions,
  finishOpen,
  hasSession,
  isMarked,
  keyOf,
  mayAct,
  mayChange,
  note,
  send,
  withSession,
  withoutNonces,
} from "./glue.js";

/// Whether hints that one policy lets through are let through by another: when they differ in their nonces alone.
const isSamePolicy = (csp, known) => csp === known || (csp !== null && known !== null && withoutNonces(csp) === known);

/// Answers a plain visit by a decision that still holds; undefined where there is none.
export function replay(request, env, context) {
  const { url } = request;
  let decision = decisions.get(keyOf(url));
  if (decision?.bySession && hasSession(request.headers.get("cookie"))) {
    decision = decisions.get(withSession(keyOf(url)));
  }
  // What was said of inert parameters was said of a URL without any.
  if (decision?.isBare && url.includes("?")) return undefined;
  if (decision === undefined || request.method !== "GET" || Date.now() >= decision.until) return undefined;
  if (isMarked(request.headers) || mayAct(request)) return undefined;
  return send(request, env, decision, url).then(
    (response) => {
      const { headers } = response;
      const isSame =
        !mayChange(request, response) &&
        headers.get("content-type") === decision.type &&
        (!decision.isPage || response.status === 200) &&
        (!decision.isBare || headers.get("no-vary-search") === null) &&
        (decision.text === "" ||
          (response.status === 200 && headers.get("link") === null && headers.get("speculation-rules") === null)) &&
        (!decision.isPage || isSamePolicy(headers.get("content-security-policy"), decision.csp));
      if (isSame) {
        if (decision.isPage) {
          decision.served += 1;
          count_view();
          note(request, response, url, decision.at);
        }
        return decision.text === "" ? response : append(response, decision.lines);
      }
      return finishOpen(request, response, undefined, env, context);
    },
    (error) => finishOpen(request, undefined, error, env, context),
  );
}
