// What the lab is held to, from its figures: each condition true, false, or null where it was not measured.

/// The sites whose first view waits for something that a preload brings earlier, and how many round trips earlier it has to be
/// there in the median: a connection takes two.
const LATE = ["news", "shop", "shop-lazy"];
const GAINS = { preloads: 1, "preloads-103": 2 };

/// The most that may be asked for in vain by first views, as a share of all bytes; and the longest that a learned next page may
/// take until its first byte, as a share of what it takes without Headstart, in the median.
const MOST_WASTE = 0.05;
const MOST_TTFB = 0.05;

/// The conditions by name, and `failing`: the cells that break one, with the figures.
export function verdict(rows) {
  const failing = [];
  const checked = (name, chosen, holds, say) => {
    const broken = chosen.filter((row) => !holds(row));
    failing.push(...broken.map((row) => `${name}: ${row.site} ${row.run} ${row.device} ${row.rtt} ms: ${say(row)}`));
    return chosen.length === 0 ? null : broken.length === 0;
  };

  const first = rows.filter(({ part, site, run }) => part === "first" && site !== "all" && run !== "nothing");
  const trips = ({ lcp }) => `${lcp.gain_round_trips} round trips`;
  const conditions = {};
  for (const [run, least] of Object.entries(GAINS)) {
    const chosen = first.filter((row) => row.run === run && LATE.includes(row.site));
    const name = `first_${run.replace("-", "_")}_gain_${least}_round_trips`;
    conditions[name] = checked(name, chosen, ({ lcp }) => lcp.gain_round_trips >= least, trips);
  }
  const measured = first.filter(({ lcp }) => lcp.gain !== null && lcp.noise !== null);
  conditions.first_none_worse = checked("first_none_worse", measured, ({ lcp }) => -lcp.gain <= lcp.noise, ({ lcp }) => `${-lcp.gain} ms worse, noise ${lcp.noise} ms`);
  conditions.first_wasted_bytes = checked("first_wasted_bytes", first, (row) => (row.wasted_share ?? 0) < MOST_WASTE, (row) => `${row.wasted_share}`);

  const next = rows.filter(({ part, site }) => part === "next" && site === "all");
  const nothing = (row) => next.find(({ run, device, rtt }) => run === "nothing" && device === row.device && rtt === row.rtt);
  const learned = next.filter((row) => row.run === "learned" && row.device === "desktop" && nothing(row));
  conditions.next_learned_ttfb = checked("next_learned_ttfb", learned, (row) => row.ttfb.p50 <= MOST_TTFB * nothing(row).ttfb.p50, (row) => `${row.ttfb.p50} of ${nothing(row).ttfb.p50} ms`);
  return { conditions, failing };
}
