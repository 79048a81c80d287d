// At the activation of a prerendered or prefetched page: does what was deferred, and starts scripts and pictures.
// Libraries replace `URL`, `Event`, `Promise` and `remove`.
(() => {
  const d = document, me = d.currentScript, { gate } = me.dataset, before = me.previousSibling;
  // Parts of the page may have tickets, too.
  const ticket = d.$headstart ? "" : me.dataset.ticket;
  d.$headstart = 1;
  // Where no inline script has done it.
  if (ticket && before?.textContent.includes("unscripted?page=")) before.replaceWith();
  me.replaceWith();
  const entry = performance.getEntriesByType("navigation")[0] || {};
  const made = (type, cancelable) => {
    const event = d.createEvent("Event");
    event.initEvent(type, 0, cancelable);
    return event;
  };
  // What starts late listens for what is past, and is told at the end.
  const listenLate = (target) => {
    // Libraries replace the one that it inherits, also later.
    const own = Object.hasOwn(target, "addEventListener") && target.addEventListener;
    let late = [];
    const listen = (target.addEventListener = (type, listener, ...rest) => {
      const isPast = type == "DOMContentLoaded" ? entry.domContentLoadedEventStart : type == "load" && target == window && entry.loadEventStart;
      if (!late || !listener || !isPast) return (own || target.__proto__.addEventListener).call(target, type, listener, ...rest);
      late.push(() => (listener.handleEvent ? listener.handleEvent(made(type)) : listener.call(target, made(type))));
    });
    return () => {
      if (target.addEventListener == listen) {
        delete target.addEventListener;
        if (own) target.addEventListener = own;
      }
      late.map((tell) => setTimeout(tell));
      late = 0;
    };
  };
  let last, start = () => (last = startAfter(last));
  const startAfter = async (earlier) => {
    await earlier;
    if (!gate) return;
    const kept = `data-headstart-src-${gate}`;
    for (const img of d.querySelectorAll(`img[${kept}]`)) {
      img.src = img.getAttribute(kept);
      img.removeAttribute(kept);
    }
    const ends = [d, window].map(listenLate);
    for (let held; (held = d.querySelector(`script[type="text/headstart-gated-${gate}"]`)); ) {
      const script = held.cloneNode(true);
      script.type = script.dataset.headstartType ?? "";
      delete script.dataset.headstartType;
      script.async = held.hasAttribute("async");
      held.replaceWith(script);
      if (script.src && !script.async) await { then: (next) => ["load", "error"].map((type) => script.addEventListener(type, next)) };
    }
    ends.map((end) => end());
  };
  const look = async () => {
    let isStale, timer;
    // Whatever fails or hangs, scripts start.
    if (ticket) try {
      timer = setTimeout(start, 3e3);
      const { name: referrer, activationStart, type } = entry;
      const url = me.src.slice(0, -3) + (activationStart ? "" : "?fetched");
      const { status } = await fetch(url, { method: "POST", body: ticket, keepalive: 1, referrer, referrerPolicy: "same-origin" });
      if (/40[39]/.test(status)) {
        // Also if this fails.
        isStale = type != "reload";
        isStale &= dispatchEvent(made("headstart:stale", true));
      }
    } catch {}
    clearTimeout(timer);
    if (isStale) return location.reload();
    await start();
    if (d.readyState == "loading") addEventListener("DOMContentLoaded", start);
  };
  d.prerendering ? d.addEventListener("prerenderingchange", look) : look();
})();
