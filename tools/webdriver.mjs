// A headless Chromium with a fresh profile, driven through ChromeDriver: the WebDriver protocol, as far as the picture,
// `make apps` and `make lab` need it. Unlike other drivers, ChromeDriver leaves prefetching and preconnects on.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/// How long ChromeDriver, and then the browser, may take to start, in milliseconds. Where they were just installed,
/// nothing of them is in memory yet.
const START_MS = 180_000;

/// How long a command may take, in milliseconds; loading a page is the longest.
const COMMAND_MS = 60_000;

/// The name under which WebDriver gives an element.
const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";

/// Finds an element in a page, as `Chromium.element` does.
const FIND = `(selector) => selector.startsWith("//")
  ? document.evaluate(selector, document, null, XPathResult.FIRST_ORDERED_NODE_TYPE, null).singleNodeValue
  : document.querySelector(selector)`;

/// Whether what a script has answered is an element that further commands can name.
export const isElement = (value) => value?.[ELEMENT] !== undefined;

export class Chromium {
  #driver;
  #profile;
  #session;
  #strange = false;

  /// Starts the programs that CHROME and CHROMEDRIVER name, with a window whose inside is this large in pixels, and with
  /// these switches as well. Loading a page waits until it has loaded, unless `patient` is false: then whoever goes to a
  /// page, or back to one, has to look for it. ChromeDriver waits for ever for some pages that were rendered ahead. `preferences`
  /// are those of the profile, by their names.
  static async start(width, height, switches = [], patient = true, preferences = {}) {
    const { CHROME, CHROMEDRIVER } = process.env;
    if (!CHROME || !CHROMEDRIVER) throw new Error("CHROME and CHROMEDRIVER are not set; make finds the browser and sets them");
    const chromium = new Chromium(CHROMEDRIVER);
    try {
      await chromium.#open(CHROME, width, height, switches, patient, preferences);
    } catch (error) {
      await chromium.close();
      throw error;
    }
    return chromium;
  }

  constructor(program) {
    this.#profile = mkdtempSync(path.join(tmpdir(), "headstart-chromium-"));
    // Port 0: any. A group of its own, so that the browser ends with it.
    this.#driver = spawn(program, ["--port=0"], { detached: true, stdio: ["ignore", "pipe", "ignore"] });
  }

  async #open(binary, width, height, switches, patient, prefs) {
    const port = await this.#port();
    const args = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"];
    args.push("--disable-background-networking", "--disable-component-update", "--disable-sync");
    args.push(`--window-size=${width},${height}`, `--user-data-dir=${this.#profile}`, ...switches);
    const alwaysMatch = { pageLoadStrategy: patient ? "normal" : "none", "goog:chromeOptions": { binary, args, prefs }, "goog:loggingPrefs": { performance: "ALL" } };
    const { sessionId } = await post(`http://127.0.0.1:${port}/session`, { capabilities: { alwaysMatch } }, START_MS);
    this.#session = `http://127.0.0.1:${port}/session/${sessionId}`;
    // The window has borders, also where nobody sees them.
    await this.devtools("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: false });
  }

