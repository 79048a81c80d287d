// The Worker as the platform sees it. What can be replayed is answered here; everything else goes through the class that
// worker-build writes, which starts the wasm anew after a panic and costs an object and two proxies for each request.

import Headstart, { Learner, Ledger } from "../../build/index.js";

const { replay_decision } = Headstart.prototype;

export { Learner, Ledger };

export default {
  fetch(request, env, context) {
    return replay_decision(request, env, context) ?? new Headstart(context, env).fetch(request);
  },
};
