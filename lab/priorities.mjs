// Which answer of a connection goes first, as the browser wishes (Extensible Priorities, RFC 9218).
//
// A server has whole answers of a few kilobytes at hand, and what it has written it cannot take back. So an answer that is less
// urgent than most waits until those are written that the browser waits for: else a stylesheet would come behind the rules for
// next pages, and a round trip later. Pages are not waited for: an origin may think about one for long.

/// The urgency of a request that says none, and of one whose answer can wait; 0 is the most urgent.
const USUAL = 3;

/// The urgency that a `Priority` field says: its key `u`, a number from 0 to 7.
export function urgency(field) {
  return Number(/(?:^|,)\s*u=([0-7])\s*(?:,|;|$)/.exec(field ?? "")?.[1] ?? USUAL);
}

/// Whether an answer waits for urgent ones.
export const canWait = (field) => urgency(field) > USUAL;

/// The answers of one connection that are urgent and not written yet.
export class Urgent {
  #pending = 0;
  #waiting = [];

  /// Takes note of one; the function that it answers is to be called when that is written, or will never be.
  begin() {
    this.#pending += 1;
    let open = true;
    return () => {
      if (!open) return;
      open = false;
      this.#pending -= 1;
      if (this.#pending === 0) for (const go of this.#waiting.splice(0)) go();
    };
  }

  /// Waits until there is none.
  none() {
    return this.#pending === 0 ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve));
  }
}
