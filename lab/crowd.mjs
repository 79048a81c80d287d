// Visitors without a browser, who do what a Chromium does with rule sets: they ask for the files that a page names, ask for
// pages ahead when a rule says so, show what came of it, and by that tell that it was used.
//
// The links of the lab's pages have no queries and no marks, so of a rule's conditions only the first counts, which says to
// what links it applies: all, or those to some paths. (The rest is held against Chromium in tests/browser/.)

import { ask, NAVIGATION } from "./ask.mjs";

/// The rules of rule sets for a link: [{action, eagerness, tag}].
export function rulesFor(sets, path) {
  return sets.flatMap((set) =>
    ["prerender", "prefetch"].flatMap((action) =>
      (set[action] ?? [])
        .filter((rule) => applies(rule, path))
        .map(({ eagerness = "conservative", tag = set.tag }) => ({ action, eagerness, tag })),
    ),
  );
}

function applies({ where, urls }, path) {
  if (urls) return urls.includes(path);
  const patterns = (where?.and ?? [where]).map((clause) => clause?.href_matches).find((pattern) => pattern !== undefined) ?? "/*";
  return [patterns].flat().some((pattern) => pattern === "/*" || pattern === path);
}

/// When a rule has a link asked for ahead, by what has happened to it so far.
const DUE = {
  immediate: () => true,
  eager: ({ pointed }) => pointed,
  moderate: ({ pointed }) => pointed,
  conservative: ({ pressed }) => pressed,
};

/// The first rule that has a link asked for ahead by now; null where none does.
export function due(rules, happened) {
  return rules.find(({ eagerness }) => DUE[eagerness]?.(happened)) ?? null;
}

/// What a request says of itself that a rule asks for ahead.
export const speculative = ({ action, tag }) => ({
  "sec-purpose": action === "prerender" ? "prefetch;prerender" : "prefetch",
  "sec-speculation-tags": tag ? `"${tag}"` : "null",
  "sec-fetch-site": "none",
});

/// What a request for a rules file says of itself.
export const FOR_RULES = { "sec-fetch-dest": "speculationrules", "sec-fetch-mode": "cors", "sec-fetch-site": "same-origin", accept: "*/*" };

/// The eagerness of the rules that hold for all links of the site, which is the baseline's; null where there are none.
export function baseline(sets) {
  const rule = sets.flatMap((set) => set.prefetch ?? []).find(({ where }) => [where?.and?.[0]?.href_matches ?? where?.href_matches].flat().includes("/*"));
  return rule ? (rule.eagerness ?? "conservative") : null;
}

/// The files that an answer's `Speculation-Rules` names.
export const filesOf = (headers) => [...(headers["speculation-rules"] ?? "").matchAll(/"([^"]+)"/g)].map(([, file]) => file);

/// One visitor: {port, host} say which site of which Worker, `address` who they are.
export class CrowdVisitor {
  #site;
  #address;
  #path = null;
  #sets = [];
  #ahead = new Map();
  /// What was asked for ahead, and what of that was shown.
  asked = 0;
  used = 0;

  constructor({ port, host }, address) {
    this.#site = { port, host };
    this.#address = address;
  }

  /// The rule sets of the page that is shown.
  get sets() {
    return this.#sets;
  }

  /// Whether a page has been asked for ahead, and is there.
  isAhead(path) {
    return this.#ahead.get(path)?.status === 200;
  }

  /// Comes to a page from elsewhere.
  async come(path) {
    await this.#show(path, await this.#ask(path, { ...NAVIGATION, "sec-fetch-site": "none" }));
  }

  /// Points at some links of the page, one after the other, each for long enough.
  async point(paths) {
    for (const path of paths) await this.#consider(path, { pointed: true, pressed: false });
  }

  /// Presses a link, and goes where it leads.
  async follow(path) {
    await this.#consider(path, { pointed: true, pressed: true });
    const ahead = this.#ahead.get(path);
    this.#ahead.clear();
    if (ahead?.status === 200) {
      this.used += 1;
      return this.#show(path, ahead);
    }
    return this.#show(path, await this.#ask(path, { ...NAVIGATION, "sec-fetch-site": "same-origin", ...this.#referer() }));
  }

  #referer = () => ({ referer: `https://${this.#site.host}${this.#path}` });

  #ask(path, fields) {
    const { port, host } = this.#site;
    return ask(port, host, path, { "cf-connecting-ip": this.#address, ...fields });
  }

  async #consider(path, happened) {
    if (this.#ahead.has(path)) return;
    const rule = due(rulesFor(this.#sets, path), happened);
    if (!rule) return;
    this.asked += 1;
    const { "sec-fetch-user": _, ...navigation } = NAVIGATION;
    this.#ahead.set(path, await this.#ask(path, { ...navigation, ...speculative(rule), ...this.#referer() }));
  }

  /// A page that is shown has its rules asked for, and what they want at once asked for ahead.
  async #show(path, answer) {
    this.#path = path;
    const fields = { ...FOR_RULES, ...this.#referer() };
    const files = await Promise.all(filesOf(answer.headers).map((file) => this.#ask(file, fields)));
    this.#sets = files.filter(({ status }) => status === 200).map(({ text }) => JSON.parse(text));
    const links = new Set([...answer.text.matchAll(/<a href="(\/[^"]*)"/g)].map(([, link]) => link));
    for (const link of links) await this.#consider(link, { pointed: false, pressed: false });
  }
}
