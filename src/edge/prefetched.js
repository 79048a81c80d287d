// Answers a prefetch with a page once its start has been read: src/edge/prefetched.rs says what the visitor is given then.

import { read_start } from "./body.js";
import { logFailed, refusal, whenAnswered } from "./host.js";

/// Has a page be answered with once the start of a copy of its body has been read, as `page` says then. Should wasm fail then, the page
/// is refused: it may have to be.
export const readFirst = (response, copy, most, within, page) =>
  whenAnswered(response, async (context) => {
    const start = await read_start(copy, most, within).catch(() => undefined);
    let answer;
    try {
      answer = page.started(start);
    } catch (failure) {
      logFailed(failure);
      answer = refusal();
    }
    if (answer === undefined) return response;
    if (answer instanceof Promise) {
      context.waitUntil(answer.catch(() => {}));
      return answer.catch((failure) => {
        logFailed(failure);
        return refusal();
      });
    }
    response.body?.cancel().catch(() => {});
    return answer;
  });
