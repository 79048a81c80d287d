// Asks for a page as a browser does. `fetch` would not: it says by itself that it is a script, and counters leave out what is none of a
// browser's.

import { request } from "node:http";
import { request as securely } from "node:https";

/// How long one answer may take, and the most of it that is read.
const TIMEOUT_MS = 20_000;
const MAX_BYTES = 4_000_000;

const BROWSER = {
  "user-agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
  accept: "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
  "accept-language": "en-US,en;q=0.9",
  "accept-encoding": "identity",
  "upgrade-insecure-requests": "1",
};

/// What a page answers: its status, its text, and the names of the cookies that it sets.
export async function ask(url, headers) {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const sent = (url.protocol === "https:" ? securely : request)(url, { headers: { ...BROWSER, ...headers }, agent: false, signal });
  sent.end();
  const response = await new Promise((resolve, reject) => sent.on("response", resolve).on("error", reject));
  const parts = [];
  let length = 0;
  for await (const part of response) {
    parts.push(part);
    length += part.length;
    if (length >= MAX_BYTES) break;
  }
  const text = Buffer.concat(parts).subarray(0, MAX_BYTES).toString();
  const cookies = (response.headers["set-cookie"] ?? []).map((line) => line.split("=")[0]);
  return { status: response.statusCode, text, cookies };
}
