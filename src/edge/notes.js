// What is noted of views that fast_path.js has answered, until wasm takes it; and who a request comes from.

import { hasSession } from "./host.js";
import { decisions, keyOf, rules, withSession } from "./kept_decisions.js";

// The page views that this isolate has served.
let views = 0;

/// Counts a page view, replayed or not.
export function count_view() {
  views += 1;
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
  const field = cf ? "cf-connecting-ip" : rules().note?.address;
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
  const { navigation, asked, answered } = rules().note;
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
