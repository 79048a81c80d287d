// Waiting for what happens elsewhere.

import { setTimeout as wait } from "node:timers/promises";

/// Waits until `seen` answers something that is true, and answers that; fails after `ms` milliseconds, a minute by default.
export async function until(what, seen, ms = 60_000) {
  const deadline = Date.now() + ms;
  while (true) {
    const answer = await seen();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`waited ${ms / 1000} s in vain: ${what}`);
    await wait(25);
  }
}
