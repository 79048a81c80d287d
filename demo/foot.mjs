// The foot of each page: what Headstart, in front of this shop, has done to it. The shop knows nothing of Headstart, so its foot
// asks: what a page's headers are, the front is asked for; how this view came, the browser knows (assets in foot-script.js); what
// of a speculation was deferred follows from what the shop had answered to it.

import { readFileSync } from "node:fs";
import http from "node:http";

/// The field by which the shop knows its own question: it counts for nothing, and sets no cookie.
export const LOOK = "x-shop-looks";

export const SCRIPT = readFileSync(new URL("foot-script.js", import.meta.url), "utf8");

export const SHEET = `#foot { margin: 2.5rem 0 0; padding: .7rem .9rem; border: 1px solid #d9a441; border-radius: .5rem; background: #fff; color: #333;
  font: 14px/1.5 system-ui, sans-serif; }
#foot dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem .9rem; margin: .2rem 0 .6rem; }
#foot dt { color: #767; } #foot dd { margin: 0; } #foot strong { color: #8a4b08; }
#foot form { display: inline; } #foot button { font: inherit; }
`;

/// A page with its foot in front of its end. A page in bytes is in Latin-1.
export function withFoot(body, pace, mayScript) {
  const text = Buffer.isBuffer(body) ? body.toString("latin1") : body;
  const at = text.lastIndexOf("</body>") < 0 ? text.length : text.lastIndexOf("</body>");
  const page = text.slice(0, at) + foot(pace, mayScript) + text.slice(at);
  return Buffer.isBuffer(body) ? Buffer.from(page, "latin1") : page;
}

const foot = (pace, mayScript) => `<link rel="stylesheet" href="/foot.css">
<aside id="foot" aria-label="What Headstart did">
<dl id="headstart">${mayScript ? "<dt>Headstart</dt><dd>is being asked&hellip;</dd>" : "<dt>This view</dt><dd>The policy of this page allows no scripts: its foot cannot tell.</dd>"}</dl>
<form method="post" action="/pace"><button id="pace">${pace ? `Let the shop answer at once (it takes ${pace} ms)` : "Let the shop take 300 ms for each page"}</button></form>
&middot; <a href="/counters">What has reached the shop</a> &middot; <a id="dashboard" href="/_headstart/">Headstart's dashboard</a>
</aside>
${mayScript ? '<script async src="/foot.js"></script>\n' : ""}`;

/// What the front says of a page: its hints, and its rules.
export async function look(front, hosts, path) {
  const { headers } = await ask(front, path);
  const names = Object.fromEntries(Object.entries(hosts).map(([name, origin]) => [origin, name]));
  const hints = [...(headers.link ?? "").matchAll(/<([^>]+)>((?:;[^,]*)*)/g)].map(([, target, rest]) => {
    const { origin } = new URL(target, front);
    return { rel: /rel="?([\w-]+)/.exec(rest)?.[1], name: names[origin] ?? target };
  });
  const files = [...(headers["speculation-rules"] ?? "").matchAll(/"([^"]+)"/g)].map(([, file]) => file);
  const sets = await Promise.all(files.map((file) => rules(front, file)));
  return { hints, rules: sets };
}

/// A rule set: the baseline by its eagerness, a learned one by its pages.
async function rules(front, file) {
  const { text } = await ask(front, file);
  const isLearned = file.includes("/next/");
  const found = ["prefetch", "prerender"].flatMap((action) => (JSON.parse(text)[action] ?? []).map((rule) => ({ action, ...rule })));
  return {
    kind: isLearned ? "learned" : "site",
    rules: found.map(({ action, eagerness = "conservative", urls, where }) => ({ action, eagerness, pages: isLearned ? (urls ?? pagesOf(where)) : [] })),
  };
}

/// The pages that a condition names, if it names any.
const pagesOf = (where) => [where?.and ?? [where]].flat().flatMap((clause) => (clause?.href_matches ? [clause.href_matches].flat() : []));

/// Asks as nobody does: it is no navigation of a browser's, so that nothing is learned from it.
function ask(front, path) {
  return new Promise((resolve, reject) => {
    const request = http.get(new URL(path, front), { headers: { [LOOK]: "1", accept: "text/html" } }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part) => (text += part)).on("error", reject);
      response.on("end", () => resolve({ headers: response.headers, text }));
    });
    request.on("error", reject);
  });
}
