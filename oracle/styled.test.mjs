// node --test oracle/

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import test from "node:test";
import { STYLED, answerAt, readHosts } from "./styled.mjs";

const browsers = readHosts(STYLED, { browsers: true });
const others = readHosts(STYLED, { browsers: false });

test("a host gives its files whatever the query, in the type that they have", () => {
  const style = answerAt(others, "https://www.site.example/wp-content/themes/evening/style.css?ver=1.4");
  assert.match(style.body, /^\/\*\nTheme Name: Evening/);
  assert.equal(style.type, "text/css; charset=utf-8");
  assert.equal(answerAt(others, "https://tags.manager.example/gtm.js?id=GTM-1").type, "text/javascript; charset=utf-8");
  assert.equal(answerAt(others, "https://cdn.icons.example/latest/all.min.css").location, "/6.5.2/css/all.min.css");
  assert.equal(answerAt(others, "https://cdn.icons.example/nothing.css"), undefined);
});

test("a service for fonts gives browsers parts of a face, and others a whole one", () => {
  const sheet = "https://api.fonts.example/css?family=Roboto:300,400,500";
  assert.deepEqual(answerAt(others, sheet).body.split("\n").slice(0, 6), [
    "@font-face {",
    "  font-family: 'Roboto';",
    "  font-style: normal;",
    "  font-weight: 300;",
    "  src: url(https://files.fonts.example/s/roboto/v18/300.ttf) format('truetype');",
    "}",
  ]);
  assert.equal(answerAt(browsers, sheet).body.match(/unicode-range/g).length, 6);
});

test("every stylesheet that a page or a sheet names by a third party's URL is there, but for those that nothing reads", () => {
  const NOT_THERE = /fallback-styles|blocked|appcdn/;
  const pages = path.join(STYLED, "pages");
  for (const name of readdirSync(pages)) {
    const html = readFileSync(path.join(pages, name), "utf8");
    for (const [, url] of html.matchAll(/<link rel="stylesheet" href="(https:[^"]*)"/g)) {
      if (!NOT_THERE.test(url)) assert.ok(answerAt(others, new URL(url.replaceAll("&amp;", "&")).href), `${name}: ${url}`);
    }
  }
});
