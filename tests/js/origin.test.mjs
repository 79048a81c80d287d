// What is said to an origin that is another server, and what becomes of what it says of itself.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ADDRESSES, ask, askBy, askServer, CLAIMS, forwardedLines, turnBack } from "../../src/edge/origin.js";

const SERVER = "http://127.0.0.1:9300";
const HERE = { scheme: "https", host: "shop.example" };

const asked = (url = "https://shop.example/a", headers = {}) => ({ url, method: "GET", headers: new Headers(headers) });

/// A request as the platform gives it.
const onPlatform = (request) => Object.defineProperty(request, "cf", { value: {} });

/// The fields that begin with a URL, beside Location.
const URL_FIELDS = [
  "content-location",
  "hx-location",
  "hx-push-url",
  "hx-redirect",
  "hx-replace-url",
  "turbolinks-location",
  "x-action-redirect",
  "x-inertia-location",
  "x-nextjs-redirect",
  "x-pjax-url",
  "x-redirect",
  "x-remix-redirect",
  "x-up-location",
  "x-xhr-redirected-to",
];

/// What becomes of the fields of an answer.
function turned(fields, { status = 200, server = SERVER, here = HERE, request = asked() } = {}) {
  return turnBack(new Response(null, { status, headers: fields }), request, server, here).headers;
}

test("the server is told for whom it is asked", () => {
  const lines = (here, address, before) => Object.fromEntries(forwardedLines(here, address, before));
  assert.deepEqual(lines(HERE, "192.0.2.7", null), {
    "X-Forwarded-Host": "shop.example",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-For": "192.0.2.7",
    "X-Real-IP": "192.0.2.7",
    Forwarded: 'for=192.0.2.7;host="shop.example";proto=https',
  });
  const local = { scheme: "http", host: "127.0.0.1:8787" };
  assert.deepEqual(lines(local, null, null), {
    "X-Forwarded-Host": "127.0.0.1:8787",
    "X-Forwarded-Proto": "http",
    Forwarded: 'host="127.0.0.1:8787";proto=http',
  });
  const six = lines(HERE, "2001:db8::7", "192.0.2.1, 198.51.100.2");
  assert.equal(six["X-Forwarded-For"], "192.0.2.1, 198.51.100.2, 2001:db8::7");
  assert.equal(six.Forwarded, 'for="[2001:db8::7]";host="shop.example";proto=https');
  // The platform has said it already.
  assert.equal(lines(HERE, "192.0.2.7", "192.0.2.1, 192.0.2.7")["X-Forwarded-For"], undefined);
});

test("what a visitor claims of the public host does not reach the server", () => {
  const claims = { "x-forwarded-prefix": "//evil.example", "x-original-url": "/admin", "x-forwarded-port": "1", "x-forwarded-host": "evil.example", "x-forwarded-proto": "gopher", forwarded: "host=evil.example", "x-forwarded-for": "192.0.2.1" };
  const request = onPlatform(new Request("https://shop.example/a?b=%20", { headers: { ...claims, "cf-connecting-ip": "192.0.2.7", "x-a": "1" } }));
  const { asked } = askServer(request, { server: SERVER }, "https://shop.example".length, "/a?b=%20");
  assert.equal(asked.url, `${SERVER}/a?b=%20`);
  const said = Object.fromEntries(asked.headers);
  for (const claim of ["x-forwarded-prefix", "x-original-url", "x-forwarded-port"]) assert.equal(said[claim], undefined);
  assert.deepEqual(
    [said["x-forwarded-host"], said["x-forwarded-proto"], said["x-forwarded-for"], said.forwarded, said["x-a"]],
    ["shop.example", "https", "192.0.2.1, 192.0.2.7", 'for=192.0.2.7;host="shop.example";proto=https', "1"],
  );
});

test("nobody but who stands in front says where a visitor is", () => {
  const claimed = (value, address, isOnPlatform = true) => {
    const headers = new Headers([...CLAIMS, ...ADDRESSES].map((name) => [name, value]));
    if (address) headers.set("cf-connecting-ip", address);
    const request = (isOnPlatform ? onPlatform : (it) => it)(new Request("https://shop.example/a", { headers }));
    return Object.fromEntries(askServer(request, { server: SERVER }, "https://shop.example".length, "/a").asked.headers);
  };
  const none = claimed("10.0.0.1", "192.0.2.7");
  for (const name of [...CLAIMS, ...ADDRESSES]) assert.equal(none[name], name === "x-real-ip" ? "192.0.2.7" : undefined, name);
  // A network says it there, and its server may read it there.
  assert.equal(claimed("192.0.2.7", "192.0.2.7")["true-client-ip"], "192.0.2.7");
  assert.equal(claimed("192.0.2.7", undefined)["x-real-ip"], undefined, "whose address nobody knows has none");
  // Elsewhere a visitor may write the platform's field.
  assert.equal(claimed("192.0.2.7", "10.0.0.1", false)["x-real-ip"], "192.0.2.7");
});

