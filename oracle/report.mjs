// The tables that `make oracle` prints.

import { ANONYMOUS } from "./requests.mjs";

/// How much is listed of what was missed and wasted on a page, unless all of it is asked for.
const MAX_LISTED = 2;
const MAX_NAME = 34;
const MAX_ADDRESS = 100;

const RULES = [
  ["ours", "Headstart"],
  ["modPagespeed", "mod_pagespeed"],
  ["wpRocket", "WP Rocket"],
];

/// Text on one line, whatever it was, and at most `max` characters of it.
export function printable(text, max = Infinity) {
  const characters = [...text.trim().replace(/\s+/g, " ").replace(/\p{C}/gu, "\ufffd")];
  return characters.length > max ? `${characters.slice(0, max - 1).join("")}…` : characters.join("");
}

/// One line for each page: what Headstart hinted, what of that was connected to, and how many of the top pairs it has; or
/// why it could not be measured.
export function pageTable(pages, verbose) {
  const rows = pages.map(({ name, why, left, comparisons }) => {
    const shown = printable(name, MAX_NAME);
    if (why !== undefined) return [shown, "-", "-", "-", "-", `not measured: ${why}`];
    const { ours } = comparisons;
    const notes = [
      note("missed", ours.missed, verbose),
      note("wasted", ours.wasted, verbose),
      left ? `went on to ${printable(left, MAX_ADDRESS)}` : "",
    ];
    return [shown, ours.preconnects, ours.connected, ours.top, ours.covered, notes.filter(Boolean).join("; ")];
  });
  return table(["page", "hints", "connected", "top 3", "covered", ""], rows);
}

function note(what, entries, verbose) {
  if (entries.length === 0) return "";
  const listed = entries.slice(0, verbose ? entries.length : MAX_LISTED).map(show);
  if (listed.length < entries.length) listed.push(`${entries.length - listed.length} more`);
  return `${what} ${listed.join(", ")}`;
}

function show({ origin, pool }) {
  return origin.replace("https://", "") + (pool === ANONYMOUS ? " (anonymous)" : "");
}

/// One line for each rule.
export function summaryTable(summaries) {
  const rows = RULES.map(([key, name]) => {
    const summary = summaries[key];
    return [
      name,
      summary.preconnects,
      percent(summary.preconnect_precision),
      percent(summary.top3_coverage),
      percent(summary.top3_coverage_without_own),
      percent(summary.top3_named),
      summary.hinted_names,
      percent(summary.hinted_names_used),
    ];
  });
  const header = ["", "preconnects", "connected", "top 3 covered", "without own", "top 3 named", "hosts named", "used"];
  return table(header, rows);
}

function percent(share) {
  return share === null ? "-" : `${(share * 100).toFixed(1)} %`;
}

/// Columns side by side: the first one and the last one without a header to the left, numbers to the right.
function table(header, rows) {
  const widths = header.map((title, at) => Math.max(title.length, ...rows.map((row) => String(row[at]).length)));
  const line = (row) =>
    row
      .map((cell, at) => (at === 0 || header[at] === "" ? String(cell).padEnd(widths[at]) : String(cell).padStart(widths[at])))
      .join("  ")
      .trimEnd();
  return [header, ...rows].map(line).join("\n");
}
