// Teaches Headstart the clicks that the control's visitor made, as several visitors would, so that it has next pages to
// render ahead. These visitors have no cookies, addresses of their own, and browsers that follow no rules: else what they
// were told of, and did not load, would count as waste.

import { ask } from "./app.mjs";

/// How many visitors there are at most, and how many between two looks at what was learned: each look is a view that leads
/// nowhere. And how long the teaching may take, in milliseconds.
const MOST_VISITORS = 120;
const TEACH_MS = 60_000;
const BETWEEN_LOOKS = 20;

const NAVIGATION = { Accept: "text/html", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "none", "Sec-Fetch-User": "?1" };

/// The clicks among what a witness saw: [{from, to}], of each page the first one, in their order.
export function clicks(requests) {
  const made = requests.filter(
    ({ method, dest, user, site, status, purpose, referer }) =>
      method === "GET" && dest === "document" && user && site === "same-origin" && status === 200 && !purpose && referer,
  );
  const plain = made.map(({ path, referer }) => ({ from: new URL(referer).pathname, to: path })).filter(({ from, to }) => from !== to && !to.includes("?"));
  return plain.filter(({ from }, at) => plain.findIndex((other) => other.from === from) === at);
}

/// Asks as a browser does that goes to a page.
const go = (origin, path, fields = {}) => ask(origin, path, { ...NAVIGATION, ...fields });

/// Makes the clicks until pages name others to render ahead, and answers how many do. Pages that are not shown to visitors
/// without a session are left out.
export async function teach({ origin, clicks, say }) {
  const open = [];
  for (const click of clicks) {
    const [from, to] = [await go(origin, click.from), await go(origin, click.to)];
    if (from.status === 200 && to.status === 200) open.push(click);
  }
  let learned = 0;
  let visitors = 0;
  const deadline = Date.now() + TEACH_MS;
  while (learned < open.length && visitors < MOST_VISITORS && Date.now() < deadline) {
    for (let more = 0; more < BETWEEN_LOOKS; more += 1) await walk(origin, open, `198.51.100.${(visitors += 1)}`);
    learned = 0;
    for (const { from } of open) if (await rendersAhead(origin, from)) learned += 1;
  }
  say(`  taught ${open.length} clicks by ${visitors} visitors; ${learned} pages have others rendered ahead`);
  return learned;
}

/// One visitor: who is on the page already, after the click before, does not load it again.
async function walk(origin, clicks, address) {
  const who = { "CF-Connecting-IP": address };
  let at = null;
  for (const { from, to } of clicks) {
    if (at !== from) await go(origin, from, who);
    await go(origin, to, { ...who, "Sec-Fetch-Site": "same-origin", Referer: new URL(from, origin).href });
    at = to;
  }
}

async function rendersAhead(origin, page) {
  const { headers } = await go(origin, page);
  const file = headers["speculation-rules"]?.match(/"(\/_headstart\/rules\/next\/[^"]+)"/)?.[1];
  return file !== undefined && (await go(origin, file)).text.includes('"prerender"');
}
