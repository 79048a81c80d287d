// Teaches Headstart the clicks that the control's visitor made, as several visitors would, so that it has next pages to
// tell of. These visitors have no cookies.

import http from "node:http";
import { until } from "./app.mjs";

/// How often each click is made, and how long the learning may take in milliseconds.
const TIMES = 12;
const LEARN_MS = 60_000;

/// The clicks among what a witness saw: [{from, to}], pages of the same site that were opened by a click.
export function clicks(requests) {
  const made = requests.filter(({ method, dest, user, site, status, purpose, referer }) => method === "GET" && dest === "document" && user && site === "same-origin" && status === 200 && !purpose && referer);
  const pairs = made.map(({ path, referer }) => [new URL(referer).pathname, path]);
  return [...new Map(pairs.map(([from, to]) => [`${from} ${to}`, { from, to }])).values()].filter(({ to }) => !to.includes("?"));
}

const AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";

function ask(origin, path, headers = {}) {
  const { hostname, port, host } = new URL(origin);
  const fields = { Host: host, "User-Agent": AGENT, Accept: "text/html", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "none", "Sec-Fetch-User": "?1", ...headers };
  return new Promise((resolve, reject) => {
    const request = http.get({ host: hostname.endsWith(".localhost") ? "127.0.0.1" : hostname, port, path, headers: fields }, (response) => {
      response.resume().on("end", () => resolve(response)).on("error", reject);
    });
    request.on("error", reject);
  });
}

/// Makes the clicks, and waits until some page names a learned rule set. Says how many pages do.
export async function teach({ origin, clicks, say }) {
  for (let time = 0; time < TIMES; time += 1) {
    for (const { from, to } of clicks) {
      await ask(origin, from);
      await ask(origin, to, { "Sec-Fetch-Site": "same-origin", Referer: new URL(from, origin).href });
    }
  }
  const pages = [...new Set(clicks.map(({ from }) => from))];
  const learned = async () => {
    const answers = await Promise.all(pages.map((page) => ask(origin, page)));
    return answers.filter(({ headers }) => headers["speculation-rules"]?.includes("/_headstart/rules/next/")).length;
  };
  let count = 0;
  await until("learned rules", async () => (count = await learned()) > 0, LEARN_MS).catch(() => {});
  say(`  taught ${clicks.length} clicks; ${count} of ${pages.length} pages have learned rules`);
}
