// The one server that stands for every host: Chromium's resolver is told that all names and ports lead here.
//
// A connection that begins with a TLS record is spoken to in TLS (HTTP/2 or 1.1), any other in plain HTTP, so that one
// port can stand for all. The page is what its own URL gives; of what else there is, some may be known by its URL
// (styled.mjs). Everything else is answered by what the request is for (`Sec-Fetch-Dest`), with the least that lets the page
// go on: an empty script, a picture, a font that loads.

import { readFileSync } from "node:fs";
import http from "node:http";
import http2 from "node:http2";
import net from "node:net";
import { fileURLToPath } from "node:url";
import { selfSigned } from "./certificate.mjs";
import { answerAt } from "./styled.mjs";

/// The size of every picture. A 1×1 pixel would draw the whole page up into the viewport, and with it the priority of
/// pictures that nobody sees at first.
const PICTURE = { width: 400, height: 300 };

/// How long an answer takes, in milliseconds. At once, a picture would have arrived before the page is laid out, and could
/// no longer be raised to the priority that it has in the viewport.
export const ANSWER_MS = { image: 1000, other: 50 };

/// The first byte of a TLS connection: the type of a handshake record (RFC 8446, 5.1).
const TLS_HANDSHAKE = 0x16;

const FONT = "../node_modules/@fontsource/bitter/files/bitter-latin-400-normal.woff2";
const FRAME = { type: "text/html", body: "<!doctype html><title>frame</title><p>frame" };
const SCRIPT = { type: "text/javascript", body: "" };
const ANSWERS = {
  document: FRAME,
  embed: FRAME,
  frame: FRAME,
  iframe: FRAME,
  object: FRAME,
  style: { type: "text/css", body: "/**/" },
  script: SCRIPT,
  serviceworker: SCRIPT,
  sharedworker: SCRIPT,
  worker: SCRIPT,
  image: {
    type: "image/svg+xml",
    body: `<svg xmlns="http://www.w3.org/2000/svg" width="${PICTURE.width}" height="${PICTURE.height}"/>`,
  },
  font: { type: "font/woff2", body: readFileSync(fileURLToPath(new URL(FONT, import.meta.url))) },
  audio: { status: 404, type: "text/plain", body: "" },
  video: { status: 404, type: "text/plain", body: "" },
  track: { status: 404, type: "text/plain", body: "" },
};
const DATA = { type: "application/json", body: "{}" };

/// Starts on a free port of 127.0.0.1. `pages` maps URLs to bytes, and `known` URLs to { status, type, location, body }.
/// Gives { port, close }.
export async function startServer(pages, known) {
  const respond = (request, response) => {
    // What a page posts is of no interest, but must be read for the connection to go on.
    request.resume();
    const secure = request.socket.encrypted ?? Boolean(request.stream);
    const host = request.headers[":authority"] ?? request.headers.host;
    const url = `${secure ? "https" : "http"}://${host}${request.url}`;
    const page = pages.get(url);
    const purpose = request.headers["sec-fetch-dest"];
    // No charset: which one it is, the page says itself or leaves to the browser, as the learner reads it.
    const answer = page ? { type: "text/html", body: page } : (answerAt(known, url) ?? ANSWERS[purpose] ?? DATA);
    const { status = 200, type, location, body } = answer;
    setTimeout(
      () => {
        response.writeHead(status, { ...permissive(request.headers), "content-type": type, ...(location && { location }) });
        response.end(body);
      },
      page ? 0 : purpose === "image" ? ANSWER_MS.image : ANSWER_MS.other,
    );
  };
  const secure = http2.createSecureServer({ ...selfSigned(), allowHTTP1: true }, respond);
  const plain = http.createServer(respond);
  const sockets = new Set();
  const entrance = net.createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    // A browser that goes away mid-sentence is no failure.
    socket.on("error", () => {});
    socket.once("readable", () => {
      const first = socket.read(1);
      if (!first) return;
      socket.unshift(first);
      (first[0] === TLS_HANDSHAKE ? secure : plain).emit("connection", socket);
    });
  });
  for (const server of [secure, plain]) server.on("clientError", (_, socket) => socket.destroy()).on("tlsClientError", () => {});
  await new Promise((resolve, reject) => entrance.once("error", reject).listen(0, "127.0.0.1", resolve));
  const close = () => {
    entrance.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port: entrance.address().port, close };
}

/// Everybody may read everything, with cookies where they are asked for. What came once is kept for the visit: else what
/// the preload scanner has fetched would be fetched again when the parser gets there.
function permissive(headers) {
  return {
    "access-control-allow-origin": headers.origin ?? "*",
    ...(headers.origin && { "access-control-allow-credentials": "true" }),
    ...(headers["access-control-request-method"] && {
      "access-control-allow-methods": headers["access-control-request-method"],
      "access-control-allow-headers": headers["access-control-request-headers"] ?? "",
    }),
    "timing-allow-origin": "*",
    "cache-control": "max-age=600",
    vary: "origin",
  };
}
