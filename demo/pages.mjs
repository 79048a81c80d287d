// The pages of the demo shop, as functions from what is known of the visitor to HTML.

export const PRODUCTS = [
  ["1", "Reading lamp", "39"],
  ["2", "Floor lamp", "129"],
  ["3", "Desk lamp", "59"],
  ["4", "Night light", "19"],
  ["5", "Lantern", "45"],
  ["6", "Torch", "25"],
];

const escape = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

/// The shelf: ten lamps whose pages count who looks at them.
export const SHELF = ["Bedside", "Bulb", "Candle", "Chandelier", "Clip", "Fairy lights", "Lava", "Paper", "Stove", "Uplight"].map(
  (name, at) => [String(at + 1), `${name} lamp`],
);

const nav = (visitor) =>
  `<nav><a href="/">Home</a> <a href="/products">Products</a> <a href="/about">About</a> <a href="/cart">Cart (${visitor.cart.length})</a> <a href="/visits">Visits</a> ${
    visitor.user
      ? `<a href="/account">${escape(visitor.user)}</a> <a id="logout" href="/logout">Sign out</a>`
      : '<a id="login" href="/login/ada">Sign in as Ada</a>'
  } <a href="/counters">Counters</a></nav>`;

const footer =
  '<footer><a href="/careless">Careless page</a> · <a href="/headless">No head</a> · <a href="/latin-1">Latin-1</a> · <a href="/csp">With CSP</a> · <a href="/slow">Slow page</a> · <a href="/story">Story</a> · <a href="/planner">Planner</a> · <a href="/poster">Poster</a> · <a href="/film">Film</a> · <a href="/partners">Partners</a> · <a href="/shelf">Shelf</a> · <a href="/strict-shelf">Strict shelf</a> · <a href="/eager-shelf">Eager shelf</a></footer>';

const head = (hosts, title) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)} · The Lamp Shop</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${hosts.cdn}/shop.css">
<link rel="preload" as="font" type="font/woff2" crossorigin href="${hosts.fonts}/bitter.woff2">
<script defer src="${hosts.cdn}/shop.js"></script>
<script async src="${hosts.statistics}/count.js"></script>
</head>
`;

/// A page with everything around it.
export const page = (hosts, visitor, title, body) =>
  `${head(hosts, title)}<body>
${nav(visitor)}
<h1>${escape(title)}</h1>
${body}
${footer}
</body>
</html>
`;

export const home = (hosts, visitor) =>
  page(
    hosts,
    visitor,
    "Light for every corner",
    `<p>Six lamps, one shop, a few third parties.</p><p><a id="first" href="/products/1">The lamp of the week</a></p><img src="${hosts.pictures}/lamp-1.svg" alt="">`,
  );

export const products = (hosts, visitor) =>
  page(
    hosts,
    visitor,
    "Products",
    `<div class="grid">${PRODUCTS.map(
      ([id, name, price]) =>
        `<div class="card"><a href="/products/${id}"><img src="${hosts.pictures}/lamp-${id}.svg" alt=""><br>${name}</a><br>€ ${price}</div>`,
    ).join("\n")}</div>`,
  );

export const product = (hosts, visitor, [id, name, price]) =>
  page(
    hosts,
    visitor,
    name,
    `<img src="${hosts.pictures}/lamp-${id}.svg" alt=""><p>€ ${price}</p><p><a id="add" href="/cart/add?id=${id}">Add to cart</a> · <a href="/products/${(Number(id) % 6) + 1}">Next lamp</a></p>`,
  );

export const about = (hosts, visitor) =>
  page(hosts, visitor, "About", `<p>We sell lamps.</p><iframe src="${hosts.videos}/embed" title="Video"></iframe>`);

export const cart = (hosts, visitor) =>
  page(
    hosts,
    visitor,
    "Cart",
    visitor.cart.length
      ? `<ul id="cart">${visitor.cart.map((id) => `<li>${escape(PRODUCTS[id - 1]?.[1] ?? id)}</li>`).join("")}</ul>`
      : '<p id="cart">Your cart is empty.</p>',
  );

export const account = (hosts, visitor) =>
  page(hosts, visitor, "Account", `<p id="user">${visitor.user ? `Signed in as ${escape(visitor.user)}.` : "Signed out."}</p>`);

export const visits = (hosts, visitor) =>
  page(hosts, visitor, "Visits", `<p>You have looked at this page <b id="visits">${visitor.visits}</b> times.</p>`);

/// The links to the ten lamps; `base` is the path of the shelf.
export const shelf = (hosts, visitor, base) =>
  page(
    hosts,
    visitor,
    "Shelf",
    `<p>Each of these pages counts its visits: the shop by the requests, a picture, a script and a cookie by theirs.</p>
