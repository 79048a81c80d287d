// Differences that are the application's own doing, and cannot be had from outside: they are told apart, with their reason.
//
// An application's module lists them as `named`, each {what, where, why, heading}:
//
//   what      the kind of difference: "row", "request", "page", "cookie", "log"
//   where     which one: the table's name, or a pattern; for a request or a line of a log the pattern of the line
//   why       the reason, in a sentence; what the application does at a plain GET by itself
//   heading   the heading in docs/applications.md under which owners read of it
//   columns   of rows: the columns whose values may differ, as far as there is no space in them
//   parts     of rows: patterns of what else may differ in them
//   more      of rows: the pattern of rows that may be there in addition
//
// Nothing but that is excused: rows that differ in another column, or rows that are missing, are differences still.

/// What Headstart asks for by itself.
export const OWN = [
  { what: "request", where: /^GET \/robots\.txt \(no browser\)$/, why: "Headstart reads robots.txt by itself, now and then.", heading: "docs/privacy.md, What leaves your account" },
];

/// Takes a difference apart: what is named by an entry, with that `entry`, and what is left of it.
export function apart(difference, entries) {
  let { missing, added } = difference;
  const named = [];
  for (const entry of entries.filter(({ what }) => what === difference.kind)) {
    const rest = entry.what === "row" ? rows(entry, difference.what, missing, added) : lines(entry, missing, added);
    if (rest.missing.length + rest.added.length === missing.length + added.length) continue;
    named.push({ ...difference, missing: without(missing, rest.missing), added: without(added, rest.added), entry });
    ({ missing, added } = rest);
  }
  return missing.length + added.length > 0 ? [{ ...difference, missing, added }, ...named] : named;
}

/// Requests and lines of a log may be there in addition; a page or cookie may differ in lines of that pattern.
function lines({ what, where }, missing, added) {
  const other = (line) => !where.test(line);
  return { missing: what === "request" || what === "log" ? missing : missing.filter(other), added: added.filter(other) };
}

/// Rows that are the same but for some columns stand for one another; those of the pattern may be there in addition.
function rows({ where, columns = [], parts = [], more }, table, missing, added) {
  if (typeof where === "string" ? where !== table : !where.test(table)) return { missing, added };
  const patterns = [...columns.map((name) => new RegExp(`(?<=^| )${name}=\\S*`)), ...parts];
  const bare = (line) => patterns.reduce((text, pattern) => text.replace(pattern, ""), line);
  const left = { missing: [], added: [...added] };
  for (const line of missing) {
    const at = left.added.findIndex((other) => bare(other) === bare(line));
    if (at < 0) left.missing.push(line);
    else left.added.splice(at, 1);
  }
  left.added = left.added.filter((line) => !more?.test(line));
  return left;
}

/// The lines that `left` has and `right` has not, as often as there are more of them.
export function without(left, right) {
  const rest = [...right];
  return left.filter((line) => {
    const at = rest.indexOf(line);
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
}

/// The entries that no run has met.
export const stale = (entries, named) => entries.filter((entry) => !named.some((met) => met.entry === entry));
