// The Worker as the platform sees it. What is switched off passes here; what can be replayed is answered here; everything else goes
// through the class that worker-build writes, which starts the wasm anew after a panic and costs an object and two proxies for each
// request.
//
// Whatever fails there, the visitor gets the origin's bytes: failing_open.js. So the wasm is loaded where its failure can be
// caught, and not by an `import` that would end this script with it.

import { Unstarted, failedOpen, isOwn, letPass, logFailure, passed } from "./failing_open.js";
import { isOff, refresh } from "./switches.js";

const headstart = await import("../../build/index.js").catch(logFailure);

const Headstart = headstart?.default;
const { replay_decision, take_switches, under_way } = Headstart?.prototype ?? {};

export const Learner = headstart?.Learner ?? Unstarted;
export const Ledger = headstart?.Ledger ?? Unstarted;

const tell = (text) => take_switches?.(text);

export default {
  fetch(request, env, context) {
    const failed = (failure) => failedOpen(failure, request, env, under_way?.(request));
    try {
      letPass(request, env, context);
      refresh(env, context, tell);
      // What pages send that came before it was switched off is for Headstart all the same: the origin knows nothing of it.
      if (isOff(request, env) && !isOwn(request)) return passed(request, env);
      if (Headstart === undefined) return failed();
      const answer = replay_decision(request, env, context) ?? new Headstart(context, env).fetch(request);
      // Our own answers come at once.
      return answer instanceof Promise ? answer.catch(failed) : answer;
    } catch (failure) {
      return failed(failure);
    }
  },
};
