// What Cloudflare asks for, in dollars a month, and what its plans include. Read on 2026-11-27:
//
//   https://developers.cloudflare.com/workers/platform/pricing/
//   https://developers.cloudflare.com/kv/platform/pricing/
//   https://developers.cloudflare.com/durable-objects/platform/pricing/

export const READ_ON = "2026-11-27";

/// The Workers Paid plan itself, a month.
export const PLAN = 5;

/// Each thing that is counted: dollars for a million beyond what is included in a month, and how many the Free plan has a day.
export const PRICES = {
  requests: { dollars: 0.3, included: 10e6, free: 100_000 },
  // On the Free plan each request has 10 ms, and there is no sum.
  cpu_ms: { dollars: 0.02, included: 30e6, free: null },
  kv_reads: { dollars: 0.5, included: 10e6, free: 100_000 },
  kv_writes: { dollars: 5, included: 1e6, free: 1_000 },
  object_requests: { dollars: 0.15, included: 1e6, free: 100_000 },
  object_gb_seconds: { dollars: 12.5, included: 400_000, free: 13_000 },
  rows_written: { dollars: 1, included: 50e6, free: 100_000 },
  rows_read: { dollars: 0.001, included: 25e9, free: 5e6 },
};

/// The memory that an object is billed for, in GB, while it works.
export const OBJECT_GB = 0.128;
