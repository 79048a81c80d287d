// Headstart whose data points are shown in the log, once the platform's own binding has taken them.

import headstart from "../../src/edge/worker.mjs";

export { Learner, Ledger } from "../../src/edge/worker.mjs";

export default {
  fetch(request, env, context) {
    const ANALYTICS = {
      writeDataPoint(point) {
        env.ANALYTICS.writeDataPoint(point);
        console.log(`point ${JSON.stringify(point)}`);
      },
    };
    return headstart.fetch(request, { ...env, ANALYTICS }, context);
  },
};
