// `make oracle`: holds the learned hints against what Chromium really does.
//
//   node oracle/run.mjs [--verbose] [--json FILE] [FOLDER]
//
//   FOLDER      saved pages, *.html, not looked for in sub-folders; without it, the pages that lie beside the checkout,
//               else those of the tests
//   --verbose   lists everything that was missed or wasted
//   --json      writes what was observed and hinted on each page
//
// The styled pages (styled.mjs) are measured behind them: pages whose stylesheets and scripts are there.
//
// Every page is loaded in headless Chromium (CHROME) with all hosts led to one local server. Its DevTools tell which
// third-party origins the page connected to, with which credentials, and how urgently. Nothing is hinted meanwhile. That
// is compared with what Headstart learned from the same HTML and its stylesheets, and with two other rules. Ends with a line of JSON.
//
// A page that cannot be measured is named with the reason, left out of the figures and counted as `failed`. Exits with 0
// when it has measured some of each, whatever the figures, and with 1 when it has not.

import { existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { compare, summarize, topPairs } from "./compare.mjs";
import { learn } from "./learn.mjs";
import { readPages } from "./pages.mjs";
import { pageTable, printable, summaryTable } from "./report.mjs";
import { STYLED, readHosts } from "./styled.mjs";
import { visitAll } from "./visits.mjs";

/// Where the pages are said to be. Reserved for examples, so that no page names another host of this site, where the
/// credentials of a request would not show.
const SITE = "https://www.site.example";

/// How much is said of why a page could not be measured.
const MAX_REASON = 200;

// An exit that runs what is to be done at the end.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(1));
try {
  const { values, positionals } = parseArgs({
    options: { verbose: { type: "boolean", default: false }, json: { type: "string" } },
    allowPositionals: true,
  });
  await main(positionals[0] ?? standardFolder(), values);
} catch (error) {
  console.error(`oracle: ${error.message}`);
  process.exit(1);
}

function standardFolder() {
  const root = new URL("..", import.meta.url);
  const folders = ["../shared/corpus/pages", "tests/data/pages"].map((folder) => fileURLToPath(new URL(folder, root)));
  return folders.find((folder) => existsSync(folder));
}

async function main(folder, options) {
  if (!process.env.CHROME) throw new Error("CHROME is not set; `make oracle` finds the browser and sets it.");
  const none = new Map();
  const saved = await measure(folder, none, none);
  const [browsers, others] = [true, false].map((browsers) => readHosts(STYLED, { browsers }));
  const styled = await measure(path.join(STYLED, "pages"), browsers, others);
  if (options.json) {
    const details = { ...inDetail(saved), styled: inDetail(styled) };
    writeFileSync(options.json, `${JSON.stringify(details, null, 1)}\n`);
  }
  for (const [title, { pages, summaries }] of [["Saved pages", saved], ["Styled pages", styled]]) {
    console.log(`${title}\n\n${pageTable(pages, options.verbose)}\n\n${summaryTable(summaries)}\n`);
  }
  console.log(JSON.stringify({ ...figures(saved), styled: figures(styled) }));
  if ([saved, styled].some(({ pages }) => !pages.some(isFine))) process.exitCode = 1;
}

/// Measures the pages of a folder. `browsers` is what URLs answer to Chromium, `others` what they answer to Headstart. Gives
/// { pages, summaries }.
async function measure(folder, browsers, others) {
  const pages = readPages(folder).map((page) => ({ ...page, url: `${SITE}/${page.file}` }));
  if (pages.length === 0) throw new Error(`there is no page (*.html) in ${folder}`);
  const readable = pages.filter(isFine);
  const learned = await learn(SITE, readable, others);
  for (const page of readable) page.why = learned.get(page.file).why;
  const learnable = readable.filter(isFine);
  console.error(`oracle: loading ${learnable.length} pages of ${folder} in Chromium (a second or two for each)`);
  await visitAll(learnable, browsers, process.env.CHROME);
  for (const page of learnable.filter(isFine)) {
    try {
      judge(page, learned.get(page.file));
    } catch (error) {
      page.why = error.message;
    }
  }
  for (const page of pages.filter((page) => !isFine(page))) {
    page.why = printable(page.why, MAX_REASON);
    console.error(`oracle: ${printable(page.name)} could not be measured: ${page.why}`);
  }
  const measured = pages.filter(isFine);
  const summaries = {};
  for (const rule of ["ours", "modPagespeed", "wpRocket"]) summaries[rule] = summarize(measured.map(({ comparisons }) => comparisons[rule]));
  return { pages, summaries };
}

/// What is printed for programs.
function figures({ pages, summaries: { ours, modPagespeed, wpRocket } }) {
  const measured = pages.filter(isFine).length;
  const peers = { mod_pagespeed: modPagespeed, wp_rocket: wpRocket };
  return { pages: measured, failed: pages.length - measured, ...ours, peers };
}

/// What is written for `--json`.
function inDetail({ pages, summaries }) {
  const failed = pages.filter((page) => !isFine(page)).map(({ name, why }) => ({ page: name, why }));
  return { pages: pages.filter(isFine).map(detail), failed, summaries };
}

/// Whether nothing has failed yet; else `why` says what.
function isFine({ why }) {
  return why === undefined;
}

/// Compares what was seen on a page with each rule. The page's own hints are taken as the browser reads them, and where
/// Headstart has read others, that is said.
function judge(page, { hints, own }) {
  const { own: ownInBrowser, modPagespeed, wpRocket } = page.inspected;
  const preconnects = (list) => list.filter(({ pool }) => pool).map(({ origin, pool }) => `${origin} ${pool}`);
  const [expected, learned] = [preconnects(ownInBrowser), preconnects(own)].map((list) => [...new Set(list)].sort().join(", "));
  if (expected !== learned) console.error(`oracle: ${printable(page.name)} preconnects to [${expected}] itself, but [${learned}] was learned`);
  page.hints = { ours: hints, modPagespeed, wpRocket, own: ownInBrowser };
  const against = (list) => compare(page, list, ownInBrowser);
  page.comparisons = { ours: against(hints), modPagespeed: against(modPagespeed), wpRocket: against(wpRocket) };
}

function detail({ name, left, pairs, frames, hints, comparisons }) {
  return { page: name, left, requests: pairs, frames, top3: topPairs(pairs), hints, comparisons };
}
