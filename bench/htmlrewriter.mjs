// The Worker that somebody would write in JavaScript who wants a page edited: the yardstick of the rewriting path.

const OF_EXACT_BYTES = ["content-length", "content-encoding", "content-md5", "digest", "content-digest", "repr-digest", "accept-ranges"];

export default {
  async fetch(request, env) {
    const { url } = request;
    const response = await fetch(env.ORIGIN + url.slice(url.indexOf("/", "https://".length)), request);
    if (!response.headers.get("content-type")?.startsWith("text/html")) return response;
    const edited = new Response(response.body, response);
    for (const name of OF_EXACT_BYTES) edited.headers.delete(name);
    const etag = edited.headers.get("etag");
    if (etag !== null && !etag.startsWith("W/")) edited.headers.set("etag", `W/${etag}`);
    return new HTMLRewriter().on("head", { element: (head) => void head.prepend(env.INTO_HEAD, { html: true }) }).transform(edited);
  },
};
