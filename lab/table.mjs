// The figures as tables for a terminal.

import { FIRST, NEXT } from "./runs.mjs";

const ms = (value) => (value === null || value === undefined ? "–" : String(Math.round(value)));
const percentiles = ({ p50, p75, p95 }) => [ms(p50), ms(p75), ms(p95)];
const signed = (value, digits = 0) => (value === null || value === undefined ? "–" : `${value > 0 ? "+" : ""}${value.toFixed(digits)}`);

/// Columns as wide as their widest cell; the first `names` of them are words, which begin at the left.
export function columns(rows, names) {
  const widths = rows[0].map((_, at) => Math.max(...rows.map((row) => row[at].length)));
  return rows.map((row) => row.map((cell, at) => (at < names ? cell.padEnd(widths[at]) : cell.padStart(widths[at]))).join("  ").trimEnd()).join("\n");
}

const HEAD = ["TTFB p50", "p75", "p95", "FCP p50", "p75", "p95", "LCP p50", "p75", "p95", "gain", "RTTs", "noise"];

const cells = (row, measure) => [
  ...percentiles(row.ttfb),
  ...percentiles(row.fcp),
  ...percentiles(row.lcp),
  signed(row[measure].gain),
  signed(row[measure].gain_round_trips, 1),
  ms(row[measure].noise),
];

/// All that is said at the end, before the line of JSON.
export function report({ rows, not_offered: not, conditions, failing, failed, rounds, think, seconds }) {
  const parts = [];
  const order = (table, run) => Object.keys(table).indexOf(run);
  const first = rows.filter(({ part, site }) => part === "first" && site !== "all");
  for (const rtt of [...new Set(first.map((row) => row.rtt))].sort((a, b) => a - b)) {
    const chosen = first.filter((row) => row.rtt === rtt).sort((a, b) => a.site.localeCompare(b.site) || order(FIRST, a.run) - order(FIRST, b.run));
    const body = chosen.map((row) => [row.site, FIRST[row.run].title, String(row.views), ...cells(row, "lcp"), String(row.wasted_requests), String(row.wasted_bytes)]);
    parts.push(`First views, ${rtt} ms round trips; gain is LCP's\n${columns([["page", "run", "views", ...HEAD, "wasted", "bytes"], ...body], 2)}`);
  }
  const next = rows.filter(({ part, site }) => part === "next" && site === "all");
  for (const rtt of [...new Set(next.map((row) => row.rtt))].sort((a, b) => a - b)) {
    const chosen = next.filter((row) => row.rtt === rtt).sort((a, b) => a.device.localeCompare(b.device) || order(NEXT, a.run) - order(NEXT, b.run));
    const body = chosen.map((row) => [row.device, NEXT[row.run].title, String(row.views), String(row.ahead), ...cells(row, "ttfb"), String(row.wasted_requests), String(row.wasted_bytes)]);
    parts.push(`Next pages, ${rtt} ms round trips; gain is TTFB's; wasted is for each visitor\n${columns([["device", "run", "views", "ahead", ...HEAD, "wasted", "bytes"], ...body], 2)}`);
  }
  const words = { true: "holds", false: "does not hold", null: "was not measured" };
  for (const [run, why] of Object.entries(not)) parts.push(`${run}: ${why}`);
  parts.push(Object.entries(conditions).map(([name, held]) => `${name}: ${words[held]}`).join("\n"));
  if (failing.length > 0) parts.push(failing.join("\n"));
  parts.push(`${rounds} rounds, the origin thinks ${think} ms, ${seconds} s; ${failed} visitors failed`);
  return `${parts.join("\n\n")}\n`;
}
