// The origin of a long run, in a process of its own: it answers what site.mjs says, and fails by the field `x-fault` of a request, so
// that whoever asks it through Headstart and through a plain Worker meets the same.
//
// Sends {port} when it is ready. To {"counts": true} it sends how often each path below /count/ was visited and not asked for ahead, since
// it was last asked. It ends when whoever has started it does.

import net from "node:net";
import { gzipSync } from "node:zlib";
import { STATUSES, answerOf } from "./site.mjs";

const SLOW_MS = 1_000;

/// The most paths that are counted: whoever runs this asks more often.
const MAX_COUNTED = 200_000;

let counts = new Map();

const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

function head(status, headers) {
  return Buffer.from(`HTTP/1.1 ${status} X\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`);
}

async function answer(socket, { method, target, fields, body: sent }) {
  const fault = fields["x-fault"];
  const path = target.split("?")[0];
  const isAhead = fields["sec-purpose"] !== undefined;
  if (path.startsWith("/count/") && !isAhead && counts.size < MAX_COUNTED) counts.set(path, (counts.get(path) ?? 0) + 1);
  let { status, headers, body } = answerOf(method, target, fields, sent);
  if (fault === "nothing") return socket.end();
  if (fault === "reset") return socket.resetAndDestroy();
  if (fault === "half-head") return socket.end("HTTP/1.1 200 OK\r\nContent-Ty");
  if (fault === "slow-head") await wait(SLOW_MS);
  status = STATUSES[fault] ?? status;
  if (fault === "gzip-that-is-none") headers = [...headers, ["Content-Encoding", "gzip"]];
  if (fault === "half-gzip") {
    const coded = gzipSync(body);
    [headers, body] = [[...headers, ["Content-Encoding", "gzip"]], coded.subarray(0, coded.length >> 1)];
  }
  if (fault === "charset") headers = headers.map(([name, value]) => (name === "Content-Type" ? [name, `${value.split(";")[0]}; charset=utf-16`] : [name, value]));
  const isEmpty = status === 304 || method === "HEAD";
  if (isEmpty) return socket.write(head(status, headers));
  if (fault === "half-chunk") {
    socket.write(head(status, [...headers, ["Transfer-Encoding", "chunked"]]));
    return socket.end(Buffer.concat([Buffer.from(`${(body.length + 100).toString(16)}\r\n`), body.subarray(0, body.length >> 1)]));
  }
  const length = fault === "long" ? body.length + 100 : body.length;
  socket.write(head(status, [...headers, ["Content-Length", length]]));
  if (fault === "half-body") return socket.end(body.subarray(0, body.length >> 1));
  if (fault === "long") return socket.end(body);
  if (fault === "slow-body") {
    socket.write(body.subarray(0, body.length >> 1));
    await wait(SLOW_MS);
    return socket.write(body.subarray(body.length >> 1));
  }
  return socket.write(body);
}

/// Reads requests off a connection, one after the other. What node:http makes of an answer it cannot be had break.
function serve(socket) {
  let buffer = Buffer.alloc(0);
  let isBusy = false;
  const next = async () => {
    if (isBusy) return;
    const request = take();
    if (request === undefined) return;
    isBusy = true;
    await answer(socket, request);
    isBusy = false;
    next();
  };
  const take = () => {
    const end = buffer.indexOf("\r\n\r\n");
    if (end < 0) return undefined;
    const [start, ...lines] = buffer.subarray(0, end).toString("latin1").split("\r\n");
    const [method, target] = start.split(" ");
    const fields = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]));
    const read = fields["transfer-encoding"] === "chunked" ? chunked(buffer, end + 4) : sized(buffer, end + 4, Number(fields["content-length"] ?? 0));
    if (read === undefined) return undefined;
    buffer = buffer.subarray(read.at);
    return { method, target, fields, body: read.body };
  };
  socket.on("data", (bytes) => {
    buffer = buffer.length === 0 ? bytes : Buffer.concat([buffer, bytes]);
    next();
  });
  socket.on("error", () => socket.destroy());
}

const sized = (buffer, at, length) => (buffer.length < at + length ? undefined : { body: buffer.subarray(at, at + length), at: at + length });

function chunked(buffer, start) {
  const parts = [];
  for (let at = start; ; ) {
    const end = buffer.indexOf("\r\n", at);
    if (end < 0) return undefined;
    const length = Number.parseInt(buffer.subarray(at, end).toString("latin1"), 16);
    if (buffer.length < end + 2 + length + 2) return undefined;
    if (length === 0) return { body: Buffer.concat(parts), at: end + 4 };
    parts.push(buffer.subarray(end + 2, end + 2 + length));
    at = end + 2 + length + 2;
  }
}

const server = net.createServer({ noDelay: true }, serve);
server.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));
process.on("message", ({ counts: isAsked }) => {
  if (!isAsked) return;
  process.send({ counts: [...counts] });
  counts = new Map();
});
process.on("disconnect", () => process.exit(0));
