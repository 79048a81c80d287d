// The styled pages (tests/data/styled), and the hosts that they need: stylesheets that import and name fonts, scripts that
// load more. The saved pages have none of that, since what they name is not saved with them.
//
//   pages/*.html      pages of the site, in the order of their names
//   hosts/HOST/PATH   what each host gives, whatever the query; anything else is answered by what it is for (server.mjs)
//
// The pages are written after what real sites have: the snippets of services for fonts and icons, the sheets of packages
// and themes, tag managers, consent banners. Text and pictures are made up, hosts are reserved for examples. A service for
// fonts gives each client its own sheet, so that its sheets are made here.

import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const STYLED = fileURLToPath(new URL("../tests/data/styled", import.meta.url));

const CSS = "text/css; charset=utf-8";
const SCRIPT = "text/javascript; charset=utf-8";

/// The sheets of the service for fonts, and the faces that each has: family and weight.
const FONT_SERVICE = "https://api.fonts.example";
const FONT_FILES = "https://files.fonts.example";
const FONT_SHEETS = {
  "/css2?family=Inter:wght@400;700&family=Lora&display=swap": [["Inter", 400], ["Inter", 700], ["Lora", 400]],
  "/css?family=Roboto:300,400,500": [["Roboto", 300], ["Roboto", 400], ["Roboto", 500]],
  "/css?family=Roboto:300,400,700%7CRoboto+Mono:400&display=fallback": [["Roboto", 300], ["Roboto", 400], ["Roboto", 700], ["Roboto Mono", 400]],
};

/// The parts in which browsers are given a face.
const SUBSETS = {
  "latin-ext": "U+0100-02BA, U+1E00-1E9F, U+20A0-20C0",
  latin: "U+0000-00FF, U+0131, U+2000-206F, U+20AC, U+2122",
};

/// A CDN's newest version.
const REDIRECTS = { "https://cdn.icons.example/latest/all.min.css": "/6.5.2/css/all.min.css" };

/// What the hosts of `folder` answer: a map from URL to { status, type, location, body }, for `browsers`, and for others.
export function readHosts(folder, { browsers }) {
  const answers = new Map();
  for (const [url, location] of Object.entries(REDIRECTS)) answers.set(url, { status: 302, location, type: "text/plain", body: "" });
  for (const [name, faces] of Object.entries(FONT_SHEETS)) {
    answers.set(FONT_SERVICE + name, { status: 200, type: CSS, body: faces.map((face) => fontFace(face, browsers)).join("") });
  }
  const hosts = path.join(folder, "hosts");
  for (const file of filesBelow(hosts)) {
    const type = file.endsWith(".js") ? SCRIPT : CSS;
    const url = new URL(`https://${path.relative(hosts, file).split(path.sep).join("/")}`).href;
    answers.set(url, { status: 200, type, body: readFileSync(file, "utf8") });
  }
  return answers;
}

/// What is answered at `url`. Files are the same whatever the query.
export function answerAt(answers, url) {
  return answers.get(url) ?? answers.get(url.split("?")[0]);
}

/// One face. Whoever is no browser that is known gets a format that all know, in one piece.
function fontFace([family, weight], browsers) {
  const file = `${FONT_FILES}/s/${family.toLowerCase().replaceAll(" ", "")}/v18/${weight}`;
  const face = (source, range = "") =>
    `@font-face {\n  font-family: '${family}';\n  font-style: normal;\n  font-weight: ${weight};\n  src: ${source};\n${range}}\n`;
  if (!browsers) return face(`url(${file}.ttf) format('truetype')`);
  const subset = ([name, range]) => `/* ${name} */\n${face(`url(${file}-${name}.woff2) format('woff2')`, `  unicode-range: ${range};\n`)}`;
  return Object.entries(SUBSETS).map(subset).join("");
}

function filesBelow(folder) {
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.flatMap((entry) => {
    const name = path.join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(name) : [name];
  });
}
