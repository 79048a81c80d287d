// Servers that browsers speak HTTP/2 to, in TLS, and how Chromium is told to trust them.

import { createHash, X509Certificate } from "node:crypto";
import http2 from "node:http2";
import { selfSigned } from "../oracle/certificate.mjs";

/// One certificate for all hosts, new for every run. It names none of them, so no browser takes a connection to one host for
/// another one's.
export const IDENTITY = selfSigned();

/// What makes Chromium trust that certificate and no other: with it, 103, the cache and preconnects work as with any. (With
/// `--ignore-certificate-errors` nothing is cached, so what was preloaded would be fetched twice.)
export const TRUST = `--ignore-certificate-errors-spki-list=${pin(IDENTITY.cert)}`;

/// The hash of a certificate's public key (RFC 7469, 2.4).
function pin(certificate) {
  const key = new X509Certificate(certificate).publicKey.export({ type: "spki", format: "der" });
  return createHash("sha256").update(key).digest("base64");
}

/// Starts a server on a free port of this machine: {port, close()}. `answer(request, response)` is as Node's for HTTP/2.
export async function startSecure(answer) {
  const sessions = new Set();
  const server = http2.createSecureServer({ ...IDENTITY, allowHTTP1: true }, answer);
  server.on("session", (session) => {
    sessions.add(session);
    // A browser that goes away is no failure.
    session.on("error", () => {});
    session.on("close", () => sessions.delete(session));
  });
  server.on("tlsClientError", () => {}).on("clientError", (_, socket) => socket.destroy());
  await new Promise((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const close = () => {
    server.close();
    for (const session of sessions) session.destroy();
  };
  return { port: server.address().port, close };
}

/// The host that is asked for.
export const hostOf = (request) => request.authority ?? request.headers.host ?? "";
