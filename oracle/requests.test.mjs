// node --test oracle/

import assert from "node:assert/strict";
import test from "node:test";
import { ANONYMOUS, CREDENTIALED, Ledger } from "./requests.mjs";

const PAGE = "https://www.site.example/page.html";
const LOADER = "the page's document";
const CDN = "https://cdn.example";
const API = "https://api.example";

const include = { "Sec-Fetch-Storage-Access": "none", "Sec-Fetch-Site": "cross-site" };
const omit = { "sec-fetch-site": "cross-site" };

const head = (requestId, headers) => ["Network.requestWillBeSentExtraInfo", { requestId, headers }];
const sent = (requestId, url, more = {}) => [
  "Network.requestWillBeSent",
  { requestId, loaderId: LOADER, frameId: "main", type: "Image", initiator: { type: "parser" }, ...more, request: { url, initialPriority: more.priority ?? "Low" } },
];
const attached = (frameId, parentFrameId) => ["Page.frameAttached", { frameId, parentFrameId }];
const navigated = (id, parentId, url, loaderId = id) => ["Page.frameNavigated", { frame: { id, parentId, url, loaderId } }];

function ledger(...events) {
  const ledger = new Ledger(PAGE, "main");
  for (const [method, params] of events) ledger.take(method, params);
  return ledger;
}

const short = (ledger) => ledger.pairs(LOADER).map(({ origin, pool, high, total }) => [origin, pool, high, total]);

test("requests are counted by origin and pool, with the highest priority that they reached", () => {
  const seen = ledger(
    sent("1", `${CDN}/a.png`, { priority: "High" }),
    head("1", include),
    sent("2", `${CDN}/b.png`),
    head("2", include),
    ["Network.resourceChangedPriority", { requestId: "2", newPriority: "High" }],
    ["Network.resourceChangedPriority", { requestId: "2", newPriority: "Low" }],
    sent("3", `${CDN}:8443/c.png`, { priority: "Medium" }),
    head("3", include),
    sent("4", `${CDN}/font.woff2`, { type: "Font", priority: "VeryHigh" }),
    head("4", omit),
  );
  assert.deepEqual(short(seen), [
    [CDN, CREDENTIALED, 2, 2],
    [`${CDN}:8443`, CREDENTIALED, 0, 1],
    [CDN, ANONYMOUS, 1, 1],
  ]);
  assert.deepEqual(seen.pairs(LOADER)[0].types, { "Image High": 2 });
});

test("what never left the browser is no connection", () => {
  const seen = ledger(sent("blocked", `${CDN}/a.js`), sent("data", "data:image/png;base64,"), sent("own", "https://www.site.example/x"), head("own", omit));
  assert.deepEqual(short(seen), []);
});

test("the order of the browser's processes makes no difference", () => {
  const asked = sent("1", `${API}/x`, { type: "Fetch", priority: "High" });
  const preflight = sent("2", `${API}/x`, { frameId: undefined, loaderId: "", type: "Other", priority: "High", initiator: { type: "preflight", requestId: "1" } });
  const events = [asked, head("1", include), preflight, head("2", omit)];
  const expected = [
    [API, ANONYMOUS, 1, 1],
    [API, CREDENTIALED, 1, 1],
  ];
  for (const order of [events, [...events].reverse()]) assert.deepEqual(short(ledger(...order)).sort(), expected);
});

test("every hop of a redirect counts, but not one that the browser makes by itself", () => {
  const hop = (requestId, url, redirectHasExtraInfo) => sent(requestId, url, { redirectResponse: {}, redirectHasExtraInfo });
  const real = ledger(sent("1", `${API}/a`), head("1", include), hop("1", `${CDN}/a`, true), head("1", omit));
  assert.deepEqual(short(real), [
    [API, CREDENTIALED, 0, 1],
    [CDN, ANONYMOUS, 0, 1],
  ]);
  const upgrade = ledger(sent("1", "http://cdn.example/a"), hop("1", `${CDN}/a`, false), head("1", include));
  assert.deepEqual(short(upgrade), [[CDN, CREDENTIALED, 0, 1]]);
});

test("frames with the page's sockets count, other frames and their documents do not", () => {
  const inFrame = (frameId, name) => [sent(name, `https://${name}.example/x`, { frameId, loaderId: "another" }), head(name, include)];
  const seen = ledger(
    attached("blank", "main"),
    ...inFrame("blank", "in-blank"),
    attached("same", "main"),
    navigated("same", "main", "https://www.site.example/frame"),
    ...inFrame("same", "in-same"),
    attached("nested", "same"),
    navigated("nested", "same", "about:srcdoc"),
    ...inFrame("nested", "in-nested"),
    attached("foreign", "main"),
    sent("document", `${CDN}/frame`, { type: "Document", frameId: "foreign" }),
    head("document", include),
    navigated("foreign", "main", `${CDN}/frame`),
    ...inFrame("foreign", "in-foreign"),
    attached("within", "foreign"),
    ...inFrame("within", "in-within"),
    ...inFrame("unknown", "in-unknown"),
  );
  assert.deepEqual(
    short(seen).map(([origin]) => origin),
    ["https://in-blank.example", "https://in-same.example", "https://in-nested.example"],
  );
  assert.deepEqual(seen.frameOrigins(), [CDN]);
});

test("another document of the main frame and the tab's icon are not the page's", () => {
  const seen = ledger(
    navigated("main", undefined, PAGE, LOADER),
    sent("icon", `${CDN}/favicon.ico`, { type: "Other", initiator: { type: "other" }, priority: "High" }),
    head("icon", include),
    navigated("main", undefined, `${API}/next`, "the next document"),
    sent("later", `${CDN}/a.png`, { loaderId: "the next document" }),
    head("later", include),
  );
  assert.deepEqual(short(seen), []);
  assert.equal(seen.left(LOADER), `${API}/next`);
  assert.equal(ledger(navigated("main", undefined, PAGE, LOADER)).left(LOADER), null);
});
