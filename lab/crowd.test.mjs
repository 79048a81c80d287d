// node --test lab/

import assert from "node:assert/strict";
import test from "node:test";
import { baseline, due, filesOf, rulesFor } from "./crowd.mjs";

const SITE = { tag: "site", prefetch: [{ source: "document", where: { and: [{ href_matches: "/*" }, { not: { href_matches: "/out" } }] }, eagerness: "conservative" }] };
const NEXT = {
  tag: "next",
  prefetch: [{ source: "document", where: { and: [{ href_matches: ["/b", "/c"] }] }, eagerness: "moderate" }],
  prerender: [{ source: "document", where: { and: [{ href_matches: ["/a"] }] }, eagerness: "immediate" }],
};

test("a link has the rules that apply to it", () => {
  const cautious = { action: "prefetch", eagerness: "conservative", tag: "site" };
  assert.deepEqual(rulesFor([SITE, NEXT], "/a"), [cautious, { action: "prerender", eagerness: "immediate", tag: "next" }]);
  assert.deepEqual(rulesFor([SITE, NEXT], "/c"), [cautious, { action: "prefetch", eagerness: "moderate", tag: "next" }]);
  assert.deepEqual(rulesFor([SITE, NEXT], "/d"), [cautious]);
  assert.deepEqual(rulesFor([{ prefetch: [{ urls: ["/x"], eagerness: "eager" }] }], "/x"), [{ action: "prefetch", eagerness: "eager", tag: undefined }]);
});

test("a rule is due by its eagerness", () => {
  const at = (path, happened) => due(rulesFor([SITE, NEXT], path), { pointed: false, pressed: false, ...happened })?.eagerness ?? null;
  assert.equal(at("/a", {}), "immediate");
  assert.equal(at("/b", {}), null);
  assert.equal(at("/b", { pointed: true }), "moderate");
  assert.equal(at("/d", { pointed: true }), null);
  assert.equal(at("/d", { pointed: true, pressed: true }), "conservative");
});

test("the baseline is the rule for all links", () => {
  assert.equal(baseline([NEXT, SITE]), "conservative");
  assert.equal(baseline([{ prefetch: [{ where: { href_matches: "/*" }, eagerness: "moderate" }] }]), "moderate");
  assert.equal(baseline([NEXT]), null);
  assert.equal(baseline([{ tag: "signal" }]), null);
});

test("the files are those that the field names", () => {
  assert.deepEqual(filesOf({ "speculation-rules": '"/_headstart/rules/site.json?s=x", "/_headstart/rules/next/1/"' }), ["/_headstart/rules/site.json?s=x", "/_headstart/rules/next/1/"]);
  assert.deepEqual(filesOf({}), []);
});
