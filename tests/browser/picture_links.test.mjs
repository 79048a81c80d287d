// What Chromium fetches for the `Link` lines that have it choose among a picture's candidates (src/hints/resource.rs): what the
// element chooses, once, and by the header. Their target is `about:blank`, which nobody fetches: a 103 has browsers fetch the target.
//
//   node --test tests/browser/picture_links.test.mjs     with CHROME and CHROMEDRIVER set

import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import { after, before, test } from "node:test";
import { Chromium } from "../../tools/webdriver.mjs";

const PNG = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");

/// By their paths: what each link says behind its `as`, what the page has, and what is fetched of it, by what. The window is 1,200
/// pixels wide, with one to each of CSS. No two pages have the same picture, which the browser would have in memory.
const PAGES = {
  "/widths": [
    'imagesrcset="/480.png 480w, /960.png 960w, /4000.png 4000w"; imagesizes="(max-width: 600px) 100vw, 50vw"; media="(min-width: 600px)"; type="image/png"',
    '<img src="/src.png" srcset="/480.png 480w, /960.png 960w, /4000.png 4000w" sizes="(max-width: 600px) 100vw, 50vw">',
    "/960.png link",
  ],
  "/src-beside-densities": ['imagesrcset="/double.png 2x, /single.png 1x"', '<img src="/single.png" srcset="/double.png 2x">', "/single.png link"],
  "/source-of-high-densities": [
    'imagesrcset="/3x.png 3x, /2x.png 2x, /2x.png 1x"',
    '<picture><source srcset="/3x.png 3x, /2x.png 2x"><img src="/fallback.png"></picture>',
    "/2x.png link",
  ],
  "/src-of-wide-windows": ['imagesrcset="/wide.png 1x"; media="(min-width: 600px)"', '<img src="/wide.png">', "/wide.png link"],
  "/style-of-wide-windows": ['imagesrcset="/css.png 1x"; media="(min-width: 600px)"', '<p style="background: url(/css.png)">Lamps', "/css.png link"],
  "/src-of-narrow-windows": ['imagesrcset="/narrow.png 1x"; media="(max-width: 599.98px)"', '<img src="/other.png">', "/other.png img"],
};

let [server, chromium] = [];
let asked = [];

before(async () => {
  server = http.createServer((request, response) => {
    const [link, html] = PAGES[request.url] ?? [];
    if (html) {
      const headers = { "content-type": "text/html", link: `<about:blank>; rel=preload; as=image; fetchpriority=high; ${link}` };
      response.writeHead(200, headers).end(`<!doctype html><link rel="icon" href="data:,">${html}`);
    } else {
      asked.push(request.url);
      response.writeHead(200, { "content-type": "image/png", "cache-control": "no-store" }).end(PNG);
    }
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  chromium = await Chromium.start(1200, 800);
});

after(async () => {
  await chromium?.close();
  server?.close();
  server?.closeAllConnections();
});

for (const [path, [, , expected]] of Object.entries(PAGES))
  test(`${path} is fetched once, as ${expected}`, async () => {
    asked = [];
    await chromium.goto(`http://127.0.0.1:${server.address().port}${path}`);
    const seen = await chromium.run(`return performance.getEntriesByType("resource").map(({ name, initiatorType }) => new URL(name).pathname + " " + initiatorType)`);
    assert.deepEqual(seen, [expected]);
    assert.deepEqual(asked, [expected.split(" ")[0]]);
    const shown = await chromium.run(`return document.images[0]?.currentSrc`);
    assert.ok(!shown || shown.endsWith(asked[0]), shown);
  });
