// Who comes to the site of a long run, and what they ask for.

import { told } from "../beacon.mjs";
import { HOST, PAGES } from "./site.mjs";

const NAVIGATION = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "sec-fetch-site": "none", "sec-fetch-user": "?1", accept: "text/html" };
const SCRIPTED = { "sec-fetch-mode": "cors", "sec-fetch-dest": "empty", "sec-fetch-site": "same-origin" };

/// What is asked for, and how often of a hundred times.
export const KINDS = {
  view: 48,
  data: 8,
  image: 8,
  range: 4,
  conditional: 4,
  form: 5,
  upload: 1,
  large: 2,
  aborted: 4,
  prefetch: 7,
  prerender: 3,
  rules: 3,
  beacon: 2,
  health: 0.5,
  report: 0.5,
};

/// What Headstart alone answers: a plain Worker has none of it.
export const OWN = ["rules", "beacon", "health", "report"];

/// The kind that a number from 0 to 1 stands for.
export function kindOf(number) {
  const total = Object.values(KINDS).reduce((sum, weight) => sum + weight, 0);
  let left = number * total;
  for (const [kind, weight] of Object.entries(KINDS)) {
    left -= weight;
    if (left < 0) return kind;
  }
  return "view";
}

const UPLOAD = Buffer.alloc(256 * 1024, "lamp");

/// A request of a kind: `{kind, method, target, fields, body}`, by somebody. `number` tells it from all others, and `token` opens the
/// report.
export function requestOf(kind, number, chance, token) {
  const below = (bound) => Math.floor(chance() * bound);
  const address = `10.${below(250)}.${below(250)}.${1 + below(250)}`;
  const somebody = { host: HOST, "cf-connecting-ip": address, "user-agent": "Mozilla/5.0 Chrome/156", "accept-language": "en", "accept-encoding": "identity" };
  const session = chance() < 0.3 ? { cookie: `session=s${below(1_000)}` } : {};
  const pagePath = `/p/${below(PAGES)}`;
  const from = { referer: `http://${HOST}/p/${below(PAGES)}` };
  const request = (method, target, fields, body) => ({ kind, method, target, fields: { ...somebody, ...fields }, body });
  switch (kind) {
    case "view":
      return request("GET", chance() < 0.1 ? `${pagePath}?utm_source=${below(9)}` : pagePath, { ...NAVIGATION, ...session });
    case "data":
      return request("GET", `/data/${below(50)}`, { ...SCRIPTED, ...session, ...from });
    case "image":
      return request("GET", `/i/${below(8)}.png`, { "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image", ...from });
    case "range":
      return request("GET", `/i/${below(8)}.png`, { range: `bytes=${below(100)}-${1_000 + below(9_000)}` });
    case "conditional":
      return request("GET", `/i/${below(8)}.png`, { "if-none-match": '"i"' });
    case "form":
      return request("POST", `/form/${below(20)}`, { ...SCRIPTED, ...session, ...from, "content-type": "application/x-www-form-urlencoded" }, Buffer.from(`order=${number}`));
    case "upload":
      return request("POST", "/upload", { ...SCRIPTED, ...from, "content-type": "application/octet-stream" }, UPLOAD);
    case "large":
      return request("GET", `/large/${below(4)}`, {});
    case "aborted":
      return request("GET", chance() < 0.5 ? pagePath : "/large/1", { ...NAVIGATION, ...session });
    case "prefetch":
      return request("GET", `/count/${number}`, { ...NAVIGATION, "sec-purpose": "prefetch", referer: `http://${HOST}/` });
    case "prerender":
      return request("GET", pagePath, { ...NAVIGATION, "sec-purpose": "prefetch;prerender", referer: `http://${HOST}/` });
    case "rules":
      return request("GET", "/_headstart/rules/site.json", { "sec-fetch-dest": "speculationrules", "sec-fetch-site": "same-origin", ...from });
    case "beacon": {
      const fields = { ...SCRIPTED, "sec-fetch-mode": "no-cors", origin: `http://${HOST}`, referer: `http://${HOST}${pagePath}`, "content-type": "text/plain;charset=UTF-8" };
      return request("POST", "/_headstart/beacon", fields, Buffer.from(told(pagePath)));
    }
    case "health":
      return request("GET", "/_headstart/health", {});
    default:
      return request("GET", "/_headstart/?format=json", { authorization: `Bearer ${token}` });
  }
}

/// How the ticket of a page is brought back that was asked for ahead, as the browser does it when the page is shown: `{kind, …}`;
/// undefined where the page has none.
export function activationOf({ kind, target, fields }, { headers, body }) {
  const { "sec-purpose": _, "sec-fetch-user": __, ...somebody } = fields;
  const shown = { ...somebody, ...SCRIPTED, referer: `http://${HOST}${target}` };
  if (kind === "prerender") {
    const ticket = body.toString("latin1").match(/data-ticket="([^"]*)"/)?.[1];
    return ticket && { kind: "activation", method: "POST", target: "/_headstart/activate", fields: { ...shown, "content-type": "text/plain;charset=UTF-8" }, body: Buffer.from(ticket) };
  }
  const files = (headers["speculation-rules"] ?? "").split(", ").map((file) => file.replaceAll('"', ""));
  const file = files.find((file) => /[?&]t=/.test(file));
  return file && { kind: "activation", method: "GET", target: file, fields: { ...shown, "sec-fetch-dest": "speculationrules" } };
}
