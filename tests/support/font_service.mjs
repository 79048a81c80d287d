// A site whose fonts come from a service with two hosts, as most sites have them: the stylesheet from one, the fonts that it
// names from the other. The service is there twice: over TLS for a browser, and as a proxy for Headstart, which asks it for the
// site as well.
//
// Prints {"internet": PORT, "tls": PORT, "trust": the switch by which Chromium trusts the service}. The sheet is held back from a browser until a socket to the host of the fonts is open, or
// for three seconds, so that who connects before the sheet is there is told from who does not by no clock. GET /log at the first
// port says what a browser has done since the last time: {"sheets": [whether a socket was there], "sockets", "fonts"}.
//
// /subsets has a font that is cut by characters, as such services cut it, of which the page uses one file. Its sheet comes after half a
// second; once GET /patient has been asked for, it is held until a font is asked for, or for three seconds. The log has the paths of
// the fonts in their order, and in "sheets" whether one was asked for before the sheet was sent.

import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { listen } from "../../demo/third-parties.mjs";
import { IDENTITY, TRUST } from "../../lab/secure.mjs";

const FONT = readFileSync(new URL("../../node_modules/@fontsource/bitter/files/bitter-latin-400-normal.woff2", import.meta.url));
const SHEET = `@font-face { font-family: Bitter; src: url(https://files.fonts.example/bitter.woff2) format("woff2"); }`;
const PAGE = `<!doctype html><html lang=en><head><meta charset=utf-8><title>Fonts</title><link rel=icon href=data:,>
<link rel=stylesheet href="https://api.fonts.example/css2?family=Bitter&amp;display=swap">
<style>h1 { font-family: Bitter }</style></head><body><h1>A page with a font of its own</h1></body></html>`;
const HELD_MS = 3000;
const LATE_MS = 500;

/// The file of each piece of a family, and its characters as the service writes them.
const PIECES = { cyrillic: "U+0301, U+0400-045F, U+0490-0491, U+04B0-04B1, U+2116", latin: "U+0000-00FF, U+0131, U+0152-0153, U+02BB-02BC, U+2000-206F" };
const piece = (weight, name) =>
  `@font-face { font-family: 'Bitter'; font-style: normal; font-weight: ${weight}; font-display: swap; ` +
  `src: url(https://files.fonts.example/s/bitter/v40/raxhHiqOu8IVPmnRc6SY1KXhnF_Y${weight}${name}.woff2) format('woff2'); unicode-range: ${PIECES[name]}; }`;
const SUBSETS = [400, 700].flatMap((weight) => Object.keys(PIECES).map((name) => `/* ${name} */\n${piece(weight, name)}`)).join("\n");
const SUBSETS_PAGE = `<!doctype html><html lang=en><head><meta charset=utf-8><title>Subsets</title><link rel=icon href=data:,>
<link rel=stylesheet href="https://api.fonts.example/subsets?family=Bitter:wght@400;700&amp;display=swap">
<style>h1 { font-family: Bitter; font-weight: 700 }</style></head><body><h1>A page with a font of its own</h1></body></html>`;
const AWAY = "<!doctype html><title>Away</title><link rel=icon href=data:,><h1>Away</h1>";

const CSS = { "content-type": "text/css; charset=utf-8", "access-control-allow-origin": "*", "cache-control": "no-store" };

const nothing = () => ({ sheets: [], sockets: 0, fonts: 0 });
let log = nothing();
let open = () => {};
let files = [];
let [isPatient, asked] = [false, () => {}];

/// Whether a font was asked for, as soon as one was.
const font = () =>
  files.length > 0
    ? Promise.resolve(true)
    : new Promise((resolve) => {
        const timer = setTimeout(() => resolve(files.length > 0), isPatient ? HELD_MS : LATE_MS);
        asked = () => {
          if (!isPatient) return;
          clearTimeout(timer);
          resolve(true);
        };
      });

/// Whether a socket to the fonts is there, as soon as it is; not before it has been waited for.
const socket = () =>
  log.sockets > 0
    ? Promise.resolve(true)
    : new Promise((resolve) => {
        const timer = setTimeout(resolve, HELD_MS, false);
        open = () => {
          clearTimeout(timer);
          resolve(true);
        };
      });

// A proxy is asked without a Host field.
const internet = http.createServer({ requireHostHeader: false }, (request, response) => {
  const answer = (headers, body) => response.writeHead(200, headers).end(body);
  if (request.url === "/log") {
    answer({ "content-type": "application/json" }, JSON.stringify(files.length > 0 ? { ...log, files } : log));
    [log, files] = [nothing(), []];
  } else if (request.url === "/patient") {
    isPatient = true;
    answer({}, "");
  } else if (request.url === "http://origin.example/subsets") {
    answer({ "content-type": "text/html; charset=utf-8" }, SUBSETS_PAGE);
  } else if (request.url === "http://origin.example/away") {
    answer({ "content-type": "text/html; charset=utf-8" }, AWAY);
  } else if (request.url.startsWith("https://api.fonts.example/subsets?")) {
    answer(CSS, SUBSETS);
  } else if (request.url === "http://origin.example/") {
    answer({ "content-type": "text/html; charset=utf-8" }, PAGE);
  } else if (request.url.startsWith("https://api.fonts.example/css2?")) {
    answer(CSS, SHEET);
  } else {
    response.writeHead(404).end();
  }
});

const tls = https.createServer(IDENTITY, async (request, response) => {
  if (request.url.startsWith("/subsets?")) {
    log.sheets.push(await font());
    response.writeHead(200, CSS).end(SUBSETS);
  } else if (request.headers.host === "api.fonts.example") {
    log.sheets.push(await socket());
    response.writeHead(200, CSS).end(SHEET);
  } else {
    log.fonts += 1;
    if (request.url.startsWith("/s/")) {
      files.push(request.url);
      asked();
    }
    const cached = request.url.startsWith("/s/") ? "public, max-age=31536000" : "no-store";
    response.writeHead(200, { "content-type": "font/woff2", "access-control-allow-origin": "*", "cache-control": cached }).end(FONT);
  }
});
tls.on("secureConnection", ({ servername }) => {
  if (servername !== "files.fonts.example") return;
  log.sockets += 1;
  open();
});

await listen(internet, 0);
await listen(tls, 0);
console.log(JSON.stringify({ internet: internet.address().port, tls: tls.address().port, trust: TRUST }));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));
