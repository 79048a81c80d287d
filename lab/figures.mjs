// From what was seen to figures. Plain data in, plain data out.
//
//   a record   {part, site, run, rtt, device, round, views: [{path, ttfb, fcp, lcp, how}], requests, sockets}: one visitor's way
//              through one site; requests and sockets as journal.mjs notes them. Of the part "first" the first view counts, of
//              the part "next" the others.

/// What is measured of a view, in milliseconds.
export const MEASURES = ["ttfb", "fcp", "lcp"];

/// A difference of less than a frame of sixty a second is none.
const FRAME_MS = 1000 / 60;

/// A median is taken to differ from 0 by more than chance where it is so many standard errors away. Some thirty are looked at, and
/// hardly one of them should be off by chance.
const ERRORS = 3;

const round = (value, digits = 1) => (value === null ? null : Number(value.toFixed(digits)));

/// The value below which such a share of the values lie; between two of them it is in proportion. Null where there are none.
export function percentile(values, share) {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return low + (high - low) * (at - Math.floor(at));
}

export const median = (values) => percentile(values, 0.5);

/// How far the median of such values may be off by chance: so many standard errors of it, taken from how far the values lie from
/// their median (the median of that, scaled to a normal distribution), and a frame at least.
export function noise(values) {
  if (values.length < 2) return null;
  const middle = median(values);
  const spread = 1.4826 * median(values.map((value) => Math.abs(value - middle)));
  return Math.max(FRAME_MS, (ERRORS * 1.2533 * spread) / Math.sqrt(values.length));
}

/// What counts of a record's views.
const counted = ({ part, views }) => (part === "first" ? views.slice(0, 1) : views.slice(1));

/// What the sites' pages need: site -> the set of "host path" that was asked for without Headstart, besides pages, whose host
/// differs from one run to the next: it is left out.
export function needs(records) {
  const known = new Map();
  for (const { site, run, requests } of records) {
    if (run !== "nothing") continue;
    if (!known.has(site)) known.set(site, new Set());
    for (const request of requests) if (!request.document) known.get(site).add(name(request, site, run));
  }
  return known;
}

const name = ({ host, path }, site, run) => (host.startsWith(`${site}-${run}.`) ? path : `${host} ${path}`);

/// What was asked for in vain, and what Headstart's own files cost: {wasted, wastedBytes, own, ownBytes, bytes, requests}.
///
/// Each page that was shown needs its document once, and whatever else it needs once, since it stays in the cache. All else was
/// in vain: what no page needs, what came twice, what was fetched ahead of a page that was not shown. Visitors of the part "first"
/// go nowhere, so what was fetched ahead for a next page says nothing there; the other part counts it.
export function waste({ part, site, run, views, requests }, known) {
  const left = new Map();
  for (const { path } of views) left.set(`page ${path}`, (left.get(`page ${path}`) ?? 0) + 1);
  for (const needed of known) left.set(needed, 1);
  const sum = { wasted: 0, wastedBytes: 0, own: 0, ownBytes: 0, bytes: 0, requests: 0 };
  for (const request of requests) {
    sum.requests += 1;
    sum.bytes += request.bytes;
    if (request.path.startsWith("/_headstart/")) {
      sum.own += 1;
      sum.ownBytes += request.bytes;
      continue;
    }
    if (part === "first" && request.purpose) continue;
    const key = request.document ? `page ${request.path}` : name(request, site, run);
    const more = left.get(key) ?? 0;
    left.set(key, more - 1);
    if (more > 0) continue;
    sum.wasted += 1;
    sum.wastedBytes += request.bytes;
  }
  return sum;
}

/// The figures of all cells: of each part, device, round trip, site and run, and of all sites of a part together (site "all").
export function summarize(records) {
  const known = needs(records);
  const cells = new Map();
  for (const record of records) {
    for (const site of [record.site, "all"]) {
      const { part, device, rtt, run } = record;
      const key = JSON.stringify([part, device, rtt, site, run]);
      if (!cells.has(key)) cells.set(key, { part, device, rtt, site, run, records: [] });
      cells.get(key).records.push(record);
    }
  }
  const nothing = ({ part, device, rtt, site }) => cells.get(JSON.stringify([part, device, rtt, site, "nothing"]));
  return [...cells.values()].map((cell) => figures(cell, nothing(cell), known));
}

function figures({ part, device, rtt, site, run, records }, nothing, known) {
  const views = records.flatMap(counted);
  const row = { part, device, rtt, site, run, views: views.length };
  for (const measure of MEASURES) {
    const values = views.map((view) => view[measure]);
    row[measure] = Object.fromEntries([50, 75, 95].map((share) => [`p${share}`, round(percentile(values, share / 100))]));
    const differences = paired(records, nothing?.records ?? [], measure);
    const gain = nothing ? median(nothing.records.flatMap(counted).map((view) => view[measure])) - median(values) : null;
    row[measure].gain = round(gain);
    row[measure].gain_round_trips = gain === null ? null : round(gain / rtt, 2);
    row[measure].noise = round(noise(differences));
  }
  row.ahead = views.filter(({ how }) => how !== "").length;
  const costs = records.map((record) => waste(record, known.get(record.site) ?? new Set()));
  const total = (field) => costs.reduce((sum, cost) => sum + cost[field], 0);
  row.wasted_requests = round(total("wasted") / records.length, 2);
  row.wasted_bytes = Math.round(total("wastedBytes") / records.length);
  row.wasted_share = total("bytes") === 0 ? null : round(total("wastedBytes") / total("bytes"), 4);
  row.own_bytes = Math.round(total("ownBytes") / records.length);
  row.sockets = round(records.reduce((sum, { sockets }) => sum + sockets.length, 0) / records.length, 2);
  return row;
}

/// The differences between views of a run and the same views of another: of the same site, in the same round, by the same click.
function paired(records, others, measure) {
  const same = (a, b) => a.site === b.site && a.round === b.round;
  return records.flatMap((record) => {
    const other = others.find((candidate) => same(candidate, record));
    if (!other) return [];
    const [ours, theirs] = [counted(record), counted(other)];
    return ours.flatMap((view, at) => (theirs[at] ? [view[measure] - theirs[at][measure]] : []));
  });
}