  /// The port that ChromeDriver says it has chosen.
  #port() {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("ChromeDriver does not start")), START_MS);
      let said = "";
      this.#driver.stdout.setEncoding("utf8").on("data", (text) => {
        said += text;
        const port = said.match(/started successfully on port (\d+)/)?.[1];
        if (port) resolve(port);
        if (port) clearTimeout(timer);
      });
      this.#driver.on("error", reject).on("exit", () => reject(new Error("ChromeDriver has ended")));
    });
  }

  /// Loads a page, and waits until it has loaded.
  async goto(url) {
    // A tab with a page that ChromeDriver has lost stays lost to it, so another one goes on.
    if (this.#strange) await this.switchTo(await this.newTab());
    this.#strange = false;
    return post(`${this.#session}/url`, { url });
  }

  /// Runs the text of a function in the page, and answers what it returns. Elements may be among its arguments.
  async run(script, ...args) {
    const known = () => post(`${this.#session}/execute/sync`, { script, args });
    if (this.#strange && !args.some(isElement)) return this.#evaluate(script, args);
    return known().catch((error) => {
      if (!/no such execution context/.test(error.message)) throw error;
      this.#strange = true;
      return this.#evaluate(script, args);
    });
  }

  /// The same by DevTools, for a page that ChromeDriver has lost: one that was rendered ahead, left, kept, and come back to.
  async #evaluate(script, args) {
    const named = args.map((value) => value?.lost ?? JSON.stringify(value));
    const expression = `(function () { ${script} }).apply(null, [${named}])`;
    const { result, exceptionDetails } = await this.devtools("Runtime.evaluate", { expression, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value ?? null;
  }

  /// The element of a CSS selector, or of an XPath, which begins with `//`. On a page that ChromeDriver has lost it is known by
  /// what finds it in the page alone, `{lost}`.
  async element(selector) {
    if (this.#strange) {
      const lost = { lost: `(${FIND})(${JSON.stringify(selector)})` };
      if (await this.#evaluate("return arguments[0] !== null", [lost])) return lost;
      throw new Error(`no such element: ${selector}`);
    }
    return post(`${this.#session}/element`, located(selector));
  }

  /// Moves the mouse onto an element, in two steps, as a hand does; with `click` it presses and releases as well. The
  /// element is given by its selector or as `element` answers it; the mouse then stays for `stay` milliseconds.
  async point(selector, click = false, stay = 0) {
    const element = typeof selector === "string" ? await this.element(selector) : selector;
    if (element.lost !== undefined) return this.#pointAt(element, click, stay);
    const move = (duration) => ({ type: "pointerMove", duration, origin: { [ELEMENT]: element[ELEMENT] }, x: 0, y: 0 });
    const press = click ? [{ type: "pointerDown", button: 0 }, { type: "pause", duration: 60 }, { type: "pointerUp", button: 0 }] : [];
    if (stay > 0) press.unshift({ type: "pause", duration: stay });
    const actions = [{ type: "pointer", id: "mouse", parameters: { pointerType: "mouse" }, actions: [move(50), move(50), ...press] }];
    await post(`${this.#session}/actions`, { actions });
  }

  /// The same for an element that ChromeDriver cannot name.
  async #pointAt(element, click, stay) {
    const middle = "const { x, y, width, height } = arguments[0].getBoundingClientRect(); return [x + width / 2, y + height / 2];";
    const [x, y] = await this.#evaluate(middle, [element]);
    const mouse = (type, more) => this.devtools("Input.dispatchMouseEvent", { type, x, y, ...more });
    await mouse("mouseMoved");
    await new Promise((resolve) => setTimeout(resolve, stay));
    if (!click) return;
    const button = { button: "left", buttons: 1, clickCount: 1 };
    await mouse("mousePressed", button);
    await mouse("mouseReleased", button);
  }

  /// Empties a field and types into it.
  async type(element, text) {
    if (element.lost !== undefined) {
      const write = "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input', { bubbles: true }));";
      return this.#evaluate(write, [element, text]);
    }
    await post(`${this.#session}/element/${element[ELEMENT]}/clear`, {});
    if (text !== "") await this.keys(element, text);
  }

  /// Types into an element, behind what is there.
  keys(element, text) {
    return post(`${this.#session}/element/${element[ELEMENT]}/value`, { text });
  }

  /// Goes as many pages forward in the tab's history, or back.
  travel(pages) {
    return this.run("const [pages] = arguments; setTimeout(() => history.go(pages));", pages);
  }

  /// Opens an empty tab, and answers its handle; the tab before stays the current one.
  async newTab() {
    return (await post(`${this.#session}/window/new`, { type: "tab" })).handle;
  }

  /// The handle of the current tab.
  tab() {
    return get(`${this.#session}/window`);
  }

  /// The handles of all tabs.
  tabs() {
    return get(`${this.#session}/window/handles`);
  }

  /// Makes another tab the current one.
  switchTo(handle) {
    return post(`${this.#session}/window`, { handle });
  }

  /// Where the middle of an element is.
  centre(selector) {
    return this.run(`const { x, y, width, height } = document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect();
      return [x + width / 2, y + height / 2];`);
  }

  /// What the browser shows, as a PNG in base64.
  screenshot() {
    return get(`${this.#session}/screenshot`);
  }

  /// Sends a DevTools command.
  devtools(cmd, params) {
    return post(`${this.#session}/goog/cdp/execute`, { cmd, params });
  }

  /// The DevTools events of the network since this was last asked: `[method, params]`.
  async events() {
    const lines = await post(`${this.#session}/se/log`, { type: "performance" });
    const messages = lines.map(({ message }) => JSON.parse(message).message);
    return messages.map(({ method, params }) => [method, params]).filter(([method]) => method.startsWith("Network."));
  }

  async close() {
    if (this.#session) await fetch(this.#session, { method: "DELETE" }).catch(() => {});
    try {
      process.kill(-this.#driver.pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

const located = (value) => ({ using: value.startsWith("//") ? "xpath" : "css selector", value });
const post = (url, body, ms) => answer(url, { method: "POST", body: JSON.stringify(body) }, ms);
const get = (url) => answer(url, {});

/// What a command answers with, which may take this long, in milliseconds.
async function answer(url, options, ms = COMMAND_MS) {
  const late = (error) => {
    throw error.name === "TimeoutError" ? new Error(`ChromeDriver does not answer: ${new URL(url).pathname}`) : error;
  };
  const { value } = await (await fetch(url, { ...options, signal: AbortSignal.timeout(ms) }).catch(late)).json();
  if (value?.error) throw new Error(`${value.error}: ${value.message}`);
  return value;
}
