// Asks the origin: the zone's own, a binding, or another server.
//
// Another server is asked as a reverse proxy does it: it is told for which public host (RFC 7239, and the fields that came
// before it), and what its answer says of its own address is turned back to that host. Bodies stay as they are. None of this is
// decided in wasm, since answers that fast_path.js replays need the same.

import { logOnce, noteAsked } from "./host.js";
import { isMarked, pathAt, rules } from "./kept_decisions.js";
import { addressOf } from "./notes.js";
import { isText, within } from "./platform.js";

/// Asks the origin: another server, a binding by its name, or the request as it is.
export const ask = (request, env) => noteAsked(request, send(request, env, pathAt(request.url)));

/// Asks the origin for a speculation: for `target` (path and query), if it is given, with a plain word for what `Sec-Purpose`
/// says, and for the whole page though the browser has kept one, if `isWhole`.
export const ask_speculatively = (request, env, target, purpose, isWhole) =>
  noteAsked(request, send(request, env, pathAt(request.url), { target, purpose, isWhole }));

/// The same for both, where it is known at which place the URL's path begins.
export const send = (request, env, at, how) => askBy(rules().origin ?? routeOf(env), request, env, at, how);

/// The same for a request that Headstart itself has written.
const sendOwn = (request, env) => send(request, env, pathAt(request.url), { isOwn: true });

