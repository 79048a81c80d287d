// `make counts`: whether an application counts a page that is asked for ahead as a visit, so that its owner knows by which
// variable to name its paths. Each page is asked for as a browser does, four times plainly and three times marked as a prefetch,
// and what its answers show is compared: a counter on the page tells whether the marked requests were counted. These requests
// are counted by the site as visits of nobody.
//
//   ORIGIN=…   the site's own server
//   PAGES=…    paths, with blanks between them
//
// Prints a table, and ends with one line of JSON.

import { judge } from "./counts/judge.mjs";

/// How long one answer may take, and the most of it that is read.
const TIMEOUT_MS = 20_000;
const MAX_CHARS = 4_000_000;

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
    found.push({ page, verdict: "unreachable", why: error.cause?.message ?? error.message });
  }
}
print(found);
process.exitCode = found.some(({ verdict }) => verdict === "unreachable") ? 1 : 0;

/// What a page answers: its status, its text, and the cookies that it sets.
async function ask(url, headers) {
  const response = await fetch(url, { headers, redirect: "manual", signal: AbortSignal.timeout(TIMEOUT_MS) });
  const text = (await response.text()).slice(0, MAX_CHARS);
  return { status: response.status, text, cookies: response.headers.getSetCookie().map((line) => line.split("=")[0]) };
}

function print(found) {
  const width = Math.max(4, ...found.map(({ page }) => page.length));
  console.log(`${"page".padEnd(width)}  verdict      what follows`);
  for (const { page, verdict, why } of found) console.log(`${page.padEnd(width)}  ${verdict.padEnd(11)}  ${why}`);
  const named = (wanted) => found.filter(({ verdict }) => verdict === wanted).map(({ page }) => page);
  console.log(JSON.stringify({ pages: found.length, heeds: named("heeds"), counts: named("counts"), unknown: named("unknown"), unreachable: named("unreachable") }));
}
