// Three kinds of sites, and who visits them: pages by path, and the steps of a visit. Chance is seeded, so that each run is the
// same.

const thirdParties = '<link rel="stylesheet" href="https://cdn.example/site.css"><script async src="https://statistics.example/count.js"></script>';

const html = (title, links, picture = "") =>
  `<!doctype html><html><head><meta charset="utf-8"><title>${title}</title>${thirdParties}</head><body><main>${picture}${links
    .map((link) => `<a href="${link}">${link}</a>`)
    .join(" ")}${"<p>Text of a page, as pages have it.</p>".repeat(120)}</main></body></html>`;

const numbers = (from, count) => Array.from({ length: count }, (_, at) => from + at);

/// One of `count` things, of which the first are liked best.
const liked = (chance, count) => Math.min(count - 1, Math.floor(count * chance() ** 3));

const post = (number) => `/posts/${number}`;
const item = (number) => `/product/${number}`;
const shelf = (number) => `/category/${number}`;
const article = (number) => `/news/${number}`;
const section = (number) => `/section/${number}`;

/// The kinds: how many views a day, which cookies an answer gives, what a path shows, and the paths of a visit.
export const SITES = {
  blog: {
    title: "a blog, 500 views a day",
    views: 500,
    cookies: () => [],
    page(path) {
      const number = Number(path.split("/")[2] ?? 0);
      return html(path, ["/", ...numbers(number + 1, 8).map((other) => post(other % 60))]);
    },
    visit(chance) {
      const first = chance() < 0.3 ? "/" : post(liked(chance, 60));
      const further = numbers(0, 3).filter(() => chance() < 0.2);
      return [first, ...further.map(() => post(liked(chance, 60)))];
    },
  },
  shop: {
    title: "a shop, 10,000 views a day, with a session, and a cookie that tells which products were looked at",
    views: 10_000,
    cookies(path, cookie) {
      const session = /session=/.test(cookie) ? [] : [`session=${Math.random().toString(36).slice(2)}; Path=/; HttpOnly; SameSite=Lax`];
      const looked = (/viewed=([\d.]*)/.exec(cookie)?.[1] ?? "").split(".").filter(Boolean);
      const [, product] = /^\/product\/(\d+)$/.exec(path) ?? [];
      return product ? [...session, `viewed=${[product, ...looked].slice(0, 5).join(".")}; Path=/`] : session;
    },
    page(path) {
      const [, kind, text] = path.split("/");
      const number = Number(text ?? 0);
      if (kind === "product") return html(path, ["/", shelf(number % 20), item((number + 20) % 400), "/cart/add?id=1", "/cart"]);
      if (kind === "category") return html(path, ["/", ...numbers(0, 20).map((at) => item(number + 20 * at))]);
      return html(path, ["/", ...numbers(0, 20).map(shelf)]);
    },
    visit(chance) {
      const category = liked(chance, 20);
      const looked = numbers(0, 2 + Math.floor(3 * chance())).map(() => item(category + 20 * liked(chance, 20)));
      return [...(chance() < 0.5 ? ["/"] : []), shelf(category), ...looked];
    },
  },
  newspaper: {
    title: "a newspaper, 100,000 views a day",
    views: 100_000,
    cookies: () => [],
    page(path) {
      const [, kind, text] = path.split("/");
      const number = Number(text ?? 0);
      if (kind === "news") return html(path, ["/", section(number % 6), ...numbers(1, 6).map((at) => article((number + 6 * at) % 300))]);
      if (kind === "section") return html(path, ["/", ...numbers(0, 30).map((at) => article(number + 6 * at))]);
      return html(path, [...numbers(0, 6).map(section), ...numbers(0, 40).map(article)]);
    },
    visit(chance) {
      if (chance() < 0.4) return [article(liked(chance, 300))];
      const steps = ["/"];
      while (steps.length < 8 && chance() < 0.65) {
        steps.push(article(liked(chance, 300)));
        if (chance() < 0.4) steps.push("/");
      }
      return steps;
    },
  },
};
