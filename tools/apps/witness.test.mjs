import assert from "node:assert/strict";
import http from "node:http";
import test from "node:test";
import { until } from "../until.mjs";
import { witness } from "./witness.mjs";

test("an answer to a speculation waits until it is let go, and others do not", async () => {
  const app = http.createServer((request, response) => response.end(request.url));
  await new Promise((resolve) => app.listen(0, "127.0.0.1", resolve));
  const seen = await witness(0, app.address().port);
  try {
    const ask = async (path, headers) => (await fetch(`http://127.0.0.1:${seen.port}${path}`, { headers })).text();
    const release = seen.hold("/slow");
    let arrived = false;
    const slow = ask("/slow/page", { "Sec-Purpose": "prefetch" }).then((text) => ((arrived = true), text));
    assert.equal(await ask("/other", { "Sec-Purpose": "prefetch" }), "/other");
    // The same page, asked for by somebody who goes there.
    assert.equal(await ask("/slow/page", {}), "/slow/page");
    await until("an answer that is held back", () => seen.requests[0].held, 5_000);
    assert.equal(arrived, false);
    assert.equal(seen.busy(), false, "nobody waits for what is held back on purpose");
    assert.equal(seen.requests[0].status, 200, "the application has answered");
    release();
    assert.equal(await slow, "/slow/page");
    assert.equal(await ask("/slow/page", { "Sec-Purpose": "prefetch" }), "/slow/page");
  } finally {
    await seen.stop();
    app.closeAllConnections();
    app.close();
  }
});