test("addresses of the server are turned to the public host, byte for byte but for scheme and host", () => {
  for (const [said, expected] of [
    ["http://127.0.0.1:9300/login?next=http://127.0.0.1:9300/a#b", "https://shop.example/login?next=http://127.0.0.1:9300/a#b"],
    ["HTTP://127.0.0.1:9300", "https://shop.example"],
    ["https://127.0.0.1:9300/a", "https://shop.example/a"],
    ["//127.0.0.1:9300/a", "//shop.example/a"],
    ["/a", "/a"],
    ["a?b", "a?b"],
    ["http://127.0.0.1:9301/a", "http://127.0.0.1:9301/a"],
    ["http://127.0.0.1/a", "http://127.0.0.1/a"],
    ["http://127.0.0.1.:9300/a", "https://shop.example/a"],
    ["http://127.0.0.1:9300.evil.example/a", "http://127.0.0.1:9300.evil.example/a"],
    ["http://u@127.0.0.1:9300/a", "http://u@127.0.0.1:9300/a"],
    ["https://other.example/?u=http://127.0.0.1:9300/", "https://other.example/?u=http://127.0.0.1:9300/"],
    ["mailto:a@b.example", "mailto:a@b.example"],
  ]) {
    assert.equal(turned({ location: said }, { status: 302, request: asked("https://shop.example/elsewhere") }).get("location"), expected, said);
    for (const field of URL_FIELDS) assert.equal(turned({ [field]: said }).get(field), expected, `${field}: ${said}`);
  }
  // What Next.js says behind it, and what htmx does in place of a URL.
  assert.equal(turned({ "x-action-redirect": `${SERVER}/a;push` }).get("x-action-redirect"), "https://shop.example/a;push");
  assert.equal(turned({ "hx-push-url": "false" }).get("hx-push-url"), "false");
});

test("what htmx is to load may be an object that holds the URL", () => {
  const location = (said) => turned({ "hx-location": said }).get("hx-location");
  for (const [said, expected] of [
    [`{"path":"${SERVER}/a?b","target":"#main"}`, '{"path":"https://shop.example/a?b","target":"#main"}'],
    [`{ "target": "${SERVER}/c", "path" : "http:\\/\\/127.0.0.1:9300\\/a" }`, `{"target":"${SERVER}/c","path":"https://shop.example/a"}`],
    [`{"path":"${SERVER}/a","values":{"name":"G\u00fcnter \\u2713 \\ud83d\\ude00"}}`, '{"path":"https://shop.example/a","values":{"name":"G\\u00fcnter \\u2713 \\ud83d\\ude00"}}'],
    // What is to stay does to the letter.
    [`{"path": "/a", "values": {"path": "${SERVER}/a"}}`, undefined],
    [`{"path": "http://other.example/?u=${SERVER}/a"}`, undefined],
    [`{"path": ["${SERVER}/a"]}`, undefined],
    [`{"path": "${SERVER}/a"`, undefined],
    [`{"target": "${SERVER}/a"}`, undefined],
  ]) {
    assert.equal(location(said), expected ?? said, said);
  }
});

test("an answer like which the platform builds none is handed on as it is, which is told once", async () => {
  const error = console.error;
  const told = [];
  console.error = (text) => told.push(text);
  try {
    // Statuses and reason phrases that servers may send: undici builds no response of them either.
    const answers = [[999, ""], [600, ""], [200, "O\u0001K"]].map(([status, statusText]) => ({
      status,
      statusText,
      headers: new Headers([["location", `${SERVER}/a`], ["set-cookie", "a=1; Domain=127.0.0.1"]]),
      body: null,
    }));
    for (const answer of [...answers, ...answers]) assert.equal(turnBack(answer, asked(), SERVER, HERE), answer);
    assert.equal(told.length, 2, "a number is no other reason");
    const why = "Headstart: origin: an answer keeps the server's own address, since the platform builds none like it: ";
    for (const line of told) assert.ok(line.startsWith(why), line);
    // Also where it was sent something, which is done.
    let times = 0;
    globalThis.fetch = async () => answers[(times += 1) - 1];
    const form = new Request("https://shop.example/b", { method: "POST", body: "x" });
    assert.equal(await ask(form, { ORIGIN: SERVER }), answers[0]);
    assert.equal(times, 1);
  } finally {
    console.error = error;
  }
});

