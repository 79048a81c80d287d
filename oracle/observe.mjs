// One visit to one page: loads it, waits until nothing more is asked for, and gives the ledger of its requests.

import { Ledger } from "./requests.mjs";
import { ANSWER_MS } from "./server.mjs";
import { openTab } from "./tab.mjs";

/// How long the load event may take; how long nothing new must be asked for after it (longer than any answer takes, so
/// that what an answer leads to is seen); how long that is waited for at most, after the load event and in all; and how
/// long the whole visit may take, since a page may stop answering at any time. In milliseconds.
const LOAD_MS = 15_000;
const QUIET_MS = ANSWER_MS.image + 200;
const MAX_QUIET_MS = 8_000;
const SETTLE_MS = 17_000;
const VISIT_MS = 20_000;

const TICK_MS = 50;

/// Visits `url`. `inspect(evaluate)` is called while the page still stands. Gives { pairs, frames, left, inspected }.
export async function observe(browser, url, inspect) {
  const tab = await openTab(browser);
  let timer;
  try {
    const end = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`the page stopped answering; given up after ${VISIT_MS / 1000} s`)), VISIT_MS);
    });
    return await Promise.race([visit(tab, url, inspect), end]);
  } finally {
    clearTimeout(timer);
    await tab.close();
  }
}

async function visit(tab, url, inspect) {
  const ledger = new Ledger(url, tab.mainFrame);
  const state = { loaded: false, last: Date.now() };
  const crash = new Promise((_, reject) => {
    tab.listen((method, params) => {
      ledger.take(method, params);
      if (method === "Network.requestWillBeSent") state.last = Date.now();
      else if (method === "Page.loadEventFired") state.loaded = true;
      else if (method === "Inspector.targetCrashed") reject(new Error("the page's process crashed"));
      // A dialog would hold the page up for ever.
      else if (method === "Page.javascriptDialogOpening") tab.send("Page.handleJavaScriptDialog", { accept: false }).catch(() => {});
    });
  });
  const load = async () => {
    await Promise.all(["Network.enable", "Page.enable", "Inspector.enable"].map((method) => tab.send(method)));
    const { loaderId, errorText } = await tab.send("Page.navigate", { url });
    if (errorText) throw new Error(errorText);
    await settle(state);
    // A hidden page is not laid out, so that its pictures would keep the priority they began with.
    if ((await tab.evaluate(() => document.visibilityState)) !== "visible") throw new Error("the browser kept the page hidden");
    const inspected = await inspect(tab.evaluate);
    return { pairs: ledger.pairs(loaderId), frames: ledger.frameOrigins(), left: ledger.left(loaderId), inspected };
  };
  return Promise.race([load(), crash]);
}

async function settle(state) {
  const start = Date.now();
  const pause = () => new Promise((resolve) => setTimeout(resolve, TICK_MS));
  while (!state.loaded) {
    if (Date.now() - start > LOAD_MS) throw new Error(`no load event within ${LOAD_MS / 1000} s`);
    await pause();
  }
  const deadline = Math.min(Date.now() + MAX_QUIET_MS, start + SETTLE_MS);
  while (Date.now() < deadline && Date.now() - state.last < QUIET_MS) await pause();
}
