// What the script of prerendered pages does at activation with what was deferred, in a page of objects.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import vm from "node:vm";

const SCRIPT = readFileSync(new URL("../../assets/activate.js", import.meta.url), "utf8");

const GATE = "0123456789abcdef";

/// What `document.createEvent("Event")` makes.
class MadeEvent extends Event {
  #is = ["", false, false];
  #isPrevented = false;
  constructor() { super(""); }
  initEvent(...is) { this.#is = is; }
  get type() { return this.#is[0]; }
  get bubbles() { return Boolean(this.#is[1]); }
  get cancelable() { return Boolean(this.#is[2]); }
  preventDefault() { this.#isPrevented = this.cancelable; }
  get defaultPrevented() { return this.#isPrevented; }
}

/// An `<img>` of the page, with its attributes.
function picture(attributes) {
  const kept = new Map(Object.entries(attributes));
  return {
    kept,
    set src(value) { kept.set("src", value); },
    getAttribute: (name) => kept.get(name) ?? null,
    removeAttribute: (name) => kept.delete(name),
  };
}

/// A page that has been parsed and loaded (or not: `loaded` is when). A held script is what it does when it runs. `owned` are the
/// globals that the page has made its own.
function page({ gate = GATE, held = [], pictures = [], loaded = 20, me = {}, ticket, type = "navigate", status = 204, activationStart = 5, owned = {} }) {
  const scripts = held.map((run) => ({ src: "", onload: null, onerror: null, type: `text/headstart-gated-${gate}`, ...(run.call ? { run } : run) }));
  const window = new EventTarget();
  const script = ({ src, onload, onerror, type, dataset }) => Object.assign(new EventTarget(), { src, onload, onerror, type, dataset: { ...dataset } });
  for (const original of scripts) {
    Object.assign(original, {
      dataset: original.dataset ?? {},
      hasAttribute: () => false,
      cloneNode: () => script(original),
      replaceWith: (script) => {
        scripts.splice(scripts.indexOf(original), 1);
        original.run(window, script);
      },
    });
  }
  window.window = window;
  window.document = Object.assign(new EventTarget(), {
    currentScript: { dataset: { gate, ticket }, src: "https://shop.example/_headstart/activate.js", previousSibling: null, replaceWith() {}, ...me },
    createEvent: (kind) => (assert.equal(kind, "Event"), new MadeEvent()),
    prerendering: true,
    readyState: "complete",
    querySelector: () => scripts[0] ?? null,
    querySelectorAll: (selector) => pictures.filter(({ kept }) => kept.has(/^img\[(.*)\]$/.exec(selector)[1])),
  });
  const entry = { domContentLoadedEventStart: 10, loadEventStart: loaded, name: "https://shop.example/a", type, activationStart };
  window.reloads = 0;
  window.fetched = [];
  const location = { reload: () => (window.reloads += 1) };
  const fetch = async (...of) => (window.fetched.push(of), { status });
  window.performance = { getEntriesByType: () => [entry] };
  const names = { window, document: window.document, performance: window.performance, Event, setTimeout, clearTimeout, URL, location, fetch };
  const dispatchEvent = (event) => window.dispatchEvent(event);
  const all = { ...names, dispatchEvent, addEventListener: (...of) => window.addEventListener(...of), ...owned };
  const context = vm.createContext(all);
  vm.runInContext(SCRIPT, context);
  // A part of the page that has a script of its own.
  window.include = (dataset) => {
    window.document.currentScript = { ...window.document.currentScript, dataset };
    vm.runInContext(SCRIPT, context);
  };
  window.activate = async () => {
    window.document.prerendering = false;
    window.document.dispatchEvent(new Event("prerenderingchange"));
    await new Promise((next) => setTimeout(next, 10));
  };
  return window;
}

test("of a page that was put together the ticket of the page is sent, and the scripts of all its parts start", async () => {
  const part = "fedcba9876543210";
  const [own, of_part] = [GATE, part].map((gate) => picture({ [`data-headstart-src-${gate}`]: `/${gate}` }));
  const window = page({ ticket: "t1", pictures: [own, of_part] });
  window.include({ gate: part, ticket: "t2" });
  await window.activate();
  assert.deepEqual(window.fetched.map(([, { body }]) => body), ["t1"]);
  assert.deepEqual([own, of_part].map(({ kept }) => kept.get("src")), [`/${GATE}`, `/${part}`]);
  assert.equal(window.reloads, 0);
});

test("a picture gets its src back at activation", async () => {
  const counter = picture({ [`data-headstart-src-${GATE}`]: "https://www.facebook.com/tr?id=1", width: "1" });
  const others = [picture({ src: "/hero.jpg" }), picture({ "data-headstart-src-0": "/a" })];
  const window = page({ pictures: [counter, ...others] });
  assert.deepEqual([...counter.kept.keys()], [`data-headstart-src-${GATE}`, "width"]);
  await window.activate();
  assert.deepEqual([...counter.kept], [["width", "1"], ["src", "https://www.facebook.com/tr?id=1"]]);
  assert.deepEqual(others.map(({ kept }) => [...kept]), [[["src", "/hero.jpg"]], [["data-headstart-src-0", "/a"]]]);
});

test("without a mark nothing is started", async () => {
  const counter = picture({ "data-headstart-src-null": "/a" });
  const window = page({ gate: null, pictures: [counter], held: [() => assert.fail()] });
  await window.activate();
  assert.deepEqual([...counter.kept.keys()], ["data-headstart-src-null"]);
});

test("what is started late is told of the events that are past, in order and once", async () => {
  const told = [];
  const window = page({
    held: [
      ({ document, window }) => {
        document.addEventListener("DOMContentLoaded", () => told.push("parsed"));
        window.addEventListener("load", { handleEvent: ({ type }) => told.push(type) });
        window.addEventListener("DOMContentLoaded", function () { told.push(this === window); });
        window.addEventListener("click", () => told.push("click"));
        document.addEventListener("load", () => told.push("never"));
        told.push("first");
      },
      () => told.push("second"),
    ],
  });
  const { addEventListener } = EventTarget.prototype;
  await window.activate();
  assert.deepEqual(told, ["first", "second", "parsed", "load", true]);
  assert.ok(window.addEventListener === addEventListener && window.document.addEventListener === addEventListener);
  window.dispatchEvent(new Event("click"));
  // What comes later is not told of what is past.
  window.addEventListener("load", () => told.push("late"));
  await new Promise((next) => setTimeout(next, 10));
  assert.deepEqual(told.slice(5), ["click"]);
});

test("a script from elsewhere is waited for, and keeps the handlers of its author", async () => {
  const told = [];
  const external = (src, type) => ({
    src,
    onload: `loaded(${src})`,
    onerror: `failed(${src})`,
    run: (_, script) => {
      told.push(["begun", script.onload, script.onerror]);
      setTimeout(() => {
        told.push(type);
        script.dispatchEvent(new Event(type));
      });
    },
  });
  const window = page({ held: [external("/a.js", "load"), external("/b.js", "error"), () => told.push("last")] });
  await window.activate();
  await new Promise((next) => setTimeout(next, 20));
  assert.deepEqual(told, [["begun", "loaded(/a.js)", "failed(/a.js)"], "load", ["begun", "loaded(/b.js)", "failed(/b.js)"], "error", "last"]);
});

test("a script that starts has the type that its author gave it, and nothing of ours", async () => {
  const begun = [];
  const run = (_, { type, dataset }) => begun.push([type, dataset]);
  const window = page({ held: [{ run, dataset: { headstartType: "module", of: "author" } }, { run }] });
  await window.activate();
  assert.deepEqual(begun.map(([type, dataset]) => [type, { ...dataset }]), [["module", { of: "author" }], ["", {}]]);
});

test("nothing of it stays in the page, whether its elements are still there or not", () => {
  const gone = [];
  // Prototype's fails where there is no parent any more, since an inline script has taken it out.
  const remove = () => assert.fail();
  const element = (localName, textContent) => ({ localName, textContent, remove, replaceWith: (...nodes) => gone.push(localName, ...nodes) });
  const ours = '<meta http-equiv=refresh content="0;url=https://shop.example/_headstart/unscripted?page=%2Fa">';
  const me = (ticket, previousSibling) => ({ ...element("me"), dataset: { ticket }, previousSibling });
  for (const [ticket, before, expected] of [
    ["t", element("noscript", ours), ["noscript", "me"]],
    ["t", element("link", ""), ["me"]],
    ["t", null, ["me"]],
    // The page's own.
    [undefined, element("noscript", ours), ["me"]],
    ["t", element("noscript", "<img src=https://counter.example/>"), ["me"]],
  ]) {
    gone.length = 0;
    page({ me: me(ticket, before) });
    assert.deepEqual(gone, expected);
  }
});

test("what is to come is waited for", async () => {
  const told = [];
  const window = page({ loaded: 0, held: [({ window }) => window.addEventListener("load", () => told.push("load"))] });
  await window.activate();
  assert.deepEqual(told, []);
  window.dispatchEvent(new Event("load"));
  assert.deepEqual(told, ["load"]);
});

test("a script that listens in its own way keeps it", async () => {
  const own = (original) => function (...of) { return original.apply(this, of); };
  let mine;
  const window = page({ held: [({ window }) => { mine = window.addEventListener = own(window.addEventListener); }] });
  await window.activate();
  assert.equal(window.addEventListener, mine);
  let heard = 0;
  window.addEventListener("click", () => { heard += 1; });
  window.dispatchEvent(new Event("click"));
  assert.equal(heard, 1);
});

test("what a library makes of listening reaches scripts that are started late and those that come after", async () => {
  const { addEventListener } = EventTarget.prototype;
  const heard = [];
  const patch = () => {
    EventTarget.prototype.addEventListener = function (type, ...rest) {
      heard.push([this === window ? "window" : "document", type]);
      return addEventListener.call(this, type, ...rest);
    };
  };
  const window = page({
    loaded: 0,
    held: [
      ({ window, document }) => {
        patch();
        window.addEventListener("load", () => {});
        document.addEventListener("click", () => {});
      },
    ],
  });
  const { document } = window;
  try {
    await window.activate();
    assert.deepEqual(heard.filter(([, type]) => type !== "DOMContentLoaded"), [["window", "load"], ["document", "click"]]);
    heard.length = 0;
    window.addEventListener("popstate", () => {});
    document.addEventListener("click", () => {});
    assert.deepEqual(heard, [["window", "popstate"], ["document", "click"]]);
    assert.ok(!Object.hasOwn(window, "addEventListener") && !Object.hasOwn(document, "addEventListener"));
  } finally {
    EventTarget.prototype.addEventListener = addEventListener;
  }
});

test("what never answers keeps scripts back for three seconds, and once", async () => {
  const started = [];
  const timers = [];
  let answer;
  const owned = {
    setTimeout: (then, milliseconds) => void timers.push([milliseconds, then]),
    fetch: () => new Promise((resolve) => (answer = resolve)),
  };
  const window = page({ ticket: "t", owned, held: [() => started.push(1), () => started.push(2)] });
  await window.activate();
  assert.deepEqual([started, timers.map(([milliseconds]) => milliseconds)], [[], [3000]]);
  timers[0][1]();
  await new Promise((next) => setTimeout(next));
  assert.deepEqual(started, [1, 2]);
  answer({ status: 409 });
  await new Promise((next) => setTimeout(next));
  assert.deepEqual([started, window.reloads], [[1, 2], 1]);
});

test("what is somebody else's starts nothing until it is loaded anew", async () => {
  const timers = new Map();
  const owned = {
    setTimeout: (then) => (timers.set(1, then), 1),
    clearTimeout: (timer) => void timers.delete(timer),
  };
  const window = page({ ticket: "t", status: 409, owned, held: [() => assert.fail()] });
  await window.activate();
  assert.deepEqual([window.reloads, timers.size], [1, 0]);
});

test("a page that is somebody else's loads anew, once", async () => {
  for (const [status, type, isHandled, reloads, started] of [
    [204, "navigate", false, 0, 1],
    [409, "navigate", false, 1, 0],
    [403, "navigate", false, 1, 0],
    // A cache has given the same copy again, which would never end.
    [409, "reload", false, 0, 1],
    [403, "reload", false, 0, 1],
    // The page sees to it itself.
    [409, "navigate", true, 0, 1],
    [503, "navigate", false, 0, 1],
  ]) {
    let runs = 0;
    const window = page({ held: [() => (runs += 1)], ticket: "1", type, status });
    if (isHandled) window.addEventListener("headstart:stale", (event) => event.preventDefault());
    await window.activate();
    assert.deepEqual([window.reloads, runs], [reloads, started], `${status} ${type}`);
  }
});

test("the ticket is sent to the script's own URL without its ending, and says whether the page was rendered before", async () => {
  for (const [activationStart, url] of [[5, "https://shop.example/_headstart/activate"], [0, "https://shop.example/_headstart/activate?fetched"]]) {
    const window = page({ ticket: "t", activationStart });
    await window.activate();
    assert.equal(window.fetched.length, 1);
    const [[asked, { method, body, referrer, referrerPolicy }]] = window.fetched;
    assert.deepEqual([asked, method, body, referrer, referrerPolicy], [url, "POST", "t", "https://shop.example/a", "same-origin"]);
  }
});

/// What a library or a page has in place of a constructor of the browser's.
function Replaced() {
  throw new TypeError("it is the page's own");
}

test("a page may have globals of its own in place of the browser's", async () => {
  const told = [];
  const external = { src: "/a.js", run: (_, script) => setTimeout(() => script.dispatchEvent(new Event("load"))) };
  const listening = ({ document }) => document.addEventListener("DOMContentLoaded", ({ type }) => told.push(type));
  // `var URL = "…"`, MooTools's `Event`, and a `Promise` from before the standard's.
  const owned = { URL: "https://shop.example/", Event: Replaced, Promise: Replaced };
  const window = page({ ticket: "t", held: [external, listening], owned });
  await window.activate();
  await new Promise((next) => setTimeout(next, 10));
  assert.deepEqual([window.fetched.length, told], [1, ["DOMContentLoaded"]]);
  for (const [isHandled, reloads] of [[false, 1], [true, 0]]) {
    const stale = page({ ticket: "t", status: 409, owned });
    if (isHandled) stale.addEventListener("headstart:stale", (event) => event.preventDefault());
    await stale.activate();
    assert.equal(stale.reloads, reloads);
  }
});

test("where a ticket cannot be redeemed, scripts start, and what is somebody else's loads anew whatever fails", async () => {
  for (const [owned, status, reloads, started] of [
    [{ fetch: Replaced }, 204, 0, 1],
    [{ fetch: () => Promise.reject(new TypeError("Failed to fetch")) }, 204, 0, 1],
    [{ fetch: () => undefined }, 204, 0, 1],
    [{ dispatchEvent: Replaced }, 409, 1, 0],
    [{ performance: { getEntriesByType: () => [] } }, 204, 0, 1],
  ]) {
    let runs = 0;
    const window = page({ held: [() => (runs += 1)], ticket: "t", status, owned });
    await window.activate();
    assert.deepEqual([window.reloads, runs], [reloads, started], Object.keys(owned).join());
  }
});

test("it is small", () => assert.ok(SCRIPT.length < 3500, String(SCRIPT.length)));
