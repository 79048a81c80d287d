// What stands in front of a Worker on Cloudflare, as far as it matters here: TLS, HTTP/2 with priorities, the visitor's address,
// and Early Hints: what earlier answers named in `Link` goes out as 103 before the Worker is asked.

import https from "node:https";
import { canWait, Urgent } from "./priorities.mjs";
import { hostOf, startSecure } from "./secure.mjs";

/// What belongs to one connection, and not to the answer (RFC 9110, 7.6.1; RFC 9113, 8.2.2).
const CONNECTION_FIELDS = new Set(["connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade", "host"]);

/// Visitors have addresses of a range for tests of networks (RFC 2544): one for each connection.
let visitors = 0;
const nextAddress = () => `198.${18 + ((visitors >> 16) & 1)}.${(visitors >> 8) & 255}.${visitors++ & 255}`;

/// Starts a front: {port, close()}. `behind(host)` answers {port, early}: where the Worker of a host answers in TLS, and what
/// is remembered of its pages (EarlyHints), or null where no 103 is sent; nothing for hosts that are not known. `journal` is
/// told of every request.
export async function startFront({ behind, journal }) {
  const agent = new https.Agent({ keepAlive: true, rejectUnauthorized: false });
  const connections = new WeakMap();
  const known = (connection) => {
    if (!connections.has(connection)) connections.set(connection, { address: nextAddress(), urgent: new Urgent() });
    return connections.get(connection);
  };

  const answer = (request, response) => {
    const host = hostOf(request);
    const worker = behind(host);
    if (!worker) return void response.writeHead(421).end();
    const { method, url, stream } = request;
    const note = journal.request(host, url, request.headers);
    // Over HTTP/1.1, who gets a 103 may take it for the answer.
    const links = stream && method === "GET" ? (worker.early?.of(host, url) ?? "") : "";
    if (links !== "") stream.additionalHeaders({ ":status": 103, link: links });
    note.early = links !== "";

    const { address, urgent } = known(stream?.session ?? request.socket);
    const waits = canWait(request.headers.priority);
    const written = waits || note.document ? () => {} : urgent.begin();
    response.on("close", written);
    const fields = Object.entries(request.headers).filter(([name]) => !name.startsWith(":") && !CONNECTION_FIELDS.has(name));
    const headers = { ...Object.fromEntries(fields), host, "cf-connecting-ip": address };
    const asked = https.request({ host: "127.0.0.1", port: worker.port, servername: host, path: url, method, headers, agent }, async (answered) => {
      const { statusCode, headers } = answered;
      worker.early?.note(host, url, statusCode, headers.link ?? "");
      note.status = statusCode;
      if (waits) await urgent.none();
      // A browser that has gone needs no answer.
      if (stream?.destroyed) return void answered.resume();
      response.writeHead(statusCode, Object.fromEntries(Object.entries(headers).filter(([name]) => !CONNECTION_FIELDS.has(name))));
      answered.on("data", (part) => (note.bytes += part.length)).on("error", () => response.destroy?.()).on("end", written);
      answered.pipe(response);
    });
    asked.on("error", () => {
      if (stream?.destroyed || response.headersSent) return void stream?.close();
      response.writeHead(502).end();
    });
    response.on("error", () => {}).on("close", () => asked.destroy());
    request.on("error", () => {}).pipe(asked);
  };

  const server = await startSecure(answer);
  const close = () => {
    server.close();
    agent.destroy();
  };
  return { port: server.port, close };
}
