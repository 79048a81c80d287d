// The script that browsers are given is the one that people read, made short.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { createContext, runInContext } from "node:vm";
import { transform } from "esbuild";

const text = (name) => readFileSync(new URL(`../../assets/${name}`, import.meta.url), "utf8");

test("what is served is what is read, made short: `npx esbuild assets/beacon.js --minify --target=es2021 --outfile=assets/beacon.min.js`", async () => {
  const { code } = await transform(text("beacon.js"), { minify: true, target: "es2021" });
  assert.equal(text("beacon.min.js"), code);
});

/// What the served script sends of a page with these entries and faces, `isLater` when three seconds have passed since the load;
/// `undefined` where it sends nothing. `states` are those of its visibility before, where the browser remembers them, and `shifts` those
/// of its layout, where it can see them; `interactions` are entries of "event" and of "first-input". `owned` is a script of the page's,
/// which runs before, and `change` one that runs before the page is left.
function told({
  resources = [], faces = [], styleSheets = [], lcp = {}, isLater = true,
  navigation = {}, isHidden = false, isPrerendered = false, states = ["visible"], shifts = [], interactions = {}, images = [], owned = "", change, width = 1280,
}) {
  const listeners = {};
  let isGone = false;
  const observers = {};
  const sent = [];
  const timers = [];
  const entries = {
    resource: resources,
    navigation: navigation && [{ name: "https://shop.example/a?b=1#c", type: "navigate", deliveryType: "", activationStart: 0, responseStart: 80.7, ...navigation }],
    "visibility-state": states.map((name) => ({ name })),
    paint: [{ name: "first-paint", startTime: 90 }, { name: "first-contentful-paint", startTime: 120.4 }],
  };
  const document = {
    fonts: new Set(faces),
    styleSheets,
    scripts: [],
    images,
    // Where a script has led the address since.
    URL: "https://shop.example/cart",
    hidden: isHidden || isPrerendered,
    prerendering: isPrerendered,
    readyState: "complete",
    documentElement: { clientWidth: width },
    currentScript: {
      src: "https://shop.example/_headstart/beacon.js",
      replaceWith: (...nodes) => (isGone = !nodes.length),
      remove: () => assert.fail("Prototype's fails where the element is gone"),
    },
  };
  const context = {
    addEventListener: (type, listener) => (listeners[type] = listener),
    document,
    performance: { getEntriesByType: (type) => entries[type] || [] },
    PerformanceObserver: class {
      constructor(take) {
        this.take = take;
      }
      observe({ type, durationThreshold }) {
        assert.equal(durationThreshold, 16, "as low as browsers take it");
        observers[type] = this.take;
      }
    },
    navigator: { sendBeacon: (url, body) => sent.push([String(url), body]) },
    // On a phone it grows with what is wider than its window.
    innerWidth: 1280,
    setTimeout: (look, milliseconds, ...rest) => {
      assert.equal(milliseconds, 3000);
      timers.push(() => look(...rest));
    },
  };
  context.self = context;
  if (shifts) context.LayoutShift = class {};
  createContext(context);
  runInContext(owned, context);
  runInContext(text("beacon.min.js"), context);
  assert.ok(isGone, "nothing of it stays in the page");
  const observed = (type, seen) => seen && observers[type]?.({ getEntries: () => seen });
  observed("largest-contentful-paint", lcp && [lcp]);
  observed("layout-shift", shifts);
  Object.entries(interactions).forEach(([type, seen]) => observed(type, seen));
  if (isPrerendered) {
    assert.deepEqual(timers, [], "nothing is painted before the activation");
    document.prerendering = document.hidden = false;
    listeners.visibilitychange();
  }
  if (isLater) timers.forEach((run) => run());
  change?.();
  document.hidden = false;
  assert.deepEqual(sent, [], "the page is still there");
  document.hidden = true;
  listeners.visibilitychange?.();
  listeners.visibilitychange?.();
  if (!sent.length) return undefined;
  assert.equal(sent.length, 1, "it tells once");
  assert.equal(sent[0][0], "https://shop.example/_headstart/beacon");
  return sent[0][1];
}

