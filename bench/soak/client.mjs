// Asks a Worker as a browser does over HTTP/1.1, and tells what came, and how long it took.

import http from "node:http";

/// The longest that is waited for an answer, in milliseconds.
const MOST_MS = 60_000;

export class Client {
  #agent = new http.Agent({ keepAlive: true, maxSockets: 128, maxFreeSockets: 32 });
  #port;

  constructor(port) {
    this.#port = port;
  }

  /// The answer: `{status, headers, body, isComplete, firstMs, totalMs}`, where Set-Cookie is a list; or `{failed}`. With `leavesAfter`
  /// the connection is reset so many milliseconds after the request was sent.
  ask(asked, leavesAfter) {
    const { method, target, fields, body } = asked;
    return new Promise((resolve) => {
      const since = performance.now();
      const options = { host: "127.0.0.1", port: this.#port, path: target, method, agent: leavesAfter === undefined ? this.#agent : undefined };
      const headers = body === undefined ? fields : { ...fields, "content-length": body.length };
      const request = http.request({ ...options, headers }, (response) => {
        const firstMs = performance.now() - since;
        const parts = [];
        const end = () =>
          resolve({
            status: response.statusCode,
            headers: response.headers,
            body: Buffer.concat(parts),
            isComplete: response.complete,
            firstMs,
            totalMs: performance.now() - since,
          });
        response.on("data", (part) => parts.push(part)).on("error", end).on("end", end).on("close", end);
      });
      request.on("error", (error) => {
        // The other side may close a connection at the moment at which it is used again. Then a browser asks anew.
        if (error.code === "ECONNRESET" && request.reusedSocket) resolve(this.ask(asked, leavesAfter));
        else resolve({ failed: error.code ?? error.message });
      });
      request.setTimeout(MOST_MS, () => request.destroy(new Error("it takes too long")));
      if (leavesAfter !== undefined) setTimeout(() => request.destroy(new Error("left")), leavesAfter);
      request.end(body);
    });
  }

  end() {
    this.#agent.destroy();
  }
}
