// When a visitor has the last byte of a 250 kB page that is read for learning, and of one that is not; and how long others wait
// while pages are read that were made to take long.
//
//   node bench/reading.mjs [FOLDER]    FOLDER: another copy of the repository, built, to compare with

import http from "node:http";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { Miniflare } from "miniflare";

const folder = path.resolve(process.argv[2] ?? ".");
const { defaults, headstart } = await import(pathToFileURL(path.join(folder, "tools/worker.mjs")));

/// As many pages may be read in a row as stay below what an isolate's bucket holds.
const READ = 14;
const UNREAD = 30;
const REFILL_MS = 15_000;

const card = (n) =>
  `<div class=card><a href=/p/${n}><img src=https://cdn${n % 9}.example/${n}.jpg alt="thing ${n}" loading=lazy></a><p>Some words that describe the thing ${n} in a sentence or two, with a <a href=/brand/${n % 50}>brand</a>.</p></div>\n`;
const repeated = (bytes, piece, before, after) => {
  let html = before;
  for (let n = 0; html.length < bytes; n++) html += piece(n);
  return html + after;
};
const pages = {
  usual: repeated(250_000, card, "<!doctype html><title>x</title><main>", "</main>"),
  srcset: repeated(450_000, (n) => `//h${n} 1x, `, "<!doctype html><body><img srcset='", "'>"),
  links: repeated(900_000, (n) => `<a href=//h${n}.example/>x</a>`, "<!doctype html><body>", ""),
  css: repeated(450_000, (n) => `url(//h${n}.example/),`, "<!doctype html><style>b{background:", "url(x)}</style>"),
};

const origin = http.createServer(({ url }, response) => {
  const html = pages[url.split("/")[1]];
  response.writeHead(html === undefined ? 404 : 200, { "content-type": "text/html; charset=utf-8" }).end(html);
});
await new Promise((listening) => origin.listen(0, "127.0.0.1", listening));
const miniflare = new Miniflare({
  ...headstart(),
  cf: false,
  unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
  bindings: { ...defaults(), ORIGIN: `http://127.0.0.1:${origin.address().port}`, BATCH_SECONDS: "25" },
});
await miniflare.ready;
const { port } = await miniflare.unsafeGetDirectURL("headstart");

/// Milliseconds until the last byte, or until the connection is gone.
const get = (path) =>
  new Promise((done) => {
    const begun = performance.now();
    const headers = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
    http.get({ host: "127.0.0.1", port, path, headers }, (response) => response.on("end", () => done(performance.now() - begun)).resume()).on("error", (error) => {
        console.log(`${path}: ${error.message} after ${(performance.now() - begun).toFixed(0)} ms`);
        done(performance.now() - begun);
      });
  });
const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const median = (times) => times.sort((a, b) => a - b)[times.length >> 1].toFixed(1);

await get("/usual/warm");
await wait(1000);
const times = { read: [], unread: [] };
for (let n = 0; n < READ; n++) {
  times.read.push(await get(`/usual/read/${n}`));
  await wait(200);
}
for (let n = 0; n < UNREAD; n++) await get(`/usual/drain/${n}`);
for (let n = 0; n < UNREAD; n++) times.unread.push(await get(`/usual/unread/${n}`));
console.log(`250 kB, median milliseconds to the last byte: ${median(times.read)} when read, ${median(times.unread)} when not`);
for (const kind of ["srcset", "links", "css"]) {
  await wait(REFILL_MS);
  const own = await get(`/${kind}/1`);
  const others = [];
  for (const end = performance.now() + 4000; performance.now() < end; await wait(200)) others.push(await get("/none"));
  console.log(`${kind}: ${own.toFixed(0)} ms to its own last byte, ${Math.max(...others).toFixed(0)} ms for the slowest view of another visitor after it`);
}
await miniflare.dispose();
origin.close();
