// node --test oracle/

import assert from "node:assert/strict";
import http from "node:http";
import test from "node:test";
import { startServer } from "./server.mjs";

const PAGE = "http://www.site.example/1.html";
const SHEET = "http://cdn.example/a.css";

function get(port, url, purpose) {
  const { host, pathname, search } = new URL(url);
  return new Promise((resolve, reject) => {
    const options = { port, host: "127.0.0.1", path: pathname + search, headers: { host, "sec-fetch-dest": purpose } };
    const request = http.get(options, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text) => (body += text));
      const { "content-type": type, location } = response.headers;
      response.on("end", () => resolve({ status: response.statusCode, type, location, body }));
    });
    request.on("error", reject);
  });
}

test("a page, what is known, and what a request is for, in this order", async (t) => {
  const known = new Map([
    [SHEET, { status: 200, type: "text/css; charset=utf-8", body: "a{}" }],
    ["http://cdn.example/latest.css", { status: 302, type: "text/plain", location: "/a.css", body: "" }],
    [PAGE, { status: 404, type: "text/plain", body: "" }],
  ]);
  const { port, close } = await startServer(new Map([[PAGE, "<p>page"]]), known);
  t.after(close);
  assert.deepEqual(await get(port, PAGE, "document"), { status: 200, type: "text/html", location: undefined, body: "<p>page" });
  const sheet = { status: 200, type: "text/css; charset=utf-8", location: undefined, body: "a{}" };
  assert.deepEqual(await get(port, SHEET, "style"), sheet);
  assert.deepEqual(await get(port, `${SHEET}?v=7`, "style"), sheet);
  const { status, location } = await get(port, "http://cdn.example/latest.css", "style");
  assert.deepEqual({ status, location }, { status: 302, location: "/a.css" });
  const other = await get(port, "http://other.example/a.css", "style");
  assert.deepEqual(other, { status: 200, type: "text/css", location: undefined, body: "/**/" });
});
