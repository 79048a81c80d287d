// The hosts that a real shop would take its scripts, fonts, pictures, statistics and videos from. Each is a server of
// its own on another local port, hence another origin, and notes every connection and request with its time.

import { readFileSync } from "node:fs";
import http from "node:http";

const FONT = new URL("../node_modules/@fontsource/bitter/files/bitter-latin-400-normal.woff2", import.meta.url);

const picture = (n) => {
  const hue = (Number(n) * 47) % 360;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 150"><rect width="200" height="150" fill="hsl(${hue} 60% 88%)"/><circle cx="100" cy="72" r="40" fill="hsl(${hue} 55% 55%)"/><text x="100" y="140" font-family="sans-serif" font-size="14" text-anchor="middle" fill="hsl(${hue} 40% 30%)">Lamp ${n}</text></svg>`;
};

// What each host answers: path -> [content type, body], given the addresses of all hosts.
const HOSTS = {
  cdn: (hosts) => ({
    "/shop.css": [
      "text/css",
      `@font-face { font-family: Bitter; src: url(${hosts.fonts}/bitter.woff2) format("woff2"); font-display: swap; }
body { font: 17px/1.55 Bitter, Georgia, serif; max-width: 46rem; margin: 0 auto; padding: 1rem; color: #222; background: #fffdf8; }
nav { display: flex; flex-wrap: wrap; gap: .3rem 1rem; padding-bottom: .8rem; border-bottom: 2px solid #d9a441; }
a { color: #8a4b08; } h1 { line-height: 1.2; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); gap: 1rem; }
.card { border: 1px solid #e8dcc3; border-radius: .5rem; padding: .6rem; background: #fff; }
img { width: 100%; height: auto; border-radius: .3rem; } img[src^="/pixel.gif"] { width: 1px; height: 1px; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; padding: .25rem .6rem; border-bottom: 1px solid #e8dcc3; }
footer { margin-top: 2rem; font-size: .85rem; color: #776; }`,
    ],
    "/shop.js": ["text/javascript", "document.documentElement.dataset.shop = 'ready';"],
    "/module.js": ["text/javascript", "document.documentElement.dataset.module = 'ready';"],
  }),
  fonts: () => ({ "/bitter.woff2": ["font/woff2", readFileSync(FONT)] }),
  // Pictures go with cookies and fonts without: two sockets.
  pictures: () => ({
    ...Object.fromEntries([1, 2, 3, 4, 5, 6].map((n) => [`/lamp-${n}.svg`, ["image/svg+xml", picture(n)]])),
    "/headline.woff2": ["font/woff2", readFileSync(FONT)],
  }),
  statistics: () => ({ "/count.js": ["text/javascript", "window.counted = (window.counted ?? 0) + 1;"] }),
  videos: () => ({ "/embed": ["text/html", "<!doctype html><title>Video</title><p>A film about lamps."] }),
};

/// Starts all hosts; `ports` names the wanted port of each, 0 or nothing for any free one.
export async function startThirdParties(ports = {}) {
  const hosts = {};
  const log = {};
  const servers = [];
  for (const name of Object.keys(HOSTS)) {
    log[name] = { connections: [], requests: [] };
    let answers;
    const server = http.createServer((request, response) => {
      log[name].requests.push({ at: Date.now(), url: request.url, purpose: request.headers["sec-purpose"] ?? null });
      answers ??= HOSTS[name](hosts);
      const [type, body] = answers[request.url.split("?")[0]] ?? ["text/plain", "Nothing here.\n"];
      response.writeHead(200, {
        "content-type": type,
        "access-control-allow-origin": "*",
        "cache-control": "no-store",
      });
      response.end(body);
    });
    server.on("connection", () => log[name].connections.push({ at: Date.now() }));
    await listen(server, ports[name] ?? 0);
    // The shop's own site is 127.0.0.1; a frame of another site has sockets of its own.
    hosts[name] = `http://${name === "videos" ? "localhost" : "127.0.0.1"}:${server.address().port}`;
    servers.push(server);
  }
  return {
    hosts,
    log,
    reset() {
      for (const entry of Object.values(log)) {
        entry.connections.length = 0;
        entry.requests.length = 0;
      }
    },
    close() {
      for (const server of servers) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}

/// Listens on a port of 127.0.0.1, or on any free one when it is taken.
export function listen(server, port) {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => {
      if (error.code === "EADDRINUSE" && port !== 0) listen(server, 0).then(resolve, reject);
      else reject(error);
    });
    server.listen(port, "127.0.0.1", resolve);
  });
}
