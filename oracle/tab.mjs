// A tab in a browser context of its own, so that no cache, socket or cookie is shared with another.

/// Opens one with an empty document. `evaluate(function, ...arguments)` runs a function in what it then shows, out of the
/// reach of the page's own scripts.
export async function openTab(browser) {
  const { browserContextId } = await browser.send("Target.createBrowserContext", { disposeOnDetach: true });
  const { targetId } = await browser.send("Target.createTarget", { url: "about:blank", browserContextId });
  const { sessionId } = await browser.send("Target.attachToTarget", { targetId, flatten: true });
  const send = (method, params) => browser.send(method, params, sessionId);
  const { frameTree } = await send("Page.getFrameTree");
  const mainFrame = frameTree.frame.id;

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
  const close = async () => {
    browser.listen(sessionId, null);
    await browser.send("Target.disposeBrowserContext", { browserContextId });
  };
  return { mainFrame, send, listen: (listener) => browser.listen(sessionId, listener), evaluate, close };
}
