// A reverse proxy in front of the application that writes down what it is asked. It hands everything on as it came, the
// Host and the names of header fields included.

import http from "node:http";

const MARKS = ["sec-purpose", "headstart-purpose", "purpose", "x-moz", "x-sec-purpose"];

/// Starts a witness on a port of 127.0.0.1 (0: any) in front of another port. Answers {port, requests, speculating(), stop()}.
///
/// requests  what was asked, in its order: {at (ms), method, path (with query), host, purpose, dest, site, user, referer,
///           activated, cookies (names sent), status, location, set (names of cookies set), done}
export async function witness(port, target) {
  const requests = [];
  const agent = new http.Agent({ keepAlive: false });
  const server = http.createServer((request, response) => {
    const entry = noted(request);
    requests.push(entry);
    const asked = http.request({ host: "127.0.0.1", port: target, method: request.method, path: request.url, headers: request.rawHeaders, agent, setHost: false });
    asked.on("response", (answer) => {
      entry.status = answer.statusCode;
      entry.location = answer.headers.location;
      entry.set = (answer.headers["set-cookie"] ?? []).map((line) => line.split("=")[0].trim());
      response.writeHead(answer.statusCode, answer.statusMessage, answer.rawHeaders);
      answer.pipe(response);
      answer.on("error", () => response.destroy());
    });
    asked.on("error", () => {
      entry.status ??= 0;
      if (response.headersSent) response.destroy();
      else response.writeHead(502).end("the application does not answer");
    });
    response.on("close", () => {
      entry.done = true;
      if (!response.writableFinished) asked.destroy();
    });
    request.pipe(asked);
  });
  await new Promise((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
  return {
    port: server.address().port,
    requests,
    /// Whether speculative requests are under way, or came within the last `ms` milliseconds.
    speculating(ms) {
      const since = Date.now() - ms;
      return requests.some(({ purpose, done, at }) => purpose && (!done || at > since));
    },
    /// Whether any request is under way.
    busy: () => requests.some(({ done }) => !done),
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

function noted({ method, url, headers }) {
  const mark = MARKS.find((name) => headers[name]);
  return {
    at: Date.now(),
    method,
    path: url,
    host: headers.host,
    purpose: mark ? headers[mark] : null,
    dest: headers["sec-fetch-dest"] ?? "",
    site: headers["sec-fetch-site"] ?? "",
    user: headers["sec-fetch-user"] === "?1",
    referer: headers.referer ?? "",
    activated: headers["headstart-activated"] === "?1",
    cookies: (headers.cookie ?? "").split(";").map((pair) => pair.split("=")[0].trim()).filter(Boolean),
    status: null,
    location: undefined,
    set: [],
    done: false,
  };
}
