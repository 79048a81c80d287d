// A small lamp shop, made as shops are made: sign-in, sign-out and add-to-cart by GET, a visit counter in a cookie,
// third parties for everything. It knows nothing of Headstart. It counts what reaches it and shows that on /counters;
// /counters.json has the same for tests.
//
//   node demo/server.mjs [PORT [FRONT]]    prints its addresses as one line of JSON
//
// FRONT is where Headstart answers for it. Then each page has a foot that says what Headstart did: foot.mjs.

import { randomBytes } from "node:crypto";
import http from "node:http";
import { pathToFileURL } from "node:url";
import { LOOK, SCRIPT, SHEET, look, withFoot } from "./foot.mjs";
import * as pages from "./pages.mjs";
import { listen, startThirdParties } from "./third-parties.mjs";

/// How long the slow page takes, in milliseconds.
const SLOW_MS = 1500;

/// How long a page takes when the shop is to be slow, in milliseconds.
const PACE_MS = 300;

/// The most paths that are counted; a crawler must not fill the memory of a demo.
const MAX_PATHS = 200;

const CSP =
  "default-src 'none'; style-src http://127.0.0.1:*; img-src http://127.0.0.1:*; font-src http://127.0.0.1:*; script-src http://127.0.0.1:*";

/// The policy of the strict shelf, whose pages are nothing but their HTML.
const STRICT = { "content-security-policy": "default-src 'none'" };

const PIXEL = Buffer.from("R0lGODlhAQABAIAAAAAAAAAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==", "base64");

/// Whether a path is a lamp's of a shelf.
const isShelved = (path) => /^\/(strict-)?shelf\/([1-9]|10)$/.test(path);

/// The path of the page that somebody comes from.
const backTo = (referer) => (URL.canParse(referer ?? "") ? new URL(referer).pathname : "/");

function readVisitor(request) {
  const cookies = Object.fromEntries(
    (request.headers.cookie ?? "").split(";").map((pair) => {
      const at = pair.indexOf("=");
      return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
    }),
  );
  return {
    user: cookies.session ? "Ada" : null,
    cart: /^[\d.]+$/.test(cookies.cart ?? "") ? cookies.cart.split(".") : [],
    visits: (Number(cookies.visits) || 0) + 1,
    sid: cookies.sid,
    seen: (Number(cookies.seen_products) || 0) + 1,
  };
}

