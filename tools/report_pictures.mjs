// `make pictures`: the report of the demo shop as Chromium shows it. Starts the shop behind Headstart, lets visitors go
// round in Chromium until there is something to report, and takes pictures: docs/report.png, and with FOLDER=… others, in
// the dark and as on a phone. Nothing in them is made up.
//
//   PORT=…     where Headstart answers meanwhile, 8787 by default
//   FOLDER=…   where to put all of them

import { writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { goFrom, startShop } from "./demo_shop.mjs";
import { until } from "./until.mjs";
import { Chromium } from "./webdriver.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const TOKEN = "a token for pictures, known to everybody";
const MOST_BYTES = 250_000;
const SAFARI = "Mozilla/5.0 AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15";

/// How long anything may take that is waited for, in milliseconds.
const WAIT_MS = 90_000;

const port = Number(process.env.PORT || 8787);
const site = `http://127.0.0.1:${port}`;
const SIZE = [1120, 900];
const PHONE = [390, 844];

const say = (text) => console.error(`pictures: ${text}`);

const report = async () => (await fetch(`${site}/_headstart/?format=json`, { headers: { authorization: `Bearer ${TOKEN}` } })).json();

/// Lets visitors without a session go from one page to another.
async function teach(from, to) {
  for (let visitor = 1; visitor <= 12; visitor++) await goFrom(site, from, to, visitor, { "user-agent": SAFARI });
}

/// Goes round the shop as a visitor does: looks at lamps, points at links, and follows some of them.
async function visit(chromium) {
  const ways = [
    ["/products", 'a[href="/products/1"]'],
    ["/shelf", 'a[href="/shelf/3"]'],
    ["/products", 'a[href="/products/2"]'],
    ["/careless", 'a[href="/visits"]'],
  ];
  for (const [from, link] of ways) {
    await chromium.goto(`${site}${from}`);
    await new Promise((resolve) => setTimeout(resolve, 700));
    await chromium.point(link, false, 600).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 300));
    await chromium.point(link, true).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/// Takes a picture of a page, as much of it as is asked for.
async function picture(chromium, [width, height], isDark, isPhone) {
  await chromium.devtools("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: isPhone });
  await chromium.devtools("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: isDark ? "dark" : "light" }] });
  return Buffer.from(await chromium.screenshot(), "base64");
}

say("starting the demo shop behind Headstart");
const dev = await startShop(port, { ADMIN_TOKEN: TOKEN });
const chromium = await Chromium.start(...SIZE);
try {
  say("letting visitors go round");
  await until("there is something to report", async () => {
    await teach("/products", "/products/1");
    await teach("/shelf", "/shelf/3");
    await visit(chromium);
    const { views, pages, speculations } = await report();
    return views.prefetched > 2 && speculations.length > 0 && pages.some(({ hints }) => hints.length > 0) && pages.some(({ next }) => next.length > 0);
  }, WAIT_MS);
  await chromium.goto(`${site}/_headstart/`);
  const signIn = await picture(chromium, SIZE, false, false);
  await chromium.keys(await chromium.element("#token"), TOKEN);
  await chromium.point("main button", true);
  await until("the report is open", () => chromium.run("return document.querySelector('#state') !== null"), WAIT_MS);
  const pictures = { "sign-in": signIn };
  for (const [name, target] of [["report", "/_headstart/"], ["page", "/_headstart/?page=/products"], ["why", "/_headstart/why?url=/logout&speculate=1"]]) {
    for (const [kind, size, isDark] of [["", SIZE, false], ["-dark", SIZE, true], ["-phone", PHONE, false]]) {
      await picture(chromium, size, isDark, size === PHONE);
      await chromium.goto(`${site}${target}`);
      const whole = await chromium.run("return Math.ceil(document.documentElement.getBoundingClientRect().height)");
      pictures[`${name}${kind}`] = await picture(chromium, [size[0], name === "report" && kind === "" ? SIZE[1] : Math.min(whole, 6000)], isDark, size === PHONE);
    }
  }
  await picture(chromium, SIZE, false, false);
  await chromium.goto(`${site}/_headstart/`);
  const whole = await chromium.run("return Math.ceil(document.documentElement.getBoundingClientRect().height)");
  pictures["report-whole"] = await picture(chromium, [SIZE[0], Math.min(whole, 8000)], false, false);
  const { report: shown } = pictures;
  if (shown.length > MOST_BYTES) throw new Error(`the picture has ${shown.length} bytes, more than ${MOST_BYTES}`);
  writeFileSync(path.join(ROOT, "docs/report.png"), shown);
  if (process.env.FOLDER) for (const [name, bytes] of Object.entries(pictures)) writeFileSync(path.join(process.env.FOLDER, `${name}.png`), bytes);
  say(`docs/report.png: ${shown.length} bytes`);
} finally {
  await chromium.close();
  dev.kill("SIGTERM");
}
