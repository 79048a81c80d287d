// What differs between a run with Headstart and the run without it.
//
// The run without it is done twice. What differs between those two differs by itself: dates, tokens, numbers of sessions.
// It is compared by its shape (digits, tokens masked), or where not even that is the same, only counted. Everything that is
// the same twice must be the same once more.

import { apart, without } from "./named.mjs";

const MONTH = "(?:Jan(?:uary|\\.)?|Feb(?:ruary|\\.)?|Mar(?:ch|\\.)?|Apr(?:il|\\.)?|May|June?|July?|Aug(?:ust|\\.)?|Sept?(?:ember|\\.)?|Oct(?:ober|\\.)?|Nov(?:ember|\\.)?|Dec(?:ember|\\.)?)";

/// What tells the time, which is another one in each run.
const CLOCK = [
  /\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?\s?(Z|[+-]\d\d:?\d\d)?/g,
  /\b\d{4}-\d\d-\d\d\b/g,
  new RegExp(`\\b\\d{1,2}(?:st|nd|rd|th)? ${MONTH},? \\d{4}`, "g"),
  new RegExp(`\\b${MONTH} \\d{1,2},? \\d{4}`, "g"),
  /\b\d{1,2}:\d\d(:\d\d)?(\s?[ap]\.?m\b\.?)?/gi,
  /\b\d{1,2} [ap]\.m\./gi,
  /\b20[2-9]\d(0\d|1[0-2])\d{8}\b/g,
  /\b1[789]\d{8}(\d{3})?(\.\d+)?\b/g,
  /\b(\d+|an?|less than an?) (seconds?|secs?|minutes?|mins?)\b/gi,
];

/// A text without what tells the time.
export const timeless = (text) => CLOCK.reduce((rest, pattern) => rest.replace(pattern, "⏲"), String(text));

/// A token that has no digit by chance.
const HUMPS = /^(?=.{24})(?:.*[a-z][A-Z]){4}/;

/// A text without tokens and numbers either.
export function shape(text) {
  return timeless(text)
    .replace(/[A-Za-z0-9+/_=:$.%-]{12,}/g, (word) => ((/\d/.test(word) && /[A-Za-z]/.test(word)) || HUMPS.test(word) ? "~" : word))
    .replace(/\b(?=[a-f]*\d)[0-9a-f]{6,}\b/gi, "~")
    .replace(/\d+/g, "#");
}

/// The lines of two controls against those of a run, in any order: {missing, added}.
export function lines(first, second, run) {
  const [a, b, r] = [first, second, run].map((list) => list.map(timeless));
  // What either control has alone is not to be relied upon.
  const alone = [...without(a, b), ...without(b, a)];
  let missing = without(a, r);
  let added = without(r, a);
  const shapes = new Set(alone.map(shape));
  const unstable = (line) => shapes.has(shape(line));
  // As many lines of the same shape may stand in for one another.
  for (const line of missing.filter(unstable)) {
    const at = added.findIndex((other) => shape(other) === shape(line));
    if (at < 0) continue;
    added = added.toSpliced(at, 1);
    missing = without(missing, [line]);
  }
  // What only one control has may be there or not.
  const spare = without(a.map(shape), b.map(shape));
  const extra = without(b.map(shape), a.map(shape));
  missing = missing.filter((line) => !take(spare, shape(line)));
  added = added.filter((line) => !take(extra, shape(line)));
  return { missing, added };
}

function take(list, item) {
  const at = list.indexOf(item);
  if (at >= 0) list.splice(at, 1);
  return at >= 0;
}

/// How a column is compared: as it is, by its shape, or not at all, whichever is the same in both controls.
export function columns(first, second) {
  const names = new Set([...first, ...second].flatMap((row) => Object.keys(row)));
  const modes = {};
  for (const name of names) {
    const values = (rows, mode) => rows.map((row) => mode(text(row[name]))).sort().join("\n");
    modes[name] = [timeless, shape].find((mode) => values(first, mode) === values(second, mode)) ?? (() => "*");
  }
  return modes;
}

const text = (value) => (typeof value === "string" ? value : JSON.stringify(value ?? null));

const rendered = (rows, modes) =>
  rows.map((row) => Object.entries(row).map(([name, value]) => `${name}=${(modes[name] ?? timeless)(text(value))}`).join(" "));

/// The rows of every table: [{table, missing, added}] for those that differ.
export function tables(first, second, run) {
  const names = [...new Set([first, second, run].flatMap(Object.keys))].sort();
  return names.flatMap((table) => {
    const [a, b, r] = [first, second, run].map((all) => all[table] ?? []);
    const modes = columns(a, b);
    const found = lines(rendered(a, modes), rendered(b, modes), rendered(r, modes));
    return found.missing.length + found.added.length > 0 ? [{ table, ...found }] : [];
  });
}

const cookieLine = ({ name, value, path, httpOnly, secure, sameSite, session }) =>
  `${name}=${value}; Path=${path}${httpOnly ? "; HttpOnly" : ""}${secure ? "; Secure" : ""}${sameSite ? `; SameSite=${sameSite}` : ""}${session ? "" : "; lasting"}`;

const one = (found) => found.missing.length + found.added.length > 0;

/// The differences of one flow: [{kind, what, missing, added}]. A flow is {failed, notes, cookies, rows, requests, errors}.
export function flow(first, second, run) {
  const found = [];
  const put = (kind, what, difference) => {
    if (one(difference)) found.push({ kind, what, ...difference });
  };
  const listed = (value) => (value ? [value] : []);
  put("flow", "fails", lines(listed(first.failed), listed(second.failed), listed(run.failed)));
  const names = [...new Set([first, second, run].flatMap(({ notes }) => notes.map(({ name }) => name)))];
  for (const name of names) {
    const sides = [first, second, run].map(({ notes }) => notes.find((note) => note.name === name));
    const shown = (note) => (note ? [`URL ${note.url}`, `title ${note.title}`, ...note.text.map((line) => `text ${line}`), ...note.fields.map((line) => `field ${line}`)] : []);
    put("page", name, lines(...sides.map(shown)));
  }
  put("cookie", "at the end", lines(...[first, second, run].map(({ cookies }) => cookies.map(cookieLine))));
  for (const { table, missing, added } of tables(first.rows, second.rows, run.rows)) put("row", table, { missing, added });
  put("request", "at the application", lines(...[first, second, run].map(({ requests }) => requests)));
  put("log", "errors", lines(...[first, second, run].map(({ errors }) => errors)));
  return found;
}

/// The differences of all flows: [{flow, kind, what, missing, added, entry}]. With an entry of named.mjs they are the
/// application's own doing. Rows that differed after the flow before, in the same way, are not said again.
export function runs(first, second, run, entries = []) {
  const before = new Map();
  return Object.keys(run).flatMap((name) => {
    if (!first[name] || !second[name]) return [];
    const found = flow(first[name], second[name], run[name]).flatMap((difference) => apart(difference, entries));
    return found.flatMap((difference) => {
      const said = { flow: name, ...difference };
      if (difference.kind !== "row") return [said];
      const key = `${difference.what} ${entries.indexOf(difference.entry)}`;
      const known = before.get(key) ?? { missing: [], added: [] };
      before.set(key, difference);
      const missing = without(difference.missing, known.missing);
      const added = without(difference.added, known.added);
      return missing.length + added.length > 0 ? [{ ...said, missing, added }] : [];
    });
  });
}
