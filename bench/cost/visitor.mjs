// A visitor of a site, who does what a Chromium does: asks for rules, asks ahead, follows links, keeps cookies.

import http from "node:http";
import { told } from "../beacon.mjs";
import { FOR_RULES, due, filesOf, rulesFor, speculative } from "../../lab/crowd.mjs";

const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
const HOST = "www.site.example";
const NAVIGATION = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", accept: "text/html" };

/// Asks a Worker: {status, headers, text}.
export function ask(port, path, headers = {}, body = undefined) {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, path, agent, method: body === undefined ? "GET" : "POST", headers: { host: HOST, ...headers } };
    const request = http.request(options, (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part)).on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, text: Buffer.concat(parts).toString() }));
    });
    request.on("error", reject).end(body);
  });
}

export class Visitor {
  #port;
  #address;
  #path = null;
  #sets = [];
  #ahead = new Map();
  #cookies = new Map();
  #rules = new Map();
  #hasScript = false;
  #chance;
  clock = 0;
  /// What was asked for ahead, and what of that was shown.
  asked = 0;
  used = 0;

  constructor(port, address, chance) {
    [this.#port, this.#address, this.#chance] = [port, address, chance];
  }

  /// Goes to a page: by a link of the one that is shown, if it has one, else from elsewhere.
  async go(path) {
    if (this.#path === null) {
      const answer = await this.#ask(path, { ...NAVIGATION, "sec-fetch-user": "?1", "sec-fetch-site": "none" });
      return this.#show(path, answer);
    }
    // On the way to it, the mouse rests on some other link now and then.
    await this.#consider(path, { pointed: true, pressed: false });
    await this.#consider(path, { pointed: true, pressed: true });
    const ahead = this.#ahead.get(path);
    this.#ahead.clear();
    if (ahead?.status === 200) {
      this.used += 1;
      return this.#show(path, ahead);
    }
    const fields = { ...NAVIGATION, "sec-fetch-user": "?1", "sec-fetch-site": "same-origin", ...this.#referer() };
    return this.#show(path, await this.#ask(path, fields));
  }

  #referer = () => ({ referer: `http://${HOST}${this.#path}` });

  async #ask(path, fields, body) {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = { "cf-connecting-ip": this.#address, "x-clock": String(this.clock), ...(cookie ? { cookie } : {}), ...fields };
    const answer = await ask(this.#port, path, headers, body);
    for (const line of answer.headers["set-cookie"] ?? []) {
      const [name, value] = line.split(";")[0].split("=");
      this.#cookies.set(name, value);
    }
    return answer;
  }

  async #consider(path, happened) {
    if (this.#ahead.has(path)) return;
    const rule = due(rulesFor(this.#sets, path), happened);
    if (!rule) return;
    this.asked += 1;
    this.#ahead.set(path, await this.#ask(path, { ...NAVIGATION, ...speculative(rule), ...this.#referer() }));
  }

  async #show(path, answer) {
    this.#path = path;
    const fields = { ...FOR_RULES, ...this.#referer() };
    this.#sets = [];
    for (const file of filesOf(answer.headers)) {
      const kept = this.#rules.get(file);
      // What has an age is not asked for again in one visit; of the rest the browser asks whether it has changed.
      const isKept = /max-age=[1-9]/.test(kept?.headers["cache-control"] ?? "");
      const known = kept?.headers.etag ? { "if-none-match": kept.headers.etag } : {};
      const rules = isKept ? kept : await this.#ask(file, { ...fields, ...known });
      const text = rules.status === 304 ? kept.text : rules.text;
      if (rules.status === 200) this.#rules.set(file, rules);
      if ([200, 304].includes(rules.status)) this.#sets.push(JSON.parse(text));
    }
    if (answer.text.includes("/_headstart/beacon.js")) await this.#tell(path);
    for (const [, link] of answer.text.matchAll(/<a href="(\/[^"]*)"/g)) await this.#consider(link, { pointed: this.#chance() < 0.05, pressed: false });
  }

  /// Tells how the view went, as assets/beacon.js does.
  async #tell(path) {
    const fields = { "sec-fetch-site": "same-origin", origin: `http://${HOST}`, ...this.#referer() };
    if (!this.#hasScript) await this.#ask("/_headstart/beacon.js", { ...fields, "sec-fetch-dest": "script", "sec-fetch-mode": "no-cors" });
    this.#hasScript = true;
    const body = told(path);
    const { status } = await this.#ask("/_headstart/beacon", { ...fields, "content-type": "text/plain;charset=UTF-8", "sec-fetch-dest": "empty", "sec-fetch-mode": "no-cors" }, body);
    if (status === 400) throw new Error(`what assets/beacon.js tells is not read: ${body}`);
  }
}

/// Closes what is kept open for the next question.
export const hangUp = () => agent.destroy();
