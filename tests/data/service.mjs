// A site that is itself a Worker.

const PAGE = "<!doctype html><html><body><script async src=https://cdn.example/x.js></script><p>a page</p></body></html>";
const bytes = (text) => new TextEncoder().encode(text);

/// A stream of chunks; an error among them ends it.
function stream(chunks, type) {
  const left = [...chunks];
  return new ReadableStream({
    type,
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      const chunk = left.shift();
      if (chunk instanceof Error) return controller.error(chunk);
      if (chunk === undefined) return controller.close();
      controller.enqueue(chunk);
    },
  });
}

/// Every kind of body that a Worker may answer with.
const bodies = {
  text: () => PAGE,
  buffer: () => bytes(PAGE).buffer,
  blob: () => new Blob([PAGE]),
  stream: () => stream([bytes(PAGE.slice(0, 40)), bytes(PAGE.slice(40))]),
  buffers: () => stream([bytes(PAGE.slice(0, 40)).buffer, new DataView(bytes(PAGE.slice(40)).buffer)]),
  bytes: () => stream([bytes(PAGE.slice(0, 40)), bytes(PAGE.slice(40))], "bytes"),
  transformed: () => stream([bytes(PAGE)]).pipeThrough(new TransformStream()),
  gzip: () => PAGE,
  longer: () => stream([bytes(PAGE)], "bytes"),
  empty: () => "",
  null: () => null,
  none: () => null,
  broken: () => stream([bytes(PAGE.slice(0, 90)), new Error("the body breaks off")]),
  strings: () => stream([PAGE.slice(0, 90), PAGE.slice(90)]),
};

function answer(kind) {
  const headers = { "content-type": "text/html; charset=utf-8" };
  if (kind === "gzip") headers["content-encoding"] = "gzip";
  // As of an answer that was changed, and says the length of before.
  if (kind === "longer") headers["content-length"] = "60";
  return new Response(bodies[kind](), { status: kind === "none" ? 204 : 200, headers });
}

export default {
  async fetch(request) {
    const url = new URL(request.url);
    if (url.pathname.startsWith("/bodies/")) return answer(url.pathname.slice("/bodies/".length));
    if (url.pathname === "/redirect") return new Response(null, { status: 302, headers: { location: "/elsewhere" } });
    if (url.pathname === "/") return new Response("<p>service", { headers: { "content-type": "text/html" } });
    return new Response(`${request.method} ${url.pathname}${url.search} ${await request.text()}`);
  },
};
