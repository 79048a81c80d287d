// Headstart whose wasm fails where a request wants it: `x-fail: trap 7` at the seventh call that wasm makes while it answers,
// `x-fail: throw getSetCookie` at the first one of that name, or `x-fail: start` when it is to start anew. `x-failed` in the answer says that it has.

import { arm, disarm, refuseStart } from "./failing_wasm.mjs";
import headstart, { Learner, Ledger } from "../../src/edge/worker.mjs";

export { Learner, Ledger };

export default {
  async fetch(request, env, context) {
    const [how, at] = request.headers.get("x-fail")?.split(" ") ?? [];
    refuseStart(how === "start");
    if (!how || how === "start") return headstart.fetch(request, env, context);
    arm(at, how, request, env, context);
    const response = await headstart.fetch(request, env, context);
    const answer = new Response(response.body, response);
    if (disarm()) answer.headers.set("x-failed", how);
    return answer;
  },
};
