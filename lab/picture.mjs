// The figures as a picture: an SVG that is light or dark as the reader's system is.

import { FIRST, NEXT } from "./runs.mjs";
import { SITES } from "./sites.mjs";

const WIDTH = 880;
const LABELS = 190;
const VALUE = 96;
const GAP = 28;
const ROW = 15;
const BAR = 9;
const MARGIN = 16;

const NAMES = { text: "Text", shop: "Shop, picture behind CSS", "shop-lazy": "Shop, loading=lazy", news: "Newspaper, web font", docs: "Documentation", desktop: "With a mouse", touch: "With touch" };

const STYLE = `text { font: 11px system-ui, sans-serif; fill: #24292f; }
.title { font-weight: 600; font-size: 13px; } .group { font-weight: 600; } .quiet, .axis { fill: #57606a; } .axis { font-size: 10px; }
.paper { fill: #fff; } .bar { fill: #2f6fd0; } .nothing { fill: #a8b0b9; } .range { stroke: #24292f; stroke-width: 1; opacity: .55; } .line { stroke: #d0d7de; stroke-width: 1; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; } .quiet, .axis { fill: #9198a1; }
.paper { fill: #0d1117; } .bar { fill: #5c9dff; } .nothing { fill: #6e7681; } .range { stroke: #e6edf3; } .line { stroke: #30363d; }
}`;

const escape = (text) => String(text).replace(/[&<>"]/g, (letter) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[letter]);
const at = (value) => Number(value.toFixed(1));
const text = (x, y, words, kind = "", anchor = "start") => `<text x="${at(x)}" y="${at(y)}" class="${kind}" text-anchor="${anchor}">${escape(words)}</text>`;

/// A round number at or above a value.
export function scale(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 2.5, 5, 10].map((step) => step * power).find((top) => top >= value);
}

/// Draws what make lab has measured: LCP of first views and TTFB of next pages, bars to the median and lines to p95, for each
/// round trip.
export function picture({ rows, rounds, think }) {
  const rtts = [...new Set(rows.map(({ rtt }) => rtt))].sort((a, b) => a - b);
  const first = rows.filter(({ part, site }) => part === "first" && site !== "all");
  const next = rows.filter(({ part, site }) => part === "next" && site === "all");
  const panels = [];
  if (first.length > 0) panels.push(panel("First views: largest contentful paint, ms", "lcp", rtts, groups(first, "site", SITES, FIRST)));
  if (next.length > 0) panels.push(panel("Next pages: time to first byte after the click, ms", "ttfb", rtts, groups(next, "device", ["desktop", "touch"], NEXT)));
  let y = MARGIN;
  const drawn = panels.map((draw) => {
    const { height, parts } = draw(y);
    y += height + GAP;
    return parts.join("\n");
  });
  const views = Math.min(...[...first, ...next].map((row) => row.views));
  const note = `Bars: median; lines: to the 95th percentile. The origin thinks ${think} ms; ${rounds} rounds, at least ${views} views each. make lab`;
  const height = y + MARGIN;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
<title>What Headstart is worth, measured by make lab</title>
<style>${STYLE}</style>
<rect class="paper" width="${WIDTH}" height="${height}"/>
${drawn.join("\n")}
${text(MARGIN, y + 2, note, "quiet")}
</svg>
`;
}

/// Rows of a panel: [{name, runs: [{title, run, of: rtt -> row}]}], in the order in which sites and runs stand in their tables.
function groups(rows, field, order, table) {
  return order
    .filter((name) => rows.some((row) => row[field] === name))
    .map((name) => ({
      name: NAMES[name] ?? name,
      runs: Object.keys(table).flatMap((run) => {
        const found = rows.filter((row) => row[field] === name && row.run === run);
        return found.length === 0 ? [] : [{ title: table[run].title, run, of: new Map(found.map((row) => [row.rtt, row])) }];
      }),
    }));
}

const panel = (title, measure, rtts, groups) => (top) => {
  const width = (WIDTH - 2 * MARGIN - LABELS - (rtts.length - 1) * GAP) / rtts.length;
  const largest = Math.max(...groups.flatMap(({ runs }) => runs.flatMap(({ of }) => [...of.values()].map((row) => row[measure].p95))));
  const end = scale(Math.max(largest, 1));
  const parts = [text(MARGIN, top + 12, title, "title")];
  let y = top + 34;
  const left = (column) => MARGIN + LABELS + column * (width + GAP);
  const x = (column, value) => left(column) + (value / end) * (width - VALUE);
  rtts.forEach((rtt, column) => parts.push(text(left(column), y - 6, `${rtt} ms round trips`, "quiet")));
  const body = y + 4;
  for (const { name, runs } of groups) {
    y += ROW + 4;
    parts.push(text(MARGIN, y, name, "group"));
    for (const { title, run, of } of runs) {
      y += ROW;
      parts.push(text(MARGIN + 10, y, title));
      rtts.forEach((rtt, column) => {
        const row = of.get(rtt);
        if (!row) return;
        const { p50, p95, gain_round_trips: trips } = row[measure];
        const middle = y - 4;
        parts.push(`<rect class="bar ${run === "nothing" ? "nothing" : ""}" x="${at(x(column, 0))}" y="${at(middle - BAR / 2)}" width="${at(Math.max(1, x(column, p50) - x(column, 0)))}" height="${BAR}" rx="1"/>`);
        if (p95 > p50) parts.push(`<line class="range" x1="${at(x(column, p50))}" x2="${at(x(column, p95))}" y1="${middle}" y2="${middle}"/>`);
        const gain = run === "nothing" ? "" : ` (${trips > 0 ? "−" : trips < 0 ? "+" : "±"}${Math.abs(trips).toFixed(1)} RTT)`;
        parts.push(text(x(column, Math.max(p95, p50)) + 5, y, `${Math.round(p50)}${gain}`));
      });
    }
  }
  rtts.forEach((_, column) => parts.push(`<line class="line" x1="${at(x(column, 0))}" x2="${at(x(column, 0))}" y1="${body}" y2="${y + 4}"/>`));
  return { height: y + 4 - top, parts };
};
