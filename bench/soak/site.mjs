// The site of a long run, as a function: what the origin answers to what. The origin gives it, and whoever judges an answer holds it
// against the same.

import { createHash } from "node:crypto";

export const HOST = "shop.test";
export const PAGES = 200;

/// What of the site is large, in bytes.
const LARGE_BYTES = 1024 * 1024;
const IMAGE_BYTES = 20_000;

const filled = (length, seed) => {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at++) bytes[at] = (at * 31 + seed * 7 + (at >> 8)) & 0xff;
  return bytes;
};

const large = filled(LARGE_BYTES, 1);
const images = Array.from({ length: 8 }, (_, number) => filled(IMAGE_BYTES, number));

export const page = (path) => {
  const number = Number(path.match(/\d+/)?.[0] ?? 0);
  const link = (step) => `<a href="/p/${(number + step) % PAGES}">page ${step}</a>`;
  const text = `<p>${"The lamp is made of brass, and lasts. ".repeat(40 + (number % 50))}</p>`;
  return (
    `<!doctype html><html><head><meta charset="utf-8"><title>${path}</title><link rel="stylesheet" href="https://fonts.example/${number % 5}.css">` +
    `<script src="https://cdn-${number % 7}.example/a.js"></script></head><body>${text}${[1, 2, 3, 7].map(link).join(" ")}<img src="/i/${number % 8}.png"></body></html>`
  );
};

/// The answer to a request: `{status, headers, body}`. Headers are pairs, the body is bytes. `sent` is the body of the request.
export function answerOf(method, target, fields, sent = Buffer.alloc(0)) {
  const path = target.split("?")[0];
  const own = [["X-Origin", "yes"]];
  if (path === "/robots.txt") return { status: 404, headers: own, body: Buffer.alloc(0) };
  if (method === "POST") return { status: 200, headers: [...own, ["Content-Type", "application/json"]], body: Buffer.from(JSON.stringify({ took: digest(sent) })) };
  if (path.startsWith("/data/")) return { status: 200, headers: [...own, ["Content-Type", "application/json"]], body: Buffer.from(`{"path":"${path}"}`) };
  if (path.startsWith("/large/")) return { status: 200, headers: [...own, ["Content-Type", "application/octet-stream"]], body: large };
  if (path.startsWith("/i/")) {
    const body = images[Number(path.match(/\d+/)[0]) % images.length];
    const headers = [...own, ["Content-Type", "image/png"], ["ETag", '"i"'], ["Cache-Control", "max-age=60"]];
    if (fields["if-none-match"] === '"i"') return { status: 304, headers, body: Buffer.alloc(0) };
    const range = fields.range?.match(/^bytes=(\d+)-(\d+)$/);
    if (!range) return { status: 200, headers, body };
    const [from, to] = [Number(range[1]), Number(range[2])];
    return { status: 206, headers: [...headers, ["Content-Range", `bytes ${from}-${to}/${body.length}`]], body: body.subarray(from, to + 1) };
  }
  const cookies = [["Set-Cookie", `seen=${path.length}; Path=/`], ...((fields.cookie ?? "").includes("session=") ? [] : [["Set-Cookie", "theme=light; Path=/"]])];
  return { status: 200, headers: [...own, ["Content-Type", "text/html; charset=utf-8"], ["ETag", '"p"'], ...cookies], body: Buffer.from(page(path)) };
}

export const digest = (bytes) => createHash("sha1").update(bytes).digest("base64url");

/// What becomes of an answer by each of the origin's faults, for a request that is passed on. `no-origin`: nothing that could be handed
/// on. `broken`: it begins as the answer does, and does not end as it said. `same`: another status or other fields, and all of the body.
export const ORIGIN_FAULTS = {
  nothing: "no-origin",
  "half-head": "no-origin",
  reset: "no-origin",
  "half-body": "broken",
  "half-chunk": "broken",
  "slow-head": "same",
  "slow-body": "same",
  "gzip-that-is-none": "same",
  "half-gzip": "same",
  charset: "same",
  long: "broken",
  "status-500": "same",
  "status-503": "same",
};

/// The status that is given in place of the answer's, by those faults that are about it.
export const STATUSES = { "status-500": 500, "status-503": 503 };
