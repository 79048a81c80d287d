// A tab in a browser context of its own, so that no cache, socket or cookie is shared with another.

/// How long it may take to open or close one, in milliseconds. That is the browser's own work, whatever the page does.
const BROWSER_MS = 5_000;

/// Opens one with an empty document. `evaluate(function, ...arguments)` runs a function in what it then shows, out of the
/// reach of the page's own scripts. A browser that cannot open or close a tab is ended.
export async function openTab(browser) {
  const ask = (method, params, sessionId) => browser.send(method, params, sessionId, BROWSER_MS);
  const open = async () => {
    const { browserContextId } = await ask("Target.createBrowserContext", { disposeOnDetach: true });
    const { targetId } = await ask("Target.createTarget", { url: "about:blank", browserContextId });
    const { sessionId } = await ask("Target.attachToTarget", { targetId, flatten: true });
    const { frameTree } = await ask("Page.getFrameTree", {}, sessionId);
    return { browserContextId, sessionId, mainFrame: frameTree.frame.id };
  };
  const orEnd = async (error) => {
    await browser.close();
    throw error;
  };
  const { browserContextId, sessionId, mainFrame } = await open().catch(orEnd);
  const send = (method, params) => browser.send(method, params, sessionId);

  const evaluate = async (code, ...values) => {
    const world = await send("Page.createIsolatedWorld", { frameId: mainFrame, worldName: "oracle" });
    const expression = `(${code})(${values.map((value) => JSON.stringify(value)).join(", ")})`;
    const { result, exceptionDetails } = await send("Runtime.evaluate", {
      expression,
      contextId: world.executionContextId,
      returnByValue: true,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  };
  /// What was seen before is not lost when this fails.
  const close = async () => {
    browser.listen(sessionId, null);
    await ask("Target.disposeBrowserContext", { browserContextId }).catch(() => browser.close());
  };
  return { browser, mainFrame, send, listen: (listener) => browser.listen(sessionId, listener), evaluate, close };
}
