// `make counts`: whether an application counts a page that is asked for ahead as a visit, so that its owner knows by which
// variable to name its paths. Each page is asked for as a browser does, four times plainly and three times marked as a prefetch,
// and what its answers show is compared: a counter on the page tells whether the marked requests were counted. These requests
// are counted by the site as visits of nobody.
//
//   ORIGIN=…   the site's own server
//   PAGES=…    paths, with blanks between them
//
// Prints a table, and ends with one line of JSON.

import { ask } from "./counts/ask.mjs";
import { judge } from "./counts/judge.mjs";

const VISIT = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "sec-fetch-site": "none" };
const MARKED = { ...VISIT, "sec-purpose": "prefetch", "headstart-purpose": "prefetch" };

/// In which order a page is asked for: see tools/counts/judge.mjs.
const ORDER = ["visits", "visits", "marked", "visits", "marked", "marked", "visits"];

const { ORIGIN = "", PAGES = "/" } = process.env;
if (!URL.canParse(ORIGIN)) {
  console.error('counts: ORIGIN names no site; try make counts ORIGIN=https://www.example.org PAGES="/ /blog/one-post"');
  process.exit(1);
}

const found = [];
for (const page of PAGES.split(/\s+/).filter(Boolean)) {
  const url = new URL(page, ORIGIN);
  try {
    const answers = { visits: [], marked: [] };
    for (const kind of ORDER) answers[kind].push(await ask(url, kind === "visits" ? VISIT : MARKED));
    found.push({ page, ...judge(answers) });
  } catch (error) {
    found.push({ page, verdict: "unreachable", why: error.message });
  }
}
print(found);
process.exitCode = found.some(({ verdict }) => verdict === "unreachable") ? 1 : 0;

function print(found) {
  const width = Math.max(4, ...found.map(({ page }) => page.length));
  console.log(`${"page".padEnd(width)}  verdict      what follows`);
  for (const { page, verdict, why } of found) console.log(`${page.padEnd(width)}  ${verdict.padEnd(11)}  ${why}`);
  const named = (wanted) => found.filter(({ verdict }) => verdict === wanted).map(({ page }) => page);
  console.log(JSON.stringify({ pages: found.length, heeds: named("heeds"), counts: named("counts"), unknown: named("unknown"), unreachable: named("unreachable") }));
}
