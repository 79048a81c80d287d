// What was hinted beside what the browser did: figures for one page, and for many. Plain data in, plain data out.
//
//   a pair   { origin, pool, high }: a third-party origin that was connected to, the pool, and how many of the requests
//            had priority High or above; in the order in which they were first used
//   a hint   { origin, pool }: a preconnect into that pool; pool null: only a lookup of the name (dns-prefetch)

import { ANONYMOUS, CREDENTIALED } from "./requests.mjs";

/// How many of a page's pairs should be hinted.
const TOP = 3;

/// Reads a hint as it is emitted: the origin, and the parameters behind it: `preconnect`, `preconnect; crossorigin`,
/// `dns-prefetch`.
export function readHint([origin, parameters]) {
  const [rel, ...attributes] = parameters.split(";").map((part) => part.trim().toLowerCase());
  const crossorigin = attributes.find((attribute) => /^crossorigin(=|$)/.test(attribute));
  if (rel !== "preconnect" && rel !== "dns-prefetch") throw new Error(`"${parameters}" is no hint that is known here`);
  return { origin: new URL(origin).origin, pool: rel === "preconnect" ? poolOf(crossorigin) : null };
}

function poolOf(crossorigin) {
  return crossorigin === undefined || crossorigin.includes("use-credentials") ? CREDENTIALED : ANONYMOUS;
}

/// The pairs that matter most on a page: by the number of urgent requests, equals in the order of their first use.
export function topPairs(pairs) {
  return pairs
    .filter(({ high }) => high > 0)
    .sort((a, b) => b.high - a.high)
    .slice(0, TOP);
}

/// Compares one page. `own` are the hints in the page's own markup, which need not be given again; `frames` are the
/// origins of documents in frames, for which looking the name up is right and connecting is not.
export function compare({ pairs, frames }, hints, own) {
  const preconnects = hints.filter(({ pool }) => pool !== null);
  const wasted = preconnects.filter((hint) => !includes(pairs, hint));
  const top = topPairs(pairs);
  const missed = top.filter((pair) => !includes(hints, pair) && !includes(own, pair));
  const rest = top.filter((pair) => !includes(own, pair));

  // Names are looked up for a host, whatever the scheme, port and pool.
  const used = new Set([...pairs.map(hostOf), ...frames.map((origin) => hostOf({ origin }))]);
  const hinted = new Set(hints.map(hostOf));
  const known = new Set([...hinted, ...own.map(hostOf)]);
  return {
    preconnects: preconnects.length,
    connected: preconnects.length - wasted.length,
    wasted,
    top: top.length,
    covered: top.length - missed.length,
    missed,
    rest: rest.length,
    restCovered: rest.length - missed.length,
    topNamed: top.filter((pair) => known.has(hostOf(pair))).length,
    names: hinted.size,
    namesUsed: [...hinted].filter((host) => used.has(host)).length,
  };
}

function includes(list, { origin, pool }) {
  return list.some((other) => other.origin === origin && other.pool === pool);
}

function hostOf({ origin }) {
  return new URL(origin).hostname;
}

/// Adds pages up. Shares are of all entries of all pages, null where there are none.
export function summarize(comparisons) {
  const sum = (field) => comparisons.reduce((total, comparison) => total + comparison[field], 0);
  const share = (part, whole) => (sum(whole) === 0 ? null : Math.round((sum(part) / sum(whole)) * 10_000) / 10_000);
  return {
    preconnects: sum("preconnects"),
    preconnect_precision: share("connected", "preconnects"),
    top3_pairs: sum("top"),
    top3_coverage: share("covered", "top"),
    top3_coverage_without_own: share("restCovered", "rest"),
    top3_named: share("topNamed", "top"),
    hinted_names: sum("names"),
    hinted_names_used: share("namesUsed", "names"),
  };
}
