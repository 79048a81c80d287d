// What visitors do, decided ahead and the same in all runs: how long they look, at what they point, what they press.

import { setTimeout as wait } from "node:timers/promises";
import { seeded } from "../tools/seeded.mjs";
import { hostFor } from "./origin.mjs";
import { next, THIRD_PARTIES, wholeWith } from "./sites.mjs";

/// How long a visitor looks at a page before they move, at least and at most; for how long they are over the link that they
/// press, in the middle, and by what factor one in three is faster or slower than that; how often they stay over another link
/// before, and for how long. In milliseconds.
const DWELL_MS = [300, 1_200];
const HOVER_MS = 330;
const HOVER_SPREAD = 1.8;
const STRAYS = 0.3;
const STRAY_MS = 260;

/// A number around 0, as many above as below; two of three are within 1 (by adding twelve even ones).
function around(random) {
  let sum = -6;
  for (let part = 0; part < 12; part += 1) sum += random();
  return sum;
}

/// One of several, by their shares.
export function pick(choices, random) {
  let left = random() * choices.reduce((sum, { share }) => sum + share, 0);
  return (choices.find(({ share }) => (left -= share) < 0) ?? choices.at(-1)).path;
}

/// A visitor's way from the front page, by as many clicks: [{path, dwell, stray, hover}].
export function journey(seed, clicks) {
  const random = seeded(seed);
  const steps = [];
  let path = "/";
  for (let click = 0; click < clicks; click += 1) {
    const choices = next(path);
    const dwell = DWELL_MS[0] + random() * (DWELL_MS[1] - DWELL_MS[0]);
    const hover = HOVER_MS * HOVER_SPREAD ** around(random);
    const goal = pick(choices, random);
    const others = choices.filter((other) => other.path !== goal);
    const stray = random() < STRAYS ? others[Math.floor(random() * others.length)].path : null;
    steps.push({ path: goal, dwell: Math.round(dwell), hover: Math.round(hover), stray });
    path = goal;
  }
  return steps;
}

/// Has a visitor make their way through a site of a run, and answers what was seen: {views, requests, sockets}. When they have
/// left, so much time is for what their browser still has to tell, in milliseconds.
export async function travel({ visitor, lane, site, run, steps, farewell = 0 }) {
  const host = hostFor(site, run);
  const origin = `https://${host}`;
  const whole = wholeWith(site);
  lane.journal.take();
  const views = [{ path: "/", ...(await visitor.come(`${origin}/`, whole)) }];
  for (const { path, dwell, stray, hover } of steps) {
    await wait(dwell);
    if (stray) await visitor.hover(stray, STRAY_MS);
    views.push({ path, ...(await visitor.follow(origin, path, whole, hover)) });
  }
  await visitor.leave();
  await wait(farewell);
  const { requests, sockets } = lane.journal.take();
  lane.network.hangUp();
  const here = requests.filter((request) => request.host === host || request.host in THIRD_PARTIES);
  return { views, requests: here, sockets };
}
