// Headstart in front of an application, in workerd, as a zone would have it or by ORIGIN; and the same zone without it.

import { ending } from "./app.mjs";
import { Log, LogLevel, Miniflare } from "miniflare";
import { inspect, inspected } from "../../tests/support/inspect.mjs";
import { defaults, headstart, passingOn, SEAL_KEY } from "../worker.mjs";

/// Starts Headstart on a port in front of a witness. `way` is "zone" (the request goes on with the public host, and what
/// the Worker fetches arrives at the witness), "url" (the variable ORIGIN names the witness), or "plain": a zone with a
/// Worker that only passes on, so that what the platform changes by itself (compression, say) is the same without Headstart.
///
/// Answers {own(part), errors, excluded, refused, stop()}: how many requests for /_headstart/… whose path holds `part` were
/// answered, the errors that the Worker logged, what it logged of pages that it excludes, and how many answers were refusals.
export async function front({ way, port, witness, variables, folder }) {
  const lines = [];
  const print = (message) => lines.push(...message.split("\n"));
  class Lines extends Log {
    log(message) {
      print(message);
    }
    error(error) {
      print(`[ERROR] ${error.stack ?? error}`);
    }
  }
  const address = `127.0.0.1:${witness}`;
  const worker = way === "plain" ? passingOn() : headstart();
  const miniflare = new Miniflare({
    host: "127.0.0.1",
    port,
    // As on the platform: it says where requests come from.
    cf: { colo: "TST" },
    log: new Lines(LogLevel.INFO),
    ...inspected(print),
    kvPersist: `${folder}/kv`,
    durableObjectsPersist: `${folder}/objects`,
    ...worker,
    ...(way !== "url" ? { outboundService: { external: { address, http: {} } } } : {}),
    bindings: {
      ...defaults(),
      // What the witness sees is the visitor's.
      READ_STYLESHEETS: "site",
      SEAL_KEY,
      ...(way === "url" ? { ORIGIN: `http://${address}` } : {}),
      ...variables,
    },
  });
  const ended = ending({ stop: () => miniflare.dispose() });
  await miniflare.ready;
  await inspect(miniflare, ["headstart"], print);
  // The log of Miniflare has colours.
  const plain = () => lines.map((line) => line.replace(/\x1b\[[0-9;]*m/g, ""));
  return {
    own: (part) => plain().filter((line) => /(GET|POST) \/_headstart\//.test(line) && line.includes(part)).length,
    // That a browser has gone, workerd says as an error of its own.
    errors: () => plain().filter((line) => /\[ERROR\]/.test(line) && !/\[ERROR\] kj::.*disconnected:/.test(line)),
    excluded: () => plain().filter((line) => line.includes("speculations on ")),
    refused: () => plain().filter((line) => / 503\b/.test(line)).length,
    stop() {
      ended();
      return miniflare.dispose();
    },
  };
}
