// The visits to all pages, some at a time, so that a page that hangs, crashes or takes the browser with it costs nothing
// but its own figures.

import { Browser } from "./browser.mjs";
import { observe } from "./observe.mjs";
import { readPeers } from "./peers.mjs";
import { startServer } from "./server.mjs";
import { openTab } from "./tab.mjs";

/// How many pages are open at a time.
const AT_A_TIME = 2;

/// Loads `pages`, each { url, bytes }, in the browser `program`; `known` is what other URLs answer. Writes on each what was seen, or
/// as `why` what failed.
export async function visitAll(pages, known, program) {
  const server = await startServer(new Map(pages.map(({ url, bytes }) => [url, bytes])), known);
  let browser = await Browser.start(program, server.port);
  let starting = null;
  const running = async () => {
    if (browser.ended) {
      starting ??= Browser.start(program, server.port).finally(() => (starting = null));
      browser = await starting;
    }
    return browser;
  };

  // Which of the open pages has ended the browser cannot be told, so that each of them is visited once more, alone.
  const suspects = [];
  const queue = [...pages];
  const acquit = (page) => suspects.push(page);
  await Promise.all(Array.from({ length: AT_A_TIME }, () => visitQueue(queue, running, acquit)));
  const condemn = (page, error) => (page.why = error.message);
  await visitQueue(suspects, running, condemn);
  await browser.close();
  server.close();
}

/// Visits one page after the other. Where the browser ends meanwhile, `ended(page, error)` is called.
async function visitQueue(queue, running, ended) {
  let blank = null;
  for (let page = queue.shift(); page; page = queue.shift()) {
    const { url, bytes } = page;
    let browser = null;
    try {
      browser = await running();
      if (blank?.browser !== browser) blank = await openTab(browser);
      const { evaluate } = blank;
      Object.assign(page, await observe(browser, url, (live) => readPeers(live, evaluate, url, bytes)));
    } catch (error) {
      if (!browser || browser.ended) ended(page, error);
      else page.why = error.message;
      // It may still be busy with the page's markup.
      await blank?.close();
      blank = null;
    }
  }
}
