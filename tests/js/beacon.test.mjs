// The script that browsers are given is the one that people read, made short.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { runInNewContext } from "node:vm";
import { transform } from "esbuild";

const text = (name) => readFileSync(new URL(`../../assets/${name}`, import.meta.url), "utf8");

test("what is served is what is read, made short: `npx esbuild assets/beacon.js --minify --target=es2021 --outfile=assets/beacon.min.js`", async () => {
  const { code } = await transform(text("beacon.js"), { minify: true, target: "es2021" });
  assert.equal(text("beacon.min.js"), code);
});

/// What the served script sends of a page with these entries and faces, `isLater` when three seconds have passed since the load.
function told({ resources = [], faces = [], styleSheets = [], lcp = {}, isLater = true }) {
  const listeners = {};
  const observers = {};
  const sent = [];
  const entries = {
    resource: resources,
    navigation: [{ type: "navigate", deliveryType: "", activationStart: 0, responseStart: 80.7 }],
    paint: [{ name: "first-paint", startTime: 90 }, { name: "first-contentful-paint", startTime: 120.4 }],
  };
  const document = {
    fonts: new Set(faces),
    styleSheets,
    scripts: [],
    images: [],
    hidden: false,
    prerendering: false,
    readyState: "complete",
    currentScript: { src: "https://shop.example/_headstart/beacon.js" },
    addEventListener: (type, listener) => (listeners[type] = listener),
  };
  const context = {
    document,
    performance: { getEntriesByType: (type) => entries[type] },
    PerformanceObserver: class {
      constructor(take) {
        this.take = take;
      }
      observe({ type }) {
        observers[type] = this.take;
      }
    },
    navigator: { sendBeacon: (url, body) => sent.push([String(url), body]) },
    location: { pathname: "/a" },
    innerWidth: 1280,
    URL,
    setTimeout: (look, milliseconds, ...rest) => isLater && assert.equal(milliseconds, 3000) === undefined && look(...rest),
  };
  runInNewContext(text("beacon.min.js"), context);
  observers["largest-contentful-paint"]({ getEntries: () => [lcp] });
  listeners.visibilitychange();
  assert.deepEqual(sent, [], "the page is still there");
  document.hidden = true;
  listeners.visibilitychange();
  listeners.visibilitychange();
  assert.equal(sent.length, 1, "it tells once");
  assert.equal(sent[0][0], "https://shop.example/_headstart/beacon");
  return sent[0][1];
}

const face = (family, status = "loaded", unicodeRange = "U+0-FF, U+131") => ({ family, style: "normal", weight: "400", stretch: "normal", unicodeRange, status });
const resource = (name, more) => ({ name, initiatorType: "link", startTime: 20.9, connectStart: 21, connectEnd: 60.2, responseEnd: 213.9, renderBlockingStatus: "blocking", ...more });

test("the faces that are in use are told, and when the sheet was there that hides their fonts", () => {
  const sheet = "https://css.fonts.example/css2?family=A";
  const faces = [face('"A"'), face("B", "unloaded"), face("C|D"), face("E", "error")];
  const body = JSON.parse(told({ resources: [resource(sheet)], faces }));
  assert.deepEqual(body, [
    "/a", 2, "navigate", "", [0, 80, 120, null, null, 0], [null, null, null],
    -2, [["https://css.fonts.example", 1, 20, 39]], [[sheet, 20, 39, 213, 0, 0]],
    ['normal|400|normal|U+0-FF, U+131|"A"', "normal|400|normal|U+0-FF, U+131|C|D"],
  ]);
  assert.equal(JSON.parse(told({ faces, isLater: false }))[6], null, "who leaves before does not know all");
});

test("the largest picture and surplus fonts are told as before", () => {
  const element = { srcset: "/a.jpg 1x", sizes: "100vw" };
  const lcp = { url: "https://shop.example/a.jpg", startTime: 300.5, element };
  const font = resource("https://shop.example/a.woff2?v=1", { renderBlockingStatus: "non-blocking", initiatorType: "early-hints" });
  const body = JSON.parse(told({ lcp, resources: [font] }));
  assert.deepEqual(body[5], ["https://shop.example/a.jpg", "/a.jpg 1x", "100vw"]);
  assert.deepEqual([body[4][3], body[6], body[8]], [300, 1, [["https://shop.example/a.woff2?v=1", 20, 39, 213, 1, 1]]]);
});

test("a stylesheet is used that the page has or another one imports, as far as that can be seen", () => {
  const closed = { href: "https://css.example/closed.css", get cssRules() { throw new Error("SecurityError"); } };
  const open = { href: "https://shop.example/a.css", cssRules: [{ styleSheet: closed }, {}, { styleSheet: null }, { styleSheet: { href: "https://shop.example/b.css", cssRules: [] } }] };
  const names = ["https://shop.example/a.css", "https://shop.example/b.css", "https://css.example/closed.css", "https://shop.example/c.css"];
  const body = JSON.parse(told({ styleSheets: [open], resources: names.map((name) => resource(name)) }));
  assert.deepEqual(body[8].map(([name, , , , , used]) => [name, used]), names.map((name) => [name, name.endsWith("/c.css") ? 0 : 1]));
});

test("whatever a page has, what is told stays within its bounds", () => {
  const range = Array.from({ length: 300 }, (_, at) => `U+${(0x4e00 + 3 * at).toString(16)}`).join(", ");
  const faces = Array.from({ length: 500 }, (_, at) => face(`Family ${at}`, "loaded", range));
  const resources = Array.from({ length: 500 }, (_, at) => resource(`https://h${at}.example/${"x".repeat(400)}/${at}.css`));
  const body = told({ faces, resources, lcp: { url: `https://shop.example/${"y".repeat(5000)}`, startTime: 1, element: { srcset: "z".repeat(5000) } } });
  assert.ok(body.length <= 8000, String(body.length));
  const parts = JSON.parse(body);
  assert.ok(parts[7].length <= 40 && parts[8].length <= 16);
  assert.deepEqual(parts[9].map((told) => told.length), Array(8).fill(512));
  assert.ok(JSON.parse(told({ faces, resources: resources.slice(0, 5) }))[8].length === 5, "long faces leave room for the rest");
});
