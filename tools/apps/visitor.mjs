// A visitor with a browser of their own, in the words in which flows are written. All methods are asynchronous.
//
//   go(path)                 loads a page of the site, as from the address bar; a whole URL as well
//   click(target)            clicks, and waits for the page that follows and its rules
//   press(target)            clicks something that leads to no other page
//   hover(target)            stays over an element for as long as a browser needs to speculate, and waits for the end of that
//   hoverAll(within, most)   does so with every link that is shown within a CSS selector ("body"), at most 15 by default
//   fill({target: value})    types into fields; chooses in a <select>; ticks (true) or clears (false) a box
//   keys(element, text)      types into what seen() has answered, as it is
//   submit(target)           the same as click, for a button of a form
//   back(), forward()        in the tab's history
//   slowly(path, act)        does something while what is fetched ahead of this path is answered late: only behind it
//   tab(name)                makes the tab of that name the current one, and opens it if need be; the first is "first"
//   note(name)               writes down what the page shows: URL, title, text, fields
//   seen(target, ms)         waits for an element; fails without it
//   has(target)              whether there is such an element now
//   read(target)             the text of an element
//   run(script, …)           runs the text of a function in the page
//   settled()                waits until the application is asked nothing more
//
// A target is a CSS selector, an XPath that begins with `//`, or `=Sign in`: the first link or button with that text.
// Unless a page must have it anyway, a flow waits for what it needs with seen().

import { until } from "../until.mjs";
import { ending } from "./app.mjs";
import { look, LINKS } from "./page.mjs";
import { Chromium, isElement } from "../webdriver.mjs";

/// How long a page, an element and its rules may take, in milliseconds.
const PAGE_MS = 30_000;
const ELEMENT_MS = 10_000;
const RULES_MS = 1_500;

/// How long a mouse stays over a link, and over one that matters, and for how long nothing more must be speculated on, in
/// milliseconds.
const STAY_MS = 260;
const SURE_MS = 500;
const QUIET_MS = 300;
const SPECULATION_MS = 30_000;

/// Cookies that are good for no longer than this are not compared, in milliseconds.
const SOON_MS = 60_000;

/// Only this machine is reachable for the browser.
const SWITCHES = ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE *.localhost", "--lang=en-GB"];

/// What has no size any more, or lies outside, cannot be pointed at: a menu that has closed.
function closed(error) {
  if (!/move target|stale|no size|not interactable/.test(error.message)) throw error;
}

export class Visitor {
  /// What was noted: {name, url, title, text (lines), fields (lines)}.
  notes = [];
  /// The pages that were shown: {url, how ("", "prefetch", "prerender", "kept"), status, at, lost (where one goes back: why
  /// the browser has not kept the page whole)}.
  visits = [];

  #chromium;
  #origin;
  #witness;
  #front;
  #tabs = new Map();
  #documents = new Set();
  #closed;

  /// Starts a browser. `front` is what front() in headstart.mjs answers, or null where Headstart is not there.
  static async start({ origin, witness, front }) {
    const visitor = new Visitor();
    // Two drivers that start at once may choose the same port; one of them ends.
    const browser = () => Chromium.start(1200, 900, SWITCHES, false);
    visitor.#chromium = await browser().catch(browser);
    visitor.#closed = ending({ stop: () => visitor.close() });
    visitor.#origin = origin;
    visitor.#witness = witness;
    visitor.#front = front;
    visitor.#tabs.set("first", await visitor.#chromium.tab());
    return visitor;
  }

  close() {
    this.#closed();
    return this.#chromium.close();
  }

