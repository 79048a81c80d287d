import assert from "node:assert/strict";
import http from "node:http";
import { test } from "node:test";
import { startPublicHost } from "./public_host.mjs";

/// A site that answers with what it was asked, at its own address.
function startSite() {
  const site = http.createServer((request, response) => {
    let body = "";
    request.on("data", (text) => (body += text));
    request.on("end", () => {
      response.setHeader("Location", `http://127.0.0.1:${site.address().port}/next`);
      response.setHeader("Set-Cookie", ["a=1", "b=2"]);
      response.writeHead(302, "Over There").end(`${request.method} ${request.url} ${request.headers.host} ${body}`);
    });
  });
  return new Promise((resolve) => site.listen(0, "127.0.0.1", () => resolve(site)));
}

const ask = (url, options, body) =>
  new Promise((resolve, reject) => {
    const request = http.request(url, options, (response) => {
      let text = "";
      response.on("data", (piece) => (text += piece)).on("end", () => resolve({ text, response }));
    });
    request.on("error", reject).end(body);
  });

test("the site is asked for the host that the visitor asked for, and its own address becomes the proxy's", async () => {
  const site = await startSite();
  const proxy = await startPublicHost(`http://127.0.0.1:${site.address().port}`);
  try {
    const headers = { "X-Forwarded-Host": "shop.example:8787" };
    const { text, response } = await ask(`${proxy.url}/a?b=%20`, { method: "POST", headers }, "c=1");
    assert.equal(text, "POST /a?b=%20 shop.example:8787 c=1");
    assert.equal(response.statusMessage, "Over There");
    assert.equal(response.headers.location, `${proxy.url}/next`);
    assert.deepEqual(response.headers["set-cookie"], ["a=1", "b=2"]);
  } finally {
    proxy.close();
    site.close();
  }
});

test("where the site is gone, the connection ends", async () => {
  const site = await startSite();
  const origin = `http://127.0.0.1:${site.address().port}`;
  await new Promise((resolve) => site.close(resolve));
  const proxy = await startPublicHost(origin);
  try {
    await assert.rejects(ask(`${proxy.url}/`, {}));
  } finally {
    proxy.close();
  }
});
