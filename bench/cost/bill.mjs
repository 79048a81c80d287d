// What is billed for what was used.

import { PLAN, PRICES } from "./prices.mjs";

/// The days of a month.
const DAYS = 30;

/// The bill of what is used for a thousand views, by the names of prices.mjs: in dollars for a million views beyond what a plan
/// includes; how many views a day the Free plan has room for, and what runs out then; and what a site with so many views a day pays a
/// month on the Paid plan. Without Headstart there is no Worker, so that all of it is Headstart's.
export function bill(used, viewsADay) {
  const things = Object.entries(PRICES);
  const dollars = Object.fromEntries(things.map(([name, { dollars: price }]) => [name, (used[name] * price) / 1000]));
  const total = Object.values(dollars).reduce((sum, part) => sum + part, 0);
  const limits = things.filter(([name, { free }]) => free !== null && used[name] > 0);
  const [limit, most] = limits.map(([name, { free }]) => [name, Math.floor((free * 1000) / used[name])]).reduce((least, other) => (other[1] < least[1] ? other : least));
  const beyond = ([name, { dollars: price, included }]) => (Math.max(0, (used[name] / 1000) * viewsADay * DAYS - included) * price) / 1e6;
  const month = things.reduce((sum, thing) => sum + beyond(thing), PLAN);
  return { per_1000_views: used, dollars_per_million_views: { ...dollars, total }, free_plan: { views_a_day: most, limit }, month_of_this_site: month };
}
