import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { ask } from "./ask.mjs";

test("a page is asked for as a browser navigates to it", async () => {
  let asked;
  const server = createServer((request, response) => {
    asked = request.headers;
    response.writeHead(302, { location: "/b", "set-cookie": ["a=1; Path=/", "b=2"] }).end("<p>1 view");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const url = new URL(`http://127.0.0.1:${server.address().port}/a`);
    const answer = await ask(url, { "sec-fetch-mode": "navigate", "sec-purpose": "prefetch" });
    assert.deepEqual(answer, { status: 302, text: "<p>1 view", cookies: ["a", "b"] });
    assert.deepEqual([asked["sec-fetch-mode"], asked["sec-purpose"]], ["navigate", "prefetch"]);
    assert.match(asked["user-agent"], /^Mozilla\/5\.0 .* Chrome\//);
    assert.match(asked.accept, /^text\/html,/);
  } finally {
    server.close();
  }
  await assert.rejects(ask(new URL("http://127.0.0.1:9/"), {}));
});
