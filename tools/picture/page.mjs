// The layout of the picture in the README: three steps, each with what Chromium shows and what the headers say.

const escape = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

/// A long token, cut.
const cut = (text) => text.replace(/([st]=[\w-]{10})[\w-]+/g, "$1…").replace(/(sid=[\w-]{4})[\w-]+/, "$1…");

/// Fields as they stand in an answer, one entry of a list each line.
function fields(headers, names) {
  const found = Object.entries(headers).filter(([name]) => names.includes(name.toLowerCase()));
  found.sort(([one], [other]) => names.indexOf(one.toLowerCase()) - names.indexOf(other.toLowerCase()));
  return found
    .flatMap(([name, value]) => value.split("\n").map((line) => [name.replace(/(^|-)[a-z]/g, (c) => c.toUpperCase()), line]))
    .map(([name, line]) => `<p><b>${escape(name)}:</b> ${escape(cut(line)).replaceAll(", ", ",<br>&emsp;")}</p>`)
    .join("");
}

/// What Chromium shows, as a small window: its upper part, so high, and where the mouse is.
function shot({ picture, pointer }, path, height) {
  const mouse = pointer && `<svg style="left:${pointer[0] / 2}px;top:${pointer[1] / 2}px" width="15" height="22"><path d="M1 1v16l4-4 3 7 3-1-3-7h6z"/></svg>`;
  return `<figure><figcaption><i></i><i></i><i></i><span>${escape(path)}</span></figcaption>
<div style="height:${height}px"><img src="data:image/png;base64,${picture}" alt="">${mouse ?? ""}</div></figure>`;
}

const step = (number, title, text, left, right) =>
  `<section>${left}<div><h2><span>${number}</span>${title}</h2><p class="text">${text}</p><div class="wire">${right}</div></div></section>`;

/// The picture as HTML. Each step has `picture` (PNG in base64) and `answer` (URL and headers, as Chromium got them).
export function page({ lamp, hosts, products, prefetch, activation }) {
  // Which of the shop's third parties is meant.
  const named = (html) => html.replace(/&#60;(http[^&]+)&#62;(.*?)(,?<br>|<\/p>)/g, (all, origin, rest, end) =>
    hosts[origin] ? `&lt;${origin}&gt;${rest}${end.startsWith(",") ? "," : ""} <em>${hosts[origin]}</em>${end.replace(",", "")}` : all);
  const site = (url) => escape(cut(url.replace(/^https?:\/\/[^/]+/, "")));
  return `<!doctype html><meta charset="utf-8"><style>
* { box-sizing: border-box; margin: 0; }
body { width: 1120px; padding: 20px 24px; background: #fff; color: #1d232b; font: 15px/1.45 "DejaVu Sans", system-ui, sans-serif; }
section { display: grid; grid-template-columns: 400px 1fr; gap: 24px; padding: 14px 0; }
section + section { border-top: 1px solid #dde2e8; }
figure { border: 1px solid #c3cad3; border-radius: 6px; overflow: hidden; align-self: start; }
figcaption { display: flex; align-items: center; gap: 5px; padding: 4px 9px; background: #eef1f4; font-size: 12px; color: #55606d; }
figcaption i { width: 8px; height: 8px; border-radius: 50%; background: #c3cad3; }
figcaption span { margin-left: 8px; }
figure div { position: relative; overflow: hidden; }
figure svg { position: absolute; fill: #1d232b; stroke: #fff; }
img { display: block; width: 400px; }
em { color: #6b7785; font-style: normal; }
h2 { font-size: 17px; display: flex; align-items: center; gap: 9px; }
h2 span { background: #8a4b08; color: #fff; border-radius: 50%; width: 24px; height: 24px; font-size: 14px; display: grid; place-items: center; }
.text { margin: 5px 0 9px; color: #3c4652; }
.wire { background: #f5f7f9; border-left: 3px solid #d9a441; border-radius: 3px; padding: 8px 12px; font: 12.5px/1.5 "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
.wire p { padding-left: 1em; text-indent: -1em; } .wire .ask { padding-bottom: 3px; }
.wire b { color: #8a4b08; font-weight: 600; } .wire .ask { color: #55606d; }
</style><body>
${step(
  1,
  "A page, as its visitors get it",
  "Headstart has learned which third parties it uses and where its visitors go next. The HTML is untouched.",
  shot(products, "/products", 232),
  `<p class="ask">GET /products</p>${named(fields(products.answer.headers, ["link", "speculation-rules"]))}`,
)}
${step(
  2,
  "The visitor points at a link: a prefetch",
  `The lamp&rsquo;s page sets two cookies and counts its visits. Both are deferred: the browser gets no cookie, and the shop has counted ${prefetch.views}&nbsp;visits.`,
  shot(prefetch, "/shelf", 190),
  `<p class="ask">GET ${escape(lamp)} &nbsp; Sec-Purpose: prefetch</p>${fields(prefetch.answer.headers, ["set-cookie", "cache-control", "speculation-rules"])}`,
)}
${step(
  3,
  "They click: the activation",
  `The page is there at once. The browser brings its ticket back, and what was deferred is done, once: both cookies, and ${activation.views}&nbsp;visit.`,
  shot(activation, lamp, 226),
  `<p class="ask">GET ${site(activation.answer.url)}</p>${fields(activation.answer.headers, ["set-cookie"])}`,
)}
</body>`;
}
