// Teaches Headstart what the measured visitors will find: a crowd without browsers first, then, for what only browsers can
// tell, some visitors in Chromium.

import { setTimeout as wait } from "node:timers/promises";
import { ask, NAVIGATION } from "./ask.mjs";
import { CrowdVisitor, filesOf } from "./crowd.mjs";
import { pick } from "./journeys.mjs";
import { hostFor } from "./origin.mjs";
import { next } from "./sites.mjs";
import { seeded } from "../tools/seeded.mjs";

/// How often the front pages are asked for at first, and how long lies between: a page that is asked for again within two
/// seconds is not considered, and an isolate reads no more than one a second for long.
const READINGS = 5;
const BETWEEN_READINGS_MS = 2_200;

/// The crowd: how many come at a time, and how often. Between them lies what a learner and an isolate wait, and more.
const AT_A_TIME = 10;
const TIMES = 8;
const BETWEEN_TIMES_MS = 2_500;
const CLICKS = 2;

/// The most visitors with a browser, and how many between two looks at what was learned.
const MOST_BROWSERS = 36;
const BROWSERS_AT_A_TIME = 6;

let visitors = 0;
const nextAddress = () => `100.64.${(visitors >> 8) & 255}.${visitors++ & 255}`;

/// Has the crowd come to all sites of the Workers: [{port, host}].
export async function teach(places) {
  for (let reading = 0; reading < READINGS; reading += 1) {
    const address = nextAddress();
    await Promise.all(places.map(({ port, host }) => ask(port, host, "/", { ...NAVIGATION, "sec-fetch-site": "none", "cf-connecting-ip": address })));
    await wait(BETWEEN_READINGS_MS);
  }
  for (let time = 0; time < TIMES; time += 1) {
    await Promise.all(places.map((place, at) => crowd(place, seeded(1_000 * time + at))));
    await wait(BETWEEN_TIMES_MS);
  }
}

async function crowd(place, random) {
  for (let visitor = 0; visitor < AT_A_TIME; visitor += 1) {
    const walker = new CrowdVisitor(place, nextAddress());
    await walker.come("/");
    let path = "/";
    for (let click = 0; click < CLICKS; click += 1) {
      path = pick(next(path), random);
      await walker.follow(path);
    }
  }
}

/// Has visitors with browsers come to the front pages until these name preloads, and as many as the time before, or so many have come:
/// the parts of a page are not all learned by the same reports. `view(run, site)` has one come. Answers how many came.
export async function teachByBrowsers(places, view) {
  let [came, left] = [0, places];
  const before = new Map();
  while (left.length > 0 && came < MOST_BROWSERS) {
    await view(left.flatMap((place) => Array.from({ length: BROWSERS_AT_A_TIME }, () => place)));
    came += BROWSERS_AT_A_TIME;
    await wait(BETWEEN_TIMES_MS);
    const seen = await Promise.all(left.map(learned));
    left = left.filter((place, at) => {
      const { preloads } = seen[at];
      const isSettled = preloads > 0 && preloads === before.get(place);
      before.set(place, preloads);
      return !isSettled;
    });
  }
  return came;
}

/// What a site's front page names by now: {preloads, preconnects, lookups: how many; link: the field; next: whether it has rules
/// of its own}.
export async function learned({ port, host }) {
  const { headers } = await ask(port, host, "/", { ...NAVIGATION, "sec-fetch-site": "none", "cf-connecting-ip": nextAddress() });
  const link = headers.link ?? "";
  const count = (relation) => [...link.matchAll(new RegExp(`rel="?${relation}\\b`, "g"))].length;
  return {
    preloads: count("preload"),
    preconnects: count("preconnect"),
    lookups: count("dns-prefetch"),
    link,
    next: filesOf(headers).some((file) => file.includes("/next/")),
  };
}

/// The places of a Worker: its run's hosts of these sites.
export const placesOf = (run, port, sites) => sites.map((site) => ({ run, site, port, host: hostFor(site, run) }));