test("a scheme's own port may be said or not, and a server that asks for a secure connection gets the visitor's", () => {
  const location = (said, server, here = HERE) =>
    turned({ location: said }, { status: 301, server, here, request: asked("http://x.example/") }).get("location");
  assert.equal(location("https://origin.example:443/a", "https://origin.example"), "https://shop.example/a");
  assert.equal(location("https://ORIGIN.example/a", "http://origin.example"), "https://shop.example/a");
  const plain = { scheme: "http", host: "shop.example" };
  assert.equal(location("https://origin.example/a", "http://origin.example", plain), "https://shop.example/a");
  assert.equal(location("http://origin.example/a", "https://origin.example", plain), "http://shop.example/a");
  const local = { scheme: "http", host: "127.0.0.1:8787" };
  assert.equal(location("https://origin.example/a", "https://origin.example", local), "http://127.0.0.1:8787/a");
  assert.equal(location("https://origin.example/a", "http://origin.example", local), "http://127.0.0.1:8787/a");
});

test("Link and Refresh are turned as well, as far as they name the server", () => {
  const link = `<${SERVER}/wp-json/>; rel="https://api.w.org/", </a.css>; rel=preload; as=style, <https://cdn.example/x>; rel=preconnect`;
  assert.equal(
    turned({ link }).get("link"),
    '<https://shop.example/wp-json/>; rel="https://api.w.org/", </a.css>; rel=preload; as=style, <https://cdn.example/x>; rel=preconnect',
  );
  for (const [said, expected] of [
    [`5; url=${SERVER}/b`, "5; url=https://shop.example/b"],
    [`0;URL='${SERVER}/b'`, "0;URL='https://shop.example/b'"],
    [`3, "${SERVER}/b"`, '3, "https://shop.example/b"'],
    ["5; url=/b", "5; url=/b"],
    ["5", "5"],
  ]) {
    assert.equal(turned({ refresh: said }).get("refresh"), expected, said);
  }
});

test("a cookie's domain that is the server's becomes the public host's, and its other attributes stay", () => {
  const cookie = (line, server, host) => turned([["set-cookie", line]], { server, here: { scheme: "https", host } }).getSetCookie()[0];
  const server = "https://www.origin.example";
  for (const [said, expected] of [
    ["a=1; Domain=www.origin.example; Path=/; HttpOnly", "a=1; Domain=shop.example; Path=/; HttpOnly"],
    ["a=domain=x; Path=/;domain=.Origin.Example", "a=domain=x; Path=/; Domain=shop.example"],
    ["a=1; Domain=shop.example", "a=1; Domain=shop.example"],
    ["a=1; Domain=other.example", "a=1; Domain=other.example"],
    ["a=1; Domain=; Secure", "a=1; Domain=; Secure"],
    ["a=1", "a=1"],
  ]) {
    assert.equal(cookie(said, server, "shop.example"), expected, said);
  }
  assert.equal(cookie("a=1; Domain=.shop.example; Secure", "https://origin.shop.example", "www.shop.example:8443"), "a=1; Domain=.shop.example; Secure");
  assert.equal(cookie("a=1; Domain=www.origin.example; Secure", server, "127.0.0.1:8787"), "a=1; Secure");
  const several = turned([["set-cookie", "a=1; Domain=www.origin.example"], ["set-cookie", "b=2, c"]], { server, here: HERE });
  assert.deepEqual(several.getSetCookie(), ["a=1; Domain=shop.example", "b=2, c"]);
});

test("a redirect that would lead a visitor in a ring leads to the server's own address, and is told once", () => {
  const warn = console.warn;
  const told = [];
  console.warn = (text) => told.push(text);
  try {
    const to = (location, fields = [], request = asked(), status = 301) => turned([["location", location], ...fields], { status, request }).get("location");
    assert.equal(to(`${SERVER}/a`), `${SERVER}/a`);
    assert.equal(to(`${SERVER}/a#b`), `${SERVER}/a#b`);
    assert.equal(to(SERVER, [], asked("https://shop.example/")), SERVER);
    assert.equal(told.length, 1);
    assert.match(told[0], /^Headstart: origin: http:\/\/127\.0\.0\.1:9300 redirects pages to its own address, .*https:\/\/shop\.example/);
    // Another page, or the same after something was given on the way.
    assert.equal(to(`${SERVER}/a/`), "https://shop.example/a/");
    assert.equal(to(`${SERVER}/a`, [], asked("https://shop.example/a/")), "https://shop.example/a");
    assert.equal(to(`${SERVER}/a?next=`, [], asked("https://shop.example/a?next=/")), "https://shop.example/a?next=");
    // A form leads to the page of its own URL, unless it is to be sent again.
    const form = { ...asked(), method: "POST" };
    assert.equal(to(`${SERVER}/a`, [], form, 302), "https://shop.example/a");
    assert.equal(to(`${SERVER}/a`, [], form, 307), `${SERVER}/a`);
    assert.equal(to(`${SERVER}/a`, [], { ...asked(), method: "PUT" }, 201), "https://shop.example/a");
    const cookie = [["set-cookie", "seen=1"]];
    assert.equal(to(`${SERVER}/a`, cookie), "https://shop.example/a");
    assert.equal(to(`${SERVER}/a`, cookie, asked("https://shop.example/a", { cookie: "b=1; seen=1" })), `${SERVER}/a`);
    assert.equal(to(`${SERVER}/a`, cookie, asked("https://shop.example/a", { cookie: "seen=0" })), "https://shop.example/a");
    const deleted = [["set-cookie", "seen=; Max-Age=0"]];
    assert.equal(to(`${SERVER}/a`, deleted, asked("https://shop.example/a", { cookie: "seen=1" })), "https://shop.example/a");
    assert.equal(told.length, 1);
  } finally {
    console.warn = warn;
  }
});

