// What happens to a request before and after wasm. Nothing is decided here: wasm decides, and for a short while its
// decision is replayed for requests that ask the same.
//
// Why: entering wasm, and awaiting a promise in it, costs about half of what a plain pass-through costs altogether. The
// decision about a plain visit follows from its path, the media type of the answer, and whether the answer has a Link or
// Speculation-Rules header of its own. So wasm leaves its decision here, keyed by the URL without its query, and as long
// as all of these are the same a view needs no wasm at all.

/// How long a decision may be replayed, in milliseconds. What a learner publishes shows that much later, and a busy page
/// is looked at by wasm that often, which is when views are chosen for learning.
const REPLAY_MS = 2000;

/// The most decisions that are kept, and the longest key.
const MAX_DECISIONS = 1000;
const MAX_KEY = 1000;

const decisions = new Map();

// wasm's part after the origin has answered; anew with each instance.
let finish;

/// Called by each new instance of wasm.
export function install(callback) {
  finish = callback;
  decisions.clear();
}

const keyOf = (url) => {
  const query = url.indexOf("?");
  return query < 0 ? url : url.slice(0, query);
};

/// Where a URL's path begins.
const pathAt = (url) => url.indexOf("/", url.indexOf("//") + 2);

/// Asks the origin: another server by its scheme, host and port, a binding by its name, or the request as it is.
export function ask(request, env, binding, server) {
  const { url } = request;
  return send(request, env, { binding, server, at: pathAt(url) }, url);
}

function send(request, env, { binding, server, at }, url) {
  // Path and query stay byte for byte.
  if (server !== undefined) return fetch(server + url.slice(at), request);
  return binding === undefined ? fetch(request) : env[binding].fetch(request);
}

/// Lets wasm finish when the origin has answered, or has failed to.
export function settle(asked, request, env, context) {
  return asked.then(
    (response) => finishOpen(request, response, undefined, env, context),
    (error) => finishOpen(request, undefined, error, env, context),
  );
}

/// Lets wasm finish; should it fail, a real visit gets the origin's response as it is, and a speculation is refused.
function finishOpen(request, response, error, env, context) {
  try {
    return finish(request, response, error, env, context);
  } catch (failure) {
    console.error(`Headstart: ${failure}`);
    if (response === undefined) throw error;
    if (!isMarked(request.headers) && !response.bodyUsed) return response;
    return new Response(null, { status: 503, headers: { "Cache-Control": "no-store", Vary: "Sec-Purpose" } });
  }
}

/// Whether a header marks a speculation.
const isMarked = (headers) =>
  headers.get("sec-purpose") !== null ||
  headers.get("purpose") !== null ||
  headers.get("x-moz") !== null ||
  headers.get("x-purpose") !== null;

/// Keeps a decision about plain visits: these lines are appended (name and value in turns), or none, to an answer of
/// this media type.
export function remember(url, type, text, binding, server) {
  const key = keyOf(url);
  if (key.length > MAX_KEY) return;
  if (decisions.size >= MAX_DECISIONS) decisions.clear();
  const lines = text.split("\n");
  decisions.set(key, { until: Date.now() + REPLAY_MS, type, text, lines, binding, server, at: pathAt(url) });
}

/// Answers a plain visit by a decision that still holds; undefined where there is none.
export function replay(request, env, context) {
  const { url } = request;
  const decision = decisions.get(keyOf(url));
  if (decision === undefined || request.method !== "GET" || Date.now() >= decision.until) return undefined;
  if (isMarked(request.headers)) return undefined;
  return send(request, env, decision, url).then(
    (response) => {
      const { headers } = response;
      if (headers.get("content-type") === decision.type) {
        if (decision.text === "") return response;
        if (response.status === 200 && headers.get("link") === null && headers.get("speculation-rules") === null) {
          return append(response, decision.lines);
        }
      }
      return finishOpen(request, response, undefined, env, context);
    },
    (error) => finishOpen(request, undefined, error, env, context),
  );
}

/// The response, its body untouched, with these header lines appended: name and value in turns.
export function with_lines(response, text) {
  return append(response, text.split("\n"));
}

function append(response, lines) {
  const edited = new Response(response.body, response);
  const { headers } = edited;
  for (let at = 0; at + 1 < lines.length; at += 2) headers.append(lines[at], lines[at + 1]);
  return edited;
}
