// node --test lab/

import assert from "node:assert/strict";
import test from "node:test";
import { EarlyHints, hasHints, hints, linkValues, relations } from "./early_hints.mjs";

const HOST = "www.shop.example";
const FONT = '</a,b.woff2>; rel=preload; as=font; type="font/woff2"; crossorigin';
const CDN = "<https://cdn.example>; rel=preconnect";

test("a field is taken apart at its commas, but not within URLs and quoted strings", () => {
  const title = '<https://a.example/x,y>; rel="next"; title="one, two \\", three"';
  assert.deepEqual(linkValues(`${FONT}, ${title} ,${CDN},`), [FONT, title, CDN]);
  assert.deepEqual(linkValues(""), []);
  assert.deepEqual(linkValues("no link, <https://a.example>; rel=preconnect"), ["<https://a.example>; rel=preconnect"]);
});

test("relations are words without case, in quotes or not, and the first parameter counts", () => {
  assert.deepEqual(relations("<a>;rel=PreLoad"), ["preload"]);
  assert.deepEqual(relations('<a>; as=font; rel = "dns-prefetch  preconnect"'), ["dns-prefetch", "preconnect"]);
  assert.deepEqual(relations("<a>; rel=next; rel=preload"), ["next"]);
  assert.deepEqual(relations("<a;rel=preload>; title=x"), []);
});

test("only preconnects and preloads are sent early, word for word", () => {
  const field = `<https://pictures.example>; rel=dns-prefetch, ${FONT}, </m.mjs>; rel=modulepreload, ${CDN}, </2>; rel=next`;
  assert.equal(hints(field), `${FONT}, ${CDN}`);
  assert.equal(hints("<https://pictures.example>; rel=dns-prefetch"), "");
});

test("pages have hints by their endings", () => {
  for (const path of ["/", "/shop/", "/shop", "/a.html", "/a.HTM", "/v1.2/a", "/a.php"]) assert.ok(hasHints(path), path);
  for (const path of ["/a.css", "/feed.xml", "/a.html.gz", "/a.woff2"]) assert.ok(!hasHints(path), path);
});

test("a page is known by host and path, whatever the query", () => {
  const early = new EarlyHints();
  early.note(HOST, "/shop?page=2", 200, `${FONT}, ${CDN}`);
  assert.equal(early.of(HOST, "/shop?utm_source=x"), `${FONT}, ${CDN}`);
  assert.equal(early.of(HOST, "/shop/"), "");
  assert.equal(early.of("other.example", "/shop"), "");
});

test("hints are taken from 200, 301 and 302, and the newest of them counts", () => {
  const early = new EarlyHints();
  for (const status of [201, 206, 303, 304, 307, 404, 500, 503]) early.note(HOST, "/", status, CDN);
  assert.equal(early.of(HOST, "/"), "");
  for (const status of [200, 301, 302]) {
    early.note(HOST, `/${status}`, status, CDN);
    assert.equal(early.of(HOST, `/${status}`), CDN);
  }
  early.note(HOST, "/200", 404, "");
  assert.equal(early.of(HOST, "/200"), CDN);
  early.note(HOST, "/200", 200, FONT);
  assert.equal(early.of(HOST, "/200"), FONT);
  early.note(HOST, "/200", 200, "");
  assert.equal(early.of(HOST, "/200"), "");
  early.note(HOST, "/a.css", 200, CDN);
  assert.equal(early.of(HOST, "/a.css"), "");
});

test("so many pages are remembered, and those that are asked for stay", () => {
  const early = new EarlyHints();
  for (let page = 0; page < 10_000; page += 1) early.note(HOST, `/${page}`, 200, CDN);
  assert.equal(early.of(HOST, "/0"), CDN);
  early.note(HOST, "/one-more", 200, CDN);
  assert.equal(early.of(HOST, "/0"), CDN);
  assert.equal(early.of(HOST, "/1"), "");
  assert.equal(early.of(HOST, "/2"), CDN);
});
