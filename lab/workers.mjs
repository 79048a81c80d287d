// The Workers of the runs, each in a workerd of its own, as a zone has them: the browser's host reaches the origin.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Miniflare } from "miniflare";
import { inspected } from "../tests/support/inspect.mjs";
import { defaults, headstart, passingOn, SEAL_KEY } from "../tools/worker.mjs";
import { IDENTITY } from "./secure.mjs";

/// The names of the variables that this build knows.
export const KNOWN = Object.keys(defaults());

/// Starts a Worker in front of the origin, which answers on a port of this machine: Headstart with these variables, or with
/// null a Worker that only passes on, so that what the platform does is the same without Headstart.
///
/// Answers {port, lines(), stop(), restart(variables)}; it speaks TLS there. `lines` are those that it logged. Who restarts it
/// with other variables keeps what it has learned, as a deployment does; its port is another one then.
export async function startWorker(variables, originPort) {
  const folder = mkdtempSync(path.join(tmpdir(), "headstart-lab-"));
  const lines = [];
  const start = async (variables) => {
    const miniflare = new Miniflare({
      host: "127.0.0.1",
      port: 0,
      https: true,
      httpsKey: IDENTITY.key,
      httpsCert: IDENTITY.cert,
      // As on the platform: it says where requests come from.
      cf: { colo: "TST" },
      ...inspected((line) => lines.push(line)),
      kvPersist: path.join(folder, "kv"),
      durableObjectsPersist: path.join(folder, "objects"),
      ...(variables ? headstart() : passingOn()),
      outboundService: { external: { address: `127.0.0.1:${originPort}`, http: {} } },
      bindings: { ...defaults(), SEAL_KEY, ...variables },
    });
    return { miniflare, port: Number((await miniflare.ready).port) };
  };
  let { miniflare, port } = await start(variables);
  return {
    get port() {
      return port;
    },
    lines: () => lines,
    async restart(variables) {
      await miniflare.dispose();
      ({ miniflare, port } = await start(variables));
    },
    async stop() {
      await miniflare.dispose();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}