/// The way to the origin by the variables, as src/plan/origin_route.rs has it: where wasm has not said it.
export function routeOf({ ORIGIN, ORIGIN_HOST }) {
  const said = typeof ORIGIN === "string" ? ORIGIN.trim() : "";
  if (said === "service") return { binding: "ORIGIN_SERVICE" };
  if (said === "assets") return { binding: "ASSETS" };
  if (!/^https?:\/\//i.test(said) || !URL.canParse(said)) return {};
  const url = new URL(said);
  // With more than a host and a port it is a mistake, and names nobody.
  if (url.href !== `${url.origin}/`) return {};
  const keepsHost = typeof ORIGIN_HOST === "string" && ORIGIN_HOST.trim().toLowerCase() === "public" && url.port === "";
  return keepsHost ? { server: url.origin, keepsHost } : { server: url.origin };
}

/// In which field a request says how often it has come through Headstart, and how often it may: one in front of another is none too
/// many, and what comes again and again asks for itself.
const HOPS = "headstart-hops";
const MAX_HOPS = 4;

/// Which fields are Headstart's own words, beside the one that says what a request is for: ACTIVATED_FIELD in
/// src/effects/deferred_request.rs, and the field above. Only another Worker may say them, which may be Headstart.
const ACTIVATED = "headstart-activated";
const OWN_FIELDS = [ACTIVATED, HOPS];

/// How often a request has come. What is no such number says nothing.
const hopsOf = (headers) => Math.max(Number.parseInt(headers.get(HOPS) ?? "", 10) || 0, 0);

/// Whether a Worker has sent a request, which may be this one: the platform says so.
const isByWorker = (headers) => headers.get("cf-worker") !== null;

/// Whether a request comes again and again.
export const hasLooped = (headers) => isByWorker(headers) && hopsOf(headers) >= MAX_HOPS;

/// By what a browser asks whether the page that it has kept is still the same (RFC 9110, section 13.1).
const VALIDATORS = ["if-none-match", "if-modified-since"];

/// What is below it is answered by Headstart alone: OWN_PREFIX in src/endpoints.rs.
const OWN_PREFIX = "/_headstart/";

/// A Cookie field without what opens the report; undefined where that is all, null where there is none.
function withoutReport(field, names) {
  if (field === null || !names.some((name) => field.includes(name))) return field;
  const kept = field.split(";").filter((pair) => !names.includes(pair.split("=", 1)[0].trim()));
  return kept.length > 0 ? kept.join(";").trim() : undefined;
}

/// Whether a URL whose path begins at `at` is one of Headstart's own.
export const isUnderOwn = (url, at) => url.startsWith(OWN_PREFIX, at);

/// Asks the origin by the way that is given. The origin is told what Headstart says of a request, and nothing that whoever sends it
/// says in Headstart's words, unless the request is Headstart's own.
export function askBy(origin, request, env, at, { target, purpose, isWhole = false, isOwn = false } = {}) {
  const { url, headers } = request;
  const { purpose: field, hidden } = rules();
  // Path and query stay byte for byte.
  const wanted = target ?? url.slice(at);
  const server = origin.server === undefined ? undefined : askServer(request, origin, at, wanted);
  const isChained = isByWorker(headers);
  const mayLoop = origin.binding === undefined && isChained;
  if (mayLoop && hasLooped(headers)) throw new Error("the request comes from Headstart itself");
  const ours = isOwn || isChained ? [field] : [field, ...OWN_FIELDS];
  if (hidden !== undefined) ours.push(hidden.field);
  const claimed = ours.filter((name) => headers.get(name) !== null);
  const sent = hidden && headers.get("cookie");
  const cookies = hidden && withoutReport(sent, hidden.cookies);
  const hides = cookies !== sent;
  const isChanged = purpose !== undefined || mayLoop || claimed.length > 0 || hides;
  const asked = server?.asked ?? (isChanged ? new Request(url.slice(0, at) + wanted, request) : request);
  for (const name of claimed) asked.headers.delete(name);
  if (hides && cookies === undefined) asked.headers.delete("cookie");
  else if (hides) asked.headers.set("cookie", cookies);
  if (purpose !== undefined) asked.headers.set(field, purpose);
  if (isWhole) for (const name of VALIDATORS) asked.headers.delete(name);
  if (mayLoop) asked.headers.set(HOPS, String(hopsOf(headers) + 1));
  if (server !== undefined) {
    const since = Date.now();
    const again = (failed) => (mayAskAgain(request, isOwn, failed, since) ? fetch(asked).then(server.turnBack) : Promise.reject(failed));
    return fetch(asked).then(server.turnBack, again);
  }
  return origin.binding === undefined ? fetch(asked) : env[origin.binding].fetch(asked);
}

/// Whether a request only reads, and has no body that would be lost if it were sent again: `Visit::is_safe` is wider.
export const isRead = ({ method }) => method === "GET" || method === "HEAD";

/// How long after a question a lost connection may be one that the server was closing already, in milliseconds.
const CLOSED_MS = 1000;

/// What the platform says of a connection that was lost before the answer, or that could not be made.
export const LOST = "Network connection lost";

/// Whether another server is asked once more, since it has failed so. Servers close connections that were idle, and may do so just when
/// one is used again: then nothing was read of the request. Nobody can tell that from a server that broke off, so only what is safe is
/// asked again (RFC 9110, section 9.2.2): nothing with a body, no guess, which is refused at a lower price, no upgrade, and nothing of
/// which Headstart, here or in front of this one, has promised that it happens once.
const mayAskAgain = (request, isOwn, failed, since) =>
  String(failed).includes(LOST) &&
  Date.now() - since < CLOSED_MS &&
  isRead(request) &&
  !request.body &&
  !isOwn &&
  !isMarked(request.headers, [ACTIVATED, "upgrade", ...rules().marks]);

/// Sends a request for a visitor who is not waiting for it, and answers with the status and the Set-Cookie lines, one each
/// line. The body is not read.
export async function send_deferred(url, method, text, body, env, milliseconds) {
  const headers = new Headers();
  const lines = text.split("\n");
  for (let at = 0; at + 1 < lines.length; at += 2) headers.append(lines[at], lines[at + 1]);
  const request = new Request(url, { method, headers, body, redirect: "manual" });
  const response = await within(noteAsked(request, sendOwn(request, env)), milliseconds);
  if (response === undefined) throw new Error("the origin takes too long");
  response.body?.cancel().catch(() => {});
  // A value that is another one now is worse than none.
  return [response.status, ...response.headers.getSetCookie().filter(isText)].join("\n");
}

/// What stands before the path of an http(s) URL, or of one without its scheme: scheme and authority.
const START = /^(?:(https?):)?\/\/([^/?#\\]+)/i;

/// The longest value in which addresses of the server are looked for.
const MAX_VALUE = 16_000;

/// The URLs of a Link field (RFC 8288, section 3).
const LINKED = /<([^<>]*)>/g;

/// The URL of a Refresh field (HTML, "shared declarative refresh steps"): before it, itself, behind it.
const REFRESHED = /^([\s\d.]*[;,\s]\s*(?:url\s*=\s*)?["']?)([^"']*)(.*)$/is;

/// A Domain attribute of a Set-Cookie line (RFC 6265, section 4.1.2.3).
const DOMAIN = /;[ \t]*domain[ \t]*=([^;]*)/gi;

/// What else a visitor may claim of the public URL, and applications believe that trust a proxy.
export const CLAIMS = [
  "front-end-https",
  "x-forwarded-port",
  "x-forwarded-prefix",
  "x-forwarded-protocol",
  "x-forwarded-scheme",
  "x-forwarded-server",
  "x-forwarded-ssl",
  "x-host",
  "x-original-host",
  "x-original-url",
  "x-rewrite-url",
  "x-url-scheme",
];

/// What a visitor may claim to be their address. What the platform says in them, or a proxy in front, is the address that it has.
export const ADDRESSES = [
  "client-ip",
  "fastly-client-ip",
  "forwarded-for",
  "true-client-ip",
  "x-client-ip",
  "x-cluster-client-ip",
  "x-forwarded",
  "x-original-forwarded-for",
  "x-real-ip",
];

/// The fields that begin with a URL: those by which scripts lead a visitor elsewhere, or name the page that is shown (htmx, Inertia,
/// Unpoly, pjax, Turbolinks, Yii, Remix, Next.js), among them.
const URL_FIELDS = [
  "content-location",
  "hx-redirect",
  "hx-push-url",
  "hx-replace-url",
  "x-inertia-location",
  "x-up-location",
  "x-pjax-url",
  "turbolinks-location",
  "x-xhr-redirected-to",
  "x-redirect",
  "x-remix-redirect",
  "x-nextjs-redirect",
  "x-action-redirect",
];

/// The scheme and the host of a public URL whose path begins at `at`.
const publicOf = (url, at) => {
  const end = url.indexOf(":");
  return { scheme: url.slice(0, end), host: url.slice(end + 3, at) };
};

/// The name of a host without its port.
const nameOf = (host) => host.replace(/:\d+$/, "");

/// Whether a host is an address, for which no cookie can have a domain.
const isAddress = (name) => name.startsWith("[") || /^[\d.]+$/.test(name);

/// What a proxy says of the request that it sends on: names and values. `address` is the visitor's, if it is known, and
/// `forwardedFor` what the request said of earlier proxies.
export function forwardedLines({ scheme, host }, address, forwardedFor) {
  const lines = [
    ["X-Forwarded-Host", host],
    ["X-Forwarded-Proto", scheme],
  ];
  const known = (forwardedFor ?? "").split(",").map((part) => part.trim()).filter((part) => part !== "");
  // The platform may have named the visitor already.
  if (address && known.at(-1) !== address) lines.push(["X-Forwarded-For", [...known, address].join(", ")]);
  if (address) lines.push(["X-Real-IP", address]);
  const from = !address ? "" : address.includes(":") ? `for="[${address}]";` : `for=${address};`;
  lines.push(["Forwarded", `${from}host="${host}";proto=${scheme}`]);
  return lines;
}

/// Asks the server for a path and query, and turns its answer back. With `keepsHost` the URL and so `Host` stay the public ones,
/// and the platform is asked to connect to the server all the same (`resolveOverride`).
export function askServer(request, { server, keepsHost }, at, target) {
  const { url, headers } = request;
  const here = publicOf(url, at);
  const asked = keepsHost
    ? new Request(url.slice(0, at) + target, new Request(request, { cf: { ...request.cf, resolveOverride: nameOf(server.slice(server.indexOf("//") + 2)) } }))
    : new Request(server + target, request);
  const address = addressOf(request);
  const lines = forwardedLines(here, address, headers.get("x-forwarded-for"));
  for (const name of CLAIMS) asked.headers.delete(name);
  // Where nobody says where visitors are, a proxy in front may tell the server.
  if (address || request.cf) for (const name of ADDRESSES) if (headers.get(name) !== address) asked.headers.delete(name);
  for (const [name, value] of lines) asked.headers.set(name, value);
  return { asked, turnBack: (response) => turnBack(response, request, server, here) };
}

/// The answer with its own addresses turned to the public host. Where it names none it is the answer itself.
export function turnBack(response, request, server, here) {
  // An upgraded connection is no message.
  if (response.status === 101) return response;
  const toPublic = publicUrl(server, here);
  const name = nameOf(START.exec(server)[2]).toLowerCase();
  const { headers } = response;
  const changed = [];
  const change = (field, turn) => {
    const value = headers.get(field);
    // Nearly no answer names the server.
    if (value === null || value.length > MAX_VALUE || !value.toLowerCase().includes(name) || !isText(value)) return;
    const turned = turn(value);
    if (turned !== value) changed.push([field, turned]);
  };
  change("location", (value) => {
    const turned = toPublic(value);
    if (turned === value || !leadsBack(turned, response, request)) return turned;
    tellRing(server, here);
    return value;
  });
  for (const field of URL_FIELDS) change(field, toPublic);
  change("hx-location", (value) => publicTarget(value, toPublic));
  change("link", (value) => value.replace(LINKED, (_, url) => `<${toPublic(url)}>`));
  change("refresh", (value) => value.replace(REFRESHED, (_, before, url, behind) => before + toPublic(url) + behind));
  const cookies = headers.get("set-cookie") === null ? [] : headers.getSetCookie();
  const turned = cookies.map((line) => publicCookie(line, name, here));
  const hasCookies = cookies.every(isText) && turned.some((line, at) => line !== cookies[at]);
  if (changed.length === 0 && !hasCookies) return response;
  let edited = response;
  try {
    edited = new Response(response.body, response);
    for (const [field, value] of changed) edited.headers.set(field, value);
    if (hasCookies) {
      edited.headers.delete("set-cookie");
      for (const line of turned) edited.headers.append("set-cookie", line);
    }
  } catch (failure) {
    // A status of 999, say, which servers may send and no Worker can. Whatever was asked for is done, and not to be lost.
    logOnce("origin: an answer keeps the server's own address, since the platform builds none like it", failure);
  }
  return edited;
}

/// What htmx is to load: a URL, or an object in JSON whose `path` is one.
function publicTarget(value, toPublic) {
  if (!value.startsWith("{")) return toPublic(value);
  let target;
  try {
    target = JSON.parse(value);
  } catch {
    return value;
  }
  const { path } = target;
  const turned = typeof path === "string" ? toPublic(path) : path;
  if (turned === path) return value;
  target.path = turned;
  // A field has nothing but ASCII for sure.
  return JSON.stringify(target).replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/// What turns a URL of the server into one of the public host, byte for byte but for scheme and host; others stay.
function publicUrl(server, here) {
  const [, serverScheme, serverHost] = START.exec(server);
  return (text) => {
    const start = START.exec(text);
    if (start === null) return text;
    const scheme = (start[1] ?? serverScheme).toLowerCase();
    if (withoutDefault(start[2], scheme) !== withoutDefault(serverHost, serverScheme)) return text;
    const rest = text.slice(start[0].length);
    if (start[1] === undefined) return `//${here.host}${rest}`;
    // Who asks for a secure connection means the visitor's, if the public host has its usual port.
    const isUpgrade = scheme === "https" && serverScheme === "http" && !/:\d+$/.test(here.host);
    return `${isUpgrade ? "https" : here.scheme}://${here.host}${rest}`;
  };
}

/// An authority in lower case, without the scheme's own port and the dot of a whole name.
const withoutDefault = (authority, scheme) =>
  authority
    .toLowerCase()
    .replace(scheme === "https" ? /:443$/ : /:80$/, "")
    .replace(/\.(?=$|:)/, "");

/// Whether a redirect would lead a visitor to where they are, and give them nothing on the way that could change that. What a form
/// was sent to is another matter: it leads to the page of the same URL.
function leadsBack(location, { status, headers }, request) {
  const isSameMethod = request.method === "GET" || request.method === "HEAD" || status === 307 || status === 308;
  if (status < 300 || status > 399 || !isSameMethod || !URL.canParse(location)) return false;
  const target = new URL(location);
  target.hash = "";
  if (target.href !== request.url) return false;
  const cookies = request.headers.get("cookie") ?? "";
  if (cookies.length > MAX_VALUE) return false;
  const sent = new Set(cookies.split(";").map((pair) => pair.trim()));
  return headers.getSetCookie().every((line) => sent.has(line.split(";")[0].trim()));
}

let isRingTold = false;

/// Says once that the application redirects the public host to its own address.
function tellRing(server, { scheme, host }) {
  if (isRingTold) return;
  isRingTold = true;
  console.warn(
    `Headstart: origin: ${server} redirects pages to its own address, which leads visitors past Headstart: have the ` +
      `application take ${scheme}://${host} for its address (it is told X-Forwarded-Host and X-Forwarded-Proto), or see ORIGIN_HOST`,
  );
}

/// A Set-Cookie line whose domain is the server's, and not the public host's as well, for the public host.
function publicCookie(line, serverName, here) {
  const name = nameOf(here.host).toLowerCase();
  return line.replace(DOMAIN, (attribute, value) => {
    const domain = value.trim().replace(/^\./, "").toLowerCase();
    const isFor = (host) => host === domain || host.endsWith(`.${domain}`);
    if (domain === "" || !isFor(serverName) || isFor(name)) return attribute;
    return isAddress(name) ? "" : `; Domain=${name}`;
  });
}
