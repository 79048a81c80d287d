// The lab's sites, and the third parties that they use. Each stands for a kind of site, and has one thing that its first view
// waits for:
//
//   text       nothing but words: the page is there when its HTML and its stylesheet are
//   shop       a large picture at a third party's, which only the site's stylesheet names
//   shop-lazy  the same picture in the page's markup, as `loading=lazy`
//   news       a headline in a font that a third party's stylesheet names, which comes from yet another host
//   docs       a font of its own, which its own stylesheet names; and a third party's script, which nothing waits for
//
// A site has a front page, `/`, and pages behind it, `/p/1` and so on, made alike. Of what leads on from a page one link is
// taken most often. Everything is the same in every run of the lab.

import { seeded } from "../tools/seeded.mjs";
import { font, picture, script, sheet } from "./site_files.mjs";

export const PAGES = 12;

const STYLES = "css.webfonts.example";
const FONTS = "files.webfonts.example";
const PICTURES = "pictures.cdn.example";
const CODE = "code.cdn.example";

const face = (family, url) => [400, 700].map((weight) => `@font-face { font-family: "${family}"; font-weight: ${weight}; src: url(${url(weight)}) format("woff2"); }`).join("\n");
const LOOK = `body { margin: 0 auto; max-width: 60rem; padding: 0 1rem; font: 17px/1.5 Georgia, serif; color: #222; }
nav { display: flex; flex-wrap: wrap; gap: .6rem 1.2rem; padding: .6rem 0; } a { color: #14539a; }
h1 { font-size: 2.6rem; line-height: 1.15; margin: .6rem 0; }
.links { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: .6rem 1rem; padding: 0; list-style: none; }`;

/// A picture as wide as the page; a photograph of that size has as many bytes.
const HERO = picture(960, 300, 1);
const LATE = 'style="display: block; width: 100%; height: 300px"';

/// What each third party answers: host -> path -> {type, body}.
export const THIRD_PARTIES = {
  [STYLES]: { "/css2": sheet(face("News", (weight) => `https://${FONTS}/s/news/${weight}.woff2`)) },
  [FONTS]: { "/s/news/400.woff2": font(400), "/s/news/700.woff2": font(700) },
  [PICTURES]: { "/hero.png": HERO },
  [CODE]: { "/highlight.js": script("document.documentElement.dataset.highlighted = '';") },
};

/// What differs from one site to the next: what stands in a page's head, and above its text; the site's own files; and what the
/// page is not whole without, a picture or a font.
const KINDS = {
  text: { head: "", above: "", whole: null, files: { "/site.css": sheet(LOOK) } },
  shop: {
    head: "",
    above: '<div class="hero"></div>',
    whole: "picture",
    files: { "/site.css": sheet(`${LOOK}\n.hero { height: 300px; background: #eee url(https://${PICTURES}/hero.png) center / cover; }`) },
  },
  "shop-lazy": {
    head: "",
    above: `<img src="https://${PICTURES}/hero.png" alt="A lamp" loading="lazy" width="960" height="300" ${LATE}>`,
    whole: "picture",
    files: { "/site.css": sheet(LOOK) },
  },
  news: {
    head: `<link rel="stylesheet" href="https://${STYLES}/css2?family=News:wght@400;700">`,
    above: "",
    whole: "font",
    files: { "/site.css": sheet(`${LOOK}\nbody, h1 { font-family: News, serif; }`) },
  },
  docs: {
    head: `<script defer src="https://${CODE}/highlight.js"></script>`,
    above: "",
    whole: "font",
    files: {
      "/site.css": sheet(`${face("Docs", (weight) => `/fonts/${weight}.woff2`)}\n${LOOK}\nbody { font-family: Docs, serif; }`),
      "/fonts/400.woff2": font(400),
      "/fonts/700.woff2": font(700),
    },
  },
};

export const SITES = Object.keys(KINDS);

/// What a site's pages are not whole without: "picture", "font", or null.
export const wholeWith = (site) => KINDS[site].whole;

const WORDS = "lamp light table river morning window paper letter garden winter market bridge story answer harbour copper".split(" ");

/// Words that look like a text.
function prose(random, words) {
  const text = Array.from({ length: words }, () => WORDS[Math.floor(random() * WORDS.length)]).join(" ");
  return `${text[0].toUpperCase()}${text.slice(1)}.`;
}

/// Where visitors go from a page, and how many of a hundred: to the page that is named first most often.
export function next(path) {
  const at = path === "/" ? 0 : Number(path.slice("/p/".length));
  const page = (offset) => `/p/${((at + offset - 1) % PAGES) + 1}`;
  return [
    { path: page(1), share: 70 },
    { path: page(2), share: 12 },
    { path: page(3), share: 8 },
    { path: page(5), share: 6 },
    { path: page(7), share: 4 },
  ];
}

/// What a site answers for a path: {type, body, page: whether it is one}; null where it has nothing.
export function siteAnswer(site, path) {
  const kind = KINDS[site];
  if (path in kind.files) return { ...kind.files[path], page: false };
  const number = path === "/" ? 0 : Number(/^\/p\/([1-9]\d*)$/.exec(path)?.[1] ?? NaN);
  if (!(number >= 0 && number <= PAGES)) return null;
  const random = seeded(SITES.indexOf(site) * 100 + number);
  const title = prose(random, 6);
  // The link that is taken most often stands first: a visitor on a small screen sees it as well.
  const others = Array.from({ length: PAGES }, (_, at) => `/p/${at + 1}`).filter((other) => other !== path);
  const links = [...new Set([...next(path).map((link) => link.path), ...others])];
  const body = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/site.css">
${kind.head}
</head>
<body>
<nav><a href="/">Home</a></nav>
${kind.above}
<h1>${title}</h1>
<ul class="links">
${links.map((link) => `<li><a href="${link}">${prose(random, 3)}</a></li>`).join("\n")}
</ul>
${Array.from({ length: 12 }, () => `<p>${prose(random, 60)}</p>`).join("\n")}
</body>
</html>
`;
  return { type: "text/html; charset=utf-8", body: Buffer.from(body), page: true };
}
