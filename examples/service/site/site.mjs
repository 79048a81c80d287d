// A site as a Worker: two pages, the second of which sets a cookie.

const page = (title, body) => `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><h1>${title}</h1>${body}`;

export default {
  fetch(request) {
    const html = { "content-type": "text/html; charset=utf-8" };
    switch (new URL(request.url).pathname) {
      case "/":
        return new Response(page("Home", '<p><a href="/second">The second page</a></p>'), { headers: html });
      case "/second":
        return new Response(page("The second page", '<p><a href="/">Home</a></p>'), { headers: { ...html, "set-cookie": "theme=dark; Path=/" } });
      default:
        return new Response(page("Not here", ""), { status: 404, headers: html });
    }
  },
};
