// What two others would hint for the same page, and what the page hints itself.
//
//   mod_pagespeed  insert_dns_prefetch: a lookup for the first eight hosts that the served HTML names outside its head.
//                  What it saw twice before is taken to be the same page, so that its list is stable.
//   WP Rocket      "Preconnect to external domains", 3.19: an anonymous preconnect to the first twenty origins of the
//                  links, scripts and frames that its beacon finds in the live page.
//
// Written from what they do, not from their code. The functions named `…InPage` run in the browser and see nothing of
// this file.

import { ANONYMOUS } from "./requests.mjs";
import { readHint } from "./compare.mjs";

const MAX_LOOKUPS = 8;
const MAX_PRECONNECTS = 20;

/// What WP Rocket looks for in an element's opening tag, as text; found anywhere, the element is passed over.
const PASSED_OVER = ['rel="profile"', 'rel="preconnect"', 'rel="dns-prefetch"', "async", "static.cloudflareinsights.com"];

/// Reads the page that was served at `url` as `bytes`. `live` evaluates in the tab that shows it, `blank` in an empty
/// one: a page may forbid that markup is parsed in it. Gives { modPagespeed, wpRocket, own }, each a list of hints.
export async function readPeers(live, blank, url, bytes) {
  const charset = await live(() => document.characterSet);
  const { hosts, own } = await blank(readMarkupInPage, url, bytes.toString("base64"), charset);
  const origins = await live(readLivePageInPage, PASSED_OVER);
  return {
    modPagespeed: hosts.slice(0, MAX_LOOKUPS).map((host) => ({ origin: `https://${host}`, pool: null })),
    wpRocket: origins.slice(0, MAX_PRECONNECTS).map((origin) => ({ origin, pool: ANONYMOUS })),
    own: own.map(readHint),
  };
}

/// The markup as it was served, with no script run: the hosts that mod_pagespeed would look up, and the page's own hints
/// as [origin, parameters].
function readMarkupInPage(pageUrl, base64, charset) {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  // Of a page in an encoding that is not supported any more, nothing is decoded (Encoding, "replacement").
  const html = charset === "replacement" ? "" : new TextDecoder(charset).decode(bytes);
  const page = new DOMParser().parseFromString(html, "text/html");
  const base = page.querySelector("base[href]")?.getAttribute("href") ?? "";
  const baseUrl = URL.canParse(base, pageUrl) ? new URL(base, pageUrl) : new URL(pageUrl);
  const resolve = (text) => {
    const url = URL.canParse(text, baseUrl) ? new URL(text, baseUrl) : null;
    return url && /^https?:$/.test(url.protocol) ? url : null;
  };

  /// The attributes of an element that name something to be fetched, as mod_pagespeed has them.
  const ATTRIBUTES = {
    script: ["src"],
    img: ["src", "data-src"],
    video: ["src", "poster"],
    ...Object.fromEntries(["audio", "source", "track", "embed", "iframe", "frame"].map((name) => [name, ["src"]])),
    ...Object.fromEntries(["body", "table", "thead", "tbody", "tfoot", "td", "th"].map((name) => [name, ["background"]])),
    html: ["manifest"],
  };
  const ICONS = ["icon", "apple-touch-icon", "apple-touch-icon-precomposed", "apple-touch-startup-image"];
  const attributesOf = (element, name, inHead) => {
    if (name === "input") return element.type === "image" ? ["src"] : [];
    if (name !== "link") return ATTRIBUTES[name] ?? [];
    const rel = (element.getAttribute("rel") ?? "").toLowerCase();
    const tokens = rel.split(/\s+/);
    const counts = ["stylesheet", ...ICONS].some((token) => tokens.includes(token)) || rel === "prefetch" || (inHead && rel === "dns-prefetch");
    return counts ? ["href"] : [];
  };

  // A host that the head names is found by the parser soon enough.
  const ignored = new Set([new URL(pageUrl).hostname]);
  const hosts = new Set();
  for (const element of page.querySelectorAll("*")) {
    if (element.closest("noscript")) continue;
    const inHead = Boolean(element.closest("head"));
    for (const attribute of attributesOf(element, element.localName, inHead)) {
      const text = element.getAttribute(attribute);
      const host = text === null ? null : resolve(text)?.hostname;
      if (!host) continue;
      if (inHead) ignored.add(host);
      else if (!ignored.has(host)) hosts.add(host);
    }
  }

  const own = [];
  for (const link of page.querySelectorAll("link[rel][href]")) {
    const url = link.closest("noscript") ? null : resolve(link.getAttribute("href"));
    const tokens = link.getAttribute("rel").toLowerCase().split(/\s+/);
    const crossorigin = link.getAttribute("crossorigin");
    if (url && tokens.includes("preconnect")) own.push([url.origin, crossorigin === null ? "preconnect" : `preconnect; crossorigin=${crossorigin}`]);
    if (url && tokens.includes("dns-prefetch")) own.push([url.origin, "dns-prefetch"]);
  }
  return { hosts: [...hosts], own };
}

/// The page as it stands now: the origins that WP Rocket's beacon would report.
function readLivePageInPage(passedOver) {
  const origins = new Set();
  // Its selector `link, script, iframe[src]`, and the same with three other attributes, narrows the frames alone.
  for (const element of document.querySelectorAll("link, script, iframe:is([src], [href], [rel], [type])")) {
    const markup = element.outerHTML;
    const tag = markup.slice(0, markup.indexOf(">") + 1);
    if (passedOver.some((text) => tag.includes(text))) continue;
    const address = element.src || element.href || "";
    if (!URL.canParse(address, location.href)) continue;
    const url = new URL(address, location.href);
    // An app's address has no origin that could be named.
    if (/^https?:$/.test(url.protocol) && url.hostname !== location.hostname) origins.add(url.origin);
  }
  return [...origins];
}
