// A headless Chromium with a fresh profile that cannot reach anything but one port of this machine, and the DevTools
// protocol to it.
//
// The protocol goes over two pipes (`--remote-debugging-pipe`): messages of JSON, each ended by a NUL. So no port is
// open, and a browser whose pipes close ends by itself, however this process dies.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/// How long the browser may take to start, in milliseconds. Where it was just installed, nothing of it is in memory yet,
/// and a busy disk takes more than half a minute for it.
const START_MS = 180_000;

/// How long the browser may take to answer one command or to end, in milliseconds.
const COMMAND_MS = 30_000;
const END_MS = 5_000;

/// How much of what the browser complains about is kept, for when it does not start.
const MAX_COMPLAINTS = 1_000;

export class Browser {
  #child;
  #profile;
  #exited;
  /// Why it has ended; null while it runs.
  #end = null;
  #complaints = "";
  #rest = [];
  #nextId = 1;
  #waiting = new Map();
  #listeners = new Map();

  /// Starts the browser `program`, with every name and port led to `port` of this machine.
  static async start(program, port) {
    const browser = new Browser(program, port);
    // However this process ends.
    process.once("exit", browser.#kill);
    try {
      await browser.send("Browser.getVersion", {}, undefined, START_MS);
    } catch (error) {
      await browser.close();
      throw error;
    }
    return browser;
  }

  constructor(program, port) {
    this.#profile = mkdtempSync(path.join(tmpdir(), "headstart-oracle-"));
    const flags = [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-domain-reliability",
      "--disable-sync",
      // WebRTC looks for addresses by itself, past the resolver's rules.
      "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
      // Or the server's pauses are taken for a slow network, on which fonts and lazy pictures are treated otherwise.
      "--force-effective-connection-type=4G",
      "--ignore-certificate-errors",
      `--host-resolver-rules=MAP * 127.0.0.1:${port}`,
      "--remote-debugging-pipe",
      `--user-data-dir=${this.#profile}`,
      "--window-size=1200,900",
    ];
    // A group of its own, so that the processes that it starts end with it.
    this.#child = spawn(program, flags, { detached: true, stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"] });
    const [, , complaints, commands, messages] = this.#child.stdio;
    complaints.setEncoding("utf8").on("data", (text) => (this.#complaints = (this.#complaints + text).slice(-MAX_COMPLAINTS)));
    messages.on("data", (piece) => this.#read(piece));
    // That a pipe breaks is told by the process's end.
    for (const pipe of [complaints, commands, messages]) pipe.on("error", () => {});
    this.#exited = new Promise((resolve) => {
      const end = (why) => {
        this.#hasEnded(why);
        resolve();
      };
      this.#child.on("error", (error) => end(error.message)).on("exit", (code, signal) => end(signal ?? code));
    });
  }

  #hasEnded(why) {
    this.#end ??= new Error(`the browser has ended (${why}) ${this.#complaints}`.trim());
    for (const { reject } of this.#waiting.values()) reject(this.#end);
    this.#waiting.clear();
  }

  #read(piece) {
    let start = 0;
    for (let end; (end = piece.indexOf(0, start)) !== -1; start = end + 1) {
      const message = Buffer.concat([...this.#rest, piece.subarray(start, end)]);
      this.#rest = [];
      this.#take(JSON.parse(message));
    }
    if (start < piece.length) this.#rest.push(piece.subarray(start));
  }

  #take({ id, result, error, method, params, sessionId }) {
    if (id === undefined) {
      this.#listeners.get(sessionId)?.(method, params);
      return;
    }
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error) waiting?.reject(new Error(`${waiting.method}: ${error.message}`));
    else waiting?.resolve(result);
  }

  /// Sends a command, to a session or to the browser itself, and waits at most `ms` for the answer.
  send(method, params = {}, sessionId = undefined, ms = COMMAND_MS) {
    if (this.#end) return Promise.reject(this.#end);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new Error(`${method}: no answer within ${ms / 1000} s`));
      }, ms);
      const settle = (finish) => (value) => {
        clearTimeout(timer);
        finish(value);
      };
      this.#waiting.set(id, { method, resolve: settle(resolve), reject: settle(reject) });
      this.#child.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
  }

  /// Hands what a session tells to `listener(method, params)`; without one, stops.
  listen(sessionId, listener) {
    if (listener) this.#listeners.set(sessionId, listener);
    else this.#listeners.delete(sessionId);
  }

  get ended() {
    return this.#end !== null;
  }

  /// Ends the browser and all that belongs to it, and waits for that.
  async close() {
    this.#signal();
    await Promise.race([this.#exited, new Promise((resolve) => setTimeout(resolve, END_MS))]);
    this.#hasEnded("does not go");
    this.#removeProfile();
    process.off("exit", this.#kill);
  }

  /// The same at once, for when there is no time to wait.
  #kill = () => {
    this.#signal();
    this.#removeProfile();
  };

  #signal() {
    // After its end the number may be somebody else's.
    if (this.#end || !this.#child.pid) return;
    try {
      process.kill(-this.#child.pid, "SIGKILL");
    } catch {
      // It has just ended.
    }
  }

  #removeProfile() {
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}
