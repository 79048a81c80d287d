// At the activation of a prerendered or prefetched page: does what was deferred, and starts scripts and pictures.
(() => {
  const d = document, me = d.currentScript, { ticket, gate } = me.dataset, before = me.previousSibling;
  // Where no inline script has done it.
  if (ticket && before?.textContent.includes("unscripted?page=")) before.remove();
  me.remove();
  // What starts late may listen for what is past: it is told at the end.
  const listenLate = (target) => {
    const { addEventListener: add } = target, late = [];
    let isOver = false;
    const isPast = (type) => {
      const { domContentLoadedEventStart, loadEventStart } = performance.getEntriesByType("navigation")[0];
      return type === "DOMContentLoaded" ? domContentLoadedEventStart : type === "load" && target === window && loadEventStart;
    };
    const listen = (type, listener, ...options) => {
      if (isOver || !listener || !isPast(type)) return add.call(target, type, listener, ...options);
      late.push(() => (listener.handleEvent ? listener.handleEvent(new Event(type)) : listener.call(target, new Event(type))));
    };
    target.addEventListener = listen;
    return () => {
      isOver = true;
      if (target.addEventListener === listen) target.addEventListener = add;
      late.forEach((tell) => setTimeout(tell));
    };
  };
  const start = async () => {
    if (!gate) return;
    const kept = `data-headstart-src-${gate}`;
    for (const picture of d.querySelectorAll(`img[${kept}]`)) {
      picture.src = picture.getAttribute(kept);
      picture.removeAttribute(kept);
    }
    const ends = [d, window].map(listenLate);
    for (let held; (held = d.querySelector(`script[type="text/headstart-gated-${gate}"]`)); ) {
      const script = held.cloneNode(true);
      script.type = held.dataset.headstartType ?? "";
      script.async = held.hasAttribute("async");
      const listens = (next) => ["load", "error"].map((type) => script.addEventListener(type, next));
      const done = script.src && !script.async && new Promise(listens);
      held.replaceWith(script);
      await done;
    }
    ends.forEach((end) => end());
  };
  const look = async () => {
    if (ticket) {
      // As it was asked for, and how.
      const { name: referrer, activationStart, type } = performance.getEntriesByType("navigation")[0];
      const url = new URL(activationStart ? "activate" : "activate?fetched", me.src);
      const init = { method: "POST", body: ticket, keepalive: true, referrer, referrerPolicy: "same-origin" };
      const { status } = await fetch(url, init).catch(() => ({}));
      const isStale = () => dispatchEvent(new Event("headstart:stale", { cancelable: true }));
      if (/40[39]/.test(status) && isStale() && type !== "reload") return location.reload();
    }
    await start();
    if (d.readyState === "loading") addEventListener("DOMContentLoaded", start);
  };
  d.prerendering ? d.addEventListener("prerenderingchange", look, { once: true }) : look();
})();
