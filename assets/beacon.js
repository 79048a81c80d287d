// Tells Headstart how this view went: how fast the page was there, the picture that was largest, the parts that rendering waited for,
// which of them were preloaded, and the third-party origins. No cookie, no identifier, and of the page's address the path alone.
// What is served is assets/beacon.min.js, which tests/js/beacon.test.mjs holds to this; src/learn/beacon.rs reads what it sends.
(({ src }) => {
  const d = document, all = (type) => performance.getEntriesByType(type), later = () => setTimeout(look, 3e3, 1);
  let lcp = {}, inp, cls = 0, sum = 0, first = 0, last = 0, found, told;
  const watch = (type, take) =>
    new PerformanceObserver((list) => list.getEntries().map(take)).observe({ type, buffered: true, durationThreshold: 40 });
  watch("largest-contentful-paint", (entry) => (lcp = entry));
  watch("event", (event) => event.interactionId && (inp = Math.max(inp || 0, event.duration)));
  // Shifts within a second of each other, and five in all, count as one (web.dev, "Cumulative Layout Shift").
  watch("layout-shift", ({ hadRecentInput, startTime, value }) => {
    if (hadRecentInput) return;
    if (startTime - last > 1e3 || startTime - first > 5e3) (sum = 0), (first = startTime);
    last = startTime;
    cls = Math.max(cls, (sum += value));
  });
  // A stylesheet, and those that it imports, as far as the browser lets them be seen.
  const sheets = (sheet) => {
    try {
      return [sheet, ...[...sheet.cssRules].slice(0, 20).flatMap((rule) => (rule.styleSheet ? sheets(rule.styleSheet) : []))];
    } catch {
      return [sheet];
    }
  };
  const look = (isLater) => {
    const origins = {}, loaded = [], users = [lcp, ...[...d.styleSheets].flatMap(sheets), ...d.scripts, ...d.images];
    const used = users.map((user) => user.url || user.href || user.currentSrc || user.src);
    // No entry says which font is used: only that there are more of them than faces in use.
    let fonts = 0;
    d.fonts.forEach((face) => (fonts -= face.status == "loaded"));
    for (const { name, initiatorType: by, startTime, connectStart, connectEnd, renderBlockingStatus } of all("resource")) {
      if (!/^http/.test(name) || by == "beacon") continue;
      const font = /\.(woff2?|[ot]tf)(\?|$)/i.test(name), blocks = renderBlockingStatus == "blocking", { origin } = new URL(name);
      const ahead = !blocks && /link|hints/.test(by), connect = connectEnd - connectStart;
      fonts += font;
      if (font || blocks || ahead || name == lcp.url) loaded.push([name, startTime, connect, +ahead, +(font || used.includes(name))]);
      // 1 with cookies, 2 without, 4 a frame, whose sockets are its own.
      const seen = (origins[origin] ||= [origin, 0, startTime, 0]);
      seen[1] |= /frame/.test(by) ? 4 : font || /fetch|xml/.test(by) ? 2 : 1;
      seen[3] = Math.max(seen[3], connect);
    }
    // Those that were preloaded, and then the latest.
    loaded.sort((a, b) => b[3] - a[3] || b[1] - a[1]);
    found = [isLater ? Math.max(fonts, 0) : null, Object.values(origins).slice(0, 40), loaded.slice(0, 16)];
  };
  const tell = () => {
    if (d.visibilityState == "visible" || d.prerendering || told) return;
    told = 1;
    found || look();
    const { type, deliveryType, activationStart, responseStart } = all("navigation")[0] || {}, { url, startTime, element } = lcp;
    const paint = all("paint").find(({ name }) => /content/.test(name))?.startTime;
    let body;
    do
      body = JSON.stringify(
        [location.pathname, (innerWidth > 599) + (innerWidth > 1023), type, deliveryType,
         [activationStart, responseStart, paint, startTime, inp, cls * 1e3],
         url ? [url.slice(0, 513), element?.srcset?.slice(0, 999), element?.sizes?.slice(0, 999)] : null, ...found],
        (_, value) => (value > 0 ? Math.round(value) : value),
      );
    while (body.length > 8e3 && found[2].pop());
    navigator.sendBeacon(new URL("beacon", src), body);
  };
  d.readyState == "complete" ? later() : addEventListener("load", later);
  d.addEventListener("visibilitychange", tell);
})(document.currentScript);
