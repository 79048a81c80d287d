// Headstart with faults.mjs between it and the platform. `POST /-/faults` takes faults, as JSON, in place of those before; any other
// request to that path tells what has become of them. Nothing of this is in the Worker that is deployed.

import { faulty, faultyClass, order, state } from "./faults.mjs";
import headstart, { Learner as OfLearner, Ledger as OfLedger } from "../../src/edge/worker.mjs";

export const Learner = faultyClass(OfLearner, "learner");
export const Ledger = faultyClass(OfLedger, "ledger");

export default {
  async fetch(request, env, context) {
    if (new URL(request.url).pathname === "/-/faults") {
      if (request.method === "POST") order(await request.json());
      return Response.json(state());
    }
    return headstart.fetch(request, faulty(env), context);
  },
};
