// Tells Headstart how this view went: how fast the page was there, the picture that was largest, the parts that rendering waited for,
// which of them were preloaded, the faces of fonts in use, and the third-party origins. No cookie, no identifier, and of the page's
// address the path alone.
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
      return [sheet, ...[...sheet.cssRules].slice(0, 20).flatMap((rule) => sheets(rule.styleSheet))];
    } catch {
      // One that may not be read, or a rule that imports none.
      return [sheet || 0];
    }
  };
  const cut = (text, most = 999) => text?.slice(0, most);
  const look = (isLater) => {
    const origins = {}, loaded = [], faces = [...d.fonts].filter((face) => face.status == "loaded"), users = [lcp, ...[...d.styleSheets].flatMap(sheets), ...d.scripts, ...d.images];
    const used = users.map((user) => user.url || user.href || user.currentSrc || user.src);
    // No entry says which font is used: only that there are more of them than faces in use. And where another origin's stylesheet
    // names a font, there may be no entry.
    let fonts = -faces.length;
    for (const { name, initiatorType: by, startTime, connectStart, connectEnd, responseEnd, renderBlockingStatus } of all("resource")) {
      if (!/^h/.test(name) || by == "beacon") continue;
      const font = /\.(woff2?|[ot]tf)(\?|$)/i.test(name), blocks = renderBlockingStatus == "blocking", { origin } = new URL(name);
      const ahead = !blocks && /link|hints/.test(by), connect = connectEnd - connectStart;
      fonts += font;
      if (font || blocks || ahead || name == lcp.url) loaded.push([name, startTime, connect, responseEnd, +ahead, +(font || used.includes(name))]);
      // 1 with cookies, 2 without, 4 a frame, whose sockets are its own.
      const seen = (origins[origin] ||= [origin, 0, startTime, 0]);
      seen[1] |= /frame/.test(by) ? 4 : font || /fetch|xml/.test(by) ? 2 : 1;
      seen[3] = Math.max(seen[3], connect);
    }
    // Those that were preloaded, and then the latest.
    loaded.sort((a, b) => b[4] - a[4] || b[1] - a[1]);
    found = [
      isLater && fonts, Object.values(origins).slice(0, 40), loaded.slice(0, 16),
      faces.slice(0, 8).map((face) => cut([face.style, face.weight, face.stretch, face.unicodeRange, face.family].join("|"), 512)),
    ];
  };
  const tell = () => {
    if (!d.hidden || d.prerendering || told) return;
    told = 1;
    found || look();
    const navigation = all("navigation")[0] || {}, { element } = lcp;
    // "first-contentful-paint" goes on where "first-paint" ends.
    const paint = all("paint").find(({ name }) => name[11])?.startTime;
    let body;
    do
      body = JSON.stringify(
        [location.pathname, (innerWidth > 599) + (innerWidth > 1023), navigation.type, navigation.deliveryType,
         [navigation.activationStart, navigation.responseStart, paint, lcp.startTime, inp, cls * 1e3],
         [cut(lcp.url), cut(element?.srcset), cut(element?.sizes)], ...found],
        (_, value) => (value > 0 ? ~~value : value),
      );
    while (body.length > 8e3 && (found[2].pop() || found[3].pop()));
    navigator.sendBeacon(new URL("beacon", src), body);
  };
  d.readyState == "complete" ? later() : addEventListener("load", later);
  d.addEventListener("visibilitychange", tell);
})(document.currentScript);
