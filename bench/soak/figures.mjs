// Figures of a long run, in memory that does not grow with it.

import { median } from "../../lab/figures.mjs";
import { columns } from "../../lab/table.mjs";

/// Each bucket is so much wider than the one before: what is read off is wrong by half of that at most.
const WIDTH = 1.02;

/// The shortest time that is told from others, in milliseconds, and the number of buckets: from there to some hours.
const LEAST_MS = 0.05;
const BUCKETS = 1_000;

/// Times in milliseconds, of which only how many there are of each length is kept.
export class Times {
  #counts = new Uint32Array(BUCKETS);
  #number = 0;

  add(milliseconds) {
    const at = Math.ceil(Math.log(Math.max(milliseconds, LEAST_MS) / LEAST_MS) / Math.log(WIDTH));
    this.#counts[Math.min(at, BUCKETS - 1)] += 1;
    this.#number += 1;
  }

  get number() {
    return this.#number;
  }

  /// The time that so large a share of them does not exceed; not a number where there are none.
  percentile(share) {
    if (this.#number === 0) return Number.NaN;
    const wanted = Math.max(1, Math.ceil(share * this.#number));
    let seen = 0;
    for (let at = 0; at < BUCKETS; at++) {
      seen += this.#counts[at];
      if (seen >= wanted) return LEAST_MS * WIDTH ** at;
    }
    return Number.NaN;
  }
}

/// How much `y` grows for each `x`, as the median of the slopes between any two points (Theil and Sen), which a few odd points do not
/// move. 0 where there are fewer than two points.
export function slope(points) {
  const slopes = [];
  for (const [at, [x, y]] of points.entries()) {
    for (const [otherX, otherY] of points.slice(at + 1)) if (otherX !== x) slopes.push((otherY - y) / (otherX - x));
  }
  return slopes.length === 0 ? 0 : median(slopes);
}

/// How much a series has grown over its length, by its slope.
export function growth(points) {
  if (points.length < 2) return 0;
  return slope(points) * (points.at(-1)[0] - points[0][0]);
}

/// Samples at a steady pace, of which every other one goes when there are too many.
export class Samples {
  #most;
  #every = 1;
  #seen = 0;
  points = [];

  constructor(most) {
    this.#most = most;
  }

  add(x, y) {
    if (this.#seen++ % this.#every !== 0) return;
    this.points.push([x, y]);
    if (this.points.length < this.#most) return;
    this.points = this.points.filter((_, at) => at % 2 === 0);
    this.#every *= 2;
  }
}

/// How often each of some words came, the first `most` of them by name and the others together.
export class Counts {
  #most;
  #counts = new Map();

  constructor(most) {
    this.#most = most;
  }

  add(word) {
    const known = this.#counts.has(word) || this.#counts.size < this.#most ? word : "others";
    this.#counts.set(known, (this.#counts.get(known) ?? 0) + 1);
  }

  get total() {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /// Each word and how often it came, the most frequent first.
  sorted() {
    return [...this.#counts].toSorted(([, one], [, other]) => other - one);
  }
}

/// Lines of a table, the columns as wide as they must be; the first one is written from the left, the others from the right.
export const table = (rows) => columns(rows.map((row) => row.map(String)), 1).split("\n");
