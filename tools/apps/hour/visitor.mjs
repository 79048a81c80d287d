// A visitor without a browser: what one sends and keeps of navigations, speculations, activations and forms.

import { ask } from "../app.mjs";

/// The most links of a page at which a visitor points before going on, and how often one does something else than to go on.
const MOST_POINTED = 3;
const DOES = 0.25;

/// How long an answer may take, in milliseconds.
const ANSWER_MS = 60_000;

/// What browsers say of a navigation.
const NAVIGATION = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "sec-fetch-user": "?1" };

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Visitor {
  #cookies = new Map();
  #page = null;

  constructor({ publicOrigin, address, random, urls, signsIn = false }) {
    Object.assign(this, { publicOrigin, address, random, urls, signsIn });
  }

  /// Looks around until a time, and begins again at the front page where something fails.
  async spend(until, [least, most], failed) {
    await this.look("/");
    if (this.signsIn) await this.signIn();
    while (Date.now() < until) {
      await wait(least + this.random() * (most - least));
      await this.#next().catch((error) => {
        failed(error.message);
        this.#page = null;
      });
    }
  }

  async #next() {
    const links = this.#links();
    if (links.length === 0) return this.look("/");
    for (let pointed = 0; pointed < this.random() * MOST_POINTED; pointed += 1) await this.#prefetch(this.#any(links));
    if (this.random() < DOES && (await this.#do())) return undefined;
    return this.follow(this.#any(links));
  }

  #any = (list) => list[Math.floor(this.random() * list.length)];

  /// The links of the page to pages of the site.
  #links() {
    const found = [...(this.#page?.text ?? "").matchAll(/<a\b[^>]*\bhref="([^"#]+)"/g)].map(([, href]) => href.replaceAll("&amp;", "&"));
    const urls = found.flatMap((href) => (URL.canParse(href, this.#url()) ? [new URL(href, this.#url())] : []));
    const own = urls.filter((url) => url.origin === this.publicOrigin && !/^\/(static|media|dashboard)\//.test(url.pathname));
    return [...new Set(own.map((url) => url.pathname + url.search))];
  }

  #url = () => new URL(this.#page?.path ?? "/", this.publicOrigin).href;

  /// Follows a link as under the default rules: it is asked for ahead when it is pressed.
  async follow(path) {
    const fetched = await this.#prefetch(path);
    if (fetched.status !== 200) return this.look(path);
    return this.#show(path, fetched);
  }

  /// Shows what was fetched ahead, and brings its ticket back.
  async #show(path, fetched) {
    this.#page = { path, text: fetched.text };
    const file = fetched.headers["speculation-rules"]?.split(", ").map((url) => url.slice(1, -1)).find((url) => url.startsWith("/_headstart/"));
    if (!file) return;
    const fetch = { "sec-fetch-dest": "speculationrules", "sec-fetch-mode": "cors", "sec-fetch-site": "same-origin", referer: this.#url() };
    this.#keep(await this.#ask("GET", file, fetch));
  }

  /// Goes to a page plainly, through redirects.
  async look(path) {
    const referer = this.#page ? { referer: this.#url(), "sec-fetch-site": "same-origin" } : { "sec-fetch-site": "none" };
    return this.#arrive(await this.#ask("GET", path, { ...NAVIGATION, ...referer }), path);
  }

  async #arrive(answer, path, hops = 5) {
    this.#keep(answer);
    const { location } = answer.headers;
    if (!location || hops === 0) {
      this.urls.set(path, (this.urls.get(path) ?? 0) + 1);
      this.#page = { path, text: answer.text };
      return;
    }
    const { pathname, search, origin } = new URL(location, new URL(path, this.publicOrigin));
    if (origin !== this.publicOrigin) return;
    await this.#arrive(await this.#ask("GET", pathname + search, { ...NAVIGATION, "sec-fetch-site": "same-origin" }), pathname + search, hops - 1);
  }

  async #prefetch(path) {
    this.urls.set(path, this.urls.get(path) ?? 0);
    const fetched = await this.#ask("GET", path, { ...NAVIGATION, "sec-purpose": "prefetch", "sec-fetch-site": "same-origin", referer: this.#url() });
    this.#keep(fetched);
    return fetched;
  }

  /// Why a speculation on a URL is refused; null where it is not.
  async refusal(path) {
    const fetched = await this.#prefetch(path);
    return fetched.headers["headstart-refused"] ?? null;
  }

  /// Does what one of the page's forms is for, if it has any that is a visitor's everyday business.
  async #do() {
    const forms = [...this.#page.text.matchAll(/<form\b[^>]*\baction="([^"]*)"[^>]*>(.*?)<\/form>/gs)].filter(([form, action]) => /method="post"/i.test(form) && /basket\/add|i18n|wishlist|reviews\/add|accounts\/(login|logout)/.test(action + this.#page.path));
    if (this.signsIn && this.random() < 0.1) {
      await this.follow("/accounts/logout/");
      await this.signIn();
      return true;
    }
    if (forms.length === 0) return false;
    const [, action, body] = this.#any(forms);
    const fields = new URLSearchParams();
    for (const [tag] of body.matchAll(/<(?:input|select|textarea)\b[^>]*>/g)) {
      const name = /\bname="([^"]+)"/.exec(tag)?.[1];
      if (name) fields.set(name, /\bvalue="([^"]*)"/.exec(tag)?.[1] ?? (name === "quantity" ? "1" : name === "language" ? "de" : "Some words"));
    }
    await this.#send(action || this.#page.path, fields);
    return true;
  }

  async #send(path, fields) {
    const { pathname, search } = new URL(path, this.#url());
    const headers = { ...NAVIGATION, "sec-fetch-site": "same-origin", referer: this.#url(), origin: this.publicOrigin, "content-type": "application/x-www-form-urlencoded" };
    await this.#arrive(await this.#ask("POST", pathname + search, headers, fields.toString()), pathname + search);
  }

  /// Signs in to the shop's account.
  async signIn() {
    await this.look("/accounts/login/");
    const token = /name="csrfmiddlewaretoken" value="([^"]+)"/.exec(this.#page.text)?.[1] ?? "";
    const form = { csrfmiddlewaretoken: token, "login-username": "ada@example.org", "login-password": "correct horse battery", "login-redirect_url": "", login_submit: "Log In" };
    await this.#send("/accounts/login/", new URLSearchParams(form));
  }

  /// What they have of sessions and baskets.
  keeps() {
    return ["sessionid", "oscar_open_basket"].map((name) => this.#cookies.get(name) ?? "").join("\n");
  }

  #keep({ cookies }) {
    for (const line of cookies) {
      const [pair] = line.split(";");
      const at = pair.indexOf("=");
      const [name, value] = [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
      if (/max-age=0\b|expires=thu, 01.jan.1970/i.test(line)) this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
  }

  async #ask(method, path, headers, body) {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const fields = { "user-agent": "Mozilla/5.0 Chrome/150.0", "accept-language": "en", accept: "text/html", "cf-connecting-ip": this.address, ...(cookie ? { cookie } : {}), ...headers };
    const answer = await ask(this.publicOrigin, path, fields, { method, body, timeout: ANSWER_MS });
    return { ...answer, cookies: answer.headers["set-cookie"] ?? [] };
  }
}
