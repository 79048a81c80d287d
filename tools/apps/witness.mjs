// A reverse proxy in front of the application that writes down what it is asked. It hands everything on as it came, the
// Host and the names of header fields included.

import http from "node:http";

const MARKS = ["sec-purpose", "headstart-purpose", "purpose", "x-moz", "x-sec-purpose"];

/// Starts a witness on a port of 127.0.0.1 (0: any) in front of another port. Answers
/// {port, requests, speculating(), busy(), hold(path), stop()}.
///
/// requests  what was asked, in its order: {at (ms), method, path (with query), host, purpose, dest, site, user, referer,
///           activated, cookies (names sent), status, location, set (names of cookies set), done,
///           broken (the application has ended the connection)}
export async function witness(port, target) {
  const requests = [];
  /// Answers that wait: {path, answers}.
  let held = null;
  const agent = new http.Agent({ keepAlive: false });
  const server = http.createServer((request, response) => {
    const entry = noted(request);
    requests.push(entry);
    const asked = http.request({ host: "127.0.0.1", port: target, method: request.method, path: request.url, headers: request.rawHeaders, agent, setHost: false });
    asked.on("response", (answer) => {
      entry.status = answer.statusCode;
      entry.location = answer.headers.location;
      entry.set = (answer.headers["set-cookie"] ?? []).map((line) => line.split("=")[0].trim());
      const pass = () => {
        response.writeHead(answer.statusCode, answer.statusMessage, answer.rawHeaders);
        answer.pipe(response);
      };
      entry.held = Boolean(entry.purpose && held && request.url.startsWith(held.path));
      if (entry.held) held.answers.push(() => ((entry.held = false), pass()));
      else pass();
      answer.on("error", () => {
        entry.broken = !response.destroyed;
        response.destroy();
      });
    });
    asked.on("error", () => {
      entry.status ??= 0;
      entry.broken = !response.destroyed;
      if (response.headersSent) response.destroy();
      else response.writeHead(502).end("the application does not answer");
    });
    response.on("close", () => {
      entry.done = true;
      if (!response.writableFinished) asked.destroy();
    });
    request.pipe(asked);
  });
  // Otherwise it ends an idle connection after five seconds, at times just when something is asked on it.
  server.keepAliveTimeout = 0;
  await new Promise((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
  return {
    port: server.address().port,
    requests,
    /// Whether speculative requests are under way, or came within the last `ms` milliseconds.
    speculating(ms) {
      const since = Date.now() - ms;
      return requests.some(({ purpose, done, at, held }) => purpose && !held && (!done || at > since));
    },
    /// Whether any request is under way.
    busy: () => requests.some(({ done, held }) => !done && !held),
    /// From now on answers to speculative requests for paths that begin like this wait, as if they were slow to arrive. The
    /// application has answered them. Answers a function that lets them go.
    hold(path) {
      held = { path, answers: [] };
      return () => {
        for (const pass of held.answers) pass();
        held = null;
      };
    },
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
