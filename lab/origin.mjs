// The server of all sites of the lab, behind Headstart: it thinks for a while about each page, and has everything else at hand.
// Whatever a Worker fetches arrives here, so it also answers for third parties, should Headstart read their stylesheets.

import { setTimeout as wait } from "node:timers/promises";
import http from "node:http";
import { siteAnswer, THIRD_PARTIES } from "./sites.mjs";

/// Where a run's site is: a host of its own, so that no browser has anything of another run's in its cache or its pools.
export const hostFor = (site, run) => `${site}-${run}.example`;

/// The site of a host, and the run.
export function siteOf(host, sites, runs) {
  for (const site of sites) for (const run of runs) if (hostFor(site, run) === host) return { site, run };
  return null;
}

/// Starts the origin: {port, think(ms), close()}. `siteFor(host)` answers the site of a host.
export async function startOrigin(siteFor) {
  let thinkMs = 0;
  const server = http.createServer(async (request, response) => {
    request.resume();
    const { host } = request.headers;
    const site = siteFor(host);
    const { pathname } = new URL(request.url, "http://origin.invalid");
    const answer = site ? siteAnswer(site, pathname) : THIRD_PARTIES[host]?.[pathname];
    if (!answer) return void response.writeHead(404, { "content-type": "text/plain" }).end("Nothing here.\n");
    if (answer.page && thinkMs > 0) await wait(thinkMs);
    const caching = answer.page ? {} : { "cache-control": "public, max-age=600" };
    response.writeHead(200, { "content-type": answer.type, "content-length": Buffer.byteLength(answer.body), ...caching }).end(answer.body);
  });
  await new Promise((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  return {
    port: server.address().port,
    think: (ms) => (thinkMs = ms),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
