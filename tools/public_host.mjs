// What `make dev` puts between Headstart and a site for ORIGIN_HOST=public: the platform can connect to one name and ask for
// another, workerd on this machine cannot. So the Host that the visitor asked for comes in X-Forwarded-Host, and is put back
// here. Everything else passes as it is.

import http from "node:http";
import https from "node:https";

/// Starts the proxy in front of `origin` on a free port. Answers with its URL, and what ends it.
export async function startPublicHost(origin) {
  const { protocol, hostname, port } = new URL(origin);
  const transport = protocol === "https:" ? https : http;
  const target = { hostname: hostname.replace(/^\[|\]$/g, ""), port: port || (protocol === "https:" ? 443 : 80), servername: hostname };
  const open = (request) => transport.request({ ...target, method: request.method, path: request.url, headers: withPublicHost(request) });
  let own;
  const isNamed = (text) => text.startsWith(origin) && /^(?:[/?#]|$)/.test(text.slice(origin.length));
  // Where the site names its own address all the same, Headstart turns this one back.
  const named = (lines) => lines.map((text, at) => (at % 2 === 1 && isNamed(text) ? own + text.slice(origin.length) : text));
  const server = http.createServer((request, response) => {
    const asked = open(request);
    let isWhole = () => false;
    asked.on("response", (answer) => {
      isWhole = () => answer.complete;
      response.writeHead(answer.statusCode, answer.statusMessage, named(answer.rawHeaders));
      answer.pipe(response).on("error", () => answer.destroy());
    });
    // Some servers send more behind an answer that is whole, and close.
    asked.on("error", () => isWhole() || response.destroy());
    request.pipe(asked);
  });
  server.on("upgrade", (request, socket, head) => {
    const asked = open(request);
    asked.on("upgrade", (answer, other, rest) => {
      const lines = named(answer.rawHeaders).map((text, at) => (at % 2 === 0 ? `${text}: ` : `${text}\r\n`));
      socket.write(`HTTP/1.1 101 ${answer.statusMessage}\r\n${lines.join("")}\r\n`);
      other.unshift(rest);
      socket.unshift(head);
      socket.pipe(other).pipe(socket);
      for (const end of [socket, other]) end.on("error", () => (socket.destroy(), other.destroy()));
    });
    // It is refused: that is said, and the connection ends.
    asked.on("response", (answer) => {
      socket.write(`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\nConnection: close\r\n\r\n`);
      answer.pipe(socket);
    });
    asked.on("error", () => socket.destroy()).end();
  });
  await new Promise((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  own = `http://127.0.0.1:${server.address().port}`;
  return { url: own, close: () => server.close() };
}

/// A request's header lines, with the visitor's Host in place of the proxy's.
function withPublicHost({ rawHeaders, headers }) {
  const host = headers["x-forwarded-host"];
  return rawHeaders.map((text, at) => (host && at % 2 === 1 && rawHeaders[at - 1].toLowerCase() === "host" ? host : text));
}
