// What a Worker under Miniflare logs and throws, line by line, in the words of `wrangler dev`, so that one reader is enough
// for both (log.rs).
//
// workerd prints what leaves a request without an answer. What is thrown after the answer, by a timer or beside any request,
// and what waits for ever there, it tells its inspector alone.

import WebSocket from "ws";

const MARKS = { error: "[ERROR] ", warn: "[WARNING] " };

/// Options of Miniflare: whatever workerd prints goes to `print`, errors and warnings marked, and there is an inspector.
export const inspected = (print) => ({
  inspectorPort: 0,
  // Miniflare insists on a function that returns nothing.
  handleStructuredLogs: ({ level, message }) => void print(`${MARKS[level] ?? ""}${message}`),
});

/// Has everything printed that the Workers of these names throw, until they end.
export async function inspect(miniflare, names, print) {
  const inspector = await miniflare.getInspectorURL();
  await Promise.all(
    names.map(async (name) => {
      const socket = new WebSocket(new URL(`/core:user:${name}`, inspector));
      await new Promise((resolve, reject) => {
        socket.once("open", resolve);
        socket.on("error", reject);
      });
      socket.on("message", (message) => {
        const { method, params } = JSON.parse(message);
        if (method !== "Runtime.exceptionThrown") return;
        const { text, exception, stackTrace } = params.exceptionDetails;
        print(`[ERROR] ${text} ${exception?.description?.split("\n")[0] ?? ""}`.trimEnd());
        for (const { functionName, url, lineNumber, columnNumber } of stackTrace?.callFrames ?? []) {
          print(`    at ${functionName} (${url}:${lineNumber + 1}:${columnNumber + 1})`);
        }
      });
      socket.send(JSON.stringify({ id: 1, method: "Runtime.enable" }));
    }),
  );
}
