// An edge in front of Headstart that does with `Link` what Cloudflare documents of its Early Hints: it remembers which connections
// an answer of 200, 301 or 302 asks for, by path without query, and sends them ahead of the next answer as 103, over HTTP/2. Beside
// it stand two other origins to which the site redirects.
//
//   node tests/support/early_hints.mjs PORT     PORT is where Headstart answers
//
// Prints {"edge": PORT, "others": PORT}. Once it has sent a 103 the edge holds a redirect back until a socket to where it leads is
// open, or for ten seconds, so that who connects before the answer is told from who does not by no clock. GET /log at the edge
// says how many sockets to the others were opened since the last time, on how many of them they were asked, whether a 103 named
// them, and whether a socket was there before the redirect: {"HOST": {"sockets", "used", "told", "early"}}.

import http from "node:http";
import http2 from "node:http2";
import { listen } from "../../demo/third-parties.mjs";
import { selfSigned } from "../../oracle/certificate.mjs";

const HELD_MS = 10_000;
const headstart = Number(process.argv[2]);
const certificate = selfSigned();
const remembered = new Map();
let log = {};
let open = () => {};

/// What is noted of a host.
const of = (host) => (log[host] ??= { sockets: 0, used: 0, told: false, early: false });

/// Waits until a socket to a host is open.
const socket = (host) =>
  of(host).sockets > 0
    ? Promise.resolve()
    : new Promise((resolve) => {
        const timer = setTimeout(resolve, HELD_MS);
        open = (opened) => {
          if (opened !== host) return;
          clearTimeout(timer);
          resolve();
        };
      });

const edge = http2.createSecureServer(certificate);
edge.on("stream", (stream, { ":path": target, ":authority": host, ":method": method, ":scheme": _, ...fields }) => {
  stream.on("error", () => {});
  if (target === "/log") {
    stream.respond({ ":status": 200, "content-type": "application/json" });
    stream.end(JSON.stringify(log));
    log = {};
    return;
  }
  const path = target.split("?")[0];
  const hints = remembered.get(path);
  if (hints) stream.additionalHeaders({ ":status": 103, link: hints });
  const asked = http.request({ port: headstart, host: "127.0.0.1", method, path: target, headers: { ...fields, host } }, async (answer) => {
    const { link, location, "content-type": type } = answer.headers;
    const kept = (link ?? "").split(/,\s*(?=<)/).filter((hint) => /rel="?pre(connect|load)\b/.test(hint));
    if ([200, 301, 302].includes(answer.statusCode) && kept.length > 0) remembered.set(path, kept.join(", "));
    if (location) {
      const { host: there } = new URL(location);
      of(there).told = hints?.includes(there) ?? false;
      if (of(there).told) await socket(there);
      of(there).early = of(there).sockets > 0;
    }
    if (stream.destroyed) return;
    stream.respond({ ":status": answer.statusCode, ...(location && { location }), ...(type && { "content-type": type }), ...(link && { link }) });
    answer.pipe(stream);
  });
  asked.on("error", () => stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR));
  asked.end();
});

const others = http2.createSecureServer(certificate);
others.on("secureConnection", ({ servername }) => {
  of(servername).sockets += 1;
  open(servername);
});
others.on("session", (session) => {
  let isUsed = false;
  session.on("error", () => {});
  session.on("stream", (stream) => {
    if (!isUsed) of(session.socket.servername).used += 1;
    isUsed = true;
    stream.respond({ ":status": 200, "content-type": "text/html" });
    stream.end("<!doctype html><title>There</title><link rel=icon href=data:,><h1>There</h1>");
  });
});

await listen(edge, 0);
await listen(others, 0);
console.log(JSON.stringify({ edge: edge.address().port, others: others.address().port }));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));
