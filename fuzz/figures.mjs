// What a run of the fuzzer says, as data, and as a table: without a process or a file, so that it can be tested.

/// The targets that are wanted, of those that there are: all, or those that are named.
export function wanted(targets, names) {
  const asked = names.split(/[\s,]+/).filter(Boolean);
  for (const name of asked) {
    if (!targets.some((target) => target.name === name)) {
      throw new Error(`there is no target ${name}; there are ${targets.map((target) => target.name).join(", ")}`);
    }
  }
  return asked.length === 0 ? targets : targets.filter((target) => asked.includes(target.name));
}

/// What libFuzzer has logged of a target: how many inputs it has tried, how many edges of the code they have reached, how many of them
/// it has kept, the most memory in MB, and what it has found: the file, and why.
export function read(log) {
  const statistic = (name) => Number(log.match(new RegExp(`^stat::${name}:\\s+(\\d+)`, "m"))?.[1] ?? NaN);
  const progress = [...log.matchAll(/^#(\d+)\s.*?cov: (\d+) ft: \d+ corp: (\d+)\//gm)].at(-1);
  const finding = log.match(/Test unit written to (\S+)/)?.[1];
  const panic = log.match(/panicked at ([^\n]*)\n([^\n]*)/);
  const summary = log.match(/^SUMMARY: libFuzzer: (.*)$/m)?.[1];
  const tried = statistic("number_of_executed_units");
  return {
    tried: Number.isNaN(tried) ? Number(progress?.[1] ?? 0) : tried,
    edges: Number(progress?.[2] ?? 0),
    corpus: Number(progress?.[3] ?? 0),
    memoryMb: Number.isNaN(statistic("peak_rss_mb")) ? null : statistic("peak_rss_mb"),
    finding: finding === undefined ? null : { file: finding, why: panic ? `${panic[1]} ${panic[2]}` : (summary ?? "it ended") },
  };
}

/// The files that are worth keeping, by what libFuzzer's merge has noted of each: the smallest come first there, and each is noted with
/// the edges that none before it has reached. Those with most are kept, as far as there is room.
export function worthKeeping(control, sizeOf, { files, bytes }) {
  const lines = control.split("\n");
  const count = Number(lines[0]);
  const names = lines.slice(2, 2 + count);
  const noted = lines.slice(2 + count).map((line) => line.match(/^COV (\d+)(.*)$/)).filter(Boolean);
  const candidates = noted
    .map(([, number, edges]) => ({ name: names[Number(number)], edges: edges.trim().split(" ").filter(Boolean).length }))
    .filter(({ edges }) => edges > 0)
    .sort((one, other) => other.edges - one.edges || (one.name < other.name ? -1 : 1));
  const kept = [];
  let room = bytes;
  for (const { name } of candidates) {
    const size = sizeOf(name);
    if (kept.length < files && size <= room) {
      kept.push(name);
      room -= size;
    }
  }
  return kept;
}

/// The table that is shown, in Markdown.
export function table(rows) {
  const cells = rows.map((row) => [
    row.target,
    String(row.seconds),
    row.tried.toLocaleString("en-US"),
    row.edges.toLocaleString("en-US"),
    row.corpus.toLocaleString("en-US"),
    row.memoryMb === null ? "" : String(row.memoryMb),
    row.finding === null ? "none" : "1",
  ]);
  const heads = ["Target", "Seconds", "Inputs tried", "Edges", "Corpus", "Memory, MB", "Findings"];
  const widths = heads.map((head, at) => Math.max(head.length, ...cells.map((row) => row[at].length)));
  const line = (row) => `| ${row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]) : cell.padStart(widths[at]))).join(" | ")} |`;
  const rule = `|${widths.map((width, at) => (at === 0 ? "-".repeat(width + 2) : `${"-".repeat(width + 1)}:`)).join("|")}|`;
  return [line(heads), rule, ...cells.map(line)].join("\n");
}

/// The last line of a run.
export function summary(rows) {
  return JSON.stringify({
    targets: rows.length,
    findings: rows.filter((row) => row.finding !== null).length,
    seconds: rows.reduce((sum, row) => sum + row.seconds, 0),
    inputs: rows.reduce((sum, row) => sum + row.tried, 0),
    corpus: rows.reduce((sum, row) => sum + row.corpus, 0),
  });
}