test("an answer that names nothing of the server is the very same", () => {
  const response = new Response("x", { headers: { location: "/a", link: "</a>; rel=next", "set-cookie": "a=1" } });
  assert.equal(turnBack(response, asked(), SERVER, HERE), response);
});

test("a visit reaches the zone's origin as it is, but for what only Headstart says", () => {
  const asks = [];
  globalThis.fetch = (request) => asks.push(request);
  const visit = (headers = {}) => new Request("https://shop.example/a?b", { headers });
  const ask = (request) => {
    askBy({}, request, {}, "https://shop.example".length);
    return asks.pop();
  };
  const plain = visit({ "x-a": "1" });
  assert.equal(ask(plain), plain, "the same object, which costs nothing");
  const claimed = ask(visit({ "headstart-purpose": "prefetch", "x-a": "1" }));
  assert.deepEqual([claimed.headers.get("headstart-purpose"), claimed.headers.get("x-a"), claimed.url], [null, "1", "https://shop.example/a?b"]);
  assert.equal(claimed.headers.get("headstart-hops"), null);
  // What opens the report is told to no origin, and all else of a visitor's is.
  assert.equal(ask(visit({ "headstart-token": "x" })).headers.get("headstart-token"), null);
  for (const [sent, kept] of [
    ["a=1; __Host-headstart-report=x; b=2", "a=1; b=2"],
    ["headstart-report=x", null],
    ["__Host-headstart-report=x;a=1", "a=1"],
    ["my-headstart-report=1; a=1", "my-headstart-report=1; a=1"],
  ]) {
    assert.equal(ask(visit({ cookie: sent })).headers.get("cookie"), kept, sent);
  }
  // Who may be this Worker itself says how often they come.
  assert.equal(ask(visit({ "cf-worker": "shop.example" })).headers.get("headstart-hops"), "1");
  // What a visitor says in Headstart's words reaches nobody; another Worker may be Headstart.
  for (const word of ["headstart-hops", "headstart-activated", "headstart-purpose"]) {
    assert.equal(ask(visit({ [word]: "?1" })).headers.get(word), null, word);
  }
  assert.equal(ask(visit({ "cf-worker": "shop.example", "headstart-activated": "?1" })).headers.get("headstart-activated"), "?1");
  assert.throws(() => ask(visit({ "cf-worker": "shop.example", "headstart-hops": "4" })), /from Headstart itself/);
  const bound = [];
  const env = { ASSETS: { fetch: (request) => bound.push(request) } };
  askBy({ binding: "ASSETS" }, visit({ "cf-worker": "shop.example", "headstart-hops": "4" }), env, "https://shop.example".length);
  assert.equal(bound[0].headers.get("headstart-hops"), "4", "a binding is nobody else");
});

test("a speculation says whether the whole page is asked for", () => {
  const asks = [];
  globalThis.fetch = (request) => {
    asks.push(request);
    return Promise.resolve(new Response());
  };
  const kept = { "if-none-match": '"1"', "if-modified-since": "Fri, 27 Nov 2026 00:00:00 GMT" };
  for (const origin of [{}, { server: SERVER }]) {
    for (const isWhole of [false, true]) {
      const request = new Request("https://shop.example/a?b", { headers: { ...kept, "x-a": "1" } });
      askBy(origin, request, {}, "https://shop.example".length, { purpose: "prefetch", isWhole });
      const { headers } = asks.pop();
      for (const [name, value] of Object.entries(kept)) assert.equal(headers.get(name), isWhole ? null : value, name);
      assert.deepEqual([headers.get("headstart-purpose"), headers.get("x-a")], ["prefetch", "1"]);
      assert.equal(request.headers.get("if-none-match"), '"1"', "the request itself stays");
    }
  }
});
