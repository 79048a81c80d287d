// `make picture`: the picture in the README, docs/shop.png. Starts the demo shop behind Headstart, lets some visitors
// teach it, and looks at it in headless Chromium: a page, a prefetch, an activation. What the headers say stands beside
// what Chromium showed; nothing in the picture is made up but its layout (tools/picture/page.mjs).
//
//   PORT=…     where Headstart answers meanwhile, 8787 by default

import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ask, goFrom, startShop } from "./demo_shop.mjs";
import { page } from "./picture/page.mjs";
import { until } from "./until.mjs";
import { Chromium } from "./webdriver.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const FILE = "docs/shop.png";
const MOST_BYTES = 180_000;

/// How long anything may take that is waited for, in milliseconds.
const WAIT_MS = 90_000;

/// The inside of the shop's window, and of the picture's.
const SHOP = [800, 560];
const PICTURE = [1120, 100];

const port = Number(process.env.PORT || 8787);
const site = `http://127.0.0.1:${port}`;

say("starting the demo shop behind Headstart");
const dev = await startShop(port);
try {
  await teach("/products", "/products/1");
  const shown = await look();
  await draw(page(shown));
} finally {
  dev.kill("SIGTERM");
}

function say(text) {
  console.error(`picture: ${text}`);
}

async function counters() {
  return (await fetch(`${site}/counters.json`)).json();
}

/// The names of the shop's third parties by their origins, as its page of counters has them.
async function hosts() {
  const html = await (await fetch(`${site}/counters`)).text();
  return Object.fromEntries([...html.matchAll(/<td>(\w+) \((http[^)]+)\)/g)].map(([, name, origin]) => [origin, name]));
}

/// Lets visitors go from one page to another until the first one's headers name hints and a learned rule set.
async function teach(from, to) {
  say("letting some visitors go round, until hints and next pages are learned");
  let visitor = 1;
  await until(`${from} has hints and a learned rule set`, async () => {
    for (const last = Math.min(visitor + 5, 250); visitor < last; visitor++) await goFrom(site, from, to, visitor);
    const { link, "speculation-rules": rules } = await ask(`${site}${from}`);
    return link?.includes("preconnect") && rules?.includes("/next/");
  }, WAIT_MS);
}

/// Header fields of one name, whatever its case; lines of one field are one text of several lines.
function field(headers, name) {
  return Object.entries(headers).find(([other]) => other.toLowerCase() === name)?.[1];
}

/// What Chromium was answered to the last request for a path, by its DevTools.
function answered(events, path) {
  const sent = events.filter(([method, { request }]) => method === "Network.requestWillBeSent" && new URL(request.url).pathname === path);
  const id = sent.at(-1)?.[1].requestId;
  // The first names the raw fields, Set-Cookie among them.
  const extra = events.find(([method, params]) => method === "Network.responseReceivedExtraInfo" && params.requestId === id);
  return extra && { url: sent.at(-1)[1].request.url, headers: extra[1].headers };
}

/// A page, a prefetch, an activation: as Chromium shows them, and what the headers said.
async function look() {
  say("looking at it in Chromium");
  const lamp = "/shelf/3";
  const chromium = await Chromium.start(...SHOP);
  try {
    await chromium.goto(`${site}/products`);
    const products = { picture: await chromium.screenshot(), answer: answered(await chromium.events(), "/products") };

    await fetch(`${site}/counters/reset`, { method: "POST", redirect: "manual" });
    await chromium.goto(`${site}/shelf`);
    await chromium.point(`a[href="${lamp}"]`);
    await until("the lamp's page is prefetched", async () => (await counters()).requests[lamp]?.speculative === 1, WAIT_MS);
    const prefetch = { picture: await chromium.screenshot(), pointer: await chromium.centre(`a[href="${lamp}"]`) };
    let events = [];
    prefetch.answer = await until("Chromium has the prefetched page", async () => {
      events = events.concat(await chromium.events());
      return answered(events, lamp);
    }, WAIT_MS);
    prefetch.views = (await counters()).views[lamp] ?? 0;

    await chromium.point(`a[href="${lamp}"]`, true);
    const views = await until("the visit is counted", async () => (await counters()).views[lamp], WAIT_MS);
    // The first file that the prefetched page names: its fetch brings the ticket back.
    const file = new URL(field(prefetch.answer.headers, "speculation-rules").split('"')[1], site).pathname;
    events = [];
    const answer = await until("Chromium has the deferred cookies", async () => {
      events = events.concat(await chromium.events());
      const answer = answered(events, file);
      return answer && field(answer.headers, "set-cookie") && answer;
    }, WAIT_MS);
    return { lamp, hosts: await hosts(), products, prefetch, activation: { picture: await chromium.screenshot(), answer, views } };
  } finally {
    await chromium.close();
  }
}

/// Has Chromium draw a page of ours, as high as it is, and writes that to the file.
async function draw(html) {
  const [width] = PICTURE;
  const chromium = await Chromium.start(...PICTURE);
  try {
    await chromium.goto(`data:text/html;charset=utf-8;base64,${Buffer.from(html).toString("base64")}`);
    const height = await chromium.run("return Math.ceil(document.body.getBoundingClientRect().height)");
    await chromium.devtools("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: false });
    const png = Buffer.from(await chromium.screenshot(), "base64");
    if (png.length > MOST_BYTES) throw new Error(`the picture has ${png.length} bytes, more than ${MOST_BYTES}`);
    writeFileSync(`${ROOT}/${FILE}`, png);
    say(`${FILE}: ${width} × ${height}, ${png.length} bytes`);
  } finally {
    await chromium.close();
  }
}
