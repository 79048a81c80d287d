// A site that is itself a Worker.

export default {
  async fetch(request) {
    const url = new URL(request.url);
    if (url.pathname === "/redirect") return new Response(null, { status: 302, headers: { location: "/elsewhere" } });
    if (url.pathname === "/") return new Response("<p>service", { headers: { "content-type": "text/html" } });
    return new Response(`${request.method} ${url.pathname}${url.search} ${await request.text()}`);
  },
};