/// Starts the shop and its third parties. `ports` has `shop` and the names of third parties; 0 or nothing for any. `front` is where
/// Headstart answers for it, if it is to say what Headstart does.
export async function startDemo(ports = {}, front = null) {
  const thirdParties = await startThirdParties(ports);
  const { hosts } = thirdParties;
  let requests = {};
  // What is seen of the lamps of the shelf: requests for their pages that do not say that they are speculative, and all requests
  // of their pictures and scripts.
  let seen = { views: {}, pixels: {}, beacons: {} };

  // How long each page takes, and which cookies the last answer for a page had, where that was to a speculation.
  let pace = 0;
  let deferred = new Map();

  const count = (path, speculative) => {
    if (!(path in requests) && Object.keys(requests).length >= MAX_PATHS) return;
    requests[path] ??= { real: 0, speculative: 0 };
    requests[path][speculative ? "speculative" : "real"] += 1;
  };

  const see = (kind, path) => {
    if (isShelved(path)) seen[kind][path] = (seen[kind][path] ?? 0) + 1;
  };

  const server = http.createServer((request, response) => {
    const url = new URL(request.url, "http://shop.invalid");
    const path = url.pathname;
    const visitor = readVisitor(request);
    const isSpeculative = "sec-purpose" in request.headers;
    // The shop's own question, and what its feet ask, are no visits.
    const isLook = front !== null && LOOK in request.headers;
    const isOfFoot = front !== null && (path.startsWith("/foot.") || path === "/pace");
    if (!path.startsWith("/counters") && !isLook && !isOfFoot) count(path, isSpeculative);

    const html = (body, { "set-cookie": cookies = [], ...headers } = {}, status = 200) => {
      // A visit that was deferred comes when its page is shown: it says nothing of how the page was asked for.
      if (!isLook && !("headstart-activated" in request.headers)) noteDeferred(path, isSpeculative ? [cookies].flat().map((line) => line.split("=")[0]) : null);
      const said = isLook || cookies.length === 0 ? headers : { ...headers, "set-cookie": cookies };
      const page = front === null ? body : withFoot(body, pace, headers["content-security-policy"] !== STRICT["content-security-policy"]);
      const answer = () => {
        response.writeHead(status, { "content-type": "text/html; charset=utf-8", ...said });
        response.end(page);
      };
      if (pace > 0 && !isLook) setTimeout(answer, pace);
      else answer();
    };
    const go = (location, headers = {}) => {
      response.writeHead(302, { location, "cache-control": "no-store", ...headers });
      response.end();
    };

    const product = pages.PRODUCTS.find(([id]) => path === `/products/${id}`);
    if (product) return html(pages.product(hosts, visitor, product));
    if (isShelved(path)) {
      // Not for a speculation: that much this shop knows. Its cookies it sets all the same, as shops do.
      if (!isSpeculative && !isLook) see("views", path);
      const cookies = [`seen_products=${visitor.seen}; Path=/`];
      if (!visitor.sid) cookies.push(`sid=${randomBytes(9).toString("base64url")}; Path=/; HttpOnly`);
      const lamp = pages.SHELF.find(([id]) => path.endsWith(`/${id}`));
      const policy = path.startsWith("/strict-") ? STRICT : {};
      return html(pages.shelved(hosts, visitor, path, lamp), { "set-cookie": cookies, "cache-control": "no-store", ...policy });
    }
    switch (path) {
      case "/":
        return html(pages.home(hosts, visitor));
      case "/products":
        return html(pages.products(hosts, visitor));
      case "/about":
        return html(pages.about(hosts, visitor));
      case "/cart":
        return html(pages.cart(hosts, visitor));
      case "/cart/add": {
        const cart = [...visitor.cart, url.searchParams.get("id") ?? "1"].join(".");
        return go("/cart", { "set-cookie": `cart=${cart}; Path=/` });
      }
      case "/login/ada":
        return go("/account", { "set-cookie": "session=ada; Path=/; HttpOnly; SameSite=Lax" });
      case "/k/17":
      case "/k/18":
      case "/k/19":
      case "/logout":
        return go("/account", { "set-cookie": "session=; Path=/; Max-Age=0" });
      case "/account":
        return html(pages.account(hosts, visitor), { "cache-control": "no-store" });
      case "/visits":
        return html(pages.visits(hosts, visitor), {
          "set-cookie": `visits=${visitor.visits}; Path=/`,
          "cache-control": "no-store",
        });
      case "/shelf":
        return html(pages.shelf(hosts, visitor, path));
      case "/strict-shelf":
        return html(pages.shelf(hosts, visitor, path), STRICT);
      case "/eager-shelf":
        return html(
          pages.eagerShelf(hosts, visitor, url.searchParams.has("strict") ? "/strict-shelf/3" : "/shelf/3", !url.searchParams.has("none")),
        );
      case "/pixel.gif":
        see("pixels", url.searchParams.get("page") ?? "");
        response.writeHead(200, { "content-type": "image/gif", "cache-control": "no-store" });
        return response.end(PIXEL);
      case "/seen":
        see("beacons", url.searchParams.get("page") ?? "");
        response.writeHead(204);
        return response.end();
      case "/door/de":
      case "/door/fr":
      case "/door/es":
        return html(pages.door(hosts, visitor, path.slice(-2)));
      case "/careless":
        return html(pages.careless(hosts, visitor));
      case "/headless":
        return html(pages.headless(hosts, visitor));
      case "/latin-1":
        return html(pages.latin1(hosts, visitor), { "content-type": "text/html; charset=iso-8859-1" });
      case "/csp":
        return html(pages.page(hosts, visitor, "With CSP", `<img src="${hosts.pictures}/lamp-5.svg" alt="">`), {
          "content-security-policy": CSP,
        });
      case "/slow": {
        const [first, second] = pages.slow(hosts, visitor);
        response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
        response.write(first);
        setTimeout(() => response.end(front === null ? second : withFoot(second, pace, true)), SLOW_MS);
        return;
      }
      case "/story":
        return html(pages.story());
      case "/story.css":
        response.writeHead(200, { "content-type": "text/css" });
        return response.end(pages.storySheet(hosts));
      case "/planner":
        return html(pages.planner(hosts));
      case "/poster":
        return html(pages.poster(hosts));
      case "/film":
        return html(pages.film(hosts, url.searchParams.get("without") !== "frame"));
      case "/partners":
        return html(pages.partners());
      case "/out":
        return go(`${hosts.videos}/embed`);
      case "/counters":
        return html(pages.counters(hosts, visitor, { requests, thirdParties: thirdParties.log, ...seen }));
      case "/counters.json":
        response.writeHead(200, { "content-type": "application/json", "cache-control": "no-store" });
        return response.end(JSON.stringify({ requests, thirdParties: thirdParties.log, ...seen }));
      case "/foot.css":
      case "/foot.js":
        if (front === null) break;
        response.writeHead(200, { "content-type": path === "/foot.js" ? "text/javascript" : "text/css", "cache-control": "no-cache" });
        return response.end(path === "/foot.js" ? SCRIPT : SHEET);
      case "/foot.json":
        if (front === null) break;
        return tellFoot(url.searchParams.get("path") ?? "/", response);
      case "/pace":
        if (front === null || request.method !== "POST") break;
        pace = pace === 0 ? PACE_MS : 0;
        return go(backTo(request.headers.referer));
      case "/counters/reset":
        if (request.method !== "POST") break;
        requests = {};
        seen = { views: {}, pixels: {}, beacons: {} };
        thirdParties.reset();
        return go("/counters");
    }
    html(pages.page(hosts, visitor, "Not here", "<p>There is no such page.</p>"), {}, 404);
  });

  function noteDeferred(path, cookies) {
    if (!deferred.has(path) && deferred.size >= MAX_PATHS) deferred = new Map();
    if (cookies === null) deferred.delete(path);
    else deferred.set(path, cookies);
  }

  /// Answers with what Headstart says of a page of the shop, and what was deferred of it.
  async function tellFoot(target, response) {
    const [path] = target.split("?");
    const waits = { cookies: deferred.get(path) ?? [], view: deferred.has(path) && isShelved(path) };
    // A path of this shop, whatever somebody writes there.
    const known = /^\/(?!\/)[\w/.?=&%-]*$/.test(target) && !target.startsWith("/_headstart/");
    const said = await (known ? look(front, hosts, target) : Promise.reject(new Error("no path"))).catch(() => null);
    response.writeHead(said ? 200 : 404, { "content-type": "application/json", "cache-control": "no-store" });
    response.end(JSON.stringify({ ...said, deferred: waits }));
  }

  await listen(server, ports.shop ?? 0);
  return {
    shop: `http://127.0.0.1:${server.address().port}`,
    hosts,
    close() {
      server.close();
      server.closeAllConnections();
      thirdParties.close();
    },
  };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const demo = await startDemo({ shop: Number(process.argv[2] ?? 0) }, process.argv[3] ?? null);
  console.log(JSON.stringify({ shop: demo.shop, hosts: demo.hosts }));
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));
}
