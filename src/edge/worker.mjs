// The Worker as the platform sees it. What can be replayed is answered here; everything else goes through the class that
// worker-build writes, which starts the wasm anew after a panic and costs an object and two proxies for each request.
//
// Whatever fails there, the visitor gets the origin's bytes: failing_open.js. So the wasm is loaded where its failure can be
// caught, and not by an `import` that would end this script with it.

import { Unstarted, failedOpen, letPass, logFailure } from "./failing_open.js";

const headstart = await import("../../build/index.js").catch(logFailure);

const Headstart = headstart?.default;
const { replay_decision, under_way } = Headstart?.prototype ?? {};

export const Learner = headstart?.Learner ?? Unstarted;
export const Ledger = headstart?.Ledger ?? Unstarted;

export default {
  fetch(request, env, context) {
    const failed = (failure) => failedOpen(failure, request, env, under_way?.(request));
    try {
      letPass(request, env, context);
      if (Headstart === undefined) return failed();
      const answer = replay_decision(request, env, context) ?? new Headstart(context, env).fetch(request);
      // Our own answers come at once.
      return answer instanceof Promise ? answer.catch(failed) : answer;
    } catch (failure) {
      return failed(failure);
    }
  },
};
