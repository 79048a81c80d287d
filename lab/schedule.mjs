// When bytes arrive that go over a long line: what network.mjs does with sockets, as plain arithmetic. Times are in
// milliseconds, of any clock.
//
// A connection begins with TCP's handshake, which takes a round trip. Each byte takes half a round trip. What is under way
// without having been acknowledged is bounded by a window, which grows by what is acknowledged (slow start, RFC 5681; the
// first window is RFC 6928's), and everything that goes to the visitor shares the visitor's line. Nothing is lost.

/// What a segment holds, and how much may be under way at first, in bytes.
const SEGMENT = 1_460;
const FIRST_WINDOW = 10 * SEGMENT;

/// The visitor's line in one direction, which all connections share: so many bytes pass in a millisecond.
export class Line {
  #rate;
  #free = 0;

  constructor(bytesPerMs) {
    this.#rate = bytesPerMs;
  }

  /// When bytes have passed that are sent `now`: one after the other.
  pass(now, bytes) {
    this.#free = Math.max(now, this.#free) + bytes / this.#rate;
    return this.#free;
  }
}

/// One direction of a connection.
export class Flow {
  #line;
  #roundTrip;
  #open;
  #waiting = 0;
  #window = FIRST_WINDOW;
  #underWay = [];

  /// `open` is when the first byte may be sent: after the handshake.
  constructor(line, roundTrip, open) {
    this.#line = line;
    this.#roundTrip = roundTrip;
    this.#open = open;
  }

  /// Has more bytes waiting to be sent.
  add(bytes) {
    this.#waiting += bytes;
  }

  /// Sends what may be sent `now`: pieces, in order, each with the time when it arrives.
  send(now) {
    this.#acknowledge(now);
    const pieces = [];
    let room = this.#window - this.#underWay.reduce((sum, { bytes }) => sum + bytes, 0);
    while (now >= this.#open && this.#waiting > 0 && room > 0) {
      const bytes = Math.min(SEGMENT, this.#waiting, room);
      const passed = this.#line.pass(now, bytes);
      pieces.push({ bytes, arrives: passed + this.#roundTrip / 2 });
      this.#underWay.push({ bytes, acknowledged: passed + this.#roundTrip });
      this.#waiting -= bytes;
      room -= bytes;
    }
    return pieces;
  }

  /// When more can be sent; null while nothing waits.
  next(now) {
    if (this.#waiting === 0) return null;
    return now < this.#open ? this.#open : (this.#underWay[0]?.acknowledged ?? now);
  }

  #acknowledge(now) {
    while (this.#underWay.length > 0 && this.#underWay[0].acknowledged <= now) this.#window += this.#underWay.shift().bytes;
  }
}