  async go(path) {
    const url = new URL(path, this.#origin).href;
    await this.#arrive(() => this.#chromium.goto(url), url);
  }

  async click(target) {
    const element = await this.seen(target);
    await this.#show(element);
    await this.#arrive(() => this.#chromium.point(element, true), `click ${target}`);
  }

  submit(target) {
    return this.click(target);
  }

  async press(target) {
    const element = await this.seen(target);
    await this.#show(element);
    await this.#chromium.point(element, true);
    await this.settled();
  }

  async hover(target) {
    const element = await this.seen(target);
    await this.#show(element);
    await this.#chromium.point(element, false, SURE_MS);
    // Twice, as a hand that comes back: the page's rules may reach the browser when the mouse is there already.
    await this.#leave();
    await this.#chromium.point(element, false, SURE_MS).catch(closed);
    await this.#speculated();
  }

  async hoverAll(within = "body", most = 15) {
    const count = await this.run(`return (${LINKS})(arguments[0]).length`, within);
    for (let at = 0; at < Math.min(count, most); at += 1) {
      const element = await this.run(`return (${LINKS})(arguments[0])[arguments[1]] ?? null`, within, at);
      if (!element) continue;
      const target = isElement(element) ? element : { lost: `(${LINKS})(${JSON.stringify(within)})[${at}]` };
      await this.#show(target);
      await this.#chromium.point(target, false, STAY_MS).catch(closed);
    }
    await this.#speculated();
  }

  async fill(values) {
    for (const [target, value] of Object.entries(values)) {
      const element = await this.seen(target);
      await this.#show(element);
      const kind = await this.run("return arguments[0].localName === 'select' ? 'select' : arguments[0].type", element);
      if (kind === "select") {
        await this.run("arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('change', { bubbles: true }))", element, value);
      } else if (kind === "checkbox" || kind === "radio") {
        if ((await this.run("return arguments[0].checked", element)) !== value) await this.#chromium.point(element, true);
      } else {
        await this.#chromium.type(element, value);
      }
    }
  }

  keys(element, text) {
    return this.#chromium.keys(element, text);
  }

  back() {
    return this.#arrive(() => this.#chromium.travel(-1), "back");
  }

  forward() {
    return this.#arrive(() => this.#chromium.travel(1), "forward");
  }

  async tab(name) {
    if (!this.#tabs.has(name)) this.#tabs.set(name, await this.#chromium.newTab());
    await this.#chromium.switchTo(this.#tabs.get(name));
  }

  async slowly(path, act) {
    const release = this.#witness.hold(path);
    try {
      await act();
    } finally {
      release();
    }
    await this.#speculated();
  }

  async note(name) {
    await this.#leave();
    await this.settled();
    this.notes.push({ name, ...(await this.run(`return (${look})()`)) });
  }

  async seen(target, ms = ELEMENT_MS) {
    return until(`${target} on ${await this.#url()}`, () => this.#find(target).catch(() => null), ms);
  }

  async has(target) {
    return (await this.#find(target).catch(() => null)) !== null;
  }

  async read(target) {
    return this.run("return arguments[0].innerText", await this.seen(target));
  }

  run(script, ...args) {
    return this.#chromium.run(script, ...args);
  }

  async settled() {
    await until("the application has been asked everything", () => !this.#witness.busy(), PAGE_MS);
  }

  /// The cookies of the browser: [{name, value, path, httpOnly, secure, sameSite, session}].
  async cookies() {
    const { cookies } = await this.#chromium.devtools("Network.getAllCookies", {});
    const kept = ({ name, value, path, httpOnly, secure, sameSite = "", session }) => ({ name, value, path, httpOnly, secure, sameSite, session });
    // What is good for seconds only is there or not as the flow happens to be fast or slow.
    const stays = ({ session, expires }) => session || expires * 1000 - Date.now() > SOON_MS;
    return cookies.filter(stays).map(kept);
  }

  #url() {
    return this.run("return location.href").catch(() => "?");
  }

  #find(target) {
    if (!target.startsWith("=")) return this.#chromium.element(target);
    const text = JSON.stringify(target.slice(1));
    return this.#chromium.element(`//*[self::a or self::button][normalize-space()=${text}] | //input[@type="submit" and @value=${text}]`);
  }

  /// Takes the mouse to the right edge, where nothing opens, so that no tip of a link stays.
  async #leave() {
    const [x, y] = await this.run("return [innerWidth - 2, Math.round(innerHeight / 2)]");
    await this.#chromium.devtools("Input.dispatchMouseEvent", { type: "mouseMoved", x, y });
  }

  /// Scrolls to where it can be pointed at.
  async #show(element) {
    await this.run("arguments[0].scrollIntoView({ block: 'center', behavior: 'instant' })", element);
  }

  /// Waits until what was speculated on has been answered, where anything speculates.
  async #speculated() {
    if (!this.#front) return this.settled();
    const since = Date.now();
    const quiet = () => Date.now() - since > QUIET_MS && !this.#witness.speculating(QUIET_MS);
    await until("the end of speculations", quiet, SPECULATION_MS);
  }

  /// Does something after which another page is shown, waits for that page and for the rules that it asks for.
  async #arrive(act, what) {
    const before = await this.run("return performance.timeOrigin");
    const own = this.#front?.own("") ?? 0;
    await act();
    // Its URL as it came: scripts of a page may give it another one.
    const state = `const [entry] = performance.getEntriesByType("navigation");
      return document.readyState === "complete" && performance.timeOrigin !== arguments[0]
        ? { url: entry.name, made: performance.timeOrigin, delivery: entry.deliveryType, rendered: entry.activationStart > 0, status: entry.responseStatus,
            lost: entry.notRestoredReasons?.reasons?.map(({ reason }) => reason) } : null`;
    const page = await until(`a page after ${what} on ${await this.#url()}`, () => this.run(state, before).catch(() => null), PAGE_MS);
    // A page that the browser has kept whole, to go back to, still says how it first came.
    const again = this.#documents.has(page.made);
    this.#documents.add(page.made);
    const how = again ? "kept" : page.rendered ? "prerender" : page.delivery === "navigational-prefetch" ? "prefetch" : page.delivery === "cache" ? "kept" : "";
    this.visits.push({ url: page.url, how, status: page.status, at: Date.now(), lost: page.lost ?? undefined });
    if (this.#front && !again) await this.#ruled(own, how);
    await this.settled();
  }

  /// Waits until the page has asked for its rules, by which also what was deferred comes; some pages have none.
  async #ruled(own, how) {
    const part = how === "prerender" ? "activate" : "";
    await until("rules", () => this.#front.own(part) > own, RULES_MS).catch(() => {});
  }
}
