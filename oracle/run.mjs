// `make oracle`: holds the learned hints against what Chromium really does.
//
//   node oracle/run.mjs [--verbose] [--json FILE] [FOLDER]
//
//   FOLDER      saved pages, *.html; without it, the pages that lie beside the checkout, else those of the tests
//   --verbose   lists everything that was missed or wasted
//   --json      writes what was observed and hinted on each page
//
// Every page is loaded in headless Chromium (CHROME) with all hosts led to one local server. Its DevTools tell which
// third-party origins the page connected to, with which credentials, and how urgently. Nothing is hinted meanwhile. That
// is compared with what Headstart learned from the same HTML alone, and with two other rules. Ends with a line of JSON.
//
// Exits with 0 when it has measured, whatever the figures, and with 1 when a page could not be measured.

import { readdirSync, readFileSync, writeFileSync, existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Browser } from "./browser.mjs";
import { compare, summarize, topPairs } from "./compare.mjs";
import { learn } from "./learn.mjs";
import { observe } from "./observe.mjs";
import { readPeers } from "./peers.mjs";
import { pageTable, summaryTable } from "./report.mjs";
import { startServer } from "./server.mjs";
import { openTab } from "./tab.mjs";

/// Where the pages are said to be. Reserved for examples, so that no page names another host of this site, where the
/// credentials of a request would not show.
const SITE = "https://www.site.example";

/// How many pages are open at a time.
const AT_A_TIME = 2;

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

function readPages(folder) {
  const names = readdirSync(folder)
    .filter((name) => /\.html?$/i.test(name))
    .sort();
  if (names.length === 0) throw new Error(`there is no page (*.html) in ${folder}`);
  return names.map((name) => ({ name, url: `${SITE}/${encodeURIComponent(name)}`, bytes: readFileSync(path.join(folder, name)) }));
}

async function main(folder, options) {
  if (!process.env.CHROME) throw new Error("CHROME is not set; `make oracle` finds the browser and sets it.");
  const pages = readPages(folder);
  const learned = await learn(SITE, folder, pages.map(({ name }) => name));
  console.error(`oracle: loading ${pages.length} pages of ${folder} in Chromium (a second or two for each)`);
  const failures = await visitAll(pages);
  for (const [name, why] of failures) console.error(`oracle: ${name} could not be loaded: ${why}`);
  if (failures.length > 0) throw new Error(`${failures.length} of ${pages.length} pages could not be measured.`);

  for (const page of pages) judge(page, learned.get(page.name));
  const summaries = {};
  for (const rule of ["ours", "modPagespeed", "wpRocket"]) summaries[rule] = summarize(pages.map(({ comparisons }) => comparisons[rule]));
  if (options.json) writeFileSync(options.json, `${JSON.stringify({ pages: pages.map(detail), summaries }, null, 1)}\n`);
  console.log(`${pageTable(pages, options.verbose)}\n\n${summaryTable(summaries)}\n`);
  const { ours, modPagespeed, wpRocket } = summaries;
  console.log(JSON.stringify({ pages: pages.length, ...ours, peers: { mod_pagespeed: modPagespeed, wp_rocket: wpRocket } }));
}

/// Loads all pages and writes on each what was seen. Gives what failed, as [name, why].
async function visitAll(pages) {
  const server = await startServer(new Map(pages.map(({ url, bytes }) => [url, bytes])));
  const browser = await Browser.start(process.env.CHROME, server.port);
  const blank = await openTab(browser);
  const failures = [];
  const queue = [...pages];
  const visitQueue = async () => {
    for (let page = queue.shift(); page; page = queue.shift()) {
      const { bytes, url, name } = page;
      try {
        Object.assign(page, await observe(browser, url, (live) => readPeers(live, blank.evaluate, url, bytes)));
      } catch (error) {
        if (browser.ended) throw error;
        failures.push([name, error.message]);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, visitQueue));
  await browser.close();
  server.close();
  return failures;
}

/// Compares what was seen on a page with each rule. The page's own hints are taken as the browser reads them, and where
/// Headstart has read others, that is said.
function judge(page, { hints, own }) {
  const { own: ownInBrowser, modPagespeed, wpRocket } = page.inspected;
  const preconnects = (list) => list.filter(({ pool }) => pool).map(({ origin, pool }) => `${origin} ${pool}`);
  const [expected, learned] = [preconnects(ownInBrowser), preconnects(own)].map((list) => [...new Set(list)].sort().join(", "));
  if (expected !== learned) console.error(`oracle: ${page.name} preconnects to [${expected}] itself, but [${learned}] was learned`);
  page.hints = { ours: hints, modPagespeed, wpRocket, own: ownInBrowser };
  const against = (list) => compare(page, list, ownInBrowser);
  page.comparisons = { ours: against(hints), modPagespeed: against(modPagespeed), wpRocket: against(wpRocket) };
}

function detail({ name, left, pairs, frames, hints, comparisons }) {
  return { page: name, left, requests: pairs, frames, top3: topPairs(pairs), hints, comparisons };
}
