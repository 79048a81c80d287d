// What Chromium does with Headstart's `Link` lines where an edge sends them ahead as 103: Headstart in workerd, the lab's front
// before it, and an origin that does not answer until the browser has begun with what was hinted.
//
//   node --test tests/browser/early_hints.test.mjs     with CHROME and CHROMEDRIVER set, and after make build

import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import { after, before, test } from "node:test";
import { ask, hangUp, NAVIGATION } from "../../lab/ask.mjs";
import { EarlyHints } from "../../lab/early_hints.mjs";
import { startLane } from "../../lab/lane.mjs";
import { LEARN } from "../../lab/runs.mjs";
import { PREFERENCES } from "../../lab/visitor.mjs";
import { startWorker } from "../../lab/workers.mjs";
import { until } from "../../tools/until.mjs";
import { Chromium } from "../../tools/webdriver.mjs";

const HOST = "www.shop.example";
const [CDN, PICTURES] = ["code.cdn.example", "pictures.cdn.example"];
const SCRIPT = `https://${CDN}/highlight.js`;
const PICTURE = `https://${PICTURES}/hero.png`;

/// What the origin names itself, beside what Headstart learns of the page: the third party of its script.
const OWN = `<${PICTURE}>; rel=preload; as=image`;
const LEARNED = `<https://${CDN}>; rel=preconnect`;
const HTML = `<!doctype html><link rel="icon" href="data:,"><title>Lamps</title><h1>Lamps</h1><img src="${PICTURE}" alt=""><script src="${SCRIPT}"></script>`;

/// What the origin waits for before it answers a page.
let gate = Promise.resolve();
let [origin, worker] = [];
const early = new EarlyHints();

before(async () => {
  origin = http.createServer(async (_, response) => {
    await gate;
    response.writeHead(200, { "content-type": "text/html", link: OWN }).end(HTML);
  });
  await once(origin.listen(0, "127.0.0.1"), "listening");
  worker = await startWorker({ ...LEARN, EARLY_HINTS: "on", RULES: "off" }, origin.address().port);
  let visitors = 0;
  await until("the script's origin is learned", async () => {
    const { headers } = await ask(worker.port, HOST, "/", { ...NAVIGATION, "cf-connecting-ip": `198.51.100.${(visitors += 1) % 250}` });
    return headers.link?.includes(LEARNED);
  });
});

after(async () => {
  await worker?.stop();
  origin?.close();
  origin?.closeAllConnections();
  hangUp();
});

/// Shows the page in a browser that knows nothing yet, while the origin waits for `begun`, which is given what the servers were
/// asked for so far. Answers what was asked for altogether, and what the page says of how it was loaded.
async function show(hints, begun) {
  const lane = await startLane((host) => (host === HOST ? { port: worker.port, early: hints } : null));
  const chromium = await Chromium.start(1200, 800, lane.switches, true, PREFERENCES);
  const seen = { requests: [], sockets: [] };
  const look = () => {
    const { requests, sockets } = lane.journal.take();
    seen.requests.push(...requests);
    seen.sockets.push(...sockets);
    return seen;
  };
  try {
    gate = until("the browser has begun", () => begun(look()));
    let answered;
    const answering = gate.then(() => (answered = performance.now()));
    await chromium.goto(`https://${HOST}/?from=mail`);
    await answering;
    const timing = await chromium.run(`const [page] = performance.getEntriesByType("navigation");
      const picture = performance.getEntriesByName(${JSON.stringify(PICTURE)})[0];
      return { first: page.firstInterimResponseStart, final: page.finalResponseHeadersStart, picture: picture?.initiatorType, shown: document.images[0].naturalWidth };`);
    return { ...look(), timing, answered };
  } finally {
    gate = Promise.resolve();
    await chromium.close();
    lane.close();
  }
}

const of = (list, host) => list.filter((entry) => entry.host === host);

test("sockets are opened and preloads fetched before the origin has answered, and both are used", async () => {
  // Another visitor of the page, with another query, has told the front what it needs.
  await show(early, () => true);
  assert.ok(early.of(HOST, "/").includes(LEARNED) && early.of(HOST, "/").includes(OWN), early.of(HOST, "/"));
  const { requests, sockets, timing } = await show(early, ({ requests, sockets }) => of(sockets, CDN).length > 0 && of(requests, PICTURES).length > 0);
  assert.deepEqual(of(requests, HOST).map(({ path, early }) => [path, early]), [["/", true]]);
  // The preloaded picture was not fetched twice, and the script came through the socket that was there.
  assert.equal(of(requests, PICTURES).length, 1);
  assert.equal(of(requests, CDN).length, 1);
  assert.equal(of(sockets, CDN).length, 1);
  assert.ok(timing.first > 0 && timing.first < timing.final, JSON.stringify(timing));
  assert.equal(timing.picture, "early-hints");
  assert.equal(timing.shown, 960);
});

test("without 103 nothing begins before the origin has answered", async () => {
  const { requests, sockets, timing, answered } = await show(null, ({ requests }) => of(requests, HOST).length > 0);
  const others = [...sockets, ...requests.filter(({ host }) => host !== HOST)];
  assert.ok(others.length >= 4);
  for (const { host, at } of others) assert.ok(at > answered, `${host} was connected to before the answer`);
  assert.equal(timing.first, 0);
});
