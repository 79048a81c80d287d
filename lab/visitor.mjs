// A visitor with a Chromium of their own: they come to a page, look at it, point at links and press one. On a desktop they
// have a mouse; with touch they have nothing to point with, and press at once.

import { setTimeout as wait } from "node:timers/promises";
import { Chromium } from "../tools/webdriver.mjs";

/// Third-party cookies as Chrome has them, and not as Debian's Chromium does: where they are blocked, what a page asks of third
/// parties with credentials goes to sockets that no preconnect can open.
export const PREFERENCES = { "profile.cookie_controls_mode": 0 };

export const DEVICES = {
  desktop: { width: 1200, height: 800, switches: [] },
  touch: { width: 412, height: 860, switches: ["--touch-events=enabled"] },
};

/// How long a page may take until it is whole, how often that is looked at, and for how long the largest element has to stay
/// the same, in milliseconds.
const PAGE_MS = 20_000;
const LOOK_MS = 40;
const STILL_MS = 160;

/// How long a finger stays on the glass, in milliseconds.
const TAP_MS = 80;

/// What the page that is shown says of itself: null while it is not this URL's, or is not whole yet. Times count from the click,
/// also for a page that was rendered before it.
const FIGURES = `
  const [url, whole] = arguments;
  if (location.href !== url || document.readyState !== "complete") return null;
  if (document.fonts.status !== "loaded" || (whole === "font" && ![...document.fonts].some(({ status }) => status === "loaded"))) return null;
  const entries = (type) => {
    const observer = new PerformanceObserver(() => {});
    observer.observe({ type, buffered: true });
    return observer.takeRecords();
  };
  const largest = entries("largest-contentful-paint").at(-1);
  const first = entries("paint").find(({ name }) => name === "first-contentful-paint");
  if (!largest || !first || (whole === "picture" && !largest.url)) return null;
  const [navigation] = performance.getEntriesByType("navigation");
  const since = (time) => Math.max(0, time - navigation.activationStart);
  return {
    opened: performance.timeOrigin,
    how: navigation.activationStart > 0 ? "prerender" : navigation.deliveryType === "navigational-prefetch" ? "prefetch" : "",
    // Of an answer that had a 103 before it, that is what came first.
    ttfb: since(navigation.finalResponseHeadersStart || navigation.responseStart),
    fcp: since(first.startTime),
    lcp: since(largest.startTime),
    largest: [largest.element?.localName ?? "", largest.url],
  };`;

export class Visitor {
  #chromium;
  #device;
  #touch;
  #opened = 0;

  static async start(device, switches) {
    const visitor = new Visitor();
    visitor.#device = DEVICES[device];
    visitor.#touch = device === "touch";
    const { width, height } = visitor.#device;
    const browser = () => Chromium.start(width, height, [...switches, ...visitor.#device.switches], false, PREFERENCES);
    // Two drivers that start at once may choose the same port; one of them ends.
    visitor.#chromium = await browser().catch(browser);
    await visitor.#hold().catch(async (error) => {
      await visitor.close();
      throw error;
    });
    return visitor;
  }

  /// Has the browser take the window for a phone's. What is set so does not outlive a page that was rendered ahead.
  async #hold() {
    if (!this.#touch) return;
    const { width, height } = this.#device;
    await this.#chromium.devtools("Emulation.setTouchEmulationEnabled", { enabled: true, maxTouchPoints: 1 });
    await this.#chromium.devtools("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: true });
  }

  /// Goes to a page as from the address bar, and answers its figures when it is whole.
  async come(url, whole) {
    await this.#chromium.goto(url);
    return this.#figures(url, whole);
  }

  /// Leaves for an empty page.
  async leave() {
    await this.#chromium.goto("about:blank");
  }

  /// Points at a link for so long, in milliseconds; somebody without a mouse cannot.
  async hover(path, ms) {
    if (!this.#touch) await this.#chromium.point(link(path), false, ms);
  }

  /// Presses a link, with a mouse after having been over it for so long, and answers the figures of the page that follows.
  async follow(origin, path, whole, hoverMs) {
    if (this.#touch) await this.#tap(link(path));
    else await this.#chromium.point(link(path), true, hoverMs);
    return this.#figures(origin + path, whole);
  }

  async #tap(selector) {
    await this.#hold();
    const middle = `const element = document.querySelector(arguments[0]);
      element.scrollIntoView({ block: "center", behavior: "instant" });
      const { x, y, width, height } = element.getBoundingClientRect();
      return [x + width / 2, y + height / 2];`;
    const [x, y] = await this.#chromium.run(middle, selector);
    await this.#chromium.devtools("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [{ x, y }] });
    await wait(TAP_MS);
    await this.#chromium.devtools("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  }

  async #figures(url, whole) {
    const deadline = Date.now() + PAGE_MS;
    let [last, since] = [null, 0];
    while (Date.now() < deadline) {
      // A page that is just being replaced by another has no answer.
      const seen = await this.#chromium.run(FIGURES, url, whole).catch(() => null);
      const fresh = seen && seen.opened !== this.#opened ? seen : null;
      if (fresh?.lcp !== last?.lcp) [last, since] = [fresh, Date.now()];
      else if (fresh && Date.now() - since >= STILL_MS) {
        this.#opened = fresh.opened;
        return fresh;
      }
      await wait(LOOK_MS);
    }
    throw new Error(`${url} was not there, whole, within ${PAGE_MS / 1000} s`);
  }

  close() {
    return this.#chromium.close();
  }
}

const link = (path) => `a[href="${path}"]`;
