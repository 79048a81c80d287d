// What is printed of a run: a table of its flows, and each difference with its lines.

const KINDS = ["flow", "page", "cookie", "row", "request", "log"];
const MOST_LINES = 12;
const MOST_CHARACTERS = 400;

/// What is wrong with a run besides what compare.mjs finds: flows that fail without Headstart as well, a run in which nothing
/// was speculated on, or rendered ahead where that was on, and what Headstart itself logged as an error.
export function problems(first, result, { variables }, all) {
  const found = [];
  const put = (flow, what, added) => found.push({ flow, kind: "flow", what, missing: [], added });
  for (const [name, { failed }] of Object.entries(first.flows)) if (failed) put(name, "fails without Headstart too", [failed]);
  const speculative = Object.values(result.flows).flatMap((flow) => flow.speculative);
  if (speculative.length === 0) put("all", "nothing was speculated on", ["no speculative request reached the application"]);
  const rendered = speculative.some((line) => line.includes("prerender"));
  // A part of the flows may have no click between pages that everybody sees.
  if (variables.PRERENDER === "on" && !rendered && (all || result.taught > 0)) put("all", "nothing was rendered ahead", ["no request of a prerender reached the application"]);
  if (result.own.length > 0) put("all", "Headstart logs errors", result.own.map(({ flow, line }) => `${flow}: ${line}`));
  return found;
}

/// The table of a run, its differences, and those that are named, as text.
export function report({ title, run, result, found, named = [] }) {
  const names = Object.keys(result.flows);
  const head = ["flow", "pages", "speculative", "used", ...KINDS, "named"];
  const rows = [...names, "all"].map((name) => {
    const flow = result.flows[name];
    const own = found.filter((difference) => difference.flow === name);
    const numbers = flow ? [flow.visits.length, flow.speculative.length, flow.used] : ["", "", ""];
    return [name, ...numbers, ...KINDS.map((kind) => own.filter((difference) => difference.kind === kind).length || "·"), named.filter((one) => one.flow === name).length || "·"];
  });
  const widths = head.map((_, at) => Math.max(...[head, ...rows].map((row) => String(row[at]).length)));
  const line = (row) => row.map((cell, at) => (at === 0 ? String(cell).padEnd(widths[0]) : String(cell).padStart(widths[at]))).join("  ");
  const said = found.flatMap(({ flow, kind, what, missing, added }) => [
    `  ${flow}: ${kind} ${what}`,
    ...some("without", missing),
    ...some("with   ", added),
  ]);
  return [`\n${title}, ${run}`, line(head), ...rows.map(line), ...said, ...reasons(named)].join("\n");
}

/// What is named, by its reason: in which flows, and an example.
function reasons(named) {
  const entries = [...new Set(named.map(({ entry }) => entry))];
  const told = entries.flatMap((entry) => {
    const met = named.filter((one) => one.entry === entry);
    const flows = [...new Set(met.map(({ flow }) => flow))].join(", ");
    return [`    ${entry.what} ${met[0].what} (${flows}): ${entry.why} [${entry.heading}]`, ...some("  without", met[0].missing.slice(0, 1)), ...some("  with   ", met[0].added.slice(0, 1))];
  });
  return told.length > 0 ? ["  named, and not counted as differences:", ...told] : [];
}

/// What is named, and was met in none of the runs.
export const outdated = (entries) => entries.map(({ what, where, why }) => `  named, but met in no run: ${what} ${where}: ${why}`).join("\n");

function some(side, lines) {
  const shown = lines.slice(0, MOST_LINES).map((text) => `    ${side} ${text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text}`);
  return lines.length > MOST_LINES ? [...shown, `    ${side} … and ${lines.length - MOST_LINES} more`] : shown;
}
