// What Cloudflare asks for, in dollars a month, and what its plans include (prices.json, to which crates/cli/src/rehearse/prices.rs is
// held as well):
//
//   https://developers.cloudflare.com/workers/platform/pricing/
//   https://developers.cloudflare.com/kv/platform/pricing/
//   https://developers.cloudflare.com/durable-objects/platform/pricing/

import { readFileSync } from "node:fs";

const { read_on, plan, things } = JSON.parse(readFileSync(new URL("prices.json", import.meta.url), "utf8"));

/// When they were looked up.
export const READ_ON = read_on;

/// The Workers Paid plan itself, a month.
export const PLAN = plan;

/// Each thing that is counted: dollars for a million beyond what is included in a month, and how many the Free plan has a day. On the
/// Free plan each request has 10 ms of CPU time, and there is no sum.
export const PRICES = things;

/// The memory that an object is billed for, in GB, while it works.
export const OBJECT_GB = 0.128;
