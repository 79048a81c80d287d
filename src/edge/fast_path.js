// Answers plain views by decisions that still hold, without entering wasm. Nothing is decided here: wasm has said under which
// conditions an answer gets which header lines (src/plan/replay.rs, which says why), and the request and its answer are
// compared with them.

import { append, asItCame, finishOpen, hasSession, noteAsked } from "./host.js";
import { decisions, isHeldBack, isMarked, isOver, keyOf, rules, withSession } from "./kept_decisions.js";
import { count_view, note } from "./notes.js";
import { send } from "./origin.js";
import { editedByDecision } from "./rewriting.js";

/// Whether all of an exclusion applies. An answer that is not there has no fields.
const applies = ({ has_query, request, absent, answer }, url, asked, answered) =>
  (!has_query || url.includes("?")) &&
  request.every(([name, value]) => {
    const said = asked.get(name);
    return said !== null && (value === null || said === value);
  }) &&
  absent.every((name) => asked.get(name) === null) &&
  answer.every((name) => answered.get(name) !== null);

/// Whether a service worker asks for a part of a page while a browser navigates.
const isForPart = ({ field, whole }, headers) => (headers.get(field) ?? whole) !== whole;

/// Whether a decision may be replayed for a request, before its answer is there.
export function fitsRequest({ is_bare, is_view, into_head }, { method, url, headers }, { marks, by_script, requests, documents }) {
  const mode = headers.get(by_script.mode);
  return (
    method === "GET" &&
    !(is_bare && url.includes("?")) &&
    !(is_view && mode !== null && mode !== by_script.navigation) &&
    !isMarked(headers, marks) &&
    (by_script.by_browser.includes(mode) || !isMarked(headers, by_script.marks)) &&
    !isForPart(by_script.part, headers) &&
    (into_head === undefined || documents.every(([name, said]) => said.includes(headers.get(name)))) &&
    !requests.some((exclusion) => applies(exclusion, url, headers, undefined))
  );
}

/// Whether it may be replayed for an answer to a request that fits.
export function fitsAnswer({ media_type, status, absent, policy, into_head }, { url, headers }, answered, { exchanges, nonce }) {
  return (
    !exchanges.some((exclusion) => applies(exclusion, url, headers, answered.headers)) &&
    answered.headers.get("content-type") === media_type &&
    (status === undefined || answered.status === status) &&
    !absent.some((name) => answered.headers.get(name) !== null) &&
    (policy === undefined || areSamePolicies(policy, answered.headers, nonce)) &&
    (into_head === undefined || isSameForEdit(into_head, answered.headers, nonce))
  );
}

/// The fields of a page's policies: those that are enforced, and those that only report.
const POLICIES = ["content-security-policy", "content-security-policy-report-only"];

/// Whether an answer has the policies that the decision was made about.
const areSamePolicies = ({ text, observed, same }, headers, nonce) =>
  isSamePolicy(headers.get(POLICIES[0]), text, nonce) && isSamePolicy(headers.get(POLICIES[1]), observed, nonce) && areSame(same, headers);

/// Whether fields of an answer say this, to the letter.
const areSame = (same, headers) => same.every(([name, value]) => headers.get(name) === value);

/// Whether two policies are the same but for their nonces; the known one has none any more.
const isSamePolicy = (csp, known, [nonce, noNonce]) =>
  csp === known || (csp !== null && known !== null && csp.replace(nonce, noNonce) === known);

/// Whether an answer may be edited as the one that the decision was made about.
const isSameForEdit = ({ pieces, same }, headers, nonce) =>
  areSame(same, headers) && (pieces.length === 1 || nonceOf(headers, nonce) !== undefined);

/// The nonce of an answer's policies; undefined where they have none, or more than one, or what is none by the standard.
function nonceOf(headers, [pattern, , value]) {
  const policies = POLICIES.map((name) => headers.get(name) ?? "");
  const nonces = policies.join(", ").match(pattern)?.map((found) => found.slice("'nonce-".length, -1));
  return nonces?.every((found) => found === nonces[0]) && value.test(nonces[0]) ? nonces[0] : undefined;
}

const encoder = new TextEncoder();

/// The HTML that a decision puts into the head of a page, as bytes. Without a nonce it is the same for all.
function htmlOf(decision, headers) {
  const { pieces } = decision.into_head;
  if (pieces.length === 1) return (decision.html ??= encoder.encode(pieces[0]));
  return encoder.encode(pieces.join(nonceOf(headers, rules().nonce)));
}

/// Answers a plain view by a decision that still holds; undefined where there is none.
export function replay(request, env, context) {
  const { url } = request;
  const key = keyOf(url);
  let decision = decisions.get(key);
  const session = decision?.has_session === undefined ? undefined : hasSession(request.headers.get("cookie"));
  if (session) decision = decisions.get(withSession(key));
  if (decision === undefined || isHeldBack(key) || isOver(decision) || !fitsRequest(decision, request, rules())) return undefined;
  return noteAsked(request, send(request, env, decision.at)).then(
    (response) => {
      try {
        if (!fitsAnswer(decision, request, response, rules())) return finishOpen(request, response, undefined, env, context);
        if (decision.is_view) {
          decision.served += 1;
          count_view();
          note(request, response, url, decision.at, session);
        }
        const { into_head, lines } = decision;
        if (into_head !== undefined && response.body !== null) {
          const edited = editedByDecision(response, htmlOf(decision, response.headers), into_head.charset, lines, context);
          return edited instanceof Promise ? edited.catch((failure) => asItCame(response, failure)) : edited;
        }
        return lines.length === 0 ? response : append(response, lines);
      } catch (failure) {
        return asItCame(response, failure);
      }
    },
    (error) => finishOpen(request, undefined, error, env, context),
  );
}
