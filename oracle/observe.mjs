// One visit to one page: loads it, waits until nothing more is asked for, and gives the ledger of its requests.

import { Ledger } from "./requests.mjs";
import { ANSWER_MS } from "./server.mjs";
import { openTab } from "./tab.mjs";

/// How long the load event may take; how long nothing new must be asked for after it (longer than any answer takes, so
/// that what an answer leads to is seen); and how long that is waited for at most. In milliseconds.
const LOAD_MS = 30_000;
const QUIET_MS = ANSWER_MS.image + 200;
const MAX_QUIET_MS = 8_000;

const TICK_MS = 50;

/// Visits `url`. `inspect(evaluate)` is called while the page still stands. Gives { pairs, frames, left, inspected }.
export async function observe(browser, url, inspect) {
  const tab = await openTab(browser);
  try {
    const ledger = new Ledger(url, tab.mainFrame);
    const visit = { loaded: false, crashed: false, last: Date.now() };
    tab.listen((method, params) => {
      ledger.take(method, params);
      if (method === "Network.requestWillBeSent") visit.last = Date.now();
      else if (method === "Page.loadEventFired") visit.loaded = true;
      else if (method === "Inspector.targetCrashed") visit.crashed = true;
      // A dialog would hold the page up for ever.
      else if (method === "Page.javascriptDialogOpening") tab.send("Page.handleJavaScriptDialog", { accept: false }).catch(() => {});
    });
    await Promise.all(["Network.enable", "Page.enable", "Inspector.enable"].map((method) => tab.send(method)));
    const { loaderId, errorText } = await tab.send("Page.navigate", { url });
    if (errorText) throw new Error(errorText);
    await settle(visit);
    // A hidden page is not laid out, so that its pictures would keep the priority they began with.
    if ((await tab.evaluate(() => document.visibilityState)) !== "visible") throw new Error("the browser kept the page hidden");
    const inspected = await inspect(tab.evaluate);
    return { pairs: ledger.pairs(loaderId), frames: ledger.frameOrigins(), left: ledger.left(loaderId), inspected };
  } finally {
    await tab.close();
  }
}

async function settle(visit) {
  const start = Date.now();
  const pause = () => new Promise((resolve) => setTimeout(resolve, TICK_MS));
  while (!visit.loaded) {
    if (visit.crashed) throw new Error("the page's process crashed");
    if (Date.now() - start > LOAD_MS) throw new Error(`no load event within ${LOAD_MS / 1000} s`);
    await pause();
  }
  const deadline = Date.now() + MAX_QUIET_MS;
  while (Date.now() < deadline && Date.now() - visit.last < QUIET_MS) await pause();
}