<ul id="shelf">${SHELF.map(([id, name]) => `<li><a href="${base}/${id}">${name}</a></li>`).join("\n")}</ul>`,
  );

/// A lamp of the shelf: with a counting picture and a script that tells that it has run, as shops have them.
export const shelved = (hosts, visitor, path, [, name]) =>
  page(
    hosts,
    visitor,
    name,
    `<p>You have looked at <b id="seen">${visitor.seen}</b> lamps of the shelf.</p><img src="/pixel.gif?page=${path}" alt=""><script>navigator.sendBeacon("/seen?page=" + location.pathname);</script>`,
  );

/// A page that has one lamp of the shelf rendered at once, by a rule of its own, or has no rule.
export const eagerShelf = (hosts, visitor, path, rule) =>
  page(
    hosts,
    visitor,
    "Eager shelf",
    `${rule ? `<script type="speculationrules">{"prerender":[{"urls":["${path}"],"eagerness":"immediate"}]}</script>` : ""}
<p>This page asks the browser to render <a id="eager" href="${path}">a lamp</a> at once.</p>`,
  );

/// A page whose author asks for too much: it wants everything at once, sign-out included.
export const careless = (hosts, visitor) =>
  page(
    hosts,
    visitor,
    "Careless",
    `<script type="speculationrules">{"prefetch":[{"urls":["/logout","/cart/add?id=2","/visits","/products/2"],"eagerness":"immediate"}]}</script>
<p>This page asks the browser to fetch <a id="careless-logout" href="/logout">sign-out</a>, <a id="careless-add" href="/cart/add?id=2">add to cart</a>, <a id="careless-visits" href="/visits">visits</a> and <a id="careless-product" href="/products/2">a lamp</a> at once.</p>`,
  );

/// Pages whose sign-out is known by its words alone: its URL tells nothing.
const DOORS = { de: ["/k/17", "Abmelden"], fr: ["/k/18", "Se d\u00e9connecter"], es: ["/k/19", "Cerrar sesi\u00f3n"] };

export const door = (hosts, visitor, language) => {
  const [href, words] = DOORS[language];
  return page(hosts, visitor, `Door (${language})`, `<p><a id="lamp" href="/products/4">Lamp</a><p><a id="out" href="${href}">${words}</a>`);
};

export const headless = (hosts, visitor) =>
  `<title>No head</title><link rel="stylesheet" href="${hosts.cdn}/shop.css">${nav(visitor)}<h1>No head</h1><p>This page has no head tag, and <img src="${hosts.pictures}/lamp-2.svg" alt="a lamp"> closes little.`;

/// Latin-1: written as bytes, not as UTF-8.
export const latin1 = (hosts, visitor) =>
  Buffer.from(
    `${head(hosts, "Latin-1").replace('<meta charset="utf-8">', "")}<body>${nav(visitor)}<h1>Gr\u00fc\u00dfe aus K\u00f6ln</h1><img src="${hosts.pictures}/lamp-3.svg" alt="\u00fc"></body></html>\n`.replace(/[\u0080-\uffff]/g, (c) =>
      c.charCodeAt(0) < 0x100 ? c : `&#${c.charCodeAt(0)};`,
    ),
    "latin1",
  );