const face = (family, status = "loaded", unicodeRange = "U+0-FF, U+131") => ({ family, style: "normal", weight: "400", stretch: "normal", unicodeRange, status });
const resource = (name, more) => ({ name, initiatorType: "link", startTime: 20.9, connectStart: 21, connectEnd: 60.2, responseEnd: 213.9, renderBlockingStatus: "blocking", ...more });

test("how wide the window is is told as media queries have it", () => {
  const classOf = (width) => JSON.parse(told({ width }))[1];
  assert.deepEqual([390, 599, 600, 1023, 1024].map(classOf), [0, 0, 1, 1, 2]);
});

test("the faces that are in use are told, and when the sheet was there that hides their fonts", () => {
  const sheet = "https://css.fonts.example/css2?family=A";
  const faces = [face('"A"'), face("B", "unloaded"), face("C|D"), face("E", "error")];
  const body = JSON.parse(told({ resources: [resource(sheet)], faces }));
  assert.deepEqual(body, [
    "/a", 2, "navigate", "", [0, 80, 120, null, null, 0], [null, null, ""],
    -2, [["https://css.fonts.example", 1, 20, 39]], [[sheet, 20, 39, 213, 0, 0]],
    ['normal|400|normal|U+0-FF, U+131|"A"', "normal|400|normal|U+0-FF, U+131|C|D"],
    0,
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

test("of a font that may have been asked for by anything the browser does not know whether it was preloaded", () => {
  const url = "https://shop.example/a.woff2";
  const parts = (initiatorType, renderBlockingStatus) => {
    // Firefox says "other" of every font.
    const body = JSON.parse(told({ resources: [resource(url, { initiatorType, renderBlockingStatus })], faces: [face("A")] }));
    return [body[6], body[8].map(([, , , , ahead, used]) => [ahead, used])];
  };
  for (const status of [undefined, "non-blocking"]) {
    const flags = ["other", "css", "link", "early-hints"].map((by) => parts(by, status));
    assert.deepEqual(flags, [2, 0, 1, 1].map((ahead) => [0, [[ahead, 1]]]), status);
  }
  const script = resource("https://shop.example/a.js", { initiatorType: "other", renderBlockingStatus: "non-blocking" });
  assert.deepEqual(JSON.parse(told({ resources: [script] }))[8], [], "it is no preload for that");
});

test("a stylesheet is used that the page has or another one imports, as far as that can be seen", () => {
  const closed = { href: "https://css.example/closed.css", get cssRules() { throw new Error("SecurityError"); } };
  const open = { href: "https://shop.example/a.css", cssRules: [{ styleSheet: closed }, {}, { styleSheet: null }, { styleSheet: { href: "https://shop.example/b.css", cssRules: [] } }] };
  const names = ["https://shop.example/a.css", "https://shop.example/b.css", "https://css.example/closed.css", "https://shop.example/c.css"];
  const body = JSON.parse(told({ styleSheets: [open], resources: names.map((name) => resource(name)) }));
  const latestFirst = names.reverse();
  assert.deepEqual(body[8].map(([name, , , , , used]) => [name, used]), latestFirst.map((name) => [name, name.endsWith("/c.css") ? 0 : 1]));
});

test("whatever else a page loads, its fonts and its largest picture are told, and what a header has had preloaded", () => {
  const lcp = { url: "https://shop.example/hero.webp", startTime: 300 };
  const ahead = (name, startTime) => resource(name, { startTime, renderBlockingStatus: "non-blocking" });
  const resources = [
    ahead("https://shop.example/preloaded.css", 10),
    resource("https://shop.example/early.css", { startTime: 11 }),
    // Stylesheets in the body, and what <link rel=prefetch> asks for, look like preloads.
    ...Array.from({ length: 30 }, (_, at) => ahead(`https://shop.example/section-${at}.css`, 20 + at)),
    resource("https://shop.example/late.css", { startTime: 60 }),
    ahead("https://shop.example/a.woff2", 80),
    resource(lcp.url, { startTime: 90, initiatorType: "css", renderBlockingStatus: "non-blocking" }),
    resource("https://shop.example/app.js", { startTime: 95, initiatorType: "script", renderBlockingStatus: "non-blocking" }),
  ];
  const parts = (of) => JSON.parse(told(of)).at(8).map(([name, , , , ahead]) => [name.slice("https://shop.example/".length), ahead]);
  const sections = Array.from({ length: 13 }, (_, at) => [`section-${at}.css`, 1]);
  assert.deepEqual(parts({ lcp, resources }), [["a.woff2", 1], ["hero.webp", 0], ["preloaded.css", 1], ...sections]);
  const few = resources.filter(({ name }) => !name.includes("section"));
  assert.deepEqual(parts({ lcp, resources: few }), [["a.woff2", 1], ["hero.webp", 0], ["preloaded.css", 1], ["late.css", 0], ["early.css", 0]]);
});

test("a page is told of by the path of its navigation, wherever a script has led the address since", () => {
  const path = (navigation) => JSON.parse(told({ navigation }))[0];
  assert.equal(path({}), "/a");
  assert.equal(path({ name: "https://shop.example/after/a/redirect" }), "/after/a/redirect");
  assert.equal(path(undefined), "/a");
  assert.equal(path(null), "/cart", "a browser without the entry");
});

test("the first byte is the answer's, and not that of what came before it", () => {
  const ttfb = (navigation) => JSON.parse(told({ navigation }))[4][1];
  assert.equal(ttfb({ responseStart: 20, finalResponseHeadersStart: 320.5 }), 320);
  assert.equal(ttfb({ responseStart: 20 }), 20, "a browser that does not tell them apart");
  assert.equal(ttfb({ responseStart: 20, finalResponseHeadersStart: 0 }), 20);
});

test("a page that was hidden before tells nothing, unless that was before its activation", () => {
  const lcp = { url: "https://shop.example/a.jpg", startTime: 60_000 };
  assert.equal(told({ lcp, isHidden: true, states: ["hidden"] }), undefined, "opened behind another tab");
  assert.equal(told({ lcp, isHidden: true, states: [] }), undefined, "by a browser that remembers nothing");
  assert.equal(told({ lcp, states: ["hidden", "visible"] }), undefined, "looked at before the script came");
  assert.equal(told({ lcp, states: ["visible", "hidden", "visible"] }), undefined);
  const prerendered = { lcp, isPrerendered: true, states: ["hidden"], navigation: { activationStart: 0 } };
  assert.equal(JSON.parse(told(prerendered))[4][3], 60_000);
  const activated = { lcp, states: ["hidden", "visible"], navigation: { activationStart: 900.2 } };
  assert.equal(JSON.parse(told(activated))[4][0], 900);
  assert.equal(told({ ...activated, states: ["hidden", "visible", "hidden", "visible"] }), undefined);
});

test("what a browser cannot tell it does not tell", () => {
  const names = ["https://shop.example/a.css", "https://shop.example/a.woff2", "https://shop.example/hero.jpg", "https://shop.example/a.js"];
  const silent = { renderBlockingStatus: undefined };
  const by = (initiatorType) => names.map((name) => resource(name, { ...silent, initiatorType }));
  const sentOf = (resources, lcp = { url: names[2], startTime: 90 }) => JSON.parse(told({ resources, lcp }));
  const of = (body) => body[8].map(([name, , , , ahead, used]) => [name, ahead, used]);
  assert.deepEqual(of(sentOf(by("link"))), [[names[1], 1, 1], [names[2], 1, 1]], "stylesheets look like preloads");
  assert.deepEqual(of(sentOf(by("css"))), [[names[1], 0, 1], [names[2], 0, 1]]);
  assert.equal(sentOf(by("link"))[10], 1);
  assert.equal(sentOf([])[10], 0, "nothing was waited for");
  assert.equal(sentOf([resource(names[0]), resource(names[3], { renderBlockingStatus: "non-blocking" })])[10], 0);
  const cls = (shifts) => JSON.parse(told({ shifts }))[4][5];
  assert.equal(cls(undefined), 0);
  assert.equal(cls([{ startTime: 10, value: 0.0125 }, { startTime: 20, value: 0.01, hadRecentInput: true }]), 12);
  assert.equal(cls(null), null, "no shift was seen, since none is");
  const blind = JSON.parse(told({ lcp: null }));
  assert.deepEqual([blind[4].slice(3), blind[5]], [[null, null, 0], [null, null, null]]);
});

test("the form of the largest picture is the one in which it was painted, and one that had left the page by then has none", () => {
  const url = "https://shop.example/a.jpg";
  const form = (element, change) => JSON.parse(told({ lcp: { url, startTime: 300, element }, change }))[5];
  assert.deepEqual(form({ srcset: "", sizes: "" }), [url, "", ""]);
  assert.deepEqual(form({}), [url, null, null], "a stylesheet shows it");
  assert.deepEqual(form(null), [url, null, ""]);
  // An application shows another page.
  const picture = { srcset: "/a.jpg 1x", sizes: "100vw" };
  const lcp = { url, startTime: 300, element: picture };
  const leave = () => ((lcp.element = null), (picture.srcset = "/b.jpg 1x"));
  assert.deepEqual(JSON.parse(told({ lcp, change: leave }))[5], [url, "/a.jpg 1x", "100vw"]);
});

test("a page may have globals of its own, and arrays that tell themselves as text", () => {
  const owned = `
    var URL = "https://shop.example/", Event = 0, Map = 0;
    // Prototype 1.6.
    Array.prototype.toJSON = function () { return "[" + this.join(", ") + "]"; };
    String.prototype.toJSON = function () { return "'" + this + "'"; };`;
  const of = { resources: [resource("https://css.example:8443/a.css?b=https://c.example/")], faces: [face('"A"')] };
  const [plain, own] = [told(of), told({ ...of, owned })].map((body) => JSON.parse(body));
  assert.deepEqual(own, plain);
  assert.deepEqual(own[7], [["https://css.example:8443", 1, 20, 39]]);
});

test("the slowest interaction is told, and the first one however fast it was", () => {
  const slowest = (interactions) => JSON.parse(told({ interactions }))[4][4];
  const event = (interactionId, duration) => ({ interactionId, duration });
  assert.equal(slowest({}), null, "there was none");
  assert.equal(slowest({ event: [event(0, 900)] }), null, "a pointer that moves is none");
  assert.equal(slowest({ event: [event(7, 16), event(8, 48), event(9, 24), event(0, 900)] }), 48);
  assert.equal(slowest({ "first-input": [event(7, 8)] }), 8);
  assert.equal(slowest({ "first-input": [event(0, 0)] }), 0, "a browser that gives it no ID");
  assert.equal(slowest({ event: [event(7, 48)], "first-input": [event(7, 8)] }), 48);
});

test("of what was prerendered is told what nothing had used three seconds after it was seen", () => {
  const poster = "https://shop.example/poster.jpg";
  const image = { src: "https://shop.example/b.jpg" };
  const ahead = (name) => resource(name, { renderBlockingStatus: "non-blocking" });
  const lcp = { url: poster, startTime: 5000 };
  const of = { isPrerendered: true, states: ["hidden"], lcp, images: [image], resources: [ahead(poster), ahead(image.src)] };
  const parts = (body) => [body[6], body[8].map(([name, , , , isAhead, isUsed]) => [name, isAhead, isUsed])];
  const used = [[poster, 1, 1], [image.src, 1, 1]];
  assert.deepEqual(parts(JSON.parse(told(of))), [0, used]);
  assert.deepEqual(parts(JSON.parse(told({ ...of, isLater: false }))), [null, used]);
});

test("text that looks like a number stays text", () => {
  assert.deepEqual(JSON.parse(told({ lcp: { url: "https://shop.example/a.jpg", startTime: 1, element: { srcset: "7", sizes: "100" } } }))[5].slice(1), ["7", "100"]);
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
