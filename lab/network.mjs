// A long line between a browser and servers of this machine: proxies in front of ports, through which each connection takes
// the round trips that it would take far away. schedule.mjs says when what arrives.
//
// A connection within one machine is there at once, so the proxy has the browser's first byte wait for the handshake. Where
// `roundTrip` is 0, everything passes as it comes.

import net from "node:net";
import { Flow, Line } from "./schedule.mjs";

/// How much may wait in one direction of a connection before its sender is paused, in bytes.
const MOST_WAITING = 256 * 1024;

export class Network {
  #sockets = new Set();
  #entrances = [];
  #roundTrip = 0;
  #down;
  #up;

  /// How fast the visitor's line is in each direction, in megabits a second.
  constructor({ down, up }) {
    this.#down = new Line((down * 1e6) / 8 / 1000);
    this.#up = new Line((up * 1e6) / 8 / 1000);
  }

  /// How long a byte takes to a server and back, in milliseconds, on connections that are opened from now on.
  set roundTrip(ms) {
    this.#roundTrip = ms;
  }

  /// Opens a port of this machine that leads to another one, and answers it. `opened` is called for each connection.
  async entrance(port, opened = () => {}) {
    const entrance = net.createServer({ noDelay: true, allowHalfOpen: true }, (browser) => {
      opened();
      this.#join(browser, net.connect({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true }));
    });
    await new Promise((resolve, reject) => entrance.once("error", reject).listen(0, "127.0.0.1", resolve));
    this.#entrances.push(entrance);
    return entrance.address().port;
  }

  #join(browser, server) {
    const open = performance.now() + this.#roundTrip;
    this.#lead(browser, server, new Flow(this.#up, this.#roundTrip, open));
    this.#lead(server, browser, new Flow(this.#down, this.#roundTrip, open));
    for (const [socket, other] of [[browser, server], [server, browser]]) {
      this.#sockets.add(socket);
      // A browser that goes away mid-sentence is no failure.
      socket.on("error", () => {});
      socket.on("close", (failed) => {
        this.#sockets.delete(socket);
        if (failed) other.destroy();
      });
    }
  }

  /// Hands what comes from one socket to another when it is due, its end as well.
  #lead(from, to, flow) {
    const waiting = [];
    const due = [];
    let [queued, ended, timer] = [0, false, null];
    const take = (bytes) => {
      const parts = [];
      while (bytes > 0) {
        const [part] = waiting;
        if (part.length <= bytes) waiting.shift();
        else waiting[0] = part.subarray(bytes);
        parts.push(part.subarray(0, bytes));
        bytes -= parts.at(-1).length;
      }
      return Buffer.concat(parts);
    };
    const go = () => {
      clearTimeout(timer);
      const now = performance.now();
      for (const { bytes, arrives } of flow.send(now)) due.push({ piece: take(bytes), arrives });
      while (due.length > 0 && due[0].arrives <= now) {
        const { piece } = due.shift();
        queued -= piece.length;
        if (to.writable) to.write(piece);
      }
      if (queued < MOST_WAITING) from.resume();
      if (ended && queued === 0) return void to.end();
      const next = [due[0]?.arrives, flow.next(now)].filter((time) => time !== undefined && time !== null);
      if (next.length > 0) timer = setTimeout(go, Math.max(0, Math.min(...next) - now));
    };
    from.on("data", (part) => {
      waiting.push(part);
      queued += part.length;
      if (queued >= MOST_WAITING) from.pause();
      flow.add(part.length);
      go();
    });
    from.on("end", () => {
      ended = true;
      go();
    });
    to.on("close", () => clearTimeout(timer));
  }

  /// Closes all connections, as for a visitor who was never here.
  hangUp() {
    for (const socket of this.#sockets) socket.destroy();
  }

  close() {
    for (const entrance of this.#entrances) entrance.close();
    this.hangUp();
  }
}