/// The slow page in two parts: nothing of a third party is named before the second.
export const slow = (hosts, visitor) => [
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Slow</title><link rel="icon" href="data:,">${" ".repeat(2048)}`,
  `<link rel="stylesheet" href="${hosts.cdn}/shop.css"></head><body>${nav(visitor)}<h1>Slow</h1><img src="${hosts.pictures}/lamp-4.svg" alt=""></body></html>\n`,
];

/// Pages that each use one third party in one way, for looking at what Headstart makes of it.
const single = (title, head, body) =>
  `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${title}</title>
<link rel="icon" href="data:,">
${head}
</head>
<body>
<h1>${title}</h1>
${body}
</body>
</html>
`;

/// A font that only the shop's own stylesheet names.
export const story = () =>
  single("Our story", '<link rel="stylesheet" href="/story.css?v=1">', "<p>We began with one lamp.</p>");

export const storySheet = (hosts) =>
  `@font-face { font-family: Bitter; src: url("${hosts.fonts}/bitter.woff2") format("woff2"); }
body { font-family: Bitter, Georgia, serif; }
`;

/// A module script.
export const planner = (hosts) =>
  single("Room planner", `<script type="module" src="${hosts.cdn}/module.js"></script>`, "<p>Drag lamps about.</p>");

/// A picture and a font of one host.
export const poster = (hosts) =>
  single(
    "Poster",
    `<style>@font-face { font-family: Headline; src: url(${hosts.pictures}/headline.woff2) format("woff2"); } h1 { font-family: Headline, serif; }</style>`,
    `<img src="${hosts.pictures}/lamp-5.svg" alt="">`,
  );

/// A video player in a frame.
export const film = (hosts, frame) =>
  single("Film", "", frame ? `<iframe src="${hosts.videos}/embed" title="Video"></iframe>` : "<p>No film today.</p>");

/// A link that counts clicks on its way to somebody else's site.
export const partners = () => single("Partners", "", '<p><a id="partner" href="/out?to=films">Lamps in films</a></p>');

const COUNTERS_STYLE = `<style>
.glance { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .8rem; margin: 0; }
.glance div { border: 1px solid #e8dcc3; border-radius: .5rem; padding: .6rem .8rem; background: #fff; }
.glance dt { font-size: .85rem; color: #665; } .glance dd { margin: 0; font-size: 2rem; line-height: 1.1; }
.bar { display: inline-flex; width: 9rem; height: .7rem; background: #f4ecdc; } .bar i { background: #8a4b08; } .bar i + i { background: #d9a441; }
h2 { margin: 1.6rem 0 .3rem; font-size: 1.1rem; }
</style>`;

const total = (numbers) => numbers.reduce((sum, number) => sum + number, 0);

/// What somebody wants to know who looks for a moment: how much was asked for, how much of it ahead, and what was counted.
function glance(requests, views, thirdParties) {
  const counts = Object.values(requests);
  const figures = [
    ["asked for by visitors", total(counts.map(({ real }) => real))],
    ["asked for ahead", total(counts.map(({ speculative }) => speculative))],
    ["visits counted on the shelf", total(Object.values(views))],
    ["requests to third parties", total(Object.values(thirdParties).map((entry) => entry.requests.length))],
  ];
  return `<dl class="glance">${figures.map(([title, number]) => `<div><dt>${title}</dt><dd>${number}</dd></div>`).join("")}</dl>`;
}

/// How many requests a path had: dark by visitors, light ahead.
function bar({ real, speculative }, requests) {
  const most = Math.max(1, ...Object.values(requests).map((count) => count.real + count.speculative));
  const width = (number) => `${Math.round((100 * number) / most)}%`;
  return `<span class="bar" aria-hidden="true"><i style="width:${width(real)}"></i><i style="width:${width(speculative)}"></i></span>`;
}

/// What reached the shop and its third parties.
export const counters = (hosts, visitor, { requests, thirdParties, views, pixels, beacons }) =>
  page(
    hosts,
    visitor,
    "Counters",
    `${COUNTERS_STYLE}${glance(requests, views, thirdParties)}
<h2>Pages</h2>
<p>What reached the shop itself since it started, or was reset. A speculative request is one that a browser sent before anybody had clicked; what Headstart refused never came here.</p>
<table id="counters"><tr><th>Path</th><th>Real</th><th>Speculative</th><th></th></tr>${Object.entries(requests)
      .map(([path, count]) => `<tr><td>${escape(path)}</td><td>${count.real}</td><td>${count.speculative}</td><td>${bar(count, requests)}</td></tr>`)
      .join("\n")}</table>
<h2>Visits that are counted</h2>
<p>Each lamp of the shelf counts who looks at it: the shop by its requests, a picture and a script by theirs. All three are to be the same, whatever was fetched ahead.</p>
<table id="views"><tr><th>Lamp of the shelf</th><th>Views</th><th>Pictures</th><th>Scripts</th></tr>${[...new Set([views, pixels, beacons].flatMap(Object.keys))]
      .map((path) => `<tr><td>${escape(path)}</td><td>${views[path] ?? 0}</td><td>${pixels[path] ?? 0}</td><td>${beacons[path] ?? 0}</td></tr>`)
      .join("\n")}</table>
<h2>Third parties</h2>
<table><tr><th>Third party</th><th>Connections</th><th>Requests</th></tr>${Object.entries(thirdParties)
      .map(([name, entry]) => `<tr><td>${name} (${hosts[name]})</td><td>${entry.connections.length}</td><td>${entry.requests.length}</td></tr>`)
      .join("\n")}</table>
<form method="post" action="/counters/reset"><button>Start counting anew</button></form>`,
  );
