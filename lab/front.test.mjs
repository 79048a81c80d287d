// node --test lab/

import assert from "node:assert/strict";
import http2 from "node:http2";
import https from "node:https";
import { text } from "node:stream/consumers";
import { after, test } from "node:test";
import { EarlyHints } from "./early_hints.mjs";
import { startFront } from "./front.mjs";
import { Journal } from "./journal.mjs";
import { startSecure } from "./secure.mjs";

const HOST = "www.shop.example";
const LINK = "<https://cdn.example>; rel=preconnect, <https://pictures.example>; rel=dns-prefetch";
const EARLY = "<https://cdn.example>; rel=preconnect";

/// What the Worker behind the front does with a request, test by test.
let work = (request, response) => response.end();
const early = new EarlyHints();
const journal = new Journal();
const worker = await startSecure((request, response) => work(request, response));
const behind = (host) => ({ [HOST]: { port: worker.port, early }, "plain.example": { port: worker.port, early: null }, "gone.example": { port: 1, early } })[host];
const front = await startFront({ behind, journal });
const connections = [];
after(() => {
  for (const connection of connections) connection.destroy();
  front.close();
  worker.close();
});

function connect() {
  connections.push(http2.connect(`https://127.0.0.1:${front.port}`, { rejectUnauthorized: false }));
  return connections.at(-1);
}

/// Asks over HTTP/2: {status, headers, text, first: the `Link` of a 103}. `seen` is called when that arrives.
async function ask(connection, path, { host = HOST, seen = () => {}, body, ...fields } = {}) {
  const stream = connection.request({ ":authority": host, ":path": path, ...fields });
  let first = null;
  stream.on("headers", (headers) => {
    if (headers[":status"] !== 103) return;
    first = headers.link;
    seen();
  });
  stream.end(body);
  const headers = await new Promise((resolve, reject) => stream.once("response", resolve).once("error", reject));
  return { status: headers[":status"], headers, text: await text(stream), first };
}

test("what an answer has named goes out before the Worker has answered, the next time", async () => {
  const connection = connect();
  work = (_, response) => response.writeHead(200, { link: LINK, "content-type": "text/html" }).end("one");
  assert.equal((await ask(connection, "/page?a=1")).first, null);
  // The Worker does not answer until the 103 has arrived.
  let arrived;
  const hint = new Promise((resolve) => (arrived = resolve));
  work = async (_, response) => {
    await hint;
    response.writeHead(200, { link: LINK }).end("two");
  };
  const { first, headers, text } = await ask(connection, "/page?b=2", { seen: arrived });
  assert.deepEqual({ first, link: headers.link, text }, { first: EARLY, link: LINK, text: "two" });
  assert.deepEqual(journal.take().requests.map(({ path, early, status, bytes }) => ({ path, early, status, bytes })), [
    { path: "/page", early: false, status: 200, bytes: 3 },
    { path: "/page", early: true, status: 200, bytes: 3 },
  ]);
});

test("no 103 goes to other methods, other hosts, HTTP/1.1, or where it is switched off", async () => {
  early.note(HOST, "/page", 200, LINK);
  work = (_, response) => response.writeHead(200, { link: LINK }).end();
  const connection = connect();
  assert.equal((await ask(connection, "/page", { ":method": "POST", body: "x" })).first, null);
  assert.equal((await ask(connection, "/page", { host: "plain.example" })).first, null);
  assert.equal((await ask(connection, "/page", { host: "plain.example" })).first, null);
  const statuses = await new Promise((resolve, reject) => {
    const seen = [];
    const request = https.get({ host: "127.0.0.1", port: front.port, path: "/page", headers: { host: HOST }, rejectUnauthorized: false }, (response) => {
      response.resume().on("end", () => resolve([...seen, response.statusCode]));
    });
    request.on("information", ({ statusCode }) => seen.push(statusCode)).on("error", reject);
  });
  assert.deepEqual(statuses, [200]);
});

test("requests and answers pass as they are", async () => {
  work = async (request, response) => {
    const body = await text(request);
    response.writeHead(418, { "set-cookie": ["a=1", "b=2"], "x-seen": `${request.method} ${request.url} ${request.headers.host} ${request.headers["x-sent"]}` });
    response.end(body.toUpperCase());
  };
  const { status, headers, text: body } = await ask(connect(), "/cart?id=1", { ":method": "PUT", "x-sent": "this", body: "tea" });
  assert.deepEqual([status, headers["set-cookie"], headers["x-seen"], body], [418, ["a=1", "b=2"], `PUT /cart?id=1 ${HOST} this`, "TEA"]);
});

test("a visitor has one address for a connection, and cannot say another", async () => {
  work = (request, response) => response.end(request.headers["cf-connecting-ip"]);
  const [one, other] = [connect(), connect()];
  const addresses = [];
  for (const connection of [one, one, other]) addresses.push((await ask(connection, "/", { "cf-connecting-ip": "192.0.2.1" })).text);
  assert.match(addresses[0], /^198\.1[89]\./);
  assert.equal(addresses[1], addresses[0]);
  assert.notEqual(addresses[2], addresses[0]);
});

test("hosts that are not known and Workers that do not answer are said", async () => {
  const connection = connect();
  assert.equal((await ask(connection, "/", { host: "other.example" })).status, 421);
  assert.equal((await ask(connection, "/", { host: "gone.example" })).status, 502);
});
