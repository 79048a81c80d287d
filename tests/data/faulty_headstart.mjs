// Headstart with faults.mjs between it and the platform. `POST /-/faults` takes faults, as JSON, in place of those before; any other
// request to that path tells what has become of them. `POST /-/learner/NAME?PATH` is sent to the learner of that name. Nothing of this
// is in the Worker that is deployed.

import { faulty, faultyClass, order, state } from "./faults.mjs";
import headstart, { Learner as OfLearner, Ledger as OfLedger } from "../../src/edge/worker.mjs";

export const Learner = faultyClass(OfLearner, "learner");
export const Ledger = faultyClass(OfLedger, "ledger");

export default {
  async fetch(request, env, context) {
    const { pathname, search } = new URL(request.url);
    if (pathname.startsWith("/-/learner/")) {
      const name = decodeURIComponent(pathname.slice("/-/learner/".length));
      return env.LEARNER.getByName(name).fetch(new Request(`https://learner${search.slice(1)}`, request));
    }
    if (pathname === "/-/faults") {
      if (request.method === "POST") order(await request.json());
      return Response.json(state());
    }
    return headstart.fetch(request, faulty(env), context);
  },
};
