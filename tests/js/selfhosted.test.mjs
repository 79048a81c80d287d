// What examples/selfhosted/nginx.conf lets visitors say.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { ADDRESSES, CLAIMS } from "../../src/edge/origin.js";

const CONF = readFileSync(new URL("../../examples/selfhosted/nginx.conf", import.meta.url), "utf8");

/// What nginx says in each field, by its name in small letters; an empty one is not sent.
const SAID = new Map([...CONF.matchAll(/^ *proxy_set_header +(\S+) +(\S+);$/gm)].map(([, name, value]) => [name.toLowerCase(), value]));

test("your server is told the same of a visitor whether Headstart is there or not", () => {
  for (const [name, value] of [
    ["host", "$host"],
    ["x-forwarded-for", "$remote_addr"],
    ["x-forwarded-host", "$headstart_host"],
    ["x-forwarded-proto", "$scheme"],
    ["x-real-ip", "$remote_addr"],
    ["cf-connecting-ip", "$remote_addr"],
    ["forwarded", '""'],
  ]) {
    assert.equal(SAID.get(name), value, name);
  }
  for (const name of [...CLAIMS, ...ADDRESSES]) assert.equal(SAID.get(name), name === "x-real-ip" ? "$remote_addr" : '""', name);
});

test("what Miniflare believes of a request, no visitor says", () => {
  const { CoreHeaders } = createRequire(import.meta.url)("miniflare");
  const names = Object.values(CoreHeaders);
  assert.ok(names.includes("MF-Original-URL") && names.length > 10);
  for (const name of names) assert.equal(SAID.get(name.toLowerCase()), name === "MF-Original-URL" ? "$scheme://$headstart_host$request_uri" : '""', name);
});

test("one request that fails has no server left out, and no form is sent on a connection that Headstart closes", () => {
  const upstreams = [...CONF.matchAll(/^upstream \S+ \{\n([^}]*)\}/gm)].map(([, lines]) => lines);
  assert.equal(upstreams.length, 2);
  for (const lines of upstreams) {
    for (const [server] of lines.matchAll(/server .*;/g)) assert.match(server, / max_fails=0( backup)?;$/);
    assert.match(lines, /^ *keepalive_timeout 4s;$/m);
  }
});

test("whoever says no host means the one that is asked", () => {
  assert.match(CONF, /^map \$http_host \$headstart_host \{\n +default \$http_host;\n +'' +\$host;\n\}$/m);
  assert.doesNotMatch(CONF, /^ *proxy_set_header .*\$http_host/m);
});

test("long forms and quiet streams are left to your server", () => {
  assert.match(CONF, /^ *client_max_body_size +0;$/m);
  for (const wait of ["read", "send"]) assert.match(CONF, new RegExp(`^ *proxy_${wait}_timeout +1h;$`, "m"));
});
